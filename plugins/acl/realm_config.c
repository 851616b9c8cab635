/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Realms: what is checked, said and undone beside the values themselves. The password that Proxmox binds to a
 * directory with, and an OpenID client's key, are never shown: no way back brings them. Sources:
 * /access/domains, /access/domains/{realm}.
 */
#include "realms.h"

#include "access.h"

#define BUILTIN       "pam pve"
#define DEFAULT_REALM "[default=1]/realm"

/* ---- whom it concerns */

/* Jobs that sync it by its name. */
static int32_t tell_jobs(const struct asking *a, const char *realm)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/jobs/realm-sync",
                                    .needs = ROWS(need, 1)};
    struct looked jobs;
    const char *names = NULL;
    int32_t r = ask_look(a, &get, &jobs);
    if (r < 0)
        return r;
    if (!json_object_is_type(jobs.data, json_type_array) || !jobs.complete)
        r = a->host->incomplete(a->call, "the jobs that sync the realm",
                                jobs.data ? "this token does not hold Sys.Audit on /" : jobs.why);
    for (size_t i = 0;
         json_object_is_type(jobs.data, json_type_array) && i < json_object_array_length(jobs.data); i++) {
        struct json_object *job = json_object_array_get_idx(jobs.data, i);
        const char *id = member_text(job, "id");
        if (id && member_is(job, "realm", realm))
            names = names ? ask_text(a, "%s, %s", names, id) : ask_text(a, "%s", id);
    }
    json_object_put(jobs.data);
    if (r < 0 || !names)
        return r;
    r = tell_text(a, "sync_jobs_that_name_it", names);
    return r < 0 ? r
                 : a->host->risk(a->call, PROXIMO_RISK_MEDIUM,
                                 ask_text(a, "jobs sync this realm by its name: %s", names));
}

/* ---- checks */

/* It says something about the request and is kept nowhere. */
static void take_connection(struct config_change *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->edits[i].key->name, "check-connection") != 0)
            continue;
        if (c->edits[i].to)
            c->more[c->more_count++] = FIELD("check-connection", c->edits[i].to);
        c->count--;
        for (uint32_t k = i; k < c->count; k++)
            c->edits[k] = c->edits[k + 1];
        return;
    }
}

/* The default is taken from another realm: it is remembered which. */
static int32_t check_default(struct config_change *c)
{
    const struct config_edit *edit = config_edited(c, "default");
    if (!edit || !edit->to || strcmp(edit->to, "1") != 0)
        return PROXIMO_OK;
    c->guards[c->guard_count++] =
        (struct proximo_guard){ROW(proximo_guard), .path = "/access/domains", .fields = DEFAULT_REALM};
    return tell_text(&c->ask, "default",
                     "the login form offers this realm first from now on, instead of the one before");
}

static int32_t check_factor(struct config_change *c)
{
    const struct config_edit *edit = config_edited(c, "tfa");
    return edit && edit->to
               ? c->ask.host->risk(c->ask.call, PROXIMO_RISK_HIGH,
                                   "every user of the realm needs a second factor from now on: who has none "
                                   "cannot log in")
               : PROXIMO_OK;
}

/* What Proxmox keeps for it and never shows; NULL: nothing. */
static const char *lost_with(const struct config_change *c)
{
    const char *type = config_before(c, "type");
    const bool bound = type && config_list_has("ldap ad", type) && config_before(c, "bind_dn");
    const char *lost = bound                                 ? "the password of bind_dn"
                       : type && strcmp(type, "openid") == 0 ? "the client's key, if it has one"
                                                             : NULL;
    if (!member_of(c->now, "certkey"))
        return lost;
    return lost ? ask_text(&c->ask, "%s, and certkey", lost) : "certkey";
}

static int32_t check_gone(struct config_change *c)
{
    const char *lost = lost_with(c);
    if (config_list_has(BUILTIN, c->id))
        return c->ask.host->fail(
            c->ask.call, PROXIMO_EDENIED,
            "the realm %s is builtin: Proxmox would not delete it but forget its settings, "
            "which pve_realm_update can do one by one",
            c->id);
    int32_t r = tell_jobs(&c->ask, c->id);
    const char *is_default = config_before(c, "default");
    if (r == PROXIMO_OK && is_default && strcmp(is_default, "1") == 0)
        r = tell_text(&c->ask, "default", "it is the realm that the login form offers first");
    if (r == PROXIMO_OK && lost) {
        c->way_back = ask_text(&c->ask,
                               "creates the realm again with the values that stand under what_goes, but "
                               "without %s: until that is set again nobody logs in by it",
                               lost);
        r = tell_text(&c->ask, "does_not_come_back", lost);
    }
    return r;
}

/* For the blast function: no rights change, but how somebody comes to them. */
static int32_t put_subject(struct config_change *c)
{
    static const char *const keys[] = {"tfa", "autocreate", "groups-claim"};
    int32_t r = edit_put(&c->subject_details, "edit", json_object_new_array());
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct config_edit *edit = config_edited(c, keys[i]);
        if (edit && edit->to)
            json_object_object_add(c->subject_details, keys[i], json_object_new_string(edit->to));
    }
    return r;
}

static int32_t check(struct config_change *c)
{
    if (c->verb == CONFIG_DELETE) {
        int32_t r = check_gone(c);
        return r == PROXIMO_OK ? edit_put(&c->subject_details, "edit",
                                          edit_list(edit_new("realm-remove", "realm", c->id)))
                               : r;
    }
    int32_t r = realm_check_type(c);
    take_connection(c);
    if (r == PROXIMO_OK)
        r = check_default(c);
    if (r == PROXIMO_OK)
        r = check_factor(c);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE && config_list_has(BUILTIN, c->id))
        r = c->ask.host->risk(c->ask.call, PROXIMO_RISK_HIGH,
                              ask_text(&c->ask, "%s is a builtin realm: administrators log in by it", c->id));
    return r == PROXIMO_OK ? put_subject(c) : r;
}

/* ---- the way back */

/* Which realm was the default before, as the record has it; NULL: none, or another value was at stake. */
static const char *recorded_default(struct json_object *record)
{
    struct json_object *before = member_of(record, "before");
    const size_t count = json_object_is_type(before, json_type_array) ? json_object_array_length(before) : 0;
    for (size_t i = 1; i < count; i++) {
        const char *realm = member_text(json_object_array_get_idx(before, i), DEFAULT_REALM);
        if (realm)
            return realm;
    }
    return NULL;
}

int32_t realm_plan_undo(const struct asking *a, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    const char *former = recorded_default(record), *realm = ask_argument(a, "realm");
    int32_t r = config_plan_undo(a->host, a->call, &realm_kind, record_json);
    if (r < 0 || !former || !realm || strcmp(former, realm) == 0)
        return r;
    const struct proximo_field fields[] = {FIELD("realm", former), FIELD("default", "1")};
    const struct proximo_step step =
        access_request("default-back", "PUT", "/access/domains/{realm}", fields, 2);
    return a->host->step(a->call, &step);
}

/* ---- the object */

static const char *const shown[] = {"plugin", "client-key", "certkey", "password", NULL};
static const struct proximo_need needs[] = {NEED("/access/realm", "Realm.Allocate|Sys.Audit")};

const struct config_kind realm_kind = {
    .what = "realm",
    .subject = "realm",
    .subject_member = "realm",
    .id = "realm",
    .list = "/access/domains",
    .one = "/access/domains/{realm}",
    .flags = CONFIG_DIGEST,
    .keys = realm_keys,
    .key_count = REALM_KEYS,
    .shown = shown,
    .needs = PROXIMO_TABLE(needs),
    .classes = {"realm.create", "realm.update", "realm.delete"},
    .check = check,
};
