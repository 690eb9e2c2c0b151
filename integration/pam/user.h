/* SPDX-License-Identifier: GPL-2.0 */
#ifndef USER_H
#define USER_H

#include <pwd.h>
#include <security/pam_modules.h>

/*
 * struct user - whose session it is
 *
 * @pamh: has the environment that the session will begin with
 * @entry: his line in /etc/passwd, or wherever users are kept
 */
struct user {
	pam_handle_t *pamh;
	const struct passwd *entry;
};

/* Of this session. Return: 0, or PAM's error. */
int user_find(struct user *user, pam_handle_t *pamh);

/*
 * A pv_variable_fn over a struct user.  The environment of this process is nobody's to
 * rely on: that of su was made by who called it.
 */
char *user_value(const char *name, void *user);

#endif /* USER_H */
