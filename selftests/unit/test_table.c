// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of module/rules/table.c: which rule a name meets, what a rule may say,
 * and that a failed allocation loses nothing.  Run under ASan and UBSan.
 */
#include <stdio.h>

#include "../../module/rules/below.h"
#include "../../module/rules/draft.h"
#include "../../module/rules/path.h"
#include "../../module/rules/reverse_match.h"
#include "../../module/rules/table.h"
#include "../../module/rules/trie_match.h"
#include "naive.h"

#define MAX_RULES	12
#define MAX_PATH	64

static unsigned int nr_tests, nr_failed;

static void report(bool good, const char *name)
{
	nr_tests++;
	nr_failed += !good;
	printf("%sok %u %s\n", good ? "" : "not ", nr_tests, name);
}

/* A generator of our own, so that a seed means the same everywhere. */
static u64 seed;

static u32 draw(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

/* Few and similar components, so that prefixes nest and collide. */
static void draw_path(char *path, bool plain)
{
	static const char * const parts[] = {
		"a", "b", "aa", "ab", "abc", "\xff", "a.", ".a", "..a",
	};
	static const char * const noops[] = { "//", "/./", "///", "/././" };
	u32 components = draw(5), i;

	*path = '\0';
	for (i = 0; i < components; i++) {
		strcat(path, plain || draw(4) ? "/" : noops[draw(4)]);
		strcat(path, parts[draw(9)]);
	}
	if (!*path || !draw(6))
		strcat(path, draw(2) ? "/" : "/.");
}

static void test_random(u32 rounds)
{
	char paths[2 * MAX_RULES][MAX_PATH], name[MAX_PATH];
	const char *rules[2 * MAX_RULES];
	u32 i, round, names, nr;

	for (round = 0; round < rounds; round++) {
		nr = 1 + draw(MAX_RULES);
		for (i = 0; i < 2 * nr; i++) {
			draw_path(paths[i], false);
			rules[i] = paths[i];
		}
		for (names = 0; names < 20; names++) {
			draw_path(name, false);
			naive_check(rules, nr, name);
			naive_check_reverse(rules, nr, name);
		}
	}
	report(true, "T1_T2_T9_random_rules_and_names_as_the_reference");
}

/* What is @dir/@name to @table, and the same from where @dir ends? */
static bool same_from(const struct pv_table *table, const char *dir,
		      const char *name)
{
	struct pv_seek seek = pv_table_seek(table, dir);
	const char *rest = "", *rest_from = "";
	char path[2 * MAX_PATH];
	u32 rule;

	/* Who asks has found that no rule matches the directory. */
	if (pv_table_match(table, dir, &rest) != PV_NO_RULE)
		return true;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rule = pv_table_match(table, path, &rest);
	if (pv_table_match_from(table, seek, name, &rest_from) != rule ||
	    (rule != PV_NO_RULE && strcmp(rest, rest_from))) {
		printf("# match of %s from \"%s\"\n", name, dir);
		return false;
	}
	/* It is asked of names without ".." alone. */
	if (!pv_name_dots(name) && pv_seek_misses(table, seek, name) &&
	    (pv_path_normalise(path) < 0 || rule != PV_NO_RULE ||
	     pv_table_has_below(table, path, PV_NO_RULE))) {
		printf("# miss of %s from \"%s\"\n", name, dir);
		return false;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	/* That is only asked of names as they are normalised. */
	if (strlen(path) != (size_t)pv_path_normalise(path) ||
	    strcmp(path + strlen(dir) + 1, name))
		return true;
	if (pv_table_has_below(table, path, PV_NO_RULE) ==
	    pv_table_has_below_from(table, seek, name))
		return true;
	printf("# below %s from \"%s\"\n", name, dir);
	return false;
}

static void test_from(u32 rounds)
{
	char original[MAX_PATH], dir[MAX_PATH], name[MAX_PATH];
	struct pv_table *table;
	struct pv_draft draft;
	bool good = true;
	const char *why;
	u32 round, i;

	for (round = 0; round < rounds && good; round++) {
		pv_draft_init(&draft);
		for (i = 1 + draw(MAX_RULES); i--;) {
			draw_path(original, false);
			if (pv_draft_add(&draft, original, "/new", &why))
				abort();
		}
		table = pv_table_build(&draft);
		for (i = 0; i < 20; i++) {
			draw_path(dir, true);
			draw_path(name, draw(2));
			pv_path_normalise(dir);
			if (name[1 + strspn(name + 1, "/")])
				good &= same_from(table, dir, name + 1);
		}
		pv_table_free(table);
		pv_draft_clear(&draft);
	}
	report(good, "names_from_a_directory_as_from_the_root");
}

/* A table says what its draft does, and no draft that differs in a rule. */
static void test_says(u32 rounds)
{
	char original[MAX_PATH], new[MAX_PATH];
	struct pv_draft draft, other;
	struct pv_table *table;
	bool good = true;
	const char *why;
	u32 round, i, nr, odd;

	for (round = 0; round < rounds && good; round++) {
		pv_draft_init(&draft);
		pv_draft_init(&other);
		nr = 1 + draw(MAX_RULES);
		odd = draw(nr);
		for (i = 0; i < nr; i++) {
			draw_path(original, false);
			draw_path(new, false);
			if (pv_draft_add(&draft, original, new, &why))
				abort();
			if (i == odd)
				strcat(draw(2) ? original : new, "/odd");
			if (pv_draft_add(&other, original, new, &why))
				abort();
		}
		table = pv_table_build(&draft);
		good = pv_table_says(table, &draft) && !pv_table_says(table, &other);
		pv_table_free(table);
		pv_draft_clear(&draft);
		pv_draft_clear(&other);
	}
	report(good, "a_table_says_what_its_draft_does");
}

/* The least component behind @after that an ORIGINAL has in @dir, by trying them all. */
static const char *naive_next(char originals[][MAX_PATH], u32 nr, const char *dir,
			      const char *after, u32 *rule)
{
	static char least[MAX_PATH];
	char component[MAX_PATH];
	size_t len = strlen(dir);
	const char *rest;
	u32 i;

	*least = '\0';
	for (i = 0; i < nr; i++) {
		if (strncmp(originals[i], dir, len) || originals[i][len] != '/')
			continue;
		rest = originals[i] + len + 1;
		snprintf(component, sizeof(component), "%.*s",
			 (int)strcspn(rest, "/"), rest);
		if (strcmp(component, after) <= 0 ||
		    (*least && strcmp(component, least) > 0))
			continue;
		if (strcmp(component, least))
			*rule = PV_NO_RULE;
		if (*rule == PV_NO_RULE && !strchr(rest, '/'))
			*rule = i;
		strcpy(least, component);
	}
	return *least ? least : NULL;
}

/* The component @name of @dir is found by itself, too, and leads back to itself. */
static bool found_alone(const struct pv_table *table, struct pv_spot spot,
			const char *dir, const char *name,
			const struct pv_below *below)
{
	size_t len = strlen(dir), n = strlen(name);
	struct pv_below alone;
	const char *any;

	if (!pv_below_find(table, spot, name, n, &alone) ||
	    alone.rule != below->rule || alone.any != below->any)
		return false;
	any = table->rules[below->any].original;
	return !strncmp(any, dir, len) && any[len] == '/' &&
	       !strncmp(any + len + 1, name, n) && strchr("/", any[len + 1 + n]);
}

/* May the directory have what it has? */
static bool may_have(const struct pv_table *table, const char *dir)
{
	const char *name = strrchr(dir, '/');

	return !name || pv_parents_may_have(table, name + 1, strlen(name + 1));
}

/* Go through a directory, both ways. */
static bool same_listing(const struct pv_table *table, char originals[][MAX_PATH],
			 u32 nr, const char *dir)
{
	char after[NAME_MAX + 1] = "", name[NAME_MAX + 1] = "";
	struct pv_below below;
	struct pv_spot spot;
	const char *next;
	u32 naive_rule;
	bool any = pv_below_begin(table, dir, &spot);

	for (;;) {
		next = naive_next(originals, nr, dir, after, &naive_rule);
		if (!any || !pv_below_next(table, spot, name, &below))
			return !next;
		if (!next || strcmp(next, name) || below.rule != naive_rule) {
			printf("# behind \"%s\" in %s: %s by %u, not %s by %u\n", after,
			       dir, name, below.rule, next ?: "nothing", naive_rule);
			return false;
		}
		if (!found_alone(table, spot, dir, name, &below) ||
		    !may_have(table, dir)) {
			printf("# %s/%s is found by %u\n", dir, name, below.any);
			return false;
		}
		strcpy(after, name);
	}
}

static void test_listing(u32 rounds)
{
	char originals[MAX_RULES][MAX_PATH], dir[MAX_PATH];
	struct pv_table *table;
	struct pv_draft draft;
	bool good = true;
	const char *why;
	u32 round, i, nr;

	for (round = 0; round < rounds && good; round++) {
		pv_draft_init(&draft);
		nr = 1 + draw(MAX_RULES);
		for (i = 0; i < nr; i++) {
			draw_path(originals[i], true);
			if (pv_draft_add(&draft, originals[i], "/new", &why))
				abort();
			pv_path_normalise(originals[i]);
		}
		table = pv_table_build(&draft);
		for (i = 0; i < 20; i++) {
			draw_path(dir, true);
			pv_path_normalise(dir);
			good &= same_listing(table, originals, nr, dir);
		}
		good &= same_listing(table, originals, nr, "");
		pv_table_free(table);
		pv_draft_clear(&draft);
	}
	report(good, "T15_directories_above_ORIGINALs_are_listed");
}

/* All rules that match, in their order, by naive_matches(). */
static bool same_trees(const struct pv_table *table, char (*originals)[MAX_PATH],
		       u32 nr, const char *path)
{
	bool good = true, hidden = false;
	size_t covered;
	u32 i, after = 0, match;

	for (i = 0; i < nr && good; i++) {
		if (!naive_matches(originals[i], path, &covered)) {
			good = !pv_table_leads(table, path, i);
			continue;
		}
		match = pv_table_match_after(table, path, after);
		good = match == i && pv_table_leads(table, path, i) == !hidden;
		hidden |= !table->rules[i].under;
		after = i + 1;
	}
	if (good)
		return pv_table_match_after(table, path, after) == PV_NO_RULE &&
		       pv_table_leads(table, path, PV_NO_RULE) == !hidden;
	printf("# %s: rule %u\n", path, i - 1);
	return false;
}

static void test_unions(u32 rounds)
{
	char originals[MAX_RULES][MAX_PATH], path[MAX_PATH];
	struct pv_table *table;
	struct pv_draft draft;
	bool good = true;
	const char *why;
	u32 round, i, nr;

	for (round = 0; round < rounds && good; round++) {
		pv_draft_init(&draft);
		nr = 1 + draw(MAX_RULES);
		for (i = 0; i < nr; i++) {
			draw_path(originals[i], true);
			if (pv_draft_add(&draft, originals[i], "/new", &why))
				abort();
			pv_path_normalise(originals[i]);
			/* One in a table at least. */
			if (!i || draw(4))
				pv_draft_under(&draft);
		}
		table = naive_table(&draft);
		for (i = 0; i < 20 && good; i++) {
			draw_path(path, true);
			pv_path_normalise(path);
			good = same_trees(table, originals, nr, path);
		}
		pv_table_free(table);
	}
	report(good, "T17_rules_behind_a_union_have_their_turn");
}

/* What no file can be called is passed over, and hides nothing. */
static void test_listing_too_long(void)
{
	char path[2 * NAME_MAX], name[NAME_MAX + 1] = "", longest[NAME_MAX + 1];
	struct pv_table *table;
	struct pv_below below;
	struct pv_draft draft;
	struct pv_spot spot;
	const char *why;
	bool good;

	pv_draft_init(&draft);
	memset(longest, 'b', NAME_MAX);
	longest[NAME_MAX] = '\0';
	snprintf(path, sizeof(path), "/d/a%s", longest);
	pv_draft_add(&draft, path, "/new", &why);
	snprintf(path, sizeof(path), "/d/%s", longest);
	pv_draft_add(&draft, path, "/new", &why);
	snprintf(path, sizeof(path), "/d/%sb/b", longest);
	pv_draft_add(&draft, path, "/new", &why);
	pv_draft_add(&draft, "/d/c", "/new", &why);
	table = pv_table_build(&draft);
	good = pv_below_begin(table, "/d", &spot) &&
	       pv_below_next(table, spot, name, &below) &&
	       !strcmp(name, longest) && below.rule == 1 &&
	       pv_below_next(table, spot, name, &below) && !strcmp(name, "c") &&
	       !pv_below_next(table, spot, name, &below);
	report(good, "T16_a_name_that_no_file_can_have_hides_none");
	pv_table_free(table);
	pv_draft_clear(&draft);
}

/* Every NEW says which rule it is; names are taken from the rules. */
static void test_many(u32 nr)
{
	struct pv_table *table;
	struct pv_draft draft;
	char path[MAX_PATH];
	const char *rest, *why;
	bool good = true;
	u32 i;

	pv_draft_init(&draft);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/home/user%u/data%u", i % 1000, i);
		if (pv_draft_add(&draft, path, "/new", &why))
			abort();
	}
	table = pv_table_build(&draft);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/home/user%u/data%u/x", i % 1000,
			 i);
		if (pv_table_match(table, path, &rest) != i ||
		    strcmp(rest, "/x"))
			good = false;
		/* One digit more is another component. */
		snprintf(path, sizeof(path), "/home/user%u/data%u_", i % 1000,
			 i);
		if (pv_table_match(table, path, &rest) != PV_NO_RULE)
			good = false;
	}
	pv_table_free(table);
	pv_draft_clear(&draft);
	report(good, "N3_a_hundred_thousand_rules");
}

static void test_normalise(void)
{
	static const struct {
		const char *path;
		int result;
		const char *normal;
	} cases[] = {
		{ "/", 0, "" }, { "//", 0, "" }, { "/.", 0, "" },
		{ "/a", 2, "/a" }, { "/a/", 2, "/a" }, { "/a//", 2, "/a" },
		{ "//a/./b/.", 4, "/a/b" }, { "/a/.b", 5, "/a/.b" },
		{ "/a/..b", 6, "/a/..b" }, { "/a/...", 6, "/a/..." },
		{ "", -EINVAL, NULL }, { "a", -EINVAL, NULL },
		{ "./a", -EINVAL, NULL }, { "/..", -ELOOP, NULL },
		{ "/a/../b", -ELOOP, NULL }, { "/a/..", -ELOOP, NULL },
	};
	bool good = true;
	char path[MAX_PATH];
	u32 i;
	int len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(path, cases[i].path);
		len = pv_path_normalise(path);
		if (len != cases[i].result ||
		    (len >= 0 && strcmp(path, cases[i].normal))) {
			printf("# \"%s\" gives %d \"%s\"\n", cases[i].path, len,
			       path);
			good = false;
		}
	}
	report(good, "rules_are_normalised_or_refused");
}

static void test_fold(void)
{
	static const char * const cases[][2] = {
		{ "/", "/" }, { "/..", "/" }, { "/a/..", "/" },
		{ "/a/../b", "/b" }, { "/a/b/../c", "/a/c" },
		{ "/a/b/../../c", "/c" }, { "/../../a", "/a" },
		{ "/a//../b", "/b" }, { "/a/./../b", "/b" },
		{ "/a/b/..", "/a" }, { "/a..", "/a.." }, { "/a/...", "/a/..." },
		{ "/a/b", "/a/b" }, { "/a//b/", "/a//b/" },
		{ "/.a/../b", "/b" }, { "/a./../b", "/b" },
	};
	bool good = true;
	char path[MAX_PATH];
	u32 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(path, cases[i][0]);
		pv_path_fold(path);
		if (strcmp(path, cases[i][1])) {
			printf("# \"%s\" gives \"%s\"\n", cases[i][0], path);
			good = false;
		}
	}
	report(good, "dots_are_folded_by_name");
}

static void test_length(void)
{
	char path[PATH_MAX + 1];
	struct pv_draft draft;
	const char *why = NULL;
	bool good;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	pv_draft_init(&draft);
	path[PATH_MAX] = '\0';
	good = pv_draft_add(&draft, path, "/a", &why) == -ENAMETOOLONG && why;
	why = NULL;
	good &= pv_draft_add(&draft, "/a", path, &why) == -ENAMETOOLONG && why;
	path[PATH_MAX - 1] = '\0';
	good &= !pv_draft_add(&draft, path, path, &why);
	pv_draft_clear(&draft);
	report(good, "T8_a_path_of_PATH_MAX_is_refused_one_byte_less_is_not");
}

/* Let each allocation fail in turn until all of it succeeds. */
static void test_no_memory(void)
{
	struct pv_table *table = ERR_PTR(-ENOMEM);
	struct pv_draft draft;
	const char *why;
	int n, err;

	for (n = 0; IS_ERR(table); n++) {
		pv_draft_init(&draft);
		shim_fail_after = n;
		err = pv_draft_add(&draft, "/a", "/b", &why);
		if (!err)
			err = pv_draft_add(&draft, "/a/b", "/c", &why);
		if (!err)
			table = pv_table_build(&draft);
		shim_fail_after = -1;
		pv_draft_clear(&draft);
	}
	pv_table_free(table);
	report(n == 7, "T8_each_failed_allocation_is_reported_and_leaks_nothing");
}

/* A table of @nr rules that are written by @write. */
static struct pv_table *build(u32 nr, void (*write)(u32 i, char *original,
						    char *new))
{
	char original[PATH_MAX], new[PATH_MAX];
	struct pv_draft draft;
	const char *why;
	u32 i;

	pv_draft_init(&draft);
	for (i = 0; i < nr; i++) {
		write(i, original, new);
		if (pv_draft_add(&draft, original, new, &why))
			abort();
	}
	return naive_table(&draft);
}

/* How many rules have to be tried for what lies in the NEW of @rule. */
static u32 chain(const struct pv_table *table, u32 rule)
{
	u32 nr = 0;

	for (; rule != PV_NO_RULE; rule = table->rules[rule].same_new)
		nr++;
	return nr;
}

static void write_one_new(u32 i, char *original, char *new)
{
	sprintf(original, "/home/user%u", i);
	strcpy(new, "/new");
}

static void test_one_new(u32 nr)
{
	struct pv_table *table = build(nr, write_one_new);
	char virtual[PATH_MAX];
	bool good = chain(table, 0) == 1 && table->overlap;

	good &= pv_table_reverse(table, "/new/f", virtual, PATH_MAX) == 0 &&
		!strcmp(virtual, "/home/user0/f");
	pv_table_free(table);
	report(good, "W5_a_hundred_thousand_rules_with_one_NEW_cost_one_look");
}

#define HOSTILE	50000

/* The first half hides all that the second half could call /new/x. */
static void write_hostile(u32 i, char *original, char *new)
{
	if (i < HOSTILE) {
		sprintf(original, "/o%u/x", i);
		sprintf(new, "/hidden%u", i);
	} else {
		sprintf(original, "/o%u", i - HOSTILE);
		strcpy(new, "/new");
	}
}

/* Which name it is does not matter: never a wrong one. */
static void test_hostile(void)
{
	struct pv_table *table = build(2 * HOSTILE, write_hostile);
	char virtual[PATH_MAX];
	bool good;

	good = pv_table_reverse(table, "/new/x/f", virtual, PATH_MAX) ==
	       PV_NO_RULE;
	good &= pv_table_reverse(table, "/new/y", virtual, PATH_MAX) ==
		HOSTILE && !strcmp(virtual, "/o0/y");
	pv_table_free(table);
	report(good, "W5_a_name_is_looked_for_among_some_rules_and_never_a_wrong_one");
}

/* Paths as long as can be that differ in their last bytes only. */
static void write_long(u32 i, char *original, char *new)
{
	memset(original, 'x', 4000);
	for (u32 at = 0; at < 4000; at += 2)
		original[at] = '/';
	sprintf(original + 4000, "/%u", i);
	strcpy(new, original);
	new[1] = 'y';
}

static void test_long(u32 nr)
{
	struct pv_table *table = build(nr, write_long);
	char original[PATH_MAX], new[PATH_MAX], virtual[PATH_MAX];
	bool good = true;
	const char *rest;
	u32 i;

	for (i = 0; i < nr; i++) {
		write_long(i, original, new);
		if (pv_table_match(table, original, &rest) != i || *rest ||
		    pv_table_reverse(table, new, virtual, PATH_MAX) != i ||
		    strcmp(virtual, original))
			good = false;
	}
	pv_table_free(table);
	report(good, "W5_thousands_of_rules_of_four_thousand_bytes");
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	printf("TAP version 13\n1..14\n# %u rounds, seed %llu\n", rounds,
	       (unsigned long long)seed);
	test_normalise();
	test_fold();
	test_length();
	test_no_memory();
	test_random(rounds);
	test_from(20000);
	test_listing(20000);
	test_listing_too_long();
	test_unions(20000);
	test_many(100000);
	test_one_new(100000);
	test_hostile();
	test_long(6000);
	test_says(2000);
	return nr_failed ? 1 : 0;
}
