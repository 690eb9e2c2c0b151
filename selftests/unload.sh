#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A5: the module comes and goes while processes open, stat, rename, fork and exec
# all the time; sometimes they are attached for a moment in between, or one of them
# ends attached. Each lap goes through every way to hook (WAYS).
#
# PV_UNLOAD_LAPS says how often; 2.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

LAPS=${PV_UNLOAD_LAPS:-2}
GIVEN=$(parameters)
LOAD=()
WAYS=(probe=direct probe=ftrace probe=kprobe hook=name)
# All CPUs are busy, so that some are always stopped in the middle.
WORKERS=$(nproc)

# hammer DIR : until it is killed. It goes on only while all is as it should be,
# and says on its last breath what was not.
# It is called with &, and has that process for itself.
hammer() {
	exec python3 - "$1" <<-'END'
		import os, subprocess, sys
		os.chdir(sys.argv[1])
		turn = 0
		def write(name):
		    with open(name, "w") as file:
		        file.write(name)
		here = os.getcwd()
		write("a")
		while True:
		    assert open(here + "/a").read() == "a"
		    os.stat(here + "/a")
		    os.rename(here + "/a", here + "/b")
		    os.rename(here + "/b", here + "/a")
		    turn += 1
		    if turn % 10 == 0:
		        pid = os.fork()
		        if not pid:
		            os.stat(here + "/a")
		            os._exit(0)
		        assert os.waitpid(pid, 0)[1] == 0
		    if turn % 50 == 0:
		        subprocess.run(["/bin/true"], check=True)
		    if turn % 100 == 0:
		        write("turns")
		        os.utime(here + "/turns", (turn, turn))
	END
}

start_load() {
	local i
	for ((i = 1; i <= WORKERS; i++)); do
		mkdir -p "$SCRATCH/$i/new"
		hammer "$SCRATCH/$i" 2>"$SCRATCH/$i.err" &
		LOAD+=($!)
	done
	disown -a
}

clean_up() {
	kill "${LOAD[@]}"
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $GIVEN
}

# The load is there, and nothing has gone wrong for it.
load_is_well() {
	local i
	for i in "${!LOAD[@]}"; do
		kill -0 "${LOAD[i]}" || fail "it died: $(tail -n 1 "$SCRATCH/$((i + 1)).err")"
	done
}

come_and_go() {
	local i way
	modprobe -r pathvirt
	for ((i = 0; i < LAPS; i++)); do
		for way in "${WAYS[@]}"; do
			modprobe pathvirt "$way"
			modprobe -r pathvirt
		done
	done
	load_is_well
}

# From no time at all, so that some are met in a hook before they notice, to enough
# for each to have been through all of them; and a moment later they are bare. Whoever
# wants it gone asks all the while.
come_and_go_with_short_attaches() {
	local i pid times=(0 0.3 0.05 0.1)
	for ((i = 0; i < LAPS; i++)); do
		modprobe pathvirt "$1"
		for pid in "${LOAD[@]}"; do
			pvadm attach "$pid" --tree --map /pathvirt-nowhere=/usr
		done
		! modprobe -r pathvirt || fail "it went while it was in use"
		sleep "${times[i % 4]}"
		# What is on its way out of a hook may hold it for a moment.
		await modprobe -r pathvirt &
		pvadm detach --all
		wait $! || fail "it does not go"
	done
	load_is_well
}

# They end while they are attached, and what is on its way is waited for.
go_when_the_last_attached_one_has_ended() {
	local i
	for ((i = 0; i < LAPS; i++)); do
		modprobe pathvirt "${WAYS[i % ${#WAYS[@]}]}"
		pvadm run --map /pathvirt-nowhere=/usr -- sh -c 'ls / & ls /usr & wait'
		await modprobe -r pathvirt
	done
	load_is_well
}

nothing_was_reported() {
	local tainted i
	if dmesg | grep -E 'WARNING:|BUG:|Oops|general protection|INFO: task|INFO: rcu'; then
		fail "the kernel log has a report"
	fi
	tainted=$(</proc/sys/kernel/tainted)
	# 7: died, 9: warned.
	((!(tainted & (1 << 7 | 1 << 9)))) || fail "tainted: $tainted"
	# The work went on: every worker has noted its turns.
	for ((i = 1; i <= WORKERS; i++)); do
		(($(stat -c %Y "$SCRATCH/$i/turns") > 100)) || fail "worker $i did nothing"
	done
}

start_load
await test -e "$SCRATCH/$WORKERS/turns"
promise the_module_comes_and_goes_under_load come_and_go
promise it_goes_after_short_attaches_by_direct come_and_go_with_short_attaches probe=direct
promise it_goes_after_short_attaches_by_ftrace come_and_go_with_short_attaches probe=ftrace
promise it_goes_after_short_attaches_by_kprobe come_and_go_with_short_attaches probe=kprobe
promise it_goes_after_short_attaches_by_name come_and_go_with_short_attaches hook=name
promise it_goes_when_the_last_attached_process_has_ended go_when_the_last_attached_one_has_ended
promise the_kernel_reports_nothing_and_the_load_goes_on nothing_was_reported
keep "$@"
