// SPDX-License-Identifier: GPL-2.0
/* pathvirt: load and unload. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "relink/device.h"
#include "process/events.h"
#include "names/glance.h"
#include "hook/hooks.h"
#include "names/lookup.h"
#include "netlink/netlink.h"
#include "process/pin.h"
#include "names/places.h"
#include "process/process.h"
#include "names/selftest.h"
#include "names/resolve.h"
#include "process/root.h"
#include "netlink/stage.h"
#include "process/user.h"
#include "names/vpath.h"
#include "names/walk.h"

static int __init pathvirt_init(void)
{
	int err;

	pv_walks_init();
	pv_pins_init();
	err = pv_users_init();
	if (err)
		return err;
	err = pv_names_init();
	if (err)
		goto err_users;
	err = pv_vpaths_init();
	if (err)
		goto err_names;
	err = pv_glances_init();
	if (err)
		goto err_places;
	err = pv_resolve_init();
	if (err)
		goto err_glances;
	err = pv_hooks_init();
	if (err)
		goto err_resolve;
	err = pv_stages_init();
	if (err)
		goto err_hooks;
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
err_hooks:
	pv_selftest_uninit();
	pv_hooks_uninit();
	pv_events_uninit();
	pv_processes_uninit();
err_resolve:
	pv_roots_uninit();
	pv_resolve_uninit();
err_glances:
	pv_places_flush();
	pv_glances_uninit();
err_places:
	pv_vpaths_uninit();
err_names:
	pv_names_uninit();
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
	pv_events_uninit();
	pv_processes_uninit();
	pv_roots_uninit();
	pv_resolve_uninit();
	pv_places_flush();
	pv_glances_uninit();
	pv_vpaths_uninit();
	pv_names_uninit();
	pv_users_uninit();
}

module_init(pathvirt_init);
module_exit(pathvirt_exit);

MODULE_AUTHOR("The pathvirt developers");
MODULE_DESCRIPTION("Per-process path prefix tables");
MODULE_VERSION(PV_VERSION);
MODULE_LICENSE("GPL");
