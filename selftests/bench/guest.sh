#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what a call costs in each situation, side by side in one boot, inside
# a guest whose clock counts instructions. Prints lines "SITUATION|CALL|COST".
#
# The file lies on a tmpfs, three directories deep, at NEW and at ORIGINAL both,
# so that every situation walks as many components.
set -euo pipefail

ORIGINAL=/tmp/virt
NEW=/tmp/real
FILE=dir/sub/file

prepare() {
	# The clock runs far ahead of the disk here; what waits for it does not hang.
	echo 0 >/proc/sys/kernel/hung_task_timeout_secs
	local tree
	gcc -O2 -o calls calls.c
	for tree in $ORIGINAL $NEW; do
		mkdir -p "$tree/${FILE%/*}"
		echo x >"$tree/$FILE"
	done
	awk 'BEGIN { for (i = 0; i < 9999; i++)
		printf "/data/project%d/user%d=/mnt/disk/%d\n", i % 97, i, i
		print "/tmp/virt=/tmp/real" }' >many.map
	sed '$d' many.map >unmatched.map
	# Start-up work in the background would count as ours.
	sleep 5
}

# measure SITUATION PATH [PREFIX...] : PREFIX runs the program in the situation.
measure() {
	local situation=$1 path=$2 call cost
	shift 2
	for call in open stat; do
		cost=$("$@" ./calls "$call" "$path") || cost=failed
		echo "$situation|$call|$cost"
	done
}

in_bind_mount() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' - \
		$NEW $ORIGINAL "$@"
}

# Paths under the new root get it as a prefix; all that is needed to run does not.
in_fakechroot() {
	mkdir -p /tmp/jail/tmp
	ln -sfn $NEW /tmp/jail/tmp/virt
	FAKECHROOT_EXCLUDE_PATH=/usr:/lib:/lib64:/root:/proc:/dev:/etc \
		fakechroot chroot /tmp/jail "$(realpath "$1")" "${@:2}"
}

with_other_attached() {
	pvadm run --map $ORIGINAL=$NEW -- sleep 1000 &
	local other=$! status=0
	# Arming sixteen kprobes keeps the kernel busy for a while.
	sleep 5
	"$@" || status=$?
	kill $other
	wait $other 2>/dev/null || true
	return $status
}

# with_probe KIND : everything that depends on how a site is hooked.
with_probe() {
	local kind=$1
	rmmod pathvirt 2>/dev/null || true
	modprobe pathvirt probe="$kind"
	measure "loaded, idle ($kind)" $NEW/$FILE env
	measure "others attached ($kind)" $NEW/$FILE with_other_attached
	measure "attached, no match ($kind)" $NEW/$FILE \
		pvadm run --map $ORIGINAL=$NEW --
	measure "attached, no match, 10,000 rules ($kind)" $NEW/$FILE \
		pvadm run --map-file unmatched.map --
	measure "attached, translated ($kind)" $ORIGINAL/$FILE \
		pvadm run --map $ORIGINAL=$NEW --
	measure "attached, translated, 10,000 rules ($kind)" $ORIGINAL/$FILE \
		pvadm run --map-file many.map --
}

prepare
measure "module absent" $NEW/$FILE env
with_probe direct
with_probe ftrace
with_probe kprobe
rmmod pathvirt
measure "bind mount" $ORIGINAL/$FILE in_bind_mount
measure "fakechroot" $ORIGINAL/$FILE in_fakechroot
measure "proot" $ORIGINAL/$FILE proot -b $NEW:$ORIGINAL
