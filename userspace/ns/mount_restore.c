// SPDX-License-Identifier: GPL-2.0
/*
 * Building a mount table, and looking from its root.
 *
 * Each mount is put on its place below its parent, which is held open, so nothing
 * that lies on top of it is in the way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "ns/enter.h"
#include "ns/filesystem.h"
#include "ns/mount_create.h"
#include "ns/mount_options.h"
#include "ns/mount_plan.h"
#include "ns/mount_propagate.h"
#include "ns/mount_restore.h"
#include "ns/report.h"
#include "ns/root.h"

/*
 * struct build - what is under way, in the namespace
 *
 * @root: of the table; @own is it where the file has none, made from @directory
 */
struct build {
	struct ns_mounts *mounts;
	const char *directory;
	struct ns_mount *root;
	struct ns_mount own;
	struct json_object *report;
};

static void not_mounted(struct build *build, const struct ns_mount *mount,
			const char *why)
{
	ns_report_add(build->report, "mnt", "%s (%s) is not mounted again: %s",
		      mount->target, mount->saved->type, why);
}

/* ---- Where a mount goes ---- */

static const struct ns_mount *parent_of(const struct build *build,
					const struct ns_mount *mount)
{
	return mount->parent ? mount->parent : build->root;
}

/* What is behind the parent's own place; "" is on top of it. */
static const char *place(const struct ns_mount *parent,
			 const struct ns_mount *mount)
{
	size_t length = strlen(parent->target);
	const char *rest = mount->target;

	if (!strcmp(parent->target, "/"))
		length = 0;
	if (!strncmp(rest, parent->target, length))
		rest += length;
	return rest + strspn(rest, "/");
}

static bool is_directory(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

static bool is_in_memory(const struct ns_mount *mount)
{
	return mount->origin == NS_MOUNT_NEW &&
	       ns_filesystem_is_memory(mount->filesystem);
}

/* In a filesystem that is new, nobody has made it yet. */
static int make_place(int dirfd, const char *path, bool directory)
{
	char *copy = strdup(path), *at = copy;
	int fd = -1;

	while (copy && (at = strchr(at, '/'))) {
		*at = '\0';
		mkdirat(dirfd, copy, 0755);
		*at++ = '/';
	}
	if (copy && directory)
		mkdirat(dirfd, copy, 0755);
	else if (copy)
		fd = openat(dirfd, copy, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
	free(copy);
	return files_openat(dirfd, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
}

static int open_place(const struct ns_mount *parent,
		      const struct ns_mount *mount)
{
	const char *path = place(parent, mount);
	int fd;

	if (!*path)
		return fcntl(parent->fd, F_DUPFD_CLOEXEC, 0);
	fd = files_openat(parent->fd, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV);
	if (fd == -ENOENT && is_in_memory(parent))
		fd = make_place(parent->fd, path, is_directory(mount->fd));
	return fd;
}

/* ---- Mounting ---- */

/* What is seen there now, in place of what we would have mounted. */
static void take_mount(struct ns_mount *mount, int fd)
{
	close(mount->fd);
	mount->fd = fd;
	mount->found = true;
	mount->done = true;
}

/* Did it come along with its parent, or is what lies on it there already? */
static bool is_there(const struct build *build, const struct ns_mount *parent,
		     struct ns_mount *mount)
{
	const char *path = place(parent, mount);
	int fd = *path ? files_openat(parent->fd, path, O_PATH, RESOLVE_IN_ROOT) :
		 fcntl(parent->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (files_same(fd, mount->fd)) {
		take_mount(mount, fd);
		return true;
	}
	/* It is what lies on it that is seen, and that is not its own. */
	if (*path && ns_mount_is_covered(build->mounts, mount)) {
		take_mount(mount, fd);
		mount->origin = NS_MOUNT_NONE;
		return true;
	}
	close(fd);
	return false;
}

static void attach(struct build *build, struct ns_mount *mount)
{
	const struct ns_mount *parent = parent_of(build, mount);
	int point, err;

	if (parent->found && !*place(parent, mount) &&
	    is_there(build, parent, mount))
		return;
	point = open_place(parent, mount);
	err = errno;
	if (point < 0 && err == EXDEV && is_there(build, parent, mount))
		return;
	if (point < 0)
		not_mounted(build, mount, err == EXDEV ?
			    "another mount hides its place" : strerror(err));
	else if (move_mount(mount->fd, "", point, "", MOVE_MOUNT_F_EMPTY_PATH |
			    MOVE_MOUNT_T_EMPTY_PATH))
		not_mounted(build, mount, strerror(errno));
	else
		mount->done = true;
	if (point >= 0)
		close(point);
}

static void make_mounts(struct build *build, enum ns_mount_origin origin)
{
	size_t i;
	int err;

	for (i = 0; i < build->mounts->count; i++) {
		struct ns_mount *mount = &build->mounts->mount[i];

		err = mount->origin == origin ?
		      ns_mount_create(mount, build->report) : 0;
		if (err)
			not_mounted(build, mount, strerror(-err));
	}
}

/*
 * All filesystems, too: while they are made they lie on the old root, one on the other in
 * the order of the table.
 */
static int make_all(struct build *build)
{
	size_t i;
	int err = 0;

	make_mounts(build, NS_MOUNT_CLONE);
	make_mounts(build, NS_MOUNT_NEW);
	for (i = build->mounts->filesystems; i-- > 0 && !err;)
		err = ns_filesystem_detach(&build->mounts->filesystem[i]);
	if (err)
		return message_failed("cannot take new filesystems from the old root directory: %s",
				      strerror(-err));
	return STATUS_DONE;
}

/* Nothing will have to be made in them any more. */
static void finish_filesystems(struct build *build)
{
	const struct ns_filesystem *fs = build->mounts->filesystem;
	size_t i;
	int err;

	for (i = 0; i < build->mounts->filesystems; i++) {
		err = ns_filesystem_finish(&fs[i]);
		if (err)
			ns_report_add(build->report, "mnt",
				      "%s (%s) cannot be read-only: %s",
				      fs[i].first->target,
				      fs[i].first->saved->type,
				      strerror(-err));
	}
}

/* Parents first, in as many rounds as the table is deep. */
static void attach_all(struct build *build)
{
	bool again = true, *tried = calloc(build->mounts->count + 1,
					   sizeof(*tried));
	size_t i;

	while (again && tried) {
		again = false;
		for (i = 0; i < build->mounts->count; i++) {
			struct ns_mount *mount = &build->mounts->mount[i];

			if (tried[i] || mount->fd < 0 || mount == build->root ||
			    !parent_of(build, mount)->done)
				continue;
			tried[i] = true;
			again = true;
			attach(build, mount);
		}
	}
	for (i = 0; tried && i < build->mounts->count; i++)
		if (build->mounts->mount[i].fd >= 0 && !tried[i] &&
		    !build->mounts->mount[i].done)
			not_mounted(build, &build->mounts->mount[i],
				    "what it lay on is not mounted");
	free(tried);
}

/* ---- The root ---- */

static struct ns_mount *find_root(struct build *build)
{
	size_t i;

	for (i = 0; i < build->mounts->count; i++) {
		struct ns_mount *mount = &build->mounts->mount[i];

		if (!mount->parent && !strcmp(mount->target, "/"))
			return mount;
	}
	return NULL;
}

/* In place of one that is not here, or was a directory and no mount. */
static int use_own_root(struct build *build, const char *path)
{
	build->own = (struct ns_mount){
		.target = "/",
		.path = (char *)path,
		.origin = NS_MOUNT_CLONE,
		.fd = -1,
	};
	ns_report_add(build->report, "mnt",
		      "the root directory is not the mount that it was: it is %s of ours",
		      path);
	build->root = &build->own;
	return ns_mount_create(build->root, build->report);
}

static int make_root(struct build *build)
{
	int err = 0;

	build->root = find_root(build);
	/* Who was chrooted into a directory sees no mount there. */
	if (!build->root)
		err = use_own_root(build, build->directory);
	else if (build->root->fd < 0)
		err = use_own_root(build, "/");
	if (!err && move_mount(build->root->fd, "", AT_FDCWD, "/",
			       MOVE_MOUNT_F_EMPTY_PATH))
		err = -errno;
	build->root->done = true;
	if (err)
		return message_failed("cannot mount a root directory: %s",
				      strerror(-err));
	return STATUS_DONE;
}

/* All who looked from the old root, in this namespace, look from the new one. */
static int turn_to_root(const struct build *build)
{
	if (fchdir(build->root->fd) || syscall(SYS_pivot_root, ".", ".") ||
	    umount2(".", MNT_DETACH) || chdir("/"))
		return message_failed("cannot make the rebuilt mounts the root directory: %s",
				      strerror(errno));
	return STATUS_DONE;
}

/* ---- What came along ---- */

static bool is_saved(const struct build *build, const char *target)
{
	size_t i;

	for (i = 0; i < build->mounts->count; i++)
		if (!strcmp(build->mounts->mount[i].target, target))
			return true;
	return false;
}

/* What is tied to what was cloned could not be left behind. */
static void report_others(struct build *build, int procfd)
{
	int fd = openat(procfd, "mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct libmnt_table *table = mnt_new_table();
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	if (file && table && iter &&
	    !mnt_table_parse_stream(table, file, "mountinfo"))
		while (!mnt_table_next_fs(table, iter, &fs))
			if (!is_saved(build, mnt_fs_get_target(fs)))
				ns_report_add(build->report, "mnt",
					      "%s (%s) is mounted, too: without root it cannot be left out",
					      mnt_fs_get_target(fs),
					      mnt_fs_get_fstype(fs));
	mnt_free_iter(iter);
	mnt_unref_table(table);
	if (file)
		fclose(file);
}

/* ---- All of it ---- */

static void set_options(struct build *build)
{
	size_t i;
	int err;

	for (i = 0; i < build->mounts->count; i++) {
		const struct ns_mount *mount = &build->mounts->mount[i];

		err = ns_mount_is_own(mount) ? ns_mount_set_options(mount) : 0;
		if (err)
			ns_report_add(build->report, "mnt",
				      "%s cannot have the options %s: %s",
				      mount->target,
				      mount->saved->options,
				      strerror(-err));
	}
}

/*
 * What is mounted here must not come to where we were copied from.  What follows a
 * mount outside goes on doing that, as must what is cloned of it.
 */
static int cut_off(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return message_failed("cannot take the new mounts out of their peer groups: %s",
				      strerror(errno));
	return STATUS_DONE;
}

/* For ns_inside(). */
static int restore(void *data, struct json_object **result)
{
	struct build *build = data;
	int procfd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int status = cut_off();

	if (status != STATUS_DONE)
		return status;
	build->report = json_object_new_array();
	*result = build->report;
	status = make_all(build) ?: make_root(build);
	if (status != STATUS_DONE)
		return status;
	attach_all(build);
	finish_filesystems(build);
	/* The kernel turns to no root that is shared. */
	status = turn_to_root(build);
	if (status != STATUS_DONE)
		return status;
	ns_mount_propagate(build->mounts, build->report);
	set_options(build);
	report_others(build, procfd);
	return STATUS_DONE;
}

/*
 * What lies on a block device, only who is privileged here may make: not he who fills the
 * namespaces.  Devices are named as where mounts were looked for.
 */
static int make_on_devices(const struct ns_mounts *mounts)
{
	struct ns_root from;
	size_t i;

	ns_root_visit(&from);
	for (i = 0; i < mounts->filesystems; i++)
		if (mounts->filesystem[i].device &&
		    !mounts->filesystem[i].stand_in)
			ns_filesystem_create(&mounts->filesystem[i], NULL);
	return ns_root_return(&from);
}

int ns_mount_restore(const struct ns_process *of, const struct ns_plan *plan,
		     struct ns_mounts *mounts, struct json_object **report)
{
	static const enum ns_kind shown[] = {
		NS_PID, NS_NET, NS_IPC, NS_CGROUP,
	};
	struct build build = { .mounts = mounts };
	struct ns_set set = ns_process_one(of, NS_MNT);
	int status = make_on_devices(mounts);
	size_t i;

	if (status != STATUS_DONE)
		return status;
	build.directory = plan->file->process.root;
	/* What proc, sysfs, mqueue and cgroup2 show is that of who mounts them. */
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		set.fd[shown[i]] = of->other.fd[shown[i]];
	return ns_inside(&set, restore, &build, report);
}
