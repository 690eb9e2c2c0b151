// SPDX-License-Identifier: GPL-2.0
/*
 * AppArmor: what it takes for the name of a file.
 *
 * Its profiles go by names.  Under a mount it would be told that of ORIGINAL, and so it
 * is, by those tables whose rules could have been mounts: set by who may mount there.
 * For what somebody has attached himself to, without privilege, it is told the real name:
 * nobody talks his own profile away.
 */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/handlers.h"
#include "names/vpath.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/root.h"

/* Names are told from the process's own root directory (enum path_flags of AppArmor). */
#define PV_PATH_CHROOT_REL	0x8

/* Where memory is short nobody is denied anything for that: one at a time goes on here. */
static struct pv_vpath pv_spare;
static DEFINE_SPINLOCK(pv_spare_lock);

static bool pv_layers_mountable(const struct pv_layers *layers)
{
	u32 i;

	for (i = 0; i < layers->nr; i++)
		if (layers->tables[i]->mountable)
			return true;
	return false;
}

/*
 * What the root directory is called that rules are spelled from, "" if that is how names
 * begin anyway; in @buf of PATH_MAX bytes.
 */
static const char *pv_apparmor_base(const struct pv_layers *layers, int flags,
				    char *buf)
{
	const char *name;

	if (flags & PV_PATH_CHROOT_REL)
		return "";
	name = pv_absolute_path(&layers->base->inner, buf, PATH_MAX);
	return IS_ERR(name) || name[1] ? name : "";
}

/* What @name is below @base, in @real of @vpath; false if it is not there. */
static bool pv_apparmor_take(struct pv_vpath *vpath, const char *name,
			     const char *base)
{
	size_t len = strlen(name), above = strlen(base);

	if (len >= PATH_MAX || strncmp(name, base, above) ||
	    name[above] != '/')
		return false;
	memcpy(vpath->real, name + above, len - above + 1);
	/* A directory has one at its end. */
	if (name[len - 1] == '/')
		vpath->real[len - above - 1] = '\0';
	return true;
}

/*
 * Put the name that rules have for it in the place of @name, which ends where @buffer
 * does, if they have one.
 */
static int pv_apparmor_tell(struct pv_vpath *vpath, const struct pv_layers *layers,
			    const struct path *path, int flags, char *buffer,
			    const char **name)
{
	size_t len = strlen(*name), room = *name - buffer + len;
	const char *end = (*name)[len - 1] == '/' ? "/" : "", *base;
	int need;

	base = pv_apparmor_base(layers, flags, vpath->scratch);
	if (IS_ERR(base) || !pv_apparmor_take(vpath, *name, base) ||
	    pv_layers_reverse(layers, vpath->real, PV_ROUTE_FIRST,
			      vpath->virtual, vpath->scratch,
			      PV_FOR_SECURITY) == PV_ROUTE_NATIVE)
		return 0;
	/* A name alone does not tell: there are other mounts, and what nobody comes to. */
	if (!path_is_under(path, &layers->base->inner))
		return 0;
	base = pv_apparmor_base(layers, flags, vpath->scratch);
	if (IS_ERR(base))
		return PTR_ERR(base);
	/* The root directory is one, whoever asks. */
	if (!*base && !*vpath->virtual)
		end = "/";
	need = snprintf(vpath->real, PATH_MAX, "%s%s%s", base, vpath->virtual, end);
	if (need >= PATH_MAX || need > room)
		return -ENAMETOOLONG;
	*name = memcpy(buffer + room - need, vpath->real, need + 1);
	return 0;
}

/* Some who ask hold a spinlock. */
static int pv_apparmor_tell_somehow(const struct pv_layers *layers,
				    const struct path *path, int flags,
				    char *buffer, const char **name)
{
	struct pv_vpath *vpath = pv_vpath_alloc(GFP_ATOMIC | __GFP_NOWARN);
	int ret;

	if (vpath) {
		ret = pv_apparmor_tell(vpath, layers, path, flags, buffer, name);
		pv_vpath_free(vpath);
	} else {
		spin_lock(&pv_spare_lock);
		ret = pv_apparmor_tell(&pv_spare, layers, path, flags, buffer,
				       name);
		spin_unlock(&pv_spare_lock);
	}
	return ret;
}

/* Stands for aa_path_name().  What it calls "disconnected" has no "/" in front. */
int pv_handle_apparmor_name(const struct path *path, int flags, char *buffer,
			    const char **name, const char **info,
			    const char *disconnected)
{
	struct pv_layers *layers;
	int ret;

	pv_call_begin();
	ret = pv_original_apparmor_name(path, flags, buffer, name, info,
					disconnected);
	layers = ret || **name != '/' ? NULL : pv_layers_get_current();
	if (layers && pv_layers_mountable(layers) && pv_layers_at_home(layers) &&
	    !(layers->root && flags & PV_PATH_CHROOT_REL))
		ret = pv_apparmor_tell_somehow(layers, path, flags, buffer, name);
	pv_layers_put(layers);
	pv_call_end();
	return ret;
}
