/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dry run of a sync: a probe that starts a task, whose log says what would be done. Within one plan every
 * GET is answered once, so each look at the log asks for another number of lines. Sources: POST
 * /access/domains/{realm}/sync with dry-run=1, GET /nodes/{node}/tasks/{upid}/log.
 */
#include <time.h>

#include "access.h"
#include "realm_sync.h"

#define LOOKS_MOST  120u
#define PAUSE_MS    250
#define MARGIN_MS   4000 /* left of the call's own time for the plan */
#define LINES_FIRST 20000u
#define KEPT        "realm-sync"

/* ---- the probe */

static const char *option_text(const struct asking *a, const struct sync_options *o)
{
    return ask_text(a, KEPT " %s %s %s %s", o->realm, o->scope ? o->scope : "-",
                    o->remove_vanished ? o->remove_vanished : "-", o->enable_new ? o->enable_new : "-");
}

static int32_t start(const struct asking *a, const struct sync_options *o, const char **ret_upid)
{
    const struct proximo_field all[] = {FIELD("realm", o->realm), FIELD("scope", o->scope),
                                        FIELD("remove_vanished", o->remove_vanished),
                                        FIELD("enable_new", o->enable_new)};
    struct proximo_field fields[4];
    struct proximo_answer answer = {ROW(proximo_answer)};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].value)
            fields[count++] = all[i];
    }
    int32_t r = a->host->probe(a->call, SYNC_PROBE, fields, count, &answer);
    if (r < 0)
        return r;
    struct json_object *data DROP_JSON = json_of(answer.data);
    if (answer.status >= 200 && answer.status < 300 && json_object_is_type(data, json_type_string)) {
        *ret_upid = ask_text(a, "%s", json_object_get_string(data));
        return *ret_upid ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return a->host->fail(a->call, answer.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
                         "the dry run of the sync did not begin: %.*s (HTTP status %d)",
                         (int)(answer.message.len < 400 ? answer.message.len : 400),
                         answer.message.len ? answer.message.ptr : "no words", (int)answer.status);
}

/* ---- its log */

static const char *node_of(const struct asking *a, const char *upid)
{
    const char *at = strchr(upid, ':');
    return at ? ask_text(a, "%.*s", (int)strcspn(at + 1, ":"), at + 1) : NULL;
}

/* Has the task ended, as its last line says? *ret_why is then NULL or why it failed. */
static bool has_ended(const struct asking *a, struct json_object *log, const char **ret_why)
{
    const size_t count = json_object_array_length(log);
    const char *last = count ? member_text(json_object_array_get_idx(log, count - 1), "t") : NULL;
    *ret_why = NULL;
    if (!last || strncmp(last, "TASK ", 5) != 0)
        return false;
    if (strncmp(last, "TASK OK", 7) != 0 && strncmp(last, "TASK WARNINGS", 13) != 0)
        *ret_why = ask_text(a, "%s", last);
    return true;
}

static void rest(void)
{
    const struct timespec t = {.tv_nsec = PAUSE_MS * 1000000L};
    (void)nanosleep(&t, NULL);
}

/* *ret: the whole log, the caller's. */
static int32_t read_log(const struct asking *a, const char *upid, struct json_object **ret,
                        const char **ret_failed)
{
    const char *node = node_of(a, upid);
    int32_t r = node ? PROXIMO_OK : PROXIMO_EPROTO;
    for (uint32_t i = 0; r == PROXIMO_OK && i < LOOKS_MOST; i++) {
        const char *limit = ask_text(a, "%u", LINES_FIRST + i);
        const struct proximo_field fields[] = {FIELD("node", node), FIELD("upid", upid),
                                               FIELD("limit", limit)};
        const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks/{upid}/log",
                                        .fields = fields, .field_count = 3};
        if (!limit)
            return PROXIMO_ENOMEM;
        r = ask_get(a, &get, json_type_array, ret);
        if (r == PROXIMO_OK && has_ended(a, *ret, ret_failed))
            return PROXIMO_OK;
        json_object_put(*ret);
        *ret = NULL;
        if (r == PROXIMO_OK && a->host->cancelled(a->call))
            return PROXIMO_ECANCELLED;
        if (a->host->deadline_ms(a->call) < MARGIN_MS)
            break;
        rest();
    }
    return r < 0 ? r
                 : a->host->fail(
                       a->call, PROXIMO_EUNAVAIL,
                       "the dry run of the sync (%.200s) has not ended in time: pve_task_log shows it, "
                       "and the plan can be asked for again",
                       upid);
}

static int32_t take_log(const struct asking *a, struct json_object *log, struct sync_result *ret)
{
    int32_t r = sync_result_new(ret);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(log); i++) {
        const char *line = member_text(json_object_array_get_idx(log, i), "t");
        if (line && strncmp(line, "TASK ", 5) != 0)
            sync_take_line(ret, line);
    }
    (void)a;
    return r;
}

/* Plan and blast function look at the same dry run. */
int32_t sync_try(const struct asking *a, const struct sync_options *options, struct sync_result *ret)
{
    const char *key = option_text(a, options), *upid = NULL, *failed = NULL;
    struct proximo_text kept = {0};
    struct json_object *log DROP_JSON = NULL;
    if (!key)
        return PROXIMO_ENOMEM;
    if (a->host->memo_get(a->call, key, &kept) == PROXIMO_OK && kept.len)
        log = json_of(kept);
    int32_t r = log ? PROXIMO_OK : start(a, options, &upid);
    if (r == PROXIMO_OK && !log) {
        r = read_log(a, upid, &log, &failed);
        if (r == PROXIMO_OK)
            (void)a->host->memo_set(a->call, key, json_text(log));
    }
    if (r == PROXIMO_OK)
        (void)has_ended(a, log, &failed);
    if (r == PROXIMO_OK && failed)
        return a->host->fail(a->call, PROXIMO_EREMOTE,
                             "the dry run of the sync failed, and so would the sync: %.400s", failed);
    return r == PROXIMO_OK ? take_log(a, log, ret) : r;
}

/* ---- its edits */

static void add_all(struct json_object *edits, struct json_object *ids, const char *op, const char *member)
{
    for (size_t i = 0; i < json_object_array_length(ids); i++)
        json_object_array_add(
            edits, edit_new(op, member, json_object_get_string(json_object_array_get_idx(ids, i))));
}

/* Entries of those whose entries alone go: with a principal that is removed all of it goes. */
static void add_purged(struct json_object *edits, struct json_object *acl, struct json_object *ids,
                       struct json_object *removed, const char *type)
{
    for (size_t i = 0; i < json_object_array_length(acl); i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        const char *ugid = member_text(entry, "ugid");
        if (!ugid || !member_is(entry, "type", type) || !edit_has(ids, ugid) || edit_has(removed, ugid))
            continue;
        struct json_object *edit = edit_new("entry-remove", "path", member_text(entry, "path"));
        if (!edit)
            continue;
        json_object_object_add(edit, "role", json_object_get(member_of(entry, "roleid")));
        json_object_object_add(edit, "type", json_object_new_string(type));
        json_object_object_add(edit, "ugid", json_object_new_string(ugid));
        json_object_array_add(edits, edit);
    }
}

int32_t sync_edits(const struct asking *a, const struct sync_options *options,
                   const struct sync_result *result, struct json_object **ret)
{
    const bool off = options->enable_new && strcmp(options->enable_new, "0") == 0;
    struct json_object *edits = json_object_new_array();
    struct looked acl = {0};
    int32_t r = edits ? grants_look(a, &acl) : PROXIMO_ENOMEM;
    if (r < 0) {
        json_object_put(edits);
        return r;
    }
    for (size_t i = 0; i < json_object_array_length(result->users_added); i++)
        json_object_array_add(
            edits, edit_user(json_object_get_string(json_object_array_get_idx(result->users_added, i)),
                             off ? "0" : "1", "0", json_object_new_array()));
    add_all(edits, result->groups_added, "group", "groupid");
    if (acl.data) { /* without it the blast function says that it was not read */
        add_purged(edits, acl.data, result->users_purged, result->users_removed, "user");
        add_purged(edits, acl.data, result->groups_purged, result->groups_removed, "group");
    }
    json_object_put(acl.data);
    add_all(edits, result->users_removed, "user-remove", "userid");
    add_all(edits, result->groups_removed, "group-remove", "groupid");
    if (r == PROXIMO_OK &&
        json_object_array_length(result->groups_added) + json_object_array_length(result->groups_changed))
        r = a->host->incomplete(a->call, "who comes into the directory's groups, and who leaves them",
                                "the dry run names groups, not their members");
    if (r == PROXIMO_OK && json_object_array_length(result->odd))
        r = a->host->incomplete(a->call, "some lines of the dry run",
                                ask_text(a, "not understood, the first is: %.200s",
                                         json_object_get_string(json_object_array_get_idx(result->odd, 0))));
    if (r == PROXIMO_OK)
        *ret = edits;
    else
        json_object_put(edits);
    return r;
}
