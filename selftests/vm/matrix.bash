# SPDX-License-Identifier: GPL-2.0
# Sourced. Reads the table of kernels.

# kernel_rows : the table without its comments.
kernel_rows() {
	sed -E '/^(#|$)/d' "$VM_DIR/kernels"
}

kernel_names() {
	kernel_rows | cut -f1
}

# kernel_expand NAME|oldest|newest|all : the names meant, one a line. The newest is
# the newest of those that everybody runs.
kernel_expand() {
	case $1 in
	all) kernel_names ;;
	oldest) kernel_names | sed -n 1p ;;
	newest) kernel_rows | awk '$4 == "amd64" { name = $1 } END { print name }' ;;
	*)
		kernel_names | grep -Fx -e "$1" ||
			die "no kernel $1; there are: $(kernel_names | xargs) oldest newest all"
		;;
	esac
}

# kernel_row NAME : its row.
kernel_row() {
	kernel_rows | awk -v n="$1" '$1 == n'
}

# kernel_field NAME FIELD : suite (2), series (3) or flavour (4).
kernel_field() {
	kernel_row "$1" | awk -v f="$2" '{ print $f }'
}

# Flavours that are no packages but built here, see debug-kernel, and slow.
BUILT='^(debug|kcsan)$'

# suite_rows SUITE : the rows of the kernels that are packages in one root.
suite_rows() {
	kernel_rows | awk -v s="$1" -v built="$BUILT" '$2 == s && $4 !~ built && $4 != "arm64"'
}

# arm64_rows SUITE : the same of those that are not for the host's kind of CPU.
arm64_rows() {
	kernel_rows | awk -v s="$1" '$2 == s && $4 == "arm64"'
}

arm64_kernels() {
	arm64_rows "$1" | cut -f1
}

# kernel_arch NAME : what Debian calls its architecture.
kernel_arch() {
	case $(kernel_field "$1" 4) in
	arm64) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# image_of NAME : the folder that its guest boots from, see image.
image_of() {
	case $(kernel_arch "$1") in
	arm64) "$VM_DIR/image-arm64" "$1" ;;
	*) "$VM_DIR/image" "$1" ;;
	esac
}

# is_debug NAME : is it one of BUILT?
is_debug() {
	[[ $(kernel_field "$1" 4) =~ $BUILT ]]
}

suite_kernels() {
	suite_rows "$1" | cut -f1
}
