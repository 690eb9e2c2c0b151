// SPDX-License-Identifier: GPL-2.0
/* The reference, and the check against it that tests and fuzzer share. */
#include <stdio.h>

#include "../../module/match.h"
#include "naive.h"

int shim_fail_after = -1;

/* The next component of *path, its length, or NULL; "" and "." are none. */
static const char *naive_component(const char **path, size_t *len)
{
	const char *start;

	for (;;) {
		while (**path == '/')
			(*path)++;
		if (!**path)
			return NULL;
		start = *path;
		while (**path && **path != '/')
			(*path)++;
		*len = *path - start;
		if (*len != 1 || *start != '.')
			return start;
	}
}

bool naive_matches(const char *prefix, const char *name, size_t *covered)
{
	const char *at = name, *want, *have;
	size_t want_len, have_len;

	*covered = 0;
	while ((want = naive_component(&prefix, &want_len))) {
		have = naive_component(&at, &have_len);
		if (!have || have_len != want_len ||
		    memcmp(want, have, want_len))
			return false;
		*covered = at - name;
	}
	return true;
}

static void naive_fail(const char *what, const char * const *rules,
		       unsigned int nr, const char *name, u32 got, u32 want)
{
	unsigned int i;

	fprintf(stderr, "%s: name \"%s\": table says %u, reference %u\n", what,
		name, got, want);
	for (i = 0; i < nr; i++)
		fprintf(stderr, "  %u: \"%s\" -> \"%s\"\n", i, rules[2 * i],
			rules[2 * i + 1]);
	abort();
}

void naive_check(const char * const *rules, unsigned int nr, const char *name)
{
	u32 i, got, want = PV_NO_RULE;
	struct pv_table *table;
	struct pv_draft draft;
	size_t covered = 0, seen;
	const char *rest, *why;

	pv_draft_init(&draft);
	for (i = 0; i < nr; i++) {
		if (pv_draft_add(&draft, rules[2 * i], rules[2 * i + 1], &why))
			abort();
		if (want == PV_NO_RULE &&
		    naive_matches(rules[2 * i], name, &seen)) {
			want = i;
			covered = seen;
		}
	}

	table = pv_table_build(&draft);
	if (!table)
		abort();
	got = pv_table_match(table, name, &rest);
	if (got != want)
		naive_fail("rule", rules, nr, name, got, want);
	if (got != PV_NO_RULE && rest != name + covered)
		naive_fail("rest", rules, nr, name, rest - name, covered);
	pv_table_free(table);
	pv_draft_clear(&draft);
}
