#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A9: the processes of a cgroup have its rules as their outermost layer.

    TOP              a cgroup of ours, with the rule S/old=S/new in most tests
      inner          below it
    OTHER            another one, without rules

    S/old/f  says "old",  S/new/f  "new";  S/a/f "a", S/b/f "b", S/c/f "c"

What a process has is asked of the process itself: a shell that opens the files that it is
told, see Reader.
"""
import contextlib
import ctypes
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from commands import NOBODY, good, refuses, run
from ktap import check, check_equal, main, test, wait_until
from namespaces import cgroups

S = os.path.realpath(tempfile.mkdtemp())
TOP = f"{cgroups()}/pathvirt-top"
INNER = f"{TOP}/inner"
OTHER = f"{cgroups()}/pathvirt-other"
MAP = f"{S}/old={S}/new"

SYS_CLONE3 = 435
CLONE_INTO_CGROUP = 1 << 33
LIBC = ctypes.CDLL(None, use_errno=True)


def make_files():
    """What the rules lead to."""
    os.chmod(S, 0o755)
    for name in ("old", "new", "a", "b", "c"):
        os.mkdir(f"{S}/{name}")
        with open(f"{S}/{name}/f", "w", encoding="ascii") as file:
            print(name, file=file)


def procs(cgroup):
    """The processes in a cgroup itself, or the threads in a threaded one."""
    for name in "cgroup.procs", "cgroup.threads":
        try:
            with open(f"{cgroup}/{name}", encoding="ascii") as file:
                return [int(line) for line in file]
        except OSError as why:
            if why.errno != errno.EOPNOTSUPP:
                raise
    return []


def move(pid, cgroup):
    """Moves a process."""
    with open(f"{cgroup}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(pid))


def remove(cgroup):
    """Removes a cgroup with all that is in it; what was killed may be on its way out."""
    for below, _, _ in os.walk(cgroup, topdown=False):
        for pid in procs(below):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        def gone(path=below):
            with contextlib.suppress(OSError):
                os.rmdir(path)
            return not os.path.exists(path)
        wait_until(gone, f"{below} to go")


@contextlib.contextmanager
def cgroup_tree():
    """The cgroups, for one test; no rules are left behind."""
    for cgroup in TOP, INNER, OTHER:
        os.mkdir(cgroup)
    try:
        yield
    finally:
        remove(TOP)
        remove(OTHER)
        wait_until(lambda: not status()["cgroups"], "the rules to go with the cgroups")


def attach(cgroup=TOP, rule=MAP, *words):
    """Gives a cgroup a rule."""
    good("pvadm", "attach", "--cgroup", cgroup, "--map", rule, *words)


def detach(cgroup=TOP):
    """Takes it away."""
    good("pvadm", "detach", "--cgroup", cgroup)


def status():
    """What the module says of itself."""
    return json.loads(good("pvadm", "status", "--json"))


def layers(pid):
    """The layers of a process."""
    return json.loads(good("pvadm", "show", pid, "--json"))["layers"]


class Reader:
    """A process that says what is in files, by whatever names."""

    LOOP = """while read -r name; do
        { read -r word <"$name" && echo "$word"; } 2>/dev/null || echo none
    done"""

    def __init__(self, cgroup=None, user=(), inside=()):
        join = f"echo $$ >{cgroup}/cgroup.procs || exit; " if cgroup else ""
        self.process = subprocess.Popen(
            [*user, "sh", "-c", f'{join} exec "$@"', "sh", *inside, "sh", "-c", self.LOOP],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.says("/dev/null")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        """Its number."""
        return self.process.pid

    def says(self, name=f"{S}/old/f"):
        """What it finds there."""
        print(name, file=self.process.stdin)
        return self.process.stdout.readline().strip()

    def must_say(self, wanted, name=f"{S}/old/f"):
        """It must find this."""
        check_equal(self.says(name), wanted, f"{name} for {self.pid}")


def clone_into(cgroup, work):
    """Has work() done by a child that is cloned into a cgroup; returns what it gives."""
    directory = os.open(cgroup, os.O_PATH | os.O_DIRECTORY)
    read, write = os.pipe()
    # flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls, tids, number, cgroup
    args = (ctypes.c_uint64 * 11)(CLONE_INTO_CGROUP, 0, 0, 0, signal.SIGCHLD,
                                  0, 0, 0, 0, 0, directory)
    pid = LIBC.syscall(SYS_CLONE3, args, ctypes.sizeof(args))
    if not pid:
        os.write(write, work().encode())
        os._exit(0)
    os.close(write)
    os.close(directory)
    check(pid > 0, "clone3 failed", os.strerror(ctypes.get_errno()))
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def read_old():
    """What this process finds."""
    file = os.open(f"{S}/old/f", os.O_RDONLY)
    word = os.read(file, 99).decode().strip()
    os.close(file)
    return word


@test
def all_that_are_in_a_cgroup_have_its_rules_until_it_is_detached():
    """Those below it, too, and nobody else."""
    with cgroup_tree(), Reader(TOP) as top, Reader(INNER) as inner, \
            Reader(OTHER) as other, Reader() as outside:
        attach()
        check_equal([r.says() for r in (top, inner, other, outside)],
                    ["new", "new", "old", "old"], "what they find")
        check_equal({p["pid"] for p in json.loads(good("pvadm", "show", "--json"))},
                    {top.pid, inner.pid}, "who is attached")
        check_equal(good("pvadm", "show", "--cgroup", TOP).splitlines()[1:], [MAP], "rules")
        check_equal(good("pvadm", "show", top.pid).splitlines(),
                    ["# layer 0 (cgroup, --by-name)", MAP], "layers")
        check_equal(layers(inner.pid)[0]["cgroup"], os.stat(TOP).st_ino, "whose layer")
        listed = json.loads(good("pvadm", "show", "--cgroups", "--json"))
        check_equal([(c["cgroup"], c["path"], c["rules"]) for c in listed],
                    [(os.stat(TOP).st_ino, "/pathvirt-top", 1)], "cgroups")
        detach()
        check_equal([r.says() for r in (top, inner)], ["old", "old"], "after detach")
        check_equal(json.loads(good("pvadm", "show", "--json")), [], "who is attached then")
        refuses("has no rules", "pvadm", "detach", "--cgroup", TOP)


@test
def who_is_moved_has_the_rules_of_where_it_is():
    """From its next system call on; its children are born with them."""
    with cgroup_tree(), Reader() as reader:
        attach()
        for _ in range(5):
            move(reader.pid, INNER)
            reader.must_say("new")
            move(reader.pid, TOP)
            reader.must_say("new")
            move(reader.pid, OTHER)
            reader.must_say("old")
        check_equal(layers(reader.pid), [], "layers of who has left")
        # Who moves himself.
        with Reader(TOP) as itself:
            itself.must_say("new")


@test
def who_is_cloned_into_a_cgroup_has_its_rules_at_once():
    """From outside, and out of it by one that has them."""
    with cgroup_tree():
        attach()
        for _ in range(5):
            check_equal(clone_into(INNER, read_old), "new", "cloned into it")
            check_equal(clone_into(OTHER, read_old), "old", "cloned elsewhere")
        check_equal(clone_into(TOP, lambda: read_old() + clone_into(OTHER, read_old) +
                               clone_into(INNER, read_old)), "newoldnew",
                    "from one cgroup into another")


@test
def rules_of_cgroups_lie_below_a_processes_own_and_the_outer_ones_below_the_inner():
    """Names pass the inner layers first; what is detached leaves the others."""
    with cgroup_tree(), Reader(INNER) as reader:
        attach(TOP, f"{S}/b={S}/c")
        good("pvadm", "attach", reader.pid, "--map", f"{S}/old={S}/a")
        attach(INNER, f"{S}/a={S}/b")
        reader.must_say("c")
        check_equal([layer.get("cgroup", 0) for layer in layers(reader.pid)],
                    [0, os.stat(INNER).st_ino, os.stat(TOP).st_ino], "layers")
        # Replaced, its own stays where it is.
        good("pvadm", "attach", reader.pid, "--map", f"{S}/new={S}/a")
        reader.must_say("c", f"{S}/new/f")
        reader.must_say("old")
        detach(INNER)
        reader.must_say("a", f"{S}/new/f")
        reader.must_say("c", f"{S}/b/f")
        good("pvadm", "detach", reader.pid)
        reader.must_say("new", f"{S}/new/f")
        reader.must_say("c", f"{S}/b/f")
        refuses("those of its cgroup", "pvadm", "detach", reader.pid)
        # What a rule leads to is looked up when it is set; it stays, cgroup or not.
        move(reader.pid, OTHER)
        good("pvadm", "attach", reader.pid, "--map", f"{S}/old={S}/b")
        reader.must_say("b")
        move(reader.pid, INNER)
        reader.must_say("c")
        move(reader.pid, OTHER)
        reader.must_say("b")


@test
def another_table_takes_the_place_of_the_one_that_a_cgroup_has():
    """At no time has a process neither."""
    with cgroup_tree(), Reader(TOP) as reader:
        attach()
        stop = threading.Event()
        found = set()

        def watch():
            while not stop.is_set():
                found.add(reader.says())
        watcher = threading.Thread(target=watch)
        watcher.start()
        for new in ("a", "b", "c") * 2:
            attach(TOP, f"{S}/old={S}/{new}")
        stop.set()
        watcher.join()
        check(found <= {"new", "a", "b", "c"}, "found", found)
        reader.must_say("c")
        check_equal(len(layers(reader.pid)), 1, "layers")


@test
def a_cgroup_may_have_a_union():
    """Below it a process's own, whose trees come first; also for who has another root."""
    only = f"{S}/old/only"
    with cgroup_tree(), Reader(TOP) as reader:
        with open(only, "w", encoding="ascii") as file:
            print("only", file=file)
        good("pvadm", "attach", "--cgroup", TOP, "--under", MAP)
        reader.must_say("new")
        reader.must_say("only", only)
        reader.must_say("none", f"{S}/old/none")
        check_equal(good("pvadm", "show", "--cgroup", TOP).splitlines()[1:], [f"under {MAP}"],
                    "rules")
        good("pvadm", "attach", reader.pid, "--under", f"{S}/old={S}/a")
        reader.must_say("a")
        reader.must_say("only", only)
        os.rename(f"{S}/a/f", f"{S}/a/g")
        reader.must_say("new")
        reader.must_say("a", f"{S}/old/g")
        os.rename(f"{S}/a/g", f"{S}/a/f")
        detach()
        reader.must_say("a")
        reader.must_say("only", only)
        good("pvadm", "detach", reader.pid)
        reader.must_say("old")
    os.remove(only)


@test
def rules_outlive_the_processes_and_end_with_the_directory():
    """A cgroup that is made by the same name afterwards is another one."""
    before = status()["tables"]
    with cgroup_tree():
        attach()
        for _ in range(3):
            with Reader(TOP) as reader:
                reader.must_say("new")
        check(status()["armed"], "the hooks are not armed")
        check(run("rmmod", "pathvirt").returncode, "the module could be removed")
        refuses("cannot open", "pvadm", "attach", "--cgroup", f"{TOP}/none", "--map", MAP)
        os.rmdir(INNER)
        wait_until(lambda: not procs(TOP), "the last process to go")
        os.rmdir(TOP)
        wait_until(lambda: not status()["cgroups"], "the rules to go")
        wait_until(lambda: status()["tables"] == before, "the table to go")
        os.mkdir(TOP)
        with Reader(TOP) as reader:
            reader.must_say("old")
        os.mkdir(INNER)


@test
def nobody_who_is_forked_while_a_cgroup_is_attached_escapes():
    """A storm of children, each of which looks once; what is looked at says when."""
    look = f'{S}/storm/f'
    storm = f"""echo $$ >{INNER}/cgroup.procs
        while :; do (read -r word <{look}; [ "$word" != escaped ] || : >{S}/escaped) & wait
        done"""
    os.makedirs(f"{S}/storm")
    with cgroup_tree(), contextlib.ExitStack() as stack:
        def say(word):
            with open(f"{S}/storm/next", "w", encoding="ascii") as file:
                print(word, file=file)
            os.rename(f"{S}/storm/next", look)
        say("before")
        for _ in range(3):
            process = subprocess.Popen(["sh", "-c", storm])
            stack.callback(process.wait)
            stack.callback(process.kill)
        wait_until(lambda: len(procs(INNER)) >= 3, "the storm")
        for _ in range(5):
            attach(TOP, f"{S}/storm={S}/new")
            say("escaped")
            # As long as some children look.
            time.sleep(0.1)
            check(not os.path.exists(f"{S}/escaped"), "a child has escaped")
            say("before")
            detach()
        check_equal(json.loads(good("pvadm", "show", "--json")), [], "who is attached then")


@test
def whoever_moves_processes_at_the_same_time_leaves_each_with_what_it_should_have():
    """Four move two processes between three cgroups; then it is looked what they have."""
    with cgroup_tree(), Reader() as one, Reader() as two:
        attach()
        attach(INNER, f"{S}/a={S}/b")
        end = time.monotonic() + 1

        def mover(seed):
            places = (TOP, INNER, OTHER)
            number = seed
            while time.monotonic() < end:
                move((one, two)[number % 2].pid, places[number % 3])
                number += seed
        movers = [threading.Thread(target=mover, args=(seed,)) for seed in (1, 3, 5, 7)]
        for thread in movers:
            thread.start()
        while time.monotonic() < end:
            attach()
            detach()
        for thread in movers:
            thread.join()
        attach()
        for reader in one, two:
            where = next(c for c in (TOP, INNER, OTHER) if reader.pid in procs(c))
            reader.must_say("old" if where == OTHER else "new")
            reader.must_say("b" if where == INNER else "a", f"{S}/a/f")


@test
def a_process_is_where_its_leader_is():
    """Threads of it elsewhere change nothing, and a threaded cgroup is refused."""
    with cgroup_tree(), Reader(TOP) as reader:
        with open(f"{INNER}/cgroup.type", "w", encoding="ascii") as file:
            file.write("threaded")
        attach()
        reader.must_say("new")
        refuses("threaded", "pvadm", "attach", "--cgroup", INNER, "--map", MAP)
        with open(f"{INNER}/cgroup.threads", "w", encoding="ascii") as file:
            file.write(str(reader.pid))
        reader.must_say("new")


@test
def zombies_are_in_nobodys_way():
    """One that has ended and is not waited for, and one whose leader has ended."""
    with cgroup_tree():
        dead = subprocess.Popen(["sh", "-c", f"echo $$ >{TOP}/cgroup.procs"])
        wait_until(lambda: os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT), "its end")
        leaderless = subprocess.Popen(
            ["python3", "-c", f"""
import ctypes, threading, time
def rest():
    for line in open(0):
        print(open("{S}/old/f").read().strip(), flush=True)
threading.Thread(target=rest).start()
ctypes.CDLL(None).syscall(60, 0)
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        try:
            def says():
                print(file=leaderless.stdin)
                return leaderless.stdout.readline().strip()
            check_equal(says(), "old", "outside")

            def leader_ended():
                with open(f"/proc/{leaderless.pid}/stat", encoding="ascii") as stat:
                    return stat.read().split()[2] == "Z"
            wait_until(leader_ended, "the leader to end")
            attach()
            move(leaderless.pid, TOP)
            check_equal(says(), "new", "inside")
            detach()
            check_equal(says(), "old", "detached")
        finally:
            leaderless.kill()
            leaderless.wait()
            dead.wait()


@test
def who_lacks_a_new_where_he_looks_is_told_of():
    """The first one that has mounts of his own; the others have the rules."""
    hidden = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {S}; exec "$@"', "sh"]
    with cgroup_tree(), Reader(TOP) as top, Reader(INNER, inside=["unshare", "-m"]), \
            Reader(INNER, inside=hidden) as lacks:
        done = run("pvadm", "attach", "--cgroup", TOP, "--map", MAP)
        check_equal((done.returncode, done.stderr.count("\n")), (0, 1), done.stderr)
        check(f"process {lacks.pid} (sh) has mounts or a root directory of its own, and there "
              f"is no {S}/new: " in done.stderr, done.stderr)
        top.must_say("new")
        lacks.must_say("none")
        done = run("pvadm", "attach", "--cgroup", TOP, "--map", MAP, "--late")
        check_equal((done.returncode, done.stderr), (0, ""), "late")


@test
def who_has_another_root_or_mount_namespace_has_the_rules_there():
    """Both paths of a rule count from the root directory that each process has."""
    jail = f"{S}/jail"
    good("mkdir", "-p", f"{jail}{S}/old", f"{jail}{S}/new", f"{jail}/bin")
    for name in "old", "new":
        with open(f"{jail}{S}/{name}/f", "w", encoding="ascii") as file:
            print(f"jail-{name}", file=file)
    for directory in "bin", "lib", "lib64", "usr", "dev":
        os.makedirs(f"{jail}/{directory}", exist_ok=True)
    enter = ["unshare", "-m", "sh", "-c", f"""
        for dir in bin lib lib64 usr dev; do mount --rbind /$dir {jail}/$dir; done
        exec chroot {jail} "$@" """, "sh"]
    with cgroup_tree(), Reader(TOP, inside=enter) as before, \
            Reader(TOP, inside=["unshare", "-m"]) as copied:
        attach()
        before.must_say("jail-new")
        copied.must_say("new")
        with Reader(TOP, inside=enter) as after, Reader(TOP, inside=["unshare", "-m"]) as again:
            after.must_say("jail-new")
            again.must_say("new")
    good("rm", "-rf", jail)


@test
def who_owns_a_delegated_cgroup_gains_nothing():
    """He may move his processes, and neither set rules, nor take them away, nor see them."""
    with cgroup_tree():
        for cgroup in TOP, INNER, OTHER:
            os.chown(cgroup, 65534, 65534)
            os.chown(f"{cgroup}/cgroup.procs", 65534, 65534)
        os.chmod(TOP, 0o755)
        for user in NOBODY, [*NOBODY, "unshare", "-Ur"]:
            for words in (["attach", "--cgroup", INNER, "--map", MAP],
                          ["detach", "--cgroup", TOP]):
                refuses("needs CAP_SYS_ADMIN and CAP_SYS_PTRACE", "pvadm", *words, user=user)
            for words in (["show", "--cgroups"], ["show", "--cgroup", TOP]):
                done = run("pvadm", *words, user=user)
                # 6.1 tells no reason where a dump is refused.
                check(done.returncode == 1 and
                      re.search("CAP_SYS_ADMIN|not permitted", done.stderr), done)
        attach()
        with Reader(TOP, user=()) as reader:
            # Not taken off by him either: neither by layers of his own nor by hand.
            good("pvadm", "run", "--map", f"{S}/a={S}/b", "--", "sh", "-c",
                 f"echo $$ >{TOP}/cgroup.procs; exec pvadm detach $$", user=[])
            reader.must_say("new")
        refuses("CAP_SYS_PTRACE", "pvadm", "detach", "--cgroup", TOP,
                user=["setpriv", "--bounding-set", "-sys_ptrace", "--"])


@test
def so_many_layers_as_a_process_may_have_leave_room_for_those_of_its_cgroups():
    """And eight cgroups in each other may have rules, not nine."""
    words = []
    for _ in range(32):
        words += ["pvadm", "run", "--map", f"{S}/a={S}/b", "--"]
    with cgroup_tree(), Reader(inside=words) as reader:
        check_equal(len(layers(reader.pid)), 32, "layers")
        cgroup = TOP
        for depth in range(8):
            attach(cgroup, f"{S}/c{depth}={S}/c", "--late")
            cgroup += "/deeper"
            os.mkdir(cgroup)
        refuses("too many", "pvadm", "attach", "--cgroup", cgroup, "--map", MAP)
        refuses("too many", "pvadm", "attach", "--cgroup", cgroups(), "--map", MAP)
        move(reader.pid, cgroup)
        check_equal(len(layers(reader.pid)), 40, "layers inside")
        reader.must_say("c", f"{S}/c0/f")
        move(reader.pid, OTHER)
        check_equal(len(layers(reader.pid)), 32, "layers outside")


@test
def what_cannot_be_is_said_in_one_line():
    """Before anything is changed."""
    with cgroup_tree():
        refuses("version 2", "pvadm", "attach", "--cgroup", S, "--map", MAP)
        refuses("is not there", "pvadm", "attach", "--cgroup", TOP, "--map",
                f"{S}/old={S}/none")
        refuses("Not a directory", "pvadm", "attach", "--cgroup",
                f"{TOP}/cgroup.procs", "--map", MAP)
        for words in (["attach", "1", "--cgroup", TOP, "--map", MAP],
                      ["attach", "--cgroup", TOP, "--tree", "--map", MAP],
                      ["attach", "--cgroup", TOP, "--by-name", "--map", MAP],
                      ["attach", "--cgroup", TOP, "--check", "--map", MAP],
                      ["attach", "--cgroup", TOP],
                      ["detach", "1", "--cgroup", TOP],
                      ["detach", "--cgroup", TOP, "--all"],
                      ["show", "--cgroup", TOP, "--cgroups"]):
            refuses("", "pvadm", *words, status=2)
        check_equal(status()["cgroups"], 0, "cgroups with rules")


@test
def all_is_over_with_detach_all():
    """Then nothing is armed, and the module can go."""
    with cgroup_tree(), Reader(TOP) as reader:
        attach()
        attach(OTHER)
        reader.must_say("new")
        good("pvadm", "detach", "--all")
        reader.must_say("old")
        check_equal(status()["cgroups"], 0, "cgroups with rules")
        move(reader.pid, OTHER)
        reader.must_say("old")
        wait_until(lambda: not status()["armed"], "the hooks to be disarmed")


if __name__ == "__main__":
    make_files()
    try:
        main()
    finally:
        shutil.rmtree(S, ignore_errors=True)
