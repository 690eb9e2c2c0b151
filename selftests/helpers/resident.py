#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A job that writes to a log without a name, and tells of itself on SIGUSR1.

  resident.py DIR      begins with DIR/data there; makes DIR/ready, then DIR/answer
"""
import os
import signal
import socket
import sys
import time

HOME = sys.argv[1]
LOG = open(f"{HOME}/log", "w+", encoding="ascii")
os.unlink(f"{HOME}/log")
DATA = open(f"{HOME}/data", "r+", encoding="ascii")
WRITTEN = []


def is_whole():
    """Is all that was ever written to the log there, and nothing else?"""
    LOG.seek(0)
    return LOG.read().split() == WRITTEN


def answer():
    """NAME VALUE, a line each."""
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "log": os.readlink(f"/proc/self/fd/{LOG.fileno()}"),
        "whole": is_whole(),
        "lines": len(WRITTEN),
        "data": os.readlink(f"/proc/self/fd/{DATA.fileno()}"),
        "same": os.path.sameopenfile(DATA.fileno(), os.open(f"{HOME}/data", os.O_RDONLY)),
        "cwd": os.getcwd(),
        "clock": int(time.clock_gettime(time.CLOCK_BOOTTIME)),
        "links": " ".join(sorted(name for _, name in socket.if_nameindex())),
        "users": " ".join(open("/proc/self/uid_map", encoding="ascii").read().split()),
    }
    with open(f"{HOME}/answer.new", "w", encoding="ascii") as file:
        for name, value in facts.items():
            print(name, value, file=file)
    os.rename(f"{HOME}/answer.new", f"{HOME}/answer")


# Asked between two lines only: half a line is not what was written.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
os.chdir(HOME)
with open(f"{HOME}/ready", "w", encoding="ascii"):
    pass
while True:
    WRITTEN.append(str(len(WRITTEN)))
    LOG.seek(0, os.SEEK_END)
    LOG.write(WRITTEN[-1] + "\n")
    LOG.flush()
    if signal.sigtimedwait({signal.SIGUSR1}, 0.1):
        answer()
