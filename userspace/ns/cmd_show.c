// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns show: a process's namespaces, and how they stand to one another.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"
#include "ns/commands.h"
#include "ns/tree.h"

static const struct option options[] = {
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* How wide the tree is, at least, and what one level adds to it. */
#define TREE_WIDTH	14
#define PREFIX_MAX	256

/* How many processes stand in a line. */
#define WHO_MAX		3

/*
 * struct view - what is printed
 *
 * @pid: the process asked for
 * @ours: the namespaces of pvadm
 */
struct view {
	struct ns_tree tree;
	pid_t pid;
	struct ns_set ours;
};

/* The caller's own, or above them. */
static bool is_ours(const struct view *view, const struct ns_node *node)
{
	return ns_id_equal(&node->id, &view->ours.id[node->kind]);
}

/* ---- JSON ---- */

static void processes_json(const struct ns_node *node)
{
	char comm[PIDREF_COMM];
	size_t i;

	json_begin_array("processes");
	for (i = 0; i < node->count; i++) {
		json_begin_object(NULL);
		json_number("pid", node->pids[i]);
		json_string("comm", pidref_comm(node->pids[i], comm));
		json_end_object();
	}
	json_end_array();
}

static void node_json(const struct view *view, const struct ns_node *node)
{
	json_begin_object(NULL);
	json_string("kind", ns_kinds[node->kind].name);
	json_number("inode", node->id.inode);
	if (!ns_id_is_none(&node->owner))
		json_number("owner", node->owner.inode);
	if (!ns_id_is_none(&node->parent))
		json_number("parent", node->parent.inode);
	if (node->owner_uid >= 0)
		json_number("owner_uid", node->owner_uid);
	json_bool("own", node->own);
	json_bool("same_as_caller", is_ours(view, node));
	processes_json(node);
	json_end_object();
}

static void print_json(const struct view *view)
{
	char comm[PIDREF_COMM];
	size_t i;

	json_begin_object(NULL);
	json_number("pid", view->pid);
	json_string("comm", pidref_comm(view->pid, comm));
	json_begin_array("namespaces");
	for (i = 0; i < view->tree.count; i++)
		node_json(view, &view->tree.node[i]);
	json_end_array();
	json_number("hidden", view->tree.hidden);
	json_end_object();
}

/* ---- A tree ---- */

/* Below what it hangs: a user namespace below its parent, all others below their owner. */
static const struct ns_id *above(const struct ns_node *node)
{
	return node->kind == NS_USER ? &node->parent : &node->owner;
}

static bool is_shown(const struct view *view, const struct ns_id *id)
{
	size_t i;

	for (i = 0; i < view->tree.count; i++)
		if (ns_id_equal(&view->tree.node[i].id, id))
			return true;
	return false;
}

/* What hangs below nothing that is shown hangs below { 0 }. */
static bool is_child(const struct view *view, const struct ns_node *node,
		     const struct ns_id *id)
{
	if (ns_id_is_none(id))
		return !is_shown(view, above(node));
	return ns_id_equal(above(node), id);
}

static void print_who(const struct view *view, const struct ns_node *node)
{
	size_t i, printed = 0, others = 0;
	char comm[PIDREF_COMM];
	char *name;

	for (i = 0; i < node->count; i++) {
		if (node->pids[i] == view->pid)
			continue;
		if (++others > WHO_MAX)
			continue;
		name = pv_path_escape(pidref_comm(node->pids[i], comm));
		printf("%s%d %s", printed++ ? ", " : "", node->pids[i],
		       name ? name : "?");
		free(name);
	}
	if (others > printed)
		printf(", +%zu", others - printed);
	putchar('\n');
}

/* A character of the tree is more than a byte, so printf cannot pad it. */
static void print_name(const char *prefix, int depth, const char *branch,
		       const struct ns_node *node)
{
	int width = 2 * depth + strlen(ns_kinds[node->kind].name);

	printf("%s%s%s%s%*s", prefix, branch, ns_kinds[node->kind].name,
	       node->own ? "" : "^",
	       width < TREE_WIDTH ? TREE_WIDTH - width - !node->own : 0, "");
}

static void print_node(const struct view *view, const char *prefix, int depth,
		       const char *branch, const struct ns_node *node)
{
	char parent[24] = "-", uid[24] = "-";

	if (!ns_id_is_none(&node->parent))
		snprintf(parent, sizeof(parent), "%" PRIu64,
			 node->parent.inode);
	if (node->owner_uid >= 0)
		snprintf(uid, sizeof(uid), "%" PRId64, node->owner_uid);
	print_name(prefix, depth, branch, node);
	printf("  %10" PRIu64 "  %10s  %10s  %-6s  %5zu  ", node->id.inode,
	       parent, uid, is_ours(view, node) ? "same" : "other",
	       node->count);
	print_who(view, node);
}

static void print_below(const struct view *view, const struct ns_id *id,
			const char *prefix, int depth)
{
	const struct ns_node *node = view->tree.node, *last = NULL;
	char longer[PREFIX_MAX];
	size_t i;

	for (i = 0; i < view->tree.count; i++)
		if (is_child(view, node + i, id))
			last = node + i;
	for (i = 0; last && i < view->tree.count; i++, node++) {
		if (!is_child(view, node, id))
			continue;
		print_node(view, prefix, depth,
			   !depth ? "" : node == last ? "└─" : "├─", node);
		if (node->kind != NS_USER)
			continue;
		snprintf(longer, sizeof(longer), "%s%s", prefix,
			 !depth ? "" : node == last ? "  " : "│ ");
		print_below(view, &node->id, longer, depth + 1);
	}
}

static void print_text(const struct view *view)
{
	const struct ns_id top = { 0 };

	printf("%-*s  %10s  %10s  %10s  %-6s  %5s  %s\n", TREE_WIDTH,
	       "NAMESPACE", "INODE", "PARENT", "OWNER-UID", "CALLER", "PROCS",
	       "OTHERS");
	print_below(view, &top, "", 0);
}

static int print_view(const struct view *view, bool json)
{
	if (json)
		print_json(view);
	else
		print_text(view);
	if (view->tree.hidden)
		message_warning("%zu processes cannot be looked into%s",
				view->tree.hidden,
				geteuid() ? ": run pvadm as root" : "");
	return output_finish();
}

static int show(struct view *view, const struct ns_set *set, bool json)
{
	int err = ns_tree_build(&view->tree, set);
	int status;

	if (err)
		status = message_failed("cannot tell the namespaces of process %d: %s",
					view->pid, strerror(-err));
	else
		status = print_view(view, json);
	ns_tree_free(&view->tree);
	return status;
}

static int ns_show_main(const struct command *command, int argc, char **argv)
{
	struct view view = { .ours = NS_SET_NONE };
	struct ns_set set = NS_SET_NONE;
	struct pidref pidref;
	bool json = false;
	int status;

	while (options_any(command, argc, argv, options) != OPTION_END)
		json = true;
	if (argc - optind != 1)
		return message_usage(command, "one process is needed");
	status = pidref_open(&pidref, command, argv[optind]) ?:
		 ns_set_open(&set, &pidref) ?:
		 ns_set_open_self(&view.ours);
	view.pid = pidref.pid;
	if (status == STATUS_DONE)
		status = show(&view, &set, json);
	ns_set_close(&view.ours);
	ns_set_close(&set);
	pidref_close(&pidref);
	return status;
}

const struct command cmd_ns_show = {
	.name = "ns show",
	.usage = "PID [--json | --pretty]",
	.purpose = "show a process's namespaces as a tree",
	.help =
"Print the namespaces of a process, each below the user namespace that owns it, and\n"
"user namespaces below their parents. Those marked ^ are above the process's own.\n"
"CALLER tells whether pvadm is in the same; OTHERS, who else is in it.\n"
"\n"
"  -j, --json   print JSON, with all processes\n"
"  --pretty     print it indented\n",
	.main = ns_show_main,
};
