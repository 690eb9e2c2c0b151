// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the netlink family and of the device's ioctl: it makes messages that
 * are right, breaks them (fuzz/message.h, fuzz/device.h), sends them as several
 * users at once, and looks after each of them whether the kernel keeps its word.
 *
 *	fuzz_family [-s SEED] [-n COUNT] [-u ROLE,...] [-j THREADS] [-d] [-v]
 *	fuzz_family -r FILE [-u ROLE,...]
 *	fuzz_family -g [-s SEED] [-n COUNT]
 *
 *	-s	the seed; another each time.  The same seed makes the same messages
 *	-n	how many, of each role; 10000
 *	-u	who sends: root, nobody, nnp (nobody with no_new_privs), userns (root of
 *		a user namespace of nobody's); all at once
 *	-j	with so many threads each; 2
 *	-d	the device's ioctl only
 *	-r	send what FILE has, a line of hexadecimal digits each, and say what
 *		comes of it
 *	-g	only print valid messages, for a corpus
 *	-v	say in the kernel log how far it has come, for the case that it dies
 *
 * The messages in fuzz/corpus/family go first.  Each role is a process of its own with
 * children that come and go; they, the process itself and some that are nobody's
 * are whom the messages are about.  What must be: every answer is well formed, each
 * refusal has its words, nobody waits for ever, nobody without the right to is
 * attached, and in the end nothing is left.
 *
 * Exit status: 0, or 1 and why on standard output.
 */
#include <dirent.h>
#include <getopt.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"
#include "fuzz/device.h"
#include "fuzz/message.h"

#define NOBODY		65534
#define KIDS		4	/* the first targets */
#define POOL		16	/* what a thread breaks and splices */
#define SHARED		4	/* sockets that all threads of a role use */
#define MAX_THREADS	8
#define PATIENCE	120	/* seconds that one message may take */
#define SCRATCH		"/var/tmp/pvt.fuzz"

enum role { ROOT, NOBODY_ROLE, NNP, USERNS, ROLES };

static const char * const role_names[ROLES] = {
	"root", "nobody", "nnp", "userns",
};

/* struct seat - what a thread does, in memory that all see */
struct seat {
	atomic_ulong sent;
	atomic_ulong taken;
	atomic_ulong refused;
	atomic_ulong calls;
	atomic_ulong longest;	/* microseconds */
	atomic_ulong nr[PATHVIRT_CMD_MAX + 1];	/* by command */
	atomic_ulong took[PATHVIRT_CMD_MAX + 1];
	atomic_bool done;
	struct message message;	/* the last one */
};

struct board {
	atomic_int wrong;
	struct seat seats[ROLES][MAX_THREADS];
};

static struct {
	uint64_t seed;
	unsigned long count;
	bool roles[ROLES];
	unsigned int threads;
	bool device_only;
	bool verbose;
	const char *replay;
	bool print;
} options = { .count = 10000, .threads = 2 };

static struct board *board;
static struct message **corpus;
static unsigned int nr_corpus;
static int group;		/* of the events */
static bool dumps_are_mute;	/* 6.1 has no words when a dump starts */

/* Of one role's process. */
static enum role me;
static struct targets targets;
static struct device device;
static int shared[SHARED];

/* struct sender - a thread */
struct sender {
	unsigned int index;
	struct seat *seat;
	struct chance chance;
	struct arena arena;
	struct message *pool[POOL];
	struct message filled;
	uint8_t answer[MESSAGE_MAX];
	uint32_t seq;
	int sock;
};

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *format, ...)
{
	int err = errno;
	va_list args;

	va_start(args, format);
	fputs("# ", stdout);
	vprintf(format, args);
	printf(" (%s)\n", strerror(err));
	fflush(stdout);
	va_end(args);
	_exit(1);
}

/* ---- Sockets ---- */

static int socket_new(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int one = 1, size = 1 << 18;

	if (sock < 0)
		die("no socket");
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return sock;
}

/* An attribute of a reply, or NULL. */
static const struct nlattr *reply_attr(const struct nlmsghdr *head,
				       uint16_t type)
{
	size_t at = MESSAGE_HEAD;
	const struct nlattr *attr;

	for (; at + NLA_HDRLEN <= head->nlmsg_len;
	     at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)((const uint8_t *)head + at);
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

static uint32_t attr_u32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr)
		memcpy(&value, attr + 1, sizeof(value));
	return value;
}

/* One request, nothing but a command and flags; its first answer, or a death. */
static struct nlmsghdr *ask(int sock, uint16_t type, uint8_t command,
			    uint16_t attr, const void *payload, size_t size)
{
	static _Alignas(8) uint8_t answer[MESSAGE_MAX];
	static struct message message;
	struct nlmsghdr *head = (void *)answer;
	ssize_t got;

	message_begin(&message, command, 0);
	((struct nlmsghdr *)message.data)->nlmsg_type = type;
	if (attr)
		message_attr(&message, attr, payload, size);
	message_end(&message);
	if (send(sock, message.data, message.size, 0) < 0)
		die("send");
	got = recv(sock, answer, sizeof(answer), 0);
	if (got < (ssize_t)NLMSG_HDRLEN)
		die("no answer");
	/* A reply's acknowledgement comes behind it. */
	if (head->nlmsg_type != NLMSG_ERROR) {
		static uint8_t ack[MESSAGE_MAX];

		recv(sock, ack, sizeof(ack), 0);
	}
	return head;
}

static int error_of(const struct nlmsghdr *head)
{
	if (head->nlmsg_type != NLMSG_ERROR)
		return 0;
	return -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
}

/* The group's number is in a nest in a nest. */
static int find_group(const struct nlmsghdr *head)
{
	const struct nlattr *groups = reply_attr(head, CTRL_ATTR_MCAST_GROUPS);
	const uint8_t *at = (const uint8_t *)(groups + 2), *end;
	const struct nlattr *attr;

	if (!groups)
		return 0;
	end = (const uint8_t *)groups + groups->nla_len;
	for (; at + NLA_HDRLEN < end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		if (attr->nla_type == CTRL_ATTR_MCAST_GRP_ID)
			return attr_u32(attr);
	}
	return 0;
}

static uint16_t find_family(int sock)
{
	const struct nlmsghdr *head;
	const struct nlattr *id;

	head = ask(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
		   PATHVIRT_FAMILY_NAME, sizeof(PATHVIRT_FAMILY_NAME));
	if (error_of(head))
		die("no family %s", PATHVIRT_FAMILY_NAME);
	group = find_group(head);
	id = reply_attr(head, CTRL_ATTR_FAMILY_ID);
	return id ? *(const uint16_t *)(id + 1) : 0;
}

/* ---- What must be ---- */

__attribute__((format(printf, 2, 3)))
static void wrong(const struct sender *sender, const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&board->wrong, 1) >= 10)
		return;
	flockfile(stdout);
	printf("# %s, thread %u, message %lu: ", role_names[me], sender->index,
	       atomic_load(&sender->seat->sent));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# the message, for a file to be replayed with -r:\n");
	message_print(stdout, &sender->seat->message);
	fflush(stdout);
	funlockfile(stdout);
}

/* Whether an error tells the number of one. */
static bool is_error(int error)
{
	return error <= 0 && error > -512;
}

static bool is_text(const struct nlattr *attr)
{
	const char *text = (const char *)(attr + 1);
	size_t size = attr->nla_len - NLA_HDRLEN;

	return size && size <= PATH_MAX && strnlen(text, size) == size - 1;
}

static const char *attr_fault(const struct nlattr *attr)
{
	size_t size = attr->nla_len - NLA_HDRLEN;

	switch (attr->nla_type & NLA_TYPE_MASK) {
	case PATHVIRT_A_PAD:
	case PATHVIRT_A_ARMED:
	case PATHVIRT_A_OWN:
		return size ? "a flag that is more" : NULL;
	case PATHVIRT_A_PID:
	case PATHVIRT_A_LAYER:
	case PATHVIRT_A_LAYERS:
	case PATHVIRT_A_RULES:
	case PATHVIRT_A_INDEX:
	case PATHVIRT_A_PROTOCOL:
	case PATHVIRT_A_PROCESSES:
	case PATHVIRT_A_TABLES:
		return size == 4 ? NULL : "a number of another size";
	case PATHVIRT_A_PATH:
	case PATHVIRT_A_REAL:
	case PATHVIRT_A_VERSION:
	case PATHVIRT_A_HOOK:
	case PATHVIRT_A_PROBE:
	case PATHVIRT_A_SITE:
		return is_text(attr) ? NULL : "a text that is none";
	default:
		return NULL;
	}
}

/* The attributes of a reply: they fill it, and are what they should be. */
static const char *reply_fault(const struct nlmsghdr *head)
{
	const struct nlattr *attr;
	size_t at = MESSAGE_HEAD;
	const char *fault;

	if (head->nlmsg_len < MESSAGE_HEAD)
		return "a reply without a head";
	while (at < head->nlmsg_len) {
		attr = (const void *)((const uint8_t *)head + at);
		if (at + NLA_HDRLEN > head->nlmsg_len ||
		    attr->nla_len < NLA_HDRLEN ||
		    at + attr->nla_len > head->nlmsg_len)
			return "an attribute that is longer than its message";
		fault = attr_fault(attr);
		if (fault)
			return fault;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* Does a refusal say why? */
static bool has_words(const struct nlmsghdr *head)
{
	const struct nlmsgerr *error = NLMSG_DATA(head);
	const struct nlattr *attr;
	size_t at;

	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS))
		return false;
	at = head->nlmsg_type == NLMSG_DONE ? NLMSG_HDRLEN + sizeof(int) :
					      NLMSG_HDRLEN + sizeof(*error);
	if (head->nlmsg_type == NLMSG_ERROR && !(head->nlmsg_flags & NLM_F_CAPPED))
		at += error->msg.nlmsg_len - NLMSG_HDRLEN;
	for (; at + NLA_HDRLEN <= head->nlmsg_len;
	     at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)((const uint8_t *)head + at);
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			return is_text(attr);
	}
	return false;
}

/*
 * Is it the family, and no one before it, that refuses this message?  Then it must
 * say why.
 */
static bool is_for_family(const struct message *message)
{
	const struct nlmsghdr *head = (const void *)message->data;
	const struct genlmsghdr *genl = (const void *)(head + 1);
	bool dump;

	if (message->size < MESSAGE_HEAD ||
	    head->nlmsg_len < MESSAGE_HEAD ||
	    head->nlmsg_len > message->size ||
	    NLMSG_ALIGN(head->nlmsg_len) + NLMSG_HDRLEN <= message->size ||
	    head->nlmsg_type != targets.family ||
	    (head->nlmsg_flags & (NLM_F_REQUEST | NLM_F_ACK)) !=
	    (NLM_F_REQUEST | NLM_F_ACK))
		return false;
	dump = (head->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (dump && dumps_are_mute)
		return false;
	switch (genl->cmd) {
	case PATHVIRT_CMD_GET:
		return dump;
	case PATHVIRT_CMD_STAGE:
	case PATHVIRT_CMD_SET:
	case PATHVIRT_CMD_DEL:
	case PATHVIRT_CMD_RESOLVE:
	case PATHVIRT_CMD_STATUS:
		return !dump;
	default:
		return false;
	}
}

/* No fault of the request's. */
static bool needs_no_words(int error)
{
	return error == -ENOMEM || error == -ENOBUFS || error == -EINTR ||
	       error == -EBUSY;
}

static void check_end(struct sender *sender, const struct nlmsghdr *head,
		      bool mine)
{
	int error;

	if (head->nlmsg_len < NLMSG_HDRLEN + sizeof(error)) {
		wrong(sender, "an end without an error");
		return;
	}
	error = *(const int *)NLMSG_DATA(head);
	/* A dump ends with its length. */
	if (head->nlmsg_type == NLMSG_DONE && error > 0)
		error = 0;
	if (!is_error(error))
		wrong(sender, "error %d is none", error);
	atomic_fetch_add(error ? &sender->seat->refused : &sender->seat->taken, 1);
	if (error && mine && !needs_no_words(error) &&
	    is_for_family(&sender->filled) && !has_words(head))
		wrong(sender, "refused (%s) without a word", strerror(-error));
}

/* @mine: nobody else uses the socket, so the answer is one to this message. */
static void check_answer(struct sender *sender, size_t size, bool mine)
{
	struct nlmsghdr *head = (void *)sender->answer;
	const char *fault = NULL;

	for (; NLMSG_OK(head, size); head = NLMSG_NEXT(head, size)) {
		if (head->nlmsg_type == NLMSG_ERROR ||
		    head->nlmsg_type == NLMSG_DONE)
			check_end(sender, head, mine);
		else if (head->nlmsg_type == targets.family)
			fault = reply_fault(head);
		if (fault)
			wrong(sender, "it answers with %s", fault);
	}
	if (size)
		wrong(sender, "%zu bytes of its answer are no message", size);
}

/* The kernel has answered when send() returns; a dump goes on as it is read. */
static void take_answers(struct sender *sender, int sock, bool mine)
{
	ssize_t got;

	for (;;) {
		got = recv(sock, sender->answer, sizeof(sender->answer),
			   MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && (errno == ENOBUFS || errno == EINTR))
			continue;
		if (got < 0)
			return;
		if (got > (ssize_t)sizeof(sender->answer))
			wrong(sender, "an answer of %zd bytes", got);
		else
			check_answer(sender, got, mine);
	}
}

/* ---- Sending ---- */

static unsigned long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Mostly on the thread's own socket, where each answer can be told. */
static int pick_socket(struct sender *sender, bool *mine)
{
	int which = chance_below(&sender->chance, 3 * SHARED);

	*mine = which >= SHARED;
	return *mine ? sender->sock : shared[which];
}

/*
 * Closed under those that are using it; what was staged goes.  The first of them
 * was opened by somebody else, and stays.
 */
static void change_sockets(struct sender *sender)
{
	int fresh;

	if (once_in(&sender->chance, 100)) {
		close(sender->sock);
		sender->sock = socket_new();
	}
	if (once_in(&sender->chance, 50)) {
		fresh = socket_new();
		/* Who may not, does not listen. */
		setsockopt(fresh, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			   sizeof(group));
		dup3(fresh, shared[1 + chance_below(&sender->chance, SHARED - 1)],
		     O_CLOEXEC);
		close(fresh);
	}
}

static void note_time(struct seat *seat, const struct message *message,
		      unsigned long took)
{
	const struct nlmsghdr *head = (const void *)message->data;
	const struct genlmsghdr *genl = (const void *)(head + 1);

	if (took > atomic_load(&seat->longest))
		atomic_store(&seat->longest, took);
	if (message->size < MESSAGE_HEAD ||
	    head->nlmsg_type != targets.family || genl->cmd > PATHVIRT_CMD_MAX)
		return;
	atomic_fetch_add(&seat->nr[genl->cmd], 1);
	atomic_fetch_add(&seat->took[genl->cmd], took);
}

static void send_by(struct sender *sender, const struct message *message,
		    int sock, bool mine)
{
	struct seat *seat = sender->seat;
	unsigned long begin;

	seat->message.size = message->size;
	memcpy(seat->message.data, message->data, message->size);
	message_fill(message, &sender->filled, &targets, ++sender->seq);

	begin = now();
	if (send(sock, sender->filled.data, sender->filled.size,
		 MSG_DONTWAIT) >= 0 || errno == EAGAIN)
		take_answers(sender, sock, mine);
	note_time(seat, &sender->filled, now() - begin);
	atomic_fetch_add(&seat->sent, 1);
}

static void send_message(struct sender *sender, const struct message *message)
{
	bool mine;
	int sock;

	change_sockets(sender);
	sock = pick_socket(sender, &mine);
	send_by(sender, message, sock, mine);
}

static void make_call(struct sender *sender)
{
	struct call call;

	call_make(&call, &sender->chance, &device, &sender->arena);
	call_do(&call, &sender->chance, &device, &sender->arena, me == ROOT);
	if (call.wrong && atomic_fetch_add(&board->wrong, 1) < 10) {
		flockfile(stdout);
		printf("# %s, thread %u, call %lu: %s\n", role_names[me],
		       sender->index, atomic_load(&sender->seat->sent),
		       call.wrong);
		call_print(stdout, &call);
		fflush(stdout);
		funlockfile(stdout);
	}
	atomic_fetch_add(&sender->seat->sent, 1);
	atomic_fetch_add(&sender->seat->calls, 1);
}

/* The family is there, and the sender's rights are what they were. */
static void check_still_there(struct sender *sender)
{
	struct chance kept = sender->chance;
	struct message *message = sender->pool[0];
	int sock = sender->sock;
	unsigned long taken;

	sender->sock = socket_new();
	message_begin(message, PATHVIRT_CMD_STATUS, 0);
	message_end(message);
	message_fill(message, &sender->filled, &targets, ++sender->seq);
	taken = atomic_load(&sender->seat->taken);
	if (send(sender->sock, sender->filled.data, sender->filled.size, 0) < 0)
		die("send");
	take_answers(sender, sender->sock, true);
	if (atomic_load(&sender->seat->taken) != taken + 1)
		wrong(sender, "the family does not tell its status any more");
	close(sender->sock);
	sender->sock = sock;
	sender->chance = kept;
}

static void say_how_far(const struct sender *sender)
{
	FILE *log = options.verbose ? fopen("/dev/kmsg", "w") : NULL;

	if (!log)
		return;
	fprintf(log, "fuzz_family: -s %lu, %s, thread %u, message %lu\n",
		(unsigned long)options.seed, role_names[me], sender->index,
		atomic_load(&sender->seat->sent));
	fclose(log);
}

/* The next one, in the pool. */
static const struct message *next_message(struct sender *sender, unsigned long nr)
{
	struct chance *chance = &sender->chance;
	struct message *message = sender->pool[nr % POOL];
	const struct message *from = NULL;

	if (nr < nr_corpus)
		from = corpus[nr];
	else if (nr_corpus && once_in(chance, 4))
		from = corpus[chance_below(chance, nr_corpus)];
	if (from) {
		message->size = from->size;
		memcpy(message->data, from->data, from->size);
	} else {
		message_make(message, chance);
	}
	if (nr >= nr_corpus && !once_in(chance, 5))
		message_break(message, chance,
			      sender->pool[chance_below(chance, POOL)]);
	if (!message->size)
		message_make(message, chance);
	return message;
}

static struct sender *sender_new(unsigned int index)
{
	struct sender *sender = calloc(1, sizeof(*sender));
	size_t i;

	if (!sender)
		die("no memory");
	sender->index = index;
	sender->seat = &board->seats[me][index];
	chance_seed(&sender->chance, options.seed, me * MAX_THREADS + index);
	arena_new(&sender->arena);
	for (i = 0; i < POOL; i++) {
		sender->pool[i] = calloc(1, sizeof(struct message));
		message_make(sender->pool[i], &sender->chance);
	}
	sender->sock = socket_new();
	return sender;
}

static void *send_all(void *arg)
{
	struct sender *sender = arg;
	unsigned long nr, count = options.count / options.threads;

	for (nr = 0; nr < count && atomic_load(&board->wrong) < 10; nr++) {
		if (device.fd >= 0 &&
		    (options.device_only || once_in(&sender->chance, 6)))
			make_call(sender);
		else
			send_message(sender, next_message(sender, nr));
		if (nr % 1000 == 999) {
			check_still_there(sender);
			say_how_far(sender);
		}
	}
	close(sender->sock);
	atomic_store(&sender->seat->done, true);
	return NULL;
}

/* ---- Whom they are about ---- */

/* Nothing but system calls: other threads were running when it was made. */
static void be_target(void)
{
	struct timespec nap = { .tv_nsec = 3000000 };
	char path[64];
	int turn, fd;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (turn = 0;; turn++) {
		pvt_old_access("/pv-fuzz/a/b", F_OK);
		fd = syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDONLY);
		syscall(SYS_getcwd, path, sizeof(path));
		pvt_old_readlink("/proc/self/cwd", path, sizeof(path));
		syscall(SYS_close, fd);
		if (turn % 16 == 0) {
			pid = pvt_old_fork();
			if (!pid)
				syscall(SYS_exit_group, 0);
			syscall(SYS_wait4, pid, NULL, 0, NULL);
		}
		syscall(SYS_nanosleep, &nap, NULL);
	}
}

/* The number of its descriptor stays what it is. */
static void target_new(unsigned int which)
{
	pid_t pid = fork();
	int pidfd;

	if (pid < 0)
		die("fork");
	if (!pid)
		be_target();
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0) {
		dup3(pidfd, targets.pidfds[which], O_CLOEXEC);
		close(pidfd);
	}
	targets.pids[which] = pid;
}

static void target_end(unsigned int which)
{
	pid_t pid = targets.pids[which];

	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void targets_begin(void)
{
	unsigned int i;
	pid_t pid;

	for (i = 0; i < TARGETS; i++) {
		targets.pidfds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		targets.pids[i] = getpid();
	}
	for (i = 0; i < KIDS; i++)
		target_new(i);
	dup3(syscall(SYS_pidfd_open, getpid(), 0), targets.pidfds[TARGET_SELF],
	     O_CLOEXEC);
	targets.pids[TARGET_PARENT] = getppid();
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	targets.pids[TARGET_DEAD] = pid;
	targets.pids[TARGET_KTHREAD] = 2;
}

static unsigned long sent_by(enum role role)
{
	unsigned long sent = 0;
	unsigned int i;

	for (i = 0; i < options.threads; i++)
		sent += atomic_load(&board->seats[role][i].sent);
	return sent;
}

static bool is_done(enum role role)
{
	unsigned int i;

	for (i = 0; i < options.threads; i++)
		if (!atomic_load(&board->seats[role][i].done))
			return false;
	return true;
}

/* Until the threads are done, one of them ends now and then for another. */
static void tend_targets(void)
{
	unsigned long next = 0;
	unsigned int which;

	for (which = 0; !is_done(me); which++) {
		usleep(20000);
		if (sent_by(me) < next)
			continue;
		next = sent_by(me) + 100;
		target_end(which % KIDS);
		target_new(which % KIDS);
	}
	for (which = 0; which < KIDS; which++)
		target_end(which);
}

/* ---- Who sends ---- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("cannot write %s", path);
	close(fd);
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		die("cannot become user %d", NOBODY);
	/* What changed its user is not dumpable; an ordinary process is. */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void become(void)
{
	if (me == ROOT)
		return;
	become_nobody();
	if (me == NNP && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
	if (me == USERNS) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			die("no user namespace");
		write_to("/proc/self/setgroups", "deny");
		write_to("/proc/self/uid_map", "0 65534 1");
		write_to("/proc/self/gid_map", "0 65534 1");
	}
}

/* A socket that somebody else opened: root, or for root nobody. */
static int foreign_socket(void)
{
	int sock;

	if (me == ROOT && setresuid(-1, NOBODY, -1))
		die("cannot be nobody for a moment");
	sock = socket_new();
	if (me == ROOT && setresuid(-1, 0, -1))
		die("cannot be root again");
	return sock;
}

static void replay(void)
{
	FILE *file = fopen(options.replay, "r");
	struct sender *sender = sender_new(0);
	unsigned long taken;

	if (!file)
		die("cannot open %s", options.replay);
	while (message_read(file, sender->pool[0])) {
		taken = atomic_load(&sender->seat->taken);
		send_by(sender, sender->pool[0], sender->sock, true);
		printf("# %s: %s\n", role_names[me],
		       atomic_load(&sender->seat->taken) > taken ? "taken" :
								   "refused");
	}
	fclose(file);
	fflush(stdout);
	atomic_store(&sender->seat->done, true);
}

static void send_with_threads(void)
{
	pthread_t threads[MAX_THREADS];
	unsigned int i;

	for (i = 0; i < options.threads; i++)
		if (pthread_create(&threads[i], NULL, send_all, sender_new(i)))
			die("no thread");
	tend_targets();
	for (i = 0; i < options.threads; i++)
		pthread_join(threads[i], NULL);
}

__attribute__((noreturn))
static void be_role(void)
{
	unsigned int i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	shared[0] = foreign_socket();
	become();
	for (i = 1; i < SHARED; i++)
		shared[i] = socket_new();
	targets_begin();
	if (options.replay)
		replay();
	else
		send_with_threads();
	_exit(0);
}

/* ---- The one who looks on ---- */

static void count_attached(int sock, unsigned int *processes,
			   unsigned int *tables)
{
	const struct nlmsghdr *head = ask(sock, targets.family,
					  PATHVIRT_CMD_STATUS, 0, NULL, 0);

	if (error_of(head))
		die("status: %s", strerror(error_of(head)));
	*processes = attr_u32(reply_attr(head, PATHVIRT_A_PROCESSES));
	*tables = attr_u32(reply_attr(head, PATHVIRT_A_TABLES));
}

static bool is_attached(int sock, pid_t pid)
{
	uint32_t number = pid;
	static struct message message;
	static _Alignas(8) uint8_t answer[MESSAGE_MAX];
	struct nlmsghdr *head = (void *)answer;
	bool attached;

	message_begin(&message, PATHVIRT_CMD_GET, NLM_F_DUMP);
	((struct nlmsghdr *)message.data)->nlmsg_type = targets.family;
	message_attr(&message, PATHVIRT_A_PID, &number, sizeof(number));
	message_end(&message);
	if (send(sock, message.data, message.size, 0) < 0 ||
	    recv(sock, answer, sizeof(answer), 0) < (ssize_t)NLMSG_HDRLEN)
		die("get");
	attached = head->nlmsg_type == targets.family;
	while (recv(sock, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
	return attached;
}

/* Of a process group: those that nobody may attach. */
static void check_bare(int sock, pid_t group)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	pid_t pid;

	while (proc && (entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		if (pid <= 0 || getpgid(pid) != group)
			continue;
		if (is_attached(sock, pid) && getpgid(pid) == group &&
		    !atomic_fetch_add(&board->wrong, 1))
			printf("# %d is attached, and nobody had the right to\n",
			       pid);
	}
	if (proc)
		closedir(proc);
}

static void tell_hanging(enum role role, pid_t pid)
{
	char command[128];
	unsigned int i;

	printf("# %s: nothing has gone on for %d s; who waits where, and for what:\n",
	       role_names[role], PATIENCE);
	fflush(stdout);
	snprintf(command, sizeof(command),
		 "sed 's/^/# /' /proc/%d/task/*/stack", pid);
	if (system(command))
		printf("# no stack\n");
	for (i = 0; i < options.threads; i++)
		message_print(stdout, &board->seats[role][i].message);
	fflush(stdout);
}

/* struct watch - how far a role had come, and when */
struct watch {
	pid_t pid;
	unsigned long sent;
	time_t when;
};

/* Did it go on since it was looked at last? */
static bool goes_on(struct watch *watch, enum role role)
{
	unsigned long sent = sent_by(role);

	if (sent != watch->sent || !watch->when) {
		watch->sent = sent;
		watch->when = time(NULL);
	}
	return time(NULL) - watch->when < PATIENCE;
}

static void end_role(struct watch *watch, enum role role, int status)
{
	unsigned int i;

	kill(-watch->pid, SIGKILL);
	watch->pid = 0;
	if (!status)
		return;
	atomic_fetch_add(&board->wrong, 1);
	printf("# %s ended with status %#x; it was sending:\n", role_names[role],
	       status);
	for (i = 0; i < options.threads; i++)
		message_print(stdout, &board->seats[role][i].message);
	fflush(stdout);
}

static void look_on(int sock, struct watch *watches)
{
	unsigned int running, turn;
	enum role role;
	int status;

	for (turn = 0, running = 1; running; turn++) {
		usleep(100000);
		for (running = 0, role = 0; role < ROLES; role++) {
			struct watch *watch = &watches[role];

			if (!watch->pid)
				continue;
			if (waitpid(watch->pid, &status, WNOHANG) == watch->pid) {
				end_role(watch, role, status);
				continue;
			}
			running++;
			if (goes_on(watch, role))
				continue;
			tell_hanging(role, watch->pid);
			kill(watch->pid, SIGKILL);
			watch->when = time(NULL);
		}
		if (turn % 20 == 5 && watches[NOBODY_ROLE].pid && !watches[ROOT].pid &&
		    !options.roles[ROOT])
			check_bare(sock, watches[NOBODY_ROLE].pid);
	}
}

/* A child of ours is attached all the time: arming takes longer than a message. */
static pid_t keep_armed(int sock)
{
	static struct message message;
	static const char rule[] = "/pv-fuzz-nowhere";
	size_t begin;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	message_begin(&message, PATHVIRT_CMD_SET, 0);
	((struct nlmsghdr *)message.data)->nlmsg_type = targets.family;
	message_u32(&message, PATHVIRT_A_PID, pid);
	begin = message.size;
	message_attr(&message, PATHVIRT_A_RULE | NLA_F_NESTED, NULL, 0);
	message_attr(&message, PATHVIRT_RULE_A_ORIGINAL, rule, sizeof(rule));
	message_attr(&message, PATHVIRT_RULE_A_NEW, rule, sizeof(rule));
	((struct nlattr *)(message.data + begin))->nla_len = message.size - begin;
	message_end(&message);
	if (send(sock, message.data, message.size, 0) < 0 ||
	    recv(sock, message.data, sizeof(message.data), 0) < 0 ||
	    error_of((void *)message.data))
		die("cannot attach a child");
	return pid;
}

/* The last of them may be on its way out. */
static void check_nothing_left(int sock)
{
	uint32_t all = PATHVIRT_F_ALL;
	unsigned int processes, tables, tries;

	if (error_of(ask(sock, targets.family, PATHVIRT_CMD_DEL, PATHVIRT_A_FLAGS,
			 &all, sizeof(all))))
		die("cannot detach all");
	for (tries = PATIENCE * 20; tries; tries--) {
		count_attached(sock, &processes, &tables);
		if (!processes && !tables)
			return;
		usleep(50000);
	}
	printf("# left: %u processes, %u tables\n", processes, tables);
	atomic_fetch_add(&board->wrong, 1);
}

/* ---- Before and after ---- */

/* Two mounts whose roots are directories of ours, which nobody else sees. */
static void make_scratch(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("no mount namespace");
	mkdir(SCRATCH, 0755);
	mkdir(SCRATCH "/tmp", 0755);
	if (mount(SCRATCH, SCRATCH, NULL, MS_BIND, NULL) ||
	    mount("fuzz", SCRATCH "/tmp", "tmpfs", 0, NULL))
		die("no mounts");
	device.fd = open("/dev/" PATHVIRT_DEVICE_NAME, O_RDONLY | O_CLOEXEC);
	if (device.fd < 0)
		die("no device");
	device_hold_files(&device, SCRATCH);
	device_hold_files(&device, SCRATCH "/tmp");
	device_hold_others(&device);
}

static void remove_scratch(void)
{
	umount2(SCRATCH "/tmp", MNT_DETACH);
	umount2(SCRATCH, MNT_DETACH);
	if (system("rm -rf " SCRATCH))
		printf("# " SCRATCH " is left\n");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_corpus_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct message *message;

	while (file) {
		message = calloc(1, sizeof(*message));
		corpus = realloc(corpus, (nr_corpus + 1) * sizeof(*corpus));
		if (!message || !corpus)
			die("no memory");
		if (!message_read(file, message)) {
			free(message);
			fclose(file);
			return;
		}
		corpus[nr_corpus++] = message;
	}
}

static void read_corpus(void)
{
	char dir[PATH_MAX], path[2 * PATH_MAX];
	struct dirent **entries;
	ssize_t length;
	int i, nr;

	length = readlink("/proc/self/exe", dir, sizeof(dir) - 32);
	if (length < 0)
		return;
	dir[length] = '\0';
	strcpy(strrchr(dir, '/'), "/fuzz/corpus/family");
	nr = scandir(dir, &entries, NULL, by_name);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			read_corpus_file(path);
	}
}

static void print_messages(void)
{
	struct message *message = calloc(1, sizeof(*message));
	struct chance chance;

	chance_seed(&chance, options.seed, 0);
	while (options.count--) {
		message_make(message, &chance);
		message_print(stdout, message);
	}
}

static bool pick_roles(char *text)
{
	enum role role;
	char *name;

	while ((name = strsep(&text, ","))) {
		for (role = 0; role < ROLES; role++)
			if (!strcmp(name, role_names[role]))
				break;
		if (role == ROLES)
			return false;
		options.roles[role] = true;
	}
	return true;
}

static bool parse(int argc, char **argv)
{
	enum role role;
	int option;

	options.seed = time(NULL) ^ getpid();
	while ((option = getopt(argc, argv, "s:n:u:j:dr:gv")) != -1) {
		switch (option) {
		case 's':
			options.seed = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			options.count = strtoul(optarg, NULL, 0);
			break;
		case 'u':
			if (!pick_roles(optarg))
				return false;
			break;
		case 'j':
			options.threads = atoi(optarg);
			break;
		case 'd':
			options.device_only = true;
			break;
		case 'r':
			options.replay = optarg;
			break;
		case 'g':
			options.print = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			return false;
		}
	}
	if (!memchr(options.roles, true, sizeof(options.roles)))
		for (role = 0; role < ROLES; role++)
			options.roles[role] = true;
	if (options.replay)
		options.threads = 1;
	return options.threads >= 1 && options.threads <= MAX_THREADS &&
	       optind == argc;
}

static void print_times(void)
{
	static const char * const names[] = {
		"none", "stage", "set", "get", "del", "resolve", "status",
		"event",
	};
	unsigned long nr, took;
	struct seat *seat;
	unsigned int i, command;

	printf("# on average, in us:");
	for (command = 0; command < COUNT_OF(names); command++) {
		nr = took = 0;
		for (i = 0; i < ROLES * MAX_THREADS; i++) {
			seat = &board->seats[i / MAX_THREADS][i % MAX_THREADS];
			nr += atomic_load(&seat->nr[command]);
			took += atomic_load(&seat->took[command]);
		}
		if (nr)
			printf(" %s %lu (%lu times)", names[command], took / nr, nr);
	}
	putchar('\n');
}

static void print_sum(unsigned long took)
{
	unsigned long sent = 0, taken = 0, refused = 0, calls = 0, longest = 0;
	struct seat *seat;
	unsigned int i;

	for (i = 0; i < ROLES * MAX_THREADS; i++) {
		seat = &board->seats[i / MAX_THREADS][i % MAX_THREADS];
		sent += atomic_load(&seat->sent);
		taken += atomic_load(&seat->taken);
		refused += atomic_load(&seat->refused);
		calls += atomic_load(&seat->calls);
		if (atomic_load(&seat->longest) > longest)
			longest = atomic_load(&seat->longest);
	}
	printf("# seed %lu: %lu messages and calls (%lu) in %lu s, %lu a second; %lu requests taken, %lu refused; the longest took %lu ms\n",
	       (unsigned long)options.seed, sent, calls, took / 1000000,
	       sent * 1000000 / (took ?: 1), taken, refused, longest / 1000);
	print_times();
	/* As refusals are what it is for, so that it is not for nothing. */
	if (!options.replay && !options.device_only && (!taken || !refused)) {
		printf("# all was taken, or nothing\n");
		atomic_fetch_add(&board->wrong, 1);
	}
}

int main(int argc, char **argv)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	struct watch watches[ROLES] = { };
	unsigned long begin;
	struct utsname name;
	enum role role;
	pid_t keeper;
	int sock;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: see the beginning of fuzz_family.c\n");
		return 2;
	}
	if (options.print) {
		print_messages();
		return 0;
	}
	uname(&name);
	dumps_are_mute = !strncmp(name.release, "6.1.", 4);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		die("no memory");
	read_corpus();
	sock = socket_new();
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	targets.family = find_family(sock);
	make_scratch();
	keeper = keep_armed(sock);
	printf("# seed %lu, %u messages in the corpus\n",
	       (unsigned long)options.seed, nr_corpus);
	fflush(stdout);

	begin = now();
	for (role = 0; role < ROLES; role++) {
		if (!options.roles[role])
			continue;
		me = role;
		watches[role].pid = fork();
		if (!watches[role].pid)
			be_role();
	}
	look_on(sock, watches);
	print_sum(now() - begin);
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
	check_nothing_left(sock);
	remove_scratch();
	return atomic_load(&board->wrong) ? 1 : 0;
}
