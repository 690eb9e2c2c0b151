#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# R1 to R6: pvadm relink, cleanup and gc, as a user has them.
#
#   $D              where the holder works     $M          the manifest
#   $DISK, $MNT     a filesystem of our own    $HOLDER     the process
# shellcheck disable=SC2317 # what `promise` calls
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./ktap.sh
. ./filesystems.bash

D=$SCRATCH/dir
M=$SCRATCH/manifest
DISK=$SCRATCH/disk
MNT=$SCRATCH/mnt
REFUGE=lost+found/checkpoint
STATE=/var/lib/pathvirt
HOLDER=
PATH=$PATH:/sbin:/usr/sbin

clean_up() {
	local mounted
	while read -r mounted; do
		umount -l "$mounted"
	done < <(awk -v dir="$SCRATCH/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | tac)
	rm -rf "$STATE"
	pvadm gc --remove >/dev/null
}

# begin : nothing is left of the test before.
begin() {
	rm -rf "$M"* "$SCRATCH/out"* "$SCRATCH/err"
	clean_up
	rm -rf "$D" "$MNT"
	mkdir "$D" "$MNT"
	same "$(pvadm gc --all)" "" "checkpoints before"
}

# on FILESYSTEM : a fresh one, mounted at $MNT.
on() {
	case $1 in
	tmpfs)
		mount -t tmpfs none "$MNT"
		;;
	overlay)
		mkdir "$D/lower" "$D/upper" "$D/work"
		mount -t overlay -o "lowerdir=$D/lower,upperdir=$D/upper,workdir=$D/work" none "$MNT"
		;;
	*)
		rm -f "$DISK"
		truncate -s "${SIZES[$1]}" "$DISK"
		"make_$1" >"$SCRATCH/mkfs" 2>&1
		mount -o loop "$DISK" "$MNT"
		;;
	esac
}

# holding PYTHON : a process that has run it in $D, or in $WHERE, with what it wants;
# it ends with the test.  unlinked(name, size) gives a descriptor.
holding() {
	rm -f "$SCRATCH/ready"
	{
		cat <<-'END'
			import ctypes, fcntl, mmap, os, signal, socket, sys, threading, time
			def unlinked(name, text="text\n"):
			    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o640)
			    os.write(fd, text.encode())
			    os.unlink(name)
			    return fd
		END
		echo "$1"
		echo "open('$SCRATCH/ready', 'w')"
		echo "while True: signal.pause()"
	} >"$SCRATCH/holder.py"
	(cd "${WHERE:-$D}" && exec ${WITHIN-} python3 "$SCRATCH/holder.py") &
	HOLDER=$!
	trap 'kill -KILL $HOLDER 2>/dev/null || :' EXIT
	await test -e "$SCRATCH/ready"
}

relink() {
	pvadm relink "$HOLDER" --manifest "$M" "$@" >"$SCRATCH/out"
}

# m EXPRESSION [FILE] : Python, of m, the manifest, and f, its files by the last
# component of the path that they had.
m() {
	python3 - "$1" "${2:-$M}" <<-'END'
		import json, os, stat, sys
		m = json.load(open(sys.argv[2]))
		f = {file["original_path"].split("/")[-1]: file for file in m["files"]}
		print(eval(sys.argv[1]))
	END
}

# new NAME : where the file is now that was called so.
new() {
	m "f['$1']['new']['path']"
}

# nothing_changed : no link, no directory, no manifest.
nothing_changed() {
	same "$(pvadm gc --all)" "" checkpoints
	[[ ! -e $M ]] || fail "there is a manifest"
	same "$(find "$D" -mindepth 1 | wc -l)" "${1:-0}" "entries of the directory"
}

# state [PID] : of the holder: R, S, T, t, ...
state() {
	awk '$1 == "State:" { print $2 }' "/proc/${1:-$HOLDER}/status"
}

# is STATE [PID]
is() {
	[[ $(state ${2:+"$2"}) == "$1" ]]
}

running() {
	[[ $(state) == [RS] ]]
}

# ---- What is relinked ----

everyday() {
	begin
	holding 'a = unlinked("a", "0123456789")'
	pvadm relink "$HOLDER" >"$SCRATCH/out"
	local manifest
	manifest=$(sed -n 's/^Manifest: //p' "$SCRATCH/out")
	same "$(stat -c '%a %U' "$manifest" "$STATE")" "600 root
700 root" "manifest and its directory"
	same "$(awk 'NR == 2 { print $1, $2, $3, $4 }' "$SCRATCH/out")" "$HOLDER 3 10 $D/a" line
	same "$(<"$(awk 'NR == 2 { print $5 }' "$SCRATCH/out")")" 0123456789 contents
	same "$(wc -l <"$SCRATCH/out")" 3 lines
	running || fail "it is $(state)"
}

seeds_example() {
	begin
	holding 'a = os.open("a", os.O_RDWR | os.O_CREAT)
os.write(a, b"foo"); os.link("a", "b"); os.unlink("a"); open("a", "w").write("new")'
	relink
	same "$(m "len(m['files']), f['a']['links'], f['a']['original_path']")" "(1, 1, '$D/a')" a
	[[ $(new a) -ef $D/b ]] || fail "it is not b"
	echo -n bar >>"/proc/$HOLDER/fd/3"
	same "$(<"$D/b") $(<"$(new a)") $(<"$D/a")" "foobar foobar new" contents
	pvadm cleanup "$M" >/dev/null
	same "$(stat -c %h "$D/b")" 1 links
}

one_link_for_one_inode() {
	begin
	holding 'a = unlinked("a"); b = os.dup(a); p = "/proc/self/fd/%d" % a
c = os.open(p, os.O_RDONLY | os.O_APPEND); os.lseek(a, 2, 0); os.set_inheritable(b, True)
m = mmap.mmap(a, 5) # which has a descriptor of its own'
	relink
	same "$(m "len(m['files'])")" 1 files
	same "$(stat -c %h "$(new a)")" 1 links
	same "$(m "[(h['fd'], h['offset'], h['cloexec'], h['flags'] & (os.O_ACCMODE | os.O_APPEND)) for h in f['a']['holders'] if h['how'] == 'fd'] == [(3, 2, True, os.O_RDWR), (4, 2, False, os.O_RDWR), (5, 0, True, os.O_APPEND), (6, 2, True, os.O_RDWR)]")" \
		True "offsets and flags: $(m "f['a']['holders']")"
	same "$(m "[h['how'] for h in f['a']['holders']]")" \
		"['fd', 'fd', 'fd', 'fd', 'map']" holders
	same "$(m "(lambda k: (k[0] == k[1] == k[3], k[0] == k[2]))([h['open_file'] for h in f['a']['holders'][:4]])")" \
		"(True, False)" "who shares an open file"
}

a_thread_of_its_own() {
	begin
	holding 'ready = threading.Event()
a = unlinked("a")
def own():
    ctypes.CDLL(None).unshare(0x400)
    os.close(a)
    b = unlinked("b")
    ready.set()
    threading.Event().wait()
threading.Thread(target=own, daemon=True).start()
ready.wait()'
	relink
	same "$(m "sorted(f)")" "['a', 'b']" files
	same "$(m "f['a']['holders'][0]['tid'] == f['a']['holders'][0]['pid'] != f['b']['holders'][0]['tid']")" \
		True "the thread's own"
	running
}

memory_is_skipped() {
	begin
	holding 'm = os.memfd_create("memory"); a = unlinked("a")'
	relink
	same "$(m "sorted(f)")" "['a']" files
	same "$(m "[(s['failed'], s['original_path'], s['reason']) for s in m['skipped']]")" \
		"[(False, '/memfd:memory', 'it is memory, not a file of a filesystem')]" skipped
	grep -q 'memfd\\:memory  -  (it is memory' "$SCRATCH/out"
}

special_files() {
	begin
	holding 'os.mkfifo("f"); f = os.open("f", os.O_RDWR); os.unlink("f")
os.symlink("target", "l"); l = os.open("l", os.O_PATH | os.O_NOFOLLOW); os.unlink("l")
os.mknod("n", 0o20600, os.makedev(1, 3)); n = os.open("n", os.O_RDWR); os.unlink("n")
s = socket.socket(socket.AF_UNIX); s.bind("s"); os.unlink("s")
t = os.open(".", os.O_TMPFILE | os.O_RDWR)'
	relink
	same "$(m "sorted((file['type'], file['method']) for file in m['files'])")" \
		"[('char', 'link'), ('fifo', 'link'), ('file', 'link'), ('link', 'link'), ('socket', 'link')]" types
	same "$(readlink "$(new l)")" target "the link"
}

a_tree() {
	begin
	holding 'a = unlinked("a")
if not os.fork():
    os.setsid()
    b = unlinked("b")
    if not os.fork():
        c = unlinked("c")
        open("ready", "w")
    while True: signal.pause()
while not os.path.exists("ready"): time.sleep(0.01)
os.unlink("ready")'
	relink
	same "$(m "sorted(f)")" "['a']" "files of the process"
	rm "$M"
	relink --tree
	same "$(m "sorted(f), len(m['pids'])")" "(['a', 'b', 'c'], 3)" "files of the tree"
	same "$(m "len({h['pid'] for h in f['a']['holders']}), len({h['open_file'] for h in f['a']['holders']})")" \
		"(3, 1)" "a is one open file of three processes"
	for pid in $(m "' '.join(map(str, m['pids']))"); do
		grep -q '^State:.[RS]' "/proc/$pid/status" || fail "$pid is not running"
	done
	pkill -KILL -P "$(m "m['pids'][1]")"
	kill -KILL "$(m "m['pids'][1]")"
}

# Children come and go all the time.
a_busy_tree() {
	begin
	holding 'a = unlinked("a")
for i in range(3):
    if not os.fork():
        while True:
            if not os.fork(): os._exit(0)
            os.wait()'
	local pids
	mapfile -t pids < <(pgrep -P "$HOLDER")
	for i in {1..10}; do
		pvadm relink "$HOLDER" --tree --manifest "$M.$i" >/dev/null
		m "m['pids']" "$M.$i" | grep -q "$HOLDER, .*, .*"
		for pid in "${pids[@]}"; do
			[[ $(awk '$1 == "TracerPid:" { print $2 }' "/proc/$pid/status") == 0 ]] ||
				fail "$pid is traced"
		done
	done
	kill -KILL "${pids[@]}"
	rm "$M".*
}

only_some() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); c = unlinked("c"); d = open("/dev/null")'
	relink --fd 3 --fd 5
	same "$(m "sorted(f)")" "['a', 'c']" files
	refused 1 "process $HOLDER has no descriptor 77" pvadm relink "$HOLDER" --fd 77
	refused 1 "needs no name: it is /dev/null" pvadm relink "$HOLDER" --fd 6
}

many_files() {
	begin
	holding 'import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000))
x = [unlinked(str(i)) for i in range(2000)]'
	relink
	same "$(m "len(m['files']), len({file['new']['path'] for file in m['files']})")" "(2000, 2000)" files
	same "$(pvadm cleanup "$M")" "2001 removed, 0 gone already" cleanup
}

# ---- Directories ----

directories() {
	begin
	holding 'os.mkdir("a", 0o2751); os.chmod("a", 0o2751); os.chown("a", 5, 6)
os.system("setfacl -m u:7:rx,d:u:8:r a; setfattr -n user.color -v red a; chattr +d a")
a = os.open("a", os.O_RDONLY); os.utime("a", (1000, 2000))
os.mkdir("a/b"); os.mkdir("a/b/c"); os.chdir("a/b/c"); os.utime("../..", (1000, 2000))
open("'"$SCRATCH"'/acl", "w").write(os.popen("getfacl -cn ../..").read())
os.rmdir("'"$D"'/a/b/c"); os.rmdir("'"$D"'/a/b"); os.utime("/proc/self/fd/%d" % a, (1000, 2000)); os.rmdir("'"$D"'/a")'
	relink
	same "$(m "[(file['original_path'][len('$D') + 1:], file['method'], [h['how'] for h in file['holders']]) for file in m['files']]")" \
		"[('a', 'mkdir', ['fd']), ('a/b/c', 'mkdir', ['cwd'])]" directories
	same "$(stat -c '%u %g %a %X %Y' "$(new a)")" "5 6 2751 1000 2000" "owner, group, mode, times"
	same "$(getfacl -cn "$(new a)" 2>/dev/null)" "$(<"$SCRATCH/acl")" ACLs
	same "$(getfattr --only-values -n user.color "$(new a)" 2>/dev/null)" red "extended attribute"
	lsattr -d "$(new a)" | grep -q '^[^ ]*d' || fail "flag d is lost: $(lsattr -d "$(new a)")"
	pvadm cleanup "$M" >/dev/null
	same "$(pvadm gc --all)" "" "after cleanup"
}

nested_directories() {
	begin
	holding 'os.makedirs("a/b/c")
a, b, c = [os.open(n, os.O_RDONLY) for n in ("a", "a/b", "a/b/c")]
os.rmdir("a/b/c"); os.mkdir("a/b/c"); d = os.open("a/b/c", os.O_RDONLY)
os.fchmod(c, 0o700); os.fchmod(d, 0o555)
os.removedirs("a/b/c")' || true
	relink
	same "$(m "len(m['files'])")" 4 directories
	same "$(m "sorted('/'.join(file['new']['path'].split('/')[len(m['directories'][0]['path'].split('/')):]).replace(file['new']['path'].split('-restart-')[1].split('-')[0], 'T') for file in m['files'])")" \
		"['unlink-at-restart-T-1', 'unlink-at-restart-T-1/b', 'unlink-at-restart-T-1/b/c', 'unlink-at-restart-T-1/b/unlink-at-restart-T-2']" \
		names
	pvadm cleanup "$M" >/dev/null
	same "$(pvadm gc --all)" "" "after cleanup"
}

# on_filesystem NAME : relinked, synced, noted, cleaned up.
on_filesystem() {
	begin
	on "$1"
	WHERE=$MNT
	holding 'a = unlinked("a", "here"); b = unlinked("b"); os.mkdir("d"); os.mkdir("d/e")
d = os.open("d", os.O_RDONLY); e = os.open("d/e", os.O_RDONLY); os.rmdir("d/e")
os.setxattr("d", "trusted.color", b"red"); os.chown("d", 5, 6); os.utime("d", (1000, 2000)); os.rmdir("d")'
	relink --sync
	same "$(m "sorted((n, x['method']) for n, x in f.items())")" \
		"[('a', 'link'), ('b', 'link'), ('d', 'mkdir'), ('e', 'mkdir')]" methods
	same "$(<"$(new a)")" here contents
	same "$(stat -c '%u %g' "$(new d)")" "5 6" "owner of the directory"
	same "$(getfattr --only-values -n trusted.color "$(new d)" 2>/dev/null)" red "extended attribute"
	[[ $(new e) == "$(new d)/e" ]] || fail "e is not in d"
	same "$(pvadm gc "$MNT" --all | awk 'NR == 2 { print $1 }')" kept state
	same "$(pvadm cleanup "$M")" "5 removed, 0 gone already" cleanup
	same "$(pvadm cleanup "$M")" "0 removed, 5 gone already" "cleanup once more"
	same "$(find "$MNT/$REFUGE" -mindepth 1)" "" left
	kill -KILL "$HOLDER"
	wait "$HOLDER" || true
	umount "$MNT"
}

# ---- Names ----

default_names() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b")'
	relink
	local dir
	dir=$(m "m['directories'][0]['path']")
	same "$(stat -c '%F %a %u %g' "$dir")" "directory 700 0 0" "the checkpoint's directory"
	same "$(basename "$dir")" "$(m "m['id']")" "its name"
	same "$(m "[file['new']['path_from_mount'].startswith('/$REFUGE/' + m['id'] + '/unlink-at-restart-') for file in m['files']]")" \
		"[True, True]" names
	same "$(find "$dir" -mindepth 1 | grep -cE '/unlink-at-restart-[0-9]+-[12]$')" 2 "files"
}

templates() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); c = unlinked(b"c\xff")'
	relink --template 'x%p-%h-%f%%'
	same "$(basename "$(new a)")" "x$HOLDER-3-a%" name
	same "$(m "os.path.dirname(f['a']['new']['path']) == m['directories'][0]['path']")" True directory
	same "$(m "[bytes.fromhex(file['original_path_hex'])[-2:] for file in m['files'] if 'original_path_hex' in file]")" \
		"[b'c\\xff']" "bytes that are not text"
	rm "$M"
	relink --template "${D#"$(stat -c %m "$D")"}/deep/er/%i/%n"
	same "$(find "$D/deep" -type f | wc -l)" 3 files
	same "$(stat -c %a "$D/deep/er")" 700 mode
	same "$(m "len(m['directories'])")" 3 "directories made"
	pvadm cleanup "$M" >/dev/null
	[[ ! -e $D/deep ]] || fail "it is still there"
	rm "$M"
	relink --template "${D#"$(stat -c %m "$D")"}/copy/%d/%f" --fd 3
	same "$(new a)" "$D/copy$D/a" "the original directory"
	pvadm cleanup "$M" >/dev/null
}

put_back() {
	begin
	holding 'a = unlinked("a", "data"); b = unlinked("b")'
	pvadm relink "$HOLDER" --fd 3 --to "$D/back" >"$SCRATCH/out"
	same "$(<"$D/back")" data contents
	echo more >>"/proc/$HOLDER/fd/3"
	same "$(<"$D/back")" datamore "contents, later"
	same "$(find "$D" -type f | wc -l)" 1 files
	[[ ! -e $STATE ]] || same "$(ls "$STATE")" "" "manifests that nobody asked for"
	refused 1 "the name $D/back is taken by another file" pvadm relink "$HOLDER" --fd 4 --to "$D/back"
	same "$(<"$D/back")" datamore "contents, still"
	(cd "$D" && pvadm relink "$HOLDER" --fd 4 --to there >/dev/null)
	same "$(<"$D/there")" text "relative path"
	refused 1 "is on another filesystem" pvadm relink "$HOLDER" --fd 3 --to /dev/shm/back
	[[ ! -e /dev/shm/back ]] || fail "something is there"
	pvadm relink "$HOLDER" --fd 3 --to "/dev/shm/back.$$" --copy >/dev/null
	same "$(<"/dev/shm/back.$$")" datamore copy
	rm "/dev/shm/back.$$"
	refused 1 "cannot open the directory of $D/no/back" pvadm relink "$HOLDER" --fd 3 --to "$D/no/back"
}

# ---- Back where it was ----

in_place() {
	begin
	holding 'os.makedirs("a/b"); os.chmod("a/b", 0o2751); os.chown("a/b", 5, 6); os.setxattr("a/b", "user.color", b"red")
x = unlinked("a/b/x", "ex"); y = unlinked("y"); t = os.open(".", os.O_TMPFILE | os.O_RDWR)
os.symlink("target", "a/l"); l = os.open("a/l", os.O_PATH | os.O_NOFOLLOW); os.unlink("a/l")
os.utime("a/b", (1000, 2000)); os.rmdir("a/b"); os.chmod("a", 0o700); os.rmdir("a")'
	pvadm relink "$HOLDER" --in-place >"$SCRATCH/out"
	same "$(cd "$D" && find . | sort | xargs)" ". ./a ./a/b ./a/b/x ./a/l ./y" "what is there"
	same "$(<"$D/a/b/x") $(readlink "$D/a/l")" "ex target" contents
	same "$(stat -c '%u %g %a %Y' "$D/a/b")" "5 6 2751 2000" "what is known of a/b"
	same "$(getfattr --only-values -n user.color "$D/a/b" 2>/dev/null)" red "extended attribute"
	same "$(stat -c %a "$D/a")" 700 "mode of a"
	[[ ! -e $STATE || ! $(ls "$STATE") ]] || fail "there is a manifest"
	grep -q "it never had a name" "$SCRATCH/out"
	echo more >>"/proc/$HOLDER/fd/3"
	same "$(<"$D/a/b/x")" exmore "contents, later"
	pvadm relink "$HOLDER" --in-place >"$SCRATCH/out"
	same "$(wc -l <"$SCRATCH/out")" 2 "lines the second time"
	same "$(stat -c %h "$D/a/b/x")" 1 links
}

in_place_taken() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); os.mkdir("d"); c = unlinked("d/c"); os.rmdir("d")
os.mkdir("e"); e = unlinked("e/e"); os.rmdir("e")'
	echo mine >"$D/b"
	refused 1 "the name $D/b is taken by another file" pvadm relink "$HOLDER" --in-place
	same "$(ls "$D")" b "what is there"
	echo mine >"$D/e"
	pvadm relink "$HOLDER" --in-place --partial >"$SCRATCH/out" 2>"$SCRATCH/err"
	same "$(cd "$D" && find . | sort | xargs)" ". ./a ./b ./d ./d/c ./e" "what is there now"
	same "$(<"$D/b") $(<"$D/e")" "mine mine" contents
	grep -q "2 files were not relinked" "$SCRATCH/err" || fail "it says $(<"$SCRATCH/err")"
	grep -q "$D/e is taken by something that is not a directory" "$SCRATCH/out"
}

# The one that was made last had the name last.
in_place_twice_the_name() {
	begin
	holding 'a = unlinked("a", "old, and larger"); time.sleep(0.1); b = unlinked("a", "new")'
	refused 1 "the name $D/a is taken" pvadm relink "$HOLDER" --in-place
	same "$(ls "$D")" "" "what is there"
	pvadm relink "$HOLDER" --in-place --partial >/dev/null 2>&1
	same "$(<"$D/a")" new contents
}

in_place_of_a_tree() {
	begin
	holding 'os.makedirs("w/v"); a = unlinked("w/a", "A"); os.chmod("w/v", 0o711)
if not os.fork():
    os.chdir("w/v"); b = unlinked("b", "B"); os.system("rm -r ../../w"); open("'"$D"'/ready", "w")
    while True: signal.pause()
while not os.path.exists("ready"): time.sleep(0.01)
os.unlink("ready")'
	pvadm relink "$HOLDER" --tree --in-place --manifest "$M" >/dev/null
	same "$(cat "$D/w/a" "$D/w/v/b") $(stat -c %a "$D/w/v")" "AB 711" "what is there"
	same "$(m "sorted((n, x['method'], x['new']['path'] == x['original_path']) for n, x in f.items())")" \
		"[('a', 'link', True), ('b', 'link', True), ('v', 'mkdir', True)]" manifest
	pvadm relink "$HOLDER" --tree --in-place >"$SCRATCH/out"
	grep -q "there is a directory again" "$SCRATCH/out"
	same "$(pvadm cleanup "$M")" "4 removed, 0 gone already" cleanup
	same "$(ls "$D")" "" "after cleanup"
	pkill -KILL -P "$HOLDER"
}

# Out of sight of pvadm, and nothing is left beside it.
in_place_elsewhere() {
	begin
	WITHIN="unshare -m"
	holding 'os.system("mount -t tmpfs none '"$MNT"'"); os.mkdir("'"$MNT"'/d")
a = unlinked("'"$MNT"'/d/a", "far"); os.rmdir("'"$MNT"'/d")'
	pvadm relink "$HOLDER" --in-place >/dev/null
	same "$(cd "/proc/$HOLDER/root/$MNT" && find . -print0 | xargs -0) $(<"/proc/$HOLDER/root/$MNT/d/a")" \
		". ./d ./d/a far" "what is there"
}

# ---- Space ----

space_is_freed() {
	begin
	holding 'a = unlinked("a", "x" * 1000000); b = os.dup(a); c = os.open("c", os.O_RDWR | os.O_CREAT); os.link("c", "d"); os.unlink("c")
if not os.fork():
    while True: signal.pause()'
	refused 2 "there is no terminal to ask at" pvadm truncate "$HOLDER" --fd 3
	refused 2 "say which file with --fd" pvadm truncate "$HOLDER" --yes
	refused 1 "is not a deleted file: it is /dev/null" pvadm truncate "$HOLDER" --fd 0 --yes
	refused 1 "has no descriptor 77" pvadm truncate "$HOLDER" --fd 77 --yes
	refused 1 "$D/c has 1 other names" pvadm truncate "$HOLDER" --fd 5 --yes
	same "$(stat -Lc %s "/proc/$HOLDER/fd/3")" 1000000 "size before"
	pvadm truncate "$HOLDER" --fd 3 --yes --json >"$SCRATCH/out"
	same "$(python3 -c 'import json, sys
a = json.load(sys.stdin); print(a["path"], a["size"], a["freed"] >= 1000000, len(a["holders"]), len({h["pid"] for h in a["holders"]}))' <"$SCRATCH/out")" \
		"$D/a 1000000 True 4 2" "what it says"
	same "$(stat -Lc '%s %b' "/proc/$HOLDER/fd/3")" "0 0" "size and blocks after"
	pkill -KILL -P "$HOLDER"
}

# On a terminal it is shown and asked.
space_is_asked_for() {
	begin
	holding 'a = unlinked("a", "x" * 5000)'
	(sleep 3; echo n) | script -qec "pvadm truncate $HOLDER --fd 3" /dev/null >"$SCRATCH/out" || true
	grep -q "$D/a: 5000 bytes" "$SCRATCH/out" || fail "it says $(<"$SCRATCH/out")"
	grep -q "$HOLDER  python3" "$SCRATCH/out"
	grep -q "nothing was changed" "$SCRATCH/out"
	same "$(stat -Lc %s "/proc/$HOLDER/fd/3")" 5000 "size"
	(sleep 3; echo y) | script -qec "pvadm truncate $HOLDER --fd 3" /dev/null >"$SCRATCH/out"
	same "$(stat -Lc %s "/proc/$HOLDER/fd/3")" 0 "size after"
}

taken_names() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); c = unlinked("c")'
	refused 1 "/same is taken by another file" relink --template same
	nothing_changed
	local long
	long=$(printf 'x%.0s' {1..256})
	refused 1 "File name too long" relink --template "$long"
	nothing_changed
	echo mine >"$D/a"
	refused 1 "the name $D/a is taken by another file" relink --template "${D#"$(stat -c %m "$D")"}/%f"
	same "$(<"$D/a")" mine contents
	nothing_changed 1
}

# ---- All or nothing ----

HOLD_IMMUTABLE='a = unlinked("a"); b = unlinked("b"); c = unlinked("c"); os.mkdir("d"); os.chdir("d"); os.rmdir("../d")
import struct
def immutable(fd, on):
    old = struct.unpack("l", fcntl.ioctl(fd, 0x80086601, bytes(8)))[0]
    fcntl.ioctl(fd, 0x40086602, struct.pack("l", old & ~0x10 | on))
immutable(b, 0x10)
signal.signal(signal.SIGTERM, lambda *_: (immutable(b, 0), os._exit(0)))'

all_or_nothing() {
	begin
	holding "$HOLD_IMMUTABLE"
	refused 1 "cannot relink $D/b (descriptor 4 of process $HOLDER): the file is immutable" relink
	nothing_changed
	same "$(stat -Lc %h "/proc/$HOLDER/fd/3")" 0 links
	running
	kill "$HOLDER"
}

# A name is there already when pvadm looks what it has made.
unseen_is_taken_back() {
	local when
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); os.mkdir("d"); os.chdir("d"); os.rmdir("../d")'
	strace -o "$SCRATCH/trace" -e trace=openat pvadm relink "$HOLDER" --manifest "$M" >/dev/null
	pvadm cleanup "$M" >/dev/null
	rm "$M"
	grep '^openat(' "$SCRATCH/trace" | grep -n '"unlink-at-restart.*O_PATH' >"$SCRATCH/looks"
	same "$(wc -l <"$SCRATCH/looks")" 3 looks
	while IFS=: read -r when _; do
		refused 1 "Input/output error" strace -o /dev/null -e "inject=openat:error=EIO:when=$when" \
			pvadm relink "$HOLDER" --manifest "$M"
		nothing_changed
	done <"$SCRATCH/looks"
	kill "$HOLDER"
}

partial() {
	begin
	holding "$HOLD_IMMUTABLE"
	relink --partial 2>"$SCRATCH/err"
	grep -q "warning: $D/b was not relinked: the file is immutable" "$SCRATCH/err"
	same "$(m "sorted(f), [(s['failed'], s['original_path']) for s in m['skipped']]")" \
		"(['a', 'c', 'd'], [(True, '$D/b')])" files
	grep -q "^ *$HOLDER  4 .*$D/b  -  (the file is immutable" "$SCRATCH/out"
	pvadm cleanup "$M" >/dev/null
	same "$(pvadm gc --all)" "" "after cleanup"
	rm "$M"
	relink --copy
	same "$(m "sorted((n, x['method']) for n, x in f.items())")" \
		"[('a', 'link'), ('b', 'copy'), ('c', 'link'), ('d', 'mkdir')]" methods
	same "$(<"$(new b)") $(stat -c %a "$(new b)")" "text 640" "the copy"
	kill "$HOLDER"
}

copy_on_vfat() {
	begin
	on vfat
	WHERE=$MNT
	holding 'a = unlinked("a", "fat"); os.truncate(a, 5000000); os.pwrite(a, b"end", 4999997)'
	refused 1 "its filesystem has no hard links; nothing was changed: --copy" relink
	[[ ! -e $M ]] || fail "there is a manifest"
	relink --copy
	same "$(m "f['a']['method'], f['a']['size']")" "('copy', 5000000)" file
	cmp "/proc/$HOLDER/fd/3" "$(new a)"
	pvadm cleanup "$M" >/dev/null
	same "$(find "$MNT/$REFUGE" -mindepth 1)" "" "after cleanup"
	kill -KILL "$HOLDER"
}

progress_on_a_terminal() {
	begin
	holding 'a = unlinked("a"); os.truncate(a, 1 << 28); os.pwrite(a, b"x" * (1 << 26), 0)'
	script -qec "pvadm relink $HOLDER --fd 3 --to /dev/shm/copy.$$ --copy" "$SCRATCH/out" >/dev/null
	rm "/dev/shm/copy.$$"
	grep -q '\[#* *\] *[0-9]*%  ' "$SCRATCH/out" || fail "no bar: $(cat -v "$SCRATCH/out")"
	pvadm relink "$HOLDER" --fd 3 --to "/dev/shm/copy.$$" --copy 2>"$SCRATCH/err" >/dev/null
	rm "/dev/shm/copy.$$"
	same "$(<"$SCRATCH/err")" "" "what is printed without a terminal"
}

# ---- The manifest ----

manifest_tells() {
	begin
	holding 'a = unlinked("a"); os.fchown(a, 5, 6)'
	relink
	same "$(stat -c '%a %u %F' "$M")" "600 0 regular file" manifest
	same "$(m "m['format'], m['version'], m['pids'] == [$HOLDER]")" \
		"('pathvirt-manifest', 1, True)" head
	same "$(stat -Lc '%Hd:%Ld %i %u %g %s' "/proc/$HOLDER/fd/3")" \
		"$(m "f['a']['device'], f['a']['inode'], f['a']['uid'], f['a']['gid'], f['a']['size']" | tr -d "(),'")" \
		"device, inode, owner, group, size"
	same "$(m "f['a']['mode'] == stat.S_IFREG | 0o640, f['a']['links'], f['a']['type']")" "(True, 0, 'file')" mode
	same "$(m "m['mounts'][0]['id'], m['mounts'][0]['root'], m['mounts'][0]['point']" | tr -d "(),'")" \
		"$(awk -v at="$(stat -c %m "$D")" '$5 == at { print $1, $4, $5 }' /proc/self/mountinfo | tail -n 1)" mount
	same "$(stat -c '%i' "$(new a)")" "$(m "f['a']['new']['inode']")" "the new name's inode"
}

manifest_exists() {
	begin
	holding 'a = unlinked("a")'
	echo mine >"$M"
	refused 1 "the manifest $M exists" relink
	same "$(<"$M")" mine contents
	ln -sf "$SCRATCH/nowhere" "$M"
	refused 1 "the manifest $M exists" relink
	rm "$M"
	nothing_changed
	refused 1 "cannot write the manifest $SCRATCH/no/m: No such file" \
		pvadm relink "$HOLDER" --manifest "$SCRATCH/no/m"
}

# What cannot be noted is not done.
manifest_does_not_fit() {
	begin
	mount -t tmpfs -o size=4k none "$MNT"
	holding 'x = [unlinked(str(i)) for i in range(20)]'
	refused 1 "cannot write the manifest $MNT/m: No space left on device" \
		pvadm relink "$HOLDER" --manifest "$MNT/m"
	same "$(find "$MNT" -mindepth 1)" "" "files beside the manifest"
	nothing_changed
	same "$(stat -Lc %h "/proc/$HOLDER/fd/3")" 0 links
}

# forged PATTERN STATEMENT : of Python, which changes m.
forged() {
	python3 - "$M" "$SCRATCH/forged" "$2" <<-'END'
		import json, sys
		m = json.load(open(sys.argv[1]))
		f = m["files"][0]
		exec(sys.argv[3])
		json.dump(m, open(sys.argv[2], "w"))
	END
	refused 1 "the manifest $SCRATCH/forged cannot be used: $1" pvadm cleanup "$SCRATCH/forged"
}

forged_manifests() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b")'
	relink
	forged "it has version 2 of the format" "m['version'] = 2"
	forged 'its format is "x"' "m['format'] = 'x'"
	forged "files is missing" "del m['files']"
	forged "files[0].inode is not of type int but string" "f['inode'] = '1'"
	forged "files[0].size is negative" "f['size'] = -1"
	forged "files[0].holders[0].fd is 4294967296, not from 0 to" "f['holders'][0]['fd'] = 1 << 32"
	forged 'files[0].new.path_from_mount is not absolute, too long, or has a ".."' \
		"f['new']['path_from_mount'] = '/../etc/passwd'"
	forged "$(m "m['files'][0]['new']['path_from_mount']") of mount $(m "m['files'][0]['mount']") is there twice" \
		"m['files'].append(f)"
	forged "descriptor 3 of $HOLDER is there twice" "m['files'][1]['holders'] = f['holders'] * 2"
	forged "files[0].mount is 1, which is not in mounts" "f['mount'] = 1"
	forged 'files[0].new is another inode, but method is "link"' "f['new']['inode'] += 1"
	forged "open_file 1 is of two files" \
		"m['files'][0]['holders'][0]['open_file'] = m['files'][1]['holders'][0]['open_file'] = 1"
	head -c 100 "$M" >"$SCRATCH/forged"
	refused 1 "cannot be used: it is truncated" pvadm cleanup "$SCRATCH/forged"
	: >"$SCRATCH/forged"
	refused 1 "cannot be used: it is empty" pvadm cleanup "$SCRATCH/forged"
	refused 1 "cannot be used: it is not JSON" pvadm cleanup /bin/true
	refused 1 "No such file" pvadm cleanup "$SCRATCH/none"
	[[ -e $(new a) ]] || fail "the link is gone"
}

# ---- Held still ----

# A filesystem that waits makes pvadm wait, in the middle.
held_still() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a")'
	fsfreeze -f "$MNT"
	pvadm relink "$HOLDER" --manifest "$M" >"$SCRATCH/out" &
	local pid=$!
	await is t
	fsfreeze -u "$MNT"
	wait "$pid"
	running || fail "it is $(state)"
	rm "$M"

	fsfreeze -f "$MNT"
	pvadm relink "$HOLDER" --manifest "$M" --no-freeze >"$SCRATCH/out" &
	pid=$!
	await is D "$pid"
	running || fail "with --no-freeze it is $(state)"
	fsfreeze -u "$MNT"
	wait "$pid"
	kill -KILL "$HOLDER"
}

stopped_stays_stopped() {
	begin
	holding 'a = unlinked("a")'
	kill -STOP "$HOLDER"
	await is T
	relink
	await is T
	kill -CONT "$HOLDER"
	await running
}

# interrupted SIGNAL STATUS : while it makes links.
interrupted() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a"); b = unlinked("b")'
	fsfreeze -f "$MNT"
	pvadm relink "$HOLDER" --manifest "$M" >"$SCRATCH/out" 2>"$SCRATCH/err" &
	local pid=$! status=0
	await is t
	kill "-$1" "$pid"
	fsfreeze -u "$MNT"
	wait "$pid" || status=$?
	same "$status" "$2" "exit status"
	await running
}

interrupted_undoes() {
	interrupted TERM 1
	same "$(<"$SCRATCH/err")" "pvadm: interrupted: nothing was changed" message
	nothing_changed
	same "$(find "$MNT/$REFUGE" -mindepth 1)" "" "left in the filesystem"
	kill -KILL "$HOLDER"
}

killed_leaves_what_gc_finds() {
	interrupted KILL 137
	same "$(stat -c %s "$M")" 0 "size of the manifest"
	refused 1 "it is empty" pvadm cleanup "$M"
	pvadm gc --remove >/dev/null
	same "$(pvadm gc --all)" "" "after gc"
	rm -f "$M"
	relink
	kill -KILL "$HOLDER"
}

# At any moment.
killed_at_random() {
	begin
	holding 'x = [unlinked(str(i)) for i in range(50)]'
	local i pid
	for i in {1..25}; do
		pvadm relink "$HOLDER" --manifest "$M.$i" >"$SCRATCH/out" &
		pid=$!
		sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
		await running
		[[ ! -s $M.$i ]] || same "$(m "[os.stat(file['new']['path']).st_ino == file['inode'] for file in m['files']].count(True)" "$M.$i")" 50 "links of the manifest"
	done
	for i in {1..25}; do
		[[ ! -s $M.$i ]] || pvadm cleanup "$M.$i" >/dev/null
	done
	pvadm gc --remove >/dev/null
	same "$(pvadm gc --all)" "" "left over"
	relink
	same "$(m "len(m['files'])")" 50 files
	rm -f "$M".*
}

already_traced() {
	begin
	holding 'a = unlinked("a")'
	strace -qq -o /dev/null -p "$HOLDER" &
	local strace=$!
	await grep -q "^TracerPid:.$strace" "/proc/$HOLDER/status"
	refused 1 "process $strace (strace) traces it: end that, or say --no-freeze" relink
	relink --no-freeze
	same "$(m "sorted(f)")" "['a']" files
	kill "$strace"
}

# Two look at the same process, one after the other.
twice_at_once() {
	begin
	holding 'x = [unlinked(str(i)) for i in range(20)]'
	local pids=() i
	for i in {1..4}; do
		pvadm relink "$HOLDER" --manifest "$M.$i" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	same "$(stat -Lc %h "/proc/$HOLDER/fd/3")" 4 links
	for i in {1..4}; do
		same "$(pvadm cleanup "$M.$i")" "21 removed, 0 gone already" cleanup
	done
	rm "$M".*
}

# ---- Many at once ----

simultaneous() {
	begin
	local holders=() pvadms=() i
	holding 'r, w = os.pipe()
for i in range(9):
    if not os.fork():
        x = [unlinked("%d-%d" % (os.getpid(), j)) for j in range(5)]
        os.write(w, b".")
        while True: signal.pause()
for i in range(9): os.read(r, 1)
x = [unlinked(str(i)) for i in range(5)]'
	mapfile -t holders < <(pgrep -P "$HOLDER")
	for i in "$HOLDER" "${holders[@]}"; do
		pvadm relink "$i" --manifest "$M.$i" >/dev/null &
		pvadms+=($!)
	done
	for i in "${pvadms[@]}"; do
		wait "$i"
	done
	kill -KILL "${holders[@]}"
	same "$(m "len(m['files'])" "$M.$HOLDER")" 5 files
	same "$(pvadm gc --all --json | python3 -c 'import json, sys; x = json.load(sys.stdin); print(len({c["id"] for c in x}), sum(p["files"] for c in x for p in c["pinned"]), {c["state"] for c in x})')" \
		"10 50 {'kept'}" "checkpoints, files, states"
	for i in "$HOLDER" "${holders[@]}"; do
		pvadm cleanup "$M.$i" >/dev/null
	done
	same "$(pvadm gc --all)" "" "after cleanup"
	rm "$M".*
}

# ---- Mounts ----

mounted_over() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a", "under")'
	mount -t tmpfs none "$MNT"
	relink
	same "$(m "'path' in f['a']['new'], f['a']['new']['path_from_mount'].startswith('/$REFUGE/')")" \
		"(False, True)" "where it is"
	grep -q "(from the root of its mount)" "$SCRATCH/out"
	same "$(find "$MNT" -mindepth 1)" "" "on top"
	rm -f "$SCRATCH/other"
	refused 1 "leaves only $REFUGE; nothing was changed" \
		pvadm relink "$HOLDER" --fd 3 --template "x/%n" --manifest "$SCRATCH/other"
	! grep -q -- --copy "$SCRATCH/err" || fail "that does not help: $(<"$SCRATCH/err")"
	refused 1 "something is mounted over it" pvadm cleanup "$M"
	umount "$MNT"
	same "$(<"$MNT$(m "f['a']['new']['path_from_mount']")")" under contents
	pvadm cleanup "$M" >/dev/null
	same "$(find "$MNT/$REFUGE" -mindepth 1)" "" "after cleanup"
	kill -KILL "$HOLDER"
}

another_namespace() {
	begin
	WITHIN="unshare -m"
	holding 'os.system("mount -t tmpfs none '"$MNT"'"); a = unlinked("'"$MNT"'/a", "far")
os.mkdir("'"$MNT"'/sub"); b = unlinked("b", "near")'
	relink
	same "$(m "'path' in f['a']['new'], f['a']['new']['path_from_mount'].startswith('/$REFUGE/')")" \
		"(False, True)" "where it is"
	same "$(m "[x['point'] for x in m['mounts'] if x['fstype'] == 'tmpfs']")" "['$MNT']" mount
	same "$(nsenter -m -t "$HOLDER" cat "$MNT$(m "f['a']['new']['path_from_mount']")")" far contents
	same "$(pvadm cleanup "$M")" "4 removed, 0 gone already" cleanup
	same "$(nsenter -m -t "$HOLDER" find "$MNT/$REFUGE" -mindepth 1)" "" "after cleanup"
	pvadm relink "$HOLDER" --fd 3 --to "$MNT/sub/back" >/dev/null
	same "$(nsenter -m -t "$HOLDER" cat "$MNT/sub/back")" far "put back there"
	pvadm relink "$HOLDER" --fd 4 --to "$D/back" >/dev/null
	same "$(<"$D/back")" near "put back where both see it"
}

# A child has a namespace of its own, and has changed its root in it.
a_tree_of_namespaces() {
	begin
	holding 'a = unlinked("a")
if not os.fork():
    ctypes.CDLL(None).unshare(0x20000)
    os.system("mount --make-rprivate / && mount -t tmpfs none '"$MNT"'")
    os.mkdir("'"$MNT"'/root"); os.chroot("'"$MNT"'/root")
    b = unlinked("/b", "far")
    while True: signal.pause()
while "b (deleted)" not in os.popen("ls -l /proc/[0-9]*/fd 2>/dev/null").read(): time.sleep(0.1)'
	relink --tree
	local child
	child=$(m "m['pids'][1]")
	same "$(m "sorted(f), f['b']['new']['path_from_mount'].startswith('/$REFUGE/')")" "(['a', 'b'], True)" files
	same "$(nsenter "-m/proc/$child/ns/mnt" cat "$MNT$(m "f['b']['new']['path_from_mount']")")" far contents
	kill -KILL "$child"
}

# What it has of our filesystem is mounted elsewhere.
a_container() {
	begin
	mkdir -p "$D/root/data"
	WITHIN="unshare -m"
	holding 'os.system("mount --bind '"$D/root /mnt"'"); a = unlinked("/mnt/data/a", "inside")'
	pvadm relink "$HOLDER" --fd 3 --to "$D/root/data/back" >/dev/null
	same "$(<"$D/root/data/back")" inside contents
	refused 1 "is on another mount than the file" pvadm relink "$HOLDER" --fd 3 --to "$D/out"
}

# Whoever is root of a user namespace, of what is his.
root_of_a_user_namespace() {
	begin
	exec 6<>"$D/host"
	rm "$D/host"
	chmod 755 "$D" "$MNT"
	# shellcheck disable=SC2016 # for the shell there
	as_nobody unshare --user --map-root-user --mount bash -euc '
		mount -t tmpfs none "$1"
		cd "$1"
		mkdir d
		echo far >d/a
		exec 5<>d/a
		rm -r d
		pvadm relink $$ --fd 5 --in-place >out
		cat d/a
		pvadm relink $$ --fd 6 --manifest m >out 2>&1 || cat out' - "$MNT" >"$SCRATCH/out"
	same "$(head -1 "$SCRATCH/out")" far "contents of his own"
	grep -q "without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH" "$SCRATCH/out" || fail "it says $(<"$SCRATCH/out")"
	exec 6>&-
	refused 1 "run pvadm as root" as_nobody pvadm relink --list
}

# Of an overlay of his own: what was made there, what was copied up, and what has to be made
# again, put back; then names that are cleaned up.
overlay_of_a_user_namespace() {
	begin
	chmod 755 "$D" "$MNT"
	# shellcheck disable=SC2016 # for the shell there
	as_nobody unshare --user --map-root-user --mount bash -euc '
		mount -t tmpfs none "$1"
		cd "$1"
		mkdir lower upper work merged
		echo old >lower/b
		touch lower/c
		mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work none merged &&
			rm merged/c || { echo skip; exit; }
		cd merged
		echo far >a
		mkfifo p
		exec 5<>a 6<>b 7<>p
		echo new >&6
		rm a b p
		pvadm relink $$ --in-place >../out
		cat a b
		stat -c %F p
		rm a
		pvadm relink $$ --fd 5 --manifest ../m >../out
		cat lost+found/checkpoint/*/*
		pvadm cleanup ../m' - "$MNT" >"$SCRATCH/out" 2>&1
	! grep -q "^skip" "$SCRATCH/out" || skip "no overlay on a tmpfs: $(head -1 "$SCRATCH/out")"
	same "$(xargs <"$SCRATCH/out")" "far new fifo far 2 removed, 0 gone already" "what it says"
}

cleanup_elsewhere() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a"); os.mkdir("d"); os.chdir("d"); os.rmdir("../d")'
	relink
	kill -KILL "$HOLDER"
	wait "$HOLDER" || true
	umount "$MNT"
	refused 1 "its filesystem is not mounted" pvadm cleanup "$M"
	mkdir -p "$SCRATCH/other"
	# It shall have another device number now.
	truncate -s 1M "$SCRATCH/dummy"
	local loop
	loop=$(losetup -f --show "$SCRATCH/dummy")
	mount -o loop "$DISK" "$SCRATCH/other"
	losetup -d "$loop"
	[[ $(stat -c %Hd:%Ld "$SCRATCH/other") != "$(m "m['mounts'][0]['device']")" ]] ||
		fail "it has the same device number"
	same "$(pvadm cleanup "$M")" "3 removed, 0 gone already" "the first time"
	same "$(pvadm cleanup "$M")" "0 removed, 3 gone already" "the second time"
	same "$(find "$SCRATCH/other/$REFUGE" -mindepth 1)" "" "left"
	umount "$SCRATCH/other"
}

# ---- Cleaning up ----

cleanup_is_exact() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b"); c = unlinked("c")'
	relink
	echo foreign >"$SCRATCH/foreign"
	mv "$SCRATCH/foreign" "$(new b)"
	rm "$(new c)"
	refused 1 "2 left, the first: $(new b): it is something else" pvadm cleanup "$M"
	same "$(<"$(new b)")" foreign contents
	[[ ! -e $(new a) ]] || fail "a was left"
	refused 1 "it is something else" pvadm cleanup "$M"
	rm "$(new b)"
	same "$(pvadm cleanup "$M" --json | tr -d '\n\t ')" '{"removed":1,"gone":3,"left":0}' "the last time"
	same "$(pvadm cleanup "$M")" "0 removed, 4 gone already" "once more"
	same "$(stat -Lc %h "/proc/$HOLDER/fd/3")" 0 "links of what is still held"
}

manifests_are_forgotten() {
	begin
	holding 'a = unlinked("a"); b = unlinked("b")'
	relink
	refused 1 "the manifest $M exists: say another one with --manifest, or have pvadm cleanup --forget $M remove it" relink
	mv "$(new a)" "$D/a"
	echo foreign >"$(new a)"
	refused 1 "2 left, the first: " pvadm cleanup "$M" --forget
	[[ -e $M ]] || fail "the manifest is gone"
	rm "$(new a)"
	pvadm cleanup "$M" --forget >/dev/null
	[[ ! -e $M ]] || fail "the manifest is there"
	rm "$D/a"
	pvadm relink "$HOLDER" --manifest "$M" >/dev/null
	pvadm cleanup "$M" >/dev/null
	local id
	id=$(m "m['id']")
	mkdir -p "$STATE"
	mv "$M" "$STATE/$id.json"
	same "$(pvadm gc | awk 'NR == 2 { print $1, $NF }')" "spent $STATE/$id.json" "what gc says"
	pvadm gc --remove >/dev/null
	pvadm cleanup --forget "$STATE/$id.json" >/dev/null
	same "$(pvadm gc)" "" "what gc says then"
}

advice_helps() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a", "x"); b = os.open("b", os.O_RDWR | os.O_CREAT)
try:
    while True: os.write(b, b"x" * 65536)
except OSError: pass
import itertools
try:
    for i in itertools.count(): os.mkdir("d%d" % i)
except OSError: pass'
	refused 1 "No space left on device; nothing was changed" pvadm relink "$HOLDER" --fd 3 --manifest "$M"
	! grep -q -- --copy "$SCRATCH/err" || fail "it says: $(<"$SCRATCH/err")"
	refused 1 "have --in-place make it" pvadm relink "$HOLDER" --fd 3 --to "$MNT/no/a"
	! grep -q -- --copy "$SCRATCH/err" || fail "it says: $(<"$SCRATCH/err")"
	kill -KILL "$HOLDER"
}

gc_shows_who_pins() {
	begin
	holding 'a = unlinked("a", "x" * 8192); os.fchown(a, 1, 1); b = unlinked("b", "y" * 4096)
c = os.open("c", os.O_RDWR | os.O_CREAT); os.write(c, b"z" * 4096); os.link("c", "d"); os.unlink("c")'
	relink --sync
	same "$(pvadm gc)" "" "while there is a manifest"
	same "$(pvadm gc --all | awk 'NR > 1 { print $1, $2, $3, $4 }' | sort)" \
		"kept daemon 1 8192
kept root 2 4096" "who pins how much"
	mv "$M" "$M.away"
	pvadm gc "$D" >"$SCRATCH/out"
	same "$(<"$SCRATCH/out")" "" "in a directory where nothing was relinked"
	same "$(pvadm gc "$(stat -c %m "$D")" | awk 'NR > 1 { print $1 }' | uniq)" gone "without it"
	mv "$M.away" "$M"
	pvadm gc --remove
	[[ -e $(new a) ]] || fail "it removed what has its manifest"
	local dir
	dir=$(m "m['directories'][0]['path']")
	rm "$M"
	pvadm gc --remove >/dev/null
	[[ ! -e $dir ]] || fail "it is still there"
	same "$(<"$D/d" wc -c)" 4096 "the file with another name"
}

gc_leaves_the_busy_alone() {
	begin
	on ext4
	WHERE=$MNT
	holding 'a = unlinked("a"); os.truncate(a, 1 << 25); os.pwrite(a, b"x" * (1 << 25), 0)'
	local dir=$MNT/$REFUGE/test
	mkdir -p "$dir"
	exec 7<"$dir"
	flock 7
	same "$(pvadm gc --all | awk 'NR > 1 { print $1 }')" busy state
	pvadm gc --remove
	[[ -d $dir ]] || fail "it removed what is locked"
	exec 7<&-
	pvadm gc --remove >/dev/null
	[[ ! -e $dir ]] || fail "it is still there"
	kill -KILL "$HOLDER"
}

bad_input_is_refused() {
	begin
	holding 'a = unlinked("a")'
	refused 2 "no process given" pvadm relink
	refused 2 "more than one process" pvadm relink 1 2
	refused 2 '"x" is not a descriptor' pvadm relink "$HOLDER" --fd x
	refused 2 "say which with --fd" pvadm relink "$HOLDER" --to x
	refused 2 "say which with --fd" pvadm relink "$HOLDER" --to x --fd 3 --fd 4
	refused 2 "names no file" pvadm relink "$HOLDER" --fd 3 --to x/
	refused 2 "exclude each other" pvadm relink "$HOLDER" --fd 3 --to x --template y
	refused 2 'means nothing' pvadm relink "$HOLDER" --template '%x'
	refused 2 "--list goes only with" pvadm relink --list --copy
	refused 2 "no manifest given" pvadm cleanup
	refused 2 "more than one manifest" pvadm cleanup a b
	refused 2 "more than one directory" pvadm gc a b
	refused 1 "there is no process" pvadm relink 4999999
	refused 1 "run pvadm as root" as_nobody pvadm relink "$HOLDER" --manifest /tmp/m.$$
	[[ ! -e /tmp/m.$$ ]] || fail "a manifest is left"
	nothing_changed
}

promise R1_everyday everyday
promise R1_the_seeds_example seeds_example
promise R1_one_link_for_one_inode one_link_for_one_inode
promise R1_a_thread_of_its_own a_thread_of_its_own
promise R1_memory_is_skipped memory_is_skipped
promise R1_special_files special_files
promise R1_a_tree a_tree
promise R1_a_busy_tree a_busy_tree
promise R1_only_some_descriptors only_some
promise R1_many_files many_files
promise R1_mounted_over mounted_over
promise R1_another_mount_namespace another_namespace
for name in ext4 xfs btrfs f2fs tmpfs overlay; do
	promise "R1_on_$name" on_filesystem "$name"
done
promise R1_a_tree_of_namespaces a_tree_of_namespaces
promise R2_directories directories
promise R2_nested_directories nested_directories
promise R3_names default_names
promise R3_templates templates
promise R3_put_back put_back
promise R3_a_container a_container
promise P3_root_of_a_user_namespace root_of_a_user_namespace
promise P3_an_overlay_of_a_user_namespace overlay_of_a_user_namespace
promise R11_in_place in_place
promise R11_in_place_what_is_taken in_place_taken
promise R11_in_place_twice_the_name in_place_twice_the_name
promise R11_in_place_of_a_tree in_place_of_a_tree
promise R11_in_place_in_another_namespace in_place_elsewhere
promise truncate_frees_space space_is_freed
promise truncate_asks_on_a_terminal space_is_asked_for
promise R3_taken_and_long_names taken_names
promise R3_simultaneous_checkpoints simultaneous
promise R4_all_or_nothing all_or_nothing
promise R4_what_cannot_be_looked_at_is_taken_back unseen_is_taken_back
promise R4_partial_and_copy partial
promise R4_copy_on_vfat copy_on_vfat
promise R4_progress_on_a_terminal progress_on_a_terminal
promise R4_interrupted_undoes interrupted_undoes
promise R4_killed_leaves_what_gc_finds killed_leaves_what_gc_finds
promise R4_killed_at_random killed_at_random
promise R5_the_manifest_tells manifest_tells
promise R5_a_manifest_that_exists manifest_exists
promise R5_a_manifest_that_does_not_fit manifest_does_not_fit
promise R5_forged_manifests forged_manifests
promise R6_cleanup_is_exact cleanup_is_exact
promise R6_cleanup_elsewhere cleanup_elsewhere
promise R6_manifests_are_forgotten manifests_are_forgotten
promise advice_helps advice_helps
promise R6_gc_shows_who_pins gc_shows_who_pins
promise R6_gc_leaves_the_busy_alone gc_leaves_the_busy_alone
promise held_still held_still
promise stopped_stays_stopped stopped_stays_stopped
promise already_traced already_traced
promise twice_at_once twice_at_once
promise bad_input_is_refused_in_one_line bad_input_is_refused
keep "$@"
