/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_DEVICE_H
#define _PV_DEVICE_H

int pv_device_init(void);
void pv_device_uninit(void);

#endif /* _PV_DEVICE_H */
