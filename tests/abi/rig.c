/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/sandbox.h"

#define START_MS 30000

const char *rig_folder(void)
{
    static char folder[1024];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");

    (void)snprintf(folder, sizeof(folder), "%s/tests/abi/planes", build ? build : ".");
    return folder;
}

void rig_new_yaml(struct rig *rig, const char *yaml)
{
    struct problem p = PROBLEM_INIT;

    if (config_load_text("test", yaml, strlen(yaml), &rig->config, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    assert_int_equal(planes_new(rig->config, NULL, &rig->planes), 0);
}

void rig_new(struct rig *rig, enum rig_kind kind, const char *names, const char *extra)
{
    struct buf yaml = BUF_INIT(65536);

    buf_printf(&yaml, "plane_dir: %s\nplanes:\n", rig_folder());
    for (const char *at = names; *at;) {
        int len = (int)strcspn(at, ",");
        bool good = len == 4 && memcmp(at, "good", 4) == 0;
        buf_printf(&yaml, "  %.*s:\n    mode: read\n", len, at);
        if (kind == RIG_FOREIGN)
            buf_printf(&yaml, "    file: %s/%.*s.so\n", rig_folder(), len, at);
        if (extra && !good)
            buf_printf(&yaml, "    %s\n", extra);
        at += len + (at[len] == ',');
    }
    assert_true(buf_ok(&yaml));
    rig_new_yaml(rig, yaml.data);
    buf_done(&yaml);
}

int rig_wait(struct rig *rig, struct problem *p)
{
    *p = PROBLEM_INIT;
    return planes_wait(rig->planes, clock_ms() + START_MS, p);
}

void rig_done(struct rig *rig)
{
    planes_free(rig->planes);
    config_free(rig->config);
}

void rig_state(struct rig *rig, const char *name, struct plane_state *ret)
{
    for (size_t i = 0; planes_state(rig->planes, i, ret) == 0; i++)
        if (ret->name && strcmp(ret->name, name) == 0)
            return;
    fail_msg("no plane %s", name);
}

void rig_refused(struct rig *rig, const char *name, const char *part)
{
    struct plane_state state;

    rig_state(rig, name, &state);
    if (state.loaded || !strstr(state.problem.cause, part))
        fail_msg("%s: loaded %d, cause \"%s\", wanted \"%s\"", name, state.loaded, state.problem.cause, part);
}

int rig_call(struct rig *rig, const char *tool, const char *arguments, int64_t wait_ms, char *ret,
             size_t size, struct problem *p)
{
    struct plane_reply reply = {0};
    const struct tool *found = planes_tool_find(rig->planes, tool);

    *p = PROBLEM_INIT;
    if (!found)
        fail_msg("no tool %s", tool);
    struct plane_call call = {
        .tool = found, .arguments_json = arguments, .deadline_ms = clock_ms() + wait_ms};
    int r = planes_call(rig->planes, &call, &reply, p);
    if (r == 0) {
        assert_true(reply.count > 0);
        if (ret)
            (void)snprintf(ret, size, "%s", reply.blocks[0].data);
        plane_reply_done(&reply);
    } else {
        assert_true(*p->code && *p->cause);
    }
    return r;
}

int rig_draft(struct rig *rig, enum plane_call_kind kind, const char *name, const char *arguments,
              const char *input, int64_t wait_ms, char **ret, struct problem *p)
{
    struct json_object *draft = NULL;
    struct plane_call call = {.kind = kind,
                              .input_json = input,
                              .ret_draft = &draft,
                              .arguments_json = arguments,
                              .deadline_ms = clock_ms() + wait_ms};

    *p = PROBLEM_INIT;
    *ret = NULL;
    if (kind == PLANE_CALL_BLAST)
        assert_true(planes_class_find(rig->planes, name, &call.plane, &call.class));
    else
        assert_non_null(call.tool = planes_tool_find(rig->planes, name));
    int r = planes_call(rig->planes, &call, NULL, p);
    if (r < 0) {
        assert_true(*p->code && *p->cause);
        assert_null(draft);
        return r;
    }
    *ret = text_dup(
        json_object_to_json_string_ext(draft, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(draft);
    return 0;
}

void rig_good(struct rig *rig)
{
    char text[64];
    struct problem p;

    if (rig_call(rig, "good_echo", "{\"still\":\"here\"}", 10000, text, sizeof(text), &p) < 0)
        fail_msg("good_echo: %s: %s", p.code, p.cause);
    assert_string_equal(text, "{\"still\":\"here\"}");
}

int rig_result(struct rig *rig, const char *tool, const char *which)
{
    char arguments[128], text[64];
    struct problem p;
    int64_t result = 0;

    (void)snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}", which);
    if (rig_call(rig, tool, arguments, 10000, text, sizeof(text), &p) < 0)
        fail_msg("%s %s: %s: %s", tool, which, p.code, p.cause);
    const char *digits = text + strlen("{\"result\":");
    char *end = strchr(text, '}');
    if (end)
        *end = '\0';
    if (!end || text_to_i64(digits, -9999, 9999, &result) < 0)
        fail_msg("%s %s: %s", tool, which, text);
    return (int)result;
}

bool rig_loose(void)
{
    return sandbox_is_loose();
}

int rig_main(int argc, char **argv, int (*tests)(void))
{
    if (argc > 1 && strcmp(argv[1], "plane-host") == 0)
        return plane_host_main();
    (void)setenv("PROXIMO_TEST_SECRET", "must not reach a host", 1);
    log_set_level(getenv("PROXIMO_TEST_VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    return tests();
}
