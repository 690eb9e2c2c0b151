// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what a program learns when it is executed: its arguments, the name that
 * the kernel says it was executed by, and the contents of the file that the
 * last argument names.
 */
#include <stdio.h>
#include <sys/auxv.h>

static void show_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];

	if (!file) {
		printf("cannot open %s\n", path);
		return;
	}
	while (fgets(line, sizeof(line), file))
		printf("| %s", line);
	fclose(file);
}

int main(int argc, char **argv)
{
	int i;

	printf("execfn %s\n", (const char *)getauxval(AT_EXECFN));
	for (i = 0; i < argc; i++)
		printf("argv[%d] %s\n", i, argv[i]);
	if (argc > 1)
		show_file(argv[argc - 1]);
	return 0;
}
