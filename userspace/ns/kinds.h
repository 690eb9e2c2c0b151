/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_KINDS_H
#define NS_KINDS_H

/* In the order in which people look at them: who owns comes before what is owned. */
enum ns_kind {
	NS_USER,
	NS_MNT,
	NS_PID,
	NS_UTS,
	NS_IPC,
	NS_NET,
	NS_CGROUP,
	NS_TIME,
	NS_KINDS,
};

/*
 * struct ns_kind_info - a kind of namespace
 *
 * @name: in /proc/PID/ns, in our files, and in what we print
 * @flag: for clone, unshare and setns
 * @option: of nsenter and unshare, and ours; @letter its short form
 * @text: what people call it
 */
struct ns_kind_info {
	const char *name;
	int flag;
	const char *option;
	char letter;
	const char *text;
};

extern const struct ns_kind_info ns_kinds[NS_KINDS];

/* The kind of that name, NS_KINDS if there is none. */
enum ns_kind ns_kind_by_name(const char *name);

#endif /* NS_KINDS_H */
