# SPDX-License-Identifier: GPL-2.0
# Sourced. Where the testbed keeps what it made, and how two runs share it.
#
# Everything in the cache is named NAME-HASH, the hash taken over all that went
# into it. So nothing in it is ever changed in place: an entry is made under
# another name and renamed when it is whole, and a reader needs no lock.

shopt -s inherit_errexit

export LC_ALL=C.UTF-8
# shellcheck disable=SC2034 # for those who source this
VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PV_CACHE=${PV_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pathvirt}
export PV_CACHE
mkdir -p "$PV_CACHE"

die() {
	echo "${0##*/}: $*" >&2
	exit 125
}

say() {
	echo "${0##*/}: $*" >&2
}

# Everything in the cache is owned by root as it will be in the guest.
need_root() {
	((EUID == 0)) || die "$1 must be run by root (it makes device nodes and mounts)"
}

# hash_of FILE... : one short hash over the contents, whatever the place.
hash_of() {
	cat -- "$@" | sha256sum | cut -c1-12
}

# with_lock NAME COMMAND... : one maker of an entry at a time; the others wait.
# Never call it left of || or in an if: that would switch errexit off inside.
with_lock() {
	local name=$1 fd
	shift
	exec {fd}>"$PV_CACHE/$name.lock"
	flock "$fd"
	# The lock must not be inherited by what outlives the command.
	"$@" {fd}>&-
	exec {fd}>&-
}

# drop_older PREFIX KEEP : entries of another hash are of no use to anyone but
# a run that started before the recipe changed; give that a day.
drop_older() {
	local keep=$2
	find "$PV_CACHE" -mindepth 1 -maxdepth 1 -name "$1-*" ! -name "$keep" \
		-mmin +1440 -exec rm -rf --one-file-system {} +
}
