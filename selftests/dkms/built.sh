#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What DKMS does with the source tree: it is added, built and installed for a kernel;
# another kernel's headers arrive, and it is built for that one, too.
#
#   built.sh RELEASE
#
# Runs in the root of a guest, but not on its kernel: see run.
# shellcheck disable=SC2317 # what `promise` calls
RELEASE=$1
shift
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh

SOURCE=/usr/src/pathvirt
HEADERS=/var/cache/pathvirt/second-headers/$RELEASE
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$SOURCE/dkms.conf")

# The guest's own copy would win or lose by chance.
rm -f "/lib/modules/$RELEASE/updates/pathvirt.ko"
depmod "$RELEASE"

status_of() {
	dkms status "pathvirt/$VERSION" "$@"
}

make_log() {
	tail -n 30 "/var/lib/dkms/pathvirt/$VERSION/build/make.log"
}

add() {
	! modinfo -k "$RELEASE" pathvirt || fail "another pathvirt is still there"
	dkms add "$SOURCE"
	status_of | grep -q added
}

build_and_install() {
	dkms build "pathvirt/$VERSION" -k "$RELEASE" || {
		make_log
		fail "not built"
	}
	dkms install "pathvirt/$VERSION" -k "$RELEASE"
	status_of -k "$RELEASE" | grep -q installed
}

# The hook of the headers package runs `dkms autoinstall`.
second_kernel() {
	local before after second
	[[ -d $HEADERS ]] || skip "no second kernel's headers in this root"
	before=$(ls /lib/modules)
	dpkg -i --force-depends "$HEADERS"/*.deb || fail "the headers were not installed"
	after=$(ls /lib/modules)
	second=$(comm -13 <(echo "$before") <(echo "$after") | head -n 1)
	[[ $second ]] || fail "no other kernel under /lib/modules"
	status_of -k "$second" | grep -q installed || fail "$(dkms status); $(make_log)"
	modinfo "/lib/modules/$second"/updates/dkms/pathvirt.ko* | grep -q "^vermagic: *$second "
}

promise dkms_adds_it_from_the_tree add
promise dkms_builds_and_installs_it_for_the_kernel build_and_install
promise it_is_built_again_when_a_second_kernels_headers_arrive second_kernel
keep "$@"
