# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs are run with rules of their own.

A child has to attach itself before it becomes the program, which needs no privilege. No
code of ours may run in a child that a process with threads has forked, so a fresh
interpreter does that: _launch.py.
"""
from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, BinaryIO, Sequence

from ._attach import flags_of
from ._library import Error
from ._rules import RulesLike, StrPath, as_rules

_LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_launch.py")


def popen(args: Sequence[StrPath], rules: RulesLike, *, reverse: bool = True,
          late: bool = False, by_name: bool = False, **options: Any) -> subprocess.Popen[Any]:
    """Start a program with rules of its own, and what it makes: subprocess.Popen().

    A layer above the rules that this process has. Without CAP_SYS_ADMIN the program runs
    with no_new_privs, so set-uid programs give it nothing. reverse, late, by_name: as with
    attach(). The other options are those of Popen(), but for shell, executable and
    preexec_fn; args is a sequence, its first word is looked for in PATH.

    Returns when the program runs. Raises Error if the rules are refused, as attach();
    FileNotFoundError, PermissionError or another OSError if the program cannot be run.

    Since 0.1.
    """
    for name in ("shell", "executable", "preexec_fn"):
        if options.get(name):
            raise TypeError(f"{name} goes not with rules")
    words = [os.fsencode(word) for word in ([args] if isinstance(args, (str, bytes)) else args)]
    if not words:
        raise ValueError("no program to run")
    mine, theirs = os.pipe()
    try:
        with open(mine, "rb") as failure, _pack(rules) as table:
            numbers = (flags_of(False, reverse, late, by_name), table.fileno(), theirs)
            options["pass_fds"] = (*options.get("pass_fds", ()), *numbers[1:])
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", _LAUNCH, *map(str, numbers), *words],
                **options)
            os.close(theirs)
            theirs = -1
            _raise(process, failure.read())
            return process
    finally:
        if theirs >= 0:
            os.close(theirs)


def run(args: Sequence[StrPath], rules: RulesLike, *, reverse: bool = True,
        late: bool = False, by_name: bool = False, input: Any = None,
        timeout: float | None = None, check: bool = False, capture_output: bool = False,
        **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a program with rules of its own, and wait for it: subprocess.run().

    timeout is in seconds. Options, what is needed and what is raised as with popen(), and
    CalledProcessError and TimeoutExpired as with subprocess.run().

        pathvirt.run(["./job"], [("/home/user1", "/scratch/user2")], check=True)

    Since 0.1.
    """
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options["stdout"] = options["stderr"] = subprocess.PIPE
    with popen(args, rules, reverse=reverse, late=late, by_name=by_name,
               **options) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done: subprocess.CompletedProcess[Any] = subprocess.CompletedProcess(list(args), process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def _pack(rules: RulesLike) -> BinaryIO:
    """The rules, in a file without a name: there may be more than arguments hold."""
    file = open(os.memfd_create("pathvirt-rules"), "w+b")
    for rule in as_rules(rules):
        file.write(b"".join(os.fsencode(path) + b"\0" for path in rule))
    file.flush()
    file.seek(0)
    return file


def _raise(process: subprocess.Popen[Any], failure: bytes) -> None:
    """Why the child has not become the program, if it has not."""
    if not failure:
        return
    process.communicate()
    kind, number, text = failure.split(b"\0", 2)
    message = os.fsdecode(text)
    if kind == b"rules":
        raise Error(int(number), message)
    raise OSError(int(number), os.strerror(int(number)), message)
