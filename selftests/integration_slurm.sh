#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# spank_pathvirt in the suite's own Slurm: one slurmctld, and two slurmd on hosts of their
# own, n1 and n2.
#
#	guest, 10.77.0.1	slurmctld, munged, srun
#	   | bridge pvt
#	   +-- n1, 10.77.0.2	slurmd, in namespaces: network, host name, mounts
#	   +-- n2, 10.77.0.3	slurmd
#
#   $ALICE         whose jobs they are
#   $DATA/*/who    says which directory it lies in
# shellcheck disable=SC2317,SC2086 # what `promise` calls; users and places are words
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./loading.bash

ALICE=pvtalice
DATA=/srv/pvt.data
CONF=/etc/slurm
STACK=$CONF/plugstack.conf
STATE=/var/spool/pvt.slurm
PATH=$PATH:/sbin:/usr/sbin

# host NAME ADDRESS : what follows its first command is run there, by `on`.
host() {
	unshare --net --uts --mount --fork --kill-child sleep infinity &
	disown
	HOSTS[$1]=$!
	# unshare has become the parent of what is in there.
	await pgrep -P "${HOSTS[$1]}"
	HOSTS[$1]=$(pgrep -P "${HOSTS[$1]}")
	ip link add "pvt-$1" type veth peer name eth0 netns "${HOSTS[$1]}"
	ip link set "pvt-$1" master pvt up
	on "$1" hostname "$1"
	on "$1" ip link set lo up
	on "$1" ip addr add "$2/24" dev eth0
	on "$1" ip link set eth0 up
}
declare -A HOSTS

# on HOST COMMAND...
on() {
	nsenter -t "${HOSTS[$1]}" --net --uts --mount "${@:2}"
}

# stack LINE... : what plugins there are, and what the site says.
stack() {
	printf '%s\n' "$@" >"$STACK"
}

# alice COMMAND...
alice() {
	(cd /tmp && setpriv --reuid $ALICE --regid $ALICE --init-groups --reset-env "$@")
}

write_conf() {
	mkdir -p $CONF $STATE/{state,n1,n2}
	[[ ! -e $CONF/slurm.conf ]] || fail "there is a Slurm already"
	cp "$STACK" "$SCRATCH/stack" 2>/dev/null || true
	cat >$CONF/slurm.conf <<-END
		ClusterName=pvt
		SlurmctldHost=guest(10.77.0.1)
		SlurmUser=root
		AuthType=auth/munge
		StateSaveLocation=$STATE/state
		SlurmctldPidFile=$STATE/slurmctld.pid
		SlurmctldLogFile=$STATE/slurmctld.log
		SlurmdSpoolDir=$STATE/%n
		SlurmdPidFile=$STATE/%n/slurmd.pid
		SlurmdLogFile=$STATE/%n.log
		Prolog=$CONF/look
		Epilog=$CONF/look
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		MpiDefault=none
		ReturnToService=2
		SchedulerParameters=sched_interval=1
		KillWait=1
		MinJobAge=600
		PlugStackConfig=$STACK
		NodeName=n1 NodeAddr=10.77.0.2 CPUs=2 State=UNKNOWN
		NodeName=n2 NodeAddr=10.77.0.3 CPUs=2 State=UNKNOWN
		PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
	END
	echo CgroupPlugin=disabled >$CONF/cgroup.conf
	# What prolog and epilog see, and whether they are attached.
	cat >$CONF/look <<-END
		#!/bin/sh
		{
			cat /pvt.site/who /pvt.a/who && echo mapped
			echo looked
			pvadm show \$\$ | grep -v '^#' && echo attached
		} >>$STATE/looked 2>/dev/null
		exit 0
	END
	chmod +x $CONF/look
}

begin_munge() {
	install -d -o munge -g munge /run/munge /var/log/munge /var/lib/munge
	[[ -s /etc/munge/munge.key ]] || fail "there is no key"
	setpriv --reuid munge --regid munge --clear-groups /usr/sbin/munged
	await munge -n
}

idle() {
	[[ $(sinfo -h -o %t) == idle ]]
}

begin() {
	local dir
	command -v slurmctld >/dev/null || return
	useradd -m -s /bin/bash $ALICE
	for dir in $ALICE one two; do
		mkdir -p $DATA/$dir
		echo "$dir" >$DATA/$dir/who
	done
	cp /etc/hosts "$SCRATCH/hosts"
	printf '10.77.0.1 guest\n10.77.0.2 n1\n10.77.0.3 n2\n' >>/etc/hosts
	ip link add pvt type bridge
	ip addr add 10.77.0.1/24 dev pvt
	ip link set pvt up
	host n1 10.77.0.2
	host n2 10.77.0.3
	write_conf
	begin_munge
	stack "required spank_pathvirt.so map=/pvt.site=$DATA/%u"
	slurmctld
	on n1 slurmd
	on n2 slurmd
	await idle
} >"$SCRATCH/begin" 2>&1

clean_up() {
	local pid
	[[ ! -e /etc/modprobe.d/pvt.conf ]] || load
	for pid in $STATE/{slurmctld,n1/slurmd,n2/slurmd}.pid; do
		kill "$(<"$pid")"
	done
	pkill munged
	sleep 1
	kill -KILL "${HOSTS[@]}"
	ip link del pvt
	cp "$SCRATCH/hosts" /etc/hosts
	rm -rf $CONF/{slurm.conf,cgroup.conf,look} $STATE $DATA
	[[ ! -e $SCRATCH/stack ]] || cp "$SCRATCH/stack" "$STACK"
	userdel -r $ALICE
} >/dev/null 2>&1

# What is at each of these, on one line.
# shellcheck disable=SC2016 # for the shell of the job
WHO='for name in a b c site; do cat /pvt.$name/who 2>/dev/null; done | xargs'
NNP="awk '/^NoNewPrivs/ { print \$2 }' /proc/self/status"

# Neither slurmd nor what it leaves behind.
steps_leave_nothing() {
	await nothing_left
}

in_srun() {
	same "$(alice srun -n1 --path-map=/pvt.a=$DATA/one --path-map /pvt.b=$DATA/two \
		sh -c "$WHO; $NNP; cd /pvt.a; pwd" | xargs)" "one two $ALICE 1 /pvt.a" "it sees"
	steps_leave_nothing
}

on_each_host() {
	same "$(alice srun -N2 -n4 --path-map=/pvt.a=$DATA/one sh -c "uname -n; $WHO" |
		sort | uniq -c | xargs)" "2 n1 2 n2 4 one $ALICE" "they see"
	steps_leave_nothing
}

# batch LINE... : a script of alice's.
batch() {
	printf '%s\n' '#!/bin/bash' "$@" >/home/$ALICE/script
	chown $ALICE /home/$ALICE/script
}

# submit OPTION... : runs it, and says what it said.
submit() {
	rm -f /home/$ALICE/out
	alice sbatch --parsable -o /home/$ALICE/out "$@" /home/$ALICE/script >"$SCRATCH/job"
	await ended "$(<"$SCRATCH/job")"
	cat /home/$ALICE/out
}

ended() {
	[[ ! $(squeue -h -j "$1" -t PD,R,CG) ]]
}

in_sbatch() {
	batch "#SBATCH --path-map=/pvt.a=$DATA/one" "#SBATCH --path-map /pvt.b=$DATA/two" \
		"$WHO" "srun -n1 sh -c '$WHO'" \
		"srun -n1 --path-map=/pvt.c=$DATA/one --path-map=/pvt.a=$DATA/two sh -c '$WHO'"
	same "$(submit)" "one two $ALICE
one two $ALICE
two two one $ALICE" "script and steps"
	# The command line has the last word; and no environment need go along.
	batch "#SBATCH --path-map=/pvt.a=$DATA/one" "#SBATCH --path-map=/pvt.b=$DATA/two" \
		"$WHO" "srun -n1 --export=ALL sh -c '$WHO'"
	same "$(submit --path-map=/pvt.a=$DATA/two --export=NONE)" "two two $ALICE
two two $ALICE" "the command line"
	steps_leave_nothing
}

# An exception stays in front of what it is one of, also in a step.
in_order() {
	mkdir -p /pvt.tree/x
	echo native >/pvt.tree/x/who
	mkdir -p $DATA/one/x
	batch "#SBATCH --path-map=/pvt.tree/x=/pvt.tree/x" "#SBATCH --path-map=/pvt.tree=$DATA/one" \
		'cat /pvt.tree/x/who /pvt.tree/who' 'srun -n1 cat /pvt.tree/x/who /pvt.tree/who'
	same "$(submit | xargs)" "native one native one" "it sees"
	rm -r /pvt.tree
}

in_salloc() {
	same "$(alice salloc -Q -n1 --path-map=/pvt.a=$DATA/one srun sh -c "$WHO")" \
		"one $ALICE" "a step"
}

in_arrays() {
	stack "required spank_pathvirt.so map=/pvt.job/%j=$DATA/one map=/pvt.array=$DATA/\$SLURM_ARRAY_TASK_ID"
	mkdir -p $DATA/{1,2}
	echo first >$DATA/1/who
	echo second >$DATA/2/who
	# shellcheck disable=SC2016 # for the script
	batch 'cat /pvt.array/who /pvt.job/$SLURM_JOB_ID/who >/home/$USER/out.$SLURM_ARRAY_TASK_ID'
	submit --array=1-2
	same "$(cat /home/$ALICE/out.[12] | xargs)" "first one second one" "they see"
	site
}

# site : what most tests find there.
site() {
	stack "required spank_pathvirt.so map=/pvt.site=$DATA/%u"
}

of_the_site() {
	same "$(alice srun -n1 sh -c "$WHO; $NNP" | xargs)" "$ALICE 0" "with privilege"
	echo "/pvt.%U=$DATA/\$PVT_DIR # of the site" >$CONF/pvt.map
	stack "required spank_pathvirt.so map=/pvt.%x=$DATA/one map_file=$CONF/pvt.map map=/pvt.\$HOME=$DATA/one"
	same "$(alice env PVT_DIR=two srun -n1 -J job sh -c "cat /pvt.job/who \
		/pvt.$(id -u $ALICE)/who /pvt./home/$ALICE/who" | xargs)" "one two one" "by variables"
	rm $CONF/pvt.map
	site
}

# fails PATTERN COMMAND... : as alice; and it says why.
fails() {
	local pattern=$1
	shift
	! alice "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || fail "$*: it is not refused: $(<"$SCRATCH/out")"
	same "$(<"$SCRATCH/out")" "" "it runs"
	same "$(grep -cE "pathvirt: .*$pattern" "$SCRATCH/err")" 1 "$*: lines of ($(<"$SCRATCH/err"))"
}

next_job() {
	scontrol show config | awk '$1 == "NEXT_JOB_ID" { print $3 }'
}

refused_at_once() {
	local before
	before=$(next_job)
	fails '--path-map=rel=/x: ORIGINAL "rel" is relative' srun -n1 --path-map=rel=/x echo runs
	fails '--path-map=/x: "/x" has no "="' salloc --path-map=/x echo runs
	batch 'echo runs'
	fails '--path-map=/a=/b/../c: NEW .*"\.\."' sbatch --path-map=/a=/b/../c /home/$ALICE/script
	batch '#SBATCH --path-map=/a=' 'echo runs'
	fails '--path-map=/a=: NEW is empty' sbatch /home/$ALICE/script
	fails 'SLURM_PATHVIRT_MAP: ' env SLURM_PATHVIRT_MAP=/a srun --path-map=/a=/b echo runs
	same "$(next_job)" "$before" "the next job's number"
}

refused_on_the_node() {
	fails "--path-map: .*/pvt.none" srun -n1 --path-map=/a=/pvt.none echo runs
	fails "SLURM_PATHVIRT_MAP: " env SLURM_PATHVIRT_MAP=/a srun -n1 echo runs
	# Also where the plugin is optional: these are not the files that were asked for.
	stack "optional spank_pathvirt.so"
	fails "--path-map: .*/pvt.none" srun -n1 --path-map=/a=/pvt.none echo runs
	site
}

# What the site says wrong keeps the tasks from running, or not if it is optional.
wrong_site() {
	install -d -o $ALICE $DATA/alices
	install -d -m 700 $DATA/roots
	mkdir $DATA/roots/in
	wrong "map=/etc=$DATA/alices" "/etc=$DATA/alices is refused: $DATA/alices belongs to user"
	wrong "map=/a=$DATA/roots/in" "$DATA/roots/in"
	wrong "map=/pvt.x=/\$PVT_NONE" "the variable PVT_NONE is not set"
	wrong "map_file=$CONF/none" "map file $CONF/none: "
	wrong "word" 'there is no option "word"'
	stack "required spank_pathvirt.so map=/pvt.%x=$DATA/one"
	fails "map=/pvt.%x=.*: what %x stands for cannot be part of a path" srun -n1 -J ../x echo runs
	site
}

# wrong WORD PATTERN
wrong() {
	stack "required spank_pathvirt.so $1"
	fails "$2" srun -n1 echo runs
	stack "optional spank_pathvirt.so $1"
	same "$(alice srun -n1 echo runs 2>"$SCRATCH/err")" runs "optional"
	grep -qE "pathvirt: .*$2" "$SCRATCH/err" || fail "it says: $(<"$SCRATCH/err")"
}

without_the_module() {
	unload
	fails "modprobe pathvirt" srun -n1 echo runs
	stack "required spank_pathvirt.so"
	fails "modprobe pathvirt" srun -n1 --path-map=/a=$DATA/one echo runs
	same "$(alice srun -n1 echo runs)" runs "who asks for nothing"
	load
	site
}

scripts_of_the_site() {
	rm -f $STATE/looked
	alice srun -n1 --path-map=/pvt.a=$DATA/one true
	await test -s $STATE/looked
	! grep -E 'mapped|attached' $STATE/looked || fail "$(<$STATE/looked)"
	await nothing_left
}

begin || {
	echo "Bail out! $(<"$SCRATCH/begin") $(cat $STATE/*.log)"
	clean_up
	exit 1
}
promise srun_takes_several in_srun
promise each_task_of_each_host_has_them on_each_host
promise sbatch_hands_them_to_its_steps in_sbatch
promise their_order_is_kept in_order
promise salloc_hands_them_to_its_steps in_salloc
promise the_tasks_of_an_array_have_their_own in_arrays
promise the_site_has_rules_with_privilege of_the_site
promise what_is_wrong_is_refused_before_it_is_submitted refused_at_once
promise what_is_not_there_ends_the_task refused_on_the_node
promise a_site_cannot_give_what_makes_a_user_root wrong_site
promise without_the_module_nobody_runs_unmapped without_the_module
promise prolog_and_epilog_have_no_rules scripts_of_the_site
keep "$@"
