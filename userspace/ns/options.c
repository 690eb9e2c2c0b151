// SPDX-License-Identifier: GPL-2.0
/*
 * Choosing kinds of namespaces.
 */
#include <unistd.h>

#include "ns/options.h"

void ns_options_take(struct ns_options *options, int code)
{
	enum ns_kind kind;

	if (code == 'a')
		options->all = true;
	for (kind = 0; kind < NS_KINDS; kind++)
		if (code == ns_kinds[kind].letter)
			options->flags |= ns_kinds[kind].flag;
}

bool ns_options_have(const struct ns_options *options, enum ns_kind kind)
{
	return options->all || !options->flags ||
	       options->flags & ns_kinds[kind].flag;
}

void ns_options_apply(const struct ns_options *options, struct ns_set *set)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		if (set->fd[kind] < 0 || ns_options_have(options, kind))
			continue;
		close(set->fd[kind]);
		set->fd[kind] = -1;
	}
}
