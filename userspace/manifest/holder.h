/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MANIFEST_HOLDER_H
#define MANIFEST_HOLDER_H

#include <sys/types.h>

/* How a process holds a file. */
enum hold {
	HOLD_FD,
	HOLD_MAP,
	HOLD_EXE,
	HOLD_CWD,
	HOLD_ROOT,
};

/*
 * struct holder - who holds a file
 *
 * @pid: the process
 * @tid: the thread, where it has a table of descriptors or a directory of its own;
 *	otherwise @pid, or the first thread that lives where that one has ended
 * @how: by what
 * @fd: the descriptor, with HOLD_FD
 * @path: where it lay for this holder, who has opened it by another name than is told of
 *	the file; otherwise NULL
 */
struct holder {
	pid_t pid;
	pid_t tid;
	enum hold how;
	int fd;
	char *path;
};

/* "fd", "map", "exe", "cwd" or "root"; NULL for what is behind these. */
const char *hold_name(enum hold hold);

/* "5", "map", "exe", "cwd" or "root", in @text, which has room for a number. */
#define HOLD_TEXT	16
const char *holder_text(const struct holder *holder, char text[HOLD_TEXT]);

#endif /* MANIFEST_HOLDER_H */
