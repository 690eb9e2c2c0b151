# SPDX-License-Identifier: LGPL-2.1-or-later
"""What popen() starts: attaches itself, and becomes the program.

    python3 _launch.py FLAGS TABLE FAILURE PROGRAM [ARGUMENT]...

TABLE is a descriptor, of ORIGINALs and NEWs, each ended by a NUL; what went wrong goes to
FAILURE: "rules" or "program", the number of the error, and text, between them NULs.
"""
from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from types import ModuleType


def package() -> ModuleType:
    """This package, wherever it is: this interpreter looks for no other."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.dirname(here))
    return importlib.import_module(os.path.basename(here))


def attach(flags: int, descriptor: int) -> None:
    """A layer above what we have inherited."""
    with open(descriptor, "rb") as file:
        words = file.read().split(b"\0")[:-1]
    if not words:
        return
    pathvirt = package()
    table = pathvirt.Rules(zip(words[::2], words[1::2]))
    if not pathvirt._attach.privileged():
        pathvirt.set_no_new_privs()
    pathvirt._attach.put(pathvirt.SELF, table, flags | pathvirt._library.PUSH)


def environment() -> dict[bytes, bytes]:
    """As it was given to us: an interpreter may add what it wants the locale to be."""
    with open("/proc/self/environ", "rb") as file:
        words = [word.partition(b"=") for word in file.read().split(b"\0")]
    return {name: value for name, equals, value in words if equals}


def main(flags: str, table: str, failure: str, *program: str) -> int:
    """Does not return, but for what is wrong."""
    os.set_inheritable(int(failure), False)
    given = environment()
    kind, name = "rules", ""
    try:
        attach(int(flags), int(table))
        # What the interpreter has for itself is not for the program.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        kind, name = "program", program[0]
        os.execvpe(program[0], program, given)
    except Exception as error:  # whatever it is, the other side has to tell
        number = getattr(error, "errno", None) or errno.EIO
        text = name or getattr(error, "strerror", None) or str(error)
        os.write(int(failure), b"\0".join(map(os.fsencode, (kind, str(number), text))))
    return 127


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
