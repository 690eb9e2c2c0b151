# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events, as they come."""
from __future__ import annotations

import collections
import contextlib
import ctypes
import enum
import select
from typing import Iterator, NamedTuple

from . import _library
from ._library import check, connected, lib


class EventType(enum.IntEnum):
    """What happened. LOST: events came faster than they were read, and some are missing.

    Since 0.1.
    """
    LOST = 0
    ATTACH = 1
    DETACH = 2
    INHERIT = 3
    EXEC = 4
    EXIT = 5


class Event(NamedTuple):
    """One event: its type (an int where a newer module tells of something else), the number
    of the process in the initial PID namespace, and with INHERIT that of its parent; 0
    otherwise.

    Since 0.1.
    """
    type: EventType | int
    pid: int
    parent: int


class Events(Iterator[Event]):
    """An iterator that waits for the next event, and never ends by itself; see events().

    fileno() is for select() and the like, read() takes what is there without waiting. A
    context manager, which closes it. For one thread at a time.

    Since 0.1.
    """

    def __init__(self) -> None:
        self._there: collections.deque[Event] = collections.deque()
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self._pv = stack.enter_context(connected())
            self._fd = check(self._pv, lib.pv_monitor_start(self._pv))
            self._stack = stack.pop_all()

    def fileno(self) -> int:
        """A descriptor that becomes readable with the next event; it stays the object's.
        ValueError if it is closed.

        Since 0.1.
        """
        if self._fd < 0:
            raise ValueError("the events have been closed")
        return self._fd

    def read(self) -> list[Event]:
        """The events that are there, oldest first, perhaps none; does not wait. Raises Error.

        Since 0.1.
        """
        self._take()
        found = list(self._there)
        self._there.clear()
        return found

    def _take(self) -> None:
        def each(event: ctypes._Pointer[_library.EventStruct], _: object) -> int:
            it = event.contents
            self._there.append(Event(_type(it.type), it.pid, it.parent))
            return 0

        self.fileno()
        check(self._pv, lib.pv_monitor_read(self._pv, _library.EACH_EVENT(each), None))

    def __next__(self) -> Event:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        while not self._there:
            poll.poll()
            self._take()
        return self._there.popleft()

    def close(self) -> None:
        """Stop listening; a second call does nothing.

        Since 0.1.
        """
        self._fd = -1
        self._stack.close()

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _type(number: int) -> EventType | int:
    try:
        return EventType(number)
    except ValueError:
        return number


def events() -> Events:
    """Listen from here on: attach, detach, inherit, exec and exit of attached processes.

        with pathvirt.events() as events:
            for event in events:
                print(event)

    Needs CAP_SYS_ADMIN in the initial user namespace. Raises Error: EPERM.

    Since 0.1.
    """
    return Events()
