#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what grows with the number of processes, and of rules, inside a guest whose clock
# counts instructions. Prints lines "WHAT|NUMBER|COST".
#
#   growth.sh [NUMBER]...    of processes; 100, 1,000 and 3,000 if none is given
set -euo pipefail

ORIGINAL=/tmp/virt
NEW=/tmp/real
RULES=1000
# So many processes are given a table after the first one.
AGAIN=20
CGROUP=/sys/fs/cgroup/bench
. ./situations.sh

# instructions COMMAND... : those of it alone. The clock runs while it waits for others, too.
instructions() {
	python3 - "$@" <<-'END'
		import resource, subprocess, sys
		subprocess.run(sys.argv[1:], check=True)
		used = resource.getrusage(resource.RUSAGE_CHILDREN)
		print(round((used.ru_utime + used.ru_stime) * 1e9))
	END
}

# The bytes of all that is allocated in slabs.
slab_bytes() {
	awk 'NR > 2 { sum += $2 * $4 } END { printf "%d\n", sum }' /proc/slabinfo
}

# begin_tree NUMBER : a process with so many children; TREE is its id.
begin_tree() {
	bash -c "for ((i = 0; i < $1; i++)); do sleep 1000000 & done; wait" &
	TREE=$!
	until (($(wc -w <"/proc/$TREE/task/$TREE/children") == $1)); do sleep 5; done
	sleep 5
}

end_tree() {
	# shellcheck disable=SC2046 # they are numbers
	kill "$TREE" $(<"/proc/$TREE/task/$TREE/children")
	wait "$TREE" 2>/dev/null || true
}

# attach_tree NUMBER
attach_tree() {
	local before after cost
	begin_tree "$1"
	before=$(slab_bytes)
	cost=$(instructions pvadm attach "$TREE" --tree --map $ORIGINAL=$NEW)
	sleep 5
	after=$(slab_bytes)
	echo "attach --tree, for each process|$1|$((cost / ($1 + 1)))"
	echo "bytes in slabs, for each process|$1|$(((after - before) / ($1 + 1)))"
	pvadm detach --all
	end_tree
	sleep 5
}

# charged : the kernel's memory that is charged to the cgroup, whoever ended.
charged() {
	awk '$1 == "kernel" { print $2 }' $CGROUP/memory.stat
}

# attach_in_cgroup PID MAP : how many instructions, and bytes that are left.
attach_in_cgroup() {
	local before cost
	before=$(charged)
	# shellcheck disable=SC2016 # for the inner shell
	cost=$(instructions bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - $CGROUP \
		pvadm attach "$1" --map-file "$2")
	sleep 5
	echo "$cost $(($(charged) - before))"
}

# attach_rules : to one process after the other.
attach_rules() {
	local i sleepers=() one cost bytes costs=0 all=0
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir $CGROUP
	echo "$ORIGINAL=$NEW" >one.map
	many_rules $RULES >many.map
	for ((i = 0; i < AGAIN + 3; i++)); do
		sleep 1000000 &
		sleepers+=($!)
	done
	sleep 5
	attach_in_cgroup "${sleepers[0]}" one.map >/dev/null
	read -r one bytes < <(attach_in_cgroup "${sleepers[1]}" one.map)
	read -r cost bytes < <(attach_in_cgroup "${sleepers[2]}" many.map)
	echo "attach, for each of $RULES rules|first|$(((cost - one) / RULES))"
	echo "bytes, for each of $RULES rules|first|$((bytes / RULES))"
	for ((i = 3; i < AGAIN + 3; i++)); do
		read -r cost bytes < <(attach_in_cgroup "${sleepers[i]}" many.map)
		((costs += cost - one, all += bytes))
	done
	echo "attach, for each of $RULES rules|again|$((costs / AGAIN / RULES))"
	echo "bytes, for each of $RULES rules|again|$((all / AGAIN / RULES))"
	pvadm detach --all
	kill "${sleepers[@]}"
}

echo 0 >/proc/sys/kernel/hung_task_timeout_secs
mkdir -p $ORIGINAL $NEW
modprobe pathvirt
# What is allocated but once comes first.
attach_tree 10 >/dev/null
(($#)) || set -- 100 1000 3000
for number in "$@"; do
	attach_tree "$number"
done
attach_rules
