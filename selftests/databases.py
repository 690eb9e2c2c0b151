#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""R11: databases at work lose all the files that they have open, and get them back.

Each is under load all the time: rows go in one by one, and each that it has confirmed
is there in the end, when it was started once more from what was put back, and its own
check has found nothing. PV_DATABASES=all is for PostgreSQL and MariaDB, too.
"""
import glob
import itertools
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from commands import good, run
from ktap import Skip, check, check_equal, main, test, wait_until

SCRATCH = tempfile.mkdtemp(prefix="databases.", dir="/var/tmp")
os.chmod(SCRATCH, 0o755)
# What takes longer than the rest together is for make check-all.
ALL = os.environ.get("PV_DATABASES") == "all"
# How many rows are to go in before and after.
ROWS = 20


def user(name):
    """In front of what runs as that user."""
    return ["setpriv", "--reuid", name, "--regid", name, "--init-groups", "--"]


def directory(name, owner=None):
    """A new one, that belongs to a user."""
    path = f"{SCRATCH}/{name}"
    os.mkdir(path, 0o700)
    if owner:
        entry = pwd.getpwnam(owner)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def program(*patterns):
    """The first that is there."""
    for pattern in patterns:
        for found in sorted(glob.glob(pattern)) or [shutil.which(pattern)]:
            if found:
                return found
    raise Skip(f"there is no {patterns[0]}")


def start(words, log):
    """A server, in a process of its own."""
    with open(log, "ab") as file:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file,
                                stderr=file, cwd=SCRATCH)


def stop(server, how=signal.SIGTERM):
    """And it is to end well, unless it is killed."""
    server.send_signal(how)
    status = server.wait(120)
    if how != signal.SIGKILL:
        check_equal(status, 0, f"status of {server.args[0]}")


class Load:
    """One client, that is given a row after the other: each when the last is in."""

    def __init__(self, words, row):
        """row(n) is what to write for row n; a line is what comes back."""
        self.client = subprocess.Popen(words, stdin=subprocess.PIPE, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.row = row
        self.confirmed = 0
        self.said = ""
        self.ending = False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        """Until it is told to end, or something goes wrong."""
        for number in itertools.count(1):
            if self.ending:
                return
            try:
                self.client.stdin.write(self.row(number) + "\n")
                self.client.stdin.flush()
                self.said = self.client.stdout.readline()
            except OSError as why:
                self.said += str(why)
                return
            if not self.said.startswith(f"row {number} "):
                return
            self.confirmed = number

    def goes_on(self):
        """ROWS more are in."""
        wanted = self.confirmed + ROWS
        wait_until(lambda: self.confirmed >= wanted or not self.thread.is_alive(),
                   "rows")
        check(self.thread.is_alive(), "the client gave up:", self.said)

    def end(self):
        """How many are in."""
        self.ending = True
        self.thread.join()
        self.client.stdin.close()
        self.client.wait()
        return self.confirmed


def tree(pid):
    """A process and its descendants."""
    pids = [pid]
    for one in pids:
        for path in glob.glob(f"/proc/{one}/task/*/children"):
            try:
                with open(path, encoding="ascii") as file:
                    pids += map(int, file.read().split())
            except OSError:
                pass
    return pids


def open_files(pid, where):
    """{path: inode} of the files below a directory that they have open."""
    found = {}
    for link in itertools.chain(*(glob.glob(f"/proc/{one}/fd/*") for one in tree(pid))):
        try:
            path = os.readlink(link)
            if path.startswith(where + "/") and os.path.isfile(path):
                found[path] = os.stat(path).st_ino
        except OSError:
            pass
    return found


def lose_and_rescue(pid, where, load):
    """All open files are deleted, and put back by one command, while it goes on."""
    load.goes_on()
    lost = open_files(pid, where)
    for path in lost:
        os.remove(path)
    check(lost, "nothing is open")
    good("pvadm", "relink", pid, "--tree", "--in-place")
    for path, inode in lost.items():
        check(os.path.exists(path), path, "is not back")
        check_equal(os.stat(path).st_ino, inode, f"inode of {path}")
    load.goes_on()
    return lost


# ---- PostgreSQL ----


def long_one(function):
    """A test of those."""
    return test(function) if ALL else function


@long_one
def R11_postgresql():
    """It starts from them, and pg_amcheck finds nothing."""
    bin_ = os.path.dirname(program("/usr/lib/postgresql/*/bin/initdb", "initdb"))
    data = directory("postgresql", "postgres")
    as_user = user("postgres")
    good(*as_user, f"{bin_}/initdb", "-A", "trust", "-N", "--no-instructions", "-D",
         f"{data}/db")
    words = [*as_user, f"{bin_}/postgres", "-D", f"{data}/db", "-k", data,
             *itertools.chain(*(("-c", option) for option in (
                 "listen_addresses=", "shared_buffers=4MB", "autovacuum=off",
                 "checkpoint_timeout=1h", "max_connections=10")))]
    psql = [f"{bin_}/psql", "-qAt", "-h", data, "-U", "postgres"]

    def begin():
        server = start(words, f"{data}/log")
        wait_until(lambda: run(*psql, "-c", "select 1").returncode == 0 or
                   server.poll() is not None, "PostgreSQL")
        return server
    server = begin()
    good(*psql, "-c", "create table t (n int primary key, s text); create index i on t (s)")
    load = Load(psql, lambda n: f"insert into t values ({n}, 'x{n}') returning 'row '||n||' in';")
    lost = lose_and_rescue(server.pid, data, load)
    check(len(lost) > 10, "it had only", lost)
    rows = load.end()
    stop(server)
    server = begin()
    check_equal(good(*psql, "-c", "select count(*), sum(n) from t").strip(),
                f"{rows}|{rows * (rows + 1) // 2}", "rows")
    good(f"{bin_}/pg_amcheck", "--install-missing", "--heapallindexed", "--all", "-h", data,
         "-U", "postgres")
    good(f"{bin_}/pg_dump", "-h", data, "-U", "postgres", "-f", "/dev/null")
    stop(server)


# ---- MariaDB ----


@long_one
def R11_mariadb():
    """It starts from them, and CHECK TABLE finds nothing."""
    server_program = program("mariadbd", "/usr/sbin/mariadbd", "/usr/sbin/mysqld")
    data = directory("mariadb", "mysql")
    small = ["--no-defaults", f"--datadir={data}/db", "--innodb-log-file-size=4M",
             "--innodb-buffer-pool-size=8M", "--skip-log-bin"]
    good("mariadb-install-db", *small, "--user=mysql", "--skip-test-db",
         "--auth-root-authentication-method=normal")
    words = [*user("mysql"), server_program, *small, f"--socket={data}/socket",
             "--skip-networking", "--innodb-flush-log-at-trx-commit=1"]
    client = ["mariadb", "--no-defaults", f"--socket={data}/socket", "-uroot"]

    def begin():
        server = start(words, f"{data}/log")
        wait_until(lambda: run(*client, "-e", "select 1").returncode == 0 or
                   server.poll() is not None, "MariaDB")
        return server
    server = begin()
    good(*client, "-e", """create database d; use d;
        create table t (n int primary key, s text, key (s(10))) engine=innodb;
        create table a (n int primary key) engine=aria""")
    load = Load([*client, "-N", "-n", "d"], lambda n:
                f"insert into t values ({n}, 'x{n}'); insert into a values ({n}); "
                f"select concat('row ', {n}, ' in');")
    lost = lose_and_rescue(server.pid, data, load)
    check({os.path.basename(path) for path in lost} >= {"ibdata1", "t.ibd", "a.MAD"},
          "it had only", lost)
    rows = load.end()
    stop(server)
    server = begin()
    wanted = f"{rows}\t{rows * (rows + 1) // 2}"
    for table in "t", "a":
        check_equal(good(*client, "-N", "d", "-e", f"select count(*), sum(n) from {table}")
                    .strip(), wanted, f"rows of {table}")
    said = good("mariadb-check", "--no-defaults", f"--socket={data}/socket", "-uroot",
                "--all-databases", "--extended")
    bad = [line for line in said.splitlines() if not line.endswith("OK")]
    check_equal(bad, [], "what is not well")
    stop(server)


# ---- SQLite ----

WRITER = """
import os, sqlite3, sys
other = os.fork()
if not other:
    reader = sqlite3.connect(sys.argv[1])
    while True:
        reader.execute("select count(*), max(s) from t").fetchone()
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
db.execute("pragma synchronous=full")
for line in sys.stdin:
    db.execute("insert into t values (?, 'x' || ?)", [int(line)] * 2)
    print("row", int(line), "in", flush=True)
os.kill(other, 9)
"""


@test
def R11_sqlite_with_a_wal():
    """What reads and what writes share the WAL; its check says that it is whole."""
    where = directory("sqlite")
    path = f"{where}/db"
    with sqlite3.connect(path) as db:
        check_equal(db.execute("pragma journal_mode=wal").fetchone(), ("wal",), "mode")
        db.execute("create table t (n integer primary key, s text)")
    db.close()
    load = Load([sys.executable, "-c", WRITER, path], str)
    lost = lose_and_rescue(load.client.pid, where, load)
    check_equal({os.path.basename(path) for path in lost}, {"db", "db-wal", "db-shm"},
                "files")
    rows = load.end()
    with sqlite3.connect(path) as db:
        check_equal(db.execute("pragma integrity_check").fetchall(), [("ok",)], "check")
        check_equal(db.execute("select count(*), sum(n) from t").fetchone(),
                    (rows, rows * (rows + 1) // 2), "rows")
    db.close()


# ---- An image of a disk ----

BLOCK = 65536


@test
def R11_an_image_of_a_disk_and_the_one_behind_it():
    """Under qemu-nbd; qemu-img finds nothing, and all that was written is there."""
    program("qemu-nbd")
    where = directory("image")
    top, below = f"{where}/top.qcow2", f"{where}/below.qcow2"
    socket = f"{where}/socket"
    good("qemu-img", "create", "-q", "-f", "qcow2", below, "1G")
    good("qemu-io", "-f", "qcow2", "-c", f"write -P 7 900M {BLOCK}", below)
    good("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below, top)
    words = ["qemu-nbd", "-t", "-f", "qcow2", "-k", socket, top]
    client = ["qemu-io", "-f", "raw", f"nbd+unix:///?socket={socket}"]

    def begin():
        server = start(words, f"{where}/log")
        wait_until(lambda: os.path.exists(socket) or server.poll() is not None, "qemu-nbd")
        return server
    server = begin()
    # It says more than a line of each; NBD makes one of them.
    load = Load([sys.executable, "-c", NBD, *client], str)
    lost = lose_and_rescue(server.pid, where, load)
    check({top, below} <= set(lost), "it had only", lost)
    rows = load.end()
    stop(server)
    if os.path.exists(socket):
        os.remove(socket)
    for image in top, below:
        good("qemu-img", "check", "-q", image)
    server = begin()
    reads = [f"read -P {n % 251} {n * BLOCK} {BLOCK}" for n in range(1, rows + 1)]
    said = good(*client, *itertools.chain(*(("-c", read) for read in
                                            [*reads, f"read -P 7 900M {BLOCK}"])))
    check("failed" not in said, "what is read:", said)
    stop(server)


NBD = f"""
import subprocess, sys
client = subprocess.Popen(["stdbuf", "-oL", *sys.argv[1:]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True)
for line in sys.stdin:
    n = int(line)
    client.stdin.write(f"write -P {{n % 251}} {{n * {BLOCK}}} {BLOCK}\\nflush\\n")
    client.stdin.flush()
    said = client.stdout.readline().replace("qemu-io> ", "").rstrip()
    client.stdout.readline()
    print("row" if said.startswith("wrote") else said, n, "in", flush=True)
"""


if __name__ == "__main__":
    main(lambda: shutil.rmtree(SCRATCH, ignore_errors=True))
