# SPDX-License-Identifier: GPL-2.0
# Sourced by run. Tells whether the kernel complained, whatever the command said.

# What a kernel's complaint begins with. A line of the log is one only where it
# begins so: a word in the middle of it proves nothing.
REPORT_BEGIN='WARNING: |BUG: |kernel BUG at|Oops|Kernel panic|Call Trace:|general protection fault'
REPORT_BEGIN+='|(rcu: )?INFO: rcu_.* (stall|self-detected)|INFO: task .* blocked for more than'
REPORT_BEGIN+='|INFO: (possible|inconsistent|trying to register)|watchdog: BUG|UBSAN: |KASAN: '
REPORT_BEGIN+='|refcount_t: |list_(add|del) corruption|DEBUG_LOCKS_WARN_ON|kmemleak: [0-9]+ new'
REPORT_BEGIN+='|stack segment|double fault|unreferenced object|traps: .* trap .* in pathvirt'

# Taints: a machine check or bad page, a death, a WARN, a soft lockup.
REPORT_TAINT=$(((1 << 4) | (1 << 5) | (1 << 7) | (1 << 9) | (1 << 14)))

# The whole kernel log where the guest lived to send it, which is free of what
# user space wrote to /dev/kmsg; else the console.
report_log() {
	if [[ -s $RUN/klog ]]; then
		cat "$RUN/klog"
	else
		tr -d '\r' <"$RUN/console"
	fi
}

# Of two that race at least one must be ours: the module itself made the access, or
# what it had just called, like kfree() or a list's check. The kernel has races of its
# own, and our hooks stand below each walk of an attached process, so that the module
# is somewhere on the stack proves nothing. Of the others the first line is left out,
# which makes a report of them; what another CPU said amid theirs stays.
own_races() {
	awk '
	function end() {
		if (inside && ours)
			print title
		printf "%s", held
		inside = 0
		held = ""
	}
	/BUG: KCSAN: / { end(); inside = 1; title = $0; ours = 0; frame = 9; next }
	!inside { print; next }
	{ held = held $0 "\n" }
	/ of [0-9]+ bytes by | bytes by (task|interrupt)/ { frame = 0; next }
	/\+0x[0-9a-f]+\/0x[0-9a-f]+/ && ++frame <= 2 && /\[pathvirt\]/ { ours = 1 }
	/Reported by Kernel Concurrency Sanitizer/ { end() }
	END { end() }'
}

# kernel_report TAINT : true, with the report on standard error, if there is one.
kernel_report() {
	local begin="^(\\[ *[0-9.]+\\] *(\\[ *[TC][0-9]+\\] *)?)?($REPORT_BEGIN)"
	if report_log | own_races | grep -E "$begin" >/dev/null; then
		report_log | own_races | grep -E -B 1 -A 40 "$begin" | sed -n '1,120p' >&2 || true
		return 0
	fi
	(($1 & REPORT_TAINT)) || return 1
	say "$NAME: the kernel is tainted ($1) though its log has no report"
}
