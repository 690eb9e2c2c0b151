// SPDX-License-Identifier: GPL-2.0
/*
 * Of descriptors, what only /proc/PID/fdinfo and kcmp() tell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "relink/fdinfo.h"

/* kcmp() said nothing, so that the order that it makes is none. */
static bool unknown;

static void read_fdinfo(struct manifest_holder *holder)
{
	char path[96], line[256];
	int64_t offset;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fdinfo/%d",
		 holder->by.pid, holder->by.tid, holder->by.fd);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "pos: %" SCNd64, &offset) == 1)
			holder->offset = offset < 0 ? 0 : offset;
		else if (sscanf(line, "flags: %" SCNo32, &holder->flags) == 1)
			break;
	}
	fclose(file);
	holder->cloexec = holder->flags & O_CLOEXEC;
	holder->flags &= ~O_CLOEXEC;
}

static int by_open_file(const void *a, const void *b)
{
	const struct holder *left = &(*(struct manifest_holder * const *)a)->by;
	const struct holder *right =
		&(*(struct manifest_holder * const *)b)->by;
	long order = syscall(SYS_kcmp, left->tid, right->tid, KCMP_FILE,
			     (unsigned long)left->fd,
			     (unsigned long)right->fd);

	if (order < 0 || order > 2)
		unknown = true;
	return order == 1 ? -1 : order == 2;
}

/* Those of one file lie side by side then. */
static void number(struct manifest_holder **descriptors, size_t count,
		   uint32_t *next_key)
{
	size_t i;

	unknown = false;
	qsort(descriptors, count, sizeof(*descriptors), by_open_file);
	for (i = 0; i < count && !unknown; i++)
		if (i && !by_open_file(&descriptors[i - 1], &descriptors[i]))
			descriptors[i]->open_file =
				descriptors[i - 1]->open_file;
		else
			descriptors[i]->open_file = (*next_key)++;
	for (i = 0; i < count && unknown; i++)
		descriptors[i]->open_file = 0;
}

static int copy_holder(struct holder *to, const struct holder *from)
{
	*to = *from;
	if (from->path)
		to->path = strdup(from->path);
	return from->path && !to->path ? -ENOMEM : 0;
}

struct manifest_holder *fdinfo_of(const struct unlinked *found,
				  uint32_t *next_key)
{
	size_t count = found->holder_count, descriptors = 0, i;
	struct manifest_holder *holders = calloc(count, sizeof(*holders));
	CLEANUP_FREE struct manifest_holder **order = calloc(count, sizeof(*order));

	for (i = 0; i < count && holders && order; i++) {
		if (copy_holder(&holders[i].by, &found->holders[i])) {
			manifest_free_holders(holders, i);
			holders = NULL;
			break;
		}
		if (holders[i].by.how != HOLD_FD)
			continue;
		read_fdinfo(&holders[i]);
		order[descriptors++] = &holders[i];
	}
	if (order && holders) {
		number(order, descriptors, next_key);
	} else {
		free(holders);
		holders = NULL;
	}
	return holders;
}
