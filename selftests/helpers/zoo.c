// SPDX-License-Identifier: GPL-2.0
/*
 * zoo DIR KIND...: processes for checkpoints, each of which holds one kind of thing
 * without a name; zoo alone says which kinds there are.
 *
 * Of one KIND it is this process, of several a child for each.  It works in DIR/KIND, and
 * makes DIR/KIND.ready when all is there.  On SIGUSR1 it looks whether it has all that it
 * had, and makes DIR/KIND.answer: "whole", or a line that says what is not.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL	5000
#define LARGE	(2 << 20)
#define SPARSE	(64 << 20)
#define OFFSET	123

/* What the one kind that a process is has; and what is wrong with it, if anything is. */
static const char *self;
static const char *dir;
static int fds[3];
static char *memory;
static pid_t other;
static char wrong[256];

/* ---- What all do ---- */

static void __attribute__((format(printf, 1, 2))) is_wrong(const char *format, ...)
{
	va_list args;

	if (*wrong)
		return;
	va_start(args, format);
	vsnprintf(wrong, sizeof(wrong), format, args);
	va_end(args);
}

#define MUST(condition) do { if (!(condition)) err(1, "%s", #condition); } while (0)

static char at(size_t offset)
{
	return offset * 7 + offset / 4096 + 1;
}

static void fill(char *buffer, size_t offset, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		buffer[i] = at(offset + i);
}

static void put(int fd, size_t offset, size_t size)
{
	char buffer[4096];
	size_t length;

	for (; size; size -= length, offset += length) {
		length = size < sizeof(buffer) ? size : sizeof(buffer);
		fill(buffer, offset, length);
		MUST(pwrite(fd, buffer, length, offset) == (ssize_t)length);
	}
}

static void look(int fd, size_t offset, size_t size)
{
	char buffer[4096], found[4096];
	size_t length;

	for (; size; size -= length, offset += length) {
		length = size < sizeof(buffer) ? size : sizeof(buffer);
		fill(buffer, offset, length);
		if (pread(fd, found, length, offset) != (ssize_t)length ||
		    memcmp(buffer, found, length))
			return is_wrong("contents at %zu", offset);
	}
}

static int make_file(const char *name, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0640);

	MUST(fd >= 0);
	put(fd, 0, size);
	MUST(lseek(fd, OFFSET, SEEK_SET) == OFFSET);
	return fd;
}

static void links(int fd, unsigned int wanted)
{
	struct stat stat;

	if (fstat(fd, &stat))
		is_wrong("it is not there");
	else if (stat.st_nlink != wanted)
		is_wrong("%u links", (unsigned int)stat.st_nlink);
}

static void offset(int fd)
{
	if (lseek(fd, 0, SEEK_CUR) != OFFSET)
		is_wrong("offset %ld", (long)lseek(fd, 0, SEEK_CUR));
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* ---- Files ---- */

static void hold_file(void)
{
	fds[0] = make_file("f", SMALL);
	MUST(!unlink("f"));
}

static void check_small(unsigned int wanted)
{
	look(fds[0], 0, SMALL);
	offset(fds[0]);
	links(fds[0], wanted);
	if (pwrite(fds[0], "x", 1, SMALL) != 1)
		is_wrong("cannot write");
}

static void check_file(void)
{
	check_small(0);
}

static void hold_one_link(void)
{
	fds[0] = make_file("f", SMALL);
	MUST(!link("f", "other") && !unlink("f"));
}

static void check_one_link(void)
{
	check_small(1);
}

static void hold_more_links(void)
{
	fds[0] = make_file("f", SMALL);
	MUST(!link("f", "other") && !link("f", "third") && !unlink("f"));
}

static void check_more_links(void)
{
	check_small(2);
}

static void hold_two_names(void)
{
	fds[0] = make_file("f", SMALL);
	MUST(!link("f", "other"));
	fds[1] = open("other", O_RDONLY);
	MUST(fds[1] >= 0 && !unlink("f") && !unlink("other"));
}

static void check_two_names(void)
{
	check_small(0);
	look(fds[1], 0, SMALL);
	if (!same_file(fds[0], fds[1]))
		is_wrong("they are two files");
}

static void hold_tmpfile(void)
{
	fds[0] = open(".", O_TMPFILE | O_RDWR, 0600);
	MUST(fds[0] >= 0);
	put(fds[0], 0, SMALL);
	MUST(lseek(fds[0], OFFSET, SEEK_SET) == OFFSET);
}

static void hold_large(void)
{
	fds[0] = make_file("f", LARGE);
	MUST(!unlink("f"));
}

static void check_large(void)
{
	look(fds[0], 0, LARGE);
	offset(fds[0]);
	links(fds[0], 0);
}

static void hold_sparse(void)
{
	fds[0] = make_file("f", SMALL);
	put(fds[0], SPARSE, SMALL);
	MUST(!unlink("f"));
}

static void check_sparse(void)
{
	struct stat stat;

	look(fds[0], SPARSE, SMALL);
	check_small(0);
	if (fstat(fds[0], &stat) || stat.st_size != SPARSE + SMALL)
		is_wrong("size");
	else if (stat.st_blocks > 4096)
		is_wrong("the hole is gone");
}

static void hold_directory_gone(void)
{
	MUST(!mkdir("d", 0700));
	fds[0] = make_file("d/f", SMALL);
	MUST(!unlink("d/f") && !rmdir("d"));
}

static void hold_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };

	hold_file();
	MUST(!flock(fds[0], LOCK_EX) && !fcntl(fds[0], F_SETLK, &lock));
}

/* As who comes by another open file, and as another process, would meet them. */
static void check_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
	char path[64];
	int again, status;
	pid_t pid;

	check_file();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	again = open(path, O_RDWR);
	if (again < 0 || !flock(again, LOCK_EX | LOCK_NB))
		is_wrong("no flock");
	pid = fork();
	if (!pid)
		_exit(fcntl(fds[0], F_GETLK, &lock) || lock.l_type == F_UNLCK);
	if (waitpid(pid, &status, 0) != pid || status)
		is_wrong("no lock of a part");
}

/* The child's reading moves the offset of both. */
static void hold_shared(void)
{
	hold_file();
	other = fork();
	MUST(other >= 0);
	if (!other) {
		sigset_t set;
		char byte;
		int signal;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigprocmask(SIG_BLOCK, &set, NULL);
		for (;;)
			if (!sigwait(&set, &signal) && read(fds[0], &byte, 1) != 1)
				_exit(1);
	}
}

static void check_shared(void)
{
	int i;

	check_file();
	kill(other, SIGUSR2);
	for (i = 0; i < 500 && lseek(fds[0], 0, SEEK_CUR) == OFFSET; i++)
		usleep(10000);
	if (lseek(fds[0], 0, SEEK_CUR) != OFFSET + 1)
		is_wrong("the offset is not shared");
}

/* ---- Mappings and programs ---- */

static void hold_map(int flags)
{
	int fd = make_file("f", LARGE);

	memory = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	MUST(memory != MAP_FAILED && !unlink("f") && !close(fd));
}

static void hold_map_shared(void)
{
	hold_map(MAP_SHARED);
}

static void hold_map_private(void)
{
	hold_map(MAP_PRIVATE);
	memory[5000] = 0;
}

static void check_map(bool private)
{
	size_t i;

	for (i = 0; i < LARGE; i++)
		if (memory[i] != (private && i == 5000 ? 0 : at(i)))
			return is_wrong("memory at %zu", i);
}

static void check_map_shared(void)
{
	check_map(false);
}

static void check_map_private(void)
{
	check_map(true);
}

static void copy_program(void)
{
	int from = open(self, O_RDONLY), to = open("p", O_WRONLY | O_CREAT, 0755);
	struct stat stat;

	MUST(from >= 0 && to >= 0 && !fstat(from, &stat));
	MUST(sendfile(to, from, NULL, stat.st_size) == stat.st_size);
	close(from);
	close(to);
}

/* The copy is told by its name, and does the rest. */
static void hold_program(void)
{
	if (strcmp(strrchr(self, '/') + 1, "p")) {
		char path[PATH_MAX];

		copy_program();
		MUST(realpath("p", path));
		execl(path, path, dir, "program", NULL);
		err(1, "%s", path);
	}
	MUST(!unlink("p"));
}

static void check_program(void)
{
	struct stat stat_;

	if (stat("/proc/self/exe", &stat_) || stat_.st_size < LARGE / 8)
		is_wrong("the program is another");
}

/* ---- Directories ---- */

static void hold_cwd(void)
{
	MUST(!mkdir("d", 0710) && !chdir("d") && !rmdir("../d"));
}

static void check_removed(const char *path)
{
	struct stat stat_;

	if (stat(path, &stat_))
		is_wrong("it is not there");
	else if (!S_ISDIR(stat_.st_mode) || (stat_.st_mode & 07777) != 0710)
		is_wrong("mode %o", stat_.st_mode);
	else if (mkdirat(AT_FDCWD, "x", 0700) && errno != ENOENT &&
		 !strcmp(path, "."))
		is_wrong("mkdir: %s", strerror(errno));
}

static void check_cwd(void)
{
	char link[PATH_MAX];
	ssize_t length = readlink("/proc/self/cwd", link, sizeof(link) - 1);

	check_removed(".");
	if (length < 10 || memcmp(link + length - 10, " (deleted)", 10))
		is_wrong("it is not removed");
}

static void hold_dir(void)
{
	MUST(!mkdir("d", 0710));
	fds[0] = open("d", O_RDONLY | O_DIRECTORY);
	MUST(fds[0] >= 0 && !rmdir("d"));
}

static void check_dir(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	check_removed(path);
	if (!mkdirat(fds[0], "x", 0700)) {
		unlinkat(fds[0], "x", AT_REMOVEDIR);
		is_wrong("it is not removed");
	}
}

/* What is below it is reached by descriptors alone. */
static void hold_root(void)
{
	int out = open(".", O_RDONLY | O_DIRECTORY);

	MUST(out >= 0 && !mkdir("d", 0710) && !chroot("d"));
	MUST(!unlinkat(out, "d", AT_REMOVEDIR));
	close(out);
}

static void check_root(void)
{
	check_removed("/");
	if (!mkdir("/x", 0700))
		is_wrong("it is not removed");
}

/* ---- FIFOs, sockets, devices ---- */

static void hold_fifo(void)
{
	MUST(!mkfifo("f", 0640));
	fds[0] = open("f", O_RDWR);
	MUST(fds[0] >= 0 && write(fds[0], "text", 4) == 4 && !unlink("f"));
}

static void check_fifo(void)
{
	struct pollfd poll_ = { .fd = fds[0], .events = POLLIN };
	char found[8];

	links(fds[0], 0);
	if (poll(&poll_, 1, 0) != 1 || read(fds[0], found, 8) != 4 ||
	    memcmp(found, "text", 4))
		is_wrong("its data are gone");
}

static struct sockaddr_un name_of(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, name);
	return address;
}

static void bind_to(int fd, const char *name)
{
	struct sockaddr_un address = name_of(name);

	MUST(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

static void check_name(int fd, const char *name)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		is_wrong("getsockname: %s", strerror(errno));
	else if (strcmp(address.sun_path, name))
		is_wrong("its name is %s", address.sun_path);
}

static void hold_bound(void)
{
	fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	bind_to(fds[0], "s");
	MUST(!listen(fds[0], 5) && !unlink("s"));
}

static void check_bound(void)
{
	check_name(fds[0], "s");
	if (!access("s", F_OK))
		is_wrong("it has its name again");
}

static void hold_connected(void)
{
	struct sockaddr_un address = name_of("s");

	fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	bind_to(fds[0], "s");
	fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(!listen(fds[0], 5) && fds[1] >= 0);
	MUST(!connect(fds[1], (struct sockaddr *)&address, sizeof(address)));
	fds[2] = accept(fds[0], NULL, NULL);
	MUST(fds[2] >= 0 && write(fds[1], "text", 4) == 4 && !unlink("s"));
}

static void check_connected(void)
{
	struct pollfd poll_ = { .fd = fds[2], .events = POLLIN };
	char found[8];

	check_bound();
	if (poll(&poll_, 1, 0) != 1 || read(fds[2], found, 8) != 4 ||
	    memcmp(found, "text", 4))
		is_wrong("its data are gone");
	if (write(fds[2], "back", 4) != 4 || read(fds[1], found, 8) != 4)
		is_wrong("it is not connected");
}

static void hold_device(void)
{
	MUST(!mknod("n", S_IFCHR | 0600, makedev(1, 5)));
	fds[0] = open("n", O_RDWR);
	MUST(fds[0] >= 0 && !unlink("n"));
}

static void check_device(void)
{
	char byte = 1;

	links(fds[0], 0);
	if (read(fds[0], &byte, 1) != 1 || byte)
		is_wrong("it is another device");
}

static void hold_inotify(void)
{
	char path[64];

	hold_file();
	fds[1] = inotify_init1(IN_NONBLOCK);
	MUST(fds[1] >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	MUST(inotify_add_watch(fds[1], path, IN_MODIFY) > 0);
}

static void check_inotify(void)
{
	char events[4096];

	check_file();
	while (read(fds[1], events, sizeof(events)) > 0)
		;
	if (pwrite(fds[0], "x", 1, SMALL) != 1 ||
	    read(fds[1], events, sizeof(events)) <= 0)
		is_wrong("it does not watch");
}

/* ---- All of them ---- */

static const struct kind {
	const char *name;
	void (*hold)(void);
	void (*check)(void);
} kinds[] = {
	{ "file", hold_file, check_file },
	{ "one-link", hold_one_link, check_one_link },
	{ "more-links", hold_more_links, check_more_links },
	{ "two-names", hold_two_names, check_two_names },
	{ "tmpfile", hold_tmpfile, check_file },
	{ "large", hold_large, check_large },
	{ "sparse", hold_sparse, check_sparse },
	{ "directory-gone", hold_directory_gone, check_file },
	{ "lock", hold_lock, check_lock },
	{ "shared", hold_shared, check_shared },
	{ "map-shared", hold_map_shared, check_map_shared },
	{ "map-private", hold_map_private, check_map_private },
	{ "program", hold_program, check_program },
	{ "cwd", hold_cwd, check_cwd },
	{ "dir", hold_dir, check_dir },
	{ "root", hold_root, check_root },
	{ "fifo", hold_fifo, check_fifo },
	{ "bound", hold_bound, check_bound },
	{ "connected", hold_connected, check_connected },
	{ "device", hold_device, check_device },
	{ "inotify", hold_inotify, check_inotify },
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

/* The whole text, or none yet; what has another root has the directory open. */
static void say(int where, const char *name, const char *what, const char *text)
{
	char path[64], hidden[80];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", name, what);
	snprintf(hidden, sizeof(hidden), ".%s", path);
	fd = openat(where, hidden, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) ||
	    renameat(where, hidden, where, path))
		err(1, "%s", path);
}

static _Noreturn void be(const struct kind *kind)
{
	int where = open(dir, O_RDONLY | O_DIRECTORY), signal;
	char number[16];
	sigset_t set;

	MUST(where >= 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	mkdirat(where, kind->name, 0755);
	MUST(!fchdir(openat(where, kind->name, O_PATH)));
	kind->hold();
	snprintf(number, sizeof(number), "%d\n", getpid());
	say(where, kind->name, "ready", number);
	while (!sigwait(&set, &signal)) {
		*wrong = '\0';
		kind->check();
		say(where, kind->name, "answer", *wrong ? wrong : "whole");
	}
	exit(1);
}

static const struct kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	errx(2, "there is no kind %s", name);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	size_t i;

	if (argc == 1)
		for (i = 0; i < KINDS; i++)
			puts(kinds[i].name);
	if (argc < 3)
		return 0;
	MUST(realpath("/proc/self/exe", path));
	self = path;
	dir = realpath(argv[1], NULL);
	MUST(dir);
	if (argc == 3)
		be(find_kind(argv[2]));
	signal(SIGUSR1, SIG_IGN);
	for (; argc > 2; argc--) {
		const struct kind *kind = find_kind(argv[argc - 1]);

		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be(kind);
	}
	for (;;)
		pause();
}
