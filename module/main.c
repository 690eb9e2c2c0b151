// SPDX-License-Identifier: GPL-2.0
/* pathvirt: load and unload. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/glance.h"
#include "names/lookup.h"
#include "names/resolve.h"
#include "names/selftest.h"
#include "names/sites.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "netlink/netlink.h"
#include "netlink/stage.h"
#include "process/cgroup.h"
#include "process/events.h"
#include "process/pin_list.h"
#include "process/places.h"
#include "process/process.h"
#include "process/root.h"
#include "process/tables.h"
#include "relink/device.h"
#include "user.h"

/*
 * What may still be under way when the hooks are down, and nobody is attached: each
 * waits for what those before it have left behind.
 */
static void pv_flush(void)
{
	pv_inflight_flush();
	pv_cgroups_flush();
	pv_events_flush();
	pv_processes_flush();
	pv_roots_flush();
	pv_places_flush();
}

/* What needs no room, and is in nobody's way if the module cannot be loaded. */
static void __init pv_prepare(void)
{
	pv_walks_init();
	pv_pins_init();
	pv_processes_init();
}

static int __init pathvirt_init(void)
{
	int err;

	pv_prepare();
	err = pv_users_init();
	if (err)
		return err;
	err = pv_tables_init();
	if (err)
		goto err_users;
	err = pv_names_init();
	if (err)
		goto err_tables;
	err = pv_vpaths_init();
	if (err)
		goto err_names;
	err = pv_glances_init();
	if (err)
		goto err_vpaths;
	err = pv_resolve_init();
	if (err)
		goto err_glances;
	err = pv_sites_init();
	if (err)
		goto err_resolve;
	err = pv_stages_init();
	if (err)
		goto err_sites;
	err = pv_netlink_init();
	if (err)
		goto err_stages;
	err = pv_device_init();
	if (err)
		goto err_netlink;
	pr_info("loaded: %s hooks by %s\n", pv_hooks_way(), pv_hooks_probe());
	return 0;

err_netlink:
	pv_netlink_uninit();
err_stages:
	pv_stages_uninit();
err_sites:
	pv_selftest_uninit();
	pv_hooks_uninit();
	pv_flush();
err_resolve:
	pv_resolve_uninit();
err_glances:
	pv_glances_uninit();
err_vpaths:
	pv_vpaths_uninit();
err_names:
	pv_names_uninit();
err_tables:
	pv_tables_uninit();
err_users:
	pv_users_uninit();
	return err;
}

static void __exit pathvirt_exit(void)
{
	pv_device_uninit();
	pv_netlink_uninit();
	pv_stages_uninit();
	pv_selftest_uninit();
	pv_hooks_uninit();
	pv_flush();
	pv_resolve_uninit();
	pv_glances_uninit();
	pv_vpaths_uninit();
	pv_names_uninit();
	pv_tables_uninit();
	pv_users_uninit();
}

module_init(pathvirt_init);
module_exit(pathvirt_exit);

MODULE_AUTHOR("The pathvirt developers");
MODULE_DESCRIPTION("Per-process path prefix tables");
MODULE_VERSION(PV_VERSION);
MODULE_LICENSE("GPL");
