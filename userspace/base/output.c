// SPDX-License-Identifier: GPL-2.0
/*
 * Standard output, on which a full disk must not pass for success.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/command.h"
#include "base/message.h"
#include "base/output.h"

int output_finish(void)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (failed) {
		/* Nobody kept the reason; the next byte meets it again. */
		clearerr(stdout);
		putchar('\n');
	}
	if (!fflush(stdout) && !failed)
		return STATUS_DONE;
	return message_failed("cannot write the output: %s",
			      errno ? strerror(errno) : "some of it is lost");
}
