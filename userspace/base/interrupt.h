/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdbool.h>

/*
 * From interrupt_catch() on, SIGINT, SIGTERM and SIGHUP do not end us, but are noted,
 * so that what is half done can be undone; long work asks interrupted() now and then.
 */
void interrupt_catch(void);
bool interrupted(void);

#endif /* BASE_INTERRUPT_H */
