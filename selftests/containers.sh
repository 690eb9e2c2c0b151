#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A9 for containers: those of podman, by crun, that run from a directory. What runs in one,
# and what is executed in it, has the rules of its cgroup, spelled from the container's own
# root; what is beside it has not.
#
#   $CELL	the root of them all: /data/f says "cell", /vol is $BIG, whose f says "new"
#   $TOP	the cgroup that the containers' lie in
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./moved.bash

TOP=/sys/fs/cgroup/pvt-containers
MAP=/data=/vol

mkdir -p "$CELL"/{data,vol,dev,sys,tmp,etc,run} "$TOP"
echo cell >"$CELL/data/f"
cell_has sh cat sleep mv echo true

# podman without a daemon, a network or anything outside of $SCRATCH.
podman() {
	command podman --root "$SCRATCH/podman" --runroot "$SCRATCH/podman-run" \
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend file "$@"
}

# start NAME : a container that runs, with NEW as a volume.
start() {
	podman run --quiet --detach --name "$1" --network none --cgroup-parent "/${TOP##*/}" \
		-v "$BIG:/vol" --log-driver none --stop-timeout 0 --rootfs "$CELL" \
		/bin/sh -c "while :; do [ -e /now.$1 ] || {
			cat /data/f >/next.$1; mv /next.$1 /now.$1; }; sleep 0.1; done"
}

cgroup_of() {
	local pid
	pid=$(podman inspect -f '{{.State.Pid}}' "$1")
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")"
}

there() {
	[[ -s $CELL/now.$1 ]]
}

# now NAME WANTED : what the container finds at /data/f, and who is executed in it.
now() {
	rm -f "$CELL/now.$1"
	await there "$1"
	same "$(<"$CELL/now.$1")" "$2" "what $1 finds"
	same "$(podman exec "$1" /bin/cat /data/f)" "$2" "what is executed in $1 finds"
}

clean_up() {
	podman rm --force --all --time 0
	pvadm detach --all
	rmdir "$TOP"
}

a_container_that_runs_has_a_map_by_its_cgroup() {
	local cgroup
	start one
	start two
	now one cell
	cgroup=$(cgroup_of one)
	# The container has the place that NEW is, the machine has not.
	refused 1 "NEW of a rule is not there" pvadm attach --cgroup "$cgroup" --map "$MAP"
	pvadm attach --cgroup "$cgroup" --map "$MAP" --late
	now one new
	now two cell
	pvadm detach --cgroup "$cgroup"
	now one cell
}

those_of_a_cgroup_above_have_it_over_their_restarts() {
	pvadm attach --cgroup "$TOP" --map "$MAP" --late
	now one new
	podman restart --time 0 one >/dev/null
	now one new
	start three
	now three new
	pvadm detach --cgroup "$TOP"
	now three cell
}

what_the_machine_has_can_be_mounted_for_it() {
	local pid cgroup machine=$SCRATCH/machine
	pid=$(podman inspect -f '{{.State.Pid}}' one)
	cgroup=$(cgroup_of one)
	mkdir "$machine" "$CELL/machine"
	echo machine >"$machine/f"
	pvadm attach --cgroup "$cgroup" --map "/data=$machine" 2>"$SCRATCH/err"
	same "$(grep -c "process $pid (sh) has .* there is no $machine: \"pvadm ns mount\"" \
		"$SCRATCH/err")" 1 "warnings of ($(<"$SCRATCH/err"))"
	! podman exec one /bin/cat /data/f 2>/dev/null || fail "it leads out of the container"
	pvadm ns mount "$pid" "$machine" /machine
	pvadm attach --cgroup "$cgroup" --map /data=/machine --late
	now one machine
	same "$(ls "$CELL/machine")" "" "what is mounted outside"
	pvadm detach --cgroup "$cgroup"
	now one cell
}

what_ends_with_a_container_leaves_nothing() {
	pvadm attach --cgroup "$(cgroup_of one)" --map "$MAP" --late
	podman rm --force --time 0 one >/dev/null
	await nothing_left
	same "$(pvadm show --cgroups)" "" "cgroups with rules"
	same "$(cat "$CELL/data/f" "$BIG/f" | paste -sd ' ')" "cell new" "the files"
}

promise a_container_that_runs_has_a_map_by_its_cgroup \
	a_container_that_runs_has_a_map_by_its_cgroup
promise those_of_a_cgroup_above_have_it_over_their_restarts \
	those_of_a_cgroup_above_have_it_over_their_restarts
promise what_the_machine_has_can_be_mounted_for_it \
	what_the_machine_has_can_be_mounted_for_it
promise what_ends_with_a_container_leaves_nothing \
	what_ends_with_a_container_leaves_nothing
keep "$@"
