# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # read by those who source it
# Sourced by built.sh and loaded.sh.

# The names of all files before there was a package.
WAS_THERE=/var/cache/pathvirt/before-packages

# remove_payload LIST : the files that it names, which the guest was given by other ways.
remove_payload() {
	(cd / && xargs -d '\n' rm -f --) <"$1"
}

# version_of DIR : that of the packages in it.
version_of() {
	local file
	for file in "$1"/pvadm_*.deb; do
		dpkg-deb -f "$file" Version | sed 's/-[^-]*$//'
	done
}

# what_is_there : files that packages may have made, one a line, sorted. What dpkg knows is
# asked of dpkg; the second kernel's tree is there in one of the two roots alone; the
# guest has tests and sources of its own; DKMS keeps the key that it signs with; and Python
# its own modules compiled, when somebody uses them.
what_is_there() {
	find /etc /usr /var/lib -xdev \( -path /var/lib/dpkg -o -path '*-cloud-amd64' -o \
		-path /usr/lib/pathvirt -o -path /usr/src/pathvirt -o \
		-path '/var/lib/dkms/mok.*' \) -prune -o -print |
		grep -v '/__pycache__' | LC_ALL=C sort
}
