/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of failing allocations share: the kernel's failslab, which lets
 * the Nth allocation of a thread fail, and of all those only such as the module
 * makes or has made.  Documentation/fault-injection of the kernel explains it.
 *
 * Only a debug kernel has it.
 */
#ifndef PV_SELFTESTS_FAILING_H
#define PV_SELFTESTS_FAILING_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

/* Objects, and those that are too big to be one. */
#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

static inline bool failing_possible(void)
{
	return !access(FAILSLAB "require-start", W_OK) &&
	       !access(FAIL_PAGES "require-start", W_OK) &&
	       !access(FAIL_NTH, W_OK);
}

static inline void failing_set(const char *dir, const char *name,
			       const char *value)
{
	char *path = pvt_path("%s%s", dir, name);
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		pvt_die("cannot set %s", path);
	close(fd);
	free(path);
}

static inline void failing_set_number(const char *dir, const char *name,
				      unsigned long value)
{
	char *text = pvt_path("0x%lx", value);

	failing_set(dir, name, text);
	free(text);
}

/* Where the module's code lies. */
static inline void failing_text(unsigned long *first, unsigned long *last)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	unsigned long address;
	char type, line[512];

	*first = -1UL;
	*last = 0;
	while (symbols && fgets(line, sizeof(line), symbols)) {
		if (!strstr(line, "\t[pathvirt]\n") ||
		    sscanf(line, "%lx %c", &address, &type) != 2 ||
		    (type != 't' && type != 'T'))
			continue;
		if (address < *first)
			*first = address;
		if (address > *last)
			*last = address;
	}
	if (!symbols || !*last)
		pvt_die("the module has no text");
	fclose(symbols);
}

/**
 * failing_setup - choose which allocations may fail
 * @depth: how far up the stack the module may be: with few frames only what it
 *	asks for itself, with many what the kernel does in its calls, too
 *
 * Again after each time the module is loaded.
 */
static inline void failing_setup(unsigned int depth)
{
	static const char *const dirs[] = { FAILSLAB, FAIL_PAGES };
	unsigned long first, last;
	unsigned int i;

	failing_text(&first, &last);
	for (i = 0; i < 2; i++) {
		failing_set_number(dirs[i], "require-start", first);
		failing_set_number(dirs[i], "require-end", last + 4096);
		failing_set_number(dirs[i], "stacktrace-depth", depth);
		failing_set_number(dirs[i], "verbose", 0);
		/* Not only those that may not wait. */
		failing_set(dirs[i], "ignore-gfp-wait", "N");
	}
	failing_set(FAIL_PAGES, "ignore-gfp-highmem", "N");
	failing_set(FAIL_PAGES, "min-order", "0");
}

/*
 * Let a task's allocation number @nth fail, 0: none.  @file is a fail-nth that
 * was opened for it.
 */
static inline void failing_begin(int file, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(file, text, len, 0) != len)
		pvt_die("cannot write fail-nth");
}

/* Let none fail any more.  Return whether one has failed. */
static inline bool failing_end(int file)
{
	char text[16] = "";

	if (pread(file, text, sizeof(text) - 1, 0) < 1)
		pvt_die("cannot read fail-nth");
	failing_begin(file, 0);
	return !strtoul(text, NULL, 10);
}

static inline int failing_open(const char *path)
{
	int file = open(path, O_RDWR | O_CLOEXEC);

	if (file < 0)
		pvt_die("cannot open %s", path);
	return file;
}

#endif /* PV_SELFTESTS_FAILING_H */
