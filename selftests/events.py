#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""N4: who listens is told of attach, inherit, exec, exit and detach.

The listener is `pvadm monitor --json`.
"""
import json
import os
import subprocess
import tempfile

import genl
from ktap import check, check_equal, main, test, wait_until

POLL = "7"      # the system call
MAP = ["--map", "/pathvirt-original=/usr"]


def pvadm(*words):
    """Runs pvadm."""
    subprocess.run(["pvadm", *map(str, words)], check=True)


class Listener:
    """A running `pvadm monitor --json`."""

    def __init__(self, *words):
        self.out = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["pvadm", "monitor", "--json", *map(str, words)], stdout=self.out)
        wait_until(self.at_rest, "the monitor")

    def at_rest(self):
        """Whether it has told all that it was sent, and is in poll() again."""
        with open("/proc/net/netlink", encoding="ascii") as sockets:
            rows = [line.split() for line in sockets.readlines()[1:]]
        # The lower bits of a port are the number of the process, by custom.
        port = self.process.pid & 0x3fffff
        if any(int(row[4]) for row in rows if int(row[2]) & 0x3fffff == port):
            return False
        with open(f"/proc/{self.process.pid}/syscall", encoding="ascii") as file:
            return file.read().split()[0] == POLL

    def told(self):
        """The events so far: [(event, pid)] or [(event, pid, parent)]."""
        # Opened anew: the monitor goes on writing where it was.
        with open(f"/proc/self/fd/{self.out.fileno()}",
                  encoding="utf-8") as lines:
            return [tuple(json.loads(line).values()) for line in lines
                    if line.endswith("\n")]

    def end(self):
        """It ends."""
        self.process.terminate()
        check_equal(self.process.wait(), 0, "status of the monitor")


class Monitor(Listener):
    """One, beside another that tells us when all has been told."""

    def __init__(self, *words):
        super().__init__(*words)
        self.every = Listener()
        self.last = set()

    def read(self):
        """The events so far, but for one of ours that is the last."""
        with subprocess.Popen(["pvadm", "run", *MAP, "--", "true"]) as last:
            self.last.add(last.pid)
        wait_until(lambda: ("exit", last.pid) in self.every.told(),
                   "the last event")
        wait_until(self.at_rest, "the monitor to tell")
        return [event for event in self.told() if event[1] not in self.last]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self.every.end()
        genl.detach_all()


class Shell:
    """A shell that does what it is told."""

    def __init__(self):
        self.process = subprocess.Popen(["sh"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        check_equal(self.ask("echo ready"), "ready", "the shell")

    def tell(self, command):
        """Tells it to do something."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def ask(self, command):
        """The same, and reads a line."""
        self.tell(command)
        return self.process.stdout.readline().rstrip()

    def end(self):
        """It ends."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@test
def each_event_is_told_once_in_its_order_with_the_right_pids():
    with Monitor() as monitor:
        shell = Shell()
        pvadm("attach", shell.pid, *MAP)
        child = int(shell.ask("sleep 1000 & echo $!"))
        wait_until(lambda: os.readlink(f"/proc/{child}/exe") ==
                   os.path.realpath("/usr/bin/sleep"), "sleep runs")
        monitor.read()
        pvadm("detach", child)
        shell.tell("kill $!; wait; exec sleep 1000")
        wait_until(lambda: os.readlink(f"/proc/{shell.pid}/exe") ==
                   os.path.realpath("/usr/bin/sleep"), "exec")
        monitor.read()
        shell.process.kill()
        shell.end()
        check_equal(monitor.read(),
                    [("attach", shell.pid), ("inherit", child, shell.pid),
                     ("exec", child), ("detach", child),
                     ("exec", shell.pid), ("exit", shell.pid)], "events")


@test
def events_of_one_process_keep_their_order_when_they_follow_at_once():
    """exec, then a fork by the new program: not the other way round."""
    with Monitor() as monitor:
        shell = Shell()
        pvadm("attach", shell.pid, *MAP)
        # sh -c execs, forks and waits, 30 times, as fast as it can.
        shell.ask("for i in 0 1 2 3 4 5 6 7 8 9; do "
                  "sh -c '/bin/true; /bin/true'; done; echo done")
        shell.end()
        seen = {}
        for event in monitor.read():
            seen.setdefault(event[1], []).append(event[0])
            if event[0] == "inherit":
                seen.setdefault(event[2], []).append("parent")
        programs = [kinds for pid, kinds in seen.items() if pid != shell.pid]
        check(len(programs) == 30 or len(programs) == 20, len(programs), seen)
        for kinds in programs:
            check(kinds[0] == "inherit" and kinds[-1] == "exit",
                  "inherit first, exit last:", kinds)
            check(kinds.count("exec") == 1, "one exec:", kinds)
            if "parent" in kinds:
                check(kinds.index("exec") < kinds.index("parent"),
                      "it made a child before its exec was told:", kinds)
            check(kinds.count("exit") == 1, "one exit:", kinds)


@test
def an_attach_of_a_tree_and_a_detach_of_all_tell_of_each_process():
    with Monitor() as monitor:
        shell = Shell()
        child = int(shell.ask("sleep 1000 & echo $!"))
        pvadm("attach", shell.pid, "--tree", *MAP)
        pvadm("detach", "--all")
        told = monitor.read()
        check_equal(sorted(told[:2]), sorted([("attach", shell.pid),
                                              ("attach", child)]), "attached")
        check_equal(sorted(told[2:]), sorted([("detach", shell.pid),
                                              ("detach", child)]), "detached")
        shell.tell("kill $!")
        shell.end()


@test
def a_failed_attach_tells_nothing():
    with Monitor() as monitor:
        shell = Shell()
        genl.Raw().ask(genl.cmd("set"), genl.pid(shell.pid) +
                       genl.rule("/a", "relative"))
        check_equal(monitor.read(), [], "events")
        shell.end()


@test
def the_monitor_of_one_process_tells_of_it_and_of_its_children_only():
    shell, other = Shell(), Shell()
    with Monitor(shell.pid) as monitor:
        pvadm("attach", other.pid, *MAP)
        pvadm("attach", shell.pid, *MAP)
        child = int(shell.ask("sleep 1000 & echo $!"))
        other.ask("/bin/true; echo done")
        told = monitor.read()
        check_equal(told, [("attach", shell.pid),
                           ("inherit", child, shell.pid)], "events")
        shell.tell("kill $!")
        shell.end()
        check_equal(monitor.process.wait(10), 0, "it ends with its process")
    other.end()


main()
