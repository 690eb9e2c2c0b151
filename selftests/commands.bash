# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that hold pages and completion against what pvadm says itself.

# those_of [WORD] : the subcommands that its help lists.
those_of() {
	pvadm "$@" --help | sed -n 's/^  \([a-z][a-z-]*\) \{1,\}[a-z].*/\1/p'
}

# commands : of pvadm, one a line, those of two words among them.
commands() {
	local name
	for name in $(those_of); do
		if [[ $(pvadm "$name" --help) == "Usage: pvadm $name COMMAND"* ]]; then
			those_of "$name" | sed "s/^/$name /"
		else
			echo "$name"
		fi
	done
}

# options_of COMMAND : those that its help explains, one a line.
options_of() {
	local words
	read -ra words <<<"$1"
	pvadm "${words[@]}" --help | grep '^ \+-' | grep -oE -- '--[a-z][a-z-]*' | sort -u
}
