#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""I5: the module pathvirt of Python does what libpathvirt does, and agrees with its header."""
import ctypes
import errno
import fcntl
import inspect
import os
import re
import subprocess
import sys
import tempfile
import threading

import pathvirt
from ktap import check, check_equal, main, test, wait_until
from namespaces import cgroups
from pathvirt import SELF, EventType, Process, _library

HEADER = "/usr/include/libpathvirt.h"
WORK = os.path.realpath(tempfile.mkdtemp(dir="/var/tmp"))
OLD = "/pathvirt-original/of python"
NEW = os.path.join(WORK, "new")
RULES = [(OLD, NEW)]
NOBODY = 65534
CGROUP = f"{cgroups()}/pathvirt-python"

os.chmod(WORK, 0o755)
os.mkdir(NEW)
with open(f"{NEW}/who", "w", encoding="ascii") as new_file:
    new_file.write("new\n")


def who():
    """What this process finds below OLD."""
    with open(f"{OLD}/who", encoding="ascii") as file:
        return file.read()


def refused(number, function, *words, **options):
    """The call is refused with that error and one line of text; returns the text."""
    try:
        function(*words, **options)
    except OSError as error:
        check_equal(error.errno, number, error.strerror)
        check(error.strerror and "\n" not in error.strerror, "text:", error.strerror)
        return error.strerror
    raise AssertionError("it was not refused")


class Sleeper:
    """A process that waits, a child of ours."""

    def __init__(self, cgroup=None):
        self.cgroup = cgroup

    def __enter__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        self.held = Process(self.process.pid)
        if self.cgroup:
            with open(f"{self.cgroup}/cgroup.procs", "w", encoding="ascii") as file:
                file.write(str(self.process.pid))
        return self.held

    def __exit__(self, *_):
        self.held.close()
        self.process.kill()
        self.process.communicate()


def in_child(function):
    """What function() returns in a forked child, or the text of what it raises."""
    mine, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            text = str(function())
        except BaseException as error:  # pylint: disable=broad-except
            text = f"raised {error!r}"
        os.write(theirs, text.encode())
        os._exit(0)
    os.close(theirs)
    with open(mine, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(child, 0)
    return text


def as_nobody(function):
    """The same, without any privilege."""
    def renounced():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return function()
    return in_child(renounced)


# ---- What a compiler would check ----

SCALARS = {
    "int": ctypes.c_int, "unsigned int": ctypes.c_uint, "size_t": ctypes.c_size_t,
    "bool": ctypes.c_bool, "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64,
    "enum pv_event_type": ctypes.c_int, "void": None,
    "pv_process_fn": _library.EACH_PROCESS, "pv_event_fn": _library.EACH_EVENT,
    "pv_cgroup_fn": _library.EACH_CGROUP,
}
STRUCTURES = {
    "pv_process": _library.ProcessStruct, "pv_resolution": _library.ResolutionStruct,
    "pv_status": _library.StatusStruct, "pv_relinked": _library.RelinkedStruct,
    "pv_event": _library.EventStruct, "pv_cgroup": _library.CgroupStruct,
}

# Why, see PROTOTYPES.
NOT_USED = {"pv_rules_read", "pv_monitor", "pv_rules_set_variables"}


def header():
    """The header without its comments."""
    with open(HEADER, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)


def expected(declared, is_result=False):
    """The types of ctypes that would do for one that C declares."""
    text = declared.replace("const ", "").strip()
    stars = text.count("*")
    base = text.replace("*", "").strip()
    structure = STRUCTURES.get(base.removeprefix("struct "))
    if not stars:
        return [SCALARS[base]]
    if base == "char":
        # A string that is ours to free is a pointer, or it could not be freed.
        mine = is_result and not declared.startswith("const")
        return [[ctypes.c_void_p] if mine else [ctypes.c_char_p],
                [ctypes.POINTER(ctypes.c_char_p), _library.OBJECT]][stars - 1]
    if structure:
        kind = structure
        for _ in range(stars):
            kind = ctypes.POINTER(kind)
        return [kind]
    return [[ctypes.c_void_p], [_library.OBJECT]][stars - 1]


def types_of(parameters):
    """The types in a list of parameters, without the names."""
    if parameters.strip() == "void":
        return []
    return [re.sub(r"\w+$", "", word.strip()).strip() for word in parameters.split(",")]


@test
def I5_each_prototype_is_the_headers():
    """As if a compiler had seen it; and none is left out."""
    found = set()
    for result, name, parameters in re.findall(
            r"^((?:const |struct |unsigned )*\w+ \**)(pv_\w+)\(([^;]*)\);", header(),
            re.MULTILINE):
        found.add(name)
        if name in NOT_USED:
            continue
        check(name in _library.PROTOTYPES, name, "is not there")
        ours, arguments = _library.PROTOTYPES[name]
        declared = types_of(parameters)
        check(ours in expected(result, True), name, "returns", result, "not", ours)
        check_equal(len(arguments), len(declared), f"arguments of {name}")
        for argument, kind in zip(arguments, declared):
            check(argument in expected(kind), name, "takes", kind, "not", argument)
    check_equal(set(_library.PROTOTYPES) | NOT_USED, found, "functions")


@test
def I5_each_structure_is_the_headers():
    """Members, their order and their types."""
    for name, structure in STRUCTURES.items():
        body = re.search(rf"^struct {name} {{\n(.*?)^}};", header(),
                         re.MULTILINE | re.DOTALL)[1]
        members = re.findall(r"^\s*(.*?\W)(\w+);$", body, re.MULTILINE)
        ours = structure._fields_
        check_equal([name for name, _ in ours], [name for _, name in members], name)
        for (member, kind), (declared, _) in zip(ours, members):
            check(kind in expected(declared), f"{name}.{member}: {kind}, not {declared}")


@test
def I5_each_number_is_the_headers():
    """Flags, and kinds of events."""
    text = header()
    for name in ("TREE", "ALL", "PUSH", "OWN", "NO_REVERSE", "LATE", "BY_NAME"):
        shift = re.search(rf"#define PV_{name}\s+\(1U << (\d+)\)", text)[1]
        check_equal(getattr(_library, name), 1 << int(shift), name)
    check_equal(len(re.findall(r"#define PV_\w+\s+\(1U << ", text)), 7, "flags")
    events = re.search(r"enum pv_event_type {(.*?)}", text, re.DOTALL)[1]
    check_equal([kind.name for kind in sorted(EventType)],
                re.findall(r"PV_EVENT_(\w+)", events), "events")


@test
def I5_all_that_is_offered_is_explained():
    """Each docstring says since when it is there."""
    for name in pathvirt.__all__:
        it = getattr(pathvirt, name)
        if name == "SELF":
            continue
        check("Since " in (inspect.getdoc(it) or ""), name, "does not say since when")
        for member, function in vars(it).items() if inspect.isclass(it) else ():
            if member.startswith("_") or not (inspect.isfunction(function) or
                                              isinstance(function, (property, classmethod))):
                continue
            doc = inspect.getdoc(getattr(it, member)) or ""
            check("Since " in doc or issubclass(it, tuple), f"{name}.{member}")


# ---- Rules ----


@test
def I5_rules_are_a_sequence():
    """Of pairs, normalised, whatever they come from."""
    rules = pathvirt.Rules({"/a//b/": b"/c"})
    rules.add(os.fsencode("/d"), "/e=f")
    rules.parse(r"/g\=h=/i")
    rules.parse_lists("/j:/k", "/l:/m")
    rules.parse_mapping("/n:/o;/p:/q")
    check_equal(list(rules)[:3], [("/a/b", "/c"), ("/d", "/e=f"), ("/g=h", "/i")], "rules")
    check_equal(rules[-1], ("/p", "/q"), "the last")
    check_equal(rules[3:5], (("/j", "/l"), ("/k", "/m")), "a slice")
    check_equal(len(rules), 7, "length")
    check(("/n", "/o") in rules and ("/n", "/p") not in rules, "in")
    check_equal(rules, pathvirt.Rules(rules), "a copy")
    with open(f"{WORK}/map", "w", encoding="ascii") as file:
        file.write(f"# a map\n{rules}")
    again = pathvirt.Rules()
    again.load(f"{WORK}/map")
    check_equal(again, rules, "read from a file")
    try:
        rules[7]  # pylint: disable=pointless-statement
        check(False, "there is an eighth")
    except IndexError:
        pass


@test
def I5_paths_are_any_bytes():
    """By surrogateescape."""
    name = os.fsdecode(b"/odd\xff=name")
    rules = pathvirt.Rules([(name, name)])
    check_equal(rules[0].original, name, "path")
    again = pathvirt.Rules()
    again.parse(f"{pathvirt.escape(name)}={pathvirt.escape(name)}")
    check_equal(again, rules, "escaped")
    check(rules.registered, "an exception is")


@test
def I5_what_is_no_rule_is_refused():
    """With a line, and the list stays as it was."""
    rules = pathvirt.Rules()
    for words in (("relative", "/a"), ("/a", ""), ("/a/../b", "/c")):
        refused(errno.EINVAL, rules.add, *words)
    check("map:2" in refused(errno.EINVAL, rules.load, write_map("/a=/b\n/c\n")), "the line")
    refused(errno.EINVAL, rules.parse_lists, "/a:/b", "/c")
    refused(errno.ENAMETOOLONG, rules.add, "/" + "a" * 5000, "/b")
    for word in ("/a\0b", b"/a\0b"):
        try:
            rules.add(word, "/c")
            check(False, "a NUL was taken")
        except ValueError:
            pass
    check_equal(len(rules), 0, "length")


@test
def I5_what_stands_for_something_is_expanded():
    """As in a map file; a rule that is added is taken as it is."""
    rules = pathvirt.Rules([("/%U", "/%U")])
    rules.expand("/a/%U=/b/100%%")
    check_equal(list(rules), [("/%U", "/%U"), (f"/a/{os.geteuid()}", "/b/100%")], "rules")
    refused(errno.EINVAL, rules.expand, "/a=/%q")


def write_map(text):
    """A map file."""
    with open(f"{WORK}/map", "w", encoding="ascii") as file:
        file.write(text)
    return file.name


# ---- Attach ----


@test
def I5_attaches_itself_for_a_block():
    """And has what it had before after it, also if the block raised."""
    with pathvirt.attach(SELF, RULES):
        check_equal(who(), "new\n", "inside")
        with pathvirt.attach(SELF, {OLD: "/usr"}, reverse=False):
            check(os.path.exists(f"{OLD}/bin"), "a block inside replaces them")
            check(not pathvirt.rules(SELF)[0].reverse, "options")
        check_equal(who(), "new\n", "inside again")
        check(pathvirt.rules(SELF)[0].reverse, "options of before")
    check_equal(pathvirt.rules(SELF), (), "after it")
    try:
        with pathvirt.attach(SELF, RULES):
            raise KeyError
    except KeyError:
        pass
    check(not os.path.exists(OLD), "after an exception")


@test
def I5_a_block_may_end_detached():
    """Whoever has detached the process, or if it has ended."""
    with pathvirt.attach(SELF, RULES):
        pathvirt.detach_all()
    with Sleeper() as sleeper:
        with pathvirt.attach(sleeper, RULES):
            os.kill(sleeper.pid, 9)
            os.waitid(os.P_PIDFD, sleeper.fileno(), os.WEXITED | os.WNOWAIT)


@test
def I5_attaches_others_and_shows_their_rules():
    """It stays so until they are detached."""
    with Sleeper() as sleeper:
        pathvirt.attach(sleeper, RULES, late=True, by_name=True)
        check_equal(pathvirt.rules(sleeper), ((tuple(RULES), True, True, True, True, 0),), "rules")
        pathvirt.attach(sleeper, [(OLD, NEW), ("/a", "/a")])
        found = pathvirt.rules(sleeper)
        check_equal([rule.new for rule in found[0].rules], [NEW, "/a"], "replaced")
        check(not found[0].late and not found[0].by_name, "options")
        check_equal(pathvirt.processes(), [(sleeper.pid, 1, 2, True)], "processes")
        pathvirt.detach(sleeper)
        check_equal(pathvirt.rules(sleeper), (), "detached")
        refused(errno.ENOENT, pathvirt.detach, sleeper)


@test
def I5_a_tree_is_attached_and_detached():
    """The existing descendants, too."""
    with subprocess.Popen(["sh", "-c", "sleep 10000 & echo $!; wait"],
                          stdout=subprocess.PIPE, text=True) as shell:
        with Process(shell.pid) as top, Process(int(shell.stdout.readline())) as child:
            with pathvirt.attach(top, RULES, tree=True):
                check_equal(pathvirt.rules(child)[0].rules, tuple(RULES), "of the child")
            check_equal(pathvirt.rules(child), (), "after it")
        subprocess.run(["pkill", "-P", str(shell.pid)], check=True)


@test
def I5_what_cannot_be_attached_is_refused():
    """With the kernel's word for it."""
    refused(errno.ENOENT, pathvirt.attach, SELF, {OLD: f"{WORK}/nonesuch"})
    refused(errno.EINVAL, pathvirt.attach, SELF, {})
    with Sleeper() as sleeper:
        os.kill(sleeper.pid, 9)
        os.waitid(os.P_PIDFD, sleeper.fileno(), os.WEXITED | os.WNOWAIT)
        refused(errno.ESRCH, pathvirt.attach, sleeper, RULES)
    text = as_nobody(lambda: refused(errno.EPERM, pathvirt.attach, SELF, RULES))
    check("no_new_privs" in text, text)
    with Sleeper() as sleeper:
        text = as_nobody(lambda: refused(errno.EPERM, pathvirt.attach, sleeper, RULES))
    check(not text.startswith("raised"), text)


@test
def I5_anybody_attaches_himself_with_no_new_privs():
    """And forked children share no connection."""
    def renounced():
        pathvirt.set_no_new_privs()
        with pathvirt.attach(SELF, RULES):
            return who() + in_child(who)
    check_equal(as_nobody(renounced), "new\nnew\n", "found")


@test
def I5_a_process_is_held_by_a_pidfd():
    """Its number may pass on to another."""
    with Sleeper() as sleeper:
        pid = sleeper.pid
        with Process.from_pidfd(sleeper.fileno()) as again:
            check_equal(again.pid, pid, "pid")
            check(again.fileno() != sleeper.fileno(), "it has a descriptor of its own")
        check_equal(sleeper.pid, pid, "after the other was closed")
        check(not os.get_inheritable(sleeper.fileno()), "closed by exec")
    try:
        pathvirt.rules(sleeper)
        check(False, "one that is closed was taken")
    except ValueError:
        pass
    try:
        Process(2 ** 22 + 1)
        check(False, "there is such a process")
    except (ProcessLookupError, OSError):
        pass
    check_equal(SELF.pid, os.getpid(), "SELF")


@test
def I5_moves_in_two_phases():
    """register, then activate, twice."""
    with Sleeper() as sleeper:
        pathvirt.register(sleeper, ["/a:b", "/c"])
        check_equal(pathvirt.originals(sleeper), ["/a:b", "/c"], "registered")
        refused(errno.ENODATA, pathvirt.targets, sleeper)
        pathvirt.activate(sleeper, [NEW, "/usr"])
        pathvirt.activate(sleeper, ["/usr", NEW])
        check_equal(pathvirt.targets(sleeper), ["/usr", NEW], "moved")
        refused(errno.EINVAL, pathvirt.activate, sleeper, ["/usr"])


# ---- Cgroups ----


class Cgroup:
    """One for a block, without rules at its end; who is in it has ended by then."""

    def __enter__(self):
        os.mkdir(CGROUP)
        return CGROUP

    def __exit__(self, *_):
        if os.path.exists(CGROUP):
            self.remove()
        wait_until(lambda: not pathvirt.cgroups(), "the rules to go")

    @staticmethod
    def remove():
        """As soon as the last has left."""
        def gone():
            try:
                os.rmdir(CGROUP)
            except OSError as error:
                check_equal(error.errno, errno.EBUSY, "rmdir")
                return False
            return True
        wait_until(gone, "the cgroup to go")


@test
def I5_a_cgroup_has_rules_until_it_is_detached():
    """What is in it finds them, and they are told."""
    with Cgroup() as cgroup, Sleeper(cgroup) as inside, Sleeper() as outside:
        number = os.stat(cgroup).st_ino
        pathvirt.attach_cgroup(cgroup, RULES, reverse=False)
        check_equal(pathvirt.resolve(f"{OLD}/who", inside).real, f"{NEW}/who", "inside")
        check_equal(pathvirt.resolve(f"{OLD}/who", outside).real, f"{OLD}/who", "outside")
        wanted = (tuple(RULES), False, False, False, True, number)
        check_equal(pathvirt.cgroup_rules(os.fsencode(cgroup)), wanted, "its rules")
        pathvirt.attach(inside, {"/a": "/usr"})
        check_equal([layer.cgroup for layer in pathvirt.rules(inside)], [0, number], "layers")
        check_equal(pathvirt.cgroups(), [(number, "/pathvirt-python", 1)], "cgroups")
        check_equal(pathvirt.status().cgroups, 1, "how many")
        pathvirt.detach_cgroup(cgroup)
        check_equal(pathvirt.cgroup_rules(cgroup), None, "its rules then")
        check_equal([layer.cgroup for layer in pathvirt.rules(inside)], [0], "layers then")
        refused(errno.ENOENT, pathvirt.detach_cgroup, cgroup)


@test
def I5_a_cgroup_has_rules_for_a_block():
    """And what it had before after it; by a descriptor, too."""
    with Cgroup() as cgroup:
        directory = os.open(cgroup, os.O_PATH)
        with pathvirt.attach_cgroup(directory, RULES, reverse=False, late=True):
            before = pathvirt.cgroup_rules(directory)
            with pathvirt.attach_cgroup(cgroup, {OLD: "/usr"}) as inner:
                check_equal(pathvirt.cgroup_rules(cgroup).rules, ((OLD, "/usr"),), "inside")
                inner.undo()
                check_equal(pathvirt.cgroup_rules(cgroup), before, "undone")
            check_equal(pathvirt.cgroup_rules(cgroup), before, "inside again")
        check_equal(pathvirt.cgroup_rules(cgroup), None, "after it")
        os.close(directory)
        with pathvirt.attach_cgroup(cgroup, RULES):
            pathvirt.detach_cgroup(cgroup)
        # Another one has its name then, and keeps what it has.
        with pathvirt.attach_cgroup(cgroup, RULES):
            Cgroup.remove()
            os.mkdir(cgroup)
            pathvirt.attach_cgroup(cgroup, {"/a": "/usr"})
        check_equal(pathvirt.cgroup_rules(cgroup).rules, (("/a", "/usr"),), "the other")


@test
def I5_what_is_no_cgroup_of_ours_is_refused():
    """With the kernel's word for it."""
    refused(errno.ENOENT, pathvirt.attach_cgroup, f"{CGROUP}/nonesuch", RULES)
    refused(errno.EBADF, pathvirt.attach_cgroup, WORK, RULES)
    refused(errno.EBADF, pathvirt.attach_cgroup, 1000, RULES)
    with Cgroup() as cgroup:
        refused(errno.ENOENT, pathvirt.attach_cgroup, cgroup, {OLD: f"{WORK}/nonesuch"})
        for function, words in ((pathvirt.attach_cgroup, (cgroup, RULES)),
                                (pathvirt.detach_cgroup, (cgroup,)),
                                (pathvirt.cgroup_rules, (cgroup,)), (pathvirt.cgroups, ())):
            text = as_nobody(lambda f=function, w=words: refused(errno.EPERM, f, *w))
            check(not text.startswith("raised"), function, text)


# ---- Run ----


@test
def I5_runs_a_program_with_rules():
    """As subprocess.run() does, in a tree of its own."""
    done = pathvirt.run(["cat", f"{OLD}/who"], RULES, capture_output=True, text=True)
    check_equal((done.returncode, done.stdout, done.stderr), (0, "new\n", ""), "cat")
    done = pathvirt.run(["sh", "-c", "cat; exit 7"], RULES, input=b"given", capture_output=True)
    check_equal((done.returncode, done.stdout), (7, b"given"), "input, status")
    check_equal(pathvirt.rules(SELF), (), "our own rules")
    try:
        pathvirt.run(["false"], RULES, check=True)
        check(False, "check=True says nothing")
    except subprocess.CalledProcessError:
        pass
    try:
        pathvirt.run(["sleep", "1000"], RULES, timeout=0.01)
        check(False, "it did not time out")
    except subprocess.TimeoutExpired:
        pass


@test
def I5_a_program_has_what_was_given_to_it():
    """Environment, descriptors, directory and signals, and nothing of what has started it."""
    ignored = subprocess.run(["grep", "SigIgn", "/proc/self/status"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
    with open(f"{NEW}/who", "rb") as kept:
        done = pathvirt.run(
            ["sh", "-c", "env; pwd; ls /proc/self/fd; grep SigIgn /proc/self/status"],
            RULES, env={"PATH": "/usr/bin:/bin", "GIVEN": "1"}, cwd=WORK,
            pass_fds=[kept.fileno()], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        lines = done.stdout.splitlines()
        check_equal(sorted(word for word in lines if "=" in word and "PWD" not in word and
                           not word.startswith("_=") and "OLDPWD" not in word and
                           not word.startswith("SHLVL=")),
                    ["GIVEN=1", "PATH=/usr/bin:/bin"], "environment")
        check(WORK in lines, "directory", lines)
        # ls has one for the directory that it lists.
        check_equal(len([word for word in lines if word.isdigit()]), 5, "descriptors")
        check(str(kept.fileno()) in lines, "the one that was passed")
        check_equal(lines[-1], ignored, "ignored signals")


@test
def I5_a_program_needs_no_privilege():
    """It has no_new_privs then, and a layer of its own."""
    def run():
        words = ["sh", "-c", f"cat '{OLD}/who'; grep NoNewPrivs /proc/self/status"]
        return pathvirt.run(words, RULES, capture_output=True, text=True).stdout
    check_equal(as_nobody(run).split(), ["new", "NoNewPrivs:", "1"], "nobody")
    words = ["grep", "NoNewPrivs", "/proc/self/status"]
    check_equal(pathvirt.run(words, RULES, capture_output=True, text=True).stdout.split(),
                ["NoNewPrivs:", "0"], "root")


@test
def I5_a_program_gets_a_layer_above_ours():
    """It goes through both."""
    with pathvirt.attach(SELF, [("/outer", NEW)]):
        done = pathvirt.run(["cat", "/inner/who"], [("/inner", "/outer")], capture_output=True)
        check_equal(done.stdout, b"new\n", "found")
    check_equal(pathvirt.rules(SELF), (), "ours after it")


@test
def I5_a_program_that_cannot_be_run_is_told():
    """As an exception, in this process."""
    check_equal(as_nobody(lambda: refused(errno.ENOENT, pathvirt.run, ["nonesuch"], {})),
                os.strerror(errno.ENOENT), "no such program")
    refused(errno.EACCES, pathvirt.run, [NEW], RULES)
    refused(errno.ENOENT, pathvirt.run, ["true"], {OLD: f"{WORK}/nonesuch"})
    for options in ({"shell": True}, {"preexec_fn": print}):
        try:
            pathvirt.run(["true"], RULES, **options)
            check(False, options, "was taken")
        except TypeError:
            pass
    rules = [(f"/o{i}", NEW) for i in range(20000)]
    check_equal(pathvirt.run(["cat", "/o19999/who"], rules, capture_output=True).stdout,
                b"new\n", "of many rules the last")


# ---- Look, watch, relink ----


@test
def I5_tells_where_paths_lead():
    """And back."""
    check_equal(pathvirt.resolve("/usr"), ("/usr", None, None), "of no rules")
    with Sleeper() as sleeper:
        pathvirt.attach(sleeper, [("/a", "/usr"), *RULES])
        check_equal(pathvirt.resolve(f"{OLD}/who", sleeper), (f"{NEW}/who", 0, 1), "resolved")
        check_equal(pathvirt.reverse(f"{NEW}/who", sleeper), f"{OLD}/who", "reversed")
        check_equal(pathvirt.reverse("/etc", sleeper), "/etc", "of no rule")
        refused(errno.EINVAL, pathvirt.resolve, "relative", sleeper)


@test
def I5_tells_what_the_module_does():
    """The numbers of others only to whoever may."""
    with open("/sys/module/pathvirt/version", encoding="ascii") as file:
        version = file.read().strip()
    with pathvirt.attach(SELF, RULES):
        status = pathvirt.status()
        check_equal((status.version, status.processes, status.armed, status.cgroups),
                    (version, 1, True, 0), "status")
        check(status.sites and all(status.sites), "sites")
    check_equal(as_nobody(lambda: (pathvirt.status().version, pathvirt.status().processes)),
                str((version, None)), "of nobody")


@test
def I5_events_are_an_iterator():
    """It waits, and can be polled."""
    def after(kind, pid):
        for event in events:
            if (event.type, event.pid) == (kind, pid):
                return event
        return None
    with pathvirt.events() as events:
        check_equal(events.read(), [], "nothing yet")
        later = threading.Timer(0.3, lambda: pathvirt.attach(sleeper, RULES))
        with Sleeper() as sleeper:
            pid = sleeper.pid
            later.start()
            check_equal(next(events), (EventType.ATTACH, pid, 0), "the first")
            later.join()
        check(after(EventType.EXIT, pid), "exit")
        done = pathvirt.popen(["sh", "-c", "true; true"], RULES)
        done.wait()
        check(after(EventType.ATTACH, done.pid), "attach")
        check(after(EventType.EXEC, done.pid), "exec")
        check(after(EventType.EXIT, done.pid), "exit of the program")
    try:
        next(events)
        check(False, "they go on after close()")
    except ValueError:
        pass
    check(as_nobody(lambda: refused(errno.EPERM, pathvirt.events)), "for nobody")


@test
def I5_a_signal_ends_the_waiting():
    """What its handler raises comes out of the iterator."""
    code = ("import os, pathvirt, sys\n"
            "with pathvirt.events() as events:\n"
            "    os.write(1, b'x')\n"
            "    try:\n"
            "        next(events)\n"
            "    except KeyboardInterrupt:\n"
            "        os._exit(7)\n")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as waiting:
        waiting.stdout.read(1)
        wait_until(lambda: asleep(waiting.pid), "it to wait")
        waiting.send_signal(2)
        check_equal(waiting.wait(), 7, "status")


def asleep(pid):
    """Whether a process waits in poll()."""
    with open(f"/proc/{pid}/syscall", encoding="ascii") as file:
        return file.read().split()[0] == "7"


@test
def I5_a_deleted_file_gets_a_name():
    """At a place of ours, and at the default one."""
    with open(f"{WORK}/lost", "w+", encoding="ascii") as file:
        directory = os.open(WORK, os.O_PATH)
        check(pathvirt.relink_check(file).named, "it has a name still")
        os.unlink(f"{WORK}/lost")
        file.write("kept\n")
        file.flush()
        found = pathvirt.relink(file, "found", dir_fd=directory)
        check_equal((found.linked, found.links, found.inode, found.device),
                    (True, 0, os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_dev),
                    "what it is")
        with open(f"{WORK}/found", encoding="ascii") as again:
            check_equal(again.read(), "kept\n", "contents")
        os.unlink(f"{WORK}/found")
        os.mkdir(f"{WORK}/taken")
        refused(errno.EEXIST, pathvirt.relink, file, "taken", dir_fd=directory)
        opened = pathvirt.reopen(file, "elsewhere", dir_fd=directory)
        check_equal(os.readlink(f"/proc/self/fd/{opened}"), f"{WORK}/elsewhere (deleted)",
                    "reopened")
        os.close(opened)
        place = pathvirt.relink_dir(file)
        pathvirt.relink(file, "python-test")
        check(os.stat("python-test", dir_fd=place).st_ino == found.inode, "the default place")
        os.unlink("python-test", dir_fd=place)
        os.close(place)
        os.close(directory)
    refused(errno.EBADF, pathvirt.relink_check, 1000)


@test
def I5_a_deleted_files_directory_can_be_had():
    """It may be deleted as well; and a descriptor tells how a file was opened first."""
    os.mkdir(f"{WORK}/gone")
    where = os.stat(f"{WORK}/gone").st_ino
    with open(f"{WORK}/gone/f", "w", encoding="ascii") as file:
        os.unlink(f"{WORK}/gone/f")
        os.rmdir(f"{WORK}/gone")
        parent = pathvirt.relink_parent(file)
        check_equal(os.fstat(parent).st_ino, where, "its directory")
        check(not os.get_inheritable(parent), "closed by exec")
        os.close(parent)
        pathvirt.reopen_mark(file, os.O_TMPFILE)
        flags = fcntl.fcntl(file, fcntl.F_GETFL)
        check_equal(flags & os.O_TMPFILE, os.O_TMPFILE, "marked")
        refused(errno.EINVAL, pathvirt.reopen_mark, file, os.O_APPEND)


main()
