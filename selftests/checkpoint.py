#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""S3: pvadm checkpoint and pvadm restart, from a process to its successor.

The oracle is the process itself: what it says of its descriptors, its host name and
its files, the command that restart runs must say, too.
"""
import ctypes
import errno
import glob
import hashlib
import json
import os
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from commands import NOBODY, good, refuses, run
from ktap import Skip, check, check_equal, comment, main, test, wait_until
from module import Unloaded

SCRATCH = tempfile.mkdtemp(prefix="checkpoint.", dir="/var/tmp")
os.chmod(SCRATCH, 0o755)
BUNDLE = f"{SCRATCH}/bundle"
WORK = f"{SCRATCH}/work"
FILES = ("bundle.json", "namespaces.json", "table.json", "manifest.json")
UNSHARE = ["unshare", "--user", "--map-root-user", "--uts", "--ipc", "--mount",
           "--net", "--cgroup", "--pid", "--fork", "--mount-proc", "--kill-child"]
SEED = int(os.environ.get("PV_CHECKPOINT_SEED", "0")) or \
    random.randrange(1, 1 << 31)

# A process that holds files without a name, and tells what it sees of them.
TELL = """
import fcntl, os, socket
def tell(fds):
    for fd in fds:
        print(fd, os.readlink(f"/proc/self/fd/{fd}"), fcntl.fcntl(fd, fcntl.F_GETFL),
              os.lseek(fd, 0, os.SEEK_CUR), os.pread(fd, 100, 0))
    print(socket.gethostname())
def share(a, b):
    old = os.lseek(a, 0, os.SEEK_CUR)
    os.lseek(a, 77, os.SEEK_SET)
    same = os.lseek(b, 0, os.SEEK_CUR) == 77
    os.lseek(a, old, os.SEEK_SET)
    return same
"""
HOLD = TELL + """
import sys, signal
socket.sethostname("resident") if sys.argv[2] == "1" else None
def unlinked(name, flags, text, number):
    path = sys.argv[1] + "/" + name
    open(path, "wb").write(text)
    fd = os.open(path, flags)
    os.unlink(path)
    os.dup2(fd, number)
    os.close(fd)
unlinked("one", os.O_RDWR, b"0123456789", 100)
os.lseek(100, 4, os.SEEK_SET)
os.dup2(100, 101)
unlinked("two", os.O_RDWR | os.O_APPEND, b"log\\n", 102)
with open(sys.argv[1] + "/said", "w") as said:
    sys.stdout = said
    tell((100, 101, 102))
    print(share(100, 101), share(100, 102))
open(sys.argv[1] + "/ready", "w")
while True: signal.pause()
"""
SUCCESSOR = TELL + """
tell((100, 101, 102))
print(share(100, 101), share(100, 102))
"""


def refused(pattern, *words, **how):
    """pvadm must refuse in one line."""
    refuses(pattern, "pvadm", *words, **how)


class Holder:
    """A process that holds three descriptors of two files."""

    def __init__(self, apart=True, where=WORK):
        fresh(where)
        script = f"{SCRATCH}/hold.py"
        with open(script, "w", encoding="ascii") as file:
            file.write(HOLD)
        self.where = where
        self.process = subprocess.Popen([*(UNSHARE if apart else []), sys.executable,
                                         script, where, str(int(apart))])
        wait_until(lambda: os.path.exists(f"{where}/ready"), "the holder")
        self.pid = self.process.pid
        if apart:
            with open(f"/proc/{self.pid}/task/{self.pid}/children",
                      encoding="ascii") as file:
                self.pid = int(file.read())

    def said(self):
        """What it told of itself."""
        with open(f"{self.where}/said", encoding="ascii") as file:
            return file.read()

    def checkpoint(self, *options):
        """Which must go well."""
        return good("pvadm", "checkpoint", self.pid, "--dir", BUNDLE, *options)

    def end(self):
        """It does not come back."""
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not os.path.exists(f"/proc/{self.pid}"), "its end")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def fresh(where=WORK):
    """Nothing is left of the test before."""
    for path in where, BUNDLE:
        shutil.rmtree(path, ignore_errors=True)
    # What has a manifest is not left over.
    good("pvadm", "gc", "--remove")
    os.mkdir(where)


def names():
    """Those that a checkpoint has made on the filesystem of SCRATCH."""
    top = SCRATCH
    while not os.path.ismount(top):
        top = os.path.dirname(top)
    return sorted(glob.glob(f"{top}/lost+found/checkpoint/*/*"))


def restart(*words, **how):
    """Runs the successor; returns what it told."""
    return good("pvadm", "restart", BUNDLE, *words, "--", sys.executable, "-c",
                SUCCESSOR, **how)


def namespaces(pid="self"):
    """All of a process."""
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}")
            for kind in ("user", "mnt", "pid", "uts", "ipc", "net", "cgroup")}


def read_json(name):
    """A file of the bundle."""
    with open(f"{BUNDLE}/{name}", encoding="utf-8") as file:
        return json.load(file)


def sealed(document):
    """Its text, with the sum that it must have."""
    document = dict(document, sha256="0" * 64)
    text = json.dumps(document) + "\n"
    total = hashlib.sha256(text.encode()).hexdigest()
    return text.replace("0" * 64, total, 1)


def write_index(change):
    """The index, changed and with the right sum."""
    index = read_json("bundle.json")
    change(index)
    with open(f"{BUNDLE}/bundle.json", "w", encoding="utf-8") as file:
        file.write(sealed(index))


# ---- What is in it, and comes back ----


@test
def S3_a_process_is_continued_as_it_was():
    """Descriptors, flags, offsets, what is shared, the host name; names go."""
    with Holder() as holder:
        before = holder.said()
        holder.checkpoint("--sync")
        check_equal(len(names()), 2, "names")
    check_equal(restart(), before, "what the successor says")
    check_equal(names(), [], "names")


@test
def S3_namespaces_are_made_anew():
    """One of each kind that the process had for itself, and none of the rest."""
    with Holder() as holder:
        old = namespaces(holder.pid)
        holder.checkpoint()
    ours = namespaces()
    kinds = sorted(ours)
    links = good("pvadm", "restart", BUNDLE, "--", "readlink",
                 *(f"/proc/self/ns/{kind}" for kind in kinds)).split()
    for kind, link in zip(kinds, links, strict=True):
        check(old[kind] != ours[kind], kind, "was not its own")
        check(link != ours[kind], kind, "is ours:", link)
    with Holder(apart=False) as holder:
        holder.checkpoint()
    links = good("pvadm", "restart", BUNDLE, "--", "readlink",
                 *(f"/proc/self/ns/{kind}" for kind in kinds)).split()
    check_equal(dict(zip(kinds, links, strict=True)), ours, "namespaces")


@test
def S3_the_bundle_has_all_of_it():
    """Namespaces, rules, files, and the sums of the files that have them."""
    with Holder() as holder:
        good("pvadm", "attach", holder.pid, "--map", "/a=/b", "--map", "/c=/c",
             "--late")
        said = holder.checkpoint("--json")
        check_equal(json.loads(said)["bundle"], BUNDLE, "bundle")
        check_equal(sorted(os.listdir(BUNDLE)), sorted(FILES), "files")
        index = read_json("bundle.json")
        for entry in index["files"]:
            with open(f"{BUNDLE}/{entry['name']}", "rb") as file:
                total = hashlib.sha256(file.read()).hexdigest()
            check_equal(entry["sha256"], total, entry["name"])
        check_equal(index["pid"], holder.pid, "pid")
        check("resident" in read_json("namespaces.json")["uts"].values(),
              "no host name:", read_json("namespaces.json")["uts"])
        process, = read_json("table.json")["processes"]
        check_equal([(rule["original"], rule["new"])
                     for rule in process["layers"][0]["rules"]],
                    [("/a", "/b"), ("/c", "/c")], "rules")
        check_equal(len(read_json("manifest.json")["files"]), 2, "files")
        mode = os.stat(BUNDLE).st_mode & 0o777
        check_equal(mode, 0o700, "mode")


@test
def S3_rules_come_back_in_their_layers():
    """Three of them; and one that is given to restart comes before them."""
    fresh()
    for name, text in ("b", "in b"), ("c", "in c"), ("d", "in d"):
        os.mkdir(f"{SCRATCH}/{name}")
        with open(f"{SCRATCH}/{name}/f", "w", encoding="ascii") as file:
            file.write(text)
    layers = ["pvadm", "run", "--map", "/pv.two=/pv.three", "--",
              "pvadm", "run", "--map", "/pv.one=/pv.two", "--"]
    outer = ["pvadm", "run", "--map", f"/pv.three={SCRATCH}/b", "--"]
    process = subprocess.Popen([*outer, *layers, "sleep", "1000"])
    wait_until(lambda: open(f"/proc/{process.pid}/comm", encoding="ascii").read()
               == "sleep\n", "sleep")
    good("pvadm", "checkpoint", process.pid, "--dir", BUNDLE)
    process.kill()
    process.wait()
    check_equal(good("pvadm", "restart", BUNDLE, "cat", "/pv.one/f"), "in b", "it")
    check_equal(good("pvadm", "restart", "--map", f"/pv.one={SCRATCH}/c", BUNDLE,
                     "cat", "/pv.one/f", "/pv.two/f"), "in cin b", "newest")


@test
def S3_layers_come_back_as_they_were_set():
    """And where a NEW is not there any more, it is named and nothing is begun."""
    fresh()
    new = f"{SCRATCH}/gone"
    os.mkdir(new)
    process = subprocess.Popen(
        ["pvadm", "run", "--map", f"/pv.one={new}", "--", "pvadm", "run", "--late",
         "--no-reverse", "--by-name", "--map", "/pv.two=/pv.three", "--", "sleep", "1000"])
    wait_until(lambda: open(f"/proc/{process.pid}/comm", encoding="ascii").read()
               == "sleep\n", "sleep")
    good("pvadm", "checkpoint", process.pid, "--dir", BUNDLE)
    process.kill()
    process.wait()
    show = ["sh", "-c", "pvadm show $$ | grep ^#"]
    said = good("pvadm", "restart", BUNDLE, "--", *show).splitlines()
    check("--late, --by-name, --no-reverse" in said[0], said)
    check("--" not in said[1], said)
    os.rmdir(new)
    refused(f"make {new}, or say --late", "restart", BUNDLE, "--", "true")
    said = good("pvadm", "restart", "--late", BUNDLE, "--", *show).splitlines()
    check("--late" in said[1], said)


@test
def S3_unions_come_back():
    """With all trees; and a file that lay in the lower one, and was deleted there."""
    fresh()
    original, new = f"{SCRATCH}/union", f"{SCRATCH}/above"
    for tree in original, new:
        os.mkdir(tree)
        for name in "both", tree[-5:]:
            with open(f"{tree}/{name}", "w", encoding="ascii") as file:
                print(tree[-5:], file=file)
    hold = f"exec 9<>{original}/gone; echo held >&9; rm {original}/gone; exec sleep 1000"
    with open(f"{original}/gone", "w", encoding="ascii"):
        pass
    process = subprocess.Popen(["pvadm", "run", "--under", f"{original}={new}", "--",
                                "sh", "-c", hold])
    wait_until(lambda: open(f"/proc/{process.pid}/comm", encoding="ascii").read()
               == "sleep\n", "sleep")
    good("pvadm", "checkpoint", process.pid, "--dir", BUNDLE)
    process.kill()
    process.wait()
    script = (f"cd {original}; cat both union above; ls; "
              "readlink /proc/self/fd/9; cat /proc/self/fd/9")
    check_equal(good("pvadm", "restart", BUNDLE, "--", "sh", "-c", script).splitlines(),
                ["above", "union", "above", "above", "both", "union",
                 f"{original}/gone (deleted)", "held"], "what it finds")
    check_equal(sorted(os.listdir(original)), ["both", "union"], "the lower tree")


@test
def S3_registered_paths_can_be_moved_again():
    """pvadm activate, for the restarted process."""
    fresh()
    for name in "x", "y":
        os.makedirs(f"{SCRATCH}/{name}")
        with open(f"{SCRATCH}/{name}/f", "w", encoding="ascii") as file:
            file.write(name)
    process = subprocess.Popen(["sleep", "1000"])
    good("pvadm", "register", process.pid, "--original", "/pv.reg")
    good("pvadm", "activate", process.pid, "--new", f"{SCRATCH}/x")
    good("pvadm", "checkpoint", process.pid, "--dir", BUNDLE)
    process.kill()
    process.wait()
    script = (f"cat /pv.reg/f; pvadm activate $$ --new {SCRATCH}/y && "
              "cat /pv.reg/f")
    check_equal(good("pvadm", "restart", BUNDLE, "--", "sh", "-c", script), "xy",
                "what it reads")


@test
def S3_files_that_were_moved_are_continued():
    """The tree is copied to another filesystem, the old one is gone."""
    here, there = f"{SCRATCH}/old", f"{SCRATCH}/new"
    for path in here, there:
        os.makedirs(path, exist_ok=True)
        good("mount", "-t", "tmpfs", "tree", path)
    try:
        with Holder(apart=False, where=f"{here}/user1") as holder:
            before = holder.said()
            holder.checkpoint()
        good("cp", "-a", f"{here}/.", there)
        good("umount", here)
        refused("not mounted|not there|No such", "restart", BUNDLE, "--", "true")
        for path in glob.glob(f"{there}/lost+found/checkpoint/*/*"):
            size = os.path.getsize(path)
            keep = open(path, "rb").read()
            os.truncate(path, size - 1)
            refused("another type, or smaller", "restart", BUNDLE, "--map",
                    f"{here}={there}", "--", "true")
            with open(path, "wb") as file:
                file.write(keep)
        check_equal(restart("--map", f"{here}={there}"), before,
                    "what the successor says")
        check_equal(glob.glob(f"{there}/lost+found/checkpoint/*/*"), [], "names")
    finally:
        run("umount", here)
        run("umount", there)


@test
def S3_a_part_of_a_filesystem_is_moved():
    """The names are inside of it, by --template, and so are copied with it."""
    there = f"{SCRATCH}/there"
    shutil.rmtree(there, ignore_errors=True)
    with Holder(apart=False) as holder:
        before = holder.said()
        holder.checkpoint("--template", f"{WORK}/.names/%i-%n")
    good("cp", "-a", WORK, there)
    shutil.rmtree(WORK)
    check_equal(len(glob.glob(f"{there}/.names/*")), 2, "names")
    check_equal(restart("--map", f"{WORK}={there}"), before,
                "what the successor says")
    check_equal(glob.glob(f"{there}/.names/*"), [], "names")


@test
def S3_each_way_to_say_where_it_has_moved():
    """The options for rules are those of attach."""
    there = f"{SCRATCH}/there"
    shutil.rmtree(there, ignore_errors=True)
    with Holder(apart=False) as holder:
        before = holder.said()
        holder.checkpoint("--template", f"{WORK}/.names/%i-%n")
    good("cp", "-a", WORK, there)
    shutil.rmtree(WORK)
    rules = f"{SCRATCH}/rules"
    with open(rules, "w", encoding="ascii") as file:
        file.write(f"# where it is now\n{WORK}={there}\n")
    for words in (("--map-file", rules),
                  ("--original", WORK, "--new", there)):
        check_equal(restart("--keep", *words), before,
                    f"what the successor says with {words}")
    refused("not there|No such", "restart", BUNDLE, "--original", WORK, "--new",
            f"{there}/nowhere", "--", "true")
    good("pvadm", "restart", BUNDLE, "--map", f"{WORK}={there}", "--", "true")
    check_equal(glob.glob(f"{there}/.names/*"), [], "names")


TRACING = "/sys/kernel/tracing"
EXEC = f"{TRACING}/events/sched/sched_process_exec/enable"


def write(path, text):
    """Replaces what is there."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def was_executed(path):
    """Since the trace was emptied; who is killed early cannot say so itself."""
    with open(f"{TRACING}/trace", encoding="utf-8", errors="replace") as file:
        return f"filename={path} " in file.read()


@test
def R7_no_name_is_lost_without_a_command():
    """Interrupted at any moment: all names are there, or the command has begun."""
    comment(f"seed {SEED}")
    dice = random.Random(SEED + 3)
    program = f"{SCRATCH}/successor"
    shutil.copy(shutil.which("sleep"), program)
    results = set()
    write(EXEC, "1")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT) * 6:
        with Holder(apart=dice.choice((False, True))) as holder:
            holder.checkpoint()
        write(f"{TRACING}/trace", "")
        process = subprocess.Popen(["pvadm", "restart", BUNDLE, "--kill-child", "--",
                                    program, "0.1"],
                                   start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0, 0.5))
        # As a terminal would, and the kernel when memory is short.
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        process.wait()
        wait_until(lambda: not run("pgrep", "-f", "pvadm restart").stdout, "its end")
        began = was_executed(program)
        results.add(began)
        check(len(names()) == 2 or began, "names are lost:", names())
        fresh()
    write(EXEC, "0")
    comment(f"began: {sorted(results)}")


class Held:
    """Who executes a file waits for ever, until he is killed; see fanotify(7)."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.group = libc.fanotify_init(0x4 | 0x1, os.O_RDONLY)
        check(self.group >= 0, "fanotify_init()", os.strerror(ctypes.get_errno()))
        marked = libc.fanotify_mark(self.group, 0x1, ctypes.c_uint64(0x40000), -100,
                                    os.fsencode(path))
        if marked and ctypes.get_errno() == errno.EINVAL:
            raise Skip("this kernel asks nobody who may execute a file")
        check(marked == 0, "fanotify_mark()", os.strerror(ctypes.get_errno()))

    def pid(self):
        """Whose turn it is."""
        ready = select.select([self.group], [], [], 120)[0]
        check(ready, "nobody executes it")
        *_, opened, pid = struct.unpack("=IBBHQii", os.read(self.group, 24))
        os.close(opened)
        return pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.group)


@test
def R7_names_stay_if_it_is_killed_on_its_way():
    """The moment before it begins: it ends as a command ends that ran."""
    program = f"{SCRATCH}/held"
    shutil.copy(shutil.which("sleep"), program)
    with Held(program) as held:
        for apart in (True, False) * 5:
            with Holder(apart=apart) as holder:
                holder.checkpoint()
            before = names()
            process = subprocess.Popen(["pvadm", "restart", BUNDLE, "--", program, "0"],
                                       stderr=subprocess.PIPE, text=True)
            os.kill(held.pid(), signal.SIGKILL)
            said = process.communicate(timeout=120)[1]
            check_equal(process.returncode, -signal.SIGKILL, f"its end {said}")
            check_equal(names(), before, f"names, apart {apart}")
            check("pvadm cleanup" in said, "no advice:", said)
            fresh()


# ---- Names: when they go, and when they stay ----


@test
def R7_names_stay_until_the_command_runs():
    """Not found, not executable, --keep, --at-end with a failure."""
    with Holder() as holder:
        before = holder.said()
        holder.checkpoint()
    kept = names()
    check_equal(len(kept), 2, "names")
    refused("No such file", "restart", BUNDLE, "--", "/nonexistent", status=127)
    check_equal(names(), kept, "after no command")
    script = f"{SCRATCH}/noexec"
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/nonexistent\n")
    os.chmod(script, 0o755)
    done = run("pvadm", "restart", BUNDLE, "--", script)
    check_equal(done.returncode, 127, f"status {done.stderr}")
    check_equal(names(), kept, "after a command that cannot begin")
    check_equal(restart("--keep"), before, "with --keep")
    check_equal(names(), kept, "after --keep")
    done = run("pvadm", "restart", BUNDLE, "--at-end", "--", "false")
    check_equal(done.returncode, 1, "status")
    check("pvadm cleanup" in done.stderr, "no advice:", done.stderr)
    check_equal(names(), kept, "after --at-end and a failure")
    check_equal(good("pvadm", "restart", BUNDLE, "--at-end", "--", "sh", "-c",
                     "echo $PPID; exit 0").count("\n"), 1, "--at-end")
    check_equal(names(), [], "after --at-end")
    refused("not there any more", "restart", BUNDLE, "--", "true")


@test
def R7_names_are_gone_while_the_command_runs():
    """As those of files without a name are."""
    with Holder() as holder:
        holder.checkpoint()
    process = subprocess.Popen(["pvadm", "restart", BUNDLE, "--kill-child", "--", "sleep",
                                "1000"])
    try:
        wait_until(lambda: not names(), "the names' going")
        check_equal(process.poll(), None, "the command")
    finally:
        process.kill()
        process.wait()


@test
def S3_it_ends_as_the_command_does():
    """Status and signal."""
    with Holder() as holder:
        holder.checkpoint()
    for script, status in ("exit 7", 7), ("exit 255", 255):
        done = run("pvadm", "restart", "--keep", BUNDLE, "--", "sh", "-c", script)
        check_equal(done.returncode, status, script + done.stderr)


@test
def S3_namespaces_alone_need_no_module():
    """Without files and rules there is nothing for it to do."""
    fresh()
    with subprocess.Popen(["unshare", "--uts", "sh", "-c",
                           f"hostname alone; touch {WORK}/ready; exec sleep 10000"]) as process:
        wait_until(lambda: os.path.exists(f"{WORK}/ready"), "the process")
        good("pvadm", "checkpoint", process.pid, "--dir", BUNDLE)
        process.kill()
    with Unloaded():
        check_equal(good("pvadm", "restart", BUNDLE, "--", "hostname"), "alone\n", "name")
        refused("not loaded", "restart", BUNDLE, "--map", "/a=/b", "--", "true")


# ---- Bad input ----


@test
def S3_what_cannot_be_checkpointed():
    """Each is told in one line, and nothing is left."""
    fresh()
    dead = subprocess.Popen(["true"])
    dead.wait()
    refused("no process|ended", "checkpoint", dead.pid, "--dir", BUNDLE)
    refused("not empty", "checkpoint", os.getpid(), "--dir", "/etc")
    check(os.path.exists("/etc/passwd"), "/etc was emptied")
    refused("Not a directory|not a directory", "checkpoint", os.getpid(), "--dir", "/etc/passwd")
    refused("make the one", "checkpoint", os.getpid(), "--dir", "/nonexistent/x")
    refused("Read-only|Permission|No such|cannot make", "checkpoint", os.getpid(), "--dir",
            "/proc/bundle")
    refused("no directory", "checkpoint", os.getpid(), status=2)
    refused("no process", "checkpoint", "--dir", BUNDLE, status=2)
    os.mkdir(BUNDLE)
    os.chmod(BUNDLE, 0o777)
    refused("others may write", "checkpoint", os.getpid(), "--dir", BUNDLE)
    os.rmdir(BUNDLE)
    with Holder() as holder:
        refused("", "checkpoint", holder.pid, "--dir", "/tmp/nobodys", user=NOBODY)
        check(not os.path.exists("/tmp/nobodys"), "a directory is left")
        check_equal(names(), [], "names")


@test
def S3_a_whole_bundle_is_not_overwritten():
    """Nor emptied."""
    with Holder() as holder:
        holder.checkpoint()
        before = {name: open(f"{BUNDLE}/{name}", "rb").read() for name in FILES}
        refused("not empty", "checkpoint", holder.pid, "--dir", BUNDLE)
        for name in FILES:
            check_equal(open(f"{BUNDLE}/{name}", "rb").read(), before[name], name)


def damaged(name, damage, pattern):
    """A file of the bundle is changed: check and restart refuse; then it is put back."""
    path = f"{BUNDLE}/{name}"
    keep = f"{SCRATCH}/kept"
    shutil.copy(path, keep)
    index = f"{SCRATCH}/index"
    shutil.copy(f"{BUNDLE}/bundle.json", index)
    damage(path)
    try:
        refused(pattern, "checkpoint", "--check", BUNDLE)
        refused(pattern, "restart", BUNDLE, "--", "true")
    finally:
        if os.path.lexists(path):
            os.unlink(path)
        shutil.copy(keep, path)
        shutil.copy(index, f"{BUNDLE}/bundle.json")


def cut(path):
    """At half."""
    os.truncate(path, os.path.getsize(path) // 2)


def flip(path):
    """One byte, which is a digit."""
    with open(path, "r+", encoding="utf-8") as file:
        text = file.read()
        at = re.search(r'"(?:pid|inode)": (\d)', text).start(1)
        file.seek(at)
        file.write(str((int(text[at]) + 1) % 10))


def link(path):
    """In its place is a symbolic link to it."""
    os.rename(path, f"{SCRATCH}/elsewhere")
    os.symlink(f"{SCRATCH}/elsewhere", path)


def fifo(path):
    """In its place is something that is waited for."""
    os.unlink(path)
    os.mkfifo(path)


@test
def S3_what_was_changed_is_found():
    """Cut, changed, missing, exchanged; other files are others'."""
    with Holder() as holder:
        good("pvadm", "attach", holder.pid, "--map", "/a=/usr")
        holder.checkpoint()
    good("pvadm", "checkpoint", "--check", BUNDLE)
    for name in FILES:
        damaged(name, cut, f"{name}.*(cut short|not the file|truncated)")
        damaged(name, flip, f"{name}.*(changed|not the file)")
        damaged(name, os.unlink, f"{name}.*(not there|No such file)")
        damaged(name, link, f"{name}.*symbolic link")
        damaged(name, fifo, f"{name}.*not a regular file")
    # A rule exchanged, and its file's own sum made to fit.
    table = dict(read_json("table.json"))
    table["processes"][0]["layers"][0]["rules"][0]["new"] = "/evil"

    def forge(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(sealed(table))
    damaged("table.json", forge, "table.json.*not the file")
    os.mkdir(f"{BUNDLE}/images")
    good("pvadm", "checkpoint", "--check", BUNDLE)


@test
def S3_versions():
    """A newer one is refused; so is an index that makes no sense."""
    with Holder() as holder:
        holder.checkpoint()

    def newer(_):
        write_index(lambda index: index.update(version=99))
    damaged("bundle.json", newer, "version 99")

    def no_pid(_):
        write_index(lambda index: index.pop("pid"))
    damaged("bundle.json", no_pid, "pid")

    def no_files(_):
        write_index(lambda index: index.update(files=[]))
    damaged("bundle.json", no_files, "namespaces.json")
    write_index(lambda index: index.update(note="a member that nobody knows"))
    good("pvadm", "checkpoint", "--check", BUNDLE)


@test
def S3_what_cannot_be_restarted():
    """The command line, and files that are others now."""
    with Holder() as holder:
        holder.checkpoint()
    refused("no bundle", "restart", status=2)
    refused("no command", "restart", BUNDLE, status=2)
    refused("exclude", "restart", BUNDLE, "--keep", "--at-end", "true", status=2)
    refused("not a bundle", "restart", SCRATCH, "--", "true")
    refused("No such", "restart", "/nonexistent", "--", "true")
    refused("directory", "restart", "/etc/passwd", "--", "true")
    refused("", "restart", BUNDLE, "--map", "relative=/x", "--", "true", status=2)
    kept = names()
    check_equal(len(kept), 2, f"names {kept}")
    os.rename(kept[0], f"{kept[0]}.away")
    with open(kept[0], "w", encoding="ascii"):
        pass
    refused("another file", "restart", BUNDLE, "--", "true")
    os.unlink(kept[0])
    refused("not there", "restart", BUNDLE, "--", "true")
    os.rename(f"{kept[0]}.away", kept[0])
    refused("Permission", "restart", BUNDLE, "--", "true", user=NOBODY)
    run("chmod", "-R", "a+rX", BUNDLE)
    done = run("pvadm", "restart", BUNDLE, "--", "true", user=NOBODY)
    check_equal(done.returncode, 1, "status without privilege")
    check("Permission denied; run pvadm as root" in done.stderr, done.stderr)
    check_equal(names(), kept, "names")
    good("pvadm", "restart", BUNDLE, "--", "true")


# ---- Full disks and signals ----


@test
def S3_a_full_disk():
    """However much room there is: all of it, or nothing."""
    fresh()
    room = f"{SCRATCH}/room"
    os.makedirs(room, exist_ok=True)
    results = set()
    for pages in (*range(0, 12), 16):
        good("mount", "-t", "tmpfs", "-o", f"size={(pages + 1) * 4096}", "room", room)
        try:
            if pages < 12:
                with open(f"{room}/filler", "wb") as file:
                    file.write(b"x" * 4096)
            with Holder(apart=False) as holder:
                done = run("pvadm", "checkpoint", holder.pid, "--dir", f"{room}/b")
                results.add(done.returncode)
                if done.returncode:
                    check_equal(done.stderr.count("\n"), 1, done.stderr)
                    check("No space" in done.stderr, done.stderr)
                    check(not os.path.exists(f"{room}/b"), "the directory is left")
                    check_equal(names(), [], "names")
                else:
                    good("pvadm", "checkpoint", "--check", f"{room}/b")
                    check_equal(len(names()), 2, "names")
        finally:
            good("umount", room)
    check_equal(results, {0, 1}, "what came of them")


def is_traced(pid):
    """Is it held still by somebody?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return not re.search(r"^TracerPid:\s+0$", file.read(), re.M)


def check_all_or_nothing(holder, status):
    """After a checkpoint that was asked to end; the process goes on."""
    whole = not run("pvadm", "checkpoint", "--check", BUNDLE).returncode
    check_equal(whole, status == 0, "whole")
    check_equal(os.path.exists(BUNDLE), whole, "the directory")
    check_equal(len(names()), 2 * whole, "names")
    check(not is_traced(holder.pid), "it is held still")


@test
def S3_checkpoint_is_interrupted():
    """At any moment: all of it or nothing, and the process goes on."""
    comment(f"seed {SEED}")
    dice = random.Random(SEED)
    results = set()
    for number in (signal.SIGTERM, signal.SIGINT) * 12:
        with Holder(apart=False) as holder:
            process = subprocess.Popen(["pvadm", "checkpoint", str(holder.pid), "--dir",
                                        BUNDLE], stderr=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, 0.25))
            process.send_signal(number)
            results.add(process.wait() == 0)
            check_all_or_nothing(holder, process.returncode)
    comment(f"came to their ends: {sorted(results)}")


@test
def S3_checkpoint_is_interrupted_where_it_waits():
    """For what helpers in the namespaces have to say."""
    trace = f"{SCRATCH}/trace"
    with Holder() as holder:
        good("strace", "-y", "-o", trace, "-e", "trace=read",
             "pvadm", "checkpoint", holder.pid, "--dir", BUNDLE)
    with open(trace, encoding="utf-8") as file:
        reads = [line for line in file if line.startswith("read(")]
    waits = [i for i, line in enumerate(reads, 1) if "<socket:" in line]
    check(waits, "no reading from a helper in", len(reads), "reads")
    for when in waits:
        with Holder() as holder:
            done = run("strace", "-o", trace, "-e", f"inject=read:signal=TERM:when={when}",
                       "pvadm", "checkpoint", holder.pid, "--dir", BUNDLE)
            check_equal(done.returncode, 1, f"status {done.stderr}")
            check_equal(done.stderr.count("\n"), 1, f"lines {done.stderr}")
            check_all_or_nothing(holder, 1)
    comment(f"{len(waits)} waits in {len(reads)} reads")


@test
def S3_checkpoint_is_killed():
    """What is left is no bundle or a whole one, and gc removes the names."""
    comment(f"seed {SEED}")
    dice = random.Random(SEED + 1)
    for _ in range(16):
        with Holder(apart=False) as holder:
            process = subprocess.Popen(["pvadm", "checkpoint", str(holder.pid), "--dir",
                                        BUNDLE], stdout=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, 0.25))
            process.kill()
            process.wait()
            wait_until(lambda: not is_traced(holder.pid), "its going on")
            if not run("pvadm", "checkpoint", "--check", BUNDLE).returncode:
                check_equal(len(names()), 2, "names of a whole bundle")
                continue
            shutil.rmtree(BUNDLE, ignore_errors=True)
            good("pvadm", "gc", "--remove")
            check_equal(names(), [], "names")


def successors():
    """Processes of restart and of its command."""
    return run("pgrep", "-f", "sleep 4242|pvadm restart").stdout.split()


@test
def S3_restart_is_killed():
    """No process is left that restart has made, unless its command runs; no mount."""
    comment(f"seed {SEED}")
    dice = random.Random(SEED + 2)
    with Holder() as holder:
        holder.checkpoint()
    mounts = open("/proc/self/mounts", encoding="ascii").read()
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT) * 6:
        # The first process of a PID namespace heeds only what it has asked for.
        process = subprocess.Popen(["pvadm", "restart", BUNDLE, "--keep", "--kill-child",
                                    "--", "sh", "-c", "trap 'exit 3' TERM INT; "
                                    "sleep 4242 & wait"], stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0, 0.6))

        def has_ended(process=process, number=number):
            process.send_signal(number)
            return process.poll() is not None
        wait_until(has_ended, "its end")
        wait_until(lambda: not successors(), "the end of all its processes")
        check_equal(open("/proc/self/mounts", encoding="ascii").read(), mounts, "mounts")
        check_equal(len(names()), 2, "names")
    good("pvadm", "restart", BUNDLE, "--", "true")


def run_and_clean_up():
    """main() does not come back: a child runs it."""
    child = os.fork()
    if not child:
        main()
    _, status = os.waitpid(child, 0)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    run("pvadm", "gc", "--remove")
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    run_and_clean_up()
