/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_FDSLOTS_H
#define BASE_FDSLOTS_H

#include <stddef.h>

/*
 * Descriptors that are to have certain numbers, which no descriptor that pvadm opens
 * for itself may get meanwhile.  Each returns 0 or a negative errno.
 */

/*
 * Keep a number free: until fdslots_put() nothing else is opened there.  What is open
 * there stays until then.
 */
int fdslots_reserve(int number);

/*
 * Have a duplicate of @fd at @number, open across exec; standard input, output and
 * error only from fdslots_finish() on.
 */
int fdslots_put(int fd, int number);

/* What fdslots_put() made is a child's by now: close it here. */
void fdslots_drop(int number);

/* The last step before exec: standard error may be somebody's file afterwards. */
int fdslots_finish(void);

/* Have the former standard error back, to say that exec has failed. */
void fdslots_recover(void);

#endif /* BASE_FDSLOTS_H */
