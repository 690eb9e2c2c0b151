#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pathvirt-map@.service: a service of systemd has its rules, however it comes to be started.
# The suite's own systemd is booted in a container whose root is a copy of the guest's.
#
#   pvt.service	says what it finds in /srv/pvt/old/f: into /srv/pvt/first when it starts,
#		into /srv/pvt/now whenever that is not there
#   pvt.socket	starts it
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

CELL=$SCRATCH/cell
UNITS=$CELL/etc/systemd/system
MAP=$CELL/etc/pathvirt/maps/pvt.map
D=/srv/pvt

# inside COMMAND... : in the container.
inside() {
	nsenter -a -r -w -t "$INIT" -- "$@"
}

make_service() {
	local name
	mkdir -p "$CELL$D"/{old,new,other} "${MAP%/*}" "$CELL/usr/local/bin"
	for name in old new other; do
		echo "$name" >"$CELL$D/$name/f"
	done
	cat >"$CELL/usr/local/bin/pvt" <<-END
		#!/bin/sh
		look() {
			read -r word <$D/old/f || word=none
			echo "\$word \$\$" >$D/\$1.next
			mv $D/\$1.next $D/\$1
		}
		look first
		while :; do
			[ -e $D/now ] || look now
			sleep 0.05
		done
	END
	chmod +x "$CELL/usr/local/bin/pvt"
	cat >"$UNITS/pvt.service" <<-END
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		ExecStart=/usr/local/bin/pvt
		Restart=on-failure
		RestartSec=0
		KillSignal=SIGKILL
		SuccessExitStatus=SIGKILL
	END
	printf '[Socket]\nListenStream=/run/pvt.socket\n' >"$UNITS/pvt.socket"
	# Nothing else is to be started.
	printf '[Unit]\nDescription=no more than that\n' >"$UNITS/pvt.target"
}

boot() {
	mkdir -p "$SCRATCH"/{upper,work} "$CELL"
	mount -t tmpfs tmpfs "$SCRATCH/upper"
	mkdir "$SCRATCH"/upper/{upper,work}
	mount -t overlay -o "lowerdir=/,upperdir=$SCRATCH/upper/upper,workdir=$SCRATCH/upper/work" \
		overlay "$CELL"
	# It wants to know the machine's, and the container's is to be another one.
	[[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	rm -f "$CELL/etc/machine-id"
	tr -d - </proc/sys/kernel/random/uuid >"$CELL/etc/machine-id"
	make_service
	systemd-nspawn --quiet --register=no --keep-unit --boot --capability=all -D "$CELL" \
		--console=pipe systemd.unit=pvt.target \
		>"$SCRATCH/console" 2>&1 </dev/null &
	NSPAWN=$!
	# Not in a subshell, but as a fact that may not come true: it says why.
	(await is_up) || {
		sed 's/^/# /' "$SCRATCH/console"
		exit 1
	}
	INIT=$(pgrep -x systemd)
}

is_up() {
	INIT=$(pgrep -x systemd) && inside systemctl is-active pvt.target
}

clean_up() {
	kill -9 "$INIT"
	wait "$NSPAWN"
	pvadm detach --all
	umount "$CELL" "$SCRATCH/upper"
}

# systemctl in the container.
systemctl() {
	inside systemctl "$@"
}

# says FILE WANTED : what the service has found.
says() {
	local word
	read -r word _ <"$CELL$D/$1"
	same "$word" "$2" "$1 of the service"
}

there() {
	[[ -s $CELL$D/$1 ]]
}

# now WANTED : what it finds now.
now() {
	rm -f "$CELL$D/now"
	await there now
	says now "$1"
}

# first WANTED : what a process found first that was started since `anew`.
first() {
	await there first
	says first "$1"
	now "$1"
}

anew() {
	rm -f "$CELL$D/first"
}

main_pid() {
	systemctl show -P MainPID pvt.service
}

# again : from the beginning.
again() {
	systemctl stop pvt.service pvt.socket pathvirt-map@pvt.service
	systemctl disable --quiet pathvirt-map@pvt.service
	echo "$D/old=$D/new" >"$MAP"
	same "$(inside pvadm show --cgroups)" "" "cgroups with rules"
}

a_service_that_runs_has_its_rules_at_once() {
	local pid
	again
	systemctl start pvt
	now old
	pid=$(main_pid)
	systemctl enable --quiet --now pathvirt-map@pvt
	now new
	same "$(inside pvadm show --cgroups | awk 'NR > 1 { print $1, $2 }')" \
		"1 $(systemctl show -P ControlGroup pvt)" "cgroups with rules"
	systemctl stop pathvirt-map@pvt
	now old
	same "$(main_pid)" "$pid" "the process"
	systemctl start pathvirt-map@pvt
	now new
}

each_start_has_them_from_the_first_instruction_on() {
	local how
	again
	systemctl enable --quiet pathvirt-map@pvt
	anew
	systemctl start pvt
	first new
	for how in restart "kill -s SEGV" stop; do
		anew
		# shellcheck disable=SC2086 # words
		systemctl $how pvt
		[[ $how != stop ]] || same "$(inside pvadm show --cgroups)" "" "after stop"
		[[ $how != stop ]] || systemctl start pvt
		first new
	done
	systemctl disable --quiet pathvirt-map@pvt
	anew
	systemctl restart pvt
	first new
	systemctl stop pvt
	anew
	systemctl start pvt
	first old
}

a_socket_starts_it_with_them() {
	again
	systemctl enable --quiet pathvirt-map@pvt
	systemctl start pvt.socket
	anew
	inside python3 -c 'import socket as s; s.socket(s.AF_UNIX).connect("/run/pvt.socket")'
	first new
	systemctl stop pvt.socket
}

reload_reads_the_map_again_and_the_service_goes_on() {
	local pid
	again
	systemctl enable --quiet pathvirt-map@pvt
	systemctl start pvt
	now new
	pid=$(main_pid)
	echo "$D/old=$D/other" >"$MAP"
	systemctl reload pathvirt-map@pvt
	now other
	same "$(main_pid)" "$pid" "the process"
	# What is wrong leaves the old rules in force.
	echo "$D/old=$D/none" >"$MAP"
	! systemctl reload pathvirt-map@pvt 2>/dev/null || fail "it took a NEW that is not there"
	now other
}

edit_gives_options_and_revert_takes_them_away() {
	again
	mkdir -p "$UNITS/pathvirt-map@pvt.service.d"
	printf '[Service]\nEnvironment="OPTIONS=--no-reverse"\n' \
		>"$UNITS/pathvirt-map@pvt.service.d/override.conf"
	systemctl daemon-reload
	systemctl enable --quiet pathvirt-map@pvt
	systemctl start pvt
	inside pvadm show "$(main_pid)" | grep -q -- '(cgroup.*--no-reverse)'
	systemctl revert pathvirt-map@pvt
	systemctl restart pathvirt-map@pvt
	! inside pvadm show "$(main_pid)" | grep -- --no-reverse || fail "the options are there"
	# What is the service's own stays as it is.
	systemctl revert pvt
	now new
}

without_rules_it_starts_unless_it_requires_them() {
	again
	echo "$D/old=$D/none" >"$MAP"
	systemctl enable --quiet pathvirt-map@pvt
	anew
	systemctl start pvt
	first old
	systemctl is-failed --quiet pathvirt-map@pvt
	systemctl stop pvt
	systemctl add-requires --quiet pvt.service pathvirt-map@pvt.service
	! systemctl start pvt 2>/dev/null || fail "it was started without its rules"
	rm -r "$UNITS/pvt.service.requires"
	systemctl daemon-reload
	systemctl reset-failed pathvirt-map@pvt
}

one_with_a_mount_namespace_of_its_own_has_them_there() {
	again
	mkdir -p "$UNITS/pvt.service.d"
	printf '[Service]\nPrivateTmp=yes\nProtectSystem=strict\nReadWritePaths=%s\n' "$D" \
		>"$UNITS/pvt.service.d/namespace.conf"
	systemctl daemon-reload
	systemctl enable --quiet pathvirt-map@pvt
	anew
	systemctl start pvt
	first new
	systemctl stop pathvirt-map@pvt
	now old
	systemctl start pathvirt-map@pvt
	now new
	rm -r "$UNITS/pvt.service.d"
	systemctl daemon-reload
}

its_working_directory_may_be_where_nothing_is() {
	again
	echo "$D/gone/deep=$D/new" >"$MAP"
	mkdir -p "$UNITS/pvt.service.d"
	printf '[Service]\nWorkingDirectory=%s\n' "$D/gone/deep" >"$UNITS/pvt.service.d/there.conf"
	systemctl daemon-reload
	systemctl enable --quiet pathvirt-map@pvt
	systemctl start pvt
	same "$(inside readlink "/proc/$(main_pid)/cwd")" "$D/new" "where it is"
	rm -r "$UNITS/pvt.service.d"
	systemctl daemon-reload
	[[ ! -e $CELL$D/gone ]] || fail "something was made there"
}

# As with mounts of one's own: a service is a child of systemd, a scope of who asks for it.
systemd_run_gives_a_scope_those_of_the_caller() {
	local moved=(inside pvadm run --map "$D/gone/deep=$D/new" --)
	again
	same "$("${moved[@]}" systemd-run --quiet --scope cat "$D/gone/deep/f")" new "in a scope"
	! "${moved[@]}" systemd-run --quiet --pipe --wait cat "$D/gone/deep/f" ||
		fail "a service has the rules of who asks for it"
	[[ ! -e $CELL$D/gone ]] || fail "something was made there"
}

boot
promise a_service_that_runs_has_its_rules_at_once \
	a_service_that_runs_has_its_rules_at_once
promise each_start_has_them_from_the_first_instruction_on \
	each_start_has_them_from_the_first_instruction_on
promise a_socket_starts_it_with_them a_socket_starts_it_with_them
promise reload_reads_the_map_again_and_the_service_goes_on \
	reload_reads_the_map_again_and_the_service_goes_on
promise edit_gives_options_and_revert_takes_them_away \
	edit_gives_options_and_revert_takes_them_away
promise without_rules_it_starts_unless_it_requires_them \
	without_rules_it_starts_unless_it_requires_them
promise its_working_directory_may_be_where_nothing_is \
	its_working_directory_may_be_where_nothing_is
promise systemd_run_gives_a_scope_those_of_the_caller \
	systemd_run_gives_a_scope_those_of_the_caller
promise one_with_a_mount_namespace_of_its_own_has_them_there \
	one_with_a_mount_namespace_of_its_own_has_them_there
keep "$@"
