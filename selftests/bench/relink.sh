#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what it costs to relink files and to copy them, side by side, inside a
# guest whose clock counts instructions, on a disk of its own. Prints lines
# "FILESYSTEM|" and what relink.c says.
set -euo pipefail

DISK=/dev/pv-disk
KIB=1024
GIB=$((1 << 30))

prepare() {
	# The clock runs far ahead of the disk here; what waits for it does not hang.
	echo 0 >/proc/sys/kernel/hung_task_timeout_secs
	gcc -O2 -Wall -Wextra -o relink relink.c -lpathvirt
	mkdir -p /mnt/bench
	# Start-up work in the background would count as ours.
	sleep 5
}

# measure FILESYSTEM SIZE COUNT : on a new one.
measure() {
	mkfs."$1" -q "${FORCE[$1]}" $DISK
	mount $DISK /mnt/bench
	./relink /mnt/bench "$2" "$3" "/sys/class/block/$(basename "$(realpath $DISK)")/stat" |
		sed "s/^/$1|/"
	umount /mnt/bench
}

declare -A FORCE=([ext4]=-F [xfs]=-f)

prepare
for filesystem in ext4 xfs; do
	measure $filesystem $((4 * KIB)) 1
	measure $filesystem $((4 * KIB)) 10000
	measure $filesystem $GIB 1
	measure $filesystem $((10 * GIB)) 1
done
