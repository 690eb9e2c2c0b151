// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ways to spell rules as text: ORIGINAL=NEW, two colon lists, DMTCP's
 * mapping, and the variables of the environment that hold the latter two.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/escape.h"
#include "libpathvirt/rules.h"

/* Append the rule whose two halves are spelled at @original and @target. */
static int add_spelled(struct pv_rules *rules, const char *original,
		       size_t original_length, const char *target,
		       size_t target_length)
{
	char *one = pv_escape_decode(original, original_length);
	char *two = one ? pv_escape_decode(target, target_length) : NULL;
	int err;

	if (two)
		err = pv_rules_add(rules, one, two);
	else if (errno == EINVAL)
		err = pv_fault_set(&rules->fault, -EINVAL,
				   "\\000 stands for no byte of a path");
	else
		err = pv_fault_set(&rules->fault, -ENOMEM, "out of memory");
	free(one);
	free(two);
	return err;
}

/* A "=" in NEW is taken as it is, unless it could as well be the divider. */
static bool is_ambiguous(const char *target, size_t length)
{
	size_t at;

	for (at = 0; at < length; at++) {
		at += pv_escape_find(target + at, length - at, '=');
		if (at + 1 < length && target[at + 1] == '/')
			return true;
	}
	return false;
}

/* Is it a union?  Then *@text is what comes behind the word, which no path begins with. */
static bool skip_under(const char **text, size_t *length)
{
	const char *p = *text, *end = p + *length;

	if (*length < 6 || memcmp(p, "under", 5) || (p[5] != ' ' && p[5] != '\t'))
		return false;
	for (p += 5; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	*length = end - p;
	*text = p;
	return true;
}

static int parse_pair(struct pv_rules *rules, const char *text, size_t length)
{
	size_t divider = pv_escape_find(text, length, '=');
	const char *target = text + divider + 1;
	int quoted = length < PATH_MAX ? (int)length : PATH_MAX;

	if (divider == length)
		return pv_fault_set(&rules->fault, -EINVAL,
				    "\"%.*s\" has no \"=\": write ORIGINAL=NEW",
				    quoted, text);
	if (is_ambiguous(target, length - divider - 1))
		return pv_fault_set(&rules->fault, -EINVAL,
				    "\"%.*s\" has two \"=\": write \\= for one that is part of a path",
				    quoted, text);
	return add_spelled(rules, text, divider, target, length - divider - 1);
}

int pv_rules_parse_line(struct pv_rules *rules, const char *text,
			size_t length)
{
	bool under = skip_under(&text, &length);
	int err = parse_pair(rules, text, length);

	if (!err)
		pv_rules_set_under(rules, rules->count - 1, under);
	return err;
}

int pv_rules_parse(struct pv_rules *rules, const char *text)
{
	return pv_rules_parse_line(rules, text, strlen(text));
}

static size_t list_length(const char *list)
{
	size_t count = 1, length = strlen(list), at;

	for (at = 0; at < length; at++) {
		at += pv_escape_find(list + at, length - at, ':');
		count += at < length;
	}
	return count;
}

int pv_rules_parse_lists(struct pv_rules *rules, const char *originals,
			 const char *targets)
{
	size_t count = list_length(originals), others = list_length(targets);
	size_t one_left = strlen(originals), two_left = strlen(targets);
	size_t before = rules->count;

	if (count != others)
		return pv_fault_set(&rules->fault, -EINVAL,
				    "%zu original paths (%s) but %zu new ones (%s): give as many of each",
				    count, originals, others, targets);
	while (count--) {
		size_t one = pv_escape_find(originals, one_left, ':');
		size_t two = pv_escape_find(targets, two_left, ':');
		int err = add_spelled(rules, originals, one, targets, two);

		if (err) {
			pv_rules_truncate(rules, before);
			return err;
		}
		originals += one + 1;
		one_left -= count ? one + 1 : one;
		targets += two + 1;
		two_left -= count ? two + 1 : two;
	}
	return 0;
}

/* One old:new of a mapping. */
static int add_pair(struct pv_rules *rules, const char *text, size_t length)
{
	bool under = skip_under(&text, &length);
	size_t divider = pv_escape_find(text, length, ':');
	const char *target = text + divider + 1;
	size_t rest = length - divider - 1;
	int err;

	if (divider == length || pv_escape_find(target, rest, ':') != rest)
		return pv_fault_set(&rules->fault, -EINVAL,
				    "\"%.*s\" is not old:new",
				    length < PATH_MAX ? (int)length : PATH_MAX,
				    text);
	err = add_spelled(rules, text, divider, target, rest);
	if (!err)
		pv_rules_set_under(rules, rules->count - 1, under);
	return err;
}

int pv_rules_parse_mapping(struct pv_rules *rules, const char *text)
{
	size_t before = rules->count, left = strlen(text), length, step;
	int err;

	for (; left; text += step, left -= step) {
		length = pv_escape_find(text, left, ';');
		step = length < left ? length + 1 : length;
		if (!length)
			continue;
		err = add_pair(rules, text, length);
		if (err) {
			pv_rules_truncate(rules, before);
			return err;
		}
	}
	return 0;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int add_prefixes(struct pv_rules *rules)
{
	const char *originals = variable("DMTCP_ORIGINAL_PATH_PREFIX");
	const char *targets = variable("DMTCP_NEW_PATH_PREFIX");
	int err;

	if (!targets)
		return 0;
	if (!originals)
		return pv_fault_set(&rules->fault, -EINVAL,
				    "DMTCP_NEW_PATH_PREFIX is set but DMTCP_ORIGINAL_PATH_PREFIX is not: set both or none");
	err = pv_rules_parse_lists(rules, originals, targets);
	if (err)
		pv_fault_prefix(&rules->fault, err,
				"DMTCP_ORIGINAL_PATH_PREFIX and DMTCP_NEW_PATH_PREFIX: ");
	return err;
}

int pv_rules_environ(struct pv_rules *rules)
{
	const char *mapping = variable("DMTCP_PATH_MAPPING");
	size_t before = rules->count;
	int err = 0;

	if (mapping) {
		err = pv_rules_parse_mapping(rules, mapping);
		if (err)
			pv_fault_prefix(&rules->fault, err,
					"DMTCP_PATH_MAPPING: ");
	}
	if (!err)
		err = add_prefixes(rules);
	if (err)
		pv_rules_truncate(rules, before);
	return err;
}
