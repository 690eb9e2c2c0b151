// SPDX-License-Identifier: GPL-2.0
/*
 * T14: NEW is a place.  It is looked up once, when its rule is set, and held.
 */
#include "attaching.h"

#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#define NOBODY	65534

FIXTURE(place) {
	char *base, *original, *link, *new, *file;
};

/* ORIGINAL, with a file of its own; NEW, with another; a link to NEW. */
FIXTURE_SETUP(place)
{
	static const char * const files[] = { "B/virt/f", "B/deep/new/f" };

	self->base = pvt_tree_new();
	chmod(self->base, 0755);
	self->original = pvt_path("%s/virt", self->base);
	self->new = pvt_path("%s/deep/new", self->base);
	self->link = pvt_path("%s/link", self->base);
	self->file = pvt_path("%s/virt/f", self->base);
	pvt_make_parents(pvt_path("%s/virt/d/x", self->base));
	pvt_make_parents(pvt_path("%s/deep/new/d/x", self->base));
	pvt_write(pvt_expand(self->base, files[0]), "o", 0644);
	pvt_write(pvt_expand(self->base, files[1]), "n", 0644);
	pvt_symlink("deep/new", self->link);
}

FIXTURE_TEARDOWN(place)
{
	pvt_tree_free(self->base);
}

/* A child that does as it is told, a byte at a time, until it is told nothing more. */
struct child {
	pid_t pid;
	int to, from;
};

static struct child child_new(char (*answer)(char question, void *arg),
			      void *arg)
{
	struct child child;
	int there[2], back[2];
	char byte;

	if (pipe(there) || pipe(back))
		pvt_die("pipe");
	child.pid = fork();
	if (child.pid < 0)
		pvt_die("fork");
	if (child.pid) {
		close(there[0]);
		close(back[1]);
		child.to = there[1];
		child.from = back[0];
		return child;
	}
	close(there[1]);
	close(back[0]);
	while (read(there[0], &byte, 1) == 1) {
		byte = answer(byte, arg);
		if (write(back[1], &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static char ask(const struct child *child, char question)
{
	char byte = '?';

	if (write(child->to, &question, 1) != 1 ||
	    read(child->from, &byte, 1) != 1)
		pvt_die("the child does not answer");
	return byte;
}

static void child_end(const struct child *child)
{
	close(child->to);
	close(child->from);
	waitpid(child->pid, NULL, 0);
}

static char answer_look(char question __attribute__((unused)), void *arg)
{
	return look(arg);
}

TEST_F(place, T14_it_does_not_matter_by_which_links_NEW_was_named)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	char *below = pvt_path("%s/d", self->original);
	char here[PATH_MAX];
	struct stat stat_;
	int status, fd;
	pid_t pid = fork();

	if (!pid) {
		if (attach_pid(getpid(), self->original, self->link, 0))
			_exit(1);
		fd = syscall(SYS_openat2, AT_FDCWD, self->file, &how,
			     sizeof(how));
		if (fd < 0)
			_exit(2);
		if (lstat(self->original, &stat_) || !S_ISDIR(stat_.st_mode))
			_exit(3);
		if (chdir(below) || !getcwd(here, sizeof(here)) ||
		    strcmp(here, below))
			_exit(4);
		if (chdir("..") || !getcwd(here, sizeof(here)) ||
		    strcmp(here, self->original))
			_exit(5);
		if (chdir("..") || !getcwd(here, sizeof(here)) ||
		    strcmp(here, self->base))
			_exit(6);
		_exit(look(self->file) == 'n' ? 0 : 7);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	free(below);
}

TEST_F(place, T14_NEW_is_shown_as_it_was_given)
{
	struct child child = child_new(answer_look, self->file);
	struct pv *pv = module_open();
	int pidfd = pidfd_of(child.pid);
	struct pv_layers *layers;

	ASSERT_EQ(0, attach_pidfd(pidfd, self->original, self->link, 0));
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, pv_get(pv, pidfd, &layers));
	EXPECT_STREQ(self->link,
		     pv_rules_target(pv_layers_rules(layers, 0), 0));
	pv_layers_free(layers);
	close(pidfd);
	pv_close(pv);
	child_end(&child);
}

TEST_F(place, T14_what_happens_to_the_name_of_NEW_changes_nothing)
{
	struct child child = child_new(answer_look, self->file);
	char *moved = pvt_path("%s/moved", self->base);

	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->link, 0));
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, unlink(self->link));
	pvt_symlink("/etc", self->link);
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, rename(self->new, moved));
	EXPECT_EQ('n', ask(&child, '?'));
	pvt_symlink("/etc", self->new);
	EXPECT_EQ('n', ask(&child, '?'));
	child_end(&child);
	free(moved);
}

static char answer_as_nobody(char question, void *arg)
{
	if (question == 'n' && setresuid(NOBODY, NOBODY, NOBODY))
		return '!';
	return look(arg);
}

/* As below a descriptor of NEW that was opened by who attaches. */
TEST_F(place, P4_the_way_to_NEW_is_gone_by_who_attaches)
{
	struct child child = child_new(answer_as_nobody, self->file);
	char *deep = pvt_path("%s/deep", self->base);

	ASSERT_EQ(0, chmod(deep, 0700));
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new, 0));
	EXPECT_EQ('n', ask(&child, 'n'));
	/* What lies there is another matter. */
	ASSERT_EQ(0, chmod(self->new, 0700));
	EXPECT_EQ('!', ask(&child, '?'));
	child_end(&child);
	free(deep);
}

static char answer_from_below(char question, void *arg)
{
	if ((question == 'c' && chdir(arg)) ||
	    (question == 'n' && setresuid(NOBODY, NOBODY, NOBODY)))
		return '?';
	return look("../../virt/f");
}

/* Where the name leads is seen before it has climbed anywhere. */
TEST_F(place, T5_who_may_not_search_a_directory_does_not_leave_it_by_dots)
{
	char *below = pvt_path("%s/virt/d", self->base);
	char *real = pvt_path("%s/deep/new/d", self->base);
	struct child child = child_new(answer_from_below, below);

	ASSERT_EQ(0, chmod(real, 0755));
	ASSERT_EQ(0, chmod(self->new, 0755));
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new, 0));
	EXPECT_EQ('n', ask(&child, 'c'));
	EXPECT_EQ('n', ask(&child, 'n'));
	ASSERT_EQ(0, chmod(real, 0700));
	EXPECT_EQ('!', ask(&child, '?'));
	ASSERT_EQ(0, chmod(real, 0755));
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, chmod(self->new, 0744));
	EXPECT_EQ('!', ask(&child, '?'));
	child_end(&child);
	free(real);
	free(below);
}

TEST_F(place, P4_nobody_comes_to_a_NEW_by_attaching_himself)
{
	char *deep = pvt_path("%s/deep", self->base);
	int status;
	pid_t pid;

	ASSERT_EQ(0, chmod(deep, 0700));
	pid = fork();
	if (!pid) {
		if (setresuid(NOBODY, NOBODY, NOBODY) ||
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(1);
		if (attach_pid(getpid(), self->original, self->new, PV_LATE))
			_exit(2);
		_exit(look(self->file) == '!' ? 0 : 3);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	free(deep);
}

TEST_F(place, T14_NEW_is_held_no_longer_than_the_rule)
{
	char *file = pvt_path("%s/f", self->new);
	struct child child;
	int i;

	pvt_private_mounts();
	for (i = 0; i < 20; i++) {
		child = child_new(answer_look, self->file);
		ASSERT_EQ(0, mount("none", self->new, "tmpfs", 0, NULL));
		pvt_write(file, "t", 0644);
		ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new,
					0));
		EXPECT_EQ('t', ask(&child, '?'));
		EXPECT_EQ(-1, umount(self->new));
		EXPECT_EQ(EBUSY, errno);
		/* Let go by the detach, or by the end, before either is known. */
		if (i & 1) {
			EXPECT_EQ(0, detach_pid(child.pid, 0));
			EXPECT_EQ('o', ask(&child, '?'));
		} else {
			child_end(&child);
		}
		EXPECT_EQ(0, umount(self->new));
		if (i & 1)
			child_end(&child);
	}
	free(file);
}

TEST_F(place, T14_what_is_mounted_on_NEW_later_is_seen)
{
	char *file = pvt_path("%s/f", self->new);
	struct child child;

	pvt_private_mounts();
	child = child_new(answer_look, self->file);
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new, 0));
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, mount("none", self->new, "tmpfs", 0, NULL));
	pvt_write(file, "t", 0644);
	EXPECT_EQ('t', ask(&child, '?'));
	ASSERT_EQ(0, umount(self->new));
	EXPECT_EQ('n', ask(&child, '?'));
	child_end(&child);
	free(file);
}

/* Those who walk without references must not be left with nothing under their feet. */
TEST_F(place, T14_tables_change_while_others_walk)
{
	char *relative = pvt_path("%s/virt/d/../f", self->base);
	unsigned int i, wrong = 0;
	int status, end[2];
	pid_t walkers[2];
	char byte;

	ASSERT_EQ(0, pipe(end));
	for (i = 0; i < 2; i++) {
		walkers[i] = fork();
		if (walkers[i])
			continue;
		close(end[1]);
		while (poll(&(struct pollfd){ .fd = end[0] }, 1, 0) == 0) {
			byte = look(i ? relative : self->file);
			wrong += byte != 'n' && byte != 'o';
		}
		_exit(wrong > 0);
	}
	close(end[0]);
	for (i = 0; i < 400; i++) {
		ASSERT_EQ(0, attach_pid(walkers[i & 1], self->original,
					i & 2 ? self->new : self->link, 0));
		if (i % 5 == 4)
			detach_pid(walkers[i & 1], 0);
	}
	close(end[1]);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(walkers[i], waitpid(walkers[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	free(relative);
}

TEST_F(place, T14_a_NEW_that_is_not_there_is_refused)
{
	char *gone = pvt_path("%s/deep/gone", self->base);
	char *below = pvt_path("%s/deep/new/f/x", self->base);
	char *loop = pvt_path("%s/loop", self->base);
	struct child child = child_new(answer_look, self->file);

	pvt_symlink("loop", loop);
	EXPECT_EQ(-ENOENT, attach_pid(child.pid, self->original, gone, 0));
	EXPECT_EQ(-ENOTDIR, attach_pid(child.pid, self->original, below, 0));
	EXPECT_EQ(-ELOOP, attach_pid(child.pid, self->original, loop, 0));
	EXPECT_EQ('o', ask(&child, '?'));
	EXPECT_EQ(0, layers_of(child.pid, NULL));
	/* What it had stays. */
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new, 0));
	EXPECT_EQ(-ENOENT, attach_pid(child.pid, self->original, gone, 0));
	EXPECT_EQ(-ENOENT, attach_pid(child.pid, self->original, gone, PV_TREE));
	EXPECT_EQ('n', ask(&child, '?'));
	child_end(&child);
	free(gone);
	free(below);
	free(loop);
}

/* W3, P4: with the rights of who attaches, here of the process itself. */
TEST_F(place, T14_a_NEW_that_one_may_not_come_to_is_refused)
{
	char *closed = pvt_path("%s/deep", self->base);
	int status;
	pid_t pid;

	chmod(closed, 0700);
	pid = fork();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY) ||
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(1);
		if (attach_pidfd(PV_SELF, self->original, self->new, 0) !=
		    -EACCES)
			_exit(2);
		_exit(look(self->file) == 'o' ? 0 : 3);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	free(closed);
}

static unsigned int flags_of(pid_t pid)
{
	struct pv *pv = module_open();
	int pidfd = pidfd_of(pid);
	struct pv_layers *layers;
	unsigned int flags = ~0U;

	if (!pv_get(pv, pidfd, &layers)) {
		flags = pv_layers_flags(layers, 0);
		pv_layers_free(layers);
	}
	close(pidfd);
	pv_close(pv);
	return flags;
}

TEST_F(place, T14_late_NEWs_are_looked_up_at_each_use)
{
	char *late = pvt_path("%s/late", self->base);
	struct child child;

	pvt_private_mounts();
	child = child_new(answer_look, self->file);
	ASSERT_EQ(0, attach_pid(child.pid, self->original, late, PV_LATE));
	EXPECT_EQ(PV_LATE, flags_of(child.pid));
	EXPECT_EQ('!', ask(&child, '?'));
	pvt_symlink("deep/new", late);
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, unlink(late));
	EXPECT_EQ('!', ask(&child, '?'));
	pvt_symlink("virt", late);
	EXPECT_EQ('o', ask(&child, '?'));
	/* Nothing is held. */
	ASSERT_EQ(0, mount("none", self->new, "tmpfs", 0, NULL));
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new,
				PV_LATE | PV_NO_REVERSE));
	EXPECT_EQ(PV_LATE | PV_NO_REVERSE, flags_of(child.pid));
	EXPECT_EQ('!', ask(&child, '?'));
	EXPECT_EQ(0, umount(self->new));
	EXPECT_EQ('n', ask(&child, '?'));
	ASSERT_EQ(0, attach_pid(child.pid, self->original, self->new, 0));
	EXPECT_EQ(0, flags_of(child.pid));
	child_end(&child);
	free(late);
}

/* A mount point is busy, and so is ORIGINAL; else it would be NEW that goes. */
static void take_away(FIXTURE_DATA(place) *self, int *out)
{
	char *slash = pvt_path("%s/", self->original);
	char *around = pvt_path("%s/d/../../virt", self->original);
	char *other = pvt_path("%s/other", self->base);
	char *file = pvt_path("%s/file", self->base);
	char *gone = pvt_path("%s/gone", self->base);
	char *behind = pvt_path("%s/file//", self->base);
	char *plain = pvt_path("%s/plain", self->base);
	int dir = open(self->base, O_PATH | O_CLOEXEC);
	int i = 0;

#define TRY(call) (out[i++] = (call) ? errno : 0)
	TRY(rmdir(self->original));
	TRY(rmdir(slash));
	TRY(rmdir(around));
	TRY(unlinkat(dir, "virt", AT_REMOVEDIR));
	TRY(unlinkat(dir, "virt", 0));
	TRY(unlink(self->original));
	TRY(rename(self->original, other));
	TRY(renameat(dir, "virt", dir, "other"));
	TRY(rename(other, self->original));
	TRY(mkdir(self->original, 0755));
	TRY(mkdirat(dir, "virt", 0755));
	TRY(symlink("x", self->original));
	TRY(unlink(file));
	TRY(unlink(behind));
	TRY(rename(behind, gone));
	TRY(rmdir(file));
	TRY(rename(file, gone));
	TRY(rename(plain, file));
	TRY(rename(file, other));
	TRY(rename(self->original, self->original));
	TRY(rename(self->original, around));
	TRY(rename(slash, slash));
	TRY(rename(gone, self->original));
	TRY(rename(self->original, gone));
	TRY(rename(self->original, plain));
	TRY(renameat2(dir, "virt", dir, "virt", RENAME_NOREPLACE));
	TRY(renameat2(dir, "virt", dir, "other", RENAME_NOREPLACE));
	TRY(renameat2(dir, "virt", dir, "other", RENAME_EXCHANGE));
	TRY(renameat2(dir, "other", dir, "virt", RENAME_EXCHANGE));
	TRY(renameat2(dir, "virt", dir, "file", RENAME_EXCHANGE));
	TRY(renameat2(dir, "virt", dir, "virt", RENAME_EXCHANGE));
	TRY(chdir(self->base) || rmdir("virt"));
	TRY(chdir(self->original) || rmdir("../virt"));
	TRY(mkdir("d/x", 0755));
	TRY(rmdir("d/x"));
#undef TRY
	close(dir);
	free(slash);
	free(around);
	free(other);
	free(file);
	free(gone);
	free(plain);
	free(behind);
}

#define TRIES	35

TEST_F(place, T13_ORIGINAL_itself_is_busy)
{
	char *file = pvt_path("%s/file", self->base);
	char *target = pvt_path("%s/deep/new/f", self->base);
	int *out = pvt_shared(2 * TRIES * sizeof(int));
	const struct pvt_rule rules[] = {
		{ self->original, self->new }, { file, target },
	};
	int world, i, status;
	pid_t pid;

	mkdir(pvt_path("%s/other", self->base), 0755);
	pvt_write(file, "o", 0644);
	pvt_write(pvt_path("%s/plain", self->base), "p", 0644);
	for (world = 0; world < 2; world++) {
		pid = fork();
		if (!pid) {
			if (world)
				pvt_attach(getpid(), rules, 2);
			else
				pvt_mount(rules, 2);
			take_away(self, out + world * TRIES);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
	}
	for (i = 0; i < TRIES; i++)
		EXPECT_EQ(out[i], out[TRIES + i]) {
			TH_LOG("call %d", i);
		}
	EXPECT_EQ('n', look(pvt_path("%s/f", self->new)));
	free(file);
	free(target);
}

/* A6: a name passes the inner layer first, then the outer; so does NEW of the inner one. */
TEST_F(place, A6_NEW_is_looked_up_through_the_layers_below)
{
	char *inner = pvt_path("%s/inner", self->base);
	char *inside = pvt_path("%s/virt/d", self->base);
	char *only = pvt_path("%s/virt/only", self->base);
	char *file = pvt_path("%s/inner/f", self->base);
	int status;
	pid_t pid;

	pvt_make_parents(pvt_path("%s/deep/new/only/x", self->base));
	pvt_write(pvt_path("%s/deep/new/only/f", self->base), "N", 0644);
	pvt_write(pvt_path("%s/deep/new/d/f", self->base), "D", 0644);
	pvt_write(pvt_path("%s/virt/d/f", self->base), "O", 0644);
	pid = fork();
	if (!pid) {
		if (attach_pidfd(PV_SELF, self->original, self->new, 0) ||
		    attach_pidfd(PV_SELF, inner, inside, PV_PUSH))
			_exit(1);
		if (look(file) != 'D')
			_exit(2);
		/* Only there by the outer layer. */
		if (attach_pidfd(PV_SELF, inner, only, 0) || look(file) != 'N')
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	free(inner);
	free(inside);
	free(only);
	free(file);
}

/*
 * A6: layers that have to do with one another, in ways that the rules alone do not show.
 * By which way the module goes must make no difference.
 */
TEST_F(place, A6_layers_meet_where_NEWs_really_lie)
{
	char *inner = pvt_path("%s/inner", self->base);
	char *real = pvt_path("%s/deep/new/d", self->base);
	char *other = pvt_path("%s/other", self->base);
	char *third = pvt_path("%s/third", self->base);
	char *file = pvt_path("%s/inner/d/f", self->base);
	char *apart = pvt_path("%s/third/f", self->base);
	char *relative = pvt_path("%s/inner", self->base);
	int status;
	pid_t pid;

	pvt_make_parents(pvt_path("%s/other/x", self->base));
	pvt_write(pvt_path("%s/deep/new/d/f", self->base), "D", 0644);
	pvt_write(pvt_path("%s/other/f", self->base), "X", 0644);
	pid = fork();
	if (!pid) {
		/* The inner NEW is named by a link; of what it leads to the outer one speaks. */
		if (attach_pidfd(PV_SELF, real, other, 0) ||
		    attach_pidfd(PV_SELF, inner, self->link, PV_PUSH))
			_exit(1);
		if (look(file) != 'X')
			_exit(2);
		if (chdir(relative) || look("d/f") != 'X' || look("d/../d/f") != 'X')
			_exit(3);
		/* One more, which has nothing to do with them. */
		if (attach_pidfd(PV_SELF, third, self->new, PV_PUSH) ||
		    look(apart) != 'n' || look(file) != 'X')
			_exit(4);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	free(inner);
	free(real);
	free(other);
	free(third);
	free(file);
	free(apart);
	free(relative);
}

/* A6: layers that have nothing to do with one another: each is as if it were alone. */
TEST_F(place, A6_layers_apart_lead_each_to_its_own)
{
	char *original[4], *new[4], *file[4], *inside, name[2] = "0", *plain;
	int status, i;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		original[i] = pvt_path("%s/o%d", self->base, i);
		new[i] = pvt_path("%s/n%d", self->base, i);
		file[i] = pvt_path("%s/o%d/f", self->base, i);
		name[0] = '0' + i;
		pvt_make_parents(pvt_path("%s/n%d/sub/x", self->base, i));
		pvt_write(pvt_path("%s/n%d/f", self->base, i), name, 0644);
	}
	inside = pvt_path("%s/o1/sub/../../o2/./f", self->base);
	plain = pvt_path("%s/virt/f", self->base);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 4; i++)
			if (attach_pidfd(PV_SELF, original[i], new[i], PV_PUSH))
				_exit(1);
		for (i = 0; i < 4; i++)
			if (look(file[i]) != '0' + i)
				_exit(10 + i);
		if (look(inside) != '2' || look(plain) != 'o')
			_exit(2);
		for (i = 0; i < 4; i++)
			if (chdir(original[i]) || look("f") != '0' + i ||
			    look("../o3/f") != '3' || look("sub/../f") != '0' + i)
				_exit(20 + i);
		/* An exception of the innermost layer lets the name pass to the others. */
		if (attach_pidfd(PV_SELF, original[2], original[2], PV_PUSH) ||
		    look(file[2]) != '2')
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	for (i = 0; i < 4; i++) {
		free(original[i]);
		free(new[i]);
		free(file[i]);
	}
	free(inside);
	free(plain);
}

PVT_HARNESS_MAIN
