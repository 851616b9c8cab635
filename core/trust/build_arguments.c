/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of a change: against the schema, secrets taken out of them, the guest or node resolved. From here
 * on a secret argument is {"secret":true} for everybody but the commitment and the store of secrets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/read.h"
#include "trust/build.h"

/* json-c keeps a copy of its own: it is overwritten before it is freed. */
static void wipe_string(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        explicit_bzero((void *)(uintptr_t)json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
}

static int take_secret(struct build *b, const struct param_row *param, struct json_object *value,
                       struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(BUILD_SECRET_LIMIT);

    if (b->secret_count == BUILD_SECRETS_MOST || value_text(value, &text) < 0 || !buf_ok(&text))
        return problem_set(p, -EINVAL, PX_ARG, "%s is too long or of a wrong shape", param->name);
    struct build_secret *secret = &b->secrets[b->secret_count];
    secret->name = param->name;
    secret->len = text.len;
    secret->value = malloc(text.len + 1);
    if (secret->value) {
        memcpy(secret->value, text.data ? text.data : "", text.len);
        secret->value[text.len] = '\0';
        b->secret_count++;
    }
    if (text.data)
        explicit_bzero(text.data, text.cap);
    wipe_string(value);
    struct json_object *mark = json_object_new_object();
    if (!secret->value || build_add(mark, "secret", json_object_new_boolean(1)) < 0 ||
        build_add(b->reading.arguments, param->name, mark) < 0)
        return build_no_memory(p);
    return 0;
}

/* A secret inside of an object argument would reach the plane, the plan and the ledger. */
static int refuse_inner_secret(const struct param_row *param, struct json_object *value, struct problem *p)
{
    json_object_object_foreach(value, key, member)
    {
        if (member && risk_param_is_secret(key)) {
            problem_set(p, -EINVAL, PX_ARG, "%s: '%.64s' is a secret, and secrets cannot be set through %s",
                        param->name, key, param->name);
            problem_next(p, "leave '%.64s' out; set it in Proxmox yourself", key);
            return -EINVAL;
        }
    }
    return 0;
}

static int take_secrets(struct build *b, struct problem *p)
{
    for (size_t i = 0; i < b->tool->param_count; i++) {
        const struct param_row *param = &b->tool->params[i];
        struct json_object *value = NULL;
        int r = 0;
        if (!json_object_object_get_ex(b->reading.arguments, param->name, &value) || !value)
            continue;
        if (param->flags & PROXIMO_PARAM_SECRET)
            r = take_secret(b, param, value, p);
        else if (json_object_is_type(value, json_type_object))
            r = refuse_inner_secret(param, value, p);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The arguments of the applied plan; where the guest is now is found anew. */
static int arguments_of_record(struct build *b, struct problem *p)
{
    struct json_object *arguments = NULL;
    const bool guest = tool_param_format(b->tool, "guest") != NULL;

    if (json_get(b->request->record, "arguments", json_type_object, &arguments) < 0) {
        b->reading.arguments = json_object_new_object();
        return b->reading.arguments ? 0 : build_no_memory(p);
    }
    if (json_object_deep_copy(arguments, &b->reading.arguments, NULL) < 0)
        return build_no_memory(p);
    if (guest) {
        json_object_object_del(b->reading.arguments, "node");
        json_object_object_del(b->reading.arguments, "kind");
    }
    return 0;
}

/* It is the core's, as `confirm` is: neither the plane nor a request sees it. */
static void take_snapshot_first(struct build *b)
{
    if (!b->tool->snapshot_first)
        return;
    b->snapshot_given = json_get_bool(b->reading.arguments, "snapshot_first", &b->snapshot_first) == 0;
    json_object_object_del(b->reading.arguments, "snapshot_first");
}

/* As planes see them, and the plan: with vmid, kind and node as they were resolved. */
static int put_resolved(struct build *b)
{
    struct reading *r = &b->reading;
    const struct param_row *guest = tool_param_format(b->tool, "guest");
    int result = 0;

    if (r->has_guest) {
        result |= build_add_text(r->arguments, guest ? guest->name : "vmid", r->vmid);
        result |= build_add_text(r->arguments, "vmid", r->vmid);
        result |= build_add_text(r->arguments, "kind", r->guest.kind);
    }
    if (r->node[0])
        result |= build_add_text(r->arguments, "node", r->node);
    return result;
}

/* What is undone may have moved the guest, or it is gone since. */
static int resolve(struct build *b, struct problem *p)
{
    const bool undo = b->request->record != NULL;
    int r = reading_resolve(&b->reading, undo, p);

    if (undo && r == -ENOENT) {
        const struct problem said = *p;
        return problem_set(p, r, PX_UNDO, "there is no way back: %.600s", said.cause);
    }
    return r;
}

int build_arguments(struct build *b, struct problem *p)
{
    int r = b->request->record ? arguments_of_record(b, p)
                               : arguments_check(b->tool, b->request->arguments, &b->reading.arguments, p);
    if (r < 0)
        return r;
    take_snapshot_first(b);
    if (!b->request->record)
        r = take_secrets(b, p);
    if (r == 0)
        r = resolve(b, p);
    if (r == 0 && put_resolved(b) < 0)
        r = build_no_memory(p);
    return r;
}
