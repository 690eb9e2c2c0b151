# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207 # words, as compgen prints them
#
# Completion of pvadm(8) for bash, by means of bash-completion.  Which commands and options
# there are is asked of pvadm; _pvadm_argument is for those whose argument can be completed.

# The commands of pvadm, or those of its command $1.
_pvadm_commands()
{
	pvadm help "$@" 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) \{1,\}[a-z].*/\1/p'
}

# What the help of command $1 says of options, into $explained, once: "--sync", and with a
# blank behind it "--fd " if it takes the word behind it.
_pvadm_help()
{
	local line words option takes
	local pattern='(-([a-zA-Z]), )?(--[a-z][a-z-]*)( [A-Z])?(.*)'

	((!${#explained[@]})) || return
	explained=(--help)
	read -ra words <<<"$1"
	while IFS= read -r line; do
		[[ $line =~ ^\ +- ]] || continue
		while [[ $line =~ $pattern ]]; do
			option=${BASH_REMATCH[2]} takes=${BASH_REMATCH[4]:+ }
			explained+=("${BASH_REMATCH[3]}$takes" ${option:+"-$option$takes"})
			line=${BASH_REMATCH[5]}
		done
	done < <(pvadm help "${words[@]}" 2>/dev/null)
}

# Those of command $1, into $options.
_pvadm_options()
{
	_pvadm_help "$1"
	options="${explained[*]}"
}

# Does option $2 of command $1 take the word behind it?
_pvadm_takes_argument()
{
	local option

	_pvadm_help "$1"
	for option in "${explained[@]}"; do
		[[ $option != "$2 " ]] || return 0
	done
	return 1
}

# What stands between the last $1 and the cursor, a path.
_pvadm_path_behind()
{
	local before=

	if [[ $cur == *"$1"* ]]; then
		before=${cur%"$1"*}$1
		cur=${cur##*"$1"}
	fi
	_filedir
	compopt -o nospace
	COMPREPLY=("${COMPREPLY[@]/#/$before}")
}

# Processes that may be looked at; the others and kernel threads have no exe.
_pvadm_processes()
{
	local process pids=

	for process in /proc/[0-9]*; do
		[[ ! -e $process/exe ]] || pids+=" ${process#/proc/}"
	done
	COMPREPLY=($(compgen -W "$pids" -- "$cur"))
}

_pvadm_attached()
{
	local pid rest pids=

	while read -r pid rest; do
		[[ $pid != [0-9]* ]] || pids+=" $pid"
	done < <(pvadm show 2>/dev/null)
	COMPREPLY=($(compgen -W "$pids" -- "$cur"))
}

# Descriptors of files without a name, of the process that is named before.
_pvadm_descriptors()
{
	COMPREPLY=($(compgen -W "$(find "/proc/${operands[0]-self}/fd" \
		-lname '* (deleted)' -printf '%f ' 2>/dev/null)" -- "$cur"))
}

# The argument of option $1.
_pvadm_argument()
{
	case $1 in
	--map) _pvadm_path_behind '=' ;;
	--original | --new) _pvadm_path_behind ':' ;;
	--map-file | --manifest | --to | --batch | -b) _filedir ;;
	--pinned | --wd | -w | --dir | --check | --cgroup) _filedir -d ;;
	--fd) _pvadm_descriptors ;;
	esac
}

# The operand of command $1 that comes behind $2 others.
_pvadm_operand()
{
	case "$1 $2" in
	"attach "* | "register 0" | "relink 0" | "truncate 0" | "checkpoint 0")
		_pvadm_processes
		;;
	"ns show 0" | "ns save 0" | "ns pin 0" | "ns mount 0" | "ns enter 0") _pvadm_processes ;;
	"detach "* | "enter 0" | "activate 0" | "show 0" | "resolve 0" | "monitor 0")
		_pvadm_attached
		;;
	"resolve 1" | "reopen 0" | "cleanup 0" | "ns save 1" | "ns mount "* | "ns restore 0")
		_filedir
		;;
	"gc 0" | "ns pin 1" | "restart 0") _filedir -d ;;
	esac
}

# How many operands of command $1 come before a command of the user's, into $own.
_pvadm_own_operands()
{
	case $1 in
	run) own=0 ;;
	reopen | restart | enter | "ns enter" | "ns restore") own=1 ;;
	*) own=1000000 ;;
	esac
}

# The user's command, the word $1 of ours; readline has broken words at = and :.
_pvadm_users_command()
{
	local i piece=0 joined

	for ((i = 0; i < $1; i++)); do
		joined=
		while [[ $joined != "${words[i]}" ]]; do
			joined+=${COMP_WORDS[piece++]}
		done
	done
	_command_offset "$piece"
}

# Readline replaces only what stands behind the last = or :.
_pvadm_trim()
{
	local breaks=${COMP_WORDBREAKS//[^=:]/}
	local kept=${1%"${1##*["$breaks"]}"}

	[[ ! $breaks || ! $kept ]] || COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

# Words from $1 on are those of command $command; into $operands the operands, and
# into $users where the user's command begins.
_pvadm_parse()
{
	local i own
	_pvadm_own_operands "$command"

	for ((i = $1; i <= cword; i++)); do
		if ((${#operands[@]} == own)) && [[ ${words[i]} != -* ]]; then
			users=$i
			return
		fi
		((i < cword)) || return
		case ${words[i]} in
		--)
			ended=1
			((own < 1000000)) || continue
			# Operands of ours may stand behind it, too.
			((${#operands[@]} < own)) || users=$((i + 1))
			[[ ! $users ]] || return
			;;
		-*)
			if [[ $ended ]]; then
				operands+=("${words[i]}")
			elif _pvadm_takes_argument "$command" "${words[i]}"; then
				((++i == cword)) && option=${words[i - 1]}
			fi
			;;
		*) operands+=("${words[i]}") ;;
		esac
	done
}

# The words of one command, from $1 on.
_pvadm_complete()
{
	local operands=() explained=() users='' option='' ended='' options whole=$cur

	_pvadm_parse "$1"
	if [[ $users ]]; then
		_pvadm_users_command "$users"
		return
	fi
	if [[ ! $option && ! $ended && $cur == --*=* ]]; then
		option=${cur%%=*}
		cur=${cur#*=}
		_pvadm_argument "$option"
		COMPREPLY=("${COMPREPLY[@]/#/$option=}")
	elif [[ $option ]]; then
		_pvadm_argument "$option"
	elif [[ $cur == -* && ! $ended ]]; then
		_pvadm_options "$command"
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
	else
		_pvadm_operand "$command" "${#operands[@]}"
	fi
	_pvadm_trim "$whole"
}

_pvadm()
{
	# shellcheck disable=SC2034 # prev is there for _init_completion
	local cur prev words cword command

	_init_completion -n =: || return
	command=${words[1]}
	if ((cword == 1)); then
		COMPREPLY=($(compgen -W "$(_pvadm_commands) --help --version" -- "$cur"))
	elif [[ $command == ns ]] && ((cword == 2)); then
		COMPREPLY=($(compgen -W "$(_pvadm_commands ns) --help" -- "$cur"))
	elif [[ $command == ns ]]; then
		command+=" ${words[2]}"
		_pvadm_complete 3
	else
		_pvadm_complete 2
	fi
} && complete -F _pvadm pvadm
