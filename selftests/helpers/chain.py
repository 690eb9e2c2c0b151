#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A job that computes: a chain of hashes, whose links it keeps in a file without a name.

   chain.py [--resume]    with --resume it goes on with what is at descriptor 7
   chain.py --expect      the result, at once

Works in /scratch/a, wherever that is, and leaves the result in /scratch/a/result.
"""
import hashlib
import os
import socket
import sys
import time

SCRATCH = "/scratch/a"
STEPS, PACE, UNDER_WAY = 150, 0.02, 40
WORK = 7


def follow(value, step):
    """The next link."""
    return hashlib.sha256(f"{value} {step}".encode()).hexdigest()


def begin():
    """A file at descriptor 7, which nobody finds."""
    path = f"{SCRATCH}/work"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.dup2(file, WORK)
    os.close(file)
    os.unlink(path)


def links():
    """What is whole of what was written; the rest is cut off."""
    os.lseek(WORK, 0, os.SEEK_SET)
    found = os.read(WORK, 1 << 20).decode("ascii")
    whole = found[:found.rfind("\n") + 1]
    os.truncate(WORK, len(whole))
    os.lseek(WORK, 0, os.SEEK_END)
    return whole.split()


def main():
    """Begin or go on, and come to the end."""
    pace = 0 if "--expect" in sys.argv else PACE
    done = []
    if pace:
        if "--resume" not in sys.argv:
            begin()
        done = links()
        print("resumes" if done else "begins", "on", socket.gethostname(), "with",
              os.readlink(f"/proc/self/fd/{WORK}"), flush=True)
    with open(f"{SCRATCH}/seed", encoding="ascii") if pace else sys.stdin as file:
        value = done[-1] if done else file.read().strip()
    for step in range(len(done), STEPS):
        value = follow(value, step)
        if pace:
            os.write(WORK, value.encode() + b"\n")
            if step == UNDER_WAY:
                print("is under way", flush=True)
            time.sleep(pace)
    if pace:
        with open(f"{SCRATCH}/result", "w", encoding="ascii") as file:
            print(value, file=file)
    else:
        print(value)


main()
