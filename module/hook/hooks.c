// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks.
 *
 * Every site is a function of the kernel whose calls are sent, for attached
 * processes only, to a handler with the same arguments.  The handler runs in the
 * place of the function, in the context of its caller, and may sleep; to get at
 * the function it calls pv_original_x().
 *
 * There are three ways to hook a site: by a direct call of ftrace's (direct.c),
 * which costs a bystander least but has room for one user a function; by ftrace
 * proper; and by a kprobe, which rides on ftrace where the architecture lets it.
 * What changes the instruction pointer by ftrace declares IPMODIFY and does not mix
 * with a live patch of the same function.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "arch/hook.h"
#include "compat.h"
#include "hook/attached.h"
#include "hook/direct.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "hook/targets.h"

static char *hook = "auto";
module_param(hook, charp, 0444);
MODULE_PARM_DESC(hook, "Which way names are taken: auto, walk (symbolic links on the way as well) or name (default auto: walk where it works)");

static char *probe = "auto";
module_param(probe, charp, 0444);
MODULE_PARM_DESC(probe, "How a function is hooked: auto, direct, ftrace or kprobe (default auto: the first of these that works)");

static char *without = "";
module_param(without, charp, 0444);
MODULE_PARM_DESC(without, "For tests: a function that takes names into a walk and is not to be hooked, so that its names are not translated (default none)");

/* What is hooked: handed in when the module is loaded. */
static struct pv_site *pv_sites __ro_after_init;
static unsigned int pv_nr_sites __ro_after_init;
static struct pv_event_site *pv_event_sites __ro_after_init;
static unsigned int pv_nr_event_sites __ro_after_init;

/* Functions that are only called. */
static const char * const pv_functions[PV_NR_TARGETS] __initconst = {
	[PV_FUNC_PTRACE] = "ptrace_may_access",
	[PV_FUNC_PIDFD]	 = "pidfd_pid",
	[PV_FUNC_OPEN_ROOT] = "do_file_open_root",
	[PV_FUNC_PATH_LINK] = PV_SYMBOL_PATH_LINK,
	[PV_FUNC_AUDIT_INODE] = PV_SYMBOL_AUDIT_INODE,
	[PV_FUNC_PUT_STACK] = "put_task_stack",
	[PV_FUNC_ABSOLUTE_PATH] = "d_absolute_path",
	[PV_FUNC_FROM_MNT_NS] = "from_mnt_ns",
	[PV_FUNC_SB_MOUNT] = PV_SYMBOL_SB_MOUNT,
};

/* How sites are hooked, the preferred way first. */
enum pv_probe {
	PV_PROBE_DIRECT,
	PV_PROBE_FTRACE,
	PV_PROBE_KPROBE,
	PV_PROBE_NONE,
};

static const char * const pv_probe_names[] = { "direct", "ftrace", "kprobe" };

bool pv_links_followed __read_mostly;
bool pv_starts_taken __read_mostly;
bool pv_links_picked __ro_after_init;

/* The ways that the administrator allows. */
static enum pv_probe pv_probe_first __ro_after_init;
static enum pv_probe pv_probe_last __ro_after_init;

/* Who arms or disarms holds it; the innermost mutex. */
static DEFINE_MUTEX(pv_hooks_mutex);
/* Guarded by it. */
static enum pv_probe pv_armed = PV_PROBE_NONE;
static enum pv_probe pv_last_armed = PV_PROBE_NONE;

/*
 * Both handlers run with tracing's own protection against recursion off and
 * must call nothing that could be traced.
 */
static void notrace pv_ftrace_redirect(unsigned long ip, unsigned long parent_ip,
				       struct ftrace_ops *ops,
				       struct ftrace_regs *fregs)
{
	unsigned long handler;
	unsigned int site;

	if (likely(!pv_attached_maybe()))
		return;
	for (site = 0; site < pv_nr_sites; site++) {
		if (pv_targets[site] != ip + MCOUNT_INSN_SIZE)
			continue;
		handler = (unsigned long)pv_handlers[site];
		ftrace_regs_set_instruction_pointer(fregs, handler);
		return;
	}
}

/* One for all sites, so that they are hooked at one stroke. */
static struct ftrace_ops pv_ftrace_ops = {
	.func = pv_ftrace_redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

static struct ftrace_ops pv_direct_ops;

static int notrace pv_kprobe_redirect(struct kprobe *kprobe,
				      struct pt_regs *regs)
{
	struct pv_site *site = container_of(kprobe, struct pv_site, kprobe);

	if (likely(!pv_attached_maybe())) {
		if (likely(!pv_arch_trapped(regs)))
			return 0;
		/* Go on behind the call that is, or was, to come. */
		instruction_pointer_set(regs, pv_targets[site - pv_sites]);
		return 1;
	}
	instruction_pointer_set(regs, (unsigned long)site->handler);
	return 1;	/* the instruction pointer was changed */
}
NOKPROBE_SYMBOL(pv_kprobe_redirect);

/* Having one is how a kprobe says that it changes the instruction pointer. */
static void notrace pv_kprobe_post(struct kprobe *kprobe, struct pt_regs *regs,
				   unsigned long flags)
{
}
NOKPROBE_SYMBOL(pv_kprobe_post);

/**
 * pv_site_symbol - the kernel's name of a site
 * @site: its number
 *
 * Return: the name, also if it is not hooked.
 */
const char *pv_site_symbol(unsigned int site)
{
	return pv_sites[site].symbol;
}

/**
 * pv_site_used - is the site among those that are hooked?
 * @site: its number; one that is not needed may not have been found
 *
 * Return: true if it is, whether armed just now or not.
 */
bool pv_site_used(unsigned int site)
{
	return pv_sites[site].addr;
}

static int __init pv_missing(const char *symbol, int err)
{
	pr_err("cannot load: this kernel has no usable function %s (%d)\n",
	       symbol, err);
	return err;
}

/*
 * A kprobe that is registered but disabled finds its function and changes
 * nothing.
 */
static int __init pv_symbol_find(const char *symbol, kprobe_opcode_t **addr,
				 bool *ftrace)
{
	struct kprobe kprobe = {
		.symbol_name = symbol,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&kprobe);

	if (err)
		return err;
	*addr = kprobe.addr;
	*ftrace = kprobe_ftrace(&kprobe);
	unregister_kprobe(&kprobe);
	return 0;
}

static int __init pv_site_find(struct pv_site *site, unsigned long *target)
{
	kprobe_opcode_t *addr;
	bool ftrace;
	int err = pv_symbol_find(site->symbol, &addr, &ftrace);

	if (err == -ENOENT && site->other) {
		err = pv_symbol_find(site->other, &addr, &ftrace);
		if (!err)
			site->symbol = site->other;
	}
	if (err)
		return err;
	*target = pv_arch_behind_hook(addr, ftrace);
	if (!*target)
		return -EOPNOTSUPP;
	site->addr = addr;
	return 0;
}

static int __init pv_function_find(const char *symbol, unsigned long *target)
{
	kprobe_opcode_t *addr;
	bool ftrace;
	int err = pv_symbol_find(symbol, &addr, &ftrace);

	if (err)
		return pv_missing(symbol, err);
	*target = (unsigned long)addr;
	return 0;
}

static void pv_event_site_match(struct tracepoint *tracepoint, void *data)
{
	struct pv_event_site *site = data;

	if (!strcmp(tracepoint->name, site->name))
		site->tracepoint = tracepoint;
}

static int __init pv_event_site_find(struct pv_event_site *site)
{
	for_each_kernel_tracepoint(pv_event_site_match, site);
	if (site->tracepoint)
		return 0;
	pr_err("cannot load: this kernel has no tracepoint %s\n", site->name);
	return -ENOENT;
}

/* List the kprobes of all sites that are used; return their number. */
static unsigned int pv_kprobes_list(struct kprobe **list)
{
	unsigned int i, nr = 0;

	for (i = 0; i < pv_nr_sites; i++)
		if (pv_site_used(i))
			list[nr++] = &pv_sites[i].kprobe;
	return nr;
}

static int pv_kprobes_register(void)
{
	struct kprobe *list[PV_MAX_SITES];
	unsigned int i;

	for (i = 0; i < pv_nr_sites; i++)
		pv_sites[i].kprobe = (struct kprobe){
			.addr = pv_sites[i].addr,
			.pre_handler = pv_kprobe_redirect,
			.post_handler = pv_kprobe_post,
		};
	return register_kprobes(list, pv_kprobes_list(list));
}

static void pv_kprobes_unregister(void)
{
	struct kprobe *list[PV_MAX_SITES];

	unregister_kprobes(list, pv_kprobes_list(list));
}

/* Somebody has asked for what is listened to on request. */
static bool pv_listening;

static void pv_event_sites_disarm(bool on_request)
{
	struct pv_event_site *site = pv_event_sites + pv_nr_event_sites;

	while (site-- != pv_event_sites) {
		if (!site->armed || (on_request && !site->on_request))
			continue;
		tracepoint_probe_unregister(site->tracepoint, site->handler,
					    NULL);
		site->armed = false;
	}
}

/* Those that are not yet, or none of them. */
static int pv_event_sites_arm(void)
{
	struct pv_event_site *site = pv_event_sites;
	int err;

	for (; site != pv_event_sites + pv_nr_event_sites; site++) {
		if (site->armed || (site->on_request && !pv_listening))
			continue;
		err = tracepoint_probe_register(site->tracepoint,
						site->handler, NULL);
		if (err) {
			pv_event_sites_disarm(pv_armed != PV_PROBE_NONE);
			return err;
		}
		site->armed = true;
	}
	return 0;
}

static int pv_probe_arm(enum pv_probe way)
{
	switch (way) {
	case PV_PROBE_DIRECT:
		return register_ftrace_direct(&pv_direct_ops,
					      (unsigned long)pv_direct_entry);
	case PV_PROBE_FTRACE:
		return register_ftrace_function(&pv_ftrace_ops);
	default:
		return pv_kprobes_register();
	}
}

static void pv_probe_disarm(enum pv_probe way)
{
	switch (way) {
	case PV_PROBE_DIRECT:
		unregister_ftrace_direct(&pv_direct_ops,
					 (unsigned long)pv_direct_entry, false);
		break;
	case PV_PROBE_FTRACE:
		unregister_ftrace_function(&pv_ftrace_ops);
		break;
	default:
		pv_kprobes_unregister();
	}
}

/* Hook all sites, by the first way that works. */
static int pv_hooks_arm_locked(void)
{
	enum pv_probe way;
	int err;

	lockdep_assert_held(&pv_hooks_mutex);
	if (pv_armed != PV_PROBE_NONE)
		return 0;

	/* Ends first: what is attached must not be missed when it exits. */
	err = pv_event_sites_arm();
	if (err)
		return err;
	for (way = pv_probe_first; way <= pv_probe_last; way++) {
		err = pv_probe_arm(way);
		if (!err)
			break;
	}
	if (err) {
		pr_err("cannot hook the kernel by %s (%d): is one of the functions traced or patched by someone else?\n",
		       pv_probe_names[pv_probe_last], err);
		pv_event_sites_disarm(false);
		return err;
	}
	pv_armed = way;
	pv_last_armed = way;
	return 0;
}

/**
 * pv_hooks_arm - hook all sites
 *
 * A way that someone else is in the way of (there is room for one direct call
 * in a function) is passed over for the next one, if that is allowed.
 *
 * Context: may sleep.
 * Return: 0, also if they were armed already, or a negative errno, and then
 * nothing is armed.
 */
int pv_hooks_arm(void)
{
	int err;

	mutex_lock(&pv_hooks_mutex);
	err = pv_hooks_arm_locked();
	mutex_unlock(&pv_hooks_mutex);
	return err;
}

/**
 * pv_hooks_disarm - unhook all sites
 *
 * Handlers may still be running when this returns, in a call that blocks for
 * instance.
 *
 * Context: may sleep.
 */
void pv_hooks_disarm(void)
{
	mutex_lock(&pv_hooks_mutex);
	if (pv_armed != PV_PROBE_NONE) {
		pv_probe_disarm(pv_armed);
		pv_event_sites_disarm(false);
		pv_armed = PV_PROBE_NONE;
	}
	mutex_unlock(&pv_hooks_mutex);
}

/**
 * pv_hooks_listen - begin or end to listen to what is listened to on request
 * @on: which of them
 *
 * Context: may sleep.
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int pv_hooks_listen(bool on)
{
	int err = 0;

	mutex_lock(&pv_hooks_mutex);
	pv_listening = on;
	if (!on)
		pv_event_sites_disarm(true);
	else if (pv_armed != PV_PROBE_NONE)
		err = pv_event_sites_arm();
	if (err)
		pv_listening = false;
	mutex_unlock(&pv_hooks_mutex);
	return err;
}

/**
 * pv_hooks_armed - are the sites hooked?
 *
 * Return: true if they are.
 */
bool pv_hooks_armed(void)
{
	return READ_ONCE(pv_armed) != PV_PROBE_NONE;
}

/**
 * pv_hooks_follow_links - the walk hook has been tried
 * @proved: it does what it is taken for
 *
 * Context: before the first table is accepted.
 */
void pv_hooks_follow_links(bool proved)
{
	WRITE_ONCE(pv_links_followed, proved && pv_targets[PV_SITE_STEP]);
}

/**
 * pv_hooks_take_starts - it has been tried to see where walks begin
 * @proved: it does what it is taken for
 *
 * Context: before the first table is accepted.
 */
void pv_hooks_take_starts(bool proved)
{
	WRITE_ONCE(pv_starts_taken, proved && pv_targets[PV_SITE_START]);
}

/**
 * pv_hooks_way - the way in
 *
 * Return: "walk" or "name".
 */
const char *pv_hooks_way(void)
{
	return READ_ONCE(pv_links_followed) ? "walk" : "name";
}

/**
 * pv_hooks_probe - how sites are hooked
 *
 * Return: "direct", "ftrace" or "kprobe": as it was done last, or is to be done.
 */
const char *pv_hooks_probe(void)
{
	enum pv_probe way = READ_ONCE(pv_last_armed);

	return pv_probe_names[way == PV_PROBE_NONE ? pv_probe_first : way];
}

/**
 * pv_hooks_symbol - the kernel's name of a site
 * @nr: its number among those that are used, from 0
 *
 * Return: the name, or NULL behind the last one.
 */
const char *pv_hooks_symbol(unsigned int nr)
{
	unsigned int site;

	for (site = 0; site < pv_nr_sites; site++)
		if (pv_site_used(site) && !nr--)
			return pv_sites[site].symbol;
	return NULL;
}

static int __init pv_hooks_choose(void)
{
	enum pv_probe way;

	if (strcmp(hook, "auto") && strcmp(hook, "walk") &&
	    strcmp(hook, "name")) {
		pr_err("cannot load: hook=%s is not known, use auto, walk or name\n",
		       hook);
		return -EINVAL;
	}
	if (!strcmp(probe, "auto")) {
		pv_probe_first = PV_PROBE_DIRECT;
		pv_probe_last = PV_PROBE_KPROBE;
		return 0;
	}
	for (way = PV_PROBE_DIRECT; way < PV_PROBE_NONE; way++) {
		if (!strcmp(probe, pv_probe_names[way])) {
			pv_probe_first = way;
			pv_probe_last = way;
			return 0;
		}
	}
	pr_err("cannot load: probe=%s is not known, use auto, direct, ftrace or kprobe\n",
	       probe);
	return -EINVAL;
}

/*
 * The way past a hook is needed without it, too.  Only what walks names may be
 * left out: all else relies on its hook.
 */
static int __init pv_site_leave_out(void)
{
	unsigned int site;

	if (!*without)
		return 0;
	for (site = 0; site < pv_nr_sites; site++) {
		if (!pv_sites[site].takes_names ||
		    strcmp(without, pv_sites[site].symbol))
			continue;
		pv_sites[site].addr = NULL;
		pr_warn("without=%s: its names are not translated; this is for tests\n",
			without);
		return 0;
	}
	pr_err("cannot load: without=%s is not known, use %s, %s or %s\n",
	       without, pv_sites[PV_SITE_OPEN].symbol,
	       pv_sites[PV_SITE_LOOKUP].symbol,
	       pv_sites[PV_SITE_PARENT].symbol);
	return -EINVAL;
}

static int __init pv_sites_filter(void)
{
	unsigned long ips[PV_MAX_SITES];
	unsigned int i, nr = 0;
	int err;

	for (i = 0; i < pv_nr_sites; i++)
		if (pv_site_used(i))
			ips[nr++] = (unsigned long)pv_sites[i].addr;
	err = ftrace_set_filter_ips(&pv_ftrace_ops, ips, nr, 0, 1);
	if (!err)
		err = ftrace_set_filter_ips(&pv_direct_ops, ips, nr, 0, 1);
	if (!err)
		return 0;
	pr_err("cannot load: ftrace does not know the hook sites (%d)\n", err);
	ftrace_free_filter(&pv_ftrace_ops);
	return err;
}

static int __init pv_sites_find(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < pv_nr_sites; i++) {
		if (!pv_sites[i].symbol ||
		    (pv_sites[i].optional && !strcmp(hook, "name")))
			continue;
		err = pv_site_find(&pv_sites[i], &pv_targets[i]);
		if (err == -ENOENT && pv_sites[i].optional &&
		    !strcmp(hook, "auto"))
			continue;
		if (err)
			return pv_missing(pv_sites[i].symbol, err);
		pv_handlers[i] = pv_sites[i].handler;
	}
	err = pv_site_leave_out();
	if (err)
		return err;
	/* Older kernels have it inside of the step to a component. */
	pv_links_picked = pv_sites[PV_SITE_STEP].symbol == pv_sites[PV_SITE_STEP].other;
	pv_hooks_follow_links(true);
	return pv_sites_filter();
}

static int __init pv_hooks_find(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < pv_nr_event_sites; i++) {
		err = pv_event_site_find(&pv_event_sites[i]);
		if (err)
			return err;
	}
	for (i = PV_MAX_SITES; i < PV_NR_TARGETS; i++) {
		if (!pv_functions[i])
			continue;
		err = pv_function_find(pv_functions[i], &pv_targets[i]);
		if (err)
			return err;
	}
	return pv_sites_find();
}

/**
 * pv_hooks_init - find all sites
 * @sites: what is to be hooked, by PV_SITE_x; stays
 * @nr: how many these are, at most %PV_MAX_SITES
 * @event_sites: the tracepoints that are to be listened to; stay
 * @nr_events: how many these are
 *
 * Context: module load.
 * Return: 0 or a negative errno; then the kernel log says why and nothing is
 * hooked.
 */
int __init pv_hooks_init(struct pv_site *sites, unsigned int nr,
			 struct pv_event_site *event_sites, unsigned int nr_events)
{
	int err = pv_hooks_choose();

	if (err)
		return err;
	pv_sites = sites;
	pv_nr_sites = nr;
	pv_event_sites = event_sites;
	pv_nr_event_sites = nr_events;
	return pv_hooks_find();
}

/**
 * pv_hooks_uninit - undo pv_hooks_init()
 *
 * Context: module load or unload; no process is attached.  Waits for everyone
 * who is still in a handler.
 */
void pv_hooks_uninit(void)
{
	pv_hooks_disarm();
	ftrace_free_filter(&pv_ftrace_ops);
	ftrace_free_filter(&pv_direct_ops);

	if (pv_last_armed == PV_PROBE_NONE)
		return;
	tracepoint_synchronize_unregister();
	/*
	 * Whoever is between the redirection and pv_call_begin(), or between
	 * pv_call_end() and the return from our text, does not sleep there.
	 */
	synchronize_rcu_tasks();
	while (pv_inflight_busy())
		schedule_timeout_uninterruptible(HZ / 100 + 1);
	synchronize_rcu_tasks();
}
