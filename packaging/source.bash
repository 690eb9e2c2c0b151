# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by build-deb and build-rpm: which version this is, and its source as an archive.

TOP=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# version : that of dkms.conf, which is the one place that says it.
version() {
	sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf"
}

# date_of_the_changelog : in seconds, for what says when it was made.
date_of_the_changelog() {
	date -d "$(sed -n '/^ -- .*>  /{s///;p;q}' "$TOP/packaging/debian/changelog")" +%s
}

# unpack_source DIR : a copy of the tree.
unpack_source() {
	rm -rf "$1"
	mkdir -p "$1"
	"$TOP/scripts/sources" "$TOP" | (cd "$TOP" && xargs -0 cp -a --parents -t "$1")
}

# pack_source DIR ARCHIVE : the same bytes for the same files.
pack_source() {
	tar -c -C "${1%/*}" --sort=name --mtime="@${SOURCE_DATE_EPOCH:?}" --owner=0 --group=0 \
		--numeric-owner "${1##*/}" | gzip -n9 >"$2"
}
