// SPDX-License-Identifier: GPL-2.0
/*
 * R7: /dev/pathvirt opens a file as if it had been unlinked at another place.
 *
 * The oracle is a file that was unlinked there.  On the filesystem of PVT_BASE and on
 * tmpfs; reopen.sh has the others.
 */
#include "relinking.h"

#include <dirent.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>

#include "kselftest_harness.h"

#define TURNS	2000

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE	(0x89E0 + 0)
#endif

/*
 * @dir: a directory
 * @dirfd: a descriptor of it
 * @base: the directory on PVT_BASE that it is in
 * @device: the device
 * @answer: what the device said last
 */
FIXTURE(reopen)
{
	char *base;
	char *dir;
	int dirfd;
	int device;
	struct pathvirt_relink answer;
};

FIXTURE_VARIANT(reopen)
{
	bool memory;
};

FIXTURE_VARIANT_ADD(reopen, on_disk)
{
	.memory = false,
};

FIXTURE_VARIANT_ADD(reopen, in_memory)
{
	.memory = true,
};

FIXTURE_SETUP(reopen)
{
	self->base = pvt_tree_new();
	self->dir = pvt_path("%s/dir", self->base);
	self->device = relink_device();
	pvt_private_mounts();
	pvt_mkdir(self->dir);
	if (variant->memory && mount("none", self->dir, "tmpfs", 0, "mode=755"))
		pvt_die("tmpfs");
	self->dirfd = open_path(self->dir, O_RDONLY | O_DIRECTORY);
}

FIXTURE_TEARDOWN(reopen)
{
	close(self->dirfd);
	close(self->device);
	umount2(self->dir, MNT_DETACH);
	pvt_tree_free(self->base);
}

#define IN(name)	pvt_path("%s/%s", self->dir, name)
#define REOPEN(fd, name) \
	relink_open_deleted(self->device, fd, self->dirfd, name, &self->answer)

/* ---- What /proc says ---- */

/* For free(). */
static char *shown(int fd)
{
	char *name = pvt_path("/proc/self/fd/%d", fd);
	char link[2 * PATH_MAX];
	ssize_t length = readlink(name, link, sizeof(link) - 1);

	if (length < 0)
		pvt_die("cannot read %s", name);
	link[length] = '\0';
	free(name);
	return strdup(link);
}

/* What a file is shown as that was unlinked at @path. */
static char *oracle(const char *path)
{
	int fd = unlinked_file(path);
	char *link = shown(fd);

	close(fd);
	return link;
}

static int open_again(int fd, int flags)
{
	char *name = pvt_path("/proc/self/fd/%d", fd);
	int again = open(name, flags | O_CLOEXEC);

	free(name);
	return again < 0 ? -errno : again;
}

/* A file that is there, with a name of its own, which says RELINK_TEXT. */
static int named_file(const char *path)
{
	pvt_write(path, RELINK_TEXT, 0640);
	return open_path(path, O_PATH);
}

static bool says(int fd, const char *text)
{
	char buf[256] = "";
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

TEST_F(reopen, it_is_shown_as_an_unlinked_file_is)
{
	char *wanted = oracle(IN("a"));
	int link = named_file(IN("link"));
	int fd = REOPEN(link, "a");

	ASSERT_LE(0, fd);
	EXPECT_STREQ(wanted, shown(fd));
	EXPECT_TRUE(same_file(fd, link));
	/* Opened for use, and when the link is gone, too. */
	fd = open_again(fd, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_STREQ(wanted, shown(fd));
	ASSERT_EQ(0, unlink(IN("link")));
	EXPECT_STREQ(wanted, shown(fd));
	EXPECT_TRUE(says(fd, RELINK_TEXT));
}

TEST_F(reopen, the_answer_says_what_stat_says)
{
	int link = named_file(IN("link"));
	struct stat stat;

	ASSERT_EQ(0, fstat(link, &stat));
	ASSERT_LE(0, REOPEN(link, "a"));
	EXPECT_EQ(PATHVIRT_RELINK_NONE, self->answer.result);
	EXPECT_EQ(PATHVIRT_WHY_NONE, self->answer.why);
	EXPECT_EQ(stat.st_ino, self->answer.ino);
	EXPECT_EQ(major(stat.st_dev), self->answer.dev_major);
	EXPECT_EQ(minor(stat.st_dev), self->answer.dev_minor);
	EXPECT_EQ(stat.st_mode, self->answer.mode);
	EXPECT_EQ(1, self->answer.nlink);
}

TEST_F(reopen, it_is_a_path_descriptor_that_exec_closes)
{
	int fd = REOPEN(named_file(IN("link")), "a");

	ASSERT_LE(0, fd);
	EXPECT_EQ(O_PATH, fcntl(fd, F_GETFL) & O_PATH);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST_F(reopen, flags_are_those_that_it_is_opened_with)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND,
		O_WRONLY | O_NONBLOCK | O_DSYNC, O_RDONLY | O_NOATIME, O_PATH,
	};
	int real = unlinked_file(IN("b"));
	int fd = REOPEN(named_file(IN("link")), "a");
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int one = open_again(fd, flags[i]);
		int other = open_again(real, flags[i]);

		ASSERT_LE(0, one);
		ASSERT_LE(0, other);
		EXPECT_EQ(fcntl(other, F_GETFL), fcntl(one, F_GETFL));
		close(one);
		close(other);
	}
}

TEST_F(reopen, what_is_written_is_in_the_file)
{
	int link = named_file(IN("link"));
	int fd = open_again(REOPEN(link, "a"), O_RDWR | O_APPEND);

	ASSERT_LE(0, fd);
	ASSERT_EQ(5, write(fd, ", yes", 5));
	ASSERT_EQ(0, fsync(fd));
	EXPECT_TRUE(says(open_again(link, O_RDONLY), RELINK_TEXT ", yes"));
}

/* ---- The directory is not touched ---- */

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		pvt_die("cannot list %s", path);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

TEST_F(reopen, the_name_is_not_there)
{
	int fd = REOPEN(named_file(IN("link")), "a");

	ASSERT_LE(0, fd);
	EXPECT_EQ(3, entries(self->dir));
	EXPECT_EQ(-1, access(IN("a"), F_OK));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, unlink(IN("a")));
	/* And is free for others. */
	EXPECT_LE(0, open(IN("a"), O_CREAT | O_EXCL | O_RDWR, 0644));
	EXPECT_EQ(4, entries(self->dir));
	EXPECT_TRUE(says(open_again(fd, O_RDONLY), RELINK_TEXT));
}

static bool same_times(const struct stat *a, const struct stat *b)
{
	return !memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) &&
	       !memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim));
}

TEST_F(reopen, another_file_of_that_name_is_not_touched)
{
	struct stat before[2], after[2];
	int link = named_file(IN("link")), fd;

	pvt_write(IN("a"), "new", 0644);
	ASSERT_EQ(0, fstat(self->dirfd, &before[0]));
	ASSERT_EQ(0, stat(IN("a"), &before[1]));
	usleep(20000);
	fd = REOPEN(link, "a");
	ASSERT_LE(0, fd);
	fd = open_again(fd, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(3, pwrite(fd, "old", 3, 0));
	EXPECT_EQ(0, ftruncate(fd, 3));
	close(fd);
	ASSERT_EQ(0, fstat(self->dirfd, &after[0]));
	ASSERT_EQ(0, stat(IN("a"), &after[1]));
	EXPECT_EQ(before[1].st_ino, after[1].st_ino);
	EXPECT_TRUE(same_times(&before[0], &after[0]));
	EXPECT_TRUE(same_times(&before[1], &after[1]));
	EXPECT_TRUE(says(open_path(IN("a"), O_RDONLY), "new"));
	EXPECT_TRUE(says(open_path(IN("link"), O_RDONLY), "old"));
}

/* The events that are there, as text. */
static char *events(int watch)
{
	char buf[4096] __attribute__((aligned(8))), *text = strdup("");
	const struct inotify_event *event;
	ssize_t length = read(watch, buf, sizeof(buf)), at;

	for (at = 0; at < length; at += sizeof(*event) + event->len) {
		event = (const void *)(buf + at);
		text = pvt_path("%s%x %s\n", text, event->mask,
				event->len ? event->name : "");
	}
	return text;
}

static int watch_all(const char *path)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (watch < 0 || inotify_add_watch(watch, path, IN_ALL_EVENTS) < 0)
		pvt_die("cannot watch %s", path);
	return watch;
}

TEST_F(reopen, watchers_see_what_they_see_of_an_unlinked_file)
{
	int real = unlinked_file(IN("a"));
	int link = named_file(IN("link"));
	int watch = watch_all(self->dir), fd, other;
	char *wanted;

	close(open_again(real, O_RDONLY));
	wanted = events(watch);
	EXPECT_STRNE("", wanted);
	/* Where another file has the name, it is not the one that is meant. */
	pvt_write(IN("a"), "new", 0644);
	other = watch_all(IN("a"));
	free(events(watch));
	fd = REOPEN(link, "a");
	ASSERT_LE(0, fd);
	EXPECT_STREQ("", events(watch));
	close(open_again(fd, O_RDONLY));
	EXPECT_STREQ(wanted, events(watch));
	EXPECT_STREQ("", events(other));
	close(fd);
	EXPECT_STREQ("", events(watch));
}

TEST_F(reopen, nothing_can_be_mounted_there)
{
	int real = unlinked_file(IN("a"));
	int fd = REOPEN(named_file(IN("link")), "a");

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, mount(IN("link"), pvt_path("/proc/self/fd/%d", real),
			    NULL, MS_BIND, NULL));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, mount(IN("link"), pvt_path("/proc/self/fd/%d", fd), NULL,
			    MS_BIND, NULL));
	EXPECT_EQ(ENOENT, errno);
}

/* ---- The directory is gone ---- */

TEST_F(reopen, directories_that_are_gone_are_part_of_the_name)
{
	char *wanted;
	int fd;

	pvt_mkdir(IN("sub"));
	pvt_mkdir(IN("sub/dir"));
	wanted = oracle(IN("sub/dir/a"));
	ASSERT_EQ(0, rmdir(IN("sub/dir")));
	ASSERT_EQ(0, rmdir(IN("sub")));
	fd = REOPEN(named_file(IN("link")), "sub/dir/a");
	ASSERT_LE(0, fd);
	EXPECT_STREQ(wanted, shown(fd));
	EXPECT_EQ(3, entries(self->dir));
	EXPECT_TRUE(says(open_again(fd, O_RDONLY), RELINK_TEXT));
}

TEST_F(reopen, a_file_in_the_place_of_a_directory_does_not_matter)
{
	int link = named_file(IN("link")), fd;
	char *wanted;

	pvt_mkdir(IN("sub"));
	wanted = oracle(IN("sub/a"));
	ASSERT_EQ(0, rmdir(IN("sub")));
	pvt_write(IN("sub"), "", 0644);
	fd = REOPEN(link, "sub/a");
	ASSERT_LE(0, fd);
	EXPECT_STREQ(wanted, shown(fd));
}

TEST_F(reopen, the_directory_need_not_be_linked)
{
	char *wanted;
	int dirfd, fd;

	pvt_mkdir(IN("sub"));
	wanted = oracle(IN("sub/a"));
	dirfd = open_path(IN("sub"), O_PATH);
	ASSERT_EQ(0, rmdir(IN("sub")));
	fd = relink_open_deleted(self->device, named_file(IN("link")), dirfd,
				 "a", NULL);
	ASSERT_LE(0, fd);
	EXPECT_STREQ(wanted, shown(fd));
	EXPECT_TRUE(says(open_again(fd, O_RDONLY), RELINK_TEXT));
}

TEST_F(reopen, the_path_follows_the_directory)
{
	int real, fd, dirfd;

	pvt_mkdir(IN("sub"));
	real = unlinked_file(IN("sub/a"));
	dirfd = open_path(IN("sub"), O_PATH);
	fd = relink_open_deleted(self->device, named_file(IN("link")), dirfd,
				 "a", NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rename(IN("sub"), IN("moved")));
	EXPECT_STREQ(shown(real), shown(fd));
	close(real);
	/* It is no obstacle. */
	EXPECT_EQ(0, rmdir(IN("moved")));
	EXPECT_STREQ(pvt_path("%s/moved/a (deleted)", self->dir), shown(fd));
}

/* ---- It lives as long as it is open ---- */

static unsigned long free_inodes(int fd)
{
	struct statfs about;

	if (fstatfs(fd, &about))
		pvt_die("statfs");
	return about.f_ffree;
}

TEST_F(reopen, it_goes_with_its_last_descriptor)
{
	unsigned long before;
	int link, fd, again;

	if (!variant->memory)
		SKIP(return, "others make files there, too");
	before = free_inodes(self->dirfd);
	link = named_file(IN("link"));
	fd = REOPEN(link, "a");
	ASSERT_LE(0, fd);
	close(link);
	ASSERT_EQ(0, unlink(IN("link")));
	EXPECT_EQ(before - 1, free_inodes(self->dirfd));
	again = open_again(fd, O_RDONLY);
	close(fd);
	EXPECT_TRUE(says(again, RELINK_TEXT));
	EXPECT_EQ(before - 1, free_inodes(self->dirfd));
	close(again);
	EXPECT_EQ(before, free_inodes(self->dirfd));
}

TEST_F(reopen, a_mount_is_busy_for_as_long)
{
	int link, fd;

	if (!variant->memory)
		SKIP(return, "it is the root");
	close(self->dirfd);
	self->dirfd = open_path(self->dir, O_PATH);
	link = named_file(IN("link"));
	fd = REOPEN(link, "a");
	ASSERT_LE(0, fd);
	close(link);
	close(self->dirfd);
	ASSERT_EQ(-1, umount(self->dir));
	EXPECT_EQ(EBUSY, errno);
	close(fd);
	EXPECT_EQ(0, umount(self->dir));
}

TEST_F(reopen, it_can_be_relinked_again)
{
	int fd = REOPEN(named_file(IN("link")), "a");
	int i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(IN("link")));
	for (i = 0; i < 3; i++) {
		int again;

		ASSERT_EQ(0, relink_to(self->device, fd, self->dirfd, "back",
				       &self->answer));
		EXPECT_EQ(PATHVIRT_RELINK_LINKED, self->answer.result);
		EXPECT_EQ(0, self->answer.nlink);
		again = open_path(IN("back"), O_RDONLY);
		EXPECT_TRUE(says(again, RELINK_TEXT));
		fd = REOPEN(again, "a");
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, unlink(IN("back")));
	}
}

/* ---- Every kind of file ---- */

static void make_fifo(const char *path)
{
	if (mkfifo(path, 0644))
		pvt_die("mkfifo");
}

static void make_device(const char *path)
{
	if (mknod(path, S_IFCHR | 0644, makedev(1, 3)))
		pvt_die("mknod");
}

static void make_symlink(const char *path)
{
	pvt_symlink("nowhere", path);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(sock, (void *)&address, sizeof(address)))
		pvt_die("no socket %s", path);
}

TEST_F(reopen, every_kind_of_file)
{
	static void (*const make[])(const char *path) = {
		make_fifo, make_device, make_symlink, make_socket,
	};
	size_t i;

	for (i = 0; i < sizeof(make) / sizeof(*make); i++) {
		char *path = pvt_path("%s/link%zu", self->dir, i);
		int link, fd;

		make[i](path);
		link = open_path(path, O_PATH | O_NOFOLLOW);
		fd = REOPEN(link, "a");
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, unlink(path));
		EXPECT_TRUE(same_file(link, fd));
		EXPECT_STREQ(oracle(IN("a")), shown(fd));
	}
}

TEST_F(reopen, a_fifo_works)
{
	char byte = 0;
	int fd, in, out;

	make_fifo(IN("link"));
	fd = REOPEN(open_path(IN("link"), O_PATH), "a");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(IN("link")));
	in = open_again(fd, O_RDWR | O_NONBLOCK);
	out = open_again(fd, O_WRONLY);
	ASSERT_LE(0, out);
	EXPECT_EQ(1, write(out, "x", 1));
	EXPECT_EQ(1, read(in, &byte, 1));
	EXPECT_EQ('x', byte);
}

TEST_F(reopen, a_program_runs)
{
	int fd, status = -1;
	pid_t pid;

	pvt_copy("/bin/true", IN("link"));
	ASSERT_EQ(0, chmod(IN("link"), 0755));
	fd = REOPEN(open_path(IN("link"), O_PATH), "a");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(IN("link")));
	pid = fork();
	if (!pid) {
		char *const argv[] = { "true", NULL };

		fexecve(fd, argv, environ);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* ---- What is refused ---- */

#define REFUSED(err, reason, call)					\
	do {								\
		EXPECT_EQ(-(err), call);				\
		EXPECT_EQ(PATHVIRT_WHY_##reason, self->answer.why);	\
	} while (0)

TEST_F(reopen, a_directory_is_refused)
{
	pvt_mkdir(IN("link"));
	REFUSED(EISDIR, DIRECTORY, REOPEN(open_path(IN("link"), O_PATH), "a"));
	REFUSED(EISDIR, DIRECTORY, REOPEN(self->dirfd, "a"));
}

TEST_F(reopen, the_directory_is_on_the_mount_of_the_file)
{
	int link = named_file(IN("link"));
	char *bound = pvt_path("%s/bound", self->base);

	pvt_mkdir(bound);
	ASSERT_EQ(0, mount(self->dir, bound, NULL, MS_BIND, NULL));
	REFUSED(EXDEV, OTHER_MOUNT,
		relink_open_deleted(self->device, link,
				    open_path(bound, O_PATH), "a",
				    &self->answer));
	REFUSED(EXDEV, OTHER_MOUNT,
		relink_open_deleted(self->device, link,
				    open_path("/proc", O_PATH), "a",
				    &self->answer));
	umount2(bound, MNT_DETACH);
}

TEST_F(reopen, a_name_leads_down)
{
	static const char *const names[] = {
		"", ".", "..", "/", "/a", "a/", "a//b", "./a", "a/.", "a/../b",
		"..//", "a/b/..",
	};
	int link = named_file(IN("link"));
	char name[5001];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		EXPECT_EQ(-EINVAL, REOPEN(link, names[i])) {
			TH_LOG("\"%s\"", names[i]);
		}
	EXPECT_LE(0, REOPEN(link, "..."));
	EXPECT_LE(0, REOPEN(link, ".a/..b/c.."));
	memset(name, 'n', sizeof(name));
	name[5000] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, REOPEN(link, name));
	name[256] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, REOPEN(link, name));
	name[255] = '\0';
	EXPECT_LE(0, REOPEN(link, name));
	EXPECT_EQ(-EFAULT, REOPEN(link, NULL));
}

TEST_F(reopen, the_directory_is_one)
{
	int link = named_file(IN("link"));

	EXPECT_EQ(-ENOTDIR, relink_open_deleted(self->device, link, link, "a",
						NULL));
	EXPECT_EQ(-EBADF, relink_open_deleted(self->device, link,
					      PATHVIRT_RELINK_NO_DIR, "a",
					      NULL));
	EXPECT_EQ(-EBADF, relink_open_deleted(self->device, 999, self->dirfd,
					      "a", NULL));
}

TEST_F(reopen, it_is_asked_for_alone)
{
	struct pathvirt_relink ask = {
		.size = sizeof(ask),
		.flags = PATHVIRT_RELINK_OPEN_DELETED | PATHVIRT_RELINK_CHECK,
		.fd = named_file(IN("link")),
		.dirfd = self->dirfd,
		.name = (uintptr_t)"a",
	};

	EXPECT_EQ(EINVAL, relink_ask(self->device, &ask));
	ask.flags = PATHVIRT_RELINK_OPEN_DELETED | PATHVIRT_RELINK_OPEN_DIR;
	EXPECT_EQ(EINVAL, relink_ask(self->device, &ask));
}

TEST_F(reopen, memory_is_no_file)
{
	int fd = memfd_create("memory", 0);

	REFUSED(EOPNOTSUPP, MEMORY, REOPEN(fd, "a"));
}

/* The same mount; it makes its dentries itself. */
TEST_F(reopen, filesystems_that_go_by_names_are_refused)
{
	REFUSED(EOPNOTSUPP, BY_NAME,
		relink_open_deleted(self->device,
				    open_path("/proc/self/stat", O_PATH),
				    open_path("/proc", O_PATH), "a",
				    &self->answer));
}

static int without(uint64_t drop, int device, int fd, int dirfd,
		   struct pathvirt_relink *answer)
{
	int err;

	drop_capabilities(drop);
	err = relink_open_deleted(device, fd, dirfd, "a", answer);
	return err < 0 ? -err : 0;
}

TEST_F(reopen, it_needs_both_capabilities)
{
	struct pathvirt_relink *answer = pvt_shared(sizeof(*answer));
	static const int needed[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH };
	int link = named_file(IN("link"));
	size_t i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(EPERM,
			  IN_CHILD(without(CAPABILITY(needed[i]), self->device,
					   link, self->dirfd, answer)));
		EXPECT_EQ(PATHVIRT_WHY_PRIVILEGE, answer->why);
	}
	EXPECT_EQ(0, IN_CHILD(without(~(CAPABILITY(CAP_DAC_OVERRIDE) |
					CAPABILITY(CAP_DAC_READ_SEARCH)),
				      self->device, link, self->dirfd,
				      answer)));
}

static int errno_without(uint64_t drop, int fd, int flags)
{
	int err;

	drop_capabilities(drop);
	err = open_again(fd, flags);
	return err < 0 ? -err : 0;
}

/* The descriptor grants nothing. */
TEST_F(reopen, opening_it_asks_what_it_always_asks)
{
	int link = named_file(IN("link"));
	int fd = REOPEN(link, "a"), flags = FS_APPEND_FL;
	uint64_t drop = CAPABILITY(CAP_DAC_OVERRIDE) |
			CAPABILITY(CAP_DAC_READ_SEARCH);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, chmod(IN("link"), 0440));
	EXPECT_EQ(EACCES, IN_CHILD(errno_without(drop, fd, O_RDWR)));
	EXPECT_EQ(0, IN_CHILD(errno_without(drop, fd, O_RDONLY)));
	ASSERT_EQ(0, chown(IN("link"), 12345, 12345));
	EXPECT_EQ(EACCES, IN_CHILD(errno_without(drop, fd, O_RDONLY)));
	EXPECT_EQ(EPERM,
		  IN_CHILD(errno_without(CAPABILITY(CAP_FOWNER), fd,
					 O_RDONLY | O_NOATIME)));
	if (variant->memory)
		return;
	link = open_path(IN("link"), O_RDONLY);
	ASSERT_EQ(0, ioctl(link, FS_IOC_SETFLAGS, &flags));
	EXPECT_EQ(-EPERM, open_again(fd, O_RDWR));
	EXPECT_LE(0, open_again(fd, O_RDWR | O_APPEND));
	flags = 0;
	ASSERT_EQ(0, ioctl(link, FS_IOC_SETFLAGS, &flags));
}

TEST_F(reopen, a_read_only_mount_counts)
{
	char *bound = pvt_path("%s/bound", self->base);
	int fd;

	named_file(IN("link"));
	pvt_mkdir(bound);
	ASSERT_EQ(0, mount(self->dir, bound, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, bound, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
			   NULL));
	fd = relink_open_deleted(self->device,
				 open_path(pvt_path("%s/link", bound), O_PATH),
				 open_path(bound, O_PATH), "a", NULL);
	ASSERT_LE(0, fd);
	EXPECT_LE(0, open_again(fd, O_RDONLY));
	EXPECT_EQ(-EROFS, open_again(fd, O_RDWR));
	umount2(bound, MNT_DETACH);
}

/* A file cannot be brought to where a sandbox may read it. */
TEST_F(reopen, security_modules_are_asked_about_the_path)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_REG,
	};
	int link = named_file(IN("link"));
	int ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			      0);

	if (ruleset < 0)
		SKIP(return, "the kernel has no Landlock");
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(EACCES,
		  IN_CHILD(syscall(SYS_landlock_restrict_self, ruleset, 0) ?
			   255 : -REOPEN(link, "a")));
	EXPECT_LE(0, REOPEN(link, "a"));
}

static int descriptors(void)
{
	return entries("/proc/self/fd");
}

TEST_F(reopen, where_no_answer_can_be_given_nothing_is_open)
{
	struct pathvirt_relink *ask = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int before;

	ASSERT_NE(MAP_FAILED, ask);
	*ask = (struct pathvirt_relink){
		.size = sizeof(*ask),
		.flags = PATHVIRT_RELINK_OPEN_DELETED,
		.fd = named_file(IN("link")),
		.dirfd = self->dirfd,
		.name = (uintptr_t)"a",
	};
	ASSERT_EQ(0, mprotect(ask, 4096, PROT_READ));
	before = descriptors();
	EXPECT_EQ(EFAULT, relink_ask(self->device, ask));
	EXPECT_EQ(before, descriptors());
}

/* ---- All at once ---- */

/*
 * struct crowd - threads that reopen a file, and others that use its name
 *
 * @failed: how often something was not as it should be
 */
struct crowd {
	int device;
	int dirfd;
	int link;
	const char *name;
	const char *wanted;
	atomic_int failed;
};

static void *reopen_many(void *arg)
{
	struct crowd *crowd = arg;
	int i;

	for (i = 0; i < TURNS; i++) {
		int fd = relink_open_deleted(crowd->device, crowd->link,
					     crowd->dirfd, "a", NULL);
		int again = fd < 0 ? fd : open_again(fd, O_RDWR);
		char *link = again < 0 ? strdup("") : shown(again);

		if (strcmp(link, crowd->wanted) || !says(again, RELINK_TEXT))
			crowd->failed++;
		free(link);
		close(again);
		close(fd);
	}
	return NULL;
}

static void *use_name(void *arg)
{
	struct crowd *crowd = arg;
	int i;

	for (i = 0; i < TURNS; i++) {
		int fd = open(crowd->name, O_CREAT | O_EXCL | O_RDWR, 0644);

		if (fd < 0 || write(fd, "new", 3) != 3 || !says(fd, "new") ||
		    unlink(crowd->name))
			crowd->failed++;
		close(fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(reopen, the_name_is_used_meanwhile, 300)
{
	struct crowd crowd = {
		.device = self->device,
		.dirfd = self->dirfd,
		.link = named_file(IN("link")),
		.name = IN("a"),
		.wanted = oracle(IN("a")),
	};
	pthread_t threads[3];
	size_t i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i ? reopen_many : use_name,
					    &crowd));
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, crowd.failed);
}

TEST_HARNESS_MAIN
