#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T13, T14: a rule hangs at a place. What sandboxes, containers and live systems do with
# mounts and roots, started from an attached shell and, beside it, from one that has NEW
# bind-mounted on ORIGINAL: both see the same.
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./moved.bash

mkdir -p "$DATA/d" "$CELL"/{old,sub/deep}
echo top >"$CELL/top"
cell_has sh cat ls pwd readlink umount mount

# alike EXPECTED SCRIPT : both print that, and end with the same status. The script has
# mounts of its own, which nobody else sees.
alike() {
	local world status
	printf '%s\n' 'mount --make-rprivate /' "$2" >"$SCRATCH/script"
	for world in mounted attached; do
		status=0
		"$world" unshare -m sh -e "$SCRATCH/script" >"$SCRATCH/out" 2>&1 || status=$?
		same "$(<"$SCRATCH/out")" "$1" "what $world prints"
		same "$status" 0 "status of $world"
	done
	[[ ! -e $DATA/mine && ! -e $BIG/mine ]] || fail "it was made outside"
}

a_copy_of_the_mounts_has_the_rule() {
	alike "new new deep new $DATA/d" '
		a=$(cat $DATA/f); cd $DATA; b=$(cat f); cd d; c=$(cat g); d=$(cat ../f)
		echo $a $b $c $d $(pwd -P)'
	alike "new" 'exec unshare -m unshare -m cat $DATA/f'
	alike "new" 'mount --bind $CELL $CELL; exec unshare -m cat $DATA/f'
}

the_old_root_has_it_after_pivot_root() {
	alike "cell new deep new" '
		mount --bind $CELL $CELL; cd $CELL; mount -t proc proc proc; pivot_root . old
		exec /bin/sh -c "
			a=\$(cat $DATA/f); b=\$(cat /old$DATA/f); c=\$(cat /old$DATA/d/g)
			cd /old$DATA/d; d=\$(cat ../f)
			echo \$a \$b \$c \$d"'
}

what_is_bound_from_there_is_new() {
	alike "new deep" '
		mount --bind $CELL $CELL; cd $CELL; pivot_root . old
		exec /bin/sh -c "
			mount --bind /old$DATA $DATA; umount -l /old
			a=\$(cat $DATA/f); cd $DATA/d; b=\$(cat g)
			echo \$a \$b"'
	alike "new" 'mount --bind $DATA $CELL/sub/deep; cat $CELL/sub/deep/f'
}

a_new_root_is_its_own_when_the_old_one_is_gone() {
	alike "cell top top /sub /" '
		mount --bind $CELL $CELL; cd $CELL; mount -t proc proc proc; pivot_root . old
		exec /bin/sh -c "
			umount -l /old; a=\$(cat $DATA/f); cd /sub/deep; b=\$(cat ../../top); cd ..
			c=\$(cat ../top); d=\$(pwd -P)
			echo \$a \$b \$c \$d \$(readlink /proc/self/root)"'
}

a_root_that_was_moved_over_the_old_one_is_its_own() {
	alike "cell top top /sub" '
		mount --bind $CELL $CELL; cd $CELL; mount -t proc proc proc
		mount --move $CELL /; exec chroot . /bin/sh -c "
			a=\$(cat $DATA/f); cd /sub/deep; b=\$(cat ../../top); cd ..
			c=\$(cat /sub/../top)
			echo \$a \$b \$c \$(pwd -P)"'
}

another_mount_of_the_root_has_it() {
	alike "new deep" '
		mount --rbind / $CELL/old; cd $CELL/old
		exec chroot . sh -c "a=\$(cat $DATA/f); cd $DATA/d; echo \$a \$(cat g)"'
	alike "new deep" '
		mount --rbind / $CELL/old; cd $CELL/old; mkdir -p $SCRATCH/put
		pivot_root . ./$SCRATCH/put; umount -l $SCRATCH/put
		a=$(cat $DATA/f); cd $DATA/d; echo $a $(cat g)'
}

what_is_mounted_at_the_name_in_a_new_root_counts() {
	alike "mine new" '
		mount --bind $CELL $CELL; cd $CELL; pivot_root . old
		exec /bin/sh -c "
			mount -t tmpfs none $DATA; echo mine >$DATA/f; echo mine >$DATA/mine
			a=\$(cat $DATA/f); b=\$(cat /old$DATA/f); echo \$a \$b"'
	same "$(<"$BIG/f")" new "NEW"
}

a_chroot_has_it_inside() {
	alike "cell" 'exec chroot $CELL /bin/cat $DATA/f'
	alike "new" 'exec chroot / cat $DATA/f'
}

# Whoever joins other mounts has left the place behind.
it_is_out_of_sight_after_setns() {
	local pid
	unshare -m sleep 1000 &
	pid=$!
	await grep -qx sleep "/proc/$pid/comm"
	same "$(attached nsenter -t "$pid" -m cat "$DATA/f")" old "in other mounts"
	same "$(pvadm run --by-name --map "$DATA=$BIG" -- nsenter -t "$pid" -m cat "$DATA/f")" new \
		"by name"
	kill "$pid"
}

by_name_it_counts_wherever_it_is_spelled() {
	local by_name=(pvadm run --by-name --map "$DATA=/sub")
	echo sub >"$CELL/sub/f"
	mkdir -p /sub
	same "$("${by_name[@]}" chroot "$CELL" /bin/cat "$DATA/f")" sub "after chroot"
	same "$("${by_name[@]}" unshare -m sh -e -c '
		mount --make-rprivate /; mount --bind $CELL $CELL; cd $CELL; pivot_root . old
		exec /bin/sh -c "cat $DATA/f /old$DATA/f; cd $DATA/deep; cat ../f"' | xargs)" "sub old sub" \
		"after pivot_root"
	rmdir /sub
	same "$(pvadm run --by-name --map "$DATA=$BIG" -- cat "$DATA/f")" new "where it was set"
	pvadm run --by-name --map "$DATA=$BIG" -- sh -c 'pvadm show $$' |
		grep -qxF "# layer 0 (own, --by-name)" || fail "it is not shown"
}

a_layer_of_the_new_root_is_spelled_there() {
	same "$(attached unshare -m sh -e -c '
		mount --make-rprivate /; mount --rbind / /mnt; cd /mnt; pivot_root . ./$CELL/old
		pvadm run --map $SCRATCH/x=$DATA/d -- sh -c "cat $SCRATCH/x/g $DATA/f"' |
		xargs)" "deep new" "two layers"
}

# Only a threat if the rule went along: the namespace is the user's own.
nobody_is_let_out_by_it() {
	chmod 755 "$SCRATCH"
	same "$(as_nobody pvadm run --map "$DATA=$BIG" -- unshare -r -m sh -e -c '
		mount --bind $CELL $CELL; cd $CELL; pivot_root . old
		exec /bin/sh -c "umount -l /old; cat $DATA/f; ls -d $BIG 2>&1"' | head -n 1)" cell \
		"what is there"
}

for name in a_copy_of_the_mounts_has_the_rule the_old_root_has_it_after_pivot_root \
	what_is_bound_from_there_is_new a_new_root_is_its_own_when_the_old_one_is_gone \
	a_root_that_was_moved_over_the_old_one_is_its_own another_mount_of_the_root_has_it \
	what_is_mounted_at_the_name_in_a_new_root_counts a_chroot_has_it_inside \
	it_is_out_of_sight_after_setns by_name_it_counts_wherever_it_is_spelled \
	a_layer_of_the_new_root_is_spelled_there nobody_is_let_out_by_it; do
	promise "T13_$name" "$name"
done

keep "$@"
