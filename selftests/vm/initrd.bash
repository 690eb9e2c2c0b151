# SPDX-License-Identifier: GPL-2.0
# Sourced. Makes the initramfs of one kernel: a static busybox, the modules that
# lead to the root disk, and initrd-init. It stays an uncompressed archive, so
# that a run can append one of its own.

INITRD_MODULES=(virtio_pci virtio_blk ext4)

# initrd_modules ROOT RELEASE : the module files in the order to load them.
initrd_modules() {
	{
		chroot "$1" modprobe -S "$2" -a --show-depends "${INITRD_MODULES[@]}"
		# Asked for by name through the crypto layer, in no one's dependencies.
		chroot "$1" modprobe -S "$2" --show-depends crc32c_generic 2>/dev/null || true
	} | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# unpack_module FILE DEST : busybox cannot load a compressed one.
unpack_module() {
	case $1 in
	*.xz) xz -dc "$1" >"$2" ;;
	*.zst) zstd -qdc "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# make_tree ROOT DIR : what every initramfs has.
make_tree() {
	mkdir -p "$2"/{bin,dev,proc,sys,mnt,modules}
	cp "$1/bin/busybox" "$2/bin/"
	install -m 755 "$VM_DIR/initrd-init" "$2/init"
}

# make_initrd ROOT RELEASE FILE
make_initrd() {
	local root=$1 release=$2 file=$3 tree module n=10
	tree=$(mktemp -d "$PV_CACHE/tmp.XXXXXX")
	make_tree "$root" "$tree"
	while read -r module; do
		unpack_module "$root$module" "$tree/modules/$n-$(basename "${module%%.ko*}").ko"
		((++n))
	done < <(initrd_modules "$root" "$release")
	pack_cpio "$tree" "$file"
	rm -rf "$tree"
}

# make_debug_initrd ROOT MODULES FILE : of a kernel that needs no module to come so
# far, but whose modules are not in the root.
make_debug_initrd() {
	local root=$1 modules=$2 file=$3 tree
	tree=$(mktemp -d "$PV_CACHE/tmp.XXXXXX")
	make_tree "$root" "$tree"
	mkdir -p "$tree/more"
	tar -c -C "$modules" --exclude='./*/build' . | tar -x -C "$tree/more"
	pack_cpio "$tree" "$file"
	rm -rf "$tree"
}

# pack_cpio DIR FILE
pack_cpio() {
	(cd "$1" && find . -mindepth 1 -printf '%P\n' | sort |
		cpio -o -H newc --quiet -R 0:0) >"$2"
}
