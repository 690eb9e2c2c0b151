#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A8: what pvadm register names does not move before pvadm activate says where to,
# and moves again as often as that is said.
#
#   home/{bin,lib,doc}/who   says "home"   first/..., second/...   say their names
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

H=$SCRATCH/home
PREFIXES=(bin lib doc)

# list DIR : the colon list of its three folders.
list() {
	local IFS=:
	echo "${PREFIXES[*]/#/$1/}"
}

for tree in home first second; do
	for prefix in "${PREFIXES[@]}"; do
		mkdir -p "$SCRATCH/$tree/$prefix"
		echo "$tree" >"$SCRATCH/$tree/$prefix/who"
	done
done

# The process under test: it takes its orders by one FIFO and answers by another.
mkfifo "$SCRATCH/ask" "$SCRATCH/answer"
# shellcheck disable=SC2016 # for the inner shell
bash -c 'while read -r line <"$1/ask"; do eval "$line" >"$1/answer" 2>&1; done' \
	bash "$SCRATCH" &
PID=$!
disown

# tell COMMAND : what it prints when the process runs it, builtins in the process
# itself.
tell() {
	echo "$1" >"$SCRATCH/ask"
	cat "$SCRATCH/answer"
}

# sees TREE : under all three prefixes, itself and a child of its.
sees() {
	local prefix
	for prefix in "${PREFIXES[@]}"; do
		same "$(tell "read -r x <$H/$prefix/who; echo \$x")" "$1" "$prefix"
		same "$(tell "cat $H/$prefix/who")" "$1" "$prefix for a child"
	done
}

clean_up() {
	kill "$PID" 2>/dev/null
}

begin() {
	pvadm detach --all
	rm -f "$SCRATCH"/{now,said} "$SCRATCH/first/bin/more"
}

# unmoved STATUS PATTERN COMMAND... : it is refused, and the layers are as before.
unmoved() {
	local before
	before=$(pvadm show "$PID")
	refused "$@"
	same "$(<"$SCRATCH/out")" "" "standard output"
	same "$(pvadm show "$PID")" "$before" "layers"
}

nothing_moves_before() {
	begin
	pvadm register "$PID" --original "$(list "$H")"
	sees home
	same "$(pvadm show "$PID" --json | grep -c '"registered": true')" 1 "registered"
	pvadm show "$PID" | grep -q '^# layer 0 (own, registered)$'
	same "$(pvadm resolve "$PID" "$H/bin/who")" "$H/bin/who" "resolve"
}

it_moves_when_told_and_again() {
	begin
	pvadm register "$PID" --original "$(list "$H")"
	pvadm activate "$PID" --new "$(list "$SCRATCH/first")"
	sees first
	pvadm activate "$PID" --new "$(list "$SCRATCH/second")"
	sees second
	pvadm activate "$PID" --new "$(list "$H")"
	sees home
	same "$(pvadm show | tail -n 1 | awk '{ print $3, $4 }')" "1 3" "layers and rules"
	pvadm detach "$PID"
	sees home
}

an_exception_stays() {
	begin
	pvadm register "$PID" --original "$H/bin/who:$H/bin"
	pvadm activate "$PID" --new "$H/bin/who:$SCRATCH/first/bin"
	echo more >"$SCRATCH/first/bin/more"
	same "$(tell "cat $H/bin/who $H/bin/more" | xargs)" "home more" "who, more"
}

# A child of the process; prints its number. What it sees when told() it tells.
look_when_told() {
	local script="until test -e $SCRATCH/now; do sleep 0.1; done"
	script+="; read -r x <$H/lib/who; echo \$x >$SCRATCH/said"
	tell "bash -c '$script' >/dev/null 2>&1 & echo \$!"
}

told() {
	touch "$SCRATCH/now"
	await test -s "$SCRATCH/said"
	cat "$SCRATCH/said"
}

children_inherit_what_is_registered() {
	local child
	begin
	pvadm register "$PID" --original "$(list "$H")"
	child=$(look_when_told)
	pvadm show "$child" | grep -q '^# layer 0 (inherited, registered)$'
	pvadm activate "$child" --new "$(list "$SCRATCH/first")"
	sees home
	same "$(told)" first "the child"
}

a_tree_moves_together() {
	begin
	pvadm register "$PID" --tree --original "$(list "$H")"
	look_when_told >/dev/null
	pvadm activate "$PID" --tree --new "$(list "$SCRATCH/second")"
	sees second
	same "$(told)" second "the child"
}

# The example of DMTCP's plugin: three prefixes, written to before and after.
slot5_and_slot7() {
	local n
	begin
	PREFIXES=(first5 second5 third5)
	for n in first second third; do
		mkdir -p "$SCRATCH/slot5/${n}5" "$SCRATCH/misc/slot7/${n}7"
		tell "echo before >>$SCRATCH/slot5/${n}5/pv-test.txt" >/dev/null
	done
	pvadm register "$PID" --original "$(list "$SCRATCH/slot5")"
	for n in first second third; do
		tell "echo between >>$SCRATCH/slot5/${n}5/pv-test.txt" >/dev/null
	done
	PREFIXES=(first7 second7 third7)
	pvadm activate "$PID" --new "$(list "$SCRATCH/misc/slot7")"
	for n in first second third; do
		tell "echo after >>$SCRATCH/slot5/${n}5/pv-test.txt" >/dev/null
		same "$(xargs <"$SCRATCH/slot5/${n}5/pv-test.txt")" "before between" "slot5"
		same "$(<"$SCRATCH/misc/slot7/${n}7/pv-test.txt")" after "slot7"
	done
	same "$(find "$SCRATCH/slot5" "$SCRATCH/misc" -type f | wc -l)" 6 "files"
}

the_variables_stand_in_for_the_options() {
	begin
	DMTCP_ORIGINAL_PATH_PREFIX=$(list "$H") pvadm register "$PID"
	sees home
	DMTCP_NEW_PATH_PREFIX=$(list "$SCRATCH/first") pvadm activate "$PID"
	sees first
}

# Lines of Documentation/dmtcp.md.

what_is_registered_again_replaces_the_first() {
	begin
	DMTCP_ORIGINAL_PATH_PREFIX=/a:/b pvadm register "$PID"
	DMTCP_ORIGINAL_PATH_PREFIX=$(list "$H") pvadm register "$PID"
	DMTCP_NEW_PATH_PREFIX=$(list "$SCRATCH/first") pvadm activate "$PID"
	sees first
}

both_variables_do_not_activate_by_accident() {
	begin
	DMTCP_ORIGINAL_PATH_PREFIX=$(list "$H") DMTCP_NEW_PATH_PREFIX=$(list "$SCRATCH/first") \
		pvadm register "$PID"
	sees home
}

both_variables_count_for_run_and_attach() {
	begin
	same "$(DMTCP_ORIGINAL_PATH_PREFIX=$H/bin:$H/lib \
		DMTCP_NEW_PATH_PREFIX=$SCRATCH/first/bin:$SCRATCH/second/lib \
		pvadm run -- cat "$H/bin/who" "$H/lib/who" "$H/doc/who" | xargs)" \
		"first second home" "run"
	DMTCP_ORIGINAL_PATH_PREFIX=$(list "$H") DMTCP_NEW_PATH_PREFIX=$(list "$SCRATCH/second") \
		pvadm attach "$PID"
	sees second
}

the_mapping_counts_for_run_and_attach() {
	local mapping="$H/bin:$SCRATCH/first/bin;$H/lib:$SCRATCH/second/lib"
	begin
	same "$(DMTCP_PATH_MAPPING=$mapping pvadm run -- \
		cat "$H/bin/who" "$H/lib/who" "$H/doc/who" | xargs)" "first second home" "run"
	DMTCP_PATH_MAPPING=$mapping pvadm attach "$PID"
	same "$(tell "cat $H/bin/who $H/lib/who $H/doc/who" | xargs)" "first second home" "attach"
}

nothing_moves_without_the_new_prefix() {
	begin
	same "$(DMTCP_ORIGINAL_PATH_PREFIX=$(list "$H") pvadm run -- cat "$H/bin/who")" home "run"
}

# The lists of more than 10 KiB that DMTCP refuses.
long_lists_are_taken() {
	local originals targets
	begin
	originals=$(printf '/opt/original/%05d:' {1..1000})$H/lib
	targets=$(printf '/opt/new/%05d:' {1..1000})$SCRATCH/first/lib
	((${#originals} > 12288))
	same "$(DMTCP_ORIGINAL_PATH_PREFIX=$originals DMTCP_NEW_PATH_PREFIX=$targets \
		pvadm run --late -- cat "$H/lib/who")" first "the last of 1001"
}

lists_of_different_length_are_refused() {
	begin
	pvadm register "$PID" --original "/a:/b"
	unmoved 1 "2 original paths (/a:/b) but 1 new ones (/c)" pvadm activate "$PID" --new /c
	unmoved 1 "2 original paths (/a:/b) but 3 new ones (/c:/d:/e)" \
		pvadm activate "$PID" --new /c:/d:/e
}

bad_input_is_refused() {
	begin
	unmoved 1 "no paths are registered" pvadm activate "$PID" --new /c
	unmoved 1 '"a" is relative' pvadm register "$PID" --original a
	unmoved 1 'is empty' pvadm register "$PID" --original /a::/b
	unmoved 2 "no paths given: try --original A:B" pvadm register "$PID"
	unmoved 2 "no paths given: try --new X:Y" pvadm activate "$PID"
	unmoved 2 "no process given" pvadm register --original /a
	unmoved 2 "more than one process" pvadm register "$PID" 1 --original /a
	unmoved 2 "two lists" pvadm register "$PID" --original /a --original /b
	unmoved 1 "there is no process" pvadm register 4999999 --original /a
	unmoved 1 "kernel thread" pvadm register 2 --original /a
	unmoved 1 "run pvadm as root" as_nobody pvadm register "$PID" --original /a
	pvadm attach "$PID" --map "$H=$SCRATCH/first"
	unmoved 1 "in force already" pvadm register "$PID" --original /a
}

a_missing_new_is_refused() {
	begin
	pvadm register "$PID" --original /a
	unmoved 1 "make $SCRATCH/nowhere, or say --late" \
		pvadm activate "$PID" --new "$SCRATCH/nowhere"
	pvadm activate "$PID" --new "$SCRATCH/nowhere" --late
	pvadm show "$PID" | grep -qxF -- "# layer 0 (own, --late)"
}

nothing_is_left() {
	begin
	pvadm register "$PID" --original "$(list "$H")"
	kill "$PID"
	await nothing_left
}

# The program in Documentation/dmtcp.md, as it stands there.
the_documented_program_works() {
	local page=/usr/src/pathvirt/Documentation/dmtcp.md
	command -v gcc >/dev/null || skip "this guest has no compiler"
	sed -n '/^    #include/,/^    }/s/^    //p' "$page" >"$SCRATCH/program.c"
	# shellcheck disable=SC2046 # words
	gcc -Wall -Wextra -Werror -o "$SCRATCH/program" "$SCRATCH/program.c" \
		$(pkg-config --cflags --libs libpathvirt)
	rm -f /tmp/note
	same "$(as_nobody "$SCRATCH/program")" \
		"/home/user1:/data now is /tmp:/var/tmp" "what it says"
	[[ -f /tmp/note ]]
}

promise A8_the_documented_program_compiles_and_works the_documented_program_works
promise A8_nothing_moves_before_activate nothing_moves_before
promise A8_it_moves_when_told_and_again it_moves_when_told_and_again
promise A8_an_exception_stays_where_it_is an_exception_stays
promise A8_children_inherit_what_is_registered children_inherit_what_is_registered
promise A8_a_tree_moves_together a_tree_moves_together
promise A8_slot5_and_slot7 slot5_and_slot7
promise A8_the_variables_of_DMTCP_stand_in_for_the_options the_variables_stand_in_for_the_options
promise A8_what_is_registered_again_replaces_the_first what_is_registered_again_replaces_the_first
promise A8_both_variables_at_registration_move_nothing both_variables_do_not_activate_by_accident
promise A8_both_variables_count_for_run_and_attach both_variables_count_for_run_and_attach
promise A8_the_mapping_of_DMTCP_counts_for_run_and_attach the_mapping_counts_for_run_and_attach
promise A8_nothing_moves_without_the_new_prefix nothing_moves_without_the_new_prefix
promise A8_lists_of_more_than_12_KiB_are_taken long_lists_are_taken
promise A8_lists_of_different_length_are_refused_with_both lists_of_different_length_are_refused
promise A8_bad_input_is_refused_in_one_line bad_input_is_refused
promise A8_a_missing_new_is_refused a_missing_new_is_refused
promise A8_a_registered_process_that_ends_leaves_nothing nothing_is_left
keep "$@"
