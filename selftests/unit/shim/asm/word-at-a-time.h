/* SPDX-License-Identifier: GPL-2.0 */
/* A load that, unlike the kernel's, touches nothing behind the end of a string. */
#include "../kernel.h"

static inline unsigned long load_unaligned_zeropad(const void *addr)
{
	const unsigned char *byte = addr;
	unsigned long word = 0;
	unsigned int i;

	for (i = 0; i < sizeof(word); i++) {
		word |= (unsigned long)byte[i] << (8 * i);
		if (!byte[i])
			break;
	}
	return word;
}
