// SPDX-License-Identifier: GPL-2.0
/* Prints the first line of a file each time it gets SIGUSR1. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char line[256];
	sigset_t set;
	ssize_t len;
	int fd, sig;

	if (argc != 2)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (!sigwait(&set, &sig)) {
		fd = open(argv[1], O_RDONLY);
		len = fd < 0 ? 0 : read(fd, line, sizeof(line));
		if (len <= 0)
			len = strlen(strcpy(line, "no such file\n"));
		if (write(1, line, len) != len)
			return 1;
		close(fd);
	}
	return 0;
}
