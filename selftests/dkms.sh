#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# DKMS for real: the module is added from the source tree, built, installed and
# loaded; another kernel's headers arrive, and it is built for that one, too.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

SOURCE=/usr/src/pathvirt
RELEASE=$(uname -r)
HEADERS=/var/cache/pathvirt/second-headers/$RELEASE
GIVEN=$(parameters)
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$SOURCE/dkms.conf")
SECOND=

# The guest's own copy would win or lose by chance.
PREPARED=/lib/modules/$RELEASE/updates/pathvirt.ko

clean_up() {
	mkdir -p "${PREPARED%/*}"
	[[ ! -e $SCRATCH/pathvirt.ko ]] || cp "$SCRATCH/pathvirt.ko" "$PREPARED"
	depmod
	modprobe -r pathvirt
	# shellcheck disable=SC2086 # words
	modprobe pathvirt $GIVEN
}

the_version_is_the_modules() {
	same "$(</sys/module/pathvirt/version)" "$VERSION" "version"
}

add() {
	modprobe -r pathvirt
	mv "$PREPARED" "$SCRATCH/pathvirt.ko"
	depmod
	! modprobe -n pathvirt || fail "another pathvirt is still there"
	dkms add "$SOURCE"
	dkms status "pathvirt/$VERSION" | grep -q added
}

build_and_install() {
	dkms build "pathvirt/$VERSION" -k "$RELEASE" || {
		tail -n 30 "/var/lib/dkms/pathvirt/$VERSION/build/make.log"
		fail "not built"
	}
	dkms install "pathvirt/$VERSION" -k "$RELEASE"
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
	modprobe -r pathvirt
}

# The hook of the headers package runs `dkms autoinstall`.
second_kernel() {
	local before after
	[[ -d $HEADERS ]] || skip "no second kernel's headers in this guest"
	before=$(ls /lib/modules)
	dpkg -i --force-depends "$HEADERS"/*.deb || fail "the headers were not installed"
	after=$(ls /lib/modules)
	SECOND=$(comm -13 <(echo "$before") <(echo "$after") | head -n 1)
	[[ $SECOND ]] || fail "no other kernel under /lib/modules"
	dkms status "pathvirt/$VERSION" -k "$SECOND" | grep -q installed ||
		fail "$(dkms status); $(tail -n 20 "/var/lib/dkms/pathvirt/$VERSION/build/make.log")"
	modinfo "/lib/modules/$SECOND"/updates/dkms/pathvirt.ko* | grep -q "^vermagic: *$SECOND "
}

removal() {
	dkms remove "pathvirt/$VERSION" --all
	same "$(dkms status pathvirt)" "" "status"
	same "$(find /lib/modules -path '*dkms*' -name 'pathvirt.ko*')" "" "modules left"
	! modprobe -n pathvirt || fail "modprobe finds one still"
	[[ -e $SOURCE/dkms.conf ]] || fail "the source is gone"
}

if ! command -v dkms >/dev/null; then
	echo "1..0 # SKIP no dkms in this guest"
	exit 4
fi
promise the_version_in_dkms_conf_is_the_modules the_version_is_the_modules
promise dkms_adds_it_from_the_tree add
promise dkms_builds_and_installs_it_for_the_running_kernel build_and_install
promise modprobe_takes_the_one_of_dkms modprobe_takes_it
promise it_is_built_again_when_a_second_kernels_headers_arrive second_kernel
promise dkms_removes_it_without_a_trace removal
keep "$@"
