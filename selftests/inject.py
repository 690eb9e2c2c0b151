#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""R4, R6, R7, S3: what becomes of relink, cleanup, reopen, checkpoint and restart if a
system call fails, or a signal comes at it.

Whatever happens: what was made is whole or gone, no name is without a manifest, no file
is lost, and who is not told of an error has got what he asked for. See injecting.py.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from commands import good, run
from injecting import chosen, ended, errors, every, inject, loader_failed, places
from ktap import check, check_equal, main, test, wait_until

FAULTS = "error=ENOMEM", "error=EIO", "signal=KILL", "signal=INT"
# For each of the commands, so that all of it is done in 40.
SECONDS = 3.5
SCRATCH = tempfile.mkdtemp(prefix="inject.", dir="/var/tmp")
TOP = f"{SCRATCH}/fs"
WORK = f"{TOP}/work"
MANIFEST = f"{TOP}/manifest"
BUNDLE = f"{TOP}/bundle"
BEGUN = f"{TOP}/begun"
IDLE = os.path.realpath("helpers/idle")
FDS = 100, 101, 102, 103
FILES = 3

HOLD = """
import os, signal, sys
os.chdir(sys.argv[1])
def unlinked(name, flags, text, number):
    open(name, "wb").write(text)
    fd = os.open(name, flags)
    os.unlink(name)
    os.dup2(fd, number)
    os.close(fd)
os.mkdir("dir")
unlinked("dir/one", os.O_RDWR, b"0123456789", 100)
os.lseek(100, 4, os.SEEK_SET)
os.dup2(100, 101)
os.rmdir("dir")
unlinked("two", os.O_RDWR | os.O_APPEND, b"log\\n", 102)
os.mkfifo("pipe")
os.dup2(os.open("pipe", os.O_RDWR), 103)
os.unlink("pipe")
os.closerange(3, 100)
open(sys.argv[1] + "/ready", "w").close()
while True: signal.pause()
"""


def look(pid):
    """What a process has of the descriptors, as far as anybody can see."""
    seen = []
    for fd in FDS:
        link = f"/proc/{pid}/fd/{fd}"
        with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
            pos, flags = (line.split()[1] for line in file.readlines()[:2])
        text = b""
        if fd != 103:
            with open(link, "rb") as file:
                text = file.read()
        seen.append((fd, os.readlink(link), pos, int(flags, 8) & ~os.O_CLOEXEC, text))
    return seen


def names():
    """All that checkpoints have left on the filesystem."""
    return sorted(glob.glob(f"{TOP}/lost+found/checkpoint/**", recursive=True))[1:]


def files_left():
    """Those of them that hold something; what is empty is left to gc."""
    return [path for path in names() if not os.path.isdir(path)]


def whole(path):
    """Is it a manifest that tells of something?"""
    try:
        with open(path, encoding="utf-8") as file:
            return bool(json.load(file))
    except (OSError, ValueError):
        return False


class Holder:
    """A process that holds three files of a filesystem of its own, under a rule."""

    def __init__(self):
        os.makedirs(TOP, exist_ok=True)
        good("mount", "-t", "tmpfs", "none", TOP)
        os.mkdir(WORK)
        self.process = subprocess.Popen(
            ["unshare", "--uts", sys.executable, "-c", HOLD, WORK])
        self.pid = self.process.pid
        wait_until(lambda: os.path.exists(f"{WORK}/ready"), "the holder")
        good("pvadm", "attach", self.pid, "--map", f"/data={WORK}")
        self.seen = look(self.pid)
        self.before = self.outside()

    def outside(self):
        """What nothing may change, whatever fails."""
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            return file.read()

    def state(self):
        """S if it runs, t if somebody has left it frozen."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def unharmed(self, what):
        """It has all that it had, and goes on; nothing is mounted."""
        wait_until(lambda: self.state() == "S", f"it is frozen: {what}")
        check_equal(look(self.pid), self.seen, f"what it holds: {what}")
        check_equal(self.outside(), self.before, f"mounts: {what}")

    def clear(self):
        """As it was in the beginning."""
        for path in MANIFEST, BEGUN:
            if os.path.lexists(path):
                os.remove(path)
        shutil.rmtree(BUNDLE, ignore_errors=True)
        shutil.rmtree(f"{WORK}/dir", ignore_errors=True)
        for name in "two", "pipe":
            if os.path.exists(f"{WORK}/{name}"):
                os.remove(f"{WORK}/{name}")
        for path in glob.glob(f"{TOP}/lost+found/checkpoint/*"):
            shutil.rmtree(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        wait_until(lambda: run("umount", TOP).returncode == 0, "umount")


class Outcome:
    """What came of a run in which something happened."""

    def __init__(self, place, fault, words):
        self.what = f"{words[1]} {':'.join(map(str, place))}:{fault}"
        self.fault = fault
        self.running = inject(fault, place, words)
        self.status = None
        self.said = ""

    def end(self):
        """It ends by itself, and says one line where it failed."""
        self.status, _, self.said = ended(self.running, self.what)
        check(self.status not in (-signal.SIGSEGV, -signal.SIGABRT, 139, 134),
              self.what, "crashed", self.status, self.said)
        if self.status > 0 and not loader_failed(self.said):
            check_equal(len(errors(self.said)), 1, f"{self.what}: lines {self.said}")
        if self.status == 0:
            check_equal(errors(self.said), [], f"{self.what}: succeeds")
        return self

    @property
    def killed(self):
        """It could not do anything about it."""
        return self.fault == "signal=KILL"


def swept(words, try_one):
    """One command, which words(holder) makes ready: try_one(holder, outcome) judges."""
    with Holder() as holder:
        # Without its argument idle ends at once.
        found = places([word for word in words(holder) if word != BEGUN],
                       f"{SCRATCH}/log")
        holder.clear()

        def one(place, fault):
            try:
                outcome = Outcome(place, fault, words(holder))
                try_one(holder, outcome)
                holder.unharmed(outcome.what)
            finally:
                holder.clear()
        every(chosen(found, FAULTS, SECONDS), one)


def cleaned(what, manifest=MANIFEST):
    """cleanup removes all names, and each was there."""
    said = good("pvadm", "cleanup", manifest)
    check(" removed, 0 gone already" in said, what, "has lost files:", said)
    check_equal(names(), [], f"names after cleanup: {what}")


# ---- relink, cleanup ----


def no_name_without_manifest(outcome, manifest=MANIFEST):
    """All or nothing; where nobody could see to that, gc does."""
    what = outcome.what
    if whole(manifest):
        cleaned(what, manifest)
    elif outcome.killed:
        good("pvadm", "gc", "--remove")
        check_equal(names(), [], f"names after gc: {what}")
    else:
        check_equal(names(), [], f"names: {what}")
        check(not os.path.exists(manifest), what, "leaves", manifest)
        check(outcome.status, what, "has not succeeded, and says so to nobody")


@test
def R4_relink_makes_all_names_or_none():
    """With a manifest that tells of them, or without any."""
    def judge(_, outcome):
        outcome.end()
        if not outcome.status:
            check(whole(MANIFEST), outcome.what, "has made no manifest")
        no_name_without_manifest(outcome)
    swept(lambda holder: ["pvadm", "relink", holder.pid, "--manifest", MANIFEST],
          judge)


@test
def R11_relink_in_place_puts_back_all_or_nothing():
    """By no other name than the old one."""
    old = {"two", "pipe", "dir", "dir/one"}

    def there():
        return {os.path.relpath(path, WORK)
                for path in glob.glob(f"{WORK}/**", recursive=True)
                if path != f"{WORK}/"} - {"ready"}

    def judge(_, outcome):
        outcome.end()
        found = there()
        check(found <= old, outcome.what, "has left", found - old)
        check_equal(names(), [], outcome.what)
        if not outcome.status or found and not outcome.killed:
            check_equal(found, old, outcome.what)
    swept(lambda holder: ["pvadm", "relink", holder.pid, "--in-place"], judge)


def relinked(holder):
    """Before what wants a manifest."""
    good("pvadm", "relink", holder.pid, "--manifest", MANIFEST)


@test
def R6_cleanup_can_be_called_again():
    """It removes all names, or says that it has not; the manifest goes last."""
    def judge(_, outcome):
        outcome.end()
        if not os.path.exists(MANIFEST):
            check_equal(names(), [], f"names without a manifest: {outcome.what}")
        else:
            check(outcome.status, outcome.what, "leaves the manifest, and is silent")
            good("pvadm", "cleanup", "--forget", MANIFEST)
            check_equal(names(), [], f"names: {outcome.what}")

    def words(holder):
        relinked(holder)
        return ["pvadm", "cleanup", "--forget", MANIFEST]
    swept(words, judge)


# ---- What runs a command ----


def number_of_command():
    """The command's, 0 if it does not run."""
    try:
        return int(os.readlink(BEGUN))
    except FileNotFoundError:
        return 0


def judge_command(holder, outcome, manifest):
    """It has all files and they have no names, or it does not run, and they have."""
    wait_until(lambda: number_of_command() or outcome.running.poll() is not None,
               outcome.what)
    pid = number_of_command()
    if pid:
        found = look(pid)
        # restart removes the names while it runs, unless something is amiss.
        end = time.monotonic() + 3
        while files_left() and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
    outcome.end()
    if not pid:
        check(outcome.status, outcome.what, "has not run, and says so to nobody")
        cleaned(outcome.what, manifest)
    elif not outcome.said:
        check_equal(found, holder.seen, f"nothing was said: {outcome.what}")
    if pid and files_left():
        check(outcome.said or outcome.killed, outcome.what, "leaves names, and is silent")


@test
def R7_reopen_loses_no_file():
    """They have their names as long as nobody has them open again."""
    def words(holder):
        relinked(holder)
        return ["pvadm", "reopen", MANIFEST, "--", IDLE, BEGUN]
    swept(words, lambda holder, outcome: judge_command(holder, outcome, MANIFEST))


# ---- checkpoint, restart ----


@test
def S3_checkpoint_writes_a_whole_bundle_or_none():
    """With its names, or without any."""
    def judge(_, outcome):
        outcome.end()
        if os.path.exists(f"{BUNDLE}/bundle.json"):
            good("pvadm", "checkpoint", "--check", BUNDLE)
        else:
            check(outcome.status, outcome.what, "has made no bundle")
            check(outcome.killed or not os.path.exists(BUNDLE), outcome.what,
                  "leaves", BUNDLE)
        no_name_without_manifest(outcome, f"{BUNDLE}/manifest.json")
    swept(lambda holder: ["pvadm", "checkpoint", holder.pid, "--dir", BUNDLE], judge)


@test
def S3_restart_loses_no_file():
    """Nothing is left of it, and it can be tried again."""
    def words(holder):
        good("pvadm", "checkpoint", holder.pid, "--dir", BUNDLE)
        return ["pvadm", "restart", BUNDLE, "--", IDLE, BEGUN]
    swept(words, lambda holder, outcome: judge_command(holder, outcome,
                                                       f"{BUNDLE}/manifest.json"))


if __name__ == "__main__":
    main(lambda: shutil.rmtree(SCRATCH, ignore_errors=True))
