#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""W1, W2, W5 to W8: what a hostile user can ask the module for.

He is uid 65534, or root of a user namespace of his. A Child is somebody else who does
what he is told, a line of Python at a time; see Child.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

import genl
from genl import (DUMP, NUMBERS, Sleeper, attr, attr_type, cmd, late, pid,
                  rule, u32)
from ktap import check, check_equal, main, test, wait_until

NOBODY = 65534
OTHER = 12345
SUBUID = 200000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_NO_NEW_PRIVS = 38
PARAMETERS = "/sys/module/pathvirt/parameters/"
RELINK = 0xd701             # PATHVIRT_IOC_RELINK
WHY_PRIVILEGE = 1           # PATHVIRT_WHY_PRIVILEGE
WHY_OPENER = 20             # PATHVIRT_WHY_OPENER
GOOD = rule("/pathvirt-original", "/usr")
LIBC = ctypes.CDLL(None, use_errno=True)


# ---- What a child is told to do; each returns what JSON can say ----

def become(uid):
    """Is another user, who may be looked at."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    LIBC.prctl(4, 1, 0, 0, 0)       # PR_SET_DUMPABLE


def unshare(flags):
    """Is in other namespaces, and root there once root() was done from outside."""
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def no_new_privs():
    """Can gain no privileges any more."""
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


SOCKETS = {}


def ask(name, command, payload, *, flags=0):
    """Asks on a socket of that name, which is opened where there is none."""
    if name not in SOCKETS:
        SOCKETS[name] = genl.Raw()
    answer = SOCKETS[name].ask(command, bytes.fromhex(payload), flags=flags)
    return {"error": answer.error, "message": answer.message,
            "replies": [[kind, [[key, value.hex()] for key, value in values]]
                        for kind, values in answer.replies]}


def close(name):
    """Closes it."""
    SOCKETS.pop(name).close()


def join(name, group, all_nsid):
    """Joins a group; an errno."""
    if name not in SOCKETS:
        SOCKETS[name] = genl.Raw()
    try:
        if all_nsid:
            SOCKETS[name].sock.setsockopt(genl.SOL_NETLINK, 8, 1)
        SOCKETS[name].sock.setsockopt(genl.SOL_NETLINK, 1, group)
    except OSError as error:
        return error.errno
    return 0


def hears(name):
    """Has anything been sent to it?"""
    SOCKETS[name].sock.setblocking(False)
    try:
        return len(SOCKETS[name].sock.recv(4096))
    except BlockingIOError:
        return 0


def fork(count):
    """Has so many children, one after the other."""
    for _ in range(count):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)


def fill(prefix, count, size):
    """Stages count rules of some bytes, each by a socket of its own, until refused."""
    for number in range(count):
        answer = ask(f"{prefix}{number}", cmd("stage"),
                     rule(f"/{number}" + "/x" * (size // 2), "/new").hex())
        if answer["error"]:
            return number, answer["error"], answer["message"]
    return count, 0, None


class Child:
    """A process that does what it is told: child.become(NOBODY)."""

    def __init__(self, *first):
        mine, its = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            mine.close()
            try:
                self.serve(its)
            finally:
                os._exit(1)
        its.close()
        self.sock = mine
        self.file = mine.makefile("rw")
        for name, *arguments in first:
            getattr(self, name)(*arguments)

    @staticmethod
    def serve(sock):
        """Does what it is told, until nobody tells anything."""
        SOCKETS.clear()
        # Those of its elder sisters, who would not hear of their end.
        os.closerange(3, sock.fileno())
        os.closerange(sock.fileno() + 1, 256)
        file = sock.makefile("rw")
        for line in file:
            name, arguments, options = json.loads(line)
            try:
                result = globals()[name](*arguments, **options)
            except Exception as error:  # pylint: disable=broad-except
                result = f"{name}: {error}"
            file.write(json.dumps(result) + "\n")
            file.flush()
        os._exit(0)

    def __getattr__(self, name):
        def tell(*arguments, **options):
            self.file.write(json.dumps((name, arguments, options)) + "\n")
            self.file.flush()
            return json.loads(self.file.readline())
        return tell

    def ask(self, name, command, payload=b"", **options):
        """As genl.Raw().ask(), on a socket of that name."""
        return self.__getattr__("ask")(name, cmd(command), payload.hex(), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.file.close()
        except BrokenPipeError:
            pass
        self.sock.close()
        os.waitpid(self.pid, 0)


def nobody():
    """A user."""
    return Child(("become", NOBODY), ("no_new_privs",))


def root_of_a_user_namespace(flags=0, maps=f"0 {NOBODY} 1"):
    """The same one, where he is root."""
    child = Child(("become", NOBODY), ("unshare", CLONE_NEWUSER | flags))
    for name in "uid_map", "gid_map":
        with open(f"/proc/{child.pid}/{name}", "w", encoding="ascii") as file:
            file.write(maps)
    return child


HOSTILE = {"nobody": nobody, "root of a user namespace": root_of_a_user_namespace}


def in_child(function):
    """What function() returns, 0 to 254, in a process of its own; 255 if it raises."""
    child = os.fork()
    if not child:
        result = 255
        try:
            result = function()
        except BaseException:   # pylint: disable=broad-except
            traceback.print_exc(file=sys.stdout)
        finally:
            sys.stdout.flush()
            os._exit(result)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Parameter:
    """A parameter of the module that has another value meanwhile."""

    def __init__(self, name, value):
        self.path = PARAMETERS + name
        self.value = value

    def write(self, value):
        """Sets it."""
        with open(self.path, "w", encoding="ascii") as file:
            file.write(value)

    def __enter__(self):
        with open(self.path, encoding="ascii") as file:
            self.before = file.read().strip()
        self.write(self.value)

    def __exit__(self, *_):
        self.write(self.before)


def must(answer):
    """The request was done."""
    error = answer["error"] if isinstance(answer, dict) else answer.error
    check_equal(error, 0, answer)


# ---- W1: who has opened the socket ----

class Relay:
    """A set-uid program of root's that copies its input to its output."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(dir="/var/tmp")     # not nosuid
        os.chmod(self.dir, 0o755)
        self.program = os.path.join(self.dir, "relay")
        shutil.copy("/bin/dd", self.program)
        os.chmod(self.program, 0o4755)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)

    def run(self, command, payload, flags=0, inside=False):
        """A user opens a socket, and hands it to the program; the Answer."""
        read, write = os.pipe()

        def user():
            become(NOBODY)
            raw = self.opened(inside)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            subprocess.run([self.program, "bs=1M"], stdout=raw.sock.fileno(),
                           input=message(raw, command, payload, flags),
                           check=False)
            raw.sock.settimeout(20)
            answer = raw.receive()
            os.write(write, json.dumps(
                [answer.error, answer.message, len(answer.replies)]).encode())
            return 0

        check_equal(in_child(user), 0, "the user")
        os.close(write)
        with open(read, encoding="ascii") as file:
            return json.loads(file.read())

    @staticmethod
    def opened(inside):
        """A socket; opened by root of a user namespace, who hands it out of there."""
        raw = genl.Raw()
        if not inside:
            return raw
        mine, its = socket.socketpair()

        def open_inside():
            unshare(CLONE_NEWUSER)
            given = genl.Raw()
            socket.send_fds(its, [b"x"], [given.sock.fileno()])
            return 0

        check_equal(in_child(open_inside), 0, "who opens it")
        _, fds, _, _ = socket.recv_fds(mine, 1, 1)
        raw.sock = socket.socket(fileno=fds[0])
        return raw


def message(raw, command, payload, flags):
    """A request as it is sent."""
    return struct.pack("IHHIIBBH", 20 + len(payload), raw.family_id,
                       genl.REQUEST | genl.ACK | flags, 1, 0, cmd(command), 1,
                       0) + payload


@test
def W1_a_set_uid_program_that_relays_a_message_gives_no_privilege():
    with Relay() as relay, Sleeper() as victim, Sleeper() as attached:
        must(genl.Raw().ask(cmd("set"), late(attached.pid) + GOOD))
        for inside in False, True:
            for what, command, payload, flags in (
                    ("attach root's", "set", late(victim.pid) + GOOD, 0),
                    ("attach the program", "set", GOOD, 0),
                    ("stage for it", "stage", GOOD, 0),
                    ("detach root's", "del", pid(attached.pid), 0),
                    ("detach all", "del",
                     u32("flags", NUMBERS["PATHVIRT_F_ALL"]), 0),
                    ("show root's", "get", pid(attached.pid), DUMP),
                    ("list", "get", b"", DUMP),
                    ("resolve", "resolve", pid(attached.pid) +
                     attr(attr_type("path"), "/x"), 0)):
                error, text, replies = relay.run(command, payload, flags,
                                                 inside)
                check_equal((error, replies), (errno.EPERM, 0),
                            f"{what}, from inside: {inside}: {text}")
        check_equal(genl.layers(victim.pid), [], "the victim")
        check_equal(len(genl.layers(attached.pid)), 1, "the attached one")


@test
def W1_who_changes_his_credentials_opens_another_socket():
    """Less privilege is no change that matters."""
    with Child() as child, Sleeper() as sleeper:
        must(child.ask("roots", "set", late(sleeper.pid) + GOOD))
        child.become(NOBODY)
        child.no_new_privs()
        for command, payload, flags in (("stage", GOOD, 0), ("set", GOOD, 0),
                                        ("del", b"", 0), ("get", b"", DUMP)):
            answer = child.ask("roots", command, payload, flags=flags)
            check_equal(answer["error"], errno.EPERM, answer)
            check("credentials" in (answer["message"] or "credentials"), answer)
        must(child.ask("own", "set", GOOD))


@test
def W1_the_rest_of_a_dump_is_for_who_has_asked():
    """It is put together as it is read."""
    pairs = b"".join(rule(f"/o/{n}", f"/n/{n}") for n in range(1500))

    def asks_and_reads():
        must(genl.Raw().ask(cmd("set"), late(os.getpid()) + pairs))
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        raw = genl.Raw()
        raw.send(cmd("get"), pid(os.getpid()), flags=DUMP)
        os.seteuid(0)
        os.setegid(0)
        return raw.receive().error

    check_equal(in_child(asks_and_reads), errno.EPERM, "errno")


def open_device(user):
    """As the user opens it, then back to root."""
    os.setresuid(user, user, 0)
    try:
        return os.open("/dev/pathvirt", os.O_RDONLY)
    finally:
        os.setresuid(0, 0, 0)


def open_device_elsewhere():
    """As root of a user namespace opens it, who hands it on."""
    ours, theirs = socket.socketpair()
    pid_ = os.fork()
    if not pid_:
        LIBC.unshare(CLONE_NEWUSER)
        socket.send_fds(theirs, [b"."], [os.open("/dev/pathvirt", os.O_RDONLY)])
        os._exit(0)
    device = socket.recv_fds(ours, 1, 1)[1][0]
    os.waitpid(pid_, 0)
    ours.close()
    theirs.close()
    return device


def relink_as(device, user):
    """What relinking says: (errno, why)."""
    os.setresuid(user, user, 0)
    with open("/etc/passwd", encoding="ascii") as file:
        ask_ = bytearray(struct.pack("IIiiQIIQIIII", 56, 2, file.fileno(), -1,
                                     0, 0, 0, 0, 0, 0, 0, 0))
        try:
            fcntl.ioctl(device, RELINK, ask_)
            err = 0
        except OSError as error:
            err = error.errno
    os.close(device)
    os.setresuid(0, 0, 0)
    return err, struct.unpack_from("I", ask_, 28)[0]


@test
def W1_who_has_opened_the_device_needs_the_privilege_as_well():
    check_equal(relink_as(open_device(0), 0), (0, 0), "opened and used by root")
    check_equal(relink_as(open_device_elsewhere(), 0), (errno.EPERM, WHY_OPENER),
                "opened by root of a user namespace and used by root")
    check_equal(relink_as(open_device(0), NOBODY), (errno.EPERM, WHY_PRIVILEGE),
                "opened by root and used by a user")
    try:
        os.close(open_device(NOBODY))
        err = 0
    except OSError as error:
        err = error.errno
    check_equal(err, errno.EACCES, "opened by a user")


# ---- W2: whose is what was staged ----

# Shared with all children: it is enough.
ENOUGH = mmap.mmap(-1, 1)


def steal(address):
    """Stages at an address and leaves it, again and again, and hurries in nothing."""
    os.nice(19)
    while not ENOUGH[0]:
        try:
            raw = genl.Raw(address)
        except OSError:
            continue
        raw.send(cmd("stage"), b"".join(
            rule(f"/stolen/{n}", "/stolen") for n in range(1000)))
        raw.close()
    return 0


@test
def W2_a_stage_is_its_socket_s_own():
    """Whoever has a port number after others finds nothing there."""
    raw = genl.Raw()
    address = raw.portid() ^ 0x40000000
    raw.close()
    got = 0
    with Sleeper() as sleeper, nobody() as thief, nobody() as busy:
        for child, at in (thief, address), (busy, 0):
            child.file.write(json.dumps(("steal", (at,), {})) + "\n")
            child.file.flush()
        begin = time.monotonic()
        # A kernel with checkers needs a second for a lap.
        while (time.monotonic() < begin + 7 or
               got <= 10 and time.monotonic() < begin + 120):
            try:
                raw = genl.Raw(address)
            except OSError:
                continue
            must(raw.ask(cmd("set"), late(sleeper.pid) + rule("/1", "/a")))
            check_equal(genl.layers(sleeper.pid), [[("/1", "/a")]], "table")
            raw.close()
            got += 1
        ENOUGH[0] = 1
        thief.file.readline()
        busy.file.readline()
    check(got > 10, f"the port number was got {got} times")


@test
def W2_what_one_has_staged_another_cannot_set():
    """Of one socket, even where both may use it."""
    with Sleeper() as sleeper:

        def stages():
            raw = genl.Raw()
            must(raw.ask(cmd("stage"), GOOD))
            os.seteuid(NOBODY)      # CAP_SYS_ADMIN is gone
            answer = raw.ask(cmd("set"), GOOD)
            os.seteuid(0)
            check_equal(answer.error, errno.EPERM, answer)
            # What was staged waits for who staged it.
            return raw.ask(cmd("set"), late(sleeper.pid)).error

        check_equal(in_child(stages), 0, "errno")


@test
def W2_two_who_send_on_one_socket_at_once_lose_nothing():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        children = []
        for who in "a", "b":
            child = os.fork()
            if not child:
                try:
                    for number in range(60):
                        raw.send(cmd("stage"), rule(f"/{who}/{number}", "/n"))
                finally:
                    os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        for _ in range(120):
            must(raw.receive())
        must(raw.ask(cmd("set"), late(sleeper.pid)))
        found = [original for original, _ in genl.layers(sleeper.pid)[0]]
        for who in "a", "b":
            check_equal([name for name in found if name[1] == who],
                        [f"/{who}/{number}" for number in range(60)], who)


# ---- W5: how large a table is ----

@test
def W5_the_paths_of_a_table_have_a_limit_in_bytes_that_is_named():
    limit = NUMBERS["PATHVIRT_MAX_TABLE_BYTES"]
    long = "/x" * 2000
    size = 2 * (len(long) + 5 + 1)
    many = 20           # as many as 6.1 takes in one message
    raw = genl.Raw()
    staged = 0
    while True:
        check(staged <= limit, f"{staged} bytes were staged")
        answer = raw.ask(cmd("stage"), b"".join(
            rule(f"{long}/{n:04}", f"{long}/{n:04}") for n in range(many)))
        if answer.error:
            break
        staged += many * size
    check_equal(answer.error, errno.E2BIG, answer)
    check("PATHVIRT_MAX_TABLE_BYTES" in answer.message, answer)
    check(staged > limit - many * size, f"only {staged} bytes were staged")


@test
def W5_a_hundred_thousand_rules_lead_to_one_place_and_back():
    raw = genl.Raw()
    with Sleeper() as sleeper:
        for first in range(0, 100_000, 1500):
            must(raw.ask(cmd("stage"), b"".join(
                rule(f"/o{n}", "/usr/share") for n in range(first, min(
                    first + 1500, 100_000)))))
        must(raw.ask(cmd("set"), late(sleeper.pid)))
        answer = raw.ask(cmd("resolve"), pid(sleeper.pid) +
                         attr(attr_type("real"), "/usr/share/x"))
        check_equal(genl.text(dict(answer.replies[0][1])[attr_type("path")]),
                    "/o0/x", "name")


# ---- W6: how much one user may have ----

@test
def W6_what_a_user_stages_is_limited_and_others_are_not_concerned():
    with Parameter("user_memory", "1"), nobody() as user, nobody() as same, \
            Child(("become", OTHER)) as other:
        count, error, text = user.fill("a", 40, 100)
        check_equal((count, error), (16, errno.EDQUOT), "sockets")
        check("user_memory" in text, text)
        check_equal(same.fill("a", 1, 100)[:2], [0, errno.EDQUOT],
                    "another process of his")
        check_equal(other.fill("a", 1, 100)[:2], [1, 0], "another user")
        for _ in range(40):
            must(other.ask("a0", "stage", GOOD))
        with Child() as root:
            check_equal(root.fill("a", 20, 100)[:2], [20, 0], "root")
        user.close("a0")
        wait_until(lambda: not same.fill("b", 1, 100)[1], "room")


@test
def W6_a_user_namespace_makes_nobody_more_than_one_user():
    maps = f"0 {NOBODY} 1\n1 {SUBUID} 1"
    with Parameter("user_memory", "1"), \
            root_of_a_user_namespace(0, maps) as one, \
            root_of_a_user_namespace(0, maps) as two:
        check_equal(two.become(1), None, "become")
        check_equal(one.fill("a", 40, 100)[:2], [16, errno.EDQUOT], "sockets")
        check_equal(two.fill("a", 1, 100)[:2], [0, errno.EDQUOT],
                    "another user of the namespace")


@test
def W6_tables_in_force_are_counted_until_they_are_gone():
    for _ in range(2):
        users = []
        with Parameter("user_memory", "1"):
            for who in range(4):
                user = nobody()
                users.append((user, user.ask("a", "set", table_of(who))["error"]))
        check_equal(users[0][1], 0, "the first one")
        check_equal(users[-1][1], errno.EDQUOT, "the last one")
        for user, _ in users:
            user.__exit__()


def table_of(who):
    """The rules of a table that takes some 300 KiB."""
    return b"".join(rule(f"/{who}/{n}", "/usr") for n in range(1000))


def room_for_tables(uid):
    """How many more of them, all different, a user may have."""
    users = []
    while True:
        users.append(Child(("become", uid), ("no_new_privs",)))
        error = users[-1].ask("a", "set", table_of(len(users)))["error"]
        if error:
            break
    for user in users:
        user.__exit__()
    check_equal(error, errno.EDQUOT, "errno")
    return len(users) - 1


@test
def W6_equal_tables_are_counted_once_for_each_user_until_the_last_one_is_gone():
    with Parameter("user_memory", "2"):
        room = room_for_tables(NOBODY)
        users = [nobody() for _ in range(20)]
        check_equal([user.ask("a", "set", table_of("same"))["error"] for user in users],
                    [0] * 20, "twenty")
        check_equal(room_for_tables(NOBODY), room - 1, "room beside twenty")
        # Who has made it goes first.
        for user in users[:-1]:
            user.__exit__()
        check_equal(room_for_tables(NOBODY), room - 1, "room beside the last one")
        with Child(("become", OTHER), ("no_new_privs",)) as other:
            check_equal(other.ask("a", "set", table_of("same"))["error"], 0, "another user")
            check_equal(room_for_tables(OTHER), room - 1, "his room")
        users[-1].__exit__()
        check_equal(room_for_tables(NOBODY), room, "room when all are gone")


@test
def W6_directories_that_a_table_holds_are_counted():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as top, \
            Parameter("user_memory", "1"), nobody() as user:
        os.chmod(top, 0o755)
        for n in range(1000):
            os.mkdir(f"{top}/{n}")
        few = b"".join(rule(f"/{n}", f"{top}/{n}") for n in range(100))
        many = b"".join(rule(f"/{n}", f"{top}/{n}") for n in range(1000))
        same = b"".join(rule(f"/{n}", f"{top}/0") for n in range(1000))
        must(user.ask("a", "set", few))
        answer = user.ask("a", "set", many)
        check_equal(answer["error"], errno.EDQUOT, "a thousand directories")
        check("user_memory" in answer["message"], answer["message"])
        for _ in range(5):
            must(user.ask("a", "set", same))
            must(user.ask("a", "set", few))


@test
def W6_a_flood_of_events_is_told_as_lost_and_the_next_ones_are_told():
    deaf = genl.Raw()
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)    # the least there is
    deaf.sock.setsockopt(genl.SOL_NETLINK, 1, genl_group())
    deaf.sock.setblocking(False)

    def hears():
        """Bytes, b"" for nothing, or the error."""
        try:
            return deaf.sock.recv(65536)
        except BlockingIOError:
            return b""
        except OSError as error:
            return error.errno

    with nobody() as user:
        must(user.ask("a", "set", GOOD))
        check_equal(user.fork(500), None, "500 children")
    heard = []
    wait_until(lambda: heard.append(hears()) or errno.ENOBUFS in heard,
               "that some were lost")
    while hears():
        pass
    with Sleeper() as sleeper:
        must(genl.Raw().ask(cmd("set"), late(sleeper.pid) + GOOD))
        wait_until(lambda: isinstance(hears() or 0, bytes), "the next one")


# ---- W7: who learns what ----

@test
def W7_events_are_not_for_users():
    group = genl_group()
    with Sleeper() as sleeper, nobody() as user, \
            root_of_a_user_namespace() as root, \
            root_of_a_user_namespace(CLONE_NEWNET) as away:
        check_equal(user.join("a", group, False), errno.EPERM, "nobody")
        check_equal(root.join("a", group, False), errno.EPERM,
                    "root of a user namespace")
        check(away.join("a", group, True) in (0, errno.EPERM), "with a network")
        must(genl.Raw().ask(cmd("set"), late(sleeper.pid) + GOOD))
        # It was sent by now.
        for child in user, root, away:
            check_equal(child.hears("a"), 0, "bytes heard")


def genl_group():
    """The number of the group of events."""
    answer = genl.Raw().ask(3, attr(2, "pathvirt"), kind=0x10)
    groups = dict(answer.replies[0][1])[7]
    return genl.number(dict(genl.attrs(genl.attrs(groups)[0][1]))[2])


@test
def W7_numbers_are_not_for_users():
    told = {attr_type(name) for name in
            ("processes", "tables", "translated", "armed")}
    with Sleeper() as sleeper:
        must(genl.Raw().ask(cmd("set"), late(sleeper.pid) + GOOD))
        _, reply = genl.Raw().ask(cmd("status")).replies[0]
        check_equal(told & set(dict(reply)), told, "root is told")
        for who, hostile in HOSTILE.items():
            with hostile() as child:
                (_, reply), = child.ask("a", "status")["replies"]
                check_equal(told & {key for key, _ in reply}, set(), who)
                check(attr_type("version") in {key for key, _ in reply}, who)


@test
def W7_what_is_attached_cannot_be_told_from_what_is_not():
    with Sleeper() as attached, Sleeper() as free:
        must(genl.Raw().ask(cmd("set"), late(attached.pid) + GOOD))
        for who, hostile in HOSTILE.items():
            with hostile() as child:
                for command, payload, flags in (
                        ("set", GOOD, 0), ("del", b"", 0),
                        ("del", u32("flags", NUMBERS["PATHVIRT_F_TREE"]), 0),
                        ("del", u32("flags", NUMBERS["PATHVIRT_F_OWN"]), 0),
                        ("get", b"", DUMP),
                        ("resolve", attr(attr_type("path"), "/x"), 0)):
                    answers = [child.ask("a", command, pid(process.pid) +
                                         payload, flags=flags)
                               for process in (attached, free)]
                    check_equal(answers[0]["error"], errno.EPERM, answers)
                    check_equal(answers[0], answers[1], (who, command))
                check_equal(child.ask("a", "get", flags=DUMP)["replies"], [],
                            "list")


def pvadm_as_nobody(*words):
    """Runs pvadm."""
    return subprocess.run(["pvadm", *words], user=NOBODY, group=NOBODY,
                          extra_groups=[], capture_output=True, text=True, timeout=60,
                          check=False)


@test
def W7_pvadm_says_in_one_line_what_is_not_for_users():
    done = pvadm_as_nobody("monitor")
    check_equal((done.returncode, done.stderr.count("\n")), (1, 1), done)
    check("CAP_SYS_ADMIN" in done.stderr, done)
    done = pvadm_as_nobody("status")
    check_equal(done.returncode, 0, done)
    check("processes:" not in done.stdout and "version:" in done.stdout, done)
    done = pvadm_as_nobody("status", "--json")
    check("processes" not in json.loads(done.stdout), done)


# ---- W8: turned off ----

@test
def W8_attaching_without_privilege_can_be_turned_off():
    for _ in range(2):
        with Parameter("unprivileged", "N"):
            for who, hostile in HOSTILE.items():
                with hostile() as child:
                    for command in "stage", "set":
                        answer = child.ask("a", command, GOOD)
                        check_equal(answer["error"], errno.EPERM, who)
                        check("unprivileged" in answer["message"], answer)
            with Sleeper() as sleeper:
                must(genl.Raw().ask(cmd("set"), late(sleeper.pid) + GOOD))
            done = pvadm_as_nobody("run", "--map", "/a=/usr", "--", "true")
            check_equal((done.returncode, done.stderr.count("\n")), (1, 1), done)
            check("unprivileged" in done.stderr, done)
        for hostile in HOSTILE.values():
            with hostile() as child:
                must(child.ask("a", "set", GOOD))


main()
