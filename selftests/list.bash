# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # read by those who source it
# Which tests there are, and which kernels `make check` runs each of them on: what one
# kernel has shown needs to be shown on another only where that one can make a
# difference. `make check-all` runs all of them on all kernels, but for LEFT_OUT. Two
# more run from here and not in a guest alone: powercut/run and packages/run.
#
# KERNELS	what it depends on
# all		how the kernel walks, hooks, forks or links: no two are the same there
# ends		the tool, or code of ours that asks little of the kernel, or of which the
#		oldest and the newest show both ways that there are: their headers, libc
#		and tools are furthest apart
# newest	the tool alone
# none		mostly others' code, and slow: only in make check-all
#
# A debug or a real-time kernel is no kernel of `make check`: what only they can see
# is what `make check-all` is for. Of arm64 it runs ARM64_CORE on the newest.
#
# test			kernels	why not everywhere, or why everywhere
PLAN='
names			all	the walk
spellings		ends	names are compared by code of ours alone
limits			ends	lengths are counted by code of ours; PATH_MAX is the same
syscalls		all	the calls of each kernel are others
syscalls_32		ends	the 32-bit entries end where those of syscalls do
uring			all	io_uring hands in names in a way that changes
entries.py		newest	a hook is left out and missed: the same three sites everywhere
relative		ends	a directory is named, and then it is the walk of names
links			ends	a link is met in step_into or in pick_link: the oldest has one, the newest the other
reverse			all	d_path and its callers
apparmor.sh		ends	what AppArmor calls a file, by one function; its parser is that of the suite
landlock.py		newest	what Landlock does is documented so; no code of ours
mountinfo.sh		ends	seq_path_root, and programs of both suites
roots			all	the walk
places			all	where a walk begins, and who holds what
equal.py		ends	what dentries say of themselves without a walk
absent.sh		all	a filesystem of our own
absent_programs.py	newest	programs of its suite; their calls are those of syscalls
listing			all	iterate_dir, and the positions that filesystems give
listing_32		ends	hashes of 31 bits, and calls that no 64-bit program makes
listing.sh		ends	programs of both suites, and filesystems
union.py		ends	a walk of ours, by steps: what it asks of the kernel is one component each
mounts.sh		all	pivot_root, and copies of mounts
sandboxes.sh		ends	what those do with mounts, by the programs of both suites
differ			all	the walk
pseudo			ends	/proc and /dev go the ways that names and syscalls go
exec			all	the way of an interpreter
kernelnames		all	whose root the kernel itself walks from
inherit			ends	fork and exit, by tracepoints that are told apart when it is built; stress is everywhere
access			all	who may: credentials, ptrace
hostile_processes	all	fork, exit and task work
hostile_names		all	races with the walk
races			ends	the same for long: the walk hooks are of two kinds
audit.py		all	what a kernel records of a walk
hostile_requests.py	all	who may, and what it may cost: capabilities, cgroups
fuzz_family.sh		ends	parsing and strict policies are those of 6.1, or of 7.3
netlink.py		ends	the family is code of ours
netlink_refuse.py	ends	strict parsing is what 6.1 has, or what 7.3 has
netlink_stage.py	ends	the family is code of ours
events.py		ends	the family is code of ours
pvadm.sh		ends	the tool
completion.sh		newest	the tool alone
phases.sh		ends	the tool
python.py		ends	the library, by the Python of both suites
registration		ends	the tool, and its library
relink			all	linking what was unlinked
relink_32		newest	two lines of compat_ioctl before what relink tests
reopen			all	dentries that are not hashed
relink_fs.sh		ends	the filesystems; the calls it makes of a kernel are those of relink
relink_list.sh		ends	the tool, by /proc
relink_tool.sh		ends	the tool
ns.py			ends	the tool, by /proc and nsfs
ns_inject.py		newest	the tool: what it does when a call fails
inject.py		newest	the tool: what it does when a call fails
checkpoint.py		ends	the tool
criu.sh			ends	the tool, with the criu of its suite
criu_zoo.py		newest	the tool, with the criu of its suite
databases.py		newest	the tool, with the databases of its suite
story.sh		ends	the tool
reopen.sh		ends	the tool
programs.sh		ends	programs of both suites; their calls are those of syscalls
integration_pam.sh	ends	the module for PAM, with the daemons of both suites
integration_slurm.sh	newest	the plugin for Slurm, with the release of the newest suite; that of the oldest in make check-all
containers.sh		none	podman and crun; the cgroups are those of cgroup.py
integration_systemd.sh	none	the unit, with the systemd of both suites; the cgroups are those of cgroup.py
tracing.sh		ends	trace events are code of ours
modparam.sh		newest	what the parameters do is code of ours; unload.sh loads it in each way at both ends
cgroup.py		ends	cgroups, task work and tracepoints: what was exported in 6.1 still is in 7.3
stress			all	races
unload.sh		ends	races with calls under way: whether pick_link or step_into is one of them
failslab		all	allocations that fail
leaks.sh		all	kmemleak
'

# What shows on the newest arm64 kernel that the module's own way into it works there:
# names of all calls, 32-bit ones among them, what is told about them, fork, relinking,
# and the tool.
ARM64_CORE=(names syscalls syscalls_32 reverse inherit relink phases.sh stress)

# tests_for KIND [KERNELS]... : those of PLAN that stand for one of KERNELS, or all of
# them, without what is left out on a kernel of that kind (see LEFT_OUT).
tests_for() {
	local kind=$1 name kernels
	shift
	while read -r name kernels _; do
		[[ $name && ! ${LEFT_OUT[$kind/$name]-} ]] || continue
		[[ $* && " $* " != *" $kernels "* ]] || echo "$name"
	done <<<"$PLAN"
}

# Why a real-time or a debug kernel need not run a test at all.
SAME_TOOL="it tests the tool, which is the same on every kernel"
SAME_NAMES="where names lead is the same on every kernel; syscalls and stress go the same ways"

# What is left out where, and why: KIND/TEST, where KIND is what comes behind the
# series in the kernel's name, if anything does. A test that is named runs everywhere.
declare -A LEFT_OUT=(
	[/failslab]="the kernel has no failslab"
	[/leaks.sh]="the kernel has no kmemleak"
	[rt/failslab]="the kernel has no failslab"
	[rt/leaks.sh]="the kernel has no kmemleak"
	[rt/spellings]=$SAME_NAMES
	[rt/limits]=$SAME_NAMES
	[rt/syscalls_32]=$SAME_NAMES
	[rt/entries.py]=$SAME_NAMES
	[rt/relative]=$SAME_NAMES
	[rt/links]=$SAME_NAMES
	[rt/netlink_refuse.py]="what is refused has taken no lock"
	[rt/pvadm.sh]=$SAME_TOOL
	[rt/completion.sh]=$SAME_TOOL
	[rt/phases.sh]=$SAME_TOOL
	[rt/relink_tool.sh]=$SAME_TOOL
	[rt/reopen.sh]=$SAME_TOOL
	[rt/ns.py]=$SAME_TOOL
	[rt/inject.py]=$SAME_TOOL
	[rt/databases.py]=$SAME_TOOL
	[rt/criu_zoo.py]=$SAME_TOOL
	[rt/criu.sh]=$SAME_TOOL
	[rt/checkpoint.py]=$SAME_TOOL
	[rt/story.sh]=$SAME_TOOL
	[rt/integration_pam.sh]=$SAME_TOOL
	[rt/integration_slurm.sh]=$SAME_TOOL
	[rt/integration_systemd.sh]=$SAME_TOOL
	[rt/containers.sh]=$SAME_TOOL
	[rt/programs.sh]=$SAME_TOOL
	[rt/absent_programs.py]=$SAME_NAMES
	[debug/names]=$SAME_NAMES
	[debug/spellings]=$SAME_NAMES
	[debug/limits]=$SAME_NAMES
	[debug/syscalls_32]=$SAME_NAMES
	[debug/relink_32]="the same kernel code as relink, behind two lines of compat_ioctl"
	[debug/entries.py]=$SAME_NAMES
	[debug/relative]=$SAME_NAMES
	[debug/links]=$SAME_NAMES
	[debug/pvadm.sh]=$SAME_TOOL
	[debug/completion.sh]=$SAME_TOOL
	[debug/phases.sh]=$SAME_TOOL
	[debug/relink_tool.sh]=$SAME_TOOL
	[debug/ns.py]=$SAME_TOOL
	[debug/inject.py]=$SAME_TOOL
	[debug/databases.py]=$SAME_TOOL
	[debug/criu_zoo.py]=$SAME_TOOL
	[debug/criu.sh]=$SAME_TOOL
	[debug/checkpoint.py]=$SAME_TOOL
	[debug/story.sh]=$SAME_TOOL
	[debug/integration_pam.sh]=$SAME_TOOL
	[debug/integration_slurm.sh]=$SAME_TOOL
	[debug/integration_systemd.sh]=$SAME_TOOL
	[debug/containers.sh]=$SAME_TOOL
	[debug/programs.sh]=$SAME_TOOL
	[debug/absent_programs.py]="JVM and node take their time there; absent.sh goes the same ways"
	[debug/modparam.sh]="unload.sh loads it in each of the ways"
)

# The other kernel that is built here has neither failslab nor kmemleak.
for left_out in "${!LEFT_OUT[@]}"; do
	[[ $left_out != debug/* ]] ||
		LEFT_OUT[kcsan/${left_out#*/}]=${LEFT_OUT[$left_out]}
done
LEFT_OUT[kcsan/failslab]=${LEFT_OUT[/failslab]}
LEFT_OUT[kcsan/leaks.sh]=${LEFT_OUT[/leaks.sh]}

# An arm64 guest has no compiler, no daemons, and one program of 32 bits; see
# vm/packages-arm64.
NO_32="of 32-bit programs only syscalls_32 is built for it"
NO_PROGRAMS="its guest does not have the programs"
declare -A LEFT_OUT_ARM64=(
	[failslab]=${LEFT_OUT[/failslab]} [leaks.sh]=${LEFT_OUT[/leaks.sh]}
	[listing_32]=$NO_32 [relink_32]=$NO_32 [entries.py]=$NO_32
	[criu.sh]=$NO_PROGRAMS [integration_pam.sh]=$NO_PROGRAMS
	[integration_slurm.sh]=$NO_PROGRAMS [programs.sh]=$NO_PROGRAMS
	[absent_programs.py]=$NO_PROGRAMS
	[listing.sh]=$NO_PROGRAMS [sandboxes.sh]=$NO_PROGRAMS [story.sh]=$NO_PROGRAMS
	[audit.py]=$NO_PROGRAMS [completion.sh]=$SAME_TOOL [ns.py]=$SAME_TOOL
	[inject.py]=$SAME_TOOL [criu_zoo.py]=$NO_PROGRAMS [databases.py]=$NO_PROGRAMS
	[ns_inject.py]=$SAME_TOOL [checkpoint.py]=$SAME_TOOL [reopen.sh]=$SAME_TOOL
	[relink_tool.sh]=$SAME_TOOL [relink_list.sh]=$SAME_TOOL [python.py]=$SAME_TOOL
)
for left_out in "${!LEFT_OUT_ARM64[@]}"; do
	LEFT_OUT[arm64/$left_out]=${LEFT_OUT_ARM64[$left_out]}
done

# What makes a test shorter there: every lap is checked as well as the first, but
# takes five times as long. Between the ends `make check` only repeats: see PV_BETWEEN in
# guest.
declare -A SHORTER=(
	# Not shorter, but the same each time: since the model was mended 15 times as much has been
	# run on 7.3, by other seeds, and nothing was found; less on 6.1.
	[/union.py]="UNION_SEED=1224074825"
	[between/differ]="PV_DIFFER_CALLS=40000"
	[between/stress]="PV_STRESS_SECONDS=30"
	[rt/differ]="PV_DIFFER_CALLS=20000"
	[arm64/differ]="PV_DIFFER_CALLS=20000"
	[arm64/stress]="PV_STRESS_SECONDS=20"
	[debug/differ]="PV_DIFFER_CALLS=4000"
	[debug/fuzz_family.sh]="PV_FUZZ_MESSAGES=500"
	[debug/hostile_names]="PV_HOSTILE_LAPS=600"
	[kcsan/differ]="PV_DIFFER_CALLS=4000"
	[kcsan/fuzz_family.sh]="PV_FUZZ_MESSAGES=500"
	[kcsan/hostile_names]="PV_HOSTILE_LAPS=600"
)

# What `make check` takes a sample of, and what makes it whole for `make check-all`:
# KERNELS/TEST, where KERNELS is all or newest. Each of them takes an hour or less.
declare -A WHOLE=(
	[all/absent_programs.py]="PV_PROGRAMS=all"
	[all/criu_zoo.py]="PV_ZOO=all"
	[all/databases.py]="PV_DATABASES=all"
	[newest/inject.py]="PV_INJECT=all"
	[newest/ns_inject.py]="PV_INJECT=all"
)
WHOLE_LIMIT=10800

# How long one test may take, in seconds; and those that may take longer.
LIMIT=600
declare -A LIMITS=(
	[differ]=1800 [failslab]=1500 [unload.sh]=1500 [modparam.sh]=1200
	[entries.py]=1200 [relink_tool.sh]=1200
)
# A kernel with checkers takes its time.
DEBUG_SLOWNESS=4
