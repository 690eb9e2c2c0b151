// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a path in a rule may look like, and its one normal form.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "libpathvirt/fault.h"
#include "libpathvirt/path.h"

/* As much of an overlong path as a message quotes. */
#define QUOTED		40

int pv_path_normalise(char *path, const char *role, struct pv_fault *fault)
{
	size_t length = strlen(path);
	char *in = path, *out = path;

	if (!length)
		return pv_fault_set(fault, -EINVAL,
				    "%s is empty: write an absolute path",
				    role);
	if (*path != '/')
		return pv_fault_set(fault, -EINVAL,
				    "%s \"%.*s\" is relative: write an absolute path",
				    role, PATH_MAX, path);
	if (length >= PATH_MAX)
		return pv_fault_set(fault, -ENAMETOOLONG,
				    "%s \"%.*s...\" has %zu bytes: %d is the most",
				    role, QUOTED, path, length, PATH_MAX - 1);

	while (*in) {
		size_t name;

		in += strspn(in, "/");
		name = strcspn(in, "/");
		if (name == 2 && in[0] == '.' && in[1] == '.')
			return pv_fault_set(fault, -EINVAL,
					    "%s \"%s\" has a \"..\": write the path without",
					    role, path);
		in += name;
	}

	for (in = path; *in; ) {
		size_t name;

		in += strspn(in, "/");
		name = strcspn(in, "/");
		if (name && !(name == 1 && *in == '.')) {
			*out++ = '/';
			memmove(out, in, name);
			out += name;
		}
		in += name;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return 0;
}
