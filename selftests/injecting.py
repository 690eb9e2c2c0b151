# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests that let system calls fail: which, and how, by strace.

strace lets the Nth call of a name fail, in whichever process of pvadm's comes so far,
or sends a signal to that process there.

PV_INJECT is "all" for every place there is, which takes an hour, or how many of each
sweep are tried. Which those are is decided by PV_INJECT_SEED, where that is told.
"""
import collections
import os
import random
import re
import subprocess
import time

from commands import good, run
from ktap import Skip, check, comment

PLACES = os.environ.get("PV_INJECT", "")
SEED = int(os.environ.get("PV_INJECT_SEED", "0")) or random.randrange(1, 1 << 31)

# These do not fail in any kernel, belong to the loader, or to strace's own start. What
# cannot be removed stays, and a close that strace lets fail has not closed.
LEFT_OUT = set("""access arch_prctl brk close close_range execve exit exit_group
    getegid geteuid getgid getpid getppid getrandom getuid mmap mprotect munmap pread64
    prlimit64 restart_syscall rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn
    set_robust_list set_tid_address wait4""".split())


def places(words, log):
    """Where a command can fail: [(call, number)], each call's own in turn."""
    if run("strace", "-V").returncode:
        raise Skip("no strace")
    good("strace", "-f", "-qq", "-o", log, *words)
    counts = collections.Counter()
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            call = re.match(r"(\d+) +([a-z0-9_]+)\(", line)
            if call and call[2] not in LEFT_OUT:
                counts[call.groups()] += 1
    most = collections.Counter()
    for (_, name), count in counts.items():
        most[name] = max(most[name], count)
    # What the loader does before pvadm begins fails in the loader.
    return [(name, number) for name, count in most.items()
            for number in range(1, count + 1)]


def chosen(found, faults, seconds=None, count=None, seed=SEED):
    """Those that are tried, as (place, fault): so many, or for so long, each call among
    them; all of them if that is what is asked for."""
    if PLACES == "all":
        yield from ((place, fault) for place in found for fault in faults)
        return
    comment(f"PV_INJECT_SEED={seed}, {len(found)} places")
    dice = random.Random(seed)
    dice.shuffle(found)
    first = {}
    for name, number in found:
        first.setdefault(name, (name, number))
    order = [*first.values(), *(p for p in found if first[p[0]] != p)]
    if PLACES:
        seconds, count = None, int(PLACES)
    begin = time.monotonic()
    for place in order[:count]:
        if seconds and time.monotonic() - begin > seconds:
            break
        yield place, dice.choice(faults)


def inject(fault, place, words):
    """Starts a command in which that happens."""
    name, number = place
    return subprocess.Popen(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e",
         f"trace={name}", "-e", f"inject={name}:{fault}:when={number}",
         *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True, env=dict(os.environ, LC_ALL="C"))


def ended(running, what):
    """Its status and what it said, once it has ended; it may not hang."""
    try:
        said = running.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        running.kill()
        raise AssertionError(f"{what} hangs") from None
    return running.returncode, *said


def loader_failed(said):
    """Not pvadm: it had not begun."""
    return "error while loading shared libraries" in said


def errors(said):
    """What it has said, without warnings."""
    return [line for line in said.splitlines()
            if not line.startswith("pvadm: warning: ")]


def every(tried, try_one):
    """Tries them all, and then fails if one has failed."""
    failed = []
    count = 0
    for place, fault in tried:
        count += 1
        try:
            try_one(place, fault)
        except AssertionError as why:
            comment(str(why)[:600])
            failed.append(f"{':'.join(map(str, place))}:{fault}")
    comment(f"{count} were tried")
    check(not failed, "failed at", *failed)
