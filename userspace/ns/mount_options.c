// SPDX-License-Identifier: GPL-2.0
/*
 * A mount's own options.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "ns/mount_options.h"

/* Newer than some C libraries. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW	0x00200000
#endif
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW		0x2000
#endif
#ifndef ST_RELATIME
#define ST_RELATIME		4096
#endif

static const struct option_flag {
	const char *name;
	uint64_t attr;
	unsigned long flag;
} option_flags[] = {
	{ "ro", MOUNT_ATTR_RDONLY, ST_RDONLY },
	{ "nosuid", MOUNT_ATTR_NOSUID, ST_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV, ST_NODEV },
	{ "noexec", MOUNT_ATTR_NOEXEC, ST_NOEXEC },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, ST_NODIRATIME },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, ST_NOSYMFOLLOW },
};

bool ns_mount_has_option(const char *options, const char *name)
{
	size_t length = strlen(name);

	for (; *options; options += strcspn(options, ",")) {
		options += *options == ',';
		if (!strncmp(options, name, length) &&
		    (!options[length] || options[length] == ','))
			return true;
	}
	return false;
}

static uint64_t wanted_atime(const char *options)
{
	if (ns_mount_has_option(options, "noatime"))
		return MOUNT_ATTR_NOATIME;
	return ns_mount_has_option(options, "relatime") ?
	       MOUNT_ATTR_RELATIME : MOUNT_ATTR_STRICTATIME;
}

static uint64_t atime_of(unsigned long flags)
{
	if (flags & ST_NOATIME)
		return MOUNT_ATTR_NOATIME;
	return flags & ST_RELATIME ? MOUNT_ATTR_RELATIME :
	       MOUNT_ATTR_STRICTATIME;
}

/*
 * Where the filesystem itself is read-only, one cannot see whether the mount is as
 * well: what was is made so in any case.
 */
static void compare(const char *options, unsigned long flags,
		    struct mount_attr *attr)
{
	size_t i;

	for (i = 0; i < sizeof(option_flags) / sizeof(option_flags[0]); i++) {
		const struct option_flag *option = &option_flags[i];
		bool want = ns_mount_has_option(options, option->name);
		bool sure = option->flag != ST_RDONLY;

		if (want && !(sure && flags & option->flag))
			attr->attr_set |= option->attr;
		else if (!want && flags & option->flag)
			attr->attr_clr |= option->attr;
	}
	if (wanted_atime(options) != atime_of(flags)) {
		attr->attr_clr |= MOUNT_ATTR__ATIME;
		attr->attr_set |= wanted_atime(options);
	}
}

/* Only what differs, as what is tied may not even be touched. */
int ns_mount_set_options(const struct ns_mount *mount)
{
	struct mount_attr attr = { 0 };
	struct statvfs st;

	if (fstatvfs(mount->fd, &st))
		return -errno;
	compare(mount->saved->options, st.f_flag, &attr);
	if (!attr.attr_set && !attr.attr_clr)
		return 0;
	return mount_setattr(mount->fd, "", AT_EMPTY_PATH, &attr,
			     sizeof(attr)) ? -errno : 0;
}
