#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T15: real programs, unmodified, each with its whole working tree at NEW and its
# ORIGINAL absent, with all that is above it. What they print is held against what
# they print in a mount namespace where ORIGINAL is there and NEW is bind-mounted
# on it. What they leave behind is in NEW. absent_programs.py has more of them.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

GONE=/pvt-programs.$$		# there is no such directory
V=$GONE/virtual/home		# where the programs believe that they are
R=$SCRATCH/real
HELPERS=$PWD/helpers

# under_mount COMMAND... : the oracle.
under_mount() {
	mkdir -p "$V"
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m --propagation private bash -c 'mount --bind "$1" "$2"; shift 2; exec "$@"' \
		bash "$R" "$V" "$@"
}

under_rules() {
	pvadm run --map "$V=$R" -- "$@"
}

# both FUNCTION : it has the same to say in both worlds, and its tree afterwards
# the same names. Of the oracle its mount point is left, of the rules nothing.
both() {
	local world words said=() tree=()
	export V R HELPERS
	export -f "${1?}"
	export HOME=$V LC_ALL=C PYTHONDONTWRITEBYTECODE=1 GIT_CONFIG_NOSYSTEM=1
	export GIT_AUTHOR_DATE="@1 +0000" GIT_COMMITTER_DATE="@1 +0000"
	for world in under_mount under_rules; do
		rm -rf "$R"
		mkdir -p "$R"
		words=$("$world" bash -euc "cd '$V'; $1" 2>&1) || fail "$world: $words"
		[[ $world == under_rules ]] || rmdir -p "$V" 2>/dev/null || true
		[[ ! -e $GONE ]] || fail "$world: $GONE is there: $(find "$GONE")"
		said+=("$words")
		tree+=("$(cd "$R" && find . | sort)")
	done
	same "${said[1]}" "${said[0]}" "what it says"
	same "${tree[1]}" "${tree[0]}" "what it leaves"
	[[ ${said[1]} != *"$R"* ]] || fail "it came to know of $R: ${said[1]}"
}

in_shell() {
	pwd
	pwd -P
	/bin/pwd
	mkdir -p a/b
	cd a/b
	pwd -P
	cd ..
	pwd -P
	cd -P ../..
	/bin/pwd
	cd "$V/a/b/../.."
	pwd -P
	readlink /proc/self/cwd
	realpath . a/b "$V/a/../a"
	ln -s "$V/a" link
	readlink -f link/b
}

in_git() {
	git init -q -b main project
	cd project
	git config user.name n
	git config user.email e@example.org
	echo one >file
	mkdir dir
	echo two >dir/file
	git add .
	git -c core.fsync=none commit -qm first
	git rev-parse --show-toplevel
	cd dir
	git rev-parse --show-toplevel --show-prefix --git-dir
	git mv file other
	git status --short
	git commit -qm second
	cd ..
	git checkout -q -b topic
	git worktree add -q ../tree main
	git worktree list | cut -d' ' -f1
	git -C "$V/tree" log --format=%s
	git clone -q "$V/project" ../clone
	git -C ../clone log --format=%s
	git fsck 2>&1 | grep -v dangling || true
	git diff --stat main topic
	git stash list
}

in_sqlite() {
	sqlite3 data.db 'pragma journal_mode=wal; create table t(x); insert into t values(1),(2);'
	sqlite3 "$V/data.db" 'select sum(x) from t; vacuum;'
	sqlite3 data.db "attach '$V/other.db' as o; create table o.u as select * from t; select count(*) from o.u;"
	sqlite3 data.db '.databases'
	sqlite3 data.db "pragma integrity_check"
}

in_gcc() {
	mkdir -p src include build
	echo '#define ANSWER 42' >include/answer.h
	printf '#include <stdio.h>\n#include "answer.h"\nint main(void) { printf("%%d %%s\\n", ANSWER, __FILE__); return 0; }\n' >src/main.c
	printf '%s\n' 'build/main: build/main.o' $'\tgcc -g -o $@ $^' \
		"build/main.o: $V/src/main.c include/answer.h" \
		$'\t'"gcc -g -I$V/include -MMD -c -o \$@ \$<" >Makefile
	make
	make
	touch -d "1 hour" include/answer.h
	make 2>/dev/null
	./build/main
	"$V/build/main"
	cat build/main.d
	grep -c "$V" build/main
}

in_venv() {
	python3 -m venv --without-pip venv
	# shellcheck disable=SC1091 # it was made a moment ago
	. venv/bin/activate
	python3 -c 'import sys, os; print(sys.prefix, sys.executable, os.getcwd())'
	head -1 venv/bin/activate venv/pyvenv.cfg | sed 's/python3[.0-9]*/python3/'
	mkdir -p package
	echo 'import os; where = os.path.realpath(__file__)' >package/__init__.py
	python3 -c 'import package; print(package.where)'
	printf '#!%s/venv/bin/python3\nimport sys; print(sys.argv[0], sys.prefix)\n' "$V" >script
	chmod +x script
	./script
	"$V/script"
}

in_tar() {
	mkdir -p tree/sub
	echo x >tree/file
	ln -s "$V/tree/file" tree/link
	ln tree/file tree/hard
	echo y >tree/sub/deep
	tar -C "$V" -cf all.tar tree
	tar -tf all.tar | sort
	mkdir out
	tar -C "$V/out" -xpf all.tar
	cat out/tree/link
	cp -a tree copy
	diff -r tree copy
	find "$V/tree" . -newermt 2001-01-01 | sort
	find . -execdir pwd \; | sort -u
	find -L tree -samefile "$V/tree/file" | sort
	du -a --apparent-size tree >/dev/null
	rsync -a --delete "$V/tree/" synced
	rsync -ain "$V/tree/" "$V/synced/"
	rm -r tree out copy
	ls -R
}

in_busybox() {
	busybox mkdir -p d/e
	busybox sh -c 'cd d/e && pwd && echo hi >f && cd .. && pwd -P && busybox cat e/f'
	busybox find "$V/d" | busybox sort
	busybox realpath d/../d/e/f
	busybox tar -cf - d | busybox tar -tf -
}

in_go() {
	cp "$HELPERS/raw" raw
	./raw "$V"
	rm -r sub link
	"$V/raw" "$V"
	cat sub/moved file3
}

in_nginx() {
	mkdir -p site logs temp
	echo front >site/index.html
	ln -s "$V/site/index.html" site/link.html
	cat >nginx.conf <<-END
		daemon off;
		pid $V/logs/pid;
		error_log $V/logs/error;
		events { }
		http {
			access_log off;
			client_body_temp_path $V/temp/body;
			proxy_temp_path $V/temp/proxy;
			fastcgi_temp_path $V/temp/fastcgi;
			uwsgi_temp_path $V/temp/uwsgi;
			scgi_temp_path $V/temp/scgi;
			server {
				listen unix:$V/logs/socket;
				root $V/site;
				autoindex on;
			}
		}
	END
	nginx -c "$V/nginx.conf" &
	local get=(curl -s --unix-socket "$V/logs/socket" --retry 20 --retry-connrefused)
	until [[ -S logs/socket ]]; do sleep 0.1; done
	"${get[@]}" http://localhost/
	"${get[@]}" http://localhost/link.html
	"${get[@]}" -o /dev/null -w '%{http_code}\n' http://localhost/nothing
	echo second >site/index.html
	"${get[@]}" http://localhost/index.html
	kill -HUP "$(<logs/pid)"
	"${get[@]}" http://localhost/index.html
	kill -QUIT "$(<logs/pid)"
	wait
	sed 's/.*open() //; s/,.*//' logs/error | grep -F "$V"
}

for name in shell git sqlite gcc venv tar busybox go nginx; do
	promise "${name}_works_where_its_tree_is_elsewhere" both "in_$name"
done
keep "$@"
