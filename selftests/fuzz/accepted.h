/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_ACCEPTED_H
#define FUZZ_ACCEPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each fuzzer of a parser of userspace/ is one file with these two.  Besides being fuzzed it
 * is run on its corpus by unit/run_corpus.c, which looks at @fuzz_accepted: the parser has
 * taken the last input.
 */
extern bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_ACCEPTED_H */
