#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""N2: every refusal says why and where, and changes nothing.

REFUSALS is the matrix: a request that is wrong in one way, the error, and
which of its attributes the extended acknowledgement points at.
"""
import errno
import os
import platform
import signal
import struct
import subprocess
import time

import genl
from genl import DUMP, NESTED, NUMBERS, attr, attr_type, cmd, pid, rule, u32
from ktap import check, check_equal, main, test

SLEEPER = subprocess.Popen(["sleep", "10000"])
VICTIM = pid(SLEEPER.pid)
GOOD = rule("/a", "/b")
LONG = "/" + "x" * 4094


def dead_pid():
    """A number that nobody has."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def raw_attr(name, payload, flags=0):
    """An attribute with a payload of any size."""
    return attr(attr_type(name) | flags, payload)


def zombie():
    """A process that has ended but was not waited for."""
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    return process


NOWHERE = None      # no attribute to point at, or the kernel's parser does not

# (what is wrong, command, parts of the request, errno, which part is to blame)
REFUSALS = [
    ("an_unknown_attribute", "set", [VICTIM, GOOD, attr(200, b"1234")],
     errno.EINVAL, 2),
    ("an_attribute_of_another_command", "stage", [GOOD, VICTIM],
     errno.EINVAL, 1),
    ("an_unknown_attribute_of_status", "status", [VICTIM], errno.EINVAL, 0),
    ("an_unknown_attribute_of_del", "del", [VICTIM, GOOD], errno.EINVAL, 1),
    ("an_unknown_attribute_of_get", "get", [u32("flags", 1)], errno.EINVAL, 0),
    ("a_reply_only_attribute", "set", [VICTIM, GOOD, u32("layer", 0)],
     errno.EINVAL, 2),
    ("attribute_type_0", "set", [VICTIM, GOOD, attr(0, b"1234")],
     errno.EINVAL, 2),
    ("a_pid_of_two_bytes", "set", [raw_attr("pid", b"\1\0"), GOOD],
     errno.EINVAL, 0),
    ("a_pid_of_eight_bytes", "set",
     [raw_attr("pid", struct.pack("Q", SLEEPER.pid)), GOOD], errno.EINVAL, 0),
    ("a_pid_that_says_it_is_a_nest", "set",
     [raw_attr("pid", struct.pack("I", SLEEPER.pid), NESTED), GOOD],
     errno.EINVAL, 0),
    ("pid_0", "set", [pid(0), GOOD], errno.ERANGE, 0),
    ("a_pid_over_31_bits", "set", [pid(0xffffffff), GOOD], errno.ESRCH, 0),
    ("a_pidfd_below_0", "set", [raw_attr("pidfd", struct.pack("i", -1)), GOOD],
     errno.ERANGE, 0),
    ("a_pidfd_that_is_not_open", "set", [u32("pidfd", 987654), GOOD],
     errno.EBADF, 0),
    ("a_pidfd_that_is_a_file", "set",
     [u32("pidfd", os.open("/dev/null", os.O_RDONLY)), GOOD], errno.EBADF, 0),
    ("nobodys_pid", "set", [pid(dead_pid()), GOOD], errno.ESRCH, 0),
    ("a_zombie", "set", [pid(zombie()), GOOD], errno.ESRCH, 0),
    ("a_kernel_thread", "set", [pid(2), GOOD], errno.EINVAL, 0),
    ("an_unknown_flag", "set", [VICTIM, u32("flags", 1 << 16), GOOD],
     errno.EINVAL, 1),
    ("the_flag_all_with_set", "set",
     [VICTIM, u32("flags", NUMBERS["PATHVIRT_F_ALL"]), GOOD], errno.EINVAL, 1),
    ("an_unknown_flag_of_del", "del", [VICTIM, u32("flags", 1 << 31)],
     errno.EINVAL, 1),
    ("set_without_a_rule", "set", [VICTIM], errno.EINVAL, NOWHERE),
    ("a_rule_that_is_no_nest", "set",
     [VICTIM, raw_attr("rule", attr(1, "/a") + attr(2, "/b"))],
     errno.EINVAL, 1),
    ("a_rule_without_new", "set", [VICTIM, GOOD, rule("/a", None)],
     errno.EINVAL, 2),
    ("a_rule_without_original", "set", [VICTIM, rule(None, "/b")],
     errno.EINVAL, 1),
    ("an_empty_rule", "set", [VICTIM, raw_attr("rule", b"", NESTED)],
     errno.EINVAL, 1),
    ("an_unknown_attribute_in_a_rule", "set",
     [VICTIM, raw_attr("rule", attr(1, "/a") + attr(2, "/b") + attr(4, "/c"),
                       NESTED)], errno.EINVAL, 1),
    ("left_over_bytes_in_a_rule", "set",
     [VICTIM, raw_attr("rule", attr(1, "/a") + attr(2, "/b") + b"\2\0",
                       NESTED)], errno.EINVAL, NOWHERE),
    ("an_attribute_in_a_rule_that_is_longer_than_it", "set",
     [VICTIM, raw_attr("rule", attr(1, "/a") + struct.pack("HH", 64, 2) + b"/b\0\0",
                       NESTED)], errno.EINVAL, NOWHERE),
    ("a_relative_original", "set", [VICTIM, rule("a", "/b")], errno.EINVAL, 1),
    ("a_relative_new", "set", [VICTIM, rule("/a", "b")], errno.EINVAL, 1),
    ("an_empty_original", "set", [VICTIM, rule("", "/b")], errno.EINVAL, 1),
    ("an_empty_new", "set", [VICTIM, GOOD, rule("/a", "")], errno.EINVAL, 2),
    ("dot_dot_in_an_original", "set", [VICTIM, rule("/a/../c", "/b")],
     errno.EINVAL, 1),
    ("dot_dot_at_the_end_of_a_new", "set", [VICTIM, rule("/a", "/b/..")],
     errno.EINVAL, 1),
    ("an_original_without_its_nul", "set",
     [VICTIM, raw_attr("rule", attr(1, b"/a") + attr(2, "/b"), NESTED)],
     errno.EINVAL, 1),
    ("an_original_of_no_bytes", "set",
     [VICTIM, raw_attr("rule", attr(1, b"") + attr(2, "/b"), NESTED)],
     errno.EINVAL, 1),
    ("an_original_over_path_max", "set", [VICTIM, rule(LONG + "y", "/b")],
     errno.EINVAL, 1),
    ("a_new_over_path_max", "set", [VICTIM, rule("/a", LONG + "y")],
     errno.EINVAL, 1),
    ("a_bad_rule_that_is_staged", "stage", [GOOD, rule("/a", "b"), GOOD],
     errno.EINVAL, 1),
    ("resolve_without_a_path", "resolve", [VICTIM], errno.EINVAL, NOWHERE),
    ("resolve_of_a_relative_path", "resolve", [VICTIM, raw_attr("path", "a")],
     errno.EINVAL, 1),
    ("resolve_of_an_empty_path", "resolve", [VICTIM, raw_attr("path", "")],
     errno.EINVAL, 1),
    ("resolve_of_a_path_over_path_max", "resolve",
     [VICTIM, raw_attr("path", LONG + "y")], errno.EINVAL, 1),
    ("resolve_in_nobody", "resolve",
     [raw_attr("path", "/a"), pid(dead_pid())], errno.ESRCH, 1),
    ("del_of_one_not_attached", "del", [VICTIM], errno.ENOENT, NOWHERE),
    ("del_of_nobody", "del", [pid(dead_pid())], errno.ESRCH, 0),
    ("get_of_one_not_attached", "get", [VICTIM], errno.ENOENT, NOWHERE),
    ("get_of_nobody", "get", [pid(dead_pid())], errno.ESRCH, 0),
    ("get_of_a_pidfd_that_is_not_open", "get", [u32("pidfd", 987654)],
     errno.EBADF, 0),
    ("bytes_after_the_last_attribute", "set", [VICTIM, GOOD, b"\1\0\0\0"],
     errno.EINVAL, NOWHERE),
]


def check_blame(answer, parts, blamed, what):
    """The offset in the answer lies in the part that is to blame."""
    if blamed is NOWHERE:
        return
    first = 20 + sum(map(len, parts[:blamed]))
    last = first + len(parts[blamed])
    check(answer.offset is not None and first <= answer.offset < last,
          f"{what}: the offset is {answer.offset}, the attribute lies from "
          f"{first} to {last}")


def check_refused(case):
    """One line of the matrix."""
    what, command, parts, error, blamed = case
    raw = genl.Raw()
    answer = raw.ask(cmd(command), b"".join(parts),
                     flags=DUMP if command == "get" else 0)
    found = errno.errorcode.get(answer.error, answer.error)
    check_equal(found, errno.errorcode[error], f"{what}: {answer}")
    # 6.1 itself has no way to give a reason when a dump starts.
    if command != "get" or not platform.release().startswith("6.1."):
        check(answer.message, f"{what}: refused without a word")
        check_blame(answer, parts, blamed, what)
    # An empty SET fails where nothing has been staged.
    if command == "stage":
        check_equal(raw.ask(cmd("set"), VICTIM).error, errno.EINVAL,
                    f"{what}: staged all the same")
    raw.close()


def status():
    """The attributes of its reply."""
    _, reply = genl.Raw().ask(cmd("status")).replies[0]
    return dict(reply)


def is_untouched():
    """Nothing is attached, and nothing is left; the hooks go some seconds later."""
    values = status()
    if (genl.number(values[attr_type("processes")]) or
            genl.number(values[attr_type("tables")])):
        return False
    end = time.monotonic() + 120
    while attr_type("armed") in values and time.monotonic() < end:
        time.sleep(0.2)
        values = status()
    return attr_type("armed") not in values


def add_case(case):
    """Makes one line of the matrix a test of its own."""
    def run():
        check_refused(case)
        check(is_untouched(), "it changed something")
    run.__name__ = "refused_with_a_reason_" + case[0]
    test(run)


for each in REFUSALS:
    add_case(each)


@test
def an_unknown_command_is_refused():
    answer = genl.Raw().ask(99, VICTIM)
    check_equal(answer.error, errno.EOPNOTSUPP, answer)


@test
def an_event_cannot_be_sent_to_the_kernel():
    answer = genl.Raw().ask(cmd("event"), VICTIM)
    check_equal(answer.error, errno.EOPNOTSUPP, answer)


@test
def get_is_a_dump_only_and_the_others_are_none():
    raw = genl.Raw()
    check_equal(raw.ask(cmd("get"), VICTIM).error, errno.EOPNOTSUPP, "do get")
    check_equal(raw.ask(cmd("set"), VICTIM + GOOD, flags=DUMP).error,
                errno.EOPNOTSUPP, "dump set")
    check(is_untouched(), "it changed something")


@test
def the_longest_path_is_taken_as_it_is():
    check_equal(len(LONG), 4095, "PATH_MAX without the NUL")
    raw = genl.Raw()
    answer = raw.ask(cmd("set"), VICTIM + rule(LONG, LONG))
    check_equal(answer.error, 0, answer)
    # On a socket that has received nothing yet: the kernel then has no idea how
    # large a message may be.
    answer = genl.Raw().ask(cmd("get"), VICTIM, flags=DUMP)
    check_equal(answer.error, 0, "get")
    check(genl.layers(SLEEPER.pid) == [[(LONG, LONG)]], "it came out changed")
    check_equal(raw.ask(cmd("del"), VICTIM).error, 0, "del")


@test
def a_result_over_path_max_cannot_be_resolved():
    raw = genl.Raw()
    check_equal(raw.ask(cmd("set"), genl.late(SLEEPER.pid) +
                        rule("/a", LONG)).error, 0, "set")
    path = raw_attr("path", "/a/file")
    answer = raw.ask(cmd("resolve"), VICTIM + path)
    check_equal(answer.error, errno.ENAMETOOLONG, answer)
    check(answer.message, "without a word")
    check_blame(answer, [VICTIM, path], 1, "resolve")
    check_equal(raw.ask(cmd("del"), VICTIM).error, 0, "del")


try:
    main()
finally:
    os.kill(SLEEPER.pid, signal.SIGKILL)
