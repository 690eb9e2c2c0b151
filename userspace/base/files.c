// SPDX-License-Identifier: GPL-2.0
/*
 * Other mount namespaces.  A process of its own enters them, so that we stay in ours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"

/* A message that has an errno, and a descriptor if that is 0. */
struct answer {
	int err;
	char control[CMSG_SPACE(sizeof(int))];
};

static struct msghdr header_of(struct answer *answer, struct iovec *data)
{
	*data = (struct iovec){ &answer->err, sizeof(answer->err) };
	return (struct msghdr){
		.msg_iov = data,
		.msg_iovlen = 1,
		.msg_control = answer->control,
		.msg_controllen = sizeof(answer->control),
	};
}

static void send_fd(int socket, int fd, int err)
{
	struct answer answer = { .err = err };
	struct iovec data;
	struct msghdr header = header_of(&answer, &data);
	struct cmsghdr *part = CMSG_FIRSTHDR(&header);

	if (fd < 0) {
		header.msg_controllen = 0;
	} else {
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	}
	sendmsg(socket, &header, MSG_NOSIGNAL);
}

static int receive_fd(int socket)
{
	struct answer answer = { 0 };
	struct iovec data;
	struct msghdr header = header_of(&answer, &data);
	const struct cmsghdr *part;
	ssize_t got;
	int fd;

	do {
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(answer.err))
		return got < 0 ? -errno : -EIO;
	if (answer.err)
		return answer.err;
	part = CMSG_FIRSTHDR(&header);
	if (!part || part->cmsg_type != SCM_RIGHTS)
		return -EIO;
	memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	return fd;
}

static void enter_and_open(int socket, int pidfd, const char *path)
{
	int fd = -1, err = 0;

	if (setns(pidfd, CLONE_NEWNS))
		err = -errno;
	if (!err) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 ? -errno : 0;
	}
	send_fd(socket, fd, err);
}

int files_open_in(int pidfd, const char *path)
{
	int pair[2], fd;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	child = fork();
	if (!child) {
		enter_and_open(pair[1], pidfd, path);
		_exit(0);
	}
	fd = child < 0 ? -errno : 0;
	close(pair[1]);
	if (child > 0) {
		fd = receive_fd(pair[0]);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(pair[0]);
	return fd;
}
