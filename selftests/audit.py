#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What audit records of names is what it would record under a mount.

A process makes the same calls twice: attached, and in a mount namespace in which
NEW is bind-mounted on ORIGINAL.  The PATH records must be the same: the names as
the process wrote them, what they were found to be, and the inodes."""

import ctypes
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from ktap import check, comment, main, test

NETLINK_AUDIT = 9
AUDIT_SET, AUDIT_ADD_RULE, AUDIT_DEL_RULE, AUDIT_PATH = 1001, 1011, 1012, 1302
READLOG = 1
MARK = "/pathvirt.audit.mark"
LIBC = ctypes.CDLL(None, use_errno=True)


class Audit:
    """The kernel's audit, switched on; for a with statement."""

    def __init__(self):
        self.ask = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
        self.log = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
        self.log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.log.bind((0, 1 << (READLOG - 1)))

    def send(self, kind, payload):
        """One request; its error number."""
        self.ask.send(struct.pack("=IHHII", 16 + len(payload), kind, 5, 1, 0) + payload)
        answer = self.ask.recv(65536)
        return -struct.unpack_from("=i", answer, 16)[0]

    def enable(self, on):
        """On or off."""
        # mask: enabled and failure; failure 0: silent
        error = self.send(AUDIT_SET, struct.pack("=10I", 3, on, 0, 0, 0, 0, 0, 0, 0, 0))
        if error:
            raise OSError(error, "AUDIT_SET")

    @staticmethod
    def rule(pid):
        """All calls of one process."""
        fields = [0] * 64
        values = [pid] + [0] * 63
        flags = [0x40000000] + [0] * 63
        return struct.pack("=3I64I64I64I64II", 4, 2, 1, *[0xFFFFFFFF] * 64,
                           *fields, *values, *flags, 0)

    def watch(self, pid):
        """Records all calls of a process."""
        error = self.send(AUDIT_ADD_RULE, self.rule(pid))
        if error:
            raise OSError(error, "AUDIT_ADD_RULE")

    def unwatch(self, pid):
        """Undoes watch()."""
        self.send(AUDIT_DEL_RULE, self.rule(pid))

    def paths(self):
        """The PATH records so far."""
        found = []
        end = time.monotonic() + 30
        self.log.settimeout(3)
        while time.monotonic() < end:
            try:
                data = self.log.recv(65536)
            except TimeoutError:
                break
            kind = struct.unpack_from("=H", data, 4)[0]
            if kind == AUDIT_PATH:
                found.append(data[16:].decode(errors="replace").rstrip("\0"))
        return found

    def __enter__(self):
        self.enable(1)
        return self

    def __exit__(self, *_):
        self.enable(0)


def told(records):
    """What the records say that lie between those of two looks at MARK."""
    result = []
    for record in records:
        serial = re.search(r"audit\([\d.]+:(\d+)\)", record)
        name = re.search(r"\bname=(\"[^\"]*\"|\S+)", record)
        kind = re.search(r"nametype=(\S+)", record)
        inode = re.search(r"\binode=(\d+)", record)
        text = name.group(1).strip('"') if name else ""
        if re.fullmatch("(?:[0-9A-F]{2})+", text):
            text = bytes.fromhex(text).decode(errors="replace")
        result.append((int(serial.group(1)) if serial else 0, text,
                       kind.group(1) if kind else "", inode.group(1) if inode else ""))
    marks = [i for i, row in enumerate(result) if row[1] == MARK]
    if len(marks) < 2:
        raise RuntimeError(f"the marks are not in the log: {len(marks)} of {len(result)}")
    serials = {}
    rows = []
    for serial, text, kind, inode in result[marks[0] + 1:marks[-1]]:
        rows.append((serials.setdefault(serial, len(serials)), text, kind, inode))
    return rows


def changing(rows):
    """The calls that made or removed something. Whether the parent is recorded of an
    open with O_CREAT that finds its file depends on what the kernel has cached."""
    return {call for call, _, kind, _ in rows if kind in ("CREATE", "DELETE")}


class Tree:
    """ORIGINAL, NEW with a long name, and the way the calls are made."""

    def __init__(self):
        self.top = tempfile.mkdtemp(dir="/var/tmp")
        os.chmod(self.top, 0o755)
        self.original = self.top + "/jail/o"
        self.new = self.top + "/" + "n" * 200 + "/new"
        os.makedirs(self.original)
        os.makedirs(self.new + "/d")
        with open(self.new + "/f", "w", encoding="ascii") as file:
            file.write("x")

    def bind(self):
        """Makes the oracle's world around the calling process."""
        if LIBC.unshare(0x20000) or \
           LIBC.mount(None, b"/", None, (1 << 14) | (1 << 18), None) or \
           LIBC.mount(self.new.encode(), self.original.encode(), None, 1 << 12, None):
            raise OSError(ctypes.get_errno(), "mount")

    def child(self, attached, body, ready, start):
        """What the process does that is looked at."""
        if not attached:
            self.bind()
        os.write(ready, b"r")
        os.read(start, 1)
        attempt(os.stat, MARK)
        body(self)
        attempt(os.stat, MARK)

    def records(self, audit, attached, body):
        """Those of the calls that body makes in a process of its own."""
        start, starter = os.pipe()
        readied, ready = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                self.child(attached, body, ready, start)
            finally:
                os._exit(0)
        os.read(readied, 1)
        if attached and os.environ.get("PV_SELFTEST_SABOTAGE") != "1":
            subprocess.run(["pvadm", "attach", str(pid), "--map",
                            f"{self.original}={self.new}"], check=True)
        audit.watch(pid)
        os.write(starter, b"g")
        os.waitpid(pid, 0)
        audit.unwatch(pid)
        for descriptor in (start, starter, readied, ready):
            os.close(descriptor)
        return self.known(told(audit.paths()))

    def known(self, rows):
        """With the inodes that stay the same; others are only there or not."""
        stay = {str(os.stat(self.new).st_ino): "NEW",
                str(os.stat(self.new + "/f").st_ino): "f",
                str(os.stat(self.new + "/d").st_ino): "d"}
        return [(call, name, kind, stay.get(inode, bool(inode)))
                for call, name, kind, inode in rows
                if kind != "PARENT" or call in changing(rows)]


def attempt(call, *args):
    """A call that may fail."""
    try:
        return call(*args)
    except OSError:
        return None


def make_and_remove(where):
    """All kinds of calls, on names below where."""
    for _ in range(2):
        file = attempt(os.open, where + "/made", os.O_CREAT | os.O_RDWR, 0o600)
        if file is not None:
            os.close(file)
    attempt(os.mkdir, where + "/made.d")
    attempt(os.rename, where + "/made", where + "/moved")
    attempt(os.link, where + "/moved", where + "/linked")
    attempt(os.unlink, where + "/moved")
    attempt(os.unlink, where + "/linked")
    attempt(os.rmdir, where + "/made.d")
    attempt(os.stat, where + "/f")
    attempt(os.stat, where + "/none")
    attempt(os.chmod, where + "/f", 0o644)


def in_a_jail(tree):
    """After chroot, when NEW lies where no name of the process leads."""
    os.chroot(tree.top + "/jail")
    os.chdir("/")
    make_and_remove("/o")


def relative_to(tree):
    """From the working directory."""
    os.chdir(tree.top)
    make_and_remove("jail/o")


def same_as_under_a_mount(body):
    """Whether the records are."""
    tree = Tree()
    try:
        with Audit() as audit:
            mounted = tree.records(audit, False, body)
            attached = tree.records(audit, True, body)
    finally:
        shutil.rmtree(tree.top)
    check(("f" in [row[3] for row in mounted]), "nothing was recorded")
    for row in mounted:
        if row not in attached:
            comment(f"is missing: {row}")
    for row in attached:
        if row not in mounted:
            comment(f"is no record under a mount: {row}")
    check(mounted == attached, "the records differ")


@test
def audit_records_of_a_name_are_true():
    """ORIGINAL is shorter than NEW by 200 bytes."""
    same_as_under_a_mount(lambda tree: make_and_remove(tree.original))


@test
def audit_records_of_a_name_with_dots_are_true():
    """It is resolved, component by component."""
    same_as_under_a_mount(lambda tree: make_and_remove(tree.original + "/d/.."))


@test
def audit_records_of_a_long_name_are_true():
    """It is longer than what a name has room for by itself."""
    same_as_under_a_mount(lambda tree: make_and_remove(tree.original + "/." * 200))


@test
def audit_records_of_a_relative_name_are_true():
    """The directory that it is relative to is above ORIGINAL."""
    same_as_under_a_mount(relative_to)


@test
def audit_records_after_chroot_are_true():
    """The names are shorter than what they were."""
    same_as_under_a_mount(in_a_jail)


main()
