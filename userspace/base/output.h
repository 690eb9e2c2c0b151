/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

/*
 * Bring what was printed to its destination.  Returns the exit status; says
 * so if it did not all arrive.
 */
int output_finish(void);

#endif /* BASE_OUTPUT_H */
