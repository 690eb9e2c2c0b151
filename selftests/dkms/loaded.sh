#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What DKMS has built and installed is loaded and works, and goes without a trace.
#
#   loaded.sh WRITTEN
#
# WRITTEN is the archive of what built.sh has left, on the kernel it was built for: see
# run. The guest is thrown away: nothing is put back.
# shellcheck disable=SC2317 # what `promise` calls
WRITTEN=$1
shift
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh

SOURCE=/usr/src/pathvirt
RELEASE=$(uname -r)
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$SOURCE/dkms.conf")

# The guest's own copy would win or lose by chance.
rm "/lib/modules/$RELEASE/updates/pathvirt.ko"
tar -x --keep-directory-symlink --no-overwrite-dir -C / -f "$WRITTEN"

it_is_installed() {
	dkms status "pathvirt/$VERSION" -k "$RELEASE" | grep -q installed
}

modprobe_takes_it() {
	local file
	file=$(modinfo -n pathvirt)
	[[ $file == */updates/dkms/pathvirt.ko* ]] || fail "$file"
	modprobe pathvirt
	same "$(</sys/module/pathvirt/srcversion)" "$(modinfo -F srcversion pathvirt)" "srcversion"
	mkdir "$SCRATCH/new"
	echo new >"$SCRATCH/new/who"
	same "$(pvadm run --map "$SCRATCH/old=$SCRATCH/new" -- cat "$SCRATCH/old/who")" new "run"
}

the_version_is_the_modules() {
	same "$(</sys/module/pathvirt/version)" "$VERSION" "version"
}

removal() {
	modprobe -r pathvirt
	dkms remove "pathvirt/$VERSION" --all
	same "$(dkms status pathvirt)" "" "status"
	same "$(find /lib/modules -path '*dkms*' -name 'pathvirt.ko*')" "" "modules left"
	! modprobe -n pathvirt || fail "modprobe finds one still"
	[[ -e $SOURCE/dkms.conf ]] || fail "the source is gone"
}

promise dkms_says_that_it_is_installed it_is_installed
promise modprobe_takes_the_one_of_dkms modprobe_takes_it
promise the_version_in_dkms_conf_is_the_modules the_version_is_the_modules
promise dkms_removes_it_without_a_trace removal
keep "$@"
