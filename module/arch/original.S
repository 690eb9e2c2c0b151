/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What calls past a hook ask of the architecture.
 *
 * PV_ORIGINAL name, target
 *	Defines the function @name, which goes on at pv_targets[@target] with all that
 *	its caller has handed to it, and returns from there to its caller.
 */
#ifndef _PV_ARCH_ORIGINAL_H
#define _PV_ARCH_ORIGINAL_H

#if defined(CONFIG_X86_64)
#include "arch/x86/original.S"
#elif defined(CONFIG_ARM64)
#include "arch/arm64/original.S"
#else
#error "pathvirt knows no way past a hook on this architecture"
#endif

#endif /* _PV_ARCH_ORIGINAL_H */
