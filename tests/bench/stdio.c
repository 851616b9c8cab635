/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures one MCP server on stdio and prints `name value` lines:
 *   bench-stdio [--spawns N] [--calls N] [--pipeline N] [--repeat N] [--soak N] [--tool NAME] [--arguments
 * JSON]
 *               [--lists N] [--settle MS] -- COMMAND...
 * --spawns: start to first answer, median of N starts. --calls: one at a time. --pipeline: N requests in one
 * go.
 * --soak: memory before and after N calls. --lists: N times tools/list. 0 leaves a phase out; medians over
 * --repeat.
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

#define MAX_SAMPLES 4096
#define BURST_BYTES (256UL << 20)

struct options {
    uint64_t spawns, calls, pipeline, repeat, soak, settle, lists;
    const char *tool, *arguments;
    char **command;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *samples, size_t n)
{
    qsort(samples, n, sizeof *samples, compare);
    return n == 0 ? 0 : n % 2 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
}

static const char hello[] =
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
    "\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n";
static const char initialized[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";

static void expect_result(const char *line, size_t len)
{
    if (!memmem(line, len, "\"result\"", 8) || memmem(line, len, "\"isError\":true", 14))
        fail("not a result: %.*s", (int)(len > 400 ? 400 : len), line);
}

/* Starts the server; returns the milliseconds to its first answer. */
static double open_server(struct peer *peer, const struct options *o)
{
    size_t len;
    double start = now_us();
    peer_start(peer, o->command);
    peer_write(peer, hello, sizeof hello - 1);
    const char *line = peer_line(peer, &len);
    double ms = (now_us() - start) / 1e3;
    expect_result(line, len);
    peer_write(peer, initialized, sizeof initialized - 1);
    return ms;
}

static void request(struct buf *b, const struct options *o, uint64_t id)
{
    buf_str(b, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_u64(b, id);
    buf_str(b, ",\"method\":\"tools/call\",\"params\":{\"name\":\"");
    buf_str(b, o->tool);
    buf_str(b, "\",\"arguments\":");
    buf_str(b, o->arguments);
    buf_str(b, "}}\n");
}

static void call_many(struct peer *peer, const struct options *o, uint64_t n, bool check)
{
    static uint64_t id = 1;
    CLEANUP_BUF struct buf b = BUF_INIT(1U << 20);
    for (uint64_t i = 0; i < n; i++) {
        size_t len;
        buf_reset(&b);
        request(&b, o, id++);
        peer_write(peer, b.data, b.len);
        const char *line = peer_line(peer, &len);
        if (check)
            expect_result(line, len);
    }
}

static void measure_start(const struct options *o)
{
    static double start[MAX_SAMPLES], stop[MAX_SAMPLES];
    for (uint64_t i = 0; i < o->spawns; i++) {
        struct peer peer;
        start[i] = open_server(&peer, o);
        stop[i] = peer_stop(&peer);
    }
    double middle = median(start, o->spawns);
    printf("start_ms %.3f\nstart_min_ms %.3f\nstart_p95_ms %.3f\n", middle, start[0],
           start[o->spawns * 95 / 100]);
    printf("stop_ms %.3f\n", median(stop, o->spawns));
}

static void measure_calls(struct peer *peer, const struct options *o)
{
    static double rates[MAX_SAMPLES];
    call_many(peer, o, o->calls < 1000 ? o->calls : 1000, true);
    double cpu = peer_cpu_us(peer, 0);
    for (uint64_t k = 0; k < o->repeat; k++) {
        double start = now_us();
        call_many(peer, o, o->calls, false);
        rates[k] = (double)o->calls / ((now_us() - start) / 1e6);
    }
    double rate = median(rates, o->repeat);
    printf("calls_per_s %.0f\ncall_us %.2f\n", rate, 1e6 / rate);
    printf("cpu_us %.2f\n", (peer_cpu_us(peer, 0) - cpu) / (double)(o->repeat * o->calls));
}

/* tools/list, one at a time, to the last byte of each answer. */
static void measure_lists(struct peer *peer, const struct options *o)
{
    static double times[MAX_SAMPLES];
    static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":\"list\",\"method\":\"tools/list\"}\n";
    size_t len = 0;
    for (uint64_t i = 0; i <= o->lists; i++) {
        double start = now_us();
        peer_write(peer, list, sizeof list - 1);
        const char *line = peer_line(peer, &len);
        if (i == 0)
            expect_result(line, len); /* the first makes the list */
        else
            times[i - 1] = now_us() - start;
    }
    printf("list_us %.1f\nlist_bytes %zu\n", median(times, o->lists), len);
}

static void measure_pipeline(struct peer *peer, const struct options *o)
{
    static double rates[MAX_SAMPLES];
    CLEANUP_BUF struct buf b = BUF_INIT(BURST_BYTES);
    for (uint64_t i = 0; i < o->pipeline; i++)
        request(&b, o, 1000000000 + i);
    if (!buf_ok(&b))
        fail("the burst is too large");
    call_many(peer, o, 1, true);
    for (uint64_t k = 0; k < o->repeat; k++) {
        double start = now_us();
        peer_burst(peer, b.data, b.len, o->pipeline);
        rates[k] = (double)o->pipeline / ((now_us() - start) / 1e6);
    }
    printf("pipelined_per_s %.0f\n", median(rates, o->repeat));
}

static uint64_t count(const char *text, uint64_t max)
{
    uint64_t n;
    if (!text || text_to_u64(text, max, &n) < 0)
        fail("not a count: %s", text ? text : "(nothing)");
    return n;
}

static void parse(int argc, char **argv, struct options *o)
{
    const struct {
        const char *name;
        uint64_t *number;
        const char **text;
        uint64_t max;
    } table[] = {
        {"--spawns", &o->spawns, NULL, MAX_SAMPLES}, {"--calls", &o->calls, NULL, 100000000},
        {"--pipeline", &o->pipeline, NULL, 1000000}, {"--repeat", &o->repeat, NULL, MAX_SAMPLES},
        {"--soak", &o->soak, NULL, 100000000},       {"--settle", &o->settle, NULL, 60000},
        {"--lists", &o->lists, NULL, MAX_SAMPLES},   {"--tool", NULL, &o->tool, 0},
        {"--arguments", NULL, &o->arguments, 0},
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            o->command = argv + i + 1;
            break;
        }
        size_t k = 0;
        while (k < sizeof table / sizeof table[0] && strcmp(argv[i], table[k].name) != 0)
            k++;
        if (k == sizeof table / sizeof table[0] || i + 1 >= argc)
            fail("unknown option or no value: %s", argv[i]);
        i++;
        if (table[k].number)
            *table[k].number = count(argv[i], table[k].max);
        else
            *table[k].text = argv[i];
    }
    if (!o->command || !o->command[0])
        fail("no command after --");
    if (o->repeat == 0)
        fail("--repeat must be 1 or more");
}

int main(int argc, char **argv)
{
    struct options o = {.spawns = 20, .calls = 10000, .pipeline = 10000, .repeat = 5, .settle = 300};
    o.tool = "status";
    o.arguments = "{}";
    parse(argc, argv, &o);
    (void)signal(SIGPIPE, SIG_IGN);
    if (o.spawns > 0)
        measure_start(&o);
    struct peer peer;
    (void)open_server(&peer, &o);
    (void)poll(NULL, 0, (int)o.settle); /* what a server does after its first answer shall be counted */
    printf("memory_start_kb %ld\n", peer_memory_kb(&peer, 0));
    call_many(&peer, &o, 1, true);
    (void)poll(NULL, 0, (int)o.settle);
    printf("memory_call_kb %ld\n", peer_memory_kb(&peer, 0));
    if (o.calls > 0)
        measure_calls(&peer, &o);
    if (o.lists > 0)
        measure_lists(&peer, &o);
    if (o.pipeline > 0)
        measure_pipeline(&peer, &o);
    if (o.soak > 0) {
        call_many(&peer, &o, 1000, false);
        printf("memory_soak_before_kb %ld\n", peer_memory_kb(&peer, 0));
        call_many(&peer, &o, o.soak, false);
        printf("memory_soak_after_kb %ld\n", peer_memory_kb(&peer, 0));
    }
    printf("memory_end_kb %ld\n", peer_memory_kb(&peer, 0));
    (void)peer_stop(&peer);
    return 0;
}
