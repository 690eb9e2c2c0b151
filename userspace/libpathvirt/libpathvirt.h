/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libpathvirt: give processes their own view of where files live.
 *
 * A C client of the kernel module pathvirt.  Three kinds of object:
 *
 *	struct pv		a connection to the module
 *	struct pv_rules		an ordered list of rules ORIGINAL -> NEW
 *	what the module said	struct pv_layers, pv_resolution, pv_status
 *
 * Conventions.  A function that can fail returns 0 or a negative errno; the
 * object that it was called on then holds one line of text that says what
 * happened, without a newline.  Objects are not locked: one thread at a time
 * each.  Paths are NUL-terminated byte strings, PATH_MAX bytes at most with
 * the NUL, in no particular encoding.  A process is named by a pidfd, never by
 * a number that may have passed on to another; PV_SELF is the caller.
 *
 * Everything below is there since version 0.1.
 */
#ifndef LIBPATHVIRT_H
#define LIBPATHVIRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In place of a pidfd: the calling process itself. */
#define PV_SELF		(-1)

/* ---- Rules ---- */

struct pv_rules;

/**
 * pv_rules_new() - an empty list of rules
 *
 * Return: the list, to be given to pv_rules_free(), or NULL without memory.
 */
struct pv_rules *pv_rules_new(void);

/**
 * pv_rules_free() - free a list and the strings in it
 * @rules: the list, or NULL
 */
void pv_rules_free(struct pv_rules *rules);

/**
 * pv_rules_error() - what was wrong in the last call that failed
 * @rules: the list
 *
 * Return: one line, valid until the next call on @rules; "" if none failed.
 */
const char *pv_rules_error(const struct pv_rules *rules);

/**
 * pv_rules_count() - how many rules the list has
 * @rules: the list
 */
size_t pv_rules_count(const struct pv_rules *rules);

/**
 * pv_rules_original() - the path prefix that a rule replaces
 * @rules: the list, which keeps the string
 * @index: which rule, from 0; the first one that matches a name is used
 *
 * Return: the normalised path, or NULL if there is no such rule.
 */
const char *pv_rules_original(const struct pv_rules *rules, size_t index);

/**
 * pv_rules_target() - NEW, the path prefix that a rule puts in its place
 * @rules: the list, which keeps the string
 * @index: which rule, from 0
 *
 * Return: the normalised path, or NULL if there is no such rule.
 */
const char *pv_rules_target(const struct pv_rules *rules, size_t index);

/**
 * pv_rules_under() - is a rule a union?
 * @rules: the list
 * @index: which rule, from 0
 *
 * Return: true if what NEW lacks is looked for further, see pv_rules_set_under().
 */
bool pv_rules_under(const struct pv_rules *rules, size_t index);

/**
 * pv_rules_set_under() - make a rule a union, or none
 * @rules: the list
 * @index: which rule, from 0; nothing happens if there is none
 * @under: what NEW lacks is to be looked for further: by the rules behind it, at last at
 *	ORIGINAL itself.  It means nothing for an exception
 */
void pv_rules_set_under(struct pv_rules *rules, size_t index, bool under);

/**
 * pv_rules_registered() - do the rules say only which paths may move later?
 * @rules: the list
 *
 * Return: true if there are rules and all of them are exceptions; see
 * pv_register().
 */
bool pv_rules_registered(const struct pv_rules *rules);

/**
 * pv_rules_add() - append one rule
 * @rules: the list
 * @original: an absolute path
 * @target: an absolute path; the same as @original makes an exception
 *
 * Both are copied and normalised: "//", "/./" and a trailing "/" go.
 *
 * Return: 0; -EINVAL for a path that is empty, relative or has a ".."
 * component; -ENAMETOOLONG; -E2BIG where the list is full; -ENOMEM.  When it
 * fails the list is as it was; so with all functions that append.
 */
int pv_rules_add(struct pv_rules *rules, const char *original,
		 const char *target);

/**
 * pv_rules_parse() - append a rule spelled ORIGINAL=NEW
 * @rules: the list
 * @text: the rule; the first "=" without a backslash parts the two
 *
 * Escapes, here and in all the spellings below: \= \: \; \# \\ and "\ " stand
 * for the second character, \ooo (three octal digits) for any byte.  Any
 * other backslash is itself.
 *
 * Return: as pv_rules_add(); -EINVAL for a missing "=", too, or where an
 * unescaped "=/" in NEW leaves open which "=" was meant.
 *
 * With the word "under" and a blank in front, it is a union: pv_rules_set_under().  So
 * it is in a line of a map file, and in front of old:new of a mapping.
 */
int pv_rules_parse(struct pv_rules *rules, const char *text);

/**
 * pv_rules_parse_lists() - append rules from two colon-separated lists
 * @rules: the list
 * @originals: A:B:C
 * @targets: X:Y:Z, as many
 *
 * Return: as pv_rules_add(); -EINVAL where the lists differ in length, too.
 */
int pv_rules_parse_lists(struct pv_rules *rules, const char *originals,
			 const char *targets);

/**
 * pv_rules_parse_mapping() - append rules spelled old:new;old:new
 * @rules: the list
 * @text: the mapping; nothing between two ";" is allowed
 *
 * Return: as pv_rules_add().
 */
int pv_rules_parse_mapping(struct pv_rules *rules, const char *text);

/**
 * pv_rules_environ() - append the rules in the variables of DMTCP's users
 * @rules: the list
 *
 * DMTCP_PATH_MAPPING (old:new;old:new) first, then
 * DMTCP_ORIGINAL_PATH_PREFIX with DMTCP_NEW_PATH_PREFIX (colon lists).  An
 * empty variable counts as unset; an original list without a new one adds
 * nothing, as under DMTCP.
 *
 * Return: as pv_rules_add(); the message names the variable.
 */
int pv_rules_environ(struct pv_rules *rules);

/**
 * pv_rules_read() - append the rules of an open map file
 * @rules: the list
 * @stream: is read to its end and stays open
 * @name: what to call it in messages
 *
 * One ORIGINAL=NEW a line.  Blanks around the line are dropped, a carriage
 * return among them; those inside are part of the paths.  A "#" at the
 * beginning of the line or after a blank begins a comment.
 *
 * %u and %U stand for the effective user's name and number, %h for the name of
 * the host, %j for the number of the job (SLURM_JOB_ID, PBS_JOBID or LSB_JOBID) and
 * %x for its name (SLURM_JOB_NAME, PBS_JOBNAME or LSB_JOBNAME), $NAME and ${NAME} for
 * a variable of the environment, %% and $$ for themselves.  What is not known, or
 * empty, is an error.  See pv_rules_set_variables() for who reads on behalf of another.
 *
 * Return: as pv_rules_parse(), or the error of reading.  The message begins
 * with the file's name and the number of the line, "name:12: ".
 */
int pv_rules_read(struct pv_rules *rules, FILE *stream, const char *name);

/**
 * pv_rules_load() - append the rules of a map file
 * @rules: the list
 * @path: the file, read with pv_rules_read()
 */
int pv_rules_load(struct pv_rules *rules, const char *path);

/**
 * pv_rules_expand() - append a rule spelled as in a line of a map file
 * @rules: the list
 * @text: ORIGINAL=NEW, in which "%" and "$" stand for something
 *
 * Return: as pv_rules_parse().
 */
int pv_rules_expand(struct pv_rules *rules, const char *text);

/**
 * typedef pv_variable_fn - tells what a "%" or a "$" of a map file stands for
 * @name: the letter or the variable, with its sign: "%u", "$HOME"
 * @arg: what was given to pv_rules_set_variables()
 *
 * Return: the value, which the library gives to free(); NULL with errno ENOMEM where
 * there is no memory, EINVAL where it cannot be part of a path, ENOENT if it is not known.
 */
typedef char *(*pv_variable_fn)(const char *name, void *arg);

/**
 * pv_rules_set_variables() - say what "%" and "$" stand for in map files
 * @rules: the list
 * @find: is asked for all but %% and $$, in place of this process's user and
 *	environment, which are never looked at then; NULL: as before
 * @arg: handed to @find
 *
 * For a program that prepares the process of another user, whose environment is not his,
 * or has been set by somebody whom it does not trust.
 */
void pv_rules_set_variables(struct pv_rules *rules, pv_variable_fn find, void *arg);

/**
 * pv_path_escape() - spell a path so that the parsers above give it back
 * @path: any byte string
 *
 * Return: a string for free(), or NULL without memory.
 */
char *pv_path_escape(const char *path);

/* ---- The connection ---- */

struct pv;

/**
 * pv_open() - connect to the module
 * @pv: becomes the connection, to be given to pv_close() also when the call
 *	failed (it then serves pv_error() only); NULL without memory
 *
 * The descriptors in it are closed by exec.
 *
 * The kernel loads the module if it is installed and not blacklisted.
 *
 * Return: 0; -ENOPKG if the module is not there; -EPROTONOSUPPORT if it
 * speaks another version of the protocol; another negative errno.
 */
int pv_open(struct pv **pv);

/**
 * pv_close() - disconnect
 * @pv: the connection, or NULL
 *
 * Attached processes stay attached.
 */
void pv_close(struct pv *pv);

/**
 * pv_error() - what went wrong in the last call that failed
 * @pv: the connection, or NULL
 *
 * Return: one line, with the kernel's own explanation where it gave one;
 * valid until the next call on @pv; "" if nothing failed.
 */
const char *pv_error(const struct pv *pv);

/* ---- Attach and detach ---- */

/* The existing descendants, too; no child made meanwhile escapes. */
#define PV_TREE		(1U << 0)
/* Every attached process: pv_detach() only. */
#define PV_ALL		(1U << 1)
/* Add a layer on the inner side, replacing none: pv_attach() only. */
#define PV_PUSH		(1U << 2)
/* The process's own layer, none that it inherited: pv_detach() only. */
#define PV_OWN		(1U << 3)
/* What the kernel tells of paths is not translated back: pv_attach() only. */
#define PV_NO_REVERSE	(1U << 4)
/* NEWs are looked up by name at each use, and need not be there: pv_attach() only. */
#define PV_LATE		(1U << 5)
/* Rules count wherever an ORIGINAL is spelled, from any root directory: pv_attach() only. */
#define PV_BY_NAME	(1U << 6)

/**
 * pv_attach() - give a process a table
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @rules: the table; replaces the one that the process was given before,
 *	while those that it inherited stay below.  Stays the caller's.
 * @flags: 0, PV_TREE or PV_PUSH, and any of PV_NO_REVERSE, PV_LATE and
 *	PV_BY_NAME
 *
 * Needs CAP_SYS_ADMIN in the user namespace of the process and ptrace access
 * to it; for PV_SELF either CAP_SYS_ADMIN or no_new_privs.
 *
 * Return: 0; -EPERM; -ESRCH if the process is gone; -EINVAL for an empty
 * table; -ENOENT, -ENOTDIR or the like if a NEW is not there; another negative
 * errno.  When it fails nothing has changed.
 */
int pv_attach(struct pv *pv, int pidfd, const struct pv_rules *rules,
	      unsigned int flags);

/**
 * pv_detach() - take the tables of a process away
 * @pv: the connection
 * @pidfd: the process, or PV_SELF; ignored with PV_ALL
 * @flags: 0, PV_TREE, PV_ALL or PV_OWN
 *
 * Return: 0; -ENOENT if the process has none; otherwise as pv_attach().
 */
int pv_detach(struct pv *pv, int pidfd, unsigned int flags);

/* ---- Cgroups ---- */

/**
 * pv_attach_cgroup() - give all processes of a cgroup a table
 * @pv: the connection
 * @fd: the directory of a cgroup, of version 2; O_PATH will do
 * @rules: the table; replaces the one that the cgroup was given before.  Stays the
 *	caller's.
 * @flags: any of PV_NO_REVERSE and PV_LATE
 *
 * The processes of the cgroup and of those in it have it as their outermost layer, those
 * that come into it later as well, until pv_detach_cgroup() or until the directory is
 * removed; who leaves it loses that layer.  Both paths of a rule count from the root
 * directory of each process, as with PV_BY_NAME.
 *
 * Needs CAP_SYS_ADMIN and CAP_SYS_PTRACE in the initial user namespace.
 *
 * Return: as pv_attach(); -EBADF if @fd is no such directory; -EOPNOTSUPP if it is a
 * threaded cgroup; -ENODEV if it has been removed; -E2BIG if too many of the cgroups that
 * it lies in, or that lie in it, have a table.
 */
int pv_attach_cgroup(struct pv *pv, int fd, const struct pv_rules *rules,
		     unsigned int flags);

/**
 * pv_detach_cgroup() - take the table of a cgroup away
 * @pv: the connection
 * @fd: its directory
 *
 * Return: 0; -ENOENT if it has none; otherwise as pv_attach_cgroup().
 */
int pv_detach_cgroup(struct pv *pv, int fd);

/* ---- Two phases ---- */

/**
 * pv_register() - note which paths of a process may move later
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @originals: A:B:C, absolute paths, spelled as for pv_rules_parse_lists()
 * @flags: 0 or PV_TREE
 *
 * Nothing changes for the process until pv_activate().  What is registered is a
 * layer of its own, of exceptions: children inherit it and exec keeps it.  What
 * was registered before is replaced.
 *
 * Return: as pv_attach(); -EBUSY if rules of the process's own are in force.
 */
int pv_register(struct pv *pv, int pidfd, const char *originals,
		unsigned int flags);

/**
 * pv_activate() - say where the registered paths of a process lie now
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @targets: X:Y:Z, as many as were registered, in the same order; a path that is
 *	the same as the registered one is an exception
 * @flags: any of PV_TREE, PV_NO_REVERSE, PV_LATE and PV_BY_NAME
 *
 * May be called again, and moves the paths again.  If it is a parent of the
 * process that registered, the process gets a layer of its own above that.
 *
 * Return: as pv_attach(); -ENOENT if nothing is registered; -EINVAL if the lists
 * differ in length, and then the message has both.  When it fails nothing has
 * changed.
 */
int pv_activate(struct pv *pv, int pidfd, const char *targets,
		unsigned int flags);

/**
 * pv_originals() - which paths of a process are registered, or have moved
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @list: becomes the colon list, to be given to free(); that of the innermost
 *	layer
 *
 * Return: 0; -ENOENT if there are none; another negative errno.
 */
int pv_originals(struct pv *pv, int pidfd, char **list);

/**
 * pv_targets() - where the registered paths of a process lie now
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @list: as with pv_originals()
 *
 * Return: as pv_originals(); -ENODATA if they have not been activated.
 */
int pv_targets(struct pv *pv, int pidfd, char **list);

/* ---- Look ---- */

struct pv_layers;

/**
 * pv_get() - the tables of a process
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @layers: becomes the layers, to be given to pv_layers_free()
 *
 * Return: 0, also where the process has none; -EAGAIN if the tables changed
 * under each of many attempts; another negative errno.
 */
int pv_get(struct pv *pv, int pidfd, struct pv_layers **layers);

/**
 * pv_get_cgroup() - the table of a cgroup
 * @pv: the connection
 * @fd: its directory
 * @layers: becomes the table, as the only layer, to be given to pv_layers_free()
 *
 * Return: 0, also where it has none; another negative errno.
 */
int pv_get_cgroup(struct pv *pv, int fd, struct pv_layers **layers);

/** pv_layers_free() - free what pv_get() gave; NULL is allowed */
void pv_layers_free(struct pv_layers *layers);

/** pv_layers_count() - how many layers; 0: the process is not attached */
size_t pv_layers_count(const struct pv_layers *layers);

/**
 * pv_layers_own() - was the innermost layer set for this very process?
 *
 * If not, all layers are inherited.
 */
bool pv_layers_own(const struct pv_layers *layers);

/**
 * pv_layers_rules() - the rules of one layer
 * @layers: keeps the rules
 * @layer: which, from 0, the innermost, which names pass first
 *
 * Return: the rules, or NULL if there is no such layer.
 */
const struct pv_rules *pv_layers_rules(const struct pv_layers *layers,
				       size_t layer);

/**
 * pv_layers_flags() - how one layer was set
 * @layers: the layers
 * @layer: which, from 0, the innermost
 *
 * Return: PV_NO_REVERSE, PV_LATE and PV_BY_NAME, as they were given to pv_attach(); 0
 * if there is no such layer.
 */
unsigned int pv_layers_flags(const struct pv_layers *layers, size_t layer);

/**
 * pv_layers_cgroup() - the cgroup that one layer belongs to
 * @layers: the layers
 * @layer: which, from 0, the innermost
 *
 * Return: the inode number of the cgroup's directory; 0 if the layer is a process's, or if
 * there is no such layer.
 */
uint64_t pv_layers_cgroup(const struct pv_layers *layers, size_t layer);

/**
 * struct pv_process - an attached process
 *
 * @pid: its number in the PID namespace of the caller
 * @layers: how many layers it has
 * @rules: how many rules they have together
 * @own: the innermost layer was set for this very process
 */
struct pv_process {
	uint32_t pid;
	uint32_t layers;
	uint32_t rules;
	bool own;
};

/**
 * typedef pv_process_fn - is called for each attached process
 * @process: valid during the call; later versions may append members
 * @arg: what the caller of pv_list() gave
 *
 * Return: 0 to go on; anything else ends pv_list(), which returns it.
 */
typedef int (*pv_process_fn)(const struct pv_process *process, void *arg);

/**
 * pv_list() - the attached processes that the caller may inspect
 * @pv: the connection; @each may use it
 * @each: called once per process, by their numbers, after the whole list has
 *	been read
 * @arg: handed to @each
 *
 * Where processes come and go all the time, the list is read again a few
 * times and then taken as it is: each entry is true for itself.
 */
int pv_list(struct pv *pv, pv_process_fn each, void *arg);

/**
 * struct pv_cgroup - a cgroup that has a table
 *
 * @id: the inode number of its directory
 * @path: where it is below the root of the caller's cgroup namespace
 * @rules: how many rules it has
 */
struct pv_cgroup {
	uint64_t id;
	const char *path;
	uint32_t rules;
};

/**
 * typedef pv_cgroup_fn - is called for each cgroup that has a table
 * @cgroup: valid during the call; later versions may append members
 * @arg: what the caller of pv_list_cgroups() gave
 *
 * Return: 0 to go on; a negative errno ends pv_list_cgroups(), which returns it.
 */
typedef int (*pv_cgroup_fn)(const struct pv_cgroup *cgroup, void *arg);

/**
 * pv_list_cgroups() - the cgroups that have a table
 * @pv: the connection; @each must not use it
 * @each: called once per cgroup
 * @arg: handed to @each
 *
 * Needs CAP_SYS_ADMIN in the initial user namespace.
 */
int pv_list_cgroups(struct pv *pv, pv_cgroup_fn each, void *arg);

/**
 * struct pv_resolution - where a path leads
 *
 * @real: the path that the kernel walks
 * @matched: a rule matched; without, @layer and @index mean nothing
 * @layer: the innermost layer in which one did, from 0
 * @index: that rule's place in the layer, from 0
 * @further: where it is looked for if @real is not there, in that order, as unions have
 *	it: @further_count paths
 * @further_count: how many
 */
struct pv_resolution {
	char *real;
	bool matched;
	uint32_t layer;
	uint32_t index;
	char **further;
	size_t further_count;
};

/**
 * pv_resolve() - where a path leads in a process
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @path: absolute, as the process would spell it
 * @resolution: becomes the answer, to be given to pv_resolution_free()
 *
 * By the rules alone: nothing is looked up, no symbolic link followed.  Real
 * paths are spelled from the root directory that the process had when it was
 * attached, whatever it has changed to since.
 */
int pv_resolve(struct pv *pv, int pidfd, const char *path,
	       struct pv_resolution **resolution);

/**
 * pv_reverse() - what a process would call a real path
 * @pv: the connection
 * @pidfd: the process, or PV_SELF
 * @real: absolute
 * @path: becomes the virtual path, @real itself if no rule leads there; to be
 *	given to free()
 *
 * By the rules alone, as with pv_resolve().
 *
 * Return: as pv_resolve(); -ENOENT if @real lies outside of the root directory
 * that the process has changed to.
 */
int pv_reverse(struct pv *pv, int pidfd, const char *real, char **path);

/** pv_resolution_free() - free what pv_resolve() gave; NULL is allowed */
void pv_resolution_free(struct pv_resolution *resolution);

/**
 * struct pv_status - what the module does and how
 *
 * @version: the module's version
 * @protocol: the version of the netlink protocol that it speaks
 * @processes: attached processes
 * @tables: tables in memory
 * @armed: the hooks are armed; for some seconds more after the last process has gone
 * @hook: the way in, "name" or "walk"
 * @probe: how a kernel function is hooked, "direct", "ftrace" or "kprobe"
 * @sites: the hooked kernel functions, @site_count of them
 * @site_count: how many
 * @translated: names translated since the module was loaded
 * @counted: @processes, @tables, @armed, @translated and @cgroups are told; they are only
 *	to who has CAP_SYS_ADMIN in the initial user namespace, and 0 otherwise
 * @cgroups: cgroups that have a table
 *
 * Strings are "" where the module does not say.
 */
struct pv_status {
	char *version;
	uint32_t protocol;
	uint32_t processes;
	uint32_t tables;
	bool armed;
	char *hook;
	char *probe;
	char **sites;
	size_t site_count;
	uint64_t translated;
	bool counted;
	uint32_t cgroups;
};

/**
 * pv_status() - ask the module about itself
 * @pv: the connection
 * @status: becomes the answer, to be given to pv_status_free()
 */
int pv_status(struct pv *pv, struct pv_status **status);

/** pv_status_free() - free what pv_status() gave; NULL is allowed */
void pv_status_free(struct pv_status *status);

/* ---- Relink ---- */

/* In place of a directory: lost+found/checkpoint of the file's mount. */
#define PV_NO_DIR	(-1)

/**
 * struct pv_relinked - what became of a file
 *
 * @linked: it was given the name
 * @named: the name that it was opened by is still there, or there again, and it needs
 *	no other; told of a directory, too
 * @why: why not, also where pv_relink() fails: enum pathvirt_relink_why of
 *	<linux/pathvirt.h>
 * @inode: the file's inode number
 * @dev_major: its device, as stat() tells it
 * @dev_minor: likewise
 * @links: its link count before
 * @mode: its type and mode
 * @mount: the ID of the mount it was opened through, as in
 *	/proc/self/mountinfo; 0 if the kernel does not tell
 * @detached: the name is there, but its mount was detached; its device is as
 *	mountinfo has it then
 *
 * Later versions may append members.
 */
struct pv_relinked {
	bool linked;
	bool named;
	uint32_t why;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t links;
	uint32_t mode;
	uint64_t mount;
	bool detached;
};

/**
 * pv_relink() - give an unlinked open file a name again
 * @pv: the connection
 * @fd: the file; O_PATH will do; stays the caller's
 * @dirfd: the directory, on the same mount; O_PATH will do; or PV_NO_DIR: the
 *	default one, which is made if it is missing, for root only
 * @name: the name in it
 * @relinked: becomes what the kernel tells of the file
 *
 * One inode gets a link with each call; who holds several descriptors of it calls
 * once.  No byte is copied, and nothing synced: that is fsync() of the directory.
 *
 * Needs CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH in the user namespace of the
 * filesystem, and the device /dev/pathvirt.
 *
 * Return: 0; -EEXIST if the name is taken; -EXDEV if the directory is on another
 * mount; -EOPNOTSUPP if the file can have no name or its filesystem does not make
 * such links; -ENOLINK if overlayfs has only the lower layer's file; -EISDIR;
 * -EROFS; -EPERM, also for an immutable and an append-only file; -ENAMETOOLONG;
 * another negative errno.  When it fails no link was made.
 */
int pv_relink(struct pv *pv, int fd, int dirfd, const char *name,
	      struct pv_relinked *relinked);

/**
 * pv_relink_check() - could pv_relink() give a file a name?
 * @pv: the connection
 * @fd: the file; O_PATH will do; stays the caller's
 * @relinked: as with pv_relink()
 *
 * Changes nothing.
 *
 * Return: 0, also where it has one (@relinked->named); otherwise as pv_relink(), as
 * far as that can be told without a directory.
 */
int pv_relink_check(struct pv *pv, int fd, struct pv_relinked *relinked);

/**
 * pv_relink_dir() - the default directory of a mount
 * @pv: the connection
 * @fd: any file or directory of the mount
 *
 * Made if it is missing.  It can be had of a mount that the caller cannot reach by
 * a path, too.
 *
 * Return: a descriptor for reading, the caller's and closed by exec; or a negative
 * errno, as pv_relink().
 */
int pv_relink_dir(struct pv *pv, int fd);

/**
 * pv_relink_parent() - the directory that a file lies, or lay, in
 * @pv: the connection
 * @fd: the file; O_PATH will do; stays the caller's
 *
 * It may have been removed, and the directories above it, which ".." leads to: what
 * they had, owner, mode and the like, is told as long as the file is open.
 *
 * Return: a descriptor as by O_PATH, the caller's and closed by exec; -ENOENT if the
 * file is the root of its mount; or another negative errno, as pv_relink().
 */
int pv_relink_parent(struct pv *pv, int fd);

/**
 * pv_reopen() - open a file as if it had been unlinked at another place
 * @pv: the connection
 * @fd: the file, no directory; O_PATH will do; stays the caller's
 * @dirfd: the directory that it is to show as its own, on the same mount; O_PATH will
 *	do
 * @name: the name in it; or a relative path, where directories below @dirfd are gone
 *
 * For a file that was relinked, is found again, and is to be as it was: /proc shows
 * the path with " (deleted)" behind it.  The directory is not touched, nor what has
 * the name now.  The link that the file was found by can be removed then.
 *
 * The descriptor is opened with O_PATH.  Opening /proc/self/fd/N gives one with other
 * flags and the same path, if the caller may open the file so.
 *
 * Needs the capabilities of pv_relink().
 *
 * Return: a descriptor, the caller's and closed by exec; -EXDEV if the directory is
 * on another mount; -EOPNOTSUPP if the filesystem goes by the names of open files;
 * -EISDIR; -ENAMETOOLONG if @name has more than 255 bytes; another negative errno.
 */
int pv_reopen(struct pv *pv, int fd, int dirfd, const char *name);

/**
 * pv_reopen_mark() - have a descriptor tell how the file was opened first
 * @pv: the connection
 * @fd: the descriptor
 * @flags: any of O_DIRECTORY, O_NOFOLLOW and O_TMPFILE, which cannot be had by opening
 *	/proc/self/fd/N, and mean nothing once a file is open
 *
 * Needs the capabilities of pv_relink().
 *
 * Return: 0 or a negative errno.
 */
int pv_reopen_mark(struct pv *pv, int fd, unsigned int flags);

/* ---- Watch ---- */

/**
 * enum pv_event_type - what happened
 *
 * @PV_EVENT_LOST: events came faster than they were read; some are missing
 * @PV_EVENT_ATTACH: a process was given a table
 * @PV_EVENT_DETACH: its tables were taken away
 * @PV_EVENT_INHERIT: an attached process made a child
 * @PV_EVENT_EXEC: an attached process executed a new program
 * @PV_EVENT_EXIT: an attached process ended
 */
enum pv_event_type {
	PV_EVENT_LOST,
	PV_EVENT_ATTACH,
	PV_EVENT_DETACH,
	PV_EVENT_INHERIT,
	PV_EVENT_EXEC,
	PV_EVENT_EXIT,
};

/**
 * struct pv_event - one event
 *
 * @type: what; values that this version does not know may appear
 * @pid: the process, in the initial PID namespace; 0 with PV_EVENT_LOST
 * @parent: with PV_EVENT_INHERIT where the tables came from, otherwise 0
 */
struct pv_event {
	enum pv_event_type type;
	uint32_t pid;
	uint32_t parent;
};

/**
 * typedef pv_event_fn - is called for each event
 * @event: valid during the call; later versions may append members
 * @arg: what the caller gave
 *
 * Return: 0 to go on; anything else ends the call that was given the
 * function, which returns it.
 */
typedef int (*pv_event_fn)(const struct pv_event *event, void *arg);

/**
 * pv_monitor_start() - begin to receive events
 * @pv: the connection
 *
 * Events queue up in the kernel from here on.  A second call changes nothing.
 *
 * Return: a descriptor for poll(), which stays @pv's; or a negative errno.
 */
int pv_monitor_start(struct pv *pv);

/**
 * pv_monitor_read() - take the events that are there
 * @pv: the connection, after pv_monitor_start()
 * @each: called for each event; may use @pv
 * @arg: handed to @each
 *
 * Does not wait.
 *
 * Return: 0, what @each returned, or a negative errno.
 */
int pv_monitor_read(struct pv *pv, pv_event_fn each, void *arg);

/**
 * pv_monitor() - wait for events, until @each ends it
 * @pv: the connection
 * @each: called for each event; may use @pv
 * @arg: handed to @each
 *
 * Return: what @each returned; -EINTR after a signal; a negative errno.
 */
int pv_monitor(struct pv *pv, pv_event_fn each, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* LIBPATHVIRT_H */
