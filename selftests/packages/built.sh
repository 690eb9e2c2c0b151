#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The packages are installed on a machine that runs RELEASE, and upgraded; another kernel's
# headers arrive. DKMS builds the module each time.
#
#   built.sh RELEASE OLD NEW PAYLOAD
#
# OLD and NEW are folders of packages, PAYLOAD names the files that the guest has of its own
# and that are in their way. Runs in the root of a guest, but not on its kernel: see run.
# shellcheck disable=SC2317 # what `promise` calls
RELEASE=$1
OLD=$2
NEW=$3
PAYLOAD=$4
shift 4
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh
# shellcheck source=selftests/packages/common.bash
. packages/common.bash

HEADERS=/var/cache/pathvirt/second-headers/$RELEASE
VERSION=$(version_of "$NEW")

make_log() {
	tail -n 30 /var/lib/dkms/pathvirt/*/build/make.log
}

# packages_in DIR : those that the suite can have, whatever its Slurm.
packages_in() {
	find "$1" -name '*.deb' ! -name 'slurm-wlm-pathvirt*'
}

# install_from DIR VERSION : it is built for the kernel that runs, and nothing else is left.
install_from() {
	local packages
	mapfile -t packages < <(packages_in "$1")
	dpkg -i "${packages[@]}" || {
		make_log
		fail "not installed"
	}
	dkms status pathvirt | grep -q "^pathvirt/$2, $RELEASE, .*: installed" ||
		fail "$(dkms status; make_log)"
	! dkms status pathvirt | grep -v "^pathvirt/$2, " || fail "another version is left"
	same "$(echo /usr/src/pathvirt-*)" "/usr/src/pathvirt-$2" "sources"
	[[ $(modinfo -k "$RELEASE" -n pathvirt) == */updates/dkms/pathvirt.ko* ]]
	same "$(modinfo -k "$RELEASE" -F version pathvirt)" "$2" "version of the module"
	same "$(dpkg-query -W -f '${source:Upstream-Version}' pvadm)" "$2" "version of the tool"
}

first() {
	! modinfo -k "$RELEASE" pathvirt || fail "another pathvirt is still there"
	install_from "$OLD" "$(version_of "$OLD")"
}

upgrade() {
	install_from "$NEW" "$VERSION"
	same "$(pvadm --version)" "pvadm $VERSION" "what the tool says"
}

# Its profile waits to be chosen.
sessions_are_as_they_were() {
	[[ -e /usr/share/pam-configs/pathvirt ]]
	! grep -r pathvirt /etc/pam.d || fail "it was enabled by being installed"
}

# fits_slurm PACKAGE : is the suite's Slurm the one that it was built with?
fits_slurm() {
	local relation version found
	found=$(dpkg-query -W -f '${Version}' slurm-wlm-basic-plugins) || return
	while read -r relation version; do
		dpkg --compare-versions "$found" "$relation" "$version" || return
	done < <(dpkg-deb -f "$1" Depends |
		sed 's/, /\n/g' | sed -n 's/^slurm-wlm-basic-plugins (\(.*\))$/\1/p')
}

# Slurm itself would refuse it, and then no job would begin.
plugin_of_slurm() {
	local package
	package=$(find "$NEW" -name 'slurm-wlm-pathvirt_*.deb')
	if fits_slurm "$package"; then
		dpkg -i "$package"
		return
	fi
	! dpkg -i "$package" >"$SCRATCH/said" 2>&1 || fail "it is installed beside another Slurm"
	grep -q 'depends on slurm-wlm-basic-plugins' "$SCRATCH/said" || fail "$(<"$SCRATCH/said")"
	dpkg -P slurm-wlm-pathvirt
}

# By its alias, as the kernel will ask for it.
alias_is_known() {
	[[ $(modprobe -S "$RELEASE" -R net-pf-16-proto-16-family-pathvirt) == pathvirt ]]
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
	dkms status "pathvirt/$VERSION" -k "$second" | grep -q installed ||
		fail "$(dkms status); $(make_log)"
	modinfo "/lib/modules/$second"/updates/dkms/pathvirt.ko* | grep -q "^vermagic: *$second "
}

remove_payload "$PAYLOAD"
depmod "$RELEASE"
what_is_there >"$WAS_THERE"
promise the_packages_are_installed_and_dkms_builds_for_the_kernel_that_runs first
promise an_upgrade_leaves_nothing_of_the_older_version upgrade
promise sessions_are_as_they_were_until_the_profile_of_pam_is_enabled sessions_are_as_they_were
promise the_plugin_for_slurm_goes_with_the_slurm_it_was_built_with plugin_of_slurm
promise the_kernel_finds_the_module_by_its_netlink_family alias_is_known
promise it_is_built_again_when_a_second_kernels_headers_arrive second_kernel
keep "$@"
