// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: every call that takes or tells a name, in processes of root, of
 * nobody, of a user namespace's root and of 32 bits, with threads and without, while
 * tables come, change and go, by others and by themselves, listeners listen, files
 * get their names back, and somebody tries to unload the module.  Some of the tables
 * are unions, some belong to cgroups, between which the processes are moved.
 *
 *	stress_all [SECONDS]		1800; `make stress`
 *	stress_all -w DIR KIND NUMBER	a worker of it
 *
 * DIR/o, DIR/1 and DIR/2 are three trees of the same shape; rules lead from DIR/o to
 * one of the others.  So each call has a result in any of the trees, and its result
 * must be one of these; a call with two names finds both in the same tree.  In the end
 * nothing is attached or in memory, and the module can be unloaded.
 *
 * PV_STRESS_SEED is the seed of who does what when; told in the output.
 */
#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "asking.h"
#include "relinking.h"
#include "three_trees.h"

#define NOBODY		65534
#define WORKERS		10
#define PATIENCE	120	/* seconds that an end may take */

#ifndef AT_HANDLE_MNT_ID_UNIQUE
#define AT_HANDLE_MNT_ID_UNIQUE	0x001
#endif

enum kind { ROOT, THREADS, SELF, USERNS, BITS_32, KINDS };

static const char *const kind_names[] = {
	"root", "threads", "self", "userns", "32bit",
};

#define DEEDS	28

/* struct tally - what all count, in a file; of one size for all kinds */
struct tally {
	atomic_int stop;
	atomic_int hold;	/* nobody is to be attached now */
	atomic_int asking;	/* who has not heard of that yet */
	atomic_uint done[KINDS][DEEDS];
	atomic_uint seen[3];	/* by tree */
	atomic_uint wrong;
	atomic_uint attached, own, refused, absent, events, lost;
	atomic_uint unions, cgroups, moved;
	atomic_uint told, relinked, unloads, busy, longest;
	atomic_int pids[WORKERS];
};

static struct tally *tally;
static const char *top;		/* DIR */
static char *original;		/* DIR/o */
static char *targets[3];	/* an exception, and the two others */

static int cgroups[2] = { -1, -1 };	/* their directories, the second in the first */

/* struct place - what a worker uses, and who it is */
struct place {
	enum kind kind;
	int number;
	unsigned int seed;
	const char *deed;
	char *dir;		/* DIR/o/wN */
	char *a, *b, *c, *d, *link, *created, *program, *socket, *junk, *mnt;
	char *tail;		/* /wN */
	ino_t inodes[3];	/* of "c" in each tree */
	int ring;
	struct io_uring_sqe *sqes;
	uint8_t *rings;
	struct io_uring_params params;
	struct asking *asking;
};

__attribute__((format(printf, 3, 4)))
static void wrong(const char *who, const char *deed, const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&tally->wrong, 1) >= 20)
		return;
	va_start(args, format);
	flockfile(stdout);
	printf("# wrong: %s %s: ", who, deed);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
	va_end(args);
}

static void saw(struct place *place, char tree)
{
	const char *found = tree ? strchr(trees, tree) : NULL;

	if (found)
		atomic_fetch_add(&tally->seen[found - trees], 1);
	else
		wrong(place->dir, place->deed, "it says %d (%s)", tree,
		      strerror(errno));
}

/* It succeeds, or fails in one of the ways that are named, the list ending in 0. */
static bool may(struct place *place, const char *what, long result, ...)
{
	int err = errno, allowed;
	va_list args;

	if (result >= 0)
		return true;
	va_start(args, result);
	while ((allowed = va_arg(args, int)) && allowed != err)
		;
	va_end(args);
	if (!allowed)
		wrong(place->dir, place->deed, "%s: %s", what, strerror(err));
	return false;
}

#define MUST(place, what, result)	may(place, what, result, 0)

/* A name that was told: DIR, one of the trees, and what is behind it. */
static void told(struct place *place, const char *name, const char *behind)
{
	size_t length = strlen(top);

	if (strncmp(name, top, length) || name[length] != '/' ||
	    !name[length + 1] || !strchr(trees, name[length + 1]) ||
	    strcmp(name + length + 2, behind))
		wrong(place->dir, place->deed, "it is told as %s", name);
	atomic_fetch_add(&tally->told, 1);
}

/* ---- What they do ---- */

static void do_open(struct place *place)
{
	saw(place, look(place->a));
	saw(place, look(place->c));
}

static void do_openat2(struct place *place)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	char byte = '?';
	int fd;

	fd = syscall(SYS_openat2, AT_FDCWD, place->a, &how, sizeof(how));
	if (!MUST(place, "openat2", fd))
		return;
	if (read(fd, &byte, 1) == 1)
		saw(place, byte);
	close(fd);
}

static void do_stat(struct place *place)
{
	struct stat stat;
	struct statx statx_;
	int i;

	if (!MUST(place, "lstat", lstat(place->c, &stat)))
		return;
	for (i = 0; i < 3 && stat.st_ino != place->inodes[i]; i++)
		;
	saw(place, i < 3 ? trees[i] : 0);
	MUST(place, "statx", statx(AT_FDCWD, place->b, 0, STATX_ALL, &statx_));
}

static void do_access(struct place *place)
{
	MUST(place, "access", access(place->b, R_OK));
	if (!access(place->created, F_OK))
		wrong(place->dir, place->deed, "nothing is there");
}

static void do_readlink(struct place *place)
{
	char target[8] = "";

	if (MUST(place, "readlink", readlink(place->link, target, 7)))
		saw(place, target[0]);
}

static void do_list(struct place *place)
{
	DIR *dir = opendir(place->dir);
	int nr = 0;

	if (!MUST(place, "opendir", dir ? 0 : -1))
		return;
	while (readdir(dir))
		nr++;
	closedir(dir);
	if (nr < 8)
		wrong(place->dir, place->deed, "%d entries", nr);
}

static void do_create(struct place *place)
{
	int fd = open(place->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (MUST(place, "O_TMPFILE", fd))
		close(fd);
	fd = open(place->a, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		wrong(place->dir, place->deed, "what is there was made");
}

/* Each name may be in another tree than the one before. */
static void do_junk(struct place *place)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/%d", place->junk,
		 rand_r(&place->seed) % 4);
	switch (rand_r(&place->seed) % 5) {
	case 0:
		may(place, "mkdir", mkdir(name, 0700), EEXIST, 0);
		break;
	case 1:
		may(place, "symlink", symlink("a", name), EEXIST, 0);
		break;
	case 2:
		may(place, "mknod", mknod(name, S_IFIFO | 0600, 0), EEXIST, 0);
		break;
	case 3:
		may(place, "rmdir", rmdir(name), ENOENT, ENOTDIR, 0);
		break;
	default:
		may(place, "unlink", unlink(name), ENOENT, EISDIR, EPERM, 0);
	}
}

static void do_rename(struct place *place)
{
	MUST(place, "rename", rename(place->c, place->d));
}

static void do_exchange(struct place *place)
{
	MUST(place, "exchange",
	     syscall(SYS_renameat2, AT_FDCWD, place->a, AT_FDCWD, place->b,
		     2 /* RENAME_EXCHANGE */));
}

static void do_link(struct place *place)
{
	if (!link(place->a, place->c) || errno != EEXIST)
		wrong(place->dir, place->deed, "%s", strerror(errno));
}

static void do_change(struct place *place)
{
	MUST(place, "chmod", chmod(place->b, 0666));
	MUST(place, "utimensat", utimensat(AT_FDCWD, place->b, NULL, 0));
	MUST(place, "truncate", truncate(place->b, 1));
	MUST(place, "chown", chown(place->b, -1, -1));
}

static void do_xattr(struct place *place)
{
	char value[4] = "";

	/* A filesystem may have none. */
	if (may(place, "getxattr", getxattr(place->a, "user.tree", value, 3),
		EOPNOTSUPP, 0))
		saw(place, value[0]);
}

static void do_statfs(struct place *place)
{
	struct statfs statfs_;

	MUST(place, "statfs", statfs(place->a, &statfs_));
}

static void do_handle(struct place *place)
{
	struct {
		struct file_handle head;
		uint8_t room[128];
	} handle = { .head.handle_bytes = 128 };
	int mount_id;

	MUST(place, "name_to_handle_at",
	     name_to_handle_at(AT_FDCWD, place->a, &handle.head, &mount_id, 0));
}

static void do_watch(struct place *place)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (!may(place, "inotify", fd, EMFILE, 0))
		return;
	may(place, "watch", inotify_add_watch(fd, place->a, IN_ATTRIB), ENOSPC,
	    0);
	close(fd);
}

/* The one that is not with us: what it is bound to lies in each tree. */
static void do_socket(struct place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!MUST(place, "socket", sock))
		return;
	strncpy(address.sun_path, place->socket, sizeof(address.sun_path) - 1);
	MUST(place, "connect",
	     connect(sock, (void *)&address, sizeof(address)));
	close(sock);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		 place->junk);
	may(place, "bind", bind(sock, (void *)&address, sizeof(address)),
	    EADDRINUSE, 0);
	close(sock);
	may(place, "unlink", unlink(address.sun_path), ENOENT, 0);
}

static void do_here(struct place *place)
{
	char name[PATH_MAX];
	ssize_t length;

	if (!MUST(place, "chdir", chdir(place->dir)))
		return;
	saw(place, look("a"));
	saw(place, look("../wx/./../../o/w0/a"));
	if (MUST(place, "getcwd", syscall(SYS_getcwd, name, sizeof(name))))
		told(place, name, place->tail);
	length = readlink("/proc/self/cwd", name, sizeof(name) - 1);
	if (MUST(place, "readlink", length)) {
		name[length] = '\0';
		told(place, name, place->tail);
	}
	MUST(place, "chdir", chdir("/"));
}

/* For its own sake. */
static void read_through(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0)
		;
	free(line);
	if (file)
		fclose(file);
}

/* What is open, mapped or mounted, as the kernel tells of it. */
static void do_told(struct place *place)
{
	char path[64], name[PATH_MAX], behind[64];
	int fd = open(place->link, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length;

	if (!MUST(place, "open", fd))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(behind, sizeof(behind), "%s/link", place->tail);
	length = readlink(path, name, sizeof(name) - 1);
	if (MUST(place, "readlink", length)) {
		name[length] = '\0';
		told(place, name, behind);
	}
	close(fd);
	read_through("/proc/self/maps");
	read_through("/proc/self/mountinfo");
}

static void do_fork(struct place *place)
{
	pid_t pid = fork();

	if (!pid)
		_exit(look(place->a));
	saw(place, wait_status(pid));
}

static void *look_once(void *arg)
{
	struct place *place = arg;

	saw(place, look(place->a));
	return NULL;
}

static void do_thread(struct place *place)
{
	pthread_t thread;

	if (!MUST(place, "thread",
		  -pthread_create(&thread, NULL, look_once, place)))
		return;
	pthread_join(thread, NULL);
}

static void do_exec(struct place *place)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	pid_t pid = vfork();
	int status;

	if (!pid) {
		if (place->seed & 1)
			syscall(SYS_execveat, AT_FDCWD, place->program, argv,
				envp, 0);
		else
			execve(place->program, argv, envp);
		_exit(100);
	}
	status = wait_status(pid);
	saw(place, status >= 0 && status < 3 ? trees[status] : 0);
}

/* In a child: who changes its root does not come back. */
static void do_chroot(struct place *place)
{
	char name[64];
	pid_t pid;

	snprintf(name, sizeof(name), "/o%s/a", place->tail);
	pid = fork();
	if (!pid) {
		if (chroot(top) || chdir("/"))
			_exit('C');
		_exit(look(name));
	}
	saw(place, wait_status(pid));
}

static void pivot(const char *name)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(top, top, NULL, MS_BIND, NULL) || chdir(top))
		_exit('M');
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH))
		_exit('P');
	_exit(look(name));
}

static void do_pivot(struct place *place)
{
	char name[64];
	pid_t pid;

	snprintf(name, sizeof(name), "/o%s/a", place->tail);
	pid = fork();
	if (!pid)
		pivot(name);
	saw(place, wait_status(pid));
}

/* They have mount namespaces of their own. */
static void do_mount(struct place *place)
{
	char name[PATH_MAX];
	int i;

	/* Another thread may just have unmounted what it was to be mounted on. */
	if (may(place, "mount",
		mount(place->junk, place->mnt, NULL, MS_BIND, NULL),
		place->kind == THREADS ? ENOENT : 0, 0))
		may(place, "umount", umount2(place->mnt, MNT_DETACH), EINVAL, 0);
	/* It may have been mounted in another tree than it was looked for in. */
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/%c%s/mnt", top, trees[i],
			 place->tail);
		while (!umount2(name, MNT_DETACH))
			;
	}
}

static void ring_open(struct place *place)
{
	size_t size;

	place->ring = syscall(SYS_io_uring_setup, 4, &place->params);
	if (place->ring < 0 ||
	    !(place->params.features & IORING_FEAT_SINGLE_MMAP)) {
		place->ring = -1;
		return;
	}
	size = place->params.cq_off.cqes +
	       place->params.cq_entries * sizeof(struct io_uring_cqe);
	place->rings = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, place->ring,
			    IORING_OFF_SQ_RING);
	place->sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, place->ring,
			   IORING_OFF_SQES);
	if (place->rings == MAP_FAILED || place->sqes == MAP_FAILED)
		place->ring = -1;
}

/* Its submitter, or one of its workers, opens. */
static void do_uring(struct place *place)
{
	struct io_uring_cqe *cqes = (void *)(place->rings +
					     place->params.cq_off.cqes);
	uint32_t *ring = (void *)place->rings, *tail, *head, *array;
	struct io_uring_sqe *sqe = place->sqes;
	char byte = '?';
	int fd;

	if (place->ring < 0)
		return;
	tail = ring + place->params.sq_off.tail / 4;
	array = ring + place->params.sq_off.array / 4;
	head = ring + place->params.cq_off.head / 4;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->flags = rand_r(&place->seed) % 2 ? IOSQE_ASYNC : 0;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)place->a;
	sqe->open_flags = O_RDONLY | O_CLOEXEC;
	array[*tail % place->params.sq_entries] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (!may(place, "io_uring", syscall(SYS_io_uring_enter, place->ring, 1, 1,
					    IORING_ENTER_GETEVENTS, NULL, 0),
		 EINTR, EAGAIN, 0))
		return;
	fd = cqes[*head % place->params.cq_entries].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	errno = -fd;
	if (fd < 0)
		saw(place, '!');
	else if (read(fd, &byte, 1) == 1)
		saw(place, byte);
	if (fd >= 0)
		close(fd);
}

/* The rule goes to one of the trees, and no other rule of anybody's goes elsewhere. */
static void do_own(struct place *place)
{
	struct asking *asking = place->asking;
	int err;

	if (atomic_load(&tally->hold))
		return;
	atomic_fetch_add(&tally->asking, 1);
	asking_close(asking);
	err = asking_open(asking);
	if (!err && !atomic_load(&tally->hold)) {
		if (rand_r(&place->seed) % 3)
			err = ask_set(asking, 0, rand_r(&place->seed) % 4 ?
				      0 : PATHVIRT_F_PUSH, original,
				      targets[rand_r(&place->seed) % 3]);
		else
			err = ask_del(asking, 0, PATHVIRT_F_OWN);
		atomic_fetch_add(&tally->own, 1);
	}
	atomic_fetch_sub(&tally->asking, 1);
	/* Too many layers, nothing to remove, the module gone; turned off by root. */
	if (err && err != -E2BIG && !is_gone(-err) && err != -EPERM &&
	    err != -ENOMEM && err != -ENOBUFS && err != -EINTR &&
	    err != -EAGAIN)
		wrong(place->dir, place->deed, "%s", strerror(-err));
}

#define ANY	((1 << KINDS) - 1)
#define MASTER	(1 << ROOT | 1 << THREADS | 1 << BITS_32)
#define ITSELF	(1 << SELF | 1 << USERNS)

static const struct deed {
	const char *name;
	void (*call)(struct place *place);
	unsigned int kinds;
	unsigned int rare;	/* once in so many turns */
} deeds[] = {
	{ "open", do_open, ANY, 1 },
	{ "openat2", do_openat2, ANY, 1 },
	{ "stat", do_stat, ANY, 1 },
	{ "access", do_access, ANY, 1 },
	{ "readlink", do_readlink, ANY, 1 },
	{ "list", do_list, ANY, 2 },
	{ "create", do_create, ANY, 1 },
	{ "junk", do_junk, ANY, 1 },
	{ "rename", do_rename, ANY, 1 },
	{ "exchange", do_exchange, ANY, 1 },
	{ "link", do_link, ANY, 1 },
	{ "change", do_change, ANY, 2 },
	{ "xattr", do_xattr, ANY, 2 },
	{ "statfs", do_statfs, ANY, 2 },
	{ "handle", do_handle, ANY, 2 },
	{ "watch", do_watch, ANY, 4 },
	{ "socket", do_socket, ANY, 2 },
	/* Threads have one working directory. */
	{ "here", do_here, ANY & ~(1 << THREADS), 1 },
	{ "told", do_told, ANY, 4 },
	{ "fork", do_fork, ANY, 4 },
	{ "thread", do_thread, ANY, 4 },
	{ "exec", do_exec, ANY, 8 },
	{ "chroot", do_chroot, MASTER | 1 << USERNS, 8 },
	{ "pivot", do_pivot, MASTER | 1 << USERNS, 16 },
	{ "mount", do_mount, MASTER | 1 << USERNS, 8 },
	{ "uring", do_uring, ANY, 1 },
	{ "own", do_own, ITSELF, 2 },
};

#define NR_DEEDS	(sizeof(deeds) / sizeof(deeds[0]))
_Static_assert(NR_DEEDS <= DEEDS, "more deeds than there is room for");

/* ---- The trees ---- */

static void fill(const char *dir, char says)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name;
	char text[2] = { says }, *path;
	int sock;

	pvt_mkdir(dir);
	for (name = "abc"; *name; name++) {
		path = below(dir, (char [2]){ *name });
		pvt_write(path, text, 0666);
		chmod(path, 0666);
		setxattr(path, "user.tree", text, 1, 0);
	}
	if (link(below(dir, "c"), below(dir, "d")))
		pvt_die("link in %s", dir);
	pvt_symlink(text, below(dir, "link"));
	pvt_copy(programs[strchr(trees, says) - trees], below(dir, "program"));
	pvt_mkdir(below(dir, "junk"));
	pvt_mkdir(below(dir, "mnt"));
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
	if (sock < 0 || bind(sock, (void *)&address, sizeof(address)))
		pvt_die("bind in %s", dir);
	chmod(address.sun_path, 0666);
}

/* To whom the worker will be. */
static void give_away(const char *dir)
{
	char *command = pvt_path("chown -hR %d:%d %s", NOBODY, NOBODY, dir);

	if (system(command))
		pvt_die("%s", command);
	free(command);
}

static enum kind kind_of(int worker)
{
	return worker % KINDS;
}

static void make_trees(const char *dir)
{
	char *path;
	int i, worker;

	for (i = 0; i < 3; i++) {
		path = pvt_path("%s/%c", dir, trees[i]);
		pvt_mkdir(path);
		chmod(path, 0755);
		pvt_mkdir(below(path, "wx"));
		for (worker = 0; worker < WORKERS; worker++) {
			path = pvt_path("%s/%c/w%d", dir, trees[i], worker);
			fill(path, trees[i]);
			if (kind_of(worker) == SELF || kind_of(worker) == USERNS)
				give_away(path);
		}
	}
}

/* ---- The workers ---- */

static struct place *place_new(enum kind kind, int number)
{
	struct place *place = calloc(1, sizeof(*place));
	struct stat stat;
	int i;

	place->kind = kind;
	place->number = number;
	place->seed = number + 1;
	place->tail = pvt_path("/w%d", number);
	place->dir = pvt_path("%s/o%s", top, place->tail);
	place->a = below(place->dir, "a");
	place->b = below(place->dir, "b");
	place->c = below(place->dir, "c");
	place->d = below(place->dir, "d");
	place->link = below(place->dir, "link");
	place->created = below(place->dir, "created");
	place->program = below(place->dir, "program");
	place->socket = below(place->dir, "socket");
	place->junk = below(place->dir, "junk");
	place->mnt = below(place->dir, "mnt");
	for (i = 0; i < 3; i++) {
		if (lstat(pvt_path("%s/%c%s/c", top, trees[i], place->tail),
			  &stat))
			pvt_die("lstat of c");
		place->inodes[i] = stat.st_ino;
	}
	place->asking = calloc(1, sizeof(*place->asking));
	place->asking->sock = -1;
	ring_open(place);
	return place;
}

static void become(enum kind kind)
{
	if (kind == SELF || kind == USERNS) {
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			pvt_die("cannot become user %d", NOBODY);
		prctl(PR_SET_DUMPABLE, 1);
	}
	if (kind == SELF)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (kind == USERNS)
		pvt_user_namespace();
	if (kind != SELF) {
		if (unshare(CLONE_NEWNS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			pvt_die("no mount namespace");
	}
}

static void *work(void *arg)
{
	struct place *place = arg;
	unsigned int turn, i;

	for (turn = place->number; !atomic_load(&tally->stop); turn++) {
		for (i = 0; i < NR_DEEDS; i++) {
			if (!(deeds[i].kinds & 1 << place->kind) ||
			    turn % deeds[i].rare)
				continue;
			place->deed = deeds[i].name;
			deeds[i].call(place);
			atomic_fetch_add(&tally->done[place->kind][i], 1);
		}
	}
	return NULL;
}

static void tally_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, sizeof(*tally)))
		pvt_die("no %s", path);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (tally == MAP_FAILED)
		pvt_die("mmap");
	close(fd);
}

static void set_top(const char *dir)
{
	top = dir;
	original = pvt_path("%s/o", dir);
	targets[0] = original;
	targets[1] = pvt_path("%s/1", dir);
	targets[2] = pvt_path("%s/2", dir);
}

__attribute__((noreturn))
static void be_worker(enum kind kind, int number)
{
	pthread_t threads[2];
	int i, null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	become(kind);
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* who changes its user loses it */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, 2);				/* expr complains */
	for (i = 0; kind == THREADS && i < 2; i++)
		pthread_create(&threads[i], NULL, work, place_new(kind, number));
	work(place_new(kind, number));
	for (i = 0; kind == THREADS && i < 2; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

/* The one for 32 bits is another program. */
static void start_worker(int number)
{
	enum kind kind = kind_of(number);
	char text[16];
	pid_t pid = fork();

	if (pid < 0)
		pvt_die("fork");
	atomic_store(&tally->pids[number], pid ?: getpid());
	if (pid)
		return;
	if (kind != BITS_32)
		be_worker(kind, number);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(text, sizeof(text), "%d", number);
	execl("./stress_all_32", "stress_all_32", "-w", top, kind_names[kind],
	      text, NULL);
	/* It was not built. */
	be_worker(ROOT, number);
}

/* ---- The cgroups ---- */

static bool cgroup_enter(int nr, pid_t pid)
{
	int fd = openat(cgroups[nr], "cgroup.procs", O_WRONLY | O_CLOEXEC);
	bool entered = dprintf(fd, "%d", pid) > 0;

	close(fd);
	return entered;
}

static void cgroups_open(void)
{
	char *name;
	int nr;

	for (nr = 0; nr < 2; nr++) {
		name = pvt_path("/sys/fs/cgroup/pv_stress.%d%s", getpid(),
				nr ? "/in" : "");
		pvt_mkdir(name);
		cgroups[nr] = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cgroups[nr] < 0)
			pvt_die("no cgroup %s", name);
		free(name);
	}
}

/* Nobody is in them. */
static bool cgroups_remove(void)
{
	char *name = pvt_path("/sys/fs/cgroup/pv_stress.%d", getpid());
	bool removed = !unlinkat(cgroups[0], "in", AT_REMOVEDIR) && !rmdir(name);

	free(name);
	return removed;
}

/* The parent of all workers, to which tables are given for the whole tree. */
__attribute__((noreturn))
static void lead(void)
{
	int i, status, bad = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!cgroup_enter(0, getpid()))
		pvt_die("cannot enter a cgroup");
	for (i = 0; i < WORKERS; i++)
		start_worker(i);
	while (wait(&status) > 0)
		bad += status != 0;
	_exit(bad ? 1 : 0);
}

/* ---- Those who ask ---- */

/* False: it is not to be asked now. */
static bool ask_allowed(void)
{
	if (atomic_load(&tally->hold)) {
		usleep(10000);
		return false;
	}
	atomic_fetch_add(&tally->asking, 1);
	if (!atomic_load(&tally->hold))
		return true;
	atomic_fetch_sub(&tally->asking, 1);
	return false;
}

static void asked(const char *what, int err)
{
	switch (-err) {
	case 0:
		return;
	case ESRCH:
	case E2BIG:	/* too many layers */
	case EINTR:
	case EAGAIN:
	case ENOBUFS:
	case EBUSY:
		atomic_fetch_add(&tally->refused, 1);
		return;
	default:
		if (is_gone(-err))
			atomic_fetch_add(&tally->absent, 1);
		else
			wrong("root", what, "%s", strerror(-err));
	}
}

static unsigned int now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* One of them gets a table or loses it, or a worker goes from one to the other. */
static void change_cgroups(struct asking *asking, unsigned int *seed, pid_t worker)
{
	int nr = rand_r(seed) % 2;

	switch (rand_r(seed) % 4) {
	case 0:
		asked("set, a cgroup",
		      ask_set_cgroup(asking, cgroups[nr], original,
				     targets[rand_r(seed) % 3]));
		atomic_fetch_add(&tally->cgroups, 1);
		break;
	case 1:
		asked("del, a cgroup", ask_del_cgroup(asking, cgroups[nr]));
		break;
	default:
		if (cgroup_enter(nr, worker))
			atomic_fetch_add(&tally->moved, 1);
		else if (errno != ESRCH)
			wrong("root", "move", "%s", strerror(errno));
	}
}

static void change_once(struct asking *asking, unsigned int *seed, pid_t leader)
{
	pid_t worker = atomic_load(&tally->pids[rand_r(seed) % WORKERS]);
	const char *to = targets[rand_r(seed) % 3];

	atomic_fetch_add(&tally->attached, 1);
	switch (rand_r(seed) % 20) {
	case 0:
		asked("set, a tree", ask_set(asking, leader, PATHVIRT_F_TREE,
					     original, to));
		break;
	case 1:
		asked("del, a tree", ask_del(asking, leader, PATHVIRT_F_TREE));
		break;
	case 2:
		asked("push", ask_set(asking, worker, PATHVIRT_F_PUSH, original,
				      to));
		break;
	case 3:
		asked("del, its own", ask_del(asking, worker, PATHVIRT_F_OWN));
		break;
	case 4:
		if (rand_r(seed) % 8)
			break;
		asked("del all", ask_del(asking, 0, PATHVIRT_F_ALL));
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		asked("del", ask_del(asking, worker, 0));
		break;
	case 9:
	case 10:
		asked("set, a union", ask_union(asking, worker, 0, original, to));
		atomic_fetch_add(&tally->unions, 1);
		break;
	case 11:
	case 12:
	case 13:
		change_cgroups(asking, seed, worker);
		break;
	default:
		asked("set", ask_set(asking, worker, 0, original, to));
	}
}

/* Attaches, detaches; now and then by another socket. */
__attribute__((noreturn))
static void be_changer(pid_t leader, unsigned int seed)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	unsigned int turn;
	unsigned int begin;
	int err = -1;

	asking->sock = -1;
	for (turn = 0; !atomic_load(&tally->stop); turn++) {
		if (!ask_allowed())
			continue;
		if (err || turn % 50 == 0) {
			asking_close(asking);
			err = asking_open(asking);
			asked("the family", err);
		}
		begin = now();
		if (!err)
			change_once(asking, &seed, leader);
		if (now() - begin > atomic_load(&tally->longest))
			atomic_store(&tally->longest, now() - begin);
		atomic_fetch_sub(&tally->asking, 1);
		usleep(rand_r(&seed) % 20000);
	}
	_exit(0);
}

static void check_resolved(struct asking *asking, const char *path)
{
	const struct nlattr *real = answer_attr(asking, PATHVIRT_A_REAL);
	const char *name = real ? (const char *)(real + 1) : "";
	size_t length = strlen(top);

	if (strncmp(name, path, length) || !strchr(trees, name[length + 1]) ||
	    strcmp(name + length + 2, path + length + 2))
		wrong("root", "resolve", "%s is %s", path, name);
}

/* Asks what is, as root or as nobody. */
__attribute__((noreturn))
static void be_asker(unsigned int seed, bool nobody)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	char path[PATH_MAX];
	pid_t pid;
	int err;

	if (nobody)
		become(SELF);
	asking->sock = -1;
	for (; !atomic_load(&tally->stop); usleep(rand_r(&seed) % 20000)) {
		asking_close(asking);
		err = asking_open(asking);
		pid = atomic_load(&tally->pids[rand_r(&seed) % WORKERS]);
		snprintf(path, sizeof(path), "%s/w1/a", original);
		if (err) {
			asked("the family", err);
			continue;
		}
		asked("status", ask_status(asking));
		err = ask_get(asking, rand_r(&seed) % 2 ? pid : 0);
		asked("get", nobody && err == -EPERM ? 0 : err);
		err = ask_resolve(asking, pid, path);
		asked("resolve", nobody && err == -EPERM ? 0 : err);
		if (!err)
			check_resolved(asking, path);
	}
	_exit(0);
}

__attribute__((noreturn))
static void be_listener(bool nobody)
{
	struct timeval patience = { .tv_usec = 200000 };
	struct asking *asking = calloc(1, sizeof(*asking));
	ssize_t got;

	if (nobody)
		become(SELF);
	asking->sock = -1;
	while (!atomic_load(&tally->stop)) {
		asking_close(asking);
		if (asking_open(asking) ||
		    setsockopt(asking->sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &asking->group, sizeof(asking->group))) {
			usleep(200000);
			continue;
		}
		setsockopt(asking->sock, SOL_SOCKET, SO_RCVTIMEO, &patience,
			   sizeof(patience));
		do {
			got = recv(asking->sock, asking->answer, MESSAGE_MAX, 0);
			atomic_fetch_add(got > 0 ? &tally->events : &tally->lost,
					 got > 0 || errno == ENOBUFS);
		} while (!atomic_load(&tally->stop) &&
			 !atomic_load(&tally->hold));
	}
	_exit(0);
}

/* In a directory that no rule speaks of. */
static void relink_once(int device, int dir, unsigned int turn)
{
	struct pathvirt_relink relink;
	char name[16];
	int fd, err;

	snprintf(name, sizeof(name), "f%u", turn % 8);
	fd = openat(dir, name, O_CREAT | O_RDWR | O_CLOEXEC | O_TRUNC, 0600);
	if (fd < 0 || write(fd, "r", 1) != 1 || unlinkat(dir, name, 0))
		pvt_die("%s", name);
	err = relink_flag(device, fd, PATHVIRT_RELINK_CHECK, NULL);
	if (!err)
		err = relink_to(device, fd, dir, name, &relink);
	if (err)
		wrong("root", "relink", "%s", strerror(err));
	else if (relink.result != PATHVIRT_RELINK_LINKED ||
		 look_from(dir, name) != 'r' || unlinkat(dir, name, 0))
		wrong("root", "relink", "result %u", relink.result);
	else
		atomic_fetch_add(&tally->relinked, 1);
	err = relink_open_deleted(device, fd, dir, "gone/for/ever", &relink);
	if (err >= 0)
		close(err);
	close(fd);
}

__attribute__((noreturn))
static void be_relinker(void)
{
	int dir = open_path(top, O_RDONLY | O_DIRECTORY), device;
	unsigned int turn;

	for (turn = 0; !atomic_load(&tally->stop); turn++) {
		if (!ask_allowed())
			continue;
		device = open(RELINK_DEVICE, O_RDONLY | O_CLOEXEC);
		if (device >= 0) {
			relink_once(device, dir, turn);
			close(device);
		}
		atomic_fetch_sub(&tally->asking, 1);
		usleep(5000);
	}
	_exit(0);
}

/* ---- The one who wants it gone ---- */

static char parameters[PATH_MAX];
static unsigned int hold_every;	/* seconds */

static void read_parameters(void)
{
	FILE *pipe = popen("cd /sys/module/pathvirt/parameters && grep -H . * | tr ':\\n' '= '",
			   "r");

	if (!pipe || !fgets(parameters, sizeof(parameters), pipe))
		parameters[0] = '\0';
	if (pipe)
		pclose(pipe);
}

static bool unload(void)
{
	if (!syscall(SYS_delete_module, "pathvirt", O_NONBLOCK))
		return true;
	atomic_fetch_add(&tally->busy, 1);
	return false;
}

static void load(void)
{
	char *command = pvt_path("modprobe pathvirt %s", parameters);

	if (system(command))
		wrong("root", "load", "%s", command);
	free(command);
}

/* What is on its way out may hold it for a moment. */
static bool unload_in_time(void)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	time_t end = time(NULL) + PATIENCE;
	bool gone = false;

	while (!gone && time(NULL) < end) {
		if (!asking_open(asking))
			ask_del(asking, 0, PATHVIRT_F_ALL);
		asking_close(asking);
		gone = unload();
		usleep(20000);
	}
	free(asking);
	return gone;
}

/*
 * Mostly in vain; now and then, as loading and unloading take their time, nobody is to
 * be in its way.
 */
__attribute__((noreturn))
static void be_unloader(void)
{
	time_t next = time(NULL) + hold_every;

	while (!atomic_load(&tally->stop)) {
		sleep(3);
		if (unload()) {
			atomic_fetch_add(&tally->unloads, 1);
			load();
		}
		if (time(NULL) < next)
			continue;
		atomic_store(&tally->hold, 1);
		while (atomic_load(&tally->asking) && !atomic_load(&tally->stop))
			usleep(1000);
		if (unload_in_time()) {
			atomic_fetch_add(&tally->unloads, 1);
			load();
		} else {
			wrong("root", "unload", "it does not go");
		}
		atomic_store(&tally->hold, 0);
		next = time(NULL) + hold_every;
	}
	_exit(0);
}

/* ---- From the beginning to the end ---- */

/* Nobody is attached, nothing is in memory; the last may be on their way. */
static bool nothing_is_left(void)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	time_t end = time(NULL) + PATIENCE;
	unsigned int left = 1;

	if (asking_open(asking) || ask_del(asking, 0, PATHVIRT_F_ALL))
		pvt_die("no module in the end");
	while (left && time(NULL) < end) {
		if (ask_status(asking))
			pvt_die("no status in the end");
		left = answer_u32(asking, PATHVIRT_A_PROCESSES) +
		       answer_u32(asking, PATHVIRT_A_TABLES);
		usleep(50000);
	}
	asking_close(asking);
	return !left;
}

static void print_tally(void)
{
	enum kind kind;
	unsigned int i;
	unsigned int done;

	for (kind = 0; kind < KINDS; kind++) {
		printf("# %s:", kind_names[kind]);
		for (i = 0; i < NR_DEEDS; i++) {
			done = atomic_load(&tally->done[kind][i]);
			if (deeds[i].kinds & 1 << kind)
				printf(" %s %u", deeds[i].name, done);
		}
		putchar('\n');
	}
	printf("# seen: %u in the original, %u and %u in the others; told %u\n",
	       atomic_load(&tally->seen[0]), atomic_load(&tally->seen[1]),
	       atomic_load(&tally->seen[2]), atomic_load(&tally->told));
	printf("# asked %u times, at most %u ms each, by themselves %u, refused %u, the module was not there %u\n",
	       atomic_load(&tally->attached), atomic_load(&tally->longest),
	       atomic_load(&tally->own),
	       atomic_load(&tally->refused), atomic_load(&tally->absent));
	printf("# unions %u, tables of cgroups %u, moved between them %u\n",
	       atomic_load(&tally->unions), atomic_load(&tally->cgroups),
	       atomic_load(&tally->moved));
	printf("# events %u, lost %u times; relinked %u; unloaded %u times, busy %u\n",
	       atomic_load(&tally->events), atomic_load(&tally->lost),
	       atomic_load(&tally->relinked), atomic_load(&tally->unloads),
	       atomic_load(&tally->busy));
}

/* Everybody did something of everything. */
static bool all_was_done(void)
{
	enum kind kind;
	unsigned int i;
	bool all = true;

	for (kind = 0; kind < KINDS; kind++) {
		/* Its program need not be there. */
		if (kind == BITS_32 && access("stress_all_32", X_OK))
			continue;
		for (i = 0; i < NR_DEEDS; i++) {
			if (!(deeds[i].kinds & 1 << kind) ||
			    atomic_load(&tally->done[kind][i]))
				continue;
			printf("# wrong: %s never did %s\n", kind_names[kind],
			       deeds[i].name);
			all = false;
		}
	}
	for (i = 0; i < 3; i++)
		all &= atomic_load(&tally->seen[i]) > 0;
	return all && atomic_load(&tally->unions) &&
	       atomic_load(&tally->cgroups) && atomic_load(&tally->moved);
}

static int nr_results;
static bool all_good = true;

static void result(bool good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++nr_results, name);
	fflush(stdout);
	all_good &= good;
}

static pid_t start(void (*be)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		pvt_die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be();
	}
	return pid;
}

static pid_t leader_pid;
static unsigned int base_seed;

static void be_first_changer(void) { be_changer(leader_pid, base_seed); }
static void be_second_changer(void) { be_changer(leader_pid, base_seed + 1); }
static void be_root_asker(void) { be_asker(base_seed, false); }
static void be_nobody_asker(void) { be_asker(base_seed, true); }
static void be_root_listener(void) { be_listener(false); }
static void be_nobody_listener(void) { be_listener(true); }

static void (*const others[])(void) = {
	be_first_changer, be_second_changer, be_root_asker, be_nobody_asker,
	be_root_listener, be_nobody_listener, be_relinker, be_unloader,
};

/* True if all of them ended, and well. */
static bool ended_well(const pid_t *pids, size_t nr)
{
	time_t end = time(NULL) + PATIENCE;
	bool well = true;
	int status;
	size_t i;

	for (i = 0; i < nr; i++) {
		while (waitpid(pids[i], &status, WNOHANG) == 0) {
			if (time(NULL) > end) {
				printf("# wrong: %d does not end\n", pids[i]);
				return false;
			}
			usleep(50000);
		}
		well &= !status;
	}
	return well;
}

static void stress(unsigned int seconds)
{
	pid_t pids[sizeof(others) / sizeof(others[0]) + 1];
	size_t nr = 0, i;
	int bad = 0;
	char *dir = pvt_tree_new();
	const char *seed = getenv("PV_STRESS_SEED");

	set_top(dir);
	chmod(dir, 0777);
	tally_open(pvt_path("%s/tally", dir));
	make_trees(dir);
	cgroups_open();
	read_parameters();
	hold_every = seconds / 4 + 5;
	base_seed = seed ? atoi(seed) : time(NULL);
	printf("TAP version 13\n1..6\n# PV_STRESS_SEED=%u, %u s\n", base_seed,
	       seconds);
	fflush(stdout);
	pids[nr++] = leader_pid = start(lead);
	while (!atomic_load(&tally->pids[WORKERS - 1]))
		usleep(1000);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		pids[nr++] = start(others[i]);
	for (i = 0; i < seconds && atomic_load(&tally->wrong) < 20; i++)
		sleep(1);
	atomic_store(&tally->stop, 1);

	result(ended_well(pids, nr), "all_end_when_they_are_asked_to");
	print_tally();
	for (i = 0; i < WORKERS; i++)
		bad += misplaced(top, i);
	result(!bad && !atomic_load(&tally->wrong),
	       "every_result_is_one_trees_or_the_others");
	result(all_was_done(), "everybody_did_everything");
	result(nothing_is_left(), "nothing_is_left");
	result(cgroups_remove(), "the_cgroups_can_be_removed");
	result(unload_in_time(), "the_module_can_be_unloaded");
	load();
	pvt_tree_free(dir);
}

int main(int argc, char **argv)
{
	enum kind kind = BITS_32;

	if (argc == 5 && !strcmp(argv[1], "-w")) {
		set_top(argv[2]);
		tally_open(pvt_path("%s/tally", top));
		be_worker(kind, atoi(argv[4]));
	}
	/* Beside it lies the one for 32 bits. */
	if (strrchr(argv[0], '/')) {
		*strrchr(argv[0], '/') = '\0';
		if (chdir(argv[0]))
			pvt_die("chdir");
	}
	stress(argc > 1 ? atoi(argv[1]) : 1800);
	return all_good ? 0 : 1;
}
