// SPDX-License-Identifier: GPL-2.0
/*
 * T3, T6 and A1: what is executed by a virtual name, and what it is told.
 *
 * The program that is run shows its arguments, its AT_EXECFN and a file.  Where
 * ORIGINAL can be made, the same is run under a bind mount, and both must print
 * the same; first, though, ORIGINAL does not exist at all.
 */
#include "testing.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

/* Where helpers/show_interp has its interpreter, by way of a rule. */
#define INTERP_ORIGINAL	"/pathvirt.selftest"

#define OUTPUT_SIZE	4096

/**
 * struct run - a program to be run
 *
 * @argv: what it is run with, argv[0] being the name that is executed
 * @how: how it is executed
 * @err: errno if it was not
 * @output: what it printed
 */
struct run {
	char *argv[6];
	void (*how)(struct run *run);
	int err;
	char output[OUTPUT_SIZE];
};

static void by_execve(struct run *run)
{
	execve(run->argv[0], run->argv, environ);
	run->err = errno;
}

static void by_execveat(struct run *run)
{
	syscall(SYS_execveat, -1, run->argv[0], run->argv, environ, 0);
	run->err = errno;
}

static void *thread_main(void *arg)
{
	by_execve(arg);
	return NULL;
}

/* The kernel makes the caller the leader, and all others end. */
static void by_other_thread(struct run *run)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, run))
		pvt_die("pthread_create");
	pthread_join(thread, NULL);
}

static void by_vfork(struct run *run)
{
	pid_t pid = vfork();

	if (!pid) {
		execve(run->argv[0], run->argv, environ);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void run_and_catch(void *arg)
{
	struct run *run = arg;
	int out[2];
	ssize_t len, got = 0;
	pid_t pid;

	if (pipe(out))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		run->how(run);
		_exit(0);
	}
	close(out[1]);
	while ((len = read(out[0], run->output + got,
			   sizeof(run->output) - 1 - got)) > 0)
		got += len;
	run->output[got] = '\0';
	waitpid(pid, NULL, 0);
}

FIXTURE(exec)
{
	char *base;
	char *original;
	char *target;
	struct run *attached;
	struct run *mounted;
};

/**
 * struct _fixture_variant_exec - a program
 *
 * @how: how it is executed
 * @prog: which helper lies in NEW under the name "show"
 * @argv: what is run; "V" at the beginning stands for ORIGINAL
 * @script: what lies in NEW under the name "script", if anything; "V" after
 *	"#!" stands for ORIGINAL
 * @script2: the same, "script2"
 * @into_itself: NEW is b in ORIGINAL, which therefore exists
 * @expect: the errno that it is not executed for
 */
FIXTURE_VARIANT(exec)
{
	void (*how)(struct run *run);
	const char *prog;
	const char *argv[5];
	const char *script;
	const char *script2;
	bool into_itself;
	int expect;
};

FIXTURE_VARIANT_ADD(exec, dynamic)
{
	.how = by_execve,
	.prog = "show",
	.argv = { "V/show", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, static)
{
	.how = by_execve,
	.prog = "show_static",
	.argv = { "V/show", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, execveat)
{
	.how = by_execveat,
	.prog = "show_static",
	.argv = { "V/show", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, odd_spelling)
{
	.how = by_execve,
	.prog = "show_static",
	.argv = { "V//./show", "V/./d/..//file" },
};

FIXTURE_VARIANT_ADD(exec, A1_other_thread)
{
	.how = by_other_thread,
	.prog = "show_static",
	.argv = { "V/show", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, A1_vfork)
{
	.how = by_vfork,
	.prog = "show_static",
	.argv = { "V/show", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, script)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!/bin/sh\necho script $0 $1\ncat $1\n",
	.argv = { "V/script", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, script_with_virtual_interpreter)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!V/show option\nthe script\n",
	.argv = { "V/script" },
};

FIXTURE_VARIANT_ADD(exec, script_with_dynamic_virtual_interpreter)
{
	.how = by_execve,
	.prog = "show",
	.script = "#!V/show\nthe script\n",
	.argv = { "V/script", "x", "V/file" },
};

FIXTURE_VARIANT_ADD(exec, script_by_execveat)
{
	.how = by_execveat,
	.prog = "show_static",
	.script = "#!V/show\nthe script\n",
	.argv = { "V/script" },
};

FIXTURE_VARIANT_ADD(exec, script_by_other_thread)
{
	.how = by_other_thread,
	.prog = "show_static",
	.script = "#!V/show\nthe script\n",
	.argv = { "V/script" },
};

FIXTURE_VARIANT_ADD(exec, nested_scripts)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!V/show option\nthe inner script\n",
	.script2 = "#!V/script\nthe outer script\n",
	.argv = { "V/script2", "V/file" },
};

/* /a -> /a/b: the interpreter gets the name as it was written. */
FIXTURE_VARIANT_ADD(exec, T3_script_into_itself)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!V/show\nthe right script\n",
	.argv = { "V/script" },
	.into_itself = true,
};

FIXTURE_VARIANT_ADD(exec, T3_nested_into_itself)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!V/show option\nthe inner script\n",
	.script2 = "#!V/script\nthe right outer script\n",
	.argv = { "V/script2" },
	.into_itself = true,
};

FIXTURE_VARIANT_ADD(exec, T8_interpreter_is_a_directory)
{
	.how = by_execve,
	.prog = "show_static",
	.script = "#!V/d\n",
	.argv = { "V/script" },
	.expect = EACCES,
};

FIXTURE_VARIANT_ADD(exec, T8_not_executable)
{
	.how = by_execve,
	.prog = "show_static",
	.argv = { "V/file" },
	.expect = EACCES,
};

/* "V" at the beginning or after "#!" stands for @dir. */
static char *expand(const char *dir, const char *text)
{
	if (!strncmp(text, "#!V", 3))
		return pvt_path("#!%s%s", dir, text + 3);
	if (text[0] == 'V')
		return pvt_path("%s%s", dir, text + 1);
	return pvt_path("%s", text);
}

static void plant_in(const char *dir, const char *original, const char *name,
		     const char *text)
{
	char *path = pvt_path("%s/%s", dir, name);
	char *script = expand(original, text);

	pvt_write(path, script, 0755);
	free(script);
	free(path);
}

/* What lies in NEW and, one level deeper and different, in NEW/b. */
static void plant(const char *dir, const char *original,
		  const struct _fixture_variant_exec *variant)
{
	char *path;

	pvt_mkdir(dir);
	path = pvt_path("%s/d", dir);
	pvt_mkdir(path);
	free(path);
	path = pvt_path("%s/show", dir);
	pvt_copy(pvt_helper(variant->prog), path);
	free(path);
	path = pvt_path("%s/file", dir);
	pvt_write(path, "contents\n", 0644);
	free(path);
	if (variant->script)
		plant_in(dir, original, "script", variant->script);
	if (variant->script2)
		plant_in(dir, original, "script2", variant->script2);
}

FIXTURE_SETUP(exec)
{
	struct run *runs = pvt_shared(2 * sizeof(*runs));
	char *path;
	int i;

	self->base = pvt_tree_new();
	self->original = pvt_path("%s/a", self->base);
	self->attached = &runs[0];
	self->mounted = &runs[1];
	if (variant->into_itself) {
		/* Only b has it all; a and b/b have wrong scripts. */
		self->target = pvt_path("%s/b", self->original);
		pvt_mkdir(self->original);
		plant_in(self->original, "", "script", "#!/bin/false\n");
		plant_in(self->original, "", "script2", "#!/bin/false\n");
		plant(self->target, self->original, variant);
		path = pvt_path("%s/b", self->target);
		pvt_mkdir(path);
		plant_in(path, "", "script", "#!/bin/true\n");
		free(path);
	} else {
		self->target = pvt_path("%s/new", self->base);
		plant(self->target, self->original, variant);
	}
	for (i = 0; i < 2; i++) {
		int arg;

		runs[i].how = variant->how;
		for (arg = 0; variant->argv[arg]; arg++)
			runs[i].argv[arg] = expand(self->original,
						   variant->argv[arg]);
	}
}

FIXTURE_TEARDOWN(exec)
{
	pvt_tree_free(self->base);
}

static int run_in(enum pvt_world world, const char *original,
		  const char *target, struct run *run)
{
	const struct pvt_rule rule = { original, target };
	const struct pvt_job job = {
		.world = world,
		.rules = &rule,
		.nr = 1,
		.body = run_and_catch,
		.arg = run,
	};

	return pvt_run(&job);
}

TEST_F(exec, as_under_a_mount)
{
	ASSERT_EQ(0, run_in(PVT_ATTACHED, self->original, self->target,
			    self->attached));
	if (!variant->into_itself)
		pvt_mkdir(self->original);
	ASSERT_EQ(0, run_in(PVT_MOUNTED, self->original, self->target,
			    self->mounted));
	EXPECT_EQ(variant->expect, self->attached->err);
	EXPECT_EQ(variant->expect, self->mounted->err);
	EXPECT_EQ(!!variant->expect, !self->mounted->output[0]);
	EXPECT_STREQ(self->mounted->output, self->attached->output);

	/* Nothing that the program is told names NEW. */
	if (!variant->into_itself)
		EXPECT_EQ(NULL, strstr(self->attached->output, self->target));
}

/* ---- The ELF interpreter ---- */

/* The name that @prog says its interpreter has. */
static void read_interp(const char *prog, char *interp, size_t size)
{
	int fd = open(prog, O_RDONLY);
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	int i;

	if (fd < 0 || pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		pvt_die("cannot read %s", prog);
	interp[0] = '\0';
	for (i = 0; i < ehdr.e_phnum; i++) {
		if (pread(fd, &phdr, sizeof(phdr),
			  ehdr.e_phoff + i * sizeof(phdr)) != sizeof(phdr))
			pvt_die("cannot read %s", prog);
		if (phdr.p_type != PT_INTERP || phdr.p_filesz > size)
			continue;
		if (pread(fd, interp, phdr.p_filesz, phdr.p_offset) < 0)
			pvt_die("cannot read %s", prog);
	}
	close(fd);
}

TEST(T6_elf_interpreter_under_a_virtual_path)
{
	struct run *run = pvt_shared(sizeof(*run));
	char *base = pvt_tree_new(), *prog, *file;
	char interp[256];

	read_interp(pvt_helper("show_interp"), interp, sizeof(interp));
	ASSERT_STREQ(INTERP_ORIGINAL "/ld.so", interp);
	ASSERT_EQ(-1, access(interp, F_OK));

	prog = pvt_path("%s/show", base);
	pvt_copy(pvt_helper("show_interp"), prog);
	file = pvt_path("%s/file", base);
	pvt_write(file, "contents\n", 0644);
	read_interp("/bin/sh", interp, sizeof(interp));
	pvt_copy(interp, pvt_path("%s/ld.so", base));

	/* The program itself by a virtual name, too. */
	run->how = by_execve;
	run->argv[0] = INTERP_ORIGINAL "/show";
	run->argv[1] = INTERP_ORIGINAL "/file";
	ASSERT_EQ(0, run_in(PVT_ATTACHED, INTERP_ORIGINAL, base, run));
	EXPECT_EQ(0, run->err);
	EXPECT_STREQ("execfn " INTERP_ORIGINAL "/show\n"
		     "argv[0] " INTERP_ORIGINAL "/show\n"
		     "argv[1] " INTERP_ORIGINAL "/file\n| contents\n",
		     run->output);
	pvt_tree_free(base);
}

TEST_HARNESS_MAIN
