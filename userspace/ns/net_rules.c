// SPDX-License-Identifier: GPL-2.0
/*
 * Policy rules of routing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ns/file.h"
#include "ns/net_rules.h"
#include "ns/report.h"

/* ---- In hex ---- */

static const char digits[] = "0123456789abcdef";

static char *to_hex(const unsigned char *bytes, size_t length)
{
	char *text = malloc(2 * length + 1);
	size_t i;

	for (i = 0; text && i < length; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return text;
}

/* Of what is no rule by its length, NULL with EINVAL. */
static unsigned char *from_hex(const char *text, size_t *length)
{
	unsigned char *bytes;
	size_t i;

	*length = strlen(text) / 2;
	if (strlen(text) % 2 || *length < sizeof(struct fib_rule_hdr) ||
	    strspn(text, digits) != strlen(text)) {
		errno = EINVAL;
		return NULL;
	}
	bytes = malloc(*length);
	for (i = 0; bytes && i < *length; i++)
		bytes[i] = (strchr(digits, text[2 * i]) - digits) << 4 |
			   (strchr(digits, text[2 * i + 1]) - digits);
	return bytes;
}

static bool has(struct json_object *rules, const char *rule)
{
	size_t i, count = rules ? json_object_array_length(rules) : 0;

	for (i = 0; i < count; i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(rules, i)),
			    rule))
			return true;
	return false;
}

/* ---- Saving ---- */

/* struct reading - what is read; @err: for lack of memory */
struct reading {
	struct json_object *rules;
	int err;
};

/* The other flags are what the kernel has found out. */
static int take_rule(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct fib_rule_hdr *rule = nlmsg_data(header);
	struct reading *reading = arg;
	CLEANUP_FREE char *text = NULL;

	rule->flags &= FIB_RULE_INVERT;
	text = to_hex(nlmsg_data(header), nlmsg_datalen(header));
	if (text)
		json_object_array_add(reading->rules,
				      json_object_new_string(text));
	else
		reading->err = -ENOMEM;
	return NL_OK;
}

/*
 * A kernel that does not know rules has none.  Any other failure is one: who took it for
 * none would take the rules of a new namespace away later.
 */
int ns_net_rules_read(struct json_object *rules)
{
	struct reading reading = { .rules = rules };
	struct nl_sock *sock = nl_socket_alloc();
	struct fib_rule_hdr request = { 0 };
	int err;

	if (!sock)
		return -ENOMEM;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_rule,
			    &reading);
	err = nl_connect(sock, NETLINK_ROUTE) ?:
	      nl_send_simple(sock, RTM_GETRULE, NLM_F_DUMP, &request,
			     sizeof(request));
	if (err >= 0)
		err = nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	if (err >= 0 || err == -NLE_OPNOTSUPP)
		return reading.err;
	return err == -NLE_NOMEM ? -ENOMEM : -EIO;
}

void ns_net_rules_save(struct json_object *net, struct json_object *here,
		       struct json_object *new)
{
	if (!json_object_equal(here, new))
		json_object_object_add(net, "rules", json_object_get(here));
}

/* ---- Restoring ---- */

/* By its priority, as ip-rule(8) would have it; the first attribute that says it. */
static unsigned int priority_of(const unsigned char *bytes, size_t length)
{
	struct nlattr *attributes = (void *)(bytes + sizeof(struct fib_rule_hdr));
	struct nlattr *found = nla_find(attributes,
					length - sizeof(struct fib_rule_hdr),
					FRA_PRIORITY);

	return found && nla_len(found) == sizeof(uint32_t) ?
		       nla_get_u32(found) : 0;
}

static void change(struct nl_sock *sock, int type, const char *text,
		   struct json_object *report)
{
	size_t length;
	unsigned char *bytes = from_hex(text, &length);
	int err = bytes ? 0 : errno == EINVAL ? -NLE_INVAL : -NLE_NOMEM;

	if (bytes)
		err = nl_send_simple(sock, type,
				     type == RTM_NEWRULE ? NLM_F_CREATE : 0,
				     bytes, length);
	if (err >= 0)
		err = nl_wait_for_ack(sock);
	if (err < 0)
		ns_report_add(report, "net", "the policy rule of priority %u cannot be %s: %s",
			      bytes ? priority_of(bytes, length) : 0,
			      type == RTM_NEWRULE ? "made" : "removed",
			      nl_geterror(err));
	free(bytes);
}

/* All of @rules that are not in @others; their order matters where priorities are equal. */
static void change_all(struct nl_sock *sock, int type, struct json_object *rules,
		       struct json_object *others, struct json_object *report)
{
	size_t i;

	for (i = 0; i < json_object_array_length(rules); i++) {
		const char *text =
			json_object_get_string(json_object_array_get_idx(rules, i));

		if (!has(others, text))
			change(sock, type, text, report);
	}
}

static struct json_object *array_of(const struct ns_words *words)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < words->count; i++)
		json_object_array_add(array, json_object_new_string(words->word[i]));
	return array;
}

void ns_net_rules_set(const struct ns_net *net, struct json_object *report)
{
	struct json_object *saved, *here;
	struct nl_sock *sock;
	int err;

	if (!net->rules.word)
		return;
	saved = array_of(&net->rules);
	here = json_object_new_array();
	sock = nl_socket_alloc();
	err = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
	if (!err && ns_net_rules_read(here))
		err = -NLE_FAILURE;
	if (err) {
		ns_report_add(report, "net", "policy rules cannot be made: %s",
			      nl_geterror(err));
	} else {
		change_all(sock, RTM_NEWRULE, saved, here, report);
		change_all(sock, RTM_DELRULE, here, saved, report);
	}
	nl_socket_free(sock);
	json_object_put(here);
	json_object_put(saved);
}
