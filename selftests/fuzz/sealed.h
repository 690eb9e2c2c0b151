/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_SEALED_H
#define FUZZ_SEALED_H

#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Files of ours carry a sum of themselves, which no fuzzer finds: it is put right here. */

#define SEALED_SUM	(SHA256_DIGEST_STRING_LENGTH - 1)

static inline void sealed_sum(const char *text, size_t length, char *at)
{
	char sum[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, length, sum);
	memcpy(at, sum, SEALED_SUM);
}

/* A copy of @data with a 0 behind, for free(), in which the first "sha256" is right. */
static inline char *sealed_copy(const uint8_t *data, size_t size)
{
	static const char member[] = "\"sha256\": \"";
	char *text = malloc(size + 1), *at;

	memcpy(text, data, size);
	text[size] = '\0';
	at = strstr(text, member);
	if (at && strlen(at) >= sizeof(member) + SEALED_SUM) {
		at += sizeof(member) - 1;
		memset(at, '0', SEALED_SUM);
		sealed_sum(text, size, at);
	}
	return text;
}

#endif /* FUZZ_SEALED_H */
