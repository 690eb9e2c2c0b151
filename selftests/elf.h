/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest programs there are: an interpreter that ends with a status, and
 * what it is the interpreter of.  Of the bits that the test itself is built for,
 * and without a C library, which a guest does not have for both.
 */
#ifndef PV_SELFTESTS_ELF_H
#define PV_SELFTESTS_ELF_H

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

/* exit(7) */
#ifdef __i386__
#define ELF_MACHINE	EM_386
#define ELF_CODE	"\xb8\x01\0\0\0\xbb\x07\0\0\0\xcd\x80"
#elif defined(__arm__)
#define ELF_MACHINE	EM_ARM
#define ELF_CODE	"\x01\x70\xa0\xe3\x07\0\xa0\xe3\0\0\0\xef"
#elif defined(__aarch64__)
#define ELF_MACHINE	EM_AARCH64
#define ELF_CODE	"\xa8\x0b\x80\xd2\xe0\0\x80\xd2\x01\0\0\xd4"
#else
#define ELF_MACHINE	EM_X86_64
#define ELF_CODE	"\xb8\x3c\0\0\0\xbf\x07\0\0\0\x0f\x05"
#endif
#define ELF_STATUS	7

struct elf_file {
	ElfW(Ehdr) ehdr;
	ElfW(Phdr) phdrs[2];
	char rest[4096];
};

/* @start: where in memory it goes; @nr: of program headers */
static inline void elf_begin(struct elf_file *elf, int type, size_t start,
			     int nr)
{
	memset(elf, 0, sizeof(*elf));
	memcpy(elf->ehdr.e_ident, ELFMAG, SELFMAG);
	elf->ehdr.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 :
							    ELFCLASS32;
	elf->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	elf->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	elf->ehdr.e_type = type;
	elf->ehdr.e_machine = ELF_MACHINE;
	elf->ehdr.e_version = EV_CURRENT;
	elf->ehdr.e_entry = start + offsetof(struct elf_file, rest);
	elf->ehdr.e_phoff = offsetof(struct elf_file, phdrs);
	elf->ehdr.e_ehsize = sizeof(elf->ehdr);
	elf->ehdr.e_phentsize = sizeof(elf->phdrs[0]);
	elf->ehdr.e_phnum = nr;
	elf->phdrs[0] = (ElfW(Phdr)){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = start,
		.p_filesz = sizeof(*elf),
		.p_memsz = sizeof(*elf),
		.p_align = 4096,
	};
}

static inline void elf_write(const struct elf_file *elf, const char *path)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, elf, sizeof(*elf)) != sizeof(*elf))
		pvt_die("cannot write %s", path);
	close(fd);
}

/* What ends with ELF_STATUS, whatever program it interprets. */
static inline void elf_write_interpreter(const char *path)
{
	struct elf_file elf;

	elf_begin(&elf, ET_DYN, 0, 1);
	memcpy(elf.rest, ELF_CODE, sizeof(ELF_CODE));
	elf_write(&elf, path);
}

/* A program that has nothing but an interpreter. */
static inline void elf_write_program(const char *path, const char *interpreter)
{
	struct elf_file elf;

	elf_begin(&elf, ET_EXEC, 0x400000, 2);
	strncpy(elf.rest, interpreter, sizeof(elf.rest) - 1);
	elf.phdrs[1] = elf.phdrs[0];
	elf.phdrs[0] = (ElfW(Phdr)){
		.p_type = PT_INTERP,
		.p_offset = offsetof(struct elf_file, rest),
		.p_filesz = strlen(interpreter) + 1,
	};
	elf_write(&elf, path);
}

#endif /* PV_SELFTESTS_ELF_H */
