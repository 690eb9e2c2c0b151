/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What direct calls ask of the architecture: the instructions of pv_direct_entry(),
 * for hook/direct.c, which says what they are to do.
 *
 * pv_arch_direct_text(factor, shift, sites)
 *	Puts them into the section .text.pathvirt; never called.  @factor and @shift
 *	lead from a signal_struct to its bucket in pv_attached, see hook/attached.h;
 *	@sites is how many there are in pv_targets and pv_handlers.
 */
#ifndef _PV_ARCH_DIRECT_H
#define _PV_ARCH_DIRECT_H

#if defined(CONFIG_X86_64)
#include "arch/x86/direct.h"
#elif defined(CONFIG_ARM64)
#include "arch/arm64/direct.h"
#else
#error "pathvirt has no direct call for this architecture"
#endif

#endif /* _PV_ARCH_DIRECT_H */
