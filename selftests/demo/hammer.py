#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Asks a web server for one page, over and over, and writes down each answer.

hammer.py URL LOG: one line per request, its number, status and first line.
A request that fails is a line too.  Ends on SIGTERM.
"""
import http.client
import signal
import sys
import urllib.parse

stop = False


def ask(host, path):
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode().strip()
        return f"{answer.status} {body}"
    except OSError as error:
        return f"failed {error}"
    finally:
        connection.close()


def end(_signal, _frame):
    global stop
    stop = True


def main():
    url = urllib.parse.urlparse(sys.argv[1])
    signal.signal(signal.SIGTERM, end)
    with open(sys.argv[2], "w", buffering=1) as log:
        number = 0
        while not stop:
            number += 1
            log.write(f"{number} {ask(url.netloc, url.path)}\n")


main()
