// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/pathvirt and its ioctl.
 *
 * Nobody else knows the structure that the ioctl takes: it is checked and taken
 * apart here, and here the answer is put into it.  Whoever has the device open
 * holds the module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "relink/default_dir.h"
#include "relink/deleted.h"
#include "relink/device.h"
#include "relink/link.h"
#include "relink/lock.h"

static_assert(offsetof(struct pathvirt_relink, open_flags) ==
	      PATHVIRT_RELINK_SIZE_VER0);
static_assert(sizeof(struct pathvirt_relink) == PATHVIRT_RELINK_SIZE_VER1);

/* The directory behind a descriptor, to be given to path_put(). */
static int pv_device_get_dir(int dirfd, struct path *dir)
{
	struct file *given = fget_raw(dirfd);
	int err = 0;

	if (!given)
		return -EBADF;
	if (!d_is_dir(given->f_path.dentry)) {
		err = -ENOTDIR;
	} else {
		*dir = given->f_path;
		path_get(dir);
	}
	fput(given);
	return err;
}

static int pv_device_read_only(struct pv_relinked *done)
{
	done->why = PATHVIRT_WHY_READ_ONLY;
	return -EROFS;
}

static int pv_device_want_write(const struct path *file,
				struct pv_relinked *done)
{
	int err = mnt_want_write(file->mnt);

	/* Where nobody else says EROFS. */
	return err == -EROFS ? pv_device_read_only(done) : err;
}

/* With @file locked. */
static int pv_device_link(const struct path *file, int dirfd, const char *name,
			  struct pv_relinked *done)
{
	struct path dir;
	int err;

	err = pv_device_want_write(file, done);
	if (err)
		return err;
	if (dirfd == PATHVIRT_RELINK_NO_DIR)
		err = pv_default_dir_get(file, &dir, done);
	else
		err = pv_device_get_dir(dirfd, &dir);
	if (err)
		goto drop;
	err = pv_relink_link(file, &dir, name, done);
	path_put(&dir);
drop:
	mnt_drop_write(file->mnt);
	return err;
}

/* Without @name: look what would become of it, and wait for no thaw. */
static int pv_device_relink(const struct path *file, int dirfd,
			    const char *name, struct pv_relinked *done)
{
	struct pv_inode_lock lock;
	int err;

	err = pv_relink_privileged(file, done);
	if (!err)
		err = pv_relink_check(file, done);
	if (err || done->result == PATHVIRT_RELINK_NAMED)
		return err;
	if (!name)
		return __mnt_is_readonly(file->mnt) ? pv_device_read_only(done)
						    : 0;
	err = pv_inode_lock(&lock, file->dentry);
	if (err)
		return err;
	err = pv_device_link(file, dirfd, name, done);
	pv_inode_unlock(&lock);
	return err;
}

/* The default directory on the mount of @file, opened. */
static struct file *pv_device_open_dir(const struct path *file,
				       struct pv_relinked *done)
{
	struct file *opened;
	struct path dir;
	int err;

	err = pv_relink_privileged(file, done);
	if (!err)
		err = pv_device_want_write(file, done);
	if (err)
		return ERR_PTR(err);
	err = pv_default_dir_get(file, &dir, done);
	mnt_drop_write(file->mnt);
	if (err)
		return ERR_PTR(err);
	opened = pv_default_dir_open(&dir);
	path_put(&dir);
	return opened;
}

/* The directory that @file lay in. */
static struct file *pv_device_open_parent(const struct path *file,
					  struct pv_relinked *done)
{
	int err = pv_relink_privileged(file, done);

	return err ? ERR_PTR(err) : pv_relink_open_parent(file, done);
}

static int pv_device_answer(void __user *to, struct pathvirt_relink *ask,
			    const struct pv_relinked *done, u32 size)
{
	ask->result = done->result;
	ask->why = done->why;
	ask->ino = done->stat.ino;
	ask->dev_major = MAJOR(done->stat.dev);
	ask->dev_minor = MINOR(done->stat.dev);
	ask->nlink = done->stat.nlink;
	ask->mode = done->stat.mode;
	if (copy_to_user(to, ask, min_t(u32, size, sizeof(*ask))))
		return -EFAULT;
	return 0;
}

/*
 * What relinking asks of the caller, it asks of who has opened the device as well, who
 * may have given it to a program that can do more.
 */
static bool pv_device_opener_may(const struct file *device,
				 const struct file *file)
{
	struct user_namespace *ns = file_inode(file)->i_sb->s_user_ns;

	return file_ns_capable(device, ns, CAP_DAC_OVERRIDE) &&
	       file_ns_capable(device, ns, CAP_DAC_READ_SEARCH);
}

static int pv_device_refuse(void __user *to, struct pathvirt_relink *ask,
			    u32 size)
{
	const struct pv_relinked done = { .why = PATHVIRT_WHY_OPENER };

	return pv_device_answer(to, ask, &done, size) ?: -EPERM;
}

/* One name or, where a @path is allowed, several. */
static bool pv_device_name_sane(const char *name, bool path)
{
	for (;;) {
		size_t length = strcspn(name, "/");

		if (!length || (length <= 2 && !strncmp(name, "..", length)))
			return false;
		if (!name[length])
			return true;
		if (!path)
			return false;
		name += length + 1;
	}
}

/* A string to be given to kfree(); NULL where no link is to be made. */
static char *pv_device_name(const struct pathvirt_relink *ask)
{
	bool path = ask->flags & PATHVIRT_RELINK_OPEN_DELETED;
	char *name;

	if (ask->flags & PATHVIRT_RELINK_CHECK)
		return NULL;
	name = strndup_user(u64_to_user_ptr(ask->name), NAME_MAX + 1);
	if (IS_ERR(name))
		return PTR_ERR(name) == -EINVAL ? ERR_PTR(-ENAMETOOLONG) : name;
	if (pv_device_name_sane(name, path))
		return name;
	kfree(name);
	return ERR_PTR(-EINVAL);
}

/* The file, with a path where it is not. */
static struct file *pv_device_open_deleted(const struct path *file,
					   const struct pathvirt_relink *ask,
					   struct pv_relinked *done)
{
	struct file *opened;
	struct path dir;
	char *name;
	int err;

	err = pv_relink_privileged(file, done);
	if (err)
		return ERR_PTR(err);
	name = pv_device_name(ask);
	if (IS_ERR(name))
		return ERR_CAST(name);
	err = pv_device_get_dir(ask->dirfd, &dir);
	if (err) {
		opened = ERR_PTR(err);
	} else {
		opened = pv_deleted_open(file, &dir, name, done);
		path_put(&dir);
	}
	kfree(name);
	return opened;
}

static struct file *pv_device_open_what(const struct path *file,
					const struct pathvirt_relink *ask,
					struct pv_relinked *done)
{
	switch (ask->flags) {
	case PATHVIRT_RELINK_OPEN_DIR:
		return pv_device_open_dir(file, done);
	case PATHVIRT_RELINK_OPEN_PARENT:
		return pv_device_open_parent(file, done);
	default:
		return pv_device_open_deleted(file, ask, done);
	}
}

/* A descriptor is seen by the caller's other threads once it is installed. */
static int pv_device_open(void __user *to, struct pathvirt_relink *ask,
			  const struct path *file, u32 size)
{
	bool dir = ask->flags != PATHVIRT_RELINK_OPEN_DELETED;
	struct pv_relinked done = { };
	struct file *opened;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	opened = pv_device_open_what(file, ask, &done);
	err = PTR_ERR_OR_ZERO(opened);
	if (!err)
		*(dir ? &ask->dirfd : &ask->fd) = fd;
	err = pv_device_answer(to, ask, &done, size) ?: err;
	if (!err) {
		fd_install(fd, opened);
		return 0;
	}
	if (!IS_ERR(opened))
		fput(opened);
	put_unused_fd(fd);
	return err;
}

static int pv_device_file(void __user *to, struct pathvirt_relink *ask,
			  const struct path *file, u32 size)
{
	struct pv_relinked done = { };
	char *name = pv_device_name(ask);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	/* An answer that cannot be given is found out before the act. */
	err = pv_device_answer(to, ask, &done, size);
	if (!err) {
		err = pv_device_relink(file, ask->dirfd, name, &done);
		err = pv_device_answer(to, ask, &done, size) ?: err;
	}
	kfree(name);
	return err;
}

/* What says how a file was found, and is kept for those who ask. */
#define PV_DEVICE_MARKS	(O_DIRECTORY | O_NOFOLLOW | O_TMPFILE)

static int pv_device_mark(void __user *to, struct pathvirt_relink *ask,
			  struct file *file, u32 size)
{
	struct pv_relinked done = { };
	int err = pv_relink_privileged(&file->f_path, &done);

	if (!err) {
		spin_lock(&file->f_lock);
		file->f_flags |= ask->open_flags;
		spin_unlock(&file->f_lock);
	}
	return pv_device_answer(to, ask, &done, size) ?: err;
}

/* Known flags, one at a time, and what goes with them. */
static bool pv_device_sane(const struct pathvirt_relink *ask)
{
	if (ask->reserved ||
	    ask->open_flags & ~(ask->flags == PATHVIRT_RELINK_MARK ?
				PV_DEVICE_MARKS : 0))
		return false;
	switch (ask->flags) {
	case 0:
	case PATHVIRT_RELINK_OPEN_DELETED:
		return true;
	case PATHVIRT_RELINK_MARK:
	case PATHVIRT_RELINK_OPEN_DIR:
	case PATHVIRT_RELINK_OPEN_PARENT:
	case PATHVIRT_RELINK_CHECK:
		return ask->dirfd == PATHVIRT_RELINK_NO_DIR && !ask->name;
	default:
		return false;
	}
}

static long pv_device_ioctl(struct file *device, unsigned int cmd,
			    unsigned long arg)
{
	void __user *to = (void __user *)arg;
	struct pathvirt_relink ask;
	struct file *file;
	u32 size;
	int err;

	if (cmd != PATHVIRT_IOC_RELINK)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)to))
		return -EFAULT;
	if (size < PATHVIRT_RELINK_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&ask, sizeof(ask), to, size);
	if (err)
		return err;
	if (!pv_device_sane(&ask))
		return -EINVAL;
	file = fget_raw(ask.fd);
	if (!file)
		return -EBADF;
	if (!pv_device_opener_may(device, file))
		err = pv_device_refuse(to, &ask, size);
	else if (ask.flags == PATHVIRT_RELINK_MARK)
		err = pv_device_mark(to, &ask, file, size);
	else if (ask.flags & (PATHVIRT_RELINK_OPEN_DIR |
			      PATHVIRT_RELINK_OPEN_PARENT |
			      PATHVIRT_RELINK_OPEN_DELETED))
		err = pv_device_open(to, &ask, &file->f_path, size);
	else
		err = pv_device_file(to, &ask, &file->f_path, size);
	fput(file);
	return err;
}

/*
 * The device is for root of any user namespace, who may have filesystems of his own: what
 * may be done to which file is asked of each call.  Others have no use for it, so they do
 * not hold the module by it.
 */
static int pv_device_opened(struct inode *inode, struct file *device)
{
	struct user_namespace *ns = device->f_cred->user_ns;

	if (file_ns_capable(device, ns, CAP_DAC_OVERRIDE) &&
	    file_ns_capable(device, ns, CAP_DAC_READ_SEARCH))
		return 0;
	return -EACCES;
}

static const struct file_operations pv_device_fops = {
	.owner		= THIS_MODULE,
	.open		= pv_device_opened,
	.unlocked_ioctl	= pv_device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice pv_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= PATHVIRT_DEVICE_NAME,
	.fops	= &pv_device_fops,
	.mode	= 0666,
};

/**
 * pv_device_init - offer the device
 *
 * Context: module load, as the last step: it can be used from here on.
 * Return: 0 or a negative errno; then the kernel log says why.
 */
int __init pv_device_init(void)
{
	int err;

	pv_inode_locks_init();
	err = misc_register(&pv_device);
	if (err)
		pr_err("cannot load: no device %s (%d)\n", PATHVIRT_DEVICE_NAME,
		       err);
	return err;
}

/**
 * pv_device_uninit - undo pv_device_init()
 *
 * Context: module unload: nobody has the device open.
 */
void pv_device_uninit(void)
{
	misc_deregister(&pv_device);
}
