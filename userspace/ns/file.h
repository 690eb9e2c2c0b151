/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_FILE_H
#define NS_FILE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/schema.h"
#include "ns/kinds.h"
#include "ns/set.h"

/*
 * The file that ns save writes and ns restore reads, as structures.  What of it is in the file,
 * under which name, and what is allowed there, is told by the tables in file.c, one beside
 * each structure: a new member is a line here and one there.
 *
 * A string that may be missing is NULL then, and a number 0 if nothing else is said.
 */

/* struct ns_settings - names, each with what it is set to */
struct ns_settings {
	struct schema_pair *pair;
	size_t count;
};

/* struct ns_words - a list of words; @word is NULL if the list is missing */
struct ns_words {
	char **word;
	size_t count;
};

/* struct ns_file_entry - a namespace of the process; @separate: another one than pvadm's */
struct ns_file_entry {
	unsigned int kind;
	int64_t device, inode, owner, parent, level;
	bool separate;
};

struct ns_extent {
	int64_t inside, outside, count;
};

struct ns_map {
	struct ns_extent *extent;
	size_t count;
};

/* struct ns_user - a user namespace; its maps are in terms of the one above */
struct ns_user {
	int64_t inode;
	char *setgroups;
	struct ns_map uid_map, gid_map;
};

/* struct ns_file_pid - a PID namespace */
struct ns_file_pid {
	int64_t inode, level;
};

/* struct ns_uts - the names of the machine */
struct ns_uts {
	char *hostname, *domainname;
};

/* struct ns_clock - by how much one is off */
struct ns_clock {
	int64_t seconds, nanoseconds;
};

/* struct ns_file_time - offsets of the clocks, and what they showed, in seconds */
struct ns_file_time {
	struct ns_clock monotonic, boottime;
	struct ns_now {
		int64_t monotonic, boottime;
	} now;
};

struct ns_ipc {
	struct ns_settings limits;
	int64_t objects, queues;
};

/* struct ns_file_mount - a mount; @mode is -1 if it is not told */
struct ns_file_mount {
	int64_t id, parent, mode, uid, gid, shared, master;
	char *device, *root, *target, *type, *source, *options, *super_options;
	char *here, *fsid, *node;
	bool unbindable;
};

/* struct ns_link - @flags is -1 if they are not told; @peer counts if @has_peer */
struct ns_link {
	int64_t index, flags, mtu, other;
	char *name, *type, *address, *master;
	bool up, has_peer;
	struct ns_peer {
		char *name, *master;
		bool outside, up;
	} peer;
};

/* struct ns_address - @valid and @preferred are -1 where it is for ever */
struct ns_address {
	char *link, *local, *peer, *broadcast, *label;
	int64_t scope, flags, valid, preferred;
};

struct ns_hop {
	char *link, *gateway;
	int64_t weight, flags;
};

struct ns_route {
	int64_t family, table, protocol, scope, type, priority, tos;
	char *destination, *source;
	struct ns_settings metrics;
	struct ns_hop *hops;
	size_t hop_count;
};

struct ns_net {
	struct ns_link *links;
	size_t link_count;
	struct ns_address *addresses;
	size_t address_count;
	struct ns_route *routes;
	size_t route_count;
	struct ns_words rules, others;
	struct ns_settings sysctls, defaults;
};

struct ns_file_cgroup {
	char *path, *root;
	struct ns_words controllers;
	struct ns_settings limits;
};

/* struct ns_file - all of it; what has a has_ may be missing */
struct ns_file {
	struct ns_file_process {
		int64_t pid, uid, gid;
		char *command, *root;
	} process;
	char *boot;
	struct ns_file_entry *namespaces;
	size_t namespace_count;
	struct ns_user *users;
	size_t user_count;
	struct ns_file_pid *pids;
	size_t pid_count;
	struct ns_uts uts;
	bool has_time, has_ipc, has_net, has_cgroup;
	struct ns_file_time time;
	struct ns_ipc ipc;
	struct ns_file_mount *mounts;
	size_t mount_count;
	struct ns_net net;
	struct ns_file_cgroup cgroup;
};

/* One of the users alone, as save makes them. */
extern const struct schema ns_user_schema;

/*
 * All return the exit status; if it is not STATUS_DONE they have said why, and @file is all 0,
 * as it is to be before.
 */
int ns_file_write(const char *path, struct json_object *members);
int ns_file_read(const char *path, struct ns_file *file);

/* The same of a file that was read, see document_parse(). */
int ns_file_parse(const char *path, char *text, size_t length,
		  struct ns_file *file);

void ns_file_free(struct ns_file *file);

/* The entry of a kind, NULL if the kernel had none. */
const struct ns_file_entry *ns_file_kind(const struct ns_file *file,
					 enum ns_kind kind);

/* Was it another one than that of the pvadm that saved it? */
bool ns_file_is_separate(const struct ns_file *file, enum ns_kind kind);

/* How many user namespaces below the caller's its owner is. */
size_t ns_file_level(const struct ns_file *file, enum ns_kind kind);

/* Short names for what is done all the time where JSON is made. */
void ns_put_string(struct json_object *object, const char *name,
		   const char *value);
void ns_put_number(struct json_object *object, const char *name,
		   int64_t value);
void ns_put_bool(struct json_object *object, const char *name, bool value);

/* "", 0, false and NULL where there is no such member. */
const char *ns_get_string(const struct json_object *object, const char *name);
int64_t ns_get_number(const struct json_object *object, const char *name);
bool ns_get_bool(const struct json_object *object, const char *name);
struct json_object *ns_get(const struct json_object *object, const char *name);

#endif /* NS_FILE_H */
