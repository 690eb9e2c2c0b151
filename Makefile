# SPDX-License-Identifier: GPL-2.0
# What a person types.  kbuild reads Kbuild.
#
#   make            the module for the running kernel, the tool, and the plugins of
#                   integration/ whose headers are there
#   make demo       the main job on a live process, in a disposable guest
#   make cast       the same, recorded for the README
#   make check      every test where a kernel can make a difference; KERNEL= and TEST= narrow it
#   make check-all  every test on every kernel, with PREEMPT_RT and the debug kernels too: hours
#   make stress     everything at once, MINUTES long (30); KERNEL= as above
#   make fuzz       break tables, and what the tool reads, here, for a while
#   make fuzz-family  broken messages to the module, COUNT of them from each of four
#                   users (250000), beginning with SEED; KERNEL= as above
#   make coverage   which lines of the module the tests run; TEST= narrows it
#   make powercut   kill guests that relink, and look what is left
#   make bench      instructions per call, beside other tools; draws them
#   make install    the tool, the library, the plugins, their man pages and the Python module
#   make deb        Debian packages, in build/deb
#   make rpm        RPM packages, in build/rpm
#   make lint       what a reviewer would say by machine
#   make entries    Documentation/entries.md, from userspace/rules/entry_points.def
#   make pictures   the pictures in Documentation, of which the text has changed
#   make policies   netlink policies, from Documentation/netlink/specs/pathvirt.yaml

KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
PREFIX	?= /usr
DESTDIR	?=
KERNEL	?= all
TEST	?=
MINUTES	?= 30
COUNT	?= 250000
SEED	?= $(shell date +%s)

.PHONY: all module userspace integration selftests unit fuzz fuzz-family check check-all coverage stress demo
.PHONY: cast
.PHONY: powercut bench lint entries pictures policies
.PHONY: deb rpm install clean

all: module userspace integration

module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

userspace:
	$(MAKE) -C userspace PREFIX=$(PREFIX)

integration: userspace
	$(MAKE) -C integration PREFIX=$(PREFIX)

selftests: userspace
	[ ! -e selftests/Makefile ] || $(MAKE) -C selftests

unit:
	scripts/deps build
	$(MAKE) -C selftests/unit

fuzz:
	scripts/deps build fuzz
	$(MAKE) -C selftests/unit fuzz

fuzz-family:
	selftests/vm/run -k "$(KERNEL:all=newest)" --timeout 86400 -- \
		env PV_FUZZ_MESSAGES=$(COUNT) PV_FUZZ_SEED=$(SEED) \
		/usr/lib/pathvirt/selftests/fuzz_family.sh

stress:
	selftests/vm/run -k "$(KERNEL:all=newest)" -m 3072 \
		--timeout $$(($(MINUTES) * 120 + 1200)) -- \
		/usr/lib/pathvirt/selftests/stress_all $$(($(MINUTES) * 60))

check:
	selftests/check -k "$(KERNEL)" $(TEST)

check-all:
	selftests/check -a -k "$(KERNEL)" $(TEST)

coverage:
	selftests/coverage $(TEST)

demo:
	selftests/demo/run

cast:
	selftests/demo/record
	scripts/pictures

powercut:
	selftests/powercut/run -k "$(if $(filter all,$(KERNEL)),newest,$(KERNEL))" -w

bench:
	selftests/bench/run -k "$(if $(filter all,$(KERNEL)),newest,$(KERNEL))"

lint:
	scripts/lint

entries:
	scripts/entries

pictures:
	scripts/pictures

policies:
	scripts/policies

deb:
	packaging/build-deb

rpm:
	packaging/build-rpm

install:
	$(MAKE) -C userspace PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install
	$(MAKE) -C integration PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install
	$(MAKE) -C python PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install

clean:
	rm -rf build
	$(MAKE) -C userspace clean
	$(MAKE) -C integration clean
	find . -name '.*.cmd' -delete -o -name '*.o' -delete -o \
		-name '*.ko' -delete -o -name '*.mod' -delete -o \
		-name '*.mod.c' -delete -o -name modules.order -delete -o \
		-name Module.symvers -delete -o -name have.h -delete

.PHONY: help
help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile
