// SPDX-License-Identifier: GPL-2.0
/*
 * Making filesystems anew.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ns/filesystem.h"
#include "ns/idmap.h"
#include "ns/mount_options.h"
#include "ns/report.h"

static const struct ns_filesystem_type types[] = {
	{ .name = "tmpfs", .memory = true },
	{ .name = "ramfs", .memory = true },
	{ .name = "hugetlbfs", .memory = true },
	{ .name = "bpf", .memory = true },
	{ .name = "devpts" },
	{ .name = "overlay" },
	{ .name = "proc", .single = true },
	{ .name = "sysfs", .single = true },
	{ .name = "mqueue", .single = true },
	{ .name = "cgroup2", .single = true },
	{ .name = "cgroup", .single = true },
	{ .name = "devtmpfs", .single = true },
	{ .name = "debugfs", .single = true },
	{ .name = "tracefs", .single = true },
	{ .name = "securityfs", .single = true },
	{ .name = "configfs", .single = true },
	{ .name = "pstore", .single = true },
	{ .name = "efivarfs", .single = true },
	{ .name = "fusectl", .single = true },
	{ .name = "binfmt_misc", .single = true },
};

const struct ns_filesystem_type *ns_filesystem_type(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

int ns_filesystem_id(int fd, char text[24])
{
	struct statfs about;
	uint64_t id;

	_Static_assert(sizeof(about.f_fsid) == sizeof(id), "fsid_t");
	if (fstatfs(fd, &about))
		return -errno;
	memcpy(&id, &about.f_fsid, sizeof(id));
	snprintf(text, 24, "%016" PRIx64, id);
	return 0;
}

bool ns_filesystem_is_memory(const struct ns_filesystem *fs)
{
	return fs->stand_in || (fs->type && fs->type->memory);
}

/* ---- The whole ---- */

/* An id that the table or a file tells as it is outside: what it is inside, or -1. */
static int64_t id_inside(const struct ns_mount *mount, const char *what,
			 int64_t id)
{
	return ns_idmap_inside(mount->plan->file,
			       ns_plan_level(mount->plan, NS_MNT), what, id);
}

/* Who mounts it gives ids as they are inside. */
static const char *translate(const struct ns_mount *mount, const char *option,
			     const char *value, char text[24])
{
	int64_t id;

	if (strcmp(option, "uid") && strcmp(option, "gid"))
		return value;
	id = id_inside(mount, option, atoll(value));
	if (id < 0)
		return value;
	snprintf(text, 24, "%lld", (long long)id);
	return text;
}

/*
 * What the kernel adds itself; "ro" comes last where something is to be made in it, and
 * of btrfs all is mounted, whose part is found as that of any other.
 */
static bool is_for_us(const struct ns_filesystem *fs, const char *option)
{
	if (!*option || !strcmp(option, "rw") || !strcmp(option, "seclabel"))
		return false;
	if (!strcmp(option, "ro"))
		return !ns_filesystem_is_memory(fs);
	return strncmp(option, "subvol", strlen("subvol"));
}

/* One without a value is a flag. */
static void give(int context, const struct ns_filesystem *fs, const char *option,
		 const char *value, struct json_object *report)
{
	int err = value ? fsconfig(context, FSCONFIG_SET_STRING, option, value, 0) :
			  fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);

	if (err && report)
		ns_report_add(report, "mnt",
			      "%s (%s) goes without the option %s: %s",
			      fs->first->target,
			      fs->first->saved->type, option,
			      strerror(errno));
}

static void set_option(int context, const struct ns_filesystem *fs, char *option,
		       struct json_object *report)
{
	char *value = strchr(option, '='), text[24];

	if (!is_for_us(fs, option))
		return;
	if (value)
		*value++ = '\0';
	give(context, fs, option,
	     value ? translate(fs->first, option, value, text) : NULL, report);
}

static void set_options(int context, const struct ns_filesystem *fs,
			struct json_object *report)
{
	const struct ns_file_mount *saved = fs->first->saved;
	CLEANUP_FREE char *options = strdup(saved->super_options);
	char *rest = options, *option;

	if (*saved->source)
		give(context, fs, "source", saved->source, report);
	if (!strcmp(saved->type, "btrfs"))
		give(context, fs, "subvolid", "5", report);
	while ((option = strsep(&rest, ",")))
		set_option(context, fs, option, report);
}

static int create(struct ns_filesystem *fs, struct json_object *report)
{
	int context = fsopen(fs->stand_in ? "tmpfs" :
			     fs->first->saved->type,
			     FSOPEN_CLOEXEC);
	int err = 0;

	if (context < 0)
		return -errno;
	if (!fs->stand_in)
		set_options(context, fs, report);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = -errno;
	if (!err) {
		fs->fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
		if (fs->fd < 0)
			err = -errno;
	}
	close(context);
	return err;
}

int ns_filesystem_create(struct ns_filesystem *fs, struct json_object *report)
{
	if (fs->fd < 0 && !fs->err)
		fs->err = create(fs, report);
	return fs->err;
}

/* On top of the old root. */
static int attach(struct ns_filesystem *fs)
{
	if (fs->attached)
		return 0;
	if (move_mount(fs->fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) {
		fs->err = -errno;
		return fs->err;
	}
	fs->attached = true;
	return 0;
}

int ns_filesystem_detach(struct ns_filesystem *fs)
{
	if (!fs->attached)
		return 0;
	fs->attached = false;
	return umount2("/", MNT_DETACH) ? -errno : 0;
}

int ns_filesystem_finish(const struct ns_filesystem *fs)
{
	CLEANUP_CLOSE int context = -1;
	int err = 0;

	if (fs->fd < 0 || !ns_filesystem_is_memory(fs) || fs->stand_in ||
	    !ns_mount_has_option(fs->first->saved->super_options, "ro"))
		return 0;
	context = fspick(fs->fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	if (context < 0)
		return -errno;
	if (fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) ||
	    fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		err = -errno;
	return err;
}

void ns_filesystem_free(struct ns_filesystem *fs)
{
	if (fs->fd >= 0)
		close(fs->fd);
	fs->fd = -1;
}

/* ---- Its parts ---- */

/* The saver tells what it was; if it could not see that, most are directories. */
static mode_t mode_of(const struct ns_mount *mount)
{
	int64_t mode = mount->saved->mode;

	return mode >= 0 && mode & S_IFMT ? mode : S_IFDIR | 0755;
}

static int make_node(int dirfd, const char *path, const struct ns_mount *mount)
{
	const char *device = mount->saved->node;
	mode_t mode = mode_of(mount);
	unsigned int major, minor;

	if (!device || sscanf(device, "%u:%u", &major, &minor) != 2)
		major = minor = 0;
	if (S_ISDIR(mode) ? mkdirat(dirfd, path, 0755) :
	    mknodat(dirfd, path, mode, makedev(major, minor)))
		return errno == EEXIST ? 0 : -errno;
	return 0;
}

/* With the directories that lead there.  @path is relative. */
static int make_part(int dirfd, const char *path, const struct ns_mount *mount)
{
	char *copy = strdup(path), *at = copy;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (at = strchr(at, '/'))) {
		*at = '\0';
		if (mkdirat(dirfd, copy, 0755) && errno != EEXIST)
			err = -errno;
		*at++ = '/';
	}
	free(copy);
	return err ?: make_node(dirfd, path, mount);
}

/* Whose it was, and who may do what with it: more than that is not in the file. */
static int give_back(int dirfd, const char *path, const struct ns_mount *mount)
{
	int64_t uid = id_inside(mount, "uid", mount->saved->uid);
	int64_t gid = id_inside(mount, "gid", mount->saved->gid);

	if (mount->saved->mode < 0)
		return 0;
	if (fchownat(dirfd, path, uid, gid, AT_SYMLINK_NOFOLLOW) ||
	    fchmodat(dirfd, path, mode_of(mount) & ~S_IFMT, 0))
		return -errno;
	return 0;
}

static int prepare(struct ns_mount *mount, const char *part)
{
	struct ns_filesystem *fs = mount->filesystem;
	int err = 0;

	if (!ns_filesystem_is_memory(fs))
		return 0;
	if (*part)
		err = make_part(fs->fd, part, mount);
	return err || fs->stand_in ? err : give_back(fs->fd, *part ? part : ".", mount);
}

int ns_filesystem_mount(struct ns_mount *mount, struct json_object *report)
{
	struct ns_filesystem *fs = mount->filesystem;
	const char *part = mount->part + strspn(mount->part, "/");
	int err = ns_filesystem_create(fs, report) ?:
		  attach(fs) ?:
		  prepare(mount, part);

	if (err)
		return err;
	mount->fd = open_tree(fs->fd, part, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			      AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	return mount->fd < 0 ? -errno : 0;
}
