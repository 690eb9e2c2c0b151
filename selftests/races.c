// SPDX-License-Identifier: GPL-2.0
/*
 * W3: while somebody swaps a directory for a symbolic link, nothing from outside is seen.
 *
 * What is outside depends on who asks: below a directory that RESOLVE_BENEATH or
 * RESOLVE_IN_ROOT shall not leave, or by O_NOFOLLOW or RESOLVE_NO_SYMLINKS, no link leads
 * to another tree; from a jail nothing does; and of what NEW hides at ORIGINAL nobody sees
 * anything.  A file says in which tree it lies: 's' for outside, 'n' for NEW, 'o' for
 * what is hidden.
 *
 * PV_RACE_SECONDS says for how long each race goes on; 60.
 */
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"

#include "attaching.h"
#include "swapping.h"

#define NOBODY	65534

/**
 * struct glimpse - one way to look at a file
 * @name: its name, below the directory that is looked at
 * @resolve: as in struct open_how
 * @in_steps: a directory of that name is opened with O_NOFOLLOW, then "f" in it
 * @absolute: by the whole name
 */
struct glimpse {
	const char *name;
	unsigned long long resolve;
	bool in_steps;
	bool absolute;
};

/* None of them may follow a link out of the directory. */
static const struct glimpse confined[] = {
	{ .name = "sub/f", .resolve = RESOLVE_NO_SYMLINKS },
	{ .name = "sub/f", .resolve = RESOLVE_NO_SYMLINKS, .absolute = true },
	{ .name = "sub/deep/../f", .resolve = RESOLVE_NO_SYMLINKS, .absolute = true },
	{ .name = "sub/f", .resolve = RESOLVE_BENEATH },
	{ .name = "sub/deep/../f", .resolve = RESOLVE_BENEATH },
	{ .name = "sub/../sub/f", .resolve = RESOLVE_BENEATH },
	{ .name = "sub/f", .resolve = RESOLVE_IN_ROOT },
	{ .name = "/sub/f", .resolve = RESOLVE_IN_ROOT },
	{ .name = "../../sub/deep/../f", .resolve = RESOLVE_IN_ROOT },
	{ .name = "sub", .in_steps = true },
	{ .name = "sub", .in_steps = true, .absolute = true },
};

/* Where there is nothing but the tree. */
static const struct glimpse plain[] = {
	{ .name = "sub/f" },
	{ .name = "sub/f", .absolute = true },
	{ .name = "sub/deep/../f" },
	{ .name = "sub/deep/../f", .absolute = true },
	{ .name = "sub/../sub/f", .absolute = true },
	{ .name = "sub", .in_steps = true },
};

/**
 * struct race - what is looked at, and what is swapped
 * @at: the directory that is looked at
 * @jail: where who looks has his root, or NULL
 * @glimpses: how it is looked at
 * @nr: how many
 * @swapping: what is swapped
 * @attached: who swaps is attached, too
 * @swapper: who swaps, if he is not
 * @seen: how often each byte was seen
 */
struct race {
	const char *at;
	const char *jail;
	const struct glimpse *glimpses;
	size_t nr;
	struct swapping swapping;
	bool attached;
	pid_t swapper;
	unsigned int seen[256];
};

static void begin_to_swap(struct race *race)
{
	pthread_t thread;

	if (race->attached) {
		if (pthread_create(&thread, NULL, swap, &race->swapping))
			pvt_die("no thread");
		return;
	}
	race->swapper = fork();
	if (!race->swapper) {
		swap(&race->swapping);
		_exit(0);
	}
}

static int open_glimpse(int dir, const struct race *race,
			const struct glimpse *glimpse)
{
	struct open_how how = {
		.flags = glimpse->in_steps ?
			 O_PATH | O_NOFOLLOW | O_DIRECTORY : O_RDONLY,
		.resolve = glimpse->resolve,
	};
	char name[PATH_MAX];
	int fd, file;

	snprintf(name, sizeof(name), "%s%s%s", glimpse->absolute ? race->at : "",
		 glimpse->absolute ? "/" : "", glimpse->name);
	fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd < 0 || !glimpse->in_steps)
		return fd;
	file = openat(fd, "f", O_RDONLY | O_NOFOLLOW);
	close(fd);
	return file;
}

static void look_on(struct race *race, int dir, unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned char byte;
	size_t i;
	int fd;

	while (time(NULL) < end) {
		for (i = 0; i < race->nr; i++) {
			fd = open_glimpse(dir, race, &race->glimpses[i]);
			if (fd < 0)
				continue;
			if (read(fd, &byte, 1) == 1)
				race->seen[byte]++;
			close(fd);
		}
	}
}

static void look_all_the_time(void *arg)
{
	const char *seconds = getenv("PV_RACE_SECONDS");
	struct race *race = arg;
	int dir;

	if (race->jail && (chroot(race->jail) || chdir("/")))
		pvt_die("cannot chroot to %s", race->jail);
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		pvt_die("cannot be nobody");
	dir = open(race->at, O_PATH | O_DIRECTORY);
	if (dir < 0)
		pvt_die("open of %s", race->at);
	if (race->attached)
		begin_to_swap(race);
	look_on(race, dir, seconds ? atoi(seconds) : 60);
	race->swapping.done = true;
}

FIXTURE(swapped)
{
	char *dir;
	struct race *race;
	struct pvt_rule rule;
};

#define IN(path)	pvt_path("%s/" path, self->dir)

/* A tree in which files say @text, with a link that leads to @outside. */
static void make_tree(const char *dir, const char *text, const char *outside)
{
	char *deep = pvt_path("%s/sub/deep/f", dir);
	char *file = pvt_path("%s/sub/f", dir);
	char *link = pvt_path("%s/link", dir);

	pvt_make_parents(deep);
	pvt_write(deep, text, 0644);
	pvt_write(file, text, 0644);
	pvt_symlink(outside, link);
	/* Whoever swaps may. */
	chmod(dir, 0777);
	free(deep);
	free(file);
	free(link);
}

FIXTURE_SETUP(swapped)
{
	self->dir = pvt_tree_new();
	make_tree(IN("secret"), "s", "/");
	make_tree(IN("new"), "n", IN("secret/sub"));
	make_tree(IN("orig"), "o", IN("secret/sub"));
	make_tree(IN("jail/data"), "o", IN("secret/sub"));
	make_tree(IN("jail/secret"), "j", "/");
	self->race = pvt_shared(sizeof(*self->race));
	self->rule = (struct pvt_rule){ IN("orig"), IN("new") };
	self->race->at = self->rule.original;
	self->race->glimpses = confined;
	self->race->nr = sizeof(confined) / sizeof(confined[0]);
}

FIXTURE_TEARDOWN(swapped)
{
	pvt_tree_free(self->dir);
}

/* Look, while it is swapped; return false if it came to a bad end. */
static bool hold_race(FIXTURE_DATA(swapped) *self, const char *one,
		      const char *other)
{
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = &self->rule,
		.nr = 1,
		.body = look_all_the_time,
		.arg = self->race,
	};
	struct race *race = self->race;
	int status;

	race->swapping.one = one;
	race->swapping.other = other;
	if (!race->attached)
		begin_to_swap(race);
	status = pvt_run(&job);
	race->swapping.done = true;
	if (race->swapper > 0)
		waitpid(race->swapper, NULL, 0);
	printf("# seen: %u of NEW, %u of what is hidden, %u from outside\n",
	       race->seen['n'], race->seen['o'], race->seen['s']);
	return !status;
}

static void expect_only_new(struct __test_metadata *_metadata,
			    const struct race *race)
{
	EXPECT_LT(0, race->seen['n']);
	EXPECT_EQ(0, race->seen['o']);
	EXPECT_EQ(0, race->seen['s']);
}

TEST_F_TIMEOUT(swapped, W3_below_ORIGINAL_by_who_looks, 3600)
{
	self->race->attached = true;
	ASSERT_TRUE(hold_race(self, IN("orig/sub"), IN("orig/link")));
	expect_only_new(_metadata, self->race);
}

TEST_F_TIMEOUT(swapped, W3_below_NEW_by_another, 3600)
{
	ASSERT_TRUE(hold_race(self, IN("new/sub"), IN("new/link")));
	expect_only_new(_metadata, self->race);
}

TEST_F_TIMEOUT(swapped, W3_in_what_NEW_hides, 3600)
{
	self->race->glimpses = plain;
	self->race->nr = sizeof(plain) / sizeof(plain[0]);
	ASSERT_TRUE(hold_race(self, IN("orig/sub"), IN("orig/link")));
	expect_only_new(_metadata, self->race);
}

TEST_F_TIMEOUT(swapped, W3_in_a_jail, 3600)
{
	self->race->attached = true;
	self->race->jail = IN("jail");
	self->race->at = "/data";
	self->race->glimpses = plain;
	self->race->nr = sizeof(plain) / sizeof(plain[0]);
	self->rule.original = IN("jail/data");
	/* Where the link leads in the jail there is nothing. */
	ASSERT_TRUE(hold_race(self, "/data/sub", "/data/link"));
	expect_only_new(_metadata, self->race);
}

PVT_HARNESS_MAIN
