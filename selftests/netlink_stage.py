#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""N3: a table larger than one message is staged and committed at once."""
import errno
import os
import subprocess

import genl
from genl import DUMP, Sleeper, attr_type, cmd, late, number, pid, rule
from ktap import check, check_equal, main, test

RULES = 100_000
PER_MESSAGE = 1500


def tables():
    """The number of tables in memory."""
    _, reply = genl.Raw().ask(cmd("status")).replies[0]
    return number(dict(reply)[attr_type("tables")])


def must(answer):
    """The request was done."""
    check_equal(answer.error, 0, answer)


@test
def a_hundred_thousand_rules_go_in_and_come_out_in_their_order():
    pairs = [(f"/original/{n % 977}/{n}", f"/new/{n}") for n in range(RULES)]
    raw = genl.Raw()
    with Sleeper() as sleeper:
        for first in range(0, RULES, PER_MESSAGE):
            must(raw.ask(cmd("stage"), b"".join(
                rule(*pair) for pair in pairs[first:first + PER_MESSAGE])))
        check_equal(genl.layers(sleeper.pid), [], "before it was committed")
        must(raw.ask(cmd("set"), late(sleeper.pid)))
        found = genl.layers(sleeper.pid)
        check_equal(len(found), 1, "layers")
        check_equal(len(found[0]), RULES, "rules")
        check(found[0] == pairs, "the rules are other ones")
        answer = raw.ask(cmd("resolve"), pid(sleeper.pid) + genl.attr(
            attr_type("path"), pairs[-1][0] + "/x"))
        must(answer)
        values = dict(answer.replies[0][1])
        check_equal((genl.text(values[attr_type("real")]),
                     number(values[attr_type("index")])),
                    (pairs[-1][1] + "/x", RULES - 1), "the last rule")
    check_equal(tables(), 0, "tables when it has ended")


@test
def staged_rules_come_before_those_of_the_last_message():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        must(raw.ask(cmd("stage"), rule("/1", "/a") + rule("/2", "/b")))
        must(raw.ask(cmd("stage"), rule("/3", "/c")))
        must(raw.ask(cmd("set"), late(sleeper.pid) + rule("/4", "/d")))
        check_equal(genl.layers(sleeper.pid),
                    [[("/1", "/a"), ("/2", "/b"), ("/3", "/c"), ("/4", "/d")]],
                    "table")


@test
def set_uses_staged_rules_up():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        must(raw.ask(cmd("stage"), rule("/1", "/a")))
        must(raw.ask(cmd("set"), late(sleeper.pid)))
        check_equal(raw.ask(cmd("set"), late(sleeper.pid)).error, errno.EINVAL,
                    "a second SET")
        check_equal(genl.layers(sleeper.pid), [[("/1", "/a")]], "table")


def free_portid():
    """A netlink address that nobody has."""
    raw = genl.Raw()
    address = raw.portid() ^ 0x40000000
    raw.close()
    return address


@test
def a_closed_socket_discards_what_it_staged():
    address = free_portid()
    with Sleeper() as sleeper:
        for close in (True, False):
            raw = genl.Raw(address)
            must(raw.ask(cmd("stage"), rule("/1", "/a")))
            if close:
                raw.close()
                raw = genl.Raw(address)
            answer = raw.ask(cmd("set"), late(sleeper.pid))
            # The same without the close, to show that the test can tell.
            check_equal(answer.error, errno.EINVAL if close else 0,
                        f"closed: {close}")
            raw.close()


@test
def a_killed_process_discards_what_it_staged():
    address = free_portid()
    child = os.fork()
    if not child:
        must(genl.Raw(address).ask(cmd("stage"), rule("/1", "/a")))
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    with Sleeper() as sleeper:
        answer = genl.Raw(address).ask(cmd("set"), late(sleeper.pid))
        check_equal(answer.error, errno.EINVAL, answer)


@test
def two_sockets_stage_two_tables():
    one, two = genl.Raw(), genl.Raw()
    with Sleeper() as first, Sleeper() as second:
        must(one.ask(cmd("stage"), rule("/1", "/a")))
        must(two.ask(cmd("stage"), rule("/2", "/b")))
        must(one.ask(cmd("stage"), rule("/3", "/c")))
        must(two.ask(cmd("set"), late(second.pid)))
        must(one.ask(cmd("set"), late(first.pid)))
        check_equal(genl.layers(first.pid), [[("/1", "/a"), ("/3", "/c")]],
                    "the first's")
        check_equal(genl.layers(second.pid), [[("/2", "/b")]], "the second's")


@test
def a_message_with_a_bad_rule_stages_none_of_its_rules():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        must(raw.ask(cmd("stage"), rule("/1", "/a")))
        answer = raw.ask(cmd("stage"), rule("/2", "/b") + rule("/3", "c"))
        check_equal(answer.error, errno.EINVAL, answer)
        must(raw.ask(cmd("set"), late(sleeper.pid) + rule("/4", "/d")))
        check_equal(genl.layers(sleeper.pid), [[("/1", "/a"), ("/4", "/d")]],
                    "table")


@test
def a_failed_set_installs_nothing_and_drops_what_was_staged():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        must(raw.ask(cmd("set"), late(sleeper.pid) + rule("/0", "/before")))
        must(raw.ask(cmd("stage"), rule("/1", "/a")))
        answer = raw.ask(cmd("set"), late(sleeper.pid) + rule("/2", "b"))
        check_equal(answer.error, errno.EINVAL, answer)
        check_equal(genl.layers(sleeper.pid), [[("/0", "/before")]], "table")
        must(raw.ask(cmd("set"), late(sleeper.pid) + rule("/3", "/c")))
        check_equal(genl.layers(sleeper.pid), [[("/3", "/c")]], "table")
        check_equal(tables(), 1, "tables")


def begin_dump(request):
    """Reads the first message of a dump; the kernel is then one ahead."""
    raw = genl.Raw()
    raw.send(cmd("get"), request, flags=DUMP)
    answer = genl.Answer()
    check(not answer.take(raw.sock.recv(8192)), "it fits one message")
    return raw, answer


def end_dump(raw, answer):
    """Reads the others."""
    while not answer.take(raw.sock.recv(8192)):
        pass
    must(answer)


@test
def a_dump_while_processes_come_says_that_it_was_interrupted():
    parent = subprocess.Popen(
        ["python3", "-c", "import os, sys, time\n"
         "sys.stdin.readline()\n"
         "for _ in range(400):\n"
         "    if not os.fork(): time.sleep(1000)\n"
         "print('ready', flush=True)\n"
         "sys.stdin.readline()\n"
         "os.kill(0, 9)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    with Sleeper() as newcomer:
        try:
            must(genl.Raw().ask(cmd("set"),
                                late(parent.pid) + rule("/1", "/a")))
            parent.stdin.write(b"\n")
            parent.stdin.flush()
            check_equal(parent.stdout.readline(), b"ready\n", "the children")
            for come in False, True:
                raw, answer = begin_dump(b"")
                if come:
                    must(genl.Raw().ask(cmd("set"),
                                        late(newcomer.pid) + rule("/1", "/a")))
                end_dump(raw, answer)
                check_equal(answer.interrupted, come, "NLM_F_DUMP_INTR")
        finally:
            parent.stdin.write(b"\n")
            parent.stdin.flush()
            parent.wait()


@test
def rules_of_a_dump_stay_those_of_its_beginning():
    pairs = [(f"/original/{n}", f"/new/{n}") for n in range(3000)]
    with Sleeper() as sleeper:
        other = genl.Raw()
        for first in range(0, 3000, 1000):
            must(other.ask(cmd("stage"), b"".join(
                rule(*pair) for pair in pairs[first:first + 1000])))
        must(other.ask(cmd("set"), late(sleeper.pid)))
        raw, answer = begin_dump(pid(sleeper.pid))
        must(other.ask(cmd("set"), late(sleeper.pid) + rule("/2", "/b")))
        must(other.ask(cmd("del"), pid(sleeper.pid)))
        end_dump(raw, answer)
        found = sum(kind == attr_type("rule")
                    for _, reply in answer.replies for kind, _ in reply)
        check(found == len(pairs) or answer.interrupted,
              f"{found} rules and no sign of an interruption")


main()
