# SPDX-License-Identifier: LGPL-2.1-or-later
"""Give processes their own view of where files live, and deleted open files a name.

A client of the kernel module pathvirt, over libpathvirt:

    import pathvirt

    pathvirt.run(["./job"], [("/home/user1", "/scratch/user2")])
    with pathvirt.Process(1234) as process:
        pathvirt.attach(process, {"/data": "/mnt/new/data"}, tree=True)
        print(pathvirt.rules(process), pathvirt.resolve("/data/x", process).real)
        pathvirt.detach(process, tree=True)

    with pathvirt.attach_cgroup("/sys/fs/cgroup/job", {"/data": "/mnt/new/data"}):
        print(pathvirt.cgroups())

A process is a Process, which holds a pidfd, or SELF; a cgroup is its directory. Paths are
str, bytes or PathLike, and come back as str. What is refused raises Error, an OSError. All
functions may be called from several threads; each asks the kernel by a connection of its
own. The kernel loads the module when it is first asked for.
"""
from ._attach import (Attached, Attachment, Layer, activate, attach, detach, detach_all,
                      originals, processes, register, set_no_new_privs, targets)
from ._attach import layers as rules
from ._cgroup import (Cgroup, CgroupAttachment, attach_cgroup, cgroup_rules, cgroups,
                      detach_cgroup)
from ._events import Event, Events, EventType, events
from ._library import Error
from ._look import Resolution, Status, resolve, reverse, status
from ._process import SELF, Process
from ._relink import (Relinked, relink, relink_check, relink_dir, relink_parent, reopen,
                      reopen_mark)
from ._rules import Rule, Rules, escape
from ._run import popen, run

__all__ = [
    "Attached", "Attachment", "Cgroup", "CgroupAttachment", "Error", "Event", "EventType",
    "Events", "Layer", "Process", "Relinked", "Resolution", "Rule", "Rules", "SELF", "Status",
    "activate", "attach", "attach_cgroup", "cgroup_rules", "cgroups", "detach", "detach_all",
    "detach_cgroup", "escape", "events", "originals", "popen", "processes", "register", "relink",
    "relink_check", "relink_dir", "relink_parent", "reopen", "reopen_mark", "resolve", "reverse",
    "rules", "run", "set_no_new_privs", "status", "targets",
]
