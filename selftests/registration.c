// SPDX-License-Identifier: GPL-2.0
/*
 * A8 from inside of a process, without privilege: what DMTCP's plugin offers to a
 * program, by way of the library.
 */
#include "testing.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "attaching.h"

FIXTURE(itself)
{
	char *base;
	char *originals;
	char *targets;
	struct pv *pv;
};

FIXTURE_SETUP(itself)
{
	static const char * const names[] = { "a", "b", "x", "y" };
	char *path;
	size_t i;

	self->base = pvt_tree_new();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		path = pvt_path("%s/%s/f", self->base, names[i]);
		pvt_make_parents(path);
		pvt_write(path, names[i], 0644);
		free(path);
	}
	chmod(self->base, 0755);
	self->originals = pvt_path("%s/a:%s/b", self->base, self->base);
	self->targets = pvt_path("%s/x:%s/y", self->base, self->base);
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	self->pv = module_open();
}

/* The process ends here, and what it was attached to with it. */
FIXTURE_TEARDOWN(itself)
{
	pv_close(self->pv);
}

static char look_at(const char *base, const char *name)
{
	char *path = pvt_path("%s/%s/f", base, name), byte = look(path);

	free(path);
	return byte;
}

/* Fails where PV_SELFTEST_SABOTAGE asks for that. */
static int do_register(struct pv *pv, const char *originals)
{
	return sabotaged() ? 0 : pv_register(pv, PV_SELF, originals, 0);
}

TEST_F(itself, A8_registers_activates_and_moves_again)
{
	char *back = pvt_path("%s/y:%s/x", self->base, self->base);

	ASSERT_EQ(0, do_register(self->pv, self->originals));
	EXPECT_EQ('a', look_at(self->base, "a"));
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, self->targets, 0)) {
		TH_LOG("%s", pv_error(self->pv));
	}
	EXPECT_EQ('x', look_at(self->base, "a"));
	EXPECT_EQ('y', look_at(self->base, "b"));
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, back, 0));
	EXPECT_EQ('y', look_at(self->base, "a"));
	EXPECT_EQ('x', look_at(self->base, "b"));
}

TEST_F(itself, A8_tells_both_lists)
{
	char *list;

	EXPECT_EQ(-ENOENT, pv_originals(self->pv, PV_SELF, &list));
	EXPECT_EQ(-ENOENT, pv_targets(self->pv, PV_SELF, &list));
	ASSERT_EQ(0, do_register(self->pv, self->originals));
	ASSERT_EQ(0, pv_originals(self->pv, PV_SELF, &list));
	EXPECT_STREQ(self->originals, list);
	EXPECT_EQ(-ENODATA, pv_targets(self->pv, PV_SELF, &list));
	EXPECT_EQ(NULL, list);
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, self->targets, 0));
	ASSERT_EQ(0, pv_targets(self->pv, PV_SELF, &list));
	EXPECT_STREQ(self->targets, list);
	ASSERT_EQ(0, pv_originals(self->pv, PV_SELF, &list));
	EXPECT_STREQ(self->originals, list);
}

TEST_F(itself, A8_odd_bytes_in_lists_come_back)
{
	char *list;

	ASSERT_EQ(0, do_register(self->pv, "/a\\:b:/c\\\\d:/e\\=f"));
	ASSERT_EQ(0, pv_originals(self->pv, PV_SELF, &list));
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, list, 0));
}

TEST_F(itself, A8_different_lengths_change_nothing_and_say_both)
{
	ASSERT_EQ(0, do_register(self->pv, self->originals));
	EXPECT_EQ(-EINVAL, pv_activate(self->pv, PV_SELF, "/only", 0));
	EXPECT_NE(NULL, strstr(pv_error(self->pv), self->originals));
	EXPECT_NE(NULL, strstr(pv_error(self->pv), "/only"));
	EXPECT_EQ('a', look_at(self->base, "a"));
	EXPECT_EQ(-EINVAL, pv_register(self->pv, PV_SELF, "relative", 0));
	EXPECT_EQ(-EINVAL, pv_activate(self->pv, PV_SELF, "", 0));
}

TEST_F(itself, A8_virtual_to_real_and_back)
{
	char *virtual = pvt_path("%s/a/f", self->base);
	char *real = pvt_path("%s/x/f", self->base), *back;
	struct pv_resolution *resolution;

	ASSERT_EQ(0, do_register(self->pv, self->originals));
	ASSERT_EQ(0, pv_resolve(self->pv, PV_SELF, virtual, &resolution));
	EXPECT_STREQ(virtual, resolution->real);
	pv_resolution_free(resolution);
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, self->targets, 0));
	ASSERT_EQ(0, pv_resolve(self->pv, PV_SELF, virtual, &resolution));
	EXPECT_STREQ(real, resolution->real);
	EXPECT_TRUE(resolution->matched);
	pv_resolution_free(resolution);
	ASSERT_EQ(0, pv_reverse(self->pv, PV_SELF, real, &back));
	EXPECT_STREQ(virtual, back);
}

TEST_F(itself, A8_a_child_has_what_was_registered)
{
	pid_t pid;
	int status;

	ASSERT_EQ(0, do_register(self->pv, self->originals));
	pid = fork();
	if (!pid) {
		struct pv *pv = module_open();

		if (pv_activate(pv, PV_SELF, self->targets, 0))
			pvt_die("pv_activate: %s", pv_error(pv));
		_exit(look_at(self->base, "a") == 'x' ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ('a', look_at(self->base, "a"));
}

TEST_F(itself, A8_what_is_in_force_is_not_replaced_by_a_registration)
{
	ASSERT_EQ(0, do_register(self->pv, self->originals));
	ASSERT_EQ(0, pv_activate(self->pv, PV_SELF, self->targets, 0));
	EXPECT_EQ(-EBUSY, pv_register(self->pv, PV_SELF, "/z", 0));
	EXPECT_EQ('x', look_at(self->base, "a"));
}

PVT_HARNESS_MAIN
