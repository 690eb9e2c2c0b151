// SPDX-License-Identifier: GPL-2.0
/*
 * N5, P3 and R1: /dev/pathvirt gives an unlinked open file a name again, with all
 * that a hard link asks, and no more.
 *
 * Most of it on the filesystem of PVT_BASE and on tmpfs; relink_fs.sh has the
 * others.
 */
#include "relinking.h"

#include <grp.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "kselftest_harness.h"

#define NOBODY	65534
#define TURNS	3000
#define MANY_TURNS	30000

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE	(0x89E0 + 0)
#endif

/*
 * @dir: a directory on PVT_BASE, and @dirfd a descriptor of it
 * @memory: a tmpfs below it, in a mount namespace of the test's own
 * @device: the device
 */
FIXTURE(relink)
{
	char *dir;
	char *memory;
	int dirfd;
	int device;
	struct pathvirt_relink answer;
};

FIXTURE_SETUP(relink)
{
	self->dir = pvt_tree_new();
	self->memory = pvt_path("%s/memory", self->dir);
	self->device = relink_device();
	/* What is opened before lies on the mount that this one is copied from. */
	pvt_private_mounts();
	self->dirfd = open_path(self->dir, O_RDONLY | O_DIRECTORY);
	pvt_mkdir(self->memory);
	if (mount("none", self->memory, "tmpfs", 0, "mode=755"))
		pvt_die("tmpfs");
}

FIXTURE_TEARDOWN(relink)
{
	umount2(self->memory, MNT_DETACH);
	pvt_tree_free(self->dir);
	close(self->dirfd);
	close(self->device);
}

#define IN(name)	pvt_path("%s/%s", self->dir, name)
#define IN_MEMORY(name)	pvt_path("%s/%s", self->memory, name)
#define RELINK(fd, name) \
	relink_to(self->device, fd, self->dirfd, name, &self->answer)
#define RELINK_DEFAULT(fd, name) \
	relink_to(self->device, fd, PATHVIRT_RELINK_NO_DIR, name, &self->answer)

static bool exists(int dirfd, const char *name)
{
	return !faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool says(int dirfd, const char *name, const char *text)
{
	char buf[256] = "";
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

static bool same_inode(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return !fstat(fd, &a) &&
	       !fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* ---- What is given a name ---- */

TEST_F(relink, an_unlinked_file_is_there_again)
{
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_TRUE(says(self->dirfd, "back", RELINK_TEXT));
	EXPECT_TRUE(same_inode(fd, self->dirfd, "back"));
}

TEST_F(relink, what_the_holder_goes_on_writing_is_in_it)
{
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_EQ(5, pwrite(fd, ", yes", 5, strlen(RELINK_TEXT)));
	EXPECT_TRUE(says(self->dirfd, "back", RELINK_TEXT ", yes"));
}

TEST_F(relink, the_answer_says_what_stat_says)
{
	int fd = unlinked_file(IN("gone"));
	struct stat stat;

	ASSERT_EQ(0, fstat(fd, &stat));
	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_RELINK_LINKED, self->answer.result);
	EXPECT_EQ(PATHVIRT_WHY_NONE, self->answer.why);
	EXPECT_EQ(stat.st_ino, self->answer.ino);
	EXPECT_EQ(major(stat.st_dev), self->answer.dev_major);
	EXPECT_EQ(minor(stat.st_dev), self->answer.dev_minor);
	EXPECT_EQ(stat.st_mode, self->answer.mode);
	EXPECT_EQ(0, self->answer.nlink);
}

TEST_F(relink, a_file_with_another_link_left_is_given_one_more)
{
	int fd;

	pvt_write(IN("a"), RELINK_TEXT, 0644);
	ASSERT_EQ(0, link(IN("a"), IN("b")));
	fd = open_path(IN("a"), O_RDWR);
	ASSERT_EQ(0, unlink(IN("a")));
	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_RELINK_LINKED, self->answer.result);
	EXPECT_EQ(1, self->answer.nlink);
	EXPECT_TRUE(same_inode(fd, self->dirfd, "b"));
	EXPECT_TRUE(same_inode(fd, self->dirfd, "back"));
}

/* The example of 2010: what is called "a" now is another file. */
TEST_F(relink, a_new_file_of_the_old_name_is_not_touched)
{
	int fd;

	pvt_write(IN("a"), RELINK_TEXT, 0644);
	fd = open_path(IN("a"), O_RDWR);
	pvt_write(IN("new"), "new", 0644);
	ASSERT_EQ(0, rename(IN("new"), IN("a")));
	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_TRUE(says(self->dirfd, "a", "new"));
	EXPECT_TRUE(says(self->dirfd, "back", RELINK_TEXT));
}

TEST_F(relink, a_file_that_has_its_name_gets_no_other)
{
	int fd;

	pvt_write(IN("a"), RELINK_TEXT, 0644);
	fd = open_path(IN("a"), O_RDWR);
	ASSERT_EQ(0, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_RELINK_NAMED, self->answer.result);
	EXPECT_EQ(1, self->answer.nlink);
	EXPECT_FALSE(exists(self->dirfd, "back"));
}

TEST_F(relink, it_can_be_unlinked_and_relinked_again)
{
	int fd = unlinked_file(IN("gone"));
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, RELINK(fd, "back"));
		EXPECT_EQ(0, self->answer.nlink);
		ASSERT_EQ(0, unlinkat(self->dirfd, "back", 0));
	}
}

TEST_F(relink, a_path_descriptor_of_the_directory_will_do)
{
	int fd = unlinked_file(IN("gone"));
	int dirfd = open_path(self->dir, O_PATH);

	ASSERT_EQ(0, relink_to(self->device, fd, dirfd, "back", NULL));
	EXPECT_TRUE(exists(self->dirfd, "back"));
}

#define CHECK(fd) \
	relink_flag(self->device, fd, PATHVIRT_RELINK_CHECK, &self->answer)

TEST_F(relink, it_can_be_asked_for_without_being_done)
{
	int fd = unlinked_file(IN_MEMORY("gone"));
	struct stat stat;

	ASSERT_EQ(0, CHECK(fd));
	EXPECT_EQ(PATHVIRT_RELINK_NONE, self->answer.result);
	ASSERT_EQ(0, fstat(fd, &stat));
	EXPECT_EQ(stat.st_ino, self->answer.ino);
	EXPECT_EQ(0, stat.st_nlink);
	EXPECT_FALSE(exists(AT_FDCWD, IN_MEMORY("lost+found")));
	ASSERT_EQ(0, RELINK_DEFAULT(fd, "back"));
	fd = open_path(IN_MEMORY(PATHVIRT_RELINK_DIR "/back"), O_RDONLY);
	ASSERT_EQ(0, CHECK(fd));
	EXPECT_EQ(PATHVIRT_RELINK_NAMED, self->answer.result);
	EXPECT_EQ(EOPNOTSUPP, CHECK(memfd_create("memory", 0)));
	EXPECT_EQ(PATHVIRT_WHY_MEMORY, self->answer.why);
}

/* ---- Every kind of file ---- */

FIXTURE(kind)
{
	char *dir;
	int dirfd;
	int device;
	int fd;
};

/**
 * struct _fixture_variant_kind - a kind of file
 * @open: gives a descriptor of one that has no name, and lay or lies at a path in
 *	a directory
 * @type: what it is
 */
FIXTURE_VARIANT(kind)
{
	int (*open)(const char *dir, const char *path);
	mode_t type;
};

static int unlinked_path(const char *path)
{
	int fd = open_path(path, O_PATH | O_NOFOLLOW);

	if (unlink(path))
		pvt_die("cannot unlink %s", path);
	return fd;
}

#define OPENER(name)							\
	static int name(__attribute__((unused)) const char *dir,	\
			__attribute__((unused)) const char *path)

OPENER(open_by_path)
{
	pvt_write(path, RELINK_TEXT, 0644);
	return unlinked_path(path);
}

OPENER(open_fifo)
{
	if (mkfifo(path, 0644))
		pvt_die("mkfifo");
	return unlinked_path(path);
}

OPENER(open_device)
{
	if (mknod(path, S_IFCHR | 0644, makedev(1, 3)))
		pvt_die("mknod");
	return unlinked_path(path);
}

OPENER(open_symlink)
{
	pvt_symlink("nowhere", path);
	return unlinked_path(path);
}

OPENER(open_socket)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(sock, (void *)&address, sizeof(address)) || unlink(path))
		pvt_die("no socket %s", path);
	fd = ioctl(sock, SIOCUNIXFILE);
	if (fd < 0)
		pvt_die("SIOCUNIXFILE");
	return fd;
}

OPENER(open_tmpfile)
{
	return open_path(dir, O_TMPFILE | O_RDWR);
}

OPENER(open_exclusive_tmpfile)
{
	return open_path(dir, O_TMPFILE | O_RDWR | O_EXCL);
}

/* Held by a mapping alone. */
OPENER(open_mapped)
{
	char *memory, *link;
	int fd;

	pvt_write(path, RELINK_TEXT, 0644);
	fd = open_path(path, O_RDWR);
	memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || unlink(path))
		pvt_die("cannot map %s", path);
	close(fd);
	link = pvt_path("/proc/self/map_files/%lx-%lx", (unsigned long)memory,
			(unsigned long)memory + 4096);
	return open_path(link, O_PATH);
}

/* Held by the process that it is the program of. */
OPENER(open_executable)
{
	int say[2], wait[2], fd;
	char byte;
	pid_t pid;

	pvt_copy("/bin/cat", path);
	if (chmod(path, 0755) || pipe(say) || pipe(wait))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		dup2(wait[0], 0);
		dup2(say[1], 1);
		execl(path, "cat", "/proc/self/comm", "-", NULL);
		_exit(1);
	}
	if (read(say[0], &byte, 1) != 1 || unlink(path))
		pvt_die("cannot run %s", path);
	fd = open_path(pvt_path("/proc/%d/exe", pid), O_PATH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

#define KIND(name, mode)						\
	FIXTURE_VARIANT_ADD(kind, name)					\
	{								\
		.open = open_##name,					\
		.type = mode,						\
	}

KIND(by_path, S_IFREG);
KIND(fifo, S_IFIFO);
KIND(device, S_IFCHR);
KIND(symlink, S_IFLNK);
KIND(socket, S_IFSOCK);
KIND(tmpfile, S_IFREG);
KIND(exclusive_tmpfile, S_IFREG);
KIND(mapped, S_IFREG);
KIND(executable, S_IFREG);

FIXTURE_SETUP(kind)
{
	char *path;

	self->dir = pvt_tree_new();
	self->dirfd = open_path(self->dir, O_RDONLY | O_DIRECTORY);
	self->device = relink_device();
	path = pvt_path("%s/gone", self->dir);
	self->fd = variant->open(self->dir, path);
	free(path);
}

FIXTURE_TEARDOWN(kind)
{
	close(self->fd);
	close(self->dirfd);
	close(self->device);
	pvt_tree_free(self->dir);
}

TEST_F(kind, is_given_a_name)
{
	struct pathvirt_relink answer;
	struct stat stat;

	ASSERT_EQ(0, relink_to(self->device, self->fd, self->dirfd, "back",
			       &answer));
	EXPECT_EQ(PATHVIRT_RELINK_LINKED, answer.result);
	EXPECT_EQ(0, answer.nlink);
	EXPECT_TRUE(same_inode(self->fd, self->dirfd, "back"));
	ASSERT_EQ(0, fstat(self->fd, &stat));
	EXPECT_EQ(variant->type, stat.st_mode & S_IFMT);
	EXPECT_EQ(1, stat.st_nlink);
}

/* ---- Names and directories ---- */

TEST_F(relink, a_name_that_exists_is_never_overwritten)
{
	int fd = unlinked_file(IN("gone"));

	pvt_write(IN("there"), "there", 0644);
	pvt_symlink("nowhere", IN("dangling"));
	EXPECT_EQ(EEXIST, RELINK(fd, "there"));
	EXPECT_EQ(PATHVIRT_WHY_NAME_EXISTS, self->answer.why);
	EXPECT_EQ(PATHVIRT_RELINK_NONE, self->answer.result);
	EXPECT_TRUE(says(self->dirfd, "there", "there"));
	EXPECT_EQ(EEXIST, RELINK(fd, "dangling"));
	EXPECT_EQ(EEXIST, RELINK(fd, "memory"));
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
}

TEST_F(relink, a_name_is_one_component)
{
	int fd = unlinked_file(IN("gone"));

	EXPECT_EQ(EINVAL, RELINK(fd, ""));
	EXPECT_EQ(EINVAL, RELINK(fd, "."));
	EXPECT_EQ(EINVAL, RELINK(fd, ".."));
	EXPECT_EQ(EINVAL, RELINK(fd, "/back"));
	EXPECT_EQ(EINVAL, RELINK(fd, "memory/back"));
	EXPECT_EQ(EINVAL, RELINK(fd, "back/"));
	EXPECT_EQ(EFAULT, RELINK(fd, NULL));
	EXPECT_EQ(EFAULT, RELINK(fd, (const char *)1));
}

TEST_F(relink, a_name_is_never_cut)
{
	int fd = unlinked_file(IN("gone"));
	char name[5001];

	memset(name, 'n', sizeof(name));
	name[5000] = '\0';
	EXPECT_EQ(ENAMETOOLONG, RELINK(fd, name));
	name[256] = '\0';
	EXPECT_EQ(ENAMETOOLONG, RELINK(fd, name));
	name[255] = '\0';
	EXPECT_EQ(0, RELINK(fd, name));
	EXPECT_TRUE(same_inode(fd, self->dirfd, name));
}

TEST_F(relink, bytes_of_a_name_mean_nothing)
{
	int fd = unlinked_file(IN("gone"));

	EXPECT_EQ(0, RELINK(fd, "\001 \n\\\377..."));
	EXPECT_TRUE(same_inode(fd, self->dirfd, "\001 \n\\\377..."));
}

TEST_F(relink, the_directory_is_on_the_mount_of_the_file)
{
	int fd = unlinked_file(IN("gone"));
	char *bound = IN("bound");
	int dirfd;

	dirfd = open_path(self->memory, O_RDONLY | O_DIRECTORY);
	EXPECT_EQ(EXDEV, relink_to(self->device, fd, dirfd, "back",
				   &self->answer));
	EXPECT_EQ(PATHVIRT_WHY_OTHER_MOUNT, self->answer.why);

	/* As with link(), another mount of the same filesystem is another. */
	pvt_mkdir(bound);
	ASSERT_EQ(0, mount(self->dir, bound, NULL, MS_BIND, NULL));
	dirfd = open_path(bound, O_RDONLY | O_DIRECTORY);
	EXPECT_EQ(EXDEV, relink_to(self->device, fd, dirfd, "back", NULL));
	umount2(bound, MNT_DETACH);
	EXPECT_FALSE(exists(self->dirfd, "back"));
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
}

TEST_F(relink, the_directory_is_one_and_is_there)
{
	int fd = unlinked_file(IN("gone"));
	int dirfd;

	pvt_write(IN("file"), "", 0644);
	dirfd = open_path(IN("file"), O_RDONLY);
	EXPECT_EQ(ENOTDIR, relink_to(self->device, fd, dirfd, "back", NULL));
	pvt_mkdir(IN("removed"));
	dirfd = open_path(IN("removed"), O_RDONLY);
	ASSERT_EQ(0, rmdir(IN("removed")));
	EXPECT_EQ(ENOENT, relink_to(self->device, fd, dirfd, "back", NULL));
	EXPECT_EQ(EBADF, relink_to(self->device, fd, 999, "back", NULL));
	EXPECT_EQ(EBADF, relink_to(self->device, fd, AT_FDCWD, "back", NULL));
	EXPECT_EQ(EBADF, relink_to(self->device, 999, self->dirfd, "back",
				   NULL));
	EXPECT_EQ(EBADF, relink_to(self->device, -1, self->dirfd, "back",
				   NULL));
}

/* ---- The structure ---- */

struct bigger {
	struct pathvirt_relink relink;
	char tail[8];
};

#define ASK(wanted, bigger)						\
	EXPECT_EQ(wanted, relink_ask(self->device, bigger))

TEST_F(relink, the_structure_may_grow)
{
	struct bigger bigger = { .relink = {
		.fd = unlinked_file(IN("gone")),
		.dirfd = self->dirfd,
		.name = (uintptr_t)"back",
	} };

	bigger.relink.size = PATHVIRT_RELINK_SIZE_VER0 - 1;
	ASK(EINVAL, &bigger);
	bigger.relink.size = 0;
	ASK(EINVAL, &bigger);
	bigger.relink.size = 1 << 30;
	ASK(E2BIG, &bigger);
	bigger.relink.size = sizeof(bigger);
	bigger.tail[7] = 1;
	ASK(E2BIG, &bigger);
	EXPECT_FALSE(exists(self->dirfd, "back"));
	bigger.tail[7] = 0;
	ASK(0, &bigger);
	EXPECT_EQ(PATHVIRT_RELINK_LINKED, bigger.relink.result);
	EXPECT_TRUE(exists(self->dirfd, "back"));
}

TEST_F(relink, what_the_last_answer_left_in_the_structure_does_not_matter)
{
	struct pathvirt_relink relink = {
		.size = sizeof(relink),
		.fd = unlinked_file(IN("gone")),
		.dirfd = self->dirfd,
		.name = (uintptr_t)"memory",
	};

	ASK(EEXIST, &relink);
	relink.name = (uintptr_t)"back";
	ASK(0, &relink);
	EXPECT_EQ(PATHVIRT_WHY_NONE, relink.why);
	relink.dirfd = 999;
	ASK(EBADF, &relink);
	EXPECT_EQ(PATHVIRT_RELINK_NONE, relink.result);
}

TEST_F(relink, what_is_not_known_is_refused)
{
	struct pathvirt_relink relink = {
		.size = sizeof(relink),
		.flags = PATHVIRT_RELINK_MARK << 1,
		.fd = unlinked_file(IN("gone")),
		.dirfd = self->dirfd,
		.name = (uintptr_t)"back",
	};

	ASK(EINVAL, &relink);
	relink.flags = 1U << 31;
	ASK(EINVAL, &relink);
	relink.flags = PATHVIRT_RELINK_OPEN_DIR;
	ASK(EINVAL, &relink);
	relink.dirfd = PATHVIRT_RELINK_NO_DIR;
	ASK(EINVAL, &relink);
	relink.flags = PATHVIRT_RELINK_CHECK;
	ASK(EINVAL, &relink);
	relink.name = 0;
	relink.flags |= PATHVIRT_RELINK_OPEN_DIR;
	ASK(EINVAL, &relink);
	EXPECT_EQ(-1, ioctl(self->device, PATHVIRT_IOC_RELINK + 1, &relink));
	EXPECT_EQ(ENOTTY, errno);
	ASK(EFAULT, (void *)1);
	EXPECT_FALSE(exists(self->dirfd, "back"));
}

TEST_F(relink, where_no_answer_can_be_given_nothing_is_done)
{
	struct pathvirt_relink *relink = mmap(NULL, 4096,
					      PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1,
					      0);

	ASSERT_NE(MAP_FAILED, relink);
	relink->size = sizeof(*relink);
	relink->fd = unlinked_file(IN("gone"));
	relink->dirfd = self->dirfd;
	relink->name = (uintptr_t)"back";
	ASSERT_EQ(0, mprotect(relink, 4096, PROT_READ));
	ASK(EFAULT, relink);
	EXPECT_FALSE(exists(self->dirfd, "back"));
}

/* ---- What else can be asked for ---- */

TEST_F(relink, the_directory_that_was_removed_can_be_opened)
{
	struct pathvirt_relink ask;
	struct stat stat_;
	int fd, above;

	pvt_mkdir(IN("gone"));
	fd = unlinked_file(IN("gone/file"));
	ASSERT_EQ(0, chmod(IN("gone"), 0751));
	ASSERT_EQ(0, rmdir(IN("gone")));
	ASSERT_EQ(0, relink_flag(self->device, fd, PATHVIRT_RELINK_OPEN_PARENT,
				 &ask));
	ASSERT_EQ(0, fstat(ask.dirfd, &stat_));
	EXPECT_EQ(S_IFDIR | 0751, stat_.st_mode);
	above = openat(ask.dirfd, "..", O_PATH | O_DIRECTORY);
	EXPECT_TRUE(same_inode(above, self->dirfd, "."));
	close(above);
	EXPECT_EQ(O_PATH, fcntl(ask.dirfd, F_GETFL) & O_PATH);
	fd = open_path("/proc", O_PATH);
	EXPECT_EQ(ENOENT, relink_flag(self->device, fd,
				      PATHVIRT_RELINK_OPEN_PARENT, &ask));
	EXPECT_EQ(PATHVIRT_WHY_NO_PARENT, ask.why);
}

TEST_F(relink, a_descriptor_tells_how_it_was_opened)
{
	struct pathvirt_relink ask = {
		.size = sizeof(ask),
		.flags = PATHVIRT_RELINK_MARK,
		.fd = unlinked_file(IN("gone")),
		.dirfd = PATHVIRT_RELINK_NO_DIR,
		.open_flags = O_NOFOLLOW,
	};

	ASK(0, &ask);
	EXPECT_EQ(O_NOFOLLOW, fcntl(ask.fd, F_GETFL) & (O_NOFOLLOW | O_APPEND));
	ask.open_flags = O_APPEND;
	ASK(EINVAL, &ask);
	ask.open_flags = 0;
	ask.size = PATHVIRT_RELINK_SIZE_VER0;
	ASK(0, &ask);
	ask.size = sizeof(ask);
	ask.reserved = 1;
	ASK(EINVAL, &ask);
	ask.reserved = 0;
	ask.open_flags = O_NOFOLLOW;
	ask.flags = PATHVIRT_RELINK_CHECK;
	ASK(EINVAL, &ask);
	EXPECT_EQ(O_NOFOLLOW, fcntl(ask.fd, F_GETFL) & (O_NOFOLLOW | O_APPEND));
}

/* ---- What can have no name ---- */

TEST_F(relink, a_directory_cannot_be_linked)
{
	int fd;

	pvt_mkdir(IN("gone"));
	fd = open_path(IN("gone"), O_RDONLY);
	ASSERT_EQ(0, rmdir(IN("gone")));
	EXPECT_EQ(EISDIR, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_DIRECTORY, self->answer.why);
}

TEST_F(relink, memory_is_no_file)
{
	int fds[] = { memfd_create("memory", 0), open_path("/dev/zero", O_RDWR),
		      eventfd(0, 0), -1, -1, };
	size_t i;

	ASSERT_EQ(0, pipe(fds + 3));
	close(fds[1]);
	fds[1] = socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(EOPNOTSUPP, RELINK(fds[i], "back"));
		EXPECT_EQ(PATHVIRT_WHY_MEMORY, self->answer.why);
		EXPECT_EQ(EOPNOTSUPP, RELINK_DEFAULT(fds[i], "back"));
	}
}

TEST_F(relink, anonymous_shared_memory_is_no_file)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *link = pvt_path("/proc/self/map_files/%lx-%lx",
			      (unsigned long)memory,
			      (unsigned long)memory + 4096);
	int fd = open_path(link, O_PATH);

	EXPECT_EQ(EOPNOTSUPP, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_MEMORY, self->answer.why);
}

TEST_F(relink, hugetlbfs_is_memory)
{
	char *huge = IN("huge"), *path;
	int fd;

	pvt_mkdir(huge);
	if (mount("none", huge, "hugetlbfs", 0, NULL))
		SKIP(return, "the kernel has no hugetlbfs");
	path = pvt_path("%s/gone", huge);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(path));
	EXPECT_EQ(EOPNOTSUPP, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_MEMORY, self->answer.why);
	close(fd);
	umount(huge);
}

/* It has hard links, and no O_TMPFILE. */
TEST_F(relink, bpf_fs_cannot_link_what_has_no_link_left)
{
	char *bpf = IN("bpf");
	int fd;

	pvt_mkdir(bpf);
	if (mount("none", bpf, "bpf", 0, NULL))
		SKIP(return, "the kernel has no bpf filesystem");
	pvt_symlink("nowhere", IN("bpf/gone"));
	fd = unlinked_path(IN("bpf/gone"));
	EXPECT_EQ(EOPNOTSUPP, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_NO_RETURN, self->answer.why);
	close(fd);
	umount2(bpf, MNT_DETACH);
}

TEST_F(relink, procfs_has_no_hard_links)
{
	int other = dup(self->device);
	char *name = pvt_path("/proc/self/fd/%d", other);
	int fd = open_path(name, O_PATH | O_NOFOLLOW);

	close(other);
	/* Its name goes when somebody looks for it. */
	ASSERT_FALSE(exists(AT_FDCWD, name));
	EXPECT_EQ(EOPNOTSUPP, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_NO_LINKS, self->answer.why);
}

/* ---- What a link asks ---- */

/*
 * @flag or, with 0, neither of the two.  The others stay: without its "extents"
 * ext4 would migrate the file to another layout, which it cannot always.
 */
static int set_flags(int fd, int flag)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return -errno;
	flags = (flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL)) | flag;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) ? -errno : 0;
}

TEST_F(relink, an_immutable_file_is_refused)
{
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, set_flags(fd, FS_IMMUTABLE_FL));
	EXPECT_EQ(EPERM, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_IMMUTABLE, self->answer.why);
	ASSERT_EQ(0, set_flags(fd, 0));
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
	EXPECT_EQ(0, RELINK(fd, "back"));
}

TEST_F(relink, an_append_only_file_is_refused)
{
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, set_flags(fd, FS_APPEND_FL));
	EXPECT_EQ(EPERM, RELINK(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_APPEND, self->answer.why);
	ASSERT_EQ(0, set_flags(fd, 0));
}

TEST_F(relink, a_read_only_mount_is_refused)
{
	int fd = unlinked_file(IN_MEMORY("gone"));
	char *path = pvt_path("/proc/self/fd/%d", fd);

	/* Its only descriptor must not be one for writing. */
	ASSERT_EQ(fd, dup2(open_path(path, O_PATH), fd));
	ASSERT_EQ(0, mount(NULL, self->memory, NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	EXPECT_EQ(EROFS, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_READ_ONLY, self->answer.why);
	EXPECT_EQ(EROFS, CHECK(fd));
	EXPECT_EQ(-EROFS, relink_dir(self->device, fd, NULL));
	ASSERT_EQ(0, mount(NULL, self->memory, NULL,
			   MS_REMOUNT | MS_BIND, NULL));
	EXPECT_EQ(0, RELINK_DEFAULT(fd, "back"));
}

/*
 * The one way to fail that comes after the inode was made linkable: the directory
 * takes no new names.
 */
static int immutable_dir(const char *path)
{
	int dirfd;

	pvt_mkdir(path);
	dirfd = open_path(path, O_RDONLY | O_DIRECTORY);
	if (set_flags(dirfd, FS_IMMUTABLE_FL))
		pvt_die("cannot make %s immutable", path);
	return dirfd;
}

TEST_F(relink, nothing_is_linkable_that_was_not_if_it_fails)
{
	int locked = immutable_dir(IN("locked"));
	int fd = unlinked_file(IN("gone"));

	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
	EXPECT_EQ(EPERM, relink_to(self->device, fd, locked, "back", NULL));
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
	set_flags(locked, 0);
}

TEST_F(relink, what_was_linkable_stays_so_if_it_fails)
{
	int locked = immutable_dir(IN("locked"));
	int fd = open_path(self->dir, O_TMPFILE | O_RDWR);

	EXPECT_EQ(EPERM, relink_to(self->device, fd, locked, "back", NULL));
	EXPECT_EQ(0, linkable(fd, self->dirfd));
	set_flags(locked, 0);
}

TEST_F(relink, nothing_is_linkable_that_was_not_after_it)
{
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, RELINK(fd, "back"));
	ASSERT_EQ(0, unlinkat(self->dirfd, "back", 0));
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
}

/* Landlock knows links by their paths alone. */
TEST_F(relink, security_modules_are_asked_about_the_path)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_REG,
	};
	int fd = unlinked_file(IN("gone"));
	int ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			      0);

	if (ruleset < 0)
		SKIP(return, "the kernel has no Landlock");
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(EACCES,
		  IN_CHILD(syscall(SYS_landlock_restrict_self, ruleset, 0) ?
			   255 : RELINK(fd, "back")));
	EXPECT_FALSE(exists(self->dirfd, "back"));
	EXPECT_EQ(0, RELINK(fd, "back"));
}

/* ---- Who may ---- */

static int without(uint64_t drop, int device, int fd, int dirfd,
		   struct pathvirt_relink *answer)
{
	drop_capabilities(drop);
	return relink_to(device, fd, dirfd, "back", answer);
}

TEST_F(relink, it_needs_both_capabilities)
{
	struct pathvirt_relink *answer = pvt_shared(sizeof(*answer));
	static const int needed[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH };
	int fd = unlinked_file(IN("gone"));
	size_t i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(EPERM,
			  IN_CHILD(without(CAPABILITY(needed[i]), self->device,
					   fd, self->dirfd, answer)));
		EXPECT_EQ(PATHVIRT_WHY_PRIVILEGE, answer->why);
		EXPECT_FALSE(exists(self->dirfd, "back"));
	}
}

TEST_F(relink, it_needs_no_other_for_an_ordinary_file)
{
	uint64_t kept = CAPABILITY(CAP_DAC_OVERRIDE) |
			CAPABILITY(CAP_DAC_READ_SEARCH);
	int fd = unlinked_file(IN("gone"));

	ASSERT_EQ(0, fchown(fd, NOBODY, NOBODY));
	EXPECT_EQ(0, IN_CHILD(without(~kept, self->device, fd, self->dirfd,
				      NULL)));
	EXPECT_TRUE(exists(self->dirfd, "back"));
}

/* As with link() under fs.protected_hardlinks. */
TEST_F(relink, set_user_ID_and_special_files_of_others_need_the_owner)
{
	struct pathvirt_relink *answer = pvt_shared(sizeof(*answer));
	uint64_t drop = CAPABILITY(CAP_FOWNER);
	int suid = unlinked_file(IN("suid"));
	int fifo;

	ASSERT_EQ(0, mkfifo(IN("fifo"), 0666));
	ASSERT_EQ(0, chown(IN("fifo"), NOBODY, NOBODY));
	fifo = unlinked_path(IN("fifo"));
	ASSERT_EQ(0, fchown(suid, NOBODY, NOBODY));
	ASSERT_EQ(0, fchmod(suid, 04755));
	EXPECT_EQ(EPERM, IN_CHILD(without(drop, self->device, suid,
					  self->dirfd, answer)));
	EXPECT_EQ(PATHVIRT_WHY_OWNER, answer->why);
	EXPECT_EQ(EPERM, IN_CHILD(without(drop, self->device, fifo,
					  self->dirfd, answer)));
	EXPECT_EQ(PATHVIRT_WHY_OWNER, answer->why);
	EXPECT_EQ(0, IN_CHILD(without(0, self->device, fifo, self->dirfd,
				      NULL)));
}

static int open_without(uint64_t drop)
{
	drop_capabilities(drop);
	return open(RELINK_DEVICE, O_RDWR | O_CLOEXEC) < 0 ? errno : 0;
}

/* Of any user namespace, see below. */
TEST_F(relink, the_device_is_for_root)
{
	struct stat stat_;

	ASSERT_EQ(0, stat(RELINK_DEVICE, &stat_));
	EXPECT_EQ(S_IFCHR | 0666, stat_.st_mode);
	EXPECT_EQ(0, stat_.st_uid);
	EXPECT_EQ(0, IN_CHILD(open_without(0)));
	EXPECT_EQ(EACCES, IN_CHILD(open_without(CAPABILITY(CAP_DAC_OVERRIDE))));
	EXPECT_EQ(EACCES,
		  IN_CHILD(open_without(CAPABILITY(CAP_DAC_READ_SEARCH))));
}

static void tell_proc(pid_t pid, const char *file, const char *line)
{
	char *path = pvt_path("/proc/%d/%s", pid, file);
	int fd = open_path(path, O_WRONLY);

	if (write(fd, line, strlen(line)) < 0)
		pvt_die("cannot write %s", path);
	close(fd);
}

/* Root of a user namespace of its own, which owns a tmpfs. */
static void become_other_root(const char *memory)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		pvt_die("no user namespace");
	tell_proc(getpid(), "setgroups", "deny");
	tell_proc(getpid(), "uid_map", "0 0 1");
	tell_proc(getpid(), "gid_map", "0 0 1");
	if (mount("none", memory, "tmpfs", 0, "mode=755"))
		pvt_die("tmpfs");
}

static int elsewhere(FIXTURE_DATA(relink) *self, int fd)
{
	become_other_root(self->memory);
	return RELINK(fd, "back");
}

static int on_its_own(FIXTURE_DATA(relink) *self)
{
	become_other_root(self->memory);
	return RELINK_DEFAULT(unlinked_file(IN_MEMORY("gone")), "back");
}

TEST_F(relink, what_counts_is_the_user_namespace_of_the_filesystem)
{
	int fd = unlinked_file(IN("gone"));

	EXPECT_EQ(EPERM, IN_CHILD(elsewhere(self, fd)));
	EXPECT_FALSE(exists(self->dirfd, "back"));
	EXPECT_EQ(0, IN_CHILD(on_its_own(self)));
}

/* ---- Idmapped mounts ---- */

#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP	0x00100000
#endif

struct attributes {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns_fd;
};

/* A user namespace in which 0 to 9999 are @first and so on. */
static int user_namespace(int first)
{
	char *map = pvt_path("0 %d 10000", first);
	int ready[2], go[2], fd;
	char byte = 0;
	pid_t pid;

	if (pipe(ready) || pipe(go))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (unshare(CLONE_NEWUSER) || write(ready[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(go[0], &byte, 1) != 0);
	}
	if (read(ready[0], &byte, 1) != 1)
		pvt_die("no user namespace");
	tell_proc(pid, "uid_map", map);
	tell_proc(pid, "gid_map", map);
	fd = open_path(pvt_path("/proc/%d/ns/user", pid), O_RDONLY);
	close(go[1]);
	waitpid(pid, NULL, 0);
	return fd;
}

/* Mount @dir at @point, so that what root owns is @first's there. */
static void idmapped_mount(const char *dir, const char *point, int first)
{
	struct attributes attributes = {
		.set = MOUNT_ATTR_IDMAP,
		.userns_fd = user_namespace(first),
	};
	int tree = syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE);

	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes,
		    sizeof(attributes)) ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, point,
		    MOVE_MOUNT_F_EMPTY_PATH))
		pvt_die("no idmapped mount");
}

static int as_user(int id, int device, int fd, const char *name,
	      struct pathvirt_relink *answer)
{
	setfsgid(id);
	setfsuid(id);
	/* The kernel took some away with the file system user. */
	drop_capabilities(0);
	return relink_to(device, fd, PATHVIRT_RELINK_NO_DIR, name, answer);
}

TEST_F(relink, idmapped_mounts_count)
{
	struct pathvirt_relink *answer = pvt_shared(sizeof(*answer));
	char *point = IN("mapped");
	struct stat stat_;
	int fd;

	pvt_mkdir(point);
	idmapped_mount(self->dir, point, 20000);
	pvt_write(IN("gone"), RELINK_TEXT, 0644);
	fd = open_path(IN("mapped/gone"), O_RDONLY);
	ASSERT_EQ(0, unlink(IN("gone")));

	/* The caller is nobody there, and so can make no link. */
	EXPECT_EQ(EOVERFLOW,
		  IN_CHILD(relink_to(self->device, fd, PATHVIRT_RELINK_NO_DIR,
				     "back", NULL)));
	EXPECT_EQ(0, IN_CHILD(as_user(20001, self->device, fd, "back", answer)));
	EXPECT_EQ(0, answer->nlink);
	EXPECT_TRUE(same_inode(fd, self->dirfd,
			       PATHVIRT_RELINK_DIR "/back"));
	/* Root's on the filesystem, whoever that is on the mount. */
	ASSERT_EQ(0, stat(IN(PATHVIRT_RELINK_DIR), &stat_));
	EXPECT_EQ(0, stat_.st_uid);
	EXPECT_EQ(0, stat_.st_gid);
	umount2(point, MNT_DETACH);
}

/* A file of somebody who is nobody on the mount. */
TEST_F(relink, an_owner_that_is_not_mapped_is_refused)
{
	char *point = IN("mapped");
	int fd;

	pvt_mkdir(point);
	idmapped_mount(self->dir, point, 20000);
	pvt_write(IN("gone"), RELINK_TEXT, 0644);
	ASSERT_EQ(0, chown(IN("gone"), 30000, 30000));
	fd = open_path(IN("mapped/gone"), O_PATH);
	ASSERT_EQ(0, unlink(IN("gone")));
	EXPECT_EQ(EOVERFLOW, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_UNMAPPED, self->answer.why);
	umount2(point, MNT_DETACH);
}

/* ---- The default directory ---- */

#define EXPECT_ROOTS_ALONE(path)					\
	do {								\
		struct stat __stat;					\
									\
		ASSERT_EQ(0, lstat(path, &__stat));			\
		EXPECT_EQ(S_IFDIR | 0700, __stat.st_mode);		\
		EXPECT_EQ(0, __stat.st_uid);				\
		EXPECT_EQ(0, __stat.st_gid);				\
	} while (0)

TEST_F(relink, the_default_directory_is_made_for_root_alone)
{
	int fd = unlinked_file(IN_MEMORY("gone"));

	/* With the capabilities alone, another user than root. */
	umask(0777);
	EXPECT_EQ(0, IN_CHILD(as_user(NOBODY, self->device, fd, "back", NULL)));
	EXPECT_ROOTS_ALONE(IN_MEMORY("lost+found"));
	EXPECT_ROOTS_ALONE(IN_MEMORY("lost+found/checkpoint"));
	EXPECT_TRUE(same_inode(fd, AT_FDCWD,
			       IN_MEMORY("lost+found/checkpoint/back")));
}

TEST_F(relink, the_default_directory_is_used_again)
{
	int a = unlinked_file(IN_MEMORY("a")), b = unlinked_file(IN_MEMORY("b"));

	ASSERT_EQ(0, RELINK_DEFAULT(a, "a"));
	ASSERT_EQ(0, RELINK_DEFAULT(b, "b"));
	EXPECT_EQ(EEXIST, RELINK_DEFAULT(b, "a"));
	EXPECT_TRUE(same_inode(a, AT_FDCWD,
			       IN_MEMORY("lost+found/checkpoint/a")));
	EXPECT_TRUE(same_inode(b, AT_FDCWD,
			       IN_MEMORY("lost+found/checkpoint/b")));
}

TEST_F(relink, the_root_of_the_mount_counts)
{
	char *sub = IN_MEMORY("sub"), *bound = IN("bound");
	int fd;

	pvt_mkdir(sub);
	pvt_mkdir(bound);
	ASSERT_EQ(0, mount(sub, bound, NULL, MS_BIND, NULL));
	fd = unlinked_file(IN("bound/gone"));
	ASSERT_EQ(0, RELINK_DEFAULT(fd, "back"));
	EXPECT_TRUE(same_inode(fd, AT_FDCWD,
			       IN_MEMORY("sub/lost+found/checkpoint/back")));
	EXPECT_FALSE(exists(AT_FDCWD, IN_MEMORY("lost+found")));
	umount2(bound, MNT_DETACH);
}

TEST_F(relink, a_mount_that_nobody_can_reach_has_one_too)
{
	int fd = unlinked_file(IN_MEMORY("gone")), dirfd;

	ASSERT_EQ(0, umount2(self->memory, MNT_DETACH));
	ASSERT_EQ(0, RELINK_DEFAULT(fd, "back"));
	dirfd = relink_dir(self->device, fd, NULL);
	ASSERT_LE(0, dirfd);
	EXPECT_TRUE(same_inode(fd, dirfd, "back"));
	close(dirfd);
}

TEST_F(relink, a_default_directory_of_others_is_refused)
{
	int fd = unlinked_file(IN_MEMORY("gone"));
	char *lost = IN_MEMORY("lost+found");
	char *checkpoint = IN_MEMORY("lost+found/checkpoint");

	pvt_mkdir(lost);
	ASSERT_EQ(0, chown(lost, NOBODY, 0));
	EXPECT_EQ(EACCES, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_UNSAFE_DIR, self->answer.why);
	ASSERT_EQ(0, chown(lost, 0, 0));
	ASSERT_EQ(0, chmod(lost, 0775));
	EXPECT_EQ(EACCES, RELINK_DEFAULT(fd, "back"));
	ASSERT_EQ(0, chmod(lost, 0755));
	pvt_mkdir(checkpoint);
	ASSERT_EQ(0, chmod(checkpoint, 0702));
	EXPECT_EQ(EACCES, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(-EACCES, relink_dir(self->device, fd, NULL));
	ASSERT_EQ(0, chmod(checkpoint, 0700));
	EXPECT_EQ(0, RELINK_DEFAULT(fd, "back"));
}

TEST_F(relink, a_default_directory_is_not_followed_elsewhere)
{
	int fd = unlinked_file(IN_MEMORY("gone"));

	pvt_mkdir(IN_MEMORY("elsewhere"));
	pvt_symlink("elsewhere", IN_MEMORY("lost+found"));
	EXPECT_EQ(ENOTDIR, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_UNSAFE_DIR, self->answer.why);
	EXPECT_FALSE(exists(AT_FDCWD, IN_MEMORY("elsewhere/checkpoint")));
}

TEST_F(relink, a_mount_of_one_file_has_no_default_directory)
{
	char *point = IN("point");
	int fd;

	pvt_write(point, "", 0644);
	pvt_write(IN_MEMORY("gone"), RELINK_TEXT, 0644);
	ASSERT_EQ(0, mount(IN_MEMORY("gone"), point, NULL, MS_BIND, NULL));
	fd = open_path(point, O_RDWR);
	ASSERT_EQ(0, unlink(IN_MEMORY("gone")));
	EXPECT_EQ(ENOTDIR, RELINK_DEFAULT(fd, "back"));
	EXPECT_EQ(PATHVIRT_WHY_NO_ROOT_DIR, self->answer.why);
	umount2(point, MNT_DETACH);
}

TEST_F(relink, the_default_directory_can_be_opened)
{
	int fd = open_path(self->memory, O_PATH);
	int dirfd = relink_dir(self->device, fd, &self->answer);

	ASSERT_LE(0, dirfd);
	EXPECT_ROOTS_ALONE(IN_MEMORY(PATHVIRT_RELINK_DIR));
	EXPECT_TRUE(same_inode(dirfd, AT_FDCWD,
			       IN_MEMORY(PATHVIRT_RELINK_DIR)));
	EXPECT_EQ(FD_CLOEXEC, fcntl(dirfd, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(dirfd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(0, fsync(dirfd));
	ASSERT_EQ(0, mkdirat(dirfd, "id", 0700));
	/* It is of the file's mount, so it takes links. */
	fd = unlinked_file(IN_MEMORY("gone"));
	EXPECT_EQ(0, relink_to(self->device, fd, dirfd, "back", NULL));
	close(dirfd);
}

/* ---- At the same time ---- */

struct race {
	pthread_t thread;
	int device;
	int fd;
	int dirfd;
	const char *name;
	int turns;
	int wanted;
	unsigned int wrong;
	int last;
};

static void *race(void *arg)
{
	struct race *race = arg;
	int i, err;

	for (i = 0; i < race->turns; i++) {
		err = relink_to(race->device, race->fd, race->dirfd,
				race->name, NULL);
		if (!err && unlinkat(race->dirfd, race->name, 0))
			err = errno;
		if (err != race->wanted) {
			race->last = err;
			race->wrong++;
		}
	}
	return NULL;
}

static void run_race(struct race *races, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (pthread_create(&races[i].thread, NULL, race, &races[i]))
			pvt_die("no thread");
	for (i = 0; i < nr; i++)
		pthread_join(races[i].thread, NULL);
}

/* Its link count goes up and down, and each call finds another one. */
TEST_F(relink, two_callers_with_one_inode_both_get_their_names)
{
	int fd = unlinked_file(IN("gone"));
	struct race races[] = {
		{ .device = self->device, .fd = fd, .dirfd = self->dirfd,
		  .name = "one", .turns = TURNS },
		{ .device = self->device, .fd = fd, .dirfd = self->dirfd,
		  .name = "two", .turns = TURNS },
	};
	struct stat stat;

	run_race(races, 2);
	EXPECT_EQ(0, races[0].wrong)
		TH_LOG("%s", strerror(races[0].last));
	EXPECT_EQ(0, races[1].wrong)
		TH_LOG("%s", strerror(races[1].last));
	ASSERT_EQ(0, fstat(fd, &stat));
	EXPECT_EQ(0, stat.st_nlink);
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
}

/* Many fail, so that there is always one about to take back what it allowed. */
TEST_F_TIMEOUT(relink, callers_that_fail_do_not_make_another_fail, 600)
{
	int locked = immutable_dir(IN("locked"));
	int fd = unlinked_file(IN("gone"));
	struct race races[5] = {
		{ .device = self->device, .fd = fd, .dirfd = self->dirfd,
		  .name = "good", .turns = MANY_TURNS },
	};
	size_t i;

	for (i = 1; i < 5; i++)
		races[i] = (struct race){
			.device = self->device, .fd = fd, .dirfd = locked,
			.name = "bad", .turns = MANY_TURNS, .wanted = EPERM,
		};
	run_race(races, 5);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, races[i].wrong)
			TH_LOG("%zu: %s", i, strerror(races[i].last));
	}
	EXPECT_EQ(ENOENT, linkable(fd, self->dirfd));
	set_flags(locked, 0);
}

TEST_F(relink, an_open_device_keeps_the_module)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "pathvirt", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_HARNESS_MAIN
