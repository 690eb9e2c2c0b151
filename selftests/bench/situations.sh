# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The situations in which something is measured: each takes a command and runs it there.
# ORIGINAL and NEW are set.

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
	pvadm run --map /nowhere/virt=/usr/lib -- "$@"
}

attached() {
	pvadm run --map "$ORIGINAL=$NEW" -- "$@"
}

with_four_layers() {
	pvadm run --map /nowhere/1=/usr/lib -- pvadm run --map /nowhere/2=/usr/lib -- \
		pvadm run --map "$ORIGINAL=$NEW" -- \
		pvadm run --map /nowhere/3=/usr/lib -- "$@"
}
