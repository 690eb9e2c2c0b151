/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the family without libpathvirt, so that 32-bit programs can make
 * them and nothing is asked twice behind the test's back.
 */
#ifndef PV_SELFTESTS_ASKING_H
#define PV_SELFTESTS_ASKING_H

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/message.h"

/* Errors that only say that the module is not there now. */
static inline bool is_gone(int err)
{
	/* The last two are what a dump and SET say when it is just going. */
	return err == ENOENT || err == EOPNOTSUPP || err == ECONNREFUSED ||
	       err == EPROTONOSUPPORT || err == ENODEV;
}

/* struct asking - a socket, and the family's number */
struct asking {
	int sock;
	uint16_t family;
	int group;
	struct message message;
	_Alignas(8) uint8_t answer[MESSAGE_MAX];
	size_t answered;
};

static inline const struct nlattr *answer_find(const void *from, size_t at,
					       size_t end, uint16_t type)
{
	const struct nlattr *attr;

	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)((const uint8_t *)from + at);
		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

/* Of the first reply; NULL if it has none. */
static inline const struct nlattr *answer_attr(const struct asking *asking,
					       uint16_t type)
{
	const struct nlmsghdr *head = (const void *)asking->answer;

	if (asking->answered < MESSAGE_HEAD || head->nlmsg_type == NLMSG_ERROR)
		return NULL;
	return answer_find(head, MESSAGE_HEAD, head->nlmsg_len, type);
}

static inline uint32_t answer_u32(const struct asking *asking, uint16_t type)
{
	const struct nlattr *attr = answer_attr(asking, type);
	uint32_t value = 0;

	if (attr)
		memcpy(&value, attr + 1, sizeof(value));
	return value;
}

/* The error at the end of what one recv() gave, or 1 if there is more to come. */
static inline int answer_error(const uint8_t *data, size_t size)
{
	const struct nlmsghdr *head = (const void *)data;

	for (; NLMSG_OK(head, size); head = NLMSG_NEXT(head, size)) {
		if (head->nlmsg_type == NLMSG_ERROR ||
		    head->nlmsg_type == NLMSG_DONE) {
			int error = *(const int *)NLMSG_DATA(head);

			return error < 0 ? error : 0;
		}
	}
	return 1;
}

/* Send what was made; 0 or a negative errno. The first datagram is kept. */
static inline int ask_made(struct asking *asking)
{
	static __thread _Alignas(8) uint8_t more[MESSAGE_MAX];
	uint8_t *to = asking->answer;
	ssize_t got;
	int err = 1;

	message_end(&asking->message);
	asking->answered = 0;
	if (send(asking->sock, asking->message.data, asking->message.size, 0) < 0)
		return -errno;
	while (err == 1) {
		got = recv(asking->sock, to, MESSAGE_MAX, 0);
		if (got < 0)
			return -errno;
		err = answer_error(to, got);
		if (to == asking->answer)
			asking->answered = got;
		to = more;
	}
	return err;
}

static inline void ask_begin(struct asking *asking, uint8_t command,
			     uint16_t flags, pid_t pid)
{
	message_begin(&asking->message, command, flags);
	((struct nlmsghdr *)asking->message.data)->nlmsg_type = asking->family;
	if (pid)
		message_u32(&asking->message, PATHVIRT_A_PID, pid);
}

static inline int asking_find(struct asking *asking)
{
	const struct nlattr *groups, *id, *attr;
	int err;

	asking->family = GENL_ID_CTRL;
	ask_begin(asking, CTRL_CMD_GETFAMILY, 0, 0);
	message_attr(&asking->message, CTRL_ATTR_FAMILY_NAME,
		     PATHVIRT_FAMILY_NAME, sizeof(PATHVIRT_FAMILY_NAME));
	err = ask_made(asking);
	if (err)
		return err;
	id = answer_attr(asking, CTRL_ATTR_FAMILY_ID);
	groups = answer_attr(asking, CTRL_ATTR_MCAST_GROUPS);
	if (!id || !groups)
		return -EPROTO;
	asking->family = *(const uint16_t *)(id + 1);
	attr = answer_find(groups, 2 * NLA_HDRLEN, groups->nla_len,
			   CTRL_ATTR_MCAST_GRP_ID);
	asking->group = attr ? *(const int *)(attr + 1) : 0;
	return 0;
}

/* 0 or a negative errno; it is to be closed in any case. */
static inline int asking_open(struct asking *asking)
{
	asking->sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			      NETLINK_GENERIC);
	if (asking->sock < 0)
		return -errno;
	return asking_find(asking);
}

static inline void asking_close(struct asking *asking)
{
	if (asking->sock >= 0)
		close(asking->sock);
}

/* A rule, in a request that has begun; a union's if it is @under. */
static inline void ask_rule(struct asking *asking, const char *original,
			    const char *new, bool under)
{
	struct message *message = &asking->message;
	size_t begin = message->size;

	message_attr(message, PATHVIRT_A_RULE | NLA_F_NESTED, NULL, 0);
	message_attr(message, PATHVIRT_RULE_A_ORIGINAL, original,
		     strlen(original) + 1);
	message_attr(message, PATHVIRT_RULE_A_NEW, new, strlen(new) + 1);
	if (under)
		message_attr(message, PATHVIRT_RULE_A_UNDER, NULL, 0);
	((struct nlattr *)(message->data + begin))->nla_len =
		message->size - begin;
}

/* A table of one rule; @pid 0 is the caller. */
static inline int ask_set(struct asking *asking, pid_t pid, uint32_t flags,
			  const char *original, const char *new)
{
	ask_begin(asking, PATHVIRT_CMD_SET, 0, pid);
	message_u32(&asking->message, PATHVIRT_A_FLAGS, flags);
	ask_rule(asking, original, new, false);
	return ask_made(asking);
}

/* A table of one union. */
static inline int ask_union(struct asking *asking, pid_t pid, uint32_t flags,
			    const char *original, const char *new)
{
	ask_begin(asking, PATHVIRT_CMD_SET, 0, pid);
	message_u32(&asking->message, PATHVIRT_A_FLAGS, flags);
	ask_rule(asking, original, new, true);
	return ask_made(asking);
}

/* A table of one rule for the cgroup whose directory is open as @cgroup. */
static inline int ask_set_cgroup(struct asking *asking, int cgroup,
				 const char *original, const char *new)
{
	ask_begin(asking, PATHVIRT_CMD_SET, 0, 0);
	message_u32(&asking->message, PATHVIRT_A_CGROUP_FD, cgroup);
	ask_rule(asking, original, new, false);
	return ask_made(asking);
}

static inline int ask_del_cgroup(struct asking *asking, int cgroup)
{
	ask_begin(asking, PATHVIRT_CMD_DEL, 0, 0);
	message_u32(&asking->message, PATHVIRT_A_CGROUP_FD, cgroup);
	return ask_made(asking);
}

static inline int ask_del(struct asking *asking, pid_t pid, uint32_t flags)
{
	ask_begin(asking, PATHVIRT_CMD_DEL, 0, pid);
	message_u32(&asking->message, PATHVIRT_A_FLAGS, flags);
	return ask_made(asking);
}

/* The answer has the path, as PATHVIRT_A_REAL. */
static inline int ask_resolve(struct asking *asking, pid_t pid, const char *path)
{
	ask_begin(asking, PATHVIRT_CMD_RESOLVE, 0, pid);
	message_attr(&asking->message, PATHVIRT_A_PATH, path, strlen(path) + 1);
	return ask_made(asking);
}

static inline int ask_get(struct asking *asking, pid_t pid)
{
	ask_begin(asking, PATHVIRT_CMD_GET, NLM_F_DUMP, pid);
	return ask_made(asking);
}

static inline int ask_status(struct asking *asking)
{
	ask_begin(asking, PATHVIRT_CMD_STATUS, 0, 0);
	return ask_made(asking);
}

#endif /* PV_SELFTESTS_ASKING_H */
