/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_flow.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 16 /* reads of one stream before the others have their turn */

static bool lose(struct ssh_flow *flow)
{
    flow->end = SSH_FLOW_LOST;
    (void)snprintf(flow->lost, sizeof(flow->lost), "%s", ssh_session_error(flow->session));
    return true;
}

/* After EAGAIN: is a packet half sent? */
static void note_half(struct ssh_flow *flow, enum ssh_flow_half half)
{
    bool sending = libssh2_session_block_directions(flow->session->ssh) & LIBSSH2_SESSION_BLOCK_OUTBOUND;

    flow->half = sending ? half : SSH_HALF_NONE;
}

static bool may_do(const struct ssh_flow *flow, enum ssh_flow_half half)
{
    return flow->end == SSH_FLOW_RUNS && (flow->half == SSH_HALF_NONE || flow->half == half);
}

static bool read_stream(struct ssh_flow *flow, int id, uint32_t stream, enum ssh_flow_half half)
{
    const struct backend_run *run = flow->work->run;
    bool moved = false;

    for (int i = 0; i < ROUNDS; i++) {
        ssize_t n = libssh2_channel_read_ex(flow->channel, id, flow->read, sizeof(flow->read));
        if (n == LIBSSH2_ERROR_BAD_USE) /* another channel's packet is half sent */
            return moved;
        flow->half = SSH_HALF_NONE;
        if (n == LIBSSH2_ERROR_EAGAIN)
            note_half(flow, half);
        if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
            return moved;
        if (n < 0)
            return lose(flow);
        moved = true;
        if (flow->discard || flow->refused)
            continue;
        flow->refused = run->host->output(run->call, stream, (struct proximo_text){flow->read, (uint64_t)n});
    }
    return moved;
}

/* Fills flow->input from the text or the descriptor. */
static void take_input(struct ssh_flow *flow)
{
    const struct backend_run *run = flow->work->run;

    flow->input_at = flow->input_len = 0;
    if (run->stdin_fd >= 0) {
        ssize_t n = read(run->stdin_fd, flow->input, sizeof(flow->input));
        if (n > 0)
            flow->input_len = (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            flow->input_all_read = true;
        return;
    }
    uint64_t left = run->stdin_text.len - flow->text_at;
    flow->input_len = left < sizeof(flow->input) ? (size_t)left : sizeof(flow->input);
    if (flow->input_len)
        memcpy(flow->input, run->stdin_text.ptr + flow->text_at, flow->input_len);
    flow->text_at += flow->input_len;
    flow->input_all_read = flow->input_len == 0;
}

static bool write_input(struct ssh_flow *flow)
{
    if (flow->input_done)
        return false;
    if (flow->input_at == flow->input_len && !flow->input_all_read)
        take_input(flow);
    if (flow->input_at < flow->input_len) {
        ssize_t n = libssh2_channel_write_ex(flow->channel, 0, flow->input + flow->input_at,
                                             flow->input_len - flow->input_at);
        if (n == LIBSSH2_ERROR_BAD_USE)
            return false;
        flow->half = SSH_HALF_NONE;
        if (n == LIBSSH2_ERROR_EAGAIN)
            note_half(flow, SSH_HALF_INPUT);
        if (n > 0) {
            explicit_bzero(flow->input + flow->input_at, (size_t)n);
            flow->input_at += (size_t)n;
        }
        if (n == LIBSSH2_ERROR_CHANNEL_CLOSED || n == LIBSSH2_ERROR_CHANNEL_EOF_SENT)
            flow->input_done = true; /* the command reads no more; that is no failure */
        else if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
            return lose(flow);
        return n > 0;
    }
    if (!flow->input_all_read)
        return false;
    int r = libssh2_channel_send_eof(flow->channel);
    if (r == LIBSSH2_ERROR_BAD_USE)
        return false;
    flow->half = SSH_HALF_NONE;
    if (r == LIBSSH2_ERROR_EAGAIN) {
        note_half(flow, SSH_HALF_INPUT);
        return false;
    }
    flow->input_done = true;
    return r == 0 || r == LIBSSH2_ERROR_CHANNEL_CLOSED || r == LIBSSH2_ERROR_CHANNEL_EOF_SENT || lose(flow);
}

/*
 * The end: all is read, and the server has closed its side, which it does after saying how the command ended.
 * Output that ended is not enough, a command may close its streams and go on.
 */
static bool look_for_end(struct ssh_flow *flow)
{
    if (libssh2_channel_eof(flow->channel) != 1)
        return false;
    int r = libssh2_channel_wait_closed(flow->channel);
    if (r == LIBSSH2_ERROR_EAGAIN)
        return false;
    if (r)
        return lose(flow);
    flow->end = SSH_FLOW_CLOSED;
    return true;
}

bool ssh_flow_step(struct ssh_flow *flow)
{
    bool moved = false;

    if (may_do(flow, SSH_HALF_STDOUT))
        moved = read_stream(flow, 0, BACKEND_STDOUT, SSH_HALF_STDOUT);
    if (may_do(flow, SSH_HALF_STDERR))
        moved = read_stream(flow, SSH_EXTENDED_DATA_STDERR, BACKEND_STDERR, SSH_HALF_STDERR) || moved;
    if (may_do(flow, SSH_HALF_NONE))
        moved = look_for_end(flow) || moved;
    if (may_do(flow, SSH_HALF_INPUT))
        moved = write_input(flow) || moved;
    return moved;
}

bool ssh_flow_may_wait(struct ssh_flow *flow)
{
    unsigned long available = 0;

    /* Reading one stream takes in what is on the socket and lays the other's packets aside. */
    (void)libssh2_channel_window_read_ex(flow->channel, &available, NULL);
    return available == 0;
}

void ssh_flow_wait(struct ssh_flow *flow, int ms)
{
    const struct backend_run *run = flow->work->run;
    bool wants_input = !flow->input_done && !flow->input_all_read && flow->input_at == flow->input_len;
    struct pollfd p[2] = {{.fd = flow->session->fd, .events = ssh_session_events(flow->session)},
                          {.fd = wants_input ? run->stdin_fd : -1, .events = POLLIN}};

    (void)poll(p, 2, ms);
}
