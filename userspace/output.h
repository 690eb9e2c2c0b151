/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OUTPUT_H
#define OUTPUT_H

/*
 * Bring what was printed to its destination.  Returns the exit status; says
 * so if it did not all arrive.
 */
int output_finish(void);

#endif /* OUTPUT_H */
