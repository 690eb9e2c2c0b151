# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced behind ktap.sh by the tests of what has to go on without the module.

# unload : and nobody loads it again.
unload() {
	PARAMETERS=$(parameters)
	await nothing_left
	await rmmod pathvirt
	echo 'install pathvirt /bin/false' >/etc/modprobe.d/pvt.conf
}

# load : with the parameters that it had.
load() {
	rm /etc/modprobe.d/pvt.conf
	# shellcheck disable=SC2086 # several words
	modprobe pathvirt $PARAMETERS
}
