/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor to compare with: a program that answers MCP lines with fixed results and the request's id echoed.
 * It parses nothing, checks nothing and knows nothing, so that its figures are those of pipes, the kernel and
 * the measuring program.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define OUT_BYTES      262144

static const char answer_initialize[] =
    "\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},"
    "\"serverInfo\":{\"name\":\"responder\",\"version\":\"1\"}}}\n";
static const char answer_list[] =
    "\"result\":{\"tools\":[{\"name\":\"status\",\"inputSchema\":{\"type\":\"object\"}}]}}\n";
static const char answer_call[] =
    "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"ok\\\":true}\"}],"
    "\"structuredContent\":{\"ok\":true}}}\n";

static char out[OUT_BYTES];
static size_t out_len;

static void flush_out(void)
{
    size_t done = 0;
    while (done < out_len) {
        ssize_t n = write(STDOUT_FILENO, out + done, out_len - done);
        if (n <= 0)
            _exit(1);
        done += (size_t)n;
    }
    out_len = 0;
}

static void add(const char *text, size_t len)
{
    if (len > sizeof out - out_len)
        flush_out();
    memcpy(out + out_len, text, len);
    out_len += len;
}

static void answer(const char *line, size_t len)
{
    static const char id_key[] = "\"id\":", head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    const char *id = memmem(line, len, id_key, sizeof id_key - 1);
    if (!id)
        return; /* a notification */
    id += sizeof id_key - 1;
    size_t id_len = strcspn(id, ",}\n");
    add(head, sizeof head - 1);
    add(id, id_len);
    add(",", 1);
    if (memmem(line, len, "tools/call", 10))
        add(answer_call, sizeof answer_call - 1);
    else if (memmem(line, len, "tools/list", 10))
        add(answer_list, sizeof answer_list - 1);
    else
        add(answer_initialize, sizeof answer_initialize - 1);
}

int main(void)
{
    static char in[LINE_MAX_BYTES + 1];
    size_t have = 0;
    for (;;) {
        ssize_t n = read(STDIN_FILENO, in + have, LINE_MAX_BYTES - have);
        if (n <= 0)
            return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        have += (size_t)n;
        char *from = in, *end;
        while ((end = memchr(from, '\n', have - (size_t)(from - in)))) {
            answer(from, (size_t)(end - from) + 1);
            from = end + 1;
        }
        have -= (size_t)(from - in);
        memmove(in, from, have);
        if (have == LINE_MAX_BYTES)
            return EXIT_FAILURE;
        flush_out();
    }
}
