// SPDX-License-Identifier: GPL-2.0
/*
 * A2: tables come, change and go while processes use them all the time.
 *
 * DIR/o, DIR/1 and DIR/2 are three complete trees of the same shape on one
 * filesystem.  Processes use names under DIR/o without a pause; meanwhile
 * DIR/o -> DIR/1 or DIR/o -> DIR/2 is installed, or nothing is.  So each call
 * has a result in any of the trees, and its result must be one of these.
 *
 * Calls with two names must find both in the same tree: RENAME_EXCHANGE of
 * "a" and "b", and rename of "c" to "d", two links to one file, which does
 * nothing.  If the names are of two trees a file moves from one to the other,
 * and is found there in the end: what a file says is where it belongs.
 *
 * PV_STRESS_SECONDS says for how long; 60.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"

#include "attaching.h"
#include "three_trees.h"

#define WORKERS		16
#define ENTRIES		7	/* in a worker's directory, "." and ".." apart */

enum deed {
	OPEN, STAT, ACCESS, READLINK, LIST, CREATE, RENAME, EXCHANGE, LINK, FORK,
	EXEC, DEEDS,
};

static const char *const deed_names[] = {
	"open", "stat", "access", "readlink", "list", "create", "rename",
	"exchange", "link", "fork", "exec",
};

/* struct tally - what all processes count, in shared memory */
struct tally {
	atomic_int stop;
	atomic_long done[DEEDS];
	atomic_long seen[3];	/* by tree */
	atomic_long wrong;
};

/* struct place - the paths that one worker uses, and where it counts */
struct place {
	struct tally *tally;
	char *dir;	/* DIR/o/wN */
	char *a, *b, *c, *d, *link, *created, *program;
	ino_t inodes[3];	/* of "c" in each tree */
};

static void wrong(struct place *place, enum deed deed, const char *what,
		  long result)
{
	int err = errno;

	if (atomic_fetch_add(&place->tally->wrong, 1) < 20) {
		printf("# %s %s: %s, %ld (%s)\n", place->dir, deed_names[deed],
		       what, result, strerror(err));
		fflush(stdout);
	}
}

static void saw(struct place *place, enum deed deed, const char *what,
		char tree)
{
	const char *found = tree ? strchr(trees, tree) : NULL;

	if (found)
		atomic_fetch_add(&place->tally->seen[found - trees], 1);
	else
		wrong(place, deed, what, tree);
}

static void must(struct place *place, enum deed deed, const char *what,
		 long result, long wanted)
{
	if (result != wanted)
		wrong(place, deed, what, result);
}

/* ---- What they do ---- */

static void do_open(struct place *place)
{
	saw(place, OPEN, "it says", look(place->a));
	saw(place, OPEN, "it says", look(place->c));
}

static void do_stat(struct place *place)
{
	struct stat stat;
	int i;

	if (lstat(place->c, &stat)) {
		wrong(place, STAT, "failed", -1);
		return;
	}
	for (i = 0; i < 3 && stat.st_ino != place->inodes[i]; i++)
		;
	saw(place, STAT, "inode", i < 3 ? trees[i] : 0);
}

static void do_access(struct place *place)
{
	must(place, ACCESS, "failed", access(place->b, R_OK), 0);
	must(place, ACCESS, "of nothing", access(place->created, F_OK), -1);
	if (errno != ENOENT)
		wrong(place, ACCESS, "of nothing", errno);
}

static void do_readlink(struct place *place)
{
	char target[8] = "";

	must(place, READLINK, "length", readlink(place->link, target, 7), 1);
	saw(place, READLINK, "it says", target[0]);
}

static void do_list(struct place *place)
{
	DIR *dir = opendir(place->dir);
	const struct dirent *entry;
	int nr = 0;

	if (!dir) {
		wrong(place, LIST, "opendir", -1);
		return;
	}
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	must(place, LIST, "entries", nr, ENTRIES);
}

/* O_TMPFILE: a file in a tree that leaves no trace in it. */
static void do_create(struct place *place)
{
	int fd = open(place->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		wrong(place, CREATE, "failed", fd);
	else
		close(fd);
	fd = open(place->a, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || errno != EEXIST)
		wrong(place, CREATE, "of what is there", fd);
}

static void do_rename(struct place *place)
{
	must(place, RENAME, "failed", rename(place->c, place->d), 0);
}

static void do_exchange(struct place *place)
{
	must(place, EXCHANGE, "failed",
	     renameat2(AT_FDCWD, place->a, AT_FDCWD, place->b,
		       RENAME_EXCHANGE), 0);
}

static void do_link(struct place *place)
{
	must(place, LINK, "to what is there", link(place->a, place->c), -1);
	if (errno != EEXIST)
		wrong(place, LINK, "to what is there", errno);
}

static void do_fork(struct place *place)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(look(place->a));
	status = wait_status(pid);
	saw(place, FORK, "the child saw", status > 0 ? status : 0);
}

static void do_exec(struct place *place)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	pid_t pid = vfork();
	int status;

	if (!pid) {
		execve(place->program, argv, envp);
		_exit(100);
	}
	status = wait_status(pid);
	saw(place, EXEC, "it ended with",
	    status >= 0 && status < 3 ? trees[status] : 0);
}

static void (*const deeds[])(struct place *place) = {
	do_open, do_stat, do_access, do_readlink, do_list, do_create, do_rename,
	do_exchange, do_link, do_fork, do_exec,
};

/* Dear deeds are done less often. */
static bool is_due(enum deed deed, unsigned int turn)
{
	return deed < FORK || turn % (deed == FORK ? 4 : 8) == 0;
}

/* ---- The trees ---- */

static void fill(const char *tree, int worker, char says)
{
	char *dir = pvt_path("%s/w%d", tree, worker), *from, *to;
	const char *name;
	char text[2] = { says };

	pvt_mkdir(dir);
	for (name = "abc"; *name; name++) {
		to = below(dir, (char [2]){ *name });
		pvt_write(to, text, 0644);
		free(to);
	}
	from = below(dir, "c");
	to = below(dir, "d");
	if (link(from, to))
		pvt_die("link of %s", to);
	free(from);
	free(to);
	to = below(dir, "link");
	pvt_symlink(text, to);
	free(to);
	to = below(dir, "program");
	pvt_copy(programs[strchr(trees, says) - trees], to);
	free(to);
	to = below(dir, "subdir");
	pvt_mkdir(to);
	free(to);
	free(dir);
}

static struct place place_new(const char *dir, int worker,
			      struct tally *tally)
{
	struct place place = {
		.tally = tally,
		.dir = pvt_path("%s/o/w%d", dir, worker),
	};
	struct stat stat;
	char *path;
	int i;

	place.a = below(place.dir, "a");
	place.b = below(place.dir, "b");
	place.c = below(place.dir, "c");
	place.d = below(place.dir, "d");
	place.link = below(place.dir, "link");
	place.created = below(place.dir, "created");
	place.program = below(place.dir, "program");
	for (i = 0; i < 3; i++) {
		path = pvt_path("%s/%c/w%d/c", dir, trees[i], worker);
		if (lstat(path, &stat))
			pvt_die("lstat of %s", path);
		place.inodes[i] = stat.st_ino;
		free(path);
	}
	return place;
}

/* ---- The workers ---- */

static void *look_on(void *arg)
{
	struct place *place = arg;

	while (!atomic_load(&place->tally->stop))
		do_open(place);
	return NULL;
}

/* Every other one has a second thread. */
static void work(struct place *place, int worker)
{
	unsigned int turn;
	pthread_t thread;
	enum deed deed;

	if (worker % 2 && pthread_create(&thread, NULL, look_on, place))
		pvt_die("no thread");
	freopen("/dev/null", "w", stderr);	/* expr complains */
	for (turn = worker; !atomic_load(&place->tally->stop); turn++) {
		for (deed = 0; deed < DEEDS; deed++) {
			if (!is_due(deed, turn))
				continue;
			deeds[deed](place);
			atomic_fetch_add(&place->tally->done[deed], 1);
		}
	}
	if (worker % 2)
		pthread_join(thread, NULL);
	_exit(0);
}

/* The parent of all workers, to which tables are given for the whole tree. */
static void lead(const char *dir, struct tally *tally, pid_t *workers)
{
	struct place place;
	pid_t pid;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < WORKERS; i++) {
		pid = fork();
		if (pid < 0)
			pvt_die("fork");
		if (pid) {
			workers[i] = pid;
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		place = place_new(dir, i, tally);
		work(&place, i);
	}
	while (wait(NULL) > 0)
		;
	_exit(0);
}

/* ---- The one who changes tables ---- */

/* struct changes - what was done to the workers */
struct changes {
	char *old;
	char *targets[2];
	unsigned int attached, detached, failed;
};

static bool change(struct changes *changes, pid_t pid, unsigned int what,
		   unsigned int flags)
{
	int err;

	if (what < 2) {
		err = attach_pid(pid, changes->old, changes->targets[what],
				 flags);
		changes->attached++;
	} else {
		err = detach_pid(pid, flags);
		if (err == -ENOENT)
			err = 0;
		changes->detached++;
	}
	if (err) {
		printf("# change %u of %d: %s\n", what, pid, strerror(-err));
		changes->failed++;
	}
	return !err;
}

static int duration(void)
{
	const char *seconds = getenv("PV_STRESS_SECONDS");

	return seconds ? atoi(seconds) : 60;
}

static void change_all(struct changes *changes, pid_t leader,
		       const pid_t *workers)
{
	time_t end = time(NULL) + duration();
	unsigned int seed = time(NULL), turn;

	printf("# seed %u, %d s\n", seed, duration());
	for (turn = 0; time(NULL) < end && changes->failed < 20; turn++) {
		if (turn % 40 == 39)
			change(changes, leader, rand_r(&seed) % 3, PV_TREE);
		else
			change(changes, workers[rand_r(&seed) % WORKERS],
			       rand_r(&seed) % 3, 0);
		/* All bare for a while: the hooks are disarmed. */
		if (turn % 200 == 199)
			change(changes, leader, 2, PV_TREE);
	}
}

FIXTURE(stress)
{
	char *dir;
	struct tally *tally;
	pid_t *workers;
};

FIXTURE_SETUP(stress)
{
	char *tree;
	int i, worker;

	self->dir = pvt_tree_new();
	for (i = 0; i < 3; i++) {
		tree = pvt_path("%s/%c", self->dir, trees[i]);
		pvt_mkdir(tree);
		for (worker = 0; worker < WORKERS; worker++)
			fill(tree, worker, trees[i]);
		free(tree);
	}
	self->tally = pvt_shared(sizeof(*self->tally));
	self->workers = pvt_shared(WORKERS * sizeof(pid_t));
	ASSERT_EQ(0, what_stays());
}

FIXTURE_TEARDOWN(stress)
{
	EXPECT_EQ(0, what_stays());
	pvt_tree_free(self->dir);
}

TEST_F_TIMEOUT(stress,
	       every_result_is_one_trees_or_the_others_while_tables_change, 7200)
{
	struct changes changes = {
		.old = pvt_path("%s/o", self->dir),
		.targets = {
			pvt_path("%s/1", self->dir),
			pvt_path("%s/2", self->dir),
		},
	};
	pid_t leader;
	int i;

	fflush(stdout);
	leader = fork();
	ASSERT_LE(0, leader);
	if (!leader)
		lead(self->dir, self->tally, self->workers);
	while (!((volatile pid_t *)self->workers)[WORKERS - 1])
		usleep(1000);
	change_all(&changes, leader, self->workers);
	atomic_store(&self->tally->stop, 1);
	EXPECT_EQ(leader, waitpid(leader, NULL, 0));

	TH_LOG("%u tables installed, %u times removed", changes.attached,
	       changes.detached);
	for (i = 0; i < DEEDS; i++) {
		TH_LOG("%s: %ld", deed_names[i],
		       atomic_load(&self->tally->done[i]));
		EXPECT_LT(0, atomic_load(&self->tally->done[i]));
	}
	EXPECT_EQ(0, changes.failed);
	EXPECT_EQ(0, atomic_load(&self->tally->wrong));
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, atomic_load(&self->tally->seen[i]));
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, misplaced(self->dir, i));
}

TEST_HARNESS_MAIN
