/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's harness, with more patience: a debug kernel in an emulated
 * machine takes minutes for what a stock one does in seconds, and a limit is
 * there for what hangs.
 */
#ifndef PV_SELFTESTS_KSELFTEST_HARNESS_H
#define PV_SELFTESTS_KSELFTEST_HARNESS_H

#include_next <kselftest_harness.h>

/* How much longer than on a machine of one's own. */
#define PVT_PATIENCE	6

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	(30 * PVT_PATIENCE)

#undef TEST_F_TIMEOUT
#define TEST_F_TIMEOUT(fixture_name, test_name, timeout)		\
	__TEST_F_IMPL(fixture_name, test_name, -1, (timeout) * PVT_PATIENCE)

#endif /* PV_SELFTESTS_KSELFTEST_HARNESS_H */
