// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of manifests: what is accepted is written as something that is accepted, too, and
 * is written the same the next time.
 */
#define _GNU_SOURCE
#include <libpathvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accepted.h"
#include "base/command.h"
#include "manifest/manifest.h"

bool fuzz_accepted;

/* As it would lie on disk; for free(). */
static char *written(const struct manifest *manifest, size_t *size)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct manifest_writer writer = {
		.fd = dup(fd),
		.path = strdup("/proc/self/stat"),
	};
	struct stat stat;
	char *text;

	if (manifest_write(&writer, manifest) != STATUS_DONE ||
	    fstat(fd, &stat))
		abort();
	free(writer.path);
	*size = stat.st_size;
	text = calloc(1, *size + 1);
	if (pread(fd, text, *size, 0) != (ssize_t)*size)
		abort();
	close(fd);
	return text;
}

static void write_and_read(const struct manifest *manifest)
{
	struct manifest again;
	size_t size, other;
	char *once, *twice;

	once = written(manifest, &size);
	if (manifest_parse("again", once, size, &again) != STATUS_DONE)
		abort();
	twice = written(&again, &other);
	if (size != other || memcmp(once, twice, size))
		abort();
	manifest_free(&again);
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_rules *rules = pv_rules_new();
	char *text = calloc(1, size + 1);
	struct manifest manifest;

	memcpy(text, data, size);
	fuzz_accepted = manifest_parse("manifest", text, size, &manifest) ==
			STATUS_DONE;
	if (fuzz_accepted) {
		write_and_read(&manifest);
		pv_rules_add(rules, "/data", "/moved");
		pv_rules_add(rules, "/", "/all");
		if (manifest_relocate(&manifest, rules))
			abort();
	}
	manifest_free(&manifest);
	pv_rules_free(rules);
	free(text);
	return 0;
}
