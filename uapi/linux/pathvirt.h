/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pathvirt: per-process path prefix tables, the user-space interface.
 *
 * The generic-netlink family "pathvirt" sets, shows and removes the tables.
 * Its machine-readable description is Documentation/netlink/specs/pathvirt.yaml;
 * a test holds this header and that file against each other.
 *
 * All numbers are in host byte order.  All paths are NUL-terminated byte
 * strings of at most PATH_MAX bytes, the NUL included; no encoding is implied.
 */
#ifndef _UAPI_LINUX_PATHVIRT_H
#define _UAPI_LINUX_PATHVIRT_H

#define PATHVIRT_FAMILY_NAME	"pathvirt"

/*
 * Version of the protocol below.  It is raised when a client of the older
 * version would be misled; new attributes and commands alone do not raise it.
 */
#define PATHVIRT_FAMILY_VERSION	1

/* Multicast group that receives PATHVIRT_CMD_EVENT. */
#define PATHVIRT_MCGRP_EVENTS	"events"

/* The most rules that one table holds. */
#define PATHVIRT_MAX_RULES	1000000

/**
 * enum pathvirt_cmd - what can be asked of the family
 *
 * @PATHVIRT_CMD_UNSPEC: never sent
 * @PATHVIRT_CMD_STAGE: append %PATHVIRT_A_RULE attributes, in their order, to
 *	the table that this socket is building.  Nothing takes effect.  The rules
 *	are dropped when the socket is closed or sends %PATHVIRT_CMD_SET.
 * @PATHVIRT_CMD_SET: attach.  The staged rules followed by the
 *	%PATHVIRT_A_RULE attributes of this message become the process's own
 *	layer, replacing the own layer that it had; layers that it inherited
 *	stay below.  Takes %PATHVIRT_A_PIDFD or %PATHVIRT_A_PID (neither: the
 *	sender itself) and %PATHVIRT_A_FLAGS.
 * @PATHVIRT_CMD_GET: the layers and rules of a process.  It is always a dump:
 *	with %PATHVIRT_A_PID or %PATHVIRT_A_PIDFD the rules of that process, one
 *	or more messages per layer; without, one message for each attached process
 *	that the sender may inspect, without rules.
 * @PATHVIRT_CMD_DEL: detach: remove all layers of a process, or of all
 *	processes with %PATHVIRT_F_ALL.  Without CAP_SYS_ADMIN a process can
 *	remove only its own layer.
 * @PATHVIRT_CMD_RESOLVE: where %PATHVIRT_A_PATH, an absolute path as the
 *	process would spell it, leads.  The answer carries %PATHVIRT_A_REAL and,
 *	if a rule matched, %PATHVIRT_A_LAYER and %PATHVIRT_A_INDEX of the
 *	innermost one.  Or the other way round: with %PATHVIRT_A_REAL in the
 *	request the answer carries %PATHVIRT_A_PATH, what the process would call
 *	it.  ".." is taken by name, symbolic links are not followed.
 * @PATHVIRT_CMD_STATUS: what the module does and how
 * @PATHVIRT_CMD_EVENT: sent to the group "events", never received
 */
enum pathvirt_cmd {
	PATHVIRT_CMD_UNSPEC,
	PATHVIRT_CMD_STAGE,
	PATHVIRT_CMD_SET,
	PATHVIRT_CMD_GET,
	PATHVIRT_CMD_DEL,
	PATHVIRT_CMD_RESOLVE,
	PATHVIRT_CMD_STATUS,
	PATHVIRT_CMD_EVENT,

	__PATHVIRT_CMD_MAX,
#define PATHVIRT_CMD_MAX	(__PATHVIRT_CMD_MAX - 1)
};

/**
 * enum pathvirt_attr - attributes of all messages
 *
 * @PATHVIRT_A_UNSPEC: never sent
 * @PATHVIRT_A_PAD: never sent
 * @PATHVIRT_A_PID: u32, a process (thread group) id.  In requests and replies
 *	as the sender's PID namespace counts; in events as the initial one does.
 * @PATHVIRT_A_PIDFD: s32, a pidfd of the sender's
 * @PATHVIRT_A_FLAGS: u32, bits of enum pathvirt_flags
 * @PATHVIRT_A_RULE: nest of enum pathvirt_rule_attr, repeated, order matters
 * @PATHVIRT_A_LAYER: u32, which layer; 0 is the innermost, looked at first
 * @PATHVIRT_A_LAYERS: u32, how many layers the process has
 * @PATHVIRT_A_RULES: u32, how many rules the layer (or all layers) have
 * @PATHVIRT_A_OWN: flag, the innermost layer was set for this very process,
 *	not inherited
 * @PATHVIRT_A_INDEX: u32, the first rule's place in its layer, from 0
 * @PATHVIRT_A_PATH: string, a virtual path
 * @PATHVIRT_A_REAL: string, the real path
 * @PATHVIRT_A_EVENT: u32, enum pathvirt_event
 * @PATHVIRT_A_PARENT: u32, with %PATHVIRT_EVENT_INHERIT: the process that the
 *	layers came from
 * @PATHVIRT_A_VERSION: string, the module's version
 * @PATHVIRT_A_PROTOCOL: u32, %PATHVIRT_FAMILY_VERSION of the module
 * @PATHVIRT_A_PROCESSES: u32, number of attached processes
 * @PATHVIRT_A_TABLES: u32, number of tables in memory
 * @PATHVIRT_A_ARMED: flag, the hooks are armed
 * @PATHVIRT_A_HOOK: string, the way in: "name" or "walk"
 * @PATHVIRT_A_PROBE: string, how a site is hooked: "kprobe" or "ftrace"
 * @PATHVIRT_A_SITE: string, repeated: the kernel functions that are hooked
 * @PATHVIRT_A_TRANSLATED: u64, names translated since the module was loaded
 */
enum pathvirt_attr {
	PATHVIRT_A_UNSPEC,
	PATHVIRT_A_PAD,
	PATHVIRT_A_PID,
	PATHVIRT_A_PIDFD,
	PATHVIRT_A_FLAGS,
	PATHVIRT_A_RULE,
	PATHVIRT_A_LAYER,
	PATHVIRT_A_LAYERS,
	PATHVIRT_A_RULES,
	PATHVIRT_A_OWN,
	PATHVIRT_A_INDEX,
	PATHVIRT_A_PATH,
	PATHVIRT_A_REAL,
	PATHVIRT_A_EVENT,
	PATHVIRT_A_PARENT,
	PATHVIRT_A_VERSION,
	PATHVIRT_A_PROTOCOL,
	PATHVIRT_A_PROCESSES,
	PATHVIRT_A_TABLES,
	PATHVIRT_A_ARMED,
	PATHVIRT_A_HOOK,
	PATHVIRT_A_PROBE,
	PATHVIRT_A_SITE,
	PATHVIRT_A_TRANSLATED,

	__PATHVIRT_A_MAX,
#define PATHVIRT_A_MAX		(__PATHVIRT_A_MAX - 1)
};

/**
 * enum pathvirt_rule_attr - inside %PATHVIRT_A_RULE
 *
 * @PATHVIRT_RULE_A_UNSPEC: never sent
 * @PATHVIRT_RULE_A_ORIGINAL: string, absolute, without ".." components
 * @PATHVIRT_RULE_A_NEW: string, absolute, without ".." components
 *
 * Trailing "/", "//" and "/./" are normalised by the kernel.
 */
enum pathvirt_rule_attr {
	PATHVIRT_RULE_A_UNSPEC,
	PATHVIRT_RULE_A_ORIGINAL,
	PATHVIRT_RULE_A_NEW,

	__PATHVIRT_RULE_A_MAX,
#define PATHVIRT_RULE_A_MAX	(__PATHVIRT_RULE_A_MAX - 1)
};

/**
 * enum pathvirt_flags - bits of %PATHVIRT_A_FLAGS
 *
 * @PATHVIRT_F_TREE: the existing descendants too; none forked meanwhile escapes
 * @PATHVIRT_F_ALL: every attached process (%PATHVIRT_CMD_DEL only)
 * @PATHVIRT_F_PUSH: add a layer on the inner side, replacing none
 *	(%PATHVIRT_CMD_SET only, not with %PATHVIRT_F_TREE)
 * @PATHVIRT_F_OWN: remove the process's own layer only (%PATHVIRT_CMD_DEL only)
 * @PATHVIRT_F_NO_REVERSE: what the kernel tells the process about paths is not
 *	translated back by this layer (%PATHVIRT_CMD_SET only)
 */
enum pathvirt_flags {
	PATHVIRT_F_TREE	= 1 << 0,
	PATHVIRT_F_ALL	= 1 << 1,
	PATHVIRT_F_PUSH	= 1 << 2,
	PATHVIRT_F_OWN	= 1 << 3,
	PATHVIRT_F_NO_REVERSE = 1 << 4,
};

/**
 * enum pathvirt_event - values of %PATHVIRT_A_EVENT
 *
 * @PATHVIRT_EVENT_ATTACH: %PATHVIRT_CMD_SET took effect
 * @PATHVIRT_EVENT_DETACH: %PATHVIRT_CMD_DEL took effect
 * @PATHVIRT_EVENT_INHERIT: an attached process made a child
 * @PATHVIRT_EVENT_EXEC: an attached process executed a new program
 * @PATHVIRT_EVENT_EXIT: an attached process ended
 */
enum pathvirt_event {
	PATHVIRT_EVENT_ATTACH = 1,
	PATHVIRT_EVENT_DETACH,
	PATHVIRT_EVENT_INHERIT,
	PATHVIRT_EVENT_EXEC,
	PATHVIRT_EVENT_EXIT,
};

#endif /* _UAPI_LINUX_PATHVIRT_H */
