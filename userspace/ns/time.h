/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_TIME_H
#define NS_TIME_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ns/file.h"

/* For ns_inside(): the offsets of the clocks, and what they show. */
int ns_time_save(void *data, struct json_object **result);

/*
 * Set the offsets of a time namespace that we made and nobody is in yet.  On the
 * boot on which they were saved they are the same; on another, such that each
 * clock goes on from where it was.  Returns 0 or -errno.
 */
int ns_time_restore(const struct ns_file_time *time, bool same_boot);

#endif /* NS_TIME_H */
