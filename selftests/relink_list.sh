#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# R1: pvadm relink --list finds every open file whose name is gone, and changes
# nothing.
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh

D=$SCRATCH/dir
HOLDER=

clean_up() {
	[[ ! $HOLDER ]] || kill "$HOLDER" 2>/dev/null
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
promise the_largest_first the_largest_first
promise nothing_is_changed nothing_is_changed
promise bad_input_is_refused_in_one_line bad_input_is_refused
keep "$@"
