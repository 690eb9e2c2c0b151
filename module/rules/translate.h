/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Translate: a name's way through one table, inlined where every name passes.
 */
#ifndef _PV_TRANSLATE_H
#define _PV_TRANSLATE_H

#include <linux/errno.h>
#include <linux/types.h>

#include "compat.h"
#include "rules/trie_match.h"

/* Copy by words; up to PV_COPY_SLACK bytes behind @to + @len are overwritten. */
static __always_inline void pv_copy(char *to, const char *from, size_t len)
{
	const char *end = from + len;

	for (; from < end; from += PV_WORD_SIZE) {
		put_unaligned(load_unaligned_zeropad(from),
			      (unsigned long *)to);
		to += PV_WORD_SIZE;
	}
}

/*
 * Copy a string of less than @room bytes, and look for dots.  Return its length
 * or -ENOSPC.
 */
static __always_inline ssize_t pv_copy_scan(char *to, const char *from,
					    ssize_t room, bool *dot)
{
	unsigned long word, zero;
	ssize_t len = 0;

	do {
		if (unlikely(len >= room))
			return -ENOSPC;
		word = load_unaligned_zeropad(from + len);
		put_unaligned(word, (unsigned long *)(to + len));
		zero = pv_word_zero(word);
		*dot |= pv_word_dot(word);
		len += PV_WORD_SIZE;
	} while (!zero);

	len += __ffs(zero) / 8 - PV_WORD_SIZE;
	return likely(len < room) ? len : -ENOSPC;
}

/*
 * Make @real of @rule and what ORIGINAL does not cover of a name.  That may lie
 * in @real itself, where the layer before has put it.  Return the length or
 * -ENOSPC.
 */
static __always_inline ssize_t
pv_rule_apply(const struct pv_rule *rule, const char *rest, bool in_place,
	      char *real, ssize_t size, bool *dot)
{
	ssize_t new_len = rule->new_len, len;

	if (unlikely(new_len >= size))
		return -ENOSPC;
	/* "/" is not the last component of anything, and NEW shall not be one. */
	if (unlikely(!rule->original_len) && *rest == '/' &&
	    !*pv_path_skip_noops(rest + 1))
		rest = "/.";
	if (unlikely(in_place)) {
		len = strlen(rest);
		if (new_len + len >= size)
			return -ENOSPC;
		memmove(real + new_len, rest, len + 1);
		memcpy(real, rule->new, new_len);
	} else {
		pv_copy(real, rule->new, new_len);
		len = pv_copy_scan(real + new_len, rest, size - new_len, dot);
		if (unlikely(len < 0))
			return len;
	}
	len += new_len;
	if (unlikely(!len)) {		/* the root directory */
		real[0] = '/';
		real[1] = '\0';
		len = 1;
	}
	return len;
}

/**
 * pv_translate_by - send a path through one table by one of its rules
 * @table: the table
 * @path: an absolute path, normalised
 * @in_place: as with pv_translate()
 * @real: the same
 * @size: the same
 * @match: the rule, or PV_NO_RULE
 *
 * Return: as pv_translate().
 */
static inline ssize_t pv_translate_by(const struct pv_table *table, const char *path,
				      bool in_place, char *real, ssize_t size,
				      u32 match)
{
	const struct pv_rule *rule;
	bool dot = false;

	if (match == PV_NO_RULE || table->rules[match].exception)
		return 0;
	rule = table->rules + match;
	return pv_rule_apply(rule, path + rule->original_len, in_place, real,
			     size, &dot);
}

/**
 * pv_translate - send a name through one table
 * @table: the table
 * @name: an absolute name
 * @in_place: @name lies in @real
 * @real: receives the result if a rule changed the name; %PV_COPY_SLACK bytes
 *	behind its @size may be overwritten
 * @size: the size of @real, more than one
 * @match: receives the rule that matched, or PV_NO_RULE
 * @dot: set if something in @name that was copied is a dot
 *
 * Return: the result's length; 0 if the name stays as it is; -ENOSPC if @size
 * is too small.
 */
static __always_inline ssize_t
pv_translate(const struct pv_table *table, const char *name, bool in_place,
	     char *real, ssize_t size, u32 *match, bool *dot)
{
	const struct pv_rule *rule;
	const char *rest;

	*match = pv_table_match(table, name, &rest);
	if (*match == PV_NO_RULE)
		return 0;
	rule = table->rules + *match;
	if (unlikely(rule->exception))
		return 0;
	return pv_rule_apply(rule, rest, in_place, real, size, dot);
}

/*
 * After the translation: has @name a ".." component that no rule covers?  Rules
 * have none, so only what was copied needs a look, if anything was.
 */
static __always_inline bool pv_translate_dots(const char *name, ssize_t len,
					      bool dot)
{
	if (len > 0)
		return unlikely(dot) && pv_path_dots(name);
	return pv_path_scan(name);
}

#endif /* _PV_TRANSLATE_H */
