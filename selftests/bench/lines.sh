#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Makes the calls that lines_plugin.c looks at, natively and attached, each a group of its
# own. Prints "WHAT|SITUATION" for each, in that order.
set -euo pipefail

ORIGINAL=/tmp/virt
NEW=/tmp/real
DIR=dir/sub
. ./situations.sh

# count WHAT CALL NAME
count() {
	local situation
	for situation in native attached; do
		case $situation in
		native) natively ./lines "$2" $NEW/$DIR "$3" ;;
		attached) attached ./lines "$2" $ORIGINAL/$DIR "$3" ;;
		esac
		echo "$1|$situation"
	done
}

gcc -O2 -pthread -o lines lines.c
for tree in $ORIGINAL $NEW; do
	mkdir -p "$tree/$DIR"
	echo x >"$tree/$DIR/file"
	ln -s file "$tree/$DIR/link"
done
modprobe pathvirt
count "open+close" open file
count "stat" stat file
count "stat, relative" relative file
count "stat, by a descriptor" fstatat file
count "stat, \`..\` below NEW" relative ../sub/file
count "stat, a link" relative link
