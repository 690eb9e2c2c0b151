/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/*
 * struct nearest - which word was meant
 *
 * @word: what was typed
 * @length: how much of it counts
 * @best: the nearest of those tried, or NULL; one of the caller's
 * @distance: how many letters make the difference
 */
struct nearest {
	const char *word;
	size_t length;
	const char *best;
	size_t distance;
};

/* Begin with @length bytes of @word, then try words with nearest_try(). */
void nearest_begin(struct nearest *nearest, const char *word, size_t length);
void nearest_try(struct nearest *nearest, const char *word);

/*
 * "; did you mean @prefix and the nearest word?", or "" if none is near.  Valid until the
 * next call.
 */
const char *nearest_advice(const struct nearest *nearest, const char *prefix);

#endif /* BASE_NEAREST_H */
