// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's that tells which cache lines of the kernel's are written by calls of
 * each of two threads of lines.c.
 *
 *	-plugin lines_plugin.so,out=FILE
 *
 * What an interrupt writes in the middle of a call is not the call's: only lines count
 * that every marked call of a thread has written.  For each group, that is, each run of
 * lines.c, FILE has "NUMBER ADDRESS...", the lines that both write.
 *
 * Debian has no header of QEMU's for plugins; this is what is used of version 4 of its
 * interface, that of QEMU 10.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_W = 2 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t,
						      struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *),
					    enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*cb)(unsigned int, qemu_plugin_meminfo_t,
						 uint64_t, void *),
				      enum qemu_plugin_cb_flags flags,
				      enum qemu_plugin_mem_rw rw, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
				    void (*cb)(qemu_plugin_id_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT	__attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 4;

#define LINE		64
#define LINES_MAX	4096
#define CALLERS		2
#define IS_KERNEL(a)	((a) >> 63)

/* struct lines - a set; of a call there are some hundred */
struct lines {
	uint64_t line[LINES_MAX];
	size_t nr;
};

/* struct caller - a thread; all its calls so far have written @common */
static struct caller {
	unsigned int calls;
	struct lines common;
} callers[CALLERS];

/* Who is making a call, on which CPU, and what that has written so far. */
static struct caller *calling;
static unsigned int calling_cpu;
static struct lines now;

static unsigned int groups;
static FILE *out;

static bool lines_have(const struct lines *lines, uint64_t line)
{
	size_t i;

	for (i = 0; i < lines->nr; i++)
		if (lines->line[i] == line)
			return true;
	return false;
}

static void lines_add(struct lines *lines, uint64_t line)
{
	if (lines->nr < LINES_MAX && !lines_have(lines, line))
		lines->line[lines->nr++] = line;
}

/* Only what @others have as well is left. */
static void lines_intersect(struct lines *lines, const struct lines *others)
{
	size_t i, kept = 0;

	for (i = 0; i < lines->nr; i++)
		if (lines_have(others, lines->line[i]))
			lines->line[kept++] = lines->line[i];
	lines->nr = kept;
}

static void write_group(void)
{
	struct lines *shared = &callers[0].common;
	size_t i;

	if (!groups)
		return;
	lines_intersect(shared, &callers[1].common);
	fprintf(out, "%zu", shared->nr);
	for (i = 0; i < shared->nr; i++)
		fprintf(out, " %" PRIx64, shared->line[i] * LINE);
	fprintf(out, "\n");
	fflush(out);
}

static void group(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	write_group();
	groups++;
	memset(callers, 0, sizeof(callers));
}

static void begin(unsigned int cpu, void *data)
{
	calling = data;
	calling_cpu = cpu;
	now.nr = 0;
}

static void end(unsigned int cpu, void *data)
{
	(void)data;
	if (!calling || cpu != calling_cpu)
		return;
	if (calling->calls++)
		lines_intersect(&calling->common, &now);
	else
		calling->common = now;
	calling = NULL;
}

static void written(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address,
		    void *data)
{
	(void)info;
	(void)data;
	if (calling && cpu == calling_cpu && IS_KERNEL(address))
		lines_add(&now, address / LINE);
}

/* The marks of lines.c, by the last byte of their words. */
static const struct {
	void (*met)(unsigned int cpu, void *data);
	void *data;
} marks[] = {
	{ group, NULL },
	{ begin, &callers[0] },
	{ begin, &callers[1] },
	{ end, NULL },
};

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned char bytes[8] = { 0 };

		qemu_plugin_register_vcpu_mem_cb(insn, written, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_W, NULL);
		qemu_plugin_insn_data(insn, bytes, sizeof(bytes));
		if (qemu_plugin_insn_size(insn) == sizeof(bytes) &&
		    !memcmp(bytes, "\x0f\x1f\x84\x00", 4) &&
		    !memcmp(bytes + 5, "\x00\x56\x50", 3) &&
		    bytes[4] < sizeof(marks) / sizeof(marks[0]))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marks[bytes[4]].met,
							       QEMU_PLUGIN_CB_NO_REGS,
							       marks[bytes[4]].data);
	}
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	write_group();
	fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "lines_plugin: out=FILE is missing, or cannot be written\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
