// SPDX-License-Identifier: GPL-2.0
/*
 * relink FD [DIRFD NAME]: pv_relink() for shell scripts that hold the file.
 *
 * DIRFD may be "default".  Prints what it was told: "linked" or "named", device
 * (major:minor), inode, mount and link count before.  Without a directory: makes
 * and opens the default one and prints nothing.  Otherwise one line on standard
 * error, the errno's name first.
 */
#include <libpathvirt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(struct pv *pv, int err)
{
	fprintf(stderr, "%s: %s\n", strerrorname_np(-err), pv_error(pv));
	return 1;
}

static int relink(struct pv *pv, int fd, int dirfd, const char *name)
{
	struct pv_relinked relinked;
	int err = pv_relink(pv, fd, dirfd, name, &relinked);

	if (err)
		return failed(pv, err);
	printf("%s %u:%u %" PRIu64 " %" PRIu64 " %u\n",
	       relinked.linked ? "linked" : "named", relinked.dev_major,
	       relinked.dev_minor, relinked.inode, relinked.mount,
	       relinked.links);
	return 0;
}

int main(int argc, char **argv)
{
	int err, status, fd;
	struct pv *pv;

	if (argc != 2 && argc != 4)
		return 2;
	fd = atoi(argv[1]);
	err = pv_open(&pv);
	if (err)
		return failed(pv, err);
	if (argc == 4) {
		status = relink(pv, fd, strcmp(argv[2], "default") ?
				atoi(argv[2]) : PV_NO_DIR, argv[3]);
	} else {
		err = pv_relink_dir(pv, fd);
		status = err < 0 ? failed(pv, err) : 0;
	}
	pv_close(pv);
	return status;
}
