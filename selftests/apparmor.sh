#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T9: AppArmor, whose profiles go by names. A confined program whose data are moved by who
# could have mounted them is judged by the names that it has had, as under that mount; one
# that was attached without that privilege by the real ones, so that nobody talks his own
# profile away.
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./moved.bash

CONTROL=/sys/kernel/security
SECRET=$SCRATCH/secret
TALK=$SCRATCH/talk
export SECRET TALK
mkdir -p "$SECRET" "$TALK" "$DATA/in" "$BIG/in" "$SCRATCH/plain"
chmod 777 "$TALK" "$DATA" "$BIG"
echo secret >"$SECRET/f"
echo hidden >"$BIG/hidden"
echo old >"$DATA/hidden"
echo plain >"$SCRATCH/plain/f"
cp /bin/dash "$BIG/program"

mountpoint -q $CONTROL || mount -t securityfs securityfs $CONTROL

# profile HEAD FLAGS [RULE]... : it may read what a shell needs, what it is told, and DATA.
profile() {
	cat <<-END
		profile $1 flags=($2) {
			#include <abstractions/base>
			/{,usr/}{,s}bin/* mrix,
			/etc/** r,
			/proc/** rw,
			/dev/{null,tty} rw,
			$TALK/ r,
			$TALK/** rwk,
			$DATA/ r,
			$DATA/** rwlk,
			$DATA/program mrix,
			deny $DATA/hidden rw,
			${*:3}
		}
	END
}

profiles() {
	printf '%s\n' 'abi <abi/3.0>,' 'include <tunables/global>'
	profile pvt_daemon attach_disconnected
	profile "pvt_program $DATA/program" attach_disconnected
	profile pvt_hostile attach_disconnected network, signal, ptrace,
	profile pvt_capable attach_disconnected network, signal, ptrace, capability, \
		"$CONTROL/apparmor/.access rw," "/sys/fs/cgroup/{,**} r,"
	profile pvt_mounter attach_disconnected network, signal, ptrace, capability, mount,
	cat <<-END
		profile pvt_cell {
			$CELL/bin/busybox mrix,
			$CELL/proc/** rw,
			$CELL/virt/** r,
		}
	END
}

can_confine() {
	[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]
}

load_profiles() {
	profiles >"$SCRATCH/profiles"
	apparmor_parser -r -K "$SCRATCH/profiles"
}

# What waits in a FIFO holds the module.
clean_up() {
	! [[ -e $SCRATCH/daemon ]] || kill "$(<"$SCRATCH/daemon")" 2>/dev/null || true
	! can_confine || apparmor_parser -R "$SCRATCH/profiles"
}

# daemon PROFILE : starts one that does what it is told, and says DAEMON, its number. It
# has a working directory and a descriptor below DATA.
daemon() {
	rm -f "$TALK"/*
	mkfifo "$TALK/to" "$TALK/from"
	aa-exec -p "$1" -- dash -c '
		cd "$DATA/in"; exec 7<"$DATA/f"
		while :; do
			while read -r line; do eval "$line"; echo "status $?"; done <"$TALK/to" >"$TALK/from" 2>&1
		done' &
	DAEMON=$!
	echo "$DAEMON" >"$SCRATCH/daemon"
	same "$(tell 'read -r a </proc/self/attr/current; echo "$a"')" "$1 (enforce)" "how it is confined"
}

# tell COMMAND : what it says to that.
tell() {
	echo "$1" >"$TALK/to" &
	grep -v '^status 0$' "$TALK/from" || true
	wait $!
}

# allowed NAME WHAT and denied NAME : what the daemon may read.
allowed() {
	same "$(tell "read -r a <$1 && echo \"\$a\"")" "$2" "what it reads in $1"
}

denied() {
	tell "read -r a <$1" | grep -q "Permission denied" || fail "it reads $1"
}

a_moved_daemon_stays_under_its_profile() {
	daemon pvt_daemon
	allowed "$DATA/f" old
	denied "$BIG/f"
	pvadm attach "$DAEMON" --map "$DATA=$BIG" 2>"$SCRATCH/err"
	same "$(<"$SCRATCH/err")" "" "what it warns of"
	allowed "$DATA/f" new
	allowed ../f new
	denied "$DATA/hidden"
	denied "$SECRET/f"
	same "$(tell 'echo mine >$DATA/in/made && mv $DATA/in/made $DATA/made && read -r a <$DATA/made && echo $a')" \
		mine "what it makes and moves"
	same "$(<"$BIG/made")" mine "where that is"
	same "$(tell 'rm $DATA/made; mkdir $DATA/in/dir; ls $DATA/in; cd $DATA/in/dir; pwd -P')" \
		"dir
$DATA/in/dir" "what it lists"
	same "$(tell 'read -r a <&7; echo $a')" old "what was open before"
	pvadm detach "$DAEMON"
	denied "$BIG/f"
	allowed "$DATA/f" old
	kill "$DAEMON"
}

# The rules of its cgroup are those of who gave it them: one who could mount, or not.
a_daemon_of_a_cgroup_stays_under_its_profile() {
	local top cgroup
	top=$(findmnt -n -o TARGET -t cgroup2) || skip "no cgroup v2"
	cgroup=$top/pathvirt-apparmor
	mkdir "$cgroup"
	daemon pvt_daemon
	echo "$DAEMON" >"$cgroup/cgroup.procs"
	pvadm attach --cgroup "$cgroup" --map "$DATA=$BIG"
	allowed "$DATA/f" new
	allowed ../f new
	denied "$DATA/hidden"
	denied "$SECRET/f"
	same "$(tell 'dash -c "read -r a <$DATA/d/g; echo \$a; cd $DATA/d; pwd -P; mkdir x; rmdir x"')" \
		"deep
$DATA/d" "what a child does"
	pvadm detach --cgroup "$cgroup"
	denied "$BIG/f"
	allowed "$DATA/f" old
	same "$(warns aa-exec -p pvt_capable -- pvadm attach --cgroup "$cgroup" --map "$DATA=$BIG")" \
		"pvadm: warning: process $DAEMON (dash) is confined by the AppArmor profile pvt_daemon, which goes by real names here and lets it do nothing with $BIG" \
		"what is said beforehand"
	denied "$DATA/f"
	same "$(warns pvadm attach --cgroup "$cgroup" --map "$DATA=$BIG")" "" "what is said of a mount"
	allowed "$DATA/f" new
	# Who comes later, and who goes.
	echo "$DAEMON" >"$top/cgroup.procs"
	allowed "$DATA/f" old
	echo "$DAEMON" >"$cgroup/cgroup.procs"
	allowed "$DATA/f" new
	denied "$DATA/hidden"
	kill "$DAEMON"
	await rmdir "$cgroup"
}

# The oracle for what is said above.
it_is_the_same_under_a_mount() {
	local world
	for world in mounted attached; do
		"$world" aa-exec -p pvt_daemon -- dash -c '
			for name in $DATA/f $DATA/hidden $DATA/d/g $SECRET/f; do
				read -r a <$name && echo $a
			done
			cd $DATA/d && read -r a <../f && echo $a
			echo x >../x && mkdir ../y && ls $DATA && rm -r ../x ../y
			$DATA/program -c "echo $?"' >"$SCRATCH/$world.out" 2>&1
	done
	diff -u "$SCRATCH/mounted.out" "$SCRATCH/attached.out" || fail "they are not alike"
	grep -qx deep "$SCRATCH/mounted.out" || fail "it reads nothing"
	grep -q "hidden: Permission denied" "$SCRATCH/mounted.out" || fail "it reads all"
}

a_profile_of_a_path_is_that_of_ORIGINAL() {
	local say='read -r a </proc/self/attr/current; echo $a'
	same "$(mounted "$DATA/program" -c "$say")" "pvt_program (enforce)" "under a mount"
	same "$(attached "$DATA/program" -c "$say")" "pvt_program (enforce)" "attached"
	same "$(as_nobody pvadm run --map "$DATA=$BIG" -- "$DATA/program" -c "$say")" unconfined \
		"without privilege"
}

below_a_changed_root_it_has_its_name_from_above() {
	cell_has sh
	mount -t proc proc "$CELL/proc"
	pvadm run --map "$CELL/virt=$BIG" -- chroot "$CELL" /bin/sh -c '
		echo "exec pvt_cell" >/proc/self/attr/exec
		exec /bin/busybox sh -c "
			read -r a </virt/f; echo \$a; read -r a <$DATA/f; echo \$?"' >"$SCRATCH/out" 2>&1
	umount "$CELL/proc"
	same "$(grep -v denied "$SCRATCH/out" | xargs)" "new 1" "what it reads"
}

# attack PROFILE [COMMAND]... : what somebody says who has made himself a name for it.
attack() {
	aa-exec -p "$1" -- "${@:2}" pvadm run --map "$DATA=$SECRET" -- \
		dash -c 'read -r a <$DATA/f && echo $a' 2>&1 | tail -n 1
}

# refused_by PROFILE [COMMAND]...
refused_by() {
	attack "$@" | grep -F "$DATA/f: Permission denied" || fail "$*: $(attack "$@")"
}

nobody_talks_his_own_profile_away() {
	export -f attack refused_by fail
	# It works but for the profile.
	same "$(as_nobody pvadm run --map "$DATA=$SECRET" -- cat "$DATA/f")" secret "unconfined"
	refused_by pvt_hostile
	as_nobody bash -c 'refused_by pvt_hostile'
	# Root, but for what is asked of a mount.
	refused_by pvt_capable
	as_nobody bash -c 'refused_by pvt_capable unshare -r'
	as_nobody bash -c 'refused_by pvt_capable unshare -r -m --propagation unchanged'
	# In mounts of one's own that one may mount in it is as if it were mounted; not in others.
	same "$(attack pvt_mounter)" secret "who may mount"
	as_nobody bash -c 'refused_by pvt_mounter unshare -r'
}

# An inner layer of his own below one of root's.
a_layer_of_ones_own_changes_nothing() {
	daemon pvt_hostile
	pvadm attach "$DAEMON" --map "$DATA=$BIG"
	allowed "$DATA/f" new
	same "$(tell "pvadm run --map $DATA/in=$SECRET -- cat $DATA/in/f 2>&1" |
		grep -c "Permission denied")" 1 "what it reads by a layer of its own"
	same "$(tell "pvadm run --map $TALK/x=$DATA/d -- cat $TALK/x/g $DATA/f 2>/dev/null")" \
		"deep
new" "by real names both"
	kill "$DAEMON"
}

# warns COMMAND... : what it says on standard error, but for what the program does.
warns() {
	"$@" 2>&1 >/dev/null | grep ^pvadm || true
}

it_is_said_beforehand() {
	local confined=(aa-exec -p pvt_capable -- pvadm) maybe=(aa-exec -p pvt_hostile -- pvadm)
	same "$(warns "${confined[@]}" run --map "$DATA=$SECRET" -- true)" \
		"pvadm: warning: pvadm is confined by the AppArmor profile pvt_capable, which goes by real names here and lets it do nothing with $SECRET" \
		"what is certain"
	same "$(warns "${maybe[@]}" run --map "$DATA=$SECRET" -- true)" \
		"pvadm: warning: pvadm is confined by the AppArmor profile pvt_hostile, which goes by real names here and may not have $SECRET" \
		"what is not"
	same "$(warns "${confined[@]}" run --map "$SCRATCH/x=$DATA/in" --map "$SCRATCH/y=$DATA/f" -- true)" \
		"" "what it may have"
	same "$(warns aa-exec -p pvt_capable -- true; warns pvadm run --map "$DATA=$SECRET" -- true)" "" \
		"where there is no profile"
	daemon pvt_daemon
	same "$(pvadm attach "$DAEMON" --check --map "$SCRATCH/x=$SECRET")" "" "who could mount"
	same "$("${confined[@]}" attach "$DAEMON" --check --map "$SCRATCH/x=$SECRET" | xargs)" \
		"PID HOLDS PATH $DAEMON profile $SECRET" "who could not"
	same "$("${confined[@]}" attach "$DAEMON" --check --json --map "$SCRATCH/x=$SECRET")" \
		"[{\"pid\": $DAEMON, \"what\": \"profile\", \"path\": \"$SECRET\"}]" "the same as JSON"
	kill "$DAEMON"
}

if can_confine; then
	load_profiles
	for name in a_moved_daemon_stays_under_its_profile \
		a_daemon_of_a_cgroup_stays_under_its_profile it_is_the_same_under_a_mount \
		a_profile_of_a_path_is_that_of_ORIGINAL below_a_changed_root_it_has_its_name_from_above \
		nobody_talks_his_own_profile_away \
		a_layer_of_ones_own_changes_nothing it_is_said_beforehand; do
		promise "T9_$name" "$name"
	done
else
	promise T9_apparmor skip "the kernel has no AppArmor, or has it turned off"
fi

keep "$@"
