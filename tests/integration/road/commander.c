/* SPDX-License-Identifier: Apache-2.0 */
/* A plane that plans commands for its own executor, which only plays them: "say" says its words and what it
 * reads, "fail" ends with a status, "hang" waits until it is ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proximo/plane.h"

#define ROW(type) .struct_size = (uint32_t)sizeof(struct type)

static const struct proximo_host *host;
static volatile int woken;

static int32_t commander_open(const struct proximo_host *table, void **ret_instance)
{
    host = table;
    *ret_instance = 0;
    return 0;
}

static struct proximo_text text(const char *words)
{
    return (struct proximo_text){words, strlen(words)};
}

/* ---- planning */

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct proximo_text word = {"", 0}, input = {"", 0};
    uint64_t secret = 0;

    (void)instance;
    int32_t r = host->argument(call, "word", &word);
    (void)host->argument(call, "input", &input);
    (void)host->secret(call, "password", &secret);
    char *first = r ? NULL : host->alloc(call, word.len + 1);
    if (!first)
        return r ? r : PROXIMO_EINTERNAL;
    memcpy(first, word.ptr, word.len);
    const struct proximo_field where[] = {{ROW(proximo_field), .name = "node", .value = "pve1"}};
    const struct proximo_field argv[] = {{ROW(proximo_field), .value = first},
                                         {ROW(proximo_field), .value = "two words; $HOME"}};
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_EXECUTOR,
                                      .name = "run",
                                      .executor = "commander",
                                      .params = PROXIMO_TABLE(where),
                                      .argv = PROXIMO_TABLE(argv),
                                      .stdin_text = secret ? (struct proximo_text){"", 0} : input,
                                      .stdin_secret_id = secret,
                                      .deadline_ms = 30000};
    r = host->change(call, "Reads nothing but the time.");
    if (r == 0)
        r = host->subject(call, "exec.play", text("{\"kind\":\"node\",\"node\":\"pve1\"}"));
    return r ? r : host->step(call, &step);
}

/* ---- running */

static int is_word(const struct proximo_exec *exec, const char *word)
{
    return exec->argc > 0 && exec->argv[0].len == strlen(word) &&
           memcmp(exec->argv[0].ptr, word, strlen(word)) == 0;
}

static int32_t put_input(struct proximo_call *call, const struct proximo_exec *exec)
{
    char bytes[4096];
    int32_t fd = -1, r = exec->stdin_secret_id ? host->secret_stdin(call, exec->stdin_secret_id, &fd) : 0;
    ssize_t n;

    if (r || !exec->stdin_secret_id)
        return r;
    while (r == 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
        r = host->output(call, 2, (struct proximo_text){bytes, (uint64_t)n});
    (void)close(fd);
    return r;
}

static int32_t run(void *instance, struct proximo_call *call, const struct proximo_exec *exec)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    int32_t r = 0;

    (void)instance;
    if (is_word(exec, "hang")) {
        woken = 0;
        (void)host->output(call, 1, text("began"));
        while (!woken)
            (void)nanosleep(&moment, NULL);
        return host->exited(call, 0, "TERM");
    }
    for (uint32_t i = 0; r == 0 && i < exec->argc; i++) {
        r = host->output(call, 1, exec->argv[i]);
        if (r == 0)
            r = host->output(call, 1, text("\x1b[31m|\n"));
    }
    if (r == 0)
        r = put_input(call, exec);
    return r ? r : host->exited(call, is_word(exec, "fail") ? 3 : 0, NULL);
}

static int32_t cancel(void *instance, struct proximo_call *call)
{
    (void)instance, (void)call;
    woken = 1;
    return 0;
}

static const struct proximo_param params[] = {
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = "word",
     .description = "What to play."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .format = "lines", .name = "input",
     .description = "What it reads."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_SECRET, .name = "password",
     .description = "What it reads, as a secret."},
};
static const struct proximo_change changes[] = {
    {ROW(proximo_change), .undo_kind = PROXIMO_UNDO_NONE, .name = "commander_run", .title = "A command",
     .description = "Plays a command.", .params = PROXIMO_TABLE(params), .operation_class = "exec.play",
     .subject = "node/pve1", .plan = plan},
};
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_NONE, .name = "exec.play",
     .title = "Play", .description = "Plays.", .subject_schema = "{\"type\":\"object\"}"},
};
static const struct proximo_executor executors[] = {
    {ROW(proximo_executor), .name = "commander", .description = "Plays.",
     .target_schema = "{\"type\":\"object\",\"properties\":{\"node\":{\"type\":\"string\"}},"
                      "\"required\":[\"node\"],\"additionalProperties\":false}",
     .run = run, .cancel = cancel},
};
static const struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_EXECUTORS,
    .threading = PROXIMO_PARALLEL,
    .name = "commander",
    .version = "1",
    .licence = "Apache-2.0",
    .summary = "Plays commands.",
    .open = commander_open,
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
    .executors = PROXIMO_TABLE(executors),
};
PROXIMO_PLANE(plane)
