// SPDX-License-Identifier: GPL-2.0
/*
 * A progress bar.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"
#include "libpathvirt/libpathvirt.h"

#define WIDTH		30
#define INTERVAL	100	/* ms */

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, const char *what, uint64_t all)
{
	*progress = (struct progress){
		.what = what,
		.all = isatty(STDERR_FILENO) ? all : 0,
	};
}

/* The path is cut in front, as its end tells more. */
static void draw(const struct progress *progress, uint64_t done)
{
	static const char bar[] = "##############################";
	int part = (double)done / progress->all * WIDTH;
	char *what = pv_path_escape(progress->what);
	size_t length = what ? strlen(what) : 0, room = 36;

	if (part > WIDTH)
		part = WIDTH;
	fprintf(stderr, "\r[%-*.*s] %3d%%  %s\033[K", WIDTH, part, bar,
		(int)((double)done / progress->all * 100),
		what ? what + (length > room ? length - room : 0) : "");
	fflush(stderr);
	free(what);
}

void progress_show(struct progress *progress, uint64_t done)
{
	long time = now();

	if (!progress->all || time - progress->shown < INTERVAL)
		return;
	progress->shown = time;
	draw(progress, done);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}
