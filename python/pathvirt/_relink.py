# SPDX-License-Identifier: LGPL-2.1-or-later
"""Deleted open files are given a name again."""
from __future__ import annotations

import ctypes
import os
from typing import NamedTuple, Protocol, Union

from . import _library
from ._library import RelinkedStruct, check, connected, lib
from ._rules import StrPath


class HasFileno(Protocol):
    """What has a descriptor: an open file, a socket."""

    def fileno(self) -> int:
        """The descriptor."""


FileLike = Union[int, HasFileno]


class Relinked(NamedTuple):
    """What the kernel tells of a file.

    linked: it was given the name; named: the name that it was opened by is still there, and
    it needs no other; inode, device (as st_dev), mode (type and permissions); links: its
    link count before; mount: the ID of its mount, as in /proc/self/mountinfo, 0 if it is not
    told; detached: the name is there, but its mount was detached, so that the name leads to
    it only where its filesystem is mounted as well.

    Since 0.1.
    """
    linked: bool
    named: bool
    inode: int
    device: int
    mode: int
    links: int
    mount: int
    detached: bool


def _fd(file: FileLike) -> int:
    return file if isinstance(file, int) else file.fileno()


def _relinked(it: RelinkedStruct) -> Relinked:
    return Relinked(it.linked, it.named, it.inode, os.makedev(it.dev_major, it.dev_minor),
                    it.mode, it.links, it.mount, it.detached)


def relink(file: FileLike, name: StrPath, *, dir_fd: FileLike | None = None) -> Relinked:
    """Give an unlinked open file a name again, in constant time, no byte copied.

    file: open anyhow, O_PATH will do; of another process by pidfd_getfd(2) or
    /proc/PID/map_files. dir_fd: the directory that the name is made in, on the same mount;
    without it, lost+found/checkpoint of the file's mount, made if it is missing, for root
    only. Both stay the caller's. Nothing is synced: that is os.fsync(dir_fd).

    Needs CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH in the user namespace of the filesystem.
    Raises Error, and no link was made: EEXIST if the name is taken; EXDEV; EOPNOTSUPP if
    the file can have no name or its filesystem makes no such links; EPERM, also for an
    immutable file; ENOLINK, EISDIR, EROFS, ENAMETOOLONG.

    Since 0.1.
    """
    found = RelinkedStruct()
    with connected() as pv:
        check(pv, lib.pv_relink(pv, _fd(file), _library.NO_DIR if dir_fd is None
                                else _fd(dir_fd), os.fsencode(name), ctypes.byref(found)))
    return _relinked(found)


def relink_check(file: FileLike) -> Relinked:
    """Whether relink() could give a file a name; changes nothing. Raises Error as relink(),
    as far as that can be told without a directory.

    Since 0.1.
    """
    found = RelinkedStruct()
    with connected() as pv:
        check(pv, lib.pv_relink_check(pv, _fd(file), ctypes.byref(found)))
    return _relinked(found)


def relink_dir(file: FileLike) -> int:
    """The directory that relink() takes without dir_fd, made if it is missing: a descriptor
    for reading, the caller's, closed by exec. Raises Error as relink().

    Since 0.1.
    """
    with connected() as pv:
        return check(pv, lib.pv_relink_dir(pv, _fd(file)))


def relink_parent(file: FileLike) -> int:
    """The directory that a file lies, or lay, in, which may have been removed as well: a
    descriptor with O_PATH, the caller's, closed by exec. Raises Error as relink(); ENOENT if
    the file is the root of its mount.

    Since 0.1.
    """
    with connected() as pv:
        return check(pv, lib.pv_relink_parent(pv, _fd(file)))


def reopen(file: FileLike, name: StrPath, *, dir_fd: FileLike) -> int:
    """Open a file as if it had been unlinked at another place: /proc shows that with
    " (deleted)" behind it. Neither the directory nor what has the name now is touched.

    Returns a descriptor with O_PATH, the caller's, closed by exec; opening
    /proc/self/fd/N gives one with other flags. Raises Error as relink().

    Since 0.1.
    """
    with connected() as pv:
        return check(pv, lib.pv_reopen(pv, _fd(file), _fd(dir_fd), os.fsencode(name)))


def reopen_mark(file: FileLike, flags: int) -> None:
    """Have a descriptor tell, as F_GETFL and /proc do, how its file was opened first: any of
    O_DIRECTORY, O_NOFOLLOW and O_TMPFILE, which opening /proc/self/fd/N cannot give. Raises
    Error as relink().

    Since 0.1.
    """
    with connected() as pv:
        check(pv, lib.pv_reopen_mark(pv, _fd(file), flags))
