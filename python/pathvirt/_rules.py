# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules, and lists of them."""
from __future__ import annotations

import os
import threading
from ctypes import c_void_p
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence, Union, overload

from ._library import Error, lib, take_string

StrPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


class _Pair(NamedTuple):
    original: str
    new: str


class Rule(_Pair):
    """One rule, a pair: where names below original lead, at component boundaries.

    Paths are str, in the encoding of file names with surrogateescape, as os.fsdecode()
    has it. under: it is a union, see Rules.add(), and as a tuple the same only as another
    union.

    Since 0.1.
    """
    under: bool

    def __new__(cls, original: str, new: str, under: bool = False) -> Rule:
        rule = super().__new__(cls, original, new)
        rule.under = under
        return rule

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, other) and self.under == getattr(other, "under", False)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        under = ", under=True" if self.under else ""
        return f"Rule(original={self.original!r}, new={self.new!r}{under})"


RulesLike = Union["Rules", Iterable["tuple[StrPath, StrPath] | tuple[StrPath, StrPath, bool]"],
                  Mapping[StrPath, StrPath]]


class Rules(Sequence[Rule]):
    """An ordered list of rules: the first one that matches a name is used.

    Rules(), Rules([("/old", "/new")]) or Rules({"/old": "/new"}); a third member that is
    true makes a union, see add(). Paths are str, bytes or
    PathLike, absolute; "//", "/./" and a trailing "/" go. ORIGINAL the same as NEW makes an
    exception.

    All methods that append raise Error and leave the list as it was: EINVAL for what is no
    rule (a path that is empty, relative or has a ".." in it), ENAMETOOLONG, E2BIG where it
    is full (1,000,000 rules), ENOMEM. They may be called from several threads.

    Since 0.1.
    """

    def __init__(self, rules: RulesLike = ()) -> None:
        self._lock = threading.Lock()
        self._rules = lib.pv_rules_new()
        if not self._rules:
            raise MemoryError
        for rule in rules.items() if isinstance(rules, Mapping) else rules:
            if isinstance(rule, Rule):
                self.add(*rule, under=rule.under)
            else:
                self.add(*rule)

    def __del__(self) -> None:
        if getattr(self, "_rules", None):
            lib.pv_rules_free(self._rules)

    @property
    def pointer(self) -> c_void_p:
        """The struct pv_rules *, which stays the object's: for calls by ctypes.

        Since 0.1.
        """
        return c_void_p(self._rules)

    def add(self, original: StrPath, new: StrPath, under: bool = False) -> None:
        """Append one rule. ValueError for a path with a NUL in it.

        under makes it a union: what NEW lacks is looked for further, by the rules behind it,
        at last at ORIGINAL itself.

        Since 0.1.
        """
        self._append("pv_rules_add", original, new, under=under)

    def parse(self, text: str) -> None:
        r"""Append a rule spelled ORIGINAL=NEW; "\=" stands for a "=" in a path. The word
        "under" and a blank in front of it make it a union.

        Since 0.1.
        """
        self._append("pv_rules_parse", text)

    def parse_lists(self, originals: str, news: str) -> None:
        """Append rules from two lists A:B:C and X:Y:Z; EINVAL if they differ in length.

        Since 0.1.
        """
        self._append("pv_rules_parse_lists", originals, news)

    def parse_mapping(self, text: str) -> None:
        """Append rules spelled old:new;old:new, as DMTCP_PATH_MAPPING has them.

        Since 0.1.
        """
        self._append("pv_rules_parse_mapping", text)

    def environ(self) -> None:
        """Append the rules in DMTCP_PATH_MAPPING, and in DMTCP_ORIGINAL_PATH_PREFIX with
        DMTCP_NEW_PATH_PREFIX, of the environment of the process.

        Since 0.1.
        """
        self._append("pv_rules_environ")

    def load(self, path: StrPath) -> None:
        """Append the rules of a map file, as pvadm --map-file; the error says the line.

        Since 0.1.
        """
        self._append("pv_rules_load", path)

    def expand(self, text: str) -> None:
        """Append a rule spelled as in a line of a map file: %u, %U, %h, %j, %x and $NAME
        stand for what they stand for there, %% and $$ for themselves.

        Since 0.1.
        """
        self._append("pv_rules_expand", text)

    @property
    def registered(self) -> bool:
        """Whether there are rules, and all of them exceptions; see register().

        Since 0.1.
        """
        with self._lock:
            return bool(lib.pv_rules_registered(self._rules))

    def _append(self, function: str, *words: StrPath, under: bool = False) -> None:
        encoded = [os.fsencode(word) for word in words]
        if any(b"\0" in word for word in encoded):
            raise ValueError("embedded null byte")
        with self._lock:
            result = getattr(lib, function)(self._rules, *encoded)
            if result < 0:
                text = lib.pv_rules_error(self._rules) or b""
                raise Error(-result, text.decode(errors="replace"))
            if under:
                lib.pv_rules_set_under(self._rules, lib.pv_rules_count(self._rules) - 1, True)

    def __len__(self) -> int:
        with self._lock:
            return int(lib.pv_rules_count(self._rules))

    @overload
    def __getitem__(self, index: int) -> Rule: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Rule, ...]: ...

    def __getitem__(self, index: int | slice) -> Rule | tuple[Rule, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError("there is no such rule")
        with self._lock:
            return rule_of(self._rules, index)

    def __iter__(self) -> Iterator[Rule]:
        for index in range(len(self)):
            yield self[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rules) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """As a map file has them."""
        return "".join(f"{'under ' if rule.under else ''}{escape(rule.original)}="
                       f"{escape(rule.new)}\n" for rule in self)

    def __repr__(self) -> str:
        return f"Rules({[(*rule, True) if rule.under else tuple(rule) for rule in self]!r})"


def rule_of(rules: int | c_void_p, index: int) -> Rule:
    """A rule of a struct pv_rules *."""
    return Rule(os.fsdecode(lib.pv_rules_original(rules, index)),
                os.fsdecode(lib.pv_rules_target(rules, index)),
                bool(lib.pv_rules_under(rules, index)))


def as_rules(rules: RulesLike) -> Rules:
    """What a caller calls rules."""
    return rules if isinstance(rules, Rules) else Rules(rules)


def escape(path: StrPath) -> str:
    """A path spelled so that Rules.parse() and the like take it for what it is.

    Since 0.1.
    """
    pointer = lib.pv_path_escape(os.fsencode(path))
    if not pointer:
        raise MemoryError
    return os.fsdecode(take_string(pointer))
