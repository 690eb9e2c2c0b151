/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of the device's ioctl, most of them wrong: the structure ends where the
 * memory ends, descriptors are of any kind, names of any bytes.
 */
#ifndef PV_SELFTESTS_FUZZ_DEVICE_H
#define PV_SELFTESTS_FUZZ_DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/pathvirt.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "chance.h"

#define DEVICE_FDS	64

/* struct device - the device, and what there is to give to it */
struct device {
	int fd;
	int fds[DEVICE_FDS];	/* any */
	unsigned int nr_fds;
	int dirs[8];		/* directories that links may be made in */
	unsigned int nr_dirs;
};

/* struct arena - a thread's: two pages, and behind them nothing */
struct arena {
	uint8_t *end;
	size_t page;
};

/* struct call - one call, and what came of it */
struct call {
	unsigned int command;
	struct pathvirt_relink ask;	/* as it was given, as far as it was */
	uint32_t size;
	size_t there;			/* bytes of it in memory */
	char name[300];
	int err;
	const char *wrong;		/* what must not be, or NULL */
};

static inline void device_hold(struct device *device, int fd)
{
	if (fd >= 0 && device->nr_fds < DEVICE_FDS)
		device->fds[device->nr_fds++] = fd;
}

/* Files of all kinds in @dir, some of them without their names. */
static inline void device_hold_files(struct device *device, const char *dir)
{
	static const char * const gone[] = { "gone", "goneagain" };
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	size_t i;

	if (at < 0)
		return;
	device->dirs[device->nr_dirs++] = at;
	device_hold(device, at);
	device_hold(device, openat(at, "file", O_CREAT | O_RDWR, 0644));
	for (i = 0; i < COUNT_OF(gone); i++) {
		device_hold(device, openat(at, gone[i], O_CREAT | O_RDWR, 0644));
		device_hold(device, openat(at, gone[i], O_PATH));
		unlinkat(at, gone[i], 0);
	}
	device_hold(device, openat(at, ".", O_TMPFILE | O_RDWR, 0600));
	mkfifoat(at, "fifo", 0600);
	device_hold(device, openat(at, "fifo", O_RDONLY | O_NONBLOCK));
	unlinkat(at, "fifo", 0);
	symlinkat("file", at, "link");
	device_hold(device, openat(at, "link", O_PATH | O_NOFOLLOW));
	unlinkat(at, "link", 0);
	mknodat(at, "null", S_IFCHR | 0600, makedev(1, 3));
	device_hold(device, openat(at, "null", O_RDWR));
	unlinkat(at, "null", 0);
	mkdirat(at, "dir", 0755);
	fd = openat(at, "dir", O_PATH | O_DIRECTORY);
	device->dirs[device->nr_dirs++] = fd;
	device_hold(device, fd);
	mkdirat(at, "gonedir", 0755);
	device_hold(device, openat(at, "gonedir", O_RDONLY | O_DIRECTORY));
	unlinkat(at, "gonedir", AT_REMOVEDIR);
}

/* And what is no file that has a name. */
static inline void device_hold_others(struct device *device)
{
	int pipes[2];

	if (!pipe2(pipes, O_CLOEXEC)) {
		device_hold(device, pipes[0]);
		device_hold(device, pipes[1]);
	}
	device_hold(device, socket(AF_UNIX, SOCK_STREAM, 0));
	device_hold(device, socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC));
	device_hold(device, memfd_create("fuzz", 0));
	device_hold(device, eventfd(0, 0));
	device_hold(device, epoll_create1(0));
	device_hold(device, syscall(SYS_pidfd_open, getpid(), 0));
	device_hold(device, open("/proc/self", O_RDONLY | O_DIRECTORY));
	device_hold(device, open("/proc/self/maps", O_RDONLY));
	device_hold(device, open("/proc/self/exe", O_PATH));
	device_hold(device, device->fd);
}

static inline void arena_new(struct arena *arena)
{
	uint8_t *begin;

	arena->page = sysconf(_SC_PAGESIZE);
	begin = mmap(NULL, 3 * arena->page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	arena->end = begin + 2 * arena->page;
	mprotect(arena->end, arena->page, PROT_NONE);
}

static inline int pick_fd(struct chance *chance, const struct device *device)
{
	switch (chance_below(chance, 12)) {
	case 0:
		return chance_odd(chance);
	case 1:
		return AT_FDCWD;
	default:
		return device->fds[chance_below(chance, device->nr_fds)];
	}
}

static inline int pick_dir(struct chance *chance, const struct device *device)
{
	switch (chance_below(chance, 8)) {
	case 0:
		return pick_fd(chance, device);
	case 1:
	case 2:
	case 3:
		return PATHVIRT_RELINK_NO_DIR;
	default:
		return device->dirs[chance_below(chance, device->nr_dirs)];
	}
}

static inline void pick_name(struct chance *chance, char *name)
{
	static const char * const odd[] = {
		"", ".", "..", "/", "a/b", "a//b", "../a", "a/..", "/a",
		"file", "dir", "lost+found", "a b\n", "\xff\xfe", "...",
	};

	switch (chance_below(chance, 6)) {
	case 0:
		strcpy(name, PICK(chance, odd));
		break;
	case 1:
		memset(name, 'n', 299);
		name[253 + chance_below(chance, 5)] = '\0';
		break;
	case 2:
		chance_fill(chance, name, 1 + chance_below(chance, 8));
		break;
	default:
		sprintf(name, "n%u", chance_below(chance, 50));
	}
}

static inline uint64_t pick_pointer(struct chance *chance,
				    const struct arena *arena, const char *name)
{
	/* At the end of the memory, now and then without its NUL. */
	size_t size = strlen(name) + !once_in(chance, 10);
	uint8_t *at = arena->end - arena->page - size;

	memcpy(at, name, size);
	if (size == strlen(name))
		arena->end[-arena->page] = chance_below(chance, 2);
	switch (chance_below(chance, 24)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)arena->end;
	case 2:
		return 0xffffffff81000000;
	case 3:
		return (uint64_t)chance_next(chance) << 32;
	default:
		return (uintptr_t)at;
	}
}

static inline uint32_t pick_size(struct chance *chance)
{
	static const uint32_t sizes[] = {
		0, 4, PATHVIRT_RELINK_SIZE_VER0 - 1, PATHVIRT_RELINK_SIZE_VER0,
		PATHVIRT_RELINK_SIZE_VER0 + 1, PATHVIRT_RELINK_SIZE_VER1 + 1,
		4095, 4096, 4097, 8192,
	};

	if (!once_in(chance, 4))
		return PATHVIRT_RELINK_SIZE_VER1;
	return once_in(chance, 3) ? chance_odd(chance) : PICK(chance, sizes);
}

static inline void call_make(struct call *call, struct chance *chance,
			     const struct device *device,
			     const struct arena *arena)
{
	static const uint32_t flags[] = {
		0, PATHVIRT_RELINK_OPEN_DIR, PATHVIRT_RELINK_CHECK,
		PATHVIRT_RELINK_OPEN_DELETED, PATHVIRT_RELINK_OPEN_PARENT,
		PATHVIRT_RELINK_MARK,
	};
	struct pathvirt_relink *ask = &call->ask;

	memset(call, 0, sizeof(*call));
	pick_name(chance, call->name);
	call->command = once_in(chance, 30) ? chance_next(chance) :
					      PATHVIRT_IOC_RELINK;
	ask->size = pick_size(chance);
	call->size = ask->size;
	ask->flags = once_in(chance, 8) ? chance_odd(chance) :
					  PICK(chance, flags);
	ask->fd = pick_fd(chance, device);
	ask->dirfd = pick_dir(chance, device);
	ask->name = pick_pointer(chance, arena, call->name);
	if (ask->flags && ask->flags != PATHVIRT_RELINK_OPEN_DELETED &&
	    !once_in(chance, 6)) {
		ask->dirfd = PATHVIRT_RELINK_NO_DIR;
		ask->name = 0;
	}
	if (ask->flags == PATHVIRT_RELINK_MARK)
		ask->open_flags = once_in(chance, 4) ? chance_odd(chance) :
						       O_NOFOLLOW;
	if (once_in(chance, 3))
		chance_fill(chance, &ask->result,
			    offsetof(struct pathvirt_relink, open_flags) -
			    offsetof(struct pathvirt_relink, result));
	if (once_in(chance, 12))
		((uint8_t *)ask)[chance_below(chance, sizeof(*ask))] ^=
			1 << chance_below(chance, 8);
	call->size = ask->size;
}

/* The structure at the end of the memory; what is behind it is 0, or is not. */
static inline void *call_place(struct call *call, struct chance *chance,
			       const struct arena *arena)
{
	size_t size = call->size;
	uint8_t *at;

	if (size < sizeof(call->ask) || size > arena->page)
		size = sizeof(call->ask);
	at = arena->end - size;
	memset(at, 0, size);
	memcpy(at, &call->ask, sizeof(call->ask));
	if (size > sizeof(call->ask) && once_in(chance, 4))
		arena->end[-1] = 1;
	/* A part of it is where nothing is. */
	if (once_in(chance, 20)) {
		size = chance_below(chance, sizeof(call->ask));
		at = arena->end - size;
		memcpy(at, &call->ask, size);
	} else if (once_in(chance, 20)) {
		memmove(at - 3, at, size);
		at -= 3;
	}
	call->there = size;
	return once_in(chance, 60) ? NULL : at;
}

/* Take back what a call did. */
static inline void call_undo(const struct call *call,
			     const struct pathvirt_relink *answer)
{
	switch (call->ask.flags) {
	case 0:
		if (answer->result == PATHVIRT_RELINK_LINKED)
			unlinkat(call->ask.dirfd, call->name, 0);
		break;
	case PATHVIRT_RELINK_OPEN_DIR:
	case PATHVIRT_RELINK_OPEN_PARENT:
		close(answer->dirfd);
		break;
	case PATHVIRT_RELINK_OPEN_DELETED:
		close(answer->fd);
		break;
	}
}

static inline void call_check(struct call *call, bool privileged,
			      const struct pathvirt_relink *answer)
{
	if (call->err < 0 || call->err >= 512)
		call->wrong = "that is no error number";
	else if (call->err && answer->result == PATHVIRT_RELINK_LINKED &&
		 answer->result != call->ask.result)
		call->wrong = "it failed, and says that it did something";
	else if (!call->err && !privileged)
		call->wrong = "it was done for somebody without privilege";
	else if (!call->err && answer->result > PATHVIRT_RELINK_DETACHED)
		call->wrong = "that is no result";
	else if (!call->err && answer->why)
		call->wrong = "it was done, and says why not";
}

/* Make the call and look at what comes of it. */
static inline void call_do(struct call *call, struct chance *chance,
			   const struct device *device,
			   const struct arena *arena, bool privileged)
{
	void *at = call_place(call, chance, arena);
	struct pathvirt_relink answer = call->ask;

	call->err = ioctl(device->fd, call->command, at) ? errno : 0;
	if (!at || call->there < sizeof(answer))
		return;
	memcpy(&answer, at, sizeof(answer));
	/* ENOTTY of others' numbers, which mean nothing to the device. */
	if (call->command != PATHVIRT_IOC_RELINK && !call->err) {
		call->wrong = "a number that is not the device's was taken";
		return;
	}
	call_check(call, privileged, &answer);
	if (!call->err && !call->wrong)
		call_undo(call, &answer);
}

static inline void call_print(FILE *to, const struct call *call)
{
	const uint8_t *byte = (const uint8_t *)&call->ask;
	size_t i;

	fprintf(to, "# ioctl %#x, errno %d, name \"%s\", struct: ",
		call->command, call->err, call->name);
	for (i = 0; i < sizeof(call->ask); i++)
		fprintf(to, "%02x", byte[i]);
	fputc('\n', to);
}

#endif /* PV_SELFTESTS_FUZZ_DEVICE_H */
