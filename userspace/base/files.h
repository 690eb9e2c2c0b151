/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_FILES_H
#define BASE_FILES_H

/*
 * Open the directory @path for reading, as it is found in the mount namespace of the
 * process @pidfd.  Returns a descriptor or a negative errno.
 */
int files_open_in(int pidfd, const char *path);

#endif /* BASE_FILES_H */
