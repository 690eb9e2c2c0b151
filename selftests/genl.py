# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests of the netlink family: two ways to talk to it.

family() is the kernel's own client, driven by the YAML description. Raw
sends any bytes, wrong ones too, and tells what the kernel answers.
"""
import os
import re
import socket
import struct
import subprocess
import sys

from ktap import wait_until

HERE = os.path.dirname(os.path.realpath(__file__))
YNL = "/usr/src/ynl"


def source(path):
    """A file of the source tree, which lies at one of two places."""
    for top in ("/usr/src/pathvirt", os.path.join(HERE, "..")):
        if os.path.exists(os.path.join(top, path)):
            return os.path.join(top, path)
    raise FileNotFoundError(path)


def spec_path():
    """The description of the family."""
    return source("Documentation/netlink/specs/pathvirt.yaml")


def header():
    """All numbers that the uapi header gives: {name: value}."""
    with open(source("uapi/linux/pathvirt.h"), encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    numbers = {}
    for name, value in re.findall(r"#define\s+(PATHVIRT_\w+)\s+(\d+)$", text,
                                  re.M):
        numbers[name] = int(value)
    for body in re.findall(r"enum \w+ \{(.*?)\};", text, re.S):
        value = 0
        body = re.sub(r"^#.*$", "", body, flags=re.M)
        for item in filter(None, map(str.strip, body.split(","))):
            name, _, given = map(str.strip, item.partition("="))
            if given:
                value = eval(given, {})  # pylint: disable=eval-used
            numbers[name] = value
            value += 1
    return numbers


def ynl():
    """The kernel's module pyynl.lib."""
    sys.path.insert(0, YNL + "/tools/net/ynl")
    from pyynl import lib  # pylint: disable=import-outside-toplevel
    return lib


def family():
    """A client of the family, as the kernel's own tools make it."""
    return ynl().YnlFamily(spec_path(),
                           YNL + "/Documentation/netlink/genetlink.yaml")


NUMBERS = header()


def cmd(name):
    """The number of a command."""
    return NUMBERS["PATHVIRT_CMD_" + name.upper()]


def attr_type(name):
    """The number of an attribute."""
    return NUMBERS["PATHVIRT_A_" + name.upper()]


NESTED = 0x8000
REQUEST, ACK, DUMP = 1, 4, 0x300
DUMP_INTR, ACK_TLVS = 0x10, 0x200
ERROR, DONE = 2, 3
SOL_NETLINK = 270


def attr(number, payload):
    """One attribute, padded."""
    if isinstance(payload, str):
        payload = os.fsencode(payload) + b"\0"
    head = struct.pack("HH", len(payload) + 4, number)
    return head + payload + bytes(-len(payload) % 4)


def u32(name, value):
    """A u32 attribute by its name."""
    return attr(attr_type(name), struct.pack("I", value))


def pid(value):
    """The attribute that names a process."""
    return u32("pid", value)


def late(number):
    """The process, and that NEWs need not be there."""
    return pid(number) + u32("flags", NUMBERS["PATHVIRT_F_LATE"])


def rule(original, new):
    """One rule."""
    inner = b""
    if original is not None:
        inner += attr(NUMBERS["PATHVIRT_RULE_A_ORIGINAL"], original)
    if new is not None:
        inner += attr(NUMBERS["PATHVIRT_RULE_A_NEW"], new)
    return attr(attr_type("rule") | NESTED, inner)


def attrs(data):
    """Takes attributes apart: [(type, payload)]."""
    found = []
    offset = 0
    while offset + 4 <= len(data):
        length, number = struct.unpack_from("HH", data, offset)
        found.append((number & 0x3fff, data[offset + 4:offset + length]))
        offset += (length + 3) & ~3
    return found


def number(payload):
    """The value of a u32 attribute."""
    return struct.unpack("I", payload)[0]


def text(payload):
    """The value of a string attribute."""
    return os.fsdecode(payload.rstrip(b"\0"))


class Answer:
    """What the kernel says to one request.

    error: errno, 0 if it was done; message: the extended acknowledgement's
    text; offset: of the offending attribute in the request; missing: the
    type of a missing one; replies: [(command, attributes)]; interrupted: a
    dump was.
    """

    def __init__(self):
        self.error = None
        self.message = None
        self.offset = None
        self.missing = None
        self.replies = []
        self.interrupted = False

    def __repr__(self):
        return (f"error {self.error} message {self.message!r} "
                f"offset {self.offset} missing {self.missing}")

    def end(self, flags, payload, kind):
        """Takes the last message of an answer."""
        self.error = -struct.unpack_from("i", payload)[0]
        if not flags & ACK_TLVS:
            return
        skip = 4
        if kind == ERROR:
            skip += 16
            if not flags & 0x100:   # the request is quoted whole
                skip += struct.unpack_from("I", payload, 4)[0] - 16
        for found, value in attrs(payload[skip:]):
            if found == 1:
                self.message = text(value)
            elif found == 2:
                self.offset = number(value)
            elif found == 5:
                self.missing = number(value)

    def take(self, data):
        """Takes what one recv() gave; returns whether the answer is whole."""
        offset = 0
        while offset + 16 <= len(data):
            length, kind, flags = struct.unpack_from("IHH", data, offset)
            payload = data[offset + 16:offset + length]
            self.interrupted |= bool(flags & DUMP_INTR)
            offset += (length + 3) & ~3
            if kind in (ERROR, DONE):
                self.end(flags, payload, kind)
                return True
            self.replies.append((payload[0], attrs(payload[4:])))
        return False


class Raw:
    """A netlink socket that sends what it is told to."""

    family_id = None

    def __init__(self, portid=0):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.setsockopt(SOL_NETLINK, 10, 1)    # NETLINK_CAP_ACK
        self.sock.setsockopt(SOL_NETLINK, 11, 1)    # NETLINK_EXT_ACK
        self.sock.setsockopt(SOL_NETLINK, 12, 1)    # NETLINK_GET_STRICT_CHK
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock.settimeout(60)
        self.sock.bind((portid, 0))
        self.sequence = 1
        if Raw.family_id is None:
            Raw.family_id = self.find()

    def find(self):
        """Asks the controller for the number of the family."""
        answer = self.ask(3, attr(2, "pathvirt"), kind=0x10)
        if answer.error:
            raise OSError(answer.error, "there is no family pathvirt")
        return struct.unpack("H", dict(answer.replies[0][1])[1])[0]

    def send(self, command, payload, flags=0, kind=None, version=1):
        """Sends one request."""
        self.sequence += 1
        self.sock.send(
            struct.pack("IHHIIBBH", 20 + len(payload), kind or self.family_id,
                        REQUEST | ACK | flags, self.sequence, 0, command,
                        version, 0) + payload)

    def receive(self):
        """Reads an answer to its end."""
        answer = Answer()
        while not answer.take(self.sock.recv(1 << 16)):
            pass
        return answer

    def ask(self, command, payload=b"", **options):
        """Sends one request and returns the Answer."""
        self.send(command, payload, **options)
        return self.receive()

    def portid(self):
        """The address of the socket."""
        return self.sock.getsockname()[0]

    def close(self):
        """Closes the socket."""
        self.sock.close()


class Sleeper:
    """A process of root's to work on; .pid"""

    def __enter__(self):
        self.process = subprocess.Popen(["sleep", "10000"])
        self.pid = self.process.pid
        # Attached before its exec is over, it would tell of that, too.
        wait_until(self.sleeps, "sleep sleeps")
        return self

    def sleeps(self):
        """It is in clock_nanosleep()."""
        with open(f"/proc/{self.pid}/syscall", encoding="ascii") as file:
            return file.read().split()[0] == "230"

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def layers(process, raw=None):
    """The rules of a process, [[(original, new)]], innermost layer first."""
    answer = (raw or Raw()).ask(cmd("get"), pid(process), flags=DUMP)
    if answer.error:
        return []
    found = {}
    for _, reply in answer.replies:
        values = dict(reply)
        rules = found.setdefault(number(values[attr_type("layer")]), [])
        if number(values[attr_type("index")]) != len(rules):
            raise AssertionError("the rules are not in their order")
        for kind, value in reply:
            if kind == attr_type("rule"):
                inner = dict(attrs(value))
                rules.append((text(inner[1]), text(inner[2])))
    return [found[layer] for layer in sorted(found)]


def detach_all():
    """Leaves nothing attached."""
    Raw().ask(cmd("del"), u32("flags", NUMBERS["PATHVIRT_F_ALL"]))
