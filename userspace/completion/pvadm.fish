# SPDX-License-Identifier: GPL-2.0
#
# Completion of pvadm(8) for fish.  Commands, and options that are not here, are taken from
# their help; selftests hold all of them against it.

# The commands of pvadm, or those of one of its commands.
function __pvadm_those_of
    pvadm help $argv 2>/dev/null | string replace -rf '^  ([a-z][a-z-]*) +([a-z].*)' '$1\t$2'
end

# The command that is being written, "ns show" among them; nothing before there is one.
function __pvadm_command
    set -l words (commandline -opc)
    if test "$words[2]" = ns
        test -n "$words[3]"; and echo "ns $words[3]"; or echo ns
    else
        echo $words[2]
    end
end

# Is it one of these?
function __pvadm_is
    contains -- (__pvadm_command) $argv
end

# What the help of a command says of options, one a line: "--fd N", "-b, --batch FILE".
function __pvadm_help
    pvadm help (string split ' ' -- $argv[1]) 2>/dev/null | string match -r '^ +-.*' |
        string match -ra -- '(?:-[a-zA-Z], )?--[a-z][a-z-]*(?: [A-Z][^ ]*)?'
end

# Does an option take the word behind it?
function __pvadm_takes_argument
    __pvadm_help $argv[1] | string match -qr -- "^(?:-., )?$argv[2](?:, --[a-z-]*)? [A-Z]"
end

# What a command's help has, and this file does not.
function __pvadm_further
    set -l command (__pvadm_command)
    test -n "$command"; or return
    for option in (__pvadm_help $command | string match -r -- '--[a-z-]*')
        contains -- "$command $option" $__pvadm_known; or echo $option
    end
end

# How many operands are there before the cursor?
function __pvadm_operands
    set -l words (commandline -opc)
    set -l command (__pvadm_command)
    set -l first (math 2 + (count (string split ' ' -- $command)))
    set -l skip no
    set -l ended no
    set -l count 0
    for word in $words[$first..-1]
        if test $skip = yes
            set skip no
        else if test $ended = yes
            set count (math $count + 1)
        else if test $word = --
            set ended yes
        else if string match -q -- '-*' $word
            __pvadm_takes_argument $command $word; and set skip yes
        else
            set count (math $count + 1)
        end
    end
    echo $count
end

# Is this operand wanted, of one of the commands behind it?
function __pvadm_operand
    __pvadm_is $argv[2..-1]; and test (__pvadm_operands) = $argv[1]
end

# Processes that may be looked at; the others and kernel threads have no exe.
function __pvadm_processes
    for process in /proc/[0-9]*
        test -e $process/exe; and echo (string replace /proc/ '' $process)\t(cat $process/comm 2>/dev/null)
    end
end

function __pvadm_attached
    pvadm show 2>/dev/null | string replace -rf '^\s*(\d+)\s+(\S+).*' '$1\t$2'
end

# Descriptors of files without a name, of the process that is named before.
function __pvadm_descriptors
    set -l process (string match -r '^\d+$' -- (commandline -opc))[1]
    test -n "$process"; or set process self
    for link in /proc/$process/fd/*
        set -l target (readlink $link 2>/dev/null)
        string match -q '* (deleted)' -- "$target"; and echo (string replace -r '.*/' '' $link)\t$target
    end
end

# A path behind the last of these signs.
function __pvadm_path_behind
    set -l word (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    set -l before (string replace -rf "^(.*$argv[1]).*" '$1' -- $word)
    for path in (__fish_complete_path (string replace -r "^.*$argv[1]" '' -- $word))
        echo "$before$path"
    end
end

# The user's command, which begins behind our options and operands.
function __pvadm_users_command
    set -l words (commandline -opc)
    set -l command (__pvadm_command)
    set -l own 0
    __pvadm_is reopen restart enter 'ns enter' 'ns restore'; and set own 1
    set -l i (math 2 + (count (string split ' ' -- $command)))
    set -l ended no
    while test $i -le (count $words)
        set -l word $words[$i]
        if test $ended = no; and test $word = --
            set ended yes
        else if test $ended = no; and string match -q -- '-*' $word
            __pvadm_takes_argument $command $word; and set i (math $i + 1)
        else if test $own = 0
            break
        else
            set own (math $own - 1)
        end
        set i (math $i + 1)
    end
    test $own = 0; or return
    if test $i -le (count $words)
        complete --do-complete=(string join ' ' -- (string escape -- $words[$i..-1]) "$(commandline -ct)")
    else if not string match -q -- '-*' "$(commandline -ct)"
        complete --do-complete="$(commandline -ct)"
    end
end

set -g __pvadm_known
function __pvadm_option
    complete -c pvadm -n "__pvadm_is $argv[1]" $argv[2..-1]
    set -l i (math 1 + (contains -i -- -l $argv))
    for command in (eval "printf '%s\n' $argv[1]")
        set -a __pvadm_known "$command --$argv[$i]"
    end
end

complete -c pvadm -e
complete -c pvadm -f

# Commands.
complete -c pvadm -n 'test -z (__pvadm_command)' -s h -l help -d 'print help'
complete -c pvadm -n 'test -z (__pvadm_command)' -s V -l version -d 'print the version'
complete -c pvadm -n 'test -z (__pvadm_command)' -a '(__pvadm_those_of)'
complete -c pvadm -n '__pvadm_is ns' -a '(__pvadm_those_of ns)'

# Options.
complete -c pvadm -n 'test -n (__pvadm_command)' -s h -l help -d 'print help'

set -l json "attach show resolve relink truncate checkpoint restart cleanup gc status monitor \
    'ns show' 'ns pin' 'ns restore'"
__pvadm_option $json -s j -l json -d 'print JSON'
__pvadm_option $json -l pretty -d 'print JSON, indented'

set -l rules 'run attach restart'
__pvadm_option $rules -l map -x -a "(__pvadm_path_behind '=')" -d 'lead names under ORIGINAL to NEW'
__pvadm_option $rules -l under -x -a "(__pvadm_path_behind '=')" \
    -d 'the same, and look for what NEW lacks further'
__pvadm_option $rules -l map-file -r -F -d 'take rules from a file'
__pvadm_option "$rules register" -l original -x -a "(__pvadm_path_behind ':')" -d 'the paths, A:B'
__pvadm_option "$rules activate" -l new -x -a "(__pvadm_path_behind ':')" -d 'where they lie, X:Y'
__pvadm_option "$rules activate" -l late -d 'look NEWs up at each use'
__pvadm_option $rules -l by-name -d 'rules count wherever an ORIGINAL is spelled'
__pvadm_option 'run attach' -l no-reverse -d 'getcwd and the like tell real paths'
__pvadm_option 'attach detach register activate relink checkpoint' -l tree \
    -d 'the existing descendants, too'
__pvadm_option 'attach detach show' -l cgroup -x -a '(__fish_complete_directories)' \
    -d 'all that are in this cgroup'
__pvadm_option show -l cgroups -d 'the cgroups that have rules'
__pvadm_option attach -l check -d 'only tell what they hold below an ORIGINAL'
__pvadm_option attach -s b -l batch -r -F -d 'do this for each line of a file'
__pvadm_option attach -l force -d 'go on with the lines behind one that fails'
__pvadm_option detach -l all -d 'every attached process'
__pvadm_option enter -l ns -d 'in its namespaces, too'
__pvadm_option resolve -l reverse -d 'what the process calls a real path'

__pvadm_option 'relink truncate' -l fd -x -a '(__pvadm_descriptors)' -d 'the file of this descriptor'
__pvadm_option truncate -l yes -d 'do not ask'
__pvadm_option relink -l in-place -d 'put each back where it was'
__pvadm_option relink -l to -r -F -d 'that one file goes there'
__pvadm_option 'relink checkpoint' -l template -x -d 'other names'
__pvadm_option relink -l manifest -r -F -d 'where the manifest goes'
__pvadm_option 'relink checkpoint' -l partial -d 'what fails does not stop the rest'
__pvadm_option 'relink checkpoint' -l copy -d 'copy what cannot be linked'
__pvadm_option 'relink checkpoint' -l no-freeze -d 'do not hold the process still'
__pvadm_option 'relink checkpoint' -l sync -d 'only succeed when all of it is on disk'
__pvadm_option cleanup -l forget -d 'remove the manifest, too, if nothing is left'
__pvadm_option relink -l list -d 'only show the open files whose names are gone'
__pvadm_option reopen -l keep -d 'do not unlink them'
__pvadm_option reopen -l pid -x -d 'the files of this process'
__pvadm_option checkpoint -l dir -x -a '(__fish_complete_directories)' -d 'where the bundle is to be'
__pvadm_option checkpoint -l check -x -a '(__fish_complete_directories)' -d 'see whether a bundle is whole'
__pvadm_option gc -l remove -d 'then remove them'
__pvadm_option gc -l all -d 'those that are in use, too'

set -l kinds "restart 'ns pin' 'ns restore' 'ns enter'"
__pvadm_option $kinds -s a -l all -d 'all namespaces'
__pvadm_option $kinds -s m -l mount -d 'the mount namespace'
__pvadm_option $kinds -s u -l uts -d 'the UTS namespace'
__pvadm_option $kinds -s i -l ipc -d 'the IPC namespace'
__pvadm_option $kinds -s n -l net -d 'the network namespace'
__pvadm_option $kinds -s p -l pid -d 'the PID namespace'
__pvadm_option $kinds -s C -l cgroup -d 'the cgroup namespace'
__pvadm_option $kinds -s U -l user -d 'the user namespace'
__pvadm_option $kinds -s T -l time -d 'the time namespace'

__pvadm_option "'ns mount'" -s r -l read-only -d 'nothing can be changed there through it'

set -l become "restart 'ns restore' 'ns enter'"
__pvadm_option $become -s S -l setuid -x -d 'run the command with this user id'
__pvadm_option $become -s G -l setgid -x -d 'run the command with this group id'
__pvadm_option $become -l preserve-credentials -d 'leave user and group ids as they are'
__pvadm_option $become -s w -l wd -x -a '(__fish_complete_directories)' -d 'run the command in this directory'
__pvadm_option $become -l kill-child -d 'when pvadm ends, end the command'

set -l restore "restart 'ns restore'"
__pvadm_option restart -l keep -d 'the names stay'
__pvadm_option restart -l at-end -d 'the names go when the command has ended'
__pvadm_option $restore -l strict -d 'fail where something cannot be equal'
__pvadm_option $restore -l check -d 'only say what cannot be equal'
__pvadm_option "'ns restore'" -l pinned -x -a '(__fish_complete_directories)' \
    -d 'enter the very same namespaces'

complete -c pvadm -n 'string match -q -- "-*" (commandline -ct)' -a '(__pvadm_further)'

# Operands.
complete -c pvadm -n '__pvadm_is attach' -a '(__pvadm_processes)'
complete -c pvadm -n '__pvadm_is detach' -a '(__pvadm_attached)'
complete -c pvadm -n "__pvadm_operand 0 register relink truncate checkpoint 'ns show' 'ns save' 'ns pin' 'ns mount' 'ns enter'" \
    -a '(__pvadm_processes)'
complete -c pvadm -n '__pvadm_operand 0 enter activate show resolve monitor' -a '(__pvadm_attached)'
complete -c pvadm -n "__pvadm_operand 0 reopen cleanup 'ns restore'" -F
complete -c pvadm -n "__pvadm_operand 1 resolve 'ns save' 'ns mount'" -F
complete -c pvadm -n "__pvadm_operand 2 'ns mount'" -F
complete -c pvadm -n "__pvadm_operand 0 gc restart" -a '(__fish_complete_directories)'
complete -c pvadm -n "__pvadm_operand 1 'ns pin'" -a '(__fish_complete_directories)'
complete -c pvadm -n "__pvadm_is run reopen restart enter 'ns enter' 'ns restore'" \
    -a '(__pvadm_users_command)'

functions -e __pvadm_option
