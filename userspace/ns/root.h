/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_ROOT_H
#define NS_ROOT_H

/*
 * The root directory of our mount namespace, which is not ours in a chroot.  Others of
 * the namespace's mounts cannot be named from there, and who makes a new namespace there
 * is left where its copies of the old mounts are.
 */

/*
 * struct ns_root - from where we looked
 *
 * @root: our root directory, -1 if we have not left it
 * @directory: our working directory
 */
struct ns_root {
	int root;
	int directory;
};

/* Look from there for good.  Returns 0 or -errno: only who is privileged may. */
int ns_root_go(void);

/*
 * Look from there for a while, if we may, and come back.  ns_root_return() returns the exit
 * status; if it is not STATUS_DONE we have not come back, and it has said why.
 */
void ns_root_visit(struct ns_root *from);
int ns_root_return(struct ns_root *from);

#endif /* NS_ROOT_H */
