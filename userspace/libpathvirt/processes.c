// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The list of attached processes.
 */
#include <errno.h>
#include <stdlib.h>

#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"

/* struct list - the processes of one dump; @process has room for @room */
struct list {
	struct pv_process *process;
	size_t count;
	size_t room;
};

static uint32_t number(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static struct pv_process *list_grow(struct list *list)
{
	struct pv_process *process;
	size_t room;

	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 64;
		process = reallocarray(list->process, room, sizeof(*process));
		if (!process)
			return NULL;
		list->process = process;
		list->room = room;
	}
	return &list->process[list->count++];
}

static int read_process(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1];
	struct pv_process *process;

	if (pv_policy_parse(header, tb) || !tb[PATHVIRT_A_PID])
		return -EBADMSG;
	process = list_grow(arg);
	if (!process)
		return -ENOMEM;
	process->pid = nla_get_u32(tb[PATHVIRT_A_PID]);
	process->layers = number(tb[PATHVIRT_A_LAYERS]);
	process->rules = number(tb[PATHVIRT_A_RULES]);
	process->own = tb[PATHVIRT_A_OWN];
	return 0;
}

static int compare(const void *one, const void *two)
{
	const struct pv_process *a = one, *b = two;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int attempt(struct pv *pv, struct list *list)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_GET, NLM_F_DUMP);

	if (!msg)
		return -ENOMEM;
	list->count = 0;
	return pv_request_run(pv, msg, read_process, list);
}

int pv_list(struct pv *pv, pv_process_fn each, void *arg)
{
	int attempts = PV_REQUEST_ATTEMPTS;
	struct list list = { 0 };
	size_t i;
	int err;

	do
		err = attempt(pv, &list);
	while (err == PV_REQUEST_INTERRUPTED && --attempts);
	if (err == PV_REQUEST_INTERRUPTED)
		err = 0;

	if (list.count)
		qsort(list.process, list.count, sizeof(*list.process), compare);
	for (i = 0; !err && i < list.count; i++)
		err = each(&list.process[i], arg);
	free(list.process);
	return err;
}
