# SPDX-License-Identifier: GPL-2.0
"""Imported by the tests written in Python: the module, loaded another way."""
import os
import subprocess

from ktap import wait_until

PARAMETERS = "/sys/module/pathvirt/parameters"
NO_AUTOLOAD = "/run/modprobe.d/pathvirt-selftest.conf"


def parameters():
    """What the module was loaded with."""
    found = []
    for name in os.listdir(PARAMETERS):
        with open(f"{PARAMETERS}/{name}", encoding="ascii") as file:
            found.append(f"{name}={file.read().strip()}")
    return found


def unload():
    """What is on its way out of a hook may hold it for a moment."""
    wait_until(lambda: not subprocess.run(["modprobe", "-r", "pathvirt"], check=False,
                                          stderr=subprocess.DEVNULL).returncode,
               "the module to go")


class Unloaded:
    """No module, for a while, whoever needs it."""

    def __init__(self):
        self.before = parameters()

    def __enter__(self):
        os.makedirs(os.path.dirname(NO_AUTOLOAD), exist_ok=True)
        with open(NO_AUTOLOAD, "w", encoding="ascii") as file:
            print("blacklist pathvirt", file=file)
        unload()

    def __exit__(self, *_):
        os.unlink(NO_AUTOLOAD)
        subprocess.run(["modprobe", "pathvirt", *self.before], check=True)


class Loaded(Unloaded):
    """The module with other parameters, for a while."""

    def __init__(self, *words):
        super().__init__()
        self.words = words

    def __enter__(self):
        super().__enter__()
        subprocess.run(["modprobe", "pathvirt", *self.words], check=True)

    def __exit__(self, *_):
        unload()
        super().__exit__()
