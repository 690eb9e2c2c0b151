#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pam_pathvirt in the suite's own sshd, sftp, su, sudo, cron and login: each session has the
# rules of its user, and nobody becomes root by them.
#
#   $ALICE, $BOB   users; what lies in $DATA/USER is to be seen at /pvt.data
#   $HOLE          of root's, with all that a careless administrator could leave there
#   $LOG           what went to the system's log
# shellcheck disable=SC2317,SC2086 # what `promise` calls; users and places are words
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./loading.bash

ALICE=pvtalice
BOB=pvtbob
DATA=/srv/pvt.data
HOLE=/srv/pvt.hole
MAP=/etc/pathvirt/session.map
SESSIONS=$(echo /etc/pam.d/common-session{,-noninteractive})
LOG=$SCRATCH/log.syslog
KEY=$SCRATCH/key
PATH=$PATH:/sbin:/usr/sbin

# options WORD... : those of the module, for every session.
options() {
	sed -i "s,^.*\(pam_pathvirt\.so\).*,session required \1 $*," $SESSIONS
}

# map LINE... : the map of all sessions.
map() {
	printf '%s\n' "$@" >"$MAP"
	: >"$LOG"
}

# logged PATTERN : is it in the system's log, in one line of ours?
logged() {
	grep 'pam_pathvirt' "$LOG" | grep -qE -- "$1"
}

said() {
	(await logged "$1") || fail "the log has not \"$1\": $(<"$LOG")"
}

# session USER COMMAND : as root begins one.
session() {
	su "$1" -c "$2"
}

begin_log() {
	python3 - "$LOG" <<-'END' &
		import os, socket, sys
		log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		if os.path.lexists("/dev/log"):
		    os.unlink("/dev/log")
		log.bind("/dev/log")
		os.chmod("/dev/log", 0o666)
		while True:
		    line = log.recv(8192)
		    with open(sys.argv[1], "ab") as file:
		        file.write(line + b"\n")
	END
	LOGGER=$!
	disown
	await test -S /dev/log
}

begin_sshd() {
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$KEY"
	ssh-keygen -q -t ed25519 -N '' -f "$SCRATCH/host"
	install -d -o $ALICE -g $ALICE -m 700 /home/$ALICE/.ssh
	install -o $ALICE -g $ALICE "$KEY.pub" /home/$ALICE/.ssh/authorized_keys
	cat >"$SCRATCH/sshd_config" <<-END
		ListenAddress 127.0.0.1:2222
		HostKey $SCRATCH/host
		PidFile $SCRATCH/sshd.pid
		UsePAM yes
		PrintMotd no
		Subsystem sftp internal-sftp
	END
	/usr/sbin/sshd -f "$SCRATCH/sshd_config"
	SSH=(-q -i "$KEY" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null)
}

begin() {
	local user
	for user in $ALICE $BOB; do
		useradd -m -s /bin/bash "$user"
		# A hash that does not take its time.
		usermod -p "$(perl -e 'print crypt("secret", "\$1\$salt")')" "$user"
		install -d -o "$user" "$DATA/$user"
		echo "$user" >"$DATA/$user/who"
	done
	mkdir -p $HOLE /etc/pathvirt
	begin_log
	pam-auth-update --enable pathvirt
	cp $SESSIONS /etc/pam.d/common-auth "$SCRATCH"
	# Who is not let in need not wait for it.
	sed -i 's/pam_unix.so/& nodelay/' /etc/pam.d/common-auth
	begin_sshd
	map "/pvt.data=$DATA/%u"
} >"$SCRATCH/begin" 2>&1

clean_up() {
	kill "$(<"$SCRATCH/sshd.pid")" "$LOGGER"
	[[ ! -e /etc/modprobe.d/pvt.conf ]] || load
	pvadm detach --all
	cp "$SCRATCH"/common-* /etc/pam.d/
	pam-auth-update --disable pathvirt
	rm -rf /dev/log $HOLE $DATA "$MAP" /etc/pathvirt/pvt.* /etc/cron.d/pvt
	userdel -r $ALICE
	userdel -r $BOB
} >/dev/null 2>&1

# LOOK : where the user's data are, and that he may have su and sudo.
LOOK="cat /pvt.data/who; cd /pvt.data; pwd; awk '/^NoNewPrivs/ { print \$2 }' /proc/self/status"
SEEN="$ALICE /pvt.data 0"

in_ssh() {
	same "$(ssh "${SSH[@]}" -p 2222 $ALICE@127.0.0.1 "$LOOK" | xargs)" "$SEEN" "ssh"
	await nothing_left
}

in_sftp() {
	echo "get /pvt.data/who $SCRATCH/got" |
		sftp "${SSH[@]}" -P 2222 -b - $ALICE@127.0.0.1
	same "$(<"$SCRATCH/got")" $ALICE "sftp"
	await nothing_left
}

in_su() {
	same "$(su $ALICE -c "$LOOK" | xargs)" "$SEEN" "su"
	same "$(su - $ALICE -c "$LOOK" | xargs)" "$SEEN" "su -"
	await nothing_left
}

in_sudo() {
	same "$(sudo -u $ALICE sh -c "$LOOK" | xargs)" "$SEEN" "sudo"
	await nothing_left
}

# login wants a terminal, and begins what its user always begins with.
in_login() {
	echo "{ $LOOK; } >/tmp/pvt.login; exit" >/home/$ALICE/.bash_profile
	script -qec "login -f $ALICE" /dev/null >"$SCRATCH/typescript" </dev/null
	rm /home/$ALICE/.bash_profile
	same "$(xargs </tmp/pvt.login)" "$SEEN" "login ($(<"$SCRATCH/typescript"))"
	rm /tmp/pvt.login
	await nothing_left
}

# What is to be done at each boot is done when cron begins.
in_cron() {
	rm -f /run/crond.reboot
	printf '@reboot %s { %s; } >/tmp/pvt.part; mv /tmp/pvt.part /tmp/pvt.cron\n' \
		$ALICE "$LOOK" >/etc/cron.d/pvt
	cron -f &
	await test -e /tmp/pvt.cron
	kill $!
	rm /etc/cron.d/pvt
	same "$(xargs </tmp/pvt.cron)" "$SEEN" "cron"
	rm /tmp/pvt.cron
	await nothing_left
}

# What is at two places, one of which no session gives.
# shellcheck disable=SC2016 # for the shell of the session
BOTH='for name in data outer; do cat /pvt.$name/who 2>/dev/null || echo none; done'

# su of a user in a session, who is asked for the other's password.
begins_anew() {
	same "$(session $ALICE "echo secret | su $BOB -c 'cat /pvt.data/who'" 2>/dev/null)" \
		$BOB "su in a session"
	map "/pvt.data=$DATA/%u"
	same "$(pvadm run --map /pvt.outer=$DATA/$BOB -- su $ALICE -c "$BOTH" | xargs)" \
		"$ALICE none" "a session begun with rules"
	map
	same "$(pvadm run --map /pvt.outer=$DATA/$BOB -- su $ALICE -c "$BOTH" | xargs)" \
		"none none" "a session without a map"
}

stacked() {
	map "/pvt.data=$DATA/%u"
	options stack
	same "$(pvadm run --map /pvt.outer=$DATA/$BOB -- su $ALICE -c "$BOTH" | xargs)" \
		"$ALICE $BOB" "both"
	options
	await nothing_left
}

# One process that opens and closes, and goes on.
closes() {
	cat >"$SCRATCH/opener.py" <<-'END'
		import ctypes, subprocess, sys
		pam = ctypes.CDLL("libpam.so.0")
		conv = (ctypes.c_void_p * 2)()
		handle = ctypes.c_void_p()
		def call(name, *args):
		    error = getattr(pam, name)(*args)
		    if error:
		        sys.exit("%s: %d" % (name, error))
		def look():
		    print(subprocess.run("ls /pvt.data", shell=True, stdout=-1, stderr=-3)
		          .stdout.decode().strip() or "none")
		call("pam_start", b"su", sys.argv[1].encode(), conv, ctypes.byref(handle))
		for lap in range(2):
		    call("pam_open_session", handle, 0)
		    look()
		    call("pam_close_session", handle, 0)
		    look()
	END
	map "/pvt.data=$DATA/%u"
	same "$(python3 "$SCRATCH/opener.py" $ALICE | xargs)" "who none who none" "it sees"
	same "$(left)" "0 0" "left"
	# Rules that the session did not bring stay.
	map
	options stack
	same "$(pvadm run --map "/pvt.data=$DATA/$BOB" -- python3 "$SCRATCH/opener.py" $ALICE |
		xargs)" "who who who who" "it sees"
	map "/pvt.data=$HOLE"
	same "$(pvadm run --map "/pvt.data=$DATA/$BOB" -- python3 "$SCRATCH/opener.py" $ALICE |
		xargs)" "none who none who" "it sees"
	options
}

variables() {
	map "/pvt.a/%u/%U/%h=$DATA/\$USER" "/pvt.b\${HOME}=$DATA/$BOB" "/pvt.c%%\$\$=$DATA"
	same "$(session $ALICE "cat /pvt.a/$ALICE/$(id -u $ALICE)/$(uname -n)/who \
		/pvt.b/home/$ALICE/who '/pvt.c%\$/$BOB/who'" | xargs)" "$ALICE $BOB $BOB" "it sees"
	# The environment of su is its caller's.
	map "/pvt.data=$DATA/\$PVT_WHERE"
	same "$(PVT_WHERE=$BOB session $ALICE 'ls /pvt.data 2>&1')" \
		"ls: cannot access '/pvt.data': No such file or directory" "it sees"
	said "goes on without its rules: $MAP:1: the variable PVT_WHERE is not set"
	map "/pvt.data=$DATA/%j"
	session $ALICE true
	said "$MAP:1: %j"
}

files_and_words() {
	map "/pvt.data=$DATA/$BOB"
	echo "/pvt.data=$DATA/$ALICE" >/etc/pathvirt/pvt.$ALICE.map
	options "map=/pvt.word=$DATA/%u map_file=/etc/pathvirt/pvt.%u.map"
	same "$(session $ALICE 'cat /pvt.data/who /pvt.word/who' | xargs)" "$ALICE $ALICE" "words"
	# Not each user has a map; but one that is named is there.
	same "$(session $BOB 'cat /pvt.word/who')" "$BOB" "without a file"
	: >"$LOG"
	options map_file=/etc/pathvirt/pvt.none
	session $ALICE true
	said 'goes on without its rules: map file /etc/pathvirt/pvt.none: cannot look up "pvt.none"'
	options map-file=x
	session $ALICE true
	said 'there is no option "map-file=x"'
	options map=relative=/x
	session $ALICE true
	said 'map=relative=/x: ORIGINAL "relative" is relative'
	options
}

# not_given PATTERN : a session goes on without rules; with strict it is refused, and says
# why, but not to root.
not_given() {
	same "$(session $ALICE 'echo on; ls /pvt.data 2>&1 | grep -c No.such')" "on
1" "the session"
	said "the session of $ALICE goes on without its rules: .*$1"
	options strict
	! session $ALICE 'echo on' >"$SCRATCH/out" 2>&1 || fail "it is not refused"
	grep -qE "pam_pathvirt: .*$1" "$SCRATCH/out" || fail "it says: $(<"$SCRATCH/out")"
	! grep -qx on "$SCRATCH/out" || fail "it went on"
	said "the session of $ALICE is refused: .*$1"
	same "$(session root 'echo on')" on "root's session"
	options
}

cannot_be_given() {
	map "/pvt.data=$DATA/nobody"
	not_given "$DATA/nobody"
	map "/pvt.data"
	not_given "$MAP:1: .*has no \"=\""
	unload
	map "/pvt.data=$DATA/%u"
	not_given "modprobe pathvirt|not loaded"
	# Who has no rules needs no module.
	map
	session $ALICE true
	sleep 1
	! logged . || fail "it says: $(<"$LOG")"
	load
}

debug_tells() {
	map "/pvt.data=$DATA/%u"
	options debug
	session $ALICE true
	said "/pvt.data=$DATA/$ALICE"
	options
}

# permit DIR : a directory in which su lets everybody in.
permit() {
	mkdir -p "$1"
	printf '%s sufficient pam_permit.so\n' auth account session >"$1/su"
}

# What a user does who wants to be root, with what is at /etc/pam.d or the preloaded library.
ATTACK="su -c 'id -u' </dev/null 2>/dev/null"

# attack_fails PATTERN : alice, with the map that is there, does not become root.
attack_fails() {
	same "$(session $ALICE "$ATTACK; echo on")" on "alice is root ($(<"$MAP"))"
	said "goes on without its rules: .*$1"
}

# hole HOW : something that alice may change, $HOLE/pam.d.
hole() {
	rm -rf $HOLE /home/$ALICE/hole
	mkdir $HOLE
	permit $HOLE/pam.d
	case $1 in
	owner) chown $ALICE $HOLE/pam.d ;;
	mode) chmod 777 $HOLE/pam.d ;;
	group)
		chgrp $ALICE $HOLE/pam.d
		chmod 775 $HOLE/pam.d
		;;
	acl) setfacl -m u:$ALICE:rwx $HOLE/pam.d ;;
	above) chown $ALICE $HOLE ;;
	sticky) chmod 1777 $HOLE ;;
	link | last_link)
		permit /home/$ALICE/hole/pam.d
		rm -r $HOLE
		mkdir $HOLE
		ln -s /home/$ALICE/hole/pam.d $HOLE/pam.d
		;;
	link_above)
		permit /home/$ALICE/hole/pam.d
		rm -r $HOLE
		ln -s ../home/$ALICE/hole $HOLE
		;;
	esac
}

holes() {
	local how
	for how in owner mode group acl above sticky last_link link_above; do
		hole "$how"
		map "/etc/pam.d=$HOLE/pam.d"
		attack_fails "/etc/pam.d=$HOLE/pam.d is refused"
	done
}

# It is an attack: if the same rule is there, by whatever means, alice is root.
attacks_are_real() {
	hole owner
	map
	same "$(pvadm run --map /etc/pam.d=$HOLE/pam.d -- setpriv --reuid $ALICE \
		--regid $ALICE --clear-groups sh -c "$ATTACK")" 0 "alice is"
	hole none
	map "/etc/pam.d=$HOLE/pam.d"
	same "$(session $ALICE "$ATTACK")" 0 "what only root may change is not refused: alice is"
	preload
	same "$(pvadm run --map /etc/ld.so.preload=/home/$ALICE/preload -- setpriv \
		--reuid $ALICE --regid $ALICE --clear-groups sh -c "$ATTACK; echo on")" \
		"became root
on" "by a library"
}

# preload : a library that a set-uid program runs.
preload() {
	gcc -shared -fPIC -o /home/$ALICE/evil.so -x c - <<-'END'
		#include <unistd.h>
		__attribute__((constructor)) static void become(void)
		{
			if (getuid() && !geteuid()) {
				write(1, "became root\n", 12);
				_exit(0);
			}
		}
	END
	echo /home/$ALICE/evil.so >/home/$ALICE/preload
	chown $ALICE /home/$ALICE/{evil.so,preload}
}

by_a_library() {
	preload
	map "/etc/ld.so.preload=/home/$ALICE/preload"
	attack_fails "/etc/ld.so.preload=/home/$ALICE/preload is refused"
}

# By whatever name: below, above, and by links that are there or that alice makes.
originals() {
	local original
	hole owner
	for original in / /etc /lib/x86_64-linux-gnu /usr/bin/su /root /var/run /var \
		/var/lib/x/y /proc/self; do
		map "/pvt.data=$DATA/%u" "$original=$HOLE/pam.d"
		session $ALICE true
		said "$original=$HOLE/pam.d is refused: $HOLE/pam.d belongs to user"
	done
	ln -s /etc $HOLE/link
	map "$HOLE/link/pam.d=$HOLE/pam.d"
	attack_fails "$HOLE/link/pam.d=$HOLE/pam.d is refused"
	# An exception, and what only alice goes by.
	map "/etc=/etc" "/pvt.etc=$HOLE/pam.d"
	same "$(session $ALICE "ls /pvt.etc; $ATTACK" | xargs)" su "it sees"
}

# ORIGINAL is spelled by a link of alice's: what that leads to is not ORIGINAL, so it does
# not matter that she may turn it when it has been looked at.
link_of_a_user() {
	hole owner
	su $ALICE -c "ln -s /etc /home/$ALICE/link"
	same "$(pvadm run --map /home/$ALICE/link/pam.d=$HOLE/pam.d -- \
		ls -d /etc/pam.d/sshd /home/$ALICE/link/pam.d/su)" \
		"/etc/pam.d/sshd
/home/$ALICE/link/pam.d/su" "it sees"
	map "/home/$ALICE/link/pam.d=$HOLE/pam.d"
	attack_fails "/home/$ALICE/link/pam.d=$HOLE/pam.d is refused"
	rm /home/$ALICE/link
}

# What her limits keep from being looked at is not trusted.
without_descriptors() {
	local limit
	hole owner
	map "/etc/pam.d=$HOLE/pam.d"
	for limit in 4 6 7 8 10; do
		same "$(session $ALICE "ulimit -n $limit; echo secret | su $ALICE -c \
			'[ -e /etc/pam.d/sshd ] || echo fake' 2>/dev/null; true")" "" "at $limit"
	done
}

# What others write to is to be sticky, as /tmp is.
temporary() {
	hole none
	mkdir -m 1777 $HOLE/tmp
	mkdir -m 777 $HOLE/open
	map "/tmp=$HOLE/tmp"
	same "$(session $ALICE "echo mine >/tmp/file; cat /tmp/file"; cat $HOLE/tmp/file)" "mine
mine" "its own /tmp"
	map "/var/tmp=$HOLE/open"
	session $ALICE true
	said "/var/tmp=$HOLE/open is refused: $HOLE/open may be written by others"
	install -d -o $ALICE $HOLE/alice
	map "/tmp=$HOLE/alice"
	session $ALICE true
	said "/tmp=$HOLE/alice is refused: $HOLE/alice belongs to user"
}

# A map that a user writes is none.
map_of_a_user() {
	hole none
	map "/etc/pam.d=$HOLE/pam.d"
	chown $ALICE "$MAP"
	attack_fails "map file $MAP: $MAP belongs to user $(id -u $ALICE); only root may write it"
	rm "$MAP"
	map
	options "map_file=/home/%u/map"
	echo "/etc/pam.d=$HOLE/pam.d" >/home/$ALICE/map
	attack_fails "map file /home/$ALICE/map: /home/$ALICE belongs to user"
	options
}

begin || {
	echo "Bail out! $(<"$SCRATCH/begin")"
	exit 1
}
promise ssh_begins_with_the_users_rules in_ssh
promise sftp_begins_with_them in_sftp
promise su_begins_with_them in_su
promise sudo_begins_with_them in_sudo
promise login_begins_with_them in_login
promise cron_begins_with_them in_cron
promise a_session_has_no_rules_of_the_one_it_was_begun_in begins_anew
promise stack_keeps_them_below stacked
promise a_closed_session_leaves_nothing closes
promise maps_know_the_user_and_not_who_called variables
promise maps_are_files_and_words files_and_words
promise a_session_goes_on_without_rules_or_is_refused cannot_be_given
promise debug_tells_the_rules debug_tells
promise what_a_user_may_change_makes_him_root attacks_are_real
promise no_user_becomes_root_by_a_directory holes
promise no_user_becomes_root_by_a_library by_a_library
promise what_root_trusts_by_whatever_name originals
promise a_link_of_the_users_is_not_what_it_leads_to link_of_a_user
promise what_cannot_be_looked_at_is_not_trusted without_descriptors
promise tmp_is_to_be_sticky temporary
promise a_map_that_a_user_may_write_is_none map_of_a_user
keep "$@"
