# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2317 # read by those who source it; what they promise
# Sourced, behind ktap.sh: a cluster of the suite's own Slurm, one slurmctld, and two slurmd on
# hosts of their own, n1 and n2, of which n1 is taken first.
#
#	guest, 10.77.0.1	slurmctld, munged, srun
#	   | bridge pvt
#	   +-- n1, 10.77.0.2	slurmd, in namespaces: network, host name, mounts
#	   +-- n2, 10.77.0.3	slurmd
#
#   $ALICE         whose jobs they are
#   $DATA/*/who    says which directory it lies in
# shellcheck disable=SC2086 # users and places are words

ALICE=pvtalice
DATA=/srv/pvt.data
CONF=/etc/slurm
STACK=$CONF/plugstack.conf
STATE=/var/spool/pvt.slurm
PATH=$PATH:/sbin:/usr/sbin

# What slurm.conf has besides.
CONF_TOO=()

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

# no_cgroups : what slurmd takes for that. 22.05 wants a plugin, and that of version 1 asks for
# nothing before it is used.
no_cgroups() {
	case $(slurmctld -V) in
	*" 22."*) echo cgroup/v1 ;;
	*) echo disabled ;;
	esac
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
		NodeName=n2 NodeAddr=10.77.0.3 CPUs=2 State=UNKNOWN Weight=10
		PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
	END
	((!${#CONF_TOO[@]})) || printf '%s\n' "${CONF_TOO[@]}" >>$CONF/slurm.conf
	echo "CgroupPlugin=$(no_cgroups)" >$CONF/cgroup.conf
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

cluster_begin() {
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

cluster_end() {
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
