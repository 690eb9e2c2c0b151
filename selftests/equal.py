#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""T14, W6: a table that is set again shares what an equal one is made of, and is otherwise
as if it had been looked up anew.

    S/new0 ... S/new999     directories; in each a file f that says which one it is
    S/o0 ... S/o999         what the rules call them
    S/absent/x              in a directory that is not there

What a process finds is told by that process itself, see Reader.
"""
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import tempfile

from genl import NUMBERS, Raw, attr_type, cmd, detach_all, number, pid, rule, u32
from ktap import check, check_equal, main, test

S = os.path.realpath(tempfile.mkdtemp())
MANY = 1000
RULES = b"".join(rule(f"{S}/o{n}", f"{S}/new{n}") for n in range(MANY))
NOBODY = 65534
TRACING = "/sys/kernel/tracing"


def write(path, text):
    """Makes a file."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def append(path, line):
    """Adds a line, to what cannot be seeked in, too."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def make(name, text=None):
    """Makes a directory of S with a file that says which it is."""
    os.mkdir(f"{S}/{name}")
    write(f"{S}/{name}/f", text or name)


class Reader:
    """A process that reads files for us; .pid"""

    def __init__(self, root=None):
        ask, self.ask = os.pipe()
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(self.ask)
                if root:
                    os.chroot(root)
                while path := os.read(ask, 4096):
                    os.write(answer, self.look(path.decode()))
            finally:
                os._exit(0)
        os.close(ask)
        os.close(answer)

    @staticmethod
    def look(path):
        """What a file says, what a directory has, or why not; "in ": where it is then."""
        try:
            if path.startswith("in "):
                os.chdir(path[3:])
                return os.readlink("/proc/self/cwd").encode()
            if os.path.isdir(path):
                return " ".join(sorted(os.listdir(path))).encode() or b"nothing"
            with open(path, "rb") as file:
                return file.read()
        except OSError as why:
            return errno.errorcode[why.errno].encode()

    def reads(self, path):
        """What look() tells there."""
        os.write(self.ask, path.encode())
        return os.read(self.answer, 4096).decode()

    def end(self):
        """It ends."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.ask)
        os.close(self.answer)


@contextlib.contextmanager
def readers(count, **options):
    """As many."""
    them = [Reader(**options) for _ in range(count)]
    try:
        yield them
    finally:
        for reader in them:
            with contextlib.suppress(ProcessLookupError):
                reader.end()


def put(reader, rules, flags=0):
    """Sets the table; the errno."""
    flags = u32("flags", flags) if flags else b""
    return Raw().ask(cmd("set"), pid(reader.pid) + flags + rules).error


def good(reader, rules, flags=0):
    """The same, which is to work."""
    check_equal(put(reader, rules, flags), 0, "errno")


def tables():
    """How many there are."""
    _, reply = Raw().ask(cmd("status")).replies[0]
    return number(dict(reply)[attr_type("tables")])


@contextlib.contextmanager
def counted(function):
    """Counts how often the kernel calls a function: yields what tells it."""
    def tell():
        with open(f"{TRACING}/kprobe_profile", encoding="ascii") as file:
            for line in file:
                name, hits, _ = line.split()
                if name == "pv_equal":
                    return int(hits)
        raise AssertionError("there is no such probe")

    if not os.path.exists(f"{TRACING}/kprobe_events"):
        subprocess.run(["mount", "-t", "tracefs", "none", TRACING], check=True)
    append(f"{TRACING}/kprobe_events", f"p:pv_equal {function}")
    enable = f"{TRACING}/events/kprobes/pv_equal/enable"
    write(enable, "1")
    try:
        yield tell
    finally:
        write(enable, "0")
        append(f"{TRACING}/kprobe_events", "-:pv_equal")


@test
def a_thousand_rules_are_looked_up_once_for_a_hundred_processes():
    with readers(100) as them, counted("path_lookupat") as lookups:
        before = lookups()
        good(them[0], RULES)
        first = lookups()
        check(first - before >= MANY, f"only {first - before} look-ups at first")
        for reader in them[1:]:
            good(reader, RULES)
        more = (lookups() - first) / 99
        check(more < 20, f"{more} look-ups for each that follows")
        for reader in them[0], them[50], them[99]:
            check_equal(reader.reads(f"{S}/o999/f"), "new999", "file")


@test
def each_has_a_table_of_its_own_to_lose():
    before = tables()
    with readers(3) as (one, two, three):
        for reader in one, two, three:
            good(reader, RULES)
        check_equal(tables() - before, 3, "tables")
        good(two, rule(f"{S}/o0", f"{S}/new1"))
        check_equal([r.reads(f"{S}/o0/f") for r in (one, two, three)],
                    ["new0", "new1", "new0"], "files")
        one.end()
        check_equal(three.reads(f"{S}/o999/f"), "new999", "file after the first one's end")
    check_equal(tables(), before, "tables left")


@test
def one_in_the_same_tree_is_replaced_alone():
    tree = NUMBERS["PATHVIRT_F_TREE"]
    with readers(2) as (one, two):
        for reader in one, two:
            good(reader, RULES)
        good(one, rule(f"{S}/o0", f"{S}/new1"), tree)
        check_equal([r.reads(f"{S}/o0/f") for r in (one, two)], ["new1", "new0"],
                    "files")


@test
def flags_are_those_of_each():
    with readers(3) as them:
        for reader, flags in zip(them, (0, NUMBERS["PATHVIRT_F_NO_REVERSE"], 0)):
            good(reader, RULES, flags)
        check_equal([reader.reads(f"in {S}/o0") for reader in them],
                    [f"{S}/o0", f"{S}/new0", f"{S}/o0"], "working directories")


def leads(change, back, wanted, new="new0", then=None):
    """Does who sets a table again after a change get what is there then?  And does who has
    had it before read then, if not what he has read?"""
    rules = rule(f"{S}/o0", f"{S}/{new}") + rule(f"{S}/o1", f"{S}/new1")
    with readers(2) as (one, two):
        good(one, rules)
        was = one.reads(f"{S}/o0/f")
        change()
        try:
            good(two, rules)
            check_equal(two.reads(f"{S}/o0/f"), wanted, "the second one")
            check_equal(one.reads(f"{S}/o0/f"), then or was, "the first one")
        finally:
            back()


@test
def a_NEW_that_was_renamed_is_found_anew():
    def change():
        os.rename(f"{S}/new0", f"{S}/old0")
        make("new0", "another")

    def back():
        shutil.rmtree(f"{S}/new0")
        os.rename(f"{S}/old0", f"{S}/new0")
    leads(change, back, "another")


@test
def a_NEW_that_was_removed_is_found_anew():
    make("gone")

    def change():
        shutil.rmtree(f"{S}/gone")
        make("gone", "another")
    leads(change, lambda: shutil.rmtree(f"{S}/gone"), "another", "gone", "ENOENT")


@test
def a_NEW_that_became_a_link_is_found_anew():
    make("turned")

    def change():
        os.rename(f"{S}/turned", f"{S}/turned.old")
        os.symlink("new2", f"{S}/turned")

    def back():
        os.unlink(f"{S}/turned")
        shutil.rmtree(f"{S}/turned.old")
    leads(change, back, "new2", "turned")


@test
def a_link_that_leads_elsewhere_is_followed_anew():
    os.symlink("new3", f"{S}/link")

    def change():
        os.unlink(f"{S}/link")
        os.symlink("new4", f"{S}/link")
    leads(change, lambda: os.unlink(f"{S}/link"), "new4", "link")


@test
def a_directory_above_NEW_that_is_another_one_is_walked_anew():
    for name in "up", "up2":
        os.mkdir(f"{S}/{name}")
        make(f"{name}/new", name)

    def swap():
        os.rename(f"{S}/up", f"{S}/up3")
        os.rename(f"{S}/up2", f"{S}/up")
        os.rename(f"{S}/up3", f"{S}/up2")
    leads(swap, swap, "up2", "up/new")


@test
def what_is_mounted_on_NEW_is_found():
    def change():
        subprocess.run(["mount", "-t", "tmpfs", "none", f"{S}/new0"], check=True)
        write(f"{S}/new0/f", "mounted")
    leads(change, lambda: subprocess.run(["umount", "-l", f"{S}/new0"], check=True),
          "mounted", then="mounted")


@test
def a_NEW_that_is_not_there_any_more_is_refused():
    make("short")
    rules = rule(f"{S}/o0", f"{S}/short")
    with readers(2) as (one, two):
        good(one, rules)
        os.rename(f"{S}/short", f"{S}/short.moved")
        check_equal(put(two, rules), errno.ENOENT, "errno")
        check_equal(one.reads(f"{S}/o0/f"), "short", "the first one")
    shutil.rmtree(f"{S}/short.moved")


def of_nobody(*command):
    """Runs something as a user with rules of his own."""
    return ["setpriv", "--reuid", str(NOBODY), "--clear-groups", "--no-new-privs",
            "pvadm", "run", "--map", f"{S}/mine={S}/closed/new", "--", *command]


@test
def who_may_not_search_a_directory_does_not_get_there():
    os.mkdir(f"{S}/closed", 0o755)
    make("closed/new", "open")
    with subprocess.Popen(of_nobody("sh", "-c", f"cat {S}/mine/f; echo; exec sleep 1000"),
                          stdout=subprocess.PIPE, text=True) as first:
        check_equal(first.stdout.readline(), "open\n", "first")
        again = subprocess.run(of_nobody("cat", f"{S}/mine/f"), check=False,
                               capture_output=True, text=True)
        check_equal((again.returncode, again.stdout), (0, "open"), "again")
        os.chmod(f"{S}/closed", 0o700)
        refused = subprocess.run(of_nobody("cat", f"{S}/mine/f"), check=False,
                                 capture_output=True, text=True)
        check(refused.returncode and not refused.stdout, refused)
        first.kill()
    shutil.rmtree(f"{S}/closed")


@test
def who_has_another_root_directory_finds_what_is_there():
    os.makedirs(f"{S}/jail{S}")
    make(f"jail{S}/new0", "in jail")
    rules = rule(f"{S}/o0", f"{S}/new0")
    with readers(2) as (one, _), readers(1, root=f"{S}/jail") as (inside,):
        # It has its root when it answers.
        check_equal(inside.reads(f"{S}/new0/f"), "in jail", "natively")
        good(one, rules)
        good(inside, rules)
        check_equal((one.reads(f"{S}/o0/f"), inside.reads(f"{S}/o0/f")),
                    ("new0", "in jail"), "files")
    shutil.rmtree(f"{S}/jail")


@test
def stand_ins_are_shared_and_are_none_where_the_directory_has_come_to_be():
    rules = rule(f"{S}/absent/x", f"{S}/new0")
    with readers(3) as (one, two, three):
        good(one, rules)
        good(two, rules)
        one.end()
        check_equal((two.reads(f"{S}/absent"), two.reads(f"{S}/absent/x/f")),
                    ("x", "new0"), "stand-in")
        make("absent", "real")
        good(three, rules)
        check_equal((three.reads(f"{S}/absent"), three.reads(f"{S}/absent/x/f")),
                    ("f x", "new0"), "the directory")
    shutil.rmtree(f"{S}/absent")


def clean_up():
    """Leaves nothing."""
    detach_all()
    shutil.rmtree(S)


os.chmod(S, 0o755)
for which in range(MANY):
    make(f"new{which}")
main(clean_up)
