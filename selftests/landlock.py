#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""T9: Landlock judges by where a file really lies, and by no name.

What it says to a program that restricts itself before or after it is attached, as the
limits in the admin guide have it. The program is restricted to some directories, for all
that Landlock knows of files, and says what it gets.
"""
import ctypes
import os
import shutil
import struct
import subprocess
import tempfile

from ktap import Skip, check_equal, main, test

LIBC = ctypes.CDLL(None, use_errno=True)
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ALL = (1 << 13) - 1     # what the first version knows
BENEATH = 1
NO_NEW_PRIVS = 38


def call(number, *args):
    """A system call, or an OSError."""
    result = LIBC.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def restrict(*allowed):
    """Restricts this process to these directories."""
    handled = struct.pack("Q", ALL)
    ruleset = call(CREATE_RULESET, handled, len(handled), 0)
    for path in allowed:
        fd = os.open(path, os.O_PATH)
        call(ADD_RULE, ruleset, BENEATH, struct.pack("=Qi", ALL, fd), 0)
    LIBC.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    call(RESTRICT_SELF, ruleset, 0)


def read(path):
    """What is in the file, or why not."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError as why:
        return why.strerror


class Tree:
    """DIR/above/data is ORIGINAL, DIR/new is NEW, DIR/secret is neither."""

    def __init__(self):
        try:
            call(CREATE_RULESET, None, 0, 1)
        except OSError as why:
            raise Skip("the kernel has no Landlock") from why
        self.dir = tempfile.mkdtemp(dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.above = self.dir + "/above"
        self.data = self.above + "/data"
        self.new = self.dir + "/new"
        self.secret = self.dir + "/secret"
        for name in (self.data, self.new, self.secret):
            os.makedirs(name)
            with open(name + "/f", "w", encoding="ascii") as file:
                file.write(os.path.basename(name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)


def attach(original, new, pid):
    """Attaches a process to one rule."""
    subprocess.run(["pvadm", "attach", str(pid), "--map", f"{original}={new}"],
                   check=True)


def in_child(before, after=None, between=None):
    """before() and then after() in a child, between(PID) meanwhile in us; what is said."""
    to_us, from_child = os.pipe()
    from_us, to_child = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            said = before()
            os.write(from_child, b"\n")
            os.read(from_us, 1)
            if after:
                said = after()
        except BaseException as why:  # pylint: disable=broad-except
            said = repr(why)
        os.write(from_child, str(said).encode())
        os._exit(0)
    os.read(to_us, 1)
    if between:
        between(pid)
    os.write(to_child, b"\n")
    os.waitpid(pid, 0)
    return os.read(to_us, 4096).decode()


def moved_when_restricted(tree, *allowed):
    """What a program reads in ORIGINAL that is attached when it is restricted already."""
    return in_child(lambda: restrict(*allowed), lambda: read(tree.data + "/f"),
                    lambda pid: attach(tree.data, tree.new, pid))


@test
def T9_who_is_restricted_to_ORIGINAL_loses_it_when_it_is_moved():
    with Tree() as tree:
        check_equal(in_child(lambda: restrict(tree.data), lambda: read(tree.data + "/f")),
                    "data", "without rules")
        for allowed in (tree.data, tree.above):
            check_equal(moved_when_restricted(tree, allowed), "Permission denied",
                        f"restricted to {allowed}")


@test
def T9_who_is_restricted_to_NEW_keeps_it():
    with Tree() as tree:
        for allowed in (tree.new, tree.dir):
            check_equal(moved_when_restricted(tree, tree.data, allowed), "new",
                        f"restricted to {allowed}")


@test
def T9_who_is_attached_and_then_restricted_to_ORIGINAL_means_NEW():
    def restricted(allowed, name):
        restrict(allowed)
        return read(name)
    with Tree() as tree:
        told = {allowed: in_child(lambda: None, lambda: restricted(allowed, tree.data + "/f"),
                                  lambda pid: attach(tree.data, tree.new, pid))
                for allowed in (tree.data, tree.above)}
        check_equal(told, {tree.data: "new", tree.above: "Permission denied"}, "ORIGINAL")
        check_equal(in_child(lambda: None, lambda: restricted(tree.data, tree.secret + "/f"),
                             lambda pid: attach(tree.data, tree.new, pid)),
                    "Permission denied", "what is neither")


@test
def T9_nobody_gets_out_by_rules_of_his_own():
    script = "read -r a <\"$0/f\"; echo ${a:-denied}"
    with Tree() as tree:
        run = ["pvadm", "run", "--map", f"{tree.data}={tree.secret}", "--", "sh", "-c", script,
               tree.data]
        inside = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/dev", "/tmp", tree.data]
        check_equal(subprocess.run(run, check=True, capture_output=True).stdout, b"secret\n",
                    "who is not restricted")
        for user in (0, 65534):
            result = subprocess.run(
                run, capture_output=True, check=False, user=user, preexec_fn=lambda: restrict(
                    *(path for path in inside if os.path.exists(path))))
            check_equal(result.stdout, b"denied\n", f"user {user}: {result.stderr}")


if __name__ == "__main__":
    main()
