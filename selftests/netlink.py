#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""N1: the family is what its description says.

It is driven here by the kernel's own client, pyynl, which knows of it only
the YAML file, and that file is held against the header and against the
policies that the kernel itself tells.
"""
import os
import subprocess

import genl
from genl import NUMBERS, Sleeper
from ktap import check, check_equal, main, test, wait_until

FAMILY = genl.family()


def rules(*pairs):
    """Rules as pyynl takes them."""
    return [{"original": original, "new": new} for original, new in pairs]


def numbers_of(space, values):
    """Names of the description, spelled as the header does: {name: value}."""
    prefix = space.yaml.get("name-prefix", space.yaml.get("name") + "-")
    return {(prefix + name).upper().replace("-", "_"): value
            for name, value in values}


@test
def every_attribute_of_the_header_has_its_number_in_the_description():
    for name, prefix in ("pathvirt", "PATHVIRT_A_"), ("rule", "PATHVIRT_RULE_A_"):
        space = FAMILY.attr_sets[name]
        described = numbers_of(space, ((attribute.name, attribute.value)
                                       for _, attribute in space.items()))
        header = {key: value for key, value in NUMBERS.items()
                  if key.startswith(prefix) and not key.endswith("UNSPEC")}
        check(len(header) > 1, "the header was not understood")
        check_equal(described, header, name)


@test
def every_command_of_the_header_has_its_number_in_the_description():
    described = {"PATHVIRT_CMD_" + name.upper(): op.value
                 for name, op in FAMILY.msgs.items()}
    header = {key: value for key, value in NUMBERS.items()
              if key.startswith("PATHVIRT_CMD_") and not key.endswith("UNSPEC")}
    check_equal(described, header, "commands")


@test
def every_flag_and_event_of_the_header_has_its_number_in_the_description():
    flags = {"PATHVIRT_F_" + name.upper().replace("-", "_"): entry.user_value()
             for name, entry in FAMILY.consts["flags"].entries.items()}
    events = {"PATHVIRT_EVENT_" + name.upper(): entry.user_value()
              for name, entry in FAMILY.consts["event"].entries.items()}
    header = {key: value for key, value in NUMBERS.items()
              if key.startswith(("PATHVIRT_F_", "PATHVIRT_EVENT_"))}
    check_equal({**flags, **events}, header, "flags and events")
    check_equal(FAMILY.consts["max-rules"]["value"],
                NUMBERS["PATHVIRT_MAX_RULES"], "max-rules")
    check_equal(FAMILY.consts["max-table-bytes"]["value"],
                NUMBERS["PATHVIRT_MAX_TABLE_BYTES"], "max-table-bytes")


@test
def the_kernels_policies_take_what_the_description_says_and_nothing_else():
    """What CTRL_CMD_GETPOLICY tells of each command."""
    if not hasattr(FAMILY, "get_policy"):
        raise AssertionError("this pyynl cannot ask for policies")
    kinds = {"nest": "nested", "string": "nul-string"}
    for name, op in FAMILY.ops.items():
        for mode in "do", "dump":
            if mode not in op:
                continue
            described = op[mode].get("request", {}).get("attributes", [])
            policy = FAMILY.get_policy(name, mode)
            check_equal(sorted(policy or ()), sorted(described),
                        f"attributes of {name} {mode}")
            for each in described:
                kind = FAMILY.attr_sets["pathvirt"][each]["type"]
                check_equal(policy[each].type, kinds.get(kind, kind),
                            f"type of {each} in {name}")
    nest = FAMILY.get_policy("set", "do")["rule"]
    check_equal(sorted(nest), ["new", "original", "under"], "attributes of a rule")
    check_equal(nest["under"].type, "flag", "type of under")
    for each in "original", "new":
        limit = FAMILY.attr_sets["rule"][each].yaml["checks"]["max-len"]
        check_equal(nest[each].max_length, limit, f"length of {each}")


@test
def status_says_what_the_module_is_and_that_nothing_is_attached():
    genl.detach_all()
    wait_until(lambda: "armed" not in FAMILY.do("status", {}), "disarmed")
    status = FAMILY.do("status", {})
    with open("/sys/module/pathvirt/version", encoding="ascii") as file:
        check_equal(status["version"], file.read().strip(), "version")
    check_equal(status["protocol"], NUMBERS["PATHVIRT_FAMILY_VERSION"],
                "protocol")
    check_equal((status["processes"], status["tables"]), (0, 0), "counters")
    check(status["hook"] in ("name", "walk"), status["hook"])
    check(status["probe"] in ("direct", "ftrace", "kprobe"), status["probe"])
    with open("/proc/kallsyms", encoding="ascii") as file:
        symbols = {line.split()[2] for line in file}
    check(status["site"] and set(status["site"]) <= symbols, status["site"])


@test
def set_get_and_del_attach_show_and_detach_a_process():
    with Sleeper() as sleeper:
        pid = sleeper.pid
        FAMILY.do("set", {"pid": pid, "flags": ["late"], "rule": rules(("/a//b/", "/c/./d"),
                                                    ("/", "/e"))})
        status = FAMILY.do("status", {})
        check_equal((status["processes"], status["tables"]), (1, 1), "counters")
        check("armed" in status, "not armed")
        replies = FAMILY.dump("get", {"pid": pid})
        check_equal(len(replies), 1, "messages")
        check_equal({key: replies[0][key] for key in
                     ("pid", "layers", "layer", "rules", "index", "rule")},
                    {"pid": pid, "layers": 1, "layer": 0, "rules": 2,
                     "index": 0, "rule": rules(("/a/b", "/c/d"), ("/", "/e"))},
                    "table")
        check("own" in replies[0], "the layer is its own")
        FAMILY.do("del", {"pid": pid})
        status = FAMILY.do("status", {})
        check_equal((status["processes"], status["tables"]), (0, 0), "counters")


@test
def get_without_a_process_lists_those_that_are_attached():
    with Sleeper() as first, Sleeper() as second, Sleeper() as third:
        one, two, three = first.pid, second.pid, third.pid
        FAMILY.do("set", {"pid": one, "flags": ["late"], "rule": rules(("/a", "/b"))})
        FAMILY.do("set", {"pid": two, "flags": ["late"], "rule": rules(("/a", "/b"), ("/c", "/d"))})
        found = {reply["pid"]: (reply["layers"], reply["rules"])
                 for reply in FAMILY.dump("get", {})}
        check_equal(found, {one: (1, 1), two: (1, 2)}, "list")
        check(three not in found, "one that is not attached")


@test
def a_pidfd_names_a_process_as_well():
    with Sleeper() as sleeper:
        pid = sleeper.pid
        pidfd = os.pidfd_open(pid)
        FAMILY.do("set", {"pidfd": pidfd, "flags": ["late"], "rule": rules(("/a", "/b"))})
        check_equal(FAMILY.dump("get", {"pidfd": pidfd})[0]["pid"], pid, "pid")
        check_equal(FAMILY.do("resolve", {"pidfd": pidfd, "path": "/a/x"}),
                    {"real": "/b/x", "layer": 0, "index": 0}, "resolved")
        FAMILY.do("del", {"pidfd": pidfd})
        os.close(pidfd)


@test
def resolve_tells_where_a_path_leads_and_by_which_rule():
    with Sleeper() as sleeper:
        pid = sleeper.pid
        FAMILY.do("set", {"pid": pid, "flags": ["late"], "rule": rules(("/a/b", "/x"),
                                                    ("/a", "/y"))})
        for path, wanted in (
                ("/a/b/f", {"real": "/x/f", "layer": 0, "index": 0}),
                ("/a/bc", {"real": "/y/bc", "layer": 0, "index": 1}),
                ("/a/b/../f", {"real": "/y/f", "layer": 0, "index": 1}),
                ("/other", {"real": "/other"})):
            check_equal(FAMILY.do("resolve", {"pid": pid, "path": path}),
                        wanted, path)
    check_equal(FAMILY.do("resolve", {"path": "/a/b"}), {"real": "/a/b"},
                "nobody's path")


@test
def the_flag_tree_reaches_descendants():
    shell = subprocess.Popen(["sh", "-c", "sleep 1000 & wait"])
    try:
        children = f"/proc/{shell.pid}/task/{shell.pid}/children"

        def child():
            with open(children, encoding="ascii") as file:
                return file.read().split()
        wait_until(child, "the shell's child")
        FAMILY.do("set", {"pid": shell.pid, "flags": ["tree", "late"],
                          "rule": rules(("/a", "/b"))})
        check_equal(sorted(r["pid"] for r in FAMILY.dump("get", {})),
                    sorted([shell.pid, int(child()[0])]), "attached")
        FAMILY.do("del", {"pid": shell.pid, "flags": ["tree"]})
        check_equal(FAMILY.dump("get", {}), [], "attached")
    finally:
        subprocess.run(["pkill", "-P", str(shell.pid)], check=False)
        shell.wait()


@test
def a_subscriber_of_the_group_events_is_told_of_each():
    watcher = genl.family()
    watcher.ntf_subscribe("events")
    with Sleeper() as sleeper:
        pid = sleeper.pid
        FAMILY.do("set", {"pid": pid, "flags": ["late"], "rule": rules(("/a", "/b"))})
        FAMILY.do("del", {"pid": pid})
    watcher.check_ntf()
    told = [message["msg"] for message in watcher.poll_ntf(duration=1)]
    check_equal(told, [{"event": "attach", "pid": pid},
                       {"event": "detach", "pid": pid}], "events")


main()
