// SPDX-License-Identifier: GPL-2.0
/*
 * What a time namespace holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/time.h"

#define OFFSETS	"/proc/self/timens_offsets"

static void put_offset(struct json_object *object, const char *text,
		       const char *clock)
{
	const char *at = strstr(text, clock);
	struct json_object *offset = json_object_new_object();
	int64_t seconds = 0, nanoseconds = 0;

	if (at)
		sscanf(at + strlen(clock), "%" SCNd64 " %" SCNd64, &seconds,
		       &nanoseconds);
	ns_put_number(offset, "seconds", seconds);
	ns_put_number(offset, "nanoseconds", nanoseconds);
	json_object_object_add(object, clock, offset);
}

static int64_t seconds_of(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now.tv_sec;
}

int ns_time_save(void *data, struct json_object **result)
{
	char *text = procfs_read(OFFSETS);
	struct json_object *now;

	(void)data;
	if (!text)
		return message_failed("cannot read " OFFSETS ": %s",
				      strerror(errno));
	*result = json_object_new_object();
	put_offset(*result, text, "monotonic");
	put_offset(*result, text, "boottime");
	free(text);
	now = json_object_new_object();
	ns_put_number(now, "monotonic", seconds_of(CLOCK_MONOTONIC));
	ns_put_number(now, "boottime", seconds_of(CLOCK_BOOTTIME));
	json_object_object_add(*result, "now", now);
	return STATUS_DONE;
}

/* By how much our own clock is off, as what we write counts from the kernel's. */
static int64_t our_offset(const char *clock)
{
	CLEANUP_FREE char *text = procfs_read(OFFSETS);
	CLEANUP_JSON struct json_object *offset = json_object_new_object();
	int64_t seconds;

	put_offset(offset, text ? text : "", clock);
	seconds = ns_get_number(ns_get(offset, clock), "seconds");
	return seconds;
}

static int set_offset(const struct json_object *time, const char *name,
		      clockid_t clock, bool same_boot)
{
	struct json_object *offset = ns_get(time, name);
	int64_t seconds = ns_get_number(offset, "seconds");
	int64_t nanoseconds = ns_get_number(offset, "nanoseconds");
	char line[128];

	if (!same_boot) {
		seconds = ns_get_number(ns_get(time, "now"), name) -
			  (seconds_of(clock) - our_offset(name));
		nanoseconds = 0;
	}
	snprintf(line, sizeof(line), "%s %" PRId64 " %" PRId64 "\n", name,
		 seconds, nanoseconds);
	return procfs_write(OFFSETS, line);
}

int ns_time_restore(const struct json_object *time, bool same_boot)
{
	int err = set_offset(time, "monotonic", CLOCK_MONOTONIC, same_boot);

	return err ? err : set_offset(time, "boottime", CLOCK_BOOTTIME,
				      same_boot);
}
