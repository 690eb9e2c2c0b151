// SPDX-License-Identifier: GPL-2.0
/*
 * T6: names handed in through io_uring.
 *
 * Each operation that takes a name, in each of the contexts that may walk it:
 * the submitter's own, a worker thread, the thread that polls the submission
 * queue.  The ring is there before the table is.  As in syscalls.c, what happens
 * by a name under ORIGINAL must be what happens natively on a twin tree, and
 * ORIGINAL stays as it is.
 */
#include "testing.h"

#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <linux/stat.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "kselftest_harness.h"

/**
 * struct ring_site - where an operation is done, and what came of it
 *
 * @dir: the tree, as the operation is to name it
 * @names: the names, kept until the operation is complete
 * @statx: what the operation fills in
 * @how: what it takes
 * @addr: the same
 * @msg: the same
 * @iov: the same
 * @res: the completion's result, descriptors closed and told as 0
 * @seen: what could be read
 * @async: a worker thread is to do it
 * @setup: flags for the ring
 */
struct ring_site {
	char dir[PATH_MAX];
	char names[2][PATH_MAX + 64];
	struct statx statx;
	struct open_how how;
	struct sockaddr_un addr;
	struct msghdr msg;
	struct iovec iov;
	int res;
	char seen[256];
	unsigned int async;
	unsigned int setup;
	struct io_uring ring;
	void (*prepare)(struct io_uring_sqe *sqe, struct ring_site *site);
};

static const char *name(struct ring_site *site, int i, const char *text)
{
	snprintf(site->names[i], sizeof(site->names[i]), "%s/%s", site->dir,
		 text);
	return site->names[i];
}

static void op_openat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_openat(sqe, AT_FDCWD, name(s, 0, "file"), O_RDONLY, 0);
}

static void op_openat_create(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_openat(sqe, AT_FDCWD, name(s, 0, "made"),
			     O_CREAT | O_EXCL | O_RDWR, 0600);
}

static void op_openat2(struct io_uring_sqe *sqe, struct ring_site *s)
{
	s->how = (struct open_how){ .flags = O_RDONLY };
	io_uring_prep_openat2(sqe, AT_FDCWD, name(s, 0, "link"), &s->how);
}

static void op_statx(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_statx(sqe, AT_FDCWD, name(s, 0, "file"), 0, STATX_SIZE,
			    &s->statx);
}

static void op_unlinkat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_unlinkat(sqe, AT_FDCWD, name(s, 0, "only"), 0);
}

static void op_renameat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_renameat(sqe, AT_FDCWD, name(s, 0, "only"), AT_FDCWD,
			       name(s, 1, "moved"), 0);
}

static void op_mkdirat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_mkdirat(sqe, AT_FDCWD, name(s, 0, "made"), 0711);
}

/* The target is stored as it is, though rules speak of it. */
static char *verbatim;

static void op_symlinkat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_symlinkat(sqe, verbatim, AT_FDCWD, name(s, 0, "made"));
}

static void op_linkat(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_linkat(sqe, AT_FDCWD, name(s, 0, "only"), AT_FDCWD,
			     name(s, 1, "linked"), 0);
}

static void op_setxattr(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_setxattr(sqe, "trusted.set", "v", name(s, 0, "file"), 0,
			       1);
}

static void op_getxattr(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_getxattr(sqe, "trusted.pv", s->seen,
			       name(s, 0, "file"), sizeof(s->seen) - 1);
}

/* Newer than the headers of an old suite. */
#define OP_BIND		56

static int address(struct ring_site *s, int type, const char *text)
{
	const char *path = name(s, 0, text);

	if (strlen(path) >= sizeof(s->addr.sun_path))
		pvt_die("%s is too long for a socket", path);
	s->addr.sun_family = AF_UNIX;
	strcpy(s->addr.sun_path, path);
	return socket(AF_UNIX, type, 0);
}

static void op_bind(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_rw(OP_BIND, sqe, address(s, SOCK_STREAM, "made"),
			 &s->addr, 0, sizeof(s->addr));
}

static void op_connect(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_connect(sqe, address(s, SOCK_STREAM, "stream"),
			      (struct sockaddr *)&s->addr, sizeof(s->addr));
}

static void op_send(struct io_uring_sqe *sqe, struct ring_site *s)
{
	io_uring_prep_send(sqe, address(s, SOCK_DGRAM, "dgram"), "hello", 5, 0);
	io_uring_prep_send_set_addr(sqe, (struct sockaddr *)&s->addr,
				    sizeof(s->addr));
}

static void op_sendmsg(struct io_uring_sqe *sqe, struct ring_site *s)
{
	int fd = address(s, SOCK_DGRAM, "dgram");

	s->iov = (struct iovec){ "hello", 5 };
	s->msg = (struct msghdr){
		.msg_name = &s->addr,
		.msg_namelen = sizeof(s->addr),
		.msg_iov = &s->iov,
		.msg_iovlen = 1,
	};
	io_uring_prep_sendmsg(sqe, fd, &s->msg, 0);
}

FIXTURE(op)
{
	char *base;
	char *original;
	char *target;
	char *twin;
	struct ring_site *native;
	struct ring_site *attached;
};

/**
 * struct _fixture_variant_op - a row
 *
 * @prepare: prepares the operation
 * @newer: not every kernel knows it (EINVAL)
 */
FIXTURE_VARIANT(op)
{
	void (*prepare)(struct io_uring_sqe *sqe, struct ring_site *site);
	bool newer;
};

#define OP(name, ...)						\
	FIXTURE_VARIANT_ADD(op, name) { .prepare = op_##name, ## __VA_ARGS__ }

OP(openat);
OP(openat_create);
OP(openat2);
OP(statx);
OP(unlinkat);
OP(renameat);
OP(mkdirat);
OP(symlinkat);
OP(linkat);
OP(setxattr);
OP(getxattr);
OP(bind, .newer = true);
OP(connect);
OP(send, .newer = true);
OP(sendmsg);

static void plant_file(const char *dir, const char *file, const char *text,
		       const char *value)
{
	char *path = pvt_path("%s/%s", dir, file);

	pvt_write(path, text, 0644);
	if (setxattr(path, "trusted.pv", value, strlen(value), 0))
		pvt_die("setxattr of %s", path);
	free(path);
}

/* Someone is at home only in the right tree, until the test ends. */
static void plant_socket(const char *dir, const char *file, int type,
			 bool decoy)
{
	char *path = pvt_path("%s/%s", dir, file);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    (type == SOCK_STREAM && listen(fd, 5)))
		pvt_die("no socket %s", path);
	if (decoy)
		close(fd);
	free(path);
}

static void plant(const char *dir, bool decoy)
{
	char *link = pvt_path("%s/link", dir);

	pvt_mkdir(dir);
	plant_socket(dir, "stream", SOCK_STREAM, decoy);
	plant_socket(dir, "dgram", SOCK_DGRAM, decoy);
	plant_file(dir, "file", decoy ? "a decoy" : "new",
		   decoy ? "a decoy" : "new");
	if (!decoy)
		plant_file(dir, "only", "only here", "new");
	pvt_symlink("file", link);
	free(link);
}

FIXTURE_SETUP(op)
{
	self->base = pvt_tree_new();
	self->original = pvt_path("%s/virt", self->base);
	self->target = pvt_path("%s/new", self->base);
	self->twin = pvt_path("%s/twin", self->base);
	self->native = pvt_shared(sizeof(struct ring_site));
	self->attached = pvt_shared(sizeof(struct ring_site));
	verbatim = pvt_path("%s//x/.", self->original);
	plant(self->target, false);
	plant(self->twin, false);
}

FIXTURE_TEARDOWN(op)
{
	pvt_tree_free(self->base);
}

static void make_ring(void *arg)
{
	struct ring_site *site = arg;
	struct io_uring_params params = {
		.flags = site->setup,
		.sq_thread_idle = 1000,
	};
	int err = io_uring_queue_init_params(4, &site->ring, &params);

	if (err) {
		errno = -err;
		pvt_die("io_uring_queue_init_params");
	}
}

static bool opens(const struct ring_site *site)
{
	return site->prepare == op_openat || site->prepare == op_openat_create ||
	       site->prepare == op_openat2;
}

static void note_fd(struct ring_site *site)
{
	ssize_t len;

	len = read(site->res, site->seen, sizeof(site->seen) - 1);
	site->seen[len > 0 ? len : 0] = '\0';
	close(site->res);
	site->res = 0;
}

static void submit(void *arg)
{
	struct ring_site *site = arg;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&site->ring);
	struct io_uring_cqe *cqe;

	site->prepare(sqe, site);
	sqe->flags |= site->async;
	if (io_uring_submit(&site->ring) < 0 ||
	    io_uring_wait_cqe(&site->ring, &cqe))
		pvt_die("no completion");
	site->res = cqe->res;
	if (site->prepare == op_statx)
		snprintf(site->seen, sizeof(site->seen), "%llu",
			 (unsigned long long)site->statx.stx_size);
	else if (site->res >= 0 && opens(site))
		note_fd(site);
}

static int submit_in(enum pvt_world world, struct _test_data_op *self,
		     struct ring_site *site, const char *dir)
{
	const struct pvt_rule rule = { self->original, self->target };
	const struct pvt_job job = {
		.world = world,
		.rules = &rule,
		.nr = 1,
		.before = make_ring,
		.body = submit,
		.arg = site,
	};

	snprintf(site->dir, sizeof(site->dir), "%s", dir);
	return pvt_run(&job);
}

static void compare(struct __test_metadata *_metadata,
		    struct _test_data_op *self,
		    const struct _fixture_variant_op *variant,
		    unsigned int setup, unsigned int async)
{
	static char expected[PVT_SNAPSHOT], seen[PVT_SNAPSHOT];

	self->native->prepare = variant->prepare;
	self->native->setup = setup;
	self->native->async = async;
	*self->attached = *self->native;

	ASSERT_EQ(0, submit_in(PVT_NATIVE, self, self->native, self->twin));
	if (variant->newer && self->native->res == -EINVAL)
		SKIP(return, "not in this kernel");
	ASSERT_LE(0, self->native->res);

	pvt_snapshot(self->original, expected);
	ASSERT_EQ(0, submit_in(PVT_ATTACHED, self, self->attached,
			       self->original));
	pvt_snapshot(self->original, seen);
	EXPECT_STREQ(expected, seen);

	EXPECT_EQ(self->native->res, self->attached->res);
	EXPECT_STREQ(self->native->seen, self->attached->seen);
	pvt_snapshot(self->twin, expected);
	pvt_snapshot(self->target, seen);
	EXPECT_STREQ(expected, seen);
}

TEST_F(op, T6_inline_original_absent)
{
	compare(_metadata, self, variant, 0, 0);
}

TEST_F(op, T6_worker_original_absent)
{
	compare(_metadata, self, variant, 0, IOSQE_ASYNC);
}

TEST_F(op, T6_worker_original_decoy)
{
	plant(self->original, true);
	compare(_metadata, self, variant, 0, IOSQE_ASYNC);
}

TEST_F(op, T6_sqpoll_original_absent)
{
	compare(_metadata, self, variant, IORING_SETUP_SQPOLL, 0);
}

TEST_F(op, T6_sqpoll_original_decoy)
{
	plant(self->original, true);
	compare(_metadata, self, variant, IORING_SETUP_SQPOLL, 0);
}

TEST_F(op, T6_sqpoll_worker_original_absent)
{
	compare(_metadata, self, variant, IORING_SETUP_SQPOLL, IOSQE_ASYNC);
}

/* In a union, where all is in the lower tree: together with the upper one it is the twin. */
static void compare_in_union(struct __test_metadata *_metadata,
			     struct _test_data_op *self,
			     const struct _fixture_variant_op *variant,
			     unsigned int setup, unsigned int async)
{
	static char expected[PVT_SNAPSHOT];
	char *seen = pvt_shared(PVT_SNAPSHOT);
	const struct pvt_rule rule = { self->original, self->target };

	self->native->prepare = variant->prepare;
	self->native->setup = setup;
	self->native->async = async;
	*self->attached = *self->native;
	ASSERT_EQ(0, submit_in(PVT_NATIVE, self, self->native, self->twin));
	if (variant->newer && self->native->res == -EINVAL)
		SKIP(return, "not in this kernel");
	ASSERT_EQ(0, rename(self->target, self->original));
	pvt_mkdir(self->target);
	ASSERT_EQ(0, submit_in(PVT_UNION, self, self->attached,
			       self->original));
	EXPECT_EQ(self->native->res, self->attached->res);
	EXPECT_STREQ(self->native->seen, self->attached->seen);
	pvt_snapshot(self->twin, expected);
	EXPECT_STREQ(pvt_snapshot_below(expected),
		     pvt_snapshot_union(&rule, seen));
}

TEST_F(op, T17_inline_all_is_in_ORIGINAL_itself)
{
	compare_in_union(_metadata, self, variant, 0, 0);
}

TEST_F(op, T17_sqpoll_worker_all_is_in_ORIGINAL_itself)
{
	compare_in_union(_metadata, self, variant, IORING_SETUP_SQPOLL, IOSQE_ASYNC);
}

PVT_HARNESS_MAIN
