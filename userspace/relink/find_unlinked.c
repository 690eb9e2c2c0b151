// SPDX-License-Identifier: GPL-2.0
/*
 * Finding the open files whose names are gone, by way of /proc.
 *
 * Each thing that a process holds is opened by its link in /proc, with O_PATH, and
 * the kernel is asked about it: what the link says is for reading only, as a file
 * may well be called "x (deleted)".  The kernel answers by what it has in memory:
 * whoever would ask the server of a filesystem would wait for one that is dead.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <linux/pathvirt.h>
#include <linux/sockios.h>
#include <linux/un.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/files.h"
#include "base/procfs.h"
#include "relink/find_unlinked.h"
#include "relink/mounts.h"

#define DELETED	" (deleted)"

/* Of Linux 6.9. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif

/* struct place - where in the list an inode is */
struct place {
	dev_t device;
	ino_t inode;
	size_t index;
};

/*
 * struct search - what is under way
 *
 * @places: tree of struct place, for all that is in @list
 * @flags: enum find_flags
 * @proc: /proc
 * @living: the thread that speaks for its process
 * @holder: who is looked at
 * @refused: something of this process could not be looked at
 * @mounts: of all namespaces, once somebody has asked
 */
struct search {
	struct pv *pv;
	struct unlinked_list *list;
	void *places;
	unsigned int flags;
	int proc;
	pid_t living;
	struct holder holder;
	bool refused;
	struct mounts mounts;
};

/* What vanishes while it is looked at, or was never there, is not a failure. */
static int passing(struct search *search, int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		search->refused = true;
		return 0;
	case -ENOENT:
	case -ESRCH:
	case -ENXIO:
		return 0;
	default:
		return err;
	}
}

/* ---- The list ---- */

static int by_inode(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->inode != right->inode)
		return left->inode < right->inode ? -1 : 1;
	return (left->device > right->device) - (left->device < right->device);
}

static struct place place_of(const struct statx *about)
{
	return (struct place){
		.device = makedev(about->stx_dev_major, about->stx_dev_minor),
		.inode = about->stx_ino,
	};
}

static struct unlinked *find_file(const struct search *search,
				  const struct statx *about)
{
	struct place wanted = place_of(about);
	struct place **found = tfind(&wanted, &search->places, by_inode);

	return found ? &search->list->file[(*found)->index] : NULL;
}

static struct unlinked *append(struct search *search,
			       const struct statx *about)
{
	struct unlinked_list *list = search->list;
	struct place *place = malloc(sizeof(*place));
	struct unlinked *file;

	if (!place)
		return NULL;
	*place = place_of(about);
	place->index = list->count;
	file = ARRAY_ADD(&list->file, &list->count);
	if (file && tsearch(place, &search->places, by_inode)) {
		file->fd = -1;
		return file;
	}
	list->count = place->index;
	free(place);
	return NULL;
}

/* ---- One file ---- */

/* Without what the kernel puts behind it. */
static char *path_of(const char *link)
{
	size_t length = strlen(link), tail = strlen(DELETED);

	if (length > tail && !strcmp(link + length - tail, DELETED))
		length -= tail;
	return strndup(link, length);
}

/* @path is the holder's own, or NULL; the file takes it. */
static int add_holder(struct unlinked *file, const struct holder *holder,
		      char *path)
{
	struct holder *added = ARRAY_ADD(&file->holders, &file->holder_count);

	if (!added) {
		free(path);
		return -ENOMEM;
	}
	*added = *holder;
	added->path = path;
	return 0;
}

/*
 * Whoever sets up a sandbox detaches what it has come from, which others have mounted as
 * well: there the name is.
 */
static bool is_mounted(struct search *search,
		       const struct pv_relinked *relinked)
{
	if (!search->mounts.own && (mounts_read(&search->mounts, 0) ||
				    mounts_add_all(&search->mounts)))
		return false;
	return mounts_have_device(&search->mounts, relinked->dev_major,
				  relinked->dev_minor);
}

/*
 * Another holder of what is known, who may have it by another name.  If that is there
 * still, it is not this holder who has lost anything.
 */
static int add_to_known(struct search *search, struct unlinked *known, int fd,
			const char *link)
{
	struct pv_relinked relinked;
	char *path = path_of(link);

	if (!path)
		return -ENOMEM;
	if (!strcmp(path, known->path)) {
		free(path);
		path = NULL;
	} else if (!pv_relink_check(search->pv, fd, &relinked) &&
		   (relinked.named || (relinked.detached &&
				       is_mounted(search, &relinked)))) {
		free(path);
		return 0;
	}
	return add_holder(known, &search->holder, path);
}

static int add_file(struct search *search, const struct pv_relinked *relinked,
		    int err, const struct statx *about, const char *link)
{
	struct unlinked *file = append(search, about);

	if (!file)
		return -ENOMEM;
	file->file = *relinked;
	/* The kernel does not reach these where it refuses early. */
	file->file.inode = about->stx_ino;
	file->file.dev_major = about->stx_dev_major;
	file->file.dev_minor = about->stx_dev_minor;
	file->file.links = about->stx_nlink;
	file->file.mode = about->stx_mode;
	file->size = about->stx_size;
	file->allocated = about->stx_blocks * 512ULL;
	if (about->stx_mask & STATX_BTIME)
		file->born = about->stx_btime.tv_sec * INT64_C(1000000000) +
			     about->stx_btime.tv_nsec;
	file->path = path_of(link);
	file->err = err;
	if (err)
		file->reason = strdup(pv_error(search->pv));
	if (!file->path || (err && !file->reason))
		return -ENOMEM;
	return add_holder(file, &search->holder, NULL);
}

/*
 * Is it something that no name leads to?  Sockets and pipes never had one, nor what
 * /proc shows of kernel objects; memory says that it is deleted.  Where the kernel has
 * refused for one of the other reasons, it has looked at the name before.
 */
static bool wanted(struct search *search, const struct pv_relinked *relinked,
		   int err, const struct statx *about, const char *link)
{
	size_t length = strlen(link), tail = strlen(DELETED);
	bool deleted = length > tail && !strcmp(link + length - tail, DELETED);

	if (relinked->detached)
		return !is_mounted(search, relinked);
	if (!err)
		return !relinked->named;
	switch (relinked->why) {
	case PATHVIRT_WHY_MEMORY:
		return deleted;
	case PATHVIRT_WHY_PRIVILEGE:
	case PATHVIRT_WHY_OPENER:
		return deleted || !about->stx_nlink;
	default:
		return !relinked->named;
	}
}

static int note_closed(struct search *search, const char *link)
{
	struct unlinked_list *list = search->list;

	if (!list->closed++)
		list->closed_path = path_of(link);
	return list->closed_path ? 0 : -ENOMEM;
}

/* The list takes *@fd if that is to be kept; it is -1 then. */
static int look_at_new(struct search *search, int *fd, const char *link,
		       const struct statx *about)
{
	struct pv_relinked relinked;
	int err = pv_relink_check(search->pv, *fd, &relinked);

	if (err && !relinked.why)
		return err;
	if (!wanted(search, &relinked, err, about, link))
		return 0;
	err = add_file(search, &relinked, err, about, link);
	if (!err && search->flags & FIND_KEEP) {
		search->list->file[search->list->count - 1].fd = *fd;
		*fd = -1;
	}
	return err;
}

/* Takes @fd. */
static int look_at(struct search *search, int fd, const char *link)
{
	struct unlinked *known;
	struct statx about;
	int err;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS | STATX_BTIME, &about)) {
		err = errno == EACCES ? note_closed(search, link) : -errno;
	} else {
		known = find_file(search, &about);
		err = known ? add_to_known(search, known, fd, link) :
			      look_at_new(search, &fd, link, &about);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* What the link @name of the directory @dirfd says. */
static int read_link(int dirfd, const char *name,
		     char link[PATH_MAX + sizeof(DELETED)])
{
	ssize_t length = readlinkat(dirfd, name, link,
				    PATH_MAX + sizeof(DELETED) - 1);

	if (length < 0)
		return -errno;
	link[length] = '\0';
	return 0;
}

/* The link @name of the directory @dirfd. */
static int look(struct search *search, int dirfd, const char *name)
{
	char link[PATH_MAX + sizeof(DELETED)];
	int fd, err = read_link(dirfd, name, link);

	if (err)
		return passing(search, err);
	fd = openat(dirfd, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return passing(search, -errno);
	return look_at(search, fd, link);
}

/* ---- Sockets ---- */

/* A descriptor of the socket itself, which none of /proc is. */
static int take_socket(const struct holder *holder)
{
	bool thread = holder->tid != holder->pid;
	CLEANUP_CLOSE int pidfd = pidfd_open(holder->tid, thread ? PIDFD_THREAD : 0);
	int fd;

	/* Kernels that know no threads. */
	if (pidfd < 0 && errno == EINVAL)
		return -ENOENT;
	if (pidfd < 0)
		return -errno;
	fd = pidfd_getfd(pidfd, holder->fd, 0);
	return fd < 0 ? -errno : fd;
}

/* The name that @socket is bound to, by O_PATH; -ENOENT if it has none. */
static int open_bound(int socket)
{
	int domain, fd;
	socklen_t size = sizeof(domain);

	if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size))
		return -errno;
	if (domain != AF_UNIX)
		return -ENOENT;
	fd = ioctl(socket, SIOCUNIXFILE);
	return fd < 0 ? -errno : fd;
}

static int look_at_socket(struct search *search)
{
	int socket = take_socket(&search->holder);
	char link[PATH_MAX + sizeof(DELETED)], name[64];
	int fd, err;

	/* It may have been closed meanwhile. */
	if (socket == -EBADF)
		return 0;
	if (socket < 0)
		return passing(search, socket);
	fd = open_bound(socket);
	close(socket);
	if (fd < 0)
		return passing(search, fd);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	err = read_link(AT_FDCWD, name, link);
	if (err) {
		close(fd);
		return err;
	}
	return look_at(search, fd, link);
}

/* ---- A directory of /proc ---- */

typedef int (*entry_fn)(struct search *search, int dirfd, const char *name);

static int each_entry(struct search *search, int parent, const char *name,
		      entry_fn fn)
{
	CLEANUP_DIR DIR *dir = files_opendir(parent, name);
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		return passing(search, -errno);
	while (!err && (errno = 0, entry = readdir(dir)))
		if (isxdigit((unsigned char)*entry->d_name))
			err = fn(search, dirfd(dir), entry->d_name);
	if (!err && errno)
		err = passing(search, -errno);
	return err;
}

/* ---- One process ---- */

static bool is_socket(int dirfd, const char *name)
{
	char link[PATH_MAX + sizeof(DELETED)];

	return !read_link(dirfd, name, link) && !strncmp(link, "socket:[", 8);
}

static int look_at_fd(struct search *search, int dirfd, const char *name)
{
	search->holder.how = HOLD_FD;
	search->holder.fd = atoi(name);
	if (is_socket(dirfd, name))
		return look_at_socket(search);
	return look(search, dirfd, name);
}

static int look_at_map(struct search *search, int dirfd, const char *name)
{
	search->holder.how = HOLD_MAP;
	return look(search, dirfd, name);
}

static int look_at_link(struct search *search, int dirfd, const char *name,
			enum hold how)
{
	search->holder.how = how;
	return look(search, dirfd, name);
}

/* If the kernel does not tell, they are taken for two: found twice does no harm. */
static bool shared(pid_t one, pid_t other, int what)
{
	return one != other && !syscall(SYS_kcmp, one, other, what, 0UL, 0UL);
}

static int look_at_thread(struct search *search, int dirfd, const char *name)
{
	pid_t living = search->living, tid = atoi(name);
	CLEANUP_CLOSE int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return passing(search, -errno);
	search->holder.tid = tid;
	if (!shared(living, tid, KCMP_FILES))
		err = each_entry(search, fd, "fd", look_at_fd);
	if (!err && !shared(living, tid, KCMP_FS)) {
		err = look_at_link(search, fd, "cwd", HOLD_CWD) ?:
		      look_at_link(search, fd, "root", HOLD_ROOT);
	}
	return err;
}

/* The first thread that has not ended, as one that has gave its memory away. */
static int choose_living(struct search *search, int dirfd, const char *name)
{
	char link[PATH_MAX + sizeof(DELETED)], exe[32];

	snprintf(exe, sizeof(exe), "%d/exe", atoi(name));
	if (!search->living && read_link(dirfd, exe, link) != -ENOENT)
		search->living = atoi(name);
	return 0;
}

/*
 * Is a file mapped that has lost its name, as far as can be read?  What is no file of a
 * filesystem is called deleted, too.
 */
static bool maps_lost_file(pid_t tid)
{
	static const char * const none[] = { "/dev/zero", "/memfd:", "/SYSV" };
	CLEANUP_FREE char *maps = NULL;
	char name[64], *line, *path, *rest;
	bool lost = false;
	size_t i;

	snprintf(name, sizeof(name), "/proc/%d/maps", tid);
	maps = procfs_read(name);
	if (!maps)
		return true;
	for (line = strtok_r(maps, "\n", &rest); line && !lost;
	     line = strtok_r(NULL, "\n", &rest)) {
		path = strchr(line, '/');
		lost = path && strstr(path, " (deleted)");
		for (i = 0; lost && i < sizeof(none) / sizeof(none[0]); i++)
			lost = strncmp(path, none[i], strlen(none[i]));
	}
	return lost;
}

/*
 * Who may look at a process may not follow what it has mapped, if he is root of a user
 * namespace alone.  He need not where nothing is mapped that has lost its name.
 */
static int look_at_maps(struct search *search, int fd)
{
	bool refused = search->refused;
	int err = each_entry(search, fd, "map_files", look_at_map);

	if (search->refused && !maps_lost_file(search->living))
		search->refused = refused;
	return err;
}

/* What all threads share; /proc has no map_files below task. */
static int look_at_memory(struct search *search)
{
	char name[HOLD_TEXT];
	CLEANUP_CLOSE int fd = -1;

	snprintf(name, sizeof(name), "%d", search->living);
	fd = openat(search->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return passing(search, -errno);
	search->holder.tid = search->living;
	return look_at_link(search, fd, "exe", HOLD_EXE) ?:
	       look_at_maps(search, fd);
}

static int look_at_process(struct search *search, pid_t pid)
{
	char name[32];
	int err;

	snprintf(name, sizeof(name), "%d/task", pid);
	search->holder = (struct holder){ .pid = pid };
	search->refused = false;
	search->living = 0;
	err = each_entry(search, search->proc, name, choose_living);
	/* A kernel thread, or it has ended. */
	if (!search->living)
		return err;
	if (!err)
		err = each_entry(search, search->proc, name, look_at_thread);
	if (!err)
		err = look_at_memory(search);
	search->list->hidden += search->refused;
	return err;
}

static int look_at_other(struct search *search, int dirfd, const char *name)
{
	pid_t pid = atoi(name);

	(void)dirfd;
	/* What is kept we hold ourselves. */
	if (!pid || (search->flags & FIND_KEEP && pid == getpid()))
		return 0;
	return look_at_process(search, pid);
}

/* ---- All of them ---- */

static int by_size(const void *a, const void *b)
{
	const struct unlinked *left = a, *right = b;

	return (left->size < right->size) - (left->size > right->size);
}

/* As far as it goes: what is needed is known only when all has been found. */
static void raise_limit(void)
{
	unsigned long long most = 0;
	struct rlimit limit;
	FILE *file;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	file = fopen("/proc/sys/fs/nr_open", "re");
	if (!file)
		return;
	if (fscanf(file, "%llu", &most) == 1 && most > limit.rlim_max) {
		limit = (struct rlimit){ most, most };
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	fclose(file);
}

static int find_all(struct search *search, const pid_t *pids, size_t count)
{
	size_t i;
	int err = 0;

	if (!count)
		return each_entry(search, search->proc, ".", look_at_other);
	for (i = 0; i < count && !err; i++)
		err = look_at_process(search, pids[i]);
	return err;
}

int find_unlinked(struct pv *pv, const pid_t *pids, size_t count,
		  unsigned int flags, struct unlinked_list *list)
{
	struct search search = { .pv = pv, .list = list, .flags = flags };
	int err;

	*list = (struct unlinked_list){ 0 };
	search.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (search.proc < 0)
		return -errno;
	if (flags & FIND_KEEP)
		raise_limit();
	err = find_all(&search, pids, count);
	tdestroy(search.places, free);
	mounts_free(&search.mounts);
	close(search.proc);
	if (list->count)
		qsort(list->file, list->count, sizeof(*list->file), by_size);
	return err;
}

void unlinked_list_free(struct unlinked_list *list)
{
	size_t i, j;

	for (i = 0; i < list->count; i++) {
		if (list->file[i].fd >= 0)
			close(list->file[i].fd);
		free(list->file[i].reason);
		free(list->file[i].path);
		for (j = 0; j < list->file[i].holder_count; j++)
			free(list->file[i].holders[j].path);
		free(list->file[i].holders);
	}
	free(list->file);
	free(list->closed_path);
	*list = (struct unlinked_list){ 0 };
}
