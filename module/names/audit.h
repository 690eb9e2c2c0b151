/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Audit: what is recorded of a name is what the process wrote.
 *
 * While the kernel walks another string, or a part of the name, it does so
 * unheard; where that has led is said afterwards, of the name itself.
 */
#ifndef _PV_AUDIT_H
#define _PV_AUDIT_H

#include <linux/audit.h>
#include <linux/compiler.h>
#include <linux/sched.h>

struct file;
struct filename;
struct path;

/**
 * pv_audit_mute - let nothing be recorded of what the running task does
 *
 * Return: what pv_audit_unmute() takes; NULL if nothing would be recorded anyway.
 */
static __always_inline struct audit_context *pv_audit_mute(void)
{
	struct audit_context *context;

	if (likely(audit_dummy_context()))
		return NULL;
	context = audit_context();
	audit_set_context(current, NULL);
	return context;
}

/**
 * pv_audit_unmute - undo pv_audit_mute()
 * @context: what that returned
 */
static __always_inline void pv_audit_unmute(struct audit_context *context)
{
	if (unlikely(context))
		audit_set_context(current, context);
}

void pv_audit_opened(struct filename *name, const struct file *file, int flags);
void pv_audit_found(struct filename *name, const struct path *path,
		    unsigned int flags);
void pv_audit_parent(struct filename *name, const struct path *parent);

#endif /* _PV_AUDIT_H */
