/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stand-ins for resources, prompts and planes that ask the client. Prompt "ask" asks for a name, then for a
 * colour, and greets; "sample" asks for a sample; resource "fake://ask" asks for roots; "fake://log" logs
 * once at every level, and tells of itself; prompt "toggle" takes the resource fake://fixed off the list, or
 * back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"
#include "trust/trust.h"

#define TEXT(text) ((char *)(uintptr_t)(text))

static struct plane_info info = {.name = TEXT("guests")};
static struct param_row kind_param[] = {{.type = PROXIMO_TYPE_STRING,
                                         .flags = PROXIMO_PARAM_REQUIRED,
                                         .name = TEXT("kind"),
                                         .choices = TEXT("lxc,qemu")}};
static struct field_row fixed[] = {{.name = TEXT("sleep_ms"), .value = TEXT("1")}};
static const struct resource_row resources[] = {
    {.plane = &info, .uri = TEXT("fake://ask"), .name = TEXT("ask"), .has_read = true},
    {.plane = &info,
     .uri = TEXT("fake://fixed"),
     .name = TEXT("fixed"),
     .has_read = true,
     .mime = TEXT("text/x")},
    {.plane = &info, .uri = TEXT("fake://log"), .name = TEXT("log"), .has_read = true},
    {.plane = &info,
     .uri = TEXT("fake://of/{kind}"),
     .name = TEXT("of"),
     .has_read = true,
     .is_template = true,
     .params = kind_param,
     .param_count = 1},
    {.plane = &info,
     .uri = TEXT("fake://site/{site}/list"),
     .name = TEXT("list"),
     .is_template = true,
     .tool = TEXT("pve_list_guests"),
     .fixed = fixed,
     .fixed_count = 1},
};
static const struct prompt_row prompts[] = {
    {.plane = &info, .name = TEXT("ask"), .has_get = true},
    {.plane = &info, .name = TEXT("consent"), .has_get = true},
    {.plane = &info, .name = TEXT("sample"), .has_get = true},
    {.plane = &info, .name = TEXT("toggle"), .has_get = true},
    {.plane = &info,
     .name = TEXT("words"),
     .text = TEXT("Look at {kind}{ and {that}."),
     .params = kind_param,
     .param_count = 1},
};

size_t planes_resource_count(struct planes *planes)
{
    (void)planes;
    return sizeof(resources) / sizeof(resources[0]);
}

const struct resource_row *planes_resource_at(struct planes *planes, size_t index)
{
    (void)planes;
    return &resources[index];
}

size_t planes_prompt_count(struct planes *planes)
{
    (void)planes;
    return sizeof(prompts) / sizeof(prompts[0]);
}

const struct prompt_row *planes_prompt_at(struct planes *planes, size_t index)
{
    (void)planes;
    return &prompts[index];
}

bool planes_may_ask(const struct planes *planes, const struct plane_info *plane)
{
    (void)planes;
    (void)plane;
    return true;
}

/* ---------------------------------------------------------------- what the stand-ins do when called */

static int put(struct plane_reply *ret, const char *text)
{
    ret->blocks = calloc(1, sizeof(*ret->blocks));
    if (!ret->blocks)
        return -ENOMEM;
    ret->count = 1;
    ret->blocks[0] =
        (struct reply_block){.type = PROXIMO_CONTENT_TEXT, .data = strdup(text), .data_len = strlen(text)};
    return 0;
}

void plane_reply_done(struct plane_reply *reply)
{
    for (size_t i = 0; i < reply->count; i++)
        free(reply->blocks[i].data);
    free(reply->blocks);
    *reply = (struct plane_reply){0};
}

static int ask_one(const struct plane_client *client, uint32_t kind, const char *key, const char *params,
                   struct buf *answers, struct problem *p)
{
    struct plane_ask ask = {.kind = kind, .key = TEXT(key), .params_json = TEXT(params)};

    buf_reset(answers);
    return client->ask(client->arg, &info, &ask, 1, answers, p);
}

static int ask_twice(const struct plane_client *client, struct plane_reply *ret, struct problem *p)
{
    static const char name_form[] =
        "{\"message\":\"Name?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
        "\"string\"}},\"required\":[\"name\"]}}";
    static const char colour_form[] = "{\"message\":\"Colour?\",\"requestedSchema\":{\"type\":\"object\"}}";
    struct buf first CLEANUP_BUF = BUF_INIT(65536), second CLEANUP_BUF = BUF_INIT(65536),
                     both CLEANUP_BUF = BUF_INIT(131072);
    int r = ask_one(client, PROXIMO_ASK_ELICITATION, "name", name_form, &first, p);

    if (r == 0)
        r = ask_one(client, PROXIMO_ASK_ELICITATION, "colour", colour_form, &second, p);
    if (r < 0)
        return r;
    buf_printf(&both, "%s %s", first.data, second.data);
    return put(ret, both.data);
}

static int ask_kind(const struct plane_client *client, uint32_t kind, const char *params,
                    struct plane_reply *ret, struct problem *p)
{
    struct buf answers CLEANUP_BUF = BUF_INIT(65536);
    int r = ask_one(client, kind, "it", params, &answers, p);

    return r < 0 ? r : put(ret, answers.data);
}

static int log_all(const struct plane_client *client, struct plane_reply *ret, struct problem *p)
{
    for (uint32_t level = PROXIMO_LOG_ERROR; level <= PROXIMO_LOG_DEBUG; level++)
        (void)client->log(client->arg, &info, level, "part", "\"a line\"", p);
    (void)client->updated(client->arg, &info, "fake://log", p);
    return put(ret, "logged");
}

int planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                struct problem *p)
{
    static bool shown = true;
    const char *name = call->kind == PLANE_CALL_PROMPT ? call->prompt->name : call->resource->name;

    (void)planes;
    if (strcmp(name, "ask") == 0 && call->kind == PLANE_CALL_PROMPT)
        return ask_twice(call->client, ret, p);
    if (strcmp(name, "ask") == 0)
        return ask_kind(call->client, PROXIMO_ASK_ROOTS, "{}", ret, p);
    if (strcmp(name, "consent") == 0) {
        struct buf answers CLEANUP_BUF = BUF_INIT(65536);

        return ask_one(call->client, PROXIMO_ASK_ELICITATION, "consent", "{\"message\":\"Yes?\"}", &answers,
                       p);
    }
    if (strcmp(name, "sample") == 0)
        return ask_kind(call->client, PROXIMO_ASK_SAMPLING, "{\"messages\":[],\"maxTokens\":5}", ret, p);
    if (strcmp(name, "log") == 0)
        return log_all(call->client, ret, p);
    if (strcmp(name, "toggle") == 0) {
        shown = !shown;
        if (call->client->show(call->client->arg, &info, PROXIMO_SHOW_RESOURCE, "fake://fixed", shown, p) < 0)
            return -EIO;
    }
    return put(ret, call->arguments_json);
}

/* ---------------------------------------------------------------- the site, the ledger, plans */

int site_get(struct site *site, const struct site_call *call, const char *path,
             const struct http_field *fields, size_t field_count, bool tolerate, struct site_answer *ret,
             struct problem *p)
{
    struct buf body CLEANUP_BUF = BUF_INIT(1 << 20);

    (void)site;
    (void)call;
    (void)path;
    (void)fields;
    (void)field_count;
    (void)tolerate;
    (void)p;
    buf_str(&body, "{\"data\":[");
    for (int i = 0; i < 130; i++)
        buf_printf(&body, "%s{\"vmid\":%d,\"name\":\"web%d\"}", i ? "," : "", 100 + i, i);
    buf_str(&body, "]}");
    *ret = (struct site_answer){.status = 200};
    return json_parse(body.data, body.len, &ret->body, NULL);
}

void site_answer_done(struct site_answer *answer)
{
    json_object_put(answer->body);
    *answer = (struct site_answer){0};
}

struct ledger *trust_ledger(struct trust *trust)
{
    return (struct ledger *)(void *)trust;
}

int ledger_each_back(struct ledger *ledger, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p)
{
    static const char line[] =
        "{\"v\":1,\"seq\":7,\"time\":5,\"kind\":\"plan\",\"hash\":\"abc\",\"secret\":1}";

    (void)ledger;
    (void)p;
    return f(arg, line, sizeof(line) - 1);
}

int receipt_make(struct ledger *ledger, uint64_t seq, struct buf *out, struct problem *p)
{
    (void)ledger;
    if (seq != 7)
        return problem_set(p, -ENOENT, PX_LEDGER, "there is no record %llu", (unsigned long long)seq);
    buf_str(out, "{\"format\":\"proximo-receipt-1\"}");
    return 0;
}

int trust_plan_show(struct trust *trust, const char *plan_id, struct buf *out, struct problem *p)
{
    (void)trust;
    if (strcmp(plan_id, "p1") != 0)
        return problem_set(p, -ENOENT, PX_PLAN, "there is no plan %s", plan_id);
    buf_str(out, "Plan p1\n");
    return 0;
}

int trust_plans(struct trust *trust, struct buf *out, struct problem *p)
{
    (void)trust;
    (void)p;
    buf_str(out,
            "[{\"plan_id\":\"p1\",\"subject\":\"guest/105\"},{\"plan_id\":\"q2\",\"subject\":\"guest/7\"}]");
    return 0;
}

int trust_frozen(const char *state_dir, struct problem *p)
{
    (void)state_dir;
    (void)p;
    return 0;
}

int trust_lease_show(struct trust *trust, struct buf *out, struct problem *p)
{
    (void)trust;
    (void)p;
    buf_str(out, "{\"state\":\"none\"}");
    return 0;
}
