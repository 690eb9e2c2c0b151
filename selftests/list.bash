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
	relative
	links
	reverse
	roots
	exec
	kernelnames
	inherit
	access
	netlink.py
	netlink_refuse.py
	netlink_stage.py
	events.py
	pvadm.sh
	phases.sh
	registration
	programs.sh
	tracing.sh
	modparam.sh
	stress
	unload.sh
	failslab
	dkms.sh
	leaks.sh
)

# What is left out where, and why: KIND/TEST, where KIND is what comes behind the
# series in the kernel's name.
declare -A LEFT_OUT=(
	[/failslab]="the kernel has no failslab"
	[/leaks.sh]="the kernel has no kmemleak"
	[rt/failslab]="the kernel has no failslab"
	[rt/leaks.sh]="the kernel has no kmemleak"
	[rt/dkms.sh]="the headers are packed as those of the kernel without PREEMPT_RT"
	[debug/dkms.sh]="it is no package, so it has no headers package"
)

# How long one test may take, in seconds; and those that may take longer.
LIMIT=600
declare -A LIMITS=([failslab]=1500 [unload.sh]=1500 [dkms.sh]=1500 [modparam.sh]=1200)
# A debug kernel takes its time.
DEBUG_SLOWNESS=4
