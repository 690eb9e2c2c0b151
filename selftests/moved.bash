# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced behind ktap.sh by the tests of what is started from a moved shell: two worlds,
# and a root directory for others.

DATA=$SCRATCH/data		# ORIGINAL
BIG=$SCRATCH/big		# NEW
CELL=$SCRATCH/cell		# another root, with a directory of ORIGINAL's name
export DATA BIG CELL SCRATCH

mkdir -p "$DATA" "$BIG/d" "$CELL$DATA" "$CELL/bin" "$CELL/proc"
echo old >"$DATA/f"
echo new >"$BIG/f"
echo deep >"$BIG/d/g"
echo cell >"$CELL$DATA/f"
cp /bin/busybox "$CELL/bin/busybox"

# cell_has PROGRAM... : in the other root.
cell_has() {
	local name
	for name; do
		ln -s busybox "$CELL/bin/$name"
	done
}

# mounted COMMAND... : the oracle.
mounted() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount --make-rprivate / && mount --bind "$BIG" "$DATA" && exec "$@"' - "$@"
}

attached() {
	pvadm run --map "$DATA=$BIG" -- "$@"
}
