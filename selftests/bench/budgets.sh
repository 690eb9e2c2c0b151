#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measures what has a budget: calls and whole programs, natively, where others are
# attached, attached without a match, translated, and under a bind mount; in one boot of
# a guest whose clock counts instructions. Prints lines "WHAT|SITUATION|COST".
#
#   budgets.sh                             all of it
#   budgets.sh "SITUATION|..." WHAT...     what fits these patterns, in these situations
set -euo pipefail

TOP=/tmp
ORIGINAL=$TOP/virt
NEW=$TOP/real
DIR=dir/sub
PROJECT=project
BIG=/var/tmp/big
. ./situations.sh

SITUATIONS=${1-}
ROWS=("${@:2}")

# in_situation SITUATION : is anything to be measured in it?
in_situation() {
	[[ ! $SITUATIONS || "|$SITUATIONS|" == *"|$1|"* ]]
}

# wanted WHAT SITUATION
wanted() {
	local row
	in_situation "$2" || return
	((${#ROWS[@]})) || return 0
	for row in "${ROWS[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $row ]] || return 0
	done
	return 1
}

# A tree as people have them: what git, du and grep have to go through.
make_project() {
	local i j
	for ((i = 0; i < 20; i++)); do
		mkdir -p "$1/src$i/deep/er"
		for ((j = 0; j < 10; j++)); do
			seq $((i * j)) >"$1/src$i/$j.txt"
			seq $((i + j)) >"$1/src$i/deep/er/$j.txt"
		done
	done
	printf '#include <stdio.h>\nint main(void) { return printf("x"); }\n' >"$1/main.c"
	printf 'all: 1 2 3 4 5\n1 2 3 4 5:\n\t@true $@\n.PHONY: 1 2 3 4 5\n' >"$1/Makefile"
	(
		cd "$1"
		git init -q .
		git config user.email x@example.org
		git config user.name x
		git add .
		git commit -qm x
		git status >/dev/null
	)
}

prepare() {
	# The clock runs far ahead of the disk here; what waits for it does not hang.
	echo 0 >/proc/sys/kernel/hung_task_timeout_secs
	local tree
	gcc -O2 -static -o calls calls.c
	for tree in $ORIGINAL $NEW; do
		mkdir -p "$tree/$DIR"
		echo x >"$tree/$DIR/file"
		ln -s "$tree/$DIR" "$TOP/${tree##*/}-link"
		ln -s $DIR "$tree/inside"
		make_project "$tree/$PROJECT"
	done
	in_situation "100,000 rules" && many_rules 100000 >many.map
	mkdir -p $BIG
	seq -f '%g' 10000 | (cd $BIG && xargs touch)
	# Start-up work in the background would count as ours.
	sleep 5
}

# cost WHAT SITUATION PREFIX ARGUMENTS...
cost() {
	local what=$1 situation=$2 prefix=$3 cost
	shift 3
	wanted "$what" "$situation" || return 0
	cost=$($prefix ./calls "$@") || cost=failed
	echo "$what|$situation|$cost"
}

# measure_calls SITUATION TREE PREFIX
measure_calls() {
	local situation=$1 tree=$2 prefix=$3 name=${2##*/}
	cost "open+close" "$situation" "$prefix" open "$tree/$DIR" file
	cost "stat" "$situation" "$prefix" stat "$tree/$DIR" file
	cost "stat, relative" "$situation" "$prefix" relative "$tree/$DIR" file
	cost "openat+close, by a descriptor" "$situation" "$prefix" openat "$tree/$DIR" file
	cost "stat, \`..\` below NEW" "$situation" "$prefix" relative "$tree/$DIR" ../sub/file
	cost "stat, \`..\` over the edge" "$situation" "$prefix" \
		relative "$tree/$DIR" "../../../$name/$DIR/file"
	cost "stat, a link into ORIGINAL" "$situation" "$prefix" stat $TOP "$name-link/file"
	cost "stat, a link inside" "$situation" "$prefix" stat "$tree" inside/file
	cost "stat, a link elsewhere" "$situation" "$prefix" stat /bin true
	CALLS_ROOT=$TOP cost "stat after a chroot" "$situation" "$prefix" stat "/$name/$DIR" file
	CALLS_ROOT=$TOP cost "stat, relative, after a chroot" "$situation" "$prefix" \
		relative "/$name/$DIR" file
	cost "opening a directory" "$situation" "$prefix" opendir "$tree/$DIR" file
	cost "listing 10,000 entries" "$situation" "$prefix" list $BIG 1 3 5
	cost "chdir" "$situation" "$prefix" chdir "$tree/$DIR" file
	cost "getcwd" "$situation" "$prefix" getcwd "$tree/$DIR" file
	cost "readlink of /proc/self/fd/N" "$situation" "$prefix" readlink "$tree/$DIR" file
	cost "/proc/self/maps" "$situation" "$prefix" maps "$tree/$DIR" file
	cost "fork, exit" "$situation" "$prefix" fork "$tree/$DIR" file 3 50
	cost "fork, exec, exit" "$situation" "$prefix" exec "$tree/$DIR" file 3 50
}

# measure_programs SITUATION TREE PREFIX : warm, as each is run several times.
measure_programs() {
	local situation=$1 prefix=$3 dir=$2/$PROJECT
	program() {
		cost "\`$1\`" "$situation" "$prefix" run env -C "$dir" "${@:2}"
	}
	program "git status" git status
	program "du -s" du -s .
	program "grep -r" sh -c 'grep -r nowhere . || true'
	program "tar" sh -c 'tar -cf - . | cat'
	program "find" find . -type f
	program "cp -a, rm -r" sh -c 'cp -a src0 copy && rm -r copy'
	program "make" make
	program "gcc -c" gcc -c -o /tmp/main.o main.c
	program "sqlite3" sqlite3 :memory: 'create table t (i); insert into t values (1);'
	program "ls -lR" ls -lR "$dir"
	program "perl" perl -e 'print 1'
	program "python3" python3 -c 'import json'
}

measure() {
	measure_calls "$@"
	measure_programs "$@"
}

# measure_original SITUATION PREFIX
measure_original() {
	cost "the same, an ORIGINAL in it" "$1" "$2" list $BIG 1 3 5
}

# union NUMBER : the rules of a union of so many trees, all of which have the directory, and
# the last of which, ORIGINAL itself, has the file.
union() {
	local i
	for ((i = 1; i < $1; i++)); do
		mkdir -p "$UNUSED/tree$i/$DIR"
		printf -- '--under %s ' "$ORIGINAL=$UNUSED/tree$i"
	done
}

# measure_unions SITUATION : natively, or with unions.
measure_unions() {
	local number elsewhere=natively prefix=natively
	[[ $1 == native ]] || elsewhere="pvadm run --under $UNUSED/virt=$UNUSED --"
	cost "stat, outside of a union" "$1" "$elsewhere" stat "$NEW/$DIR" file
	cost "stat, relative, outside of a union" "$1" "$elsewhere" relative "$NEW/$DIR" file
	for number in 2 16; do
		[[ $1 == native ]] || prefix="pvadm run $(union $number) --"
		cost "stat, union of $number trees" "$1" "$prefix" stat "$ORIGINAL/$DIR" file
		cost "stat, \`..\`, union of $number trees" "$1" "$prefix" \
			stat "$ORIGINAL/$DIR" ../sub/file
		cost "stat, relative, union of $number trees" "$1" "$prefix" \
			relative "$ORIGINAL/$DIR" file
	done
}

prepare
measure "native" $NEW natively
measure_unions "native"
measure_original "native" natively
modprobe pathvirt
measure_calls "idle" $NEW natively
measure_calls "others" $NEW with_other_attached
cost "open+close" "3,000 others" with_many_attached open "$NEW/$DIR" file
cost "stat" "3,000 others" with_many_attached stat "$NEW/$DIR" file
measure "no match" $NEW with_elsewhere_attached
measure "translated" $ORIGINAL attached
measure_original "translated" "pvadm run --map $BIG/virt=$NEW --"
measure_unions "translated"
measure_calls "4 layers" $ORIGINAL with_four_layers
measure_calls "100,000 rules" $ORIGINAL "pvadm run --map-file many.map --"
! in_situation "bind mount" || rmmod pathvirt 2>/dev/null || { sleep 10; rmmod pathvirt; }
measure "bind mount" $ORIGINAL in_bind_mount
measure_programs "proot" $ORIGINAL "proot -b $NEW:$ORIGINAL"
