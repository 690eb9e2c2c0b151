// SPDX-License-Identifier: GPL-2.0
/*
 * Manifests that have nothing left.
 */
#include "base/cleanup.h"
#include "base/command.h"
#include "manifest/manifest.h"
#include "relink/locate.h"
#include "relink/spent.h"

static bool is_gone(const struct manifest *manifest,
		    const struct mounts *mounts,
		    const struct manifest_place *place)
{
	CLEANUP(location_close) struct location location;

	locate(&location, mounts, manifest, place);
	return location.what == LOCATED_NOTHING;
}

static bool all_gone(const struct manifest *manifest,
		     const struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].method == MANIFEST_KEPT ||
		    !is_gone(manifest, mounts, &manifest->files[i].place))
			return false;
	for (i = 0; i < manifest->directory_count; i++)
		if (!is_gone(manifest, mounts, &manifest->directories[i]))
			return false;
	return true;
}

bool manifest_is_spent(const char *path, const char *id,
		       const struct mounts *mounts)
{
	struct manifest manifest;
	bool spent;

	/* Whatever else lies there is not for us to complain of. */
	if (!manifest_is_of(path, id) ||
	    manifest_read(path, &manifest) != STATUS_DONE)
		return false;
	spent = all_gone(&manifest, mounts);
	manifest_free(&manifest);
	return spent;
}
