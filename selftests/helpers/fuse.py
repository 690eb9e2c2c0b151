#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A FUSE server, to be stopped: fuse.py [--fusermount] MOUNTPOINT.

With --fusermount that is what mounts it, as for who may not do so himself.


A name that begins with d is a directory, any other a file of 4096 bytes; whatever is
looked up is there until it is unlinked. Nothing is kept by the kernel for longer than
the answer, so that whoever asks has to wait for this program.
"""
import array
import ctypes
import errno
import os
import socket
import stat
import struct
import subprocess
import sys

LOOKUP, FORGET, GETATTR, UNLINK, RMDIR, OPEN, READ = 1, 2, 3, 10, 11, 14, 15
STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR = 17, 18, 25, 26, 27, 28
RELEASEDIR, INTERRUPT, BATCH_FORGET = 29, 36, 42
ENOENT, ENOSYS = 2, 38
SIZE = 4096

names = {1: "d"}
numbers = {}
gone = set()


def attributes(node):
    is_dir = names[node].startswith("d")
    mode = stat.S_IFDIR | 0o755 if is_dir else stat.S_IFREG | 0o644
    size = 0 if is_dir else SIZE
    return struct.pack("=6Q10I", node, size, 8, 0, 0, 0, 0, 0, 0, mode,
                       0 if node in gone else 1, 0, 0, 0, 4096, 0)


def lookup(node, data):
    name = data.rstrip(b"\0").decode()
    key = node, name
    if numbers.get(key) in gone:
        return -ENOENT
    if key not in numbers:
        numbers[key] = len(names) + 1
        names[numbers[key]] = name
    found = numbers[key]
    return struct.pack("=4Q2I", found, 0, 0, 0, 0, 0) + attributes(found)


def unlink(node, data):
    gone.add(numbers[node, data.rstrip(b"\0").decode()])
    return b""


def answer(opcode, node, data):
    """What to reply, an error as a negative number, or None for nothing."""
    if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
        return None
    if opcode == INIT:
        return struct.pack("=4I2H2I2H8I", 7, 31, SIZE, 0, 8, 8, SIZE, 1, 1, 0,
                           *[0] * 8)
    if opcode == LOOKUP:
        return lookup(node, data)
    if opcode == GETATTR:
        return struct.pack("=Q2I", 0, 0, 0) + attributes(node)
    if opcode in (UNLINK, RMDIR):
        return unlink(node, data)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("=Q2I", 0, 0, 0)
    if opcode == READ:
        offset, size = struct.unpack_from("=QI", data, 8)
        return b"x" * max(0, min(size, SIZE - offset))
    if opcode == STATFS:
        return struct.pack("=5Q3I7I", *[0] * 15)
    if opcode in (FLUSH, RELEASE, RELEASEDIR, READDIR):
        return b""
    return -ENOSYS


def serve(device):
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError as why:
            # It has been unmounted.
            if why.errno == errno.ENODEV:
                return
            raise
        _, opcode, unique, node = struct.unpack_from("=IIQQ", request)
        reply = answer(opcode, node, request[40:])
        if reply is None:
            continue
        error = 0
        if isinstance(reply, int):
            error, reply = reply, b""
        os.write(device, struct.pack("=IiQ", 16 + len(reply), error, unique) + reply)


def by_fusermount(mountpoint):
    """It sends what it has opened."""
    ours, its = socket.socketpair()
    subprocess.run(["fusermount3", "-o", "fsname=pathvirt", "--", mountpoint], check=True,
                   pass_fds=[its.fileno()], env=dict(os.environ, _FUSE_COMMFD=str(its.fileno())))
    _, messages, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    return array.array("i", messages[0][2])[0]


def by_root(mountpoint):
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if ctypes.CDLL(None, use_errno=True).mount(b"pathvirt", mountpoint.encode(), b"fuse",
                                               0, options.encode()):
        sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")
    return device


def main():
    mount = by_fusermount if sys.argv[1] == "--fusermount" else by_root
    serve(mount(sys.argv[-1]))


main()
