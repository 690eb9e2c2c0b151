# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced after ktap.sh by the tests that make filesystems and have them checked.
#
#   $DISK   the device, a file      $MNT    the filesystem
#   $MORE   overlayfs on it

DISK=$SCRATCH/disk
MNT=$SCRATCH/mnt
MORE=$SCRATCH/more
. ./filesystems.bash

PATH=$PATH:/sbin:/usr/sbin

check_tmpfs() { :; }

# on FILESYSTEM [MKFS-OPTION]... : makes it, mounts it.
on() {
	FS=$1
	mkdir -p "$MNT"
	AT+=("$MNT")
	if [[ $FS == tmpfs ]]; then
		mount -t tmpfs none "$MNT"
		return
	fi
	rm -f "$DISK"
	truncate -s "${SIZES[$FS]}" "$DISK"
	"make_$FS" "${@:2}"
	mount -o "loop$OPTIONS" "$DISK" "$MNT"
}

# whole : nothing is mounted, and fsck finds nothing.
whole() {
	local i
	for ((i = ${#AT[@]} - 1; i >= 0; i--)); do
		umount "${AT[i]}"
	done
	AT=()
	"check_$FS"
}

# begin : also where the test before has failed in the middle. What a test has besides
# mounts it ends in before_begin.
begin() {
	local mounted
	AT=()
	OPTIONS=
	! command -v before_begin >/dev/null || before_begin
	while read -r mounted; do
		umount -l "$mounted"
	done < <(awk -v dir="$SCRATCH/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | tac)
	rm -rf "$MNT" "$MORE"
	mkdir -p "$MNT" "$MORE"
}

# overlay FILESYSTEM [OPTION]... : upper and lower layer are on it.
overlay() {
	on "$1"
	mkdir "$MNT"/{lower,upper,work}
	echo lower >"$MNT/lower/below"
	stack "${@:2}"
}

stack() {
	local options="lowerdir=$MNT/lower,upperdir=$MNT/upper,workdir=$MNT/work"
	mount -t overlay none -o "$options${1+,$1}" "$MORE"
	AT+=("$MORE")
}
