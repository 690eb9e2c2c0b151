#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The RPM packages are installed, upgraded and removed in a root of another machine, which runs
# RELEASE, by this machine's rpm; their scriptlets run there, and have its DKMS build the module.
#
#   rpm.sh ROOT RELEASE RPMS OLD_RPM
#
# RPMS is a folder of packages, OLD_RPM an older one of the module, to be upgraded. What the
# packages need is in no database of rpm's there, as the root is Debian's. See run.
# shellcheck disable=SC2317 # what `promise` calls
ROOT=$1
RELEASE=$2
RPMS=$3
OLD=$4
shift 4
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh
# shellcheck source=selftests/packages/common.bash
. packages/common.bash

PACKAGES=(pathvirt-dkms pvadm libpathvirt libpathvirt-devel python3-pathvirt pathvirt-pam
	pathvirt-slurm)

# inside COMMAND... : there.
inside() {
	chroot "$ROOT" "$@"
}

# The scriptlets are to find the uname of that machine.
rpm() {
	command rpm --root "$ROOT" --dbpath /var/lib/rpm \
		--define '_install_script_path /usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$@"
}

# change OPTION... : what rpm itself says is heard if something is wrong.
change() {
	rpm --nodeps --force-debian "$@" >"$SCRATCH/said" 2>&1 || fail "rpm $*: $(<"$SCRATCH/said")"
	! grep -E 'scriptlet failed|warning: |error: ' "$SCRATCH/said" || fail "rpm $*: it warns"
}

version_of_rpm() {
	command rpm -qp --qf '%{VERSION}' "$1"
}

# built VERSION : it is installed for the kernel that runs there, and no other version is left.
built() {
	inside dkms status pathvirt >"$SCRATCH/status"
	grep -q "^pathvirt/$1, $RELEASE, .*: installed" "$SCRATCH/status" ||
		fail "$(cat "$SCRATCH/status" "$SCRATCH/said" \
			"$ROOT"/var/lib/dkms/pathvirt/*/build/make.log)"
	! grep -v "^pathvirt/$1, " "$SCRATCH/status" || fail "another version is left"
	same "$(cd "$ROOT/usr/src" && echo pathvirt-*)" "pathvirt-$1" "sources"
	same "$(inside modinfo -k "$RELEASE" -F version pathvirt)" "$1" "version of the module"
}

# there : the files that packages may have made, and directories by our name: others are the
# distribution's, where this is not Debian.
there() {
	local name
	inside bash -c "$(declare -f what_is_there)"'; what_is_there' |
		grep -v '^/var/lib/rpm\(/\|$\)' |
		while IFS= read -r name; do
			[[ -d $ROOT$name && $name != *pathvirt* && $name != *pvadm* ]] || echo "$name"
		done
}

# all_rpms : but for those of sources, and what debuggers want.
all_rpms() {
	find "$RPMS" -name '*.rpm' ! -name '*.src.rpm' ! -name '*-debug*'
}

first() {
	change -i "$OLD"
	built "$(version_of_rpm "$OLD")"
}

upgrade() {
	local packages
	mapfile -t packages < <(all_rpms)
	same "${#packages[@]}" "${#PACKAGES[@]}" "packages"
	change -U "${packages[@]}"
	built "$VERSION"
	same "$(rpm -q --qf '%{NAME} %{VERSION}\n' "${PACKAGES[@]}")" \
		"$(printf "%s $VERSION\n" "${PACKAGES[@]}")" "packages"
	same "$(inside modprobe -S "$RELEASE" -R net-pf-16-proto-16-family-pathvirt)" pathvirt "alias"
}

# As the packages say, size, mode and all; and nobody has anything that is in no package.
files() {
	local file
	rpm -V --nodeps "${PACKAGES[@]}"
	rpm -ql "${PACKAGES[@]}" | LC_ALL=C sort -u >"$SCRATCH/owned"
	comm -13 "$SCRATCH/before" <(there) | grep -v '^/var/lib/dkms\(/\|$\)' |
		comm -23 - "$SCRATCH/owned" >"$SCRATCH/nobodys"
	same "$(grep -vE "^/usr/lib/modules/|/pathvirt-$VERSION\$" "$SCRATCH/nobodys")" "" "nobody's"
	# What a release of the plugin's own would lack, and a man who looks for a page.
	for file in /usr/bin/pvadm /usr/libexec/pathvirt/service-map /usr/include/libpathvirt.h \
		/usr/lib64/security/pam_pathvirt.so /usr/lib64/slurm/spank_pathvirt.so \
		/usr/share/man/man8/pvadm.8 /usr/share/man/man4/pathvirt.4 \
		/usr/lib/systemd/system/pathvirt-map@.service \
		/usr/share/bash-completion/completions/pvadm; do
		grep -qx "$file\(\.gz\)\?" "$SCRATCH/owned" || fail "$file is not there"
	done
}

programs() {
	local modules
	same "$(inside env LD_LIBRARY_PATH=/usr/lib64 pvadm --version)" "pvadm $VERSION" "pvadm"
	modules=$(rpm -ql python3-pathvirt | sed -n 's,/pathvirt/__init__.py$,,p')
	inside env LD_LIBRARY_PATH=/usr/lib64 PYTHONPATH="$modules" PYTHONDONTWRITEBYTECODE=1 \
		python3 -c 'import pathvirt; assert len(pathvirt.Rules({"/a": "/b"})) == 1'
}

# The same again, as people do who have broken something.
again() {
	change -U --replacepkgs "$RPMS"/pathvirt-dkms-*.rpm
	built "$VERSION"
}

removed() {
	change -e "${PACKAGES[@]}"
	same "$(rpm -qa)" "" "packages"
	same "$(inside dkms status pathvirt)" "" "status"
	same "$(comm -13 "$SCRATCH/before" <(there))" "" "left"
}

VERSION=$(version_of_rpm "$RPMS"/pvadm-*.rpm)
there >"$SCRATCH/before"
promise an_rpm_has_dkms_build_for_the_kernel_that_runs first
promise an_upgrade_leaves_nothing_of_the_older_version upgrade
promise all_files_are_those_of_the_packages files
promise what_was_installed_works programs
promise installed_once_more_it_is_built_once_more again
promise nothing_is_left_of_what_is_removed removed
keep "$@"
