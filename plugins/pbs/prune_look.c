/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dry runs of a prune, one a group. A plan and its blast function look at the same answers, which are
 * kept for the plan; when it is applied the dry runs are made again. Sources: GET
 * /admin/datastore/{store}/groups, POST .../prune with dry-run=1.
 */
#include "prune.h"

const char *const pbs_keep_names[PBS_KEEPS] = {"keep-last",   "keep-hourly",  "keep-daily",
                                               "keep-weekly", "keep-monthly", "keep-yearly"};

/* ---- numbers */

const char *prune_keep_words(const struct asking *a, const char *const keep[PBS_KEEPS])
{
    const char *text = "";
    for (uint32_t i = 0; text && i < PBS_KEEPS; i++) {
        if (keep[i])
            text = ask_text(a, "%s%s%s=%s", text, *text ? "," : "", pbs_keep_names[i], keep[i]);
    }
    return text;
}

const char *prune_keep_text(const struct pbs_prune *p)
{
    const char *text = prune_keep_words(&p->at.a, p->keep);
    return text && *text ? text : NULL;
}

int32_t prune_take_keep_text(struct pbs_prune *p, const char *text)
{
    for (const char *at = text ? text : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t name = strcspn(at, "=,"), len = strcspn(at, ",");
        for (uint32_t i = 0; i < PBS_KEEPS; i++) {
            if (name < len && strlen(pbs_keep_names[i]) == name && strncmp(at, pbs_keep_names[i], name) == 0)
                p->keep[i] = ask_text(&p->at.a, "%.*s", (int)(len - name - 1), at + name + 1);
        }
    }
    return prune_keep_text(p) ? PROXIMO_OK
                              : p->at.a.host->fail(p->at.a.call, PROXIMO_EINVAL,
                                                   "the subject does not say what a prune keeps");
}

int32_t prune_take_arguments(struct pbs_prune *p, bool any)
{
    static const char *const arguments[PBS_KEEPS] = {"keep_last",   "keep_hourly",  "keep_daily",
                                                     "keep_weekly", "keep_monthly", "keep_yearly"};
    for (uint32_t i = 0; i < PBS_KEEPS; i++)
        p->keep[i] = ask_argument(&p->at.a, arguments[i]);
    return any || prune_keep_text(p)
               ? PROXIMO_OK
               : p->at.a.host->fail(p->at.a.call, PROXIMO_EINVAL,
                                    "say what is to be kept: at least one of keep_last, "
                                    "keep_hourly, keep_daily, keep_weekly, keep_monthly and "
                                    "keep_yearly. Without any the Backup Server deletes nothing");
}

uint32_t prune_keep_fields(const struct pbs_prune *p, struct proximo_field *ret)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PBS_KEEPS; i++) {
        if (p->keep[i])
            ret[count++] = FIELD(pbs_keep_names[i], p->keep[i]);
    }
    return count;
}

/* ---- one dry run */

/* Planning and the blast of one plan ask the same: the second time the answer is at hand. Another plan, or
 * the same one when it is applied, asks anew. */
static const char *memo_key(const struct asking *a, const struct proximo_field *fields, uint32_t count)
{
    const char *key = "prune";
    for (uint32_t i = 0; key && i < count; i++)
        key = ask_text(a, "%s %s=%s", key, fields[i].name, fields[i].value);
    return key;
}

int32_t prune_probe(const struct asking *a, const struct proximo_field *fields, uint32_t count,
                    struct proximo_answer *answer, struct json_object **ret)
{
    const char *key = memo_key(a, fields, count);
    struct proximo_text kept = {0};
    *ret = NULL;
    if (!key)
        return PROXIMO_ENOMEM;
    if (PROXIMO_HOST_HAS(a->host, memo_get) && a->host->memo_get(a->call, key, &kept) == PROXIMO_OK &&
        kept.len && (*ret = json_of(kept)))
        return PROXIMO_OK;
    const int32_t r = a->host->probe(a->call, PBS_PRUNE_PROBE, fields, count, answer);
    *ret = r == PROXIMO_OK && answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    if (json_object_is_type(*ret, json_type_array)) {
        if (PROXIMO_HOST_HAS(a->host, memo_set))
            (void)a->host->memo_set(a->call, key, json_text(*ret));
        return r;
    }
    json_object_put(*ret);
    *ret = NULL;
    return r;
}

static int32_t probe(const struct pbs_prune *p, const struct pbs_place *group, struct json_object **ret)
{
    const struct asking *a = &p->at.a;
    struct proximo_field fields[5 + PBS_KEEPS];
    struct proximo_answer answer = {ROW(proximo_answer)};
    uint32_t count = place_fields(group, fields);
    count += prune_keep_fields(p, fields + count);
    const int32_t r = prune_probe(a, fields, count, &answer, ret);
    if (r < 0 || *ret)
        return r;
    return a->host->fail(
        a->call, answer.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
        "the dry run of the prune of %s was not answered with what goes: %.*s (HTTP status %d)",
        place_label(group), (int)(answer.message.len < 400 ? answer.message.len : 400),
        answer.message.len ? answer.message.ptr : "no words", (int)answer.status);
}

/* ---- what it says */

#define KEY_SIZE                                                                                             \
    400 /* ids have no limit of their own; longer ones than a request takes are not told apart               \
         */

static void key_of(const char *type, const char *id, const char *time, char ret[KEY_SIZE])
{
    (void)snprintf(ret, KEY_SIZE, "%.8s/%.300s/%.30s", type ? type : "", id ? id : "", time ? time : "");
}

/* Looked up for every row of every dry run, so not by going through the list. */
static int32_t build_index(struct pbs_prune *p)
{
    const struct pbs_space *space = contents_space(&p->contents, p->at.ns);
    char key[KEY_SIZE];
    p->index = json_object_new_object();
    if (!p->index)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; space && space->list && i < json_object_array_length(space->list); i++) {
        struct json_object *row = json_object_array_get_idx(space->list, i);
        key_of(member_text(row, "backup-type"), member_text(row, "backup-id"),
               member_text(row, "backup-time"), key);
        if (json_object_object_add(p->index, key, json_object_get(row)) < 0)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* A row of the answer; a backup that the list does not have is added to it, so that it is named as well. */
static int32_t take_row(struct pbs_prune *p, struct pbs_space *space, const struct pbs_place *group,
                        struct json_object *row, uint32_t *ret_going)
{
    const struct asking *a = &p->at.a;
    const char *time = member_text(row, "backup-time");
    if (!time || !contents_time(row) || !json_object_is_type(member_of(row, "keep"), json_type_boolean) ||
        !member_is(row, "backup-type", group->type) || !member_is(row, "backup-id", group->id))
        return a->host->fail(
            a->call, PROXIMO_EPROTO,
            "the dry run of the prune of %s answered a row that is not of this group or does "
            "not say whether it stays: %.200s",
            place_label(group), json_object_to_json_string(row));
    if (json_object_array_add(p->rows, json_object_get(row)) < 0)
        return PROXIMO_ENOMEM;
    if (json_object_get_boolean(member_of(row, "keep")))
        return PROXIMO_OK;
    ++*ret_going;
    struct json_object *listed = NULL;
    char key[KEY_SIZE];
    key_of(group->type, group->id, time, key);
    if (!json_object_object_get_ex(p->index, key, &listed) || !listed) {
        if (!space->list)
            space->list = json_object_new_array();
        listed = json_object_new_object();
        if (!space->list || !listed || json_object_array_add(space->list, listed) < 0)
            return PROXIMO_ENOMEM;
        json_object_object_add(listed, "backup-type", json_object_new_string(group->type));
        json_object_object_add(listed, "backup-id", json_object_new_string(group->id));
        json_object_object_add(listed, "backup-time", json_object_new_int64(contents_time(row)));
    }
    contents_mark_row(&p->contents, listed);
    return PROXIMO_OK;
}

static int32_t look_at_group(struct pbs_prune *p, const char *type, const char *id)
{
    struct pbs_place group = p->at;
    struct pbs_space *space = contents_space(&p->contents, p->at.ns);
    struct json_object *answer DROP_JSON = NULL;
    uint32_t going = 0;
    group.type = type;
    group.id = id;
    int32_t r = space ? probe(p, &group, &answer) : PROXIMO_EINTERNAL;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(answer); i++)
        r = take_row(p, space, &group, json_object_array_get_idx(answer, i), &going);
    struct json_object *row = r == PROXIMO_OK ? json_object_new_object() : NULL;
    if (!row)
        return r < 0 ? r : PROXIMO_ENOMEM;
    json_object_object_add(row, "backup-type", json_object_new_string(type));
    json_object_object_add(row, "backup-id", json_object_new_string(id));
    json_object_object_add(row, "going", json_object_new_int64(going));
    json_object_object_add(row, "staying",
                           json_object_new_int64((int64_t)json_object_array_length(answer) - going));
    return json_object_array_add(p->groups, row) < 0 ? PROXIMO_ENOMEM : PROXIMO_OK;
}

/* ---- which groups */

static int32_t look_at_groups(struct pbs_prune *p)
{
    const struct asking *a = &p->at.a;
    const struct pbs_place there = {.a = *a, .store = p->at.store, .ns = p->at.ns};
    const struct proximo_need need[] = {NEED(place_acl(&there), "Datastore.Audit")};
    struct proximo_field fields[5];
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/groups", .fields = fields,
                                    .field_count = place_fields(&there, fields),
                                    .needs = PROXIMO_TABLE(need)};
    const int32_t all =
        need[0].path ? a->host->permission(a->call, need[0].path, "Datastore.Modify") : PROXIMO_ENOMEM;
    struct looked looked;
    uint32_t count = 0;
    if (ask_ends(all))
        return all;
    int32_t r = need[0].path ? ask_look(a, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        json_object_put(looked.data);
        return a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
                             "the groups in %s could not be read: %s", place_words(&p->at, p->at.ns),
                             looked.why ? looked.why : "the answer is no list");
    }
    if (!looked.complete)
        p->groups_why = "this token sees only groups that it owns itself there";
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(looked.data); i++) {
        struct json_object *row = json_object_array_get_idx(looked.data, i);
        const char *type = member_text(row, "backup-type"), *id = member_text(row, "backup-id");
        bool own = true;
        if (!type || !id || !contents_of_group(row, p->at.type, p->at.id))
            continue;
        if (all == 0)
            r = place_is_own(a, member_text(row, "owner"), &own);
        if (r < 0 || !own) {
            p->others += !own;
            continue;
        }
        if (count++ == PRUNES_MOST)
            r = a->host->fail(a->call, PROXIMO_EINVAL,
                              "%s has more than %u groups: prune them by backup_type, or one by one with "
                              "backup_type and backup_id",
                              place_words(&p->at, p->at.ns), PRUNES_MOST);
        else
            r = look_at_group(p, type, id);
    }
    json_object_put(looked.data);
    if (p->others)
        p->groups_why =
            ask_text(a, "%u groups of other owners are left out: this token has only Datastore.Prune there",
                     p->others);
    return r;
}

int32_t prune_look(struct pbs_prune *p)
{
    p->groups = json_object_new_array();
    p->rows = json_object_new_array();
    int32_t r = p->groups && p->rows ? contents_read(&p->at, &p->contents) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = build_index(p);
    if (r < 0)
        return r;
    return p->at.id && p->at.type ? look_at_group(p, p->at.type, p->at.id) : look_at_groups(p);
}

void prune_done(struct pbs_prune *p)
{
    contents_done(&p->contents);
    json_object_put(p->groups);
    json_object_put(p->rows);
    json_object_put(p->index);
}
