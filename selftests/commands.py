# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests written in Python: running commands, and what came of it."""
import os
import re
import subprocess

from ktap import check, check_equal

# In front of a command: without any privilege.
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534",
          "--clear-groups", "--"]


def run(*words, user=(), **how):
    """Runs a command; returns what came of it."""
    return subprocess.run([*user, *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, text=True,
                          stdin=subprocess.DEVNULL,
                          env=dict(os.environ, HOME="/", LC_ALL="C"), **how)


def good(*words, **how):
    """Runs a command that must go well; returns what it printed."""
    done = run(*words, **how)
    check(done.returncode == 0, *words, "ended with", done.returncode,
          done.stderr, done.stdout)
    return done.stdout


def refuses(pattern, *words, status=1, **how):
    """Runs a command that must refuse, in one line."""
    done = run(*words, **how)
    check_equal(done.returncode, status, f"status of {words} {done.stderr}")
    check_equal(done.stderr.count("\n"), 1, f"lines: {done.stderr}")
    check(re.search(pattern, done.stderr), f"no {pattern!r} in", done.stderr)
    check_equal(done.stdout, "", "standard output")
