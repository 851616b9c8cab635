/* SPDX-License-Identifier: Apache-2.0 */
/* The road of a change: plan, application, drift, failure. */
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "kept.h"

struct json_object *apply_as_person(struct stage *stage, struct json_object *plan, bool *ret_failed)
{
    stage->server.person = at(plan, "/subject");
    struct json_object *answer = plan_apply(&stage->server, plan, ret_failed);
    stage->server.person = NULL;
    return answer;
}

/* A plan with an id; NULL after a finding. */
static struct json_object *planned(struct stage *stage)
{
    CLEANUP_FREE char *arguments = stage_arguments(stage, NULL);
    bool failed = true;
    struct json_object *plan = call_facade(stage, arguments, &failed);

    if (!failed && *at(plan, "/plan_id"))
        return plan;
    stage_bad(stage, "no plan: %s", json_object_to_json_string_ext(plan, PLAIN));
    json_object_put(plan);
    return NULL;
}

static bool flag(const struct row *row, const char *name)
{
    bool yes = false;

    return json_get_bool(row->json, name, &yes) == 0 && yes;
}

/* What is so already. */
static void check_nothing(struct stage *stage)
{
    CLEANUP_FREE char *arguments = stage_arguments(stage, NULL);
    bool failed = true;
    struct json_object *answer CLEANUP_JSON = call_facade(stage, arguments, &failed);

    if (failed || strcmp(at(answer, "/outcome"), "nothing to do") != 0)
        stage_bad(stage, "wanted nothing to do: %s", json_object_to_json_string(answer));
    stage_holds(stage, "plan", row_part(stage->row, "plan", json_type_object), answer);
}

static void check_applied(struct stage *stage, struct json_object *plan)
{
    struct json_object *wanted = row_part(stage->row, "apply", json_type_object);
    struct json_object *before CLEANUP_JSON =
        stage->untouched ? json_object_get(stage->untouched) : undo_before(stage);
    bool failed = true;
    struct json_object *answer CLEANUP_JSON = apply_as_person(stage, plan, &failed);

    stage_holds(stage, "apply", wanted, answer);
    if ((failed || strcmp(at(answer, "/outcome"), "ok") != 0) &&
        !(wanted && json_object_object_get_ex(wanted, "/outcome", NULL)))
        stage_bad(stage, "apply: wanted ok: %s", json_object_to_json_string_ext(answer, PLAIN));
    else
        check_undo(stage, plan, answer, before);
}

void check_change(struct stage *stage)
{
    CLEANUP_FREE char *arguments = stage_arguments(stage, NULL);
    bool failed = true;

    struct json_object *never = row_part(stage->row, "never", json_type_object);
    if (never) {
        struct json_object *answer CLEANUP_JSON = call_facade(stage, arguments, &failed);
        stage_refusal(stage, "never", never, answer, failed);
        check_invalid(stage);
        return;
    }
    if (flag(stage->row, "nothing")) {
        check_nothing(stage);
        check_invalid(stage);
        check_refused(stage);
        return;
    }
    /* Refusals first: the plan is to be made from a cluster that nobody has changed. */
    check_invalid(stage);
    check_refused(stage);
    struct json_object *plan CLEANUP_JSON = planned(stage);
    if (!plan)
        return;
    stage_holds(stage, "plan", row_part(stage->row, "plan", json_type_object), plan);
    kept_plan(stage, arguments, plan);
    struct json_object *same CLEANUP_JSON = server_tool(&stage->server, stage->row->tool, arguments, &failed);
    if (failed || strcmp(at(same, "/subject"), at(plan, "/subject")) != 0)
        stage_bad(stage, "by its own name: %s", json_object_to_json_string(same));
    struct json_object *apply = json_object_object_get(stage->row->json, "apply");
    if (!json_object_is_type(apply, json_type_boolean) || json_object_get_boolean(apply))
        check_applied(stage, plan);
}

/* One request, or a list of them. */
static void behind_the_back(struct stage *stage, struct json_object *drift)
{
    if (json_object_is_type(json_object_array_get_idx(drift, 0), json_type_string)) {
        json_object_put(stage_request(stage, drift));
        return;
    }
    for (size_t i = 0; i < json_object_array_length(drift); i++)
        json_object_put(stage_request(stage, json_object_array_get_idx(drift, i)));
}

void check_drift(struct stage *stage)
{
    struct json_object *plan CLEANUP_JSON = planned(stage);
    bool failed = false;

    if (!plan)
        return;
    behind_the_back(stage, row_part(stage->row, "drift", json_type_array));
    struct json_object *answer CLEANUP_JSON = apply_as_person(stage, plan, &failed);
    if (!failed || strcmp(at(answer, "/error/code"), "PX-DRIFT") != 0)
        stage_bad(stage, "drift: wanted PX-DRIFT: %s", json_object_to_json_string_ext(answer, PLAIN));
}

void check_fails(struct stage *stage)
{
    struct json_object *fails = row_part(stage->row, "fails", json_type_object);
    struct json_object *wanted = NULL;
    struct json_object *plan CLEANUP_JSON = planned(stage);
    bool failed = false;

    if (!plan)
        return;
    struct json_object *answer CLEANUP_JSON = apply_as_person(stage, plan, &failed);
    const char *outcome = member(fails, "outcome");
    if (outcome && strcmp(at(answer, "/outcome"), outcome) != 0)
        stage_bad(stage, "fails: wanted the outcome %s: %s", outcome,
                  json_object_to_json_string_ext(answer, PLAIN));
    if (!outcome && !member(fails, "code"))
        stage_bad(stage, "fails wants an outcome or a code");
    if (member(fails, "code"))
        stage_refusal(stage, "fails", fails, answer, failed);
    if (json_get(fails, "answer", json_type_object, &wanted) == 0)
        stage_holds(stage, "fails", wanted, answer);
}
