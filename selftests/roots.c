// SPDX-License-Identifier: GPL-2.0
/*
 * T13: after a chroot a name means what it would be called from the root that
 * rules are spelled from, and what comes of it may lie outside.
 */
#include "testing.h"

#include <fcntl.h>
#include <limits.h>

#include "kselftest_harness.h"

#include "oracle.h"

#define NR_ROOTS	3

ORACLE_FIXTURE(changed)

/**
 * struct _fixture_variant_changed - a tree, and where a process makes its root
 *
 * @setting: the tree
 * @roots: what it changes to, one after the other; "." is the directory that
 *	@setting.dir says, held by a descriptor
 * @dirs: where it goes then to ask for its working directory
 * @names: what it asks for
 */
FIXTURE_VARIANT(changed)
{
	struct setting setting;
	const char *roots[NR_ROOTS];
	const char *dirs[6];
	const char *names[40];
};

/* ORIGINAL in the jail, NEW outside and with links of all kinds. */
#define INTO_JAIL	.rules = { { "B/jail/data", "B/deep/er/new" } }
#define FILES								\
	{ "B/x" }, { "B/jail/x" }, { "B/jail/f" }, { "B/jail/d/f" },	\
	{ "B/jail/data/f" }, { "B/deep/er/x" }, { "B/deep/er/new/f" },	\
	{ "B/deep/er/new/d/f" }, { "B/deep/er/new/d/e/f" },		\
	{ "B/jail/l", "/data/f" }, { "B/jail/r", "data/d" },		\
	{ "B/jail/d/up", "../data/f" },					\
	{ "B/deep/er/new/l", "/x" }, { "B/deep/er/new/up", "../x" },	\
	{ "B/deep/er/new/top", "/" }, { "B/deep/er/new/in", "/data/d" }

FIXTURE_VARIANT_ADD(changed, original_inside_new_outside)
{
	.setting = { INTO_JAIL, .things = { FILES } },
	.roots = { "B/jail" },
	.dirs = { "/", "/data", "/data/d", "/d", "/r" },
	.names = { "/", "/.", "/..", "/../x", "/x", "/f", "/d/f", "/data",
		   "/data/", "/data/.", "/data/..", "/data/../x", "/data/f",
		   "/data//d/./f", "/data/d/..", "/data/d/../f", "/data/no",
		   "/data/no/f", "/l", "/r", "/r/f", "/r/../f", "/d/up",
		   "/data/l", "/data/up", "/data/top", "/data/top/x",
		   "/data/in/f", "data/f", "d/f", "../data/f", "..", "l" },
};

FIXTURE_VARIANT_ADD(changed, below_original)
{
	.setting = { .rules = { { "B/virt", "B/deep/er/new" } },
		     .things = { { "B/virt/f" }, { "B/virt/d/f" },
				 { "B/deep/er/new/f" },
				 { "B/deep/er/new/d/f" },
				 { "B/deep/er/new/d/e/f" },
				 { "B/deep/er/new/d/l", "/e/f" },
				 { "B/deep/er/new/d/up", "../f" }, } },
	.roots = { "B/virt/d" },
	.dirs = { "/", "/e" },
	.names = { "/", "/..", "/f", "/e/f", "/../f", "/../../f", "/l", "/up",
		   "/e/..", "/e/../f", "/no", "B/virt/f", "e/f", "../f" },
};

FIXTURE_VARIANT_ADD(changed, original_itself)
{
	.setting = { .rules = { { "B/virt", "B/new" } },
		     .things = { { "B/virt/f" }, { "B/new/f" },
				 { "B/new/d/f" }, { "B/new/l", "/d/f" }, } },
	.roots = { "B/virt" },
	.dirs = { "/", "/d" },
	.names = { "/", "/..", "/f", "/d/f", "/l", "/d/../f", "/d/../../f",
		   "d/f" },
};

/* What the jail has by the name that ORIGINAL has outside is its own. */
static void plant_namesake(const char *base)
{
	char *path = pvt_path("%s/jail%s/virt/f", base, base);

	pvt_make_parents(path);
	pvt_write(path, "namesake", 0644);
	free(path);
}

FIXTURE_VARIANT_ADD(changed, original_outside)
{
	.setting = { .rules = { { "B/virt", "B/new" } },
		     .things = { { "B/virt/f" }, { "B/new/f" },
				 { "B/jail/f" },
				 { "B/jail/l", "B/virt/f" }, },
		     .plant = plant_namesake },
	.roots = { "B/jail" },
	.dirs = { "/", "B/virt" },
	.names = { "/f", "B/virt", "B/virt/f", "B/virt/no", "B/new/f", "/l" },
};

FIXTURE_VARIANT_ADD(changed, twice)
{
	.setting = { .rules = { { "B/jail/cell/data", "B/new" } },
		     .things = { { "B/jail/cell/data/f" }, { "B/jail/x" },
				 { "B/jail/cell/x" }, { "B/new/f" },
				 { "B/new/d/f" }, { "B/new/l", "/x" }, } },
	.roots = { "B/jail", "/cell" },
	.dirs = { "/", "/data", "/data/d" },
	.names = { "/", "/..", "/x", "/data", "/data/f", "/data/../x",
		   "/data/l", "/cell/data/f", "../x", "data/d/f" },
};

FIXTURE_VARIANT_ADD(changed, to_what_new_holds)
{
	.setting = { INTO_JAIL, .things = { FILES } },
	.roots = { "B/jail", "/data/d" },
	.dirs = { "/", "/e" },
	.names = { "/", "/..", "/f", "/e/f", "/../f", "/data/f", "e/../f" },
};

FIXTURE_VARIANT_ADD(changed, out_again_by_a_descriptor)
{
	.setting = { INTO_JAIL, .things = { FILES }, .dir = "B",
		     .descriptor = O_RDONLY | O_DIRECTORY },
	.roots = { "B/jail", "." },
	.dirs = { "/", "/jail/data", "/jail" },
	.names = { "/x", "/jail/data/f", "/jail/data/../x", "/jail/data/l",
		   "/data/f", "/jail/d/up" },
};

FIXTURE_VARIANT_ADD(changed, exception_and_other_rules)
{
	.setting = { .rules = { { "B/jail/data/own", "B/jail/data/own" },
				{ "B/jail/data", "B/new" },
				{ "B/jail/more", "B/jail/side" } },
		     .things = { { "B/jail/data/own/f" }, { "B/new/f" },
				 { "B/new/own/f" }, { "B/jail/more/f" },
				 { "B/jail/side/f" }, { "B/jail/side/s" },
				 { "B/new/l", "/more/s" },
				 { "B/jail/side/l", "/data/f" }, } },
	.roots = { "B/jail" },
	.dirs = { "/data", "/data/own", "/more" },
	.names = { "/data/f", "/data/own", "/data/own/f", "/data/own/..",
		   "/data/own/../f", "/more/f", "/more/s", "/more/../f",
		   "/data/l", "/more/l", "/side/l", "more/s" },
};

FIXTURE_VARIANT_ADD(changed, two_layers)
{
	.setting = { INTO_JAIL, .inner = { "B/jail/top", "B/jail/data/d" },
		     .things = { FILES, { "B/jail/top/f" },
				 { "B/jail/t", "/top/e" }, } },
	.roots = { "B/jail" },
	.dirs = { "/top", "/top/e", "/data" },
	.names = { "/top/f", "/top/e/f", "/top/..", "/top/../x", "/t/f",
		   "/data/f", "/data/d/f", "top/e/f" },
};

static void change_root(struct stage *stage, const char *template)
{
	char *root = expand(stage->base, template);

	if (!strcmp(root, ".") && fchdir(stage->dirfd))
		pvt_die("fchdir");
	say(stage, "chroot to %s: %s", template, outcome(chroot(root), "done"));
	if (chdir("/"))
		pvt_die("chdir to the new root");
	free(root);
}

static void say_where(struct stage *stage, const char *template)
{
	char *dir = expand(stage->base, template), now[PATH_MAX];

	say(stage, "chdir to %s: %s", template, outcome(chdir(dir), "done"));
	say(stage, "and is in %s: %s", which_name(stage, AT_FDCWD, ".", 0),
	    getcwd(now, sizeof(now)) ?: outcome(-1, NULL));
	say(stage, "and above is %s, beside it %s",
	    which_name(stage, AT_FDCWD, "..", 0),
	    which_name(stage, AT_FDCWD, "../x", 0));
	say(stage, "and has %s", which_name(stage, AT_FDCWD, "f", 0));
	free(dir);
}

static void change_and_ask(struct stage *stage)
{
	const struct _fixture_variant_changed *variant = stage->arg;
	struct stage from = *stage;
	size_t i;

	for (i = 0; i < NR_ROOTS && variant->roots[i]; i++)
		change_root(stage, variant->roots[i]);
	for (i = 0; i < ARRAY_SIZE(variant->dirs) && variant->dirs[i]; i++)
		say_where(stage, variant->dirs[i]);
	if (chdir("/"))
		pvt_die("chdir to the root");
	from.dirfd = AT_FDCWD;
	from.arg = variant->names;
	ask_for_all(&from);
}

TEST_F(changed, T13_leads_where_it_should)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = change_and_ask,
		.arg = variant,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* ---- What "pvadm resolve" says of it ---- */

/**
 * struct asked - a question to somebody who is not attached, and the answer
 *
 * @pid: the process
 * @path: a path as it spells it
 * @real: where it leads
 * @error: of looking there, or 0
 * @inode: what is there
 * @dir: the working directory, by its real name
 * @called: what the process calls that
 * @refused: the error with which /, which is outside of any jail, was refused
 */
struct asked {
	pid_t pid;
	char path[PATH_MAX];
	char real[PATH_MAX];
	int error;
	ino_t inode;
	char dir[PATH_MAX];
	char called[PATH_MAX];
	int refused;
};

static void tell_real(struct asked *asked, struct pv *pv, int pidfd)
{
	struct pv_resolution *resolution;
	struct stat st;

	if (pv_resolve(pv, pidfd, asked->path, &resolution))
		pvt_die("pv_resolve of %s: %s", asked->path, pv_error(pv));
	strcpy(asked->real, resolution->real);
	pv_resolution_free(resolution);
	asked->error = stat(asked->real, &st) ? errno : 0;
	asked->inode = st.st_ino;
}

static void tell_virtual(struct asked *asked, struct pv *pv, int pidfd)
{
	char *link = pvt_path("/proc/%d/cwd", asked->pid), *path;
	ssize_t len = readlink(link, asked->dir, PATH_MAX - 1);

	if (len < 0)
		pvt_die("readlink of %s", link);
	asked->dir[len] = '\0';
	if (pv_reverse(pv, pidfd, asked->dir, &path))
		pvt_die("pv_reverse of %s: %s", asked->dir, pv_error(pv));
	strcpy(asked->called, path);
	free(path);
	free(link);
	asked->refused = pv_reverse(pv, pidfd, "/", &path);
	free(path);
}

/* Answers until nobody can ask any more. */
static void tell(struct asked *asked, int questions, int answers)
{
	struct pv *pv = module_open();
	char byte;
	int pidfd;

	while (read(questions, &byte, 1) == 1) {
		pidfd = pidfd_of(asked->pid);
		tell_real(asked, pv, pidfd);
		tell_virtual(asked, pv, pidfd);
		close(pidfd);
		if (write(answers, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

/**
 * struct quiz - what the body of the test has at hand
 *
 * @variant: roots and directories
 * @asked: shared with the one who tells
 * @questions: a byte here is a question
 * @answers: and one from here says that there is an answer
 */
struct quiz {
	const struct _fixture_variant_changed *variant;
	struct asked *asked;
	int questions;
	int answers;
};

static void check_answer(const struct quiz *quiz, const char *path)
{
	struct asked *asked = quiz->asked;
	struct stat st;
	int error;
	char byte = 0;

	strcpy(asked->path, path);
	if (write(quiz->questions, &byte, 1) != 1 ||
	    read(quiz->answers, &byte, 1) != 1)
		pvt_die("nobody tells");
	error = stat(path, &st) ? errno : 0;
	if (asked->error != error || (!error && asked->inode != st.st_ino))
		pvt_die("%s is not %s (%s)", path, asked->real,
			strerror(asked->error));
}

/* Without symbolic links: the kernel's own name for it, and what is there. */
static void check_where(struct stage *stage, const char *template)
{
	const struct quiz *quiz = stage->arg;
	char *dir = expand(stage->base, template), now[PATH_MAX], *file;

	if (chdir(dir) || !getcwd(now, sizeof(now)))
		pvt_die("cannot go to %s", dir);
	check_answer(quiz, now);
	if (strcmp(quiz->asked->called, now))
		pvt_die("%s is called %s and not %s", quiz->asked->dir,
			quiz->asked->called, now);
	if (quiz->asked->refused != -ENOENT)
		pvt_die("the outer root has a name: %d", quiz->asked->refused);
	file = pvt_path("%s/./../%s/f", now, strrchr(now, '/') + 1);
	check_answer(quiz, strcmp(now, "/") ? file : "/f");
	free(file);
	free(dir);
}

static void change_and_check(struct stage *stage)
{
	const struct quiz *quiz = stage->arg;
	const struct _fixture_variant_changed *variant = quiz->variant;
	size_t i;

	quiz->asked->pid = getpid();
	for (i = 0; i < NR_ROOTS && variant->roots[i]; i++)
		change_root(stage, variant->roots[i]);
	for (i = 0; i < ARRAY_SIZE(variant->dirs) && variant->dirs[i]; i++)
		check_where(stage, variant->dirs[i]);
}

TEST_F(changed, T13_resolve_answers_what_the_process_gets)
{
	struct quiz quiz = {
		.variant = variant,
		.asked = pvt_shared(sizeof(*quiz.asked)),
	};
	struct stage stage = {
		.setting = &variant->setting,
		.body = change_and_check,
		.arg = &quiz,
		.base = self->base,
	};
	int questions[2], answers[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(questions));
	ASSERT_EQ(0, pipe(answers));
	quiz.questions = questions[1];
	quiz.answers = answers[0];
	pid = fork();
	if (!pid) {
		close(questions[1]);
		tell(quiz.asked, questions[0], answers[1]);
	}
	in_world(_metadata, &stage, PVT_ATTACHED);
	close(questions[1]);
	waitpid(pid, NULL, 0);
}

/* ---- What is changed there ---- */

static void change_things(struct stage *stage)
{
	change_root(stage, "B/jail");
	say(stage, "mkdir: %s", outcome(mkdir("/data/new", 0755), "done"));
	say(stage, "open: %s",
	    outcome(open("/data/new/file", O_CREAT | O_WRONLY, 0644), "done"));
	say(stage, "rename: %s",
	    outcome(rename("/data/new/file", "/data/moved"), "done"));
	say(stage, "link: %s", outcome(link("/data/moved", "/data/d/other"),
				       "done"));
	say(stage, "symlink: %s", outcome(symlink("/data/f", "/data/sym"),
					  "done"));
	say(stage, "which leads to %s",
	    which_name(stage, AT_FDCWD, "/data/sym", 0));
	say(stage, "unlink: %s", outcome(unlink("/data/f"), "done"));
	say(stage, "rmdir: %s", outcome(rmdir("/data/new"), "done"));
	say(stage, "truncate: %s", outcome(truncate("/data/moved", 5), "done"));
	say(stage, "chmod: %s", outcome(chmod("/data/moved", 0600), "done"));
	say(stage, "native: %s", outcome(mkdir("/made", 0755), "done"));
}

ORACLE_FIXTURE(things)

TEST_F(things, T13_changes_what_it_should)
{
	static const struct setting setting = { INTO_JAIL, .things = { FILES } };
	struct stage stage = {
		.setting = &setting,
		.body = change_things,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* ---- Attached when it had its root already ---- */

ORACLE_FIXTURE(jailed)

TEST_F(jailed, T13_rules_are_spelled_from_the_root_at_the_attach)
{
	static const char * const files[] = { "data", "other" };
	char *jail = pvt_path("%s/jail", self->top), *answer, *path;
	int ready[2], go[2];
	char byte;
	pid_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		path = pvt_path("%s/%s/f", jail, files[i]);
		pvt_make_parents(path);
		pvt_write(path, files[i], 0644);
		free(path);
	}
	answer = pvt_shared(2);
	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		if (chroot(jail) || chdir("/data"))
			pvt_die("cannot enter the jail");
		if (write(ready[1], "!", 1) != 1 ||
		    read(go[0], answer, 1) != 1)
			pvt_die("no word to go on");
		answer[0] = look("/data/f");
		answer[1] = look("f");
		_exit(0);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(0, attach_pid(pid, "/data", "/other", 0));
	ASSERT_EQ(1, write(go[1], "!", 1));
	waitpid(pid, NULL, 0);
	EXPECT_EQ('o', answer[0]);
	EXPECT_EQ('o', answer[1]);
}

PVT_HARNESS_MAIN
