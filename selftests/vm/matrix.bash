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

# kernel_field NAME FIELD : suite (2), series (3) or flavour (4).
kernel_field() {
	kernel_rows | tr -s '\t' | awk -v n="$1" -v f="$2" '$1 == n { print $f }'
}

# suite_kernels SUITE : the names of the kernels that live in one root.
suite_kernels() {
	kernel_rows | awk -v s="$1" '$2 == s { print $1 }'
}
