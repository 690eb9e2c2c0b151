// SPDX-License-Identifier: GPL-2.0
/*
 * T9: what the kernel tells an attached process about paths is virtual again.
 *
 * By the oracle where a mount can say what is right.  It cannot where one file
 * has two names, or where readers are not in the mount namespace of whom they
 * look at: there the test says itself what it expects.
 */
#include "testing.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "kselftest_harness.h"

#include "calls.h"
#include "oracle.h"

/* ---- What is asked ---- */

static char *full(struct stage *stage, const char *template)
{
	return expand(stage->base, template);
}

static void say_readlink_at(struct stage *stage, const char *what, int dirfd,
			    const char *link)
{
	char text[8192];
	ssize_t len = readlinkat(dirfd, link, text, sizeof(text) - 1);

	text[len < 0 ? 0 : len] = '\0';
	say(stage, "%s: %s (%zd)", what, outcome(len, text), len);
}

static void say_readlink(struct stage *stage, const char *what,
			 const char *link)
{
	say_readlink_at(stage, what, AT_FDCWD, link);
}

static void say_fd(struct stage *stage, const char *what, int fd)
{
	char *link = pvt_path("/proc/self/fd/%d", fd);

	if (fd < 0)
		say(stage, "%s: no descriptor, %s", what, outcome(fd, NULL));
	else
		say_readlink(stage, what, link);
	free(link);
}

static void say_getcwd(struct stage *stage, const char *what)
{
	char text[8192] = "";
	long len = syscall(SYS_getcwd, text, sizeof(text));

	say(stage, "%s: getcwd %s (%ld)", what, outcome(len, text), len);
	say_readlink(stage, what, "/proc/self/cwd");
}

/* What is there of a buffer after a call, and nothing of what is not. */
static void say_buffer(struct stage *stage, const char *call, size_t size,
		       long ret, const char *buffer)
{
	say(stage, "%s into %zu: %s (%ld) \"%.*s\"", call, size,
	    outcome(ret, "done"), ret, ret < 0 ? 0 : (int)ret, buffer);
	/* The byte behind what was asked for is as it was. */
	if (buffer[ret < 0 ? size : (size_t)ret] != '#')
		say(stage, "%s into %zu wrote more", call, size);
}

/* From nothing up, so that there is one where the path just fits. */
static void say_all_sizes(struct stage *stage)
{
	char buffer[256];
	size_t size;
	long ret;

	for (size = 0; size < sizeof(buffer) - 1; size++) {
		memset(buffer, '#', sizeof(buffer));
		ret = syscall(SYS_getcwd, buffer, size);
		say_buffer(stage, "getcwd", size, ret, buffer);
		memset(buffer, '#', sizeof(buffer));
		ret = pvt_old_readlink("/proc/self/cwd", buffer, size);
		say_buffer(stage, "readlink", size, ret, buffer);
	}
	ret = pvt_old_readlink("/proc/self/cwd", buffer, -1);
	say(stage, "negative size: %s", outcome(ret, "done"));
}

/* ---- Trees: NEW is longer than ORIGINAL, shorter, or inside ---- */

ORACLE_FIXTURE(reverse)

FIXTURE_VARIANT(reverse)
{
	struct setting setting;
};

#define REVERSE(name, original, target, ...)				\
	FIXTURE_VARIANT_ADD(reverse, name)				\
	{								\
		.setting = {						\
			.rules = { { original, target }, __VA_ARGS__ },	\
			.things = {					\
				{ "B/virt/f" }, { "B/virt/d/f" },	\
				{ "B/virt/d/e/" }, { "B/side/f" },	\
				{ "B/other/" }, { "B/far/f" },		\
				{ original "/f" }, { original "/d/f" },	\
				{ target "/f" }, { target "/d/f" },	\
				{ target "/d/e/" }, { target "/gone" },	\
				{ target "/gone.d/" },			\
				{ target "er/f" },			\
				{ target "/odd\nname \\ \t" },		\
				{ target "/l", original "/d" },		\
				{ target "/real", target "/d" },	\
			},						\
			.plant = plant_programs,			\
		},							\
	}

/* In every NEW there is. */
static void plant_programs(const char *base)
{
	static const char * const targets[] = { "deep/er/new", "n", "virt/d" };
	static const char * const programs[] = { "readlink", "sleep", "cat" };
	char *dir;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		dir = pvt_path("%s/%s", base, targets[i]);
		for (n = 0; n < ARRAY_SIZE(programs) && !access(dir, F_OK); n++)
			pvt_copy(pvt_path("/bin/%s", programs[n]),
				 pvt_path("%s/%s", dir, programs[n]));
		free(dir);
	}
}

REVERSE(longer, "B/virt", "B/deep/er/new");
REVERSE(shorter, "B/a/long/er/original", "B/n");
REVERSE(into_itself, "B/virt", "B/virt/d");
REVERSE(with_another_rule, "B/virt", "B/deep/er/new", { "B/other", "B/far" });

static void compare_told(struct __test_metadata *_metadata, const char *base,
			 const struct setting *setting,
			 void (*body)(struct stage *stage))
{
	struct stage stage = {
		.setting = setting,
		.body = body,
		.base = base,
	};

	as_under_a_mount(_metadata, &stage);
}

#define TOLD(name)							\
	TEST_F(reverse, T9_##name)					\
	{								\
		compare_told(_metadata, self->base, &variant->setting,	\
			     tell_##name);				\
	}

/* A name under ORIGINAL. */
static char *in_original(struct stage *stage, const char *name)
{
	char *original = full(stage, stage->setting->rules[0].original);
	char *path = pvt_path("%s%s", original, name);

	free(original);
	return path;
}

/* @path is freed. */
static void go(char *path)
{
	if (chdir(path))
		pvt_die("chdir to %s", path);
	free(path);
}

static void tell_working_directory(struct stage *stage)
{
	static const char * const names[] = { "", "/d", "/d/e", "/d/.." };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		go(in_original(stage, names[i]));
		say_getcwd(stage, names[i]);
	}
	go(full(stage, "B/side"));
	say_getcwd(stage, "side");
	go(full(stage, "B"));
	say_getcwd(stage, "base");
	go(strdup("/"));
	say_getcwd(stage, "root");
	go(strdup("/proc/sys"));
	say_getcwd(stage, "proc");
}

TOLD(working_directory)

static void tell_all_sizes(struct stage *stage)
{
	go(in_original(stage, "/d"));
	say_all_sizes(stage);
	go(full(stage, "B/side"));
	say_all_sizes(stage);
}

TOLD(all_sizes)

/* The last bytes before memory that is not there. */
static void tell_bad_buffers(struct stage *stage)
{
	long page = sysconf(_SC_PAGESIZE), size;
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || munmap(memory + page, page))
		pvt_die("mmap");
	go(in_original(stage, "/d"));
	for (size = 0; size < 80; size++) {
		say(stage, "getcwd, %ld bytes there: %s", size,
		    outcome(syscall(SYS_getcwd, memory + page - size, 4096),
			    "done"));
		say(stage, "readlink, %ld bytes there: %s", size,
		    outcome(pvt_old_readlink("/proc/self/cwd",
				    memory + page - size, 4096), "done"));
	}
	if (mprotect(memory, page, PROT_READ))
		pvt_die("mprotect");
	say(stage, "getcwd, read-only: %s",
	    outcome(syscall(SYS_getcwd, memory, 4096), "done"));
	say(stage, "readlink, NULL: %s",
	    outcome(pvt_old_readlink("/proc/self/cwd", NULL, 4096),
		    "done"));
}

TOLD(bad_buffers)

static void tell_descriptors(struct stage *stage)
{
	static const char * const names[] = {
		"", "/f", "/d", "/l", "/l/f", "/no", "/d/../f",
		"/odd\nname \\ \t", "/../side/f",
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		say_fd(stage, names[i], open(in_original(stage, names[i]),
					     O_RDONLY));
		say_fd(stage, "O_PATH", open(in_original(stage, names[i]),
					     O_PATH | O_NOFOLLOW));
	}
	say_fd(stage, "side", open(full(stage, "B/side/f"), O_RDONLY));
	say_fd(stage, "dup", dup(open(in_original(stage, "/f"), O_RDONLY)));
	fd = open(in_original(stage, ""), O_TMPFILE | O_RDWR, 0600);
	say(stage, "O_TMPFILE: %s", outcome(fd, "done"));
	fd = open(in_original(stage, "/made"), O_CREAT | O_EXCL | O_RDWR, 0600);
	say_fd(stage, "made", fd);
	rename(in_original(stage, "/made"), in_original(stage, "/d/renamed"));
	say_fd(stage, "renamed", fd);
	go(in_original(stage, "/d"));
	say_fd(stage, "relative", open("f", O_RDONLY));
	say_fd(stage, "dots", open("../f", O_RDONLY));
}

TOLD(descriptors)

/* What a link itself says is no path of the kernel's. */
static void tell_other_links(struct stage *stage)
{
	int pipes[2], fd;

	say_readlink(stage, "l", in_original(stage, "/l"));
	say_readlink(stage, "real", in_original(stage, "/real"));
	say_readlink(stage, "no", in_original(stage, "/no"));
	say_readlink(stage, "file", in_original(stage, "/f"));
	say_readlink(stage, "mounts", "/proc/mounts");
	say_readlink(stage, "no descriptor", "/proc/self/fd/9999");
	say_readlink(stage, "root", "/proc/self/root");
	say_fd(stage, "null", open("/dev/null", O_RDONLY));
	say_fd(stage, "eventfd", eventfd(0, 0));
	say_fd(stage, "proc", open("/proc/sys/kernel/ostype", O_RDONLY));
	fd = memfd_create("/memory", 0);
	say_fd(stage, "memfd", fd);
	if (pipe(pipes))
		pvt_die("pipe");
	fd = open("/proc/self/ns/uts", O_RDONLY);
	say_fd(stage, "ns", fd);
}

TOLD(other_links)

static void say_going(struct stage *stage, const char *name)
{
	say(stage, "to %s: %s", name, outcome(chdir(name), "done"));
	say_getcwd(stage, name);
}

/* A process that is told where it is. */
static void say_child(struct stage *stage, const char *what)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		say_getcwd(stage, what);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		pvt_die("no child");
}

/* Both NEW and ORIGINAL, each by all ways to come to a directory. */
static void tell_by_own_name(struct stage *stage)
{
	static const char * const names[] = { "B/n", "B/deep/er/new", "B/virt",
					      "B/virt/d", "B/a/long/er/original" };
	char *path, *link;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		path = full(stage, names[i]);
		if (chdir(path)) {
			free(path);
			continue;
		}
		say_getcwd(stage, names[i]);
		say_child(stage, "a child");
		fd = open(".", O_PATH);
		say_fd(stage, "opened", fd);
		say_fd(stage, "below", openat(fd, "d", O_RDONLY));
		say_fd(stage, "above", openat(fd, "..", O_PATH));
		say_fd(stage, "by a link", open("l", O_PATH));
		say_fd(stage, "by another", open("real", O_PATH));
		link = pvt_path("/proc/self/fd/%d", fd);
		go(strdup("/"));
		say_fd(stage, "by the descriptor's link", open(link, O_PATH));
		go(link);
		say_getcwd(stage, "gone there by the descriptor's link");
		say_going(stage, "d/../d");
		if (fchdir(fd))
			pvt_die("fchdir to %s", path);
		say_getcwd(stage, "fchdir");
		say_going(stage, "/proc/self/cwd/d");
		say_going(stage, "../..");
		free(path);
	}
}

TOLD(by_own_name)

/* The same links by other ways. */
static void tell_by_all_ways(struct stage *stage)
{
	int file = open(in_original(stage, "/d/f"), O_RDONLY), magic;

	go(in_original(stage, "/d"));
	say_readlink(stage, "thread-self", "/proc/thread-self/cwd");
	say_readlink(stage, "pid", pvt_path("/proc/%d/cwd", getpid()));
	say_readlink(stage, "task", pvt_path("/proc/self/task/%d/cwd",
					     gettid()));
	say_readlink(stage, "task fd",
		     pvt_path("/proc/self/task/%d/fd/%d", gettid(), file));
	say_readlink_at(stage, "at", open("/proc/self", O_PATH), "cwd");
	magic = open("/proc/self/cwd", O_PATH | O_NOFOLLOW);
	say_readlink_at(stage, "held", magic, "");
	say_readlink(stage, "/dev/fd", pvt_path("/dev/fd/%d", file));
	go(strdup("/proc/self"));
	say_readlink(stage, "relative", pvt_path("fd/%d", file));
}

TOLD(by_all_ways)

static void tell_deleted(struct stage *stage)
{
	int fd = open(in_original(stage, "/gone"), O_RDONLY);
	int dir = open(in_original(stage, "/gone.d"), O_PATH);
	char text[32];
	ssize_t len;

	unlink(in_original(stage, "/gone"));
	say_fd(stage, "file", fd);
	len = readlink(pvt_path("/proc/self/fd/%d", fd), text, sizeof(text));
	say(stage, "the beginning: %.*s (%zd)", (int)len, text, len);
	go(in_original(stage, "/gone.d"));
	rmdir(in_original(stage, "/gone.d"));
	say_fd(stage, "directory", dir);
	say_getcwd(stage, "working directory");
	/* Another one of that name is not deleted. */
	say_fd(stage, "again", open(in_original(stage, "/gone"),
				    O_CREAT | O_RDWR, 0600));
	say_fd(stage, "so called", open(in_original(stage, "/x (deleted)"),
					O_CREAT | O_RDWR, 0600));
	say_fd(stage, "file", fd);
}

TOLD(deleted)

/* Programs that lie in NEW tell what they are. */
static void say_output(struct stage *stage, const char *command)
{
	FILE *stream = popen(command, "re");
	char *line = NULL;
	size_t size = 0;

	if (!stream)
		pvt_die("popen");
	while (getline(&line, &size, stream) > 0) {
		line[strcspn(line, "\n")] = '\0';
		/* Not the addresses of a map, nor the libraries. */
		if (strstr(line, stage->base))
			say(stage, "says %s", strchr(line, '/'));
	}
	say(stage, "status %x", pclose(stream));
	free(line);
}

static void tell_executables(struct stage *stage)
{
	char *dir = in_original(stage, "");

	say_output(stage, pvt_path("%s/readlink /proc/self/exe", dir));
	say_output(stage, pvt_path("cd %s/d && ../readlink /proc/self/exe",
				   dir));
	say_output(stage, pvt_path("cd %s/d && /bin/readlink /proc/self/cwd",
				   dir));
	say_output(stage, pvt_path("cd %s/d && /bin/pwd -P", dir));
	say_output(stage, pvt_path("cd %s/l && /bin/pwd -P", dir));
	say_output(stage, "/bin/readlink /proc/self/exe");
	say_output(stage, pvt_path("%s/cat /proc/self/maps", dir));
	say_output(stage, pvt_path("%s/readlink /proc/self/fd/0 <%s/f", dir,
				   dir));
	free(dir);
}

TOLD(executables)

/* ---- Mappings ---- */

static char *map_file(struct stage *stage, const char *name, int prot)
{
	int fd = open(in_original(stage, name), O_RDONLY);
	char *at = mmap(NULL, 1, prot, MAP_PRIVATE, fd, 0);

	if (fd < 0 || at == MAP_FAILED)
		pvt_die("cannot map %s", name);
	close(fd);
	return at;
}

/* The line that begins with this address, without numbers that differ. */
static void say_line(struct stage *stage, const char *what, const char *lines,
		     const char *at)
{
	char *start = pvt_path("%012" PRIxPTR "-", (uintptr_t)at), *name;
	const char *line = strstr(lines, start + strspn(start, "0"));

	name = line ? strndup(line, strcspn(line, "\n")) : NULL;
	say(stage, "%s: %s", what,
	    name && strchr(name, '/') ? strchr(name, '/') : "no name");
	free(name);
	free(start);
}

/* Read in pieces of @piece bytes. */
static char *read_all(const char *path, size_t piece)
{
	size_t room = 1 << 20, got = 0;
	char *text = calloc(1, room);
	int fd = open(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		pvt_die("%s", path);
	while ((len = read(fd, text + got, piece)) > 0 && got + piece < room)
		got += len;
	close(fd);
	return text;
}

static void say_mapping(struct stage *stage, const char *what, const char *at)
{
	static const char * const files[] = {
		"/proc/self/maps", "/proc/self/smaps", "/proc/thread-self/maps",
	};
	uintptr_t start = (uintptr_t)at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		say_line(stage, files[i], read_all(files[i], 65536), at);
	say_line(stage, "by small pieces", read_all(files[0], 50), at);
	say_readlink(stage, what,
		     pvt_path("/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR,
			      start, start + sysconf(_SC_PAGESIZE)));
}

static void tell_mappings(struct stage *stage)
{
	int side = open(full(stage, "B/side/f"), O_RDONLY);
	char *at;

	say_mapping(stage, "file", map_file(stage, "/f", PROT_READ));
	say_mapping(stage, "below", map_file(stage, "/l/f", PROT_EXEC));
	say_mapping(stage, "odd", map_file(stage, "/odd\nname \\ \t",
					   PROT_READ));
	at = map_file(stage, "/gone", PROT_READ);
	unlink(in_original(stage, "/gone"));
	say_mapping(stage, "deleted", at);
	at = mmap(NULL, 1, PROT_READ, MAP_SHARED, side, 0);
	say_mapping(stage, "side", at);
	at = mmap(NULL, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	say_mapping(stage, "anonymous", at);
}

TOLD(mappings)

/* The same names by ioctl, which kernels before 6.11 do not know. */
#ifdef PROCMAP_QUERY
static void say_query(struct stage *stage, const char *at, unsigned int size)
{
	char name[PATH_MAX] = "";
	struct procmap_query query = {
		.size = sizeof(query),
		.query_addr = (uintptr_t)at,
		.vma_name_addr = size ? (uintptr_t)name : 0,
		.vma_name_size = size,
	};
	int fd = open("/proc/self/maps", O_RDONLY);
	long ret = ioctl(fd, PROCMAP_QUERY, &query);

	say(stage, "query into %u: %s (%u)", size, outcome(ret, name),
	    query.vma_name_size);
	close(fd);
}

static void tell_queries(struct stage *stage)
{
	static const char * const names[] = { "/f", "/l/f", "/gone" };
	unsigned int size;
	size_t i;
	char *at;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		at = map_file(stage, names[i], PROT_READ);
		/* No name is asked for; one where the name just fits. */
		for (size = 0; size < 80; size++)
			say_query(stage, at, size);
		say_query(stage, at, PATH_MAX);
	}
	unlink(in_original(stage, names[2]));
	say_query(stage, at, PATH_MAX);
}

TOLD(queries)
#endif

/* ---- Other processes, read by an attached one ---- */

/* It is past all that it does on its way there. */
static bool sleeps(pid_t pid)
{
	char *path = pvt_path("/proc/%d/syscall", pid), text[256];
	long nr;

	nr = pvt_read(path, text, sizeof(text)) > 0 ? atol(text) : PVT_SYS_PAUSE;
	free(path);
	return nr == PVT_SYS_PAUSE || nr == SYS_nanosleep ||
	       nr == SYS_clock_nanosleep;
}

/* It goes to @dir, or to @dir in @root, and ends with its parent. */
static pid_t start_sleeper(struct stage *stage, char *dir, char *root)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (root && chroot(root))
			pvt_die("chroot to %s", root);
		go(dir);
		if (!root)
			execl(in_original(stage, "/sleep"), "sleep", "60",
			      NULL);
		pause();
		_exit(0);
	}
	/* "running" begins with no number, which is none of ours. */
	while (!sleeps(pid))
		usleep(2000);
	return pid;
}

static void say_process(struct stage *stage, pid_t pid)
{
	say_readlink(stage, "its cwd", pvt_path("/proc/%d/cwd", pid));
	say_readlink(stage, "its root", pvt_path("/proc/%d/root", pid));
	say_readlink(stage, "its exe", pvt_path("/proc/%d/exe", pid));
	say_output(stage, pvt_path("/bin/cat /proc/%d/maps", pid));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void tell_other_processes(struct stage *stage)
{
	say_process(stage, start_sleeper(stage, in_original(stage, "/d"),
					 NULL));
	say_process(stage, start_sleeper(stage, full(stage, "B/side"), NULL));
	say_process(stage, start_sleeper(stage, strdup("/d"),
					 in_original(stage, "")));
}

TOLD(other_processes)

/* ---- Tables with more in them ---- */

ORACLE_FIXTURE(table)

/**
 * struct _fixture_variant_table - a table, and names to be opened
 *
 * @setting: the table and its tree
 * @names: what each is told to be called
 */
FIXTURE_VARIANT(table)
{
	struct setting setting;
	const char *names[16];
};

FIXTURE_VARIANT_ADD(table, component_boundary)
{
	.setting = { .rules = { { "B/virt", "B/new" } },
		     .things = { { "B/virt/" }, { "B/new/f" },
				 { "B/newer/f" }, { "B/new.d/f" },
				 { "B/ne/f" }, }, },
	.names = { "B/virt", "B/virt/f", "B/newer", "B/newer/f", "B/new.d/f",
		   "B/ne/f" },
};

FIXTURE_VARIANT_ADD(table, exception)
{
	.setting = { .rules = { { "B/virt/keep", "B/virt/keep" },
				{ "B/virt", "B/new" } },
		     .things = { { "B/virt/keep/f" }, { "B/new/f" },
				 { "B/new/keep/f" }, { "B/new/keeper/f" }, }, },
	.names = { "B/virt", "B/virt/f", "B/virt/keep", "B/virt/keep/f",
		   "B/virt/keeper/f" },
};

/* A name that would lead elsewhere is not told: the real one is. */
FIXTURE_VARIANT_ADD(table, what_a_rule_hides)
{
	.setting = { .rules = { { "B/a/b", "B/n1" }, { "B/a", "B/n2" } },
		     .things = { { "B/a/b/f" }, { "B/n1/f" }, { "B/n2/f" },
				 { "B/n2/b/f" }, { "B/n2/b/only" }, }, },
	.names = { "B/a/b", "B/a/b/f", "B/a/f", "B/a", "B/n2/b/f",
		   "B/n2/b/only", "B/n2/b" },
};

FIXTURE_VARIANT_ADD(table, into_itself)
{
	.setting = { .rules = { { "B/a", "B/a/b" } },
		     .things = { { "B/a/f" }, { "B/a/b/f" }, { "B/a/b/b/f" },
				 { "B/a/b/b/b/f" }, }, },
	.names = { "B/a", "B/a/f", "B/a/b", "B/a/b/f", "B/a/b/b/f" },
};

FIXTURE_VARIANT_ADD(table, swap)
{
	.setting = { .rules = { { "B/a", "B/b" }, { "B/b", "B/a" } },
		     .things = { { "B/a/f" }, { "B/b/f" }, }, },
	.names = { "B/a", "B/a/f", "B/b", "B/b/f" },
};

FIXTURE_VARIANT_ADD(table, chained_rules)
{
	.setting = { .rules = { { "B/a", "B/b" }, { "B/b", "B/c" } },
		     .things = { { "B/a/f" }, { "B/b/f" }, { "B/c/f" }, }, },
	.names = { "B/a", "B/a/f", "B/b", "B/b/f" },
};

FIXTURE_VARIANT_ADD(table, two_layers)
{
	.setting = { .rules = { { "B/virt", "B/new" } },
		     .inner = { "B/top", "B/virt/d" },
		     .things = { { "B/virt/f" }, { "B/top/f" },
				 { "B/new/f" }, { "B/new/d/f" },
				 { "B/new/d/e/f" }, }, },
	.names = { "B/top", "B/top/f", "B/top/e", "B/virt", "B/virt/f" },
};

#define THREE_LAYERS							\
	.rules = { { "B/virt", "B/new" } },				\
	.inner = { "B/top", "B/virt/d" },				\
	.innermost = { "B/side", "B/top/e" },				\
	.things = { { "B/virt/f" }, { "B/top/f" }, { "B/top/e/f" },	\
		    { "B/side/f" }, { "B/new/f" }, { "B/new/d/f" },	\
		    { "B/new/d/e/f" }, { "B/new/d/e/x/f" }, }

FIXTURE_VARIANT_ADD(table, three_layers)
{
	.setting = { THREE_LAYERS },
	.names = { "B/side", "B/side/f", "B/side/x", "B/side/x/f", "B/top",
		   "B/top/f", "B/virt", "B/virt/f" },
};

FIXTURE_VARIANT_ADD(table, original_is_a_file)
{
	.setting = { .rules = { { "B/etc/conf", "B/new/conf" } },
		     .things = { { "B/etc/conf" }, { "B/etc/conf.d/f" },
				 { "B/new/conf" }, { "B/new/conf.d/f" }, }, },
	.names = { "B/etc/conf", "B/etc/conf.d/f", "B/new", "B/new/conf.d/f" },
};

static void tell_names(struct stage *stage)
{
	const char * const *names = stage->arg;
	char *path;

	for (; *names; names++) {
		path = full(stage, *names);
		say_fd(stage, *names, open(path, O_RDONLY));
		if (!chdir(path))
			say_getcwd(stage, *names);
		free(path);
	}
}

TEST_F(table, T9_tells_names_that_lead_back)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = tell_names,
		.arg = variant->names,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* What was taken before the attach is called what it was called. */
static void tell_what_is_held(struct stage *stage)
{
	say_getcwd(stage, "working directory");
	if (stage->dirfd != AT_FDCWD)
		say_fd(stage, "descriptor", stage->dirfd);
}

static void compare_held(struct __test_metadata *_metadata, const char *base,
			 const char *dir, int descriptor)
{
	const struct setting setting = {
		.rules = { { "B/virt", "B/deep/er/new" } },
		.things = { { "B/virt/d/f" }, { "B/deep/er/new/d/f" },
			    { "B/side/f" }, },
		.dir = dir,
		.descriptor = descriptor,
	};

	compare_told(_metadata, base, &setting, tell_what_is_held);
}

ORACLE_FIXTURE(held)

TEST_F(held, T9_before_the_attach)
{
	compare_held(_metadata, self->base, "B/virt", 0);
	compare_held(_metadata, self->base, "B/virt/d", 0);
	compare_held(_metadata, self->base, "B/side", 0);
	compare_held(_metadata, self->base, "B/virt/d", O_RDONLY);
	compare_held(_metadata, self->base, "B/virt/d/f", O_PATH);
}

/* The layer in the middle hides it; what the innermost calls it is elsewhere. */
TEST_F(held, T9_what_a_layer_hides_goes_by_the_name_that_it_has_outside)
{
	const struct setting setting = { THREE_LAYERS, .dir = "B/top/e" };

	compare_told(_metadata, self->base, &setting, tell_what_is_held);
}

/* <sys/mount.h> and <linux/fs.h> do not go together. */
#define DETACH	2	/* MNT_DETACH */

/* A filesystem of its own, gone from the tree while one stands in it. */
static void tell_out_of_reach(struct stage *stage)
{
	char *point = full(stage, "B/side");

	pvt_private_mounts();
	if (syscall(SYS_mount, "none", point, "tmpfs", 0, NULL) ||
	    chdir(point) || mkdir("d", 0755) || chdir("d"))
		pvt_die("cannot enter a mount on %s", point);
	say_getcwd(stage, "what is mounted");
	if (syscall(SYS_umount2, point, DETACH))
		pvt_die("cannot umount %s", point);
	free(point);
	say_getcwd(stage, "what is out of reach");
	if (rmdir("../d"))
		pvt_die("cannot remove the working directory");
	say_getcwd(stage, "what is gone");
}

TEST_F(held, T9_getcwd_marks_what_is_out_of_reach)
{
	const struct setting setting = { THREE_LAYERS };

	compare_told(_metadata, self->base, &setting, tell_out_of_reach);
}

/* ---- What no mount can say ---- */

/* DIR/virt, and DIR/new with f and d/f in it. */
FIXTURE(pair)
{
	char *dir;
	char *original;
	char *target;
};

FIXTURE_SETUP(pair)
{
	static const char * const files[] = {
		"new/f", "new/d/f", "new/in/f", "virt/d/f", "side/f",
	};
	char *path;
	size_t i;

	self->dir = pvt_tree_new();
	self->original = pvt_path("%s/virt", self->dir);
	self->target = pvt_path("%s/new", self->dir);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		path = pvt_path("%s/%s", self->dir, files[i]);
		pvt_make_parents(path);
		pvt_write(path, files[i], 0644);
		free(path);
	}
}

FIXTURE_TEARDOWN(pair)
{
	detach_pid(getpid(), 0);
	pvt_tree_free(self->dir);
}

static char *link_of(pid_t pid, const char *which)
{
	char *link = pvt_path("/proc/%d/%s", pid, which);
	char text[PATH_MAX];
	ssize_t len = readlink(link, text, sizeof(text) - 1);

	text[len < 0 ? 0 : len] = '\0';
	free(link);
	return pvt_path("%s", text);
}

/* A child in this directory, attached to this rule if there is one. */
static pid_t start_child(const char *dir, const char *original,
			 const char *target)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (original && attach_pid(getpid(), original, target, PV_PUSH))
			pvt_die("attach");
		if (chdir(dir))
			pvt_die("chdir to %s", dir);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		pvt_die("no word from a child");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F(pair, T9_a_reader_who_is_not_attached_sees_the_real_path)
{
	char *below = pvt_path("%s/d", self->original);
	char *real = pvt_path("%s/d", self->target);
	pid_t pid = start_child(below, self->original, self->target);
	int err = attach_pid(getpid(), self->original, self->target, 0);

	ASSERT_EQ(0, err);
	/* The same table, the same view. */
	EXPECT_STREQ(below, link_of(pid, "cwd"));
	ASSERT_EQ(0, detach_pid(getpid(), 0));
	EXPECT_STREQ(real, link_of(pid, "cwd"));
	end_child(pid);
}

TEST_F(pair, T9_a_reader_sees_others_as_its_own_table_has_them)
{
	char *other = pvt_path("%s/other", self->dir);
	char *below = pvt_path("%s/d", self->original);
	char *real = pvt_path("%s/d", self->target);
	char *mine = pvt_path("%s/d", other);
	char *side = pvt_path("%s/side", self->dir);
	pid_t native = start_child(real, NULL, NULL);
	pid_t attached = start_child(below, self->original, self->target);
	pid_t beside = start_child(side, NULL, NULL);

	ASSERT_EQ(0, attach_pid(getpid(), other, self->target, 0));
	EXPECT_STREQ(mine, link_of(native, "cwd"));
	EXPECT_STREQ(mine, link_of(attached, "cwd"));
	EXPECT_STREQ(side, link_of(beside, "cwd"));
	end_child(native);
	end_child(attached);
	end_child(beside);
}

/* One file with two names: whichever is told leads to it, and is not NEW's. */
TEST_F(pair, T9_nested_targets_are_told_by_a_name_that_leads_back)
{
	char *inner = pvt_path("%s/inner", self->dir);
	char *nested = pvt_path("%s/in", self->target);
	const struct pvt_rule rules[] = {
		{ self->original, self->target }, { inner, nested },
	};
	char *name = pvt_path("%s/f", inner), *told;
	struct stat st, back;
	int fd;

	pvt_attach(getpid(), rules, ARRAY_SIZE(rules));
	fd = open(name, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	told = link_of(getpid(), pvt_path("fd/%d", fd));
	EXPECT_NE(0, strncmp(told, self->target, strlen(self->target)))
		TH_LOG("told %s", told);
	ASSERT_EQ(0, stat(told, &back));
	EXPECT_EQ(st.st_ino, back.st_ino);
}

TEST_F(pair, T9_root_as_original)
{
	char name[PATH_MAX];

	ASSERT_EQ(0, attach_pid(getpid(), "/", self->target, 0));
	ASSERT_EQ(0, chdir("/d"));
	EXPECT_EQ(3, syscall(SYS_getcwd, name, sizeof(name)));
	EXPECT_STREQ("/d", name);
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(2, syscall(SYS_getcwd, name, sizeof(name)));
	EXPECT_STREQ("/", name);
}

/* The table goes and comes; what is held has no memory of it. */
TEST_F(pair, T9_told_as_the_table_is_now)
{
	char name[PATH_MAX], *other = pvt_path("%s/other", self->dir);

	ASSERT_EQ(0, attach_pid(getpid(), self->original, self->target, 0));
	ASSERT_EQ(0, chdir(self->original));
	ASSERT_LT(0, syscall(SYS_getcwd, name, sizeof(name)));
	EXPECT_STREQ(self->original, name);
	ASSERT_EQ(0, attach_pid(getpid(), other, self->target, 0));
	ASSERT_LT(0, syscall(SYS_getcwd, name, sizeof(name)));
	EXPECT_STREQ(other, name);
	ASSERT_EQ(0, detach_pid(getpid(), 0));
	ASSERT_LT(0, syscall(SYS_getcwd, name, sizeof(name)));
	EXPECT_STREQ(self->target, name);
}

#ifdef PV_NO_REVERSE
TEST_F(pair, T9_no_reverse_tells_the_real_path)
{
	char *name = pvt_path("%s/f", self->original);
	char *real = pvt_path("%s/f", self->target);
	char cwd[PATH_MAX];
	int fd;

	ASSERT_EQ(0, attach_pid(getpid(), self->original, self->target,
				PV_NO_REVERSE));
	fd = open(name, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_STREQ(real, link_of(getpid(), pvt_path("fd/%d", fd)));
	ASSERT_EQ(0, chdir(self->original));
	ASSERT_LT(0, syscall(SYS_getcwd, cwd, sizeof(cwd)));
	EXPECT_STREQ(self->target, cwd);
	EXPECT_STREQ(self->target, link_of(getpid(), "cwd"));
	/* Names still lead on. */
	EXPECT_EQ(0, faccessat(AT_FDCWD, "../virt/f", F_OK, 0));
	/* And with the next table it is as it was. */
	ASSERT_EQ(0, attach_pid(getpid(), self->original, self->target, 0));
	EXPECT_STREQ(self->original, link_of(getpid(), "cwd"));
}
#endif

PVT_HARNESS_MAIN
