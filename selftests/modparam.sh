#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module's parameters, what modinfo says of it, and how it refuses to load.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

GIVEN=$(parameters)
mkdir "$SCRATCH/old" "$SCRATCH/new"
echo old >"$SCRATCH/old/who"
echo new >"$SCRATCH/new/who"
cp /bin/cat "$SCRATCH/new/cat"
[[ ! -x helpers/show_static ]] || cp helpers/show_static "$SCRATCH/new/show"

clean_up() {
	modprobe -r pathvirt
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $GIVEN
}

# load [PARAMETER]... : anew.
load() {
	modprobe -r pathvirt
	modprobe pathvirt "$@"
}

# log_of COMMAND... : what the module says in the kernel log meanwhile.
log_of() {
	local mark=pathvirt-selftest-$RANDOM$RANDOM
	echo "$mark" >/dev/kmsg
	"$@" >/dev/null 2>&1 || true
	dmesg | sed "1,/$mark/d" | grep -o 'pathvirt: .*' | grep -v 'loading out-of-tree\|module verification' || true
}

# bare : nobody is attached, and the hooks have been taken away.
bare() {
	[[ $(left) == "0 0" ]] && disarmed
}

# use_every_site OLD [by-name] : each function that is hooked is met once, and OLD leads
# to new in all of them. Only 32-bit programs have others. It runs where OLD is mapped.
use_every_site() {
	local old=$1 fd
	# Opening, looking, and what is made: parents, renaming, linking.
	[[ $(<"$old/who") == new && -x $old/cat ]]
	mkdir "$old/made"
	mv "$old/made" "$old/moved"
	rmdir "$old/moved"
	ln "$old/who" "$old/linked"
	rm "$old/linked"
	# What the process is told.
	exec {fd}<"$old/who"
	[[ $(readlink "/proc/$$/fd/$fd") == "$old/who" ]]
	exec {fd}<&-
	"$old/cat" /proc/self/maps | grep -qF " $old/cat"
	# Where it is, relative names, and the root.
	cd "$old"
	[[ $(/bin/pwd) == "$old" && $(./cat who) == new ]]
	[[ ${2-} == by-name || $(./cat ../old/who) == new ]]
	[[ ! -x show ]] || chroot "$old" /show /who | grep -qx '| new'
	# Mounts, in a namespace of their own, and of them a root.
	mkdir "$old/at"
	# shellcheck disable=SC2016 # expanded there
	unshare --mount bash -euc '
		mount --bind "$1" "$1/at"
		[[ $(<"$1/at/who") == new ]]
		mkdir "$1/at/put"
		cd "$1/at"
		pivot_root . put
		[[ $(</who) == new ]]' - "$old"
	rmdir "$old/put" "$old/at"
}
export -f use_every_site

# every_site_is_used [by-name]
every_site_is_used() {
	# shellcheck disable=SC2016 # expanded there
	pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- \
		bash -euxc 'use_every_site "$@"' - "$SCRATCH/old" "$@"
	same "$(ls "$SCRATCH/old")" who "what is in the one that is not used"
}

probes_at_sites() {
	pvadm status | sed -n 's/^sites: *//p' | tr ' ' '\n' |
		grep -cwf - /sys/kernel/debug/kprobes/list || true
}

no_probe_is_at_a_site() {
	[[ $(probes_at_sites) == 0 ]]
}

# A trap that finds the probe of a site (one was met while ftrace patched the
# site) goes on in that probe's copy of the instruction, and it has none.
probe_is_in_force() {
	local nothing=0
	load "probe=$1"
	same "$(pvadm status | awk '/^probe:/ { print $2 }')" "$2" "probe"
	same "$(</sys/module/pathvirt/parameters/probe)" "$1" "parameter"
	same "$(probes_at_sites)" 0 "probes when loaded"
	sleep 1000 &
	# shellcheck disable=SC2064 # this one
	trap "kill $!" EXIT
	pvadm attach $! --map "$SCRATCH/old=$SCRATCH/new"
	[[ $2 != kprobe ]] || nothing=$(pvadm status | sed -n 's/^sites: *//p' | wc -w)
	same "$(probes_at_sites)" "$nothing" "probes when attached"
	every_site_is_used
	pvadm detach $!
	await bare
	await no_probe_is_at_a_site
}

# Under the choices that the other tests do not run with, too: of the program NAME
# what the options for it choose, of each kind of test some.
all_tests_pass_with() {
	local name=$2
	[[ -x $name ]] || skip "$name was not built"
	load "$1"
	./"$name" "${@:3}" >"$SCRATCH/ktap" 2>&1 || {
		grep -v '^ok' "$SCRATCH/ktap"
		fail "$name failed with $1"
	}
	grep -q '^ok' "$SCRATCH/ktap" || fail "$name says nothing"
	! grep -q '^not ok' "$SCRATCH/ktap"
}

# What Documentation/entries.md says that name hooks alone cannot keep, and no more:
# of the tests of NAME that the options choose exactly those fail that PATTERN names.
all_tests_pass_by_name_hooks_but() {
	local name=$1 pattern=$2
	[[ -x $name ]] || skip "$name was not built"
	load hook=name
	./"$name" "${@:3}" >"$SCRATCH/ktap" 2>&1 || true
	sed -nE 's/^(not )?ok [0-9]+ ([^ ]+).*/\2 \1/p' "$SCRATCH/ktap" >"$SCRATCH/all"
	[[ -s $SCRATCH/all ]] || fail "$name says nothing"
	same "$(awk '$2 { print $1 }' "$SCRATCH/all")" \
		"$(awk '{ print $1 }' "$SCRATCH/all" | grep -E "$pattern" || true)" "failures"
}

hook_is_in_force() {
	load "hook=$1"
	same "$(pvadm status | awk '/^hook:/ { print $2 }')" "$2" "hook"
	every_site_is_used by-name
}

# One line, and not loaded.
value_is_refused() {
	local line
	modprobe -r pathvirt
	line=$(log_of modprobe pathvirt "$1")
	same "$(grep -c . <<<"$line")" 1 "lines in the kernel log: $line"
	grep -qF "cannot load: $1" <<<"$line" || fail "it does not say why: $line"
	[[ ! -e /sys/module/pathvirt ]] || fail "it is loaded"
}

parameter_is_refused() {
	modprobe -r pathvirt
	modprobe pathvirt "probe=kprobe" "speed=high"
	# The kernel itself ignores what a module does not know, with a line.
	[[ ! -e /sys/module/pathvirt/parameters/speed ]]
	dmesg | grep -q "pathvirt: unknown parameter 'speed' ignored"
}

loading_says_one_line() {
	modprobe -r pathvirt
	local line
	line=$(log_of modprobe pathvirt)
	same "$(grep -c . <<<"$line")" 1 "lines in the kernel log: $line"
	grep -qE 'loaded: (name|walk) hooks by (direct|ftrace|kprobe)' <<<"$line"
}

modinfo_describes_it() {
	local parameter
	[[ $(modinfo -F license pathvirt) == GPL ]]
	[[ $(modinfo -F description pathvirt) ]]
	[[ $(modinfo -F author pathvirt) ]]
	same "$(modinfo -F version pathvirt)" "$(</sys/module/pathvirt/version)" "version"
	for parameter in /sys/module/pathvirt/parameters/*; do
		modinfo -F parm pathvirt | grep -qE "^${parameter##*/}:.{20,}" ||
			fail "${parameter##*/} is not described"
	done
	same "$(modinfo -F parm pathvirt | wc -l)" \
		"$(find /sys/module/pathvirt/parameters -type f | wc -l)" "described parameters"
}

# But for the two limits, which are root's to set at any time.
parameters_cannot_be_changed_later() {
	local file mode
	for file in /sys/module/pathvirt/parameters/*; do
		mode=444
		case ${file##*/} in
		unprivileged | user_memory) mode=644 ;;
		esac
		same "$(stat -c %a "$file")" "$mode" "mode of $file"
	done
}

# The kernel calls modprobe for whoever asks for the netlink family.
loaded_on_demand() {
	modprobe -r pathvirt
	same "$(as_nobody pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- cat "$SCRATCH/old/who")" \
		new "of a user without privilege"
	modprobe -r pathvirt
	pvadm status
	modprobe -r pathvirt
	autoload off
	! pvadm status || fail "it was loaded against the administrator's word"
	autoload on
	[[ ! -e /sys/module/pathvirt ]] || fail "it is loaded"
}

# An ftrace user with IPMODIFY on a site, as a live patch is: attaching fails, in
# one line, and nothing is half armed.
a_site_that_somebody_else_patched_is_refused() {
	local site status=0 line
	[[ -e patch/patch.ko ]] || skip "patch.ko was not built"
	load
	# Without some others, where walks begin for one, it would take another way.
	site=$(pvadm status | grep -owE -m 1 'do_fil[ep]_open')
	insmod patch/patch.ko "site=$site"
	sleep 1000 &
	line=$(log_of pvadm attach $! --map /a=/usr)
	pvadm attach $! --map /a=/usr 2>"$SCRATCH/err" || status=$?
	echo "$line"
	cat "$SCRATCH/err"
	local left_over
	left_over=$(left)
	rmmod patch
	same "$status" 1 "status of attach"
	same "$(wc -l <"$SCRATCH/err")" 1 "lines on standard error"
	same "$(grep -c . <<<"$line")" 1 "lines in the kernel log"
	same "$left_over" "0 0" "left"
	# And some seconds after the other one has gone it works, though nobody waits.
	await pvadm attach $! --map /a=/usr
	kill $!
}

# The module as it would be for a kernel without the function: it asks for a name
# of the same length that no kernel has.
a_missing_function_is_named() {
	local gone=${1%?}_ line
	cp "$(modinfo -F filename pathvirt)" "$SCRATCH/gone.ko"
	sed -i "s/\<$1\>/$gone/g" "$SCRATCH/gone.ko"
	modprobe -r pathvirt
	line=$(log_of insmod "$SCRATCH/gone.ko")
	same "$(grep -c . <<<"$line")" 1 "lines in the kernel log: $line"
	grep -qE "cannot load: this kernel has no .*\<$gone\>" <<<"$line" ||
		fail "it does not name $gone: $line"
	[[ ! -e /sys/module/pathvirt ]] || fail "it is loaded"
	! grep -q pathvirt /sys/kernel/tracing/enabled_functions || fail "it is half armed"
	! grep -qw "$1" /sys/kernel/debug/kprobes/list || fail "a kprobe was left"
}

promise probe_kprobe_is_used_and_leaves_none probe_is_in_force kprobe kprobe
promise probe_ftrace_is_used_and_leaves_none probe_is_in_force ftrace ftrace
promise probe_direct_is_used_and_leaves_none probe_is_in_force direct direct
promise probe_auto_is_direct probe_is_in_force auto direct
promise hook_name_translates hook_is_in_force name name
promise names_pass_with_probe_kprobe all_tests_pass_with probe=kprobe names -f map
promise names_pass_with_probe_ftrace all_tests_pass_with probe=ftrace names -f map
promise names_pass_with_hook_name all_tests_pass_with hook=name names -f map
promise spellings_pass_with_hook_name all_tests_pass_with hook=name spellings \
	-t T4_every_spelling_as_under_a_mount
promise exec_passes_with_hook_name all_tests_pass_with hook=name exec \
	-v execveat -v A1_other_thread -v script_with_virtual_interpreter \
	-v nested_scripts -v T3_script_into_itself
promise uring_passes_with_hook_name all_tests_pass_with hook=name uring \
	-t T6_worker_original_decoy -t T6_sqpoll_original_absent
promise relative_passes_with_hook_name all_tests_pass_by_name_hooks_but relative \
	'^(walk\.(original|original_cold|original_after_the_attach|descriptor|path_descriptor|path_descriptor_after_the_attach|above|beside|two_layers|three_layers)|magic\.(working_directory|descriptor))\.' \
	-v original -v descriptor -v below -v above -v far_above -v root -v elsewhere \
	-v exception -v into_itself -v swap_after_the_attach -v two_layers -f magic \
	-f live
promise reverse_passes_with_hook_name all_tests_pass_by_name_hooks_but reverse \
	'^reverse\.(longer|shorter|with_another_rule|into_itself)\.T9_by_own_name$|^reverse\.into_itself\.T9_(descriptors|executables|mappings|queries)$' \
	-v into_itself -t T9_by_own_name -f held
promise roots_pass_with_hook_name all_tests_pass_by_name_hooks_but roots '^$' \
	-t T13_leads_where_it_should -f things -f jailed
promise pseudo_passes_with_hook_name all_tests_pass_by_name_hooks_but pseudo \
	'^pseudo\.(original_in_proc_and_new_in_dev|new_is_dev_null|new_is_proc)\.'
promise an_unknown_probe_is_refused_in_one_line value_is_refused probe=magic
promise an_empty_probe_is_refused_in_one_line value_is_refused probe=
promise an_unknown_hook_is_refused_in_one_line value_is_refused hook=magic
promise an_unknown_function_to_leave_out_is_refused_in_one_line value_is_refused without=magic
promise an_unknown_parameter_is_ignored_by_the_kernel parameter_is_refused
promise it_is_loaded_for_whoever_needs_it_unless_blacklisted loaded_on_demand
promise loading_says_one_line_in_the_log loading_says_one_line
promise modinfo_describes_module_and_parameters modinfo_describes_it
promise parameters_but_the_limits_cannot_be_changed_later parameters_cannot_be_changed_later
promise a_site_that_somebody_else_patched_is_refused a_site_that_somebody_else_patched_is_refused
promise a_missing_hook_site_is_named a_missing_function_is_named __filename_parentat
promise a_missing_function_is_named a_missing_function_is_named ptrace_may_access
promise a_missing_tracepoint_is_named a_missing_function_is_named sched_process_exec
keep "$@"
