// SPDX-License-Identifier: GPL-2.0
/*
 * pam_pathvirt: each session of a user has the rules of its own.
 *
 * The session is opened by a process that is root still and makes the user's processes
 * later (sshd, login, su, cron): it is given the rules, and they inherit them.  Without
 * no_new_privs, so that su and sudo work in the session; hence trust_rules().
 *
 * A session begins anew: su in a session, and a daemon that was started in one, have
 * inherited the rules of another.
 */
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>
#include <stdlib.h>
#include <syslog.h>

#include "../base/attach.h"
#include "../base/trust.h"
#include "../base/why.h"
#include "settings.h"
#include "user.h"

/* What is kept with a session that has rules: that it has. */
#define ATTACHED	"pathvirt_attached"

/*
 * struct session - a session that is being opened
 *
 * @rules: what it is to have
 * @why: why it cannot have it
 */
struct session {
	struct pv_rules *rules;
	char *why;
};

/*
 * What is looked up from here on is looked up without the rules of the session that this
 * one is begun in.  Where there is no module nobody has any.
 */
static int begin_anew(struct session *session)
{
	struct pv *pv;
	int err = pv_open(&pv);

	if (!err)
		err = pv_detach(pv, PV_SELF, 0);
	if (err == -ENOPKG || err == -ENOENT)
		err = 0;
	if (err)
		why_set(&session->why, err, "%s", pv_error(pv));
	pv_close(pv);
	return err;
}

/*
 * NEWs are looked up with the rights of the user: rules grant nothing that he could not
 * come to, and root may be nobody on a filesystem of the network.
 */
static int attach_as(struct session *session, const struct user *user,
		     unsigned int flags)
{
	PAM_MODUTIL_DEF_PRIVS(privileges);
	int err = trust_rules(session->rules, &session->why);

	if (err)
		return err;
	if (pam_modutil_drop_priv(user->pamh, &privileges, user->entry))
		return why_set(&session->why, -EPERM, "cannot take the rights of %s",
			       user->entry->pw_name);
	err = attach_self(session->rules, flags, &session->why);
	if (pam_modutil_regain_priv(user->pamh, &privileges))
		err = why_set(&session->why, -EPERM, "cannot take root's rights back");
	return err;
}

/* Give this process the rules of the user's sessions; none is no error. */
static int give_rules(struct session *session, const struct settings *settings,
		      struct user *user, int argc, const char **argv)
{
	const struct variables variables = { user_value, user };
	int err = settings->stack ? 0 : begin_anew(session);

	if (!err)
		err = settings_rules(session->rules, argc, argv, &variables,
				     &session->why);
	if (!err && pv_rules_count(session->rules))
		err = attach_as(session, user, settings->stack ? PV_PUSH : 0);
	return err;
}

static void tell_rules(pam_handle_t *pamh, const struct session *session)
{
	size_t i;

	for (i = 0; i < pv_rules_count(session->rules); i++)
		pam_syslog(pamh, LOG_DEBUG, "%s=%s",
			   pv_rules_original(session->rules, i),
			   pv_rules_target(session->rules, i));
}

/* Root is never kept out: somebody has to put it right. */
static int failed(pam_handle_t *pamh, const struct settings *settings,
		  const struct user *user, const char *why, int flags)
{
	if (!settings->strict || !user->entry->pw_uid) {
		pam_syslog(pamh, LOG_WARNING, "the session of %s goes on without its rules: %s",
			   user->entry->pw_name, why);
		return PAM_SUCCESS;
	}
	pam_syslog(pamh, LOG_ERR, "the session of %s is refused: %s",
		   user->entry->pw_name, why);
	if (!(flags & PAM_SILENT))
		pam_error(pamh, "pam_pathvirt: %s", why);
	return PAM_SESSION_ERR;
}

static int open_session(pam_handle_t *pamh, const struct settings *settings,
			struct user *user, struct session *session, int flags,
			int argc, const char **argv)
{
	int err;

	if (!session->rules ||
	    pam_set_data(pamh, ATTACHED, (void *)ATTACHED, NULL) != PAM_SUCCESS)
		return failed(pamh, settings, user, "out of memory", flags);
	err = give_rules(session, settings, user, argc, argv);
	if (err || !pv_rules_count(session->rules))
		pam_set_data(pamh, ATTACHED, NULL, NULL);
	if (err)
		return failed(pamh, settings, user, why_text(session->why, err), flags);
	if (settings->debug)
		tell_rules(pamh, session);
	return PAM_SUCCESS;
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct session session = { .rules = pv_rules_new() };
	struct settings settings;
	struct user user;
	int ret = user_find(&user, pamh);

	if (ret == PAM_SUCCESS) {
		settings_read(&settings, argc, argv);
		ret = open_session(pamh, &settings, &user, &session, flags, argc, argv);
	}
	pv_rules_free(session.rules);
	free(session.why);
	return ret;
}

/* Only what this session was given: this process may go on with what it had besides. */
int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const void *attached = NULL;
	struct pv *pv = NULL;
	int err;

	(void)flags;
	(void)argc;
	(void)argv;
	if (pam_get_data(pamh, ATTACHED, &attached) != PAM_SUCCESS || !attached)
		return PAM_SUCCESS;
	err = pv_open(&pv);
	if (!err)
		err = pv_detach(pv, PV_SELF, PV_OWN);
	/* Nothing of its own: a child closes the session that its parent has opened. */
	if (err && err != -ENOENT)
		pam_syslog(pamh, LOG_WARNING, "%s", pv_error(pv));
	pv_close(pv);
	pam_set_data(pamh, ATTACHED, NULL, NULL);
	return PAM_SUCCESS;
}
