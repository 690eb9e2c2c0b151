/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_UTS_H
#define NS_UTS_H

#include <json-c/json.h>

/*
 * For ns_inside(): give back the names of the machine; or set them, from a struct ns_uts,
 * and report what could not be set.
 */
int ns_uts_save(void *data, struct json_object **result);
int ns_uts_restore(void *data, struct json_object **result);

#endif /* NS_UTS_H */
