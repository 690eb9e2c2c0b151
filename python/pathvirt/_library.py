# SPDX-License-Identifier: LGPL-2.1-or-later
"""libpathvirt, by ctypes: what libpathvirt.h declares, and how it says what went wrong.

By ctypes, as each call is a round trip to the kernel, beside which it costs nothing; and
so this package is the same file for each version of Python and each architecture. What a
compiler would check a test checks: PROTOTYPES and the structures against the header.
"""
from __future__ import annotations

import contextlib
import ctypes
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int, c_size_t, c_uint,
                    c_uint32, c_uint64, c_void_p)
from typing import Any, Iterator

SONAME = "libpathvirt.so.0"

SELF = -1       # PV_SELF
NO_DIR = -1     # PV_NO_DIR

TREE = 1 << 0
ALL = 1 << 1
PUSH = 1 << 2
OWN = 1 << 3
NO_REVERSE = 1 << 4
LATE = 1 << 5
BY_NAME = 1 << 6


class ProcessStruct(Structure):
    """struct pv_process"""
    _fields_ = [("pid", c_uint32), ("layers", c_uint32), ("rules", c_uint32), ("own", c_bool)]


class ResolutionStruct(Structure):
    """struct pv_resolution"""
    _fields_ = [("real", c_char_p), ("matched", c_bool), ("layer", c_uint32),
                ("index", c_uint32), ("further", POINTER(c_char_p)),
                ("further_count", c_size_t)]


class CgroupStruct(Structure):
    """struct pv_cgroup"""
    _fields_ = [("id", c_uint64), ("path", c_char_p), ("rules", c_uint32)]


class StatusStruct(Structure):
    """struct pv_status"""
    _fields_ = [("version", c_char_p), ("protocol", c_uint32), ("processes", c_uint32),
                ("tables", c_uint32), ("armed", c_bool), ("hook", c_char_p),
                ("probe", c_char_p), ("sites", POINTER(c_char_p)), ("site_count", c_size_t),
                ("translated", c_uint64), ("counted", c_bool), ("cgroups", c_uint32)]


class RelinkedStruct(Structure):
    """struct pv_relinked"""
    _fields_ = [("linked", c_bool), ("named", c_bool), ("why", c_uint32), ("inode", c_uint64),
                ("dev_major", c_uint32), ("dev_minor", c_uint32), ("links", c_uint32),
                ("mode", c_uint32), ("mount", c_uint64), ("detached", c_bool)]


class EventStruct(Structure):
    """struct pv_event"""
    _fields_ = [("type", c_int), ("pid", c_uint32), ("parent", c_uint32)]


# Objects, and strings that are to be freed, are pointers without a type.
EACH_PROCESS = CFUNCTYPE(c_int, POINTER(ProcessStruct), c_void_p)
EACH_CGROUP = CFUNCTYPE(c_int, POINTER(CgroupStruct), c_void_p)
EACH_EVENT = CFUNCTYPE(c_int, POINTER(EventStruct), c_void_p)
OBJECT = POINTER(c_void_p)

# Each function: what it returns, and what it takes. pv_rules_read() takes a FILE, pv_monitor()
# waits where no signal of Python's is seen, and pv_rules_set_variables() wants strings that
# only C can give: these are not used.
PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "pv_rules_new": (c_void_p, []),
    "pv_rules_free": (None, [c_void_p]),
    "pv_rules_error": (c_char_p, [c_void_p]),
    "pv_rules_count": (c_size_t, [c_void_p]),
    "pv_rules_original": (c_char_p, [c_void_p, c_size_t]),
    "pv_rules_target": (c_char_p, [c_void_p, c_size_t]),
    "pv_rules_registered": (c_bool, [c_void_p]),
    "pv_rules_under": (c_bool, [c_void_p, c_size_t]),
    "pv_rules_set_under": (None, [c_void_p, c_size_t, c_bool]),
    "pv_rules_add": (c_int, [c_void_p, c_char_p, c_char_p]),
    "pv_rules_parse": (c_int, [c_void_p, c_char_p]),
    "pv_rules_parse_lists": (c_int, [c_void_p, c_char_p, c_char_p]),
    "pv_rules_parse_mapping": (c_int, [c_void_p, c_char_p]),
    "pv_rules_environ": (c_int, [c_void_p]),
    "pv_rules_load": (c_int, [c_void_p, c_char_p]),
    "pv_rules_expand": (c_int, [c_void_p, c_char_p]),
    "pv_path_escape": (c_void_p, [c_char_p]),
    "pv_open": (c_int, [OBJECT]),
    "pv_close": (None, [c_void_p]),
    "pv_error": (c_char_p, [c_void_p]),
    "pv_attach": (c_int, [c_void_p, c_int, c_void_p, c_uint]),
    "pv_detach": (c_int, [c_void_p, c_int, c_uint]),
    "pv_attach_cgroup": (c_int, [c_void_p, c_int, c_void_p, c_uint]),
    "pv_detach_cgroup": (c_int, [c_void_p, c_int]),
    "pv_register": (c_int, [c_void_p, c_int, c_char_p, c_uint]),
    "pv_activate": (c_int, [c_void_p, c_int, c_char_p, c_uint]),
    "pv_originals": (c_int, [c_void_p, c_int, OBJECT]),
    "pv_targets": (c_int, [c_void_p, c_int, OBJECT]),
    "pv_get": (c_int, [c_void_p, c_int, OBJECT]),
    "pv_get_cgroup": (c_int, [c_void_p, c_int, OBJECT]),
    "pv_layers_free": (None, [c_void_p]),
    "pv_layers_count": (c_size_t, [c_void_p]),
    "pv_layers_own": (c_bool, [c_void_p]),
    "pv_layers_rules": (c_void_p, [c_void_p, c_size_t]),
    "pv_layers_flags": (c_uint, [c_void_p, c_size_t]),
    "pv_layers_cgroup": (c_uint64, [c_void_p, c_size_t]),
    "pv_list": (c_int, [c_void_p, EACH_PROCESS, c_void_p]),
    "pv_list_cgroups": (c_int, [c_void_p, EACH_CGROUP, c_void_p]),
    "pv_resolve": (c_int, [c_void_p, c_int, c_char_p, POINTER(POINTER(ResolutionStruct))]),
    "pv_reverse": (c_int, [c_void_p, c_int, c_char_p, OBJECT]),
    "pv_resolution_free": (None, [POINTER(ResolutionStruct)]),
    "pv_status": (c_int, [c_void_p, POINTER(POINTER(StatusStruct))]),
    "pv_status_free": (None, [POINTER(StatusStruct)]),
    "pv_relink": (c_int, [c_void_p, c_int, c_int, c_char_p, POINTER(RelinkedStruct)]),
    "pv_relink_check": (c_int, [c_void_p, c_int, POINTER(RelinkedStruct)]),
    "pv_relink_dir": (c_int, [c_void_p, c_int]),
    "pv_relink_parent": (c_int, [c_void_p, c_int]),
    "pv_reopen": (c_int, [c_void_p, c_int, c_int, c_char_p]),
    "pv_reopen_mark": (c_int, [c_void_p, c_int, c_uint]),
    "pv_monitor_start": (c_int, [c_void_p]),
    "pv_monitor_read": (c_int, [c_void_p, EACH_EVENT, c_void_p]),
}


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(SONAME)
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


lib = _load()
_libc = ctypes.CDLL(None)
_libc.free.restype = None
_libc.free.argtypes = [c_void_p]


class Error(OSError):
    """What the library or the kernel module refused.

    errno is the number of the error, as errno.EPERM; strerror one line that says what was
    wrong, with the kernel's own explanation where it gave one.

    Since 0.1.
    """


def check(connection: c_void_p, result: int) -> int:
    """The result of a call on a connection, if it is no error."""
    if result < 0:
        raise Error(-result, (lib.pv_error(connection) or b"").decode(errors="replace"))
    return result


@contextlib.contextmanager
def connected() -> Iterator[c_void_p]:
    """A connection to the module, for one request.

    Opened for each: so it has the credentials of whoever asks, in each thread, and after
    each change of them, and a forked child shares none.
    """
    connection = c_void_p()
    try:
        check(connection, lib.pv_open(ctypes.byref(connection)))
        yield connection
    finally:
        lib.pv_close(connection)


def take_string(pointer: c_void_p) -> bytes:
    """A string that the library has left to us, which is freed here."""
    try:
        return ctypes.cast(pointer, c_char_p).value or b""
    finally:
        _libc.free(pointer)
