#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What no message to the family and no call of the device's ioctl may do, however
# broken: fuzz_family says which, and how they are sent again.
#
# PV_FUZZ_MESSAGES says how many each of the four users sends; 1000. PV_FUZZ_SEED is
# the seed; 1, so that each run is the same.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

COUNT=${PV_FUZZ_MESSAGES:-1000}
SEED=${PV_FUZZ_SEED:-1}
GIVEN=$(parameters)

# What it says goes to the log in any case.
exec 3>&1

# fuzz PROGRAM [OPTION]...
fuzz() {
	local program=$1
	shift
	[[ -x $program ]] || skip "$program was not built"
	"./$program" -s "$SEED" -n "$COUNT" "$@" >&3
}

# It comes back as it was.
it_can_be_unloaded() {
	same "$(pvadm status | awk '/^(processes|tables):/ { printf "%s ", $2 }')" "0 0 " "left"
	await modprobe -r pathvirt
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $GIVEN
}

promise N2_no_message_of_the_unprivileged_breaks_anything \
	fuzz fuzz_family -u nobody,nnp,userns
promise N2_no_message_of_root_and_others_breaks_anything \
	fuzz fuzz_family -v
promise N5_no_call_of_the_device_breaks_anything fuzz fuzz_family -d
promise N5_no_32_bit_call_of_the_device_breaks_anything fuzz fuzz_family_32 -d -u root,nobody
promise A5_the_module_can_be_unloaded_then it_can_be_unloaded
keep "$@"
