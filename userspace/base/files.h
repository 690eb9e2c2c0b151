/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* What every part asks of files and directories: here once, for all of them. */

/* Are they one file?  False if one of them cannot be looked at. */
bool files_same(int a, int b);
bool files_same_stat(const struct stat *a, const struct stat *b);

/* What of @path is below @prefix, "" or beginning with "/"; NULL if nothing is. */
const char *files_below(const char *path, const char *prefix);

/*
 * The entries of the directory @name in @dirfd, which is not a link; @dirfd itself stays
 * open.  NULL with errno.
 */
DIR *files_opendir(int dirfd, const char *name);

/* Is that directory empty?  A negative errno if that cannot be told. */
int files_is_empty(int dirfd, const char *name);

/*
 * openat2() with @flags and O_CLOEXEC, by names that @resolve allows.  Returns a
 * descriptor or a negative errno.
 */
int files_openat(int dirfd, const char *path, int flags, uint64_t resolve);

/*
 * All that is in @fd, whatever signals come, with a 0 behind, in @text, for free().
 * Returns 0 or a negative errno, and then @text is NULL: -EFBIG if it is more than @most
 * bytes.
 */
int files_read(int fd, size_t most, char **text, size_t *length);

/* The same of the file @path. */
int files_read_path(const char *path, size_t most, char **text, size_t *length);

/* Write all of it.  Returns 0 or a negative errno. */
int files_write(int fd, const char *text, size_t length);

/*
 * See to it that the name @path outlasts a power cut, or that it is gone for good: its
 * directory is synced.  Returns 0 or a negative errno.
 */
int files_sync_name(const char *path);

#endif /* BASE_FILES_H */
