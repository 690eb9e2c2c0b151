# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where paths lead, and what the module says of itself."""
from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_void_p
from typing import NamedTuple

from ._library import ResolutionStruct, StatusStruct, check, connected, lib, take_string
from ._process import SELF, Process
from ._rules import StrPath


class _Found(NamedTuple):
    real: str
    layer: int | None
    rule: int | None


class Resolution(_Found):
    """Where a path leads: the path that the kernel walks; the innermost layer in which a
    rule matched, and the rule's place in it, both from 0, or None if none did. further, no
    part of the tuple: where it is looked for if it is not there, as unions have it, in that
    order.

    Since 0.1.
    """
    further: tuple[str, ...] = ()


def resolve(path: StrPath, process: Process = SELF) -> Resolution:
    """Where an absolute path leads in a process, by its rules alone: nothing is looked up,
    no symbolic link followed.

    Needs the right to read its /proc/PID/maps. Raises Error: EPERM, ESRCH, EINVAL for a
    relative path.

    Since 0.1.
    """
    found = POINTER(ResolutionStruct)()
    with connected() as pv:
        check(pv, lib.pv_resolve(pv, process.fileno(), os.fsencode(path), ctypes.byref(found)))
        try:
            it = found.contents
            resolution = Resolution(os.fsdecode(it.real), it.layer if it.matched else None,
                                    it.index if it.matched else None)
            resolution.further = tuple(os.fsdecode(it.further[i] or b"")
                                       for i in range(it.further_count))
            return resolution
        finally:
            lib.pv_resolution_free(found)


def reverse(real: StrPath, process: Process = SELF) -> str:
    """What a process calls a real path: the path itself if no rule leads there.

    Raises Error as resolve(); ENOENT if it lies outside of the root directory that the
    process has changed to.

    Since 0.1.
    """
    found = c_void_p()
    with connected() as pv:
        check(pv, lib.pv_reverse(pv, process.fileno(), os.fsencode(real), ctypes.byref(found)))
    return os.fsdecode(take_string(found))


class Status(NamedTuple):
    """What the module does, and how.

    version: its version; protocol: of the netlink protocol; hook: the way in, "name" or
    "walk"; probe: how a function is hooked, "direct", "ftrace" or "kprobe"; sites: the
    hooked functions. The others, of all processes, are told to who has CAP_SYS_ADMIN in the
    initial user namespace, and None otherwise: how many processes are attached, how many
    tables are in memory, whether the hooks are armed, how many names were translated since
    the module was loaded, how many cgroups have rules.

    Since 0.1.
    """
    version: str
    protocol: int
    hook: str
    probe: str
    sites: tuple[str, ...]
    processes: int | None
    tables: int | None
    armed: bool | None
    translated: int | None
    cgroups: int | None


def status() -> Status:
    """Ask the module about itself. Raises Error: ENOPKG if it is not there.

    Since 0.1.
    """
    found = POINTER(StatusStruct)()
    with connected() as pv:
        check(pv, lib.pv_status(pv, ctypes.byref(found)))
        try:
            return _status(found.contents)
        finally:
            lib.pv_status_free(found)


def _status(it: StatusStruct) -> Status:
    told = it.counted
    return Status(it.version.decode(), it.protocol, it.hook.decode(), it.probe.decode(),
                  tuple((it.sites[i] or b"").decode() for i in range(it.site_count)),
                  it.processes if told else None, it.tables if told else None,
                  it.armed if told else None, it.translated if told else None,
                  it.cgroups if told else None)
