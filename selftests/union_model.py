# SPDX-License-Identifier: GPL-2.0
"""Imported by union.py: what Documentation/unions.md says, as a small model.

A union is a list of trees: NEW, the NEWs of the rules behind it, ORIGINAL itself. Names
are lists of components below ORIGINAL. Every operation returns what the real call gives
(None, a string, a sorted list) or the name of an errno.
"""
import os

LINKS = 40      # the most symbolic links in a name


class Refused(Exception):
    """An errno, by its name."""


class Outside(Exception):
    """A name climbs out of ORIGINAL, of which the model knows nothing."""


class Node:
    """A file, a directory or a symbolic link, which may have several names if it is a file."""

    def __init__(self, kind, value):
        self.kind = kind        # "file", "dir", "link"
        self.value = value      # the contents, the entries, the target
        self.where = None       # of a directory: (parent, name)
        self.tree = None        # of one that was removed: which tree it was in

    def put(self, name, node):
        """Gives a node a name in this directory."""
        self.value[name] = node
        if node.kind == "dir":
            node.where = (self, name)

    def take(self, name):
        """Takes a name away."""
        node = self.value.pop(name)
        if node.kind == "dir":
            node.where = None
        return node

    def is_gone(self):
        """Whether it is a directory that was removed."""
        return self.tree is not None and self.where is None


def tree_of(entries):
    """The directory that a nest of dicts says; a str is a file, a tuple a link."""
    top = Node("dir", {})
    for name, value in entries.items():
        if isinstance(value, dict):
            top.put(name, tree_of(value))
        elif isinstance(value, tuple):
            top.put(name, Node("link", value[0]))
        else:
            top.put(name, Node("file", value))
    return top


def plain(node):
    """As tree_of() takes it."""
    if node.kind == "dir":
        return {name: plain(entry) for name, entry in sorted(node.value.items())}
    return (node.value,) if node.kind == "link" else node.value


class Found:
    """Where a name ends: its directory in one of the trees, and what it is there."""

    def __init__(self, tree, parent, name, node):
        self.tree = tree        # its number
        self.parent = parent    # the directory
        self.name = name        # the last component
        self.node = node        # what has it, or None


class Model:
    """Trees of a union, and a process that has a working directory and open ones."""

    def __init__(self, original, trees, mounts):
        self.original = original        # its path
        self.trees = [tree_of(tree) for tree in trees]
        self.mounts = mounts            # of each tree the number of its mount
        self.dirs = {"cwd": self.trees[0]}

    # ---- Looking up ----

    def tree_number(self, node):
        """Which tree a directory lies in, and its path there; None if it was removed."""
        path = []
        while node.where:
            path.insert(0, node.where[1])
            node = node.where[0]
        if node not in self.trees:
            raise Refused("ENOENT")
        return self.trees.index(node), path

    def dir_at(self, tree, path):
        """The directory of that path in one tree, by no link; or None."""
        node = self.trees[tree]
        for name in path:
            if node.kind != "dir":
                return None
            node = node.value.get(name)
            if node is None:
                return None
        return node if node.kind == "dir" else None

    def entry(self, path, name):
        """The first tree that has a name; else the first that has its directory; or None."""
        made = None
        for tree in range(len(self.trees)):
            parent = self.dir_at(tree, path)
            if not parent:
                continue
            if name in parent.value:
                return Found(tree, parent, name, parent.value[name])
            made = made or Found(tree, parent, name, None)
        return made

    def begin(self, start, text):
        """Where a name begins, and its components."""
        if text.startswith(self.original):
            return [], text[len(self.original):].split("/")
        return self.tree_number(self.dirs[start])[1], text.split("/")

    def walk(self, start, text, follow):
        """Where a name ends. A Found without a parent: a directory, by "." or ".."."""
        path, todo = self.begin(start, text)
        known = 0 if text.startswith(self.original) else len(path)
        todo = [name for name in todo if name not in ("", ".")]
        # As deep as the walk has begun nothing was looked up.
        links = 0
        while todo:
            name = todo.pop(0)
            if name == "..":
                if len(path) <= known:
                    self.again(path)
                    known = 0
                if not path:
                    raise Outside
                path.pop()
                continue
            found = self.entry(path, name)
            last = not todo
            if not found or (not found.node and not last):
                raise Refused("ENOENT")
            if found.node and found.node.kind == "link" and (follow or not last):
                links += 1
                if links > LINKS:
                    raise Refused("ELOOP")
                if found.node.value.startswith(self.original):
                    path, known = [], 0
                more = found.node.value
                if not path and more.startswith(self.original):
                    more = more[len(self.original):]
                todo[:0] = [n for n in more.split("/") if n not in ("", ".")]
                continue
            if last:
                return found
            if found.node.kind != "dir":
                raise Refused("ENOTDIR")
            path.append(name)
        return self.at(path)

    def again(self, path):
        """A path is walked from ORIGINAL on."""
        for depth, name in enumerate(path):
            found = self.entry(path[:depth], name)
            if not found or not found.node:
                raise Refused("ENOENT")
            if found.node.kind != "dir":
                raise Refused("ENOTDIR")

    def at(self, path):
        """The first directory of that path."""
        for tree in range(len(self.trees)):
            node = self.dir_at(tree, path)
            if node:
                return Found(tree, None, None, node)
        raise Refused("ENOENT")

    def there(self, start, text, follow=True):
        """What a name leads to."""
        found = self.walk(start, text, follow)
        if not found.node:
            raise Refused("ENOENT")
        return found.node

    # ---- Calls ----

    def stat(self, start, text):
        """stat(): the type."""
        return self.there(start, text).kind

    def lstat(self, start, text):
        """lstat(): the type."""
        return self.there(start, text, False).kind

    def readlink(self, start, text):
        """readlink()"""
        node = self.there(start, text, False)
        if node.kind != "link":
            raise Refused("EINVAL")
        return node.value

    def read(self, start, text):
        """open(O_RDONLY), and read()"""
        node = self.there(start, text)
        if node.kind == "dir":
            raise Refused("EISDIR")
        return node.value

    def write(self, start, text, flags, value):
        """open(O_WRONLY | flags), and write() of that, if it is not ""."""
        exclusive = flags & os.O_CREAT and flags & os.O_EXCL
        found = self.walk(start, text, not exclusive)
        if found.node and exclusive:
            raise Refused("EEXIST")
        if found.node and found.node.kind == "dir":
            raise Refused("EISDIR")
        if not found.node and not flags & os.O_CREAT:
            raise Refused("ENOENT")
        if not found.node:
            found.node = Node("file", "")
            found.parent.put(found.name, found.node)
        if flags & os.O_TRUNC:
            found.node.value = ""
        found.node.value = value + found.node.value[len(value):]

    def new(self, start, text):
        """Where something is to be made."""
        found = self.walk(start, text, False)
        if found.node:
            raise Refused("EEXIST")
        return found

    def mkdir(self, start, text):
        """mkdir()"""
        found = self.new(start, text)
        found.parent.put(found.name, Node("dir", {}))

    def symlink(self, target, start, text):
        """symlink()"""
        found = self.new(start, text)
        found.parent.put(found.name, Node("link", target))

    def gone(self, start, text):
        """What is to be removed."""
        found = self.walk(start, text, False)
        if not found.node:
            raise Refused("ENOENT")
        return found

    def unlink(self, start, text):
        """unlink()"""
        found = self.gone(start, text)
        if found.node.kind == "dir":
            raise Refused("EISDIR")
        found.parent.take(found.name)

    def rmdir(self, start, text):
        """rmdir()"""
        found = self.gone(start, text)
        if found.node.kind != "dir":
            raise Refused("ENOTDIR")
        if found.node.value:
            raise Refused("ENOTEMPTY")
        self.remove(found)

    def remove(self, found):
        """A directory goes, which may still be somebody's."""
        found.parent.take(found.name).tree = found.tree

    def same_mount(self, a, b):
        """EXDEV, as between any two mounts."""
        if self.mounts[a.tree] != self.mounts[b.tree]:
            raise Refused("EXDEV")

    def link(self, start, text, start2, text2):
        """link()"""
        old = self.gone(start, text)
        new = self.walk(start2, text2, False)
        if new.node:
            raise Refused("EEXIST")
        self.same_mount(old, new)
        if old.node.kind == "dir":
            raise Refused("EPERM")
        new.parent.put(new.name, old.node)

    def in_which(self, start, text):
        """As walk(), for who looks for the directory first and later for what it has."""
        here = self.dirs[start]
        if not text.startswith(self.original) and here.is_gone():
            names = [name for name in text.split("/") if name not in ("", ".")]
            if len(names) == 1:
                return Found(here.tree, here, names[0], None)
        return self.walk(start, text, False)

    def rename(self, start, text, start2, text2):
        """rename()"""
        old = self.in_which(start, text)
        new = self.in_which(start2, text2)
        self.same_mount(old, new)
        if not old.node or new.parent.is_gone():
            raise Refused("ENOENT")
        if self.is_under(new.parent, old.node):
            raise Refused("EINVAL")
        if new.node and self.is_under(old.parent, new.node):
            raise Refused("ENOTEMPTY")
        if old.node is new.node:
            return
        if new.node and old.node.kind == "dir" and new.node.kind != "dir":
            raise Refused("ENOTDIR")
        if new.node and old.node.kind != "dir" and new.node.kind == "dir":
            raise Refused("EISDIR")
        if new.node and new.node.kind == "dir" and new.node.value:
            raise Refused("ENOTEMPTY")
        if new.node:
            self.remove(new)
        old.parent.take(old.name)
        new.parent.put(new.name, old.node)

    @staticmethod
    def is_under(node, top):
        """Whether a directory is another one, or lies below it."""
        while node is not top and node.where:
            node = node.where[0]
        return node is top

    def chdir(self, slot, start, text):
        """chdir(), or open(O_DIRECTORY) as a descriptor: `slot` is that directory."""
        node = self.there(start, text)
        if node.kind != "dir":
            raise Refused("ENOTDIR")
        self.dirs[slot] = node

    def getcwd(self, start):
        """getcwd(), or readlink() of a descriptor in /proc: the path below ORIGINAL."""
        return "/".join(["", *self.tree_number(self.dirs[start])[1]])

    def listdir(self, start, text):
        """open(O_DIRECTORY) and getdents(): [name, type] of each, sorted."""
        node = self.there(start, text)
        if node.kind != "dir":
            raise Refused("ENOTDIR")
        _, path = self.tree_number(node)
        entries = {}
        for tree in range(len(self.trees)):
            there = self.dir_at(tree, path)
            for name, entry in there.value.items() if there else ():
                entries.setdefault(name, entry.kind)
        return sorted([name, kind] for name, kind in entries.items())
