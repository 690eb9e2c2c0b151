#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tracepoints pathvirt:translate and pathvirt:attach, as tracers see them.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

TRACING=/sys/kernel/tracing
OLD=$SCRATCH/old
NEW=$SCRATCH/new
mkdir "$OLD" "$NEW"
echo old >"$OLD/who"
echo new >"$NEW/who"

sleep 10000 &
SLEEPER=$!
disown -a

clean_up() {
	kill "$SLEEPER"
	echo 0 >"$TRACING/events/pathvirt/enable"
	echo >"$TRACING/trace"
}

# traced EVENT COMMAND... : what the event says while the command runs.
traced() {
	local event=$1
	shift
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/pathvirt/$event/enable"
	"$@" >/dev/null
	echo 0 >"$TRACING/events/pathvirt/$event/enable"
	grep -o "$event: .*" "$TRACING/trace" || true
}

# says FILE PATTERN
says() {
	grep -qE "$2" "$1" || fail "no $2 in: $(<"$1")"
}

both_are_among_the_kernels_events() {
	grep -qx pathvirt:translate "$TRACING/available_events"
	grep -qx pathvirt:attach "$TRACING/available_events"
}

fields_are_described() {
	local fields
	fields=$(sed -n 's/.*field:\([^;]*\);.*/\1/p' "$TRACING/events/pathvirt/translate/format" | grep -v common_)
	same "$fields" $'__data_loc char[] name\n__data_loc char[] real\nu32 layer\nu32 rule' translate
	fields=$(sed -n 's/.*field:\([^;]*\);.*/\1/p' "$TRACING/events/pathvirt/attach/format" | grep -v common_)
	same "$fields" $'char comm[16]\npid_t pid\nu32 rules\nu32 layers' attach
}

attach_tells_whom_and_what() {
	same "$(traced attach pvadm attach "$SLEEPER" --map "$OLD=$NEW" --map /a=/usr)" \
		"attach: comm=sleep pid=$SLEEPER rules=2 layers=1" event
	pvadm detach "$SLEEPER"
}

translate_tells_both_names_and_the_rule() {
	same "$(traced translate pvadm run --map "/nothing=/usr" --map "$OLD=$NEW" -- cat "$OLD/who" | sort -u)" \
		"translate: name=$OLD/who real=$NEW/who layer=0 rule=1" event
}

translate_tells_the_layer_that_matched() {
	same "$(traced translate pvadm run --map "$OLD=$NEW" -- \
		pvadm run --map /nothing=/usr -- cat "$OLD/who" | sort -u)" \
		"translate: name=$OLD/who real=$NEW/who layer=1 rule=0" event
}

names_that_match_no_rule_are_not_traced() {
	same "$(traced translate pvadm run --map "/nothing=/usr" -- cat "$OLD/who")" "" events
}

# A name longer than what is kept without an allocation.
long_names_are_traced_whole() {
	local long
	long=$(printf 'x%.0s' {1..200})
	mkdir "$NEW/$long"
	echo long >"$NEW/$long/who"
	same "$(traced translate pvadm run --map "$OLD=$NEW" -- cat "$OLD/$long/who" | sort -u)" \
		"translate: name=$OLD/$long/who real=$NEW/$long/who layer=0 rule=0" event
}

events_can_be_filtered_by_a_field() {
	echo 'rule == 1' >"$TRACING/events/pathvirt/translate/filter"
	same "$(traced translate pvadm run --map "$OLD=$NEW" --map "$SCRATCH/v=$NEW" -- \
		cat "$OLD/who" "$SCRATCH/v/who" | sort -u)" \
		"translate: name=$SCRATCH/v/who real=$NEW/who layer=0 rule=1" event
	echo 0 >"$TRACING/events/pathvirt/translate/filter"
}

trace_cmd_records_them() {
	trace-cmd record -q -o "$SCRATCH/trace.dat" -e pathvirt -- \
		pvadm run --map "$OLD=$NEW" -- cat "$OLD/who"
	trace-cmd report -i "$SCRATCH/trace.dat" >"$SCRATCH/report" 2>/dev/null
	says "$SCRATCH/report" "attach: .*comm=pvadm .*rules=1 layers=1"
	says "$SCRATCH/report" "translate: .*name=$OLD/who real=$NEW/who layer=0 rule=0"
}

perf_records_them() {
	perf record -q -o "$SCRATCH/perf.data" -e 'pathvirt:*' -a -- \
		pvadm run --map "$OLD=$NEW" -- cat "$OLD/who"
	perf script -i "$SCRATCH/perf.data" -F comm,event,trace >"$SCRATCH/report" 2>/dev/null
	says "$SCRATCH/report" "pvadm +pathvirt:attach: .*rules=1 layers=1"
	says "$SCRATCH/report" "cat +pathvirt:translate: .*name=$OLD/who real=$NEW/who layer=0 rule=0"
}

perf_trace_shows_them() {
	perf trace -o "$SCRATCH/trace" -e 'pathvirt:*' -- pvadm run --map "$OLD=$NEW" -- cat "$OLD/who"
	says "$SCRATCH/trace" "pathvirt:attach\(.*rules.*1"
	says "$SCRATCH/trace" "pathvirt:translate\(.*$OLD/who"
}

# Numbers only: here bpftrace shows no string of the kernel's own events either.
bpftrace_sees_them() {
	[[ -e /sys/kernel/btf/vmlinux ]] || skip "bpftrace needs BTF, which the kernel was built without"
	bpftrace -o "$SCRATCH/bpf" -e '
		tracepoint:pathvirt:translate { printf("%s: layer %d rule %d\n", comm, args->layer, args->rule); }
		tracepoint:pathvirt:attach { printf("%s: %d rules\n", comm, args->rules); }' \
		-c "/usr/bin/pvadm run --map /a=/usr --map $OLD=$NEW -- cat $OLD/who"
	says "$SCRATCH/bpf" "^cat: layer 0 rule 1$"
	says "$SCRATCH/bpf" "^pvadm: 2 rules$"
}

# The module cannot go while an event of it is recorded, and can after.
the_module_can_be_unloaded_after_tracing() {
	local given
	given=$(parameters)
	traced translate pvadm run --map "$OLD=$NEW" -- cat "$OLD/who" >/dev/null
	await modprobe -r pathvirt
	if grep -q pathvirt: "$TRACING/available_events"; then
		fail "the events are there without the module"
	fi
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $given
	both_are_among_the_kernels_events
}

for name in both_are_among_the_kernels_events fields_are_described attach_tells_whom_and_what \
	translate_tells_both_names_and_the_rule translate_tells_the_layer_that_matched \
	names_that_match_no_rule_are_not_traced long_names_are_traced_whole \
	events_can_be_filtered_by_a_field trace_cmd_records_them perf_records_them \
	perf_trace_shows_them bpftrace_sees_them \
	the_module_can_be_unloaded_after_tracing; do
	promise "$name" "$name"
done
keep "$@"
