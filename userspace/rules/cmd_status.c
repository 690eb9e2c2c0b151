// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm status: what the module does and how.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "rules/commands.h"
#include "rules/entry_points.h"

static const struct option options[] = {
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* Where text ends, and how far what goes on below is moved in. */
#define WIDTH	79
#define INDENT	6

/* What is hooked at all. */
static unsigned int roles_of(const struct pv_status *status)
{
	const struct hook *hook;
	unsigned int roles = 0;
	size_t i;

	for (i = 0; i < status->site_count; i++) {
		hook = hook_at(status->sites[i]);
		if (hook)
			roles |= hook->role;
	}
	return roles;
}

static bool names_only(const struct pv_status *status)
{
	return !strcmp(status->hook, "name");
}

static void json_hook(const char *function)
{
	const struct hook *hook = hook_at(function);
	const struct entry_point *entry_point;

	json_begin_object(NULL);
	json_string("function", function);
	json_string("carries", hook ? hook->carries : "");
	json_begin_array("entries");
	for (entry_point = entry_points; hook && entry_point->name; entry_point++)
		if (entry_point->roles & hook->role)
			json_string(NULL, entry_point->name);
	json_end_array();
	json_end_object();
}

static void json_hooks(const struct pv_status *status)
{
	unsigned int roles = roles_of(status);
	const struct entry_point *entry_point;
	size_t i;

	json_begin_array("hooks");
	for (i = 0; i < status->site_count; i++)
		json_hook(status->sites[i]);
	json_end_array();
	json_begin_array("not_carried");
	for (entry_point = entry_points; entry_point->name; entry_point++)
		if (entry_point->roles & ~roles)
			json_string(NULL, entry_point->name);
	json_end_array();
	json_begin_array("not_kept");
	for (i = 0; names_only(status) && names_do_not_keep[i]; i++)
		json_string(NULL, names_do_not_keep[i]);
	json_end_array();
}

static void print_json(const struct pv_status *status)
{
	size_t i;

	json_begin_object(NULL);
	json_string("version", status->version);
	json_number("protocol", status->protocol);
	if (status->counted) {
		json_number("processes", status->processes);
		json_number("tables", status->tables);
		json_number("cgroups", status->cgroups);
		json_bool("armed", status->armed);
	}
	json_string("hook", status->hook);
	json_string("probe", status->probe);
	json_begin_array("sites");
	for (i = 0; i < status->site_count; i++)
		json_string(NULL, status->sites[i]);
	json_end_array();
	if (status->counted)
		json_number("translated", status->translated);
	json_hooks(status);
	json_end_object();
}

/* Print a word behind column @at, on a new line where it does not fit. */
static int print_word(int at, const char *word, int len)
{
	if (at && at + 1 + len > WIDTH) {
		printf("\n");
		at = 0;
	}
	if (!at)
		return printf("%*s%.*s", INDENT, "", len, word);
	return at + printf(" %.*s", len, word);
}

static void print_wrapped(const char *text)
{
	int at = 0, len;

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		at = print_word(at, text, len);
	}
	printf("\n");
}

/* The entries that need one of @roles, separated by commas. */
static void print_entries(unsigned int roles)
{
	const struct entry_point *entry_point;
	int at = 0;

	for (entry_point = entry_points; entry_point->name; entry_point++) {
		if (!(entry_point->roles & roles))
			continue;
		if (at)
			at += printf(",");
		at = print_word(at, entry_point->name, strlen(entry_point->name));
	}
	if (at)
		printf("\n");
}

/* The functions of a hook, by the first one, which is number @first. */
static void print_hook(const struct pv_status *status, size_t first,
		       const struct hook *hook)
{
	char functions[64];
	size_t i, more = 0;

	for (i = first + 1; i < status->site_count; i++)
		more += hook_at(status->sites[i]) == hook;
	snprintf(functions, sizeof(functions), more ? "%s and %zu more" : "%s",
		 status->sites[first], more);
	printf("  %-28s %s\n", functions, hook->carries);
	print_entries(hook->role);
}

static void print_hooks(const struct pv_status *status)
{
	const struct hook *hook;
	unsigned int printed = 0;
	size_t i;

	for (i = 0; i < status->site_count; i++) {
		hook = hook_at(status->sites[i]);
		if (!hook || printed & hook->role)
			continue;
		print_hook(status, i, hook);
		printed |= hook->role;
	}
}

static void print_lacks(const struct pv_status *status)
{
	unsigned int roles = roles_of(status);
	const struct entry_point *entry_point;
	size_t i;

	for (entry_point = entry_points; entry_point->name; entry_point++)
		if (entry_point->roles & ~roles)
			break;
	if (entry_point->name) {
		printf("\nnot carried, as their hooks were left out (without=):\n");
		print_entries(~roles);
	}
	if (!names_only(status))
		return;
	printf("\nwhat name hooks alone cannot keep:\n");
	for (i = 0; names_do_not_keep[i]; i++)
		print_wrapped(names_do_not_keep[i]);
}

static void print_text(const struct pv_status *status)
{
	size_t i;

	printf("version:     %s\n", status->version);
	printf("protocol:    %" PRIu32 "\n", status->protocol);
	if (status->counted) {
		printf("processes:   %" PRIu32 "\n", status->processes);
		printf("tables:      %" PRIu32 "\n", status->tables);
		printf("cgroups:     %" PRIu32 "\n", status->cgroups);
		printf("armed:       %s\n", status->armed ? "yes" : "no");
	}
	printf("hook:        %s\n", status->hook);
	printf("probe:       %s\n", status->probe);
	printf("sites:      ");
	for (i = 0; i < status->site_count; i++)
		printf(" %s", status->sites[i]);
	printf("\n");
	if (status->counted)
		printf("translated:  %" PRIu64 "\n", status->translated);
	printf("\nwhat the hooks carry, where this kernel has it:\n");
	print_hooks(status);
	print_lacks(status);
}

static int print_status(struct pv *pv, bool json)
{
	struct pv_status *status;

	if (pv_status(pv, &status))
		return message_failed("cannot ask the module: %s",
				      pv_error(pv));
	if (json)
		print_json(status);
	else
		print_text(status);
	pv_status_free(status);
	return output_finish();
}

static int status_main(const struct command *command, int argc, char **argv)
{
	bool json = false;
	CLEANUP_PV struct pv *pv = NULL;

	while (options_any(command, argc, argv, options) != OPTION_END)
		json = true;
	if (optind < argc)
		return message_usage(command, "unexpected \"%s\"",
				     argv[optind]);
	return connect_open(&pv) ?: print_status(pv, json);
}

const struct command cmd_status = {
	.name = "status",
	.usage = "[--json | --pretty]",
	.purpose = "tell what the kernel module does and how",
	.help =
"Print the module's version, how many processes are attached, how many tables it\n"
"holds, whether and where the kernel is hooked, how many names it translated, and\n"
"what each hook carries; and what is not carried or kept, if anything.  Only who has\n"
"CAP_SYS_ADMIN is told of processes, tables and names, as they are everybody's.\n"
"\n"
"  -j, --json   print JSON\n"
"  --pretty     print it indented\n",
	.main = status_main,
};
