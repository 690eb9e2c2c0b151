// SPDX-License-Identifier: GPL-2.0
/*
 * What a UTS namespace holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/command.h"
#include "base/document.h"
#include "base/message.h"
#include "ns/file.h"
#include "ns/report.h"
#include "ns/uts.h"

int ns_uts_save(void *data, struct json_object **result)
{
	struct utsname names;

	(void)data;
	if (uname(&names))
		return message_failed("cannot read the host name: %s",
				      strerror(errno));
	*result = json_object_new_object();
	if (document_add_bytes(*result, "hostname", names.nodename) ||
	    document_add_bytes(*result, "domainname", names.domainname))
		return message_out_of_memory();
	return STATUS_DONE;
}

static void set_name(struct json_object *report, const char *what,
		     int (*set)(const char *name, size_t length),
		     const char *name)
{
	if (set(name, strlen(name)))
		ns_report_add(report, "uts", "the %s \"%s\" cannot be set: %s",
			      what, name, strerror(errno));
}

int ns_uts_restore(void *data, struct json_object **result)
{
	const struct ns_uts *uts = data;

	*result = json_object_new_array();
	set_name(*result, "host name", sethostname, uts->hostname);
	set_name(*result, "domain name", setdomainname, uts->domainname);
	return STATUS_DONE;
}
