/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and blast functions that say what cannot be, crash, or never end. */
#include <stdlib.h>
#include <time.h>

#include "tiny.h"

#define TEXT(literal) ((struct proximo_text){(literal), sizeof(literal) - 1})
#define IS(word)      (strcmp(which, word) == 0)

static struct proximo_step request(void)
{
    return (struct proximo_step){.struct_size = sizeof(struct proximo_step),
                                 .kind = PROXIMO_STEP_REQUEST,
                                 .method = "POST",
                                 .path = "/nodes/pve1/lxc/105/status/stop"};
}

static void end(const char *which)
{
    if (IS("crash"))
        abort();
    while (IS("hang")) {
        const struct timespec moment = {.tv_nsec = 5000000};
        (void)nanosleep(&moment, NULL);
    }
}

static int32_t lie_step(struct proximo_call *call, const char *which)
{
    struct proximo_field field = {.struct_size = sizeof(field), .name = "x", .value = "1"};
    struct proximo_step step = request();
    uint64_t handle = 0;

    step.params = (struct proximo_table){sizeof(step.params), 1, &field};
    if (IS("flag"))
        step.flags = UINT64_C(1) << 20;
    if (IS("kind"))
        step.kind = 9;
    if (IS("get"))
        step.method = "GET";
    if (IS("readpost"))
        step.kind = PROXIMO_STEP_READ;
    if (IS("dotdot"))
        step.path = "/nodes/../access/users";
    if (IS("encoded"))
        step.path = "/nodes/%2e%2e/access";
    if (IS("query"))
        step.path = "/nodes?force=1";
    if (IS("placeholder"))
        step.path = "/nodes/{node}/stop";
    if (IS("segment")) {
        step.path = "/nodes/{x}/stop";
        field.value = "..";
    }
    if (IS("handle")) {
        field.flags = PROXIMO_FIELD_SECRET;
        field.value = NULL;
        field.secret_id = 42;
    }
    if (IS("secretpath")) {
        if (host->secret(call, "password", &handle))
            return PROXIMO_EINTERNAL;
        step.path = "/nodes/{x}/stop";
        field.flags = PROXIMO_FIELD_SECRET;
        field.value = NULL;
        field.secret_id = handle;
    }
    if (IS("reference")) {
        field.flags = PROXIMO_FIELD_REFERENCE;
        field.value = "later:/upid";
    }
    if (IS("before")) {
        field.flags = PROXIMO_FIELD_REFERENCE;
        field.value = "before.0:/memory";
    }
    if (IS("size"))
        step.struct_size = 7;
    if (IS("fieldutf8"))
        field.value = "\xff\xfe";
    if (IS("deadline"))
        step.deadline_ms = UINT64_MAX;
    if (IS("twice")) {
        step.name = "one";
        if (host->step(call, &step))
            return PROXIMO_EINTERNAL;
    }
    if (IS("waitonly"))
        return host->postcondition(call, &step);
    if (IS("null"))
        return host->step(call, NULL);
    if (IS("ignore")) {
        step.method = "PATCH";
        (void)host->step(call, &step);
        step.method = "POST";
        step.path = "/nodes/pve1/lxc/105/status/start";
    }
    return host->step(call, &step);
}

static int32_t lie_much(struct proximo_call *call, const char *which)
{
    enum { SIZE = 60000 };
    char *value = host->alloc(call, SIZE + 1);
    struct proximo_guard guard = {
        .struct_size = sizeof(guard), .path = "/version", .flags = IS("guardflag") ? 8 : 0};
    int32_t r = 0;

    if (!value)
        return PROXIMO_ENOMEM;
    memset(value, 'x', SIZE);
    value[0] = value[SIZE - 1] = '"';
    for (int i = 0; r == 0 && i < 200 && IS("megabytes"); i++)
        r = host->fact(call, "much", (struct proximo_text){value, SIZE});
    if (IS("long"))
        r = host->change(call, value);
    for (int i = 0; r == 0 && i < 1100 && (IS("guards") || IS("guardflag")); i++)
        r = host->guard(call, &guard);
    return r;
}

static int32_t lie_rest(struct proximo_call *call, const char *which)
{
    struct proximo_affected affected = {.struct_size = sizeof(affected),
                                        .risk = IS("affectedrisk") ? 4 : 1,
                                        .flags = IS("affectedflag"),
                                        .resource = TEXT("guest/1"),
                                        .effect = TEXT("none")};
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = TEXT("{}")};

    if (IS("risk"))
        return host->risk(call, 7, "for fun");
    if (IS("riskless"))
        return host->risk(call, 1, NULL);
    if (IS("subject"))
        return host->subject(call, "liar.do", TEXT("[1]"));
    if (IS("class"))
        return host->subject(call, "Liar Do", TEXT("{}"));
    if (IS("fact"))
        return host->fact(call, "f", TEXT("1},{\"x\":2"));
    if (IS("nofact"))
        return host->fact(call, "f", (struct proximo_text){NULL, 99});
    if (IS("utf8"))
        return host->change(call, "\xc3\x28");
    if (IS("undo"))
        return host->undo(call, PROXIMO_UNDO_TEMPLATE, NULL, 0);
    if (IS("undokind"))
        return host->undo(call, 5, NULL, 0);
    if (IS("undofunction"))
        return host->undo(call, PROXIMO_UNDO_FUNCTION, NULL, 0);
    if (IS("undorows"))
        return host->undo(call, PROXIMO_UNDO_TEMPLATE, NULL, 1000000);
    if (IS("reply"))
        return host->reply(call, &block, 1);
    if (IS("positive"))
        return 77;
    return host->affected(call, &affected);
}

static int32_t run(struct proximo_call *call, const char *which)
{
    static const char *const steps =
        ",flag,kind,get,readpost,dotdot,encoded,query,placeholder,segment,handle,"
        "secretpath,reference,before,size,fieldutf8,deadline,twice,waitonly,"
        "null,ignore,fine,";
    static const char *const much = ",megabytes,long,guards,guardflag,";
    char word[64];

    end(which);
    (void)snprintf(word, sizeof(word), ",%s,", which);
    if (strstr(steps, word))
        return lie_step(call, which);
    return strstr(much, word) ? lie_much(call, which) : lie_rest(call, which);
}

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct proximo_text which;
    (void)instance;
    return host->argument(call, "which", &which) ? PROXIMO_EINVAL : run(call, which.ptr);
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject)
{
    char which[64] = "";
    (void)instance;
    (void)sscanf(subject.ptr, "{\"which\":\"%63[a-z0-9]", which);
    return run(call, which);
}

/* Answers, and goes on as if it were planning. */
static int32_t read_on(void *instance, struct proximo_call *call)
{
    struct proximo_step step = request();
    int32_t r = tiny_result(call, 1);
    (void)instance;
    if (r == 0 && (host->step(call, &step) != PROXIMO_ENOSYS || host->change(call, "x") != PROXIMO_ENOSYS ||
                   host->affected(call, NULL) != PROXIMO_ENOSYS ||
                   host->undo(call, PROXIMO_UNDO_NONE, NULL, 0) != PROXIMO_ENOSYS ||
                   host->step(NULL, &step) != PROXIMO_EINVAL))
        return PROXIMO_EINTERNAL;
    return r;
}

static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED,
                                               .name = "which",
                                               .description = "Which lie."},
                                              {.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_SECRET,
                                               .name = "password",
                                               .description = "A secret."}};
static const struct proximo_change changes[] = {{.struct_size = sizeof(struct proximo_change),
                                                 .undo_kind = PROXIMO_UNDO_NONE,
                                                 .name = "liar_do",
                                                 .description = "A change of a test.",
                                                 .params = PROXIMO_TABLE(params),
                                                 .operation_class = "liar.do",
                                                 .subject = "cluster",
                                                 .plan = plan}};
static const struct proximo_class classes[] = {{.struct_size = sizeof(struct proximo_class),
                                                .risk_floor = PROXIMO_RISK_LOW,
                                                .undo_kind = PROXIMO_UNDO_NONE,
                                                .name = "liar.do",
                                                .title = "Lie",
                                                .subject_schema = "{\"type\":\"object\"}",
                                                .blast = blast}};
static const struct proximo_read reads[] = {TINY_READ("liar_read", read_on)};
static const struct proximo_plane plane = {TINY_HEAD("liar"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads), .changes = PROXIMO_TABLE(changes),
                                           .classes = PROXIMO_TABLE(classes)};
PROXIMO_PLANE(plane)
