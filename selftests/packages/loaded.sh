#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the packages have installed, and DKMS has built, works; and goes without a trace.
#
#   loaded.sh WRITTEN PAYLOAD TESTS
#
# WRITTEN is the archive of what built.sh has left, on the kernel it was built for, PAYLOAD as
# there; TESTS are the packages' own. See run. The guest is thrown away: nothing is put back.
# shellcheck disable=SC2317 # what `promise` calls
WRITTEN=$1
PAYLOAD=$2
TESTS=$3
shift 3
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh
# shellcheck source=selftests/packages/common.bash
. packages/common.bash

RELEASE=$(uname -r)
WANTED=(pathvirt-dkms pvadm libpathvirt0 libpathvirt-dev python3-pathvirt libpam-pathvirt)

# The guest's own copies would win or lose by chance.
remove_payload "$PAYLOAD"
tar -x --keep-directory-symlink --no-overwrite-dir -C / -f "$WRITTEN"
VERSION=$(dpkg-query -W -f '${source:Upstream-Version}' pathvirt-dkms)

# all_packages : those that are made of our source, symbols for debuggers among them.
all_packages() {
	dpkg-query -W -f '${source:Package} ${Package}\n' | awk '$1 == "pathvirt" { print $2 }'
}

they_are_installed() {
	same "$(dpkg-query -W -f '${db:Status-Abbrev}' "${WANTED[@]}")" \
		"ii ii ii ii ii ii " "states"
	dkms status "pathvirt/$VERSION" -k "$RELEASE" | grep -q installed
}

# Nobody has loaded it yet: a user's first command does.
loaded_on_demand() {
	[[ ! -e /sys/module/pathvirt ]] || fail "it is loaded already"
	mkdir "$SCRATCH/new"
	echo new >"$SCRATCH/new/who"
	same "$(as_nobody pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- cat "$SCRATCH/old/who")" \
		new "run"
	same "$(</sys/module/pathvirt/srcversion)" "$(modinfo -F srcversion pathvirt)" "srcversion"
	same "$(</sys/module/pathvirt/version)" "$VERSION" "version"
}

own_test() {
	mkdir -p "$SCRATCH/$1"
	AUTOPKGTEST_TMP=$SCRATCH/$1 "$TESTS/$1"
}

who_of_a_session() {
	su -s /bin/sh -c 'cat /pvt.session/who' nobody 2>/dev/null || echo none
}

session() {
	mkdir -p /etc/pathvirt
	echo "/pvt.session=$SCRATCH/new" >/etc/pathvirt/session.map
	same "$(who_of_a_session)" none "before it is enabled"
	pam-auth-update --enable pathvirt
	same "$(who_of_a_session)" new "afterwards"
	rm -r /etc/pathvirt
}

# Who is attached goes on, by the module that is in memory.
removed_while_in_use() {
	sleep 10000 &
	pvadm attach $! --map "$SCRATCH/old=$SCRATCH/new"
	dpkg -r pathvirt-dkms >"$SCRATCH/said" 2>&1
	grep -q "pathvirt is in use" "$SCRATCH/said" || fail "$(<"$SCRATCH/said")"
	same "$(dkms status pathvirt)" "" "status"
	! modprobe -n pathvirt || fail "modprobe finds one still"
	pvadm show $! | grep -q "$SCRATCH/new"
	kill $!
	await rmmod pathvirt
	refused 1 'not loaded' pvadm status
}

purged() {
	local packages
	mapfile -t packages < <(all_packages)
	dpkg -P "${packages[@]}"
	same "$(all_packages)" "" "packages"
	! grep -r pathvirt /etc/pam.d || fail "PAM looks for it still"
	same "$(comm -13 "$WAS_THERE" <(what_is_there))" "" "left"
}

promise they_are_installed they_are_installed
promise a_users_first_command_loads_the_module_of_dkms loaded_on_demand
promise a_session_has_its_rules_once_the_profile_of_pam_is_enabled session
promise the_packages_own_test_of_a_machine_passes own_test installed
promise the_packages_own_test_of_the_library_passes own_test library
promise while_it_is_in_use_the_module_stays_though_its_package_goes removed_while_in_use
promise nothing_is_left_of_what_is_purged purged
keep "$@"
