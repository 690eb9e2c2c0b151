#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""T6: userspace/rules/entry_points.def, the table of entries, against the running kernel.

The kernel may have none with a path that is not in the table. Each row has
tests (syscalls.c, uring.c), which must pass with all hooks, and without one of
them must fail if it stands in the row, and pass if not. Of a row with calls of
both widths, that the 32-bit one passes is for syscalls_32 alone to say: the kernel
has one function for the two behind the entries.
"""
import ctypes
import glob
import json
import os
import re
import subprocess

import genl
from ktap import Skip, check, check_equal, comment, main, test
from module import Loaded

HERE = os.path.dirname(os.path.realpath(__file__))
TRACING = "/sys/kernel/tracing/events/syscalls"

# The hooks that can be left out.
ROLES = ("OPEN", "LOOKUP", "PARENT")

# Programs with the tests of a row, and what they are to be asked for: where
# ORIGINAL is there, an untranslated call does something, but elsewhere. In a union,
# what one call finds depends on the hooks of others.
PROGRAMS = {
    "syscalls": ("-t", "T6_original_decoy"),
    "syscalls_32": ("-t", "T6_original_decoy"),
    "uring": ("-T", "T17_inline_all_is_in_ORIGINAL_itself",
              "-T", "T17_sqpoll_worker_all_is_in_ORIGINAL_itself"),
}


def read_table():
    """The rows of the table: [(macro, argument...)]."""
    with open(genl.source("userspace/rules/entry_points.def"), encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    rows = re.findall(r"^([A-Z_]+)\((.*?)\)$", text, flags=re.S | re.M)
    literal = r'(?:"[^"]*"\s*)+'
    return [(macro, *(unquote(argument) for argument in
                      re.findall(rf"{literal}|[^,\s][^,]*", arguments)))
            for macro, arguments in rows]


def unquote(argument):
    """What adjacent literals say, or the bare word."""
    if not argument.startswith('"'):
        return argument.strip()
    return "".join(re.findall(r'"([^"]*)"', argument))


TABLE = read_table()


def rows(*macros):
    """The rows of some macros, the arguments only."""
    return [row[1:] for row in TABLE if row[0] in macros]


def functions():
    """The kernel's functions: {name: is it one that takes strings}."""
    known = dict.fromkeys(rows("NO_PATH")[0][0].split(), False)
    for row in rows("STRINGS"):
        known.update(dict.fromkeys(row[0].split(), True))
    for row in rows("UNTOUCHED"):
        known.update(dict.fromkeys(row[1].split(), True))
    for row in rows("CALL"):
        known.update(dict.fromkeys(row[2].split(), True))
    return known


def row_tests():
    """[(program, variant, set of roles, name of the row)]."""
    both = ("syscalls", "syscalls_32")
    programs = {"ONLY64": both[:1], "ONLY32": both[1:], "BOTH": both}
    found = []

    def add(names, variants, roles, row):
        roles = set(re.findall(r"\w+", roles))
        found.extend((name, variant, roles, row)
                     for name in names for variant in variants.split())
    for name, abi, _, _, roles, variants in rows("CALL"):
        add(programs[abi], variants, roles, name)
    for name, roles, variants in rows("EXEC"):
        add(both, variants, roles, name)
    for name, _, _, variants in rows("UNTOUCHED"):
        add(both, variants, "", name)
    for name, _, _, roles, variants in rows("OPCODE"):
        add(("uring",), variants, roles, name)
    return found


def system_calls():
    """Those of the running kernel, by what its functions are called."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        return set(re.findall(
            r"^\S+ [tTwW] __(?:x64|ia32)_(?:compat_)?sys_(\w+)$",
            file.read(), flags=re.M))


def status():
    """What pvadm says."""
    return json.loads(subprocess.run(["pvadm", "status", "--json"], check=True,
                                     stdout=subprocess.PIPE).stdout)


def outcomes(program, unwanted):
    """What a program's tests came to: {variant: set of ok, not ok, skip}."""
    without = [word for variant in sorted(unwanted) for word in ("-V", variant)]
    run = subprocess.run([f"{HERE}/{program}", *without, *PROGRAMS[program]],
                         check=False, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    found = {}
    for word, variant, skip in re.findall(
            r"^(ok|not ok) \d+ \w+\.(\w+)\.\w+( # SKIP)?",
            run.stdout.decode(errors="replace"), flags=re.M):
        found.setdefault(variant, set()).add("skip" if skip else word)
    return found


def unwanted_tests(left_out):
    """Those of calls that would pass, and do so as 64-bit ones: {(program, variant)}."""
    both = {row[0] for row in rows("CALL") if row[1] == "BOTH"}
    both |= {row[0] for row in rows("EXEC", "UNTOUCHED")}
    return {(program, variant) for program, variant, roles, row in row_tests()
            if program == "syscalls_32" and row in both and left_out not in roles}


def wrong_rows(left_out):
    """Rows whose tests came to something else without the hook left_out."""
    unwanted = unwanted_tests(left_out) if left_out else set()
    found = {name: outcomes(name, {variant for program, variant in unwanted
                                   if program == name}) for name in PROGRAMS}
    wrong, skipped = [], []
    for program, variant, roles, row in row_tests():
        if (program, variant) in unwanted:
            continue
        expected = "not ok" if left_out in roles else "ok"
        outcome = found[program].get(variant, {"no such test"})
        if outcome == {"skip"}:
            skipped.append(f"{program} {variant}")
        elif outcome != {expected}:
            wrong.append(f"{row}: {program} {variant}: found "
                         f"{' and '.join(sorted(outcome))}, want {expected}")
    comment("not in this kernel: " + (", ".join(skipped) or "nothing"))
    return wrong


def function_of(role):
    """What the running kernel calls the function of a hook."""
    names = next(row[1].split() for row in rows("HOOK") if row[0] == role)
    return next(name for name in status()["sites"] if name in names)


# Where the roles stand in a row.
ROLES_AT = {"CALL": 5, "EXEC": 2, "OPCODE": 4}


def carried(role):
    """The names of the rows that a hook carries."""
    return [("IORING_OP_" if row[0] == "OPCODE" else "") + row[1]
            for row in TABLE if row[0] in ROLES_AT and
            role in row[ROLES_AT[row[0]]].split(" | ")]


@test
def every_system_call_of_this_kernel_is_in_the_table():
    """With a path or without."""
    calls = system_calls()
    check(len(calls) > 300, "only", len(calls), "system calls are known")
    unknown = sorted(calls - set(functions()))
    check(not unknown, "does it take a path?", *unknown)


@test
def no_call_of_this_kernel_takes_a_string_that_nobody_has_looked_at():
    """By the types of the arguments, as tracing has them."""
    formats = glob.glob(f"{TRACING}/sys_enter_*/format")
    if not formats:
        raise Skip("no tracing of system calls in this kernel")
    known = functions()
    wrong = []
    for path in formats:
        name = os.path.basename(os.path.dirname(path))[len("sys_enter_"):]
        with open(path, encoding="ascii") as file:
            fields = re.findall(r"field:((?:const )?char \* ?\w+);",
                                file.read())
        if fields and not known.get(name, True):
            wrong.append(f"{name}({', '.join(fields)})")
    check(not wrong, "is it a path?", *wrong)


@test
def every_operation_of_io_uring_is_in_the_table():
    """With a path or without."""
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(425, 2, ctypes.create_string_buffer(120))
    if ring < 0:
        raise Skip("no io_uring: " + os.strerror(ctypes.get_errno()))
    probe = ctypes.create_string_buffer(16 + 256 * 8)
    check_equal(libc.syscall(427, ring, 8, probe, 256), 0, "the probe")
    os.close(ring)
    known = {int(row[1]) for row in rows("OPCODE")}
    known |= {int(word.split(":")[0])
              for word in rows("NO_PATH_OPCODES")[0][0].split()}
    there = set(range(probe.raw[0] + 1))
    check(len(there) > 40, "only", len(there), "operations")
    check(there <= known, "do they take a path?", *sorted(there - known))


def leave_out(role):
    """Exactly the rows of a hook fail without it."""
    function = function_of(role)
    with Loaded(f"without={function}"):
        check(function not in status()["sites"], function, "is hooked")
        wrong = wrong_rows(role)
        said = status()
    check(not wrong, *(f"\n{line}" for line in wrong))
    for name in carried(role):
        check(name in said["not_carried"], name, "is not told as not carried")


@test
def without_the_hook_of_open_its_rows_fail_and_no_others():
    """T6."""
    leave_out("OPEN")


@test
def without_the_hook_of_lookup_its_rows_fail_and_no_others():
    """T6."""
    leave_out("LOOKUP")


@test
def without_the_hook_of_parent_its_rows_fail_and_no_others():
    """T6."""
    leave_out("PARENT")


@test
def name_hooks_alone_carry_every_row():
    """And what they do not keep is said."""
    with Loaded("hook=name"):
        wrong = wrong_rows(None)
        said = status()
    check(not wrong, *(f"\n{line}" for line in wrong))
    check_equal(said["not_kept"],
                [f"{what} {how}" for what, how in rows("NOT_KEPT")],
                "what is not kept")


@test
def status_tells_which_hook_carries_what():
    """As the table has it, by the names of this kernel."""
    said = status()
    hooks = {hook["function"]: hook for hook in said["hooks"]}
    check_equal(sorted(hooks), sorted(said["sites"]), "functions")
    for role in ROLES:
        entries = hooks[function_of(role)]["entries"]
        check(entries == carried(role), role, "differs by",
              *set(entries) ^ set(carried(role)))
    check_equal(said["not_carried"], [], "not carried")
    check_equal(said["hook"] == "name", bool(said["not_kept"]), "not kept")
    text = subprocess.run(["pvadm", "status"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    for name in carried("PARENT"):
        check(name in text, name, "is not shown")


if __name__ == "__main__":
    main()
