/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_RECORD_H
#define RELINK_RECORD_H

#include "relink/context.h"

/*
 * Put what was made into the manifest.  Returns the exit status, and has said why if it
 * is not STATUS_DONE.
 */
int relink_record(struct relink_context *context);

/*
 * The manifest's entry of the mount that @fd was opened through, made if it is
 * missing; NULL with errno.  The next one may move it.
 */
const struct manifest_mount *relink_mount(struct relink_context *context, int fd);

#endif /* RELINK_RECORD_H */
