#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# R7: pvadm reopen, as a user has it.  The oracle is the process itself: what it told
# of its descriptors before it was relinked and killed, the command must tell, too.
#
#   $D   where the holder works     $M          the manifest
#   $W   written by the tests       $HOLDER     the process
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./filesystems.sh

D=$SCRATCH/dir
M=$SCRATCH/manifest
W=$SCRATCH/w
HOLDER=

# What both say of themselves: state(FILE, DESCRIPTORS).
cat >"$SCRATCH/state.py" <<'END'
import ctypes, fcntl, os, stat, sys
def shares(a, b):
    pid = os.getpid()
    return not ctypes.CDLL(None).syscall(312, pid, pid, 0, a, b)
def one(fd):
    about = os.fstat(fd)
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    usable = stat.S_ISREG(about.st_mode) and not flags & os.O_PATH
    readable = usable and flags & os.O_ACCMODE != os.O_WRONLY
    yield ascii(os.readlink("/proc/self/fd/%d" % fd))
    yield oct(flags)
    yield usable and os.lseek(fd, 0, os.SEEK_CUR)
    yield oct(about.st_mode), about.st_uid, about.st_size, about.st_rdev
    yield readable and os.pread(fd, 100, 0)
    yield [other for other in fds if shares(fd, other)]
def state(name, which):
    global fds
    fds = which
    with open(name, "w") as to:
        for fd in fds:
            print(fd, *one(fd), file=to)
            print("links", fd, os.fstat(fd).st_nlink, file=to)
        cwd = os.readlink("/proc/self/cwd")
        if "(deleted)" in cwd: print("cwd", cwd, file=to)
END
cat >"$SCRATCH/command.py" <<'END'
import os, sys
sys.path.insert(0, os.path.dirname(sys.argv[0]))
from state import state
state(sys.argv[1], [int(fd) for fd in sys.argv[2:]])
END

clean_up() {
	[[ ! $HOLDER ]] || kill -KILL "$HOLDER" 2>/dev/null || true
	begin
	pvadm gc --remove >/dev/null || true
}

# fresh : nothing is left of the test before.
fresh() {
	begin
	rm -rf "$D" "$M" "$W"
	mkdir "$D" "$W"
}

# holding PYTHON : a process that has run it in $D, or in $WHERE; `fds` are its
# descriptors.  put(N, fd) moves one to N, unlinked(name, flags) gives one, open
# and unlinked.
holding() {
	{
		cat <<-'END'
			import os, signal, socket, sys
			from state import state
			fds = []
			def put(number, fd):
			    os.dup2(fd, number)
			    if fd != number and fd not in fds: os.close(fd)
			    fds.append(number)
			    return number
			def unlinked(name, flags=os.O_RDWR, text=b"0123456789"):
			    with open(name, "wb") as file: file.write(text)
			    fd = os.open(name, flags)
			    os.unlink(name)
			    return fd
		END
		echo "$1"
		echo "state('$W/before', fds)"
		echo "print(*fds, file=open('$W/fds', 'w'), flush=True)"
		echo "open('$W/ready', 'w')"
		echo "while True: signal.pause()"
	} >"$SCRATCH/holder.py"
	rm -f "$W/ready"
	(cd "${WHERE:-$D}" && exec python3 "$SCRATCH/holder.py") &
	HOLDER=$!
	trap 'kill -KILL $HOLDER 2>/dev/null || true' EXIT
	await test -e "$W/ready"
}

# checkpoint PYTHON [RELINK-OPTION]... : what it held has names, and it is gone.
checkpoint() {
	holding "$1"
	pvadm relink "$HOLDER" --manifest "$M" "${@:2}" >"$W/relinked"
	kill -KILL "$HOLDER"
	wait "$HOLDER" 2>/dev/null || true
}

# reopened [OPTION]... : the command tells what it has.
reopened() {
	rm -f "$W/after"
	# shellcheck disable=SC2046 # words
	pvadm reopen "$M" "$@" -- python3 "$SCRATCH/command.py" "$W/after" $(<"$W/fds") \
		>"$W/out" 2>"$W/err" || fail "reopen: $? ($(<"$W/err"))"
}

# as_before [PATTERN] : but for lines with PATTERN.
as_before() {
	same "$(grep -v "${1:-^$}" "$W/after")" "$(grep -v "${1:-^$}" "$W/before")" state
}

# silent : no warning.
silent() {
	same "$(<"$W/err")" "" "standard error"
}

# links : names that the manifest has and that are there.
links() {
	python3 - "$M" <<-'END'
		import json, os, sys
		print(sum(os.path.lexists(file["new"]["path"])
		          for file in json.load(open(sys.argv[1]))["files"]))
	END
}

# new NAME : where the file is now that was called so.
new() {
	python3 - "$M" "$1" <<-'END'
		import json, sys
		print(*(file["new"]["path"] for file in json.load(open(sys.argv[1]))["files"]
		        if file["original_path"].split("/")[-1] == sys.argv[2]))
	END
}

# ---- As it was ----

SEVERAL='
a = put(10, unlinked("a")); os.lseek(a, 4, 0)
b = put(11, unlinked("b", os.O_WRONLY | os.O_APPEND))
c = put(700, unlinked("c", os.O_RDONLY | os.O_NOATIME))
d = put(12, unlinked("d", os.O_RDWR | os.O_NONBLOCK | os.O_DSYNC)); os.lseek(d, 1 << 40, 0)
e = put(13, unlinked("e", os.O_PATH))
f = put(14, unlinked("name with\n\\ \xff".encode("latin-1")))'

several() {
	fresh
	checkpoint "$SEVERAL"
	same "$(links)" 6 "links before"
	reopened
	silent
	as_before
	same "$(links)" 0 "links after"
	same "$(find "$D" | wc -l)" 1 "entries of the directory"
}

offsets_are_shared() {
	fresh
	checkpoint 'a = unlinked("a"); os.lseek(a, 3, 0)
put(20, os.dup(a)); put(21, os.dup(a))
put(22, os.open("/proc/self/fd/%d" % a, os.O_RDWR)); put(23, os.dup(22)); os.lseek(22, 7, 0)
put(24, os.open("/proc/self/fd/%d" % a, os.O_RDONLY)); put(25, a)'
	reopened
	silent
	as_before
	same "$(sed -n 's/^20 .*\[/[/p' "$W/after")" "[20, 21, 25]" "the first three"
}

with_descriptors_of_its_own() {
	fresh
	checkpoint 'for n in range(3, 40): put(n, unlinked("f%d" % n))'
	# Some of them are open already, and others, too.
	exec 5<"$SCRATCH" 9<"$SCRATCH" 50<"$SCRATCH"
	reopened
	silent
	as_before
	pvadm relink --list | grep -F "$D" && fail "something is still open"
	exec 5<&- 9<&- 50<&-
}

standard_descriptors() {
	local status=0
	fresh
	checkpoint 'for n in (0, 1, 2): put(n, unlinked("f%d" % n))
os.lseek(1, 10, 0); os.lseek(2, 10, 0)'
	reopened
	silent
	as_before
	fresh
	checkpoint 'for n in (0, 1, 2): put(n, unlinked("f%d" % n))
os.lseek(1, 10, 0); os.lseek(2, 10, 0)'
	pvadm reopen --keep "$M" -- sh -c 'cat; echo out; echo err >&2' || status=$?
	same "$status" 0 "exit status"
	same "$(<"$(new f1)")" "01234567890123456789out" "what it wrote"
	same "$(<"$(new f2)")" "0123456789err" "what it said"
	# An error does not go where the command would have written.
	printf '#!/nonesuch\n' >"$W/command"
	chmod 755 "$W/command"
	refused 127 "cannot run $W/command" pvadm reopen "$M" -- "$W/command"
	same "$(<"$(new f2)")" "0123456789err" "what it said"
}

files_that_grow() {
	fresh
	checkpoint 'put(10, unlinked("a", os.O_RDWR | os.O_APPEND)); put(11, unlinked("b"))
os.lseek(11, 10, 0)'
	pvadm reopen "$M" -- bash -c 'echo x >&10; echo y >&11; cat /proc/self/fd/10 /proc/self/fd/11' >"$W/out"
	same "$(xargs <"$W/out")" "0123456789x 0123456789y" contents
}

close_on_exec() {
	fresh
	checkpoint 'a = put(10, unlinked("a")); os.set_inheritable(a, False)
b = put(11, unlinked("b")); os.set_inheritable(b, True)'
	reopened
	silent
	as_before
}

limit_of_open_files() {
	fresh
	checkpoint 'import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
put(4000, unlinked("a")); put(10, unlinked("b"))'
	(
		ulimit -S -n 256
		reopened
	)
	silent
	as_before
	fresh
	checkpoint 'put(300, unlinked("a"))'
	# shellcheck disable=SC2016 # the command's
	same "$(ulimit -S -n 256 && pvadm reopen --keep "$M" -- bash -c 'ulimit -S -n; cat <&300')" \
		"256
0123456789" "limit, and contents"
	(
		ulimit -n 256
		refused 1 "descriptor 300" pvadm reopen "$M" -- touch "$W/ran"
	)
	same "$(links)" 1 links
	[[ ! -e $W/ran ]] || fail "the command ran"
}

# ---- Where it lay ----

another_file_has_the_name() {
	local before
	fresh
	checkpoint "$SEVERAL"
	echo new >"$D/a"
	mkdir "$D/b"
	ln -s nowhere "$D/c"
	before=$(stat -c '%n %i %y %z' "$D" "$D"/*)
	sleep 0.1
	reopened
	silent
	as_before
	same "$(stat -c '%n %i %y %z' "$D" "$D"/*)" "$before" "what is there"
	same "$(<"$D/a")" new "contents"
}

the_directory_is_gone() {
	fresh
	checkpoint "os.makedirs('sub/dir'); a = put(10, unlinked('sub/dir/a')); b = put(11, unlinked('b'))
os.removedirs('sub/dir')"
	rmdir "$D"
	reopened
	silent
	as_before
	[[ ! -e $D ]] || fail "it is back"
}

something_else_is_the_directory() {
	fresh
	WHERE=$W checkpoint "os.makedirs('$D/x/y'); a = put(10, unlinked('$D/x/y/a')); os.removedirs('$D/x/y')
os.makedirs('$D/l/y'); b = put(11, unlinked('$D/l/y/b')); os.removedirs('$D/l/y')"
	mkdir "$D" "$D/elsewhere" "$D/elsewhere/y"
	echo file >"$D/x"
	ln -s elsewhere "$D/l"
	reopened
	silent
	as_before
}

mounted_over() {
	fresh
	WHERE=$W checkpoint "os.makedirs('$D/sub'); a = put(10, unlinked('$D/sub/a'))"
	mount -t tmpfs none "$D/sub"
	reopened
	umount "$D/sub"
	silent
	as_before
}

on_another_filesystem_now() {
	fresh
	on ext4
	WHERE=$MNT checkpoint 'put(10, unlinked("a"))'
	umount "$MNT"
	mount -o loop "$DISK" "$MORE"
	# Found, but its path is on another mount.
	reopened
	umount "$MORE"
	AT=()
	grep -qF "$MNT/a" "$W/err"
	same "$(wc -l <"$W/err")" 1 "lines: $(<"$W/err")"
	same "$(sed "s,'/[^']*',PATH," "$W/after")" "$(sed "s,'/[^']*',PATH," "$W/before")" state
	whole
}

under_a_table() {
	fresh
	on ext4
	WHERE=$MNT checkpoint 'put(10, unlinked("a"))'
	umount "$MNT"
	mount -o loop "$DISK" "$MORE"
	# shellcheck disable=SC2046 # words
	pvadm run --map "$MNT=$MORE" -- pvadm reopen "$M" -- \
		python3 "$SCRATCH/command.py" "$W/after" $(<"$W/fds") 2>"$W/err"
	silent
	as_before
	umount "$MORE"
	AT=()
	whole
}

# ---- Once more ----

kept_for_another_time() {
	fresh
	checkpoint "$SEVERAL"
	reopened --keep
	silent
	as_before ^links
	same "$(links)" 6 "links after the first time"
	reopened --keep
	as_before ^links
	reopened
	as_before
	same "$(links)" 0 "links after the last time"
	refused 1 "it is not there any more" pvadm reopen "$M" -- touch "$W/ran"
	[[ ! -e $W/ran ]] || fail "the command ran"
}

relinked_again() {
	local i
	fresh
	checkpoint 'put(10, unlinked("a"))'
	for i in 1 2 3; do
		# shellcheck disable=SC2016 # the command's
		pvadm reopen "$M" -- sh -c 'echo $$ >'"$W/pid"'; exec sleep 1000' &
		await test -s "$W/pid"
		await grep -q sleep "/proc/$!/comm"
		rm "$M" "$W/pid"
		pvadm relink $! --manifest "$M" >/dev/null
		same "$(readlink "/proc/$!/fd/10")" "$D/a (deleted)" path
		kill $!
		wait $! || true
		same "$(links)" 1 links
	done
	reopened
	as_before
}

# ---- Kinds of files ----

fifos() {
	fresh
	checkpoint 'os.mkfifo("f"); rw = os.open("f", os.O_RDWR)
put(10, os.open("f", os.O_RDONLY)); put(11, os.open("f", os.O_WRONLY))
put(12, os.open("f", os.O_RDONLY | os.O_NONBLOCK)); put(13, rw)
os.unlink("f"); os.mkfifo("g"); put(14, os.open("g", os.O_RDONLY | os.O_NONBLOCK)); os.unlink("g")'
	reopened
	silent
	as_before
	same "$(links)" 0 links
}

devices_and_symlinks() {
	fresh
	checkpoint 'os.mknod("n", 0o20600, os.makedev(1, 5)); put(10, os.open("n", os.O_RDWR)); os.unlink("n")
os.symlink("target", "l"); put(11, os.open("l", os.O_PATH | os.O_NOFOLLOW)); os.unlink("l")
put(12, os.open(".", os.O_TMPFILE | os.O_RDWR)); os.write(12, b"tmpfile")'
	reopened
	silent
	as_before
	pvadm reopen "$M" -- true 2>/dev/null && fail "once more"
	same "$(links)" 0 links
}

sockets_are_told() {
	fresh
	checkpoint 's = socket.socket(socket.AF_UNIX); s.bind("s"); os.unlink("s"); put(10, unlinked("a"))'
	reopened
	as_before
	same "$(wc -l <"$W/err")" 1 "lines: $(<"$W/err")"
	grep -q '1 descriptors are not opened again' "$W/err"
}

memory_and_mappings_are_told() {
	fresh
	checkpoint 'import mmap
m = os.memfd_create("memory"); a = unlinked("a"); m = mmap.mmap(a, 10); put(10, unlinked("b"))'
	reopened
	as_before
	same "$(wc -l <"$W/err")" 2 "lines: $(<"$W/err")"
	grep -q '1 descriptors are not opened again: memory' "$W/err"
	grep -q '1 mappings' "$W/err"
}

directories() {
	fresh
	checkpoint 'os.makedirs("d/e"); os.chmod("d", 0o751); put(10, os.open("d", os.O_RDONLY)); put(11, os.open("d/e", os.O_RDONLY | os.O_PATH))
os.chdir("d/e"); put(12, unlinked("a")); os.rmdir("../e"); os.rmdir("../../d")'
	reopened
	silent
	as_before
	same "$(find "$D" | wc -l)" 1 "entries of the directory"
	same "$(links)" 0 links
}

# It cannot be had without taking the name, so it is not.
another_file_has_the_name_of_a_directory() {
	local before
	fresh
	checkpoint 'os.mkdir("d"); put(10, os.open("d", os.O_RDONLY)); os.rmdir("d"); put(11, unlinked("a"))'
	echo new >"$D/d"
	before=$(stat -c '%n %i %y %z' "$D" "$D"/*)
	reopened
	grep -qF "$D/d" "$W/err"
	same "$(wc -l <"$W/err")" 1 "lines: $(<"$W/err")"
	same "$(stat -c '%n %i %y %z' "$D" "$D"/*)" "$before" "what is there"
	as_before '^10 '
	same "$(links)" 0 links
}

relative_commands_from_a_directory_that_is_gone() {
	fresh
	checkpoint 'os.mkdir("d"); os.chdir("d"); os.rmdir("../d")'
	# shellcheck disable=SC2016 # the command's
	printf '#!/bin/sh\nreadlink /proc/$$/cwd\n' >"$W/command"
	chmod 755 "$W/command"
	same "$(cd "$W" && pvadm reopen --keep "$M" -- ./command 2>/dev/null)" "$(new d)" "with --keep"
	same "$(cd "$W" && PATH=.:$PATH pvadm reopen "$M" -- command)" "$D/d (deleted)" cwd
}

# ---- Several processes ----

TWO='import time
put(10, unlinked("shared")); a = put(11, unlinked("parent"))
if not os.fork():
    os.close(a); put(11, unlinked("child")); open("'"$W"'/child", "w")
    while True: signal.pause()
while not os.path.exists("'"$W"'/child"): time.sleep(0.05)'

# The filesystem's own number tells that it is the same.
on_a_device_of_another_number() {
	local other before
	fresh
	on ext4
	before=$(stat -c %d "$MNT")
	WHERE=$MNT checkpoint 'put(10, unlinked("a"))'
	umount "$MNT"
	truncate -s 1M "$SCRATCH/other"
	other=$(losetup -f --show "$SCRATCH/other")
	mount -o loop "$DISK" "$MNT"
	[[ $(stat -c %d "$MNT") != "$before" ]] || fail "it has got the same number"
	reopened
	losetup -d "$other"
	as_before ^links
	whole
}

# Each descriptor shows the name that it was opened by, also where others have those now.
two_names() {
	fresh
	checkpoint 'open("a", "w").write("0123456789"); os.link("a", "b"); os.mkdir("d"); os.link("a", "d/c")
put(10, os.open("a", os.O_RDONLY)); put(11, os.open("b", os.O_RDWR | os.O_NOFOLLOW)); put(12, os.dup(11))
put(13, os.open("d/c", os.O_PATH | os.O_NOFOLLOW)); os.unlink("a"); os.unlink("b"); os.unlink("d/c"); os.rmdir("d")'
	same "$(python3 -c 'import json, sys
file, = json.load(open(sys.argv[1]))["files"]
print(sorted({h.get("original_path", file["original_path"]).split("/")[-1] for h in file["holders"]}))' "$M")" \
		"['a', 'b', 'c']" "names in the manifest"
	echo new >"$D/b"
	reopened
	as_before
	silent
	same "$(<"$D/b")" new "what has the name now"
}

# A thread with descriptors of its own has another file at the same number.
threads_with_descriptors_of_their_own() {
	fresh
	checkpoint '
import ctypes, threading
put(10, unlinked("a"))
ready = threading.Event()
def other():
    ctypes.CDLL(None).unshare(0x400)
    fd = unlinked("b")
    os.dup2(fd, 10)
    os.close(fd)
    ready.set()
    signal.pause()
threading.Thread(target=other, daemon=True).start()
ready.wait()'
	reopened
	as_before ^links
	same "$(wc -l <"$W/err")" 1 "lines: $(<"$W/err")"
	grep -q "1 descriptors are not opened again" "$W/err"
}

several_processes() {
	local child
	fresh
	holding "$TWO"
	child=$(pgrep -P "$HOLDER")
	pvadm relink "$HOLDER" --tree --manifest "$M" >/dev/null
	kill -KILL "$HOLDER" "$child"
	same "$(links)" 3 links
	refused 1 "--pid" pvadm reopen "$M" -- touch "$W/ran"
	refused 1 "no files of process 4999999" pvadm reopen "$M" --pid 4999999 -- touch "$W/ran"
	same "$(links)" 3 links
	[[ ! -e $W/ran ]] || fail "the command ran"
	reopened --pid "$HOLDER"
	as_before ^links
	same "$(wc -l <"$W/err")" 1 "lines: $(<"$W/err")"
	grep -q "1 files keep their names" "$W/err"
	same "$(links)" 2 "links after the first"
	same "$(pvadm reopen "$M" --pid "$child" -- sh -c 'readlink /proc/self/fd/11' 2>/dev/null)" \
		"$D/child (deleted)" child
	same "$(links)" 1 "links after the second"
	pvadm cleanup "$M" >/dev/null
	same "$(links)" 0 "links after cleanup"
}

# ---- All or nothing ----

another_inode() {
	local path
	fresh
	checkpoint "$SEVERAL"
	path=$(new d)
	mv "$path" "$W/d"
	echo 0123456789 >"$path"
	refused 1 "another file has its name now" pvadm reopen "$M" -- touch "$W/ran"
	same "$(links)" 6 links
	rm "$path"
	refused 1 "it is not there any more" pvadm reopen "$M" -- touch "$W/ran"
	same "$(links)" 5 links
	ln -s "$W/d" "$path"
	refused 1 "another file has its name now" pvadm reopen "$M" -- touch "$W/ran"
	rm "$path"
	[[ ! -e $W/ran ]] || fail "the command ran"
	mv "$W/d" "$path"
	reopened
	as_before
}

cannot_be_removed() {
	fresh
	checkpoint "$SEVERAL"
	chattr +i "$(new c)"
	refused 1 "cannot remove" pvadm reopen "$M" -- touch "$W/ran"
	[[ ! -e $W/ran ]] || fail "the command ran"
	same "$(links)" 6 links
	chattr -i "$(new c)"
	reopened
	as_before
}

the_status_is_the_commands() {
	local status
	fresh
	checkpoint 'put(10, unlinked("a"))'
	for status in 0 1 7 126; do
		same "$(pvadm reopen --keep "$M" -- sh -c "exit $status" && echo 0 || echo $?)" "$status" status
	done
	same "$(pvadm reopen "$M" --keep -- sh -c 'kill -TERM $$' && echo 0 || echo $?)" 143 signal
	# shellcheck disable=SC2016 # the command's
	same "$(pvadm reopen "$M" --keep sh -c 'echo "$@"' 0 --keep)" "--keep" arguments
	refused 127 nonesuch pvadm reopen "$M" -- nonesuch
	refused 126 "$M" pvadm reopen "$M" -- "$M"
	refused 126 "$D" pvadm reopen "$M" -- "$D"
	same "$(links)" 1 links
	# This one is found out when all else is done.
	printf '#!/nonesuch\n' >"$W/command"
	chmod 755 "$W/command"
	refused 127 "cannot run $W/command" pvadm reopen "$M" -- "$W/command"
	same "$(links)" 1 links
	reopened
	as_before
}

bad_input() {
	fresh
	checkpoint 'put(10, unlinked("a"))'
	refused 2 "no manifest" pvadm reopen
	refused 2 "no command" pvadm reopen "$M"
	refused 2 "no command" pvadm reopen "$M" --keep
	refused 2 "not a process number" pvadm reopen "$M" --pid x -- true
	refused 2 "--nonesuch" pvadm reopen "$M" --nonesuch -- true
	refused 1 "No such file" pvadm reopen "$W/nonesuch" -- true
	refused 1 "is not JSON" pvadm reopen "$SCRATCH/state.py" -- true
	chmod 644 "$M"
	refused 1 "run pvadm as root" as_nobody pvadm reopen "$M" -- true
	same "$(links)" 1 links
}

# ---- Filesystems ----

# Also where another file has the name: but on overlayfs of old, see deleted.c.
on_filesystem() {
	fresh
	"${@:2}" "$1"
	WHERE=${AT[-1]} checkpoint 'put(10, unlinked("a")); os.lseek(10, 2, 0); put(11, unlinked("b", os.O_RDONLY))
os.makedirs("sub"); put(12, unlinked("sub/c")); os.rmdir("sub")'
	[[ ${2-} == overlay && $(uname -r) == 6.1.* ]] || echo new >"${AT[-1]}/a"
	pvadm reopen --keep "$M" -- bash -c 'printf 2 >&10'
	reopened
	if [[ ${2-} == overlay && $(uname -r) == 6.1.* ]]; then
		grep -qF "sub/c" "$W/err"
		as_before '^12 '
	else
		silent
		as_before
		same "$(<"${AT[-1]}/a")" new "the new file"
		rm "${AT[-1]}/a"
	fi
	same "$(links)" 0 links
	same "$(find "${AT[-1]}" -xdev -type f | grep -vc '/below$')" 0 files
	whole
}

# A file that goes on to be written is linked again, and is whole.
on_filesystem_and_again() {
	local at
	fresh
	"${@:2}" "$1"
	at=${AT[-1]}
	WHERE=$at checkpoint 'put(10, unlinked("a", os.O_RDWR | os.O_APPEND))'
	pvadm reopen "$M" -- sleep 1000 &
	await grep -q sleep "/proc/$!/comm"
	echo more >>"/proc/$!/fd/10"
	rm "$M"
	pvadm relink $! --sync --fd 10 --to "$at/back" >/dev/null
	kill $!
	wait $! || true
	same "$(<"$at/back")" 0123456789more contents
	same "$(stat -c %h "$at/back")" 1 links
	whole
}

# at CALL SIGNAL COUNT : pvadm gets that signal when it makes the call for that time.
at() {
	command -v strace >/dev/null || skip "there is no strace"
	strace -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=$2:when=$3" \
		pvadm reopen "$M" -- touch "$W/begun"
}

have_names() {
	[[ $(links) == 2 ]]
}

# One of the names is gone then, and nobody else has the file.
killed_before_it_is_the_command() {
	fresh
	checkpoint 'a = put(10, unlinked("a")); b = put(11, unlinked("b"))'
	! at unlinkat KILL 2 2>"$W/err" || fail "it was not killed"
	[[ ! -e $W/begun ]] || fail "the command ran"
	await have_names
	reopened
	silent
	as_before
	same "$(links)" 0 "links after"
}

interrupted_before_it_is_the_command() {
	fresh
	checkpoint 'a = put(10, unlinked("a")); b = put(11, unlinked("b"))'
	refused 1 "interrupted: nothing was changed" at unlinkat INT 1
	[[ ! -e $W/begun ]] || fail "the command ran"
	same "$(links)" 2 "links after"
	reopened
	as_before
}

promise R7_numbers_flags_and_offsets several
promise R7_offsets_are_shared offsets_are_shared
promise R7_pvadm_has_descriptors_of_its_own with_descriptors_of_its_own
promise R7_standard_descriptors standard_descriptors
promise R7_files_that_grow files_that_grow
promise R7_close_on_exec close_on_exec
promise R7_limit_of_open_files limit_of_open_files
promise R7_another_file_has_the_name another_file_has_the_name
promise R7_the_directory_is_gone the_directory_is_gone
promise R7_something_else_is_the_directory something_else_is_the_directory
promise R7_mounted_over mounted_over
promise R7_its_filesystem_is_mounted_elsewhere on_another_filesystem_now
promise R7_its_device_has_another_number on_a_device_of_another_number
promise R7_each_descriptor_shows_its_own_name two_names
promise R7_threads_with_descriptors_of_their_own threads_with_descriptors_of_their_own
promise R7_under_a_table under_a_table
promise R7_kept_for_another_time kept_for_another_time
promise R7_relinked_again relinked_again
promise R7_fifos fifos
promise R7_devices_and_symlinks devices_and_symlinks
promise R7_sockets_are_told sockets_are_told
promise R7_memory_and_mappings_are_told memory_and_mappings_are_told
promise R7_directories directories
promise R7_a_directory_whose_name_is_taken another_file_has_the_name_of_a_directory
promise R7_relative_commands relative_commands_from_a_directory_that_is_gone
promise R7_several_processes several_processes
promise R7_another_inode_is_refused another_inode
promise R7_all_or_nothing cannot_be_removed
promise R7_killed_before_it_is_the_command killed_before_it_is_the_command
promise R7_interrupted_before_it_is_the_command interrupted_before_it_is_the_command
promise R7_the_status_is_the_commands the_status_is_the_commands
promise bad_input_is_refused_in_one_line bad_input
for fs in ext4 xfs btrfs f2fs tmpfs; do
	promise "R9_$fs" on_filesystem "$fs" on
	promise "R9_${fs}_and_again" on_filesystem_and_again "$fs" on
done
for fs in ext4 xfs tmpfs; do
	promise "R9_overlay_on_$fs" on_filesystem "$fs" overlay
	promise "R9_overlay_on_${fs}_and_again" on_filesystem_and_again "$fs" overlay
done
keep "$@"
