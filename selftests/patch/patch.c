// SPDX-License-Identifier: GPL-2.0
/*
 * A user of ftrace with IPMODIFY on one function, as a live patch is; modparam.sh
 * loads it.
 */
#include <linux/ftrace.h>
#include <linux/module.h>

static char *site;
module_param(site, charp, 0444);

static void notrace patch_func(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops patch_ops = {
	.func = patch_func,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS_IF_SUPPORTED,
};

static int __init patch_init(void)
{
	int err = ftrace_set_filter(&patch_ops, site, strlen(site), 0);

	return err ?: register_ftrace_function(&patch_ops);
}

static void __exit patch_exit(void)
{
	unregister_ftrace_function(&patch_ops);
	ftrace_free_filter(&patch_ops);
}

module_init(patch_init);
module_exit(patch_exit);

MODULE_DESCRIPTION("Takes a function as a live patch does");
MODULE_LICENSE("GPL");
