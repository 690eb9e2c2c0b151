// SPDX-License-Identifier: GPL-2.0
/*
 * T7: symbolic links that lead into ORIGINAL, by their own target or joined
 * with the rest of the name, lead into NEW.
 *
 * All by the oracle, with what the kernel remembers of names and without it: a
 * walk that finds all of it in memory takes no locks and is another code path.
 */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kselftest_harness.h"

#include "oracle.h"

/* MAXSYMLINKS of the kernel. */
#define LINKS_MAX	40

#define PROTECTED	"/proc/sys/fs/protected_symlinks"

/* ORIGINAL and NEW, which lie at different depths, and what is beside them. */
#define RULES		.rules = { { "B/virt", "B/deep/er/new" } }
#define FILES								\
	{ "B/x" }, { "B/f" }, { "B/side/f" }, { "B/side/d/f" },		\
	{ "B/virt/f" }, { "B/virt/d/f" }, { "B/virt/x" },		\
	{ "B/deep/x" }, { "B/deep/er/x" }, { "B/deep/er/f" },		\
	{ "B/deep/er/new/f" }, { "B/deep/er/new/d/f" },			\
	{ "B/deep/er/new/d/e/f" }

/* ---- Where links lead ---- */

ORACLE_FIXTURE(link)

/**
 * struct _fixture_variant_link - a tree with links
 *
 * @setting: the tree
 * @names: what is asked for, absolute or from B
 */
FIXTURE_VARIANT(link)
{
	struct setting setting;
	const char *names[40];
};

FIXTURE_VARIANT_ADD(link, to_original)
{
	.setting = { RULES, .things = { FILES, { "B/l", "B/virt" },
					{ "B/side/l", "B/virt" },
					{ "B/slash", "B/virt/" }, } },
	.names = { "B/l", "B/l/", "B/l/.", "B/l/..", "B/l/../x", "B/l/f",
		   "B/l/f/", "B/l/d", "B/l/d/f", "B/l/d/../f", "B/l/no",
		   "B/l/no/f", "B/side/l", "B/side/l/f", "B/side/l/../x",
		   "B/side/../l/f", "B//l//f", "B/slash", "B/slash/f",
		   "B/slash/../x", "l", "l/f", "l/../x", "side/l/d/e/f" },
};

FIXTURE_VARIANT_ADD(link, below_original)
{
	.setting = { RULES, .things = { FILES, { "B/ld", "B/virt/d" },
					{ "B/lf", "B/virt/f" },
					{ "B/le", "B//virt/./d/../d//e/" },
					{ "B/ln", "B/virt/no" },
					{ "B/lnn", "B/virt/no/no" },
					{ "B/lnot", "B/virt/f/f" }, } },
	.names = { "B/ld", "B/ld/", "B/ld/f", "B/ld/..", "B/ld/../f",
		   "B/ld/../../x", "B/lf", "B/lf/", "B/lf/.", "B/lf/..",
		   "B/lf/f", "B/le", "B/le/f", "B/le/../../../x", "B/ln",
		   "B/ln/", "B/ln/f", "B/lnn", "B/lnot", "ld/f", "lf", "lf/",
		   "ln" },
};

/* The rest of the name goes into ORIGINAL. */
FIXTURE_VARIANT_ADD(link, above_original)
{
	.setting = { RULES, .things = { FILES, { "B/up", "B" },
					{ "B/side/up", "B/" },
					{ "B/root", "/" },
					{ "B/virt2/f" },
					{ "B/side/virt", "../virt/d" },
					{ "B/deep/er/new/top", "B" }, } },
	.names = { "B/up/virt", "B/up/virt/", "B/up/virt/f", "B/up/virt/..",
		   "B/up/virt/../x", "B/up/up/virt/f", "B/up/./virt//d/f",
		   "B/up/side/../virt/f", "B/up/virt2/f", "B/up/x",
		   "B/up/side/virt/f", "B/side/up/virt/f",
		   "B/side/up/side/up/virt", "B/rootB/virt/f",
		   "B/rootB/up/virt/f", "B/rootB/x", "B/virt/top/virt/f",
		   "B/virt/top/virt/top/x", "up/virt/f", "side/up/virt/f",
		   "up/no/../virt/f", "B/up/virt/no" },
};

FIXTURE_VARIANT_ADD(link, above_a_deep_original)
{
	.setting = { .rules = { { "B/a/b/c", "B/n" } },
		     .things = { { "B/a/b/c/f" }, { "B/a/b/f" }, { "B/a/f" },
				 { "B/n/f" }, { "B/n/d/f" },
				 { "B/la", "B/a" }, { "B/lb", "a/b" },
				 { "B/a/b/lc", "c" }, { "B/a/lbc", "b/c/d" },
				 { "B/a/b/dots", "../b/c" }, } },
	.names = { "B/la/b/c/f", "B/la/b/c", "B/la/b/c/..", "B/la/b/c/../f",
		   "B/la/b/f", "B/lb/c/f", "B/lb/c/../f", "B/a/b/lc",
		   "B/a/b/lc/f", "B/la/b/lc/d/f", "B/lb/lc/f", "B/la/lbc/f",
		   "B/lb/dots/f", "la/b/c/f", "lb/lc/../f" },
};

FIXTURE_VARIANT_ADD(link, relative_beside_original)
{
	.setting = { RULES, .things = { FILES, { "B/l", "virt" },
					{ "B/lf", "virt/f" },
					{ "B/lo", "./side/..//virt/./d" },
					{ "B/side/l", "../virt/d" },
					{ "B/side/lf", "d/../../virt/f" },
					{ "B/out", "virt/../x" },
					{ "B/no", "virt/no" },
					{ "B/not", "x/../virt/f" }, } },
	.names = { "B/l", "B/l/", "B/l/f", "B/l/d/f", "B/l/..", "B/l/../x",
		   "B/lf", "B/lf/", "B/lf/..", "B/lo", "B/lo/f", "B/lo/e/f",
		   "B/lo/../f", "B/side/l", "B/side/l/f", "B/side/l/../../x",
		   "B/side/lf", "B/out", "B/no", "B/no/f", "B/not", "l/f",
		   "l/../x", "lf", "side/l/f", "out" },
};

FIXTURE_VARIANT_ADD(link, in_new)
{
	.setting = { RULES, .things = { FILES,
			{ "B/deep/er/new/in", "d/e" },
			{ "B/deep/er/new/self", "." },
			{ "B/deep/er/new/out", "../x" },
			{ "B/deep/er/new/outside", "../side" },
			{ "B/deep/er/new/d/out", "../../side/d" },
			{ "B/deep/er/new/d/up", ".." },
			{ "B/deep/er/new/round", "../virt/d" },
			{ "B/deep/er/new/back", "B/virt/d" },
			{ "B/deep/er/new/home", "B/virt" },
			{ "B/deep/er/new/d/twice", "B/virt/back/e" },
			{ "B/deep/er/new/real", "B/deep/er/new/d" }, } },
	.names = { "B/virt/in", "B/virt/in/f", "B/virt/in/../../../x",
		   "B/virt/self/self/f", "B/virt/self/../x", "B/virt/out",
		   "B/virt/outside", "B/virt/outside/f", "B/virt/outside/..",
		   "B/virt/d/out", "B/virt/d/out/f", "B/virt/d/out/../../x",
		   "B/virt/d/up", "B/virt/d/up/f", "B/virt/d/up/..",
		   "B/virt/d/up/../x", "B/virt/round", "B/virt/round/f",
		   "B/virt/round/e/f", "B/virt/back", "B/virt/back/f",
		   "B/virt/back/../f", "B/virt/back/../../x", "B/virt/home",
		   "B/virt/home/home/f", "B/virt/home/../x", "B/virt/d/twice",
		   "B/virt/d/twice/f", "B/virt/real", "B/virt/real/f",
		   "B/virt/real/..", "B/deep/er/new/back/f",
		   "B/deep/er/new/outside" },
};

/* By relative names; the working directory is older than the table. */
FIXTURE_VARIANT_ADD(link, in_new_from_original)
{
	.setting = { RULES, .dir = "B/virt", .things = { FILES,
			{ "B/virt/in", "x" },
			{ "B/deep/er/new/in", "d/e" },
			{ "B/deep/er/new/out", "../x" },
			{ "B/deep/er/new/back", "B/virt/d" },
			{ "B/deep/er/new/d/up", ".." },
			{ "B/l", "virt/d" }, } },
	.names = { "in", "in/f", "in/../../../x", "out", "back", "back/f",
		   "back/../../x", "d/up/f", "d/up/../x", "../l/f",
		   "../l/../f" },
};

FIXTURE_VARIANT_ADD(link, chains)
{
	.setting = { RULES, .things = { FILES,
			{ "B/c1", "B/c2" }, { "B/c2", "c3" },
			{ "B/c3", "side/c4" }, { "B/side/c4", "../c5" },
			{ "B/c5", "B/virt/c6" },
			{ "B/deep/er/new/c6", "B/side/c7" },
			{ "B/side/c7", "../virt/d/c8" },
			{ "B/deep/er/new/d/c8", "e" },
			{ "B/w1", "B/w2/d" }, { "B/w2", "B/virt" },
			{ "B/w3", "w2/../w2/f" }, { "B/virt/c6", "f" }, } },
	.names = { "B/c1", "B/c1/", "B/c1/f", "B/c1/../f", "B/c1/../../../x",
		   "B/c5/f", "B/side/c4/f", "B/side/c7", "B/virt/c6/f",
		   "B/w1", "B/w1/f", "B/w1/../f", "B/w2/c6/f", "B/w3", "c1/f",
		   "w1/e/f" },
};

FIXTURE_VARIANT_ADD(link, loops)
{
	.setting = { RULES, .things = { FILES,
			{ "B/me", "B/me" }, { "B/a", "B/b" }, { "B/b", "a" },
			{ "B/in", "B/virt/loop" },
			{ "B/deep/er/new/loop", "B/virt/loop" },
			{ "B/deep/er/new/ping", "B/pong" },
			{ "B/pong", "virt/ping" },
			{ "B/deep/er/new/back", "../virt/back" },
			{ "B/virt/loop", "f" }, } },
	.names = { "B/me", "B/me/f", "B/a", "B/a/", "B/b/..", "B/in",
		   "B/in/f", "B/virt/loop", "B/virt/loop/f", "B/virt/ping",
		   "B/virt/ping/..", "B/pong", "B/virt/back", "a", "in",
		   "virt/ping" },
};

/* LINKS_MAX are followed and one more is not, through ORIGINAL or not. */
static void plant_chains(const char *base)
{
	static const char * const made[][2] = {
		/* Where the links are; by what name they are met. */
		{ "%s/k%d", "%s/k%d" },
		{ "%s/deep/er/new/k%d", "%s/virt/k%d" },
	};
	char *name, *target;
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(made); i++) {
		target = pvt_path("%s/virt/f", base);
		for (n = 1; n <= LINKS_MAX + 1; n++) {
			name = pvt_path(i ? made[1][0] : made[0][0], base, n);
			pvt_symlink(target, name);
			free(name);
			free(target);
			target = pvt_path(i ? made[1][1] : made[0][1], base, n);
		}
		free(target);
	}
}

FIXTURE_VARIANT_ADD(link, forty)
{
	.setting = { RULES, .things = { FILES }, .plant = plant_chains },
	.names = { "B/k1", "B/k39", "B/k40", "B/k41", "B/virt/k1",
		   "B/virt/k39", "B/virt/k40", "B/virt/k41", "k40", "k41",
		   "virt/k40", "virt/k41" },
};

static void plant_long_targets(const char *base)
{
	char *dots = pvt_path("%s", ""), *more;

	while (strlen(dots) < 3900) {
		more = pvt_path("%s/.", dots);
		free(dots);
		dots = more;
	}
	pvt_symlink(pvt_path("%s%s/virt/f", base, dots),
		    pvt_path("%s/long", base));
	pvt_symlink(pvt_path(".%s/virt/d", dots), pvt_path("%s/rel", base));
	pvt_symlink(pvt_path("%s/virt%s", base, dots),
		    pvt_path("%s/end", base));
	free(dots);
}

FIXTURE_VARIANT_ADD(link, long_targets)
{
	.setting = { RULES, .things = { FILES }, .plant = plant_long_targets },
	.names = { "B/long", "B/rel", "B/rel/f", "B/end", "B/end/d/f",
		   "B/end/../x", "long", "rel/../f" },
};

/* Nothing that rules speak of; the first line says that there are some. */
FIXTURE_VARIANT_ADD(link, elsewhere)
{
	.setting = { RULES, .things = { FILES, { "B/virt2/f" },
			{ "B/l", "B/side/d" }, { "B/r", "side" },
			{ "B/near", "B/virt2" }, { "B/nearer", "virt2/f" },
			{ "B/dots", "side/../x" }, { "B/null", "/dev/null" },
			{ "B/gone", "B/nowhere" },
			{ "B/new", "B/deep/er/new" },
			{ "B/odd", "virt.d" }, { "B/cased", "VIRT/f" }, } },
	.names = { "B/l", "B/l/f", "B/l/../f", "B/r", "B/r/d/f", "B/near",
		   "B/near/f", "B/nearer", "B/dots", "B/null", "B/gone",
		   "B/new", "B/new/f", "B/new/../x", "B/odd", "B/cased",
		   "/proc/self/ns/../stat", "/proc/self/exe", "/dev/fd",
		   "l/f", "r/d/f" },
};

FIXTURE_VARIANT_ADD(link, exception)
{
	.setting = { .rules = { { "B/virt/keep", "B/virt/keep" },
				{ "B/virt", "B/new" } },
		     .things = { { "B/virt/keep/f" }, { "B/virt/f" },
				 { "B/new/keep/f" }, { "B/new/f" },
				 { "B/lk", "B/virt/keep" }, { "B/lv", "virt" },
				 { "B/new/lk", "keep" },
				 { "B/virt/keep/out", "../f" },
				 { "B/virt/keep/abs", "B/virt/f" }, } },
	.names = { "B/lk", "B/lk/f", "B/lk/../f", "B/lv/keep/f", "B/lv/f",
		   "B/virt/lk/f", "B/virt/lk/..", "B/virt/keep/out",
		   "B/lk/out", "B/lk/abs", "lk/f", "lv/keep/../f" },
};

FIXTURE_VARIANT_ADD(link, two_rules)
{
	.setting = { .rules = { { "B/v1", "B/n1" }, { "B/v2", "B/far/n2" } },
		     .things = { { "B/v1/f" }, { "B/v2/f" }, { "B/f" },
				 { "B/n1/f" }, { "B/n1/over", "B/v2" },
				 { "B/n1/rel", "../v2/f" }, { "B/far/f" },
				 { "B/far/n2/f" }, { "B/far/n2/back", "B/v1" },
				 { "B/l", "v1/over/back/rel" }, } },
	.names = { "B/v1/over", "B/v1/over/f", "B/v1/over/..",
		   "B/v1/over/../f", "B/v1/over/back/over/f", "B/v1/rel",
		   "B/l", "B/v2/back/f", "v1/over/f", "v1/rel" },
};

/* T3: what a link leads to is translated once, too. */
FIXTURE_VARIANT_ADD(link, into_itself)
{
	.setting = { .rules = { { "B/a", "B/a/b" } },
		     .things = { { "B/f" }, { "B/a/f" }, { "B/a/b/f" },
				 { "B/a/b/b/f" }, { "B/a/b/b/b/f" },
				 { "B/l", "B/a" }, { "B/r", "a/b" },
				 { "B/a/b/l", "B/a/f" },
				 { "B/a/b/b/l", "../f" }, { "B/a/b/up", ".." },
				 { "B/up", "B" }, } },
	.names = { "B/l", "B/l/f", "B/l/b/f", "B/l/../f", "B/r", "B/r/f",
		   "B/r/../f", "B/a/l", "B/a/b/l", "B/a/up", "B/a/up/f",
		   "B/a/up/a/f", "B/up/a/f", "B/up/a/b/f", "l/f", "r/f",
		   "B/l/l", "B/l/b/l" },
};

FIXTURE_VARIANT_ADD(link, swap)
{
	.setting = { .rules = { { "B/a", "B/b" }, { "B/b", "B/a" } },
		     .things = { { "B/a/f" }, { "B/b/f" }, { "B/f" },
				 { "B/la", "B/a" }, { "B/lb", "b" },
				 { "B/a/x", "B/b/f" }, { "B/b/x", "B/b/f" },
				 { "B/a/y", "../b/f" },
				 { "B/b/y", "../b/f" }, } },
	.names = { "B/la/f", "B/lb/f", "B/a/x", "B/b/x", "B/a/y", "B/b/y",
		   "B/la/x", "B/lb/y", "la/f", "lb/f" },
};

FIXTURE_VARIANT_ADD(link, original_is_a_file)
{
	.setting = { .rules = { { "B/etc/conf", "B/new/conf" } },
		     .things = { { "B/etc/conf" }, { "B/etc/conf.d/f" },
				 { "B/new/conf" }, { "B/l", "B/etc/conf" },
				 { "B/r", "etc/conf" }, { "B/e", "B/etc" },
				 { "B/ld", "B/etc/conf.d" }, } },
	.names = { "B/l", "B/l/", "B/r", "B/e/conf", "B/e/conf/",
		   "B/e/conf.d/f", "B/ld/f", "l", "e/conf" },
};

FIXTURE_VARIANT_ADD(link, two_layers)
{
	.setting = { RULES, .inner = { "B/top", "B/virt" },
		     .things = { FILES, { "B/top/f" }, { "B/l", "B/top" },
				 { "B/r", "top/d" }, { "B/m", "B/virt/d" },
				 { "B/deep/er/new/t", "B/top/d/e" },
				 { "B/deep/er/new/o", "../x" }, } },
	.names = { "B/l", "B/l/f", "B/l/..", "B/l/../x", "B/r", "B/r/f",
		   "B/m/f", "B/top/t", "B/top/t/f", "B/virt/t/f", "B/l/o",
		   "l/t/f", "r/../f" },
};

/* The working directory is B, so that names need no link to get there. */
static void ask_from_base(struct stage *stage)
{
	if (!stage->setting->dir && chdir(stage->base))
		pvt_die("chdir of %s", stage->base);
	ask_for_all(stage);
}

static void compare_links(struct __test_metadata *_metadata, const char *base,
			  const struct _fixture_variant_link *variant,
			  bool cold)
{
	struct setting setting = variant->setting;
	struct stage stage = {
		.setting = &setting,
		.body = ask_from_base,
		.arg = variant->names,
		.base = base,
	};

	setting.cold = cold;
	as_under_a_mount(_metadata, &stage);
}

TEST_F(link, T7_leads_where_it_should)
{
	compare_links(_metadata, self->base, variant, false);
}

TEST_F_TIMEOUT(link, T7_leads_where_it_should_cold, 120)
{
	compare_links(_metadata, self->base, variant, true);
}

/* ---- What is done by the name of a link ---- */

#define ACTS	8

/* struct act - a call, and the names it is given */
struct act {
	long (*call)(const char *name, const char *other);
	const char *name;
	const char *other;
};

static long closed(long fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static long act_create(const char *name, const char *other)
{
	(void)other;
	return closed(open(name, O_CREAT | O_RDWR, 0640));
}

static long act_create_excl(const char *name, const char *other)
{
	(void)other;
	return closed(open(name, O_CREAT | O_EXCL | O_RDWR, 0640));
}

static long act_create_nofollow(const char *name, const char *other)
{
	(void)other;
	return closed(open(name, O_CREAT | O_NOFOLLOW | O_RDWR, 0640));
}

static long act_create_directory(const char *name, const char *other)
{
	(void)other;
	return closed(open(name, O_CREAT | O_DIRECTORY | O_RDONLY, 0640));
}

static long act_open_truncate(const char *name, const char *other)
{
	(void)other;
	return closed(open(name, O_TRUNC | O_WRONLY));
}

static long act_truncate(const char *name, const char *other)
{
	(void)other;
	return truncate(name, 1);
}

static long act_mkdir(const char *name, const char *other)
{
	(void)other;
	return mkdir(name, 0711);
}

static long act_mknod(const char *name, const char *other)
{
	(void)other;
	return mknod(name, S_IFIFO | 0600, 0);
}

static long act_symlink(const char *name, const char *other)
{
	return symlink(other, name);
}

static long act_unlink(const char *name, const char *other)
{
	(void)other;
	return unlink(name);
}

static long act_rmdir(const char *name, const char *other)
{
	(void)other;
	return rmdir(name);
}

static long act_rename(const char *name, const char *other)
{
	return rename(name, other);
}

static long act_exchange(const char *name, const char *other)
{
	return syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, other,
		       RENAME_EXCHANGE);
}

static long act_link(const char *name, const char *other)
{
	return link(name, other);
}

static long act_link_follow(const char *name, const char *other)
{
	return linkat(AT_FDCWD, name, AT_FDCWD, other, AT_SYMLINK_FOLLOW);
}

static long act_chmod(const char *name, const char *other)
{
	(void)other;
	return chmod(name, 0604);
}

static long act_chown(const char *name, const char *other)
{
	(void)other;
	return chown(name, 7, 8);
}

static long act_lchown(const char *name, const char *other)
{
	(void)other;
	return lchown(name, 7, 8);
}

static const struct timespec times[2] = { { 1, 2 }, { 3, 4 } };

static long act_utimens(const char *name, const char *other)
{
	(void)other;
	return utimensat(AT_FDCWD, name, times, 0);
}

static long act_lutimens(const char *name, const char *other)
{
	(void)other;
	return utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW);
}

static long act_bind(const char *name, const char *other)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)other;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name);
	return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&addr,
		    sizeof(addr));
}

/* The socket is bound by @other, and met by @name. */
static long act_connect(const char *name, const char *other)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", other);
	if (bind(fd, (void *)&addr, sizeof(addr)) || listen(fd, 1))
		pvt_die("bind to %s", other);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name);
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&addr,
		       sizeof(addr));
}

/* Programs that succeed lie in NEW, those that fail in ORIGINAL. */
static long act_execute(const char *name, const char *other)
{
	pid_t pid = fork();
	int status = 0;

	(void)other;
	if (!pid) {
		execl(name, name, NULL);
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status) > 100 ? WEXITSTATUS(status) - 100 : ECHILD;
	return status ? -1 : 0;
}

ORACLE_FIXTURE(act)

FIXTURE_VARIANT(act)
{
	struct act acts[ACTS];
};

#define ACT(name, ...)							\
	FIXTURE_VARIANT_ADD(act, name) { .acts = { __VA_ARGS__ } }

ACT(dangling_creates_in_new, { act_create, "B/no" },
    { act_create, "B/rel.no" }, { act_create, "B/virt/in.no" },
    { act_create, "B/no.no" });
ACT(excl_finds_the_link, { act_create_excl, "B/no" },
    { act_create_excl, "B/f.l" }, { act_create_excl, "B/virt/in.no" },
    { act_create_excl, "B/d.l/made" }, { act_create_excl, "B/no/made" });
ACT(nofollow_finds_the_link, { act_create_nofollow, "B/no" },
    { act_create_nofollow, "B/f.l" }, { act_create_nofollow, "B/d.l/made" });
ACT(create_with_slash, { act_create, "B/no/" }, { act_create, "B/f.l/" },
    { act_create, "B/d.l" }, { act_create_directory, "B/no" },
    { act_create_directory, "B/d.l" });
ACT(truncate, { act_open_truncate, "B/f.l" }, { act_truncate, "B/d.l/f" },
    { act_truncate, "B/d.l" }, { act_truncate, "B/no" });
ACT(mkdir, { act_mkdir, "B/no" }, { act_mkdir, "B/no/" },
    { act_mkdir, "B/d.l/made" }, { act_mkdir, "B/d.l/../made/" },
    { act_mkdir, "B/virt.l/../beside" }, { act_mkdir, "B/no/made" });
ACT(mknod, { act_mknod, "B/no" }, { act_mknod, "B/d.l/made" });
ACT(symlink, { act_symlink, "B/no", "x" },
    { act_symlink, "B/d.l/s", "B/virt" }, { act_create, "B/d.l/s/made" });
ACT(unlink, { act_unlink, "B/f.l" }, { act_unlink, "B/d.l/f" },
    { act_unlink, "B/d.l/" }, { act_unlink, "B/d.l" }, { act_unlink, "B/no" },
    { act_unlink, "B/virt/in.no" });
ACT(rmdir, { act_rmdir, "B/d.l" }, { act_rmdir, "B/empty.l" },
    { act_rmdir, "B/empty.l/" }, { act_rmdir, "B/virt.l/empty" },
    { act_rmdir, "B/virt.l/." });
ACT(rename_moves_the_link, { act_rename, "B/f.l", "B/moved" },
    { act_rename, "B/no", "B/side/moved" },
    { act_rename, "B/virt/in.no", "B/virt/moved" });
ACT(rename_of_what_is_behind, { act_rename, "B/d.l/f", "B/virt.l/moved" },
    { act_rename, "B/virt.l/moved", "B/virt/d/again" },
    { act_rename, "B/virt.l/d/", "B/virt.l/dir" });
ACT(rename_replaces_the_link, { act_rename, "B/f", "B/f.l" },
    { act_rename, "B/x", "B/d.l" }, { act_rename, "B/virt/f", "B/virt/in.no" });
ACT(rename_with_slash, { act_rename, "B/d.l/", "B/moved" },
    { act_rename, "B/side", "B/d.l/" });
ACT(exchange, { act_exchange, "B/f.l", "B/x" },
    { act_exchange, "B/d.l/f", "B/virt.l/f" });
ACT(link_of_the_link, { act_link, "B/f.l", "B/hard" },
    { act_link, "B/d.l/f", "B/virt/hard" }, { act_link, "B/x", "B/no" });
ACT(link_of_what_is_behind, { act_link_follow, "B/f.l", "B/virt/hard" },
    { act_link_follow, "B/d.l/f", "B/virt.l/hard2" },
    { act_link_follow, "B/no", "B/hard" });
ACT(chmod, { act_chmod, "B/f.l" }, { act_chmod, "B/d.l/" },
    { act_chmod, "B/no" });
ACT(chown, { act_chown, "B/f.l" }, { act_lchown, "B/d.l" },
    { act_lchown, "B/empty.l/" }, { act_lchown, "B/no" });
ACT(utimens, { act_utimens, "B/f.l" }, { act_lutimens, "B/d.l" },
    { act_utimens, "B/no" }, { act_lutimens, "B/no" });
ACT(bind, { act_bind, "B/no" }, { act_bind, "B/f.l" },
    { act_bind, "B/d.l/socket" });
ACT(connect, { act_connect, "B/no", "B/virt/no" },
    { act_connect, "B/d.l/socket", "B/virt/d/socket" },
    { act_connect, "B/rel.no", "B/virt.l/rel" });
ACT(execute, { act_execute, "B/prog.l" }, { act_execute, "B/virt.l/prog" },
    { act_execute, "B/virt/back" }, { act_execute, "B/f.l/" },
    { act_execute, "B/no" });
ACT(interpreter, { act_execute, "B/virt/script" },
    { act_execute, "B/virt.l/script.l" }, { act_execute, "B/script.l" });

static void plant_programs(const char *base)
{
	char *scripts[2];
	size_t i;

	/* Its interpreter is met through a link. */
	scripts[0] = pvt_path("#!%s/prog.l\n", base);
	scripts[1] = pvt_path("#!%s/virt.l/prog\n", base);
	pvt_copy("/bin/true", pvt_path("%s/deep/er/new/prog", base));
	pvt_copy("/bin/false", pvt_path("%s/virt/prog", base));
	pvt_write(pvt_path("%s/deep/er/new/script", base), scripts[0], 0755);
	pvt_write(pvt_path("%s/deep/er/new/script2", base), scripts[1], 0755);
	for (i = 0; i < ARRAY_SIZE(scripts); i++)
		free(scripts[i]);
}

static const struct setting act_setting = {
	RULES,
	.things = { FILES, { "B/virt/empty/" }, { "B/deep/er/new/empty/" },
		{ "B/f.l", "B/virt/f" }, { "B/d.l", "B/virt/d" },
		{ "B/virt.l", "B/virt" }, { "B/empty.l", "virt/empty" },
		{ "B/no", "B/virt/no" }, { "B/rel.no", "virt/rel" },
		{ "B/no.no", "B/virt/no.dir/no" },
		{ "B/deep/er/new/in.no", "B/virt/d/in" },
		{ "B/deep/er/new/back", "B/virt/prog" },
		{ "B/prog.l", "B/virt/prog" },
		{ "B/script.l", "virt/script" },
		{ "B/deep/er/new/script.l", "../virt/script2" }, },
	.plant = plant_programs,
};

static void act(struct stage *stage)
{
	const struct act *acts = stage->arg, *a;
	char *name, *other;

	for (a = acts; a < acts + ACTS && a->call; a++) {
		name = expand(stage->base, a->name);
		other = expand(stage->base, a->other ?: "");
		say(stage, "%s %s: %s", a->name, a->other ?: "",
		    outcome(a->call(name, other), "done"));
		free(name);
		free(other);
	}
}

TEST_F(act, T7_on_links_and_behind_them)
{
	struct stage stage = {
		.setting = &act_setting,
		.body = act,
		.arg = variant->acts,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* ---- Links of others in a sticky directory ---- */

static const struct setting sticky_setting = {
	RULES,
	.things = { FILES, { "B/sticky/mine", "B/virt/f" },
		{ "B/sticky/theirs", "B/virt/f" },
		{ "B/sticky/root's", "B/virt/f" },
		{ "B/sticky/rel", "../virt/f" }, { "B/sticky/dir", "B/virt" },
		{ "B/sticky/native", "B/side/f" },
		{ "B/over", "B/sticky/theirs" },
		{ "B/deep/er/new/sticky/mine", "B/virt/f" },
		{ "B/deep/er/new/sticky/theirs", "B/virt/f" },
		{ "B/deep/er/new/sticky/rel", "../f" }, },
};

#define MY_UID		2000
#define THEIR_UID	2001

static void own_sticky(const char *base, const char *dir)
{
	static const char * const theirs[] = {
		"theirs", "rel", "dir", "native",
	};
	char *path = pvt_path("%s/%s", base, dir), *name;
	size_t i;

	if (chmod(path, 01777))
		pvt_die("chmod of %s", path);
	name = pvt_path("%s/mine", path);
	if (lchown(name, MY_UID, -1))
		pvt_die("lchown of %s", name);
	free(name);
	for (i = 0; i < ARRAY_SIZE(theirs); i++) {
		name = pvt_path("%s/%s", path, theirs[i]);
		if (lchown(name, THEIR_UID, -1) && errno != ENOENT)
			pvt_die("lchown of %s", name);
		free(name);
	}
	free(path);
}

/* The tree has its owners before anybody loses the right to set them. */
static void ask_as_another(struct stage *stage)
{
	static const char * const names[] = {
		"B/sticky/mine", "B/sticky/theirs", "B/sticky/root's",
		"B/sticky/rel", "B/sticky/dir", "B/sticky/dir/f",
		"B/sticky/dir/", "B/sticky/native", "B/over",
		"B/virt/sticky/mine", "B/virt/sticky/theirs",
		"B/virt/sticky/rel",
	};
	size_t i;

	own_sticky(stage->base, "sticky");
	own_sticky(stage->base, "deep/er/new/sticky");
	if (setresgid(MY_UID, MY_UID, MY_UID) ||
	    setresuid(MY_UID, MY_UID, MY_UID))
		pvt_die("setresuid");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		ask_for(stage, names[i]);
}

FIXTURE(sticky)
{
	char *top;
	char *base;
	char before[8];
};

FIXTURE_SETUP(sticky)
{
	self->top = pvt_tree_new();
	self->base = pvt_path("%s/t", self->top);
	ASSERT_LT(0, pvt_read(PROTECTED, self->before, sizeof(self->before)));
}

static void protect(const char *value)
{
	int fd = open(PROTECTED, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, 1) != 1)
		pvt_die("cannot set " PROTECTED);
	close(fd);
}

FIXTURE_TEARDOWN(sticky)
{
	protect(self->before);
	pvt_tree_free(self->top);
}

static const struct stage sticky_stage = {
	.setting = &sticky_setting,
	.body = ask_as_another,
};

TEST_F(sticky, T7_links_of_others_are_protected)
{
	struct stage stage = sticky_stage;

	stage.base = self->base;
	protect("1");
	EXPECT_NE(NULL, strstr(as_under_a_mount(_metadata, &stage),
			       "stat of B/sticky/theirs: EACCES"));
}

TEST_F(sticky, T7_links_of_others_are_not_protected)
{
	struct stage stage = sticky_stage;

	stage.base = self->base;
	protect("0");
	EXPECT_NE(NULL, strstr(as_under_a_mount(_metadata, &stage),
			       "stat of B/sticky/theirs: B/deep/er/new/f"));
}

/* ---- While the directories on the way change ---- */

#define HAMMER_ROUNDS	5000

/* Renames beside what is walked, so that walks without locks fail and retry. */
static pid_t start_renaming(const char *base)
{
	char *from = pvt_path("%s/moving", base);
	char *to = pvt_path("%s/moved", base);
	pid_t pid;

	pvt_mkdir(from);
	pid = fork();
	if (pid)
		return pid;
	while (!rename(from, to) && !rename(to, from))
		;
	_exit(1);
}

static void hammer(struct stage *stage)
{
	static const char * const names[][2] = {
		{ "B/l", "B/a/b" }, { "B/l/f", "B/a/b/f" },
		{ "B/r/f", "B/a/b/b/f" }, { "B/a/l/f", "B/a/b/f" },
	};
	pid_t pid = start_renaming(stage->base);
	char *name[ARRAY_SIZE(names)];
	size_t i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		name[i] = expand(stage->base, names[i][0]);
	for (i = 0; i < HAMMER_ROUNDS; i++)
		wrong += !!strcmp(names[i % 4][1],
				  which_name(stage, AT_FDCWD, name[i % 4], 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	say(stage, "%zu times wrong", wrong);
}

ORACLE_FIXTURE(renames)

TEST_F_TIMEOUT(renames, T3_once_while_walks_are_retried, 60)
{
	static const struct setting setting = {
		.rules = { { "B/a", "B/a/b" } },
		.things = { { "B/a/f" }, { "B/a/b/f" }, { "B/a/b/b/f" },
			    { "B/a/b/b/b/f" }, { "B/l", "B/a" },
			    { "B/r", "a/b" }, { "B/a/b/l", "B/a" }, },
		/* The name that a killed process leaves is either one. */
		.any_size = true,
	};
	struct stage stage = {
		.setting = &setting,
		.body = hammer,
		.base = self->base,
	};

	EXPECT_NE(NULL, strstr(as_under_a_mount(_metadata, &stage),
			       "\n0 times wrong"));
}

PVT_HARNESS_MAIN
