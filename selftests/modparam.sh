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

probe_is_in_force() {
	load "probe=$1"
	same "$(pvadm status | awk '/^probe:/ { print $2 }')" "$2" "probe"
	same "$(</sys/module/pathvirt/parameters/probe)" "$1" "parameter"
	same "$(pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- cat "$SCRATCH/old/who")" new "run"
	same "$(left)" "0 0 no" "left"
}

probes_at_sites() {
	pvadm status | sed -n 's/^sites: *//p' | tr ' ' '\n' |
		grep -cwf - /sys/kernel/debug/kprobes/list || true
}

# A trap that finds the probe of a site (one was met while ftrace patched the
# site) goes on in that probe's copy of the instruction, and it has none.
no_probe_outlives_its_use() {
	local nothing=0
	load "probe=$1"
	same "$(probes_at_sites)" 0 "probes when loaded"
	sleep 1000 &
	pvadm attach $! --map "$SCRATCH/old=$SCRATCH/new"
	[[ $1 != kprobe ]] || nothing=$(pvadm status | sed -n 's/^sites: *//p' | wc -w)
	same "$(probes_at_sites)" "$nothing" "probes when attached"
	pvadm detach $!
	same "$(probes_at_sites)" 0 "probes when detached"
	kill $!
}

# Under the choices that the other tests do not run with, too.
all_tests_pass_with() {
	local name=$2
	[[ -x $name ]] || skip "$name was not built"
	load "$1"
	./"$name" >"$SCRATCH/ktap" 2>&1 || {
		grep -v '^ok' "$SCRATCH/ktap"
		fail "$name failed with $1"
	}
	! grep -q '^not ok' "$SCRATCH/ktap"
}

# What Documentation/entries.md says that name hooks alone cannot keep, and no more:
# of the tests of NAME exactly those fail that PATTERN names.
all_tests_pass_by_name_hooks_but() {
	local name=$1 pattern=$2
	[[ -x $name ]] || skip "$name was not built"
	load hook=name
	./"$name" >"$SCRATCH/ktap" 2>&1 || true
	sed -nE 's/^(not )?ok [0-9]+ ([^ ]+).*/\2 \1/p' "$SCRATCH/ktap" >"$SCRATCH/all"
	[[ -s $SCRATCH/all ]] || fail "$name says nothing"
	same "$(awk '$2 { print $1 }' "$SCRATCH/all")" \
		"$(awk '{ print $1 }' "$SCRATCH/all" | grep -E "$pattern" || true)" "failures"
}

hook_is_in_force() {
	load "hook=$1"
	same "$(pvadm status | awk '/^hook:/ { print $2 }')" "$2" "hook"
	same "$(pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- cat "$SCRATCH/old/who")" new "run"
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

parameters_cannot_be_changed_later() {
	local file
	for file in /sys/module/pathvirt/parameters/*; do
		same "$(stat -c %a "$file")" 444 "mode of $file"
	done
}

# An ftrace user with IPMODIFY on a site, as a live patch is: attaching fails, in
# one line, and nothing is half armed.
a_site_that_somebody_else_patched_is_refused() {
	local site status=0 line
	[[ -d /lib/modules/$(uname -r)/build ]] || skip "no kernel headers"
	load
	site=$(pvadm status | awk '/^sites:/ { print $2 }')
	mkdir "$SCRATCH/patch"
	cat >"$SCRATCH/patch/patch.c" <<-'END'
		#include <linux/ftrace.h>
		#include <linux/module.h>
		static char *site;
		module_param(site, charp, 0444);
		static void notrace patch_func(unsigned long ip, unsigned long parent_ip,
					       struct ftrace_ops *ops, struct ftrace_regs *fregs)
		{
		}
		static struct ftrace_ops patch_ops = {
			.func = patch_func,
			.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS_IF_SUPPORTED,
		};
		static int __init patch_init(void)
		{
			int err = ftrace_set_filter(&patch_ops, site, strlen(site), 0);

			return err ?: register_ftrace_function(&patch_ops);
		}
		static void __exit patch_exit(void)
		{
			unregister_ftrace_function(&patch_ops);
			ftrace_free_filter(&patch_ops);
		}
		module_init(patch_init);
		module_exit(patch_exit);
		MODULE_LICENSE("GPL");
	END
	echo 'obj-m := patch.o' >"$SCRATCH/patch/Kbuild"
	make -C "/lib/modules/$(uname -r)/build" M="$SCRATCH/patch" modules
	insmod "$SCRATCH/patch/patch.ko" "site=$site"
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
	same "$left_over" "0 0 no" "left"
	# And when the other one is gone it works.
	pvadm attach $! --map /a=/usr
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

promise probe_kprobe_translates probe_is_in_force kprobe kprobe
promise probe_ftrace_translates probe_is_in_force ftrace ftrace
promise probe_direct_translates probe_is_in_force direct direct
promise probe_auto_is_direct probe_is_in_force auto direct
promise no_probe_is_left_by_probe_kprobe no_probe_outlives_its_use kprobe
promise no_probe_is_left_by_probe_ftrace no_probe_outlives_its_use ftrace
promise no_probe_is_left_by_probe_direct no_probe_outlives_its_use direct
promise hook_name_translates hook_is_in_force name name
promise names_pass_with_probe_kprobe all_tests_pass_with probe=kprobe names
promise names_pass_with_probe_direct all_tests_pass_with probe=direct names
promise names_pass_with_probe_ftrace all_tests_pass_with probe=ftrace names
promise names_pass_with_hook_name all_tests_pass_with hook=name names
promise spellings_pass_with_hook_name all_tests_pass_with hook=name spellings
promise exec_passes_with_hook_name all_tests_pass_with hook=name exec
promise uring_passes_with_hook_name all_tests_pass_with hook=name uring
promise relative_passes_with_hook_name all_tests_pass_by_name_hooks_but relative \
	'^(walk\.(original|original_cold|original_after_the_attach|descriptor|path_descriptor|path_descriptor_after_the_attach|above|beside|two_layers|three_layers)|magic\.(working_directory|descriptor))\.'
promise reverse_passes_with_hook_name all_tests_pass_by_name_hooks_but reverse \
	'^reverse\.(longer|shorter|with_another_rule|into_itself)\.T9_by_own_name$|^reverse\.into_itself\.T9_(descriptors|executables|mappings|queries)$'
promise roots_pass_with_hook_name all_tests_pass_by_name_hooks_but roots '^$'
promise pseudo_passes_with_hook_name all_tests_pass_by_name_hooks_but pseudo \
	'^pseudo\.(original_in_proc_and_new_in_dev|new_is_dev_null|new_is_proc)\.'
promise an_unknown_probe_is_refused_in_one_line value_is_refused probe=magic
promise an_empty_probe_is_refused_in_one_line value_is_refused probe=
promise an_unknown_hook_is_refused_in_one_line value_is_refused hook=magic
promise an_unknown_function_to_leave_out_is_refused_in_one_line value_is_refused without=magic
promise an_unknown_parameter_is_ignored_by_the_kernel parameter_is_refused
promise loading_says_one_line_in_the_log loading_says_one_line
promise modinfo_describes_module_and_parameters modinfo_describes_it
promise parameters_cannot_be_changed_later parameters_cannot_be_changed_later
promise a_site_that_somebody_else_patched_is_refused a_site_that_somebody_else_patched_is_refused
promise a_missing_hook_site_is_named a_missing_function_is_named __filename_parentat
promise a_missing_function_is_named a_missing_function_is_named ptrace_may_access
promise a_missing_tracepoint_is_named a_missing_function_is_named sched_process_exec
keep "$@"
