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
	dkms.sh
)

# How long one test may take, in seconds; and those that may take longer.
LIMIT=300
declare -A LIMITS=([stress]=400 [unload.sh]=900 [dkms.sh]=900 [modparam.sh]=600)
