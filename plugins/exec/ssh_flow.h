/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moves on the channel of a command that runs: its output to the host, its input to the node, and the
 * channel's end. Nothing here waits. One thread at a time.
 */
#ifndef PROXIMO_EXEC_SSH_FLOW_H
#define PROXIMO_EXEC_SSH_FLOW_H

#include "ssh_session.h"

#define SSH_READ_SIZE  65536u
#define SSH_INPUT_SIZE 16384u

enum ssh_flow_end {
    SSH_FLOW_RUNS,
    SSH_FLOW_CLOSED, /* the server said how the command ended and closed the channel */
    SSH_FLOW_LOST,   /* the connection is no longer of use */
};

/* libssh2 stopped in the middle of sending a packet: until that call is repeated no other may be made that
 * sends (reading sends too, window adjustments). */
enum ssh_flow_half { SSH_HALF_NONE, SSH_HALF_STDOUT, SSH_HALF_STDERR, SSH_HALF_INPUT };

struct ssh_flow {
    const struct ssh_work *work;
    struct ssh_session *session;
    LIBSSH2_CHANNEL *channel;
    enum ssh_flow_end end;
    enum ssh_flow_half half;
    bool discard;        /* what comes is dropped: nobody wants it any more */
    int32_t refused;     /* the first error of host->output */
    bool input_done;     /* end of file was sent, or the command reads no more */
    bool input_all_read; /* of stdin_fd or stdin_text */
    size_t input_at, input_len;
    uint64_t text_at;
    char lost[128]; /* why, libssh2's words */
    char read[SSH_READ_SIZE];
    char input[SSH_INPUT_SIZE];
};

/* Moves what can be moved; true: something moved, or the end changed. */
bool ssh_flow_step(struct ssh_flow *flow);
/* May the caller wait for the socket, or has libssh2 bytes that no poll will tell of? */
bool ssh_flow_may_wait(struct ssh_flow *flow);
/* Waits up to ms for the socket, and for stdin_fd when that is what is missing. */
void ssh_flow_wait(struct ssh_flow *flow, int ms);

#endif
