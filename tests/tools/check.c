/* SPDX-License-Identifier: Apache-2.0 */
/* What reads and changes have in common, and reads. */
#include "check.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "kept.h"

struct json_object *call_facade(struct stage *stage, const char *arguments, bool *ret_failed)
{
    struct buf text CLEANUP_BUF = BUF_INIT(1 << 20);

    buf_printf(&text, "{\"tool\":\"%s\",\"arguments\":%s}", stage->row->tool, arguments);
    assert_true(buf_ok(&text));
    return server_tool(&stage->server, stage->row->change ? "proximo_plan" : "proximo_read", text.data,
                       ret_failed);
}

void check_invalid(struct stage *stage)
{
    struct json_object *rows = row_part(stage->row, "invalid", json_type_array);

    for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
        struct json_object *one = json_object_array_get_idx(rows, i), *instead = NULL;
        bool failed = false;
        assert_int_equal(json_get(one, "arguments", json_type_object, &instead), 0);
        CLEANUP_FREE char *arguments = stage_arguments(stage, instead);
        struct json_object *answer CLEANUP_JSON = call_facade(stage, arguments, &failed);
        if (!member(one, "code"))
            stage_bad(stage, "an invalid row has a code");
        stage_refusal(stage, arguments, one, answer, failed);
    }
}

static bool is_incomplete(struct json_object *answer)
{
    struct json_object *list = NULL;
    bool complete = true;

    if (json_get(answer, "incomplete", json_type_array, &list) == 0)
        return json_object_array_length(list) > 0;
    return json_get_bool(answer, "complete", &complete) == 0 && !complete;
}

void check_refused(struct stage *stage)
{
    struct json_object *refused = row_part(stage->row, "refused", json_type_object), *more = NULL;
    bool incomplete = false, failed = false;

    if (!refused || !member(refused, "token"))
        return;
    (void)json_get(refused, "arguments", json_type_object, &more);
    (void)json_get_bool(refused, "incomplete", &incomplete);
    CLEANUP_FREE char *arguments = stage_arguments(stage, more);
    const struct server root =
        stage->server; /* goes on beside the other one, which reads its token at the start */
    stage_serve(stage, member(refused, "token"));
    struct json_object *answer CLEANUP_JSON = call_facade(stage, arguments, &failed);
    assert_int_equal(server_stop(&stage->server), 0);
    stage->server = root;
    road_token(&stage->road, "tokens/root");
    more = NULL;
    (void)json_get(refused, "answer", json_type_object, &more);
    if (incomplete && (failed || !is_incomplete(answer)))
        stage_bad(stage, "with token %s: wanted an incomplete answer: %s", member(refused, "token"),
                  json_object_to_json_string_ext(answer, PLAIN));
    if (!incomplete && !member(refused, "code"))
        stage_bad(stage, "refused wants a code, or incomplete: true");
    if (!incomplete)
        stage_refusal(stage, "with a lesser token", refused, answer, failed);
    stage_holds(stage, "with a lesser token", more, answer);
}

void check_read(struct stage *stage)
{
    CLEANUP_FREE char *arguments = stage_arguments(stage, NULL);
    struct json_object *wanted = row_part(stage->row, "answer", json_type_object);
    bool failed = true;

    struct json_object *answer CLEANUP_JSON = call_facade(stage, arguments, &failed);
    if (failed)
        stage_bad(stage, "failed: %s", json_object_to_json_string(answer));
    stage_holds(stage, "answer", wanted, answer);
    if (!failed)
        kept_example(stage, arguments, answer);
    struct json_object *same CLEANUP_JSON = server_tool(&stage->server, stage->row->tool, arguments, &failed);
    stage_holds(stage, "by its own name", wanted, same);
    if (failed)
        stage_bad(stage, "by its own name: failed: %s", json_object_to_json_string(same));
    check_invalid(stage);
    check_refused(stage);
}
