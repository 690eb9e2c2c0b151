/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pathvirt: per-process path prefix tables, the user-space interface.
 *
 * The generic-netlink family "pathvirt" sets, shows and removes the tables.
 * Its machine-readable description is Documentation/netlink/specs/pathvirt.yaml;
 * a test holds this header and that file against each other.
 *
 * The device /dev/pathvirt has one ioctl, which gives an unlinked open file a
 * name again: %PATHVIRT_IOC_RELINK.
 *
 * All numbers are in host byte order.  All paths are NUL-terminated byte
 * strings of at most PATH_MAX bytes, the NUL included; no encoding is implied.
 */
#ifndef _UAPI_LINUX_PATHVIRT_H
#define _UAPI_LINUX_PATHVIRT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PATHVIRT_FAMILY_NAME	"pathvirt"

/*
 * Version of the protocol below.  It is raised when a client of the older
 * version would be misled; new attributes and commands alone do not raise it.
 */
#define PATHVIRT_FAMILY_VERSION	1

/*
 * Multicast group that receives PATHVIRT_CMD_EVENT.  It tells of all processes, so to
 * join it needs CAP_SYS_ADMIN in the initial user namespace.
 */
#define PATHVIRT_MCGRP_EVENTS	"events"

/* The most rules that one table holds. */
#define PATHVIRT_MAX_RULES	1000000

/*
 * The most bytes that the paths of one table take, ORIGINALs and NEWs, normalised,
 * each with its NUL: 64 MiB, which is 335 bytes for each path of 100,000 rules.
 */
#define PATHVIRT_MAX_TABLE_BYTES	67108864

/*
 * Who may ask.  Where a request needs a privilege, it is needed by who has opened the
 * socket and by who sends.  Any request but %PATHVIRT_CMD_STATUS is refused (-EPERM)
 * where the two differ: the sender must have the user and group numbers that the
 * opener had, in the same user namespace, and no more capabilities; unless both
 * have CAP_SYS_ADMIN in the initial user namespace.  So whoever changes his credentials
 * opens another socket.
 *
 * What the tables of one user take is limited by the parameter user_memory of the
 * module; over it, %PATHVIRT_CMD_STAGE and %PATHVIRT_CMD_SET are refused (-EDQUOT).  A
 * socket with staged rules counts for 64 KiB at least.  Where the parameter unprivileged
 * is off, both need CAP_SYS_ADMIN in the initial user namespace.
 */

/**
 * enum pathvirt_cmd - what can be asked of the family
 *
 * @PATHVIRT_CMD_UNSPEC: never sent
 * @PATHVIRT_CMD_STAGE: append %PATHVIRT_A_RULE attributes, in their order, to
 *	the table that this socket is building.  Nothing takes effect.  The rules
 *	are dropped when the socket is closed or sends %PATHVIRT_CMD_SET.  They are
 *	whose credentials staged them: others can neither add to them nor set them.
 * @PATHVIRT_CMD_SET: attach.  The staged rules followed by the
 *	%PATHVIRT_A_RULE attributes of this message become the process's own
 *	layer, replacing the own layer that it had; layers that it inherited
 *	stay below.  Takes %PATHVIRT_A_PIDFD or %PATHVIRT_A_PID (neither: the
 *	sender itself) and %PATHVIRT_A_FLAGS.  NEWs are looked up, with the
 *	sender's rights and from the root directory of the process; where that
 *	fails (-ENOENT and the like) all of it is refused.
 *	With %PATHVIRT_A_CGROUP_FD, for who has CAP_SYS_ADMIN and CAP_SYS_PTRACE in the
 *	initial user namespace: all processes of the cgroup and of those in it, now and
 *	later, have the table as their outermost layer, until it is removed by
 *	%PATHVIRT_CMD_DEL or the directory is.  It replaces the table that the cgroup had.
 *	Both names of a rule count from the root directory that each process has; NEWs are
 *	looked up from the sender's.
 * @PATHVIRT_CMD_GET: the layers and rules of a process.  It is always a dump:
 *	with %PATHVIRT_A_PID or %PATHVIRT_A_PIDFD the rules of that process, one
 *	or more messages per layer, each with the layer's %PATHVIRT_A_FLAGS if it
 *	has any, and with %PATHVIRT_A_CGROUP if it is a cgroup's; without, one message
 *	for each attached process that the sender may inspect, without rules.  With
 *	%PATHVIRT_A_CGROUP_FD the rules of that cgroup's table; with %PATHVIRT_F_CGROUPS one
 *	message for each cgroup that has one, without rules, with %PATHVIRT_A_CGROUP
 *	and, as %PATHVIRT_A_PATH, where it is in the cgroup namespace of the receiver.  Both
 *	need CAP_SYS_ADMIN in the initial user namespace.
 * @PATHVIRT_CMD_DEL: detach: remove all layers of a process, or of all
 *	processes with %PATHVIRT_F_ALL.  Without CAP_SYS_ADMIN a process can
 *	remove only its own layer.  Layers of cgroups stay, unless
 *	%PATHVIRT_A_CGROUP_FD says whose is to be removed, or with %PATHVIRT_F_ALL.
 * @PATHVIRT_CMD_RESOLVE: where %PATHVIRT_A_PATH, an absolute path as the
 *	process would spell it, leads.  The answer carries %PATHVIRT_A_REAL and,
 *	if a rule matched, %PATHVIRT_A_LAYER and %PATHVIRT_A_INDEX of the
 *	innermost one; and where unions have to do with it (%PATHVIRT_RULE_A_UNDER)
 *	%PATHVIRT_A_FURTHER for each place where it is looked for after that.  Or
 *	the other way round: with %PATHVIRT_A_REAL in the
 *	request the answer carries %PATHVIRT_A_PATH, what the process would call
 *	it.  ".." is taken by name, symbolic links are not followed.  Real paths
 *	are spelled from the root directory that rules are spelled from, the one
 *	that the process had when it was attached; what lies outside of the one
 *	that it has now is -ENOENT.
 * @PATHVIRT_CMD_STATUS: what the module does and how.  Without CAP_SYS_ADMIN in the
 *	initial user namespace nothing is told that says what others do:
 *	%PATHVIRT_A_PROCESSES, %PATHVIRT_A_TABLES, %PATHVIRT_A_ARMED,
 *	%PATHVIRT_A_TRANSLATED and %PATHVIRT_A_CGROUPS are missing.
 * @PATHVIRT_CMD_EVENT: sent to the group "events", never received
 */
enum pathvirt_cmd {
	PATHVIRT_CMD_UNSPEC,
	PATHVIRT_CMD_STAGE,
	PATHVIRT_CMD_SET,
	PATHVIRT_CMD_GET,
	PATHVIRT_CMD_DEL,
	PATHVIRT_CMD_RESOLVE,
	PATHVIRT_CMD_STATUS,
	PATHVIRT_CMD_EVENT,

	__PATHVIRT_CMD_MAX,
#define PATHVIRT_CMD_MAX	(__PATHVIRT_CMD_MAX - 1)
};

/**
 * enum pathvirt_attr - attributes of all messages
 *
 * @PATHVIRT_A_UNSPEC: never sent
 * @PATHVIRT_A_PAD: never sent
 * @PATHVIRT_A_PID: u32, a process (thread group) id.  In requests and replies
 *	as the sender's PID namespace counts; in events as the initial one does.
 * @PATHVIRT_A_PIDFD: s32, a pidfd of the sender's
 * @PATHVIRT_A_FLAGS: u32, bits of enum pathvirt_flags
 * @PATHVIRT_A_RULE: nest of enum pathvirt_rule_attr, repeated, order matters
 * @PATHVIRT_A_LAYER: u32, which layer; 0 is the innermost, looked at first
 * @PATHVIRT_A_LAYERS: u32, how many layers the process has
 * @PATHVIRT_A_RULES: u32, how many rules the layer (or all layers) have
 * @PATHVIRT_A_OWN: flag, the innermost layer was set for this very process,
 *	not inherited
 * @PATHVIRT_A_INDEX: u32, the first rule's place in its layer, from 0
 * @PATHVIRT_A_PATH: string, a virtual path
 * @PATHVIRT_A_REAL: string, the real path
 * @PATHVIRT_A_EVENT: u32, enum pathvirt_event
 * @PATHVIRT_A_PARENT: u32, with %PATHVIRT_EVENT_INHERIT: the process that the
 *	layers came from
 * @PATHVIRT_A_VERSION: string, the module's version
 * @PATHVIRT_A_PROTOCOL: u32, %PATHVIRT_FAMILY_VERSION of the module
 * @PATHVIRT_A_PROCESSES: u32, number of attached processes
 * @PATHVIRT_A_TABLES: u32, number of tables in memory
 * @PATHVIRT_A_ARMED: flag, the hooks are armed
 * @PATHVIRT_A_HOOK: string, the way in: "name" or "walk"
 * @PATHVIRT_A_PROBE: string, how a site is hooked: "direct", "ftrace" or "kprobe"
 * @PATHVIRT_A_SITE: string, repeated: the kernel functions that are hooked
 * @PATHVIRT_A_TRANSLATED: u64, names translated since the module was loaded
 * @PATHVIRT_A_CGROUP_FD: s32, a descriptor of the sender's for the directory of a cgroup,
 *	of the unified hierarchy
 * @PATHVIRT_A_CGROUP: u64, the cgroup that a layer belongs to: the inode number of its
 *	directory
 * @PATHVIRT_A_CGROUPS: u32, number of cgroups with a table
 * @PATHVIRT_A_FURTHER: string, repeated: where it is looked for if %PATHVIRT_A_REAL is
 *	not there, in that order
 */
enum pathvirt_attr {
	PATHVIRT_A_UNSPEC,
	PATHVIRT_A_PAD,
	PATHVIRT_A_PID,
	PATHVIRT_A_PIDFD,
	PATHVIRT_A_FLAGS,
	PATHVIRT_A_RULE,
	PATHVIRT_A_LAYER,
	PATHVIRT_A_LAYERS,
	PATHVIRT_A_RULES,
	PATHVIRT_A_OWN,
	PATHVIRT_A_INDEX,
	PATHVIRT_A_PATH,
	PATHVIRT_A_REAL,
	PATHVIRT_A_EVENT,
	PATHVIRT_A_PARENT,
	PATHVIRT_A_VERSION,
	PATHVIRT_A_PROTOCOL,
	PATHVIRT_A_PROCESSES,
	PATHVIRT_A_TABLES,
	PATHVIRT_A_ARMED,
	PATHVIRT_A_HOOK,
	PATHVIRT_A_PROBE,
	PATHVIRT_A_SITE,
	PATHVIRT_A_TRANSLATED,
	PATHVIRT_A_CGROUP_FD,
	PATHVIRT_A_CGROUP,
	PATHVIRT_A_CGROUPS,
	PATHVIRT_A_FURTHER,

	__PATHVIRT_A_MAX,
#define PATHVIRT_A_MAX		(__PATHVIRT_A_MAX - 1)
};

/**
 * enum pathvirt_rule_attr - inside %PATHVIRT_A_RULE
 *
 * @PATHVIRT_RULE_A_UNSPEC: never sent
 * @PATHVIRT_RULE_A_ORIGINAL: string, absolute, without ".." components
 * @PATHVIRT_RULE_A_NEW: string, absolute, without ".." components
 * @PATHVIRT_RULE_A_UNDER: flag, what NEW lacks is looked for further: by the rules behind
 *	this one, at last at ORIGINAL itself.  It means nothing where ORIGINAL is NEW
 *
 * Trailing "/", "//" and "/./" are normalised by the kernel.
 */
enum pathvirt_rule_attr {
	PATHVIRT_RULE_A_UNSPEC,
	PATHVIRT_RULE_A_ORIGINAL,
	PATHVIRT_RULE_A_NEW,
	PATHVIRT_RULE_A_UNDER,

	__PATHVIRT_RULE_A_MAX,
#define PATHVIRT_RULE_A_MAX	(__PATHVIRT_RULE_A_MAX - 1)
};

/**
 * enum pathvirt_flags - bits of %PATHVIRT_A_FLAGS
 *
 * @PATHVIRT_F_TREE: the existing descendants too; none forked meanwhile escapes
 * @PATHVIRT_F_ALL: every attached process (%PATHVIRT_CMD_DEL only)
 * @PATHVIRT_F_PUSH: add a layer on the inner side, replacing none
 *	(%PATHVIRT_CMD_SET only, not with %PATHVIRT_F_TREE)
 * @PATHVIRT_F_OWN: remove the process's own layer only (%PATHVIRT_CMD_DEL only)
 * @PATHVIRT_F_NO_REVERSE: what the kernel tells the process about paths is not
 *	translated back by this layer (%PATHVIRT_CMD_SET, and told by %PATHVIRT_CMD_GET)
 * @PATHVIRT_F_LATE: NEWs are looked up by name at each use.  They need not be there
 *	yet, may be replaced, and are not kept from being unmounted
 *	(%PATHVIRT_CMD_SET, and told by %PATHVIRT_CMD_GET)
 * @PATHVIRT_F_BY_NAME: the rules count wherever the process spells an ORIGINAL, whatever
 *	its root directory and mount namespace are then, and NEW is looked up there.
 *	Otherwise they hang where ORIGINAL was when they were set
 *	(%PATHVIRT_CMD_SET, and told by %PATHVIRT_CMD_GET)
 * @PATHVIRT_F_CGROUPS: the cgroups that have a table (%PATHVIRT_CMD_GET only)
 */
enum pathvirt_flags {
	PATHVIRT_F_TREE	= 1 << 0,
	PATHVIRT_F_ALL	= 1 << 1,
	PATHVIRT_F_PUSH	= 1 << 2,
	PATHVIRT_F_OWN	= 1 << 3,
	PATHVIRT_F_NO_REVERSE = 1 << 4,
	PATHVIRT_F_LATE	= 1 << 5,
	PATHVIRT_F_BY_NAME = 1 << 6,
	PATHVIRT_F_CGROUPS = 1 << 7,
};

/**
 * enum pathvirt_event - values of %PATHVIRT_A_EVENT
 *
 * @PATHVIRT_EVENT_ATTACH: %PATHVIRT_CMD_SET took effect
 * @PATHVIRT_EVENT_DETACH: %PATHVIRT_CMD_DEL took effect
 * @PATHVIRT_EVENT_INHERIT: an attached process made a child
 * @PATHVIRT_EVENT_EXEC: an attached process executed a new program
 * @PATHVIRT_EVENT_EXIT: an attached process ended
 */
enum pathvirt_event {
	PATHVIRT_EVENT_ATTACH = 1,
	PATHVIRT_EVENT_DETACH,
	PATHVIRT_EVENT_INHERIT,
	PATHVIRT_EVENT_EXEC,
	PATHVIRT_EVENT_EXIT,
};

/* ---- The device ---- */

/*
 * In /dev; mode 0666, but only who has CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH in his own
 * user namespace can open it.
 */
#define PATHVIRT_DEVICE_NAME	"pathvirt"

/* In @dirfd: the default directory, %PATHVIRT_RELINK_DIR of the file's mount. */
#define PATHVIRT_RELINK_NO_DIR	(-1)

/*
 * The default directory, from the root of the mount that the file was opened
 * through.  What is missing of it is made, each level with mode 0700 and owned
 * by root; a level that is there must be a directory of root's that nobody else
 * may write to.
 */
#define PATHVIRT_RELINK_DIR	"lost+found/checkpoint"

/**
 * enum pathvirt_relink_flags - bits of @flags in &struct pathvirt_relink
 *
 * @PATHVIRT_RELINK_OPEN_DIR: make no link, but give a descriptor of the default
 *	directory back in @dirfd, made if it is missing.  It is opened O_RDONLY
 *	and O_CLOEXEC and belongs to the caller.  @fd may be any file of the mount,
 *	a directory too; @dirfd must be %PATHVIRT_RELINK_NO_DIR and @name 0.
 * @PATHVIRT_RELINK_CHECK: make no link, but tell whether the file has its name
 *	(%PATHVIRT_RELINK_NAMED) or could be given one (%PATHVIRT_RELINK_NONE), or
 *	else fail as a link would, as far as that can be told without a directory.
 *	@dirfd must be %PATHVIRT_RELINK_NO_DIR and @name 0.
 * @PATHVIRT_RELINK_OPEN_DELETED: make no link, but give a descriptor of the file
 *	back in @fd whose path is that of @name in the directory @dirfd, as if the
 *	file had been unlinked there: with " (deleted)" behind it, as /proc shows
 *	it.  The directory is not touched, nor what has the name now.  It must be on
 *	the mount that the file was opened through, and need not be linked any more;
 *	directories below it that are gone are part of @name, with "/" between them.
 *	The descriptor is opened O_PATH and O_CLOEXEC and belongs to the caller, who
 *	can open it by way of /proc/self/fd.  The file lives as long as it is open.
 * @PATHVIRT_RELINK_OPEN_PARENT: make no link, but give a descriptor of the directory
 *	that the file lay in when it was opened, or was moved to since, back in
 *	@dirfd.  It may have been removed: then it is as it was, for as long as the
 *	file is open, and so are those above it, by "..".  It is opened O_PATH and
 *	O_CLOEXEC and belongs to the caller; @dirfd must be %PATHVIRT_RELINK_NO_DIR
 *	and @name 0.
 * @PATHVIRT_RELINK_MARK: make no link, but have @fd tell (F_GETFL, fdinfo) that it was
 *	opened with those of O_DIRECTORY, O_NOFOLLOW and O_TMPFILE that @open_flags
 *	has, which mean nothing once a file is open.  Opened by way of /proc/self/fd it
 *	cannot have been.  @dirfd must be %PATHVIRT_RELINK_NO_DIR and @name 0.
 */
enum pathvirt_relink_flags {
	PATHVIRT_RELINK_OPEN_DIR = 1 << 0,
	PATHVIRT_RELINK_CHECK = 1 << 1,
	PATHVIRT_RELINK_OPEN_DELETED = 1 << 2,
	PATHVIRT_RELINK_OPEN_PARENT = 1 << 3,
	PATHVIRT_RELINK_MARK = 1 << 4,
};

/**
 * enum pathvirt_relink_result - values of @result in &struct pathvirt_relink
 *
 * @PATHVIRT_RELINK_NONE: no link was made: the call failed, or none was asked for
 *	(any of enum pathvirt_relink_flags)
 * @PATHVIRT_RELINK_LINKED: the file has the name that was asked for
 * @PATHVIRT_RELINK_NAMED: the name that the file was opened by is still there, or is
 *	there again, so it was given no other.  It is not there if a directory above
 *	it was removed.  A directory has this with EISDIR.
 * @PATHVIRT_RELINK_DETACHED: no link was made; the name is there, but the mount was
 *	detached, so it leads to the file only where the filesystem is mounted
 *	elsewhere.  @dev_major and @dev_minor are as mountinfo has them then
 */
enum pathvirt_relink_result {
	PATHVIRT_RELINK_NONE,
	PATHVIRT_RELINK_LINKED,
	PATHVIRT_RELINK_NAMED,
	PATHVIRT_RELINK_DETACHED,
};

/**
 * enum pathvirt_relink_why - values of @why in &struct pathvirt_relink
 *
 * @PATHVIRT_WHY_NONE: the call succeeded, or errno says it all
 * @PATHVIRT_WHY_PRIVILEGE: EPERM: CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH in the
 *	user namespace of the filesystem is missing
 * @PATHVIRT_WHY_OWNER: EPERM: it is a special, set-user-ID or set-group-ID file
 *	of somebody else's, and CAP_FOWNER is missing.  As with link() under
 *	fs.protected_hardlinks, whatever that is set to.
 * @PATHVIRT_WHY_UNMAPPED: EOVERFLOW: the owner of the file, or root, is nobody
 *	on this idmapped mount
 * @PATHVIRT_WHY_DIRECTORY: EISDIR: the file is a directory
 * @PATHVIRT_WHY_MEMORY: EOPNOTSUPP: it lies on no filesystem that has names
 *	(memfd, shared memory, pipe, ...), or on hugetlbfs
 * @PATHVIRT_WHY_NO_LINKS: EOPNOTSUPP: the filesystem has no hard links
 * @PATHVIRT_WHY_NO_RETURN: EOPNOTSUPP: the filesystem cannot link what has no
 *	link left: it has no O_TMPFILE either
 * @PATHVIRT_WHY_SILLY: EOPNOTSUPP: the NFS client has renamed the file, to a name
 *	that begins with ".nfs"
 * @PATHVIRT_WHY_STACKED: EOPNOTSUPP: it is no regular file, has no link left, and is on
 *	overlayfs; it can be made again
 * @PATHVIRT_WHY_LOWER: ENOLINK: overlayfs never copied the file up; what there is
 *	of it lies in a lower layer
 * @PATHVIRT_WHY_IMMUTABLE: EPERM: the file is immutable
 * @PATHVIRT_WHY_APPEND: EPERM: the file is append-only
 * @PATHVIRT_WHY_READ_ONLY: EROFS: the mount or the filesystem is
 * @PATHVIRT_WHY_OTHER_MOUNT: EXDEV: the directory is not on the mount that the
 *	file was opened through
 * @PATHVIRT_WHY_OTHER_VOLUME: EXDEV: the filesystem makes no link between the two:
 *	another subvolume, project or encryption policy
 * @PATHVIRT_WHY_NAME_EXISTS: EEXIST: the directory has that name already
 * @PATHVIRT_WHY_NO_ROOT_DIR: ENOTDIR: the mount's root is no directory, so there
 *	is no default one
 * @PATHVIRT_WHY_UNSAFE_DIR: ENOTDIR or EACCES: in the place of the default
 *	directory, or of its parent, is something else, or it is not root's alone
 * @PATHVIRT_WHY_BY_NAME: EOPNOTSUPP: the filesystem goes by the names of open files
 *	(overlayfs before 6.5, and for files that are in a lower layer; network
 *	filesystems), so %PATHVIRT_RELINK_OPEN_DELETED cannot give this one another
 * @PATHVIRT_WHY_OPENER: EPERM: whoever has opened the device lacks one of the two
 *	capabilities, though the caller may have them
 * @PATHVIRT_WHY_VOLUME_GONE: EXDEV: the btrfs subvolume of the file was deleted; no
 *	link can be made in it or out of it
 * @PATHVIRT_WHY_NO_PARENT: ENOENT: the file is the root of its mount, or lies outside of
 *	it by now, so it has no directory there
 */
enum pathvirt_relink_why {
	PATHVIRT_WHY_NONE,
	PATHVIRT_WHY_PRIVILEGE,
	PATHVIRT_WHY_OWNER,
	PATHVIRT_WHY_UNMAPPED,
	PATHVIRT_WHY_DIRECTORY,
	PATHVIRT_WHY_MEMORY,
	PATHVIRT_WHY_NO_LINKS,
	PATHVIRT_WHY_NO_RETURN,
	PATHVIRT_WHY_SILLY,
	PATHVIRT_WHY_STACKED,
	PATHVIRT_WHY_LOWER,
	PATHVIRT_WHY_IMMUTABLE,
	PATHVIRT_WHY_APPEND,
	PATHVIRT_WHY_READ_ONLY,
	PATHVIRT_WHY_OTHER_MOUNT,
	PATHVIRT_WHY_OTHER_VOLUME,
	PATHVIRT_WHY_NAME_EXISTS,
	PATHVIRT_WHY_NO_ROOT_DIR,
	PATHVIRT_WHY_UNSAFE_DIR,
	PATHVIRT_WHY_BY_NAME,
	PATHVIRT_WHY_OPENER,
	PATHVIRT_WHY_VOLUME_GONE,
	PATHVIRT_WHY_NO_PARENT,
};

/**
 * struct pathvirt_relink - the argument of %PATHVIRT_IOC_RELINK
 *
 * @size: in: the size of the structure that the caller knows, in bytes; at least
 *	%PATHVIRT_RELINK_SIZE_VER0.  Members that the kernel does not know must
 *	be 0 (otherwise E2BIG); those that the caller does not know count as 0.
 * @flags: in: bits of enum pathvirt_relink_flags
 * @fd: in: a descriptor of the file; O_PATH will do, and stays the caller's.  Out:
 *	see %PATHVIRT_RELINK_OPEN_DELETED
 * @dirfd: in: a descriptor of the directory, O_PATH will do, or
 *	%PATHVIRT_RELINK_NO_DIR.  Out: see %PATHVIRT_RELINK_OPEN_DIR
 * @name: in: pointer to the name in the directory, NUL-terminated, without "/",
 *	not "." or ".."; with %PATHVIRT_RELINK_OPEN_DELETED several such names may
 *	be joined by "/"
 * @result: out: enum pathvirt_relink_result
 * @why: out, also where the call fails: enum pathvirt_relink_why
 * @ino: out: the file's inode number, as stat() tells it
 * @dev_major: out: its device
 * @dev_minor: out: its device
 * @nlink: out: its link count before
 * @mode: out: its type and mode
 * @open_flags: in: flags of open(), with %PATHVIRT_RELINK_MARK; otherwise 0
 * @reserved: in: 0
 *
 * All of it since version 0.1.  The out members hold 0 where the kernel does not
 * come to them.  The mount is that of @fd: ask statx() for it.
 */
struct pathvirt_relink {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__s32 dirfd;
	__aligned_u64 name;
	__u32 result;
	__u32 why;
	__u64 ino;
	__u32 dev_major;
	__u32 dev_minor;
	__u32 nlink;
	__u32 mode;
	__u32 open_flags;
	__u32 reserved;
};

#define PATHVIRT_RELINK_SIZE_VER0	56	/* without open_flags */
#define PATHVIRT_RELINK_SIZE_VER1	64

/**
 * PATHVIRT_IOC_RELINK - give an unlinked open file a name again
 *
 * Makes a hard link to the file behind a descriptor, with every check that
 * link() makes and two more: the caller needs CAP_DAC_OVERRIDE and
 * CAP_DAC_READ_SEARCH in the user namespace of the filesystem, and so does whoever
 * has opened the device.  The file may have no link left.  A name that exists is
 * never overwritten.  Nothing is synced.
 *
 * Errors, besides those of enum pathvirt_relink_why: EINVAL (unknown flag, bad
 * name, too small a structure), E2BIG, EFAULT, EBADF, ENOTDIR (@dirfd is none),
 * ENAMETOOLONG, EINTR, and what the filesystem and the security modules say to a
 * link: EACCES, EDQUOT, EIO, EMLINK, ENOENT (the directory is gone), ENOSPC,
 * EPERM, ...  Where the result cannot be written back (EFAULT) a link may have
 * been made; otherwise a call that failed made none.
 */
#define PATHVIRT_IOC_RELINK	_IO(0xD7, 0x01)

#endif /* _UAPI_LINUX_PATHVIRT_H */
