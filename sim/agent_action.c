/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the QEMU guest agent does inside of a VM: files, commands, frozen file systems, power.
 */
#include "agent.h"
#include "handlers.h"
#include "power.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 64

/* ---- simple commands ---- */

static struct json_object *trimmed(void)
{
    return json_tokener_parse("{\"paths\":[{\"path\":\"/\",\"minimum\":0,\"trimmed\":104857600}]}");
}

/* The number of file systems that were frozen or thawed. */
static struct json_object *freeze(const struct sim_guest *guest, bool frozen)
{
    bool was = sim_int(guest->run, "frozen", 0) != 0;

    if (frozen)
        sim_set_int(guest->run, "frozen", 1);
    else
        json_object_object_del(guest->run, "frozen");
    return json_object_new_int(was == frozen ? 0 : 1);
}

int sim_agent_action(struct sim_call *call, const struct sim_guest *guest, const char *command)
{
    struct json_object *result = NULL;

    if (sim_guest_is_windows(guest) && strncmp(command, "fstrim", 6) == 0)
        return sim_fail(call, 500, "Agent error: this feature or command is not currently supported\n");
    if (strcmp(command, "fstrim") == 0)
        result = trimmed();
    else if (strcmp(command, "fsfreeze-freeze") == 0)
        result = freeze(guest, true);
    else if (strcmp(command, "fsfreeze-thaw") == 0)
        result = freeze(guest, false);
    else if (strcmp(command, "fsfreeze-status") == 0)
        result = json_object_new_string(sim_int(guest->run, "frozen", 0) ? "frozen" : "thawed");
    else
        result = json_object_new_object();
    call->data = json_object_new_object();
    sim_set(call->data, "result", result);
    if (strcmp(command, "shutdown") == 0 || strcmp(command, "suspend-disk") == 0)
        sim_guest_set_running(call->sim, guest->vmid, false);
    else if (strcmp(command, "suspend-ram") == 0 || strcmp(command, "suspend-hybrid") == 0)
        sim_set_str(guest->run, "qmpstatus", "suspended");
    sim_touch(call->sim);
    return 0;
}

/* ---- files ---- */

int sim_agent_file_read(struct sim_call *call)
{
    const char *path = sim_arg(call, "file"), *content;
    int64_t offset = sim_arg_int(call, "offset", 0), count = sim_arg_int(call, "count", 16777216);
    struct sim_guest guest;
    char text[300];
    size_t length;

    if (sim_agent_reach(call, &guest) < 0)
        return -1;
    content = sim_guest_file(&guest, path, text, sizeof text);
    if (!content)
        return sim_fail(call, 500,
                        "can't open file: failed to open file '%s' (mode: 'r'): No such file or "
                        "directory\n",
                        path);
    length = strlen(content);
    content += (size_t)offset < length ? (size_t)offset : length;
    length = strlen(content);
    call->data = json_object_new_object();
    if ((int64_t)length > count) {
        length = (size_t)count;
        sim_set(call->data, "truncated", json_object_new_boolean(1));
    }
    sim_set(call->data, "content", json_object_new_string_len(content, (int)length));
    return 0;
}

/* With encode=0 the content came in base64. */
static char *decoded(const char *text)
{
    size_t n = strlen(text);
    unsigned char *out = calloc(1, n + 1);

    if (!out)
        abort();
    if (n % 4 != 0 || EVP_DecodeBlock(out, (const unsigned char *)text, (int)n) < 0)
        out[0] = 0;
    return (char *)out;
}

int sim_agent_file_write(struct sim_call *call)
{
    const char *content = sim_arg(call, "content");
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    struct sim_guest guest;

    if (sim_agent_reach(call, &guest) < 0)
        return -1;
    if (!sim_get(guest.entry, "files"))
        sim_set(guest.entry, "files", json_object_new_object());
    if (!sim_arg_int(call, "encode", 1)) {
        text = decoded(content);
        content = text;
    }
    sim_set_str(sim_get(guest.entry, "files"), sim_arg(call, "file"), content);
    sim_touch(call->sim);
    return 0;
}

/* ---- commands ---- */

/* A handful of programs; what is none of them does nothing and ends well. */
static struct json_object *run_command(const struct sim_guest *guest, struct json_object *words)
{
    struct json_object *end = sim_inside_run(guest, words);
    const char *program = json_object_get_string(json_object_array_get_idx(words, 0)), *second = NULL;
    const char *slash = strrchr(program, '/'), *file;
    char text[1024] = "", buffer[300];
    int code = 0;

    if (end)
        return end;
    end = json_object_new_object();
    program = slash ? slash + 1 : program;
    if (json_object_array_length(words) > 1)
        second = json_object_get_string(json_object_array_get_idx(words, 1));
    if (strcmp(program, "hostname") == 0) {
        (void)snprintf(text, sizeof text, "%s\n", guest->name);
    } else if (strcmp(program, "echo") == 0) {
        (void)snprintf(text, sizeof text, "%s\n", second ? second : "");
    } else if (strcmp(program, "cat") == 0 && second) {
        file = sim_guest_file(guest, second, buffer, sizeof buffer);
        if (file)
            (void)snprintf(text, sizeof text, "%s", file);
        else
            (void)snprintf(text, sizeof text, "cat: %s: No such file or directory\n", second);
        code = file ? 0 : 1;
    } else if (strcmp(program, "false") == 0) {
        code = 1;
    }
    sim_set(end, "exited", json_object_new_int(1));
    sim_set_int(end, "exitcode", code);
    if (*text)
        sim_set_str(end, code ? "err-data" : "out-data", text);
    return end;
}

int sim_agent_exec(struct sim_call *call)
{
    struct json_object *words = sim_get(call->params, "command"), *runs;
    struct sim_guest guest;
    char pid[24];
    int64_t next;

    if (sim_agent_reach(call, &guest) < 0)
        return -1;
    if (!words || json_object_array_length(words) == 0 ||
        sim_inside_lacks(&guest, json_object_get_string(json_object_array_get_idx(words, 0))))
        return sim_fail(call, 500,
                        "Agent error: Failed to execute child process (No such file or directory)\n");
    if (!sim_get(guest.run, "execs"))
        sim_set(guest.run, "execs", json_object_new_object());
    runs = sim_get(guest.run, "execs");
    next = sim_int(guest.run, "last_exec", 1400) + 7;
    sim_set_int(guest.run, "last_exec", next);
    (void)snprintf(pid, sizeof pid, "%lld", (long long)next);
    if (json_object_object_length(runs) < RUNS_MAX)
        sim_set(runs, pid, run_command(&guest, words));
    call->data = json_object_new_object();
    sim_set_int(call->data, "pid", next);
    return 0;
}

/* How a command ended is told once. */
int sim_agent_exec_status(struct sim_call *call)
{
    struct json_object *runs;
    struct sim_guest guest;

    if (sim_agent_reach(call, &guest) < 0)
        return -1;
    runs = sim_get(guest.run, "execs");
    if (!sim_get(runs, sim_arg(call, "pid")))
        return sim_fail(call, 500, "Agent error: Invalid parameter 'pid'\n");
    call->data = sim_copy(sim_get(runs, sim_arg(call, "pid")));
    json_object_object_del(runs, sim_arg(call, "pid"));
    return 0;
}
