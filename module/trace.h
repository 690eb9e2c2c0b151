/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints, for perf trace, trace-cmd and bpftrace. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pathvirt

#if !defined(_PV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PV_TRACE_H

#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "compat.h"

/* A name of the running task met a rule. */
TRACE_EVENT(translate,

	TP_PROTO(const char *name, const char *real, u32 layer, u32 rule),

	TP_ARGS(name, real, layer, rule),

	TP_STRUCT__entry(
		__string(name, name)
		__string(real, real)
		__field(u32, layer)
		__field(u32, rule)
	),

	TP_fast_assign(
		pv_assign_str(name, name);
		pv_assign_str(real, real);
		__entry->layer = layer;
		__entry->rule = rule;
	),

	TP_printk("name=%s real=%s layer=%u rule=%u", __get_str(name),
		  __get_str(real), __entry->layer, __entry->rule)
);

/* A process was given a table. */
TRACE_EVENT(attach,

	TP_PROTO(const struct task_struct *task, u32 rules, u32 layers),

	TP_ARGS(task, rules, layers),

	TP_STRUCT__entry(
		__array(char, comm, TASK_COMM_LEN)
		__field(pid_t, pid)
		__field(u32, rules)
		__field(u32, layers)
	),

	TP_fast_assign(
		memcpy(__entry->comm, task->comm, TASK_COMM_LEN);
		__entry->pid = task->tgid;
		__entry->rules = rules;
		__entry->layers = layers;
	),

	TP_printk("comm=%s pid=%d rules=%u layers=%u", __entry->comm,
		  __entry->pid, __entry->rules, __entry->layers)
);

#endif /* _PV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
