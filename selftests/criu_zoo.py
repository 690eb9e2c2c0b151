#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""I6: criu, the suite's own, with pvadm criu-hook and without, on a zoo of processes.

helpers/zoo has the kinds of things that can be held without a name. All together, on
one filesystem; with PV_ZOO=all each kind by itself, on each filesystem, both ways: what
came of it is told in lines of "# zoo:", from which

    criu_zoo.py --table LOG...

makes Documentation/criu-kinds.md.
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from commands import good, run
from ktap import Skip, check, check_equal, comment, main, test, wait_until

SCRATCH = tempfile.mkdtemp(prefix="zoo.", dir="/var/tmp")
MNT = f"{SCRATCH}/mnt"
IMAGES = f"{SCRATCH}/images"
ZOO = os.path.realpath("helpers/zoo")
ALL = os.environ.get("PV_ZOO") == "all"
OPTIONS = ["--link-remap", "--file-locks"]
HOOK = ["--action-script", "pvadm-criu-hook"]
FILESYSTEMS = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
    "tmpfs": None,
    "overlayfs": None,
}

# What does not come back on all of them, with the hook; Documentation/criu-kinds.md tells of it.
NOT_SERVED = {"inotify"}


def mount(filesystem):
    """A fresh one at MNT."""
    os.makedirs(MNT, exist_ok=True)
    if filesystem == "tmpfs":
        good("mount", "-t", "tmpfs", "none", MNT)
    elif filesystem == "overlayfs":
        for name in "lower", "upper", "work":
            shutil.rmtree(f"{SCRATCH}/{name}", ignore_errors=True)
            os.mkdir(f"{SCRATCH}/{name}")
        good("mount", "-t", "overlay", "-o", f"lowerdir={SCRATCH}/lower,"
             f"upperdir={SCRATCH}/upper,workdir={SCRATCH}/work", "none", MNT)
    else:
        if not shutil.which(FILESYSTEMS[filesystem][0]):
            raise Skip(f"no {FILESYSTEMS[filesystem][0]}")
        with open(f"{SCRATCH}/disk", "wb") as disk:
            disk.truncate(512 << 20)
        good(*FILESYSTEMS[filesystem], f"{SCRATCH}/disk")
        good("mount", "-o", "loop", f"{SCRATCH}/disk", MNT)


def unmount():
    """As soon as nobody needs it."""
    wait_until(lambda: run("umount", MNT).returncode == 0, "umount")


def why(log, default):
    """The first error in it, without what changes."""
    try:
        with open(f"{IMAGES}/{log}", encoding="utf-8", errors="replace") as file:
            found = re.search(r"Error \([^)]*\): (.*)", file.read())
    except FileNotFoundError:
        found = None
    said = found[1].strip() if found else default
    said = re.sub(r"/?" + re.escape(f"{MNT[1:]}/zoo/"), "", said)
    return re.sub(r"\b(0x[0-9a-f]+|\d{3,})\b", "N", said)


class Zoo:
    """Processes of some kinds, in a directory of their own."""

    def __init__(self, kinds):
        self.kinds = kinds
        self.dir = f"{MNT}/zoo"
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir)
        shutil.rmtree(IMAGES, ignore_errors=True)
        os.mkdir(IMAGES)
        with open(f"{SCRATCH}/said", "wb") as said:
            self.process = subprocess.Popen([ZOO, self.dir, *kinds], stdout=said,
                                            stdin=subprocess.DEVNULL, stderr=said,
                                            start_new_session=True)
        self.pid = self.process.pid
        wait_until(lambda: self.all_have("ready") or self.process.poll() is not None,
                   "the zoo")
        if self.process.poll() is not None:
            with open(f"{SCRATCH}/said", encoding="utf-8") as said:
                raise Skip(said.read().strip())

    def all_have(self, what):
        """Have all of them made that file?"""
        return all(os.path.exists(f"{self.dir}/{kind}.{what}") for kind in self.kinds)

    def dump(self, *options):
        """None, or why it failed."""
        done = run("criu", "dump", "-t", self.pid, "-D", IMAGES, "-v2", "-o", "dump.log",
                   *OPTIONS, *options)
        if done.returncode:
            return why("dump.log", f"status {done.returncode}")
        self.process.wait()
        wait_until(lambda: not os.path.exists(f"/proc/{self.pid}"), "its end")
        return None

    def restore(self):
        """None, or why it failed."""
        done = run("criu", "restore", "-d", "-D", IMAGES, "-v2", "-o", "restore.log",
                   *OPTIONS)
        if done.returncode:
            return why("restore.log", f"status {done.returncode}")
        return None

    def answers(self):
        """{kind: what it says of itself}."""
        os.killpg(self.pid, signal.SIGUSR1)
        wait_until(lambda: self.all_have("answer") or not self.lives(), "answers")
        said = {}
        for kind in self.kinds:
            try:
                with open(f"{self.dir}/{kind}.answer", encoding="utf-8") as file:
                    said[kind] = file.read()
            except FileNotFoundError:
                said[kind] = "it has ended"
        return said

    def lives(self):
        """Is there any of its processes?"""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end(self):
        """And all that it has left."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.poll()
        def gone():
            self.process.poll()
            return not self.lives() and not os.path.exists(f"/proc/{self.pid}")
        wait_until(gone, "its end")
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def links():
    """What is ours to remove."""
    found = []
    for top, _, files in os.walk(f"{MNT}/lost+found"):
        found += [f"{top}/{name}" for name in files]
    return found + [name for name in os.listdir(IMAGES) if name == "pathvirt.json"]


def one(kind, options):
    """What comes of one kind: "whole", or what does not go well."""
    with Zoo([kind]) as zoo:
        refused = zoo.dump(*options)
        if options:
            wait_until(lambda: not links(), f"links of {kind}")
        if refused:
            return f"refused: {refused}"
        failed = zoo.restore()
        if failed:
            return f"not restored: {failed}"
        said = zoo.answers()[kind]
        return said if said == "whole" else f"restored, but: {said}"


def all_kinds():
    """As zoo has them."""
    return good(ZOO).split()


def ready():
    """Is there a criu that knows this kernel?"""
    if not shutil.which("criu"):
        raise Skip("the suite has no criu")
    done = run("criu", "check")
    if done.returncode:
        raise Skip("criu does not know this kernel: " + done.stderr.splitlines()[-1])


def attempt(kind, options):
    """The same of what may not be there to be held."""
    try:
        return one(kind, options)
    except Skip as reason:
        return f"cannot be held: {reason}"


def tree(kinds):
    """With the hook, several at once: {kind: what comes of it}, or why it failed."""
    with Zoo(kinds) as zoo:
        failed = zoo.dump(*HOOK)
        wait_until(lambda: not links(), "links")
        return failed or zoo.restore() or zoo.answers()


def each_kind(filesystem):
    """All of them by themselves; nothing gets worse with the hook."""
    alone = {kind: attempt(kind, []) for kind in all_kinds()}
    # What criu serves by itself is one tree with the hook, which is quicker.
    served = tree([kind for kind, came in alone.items() if came == "whole"])
    if isinstance(served, str):
        comment(f"a tree of them: {served}")
        served = {}
    bad = []
    for kind, came in alone.items():
        hook = served.get(kind)
        if hook != "whole":
            hook = attempt(kind, HOOK)
        for way, result in ("alone", came), ("hook", hook):
            comment(f"zoo: {os.uname().release} {filesystem} {kind} {way} {result}")
        # On overlayfs an old kernel has no O_TMPFILE.
        if hook.startswith("cannot be held"):
            continue
        if hook != "whole" and (came == "whole" or kind not in NOT_SERVED):
            bad.append(f"{kind}: alone {came}, with the hook {hook}")
    check(not bad, *bad)


def on(filesystem, function):
    """With that filesystem at MNT."""
    ready()
    mount(filesystem)
    try:
        function(filesystem)
    finally:
        unmount()


def together(_):
    """All, in one tree; what criu does not serve by itself, it need not."""
    kinds = all_kinds()
    came = tree(kinds)
    for kind in NOT_SERVED:
        if isinstance(came, dict) and came[kind] != "whole":
            check(attempt(kind, []) != "whole", kind, "with the hook", came[kind])
            came[kind] = "whole"
    check_equal(came, {kind: "whole" for kind in kinds}, "what comes of it")


@test
def I6_all_kinds_in_one_tree():
    """Dumped with the hook, and restored without."""
    on("ext4", together)


def add_whole():
    """A test for each filesystem."""
    for filesystem in FILESYSTEMS:
        def whole(filesystem=filesystem):
            on(filesystem, each_kind)
        whole.__name__ = f"I6_each_kind_on_{filesystem}"
        test(whole)


def tables(logs):
    """As Markdown."""
    cells = collections.defaultdict(dict)
    kernels, kinds = [], []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                found = re.match(r"# zoo: (\d+\.\d+)\S* (\S+) (\S+) (\S+) (.*)", line)
                if not found:
                    continue
                kernel, filesystem, kind, way, came = found.groups()
                cells[kind, filesystem][kernel, way] = \
                    " ".join(came.replace(f"{kind}/", "").split())
                kernels += [kernel] * (kernel not in kernels)
                kinds += [kind] * (kind not in kinds)
    print_tables(cells, kernels, kinds)


PAGE = """# What comes back, kind by kind

Processes that hold one kind of thing each without a name, selftests/helpers/zoo.c, were dumped
with `criu dump --link-remap --file-locks` and restored, with `pvadm-criu-hook` and without,
by the criu of each guest's suite. A "yes" means that the restored process has found all
that it had: contents, size and holes, offset, links, locks, mode, data in pipes and
sockets. `PV_ZOO=all selftests/criu_zoo.py` tells it, `--table` made this page of that.
The hook is for regular files; what else is here shows that it does no harm to the rest.

- file: without any name; one-link, more-links: one or two others are left
- two-names: opened by two, both gone; tmpfile: made by `O_TMPFILE`
- large: 2 MiB, more than criu copies unless told to; sparse: 64 MiB, a hole but for its ends
- directory-gone: its directory was removed as well
- lock: flock() and fcntl(); shared: two processes have one open file
- map-shared, map-private: 2 MiB, by a mapping alone, the private one with a change
- program: the one that runs; cwd, dir, root: a directory that was removed
- fifo: with data in it; bound, connected: sockets of AF_UNIX, with data on the way
- device: the node of one; inotify: a watch on a file

"""


def print_tables(cells, kernels, kinds):
    """A column for each filesystem; what differs by kernel says so."""
    notes = {}

    def note(came):
        if came == "whole":
            return "yes"
        return f"no [{notes.setdefault(came, len(notes) + 1)}]"
    print(f"{PAGE}Kernels: {', '.join(kernels)}.")
    for way, title in ("hook", "With the hook"), ("alone", "criu alone"):
        print(f"\n| {title} | {' | '.join(FILESYSTEMS)} |")
        print("|---" * (len(FILESYSTEMS) + 1) + "|")
        for kind in kinds:
            row = []
            for filesystem in FILESYSTEMS:
                by = collections.defaultdict(list)
                for kernel in kernels:
                    came = cells[kind, filesystem].get((kernel, way))
                    by[note(came) if came else "not tried"].append(kernel)
                row.append(", ".join(what if len(by) == 1 else
                                     f"{what} ({', '.join(which)})"
                                     for what, which in by.items()))
            print(f"| {kind} | {' | '.join(row)} |")
    print("\nWhy not:\n")
    for came, number in notes.items():
        print(f"{number}. {came}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--table"]:
        tables(sys.argv[2:])
        shutil.rmtree(SCRATCH)
        sys.exit()
    if ALL:
        add_whole()
    main(lambda: shutil.rmtree(SCRATCH, ignore_errors=True))
