/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CAPS_H
#define CAPS_H

#include <stdbool.h>

/* Do we have CAP_... @capability, and may use it? */
bool caps_have(int capability);

#endif /* CAPS_H */
