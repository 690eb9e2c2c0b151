// SPDX-License-Identifier: GPL-2.0
/*
 * T11: random trees, rules and calls, under bind mounts and in an attached
 * process.  What each call gives and the tree that is left must be the same.
 *
 * What is the last rule is mounted first; where there are two layers, the outer
 * one's are.  A rule for "/" is a change of the root directory.
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

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define THINGS		24
#define RULES		4
#define CALLS		256
#define SLOTS		3
#define NAME_SIZE	1024
#define PATH_SIZE	(NAME_SIZE + 128)
#define GROUP_THING	70000
#define GROUP_CALL	71000
#define CANNOT_MOUNT	77
#define ABSENT		"~"
#define ON_THE_WAY	(8 * RULES * 32)

/**
 * struct kind - what cases of one class are like
 *
 * @rules: the number of rules, at most
 * @exceptions: some have the same ORIGINAL and NEW
 * @links: there are symbolic links
 * @files: ORIGINAL and NEW may be files
 * @absent: there is nothing at ORIGINAL
 * @parents: nor is there a directory for any ORIGINAL to lie in
 * @root: the last rule is for "/"
 * @layers: some rules are another layer
 * @held: descriptors are there before the rules are
 * @through: some NEWs are named by a link
 * @roots: the root directory changes under way
 * @mounts: there are mounts under way
 * @relative: so many names in a hundred are relative
 */
struct kind {
	int rules;
	bool exceptions;
	bool links;
	bool files;
	bool absent;
	bool parents;
	bool root;
	bool layers;
	bool held;
	bool through;
	bool roots;
	bool mounts;
	int relative;
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
	bool inner;
	bool absent;
	struct name original;
	struct name target;
	struct name top;	/* the first of its directories that is not there */
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
	const char *root;	/* NEW of the rule for "/", or NULL */
	bool private;		/* a mount namespace of its own in any world */
	struct name held[SLOTS];
	struct thing things[THINGS];
	struct rule rules[RULES];
	struct call calls[CALLS];
	int nr_things;
	int nr_rules;
	int nr_calls;
};

/*
 * Differences that are meant, each with its reason.  Such a call is not made in
 * the attached process (nor, with @LEFT_OUT_WAY, under mounts), so that the worlds
 * stay alike.
 */
enum left_out {
	MADE,
	LEFT_OUT_DEVICE,
	LEFT_OUT_WAY,
	LEFT_OUT_EXCEPTION,
	LEFT_OUT_PIVOT,
	NR_LEFT_OUT,
};

static const char * const reasons[NR_LEFT_OUT] = {
	[LEFT_OUT_DEVICE] = "rename and link work within a filesystem, and not across mounts",
	[LEFT_OUT_WAY] = "a rule is a name and stays when what it speaks of is moved or removed, a mount goes along or is busy",
	[LEFT_OUT_PIVOT] = "pivot_root asks for mount points, and ORIGINAL as the root is none",
	[LEFT_OUT_EXCEPTION] = "an exception is no mount that RESOLVE_NO_XDEV could see",
};

struct result {
	int err;
	enum left_out left_out;
	bool in_new;
	char text[NAME_SIZE];
};

struct account {
	struct result results[CALLS];
	bool held[SLOTS];
	char left[PVT_SNAPSHOT];
};

/* What one world has to know. */
struct play {
	const struct scene *scene;
	struct account *account;
	const struct account *before;	/* what came of it under mounts */
	int slots[SLOTS];
	bool rooted;		/* the root directory has changed */
	bool in_new;		/* that lies in NEW */
	bool same;		/* some ORIGINAL is its NEW */
	unsigned long long mount;	/* of the tree, but for rules */
	ino_t on_the_way[ON_THE_WAY];
	ino_t ends[8 * RULES];	/* the last on their ways */
	int nr_ends;
	int nr_on_the_way;
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

static void add_text(struct name *name, const char *text)
{
	size_t length = strlen(name->text);

	if (length + strlen(text) < NAME_SIZE)
		strcpy(name->text + length, text);
}

static void pick_component(struct name *name)
{
	static const char * const odd[] = { "\xff\n", "...", ".a", "a b" };
	char text[NAME_MAX + 2] = "";

	if (!chance(60)) {
		/* The longest, or one more. */
		memset(text, 'l', NAME_MAX + !chance(3));
		add_text(name, text);
	} else if (chance(30)) {
		text[0] = "abcd"[chance(4)];
		add_text(name, text);
	} else {
		add_text(name, PICK(odd));
	}
}

/* An ORIGINAL, or a directory above it that is not there. */
static void pick_original(const struct rule *rule, struct name *name)
{
	add_text(name, rule->original.text);
	while (rule->top.text[0] && strcmp(name->text, rule->top.text) &&
	       !chance(3))
		*strrchr(name->text, '/') = '\0';
}

/* The path of some thing, or of what could be below it. */
static void pick_path(const struct scene *scene, struct name *name)
{
	if (scene->nr_rules && !chance(4))
		pick_original(&scene->rules[chance(scene->nr_rules)], name);
	else if (scene->nr_things && chance(8))
		add_text(name, scene->things[chance(scene->nr_things)].path.text);
	if (!name->text[0])
		add_text(name, "B");
	while (!chance(3)) {
		add_text(name, "/");
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
			add_text(name, PICK(parts));
		if (!chance(2))
			return;
		add_text(name, name->text[0] ? "/" : "./");
	} while (chance(5));
}

static void pick_name(const struct scene *scene, const struct kind *kind,
		      struct name *name)
{
	static const char * const ends[] = { "/", "/.", "//", "/..", "/../a" };

	if ((int)chance(100) < kind->relative) {
		pick_relative(name);
	} else if (!chance(25)) {
		add_text(name, chance(2) ? "/proc/self/cwd/" : "/proc/self/fd/100/");
		pick_relative(name);
	} else {
		pick_path(scene, name);
	}
	if (name->text[0] && !chance(6))
		add_text(name, PICK(ends));
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

static const struct thing *pick_thing(const struct scene *scene, char type)
{
	const struct thing *thing;

	do
		thing = &scene->things[chance(scene->nr_things)];
	while (thing->type != type);
	return thing;
}

static void add_thing(struct scene *scene, char type)
{
	struct thing *thing = &scene->things[scene->nr_things];
	struct name path = { "" };

	memset(thing, 0, sizeof(*thing));
	add_text(&path, scene->nr_things > 3 ? pick_thing(scene, 'd')->path.text : "B");
	add_text(&path, "/");
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
	scene->nr_things++;
}

static void make_things(struct scene *scene, const struct kind *kind)
{
	while (scene->nr_things < 4)
		add_thing(scene, 'd');
	while (scene->nr_things < 7)
		add_thing(scene, 'f');
	while (scene->nr_things < THINGS - 4) {
		if (chance(2))
			add_thing(scene, 'd');
		else if (chance(2) || !kind->links)
			add_thing(scene, 'f');
		else
			add_thing(scene, 'l');
	}
}

/* A link to @to, of any name.  NULL if there is something of that name. */
static const struct thing *add_link(struct scene *scene, const struct name *to)
{
	struct thing *thing = &scene->things[scene->nr_things];
	struct name path = pick_thing(scene, 'd')->path;

	add_text(&path, "/");
	pick_component(&path);
	if (scene->nr_things == THINGS || find_thing(scene, path.text))
		return NULL;
	memset(thing, 0, sizeof(*thing));
	thing->type = 'l';
	thing->path = path;
	thing->target = *to;
	scene->nr_things++;
	return thing;
}

static void name_through_link(struct scene *scene, struct rule *rule)
{
	const struct thing *link = add_link(scene, &rule->target);

	if (link)
		rule->target = link->path;
}

/* One, two or three directories are not there. */
static void make_parents(const struct scene *scene, struct rule *rule)
{
	static const char * const names[] = { "/" ABSENT "a", "/" ABSENT "b" };
	int more = 1 + chance(2);

	rule->absent = true;
	rule->top = pick_thing(scene, 'd')->path;
	add_text(&rule->top, "/" ABSENT);
	rule->original = rule->top;
	while (more--)
		add_text(&rule->original, PICK(names));
}

static void make_rule(struct scene *scene, const struct kind *kind,
		      struct rule *rule)
{
	char type = kind->files && chance(2) ? 'f' : 'd';

	rule->original = pick_thing(scene, type)->path;
	rule->target = pick_thing(scene, type)->path;
	rule->inner = kind->layers && chance(2);
	if (kind->exceptions && chance(2))
		rule->target = rule->original;
	if (kind->absent && chance(2)) {
		rule->original = pick_thing(scene, 'd')->path;
		add_text(&rule->original, "/" ABSENT);
		rule->absent = true;
	}
	if (kind->parents)
		make_parents(scene, rule);
}

/* Once "/" is another directory, others can be seen only below it. */
static bool is_below_root(const struct scene *scene, const struct rule *rule)
{
	size_t length = strlen(scene->root);

	return !strncmp(rule->original.text, scene->root, length) &&
	       rule->original.text[length] == '/';
}

static void make_root_rule(struct scene *scene, struct rule *rule)
{
	rule->target = pick_thing(scene, 'd')->path;
	scene->root = rule->target.text;
}

static void make_rules(struct scene *scene, const struct kind *kind)
{
	struct rule *rule = scene->rules;
	int tries;

	scene->nr_rules = kind->rules > 1 ? 2 + chance(kind->rules - 1) : 1;
	if (kind->root)
		make_root_rule(scene, &rule[scene->nr_rules - 1]);
	for (; rule < &scene->rules[scene->nr_rules - kind->root]; rule++) {
		for (tries = 0; tries < 20; tries++) {
			memset(rule, 0, sizeof(*rule));
			make_rule(scene, kind, rule);
			if (!scene->root || is_below_root(scene, rule))
				break;
		}
		rule->off = tries == 20;
		if (kind->through && !rule->off)
			name_through_link(scene, rule);
	}
	/* Links to where rules hang, and to where they lead. */
	rule = &scene->rules[chance(scene->nr_rules)];
	if (kind->links && rule->original.text[0])
		add_link(scene, chance(2) ? &rule->original : &rule->target);
}

static bool is_in_new(const struct scene *scene, const char *path)
{
	const struct rule *rule;
	size_t length;

	for (rule = scene->rules; rule < &scene->rules[scene->nr_rules]; rule++) {
		length = strlen(rule->target.text);
		if (!strncmp(path, rule->target.text, length) &&
		    (!path[length] || path[length] == '/'))
			return true;
	}
	return false;
}

/* By which name what lies in NEW was opened cannot be known. */
static void make_held(struct scene *scene)
{
	const struct thing *thing;
	int i;

	for (i = 0; i < SLOTS; i++) {
		thing = pick_thing(scene, 'd');
		if (!is_in_new(scene, thing->path.text))
			scene->held[i] = thing->path;
	}
}

/* ---- Calls ---- */

/* Where @name really is. */
static char *expand(const struct scene *scene, const struct name *name,
		    char *text)
{
	snprintf(text, PATH_SIZE, "%s%s",
		 name->text[0] == 'B' ? scene->base : "",
		 name->text + (name->text[0] == 'B'));
	return text;
}

/* What it is called by who has the rules. */
static char *spell(const struct scene *scene, const struct name *name,
		   char *text)
{
	size_t length = scene->root ? strlen(scene->root) : 0;

	if (!scene->root || name->text[0] != 'B')
		return expand(scene, name, text);
	if (strncmp(name->text, scene->root, length) ||
	    (name->text[length] && name->text[length] != '/'))
		length = 1;
	strcpy(text, name->text[length] ? name->text + length : "/");
	return text;
}

/* The same where the root directory has changed, nobody asks to which. */
static const char *spell_below(const char *text, unsigned int drop)
{
	if (text[0] != 'B')
		return text;
	text++;
	for (; drop && *text; drop--)
		text += 1 + strcspn(text + 1, "/");
	return *text ? text : "/";
}

static long tell_stat(struct result *result, long ret, const struct stat *st)
{
	/* What lies outside of the world was not made anew for it. */
	if (!ret && st->st_gid < GROUP_THING)
		strcpy(result->text, "outside");
	else if (!ret)
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

static int resolve_flag(const struct call *call)
{
	static const int resolves[] = {
		RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV,
		RESOLVE_BENEATH, RESOLVE_IN_ROOT,
	};

	return resolves[call->flags % ARRAY_SIZE(resolves)];
}

static long do_openat2(struct context *c)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK,
		.resolve = resolve_flag(c->call),
	};
	int fd;

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

static long do_getxattr(struct context *c)
{
	return tell_text(c->result, getxattr(c->one, "trusted.b",
					     c->result->text, NAME_SIZE - 1));
}

static long do_listxattr(struct context *c)
{
	char names[NAME_SIZE];

	return (c->call->flags & 1 ? llistxattr : listxattr)(c->one, names,
							     sizeof(names));
}

static long do_removexattr(struct context *c)
{
	return c->call->flags & 1 ? lremovexattr(c->one, "trusted.a") :
				    removexattr(c->one, "trusted.b");
}

static long do_statx(struct context *c)
{
	struct statx st;
	long ret = statx(c->dir, c->one, c->call->flags & 1 ?
			 AT_SYMLINK_NOFOLLOW : 0, STATX_BASIC_STATS, &st);

	if (!ret && st.stx_gid >= GROUP_THING)
		snprintf(c->result->text, NAME_SIZE, "%u %o", st.stx_gid,
			 st.stx_mode);
	return ret;
}

static long do_statfs(struct context *c)
{
	struct statfs st;

	return statfs(c->one, &st);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * The names in a directory of the world, or in one that is not there; what there is for
 * the time of the mounts is not told where it may be met by another name.
 */
static long do_list(struct context *c)
{
	struct dirent **entries;
	bool missing;
	struct stat st;
	int fd, nr, i;

	fd = openat(c->dir, c->one, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return -1;
	tell_stat(c->result, fstat(fd, &st), &st);
	missing = !st.st_gid && (st.st_mode & 07777) == 0555;
	nr = st.st_gid < GROUP_THING && !missing ? 0 :
	     scandirat(fd, ".", &entries, NULL, by_name);
	for (i = 0; i < nr; i++) {
		if ((missing || strcmp(entries[i]->d_name, ABSENT)) &&
		    strlen(c->result->text) + NAME_MAX + 2 < NAME_SIZE) {
			strcat(c->result->text, " ");
			strcat(c->result->text, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (nr > 0)
		free(entries);
	close(fd);
	return 0;
}

/* A name that is relative to the working directory, as all of sockets are. */
static long do_socket(struct context *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int (*act)(int fd, const struct sockaddr *address, socklen_t size) =
		c->call->flags & 1 ? bind : connect;
	int fd, err;

	if (strlen(c->one) >= sizeof(address.sun_path) || !*c->one)
		return 0;
	strcpy(address.sun_path, c->one);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	err = act(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	errno = err;
	return err ? -1 : 0;
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

static unsigned long long mount_of(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, 0, STATX_MNT_ID, &st) ? 0 : st.stx_mnt_id;
}

static void let_go(struct play *play)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		close(100 + i);
		play->slots[i] = -1;
	}
	if (chdir("/"))
		pvt_die("chdir to the root directory");
}

/*
 * Where NEW is the root, what is held of it by its own name lies on another mount, but
 * not for rules: so that is let go of.  And so is what is held of a root that was let go,
 * for there no mount is left.
 */
static long tell_root(struct context *c, long ret, bool old_is_gone)
{
	const struct account *before = c->play->before;
	struct stat st;

	if (ret)
		return ret;
	c->play->rooted = true;
	c->result->in_new = before ?
		before->results[c->result - c->play->account->results].in_new :
		mount_of("/") != c->play->mount;
	c->play->in_new = c->result->in_new;
	if (c->play->in_new || old_is_gone)
		let_go(c->play);
	return tell_stat(c->result, stat("/", &st), &st);
}

static long do_chroot(struct context *c)
{
	return tell_root(c, chroot(c->one), false);
}

/* A copy of a directory with all that is mounted there; its descriptor. */
static int copy_tree(int dir, const char *name)
{
	return syscall(SYS_open_tree, dir, name,
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

/* As a sandbox does it: the new root directory is a copy, the old one is let go. */
static long do_pivot(struct context *c)
{
	int tree = copy_tree(c->dir, c->one), step = 0;

	if (tree >= 0 && ++step &&
	    !syscall(SYS_move_mount, tree, "", c->dir, c->one,
		     MOVE_MOUNT_F_EMPTY_PATH) &&
	    ++step && !fchdir(tree) &&
	    ++step && !syscall(SYS_pivot_root, ".", ".") &&
	    ++step && !umount2(".", MNT_DETACH))
		step = chdir("/") ? step : -1;
	snprintf(c->result->text, NAME_SIZE, "step %d", step);
	close(tree);
	if (step < 0)
		c->play->mount = mount_of("/");
	return tell_root(c, step < 0 ? 0 : -1, true);
}

/* Mount, look, and undo it: what stays mounted in NEW is there by both of its names. */
static long do_mount(struct context *c)
{
	int place = openat(c->dir, c->one, O_PATH | O_DIRECTORY);
	int tree = place < 0 ? -1 : copy_tree(c->dir2, c->two);
	char name[PATH_SIZE], mounted[32];
	struct stat st;
	long ret = -1;

	snprintf(mounted, sizeof(mounted), "/proc/self/fd/%d", tree);
	snprintf(name, sizeof(name), "%s/.././.", c->one);
	if (tree < 0 || syscall(SYS_move_mount, tree, "", place, "",
				MOVE_MOUNT_F_EMPTY_PATH |
				MOVE_MOUNT_T_EMPTY_PATH))
		goto out;
	tell_stat(c->result, fstatat(c->dir, c->one, &st, 0), &st);
	ret = fstatat(c->dir, name, &st, 0);
	if (umount2(c->dir == AT_FDCWD ? c->one : mounted, MNT_DETACH))
		pvt_die("umount of %s", c->one);
	tell_stat(c->result, ret, &st);
out:
	close(place);
	close(tree);
	return ret;
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
	{ "getxattr", do_getxattr },
	{ "listxattr", do_listxattr },
	{ "removexattr", do_removexattr },
	{ "statx", do_statx },
	{ "statfs", do_statfs },
	{ "list", do_list }, { "list", do_list },
	{ "socket", do_socket },
	{ "chdir", do_chdir }, { "chdir", do_chdir },
	{ "getcwd", do_getcwd },
	{ "chroot", do_chroot },
	{ "pivot_root", do_pivot },
	{ "mount", do_mount }, { "mount", do_mount },
};

static bool takes_two(const struct call *call)
{
	long (*perform)(struct context *c) = ops[call->op].perform;

	return perform == do_rename || perform == do_link ||
	       perform == do_symlink || perform == do_mount;
}

/* Is it among what is called in cases of this kind? */
static bool is_of_kind(const struct kind *kind, unsigned int op)
{
	long (*perform)(struct context *c) = ops[op].perform;

	if (perform == do_symlink)
		return kind->links;
	if (perform == do_chroot || perform == do_pivot)
		return kind->roots;
	return kind->mounts || perform != do_mount;
}

static void make_calls(struct scene *scene, const struct kind *kind)
{
	struct call *call;
	int i;

	for (i = 0; i < CALLS; i++) {
		call = &scene->calls[i];
		do
			call->op = chance(ARRAY_SIZE(ops));
		while (!is_of_kind(kind, call->op));
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

/* ---- What is left out ---- */

/* Directories at and above @path, as they are now. */
static void note_way_to(struct play *play, char *path)
{
	struct stat st;
	char *end;

	end = path + strlen(play->scene->world);
	while ((end = strchr(end + 1, '/'))) {
		*end = '\0';
		if (!lstat(path, &st))
			play->on_the_way[play->nr_on_the_way++] = st.st_ino;
		*end = '/';
	}
	if (lstat(path, &st))
		return;
	play->on_the_way[play->nr_on_the_way++] = st.st_ino;
	play->ends[play->nr_ends++] = st.st_ino;
}

/* The same of an ORIGINAL or a NEW, by whatever links. */
static void note_way(struct play *play, const struct name *name)
{
	char path[PATH_SIZE], *real;

	expand(play->scene, name, path);
	real = realpath(path, NULL);
	if (real && strcmp(real, path))
		note_way_to(play, real);
	free(real);
	note_way_to(play, path);
}

static bool is_exception(const struct scene *scene, const struct rule *rule)
{
	char original[PATH_SIZE], target[PATH_SIZE];
	struct stat one, other;

	return !stat(expand(scene, &rule->original, original), &one) &&
	       !stat(expand(scene, &rule->target, target), &other) &&
	       one.st_ino == other.st_ino;
}

static void note_ways(struct play *play)
{
	int i;

	for (i = 0; i < play->scene->nr_rules; i++) {
		if (play->scene->rules[i].off)
			continue;
		if (is_exception(play->scene, &play->scene->rules[i]))
			play->same = true;
		note_way(play, &play->scene->rules[i].original);
		note_way(play, &play->scene->rules[i].target);
	}
}

static bool is_on_the_way(const struct play *play, int dir, const char *name)
{
	struct stat st;
	int i;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	for (i = 0; i < play->nr_on_the_way; i++)
		if (st.st_ino == play->on_the_way[i])
			return true;
	return false;
}

/* Is it an ORIGINAL or a NEW itself? */
static bool is_end(const struct play *play, int dir, const char *name)
{
	struct stat st;
	int i;

	if (fstatat(dir, name, &st, 0))
		return false;
	for (i = 0; i < play->nr_ends; i++)
		if (st.st_ino == play->ends[i])
			return true;
	return false;
}

/* Before the call is made under mounts. */
static enum left_out left_out_before(const struct context *c)
{
	long (*perform)(struct context *c) = ops[c->call->op].perform;

	if (perform == do_rename || perform == do_unlink || perform == do_mount)
		if (is_on_the_way(c->play, c->dir, c->one) ||
		    (perform != do_unlink &&
		     is_on_the_way(c->play, c->dir2, c->two)))
			return LEFT_OUT_WAY;
	if (perform == do_pivot && c->play->in_new)
		return LEFT_OUT_PIVOT;
	if (perform == do_pivot && is_end(c->play, c->dir, c->one))
		return LEFT_OUT_WAY;
	if (perform == do_openat2 &&
	    resolve_flag(c->call) == RESOLVE_NO_XDEV && c->play->same)
		return LEFT_OUT_EXCEPTION;
	return MADE;
}

static void perform(struct play *play, int i)
{
	const struct call *call = &play->scene->calls[i];
	static char one[PATH_SIZE], two[PATH_SIZE];
	struct result *result = &play->account->results[i];
	struct context c = {
		.play = play,
		.call = call,
		.result = result,
		.one = play->rooted ? spell_below(call->one.text, call->flags % 3) :
				      spell(play->scene, &call->one, one),
		.two = play->rooted ? spell_below(call->two.text, call->flags % 3) :
				      spell(play->scene, &call->two, two),
		.dir = at(play, call->slot),
		.dir2 = at(play, call->slot2),
	};

	if (play->before) {
		if (play->before->results[i].left_out) {
			*result = play->before->results[i];
			return;
		}
	} else {
		result->left_out = left_out_before(&c);
		if (result->left_out)
			return;
	}
	setfsgid(GROUP_CALL + i);
	errno = 0;
	result->err = ops[call->op].perform(&c) < 0 ? errno : 0;
	if (!play->before && result->err == EXDEV &&
	    (ops[call->op].perform == do_rename ||
	     ops[call->op].perform == do_link))
		result->left_out = LEFT_OUT_DEVICE;
}

/* ---- The worlds ---- */

static void plant(const struct scene *scene)
{
	char path[PATH_SIZE], target[PATH_SIZE];
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

/* The first on the way to ORIGINAL that is not there. */
static const struct name *absent_of(const struct rule *rule)
{
	return rule->top.text[0] ? &rule->top : &rule->original;
}

/* What there is for the time of the mounts where there is nothing. */
static void plant_absent(const struct scene *scene)
{
	char path[PATH_SIZE];
	int i;

	for (i = 0; i < scene->nr_rules; i++)
		if (scene->rules[i].absent && !scene->rules[i].off)
			mkdir(expand(scene, absent_of(&scene->rules[i]), path),
			      0755);
}

/* The directory above shall not show that it was there. */
static void remove_absent(const struct scene *scene)
{
	struct timespec times[2];
	char path[PATH_SIZE], *slash;
	struct stat st;
	int i;

	for (i = 0; i < scene->nr_rules; i++) {
		if (!scene->rules[i].absent || scene->rules[i].off)
			continue;
		expand(scene, absent_of(&scene->rules[i]), path);
		slash = strrchr(path, '/');
		*slash = '\0';
		if (stat(path, &st))
			continue;
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		*slash = '/';
		rmdir(path);
		*slash = '\0';
		utimensat(AT_FDCWD, path, times, 0);
	}
}

static bool has_top_of_another(const struct scene *scene, int rule)
{
	int i;

	for (i = 0; i < rule; i++)
		if (!scene->rules[i].off &&
		    !strcmp(scene->rules[i].top.text, scene->rules[rule].top.text))
			return true;
	return false;
}

/* Make the directories down to an ORIGINAL, @path, below @top. */
static void make_way(char *path, size_t top)
{
	char *end = path + top;

	while ((end = strchr(end + 1, '/'))) {
		*end = '\0';
		mkdir(path, 0555);
		*end = '/';
	}
	mkdir(path, 0555);
}

/*
 * What stands under mounts for directories that are not there: each top is a filesystem of
 * its own, with mount points in it and nothing else, that can only be read and knows no
 * extended attributes.
 */
static bool mount_parents(const struct scene *scene)
{
	char path[PATH_SIZE], top[PATH_SIZE];
	const struct rule *rule;
	int i;

	for (i = 0; i < scene->nr_rules; i++) {
		rule = &scene->rules[i];
		if (rule->off || !rule->top.text[0])
			continue;
		expand(scene, &rule->top, top);
		if (!has_top_of_another(scene, i) &&
		    mount("none", top, "ramfs", 0, "mode=555"))
			return false;
		make_way(expand(scene, &rule->original, path), strlen(top));
	}
	for (i = 0; i < scene->nr_rules; i++) {
		rule = &scene->rules[i];
		if (!rule->off && rule->top.text[0] &&
		    mount(NULL, expand(scene, &rule->top, top), NULL,
			  MS_REMOUNT | MS_RDONLY, NULL))
			return false;
	}
	return true;
}

static int open_place(const struct scene *scene, const struct rule *rule)
{
	struct open_how how = {
		.flags = O_PATH,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	char path[PATH_SIZE];

	return syscall(SYS_openat2, AT_FDCWD,
		       spell(scene, &rule->original, path), &how, sizeof(how));
}

static bool mount_rule(const struct scene *scene, const struct rule *rule,
		       int tree)
{
	int place;

	if (tree < 0)
		return false;
	if (!rule->original.text[0])
		return !syscall(SYS_move_mount, tree, "", AT_FDCWD, "/",
				MOVE_MOUNT_F_EMPTY_PATH) &&
		       !fchdir(tree) && !chroot(".");
	place = open_place(scene, rule);
	if (place < 0 ||
	    syscall(SYS_move_mount, tree, "", place, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		return false;
	close(place);
	close(tree);
	return true;
}

/*
 * One layer.  All NEWs are taken hold of first, with what the outer layer has
 * mounted there; the last rule is mounted first.
 */
static bool mount_layer(const struct scene *scene, bool inner)
{
	const struct rule *rule;
	char path[PATH_SIZE];
	int trees[RULES], i;

	for (i = 0; i < scene->nr_rules; i++) {
		rule = &scene->rules[i];
		if (rule->off || rule->inner != inner)
			continue;
		trees[i] = syscall(SYS_open_tree, AT_FDCWD,
				   (inner ? spell : expand)(scene,
							    &rule->target,
							    path),
				   OPEN_TREE_CLONE | O_CLOEXEC |
				   (inner ? AT_RECURSIVE : 0));
	}
	for (i = scene->nr_rules; i-- > 0;) {
		rule = &scene->rules[i];
		if (!rule->off && rule->inner == inner &&
		    !mount_rule(scene, rule, trees[i]))
			return false;
	}
	return true;
}

/* The inner layer's rules speak of what the outer one has made of the tree. */
static bool mount_rules(struct play *play)
{
	if (!play->scene->private)
		pvt_private_mounts();
	if (!mount_parents(play->scene))
		return false;
	note_ways(play);
	play->mount = mount_of(play->scene->base);
	if (!mount_layer(play->scene, false))
		return false;
	if (!play->scene->root)
		note_ways(play);
	return mount_layer(play->scene, true);
}

/* The rules of one layer, as they are given to pathvirt. */
static size_t give_rules(const struct scene *scene, bool inner,
			 struct pvt_rule *rules)
{
	char path[PATH_SIZE];
	const struct rule *rule;
	size_t nr = 0;
	int i;

	for (i = 0; i < scene->nr_rules; i++) {
		rule = &scene->rules[i];
		if (rule->off || rule->inner != inner)
			continue;
		rules[nr].original =
			strdup(rule->original.text[0] ?
			       spell(scene, &rule->original, path) : "/");
		rules[nr++].target =
			strdup((inner ? spell : expand)(scene, &rule->target,
							path));
	}
	return nr;
}

static void take_rules(struct pvt_rule *rules, size_t nr)
{
	while (nr-- > 0) {
		free((char *)rules[nr].original);
		free((char *)rules[nr].target);
	}
}

static void push_layer(const struct scene *scene)
{
	struct pvt_rule rules[RULES];
	size_t nr = give_rules(scene, true, rules);

	if (nr)
		pvt_push(rules, nr);
	take_rules(rules, nr);
}

/*
 * A descriptor from before the rules leads on by what it is called; under mounts by what
 * it was opened as, so there it is opened later.
 */
static void hold(struct play *play)
{
	const struct scene *scene = play->scene;
	char path[PATH_SIZE];
	int i, fd;

	for (i = 0; i < SLOTS; i++) {
		if (!scene->held[i].text[0] ||
		    (play->before && !play->before->held[i]))
			continue;
		fd = open(spell(scene, &scene->held[i], path),
			  O_PATH | O_DIRECTORY);
		if (fd < 0)
			continue;
		play->account->held[i] = true;
		play->slots[i] = dup2(fd, 100 + i);
		close(fd);
	}
}

static void play_before(void *arg)
{
	struct play *play = arg;
	int i;

	for (i = 0; i < SLOTS; i++)
		play->slots[i] = -1;
	if (play->scene->private)
		pvt_private_mounts();
	if (play->before)
		hold(play);
}

static void play_body(void *arg)
{
	struct play *play = arg;
	int i;

	umask(0);
	if (!play->before) {
		if (!mount_rules(play))
			_exit(CANNOT_MOUNT);
		hold(play);
	} else {
		push_layer(play->scene);
	}
	if (chdir(play->scene->root ? "/" : play->scene->base))
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
		    const struct account *before)
{
	struct play play = {
		.scene = scene, .account = account, .before = before,
	};
	struct pvt_rule rules[RULES];
	struct pvt_job job = {
		.rules = rules,
		.nr = give_rules(scene, false, rules),
		.before = play_before,
		.body = play_body,
		.arg = &play,
	};
	int status;

	job.world = before && job.nr ? PVT_ATTACHED : PVT_NATIVE;
	memset(account, 0, sizeof(*account));
	plant(scene);
	if (!before)
		plant_absent(scene);
	status = pvt_run(&job);
	if (!before)
		remove_absent(scene);
	pvt_snapshot(scene->world, account->left);
	put_away(scene->world);
	take_rules(rules, job.nr);
	return status;
}

enum verdict { SAME, DIFFERENT, IMPOSSIBLE };

struct outcome {
	enum verdict verdict;
	int call;	/* nr_calls: the tree that is left */
};

static struct account *mounted_account, *attached_account;

static bool is_same(const struct result *a, const struct result *b)
{
	return a->err == b->err && !strcmp(a->text, b->text);
}

static struct outcome compare(const struct scene *scene)
{
	struct account *mounted = mounted_account, *attached = attached_account;
	struct outcome outcome = { SAME, 0 };
	int status;

	status = in_world(scene, mounted, NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_MOUNT) {
		outcome.verdict = IMPOSSIBLE;
		return outcome;
	}
	if (in_world(scene, attached, mounted) != status) {
		outcome.verdict = DIFFERENT;
		return outcome;
	}
	for (; outcome.call < scene->nr_calls; outcome.call++) {
		if (is_same(&mounted->results[outcome.call],
			    &attached->results[outcome.call]))
			continue;
		outcome.verdict = DIFFERENT;
		return outcome;
	}
	if (strcmp(mounted->left, attached->left))
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

static void reduce(struct scene *scene, const struct outcome *outcome)
{
	bool again = true;
	int i;

	if (outcome->call < scene->nr_calls)
		scene->nr_calls = outcome->call + 1;
	while (again) {
		again = false;
		for (i = scene->nr_calls; i-- > 0;)
			again |= is_smaller(scene, &scene->calls[i].off);
		for (i = 0; i < scene->nr_rules; i++)
			if (scene->rules[i].original.text[0])
				again |= is_smaller(scene,
						    &scene->rules[i].off);
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
			printf("#   %srule %s=%s\n",
			       scene->rules[i].inner ? "inner " : "",
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

static void print_difference(const struct scene *scene,
			     const struct outcome *outcome)
{
	printf("# PV_DIFFER_SEED=%u differs\n", scene->seed);
	if (outcome->call < scene->nr_calls)
		print_call(scene, outcome->call);
}

/* Of the first @calls calls, how many were made? */
static unsigned int count(unsigned int *left_out, int calls)
{
	unsigned int made = 0;
	int i, why;

	for (i = 0; i < calls; i++) {
		why = mounted_account->results[i].left_out;
		if (why)
			left_out[why]++;
		else
			made++;
	}
	return made;
}

/* ---- The classes ---- */

static unsigned int number(const char *variable, unsigned int otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

#define CLASSES	13

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

FIXTURE_VARIANT_ADD(differ, with_rules_for_files) {
	.kind = { .rules = RULES, .links = true, .relative = 30, .files = true },
};

FIXTURE_VARIANT_ADD(differ, with_nothing_at_original) {
	.kind = { .rules = RULES, .links = true, .relative = 30, .absent = true },
};

FIXTURE_VARIANT_ADD(differ, with_no_directory_for_original) {
	.kind = { .rules = RULES, .links = true, .relative = 30, .parents = true },
};

FIXTURE_VARIANT_ADD(differ, with_a_rule_for_the_root) {
	.kind = {
		.rules = RULES, .links = true, .relative = 30, .root = true,
	},
};

FIXTURE_VARIANT_ADD(differ, with_two_layers) {
	.kind = { .rules = RULES, .links = true, .relative = 30, .layers = true },
};

FIXTURE_VARIANT_ADD(differ, with_NEWs_that_are_named_by_links) {
	.kind = {
		.rules = RULES, .links = true, .relative = 30, .files = true,
		.through = true,
	},
};

FIXTURE_VARIANT_ADD(differ, with_descriptors_from_before) {
	.kind = { .rules = RULES, .links = true, .relative = 70, .held = true },
};

FIXTURE_VARIANT_ADD(differ, with_other_roots_under_way) {
	.kind = { .rules = RULES, .links = true, .relative = 40, .roots = true },
};

FIXTURE_VARIANT_ADD(differ, with_mounts_under_way) {
	.kind = { .rules = RULES, .links = true, .relative = 30, .mounts = true },
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
	/* Hooking the kernel anew for each case would take most of the time. */
	pvt_keep_armed();
}

FIXTURE_TEARDOWN(differ)
{
	pvt_tree_free(self->top);
}

TEST_F_TIMEOUT(differ, is_what_bind_mounts_would_be, 1200)
{
	unsigned int calls = number("PV_DIFFER_CALLS", 100000) / CLASSES;
	unsigned int seed = number("PV_DIFFER_SEED", 1), done = 0;
	int impossible = 0, different = 0;
	struct scene *scene = self->scene;
	unsigned int left_out[NR_LEFT_OUT] = { 0 };
	struct outcome outcome;
	int i;

	for (; done < calls && different < 3; seed++) {
		memset(scene, 0, sizeof(*scene));
		scene->seed = chance_state = seed;
		scene->world = pvt_path("%s/w", self->top);
		scene->base = pvt_path("%s/1/2/3/4/5/6/7/8/t", scene->world);
		make_things(scene, &variant->kind);
		make_rules(scene, &variant->kind);
		if (variant->kind.held)
			make_held(scene);
		scene->private = variant->kind.roots || variant->kind.mounts;
		make_calls(scene, &variant->kind);
		outcome = compare(scene);
		if (outcome.verdict == IMPOSSIBLE)
			impossible++;
		else
			done += count(left_out, outcome.call);
		if (outcome.verdict == DIFFERENT) {
			different++;
			print_difference(scene, &outcome);
			reduce(scene, &outcome);
			outcome = compare(scene);
			print(scene);
			if (outcome.verdict != DIFFERENT)
				printf("# ... and the next time there was no difference\n");
		}
		free(scene->base);
		free(scene->world);
	}
	TH_LOG("%u calls, seeds up to %u, %d cases that cannot be mounted", done,
	       seed, impossible);
	for (i = 1; i < NR_LEFT_OUT; i++)
		TH_LOG("%u calls left out: %s", left_out[i], reasons[i]);
	EXPECT_EQ(0, different);
}

PVT_HARNESS_MAIN
