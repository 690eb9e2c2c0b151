#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Completion of pvadm, tried in interactive shells: what they make of a line when TAB
# is pressed, and that they offer the options that each --help explains.
#
#   $SCRATCH/old/file, $SCRATCH/old/sub/   $SCRATCH/new/   $SCRATCH/with space/
#   $SCRATCH/with=sign/file
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./commands.bash
S=$SCRATCH

mkdir -p "$S/old/sub" "$S/new" "$S/with space" "$S/with=sign"
touch "$S/old/file" "$S/with=sign/file"

sleep 10000 &
SLEEPER=$!
# shellcheck disable=SC2016 # for the inner shell
bash -c 'exec 7>"$1/gone"; rm "$1/gone"; exec sleep 10000' bash "$S" &
HOLDER=$!
disown -a

clean_up() {
	pvadm detach --all
	kill "$SLEEPER" "$HOLDER"
}

# press SHELL LINE RESULT [LINE RESULT]... : each line becomes its result by TAB.
press() {
	local shell=$1 i typed=() wanted=() found
	shift
	while (($#)); do
		typed+=("pvadm $1")
		wanted+=("pvadm $2")
		shift 2
	done
	helpers/complete.py "$shell" "${typed[@]}" >"$S/found"
	mapfile -t found <"$S/found"
	for i in "${!typed[@]}"; do
		same "${found[i]}" "${wanted[i]}" "$shell: ${typed[i]}"
	done
}

# offers SHELL LINE... : the words that it has for the end of each, a line each.
offers() {
	local shell=$1
	helpers/complete.py "$shell" --all "${@:2}" | tr -s ' ' | sed 's/[= ]*$//'
}

subcommands() {
	local name found
	found=$(offers "$1" "pvadm ")
	for name in $(those_of); do
		[[ " $found " == *" $name "* ]] || fail "$1 does not offer $name: $found"
	done
	press "$1" "regi" "register " "relin" "relink " "re" "re"
}

# in_order : the words of standard input.
in_order() {
	tr -s ' ' '\n' | sed '/^$/d' | sort | paste -sd ' '
}

# Not one more, not one less.
options() {
	local command lines=() wanted=() found i
	while read -r command; do
		lines+=("pvadm $command --")
		wanted+=("$(
			{
				options_of "$command"
				echo --help
			} | in_order
		)")
	done < <(commands)
	offers "$1" "${lines[@]}" >"$S/offered"
	mapfile -t found <"$S/offered"
	same "${#found[@]}" "${#lines[@]}" "lines"
	for i in "${!lines[@]}"; do
		same "$(in_order <<<"${found[i]#"${lines[i]%--}"}")" \
			"${wanted[i]}" "$1: ${lines[i]}"
	done
}

attached_processes() {
	local name
	pvadm detach --all
	pvadm attach "$SLEEPER" --map /a=/
	for name in detach show resolve activate monitor; do
		set -- "$@" "$name " "$name $SLEEPER "
	done
	press "$@"
	pvadm detach "$SLEEPER"
	press "$1" "detach " "detach "
}

processes() {
	local found
	found=$(offers "$1" "pvadm attach ")
	[[ " $found " == *" $SLEEPER "* && " $found " == *" $HOLDER "* ]] ||
		fail "$1 does not offer $SLEEPER and $HOLDER: $found"
	[[ " $found " != *" 2 "* ]] || fail "$1 offers a kernel thread"
	press "$1" "relink ${SLEEPER}" "relink $SLEEPER " \
		"register ${SLEEPER}" "register $SLEEPER "
}

unlinked_descriptors() {
	press "$1" "relink $HOLDER --fd " "relink $HOLDER --fd 7 "
}

paths() {
	press "$1" \
		"attach 1 --map-file $S/old/f" "attach 1 --map-file $S/old/file " \
		"relink 1 --manifest $S/old/f" "relink 1 --manifest $S/old/file " \
		"relink 1 --to $S/old/f" "relink 1 --to $S/old/file " \
		"cleanup $S/old/f" "cleanup $S/old/file " \
		"cleanup $S/with=sign/f" "cleanup $S/with=sign/file " \
		"resolve 1 $S/old/f" "resolve 1 $S/old/file " \
		"gc $S/old/" "gc $S/old/sub/" \
		"gc $S/with\\ s" "gc $S/with\\ space/"
}

rules() {
	press "$1" \
		"run --map $S/ol" "run --map $S/old/" \
		"run --map $S/old=$S/ne" "run --map $S/old=$S/new/" \
		"run --map=$S/old=$S/ne" "run --map=$S/old=$S/new/" \
		"attach 1 --map /a=$S/with\\ s" "attach 1 --map /a=$S/with\\ space/" \
		"run --original $S/old:$S/ne" "run --original $S/old:$S/new/" \
		"register 1 --original /a:$S/ne" "register 1 --original /a:$S/new/" \
		"activate 1 --new /a:/b:$S/ne" "activate 1 --new /a:/b:$S/new/"
}

commands_of_users() {
	press "$1" \
		"run --map /a=/b -- setpri" "run --map /a=/b -- setpriv " \
		"run --map /a=/b setpri" "run --map /a=/b setpriv " \
		"run --map /a=/b -- make --no-print-d" \
		"run --map /a=/b -- make --no-print-directory "
}

for shell in bash zsh; do
	promise "${shell}_offers_each_subcommand" subcommands "$shell"
	promise "${shell}_offers_the_options_of_each_help_and_no_others" options "$shell"
	promise "${shell}_completes_attached_processes" attached_processes "$shell"
	promise "${shell}_completes_processes_that_could_be_attached" processes "$shell"
	promise "${shell}_completes_descriptors_of_unlinked_files" unlinked_descriptors "$shell"
	promise "${shell}_completes_files_and_directories" paths "$shell"
	promise "${shell}_completes_both_sides_of_rules_and_lists" rules "$shell"
	promise "${shell}_completes_the_users_command_as_the_command_does" \
		commands_of_users "$shell"
done
keep "$@"
