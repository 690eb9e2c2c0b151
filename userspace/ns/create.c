// SPDX-License-Identifier: GPL-2.0
/*
 * Making new namespaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/command.h"
#include "base/forward.h"
#include "base/message.h"
#include "ns/create.h"
#include "ns/idmap.h"
#include "ns/root.h"
#include "ns/time.h"

/*
 * struct worker - in the worker
 *
 * @fd: its end of the socket
 * @directory: where it began, to be gone to again by name
 */
struct worker {
	const struct ns_plan *plan;
	struct ns_exec as;
	char **command;
	int fd;
	char *directory;
};

/* ---- Talking ---- */

/* If the other side is gone it has said why, or was killed. */
static int explain_silence(int err)
{
	if (err && err != EPIPE && err != ECONNRESET)
		message_failed("cannot talk to pvadm from the new namespaces: %s",
			       strerror(err));
	return STATUS_FAILED;
}

static int ask(struct worker *worker, enum ns_wish wish)
{
	int answer;
	ssize_t n;

	if (send(worker->fd, &wish, sizeof(wish), MSG_NOSIGNAL) !=
	    sizeof(wish))
		return explain_silence(errno);
	do {
		n = recv(worker->fd, &answer, sizeof(answer), 0);
	} while (n < 0 && errno == EINTR);
	return n == sizeof(answer) ? STATUS_DONE :
	       explain_silence(n < 0 ? errno : 0);
}

/* ---- User namespaces ---- */

/* struct mapper - who writes the maps of a new one, and must be in the one above */
struct mapper {
	const struct ns_user *user;
	int proc;
};

/* Returns the exit status; if it is not STATUS_DONE it has said why, or there is no need. */
static int write_maps(int begin, void *arg)
{
	const struct mapper *mapper = arg;
	char byte;

	/* It closes if the namespace cannot be made. */
	if (read(begin, &byte, 1) != 1)
		return STATUS_FAILED;
	return ns_idmap_write(mapper->proc, mapper->user);
}

static int explain_user(int err)
{
	const char *advice = "";

	if (err == EPERM)
		advice = ": this system lets only root make them, or a chroot stands in the way: then run pvadm outside of it";
	else if (err == ENOSPC || err == EUSERS)
		advice = ": there are too many, or they are nested too deeply, see /proc/sys/user/max_user_namespaces";
	return message_failed("cannot make a user namespace: %s%s",
			      strerror(err), advice);
}

/*
 * The first id that is mapped, for which 0 is best, so that we exist there.  It
 * also takes our files in /proc away from us, which is undone.
 */
static int become_first(const struct ns_user *user)
{
	uid_t id;
	gid_t group;

	if (!user->uid_map.count || !user->gid_map.count)
		return STATUS_DONE;
	id = user->uid_map.extent[0].inside;
	group = user->gid_map.extent[0].inside;
	if (setgroups(0, NULL) && errno != EPERM)
		return message_failed("cannot drop groups: %s",
				      strerror(errno));
	if (setresgid(group, group, group) || setresuid(id, id, id) ||
	    prctl(PR_SET_DUMPABLE, 1))
		return message_failed("cannot become user %u of the new user namespace: %s",
				      id, strerror(errno));
	return STATUS_DONE;
}

static int make_user(const struct ns_user *user)
{
	struct mapper mapper = {
		.user = user,
		.proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	int err = mapper.proc < 0 ? -errno : 0, wait;
	struct child child;

	if (!err)
		err = child_start(&child, SOCK_STREAM, write_maps, &mapper);
	if (mapper.proc >= 0)
		close(mapper.proc);
	if (err)
		return message_failed("cannot start a helper: %s",
				      strerror(-err));
	if (unshare(CLONE_NEWUSER))
		err = errno;
	else if (send(child.fd, "", 1, MSG_NOSIGNAL) != 1)
		err = EPIPE;
	wait = child_end(&child);
	if (err)
		return explain_user(err);
	if (wait < 0 || !WIFEXITED(wait))
		return STATUS_FAILED;
	return WEXITSTATUS(wait) ? WEXITSTATUS(wait) : become_first(user);
}

/* ---- The others ---- */

static int create_kind(enum ns_kind kind)
{
	const char *advice = "";
	int err;

	if (!unshare(ns_kinds[kind].flag))
		return STATUS_DONE;
	err = errno;
	if (err == EPERM)
		advice = ": run pvadm as root";
	else if (err == ENOSPC)
		advice = ": there are too many, or they are nested too deeply, see /proc/sys/user";
	return message_failed("cannot make a new %s namespace: %s%s",
			      ns_kinds[kind].text, strerror(err), advice);
}

/* It begins at the cgroup in which we are. */
static int make_cgroup(struct worker *worker)
{
	return ask(worker, NS_WISH_CGROUP_ROOT) ?:
	       create_kind(NS_CGROUP) ?:
	       ask(worker, NS_WISH_CGROUP_OUT);
}

static int make_time(struct worker *worker)
{
	int status = create_kind(NS_TIME);
	int err;

	if (status != STATUS_DONE)
		return status;
	err = ns_time_restore(&worker->plan->file->time, worker->plan->same_boot);
	if (err)
		return message_failed("cannot set the clocks of the new time namespace: %s%s",
				      strerror(-err), err == -ERANGE ?
				      ": they would be below 0 or too far ahead" : "");
	return STATUS_DONE;
}

/* Go on in a child, and stand in for it. */
static int step_down(struct worker *worker)
{
	pid_t pid = forward_fork();

	if (pid < 0)
		return message_failed("cannot start a process in the new namespaces: %s",
				      strerror(errno));
	if (pid) {
		if (worker->as.kill_child &&
		    !child_die_with_parent(SIGKILL, worker->fd))
			_exit(STATUS_FAILED);
		/* What is open here and is the command's is to close with it. */
		close_range(STDERR_FILENO + 1, ~0U, 0);
		forward(pid);
	}
	return STATUS_DONE;
}

/* Each of them needs a process before the next can be made below it. */
static int make_pids(struct worker *worker, size_t level, bool *down)
{
	const struct ns_plan *plan = worker->plan;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < plan->file->pid_count && status == STATUS_DONE; i++) {
		if (ns_plan_pid_level(plan, i) != level)
			continue;
		status = create_kind(NS_PID) ?: step_down(worker);
		*down = true;
	}
	return status;
}

static bool is_here(const struct worker *worker, enum ns_kind kind,
		    size_t level)
{
	return worker->plan->make[kind] &&
	       ns_plan_level(worker->plan, kind) == level;
}

/* All that the user namespace of that level owns. */
static int make_owned(struct worker *worker, size_t level)
{
	static const enum ns_kind plain[] = { NS_UTS, NS_IPC, NS_NET, NS_MNT };
	bool down = false;
	int status = STATUS_DONE;
	size_t i;

	if (is_here(worker, NS_CGROUP, level))
		status = make_cgroup(worker);
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (status == STATUS_DONE && is_here(worker, plain[i], level))
			status = create_kind(plain[i]);
	if (status == STATUS_DONE && is_here(worker, NS_TIME, level))
		status = make_time(worker);
	if (status == STATUS_DONE && worker->plan->make[NS_PID])
		status = make_pids(worker, level, &down);
	/* A time namespace, too, is for children. */
	if (status == STATUS_DONE && !down && is_here(worker, NS_TIME, level))
		status = step_down(worker);
	return status;
}

static int make_all(struct worker *worker)
{
	const struct ns_plan *plan = worker->plan;
	int status = make_owned(worker, 0);
	size_t level;

	for (level = 1; level <= plan->levels; level++) {
		if (status == STATUS_DONE)
			status = make_user(&plan->maps[level - 1]);
		if (status == STATUS_DONE)
			status = make_owned(worker, level);
	}
	return status;
}

static int become_command(struct worker *worker)
{
	const enum ns_wish failed = NS_WISH_FAILED;
	int status;

	/* It closes when the command begins. */
	worker->as.life = worker->fd;
	status = ns_exec(&worker->as, worker->plan->levels > 0,
			 worker->command);
	send(worker->fd, &failed, sizeof(failed), MSG_NOSIGNAL);
	return status;
}

/*
 * Of all who are in a mount namespace, only those who look from its root do so from
 * the new root that it is given; nor does the kernel make user namespaces in a chroot.
 */
static int leave_chroot(const struct worker *worker)
{
	int err = worker->plan->make[NS_MNT] && worker->plan->privileged ?
		  ns_root_go() : 0;

	if (err)
		return message_failed("cannot leave our root directory for that of our mount namespace: %s",
				      strerror(-err));
	return STATUS_DONE;
}

static int work(int fd, void *arg)
{
	struct worker *worker = arg;
	int status;

	worker->fd = fd;
	worker->directory = getcwd(NULL, 0);
	status = leave_chroot(worker) ?: make_all(worker);
	if (status != STATUS_DONE)
		return status;
	/* Not to hold on to what was mounted before. */
	if (worker->plan->make[NS_MNT] && chdir("/"))
		return message_failed("cannot go to /: %s", strerror(errno));
	status = ask(worker, NS_WISH_READY);
	if (status != STATUS_DONE)
		return status;
	if (worker->plan->make[NS_MNT] && worker->directory &&
	    chdir(worker->directory) && chdir("/"))
		return message_failed("cannot go to /: %s", strerror(errno));
	return become_command(worker);
}

/* ---- On the other side ---- */

int ns_creator_start(struct ns_creator *creator, const struct ns_plan *plan,
		     const struct ns_exec *as, char **command)
{
	struct worker worker = { .plan = plan, .as = *as, .command = command };
	int err = child_start(&creator->child, SOCK_SEQPACKET, work, &worker);

	if (err)
		return message_failed("cannot start a process: %s",
				      strerror(-err));
	return STATUS_DONE;
}

/* 0 without credentials. */
static pid_t sender_of(struct msghdr *message)
{
	struct cmsghdr *control;
	struct ucred credentials;

	for (control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level != SOL_SOCKET ||
		    control->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&credentials, CMSG_DATA(control), sizeof(credentials));
		return credentials.pid;
	}
	return 0;
}

bool ns_creator_hear(struct ns_creator *creator, enum ns_wish *wish, pid_t *pid)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec data = { .iov_base = wish, .iov_len = sizeof(*wish) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do {
		n = recvmsg(creator->child.fd, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		message_failed("cannot listen to the process in the new namespaces: %s",
			       strerror(errno));
	*pid = n == sizeof(*wish) ? sender_of(&message) : 0;
	return *pid;
}

bool ns_creator_has_failed(struct ns_creator *creator)
{
	enum ns_wish wish;
	pid_t pid;

	return ns_creator_hear(creator, &wish, &pid) && wish == NS_WISH_FAILED;
}

int ns_creator_answer(struct ns_creator *creator)
{
	const int answer = 0;

	/* If it is gone, that is seen when it is waited for. */
	if (send(creator->child.fd, &answer, sizeof(answer), MSG_NOSIGNAL) ==
	    sizeof(answer) || errno == EPIPE || errno == ECONNRESET)
		return STATUS_DONE;
	return message_failed("cannot talk to the process in the new namespaces: %s",
			      strerror(errno));
}

int ns_creator_end(struct ns_creator *creator, bool said)
{
	int wait = child_end(&creator->child);

	if (wait < 0)
		return STATUS_FAILED;
	if (!said && WIFSIGNALED(wait))
		return message_failed("the process that makes the namespaces was ended by signal %d",
				      WTERMSIG(wait));
	return WIFEXITED(wait) && WEXITSTATUS(wait) ? WEXITSTATUS(wait) :
	       STATUS_FAILED;
}
