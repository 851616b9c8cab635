/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/resources_core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "mcp/calls.h"
#include "mcp/resources.h"
#include "mcp/state.h"
#include "mcp/uri_template.h"
#include "trust/trust.h"

#define JSON_MIME       "application/json"
#define FIRST_RECORD_MS 5000

void core_resource_put(struct buf *contents, const char *uri, const char *mime, const char *text)
{
    buf_str(contents, "[{");
    json_put_key_string(contents, "uri", uri);
    json_put_key_string(contents, "mimeType", mime);
    json_put_key_string(contents, "text", text);
    buf_str(contents, "}]");
}

static int put_text(struct buf *contents, const char *uri, const char *mime, const struct buf *text,
                    struct problem *p)
{
    if (!buf_ok(text) || !text->data)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a resource");
    core_resource_put(contents, uri, mime, text->data);
    return 0;
}

/* ---------------------------------------------------------------- policy */

/* What decides on a change, of all that the configuration says: its keys by the names they have there. */
static bool is_policy(const char *key)
{
    static const char *const prefixes[] = {
        "mode", "surface", "tools.", "trust.", "limits.", "undo.", "ledger.require_anchor_within"};
    const char *last = strrchr(key, '.');

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return last && ((strncmp(key, "planes.", 7) == 0 &&
                     (strcmp(last, ".mode") == 0 || strcmp(last, ".client_requests") == 0)) ||
                    (strncmp(key, "sites.", 6) == 0 && strcmp(last, ".consent") == 0));
}

static int put_policy(struct server *server, struct call *call, const char *uri, struct json_object *values,
                      struct buf *contents, struct problem *p)
{
    CLEANUP_BUF struct buf all = BUF_INIT(BODY_LIMIT), text = BUF_INIT(BODY_LIMIT);
    struct json_object *config CLEANUP_JSON = NULL, *list = NULL;
    int r;

    (void)call;
    (void)values;
    config_show_json(server->config, &all);
    r = buf_ok(&all) ? json_parse(all.data, all.len, &config, p) : -ENOMEM;
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "the configuration cannot be shown");
    buf_char(&text, '{');
    json_put_key_string(&text, "isolation", config_isolation_name(server->config));
    json_put_key(&text, "settings");
    buf_char(&text, '{');
    (void)json_get(config, "values", json_type_array, &list);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i), *value = NULL;
        const char *key = "";

        if (json_get_string(entry, "path", &key, NULL) == 0 && is_policy(key) &&
            json_object_object_get_ex(entry, "value", &value)) {
            json_put_key(&text, key);
            json_put_value(&text, value);
        }
    }
    buf_char(&text, '}');
    if (server->trust) {
        struct problem frozen = PROBLEM_INIT;
        CLEANUP_BUF struct buf lease = BUF_INIT(65536);

        json_put_key_bool(&text, "frozen", trust_frozen(server->config->state_dir, &frozen) < 0);
        if (trust_lease_show(server->trust, &lease, NULL) == 0 && buf_ok(&lease) && lease.data) {
            json_put_key(&text, "lease");
            buf_add(&text, lease.data, lease.len);
        }
    }
    buf_char(&text, '}');
    return put_text(contents, uri, JSON_MIME, &text, p);
}

/* ---------------------------------------------------------------- ledger, plans, receipts */

static int need_trust(const struct server *server, struct problem *p)
{
    return server->trust ? 0 : problem_set(p, -ENOSYS, PX_INTERNAL, "this server runs without planes");
}

/* Stops at the newest record. */
static int take_head(void *arg, const char *line, size_t len)
{
    buf_add(arg, line, len);
    return 1;
}

static int put_head(struct server *server, struct call *call, const char *uri, struct json_object *values,
                    struct buf *contents, struct problem *p)
{
    static const char *const members[] = {"seq", "time", "kind", "hash"};
    CLEANUP_BUF struct buf line = BUF_INIT(2 * LEDGER_RECORD_LIMIT), text = BUF_INIT(4096);
    struct json_object *record CLEANUP_JSON = NULL;
    int r = need_trust(server, p);

    (void)call;
    (void)values;
    if (r == 0) {
        trust_wait_first(server->trust, clock_ms() + FIRST_RECORD_MS);
        r = trust_ledger(server->trust) ? ledger_each_back(trust_ledger(server->trust), take_head, &line, p)
                                        : 0;
    }
    if (r < 0)
        return r;
    if (r == 0) /* no record at all */
        return problem_set(p, -EIO, PX_LEDGER, "the ledger has no record yet");
    r = buf_ok(&line) ? json_parse(line.data, line.len, &record, p) : -ENOMEM;
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "the newest record cannot be read");
    buf_char(&text, '{');
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = NULL;

        if (json_object_object_get_ex(record, members[i], &value)) {
            json_put_key(&text, members[i]);
            json_put_value(&text, value);
        }
    }
    json_put_key_string(&text, "next",
                        "Keep seq and hash elsewhere; audit_verify with expected_head shows later that "
                        "nothing before it was changed.");
    buf_char(&text, '}');
    return put_text(contents, uri, JSON_MIME, &text, p);
}

static int put_plan(struct server *server, struct call *call, const char *uri, struct json_object *values,
                    struct buf *contents, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(BODY_LIMIT);
    const char *plan_id = "";
    int r = need_trust(server, p);

    (void)call;
    (void)json_get_string(values, "plan_id", &plan_id, NULL);
    if (r == 0)
        r = trust_plan_show(server->trust, plan_id, &text, p);
    return r < 0 ? r : put_text(contents, uri, "text/plain", &text, p);
}

static int put_receipt(struct server *server, struct call *call, const char *uri, struct json_object *values,
                       struct buf *contents, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RECEIPT_LIMIT);
    const char *word = "";
    uint64_t seq = 0;
    int r = need_trust(server, p);

    (void)call;
    (void)json_get_string(values, "seq", &word, NULL);
    if (r == 0 && (text_to_u64(word, INT64_MAX, &seq) < 0 || seq == 0))
        return problem_set(p, -EINVAL, PX_ARG,
                           "the URI of a receipt ends with the number of a ledger record");
    if (r == 0)
        r = trust_ledger(server->trust) ? receipt_make(trust_ledger(server->trust), seq, &text, p) : -ENOENT;
    return r < 0 ? r : put_text(contents, uri, JSON_MIME, &text, p);
}

/* ---------------------------------------------------------------- the table */

static const struct core_resource resources[] = {
    {
        .uri = "proximo://policy",
        .name = "policy",
        .title = "Effective policy",
        .description =
            "What this server may do and who must consent: mode, lists, consent rules, limits, lease, "
            "freeze, as they hold now.",
        .mime = JSON_MIME,
        .put = put_policy,
    },
    {
        .uri = RESOURCE_LEDGER_HEAD,
        .name = "ledger_head",
        .title = "Ledger head",
        .description = "Number, time and hash of the newest record of the tamper-evident ledger.",
        .mime = JSON_MIME,
        .put = put_head,
    },
    {
        .uri = RESOURCE_PLAN,
        .variable = "plan_id",
        .name = "plan",
        .title = "A plan",
        .description =
            "One plan of a change as a person reads it: steps, risk, who is affected, consent, way back, "
            "and what came of it.",
        .mime = "text/plain",
        .put = put_plan,
    },
    {
        .uri = "proximo://receipt/{seq}",
        .variable = "seq",
        .name = "receipt",
        .title = "A receipt",
        .description =
            "One record of the ledger (by its number, `seq` of a receipt) with the proof that it is in "
            "the ledger, for `proximo audit check-receipt`.",
        .mime = JSON_MIME,
        .put = put_receipt,
    },
};

const struct core_resource *core_resource_at(size_t index)
{
    return index < sizeof(resources) / sizeof(resources[0]) ? &resources[index] : NULL;
}

const struct core_resource *core_resource_find(const char *uri, struct json_object **ret_values)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        if (uri_template_match(resources[i].uri, uri, ret_values))
            return &resources[i];
    }
    return NULL;
}

const char *resource_core_variable(const char *uri_template)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        if (strcmp(resources[i].uri, uri_template) == 0)
            return resources[i].variable;
    }
    return NULL;
}
