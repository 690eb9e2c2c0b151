// SPDX-License-Identifier: GPL-2.0
/* The reference, and the check against it that tests and fuzzer share. */
#include <stdio.h>

#include "../../module/rules/draft.h"
#include "../../module/rules/path.h"
#include "../../module/rules/reverse_match.h"
#include "../../module/rules/table.h"
#include "../../module/rules/trie_match.h"
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

/* The first rule that matches @name and how much of it, or PV_NO_RULE. */
static u32 naive_first(const char * const *rules, unsigned int nr,
		       const char *name, size_t *covered)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (naive_matches(rules[2 * i], name, covered))
			return i;
	*covered = 0;
	return PV_NO_RULE;
}

struct pv_table *naive_table(struct pv_draft *draft)
{
	struct pv_table *table = pv_table_build(draft);

	pv_draft_clear(draft);
	if (IS_ERR(table))
		abort();
	return table;
}

static struct pv_table *naive_rules(const char * const *rules, unsigned int nr)
{
	struct pv_draft draft;
	const char *why;
	u32 i;

	pv_draft_init(&draft);
	for (i = 0; i < nr; i++)
		if (pv_draft_add(&draft, rules[2 * i], rules[2 * i + 1], &why))
			abort();
	return naive_table(&draft);
}

void naive_check(const char * const *rules, unsigned int nr, const char *name)
{
	struct pv_table *table = naive_rules(rules, nr);
	const char *rest;
	size_t covered;
	u32 got, want;

	want = naive_first(rules, nr, name, &covered);
	got = pv_table_match(table, name, &rest);
	if (got != want)
		naive_fail("rule", rules, nr, name, got, want);
	if (got != PV_NO_RULE && rest != name + covered)
		naive_fail("rest", rules, nr, name, rest - name, covered);
	if (want != PV_NO_RULE && pv_table_misses(table, name))
		naive_fail("misses", rules, nr, name, true, false);
	if (!!pv_path_dots(name) != pv_path_scan(name))
		naive_fail("dots", rules, nr, name, pv_path_scan(name),
			   !pv_path_scan(name));
	pv_table_free(table);
}

/* How many components, to tell a path from one strictly above it. */
static size_t naive_depth(const char *path)
{
	size_t depth = 0, len;

	while (naive_component(&path, &len))
		depth++;
	return depth;
}

/* Does rule @i name @real? */
static bool naive_reverse_by(const char * const *rules, unsigned int nr, u32 i,
			     const char *real, char *virtual)
{
	char original[PATH_MAX], new[PATH_MAX];
	size_t covered;

	strcpy(original, rules[2 * i]);
	strcpy(new, rules[2 * i + 1]);
	pv_path_normalise(original);
	pv_path_normalise(new);
	if (!strcmp(original, new) || !naive_matches(new, real, &covered))
		return false;
	strcpy(virtual, original);
	strcat(virtual, real + covered);
	return naive_first(rules, nr, virtual, &covered) == i;
}

/* Which rule names @real, by all of them in turn. */
static u32 naive_reverse(const char * const *rules, unsigned int nr,
			 const char *real, char *virtual)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (naive_reverse_by(rules, nr, i, real, virtual))
			return i;
	return PV_NO_RULE;
}

/* Does some NEW cover another one? */
static bool naive_overlap(const char * const *rules, unsigned int nr)
{
	size_t covered;
	u32 i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < nr; j++)
			if (i != j && naive_matches(rules[2 * i + 1],
						    rules[2 * j + 1], &covered))
				return true;
	return false;
}

static void naive_check_reverse_by(const char * const *rules, unsigned int nr,
				   const struct pv_table *table,
				   const char *name, const char *real)
{
	char virtual[2 * PATH_MAX], wanted[2 * PATH_MAX];
	bool got, want;
	u32 i;

	for (i = 0; i < nr; i++) {
		want = naive_reverse_by(rules, nr, i, real, wanted);
		got = pv_table_reverse_by(table, i, real, virtual,
					  sizeof(virtual));
		if (got != want || (got && strcmp(virtual, wanted)))
			naive_fail("reverse by one", rules, nr, name, got, want);
	}
	if (pv_table_reverse_by(table, nr, real, virtual, sizeof(virtual)))
		naive_fail("reverse by none", rules, nr, name, true, false);
	got = table->overlap;
	want = naive_overlap(rules, nr);
	if (got != want)
		naive_fail("overlap", rules, nr, name, got, want);
}

/* @rule gives @real the name @wanted, or there is none. */
static void naive_check_reverse_there(const char * const *rules, unsigned int nr,
				      const struct pv_table *table, const char *name,
				      const char *real, u32 rule, const char *wanted)
{
	char buf[3 * PATH_MAX], *at = buf + PATH_MAX, *there;

	if (table->overlap || !*real)
		return;
	strcpy(at, real);
	there = pv_table_reverse_there(table, at, PATH_MAX);
	if (rule == PV_NO_RULE ? there && strcmp(there, real) :
	    table->rules[rule].original_len && (!there || strcmp(there, wanted)))
		naive_fail("reverse there", rules, nr, name, there - at, rule);
	strcpy(buf, real);
	there = pv_table_reverse_there(table, buf, 0);
	if (there && (there < buf ||
		      strcmp(there, rule == PV_NO_RULE ? real : wanted)))
		naive_fail("reverse there, no room", rules, nr, name, there - buf,
			   rule);
}

/* Is @path, or what it lies under, an ORIGINAL or a NEW, or above an ORIGINAL? */
static bool naive_concerns(const char * const *rules, unsigned int nr,
			   const char *path)
{
	size_t covered;
	u32 i;

	for (i = 0; i < nr; i++)
		if (naive_matches(rules[2 * i], path, &covered) ||
		    naive_matches(rules[2 * i + 1], path, &covered) ||
		    naive_matches(path, rules[2 * i], &covered))
			return true;
	return false;
}

void naive_check_reverse(const char * const *rules, unsigned int nr,
			 const char *name)
{
	struct pv_table *table = naive_rules(rules, nr);
	char virtual[2 * PATH_MAX], wanted[2 * PATH_MAX], real[PATH_MAX];
	bool below = false;
	u32 got, want, limit;
	size_t covered;

	strcpy(real, name);
	pv_path_normalise(real);
	want = naive_reverse(rules, nr, real, wanted);
	got = pv_table_reverse(table, real, virtual, sizeof(virtual));
	/* With so many rules it need not be the first, but never a wrong one. */
	if (got != want && nr > PV_REVERSE_TRIES &&
	    (got == PV_NO_RULE ||
	     naive_reverse_by(rules, nr, got, real, wanted)))
		want = got;
	if (got != want || (got != PV_NO_RULE && strcmp(virtual, wanted)))
		naive_fail("reverse", rules, nr, name, got, want);
	naive_check_reverse_there(rules, nr, table, name, real, want, wanted);

	naive_check_reverse_by(rules, nr, table, name, real);

	got = pv_table_concerns(table, real);
	if (got != naive_concerns(rules, nr, real))
		naive_fail("concerns", rules, nr, name, got, !got);

	for (limit = 0; limit <= nr; limit++) {
		got = pv_table_has_below(table, real, limit);
		if (got != below)
			naive_fail("below", rules, nr, name, got, below);
		below |= limit < nr &&
			 naive_matches(real, rules[2 * limit], &covered) &&
			 naive_depth(rules[2 * limit]) > naive_depth(real);
	}
	pv_table_free(table);
}
