#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Man pages and completions: that they are well formed, and that tables of options,
# --help and pages say the same. Needs no module: it runs on the machine that builds,
# in `make lint` and in `make check`. completion.sh tries the completions.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./commands.bash
U=$(realpath ../userspace)

pvadm() {
	LD_LIBRARY_PATH=$U "$U/pvadm" "$@"
}

pages_are_well_formed() {
	mandoc -T lint -W warning "$U"/man/*.[1-9] ../integration/*/*.[1-9]
}

completions_are_well_formed() {
	bash -n "$U/completion/pvadm.bash"
	shellcheck "$U/completion/pvadm.bash"
	zsh -n "$U/completion/_pvadm"
	fish -n "$U/completion/pvadm.fish"
}

# fish_offers LINE... : each, and a line for each word that fish has for its end. It needs no
# terminal for that, unlike the shells of completion.sh; and the guests have no fish.
fish_offers() {
	cat >"$SCRATCH/config.fish" <<-END
		source $U/completion/pvadm.fish
		function pvadm
		    test "\$argv[1]" = help; and command pvadm \$argv; and return
		    echo "  PID COMMAND LAYERS"
		    echo "12345 sleep 1"
		end
		for line in \$argv
		    echo "line \$line"
		    complete -C \$line | string replace -r '\t.*' ''
		end
	END
	HOME=$SCRATCH PATH=$U:$PATH LD_LIBRARY_PATH=$U fish --no-config "$SCRATCH/config.fish" "$@" 2>&1
}

# fish_words LINE : in order, on one line.
fish_words() {
	fish_offers "$1" | sed 1d | sort | paste -sd ' '
}

fish_has_what_help_has() {
	local command lines=() wanted=() name found i
	found=" $(fish_words "pvadm ") "
	for name in $(those_of); do
		[[ $found == *" $name "* ]] || fail "it does not offer $name: $found"
	done
	while read -r command; do
		lines+=("pvadm $command --")
		wanted+=("$({ options_of "$command"; echo --help; } | sort -u | paste -sd ' ')")
	done < <(commands)
	fish_offers "${lines[@]}" >"$SCRATCH/offered"
	for i in "${!lines[@]}"; do
		found=$(awk -v line="line ${lines[i]}" '
			/^line / { inside = ($0 == line); next }
			inside' "$SCRATCH/offered" | sort | paste -sd ' ')
		same "$found" "${wanted[i]}" "fish: ${lines[i]}"
	done
}

fish_completes() {
	mkdir -p "$SCRATCH/old/sub" "$SCRATCH/new"
	touch "$SCRATCH/old/file"
	local line wanted
	while IFS='|' read -r line wanted; do
		same "$(fish_words "pvadm $line")" "$wanted" "$line"
	done <<-END
		detach |12345
		enter |12345
		relin|relink
		ns sa|save
		attach 1 --map-file $SCRATCH/old/f|$SCRATCH/old/file
		cleanup $SCRATCH/old/f|$SCRATCH/old/file
		resolve 1 $SCRATCH/old/f|$SCRATCH/old/file
		gc $SCRATCH/ol|$SCRATCH/old/
		run --map $SCRATCH/ol|$SCRATCH/old/
		run --map /a=$SCRATCH/ol|/a=$SCRATCH/old/
		run --map=/a=$SCRATCH/ol|--map=/a=$SCRATCH/old/
		register 1 --original /a:$SCRATCH/ne|/a:$SCRATCH/new/
		run --map /a=/b -- setpri|setpriv
		run --map /a=/b setpri|setpriv
		enter 12345 setpri|setpriv
		enter --ns 12345 -- cat $SCRATCH/old/f|$SCRATCH/old/file
	END
}

# What the tour says is where it says: rows whose second cell begins with a file, and names
# behind it that are functions or variables there.
# shellcheck disable=SC2016 # the page's backquotes
the_tour_is_of_this_house() {
	local cell file path name names
	while IFS='|' read -r _ _ cell _; do
		file=$(grep -oE '^ [a-z_/]+\.[chS]\b' <<<"$cell") || continue
		file=${file# }
		path=
		for path in "$U/$file" "$U/../$file" "$U/../module/$file"; do
			[[ ! -e $path ]] || break
		done
		[[ -e $path ]] || fail "there is no $file"
		names=$(grep -oE '`[a-z_]+(\(\))?`' <<<"$cell" | tr -d '`()') || continue
		for name in $names; do
			grep -qw "$name" "$path" || fail "$file has no $name"
		done
	done <"$U/../Documentation/tour.md"
}

# macro NAME : what a header defines it as.
macro() {
	awk -v name="$1" '
		$1 == "#define" && $2 == name { inside = 1; $2 = "" }
		inside { print }
		!/\\$/ { inside = 0 }' "$U"/*/*.h
}

# table_of COMMAND : the options in the table of its source, macros resolved.
table_of() {
	local name=${1//[ -]/_} file table rest
	file=$(grep -l "^const struct command cmd_$name = " "$U"/*/cmd_*.c)
	rest=$(sed -n '/^static const struct option options\[\]/,/^};/p' "$file")
	while [[ $rest ]]; do
		table+=$rest
		# A macro may be made of others.
		rest=$(grep -oE '[A-Z_]+_OPTIONS' <<<"$rest" | while read -r word; do
			macro "$word"
		done) || true
	done
	grep -oE '[{] "[a-z-]+", *[a-z]+_argument' <<<"$table" |
		sed 's/.*"\(.*\)".*/--\1/' | sort -u
}

help_has_what_the_tables_have() {
	local command table
	commands >"$SCRATCH/commands"
	[[ -s $SCRATCH/commands ]]
	while read -r command; do
		table=$(table_of "$command")
		same "$(options_of "$command" | xargs)" "${table//$'\n'/ }" "$command --help"
	done <"$SCRATCH/commands"
}

# page_of COMMAND : the page that names it, or the group that it belongs to.
page_of() {
	local page
	for page in "$U"/man/*.8; do
		"$U/man/names" "$page" | grep -qxE "pvadm-(${1// /-}|${1% *})" || continue
		echo "$page"
		return
	done
	echo "no page names pvadm ${1}" >&2
	return 1
}

# text_of PAGE : as it reads, its lines not broken.
text_of() {
	mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g'
}

# synopsis_of COMMAND PAGE : its lines of the synopsis, with the paragraphs there that
# begin with a word of theirs.
synopsis_of() {
	text_of "$2" | sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | awk -v command="pvadm $1" '
		NF < 2 { next }
		{ gsub(/^ +/, "") }
		$1 != "pvadm" { if (index(said, $1)) said = said " " $0 }
		index($0 " ", command " ") == 1 { said = said " " $0 }
		END { print said }'
}

# defines TEXT SYNOPSIS : does it say elsewhere what a [word] of it stands for?
defines() {
	local word
	while read -r word; do
		! grep -q "^ *$word are any of" <<<"$1" || return 0
	done < <(grep -oE '\[[a-z]+\]' <<<"$2" | tr -d '[]')
	return 1
}

# has TEXT OPTION
has() {
	grep -qE -- "(^|[^a-z-])$2($|[^a-z-])" <<<"$1"
}

pages_have_what_help_has() {
	local command page synopsis text option
	commands >"$SCRATCH/commands"
	[[ -s $SCRATCH/commands ]]
	while read -r command; do
		page=$(page_of "$command")
		synopsis=$(synopsis_of "$command" "$page")
		text=$(text_of "$page" | sed '/^SYNOPSIS/,/^DESC/d;/^EXAMPLES/,/^[A-Z]/d')
		[[ $synopsis ]] || fail "${page##*/}: no synopsis of $command"
		for option in $(options_of "$command"); do
			has "$synopsis" "$option" || defines "$text" "$synopsis" ||
				fail "${page##*/}: the synopsis of $command lacks $option"
			[[ $option == --json || $option == --pretty ]] || has "$text" "$option" ||
				fail "${page##*/}: $option of $command is not explained"
		done
	done <"$SCRATCH/commands"
	text=$(text_of "$U/man/pvadm.8")
	for command in $(those_of); do
		has "$text" "$command" || fail "pvadm.8 lacks $command"
	done
}

each_command_has_a_page() {
	local name
	make -s -C "$U" install-man DESTDIR="$SCRATCH" PREFIX=/usr
	for name in $(those_of | sed 's/^/pvadm-/') pvadm; do
		(cd "$SCRATCH/usr/share/man" && mandoc "man8/$name.8" |
			sed 's/.\x08//g' | grep -q "^ .*$name") || fail "man $name"
	done
}

the_page_of_the_device_has_all_of_the_header() {
	local name text
	text=$(text_of "$U/man/pathvirt.4")
	while read -r name; do
		[[ $name == PATHVIRT_WHY_NONE ]] || has "$text" "$name" ||
			fail "pathvirt.4 lacks $name"
	done < <(grep -oE 'PATHVIRT_(WHY|RELINK|IOC)_[A-Z_0-9]+' ../uapi/linux/pathvirt.h |
		sort -u)
}

# Of a table of the calls that take names there are two.
unions_have_every_call() {
	local name
	while read -r name; do
		grep -qF "\`$name\`" ../Documentation/unions.md ||
			fail "Documentation/unions.md lacks $name"
	done < <(sed -nE -e 's/^CALL\("([^"]+)".*/\1/p' \
		-e 's/^OPCODE\("([A-Z0-9_]+).*/IORING_OP_\1/p' \
		"$U/rules/entry_points.def" | sort -u)
}

promise the_tour_is_of_this_house the_tour_is_of_this_house
promise pages_are_well_formed pages_are_well_formed
promise completions_are_well_formed completions_are_well_formed
promise fish_offers_the_commands_and_options_of_each_help_and_no_others fish_has_what_help_has
promise fish_completes_processes_paths_rules_and_the_users_command fish_completes
promise each_help_explains_what_the_table_of_options_has help_has_what_the_tables_have
promise the_page_of_each_command_has_all_of_its_options pages_have_what_help_has
promise man_finds_each_command each_command_has_a_page
promise the_page_of_the_device_has_all_names_of_the_header \
	the_page_of_the_device_has_all_of_the_header
promise T17_every_call_is_told_what_it_does_under_a_union unions_have_every_call
keep "$@"
