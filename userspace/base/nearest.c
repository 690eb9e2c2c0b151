// SPDX-License-Identifier: GPL-2.0
/*
 * The word that was meant where another one was typed.
 */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

#define LONGEST	32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters are to be put in, left out, replaced, or swapped with the next, to make
 * one of the other.
 */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][LONGEST + 1], *last = rows[0], *row = rows[1], *before = rows[2];
	size_t i, j, *spare;

	for (j = 0; j <= b_length; j++)
		row[j] = j;
	for (i = 1; i <= a_length; i++) {
		spare = last;
		last = before;
		before = row;
		row = spare;
		row[0] = i;
		for (j = 1; j <= b_length; j++) {
			row[j] = least(least(before[j], row[j - 1]) + 1,
				       before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], last[j - 2] + 1);
		}
	}
	return row[b_length];
}

void nearest_begin(struct nearest *nearest, const char *word, size_t length)
{
	*nearest = (struct nearest){ .word = word, .length = length };
}

/* What is typed only half is nearer than what is typed wrong. */
void nearest_try(struct nearest *nearest, const char *word)
{
	size_t length = strlen(word), far;

	if (!nearest->length || nearest->length > LONGEST || length > LONGEST)
		return;
	if (!strncmp(word, nearest->word, nearest->length))
		far = 0;
	else
		far = distance(nearest->word, nearest->length, word, length);
	/* Of a short word little may be wrong. */
	if (far > 2 || far * 2 >= nearest->length ||
	    (nearest->best && far >= nearest->distance))
		return;
	nearest->best = word;
	nearest->distance = far;
}

const char *nearest_advice(const struct nearest *nearest, const char *prefix)
{
	static char advice[2 * LONGEST + 32];

	if (!nearest->best)
		return "";
	snprintf(advice, sizeof(advice), "; did you mean %s%s?", prefix,
		 nearest->best);
	return advice;
}
