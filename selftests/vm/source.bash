# SPDX-License-Identifier: GPL-2.0
# Sourced. A kernel's source as the distribution ships it.

# fetch_source SUITE SERIES DIR : the package, into DIR.
fetch_source() {
	(cd "$3" && "$VM_DIR/suite-apt" "$1" get -qq download "linux-source-$2" >&2)
}

# unpack_source SERIES DIR TO [MEMBER]... : out of the package in DIR, all of it or
# some of it.
unpack_source() {
	local series=$1 dir=$2 to=$3
	shift 3
	dpkg-deb --fsys-tarfile "$dir"/linux-source-*.deb |
		tar -xO "./usr/src/linux-source-$series.tar.xz" |
		xz -dc -T0 |
		tar -x -C "$to" --strip-components=1 "${@/#/linux-source-$series/}"
}
