#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What one can do with pathvirt and with others, tried. Inside a guest: see run.
#
#   guest.sh [TOOL]...
#
# Prints a line ROW|TOOL|ANSWER for each; what a program said that was not as it should be
# goes to standard error.
#
#   $OLD/who      old        $OLD/keep/who   old keep
#   $NEW/who      new        $NEW/keep/who   new keep
# shellcheck disable=SC2317,SC2206,SC2178,SC2128,SC2086 # tools and rows are called by their names; paths are words
cd "$(dirname "$(dirname "${BASH_SOURCE[0]}")")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh
# shellcheck source=selftests/loading.bash
. ./loading.bash
# shellcheck source=selftests/slurm.bash
. ./slurm.bash

# A tool that fails is an answer, and not the end.
fail() {
	echo "$*" >&2
	return 1
}

await() {
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "waited in vain for: $*" || return
		sleep 0.05
	done
}

OLD=/srv/pvt.old
NEW=/srv/pvt.new
ABSENT=/pvt.none/deep
LATER=/mnt/pvt.later
BOX=/srv/pvt.box
CELL=/srv/pvt.cell
TOOLS=(pathvirt bind systemd job_container bwrap proot fakechroot)
ROWS=(running anywhere static unprivileged absent file setuid exception undone getcwd later)

prepare() {
	local tree
	# As systemd has it.
	mount --make-rshared /
	for tree in old new; do
		mkdir -p /srv/pvt.$tree/keep
		echo "$tree" >/srv/pvt.$tree/who
		echo "$tree keep" >/srv/pvt.$tree/keep/who
	done
	mkdir -p $LATER $BOX
	chmod 755 $BOX
	cat >"$SCRATCH/static.c" <<-'END'
		#include <stdio.h>
		#include <unistd.h>
		#include <fcntl.h>
		#include <sys/syscall.h>
		int main(int argc, char **argv)
		{
			char text[64];
			int fd = syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY);
			if (argc == 3)
				dprintf(1, "%d ", geteuid());
			return fd < 0 || write(1, text, read(fd, text, sizeof(text))) < 1;
		}
	END
	gcc -O2 -static -o $BOX/static "$SCRATCH/static.c"
	cp $BOX/static $BOX/setuid
	chmod 4755 $BOX/setuid
	# Reads a file whenever it is asked to.
	cat >$BOX/reader <<-'END'
		#!/bin/bash
		trap 'cat "$1/who" >"$2.new" 2>&1; mv "$2.new" "$2"' USR1
		touch "$2.ready"
		while :; do sleep 0.05; done
	END
	chmod 755 $BOX/reader
	printf '%s\n' '#!/bin/sh' "cd $OLD && exec /bin/pwd" >$BOX/pwd
	chmod 755 $BOX/pwd
	mkdir -m 1777 $BOX/said
}

# ---- The tools: in_TOOL ORIGINAL COMMAND... finds NEW there ----

in_pathvirt() {
	pvadm run --map "$1=${FROM:-$NEW}" -- "${@:2}"
}

in_bind() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation slave sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "${FROM:-$NEW}" "$@"
}

in_bwrap() {
	bwrap --dev-bind / / --bind "${FROM:-$NEW}" "$1" -- "${@:2}"
}

in_proot() {
	proot -b "${FROM:-$NEW}:$1" "${@:2}"
}

# Paths below its root get it in front; there a link leads to NEW.
in_fakechroot() {
	local jail=$BOX/jail
	rm -rf $jail
	mkdir -p "$jail/$(dirname "$1")"
	ln -sfn "${FROM:-$NEW}" "$jail$1"
	FAKECHROOT_EXCLUDE_PATH=/usr:/bin:/lib:/lib64:/root:/proc:/dev:/etc:$BOX:/tmp:$NEW:$LATER \
		fakechroot chroot "$jail" "${@:2}"
}

# A service, in a container that systemd has booted.
in_systemd() {
	service "BindPaths=${FROM:-$NEW}:$1" "${@:2}"
	inside systemctl start probe.service
	cat "/proc/$LEADER/root/run/said"
}

# service LINE COMMAND... : what it is.
service() {
	local unit=/proc/$LEADER/root/run/systemd/system/probe.service
	mkdir -p "${unit%/*}"
	printf '%s\n' '[Service]' "Type=${TYPE:-oneshot}" "$1" "${WHO_RUNS-}" \
		"StandardOutput=file:/run/said" "ExecStart=${*:2}" >"$unit"
	rm -f "/proc/$LEADER/root/run/said"
	inside systemctl daemon-reload
}

inside() {
	nsenter -a -t "$LEADER" "$@"
}

begin_systemd() {
	[[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	# A copy of this machine, without its mounts.
	mkdir -p /tmp/cell/{upper,work} $CELL
	mount -t overlay -o lowerdir=/,upperdir=/tmp/cell/upper,workdir=/tmp/cell/work cell $CELL
	systemd-nspawn --quiet --register=no --keep-unit -D $CELL \
		--bind=$BOX --bind=$OLD --bind=$NEW -b -- --unit=basic.target \
		>"$SCRATCH/booted" 2>&1 </dev/null &
	NSPAWN=$!
	await pgrep -x systemd
	LEADER=$(pgrep -x systemd | head -n 1)
	await inside systemctl is-active basic.target
}

# A job of alice's; it has a directory of its own at ORIGINAL, and puts there what is asked.
in_job_container() {
	[[ $1 == "$OLD" && ! ${FROM-} ]] || return
	# shellcheck disable=SC2016 # for the inner shell
	alice srun -Q -n1 -w n1 sh -c 'echo new >"$0/who" && exec "$@"' "$@"
	[[ $(<$OLD/who) == old ]]
}

begin_job_container() {
	# shellcheck disable=SC2034 # slurm.bash has it
	CONF_TOO=(JobContainerType=job_container/tmpfs PrologFlags=Contain)
	mkdir -p /srv/pvt.jobs $CONF
	printf '%s\n' AutoBasePath=true BasePath=/srv/pvt.jobs "Dirs=$OLD" >$CONF/job_container.conf
	cluster_begin
	stack "# none"
	alice srun -n1 -w n1 true
}

# ---- The rows: ROW TOOL prints the answer ----

# gives WANTED COMMAND... : yes or no.
gives() {
	local said
	if said=$("${@:2}" 2>&1) && [[ $said == "$1" ]]; then
		echo yes
	else
		echo "${*:2}: $said" | head -n 3 >&2
		echo no
	fi
}

# ask PID FILE : what it reads now.
ask() {
	rm -f "$2"
	kill -USR1 "$1"
	await test -e "$2"
	cat "$2"
}

# reader [PREFIX...] : begins one, $READER; what it reads is in $BOX/said/reader.
reader() {
	rm -f $BOX/said/*
	"$@" $BOX/reader $OLD $BOX/said/reader >/dev/null 2>&1 &
	disown
	await test -e $BOX/said/reader.ready
	READER=$(pgrep -f "^/bin/bash $BOX/reader" | tail -n 1)
}

stop_reader() {
	pkill -f "^/bin/bash $BOX/reader"
	await eval "! pgrep -f '^/bin/bash $BOX/reader'"
}

bound_in() {
	nsenter -t "$1" --mount mount --bind $NEW $OLD
}

running() {
	case $1 in
	pathvirt)
		reader env
		pvadm attach "$READER" --map "$OLD=$NEW"
		gives new ask "$READER" $BOX/said/reader
		pvadm detach "$READER"
		stop_reader
		;;
	bind)
		reader unshare --mount
		bound_in "$READER"
		[[ $(gives new ask "$READER" $BOX/said/reader) == yes &&
			$(<$OLD/who) == old ]] && echo "in a mount namespace of its own"
		stop_reader
		;;
	systemd)
		rm -f $BOX/said/*
		TYPE=simple service PrivateMounts=yes $BOX/reader $OLD $BOX/said/reader
		inside systemctl start probe.service
		await test -e $BOX/said/reader.ready
		inside systemctl bind probe.service $NEW $OLD
		READER=$(pgrep -f "^/bin/bash $BOX/reader" | tail -n 1)
		[[ $(gives new ask "$READER" $BOX/said/reader) == yes ]] &&
			echo "a service with a mount namespace"
		inside systemctl stop probe.service
		;;
	*) echo "no, a new one" ;;
	esac
}

anywhere() {
	case $1 in
	job_container) echo "no, one of the job's own" ;;
	*) gives new "in_$1" $OLD cat $OLD/who ;;
	esac
}

static() {
	gives new "in_$1" $OLD $BOX/static $OLD/who
}

unprivileged() {
	chmod 755 "$SCRATCH"
	case $1 in
	systemd) echo "not tried" ;;
	job_container) echo "what the site says" ;;
	bind)
		gives new setpriv --reuid 65534 --regid 65534 --clear-groups unshare --map-root-user \
			--mount sh -c "mount --bind $NEW $OLD && cat $OLD/who" |
			sed 's/yes/in a user namespace/'
		;;
	fakechroot)
		in_fakechroot $OLD true
		gives new as_nobody env FAKECHROOT_EXCLUDE_PATH=/usr:/bin:/lib:/lib64:/proc:/dev:/etc:$BOX:/tmp:$NEW \
			fakechroot chroot $BOX/jail cat $OLD/who
		;;
	*)
		declare -f "in_$1" >"$SCRATCH/tool"
		gives new as_nobody env NEW=$NEW bash -c ". $SCRATCH/tool; in_$1 $OLD cat $OLD/who"
		;;
	esac
}

# And so it is to be when it has ended.
absent() {
	local answer root=
	[[ $1 != job_container ]] || { echo "not tried"; return; }
	[[ $1 != systemd ]] || root=/proc/$LEADER/root
	rm -rf "${ABSENT%/*}"
	answer=$(gives new "in_$1" $ABSENT cat $ABSENT/who)
	[[ $answer == no || ! -e $root${ABSENT%/*} ]] || answer="makes it on the disk"
	rm -rf "${ABSENT%/*}"
	echo "$answer"
}

# ORIGINAL is a file.
file() {
	[[ $1 != job_container ]] || { echo "not tried"; return; }
	FROM=$NEW/who gives new "in_$1" $OLD/who cat $OLD/who
}

# One that is run by a user where root has made the rules: is it root, and finds NEW?
setuid() {
	local user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	local program=($BOX/setuid $OLD/who id)
	case $1 in
	pathvirt)
		# shellcheck disable=SC2016 # for the inner shell
		gives "0 new" bash -c 'pvadm attach $$ --map "$0" && "$@"' "$OLD=$NEW" \
			"${user[@]}" "${program[@]}"
		;;
	systemd) WHO_RUNS=User=nobody gives "0 new" in_systemd $OLD "${program[@]}" ;;
	job_container) gives "0 new" in_job_container $OLD "${program[@]}" ;;
	*) gives "0 new" "in_$1" $OLD "${user[@]}" "${program[@]}" ;;
	esac
}

exception() {
	local wanted="new
old keep" look=(cat $OLD/who $OLD/keep/who)
	case $1 in
	pathvirt) gives "$wanted" pvadm run --map $OLD/keep=$OLD/keep --map $OLD=$NEW -- "${look[@]}" ;;
	bind)
		gives "$wanted" unshare --mount sh -c "mount --bind $OLD/keep $LATER &&
			mount --bind $NEW $OLD && mount --bind $LATER $OLD/keep && ${look[*]}" |
			sed 's/yes/by mounting again/'
		;;
	systemd) FROM="$NEW:$OLD $OLD/keep" gives "$wanted" in_systemd $OLD/keep "${look[@]}" ;;
	bwrap) gives "$wanted" bwrap --dev-bind / / --bind $NEW $OLD --bind $OLD/keep $OLD/keep "${look[@]}" ;;
	proot) gives "$wanted" proot -b $NEW:$OLD -b $OLD/keep:$OLD/keep "${look[@]}" ;;
	*) echo "not tried" ;;
	esac
}

# stops_finding : what the reader, which finds NEW, finds when COMMAND was run.
stops_finding() {
	same "$(ask "$READER" $BOX/said/reader)" new "before"
	"$@" && gives old ask "$READER" $BOX/said/reader
}

undone() {
	case $1 in
	pathvirt)
		reader pvadm run --map "$OLD=$NEW" --
		stops_finding pvadm detach "$READER"
		;;
	bind | bwrap)
		reader "in_$1" $OLD
		stops_finding nsenter -t "$READER" --mount umount $OLD | sed 's/yes/by nsenter, umount/'
		;;
	systemd)
		rm -f $BOX/said/*
		TYPE=simple service "BindPaths=$NEW:$OLD" $BOX/reader $OLD $BOX/said/reader
		inside systemctl start probe.service
		await test -e $BOX/said/reader.ready
		READER=$(pgrep -f "^/bin/bash $BOX/reader" | tail -n 1)
		stops_finding nsenter -t "$READER" --mount umount $OLD | sed 's/yes/by nsenter, umount/'
		inside systemctl stop probe.service
		return
		;;
	job_container) echo "not tried" ;;
	*) echo no ;;
	esac
	[[ ! ${READER-} ]] || stop_reader
}

getcwd() {
	gives $OLD "in_$1" $OLD $BOX/pwd
}

# The machine mounts something while it runs.
later() {
	local look="until [ -e $BOX/said/mounted ]; do sleep 0.05; done; cat $LATER/who"
	# These are in namespaces of our making here.
	[[ $1 != systemd && $1 != job_container ]] || { echo "not tried"; return; }
	rm -f $BOX/said/*
	(
		sleep 2
		mount -t tmpfs later $LATER
		echo later >$LATER/who
		touch $BOX/said/mounted
	) &
	printf '%s\n' '#!/bin/sh' "$look" >$BOX/look
	chmod 755 $BOX/look
	gives later "in_$1" $OLD $BOX/look
	wait $!
	umount $LATER
}

clean_up() {
	[[ ! ${NSPAWN-} ]] || kill "$NSPAWN"
	[[ ! ${HOSTS[n1]-} ]] || cluster_end
	pkill -f "$BOX/reader"
} >/dev/null 2>&1

set -u
[[ ! $* ]] || TOOLS=("$@")
modprobe pathvirt
prepare
for tool in "${TOOLS[@]}"; do
	if [[ $(type -t "begin_$tool") ]] && ! "begin_$tool" >"$SCRATCH/began" 2>&1; then
		head -n 20 "$SCRATCH/began" >&2
		for row in "${ROWS[@]}"; do
			echo "$row|$tool|not tried"
		done
		continue
	fi
	for row in "${ROWS[@]}"; do
		answer=$("$row" "$tool" </dev/null | tail -n 1)
		echo "$row|$tool|${answer:-no}"
	done
done
clean_up
rm -rf "$SCRATCH"
