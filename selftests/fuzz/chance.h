/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chance that can be had again: the same seed gives the same numbers everywhere,
 * whatever other threads do.
 */
#ifndef PV_SELFTESTS_FUZZ_CHANCE_H
#define PV_SELFTESTS_FUZZ_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COUNT_OF(array)	(sizeof(array) / sizeof((array)[0]))

/* struct chance - a source of numbers (xorshift64*) */
struct chance {
	uint64_t state;
};

static inline void chance_seed(struct chance *chance, uint64_t seed,
			       uint64_t stream)
{
	chance->state = (seed + 1) * 0x9e3779b97f4a7c15 ^
			(stream + 1) * 0xbf58476d1ce4e5b9;
	chance->state |= !chance->state;
}

static inline uint32_t chance_next(struct chance *chance)
{
	uint64_t state = chance->state;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	chance->state = state;
	return state * 0x2545f4914f6cdd1d >> 32;
}

/* 0 to @below - 1; 0 if that is none. */
static inline uint32_t chance_below(struct chance *chance, uint32_t below)
{
	uint32_t number = chance_next(chance);

	return below ? number % below : 0;
}

/* True once in @times. */
static inline bool once_in(struct chance *chance, uint32_t times)
{
	return !chance_below(chance, times);
}

static inline void chance_fill(struct chance *chance, void *to, size_t size)
{
	uint8_t *byte = to;

	while (size--)
		*byte++ = chance_next(chance);
}

#define PICK(chance, array)	((array)[chance_below(chance, COUNT_OF(array))])

/* Numbers that mean something to somebody. */
static inline uint32_t chance_odd(struct chance *chance)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 127, 128, 255, 256,
		4094, 4095, 4096, 4097, 32767, 32768, 65532, 65535, 65536,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	return once_in(chance, 4) ? chance_next(chance) : PICK(chance, odd);
}

#endif /* PV_SELFTESTS_FUZZ_CHANCE_H */
