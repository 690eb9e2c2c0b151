// SPDX-License-Identifier: GPL-2.0
/*
 * Signals that ask us to end.
 */
#include <signal.h>
#include <stddef.h>

#include "base/interrupt.h"

static volatile sig_atomic_t came;

static void note(int signal)
{
	came = signal;
}

/* What is ignored, as nohup does, stays so. */
void interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note }, before;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

bool interrupted(void)
{
	return came;
}
