// SPDX-License-Identifier: GPL-2.0
/*
 * T8: errors are the native ones, and a name is never cut.
 */
#include "testing.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "calls.h"
#include "kselftest_harness.h"

FIXTURE(limits)
{
	char *base;
};

FIXTURE_SETUP(limits)
{
	self->base = pvt_tree_new();
}

FIXTURE_TEARDOWN(limits)
{
	pvt_tree_free(self->base);
}

/* ---- Errors ---- */

struct errors {
	const char *base;
	int got[64];
	int nr;
	bool attached;
};

static void note_error(struct errors *errors, long ret)
{
	errors->got[errors->nr++] = ret < 0 ? errno : 0;
}

static void bad_pointers(void *arg)
{
	struct errors *errors = arg;
	char *virt = pvt_expand(errors->base, "B/virt/f");
	char *argv[] = { "x", NULL };
	char *bad = (char *)8, buf[512];
	struct stat st;

	note_error(errors, open(bad, O_RDONLY));
	note_error(errors, pvt_old_stat(bad, buf));
	note_error(errors, syscall(SYS_newfstatat, AT_FDCWD, bad, buf, 0));
	note_error(errors, syscall(SYS_newfstatat, AT_FDCWD, bad, buf,
				   AT_EMPTY_PATH) < 0 ? -1 : 0);
	note_error(errors, access(bad, F_OK));
	note_error(errors, mkdir(bad, 0700));
	note_error(errors, unlink(bad));
	note_error(errors, chdir(bad));
	note_error(errors, pvt_old_rename(virt, bad));
	note_error(errors, pvt_old_rename(bad, virt));
	note_error(errors, pvt_old_link(virt, bad));
	note_error(errors, pvt_old_symlink(bad, virt));
	note_error(errors, syscall(SYS_execve, bad, argv, NULL));
	note_error(errors, truncate(bad, 0));
	note_error(errors, pvt_old_readlink(virt, buf, 0));
	errors->attached = !stat(virt, &st);
}

static void empty_names(void *arg)
{
	struct errors *errors = arg;
	char *virt = pvt_expand(errors->base, "B/virt/f");
	char *argv[] = { "x", NULL }, buf[512];
	struct stat st;

	note_error(errors, open("", O_RDONLY));
	note_error(errors, open("", O_CREAT | O_RDWR, 0600));
	note_error(errors, stat("", &st));
	note_error(errors, lstat("", &st));
	note_error(errors, access("", F_OK));
	note_error(errors, mkdir("", 0700));
	note_error(errors, rmdir(""));
	note_error(errors, unlink(""));
	note_error(errors, chdir(""));
	note_error(errors, rename(virt, ""));
	note_error(errors, rename("", virt));
	note_error(errors, link(virt, ""));
	note_error(errors, link("", virt));
	note_error(errors, symlink("", virt));
	note_error(errors, readlink("", buf, sizeof(buf)));
	note_error(errors, truncate("", 0));
	note_error(errors, syscall(SYS_execve, "", argv, NULL));
	errors->attached = !stat(virt, &st);
}

static void run_errors(struct __test_metadata *_metadata, const char *base,
		       void (*body)(void *), enum pvt_world world,
		       struct errors *errors)
{
	struct pvt_rule rule = { "B/virt", "B/new" };
	const struct pvt_job job = {
		.world = world,
		.rules = pvt_expand_rules(base, &rule, 1),
		.nr = 1,
		.body = body,
		.arg = errors,
	};

	errors->base = base;
	ASSERT_EQ(0, pvt_run(&job));
}

/* The same errors as under a mount, by a process that rules do apply to. */
static void same_errors(struct __test_metadata *_metadata, const char *base,
			void (*body)(void *))
{
	static const char * const files[] = { "B/new/f", NULL };
	struct errors *mounted = pvt_shared(sizeof(*mounted));
	struct errors *attached = pvt_shared(sizeof(*attached));
	char *virt = pvt_expand(base, "B/virt");
	int i;

	pvt_plant(base, files);
	pvt_mkdir(virt);
	run_errors(_metadata, base, body, PVT_MOUNTED, mounted);
	run_errors(_metadata, base, body, PVT_ATTACHED, attached);
	EXPECT_TRUE(mounted->attached);
	EXPECT_TRUE(attached->attached);
	ASSERT_EQ(mounted->nr, attached->nr);
	for (i = 0; i < mounted->nr; i++) {
		EXPECT_NE(0, mounted->got[i]) {
			TH_LOG("no error at all, call %d", i);
		}
		EXPECT_EQ(mounted->got[i], attached->got[i]) {
			TH_LOG("call %d", i);
		}
	}
	free(virt);
}

TEST_F(limits, T8_EFAULT_for_a_bad_pointer)
{
	same_errors(_metadata, self->base, bad_pointers);
}

TEST_F(limits, T8_ENOENT_for_an_empty_name)
{
	same_errors(_metadata, self->base, empty_names);
}

struct empty_path {
	const char *base;
	long ret[4];
	unsigned long long ino[2];
};

static void use_empty_path(void *arg)
{
	struct empty_path *result = arg;
	char *real = pvt_expand(result->base, "B/virt/f");
	struct stat by_fd, empty;
	struct statx stx;
	char text[8];
	int fd = open(real, O_PATH);

	result->ret[0] = fstat(fd, &by_fd) ?:
			 fstatat(fd, "", &empty, AT_EMPTY_PATH);
	result->ino[0] = by_fd.st_ino;
	result->ino[1] = empty.st_ino;
	result->ret[1] = syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0x7ff, &stx);
	result->ret[2] = fchownat(fd, "", 5, 6, AT_EMPTY_PATH);
	close(fd);
	result->ret[3] = pvt_read(real, text, sizeof(text));
}

/* B/virt exists and B/new differs from it, so the descriptor is one of NEW. */
TEST_F(limits, T8_AT_EMPTY_PATH_is_untouched)
{
	static const char * const files[] = { "B/new/f", "B/virt/f", NULL };
	struct pvt_rule rule = { "B/virt", "B/new" };
	struct empty_path *result = pvt_shared(sizeof(*result));
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = pvt_expand_rules(self->base, &rule, 1),
		.nr = 1,
		.body = use_empty_path,
		.arg = result,
	};
	struct stat st;

	result->base = self->base;
	pvt_plant(self->base, files);
	ASSERT_EQ(0, pvt_run(&job));
	ASSERT_EQ(0, stat(pvt_expand(self->base, "B/new/f"), &st));
	EXPECT_EQ(0, result->ret[0]);
	EXPECT_EQ(0, result->ret[1]);
	EXPECT_EQ(0, result->ret[2]);
	EXPECT_EQ(st.st_ino, result->ino[0]);
	EXPECT_EQ(st.st_ino, result->ino[1]);
	EXPECT_EQ(5, st.st_uid);
	EXPECT_EQ(7, result->ret[3]);
}

/* ---- Lengths ---- */

/* @top, then components until the whole has exactly @len bytes. */
static char *long_name(const char *top, size_t len)
{
	char *path = malloc(len + 1);
	size_t have = strlen(top);

	if (!path)
		pvt_die("no memory");
	memset(path, 'x', len);
	memcpy(path, top, have);
	path[len] = '\0';
	/* Components of 200, and none that is empty. */
	for (; have < len - 1; have += 201)
		path[have] = '/';
	return path;
}

struct lengths {
	char *names[8];
	int got[8];
	int nr;
};

static void try_lengths(void *arg)
{
	struct lengths *lengths = arg;
	char text[8];
	int i;

	for (i = 0; i < lengths->nr; i++)
		lengths->got[i] =
			pvt_read(lengths->names[i], text, sizeof(text)) < 0 ?
			errno : 0;
}

static void run_lengths(struct __test_metadata *_metadata,
			const struct pvt_rule *rule, struct lengths *lengths)
{
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = rule,
		.nr = 1,
		.body = try_lengths,
		.arg = lengths,
	};

	ASSERT_EQ(0, pvt_run(&job));
}

TEST_F(limits, T8_what_the_result_would_be_may_be_long)
{
	struct lengths *lengths = pvt_shared(sizeof(*lengths));
	char *original = pvt_path("%s/v", self->base);
	char *target = long_name(self->base, 3000);
	const struct pvt_rule rule = { original, target };
	char *longest = long_name(target, PATH_MAX - 1);
	char *tail = longest + strlen(target);

	pvt_make_parents(longest);
	pvt_write(longest, "fits", 0644);
	lengths->names[0] = pvt_path("%s%s", original, tail);
	lengths->names[1] = pvt_path("%s/%s", original, tail);
	lengths->names[2] = pvt_path("%s%sy", original, tail);
	lengths->names[3] = pvt_path("%s/..%s/v%s", original,
				     strrchr(self->base, '/'), tail);
	lengths->names[4] = pvt_path("%s/../v%s", original, tail);
	lengths->names[5] = pvt_path("%s/../v%sy", original, tail);
	lengths->nr = 6;
	run_lengths(_metadata, &rule, lengths);

	EXPECT_EQ(0, lengths->got[0]);		/* 4095 bytes and a NUL */
	EXPECT_EQ(0, lengths->got[1]);		/* "//" may not count */
	/* One more: as with a mount, the length of NEW does not count. */
	EXPECT_EQ(ENOENT, lengths->got[2]);
	EXPECT_EQ(ENOENT, lengths->got[3]);
	EXPECT_EQ(0, lengths->got[4]);
	/* But it does where the name has to be resolved. */
	EXPECT_EQ(ENAMETOOLONG, lengths->got[5]);
}

TEST_F(limits, T8_names_that_become_shorter)
{
	struct lengths *lengths = pvt_shared(sizeof(*lengths));
	char *original = long_name(self->base, 3000);
	char *target = pvt_path("%s/n", self->base);
	const struct pvt_rule rule = { original, target };
	char *longest = long_name(original, PATH_MAX - 1);
	char *file = pvt_path("%s%s", target, longest + strlen(original));

	pvt_make_parents(file);
	pvt_write(file, "fits", 0644);
	lengths->names[0] = longest;
	/* No mount would make this fit either: it is not even read. */
	lengths->names[1] = long_name(original, PATH_MAX);
	lengths->names[2] = pvt_path("%s/", longest);
	lengths->nr = 3;
	run_lengths(_metadata, &rule, lengths);

	EXPECT_EQ(0, lengths->got[0]);
	EXPECT_EQ(ENAMETOOLONG, lengths->got[1]);
	EXPECT_EQ(ENAMETOOLONG, lengths->got[2]);
}

TEST_F(limits, T8_component_of_255_and_256)
{
	struct lengths *lengths = pvt_shared(sizeof(*lengths));
	const struct pvt_rule rule = {
		pvt_path("%s/v", self->base), pvt_path("%s/n", self->base)
	};
	char component[257];

	memset(component, 'c', 256);
	component[256] = '\0';
	pvt_mkdir(rule.target);
	lengths->names[0] = pvt_path("%s/%.255s", rule.original, component);
	lengths->names[1] = pvt_path("%s/%s", rule.original, component);
	lengths->names[2] = pvt_path("%s/%s/..", rule.original, component);
	lengths->nr = 3;
	pvt_write(pvt_path("%s/%.255s", rule.target, component), "fits", 0644);
	run_lengths(_metadata, &rule, lengths);

	EXPECT_EQ(0, lengths->got[0]);
	EXPECT_EQ(ENAMETOOLONG, lengths->got[1]);
	EXPECT_EQ(ENAMETOOLONG, lengths->got[2]);
}

/* ---- At the end of memory ---- */

#define EDGE_SHIFTS	40

struct edge {
	const char *base;
	int complete[EDGE_SHIFTS];
	int cut[EDGE_SHIFTS];
};

/* The last byte of a name is the last of its page, and no page follows. */
static void read_at_edge(void *arg)
{
	struct edge *edge = arg;
	size_t page = sysconf(_SC_PAGESIZE), len;
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *name, *at;
	char text[64];
	int i;

	if (memory == MAP_FAILED || munmap(memory + page, page))
		pvt_die("mmap");
	for (i = 0; i < EDGE_SHIFTS; i++) {
		name = pvt_path("%s/virt/%.*sf", edge->base, i,
				"////////////////////////////////////////");
		len = strlen(name);
		at = memory + page - len - 1;
		memcpy(at, name, len + 1);
		edge->complete[i] = pvt_read(at, text, sizeof(text)) < 0 ?
				    errno : 0;
		at = memory + page - len;
		memcpy(at, name, len);
		edge->cut[i] = pvt_read(at, text, sizeof(text)) < 0 ?
			       errno : 0;
		free(name);
	}
}

TEST_F(limits, T8_names_at_the_end_of_a_page)
{
	static const char * const files[] = { "B/new/f", NULL };
	struct pvt_rule rule = { "B/virt", "B/new" };
	struct edge *edge = pvt_shared(sizeof(*edge));
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = pvt_expand_rules(self->base, &rule, 1),
		.nr = 1,
		.body = read_at_edge,
		.arg = edge,
	};
	int i;

	edge->base = self->base;
	pvt_plant(self->base, files);
	ASSERT_EQ(0, pvt_run(&job));
	for (i = 0; i < EDGE_SHIFTS; i++) {
		EXPECT_EQ(0, edge->complete[i]);
		EXPECT_EQ(EFAULT, edge->cut[i]);
	}
}

PVT_HARNESS_MAIN
