// SPDX-License-Identifier: GPL-2.0
/* pathvirt: load and unload. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "device.h"
#include "hooks.h"
#include "netlink.h"
#include "name.h"
#include "place.h"
#include "process.h"
#include "reached.h"
#include "resolve.h"
#include "root.h"

static int __init pathvirt_init(void)
{
	int err;

	err = pv_names_init();
	if (err)
		return err;
	err = pv_places_init();
	if (err)
		goto err_names;
	err = pv_resolve_init();
	if (err)
		goto err_places;
	err = pv_hooks_init();
	if (err)
		goto err_resolve;
	err = pv_netlink_init();
	if (err)
		goto err_hooks;
	err = pv_device_init();
	if (err)
		goto err_netlink;
	pr_info("loaded: %s hooks by %s\n", pv_hooks_way(), pv_hooks_probe());
	return 0;

err_netlink:
	pv_netlink_uninit();
err_hooks:
	pv_processes_uninit();
	pv_hooks_uninit();
	pv_reached_clear();
err_resolve:
	pv_roots_uninit();
	pv_resolve_uninit();
err_places:
	pv_places_uninit();
err_names:
	pv_names_uninit();
	return err;
}

static void __exit pathvirt_exit(void)
{
	pv_device_uninit();
	pv_netlink_uninit();
	pv_processes_uninit();
	pv_hooks_uninit();
	pv_reached_clear();
	pv_roots_uninit();
	pv_resolve_uninit();
	pv_places_uninit();
	pv_names_uninit();
}

module_init(pathvirt_init);
module_exit(pathvirt_exit);

MODULE_AUTHOR("The pathvirt developers");
MODULE_DESCRIPTION("Per-process path prefix tables");
MODULE_VERSION(PV_VERSION);
MODULE_LICENSE("GPL");
