// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm show: who is attached, and to which rules.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "rules/cgroup.h"
#include "rules/commands.h"

enum {
	OPTION_CGROUPS = OPTION_OWN,
};

static const struct option options[] = {
	{ "cgroup", required_argument, NULL, OPTION_CGROUP },
	{ "cgroups", no_argument, NULL, OPTION_CGROUPS },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* The list of processes. */

static int list_json(const struct pv_process *process, void *arg)
{
	char comm[PIDREF_COMM];

	(void)arg;
	json_begin_object(NULL);
	json_number("pid", process->pid);
	json_string("comm", pidref_comm(process->pid, comm));
	json_number("layers", process->layers);
	json_number("rules", process->rules);
	json_bool("own", process->own);
	json_end_object();
	return 0;
}

/* @arg: bool, the heading has been printed */
static int list_text(const struct pv_process *process, void *arg)
{
	CLEANUP_FREE char *escaped = NULL;
	char comm[PIDREF_COMM];
	bool *headed = arg;

	if (!*headed)
		printf("%7s  %-15s  %6s  %7s\n", "PID", "COMMAND", "LAYERS",
		       "RULES");
	*headed = true;
	escaped = pv_path_escape(pidref_comm(process->pid, comm));
	printf("%7u  %-15s  %6u  %7u\n", process->pid, escaped ? escaped : "",
	       process->layers, process->rules);
	return 0;
}

static int show_list(struct pv *pv, bool json)
{
	bool headed = false;
	int err;

	if (json)
		json_begin_array(NULL);
	err = pv_list(pv, json ? list_json : list_text, &headed);
	if (json)
		json_end_array();
	if (err)
		return message_failed("cannot list the attached processes: %s%s",
				      pv_error(pv), connect_advice(err));
	return output_finish();
}

/* The list of cgroups. */

static int cgroup_json(const struct pv_cgroup *cgroup, void *arg)
{
	(void)arg;
	json_begin_object(NULL);
	json_number("cgroup", cgroup->id);
	json_string("path", cgroup->path);
	json_number("rules", cgroup->rules);
	json_end_object();
	return 0;
}

/* @arg: bool, the heading has been printed */
static int cgroup_text(const struct pv_cgroup *cgroup, void *arg)
{
	bool *headed = arg;
	CLEANUP_FREE char *escaped = pv_path_escape(cgroup->path);

	if (!*headed)
		printf("%7s  %s\n", "RULES", "CGROUP");
	*headed = true;
	printf("%7u  %s\n", cgroup->rules, escaped ? escaped : "");
	return 0;
}

static int show_cgroups(struct pv *pv, bool json)
{
	bool headed = false;
	int err;

	if (json)
		json_begin_array(NULL);
	err = pv_list_cgroups(pv, json ? cgroup_json : cgroup_text, &headed);
	if (json)
		json_end_array();
	if (err)
		return message_failed("cannot list the cgroups that have rules: %s%s",
				      pv_error(pv), connect_advice(err));
	return output_finish();
}

/* The rules of one process, or of a cgroup. */

static void layer_json(const struct pv_rules *rules, unsigned int flags,
		       bool own, uint64_t cgroup)
{
	size_t i;

	json_begin_object(NULL);
	json_bool("own", own);
	if (cgroup)
		json_number("cgroup", cgroup);
	json_bool("registered", pv_rules_registered(rules));
	json_bool("late", flags & PV_LATE);
	json_bool("by_name", flags & PV_BY_NAME);
	json_bool("reverse", !(flags & PV_NO_REVERSE));
	json_begin_array("rules");
	for (i = 0; i < pv_rules_count(rules); i++) {
		json_begin_object(NULL);
		json_string("original", pv_rules_original(rules, i));
		json_string("new", pv_rules_target(rules, i));
		json_bool("under", pv_rules_under(rules, i));
		json_end_object();
	}
	json_end_array();
	json_end_object();
}

/* @pidref is NULL for a cgroup. */
static void layers_json(const struct pidref *pidref,
			const struct pv_layers *layers)
{
	char comm[PIDREF_COMM];
	size_t i;

	json_begin_object(NULL);
	if (pidref) {
		json_number("pid", pidref->pid);
		json_string("comm", pidref_comm(pidref->pid, comm));
	}
	json_begin_array("layers");
	for (i = 0; i < pv_layers_count(layers); i++)
		layer_json(pv_layers_rules(layers, i),
			   pv_layers_flags(layers, i),
			   !i && pv_layers_own(layers),
			   pv_layers_cgroup(layers, i));
	json_end_array();
	json_end_object();
}

static int layer_text(const struct pv_rules *rules)
{
	char *original, *pidref;
	bool complete = true;
	size_t i;

	for (i = 0; complete && i < pv_rules_count(rules); i++) {
		original = pv_path_escape(pv_rules_original(rules, i));
		pidref = pv_path_escape(pv_rules_target(rules, i));
		complete = original && pidref;
		if (complete)
			printf("%s%s=%s\n", pv_rules_under(rules, i) ? "under " : "",
			       original, pidref);
		free(original);
		free(pidref);
	}
	return complete ? STATUS_DONE : message_out_of_memory();
}

/* Where a layer comes from. */
static const char *layer_origin(const struct pv_layers *layers, size_t layer)
{
	if (pv_layers_cgroup(layers, layer))
		return "cgroup";
	return !layer && pv_layers_own(layers) ? "own" : "inherited";
}

/* What it prints is a map file. */
static int layers_text(const struct pv_layers *layers)
{
	const struct pv_rules *rules;
	int status = STATUS_DONE;
	unsigned int flags;
	size_t i;

	for (i = 0; status == STATUS_DONE && i < pv_layers_count(layers); i++) {
		rules = pv_layers_rules(layers, i);
		flags = pv_layers_flags(layers, i);
		printf("# layer %zu (%s%s%s%s%s)\n", i,
		       layer_origin(layers, i),
		       pv_rules_registered(rules) ? ", registered" : "",
		       flags & PV_LATE ? ", --late" : "",
		       flags & PV_BY_NAME ? ", --by-name" : "",
		       flags & PV_NO_REVERSE ? ", --no-reverse" : "");
		status = layer_text(rules);
	}
	return status;
}

static int show_process(struct pv *pv, const struct pidref *pidref, bool json)
{
	struct pv_layers *layers;
	int err, status = STATUS_DONE;

	err = pv_get(pv, pidref->pidfd, &layers);
	if (err)
		return message_failed("cannot show process %d: %s%s",
				      pidref->pid, pv_error(pv),
				      connect_advice(err));
	if (!json && !pv_layers_count(layers))
		printf("# process %d is not attached\n", pidref->pid);
	if (json)
		layers_json(pidref, layers);
	else
		status = layers_text(layers);
	pv_layers_free(layers);
	return status ?: output_finish();
}

static int show_cgroup(struct pv *pv, const char *path, bool json)
{
	struct pv_layers *layers;
	int status = cgroup_get(pv, path, &layers);

	if (status != STATUS_DONE)
		return status;
	if (!json && !pv_layers_count(layers))
		printf("# the cgroup %s has no rules\n", path);
	if (json)
		layers_json(NULL, layers);
	else
		status = layers_text(layers);
	pv_layers_free(layers);
	return status ?: output_finish();
}

/*
 * struct request - what a command line asks for
 *
 * @word: a process, or NULL
 * @cgroup: the directory of a cgroup, or NULL
 * @cgroups: list the cgroups
 * @json: print JSON
 */
struct request {
	const char *word;
	const char *cgroup;
	bool cgroups;
	bool json;
};

static int read_request(const struct command *command, int argc, char **argv,
			struct request *request)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_any(command, argc, argv, options)) != OPTION_END) {
		if (code == OPTION_CGROUP)
			status = cgroup_take(command, &request->cgroup, optarg);
		request->cgroups |= code == OPTION_CGROUPS;
		request->json |= code == OPTION_JSON;
	}
	if (status == STATUS_DONE)
		status = pidref_operand(command, argc, argv, &request->word);
	if (status != STATUS_DONE)
		return status;
	if (!!request->word + !!request->cgroup + request->cgroups > 1)
		return message_usage(command,
				     "give a process, --cgroup or --cgroups, not several");
	return STATUS_DONE;
}

static int show(struct pv *pv, const struct request *request,
		const struct pidref *pidref)
{
	if (request->cgroup)
		return show_cgroup(pv, request->cgroup, request->json);
	if (request->cgroups)
		return show_cgroups(pv, request->json);
	if (request->word)
		return show_process(pv, pidref, request->json);
	return show_list(pv, request->json);
}

static int show_main(const struct command *command, int argc, char **argv)
{
	CLEANUP(pidref_close) struct pidref pidref = { .pidfd = -1 };
	struct request request = { 0 };
	CLEANUP_PV struct pv *pv = NULL;

	return read_request(command, argc, argv, &request) ?:
	       connect_about(&pv, &pidref, command, request.word) ?:
	       show(pv, &request, &pidref);
}

const struct command cmd_show = {
	.name = "show",
	.usage = "[PID | --cgroup PATH | --cgroups] [--json | --pretty]",
	.purpose = "show who is attached, or the rules of one process",
	.help =
"Without PID, list the attached processes that you may inspect.  With PID, print\n"
"its rules in the order in which they are tried, in the form of a map file.\n"
"\n"
"  --cgroup PATH  the rules that a cgroup was given, whose directory is PATH\n"
"  --cgroups      list the cgroups that were given rules\n"
"  -j, --json     print JSON\n"
"  --pretty       print it indented\n",
	.main = show_main,
};
