/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many mixed calls through one server, and what it holds on to: reads, searches, descriptions, status,
 * resources, prompts, errors, unknown tools, cancellations and plans that nobody applies.
 *   bench-soak [--calls N] [--first N] [--slack PERCENT] -- proximo serve --demo
 * Prints `name value` lines: memory, descriptors, threads and CPU of the process tree (without proximo-sim)
 * after
 * --first and after --calls calls. Exits with 1 when memory grew by more than a tenth, or descriptors or
 * threads grew at all.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "peer.h"

#define SETTLE_MS 500

/* What is sent in turn: the method, its params, and a piece of every answer; `cancel`: the client gives up at
 * once, and an answer may or may not come. */
static const struct kind {
    const char *method, *params, *expected;
    bool cancel;
} kinds[] = {
#define TOOL(name, arguments) "tools/call", "{\"name\":\"" name "\",\"arguments\":" arguments "}"
    {TOOL("proximo_read", "{\"tool\":\"pve_guest_status\",\"arguments\":{\"vmid\":105}}"), "web-cache",
     false},
    {TOOL("proximo_find", "{\"query\":\"which containers are running\"}"), "pve_list_guests", false},
    {TOOL("pve_list_guests", "{}"), "by_status", false},
    {TOOL("proximo_describe", "{\"tools\":[\"pve_guest_status\",\"pve_gest_status\"]}"), "valid", false},
    {TOOL("proximo_status", "{}"), "\"mode\":\"guarded\"", false},
    {TOOL("pve_guest_status", "{\"vmid\":\"9999\"}"), "PX-NOT-FOUND", false},
    {TOOL("nobody", "{}"), "nobody", false},
    {TOOL("pve_list_guests", "{\"limit\":5}"), NULL, true},
    {TOOL("pve_guest_status", "{\"vmid\":[],\"more\":1}"), "PX-ARG", false},
    {TOOL("proximo_plan",
          "{\"tool\":\"pve_guest_power\",\"arguments\":{\"vmid\":\"105\",\"action\":\"reboot\"}}"),
     "plan", false}, /* a thousand wait at most: then PX-BUSY says so */
    {"tools/list", "{}", "proximo_describe", false},
    {"resources/list", "{}", "\"resources\"", false},
    {"resources/read", "{\"uri\":\"proximo://site/demo/guest/105\"}", "\"id\"", false},
    {"resources/read", "{\"uri\":\"proximo://nowhere\"}", "\"error\"", false},
    {"prompts/list", "{}", "\"prompts\"", false},
    {TOOL("proximo_read", "{\"tool\":\"pve_guest_config\",\"arguments\":{\"vmid\":\"105\"}}"), NULL, true},
    {"completion/complete",
     "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"x\"},\"argument\":{\"name\":\"y\",\"value\":\"\"}}",
     "\"id\"", false},
    {"ping", "{}", "\"result\":{}", false},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void one_call(struct peer *peer, struct buf *b, uint64_t id, bool check)
{
    const struct kind *kind = &kinds[id % KINDS];
    char mark[64];
    size_t len;

    buf_reset(b);
    buf_printf(b, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":%s}\n",
               (unsigned long long)id, kind->method, kind->params);
    if (kind->cancel)
        buf_printf(
            b,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%llu}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":\"mark-%llu\",\"method\":\"ping\"}\n",
            (unsigned long long)id, (unsigned long long)id);
    (void)snprintf(mark, sizeof(mark), kind->cancel ? "\"id\":\"mark-%llu\"" : "\"id\":%llu,",
                   (unsigned long long)id);
    peer_write(peer, b->data, b->len);
    for (;;) { /* notifications, and the answers to calls that were cancelled too late, may come before it */
        const char *line = peer_line(peer, &len);
        if (!memmem(line, len, mark, strlen(mark)))
            continue;
        if (check && kind->expected && !memmem(line, len, kind->expected, strlen(kind->expected)))
            fail("%s %s: %.*s", kind->method, kind->params, (int)(len > 600 ? 600 : len), line);
        return;
    }
}

struct figures {
    long memory_kb, fds, threads;
    double cpu_us;
};

static struct figures measure(struct peer *peer, pid_t except, uint64_t calls)
{
    (void)poll(NULL, 0, SETTLE_MS);
    struct figures now = {peer_memory_kb(peer, except), peer_fds(peer, except), peer_threads(peer, except),
                          peer_cpu_us(peer, except)};
    printf("memory_%llu_kb %ld\nfds_%llu %ld\nthreads_%llu %ld\n", (unsigned long long)calls, now.memory_kb,
           (unsigned long long)calls, now.fds, (unsigned long long)calls, now.threads);
    return now;
}

static uint64_t count(const char *text)
{
    uint64_t n = 0;
    if (!text || text_to_u64(text, 100000000, &n) < 0 || n == 0)
        fail("not a count: %s", text ? text : "(nothing)");
    return n;
}

static bool within(long before, long after, uint64_t percent)
{
    return after <= before + before * (long)percent / 100;
}

int main(int argc, char **argv)
{
    static const char hello[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"hello\",\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
        "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"soak\",\"version\":\"1\"}}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
    uint64_t calls = 100000, first = 10000, slack = 0, id = 0;
    struct buf b CLEANUP_BUF = BUF_INIT(1U << 20);
    struct peer peer;
    size_t len;
    int i = 1;

    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "--calls") == 0)
            calls = count(argv[i + 1]);
        else if (strcmp(argv[i], "--first") == 0)
            first = count(argv[i + 1]);
        else if (strcmp(argv[i], "--slack") == 0)
            slack = count(argv[i + 1]);
        else
            fail("unknown option: %s", argv[i]);
    }
    if (i + 1 >= argc || first >= calls)
        fail("usage: bench-soak [--calls N] [--first N] -- COMMAND...");
    (void)signal(SIGPIPE, SIG_IGN);
    peer_start(&peer, argv + i + 1);
    peer_write(&peer, hello, sizeof hello - 1);
    (void)peer_line(&peer, &len);
    for (; id < first; id++)
        one_call(&peer, &b, id, true);
    const pid_t simulator = peer_child(&peer, "proximo-sim");
    const struct figures before = measure(&peer, simulator, first);
    for (; id < calls; id++)
        one_call(&peer, &b, id, true);
    const struct figures after = measure(&peer, simulator, calls);
    printf("cpu_us %.1f\nstop_ms %.1f\n", (after.cpu_us - before.cpu_us) / (double)(calls - first),
           peer_stop(&peer));
    const bool flat = within(before.memory_kb, after.memory_kb, slack ? slack : 10) &&
                      within(before.fds, after.fds, slack) && within(before.threads, after.threads, slack);
    printf("flat %s\n", flat ? "yes" : "no");
    return flat ? 0 : 1;
}
