#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Inside a guest: looks at what a power cut has left on /dev/pv-disk, and goes on
# until the next one.
#
#   guest.sh new|LAP FILESYSTEM...      LAP sets the names of this lap apart
#
# Beside it lies `said`: what the lap before has printed. Each filesystem has a part of
# the disk, mounted at /mnt/FILESYSTEM:
#   manifests/ID.json   of a relink; moved to ID.cleaning, on disk, before its cleanup
#
# Prints for `run`, a line for each:
#   said FS ID              pvadm relink --sync has succeeded
#   checked FS N M L        N manifests were whole, M never written, L links without one
#   broken FS WHAT          what must not be
#   looping                 the power may be cut
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
# shellcheck source=selftests/filesystems.bash
. /usr/lib/pathvirt/selftests/filesystems.bash
PATH+=:/sbin:/usr/sbin

LAP=$1
FILESYSTEMS=("${@:2}")
SOUND=()
DEVICE=$(realpath /dev/pv-disk)
REFUGE=lost+found/checkpoint
SIZE=$((400 * 1024 * 1024))

broken() {
	echo "broken $FS" "${@//$'\n'/; }"
}

# The loop devices have a cache that a power cut empties: only what was flushed is on
# the disk for sure.
divide() {
	local i
	for i in "${!FILESYSTEMS[@]}"; do
		losetup --offset $((i * SIZE)) --sizelimit $SIZE "/dev/loop$i" "$DEVICE"
	done
}

# part FILESYSTEM : sets $FS, $DISK and $MNT.
part() {
	local i
	FS=$1
	MNT=/mnt/$FS
	for i in "${!FILESYSTEMS[@]}"; do
		[[ ${FILESYSTEMS[i]} != "$FS" ]] || DISK=/dev/loop$i
	done
}

make_all() {
	local fs
	for fs in "${FILESYSTEMS[@]}"; do
		part "$fs"
		"make_$FS" >/dev/null || broken "mkfs failed"
	done
}

# The first mount replays the journal; then fsck must find nothing.
mount_one() {
	local said
	mkdir -p "$MNT"
	mount "$DISK" "$MNT" || { broken "it cannot be mounted"; return 1; }
	umount "$MNT"
	said=$("check_$FS" 2>&1) || broken "fsck: $said"
	mount "$DISK" "$MNT" || { broken "it cannot be mounted again"; return 1; }
	mkdir -p "$MNT"/{manifests,work}
}

# whole MANIFEST : each of its links is there, and has what its file had.
whole() {
	python3 - "$1" "$FS" <<-'END'
		import json, os, sys
		manifest = json.load(open(sys.argv[1]))
		assert len(manifest["files"]) == 3, "there are %d files" % len(manifest["files"])
		for file in manifest["files"]:
		    path = file["new"]["path"]
		    found = open(path).read()
		    line = sys.argv[2] + " " + os.path.basename(file["original_path"]) + "\n"
		    assert len(found) == file["size"], "%s has %d bytes, not %d" % (path, len(found), file["size"])
		    assert found == line * (len(found) // len(line)), "%s has other contents" % path
		    assert os.stat(path).st_nlink == 1, "%s has more links" % path
	END
}

check_one() {
	local file id good=0 never=0 stray
	shopt -s nullglob
	for file in "$MNT"/manifests/*.json; do
		if [[ ! -s $file ]]; then
			((++never))
			rm "$file"
		elif why=$(whole "$file" 2>&1); then
			((++good))
		else
			broken "$file: ${why##*$'\n'}"
		fi
	done
	while read -r id; do
		[[ -e $MNT/manifests/$id.json || -e $MNT/manifests/$id.cleaning ]] ||
			broken "the manifest $id is lost"
	done < <(awk -v fs="$FS" '$1 == "said" && $2 == fs { print $3 }' said)
	for file in "$MNT"/manifests/*; do
		pvadm cleanup "$file" >/dev/null || broken "it cannot be cleaned up: $file"
	done
	stray=$(find "$MNT/$REFUGE" -type f 2>/dev/null | wc -l)
	[[ ! -d $MNT/$REFUGE ]] || pvadm gc "$MNT" --remove >/dev/null ||
		broken "pvadm gc failed"
	file=$(find "$MNT/$REFUGE" "$MNT/work" -mindepth 1 2>/dev/null)
	[[ ! $file ]] || broken "left: $file"
	# What was said before counts no more.
	rm -rf "$MNT"/manifests "$MNT"/work
	mkdir "$MNT"/{manifests,work}
	echo "checked $FS $good $never $stray"
}

# One process after the other has three files without a name, and gets links for them.
# Every other manifest is cleaned up again.
loop_one() {
	local i=0 j id fds fd
	while :; do
		id=$LAP-$((++i))
		fds=()
		for j in 1 2 3; do
			exec {fd}<>"$MNT/work/$id.$j"
			yes "$FS $id.$j" | head -n $((RANDOM % 4000)) >&"$fd"
			rm "$MNT/work/$id.$j"
			fds+=("$fd")
		done
		if pvadm relink "$BASHPID" --sync --no-freeze --manifest "$MNT/manifests/$id.json" \
			>/dev/null; then
			echo "said $FS $id"
		else
			broken "it cannot be relinked"
		fi
		for fd in "${fds[@]}"; do
			exec {fd}<&-
		done
		((i % 2)) || clean_one "$id"
	done
}

clean_one() {
	mv "$MNT/manifests/$1.json" "$MNT/manifests/$1.cleaning"
	sync -f "$MNT/manifests"
	pvadm cleanup "$MNT/manifests/$1.cleaning" >/dev/null || broken "it cannot be cleaned up"
}

echo "kernel $(uname -r)"
modprobe loop
divide
[[ $LAP != new ]] || make_all
for fs in "${FILESYSTEMS[@]}"; do
	part "$fs"
	mount_one && check_one && SOUND+=("$fs")
done
sync
[[ $LAP != last ]] || exit 0
for fs in "${SOUND[@]}"; do
	part "$fs"
	loop_one &
done
echo looping
wait
