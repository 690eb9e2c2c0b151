# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cgroups are given rules, and rid of them."""
from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from ctypes import c_void_p
from typing import Iterator, NamedTuple, Union

from . import _library
from ._attach import Layer, flags_of, layers_of
from ._library import Error, check, connected, lib
from ._rules import Rules, RulesLike, StrPath, as_rules

CgroupLike = Union[StrPath, int]


class CgroupAttachment(contextlib.AbstractContextManager["CgroupAttachment"]):
    """What attach_cgroup() returns: leave it at that, or have it undone at the end of a
    block. The cgroup has the rules then that it had before, or none.

    It holds the directory: another cgroup that gets its name is never meant.

    Since 0.1.
    """

    _fd = -1

    def __init__(self, directory: int, before: Layer | None) -> None:
        self._fd = os.dup(directory)
        self._before = before

    def undo(self) -> None:
        """Put back what was before; a second call does nothing. That the cgroup is gone, or
        that somebody else has detached it, is no error.

        Since 0.1.
        """
        if self._fd < 0:
            return
        try:
            if self._before:
                _put(self._fd, Rules(self._before.rules),
                     flags_of(False, self._before.reverse, self._before.late, False))
            else:
                detach_cgroup(self._fd)
        except Error as error:
            if error.errno not in (errno.ENOENT, errno.ENODEV):
                raise
        finally:
            self._close()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __exit__(self, *_: object) -> None:
        self.undo()

    def __del__(self) -> None:
        self._close()


@contextlib.contextmanager
def _opened(cgroup: CgroupLike) -> Iterator[int]:
    """Its directory; a descriptor stays the caller's."""
    if isinstance(cgroup, int):
        yield cgroup
        return
    directory = os.open(cgroup, os.O_PATH | os.O_DIRECTORY)
    try:
        yield directory
    finally:
        os.close(directory)


def _put(directory: int, table: Rules, flags: int) -> None:
    """pv_attach_cgroup()"""
    with connected() as pv:
        check(pv, lib.pv_attach_cgroup(pv, directory, table.pointer, flags))


def attach_cgroup(cgroup: CgroupLike, rules: RulesLike, *, reverse: bool = True,
                  late: bool = False) -> CgroupAttachment:
    """Give all processes of a cgroup rules, as their outermost layer: those that are in it
    or below it now, those that come into it later, and those that they make; who leaves it
    loses them. They replace those that the cgroup was given before.

    cgroup: its directory, of version 2, as a path or a descriptor. reverse, late: as with
    attach(). Both paths of a rule count from the root directory of each process, as with
    by_name there; without late, NEW has to be there for the caller, too.

    It stays so until detach_cgroup(), or until the directory is removed, unless what is
    returned is used as a context manager:

        with pathvirt.attach_cgroup("/sys/fs/cgroup/job", [("/old", "/new")]):
            ...

    Needs CAP_SYS_ADMIN and CAP_SYS_PTRACE in the initial user namespace. Raises OSError as
    open(2), and Error, and nothing has changed: as attach(); EBADF if it is the directory
    of no cgroup; EOPNOTSUPP of a threaded one; ENODEV if it has been removed; E2BIG if too
    many of those that it lies in, or that lie in it, have rules.

    Since 0.1.
    """
    table = as_rules(rules)
    with _opened(cgroup) as directory:
        before = cgroup_rules(directory)
        _put(directory, table, flags_of(False, reverse, late, False))
        return CgroupAttachment(directory, before)


def detach_cgroup(cgroup: CgroupLike) -> None:
    """Take the rules of a cgroup away. Raises Error: ENOENT if it has none; otherwise as
    attach_cgroup().

    Since 0.1.
    """
    with _opened(cgroup) as directory, connected() as pv:
        check(pv, lib.pv_detach_cgroup(pv, directory))


def cgroup_rules(cgroup: CgroupLike) -> Layer | None:
    """The rules of a cgroup itself, not of those that it lies in; None if it has none.
    Needs, and raises, what attach_cgroup() does.

    Since 0.1.
    """
    found = c_void_p()
    with _opened(cgroup) as directory, connected() as pv:
        check(pv, lib.pv_get_cgroup(pv, directory, ctypes.byref(found)))
        there = layers_of(found)
        return there[0] if there else None


class Cgroup(NamedTuple):
    """A cgroup that has rules: the inode number of its directory, its path below the root
    of the caller's cgroup namespace, and how many rules it has.

    Since 0.1.
    """
    id: int
    path: str
    rules: int


def cgroups() -> list[Cgroup]:
    """The cgroups that have rules. Needs CAP_SYS_ADMIN in the initial user namespace;
    raises Error, EPERM.

    Since 0.1.
    """
    found: list[Cgroup] = []

    def each(cgroup: ctypes._Pointer[_library.CgroupStruct], _: object) -> int:
        it = cgroup.contents
        found.append(Cgroup(it.id, os.fsdecode(it.path), it.rules))
        return 0

    with connected() as pv:
        check(pv, lib.pv_list_cgroups(pv, _library.EACH_CGROUP(each), None))
    return found
