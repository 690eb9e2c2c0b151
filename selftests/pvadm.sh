#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tool: what it does, what it prints, and that bad input gives one line on
# standard error, the right status, and changes nothing.
#
#   old/who  says "old"      new/who  says "new"     newer/who  says "newer"
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./commands.bash

OLD=$SCRATCH/old
NEW=$SCRATCH/new
NEWER=$SCRATCH/newer
for tree in old new newer; do
	mkdir "$SCRATCH/$tree"
	echo "$tree" >"$SCRATCH/$tree/who"
done

sleep 10000 &
SLEEPER=$!
sleep 10000 &
OTHER=$!
disown -a
true &
DEAD=$!
wait "$DEAD"
LONG=/$(printf 'x%.0s' {1..4095})

clean_up() {
	kill "$SLEEPER" "$OTHER"
}

# state : all that pvadm could have changed.
state() {
	left
	pvadm show --json
	pvadm show "$SLEEPER"
	pvadm show "$OTHER"
}

# unchanged STATUS PATTERN COMMAND... : it is refused, nothing has changed.
unchanged() {
	local before
	before=$(state)
	refused "$1" "" "${@:3}"
	grep -qE -- "$2" "$SCRATCH/err" || fail "the line does not say \"$2\": $(<"$SCRATCH/err")"
	same "$(cat "$SCRATCH/out")" "" "standard output"
	same "$(state)" "$before" "what is attached"
}

# bad NAME STATUS PATTERN ARG... : a line of the matrix of bad input.
bad() {
	local name=$1 status=$2 pattern=$3
	shift 3
	promise "refused_${name}" unchanged "$status" "$pattern" "$@"
}

printf '/a=/b\n\n# fine\n/c/d\n' >"$SCRATCH/line4"
printf '/a=/b\n/c=d\n' >"$SCRATCH/line2"
printf 'no rule' >"$SCRATCH/line1"
printf '/a=/b\n' >"$SCRATCH/secret"
chmod 600 "$SCRATCH/secret"

# lines NAME LINE... : a file for --batch.
lines() {
	printf '%s\n' "${@:2}" >"$SCRATCH/$1"
}

lines batch_option "$SLEEPER --map $OLD=$NEW" "" "$OTHER --maap /a=/b"
lines batch_rule "$SLEEPER --map $OLD=$NEW" "$OTHER --map a=/b"
lines batch_pid "$SLEEPER --map $OLD=$NEW" "# fine" "x12 --map /a=/b \\" " --tree"
lines batch_none "$SLEEPER --map $OLD=$NEW" "$OTHER"
lines batch_map_file "$SLEEPER --map $OLD=$NEW" "$OTHER --map-file $SCRATCH/nonesuch"
lines batch_quote "$SLEEPER --map $OLD=$NEW" "$OTHER --map '/a=/b"
lines batch_batch "$SLEEPER --batch $SCRATCH/batch_quote"
lines batch_dead "$DEAD --map /a=/usr" "$SLEEPER --map $OLD=$NEW"

A=(pvadm attach "$SLEEPER")
B=(pvadm attach --batch)
bad batch_with_a_wrong_option 1 'batch_option:3: unknown option --maap' "${B[@]}" "$SCRATCH/batch_option"
bad batch_with_a_wrong_rule 1 'batch_rule:2: .*relative' "${B[@]}" "$SCRATCH/batch_rule"
bad batch_with_a_wrong_number 1 'batch_pid:3: .*x12' "${B[@]}" "$SCRATCH/batch_pid" --force
bad batch_with_a_line_without_rules 1 'batch_none:2: no rule' "${B[@]}" "$SCRATCH/batch_none"
bad batch_with_a_map_file_that_is_not_there 1 'batch_map_file:2: .*nonesuch' \
	"${B[@]}" "$SCRATCH/batch_map_file"
bad batch_with_an_open_quote 1 'batch_quote:2: .*quote' "${B[@]}" "$SCRATCH/batch_quote"
bad batch_in_a_batch 1 'batch_batch:1: ' "${B[@]}" "$SCRATCH/batch_batch"
bad batch_that_ends_at_its_first_line 1 "batch_dead:1: .*$DEAD" "${B[@]}" "$SCRATCH/batch_dead"
bad batch_that_is_not_there 1 'nonesuch' "${B[@]}" "$SCRATCH/nonesuch"
bad batch_that_is_a_directory 1 'cannot read' "${B[@]}" "$SCRATCH"
bad batch_beside_a_process 2 'from the file' "${B[@]}" "$SCRATCH/batch_dead" "$SLEEPER"
bad batch_beside_a_rule 2 'from the file' "${B[@]}" "$SCRATCH/batch_dead" --map /a=/b
bad force_without_a_batch 2 'batch' "${A[@]}" --map /a=/b --force
bad no_command 2 'no command' pvadm
bad an_unknown_command 2 '"fly" is not a command \(see' pvadm fly
bad a_mistyped_command 2 'did you mean attach?' pvadm atach
bad a_command_with_letters_swapped 2 'did you mean relink?' pvadm relnik
bad a_mistyped_subcommand 2 'did you mean enter?' pvadm ns entre
bad an_unknown_option 2 'unknown option --fly \(see' "${A[@]}" --fly
bad a_mistyped_option 2 'did you mean --tree?' "${A[@]}" --map /a=/b --tere
bad a_mistyped_option_with_its_argument 2 'did you mean --map?' "${A[@]}" --maap=/a=/b
bad an_option_with_an_argument_too_many 2 'no argument' "${A[@]}" --map /a=/b --tree=1
bad help_of_an_unknown_command 2 'fly' pvadm help fly
bad an_option_without_its_argument 2 'map' "${A[@]}" --map
bad attach_without_a_process 2 'process' pvadm attach --map /a=/b
bad attach_without_a_rule 2 'rule' "${A[@]}"
bad json_without_a_check 2 'check' "${A[@]}" --map /a=/b --json
bad enter_without_a_process 2 'process' pvadm enter
bad enter_without_a_command 2 'command' pvadm enter "$SLEEPER" --ns
bad enter_of_a_process_that_has_ended 1 "$DEAD" pvadm enter "$DEAD" -- true
bad a_process_that_is_no_number 2 'x12' pvadm attach x12 --map /a=/b
bad a_number_with_a_tail 2 '12x' pvadm attach 12x --map /a=/b
bad process_0 2 '0' pvadm attach 0 --map /a=/b
bad a_process_below_0 2 '.' pvadm attach -- -5 --map /a=/b
bad a_process_over_32_bits 1 '99999999999' pvadm attach 99999999999 --map /a=/b
bad a_dead_process 1 "$DEAD" pvadm attach "$DEAD" --map /a=/b
bad a_dead_process_in_show 1 "$DEAD" pvadm show "$DEAD"
bad a_dead_process_in_detach 1 "$DEAD" pvadm detach "$DEAD"
bad a_dead_process_in_resolve 1 "$DEAD" pvadm resolve "$DEAD" /a
bad a_dead_process_in_monitor 1 "$DEAD" pvadm monitor "$DEAD"
bad a_kernel_thread 1 'kernel thread' pvadm attach 2 --map /a=/b
bad one_dead_process_among_others 1 "$DEAD" pvadm attach "$SLEEPER" "$DEAD" --map /a=/b
bad one_kernel_thread_among_others 1 'kernel thread' pvadm attach "$SLEEPER" 2 --map /a=/b
bad attach_without_privilege 1 "process $SLEEPER.*root" as_nobody "${A[@]}" --map /a=/b
bad detach_all_without_privilege 1 'root' as_nobody pvadm detach --all
bad show_without_privilege 1 "$SLEEPER" as_nobody pvadm show "$SLEEPER"
bad resolve_without_privilege 1 "$SLEEPER" as_nobody pvadm resolve "$SLEEPER" /a
bad a_relative_original 2 'a=/b|"a"' "${A[@]}" --map a=/b
bad a_relative_new 2 '"b"|=b' "${A[@]}" --map /a=b
bad an_empty_original 2 'empty|absolute' "${A[@]}" --map =/b
bad an_empty_new 2 'empty|absolute' "${A[@]}" --map /a=
bad an_empty_rule 2 '=' "${A[@]}" --map ''
bad dot_dot_in_an_original 2 '\.\.' "${A[@]}" --map /a/../c=/b
bad dot_dot_in_a_new 2 '\.\.' "${A[@]}" --map /a=/b/..
bad a_rule_without_its_sign 2 'no "="' "${A[@]}" --map /a
bad a_rule_with_two_signs 2 '=' "${A[@]}" --map /a=/b=/c
bad a_path_over_path_max 2 'long|4095|PATH_MAX' "${A[@]}" --map "/a=$LONG"
bad a_good_rule_and_a_bad_one 2 'no "="' "${A[@]}" --map /a=/b --map /c
bad lists_of_different_length 2 '2 .*/a:/b.*1 .*/x' "${A[@]}" --original /a:/b --new /x
bad an_original_without_a_new 2 'original' "${A[@]}" --original /a
bad a_new_without_an_original 2 'new' "${A[@]}" --new /a
bad an_empty_path_in_a_list 2 'empty|absolute' "${A[@]}" --original /a: --new /x:/y
bad a_map_file_that_is_not_there 1 "$SCRATCH/nothing.*No such file" "${A[@]}" --map-file "$SCRATCH/nothing"
bad a_map_file_that_is_a_directory 1 "$SCRATCH" "${A[@]}" --map-file "$SCRATCH"
bad a_map_file_that_may_not_be_read 1 'secret.*Permission' as_nobody "${A[@]}" --map-file "$SCRATCH/secret"
bad a_map_file_with_a_bad_first_line 1 "$SCRATCH/line1:1: " "${A[@]}" --map-file "$SCRATCH/line1"
bad a_map_file_with_a_bad_second_line 1 "$SCRATCH/line2:2: " "${A[@]}" --map-file "$SCRATCH/line2"
bad a_map_file_with_a_bad_last_line 1 "$SCRATCH/line4:4: " "${A[@]}" --map-file "$SCRATCH/line4"
bad variables_of_different_length 1 'DMTCP_ORIGINAL_PATH_PREFIX|2 .*/a:/b.*1 .*/x' \
	env DMTCP_ORIGINAL_PATH_PREFIX=/a:/b DMTCP_NEW_PATH_PREFIX=/x "${A[@]}"
bad a_mapping_variable_that_is_none 1 'DMTCP_PATH_MAPPING' env DMTCP_PATH_MAPPING=/a "${A[@]}"
bad detach_of_one_not_attached 1 "process $SLEEPER: the process is not attached; .*pvadm show" pvadm detach "$SLEEPER"
bad detach_without_a_process 2 'process' pvadm detach
bad detach_of_all_and_of_one 2 'all' pvadm detach --all "$SLEEPER"
bad show_of_two 2 'one' pvadm show "$SLEEPER" "$OTHER"
bad resolve_without_a_path 2 'path' pvadm resolve "$SLEEPER"
bad resolve_of_a_relative_path 2 'absolute' pvadm resolve "$SLEEPER" a
bad resolve_of_a_path_over_path_max 1 'long|PATH_MAX|4095' pvadm resolve "$SLEEPER" "${LONG}x"
bad status_with_an_operand 2 'word' pvadm status word
bad run_without_a_command 2 'command' pvadm run --map /a=/b
bad run_of_what_is_not_there 127 'no-such-command' pvadm run --map /a=/usr -- no-such-command
bad run_of_what_is_no_program 126 'line1' pvadm run --map /a=/usr -- "$SCRATCH/line1"
bad run_with_a_bad_rule 2 '=' pvadm run --map /a -- true
bad a_thread_of_a_process 1 'thread of process' thread_of_python

# A number that is a thread's and no process's.
thread_of_python() {
	local pid tid status=0
	python3 -c 'import threading, time
threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
time.sleep(100)' >/dev/null 2>&1 &
	pid=$!
	until tid=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 -not -name "$pid" -printf %f) &&
		[[ $tid ]]; do
		sleep 0.1
	done
	pvadm attach "$tid" --map /a=/b || status=$?
	kill "$pid"
	return "$status"
}

run_shows_the_command_the_new_tree() {
	same "$(pvadm run --map "$OLD=$NEW" -- cat "$OLD/who")" new "run"
	same "$(pvadm run --map "$OLD=$NEW" cat "$OLD/who")" new "run without --"
	same "$(pvadm run --map "$OLD=$NEW" -- sh -c "cat $OLD/who")" new "its child"
	same "$(left)" "0 0" "left"
}

run_works_without_privilege() {
	same "$(as_nobody pvadm run --map "$OLD=$NEW" -- cat "$OLD/who")" new "run"
	same "$(as_nobody pvadm run --map "$OLD=$NEW" -- grep NoNewPrivs /proc/self/status)" \
		$'NoNewPrivs:\t1' "no_new_privs"
	same "$(pvadm run --map "$OLD=$NEW" -- grep NoNewPrivs /proc/self/status)" \
		$'NoNewPrivs:\t0' "no_new_privs of root"
}

run_ends_with_the_commands_status() {
	local status
	for status in 0 1 2 7 126 255; do
		pvadm run --map "$OLD=$NEW" -- sh -c "exit $status" || same $? "$status" status
	done
	status=0
	pvadm run --map "$OLD=$NEW" -- sh -c 'kill -TERM $$' || status=$?
	same "$status" 143 "status by a signal"
}

run_without_a_rule_just_runs_the_command() {
	same "$(pvadm run -- cat "$OLD/who")" old "run"
	pvadm run -- sh -c 'pvadm show $$' | grep -q 'not attached'
}

run_in_run_stacks_layers() {
	same "$(pvadm run --map "$OLD=$NEW" -- pvadm run --map "$SCRATCH/v=$OLD" -- cat "$SCRATCH/v/who")" \
		new "inner, then outer"
	pvadm run --map "$OLD=$NEW" -- pvadm run --map "$SCRATCH/v=$OLD" -- sh -c 'pvadm show $$' >"$SCRATCH/out"
	same "$(cat "$SCRATCH/out")" "# layer 0 (own)
$SCRATCH/v=$OLD
# layer 1 (inherited)
$OLD=$NEW" show
}

# A shell that runs pvadm, which runs a shell that runs pvadm, and was attached.
run_in_run_in_attach_stacks_three() {
	local pid out=$SCRATCH/said inner outer
	mkdir -p "$SCRATCH/deep/d/e"
	echo deep >"$SCRATCH/deep/d/e/who"
	mkfifo "$SCRATCH/begin"
	# shellcheck disable=SC2016 # for the innermost shell
	inner='cat "$1/who"
		cd "$1" && pwd -P && exec 3<who && readlink /proc/self/fd/3
		pvadm resolve $$ "$1/who"
		pvadm resolve $$ "$2/deep/d/e/who" --reverse
		pvadm resolve $$ "$2/top/e/who" --reverse
		pvadm show $$ | grep -c "^# layer"'
	# shellcheck disable=SC2016 # for the outermost shell
	outer='read -r _ <"$1/begin"
		pvadm run --map "$1/top=$1/virt/d" -- pvadm run --map "$1/most=$1/top/e" -- \
			bash -c "$2" inner "$1/most" "$1"'
	bash -c "$outer" outer "$SCRATCH" "$inner" >"$out" 2>&1 &
	pid=$!
	pvadm attach "$pid" --map "$SCRATCH/virt=$SCRATCH/deep"
	echo >"$SCRATCH/begin"
	wait "$pid"
	same "$(<"$out")" "deep
$SCRATCH/most
$SCRATCH/most/who
$SCRATCH/deep/d/e/who
$SCRATCH/most/who
$SCRATCH/top/e/who
3" "the innermost says"
}

# What stays what it is.
attach_can_be_checked_first() {
	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'cd "$1"; exec 5<who 6<"$2/who"; sleep 1000 & wait' - "$OLD" "$NEW" &
	local pid=$!
	await pgrep -P "$pid" -x sleep
	same "$(pvadm attach "$pid" --map "$OLD=$NEW" --check | awk '{ print $2 $3, $NF }' | tail -n +2)" \
		"cwd$OLD $OLD
fd5 $OLD/who" "what it holds"
	same "$(pvadm attach "$pid" --map "$OLD=$NEW" --check --tree | grep -c "$OLD/who")" 2 \
		"lines of the tree"
	same "$(pvadm attach "$pid" --map "$OLD/who=$OLD/who" --map "$OLD=$NEW" --check --json |
		python3 -c 'import json, sys
for e in json.load(sys.stdin): print(e["pid"], e["what"], e["path"])')" \
		"$pid cwd $OLD" "with an exception, as JSON"
	same "$(pvadm attach "$pid" --map "$SCRATCH/no=$NEW" --check)" "" "of nothing"
	refused 1 "$SCRATCH/gone is not there" pvadm attach "$pid" --map "$OLD/x=$SCRATCH/gone" --check
	pvadm attach "$pid" --map "$OLD/x=$SCRATCH/gone" --check --late
	same "$(left)" "0 0" "left"
	pkill -P "$pid"
}

# A10: two layers, one upon the other, and what is told of them.
enter_has_all_layers_of_a_process() {
	pvadm run --map "$OLD=$NEW" -- pvadm run --no-reverse --map "$SCRATCH/v=$OLD" -- \
		sleep 1000 &
	local pid=$!
	await grep -q sleep "/proc/$pid/comm"
	same "$(pvadm enter "$pid" -- cat "$SCRATCH/v/who" "$OLD/who")" $'new\nnew' "it sees"
	# shellcheck disable=SC2016 # for the shell in there
	same "$(pvadm enter "$pid" sh -c 'pvadm show $$ | sed "s/(.*,/(,/"')" "# layer 0 (, --no-reverse)
$SCRATCH/v=$OLD
# layer 1 (inherited)
$OLD=$NEW" "show"
	same "$(pvadm run --map "$SCRATCH/w=$NEWER" -- pvadm enter "$pid" \
		cat "$SCRATCH/w/who" "$SCRATCH/v/who")" $'newer\nnew' "on a layer of its own"
	local status=0
	pvadm enter "$pid" sh -c 'exit 7' || status=$?
	same "$status" 7 "status"
	kill "$pid"
}

enter_just_runs_what_has_no_rules() {
	same "$(pvadm enter "$SLEEPER" -- cat "$OLD/who")" old "it sees"
}

# Mounts and a root of its own, of which the rules speak.
enter_goes_into_the_namespaces() {
	local jail=$SCRATCH/jail pid
	mkdir -p "$jail/bin" "$jail/data" "$jail/big"
	cp /bin/busybox "$jail/bin/cat"
	cp /bin/busybox "$jail/bin/sleep"
	echo jail >"$jail/data/who"
	# shellcheck disable=SC2016 # for the shell in there
	unshare -m sh -c 'mount -t tmpfs none "$1/big" && echo big >"$1/big/who" &&
		exec chroot "$1" /bin/sleep 1000' - "$jail" &
	pid=$!
	await grep -q sleep "/proc/$pid/comm"
	pvadm attach "$pid" --map /data=/big
	same "$(pvadm enter --ns "$pid" /bin/cat /data/who)" big "it sees"
	same "$(pvadm enter "$pid" --ns -- /bin/cat /data/who)" big "it sees, with the option behind"
	# shellcheck disable=SC2016 # for the inner shell
	same "$(unshare -r -m sh -c 'sleep 1000 >/dev/null & pvadm enter $! --ns cat "$1"; kill $!' - \
		"$OLD/who")" old "in a user namespace"
	kill "$pid"
}

enter_works_without_privilege() {
	as_nobody pvadm run --map "$OLD=$NEW" -- sleep 1000 &
	local pid
	await pgrep -P $! -x sleep
	pid=$(pgrep -P $! -x sleep)
	same "$(as_nobody pvadm enter "$pid" -- cat "$OLD/who")" new "it sees"
	kill "$pid"
}

# seen_by PID [FILE] : what it sees, by the name it would use.
seen_by() {
	cat "$(pvadm resolve "$1" "${2:-$OLD/who}")"
}

attach_and_detach_work_on_a_running_process() {
	local fifo=$SCRATCH/fifo pid
	mkfifo "$fifo"
	while read -r _; do cat "$OLD/who"; done <"$fifo" >"$SCRATCH/said" &
	pid=$!
	exec 5>"$fifo"
	ask() {
		: >"$SCRATCH/said"
		echo >&5
		await test -s "$SCRATCH/said"
		same "$(cat "$SCRATCH/said")" "$1" "it sees"
	}
	ask old
	pvadm attach "$pid" --map "$OLD=$NEW"
	ask new
	pvadm attach "$pid" --map "$OLD=$NEWER"
	ask newer
	pvadm detach "$pid"
	ask old
	exec 5>&-
	wait "$pid"
}

attach_takes_several_processes() {
	pvadm attach "$SLEEPER" "$OTHER" --map "$OLD=$NEW"
	same "$(left)" "2 2" "left"
	pvadm detach "$SLEEPER" "$OTHER"
	same "$(left)" "0 0" "left"
}

# Words as a shell has them: blanks, both quotes, comments, and lines that go on.
attach_takes_a_file_of_many() {
	local i pids=()
	mkdir -p "$SCRATCH/two words"
	lines batch "# one" "" "	$SLEEPER --map $OLD=$NEW # two" \
		"$OTHER --no-reverse \\" "  --map '$SCRATCH/with blank=$SCRATCH/two words' \\" \
		"--map \"/it's=$NEWER\"   --map /a#b=$NEW"
	pvadm attach -b "$SCRATCH/batch"
	same "$(pvadm show "$SLEEPER" | grep -v '^#')" "$OLD=$NEW" "the first"
	same "$(pvadm show "$OTHER" | grep -v '^#')" \
		"$SCRATCH/with blank=$SCRATCH/two words
/it's=$NEWER
/a\\#b=$NEW" "the second"
	pvadm detach "$SLEEPER" "$OTHER"
	pvadm attach --batch /dev/null
	same "$(left)" "0 0" "of no lines"
	for ((i = 0; i < 300; i++)); do
		pids+=($((i % 2 ? SLEEPER : OTHER)))
	done
	printf "%s --map $OLD=$NEWER\n" "${pids[@]}" | pvadm attach -b -
	# Theirs, and the one that both share what they are made of with.
	same "$(left)" "2 3" "from standard input"
	pvadm detach "$SLEEPER" "$OTHER"
}

# All that can be attached is, and each that cannot is told, with its line.
attach_goes_on_where_it_is_told_to() {
	local status=0
	lines batch "$DEAD --map /a=/usr" "$SLEEPER --map $OLD=$NEW" "2 --map /a=/usr" \
		"$OTHER --map $OLD=$SCRATCH/nonesuch" "$OTHER --map $OLD=$NEWER"
	pvadm attach --force -b "$SCRATCH/batch" 2>"$SCRATCH/err" || status=$?
	same "$status" 1 "status"
	same "$(grep -oE "batch:[0-9]+: " "$SCRATCH/err" | paste -sd ' ')" \
		"batch:1:  batch:3:  batch:4: " "lines"
	same "$(wc -l <"$SCRATCH/err")" 3 "how many"
	same "$(left)" "2 2" "attached"
	pvadm detach "$SLEEPER" "$OTHER"
	# Without it what stands before stays, and what stands behind is not done.
	sed -i '1d' "$SCRATCH/batch"
	refused 1 "batch:2: " pvadm attach --batch "$SCRATCH/batch"
	same "$(left)" "1 1" "attached without --force"
	pvadm detach "$SLEEPER"
	same "$(pvadm attach -b "$SCRATCH/batch_dead" --check --force 2>/dev/null)" "" "looked at"
	same "$(left)" "0 0" "after looking"
}

attach_of_a_tree_and_back() {
	sh -c 'sleep 1000 & sleep 1000 & wait' &
	local shell=$!
	until [[ $(pgrep -c -P "$shell") == 2 ]]; do sleep 0.1; done
	pvadm attach "$shell" --tree --map "$OLD=$NEW"
	same "$(left)" "3 1" "attached"
	pvadm detach "$shell" --tree
	same "$(left)" "0 0" "left"
	pvadm attach "$shell" --map "$OLD=$NEW"
	same "$(left)" "1 1" "without --tree"
	pvadm detach --all
	same "$(left)" "0 0" "left"
	pkill -P "$shell"
}

detach_all_leaves_nothing() {
	pvadm attach "$SLEEPER" --map /a=/usr
	pvadm attach "$OTHER" --map /a=/usr
	pvadm detach --all
	same "$(left)" "0 0" "left"
	pvadm detach --all
}

the_first_rule_wins_in_the_order_of_the_options() {
	printf '%s=%s\n' "$OLD" "$NEWER" >"$SCRATCH/map"
	pvadm attach "$SLEEPER" --map /1=/a --map-file "$SCRATCH/map" \
		--original "$OLD:/2" --new "$NEW:/b" --map /3=/c --late
	same "$(pvadm show "$SLEEPER")" "# layer 0 (own, --late)
/1=/a
$OLD=$NEWER
$OLD=$NEW
/2=/b
/3=/c" "the order"
	same "$(seen_by "$SLEEPER")" newer "seen"
	pvadm detach "$SLEEPER"
}

rules_are_normalised() {
	pvadm attach "$SLEEPER" --map "//a/./b///=/c//d/." --map /=/e --late
	same "$(pvadm show "$SLEEPER")" $'# layer 0 (own, --late)\n/a/b=/c/d\n/=/e' "rules"
	pvadm detach "$SLEEPER"
}

map_files_have_comments_and_escapes() {
	printf '# a comment\n\n  /a=/b  \n/c\\=d=/e # and why\n/f\\#g=/h\\ \n/i j=/k\r\n' >"$SCRATCH/map"
	pvadm attach "$SLEEPER" --map-file "$SCRATCH/map" --late
	pvadm show "$SLEEPER" --json | python3 -c 'import json, sys
print([(r["original"], r["new"]) for r in json.load(sys.stdin)["layers"][0]["rules"]])' >"$SCRATCH/out"
	same "$(cat "$SCRATCH/out")" "[('/a', '/b'), ('/c=d', '/e'), ('/f#g', '/h '), ('/i j', '/k')]" rules
	pvadm attach "$SLEEPER" --map-file - --late <"$SCRATCH/map"
	pvadm detach "$SLEEPER"
}

map_files_know_who_and_where() {
	mkdir -p "$SCRATCH/root/$(uname -n)/0/j5"
	echo known >"$SCRATCH/root/$(uname -n)/0/j5/who"
	# shellcheck disable=SC2016 # for the map file
	printf '%s/$PVT_NAME/a%%%%$$=%s/%%u/%%h/%%U/j%%j\n' "$SCRATCH" "$SCRATCH" >"$SCRATCH/map"
	export PVT_NAME=x SLURM_JOB_ID=5
	same "$(pvadm run --map-file "$SCRATCH/map" -- cat "$SCRATCH/x/a%\$/who")" known "it sees"
	pvadm run --map-file "$SCRATCH/map" -- sh -c 'pvadm show $$' >"$SCRATCH/shown"
	same "$(pvadm run --map-file "$SCRATCH/shown" -- cat "$SCRATCH/x/a%\$/who")" known \
		"it sees by what show prints"
	unset SLURM_JOB_ID
	refused 1 "map:1: %j" pvadm run --map-file "$SCRATCH/map" -- true
}

what_show_prints_can_be_attached_again() {
	local odd=$'/od d/=:;#\\\n\t"\'\377\303\244/x'
	local escaped=${odd//\\/\\\\}
	escaped=${escaped//=/\\=}
	escaped=${escaped//$'\n'/\\012}
	pvadm attach "$SLEEPER" --map "$escaped=$NEW" --map "/b=$escaped" --map "$OLD=$OLD" --map /=/ --late
	pvadm show "$SLEEPER" >"$SCRATCH/map"
	same "$(pvadm resolve "$SLEEPER" "$odd/who")" "$NEW/who" "resolved"
	pvadm attach "$OTHER" --map-file "$SCRATCH/map" --late
	same "$(pvadm show "$OTHER")" "$(cat "$SCRATCH/map")" "shown again"
	same "$(pvadm resolve "$OTHER" "$odd/who")" "$NEW/who" "resolved"
	same "$(wc -l <"$SCRATCH/map")" 5 "lines"
	pvadm detach "$SLEEPER" "$OTHER"
}

the_variables_of_dmtcp_are_taken() {
	same "$(DMTCP_PATH_MAPPING="/x:/usr;$OLD:$NEW" pvadm run -- cat "$OLD/who")" new "PATH_MAPPING"
	same "$(DMTCP_ORIGINAL_PATH_PREFIX="/x:$OLD" DMTCP_NEW_PATH_PREFIX="/usr:$NEW" \
		pvadm run -- cat "$OLD/who")" new "PATH_PREFIX"
	same "$(DMTCP_PATH_MAPPING="$OLD:$NEW" pvadm run --map "$OLD=$NEWER" -- cat "$OLD/who")" newer \
		"options come before variables"
	DMTCP_PATH_MAPPING="$OLD:$NEW" pvadm attach "$SLEEPER"
	same "$(seen_by "$SLEEPER")" new "attach"
	pvadm detach "$SLEEPER"
}

# json_of COMMAND... : what python reads, one line, sorted.
json_of() {
	"$@" | python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin), sort_keys=True))'
}

json_is_valid_and_says_the_same() {
	same "$(json_of pvadm show --json)" "[]" "nothing attached"
	pvadm attach "$SLEEPER" --map "$OLD=$NEW" --map $'/\001\377"\\x=/usr'
	same "$(json_of pvadm show --json)" \
		"[{\"comm\": \"sleep\", \"layers\": 1, \"own\": true, \"pid\": $SLEEPER, \"rules\": 2}]" "show"
	json_of pvadm show "$SLEEPER" --json | grep -qF "\"new\": \"$NEW\", \"original\": \"$OLD\""
	same "$(json_of pvadm resolve "$SLEEPER" "$OLD/x" --json)" \
		"{\"index\": 0, \"layer\": 0, \"matched\": true, \"path\": \"$OLD/x\", \"pid\": $SLEEPER, \"real\": \"$NEW/x\"}" \
		"resolve"
	json_of pvadm status --json | grep -q '"armed": true.*"processes": 1.*"tables": 1'
	pvadm detach "$SLEEPER"
	json_of pvadm status --json | grep -q '"processes": 0.*"tables": 0'
	await disarmed
	json_of pvadm status --json | grep -q '"armed": false.*"processes": 0.*"tables": 0'
}

# By -j on one line, by --pretty on several; every command that has the one has the others.
json_is_short_or_pretty() {
	local command words
	pvadm attach "$SLEEPER" --map "$OLD=$NEW"
	same "$(pvadm show "$SLEEPER" -j)" "$(pvadm show "$SLEEPER" --json)" "-j"
	same "$(pvadm show "$SLEEPER" -j | wc -l)" 1 "lines of -j"
	(($(pvadm show "$SLEEPER" --pretty | wc -l) > 8)) || fail "--pretty is on few lines"
	same "$(json_of pvadm show "$SLEEPER" --pretty)" "$(json_of pvadm show "$SLEEPER" -j)" "both"
	pvadm detach "$SLEEPER"
	while read -r command; do
		read -ra words <<<"$command"
		if pvadm "${words[@]}" --help | grep -q -- --json; then
			pvadm "${words[@]}" -j --pretty --help >/dev/null || fail "$command has no -j"
		else
			refused 2 "unknown option -j" pvadm "${words[@]}" -j
		fi
	done < <(commands)
}

show_lists_who_is_attached() {
	same "$(pvadm show)" "" "nobody"
	pvadm attach "$SLEEPER" --map "$OLD=$NEW"
	same "$(pvadm show | awk 'NR > 1 { print $1, $2, $3, $4 }')" "$SLEEPER sleep 1 1" "list"
	pvadm detach "$SLEEPER"
}

status_names_the_sites_and_counts() {
	local before after
	before=$(pvadm status | awk '/^translated:/ { print $2 }')
	pvadm run --map "$OLD=$NEW" -- cat "$OLD/who"
	after=$(pvadm status | awk '/^translated:/ { print $2 }')
	((after > before)) || fail "translated: $before, then $after"
	pvadm status | grep -qE '^probe: +(direct|ftrace|kprobe)$'
	pvadm status | grep -qE '^sites: .*copy_process'
}

a_new_that_does_not_exist_is_refused() {
	refused 1 "make $SCRATCH/nothing, or say --late" \
		pvadm attach "$SLEEPER" --map "/a=$NEW" --map "$OLD=$SCRATCH/nothing"
	grep -q "NEW of a rule is not there" "$SCRATCH/err"
	refused 1 "make $SCRATCH/nothing, or say --late" \
		pvadm run --map /a=/a --map "$OLD=$SCRATCH/nothing" -- true
	same "$(pvadm show "$SLEEPER")" "# process $SLEEPER is not attached" "layers"
}

late_news_need_not_exist_yet() {
	local out
	pvadm attach "$SLEEPER" --map "$OLD=$SCRATCH/nothing" --late --no-reverse
	pvadm show "$SLEEPER" | grep -qxF -- "# layer 0 (own, --late, --no-reverse)"
	pvadm show --json "$SLEEPER" | grep -q '"late": true'
	pvadm show --json "$SLEEPER" | grep -q '"reverse": false'
	pvadm detach "$SLEEPER"
	out=$(pvadm run --late --map "$OLD=$SCRATCH/later" -- \
		sh -c "ln -s '$NEW' '$SCRATCH/later' && cat '$OLD/who'")
	same "$out" "$(<"$NEW/who")" "what it reads"
}

new_is_looked_for_in_the_targets_mount_namespace() {
	local pid
	mkdir "$SCRATCH/point"
	unshare -m sh -c "mount -t tmpfs none $SCRATCH/point && mkdir $SCRATCH/point/there && exec sleep 1000" &
	pid=$!
	await grep -q "$SCRATCH/point" "/proc/$pid/mounts"
	await grep -q sleep "/proc/$pid/comm"
	pvadm attach "$pid" --map "/a=$SCRATCH/point/there"
	refused 1 "make $SCRATCH/point/there, or" pvadm attach "$SLEEPER" --map "/a=$SCRATCH/point/there"
	mkdir "$SCRATCH/point/here"
	refused 1 "make $SCRATCH/point/here, or" pvadm attach "$pid" --map "/a=$SCRATCH/point/here"
	kill "$pid"
}

new_is_looked_for_in_the_targets_root() {
	local pid root=$SCRATCH/root
	mkdir -p "$root/bin" "$root/only/there"
	cp /bin/busybox "$root/bin/busybox"
	chroot "$root" /bin/busybox sleep 1000 &
	pid=$!
	await test "/proc/$pid/root" -ef "$root"
	pvadm attach "$pid" --map "/a=/only/there"
	refused 1 "make $NEW, or" pvadm attach "$pid" --map "/a=$NEW"
	kill "$pid"
}

monitor_tells_of_one_process_until_it_ends() {
	local pid out=$SCRATCH/monitor
	sleep 1000 &
	pid=$!
	pvadm monitor "$pid" >"$out" &
	local monitor=$!
	until [[ -s $out ]]; do
		pvadm attach "$pid" --map "$OLD=$NEW"
		sleep 0.1
	done
	pvadm attach "$OTHER" --map "$OLD=$NEW"
	pvadm detach "$OTHER"
	pvadm detach "$pid"
	pvadm attach "$pid" --map "$OLD=$NEW"
	kill "$pid"
	wait "$monitor" || fail "monitor ended with status $?"
	same "$(uniq "$out" | tr -s ' \n' ' ')" "attach $pid detach $pid attach $pid exit $pid " "events"
}

help_and_version_are_there() {
	local command
	for command in run attach detach show resolve status monitor; do
		pvadm "$command" --help | grep -q "^Usage: pvadm $command "
		pvadm --help | grep -q "^  $command "
		same "$(pvadm help "$command")" "$(pvadm "$command" --help)" "help $command"
	done
	same "$(pvadm help)" "$(pvadm --help)" "help"
	same "$(pvadm help ns pin)" "$(pvadm ns pin --help)" "help ns pin"
	same "$(pvadm --version)" "pvadm $(</sys/module/pathvirt/version)" "version"
}

output_that_cannot_be_written_is_an_error() {
	local status=0
	pvadm status >/dev/full 2>"$SCRATCH/err" || status=$?
	same "$status" 1 "status"
	same "$(wc -l <"$SCRATCH/err")" 1 "lines"
}

with_the_module_unloaded() {
	local status=0 command given
	given=$(parameters)
	modprobe -r pathvirt
	autoload off
	for command in "attach $SLEEPER --map /a=/b" "detach $SLEEPER" "show" "show $SLEEPER" \
		"resolve $SLEEPER /a" status monitor "run --map /a=/b -- true" "detach --all"; do
		status=0
		# shellcheck disable=SC2086 # words
		pvadm $command >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
		# Not before it is back: the tests after this one need it.
		if [[ $status != 1 || $(wc -l <"$SCRATCH/err") != 1 || -s $SCRATCH/out ]] ||
			! grep -q 'modprobe pathvirt' "$SCRATCH/err"; then
			echo "$command: status $status, $(<"$SCRATCH/err")"
			status=failed
			break
		fi
	done
	pvadm run -- true || status=failed
	autoload on
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $given
	[[ $status != failed ]]
}

# A module of the family's name that speaks another version of the protocol.
another_protocol() {
	local given status=0
	given=$(parameters)
	[[ -d /lib/modules/$(uname -r)/build ]] || skip "no kernel headers"
	mkdir "$SCRATCH/fake"
	cat >"$SCRATCH/fake/fake.c" <<-'END'
		#include <linux/module.h>
		#include <net/genetlink.h>
		static struct genl_family family = {
			.name = "pathvirt", .version = 99, .module = THIS_MODULE,
		};
		static int __init fake_init(void) { return genl_register_family(&family); }
		static void __exit fake_exit(void) { genl_unregister_family(&family); }
		module_init(fake_init);
		module_exit(fake_exit);
		MODULE_LICENSE("GPL");
	END
	echo 'obj-m := fake.o' >"$SCRATCH/fake/Kbuild"
	make -C "/lib/modules/$(uname -r)/build" M="$SCRATCH/fake" modules
	modprobe -r pathvirt
	insmod "$SCRATCH/fake/fake.ko"
	pvadm attach "$SLEEPER" --map /a=/b >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	rmmod fake
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $given
	same "$status" 1 "status"
	same "$(wc -l <"$SCRATCH/err")" 1 "lines"
	grep -qE 'version|protocol' "$SCRATCH/err"
	grep -q 99 "$SCRATCH/err"
}

for name in run_shows_the_command_the_new_tree run_works_without_privilege \
	run_ends_with_the_commands_status run_without_a_rule_just_runs_the_command \
	run_in_run_stacks_layers run_in_run_in_attach_stacks_three \
	attach_can_be_checked_first enter_has_all_layers_of_a_process enter_just_runs_what_has_no_rules \
	enter_goes_into_the_namespaces enter_works_without_privilege attach_and_detach_work_on_a_running_process \
	attach_takes_several_processes attach_takes_a_file_of_many \
	attach_goes_on_where_it_is_told_to attach_of_a_tree_and_back detach_all_leaves_nothing \
	the_first_rule_wins_in_the_order_of_the_options rules_are_normalised \
	map_files_have_comments_and_escapes map_files_know_who_and_where what_show_prints_can_be_attached_again \
	the_variables_of_dmtcp_are_taken json_is_short_or_pretty json_is_valid_and_says_the_same show_lists_who_is_attached \
	status_names_the_sites_and_counts a_new_that_does_not_exist_is_refused late_news_need_not_exist_yet \
	new_is_looked_for_in_the_targets_mount_namespace new_is_looked_for_in_the_targets_root \
	monitor_tells_of_one_process_until_it_ends help_and_version_are_there \
	output_that_cannot_be_written_is_an_error; do
	promise "$name" "$name"
done
promise refused_where_the_module_is_not_loaded with_the_module_unloaded
promise refused_where_the_module_speaks_another_protocol another_protocol

keep "$@"
