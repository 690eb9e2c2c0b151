/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_REQUEST_H
#define RELINK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"

/*
 * struct relink - what is asked for, and what became of it
 *
 * @pidref: the process
 * @tree: and its descendants
 * @fds: only these descriptors of @pidref
 * @fd_count: how many; 0 means everything
 * @to: the user's place for the one file, or NULL
 * @in_place: back to where they were
 * @template: names, from name_template_check()
 * @regular: regular files only, and it is not a failure if none can be relinked
 * @partial: what fails does not stop the rest
 * @copy: what cannot be linked is copied
 * @freeze: hold the processes still meanwhile
 * @sync: see to it that all is on disk
 * @manifest_path: where to; NULL for the default, and then it becomes that, or stays
 *	NULL with @to or @in_place, where none is written; owned here
 * @manifest: becomes what was done
 * @recheck: called, if not NULL, while the processes are held still and nothing has been made
 *	yet; @manifest has their numbers.  It returns the exit status
 * @commit: likewise, when all is done and the manifest is written; if it fails all is undone
 * @data: for both
 */
struct relink {
	struct pidref pidref;
	bool tree;
	int *fds;
	size_t fd_count;
	const char *to;
	bool in_place;
	const char *template;
	bool regular;
	bool partial;
	bool copy;
	bool freeze;
	bool sync;
	char *manifest_path;
	struct manifest manifest;
	int (*recheck)(struct relink *relink, struct pv *pv);
	int (*commit)(struct relink *relink);
	void *data;
};

/* Where manifests go that nothing is said of: ID.json there. */
#define RELINK_MANIFESTS	"/var/lib/pathvirt"

#endif /* RELINK_REQUEST_H */
