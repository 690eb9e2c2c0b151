// SPDX-License-Identifier: GPL-2.0
/*
 * Listings: who lists a directory finds what ORIGINALs have there (T16).
 *
 * First comes what the filesystem has, but for names that ORIGINALs have as well.  Then,
 * where it has come to its end, come all of these, each with what a look at it gives: so
 * whether the filesystem has one of them, or gets or loses it meanwhile, makes no
 * difference, and each comes once.
 *
 * How far a listing has come is known by the position of its descriptor alone, which may
 * be shared, copied by fork(), kept by telldir() and sought again.  Behind the end there
 * are positions for the names that are added: one before them all, and one behind each
 * of them, which tells a rule whose ORIGINAL has it.  From there the trie knows the next
 * one.  So nothing is kept, and it costs the same however many there are.
 *
 * These positions are such as no filesystem gives to a file, and seeks:
 *
 * - 2^63 - 2^32 and more, from filesystems that take any position.  Those of ext4 are 31
 *   bits of a hash and 32 bits beside it; all ones, in the former, are its end, which it
 *   says with all bits set.  Those of xfs, of tmpfs and of kernfs have 31 bits; btrfs and
 *   older tmpfs count the files that were ever made in a directory; overlayfs counts
 *   names.  Those of NFS, 9p and FUSE are their servers', who have them of one of these.
 * - the last ones that a file could have, from those that seek no further (s_maxbytes):
 *   procfs, vfat, isofs, f2fs.  They count bytes or tasks, and do not come there.
 * - the last ones below 2^31 - 1 in 32-bit calls, as more do not fit an off_t.  There
 *   ext4 and kernfs have 31 bits of a hash, all of which are in use: of N names one is
 *   mistaken for the position of a rule at odds of N times the number of rules to 2^31,
 *   and then only if a buffer was full just before it.
 *
 * A directory that is in several trees of a union (--under) is listed tree by tree: first
 * what its own has, then what others have and those before them lack.  These are told in
 * the order of a hash of their names, which is their position: so wherever a listing goes
 * on, what comes next is known by reading these trees once more.
 *
 * What a listing finds of a name is asked outside of all locks; mostly it is NEW's own
 * inode, which the rule holds, and no server is asked.
 */
#include <linux/compat.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jhash.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/audit.h"
#include "names/calls.h"
#include "names/handlers.h"
#include "names/lookup.h"
#include "names/resolve.h"
#include "names/vpath.h"
#include "process/layers.h"
#include "process/place.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/route.h"
#include "rules/below.h"

/* Where the names that are added have their positions, if the filesystem seeks there. */
#define PV_ADDED_AT	(LLONG_MAX - U32_MAX)

/* With so many names each one that is listed is looked for. */
#define PV_LISTING_FEW	32

/*
 * How many positions there are for what other trees of a union have; where they have to be
 * among those of the filesystem, of N of its names one is mistaken for one of them as
 * above, at odds of N times that number to 2^31.
 */
#define PV_FURTHER_HASHES	BIT_ULL(31)
#define PV_FURTHER_HASHES_FEW	BIT_ULL(18)

/* So many names of other trees are told by reading them once. */
#define PV_FURTHER_MAX		512

/* The inode number of what cannot be looked at; none means that there is nothing. */
#define PV_INO_UNKNOWN	1

/**
 * struct pv_listing - one call that lists
 * @ctx: what the filesystem is given
 * @outer: what the caller has given
 * @tell: the actor of @outer
 * @bits: which names need a closer look, see pv_listing_bit()
 * @told: @outer has been told of something, whether it took it or not
 * @left_out: something was not told: it is added at the end
 * @fd: the directory's descriptor
 * @layers: what the process's names pass; a reference
 * @dirs: the directory in other trees of a union; references
 * @nr_dirs: how many
 * @hashes: how many positions there are for what they have
 * @span: the same, and for names that are added
 * @name: the name that is added next
 * @next: another one that might be
 * @views: what the directory is to each layer
 */
struct pv_listing {
	struct dir_context ctx;
	struct dir_context *outer;
	filldir_t tell;
	u64 bits;
	bool told;
	bool left_out;
	int fd;
	struct pv_layers *layers;
	struct path dirs[PV_MAX_TREES];
	unsigned int nr_dirs;
	u64 hashes;
	u64 span;
	char name[NAME_MAX + 1];
	char next[NAME_MAX + 1];
	struct pv_dir_view views[];
};

/**
 * struct pv_added - a name that is added
 * @layer: whose rules have it
 * @below: what it is to them
 * @ino: its inode number
 * @type: its type, DT_x
 */
struct pv_added {
	u32 layer;
	struct pv_below below;
	u64 ino;
	unsigned int type;
};

/* ---- Names ---- */

/* Is a component of ORIGINALs elsewhere than the kernel has it, or may it be? */
static bool pv_listing_adds(const struct pv_listing *listing, u32 layer,
			    const struct pv_below *below)
{
	const struct pv_table *table = listing->layers->tables[layer];
	const struct pv_dir_view *view = &listing->views[layer];

	/* Behind a union it is what that lacks. */
	if (below->rule < view->match ||
	    (below->rule != PV_NO_RULE && table->rules[view->match].under))
		return !table->rules[below->rule].exception;
	/* What lies above an ORIGINAL may have a stand-in. */
	return view->alone && below->rule == PV_NO_RULE && table->places &&
	       table->places->standins;
}

/* The name of one layer behind the one in @name, in its place. */
static bool pv_listing_next_in(const struct pv_listing *listing, u32 layer,
			       char *name, struct pv_below *below)
{
	const struct pv_table *table = listing->layers->tables[layer];
	const struct pv_dir_view *view = &listing->views[layer];

	while (view->any && pv_below_next(table, view->dir, name, below)) {
		if (pv_listing_adds(listing, layer, below))
			return true;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return false;
}

/* The name behind @name, in its place: the first one that any layer has. */
static bool pv_listing_next(struct pv_listing *listing, struct pv_added *added)
{
	char after[NAME_MAX + 1];
	struct pv_below below;
	bool found = false;
	u32 i;

	strscpy(after, listing->name, sizeof(after));
	for (i = 0; i < listing->layers->nr; i++) {
		strscpy(listing->next, after, sizeof(listing->next));
		if (!pv_listing_next_in(listing, i, listing->next, &below) ||
		    (found && strcmp(listing->next, listing->name) >= 0))
			continue;
		strscpy(listing->name, listing->next, sizeof(listing->name));
		added->layer = i;
		added->below = below;
		found = true;
	}
	return found;
}

static bool pv_listing_has(const struct pv_listing *listing, const char *name,
			   int len)
{
	struct pv_below below;
	u32 i;

	for (i = 0; i < listing->layers->nr; i++)
		if (listing->views[i].any &&
		    pv_below_find(listing->layers->tables[i],
				  listing->views[i].dir, name, len, &below) &&
		    pv_listing_adds(listing, i, &below))
			return true;
	return false;
}

/* The number of a bit, by what is soon looked at; @len is not 0. */
static __always_inline unsigned int pv_listing_bit(const char *name,
						   unsigned int len)
{
	return (len + (u8)name[0] + 8 * (u8)name[len - 1]) % 64;
}

/* Note which names need a closer look.  Return false if there are none, nor other trees. */
static bool pv_listing_prepare(struct pv_listing *listing)
{
	struct pv_added added;
	unsigned int nr = 0;

	while (nr < PV_LISTING_FEW && pv_listing_next(listing, &added)) {
		listing->bits |= BIT_ULL(pv_listing_bit(listing->name,
							strlen(listing->name)));
		nr++;
	}
	if (nr == PV_LISTING_FEW)
		listing->bits = U64_MAX;
	*listing->name = '\0';
	return nr || listing->nr_dirs;
}

/* ---- What the filesystem tells ---- */

/* A name that may be one of those that are added. */
static noinline bool pv_listing_tell_closely(struct dir_context *ctx,
					     const char *name, int len,
					     loff_t pos, u64 ino,
					     unsigned int type)
{
	struct pv_listing *listing = container_of(ctx, struct pv_listing, ctx);

	if (len > 0 && len <= NAME_MAX && pv_listing_has(listing, name, len)) {
		listing->left_out = true;
		return true;
	}
	listing->told = true;
	return listing->tell(listing->outer, name, len, pos, ino, type);
}

/* Each name of a directory comes here: so it takes no room, and leaves by a jump. */
static bool pv_listing_tell(struct dir_context *ctx, const char *name, int len,
			    loff_t pos, u64 ino, unsigned int type)
{
	struct pv_listing *listing = container_of(ctx, struct pv_listing, ctx);

	if (unlikely(len <= 0 ||
		     listing->bits >> pv_listing_bit(name, len) & 1))
		return pv_listing_tell_closely(ctx, name, len, pos, ino, type);
	return listing->tell(listing->outer, name, len, pos, ino, type);
}

/* The first one does, until something has been told. */
static bool pv_listing_tell_first(struct dir_context *ctx, const char *name,
				  int len, loff_t pos, u64 ino,
				  unsigned int type)
{
	struct pv_listing *listing = container_of(ctx, struct pv_listing, ctx);
	bool more;

	more = pv_listing_tell_closely(ctx, name, len, pos, ino, type);
	if (listing->told)
		ctx->actor = pv_listing_tell;
	return more;
}

/* ---- What a name is ---- */

/* What stat() says, from what is known without asking anybody. */
static void pv_added_is(struct pv_added *added, const struct path *path,
			const struct inode *inode)
{
	struct kstat stat;

	added->type = fs_umode_to_dtype(inode->i_mode);
	added->ino = inode->i_ino;
	/* A stacked filesystem has numbers of its own. */
	if (path->dentry->d_flags & DCACHE_OP_REAL &&
	    !vfs_getattr_nosec(path, &stat, STATX_INO, AT_STATX_DONT_SYNC))
		added->ino = stat.ino;
}

/* Look at @name as the process would. */
static int pv_added_look(const struct pv_listing *listing, struct pv_added *added)
{
	struct audit_context *audit = pv_audit_mute();
	struct filename *name = getname_kernel(listing->name);
	struct path path;
	int err = PTR_ERR_OR_ZERO(name);

	if (!err) {
		err = pv_lookup_as_told(listing->fd, name, 0, &path);
		putname(name);
	}
	pv_audit_unmute(audit);
	if (!err) {
		pv_added_is(added, &path, d_inode(path.dentry));
		path_put(&path);
	}
	return err;
}

/* What is it?  -ENOENT if there is nothing; another error if that cannot be told now. */
static int pv_added_find(const struct pv_listing *listing, struct pv_added *added)
{
	const struct pv_table *table = pv_layers_only(listing->layers);
	const struct path *place = NULL;
	const struct inode *inode = NULL;
	int err;

	if (table && added->below.rule != PV_NO_RULE && !table->unions)
		place = pv_places_new(table->places, added->below.rule);
	if (place)
		inode = d_inode_rcu(place->dentry);
	if (inode) {
		pv_added_is(added, place, inode);
		return 0;
	}
	added->type = DT_UNKNOWN;
	added->ino = PV_INO_UNKNOWN;
	err = pv_added_look(listing, added);
	switch (err) {
	case -ENOTDIR:
		return -ENOENT;
	case -ENOENT:
	case -ENOMEM:
	case -EINTR:
		return err;
	}
	/* It is there, for all that is known. */
	return 0;
}

/* ---- Positions ---- */

/* Where the positions of names that are added begin, if the end is at @end. */
static loff_t pv_listing_base(const struct pv_listing *listing,
			      const struct file *file, loff_t end)
{
	loff_t last = file_inode(file)->i_sb->s_maxbytes;

	if (in_compat_syscall())
		last = min_t(loff_t, last, S32_MAX);
	else if (end > last)
		last = LLONG_MAX;
	if (last == LLONG_MAX || last < listing->span)
		return PV_ADDED_AT;
	return last - listing->span;
}

/* The same, if @pos is one of them; or -1. */
static loff_t pv_listing_based(const struct pv_listing *listing,
			       const struct file *file, loff_t pos)
{
	loff_t base = PV_ADDED_AT;

	if (pos < base || in_compat_syscall())
		base = pv_listing_base(listing, file, 0);
	return pos >= base && pos - base < listing->span ? base : -1;
}

/* The position behind a name, from the base on. */
static u64 pv_added_pos(const struct pv_listing *listing,
			const struct pv_added *added)
{
	u64 pos = listing->hashes + added->below.any + 1ULL;
	u32 i;

	for (i = 0; i < added->layer; i++)
		pos += listing->layers->tables[i]->nr_rules;
	return pos;
}

/* The name before a position, in @name; false if there is none, as the rules are new. */
static bool pv_listing_seek(struct pv_listing *listing, u64 pos)
{
	const struct pv_rule *rule;
	const char *name;
	size_t len;
	u32 i;

	*listing->name = '\0';
	if (!pos)
		return true;
	pos--;
	for (i = 0; pos >= listing->layers->tables[i]->nr_rules; i++)
		pos -= listing->layers->tables[i]->nr_rules;
	rule = &listing->layers->tables[i]->rules[pos];
	if (rule->original_len <= listing->views[i].len)
		return false;
	name = rule->original + listing->views[i].len + 1;
	len = strcspn(name, "/");
	if (len > NAME_MAX)
		return false;
	memcpy(listing->name, name, len);
	listing->name[len] = '\0';
	return true;
}

/*
 * A filesystem that is stacked upon another one may say where a file is by where that
 * one's is.
 */
static void pv_listing_moved(struct file *file)
{
	loff_t pos = file->f_pos;

	if (!file_inode(file)->i_sb->s_stack_depth)
		return;
	vfs_llseek(file, pos, SEEK_SET);
	file->f_pos = pos;
}

/* ---- Other trees of a union ---- */

/**
 * struct pv_further - a name that another tree has
 * @hash: its position
 * @dir: which of the listing's @dirs has it
 * @type: its type, DT_x
 * @len: its length
 * @ino: its inode number
 * @name: the name
 */
struct pv_further {
	u32 hash;
	u8 dir;
	u8 type;
	u16 len;
	u64 ino;
	char name[NAME_MAX + 1];
};

/**
 * struct pv_gather - the next names that other trees have, by their positions
 * @ctx: what the filesystem is given
 * @hashes: how many positions there are
 * @from: the first one that is of use
 * @end: from here on there may be more than are here
 * @dir: what is read just now
 * @any: it has told of something
 * @nr: how many there are
 * @order: of @names, by @hash and @dir
 * @names: the names
 */
struct pv_gather {
	struct dir_context ctx;
	u64 hashes;
	u64 from;
	u64 end;
	u8 dir;
	bool any;
	unsigned int nr;
	u16 order[PV_FURTHER_MAX];
	struct pv_further names[PV_FURTHER_MAX];
};

/* Make room for a name behind those with a lower position; NULL if it is not needed. */
static struct pv_further *pv_gather_room(struct pv_gather *gather, u32 hash)
{
	unsigned int lo = 0, hi = gather->nr, mid;
	u16 place = gather->nr;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (gather->names[gather->order[mid]].hash <= hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (gather->nr < PV_FURTHER_MAX) {
		gather->nr++;
	} else {
		place = gather->order[gather->nr - 1];
		gather->end = min_t(u64, gather->end,
				    lo < gather->nr ? gather->names[place].hash : hash);
		if (lo == gather->nr)
			return NULL;
	}
	memmove(gather->order + lo + 1, gather->order + lo,
		(gather->nr - 1 - lo) * sizeof(*gather->order));
	gather->order[lo] = place;
	return &gather->names[place];
}

static bool pv_gather_tell(struct dir_context *ctx, const char *name, int len,
			   loff_t pos, u64 ino, unsigned int type)
{
	struct pv_gather *gather = container_of(ctx, struct pv_gather, ctx);
	struct pv_further *further;
	u32 hash;

	gather->any = true;
	if (len <= 0 || len > NAME_MAX ||
	    (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
		return true;
	hash = jhash(name, len, 0) & (gather->hashes - 1);
	if (hash < gather->from || hash >= gather->end)
		return true;
	further = pv_gather_room(gather, hash);
	if (further) {
		further->hash = hash;
		further->dir = gather->dir;
		further->type = type;
		further->len = len;
		further->ino = ino;
		memcpy(further->name, name, len);
		further->name[len] = '\0';
	}
	return !fatal_signal_pending(current);
}

/* Read one of the other directories; one that may not be read has nothing to tell. */
static int pv_gather_read(struct pv_gather *gather, const struct path *dir)
{
	struct file *file;
	int err;

	/* Who opens it by a name is asked so; who opens a dentry is not. */
	if (inode_permission(mnt_idmap(dir->mnt), d_inode(dir->dentry),
			     MAY_OPEN | MAY_READ))
		return 0;
	file = dentry_open(dir, O_RDONLY | O_DIRECTORY, current_cred());
	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOMEM || PTR_ERR(file) == -ENFILE ?
		       PTR_ERR(file) : 0;
	do {
		cond_resched();
		gather->any = false;
		gather->ctx.pos = file->f_pos;
		err = pv_original_iterate(file, &gather->ctx);
		if (fatal_signal_pending(current))
			err = -EINTR;
	} while (!err && gather->any);
	fput(file);
	return err;
}

static int pv_gather_all(struct pv_gather *gather, const struct pv_listing *listing)
{
	unsigned int i;
	int err = 0;

	gather->nr = 0;
	gather->end = listing->hashes;
	for (i = 0; i < listing->nr_dirs && !err; i++) {
		gather->dir = i;
		err = pv_gather_read(gather, &listing->dirs[i]);
	}
	/* More than there is room for, at one position: who makes such names loses some. */
	gather->end = max(gather->end, gather->from + 1);
	return err;
}

/* Has a directory that name? */
static bool pv_further_is_in(const struct path *dir, const char *name)
{
	struct filename *filename = getname_kernel(name);
	struct path path;
	int err;

	if (IS_ERR(filename))
		return false;
	err = pv_original_lookup(AT_FDCWD, filename, 0, &path, dir);
	putname(filename);
	if (!err)
		path_put(&path);
	return !err;
}

/* Is it not told of otherwise: by a directory before, or by rules? */
static bool pv_further_counts(const struct pv_listing *listing, const struct path *own,
			      const struct pv_further *further)
{
	unsigned int i;

	if (pv_listing_has(listing, further->name, further->len) ||
	    pv_further_is_in(own, further->name))
		return false;
	for (i = 0; i < further->dir; i++)
		if (pv_further_is_in(&listing->dirs[i], further->name))
			return false;
	return true;
}

/* Tell what has been gathered; 1 if the caller takes no more. */
static int pv_further_tell(struct pv_listing *listing, const struct pv_gather *gather,
			   struct file *file, loff_t base, const struct path *own)
{
	const struct pv_further *further;
	unsigned int i;

	for (i = 0; i < gather->nr; i++) {
		further = &gather->names[gather->order[i]];
		if (further->hash >= gather->end)
			break;
		file->f_pos = base + further->hash;
		listing->outer->pos = file->f_pos;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (pv_further_counts(listing, own, further) &&
		    !listing->tell(listing->outer, further->name, further->len,
				   base + further->hash, further->ino, further->type))
			return 1;
	}
	return 0;
}

/* Go on with what other trees have, from that position on; 1 if the caller takes no more. */
static int pv_listing_further(struct pv_listing *listing, struct file *file,
			      loff_t base, u64 from)
{
	struct path own = file->f_path;
	struct audit_context *audit;
	struct pv_gather *gather;
	int err = 0;

	gather = kvmalloc(sizeof(*gather), GFP_KERNEL_ACCOUNT);
	if (!gather)
		return -ENOMEM;
	gather->ctx = *listing->outer;
	gather->ctx.actor = pv_gather_tell;
	gather->hashes = listing->hashes;
	audit = pv_audit_mute();
	while (!err && from < listing->hashes) {
		gather->from = from;
		err = pv_gather_all(gather, listing);
		if (!err)
			err = pv_further_tell(listing, gather, file, base, &own);
		from = gather->end;
	}
	pv_audit_unmute(audit);
	if (!err) {
		file->f_pos = base + listing->hashes;
		listing->outer->pos = file->f_pos;
	}
	pv_listing_moved(file);
	kvfree(gather);
	return err;
}

/* Find the directory in other trees.  Return whether it is one of them itself. */
static bool pv_listing_find_trees(struct pv_listing *listing, const struct path *own,
				  const char *virtual)
{
	struct path *dirs = listing->dirs;
	bool found = false;
	unsigned int i, nr;

	nr = pv_resolve_trees(listing->layers, listing->layers->root, virtual, dirs);
	for (i = 0; i < nr; i++) {
		if (path_equal(&dirs[i], own)) {
			found = true;
			path_put(&dirs[i]);
		} else {
			dirs[listing->nr_dirs++] = dirs[i];
		}
	}
	return found;
}

/* ---- Listing ---- */

/* The directory has come to its end, or had: go on with what is added. */
static int pv_listing_add(struct pv_listing *listing, struct file *file,
			  loff_t base, u64 from)
{
	struct dir_context *ctx = listing->outer;
	struct pv_added added;
	int err = 0;

	ctx->pos = file->f_pos;
	if (from < listing->hashes) {
		if (listing->nr_dirs)
			err = pv_listing_further(listing, file, base, from);
		if (err)
			return min(err, 0);
		from = listing->hashes;
	}
	if (!pv_listing_seek(listing, from - listing->hashes))
		return 0;
	while (!err && pv_listing_next(listing, &added)) {
		err = pv_added_find(listing, &added);
		if (err == -ENOENT) {
			err = 0;
			continue;
		}
		if (err || !listing->tell(ctx, listing->name,
					  strlen(listing->name), base + from,
					  added.ino, added.type))
			break;
		from = pv_added_pos(listing, &added);
		file->f_pos = base + from;
		ctx->pos = file->f_pos;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	pv_listing_moved(file);
	return err;
}

static int pv_listing_go(struct pv_listing *listing, struct file *file)
{
	loff_t base = pv_listing_based(listing, file, file->f_pos);
	int err;

	if (base >= 0) {
		if (IS_DEADDIR(file_inode(file)))
			return -ENOENT;
		return pv_listing_add(listing, file, base, file->f_pos - base);
	}
	do {
		listing->left_out = false;
		listing->ctx = *listing->outer;
		listing->ctx.actor = pv_listing_tell_first;
		err = pv_original_iterate(file, &listing->ctx);
		listing->outer->pos = listing->ctx.pos;
		if (err || listing->told)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		/* To tell of nothing is to say that there is nothing more. */
	} while (listing->left_out);
	base = pv_listing_base(listing, file, file->f_pos);
	return pv_listing_add(listing, file, base, 0);
}

/* What the directory is to each layer; false if rules have nothing to do with it. */
static bool pv_listing_view(struct pv_listing *listing, const struct file *file)
{
	struct pv_vpath *place = pv_vpath_alloc(GFP_KERNEL);
	struct pv_layers *layers = listing->layers;
	struct pv_start start = {
		.path = file->f_path,
		.route = pv_route_of(&file->f_path, &file->f_path),
	};
	const char *leads = NULL;
	bool same = false, found = false;

	if (!place)
		return false;
	if (layers->unions &&
	    pv_vpath_name(place, layers, layers->root, &start))
		found = pv_listing_find_trees(listing, &file->f_path, place->virtual);
	if (pv_vpath_name(place, layers, layers->root, &start))
		leads = pv_layers_view(layers, place->virtual, place->scratch,
				       listing->views);
	/* If not it was opened before the rules counted: it is what it was. */
	if (leads)
		same = found || !strcmp(leads, place->real);
	pv_vpath_free(place);
	return same;
}

static u64 pv_listing_hashes(const struct pv_layers *layers, const struct file *file)
{
	if (!layers->unions)
		return 0;
	if (in_compat_syscall() ||
	    file_inode(file)->i_sb->s_maxbytes < 4 * PV_FURTHER_HASHES)
		return PV_FURTHER_HASHES_FEW;
	return PV_FURTHER_HASHES;
}

static struct pv_listing *pv_listing_alloc(struct pv_layers *layers,
					   struct dir_context *ctx,
					   const struct file *file, int fd)
{
	struct pv_listing *listing;
	u32 i;

	listing = kmalloc(struct_size(listing, views, layers->nr),
			  GFP_KERNEL_ACCOUNT);
	if (!listing)
		return NULL;
	listing->outer = ctx;
	listing->tell = ctx->actor;
	listing->bits = 0;
	listing->told = false;
	listing->fd = fd;
	listing->layers = layers;
	listing->nr_dirs = 0;
	listing->hashes = pv_listing_hashes(layers, file);
	listing->span = listing->hashes + 1;
	for (i = 0; i < layers->nr; i++)
		listing->span += layers->tables[i]->nr_rules;
	*listing->name = '\0';
	return listing;
}

/* A directory that ORIGINALs may lie in. */
static noinline int pv_listing_run(struct file *file, struct dir_context *ctx)
{
	struct pv_layers *layers = NULL;
	struct pv_listing *listing;
	int fd, err = -ENOMEM;

	if (pv_call_lists(file, &fd))
		layers = pv_layers_get_fresh();
	if (!layers)
		return pv_original_iterate(file, ctx);
	listing = pv_listing_alloc(layers, ctx, file, fd);
	if (listing) {
		if (pv_listing_view(listing, file) &&
		    pv_listing_prepare(listing))
			err = pv_listing_go(listing, file);
		else
			err = pv_original_iterate(file, ctx);
		while (listing->nr_dirs)
			path_put(&listing->dirs[--listing->nr_dirs]);
	}
	kfree(listing);
	pv_layers_put(layers);
	return err;
}

/* Can it be told by its name that no ORIGINAL lies in a directory? */
static __always_inline bool pv_listing_may_add(const struct pv_layers *layers,
					       const struct path *dir)
{
	const struct dentry *dentry = dir->dentry;
	/* Who reads the count itself waits for no one, on any kernel. */
	const seqcount_t *renamed = &dentry->d_seq.seqcount;
	const unsigned char *name;
	unsigned int seq, len;
	bool may;

	if (layers->unions || layers->nr > 1 || layers->from[0] || layers->root ||
	    !pv_layers_at_home(layers))
		return true;
	/* Those have other names. */
	if (dentry == dir->mnt->mnt_root || dentry == layers->base->inner.dentry)
		return true;
	seq = raw_seqcount_begin(renamed);
	len = READ_ONCE(dentry->d_name.len);
	name = READ_ONCE(dentry->d_name.name);
	if (read_seqcount_retry(renamed, seq))
		return true;
	may = pv_parents_may_have(layers->tables[0], (const char *)name, len);
	return may || read_seqcount_retry(renamed, seq);
}

/* Stands for iterate_dir(): the getdents family. */
int pv_handle_iterate(struct file *file, struct dir_context *ctx)
{
	const struct pv_layers *layers;
	bool may;
	int err;

	pv_call_begin();
	rcu_read_lock_sched();
	layers = pv_layers_current();
	may = layers && pv_listing_may_add(layers, &file->f_path);
	rcu_read_unlock_sched();
	err = unlikely(may) ? pv_listing_run(file, ctx) :
			      pv_original_iterate(file, ctx);
	pv_call_end();
	return err;
}
