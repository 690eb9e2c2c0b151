/* SPDX-License-Identifier: GPL-2.0 */
/* Path: names as they are spelled. */
#ifndef _PV_PATH_H
#define _PV_PATH_H

#include <linux/types.h>

int pv_path_normalise(char *path);
void pv_path_fold(char *path);
void pv_path_squeeze(char *path);
const char *pv_path_dots(const char *path);
bool pv_path_is_normal(const char *path);

/**
 * pv_path_skip_noops - skip what changes nothing after a "/"
 * @p: the byte after a "/"
 *
 * Return: the first byte at or after @p that does not belong to further "/"
 * and "." components.
 */
static inline const char *pv_path_skip_noops(const char *p)
{
	for (;;) {
		if (*p == '/')
			p++;
		else if (p[0] == '.' && (p[1] == '/' || !p[1]))
			p++;
		else
			return p;
	}
}

#endif /* _PV_PATH_H */
