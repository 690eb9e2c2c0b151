#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""T15: programs at work where nothing is: ORIGINAL is absent, with all that is above it.

    S/new            NEW, anew for each run
    GONE/proj/a      ORIGINAL

Each runs twice: where NEW is bind-mounted on ORIGINAL, for which empty directories are
made, and attached. Both say the same and leave the same tree, and of ORIGINAL nothing is
on the machine's disk, nor is anything else there that was not, but in NEW. programs.sh has
more of them. PV_PROGRAMS=all is for what takes its time, too, a JVM and PostgreSQL most of
all.
"""
import contextlib
import difflib
import fnmatch
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import textwrap

from commands import good, run
from ktap import Skip, check, check_equal, main, test

S = tempfile.mkdtemp(prefix="absent.", dir="/var/tmp")
os.chmod(S, 0o755)
NEW = f"{S}/new"
GONE = "/pvt-absent"
ORIGINAL = f"{GONE}/proj/a"
HERE = os.path.dirname(os.path.abspath(__file__))
ALL = os.environ.get("PV_PROGRAMS") == "all"
# Whatever is newer on the disk was made or changed by what runs here.
STAMP = f"{S}/stamp"
with open(STAMP, "w", encoding="ascii"):
    pass


@contextlib.contextmanager
def mounted():
    """The oracle: what goes in front of a command, with mount points for a while.

    GONE is a filesystem of its own there, as what stands for it is otherwise.
    """
    os.mkdir(GONE)
    try:
        yield ["unshare", "-m", "--propagation", "private", "sh", "-ec",
               'mount -t tmpfs -o mode=555 none "$GONE"; mkdir -p "$ORIGINAL"; '
               'chmod 555 "${ORIGINAL%/*}"; mount --bind "$0" "$ORIGINAL"; exec "$@"', NEW]
    finally:
        os.rmdir(GONE)


@contextlib.contextmanager
def attached():
    """What goes in front of a command; nothing is ever there."""
    check(not os.path.lexists(GONE), GONE, "is there before")
    yield ["pvadm", "run", "--map", f"{ORIGINAL}={NEW}", "--"]
    check(not os.path.lexists(GONE), GONE, "was made:", run("find", GONE).stdout)


def contents(path, found):
    """What distinguishes a file, but for its times."""
    if stat.S_ISLNK(found.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(found.st_mode):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    return ""


def tree(unlike):
    """{name: what is there} of NEW; what differs each time by its kind alone."""
    names = {}
    for top, dirs, files in os.walk(NEW):
        for name in dirs + files:
            path = f"{top}/{name}"
            short = os.path.relpath(path, NEW)
            found = os.lstat(path)
            varies = any(fnmatch.fnmatch(short, pattern) for pattern in unlike)
            names[short] = (stat.filemode(found.st_mode), found.st_uid,
                            "" if varies else contents(path, found))
    return names


def both(script, shell=("bash", "-euc"), unlike=(), bring=None, owner=0, hide=()):
    """Runs a script in ORIGINAL, in both worlds; returns what it says.

    @unlike: patterns of files that have other contents each time
    @bring: one of helpers/, which is put there
    @owner: whose NEW is
    @hide: patterns of what it says that is another each time
    """
    environment = {
        "PATH": os.environ["PATH"], "HOME": ORIGINAL, "LC_ALL": "C.UTF-8", "GONE": GONE,
        "ORIGINAL": ORIGINAL, "HERE": HERE, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1",
    }
    said, left = [], []
    for world in mounted, attached:
        shutil.rmtree(NEW, ignore_errors=True)
        os.mkdir(NEW)
        os.chown(NEW, owner, owner)
        if bring:
            shutil.copy(f"{HERE}/helpers/{bring}", NEW)
        with world() as words:
            done = subprocess.run(
                [*words, "env", "-C", ORIGINAL, *shell, textwrap.dedent(script)],
                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, check=False)
        check(done.returncode == 0, world.__name__, "ended with", done.returncode, done.stdout)
        check(NEW not in done.stdout, "it came to know of NEW:", done.stdout)
        for pattern in hide:
            done.stdout = re.sub(pattern, "...", done.stdout)
        said.append(done.stdout.splitlines())
        left.append(tree(unlike))
    check(said[0], "it says nothing")
    differs = list(difflib.unified_diff(*said, "mounted", "attached", lineterm=""))
    check(not differs, "\n".join(differs))
    for name in sorted(left[0].keys() | left[1].keys()):
        check_equal(left[1].get(name), left[0].get(name), f"what it leaves of {name}")
    return said[0]


def needs(*programs):
    """Skips the test if one of them is not there."""
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"there is no {program}")


def long_one(function):
    """A test that is for make check-all."""
    return test(function) if ALL else function


@test
def T15_node():
    """realpath, require and import, fs.watch, and its own ways up and down."""
    needs("node")
    said = both("node $ORIGINAL/absent.js", bring="absent.js")
    check_equal(said[0], f"{ORIGINAL} {ORIGINAL} {ORIGINAL}", "the working directory")


@test
def T15_python():
    """pathlib, zipimport and zipapp, and what goes through trees."""
    # An archive has the time in it.
    said = both("python3 $ORIGINAL/absent.py", bring="absent.py", unlike=("*.tar", "*.pyz"))
    check_equal(said[0], f"{ORIGINAL} {ORIGINAL} {os.path.dirname(ORIGINAL)}",
                "the working directory")


@long_one
def T15_python_venv():
    """It writes down where it is, and is found there."""
    both("""
        python3 -m venv --without-pip --copies env
        . env/bin/activate
        cd $ORIGINAL/env/lib/python3*/site-packages; echo 'where = __file__' >mine.py
        cd $GONE
        python -c 'import mine, sys; print(mine.where, sys.prefix, sys.executable)'
        cd proj; ../proj/a/env/bin/python3 -c 'import sys; print(sys.prefix, sys.path[-1])'
        echo "#!$VIRTUAL_ENV/bin/python" >a/script
        echo 'import sys; print(sys.argv, sys.exec_prefix)' >>a/script
        chmod +x a/script; a/script; $ORIGINAL/script
        grep ^home a/env/pyvenv.cfg
    """)


@long_one
def T15_git():
    """init, clone, worktree, status, from the outside and from above."""
    needs("git")
    both("""
        export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='@1 +0000' GIT_COMMITTER_DATE='@1 +0000'
        git config --global user.name n; git config --global user.email e@example.org
        cd $GONE
        git -C proj/a init -q -b main one
        git -C $GONE rev-parse --show-toplevel 2>&1 || true
        echo x >$ORIGINAL/one/f; cd proj/a/one; git add .; git commit -qm first
        git status --short --branch; git rev-parse --show-toplevel --absolute-git-dir
        cd ../..
        git clone -q $ORIGINAL/one a/two; git clone -q file://$ORIGINAL/one $ORIGINAL/three
        git -C a/two remote get-url origin
        git -C a/two worktree add -q -b topic ../tree 2>&1
        git -C $ORIGINAL/tree rev-parse --show-toplevel --git-common-dir
        cat a/tree/.git a/two/.git/worktrees/tree/gitdir
        git -C a/two worktree list --porcelain; git -C a/tree status --porcelain=v2 --branch
        GIT_CEILING_DIRECTORIES=$ORIGINAL git -C a/one status --short
        git -C a/two worktree move ../tree $ORIGINAL/moved; git -C a/two worktree prune -v
        git clone -q --bare a/one a/bare.git; git -C a/two fetch -q $ORIGINAL/bare.git
        git -C a/moved -c protocol.file.allow=always submodule --quiet add \\
            $ORIGINAL/bare.git sub
        git -C a/moved submodule status
        git -C a/moved/sub rev-parse --show-superproject-working-tree
    """, unlike=("*/index", "*.pack", "*.idx", "*.rev"))


@long_one
def T15_tar_rsync_find():
    """From the top of what is not there."""
    needs("rsync", "tar")
    both("""
        mkdir -p src/d out; echo x >src/d/f; ln -s $ORIGINAL/src/d src/link; ln src/d/f src/hard
        find $GONE | sort; find $GONE -type d -empty; find -L $GONE -samefile src/d/f | sort
        find / -maxdepth 3 -path "$GONE*" | sort; (cd $GONE; find . -name f -execdir pwd ';' | sort)
        tar -C / -cf all.tar --sort=name ${GONE#/}/proj/a/src
        tar -tvf all.tar | cut -d ' ' -f 1,2,6-
        tar -C $GONE --exclude=all.tar --exclude=out -cf - . | tar -C out -xf -
        find out | sort; stat -c %A out/proj
        rsync -a --exclude=out --exclude='*.tar' $GONE/ out/synced
        rsync -ani --exclude=out --exclude='*.tar' $GONE/ out/synced
        rsync -aR src/./d $GONE/proj/a/out/relative; rsync -a $ORIGINAL/src $GONE/./proj/a/out/again
        cp -a --parents $ORIGINAL/src/d out; du -a --inodes out | sort -k 2
        cd ../..; du --inodes . | tail -n 1; rm -r proj/a/out/proj
        realpath -e . ./proj/a/src/link/f; ls -d $GONE/*/*/*; ls -lR proj | wc -l
    """, unlike=("*.tar",), hide=(r"\d\d:\d\d", r"\d{4}-\d\d-\d\d"))


@long_one
def T15_make():
    """What it finds by patterns and real paths, and makes by rules for them."""
    needs("make")
    both(r"""
        mkdir -p src build
        touch src/one.in src/two.in
        cat >build/Makefile <<'END'
        SRC := $(realpath ../src)
        FOUND := $(sort $(wildcard $(GONE)/*/a/src/*.in))
        VPATH := $(GONE)/proj/a/src
        $(info $(CURDIR) $(SRC) $(FOUND) $(abspath ..) $(realpath $(GONE)/proj/../.))
        all: $(patsubst $(SRC)/%.in,$(GONE)/proj/a/build/%.out,$(FOUND)) three
        $(GONE)/proj/a/build/%.out: $(SRC)/%.in ; cp $< $@
        three: one.in | $(GONE)/proj ; echo $< >$@
        END
        make -C build; make -C $ORIGINAL/build
        touch -d '1 hour' src/two.in
        cd $GONE; make -C proj/a/build 2>&1 | grep -v -i -e future -e skew
    """, hide=(r" +\n",))


@test
def T15_systemd_tmpfiles():
    """It walks names by steps of its own, and trusts no one on the way."""
    needs("systemd-tmpfiles")
    said = both(r"""
        cat >conf <<END
        d $ORIGINAL/run 0750 root root
        d $ORIGINAL/run/deep/er 1777 nobody root
        D $ORIGINAL/emptied 0755
        f $ORIGINAL/run/file 0640 root root - some text
        w $ORIGINAL/written - - - - more
        L $ORIGINAL/link - - - - $ORIGINAL/run
        C $ORIGINAL/copy - - - - $ORIGINAL/tree
        p $ORIGINAL/fifo 0600
        r $ORIGINAL/removed
        R $GONE/*/a/dir*
        e $ORIGINAL/old 0700 - - mM:1h
        z $GONE/proj/a/written 0600
        Z $ORIGINAL/tree 0711
        x $ORIGINAL/old/kept
        END
        mkdir -p dir1/sub dir2 old tree/sub emptied/in root/etc
        touch removed written tree/sub/f; touch -d '2 days ago' old/{is,kept} old
        systemd-tmpfiles --create --remove $ORIGINAL/conf
        find . | sort; cat written run/file
        systemd-tmpfiles --clean $GONE/proj/a/conf; find old | sort
        echo 'd /made/below 0700' >plain
        (cd $GONE; systemd-tmpfiles --root=$GONE/proj/a/root --create $ORIGINAL/plain)
        systemd-tmpfiles --prefix=$GONE/proj --create $ORIGINAL/conf; find root | sort; cat written
    """)
    check("./run/deep/er" in said and "root/made/below" in said, "it made nothing:", said)


COMPLETE = r"""
    mkdir -p data/in 'with space' bin; touch data/file other; echo 'all:' >Makefile
    printf '#!/bin/sh\n' >bin/pvt-program; chmod +x bin/pvt-program
    ask() { $HERE/helpers/complete.py SHELL "$@"; }
    ask "ls ${GONE%t}" "ls $GONE/" "cd $GONE/p" "ls $ORIGINAL/da" "ls $ORIGINAL/data/f" \
        "cd $GONE/proj/a/wi" "cat ot" "cd ../" "ls ../../pr" "$ORIGINAL/bin/pv" "make -C $GONE/pro"
    ask --all "ls $ORIGINAL/" "ls $GONE/"
"""


@test
def T15_completion_of_bash():
    """What TAB makes of names that lead there, and on."""
    needs("bash")
    said = both(COMPLETE.replace("SHELL", "bash"))
    check(f"ls {ORIGINAL}/data/file " in said, "it does not complete:", said)


@long_one
def T15_completion_of_zsh():
    """The same; it completes each component, too."""
    needs("zsh")
    said = both(COMPLETE.replace("SHELL", "zsh") + 'ask "ls ${GONE%nt}/pr/a/da"\n')
    check(f"ls {ORIGINAL}/data/file " in said, "it does not complete:", said)


# In the oracle its mounts are entered, as its rules are with `pvadm enter`.
JVM = r"""
    enter="nsenter -m -t"; grep -q " $ORIGINAL " /proc/self/mountinfo || enter="pvadm enter"
    quick=-XX:TieredStopAtLevel=1
    javac -J$quick -d $ORIGINAL/classes $ORIGINAL/Absent.java
    echo -n data >classes/data
    jar -J$quick -cfM $GONE/proj/a/lib.jar -C classes Absent.class -C $ORIGINAL/classes data
    java $quick -Xmx32m -Xlog:gc:file=$ORIGINAL/gc.log -cp lib.jar:$GONE/proj/a/none Absent \
        >java.out 2>&1 &
    pid=$!
    until [[ -e ready ]]; do kill -0 $pid || { cat java.out; exit 1; }; sleep 0.1; done
    printf '%s\n' VM.system_properties VM.command_line "GC.heap_dump $ORIGINAL/heap" \
        Thread.print >commands
    $enter $pid -- jcmd -J$quick $pid -f $ORIGINAL/commands >jcmd.out
    grep -e ^user.dir -e ^java.class.path -e ^java_class_path -e 'Heap dump' -e '"main"' jcmd.out |
        cut -d ' ' -f 1-4
    [[ -s heap ]] && [[ -s gc.log ]] && echo dumped
    touch stop; wait $pid; cat java.out
"""


@long_one
def T15_java_that_jcmd_asks():
    """A JVM with its classes there is asked through `pvadm enter`, and dumps there."""
    needs("javac", "jcmd")
    said = both(JVM, bring="Absent.java", unlike=("*.jar", "heap", "gc.log", "*.out"),
                hide=(r"\[\d+\]",))
    for wanted in f"user.dir={ORIGINAL}", "dumped", "stopped", f"[{GONE}, ":
        check(any(wanted in line for line in said), "no", wanted, "in", said)


POSTGRESQL = r"""
    bin=$(echo /usr/lib/postgresql/*/bin); export PGHOST=$ORIGINAL PGDATABASE=postgres
    options="-c listen_addresses= -k $ORIGINAL -c shared_buffers=4MB -c autovacuum=off"
    ask() { $bin/psql -qAtX "$@"; }
    $bin/initdb -A trust -N --no-instructions -D $ORIGINAL/db >initdb.out
    mkdir space
    $bin/pg_ctl -s -w -t 300 -D $GONE/proj/a/db -l $ORIGINAL/log -o "$options" start
    ask -c 'show data_directory' -c 'show hba_file' -c 'show unix_socket_directories'
    ask -c "create tablespace s location '$ORIGINAL/space'"
    ask -c 'create table t (n int primary key, s text) tablespace s' \
        -c "insert into t select n, 'x' || n from generate_series(1, 1000) n" -c checkpoint
    ask -c "copy t to '$ORIGINAL/copy'" \
        -c "select pg_tablespace_location(oid) from pg_tablespace where spcname = 's'" \
        -c "select count(*) from pg_ls_dir('$GONE/proj')" \
        -c "select isdir from pg_stat_file('$GONE')"
    (cd db; $bin/pg_ctl -s -w -t 300 -D . stop)
    readlink db/pg_tblspc/*; head -n 1 db/postmaster.opts | grep -o -e '-D.*"'
    cd $GONE; $bin/pg_ctl -s -w -t 300 -D proj/a/db -l $ORIGINAL/log -o "$options" start; cd proj/a
    sed -n 2p db/postmaster.pid
    ask -c 'select count(*), sum(n) from t'; $bin/pg_dump -t t | grep -v '^--' >dump
    $bin/pg_ctl -s -w -t 300 -D $ORIGINAL/db stop -m immediate
    $bin/pg_ctl -s -w -t 300 -D $ORIGINAL/db -l log -o "$options" start
    ask -c 'select count(*) from t' -c 'drop table t' -c 'drop tablespace s'
    $bin/pg_ctl -s -w -t 300 -D db stop
    $bin/pg_controldata $ORIGINAL/db | grep state; ls -A space db/pg_tblspc; rm -r db
"""


@long_one
def T15_postgresql():
    """Its data, a tablespace and its socket are there, over a crash."""
    try:
        owner = pwd.getpwnam("postgres").pw_uid
    except KeyError as why:
        raise Skip("there is no PostgreSQL") from why
    # pg_dump has a word of its own against injections.
    said = both(POSTGRESQL, shell=("setpriv", "--reuid", "postgres", "--regid", "postgres",
                                   "--init-groups", "--", "bash", "-euc"),
                owner=owner,
                unlike=("log", "dump", "initdb.out"))
    check(f"{ORIGINAL}/db" in said and "1000|500500" in said, "it does not work:", said)


# ---- And in the end ----


@test
def T15_nothing_is_made_outside_of_NEW():
    """On the disk that the machine runs from."""
    said = good("find", "/", "-xdev", "-path", S, "-prune", "-o", "-cnewer", STAMP, "-print")
    # Mount points were made in it, and it is where S lies.
    changed = set(said.splitlines()) - {"/", os.path.dirname(S)}
    disk = os.stat("/").st_dev
    check_equal([path for path in sorted(changed) if os.lstat(path).st_dev == disk], [],
                "what has changed")


if __name__ == "__main__":
    main(lambda: shutil.rmtree(S, ignore_errors=True))
