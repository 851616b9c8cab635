/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo planes list` and `proximo planes inspect FILE`. */
#include "plane/planes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "config/config.h"
#include "plane/manifest.h"

#define LIST_LIMIT   ((size_t)1 << 20)
#define LIST_WAIT_MS 60000

static void state_json(struct buf *out, const struct plane_state *state)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", state->name);
    json_put_key_string(out, "path", state->path);
    json_put_key_bool(out, "loaded", state->loaded);
    json_put_key_bool(out, "foreign", state->foreign);
    json_put_key_string(out, "mode", state->mode);
    if (*state->sha256)
        json_put_key_string(out, "sha256", state->sha256);
    if (state->info) {
        json_put_key_string(out, "version", state->info->version);
        json_put_key_string(out, "licence", state->info->licence);
        json_put_key_string(out, "summary", state->info->summary);
        json_put_key_int(out, "tools", (long long)state->info->tool_count);
        json_put_key_int(out, "executors", (long long)state->info->executor_count);
        json_put_key_int(out, "abi_major", state->info->abi_major);
        json_put_key_int(out, "abi_minor", state->info->abi_minor);
    }
    if (state->memory_bytes >= 0)
        json_put_key_int(out, "memory_bytes", state->memory_bytes);
    if (*state->problem.code) {
        json_put_key(out, "problem");
        problem_json(&state->problem, out);
    }
    buf_char(out, '}');
}

static void state_text(struct buf *out, const struct plane_state *state)
{
    buf_printf(out, "%-14s %-8s %-8s", state->name, state->loaded ? "loaded" : "left out", state->mode);
    if (state->info)
        buf_printf(out, " %s, %zu tools, ABI %u.%u", state->info->version, state->info->tool_count,
                   state->info->abi_major, state->info->abi_minor);
    for (size_t i = 0; state->info && i < state->info->executor_count; i++)
        buf_printf(out, "%s%s", i ? ", " : ", executors: ", state->info->executors[i].name);
    buf_printf(out, "\n    %s%s\n", state->path, state->foreign ? " (foreign: a host of its own)" : "");
    if (*state->sha256)
        buf_printf(out, "    sha256 %s\n", state->sha256);
    if (*state->problem.code) {
        buf_str(out, "    ");
        problem_text(&state->problem, out);
        buf_char(out, '\n');
    }
}

int command_planes_list(const struct command_line *line)
{
    const struct config_options options = {.file = command_value(line, "--config")};
    CLEANUP_BUF struct buf out = BUF_INIT(LIST_LIMIT);
    struct problem p = PROBLEM_INIT;
    struct planes *planes = NULL;
    struct config *config = NULL;
    bool json = command_value(line, "--json") != NULL;

    if (config_load(&options, &config, &p) < 0)
        return command_fail(&p);
    int r = planes_new(config, NULL, &planes);
    if (r < 0) {
        config_free(config);
        (void)problem_set(&p, r, PX_CONFIG, "the configuration names too many planes");
        return command_fail(&p);
    }
    r = planes_wait(planes, clock_ms() + LIST_WAIT_MS, &p);
    if (json)
        buf_str(&out, "{\"planes\":[");
    for (size_t i = 0; i < planes_count(planes); i++) {
        struct plane_state state;
        if (planes_state(planes, i, &state) < 0)
            break;
        if (json)
            state_json(&out, &state);
        else
            state_text(&out, &state);
    }
    if (json)
        buf_str(&out, "]");
    if (json)
        json_put_key_bool(&out, "landlock", planes_landlock());
    buf_str(&out, json                ? "}\n"
                  : planes_landlock() ? "Landlock: yes\n"
                                      : "Landlock: no: foreign planes are refused\n");
    int status = command_print(&out);
    if (r < 0)
        status = command_fail(&p);
    planes_free(planes);
    config_free(config);
    return status;
}

static void inspect_head(struct buf *out, struct json_object *manifest)
{
    static const char *const texts[] = {"file", "sha256", "name", "version", "licence", "summary"};
    static const char *const functions[] = {"open", "ready", "stop", "close"};
    int64_t major = 0, minor = 0, size = 0, threading = 0, features = 0;
    const char *text;
    bool present;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (json_get_string(manifest, texts[i], &text, NULL) == 0)
            buf_printf(out, "%-12s %s\n", texts[i], text);
    (void)json_get_int(manifest, "abi_major", &major);
    (void)json_get_int(manifest, "abi_minor", &minor);
    (void)json_get_int(manifest, "struct_size", &size);
    (void)json_get_int(manifest, "threading", &threading);
    (void)json_get_int(manifest, "features_required", &features);
    buf_printf(out, "%-12s %lld.%lld, descriptor of %lld bytes (this program: %d.%d, %zu)\n", "ABI",
               (long long)major, (long long)minor, (long long)size, PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR,
               sizeof(struct proximo_plane));
    buf_printf(out, "%-12s %s, features required %#llx\n", "threading",
               threading == PROXIMO_SERIAL ? "SERIAL" : "PARALLEL", (unsigned long long)features);
    buf_printf(out, "%-12s", "functions");
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (json_get_bool(manifest, functions[i], &present) == 0 && present)
            buf_printf(out, " %s", functions[i]);
    buf_char(out, '\n');
}

static void inspect_params(struct buf *out, const struct param_row *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "    %s%s: %s\n", params[i].name,
                   params[i].flags & PROXIMO_PARAM_REQUIRED ? " (required)" : "", params[i].description);
}

static void inspect_probe(struct buf *out, const struct probe_row *probe)
{
    if (!probe->executor) {
        buf_printf(out, "\nprobe %s: %s %s\n", probe->name, probe->method ? probe->method : "",
                   probe->path ? probe->path : "");
        return;
    }
    buf_printf(out, "\nprobe %s: by %s:", probe->name, probe->executor);
    for (size_t i = 0; i < probe->argv_count; i++)
        buf_printf(out, " %s", probe->argv[i].value);
    buf_char(out, '\n');
}

static void inspect_tables(struct buf *out, const struct plane_info *info)
{
    static const char *const kinds[] = {"read row", "read function", "change"};

    for (size_t i = 0; i < info->tool_count; i++) {
        const struct tool *tool = &info->tools[i];
        buf_printf(out, "\n%s (%s%s%s, flags %#llx)\n    %s\n", tool->name, kinds[tool->kind],
                   tool->path ? ", " : "", tool->path ? tool->path : "", (unsigned long long)tool->flags,
                   tool->description);
        inspect_params(out, tool->params, tool->param_count);
    }
    for (size_t i = 0; i < info->resource_count; i++) {
        const struct resource_row *row = &info->resources[i];
        buf_printf(out, "\nresource %s (%s%s%s)\n    %s\n", row->uri, row->name,
                   row->tool ? ", the answer of " : ", read function", row->tool ? row->tool : "",
                   row->description);
        inspect_params(out, row->params, row->param_count);
    }
    for (size_t i = 0; i < info->prompt_count; i++) {
        const struct prompt_row *row = &info->prompts[i];
        buf_printf(out, "\nprompt %s (%s)\n    %s\n", row->name, row->text ? "text" : "get function",
                   row->description);
        inspect_params(out, row->params, row->param_count);
    }
    for (size_t i = 0; i < info->probe_count; i++)
        inspect_probe(out, &info->probes[i]);
    for (size_t i = 0; i < info->class_count; i++)
        buf_printf(out, "\nclass %s: %s\n", info->classes[i].name, info->classes[i].title);
    for (size_t i = 0; i < info->executor_count; i++)
        buf_printf(out, "\nexecutor %s\n    %s\n    target: %s\n", info->executors[i].name,
                   info->executors[i].description ? info->executors[i].description : "",
                   info->executors[i].target_schema ? info->executors[i].target_schema : "none");
}

int command_planes_inspect(const struct command_line *line)
{
    CLEANUP_BUF struct buf json = BUF_INIT(2 * MANIFEST_LIMIT);
    CLEANUP_BUF struct buf out = BUF_INIT(2 * MANIFEST_LIMIT);
    CLEANUP_JSON struct json_object *manifest = NULL;
    struct plane_info *info = NULL;
    struct problem p = PROBLEM_INIT;

    if (planes_inspect(line->words[0], &json, &p) < 0)
        return command_fail(&p);
    if (command_value(line, "--json")) {
        buf_char(&json, '\n');
        return command_print(&json);
    }
    if (json_parse(json.data, json.len, &manifest, &p) < 0 ||
        manifest_read(json.data, json.len, NULL, &info, &p) < 0)
        return command_fail(&p);
    inspect_head(&out, manifest);
    inspect_tables(&out, info);
    plane_info_free(info);
    return command_print(&out);
}
