// SPDX-License-Identifier: GPL-2.0
/*
 * A manifest of what has been moved to another place since.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"

/*
 * Replace @path, for free(), if a rule has a say; the first that has is the one.
 * Returns whether it did, or -ENOMEM.
 */
static int move_path(char **path, const struct pv_rules *rules)
{
	const char *original, *target, *rest = NULL;
	char *moved;
	size_t i;

	for (i = 0; *path && !rest && i < pv_rules_count(rules); i++) {
		original = pv_rules_original(rules, i);
		target = pv_rules_target(rules, i);
		rest = files_below(*path, original);
	}
	if (!rest || !strcmp(original, target))
		return 0;
	if (asprintf(&moved, "%s%s", strcmp(target, "/") ? target : "",
		     *rest || strcmp(target, "/") ? rest : "/") < 0)
		return -ENOMEM;
	free(*path);
	*path = moved;
	return 1;
}

static int move_file(struct manifest_file *file, const struct pv_rules *rules)
{
	int shown = move_path(&file->original_path, rules);
	int is = shown;
	size_t i;

	for (i = 0; i < file->holder_count && is >= 0; i++)
		is = move_path(&file->holders[i].by.path, rules);
	if (is < 0)
		return is;
	is = shown;
	/* Of one that was kept, its path is all there is. */
	if (shown >= 0 && file->method != MANIFEST_KEPT)
		is = move_path(&file->place.path, rules);
	if (is < 0)
		return is;
	file->moved = is;
	return 0;
}

int manifest_relocate(struct manifest *manifest, const struct pv_rules *rules)
{
	int err = 0;
	size_t i;

	for (i = 0; i < manifest->file_count && !err; i++)
		err = move_file(&manifest->files[i], rules);
	return err;
}
