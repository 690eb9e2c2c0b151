/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_OPTIONS_H
#define NS_OPTIONS_H

#include "ns/kinds.h"
#include "ns/set.h"

/*
 * The options that choose kinds of namespaces, by the names that nsenter and
 * unshare have for them.  Without any, or with --all, all are chosen.
 */
#define NS_OPTIONS						\
	{ "all", no_argument, NULL, 'a' },			\
	{ "mount", no_argument, NULL, 'm' },			\
	{ "uts", no_argument, NULL, 'u' },			\
	{ "ipc", no_argument, NULL, 'i' },			\
	{ "net", no_argument, NULL, 'n' },			\
	{ "pid", no_argument, NULL, 'p' },			\
	{ "cgroup", no_argument, NULL, 'C' },			\
	{ "user", no_argument, NULL, 'U' },			\
	{ "time", no_argument, NULL, 'T' }

#define NS_OPTIONS_LETTERS	"amuinpCUT"

#define NS_OPTIONS_HELP						\
"  -a, --all                 all namespaces, as without any of these:\n"	\
"  -m, --mount  -u, --uts  -i, --ipc  -n, --net  -p, --pid  -C, --cgroup\n"	\
"  -U, --user   -T, --time   only these\n"

/* struct ns_options - the flags of the kinds that are chosen, 0 is all */
struct ns_options {
	int flags;
	bool all;
};

/* Take an option; others are let pass. */
void ns_options_take(struct ns_options *options, int code);

bool ns_options_have(const struct ns_options *options, enum ns_kind kind);

/* Close in @set what is not chosen. */
void ns_options_apply(const struct ns_options *options, struct ns_set *set);

#endif /* NS_OPTIONS_H */
