/* SPDX-License-Identifier: Apache-2.0 */
/* A plane whose plan, plan_undo and blast functions use all of the plan builder, and as it is meant. */
#include <time.h>

#include "tiny.h"

#define TEXT(literal) ((struct proximo_text){(literal), sizeof(literal) - 1})
#define FIELD(n, v)                                                                                          \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_field), .name = (n), .value = (v)                               \
    }

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct proximo_field fields[] = {FIELD("vmid", "105"), FIELD("force", "1"), FIELD("password", NULL),
                                     FIELD("digest", "fresh:/digest")};
    struct proximo_field guest[] = {FIELD("vmid", "105")};
    struct proximo_guard guard = {.struct_size = sizeof(guard),
                                  .flags = PROXIMO_GUARD_TOLERATE,
                                  .path = "/nodes/pve1/lxc/{vmid}/config",
                                  .fields = "/digest,/lock",
                                  .params = PROXIMO_TABLE(guest)};
    struct proximo_step look = {.struct_size = sizeof(look),
                                .kind = PROXIMO_STEP_READ,
                                .name = "fresh",
                                .path = "/nodes/pve1/lxc/{vmid}/config",
                                .params = PROXIMO_TABLE(guest),
                                .select = "/lock",
                                .keep = "/digest"};
    struct proximo_step step = {.struct_size = sizeof(step),
                                .kind = PROXIMO_STEP_REQUEST,
                                .flags = PROXIMO_STEP_FOLLOW | PROXIMO_STEP_ATOMIC,
                                .method = "PUT",
                                .path = "/nodes/pve1/lxc/{vmid}/config",
                                .params = PROXIMO_TABLE(fields),
                                .deadline_ms = 60000};
    struct proximo_step always = {.struct_size = sizeof(always),
                                  .kind = PROXIMO_STEP_REQUEST,
                                  .flags = PROXIMO_STEP_ALWAYS,
                                  .name = "unlock",
                                  .method = "DELETE",
                                  .path = "/cluster/lock"};
    struct proximo_step wait = {.struct_size = sizeof(wait),
                                .kind = PROXIMO_STEP_WAIT,
                                .path = "/nodes/pve1/lxc/105/status/current",
                                .select = "/status",
                                .wait_test = PROXIMO_WAIT_EQUALS,
                                .wait_value = "\"stopped\"",
                                .interval_ms = 500,
                                .fail_if = "/lock=migrate",
                                .tolerate = "500,596"};
    struct proximo_field before[] = {FIELD("memory", "before.0:/memory"), FIELD("vmid", "argument:vmid")};
    struct proximo_step back = {.struct_size = sizeof(back),
                                .kind = PROXIMO_STEP_REQUEST,
                                .method = "PUT",
                                .path = "/nodes/{node}/lxc/{vmid}/config",
                                .params = PROXIMO_TABLE(before)};
    struct proximo_text shown;
    uint64_t none;
    int32_t r;

    (void)instance;
    fields[2].flags = PROXIMO_FIELD_SECRET;
    fields[3].flags = before[0].flags = before[1].flags = PROXIMO_FIELD_REFERENCE;
    if (host->argument(call, "password", &shown) || strcmp(shown.ptr, "{\"secret\":true}") != 0)
        return host->fail(call, PROXIMO_EINTERNAL, "the secret is not what it should be");
    if (host->secret(call, "note", &none) != PROXIMO_ENOTFOUND ||
        host->secret(call, "other", &none) != PROXIMO_ENOTFOUND)
        return host->fail(call, PROXIMO_EINTERNAL, "a secret that is none");
    r = host->secret(call, "password", &fields[2].secret_id);
    if (r == 0)
        r = host->change(call, "Change guest 105 \xe2\x80\x93 \"all\"");
    if (r == 0)
        r = host->fact(call, "memory", TEXT("{\"now\":512,\"then\":null}"));
    if (r == 0)
        r = host->fact(call, "nothing", TEXT("null"));
    if (r == 0)
        r = host->risk(call, PROXIMO_RISK_MEDIUM, "it restarts");
    if (r == 0)
        r = host->postcondition(call, &wait); /* in whatever order */
    if (r == 0)
        r = host->guard(call, &guard);
    if (r == 0)
        r = host->step(call, &look);
    if (r == 0)
        r = host->step(call, &step);
    if (r == 0)
        r = host->always(call, &always);
    if (r == 0)
        r = host->undo(call, PROXIMO_UNDO_TEMPLATE, &back, 1);
    if (r == 0)
        r = host->subject(call, "change.stop", TEXT("{\"kind\":\"guest\",\"vmid\":105}"));
    return r ? r : host->incomplete(call, "the guests of pve2", "it is offline");
}

static int32_t plan_undo(void *instance, struct proximo_call *call, struct proximo_text record)
{
    struct proximo_step step = {.struct_size = sizeof(step),
                                .kind = PROXIMO_STEP_REQUEST,
                                .method = "POST",
                                .path = "/nodes/pve1/lxc/105/status/start"};
    uint64_t none;
    int32_t r = host->secret(call, "password", &none) == PROXIMO_ENOTFOUND ? 0 : PROXIMO_EINTERNAL;

    (void)instance;
    if (strstr(record.ptr, "\"lost\""))
        return host->fail(call, PROXIMO_ENOTFOUND, "what was before is lost");
    if (r == 0)
        r = host->fact(call, "record", record);
    if (r == 0)
        r = host->step(call, &step);
    return r ? r : host->undo(call, PROXIMO_UNDO_FUNCTION, NULL, 0);
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject)
{
    struct proximo_affected affected = {.struct_size = sizeof(affected),
                                        .risk = PROXIMO_RISK_HIGH,
                                        .resource = TEXT("guest/105"),
                                        .name = TEXT("web"),
                                        .effect = TEXT("stops"),
                                        .facts_json = subject};
    int32_t r = host->affected(call, &affected);

    (void)instance;
    affected.risk = 0;
    affected.name.len = affected.facts_json.len = 0;
    if (r == 0)
        r = host->affected(call, &affected);
    if (r == 0 && host->step(call, NULL) != PROXIMO_ENOSYS)
        return PROXIMO_EINTERNAL;
    if (r == 0)
        r = host->risk(call, PROXIMO_RISK_HIGH, "it is the only one");
    return r ? r : host->incomplete(call, "/nodes/pve2", "it is offline");
}

/* A second that does not look up. */
static int32_t slow(void *instance, struct proximo_call *call)
{
    const struct timespec second = {.tv_sec = 1};
    (void)instance;
    (void)nanosleep(&second, NULL);
    return host->change(call, "slow");
}

static const struct proximo_param params[] = {
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_REQUIRED,
     .name = "vmid",
     .format = "guest",
     .description = "The guest."},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "note",
     .description = "A note."},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_SECRET,
     .name = "password",
     .description = "A secret."},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_SECRET,
     .name = "other",
     .description = "Another secret, absent."},
};
static const struct proximo_change changes[] = {
    {.struct_size = sizeof(struct proximo_change),
     .undo_kind = PROXIMO_UNDO_FUNCTION,
     .name = "change_all",
     .description = "A change of a test.",
     .params = PROXIMO_TABLE(params),
     .operation_class = "change.stop",
     .subject = "guest/{vmid}",
     .plan = plan,
     .plan_undo = plan_undo},
    {.struct_size = sizeof(struct proximo_change),
     .undo_kind = PROXIMO_UNDO_NONE,
     .name = "change_slow",
     .description = "A change of a test.",
     .operation_class = "change.rest",
     .subject = "cluster",
     .plan = slow},
};
static const struct proximo_class classes[] = {
    {.struct_size = sizeof(struct proximo_class),
     .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_NONE,
     .name = "change.rest",
     .title = "Rest",
     .subject_schema = "{\"type\":\"object\"}"},
    {.struct_size = sizeof(struct proximo_class),
     .risk_floor = PROXIMO_RISK_HIGH,
     .undo_kind = PROXIMO_UNDO_FUNCTION,
     .name = "change.stop",
     .title = "Stop a guest",
     .subject_schema = "{\"type\":\"object\"}",
     .blast = blast},
};
static const struct proximo_plane plane = {
    TINY_HEAD("change"), .open = tiny_open, .features_required = PROXIMO_FEATURE_CHANGES,
    .changes = PROXIMO_TABLE(changes), .classes = PROXIMO_TABLE(classes)};
PROXIMO_PLANE(plane)
