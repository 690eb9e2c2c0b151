#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T16: real programs list what they would list under mounts, on all kinds of filesystems.
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./filesystems.bash

TREE=$SCRATCH/tree
DISK=$SCRATCH/disk
AT=$SCRATCH/at
export TREE SCRATCH

# What is mounted on what: a directory that is there, some that are not, a file, one of
# another filesystem, and one in another one.
MAPS=(home/user1/in=new/3 home/user1=new/1 home/user2=new/2 home/.rc=new/f home/shm=shm
	gone/by=new/4)

# plant : what they go through, anew.
plant() {
	local i
	rm -rf "$TREE"
	mkdir -p "$TREE"/home/{user1,plain} "$TREE"/new/{1,2/d,3,4} /dev/shm/listing
	ln -s /dev/shm/listing "$TREE/shm"
	for i in home/user1/under home/plain/f home/f new/1/one new/2/d/two new/3/three new/4/four \
		new/f shm/shared; do
		echo "$i" >"$TREE/$i"
	done
}

# attached COMMAND...
attached() {
	local map args=()
	for map in "${MAPS[@]}"; do
		args+=(--map "$TREE/${map%=*}=$TREE/${map#*=}")
	done
	pvadm run "${args[@]}" -- "$@"
}

# mounted COMMAND... : with what mounts need to be mounted on, the last rule first.
mounted() {
	local map last_first=()
	for map in "${MAPS[@]}"; do
		last_first=("$map" "${last_first[@]}")
	done
	mkdir -p "$TREE"/home/{user2,shm} "$TREE/gone/by" "$TREE/new/1/in"
	touch "$TREE/home/.rc"
	unshare -m bash -ec 'for map in '"${last_first[*]}"'; do
		mount --bind "$TREE/${map#*=}" "$TREE/${map%=*}"
		done; "$@"' bash "$@"
}

# alike SCRIPT : it prints the same under rules and under mounts.
alike() {
	local world
	for world in attached mounted; do
		plant
		rm -rf "$SCRATCH/out"
		$world bash -c "cd \$TREE; $1" >"$SCRATCH/$world" 2>&1 || true
	done
	[[ -s $SCRATCH/mounted ]] || fail "it prints nothing: $1"
	diff "$SCRATCH/attached" "$SCRATCH/mounted" || fail "they differ: $1"
}

they_are_listed() {
	alike 'ls -a home; ls -F home; ls -1U home | sort; ls home/user1 gone gone/by; ls -ad home/* home/.*
		(cd home/user1; ls; cd ..; ls)
		perl -e "print join(\"\n\", glob(\"home/* home/.[a-z]*\")), \"\n\""
		python3 -c "
import os
for top, dirs, files in sorted(os.walk(\"home\")):
    print(top, sorted(dirs), sorted(files))
for entry in sorted(os.scandir(\"home\"), key=lambda entry: entry.name):
    print(entry.name, entry.is_dir(), entry.is_file(), entry.inode() == entry.stat().st_ino or \"mounted\")
" | sed "s/ True\$/ mounted/"'
}

they_are_gone_through() {
	# What stands for a directory that is not there is on a device of its own.
	alike 'find home gone | sort; find home -xdev | sort; find home -type d | sort; find home -type f | sort
		find . -xdev -name "[a-z]*" -not -path "./new*" -not -path "./gone/*" -not -path "./shm" | sort
		du -x --inodes home | sort; du -a --inodes home | sort; grep -r . home | sort; ls -R home'
}

they_are_copied() {
	alike 'mkdir $SCRATCH/out; cp -a home $SCRATCH/out/a; cp -ax home $SCRATCH/out/ax
		rsync -a home gone $SCRATCH/out/r; rsync -ax home $SCRATCH/out/rx
		tar -c home gone | tar -t | sort; tar -c --one-file-system home 2>/dev/null | tar -t | sort
		cd $SCRATCH/out; find . | sort; grep -r . . | sort'
}

# What is busy stays, and all else goes.
they_are_removed() {
	alike 'rm -r home/plain home/f && ls home; rm -rf home 2>&1 | sed "s/.*home/home/" | sort; ls -R home; ls new/2 new/3'
	alike 'rm -rf home/user1/* home/user2/* 2>/dev/null; ls -R home; ls new/2 new/3'
}

shells_know_them() {
	alike 'echo home/* home/.[a-z]* home/user? home/*/*; (cd home; echo *)
		shopt -s globstar; echo home/**; echo home/**/; dash -c "echo home/* home/*/*"
		{ compgen -f home/u; compgen -d home/u; compgen -f home/.r; compgen -G "home/s*"; } | sort'
}

# Where NEW is looked up at each use it may not be there.
late_ones_are_what_they_are() {
	plant
	same "$(pvadm run --late --map "$TREE/home/user1=$TREE/nowhere" --map "$TREE/home/x=$TREE/nowhere/x" \
		-- ls "$TREE/home")" $'f\nplain' "without NEW"
	ln -s new/2 "$TREE/link"
	same "$(pvadm run --late --map "$TREE/home/x=$TREE/link" -- find "$TREE/home" -name x -type l)" \
		"$TREE/home/x" "NEW is a link"
	same "$(pvadm run --no-reverse --map "$TREE/home/x=$TREE/new/2" -- ls "$TREE/home")" \
		$'f\nplain\nuser1\nx' "without reverse"
}

# A NEW that something is mounted on afterwards.
what_is_mounted_on_NEW_is_told() {
	plant
	unshare -m pvadm run --map "$TREE/home/x=$TREE/new/2" -- bash -ec '
		mount -t tmpfs none "$TREE/new/2"
		python3 -c "
import os
entry = {entry.name: entry for entry in os.scandir(os.environ[\"TREE\"] + \"/home\")}[\"x\"]
assert entry.inode() == entry.stat().st_ino
"'
}

# The oddest directories of all.
proc_and_dev_have_them() {
	local dir
	for dir in /proc /dev /sys /sys/fs/cgroup /proc/sys /; do
		same "$(pvadm run --map "$dir/pvt-a=$SCRATCH" --map "$dir/pvt-b/c=$SCRATCH" -- \
			bash -c "ls '$dir' | grep -x 'pvt-.'; ls -d '$dir'/pvt-*/*" |
			grep -v "pvt-a/" | xargs)" "pvt-a pvt-b $dir/pvt-b/c" "$dir"
	done
	same "$(pvadm run --map "/proc/self=$TREE" -- bash -c 'ls -U /proc | grep -cx self; ls /proc | grep -c "^1$"' |
		xargs)" "1 1" "/proc/self"
}

# Thousands of them, in a directory that is not there, and among as many files.
many_take_no_longer_than_they_are() {
	local nr=5000
	plant
	(cd "$TREE/home/plain" && seq -f 'file%g' 5000 | xargs touch)
	seq -f "$TREE/none/%g=$TREE/new/1" "$nr" >"$SCRATCH/map"
	seq -f "$TREE/home/plain/file%g=$TREE/new/1" 2001 4 10000 >>"$SCRATCH/map"
	same "$(pvadm run --map-file "$SCRATCH/map" -- bash -c '
		ls -U "$TREE/none" | sort -u | wc -l
		ls -U "$TREE/home/plain" | sort -u | wc -l; ls -U "$TREE/home/plain" | wc -l' | xargs)" \
		"$nr 6251 6251" "how many there are"
}

# on FILESYSTEM PROGRAM... : what listing.c asks for, there.
on() {
	local options=() made=$1
	mkdir -p "$AT"
	case $1 in
	ext4-linear)
		made=ext4
		options=(-O ^dir_index)
		;;
	tmpfs)
		mount -t tmpfs none "$AT"
		;;
	overlay)
		mkdir -p "$SCRATCH"/{lower/home,upper,work}
		mount -t overlay -o "lowerdir=$SCRATCH/lower,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" \
			none "$AT"
		;;
	esac
	if [[ ${SIZES[$made]-} ]]; then
		command -v "mkfs.$made" >/dev/null || skip "no mkfs.$made"
		rm -f "$DISK"
		truncate -s "${SIZES[$made]}" "$DISK"
		"make_$made" "${options[@]}" >"$SCRATCH/made" 2>&1 || fail "$(<"$SCRATCH/made")"
		mount -o loop "$DISK" "$AT" 2>"$SCRATCH/made" || skip "$(<"$SCRATCH/made")"
	fi
	chmod 755 "$AT"
	local program status=0
	for program in "${@:2}"; do
		PV_SELFTEST_BASE=$AT $program -t T16_each_position_leads_back_to_what_came_there \
			-t T16_a_directory_that_changes_meanwhile || status=$?
	done
	umount "$AT"
	return "$status"
}

promise T16_they_are_listed they_are_listed
promise T16_they_are_gone_through they_are_gone_through
promise T16_they_are_copied they_are_copied
promise T16_they_are_removed they_are_removed
promise T16_shells_know_them shells_know_them
promise T16_late_ones_are_what_they_are late_ones_are_what_they_are
promise T16_what_is_mounted_on_NEW_is_told what_is_mounted_on_NEW_is_told
promise T12_proc_and_dev_have_them proc_and_dev_have_them
promise W5_many_take_no_longer_than_they_are many_take_no_longer_than_they_are
for filesystem in ext4-linear xfs btrfs f2fs vfat; do
	promise "T16_on_$filesystem" on "$filesystem" ./listing
done
for filesystem in tmpfs overlay; do
	promise "T16_on_$filesystem" on "$filesystem" ./listing ./listing_32
done
keep "$@"
