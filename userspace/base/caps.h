/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CAPS_H
#define BASE_CAPS_H

#include <stdbool.h>

/* Do we have CAP_... @capability, and may use it? */
bool caps_have(int capability);

#endif /* BASE_CAPS_H */
