#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# criu, the suite's own, and files without a name that are too large for it.
#
#   $D        holds a process of helpers/keeper, on a filesystem of its own, $MNT
#   $IMAGES   what criu makes
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

MNT=$SCRATCH/mnt
D=$MNT/tree
NEW=$SCRATCH/elsewhere
IMAGES=$SCRATCH/images
KEEPER=$PWD/helpers/keeper
PID=
PATH=$PATH:/sbin:/usr/sbin

clean_up() {
	local pid
	if [[ -s $SCRATCH/pid ]]; then
		pid=$(<"$SCRATCH/pid")
		kill -KILL -- "-$pid" 2>/dev/null || true
		await gone "$pid"
	fi
	! mountpoint -q "$MNT" || umount -l "$MNT"
	rm -rf "$MNT" "$NEW" "$IMAGES" "$SCRATCH/pid"
}

gone() {
	! kill -0 -- "-$1" 2>/dev/null && [[ ! -e /proc/$1 ]]
}

# begin : a process that holds its files, $PID.
begin() {
	command -v criu >/dev/null || skip "the suite has no criu"
	criu check >"$SCRATCH/check" 2>&1 ||
		skip "criu does not know this kernel: $(tail -n 1 "$SCRATCH/check")"
	clean_up
	mkdir "$MNT" "$IMAGES"
	truncate -s 256M "$SCRATCH/disk"
	mkfs.ext4 -q -F "$SCRATCH/disk"
	mount -o loop "$SCRATCH/disk" "$MNT"
	mkdir "$D"
	setsid "$KEEPER" "$D" </dev/null >/dev/null 2>&1 &
	await test -e "$D/ready" -a -e "$D/ready.child"
	PID=$(<"$D/ready")
	echo "$PID" >"$SCRATCH/pid"
	rm "$D"/ready*
}

# dump [OPTION]...
dump() {
	criu dump -t "$PID" -D "$IMAGES" -v2 -o dump.log "$@" || {
		local status=$?
		cat "$IMAGES/dump.log"
		return "$status"
	}
	# Its number has to be free.
	wait
	await gone "$PID"
}

with_hook() {
	"$@" --link-remap --action-script pvadm-criu-hook
}

# restore [OPTION]...
restore() {
	criu restore -d -D "$IMAGES" -v2 -o restore.log "$@" || {
		local status=$?
		cat "$IMAGES/restore.log"
		return "$status"
	}
}

# intact [DIR] : the process has all that it had, and DIR is what it takes for $D.
intact() {
	local dir=${1-$D}
	rm -f "$dir"/answer*
	kill -USR1 -- "-$PID"
	await test -e "$dir/answer" -a -e "$dir/answer.child"
	same "$(cat "$dir/answer" "$dir/answer.child" | xargs)" \
		"large whole at 12345 growing whole mapped whole child whole" "the process"
	rm "$dir"/answer*
}

# nameless [DIR] : its three files, and none has a name.
nameless() {
	local dir=${1-$D} found
	pvadm relink --list --json >"$SCRATCH/json"
	found=$(python3 - "$SCRATCH/json" "$dir/" <<-'END'
		import json, sys
		for file in json.load(open(sys.argv[1])):
		    if file["path"].startswith(sys.argv[2]):
		        print(file["path"][len(sys.argv[2]):], file["links"])
	END
	)
	same "$(sort <<<"$found" | xargs)" "child 0 large 0 mapped 0" "files without a name"
	same "$(find "$dir" "$MNT" -type f)" "" "files with a name"
}

links() {
	find "$MNT/lost+found" -mindepth 1 | grep -v '/checkpoint$'
	find "$IMAGES" -name pathvirt.json
}

# no_links : of ours are left.
no_links() {
	same "$(links)" "" links
}

links_go() {
	[[ ! $(links) ]]
}

alone() {
	begin
	! dump >"$SCRATCH/out" || fail "it needs no help"
	grep -q "Can't dump ghost file" "$SCRATCH/out" || fail "$(<"$SCRATCH/out")"
	intact
}

# criu runs the script that is named last first.
comes_back() {
	begin
	cat >"$SCRATCH/looking" <<-END
		#!/bin/sh
		find "$MNT/lost+found" -type f | wc -l >"$SCRATCH/\$CRTOOLS_SCRIPT_ACTION"
	END
	chmod +x "$SCRATCH/looking"
	with_hook dump --action-script "$SCRATCH/looking"
	same "$(<"$SCRATCH/pre-dump")" 3 "links before the dump"
	same "$(<"$SCRATCH/post-dump")" 0 "links after it"
	[[ ! -e /proc/$PID ]] || fail "it is still there"
	(($(du -sk "$IMAGES" | cut -f1) < 5 * 1024)) || fail "$(du -h "$IMAGES"/*)"
	no_links
	restore
	intact
	nameless
}

# Both its tree and what criu has made in it are taken along; the old one is gone.
elsewhere() {
	begin
	with_hook dump
	no_links
	cp -a "$D" "$NEW"
	umount "$MNT"
	export -f restore
	export IMAGES
	pvadm run --map "$D=$NEW" -- bash -c restore
	intact "$NEW"
	nameless "$NEW"
	[[ ! -e $D ]] || fail "$D is back"
	same "$(pvadm resolve "$PID" "$D/x")" "$NEW/x" "where its names lead"
}

# script NAME ACTION COMMAND : an action script that does no more than that.
script() {
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != %s ] || %s\n' "$2" "$3" >"$SCRATCH/$1"
	chmod +x "$SCRATCH/$1"
}

# The first one is given up when all files are open.
again_after_failed_restore() {
	begin
	with_hook dump
	script failing post-restore "exit 1"
	! restore --action-script "$SCRATCH/failing" >"$SCRATCH/out" || fail "it did not fail"
	await gone "$PID"
	restore
	intact
	nameless
}

# criu is not told to make links, so it refuses; and it may be tried again.
failed_dump() {
	begin
	! dump --action-script pvadm-criu-hook >"$SCRATCH/out" || fail "it did not fail"
	grep -q "link-remap" "$SCRATCH/out" || fail "$(<"$SCRATCH/out")"
	await links_go
	intact
	nameless
	same "$(grep -c "have links until" "$IMAGES/dump.log")" 1 "how often it says so"
	# As if it had been cut off.
	: >"$IMAGES/pathvirt.json"
	with_hook dump
	no_links
	restore
	intact
	nameless
}

killed_criu() {
	begin
	# shellcheck disable=SC2016 # for the script
	script killing pre-dump 'kill -KILL $PPID'
	! with_hook dump --action-script "$SCRATCH/killing" >"$SCRATCH/out" ||
		fail "it was not killed"
	await links_go
	intact
	nameless
}

# What we cannot link criu copies, if it is small.
what_cannot_be_linked() {
	begin
	cat >"$SCRATCH/small.py" <<-'END'
		import fcntl, os, struct, sys, time
		fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
		os.write(fd, b"small")
		os.unlink(sys.argv[1])
		fcntl.ioctl(fd, 0x40086602, struct.pack("l", 0x10))
		os.write(1, b"ready\n")
		time.sleep(1000)
	END
	kill -KILL -- "-$PID"
	wait
	setsid python3 "$SCRATCH/small.py" "$D/small" </dev/null >"$SCRATCH/ready" 2>&1 &
	PID=$!
	await grep -q ready "$SCRATCH/ready"
	echo "$PID" >"$SCRATCH/pid"
	with_hook dump
	grep -q "small.*immutable" "$IMAGES/dump.log" || fail "it does not say so"
	no_links
}

# criu removes its links then, too.
leaving_it_running() {
	begin
	criu dump -t "$PID" -D "$IMAGES" -v2 -o dump.log --leave-running --link-remap \
		--action-script pvadm-criu-hook
	grep -q "take a snapshot" "$IMAGES/dump.log" || fail "there is no warning"
	no_links
	intact
	nameless
}

by_hand() {
	clean_up
	mkdir "$IMAGES"
	refused 2 "it is for criu to run" pvadm criu-hook
	refused 2 "it is for criu to run" pvadm-criu-hook
	refused 1 "CRTOOLS_IMAGE_DIR" env CRTOOLS_SCRIPT_ACTION=pre-dump pvadm criu-hook
	refused 1 "there is no process" env CRTOOLS_SCRIPT_ACTION=pre-dump \
		CRTOOLS_IMAGE_DIR="$IMAGES" CRTOOLS_INIT_PID=4999999 pvadm criu-hook
	same "$(CRTOOLS_SCRIPT_ACTION=post-restore pvadm criu-hook 2>&1)" "" "what it says"
	same "$(find "$IMAGES" -type f)" "" files
}

promise criu_alone_refuses_a_large_file alone
promise criu_dumps_it_with_the_hook_and_restores_it comes_back
promise criu_restores_it_elsewhere elsewhere
promise criu_121_a_failed_restore_can_be_tried_again again_after_failed_restore
promise a_failed_dump_leaves_nothing failed_dump
promise a_killed_criu_leaves_nothing killed_criu
promise what_cannot_be_linked_is_left_to_criu what_cannot_be_linked
promise a_process_that_is_left_running leaving_it_running
promise the_hook_by_hand by_hand
keep "$@"
