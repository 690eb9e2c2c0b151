#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The whole story: a job in namespaces of its own is checkpointed, and goes on elsewhere.
# Documentation/story.md has the commands; they are taken from there.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

PAGE=/usr/src/pathvirt/Documentation/story.md
RESIDENT=$PWD/helpers/resident.py
HOME_DIR=/home/user1
CGROUP=/sys/fs/cgroup/pvt.job
PATH=$PATH:/sbin:/usr/sbin

clean_up() {
	pkill -KILL -f "^python3 $RESIDENT|^sleep 10000" || true
	await gone
	rm -rf $HOME_DIR /scratch/user[23] /backup/D /backup/images
	[[ ! -d $CGROUP ]] || await rmdir "$CGROUP"
	pvadm gc --remove >/dev/null || true
}

gone() {
	! pgrep -f "^python3 $RESIDENT"
}

# command NUMBER : that of the page's story.
command_of() {
	sed -n 's/^    //p' "$PAGE" | grep -E '^(pvadm|cp|rm) ' | sed -n "$1p"
}

# step NUMBER [SED-SCRIPT] : runs it, changed so.
step() {
	local words
	words=$(command_of "$1" | sed "${2-}")
	[[ $words ]] || fail "the page has no command $1"
	eval "$words" >"$SCRATCH/out" 2>&1 ||
		fail "$words: $? ($(tail -n 5 "$SCRATCH/out"))"
}

# begin : the job, $P and $N.
begin() {
	command -v criu >/dev/null || skip "the suite has no criu"
	criu --help | grep -q -- --unprivileged || skip "the suite's criu has no --unprivileged"
	clean_up
	trap clean_up EXIT
	mkdir -p "$HOME_DIR" /scratch /backup/images "$CGROUP"
	echo data >"$HOME_DIR/data"
	sh -c "echo \$\$ >$CGROUP/cgroup.procs
		exec unshare --user --map-root-user --uts --ipc --mount --net --cgroup --pid \
			--fork --mount-proc --time --boottime 5000 sh -c '
			hostname resident
			ip link set lo up
			ip link add dummy7 type dummy
			setsid python3 $RESIDENT $HOME_DIR </dev/null >/dev/null 2>&1 &
			exec sleep 10000'" &
	await test -e "$HOME_DIR/ready"
	find_job
}

# find_job : those that led to it have its name in their words, too, but are not it.
find_job() {
	P=$(pgrep -f "^python3 $RESIDENT")
	# shellcheck disable=SC2034 # the page's commands have it
	N=$(awk '/^NSpid:/ { print $NF }' "/proc/$P/status")
}

# ask DIR FILE : what the job says of itself, and what is seen of it from here.
ask() {
	rm -f "$1/answer"
	kill -USR1 "$P"
	await test -e "$1/answer"
	cp "$1/answer" "$2"
	echo "cgroup $(sed 's/^0:://' "/proc/$P/cgroup")" >>"$2"
}

value() {
	sed -n "s/^$1 //p" "$2"
}

# goes_on DIR : all that it was before, and more lines.
goes_on() {
	local unlike='^(lines|clock) '
	find_job
	ask "$1" "$SCRATCH/after"
	same "$(grep -vE "$unlike" "$SCRATCH/after")" "$(grep -vE "$unlike" "$SCRATCH/before")" \
		"what it says"
	same "$(value whole "$SCRATCH/after")" True "its log is whole"
	(($(value lines "$SCRATCH/after") > $(value lines "$SCRATCH/before"))) ||
		fail "it does not write"
	((${P_BEFORE:-0} != P)) || fail "it was never gone"
	clock_goes_on
}

# What it had ahead of this machine's clock it has still.
clock_goes_on() {
	local before after
	before=$(value clock "$SCRATCH/before")
	after=$(value clock "$SCRATCH/after")
	((after >= before && after < before + 1000)) || fail "its clock: $before, then $after"
	((before > 5000)) || fail "its clock is this machine's: $before"
}

# restarted DIR [SED-SCRIPT] : in the background, $RESTART.
restarted() {
	local words
	words=$(command_of 5 | sed "${2-}")
	(eval "exec $words" >"$SCRATCH/restart" 2>&1) &
	RESTART=$!
	await pgrep -f "^python3 $RESIDENT"
	await test -d "$1"
}

names() {
	find "$1/.names" -type f | wc -l
}

checkpointed() {
	begin
	sleep 1
	ask "$HOME_DIR" "$SCRATCH/before"
	rm "$HOME_DIR/answer"
	P_BEFORE=$P
	step 1
	step 2
	clean_process
}

# The job's first process, which has nothing to do any more.
clean_process() {
	await gone
	pkill -KILL -f "^sleep 10000" || true
	wait
	await rmdir "$CGROUP"
}

it_goes_on_elsewhere() {
	local status=0
	checkpointed
	step 3
	step 4
	[[ ! -e $HOME_DIR ]]
	same "$(names /scratch/user2)" 1 "names"
	# A first try that fails takes nothing away.
	eval "$(command_of 5 | sed 's,/backup/images,/backup/nothing,')" >"$SCRATCH/out" 2>&1 ||
		status=$?
	((status)) || fail "criu restored what is not there"
	same "$(names /scratch/user2)" 1 "names after a failure"
	restarted /scratch/user2
	goes_on /scratch/user2
	kill -KILL "$P"
	wait "$RESTART" || fail "restart: $? ($(<"$SCRATCH/restart"))"
	same "$(names /scratch/user2)" 0 "names"
	[[ ! -e $HOME_DIR && ! -d $CGROUP ]] || fail "something is left"
}

twice_from_one_bundle() {
	checkpointed
	step 3
	step 3 's,user2,user3,'
	step 4
	restarted /scratch/user2 's/--at-end/--keep/'
	goes_on /scratch/user2
	kill -KILL "$P"
	wait "$RESTART" || fail "restart: $? ($(<"$SCRATCH/restart"))"
	same "$(names /scratch/user2)" 1 "names with --keep"
	restarted /scratch/user3 's,user2,user3,'
	goes_on /scratch/user3
	kill -KILL "$P"
	wait "$RESTART" || fail "restart: $? ($(<"$SCRATCH/restart"))"
	same "$(names /scratch/user3)" 0 "names"
}

promise S3_a_job_goes_on_elsewhere it_goes_on_elsewhere
promise S3_twice_from_one_bundle twice_from_one_bundle
keep "$@"
