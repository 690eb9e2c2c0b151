// SPDX-License-Identifier: GPL-2.0
/*
 * T1 to T4: where a name leads.
 *
 * Names are written with a "B" in place of the test's own directory.  Each file
 * of a tree holds its own name, so what is read says where a name led.
 */
#include "testing.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

FIXTURE(names)
{
	char *base;
};

FIXTURE_SETUP(names)
{
	self->base = pvt_tree_new();
}

FIXTURE_TEARDOWN(names)
{
	pvt_tree_free(self->base);
}

/**
 * struct expectation - where a name is to lead
 *
 * @name: the name
 * @file: the file it opens, or NULL
 * @err: the errno it fails with, if there is no file
 */
struct expectation {
	const char *name;
	const char *file;
	int err;
};

struct answer {
	int err;
	char text[256];
};

struct questions {
	const char *base;
	const struct expectation *list;
	size_t nr;
	struct answer *answers;
};

static void ask(void *arg)
{
	struct questions *questions = arg;
	struct answer *answer;
	char *name;
	size_t i;

	for (i = 0; i < questions->nr; i++) {
		answer = &questions->answers[i];
		name = pvt_expand(questions->base, questions->list[i].name);
		if (pvt_read(name, answer->text, sizeof(answer->text)) < 0)
			answer->err = errno;
		free(name);
	}
}

static void expect(struct __test_metadata *_metadata, const char *base,
		   const struct pvt_rule *rules, size_t nr_rules,
		   const struct expectation *list, size_t nr)
{
	struct questions questions = {
		.base = base,
		.list = list,
		.nr = nr,
		.answers = pvt_shared(nr * sizeof(struct answer)),
	};
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = pvt_expand_rules(base, rules, nr_rules),
		.nr = nr_rules,
		.body = ask,
		.arg = &questions,
	};
	struct answer *answer;
	size_t i;

	ASSERT_EQ(0, pvt_run(&job));
	for (i = 0; i < nr; i++) {
		answer = &questions.answers[i];
		EXPECT_EQ(list[i].file ? 0 : list[i].err, answer->err)
			TH_LOG("name %s", list[i].name);
		EXPECT_STREQ(list[i].file ?: "", answer->text)
			TH_LOG("name %s", list[i].name);
	}
	munmap(questions.answers, nr * sizeof(struct answer));
}

/* Rules, names and files, as tables that end with an empty row. */
FIXTURE(map)
{
	char *base;
};

FIXTURE_VARIANT(map)
{
	struct pvt_rule rules[8];
	const char *files[16];
	struct expectation names[24];
};

FIXTURE_SETUP(map)
{
	self->base = pvt_tree_new();
	pvt_plant(self->base, variant->files);
}

FIXTURE_TEARDOWN(map)
{
	pvt_tree_free(self->base);
}

FIXTURE_VARIANT_ADD(map, T1_component_boundary)
{
	.rules = { { "B/a/b", "B/new" } },
	.files = { "B/a/bc", "B/a/b.c", "B/a/c", "B/a/b\001", "B/a/B",
		   "B/a/b ", "B/a/bd/c", "B/new/c", "B/new/d/e" },
	.names = {
		{ "B/a/b/c", "B/new/c" },
		{ "B/a/b/d/e", "B/new/d/e" },
		{ "B/a/bc", "B/a/bc" },
		{ "B/a/b.c", "B/a/b.c" },
		{ "B/a/b\001", "B/a/b\001" },
		{ "B/a/B", "B/a/B" },
		{ "B/a/b ", "B/a/b " },
		{ "B/a/bd/c", "B/a/bd/c" },
		{ "B/a/c", "B/a/c" },
		{ "B/a/b", NULL, EISDIR },	/* B/new itself */
		{ "B/a/b/", NULL, EISDIR },
		{ "B/a/b/bc", NULL, ENOENT },
	},
};

FIXTURE_VARIANT_ADD(map, T1_original_is_a_file)
{
	.rules = { { "B/conf", "B/new/conf" }, { "B/x/y/z", "B/new/z" } },
	.files = { "B/conf", "B/conf.d", "B/new/conf", "B/new/z" },
	.names = {
		{ "B/conf", "B/new/conf" },
		{ "B/conf.d", "B/conf.d" },
		{ "B/conf/", NULL, ENOTDIR },
		{ "B/x/y/z", "B/new/z" },
		{ "B/x/y", NULL, EISDIR },	/* T15: a stand-in */
	},
};

FIXTURE_VARIANT_ADD(map, T1_root_may_be_original)
{
	.rules = { { "/", "B/root" } },
	.files = { "B/root/x", "B/root/d/x", "B/x" },
	.names = {
		{ "/x", "B/root/x" },
		{ "//x", "B/root/x" },
		{ "/./x", "B/root/x" },
		{ "/d/x", "B/root/d/x" },
		{ "/d/../x", "B/root/x" },
		{ "/../x", "B/root/x" },
		{ "/../../d//x", "B/root/d/x" },
		{ "/", NULL, EISDIR },
		{ "/..", NULL, EISDIR },
		{ "B/x", NULL, ENOENT },
		{ "B/root/x", NULL, ENOENT },
		{ "/etc/passwd", NULL, ENOENT },
	},
};

FIXTURE_VARIANT_ADD(map, T1_root_may_be_new)
{
	.rules = { { "B/all", "/" } },
	.files = { "B/x" },
	.names = {
		{ "B/all/etc/../etc/no.such.file", NULL, ENOENT },
		{ "B/all/proc/self/no.such.file", NULL, ENOENT },
		{ "B/all", NULL, EISDIR },
		{ "B/x", "B/x" },
	},
};

FIXTURE_VARIANT_ADD(map, T2_first_rule_wins_inner_first)
{
	.rules = { { "B/a/b", "B/n1" }, { "B/a", "B/n2" } },
	.files = { "B/n1/f", "B/n2/f", "B/n2/b/f" },
	.names = {
		{ "B/a/b/f", "B/n1/f" },
		{ "B/a/f", "B/n2/f" },
		{ "B/a/bb/f", NULL, ENOENT },
	},
};

FIXTURE_VARIANT_ADD(map, T2_first_rule_wins_outer_first)
{
	.rules = { { "B/a", "B/n2" }, { "B/a/b", "B/n1" } },
	.files = { "B/n1/f", "B/n2/f", "B/n2/b/f" },
	.names = {
		{ "B/a/b/f", "B/n2/b/f" },
		{ "B/a/f", "B/n2/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T2_first_of_equal_rules_wins)
{
	.rules = { { "B/a", "B/n1" }, { "B//a/", "B/n2" } },
	.files = { "B/n1/f", "B/n2/f" },
	.names = { { "B/a/f", "B/n1/f" } },
};

FIXTURE_VARIANT_ADD(map, T2_exception)
{
	.rules = { { "B/a/keep", "B/a/keep" }, { "B/a", "B/new" },
		   { "B/a/late", "B/a/late" } },
	.files = { "B/a/keep/f", "B/a/late/f", "B/new/f", "B/new/keep/f",
		   "B/new/late/f", "B/new/keeper/f" },
	.names = {
		{ "B/a/f", "B/new/f" },
		{ "B/a/keep/f", "B/a/keep/f" },
		{ "B/a/keeper/f", "B/new/keeper/f" },
		{ "B/a/late/f", "B/new/late/f" },
		{ "B/a/keep/../f", "B/new/f" },
		{ "B/a/../a/keep/f", "B/a/keep/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T3_into_itself)
{
	.rules = { { "B/a", "B/a/b" } },
	.files = { "B/a/f", "B/a/b/f", "B/a/b/b/f", "B/a/b/b/b/f" },
	.names = {
		{ "B/a/f", "B/a/b/f" },
		{ "B/a/b/f", "B/a/b/b/f" },
		{ "B/a/b/b/f", "B/a/b/b/b/f" },
		{ "B/a/f", "B/a/b/f" },
		{ "B/a/b/../f", "B/a/b/f" },
		{ "B/a/../a/f", "B/a/b/f" },
		{ "B/a/b/b/../../f", "B/a/b/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T3_out_of_itself)
{
	.rules = { { "B/a/b", "B/a" } },
	.files = { "B/a/f", "B/a/b/f", "B/a/b/b/f" },
	.names = {
		{ "B/a/b/f", "B/a/f" },
		{ "B/a/b/b/f", "B/a/b/f" },
		{ "B/a/f", "B/a/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T3_swap)
{
	.rules = { { "B/a", "B/b" }, { "B/b", "B/a" } },
	.files = { "B/a/f", "B/b/f", "B/a/only.a", "B/b/only.b" },
	.names = {
		{ "B/a/f", "B/b/f" },
		{ "B/b/f", "B/a/f" },
		{ "B/a/only.b", "B/b/only.b" },
		{ "B/b/only.a", "B/a/only.a" },
		{ "B/a/only.a", NULL, ENOENT },
		{ "B/a/../b/f", "B/a/f" },
		{ "B/b/../b/../a/f", "B/b/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T3_chain)
{
	.rules = { { "B/a", "B/b" }, { "B/b", "B/c" }, { "B/c", "B/d" } },
	.files = { "B/a/f", "B/b/f", "B/c/f", "B/d/f" },
	.names = {
		{ "B/a/f", "B/b/f" },
		{ "B/b/f", "B/c/f" },
		{ "B/c/f", "B/d/f" },
		{ "B/d/f", "B/d/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T3_dmtcp_1238)
{
	.rules = { { "B/q/w/e", "B/q/w/ee" }, { "B/q/w/ee", "B/q/w/eee" } },
	.files = { "B/q/w/e/f", "B/q/w/ee/f", "B/q/w/eee/f" },
	.names = {
		{ "B/q/w/e/f", "B/q/w/ee/f" },
		{ "B/q/w/ee/f", "B/q/w/eee/f" },
		{ "B/q/w/eee/f", "B/q/w/eee/f" },
	},
};

FIXTURE_VARIANT_ADD(map, T4_slashes_and_dots_change_nothing)
{
	.rules = { { "B/a/b", "B/new" } },
	.files = { "B/new/c", "B/new/d/e", "B/new/...", "B/new/..c",
		   "B/new/.c", "B/a/x" },
	.names = {
		{ "B//a/b/c", "B/new/c" },
		{ "B/a//b/c", "B/new/c" },
		{ "B/a/b//c", "B/new/c" },
		{ "B/./a/./b/./c", "B/new/c" },
		{ "B/a/b/./././c", "B/new/c" },
		{ "B///.//./a/.//b///d/.//e", "B/new/d/e" },
		{ "B/a/b/c/", NULL, ENOTDIR },
		{ "B/a/b/c/.", NULL, ENOTDIR },
		{ "B/a/b/...", "B/new/..." },
		{ "B/a/b/..c", "B/new/..c" },
		{ "B/a/b/.c", "B/new/.c" },
		{ "B/a/./x", "B/a/x" },
		{ "B/a/b/.", NULL, EISDIR },
		{ "B/a/b/./", NULL, EISDIR },
	},
};

FIXTURE_VARIANT_ADD(map, T4_dots_leave_original)
{
	.rules = { { "B/a/b", "B/far/new" } },
	.files = { "B/a/x", "B/far/x", "B/far/new/x", "B/x", "B/far/new/d/x",
		   "B/a/c/x" },
	.names = {
		{ "B/a/b/../x", "B/a/x" },
		{ "B/a/b/d/../x", "B/far/new/x" },
		{ "B/a/b/d/../../x", "B/a/x" },
		{ "B/a/b/../../x", "B/x" },
		{ "B/a/b/../b/x", "B/far/new/x" },
		{ "B/a/c/../b/x", "B/far/new/x" },
		{ "B/a/b/../c/x", "B/a/c/x" },
		{ "B/far/new/../x", "B/far/x" },
		{ "B/a/b/no/../x", NULL, ENOENT },
		{ "B/a/b/x/../x", NULL, ENOTDIR },
		{ "B/a/b/x/..", NULL, ENOTDIR },
		{ "B/a/b/..", NULL, EISDIR },
	},
};

FIXTURE_VARIANT_ADD(map, T8_odd_bytes)
{
	.rules = { { "B/\001\377\n \t=:;#\\\"'*?[", "B/new \xf0\x9f" },
		   { "B/\x80", "B/\xff" } },
	.files = { "B/new \xf0\x9f/\x01\x7f\xfe", "B/\xff/f",
		   "B/new \xf0\x9f/ ", "B/\x80g" },
	.names = {
		{ "B/\001\377\n \t=:;#\\\"'*?[/\x01\x7f\xfe",
		  "B/new \xf0\x9f/\x01\x7f\xfe" },
		{ "B/\001\377\n \t=:;#\\\"'*?[/ ", "B/new \xf0\x9f/ " },
		{ "B/\x80/f", "B/\xff/f" },
		{ "B/\x80g", "B/\x80g" },
	},
};

/* What procfs says is of the process that reads it, by whatever name. */
FIXTURE_VARIANT_ADD(map, T12_new_is_proc_self)
{
	.rules = {
		{ "B/virt", "/proc/self" },
		{ "B/thread", "/proc/thread-self" },
	},
	.files = { "B/f" },
	.names = {
		{ "B/virt/comm", "names\n" },
		{ "B/thread/comm", "names\n" },
		{ "B/virt/../f", "B/f" },
		{ "B/virt/task/../comm", "names\n" },
		{ "B/virt/f", NULL, ENOENT },
	},
};

FIXTURE_VARIANT_ADD(map, T12_proc_self_is_original)
{
	.rules = {
		{ "/proc/self/fd", "B/new" },
		{ "/proc/self", "B/new/d" },
	},
	.files = { "B/new/f", "B/new/d/f", "B/new/d/status" },
	.names = {
		{ "/proc/self/fd/f", "B/new/f" },
		{ "/proc/self/fd/0", NULL, ENOENT },
		{ "/proc/self/f", "B/new/d/f" },
		{ "/proc//self/./f", "B/new/d/f" },
		{ "/proc/self/status", "B/new/d/status" },
		{ "/proc/self/stat", NULL, ENOENT },
		{ "/proc/thread-self/comm", "names\n" },
		{ "/proc/selfish", NULL, ENOENT },
	},
};

FIXTURE_VARIANT_ADD(map, T12_dev_null_is_original)
{
	.rules = { { "/dev/null", "B/new/f" }, { "/dev/fd", "B/new" } },
	.files = { "B/new/f" },
	.names = {
		{ "/dev/null", "B/new/f" },
		{ "/dev/./null", "B/new/f" },
		{ "/dev/fd/f", "B/new/f" },
		{ "/dev/fd/0", NULL, ENOENT },
		{ "/dev/null/f", NULL, ENOTDIR },
	},
};

TEST_F(map, leads_where_it_should)
{
	size_t rules = 0, names = 0;

	while (rules < ARRAY_SIZE(variant->rules) &&
	       variant->rules[rules].original)
		rules++;
	while (names < ARRAY_SIZE(variant->names) && variant->names[names].name)
		names++;
	expect(_metadata, self->base, variant->rules, rules, variant->names,
	       names);
}

/* ---- T2: random lists of rules against the obvious matcher ---- */

#define RANDOM_LISTS	24
#define RANDOM_RULES	12
#define RANDOM_NAMES	100
#define RANDOM_TREES	6

static const char * const random_words[] = { "a", "b", "ab" };

/* A path of up to @depth words below @top. */
static char *random_path(const char *top, int depth)
{
	char *path = pvt_path("%s", top), *longer;

	for (depth = random() % (depth + 1); depth; depth--) {
		longer = pvt_path("%s/%s", path, random_words[random() % 3]);
		free(path);
		path = longer;
	}
	return path;
}

static void plant_words(const char *base, const char *top, int depth)
{
	const char *files[2] = { pvt_path("%s/f", top), NULL };
	size_t i;

	pvt_plant(base, files);
	for (i = 0; depth && i < ARRAY_SIZE(random_words); i++)
		plant_words(base, pvt_path("%s/%s", top, random_words[i]),
			    depth - 1);
}

/* What T1 and T2 say, word for word. */
static char *naive_translate(const struct pvt_rule *rules, size_t nr,
			     const char *name)
{
	size_t i, len;

	for (i = 0; i < nr; i++) {
		len = strlen(rules[i].original);
		if (!strncmp(rules[i].original, name, len) &&
		    (name[len] == '/' || !name[len]))
			return pvt_path("%s%s", rules[i].target, name + len);
	}
	return pvt_path("%s", name);
}

static void random_list(struct pvt_rule *rules)
{
	size_t i;

	for (i = 0; i < RANDOM_RULES; i++) {
		rules[i].original = random_path("B/o", 3);
		/* One in six is an exception. */
		rules[i].target = random() % 6 ?
			pvt_path("B/t%ld", random() % RANDOM_TREES) :
			rules[i].original;
	}
}

TEST_F_TIMEOUT(names, T2_random_lists_against_naive_matcher, 120)
{
	struct expectation names[RANDOM_NAMES];
	struct pvt_rule rules[RANDOM_RULES];
	int list, i;

	srandom(pvt_seed());
	plant_words(self->base, "B/o", 3);
	for (i = 0; i < RANDOM_TREES; i++)
		plant_words(self->base, pvt_path("B/t%d", i), 3);

	for (list = 0; list < RANDOM_LISTS; list++) {
		random_list(rules);
		for (i = 0; i < RANDOM_NAMES; i++) {
			names[i].name = pvt_path("%s/f", random_path("B/o", 3));
			names[i].file = naive_translate(rules, RANDOM_RULES,
							names[i].name);
			names[i].err = 0;
		}
		expect(_metadata, self->base, rules, RANDOM_RULES, names,
		       RANDOM_NAMES);
	}
}

/* ---- T3: once, however often, and when the walk has to begin again ---- */

struct hammer {
	const char *base;
	int rounds;
	int wrong;
};

static void hammer_names(void *arg)
{
	static const char * const names[][2] = {
		{ "B/a/q/f", "B/a/b/q/f" },
		{ "B/a/b/q/f", "B/a/b/b/q/f" },
	};
	struct hammer *hammer = arg;
	char *name[2], text[64];
	int i;

	name[0] = pvt_expand(hammer->base, names[0][0]);
	name[1] = pvt_expand(hammer->base, names[1][0]);
	for (i = 0; i < hammer->rounds; i++) {
		if (pvt_read(name[i % 2], text, sizeof(text)) < 0 ||
		    strcmp(text, names[i % 2][1]))
			hammer->wrong++;
	}
}

static const char * const itself_files[] = {
	"B/a/q/f", "B/a/b/q/f", "B/a/b/b/q/f", "B/a/b/b/b/q/f", NULL
};

static void hammer_itself(struct __test_metadata *_metadata, const char *base,
			  int rounds)
{
	struct pvt_rule rule = { "B/a", "B/a/b" };
	struct hammer *hammer = pvt_shared(sizeof(*hammer));
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = pvt_expand_rules(base, &rule, 1),
		.nr = 1,
		.body = hammer_names,
		.arg = hammer,
	};

	*hammer = (struct hammer){ .base = base, .rounds = rounds };
	ASSERT_EQ(0, pvt_run(&job));
	EXPECT_EQ(0, hammer->wrong);
}

TEST_F(names, T3_into_itself_10000_times)
{
	pvt_plant(self->base, itself_files);
	hammer_itself(_metadata, self->base, 10000);
}

/* Renames in the directories on the way, so that lockless walks fail. */
static pid_t start_renaming(const char *base)
{
	static const char * const dirs[] = { "B/a/b", "B/a/b/b" };
	char *from[2], *to[2];
	pid_t pid = fork();
	int i;

	if (pid)
		return pid;
	for (i = 0; i < 2; i++) {
		char *dir = pvt_expand(base, dirs[i]);

		from[i] = pvt_path("%s/x", dir);
		to[i] = pvt_path("%s/y", dir);
		if (mkdir(from[i], 0755))
			_exit(1);
	}
	for (;;) {
		for (i = 0; i < 2; i++)
			if (rename(from[i], to[i]) || rename(to[i], from[i]))
				_exit(1);
	}
}

TEST_F_TIMEOUT(names, T3_into_itself_while_walks_are_retried, 60)
{
	pid_t pid;
	int status;

	pvt_plant(self->base, itself_files);
	pid = start_renaming(self->base);
	hammer_itself(_metadata, self->base, 20000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ASSERT_TRUE(WIFSIGNALED(status));
}

/* ---- A large table ---- */

#define MANY_RULES	100000
#define MANY_STEP	997

TEST_F_TIMEOUT(names, T2_table_of_100000_rules, 180)
{
	struct pvt_rule *rules = calloc(MANY_RULES, sizeof(*rules));
	size_t i, nr = 0, max = MANY_RULES / MANY_STEP + 4;
	struct expectation *names = calloc(max, sizeof(*names));
	static const char * const files[] = {
		"B/new/0/f", "B/new/1/f", "B/new/2/f", "B/new/3/f",
		"B/new/4/f", "B/new/5/f", "B/new/6/f", "B/v/100000/f",
		"B/v/0/x", NULL
	};

	ASSERT_NE(NULL, rules);
	ASSERT_NE(NULL, names);
	pvt_plant(self->base, files);
	for (i = 0; i < MANY_RULES; i++) {
		rules[i].original = pvt_path("B/v/%zu", i);
		rules[i].target = files[i % 7];
		rules[i].target = pvt_path("B/new/%zu", i % 7);
	}
	for (i = 0; i < MANY_RULES; i += MANY_STEP) {
		names[nr].name = pvt_path("B/v/%zu/f", i);
		names[nr++].file = files[i % 7];
	}
	names[nr++] = (struct expectation){ "B/v/99999/f", files[99999 % 7], 0 };
	names[nr++] = (struct expectation){ "B/v/100000/f", "B/v/100000/f", 0 };
	names[nr++] = (struct expectation){ "B/v/0/x", NULL, ENOENT };
	expect(_metadata, self->base, rules, MANY_RULES, names, nr);
}

PVT_HARNESS_MAIN
