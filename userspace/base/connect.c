// SPDX-License-Identifier: GPL-2.0
/*
 * The connection to the module.
 */
#include <errno.h>

#include "base/command.h"
#include "base/connect.h"
#include "base/message.h"

int connect_open(struct pv **pv)
{
	if (pv_open(pv))
		return message_failed("%s", pv_error(*pv));
	return STATUS_DONE;
}

int connect_about(struct pv **pv, struct pidref *pidref,
		  const struct command *command, const char *word)
{
	int status = STATUS_DONE;

	*pv = NULL;
	*pidref = (struct pidref){ .pidfd = -1 };
	if (word)
		status = pidref_open(pidref, command, word);
	return status ?: connect_open(pv);
}

const char *connect_advice(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "; run pvadm as root";
	case -ESRCH:
		return "; it has ended";
	case -EDQUOT:
		return "; detach or end what is attached, try fewer rules, or have root raise the limit";
	case -ENOMEM:
		return "; try fewer rules or free some memory";
	}
	return "";
}
