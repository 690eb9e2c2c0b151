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
#include <linux/fs_struct.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/nameidata.h"
#include "names/place_find.h"
#include "names/selftest.h"
#include "process/attach.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/tables.h"
#include "rules/draft.h"
#include "rules/table.h"

/* A name that nobody has, and where it leads for the worker. */
#define PV_SELFTEST_NAME	"/pathvirt.proof.of.names.that.do.not.exist"
#define PV_SELFTEST_NEW	"/"

/* Guarded by pv_process_mutex; never goes back to false. */
static bool pv_proved;
/* What the last try that failed came to. */
static int pv_selftest_result = -EAGAIN;

/*
 * Who is trying, the flags that its last open came with, and what its last
 * symbolic link came to.
 */
static struct task_struct *pv_prover;
static int pv_selftest_flags;
static struct path pv_selftest_dir;
static bool pv_selftest_followed;
/* How many walks have begun as they should, how many not, and how many briefly. */
static int pv_selftest_starts;
static int pv_selftest_bad_starts;
static int pv_selftest_brief_starts;

DEFINE_STATIC_KEY_FALSE(pv_proving);

/* See pv_selftest_note_open(). */
void __pv_selftest_note_open(const struct pv_open_flags *op)
{
	if (current == READ_ONCE(pv_prover))
		pv_selftest_flags = op->lookup_flags;
}

/* See pv_selftest_note_step(). */
void __pv_selftest_note_step(const struct path *dir, const char *target)
{
	char tgid[16];

	if (current != READ_ONCE(pv_prover))
		return;
	snprintf(tgid, sizeof(tgid), "%d", task_tgid_nr(current));
	pv_selftest_followed = path_equal(dir, &pv_selftest_dir) &&
			    target && !strcmp(target, tgid);
}

/* Is a walk of an absolute name what we take it for? */
static bool pv_selftest_start_is_known(const struct pv_nameidata *nd,
				       unsigned int flags)
{
	/* A worker's does not change; and letting go of it might sleep. */
	const struct path *root = &current->fs->root;
	unsigned int seq = 0;

	if (flags & LOOKUP_RCU)
		seq = read_seqcount_begin(&root->dentry->d_seq);
	return path_equal(&nd->path, root) && path_equal(&nd->root, root) &&
	       nd->inode == d_inode(nd->path.dentry) &&
	       nd->flags == flags && nd->seq == seq &&
	       !(nd->m_seq & 1) && !(nd->r_seq & 1) &&
	       !read_seqretry(&rename_lock, nd->r_seq) &&
	       (nd->state & ~PV_ND_GRABBED) == PV_ND_JUMPED;
}

/* See pv_selftest_note_start(). */
void __pv_selftest_note_start(const struct pv_nameidata *nd, const char *name,
			      unsigned int flags)
{
	if (current != READ_ONCE(pv_prover) || IS_ERR(name) || *name != '/')
		return;
	if (flags & PV_LOOKUP_BRIEF)
		pv_selftest_brief_starts++;
	if (pv_selftest_start_is_known(nd, flags))
		pv_selftest_starts++;
	else
		pv_selftest_bad_starts++;
}

static int pv_selftest_open(const char *name, int flags, int expected)
{
	struct file *file;

	if (!pv_site_used(PV_SITE_OPEN))
		return 0;
	pv_selftest_flags = -1;
	file = filp_open(name, flags, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return pv_selftest_flags == expected ? 0 : -EPROTO;
}

static int pv_selftest_lookup(void)
{
	struct path path;
	int err;

	if (!pv_site_used(PV_SITE_LOOKUP))
		return 0;
	err = kern_path(PV_SELFTEST_NAME "/.", LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	path_put(&path);
	return 0;
}

/*
 * The parent of a name whose last component can be made by nobody: the walk of
 * it succeeds, the creation does not.
 */
static int pv_selftest_parent(void)
{
	struct dentry *dentry;
	struct path path;

	if (!pv_site_used(PV_SITE_PARENT))
		return 0;
	dentry = start_creating_path(AT_FDCWD, PV_SELFTEST_NAME "/.", &path, 0);
	if (!IS_ERR(dentry)) {
		end_creating_path(&path, dentry);
		return -EPROTO;
	}
	return PTR_ERR(dentry) == -EEXIST ? 0 : PTR_ERR(dentry);
}

static int pv_selftest_link(const struct path *root, const char *name)
{
	struct filename *filename = getname_kernel(name);
	struct path path;
	int err;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = pv_lookup(AT_FDCWD, filename, LOOKUP_FOLLOW, &path, root);
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
static int pv_selftest_step(void)
{
	struct file_system_type *type = get_fs_type("proc");
	struct vfsmount *mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
	int err = PTR_ERR_OR_ZERO(mnt);

	pv_selftest_followed = false;
	if (!err) {
		pv_selftest_dir.mnt = mnt;
		pv_selftest_dir.dentry = mnt->mnt_root;
		err = pv_selftest_link(&pv_selftest_dir, "self");
		kern_unmount(mnt);
	}
	if (err == -ENOMEM)
		return err;
	if (!pv_selftest_followed)
		pr_warn("symbolic links are not seen on this kernel (%d): names only\n",
			err);
	pv_hooks_follow_links(pv_selftest_followed);
	return 0;
}

/*
 * Somebody may rename just then what has nothing to do with it: so not each walk has to
 * be as it should.
 */
#define PV_SELFTEST_WALKS	8

static int pv_selftest_walk(unsigned int flags, int walks)
{
	struct path path;
	int err = 0;

	pv_selftest_starts = 0;
	pv_selftest_bad_starts = 0;
	pv_selftest_brief_starts = 0;
	while (walks-- && !err) {
		err = kern_path(PV_SELFTEST_NAME "/", flags, &path);
		if (!err)
			path_put(&path);
	}
	return err;
}

/*
 * Where walks begin: first what the function leaves behind is looked at, then a walk is
 * made to begin elsewhere.
 */
static int pv_selftest_start(const struct pv_table *table)
{
	int err;

	pv_hooks_take_starts(false);
	if (!table->quick || !pv_site_used(PV_SITE_START) ||
	    !pv_site_used(PV_SITE_LOOKUP) || !pv_links_followed)
		return 0;
	err = pv_selftest_walk(LOOKUP_FOLLOW, PV_SELFTEST_WALKS);
	if (!err && pv_selftest_starts > pv_selftest_bad_starts) {
		pv_hooks_take_starts(true);
		err = pv_selftest_walk(LOOKUP_FOLLOW, 1);
		pv_hooks_take_starts(!err && pv_selftest_brief_starts &&
				     !pv_selftest_bad_starts);
	}
	if (err == -ENOMEM)
		return err;
	if (!pv_starts_taken)
		pr_warn("where walks begin is not seen on this kernel (%d, %d of %d): each name is resolved at length\n",
			err, pv_selftest_starts,
			pv_selftest_starts + pv_selftest_bad_starts);
	return 0;
}

/* Says what is not as expected; want of memory says nothing about the kernel. */
static int pv_selftest_says(const char *symbol, int err)
{
	if (err && err != -ENOMEM)
		pr_err("cannot attach: %s takes other arguments on this kernel (%d)\n",
		       symbol, err);
	return err;
}

static int pv_selftest_try(const struct pv_table *table)
{
	int err;

	err = pv_selftest_open(PV_SELFTEST_NAME, O_PATH | O_DIRECTORY,
			       LOOKUP_DIRECTORY | LOOKUP_FOLLOW);
	if (!err)
		err = pv_selftest_open(PV_SELFTEST_NAME, O_PATH | O_NOFOLLOW, 0);
	if (err)
		return pv_selftest_says(pv_site_symbol(PV_SITE_OPEN), err);
	err = pv_selftest_lookup();
	if (err)
		return pv_selftest_says("filename_lookup", err);
	err = pv_selftest_parent();
	if (err)
		return pv_selftest_says("__filename_parentat", err);
	if (pv_links_followed)
		err = pv_selftest_step();
	return err ?: pv_selftest_start(table);
}

static struct pv_table *pv_selftest_table(void)
{
	struct pv_table *table = ERR_PTR(-ENOMEM);
	struct pv_draft draft;
	const char *why;

	pv_draft_init(&draft);
	if (!pv_draft_add(&draft, PV_SELFTEST_NAME, PV_SELFTEST_NEW, &why))
		table = pv_table_build(&draft);
	pv_draft_clear(&draft);
	if (IS_ERR(table))
		return NULL;
	pv_table_share(table);
	if (!pv_places_find(table, current, NULL))
		return table;
	pv_table_put(table);
	return NULL;
}

static int pv_selftest_attach(void)
{
	struct pv_table *table = pv_selftest_table();
	LIST_HEAD(changes);
	int err;

	if (!table)
		return -ENOMEM;

	mutex_lock(&pv_process_mutex);
	err = pv_process_set(current, table, NULL, false, &changes);
	if (!err) {
		WRITE_ONCE(pv_prover, current);
		static_branch_enable(&pv_proving);
		err = pv_selftest_try(table);
		static_branch_disable(&pv_proving);
		WRITE_ONCE(pv_prover, NULL);
		pv_changes_undo(&changes);
	}
	if (!err)
		pv_proved = true;
	pv_processes_doubt(err && err != -ENOMEM);
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
	pv_table_put(table);
	return err;
}

/* How often it was tried, and who waits for that. */
static unsigned int pv_selftest_tries;
static DECLARE_WAIT_QUEUE_HEAD(pv_selftest_wait);

static void pv_selftest_work(struct work_struct *work)
{
	if (!pv_proved)
		WRITE_ONCE(pv_selftest_result, pv_selftest_attach());
	/* What it came to is seen by who sees this. */
	smp_store_release(&pv_selftest_tries, pv_selftest_tries + 1);
	wake_up_all(&pv_selftest_wait);
}

static DECLARE_WORK(pv_selftest_job, pv_selftest_work);

/**
 * pv_selftest_run - try the hooks, unless it was done before
 *
 * Done by a worker of the kernel's: the caller may not be allowed to look into
 * its own root directory.
 *
 * Context: may sleep; pv_process_mutex is not held.
 * Return: 0 or a negative errno; then the kernel log says what is not as
 * expected, unless the caller is being killed.
 */
int pv_selftest_run(void)
{
	unsigned int tries = READ_ONCE(pv_selftest_tries);

	if (READ_ONCE(pv_proved))
		return 0;
	schedule_work(&pv_selftest_job);
	if (wait_event_killable(pv_selftest_wait,
				/* Pairs with the end of pv_selftest_work(). */
				smp_load_acquire(&pv_selftest_tries) != tries))
		return -EINTR;
	return READ_ONCE(pv_proved) ? 0 : READ_ONCE(pv_selftest_result);
}

/**
 * pv_selftest_uninit - wait for a try that nobody waits for any more
 *
 * Context: module load or unload; nobody asks for another.
 */
void pv_selftest_uninit(void)
{
	cancel_work_sync(&pv_selftest_job);
}
