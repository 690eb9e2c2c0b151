# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests of pvadm ns: processes in namespaces, files of ours."""
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from commands import good, refuses, run
from ktap import Skip, check_equal, main, wait_until

KINDS = ("user", "mnt", "pid", "uts", "ipc", "net", "cgroup", "time")
SCRATCH = tempfile.mkdtemp(prefix="ns.")
os.chmod(SCRATCH, 0o777)
FOREVER = "exec sleep 10000"


def ns(*words, **how):
    """pvadm ns, which must go well."""
    return good("pvadm", "ns", *words, **how)


def refused(pattern, *words, **how):
    """pvadm ns must refuse in one line."""
    refuses(pattern, "pvadm", "ns", *words, **how)


def scratch(name):
    """A path that nothing has."""
    path = f"{SCRATCH}/{name}"
    if os.path.ismount(path):
        run("umount", "-R", path)
    if os.path.lexists(path):
        (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
    return path


def namespaces(pid="self"):
    """The inodes: {kind: number}."""
    return {kind: int(os.readlink(f"/proc/{pid}/ns/{kind}")[:-1]
                      .split("[")[1]) for kind in KINDS}


def comm_of(pid):
    """What it is called."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def innermost(pid):
    """The last of a line of children; one that has just ended has none."""
    while True:
        try:
            with open(f"/proc/{pid}/task/{pid}/children",
                      encoding="ascii") as file:
                children = file.read().split()
        except (FileNotFoundError, ProcessLookupError):
            children = []
        if not children:
            return int(pid)
        pid = children[0]


class Process:
    """One in namespaces of its own: unshare's options, then what it does there."""

    def __init__(self, options, script="", user=(), inside=""):
        words = [*user, "unshare", *options.split()]
        if inside:
            words += ["unshare", *inside.split()]
        words += ["sh", "-ec", f"{script}\necho ready\n{FOREVER}"]
        self.shell = subprocess.Popen(words, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        if self.shell.stdout.readline() != "ready\n":
            raise AssertionError("unshare: " + self.shell.stderr.read())
        self.pid = wait_until(self.sleeper, "sleep")

    def sleeper(self):
        """Its number, once it sleeps."""
        pid = innermost(self.shell.pid)
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read() == "sleep\n" and pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self.shell.wait()
        self.shell.stdout.close()
        self.shell.stderr.close()

    def save(self, name="saved", **how):
        """Saves it; returns the path."""
        path = scratch(name)
        ns("save", self.pid, path, **how)
        return path

    def inside(self, *words):
        """What a command prints in there; nsenter goes."""
        return good("nsenter", "-t", str(self.pid), "-a",
                    "--preserve-credentials", *words)


# The kinds, as unshare calls them.
ALL = "--user --map-root-user --mount --uts --ipc --net --pid --fork " \
      "--kill-child --mount-proc --cgroup --time --monotonic 500 --boottime 1000"


def contents(path):
    """What is in a file of ours."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def seal(value):
    """The text of a file of ours with the sum that it should have."""
    value = dict(value, sha256="0" * 64)
    text = json.dumps(value)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text.replace("0" * 64, digest, 1)


def forge(path, name, change):
    """A file like that at path, changed, with a sum that fits."""
    value = contents(path)
    change(value)
    forged = scratch(name)
    with open(forged, "w", encoding="utf-8") as file:
        file.write(seal(value))
    return forged


def restored(path, *words, **how):
    """What a command prints in what is restored."""
    return ns("restore", path, "--", *words, **how)


def cgroups():
    """Where cgroups of version 2 are mounted."""
    said = run("findmnt", "-n", "-o", "TARGET", "-t", "cgroup2").stdout
    if not said:
        raise Skip("no cgroup v2")
    return said.split()[0]


class Cgroup:
    """One with a limit, for a while."""

    def __init__(self, name):
        self.path = f"/{name}/inner"
        self.top = f"{cgroups()}/{name}"
        os.makedirs(f"{self.top}/inner")
        self.controllers = []
        for directory in cgroups(), self.top:
            with open(f"{directory}/cgroup.controllers",
                      encoding="ascii") as file:
                self.controllers = file.read().split()
            for controller in {"memory", "pids"} & set(self.controllers):
                with open(f"{directory}/cgroup.subtree_control", "w",
                          encoding="ascii") as file:
                    file.write(f"+{controller}")
        self.set("cgroup.max.depth", "3")
        if "pids" in self.controllers:
            self.set("pids.max", "77")
        if "memory" in self.controllers:
            self.set("memory.max", str(1 << 28))

    def set(self, name, value):
        """Sets a limit."""
        with open(f"{self.top}/inner/{name}", "w", encoding="ascii") as file:
            file.write(value)

    def remove(self):
        """It is empty a moment after its processes have ended."""
        for path in f"{self.top}/inner", self.top:
            wait_until(lambda path=path: not os.path.exists(path) or
                       not run("rmdir", path).returncode, f"rmdir {path}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def in_cgroup(cgroup, options="--uts", script=""):
    """A process in a cgroup, and in a cgroup namespace of that if asked for."""
    join = f"echo $$ > {cgroup.top}/inner/cgroup.procs"
    words = ["sh", "-ec", f"{join}; exec unshare {options} sh -ec "
             f"'{script}\necho ready\n{FOREVER}'"]
    shell = subprocess.Popen(words, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    check_equal(shell.stdout.readline(), "ready\n", "the process")
    return shell


def left(marker):
    """Processes with a marker in their command lines."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read()
        except OSError:
            continue
        if marker.encode() in words:
            found.append((path, words))
    return found


def run_and_clean_up():
    """main() does not come back: a child runs it."""
    child = os.fork()
    if not child:
        main()
    _, status = os.waitpid(child, 0)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(os.waitstatus_to_exitcode(status))
