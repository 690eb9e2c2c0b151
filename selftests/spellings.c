// SPDX-License-Identifier: GPL-2.0
/*
 * T4: however a name is spelled, it gives what it would give if NEW were mounted
 * on ORIGINAL.
 *
 * Many spellings, written down and random, are handed to many system calls, in
 * an attached process and under a real bind mount.  The same file, the same
 * return value and the same errno must come of both.
 */
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

/*
 * NEW lies two levels deeper than ORIGINAL, and both have neighbours of the
 * same names, so that a ".." that climbs out of the wrong one is seen.
 */
static const char * const oracle_files[] = {
	"B/virt/f", "B/virt/decoy", "B/f", "B/virt2/f", "B/side/d/f",
	"B/side/f", "B/side/virt/f", "B/deep/er/f", "B/deep/f",
	"B/deep/er/virt/f", "B/deep/er/new/f", "B/deep/er/new/d/f",
	"B/deep/er/new/d/e/f", "B/deep/er/new/d/e/g", "B/deep/er/new/virt/f",
	"B/deep/er/new/locked/f", NULL
};

static const char * const oracle_names[] = {
	"B/virt", "B/virt/", "B/virt//", "B/virt/.", "B/virt/./", "B/virt/./.",
	"B/virt/..", "B/virt/../", "B/virt/../.", "B/virt/../f",
	"B/virt/../virt/f", "B/virt/../virt", "B/virt/../side/f",
	"B/virt/../deep/er/new/f", "B/virt/../../f", "B/virt/f", "B/virt/f/",
	"B/virt/f/.", "B/virt/f/..", "B/virt/f/../f", "B/virt/no",
	"B/virt/no/", "B/virt/no/..", "B/virt/no/../f", "B/virt/d/../f",
	"B/virt/d/..", "B/virt/d/../..", "B/virt/d/../../f",
	"B/virt/d/e/../../../f", "B/virt/l", "B/virt/l/", "B/virt/l/..",
	"B/virt/l/../f", "B/virt/l/../../f", "B/virt/l/../../../f",
	"B/virt/l/g", "B/virt/d/up", "B/virt/d/up/", "B/virt/d/up/f",
	"B/virt/d/up/..", "B/virt/d/up/../f", "B/virt/d/up/../virt/f",
	"B/virt/self/../f", "B/virt/self/self/f", "B/virt/fl", "B/virt/fl/",
	"B/virt/fl/..", "B/virt/dangling", "B/virt/dangling/..",
	"B/virt/loop", "B/virt/loop/../f", "B/virt/locked/f",
	"B/virt/locked/../f", "B/no/../virt/f", "B/f/../virt/f",
	"B/side/../virt/f", "B/side/../virt/../f", "B/side/d/../../virt/f",
	"B/sidelink/../virt/f", "B/sidelink/../../virt/f", "B//virt//f",
	"B/./virt/./f", "B/virt2/f", "B/virt2/../virt/f",
	"B/virt/virt/f", "B/virt/virt/../f", "B/virt/./../virt/./f",
	"B/virt//..//f", "B/virt/.../f", "/..", "/../..", "/.", "//", "/",
};

enum oracle_op {
	OP_STAT, OP_LSTAT, OP_OPEN, OP_OPEN_DIR, OP_O_PATH, OP_READLINK,
	OP_ACCESS, OP_CHDIR, OP_MKDIR, OP_SYMLINK, OP_CREATE, OP_RENAME_SELF,
	OP_LINK_SELF, OP_RMDIR_DOTS, OP_UNLINK_SLASH, OP_TRUNCATE_DIR, NR_OPS
};

static const char * const op_names[NR_OPS] = {
	"stat", "lstat", "open", "open(O_DIRECTORY)", "open(O_PATH)",
	"readlink", "access", "chdir", "mkdir", "symlink", "open(O_CREAT)",
	"rename", "link", "rmdir", "unlink", "truncate",
};

struct oracle_result {
	long ret;
	int err;
	unsigned long long dev, ino;
};

/* Which file it is, and close it. */
static long note_fd(struct oracle_result *result, int fd)
{
	struct stat stat;

	if (fd < 0)
		return fd;
	if (fstat(fd, &stat))
		return -2;
	result->dev = stat.st_dev;
	result->ino = stat.st_ino;
	close(fd);
	return 0;
}

static long note_stat(struct oracle_result *result, long ret,
		      const struct stat *stat)
{
	if (!ret) {
		result->dev = stat->st_dev;
		result->ino = stat->st_ino;
	}
	return ret;
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len >= tail && !strcmp(name + len - tail, end);
}

/* Nothing of it remains: what was made is removed again. */
static long do_op(enum oracle_op op, const char *name,
		  struct oracle_result *result)
{
	struct stat st;
	char text[256];
	long ret;

	switch (op) {
	case OP_STAT:
		ret = stat(name, &st);
		return note_stat(result, ret, &st);
	case OP_LSTAT:
		ret = lstat(name, &st);
		return note_stat(result, ret, &st);
	case OP_OPEN:
		return note_fd(result, open(name, O_RDWR));
	case OP_OPEN_DIR:
		return note_fd(result, open(name, O_RDONLY | O_DIRECTORY));
	case OP_O_PATH:
		return note_fd(result, open(name, O_PATH | O_NOFOLLOW));
	case OP_READLINK:
		return readlink(name, text, sizeof(text));
	case OP_ACCESS:
		return access(name, X_OK);
	case OP_CHDIR:
		ret = chdir(name);
		if (!ret)
			note_stat(result, stat(".", &st), &st);
		return ret;
	case OP_MKDIR:
		ret = mkdir(name, 0700);
		return ret ?: rmdir(name);
	case OP_SYMLINK:
		ret = symlink("x", name);
		return ret ?: unlink(name);
	case OP_CREATE:
		ret = note_fd(result, open(name, O_CREAT | O_EXCL | O_RDWR,
					   0600));
		result->ino = 0;
		return ret ?: unlink(name);
	case OP_RENAME_SELF:
		return rename(name, name);
	case OP_LINK_SELF:
		return link(name, name);
	case OP_RMDIR_DOTS:
		return ends_with(name, ".") ? rmdir(name) : 0;
	case OP_UNLINK_SLASH:
		return ends_with(name, "/") || ends_with(name, ".") ?
		       unlink(name) : 0;
	case OP_TRUNCATE_DIR:
		return ends_with(name, ".") ? truncate(name, 0) : 0;
	default:
		return -3;
	}
}

struct oracle {
	char **names;
	size_t nr;
	uid_t uid;
	struct oracle_result (*results)[NR_OPS];
};

static void consult(void *arg)
{
	struct oracle *oracle = arg;
	struct oracle_result *result;
	size_t i;
	int op;

	if (oracle->uid && setresuid(oracle->uid, oracle->uid, oracle->uid))
		pvt_die("setresuid");
	for (i = 0; i < oracle->nr; i++) {
		for (op = 0; op < NR_OPS; op++) {
			result = &oracle->results[i][op];
			errno = 0;
			result->ret = do_op(op, oracle->names[i], result);
			result->err = errno;
		}
	}
}

static void run_oracle(struct __test_metadata *_metadata, const char *base,
		       struct oracle *oracle, enum pvt_world world)
{
	static const struct pvt_rule rule = { "B/virt", "B/deep/er/new" };
	const struct pvt_job job = {
		.world = world,
		.rules = pvt_expand_rules(base, &rule, 1),
		.nr = 1,
		.body = consult,
		.arg = oracle,
	};

	oracle->results = pvt_shared(oracle->nr * sizeof(*oracle->results));
	ASSERT_EQ(0, pvt_run(&job));
}

static void compare_with_oracle(struct __test_metadata *_metadata,
				const char *base, char **names, size_t nr,
				uid_t uid)
{
	struct oracle attached = { .names = names, .nr = nr, .uid = uid };
	struct oracle mounted = attached;
	const struct oracle_result *a, *b;
	size_t i;
	int op;

	run_oracle(_metadata, base, &mounted, PVT_MOUNTED);
	run_oracle(_metadata, base, &attached, PVT_ATTACHED);
	for (i = 0; i < nr; i++) {
		for (op = 0; op < NR_OPS; op++) {
			a = &mounted.results[i][op];
			b = &attached.results[i][op];
			EXPECT_FALSE(a->ret != b->ret || a->err != b->err ||
				     a->dev != b->dev || a->ino != b->ino)
				TH_LOG("%s of %s: mounted %ld %s %llu, attached %ld %s %llu",
				       op_names[op], names[i], a->ret,
				       strerror(a->err), a->ino, b->ret,
				       strerror(b->err), b->ino);
		}
	}
}

static void plant_oracle(const char *base)
{
	static const char * const links[][2] = {
		{ "d/e", "B/deep/er/new/l" },
		{ "..", "B/deep/er/new/d/up" },
		{ ".", "B/deep/er/new/self" },
		{ "f", "B/deep/er/new/fl" },
		{ "nowhere", "B/deep/er/new/dangling" },
		{ "loop", "B/deep/er/new/loop" },
		{ "side/d", "B/sidelink" },
	};
	char *path;
	size_t i;

	pvt_plant(base, oracle_files);
	for (i = 0; i < ARRAY_SIZE(links); i++) {
		path = pvt_expand(base, links[i][1]);
		pvt_symlink(links[i][0], path);
		free(path);
	}
	path = pvt_expand(base, "B/deep/er/new/locked");
	if (chmod(path, 0700))
		pvt_die("chmod of %s", path);
	free(path);
}

FIXTURE(oracle)
{
	char *base;
};

FIXTURE_VARIANT(oracle)
{
	uid_t uid;
};

FIXTURE_VARIANT_ADD(oracle, root)
{
	.uid = 0,
};

FIXTURE_VARIANT_ADD(oracle, nobody)
{
	.uid = 65534,
};

FIXTURE_SETUP(oracle)
{
	self->base = pvt_tree_new();
	plant_oracle(self->base);
}

FIXTURE_TEARDOWN(oracle)
{
	pvt_tree_free(self->base);
}

TEST_F(oracle, T4_every_spelling_as_under_a_mount)
{
	size_t i, nr = ARRAY_SIZE(oracle_names);
	char **names = calloc(nr, sizeof(*names));

	ASSERT_NE(NULL, names);
	for (i = 0; i < nr; i++)
		names[i] = pvt_expand(self->base, oracle_names[i]);
	compare_with_oracle(_metadata, self->base, names, nr, variant->uid);
}

#define RANDOM_SPELLINGS	600

/* May climb out of the test's own tree, where the operations do no harm. */
static char *random_spelling(const char *base)
{
	static const char * const words[] = {
		"", ".", "..", "..", "d", "e", "f", "l", "d/up", "self", "no",
		"virt", "virt", "side", "deep/er/new", "sidelink", "locked",
	};
	char *path = pvt_expand(base, random() % 3 ? "B/virt" : "B"), *longer;
	int left = random() % 7;

	while (left--) {
		longer = pvt_path("%s/%s", path,
				  words[random() % ARRAY_SIZE(words)]);
		free(path);
		path = longer;
	}
	return path;
}

TEST_F_TIMEOUT(oracle, T4_random_spellings_as_under_a_mount, 60)
{
	char **names = calloc(RANDOM_SPELLINGS, sizeof(*names));
	int i;

	ASSERT_NE(NULL, names);
	srandom(pvt_seed());
	for (i = 0; i < RANDOM_SPELLINGS; i++)
		names[i] = random_spelling(self->base);
	compare_with_oracle(_metadata, self->base, names, RANDOM_SPELLINGS,
			    variant->uid);
}

PVT_HARNESS_MAIN
