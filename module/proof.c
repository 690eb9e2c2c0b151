// SPDX-License-Identifier: GPL-2.0
/*
 * Proof.
 *
 * The hooks replace functions of the kernel whose arguments are not part of any
 * interface.  That they are what we take them for is tried out on the running
 * kernel, once, before the first table is accepted: a worker is attached to a
 * table of known names, and the kernel is made to walk them.  What is not hooked,
 * as the log has said when the module was loaded (without=), is not tried.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "hooks.h"
#include "process.h"
#include "proof.h"

/* A name that nobody has, and where it leads for the worker. */
#define PV_PROOF_NAME	"/pathvirt.proof.of.names.that.do.not.exist"
#define PV_PROOF_NEW	"/"

/* Guarded by pv_process_mutex; never goes back to false. */
static bool pv_proved;
/* What the last try that failed came to. */
static int pv_proof_result = -EAGAIN;

/*
 * Who is trying, the flags that its last open came with, and what its last
 * symbolic link came to.
 */
static struct task_struct *pv_prover;
static int pv_proof_flags;
static struct path pv_proof_dir;
static bool pv_proof_followed;

DEFINE_STATIC_KEY_FALSE(pv_proving);

/* See pv_proof_note_open(). */
void __pv_proof_note_open(const struct pv_open_flags *op)
{
	if (current == READ_ONCE(pv_prover))
		pv_proof_flags = op->lookup_flags;
}

/* See pv_proof_note_step(). */
void __pv_proof_note_step(const struct path *dir, const char *target)
{
	char tgid[16];

	if (current != READ_ONCE(pv_prover))
		return;
	snprintf(tgid, sizeof(tgid), "%d", task_tgid_nr(current));
	pv_proof_followed = path_equal(dir, &pv_proof_dir) &&
			    target && !strcmp(target, tgid);
}

static int pv_proof_open(const char *name, int flags, int expected)
{
	struct file *file;

	if (!pv_site_used(PV_SITE_OPEN))
		return 0;
	pv_proof_flags = -1;
	file = filp_open(name, flags, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return pv_proof_flags == expected ? 0 : -EPROTO;
}

static int pv_proof_lookup(void)
{
	struct path path;
	int err;

	if (!pv_site_used(PV_SITE_LOOKUP))
		return 0;
	err = kern_path(PV_PROOF_NAME "/.", LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	path_put(&path);
	return 0;
}

/*
 * The parent of a name whose last component can be made by nobody: the walk of
 * it succeeds, the creation does not.
 */
static int pv_proof_parent(void)
{
	struct dentry *dentry;
	struct path path;

	if (!pv_site_used(PV_SITE_PARENT))
		return 0;
	dentry = start_creating_path(AT_FDCWD, PV_PROOF_NAME "/.", &path, 0);
	if (!IS_ERR(dentry)) {
		end_creating_path(&path, dentry);
		return -EPROTO;
	}
	return PTR_ERR(dentry) == -EEXIST ? 0 : PTR_ERR(dentry);
}

static int pv_proof_link(const struct path *root, const char *name)
{
	struct filename *filename = getname_kernel(name);
	struct path path;
	int err;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = pv_original_lookup(AT_FDCWD, filename, LOOKUP_FOLLOW, &path,
				 root);
	putname(filename);
	if (!err)
		path_put(&path);
	return err;
}

/*
 * The one link whose directory and target are known on every machine; the
 * worker's own root directory may have no procfs.  Where it is not seen, links
 * stay the kernel's business; but not because memory was short just then.
 */
static int pv_proof_step(void)
{
	struct file_system_type *type = get_fs_type("proc");
	struct vfsmount *mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
	int err = PTR_ERR_OR_ZERO(mnt);

	pv_proof_followed = false;
	if (!err) {
		pv_proof_dir.mnt = mnt;
		pv_proof_dir.dentry = mnt->mnt_root;
		err = pv_proof_link(&pv_proof_dir, "self");
		kern_unmount(mnt);
	}
	if (err == -ENOMEM)
		return err;
	if (!pv_proof_followed)
		pr_warn("symbolic links are not seen on this kernel (%d): names only\n",
			err);
	pv_hooks_follow_links(pv_proof_followed);
	return 0;
}

/* Says what is not as expected; want of memory says nothing about the kernel. */
static int pv_proof_says(const char *symbol, int err)
{
	if (err && err != -ENOMEM)
		pr_err("cannot attach: %s takes other arguments on this kernel (%d)\n",
		       symbol, err);
	return err;
}

static int pv_proof_try(void)
{
	int err;

	err = pv_proof_open(PV_PROOF_NAME, O_PATH | O_DIRECTORY,
			    LOOKUP_DIRECTORY | LOOKUP_FOLLOW);
	if (!err)
		err = pv_proof_open(PV_PROOF_NAME, O_PATH | O_NOFOLLOW, 0);
	if (err)
		return pv_proof_says(PV_SYMBOL_OPEN, err);
	err = pv_proof_lookup();
	if (err)
		return pv_proof_says("filename_lookup", err);
	err = pv_proof_parent();
	if (err)
		return pv_proof_says("__filename_parentat", err);
	return pv_links_followed ? pv_proof_step() : 0;
}

static struct pv_table *pv_proof_table(void)
{
	struct pv_table *table = NULL;
	struct pv_draft draft;
	const char *why;

	pv_draft_init(&draft);
	if (!pv_draft_add(&draft, PV_PROOF_NAME, PV_PROOF_NEW, &why))
		table = pv_table_build(&draft);
	pv_draft_clear(&draft);
	return table ? pv_table_share(table) : NULL;
}

static int pv_proof_attach(void)
{
	struct pv_table *table = pv_proof_table();
	LIST_HEAD(changes);
	int err;

	if (!table)
		return -ENOMEM;

	mutex_lock(&pv_process_mutex);
	err = pv_process_set(current, table, NULL, false, &changes);
	if (!err) {
		WRITE_ONCE(pv_prover, current);
		static_branch_enable(&pv_proving);
		err = pv_proof_try();
		static_branch_disable(&pv_proving);
		WRITE_ONCE(pv_prover, NULL);
		pv_changes_undo(&changes);
	}
	if (!err)
		pv_proved = true;
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
	pv_table_put(table);
	return err;
}

static void pv_proof_work(struct work_struct *work)
{
	if (!pv_proved)
		pv_proof_result = pv_proof_attach();
}

static DECLARE_WORK(pv_proof, pv_proof_work);

/**
 * pv_proof_run - try the hooks, unless it was done before
 *
 * Done by a worker of the kernel's: the caller may not be allowed to look into
 * its own root directory.
 *
 * Context: may sleep; pv_process_mutex is not held.
 * Return: 0 or a negative errno; then the kernel log says what is not as
 * expected.
 */
int pv_proof_run(void)
{
	if (READ_ONCE(pv_proved))
		return 0;
	schedule_work(&pv_proof);
	flush_work(&pv_proof);
	return READ_ONCE(pv_proved) ? 0 : READ_ONCE(pv_proof_result);
}
