/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of the family: valid ones, and what is left of them once they have been
 * broken.
 *
 * A message is kept as it was made, without what differs from one run to the next.
 * A word of MARK_PID + n stands for the number of the n-th target, MARK_PIDFD + n for
 * a descriptor of it, the type MARK_FAMILY for the family's; message_fill() puts the
 * real ones in their places before it is sent.  No process has such a number.
 */
#ifndef PV_SELFTESTS_FUZZ_MESSAGE_H
#define PV_SELFTESTS_FUZZ_MESSAGE_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/pathvirt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "chance.h"

#define MESSAGE_MAX	(64 * 1024)
#define MESSAGE_HEAD	(NLMSG_HDRLEN + GENL_HDRLEN)

#define MARK_PID	0x7fff0000
#define MARK_PIDFD	0x7ffe0000
#define MARK_FAMILY	0x7ffd
#define TARGETS		8	/* children, and those below */

/* Targets that are no children that come and go. */
enum {
	TARGET_SELF = 4,
	TARGET_PARENT,
	TARGET_DEAD,
	TARGET_KTHREAD,
};

/* struct message - one datagram */
struct message {
	size_t size;
	_Alignas(8) uint8_t data[MESSAGE_MAX];
};

/* struct targets - what the marks stand for, here and now */
struct targets {
	uint16_t family;
	pid_t pids[TARGETS];
	int pidfds[TARGETS];
};

/* ---- Valid ones ---- */

static inline void *message_grow(struct message *message, size_t size)
{
	void *to = message->data + message->size;
	size_t padded = NLMSG_ALIGN(size);

	if (message->size + padded > sizeof(message->data))
		return NULL;
	memset(to, 0, padded);
	message->size += padded;
	return to;
}

static inline void message_attr(struct message *message, uint16_t type,
				const void *payload, size_t size)
{
	struct nlattr *attr;

	if (size > UINT16_MAX - NLA_HDRLEN)
		return;
	attr = message_grow(message, NLA_HDRLEN + size);
	if (!attr)
		return;
	attr->nla_len = NLA_HDRLEN + size;
	attr->nla_type = type;
	if (size)
		memcpy((uint8_t *)attr + NLA_HDRLEN, payload, size);
}

static inline void message_u32(struct message *message, uint16_t type,
			       uint32_t value)
{
	message_attr(message, type, &value, sizeof(value));
}

/* An absolute path, mostly below a place of the fuzzer's own. */
static inline size_t make_path(struct chance *chance, char *path)
{
	static const char * const begins[] = {
		"/pv-fuzz", "/pv-fuzz/a", "/pv-fuzz/a/b", "/pv-fuzz", "/tmp",
		"/usr/share", "/proc/self", "/proc/self/fd", "/dev", "//",
	};
	static const char * const parts[] = {
		"a", "b", "c", ".", "", "...", "a b", "\xff\n", "cwd", "root",
	};
	size_t length, deep;

	length = sprintf(path, "%s", PICK(chance, begins));
	for (deep = chance_below(chance, once_in(chance, 50) ? 300 : 4); deep;
	     deep--)
		length += sprintf(path + length, "/%s", PICK(chance, parts));
	if (once_in(chance, 60)) {
		memset(path + length, '/' + !!chance_below(chance, 3) * 32,
		       PATH_MAX - length);
		length = PATH_MAX - chance_below(chance, 3);
		path[length] = '\0';
	}
	/* Its NUL goes along. */
	return length + 1;
}

static inline void message_path(struct message *message, struct chance *chance,
				uint16_t type)
{
	char path[2 * PATH_MAX];
	size_t size = make_path(chance, path);

	message_attr(message, type, path, size);
}

static inline void message_rule(struct message *message, struct chance *chance)
{
	size_t begin = message->size;
	struct nlattr *nest = message_grow(message, NLA_HDRLEN);

	if (!nest)
		return;
	nest->nla_type = PATHVIRT_A_RULE | NLA_F_NESTED;
	message_path(message, chance, PATHVIRT_RULE_A_ORIGINAL);
	message_path(message, chance, PATHVIRT_RULE_A_NEW);
	if (chance_below(chance, 4) == 0)
		message_attr(message, PATHVIRT_RULE_A_UNDER, NULL, 0);
	nest->nla_len = message->size - begin;
}

static inline void message_rules(struct message *message, struct chance *chance)
{
	uint32_t nr = 1 + chance_below(chance, once_in(chance, 30) ? 500 : 4);

	while (nr-- && message->size < MESSAGE_MAX - 3 * PATH_MAX)
		message_rule(message, chance);
}

static inline void message_target(struct message *message, struct chance *chance)
{
	uint32_t which = once_in(chance, 4) ? chance_below(chance, TARGETS) :
					      chance_below(chance, TARGET_SELF);

	switch (chance_below(chance, 8)) {
	case 0:
		break;
	case 1:
	case 2:
		message_u32(message, PATHVIRT_A_PIDFD, MARK_PIDFD + which);
		break;
	default:
		message_u32(message, PATHVIRT_A_PID, MARK_PID + which);
	}
}

static inline void message_flags(struct message *message, struct chance *chance,
				 uint32_t known)
{
	uint32_t flags = known & chance_next(chance);

	/* Everybody else's targets would be bare all the time. */
	if (!once_in(chance, 20))
		flags &= ~PATHVIRT_F_ALL;
	if (once_in(chance, 2))
		message_u32(message, PATHVIRT_A_FLAGS, flags);
}

static inline void message_begin(struct message *message, uint8_t command,
				 uint16_t flags)
{
	struct nlmsghdr *head;
	struct genlmsghdr *genl;

	message->size = 0;
	head = message_grow(message, NLMSG_HDRLEN);
	head->nlmsg_type = MARK_FAMILY;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	genl = message_grow(message, GENL_HDRLEN);
	genl->cmd = command;
	genl->version = PATHVIRT_FAMILY_VERSION;
}

static inline void message_end(struct message *message)
{
	((struct nlmsghdr *)message->data)->nlmsg_len = message->size;
}

/* One that could be done. */
static inline void message_make(struct message *message, struct chance *chance)
{
	static const uint8_t commands[] = {
		PATHVIRT_CMD_STAGE, PATHVIRT_CMD_STAGE, PATHVIRT_CMD_SET,
		PATHVIRT_CMD_SET, PATHVIRT_CMD_GET, PATHVIRT_CMD_GET,
		PATHVIRT_CMD_DEL, PATHVIRT_CMD_RESOLVE,
		PATHVIRT_CMD_RESOLVE, PATHVIRT_CMD_STATUS,
	};
	uint8_t command = PICK(chance, commands);

	message_begin(message, command,
		      command == PATHVIRT_CMD_GET ? NLM_F_DUMP : 0);
	if (command != PATHVIRT_CMD_STAGE && command != PATHVIRT_CMD_STATUS &&
	    !(command == PATHVIRT_CMD_GET && once_in(chance, 3)))
		message_target(message, chance);
	switch (command) {
	case PATHVIRT_CMD_SET:
		message_flags(message, chance,
			      PATHVIRT_F_TREE | PATHVIRT_F_PUSH |
			      PATHVIRT_F_NO_REVERSE | PATHVIRT_F_LATE | PATHVIRT_F_BY_NAME);
		if (once_in(chance, 10))
			break;
		message_rules(message, chance);
		break;
	case PATHVIRT_CMD_STAGE:
		message_rules(message, chance);
		break;
	case PATHVIRT_CMD_DEL:
		message_flags(message, chance,
			      PATHVIRT_F_TREE | PATHVIRT_F_ALL |
			      PATHVIRT_F_OWN);
		break;
	case PATHVIRT_CMD_RESOLVE:
		message_path(message, chance, once_in(chance, 2) ?
			     PATHVIRT_A_PATH : PATHVIRT_A_REAL);
		break;
	}
	message_end(message);
}

/* ---- Broken ones ---- */

/* The offset of an attribute, some of them in nests; 0 if there is none. */
static inline size_t pick_attr(const struct message *message,
			       struct chance *chance)
{
	size_t at = MESSAGE_HEAD, end = message->size, found = 0;
	const struct nlattr *attr;
	uint32_t seen = 0;

	while (at + NLA_HDRLEN <= end) {
		attr = (const void *)(message->data + at);
		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
			break;
		if (once_in(chance, ++seen))
			found = at;
		/* Into the nest, as if it were flat. */
		if (attr->nla_type & NLA_F_NESTED && once_in(chance, 2))
			at += NLA_HDRLEN;
		else
			at += NLA_ALIGN(attr->nla_len);
	}
	return found;
}

static inline void message_cut(struct message *message, size_t at, size_t size)
{
	memmove(message->data + at, message->data + at + size,
		message->size - at - size);
	message->size -= size;
}

static inline bool message_insert(struct message *message, size_t at,
				  const void *what, size_t size)
{
	uint8_t copy[PATH_MAX * 2];

	if (size > sizeof(copy) || message->size + size > MESSAGE_MAX)
		return false;
	memcpy(copy, what, size);	/* it may be a part of the message */
	memmove(message->data + at + size, message->data + at,
		message->size - at);
	memcpy(message->data + at, copy, size);
	message->size += size;
	return true;
}

static inline void break_bits(struct message *message, struct chance *chance)
{
	uint32_t nr = 1 + chance_below(chance, 4);

	while (nr--)
		message->data[chance_below(chance, message->size)] ^=
			1 << chance_below(chance, 8);
}

static inline void break_bytes(struct message *message, struct chance *chance)
{
	uint32_t value = chance_odd(chance);
	size_t size = 1 << chance_below(chance, 3);
	size_t at = chance_below(chance, message->size);

	if (at + size <= message->size)
		memcpy(message->data + at, &value, size);
}

static inline void break_end(struct message *message, struct chance *chance)
{
	message->size = 1 + chance_below(chance, message->size);
	if (message->size >= NLMSG_HDRLEN && !once_in(chance, 3))
		message_end(message);
}

static inline void break_attr_length(struct chance *chance, struct nlattr *attr)
{
	attr->nla_len = once_in(chance, 2) ? chance_odd(chance) :
			attr->nla_len + chance_below(chance, 9) - 4;
}

static inline void break_attr_type(struct chance *chance, struct nlattr *attr)
{
	switch (chance_below(chance, 4)) {
	case 0:
		attr->nla_type ^= NLA_F_NESTED;
		break;
	case 1:
		attr->nla_type ^= NLA_F_NET_BYTEORDER;
		break;
	case 2:
		attr->nla_type = chance_next(chance);
		break;
	default:
		attr->nla_type = (attr->nla_type & NLA_F_NESTED) |
				 chance_below(chance, PATHVIRT_A_MAX + 3);
	}
}

/* Its last byte is not the NUL that there was, or an earlier one is one. */
static inline void break_attr_payload(struct chance *chance,
				      struct nlattr *attr)
{
	uint8_t *payload = (uint8_t *)attr + NLA_HDRLEN;
	size_t size = attr->nla_len - NLA_HDRLEN;
	uint32_t value;

	if (!size)
		return;
	switch (chance_below(chance, 4)) {
	case 0:
		payload[size - 1] = 'x';
		break;
	case 1:
		payload[chance_below(chance, size)] = '\0';
		break;
	case 2:
		value = chance_odd(chance);
		memcpy(payload, &value, size < 4 ? size : 4);
		break;
	default:
		chance_fill(chance, payload, size);
	}
}

/* A string that is too long, none, or with ".." in it; or a nest in a nest. */
static inline void break_attr_whole(struct message *message,
				    struct chance *chance, size_t at)
{
	struct nlattr *attr = (struct nlattr *)(message->data + at);
	size_t old = NLA_ALIGN(attr->nla_len), size;
	_Alignas(4) uint8_t fresh[PATH_MAX + 64];
	struct nlattr *head = (struct nlattr *)fresh;
	uint16_t type = attr->nla_type;

	if (at + old > message->size)
		return;
	memset(fresh, 0, sizeof(fresh));
	switch (chance_below(chance, 4)) {
	case 0:
		size = PATH_MAX - 8 + chance_below(chance, 24);
		memset(fresh + NLA_HDRLEN, once_in(chance, 2) ? '/' : 'y', size);
		fresh[NLA_HDRLEN] = '/';
		if (once_in(chance, 2))
			fresh[NLA_HDRLEN + size - 1] = '\0';
		break;
	case 1:
		size = chance_below(chance, 2);
		break;
	case 2:
		size = sprintf((char *)fresh + NLA_HDRLEN, "/pv-fuzz/../%s",
			       once_in(chance, 2) ? ".." : "a/..") + 1;
		break;
	default:
		size = NLA_ALIGN(attr->nla_len);
		if (size > PATH_MAX)
			return;
		memcpy(fresh + NLA_HDRLEN, attr, size);
		type = (once_in(chance, 2) ? PATHVIRT_A_RULE : type) |
		       NLA_F_NESTED;
	}
	head->nla_len = NLA_HDRLEN + size;
	head->nla_type = type;
	message_cut(message, at, old);
	if (message_insert(message, at, fresh, NLA_ALIGN(head->nla_len)) &&
	    !once_in(chance, 8))
		message_end(message);
}

static inline void break_attr(struct message *message, struct chance *chance)
{
	size_t at = pick_attr(message, chance), size;
	struct nlattr *attr = (struct nlattr *)(message->data + at);

	if (!at)
		return;
	size = NLA_ALIGN(attr->nla_len);
	if (at + size > message->size)
		return;
	switch (chance_below(chance, 6)) {
	case 0:
		break_attr_length(chance, attr);
		break;
	case 1:
		break_attr_type(chance, attr);
		break;
	case 2:
		break_attr_payload(chance, attr);
		break;
	case 3:
		if (message_insert(message, at, attr, size))
			message_end(message);
		break;
	case 4:
		message_cut(message, at, size);
		message_end(message);
		break;
	default:
		break_attr_whole(message, chance, at);
	}
}

static inline void break_head(struct message *message, struct chance *chance)
{
	struct nlmsghdr *head = (struct nlmsghdr *)message->data;
	struct genlmsghdr *genl = (struct genlmsghdr *)(head + 1);

	if (message->size < MESSAGE_HEAD)
		return;
	switch (chance_below(chance, 8)) {
	case 0:
		head->nlmsg_len = chance_odd(chance);
		break;
	case 1:
		head->nlmsg_flags = chance_next(chance);
		break;
	case 2:
		head->nlmsg_flags ^= NLM_F_DUMP;
		break;
	case 3:
		/* Others are the business of other families. */
		if (once_in(chance, 4))
			head->nlmsg_type = chance_below(chance, 16);
		break;
	case 4:
		genl->version = chance_next(chance);
		break;
	case 5:
		genl->reserved = chance_odd(chance);
		break;
	default:
		genl->cmd = chance_below(chance, PATHVIRT_CMD_MAX + 3);
	}
}

/* The tail of another from one of its attributes on, or all of it behind. */
static inline void break_splice(struct message *message, struct chance *chance,
				const struct message *other)
{
	size_t at = pick_attr(message, chance);
	size_t from = pick_attr(other, chance);
	size_t size;

	if (once_in(chance, 3)) {
		at = NLMSG_ALIGN(message->size);
		from = 0;
	}
	size = other->size - from;
	if (!at || (from == 0 && at < message->size) ||
	    at + size > MESSAGE_MAX)
		return;
	if (at > message->size)
		memset(message->data + message->size, 0, at - message->size);
	memcpy(message->data + at, other->data + from, size);
	message->size = at + size;
	if (from)
		message_end(message);
}

static inline void message_break(struct message *message, struct chance *chance,
				 const struct message *other)
{
	uint32_t nr = 1 + chance_below(chance, 3);

	while (nr-- && message->size >= MESSAGE_HEAD) {
		switch (chance_below(chance, 12)) {
		case 0:
		case 1:
			break_bits(message, chance);
			break;
		case 2:
			break_bytes(message, chance);
			break;
		case 3:
			break_end(message, chance);
			break;
		case 4:
			break_head(message, chance);
			break;
		case 5:
		case 6:
			break_splice(message, chance, other);
			break;
		default:
			break_attr(message, chance);
		}
	}
}

/* ---- On the way ---- */

static inline void fill_word(uint8_t *word, const struct targets *targets)
{
	uint32_t value, which;

	memcpy(&value, word, sizeof(value));
	which = value & 0xffff;
	if (which >= TARGETS)
		return;
	if (value - which == MARK_PID)
		value = targets->pids[which];
	else if (value - which == MARK_PIDFD)
		value = targets->pidfds[which];
	else
		return;
	memcpy(word, &value, sizeof(value));
}

/* A copy with the marks replaced. */
static inline void message_fill(const struct message *from, struct message *to,
				const struct targets *targets, uint32_t seq)
{
	struct nlmsghdr *head = (struct nlmsghdr *)to->data;
	size_t at = 0;

	memcpy(to->data, from->data, from->size);
	to->size = from->size;
	for (at = MESSAGE_HEAD; at + 4 <= to->size; at += 4)
		fill_word(to->data + at, targets);
	/* One behind the other, as far as the lengths tell. */
	for (at = 0; at + NLMSG_HDRLEN <= to->size;
	     at += NLMSG_ALIGN(head->nlmsg_len)) {
		head = (struct nlmsghdr *)(to->data + at);
		if (head->nlmsg_type == MARK_FAMILY)
			head->nlmsg_type = targets->family;
		head->nlmsg_seq = seq;
		if (head->nlmsg_len < NLMSG_HDRLEN ||
		    head->nlmsg_len > to->size - at)
			break;
	}
}

static inline void message_print(FILE *to, const struct message *message)
{
	size_t i;

	for (i = 0; i < message->size; i++)
		fprintf(to, "%02x", message->data[i]);
	fputc('\n', to);
}

/* The next line of hexadecimal digits; false at the end. */
static inline bool message_read(FILE *from, struct message *message)
{
	char *line = NULL, *digit;
	size_t room = 0;
	unsigned int byte;
	int used;

	while (getline(&line, &room, from) > 0) {
		message->size = 0;
		for (digit = line; message->size < MESSAGE_MAX &&
		     sscanf(digit, "%2x%n", &byte, &used) == 1; digit += used)
			message->data[message->size++] = byte;
		if (*line == '#' || !message->size)
			continue;
		free(line);
		return true;
	}
	free(line);
	return false;
}

#endif /* PV_SELFTESTS_FUZZ_MESSAGE_H */
