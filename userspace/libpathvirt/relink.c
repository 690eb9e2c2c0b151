// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device: relinking.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pathvirt.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "libpathvirt/handle.h"

#define DEVICE	"/dev/" PATHVIRT_DEVICE_NAME

static const char * const reasons[] = {
	[PATHVIRT_WHY_PRIVILEGE] =
		"this needs CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH where the filesystem was mounted",
	[PATHVIRT_WHY_OWNER] =
		"the file is another user's, and special or set-user-ID: this needs CAP_FOWNER",
	[PATHVIRT_WHY_UNMAPPED] =
		"the owner of the file, or root, is nobody on this idmapped mount",
	[PATHVIRT_WHY_DIRECTORY] = "it is a directory",
	[PATHVIRT_WHY_MEMORY] = "it is memory, not a file of a filesystem",
	[PATHVIRT_WHY_NO_LINKS] = "its filesystem has no hard links",
	[PATHVIRT_WHY_NO_RETURN] =
		"its filesystem cannot link a file that has no link left",
	[PATHVIRT_WHY_SILLY] = "NFS has it still, under a name that begins with .nfs",
	[PATHVIRT_WHY_STACKED] =
		"it lies on overlayfs, which gives a first link to regular files only",
	[PATHVIRT_WHY_LOWER] =
		"it lies in a lower layer of overlayfs: copy it, or take it from there",
	[PATHVIRT_WHY_IMMUTABLE] = "the file is immutable: see chattr -i",
	[PATHVIRT_WHY_APPEND] = "the file is append-only: see chattr -a",
	[PATHVIRT_WHY_READ_ONLY] = "the mount is read-only",
	[PATHVIRT_WHY_OTHER_MOUNT] =
		"the directory is not on the mount that the file was opened through",
	[PATHVIRT_WHY_OTHER_VOLUME] =
		"the directory is on another subvolume, project or encryption policy of its filesystem",
	[PATHVIRT_WHY_NAME_EXISTS] = "the name is taken",
	[PATHVIRT_WHY_NO_ROOT_DIR] =
		"the root of its mount is not a directory: say where to",
	[PATHVIRT_WHY_UNSAFE_DIR] = PATHVIRT_RELINK_DIR
		" of its mount is not a directory of root's alone: say where to",
	[PATHVIRT_WHY_BY_NAME] = "its filesystem goes by the names of open files",
	[PATHVIRT_WHY_OPENER] =
		"the device was opened by somebody without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH",
	[PATHVIRT_WHY_VOLUME_GONE] = "its btrfs subvolume was deleted",
	[PATHVIRT_WHY_NO_PARENT] =
		"it is the root of its mount, or outside of it by now",
};

static const char *reason(uint32_t why, int err)
{
	if (why < sizeof(reasons) / sizeof(*reasons) && reasons[why])
		return reasons[why];
	return strerror(-err);
}

static int open_device(struct pv *pv)
{
	int err;

	if (pv->device >= 0)
		return 0;
	pv->device = open(DEVICE, O_RDONLY | O_CLOEXEC);
	if (pv->device >= 0)
		return 0;
	err = -errno;
	return pv_fault_set(&pv->fault, err, "cannot open %s: %s", DEVICE,
			    strerror(-err));
}

static int ask(struct pv *pv, struct pathvirt_relink *relink)
{
	int err = open_device(pv);

	if (err)
		return err;
	relink->size = sizeof(*relink);
	if (!ioctl(pv->device, PATHVIRT_IOC_RELINK, relink))
		return 0;
	err = -errno;
	return pv_fault_set(&pv->fault, err, "%s", reason(relink->why, err));
}

static uint64_t mount_of(int fd)
{
	struct statx statx_;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID,
		  &statx_) ||
	    !(statx_.stx_mask & STATX_MNT_ID))
		return 0;
	return statx_.stx_mnt_id;
}

static int ask_file(struct pv *pv, struct pathvirt_relink *relink,
		    struct pv_relinked *relinked)
{
	int err = ask(pv, relink);

	*relinked = (struct pv_relinked){
		.linked = relink->result == PATHVIRT_RELINK_LINKED,
		.named = relink->result == PATHVIRT_RELINK_NAMED,
		.why = relink->why,
		.inode = relink->ino,
		.dev_major = relink->dev_major,
		.dev_minor = relink->dev_minor,
		.links = relink->nlink,
		.mode = relink->mode,
		.mount = relink->mode ? mount_of(relink->fd) : 0,
		.detached = relink->result == PATHVIRT_RELINK_DETACHED,
	};
	return err;
}

int pv_relink(struct pv *pv, int fd, int dirfd, const char *name,
	      struct pv_relinked *relinked)
{
	struct pathvirt_relink relink = {
		.fd = fd,
		.dirfd = dirfd,
		.name = (uintptr_t)name,
	};

	return ask_file(pv, &relink, relinked);
}

int pv_relink_check(struct pv *pv, int fd, struct pv_relinked *relinked)
{
	struct pathvirt_relink relink = {
		.flags = PATHVIRT_RELINK_CHECK,
		.fd = fd,
		.dirfd = PATHVIRT_RELINK_NO_DIR,
	};

	return ask_file(pv, &relink, relinked);
}

static int ask_dir(struct pv *pv, int fd, uint32_t flags)
{
	struct pathvirt_relink relink = {
		.flags = flags,
		.fd = fd,
		.dirfd = PATHVIRT_RELINK_NO_DIR,
	};

	return ask(pv, &relink) ?: relink.dirfd;
}

int pv_relink_dir(struct pv *pv, int fd)
{
	return ask_dir(pv, fd, PATHVIRT_RELINK_OPEN_DIR);
}

int pv_relink_parent(struct pv *pv, int fd)
{
	return ask_dir(pv, fd, PATHVIRT_RELINK_OPEN_PARENT);
}

int pv_reopen(struct pv *pv, int fd, int dirfd, const char *name)
{
	struct pathvirt_relink relink = {
		.flags = PATHVIRT_RELINK_OPEN_DELETED,
		.fd = fd,
		.dirfd = dirfd,
		.name = (uintptr_t)name,
	};

	return ask(pv, &relink) ?: relink.fd;
}

int pv_reopen_mark(struct pv *pv, int fd, unsigned int flags)
{
	struct pathvirt_relink relink = {
		.flags = PATHVIRT_RELINK_MARK,
		.fd = fd,
		.dirfd = PATHVIRT_RELINK_NO_DIR,
		.open_flags = flags,
	};

	return ask(pv, &relink);
}
