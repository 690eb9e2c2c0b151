/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Just enough of the kernel's names for module/rules/table.c and below.c to be built
 * in user space.  Every <linux/x.h> that they include leads here.
 */
#ifndef _SHIM_KERNEL_H
#define _SHIM_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#define U16_MAX	UINT16_MAX
#define U8_MAX	UINT8_MAX
#define U32_MAX	UINT32_MAX

typedef struct { int refs; } refcount_t;
struct rcu_head { void *unused; };

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add_tail(struct list_head *node, struct list_head *list)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void list_splice_tail_init(struct list_head *from,
					 struct list_head *list)
{
	if (from->next == from)
		return;
	from->next->prev = list->prev;
	list->prev->next = from->next;
	from->prev->next = list;
	list->prev = from->prev;
	INIT_LIST_HEAD(from);
}

#define list_entry(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define list_for_each_entry(pos, head, member)				\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);	\
	     &pos->member != (head);					\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)			\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),	\
	     n = list_entry(pos->member.next, __typeof__(*pos), member);\
	     &pos->member != (head);					\
	     pos = n,							\
	     n = list_entry(n->member.next, __typeof__(*n), member))

#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NOWARN		0

/* Nobody else has to run, and nobody is killed. */
#define cond_resched()			((void)0)
#define fatal_signal_pending(task)	false

#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(ptr)		((long)(ptr))
#define IS_ERR(ptr)		((unsigned long)(ptr) >= -4095UL)

/*
 * Every allocation can be made to fail: shim_fail_after counts down to the one
 * that does, a negative number means none.
 */
extern int shim_fail_after;

static inline void *shim_alloc(size_t size)
{
	if (shim_fail_after >= 0 && shim_fail_after-- == 0)
		return NULL;
	return malloc(size);
}

#define kmalloc(size, gfp)		shim_alloc(size)
#define kvmalloc(size, gfp)		shim_alloc(size)
#define kvmalloc_array(n, size, gfp)	shim_alloc((n) * (size))
#define kfree(ptr)			free((void *)(ptr))
#define kvfree(ptr)			free((void *)(ptr))
#define struct_size(ptr, member, n) \
	(sizeof(*(ptr)) + (n) * sizeof((ptr)->member[0]))

#define noinline		__attribute__((noinline))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define __ffs(word)		((u32)__builtin_ctzl(word))
#define hweight64(word)		((u32)__builtin_popcountll(word))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)		((a) < (b) ? (a) : (b))

#endif /* _SHIM_KERNEL_H */
