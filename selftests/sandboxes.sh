#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T13: sandboxes and containers that are started from an attached shell see what they
# would see if they were started from one that has NEW bind-mounted on ORIGINAL: NEW,
# wherever ORIGINAL is handed in, and their own files at that name. They find their root
# directory, too, where it is named below an ORIGINAL and nothing is there (T15, T9).
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./moved.bash

mkdir -p "$CELL"/{dev,sys,tmp,etc,x,usr/lib,var/tmp,run}
echo ID=cell >"$CELL/usr/lib/os-release"
ln -s ../usr/lib/os-release "$CELL/etc/os-release"
cell_has sh cat ls pwd

# All of this is there by another name, of which nothing is.
GONE=/pvt-sandboxes.$$
ABSENT=$GONE/all
export ABSENT

mounted_at_absent() {
	local status=0
	mkdir -p "$ABSENT"
	unshare -m sh -c 'mount --make-rprivate / && mount --bind "$SCRATCH" "$ABSENT" && exec "$@"' \
		- "$@" || status=$?
	rmdir "$ABSENT" "$GONE"
	return "$status"
}

attached_to_absent() {
	pvadm run --map "$ABSENT=$SCRATCH" -- "$@" && [[ ! -e $GONE ]]
}

WORLDS=(mounted attached)

# absent : the other worlds.
absent() {
	WORLDS=(mounted_at_absent attached_to_absent)
	CELL=$ABSENT/cell
}

# alike EXPECTED COMMAND... : both print that, and end with the same status.
alike() {
	local expected=$1 world status
	shift
	for world in "${WORLDS[@]}"; do
		status=0
		"$world" "$@" >"$SCRATCH/out" 2>&1 </dev/null || status=$?
		same "$(tr -s ' \r\n' ' ' <"$SCRATCH/out")" "$expected " "what $world prints"
		same "$status" 0 "status of $world"
	done
	same "$(ls "$BIG")" $'d\nf' "what is in NEW"
}

LOOK='cat /x/f; cat /x/d/g; cd /x/d; cat ../f; pwd -P'
AT_ITS_NAME="cat $DATA/f; cat $DATA/d/g"

bubblewrap_sees_it() {
	local system="--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib"
	system+=" --symlink usr/lib64 /lib64 --proc /proc --dev /dev"
	# shellcheck disable=SC2086 # words
	{
		alike "new deep" bwrap --dev-bind / / sh -c "$AT_ITS_NAME"
		alike "new deep" bwrap $system --bind "$DATA" "$DATA" sh -c "$AT_ITS_NAME"
		alike "new deep new /x/d" bwrap $system --bind "$DATA" /x sh -c "$LOOK"
		alike "mine f" bwrap $system --tmpfs "$DATA" \
			sh -c "echo mine >$DATA/f && cat $DATA/f && ls $DATA"
		alike "$DATA d f" bwrap $system --bind "$DATA" "$DATA" --chdir "$DATA" \
			sh -c 'pwd -P; ls'
	}
	alike "cell" bwrap --bind "$CELL" / cat "$DATA/f"
	alike "new deep new /x/d" bwrap --bind "$CELL" / --bind "$DATA" /x sh -c "$LOOK"
}

# bundle SCRIPT [MOUNT]... : for crun and runc; a MOUNT is DESTINATION=SOURCE, of nothing
# for a tmpfs.
bundle() {
	mkdir -p "$SCRATCH/bundle"
	python3 - "$@" >"$SCRATCH/bundle/config.json" <<-'END'
		import json, os, sys

		def mount(text):
		    destination, source = text.split("=")
		    if not source:
		        return {"destination": destination, "type": "tmpfs", "source": "tmpfs"}
		    return {"destination": destination, "type": "bind", "source": source,
		            "options": ["rbind", "rw"]}

		print(json.dumps({
		    "ociVersion": "1.0.2",
		    "process": {"args": ["/bin/sh", "-c", sys.argv[1]], "cwd": "/",
		                "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}},
		    "root": {"path": os.environ["CELL"]},
		    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}] +
		              [mount(text) for text in sys.argv[2:]],
		    "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"},
		                             {"type": "uts"}]},
		}))
	END
}

# contained COMMAND... : by what runs a bundle.
contained() {
	bundle "cat $DATA/f"
	alike "cell" "$@"
	bundle "$LOOK" "/x=$DATA"
	alike "new deep new /x/d" "$@"
	bundle "$AT_ITS_NAME" "$DATA=$DATA"
	alike "new deep" "$@"
	bundle "echo mine >$DATA/f && cat $DATA/f && ls $DATA" "$DATA="
	alike "mine f" "$@"
}

# With --no-pivot runc goes through mountinfo for each /proc that is not its container's,
# and unmounts it.
contained_at_absent() {
	absent
	bundle "$LOOK; cat $DATA/f /proc/self/comm" "/x=$ABSENT/big"
	alike "new deep new /x/d cell cat" "$@" --bundle "$ABSENT/bundle" one
	alike "new deep new /x/d cell cat" "$@" --no-pivot --bundle "$ABSENT/bundle" one
}

CRUN=(crun --root "$SCRATCH/crun" --cgroup-manager=disabled run)

crun_sees_it() {
	contained "${CRUN[@]}" --bundle "$SCRATCH/bundle" one
}

RUNC=(runc --root "$SCRATCH/runc" run)

can_runc() {
	bundle true
	if "${RUNC[@]}" --bundle "$SCRATCH/bundle" one 2>&1 </dev/null |
		grep -q bpf_prog_query; then
		skip "this kernel has no BPF for cgroups"
	fi
}

runc_sees_it() {
	can_runc
	contained "${RUNC[@]}" --bundle "$SCRATCH/bundle" one
	bundle "$LOOK" "/x=$DATA"
	alike "new deep new /x/d" "${RUNC[@]}" --no-pivot --bundle "$SCRATCH/bundle" one
}

crun_is_in_what_is_absent() {
	contained_at_absent "${CRUN[@]}"
}

runc_is_in_what_is_absent() {
	can_runc
	contained_at_absent "${RUNC[@]}"
}

bubblewrap_is_in_what_is_absent() {
	absent
	alike "new deep new /x/d cell" bwrap --bind "$CELL" / --bind "$ABSENT/big" /x \
		sh -c "$LOOK; cat $DATA/f"
}

podman_sees_it() {
	local podman=(podman --root "$SCRATCH/podman" --runroot "$SCRATCH/podman-run"
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend none
		run --rm --quiet --network none --cgroups disabled)
	alike "cell" "${podman[@]}" --rootfs "$CELL" /bin/cat "$DATA/f"
	alike "new deep new /x/d" "${podman[@]}" -v "$DATA:/x" --rootfs "$CELL" \
		/bin/sh -c "$LOOK"
	alike "new deep" "${podman[@]}" -v "$DATA:$DATA" --rootfs "$CELL" \
		/bin/sh -c "$AT_ITS_NAME"
}

NSPAWN=(systemd-nspawn --quiet --register=no --keep-unit --pipe -D)

# It wants to know the machine's.
can_nspawn() {
	[[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
}

nspawn_sees_it() {
	can_nspawn
	alike "cell" "${NSPAWN[@]}" "$CELL" /bin/cat "$DATA/f"
	alike "new deep new /x/d" "${NSPAWN[@]}" "$CELL" --bind="$DATA:/x" /bin/sh -c "$LOOK"
	alike "new deep" "${NSPAWN[@]}" "$CELL" --bind="$DATA" /bin/sh -c "$AT_ITS_NAME"
}

nspawn_is_in_what_is_absent() {
	can_nspawn
	absent
	alike "new deep new /x/d cell" "${NSPAWN[@]}" "$CELL" --bind="$ABSENT/big:/x" \
		/bin/sh -c "$LOOK; cat $DATA/f"
}

promise bubblewrap_sees_it bubblewrap_sees_it
promise crun_sees_it crun_sees_it
promise runc_sees_it runc_sees_it
promise podman_sees_it podman_sees_it
promise nspawn_sees_it nspawn_sees_it
for name in bubblewrap crun runc nspawn; do
	promise "T15_${name}_is_in_what_is_absent" "${name}_is_in_what_is_absent"
done
keep "$@"
