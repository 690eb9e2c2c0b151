/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test programs share: three worlds to run a piece of code in, trees
 * of files to run it on, and a way to write down what it left behind.
 *
 * Helpers that prepare a test do not return errors: they say what failed and
 * end the process with status 1, which the harness counts as a failed test.
 *
 * With PV_SELFTEST_SABOTAGE=1 in the environment no table is installed.  Every
 * test must fail then; one that does not proves nothing.
 */
#ifndef PV_SELFTESTS_TESTING_H
#define PV_SELFTESTS_TESTING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where trees are made: a disk filesystem, for swap files and all xattrs. */
#define PVT_BASE	"/var/tmp"

/* Room for what pvt_snapshot() writes. */
#define PVT_SNAPSHOT	16384

struct pvt_rule {
	const char *original;
	const char *target;
};

/**
 * enum pvt_world - how a child sees names
 *
 * @PVT_NATIVE: as they are
 * @PVT_ATTACHED: through a pathvirt table that its parent gave it while it ran
 * @PVT_UNION: the same, and each rule is a union
 * @PVT_MOUNTED: the oracle: in a mount namespace of its own, with each NEW
 *	bind-mounted on its ORIGINAL, which must exist
 */
enum pvt_world {
	PVT_NATIVE,
	PVT_ATTACHED,
	PVT_UNION,
	PVT_MOUNTED,
};

/**
 * struct pvt_job - what a child is to do
 *
 * @world: how it sees names
 * @rules: the table
 * @nr: how many rules
 * @before: called before the table is installed, or NULL
 * @body: called in that world
 * @arg: handed to both; to carry anything back it must be pvt_shared()
 */
struct pvt_job {
	enum pvt_world world;
	const struct pvt_rule *rules;
	size_t nr;
	void (*before)(void *arg);
	void (*body)(void *arg);
	void *arg;
};

int pvt_run(const struct pvt_job *job);

void pvt_keep_armed(void);
void pvt_attach(pid_t pid, const struct pvt_rule *rules, size_t nr);
void pvt_push(const struct pvt_rule *rules, size_t nr);
void pvt_mount(const struct pvt_rule *rules, size_t nr);
void pvt_private_mounts(void);
void *pvt_shared(size_t size);

__attribute__((noreturn, format(printf, 1, 2)))
void pvt_die(const char *format, ...);

/* Strings for free(). */
__attribute__((format(printf, 1, 2)))
char *pvt_path(const char *format, ...);

char *pvt_expand(const char *base, const char *text);
struct pvt_rule *pvt_expand_rules(const char *base,
				  const struct pvt_rule *rules, size_t nr);
void pvt_make_parents(const char *path);
void pvt_plant(const char *base, const char * const *files);
unsigned int pvt_seed(void);

char *pvt_tree_new(void);
void pvt_tree_free(char *dir);
void pvt_mkdir(const char *path);
void pvt_write(const char *path, const char *text, mode_t mode);
void pvt_user_namespace(void);
void pvt_symlink(const char *target, const char *path);
ssize_t pvt_read(const char *path, char *buf, size_t size);
void pvt_snapshot(const char *dir, char *buf);
const char *pvt_snapshot_union(const struct pvt_rule *rule, char *buf);
const char *pvt_snapshot_below(const char *text);
const char *pvt_helper(const char *name);
void pvt_copy(const char *from, const char *to);

/* In place of TEST_HARNESS_MAIN, for programs that attach again and again. */
#define PVT_HARNESS_MAIN			\
	int main(int argc, char **argv)		\
	{					\
		pvt_keep_armed();		\
		return test_harness_run(argc, argv); \
	}

#endif /* PV_SELFTESTS_TESTING_H */
