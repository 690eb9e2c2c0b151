/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ELSEWHERE_H
#define ELSEWHERE_H

/*
 * Open the directory @path for reading, as it is found in the mount namespace of the
 * process @pidfd.  Returns a descriptor or a negative errno.
 */
int elsewhere_open(int pidfd, const char *path);

#endif /* ELSEWHERE_H */
