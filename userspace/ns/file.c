// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a process's namespaces: what must be in it, and what may.
 */
#include <ctype.h>
#include <string.h>

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

/* What a value is, beyond its type in JSON. */
enum check {
	ANY,
	NATURAL,	/* 0 or more */
	ABSOLUTE,	/* a path that begins with /, without .. in it */
	PLAIN,		/* a file's name: letters, digits, _ and . */
	KIND,		/* a kind of namespace */
	SYSCTL,		/* one of the network, by its path below /proc/sys */
};

/*
 * struct rule - what stands at a place
 *
 * @path: members joined by dots; [] is each of an array, {} each of an object
 * @type: what it is
 * @optional: need not be there; so need not what is below something that is not
 */
static const struct rule {
	const char *path;
	enum json_type type;
	enum check check;
	bool optional;
} rules[] = {
	{ "process", json_type_object, ANY, false },
	{ "process.pid", json_type_int, NATURAL, false },
	{ "process.command", json_type_string, ANY, false },
	{ "process.uid", json_type_int, NATURAL, false },
	{ "process.gid", json_type_int, NATURAL, false },
	{ "process.root", json_type_string, ABSOLUTE, false },
	{ "boot", json_type_string, ANY, false },
	{ "namespaces", json_type_array, ANY, false },
	{ "namespaces[]", json_type_object, ANY, false },
	{ "namespaces[].kind", json_type_string, KIND, false },
	{ "namespaces[].device", json_type_int, NATURAL, false },
	{ "namespaces[].inode", json_type_int, NATURAL, false },
	{ "namespaces[].owner", json_type_int, NATURAL, true },
	{ "namespaces[].parent", json_type_int, NATURAL, true },
	{ "namespaces[].separate", json_type_boolean, ANY, false },
	{ "namespaces[].level", json_type_int, NATURAL, false },
	{ "user", json_type_array, ANY, false },
	{ "user[]", json_type_object, ANY, false },
	{ "user[].inode", json_type_int, NATURAL, false },
	{ "user[].setgroups", json_type_string, PLAIN, false },
	{ "user[].uid_map", json_type_array, ANY, false },
	{ "user[].uid_map[]", json_type_object, ANY, false },
	{ "user[].uid_map[].inside", json_type_int, NATURAL, false },
	{ "user[].uid_map[].outside", json_type_int, NATURAL, false },
	{ "user[].uid_map[].count", json_type_int, NATURAL, false },
	{ "user[].gid_map", json_type_array, ANY, false },
	{ "user[].gid_map[]", json_type_object, ANY, false },
	{ "user[].gid_map[].inside", json_type_int, NATURAL, false },
	{ "user[].gid_map[].outside", json_type_int, NATURAL, false },
	{ "user[].gid_map[].count", json_type_int, NATURAL, false },
	{ "pid", json_type_array, ANY, false },
	{ "pid[]", json_type_object, ANY, false },
	{ "pid[].inode", json_type_int, NATURAL, false },
	{ "pid[].level", json_type_int, NATURAL, false },
	{ "uts", json_type_object, ANY, false },
	{ "uts.hostname", json_type_string, ANY, false },
	{ "uts.domainname", json_type_string, ANY, false },
	{ "time", json_type_object, ANY, true },
	{ "time.monotonic", json_type_object, ANY, false },
	{ "time.monotonic.seconds", json_type_int, ANY, false },
	{ "time.monotonic.nanoseconds", json_type_int, NATURAL, false },
	{ "time.boottime", json_type_object, ANY, false },
	{ "time.boottime.seconds", json_type_int, ANY, false },
	{ "time.boottime.nanoseconds", json_type_int, NATURAL, false },
	{ "time.now", json_type_object, ANY, false },
	{ "time.now.monotonic", json_type_int, ANY, false },
	{ "time.now.boottime", json_type_int, ANY, false },
	{ "ipc", json_type_object, ANY, true },
	{ "ipc.limits", json_type_object, ANY, false },
	{ "ipc.limits{}", json_type_string, PLAIN, false },
	{ "ipc.objects", json_type_int, NATURAL, false },
	{ "ipc.queues", json_type_int, NATURAL, true },
	{ "mounts", json_type_array, ANY, false },
	{ "mounts[]", json_type_object, ANY, false },
	{ "mounts[].id", json_type_int, NATURAL, false },
	{ "mounts[].parent", json_type_int, NATURAL, false },
	{ "mounts[].device", json_type_string, ANY, false },
	{ "mounts[].root", json_type_string, ANY, false },
	{ "mounts[].target", json_type_string, ABSOLUTE, false },
	{ "mounts[].type", json_type_string, ANY, false },
	{ "mounts[].source", json_type_string, ANY, false },
	{ "mounts[].options", json_type_string, ANY, false },
	{ "mounts[].super_options", json_type_string, ANY, false },
	{ "mounts[].here", json_type_string, ABSOLUTE, true },
	{ "mounts[].fsid", json_type_string, PLAIN, true },
	{ "mounts[].mode", json_type_int, NATURAL, true },
	{ "mounts[].uid", json_type_int, NATURAL, true },
	{ "mounts[].gid", json_type_int, NATURAL, true },
	{ "mounts[].node", json_type_string, ANY, true },
	{ "mounts[].shared", json_type_int, NATURAL, true },
	{ "mounts[].master", json_type_int, NATURAL, true },
	{ "mounts[].unbindable", json_type_boolean, ANY, true },
	{ "net", json_type_object, ANY, true },
	{ "net.links", json_type_array, ANY, false },
	{ "net.links[]", json_type_object, ANY, false },
	{ "net.links[].index", json_type_int, NATURAL, false },
	{ "net.links[].name", json_type_string, ANY, false },
	{ "net.links[].type", json_type_string, ANY, false },
	{ "net.links[].up", json_type_boolean, ANY, false },
	{ "net.links[].flags", json_type_int, NATURAL, true },
	{ "net.links[].mtu", json_type_int, NATURAL, false },
	{ "net.links[].other", json_type_int, NATURAL, false },
	{ "net.links[].address", json_type_string, ANY, true },
	{ "net.links[].master", json_type_string, ANY, true },
	{ "net.links[].peer", json_type_object, ANY, true },
	{ "net.links[].peer.name", json_type_string, ANY, false },
	{ "net.links[].peer.outside", json_type_boolean, ANY, false },
	{ "net.links[].peer.up", json_type_boolean, ANY, false },
	{ "net.links[].peer.master", json_type_string, ANY, true },
	{ "net.addresses", json_type_array, ANY, false },
	{ "net.addresses[]", json_type_object, ANY, false },
	{ "net.addresses[].link", json_type_string, ANY, false },
	{ "net.addresses[].local", json_type_string, ANY, false },
	{ "net.addresses[].peer", json_type_string, ANY, true },
	{ "net.addresses[].broadcast", json_type_string, ANY, true },
	{ "net.addresses[].label", json_type_string, ANY, true },
	{ "net.addresses[].scope", json_type_int, NATURAL, false },
	{ "net.addresses[].flags", json_type_int, NATURAL, false },
	{ "net.addresses[].valid", json_type_int, NATURAL, true },
	{ "net.addresses[].preferred", json_type_int, NATURAL, true },
	{ "net.routes", json_type_array, ANY, false },
	{ "net.routes[]", json_type_object, ANY, false },
	{ "net.routes[].family", json_type_int, NATURAL, false },
	{ "net.routes[].destination", json_type_string, ANY, false },
	{ "net.routes[].source", json_type_string, ANY, true },
	{ "net.routes[].table", json_type_int, NATURAL, false },
	{ "net.routes[].protocol", json_type_int, NATURAL, false },
	{ "net.routes[].scope", json_type_int, NATURAL, false },
	{ "net.routes[].type", json_type_int, NATURAL, false },
	{ "net.routes[].priority", json_type_int, NATURAL, false },
	{ "net.routes[].tos", json_type_int, NATURAL, true },
	{ "net.routes[].metrics", json_type_object, ANY, true },
	{ "net.routes[].metrics{}", json_type_int, NATURAL, false },
	{ "net.routes[].hops", json_type_array, ANY, false },
	{ "net.routes[].hops[]", json_type_object, ANY, false },
	{ "net.routes[].hops[].link", json_type_string, ANY, true },
	{ "net.routes[].hops[].gateway", json_type_string, ANY, true },
	{ "net.routes[].hops[].weight", json_type_int, NATURAL, false },
	{ "net.routes[].hops[].flags", json_type_int, NATURAL, true },
	{ "net.rules", json_type_array, ANY, true },
	{ "net.rules[]", json_type_string, PLAIN, false },
	{ "net.others", json_type_array, ANY, true },
	{ "net.others[]", json_type_string, ANY, false },
	{ "net.sysctls", json_type_object, ANY, true },
	{ "net.sysctls{}", json_type_string, SYSCTL, false },
	{ "net.defaults", json_type_object, ANY, true },
	{ "net.defaults{}", json_type_string, SYSCTL, false },
	{ "cgroup", json_type_object, ANY, true },
	{ "cgroup.path", json_type_string, ABSOLUTE, false },
	{ "cgroup.root", json_type_string, ABSOLUTE, false },
	{ "cgroup.controllers", json_type_array, ANY, false },
	{ "cgroup.controllers[]", json_type_string, PLAIN, false },
	{ "cgroup.limits", json_type_object, ANY, false },
	{ "cgroup.limits{}", json_type_string, PLAIN, false },
};

#define RULES	(sizeof(rules) / sizeof(rules[0]))

/* ---- Checking ---- */

static bool is_plain(const char *text)
{
	if (!*text || *text == '.')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.", *text))
			return false;
	return true;
}

static bool has_dot_dot(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !strncmp(path, "..", 2))
			return true;
		path += length + (path[length] == '/');
	}
	return false;
}

/* @name: what it is called where it is one of an object */
static bool is_good(const struct rule *rule, struct json_object *value,
		    const char *name)
{
	const char *text;

	if (!json_object_is_type(value, rule->type))
		return false;
	text = json_object_get_string(value);
	switch (rule->check) {
	case NATURAL:
		return json_object_get_int64(value) >= 0;
	case ABSOLUTE:
		return *text == '/' && !has_dot_dot(text);
	case PLAIN:
		return is_plain(name ? name : text);
	case SYSCTL:
		return !strncmp(name, "net/", strlen("net/")) &&
		       !has_dot_dot(name) &&
		       strlen(text) == (size_t)json_object_get_string_len(value);
	case KIND:
		return ns_kind_by_name(text) != NS_KINDS;
	default:
		/* A 0 in the middle would cut it short for whoever takes it. */
		return rule->type != json_type_string ||
		       strlen(text) == (size_t)json_object_get_string_len(value);
	}
}

static bool check_at(const struct rule *rule, const char *path,
		     struct json_object *value, const char *name);

static bool check_each(const struct rule *rule, const char *path,
		       struct json_object *array)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		if (!check_at(rule, path, json_object_array_get_idx(array, i),
			      NULL))
			return false;
	return true;
}

static bool check_members(const struct rule *rule, const char *path,
			  struct json_object *object)
{
	json_object_object_foreach(object, name, value)
		if (!check_at(rule, path, value, name))
			return false;
	return true;
}

static bool check_member(const struct rule *rule, const char *path,
			 struct json_object *object)
{
	char name[32];
	size_t length = strcspn(path, ".[{");
	struct json_object *value;

	memcpy(name, path, length);
	name[length] = '\0';
	if (json_object_object_get_ex(object, name, &value))
		return check_at(rule, path + length, value, NULL);
	/* What is above has a rule of its own, which comes before this one. */
	return rule->optional || path[length];
}

/* A container of another type was found by its own rule. */
static bool check_at(const struct rule *rule, const char *path,
		     struct json_object *value, const char *name)
{
	if (!*path)
		return is_good(rule, value, name);
	if (!strncmp(path, "[]", 2))
		return check_each(rule, path + 2, value);
	if (!strncmp(path, "{}", 2))
		return check_members(rule, path + 2, value);
	return check_member(rule, path + (*path == '.'), value);
}

/* A namespace that is made anew is filled from what is called after its kind. */
static const char *check_contents(const struct json_object *root)
{
	static const enum ns_kind kinds[] = { NS_IPC, NS_NET, NS_TIME };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (ns_file_is_separate(root, kinds[i]) &&
		    !ns_get(root, ns_kinds[kinds[i]].name))
			return ns_kinds[kinds[i]].name;
	return NULL;
}

/* What is wrong first; NULL if nothing is. */
static const char *check(struct json_object *root)
{
	size_t i;

	for (i = 0; i < RULES; i++)
		if (!check_at(&rules[i], rules[i].path, root, NULL))
			return rules[i].path;
	return check_contents(root);
}

int ns_file_write(const char *path, struct json_object *members)
{
	const char *wrong = check(members);

	/* Only what could not be built for lack of memory is missing. */
	if (wrong)
		return message_failed("cannot write %s: no memory for \"%s\"",
				      path, wrong);
	return document_write(path, &type, members);
}

static int check_read(const char *path, struct json_object **root)
{
	const char *wrong = check(*root);

	if (!wrong)
		return STATUS_DONE;
	json_object_put(*root);
	*root = NULL;
	return message_failed("%s does not make sense at \"%s\": %s", path,
			      wrong, type.advice);
}

int ns_file_read(const char *path, struct json_object **root)
{
	return document_read(path, &type, root) ?: check_read(path, root);
}

int ns_file_parse(const char *path, char *text, size_t length,
		  struct json_object **root)
{
	return document_parse(path, &type, text, length, root) ?:
	       check_read(path, root);
}

/* ---- Members ---- */

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

struct json_object *ns_file_kind(const struct json_object *root,
				 enum ns_kind kind)
{
	struct json_object *all = ns_get(root, "namespaces"), *entry;
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++) {
		entry = json_object_array_get_idx(all, i);
		if (!strcmp(ns_get_string(entry, "kind"), ns_kinds[kind].name))
			return entry;
	}
	return NULL;
}

bool ns_file_is_separate(const struct json_object *root, enum ns_kind kind)
{
	return ns_get_bool(ns_file_kind(root, kind), "separate");
}

size_t ns_file_level(const struct json_object *root, enum ns_kind kind)
{
	return ns_get_number(ns_file_kind(root, kind), "level");
}
