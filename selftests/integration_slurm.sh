#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# spank_pathvirt in the suite's own Slurm, on two nodes: see slurm.bash. And a job that moves
# from one to the other, as Documentation/slurm.md tells.
# shellcheck disable=SC2317,SC2086 # what `promise` calls; users and places are words
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./loading.bash
. ./slurm.bash

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

# The variable is Slurm's by its name, and goes along where no other does.
past_export_none() {
	batch "echo \${PVT_OTHER-none}; $WHO" "srun -n1 /bin/sh -c '$WHO'" \
		"srun -n1 --export=NONE /bin/sh -c 'echo \${PVT_OTHER-none}; $WHO'"
	rm -f /home/$ALICE/out
	alice env PVT_OTHER=there sbatch --parsable -o /home/$ALICE/out --export=NONE \
		--path-map=/pvt.a=$DATA/one /home/$ALICE/script >"$SCRATCH/job"
	await ended "$(<"$SCRATCH/job")"
	same "$(xargs </home/$ALICE/out)" \
		"none one $ALICE one $ALICE none one $ALICE" "script and steps"
	same "$(alice env PVT_OTHER=there srun -n1 --export=NONE --path-map=/pvt.a=$DATA/one \
		/bin/sh -c "echo \${PVT_OTHER-none}; $WHO" | xargs)" "none one $ALICE" "srun"
}

# ---- A job moves, as the page tells ----

# script NUMBER : that one of the page, which begin with #!.
script() {
	awk -v number="$1" '
		/^    #!/ { nr++; inside = 1 }
		!/^    / { inside = 0 }
		inside && nr == number { print substr($0, 5) }' "$PAGE"
}
PAGE=/usr/src/pathvirt/Documentation/slurm.md

# What is at /scratch/a on n1 is at /scratch/b on n2.
share_scratch() {
	local node letter
	truncate -s 64M "$SCRATCH/disk"
	mkfs.ext4 -q "$SCRATCH/disk"
	LOOP=$(losetup -f --show "$SCRATCH/disk")
	mkdir -p /scratch /jobs
	while read -r node letter; do
		on "$node" mount -t tmpfs scratch /scratch
		on "$node" mkdir "/scratch/$letter"
		on "$node" mount "$LOOP" "/scratch/$letter"
	done <<<$'n1 a\nn2 b'
	on n1 chown $ALICE /scratch/a
	on n1 sh -c 'echo seed >/scratch/a/seed'
}

let_sudo() {
	script 2 >/usr/local/sbin/job-checkpoint
	script 3 >/usr/local/sbin/job-restart
	chmod 755 /usr/local/sbin/job-{checkpoint,restart}
	echo "$ALICE ALL=(root) NOPASSWD: /usr/local/sbin/job-checkpoint, /usr/local/sbin/job-restart" \
		>/etc/sudoers.d/pvt
}

put_away() {
	on n1 umount -l -R /scratch
	on n2 umount -l -R /scratch
	losetup -d "$LOOP"
	rm -rf /scratch /jobs /etc/sudoers.d/pvt /usr/local/sbin/job-{checkpoint,restart}
}

# told JOB NAME : what Slurm knows of it.
told() {
	scontrol show job "$1" | grep -oE "\b$2=[^ ]*" | cut -d= -f2
}

is_on() {
	[[ $(squeue -h -j "$1" -t R -o %N) == "$2" ]]
}

moves() {
	local job home=/home/$ALICE
	share_scratch
	trap put_away EXIT
	let_sudo
	install -o $ALICE helpers/chain.py $home/
	script 1 >$home/script
	rm -f $home/out
	job=$(alice sbatch --parsable -D $home -o $home/out $home/script)
	await grep -q 'is under way' $home/out
	scontrol update NodeName=n1 State=DRAIN Reason=disk
	scancel --batch --signal=USR1 "$job"
	await is_on "$job" n2
	same "$(sinfo -h -n n1 -o %T)" drained "n1"
	await ended "$job"
	cat $home/out
	same "$(told "$job" JobState) $(told "$job" NodeList) $(told "$job" Restarts)" \
		"COMPLETED n2 1" "the job"
	same "$(grep -c . <(on n2 find /scratch/b/.names -type f))" 0 "names left"
	same "$(grep -E 'begins|resumes' $home/out)" "begins on n1 with /scratch/a/work (deleted)
resumes on n2 with /scratch/a/work (deleted)" "it says"
	same "$(on n2 cat /scratch/b/result)" "$(helpers/chain.py --expect <<<seed)" "the result"
	on n2 test ! -e /scratch/a
	scontrol update NodeName=n1 State=RESUME
	await nothing_left
}

# By what the site lets everybody have run nobody gets at another's process.
only_ones_own() {
	share_scratch
	trap 'kill $victim; put_away' EXIT
	let_sudo
	sleep 1000 &
	victim=$!
	! on n1 setpriv --reuid $ALICE --regid $ALICE --init-groups \
		sudo -n job-checkpoint 1 $victim || fail "root's process is checkpointed"
	[[ ! $(ls /jobs) ]] || fail "something was made: $(ls /jobs)"
}

clean_up() {
	cluster_end
}

CONF_TOO=(
	# How long a job that was queued again waits, in seconds, which is two minutes else.
	AuthInfo=cred_expire=5
)
# What waits in vain ends the script, from within what is written to the file.
exec {SAID}>&1
trap '
	exec >&"$SAID"
	echo "Bail out! no cluster"
	tail -n 20 "$SCRATCH/begin" $STATE/*.log | sed "s/^/# /"
	clean_up' EXIT
cluster_begin || exit 1
trap - EXIT
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
promise the_rules_go_along_where_no_variable_does past_export_none
promise a_job_goes_on_on_another_node_to_the_same_result moves
promise nobody_checkpoints_what_is_anothers only_ones_own
keep "$@"
