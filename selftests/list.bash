# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # read by those who source it
# The tests that every kernel of the matrix runs, in this order.
TESTS=(
	names
	spellings
	limits
	syscalls
	syscalls_32
	uring
	entries.py
	relative
	links
	reverse
	roots
	differ
	pseudo
	exec
	kernelnames
	inherit
	access
	netlink.py
	netlink_refuse.py
	netlink_stage.py
	events.py
	pvadm.sh
	completion.sh
	phases.sh
	registration
	relink
	relink_32
	reopen
	relink_fs.sh
	relink_list.sh
	relink_tool.sh
	ns.py
	checkpoint.py
	criu.sh
	story.sh
	reopen.sh
	programs.sh
	tracing.sh
	modparam.sh
	stress
	unload.sh
	failslab
	dkms.sh
	leaks.sh
)

# Why a real-time or a debug kernel need not run a test in each check.
SAME_TOOL="it tests the tool, which is the same on every kernel"
SAME_NAMES="where names lead is the same on every kernel; syscalls and stress go the same ways"

# What is left out where, and why: KIND/TEST, where KIND is what comes behind the
# series in the kernel's name. A test that is named runs everywhere.
declare -A LEFT_OUT=(
	[/failslab]="the kernel has no failslab"
	[/leaks.sh]="the kernel has no kmemleak"
	[rt/failslab]="the kernel has no failslab"
	[rt/leaks.sh]="the kernel has no kmemleak"
	[rt/spellings]=$SAME_NAMES
	[rt/limits]=$SAME_NAMES
	[rt/syscalls_32]=$SAME_NAMES
	[rt/entries.py]=$SAME_NAMES
	[rt/relative]=$SAME_NAMES
	[rt/links]=$SAME_NAMES
	[rt/netlink_refuse.py]="what is refused has taken no lock"
	[rt/pvadm.sh]=$SAME_TOOL
	[rt/completion.sh]=$SAME_TOOL
	[rt/phases.sh]=$SAME_TOOL
	[rt/relink_tool.sh]=$SAME_TOOL
	[rt/reopen.sh]=$SAME_TOOL
	[rt/ns.py]=$SAME_TOOL
	[rt/criu.sh]=$SAME_TOOL
	[rt/checkpoint.py]=$SAME_TOOL
	[rt/story.sh]=$SAME_TOOL
	[rt/programs.sh]=$SAME_TOOL
	[rt/dkms.sh]="the headers are packed as those of the kernel without PREEMPT_RT"
	[debug/names]=$SAME_NAMES
	[debug/spellings]=$SAME_NAMES
	[debug/limits]=$SAME_NAMES
	[debug/syscalls_32]=$SAME_NAMES
	[debug/relink_32]="the same kernel code as relink, behind two lines of compat_ioctl"
	[debug/entries.py]=$SAME_NAMES
	[debug/relative]=$SAME_NAMES
	[debug/links]=$SAME_NAMES
	[debug/pvadm.sh]=$SAME_TOOL
	[debug/completion.sh]=$SAME_TOOL
	[debug/phases.sh]=$SAME_TOOL
	[debug/relink_tool.sh]=$SAME_TOOL
	[debug/ns.py]=$SAME_TOOL
	[debug/criu.sh]=$SAME_TOOL
	[debug/checkpoint.py]=$SAME_TOOL
	[debug/story.sh]=$SAME_TOOL
	[debug/programs.sh]=$SAME_TOOL
	[debug/modparam.sh]="unload.sh loads it in each of the ways"
	[debug/dkms.sh]="it is no package, so it has no headers package"
)

# What makes a test shorter there: every lap is checked as well as the first, but
# takes five times as long.
declare -A SHORTER=(
	[rt/unload.sh]="PV_UNLOAD_COUNT=20"
	[rt/differ]="PV_DIFFER_CALLS=20000"
	[debug/unload.sh]="PV_UNLOAD_COUNT=10"
	[debug/differ]="PV_DIFFER_CALLS=4000"
	[debug/netlink_refuse.py]="PV_FUZZ_MESSAGES=1000"
)

# How long one test may take, in seconds; and those that may take longer.
LIMIT=600
declare -A LIMITS=(
	[differ]=1800 [failslab]=1500 [unload.sh]=1500 [dkms.sh]=1500 [modparam.sh]=1200
	[entries.py]=1200 [relink_tool.sh]=1200
)
# A debug kernel takes its time.
DEBUG_SLOWNESS=4
