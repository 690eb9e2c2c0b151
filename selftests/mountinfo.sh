#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T9: mountinfo, mounts and mountstats say ORIGINAL for what is mounted below NEW, and so do
# the programs that go by them. By the oracle: the same below a recursive bind mount.
#
# What that has and a rule has not is said at the end: a rule is no mount.
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./moved.bash

# A disk of its own, with others in it; one has a name that is written otherwise. And what
# is mounted below ORIGINAL, and not to be come to any more.
mkdir -p "$SCRATCH/plain"
mount -t tmpfs -o mode=755 big "$BIG"
mkdir -p "$BIG"/{sub,free,d} "$BIG/a b" "$DATA/old"
echo new >"$BIG/f"
mount -t tmpfs sub "$BIG/sub"
mount -t tmpfs odd "$BIG/a b"
mkdir "$BIG/sub/deep"
echo deep >"$BIG/sub/deep/f"
touch "$BIG/sub/gone" "$BIG/sub/file"
mount --bind "$BIG/sub/gone" "$BIG/sub/file"
rm "$BIG/sub/gone"
mount -t tmpfs old "$DATA/old"
mount -t tmpfs cell "$CELL"
mkdir -p "$CELL"/{bin,proc,old,virt,new} "$CELL$SCRATCH"
cp /bin/busybox "$CELL/bin/busybox"
cell_has sh cat awk sort
mkdir "$CELL/new/sub"
mount -t tmpfs cellsub "$CELL/new/sub"
mount -t proc proc "$CELL/proc"
HELPERS=$PWD/helpers
OPTIONS=
export HELPERS OPTIONS

clean_up() {
	umount -R "$CELL" "$DATA/old" "$BIG"
}

# in_world mounted|attached ORIGINAL NEW COMMAND... : in mounts of its own.
in_world() {
	local world=$1
	shift
	case $world in
	mounted)
		unshare -m sh -c 'mount --rbind "$2" "$1" && shift 2 && exec "$@"' - "$@"
		;;
	attached)
		# shellcheck disable=SC2086 # words
		unshare -m pvadm run $OPTIONS --map "$1=$2" -- "${@:3}"
		;;
	esac
}

# alike_under ORIGINAL NEW SCRIPT : prints the same, of which there is something, and ends
# with the same status.
alike_under() {
	local world status
	printf '%s\n' "$3" >"$SCRATCH/script"
	for world in mounted attached; do
		status=0
		in_world "$world" "$1" "$2" sh -e "$SCRATCH/script" >"$SCRATCH/$world.out" 2>&1 || status=$?
		echo "status $status" >>"$SCRATCH/$world.out"
	done
	diff -u "$SCRATCH/mounted.out" "$SCRATCH/attached.out" || fail "they are not alike"
	[[ $(wc -l <"$SCRATCH/mounted.out") != 1 ]] || fail "nothing is said"
}

# alike SCRIPT
alike() {
	alike_under "$DATA" "$BIG" "$1"
}

the_files_of_procfs_say_ORIGINAL() {
	alike 'awk "index(\$5, ENVIRON[\"DATA\"]) == 1 { print \$5, \$4 }" /proc/self/mountinfo | sort'
	alike 'awk "index(\$2, ENVIRON[\"DATA\"]) == 1 { print \$1, \$2 }" /proc/self/mounts | sort'
	alike 'grep " mounted on $DATA" /proc/self/mountstats | sort'
	alike 'grep -c " $DATA/a\\\\040b " /proc/self/mountinfo /etc/mtab /proc/thread-self/mounts'
	grep -qx "$DATA/sub/file /gone//deleted" <(in_world attached "$DATA" "$BIG" \
		awk '{ print $5, $4 }' /proc/self/mountinfo) || fail "a file that was deleted"
	! in_world attached "$DATA" "$BIG" grep "$BIG" /proc/self/mountinfo || fail "NEW is told"
}

nothing_is_lost_in_small_pieces() {
	alike 'dd if=/proc/self/mountinfo bs=7 2>/dev/null | cut -d " " -f 5 | grep "^$DATA" | sort'
	same "$(in_world attached "$DATA" "$BIG" sh -c 'wc -l </proc/self/mountinfo')" \
		"$(wc -l </proc/self/mountinfo)" "number of lines"
}

programs_know_what_is_mounted_there() {
	alike 'for name in "" /sub "/a b" /sub/file /old; do
			findmnt -n -r -o TARGET,SOURCE -M "$DATA$name" || echo none
			findmnt -n -r -o TARGET,FSTYPE -T "$DATA$name" || echo none
			df --output=target "$DATA$name" | tail -n 1 || echo none
			stat -c %m "$DATA$name" || echo none
		done'
	alike 'for name in "" /sub /d /sub/deep /sub/deep/f "/a b"; do
			mountpoint "$DATA$name" || echo none
			findmnt -n -r -o TARGET -T "$DATA$name"
			df --output=target "$DATA$name"
		done'
	alike 'findmnt -R -n -r -o TARGET "$DATA/sub" | sort'
	alike 'cd "$DATA/sub/deep"; df --output=target .; findmnt -n -o TARGET -T .'
}

programs_unmount_it() {
	alike 'umount "$DATA/sub/file"; ls -A "$DATA/sub"
		umount -R "$DATA/sub"; ls -A "$DATA/sub"; mountpoint "$DATA/sub" || echo none
		findmnt -n -r -o TARGET "$DATA/sub" || echo none
		umount "$DATA/a b"; umount "$DATA/a b" 2>&1 | grep -o "not mounted"'
	alike 'mount -t tmpfs -o size=64k mine "$DATA/free"; touch "$DATA/free/x"
		findmnt -n -r -o TARGET,SOURCE "$DATA/free"
		mount -o remount,ro "$DATA/free"; touch "$DATA/free/y" || echo read-only
		mkdir "$DATA/d/to"; mount --make-rprivate /; mount --move "$DATA/free" "$DATA/d/to"
		findmnt -n -r -o TARGET,OPTIONS "$DATA/d/to" | cut -d , -f 1
		umount "$DATA/d/to"; rmdir "$DATA/d/to"; findmnt "$DATA/free" || echo none'
}

# libfuse goes by them, for who may not unmount what he likes.
fusermount_unmounts_what_is_its_users() {
	command -v fusermount3 >/dev/null || skip "there is no fusermount3"
	# As udev has it.
	chmod o+rw /dev/fuse
	install -d -o nobody "$BIG/d/fuse"
	alike 'user="setpriv --reuid 65534 --regid 65534 --clear-groups"
		$user $HELPERS/fuse.py --fusermount "$DATA/d/fuse" &
		until findmnt -n -M "$DATA/d/fuse" >/dev/null; do sleep 0.05; done
		findmnt -n -r -o TARGET,FSTYPE "$DATA/d/fuse"
		$user stat -c %F "$DATA/d/fuse/dir" "$DATA/d/fuse/file"
		$user fusermount3 -u "$DATA/sub" 2>&1 | grep -o "not found in.*" || true
		$user fusermount3 -u "$DATA/d/fuse"; wait $!; findmnt "$DATA/d/fuse" || echo gone'
	same "$(grep -c -e "^$DATA/d/fuse fuse" -e "^gone" "$SCRATCH/attached.out")" 2 "what it does"
	rmdir "$BIG/d/fuse"
}

# A disk as a file, by libfuse without it.
qemu_exports_a_disk_there() {
	command -v qemu-storage-daemon >/dev/null || skip "there is no qemu-storage-daemon"
	alike 'truncate -s 1M "$DATA/d/raw"; echo disk | dd of="$DATA/d/raw" conv=notrunc status=none; touch "$DATA/d/at"
		qemu-storage-daemon --blockdev driver=file,node-name=raw,filename="$DATA/d/raw" \
			--export type=fuse,id=at,node-name=raw,mountpoint="$DATA/d/at" --pidfile "$DATA/d/pid" --daemonize
		findmnt -n -r -o TARGET,FSTYPE -M "$DATA/d/at"; stat -c "%s %F" "$DATA/d/at"; head -c 5 "$DATA/d/at"
		kill $(cat "$DATA/d/pid"); while findmnt -M "$DATA/d/at" >/dev/null; do sleep 0.05; done
		stat -c "%s %F" "$DATA/d/at"; while [ -e "$DATA/d/pid" ]; do sleep 0.05; done; rm "$DATA/d/raw" "$DATA/d/at"'
	grep -q "^$DATA/d/at fuse" "$SCRATCH/attached.out" || fail "it does not: $(<"$SCRATCH/attached.out")"
}

# The program asks the kernel by listmount and statmount, where both have it.
statmount_says_it() {
	findmnt --kernel=listmount >/dev/null 2>&1 || skip "no program, or no kernel, that has it"
	alike 'findmnt --kernel=listmount -n -r -o TARGET | grep "^$DATA" | sort'
}

below_a_changed_root_it_is_named_from_there() {
	local ask='awk "/\/virt\/sub/ { print \$5 }" /proc/self/mountinfo | sort'
	alike_under "$CELL/virt" "$CELL/new" "exec chroot $CELL /bin/sh -c '$ask'"
	ask=${ask/\\\/sub/}
	# What ORIGINAL leads out of the new root is in it all the same.
	alike_under "$CELL/virt" "$BIG/sub" "exec chroot $CELL /bin/sh -c '$ask'"
	alike 'cd $CELL; pivot_root . old; exec /bin/awk "/old.*data/ { print \$5 }" /proc/self/mountinfo | /bin/sort'
	alike 'unshare -m awk "index(\$5, ENVIRON[\"DATA\"]) == 1 { print \$5 }" /proc/self/mountinfo | sort'
}

by_two_layers_it_has_the_inner_name() {
	mkdir -p "$SCRATCH/inner"
	in_world attached "$DATA" "$BIG" pvadm run --map "$SCRATCH/inner=$DATA/sub" -- \
		cut -d ' ' -f 5 /proc/self/mountinfo >"$SCRATCH/out"
	grep -x "$SCRATCH/inner/file" "$SCRATCH/out"
	grep -x "$SCRATCH/inner" "$SCRATCH/out"
	grep -x "$DATA" "$SCRATCH/out"
	! grep -x "$DATA/sub" "$SCRATCH/out"
}

with_no_reverse_the_real_places_are_told() {
	OPTIONS=--no-reverse
	same "$(in_world attached "$DATA" "$BIG" cut -d ' ' -f 5 /proc/self/mountinfo | grep -cx "$BIG/sub")" \
		1 "the real place"
}

# The reader's rules, as with the links of others; but only where their names are of use.
of_others_it_is_told_as_of_oneself() {
	local beside other cell
	sleep 1000 &
	beside=$!
	unshare -m sleep 1000 &
	other=$!
	chroot "$CELL" /bin/busybox sleep 1000 &
	cell=$!
	await grep -qx busybox "/proc/$cell/comm"
	await grep -qx sleep "/proc/$other/comm"
	pvadm run --map "$DATA=$BIG" -- sh -e -c '
		for pid; do
			awk -v big="$BIG/sub" -v data="$DATA/sub" "
				\$5 == big || \$5 == data { print \$5 }" "/proc/$pid/mountinfo"
		done' - "$beside" "$other" $$ >"$SCRATCH/out"
	same "$(xargs <"$SCRATCH/out")" "$DATA/sub $BIG/sub $DATA/sub" "what is read"
	same "$(pvadm run --map "$CELL/virt=$CELL/new" -- awk '/cellsub/ { print $5 }' \
		"/proc/$cell/mountinfo")" /new/sub "of another root"
	same "$(awk '/sub/ && /tmpfs/ { print $5 }' "/proc/$beside/mountinfo" | grep -c "^$DATA/")" 0 \
		"who is not attached"
	kill "$beside" "$other" "$cell"
}

# What an ORIGINAL leads to need not be mounted: then there is no mount, with or without
# lines, and nobody is told of one that he could not remount or unmount.
a_rule_is_no_mount() {
	local world=(pvadm run --map "$SCRATCH/virt=$SCRATCH/plain" --)
	mkdir -p "$SCRATCH/plain/sub"
	mount -t tmpfs sub "$SCRATCH/plain/sub"
	same "$("${world[@]}" cut -d ' ' -f 5 /proc/self/mountinfo | grep "^$SCRATCH/virt")" \
		"$SCRATCH/virt/sub" "what is mounted"
	! "${world[@]}" mountpoint -q "$SCRATCH/virt" || fail "it is said to be one"
	! "${world[@]}" umount "$SCRATCH/virt" || fail "it was unmounted"
	same "$("${world[@]}" df --output=target "$SCRATCH/virt/sub" | tail -n 1)" "$SCRATCH/virt/sub" df
	"${world[@]}" umount -R "$SCRATCH/virt/sub"
	! mountpoint -q "$SCRATCH/plain/sub" || fail "it is still mounted"
}

for name in the_files_of_procfs_say_ORIGINAL nothing_is_lost_in_small_pieces \
	programs_know_what_is_mounted_there programs_unmount_it \
	fusermount_unmounts_what_is_its_users qemu_exports_a_disk_there statmount_says_it \
	below_a_changed_root_it_is_named_from_there by_two_layers_it_has_the_inner_name \
	with_no_reverse_the_real_places_are_told of_others_it_is_told_as_of_oneself \
	a_rule_is_no_mount; do
	promise "T9_$name" "$name"
done

keep "$@"
