#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""T17: --under ORIGINAL=NEW: what NEW lacks is looked for further.

The oracle is union_model.py, which says what Documentation/unions.md does: random calls
of a process under random unions do what the model says, and leave the trees as it has
them. What that cannot say is tested by hand.
"""
import errno
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile

from commands import NOBODY, good, refuses, run
from ktap import check, check_equal, main, test
from union_model import Model, Outside, Refused, plain

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("UNION_ROUNDS", "10"))
CALLS = 120
NAMES = "abc"
SEED = int(os.environ.get("UNION_SEED", "0")) or random.SystemRandom().getrandbits(32)
FLAGS = [0, os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_TRUNC, os.O_CREAT | os.O_TRUNC]

# ---- The process under rules: it does as it is told, and says what came of it ----

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}


def kind_of(info):
    """The type that stat() has told."""
    return KINDS[stat.S_IFMT(info.st_mode)]


class Doer:
    """Makes the calls; each method is one of the model's."""

    def __init__(self, original):
        self.original = original
        self.dirs = {"cwd": None}

    def at(self, start):
        """For dir_fd=."""
        return self.dirs[start]

    def stat(self, start, text):
        return kind_of(os.stat(text, dir_fd=self.at(start)))

    def lstat(self, start, text):
        return kind_of(os.lstat(text, dir_fd=self.at(start)))

    def readlink(self, start, text):
        return os.readlink(text, dir_fd=self.at(start))

    def read(self, start, text):
        fd = os.open(text, os.O_RDONLY, dir_fd=self.at(start))
        try:
            return os.read(fd, 4096).decode()
        finally:
            os.close(fd)

    def write(self, start, text, flags, value):
        fd = os.open(text, os.O_WRONLY | flags, 0o644, dir_fd=self.at(start))
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)

    def mkdir(self, start, text):
        os.mkdir(text, 0o755, dir_fd=self.at(start))

    def symlink(self, target, start, text):
        os.symlink(target, text, dir_fd=self.at(start))

    def unlink(self, start, text):
        os.unlink(text, dir_fd=self.at(start))

    def rmdir(self, start, text):
        os.rmdir(text, dir_fd=self.at(start))

    def link(self, start, text, start2, text2):
        os.link(text, text2, src_dir_fd=self.at(start), dst_dir_fd=self.at(start2),
                follow_symlinks=False)

    def rename(self, start, text, start2, text2):
        os.rename(text, text2, src_dir_fd=self.at(start), dst_dir_fd=self.at(start2))

    def chdir(self, slot, start, text):
        fd = os.open(text, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.at(start))
        if slot == "cwd" and start == "cwd":
            os.close(fd)
            os.chdir(text)
        elif slot == "cwd":
            os.fchdir(fd)
            os.close(fd)
        else:
            if self.dirs.get(slot) is not None:
                os.close(self.dirs[slot])
            self.dirs[slot] = fd

    def getcwd(self, start):
        fd = self.at(start)
        path = os.getcwd() if fd is None else os.readlink(f"/proc/self/fd/{fd}")
        if path.endswith(" (deleted)"):
            raise FileNotFoundError(errno.ENOENT, path)
        return path.removeprefix(self.original)

    def listdir(self, start, text):
        fd = os.open(text, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.at(start))
        try:
            with os.scandir(fd) as entries:
                return sorted([entry.name, self.kind_of_entry(entry)] for entry in entries)
        finally:
            os.close(fd)

    @staticmethod
    def kind_of_entry(entry):
        """As getdents() has told."""
        return ("link" if entry.is_symlink() else
                "dir" if entry.is_dir(follow_symlinks=False) else "file")


def doer():
    """Does what standard input says, a call a line."""
    it = Doer(sys.argv[2])
    for line in sys.stdin:
        name, *words = json.loads(line)
        try:
            result = getattr(it, name)(*words)
        except OSError as why:
            result = errno.errorcode[why.errno]
        print(json.dumps(result), flush=True)


# ---- Random trees and calls ----

def some_tree(rng, depth=3):
    """A nest of dicts, as the model takes it."""
    tree = {}
    for name in NAMES:
        what = rng.random()
        if what < 0.3 and depth:
            tree[name] = some_tree(rng, depth - 1)
        elif what < 0.55:
            tree[name] = f"{rng.randrange(1000)}"
        elif what < 0.65:
            tree[name] = (some_target(rng),)
    return tree


def some_target(rng):
    """What a symbolic link says; @ stands for ORIGINAL."""
    path = "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 2)))
    return rng.choice(["@/", "", ""]) + path


def grow(top, tree, original):
    """Makes a tree."""
    for name, value in tree.items():
        path = f"{top}/{name}"
        if isinstance(value, dict):
            os.mkdir(path)
            grow(path, value, original)
        elif isinstance(value, tuple):
            os.symlink(value[0], path)
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(value)


def said(tree, original):
    """The same with ORIGINAL in the place of @."""
    return {name: said(value, original) if isinstance(value, dict) else
            (value[0].replace("@", original),) if isinstance(value, tuple) else value
            for name, value in tree.items()}


def read_tree(top):
    """What is there, as plain() says it."""
    tree = {}
    for entry in sorted(os.scandir(top), key=lambda entry: entry.name):
        if entry.is_symlink():
            tree[entry.name] = (os.readlink(entry.path),)
        elif entry.is_dir():
            tree[entry.name] = read_tree(entry.path)
        else:
            with open(entry.path, encoding="ascii") as file:
                tree[entry.name] = file.read()
    return tree


class Chance:
    """Random calls."""

    def __init__(self, rng, model):
        self.rng = rng
        self.model = model
        self.original = model.original
        self.slots = ["cwd"]

    def name(self):
        """[start, text]"""
        parts = [self.rng.choice(NAMES) for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.2:
            parts.insert(self.rng.randrange(len(parts)), ".")
        if self.rng.random() < 0.15:
            # It does not climb above where it went down.
            parts.insert(self.rng.randint(1, len(parts)), "..")
            parts.append(self.rng.choice(NAMES))
        text = "/".join(parts)
        if self.rng.random() < 0.4:
            return ["cwd", f"{self.original}/{text}"]
        slot = self.rng.choice(self.slots)
        return [slot, "../" + text if self.is_deep(slot) and self.rng.random() < 0.2 else text]

    def is_deep(self, slot):
        """Whether there is something of the model's above a directory."""
        try:
            return self.model.tree_number(self.model.dirs[slot])[1]
        except Refused:
            return False

    def call(self):
        """One for the model and for the process."""
        what = self.rng.choice(
            ["stat", "lstat", "readlink", "read", "write", "write", "mkdir", "symlink",
             "unlink", "rmdir", "link", "rename", "chdir", "getcwd", "listdir"])
        if what == "write":
            return [what, *self.name(), self.rng.choice(FLAGS), str(self.rng.randrange(100))]
        if what == "symlink":
            return [what, some_target(self.rng).replace("@", self.original), *self.name()]
        if what in ("link", "rename"):
            return [what, *self.name(), *self.name()]
        if what == "getcwd":
            return [what, self.rng.choice(self.slots)]
        if what == "chdir":
            return [what, self.rng.choice(["cwd", "one", "two"]), *self.name()]
        return [what, *self.name()]


def told(model, call):
    """What the model says of it."""
    try:
        result = getattr(model, call[0])(*call[1:])
    except Refused as why:
        return str(why)
    return result


class World:
    """A directory with the trees of a union, some of them mounts of their own."""

    def __init__(self, rng):
        self.top = tempfile.mkdtemp(prefix="union", dir="/tmp")
        count = rng.randint(2, 4)
        self.original = f"{self.top}/original"
        self.dirs = [f"{self.top}/new{i}" for i in range(count - 1)] + [self.original]
        self.mounts, trees = [], []
        for i, path in enumerate(self.dirs):
            os.mkdir(path)
            apart = rng.random() < 0.3
            if apart:
                good("mount", "-t", "tmpfs", "none", path)
            self.mounts.append(i + 1 if apart else 0)
            trees.append(said(some_tree(rng), self.original))
            grow(path, trees[-1], self.original)
        self.model = Model(self.original, trees, self.mounts)

    def rules(self):
        """For pvadm."""
        words = []
        for path in self.dirs[:-1]:
            words += ["--under", f"{self.original}={path}"]
        return words

    def remove(self):
        """Afterwards."""
        for path, mount in zip(self.dirs, self.mounts):
            if mount:
                good("umount", "-l", path)
        shutil.rmtree(self.top)


def play(rng, number):
    """One world, and a process that makes CALLS calls in it."""
    world = World(rng)
    chance = Chance(rng, world.model)
    history = []
    with subprocess.Popen(
            ["pvadm", "run", *world.rules(), "--", sys.executable, __file__, "--doer",
             world.original], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd="/") as process:
        for step in range(CALLS + 1):
            call = chance.call() if step else ["chdir", "cwd", "cwd", world.original]
            try:
                wanted = told(world.model, call)
            except Outside:
                continue
            history.append((call, wanted))
            process.stdin.write(json.dumps(call) + "\n")
            process.stdin.flush()
            found = json.loads(process.stdout.readline())
            if found != wanted:
                process.stdin.close()
                check(False, f"seed {SEED}, world {number}, call {step}: {call}:",
                      f"{found}, not {wanted}\nmounts {world.mounts}\n" +
                      "\n".join(str(plain(tree)) for tree in world.model.trees) + "\n" +
                      "\n".join(map(str, history[-12:])))
            if call[0] == "chdir" and wanted is None and call[1] not in chance.slots:
                chance.slots.append(call[1])
        process.stdin.close()
    check_equal(process.returncode, 0, "status of the process")
    for path, tree in zip(world.dirs, world.model.trees):
        check_equal(read_tree(path), plain(tree), f"seed {SEED}, world {number}: {path}")
    world.remove()


@test
def random_calls_do_what_the_model_says():
    """The model is held against the real thing."""
    for number in range(ROUNDS):
        play(random.Random(f"{SEED} {number}"), number)


# ---- By hand ----

class Two:
    """ORIGINAL with "low", "both" and low/f, NEW with "up", "both" and up/f."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="union", dir="/tmp")
        self.original, self.new = f"{self.top}/original", f"{self.top}/new"
        for top, own in ((self.original, "low"), (self.new, "up")):
            os.makedirs(f"{top}/{own}")
            os.mkdir(f"{top}/dir")
            for path in ("both", f"{own}/f", f"dir/{own}"):
                with open(f"{top}/{path}", "w", encoding="ascii") as file:
                    file.write(own)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)

    def run(self, script, *rules):
        """Runs a shell script at ORIGINAL; returns what it printed."""
        return good("pvadm", "run", *(rules or self.rules()), "--", "sh", "-euc", script,
                    cwd="/", user=["env", f"O={self.original}"])

    def rules(self):
        """For pvadm."""
        return ["--under", f"{self.original}={self.new}"]


@test
def the_first_tree_that_has_a_name_has_the_say():
    """Lookup, and what is new."""
    with Two() as two:
        check_equal(two.run("cat $O/both $O/low/f $O/up/f; cd $O/dir; cat low up; "
                            "echo new >$O/n; mkdir $O/low/d; echo more >$O/low/d/n"),
                    "up" "low" "up" "low" "up", "contents")
        check_equal(sorted(os.listdir(two.new)), ["both", "dir", "n", "up"], "NEW")
        check_equal(os.listdir(f"{two.original}/low/d"), ["n"], "the lower tree")


@test
def names_that_no_union_speaks_of_are_what_they_are():
    """Beside a union, into it, out of it; by links, by "..", below a new root directory."""
    with Two() as two:
        os.makedirs(f"{two.top}/other/sub")
        with open(f"{two.top}/other/f", "w", encoding="ascii") as file:
            file.write("other")
        os.symlink(two.original, f"{two.top}/other/into")
        os.symlink("../../original/low", f"{two.top}/other/sub/low")
        os.symlink("../../other/f", f"{two.new}/dir/out")
        rules = [*two.rules(), "--map", f"{two.top}/map={two.top}/other"]
        out, into = "other" * 3, "lowup" * 2
        check_equal(two.run("T=${O%/*}; cat $T/other/f $T/map/f; cd $T/other; cat f; "
                            "cat into/low/f ./into/up/f sub/low/f ../original/up/f; "
                            "cd sub; cat ../f ../../map/f $O/../other/f; "
                            "cat low/f low/../up/f ../../original/./low/f ../into/up/f",
                            *rules), out + into + out + into, "from outside")
        check_equal(two.run("cd $O/dir; cat out ../../other/f ../../map/f; "
                            "cat low up ../low/f ../dir/up; cd $O/low; cat ../dir/out; "
                            "cd ../up; cat ../../map/f ../../other/sub/../f; "
                            "cd ../..; cat original/low/f original/up/f; "
                            "cat other/into/low/f map/into/up/f", *rules),
                    out + into + out + into, "from inside")
        two.run(f"{sys.executable} -c '{BELOW_A_NEW_ROOT}'", *rules)


BELOW_A_NEW_ROOT = """
import os
def read(*names):
    return "".join(open(name).read() for name in names)
os.chroot(os.path.dirname(os.environ["O"]))
assert read("/original/low/f", "/original/up/f", "/original/dir/low") == "lowuplow"
assert read("/other/f", "/map/f", "/other/sub/low/f") == "otherotherlow"
os.chdir("/original/dir")
assert read("low", "up", "../low/f", "../../other/f", "out") == "lowuplowotherother"
assert sorted(os.listdir("..")) == ["both", "dir", "low", "up"]
os.chroot("/original")
assert read("/low/f", "/up/f", "/../up/f") == "lowupup"
"""


def trees(count, top):
    """The rules of a union of so many trees, the last of which is ORIGINAL."""
    words = []
    for i in range(1, count):
        os.makedirs(f"{top}/tree{i}/a/b")
        words += ["--under", f"{top}/original={top}/tree{i}"]
    return words


@test
def a_name_is_looked_for_in_16_trees():
    """The last one may have it; nothing is behind it."""
    with Two() as two:
        rules = trees(16, two.top)
        with open(f"{two.top}/tree15/a/b/last", "w", encoding="ascii") as file:
            file.write("last")
        check_equal(two.run("cat $O/a/b/last; cd $O/a; cat b/last ../a/b/last ./../low/f; "
                            "cat $O/low/f; ! cat $O/a/b/none; echo >$O/a/b/made; "
                            "mkdir $O/low/made; ls $O/a/b", *rules),
                    "lastlastlastlowlowlast\nmade\n", "names")
        check_equal(sorted(os.listdir(f"{two.top}/tree1/a/b")), ["made"], "the first tree")
        check(os.path.isdir(f"{two.original}/low/made"), "what only ORIGINAL can hold")
        os.mkdir(f"{two.top}/more")
        more = ["--under", f"{two.original}={two.top}/more"]
        check_equal(two.run(f"{sys.executable} -c '{SEVENTEEN_TREES}'", *rules, *more), "",
                    "in 17 trees")


SEVENTEEN_TREES = """
import errno, os
for name in ("low/f", "a/b/none", "a/../none", "none", "none/none"):
    try:
        os.stat(os.environ["O"] + "/" + name)
        assert False, name
    except OSError as why:
        assert why.errno == errno.ELOOP, (name, why)
assert open(os.environ["O"] + "/a/b/last").read() == "last"
"""


@test
def what_is_in_the_way_is_in_the_way():
    """A file or a link in one tree, a directory in another, at any depth."""
    with Two() as two:
        for top in two.original, two.new:
            os.makedirs(f"{top}/a/b/c")
        os.makedirs(f"{two.original}/file/x")
        os.makedirs(f"{two.original}/link/x")
        os.makedirs(f"{two.new}/deep/a")
        for path in f"{two.new}/file", f"{two.original}/a/b/c/f", f"{two.original}/deep":
            with open(path, "w", encoding="ascii") as file:
                file.write("f")
        os.symlink("a/b", f"{two.new}/link")
        check_equal(two.run(f"{sys.executable} -c '{IN_THE_WAY}'"), "", "names")


IN_THE_WAY = """
import errno, os
os.chdir(os.environ["O"])
def fails(call, why, *names):
    for name in names:
        for way in (name, os.environ["O"] + "/" + name):
            try:
                call(way)
                assert False, way
            except OSError as told:
                assert told.errno == why, (way, told)
fails(os.stat, errno.ENOTDIR, "file/x", "file/x/y", "file/", "file/.", "a/b/c/f/x", "a/../file/x")
fails(os.stat, errno.ENOENT, "link/x", "link/x/y", "deep/x", "deep/a/x/y", "a/b/x", "a/b/x/y")
fails(os.stat, errno.ENAMETOOLONG, "a/b/" + "x" * 256, "x" * 256 + "/a", "a/" * 2100)
fails(os.mkdir, errno.EEXIST, "a/b", "a/b/c/f", "file", "link", "deep/a")
fails(os.rmdir, errno.ENOTDIR, "file", "link", "a/b/c/f")
fails(os.unlink, errno.ENOENT, "link/x", "a/b/x")
for way in ("", os.environ["O"] + "/"):
    for name in ("a/b/c/f", "link/c/f", "a/b/../b/c/f", "link/../b/c/f", "a//b/./c/f"):
        assert open(way + name).read() == "f", name
    for name in ("a/b/c", "a/b/c/", "link/c/", "link/", "deep/a", "deep/a/", "a/b/c/."):
        assert os.path.isdir(way + name), name
assert os.path.islink("link") and os.readlink(os.environ["O"] + "/link") == "a/b"
"""


@test
def a_deep_name_costs_what_it_says():
    """As many components as a name can have, in several trees; and not much more with ".."."""
    with Two() as two:
        rules = trees(8, two.top)
        check_equal(two.run(f"{sys.executable} -c '{DEEP}'", *rules), "", "names")


DEEP = """
import errno, os
top = os.path.dirname(os.environ["O"])
deep = "d/" * 900
for tree in (1, 3, 7):
    os.chdir(f"{top}/tree{tree}")
    for i in range(900):
        os.mkdir("d")
        os.chdir("d")
open("f", "w").close()
os.chdir(os.environ["O"])
for way in ("", os.environ["O"] + "/"):
    os.stat(way + deep + "f")
    os.stat(way + deep + "../d/f")
    os.stat(way + "d/../" + deep + "./f")
    try:
        os.stat(way + deep + "../../d/d/" * 200 + "f")
    except OSError as why:
        assert why.errno == errno.ELOOP, why
os.chdir(deep)
os.stat("f")
os.stat("../d/f")
"""


@test
def nothing_is_hidden_by_a_removal():
    """What was behind what is removed is there."""
    with Two() as two:
        check_equal(two.run("rm $O/both; cat $O/both; rm $O/both; test ! -e $O/both"),
                    "low", "contents")
        two.run("rm -r $O/up; test ! -e $O/up; test -e $O/low/f")


@test
def a_listing_has_all_names_once():
    """ls, a glob, find and du; and by a buffer for one entry."""
    with Two() as two:
        for i in range(300):
            for top, names in ((two.original, ("o", "x")), (two.new, ("n", "x"))):
                for name in names:
                    with open(f"{top}/dir/{name}{i}", "w", encoding="ascii"):
                        pass
        check_equal(two.run("ls $O; cd $O/dir; ls | wc -l; echo * | wc -w; "
                            "find . -name 'x*' | wc -l; find $O -type f | sort | uniq -d").split(),
                    ["both", "dir", "low", "up", "902", "902", "300"], "names")


@test
def other_ways_to_come_to_a_file():
    """exec, a script's interpreter, AF_UNIX, mmap by a library, inotify of the first tree."""
    with Two() as two:
        shutil.copy("/bin/true", f"{two.original}/true")
        with open(f"{two.new}/script", "w", encoding="ascii") as file:
            file.write(f"#!{two.original}/true\n")
        os.chmod(f"{two.new}/script", 0o755)
        two.run("$O/true; $O/script; cd $O; ./true; ./script")
        two.run(f"{sys.executable} -c 'import socket, os\n"
                "os.chdir(os.environ[\"O\"] + \"/low\")\n"
                "s = socket.socket(socket.AF_UNIX); s.bind(\"sock\"); s.listen()\n"
                "c = socket.socket(socket.AF_UNIX)\n"
                "c.connect(os.environ[\"O\"] + \"/low/sock\")'")
        check(stat.S_ISSOCK(os.stat(f"{two.original}/low/sock").st_mode), "the socket")


def protect_links():
    """What the kernel keeps from being followed, opened or linked in sticky directories."""
    for name in "symlinks", "hardlinks", "regular":
        with open(f"/proc/sys/fs/protected_{name}", "w", encoding="ascii") as file:
            file.write("1")


def plant_for_nobody(two):
    """Directories that uid 65534 may do something in, in one tree and not in the other."""
    os.chmod(two.top, 0o755)
    modes = {"closed": (0o700, 0o755), "hidden": (0o755, 0o700), "blind": (0o755, 0o711),
             "fixed": (0o755, 0o777), "free": (0o777, 0o755), "sticky": (0o1777, 0o1777)}
    for name, both in modes.items():
        for top, mode in zip((two.new, two.original), both):
            os.mkdir(f"{top}/{name}")
            with open(f"{top}/{name}/{top[-3:]}", "w", encoding="ascii") as file:
                file.write("root's")
            os.chmod(f"{top}/{name}", mode)
    for top in two.new, two.original:
        os.symlink("../both", f"{top}/sticky/link-{top[-3:]}")
        os.lchown(f"{top}/sticky/link-{top[-3:]}", 1, 1)
        os.chown(f"{top}/sticky/{top[-3:]}", 1, 1)
        os.chmod(f"{top}/sticky/{top[-3:]}", 0o666)


@test
def nobody_may_by_a_union_what_he_may_not_without():
    """Each tree asks for the process's own rights; uid 65534, and root of his own namespace."""
    protect_links()
    for user in NOBODY, [*NOBODY, "unshare", "--user", "--map-root-user"]:
        with Two() as two:
            plant_for_nobody(two)
            check_equal(good("pvadm", "run", *two.rules(), "--", sys.executable, "-c",
                             AS_NOBODY, cwd="/", user=[*user, "env", f"O={two.original}"]),
                        "", "what he says")
            check_equal(sorted(os.listdir(f"{two.original}/fixed")), ["nal"], "made below")
            check_equal(sorted(os.listdir(f"{two.new}/free")), ["made", "new"], "made above")
            check_equal(os.stat(f"{two.new}/free/made").st_uid, 65534, "whose it is")


AS_NOBODY = """
import errno, os
O = os.environ["O"]
os.chdir(O)
def fails(why, call, *names, more=()):
    for name in names:
        for way in name, O + "/" + name, "dir/../" + name:
            try:
                call(way, *more)
                assert False, way
            except OSError as told:
                assert told.errno == why, (way, told)
make = os.O_CREAT | os.O_WRONLY
fails(errno.EACCES, os.stat, "closed/new", "closed/nal", "closed/none", "closed/none/none")
fails(errno.EACCES, os.listdir, "closed")
fails(errno.EACCES, os.stat, "hidden/nal", "hidden/none")
fails(errno.EACCES, os.open, "hidden/none", "fixed/made", "closed/made", more=(make,))
assert os.listdir("hidden") == ["new"] and os.listdir("blind") == ["new"]
assert open("blind/nal").read() == open(O + "/blind/new").read() == "root's"
fails(errno.EACCES, os.mkdir, "fixed/made", "hidden/made", "blind/made")
fails(errno.EACCES, lambda name: os.symlink("x", name), "fixed/made")
fails(errno.EACCES, lambda name: os.rename("free/new", name), "fixed/made")
fails(errno.EACCES, os.unlink, "fixed/new", "closed/new", "blind/nal")
fails(errno.EACCES, open, "sticky/link-new", "sticky/link-nal")
fails(errno.EACCES, os.open, "sticky/new", "sticky/nal", more=(make,))
fails(errno.EPERM, lambda name: os.link(name, "free/link"), "both", "fixed/new")
os.close(os.open("free/made", make | os.O_EXCL))
"""


@test
def a_rule_behind_has_a_say_and_may_be_the_last():
    """--under, then --map: ORIGINAL itself is hidden."""
    with Two() as two:
        os.mkdir(f"{two.top}/mid")
        with open(f"{two.top}/mid/m", "w", encoding="ascii") as file:
            file.write("mid")
        check_equal(two.run("cat $O/m $O/both; test ! -e $O/low", *two.rules(), "--map",
                            f"{two.original}={two.top}/mid"), "midup", "contents")


@test
def layers_have_unions_of_their_own():
    """pvadm run in pvadm run: the inner one's trees come first."""
    with Two() as two:
        os.mkdir(f"{two.top}/inner")
        with open(f"{two.top}/inner/both", "w", encoding="ascii") as file:
            file.write("inner")
        check_equal(two.run(f"pvadm run --under $O={two.top}/inner -- "
                            "sh -c 'cat $O/both $O/low/f $O/up/f; rm $O/both; cat $O/both'"),
                    "innerlowupup", "contents")


@test
def new_is_told_as_original():
    """getcwd and /proc, in each of the trees."""
    with Two() as two:
        check_equal(two.run("for d in up low dir; do cd $O/$d; /bin/pwd; "
                            "readlink /proc/self/cwd; done").split(),
                    [f"{two.original}/{d}" for d in ("up", "low", "dir") for _ in "12"],
                    "what the kernel tells")


@test
def what_is_attached_is_shown_and_read_back():
    """show is a map file; resolve has all places; JSON."""
    with Two() as two:
        text = two.run("pvadm show $$")
        check_equal(text.splitlines()[1:], [f"under {two.original}={two.new}"], "show")
        with open(f"{two.top}/map", "w", encoding="ascii") as file:
            file.write(text)
        check_equal(two.run("cat $O/low/f; pvadm resolve $$ $O/x", "--map-file",
                            f"{two.top}/map"), f"low{two.new}/x\n{two.original}/x\n",
                    "resolve")
        shown = json.loads(two.run("pvadm show --json $$"))
        check(shown["layers"][0]["rules"][0]["under"], "JSON", shown)
        resolved = json.loads(two.run("pvadm resolve --json $$ $O/x"))
        check_equal(resolved["further"], [f"{two.original}/x"], "JSON of resolve")


@test
def original_is_busy_and_what_cannot_be_is_refused():
    """As with other rules."""
    with Two() as two:
        check_equal(run("pvadm", "run", *two.rules(), "--", "rmdir",
                        two.original).returncode, 1, "status of rmdir")
        os.symlink(two.original, f"{two.top}/link")
        for original in f"{two.top}/link", f"{two.top}/link/low":
            refuses("symbolic link", "pvadm", "run", "--under", f"{original}={two.new}",
                    "--", "true")
        refuses("not there|No such file", "pvadm", "run", "--under",
                f"{two.original}={two.top}/absent", "--", "true")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--doer"]:
        doer()
    else:
        print("# UNION_SEED", SEED)
        main()
