# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # read by those who source it
# Sourced by tests that make filesystems, on $DISK, a file or a device, and check them.

# The sizes are the smallest that the mkfs takes.
declare -A SIZES=([ext4]=64M [xfs]=320M [btrfs]=128M [f2fs]=64M [vfat]=64M)

make_ext4() { mkfs.ext4 -q "$@" "$DISK"; }
make_xfs() { mkfs.xfs -q "$DISK"; }
make_btrfs() { mkfs.btrfs -q "$DISK"; }
make_f2fs() { mkfs.f2fs -q "$DISK"; }
make_vfat() { mkfs.vfat "$DISK"; }

# With findings of any kind they fail.
check_ext4() { e2fsck -fn "$DISK"; }
check_xfs() { xfs_repair -n "$DISK"; }
check_btrfs() { btrfs check "$DISK"; }
check_f2fs() {
	local said
	said=$(fsck.f2fs --dry-run "$DISK") || { echo "$said"; return 1; }
	! grep -E '\[(FAIL|ASSERT)\]|\[Fail\]|Fail' <<<"$said"
}
