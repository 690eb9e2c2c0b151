# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes are given rules, and rid of them."""
from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from ctypes import c_void_p
from typing import NamedTuple, Sequence

from . import _library
from ._library import Error, check, connected, lib
from ._process import Process
from ._rules import Rule, Rules, RulesLike, StrPath, as_rules, rule_of

CAP_SYS_ADMIN = 21
PR_SET_NO_NEW_PRIVS = 38


class Layer(NamedTuple):
    """One layer of the rules of a process, and how it was set; see attach().

    own: it was set for this very process, not inherited. cgroup: the inode number of the
    directory of the cgroup that it belongs to, see attach_cgroup(); 0 if it is the process's.

    Since 0.1.
    """
    rules: tuple[Rule, ...]
    own: bool
    reverse: bool
    late: bool
    by_name: bool
    cgroup: int


class Attachment(contextlib.AbstractContextManager["Attachment"]):
    """What attach() returns: leave it at that, or have it undone at the end of a block.

    At the end of a `with` block the process has the rules of its own that it had before,
    or none. Children that were made meanwhile keep what they have. With tree=True they
    are detached, with all the layers they have, unless the process had rules of its own.

    Since 0.1.
    """

    def __init__(self, process: Process, tree: bool, before: tuple[Layer, ...]) -> None:
        self.process = process
        self._tree = tree
        self._before = before

    def undo(self) -> None:
        """Put back what was before. That the process has ended, or that somebody else has
        detached it, is no error.

        Since 0.1.
        """
        own = [layer for layer in self._before if layer.own]
        try:
            if own:
                put(self.process, Rules(own[0].rules),
                    flags_of(self._tree, own[0].reverse, own[0].late, own[0].by_name))
            elif self._tree:
                detach(self.process, tree=True)
            else:
                detach(self.process, own=True)
        except Error as error:
            if error.errno not in (errno.ENOENT, errno.ESRCH):
                raise

    def __exit__(self, *_: object) -> None:
        self.undo()


def flags_of(tree: bool, reverse: bool, late: bool, by_name: bool) -> int:
    """As pv_attach() takes them."""
    return ((_library.TREE if tree else 0) | (0 if reverse else _library.NO_REVERSE) |
            (_library.LATE if late else 0) | (_library.BY_NAME if by_name else 0))


def put(process: Process, table: Rules, flags: int) -> None:
    """pv_attach()"""
    with connected() as pv:
        check(pv, lib.pv_attach(pv, process.fileno(), table.pointer, flags))


def attach(process: Process, rules: RulesLike, *, tree: bool = False, reverse: bool = True,
           late: bool = False, by_name: bool = False) -> Attachment:
    """Give a process rules: from its next system call on its names go by them.

    They replace those that it was given before; what it inherited stays below.

    tree: its existing descendants, too. reverse=False: getcwd and the like tell it real
    paths. late: NEWs are looked up by name at each use, and need not be there. by_name: the
    rules count wherever an ORIGINAL is spelled, from any root directory.

    Another process: needs CAP_SYS_ADMIN in its user namespace, and ptrace access to it.
    SELF: CAP_SYS_ADMIN, or set_no_new_privs().

    Raises Error, and nothing has changed: EPERM; ESRCH if the process has ended; EINVAL
    for no rule at all; ENOENT or the like for a NEW that is not there; ENOPKG without the
    kernel module.

    It stays attached, unless what is returned is used as a context manager:

        with pathvirt.attach(pathvirt.SELF, [("/old", "/new")]):
            open("/old/file")

    Since 0.1.
    """
    before = layers(process)
    put(process, as_rules(rules), flags_of(tree, reverse, late, by_name))
    return Attachment(process, tree, before)


def detach(process: Process, *, tree: bool = False, own: bool = False) -> None:
    """Take the rules of a process away, all layers but those of its cgroups.

    tree: those of its descendants, too. own: only the layer that was set for it, not what
    it inherited; without privilege there is nothing else. Not both.

    Raises Error: ENOENT if it has none; otherwise as attach().

    Since 0.1.
    """
    flags = (_library.TREE if tree else 0) | (_library.OWN if own else 0)
    with connected() as pv:
        check(pv, lib.pv_detach(pv, process.fileno(), flags))


def detach_all() -> None:
    """Take the rules of all processes away. Needs CAP_SYS_ADMIN in the initial user
    namespace; raises Error, EPERM.

    Since 0.1.
    """
    with connected() as pv:
        check(pv, lib.pv_detach(pv, _library.SELF, _library.ALL))


def layers(process: Process) -> tuple[Layer, ...]:
    """The rules of a process, the innermost layer first, which names pass first; () if it
    is not attached. What `pathvirt.rules()` is.

    Needs the right to read its /proc/PID/maps. Raises Error: EPERM, ESRCH; EAGAIN if they
    change all the time.

    Since 0.1.
    """
    found = c_void_p()
    with connected() as pv:
        check(pv, lib.pv_get(pv, process.fileno(), ctypes.byref(found)))
        return layers_of(found)


def layers_of(found: c_void_p) -> tuple[Layer, ...]:
    """Those of a struct pv_layers *, which is freed here."""
    try:
        own = lib.pv_layers_own(found)
        return tuple(_layer(found, index, own and not index)
                     for index in range(lib.pv_layers_count(found)))
    finally:
        lib.pv_layers_free(found)


def _layer(found: c_void_p, index: int, own: bool) -> Layer:
    table = lib.pv_layers_rules(found, index)
    flags = lib.pv_layers_flags(found, index)
    return Layer(tuple(rule_of(table, i) for i in range(lib.pv_rules_count(table))), own,
                 not flags & _library.NO_REVERSE, bool(flags & _library.LATE),
                 bool(flags & _library.BY_NAME), lib.pv_layers_cgroup(found, index))


class Attached(NamedTuple):
    """An attached process: its number in the caller's PID namespace, how many layers it
    has, how many rules these have together, and whether the innermost is its own.

    Since 0.1.
    """
    pid: int
    layers: int
    rules: int
    own: bool


def processes() -> list[Attached]:
    """The attached processes that the caller may inspect, by their numbers.

    Since 0.1.
    """
    found: list[Attached] = []

    def each(process: ctypes._Pointer[_library.ProcessStruct], _: object) -> int:
        it = process.contents
        found.append(Attached(it.pid, it.layers, it.rules, it.own))
        return 0

    with connected() as pv:
        check(pv, lib.pv_list(pv, _library.EACH_PROCESS(each), None))
    return found


def register(process: Process, originals: Sequence[StrPath], *, tree: bool = False) -> None:
    """Note which paths of a process may move later. Nothing changes until activate().

    Raises Error as attach(); EBUSY if rules of the process's own are in force.

    Since 0.1.
    """
    with connected() as pv:
        check(pv, lib.pv_register(pv, process.fileno(), _list(originals),
                                  _library.TREE if tree else 0))


def activate(process: Process, news: Sequence[StrPath], *, tree: bool = False,
             reverse: bool = True, late: bool = False, by_name: bool = False) -> None:
    """Say where the registered paths of a process lie now, in the same order; again to
    move them again. Options as with attach().

    Raises Error as attach(): ENOENT if nothing is registered, EINVAL if the lists differ
    in length.

    Since 0.1.
    """
    with connected() as pv:
        check(pv, lib.pv_activate(pv, process.fileno(), _list(news),
                                  flags_of(tree, reverse, late, by_name)))


def originals(process: Process) -> list[str]:
    """Which paths of a process are registered, or have moved: those of its innermost layer.

    Raises Error: ENOENT if there are none; otherwise as layers().

    Since 0.1.
    """
    return _told(process, "pv_originals")


def targets(process: Process) -> list[str]:
    """Where the registered paths of a process lie now.

    Raises Error: ENOENT if none are registered, ENODATA if they have not been activated.

    Since 0.1.
    """
    return _told(process, "pv_targets")


def _told(process: Process, function: str) -> list[str]:
    found = c_void_p()
    with connected() as pv:
        check(pv, getattr(lib, function)(pv, process.fileno(), ctypes.byref(found)))
    words = os.fsdecode(_library.take_string(found))
    table = Rules()
    table.parse_lists(words, words)
    return [rule.original for rule in table]


def _list(paths: Sequence[StrPath]) -> bytes:
    escaped = []
    for path in paths:
        word = lib.pv_path_escape(os.fsencode(path))
        if not word:
            raise MemoryError
        escaped.append(_library.take_string(word))
    return b":".join(escaped)


def privileged() -> bool:
    """Whether this process has CAP_SYS_ADMIN in its user namespace."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        effective = next(line for line in file if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> CAP_SYS_ADMIN & 1)


def set_no_new_privs() -> None:
    """Let this thread, and what it makes from now on, gain no privilege by exec: what
    attach(SELF, ...) asks of whoever has none. Other threads that run already are asked,
    too, and this does not reach them. It cannot be undone. Raises OSError.

    Since 0.1.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
