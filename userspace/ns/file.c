// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a process's namespaces: what must be in it, and what may.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/document.h"
#include "base/message.h"
#include "ns/file.h"

static const struct document_type type = {
	.format = "pathvirt-namespaces",
	.version = 1,
	.what = "a file of namespaces",
	.advice = "make one with pvadm ns save",
};

/* ---- What a string must be like ---- */

/* A file's name, but none that is hidden: letters, digits, _ and . */
static bool is_plain(const char *text)
{
	if (!*text || *text == '.')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.", *text))
			return false;
	return true;
}

/* A setting of the network, by its path below /proc/sys. */
static bool is_sysctl(const char *name)
{
	const char *part;

	for (part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && strchr("/", part[2]))
			return false;
	}
	return !strncmp(name, "net/", strlen("net/"));
}

static const char *kind_name(unsigned int kind)
{
	return kind < NS_KINDS ? ns_kinds[kind].name : NULL;
}

/* ---- The tables; a member is called as in its structure ---- */

#define NUMBER(type, member)						\
	{ #member, SCHEMA_NUMBER, .most = INT64_MAX, SCHEMA_AT(type, member) }
#define OPTIONAL_NUMBER(type, member)					\
	{ #member, SCHEMA_NUMBER, true, .most = INT64_MAX, SCHEMA_AT(type, member) }
#define MAYBE(type, member)						\
	{ #member, SCHEMA_MAYBE, true, .most = INT64_MAX, SCHEMA_AT(type, member) }
#define SIGNED(type, member)						\
	{ #member, SCHEMA_SIGNED, SCHEMA_AT(type, member) }
#define BOOL(type, member)						\
	{ #member, SCHEMA_BOOL, SCHEMA_AT(type, member) }
#define TEXT(type, member)						\
	{ #member, SCHEMA_BYTES, SCHEMA_AT(type, member) }
#define OPTIONAL_TEXT(type, member)					\
	{ #member, SCHEMA_BYTES, true, SCHEMA_AT(type, member) }
#define PLAIN(type, member, optional_)					\
	{ #member, SCHEMA_BYTES, optional_, .fits = is_plain, SCHEMA_AT(type, member) }
#define PATH(type, member, optional_)					\
	{ #member, SCHEMA_PATH, optional_, SCHEMA_AT(type, member) }
#define LIST(name, type, member, count_, of_)				\
	{ name, SCHEMA_LIST, .of = of_, SCHEMA_AT(type, member),	\
	  .count = offsetof(type, count_) }
#define SETTINGS(type, member, optional_, fits_)			\
	{ #member, SCHEMA_MAP, optional_, .fits = fits_, SCHEMA_AT(type, member.pair), \
	  .count = offsetof(type, member.count) }
#define WORDS(type, member, optional_, fits_)				\
	{ #member, SCHEMA_STRINGS, optional_, .fits = fits_, SCHEMA_AT(type, member.word), \
	  .count = offsetof(type, member.count) }
#define OBJECT(type, member, of_)					\
	{ #member, SCHEMA_OBJECT, .of = of_, SCHEMA_AT(type, member) }
#define OPTIONAL_OBJECT(type, member, of_)				\
	{ #member, SCHEMA_OBJECT, true, .of = of_, SCHEMA_AT(type, member), \
	  .count = offsetof(type, has_##member) }

#define SCHEMA(name, type, ...)						\
	static const struct schema name = {				\
		.size = sizeof(type),					\
		.fields = (const struct schema_field[]){ __VA_ARGS__, { } }, \
	}

SCHEMA(process_schema, struct ns_file_process,
       NUMBER(struct ns_file_process, pid),
       TEXT(struct ns_file_process, command),
       NUMBER(struct ns_file_process, uid),
       NUMBER(struct ns_file_process, gid),
       PATH(struct ns_file_process, root, false));

SCHEMA(entry_schema, struct ns_file_entry,
       { "kind", SCHEMA_WORD, .word = kind_name, SCHEMA_AT(struct ns_file_entry, kind) },
       NUMBER(struct ns_file_entry, device),
       NUMBER(struct ns_file_entry, inode),
       OPTIONAL_NUMBER(struct ns_file_entry, owner),
       OPTIONAL_NUMBER(struct ns_file_entry, parent),
       BOOL(struct ns_file_entry, separate),
       NUMBER(struct ns_file_entry, level));

SCHEMA(extent_schema, struct ns_extent,
       NUMBER(struct ns_extent, inside),
       NUMBER(struct ns_extent, outside),
       NUMBER(struct ns_extent, count));

const struct schema ns_user_schema = {
	.size = sizeof(struct ns_user),
	.fields = (const struct schema_field[]){
		NUMBER(struct ns_user, inode),
		PLAIN(struct ns_user, setgroups, false),
		LIST("uid_map", struct ns_user, uid_map.extent, uid_map.count, &extent_schema),
		LIST("gid_map", struct ns_user, gid_map.extent, gid_map.count, &extent_schema),
		{ }
	},
};

SCHEMA(pid_schema, struct ns_file_pid,
       NUMBER(struct ns_file_pid, inode),
       NUMBER(struct ns_file_pid, level));

SCHEMA(uts_schema, struct ns_uts,
       TEXT(struct ns_uts, hostname),
       TEXT(struct ns_uts, domainname));

SCHEMA(clock_schema, struct ns_clock,
       SIGNED(struct ns_clock, seconds),
       NUMBER(struct ns_clock, nanoseconds));

SCHEMA(now_schema, struct ns_now,
       SIGNED(struct ns_now, monotonic),
       SIGNED(struct ns_now, boottime));

SCHEMA(time_schema, struct ns_file_time,
       OBJECT(struct ns_file_time, monotonic, &clock_schema),
       OBJECT(struct ns_file_time, boottime, &clock_schema),
       OBJECT(struct ns_file_time, now, &now_schema));

SCHEMA(ipc_schema, struct ns_ipc,
       SETTINGS(struct ns_ipc, limits, false, is_plain),
       NUMBER(struct ns_ipc, objects),
       OPTIONAL_NUMBER(struct ns_ipc, queues));

SCHEMA(mount_schema, struct ns_file_mount,
       NUMBER(struct ns_file_mount, id),
       NUMBER(struct ns_file_mount, parent),
       TEXT(struct ns_file_mount, device),
       TEXT(struct ns_file_mount, root),
       PATH(struct ns_file_mount, target, false),
       TEXT(struct ns_file_mount, type),
       TEXT(struct ns_file_mount, source),
       TEXT(struct ns_file_mount, options),
       TEXT(struct ns_file_mount, super_options),
       PATH(struct ns_file_mount, here, true),
       PLAIN(struct ns_file_mount, fsid, true),
       MAYBE(struct ns_file_mount, mode),
       OPTIONAL_NUMBER(struct ns_file_mount, uid),
       OPTIONAL_NUMBER(struct ns_file_mount, gid),
       OPTIONAL_TEXT(struct ns_file_mount, node),
       OPTIONAL_NUMBER(struct ns_file_mount, shared),
       OPTIONAL_NUMBER(struct ns_file_mount, master),
       { "unbindable", SCHEMA_BOOL, true, SCHEMA_AT(struct ns_file_mount, unbindable) });

SCHEMA(peer_schema, struct ns_peer,
       TEXT(struct ns_peer, name),
       BOOL(struct ns_peer, outside),
       BOOL(struct ns_peer, up),
       OPTIONAL_TEXT(struct ns_peer, master));

SCHEMA(link_schema, struct ns_link,
       NUMBER(struct ns_link, index),
       TEXT(struct ns_link, name),
       TEXT(struct ns_link, type),
       BOOL(struct ns_link, up),
       MAYBE(struct ns_link, flags),
       NUMBER(struct ns_link, mtu),
       NUMBER(struct ns_link, other),
       OPTIONAL_TEXT(struct ns_link, address),
       OPTIONAL_TEXT(struct ns_link, master),
       OPTIONAL_OBJECT(struct ns_link, peer, &peer_schema));

SCHEMA(address_schema, struct ns_address,
       TEXT(struct ns_address, link),
       TEXT(struct ns_address, local),
       OPTIONAL_TEXT(struct ns_address, peer),
       OPTIONAL_TEXT(struct ns_address, broadcast),
       OPTIONAL_TEXT(struct ns_address, label),
       NUMBER(struct ns_address, scope),
       NUMBER(struct ns_address, flags),
       MAYBE(struct ns_address, valid),
       MAYBE(struct ns_address, preferred));

SCHEMA(hop_schema, struct ns_hop,
       OPTIONAL_TEXT(struct ns_hop, link),
       OPTIONAL_TEXT(struct ns_hop, gateway),
       NUMBER(struct ns_hop, weight),
       OPTIONAL_NUMBER(struct ns_hop, flags));

SCHEMA(route_schema, struct ns_route,
       NUMBER(struct ns_route, family),
       TEXT(struct ns_route, destination),
       OPTIONAL_TEXT(struct ns_route, source),
       NUMBER(struct ns_route, table),
       NUMBER(struct ns_route, protocol),
       NUMBER(struct ns_route, scope),
       NUMBER(struct ns_route, type),
       NUMBER(struct ns_route, priority),
       OPTIONAL_NUMBER(struct ns_route, tos),
       { "metrics", SCHEMA_MAP, true, .most = INT64_MAX,
	 SCHEMA_AT(struct ns_route, metrics.pair),
	 .count = offsetof(struct ns_route, metrics.count) },
       LIST("hops", struct ns_route, hops, hop_count, &hop_schema));

SCHEMA(net_schema, struct ns_net,
       LIST("links", struct ns_net, links, link_count, &link_schema),
       LIST("addresses", struct ns_net, addresses, address_count, &address_schema),
       LIST("routes", struct ns_net, routes, route_count, &route_schema),
       WORDS(struct ns_net, rules, true, is_plain),
       WORDS(struct ns_net, others, true, NULL),
       SETTINGS(struct ns_net, sysctls, true, is_sysctl),
       SETTINGS(struct ns_net, defaults, true, is_sysctl));

SCHEMA(cgroup_schema, struct ns_file_cgroup,
       PATH(struct ns_file_cgroup, path, false),
       PATH(struct ns_file_cgroup, root, false),
       WORDS(struct ns_file_cgroup, controllers, false, is_plain),
       SETTINGS(struct ns_file_cgroup, limits, false, is_plain));

/* A namespace that is made anew is filled from what is called after its kind. */
static void check_contents(struct schema_reader *reader, const void *object)
{
	const struct ns_file *file = object;

	if (ns_file_is_separate(file, NS_IPC) && !file->has_ipc)
		schema_complain_of(reader, "ipc");
	if (ns_file_is_separate(file, NS_NET) && !file->has_net)
		schema_complain_of(reader, "net");
	if (ns_file_is_separate(file, NS_TIME) && !file->has_time)
		schema_complain_of(reader, "time");
}

static const struct schema file_schema = {
	.size = sizeof(struct ns_file),
	.at = "does not make sense at",
	.advice = "make one with pvadm ns save",
	.fields = (const struct schema_field[]){
		OBJECT(struct ns_file, process, &process_schema),
		TEXT(struct ns_file, boot),
		LIST("namespaces", struct ns_file, namespaces, namespace_count,
		     &entry_schema),
		LIST("user", struct ns_file, users, user_count, &ns_user_schema),
		LIST("pid", struct ns_file, pids, pid_count, &pid_schema),
		OBJECT(struct ns_file, uts, &uts_schema),
		OPTIONAL_OBJECT(struct ns_file, time, &time_schema),
		OPTIONAL_OBJECT(struct ns_file, ipc, &ipc_schema),
		LIST("mounts", struct ns_file, mounts, mount_count, &mount_schema),
		OPTIONAL_OBJECT(struct ns_file, net, &net_schema),
		OPTIONAL_OBJECT(struct ns_file, cgroup, &cgroup_schema),
		{ }
	},
	.check = check_contents,
};

/* ---- Files ---- */

int ns_file_write(const char *path, struct json_object *members)
{
	struct ns_file file = { 0 };
	char wrong[SCHEMA_PLACE];
	bool fits = schema_fits(&file_schema, members, &file, wrong);

	ns_file_free(&file);
	/* Only what could not be built for lack of memory is missing. */
	if (!fits)
		return message_failed("cannot write %s: no memory for \"%s\"",
				      path, wrong);
	return document_write(path, &type, members);
}

int ns_file_read(const char *path, struct ns_file *file)
{
	CLEANUP_JSON struct json_object *root = NULL;

	return document_read(path, &type, &root) ?:
	       schema_take(&file_schema, "", path, root, file);
}

int ns_file_parse(const char *path, char *text, size_t length,
		  struct ns_file *file)
{
	CLEANUP_JSON struct json_object *root = NULL;

	return document_parse(path, &type, text, length, &root) ?:
	       schema_take(&file_schema, "", path, root, file);
}

void ns_file_free(struct ns_file *file)
{
	schema_free(&file_schema, file);
}

const struct ns_file_entry *ns_file_kind(const struct ns_file *file,
					 enum ns_kind kind)
{
	size_t i;

	for (i = 0; i < file->namespace_count; i++)
		if (file->namespaces[i].kind == kind)
			return &file->namespaces[i];
	return NULL;
}

bool ns_file_is_separate(const struct ns_file *file, enum ns_kind kind)
{
	const struct ns_file_entry *entry = ns_file_kind(file, kind);

	return entry && entry->separate;
}

size_t ns_file_level(const struct ns_file *file, enum ns_kind kind)
{
	const struct ns_file_entry *entry = ns_file_kind(file, kind);

	return entry ? entry->level : 0;
}

/* ---- Members of JSON ---- */

void ns_put_string(struct json_object *object, const char *name,
		   const char *value)
{
	json_object_object_add(object, name, json_object_new_string(value));
}

void ns_put_number(struct json_object *object, const char *name,
		   int64_t value)
{
	json_object_object_add(object, name, json_object_new_int64(value));
}

void ns_put_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

struct json_object *ns_get(const struct json_object *object, const char *name)
{
	return json_object_object_get(object, name);
}

const char *ns_get_string(const struct json_object *object, const char *name)
{
	struct json_object *value = ns_get(object, name);

	return value ? json_object_get_string(value) : "";
}

int64_t ns_get_number(const struct json_object *object, const char *name)
{
	return json_object_get_int64(ns_get(object, name));
}

bool ns_get_bool(const struct json_object *object, const char *name)
{
	return json_object_get_boolean(ns_get(object, name));
}
