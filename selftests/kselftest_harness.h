/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's harness, with more patience: a debug kernel in an emulated
 * machine takes minutes for what a stock one does in seconds, and a limit is
 * there for what hangs.
 */
#ifndef PV_SELFTESTS_KSELFTEST_HARNESS_H
#define PV_SELFTESTS_KSELFTEST_HARNESS_H

#include_next <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	180

#endif /* PV_SELFTESTS_KSELFTEST_HARNESS_H */
