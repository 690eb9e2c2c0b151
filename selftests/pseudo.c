// SPDX-License-Identifier: GPL-2.0
/*
 * T12: /proc and /dev are prefixes like any others, on either side of a rule.
 *
 * The tree lies in /dev/shm, which makes it an ORIGINAL or a NEW under /dev.
 * What is found in procfs is "?" to the oracle; what it says is in names.c, and
 * so is /proc/self as NEW, which is a link, and a mount would be of its target.
 */
#include "testing.h"

#include <fcntl.h>

#include "kselftest_harness.h"

#include "oracle.h"

/**
 * struct _fixture_pseudo - as ORACLE_FIXTURE() has it, elsewhere
 *
 * @top: a directory under /dev/shm
 * @base: the tree in it
 */
FIXTURE(pseudo)
{
	char *top;
	char *base;
};

FIXTURE_SETUP(pseudo)
{
	self->top = strdup("/dev/shm/pvt.XXXXXX");
	pvt_make_parents(self->top);
	if (!mkdtemp(self->top) || chmod(self->top, 0755))
		pvt_die("mkdtemp of %s", self->top);
	self->base = pvt_path("%s/t", self->top);
}

FIXTURE_TEARDOWN(pseudo)
{
	pvt_tree_free(self->top);
}

/**
 * struct _fixture_variant_pseudo - a table, and what is asked for
 *
 * @setting: the table and the tree
 * @names: the names
 */
FIXTURE_VARIANT(pseudo)
{
	struct setting setting;
	const char *names[24];
};

#define TREE								\
	.things = { { "B/f" }, { "B/virt/f" }, { "B/virt/d/f" },	\
		    { "B/new/f" }, { "B/new/d/f" }, { "B/new/l", "d/f" }, \
		    { "B/new/up", "../f" }, { "B/new/out", "/proc/tty/f" }, }

FIXTURE_VARIANT_ADD(pseudo, original_in_proc_and_new_in_dev)
{
	.setting = { .rules = { { "/proc/tty", "B/new" } }, TREE },
	.names = { "/proc/tty", "/proc/tty/", "/proc/tty/f", "/proc//./tty/f",
		   "/proc/tty/d/f", "/proc/tty/l", "/proc/tty/up",
		   "/proc/tty/out", "/proc/tty/no", "/proc/tty/drivers",
		   "/proc/tty/..", "/proc/tty/../uptime", "/proc/uptime",
		   "/proc/self/../tty/f", "/proc/self/root/proc/tty/f",
		   "/proc/self/", "/proc/ttyx", "B/new/f", "B/new/out" },
};

FIXTURE_VARIANT_ADD(pseudo, original_in_proc_from_there)
{
	.setting = { .rules = { { "/proc/sys/fs", "B/new" } }, TREE,
		     .dir = "/proc/sys" },
	.names = { "fs", "fs/f", "./fs//f", "fs/d/f", "fs/file-max", "fs/..",
		   "fs/../kernel/ostype", "kernel/../fs/f", "kernel/ostype",
		   "../sys/fs/f", "../tty", "../self/stat" },
};

FIXTURE_VARIANT_ADD(pseudo, both_in_dev)
{
	.setting = { .rules = { { "B/virt", "B/new" } }, TREE },
	.names = { "B/virt", "B/virt/f", "B/virt/d/f", "B/virt/l", "B/virt/up",
		   "B/virt/out", "B/virt/..", "B/virt/../f", "B/f",
		   "/dev/../B/virt/f" },
};

FIXTURE_VARIANT_ADD(pseudo, dev_null)
{
	.setting = { .rules = { { "/dev/null", "B/f" } }, TREE },
	.names = { "/dev/null", "/dev//null", "/dev/./null", "/dev/null/",
		   "/dev/null/f", "/dev/../dev/null", "/dev/nullx",
		   "/dev/zero", "B/f" },
};

FIXTURE_VARIANT_ADD(pseudo, new_is_dev_null)
{
	.setting = { .rules = { { "B/f", "/dev/null" } }, TREE },
	.names = { "B/f", "B/f/", "B/virt/../f", "B/new/up", "/dev/null" },
};

FIXTURE_VARIANT_ADD(pseudo, proc_itself)
{
	.setting = { .rules = { { "/proc", "B/new" } }, TREE },
	.names = { "/proc", "/proc/", "/proc/.", "/proc/..", "/proc/f",
		   "/proc/d/f", "/proc/l", "/proc/self", "/proc/self/stat",
		   "/proc/tty", "/procx", "/dev/../proc/f", "B/new/out" },
};

FIXTURE_VARIANT_ADD(pseudo, dev_itself_to_what_is_in_it)
{
	.setting = { .rules = { { "/dev", "B/new" } }, TREE },
	.names = { "/dev", "/dev/f", "/dev/d/f", "/dev/l", "/dev/null",
		   "/dev/..", "/dev/../etc/passwd", "B/new/f", "B/f" },
};

FIXTURE_VARIANT_ADD(pseudo, new_is_proc)
{
	.setting = { .rules = { { "B/virt", "/proc" } }, TREE },
	.names = { "B/virt", "B/virt/", "B/virt/f", "B/virt/uptime",
		   "B/virt/tty/drivers", "B/virt/self/", "B/virt/self/stat",
		   "B/virt/self/..", "B/virt/self/../uptime", "B/virt/..",
		   "B/virt/../f", "B/virt/self/root/etc/passwd",
		   "B/virt/self/rootB/virt/uptime", "B/virt/self/rootB/f",
		   "B/virt/self/fd", "B/virt/sys/kernel/../fs" },
};

TEST_F(pseudo, T12_leads_where_it_should)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = ask_for_all,
		.arg = variant->names,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

PVT_HARNESS_MAIN
