# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The situations in which something is measured: each takes a command and runs it there.
# ORIGINAL and NEW are set, and UNUSED is a directory that nobody goes to.

UNUSED=/tmp/unused
mkdir -p "$UNUSED"

# many_rules NUMBER : as many, each with a NEW of its own; the last one is that which is
# measured.
many_rules() {
	mkdir -p "$UNUSED/many"
	seq 2 "$1" | (cd "$UNUSED/many" && xargs mkdir -p)
	seq 2 "$1" | sed "s|.*|$UNUSED/user&=$UNUSED/many/&|"
	echo "$ORIGINAL=$NEW"
}

natively() {
	"$@"
}

in_bind_mount() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' - \
		"$NEW" "$ORIGINAL" "$@"
}

with_other_attached() {
	pvadm run --map "$ORIGINAL=$NEW" -- sleep 1000 &
	local other=$! status=0
	# Arming sixteen kprobes keeps the kernel busy for a while.
	sleep 5
	"$@" || status=$?
	kill $other
	wait $other 2>/dev/null || true
	return $status
}

# Each of them is one more to hash, and to look for.
with_many_attached() {
	# shellcheck disable=SC2016 # for the inner shell
	pvadm run --map "$ORIGINAL=$NEW" -- bash -c '
		for ((i = 0; i < 3000; i++)); do sleep 1000000 & done; wait' &
	local other=$! status=0
	sleep 60
	"$@" || status=$?
	pkill -x sleep
	wait $other 2>/dev/null || true
	return $status
}

with_elsewhere_attached() {
	pvadm run --map "$UNUSED/virt=$UNUSED" -- "$@"
}

attached() {
	pvadm run --map "$ORIGINAL=$NEW" -- "$@"
}

with_four_layers() {
	pvadm run --map "$UNUSED/1=$UNUSED" -- pvadm run --map "$UNUSED/2=$UNUSED" -- \
		pvadm run --map "$ORIGINAL=$NEW" -- \
		pvadm run --map "$UNUSED/3=$UNUSED" -- "$@"
}
