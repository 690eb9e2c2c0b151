#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A4: what the tests before this one did has left no memory behind. The kernel's
# kmemleak says so, which only a debug kernel has.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

KMEMLEAK=/sys/kernel/debug/kmemleak

# What is younger than five seconds does not count, and what one look finds may
# just have been on its way: two looks.
nothing_is_leaked() {
	[[ -w $KMEMLEAK ]] || skip "the kernel has no kmemleak"
	echo scan >"$KMEMLEAK"
	sleep 6
	echo scan >"$KMEMLEAK"
	# Code of a module that was unloaded since has no name.
	if grep -qE 'pathvirt|\bpv_|^ +(\[<[0-9a-f]+>\] )?0xffffffff' "$KMEMLEAK"; then
		head -n 200 "$KMEMLEAK"
		fail "the module leaked memory"
	fi
}

promise nothing_of_the_module_is_leaked nothing_is_leaked
keep "$@"
