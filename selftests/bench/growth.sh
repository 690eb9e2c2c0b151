#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what grows with the number of processes, inside a guest whose clock counts
# instructions. Prints lines "WHAT|NUMBER|COST".
set -euo pipefail

ORIGINAL=/tmp/virt
NEW=/tmp/real
. ./situations.sh

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
	local children
	read -ra children <"/proc/$TREE/task/$TREE/children"
	kill "$TREE" "${children[@]}"
	wait "$TREE" 2>/dev/null || true
}

# attach_tree NUMBER
attach_tree() {
	local before after began ended
	begin_tree "$1"
	before=$(slab_bytes)
	began=$(date +%s%N)
	pvadm attach "$TREE" --tree --map $ORIGINAL=$NEW
	ended=$(date +%s%N)
	sleep 5
	after=$(slab_bytes)
	echo "attach --tree, for each process|$1|$(((ended - began) / ($1 + 1)))"
	echo "bytes in slabs, for each process|$1|$(((after - before) / ($1 + 1)))"
	pvadm detach --all
	end_tree
	sleep 5
}

echo 0 >/proc/sys/kernel/hung_task_timeout_secs
mkdir -p $ORIGINAL $NEW
modprobe pathvirt
# What is allocated but once comes first.
attach_tree 10 >/dev/null
for number in 100 1000 3000; do
	attach_tree "$number"
done
