// SPDX-License-Identifier: GPL-2.0
/*
 * The text forms of rules: what libpathvirt accepts, what it makes of it, and
 * what it says of the rest.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/libpathvirt.h"

static unsigned int tests, failures;

static void report(bool passed, const char *what, const char *detail)
{
	tests++;
	failures += !passed;
	printf("%sok %u %s\n", passed ? "" : "not ", tests, what);
	if (!passed)
		printf("# got: %s\n", detail);
}

/* All rules in one string: "/a -> /b | /c -> /d". */
static const char *list(const struct pv_rules *rules)
{
	static char text[16 * PATH_MAX];
	size_t i, at = 0;

	text[0] = '\0';
	for (i = 0; i < pv_rules_count(rules); i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s -> %s",
			       i ? " | " : "", pv_rules_original(rules, i),
			       pv_rules_target(rules, i));
	return text;
}

enum form { RULE, MAPPING, FILE_TEXT };

static int parse(struct pv_rules *rules, enum form form, const char *text,
		 size_t length)
{
	FILE *stream;
	int err;

	if (form == RULE)
		return pv_rules_parse(rules, text);
	if (form == MAPPING)
		return pv_rules_parse_mapping(rules, text);
	stream = length ? fmemopen((void *)text, length, "r") :
			  fopen("/dev/null", "r");
	err = pv_rules_read(rules, stream, "file");
	fclose(stream);
	return err;
}

/*
 * @expected: the rules, as list() prints them, if @err is 0; otherwise what is
 * part of the message
 */
struct example {
	const char *what;
	enum form form;
	const char *text;
	int err;
	const char *expected;
};

static const struct example examples[] = {
	{ "a rule", RULE, "/a=/b", 0, "/a -> /b" },
	{ "the root", RULE, "/=/b", 0, "/ -> /b" },
	{ "the root, spelled long", RULE, "//.//=/b", 0, "/ -> /b" },
	{ "a trailing slash", RULE, "/a/=/b//", 0, "/a -> /b" },
	{ "slashes and dots inside", RULE, "//a//./b=/./c/.", 0, "/a/b -> /c" },
	{ "dots that are names", RULE, "/a..b/...=/.c", 0, "/a..b/... -> /.c" },
	{ "an escaped =", RULE, "/a\\=b=/c\\=/d", 0, "/a=b -> /c=/d" },
	{ "a = in NEW", RULE, "/a=/b=c", 0, "/a -> /b=c" },
	{ "an escaped :", RULE, "/a\\:b=/c", 0, "/a:b -> /c" },
	{ "a bare :", RULE, "/a:b=/c", 0, "/a:b -> /c" },
	{ "an escaped backslash", RULE, "/a\\\\=/c", 0, "/a\\ -> /c" },
	{ "another backslash", RULE, "/a\\b\\=/c", -EINVAL, "has no \"=\"" },
	{ "a backslash that escapes nothing", RULE, "/a\\b=/c\\", 0,
	  "/a\\b -> /c\\" },
	{ "octal digits", RULE, "/a\\040\\075\\377=/b", 0,
	  "/a =\377 -> /b" },
	{ "too few octal digits", RULE, "/a\\04=/b", 0, "/a\\04 -> /b" },
	{ "too large an octal number", RULE, "/a\\400=/b", 0,
	  "/a\\400 -> /b" },
	{ "an escaped slash divides all the same", RULE, "/a\\057b=/c", 0,
	  "/a/b -> /c" },
	{ "an escaped ..", RULE, "/a/\\056\\056=/c", -EINVAL, "\"..\"" },
	{ "a NUL", RULE, "/a\\000=/c", -EINVAL, "\\000" },
	{ "blanks belong to a rule", RULE, "/a =/ b", 0, "/a  -> / b" },
	{ "no =", RULE, "/a", -EINVAL, "\"/a\" has no \"=\"" },
	{ "only an escaped =", RULE, "/a\\=/b", -EINVAL, "has no \"=\"" },
	{ "two =", RULE, "/a=/b=/c", -EINVAL, "has two \"=\"" },
	{ "nothing", RULE, "", -EINVAL, "has no \"=\"" },
	{ "only =", RULE, "=", -EINVAL, "ORIGINAL is empty" },
	{ "an empty NEW", RULE, "/a=", -EINVAL, "NEW is empty" },
	{ "a relative ORIGINAL", RULE, "a=/b", -EINVAL,
	  "ORIGINAL \"a\" is relative" },
	{ "a relative NEW", RULE, "/a=b", -EINVAL, "NEW \"b\" is relative" },
	{ "..", RULE, "/a=/b/../c", -EINVAL, "NEW \"/b/../c\" has a \"..\"" },
	{ "a trailing ..", RULE, "/a/..=/b", -EINVAL, "has a \"..\"" },

	{ "a mapping", MAPPING, "/a:/b;/c:/d", 0, "/a -> /b | /c -> /d" },
	{ "a mapping with an end", MAPPING, ";/a:/b;;", 0, "/a -> /b" },
	{ "an empty mapping", MAPPING, "", 0, "" },
	{ "a mapping with escapes", MAPPING, "/a\\:b\\;:/c=d", 0,
	  "/a:b; -> /c=d" },
	{ "half a pair", MAPPING, "/a:/b;/c", -EINVAL,
	  "\"/c\" is not old:new" },
	{ "three in a pair", MAPPING, "/a:/b:/c", -EINVAL, "not old:new" },
	{ "a relative path in a mapping", MAPPING, "/a:b", -EINVAL,
	  "NEW \"b\" is relative" },

	{ "an empty file", FILE_TEXT, "", 0, "" },
	{ "a file without the last newline", FILE_TEXT, "/a=/b\n/c=/d", 0,
	  "/a -> /b | /c -> /d" },
	{ "empty lines and comments", FILE_TEXT,
	  "# c\n\n  # c\n \t\n/a=/b # c\n/c=/d\t#\n", 0,
	  "/a -> /b | /c -> /d" },
	{ "a # in a name", FILE_TEXT, "/a#b=/c#\n/d\\ #e=/f \\#\n", 0,
	  "/a#b -> /c# | /d #e -> /f #" },
	{ "carriage returns", FILE_TEXT, "/a=/b\r\n\r\n/c=/d\r\n", 0,
	  "/a -> /b | /c -> /d" },
	{ "blanks around and inside", FILE_TEXT, " \t/a b=/c  d \t\n", 0,
	  "/a b -> /c  d" },
	{ "an escaped blank at the end", FILE_TEXT, "/a=/b\\  \n", 0,
	  "/a -> /b " },
	{ "an octal blank at the end", FILE_TEXT, "/a=/b\\040\n", 0,
	  "/a -> /b " },
	{ "odd bytes", FILE_TEXT, "/\xff\x01=/\x80\n", 0,
	  "/\xff\x01 -> /\x80" },
	{ "the number of a bad line", FILE_TEXT, "#\n\n/a=/b\n/c\n/d=/e\n",
	  -EINVAL, "file:4: \"/c\" has no \"=\"" },
	{ "a bad path in a file", FILE_TEXT, "/a=b\n", -EINVAL,
	  "file:1: NEW \"b\" is relative" },

	/* With PVT_V=/v/=x and PVT_EMPTY empty, and SLURM_JOB_ID=77: see main(). */
	{ "a variable", FILE_TEXT, "/a/$PVT_V/b=/c${PVT_V}d\n", 0,
	  "/a/v/=x/b -> /c/v/=xd" },
	{ "doubled", FILE_TEXT, "/a%%b$$c=/d\n", 0, "/a%b$c -> /d" },
	{ "a job", FILE_TEXT, "/a=/tmp/%j\n", 0, "/a -> /tmp/77" },
	{ "numbers stand for nothing", FILE_TEXT, "/a\\045u=/b\\044PVT_V\n", 0,
	  "/a%u -> /b$PVT_V" },
	{ "in a comment", FILE_TEXT, "/a=/b # %x $\n", 0, "/a -> /b" },
	{ "not in a rule", RULE, "/a%u=/b$PVT_V", 0, "/a%u -> /b$PVT_V" },
	{ "a letter that stands for nothing", FILE_TEXT, "/a=/b\n/c%z=/d\n", -EINVAL,
	  "file:2: \"%z\" stands for nothing" },
	{ "a % at the end", FILE_TEXT, "/a=/b%\n", -EINVAL, "stands for nothing" },
	{ "a variable that is not set", FILE_TEXT, "/a=/b/$PVT_NONE/c\n", -EINVAL,
	  "PVT_NONE is not set" },
	{ "a variable that is empty", FILE_TEXT, "/a=/$PVT_EMPTY\n", -EINVAL,
	  "PVT_EMPTY is not set, or empty" },
	{ "no variable", FILE_TEXT, "/a=/b$/c\n", -EINVAL, "\"$$\"" },
	{ "a brace that is open", FILE_TEXT, "/a=/b${PVT_V\n", -EINVAL, "\"$$\"" },
};

static void test_example(const struct example *example)
{
	struct pv_rules *rules = pv_rules_new();
	const char *got;
	bool passed;
	int err;

	err = parse(rules, example->form, example->text,
		    strlen(example->text));
	got = err ? pv_rules_error(rules) : list(rules);
	if (err)
		passed = strstr(got, example->expected) &&
			 !pv_rules_count(rules);
	else
		passed = !strcmp(got, example->expected);
	report(passed && err == example->err, example->what, got);
	pv_rules_free(rules);
}

struct pair {
	const char *what;
	const char *originals;
	const char *targets;
	int err;
	const char *expected;
};

static const struct pair pairs[] = {
	{ "lists of one", "/a", "/x", 0, "/a -> /x" },
	{ "lists of two", "/a:/b", "/x:/y", 0, "/a -> /x | /b -> /y" },
	{ "an escaped : in a list", "/a\\:b", "/x", 0, "/a:b -> /x" },
	{ "an exception in front", "/h/c:/h", "/h/c:/g", 0,
	  "/h/c -> /h/c | /h -> /g" },
	{ "lists of different length", "/a:/b:/c", "/x:/y", -EINVAL,
	  "3 original paths (/a:/b:/c) but 2 new ones (/x:/y)" },
	{ "an empty place", "/a:", "/x:/y", -EINVAL, "ORIGINAL is empty" },
	{ "empty lists", "", "", -EINVAL, "ORIGINAL is empty" },
	{ "a bad last path", "/a:/b", "/x:y", -EINVAL, "NEW \"y\"" },
};

static void test_pair(const struct pair *pair)
{
	struct pv_rules *rules = pv_rules_new();
	const char *got;
	int err;

	err = pv_rules_parse_lists(rules, pair->originals, pair->targets);
	got = err ? pv_rules_error(rules) : list(rules);
	report(err == pair->err && strstr(got, pair->expected) &&
	       (!err || !pv_rules_count(rules)), pair->what, got);
	pv_rules_free(rules);
}

static void test_length(size_t length, int expected, const char *what)
{
	struct pv_rules *rules = pv_rules_new();
	char path[2 * PATH_MAX];
	int err;

	memset(path, 'a', length);
	path[0] = '/';
	path[length] = '\0';
	err = pv_rules_add(rules, "/a", path);
	report(err == expected, what, pv_rules_error(rules));
	pv_rules_free(rules);
}

/* What is escaped comes back, alone and in a map file. */
static void test_escape(void)
{
	struct pv_rules *rules = pv_rules_new(), *again = pv_rules_new();
	char path[] = "/ a?#b ", line[256], *escaped;
	bool passed = true;
	int c;

	for (c = 1; c < 256; c++) {
		if (c == '/')
			continue;
		path[3] = c;
		escaped = pv_path_escape(path);
		snprintf(line, sizeof(line), "%s=%s\n", escaped, escaped);
		free(escaped);
		passed &= !parse(rules, FILE_TEXT, line, strlen(line));
		line[strlen(line) - 1] = '\0';
		passed &= !parse(again, RULE, line, 0);
		passed &= pv_rules_count(rules) == pv_rules_count(again) &&
			  pv_rules_count(rules) &&
			  !strcmp(pv_rules_original(rules, pv_rules_count(rules) - 1), path) &&
			  !strcmp(pv_rules_target(again, pv_rules_count(again) - 1), path);
	}
	report(passed, "every byte survives escape and parse",
	       pv_rules_error(rules));
	pv_rules_free(rules);
	pv_rules_free(again);
}

static void test_failure_keeps(void)
{
	static const char text[] = "/c=/d\n/e=f\n";
	struct pv_rules *rules = pv_rules_new();
	bool passed;

	passed = !pv_rules_parse(rules, "/a=/b") &&
		 parse(rules, FILE_TEXT, text, strlen(text)) == -EINVAL &&
		 pv_rules_parse_mapping(rules, "/c:/d;e:/f") == -EINVAL &&
		 pv_rules_parse_lists(rules, "/c:/d", "/e:f") == -EINVAL &&
		 !strcmp(list(rules), "/a -> /b");
	report(passed, "what fails leaves the list as it was", list(rules));
	pv_rules_free(rules);
}

static void test_nul_in_file(void)
{
	static const char text[] = "/a=/b\0c\n";
	struct pv_rules *rules = pv_rules_new();
	int err = parse(rules, FILE_TEXT, text, sizeof(text) - 1);

	report(err == -EINVAL && strstr(pv_rules_error(rules), "file:1:"),
	       "a NUL byte in a file", pv_rules_error(rules));
	pv_rules_free(rules);
}

static void test_one_line(void)
{
	struct pv_rules *rules = pv_rules_new();

	pv_rules_parse(rules, "a\nb=/c");
	report(strstr(pv_rules_error(rules), "a\\012b") &&
	       !strchr(pv_rules_error(rules), '\n'),
	       "a message is one line", pv_rules_error(rules));
	pv_rules_free(rules);
}

/* Knows %u and $HOME, and that $PVT_NONE is empty. */
static char *of_another(const char *name, void *arg)
{
	errno = ENOENT;
	if (!strcmp(name, "%u"))
		return strdup(arg);
	if (!strcmp(name, "%x")) {
		errno = EINVAL;
		return NULL;
	}
	if (!strcmp(name, "$HOME"))
		return strdup("/home/him=#");
	return strcmp(name, "$PVT_NONE") ? NULL : strdup("");
}

/* Neither his environment nor his name is ours, whatever ours has. */
static void test_of_another(void)
{
	static const char * const unknown[] = {
		"/a=/%U", "/a=/%h", "/a=/%j", "/a=/$PVT_V", "/a=/$PVT_NONE",
	};
	struct pv_rules *rules = pv_rules_new();
	size_t i;

	pv_rules_set_variables(rules, of_another, "him");
	report(!pv_rules_expand(rules, "/a/%u=${HOME}/%%") &&
	       !strcmp(list(rules), "/a/him -> /home/him=#/%"),
	       "variables of another", list(rules));
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		report(pv_rules_expand(rules, unknown[i]) == -EINVAL &&
		       pv_rules_count(rules) == 1, unknown[i], list(rules));
	report(pv_rules_expand(rules, "/a=/%x") == -EINVAL &&
	       strstr(pv_rules_error(rules), "%x stands for cannot be part"),
	       "a value that is no component", pv_rules_error(rules));
	pv_rules_set_variables(rules, NULL, NULL);
	report(!pv_rules_expand(rules, "/a=/$PVT_V") && pv_rules_count(rules) == 2,
	       "and ours again", pv_rules_error(rules));
	pv_rules_free(rules);
}

struct environment {
	const char *what;
	const char *mapping;
	const char *originals;
	const char *targets;
	int err;
	const char *expected;
};

static const struct environment environments[] = {
	{ "no variable", NULL, NULL, NULL, 0, "" },
	{ "empty variables", "", "", "", 0, "" },
	{ "originals alone", NULL, "/a", NULL, 0, "" },
	{ "new ones alone", NULL, NULL, "/x", -EINVAL, "is set but" },
	{ "both lists", NULL, "/a:/b", "/x:/y", 0, "/a -> /x | /b -> /y" },
	{ "lists of unequal length", NULL, "/a:/b", "/x", -EINVAL,
	  "DMTCP_NEW_PATH_PREFIX: 2 original" },
	{ "the mapping comes first", "/m:/n", "/a", "/x", 0,
	  "/m -> /n | /a -> /x" },
	{ "a bad mapping", "/m", "/a", "/x", -EINVAL, "DMTCP_PATH_MAPPING: " },
};

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void test_environment(const struct environment *env)
{
	struct pv_rules *rules = pv_rules_new();
	const char *got;
	int err;

	set("DMTCP_PATH_MAPPING", env->mapping);
	set("DMTCP_ORIGINAL_PATH_PREFIX", env->originals);
	set("DMTCP_NEW_PATH_PREFIX", env->targets);
	err = pv_rules_environ(rules);
	got = err ? pv_rules_error(rules) : list(rules);
	report(err == env->err && (err ? !!strstr(got, env->expected) :
				   !strcmp(got, env->expected)),
	       env->what, got);
	pv_rules_free(rules);
}

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	size_t i;

	setenv("PVT_V", "/v/=x", 1);
	setenv("PVT_EMPTY", "", 1);
	setenv("SLURM_JOB_ID", "77", 1);
	puts("TAP version 13");
	for (i = 0; i < COUNT(examples); i++)
		test_example(&examples[i]);
	for (i = 0; i < COUNT(pairs); i++)
		test_pair(&pairs[i]);
	test_length(PATH_MAX - 1, 0, "the longest path");
	test_length(PATH_MAX, -ENAMETOOLONG, "a path too long by one");
	test_escape();
	test_failure_keeps();
	test_nul_in_file();
	test_one_line();
	test_of_another();
	for (i = 0; i < COUNT(environments); i++)
		test_environment(&environments[i]);
	printf("1..%u\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
