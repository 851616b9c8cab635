/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far side of the openssh back end. The system's ssh says too little: 255 may be its own or the
 * command's, a signal's name is lost, and when it goes, a command without a terminal stays. So what ssh
 * starts is a small program that says in marks (marks.h) how the command ended, and ends it when its time is
 * over or its standard input closes, which it does as soon as the connection is gone. It is Perl because
 * every Proxmox host has that, and because a shell cannot tell exit status 137 from death by SIGKILL. It
 * writes no file.
 *
 * It reads, in this order: the token; then, after it wrote MARK_READY to both streams, the head (far_head),
 * the words, each with a NUL behind it, and the input. Not before the last byte of these does anything run:
 * who did not send it knows that nothing did.
 */
#ifndef PROXIMO_EXEC_OPENSSH_FAR_H
#define PROXIMO_EXEC_OPENSSH_FAR_H

#include <stdint.h>

#define FAR_HEAD_LEN 33u /* bytes, without the NUL */

/* The one line that ssh is given, for any login shell. */
extern const char far_line[];
/* Sizes in bytes, and how many seconds the command may run. */
void far_head(char ret[FAR_HEAD_LEN + 1], uint64_t words_len, uint64_t input_len, uint64_t seconds);

#endif
