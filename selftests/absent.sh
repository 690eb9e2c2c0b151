#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# T15: what lies above an ORIGINAL is there, though it is not: programs that go through a
# path component by component work, and nothing is made outside of NEW.
# shellcheck disable=SC2317 # what `promise` calls
# shellcheck disable=SC2016 # for other shells
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

GONE=/pvt-gone.$$		# there is no such directory
ORIGINAL=$GONE/proj/a
NEW=$SCRATCH/new
FILE=$SCRATCH/file
LATE=				# how they are looked up
export GONE ORIGINAL NEW FILE SCRATCH

mkdir -p "$NEW/d" "$SCRATCH/other"
echo new >"$NEW/f"
echo file >"$FILE"

# moved COMMAND... : with rules for two directories and a file.
moved() {
	# shellcheck disable=SC2086 # none, or one
	pvadm run $LATE --map "$ORIGINAL=$NEW" --map "$GONE/proj/b=$SCRATCH/other" \
		--map "$GONE/file=$FILE" -- "$@"
}

# says EXPECTED SCRIPT : in there; nothing of it is left.
says() {
	local status=0
	moved bash -ec "$2" >"$SCRATCH/out" 2>&1 || status=$?
	same "$(tr -s ' \n' ' ' <"$SCRATCH/out")" "$1 " "what it prints"
	same "$status" 0 "status"
	[[ ! -e $GONE ]] || fail "$GONE was made"
}

# refuses PATTERN SCRIPT : the script fails and says so.
refuses() {
	if moved bash -ec "$2" >"$SCRATCH/out" 2>&1; then
		fail "it did: $2"
	fi
	grep -q "$1" "$SCRATCH/out" || fail "it does not say \"$1\": $(<"$SCRATCH/out")"
	[[ ! -e $GONE ]] || fail "$GONE was made"
}

real_paths_are_found() {
	says "$ORIGINAL/f $ORIGINAL/d $GONE" \
		'realpath $ORIGINAL/f; readlink -f $ORIGINAL/d; realpath -e $GONE/proj/../'
	says "$ORIGINAL/f" 'python3 -c "
import os, pathlib
print(pathlib.Path(os.environ[\"ORIGINAL\"] + \"/d/../f\").resolve(strict=True))"'
	says "$GONE/proj" 'ln -s $GONE $SCRATCH/link; realpath -e $SCRATCH/link/proj; rm $SCRATCH/link'
}

they_look_like_directories() {
	says "directory 0 0 555 directory 0 0 555" \
		'stat -c "%F %u %g %a" $GONE $GONE/proj/'
	says "other" '[[ $(stat -c %d $GONE) == "$(stat -c %d /)" ]] || echo other'
	says "yes no" '[[ -d $GONE/proj ]] && echo yes; [[ -e $GONE/else ]] || echo no'
	says "same" '[[ $(stat -c %i $GONE) == "$(stat -c %i $GONE/proj/..)" ]] && echo same'
}

they_are_listed() {
	says "file proj a b" 'ls $GONE; ls $GONE/proj'
	says "$GONE $GONE/file $GONE/proj $GONE/proj/a $GONE/proj/a/d $GONE/proj/a/f $GONE/proj/b" \
		'find $GONE | sort'
	says "a b a b" 'cd $GONE/proj; echo *; cd /; cd $GONE; cd proj; echo *'
	says "f d" 'python3 -c "
import os
for e in sorted(os.scandir(os.environ[\"GONE\"]), key=lambda e: e.name):
    print(\"d\" if e.is_dir() else \"f\")
    s = os.stat(e.path)
    assert e.inode() == s.st_ino, e.name"'
}

one_can_be_there_and_go() {
	says "$GONE/proj $GONE / new" \
		'cd $GONE/proj; pwd -P; cd ..; pwd -P; cd ..; pwd -P; cd $GONE; cat proj/a/f'
	says "$GONE/proj new new / $GONE" \
		'cd $ORIGINAL; cd ..; pwd -P; cat a/f; cat ../proj/a/f; cd ../..; pwd -P; cd -P $ORIGINAL/../..; pwd -P'
	says "$GONE/proj" 'cd $GONE/proj; readlink /proc/self/cwd'
	says "$GONE/proj" 'exec 5<$GONE/proj; readlink /proc/self/fd/5'
}

nothing_is_made_there() {
	says "made" 'mkdir -p $ORIGINAL/x/y $GONE/proj/a/x && rmdir $ORIGINAL/x/y $ORIGINAL/x; echo made'
	says "made" 'cd /; mkdir -p .$ORIGINAL/x && rmdir $ORIGINAL/x; echo made'
	refuses "File exists" 'mkdir $GONE'
	refuses "File exists" 'mkdir /./$GONE/'
	refuses "File exists" 'cd /; mkdir ${GONE#/}'
	refuses "File exists" 'mkdir $GONE/proj'
	refuses "Read-only file system" 'mkdir $GONE/more'
	refuses "Read-only file system" 'cd $GONE; mkdir more'
	refuses "Read-only file system" 'echo x >$GONE/proj/more'
	refuses "Is a directory" 'echo x >$GONE'
	refuses "Is a directory" 'cd /; echo x >${GONE#/}'
	refuses "File exists" 'ln -sT $SCRATCH $GONE'
	refuses "Read-only file system" 'rmdir $GONE/proj'
	refuses "Read-only file system" 'rmdir $GONE'
	refuses "." 'mv $SCRATCH/other $GONE/proj/more'
	refuses "." 'mv -T $SCRATCH/other $GONE'
	refuses "Read-only file system" 'chmod 777 $GONE'
	refuses "Read-only file system" 'touch -c $GONE/proj'
}

git_and_others_work() {
	says "ok" 'git init -q $ORIGINAL/repo; git -C $ORIGINAL/repo status >/dev/null
		cd $ORIGINAL/repo; [[ $(git rev-parse --show-toplevel) == $ORIGINAL/repo ]]
		git clone -q $ORIGINAL/repo $ORIGINAL/clone 2>/dev/null
		rm -r $ORIGINAL/repo $ORIGINAL/clone; echo ok'
	says "ok" 'python3 -m venv --without-pip $ORIGINAL/venv; $ORIGINAL/venv/bin/python -c "import sys; assert sys.prefix == \"$ORIGINAL/venv\"; print(\"ok\")"
		rm -r $ORIGINAL/venv'
	says "ok" 'mkdir $ORIGINAL/src; echo x >$ORIGINAL/src/x; rsync -ax $ORIGINAL/src/ $ORIGINAL/dst/
		tar -C / -cf - ${ORIGINAL#/}/src | tar -C $ORIGINAL/dst -xf -
		[[ -e $ORIGINAL/dst/$ORIGINAL/src/x ]]; rm -r $ORIGINAL/src $ORIGINAL/dst; echo ok'
}

real_ones_come_first() {
	# Each waits for the other.
	mkfifo "$SCRATCH/ask" "$SCRATCH/answer"
	moved bash -c 'ls $GONE/proj >$SCRATCH/answer; read <$SCRATCH/ask
		ls $GONE/proj; stat -c %a $GONE; cat $ORIGINAL/f; mkdir $GONE/more; ls $GONE' \
		>"$SCRATCH/out" &
	same "$(<"$SCRATCH/answer")" $'a\nb' "what is there first"
	mkdir -p "$GONE/proj/real"
	chmod 750 "$GONE"
	echo go >"$SCRATCH/ask"
	wait $! || fail "it failed"
	rm -r "$GONE"
	same "$(tr '\n' ' ' <"$SCRATCH/out")" "a b real 750 new file more proj " "what is there then"
}

who_sits_there_when_the_rules_go_sits_there() {
	moved bash -c 'cd $GONE/proj; echo $$ >$SCRATCH/ready; read <$SCRATCH/go; ls; ls -d . ; cd ..; cd /; echo out' \
		>"$SCRATCH/out" 2>&1 &
	local pid=$!
	mkfifo "$SCRATCH/go"
	await test -s "$SCRATCH/ready"
	pvadm detach "$(<"$SCRATCH/ready")"
	echo >"$SCRATCH/go"
	wait "$pid" || true
	same "$(tail -n 1 "$SCRATCH/out")" out "what it prints"
}

# What they lead to may come and go.
with_late_rules_they_are_there_too() {
	LATE=--late
	real_paths_are_found
	they_look_like_directories
	they_are_listed
	one_can_be_there_and_go
	nothing_is_made_there
	same "$(pvadm run --late --map "$ORIGINAL=$SCRATCH/later" -- bash -ec '
		realpath -e $GONE/proj; ls $GONE/proj; [[ ! -e $ORIGINAL ]]; mkdir $SCRATCH/later
		mkdir -p $ORIGINAL/x/y; ls $SCRATCH/later; ls $GONE/proj; cd $ORIGINAL/x; cd ../..; pwd -P
		rm -r $SCRATCH/later; ls' | xargs)" "$GONE/proj x a $GONE/proj" "what comes and goes"
	[[ ! -e $GONE ]] || fail "$GONE was made"
}

the_unprivileged_have_them_too() {
	mkdir -p "$SCRATCH/nobody"
	chmod 777 "$SCRATCH/nobody"
	same "$(as_nobody pvadm run --map "$ORIGINAL=$SCRATCH/nobody" -- realpath -e "$ORIGINAL")" \
		"$ORIGINAL" "what nobody finds"
}

promise T15_real_paths_are_found real_paths_are_found
promise T15_they_look_like_directories they_look_like_directories
promise T15_they_are_listed they_are_listed
promise T15_one_can_be_there_and_go one_can_be_there_and_go
promise T15_nothing_is_made_there nothing_is_made_there
promise T15_git_and_others_work git_and_others_work
promise T15_real_ones_come_first real_ones_come_first
promise T15_who_sits_there_when_the_rules_go_sits_there \
	who_sits_there_when_the_rules_go_sits_there
promise T15_with_late_rules_they_are_there_too with_late_rules_they_are_there_too
promise T15_the_unprivileged_have_them_too the_unprivileged_have_them_too
keep "$@"
