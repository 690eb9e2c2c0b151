// SPDX-License-Identifier: GPL-2.0
/*
 * What a UTS namespace holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
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
		     int (*set)(const char *name, size_t length), char *name)
{
	if (!name || set(name, strlen(name)))
		ns_report_add(report, "uts", "the %s \"%s\" cannot be set: %s",
			      what, name ? name : "", strerror(errno));
	free(name);
}

int ns_uts_restore(void *data, struct json_object **result)
{
	*result = json_object_new_array();
	set_name(*result, "host name", sethostname,
		 document_get_bytes(data, "hostname"));
	set_name(*result, "domain name", setdomainname,
		 document_get_bytes(data, "domainname"));
	return STATUS_DONE;
}
