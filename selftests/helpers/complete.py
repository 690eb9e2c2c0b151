#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What a shell makes of a line when a key for completion is pressed.

   complete.py bash|zsh [--all] LINE...

Types each LINE into an interactive shell on a terminal of its own and prints the line
as it is then. Without --all the key is TAB; with --all it is the one that inserts all
that could follow.
"""
import os
import pty
import sys
import tempfile
import time

LIMIT = 120

BASH = r"""
PS1= PS2=
. /usr/share/bash-completion/bash_completion
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind '"\C-x\C-a": insert-completions'
dump() { printf '%s\n' "$READLINE_LINE" >"$DUMP.new"; mv "$DUMP.new" "$DUMP"; }
bind -x '"\C-x\C-p": dump'
"""

ZSH = r"""
PS1= PS2=
autoload -Uz compinit
fpath=(/usr/share/zsh/vendor-completions $fpath)
compinit -u -D
unsetopt beep auto_list auto_menu
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
dump() { print -r -- "$BUFFER" >"$DUMP.new"; mv "$DUMP.new" "$DUMP" }
zle -N dump
bindkey -e
bindkey '^I' complete-word
bindkey '^X^A' all-matches
bindkey '^X^P' dump
"""

SHELLS = {
    "bash": (["bash", "--noprofile", "--rcfile"], BASH),
    "zsh": (["zsh", "-d"], ZSH),
}
TAB, ALL, DUMP, CLEAR = b"\t", b"\x18\x01", b"\x18\x10", b"\x01\x0b"


class Shell:
    def __init__(self, name, scratch):
        command, rc = SHELLS[name]
        self.dump = os.path.join(scratch, "line")
        path = os.path.join(scratch, ".zshrc")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(rc)
        if name == "bash":
            command = command + [path, "-i"]
        pid, self.terminal = pty.fork()
        if not pid:
            os.environ.update(ZDOTDIR=scratch, DUMP=self.dump, TERM="dumb", HOME=scratch)
            os.execvp(command[0], command)
        os.set_blocking(self.terminal, False)
        self.get_ready()

    def type(self, keys):
        os.write(self.terminal, CLEAR + keys + DUMP)

    def line(self, limit):
        """What was dumped, or None if nothing is for so many seconds."""
        end = time.monotonic() + limit
        while not os.path.exists(self.dump):
            # A terminal that nobody reads from stops its shell.
            try:
                os.read(self.terminal, 65536)
            except BlockingIOError:
                time.sleep(0.02)
            if time.monotonic() > end:
                return None
        with open(self.dump, encoding="utf-8") as stream:
            line = stream.read()[:-1]
        os.remove(self.dump)
        return line

    def get_ready(self):
        """What is typed before the shell reads keys is lost, or comes late."""
        for second in range(1, LIMIT // 4):
            token = f"ready{second}"
            self.type(token.encode())
            line = ""
            while line not in (token, None):
                line = self.line(4)
            if line == token:
                return
        sys.exit("complete.py: the shell does not begin to answer")

    def complete(self, typed, key):
        self.type(typed.encode() + key)
        line = self.line(LIMIT)
        if line is None:
            sys.exit(f"complete.py: the shell does not answer to: {typed}")
        return line


def main():
    name, lines, key = sys.argv[1], sys.argv[2:], TAB
    if lines[0] == "--all":
        lines, key = lines[1:], ALL
    with tempfile.TemporaryDirectory() as scratch:
        shell = Shell(name, scratch)
        for line in lines:
            print(shell.complete(line, key), flush=True)


main()
