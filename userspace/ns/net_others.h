/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NET_OTHERS_H
#define NS_NET_OTHERS_H

#include <json-c/json.h>

/*
 * What a network namespace may have that is neither saved nor made: policy rules, packet
 * filters and so on.  Only that it has others than a new one is noted.
 */

/*
 * How many our network namespace has, in @counts: {what people call them: number}.  Returns
 * 0 or -errno.
 */
int ns_net_others_read(struct json_object *counts);

/* Put into @net, as "others", those of which there are not as many @here as in a @new one. */
void ns_net_others_save(struct json_object *net, const struct json_object *here,
			const struct json_object *new);

#endif /* NS_NET_OTHERS_H */
