// SPDX-License-Identifier: GPL-2.0
/*
 * T11: random trees, rules and calls, under bind mounts and in an attached
 * process.  What each call gives and the tree that is left must be the same.
 *
 * Every planted thing has a group of its own, and what a call makes gets the
 * group of that call, so each is known again however it is met.
 *
 * A case that differs is made smaller as long as it does, then printed.
 *
 *   PV_DIFFER_SEED	seed of the first case (1); each failure names its own
 *   PV_DIFFER_CALLS	calls, all classes together (100000)
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/mount.h>

#include "kselftest_harness.h"

#define THINGS		24
#define RULES		4
#define CALLS		64
#define SLOTS		3
#define NAME_SIZE	320
#define GROUP_THING	70000
#define GROUP_CALL	71000
#define CANNOT_MOUNT	77

struct kind {
	int rules;
	bool exceptions;
	bool links;
	int relative;	/* names in a hundred */
};

struct name {
	char text[NAME_SIZE];
};

struct thing {
	bool off;
	char type;	/* d, f, l */
	struct name path;
	struct name target;
};

struct rule {
	bool off;
	struct name original;
	struct name target;
};

struct call {
	bool off;
	unsigned int op;
	int slot;	/* -1: the working directory */
	int slot2;
	unsigned int flags;
	struct name one;
	struct name two;
};

struct scene {
	unsigned int seed;
	char *world;	/* the directory that is made anew for each world */
	char *base;	/* the tree, well below it, as calls may climb */
	struct thing things[THINGS];
	struct rule rules[RULES];
	struct call calls[CALLS];
	int nr_things;
	int nr_rules;
	int nr_calls;
};

struct result {
	int err;
	char text[NAME_SIZE];
};

struct account {
	struct result results[CALLS];
	char left[PVT_SNAPSHOT];
};

/* What one world has to know. */
struct play {
	const struct scene *scene;
	struct account *account;
	bool mounted;
	int slots[SLOTS];
};

/* ---- Chance ---- */

static unsigned int chance_state;

static unsigned int chance(unsigned int below)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (chance_state >> 8) % below;
}

#define PICK(array)	((array)[chance(sizeof(array) / sizeof((array)[0]))])

/* ---- Names ---- */

static void add(struct name *name, const char *text)
{
	size_t length = strlen(name->text);

	if (length + strlen(text) < NAME_SIZE)
		strcpy(name->text + length, text);
}

static void pick_component(struct name *name)
{
	static const char * const odd[] = { "\xff\n", "...", ".a", "a b" };

	if (chance(30)) {
		char text[2] = { "abcd"[chance(4)], '\0' };

		add(name, text);
	} else {
		add(name, PICK(odd));
	}
}

/* The path of some thing, or of what could be below it. */
static void pick_path(const struct scene *scene, struct name *name)
{
	if (scene->nr_things && chance(8))
		add(name, scene->things[chance(scene->nr_things)].path.text);
	else
		add(name, "B");
	while (!chance(3)) {
		add(name, "/");
		pick_component(name);
	}
}

static void pick_relative(struct name *name)
{
	static const char * const parts[] = { "..", "..", ".", "" };

	do {
		if (chance(3))
			pick_component(name);
		else
			add(name, PICK(parts));
		if (!chance(2))
			return;
		add(name, name->text[0] ? "/" : "./");
	} while (chance(5));
}

static void pick_name(const struct scene *scene, const struct kind *kind,
		      struct name *name)
{
	static const char * const ends[] = { "/", "/.", "//", "/..", "/../a" };

	if ((int)chance(100) < kind->relative) {
		pick_relative(name);
	} else if (!chance(25)) {
		add(name, chance(2) ? "/proc/self/cwd/" : "/proc/self/fd/100/");
		pick_relative(name);
	} else {
		pick_path(scene, name);
	}
	if (!chance(6))
		add(name, PICK(ends));
}

/* ---- Making a case ---- */

static const struct thing *find_thing(const struct scene *scene,
				      const char *path)
{
	int i;

	for (i = 0; i < scene->nr_things; i++)
		if (!strcmp(scene->things[i].path.text, path))
			return &scene->things[i];
	return NULL;
}

static const struct thing *pick_dir(const struct scene *scene)
{
	const struct thing *thing;

	do
		thing = &scene->things[chance(scene->nr_things)];
	while (thing->type != 'd');
	return thing;
}

static void add_thing(struct scene *scene, const struct kind *kind, char type)
{
	struct thing *thing = &scene->things[scene->nr_things];
	struct name path = { "" };

	memset(thing, 0, sizeof(*thing));
	add(&path, scene->nr_things > 3 ? pick_dir(scene)->path.text : "B");
	add(&path, "/");
	pick_component(&path);
	if (find_thing(scene, path.text))
		return;
	thing->type = type;
	thing->path = path;
	if (type == 'l') {
		if (chance(2))
			pick_path(scene, &thing->target);
		else
			pick_relative(&thing->target);
		if (!thing->target.text[0])
			return;
	}
	(void)kind;
	scene->nr_things++;
}

static void make_things(struct scene *scene, const struct kind *kind)
{
	while (scene->nr_things < 4)
		add_thing(scene, kind, 'd');
	while (scene->nr_things < THINGS - 4) {
		if (chance(2))
			add_thing(scene, kind, 'd');
		else if (chance(2) || !kind->links)
			add_thing(scene, kind, 'f');
		else
			add_thing(scene, kind, 'l');
	}
}

static void make_rules(struct scene *scene, const struct kind *kind)
{
	int i;

	scene->nr_rules = kind->rules > 1 ? 2 + chance(kind->rules - 1) : 1;
	for (i = 0; i < scene->nr_rules; i++) {
		struct rule *rule = &scene->rules[i];

		rule->original = pick_dir(scene)->path;
		rule->target = pick_dir(scene)->path;
		if (kind->exceptions && i + 1 < scene->nr_rules && chance(2))
			rule->target = rule->original;
	}
}

/* ---- Calls ---- */

static char *expand(const struct scene *scene, const struct name *name,
		    char *text)
{
	snprintf(text, NAME_SIZE + 64, "%s%s",
		 name->text[0] == 'B' ? scene->base : "",
		 name->text + (name->text[0] == 'B'));
	return text;
}

static long tell_stat(struct result *result, long ret, const struct stat *st)
{
	if (!ret)
		snprintf(result->text, NAME_SIZE, "%u %o", st->st_gid,
			 st->st_mode);
	return ret;
}

/* The descriptor is closed. */
static long tell_fd(struct result *result, int fd)
{
	struct stat st;

	if (fd < 0)
		return fd;
	tell_stat(result, fstat(fd, &st), &st);
	close(fd);
	return 0;
}

struct context {
	struct play *play;
	const struct call *call;
	struct result *result;
	const char *one;
	const char *two;
	int dir;
	int dir2;
};

static long do_stat(struct context *c)
{
	struct stat st;

	return tell_stat(c->result, fstatat(c->dir, c->one, &st,
					    c->call->flags & 1 ?
					    AT_SYMLINK_NOFOLLOW : 0), &st);
}

static const int open_flags[] = {
	O_RDONLY, O_RDWR, O_CREAT | O_RDWR, O_CREAT | O_EXCL | O_RDWR,
	O_NOFOLLOW, O_PATH, O_PATH | O_NOFOLLOW, O_DIRECTORY, O_RDWR | O_TRUNC,
	O_CREAT | O_NOFOLLOW | O_RDWR, O_PATH | O_DIRECTORY, O_TMPFILE | O_RDWR,
};

static int open_flag(const struct call *call)
{
	return open_flags[call->flags % ARRAY_SIZE(open_flags)] | O_NONBLOCK;
}

static long do_open(struct context *c)
{
	int fd = openat(c->dir, c->one, open_flag(c->call), 0640);

	return tell_fd(c->result, fd);
}

static long do_openat2(struct context *c)
{
	static const int resolves[] = {
		RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_BENEATH,
		RESOLVE_IN_ROOT,
	};
	struct open_how how = { .flags = O_RDONLY | O_NONBLOCK };
	int fd;

	how.resolve = resolves[c->call->flags % ARRAY_SIZE(resolves)];
	fd = syscall(SYS_openat2, c->dir, c->one, &how, sizeof(how));
	return tell_fd(c->result, fd);
}

static long do_hold(struct context *c)
{
	int fd = openat(c->dir, c->one, O_DIRECTORY |
			(c->call->flags & 1 ? O_PATH : O_RDONLY));
	int slot = c->call->flags / 2 % SLOTS;

	if (fd < 0)
		return fd;
	c->play->slots[slot] = dup2(fd, 100 + slot);
	return tell_fd(c->result, fd);
}

static long do_access(struct context *c)
{
	return faccessat(c->dir, c->one, X_OK,
			 c->call->flags & 1 ? AT_SYMLINK_NOFOLLOW : 0);
}

static long tell_text(struct result *result, long len)
{
	if (len >= 0)
		result->text[len] = '\0';
	return len;
}

static long do_readlink(struct context *c)
{
	return tell_text(c->result, readlinkat(c->dir, c->one, c->result->text,
					       NAME_SIZE - 1));
}

static long do_readlink_fd(struct context *c)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d",
		 100 + c->call->flags % SLOTS);
	return tell_text(c->result, readlink(name, c->result->text,
					     NAME_SIZE - 1));
}

static long do_mkdir(struct context *c)
{
	return mkdirat(c->dir, c->one, 0755);
}

static long do_unlink(struct context *c)
{
	return unlinkat(c->dir, c->one, c->call->flags & 1 ? AT_REMOVEDIR : 0);
}

static long do_rename(struct context *c)
{
	static const int flags[] = { 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };

	return renameat2(c->dir, c->one, c->dir2, c->two,
			 flags[c->call->flags % ARRAY_SIZE(flags)]);
}

static long do_link(struct context *c)
{
	return linkat(c->dir, c->one, c->dir2, c->two,
		      c->call->flags & 1 ? AT_SYMLINK_FOLLOW : 0);
}

static long do_symlink(struct context *c)
{
	return symlinkat(c->two, c->dir, c->one);
}

static long do_mknod(struct context *c)
{
	return mknodat(c->dir, c->one,
		       (c->call->flags & 1 ? S_IFIFO : S_IFREG) | 0644, 0);
}

static long do_chmod(struct context *c)
{
	return fchmodat(c->dir, c->one, 0700 | (c->call->flags & 077), 0);
}

static long do_chown(struct context *c)
{
	return fchownat(c->dir, c->one, 1 + c->call->flags % 9, -1,
			c->call->flags & 1 ? AT_SYMLINK_NOFOLLOW : 0);
}

static long do_utimens(struct context *c)
{
	struct timespec times[2] = { { .tv_sec = 1000 + c->call->flags % 99 },
				     { .tv_sec = 1000 + c->call->flags % 99 } };

	return utimensat(c->dir, c->one, times,
			 c->call->flags & 1 ? AT_SYMLINK_NOFOLLOW : 0);
}

static long do_truncate(struct context *c)
{
	return truncate(c->one, c->call->flags % 50);
}

static long do_setxattr(struct context *c)
{
	return c->call->flags & 1 ?
	       lsetxattr(c->one, "trusted.a", "x", 1, 0) :
	       setxattr(c->one, "trusted.b", "y", 1, 0);
}

static long do_chdir(struct context *c)
{
	struct stat st;

	if (c->call->flags % 4 == 0 && c->dir != AT_FDCWD ?
	    fchdir(c->dir) : chdir(c->one))
		return -1;
	return tell_stat(c->result, stat(".", &st), &st);
}

static long do_getcwd(struct context *c)
{
	return syscall(SYS_getcwd, c->result->text, NAME_SIZE - 1);
}

static const struct op {
	const char *name;
	long (*perform)(struct context *c);
} ops[] = {
	{ "stat", do_stat }, { "stat", do_stat }, { "stat", do_stat },
	{ "open", do_open }, { "open", do_open }, { "open", do_open },
	{ "openat2", do_openat2 },
	{ "hold", do_hold }, { "hold", do_hold },
	{ "access", do_access },
	{ "readlink", do_readlink },
	{ "readlink of a descriptor", do_readlink_fd },
	{ "mkdir", do_mkdir },
	{ "unlink", do_unlink },
	{ "rename", do_rename },
	{ "link", do_link },
	{ "symlink", do_symlink },
	{ "mknod", do_mknod },
	{ "chmod", do_chmod },
	{ "chown", do_chown },
	{ "utimens", do_utimens },
	{ "truncate", do_truncate },
	{ "setxattr", do_setxattr },
	{ "chdir", do_chdir }, { "chdir", do_chdir },
	{ "getcwd", do_getcwd },
};

static bool takes_two(const struct call *call)
{
	long (*perform)(struct context *c) = ops[call->op].perform;

	return perform == do_rename || perform == do_link ||
	       perform == do_symlink;
}

static void make_calls(struct scene *scene, const struct kind *kind)
{
	struct call *call;
	int i;

	for (i = 0; i < CALLS; i++) {
		call = &scene->calls[i];
		do
			call->op = chance(ARRAY_SIZE(ops));
		while (!kind->links && ops[call->op].perform == do_symlink);
		call->slot = chance(3) ? -1 : (int)chance(SLOTS);
		call->slot2 = chance(3) ? -1 : (int)chance(SLOTS);
		call->flags = chance(1 << 16);
		pick_name(scene, kind, &call->one);
		pick_name(scene, kind, &call->two);
	}
	scene->nr_calls = CALLS;
}

static int at(const struct play *play, int slot)
{
	return slot < 0 || play->slots[slot] < 0 ? AT_FDCWD : play->slots[slot];
}

static void perform(struct play *play, int i)
{
	const struct call *call = &play->scene->calls[i];
	static char one[NAME_SIZE + 64], two[NAME_SIZE + 64];
	struct context c = {
		.play = play,
		.call = call,
		.result = &play->account->results[i],
		.one = expand(play->scene, &call->one, one),
		.two = expand(play->scene, &call->two, two),
		.dir = at(play, call->slot),
		.dir2 = at(play, call->slot2),
	};

	setfsgid(GROUP_CALL + i);
	errno = 0;
	c.result->err = ops[call->op].perform(&c) < 0 ? errno : 0;
}

/* ---- The worlds ---- */

static void plant(const struct scene *scene)
{
	char path[NAME_SIZE + 64], target[NAME_SIZE + 64];
	const struct thing *thing;
	int i;

	pvt_make_parents(scene->base);
	pvt_mkdir(scene->base);
	for (i = 0; i < scene->nr_things; i++) {
		thing = &scene->things[i];
		if (thing->off)
			continue;
		expand(scene, &thing->path, path);
		if (thing->type == 'd')
			mkdir(path, 0755);
		else if (thing->type == 'l')
			symlink(expand(scene, &thing->target, target), path);
		else
			close(open(path, O_CREAT | O_WRONLY, 0644));
		lchown(path, 0, GROUP_THING + i);
	}
}

static int open_place(const struct scene *scene, const struct name *name)
{
	struct open_how how = {
		.flags = O_PATH,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	char path[NAME_SIZE + 64];

	return syscall(SYS_openat2, AT_FDCWD, expand(scene, name, path), &how,
		       sizeof(how));
}

/* All NEWs are taken hold of first; the last rule is mounted first. */
static bool mount_rules(const struct scene *scene)
{
	int trees[RULES], place, i;
	char path[NAME_SIZE + 64];

	pvt_private_mounts();
	for (i = 0; i < scene->nr_rules; i++)
		trees[i] = scene->rules[i].off ? -1 :
			   syscall(SYS_open_tree, AT_FDCWD,
				   expand(scene, &scene->rules[i].target, path),
				   OPEN_TREE_CLONE | O_CLOEXEC);
	for (i = scene->nr_rules; i-- > 0;) {
		if (scene->rules[i].off)
			continue;
		place = open_place(scene, &scene->rules[i].original);
		if (trees[i] < 0 || place < 0 ||
		    syscall(SYS_move_mount, trees[i], "", place, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
			return false;
		close(place);
		close(trees[i]);
	}
	return true;
}

static void play_body(void *arg)
{
	struct play *play = arg;
	int i;

	for (i = 0; i < SLOTS; i++)
		play->slots[i] = -1;
	umask(0);
	if (play->mounted && !mount_rules(play->scene))
		_exit(CANNOT_MOUNT);
	if (chdir(play->scene->base))
		_exit(1);
	for (i = 0; i < play->scene->nr_calls; i++)
		if (!play->scene->calls[i].off)
			perform(play, i);
}

/* For the next world to be made in the same place. */
static void put_away(const char *world)
{
	static int number;
	char *away = pvt_path("%s.%d", world, number++);

	if (rename(world, away))
		pvt_die("rename of %s", world);
	pvt_tree_free(away);
}

static int in_world(const struct scene *scene, struct account *account,
		    bool mounted)
{
	struct play play = {
		.scene = scene, .account = account, .mounted = mounted,
	};
	struct pvt_rule rules[RULES];
	struct pvt_job job = {
		.world = mounted ? PVT_NATIVE : PVT_ATTACHED,
		.rules = rules,
		.body = play_body,
		.arg = &play,
	};
	int i, status;

	memset(account, 0, sizeof(*account));
	plant(scene);
	for (i = 0; i < scene->nr_rules; i++) {
		const struct rule *rule = &scene->rules[i];

		if (rule->off)
			continue;
		rules[job.nr].original =
			pvt_path("%s%s", scene->base, rule->original.text + 1);
		rules[job.nr++].target =
			pvt_path("%s%s", scene->base, rule->target.text + 1);
	}
	if (!job.nr)
		job.world = PVT_NATIVE;
	status = pvt_run(&job);
	pvt_snapshot(scene->world, account->left);
	put_away(scene->world);
	for (i = 0; i < (int)job.nr; i++) {
		free((char *)rules[i].original);
		free((char *)rules[i].target);
	}
	return status;
}

/* ---- Comparing ---- */

/*
 * Differences that are meant, each with its reason.  A case goes on until it
 * meets one and counts up to there.
 */
static const struct exception {
	int mounted;
	int attached;
	const char *reason;
} exceptions[] = {
	{ EXDEV, 0, "trees of one filesystem: rename and link work here" },
	{ EXDEV, -1, "the same, and then the call fails for another reason" },
	{ EBUSY, 0, "ORIGINAL is no mount point here, it can be removed" },
	{ EBUSY, -1, "the same, and then the call fails for another reason" },
};

enum verdict { SAME, DIFFERENT, EXCUSED, IMPOSSIBLE };

static enum verdict judge(int mounted, int attached)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (mounted == exceptions[i].mounted &&
		    (attached == exceptions[i].attached ||
		     (attached && exceptions[i].attached < 0)))
			return EXCUSED;
	return DIFFERENT;
}

struct outcome {
	enum verdict verdict;
	int call;	/* nr_calls: the tree that is left */
};

static struct account *mounted_account, *attached_account;

static struct outcome compare(const struct scene *scene)
{
	struct outcome outcome = { SAME, 0 };
	const struct result *a, *b;
	int status;

	status = in_world(scene, mounted_account, true);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_MOUNT) {
		outcome.verdict = IMPOSSIBLE;
		return outcome;
	}
	if (in_world(scene, attached_account, false) != status) {
		outcome.verdict = DIFFERENT;
		return outcome;
	}
	for (; outcome.call < scene->nr_calls; outcome.call++) {
		a = &mounted_account->results[outcome.call];
		b = &attached_account->results[outcome.call];
		if (a->err == b->err && !strcmp(a->text, b->text))
			continue;
		outcome.verdict = a->err != b->err ? judge(a->err, b->err) :
						     DIFFERENT;
		return outcome;
	}
	if (strcmp(mounted_account->left, attached_account->left))
		outcome.verdict = DIFFERENT;
	return outcome;
}

/* ---- Making it smaller ---- */

static bool is_smaller(const struct scene *scene, bool *off)
{
	if (*off)
		return false;
	*off = true;
	if (compare(scene).verdict == DIFFERENT)
		return true;
	*off = false;
	return false;
}

static void reduce(struct scene *scene)
{
	bool again = true;
	int i;

	scene->nr_calls = compare(scene).call + 1;
	if (scene->nr_calls > CALLS)
		scene->nr_calls = CALLS;
	while (again) {
		again = false;
		for (i = scene->nr_calls; i-- > 0;)
			again |= is_smaller(scene, &scene->calls[i].off);
		for (i = 0; i < scene->nr_rules; i++)
			again |= is_smaller(scene, &scene->rules[i].off);
		for (i = scene->nr_things; i-- > 0;)
			again |= is_smaller(scene, &scene->things[i].off);
	}
}

static void print_call(const struct scene *scene, int i)
{
	const struct result *a = &mounted_account->results[i];
	const struct result *b = &attached_account->results[i];
	const struct call *call = &scene->calls[i];

	printf("#   %d: %s dir=%d flags=%#x \"%s\"", i, ops[call->op].name,
	       call->slot, ops[call->op].perform == do_open ?
	       (unsigned int)open_flag(call) : call->flags, call->one.text);
	if (takes_two(call))
		printf(" dir=%d \"%s\"", call->slot2, call->two.text);
	printf("\n#      mounted: %s %s\n#      attached: %s %s\n",
	       strerrorname_np(a->err), a->text, strerrorname_np(b->err),
	       b->text);
}

static void print(const struct scene *scene)
{
	int i;

	printf("# PV_DIFFER_SEED=%u, B is %s\n", scene->seed, scene->base);
	for (i = 0; i < scene->nr_things; i++)
		if (!scene->things[i].off)
			printf("#   %c %d %s %s\n", scene->things[i].type,
			       GROUP_THING + i, scene->things[i].path.text,
			       scene->things[i].target.text);
	for (i = 0; i < scene->nr_rules; i++)
		if (!scene->rules[i].off)
			printf("#   rule %s=%s\n",
			       scene->rules[i].original.text,
			       scene->rules[i].target.text);
	for (i = 0; i < scene->nr_calls; i++)
		if (!scene->calls[i].off)
			print_call(scene, i);
	if (strcmp(mounted_account->left, attached_account->left))
		printf("# left, mounted:\n%s# left, attached:\n%s",
		       mounted_account->left, attached_account->left);
	fflush(stdout);
}

/* ---- The classes ---- */

static unsigned int number(const char *variable, unsigned int otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

#define CLASSES	4

FIXTURE(differ)
{
	char *top;
	struct scene *scene;
};

FIXTURE_VARIANT(differ)
{
	struct kind kind;
};

FIXTURE_VARIANT_ADD(differ, with_one_rule) {
	.kind = { .rules = 1, .links = true, .relative = 30 },
};

FIXTURE_VARIANT_ADD(differ, with_several_rules) {
	.kind = { .rules = RULES, .links = true, .relative = 30 },
};

FIXTURE_VARIANT_ADD(differ, with_exceptions) {
	.kind = {
		.rules = RULES, .links = true, .relative = 30,
		.exceptions = true,
	},
};

FIXTURE_VARIANT_ADD(differ, with_relative_names_and_no_links) {
	.kind = { .rules = RULES, .relative = 80 },
};

FIXTURE_SETUP(differ)
{
	self->top = pvt_tree_new();
	self->scene = calloc(1, sizeof(*self->scene));
	mounted_account = pvt_shared(sizeof(*mounted_account));
	attached_account = pvt_shared(sizeof(*attached_account));
}

FIXTURE_TEARDOWN(differ)
{
	pvt_tree_free(self->top);
}

TEST_F_TIMEOUT(differ, is_what_bind_mounts_would_be, 280)
{
	unsigned int calls = number("PV_DIFFER_CALLS", 100000) / CLASSES;
	unsigned int seed = number("PV_DIFFER_SEED", 1), done = 0;
	int excused = 0, impossible = 0, different = 0;
	struct scene *scene = self->scene;
	struct outcome outcome;

	for (; done < calls && different < 3; seed++) {
		memset(scene, 0, sizeof(*scene));
		scene->seed = chance_state = seed;
		scene->world = pvt_path("%s/w", self->top);
		scene->base = pvt_path("%s/1/2/3/4/t", scene->world);
		make_things(scene, &variant->kind);
		make_rules(scene, &variant->kind);
		make_calls(scene, &variant->kind);
		outcome = compare(scene);
		excused += outcome.verdict == EXCUSED;
		if (outcome.verdict == IMPOSSIBLE)
			impossible++;
		else
			done += outcome.call;
		if (outcome.verdict == DIFFERENT) {
			different++;
			reduce(scene);
			compare(scene);
			print(scene);
		}
		free(scene->base);
		free(scene->world);
	}
	TH_LOG("%u calls, seeds up to %u, %d cases cut short by an exception, %d that cannot be mounted",
	       done, seed, excused, impossible);
	EXPECT_EQ(0, different);
}

PVT_HARNESS_MAIN
