# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that are shell scripts. A test is a command that is given
# a name, the promise it holds, with `promise`; `keep` runs them all and ends the
# script. Each runs in a subshell with errexit; what it prints is shown as
# comments if it fails.

PROMISES=()
COMMANDS=()
SCRATCH=$(mktemp -d /var/tmp/pvt.XXXXXX)
chmod 755 "$SCRATCH"

# promise NAME COMMAND [ARG]...
promise() {
	local name=$1
	shift
	PROMISES+=("$name")
	COMMANDS+=("${*@Q}")
}

# fail WORD... : ends the test.
fail() {
	echo "$*" >&2
	exit 1
}

# skip WORD... : ends the test, saying what it lacks.
skip() {
	echo "$*" >"$SCRATCH/why"
	exit 77
}

# same FOUND WANTED WHAT
same() {
	[[ $1 == "$2" ]] || fail "$3: found \"$1\", not \"$2\""
}

# await COMMAND... : until it succeeds. A guest may be slow, hence the patience.
await() {
	local end=$((SECONDS + 120))
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "waited in vain for: $*"
		sleep 0.05
	done
}

# refused STATUS PATTERN COMMAND... : it fails so, with one line that says why.
refused() {
	local status=0
	"${@:3}" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	same "$status" "$1" "exit status ($(<"$SCRATCH/err"))"
	same "$(wc -l <"$SCRATCH/err")" 1 "lines: $(<"$SCRATCH/err")"
	same "$(tail -c 1 "$SCRATCH/err")" "" "the line's end"
	grep -qF -- "$2" "$SCRATCH/err" || fail "it does not say \"$2\": $(<"$SCRATCH/err")"
}

# as_nobody COMMAND... : without any privilege.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# left : what is attached and in memory; nothing is "0 0".
left() {
	pvadm status | awk '$1 ~ /^(processes|tables):$/ { printf "%s%s", s, $2; s = " " }'
}

# nothing_left : the same as a fact, to be awaited: what ends with a process may need a
# moment more than who has begun it.
nothing_left() {
	[[ $(left) == "0 0" ]]
}

# armed : yes or no. That follows what is attached, some seconds later.
armed() {
	pvadm status | awk '$1 == "armed:" { print $2 }'
}

# disarmed : the same as a fact, to be awaited.
disarmed() {
	[[ $(armed) == no ]]
}

# autoload on|off : whether who needs the module has it loaded; modprobe still does.
autoload() {
	local file=/run/modprobe.d/pathvirt-selftest.conf
	mkdir -p "${file%/*}"
	case $1 in
	on) rm -f "$file" ;;
	off) echo blacklist pathvirt >"$file" ;;
	esac
}

# parameters : those that the module was loaded with, for loading it again.
parameters() {
	local file
	for file in /sys/module/pathvirt/parameters/*; do
		printf '%s=%s ' "${file##*/}" "$(<"$file")"
	done
}

# keep : runs the tests, those that the command line names or all.
keep() {
	local i status number=0 failed=0 result directive wanted=()
	for i in "${!PROMISES[@]}"; do
		[[ $# == 0 || " $* " == *" ${PROMISES[i]} "* ]] && wanted+=("$i")
	done
	echo "TAP version 13"
	echo "1..${#wanted[@]}"
	for i in "${wanted[@]}"; do
		(
			set -eu
			eval "${COMMANDS[i]}"
		) >"$SCRATCH/log" 2>&1 </dev/null
		status=$?
		result=ok
		directive=
		case $status in
		0) ;;
		77) directive=" # SKIP $(<"$SCRATCH/why")" ;;
		*)
			result="not ok"
			failed=1
			sed 's/^/# /' "$SCRATCH/log"
			;;
		esac
		echo "$result $((++number)) ${PROMISES[i]}$directive"
	done
	[[ $(type -t clean_up) != function ]] || clean_up
	rm -rf "$SCRATCH"
	exit "$failed"
}
