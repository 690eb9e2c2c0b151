// SPDX-License-Identifier: GPL-2.0

// A program of Go: no libc, calls that the runtime does not know of, threads that
// come as goroutines do. It says what it finds in the tree that it is given,
// and leaves something there.
//
//	raw TREE [CHILD]
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

const threads = 4

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// One string argument; the kernel reads it before the call is over.
func raw(number uintptr, path string, before, after []uintptr) (uintptr, syscall.Errno) {
	name, err := syscall.BytePtrFromString(path)
	must(err)
	args := append(append(append([]uintptr{}, before...), uintptr(unsafe.Pointer(name))), after...)
	args = append(args, 0, 0, 0, 0)
	ret, _, errno := syscall.RawSyscall6(number, args[0], args[1], args[2], args[3], 0, 0)
	runtime.KeepAlive(name)
	return ret, errno
}

func first(fd uintptr, errno syscall.Errno) string {
	if errno != 0 {
		return errno.Error()
	}
	defer syscall.Close(int(fd))
	text := make([]byte, 64)
	n, err := syscall.Read(int(fd), text)
	must(err)
	return strings.TrimSpace(string(text[:n]))
}

func size(path string) string {
	var stat syscall.Stat_t
	name, err := syscall.BytePtrFromString(path)
	must(err)
	// Only what becomes a number in the call itself stays where it is: stacks move.
	_, _, errno := syscall.RawSyscall(syscall.SYS_STAT, uintptr(unsafe.Pointer(name)),
		uintptr(unsafe.Pointer(&stat)), 0)
	if errno != 0 {
		return errno.Error()
	}
	return fmt.Sprint(stat.Size)
}

// What one thread, which is nobody else's, is told by the kernel itself.
func ask(tree string, number int) string {
	runtime.LockOSThread()
	at := ^uintptr(99) // AT_FDCWD
	file := fmt.Sprintf("%s/file%d", tree, number)
	cwd := make([]byte, 4096)
	length, _, errno := syscall.RawSyscall(syscall.SYS_GETCWD, uintptr(unsafe.Pointer(&cwd[0])), 4096, 0)
	if errno != 0 {
		return errno.Error()
	}
	return fmt.Sprintf("open %s, openat %s, relative %s, stat %s, getcwd %s",
		first(raw(syscall.SYS_OPEN, file, nil, nil)),
		first(raw(syscall.SYS_OPENAT, file, []uintptr{at}, nil)),
		first(raw(syscall.SYS_OPENAT, filepath.Base(file), []uintptr{at}, nil)),
		size(file), cwd[:length-1])
}

// All at once, told in order.
func askAll(tree string) {
	var answers [threads]string
	var group sync.WaitGroup
	for i := range answers {
		must(os.WriteFile(fmt.Sprintf("%s/file%d", tree, i), make([]byte, i), 0o644))
		must(os.WriteFile(fmt.Sprintf("%s/file%d", tree, i), []byte(strings.Repeat("x", i+1)), 0o644))
		group.Add(1)
		go func(i int) {
			defer group.Done()
			answers[i] = ask(tree, i)
		}(i)
	}
	group.Wait()
	for _, answer := range answers {
		fmt.Println(answer)
	}
}

func library(tree string) {
	must(os.MkdirAll(tree+"/sub/deep", 0o755))
	must(os.Symlink(tree+"/sub", tree+"/link"))
	entries, err := os.ReadDir(tree)
	must(err)
	for _, entry := range entries {
		fmt.Println(entry)
	}
	must(os.Chdir(tree + "/link/deep"))
	now, err := os.Getwd()
	must(err)
	real, err := filepath.EvalSymlinks(tree + "/link/deep")
	must(err)
	own, err := os.Executable()
	must(err)
	fmt.Println(now, real, own)
	must(os.Rename(tree+"/file0", "../moved"))
	found, err := filepath.Glob(tree + "/*/mo*")
	must(err)
	fmt.Println(found)
}

func children(tree string) {
	own, err := os.Executable()
	must(err)
	for _, dir := range []string{tree, "sub", ""} {
		command := exec.Command(own, tree, "child")
		command.Dir = dir
		said, err := command.CombinedOutput()
		must(err)
		fmt.Printf("in %q: %s", dir, said)
		must(os.Chdir(tree))
	}
}

func main() {
	tree := os.Args[1]
	if len(os.Args) > 2 {
		now, err := os.Getwd()
		must(err)
		fmt.Println(now, ask(tree, 1))
		return
	}
	must(os.Chdir(tree))
	askAll(tree)
	library(tree)
	must(os.Chdir(tree))
	children(tree)
}
