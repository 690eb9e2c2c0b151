// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One request and its answer.
 *
 * libnl folds the kernel's errno into fewer codes of its own and does not look
 * at what an error message carries behind it, so both are read here.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/pathvirt.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include "libpathvirt/request.h"
#include "libpathvirt/socket.h"

/*
 * struct exchange - the state of one request
 *
 * @error: what the kernel or @each said first; 0 so far
 * @told: @error came from the kernel
 * @done: the answer has been read to its end
 * @interrupted: NLM_F_DUMP_INTR was seen
 * @explained: the kernel's explanation, "" if there was none
 */
struct exchange {
	pv_reply_fn each;
	void *arg;
	int error;
	bool told;
	bool done;
	bool interrupted;
	char explained[512];
};

static void keep_explanation(struct exchange *ex, const struct nlattr *attrs,
			     int length)
{
	const struct nlattr *text;

	if (length <= 0)
		return;
	text = nla_find(attrs, length, NLMSGERR_ATTR_MSG);
	if (text)
		nla_strlcpy(ex->explained, text, sizeof(ex->explained));
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct exchange *ex = arg;

	if (!ex->error && ex->each)
		ex->error = ex->each(nlmsg_hdr(msg), ex->arg);
	return NL_SKIP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *ex = arg;

	(void)msg;
	ex->done = true;
	return NL_STOP;
}

/* The end of a dump brings an errno, too, and an explanation behind it. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct exchange *ex = arg;
	int error = 0;

	if (nlmsg_datalen(header) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(header), sizeof(error));
	if (error < 0) {
		ex->error = error;
		ex->told = true;
		if (header->nlmsg_flags & NLM_F_ACK_TLVS)
			keep_explanation(ex,
					 nlmsg_attrdata(header, sizeof(error)),
					 nlmsg_attrlen(header, sizeof(error)));
	}
	ex->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *report,
		    void *arg)
{
	const struct nlmsghdr *header = (struct nlmsghdr *)report - 1;
	struct exchange *ex = arg;
	int size = sizeof(*report);

	(void)from;
	ex->error = report->error;
	ex->told = true;
	ex->done = true;
	if (header->nlmsg_flags & NLM_F_ACK_TLVS) {
		if (!(header->nlmsg_flags & NLM_F_CAPPED))
			size += report->msg.nlmsg_len - sizeof(report->msg);
		if (size >= (int)sizeof(*report) &&
		    size <= nlmsg_datalen(header))
			keep_explanation(ex, nlmsg_attrdata(header, size),
					 nlmsg_attrlen(header, size));
	}
	return NL_STOP;
}

static int on_interruption(struct nl_msg *msg, void *arg)
{
	struct exchange *ex = arg;

	(void)msg;
	ex->interrupted = true;
	return NL_OK;
}

static struct nl_cb *exchange_callbacks(struct exchange *ex)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, ex);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, ex);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, ex);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interruption, ex);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, ex);
	return cb;
}

/* Send and read; a negative result is libnl's. */
static int exchange_messages(struct pv *pv, struct nl_msg *msg,
			     struct exchange *ex)
{
	struct nl_cb *cb = exchange_callbacks(ex);
	int err;

	if (!cb)
		return -NLE_NOMEM;
	err = nl_send_auto(pv->sock, msg);
	while (err >= 0 && !ex->done)
		err = nl_recvmsgs(pv->sock, cb);
	nl_cb_put(cb);
	return ex->done ? 0 : err;
}

static int exchange_result(struct pv *pv, const struct exchange *ex)
{
	if (!ex->error)
		return ex->interrupted ? PV_REQUEST_INTERRUPTED : 0;
	if (*ex->explained)
		return pv_fault_set(&pv->fault, ex->error, "%s",
				    ex->explained);
	if (!ex->told && ex->error == -EBADMSG)
		return pv_fault_set(&pv->fault, ex->error,
				    "the module's answer makes no sense");
	return pv_fault_set(&pv->fault, ex->error, "%s",
			    strerror(-ex->error));
}

struct nl_msg *pv_request_new(struct pv *pv, int command, int flags)
{
	/* Room for SET with one rule of two longest paths, and far more. */
	struct nl_msg *msg = nlmsg_alloc_size(64 * 1024);

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, pv->family, 0,
			       flags, command, PATHVIRT_FAMILY_VERSION))
		return msg;
	nlmsg_free(msg);
	pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	return NULL;
}

int pv_request_put_target(struct nl_msg *msg, const struct pv_target *target)
{
	if (target->attribute == PATHVIRT_A_PIDFD && target->fd < 0)
		return 0;
	return nla_put_s32(msg, target->attribute, target->fd) ? -EMSGSIZE : 0;
}

int pv_request_put_process(struct nl_msg *msg, int pidfd)
{
	struct pv_target target = { PATHVIRT_A_PIDFD, pidfd };

	return pv_request_put_target(msg, &target);
}

int pv_request_drop(struct pv *pv, struct nl_msg *msg)
{
	nlmsg_free(msg);
	return pv_fault_set(&pv->fault, -EMSGSIZE,
			    "the request does not fit one message");
}

int pv_request_run(struct pv *pv, struct nl_msg *msg, pv_reply_fn each,
		   void *arg)
{
	struct exchange ex = { .each = each, .arg = arg };
	int err = exchange_messages(pv, msg, &ex);

	nlmsg_free(msg);
	if (!err)
		return exchange_result(pv, &ex);

	/* Half an answer may still be on its way: never mix it with the next. */
	pv_socket_renew(pv);
	return pv_fault_set(&pv->fault, -EIO, "netlink: %s", nl_geterror(err));
}
