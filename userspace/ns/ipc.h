/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_IPC_H
#define NS_IPC_H

#include <json-c/json.h>

/* For ns_inside(): the limits of an IPC namespace, and how much is in it. */
int ns_ipc_save(void *data, struct json_object **result);

/* Likewise: set the limits in struct ns_settings, and report what could not be set. */
int ns_ipc_restore(void *data, struct json_object **result);

#endif /* NS_IPC_H */
