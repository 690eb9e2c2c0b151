/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECKPOINT_BUNDLE_H
#define CHECKPOINT_BUNDLE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"
#include "ns/file.h"

/*
 * The bundle: a directory that has all of a checkpoint, see pvadm-checkpoint(8) and
 * Documentation/bundle.md.  Files that its index does not name are others', and are left
 * alone: criu's images may lie beside ours.
 */
#define BUNDLE_INDEX		"bundle.json"
#define BUNDLE_NAMESPACES	"namespaces.json"
#define BUNDLE_TABLE		"table.json"
#define BUNDLE_MANIFEST		"manifest.json"

/*
 * struct bundle_part - a file that the index names
 *
 * @sha256: its sum, in hexadecimal
 */
struct bundle_part {
	char *name;
	uint64_t size;
	char *sha256;
};

/* struct bundle_index - the file BUNDLE_INDEX; @id and @time are those of the manifest */
struct bundle_index {
	char *id;
	int64_t time;
	pid_t pid;
	struct bundle_part *parts;
	size_t part_count;
};

/* struct bundle_rule - as in struct pv_rules */
struct bundle_rule {
	char *original;
	char *new;
	bool under;
};

/*
 * struct bundle_layer - rules, and how they were set
 *
 * @registered: by pv_register()
 * @late: PV_LATE
 * @by_name: PV_BY_NAME
 * @reverse: without PV_NO_REVERSE
 */
struct bundle_layer {
	bool registered;
	bool late;
	bool by_name;
	bool reverse;
	struct bundle_rule *rules;
	size_t rule_count;
};

/* struct bundle_process - one that is attached; @own: its innermost layer is its own */
struct bundle_process {
	pid_t pid;
	bool own;
	struct bundle_layer *layers;
	size_t layer_count;
};

/* struct bundle_table - the file BUNDLE_TABLE: the rules of each process */
struct bundle_table {
	struct bundle_process *processes;
	size_t process_count;
};

/*
 * struct bundle - what a restart needs
 *
 * @dir: where it lies, as it was named; the caller's
 * @pid: the process that was asked for
 * @namespaces: the namespaces of @pid, see ns/file.h
 * @manifest: the files
 */
struct bundle {
	const char *dir;
	pid_t pid;
	struct bundle_index index;
	struct ns_file namespaces;
	struct bundle_table table;
	struct manifest manifest;
};

/* All that return an int return the exit status, and have said why if it is not STATUS_DONE. */

/*
 * Read all of the bundle @dir: each file is the one that its index has the sum of.  On
 * failure @bundle is empty.
 */
int bundle_open(const char *dir, struct bundle *bundle);
void bundle_close(struct bundle *bundle);

/* How many layers the process @pid had; 0 if it was not attached. */
size_t bundle_layers(const struct bundle *bundle, pid_t pid);

/* Were the rules of its layer @index given by pv_register()? */
bool bundle_layer_registered(const struct bundle *bundle, pid_t pid,
			     size_t index);

/* How its layer @index was set: flags of pv_attach(). */
unsigned int bundle_layer_flags(const struct bundle *bundle, pid_t pid,
				size_t index);

/* The rules of its layer @index, 0 the innermost, for pv_rules_free(). */
int bundle_layer(const struct bundle *bundle, pid_t pid, size_t index,
		 struct pv_rules **rules);

/*
 * struct bundle_writer - a bundle that will be there, or will not
 *
 * @dir: where; the caller's
 * @fd: that directory
 * @made: it was not there before
 */
struct bundle_writer {
	const char *dir;
	int fd;
	bool made;
};

/*
 * bundle_create() makes the directory, or takes one that is empty and the caller's own;
 * then the files are written into it: two by the functions below, the others by ns_save_file()
 * and relink(); bundle_seal() writes the index.  bundle_end() closes it, and removes what
 * was written unless @keep.
 */
int bundle_create(struct bundle_writer *writer, const char *dir);
int bundle_seal(struct bundle_writer *writer, const struct manifest *manifest);
void bundle_end(struct bundle_writer *writer, bool keep);

/* The path of the file @name in it, for free(); NULL without memory, as it has said. */
char *bundle_path(const char *dir, const char *name);

/* Write down the rules of the @count processes @pids, those that are attached. */
int bundle_write_table(struct bundle_writer *writer, struct pv *pv,
		       const pid_t *pids, size_t count);

#endif /* CHECKPOINT_BUNDLE_H */
