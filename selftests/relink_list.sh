#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# R1: pvadm relink --list finds every open file whose name is gone, and changes
# nothing.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

D=$SCRATCH/dir
HOLDER=

SERVERS=()

clean_up() {
	[[ ! $HOLDER ]] || kill "$HOLDER" 2>/dev/null
}

# stop_servers : for good; whoever waits for one is told so.
stop_servers() {
	((!${#SERVERS[@]})) || kill -KILL "${SERVERS[@]}" || true
	umount -l "$SCRATCH"/server.* 2>/dev/null || true
}

# holding PYTHON : a process that has run it in $D, with os, mmap, socket and
# unlinked(name, size), which gives a descriptor; it ends with the test.
holding() {
	rm -rf "$D"
	mkdir "$D"
	rm -f "$SCRATCH/ready"
	{
		cat <<-'END'
			import ctypes, mmap, os, signal, socket, sys, threading
			def unlinked(name, size=0):
			    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o644)
			    os.truncate(fd, size)
			    os.unlink(name)
			    return fd
		END
		echo "$1"
		echo "open('$SCRATCH/ready', 'w')"
		echo "while True: signal.pause()"
	} >"$SCRATCH/holder.py"
	(cd "$D" && exec python3 "$SCRATCH/holder.py") &
	HOLDER=$!
	trap 'kill $HOLDER' EXIT
	await test -e "$SCRATCH/ready"
}

# list [PID] : of those in $D, one a line: HOLDERS SIZE TYPE LINKS RELINKABLE NAME;
# holders of $HOLDER alone, as fd, map, exe, cwd or root.
list() {
	pvadm relink --list "$@" --json >"$SCRATCH/json"
	python3 - "$SCRATCH/json" "$D" "$HOLDER" <<-'END'
		import json, sys
		for file in json.load(open(sys.argv[1])):
		    if not file["path"].startswith(sys.argv[2] + "/"):
		        continue
		    holders = sorted(h.get("how", "fd") for h in file["holders"]
		                     if h["pid"] == int(sys.argv[3]))
		    print(",".join(holders), file["size"], file["type"], file["links"],
		          "yes" if file["relinkable"] else file["reason"],
		          file["path"][len(sys.argv[2]) + 1:])
	END
}

finds() {
	holding "$1"
	same "$(list)" "$2" "on the machine"
	same "$(list "$HOLDER")" "$2" "of the process"
}

by_descriptor() {
	finds 'a = unlinked("a", 5)' "fd 5 file 0 yes a"
}

by_mapping() {
	finds 'a = unlinked("a", 4096); m = mmap.mmap(a, 4096); os.close(a)
for fd in range(3, 50):
    try: os.close(fd)
    except OSError: pass' "map 4096 file 0 yes a"
}

by_program() {
	holding 'pass'
	cp /bin/sleep "$D/program"
	"$D/program" 1000 &
	local pid=$!
	await grep -q "$D/program" "/proc/$pid/maps"
	rm "$D/program"
	pvadm relink --list "$pid" --json >"$SCRATCH/json"
	kill "$pid"
	python3 - "$SCRATCH/json" "$D/program" <<-'END'
		import json, sys
		file, = json.load(open(sys.argv[1]))
		assert file["path"] == sys.argv[2], file
		hows = {h["how"] for h in file["holders"]}
		assert hows == {"exe", "map"}, hows
	END
}

by_directory() {
	finds 'os.mkdir("a"); os.chdir("a"); os.rmdir("../a")' \
		"cwd 0 dir 0 it is a directory a"
}

# By what accept() gave, too.
by_socket() {
	finds 's = socket.socket(socket.AF_UNIX); s.bind("a"); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect("a"); t, _ = s.accept()
os.unlink("a")' "fd,fd 0 socket 0 yes a"
}

# The thread that the process has its number from is a zombie.
first_thread_has_ended() {
	finds 'a = unlinked("a", 4096); m = mmap.mmap(a, 4096); os.mkdir("b")
os.chdir("b"); os.rmdir("../b")
def rest():
    while open("/proc/self/stat").read().split()[2] != "Z": pass
    open("'"$SCRATCH/ready"'", "w")
    threading.Event().wait()
threading.Thread(target=rest).start()
ctypes.CDLL(None).syscall(60, 0)' "fd,fd,map 4096 file 0 yes a
cwd 0 dir 0 it is a directory b"
}

one_line_for_one_inode() {
	finds 'a = unlinked("a", 9); b = os.dup(a); m = mmap.mmap(a, 9)' \
		"fd,fd,fd,map 9 file 0 yes a"
}

another_link_is_left() {
	finds 'open("a", "w").write("xyz"); os.link("a", "b"); a = os.open("a", os.O_RDONLY); os.unlink("a")' \
		"fd 3 file 1 yes a"
}

the_largest_first() {
	finds 'x = [unlinked(n, s) for n, s in (("a", 10), ("b", 1000), ("c", 100))]' \
		"fd 1000 file 0 yes b
fd 100 file 0 yes c
fd 10 file 0 yes a"
}

named_files_are_none() {
	finds 'a = os.open("a (deleted)", os.O_RDWR | os.O_CREAT); p = os.pipe(); s = socket.socket(); u = socket.socket(socket.AF_UNIX); b = socket.socket(socket.AF_UNIX); b.bind("b"); os.open("/proc/self/stat", os.O_RDONLY); os.open("/dev/null", os.O_RDONLY)' ""
	same "$(pvadm relink --list "$HOLDER")" "" "all of the process"
}

odd_names() {
	finds 'a = unlinked("x (deleted)"); b = unlinked("n\n\t\\", 1)' \
		'fd 1 file 0 yes n
	\
fd 0 file 0 yes x (deleted)'
	same "$(pvadm relink --list "$HOLDER" | wc -l)" 3 "lines of the table"
}

memory_is_told() {
	holding 'm = os.memfd_create("memory")'
	pvadm relink --list "$HOLDER" >"$SCRATCH/out"
	grep -q 'memfd\\:memory  (it is memory, not a file of a filesystem)$' "$SCRATCH/out"
	same "$(wc -l <"$SCRATCH/out")" 2 lines
}

why_it_cannot_be_relinked() {
	holding 'import fcntl, struct
a = unlinked("a", 1)
fcntl.ioctl(a, 0x40086602, struct.pack("l", 0x10))'
	same "$(list)" "fd 1 file 0 the file is immutable: see chattr -i a" list
}

# A thread that shares neither descriptors nor directories.
a_thread_of_its_own() {
	finds 'ready = threading.Event()
def own():
    ctypes.CDLL(None).unshare(0x400 | 0x200)
    a = unlinked("a", 7)
    os.mkdir("b"); os.chdir("b"); os.rmdir("../b")
    ready.set()
    threading.Event().wait()
threading.Thread(target=own, daemon=True).start()
ready.wait()' "fd 7 file 0 yes a
cwd 0 dir 0 it is a directory b"
}

nothing_is_changed() {
	holding 'a = unlinked("a", 5)'
	pvadm relink --list >"$SCRATCH/out"
	same "$(find "$D" | wc -l)" 1 entries
	same "$(stat -L -c %h "/proc/$HOLDER/fd/3")" 0 links
	grep -Eq "^ +5  file +$HOLDER +python3 +3 +$D/a$" "$SCRATCH/out"
}

# ---- Whether a name leads to it ----

# lists WANTED : of the holder; one a line: NAME LINKS REASON.
lists() {
	pvadm relink --list "$HOLDER" --json >"$SCRATCH/json"
	same "$(python3 - "$SCRATCH/json" <<-'END'
		import json, sys
		for file in sorted(json.load(open(sys.argv[1])), key=lambda file: file["path"].split("/")[-1]):
		    print(file["path"].split("/")[-1], file["links"], file.get("reason", "-"))
	END
	)" "$1" "what is listed"
}

# A subvolume is deleted with all that is in it, and none of that is unlinked.
a_deleted_subvolume() {
	local mnt=$SCRATCH/mnt
	mkdir -p "$mnt"
	truncate -s 128M "$SCRATCH/disk"
	mkfs.btrfs -q "$SCRATCH/disk"
	mount -o loop "$SCRATCH/disk" "$mnt"
	btrfs -q subvolume create "$mnt/sub"
	holding 'os.chdir("'"$mnt"'/sub"); os.mkdir("d"); a = os.open("d/a", os.O_RDWR | os.O_CREAT)
os.write(a, b"text"); b = unlinked("b"); os.chdir("d")'
	lists "b 0 -"
	btrfs -q subvolume delete "$mnt/sub" >/dev/null
	lists "a 1 its btrfs subvolume was deleted
b 0 its btrfs subvolume was deleted
d 1 it is a directory"
	refused 1 "its btrfs subvolume was deleted" pvadm relink "$HOLDER" --fd 3
	pvadm relink "$HOLDER" --fd 3 --copy --manifest "$SCRATCH/m" >/dev/null
	same "$(find "$mnt" -type f -exec cat {} +)" text "the copy"
	pvadm relink "$HOLDER" --in-place --copy >/dev/null
	same "$(cd "$mnt" && find sub | sort | xargs)" "sub sub/b sub/d sub/d/a" "what is back"
	kill -KILL "$HOLDER"
	trap - EXIT
	await umount "$mnt"
	rm "$SCRATCH/m"
}

# elsewhere PID : is it in a mount namespace of its own?
elsewhere() {
	[[ ! /proc/$BASHPID/ns/mnt -ef /proc/$1/ns/mnt ]]
}

a_detached_mount() {
	local mnt=$SCRATCH/mnt
	mkdir -p "$mnt"
	mount -t tmpfs none "$mnt"
	holding 'os.chdir("'"$mnt"'"); a = os.open("a", os.O_RDWR | os.O_CREAT); b = unlinked("b"); os.chdir("/")
m = os.open("'"$mnt"'", os.O_RDONLY)'
	lists "b 0 -"
	# A name leads there still where another mount is, in whatever namespace.
	unshare -m sleep 1000 &
	local other=$!
	await elsewhere "$other"
	umount -l "$mnt"
	lists "b 0 -"
	kill "$other"
	wait "$other" || true
	lists "a 1 -
b 0 -"
	pvadm relink "$HOLDER" --manifest "$SCRATCH/m" >/dev/null
	same "$(find "/proc/$HOLDER/fd/5/lost+found" -type f | wc -l)" 2 "names there"
	rm "$SCRATCH/m"
}

# By another, but the same, directory, and whether the kernel remembers the name or not.
rescued() {
	holding 'os.mkdir("d"); a = unlinked("d/a", 5); b = unlinked("b"); os.rmdir("d"); n = os.open("n", os.O_RDWR | os.O_CREAT)
os.link("n", "other"); os.unlink("n")'
	lists "a 0 -
b 0 -
n 1 -"
	mkdir "$D/d"
	pvadm relink "$HOLDER" --fd 3 --to "$D/d/a" >/dev/null
	lists "b 0 -
n 1 -"
	pvadm relink "$HOLDER" --manifest "$SCRATCH/m" >/dev/null
	echo 2 >/proc/sys/vm/drop_caches
	lists "b 1 -
n 2 -"
	refused 1 "needs no name: it is $D/d/a" pvadm relink "$HOLDER" --fd 3
	same "$(stat -Lc %h "/proc/$HOLDER/fd/3")" 1 links
	pvadm cleanup "$SCRATCH/m" >/dev/null
	rm "$SCRATCH/m" "$D/d/a"
	lists "a 0 -
b 0 -
n 1 -"
	echo other >"$D/d/a"
	lists "a 0 -
b 0 -
n 1 -"
}

# ---- Servers that do not answer ----

# within COMMAND... : it does not wait. How long that takes is no matter.
within() {
	local status=0
	timeout -k 5 300 "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	same "$status" 0 "exit status of $*: $(<"$SCRATCH/err")"
}

a_dead_server() {
	local i
	trap stop_servers EXIT
	modprobe fuse 2>/dev/null || skip "the kernel has no FUSE"
	for i in 1 2 3; do
		mkdir "$SCRATCH/server.$i"
		helpers/fuse.py "$SCRATCH/server.$i" &
		SERVERS+=($!)
		await mountpoint -q "$SCRATCH/server.$i"
	done
	mkdir -p "$SCRATCH/server.1/dir"
	mount -t tmpfs none "$SCRATCH/server.1/dir"
	# shellcheck disable=SC2016 # Python
	holding 'import time
one, two, three = ("'"$SCRATCH"'/server.%d" % i for i in (1, 2, 3))
local = unlinked("local", 5); f = os.open(one + "/file", os.O_RDONLY)
g = os.open(two + "/gone", os.O_RDONLY); os.unlink(two + "/gone")
m = mmap.mmap(f, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ); m[0]
if not os.fork():
    os.chdir(two + "/dir")
    while True: signal.pause()
if not os.fork():
    os.chroot(three)
    while True: signal.pause()
while not all(os.readlink("/proc/%s/%s" % (pid, what)).startswith(two[:-1])
              for pid, what in zip(open("/proc/self/task/%d/children" % os.getpid()).read().split(), ("cwd", "root"))): pass'
	trap 'kill -KILL $(pgrep -P "$HOLDER") $HOLDER; stop_servers' EXIT
	kill -STOP "${SERVERS[@]}"
	within pvadm relink --list
	grep -q "$D/local$" "$SCRATCH/out"
	grep -q "server.2/gone" "$SCRATCH/out"
	within pvadm relink --list "$HOLDER"
	grep -q "$D/local$" "$SCRATCH/out"
	within pvadm gc
	grep -q "4 places were left out.*; the first: $SCRATCH/server" "$SCRATCH/err" ||
		fail "it says: $(<"$SCRATCH/err")"
	within pvadm relink "$HOLDER" --fd 3 --manifest "$SCRATCH/m"
	within pvadm cleanup "$SCRATCH/m"
	rm "$SCRATCH/m"
	# All of them, while the tree is held still: it asks, but does not wait.
	within pvadm relink "$HOLDER" --partial --manifest "$SCRATCH/m"
	grep -q "server.2/gone was not relinked: the server of its filesystem does not answer" \
		"$SCRATCH/err" || fail "it says: $(<"$SCRATCH/err")"
	grep -q "$D/local" "$SCRATCH/out"
	within pvadm cleanup "$SCRATCH/m"
	rm "$SCRATCH/m"
}

# ---- What only the kernel holds ----

a_loop_device() {
	local loop
	holding 'pass'
	truncate -s 1M "$D/image"
	loop=$(losetup -f --show "$D/image")
	pvadm relink --list >"$SCRATCH/out"
	! grep -q "$D/image" "$SCRATCH/out" || fail "it has its name"
	rm "$D/image"
	pvadm relink --list >"$SCRATCH/out"
	pvadm relink --list --json >"$SCRATCH/json"
	losetup -d "$loop"
	grep -Eq "^ +1048576  file +-  \(kernel\) +${loop#/dev/} +$D/image  \(.* of $loop, which can be copied" "$SCRATCH/out" ||
		fail "it says: $(<"$SCRATCH/out")"
	same "$(python3 -c 'import json, sys
for file in json.load(sys.stdin):
    if file["path"] == sys.argv[1]: print(file["holders"])' "$D/image" <"$SCRATCH/json")" \
		"[{'how': 'loop', 'device': '${loop#/dev/}'}]" "who holds it"
}

# The kernel unlinks no file that it swaps to, and swaps to none that is unlinked: so it
# always has its name, and is not told of.
a_swap_file() {
	local status=0
	holding 'pass'
	dd if=/dev/zero of="$D/swap file" bs=64k count=16 2>/dev/null
	chmod 600 "$D/swap file"
	mkswap -q "$D/swap file"
	swapon "$D/swap file"
	rm "$D/swap file" 2>/dev/null || status=$?
	pvadm relink --list >"$SCRATCH/out"
	swapoff "$D/swap file"
	same "$status" 1 "of rm"
	! grep -q "swap file" "$SCRATCH/out" || fail "it says: $(<"$SCRATCH/out")"
}

a_descriptor_under_way() {
	holding 'a = unlinked("a"); one, two = socket.socketpair(); socket.send_fds(one, [b"x"], [a, a]); os.close(a)'
	pvadm relink --list "$HOLDER" >"$SCRATCH/out"
	same "$(wc -l <"$SCRATCH/out")" 2 lines
	grep -Eq "socket +$HOLDER +python3 +5 .*2 descriptors are under way in it" "$SCRATCH/out" ||
		fail "it says: $(<"$SCRATCH/out")"
}

bad_input_is_refused() {
	holding 'a = unlinked("a", 5)'
	refused 2 "try --list" pvadm relink
	refused 2 "more than one process" pvadm relink --list 1 2
	refused 1 "there is no process" pvadm relink --list 4999999
	refused 1 "run pvadm as root" as_nobody pvadm relink --list
}

promise R1_a_descriptor by_descriptor
promise R1_a_mapping by_mapping
promise R1_a_program by_program
promise R1_a_working_directory by_directory
promise R1_a_socket by_socket
promise R1_a_thread_of_its_own a_thread_of_its_own
promise R1_the_first_thread_has_ended first_thread_has_ended
promise R1_one_line_for_one_inode one_line_for_one_inode
promise R1_another_link_is_left another_link_is_left
promise R1_named_files_are_none named_files_are_none
promise R1_odd_names odd_names
promise R1_memory_is_told memory_is_told
promise R4_why_it_cannot_be_relinked why_it_cannot_be_relinked
promise R12_a_deleted_subvolume a_deleted_subvolume
promise R12_a_detached_mount a_detached_mount
promise R12_what_was_rescued_is_no_more_listed rescued
promise R13_a_dead_server_hangs_nobody a_dead_server
promise R14_a_loop_device a_loop_device
promise R14_a_swap_file a_swap_file
promise R14_a_descriptor_under_way a_descriptor_under_way
promise the_largest_first the_largest_first
promise nothing_is_changed nothing_is_changed
promise bad_input_is_refused_in_one_line bad_input_is_refused
keep "$@"
