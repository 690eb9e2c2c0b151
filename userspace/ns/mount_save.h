/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_SAVE_H
#define NS_MOUNT_SAVE_H

#include <json-c/json.h>
#include <sys/types.h>

/* The mount table as process @pid sees it.  Returns the exit status. */
int ns_mount_save(pid_t pid, struct json_object **mounts);

#endif /* NS_MOUNT_SAVE_H */
