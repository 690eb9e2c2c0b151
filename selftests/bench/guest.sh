#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what a call costs in each situation, side by side in one boot, inside
# a guest whose clock counts instructions. Prints lines "SITUATION|CALL|COST".
#
# The file lies on a tmpfs, three directories deep, at NEW and at ORIGINAL both,
# so that every situation walks as many components. Beside both trees lies a
# symbolic link into each.
set -euo pipefail

TOP=/tmp
ORIGINAL=$TOP/virt
NEW=$TOP/real
DIR=dir/sub
FILE="file"
. ./situations.sh

# As many links as a name may go by, each of which goes up and down, or starts anew.
LINKS=39
UP_AND_DOWN=$(printf 'dir/../%.0s' {1..40})
UP_AND_DOWN_LONG=$(printf 'dir/sub/../../%.0s' {1..150})

make_maze() {
	local tree=$1 i
	for ((i = 1; i < LINKS; i++)); do
		ln -s "${UP_AND_DOWN}up$((i + 1))" "$tree/up$i"
		ln -s "$tree/anew$((i + 1))" "$tree/anew$i"
	done
	ln -s "$DIR/$FILE" "$tree/up$LINKS"
	ln -s "$DIR/$FILE" "$tree/anew$LINKS"
}

prepare() {
	# The clock runs far ahead of the disk here; what waits for it does not hang.
	echo 0 >/proc/sys/kernel/hung_task_timeout_secs
	local tree
	gcc -O2 -o calls calls.c
	for tree in $ORIGINAL $NEW; do
		mkdir -p "$tree/$DIR"
		echo x >"$tree/$DIR/$FILE"
		ln -s "$tree/$DIR" "$TOP/${tree##*/}-link"
		make_maze "$tree"
	done
	many_rules 10000 >many.map
	sed '$d' many.map >unmatched.map
	# Start-up work in the background would count as ours.
	sleep 5
}

# measure SITUATION TREE [PREFIX...] : PREFIX runs the program in the situation.
measure() {
	local situation=$1 tree=$2
	shift 2
	cost "$situation" open open "$tree/$DIR" $FILE "$@"
	cost "$situation" stat stat "$tree/$DIR" $FILE "$@"
}

# measure_more SITUATION TREE [PREFIX...] : the calls that less depends on.
measure_more() {
	local situation=$1 tree=$2
	shift 2
	cost "$situation" relative relative "$tree/$DIR" $FILE "$@"
	cost "$situation" openat openat "$tree/$DIR" $FILE "$@"
	cost "$situation" above relative $TOP "${tree##*/}/$DIR/$FILE" "$@"
	cost "$situation" getcwd getcwd "$tree/$DIR" $FILE "$@"
	cost "$situation" link stat $TOP "${tree##*/}-link/$FILE" "$@"
}

# measure_hostile SITUATION TREE [PREFIX...] : names of those who want them to be dear.
measure_hostile() {
	local situation=$1 tree=$2
	shift 2
	ROUNDS="2 25"
	cost "$situation" dots stat "$tree" "$UP_AND_DOWN_LONG$DIR/$FILE" "$@"
	cost "$situation" links stat "$tree" up1 "$@"
	cost "$situation" anew stat "$tree" anew1 "$@"
	ROUNDS=7
}

# How many rounds, and of how many calls if not of 2,000.
ROUNDS=7

# cost SITUATION NAME CALL DIR FILE [PREFIX...]
cost() {
	local situation=$1 name=$2 cost
	# shellcheck disable=SC2206 # one number or two
	local arguments=("${@:3:3}" $ROUNDS)
	shift 5
	cost=$("$@" ./calls "${arguments[@]}") || cost=failed
	echo "$situation|$name|$cost"
}

# Paths under the new root get it as a prefix; all that is needed to run does not.
in_fakechroot() {
	mkdir -p /tmp/jail/tmp
	ln -sfn $NEW /tmp/jail/tmp/virt
	FAKECHROOT_EXCLUDE_PATH=/usr:/lib:/lib64:/root:/proc:/dev:/etc \
		fakechroot chroot /tmp/jail "$(realpath "$1")" "${@:2}"
}

# with_probe KIND : everything that depends on how a site is hooked.
with_probe() {
	local kind=$1
	rmmod pathvirt 2>/dev/null || true
	modprobe pathvirt probe="$kind"
	measure "loaded, idle ($kind)" $NEW env
	measure "others attached ($kind)" $NEW with_other_attached
	measure "attached, no match ($kind)" $NEW \
		pvadm run --map $ORIGINAL=$NEW --
	measure "attached, no match, 10,000 rules ($kind)" $NEW \
		pvadm run --map-file unmatched.map --
	measure "attached, translated ($kind)" $ORIGINAL \
		pvadm run --map $ORIGINAL=$NEW --
	measure "attached, translated, 10,000 rules ($kind)" $ORIGINAL \
		pvadm run --map-file many.map --
}

with_probe_more() {
	local kind=$1
	rmmod pathvirt 2>/dev/null || true
	modprobe pathvirt probe="$kind"
	measure_more "others attached ($kind)" $NEW with_other_attached
	measure_more "attached, no match ($kind)" $NEW with_elsewhere_attached
	measure_more "attached, translated ($kind)" $ORIGINAL \
		pvadm run --map $ORIGINAL=$NEW --
}

with_hostile_names() {
	rmmod pathvirt 2>/dev/null || true
	measure_hostile "module absent" $NEW env
	modprobe pathvirt
	measure_hostile "attached, no match" $NEW with_elsewhere_attached
	measure_hostile "attached, translated" $ORIGINAL pvadm run --map $ORIGINAL=$NEW --
	measure_hostile "attached, translated, 10,000 rules" $ORIGINAL \
		pvadm run --map-file many.map --
	rmmod pathvirt
}

prepare
[[ ${PV_BENCH_ONLY-} != hostile ]] || { with_hostile_names; exit; }
measure "module absent" $NEW env
measure_more "module absent" $NEW env
[[ ${PV_BENCH_ONLY-} ]] && { with_probe_more direct; exit; }
with_probe direct
with_probe ftrace
with_probe kprobe
with_probe_more direct
with_hostile_names
measure "bind mount" $ORIGINAL in_bind_mount
measure_more "bind mount" $ORIGINAL in_bind_mount
measure "fakechroot" $ORIGINAL in_fakechroot
measure_more "fakechroot" $ORIGINAL in_fakechroot
measure "proot" $ORIGINAL proot -b $NEW:$ORIGINAL
measure_more "proot" $ORIGINAL proot -b $NEW:$ORIGINAL
