// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm status: what the module does and how.
 */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "session.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	OPTIONS_COMMON
};

static void print_json(const struct pv_status *status)
{
	size_t i;

	json_begin_object(NULL);
	json_string("version", status->version);
	json_number("protocol", status->protocol);
	json_number("processes", status->processes);
	json_number("tables", status->tables);
	json_bool("armed", status->armed);
	json_string("hook", status->hook);
	json_string("probe", status->probe);
	json_begin_array("sites");
	for (i = 0; i < status->site_count; i++)
		json_string(NULL, status->sites[i]);
	json_end_array();
	json_number("translated", status->translated);
	json_end_object();
}

static void print_text(const struct pv_status *status)
{
	size_t i;

	printf("version:     %s\n", status->version);
	printf("protocol:    %" PRIu32 "\n", status->protocol);
	printf("processes:   %" PRIu32 "\n", status->processes);
	printf("tables:      %" PRIu32 "\n", status->tables);
	printf("armed:       %s\n", status->armed ? "yes" : "no");
	printf("hook:        %s\n", status->hook);
	printf("probe:       %s\n", status->probe);
	printf("sites:      ");
	for (i = 0; i < status->site_count; i++)
		printf(" %s", status->sites[i]);
	printf("\ntranslated:  %" PRIu64 "\n", status->translated);
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

static int run(const struct command *command, int argc, char **argv)
{
	bool json = false;
	struct pv *pv;
	int status;

	while (options_any(command, argc, argv, options) != OPTION_END)
		json = true;
	if (optind < argc)
		return message_usage(command, "unexpected \"%s\"",
				     argv[optind]);
	status = session_open(&pv);
	if (status == STATUS_DONE)
		status = print_status(pv, json);
	pv_close(pv);
	return status;
}

const struct command cmd_status = {
	.name = "status",
	.usage = "[--json]",
	.purpose = "tell what the kernel module does and how",
	.help =
"Print the module's version, how many processes are attached, how many tables it\n"
"holds, whether and where the kernel is hooked, and how many names it translated.\n"
"\n"
"  --json   print JSON\n",
	.main = run,
};
