/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libpathvirt/libpathvirt.h"

/*
 * What a variable holds is given back when its scope is left, by whatever way:
 *
 *	CLEANUP_FREE char *path = NULL;
 *	CLEANUP_CLOSE int fd = open(...);
 *	CLEANUP(pidref_close) struct pidref pidref = { .pidfd = -1 };
 *
 * It is initialised where it is declared.  The last one declared goes first, and what
 * return says is worked out before.  What goes to somebody else is left by cleanup_keep()
 * or, of a descriptor, cleanup_keep_fd().
 */
#define CLEANUP(function)	__attribute__((cleanup(function)))

#define CLEANUP_FREE		CLEANUP(cleanup_free)
#define CLEANUP_CLOSE		CLEANUP(cleanup_close)
#define CLEANUP_DIR		CLEANUP(cleanup_dir)
#define CLEANUP_FILE		CLEANUP(cleanup_file)
#define CLEANUP_PV		CLEANUP(cleanup_pv)
#define CLEANUP_LAYERS		CLEANUP(cleanup_layers)
#define CLEANUP_RULES		CLEANUP(cleanup_rules)

static inline void cleanup_free(void *place)
{
	free(*(void **)place);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_pv(struct pv **pv)
{
	pv_close(*pv);
}

static inline void cleanup_layers(struct pv_layers **layers)
{
	pv_layers_free(*layers);
}

static inline void cleanup_rules(struct pv_rules **rules)
{
	pv_rules_free(*rules);
}

/* The pointer in @variable, which holds nothing any more. */
#define cleanup_keep(variable) ({			\
	__typeof__(variable) kept_ = (variable);	\
							\
	(variable) = NULL;				\
	kept_;						\
})

static inline int cleanup_keep_fd(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

#endif /* BASE_CLEANUP_H */
