/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "manifest/holder.h"

/*
 * The manifest: what a relink has made, and all that a restart needs to reopen
 * it.  One JSON object, see pvadm-relink(8).  A path that is not valid UTF-8 has a second
 * member, its name with "_hex" behind, which has all its bytes and is believed.
 *
 * Behind each structure stands what of it is in the file (base/schema.h), for schema.c: so a
 * new member is a line in both, here, and one where it is known, mostly relink/record.c.
 */
#define MANIFEST_FORMAT		"pathvirt-manifest"
#define MANIFEST_VERSION	1

/* How a file was given its new path. */
enum manifest_method {
	MANIFEST_LINK,		/* a hard link */
	MANIFEST_COPY,		/* a copy of its contents */
	MANIFEST_MKDIR,		/* a directory, made again */
	MANIFEST_MKNOD,		/* a FIFO, socket or device node, made again */
	MANIFEST_SYMLINK,	/* a symbolic link, made again */
	MANIFEST_KEPT,		/* it still has its name: nothing was made */
};

/*
 * struct manifest_inode - which file
 *
 * @dev_major: device, as stat() tells it
 * @dev_minor: likewise
 * @inode: inode number
 * @born: when it was made, in ns since the epoch; 0 if its filesystem does not
 *	tell.  It tells a file from a later one with the same number.
 */
struct manifest_inode {
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t inode;
	int64_t born;
};

#define MANIFEST_INODE_FIELDS									\
	{ "device", SCHEMA_DEVICE, SCHEMA_AT(struct manifest_inode, dev_major) },		\
	{ "inode", SCHEMA_NUMBER, .most = UINT64_MAX,						\
	  SCHEMA_AT(struct manifest_inode, inode) },						\
	{ "born", SCHEMA_NUMBER, true, .most = INT64_MAX,					\
	  SCHEMA_AT(struct manifest_inode, born) },

/*
 * struct manifest_mount - a mount that files were opened through
 *
 * @id: as in mountinfo and fdinfo
 * @point: where it is mounted, as pvadm, or else the process, sees it; NULL if
 *	neither does
 * @root: which directory of the filesystem it shows; NULL as @point
 * @source: the device or what stands for it; NULL if not told
 * @fstype: the filesystem's type; NULL as @point
 * @fsid: the filesystem's own number, from statfs(); 0 if it has none
 * @dev_major: device
 * @dev_minor: likewise
 */
struct manifest_mount {
	uint64_t id;
	char *point;
	char *root;
	char *source;
	char *fstype;
	uint64_t fsid;
	uint32_t dev_major;
	uint32_t dev_minor;
};

#define MANIFEST_MOUNT_FIELDS									\
	{ "id", SCHEMA_NUMBER, .most = UINT64_MAX, SCHEMA_AT(struct manifest_mount, id) },	\
	{ "device", SCHEMA_DEVICE, SCHEMA_AT(struct manifest_mount, dev_major) },		\
	{ "point", SCHEMA_PATH, true, SCHEMA_AT(struct manifest_mount, point) },		\
	{ "root", SCHEMA_BYTES, true, SCHEMA_AT(struct manifest_mount, root) },			\
	{ "source", SCHEMA_BYTES, true, SCHEMA_AT(struct manifest_mount, source) },		\
	{ "fstype", SCHEMA_BYTES, true, SCHEMA_AT(struct manifest_mount, fstype) },		\
	{ "fsid", SCHEMA_NUMBER, true, .most = UINT64_MAX,					\
	  SCHEMA_AT(struct manifest_mount, fsid) },

/*
 * struct manifest_place - a name that was made
 *
 * @made: what lies there
 * @mount: the @id of a struct manifest_mount
 * @from_root: path from the root of the mount, beginning with "/"
 * @path: path in pvadm's own mount namespace; NULL if there was none
 */
struct manifest_place {
	struct manifest_inode made;
	uint64_t mount;
	char *from_root;
	char *path;
};

#define MANIFEST_PLACE_FIELDS									\
	{ "", SCHEMA_INLINE, .of = &inode_schema,						\
	  SCHEMA_AT(struct manifest_place, made) },						\
	{ "mount", SCHEMA_NUMBER, .most = UINT64_MAX,						\
	  SCHEMA_AT(struct manifest_place, mount) },						\
	{ "path_from_mount", SCHEMA_PATH, SCHEMA_AT(struct manifest_place, from_root) },	\
	{ "path", SCHEMA_PATH, true, SCHEMA_AT(struct manifest_place, path) },

/*
 * struct manifest_holder - who holds a file, and how
 *
 * @by: process, thread, descriptor.  Descriptors of different @by.tid are of
 *	different tables.  @by.path, where the file lay for this holder if not where
 *	its @original_path says, is the manifest's.
 * @flags: flags of open(), without O_CLOEXEC; for descriptors only, as all below
 * @cloexec: the descriptor is closed by exec
 * @offset: where it reads and writes next
 * @open_file: descriptors with the same number, of the same or different
 *	processes, share one open file description, and so @flags and @offset; 0
 *	if the kernel does not tell
 */
struct manifest_holder {
	struct holder by;
	uint32_t flags;
	bool cloexec;
	uint64_t offset;
	uint32_t open_file;
};

#define MANIFEST_HOLDER_FIELDS									\
	{ "pid", SCHEMA_NUMBER, .least = 1, .most = INT_MAX,					\
	  SCHEMA_AT(struct manifest_holder, by.pid) },						\
	{ "tid", SCHEMA_NUMBER, .least = 1, .most = INT_MAX,					\
	  SCHEMA_AT(struct manifest_holder, by.tid) },						\
	{ "original_path", SCHEMA_BYTES, true,							\
	  SCHEMA_AT(struct manifest_holder, by.path) },						\
	{ "how", SCHEMA_WORD, .word = hold_word,						\
	  SCHEMA_AT(struct manifest_holder, by.how) },						\
	{ "fd", SCHEMA_NUMBER, .most = INT_MAX, .present = is_descriptor,			\
	  SCHEMA_AT(struct manifest_holder, by.fd) },						\
	{ "flags", SCHEMA_NUMBER, .most = UINT32_MAX, .present = is_descriptor,			\
	  SCHEMA_AT(struct manifest_holder, flags) },						\
	{ "cloexec", SCHEMA_BOOL, .present = is_descriptor,					\
	  SCHEMA_AT(struct manifest_holder, cloexec) },						\
	{ "offset", SCHEMA_NUMBER, .most = INT64_MAX, .present = is_descriptor,			\
	  SCHEMA_AT(struct manifest_holder, offset) },						\
	{ "open_file", SCHEMA_NUMBER, true, .least = 1, .most = UINT32_MAX,			\
	  .present = is_descriptor, SCHEMA_AT(struct manifest_holder, open_file) },

/*
 * struct manifest_file - a file that was relinked, or kept
 *
 * @method: how
 * @was: the file that the processes hold
 * @mode: its type and mode
 * @uid: its owner
 * @gid: its group
 * @links: its link count before
 * @size: in bytes
 * @original_path: where it lay, as the kernel told pvadm
 * @mount: the @id of the mount it was opened through
 * @place: where it is now; without meaning where @method is MANIFEST_KEPT
 * @holders: at least one
 * @holder_count: how many
 * @moved: not in the file: manifest_relocate() has found that it is a copy by now, so that its
 *	inode tells nothing
 */
struct manifest_file {
	enum manifest_method method;
	struct manifest_inode was;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t links;
	uint64_t size;
	char *original_path;
	uint64_t mount;
	struct manifest_place place;
	struct manifest_holder *holders;
	size_t holder_count;
	bool moved;
};

#define MANIFEST_FILE_FIELDS									\
	{ "method", SCHEMA_WORD, .word = method_word,						\
	  SCHEMA_AT(struct manifest_file, method) },						\
	{ "mode", SCHEMA_NUMBER, .most = 0177777, SCHEMA_AT(struct manifest_file, mode) },	\
	{ "type", SCHEMA_DERIVED, .derived = type_of_file },					\
	{ "original_path", SCHEMA_BYTES, SCHEMA_AT(struct manifest_file, original_path) },	\
	{ "new", SCHEMA_OBJECT, .of = &place_schema, .present = has_place,			\
	  SCHEMA_AT(struct manifest_file, place) },						\
	{ "", SCHEMA_INLINE, .of = &inode_schema, SCHEMA_AT(struct manifest_file, was) },	\
	{ "uid", SCHEMA_NUMBER, .most = UINT32_MAX,						\
	  SCHEMA_AT(struct manifest_file, uid) },						\
	{ "gid", SCHEMA_NUMBER, .most = UINT32_MAX,						\
	  SCHEMA_AT(struct manifest_file, gid) },						\
	{ "links", SCHEMA_NUMBER, .most = UINT32_MAX,						\
	  SCHEMA_AT(struct manifest_file, links) },						\
	{ "size", SCHEMA_NUMBER, .most = INT64_MAX,						\
	  SCHEMA_AT(struct manifest_file, size) },						\
	{ "mount", SCHEMA_NUMBER, .most = UINT64_MAX,						\
	  SCHEMA_AT(struct manifest_file, mount) },						\
	{ "holders", SCHEMA_LIST, .of = &holder_schema, .least = 1,				\
	  SCHEMA_AT(struct manifest_file, holders),						\
	  .count = offsetof(struct manifest_file, holder_count) },

/*
 * struct manifest_skipped - an open file that was not relinked
 *
 * @was: which
 * @mode: its type and mode
 * @size: in bytes
 * @original_path: as the kernel told pvadm
 * @reason: why not, in words
 * @failed: it was to be relinked, and could not be; otherwise it is memory, no
 *	file of a filesystem
 * @holders: at least one
 * @holder_count: how many
 */
struct manifest_skipped {
	struct manifest_inode was;
	uint32_t mode;
	uint64_t size;
	char *original_path;
	char *reason;
	bool failed;
	struct manifest_holder *holders;
	size_t holder_count;
};

#define MANIFEST_SKIPPED_FIELDS									\
	{ "reason", SCHEMA_BYTES, SCHEMA_AT(struct manifest_skipped, reason) },			\
	{ "failed", SCHEMA_BOOL, SCHEMA_AT(struct manifest_skipped, failed) },			\
	{ "mode", SCHEMA_NUMBER, .most = 0177777,						\
	  SCHEMA_AT(struct manifest_skipped, mode) },						\
	{ "type", SCHEMA_DERIVED, .derived = type_of_skipped },					\
	{ "original_path", SCHEMA_BYTES,							\
	  SCHEMA_AT(struct manifest_skipped, original_path) },					\
	{ "", SCHEMA_INLINE, .of = &inode_schema,						\
	  SCHEMA_AT(struct manifest_skipped, was) },						\
	{ "size", SCHEMA_NUMBER, .most = INT64_MAX,						\
	  SCHEMA_AT(struct manifest_skipped, size) },						\
	{ "holders", SCHEMA_LIST, .of = &holder_schema, .least = 1,				\
	  SCHEMA_AT(struct manifest_skipped, holders),						\
	  .count = offsetof(struct manifest_skipped, holder_count) },

/*
 * struct manifest - all of it
 *
 * @id: the checkpoint's; letters, digits and "-"
 * @time: when, in seconds since the epoch
 * @pids: the processes that were asked for, the first one first
 * @mounts: each that a file or directory was on
 * @directories: those that were made to hold the files, outer ones first
 * @files: what was relinked.  Of directories that were made again, outer ones
 *	come first.
 * @skipped: what was not
 */
struct manifest {
	char *id;
	int64_t time;
	pid_t *pids;
	size_t pid_count;
	struct manifest_mount *mounts;
	size_t mount_count;
	struct manifest_place *directories;
	size_t directory_count;
	struct manifest_file *files;
	size_t file_count;
	struct manifest_skipped *skipped;
	size_t skipped_count;
};

#define MANIFEST_FIELDS										\
	{ "format", SCHEMA_FORMAT, .text = MANIFEST_FORMAT },					\
	{ "version", SCHEMA_VERSION, .least = 1, .most = MANIFEST_VERSION },			\
	{ "id", SCHEMA_BYTES, SCHEMA_AT(struct manifest, id) },					\
	{ "time", SCHEMA_NUMBER, .most = INT64_MAX, SCHEMA_AT(struct manifest, time) },		\
	{ "pids", SCHEMA_LIST, .what = "a process number", .least = 1,				\
	  SCHEMA_AT(struct manifest, pids),							\
	  .count = offsetof(struct manifest, pid_count) },					\
	{ "mounts", SCHEMA_LIST, .of = &mount_schema, SCHEMA_AT(struct manifest, mounts),	\
	  .count = offsetof(struct manifest, mount_count) },					\
	{ "directories", SCHEMA_LIST, .of = &place_schema,					\
	  SCHEMA_AT(struct manifest, directories),						\
	  .count = offsetof(struct manifest, directory_count) },				\
	{ "files", SCHEMA_LIST, .of = &file_schema, SCHEMA_AT(struct manifest, files),		\
	  .count = offsetof(struct manifest, file_count) },					\
	{ "skipped", SCHEMA_LIST, .of = &skipped_schema,					\
	  SCHEMA_AT(struct manifest, skipped),							\
	  .count = offsetof(struct manifest, skipped_count) },

/*
 * Append a member, all 0, which belongs to the manifest; NULL if memory is short.
 * Later calls may move it.
 */
struct manifest_mount *manifest_add_mount(struct manifest *manifest);
struct manifest_place *manifest_add_directory(struct manifest *manifest);
struct manifest_file *manifest_add_file(struct manifest *manifest);
struct manifest_skipped *manifest_add_skipped(struct manifest *manifest);

/* The mount with that @id, or NULL. */
const struct manifest_mount *manifest_mount(const struct manifest *manifest,
					    uint64_t id);

/* "link", "copy", "mkdir" or "kept". */
const char *manifest_method_name(enum manifest_method method);

/* "file", "dir", "link", "fifo", "socket", "block", "char" or "other". */
const char *manifest_type_name(mode_t mode);

/* What a file is, for comparison with what lies somewhere. */
int manifest_inode_of(int fd, struct manifest_inode *inode);
bool manifest_inode_same(const struct manifest_inode *a,
			 const struct manifest_inode *b);

/* @count holders, and the array of them. */
void manifest_free_holders(struct manifest_holder *holders, size_t count);

/* Everything in it, not @manifest itself. */
void manifest_free(struct manifest *manifest);

/*
 * Read the file @path.  Returns the exit status; if it is not STATUS_DONE it has
 * said what is wrong with the file, and @manifest is empty.  What it has read is
 * consistent: each mount that is named is there, nothing is named twice, paths are
 * absolute and without "..".
 */
int manifest_read(const char *path, struct manifest *manifest);

/* The same of a file that was read: @text has @length bytes and a 0 behind. */
int manifest_parse(const char *path, const char *text, size_t length,
		   struct manifest *manifest);

/*
 * What it tells of was moved, as @rules say, since it was written: paths become those
 * where things are now.  Returns 0 or -ENOMEM.
 */
struct pv_rules;
int manifest_relocate(struct manifest *manifest, const struct pv_rules *rules);

/* Is @path a manifest, of whatever version, of the checkpoint @id? */
bool manifest_is_of(const char *path, const char *id);

/*
 * struct manifest_writer - a manifest that will be there, or will not
 *
 * @fd: the file, empty until manifest_write()
 * @path: absolute; owned here
 */
struct manifest_writer {
	int fd;
	char *path;
};

/*
 * manifest_create() makes the file, for the caller alone, and refuses one that is
 * there; manifest_write() fills it and syncs it and its directory; after that or
 * without that, manifest_close() ends it, and removes it unless it was written.  Each
 * returns the exit status, and has said why if it is not STATUS_DONE.
 */
int manifest_create(struct manifest_writer *writer, const char *path);
int manifest_write(struct manifest_writer *writer,
		   const struct manifest *manifest);
/* What was written is not to be, either. */
void manifest_withdraw(struct manifest_writer *writer);
void manifest_close(struct manifest_writer *writer);

#endif /* MANIFEST_MANIFEST_H */
