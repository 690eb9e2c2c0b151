// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzzer on the files of its corpus, CORPUS/...: those called good-... are accepted, those called
 * bad-... are refused, and of all others it is enough that nothing breaks.
 */
#include <glob.h>
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

int main(void)
{
	int failures = 0;
	glob_t found;
	size_t i;

	if (glob(CORPUS "/*", 0, NULL, &found)) {
		fprintf(stderr, "nothing is in %s\n", CORPUS);
		return 1;
	}
	printf("TAP version 13\n1..%zu\n", found.gl_pathc);
	for (i = 0; i < found.gl_pathc; i++) {
		int err = run_file(found.gl_pathv[i]);

		failures += !!err;
		printf("%sok %zu %s\n", err ? "not " : "", i + 1,
		       strrchr(found.gl_pathv[i], '/') + 1);
	}
	globfree(&found);
	return failures ? 1 : 0;
}
