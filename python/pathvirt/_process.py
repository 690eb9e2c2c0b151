# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes, by pidfd."""
from __future__ import annotations

import os
import re

from . import _library


class Process:
    """A process, held by a pidfd: another one that gets its number is never meant.

    Process(pid) opens one. Raises ProcessLookupError if there is no such process, and
    PermissionError as pidfd_open(2). A context manager, which closes it.

    SELF is the calling process, whichever that is after a fork.

    Since 0.1.
    """

    _fd: int | None

    def __init__(self, pid: int) -> None:
        self._fd = os.pidfd_open(pid)

    @classmethod
    def from_pidfd(cls, pidfd: int) -> Process:
        """The process that a pidfd is of; it stays the caller's, and may be closed.

        Raises OSError if it is no descriptor.

        Since 0.1.
        """
        self = cls.__new__(cls)
        self._fd = os.dup(pidfd)
        return self

    def fileno(self) -> int:
        """The pidfd, which stays the object's; -1 of SELF. ValueError if it is closed.

        Since 0.1.
        """
        if self._fd is None:
            raise ValueError("the process has been closed")
        return self._fd

    @property
    def pid(self) -> int:
        """Its number in the caller's PID namespace; -1 if it has ended, 0 if it is in none
        that the caller sees.

        Since 0.1.
        """
        if self.fileno() == _library.SELF:
            return os.getpid()
        with open(f"/proc/self/fdinfo/{self.fileno()}", encoding="ascii") as file:
            found = re.search(r"^Pid:\s*(-?\d+)$", file.read(), re.MULTILINE)
        if not found:
            raise ValueError("the descriptor is of no process")
        return int(found[1])

    def close(self) -> None:
        """Close the pidfd. The process goes on as it is; a second call does nothing.

        Since 0.1.
        """
        if self._fd is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fd", None) is not None:
            self.close()

    def __repr__(self) -> str:
        if self._fd == _library.SELF:
            return "pathvirt.SELF"
        return f"<pathvirt.Process {'closed' if self._fd is None else self._fd}>"


def _self() -> Process:
    process = Process.__new__(Process)
    process._fd = _library.SELF
    return process


SELF = _self()
