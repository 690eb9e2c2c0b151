# SPDX-License-Identifier: GPL-2.0
# What a person types.  kbuild reads Kbuild.
#
#   make            the module for the running kernel, and the tool
#   make demo       the main job on a live process, in a disposable guest
#   make check      all tests, on every kernel; KERNEL= and TEST= narrow it
#   make powercut   kill guests that relink, and look what is left
#   make bench      instructions per call, beside other tools
#   make install    the tool, the library and their man pages
#   make lint       what a reviewer would say by machine
#   make entries    Documentation/entries.md, from userspace/entries.def

KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
PREFIX	?= /usr
DESTDIR	?=
KERNEL	?= all
TEST	?=

.PHONY: all module userspace selftests unit fuzz check demo powercut bench lint entries
.PHONY: install clean

all: module userspace

module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

userspace:
	$(MAKE) -C userspace PREFIX=$(PREFIX)

selftests: userspace
	[ ! -e selftests/Makefile ] || $(MAKE) -C selftests

unit:
	scripts/deps build
	$(MAKE) -C selftests/unit

fuzz:
	scripts/deps build fuzz
	$(MAKE) -C selftests/unit fuzz

check:
	selftests/check -k "$(KERNEL)" $(TEST)

demo:
	selftests/demo/run

powercut:
	selftests/powercut/run -k "$(if $(filter all,$(KERNEL)),newest,$(KERNEL))" -w

bench:
	selftests/bench/run -k "$(if $(filter all,$(KERNEL)),newest,$(KERNEL))"

lint:
	scripts/lint

entries:
	scripts/entries

install:
	$(MAKE) -C userspace PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install

clean:
	rm -rf build
	$(MAKE) -C userspace clean
	find . -name '.*.cmd' -delete -o -name '*.o' -delete -o \
		-name '*.ko' -delete -o -name '*.mod' -delete -o \
		-name '*.mod.c' -delete -o -name modules.order -delete -o \
		-name Module.symvers -delete

.PHONY: help
help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile
