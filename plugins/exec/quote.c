/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a command as one line for a POSIX shell: SSH sends a string, not words. Between single quotes
 * every byte but the single quote itself stands for itself (POSIX.1-2017 XCU 2.2.2), so each word is quoted
 * whole and a quote within is '\''.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"

#define HEAD_MOST 256u /* bytes before the first word */

/* The line is built in two rounds: NULL counts, memory fills. */
static uint64_t put(char *to, uint64_t at, const char *text, uint64_t len)
{
    if (to)
        memcpy(to + at, text, len);
    return at + len;
}

static uint64_t put_word(char *to, uint64_t at, const struct proximo_text *word)
{
    at = put(to, at, " '", 2);
    for (uint64_t i = 0; i < word->len; i++) {
        if (word->ptr[i] == '\'')
            at = put(to, at, "'\\''", 4);
        else
            at = put(to, at, word->ptr + i, 1);
    }
    return put(to, at, "'", 1);
}

static int32_t join(const struct backend_run *run, const char *head, struct proximo_text *ret)
{
    const struct proximo_host *host = run->host;
    char *line = NULL;
    uint64_t len = 0;

    for (uint32_t i = 0; i < run->argc; i++) {
        if (run->argv[i].len && memchr(run->argv[i].ptr, '\0', run->argv[i].len))
            return host->fail(run->call, PROXIMO_EINVAL,
                              "word %" PRIu32
                              " of the command has a NUL byte in it, which no command can be given; "
                              "pass such data on its standard input",
                              i + 1);
    }
    for (int round = 0; round < 2; round++) {
        len = put(line, 0, head, strlen(head));
        for (uint32_t i = 0; i < run->argc; i++)
            len = put_word(line, len, &run->argv[i]);
        if (round == 0) {
            line = host->alloc(run->call, len + 1);
            if (!line)
                return host->fail(run->call, PROXIMO_ENOMEM,
                                  "no memory for a command line of %" PRIu64 " bytes", len);
        }
    }
    *ret = (struct proximo_text){line, len};
    return PROXIMO_OK;
}

int32_t backend_marked_line(const struct backend_run *run, const char mark[BACKEND_MARK_LEN + 1],
                            struct proximo_text *ret)
{
    char head[HEAD_MOST];
    /* 0 would mean no limit at all. */
    int64_t ms = run->deadline_ms > 0 ? run->deadline_ms : 1;

    if (run->argc == 0 || run->argv[0].len == 0)
        return run->host->fail(run->call, PROXIMO_EINVAL,
                               "there is no command: its first word is missing or empty");
    if (run->argv[0].ptr[0] == '-')
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "the command's name begins with '-', which some shells take for an option; give its "
            "path, as in ./-name");
    /* exec: the process that the SSH server started becomes `timeout` itself, so nothing is left behind. The
     * inner shell takes the mark out of the environment again and becomes the command. */
    if (mark)
        (void)snprintf(head, sizeof(head),
                       "exec env LC_ALL=C PROXIMO_RUN=%.*s timeout -k 5 %" PRId64 ".%03" PRId64
                       " sh -c 'unset PROXIMO_RUN; exec \"$@\"' sh",
                       (int)BACKEND_MARK_LEN, mark, ms / 1000, ms % 1000);
    else
        (void)snprintf(head, sizeof(head), "exec env LC_ALL=C timeout -k 5 %" PRId64 ".%03" PRId64, ms / 1000,
                       ms % 1000);
    return join(run, head, ret);
}

int32_t backend_command_line(const struct backend_run *run, struct proximo_text *ret)
{
    return backend_marked_line(run, NULL, ret);
}

/*
 * $1 is the mark. /proc/PID/environ is what a process was started with: `timeout`, and for an instant the
 * inner shell. TERM goes to the process, which passes it on; its id is its group's too. A process not found
 * at once may not have begun yet: one second is left for that. `kill -KILL -- -ID` is not understood by dash.
 */
static const char end_script[] =
    "find() { grep -lsxzF \"PROXIMO_RUN=$1\" /proc/[0-9]*/environ; }\n"
    "n=0\n"
    "while f=$(find \"$1\"); [ -z \"$f\" ]; do\n"
    "n=$((n+1)); [ $n -ge 10 ] && exit 3; sleep 0.1\n"
    "done\n"
    "p=\n"
    "for d in $f; do d=${d#/proc/}; p=\"$p ${d%/environ}\"; done\n"
    "for i in $p; do kill -s TERM $i 2>/dev/null; done\n"
    /* Is anything of the group alive? kill -0 would count zombies that nobody has waited for yet. */
    "there() {\n"
    "for s in /proc/[0-9]*/stat; do\n"
    "{ read -r l <$s; } 2>/dev/null || continue\n"
    "set -- ${l##*) }\n"
    "case $1 in Z|X) continue;; esac\n"
    "for i in $p; do [ \"$3\" = $i ] && return 0; done\n"
    "done\n"
    "return 1; }\n"
    "n=0\n"
    "while there || [ -n \"$(find \"$1\")\" ]; do\n"
    "n=$((n+1))\n"
    "[ $n -eq 15 ] && for i in $p; do kill -s KILL -- -$i $i 2>/dev/null; done\n"
    "[ $n -ge 28 ] && exit 1\n"
    "sleep 0.1\n"
    "done\n"
    "exit 0";

int32_t backend_end_line(const struct backend_run *run, const char mark[BACKEND_MARK_LEN + 1],
                         struct proximo_text *ret)
{
    const struct proximo_text argv[] = {
        {"-c", 2}, {end_script, sizeof(end_script) - 1}, {"sh", 2}, {mark, BACKEND_MARK_LEN}};
    struct backend_run end = *run;

    end.argv = argv;
    end.argc = sizeof(argv) / sizeof(argv[0]);
    return join(&end, "exec timeout -k 1 10 sh", ret);
}
