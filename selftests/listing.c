// SPDX-License-Identifier: GPL-2.0
/*
 * T16: who lists a directory in which an ORIGINAL lies finds its name there, once, with
 * the type and the inode number that stat gives.
 *
 * PV_SELFTEST_BASE says where: listing.sh runs this on all kinds of filesystems.
 */
#include "testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "kselftest_harness.h"

#define MAX_ENTRIES	400
#define PLAIN		40	/* names that no rule speaks of */

/* ---- Listing by each call ---- */

struct entry {
	char name[256];
	uint64_t ino;
	int64_t off;
	int type;		/* DT_x, or -1: this call does not tell */
};

enum call {
	GETDENTS64,
	GETDENTS,
#ifdef __i386__
	OLD_READDIR,
#endif
};

struct old_dirent {
	unsigned long ino;
	unsigned long off;
	unsigned short reclen;
	char name[];
};

/* The entries in @buf; their number. */
static int parse(enum call call, const char *buf, int len, struct entry *to)
{
	int at = 0, nr = 0;

	while (at < len) {
		const struct dirent64 *new = (const void *)(buf + at);
		const struct old_dirent *old = (const void *)(buf + at);

		memset(&to[nr], 0, sizeof(*to));
		if (call == GETDENTS64) {
			strcpy(to[nr].name, new->d_name);
			to[nr].ino = new->d_ino;
			to[nr].off = new->d_off;
			to[nr].type = new->d_type;
			at += new->d_reclen;
		} else {
			strcpy(to[nr].name, old->name);
			to[nr].ino = old->ino;
			to[nr].off = old->off;
			to[nr].type = buf[at + old->reclen - 1];
			at += old->reclen;
		}
		nr++;
	}
	return nr;
}

/* One call; the number of entries, or -1. */
static int list_some(enum call call, int fd, unsigned int size, struct entry *to)
{
	char buf[8192] __attribute__((aligned(8)));
	long len;

	if (size > sizeof(buf))
		size = sizeof(buf);
#ifdef __i386__
	if (call == OLD_READDIR) {
		struct old_dirent *old = (void *)buf;

		len = syscall(SYS_readdir, fd, buf, 1);
		if (len <= 0)
			return len;
		memset(to, 0, sizeof(*to));
		strcpy(to->name, old->name);
		to->ino = old->ino;
		to->type = -1;
		to->off = lseek64(fd, 0, SEEK_CUR);
		return 1;
	}
#endif
	len = syscall(call == GETDENTS64 ? SYS_getdents64 : SYS_getdents, fd, buf,
		      size);
	return len < 0 ? -1 : parse(call, buf, len, to);
}

/* To the end, with buffers of that size; the number, or -1. */
static int list_rest(enum call call, int fd, unsigned int size, struct entry *to)
{
	int nr = 0, got;

	while ((got = list_some(call, fd, size, to + nr)) > 0) {
		nr += got;
		if (nr > MAX_ENTRIES - 300)
			return -1;
	}
	return got < 0 ? -1 : nr;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
		      ((const struct entry *)b)->name);
}

static const struct entry *find_entry(const struct entry *list, int nr, const char *name)
{
	for (; nr; nr--, list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

/* ---- A tree ---- */

/* What is to be in "home"; the first ones are ORIGINALs. */
static const char *const names[] = {
	"user1", "user2", "file", "afile", ".config", "same", "..", "."
};

#define NR_ORIGINALS	5

static const struct pvt_rule rules[] = {
	{ "B/home/user1", "B/new/1" },		/* another one is there */
	{ "B/home/user2", "B/new/2" },		/* none is there */
	{ "B/home/file", "B/new/3" },		/* no directory is there */
	{ "B/home/afile", "B/new/f" },		/* a file; none is there */
	{ "B/home/.config", "B/new/5" },
	{ "B/home/same", "B/home/same" },	/* an exception */
	{ "B/home/none", "B/home/none" },	/* one that is not there */
	{ "B/home/user1/in/ner", "B/new/4" },	/* hidden by the first one */
	{ "B/gone/a", "B/new/6" },
	{ "B/gone/deep/b", "B/new/7" },
	{ "B/nest/er/x", "B/new/8" },		/* below NEW of the next one */
	{ "B/nest", "B/new/9" },
	{ "B/away/x", "B/new/a" },		/* NEW of the next one */
	{ "B/away", "B/new/b" },
};

#define NR_RULES	(sizeof(rules) / sizeof(*rules))

static const char *const files[] = {
	"B/home/user1/f", "B/home/file", "B/home/same/f", "B/new/1/f",
	"B/new/2/f", "B/new/3/f", "B/new/4/f", "B/new/5/f", "B/new/6/f",
	"B/new/7/f", "B/new/8/f", "B/new/9/er/f", "B/new/a/f", "B/new/b/f",
	"B/new/f", NULL
};

FIXTURE(listing) {
	char *base, *home;
	struct pvt_rule *rules;
};

FIXTURE_VARIANT(listing) {
	enum call call;
};

FIXTURE_VARIANT_ADD(listing, getdents64) { .call = GETDENTS64 };
#ifndef PVT_NO_CALL
FIXTURE_VARIANT_ADD(listing, getdents) { .call = GETDENTS };
#endif
#ifdef __i386__
FIXTURE_VARIANT_ADD(listing, old_readdir) { .call = OLD_READDIR };
#endif

FIXTURE_SETUP(listing)
{
	int i;

	self->base = pvt_tree_new();
	self->home = pvt_path("%s/home", self->base);
	pvt_plant(self->base, files);
	self->rules = pvt_expand_rules(self->base, rules, NR_RULES);
	for (i = 0; i < PLAIN; i++)
		pvt_write(pvt_path("%s/plain%d", self->home, i), "", 0644);
}

FIXTURE_TEARDOWN(listing)
{
	pvt_tree_free(self->base);
}

/* What a child does, and where it has failed. */
struct work {
	enum call call;
	const char *base;
	const char *home;
	int fd;
	int line;
};

#define CHECK(work, truth)				\
	do {						\
		if (!(truth)) {				\
			(work)->line = __LINE__;	\
			return;				\
		}					\
	} while (0)

static int run_in(enum pvt_world world, struct pvt_rule *list, size_t nr,
		  FIXTURE_DATA(listing) *self, enum call call,
		  void (*before)(void *arg), void (*body)(void *arg))
{
	struct work *work = pvt_shared(sizeof(*work));
	struct pvt_job job = {
		.world = world,
		.rules = list,
		.nr = nr,
		.before = before,
		.body = body,
		.arg = work,
	};

	*work = (struct work){ .call = call, .base = self->base,
			       .home = self->home, .fd = -1, .line = -1 };
	if (pvt_run(&job))
		return -2;
	return work->line;
}

#define RUN(body) \
	run_in(PVT_ATTACHED, self->rules, NR_RULES, self, variant->call, NULL, body)

static int open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* All that is to be there, once. */
static bool is_complete(const struct entry *list, int nr)
{
	size_t i;

	if (nr != PLAIN + (int)(sizeof(names) / sizeof(*names)))
		return false;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!find_entry(list, nr, names[i]))
			return false;
	for (i = 0; i < PLAIN; i++)
		if (!find_entry(list, nr, pvt_path("plain%zu", i)))
			return false;
	return true;
}

/* Is an ORIGINAL told as stat tells it? */
static bool is_as_stat(int fd, const struct entry *entry)
{
	struct stat stat;

	return !fstatat(fd, entry->name, &stat, AT_SYMLINK_NOFOLLOW) &&
	       entry->ino == stat.st_ino &&
	       (entry->type < 0 || entry->type == (int)IFTODT(stat.st_mode));
}

static void body_once(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd = open_dir(work->home), nr, i;

	nr = list_rest(work->call, fd, 8192, list);
	CHECK(work, is_complete(list, nr));
	for (i = 0; i < NR_ORIGINALS; i++)
		CHECK(work, is_as_stat(fd, find_entry(list, nr, names[i])));
	/* It stays at its end. */
	CHECK(work, list_some(work->call, fd, 8192, list) == 0);
	CHECK(work, list_some(work->call, fd, 64, list) == 0);
	CHECK(work, lseek(fd, 0, SEEK_SET) == 0);
	CHECK(work, is_complete(list, list_rest(work->call, fd, 300, list)));
	work->line = 0;
}

TEST_F(listing, T16_each_name_comes_once_as_stat_tells_it)
{
	EXPECT_EQ(0, RUN(body_once));
}

/* A buffer for one entry, and to each position that was told. */
static void body_positions(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES], rest[MAX_ENTRIES];
	int fd = open_dir(work->home), nr, left, i, j;

	nr = list_rest(work->call, fd, 56, list);
	CHECK(work, is_complete(list, nr));
	for (i = nr; i-- > 0;) {
		CHECK(work, lseek64(fd, list[i].off, SEEK_SET) == list[i].off);
		left = list_rest(work->call, fd, i % 2 ? 8192 : 56, rest);
		CHECK(work, left == nr - i - 1);
		for (j = 0; j < left; j++)
			CHECK(work, !strcmp(rest[j].name, list[i + 1 + j].name));
	}
	work->line = 0;
}

TEST_F(listing, T16_each_position_leads_back_to_what_came_there)
{
	EXPECT_EQ(0, RUN(body_positions));
}

/* A buffer with no room for one is refused, and nothing is lost by that. */
static void body_no_room(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd = open_dir(work->home), nr = 0, got;

#ifdef __i386__
	if (work->call == OLD_READDIR) {
		work->line = 0;
		return;
	}
#endif
	do {
		CHECK(work, list_some(work->call, fd, 8, list + nr) <= 0);
		got = list_some(work->call, fd, 56, list + nr);
		nr += got;
	} while (got > 0);
	CHECK(work, is_complete(list, nr));
	work->line = 0;
}

TEST_F(listing, T16_a_buffer_that_is_too_small_loses_nothing)
{
	EXPECT_EQ(0, RUN(body_no_room));
}

/* Two descriptors, one that is shared by a dup and by a child. */
static void body_shared(void *arg)
{
	struct work *work = arg;
	struct entry a[MAX_ENTRIES], b[MAX_ENTRIES];
	int one = open_dir(work->home), two = open_dir(work->home);
	int again = dup(one), nr_a = 0, nr_b = 0, got, turn = 0, status;
	pid_t pid;

	do {
		got = list_some(work->call, turn++ & 1 ? one : again, 56, a + nr_a);
		nr_a += got;
		nr_b += list_some(work->call, two, 56, b + nr_b);
	} while (got > 0);
	CHECK(work, is_complete(a, nr_a) && is_complete(b, nr_b));

	lseek(one, 0, SEEK_SET);
	nr_a = 0;
	do {
		/* A child goes one on, unless it is over. */
		pid = fork();
		if (!pid)
			_exit(list_some(work->call, one, 56, a));
		waitpid(pid, &status, 0);
		nr_b = WEXITSTATUS(status);
		got = list_some(work->call, one, 56, a);
		nr_a += nr_b + got;
	} while (got > 0);
	CHECK(work, nr_a == PLAIN + (int)(sizeof(names) / sizeof(*names)));
	work->line = 0;
}

TEST_F(listing, T16_descriptors_are_told_apart_and_shared)
{
	EXPECT_EQ(0, RUN(body_shared));
}

struct lister {
	enum call call;
	int fd, nr;
	struct entry list[MAX_ENTRIES];
};

static void *lister_main(void *arg)
{
	struct lister *lister = arg;
	int got;

	while ((got = list_some(lister->call, lister->fd, 56,
				lister->list + lister->nr)) > 0)
		lister->nr += got;
	return NULL;
}

static void body_threads(void *arg)
{
	struct work *work = arg;
	static struct lister listers[2];
	pthread_t threads[2];
	int i, fd = open_dir(work->home);

	for (i = 0; i < 2; i++) {
		listers[i].call = work->call;
		listers[i].fd = fd;
		CHECK(work, !pthread_create(&threads[i], NULL, lister_main,
					    &listers[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	memcpy(listers[0].list + listers[0].nr, listers[1].list,
	       listers[1].nr * sizeof(struct entry));
	CHECK(work, is_complete(listers[0].list, listers[0].nr + listers[1].nr));
	work->line = 0;
}

TEST_F(listing, T16_threads_that_share_a_descriptor_share_the_names)
{
#ifdef __i386__
	/* It does not tell where the name is that it has told. */
	if (variant->call == OLD_READDIR)
		return;
#endif
	EXPECT_EQ(0, RUN(body_threads));
}

/* Somebody else makes and removes what the rules speak of, and other names. */
static void change(const char *home, int turn)
{
	char *path = pvt_path("%s/user2", home), *other;

	if (turn & 1)
		rmdir(path);
	else
		mkdir(path, 0755);
	free(path);
	path = pvt_path("%s/user1", home);
	other = pvt_path("%s/moved", home);
	rename(turn & 1 ? other : path, turn & 1 ? path : other);
	free(path);
	free(other);
	path = pvt_path("%s/new%d", home, turn);
	close(open(path, O_CREAT | O_WRONLY, 0644));
	free(path);
}

static void body_changing(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd = open_dir(work->home), nr = 0, got, i, j, turn = 0;
	char byte = 0;

	/* Who changes is at the other end; it is not attached. */
	while ((got = list_some(work->call, fd, 56, list + nr)) > 0) {
		nr += got;
		if (turn++ < 40 && (write(work->fd, &byte, 1) != 1 ||
				    read(work->fd, &byte, 1) != 1))
			break;
	}
	CHECK(work, got == 0);
	for (i = 0; i < NR_ORIGINALS; i++)
		CHECK(work, find_entry(list, nr, names[i]));
	for (i = 0; i < PLAIN; i++)
		CHECK(work, find_entry(list, nr, pvt_path("plain%d", i)));
	qsort(list, nr, sizeof(*list), compare_names);
	for (j = 1; j < nr; j++)
		CHECK(work, strcmp(list[j - 1].name, list[j].name));
	work->line = 0;
}

static void before_changing(void *arg)
{
	struct work *work = arg;
	int ends[2], turn = 0;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		pvt_die("socketpair");
	if (!fork()) {
		close(ends[1]);
		while (read(ends[0], &byte, 1) == 1) {
			change(work->home, turn++);
			if (write(ends[0], &byte, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(ends[0]);
	work->fd = ends[1];
}

TEST_F(listing, T16_a_directory_that_changes_meanwhile)
{
	EXPECT_EQ(0, run_in(PVT_ATTACHED, self->rules, NR_RULES, self,
			    variant->call, before_changing, body_changing));
}

/* What lies there, sorted and in one string. */
static char *listed(enum call call, const char *base, const char *dir)
{
	struct entry list[MAX_ENTRIES];
	char *path = pvt_path("%s/%s", base, dir), *all = pvt_path("%s", "");
	int fd = open_dir(path), nr, i;

	nr = list_rest(call, fd, 8192, list);
	if (nr < 0)
		return pvt_path("%s", strerror(errno));
	qsort(list, nr, sizeof(*list), compare_names);
	for (i = 2; i < nr; i++) {
		if (!is_as_stat(fd, &list[i]))
			return pvt_path("%s is another one", list[i].name);
		all = pvt_path("%s %s", all, list[i].name);
	}
	close(fd);
	return all;
}

static const struct {
	const char *dir, *names;
} dirs[] = {
	{ "home/user1", " f" },		/* what lies deeper is hidden */
	{ "home/user2", " f" },
	{ "home/file", " f" },
	{ "home/same", " f" },
	{ "gone", " a deep" },
	{ "gone/deep", " b" },
	{ "gone/deep/../a", " f" },
	{ "nest", " er" },
	{ "nest/er", " f x" },
	{ "new/9/er", " f" },		/* by NEW's own name nothing lies there */
	{ "away", " f x" },
	{ "away/x", " f" },
};

static void body_dirs(void *arg)
{
	struct work *work = arg;
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		char *got = listed(work->call, work->base, dirs[i].dir);

		if (strcmp(got, dirs[i].names)) {
			fprintf(stderr, "# %s has \"%s\", not \"%s\"\n", dirs[i].dir,
				got, dirs[i].names);
			CHECK(work, false);
		}
	}
	CHECK(work, strstr(listed(work->call, work->base, ""), " gone home nest new"));
	work->line = 0;
}

TEST_F(listing, T16_below_NEW_above_ORIGINAL_and_where_an_earlier_rule_wins)
{
	EXPECT_EQ(0, RUN(body_dirs));
}

/* The same by mounts, where there is something to mount on. */
static void body_mounted(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd = open_dir(work->home);

	CHECK(work, is_complete(list, list_rest(work->call, fd, 8192, list)));
	work->line = 0;
}

TEST_F(listing, T16_as_under_mounts)
{
	struct pvt_rule dirs_only[] = { self->rules[0], self->rules[1],
					self->rules[4] };
	int status;

	EXPECT_EQ(0, RUN(body_once));
	/* The other ones are made for good, as ORIGINALs of mounts are. */
	pvt_mkdir(pvt_path("%s/user2", self->home));
	pvt_mkdir(pvt_path("%s/.config", self->home));
	pvt_write(pvt_path("%s/afile", self->home), "", 0644);
	status = run_in(PVT_MOUNTED, dirs_only, 3, self, variant->call, NULL,
			body_mounted);
	EXPECT_EQ(0, status);
	/* That they are there changes nothing. */
	EXPECT_EQ(0, RUN(body_once));
	EXPECT_EQ(0, RUN(body_positions));
}

/* A descriptor from before the rules; those that are opened before and listed after. */
static void before_open(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];

	work->fd = open_dir(work->home);
	list_some(work->call, work->fd, 56, list);
}

static void body_opened_before(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int i, nr;

	nr = list_rest(work->call, work->fd, 56, list);
	CHECK(work, nr > PLAIN);
	for (i = 0; i < NR_ORIGINALS; i++)
		CHECK(work, find_entry(list, nr, names[i]));
	lseek(work->fd, 0, SEEK_SET);
	CHECK(work, is_complete(list, list_rest(work->call, work->fd, 56, list)));
	work->line = 0;
}

TEST_F(listing, T16_a_descriptor_from_before_the_rules)
{
	EXPECT_EQ(0, run_in(PVT_ATTACHED, self->rules, NR_RULES, self,
			    variant->call, before_open, body_opened_before));
}

static void body_chrooted(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd;

	CHECK(work, !chroot(work->base) && !chdir("/"));
	fd = open_dir("/home");
	CHECK(work, is_complete(list, list_rest(work->call, fd, 56, list)));
	CHECK(work, !strcmp(listed(work->call, "", "nest/er"), " f x"));
	CHECK(work, strstr(listed(work->call, "", ""), " home nest new"));
	work->line = 0;
}

TEST_F(listing, T16_after_a_chroot)
{
	EXPECT_EQ(0, RUN(body_chrooted));
}

#ifndef __i386__
/* More tables: each has its names, and those of the outer ones are seen through it. */
static void body_layers(void *arg)
{
	struct work *work = arg;
	struct pvt_rule more[] = {
		{ pvt_path("%s/home/more", work->base), pvt_path("%s/new/1", work->base) },
		{ pvt_path("%s/home/user2", work->base), pvt_path("%s/new/f", work->base) },
		{ pvt_path("%s/gone/c", work->base), pvt_path("%s/new/1", work->base) },
		{ pvt_path("%s/gone/far/d", work->base), pvt_path("%s/new/1", work->base) },
		{ pvt_path("%s/house", work->base), pvt_path("%s/home", work->base) },
	};
	struct entry list[MAX_ENTRIES];
	int fd, nr, i;

	pvt_push(more, 5);
	fd = open_dir(work->home);
	nr = list_rest(work->call, fd, 56, list);
	for (i = 0; i < NR_ORIGINALS; i++)
		CHECK(work, is_as_stat(fd, find_entry(list, nr, names[i])));
	CHECK(work, find_entry(list, nr, "more") && is_as_stat(fd, find_entry(list, nr, "more")));
	CHECK(work, find_entry(list, nr, "user2")->type == DT_REG);
	CHECK(work, nr == PLAIN + 1 + (int)(sizeof(names) / sizeof(*names)));
	CHECK(work, !strcmp(listed(work->call, work->base, "gone"),
			    " a c deep far"));
	CHECK(work, !strcmp(listed(work->call, work->base, "gone/deep"), " b"));
	CHECK(work, !strcmp(listed(work->call, work->base, "gone/far"), " d"));
	/* By another name of the inner layer the outer one's are there. */
	fd = open_dir(more[4].original);
	nr = list_rest(work->call, fd, 56, list);
	for (i = 0; i < NR_ORIGINALS; i++)
		CHECK(work, find_entry(list, nr, names[i]));
	work->line = 0;
}

TEST_F(listing, T16_tables_on_top_of_each_other)
{
	EXPECT_EQ(0, RUN(body_layers));
}
#endif

/* Who may not search a directory may list it. */
static void body_unprivileged(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	int fd = open_dir(work->home);

	CHECK(work, !setresuid(65534, 65534, 65534));
	CHECK(work, is_complete(list, list_rest(work->call, fd, 56, list)));
	work->line = 0;
}

TEST_F(listing, T16_the_names_are_there_for_who_may_not_search)
{
	chmod(self->home, 0744);
	EXPECT_EQ(0, RUN(body_unprivileged));
}

/* An unlinked directory has nothing any more, wherever its listing has come to. */
static void body_gone(void *arg)
{
	struct work *work = arg;
	struct entry list[MAX_ENTRIES];
	char *dir = pvt_path("%s/new/9/er", work->base);
	char *file = pvt_path("%s/f", dir);
	int fd = open_dir(pvt_path("%s/nest/er", work->base)), i;

	/* The last one is not the filesystem's. */
	for (i = 0; i < 4; i++)
		CHECK(work, list_some(work->call, fd, 28, list) == 1);
	CHECK(work, !unlink(file) && !rmdir(dir));
	CHECK(work, list_some(work->call, fd, 8192, list) <= 0);
	lseek(fd, 0, SEEK_SET);
	CHECK(work, list_some(work->call, fd, 8192, list) <= 0);
	work->line = 0;
}

TEST_F(listing, T16_a_directory_that_was_removed_has_none)
{
	EXPECT_EQ(0, RUN(body_gone));
}

/* Nothing but the names, and an end, while everything is renamed and attached anew. */
/* ---- Unions ---- */

#define OVER	20	/* names that only the upper tree has */
#define BOTH	10	/* names that are directories there, and files below */

/* What is planted in "home", with "." and "..". */
#define NR_UNION	(PLAIN + OVER + 3 + 2)

/* All names of both trees, once, each as stat tells it. */
static bool is_united(int fd, const struct entry *list, int nr)
{
	const struct entry *entry;
	int i;

	if (nr != NR_UNION)
		return false;
	for (i = 0; i < PLAIN + OVER; i++) {
		entry = find_entry(list, nr, i < PLAIN ? pvt_path("plain%d", i) :
						 pvt_path("over%d", i - PLAIN));
		if (!entry || !is_as_stat(fd, entry) ||
		    (i < BOTH && entry->type >= 0 && entry->type != DT_DIR))
			return false;
	}
	return find_entry(list, nr, "user1") && find_entry(list, nr, "file") &&
	       find_entry(list, nr, "same") && find_entry(list, nr, ".") &&
	       find_entry(list, nr, "..");
}

static void body_union(void *arg)
{
	static const unsigned int sizes[] = { 8192, 300, 56 };
	struct work *work = arg;
	struct entry list[MAX_ENTRIES], rest[MAX_ENTRIES];
	int fd = open_dir(work->home), nr, left;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		CHECK(work, lseek(fd, 0, SEEK_SET) == 0);
		nr = list_rest(work->call, fd, sizes[i], list);
		CHECK(work, is_united(fd, list, nr));
	}
	while (nr--) {
		CHECK(work, lseek64(fd, list[nr].off, SEEK_SET) == list[nr].off);
		left = list_rest(work->call, fd, 300, rest);
		CHECK(work, left == NR_UNION - nr - 1);
	}
	work->line = 0;
}

TEST_F(listing, T17_a_union_has_the_names_of_all_trees_once)
{
	struct pvt_rule rule = { self->home, pvt_path("%s/upper", self->base) };
	int i;

	pvt_mkdir(rule.target);
	for (i = 0; i < OVER; i++)
		pvt_write(pvt_path("%s/over%d", rule.target, i), "", 0644);
	for (i = 0; i < BOTH; i++)
		pvt_mkdir(pvt_path("%s/plain%d", rule.target, i));
	EXPECT_EQ(0, run_in(PVT_UNION, &rule, 1, self, variant->call, NULL, body_union));
}

TEST_F(listing, T16_rules_and_names_change_while_threads_list)
{
	struct entry list[MAX_ENTRIES];
	char *moved = pvt_path("%s/moved", self->base);
	pid_t listers[2];
	int i, fd, nr, status, end[2];
	char byte;

	ASSERT_EQ(0, pipe2(end, O_NONBLOCK));
	for (i = 0; i < 2; i++) {
		fd = open_dir(self->home);
		listers[i] = fork();
		if (listers[i]) {
			close(fd);
			continue;
		}
		close(end[1]);
		while (read(end[0], &byte, 1) < 0) {
			lseek(fd, 0, SEEK_SET);
			nr = list_rest(variant->call, fd, i ? 8192 : 56, list);
			if (nr < PLAIN)
				_exit(1);
		}
		lseek(fd, 0, SEEK_SET);
		nr = list_rest(variant->call, fd, 56, list);
		_exit(nr < 0 || !find_entry(list, nr, "afile"));
	}
	for (i = 0; i < 60; i++) {
		pvt_attach(listers[i & 1], self->rules + i % 3,
			   i % 5 ? NR_RULES - i % 3 : 1);
		rename(i & 1 ? moved : self->home, i & 1 ? self->home : moved);
	}
	close(end[1]);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(listers[i], waitpid(listers[i], &status, 0));
		EXPECT_EQ(0, status);
	}
}

PVT_HARNESS_MAIN
