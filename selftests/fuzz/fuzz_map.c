// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of map files: what is accepted, and spelled as pv_rules_spell() does, is read as the
 * same rules again.
 */
#define _GNU_SOURCE
#include <libpathvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accepted.h"

bool fuzz_accepted;

static struct pv_rules *load(const void *data, size_t size)
{
	struct pv_rules *rules = pv_rules_new();
	int fd = memfd_create("map", MFD_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	if (pv_rules_load(rules, path)) {
		if (!*pv_rules_error(rules))
			abort();
		pv_rules_free(rules);
		rules = NULL;
	}
	close(fd);
	return rules;
}

/* As a map file says it. */
static char *spell(const struct pv_rules *rules)
{
	size_t size, i;
	char *text;
	FILE *file = open_memstream(&text, &size);

	for (i = 0; i < pv_rules_count(rules); i++) {
		char *original = pv_path_escape(pv_rules_original(rules, i));
		char *target = pv_path_escape(pv_rules_target(rules, i));

		fprintf(file, "%s=%s\n", original, target);
		free(original);
		free(target);
	}
	fclose(file);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_rules *rules = load(data, size), *again;
	char *once, *twice;

	fuzz_accepted = rules;
	if (!rules)
		return 0;
	once = spell(rules);
	again = load(once, strlen(once));
	if (!again)
		abort();
	twice = spell(again);
	if (strcmp(once, twice))
		abort();
	free(once);
	free(twice);
	pv_rules_free(rules);
	pv_rules_free(again);
	return 0;
}
