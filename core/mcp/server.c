/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport thread: waits for input, answers what can be answered at once in whole batches, and ends the
 * server. A pipe that is never emptied stands for "end now": signals, a lost output and a refused start write
 * to it.
 */
#include "mcp/server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/forms.h"
#include "mcp/line.h"
#include "mcp/output.h"
#include "mcp/resources.h"
#include "mcp/state.h"
#include "mcp/subscriptions.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "trust/trust.h"

#define BATCH_BYTES   ((size_t)256 << 10) /* answers are written out at the latest then */
#define BATCH_LIMIT   ((size_t)64 << 20)
#define PROBE_MS      5     /* a client that only probes is gone by then: no plane is loaded for it */
#define EOF_GRACE_MS  550   /* calls in progress at end of input may still finish */
#define STOP_GRACE_MS 300   /* cancelled calls notice that they are */
#define TRUST_STOP_MS 10000 /* a change in progress is brought to a recorded end */
#define SETTLE_MS     2000  /* workers that have told of their end are gone by then */
#define ARENAS        2     /* of malloc: memory counts for more than contention here */
#define LARGE         (128 << 10)

struct transport {
    struct server server;
    struct server_options options;
    struct line_reader reader;
    struct buf batch;
    int stop_read;
    bool probe_over, planes_started;
};

enum transport_end { END_NOT, END_INPUT, END_STOP, END_OUTPUT };

/* ---------------------------------------------------------------- signals */

static const int caught_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
#define CAUGHT (sizeof(caught_signals) / sizeof(caught_signals[0]))

static atomic_int signal_fd = -1; /* a handler may run on any thread */

static void on_signal(int number)
{
    int keep = errno;

    (void)number;
    if (write(atomic_load(&signal_fd), "", 1) < 0) {
        /* full: somebody was first */
    }
    errno = keep;
}

static void catch_signals(int fd, struct sigaction old[CAUGHT])
{
    atomic_store(&signal_fd, fd);
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction action = {.sa_handler = caught_signals[i] == SIGPIPE ? SIG_IGN : on_signal};

        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(caught_signals[i], &action, &old[i]);
    }
}

static void release_signals(const struct sigaction old[CAUGHT])
{
    for (size_t i = 0; i < CAUGHT; i++)
        (void)sigaction(caught_signals[i], &old[i], NULL);
}

/* ---------------------------------------------------------------- the loop */

static bool transport_flush(struct transport *t)
{
    bool ok = buf_ok(&t->batch);

    if (!ok)
        log_error("no memory for an answer");
    else if (t->batch.len > 0)
        ok = output_send(t->server.output, t->batch.data, t->batch.len) == 0;
    if (t->batch.cap > 4 * BATCH_BYTES)
        buf_done(&t->batch);
    else
        buf_reset(&t->batch);
    return ok;
}

/* Works off every line that is buffered. */
static enum transport_end transport_lines(struct transport *t)
{
    const char *line;
    size_t len;

    for (;;) {
        switch (line_next(&t->reader, &line, &len)) {
        case LINE_HERE: server_line(&t->server, line, len, &t->batch); break;
        case LINE_TOO_LONG: server_line_too_long(&t->batch); break;
        case LINE_MORE: return transport_flush(t) ? END_NOT : END_OUTPUT;
        case LINE_END: return transport_flush(t) ? END_INPUT : END_OUTPUT;
        }
        if (t->batch.len >= BATCH_BYTES && !transport_flush(t))
            return END_OUTPUT;
    }
}

static void transport_start_planes(struct transport *t)
{
    t->planes_started = true;
    if (!t->server.prepare)
        planes_start(t->server.planes);
}

/* Waits for something to happen and reads what came. */
static enum transport_end transport_wait(struct transport *t)
{
    bool probing = t->server.answered && !t->planes_started;
    struct pollfd p[3] = {
        {.fd = t->reader.fd, .events = POLLIN},
        {.fd = t->stop_read, .events = POLLIN},
        {.fd = t->options.out_fd}, /* tells by itself when its reader has gone */
    };
    int n = poll(p, 3, probing ? PROBE_MS : -1), r;

    if (n < 0)
        return errno == EINTR ? END_NOT : END_STOP;
    if (n == 0)
        transport_start_planes(t);
    if (p[1].revents)
        return END_STOP;
    if (p[2].revents & (POLLERR | POLLHUP | POLLNVAL))
        return END_OUTPUT;
    if (!p[0].revents)
        return END_NOT;
    r = line_fill(&t->reader);
    if (r == -ENOMEM)
        log_error("no memory for the input");
    if (r < 0 && r != -EINTR && r != -EAGAIN)
        t->reader.ended = true;
    if (probing && !t->reader.ended)
        t->probe_over = true;
    return END_NOT;
}

static enum transport_end transport_loop(struct transport *t)
{
    enum transport_end end;

    for (;;) {
        end = transport_lines(t);
        if (end != END_NOT)
            return end;
        if (t->probe_over && !t->planes_started)
            transport_start_planes(t);
        end = transport_wait(t);
        if (end != END_NOT)
            return end;
    }
}

/* Lets the calls in progress end. False: one of them does not. */
static bool calls_settle(struct transport *t, enum transport_end end)
{
    if (calls_running(t->server.calls) == 0)
        return true;
    if (end == END_INPUT && calls_wait_idle(t->server.calls, clock_ms() + EOF_GRACE_MS, t->stop_read))
        return true;
    calls_stop(t->server.calls);
    return calls_wait_idle(t->server.calls, clock_ms() + STOP_GRACE_MS, -1);
}

/* Brings what changes something to a recorded end first, then the calls; nobody answers a form any more.
 * False: something does not end. */
static bool transport_settle(struct transport *t, enum transport_end end)
{
    bool recorded, ended;

    forms_end(t->server.forms);
    subscriptions_end(t->server.subscriptions);
    recorded = trust_stop(t->server.trust, clock_ms() + TRUST_STOP_MS);
    ended = calls_settle(t, end);
    if (!recorded)
        log_warn("a change does not come to its end; it is in doubt until it is resolved");
    if (!ended)
        log_warn("a call does not end; leaving without it");
    return recorded && ended;
}

/* The allow and deny lists as the trust spine asks for them. */
static bool tool_allowed(void *arg, const struct tool *tool, const char *operation_class)
{
    return operation_class ? catalog_allows(arg, tool->plane->name, tool->name, operation_class)
                           : catalog_offers(arg, tool);
}

static void plan_ended(void *arg, const char *plan_id)
{
    resources_plan_changed(arg, plan_id);
}

static int transport_open_trust(struct transport *t)
{
    struct trust_options options = {
        .config = t->options.config,
        .sites = t->options.sites,
        .planes = t->options.planes,
        .allowed = tool_allowed,
        .allowed_arg = (void *)(uintptr_t)t->options.config, /* read only */
        .ended = plan_ended,
        .ended_arg = &t->server,
    };
    int64_t form_ms = t->options.form_ms > 0 ? t->options.form_ms : TRUST_FORM_MS;
    int r = trust_new(&options, &t->server.trust);

    return r < 0 ? r : forms_new(t->server.output, form_ms, &t->server.forms);
}

static int transport_open(struct transport *t, const struct server_options *options, int stop_write)
{
    struct output_options out = {
        .fd = options->out_fd, .in_fd = options->in_fd, .stop_fd = t->stop_read, .stop_write = stop_write};
    int r;

    t->options = *options;
    t->server.config = options->config;
    t->server.sites = options->sites;
    t->server.planes = options->planes;
    t->server.prepare = options->prepare;
    t->server.prepare_arg = options->prepare_arg;
    t->server.stop_write = stop_write;
    t->batch = BUF_INIT(BATCH_LIMIT);
    line_init(&t->reader, options->in_fd);
    server_init(&t->server);
    r = output_new(&out, &t->server.output);
    if (r == 0)
        r = subscriptions_new(t->server.output, &t->server.subscriptions);
    if (r == 0)
        r = transport_open_trust(t);
    if (r == 0)
        r = calls_new(options->config->max_calls, server_run_call, &t->server, &t->server.calls);
    return r;
}

static void transport_close(struct transport *t)
{
    calls_free(t->server.calls);
    if (t->server.trust)
        trust_free(t->server.trust);
    forms_free(t->server.forms);
    subscriptions_free(t->server.subscriptions);
    output_free(t->server.output);
    server_done(&t->server);
    line_done(&t->reader);
    buf_done(&t->batch);
    free(t);
}

int server_run(const struct server_options *options, bool *ret_stuck)
{
    struct transport *t = calloc(1, sizeof(*t));
    enum transport_end end = END_OUTPUT;
    struct sigaction old[CAUGHT];
    int stop[2], status;

    *ret_stuck = false;
    if (!t || pipe2(stop, O_CLOEXEC | O_NONBLOCK) < 0) {
        log_error("the server cannot start: %s", strerror(errno));
        free(t);
        return SERVER_OUTPUT_GONE;
    }
    (void)mallopt(M_ARENA_MAX, ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE); /* a fixed one: what a long list took goes back at once */
    catch_signals(stop[1], old);
    t->stop_read = stop[0];
    if (transport_open(t, options, stop[1]) == 0)
        end = transport_loop(t);
    else
        log_error("the server cannot start: no memory");
    *ret_stuck = t->server.calls && !transport_settle(t, end);
    if (t->server.output)
        (void)output_send(t->server.output, "", 0); /* what was offered and is left */
    status = end == END_OUTPUT || (t->server.output && output_gone(t->server.output)) ? SERVER_OUTPUT_GONE
                                                                                      : SERVER_ENDED;
    if (atomic_load(&t->server.refused))
        status = SERVER_REFUSED;
    release_signals(old);
    if (*ret_stuck)
        return status;
    transport_close(t);
    (void)threads_settle(clock_ms() + SETTLE_MS); /* libraries keep things for a thread until it is gone */
    fd_close(&stop[0]);
    fd_close(&stop[1]);
    return status;
}

/* ---------------------------------------------------------------- without threads */

static void fuzz_mode(const struct config *config, const uint8_t *data, size_t size)
{
    struct server server = {.config = config, .stop_write = -1, .initialized = size > 0 && (data[0] & 1)};
    struct buf out CLEANUP_BUF = BUF_INIT(BATCH_LIMIT);

    server_init(&server);
    server_line(&server, (const char *)data, size, &out);
    server_done(&server);
}

/* What a client says came of a form. */
static void fuzz_form(const uint8_t *data, size_t size)
{
    struct span whole = span_whole((const char *)data, size);
    struct form_reply reply, given;
    struct message message;

    if (whole.len == 0)
        return;
    message_read(&message, whole.at, whole.len);
    form_reply_read(message.result, &reply);
    forms_given(message.input_responses, &given);
    (void)forms_taken(message.meta_capabilities);
    form_reply_done(&reply);
    form_reply_done(&given);
}

int mcp_line_fuzz(const uint8_t *data, size_t size)
{
    static const struct config reading = {.mode = CONFIG_READ, .max_calls = 1, .call_timeout_s = 1};
    static const struct config guarded = {.mode = CONFIG_GUARDED, .max_calls = 1, .call_timeout_s = 1};

    fuzz_mode(&reading, data, size);
    fuzz_mode(&guarded, data, size);
    fuzz_form(data, size);
    return 0;
}
