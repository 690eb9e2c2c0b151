/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_PINNED_H
#define NS_PINNED_H

#include "ns/exec.h"
#include "ns/file.h"
#include "ns/options.h"

/*
 * Run @command in the namespaces pinned in @directory, which must be those of which
 * @file tells.  Comes back only if that fails, with the exit status.
 */
int ns_pinned_run(const char *directory, const struct ns_file *file,
		  const struct ns_options *kinds, const struct ns_exec *as,
		  char **command);

#endif /* NS_PINNED_H */
