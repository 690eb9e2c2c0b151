#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# R9, R10: relinking on each filesystem: the file is there after umount and mount,
# with what its holder wrote last, and the filesystem's own fsck finds nothing.
# Where a filesystem cannot, it is refused and says why.
#
#   $MORE   is also a second filesystem
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./filesystems.sh

RELINK=helpers/relink

before_begin() {
	[[ ! -e $SCRATCH/mountd ]] || stop_nfs_server
}

clean_up() {
	begin
}

# hold DIR : descriptor 5 is an unlinked file there that says "before", 6 is DIR.
hold() {
	echo before >"$1/gone"
	exec 5<>"$1/gone" 6<"$1"
	rm "$1/gone"
}

# drop : nobody holds them.
drop() {
	exec 5>&- 6>&-
}

# write_on TEXT : behind what the file has.
write_on() {
	echo "$1" >>/proc/self/fd/5
}

# cannot ERRNO PATTERN COMMAND... : one line that says why.
cannot() {
	refused 1 "$2" "${@:3}"
	same "$(cut -d: -f1 <"$SCRATCH/err")" "$1" "errno: $(<"$SCRATCH/err")"
}

# relinked ARG... : as it should be, with no link before.
relinked() {
	"$RELINK" "$@" >"$SCRATCH/out"
	same "$(awk '{ print $1, $5 }' "$SCRATCH/out")" "linked 0" "$*"
}

# It goes on growing after it has its name, and the other way round.
stays() {
	begin
	on "$1"
	hold "$MNT"
	relinked 5 6 back
	same "$(awk '{ print $2, $3 }' "$SCRATCH/out")" \
		"$(stat -c '%Hd:%Ld %i' "$MNT/back")" "device and inode"
	same "$(awk '{ print $4 }' "$SCRATCH/out")" \
		"$(awk -v at="$MNT" '$5 == at { print $1 }' /proc/self/mountinfo)" mount
	write_on after
	drop
	whole
	mount -o loop "$DISK" "$MNT"
	AT=("$MNT")
	same "$(xargs <"$MNT/back")" "before after" contents
	same "$(stat -c %h "$MNT/back")" 1 links
	same "$(find "$MNT" -type f | wc -l)" 1 files
	whole
}

# Into the default directory; once more, and again without it.
comes_and_goes() {
	local i
	begin
	on "$1"
	hold "$MNT"
	for i in 1 2 3; do
		relinked 5 default back
		write_on "$i"
		sync -f "$MNT"
		rm "$MNT/lost+found/checkpoint/back"
	done
	same "$(xargs <&5)" "before 1 2 3" contents
	drop
	whole
}

# All that has no name and is no directory.
kinds() {
	begin
	on "$1"
	exec 6<"$MNT"
	mkfifo "$MNT/gone"
	exec 5<>"$MNT/gone"
	rm "$MNT/gone"
	relinked 5 6 fifo
	same "$(stat -c %F "$MNT/fifo")" fifo kind
	cp /bin/sleep "$MNT/gone"
	"$MNT/gone" 1000 5>&- 6>&- &
	await grep -q "$MNT/gone" "/proc/$!/maps"
	rm "$MNT/gone"
	exec 5<"/proc/$!/exe"
	relinked 5 6 program
	kill $!
	wait $! || true
	cmp /bin/sleep "$MNT/program"
	drop
	whole
}

# 10 GiB, of which nothing is written but the end.
any_size() {
	begin
	on xfs
	hold "$MNT"
	truncate -s 10G /proc/self/fd/5
	write_on end
	relinked 5 6 back
	same "$(stat -c %s "$MNT/back")" $((10 * 1024 ** 3 + 4)) size
	drop
	whole
}

# Btrfs makes no links from one subvolume to another.
other_subvolume() {
	begin
	on btrfs
	btrfs -q subvolume create "$MNT/sub"
	hold "$MNT/sub"
	cannot EXDEV "another subvolume" "$RELINK" 5 default back
	relinked 5 6 back
	drop
	whole
}

# An open file of a mount that is read-only.
read_only() {
	begin
	on ext4
	hold "$MNT"
	exec 7<"/proc/self/fd/5"
	exec 5<&7 7<&-
	mount -o remount,ro,bind "$MNT"
	cannot EROFS "read-only" "$RELINK" 5 6 back
	cannot EROFS "read-only" "$RELINK" 5 default back
	drop
	whole
}

no_hard_links() {
	begin
	on vfat
	hold "$MNT"
	cannot EOPNOTSUPP "no hard links" "$RELINK" 5 6 back
	same "$(find "$MNT" | wc -l)" 1 entries
	drop
	umount "$MNT"
}

# ---- NFS ----

# start_nfs_server : $MNT, to this machine, by NFS 4. For a while it would wait for those
# who had it before; a kernel that knows that there are none is busy.
start_nfs_server() {
	modprobe -a nfsd nfsv4 2>/dev/null || skip "the kernel has no NFS"
	mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
	exportfs -o rw,no_root_squash,fsid=0,no_subtree_check "127.0.0.1:$MNT"
	rpc.mountd --no-nfs-version 3 --foreground 6>&- &
	echo $! >"$SCRATCH/mountd"
	rpc.nfsd --no-nfs-version 3 --host 127.0.0.1 --grace-time 10 --lease-time 10 1
	echo Y 2>/dev/null >/proc/fs/nfsd/v4_end_grace || true
}

stop_nfs_server() {
	umount -f "$MORE" 2>/dev/null || true
	rpc.nfsd 0
	exportfs -ua
	kill "$(<"$SCRATCH/mountd")" || true
	rm "$SCRATCH/mountd"
}

# What is unlinked while it is open has a name after all, that the server keeps.
silly_rename() {
	begin
	on ext4
	start_nfs_server
	mount -t nfs4 127.0.0.1:/ "$MORE"
	hold "$MORE"
	same "$(find "$MNT" -name '.nfs*' | wc -l)" 1 "silly names"
	cannot EOPNOTSUPP "begins with .nfs" "$RELINK" 5 6 back
	cannot EOPNOTSUPP "begins with .nfs" "$RELINK" 5 default back
	[[ ! -e $MORE/back && ! -e $MORE/lost+found/checkpoint ]] || fail "it has a name"
	pvadm relink --list "$BASHPID" >"$SCRATCH/out"
	grep -q "$MORE/.*begins with .nfs" "$SCRATCH/out" || fail "it is not listed: $(<"$SCRATCH/out")"
	drop
	umount "$MORE"
	stop_nfs_server
	whole
}

# ---- overlayfs ----

overlay_stays() {
	begin
	overlay "$1"
	hold "$MORE"
	relinked 5 6 back
	write_on after
	rm -f "$MORE/default"
	drop
	same "$(xargs <"$MORE/back")" "before after" "contents above"
	same "$(xargs <"$MNT/upper/back")" "before after" "contents below"
	umount "$MORE"
	unset 'AT[-1]'
	stack
	same "$(xargs <"$MORE/back")" "before after" "contents after mount"
	same "$(stat -c %h "$MORE/back")" 1 links
	whole
}

overlay_comes_and_goes() {
	local i
	begin
	overlay "$1"
	hold "$MORE"
	for i in 1 2 3; do
		relinked 5 default back
		write_on "$i"
		rm "$MORE/lost+found/checkpoint/back"
	done
	same "$(xargs <&5)" "before 1 2 3" contents
	drop
	same "$(find "$MNT/upper" -type f | wc -l)" 0 "files below"
	whole
}

# It was in the lower layer, was opened for writing, and unlinked.
overlay_copied_up() {
	begin
	overlay "$1"
	exec 5<>"$MORE/below" 6<"$MORE"
	rm "$MORE/below"
	relinked 5 6 back
	write_on after
	same "$(xargs <"$MORE/back")" "lower after" contents
	[[ ! -e $MORE/below ]] || fail "the old name is back"
	drop
	whole
}

# What the upper layer never had has no inode there to be linked.
overlay_never_copied_up() {
	begin
	overlay "$1"
	exec 5<"$MORE/below" 6<"$MORE"
	rm "$MORE/below"
	cannot ENOLINK "lower layer" "$RELINK" 5 6 back
	[[ ! -e $MORE/below && ! -e $MORE/back ]] || fail "it is back"
	echo new >"$MORE/below"
	cannot ENOLINK "lower layer" "$RELINK" 5 6 back
	same "$(<"$MORE/below")" new "the new file"
	same "$(<"$MNT/lower/below")" lower "the lower layer"
	same "$(stat -c %h "$MNT/lower/below")" 1 "links in the lower layer"
	drop
	whole
}

# The same with a second link in the lower layer.
overlay_lower_hard_link() {
	begin
	overlay "$1"
	umount "$MORE"
	unset 'AT[-1]'
	ln "$MNT/lower/below" "$MNT/lower/other"
	stack
	exec 5<"$MORE/below" 6<"$MORE"
	rm "$MORE/below"
	cannot ENOLINK "lower layer" "$RELINK" 5 6 back
	[[ ! -e $MORE/below ]] || fail "it is back"
	drop
	whole
}

# A second link in the upper layer is no hindrance.
overlay_upper_hard_link() {
	begin
	overlay "$1"
	echo before >"$MORE/gone"
	ln "$MORE/gone" "$MORE/other"
	exec 5<>"$MORE/gone" 6<"$MORE"
	rm "$MORE/gone"
	"$RELINK" 5 6 back >"$SCRATCH/out"
	same "$(awk '{ print $1, $5 }' "$SCRATCH/out")" "linked 1" "the answer"
	same "$(stat -c %h "$MORE/back")" 2 links
	[[ $MORE/back -ef $MORE/other ]] || fail "not the same file"
	drop
	whole
}

# Overlayfs tells the inode below for regular files only, and without that the last link
# cannot be given back. So the tool makes it again.
overlay_special() {
	begin
	overlay "$1"
	mkfifo -m 640 "$MORE/gone"
	chown 5:6 "$MORE/gone"
	touch -d @1000 "$MORE/gone"
	exec 5<>"$MORE/gone" 6<"$MORE"
	rm "$MORE/gone"
	cannot EOPNOTSUPP "regular files only" "$RELINK" 5 6 back
	ln -s target "$MORE/link"
	mknod "$MORE/null" c 1 3
	python3 - "$MORE" "$SCRATCH/m" <<-'END'
		import json, os, socket, subprocess, sys
		os.chdir(sys.argv[1])
		link = os.open("link", os.O_PATH | os.O_NOFOLLOW)
		null = os.open("null", os.O_RDWR)
		bound = socket.socket(socket.AF_UNIX)
		bound.bind("socket")
		for name in "link", "null", "socket":
		    os.unlink(name)
		relinked = subprocess.run(["pvadm", "relink", str(os.getpid()), "--no-freeze", "--json",
		                           "--manifest", sys.argv[2]], check=True, stdout=subprocess.PIPE)
		files = json.loads(relinked.stdout)["files"]
		kinds = sorted((file["type"], file["method"]) for file in files)
		assert kinds == [("char", "mknod"), ("fifo", "mknod"), ("link", "symlink"),
		                 ("socket", "mknod")], kinds
		made = {file["type"]: (file["path"], os.lstat(file["path"])) for file in files}
		assert os.readlink(made["link"][0]) == "target"
		assert made["char"][1].st_rdev == os.makedev(1, 3)
		fifo = made["fifo"][1]
		assert (fifo.st_mode, fifo.st_uid, fifo.st_gid, fifo.st_mtime) == (0o10640, 5, 6, 1000), fifo
	END
	pvadm cleanup --forget "$SCRATCH/m"
	drop
	whole
}

# One that has another link is linked, where overlayfs says that it is in the upper layer.
overlay_special_hard_link() {
	begin
	overlay "$1"
	mkfifo "$MORE/gone"
	ln "$MORE/gone" "$MORE/other"
	exec 5<>"$MORE/gone" 6<"$MORE"
	rm "$MORE/gone"
	if ! "$RELINK" 5 6 back >"$SCRATCH/out" 2>"$SCRATCH/err"; then
		grep -q "^EOPNOTSUPP" "$SCRATCH/err"
		drop
		skip "overlayfs does not say which layer a fifo is in"
	fi
	[[ $MORE/back -ef $MORE/other ]] || fail "not the same file"
	drop
	whole
}

# ---- quota ----

# A link that makes the directory grow is charged to the directory's owner.
quota() {
	local name i status=0
	begin
	OPTIONS=,usrquota
	on ext4 -O quota -b 1024
	mkdir "$MNT/small"
	chown 12345:12345 "$MNT/small"
	hold "$MNT"
	chown 54321:54321 /proc/self/fd/5
	setquota -u 12345 0 1 0 0 "$MNT"
	exec 6<"$MNT/small"
	printf -v name '%0250d' 0
	for i in 1 2 3 4 5 6 7 8; do
		status=0
		capsh --drop=cap_sys_resource -- -c "$RELINK 5 6 $i${name:1}" \
			>"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
		((!status)) || break
	done
	same "$status" 1 "exit status after $i links"
	same "$(cut -d: -f1 <"$SCRATCH/err")" EDQUOT errno
	rm -f "$MNT"/small/*
	same "$(stat -L -c %h /proc/self/fd/5)" 0 links
	# Who owns the file pays for it, with a name and without.
	same "$(quota_of 54321)" 1 "inodes of the owner"
	relinked 5 default back
	same "$(quota_of 54321)" 1 "inodes of the owner"
	drop
	whole
}

# quota_of USER : how many inodes.
quota_of() {
	repquota -nu "$MNT" | awk -v id="#$1" '$1 == id { print $6 }'
}

for fs in ext4 xfs btrfs f2fs; do
	promise "R9_${fs}_it_is_there_after_umount_and_fsck_is_content" stays "$fs"
	promise "R9_${fs}_it_comes_and_goes" comes_and_goes "$fs"
	promise "R9_${fs}_fifos_and_programs" kinds "$fs"
done
promise R10_a_sparse_10_GiB_file any_size
promise R9_btrfs_another_subvolume_is_refused other_subvolume
promise R9_a_read_only_mount_is_refused read_only
promise R9_vfat_is_refused no_hard_links
promise R9_an_NFS_silly_rename_is_refused silly_rename
for fs in ext4 xfs tmpfs; do
	promise "R9_overlay_on_${fs}_it_is_there_after_mount" overlay_stays "$fs"
	promise "R9_overlay_on_${fs}_it_comes_and_goes" overlay_comes_and_goes "$fs"
	promise "R9_overlay_on_${fs}_copied_up" overlay_copied_up "$fs"
	promise "R9_overlay_on_${fs}_never_copied_up_is_refused" overlay_never_copied_up "$fs"
	promise "R9_overlay_on_${fs}_a_hard_link_below_is_refused" overlay_lower_hard_link "$fs"
	promise "R9_overlay_on_${fs}_a_hard_link_above" overlay_upper_hard_link "$fs"
	promise "R9_overlay_on_${fs}_special_files_are_made_again" overlay_special "$fs"
	promise "R9_overlay_on_${fs}_a_special_file_with_a_link_is_linked" overlay_special_hard_link "$fs"
done
promise P3_quota_of_the_directory quota
keep "$@"
