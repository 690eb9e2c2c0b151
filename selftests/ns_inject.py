#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""S4: what becomes of ns save and ns restore if a system call fails, or ends them.

Whatever happens, what was made is whole or gone, and who is not told of an error has
got what he asked for. See injecting.py.
"""
import os
import re
import signal

from commands import good, run
from injecting import chosen, ended, errors, every, inject, loader_failed, places
from ktap import check, check_equal, test, wait_until
from namespaces import (ALL, Cgroup, comm_of, contents, forge, in_cgroup,
                        innermost, left, ns, run_and_clean_up, scratch)

# In each of the four sweeps, the same each time.
COUNT = 12
MARKER = "10000.9"

LOOK = ["cat", "/proc/self/mountinfo", "/proc/self/uid_map", "/proc/net/route",
        "/proc/net/if_inet6", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/msgmax", "/proc/sys/net/ipv4/ip_forward"]


def look(pid):
    """The namespaces of a process, without numbers that are new each time."""
    inside = ["nsenter", "-t", pid, "-a", "--preserve-credentials"]
    said = run(*inside, *LOOK).stdout + run(*inside, "ip", "rule").stdout
    return sorted(re.sub(r"^\d+ \d+ \d+:\d+ |(shared|master):\d+|^[0-9a-f]{32} \d+",
                         "", line) for line in said.splitlines())


class World:
    """A file of a process with all kinds of namespaces, in a cgroup that is gone."""

    def __init__(self):
        self.cgroup = Cgroup("nsinject")
        place = scratch("place")
        os.makedirs(f"{place}/a")
        os.makedirs(f"{place}/b")
        shell = in_cgroup(self.cgroup, ALL, f"""hostname inject
            mount --bind {place}/a {place}/b; mount --make-shared {place}/b
            mount -o remount,bind,ro,nosuid {place}/b
            ip link set lo up; ip link add v0 type veth peer name v1
            ip addr add 10.9.0.1/24 dev v0; ip link set v0 up
            ip route add 10.10.0.0/16 via 10.9.0.2
            ip rule add from 10.9.0.0/24 table 7
            echo 1234 > /proc/sys/kernel/msgmax
            echo 1 > /proc/sys/net/ipv4/ip_forward""")
        self.pid = innermost(shell.pid)
        self.shell = shell
        self.path = scratch("world")

    def restorable(self, cgroup):
        """The file, without what is many calls of one kind; the process is gone."""
        ns("save", self.pid, self.path)
        self.end()
        self.cgroup.remove()
        def thin(value):
            value["net"]["defaults"] = {}
            value["net"]["sysctls"] = {"net/ipv4/ip_forward": "1"}
            if not cgroup:
                del value["cgroup"]
        return forge(self.path, "thin", thin)

    def end(self):
        """Ends the process."""
        os.kill(self.pid, signal.SIGKILL)
        self.shell.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.shell.poll() is None:
            self.end()
        self.cgroup.remove()


def nothing_left(world, before, what):
    """No process, no cgroup, no mount, no link."""
    wait_until(lambda: not left(MARKER), f"the end of all processes: {what}")
    wait_until(lambda: not os.path.exists(world.cgroup.top),
               f"the end of the cgroup: {what}")
    check_equal(outside(), before, what)


def outside():
    """Our mounts and links."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read(), good("ip", "-br", "link")


def command():
    """The number of the command that runs, 0 if there is none."""
    for path, words in left(MARKER):
        pid = int(path.split("/")[2])
        if words.startswith(b"sleep") and comm_of(pid) == "sleep":
            return pid
    return 0


def begun(running):
    """The command's number once it runs, or -1 when all has ended without."""
    return command() or (running.poll() is not None and -1)


def restore_one(world, place, fault, words, wanted):
    """One run; wanted is what a command finds, and pvadm says, if nothing happens."""
    before = outside()
    what = f"{place} {fault}"
    running = inject(fault, place, words)
    found = None
    pid = wait_until(lambda: begun(running), what)
    if pid > 0:
        found = look(pid)
        os.kill(pid, signal.SIGKILL)
    status, out, said = ended(running, what)
    check_equal(out, "", what)
    check(status not in (-signal.SIGSEGV, -signal.SIGABRT, 139, 134), what,
          "crashed", status)
    if found and said == wanted[1]:
        check_equal(found, wanted[0], f"{what}: nothing was said")
    if not found:
        check(status, what, "has not run, and says so to nobody")
    if not found and not loader_failed(said) and status > 0:
        # Two processes may have met the same fault, each in its own call.
        check(0 < len(errors(said)) < 3, f"{what}: lines {said}")
    nothing_left(world, before, what)


def sweep_restore(fault, seed):
    """All places of ns restore."""
    with World() as world:
        # Who removes a cgroup whatever happens may not be killed himself.
        path = world.restorable(fault != "signal=KILL")
        words = ["pvadm", "ns", "restore", path, "--", "sleep", MARKER]
        found = places([*words[:-2], "true"], scratch("log"))
        running = inject("signal=CONT", ("reboot", 1), words)
        pid = wait_until(lambda: begun(running), "the command")
        wanted = look(pid)
        os.kill(pid, signal.SIGKILL)
        wanted = wanted, ended(running, "the first")[2]
        every(chosen(found, [fault], count=COUNT, seed=seed),
              lambda *what: restore_one(world, *what, words, wanted))


@test
def restore_with_a_call_that_fails_says_so_and_leaves_nothing():
    """Or it comes to the same as if it had not failed."""
    sweep_restore("error=ENOMEM", 1)


@test
def restore_that_is_killed_at_a_call_leaves_nothing():
    """pvadm, or one of its helpers."""
    sweep_restore("signal=KILL", 2)


def known(path):
    """What a file says, without what changes from one moment to the next."""
    value = contents(path)
    for name in "sha256", "time":
        del value[name]
    return value


def save_one(pid, directory, place, fault, wanted):
    """One run."""
    what = f"{place} {fault}"
    path = f"{directory}/file"
    running = inject(fault, place, ["pvadm", "ns", "save", pid, path])
    status, out, said = ended(running, what)
    check_equal(out, "", what)
    there = os.listdir(directory)
    if there:
        check_equal(there, ["file"], what)
        check_equal(known(path), wanted, what)
        os.remove(path)
    if not status:
        check_equal((there, said), (["file"], ""), what)
    elif status > 0 and not loader_failed(said):
        check_equal(len(said.splitlines()), 1, f"{what}: lines {said}")
        check_equal(there, [], what)


def sweep_save(fault, seed):
    """All places of ns save."""
    directory = scratch("saved")
    os.mkdir(directory)
    with World() as world:
        ns("save", world.pid, world.path)
        wanted = known(world.path)
        found = places(["pvadm", "ns", "save", world.pid, scratch("traced")],
                       scratch("log"))

        def one(place, fault):
            try:
                save_one(world.pid, directory, place, fault, wanted)
            finally:
                for name in os.listdir(directory):
                    os.remove(f"{directory}/{name}")
        every(chosen(found, [fault], count=COUNT, seed=seed), one)
        world.end()


@test
def save_with_a_call_that_fails_writes_nothing_or_all():
    """And says which."""
    sweep_save("error=ENOMEM", 3)


@test
def save_that_is_killed_at_a_call_leaves_a_whole_file_or_none():
    """pvadm, or one of its helpers."""
    sweep_save("signal=KILL", 4)


if __name__ == "__main__":
    run_and_clean_up()
