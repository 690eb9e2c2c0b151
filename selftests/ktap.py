# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests written in Python: a test is a function with @test.

Its name is the promise that it holds. It fails by an exception (check() raises
one) and is skipped by raising Skip.
"""
import os
import sys
import time
import traceback

TESTS = []


class Skip(Exception):
    """What the test needs is not there; the text says what."""


def test(function):
    """Marks a function as a test; they run in the order of the file."""
    TESTS.append(function)
    return function


def check(fact, *what):
    """Fails the test unless fact is true."""
    if not fact:
        raise AssertionError(" ".join(str(word) for word in what))


def check_equal(found, wanted, what):
    """Fails the test unless both are the same."""
    check(found == wanted, f"{what}: found {found!r}, not {wanted!r}")


def wait_until(fact, what):
    """Returns what fact() returns as soon as it is true; a guest may be slow."""
    end = time.monotonic() + 120
    while True:
        result = fact()
        if result:
            return result
        check(time.monotonic() < end, "waited in vain:", what)
        time.sleep(0.02)


def comment(text):
    """Tells the reader something."""
    for line in text.rstrip().splitlines():
        print("#", line)


def outcome(function):
    """Runs one test; returns (ok, directive)."""
    try:
        function()
    except Skip as why:
        return True, f" # SKIP {why}"
    except AssertionError as why:
        comment(str(why))
        return False, ""
    except Exception:  # pylint: disable=broad-except
        comment(traceback.format_exc())
        return False, ""
    return True, ""


def main(clean_up=lambda: None):
    """Runs the tests, those that the command line names or all; cleans up; exits."""
    wanted = [t for t in TESTS
              if len(sys.argv) < 2 or t.__name__ in sys.argv[1:]]
    sys.stdout.reconfigure(line_buffering=True)
    print("TAP version 13")
    print(f"1..{len(wanted)}")
    failed = 0
    for number, function in enumerate(wanted, 1):
        good, directive = outcome(function)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {function.__name__}"
              f"{directive}")
    sys.stdout.flush()
    clean_up()
    os._exit(1 if failed else 0)
