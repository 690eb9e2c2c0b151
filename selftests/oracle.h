/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests by the oracle share: a body says, line by line, what it met in
 * a tree; under bind mounts and in an attached process the lines must be the
 * same, and so must the tree that is left.
 *
 * In templates every "B" stands for the tree.  Each thing in it has a group of
 * its own, which tells which one it is wherever and however it is met.
 *
 * The first line says where ORIGINAL leads: without a table no test passes.
 *
 * To be included after kselftest_harness.h.
 */
#ifndef PV_SELFTESTS_ORACLE_H
#define PV_SELFTESTS_ORACLE_H

#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attaching.h"

#define ORACLE_SAID	(256 * 1024)
#define ORACLE_GROUP	70000
#define ORACLE_THINGS	96

/**
 * struct thing - a thing in a tree; directories above it are made as well
 *
 * @path: its path; with "/" at the end a directory
 * @target: what it says if it is a symbolic link, or NULL
 */
struct thing {
	const char *path;
	const char *target;
};

/**
 * struct setting - what is there, and where one stands
 *
 * @rules: the table, up to an empty row
 * @inner: a second layer, if it has an ORIGINAL
 * @innermost: a third one, the same
 * @things: the tree, up to an empty row
 * @plant: makes what @things cannot say, or NULL
 * @dir: the directory where one stands, taken before the attach (the oracle
 *	needs the mounts first), or NULL
 * @descriptor: hold @dir by a descriptor with these flags for open(), and have
 *	"/" as working directory; 0: it is the working directory itself
 * @late: take it after the attach
 * @removed: the working directory is removed once it is entered
 * @cold: forget all names before each is asked for
 * @any_size: nobody looks at the tree that is left; a name that is longer than
 *	PATH_MAX with its directory may be refused
 */
struct setting {
	struct pvt_rule rules[4];
	struct pvt_rule inner;
	struct pvt_rule innermost;
	struct thing things[40];
	void (*plant)(const char *base);
	const char *dir;
	int descriptor;
	bool late;
	bool removed;
	bool cold;
	bool any_size;
};

struct stage {
	const struct setting *setting;
	void (*body)(struct stage *stage);
	const void *arg;
	enum pvt_world world;
	const char *base;
	int dirfd;
	const char *known[ORACLE_THINGS];
	size_t nr_known;
	char *said;	/* shared */
};

/* ---- Templates and what is said ---- */

static inline char *expand(const char *base, const char *template)
{
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		pvt_die("no memory");
	for (; *template; template++) {
		if (*template == 'B')
			fputs(base, stream);
		else
			fputc(*template, stream);
	}
	fclose(stream);
	return text;
}

__attribute__((format(printf, 2, 3)))
static inline void say(struct stage *stage, const char *format, ...)
{
	size_t length = strlen(stage->said);
	va_list args;
	int added;
	char *end;

	va_start(args, format);
	added = vsnprintf(stage->said + length, ORACLE_SAID - length, format,
			  args);
	va_end(args);
	if (added < 0 || length + added + 2 > ORACLE_SAID)
		pvt_die("more was said than %d bytes", ORACLE_SAID);
	/* It is one line, whatever names are in it. */
	while ((end = strchr(stage->said + length, '\n')))
		*end = '|';
	strcat(stage->said, "\n");
}

/* Which thing it is; "?" was made meanwhile or is no part of the tree. */
static inline const char *which(const struct stage *stage,
				const struct stat *stat)
{
	size_t i = stat->st_gid - ORACLE_GROUP;

	return i < stage->nr_known ? stage->known[i] : "?";
}

/* What came of a call: the error's name, or what @good says. */
static inline const char *outcome(long ret, const char *good)
{
	return ret < 0 ? strerrorname_np(errno) : good;
}

static inline const char *which_name(const struct stage *stage, int dirfd,
				     const char *name, int flags)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, flags))
		return outcome(-1, NULL);
	return which(stage, &st);
}

/* The descriptor is closed. */
static inline const char *which_fd(const struct stage *stage, int fd)
{
	const char *answer;

	if (fd < 0)
		return outcome(fd, NULL);
	answer = which_name(stage, fd, "", AT_EMPTY_PATH);
	close(fd);
	return answer;
}

/* ---- The tree ---- */

static inline void know(struct stage *stage, const char *template,
			const char *path)
{
	if (stage->nr_known == ORACLE_THINGS)
		pvt_die("more than %d things", ORACLE_THINGS);
	if (lchown(path, 0, ORACLE_GROUP + stage->nr_known))
		pvt_die("lchown of %s", path);
	stage->known[stage->nr_known++] = template;
}

static inline void plant_dir(struct stage *stage, const char *template)
{
	char *path = expand(stage->base, template);

	if (!mkdir(path, 0755))
		know(stage, template, path);
	else if (errno != EEXIST)
		pvt_die("mkdir of %s", path);
	free(path);
}

static inline void plant_thing(struct stage *stage, const struct thing *thing)
{
	const char *template = thing->path, *slash = template;
	char *path, *target;

	while ((slash = strchr(slash + 1, '/')))
		plant_dir(stage, strndup(template, slash - template));
	if (template[strlen(template) - 1] == '/')
		return;
	path = expand(stage->base, template);
	if (thing->target) {
		target = expand(stage->base, thing->target);
		pvt_symlink(target, path);
		free(target);
	} else {
		pvt_write(path, template, 0755);
	}
	know(stage, template, path);
	free(path);
}

static inline void plant(struct stage *stage)
{
	const struct setting *setting = stage->setting;
	size_t i;

	stage->nr_known = 0;
	plant_dir(stage, "B");
	for (i = 0; i < ARRAY_SIZE(setting->things) && setting->things[i].path;
	     i++)
		plant_thing(stage, &setting->things[i]);
	if (setting->plant)
		setting->plant(stage->base);
}

/* ---- The worlds ---- */

static inline void enter(struct stage *stage)
{
	const struct setting *setting = stage->setting;
	char *dir;

	stage->dirfd = AT_FDCWD;
	if (!setting->dir)
		return;
	dir = expand(stage->base, setting->dir);
	if (setting->descriptor) {
		stage->dirfd = open(dir, setting->descriptor);
		if (stage->dirfd < 0 || chdir("/"))
			pvt_die("cannot hold %s", dir);
	} else if (chdir(dir) || (setting->removed && rmdir(dir))) {
		pvt_die("cannot enter %s", dir);
	}
	free(dir);
}

/* An inner layer, spelled as the outer ones have it. */
static inline void add_layer(struct stage *stage, const struct pvt_rule *rule)
{
	if (!rule->original || stage->world == PVT_NATIVE)
		return;
	rule = pvt_expand_rules(stage->base, rule, 1);
	if (stage->world == PVT_MOUNTED)
		pvt_mount(rule, 1);
	else if (attach_pid(getpid(), rule->original, rule->target, PV_PUSH))
		pvt_die("no further layer");
}

static inline void stage_before(void *arg)
{
	struct stage *stage = arg;

	if (stage->world != PVT_MOUNTED && !stage->setting->late)
		enter(stage);
}

static inline void stage_body(void *arg)
{
	struct stage *stage = arg;
	char *original = expand(stage->base,
				stage->setting->rules[0].original);

	add_layer(stage, &stage->setting->inner);
	add_layer(stage, &stage->setting->innermost);
	if (stage->world == PVT_MOUNTED || stage->setting->late)
		enter(stage);
	say(stage, "ORIGINAL: %s", which_name(stage, AT_FDCWD, original, 0));
	stage->body(stage);
}

/* For the next world to be made in the same place; the teardown removes it. */
static inline void put_away(const char *base)
{
	static int number;
	char *away = pvt_path("%s.%d", base, number++);

	if (rename(base, away))
		pvt_die("rename of %s", base);
	free(away);
}

/* Both stay until the process ends, which is soon. */
struct account {
	char *said;
	char *left;
};

static inline struct account in_world(struct __test_metadata *_metadata,
				      struct stage *stage,
				      enum pvt_world world)
{
	struct account account = { .left = calloc(1, PVT_SNAPSHOT) };
	struct pvt_job job = {
		.world = world,
		.before = stage_before,
		.body = stage_body,
		.arg = stage,
	};

	stage->world = world;
	stage->said = account.said = pvt_shared(ORACLE_SAID);
	plant(stage);
	while (job.nr < ARRAY_SIZE(stage->setting->rules) &&
	       stage->setting->rules[job.nr].original)
		job.nr++;
	job.rules = pvt_expand_rules(stage->base, stage->setting->rules,
				     job.nr);
	EXPECT_EQ(0, pvt_run(&job));
	if (!stage->setting->any_size)
		pvt_snapshot(stage->base, account.left);
	put_away(stage->base);
	return account;
}

static inline bool is_excused(const struct stage *stage, const char *line)
{
	return stage->setting->any_size && line &&
	       strstr(line, ": ENAMETOOLONG");
}

static inline void compare_said(struct __test_metadata *_metadata,
				const struct stage *stage,
				const char *expected, const char *seen)
{
	char *these = strdup(expected), *those = strdup(seen);
	char *this, *that;

	while (these || those) {
		this = strsep(&these, "\n");
		that = strsep(&those, "\n");
		if (!is_excused(stage, that))
			EXPECT_STREQ(this ?: "", that ?: "");
	}
}

static inline bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, line, length) && text[length] == '\n')
			return true;
	}
	return false;
}

/* Says what one tree has and the other one has not. */
static inline void log_difference(struct __test_metadata *_metadata,
				  const char *what, const char *has,
				  const char *has_not)
{
	char *lines = strdup(has), *line;

	while ((line = strsep(&lines, "\n")))
		if (*line && !has_line(has_not, line))
			TH_LOG("%s: %s", what, line);
}

static inline void compare_left(struct __test_metadata *_metadata,
				const char *expected, const char *seen)
{
	EXPECT_EQ(0, strcmp(expected, seen)) {
		log_difference(_metadata, "should be there", expected, seen);
		log_difference(_metadata, "should not be", seen, expected);
	}
}

/* Return: what was said under the mounts. */
static inline const char *as_under_a_mount(struct __test_metadata *_metadata,
					   struct stage *stage)
{
	struct account mounted = in_world(_metadata, stage, PVT_MOUNTED);
	struct account attached = in_world(_metadata, stage, PVT_ATTACHED);

	compare_said(_metadata, stage, mounted.said, attached.said);
	compare_left(_metadata, mounted.left, attached.left);
	return mounted.said;
}

/* All but the first line, which must be different. */
static inline void as_natively(struct __test_metadata *_metadata,
			       struct stage *stage)
{
	struct account native = in_world(_metadata, stage, PVT_NATIVE);
	struct account attached = in_world(_metadata, stage, PVT_ATTACHED);
	char *first = strsep(&native.said, "\n");

	EXPECT_STRNE(first, strsep(&attached.said, "\n"));
	compare_said(_metadata, stage, native.said, attached.said);
	compare_left(_metadata, native.left, attached.left);
}

/* A fixture with room for trees, by whatever name. */
#define ORACLE_FIXTURE(name)					\
	FIXTURE(name)						\
	{							\
		char *top;					\
		char *base;					\
	};							\
								\
	FIXTURE_SETUP(name)					\
	{							\
		self->top = pvt_tree_new();			\
		self->base = pvt_path("%s/t", self->top);	\
	}							\
								\
	FIXTURE_TEARDOWN(name)					\
	{							\
		pvt_tree_free(self->top);			\
	}

/* ---- Names, each asked for in many ways ---- */

/* What is left of a call that made something: nothing. */
static inline long unmake(struct stage *stage, const char *name, long ret,
			  int flags)
{
	if (ret < 0)
		return ret;
	if (ret)
		close(ret);
	return unlinkat(stage->dirfd, name, flags);
}

static inline const char *ask_stat(struct stage *stage, const char *name)
{
	return which_name(stage, stage->dirfd, name, 0);
}

static inline const char *ask_lstat(struct stage *stage, const char *name)
{
	return which_name(stage, stage->dirfd, name, AT_SYMLINK_NOFOLLOW);
}

static inline const char *try_open(struct stage *stage, const char *name,
				   int flags)
{
	return which_fd(stage, openat(stage->dirfd, name, flags));
}

static inline const char *ask_open(struct stage *stage, const char *name)
{
	return try_open(stage, name, O_RDONLY | O_NONBLOCK);
}

static inline const char *ask_directory(struct stage *stage, const char *name)
{
	return try_open(stage, name, O_RDONLY | O_DIRECTORY);
}

static inline const char *ask_nofollow(struct stage *stage, const char *name)
{
	return try_open(stage, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
}

static inline const char *ask_path(struct stage *stage, const char *name)
{
	return try_open(stage, name, O_PATH | O_NOFOLLOW);
}

static inline const char *ask_no_symlinks(struct stage *stage,
					  const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK,
		.resolve = RESOLVE_NO_SYMLINKS,
	};

	return which_fd(stage, syscall(SYS_openat2, stage->dirfd, name, &how,
				       sizeof(how)));
}

static inline const char *ask_readlink(struct stage *stage, const char *name)
{
	static char text[8192];
	ssize_t len = readlinkat(stage->dirfd, name, text, sizeof(text) - 1);

	if (len >= 0)
		text[len] = '\0';
	return outcome(len, text);
}

static inline const char *ask_access(struct stage *stage, const char *name)
{
	return outcome(faccessat(stage->dirfd, name, X_OK, 0), "yes");
}

static inline const char *ask_create(struct stage *stage, const char *name)
{
	int fd = openat(stage->dirfd, name, O_CREAT | O_EXCL | O_RDWR, 0600);

	return outcome(unmake(stage, name, fd, 0), "made");
}

static inline const char *ask_mkdir(struct stage *stage, const char *name)
{
	int ret = mkdirat(stage->dirfd, name, 0700);

	return outcome(unmake(stage, name, ret, AT_REMOVEDIR), "made");
}

static inline const char *try_chdir(struct stage *stage, const char *name)
{
	if (stage->dirfd != AT_FDCWD && fchdir(stage->dirfd))
		return outcome(-1, NULL);
	if (chdir(name))
		return outcome(-1, NULL);
	return which_name(stage, AT_FDCWD, ".", 0);
}

/* In a child, so that one goes on to stand where one stood. */
static inline const char *ask_chdir(struct stage *stage, const char *name)
{
	const char **shared = pvt_shared(sizeof(*shared)), *answer;
	pid_t pid = fork();

	if (!pid) {
		*shared = try_chdir(stage, name);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	answer = *shared ?: "no answer";
	munmap(shared, sizeof(*shared));
	return answer;
}

static const struct way {
	const char *name;
	const char *(*ask)(struct stage *stage, const char *name);
} ways[] = {
	{ "stat", ask_stat },
	{ "lstat", ask_lstat },
	{ "open", ask_open },
	{ "open(O_DIRECTORY)", ask_directory },
	{ "open(O_NOFOLLOW)", ask_nofollow },
	{ "open(O_PATH|O_NOFOLLOW)", ask_path },
	{ "openat2(RESOLVE_NO_SYMLINKS)", ask_no_symlinks },
	{ "readlink", ask_readlink },
	{ "access", ask_access },
	{ "open(O_CREAT|O_EXCL)", ask_create },
	{ "mkdir", ask_mkdir },
	{ "chdir", ask_chdir },
};

static inline void forget_names(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "2", 1) != 1)
		pvt_die("cannot drop caches");
	close(fd);
}

/* What a name is shown as: only the end of one that nobody can read. */
static inline const char *shown(const char *name)
{
	size_t length = strlen(name);

	return length > 200 ? name + length - 200 : name;
}

static inline void ask_for(struct stage *stage, const char *template)
{
	char *name = expand(stage->base, template);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (stage->setting->cold)
			forget_names();
		errno = 0;
		say(stage, "%s of %s: %s", ways[i].name, shown(template),
		    ways[i].ask(stage, name));
	}
	free(name);
}

/* A body; @stage->arg are names, NULL after the last. */
static inline void ask_for_all(struct stage *stage)
{
	const char * const *names = stage->arg;

	for (; *names; names++)
		ask_for(stage, *names);
}

#endif /* PV_SELFTESTS_ORACLE_H */
