# SPDX-License-Identifier: GPL-2.0
# Makes have.h of have.c and of what the compiler says about it, in this order: a
# question is answered by 0 if there is an error in its lines.  Any other error is one.

FNR == NR {
	if (match($0, /^PV_HAVE(_IT)?\([A-Z0-9_]+/)) {
		name[++questions] = substr($0, 1, RLENGTH)
		sub(/.*\(/, "", name[questions])
		have[name[questions]] = 1
	}
	asked[FNR] = questions
	next
}

/error: / {
	if (match($0, /have\.c:[0-9]+:/)) {
		line = substr($0, RSTART + 7, RLENGTH - 8)
		if (asked[line]) {
			have[name[asked[line]]] = 0
			next
		}
	}
	print >"/dev/stderr"
	failed = 1
}

END {
	if (!failed && (!have["INODE"] || have["NOTHING"] || have["NO_TRUTH"])) {
		print "have.c: the compiler's answers are not understood" >"/dev/stderr"
		failed = 1
	}
	if (failed)
		exit 1
	print "/* Made by Kbuild of what the kernel's headers have; see have.c. */"
	for (i = 1; i <= questions; i++)
		print "#define PV_HAVE_" name[i] " " have[name[i]]
}
