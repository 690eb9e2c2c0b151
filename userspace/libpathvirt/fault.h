/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_FAULT_H
#define PV_FAULT_H

/*
 * struct pv_fault - the message that belongs to the last failed call
 *
 * @text: on the heap and owned here, NULL if nothing failed; PV_FAULT_NOMEM
 *	if there was no memory for it
 */
struct pv_fault {
	const char *text;
};

/* Forget the last message. */
void pv_fault_clear(struct pv_fault *fault);

/* Keep a message, control bytes spelled \ooo; returns @err. */
int pv_fault_set(struct pv_fault *fault, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put more in front of the message that is there; returns @err. */
int pv_fault_prefix(struct pv_fault *fault, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The message, or "". */
const char *pv_fault_text(const struct pv_fault *fault);

#endif /* PV_FAULT_H */
