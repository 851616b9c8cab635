/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of planning: all members in their order as canonical bytes, their keyed id, the file, the ledger's
 * record. From here on nothing of the plan can be altered without its name becoming wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "plane/argument_secret.h"
#include "plane/planes.h"
#include "trust/build.h"

#define RECORD_LIMIT (LEDGER_RECORD_LIMIT - 4096)

/* The array unless it is empty. */
static int put_array(struct json_object *root, const char *name, struct json_object *array)
{
    return array && json_object_array_length(array) ? build_add(root, name, json_object_get(array)) : 0;
}

static bool plane_counts(const struct build *b, const struct plane_info *info)
{
    if (info == b->tool->plane)
        return true;
    for (size_t i = 0; i < json_object_array_length(b->subjects); i++) {
        const struct plane_info *plane = NULL;
        const struct class_row *class = NULL;
        const char *name = "";
        (void)json_get_string(json_object_array_get_idx(b->subjects, i), "class", &name, NULL);
        if (planes_class_find(b->trust->planes, name, &plane, &class) && plane == info)
            return true;
    }
    return false;
}

/* The planes that had a say: the tool's, and those of the classes. */
static int put_planes(const struct build *b, struct json_object *root)
{
    CLEANUP_JSON struct json_object *list = json_object_new_array();
    const size_t count = planes_count(b->trust->planes);
    int r = list ? 0 : -ENOMEM;

    for (size_t i = 0; i < count && r == 0; i++) {
        struct plane_state state = {0};
        CLEANUP_JSON struct json_object *row = NULL;
        if (planes_state(b->trust->planes, i, &state) < 0 || !state.loaded || !state.info ||
            !plane_counts(b, state.info))
            continue;
        row = json_object_new_object();
        r |= build_add_text(row, "name", state.name);
        r |= build_add_text(row, "version", state.info->version ? state.info->version : "");
        r |= build_add_text(row, "sha256", state.sha256);
        r |= json_object_array_add(list, json_object_get(row)) < 0 ? -ENOMEM : 0;
    }
    return r ? r : put_array(root, "planes", list);
}

static int put_risk(const struct build *b, struct json_object *root)
{
    struct json_object *risk = json_object_new_object();

    if (build_add(risk, "level", json_object_new_int((int)b->risk)) < 0 ||
        build_add(risk, "reasons", json_object_get(b->reasons)) < 0) {
        json_object_put(risk);
        return -ENOMEM;
    }
    return build_add(root, "risk", risk);
}

static int put_secrets(const struct build *b, struct json_object *root)
{
    CLEANUP_JSON struct json_object *list = json_object_new_array();
    int r = list ? 0 : -ENOMEM;

    for (size_t i = 0; i < b->secret_count && r == 0; i++) {
        const struct build_secret *secret = &b->secrets[i];
        CLEANUP_JSON struct json_object *row = json_object_new_object();
        char commitment[65];
        r |= build_add_text(row, "name", secret->name);
        if (secret->value) {
            r |= secret_commitment(b->trust, b->nonce, secret->name, secret->value, secret->len, commitment);
            r |= r ? r : build_add_text(row, "commitment", commitment);
        } else {
            r |= build_add(row, "generate", json_object_new_int64(SECRET_GENERATED_CHARS));
        }
        if (secret->file)
            r |= build_add_text(row, "file", secret->file);
        if (r == 0)
            r |= json_object_array_add(list, json_object_get(row)) < 0 ? -ENOMEM : 0;
    }
    return r ? r : put_array(root, "secrets", list);
}

static int put_head(const struct build *b, struct json_object *root)
{
    const struct config_site *site = site_config(b->request->site);
    const int64_t now = clock_wall_us() / 1000000;
    const int64_t wait = b->consent == CONFIG_CONSENT_PLAN ? PLAN_WAIT_S : PLAN_WAIT_LONG_S;
    const char *undo_of = NULL;
    int r = 0;

    r |= build_add_text(root, "format", "proximo-plan-1");
    r |= build_add_text(root, "nonce", b->nonce);
    r |= build_add(root, "created", json_object_new_int64(now));
    r |= build_add(root, "expires", json_object_new_int64(now + wait));
    r |= build_add_text(root, "site", site->name ? site->name : "");
    r |= build_add_text(root, "principal", b->principal);
    r |= build_add_text(root, "config", b->trust->config_hash);
    r |= put_planes(b, root);
    r |= build_add_text(root, "tool", b->tool->name);
    r |= build_add(root, "arguments", json_object_get(b->reading.arguments));
    if (b->request->record && json_get_string(b->request->record, "plan_id", &undo_of, NULL) == 0)
        r |= build_add_text(root, "undo_of", undo_of);
    return r;
}

static int put_body(const struct build *b, struct json_object *root)
{
    const char *sentence = NULL;
    int r = 0;

    r |= build_add_text(root, "action", b->action);
    r |= build_add_text(root, "subject", b->subject.data);
    r |= build_add(root, "subjects", json_object_get(b->subjects));
    if (json_get_string(b->draft, "summary", &sentence, NULL) == 0)
        r |= build_add_text(root, "sentence", sentence);
    r |= put_array(root, "facts", b->facts);
    r |= put_array(root, "incomplete", b->incomplete);
    r |= put_risk(b, root);
    if (b->flags)
        r |= build_add(root, "flags", json_object_new_int64((int64_t)b->flags));
    r |= build_add_text(root, "consent", config_consent_name(b->consent));
    r |= build_add_text(root, "consent_why", b->consent_why);
    r |= put_array(root, "affected", b->affected);
    r |= put_array(root, "guards", b->guards);
    r |= build_add(root, "steps", json_object_get(b->steps));
    r |= put_array(root, "postcondition", b->postcondition);
    if (b->undo)
        r |= build_add(root, "undo", json_object_get(b->undo));
    if (b->undo_point)
        r |= build_add(root, "undo_point", json_object_get(b->undo_point));
    r |= put_secrets(b, root);
    if (b->tool->flags & PROXIMO_CHANGE_IDEMPOTENT)
        r |= build_add(root, "idempotent", json_object_new_boolean(1));
    return r;
}

static int bytes_make(const struct build *b, struct buf *bytes, struct problem *p)
{
    CLEANUP_JSON struct json_object *root = json_object_new_object();

    if (!root || !b->subject.data || put_head(b, root) || put_body(b, root))
        return build_no_memory(p);
    canonical_put(bytes, root);
    if (bytes->error == -EFBIG) {
        problem_set(p, -EFBIG, PX_TOO_LARGE, "this plan would be larger than %zu bytes", PLAN_LIMIT);
        problem_next(p, "change fewer things at once");
        return -EFBIG;
    }
    return buf_ok(bytes) && bytes->data ? 0 : build_no_memory(p);
}

/* A secret that a plane or Proxmox put somewhere else into the plan would outlive its apply. */
static int refuse_leak(const struct build *b, const struct buf *bytes, struct problem *p)
{
    for (size_t i = 0; i < b->secret_count; i++) {
        const struct build_secret *secret = &b->secrets[i];
        if (secret->value && secret->len >= 8 && memmem(bytes->data, bytes->len, secret->value, secret->len))
            return problem_set(p, -EPERM, PX_ARG,
                               "the value of %s stands somewhere else in the plan as well, in clear: give a "
                               "value that is used for nothing else",
                               secret->name);
    }
    return 0;
}

struct keeping {
    struct build *b;
    const struct plan *plan;
};

static int keep(void *arg, struct problem *p)
{
    const struct keeping *x = arg;

    return store_save(x->b->trust, x->plan, p);
}

static void forget(void *arg)
{
    const struct keeping *x = arg;
    CLEANUP_FREE char *path = store_path(x->b->trust, x->plan->id, PLAN_WAITING, "json");

    if (path)
        (void)unlink(path);
}

static int keep_secrets(const struct build *b, const struct plan *plan, struct problem *p)
{
    for (size_t i = 0; i < b->secret_count; i++) {
        const struct build_secret *secret = &b->secrets[i];
        if (!secret->value || secret->file)
            continue; /* read or made again when it is needed */
        int r = secret_keep(b->trust, plan->id, plan->expires_s, secret->name, secret->value, secret->len);
        if (r == -EBUSY) {
            problem_set(p, r, PX_BUSY, "too many plans with secrets wait already");
            problem_next(p, "apply one, or wait until they expire");
        }
        if (r < 0)
            return r == -EBUSY ? r : build_no_memory(p);
    }
    return 0;
}

int build_freeze(struct build *b, struct plan **ret, struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(PLAN_LIMIT);
    CLEANUP_BUF struct buf record = BUF_INIT(RECORD_LIMIT);
    struct keeping keeping = {.b = b};
    struct plan *plan = NULL;
    char id[PLAN_ID_SIZE], sha256[65];

    int r = bytes_make(b, &bytes, p);
    if (r == 0)
        r = refuse_leak(b, &bytes, p);
    if (r < 0)
        return r;
    if (canonical_id(b->trust, bytes.data, bytes.len, id, sha256) < 0)
        return problem_set(p, -EIO, PX_INTERNAL, "a plan's id could not be computed");
    r = plan_parse(b->trust, id, bytes.data, bytes.len, &plan, p);
    if (r < 0)
        return r;
    keeping.plan = plan;
    plan_put_record(b->trust, plan, &record);
    if (!buf_ok(&record) || !record.data)
        r = problem_set(p, -EFBIG, PX_TOO_LARGE, "this plan's record is too large for the ledger");
    if (r == 0)
        r = keep_secrets(b, plan, p);
    if (r == 0)
        r = ledger_append_with(b->trust->ledger, keep, forget, &keeping, LEDGER_PLANNED, record.data,
                               record.len, NULL, p);
    if (r < 0) {
        if (b->secret_count)
            secret_forget(b->trust, plan->id);
        plan_free(plan);
        return r;
    }
    *ret = plan;
    return 0;
}
