/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_EXEC_H
#define BASE_EXEC_H

/*
 * Where the program @name is, by PATH if it has no "/", as an absolute path for
 * free(), so that it is found from any working directory.  NULL if there is none
 * that can be executed; then @status is the exit status, and it has been said.
 */
char *exec_find(const char *name, int *status);

/*
 * Say that @file could not be run because of the errno @err.  Returns the exit status,
 * as env, nohup and the shells have it: 127 if it was not found, otherwise 126.
 */
int exec_failed(const char *file, int err);

/*
 * Become the program @file; returns as exec_failed() if that fails, with the standard error
 * that fdslots_finish() has taken away.
 */
int exec_program(const char *file, char **argv);

#endif /* BASE_EXEC_H */
