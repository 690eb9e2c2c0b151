// SPDX-License-Identifier: GPL-2.0
/*
 * idle LINK: a command that does no more than to be there, and to say so by making
 * LINK a symbolic link to its number. Without LINK it ends.
 *
 * No library and no loader: the calls below are all that it makes, so that faults that
 * are injected into those of pvadm do not meet it.
 */
#include <fcntl.h>
#include <sys/syscall.h>

static long call(long number, long a, long b, long c)
{
#ifdef __aarch64__
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#else
	register long r10 __asm__("r10") = 0;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
#endif
}

__attribute__((used)) static void begin(const long *stack)
{
	long pid = call(SYS_getpid, 0, 0, 0);
	char text[24], *at = text + sizeof(text) - 1;

	if (stack[0] < 2)
		call(SYS_exit_group, 0, 0, 0);
	for (*at = '\0'; pid; pid /= 10)
		*--at = '0' + pid % 10;
	/* Behind the number of arguments and the command's own name. */
	call(SYS_symlinkat, (long)at, AT_FDCWD, stack[2]);
	for (;;)
		call(SYS_ppoll, 0, 0, 0);
}

#ifdef __aarch64__
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
#else
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
#endif
