// SPDX-License-Identifier: GPL-2.0
/*
 * T10: names that the kernel walks for itself are not touched.
 *
 * In each test the real tree and NEW both hold what the kernel will look for,
 * and an attached process gives it the reason to.  Each process first opens a
 * file through its table, so that a test cannot pass for want of one.
 */
#include "testing.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"
#define MODPROBE	"/proc/sys/kernel/modprobe"
#define FIRMWARE	"/sys/devices/virtual/misc/test_firmware/trigger_request"
#define FIRMWARE_PATH	"/sys/module/firmware_class/parameters/path"

/* A protocol family that no kernel has a module for. */
#define NO_SUCH_FAMILY	12

FIXTURE(kernel)
{
	char *base;
	char *original;
	char *target;
	char core_pattern[256];
	char modprobe[256];
	char firmware[256];
};

static void set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		pvt_die("cannot set %s", path);
	close(fd);
}

static void plant_handler(const char *dir, const char *base, const char *who)
{
	char *path = pvt_path("%s/handler", dir);
	char *text;

	pvt_mkdir(dir);
	/*
	 * It says which handler it is, and what the file is that it sees by
	 * a virtual name: it is a child of the kernel's, not of the process.
	 */
	text = pvt_path("#!/bin/sh\ncat %s/virt/marker > %s/said.new\necho %s >> %s/said.new\nmv %s/said.new %s/said\n",
			base, base, who, base, base, base);
	pvt_write(path, text, 0755);
	free(text);
	free(path);
	path = pvt_path("%s/marker", dir);
	pvt_write(path, who, 0644);
	free(path);
}

FIXTURE_SETUP(kernel)
{
	self->base = pvt_tree_new();
	self->original = pvt_path("%s/virt", self->base);
	self->target = pvt_path("%s/new", self->base);
	plant_handler(self->original, self->base, "real");
	plant_handler(self->target, self->base, "new");
	pvt_read(CORE_PATTERN, self->core_pattern, sizeof(self->core_pattern));
	pvt_read(MODPROBE, self->modprobe, sizeof(self->modprobe));
	pvt_read(FIRMWARE_PATH, self->firmware, sizeof(self->firmware));
}

FIXTURE_TEARDOWN(kernel)
{
	set(CORE_PATTERN, self->core_pattern);
	set(MODPROBE, self->modprobe);
	/* An empty path is written as an empty line. */
	set(FIRMWARE_PATH, self->firmware[0] ? self->firmware : "\n");
	pvt_tree_free(self->base);
}

struct reason {
	const char *original;
	void (*give)(void);
	bool attached;
};

static void give_reason(void *arg)
{
	struct reason *reason = arg;
	char *path = pvt_path("%s/marker", reason->original);
	char text[16];

	pvt_read(path, text, sizeof(text));
	reason->attached = !strcmp(text, "new");
	reason->give();
}

/* Have an attached process give the kernel a reason; its wait status. */
static int give(struct __test_metadata *_metadata, struct _test_data_kernel *self,
		void (*give)(void))
{
	const struct pvt_rule rule = { self->original, self->target };
	struct reason *reason = pvt_shared(sizeof(*reason));
	const struct pvt_job job = {
		.world = PVT_ATTACHED,
		.rules = &rule,
		.nr = 1,
		.body = give_reason,
		.arg = reason,
	};
	int status;

	*reason = (struct reason){ .original = self->original, .give = give };
	status = pvt_run(&job);
	EXPECT_TRUE(reason->attached);
	return status;
}

static void crash(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &unlimited);
	abort();
}

/* What the kernel's handler said, which runs on its own time. */
static void read_said(struct _test_data_kernel *self, char *said, size_t size)
{
	char *path = pvt_path("%s/said", self->base);
	int i;

	for (i = 0; i < 100; i++) {
		if (pvt_read(path, said, size) >= 0)
			break;
		usleep(100000);
	}
	free(path);
}

TEST_F(kernel, T10_core_file_goes_to_the_real_path)
{
	char *pattern = pvt_path("%s/core", self->original);
	char *wrong = pvt_path("%s/core", self->target);
	struct stat stat;
	int status;

	set("/proc/sys/kernel/core_uses_pid", "0");
	set(CORE_PATTERN, pattern);
	status = give(_metadata, self, crash);
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	EXPECT_EQ(0, lstat(pattern, &stat));
	EXPECT_EQ(-1, lstat(wrong, &stat));
	free(pattern);
	free(wrong);
}

TEST_F(kernel, T10_core_helper_is_the_real_one_and_sees_real_names)
{
	char *pattern = pvt_path("|%s/handler", self->original);
	char said[64];

	set(CORE_PATTERN, pattern);
	give(_metadata, self, crash);
	read_said(self, said, sizeof(said));
	EXPECT_STREQ("realreal\n", said);
	free(pattern);
}

static void want_module(void)
{
	int fd = socket(NO_SUCH_FAMILY, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
}

TEST_F(kernel, T10_modprobe_is_the_real_one_and_sees_real_names)
{
	char *path = pvt_path("%s/handler", self->original);
	char said[64];

	set(MODPROBE, path);
	give(_metadata, self, want_module);
	read_said(self, said, sizeof(said));
	EXPECT_STREQ("realreal\n", said);
	free(path);
}

static int firmware_fd;
static ssize_t *firmware_got;

/* The kernel reads the file in our own context. */
static void want_firmware(void)
{
	*firmware_got = write(firmware_fd, "marker", 6);
}

TEST_F(kernel, T10_firmware_comes_from_the_real_path)
{
	char *wrong = pvt_path("%s/marker", self->original);
	int fd;

	if (system("modprobe test_firmware 2>/dev/null"))
		SKIP(return, "the kernel has no test_firmware module");
	/* Only NEW has it: the request must fail. */
	unlink(wrong);
	set(FIRMWARE_PATH, self->original);
	firmware_fd = open(FIRMWARE, O_WRONLY);
	ASSERT_LE(0, firmware_fd);
	firmware_got = pvt_shared(sizeof(*firmware_got));
	give(_metadata, self, want_firmware);
	EXPECT_EQ(-1, *firmware_got);

	/* And the real one is found. */
	pvt_write(wrong, "real", 0644);
	give(_metadata, self, want_firmware);
	EXPECT_EQ(6, *firmware_got);
	fd = open("/dev/test_firmware", O_RDONLY);
	close(fd);
	close(firmware_fd);
	free(wrong);
}

TEST_HARNESS_MAIN
