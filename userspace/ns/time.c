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

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/time.h"

#define OFFSETS	"/proc/self/timens_offsets"

static struct ns_clock offset_in(const char *text, const char *clock)
{
	struct ns_clock offset = { 0 };
	const char *at = strstr(text, clock);

	if (at)
		sscanf(at + strlen(clock), "%" SCNd64 " %" SCNd64,
		       &offset.seconds, &offset.nanoseconds);
	return offset;
}

static void put_offset(struct json_object *object, const char *text,
		       const char *clock)
{
	struct json_object *value = json_object_new_object();
	struct ns_clock offset = offset_in(text, clock);

	ns_put_number(value, "seconds", offset.seconds);
	ns_put_number(value, "nanoseconds", offset.nanoseconds);
	json_object_object_add(object, clock, value);
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

	return offset_in(text ? text : "", clock).seconds;
}

/* @showed: what it did when it was saved, on another boot; NULL: on this one */
static int set_offset(struct ns_clock offset, const char *name,
		      clockid_t clock, const int64_t *showed)
{
	char line[128];

	if (showed)
		offset = (struct ns_clock){
			.seconds = *showed -
				   (seconds_of(clock) - our_offset(name)),
		};
	snprintf(line, sizeof(line), "%s %" PRId64 " %" PRId64 "\n", name,
		 offset.seconds, offset.nanoseconds);
	return procfs_write(OFFSETS, line);
}

int ns_time_restore(const struct ns_file_time *time, bool same_boot)
{
	return set_offset(time->monotonic, "monotonic", CLOCK_MONOTONIC,
			  same_boot ? NULL : &time->now.monotonic) ?:
	       set_offset(time->boottime, "boottime", CLOCK_BOOTTIME,
			  same_boot ? NULL : &time->now.boottime);
}
