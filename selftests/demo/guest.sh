#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demonstration, inside a guest.
#
#   client (hammer.py) --- requests all the while ---> nginx master + 2 workers
#                                                          |
#                        /var/www/site  <-- its paths --> /srv/site-v2
#
# Then a statically linked program, sqlite3 on a database that is at NEW only, and a
# recording that is deleted while it is written.
# Ends with status 1 if anything is not as it says.
set -euo pipefail

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
fail() { echo "demo: $*" >&2; exit 1; }

prepare() {
	mkdir -p /var/www/site /srv/site-v2 /srv/data /srv/db
	echo 'site, version 1' >/var/www/site/index.html
	echo 'site, VERSION 2' >/srv/site-v2/index.html
	cat >/tmp/nginx.conf <<-END
		user root;
		worker_processes 2;
		pid /tmp/nginx.pid;
		error_log /tmp/nginx.log;
		events {}
		http { access_log off; server { listen 127.0.0.1:80; root /var/www/site; } }
	END
	gcc -static -O2 -o reader reader.c
}

# The last answer, and the next one to come.
last() { tail -n 1 answers | cut -d' ' -f2-; }
next() {
	local number
	number=$(tail -n 1 answers | cut -d' ' -f1)
	# Two more: the first may have been on its way already.
	until (($(tail -n 1 answers | cut -d' ' -f1) >= number + 2)); do sleep 0.02; done
	last
}

expect() { [[ $1 == "$2" ]] || fail "expected '$2', got '$1'"; }

serve() {
	say "nginx serves /var/www/site; a client asks for its page, over and over"
	nginx -c /tmp/nginx.conf
	python3 hammer.py http://127.0.0.1/index.html answers &
	HAMMER=$!
	until [[ -s answers ]]; do sleep 0.1; done
	PIDS=$(pidof nginx)
	echo "PIDs of nginx: $PIDS"
	echo "answer: $(next)"
	expect "$(last)" "200 site, version 1"
}

move() {
	say "Its paths move, while it runs"
	# shellcheck disable=SC2086 # one PID or several
	run pvadm attach $PIDS --tree --map /var/www/site=/srv/site-v2
	echo "answer: $(next)"
	expect "$(last)" "200 site, VERSION 2"
	run pvadm show
	run pvadm resolve "${PIDS%% *}" /var/www/site/index.html
}

move_back() {
	say "And back again"
	# shellcheck disable=SC2086
	run pvadm detach $PIDS
	echo "answer: $(next)"
	expect "$(last)" "200 site, version 1"
	expect "$(pidof nginx)" "$PIDS"
	kill -TERM "$HAMMER"
	wait "$HAMMER"
	expect "$(grep -vc '^[0-9]* 200 ' answers || true)" 0
	echo "same PIDs: $PIDS; $(wc -l <answers) requests, 0 failed"
}

static_program() {
	say "A statically linked program: no library to preload into"
	echo 'from the new disk' >/srv/data/file
	./reader /data/file >lines &
	READER=$!
	sleep 0.2
	kill -USR1 "$READER"; sleep 0.2
	echo "it reads /data/file: $(tail -n 1 lines)"
	run pvadm attach "$READER" --map /data=/srv/data
	kill -USR1 "$READER"; sleep 0.2
	echo "it reads /data/file: $(tail -n 1 lines)"
	expect "$(tail -n 1 lines)" 'from the new disk'
	kill "$READER"
}

database() {
	say "sqlite3 on a database that is at NEW only (journal and all)"
	[[ ! -e /app ]] || fail "/app exists"
	run pvadm run --map /app=/srv/db -- sqlite3 /app/app.db \
		'create table t(x); insert into t values (42);'
	run pvadm run --map /app=/srv/db -- sqlite3 /app/app.db 'select x from t;'
	expect "$(sqlite3 /srv/db/app.db 'select x from t')" 42
	run ls -l /srv/db
}

# Line by line, numbered: what is lost would be seen.
record() {
	local i
	exec 5>"$1"
	for ((i = 1; ; i++)); do
		echo "$i" >&5
		sleep 0.05
	done
}

lines() { wc -l <"$1"; }

recorder() {
	local file=/srv/recordings/concert before
	say "A recording is deleted while it is written"
	mkdir -p /srv/recordings
	record $file &
	RECORDER=$!
	until [[ -s $file ]]; do sleep 0.05; done
	sleep 0.5
	run rm $file
	run pvadm relink --list "$RECORDER"
	run pvadm relink "$RECORDER" --fd 5 --to $file
	before=$(lines $file)
	sleep 0.5
	echo "lines in it: $before, and half a second later: $(lines $file)"
	(($(lines $file) > before)) || fail "$file does not grow"
	kill "$RECORDER"
	wait "$RECORDER" 2>/dev/null || true
	cmp $file <(seq "$(lines $file)") || fail "$file is not whole"
	echo "whole: from 1 to $(tail -n 1 $file)"
}

prepare
serve
move
move_back
static_program
database
recorder
say "done"
