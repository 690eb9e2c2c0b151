// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzzer on files of its corpus: those called good-... are accepted, those called
 * bad-... are refused, and of all others it is enough that nothing breaks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/accepted.h"

static int run_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	FILE *file = fopen(path, "r");
	char *data = malloc(1 << 20);
	size_t size = file && data ? fread(data, 1, 1 << 20, file) : 0;

	if (!file || !data)
		return -1;
	fclose(file);
	/* Its own size, so that who reads behind it is found. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput((uint8_t *)data, size);
	free(data);
	if (!strncmp(name, "good-", 5))
		return fuzz_accepted ? 0 : -1;
	if (!strncmp(name, "bad-", 4))
		return fuzz_accepted ? -1 : 0;
	return 0;
}

int main(int argc, char **argv)
{
	int i, failures = 0;

	printf("TAP version 13\n1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		int err = run_file(argv[i]);

		failures += !!err;
		printf("%sok %d %s\n", err ? "not " : "", i, argv[i]);
	}
	return failures ? 1 : 0;
}
