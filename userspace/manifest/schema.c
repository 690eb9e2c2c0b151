// SPDX-License-Identifier: GPL-2.0
/*
 * What a manifest is: its members, and what has to fit together.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"

/* ---- The parts ---- */

static const struct schema inode_schema = {
	.size = sizeof(struct manifest_inode),
	.fields = (const struct schema_field[]){
		MANIFEST_INODE_FIELDS
		{ }
	},
};

static void check_mount_id(struct schema_reader *reader, uint64_t id)
{
	if (!manifest_mount(schema_root(reader), id))
		schema_complain(reader,
				"mount is %" PRIu64 ", which is not in mounts",
				id);
}

static void check_place(struct schema_reader *reader, const void *object)
{
	const struct manifest_place *place = object;

	check_mount_id(reader, place->mount);
}

static const struct schema place_schema = {
	.size = sizeof(struct manifest_place),
	.fields = (const struct schema_field[]){
		MANIFEST_PLACE_FIELDS
		{ }
	},
	.check = check_place,
};

/* The first one of that id is this one. */
static void check_mount(struct schema_reader *reader, const void *object)
{
	const struct manifest_mount *mount = object;

	if (manifest_mount(schema_root(reader), mount->id) != mount)
		schema_complain(reader, "id is there twice");
}

static const struct schema mount_schema = {
	.size = sizeof(struct manifest_mount),
	.fields = (const struct schema_field[]){
		MANIFEST_MOUNT_FIELDS
		{ }
	},
	.check = check_mount,
};

static bool is_descriptor(const void *object)
{
	const struct manifest_holder *holder = object;

	return holder->by.how == HOLD_FD;
}

static const char *hold_word(unsigned int hold)
{
	return hold_name(hold);
}

static const struct schema holder_schema = {
	.size = sizeof(struct manifest_holder),
	.fields = (const struct schema_field[]){
		MANIFEST_HOLDER_FIELDS
		{ }
	},
};

/* ---- Files ---- */

static const char *method_word(unsigned int method)
{
	return manifest_method_name(method);
}

static const char *type_of_file(const void *object)
{
	const struct manifest_file *file = object;

	return manifest_type_name(file->mode);
}

static bool has_place(const void *object)
{
	const struct manifest_file *file = object;

	return file->method != MANIFEST_KEPT;
}

static bool makes(enum manifest_method method, mode_t mode)
{
	switch (method) {
	case MANIFEST_MKDIR:
		return S_ISDIR(mode);
	case MANIFEST_SYMLINK:
		return S_ISLNK(mode);
	case MANIFEST_MKNOD:
		return S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode) ||
		       S_ISBLK(mode);
	case MANIFEST_KEPT:
		return true;
	default:
		return !S_ISDIR(mode);
	}
}

/* It is what its method makes. */
static void check_file(struct schema_reader *reader, const void *object)
{
	const struct manifest_file *file = object;

	check_mount_id(reader, file->mount);
	if (!makes(file->method, file->mode))
		schema_complain(reader, "method is \"%s\", but type is \"%s\"",
				manifest_method_name(file->method),
				manifest_type_name(file->mode));
	if (file->method == MANIFEST_LINK &&
	    !manifest_inode_same(&file->was, &file->place.made))
		schema_complain(reader,
				"new is another inode, but method is \"link\"");
}

static const struct schema file_schema = {
	.size = sizeof(struct manifest_file),
	.fields = (const struct schema_field[]){
		MANIFEST_FILE_FIELDS
		{ }
	},
	.check = check_file,
};

static const char *type_of_skipped(const void *object)
{
	const struct manifest_skipped *skipped = object;

	return manifest_type_name(skipped->mode);
}

static const struct schema skipped_schema = {
	.size = sizeof(struct manifest_skipped),
	.fields = (const struct schema_field[]){
		MANIFEST_SKIPPED_FIELDS
		{ }
	},
};

/* ---- Nothing twice ---- */

/* struct entry - what may not be there twice, of the file number @index */
struct entry {
	size_t index;
	const struct manifest_place *place;
	const struct manifest_holder *holder;
};

static int by_place(const void *a, const void *b)
{
	const struct manifest_place *left = ((const struct entry *)a)->place;
	const struct manifest_place *right = ((const struct entry *)b)->place;

	if (left->mount != right->mount)
		return left->mount < right->mount ? -1 : 1;
	return strcmp(left->from_root, right->from_root);
}

static int by_descriptor(const void *a, const void *b)
{
	const struct holder *left = &((const struct entry *)a)->holder->by;
	const struct holder *right = &((const struct entry *)b)->holder->by;

	if (left->tid != right->tid)
		return left->tid < right->tid ? -1 : 1;
	return (left->fd > right->fd) - (left->fd < right->fd);
}

static int by_open_file(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	uint32_t left_key = left->holder->open_file;
	uint32_t right_key = right->holder->open_file;

	if (left_key != right_key)
		return left_key < right_key ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static void check_places(struct schema_reader *reader,
			 const struct manifest *manifest, struct entry *entries)
{
	size_t count = 0, i;

	for (i = 0; i < manifest->directory_count; i++)
		entries[count++].place = &manifest->directories[i];
	for (i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].method != MANIFEST_KEPT)
			entries[count++].place = &manifest->files[i].place;
	qsort(entries, count, sizeof(*entries), by_place);
	for (i = 1; i < count; i++)
		if (!by_place(&entries[i - 1], &entries[i]))
			schema_complain(reader, "%s of mount %" PRIu64 " is there twice",
					entries[i].place->from_root,
					entries[i].place->mount);
}

static size_t list_holders(struct entry *entries, size_t index,
			   const struct manifest_holder *holders, size_t count)
{
	size_t listed = 0, i;

	for (i = 0; i < count; i++)
		if (holders[i].by.how == HOLD_FD)
			entries[listed++] = (struct entry){
				.index = index,
				.holder = &holders[i],
			};
	return listed;
}

static void check_holders(struct schema_reader *reader,
			  const struct manifest *manifest,
			  struct entry *entries)
{
	size_t count = 0, i;

	for (i = 0; i < manifest->file_count; i++)
		count += list_holders(entries + count, i,
				      manifest->files[i].holders,
				      manifest->files[i].holder_count);
	for (i = 0; i < manifest->skipped_count; i++)
		count += list_holders(entries + count,
				      manifest->file_count + i,
				      manifest->skipped[i].holders,
				      manifest->skipped[i].holder_count);
	qsort(entries, count, sizeof(*entries), by_descriptor);
	for (i = 1; i < count; i++)
		if (!by_descriptor(&entries[i - 1], &entries[i]))
			schema_complain(reader, "descriptor %d of %d is there twice",
					entries[i].holder->by.fd,
					entries[i].holder->by.tid);
	qsort(entries, count, sizeof(*entries), by_open_file);
	for (i = 1; i < count; i++)
		if (entries[i].holder->open_file &&
		    entries[i].holder->open_file ==
		    entries[i - 1].holder->open_file &&
		    entries[i].index != entries[i - 1].index)
			schema_complain(reader, "open_file %" PRIu32 " is of two files",
					entries[i].holder->open_file);
}

static void check_twice(struct schema_reader *reader,
			const struct manifest *manifest)
{
	size_t count = manifest->directory_count + manifest->file_count + 1, i;
	struct entry *entries;

	for (i = 0; i < manifest->file_count; i++)
		count += manifest->files[i].holder_count;
	for (i = 0; i < manifest->skipped_count; i++)
		count += manifest->skipped[i].holder_count;
	entries = calloc(count, sizeof(*entries));
	if (!entries) {
		schema_complain(reader, OUT_OF_MEMORY);
		return;
	}
	check_places(reader, manifest, entries);
	check_holders(reader, manifest, entries);
	free(entries);
}

/* ---- The file ---- */

/* ---- All of it ---- */

static void check_id(struct schema_reader *reader, const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (!*id || strlen(id) > NAME_MAX || id[strspn(id, allowed)])
		schema_complain(reader,
				"id is not of letters, digits and \"-\"");
}

static void check_manifest(struct schema_reader *reader, const void *object)
{
	const struct manifest *manifest = object;

	check_id(reader, manifest->id);
	check_twice(reader, manifest);
}

const struct schema manifest_schema = {
	.size = sizeof(struct manifest),
	.fields = (const struct schema_field[]){
		MANIFEST_FIELDS
		{ }
	},
	.check = check_manifest,
};
