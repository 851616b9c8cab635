/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_end.h"

/* A host ends a run, and all others of its process, 5 s after its time was over. */
#define END_MS   3800
#define OPEN_MS  2000 /* a connection that does not even open a channel is dead */
#define CLOSE_MS 1000 /* from the process's end to its channel's */
#define PAUSE_MS 50

/* libssh2's codes for "repeat it": BAD_USE comes while a packet of another call is half sent. */
static bool again(int error)
{
    return error == LIBSSH2_ERROR_EAGAIN || error == LIBSSH2_ERROR_BAD_USE;
}

/* One round of the command's own channel, and a pause when nothing moved there. false: no use going on. */
static bool pass_time(struct ssh_flow *flow, int64_t until)
{
    if (!ssh_flow_step(flow) && flow->end == SSH_FLOW_RUNS)
        ssh_flow_wait(flow, ssh_flow_may_wait(flow) ? PAUSE_MS : 1);
    return flow->end == SSH_FLOW_RUNS && ssh_now_ms() < until;
}

static LIBSSH2_CHANNEL *open_second(struct ssh_flow *flow, int64_t until)
{
    LIBSSH2_CHANNEL *channel = NULL;

    do {
        channel = libssh2_channel_open_session(flow->session->ssh);
    } while (!channel && again(libssh2_session_last_errno(flow->session->ssh)) && pass_time(flow, until));
    return channel;
}

/* Runs the line to its end; its exit status, or -1. */
static int run_second(struct ssh_flow *flow, LIBSSH2_CHANNEL *channel, const struct proximo_text *line,
                      int64_t until)
{
    char dropped[1024];
    int error = 0;

    while (again(error = libssh2_channel_process_startup(channel, "exec", 4, line->ptr, (unsigned)line->len)))
        if (!pass_time(flow, until))
            return -1;
    while (error == 0) {
        ssize_t n = libssh2_channel_read_ex(channel, 0, dropped, sizeof(dropped));
        if (n >= 0)
            n = libssh2_channel_read_ex(channel, SSH_EXTENDED_DATA_STDERR, dropped, sizeof(dropped));
        if (n < 0 && !again((int)n))
            return -1;
        if (libssh2_channel_eof(channel) == 1 && (error = libssh2_channel_wait_closed(channel)) == 0)
            return libssh2_channel_get_exit_status(channel);
        if (error && !again(error))
            return -1;
        error = 0;
        if (!pass_time(flow, until))
            return -1;
    }
    return -1;
}

int ssh_end(struct ssh_flow *flow, const char mark[BACKEND_MARK_LEN + 1])
{
    int64_t until = ssh_now_ms() + END_MS;
    struct proximo_text line;
    int said = -1;

    flow->discard = true;
    flow->input_done = flow->input_done || flow->half != SSH_HALF_INPUT;
    if (backend_end_line(flow->work->run, mark, &line) != PROXIMO_OK)
        return -1;
    LIBSSH2_CHANNEL *channel = open_second(flow, ssh_now_ms() + OPEN_MS);
    if (channel)
        said = run_second(flow, channel, &line, until);
    /* The channel is freed with its session, which is not used again. */
    if (said == BACKEND_END_GONE || said == BACKEND_END_NOT_FOUND) {
        int64_t close_until = ssh_now_ms() + CLOSE_MS;
        if (close_until > until)
            close_until = until;
        while (pass_time(flow, close_until))
            ;
    }
    return flow->end == SSH_FLOW_CLOSED ? BACKEND_END_GONE : said;
}
