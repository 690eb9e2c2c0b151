// SPDX-License-Identifier: GPL-2.0
/* Chdir: the handlers of what changes the working or the root directory. */
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/handlers.h"
#include "process/notes.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/route.h"

/* Stands for set_fs_pwd(): chdir, fchdir, setns. */
void pv_handle_set_pwd(struct fs_struct *fs, const struct path *path)
{
	pv_call_begin();
	/* A change of the directory cannot fail any more. */
	if (fs == current->fs && pv_notes_any())
		pv_route_say(&fs->pwd, path, pv_route_of(path, path),
			     GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	pv_original_set_pwd(fs, path);
	pv_call_end();
}

/* Stands for set_fs_root(): chroot, fchroot, pivot_root, setns. */
void pv_handle_set_root(struct fs_struct *fs, const struct path *path)
{
	struct pv_process *process = NULL;

	pv_call_begin();
	if (fs == current->fs)
		process = pv_process_get_current();
	if (process)
		pv_process_see_from(process, path, true);
	pv_process_put(process);
	pv_original_set_root(fs, path);
	pv_call_end();
}
