// SPDX-License-Identifier: GPL-2.0
/*
 * Rules for ourselves, and for the command that we become.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/pidref.h"
#include "rules/attach_self.h"
#include "rules/check_new.h"
#include "rules/profile.h"

static int renounce_privileges(void)
{
	if (caps_have(CAP_SYS_ADMIN) || !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return STATUS_DONE;
	return message_failed("cannot set no_new_privs: %s", strerror(errno));
}

/* What may help against what has kept us from being attached. */
static const char *advice(const struct pv_rules *rules, int err)
{
	CLEANUP(pidref_close) struct pidref self = { .pid = getpid() };
	const char *text;

	self.pidfd = pidfd_open(self.pid, 0);
	text = check_new_advice(&self, rules, err);
	return text;
}

int attach_self(const struct pv_rules *rules, unsigned int flags)
{
	struct profile_finding finding;
	CLEANUP_PV struct pv *pv = NULL;
	int status, err;

	status = connect_open(&pv) ?: renounce_privileges();
	if (status == STATUS_DONE) {
		if (profile_find(getpid(), rules, &finding))
			profile_warn(&finding, "pvadm", rules);
		/* This process may have been a pvadm run before: add a layer. */
		err = pv_attach(pv, PV_SELF, rules, PV_PUSH | flags);
		if (err)
			status = message_failed("cannot attach the rules: %s%s",
						pv_error(pv),
						advice(rules, err));
	}
	return status;
}
