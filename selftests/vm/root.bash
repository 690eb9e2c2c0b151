# SPDX-License-Identifier: GPL-2.0
# Sourced. Makes the root tree of a suite: userland, kernels, headers.

# Neither is ever read in a guest, nor hardware driven that QEMU does not have;
# leaving them out halves the tree, and with it the time of every step on it.
ROOT_EXCLUDE=(
	'/usr/share/doc/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/man/*/*'
	'*/lib/modules/*/kernel/drivers/'{accel,gpu,media,infiniband,isdn,staging}'/*'
	'*/lib/modules/*/kernel/drivers/'{iio,hwmon,usb,input,mtd,power,thunderbolt}'/*'
	'*/lib/modules/*/kernel/drivers/net/'{ethernet,wireless,usb,can}'/*'
	'*/lib/modules/*/kernel/sound/*'
	# Of Go what compiles a program that needs nobody else's.
	'/usr/share/go-*/'{api,doc,misc,test,src/cmd}'/*'
	'/usr/share/go-*/src/'{'*_test.go','*/testdata/*'}
	'/usr/lib/go-*/pkg/linux_amd64/*'
	'/usr/lib/go-*/pkg/tool/*/'{addr2line,api,cgo,covdata,cover,dist,distpack,doc}
	'/usr/lib/go-*/pkg/tool/*/'{fix,nm,objdump,pack,pprof,preprofile,test2json,trace,vet}
	# The guest boots from an initramfs of ours, see initrd.bash.
	'*/kernel/postinst.d/'{initramfs-tools,dracut}
)

# Services that the tests start by themselves; where a test boots systemd, it is to be as
# quiet as before they were there.
ROOT_MASK=(apparmor cron mariadb munge nbd-client postgresql slurmctld slurmd ssh)

# has_package SUITE PACKAGE : can it be installed? apt is content with a name that
# nothing but a dependency has, as that of an image which is not signed yet.
has_package() {
	"$VM_DIR/suite-apt" "$1" cache show "$2" 2>/dev/null | grep '^Package: ' >/dev/null
}

# release_of SUITE NAME : what `uname -r` will say there: the newest that has
# both an image and headers. A suite keeps old images without their headers.
release_of() {
	local suite=$1 series flavour release
	series=$(kernel_field "$2" 3)
	flavour=$(kernel_field "$2" 4)
	while read -r release; do
		has_package "$suite" "linux-image-$release" || continue
		echo "$release"
		return
	done < <("$VM_DIR/suite-apt" "$suite" cache pkgnames "linux-headers-$series." |
		sed -nE "s/^linux-headers-([0-9.]+([+~-][^-]*)?-$flavour)\$/\\1/p" | sort -rV)
	die "no linux-image-$series*-$flavour with headers in $suite"
}

# The list without what the suite lacks.
wanted_packages() {
	local suite=$1 package
	while read -r package; do
		if [[ $package == *\? ]]; then
			package=${package%\?}
			has_package "$suite" "$package" || continue
		fi
		echo "$package"
	done < <(sed -E '/^(#|$)/d' "$VM_DIR/packages")
}

from_backports() {
	[[ $("$VM_DIR/suite-apt" "$1" cache policy "$2") == *" $1-backports/"* ]]
}

# make_root SUITE DIR RELEASE...
make_root() {
	local suite=$1 dir=$2 release
	local -a include options
	shift 2
	mapfile -t include < <(wanted_packages "$suite")
	for release; do
		include+=("linux-image-$release" "linux-headers-$release")
		# A kernel from backports wants the helper scripts from there too.
		! from_backports "$suite" "linux-image-$release" ||
			include+=("linux-base/$suite-backports")
	done
	mapfile -t options < <(printf -- '--dpkgopt=path-exclude=%s\n' "${ROOT_EXCLUDE[@]}")
	INITRD=No mmdebstrap --mode=root --variant=apt --format=directory \
		--dpkgopt=force-unsafe-io "${options[@]}" \
		--aptopt='Acquire::Retries "3"' \
		--include="$(IFS=,; echo "${include[*]}")" \
		"$suite" "$dir" - < <("$VM_DIR/suite-apt" "$suite" sources) \
		>"$dir.log" 2>&1 || { tail -n 30 "$dir.log" >&2; die "mmdebstrap failed"; }
	furnish "$suite" "$dir" "$@"
}

# furnish SUITE DIR RELEASE... : what no package brings.
furnish() {
	local suite=$1 dir=$2 tools service release
	shift 2
	tools=$("$VM_DIR/kernel-tools")
	mkdir -p "$dir/build" "$dir/usr/src/kselftest" "$dir/usr/src/ynl/tools/net"
	cp "$tools"/tools/testing/selftests/*.h "$dir/usr/src/kselftest/"
	cp -a "$tools/Documentation" "$dir/usr/src/ynl/"
	cp -a "$tools/tools/net/ynl" "$dir/usr/src/ynl/tools/net/"
	for service in "${ROOT_MASK[@]}"; do
		ln -sfn /dev/null "$dir/etc/systemd/system/$service.service"
	done
	echo guest >"$dir/etc/hostname"
	printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$dir/etc/hosts"
	for release; do
		second_headers "$suite" "$dir" "$release"
	done
}

# Another kernel's headers, not installed, for a test without a network to
# install: the cloud flavour, whose dependencies are the same but for its base.
second_headers() {
	local suite=$1 dir=$2/var/cache/pathvirt/second-headers/$3 other
	other=${3%-amd64}
	other=${other%-rt}-cloud-amd64
	local -a packages=("linux-headers-$other")
	! has_package "$suite" "linux-base-$other" || packages+=("linux-base-$other")
	mkdir -p "$dir"
	(cd "$dir" && "$VM_DIR/suite-apt" "$suite" get -qq download "${packages[@]}" >&2)
}
