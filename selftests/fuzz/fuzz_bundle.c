// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of bundles: the input is the index, a line with "%%", and the table of rules.  The
 * other two files are good ones.  In the index "SUM 1" to "SUM 3", with enough blanks behind,
 * and "SIZE 1" to "SIZE 3" stand for sums and sizes of the files.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accepted.h"
#include "base/command.h"
#include "checkpoint/bundle.h"
#include "sealed.h"

bool fuzz_accepted;

static const char namespaces[] =
	"{\"format\": \"pathvirt-namespaces\", \"version\": 1, \"sha256\": \""
	"0000000000000000000000000000000000000000000000000000000000000000\", "
	"\"process\": {\"uid\": 0, \"gid\": 0, \"pid\": 7, \"command\": \"x\", "
	"\"root\": \"/\"}, \"boot\": \"\", \"namespaces\": [], \"user\": [], "
	"\"pid\": [], \"uts\": {\"hostname\": \"h\", \"domainname\": \"d\"}, "
	"\"mounts\": []}\n";

static const char manifest[] =
	"{\"format\": \"pathvirt-manifest\", \"version\": 1, \"id\": \"a\", "
	"\"time\": 1, \"pids\": [7], \"mounts\": [], \"directories\": [], "
	"\"files\": [], \"skipped\": []}\n";

static char directory[] = "/tmp/fuzz_bundle.XXXXXX";

static void remove_directory(void)
{
	static const char * const names[] = {
		BUNDLE_INDEX, BUNDLE_NAMESPACES, BUNDLE_TABLE, BUNDLE_MANIFEST,
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

static void put_file(const char *name, const char *text, size_t length)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		abort();
	close(fd);
}

/* Put @value, padded to as many bytes as @what stands on, in the place of @what. */
static void replace(char *text, const char *what, const char *value, size_t room)
{
	char *at = strstr(text, what);

	if (at && strlen(at) > room)
		memcpy(at, value, strlen(value));
}

static void put_part(char *index, int number, const char *name,
		     const char *text, size_t length)
{
	char what[16], value[SHA256_DIGEST_STRING_LENGTH] = "";

	put_file(name, text, length);
	snprintf(what, sizeof(what), "SUM %d", number);
	sealed_sum(text, length, value);
	replace(index, what, value, SEALED_SUM);
	snprintf(what, sizeof(what), "SIZE %d", number);
	snprintf(value, sizeof(value), "%6zu", length);
	replace(index, what, value, strlen(value));
}

static void use(const struct bundle *bundle)
{
	struct pv_rules *rules;
	size_t i;

	for (i = 0; i < bundle_layers(bundle, bundle->pid); i++) {
		bundle_layer_registered(bundle, bundle->pid, i);
		bundle_layer_flags(bundle, bundle->pid, i);
		if (bundle_layer(bundle, bundle->pid, i, &rules) == STATUS_DONE)
			pv_rules_free(rules);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "\n%%\n";
	const uint8_t *at = memmem(data, size, mark, sizeof(mark) - 1);
	size_t split = at ? (size_t)(at - data) : size;
	size_t rest = at ? size - split - (sizeof(mark) - 1) : 0;
	char *table = sealed_copy(at ? at + sizeof(mark) - 1 : data, rest);
	char *good = sealed_copy((const uint8_t *)namespaces,
				 sizeof(namespaces) - 1);
	struct bundle bundle;
	char *plain, *index;

	if (strchr(directory, 'X') && mkdtemp(directory))
		atexit(remove_directory);
	plain = strndup((const char *)data, split);
	put_part(plain, 1, BUNDLE_NAMESPACES, good, sizeof(namespaces) - 1);
	put_part(plain, 2, BUNDLE_TABLE, table, rest);
	put_part(plain, 3, BUNDLE_MANIFEST, manifest, sizeof(manifest) - 1);
	index = sealed_copy((const uint8_t *)plain, strlen(plain));
	put_file(BUNDLE_INDEX, index, strlen(plain));

	fuzz_accepted = bundle_open(directory, &bundle) == STATUS_DONE;
	if (fuzz_accepted) {
		use(&bundle);
		bundle_close(&bundle);
	}
	free(index);
	free(plain);
	free(good);
	free(table);
	return 0;
}
