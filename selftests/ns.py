#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""S1, S2: pvadm ns. What lsns, nsenter, findmnt and ip say is what must come out.

A process is put into namespaces with unshare, and saved; what is restored from
that is compared with it, as seen from inside, by the same commands.
"""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

from commands import NOBODY, good, run
from ktap import Skip, check, check_equal, test, wait_until
from namespaces import (ALL, Cgroup, KINDS, Process, SCRATCH, comm_of, contents,
                        forge, in_cgroup, innermost, left, namespaces, ns,
                        refused, restored, run_and_clean_up, scratch)


# ---- show ----


def lsns():
    """What lsns says: {inode: line}."""
    said = json.loads(good("lsns", "-J", "-o", "NS,TYPE,NPROCS,PNS,ONS"))
    return {int(line["ns"]): line for line in said["namespaces"]}


@test
def show_says_what_lsns_says():
    """Kind, owner, parent and number of processes of each."""
    with Process(ALL) as process:
        said = json.loads(ns("show", process.pid, "--json"))
        known = lsns()
        own = {line["kind"]: line["inode"] for line in said["namespaces"]
               if line["own"]}
        check_equal(own, namespaces(process.pid), "namespaces")
        for line in said["namespaces"]:
            want = known[line["inode"]]
            check_equal(line["kind"], want["type"], "type")
            check_equal(line.get("owner", 0), int(want["ons"]), f"owner {line}")
            if line["kind"] in ("user", "pid"):
                check_equal(line.get("parent", 0), int(want["pns"]),
                            f"parent {line}")
            if not line["same_as_caller"]:
                check_equal(len(line["processes"]), int(want["nprocs"]),
                            f"processes of {line['kind']}")


@test
def show_prints_each_namespace_below_its_owner():
    """And those that own ours are marked."""
    with Process(ALL) as process:
        text = ns("show", process.pid)
        inodes = namespaces(process.pid)
        for kind, inode in inodes.items():
            check(re.search(rf"^\W*{kind}\s+{inode}\s", text, re.M), kind,
                  text)
        above = namespaces()["user"]
        check(re.search(rf"^user\^\s+{above}\s", text, re.M), text)
        check(re.search(rf"^[├└]─user\s+{inodes['user']} ", text, re.M), text)
        check(re.search(rf"^. [├└]─net\s+{inodes['net']} ", text, re.M), text)


@test
def show_names_who_else_is_inside():
    """By number and name."""
    with Process("--uts") as process:
        other = subprocess.Popen(["nsenter", "-t", str(process.pid), "-u",
                                  "sleep", "1000"])
        wait_until(lambda: namespaces(other.pid)["uts"] ==
                   namespaces(process.pid)["uts"], "nsenter")
        text = ns("show", process.pid)
        other.kill()
        other.wait()
        check(re.search(rf"uts .* {other.pid} (sleep|nsenter)", text), text)


# ---- enter ----

LINKS = ["sh", "-c", "for k in " + " ".join(KINDS) +
         "; do readlink /proc/self/ns/$k; done"]


@test
def enter_goes_where_nsenter_goes():
    """All kinds, and each of them alone."""
    with Process(ALL) as process:
        check_equal(ns("enter", process.pid, "--", *LINKS),
                    process.inside(*LINKS), "all")
        for letter in "muinpCT":
            # What /proc shows of them depends on the mounts: so may fail both.
            ours, theirs = (run(*words, str(process.pid), f"-{letter}", "--",
                                *LINKS)
                            for words in (("pvadm", "ns", "enter"),
                                          ("nsenter", "-t")))
            check_equal(ours.stdout, theirs.stdout, letter)
            check_equal(ours.returncode, theirs.returncode, letter)


@test
def enter_makes_the_command_root_there_or_whom_one_asks_for():
    """As nsenter does."""
    with Process("--user --map-root-user --uts") as process:
        check_equal(ns("enter", process.pid, "id", "-u"), "0\n", "uid")
        check_equal(ns("enter", "-S", "0", "-G", "0", process.pid, "id", "-g"),
                    "0\n", "gid")
        refused("user 7.*uid_map", "enter", process.pid, "-S", 7, "id")


@test
def enter_ends_as_its_command_does():
    """Its status, or its signal."""
    with Process(ALL) as process:
        for status in (0, 1, 2, 77):
            done = run("pvadm", "ns", "enter", str(process.pid), "sh", "-c",
                       f"exit {status}")
            check_equal(done.returncode, status, "status")
        done = run("pvadm", "ns", "enter", str(process.pid), "sh", "-c",
                   "kill -TERM $$")
        check_equal(done.returncode, -signal.SIGTERM, "signal")
        refused("cannot run", "enter", process.pid, "/no/such", status=127)
        refused("cannot run", "enter", process.pid, "/etc/passwd", status=126)


@test
def signals_go_to_the_command():
    """And pvadm ends as it does."""
    with Process("--pid --fork --kill-child --mount-proc --uts") as process:
        path = process.save()
        script = "trap 'exit 7' TERM; echo on; while :; do sleep 0.1; done"
        for words in (("enter", str(process.pid)), ("restore", path)):
            running = subprocess.Popen(["pvadm", "ns", *words, "--", "sh",
                                        "-c", script], text=True,
                                       stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            check_equal(running.stdout.readline(), "on\n", words)
            running.terminate()
            status = wait_until(running.poll, f"the end of {words}")
            check_equal(status, 7, f"status of {words}")
            running.stdout.close()


def take_busybox(root):
    """Makes a root directory with nothing but busybox."""
    if not os.path.exists("/bin/busybox"):
        raise Skip("no busybox")
    os.makedirs(f"{root}/bin")
    for name in "busybox", "sleep":
        shutil.copy("/bin/busybox", f"{root}/bin/{name}")


@test
def kill_child_ends_the_command_with_pvadm():
    """By SIGKILL, or the signal that one names."""
    with Process("--uts") as process:
        for option in "--kill-child", "--kill-child=TERM":
            running = subprocess.Popen(["pvadm", "ns", "enter", option,
                                        str(process.pid), "--", "sleep",
                                        "10000.7"])
            wait_until(lambda pid=running.pid: comm_of(innermost(pid)) ==
                       "sleep", "sleep")
            check(innermost(running.pid) != running.pid, "it is pvadm itself")
            running.kill()
            running.wait()
            wait_until(lambda: not left("10000.7"), "the end")


@test
def enter_looks_from_the_root_directory_of_the_process():
    """A process that was chrooted sees other files."""
    root = scratch("root")
    take_busybox(root)
    with Process("--mount", f"exec chroot {root} /bin/busybox sh -c "
                 f"'echo ready; exec /bin/sleep 10000'\n") as process:
        check_equal(ns("enter", process.pid, "/bin/busybox", "ls", "/"),
                    "bin\n", "/")


@test
def enter_needs_no_privilege_where_the_user_namespace_is_ones_own():
    """And says what is missing where it is not."""
    with Process(ALL, user=NOBODY) as process:
        said = ns("enter", process.pid, "--", *LINKS, user=NOBODY)
        check_equal(said, process.inside(*LINKS), "namespaces")
    with Process("--uts") as process:
        refused("root|owner", "enter", process.pid, "true", user=NOBODY)


# ---- save ----


@test
def save_writes_what_proc_and_ip_and_findmnt_say():
    """Read by others."""
    script = """hostname saved.example; domainname nis.example
        ip link set lo up; ip link add v0 type veth peer name v1
        ip addr add 10.9.0.1/24 dev v0; ip link set v0 up
        ip route add 10.10.0.0/16 via 10.9.0.2
        echo 12345 > /proc/sys/kernel/msgmax; ipcmk -Q >/dev/null"""
    with Process(ALL, script) as process:
        said = contents(process.save())
        inodes = {line["kind"]: line["inode"] for line in said["namespaces"]}
        check_equal(inodes, namespaces(process.pid), "namespaces")
        check(all(line["separate"] for line in said["namespaces"]),
              "not separate")
        check_equal(said["uts"]["hostname"], "saved.example", "host name")
        check_equal(said["uts"]["domainname"], "nis.example", "domain name")
        check_equal(said["user"][0]["uid_map"],
                    [{"inside": 0, "outside": 0, "count": 1}], "uid map")
        check_equal(said["user"][0]["setgroups"], "deny", "setgroups")
        check_equal(said["time"]["monotonic"]["seconds"], 500, "monotonic")
        check_equal(said["time"]["boottime"]["seconds"], 1000, "boottime")
        check_equal(said["ipc"]["limits"]["msgmax"], "12345", "msgmax")
        check_equal(said["ipc"]["objects"], 1, "objects")
        links = json.loads(process.inside("ip", "-j", "link"))
        check_equal({link["name"] for link in said["net"]["links"]},
                    {link["ifname"] for link in links}, "links")
        check(any(route["destination"] == "10.10.0.0/16"
                  for route in said["net"]["routes"]), "no route")
        with open(f"/proc/{process.pid}/mountinfo", encoding="utf-8") as file:
            mounts = [line.split()[4] for line in file]
        check_equal([mount["target"] for mount in said["mounts"]], mounts,
                    "mounts")


@test
def save_tells_maps_level_by_level():
    """Each in terms of the one above."""
    with Process("--user --map-root-user", inside="--user --map-user=7 "
                 "--map-group=8 --uts") as process:
        said = contents(process.save())["user"]
        check_equal(len(said), 2, "levels")
        check_equal(said[1]["uid_map"],
                    [{"inside": 7, "outside": 0, "count": 1}], "uid map")
        check_equal(said[1]["gid_map"],
                    [{"inside": 8, "outside": 0, "count": 1}], "gid map")


@test
def save_has_the_sum_that_it_says_it_has():
    """SHA-256, over the file with zeros in its place."""
    with Process("--uts") as process:
        path = process.save()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    digest = json.loads(text)["sha256"]
    check_equal(hashlib.sha256(text.replace(digest, "0" * 64, 1).encode())
                .hexdigest(), digest, "sum")
    check_equal(os.stat(path).st_mode & 0o777, 0o600, "mode")


@test
def save_overwrites_nothing():
    """Neither a file nor where a link leads."""
    with Process("--uts") as process:
        path = scratch("there")
        with open(path, "w", encoding="ascii") as file:
            file.write("precious")
        link = scratch("link")
        os.symlink(scratch("nothing"), link)
        refused("there.*exists", "save", process.pid, path)
        refused("link.*exists", "save", process.pid, link)
        with open(path, encoding="ascii") as file:
            check_equal(file.read(), "precious", "the file")
        check(not os.path.exists(f"{SCRATCH}/nothing"), "link was followed")


@test
def save_refuses_what_it_cannot_write_or_look_at():
    """One line each, and no file."""
    with Process("--uts") as process:
        refused("directory", "save", process.pid, f"{SCRATCH}/no/file")
        refused("root|owner", "save", process.pid, f"{SCRATCH}/x",
                user=NOBODY)
        secret = scratch("secret")
        os.mkdir(secret, 0o700)
    with Process(ALL, user=NOBODY) as process:
        refused("may write", "save", process.pid, f"{secret}/x", user=NOBODY)
    dead = process.pid
    for command in ("show",), ("save",), ("pin",), ("enter",):
        refused(f"no process {dead}", *command, dead,
                *([f"{SCRATCH}/x"] if command[0] != "show" else []))
    check(not os.path.exists(f"{SCRATCH}/x"), "a file is there")


@test
def save_to_a_full_disk_leaves_nothing():
    """ENOSPC while it is written."""
    disk = scratch("disk")
    os.mkdir(disk)
    good("mount", "-t", "tmpfs", "-o", "size=16k", "full", disk)
    try:
        run("dd", "if=/dev/zero", f"of={disk}/fill", "bs=4k")
        with Process(ALL) as process:
            refused("No space left.*nothing was written", "save", process.pid,
                    f"{disk}/file")
        check_equal(os.listdir(disk), ["fill"], "what is there")
    finally:
        good("umount", disk)


# ---- pin ----


class Pinned:
    """Namespaces in a directory, in a mount namespace older than theirs."""

    def __init__(self, process, *options):
        self.directory = scratch("pins")
        self.said = json.loads(ns("pin", process.pid, self.directory,
                                  "--json", *options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run("umount", "-R", self.directory)
        os.rmdir(self.directory)


@test
def pin_keeps_the_very_same_namespaces():
    """nsenter finds them, and so does restore; the process is gone."""
    with Process("--uts --ipc --net --mount --cgroup", "hostname pinned") \
            as process:
        path = process.save()
        inodes = namespaces(process.pid)
        pinned = Pinned(process)
    with pinned:
        check_equal({line["kind"]: line["inode"] for line in pinned.said},
                    inodes, "what is pinned")
        check_equal(good("nsenter", f"--uts={pinned.directory}/uts",
                         "hostname"), "pinned\n", "nsenter")
        said = ns("restore", "--pinned", pinned.directory, path, "--", *LINKS)
        check_equal(said.split(), [f"{kind}:[{inodes[kind]}]"
                                   for kind in KINDS], "restored")
    check(not os.path.exists(pinned.directory), "the directory is there")


@test
def pinned_user_and_pid_namespaces_are_entered_too():
    """While the first process of the PID namespace lives."""
    with Process(ALL, "hostname pinned") as process:
        path = process.save()
        inodes = namespaces(process.pid)
        with Pinned(process) as pinned:
            said = ns("restore", "--pinned", pinned.directory, path, "--",
                      *LINKS)
            check_equal(said.split(), [f"{kind}:[{inodes[kind]}]"
                                       for kind in KINDS], "restored")


@test
def pinned_namespaces_that_are_gone_or_others_are_refused():
    """By name, before the command runs."""
    with Process(ALL) as process:
        path = process.save()
        with Pinned(process, "-u") as pinned:
            refused("no (user|mount|PID) namespace", "restore", "--pinned",
                    pinned.directory, path, "true")
        with Pinned(process) as pinned:
            good("umount", f"{pinned.directory}/net")
            refused("net is not a namespace", "restore", "--pinned",
                    pinned.directory, path, "true")
    with Process(ALL) as process, Pinned(process) as pinned:
        refused("not the one", "restore", "--pinned", pinned.directory, path,
                "true")
    with Process("--pid --fork --kill-child") as process:
        path = process.save()
        pinned = Pinned(process)
    with pinned:
        refused("first process has ended", "restore", "--pinned",
                pinned.directory, path, "true")


@test
def a_pin_that_fails_at_the_end_leaves_nothing():
    """What it pinned cannot be told."""
    directory = scratch("pins")
    with Process("--user --mount --uts") as process, \
            open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(["pvadm", "ns", "pin", "--json",
                               str(process.pid), directory], check=False,
                              stdout=full, stderr=subprocess.PIPE)
    check_equal(done.returncode, 1, done.stderr)
    check(not os.path.ismount(directory), "it is still mounted")
    check(not os.path.exists(directory), "the directory is there")


@test
def pin_refuses_what_would_hide_or_cannot_be():
    """And leaves no mount."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        before = file.read()
    full = scratch("full")
    os.mkdir(full)
    with open(f"{full}/file", "w", encoding="ascii"):
        pass
    with Process("--uts") as process:
        refused("new or empty", "pin", process.pid, full)
        refused("cannot pin", "pin", process.pid, f"{SCRATCH}/no/dir")
        refused("mounted in itself", "pin", "-m", process.pid,
                scratch("pins"))
    with Process("--uts --user", user=NOBODY) as process:
        refused("root", "pin", process.pid, f"{SCRATCH}/pins", user=NOBODY)
    check(not os.path.exists(f"{SCRATCH}/pins"), "the directory is there")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        check_equal(file.read(), before, "mounts")


# ---- mount ----


@test
def mount_puts_what_is_here_where_a_process_finds_it():
    """With what is mounted below it, now and later; nothing comes back."""
    source, place = scratch("source"), scratch("place")
    os.mkdir(place)
    os.makedirs(f"{source}/below")
    os.mkdir(f"{source}/later")
    good("mount", "--bind", source, source)
    good("mount", "--make-shared", source)
    good("mount", "-t", "tmpfs", "none", f"{source}/below")
    for name in "f", "below/f":
        with open(f"{source}/{name}", "w", encoding="ascii") as file:
            print(name, file=file)
    try:
        for options in "--mount", ALL:
            with Process(options) as process:
                mount_for(process, source, place)
            check_equal(os.listdir(place), [], "what is left here")
    finally:
        good("umount", "-R", source)


def mount_for(process, source, place):
    """One of them."""
    ns("mount", process.pid, source, place)
    check_equal(process.inside("cat", f"{place}/f", f"{place}/below/f"), "f\nbelow/f\n",
                "what it finds")
    check_equal(os.listdir(place), [], "what is mounted here")
    process.inside("mount", "-t", "tmpfs", "none", f"{place}/below")
    check_equal(os.listdir(f"{source}/below"), ["f"], "what has come back")
    good("mount", "-t", "tmpfs", "none", f"{source}/later")
    with open(f"{source}/later/f", "w", encoding="ascii") as file:
        print("later", file=file)
    check_equal(process.inside("cat", f"{place}/later/f"), "later\n", "what came later")
    good("umount", f"{source}/later")
    ns("mount", "--read-only", process.pid, f"{source}/f", f"{place}/f")
    done = run("pvadm", "ns", "enter", "-m", process.pid, "sh", "-c", f"echo x >{place}/f")
    check("Read-only" in done.stderr, "written", done)
    for pattern, words in (("it has to be there", (source, f"{place}/none")),
                           ("No such file", (f"{source}/none", place)),
                           ("a directory is mounted on a directory", (f"{source}/f", place))):
        refused(pattern, "mount", process.pid, *words)
    refused("is relative", "mount", process.pid, source, "place", status=2)
    refused("run pvadm as root", "mount", process.pid, source, place, user=NOBODY)
    ns("enter", process.pid, "umount", "-R", place)
    check_equal(process.inside("ls", place), "", "after umount")


# ---- restore to equal ----


def mounts(text):
    """A mount table without numbers: {(target, ...)}."""
    found = []

    def add(entry, depth):
        found.append((depth, entry["target"], entry["source"],
                      entry["fstype"], entry["vfs-options"],
                      entry["propagation"]))
        for child in entry.get("children", []):
            add(child, depth + 1)
    for entry in json.loads(text)["filesystems"]:
        add(entry, 0)
    return sorted(found)


FINDMNT = ["findmnt", "-J", "-o",
           "TARGET,SOURCE,FSTYPE,VFS-OPTIONS,PROPAGATION"]


def links(text):
    """What ip says of links, without what is chosen anew."""
    return sorted((link["ifname"], link["link_type"], link["mtu"],
                   "UP" in link["flags"], link.get("address"),
                   tuple(sorted((a["local"], a["prefixlen"], a["scope"])
                                for a in link["addr_info"])))
                  for link in json.loads(text))


def routes(text):
    """What ip says of routes."""
    return sorted((route["dst"], route.get("gateway"), route.get("dev"),
                   route.get("metric")) for route in json.loads(text))


@test
def restore_makes_namespaces_of_the_same_kinds_and_no_others():
    """New ones, and those that were the caller's are the caller's."""
    ours = namespaces()
    for options, kinds in (("--uts", {"uts"}), ("--net --ipc", {"net", "ipc"}),
                           (ALL, set(KINDS))):
        with Process(options) as process:
            theirs = namespaces(process.pid)
            said = restored(process.save(), *LINKS).split()
        for kind, link in zip(KINDS, said):
            inode = int(link[:-1].split("[")[1])
            check_equal(inode != ours[kind], kind in kinds,
                        f"{kind} of {options}")
            check(inode != theirs[kind] or kind not in kinds, kind,
                  "is the same")


@test
def restore_makes_only_the_kinds_that_are_chosen():
    """By the options of nsenter."""
    with Process(ALL, "hostname chosen") as process:
        path = process.save()
    said = ns("restore", "-u", path, "--", "sh", "-c",
              "hostname; " + LINKS[2]).split()
    check_equal(said[0], "chosen", "host name")
    ours = namespaces()
    differ = [kind for kind, link in zip(KINDS, said[1:])
              if link != f"{kind}:[{ours[kind]}]"]
    check_equal(differ, ["uts"], "new ones")


@test
def restore_gives_back_names_clocks_and_limits():
    """hostname, domainname, timens_offsets, sysctl."""
    script = """hostname back.example; domainname nis.back
        echo 54321 > /proc/sys/kernel/msgmax
        echo '300 40000 50 200' > /proc/sys/kernel/sem
        echo 77 > /proc/sys/fs/mqueue/msg_max"""
    look = ["sh", "-c", """hostname; domainname; cat /proc/self/timens_offsets
        /proc/sys/kernel/msgmax; cat /proc/self/timens_offsets
        cat /proc/sys/kernel/msgmax /proc/sys/kernel/sem
        cat /proc/sys/fs/mqueue/msg_max"""]
    look[2] = look[2].replace("\n        /proc/sys/kernel/msgmax;", ";")
    with Process(ALL, script) as process:
        want = process.inside(*look)
        check("54321" in want and "back.example" in want, want)
        check_equal(restored(process.save(), *look), want, "contents")


@test
def restore_after_another_boot_lets_clocks_go_on():
    """From where they were."""
    with Process(ALL) as process:
        path = process.save()
    def boot(value):
        value["boot"] = "0" * 8 + value["boot"][8:]
        value["time"]["now"]["boottime"] += 100000
    said = run("pvadm", "ns", "restore", forge(path, "boot", boot), "--",
               "cat", "/proc/uptime")
    want = contents(path)["time"]["now"]["boottime"] + 100000
    check(want <= float(said.stdout.split()[0]) < want + 120, said, want)


@test
def restore_after_another_boot_finds_what_is_mounted_here():
    """Though devices have other numbers: by source, or by where it is."""
    def boot(value):
        value["boot"] = "0" * 8 + value["boot"][8:]
        for mount in value["mounts"]:
            mount["device"] = "0:9999"
    for options in ALL, "--mount --pid --fork --kill-child --mount-proc":
        with Process(options) as process:
            want = mounts(process.inside(*FINDMNT))
            path = forge(process.save(), "boot", boot)
        check_equal(mounts(restored(path, *FINDMNT)), want, options)


@test
def restore_writes_the_maps_of_each_level():
    """Also of nested user namespaces."""
    look = ["sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map "
            "/proc/self/setgroups; hostname"]
    with Process("--user --map-root-user", inside="--user --map-user=7 "
                 "--map-group=8 --uts", script=":") as process:
        path = process.save()
        want = process.inside(*look)
        check_equal(restored(path, *look), want, "innermost")


@test
def restore_maps_ranges_of_ids():
    """Several lines, as a container has them."""
    holder = subprocess.Popen(["unshare", "--user", "--uts", "sleep",
                               "10000"])
    try:
        wait_until(lambda: namespaces(holder.pid)["uts"] !=
                   namespaces()["uts"], "unshare")
        for name in "uid_map", "gid_map":
            with open(f"/proc/{holder.pid}/{name}", "w",
                      encoding="ascii") as file:
                file.write("0 100000 1000\n1000 1000 1\n")
        path = scratch("ranges")
        ns("save", holder.pid, path)
        said = restored(path, "sh", "-c", "cat /proc/self/uid_map; id -u")
        check_equal(said.split(),
                    "0 100000 1000 1000 1000 1 0".split(), "map")
    finally:
        holder.kill()
        holder.wait()


def comparable(value):
    """A saved file without what is new each time it is made."""
    passing = {"inode", "device", "owner", "parent", "pid", "id", "now",
               "command", "sha256", "shared", "master", "index", "other",
               "flags", "here", "fsid"}
    if isinstance(value, dict):
        return {name: comparable(member) for name, member in value.items()
                if name not in passing or isinstance(member, list)}
    if isinstance(value, list):
        return sorted((comparable(member) for member in value),
                      key=lambda member: json.dumps(member, sort_keys=True))
    return value


class Restored:
    """What is restored from a file, with a process in it that can be saved."""

    def __init__(self, path, user=()):
        self.running = subprocess.Popen(
            [*user, "pvadm", "ns", "restore", path, "--", "sleep", "10000"],
            stderr=subprocess.DEVNULL)
        self.pid = wait_until(self.sleeper, "sleep")

    def sleeper(self):
        """The command, once it runs."""
        pid = innermost(self.running.pid)
        return comm_of(pid) == "sleep" and pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self.running.wait()


@test
def what_is_restored_and_saved_is_what_was_saved():
    """All kinds; several levels of users and PIDs; with and without root."""
    script = """hostname twice; ip link set lo up
        ip link add v0 type veth peer name v1; ip addr add 10.9.0.1/24 dev v0
        ip link set v0 up; ip route add default via 10.9.0.2
        echo 12345 > /proc/sys/kernel/msgmax; mount -t tmpfs -o size=1m x /mnt
        mount --bind /usr /mnt"""
    two = dict(options="--user --map-root-user --pid --fork --kill-child "
               "--mount-proc", inside=ALL)
    three = dict(options=ALL, inside=two["options"])
    for name, how in (("one", dict(options=ALL)), ("two", two),
                      ("three", three), ("nobody", dict(options=ALL)),
                      ("nobody two", two)):
        user = NOBODY if "nobody" in name else ()
        does = script if how.get("inside") != two["options"] else ""
        with Process(script=does, user=user, **how) as process:
            path = process.save(name, user=user)
        again = scratch(name + " again")
        with Restored(path, user) as process:
            ns("save", process.pid, again, user=user)
        want, found = comparable(contents(path)), comparable(contents(again))
        for member in want:
            check_equal(found.get(member), want[member], f"{name}: {member}")


@test
def restore_makes_nested_pid_namespaces():
    """As deep, and the command is the first process of the innermost."""
    with Process("--pid --fork --kill-child --mount-proc",
                 inside="--pid --fork --kill-child --mount-proc") as process:
        path = process.save()
        check_equal(len(contents(path)["pid"]), 2, "saved levels")
    with Restored(path) as process:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            numbers = re.search(r"^NSpid:(.*)$", file.read(),
                                re.M).group(1).split()
        check_equal(len(numbers), 3, "depth")
        check_equal(numbers[2], "1", "number inside")
    check_equal(process.running.returncode, 137, "status")


@test
def restore_rebuilds_the_mount_table():
    """By findmnt: targets, sources, options, propagation; in order of depth."""
    tree = scratch("tree")
    os.makedirs(f"{tree}/a/b")
    script = f"""mount --make-rprivate /
        mount -t tmpfs -o size=1m,mode=750 small {tree}/a
        mkdir {tree}/a/c {tree}/a/d; touch {tree}/a/f
        mount --bind /usr {tree}/a/c; mount -o remount,bind,ro,nosuid {tree}/a/c
        mount --bind /etc/passwd {tree}/a/f
        mount --bind {tree} {tree}/a/d; mount --make-shared {tree}/a/d
        mount -t tmpfs over {tree}/a/c
        mount -o remount,noatime,nodev {tree}/a/c; mount --make-unbindable {tree}/a/c
        cd {tree}/a"""
    for options in ALL, "--mount":
        with Process(options, script) as process:
            want = mounts(process.inside(*FINDMNT))
            found = mounts(restored(process.save(), *FINDMNT))
            check(len(want) > 8, want)
            for entry in want:
                check(entry in found, "missing:", entry, "found:", *found)
            for entry in found:
                check(entry in want, "not there before:", entry)


@test
def restore_takes_names_of_any_bytes():
    """Which JSON cannot hold: they stand beside, in hexadecimal."""
    tree = os.fsencode(scratch("bytes")) + b"\xff\xfe \t\\x"
    os.makedirs(tree)
    with Process("--mount --uts", "mount -t tmpfs bytes \"$(printf "
                 f"'{SCRATCH}/bytes\\377\\376 \\t\\\\x')\"") as process:
        path = process.save()
    said = [mount for mount in contents(path)["mounts"]
            if mount["source"] == "bytes"]
    check_equal(bytes.fromhex(said[0]["target_hex"]), tree, "target_hex")
    done = subprocess.run([b"pvadm", b"ns", b"restore", path.encode(), b"--",
                           b"mountpoint", tree], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    check_equal(done.returncode, 0, done.stderr)
    check_equal(done.stderr.count(b"\n"), 1, done.stderr)
    os.rmdir(tree)


@test
def restore_keeps_peers_together():
    """Two mounts that were shared with each other, and one that follows them."""
    tree = scratch("peers")
    os.makedirs(f"{tree}/a")
    os.makedirs(f"{tree}/b")
    os.makedirs(f"{tree}/c")
    script = f"""mount --make-rprivate /
        mount --bind {tree}/a {tree}/a; mount --make-shared {tree}/a
        mount --bind {tree}/a {tree}/b
        mount --bind {tree}/a {tree}/c; mount --make-slave {tree}/c
        mkdir {tree}/a/x"""
    with Process("--mount", script) as process:
        path = process.save()
    said = restored(path, "sh", "-c", f"mount -t tmpfs new {tree}/a/x; "
                    f"grep -c ' new ' /proc/self/mountinfo; mount -t tmpfs "
                    f"other {tree}/c/x; grep -c ' other ' "
                    "/proc/self/mountinfo")
    check_equal(said.split(), ["3", "1"], "mounts that came of one, of other")


TABLE = ["cat", "/proc/self/mountinfo"]


def options_of(text, places):
    """A mount's own options, and those of its filesystem: {place: [both]}."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[4] in places:
            found[words[4]] = [words[5], words[words.index("-") + 3]]
    return found


@test
def restore_tells_a_mounts_own_options_from_its_filesystems():
    """Read-only by itself, by its filesystem, and by both; here, and made anew."""
    tree = scratch("options")
    own = "ro,nosuid,nodev,noexec,noatime,nodiratime"
    for name in "disk", "both", "super", "own", "new", "flags", "below":
        os.makedirs(f"{tree}/{name}")
    script = f"""mount --make-rprivate /
        mount --bind {tree}/disk {tree}/both; mount --bind {tree}/disk {tree}/super
        mount -o remount,bind,rw {tree}/super; mount -o remount,bind,ro {tree}/both
        mount -t tmpfs own {tree}/own; mount -o remount,bind,ro {tree}/own
        mount -t tmpfs new {tree}/new; mount -o remount,ro {tree}/new
        mount -t tmpfs flags {tree}/flags; mount -o remount,bind,{own} {tree}/flags
        mount -t tmpfs below {tree}/below; mount -o remount,ro {tree}/below
        mount -o remount,bind,rw {tree}/below"""
    places = [f"{tree}/{name}" for name in ("both", "super", "own", "new",
                                            "flags", "below")]
    good("mount", "-t", "tmpfs", "disk", f"{tree}/disk")
    try:
        good("mount", "-o", "remount,ro", f"{tree}/disk")
        good("mount", "-o", "remount,bind,rw", f"{tree}/disk")
        for options in "--mount", "--user --map-root-user --mount":
            with Process(options, script) as process:
                want = options_of(process.inside(*TABLE), places)
                path = process.save()
            check_equal(options_of(restored(path, *TABLE), places), want,
                        options)
            check_equal([value[0][:2] for value in want.values()],
                        ["ro", "rw", "ro", "ro", "ro", "rw"], "options")
        good("mount", "-o", "remount,rw", f"{tree}/disk")
        check(f"{tree}/both is writable here, and was read-only" in
              ns("restore", "--check", path), "--check does not say it")
    finally:
        good("umount", f"{tree}/disk")


def relations(text):
    """Who is with whom: {mount: (its peers, whom it follows, unbindable)}."""
    table, places = [], []
    for line in text.splitlines():
        words = line.split()
        fields = words[6:words.index("-")]
        places.append(words[4])
        # Several may be mounted on one place.
        table.append((f"{words[4]} {places.count(words[4])}", dict(
            field.split(":") for field in fields if ":" in field),
            "unbindable" in fields))

    def group(relation, number):
        return sorted(place for place, fields, _ in table
                      if number and fields.get(relation) == number)
    return {place: (group("shared", fields.get("shared")),
                    group("shared", fields.get("master")),
                    "master" in fields, unbindable)
            for place, fields, unbindable in table}


@test
def restore_gives_each_mount_its_propagation():
    """The root's too, with groups that follow groups: all kinds of them."""
    tree = scratch("propagation")
    for name in "abcdefg":
        os.makedirs(f"{tree}/{name}/x")
    script = f"""mount --bind {tree}/a {tree}/a; mount --make-shared {tree}/a
        mount --bind {tree}/a {tree}/b
        mount --bind {tree}/a/x {tree}/c; mount --make-slave {tree}/c
        mount --bind {tree}/a {tree}/d; mount --make-slave {tree}/d
        mount --make-shared {tree}/d; mount --bind {tree}/d {tree}/e
        mount --bind {tree}/e {tree}/f; mount --make-slave {tree}/f
        mount --bind {tree}/g {tree}/g; mount --make-unbindable {tree}/g"""
    # The root as systemd has it, a container of its, a sandbox, and without any.
    plain, user = "--mount --propagation unchanged", "--user --map-root-user --mount"
    for options, root, end in (
            (plain, "rshared", ":"), (user, "rshared", ":"),
            (plain, "rslave", "mount --make-rshared /"), (user, "rslave", ":"),
            (user, "rslave", "mount --make-rshared /"), (plain, "rprivate", ":"),
            (plain, "rprivate", "mount --make-unbindable /")):
        with Process(options, f"mount --make-{root} /\n{script}\n{end}") \
                as process:
            want = relations(process.inside(*TABLE))
            path = process.save()
        found = relations(restored(path, *TABLE))
        check_equal(found, want, f"{options}, {root}, {end}")


@test
def restore_lets_no_mount_out():
    """What is mounted inside stays inside, below a mount that was shared, too."""
    tree = scratch("out")
    os.mkdir(tree)
    good("mount", "-t", "tmpfs", "shared", tree)
    try:
        good("mount", "--make-shared", tree)
        os.mkdir(f"{tree}/sub")
        with Process("--mount --propagation unchanged") as process:
            path = process.save()
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            before = file.read()
        with Restored(path) as process:
            good("nsenter", "-t", str(process.pid), "-m", "mount", "-t",
                 "tmpfs", "x", f"{tree}/sub")
            with open("/proc/self/mountinfo", encoding="utf-8") as file:
                check_equal(file.read(), before, "our mounts")
    finally:
        good("umount", "-R", tree)


@test
def restore_follows_what_is_mounted_outside_if_it_did():
    """A slave of a mount that is here."""
    tree = scratch("slave")
    os.mkdir(tree)
    good("mount", "-t", "tmpfs", "shared", tree)
    try:
        good("mount", "--make-shared", tree)
        os.mkdir(f"{tree}/sub")
        with Process("--mount --propagation slave") as process:
            path = process.save()
        with Restored(path) as process:
            good("mount", "-t", "tmpfs", "x", f"{tree}/sub")
            good("nsenter", "-t", str(process.pid), "-m", "mountpoint",
                 f"{tree}/sub")
    finally:
        good("umount", "-R", tree)


@test
def restore_reports_each_mount_that_it_cannot_make():
    """Line by line, before anything is made; --strict makes nothing."""
    tree = scratch("gone")
    os.makedirs(f"{tree}/a")
    os.makedirs(f"{tree}/b")
    good("mount", "-t", "tmpfs", "gone", f"{tree}/a")
    os.mkdir(f"{tree}/a/sub")
    try:
        with Process("--mount", f"mount --bind {tree}/a/sub {tree}/b") \
                as process:
            path = process.save()
    finally:
        good("umount", f"{tree}/a")
    said = json.loads(ns("restore", "--check", "--json", path))
    text = [line["text"] for line in said if line["about"] == "mnt"]
    check(any(f"{tree}/a " in line and "new and empty" in line
              for line in text), text)
    # A part of it is one of the new one.
    check(any(f"{tree}/b " in line and "new and empty" in line
              for line in text), text)
    done = run("pvadm", "ns", "restore", path, "--", "echo", "ran")
    check_equal(done.stdout, "ran\n", "output")
    check_equal(done.stderr.count("warning: not equal: mnt:"), len(text),
                done.stderr)
    refused("not equal.*more", "restore", "--strict", path, "echo", "ran")
    refused("not equal.*more", "restore", "--strict", path, "echo", "ran")
    check_equal(run("pvadm", "ns", "restore", "--check", "--strict",
                    path).returncode, 1, "status of --check --strict")


def filesystems(look):
    """What stat says of places, a number for each device: {place: words}."""
    devices, found = [], {}
    for line in look.splitlines():
        place, device, *words = line.split()
        if device not in devices:
            devices.append(device)
        found[place] = [devices.index(device), *words]
    return found


@test
def restore_makes_one_filesystem_one_again_at_all_its_places():
    """In memory, and parts of it, directories and files: with mode and owner."""
    tree = scratch("places")
    for name in "abcdenor":
        os.makedirs(f"{tree}/{name}")
    for name in "fg":
        with open(f"{tree}/{name}", "w", encoding="ascii"):
            pass
    script = f"""cd {tree}; mount -t tmpfs -o size=1m,mode=711 one a
        mkdir -p a/deep/sub a/late; chmod 2750 a/deep/sub; chown 7:8 a/deep/sub
        echo data > a/deep/file; chmod 640 a/deep/file; mkfifo a/fifo
        mount --bind a b; mount --bind a/deep/sub c; mount --bind a/deep/file f
        mount --bind a/fifo g; mount -t tmpfs other d; mount --bind d a/late
        mount -t tmpfs -o ro tight e; mkdir d/over; mount -t ramfs ram d/over
        chmod 700 d; mkdir a/low a/up a/work; mount -t tmpfs n n
        mkdir n/sub n/sub/x; mount -t tmpfs x n/sub/x; mount -o remount,ro n
        mount --bind n/sub o; mount -t devpts -o newinstance,mode=620 pts r
        mount --bind r n/sub/x"""
    names = ["a", "b", "c", "d", "e", "f", "g", "a/late", "d/over", "n", "o",
             "r", "n/sub/x"]
    look = ["stat", "-c", "%n %d %F %a %u %g", *(f"{tree}/{name}"
                                                for name in names)]
    for options in "--mount", ALL:
        owned = script if options != ALL else script.replace("7:8", "0:0")
        with Process(options, owned) as process:
            want = filesystems(process.inside(*look))
            places = [f"{tree}/{name}" for name in names]
            shown = options_of(process.inside(*TABLE), places)
            path = process.save()
        check_equal(filesystems(restored(path, *look)
                                .replace("regular empty", "regular")),
                    {place: [word for word in words if word != "empty"]
                     for place, words in want.items()}, options)
        check_equal(options_of(restored(path, *TABLE), places), shown, options)
        said = restored(path, "sh", "-c", f"cd {tree}; echo x > a/new; cat b/new"
                        "; echo y > c/in; cat a/deep/sub/in; echo z > f; "
                        "cat a/deep/file")
        check_equal(said.split(), ["x", "y", "z"], "what is written")


@test
def restore_makes_parts_of_proc_and_sysfs_again():
    """As containers have them: read-only on top of the whole."""
    script = """mount -t proc proc /proc; mount --bind /proc/sys /proc/sys
        mount -o remount,bind,ro /proc/sys; mount --bind /proc/sys/kernel /proc/fs
        mount --bind /dev/null /proc/version
        mount -t tmpfs x /mnt; mknod /mnt/null c 1 3
        mount --bind /mnt/null /proc/loadavg"""
    look = ["stat", "-c", "%n %F %t:%T", "/proc/sys", "/proc/fs",
            "/proc/version", "/proc/loadavg"]
    for options in ("--mount --pid --fork --kill-child --mount-proc",
                    "--user --map-root-user --mount --pid --fork --kill-child "
                    "--mount-proc --net"):
        does = script if "user" not in options else \
            script.split("mount -t tmpfs", maxsplit=1)[0] + \
            "mount --bind /dev/zero /proc/loadavg"
        with Process(options, does) as process:
            want = process.inside(*look)
            table = mounts(process.inside(*FINDMNT))
            path = process.save()
        check_equal(restored(path, *look), want, options)
        check_equal(mounts(restored(path, *FINDMNT)), table, options)


@test
def restore_makes_no_second_one_of_what_is_here_in_part():
    """What cannot be had is said."""
    tree = scratch("in part")
    tree = tree.replace(" ", "-")
    for name in "ab":
        os.makedirs(f"{tree}/{name}")
    good("mount", "-t", "tmpfs", "whole", f"{tree}/a")
    try:
        os.mkdir(f"{tree}/a/sub")
        good("mount", "--bind", f"{tree}/a/sub", f"{tree}/b")
        with Process("--mount") as process:
            path = process.save()
            good("umount", f"{tree}/a")
            said = ns("restore", "--check", path)
            check(f"{tree}/a (tmpfs) is not mounted again: of its filesystem"
                  in said, said)
            check(f"{tree}/b" not in said.replace(f"that of {tree}/b", ""),
                  said)
    finally:
        run("umount", f"{tree}/b")


def said_by_restore(path, user=()):
    """What it warns of, sorted."""
    done = run("pvadm", "ns", "restore", path, "--", "true", user=user)
    lines = done.stderr.splitlines()
    check_equal(done.returncode, 0, lines)
    for line in lines:
        check(line.startswith("pvadm: warning: not equal: "), line)
    return sorted(line.removeprefix("pvadm: warning: not equal: ")
                  for line in lines)


def nothing(_value):
    """Changes nothing of a file."""


def spoil(value):
    """What is not wrong by itself, but cannot be made."""
    value["net"]["addresses"].append(
        {"link": "lo", "local": "1.2.3.4/99", "scope": 0, "flags": 0})
    value["net"]["links"].append(
        {"index": 9, "name": "longer-than-any-link", "type": "veth", "up": True,
         "mtu": 1, "other": 10, "peer": {"name": "x", "outside": False,
                                         "up": True}})
    value["net"]["sysctls"]["net/ipv4/no_such"] = "1"
    value["net"].setdefault("rules", []).extend(("02", "02" + "ff" * 30))
    value["ipc"]["limits"]["msgmax"] = "many"
    value["uts"]["hostname"] = "x" * 70
    for mount in value["mounts"]:
        if mount["source"] == "odd":
            mount["super_options"] = "rw,size=1m,no_such=1"
        if mount["source"] == "loop":
            mount.update(shared=70001, master=70002)
        if mount["source"] == "round":
            mount.update(shared=70002, master=70001)


@test
def check_says_all_that_restore_says():
    """Mounts that are hidden, places that are gone, what the kernel refuses."""
    tree = scratch("told")
    for name in "abcdefgh":
        os.makedirs(f"{tree}/{name}")
    good("mount", "-t", "tmpfs", "told", f"{tree}/a")
    script = f"""mount --make-rslave /; mkdir -p {tree}/a/x/y {tree}/a/z {tree}/a/q
        mount -t tmpfs one {tree}/a/x; mkdir {tree}/a/x/y
        mount -t tmpfs two {tree}/a/x/y; mount -t tmpfs over {tree}/a/x
        mount --bind {tree}/a/z {tree}/b; mount -t tmpfs gone {tree}/a/q
        mount -t tmpfs odd {tree}/c; mount -t tmpfs loop {tree}/d
        mount -t tmpfs round {tree}/e; mount --make-unbindable {tree}/e
        mount --bind {tree}/f {tree}/f; ip link set lo up"""
    full = script + """; ip rule add from 1.2.3.4 table 7
        ip link add v0 type veth peer name v1; ip link set v0 up
        ip addr add 10.0.0.1/24 dev v0; ipcmk -Q >/dev/null
        ip neigh add 10.0.0.3 lladdr 2:3:4:5:6:7 dev v0 nud permanent"""
    try:
        good("mount", "--make-shared", f"{tree}/a")
        for user, options, change in (
                ((), ALL, nothing), ((), ALL, spoil),
                (NOBODY, ALL, nothing), (NOBODY, ALL, spoil),
                ((), "--mount --net --ipc --uts", spoil)):
            os.chmod(f"{tree}/a", 0o777)
            does = script if user else full
            with Process(options, does if not user else
                         "mount -t tmpfs odd /mnt; mkdir /mnt/x; mount -t tmpfs "
                         "loop /mnt/x; mount -t tmpfs round /mnt",
                         user=user) as process:
                path = process.save("told file", user=user)
            # What was mounted on it is gone with its place.
            run("rmdir", f"{tree}/a/q")
            path = forge(path, "told forged", change)
            os.chmod(path, 0o644)
            said = sorted(ns("restore", "--check", path, user=user)
                          .splitlines())
            check_equal(said, said_by_restore(path, user), (user, options))
            if change == spoil:
                check(len(said) > 5, said)
                check(sum("policy rule" in line for line in said) == 2, said)
            if not user and options == ALL:
                for text in ("permanent neighbours", "a/q "):
                    check(any(text in line for line in said), text, said)
    finally:
        run("umount", "-R", f"{tree}/a")


@test
def check_leaves_nothing_and_touches_nothing():
    """Though it makes all; and what cannot be made at all, it refuses as restore."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        before = file.read()
    names = good("ip", "-br", "link")
    with Process(ALL) as process:
        path = process.save()
        good("ip", "link", "add", "nsout", "type", "veth", "peer", "name",
             "in0", "netns", str(process.pid))
        veth = process.save("veth")
    wait_until(lambda: good("ip", "-br", "link") == names, "nsout to go")
    ns("restore", "--check", veth)
    check_equal(good("ip", "-br", "link"), names, "our links")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        check_equal(file.read(), before, "our mounts")
    check(not left(path), left(path))
    def overlap(value):
        extent = {"inside": 0, "outside": 0, "count": 10}
        value["user"][0]["uid_map"] = [extent, extent]
    refused("uid_map", "restore", "--check", forge(path, "maps", overlap))


@test
def restore_takes_no_other_filesystem_for_one_that_had_its_number():
    """Device numbers in memory are given again as soon as they are free."""
    tree = scratch("numbers")
    os.makedirs(f"{tree}/a")
    os.makedirs(f"{tree}/b")
    with Process("--mount", f"mount -t tmpfs ours {tree}/a") as process:
        path = process.save()
    good("mount", "-t", "tmpfs", "stranger", f"{tree}/b")
    try:
        with open(f"{tree}/b/secret", "w", encoding="ascii"):
            pass
        number = os.stat(f"{tree}/b").st_dev
        def same(value):
            for mount in value["mounts"]:
                if mount["source"] == "ours":
                    mount["device"] = f"{os.major(number)}:{os.minor(number)}"
        forged = forge(path, "same number", same)
        check(f"{tree}/a (tmpfs) is new and empty" in
              ns("restore", "--check", forged), "not told")
        check_equal(restored(forged, "ls", f"{tree}/a"), "", "what is in it")
    finally:
        good("umount", f"{tree}/b")


@test
def restore_of_an_equal_one_says_nothing():
    """--strict is content."""
    with Process("--user --map-root-user --uts --ipc --net --pid --fork "
                 "--kill-child --time", "ip link set lo up") as process:
        path = process.save()
    done = run("pvadm", "ns", "restore", "--strict", path, "--", "true")
    check_equal((done.returncode, done.stdout, done.stderr), (0, "", ""),
                "result")
    check_equal(ns("restore", "--check", path), "", "what is unequal")
    check_equal(json.loads(ns("restore", "--check", "--json", path)), [],
                "what is unequal")


@test
def restore_looks_from_the_directory_of_a_chroot():
    """Which is not a mount."""
    root = scratch("chroot")
    take_busybox(root)
    with Process("--mount", f"exec chroot {root} /bin/busybox sh -c "
                 f"'echo ready; exec /bin/sleep 10000'\n") as process:
        path = process.save()
        pinned = Pinned(process)
    check_equal(restored(path, "/bin/busybox", "ls", "/"), "bin\n", "/")
    with pinned:
        check_equal(ns("restore", "--pinned", pinned.directory, path, "--",
                       "/bin/busybox", "ls", "/"), "bin\n", "/ of pinned")


class Chroot:
    """A directory, which is no mount, from which one can run all that there is."""

    def __init__(self):
        self.path = scratch("chrooted")
        self.mounted = []
        os.mkdir(self.path)
        for name in os.listdir("/"):
            if os.path.islink(f"/{name}"):
                os.symlink(os.readlink(f"/{name}"), f"{self.path}/{name}")
            elif name in ("usr", "etc", "proc", "sys", "dev", "tmp"):
                os.mkdir(f"{self.path}/{name}")
                self.mounted.append(f"{self.path}/{name}")
                good("mount", "--bind", f"/{name}", self.mounted[-1])
        # Where pvadm is, and what it needs.
        for place in os.environ["PATH"].split(":"):
            if os.path.isfile(f"{place}/pvadm") and \
                    not place.startswith(("/usr/", "/bin", "/tmp/")):
                os.makedirs(self.path + place)
                self.mounted.append(self.path + place)
                good("mount", "--bind", place, self.mounted[-1])
        self.enter = ["chroot", self.path]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for place in reversed(self.mounted):
            good("umount", "-l", place)


@test
def save_and_restore_work_from_inside_of_a_chroot():
    """As outside of it: the command is in its own tree, with the mounts of all."""
    tree = scratch("inside")
    os.makedirs(f"{tree}/a")
    look = ["sh", "-c", f"""findmnt -o {FINDMNT[3]}; ls -id / {tree}
        stat -f -c %T {tree}/a"""]
    for options in "--mount", ALL, "--mount --propagation unchanged --pid " \
            "--fork --kill-child --mount-proc":
        with Process(options, f"mount -t tmpfs inside {tree}/a") as process:
            path = process.save()
            with Chroot() as chroot:
                want = restored(path, *look)
                check_equal(restored(path, *look, user=chroot.enter), want,
                            options)
                again = scratch("from inside")
                ns("save", process.pid, again, user=chroot.enter)
                check_equal(contents(again)["mounts"],
                            [*contents(path)["mounts"]], "saved inside")


@test
def restore_in_a_chroot_stays_there_if_it_makes_no_mounts():
    """It is the caller's; and a user namespace alone is refused in a line."""
    with Process("--uts", "hostname stays") as process:
        path = process.save()
    with Process("--user --map-root-user --uts") as process:
        user = process.save("user")
    with Chroot() as chroot:
        said = restored(path, "sh", "-c", "hostname; stat -c %i /",
                        user=chroot.enter).split()
        check_equal(said, ["stays", str(os.stat(chroot.path).st_ino)], "root")
        refused("chroot.*outside of it", "restore", user, "true",
                user=chroot.enter)


@test
def enter_from_inside_of_a_chroot_leads_out_of_it():
    """To the root directory of the process, whose mounts may be ours."""
    look = ["stat", "-c", "%i", "/"]
    for options in "--uts", "--mount", ALL:
        with Process(options) as process, Chroot() as chroot:
            check_equal(ns("enter", process.pid, "--", *look,
                           user=chroot.enter), good(*look), options)


@test
def restore_makes_links_addresses_and_routes():
    """By ip, inside; dummy where the kernel has it."""
    script = """ip link set lo up
        ip link add v0 type veth peer name v1
        ip link set v0 mtu 1400 address 02:00:00:00:00:01
        ip addr add 10.9.0.1/24 dev v0; ip addr add 10.9.0.7/24 dev v0
        ip addr add fd00::1/64 dev v0 nodad; ip addr add 10.8.0.1/32 dev v1
        ip link set v0 up; ip link set v1 up
        ip link add d0 type dummy && ip link set d0 up || :
        ip route add 10.10.0.0/16 via 10.9.0.2 metric 5
        ip route add default via 10.9.0.3; ip -6 route add fd01::/64 via fd00::2
        ip route add blackhole 10.11.0.0/16"""
    with Process(ALL, script) as process:
        path = process.save()
        for words, parse in ((("ip", "-j", "addr"), links),
                             (("ip", "-j", "route"), routes)):
            check_equal(parse(restored(path, *words)),
                        parse(process.inside(*words)), words)
        six = ["sh", "-c", "ip -j -6 route | grep -o '\"dst\":\"fd[^\"]*\"' |"
               " sort"]
        check_equal(restored(path, *six), process.inside(*six), "IPv6")


def whole_links(text):
    """All that ip says of links and addresses, but for numbers and the clock's."""
    passing = {"ifindex", "link_index", "link_netnsid", "link",
               "ifa_cacheinfo", "stats64", "qdisc", "tentative"}
    whole = json.loads(text)
    for link in whole:
        for entry in [link, *link["addr_info"]]:
            for name in passing & set(entry):
                del entry[name]
            for name in entry:
                if name.endswith("life_time"):
                    entry[name] = entry[name] > 1 << 31
    return sorted(whole, key=lambda link: link["ifname"])


@test
def restore_gives_routes_all_that_they_had():
    """What ip says of them: metrics, a type of service, onlink, several hops."""
    script = """ip link add v0 type veth peer name v1; ip link set v0 up
        ip link set v1 up; ip addr add 10.9.0.1/24 dev v0
        ip addr add fd00::1/64 dev v0 nodad
        ip route add 10.10.0.0/16 via 10.9.0.2 mtu lock 1300 advmss 1200 rto_min 3s
        ip route add 10.11.0.0/16 via 192.0.2.1 dev v0 onlink src 10.9.0.1
        ip route add 10.12.0.0/16 tos 8 dev v0 scope link proto static
        ip route add 10.13.0.0/16 nexthop via 10.9.0.3 weight 2 nexthop via 10.9.0.4
        ip -6 route add fd01::/64 via fd00::2 metric 7 mtu 1290 hoplimit 9"""
    look = ["sh", "-c", "ip -d route show proto static; ip -d route show "
            "proto boot; ip -d -6 route show proto boot"]
    with Process(ALL, script) as process:
        want = sorted(process.inside(*look).splitlines())
        path = process.save()
    check(len(want) > 5, want)
    check_equal(sorted(restored(path, *look).splitlines()), want, "routes")


RULES = ["sh", "-c", "ip rule; ip -6 rule"]


@test
def restore_gives_policy_rules():
    """By links, marks, ports, users; and without those that were removed."""
    script = """ip link add v0 type veth peer name v1; ip link set v0 up
        ip rule add from 10.0.0.0/8 to 10.1.0.0/16 iif v0 priority 100 table 70000
        ip rule add not fwmark 0x7/0xff priority 100 prohibit
        ip rule add ipproto tcp sport 1-99 dport 80 uidrange 0-0 priority 100 lookup 9
        ip rule add oif v1 priority 200 goto 32766
        ip rule add oif nolink tos 0x10 suppress_prefixlength 8 priority 300 table 11
        ip -6 rule add from fd00::/16 priority 400 table 12 protocol 99
        ip rule del priority 32767; ip rule add priority 32767 unreachable"""
    with Process(ALL, script) as process:
        want = process.inside(*RULES)
        path = process.save()
    check_equal(len(want.splitlines()), 11, want)
    check_equal(restored(path, *RULES), want, "rules")
    check_equal(ns("restore", "--check", path), "", "what is told")
    with Process("--net") as process:
        want = process.inside(*RULES)
        path = process.save()
    check("rules" not in contents(path)["net"], "those of a new one are saved")
    check_equal(restored(path, *RULES), want, "rules of a new one")


@test
def restore_gives_lo_what_it_had_and_nothing_else():
    """Addresses that were removed, no IPv6 at all, flags, another size, down."""
    proc = "/proc/sys/net/ipv6/conf"
    for script in ("ip link set lo up", ":",
                   "ip link set lo up; ip addr del ::1/128 dev lo",
                   "ip link set lo up; ip addr flush dev lo",
                   f"echo 1 > {proc}/lo/disable_ipv6; ip link set lo up",
                   f"echo 1 > {proc}/all/disable_ipv6; ip link set lo up",
                   "ip link set lo mtu 1500 promisc on multicast on; "
                   "ip addr add 10.1.1.1/32 dev lo",
                   "ip link set lo up; ip addr add fd00::7/128 dev lo; "
                   "ip addr add 10.1.1.1/24 dev lo valid_lft 9000 "
                   "preferred_lft 8000; ip addr add 10.1.2.1/24 dev lo "
                   "noprefixroute", "ip link set lo name loop; "
                   "ip link set loop up"):
        with Process("--user --map-root-user --net" if "del" in script
                     else "--net", script) as process:
            want = whole_links(process.inside("ip", "-j", "addr"))
            path = process.save()
        check_equal(whole_links(restored(path, "ip", "-j", "addr")), want,
                    script)


@test
def restore_gives_other_links_their_flags():
    """Those that one may choose."""
    script = """ip link add v0 type veth peer name v1
        ip link set v0 arp off multicast off; ip link set v1 promisc on
        ip addr add 10.9.0.1/24 dev v0; ip addr add fd00::1/64 dev v0
        ip addr add fd00::2/64 dev v1 nodad"""
    with Process(ALL, script) as process:
        want = whole_links(process.inside("ip", "-j", "addr"))
        path = process.save()
    check_equal(whole_links(restored(path, "ip", "-j", "addr")), want, "links")


# Some may not be read.
SYSCTLS = ["sh", "-c", "grep -rs . /proc/sys/net || :"]


@test
def restore_gives_back_sysctls():
    """All that a network namespace has, whoever set it; and those of IPC."""
    script = """cd /proc/sys/net; ip link add v0 type veth peer name v1
        echo 1 > ipv4/ip_forward; echo 0 > ipv4/conf/v1/forwarding
        echo 1 > ipv4/conf/all/accept_redirects; echo 2 > ipv4/conf/v0/rp_filter
        echo 1 > ipv4/conf/default/arp_ignore
        if [ -e core/somaxconn ]; then echo 77 > core/somaxconn; fi
        echo '2000 3000' > ipv4/ip_local_port_range
        echo 8080-8090,9000 > ipv4/ip_local_reserved_ports
        echo 5 > ipv4/tcp_retries1; echo 4000 > ipv4/neigh/v0/base_reachable_time_ms
        echo 1 > ipv6/conf/default/disable_ipv6; echo 1 > ipv6/conf/lo/disable_ipv6
        echo 7 > ipv6/conf/v0/hop_limit; echo 1 > ipv6/conf/v0/addr_gen_mode
        ip link set lo up; ip link set v0 up; ip link set v1 up
        echo 99 > /proc/sys/kernel/shmmni; echo 44 > /proc/sys/fs/mqueue/queues_max
        echo 1 > /proc/sys/kernel/shm_rmid_forced"""
    ipc = ["sh", "-c", "grep . /proc/sys/kernel/shm* /proc/sys/kernel/msg* "
           "/proc/sys/kernel/sem* /proc/sys/fs/mqueue/*"]
    for options in "--net --ipc", ALL:
        with Process(options, script) as process:
            want = [sorted(process.inside(*look).splitlines())
                    for look in (SYSCTLS, ipc)]
            path = process.save()
        found = [sorted(ns("restore", "--net", "--ipc", "--user", path, "--",
                           *look).splitlines()) for look in (SYSCTLS, ipc)]
        for one, other in zip(want, found):
            check_equal(set(other) - set(one), set(one) - set(other), options)
        said = contents(path)["net"]
        check_equal(said["sysctls"]["net/ipv4/ip_forward"], "1", "saved")
        check("net/ipv4/tcp_retries2" in said["defaults"], "not a default")


@test
def restore_tells_which_sysctls_it_cannot_set():
    """Those that the kernel lacks or refuses; and none that only may be lacking."""
    with Process("--net --ipc") as process:
        path = process.save()
    check_equal(ns("restore", "--check", path), "", "of a new one")
    check_equal(contents(path)["net"]["sysctls"], {}, "of a new one")
    def change(value):
        value["net"]["sysctls"].update({
            "net/ipv4/no_such": "1", "net/ipv4/ip_forward": "perhaps"})
        value["net"]["defaults"]["net/ipv6/nor_this"] = "1"
        value["ipc"]["limits"].update(core_pattern="|/x", shmnone="3")
    forged = forge(path, "forged", change)
    done = run("pvadm", "ns", "restore", forged, "--", "cat",
               "/proc/sys/kernel/core_pattern")
    for text in ("net/ipv4/no_such cannot be set to \"1\": there is none",
                 "net/ipv4/ip_forward cannot be set to \"perhaps\": Invalid",
                 "core_pattern cannot be set", "shmnone cannot be set to 3: "
                 "this kernel has none"):
        check(text in done.stderr, text, done.stderr)
    check_equal(done.stderr.count("\n"), 4, done.stderr)
    check(done.stdout != "|/x\n", "core_pattern is set")
    for name in "net/../kernel/x", "kernel/core_pattern":
        bad = forge(path, "bad", lambda value, name=name:
                    value["net"]["sysctls"].update({name: "1"}))
        refused("does not make sense.*net.sysctls", "restore", bad, "true")


@test
def restore_makes_the_other_end_of_a_veth_outside():
    """With its name, up, in the bridge where it was; and it goes with the rest."""
    names = lambda: {link["ifname"] for link in
                     json.loads(good("ip", "-j", "link"))}
    before = names()
    if run("ip", "link", "add", "nsbr", "type", "bridge").returncode:
        raise Skip("the kernel has no bridges")
    try:
        with Process("--net") as process:
            good("ip", "link", "add", "nsout", "type", "veth", "peer", "name",
                 "in0", "netns", str(process.pid))
            good("ip", "link", "set", "nsout", "up", "master", "nsbr")
            path = process.save()
            done = run("pvadm", "ns", "restore", path, "--", "ip", "-j",
                       "link", "show", "in0")
            check("nsout cannot be called" not in done.stdout, done)
            check("kernel chooses a name" in done.stderr, done.stderr)
            check_equal(done.returncode, 0, done.stderr)
        wait_until(lambda: "nsout" not in names(), "nsout to go")
        with Restored(path):
            said = json.loads(good("ip", "-j", "link", "show", "nsout"))[0]
            check_equal(said.get("master"), "nsbr", "bridge")
            check("UP" in said["flags"], said)
        wait_until(lambda: "nsout" not in names(), "nsout to go")
    finally:
        run("ip", "link", "del", "nsbr")
    check_equal(names(), before, "our links")


@test
def restore_works_without_privilege():
    """As the user who made the user namespace."""
    script = "hostname unprivileged; mount -t tmpfs -o size=1m,mode=755 x /mnt"
    look = ["sh", "-c", "hostname; cat /proc/self/uid_map; ip -br link"
            " show lo | cut -c1-20; stat -c %u:%g:%a /mnt"]
    with Process(ALL, script, user=NOBODY) as process:
        path = process.save("unprivileged", user=NOBODY)
        check_equal(restored(path, *look, user=NOBODY),
                    process.inside(*look), "contents")
        check_equal(mounts(restored(path, *FINDMNT, user=NOBODY)),
                    mounts(process.inside(*FINDMNT)), "mounts")


@test
def restore_without_privilege_tells_what_it_lacks():
    """Ranges of ids, and what no user namespace owned."""
    with Process("--uts", "hostname owned") as process:
        path = process.save()
    os.chmod(path, 0o644)
    done = run("pvadm", "ns", "restore", path, "--", "true", user=NOBODY)
    check_equal(done.returncode, 0, done.stderr)
    check("uts: making it needs root" in done.stderr, done.stderr)
    refused("uts: making it needs root", "restore", "--strict", path, "true",
            user=NOBODY)


# ---- cgroups ----


@test
def restore_makes_the_cgroup_with_its_limits_and_removes_it():
    """It was gone; afterwards it is gone again."""
    with Cgroup("nstest") as cgroup:
        shell = in_cgroup(cgroup)
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        said = contents(path)["cgroup"]
        check_equal(said["path"], cgroup.path, "saved path")
        check_equal(said["limits"]["cgroup.max.depth"], "3\n", "saved limit")
        cgroup.remove()
        found = restored(path, "sh", "-c", f"grep 0:: /proc/self/cgroup; cd "
                         f"{cgroup.top}/inner; cat cgroup.max.depth; "
                         "cat pids.max memory.max 2>/dev/null || :").split()
        want = [f"0::{cgroup.path}", "3"]
        if "pids" in cgroup.controllers:
            want.append("77")
        if "memory" in cgroup.controllers:
            want.append(str(1 << 28))
        check_equal(found, want, "cgroup and limits")
        check(not os.path.exists(cgroup.top), cgroup.top, "is left")


@test
def restore_makes_a_cgroup_namespace_begin_where_it_did():
    """At the cgroup, or above it."""
    with Cgroup("nstest") as cgroup:
        shell = in_cgroup(cgroup, "--cgroup --mount --pid --fork "
                          "--kill-child", "mount -t cgroup2 x /mnt")
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        check_equal(contents(path)["cgroup"]["root"], cgroup.path, "root")
        cgroup.remove()
        found = ns("restore", "--strict", path, "--", "sh", "-c",
                   "cat /proc/self/cgroup /mnt/cgroup.max.depth")
        check("0::/\n" in found, found)
        check(found.endswith("\n3\n"), "the root of the mount:", found)
        check(not os.path.exists(cgroup.top), cgroup.top, "is left")


@test
def restore_makes_a_cgroup_below_the_root_of_its_namespace():
    """With controllers that the root gives to what is below it."""
    with Cgroup("nstest") as cgroup:
        inner = f"{cgroup.top}/inner"
        shell = in_cgroup(cgroup, "--cgroup", f"""mkdir {inner}/deep
            echo $$ > {inner}/deep/cgroup.procs
            echo +pids > {inner}/cgroup.subtree_control &&
                echo 55 > {inner}/deep/pids.max || :""")
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        wait_until(lambda: not run("rmdir", f"{inner}/deep").returncode,
                   "rmdir")
        cgroup.remove()
        found = ns("restore", "--strict", path, "--", "sh", "-c",
                   "grep 0:: /proc/self/cgroup; "
                   f"cat {inner}/deep/pids.max 2>/dev/null || :")
        want = "0::/deep\n"
        if "pids" in cgroup.controllers:
            want += "55\n"
        check_equal(found, want, "cgroup")
        check(not os.path.exists(cgroup.top), cgroup.top, "is left")


@test
def restore_joins_a_cgroup_that_is_there_and_changes_nothing():
    """But says where limits differ."""
    with Cgroup("nstest") as cgroup:
        shell = in_cgroup(cgroup)
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        check_equal(ns("restore", "--strict", path, "--", "grep", "0::",
                       "/proc/self/cgroup"), f"0::{cgroup.path}\n", "cgroup")
        cgroup.set("cgroup.max.depth", "9")
        refused("cgroup.max.depth", "restore", "--strict", path, "true")
        restored(path, "true")
        with open(f"{cgroup.top}/inner/cgroup.max.depth",
                  encoding="ascii") as file:
            check_equal(file.read(), "9\n", "the limit")


# ---- bad files ----


@test
def files_that_are_not_ours_or_not_whole_are_refused():
    """Each in a line that says so."""
    with Process("--uts", "hostname whole") as process:
        path = process.save()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, content, pattern in (
            ("empty", "", "cut short or no JSON"),
            ("cut", text[:len(text) // 2], "cut short or no JSON"),
            ("cut by one", text[:-3], "cut short or no JSON"),
            ("array", "[]", "cut short or no JSON"),
            ("more", text + "{}", "cut short or no JSON"),
            ("other", "{}", "is not a file of namespaces"),
            ("changed", text.replace('"whole"', '"other"'), "was changed"),
            ("sum", re.sub(r'("sha256": ")[0-9a-f]{64}', r"\g<1>" + "0" * 64,
                           text), "was changed"),
            ("newer", text.replace('"version": 1', '"version": 2'),
             "version 2.*newer"),
            ("far newer", text.replace('"version": 1',
                                       '"version": 99999999999'), "newer"),
            ("no version", text.replace('"version": 1', '"version": "1"'),
             "no version")):
        bad = scratch("bad")
        with open(bad, "w", encoding="utf-8") as file:
            file.write(content)
        refused(pattern, "restore", bad, "echo", name)
        check(name, "")
    refused("No such file", "restore", f"{SCRATCH}/nothing", "true")
    refused("directory", "restore", SCRATCH, "true")


FORGERIES = {
    "uts.hostname": lambda v: v["uts"].update(hostname=5),
    "uts.domainname": lambda v: v["uts"].pop("domainname"),
    'user"': lambda v: v.update(user={}),
    r"user\[\].uid_map": lambda v: v["user"][0].update(uid_map="0 0 1"),
    r"user\[\].gid_map\[\].count":
        lambda v: v["user"][0]["gid_map"][0].update(count=-1),
    r"namespaces\[\].kind": lambda v: v["namespaces"][0].update(kind="zap"),
    r"mounts\[\].target": lambda v: v["mounts"][0].update(target="x"),
    r"mounts\[\]": lambda v: v["mounts"].append(None),
    r"net.links\[\].name": lambda v: v["net"]["links"][0].pop("name"),
    'at "net"': lambda v: v.pop("net"),
    "cgroup.path": lambda v: v.update(cgroup={
        "path": "/../../x", "root": "/", "controllers": [], "limits": {}}),
    r"cgroup.limits\{\}": lambda v: v.update(cgroup={
        "path": "/x", "root": "/", "controllers": [],
        "limits": {"../../x": "1"}}),
    "process.uid": lambda v: v["process"].update(uid=None),
}


@test
def forged_files_with_a_sum_that_fits_are_refused():
    """Wrong types, missing members, ways out of a directory."""
    with Process(ALL) as process:
        path = process.save()
    check_equal(run("pvadm", "ns", "restore", forge(path, "same", lambda v: v),
                    "--", "true").returncode, 0, "unchanged")
    for pattern, change in FORGERIES.items():
        refused(f"does not make sense.*{pattern}", "restore",
                forge(path, "forged", change), "true")


@test
def numbers_that_no_kernel_takes_are_refused_by_it_in_a_line():
    """Maps that overlap, clocks below zero."""
    with Process(ALL) as process:
        path = process.save()
    def overlap(value):
        extent = {"inside": 0, "outside": 0, "count": 10}
        value["user"][0]["uid_map"] = [extent, extent]
    def clock(value):
        value["time"]["monotonic"]["seconds"] = -10 ** 9
    done = run("pvadm", "ns", "restore", forge(path, "maps", overlap), "true")
    check_equal(done.returncode, 1, done.stderr)
    check("uid_map" in done.stderr, done.stderr)
    done = run("pvadm", "ns", "restore", forge(path, "clock", clock), "true")
    check_equal(done.returncode, 1, done.stderr)
    check("clocks" in done.stderr, done.stderr)


@test
def bad_command_lines_are_refused():
    """Usage, with status 2."""
    for pattern, words in (("no subcommand", ()), ("fly", ("fly",)),
                           ("one process", ("show",)),
                           ("file", ("save", "1")), ("directory", ("pin", "1")),
                           ("no command", ("enter", "1")),
                           ("one process", ("enter",)),
                           ("file", ("restore",)),
                           ("no command", ("restore", "x")),
                           ("--check", ("restore", "--check", "x", "true")),
                           ("exclude", ("restore", "--check", "--pinned", "d",
                                        "x")),
                           ("not a user id", ("enter", "-S", "me", "1", "id")),
                           ("not a signal", ("enter", "--kill-child=FLY", "1",
                                          "id"))):
        refused(pattern, *words, status=2)


# ---- nothing is left behind ----


@test
def a_restore_that_is_killed_at_any_moment_leaves_nothing():
    """No process, mount or cgroup; by SIGTERM, SIGINT and SIGKILL."""
    marker = "10000.5"
    seconds = random.Random(5)
    with Cgroup("nstest") as cgroup:
        shell = in_cgroup(cgroup, ALL.replace("--mount-proc", ""))
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        cgroup.remove()
        begin = time.monotonic()
        restored(path, "true")
        whole = time.monotonic() - begin
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            before = file.read()
        ended = 0
        for lap in range(60):
            # --kill-child: if it came so far, the command ends, too.
            running = subprocess.Popen(
                ["pvadm", "ns", "restore", "--kill-child", path, "--",
                 "sleep", marker], stderr=subprocess.DEVNULL,
                start_new_session=True)
            time.sleep(seconds.uniform(0, whole))
            number = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[lap % 3]
            # Alone, or with all who belong to it, as a terminal does it.
            (os.kill if lap % 2 else os.killpg)(running.pid, number)
            # The first process of a PID namespace heeds only SIGKILL.
            try:
                running.wait(1)
                ended += 1
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
            wait_until(lambda: not left(marker), f"no process in lap {lap}")
            wait_until(lambda: not os.path.exists(cgroup.top),
                       f"no cgroup in lap {lap}")
        check(ended > 10, "only", ended, "were caught in the making")
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            check_equal(file.read(), before, "mounts")


@test
def a_restore_that_fails_leaves_nothing():
    """Though it had made all but the last."""
    with Cgroup("nstest") as cgroup:
        shell = in_cgroup(cgroup, ALL.replace("--mount-proc", ""))
        path = scratch("cgroup")
        ns("save", innermost(shell.pid), path)
        os.kill(innermost(shell.pid), signal.SIGKILL)
        shell.wait()
        cgroup.remove()
        def no_address(value):
            value["net"]["addresses"].append(
                {"link": "lo", "local": "1.2.3.4/99", "scope": 0, "flags": 0})
        forged = forge(path, "address", no_address)
        done = run("pvadm", "ns", "restore", "--strict", forged, "--", "echo",
                   "ran")
        check_equal((done.returncode, done.stdout), (1, ""), done.stderr)
        check("1.2.3.4/99" in done.stderr, done.stderr)
        check(not os.path.exists(cgroup.top), cgroup.top, "is left")
        check(not left(forged), left(forged))
        for words, status in ((("/no/such",), 127), (("/etc/passwd",), 126)):
            check_equal(run("pvadm", "ns", "restore", path, "--",
                            *words).returncode, status, "status")
            check(not os.path.exists(cgroup.top), cgroup.top, "is left")


@test
def a_pin_that_is_killed_at_any_moment_pins_all_or_nothing():
    """SIGKILL."""
    seconds = random.Random(6)
    with Process(ALL) as process:
        for lap in range(40):
            directory = scratch("pins")
            running = subprocess.Popen(["pvadm", "ns", "pin",
                                        str(process.pid), directory])
            time.sleep(seconds.uniform(0, 0.02))
            running.kill()
            running.wait()
            wait_until(lambda directory=directory: not left(directory),
                       "who sees to it")
            there = os.path.ismount(directory) and \
                sorted(os.listdir(directory))
            check(there == sorted(KINDS) or not os.path.exists(directory),
                  "lap", lap, there)
            run("umount", "-R", directory)


@test
def a_save_that_is_killed_at_any_moment_leaves_a_whole_file_or_none():
    """SIGKILL."""
    seconds = random.Random(7)
    directory = scratch("saves")
    os.mkdir(directory)
    with Process(ALL) as process:
        for lap in range(40):
            path = f"{directory}/{lap}"
            running = subprocess.Popen(["pvadm", "ns", "save",
                                        str(process.pid), path])
            time.sleep(seconds.uniform(0, 0.05))
            running.kill()
            running.wait()
    for name in os.listdir(directory):
        ns("restore", "--check", f"{directory}/{name}")


@test
def help_is_there():
    """For each subcommand."""
    said = ns("--help")
    for name in "show", "save", "pin", "restore", "enter":
        check(re.search(rf"^  {name} ", said, re.M), name)
        check(ns(name, "--help").startswith(f"Usage: pvadm ns {name} "), name)


if __name__ == "__main__":
    run_and_clean_up()
