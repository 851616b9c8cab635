/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_realm_sync: users and groups are taken from a realm's directory. The plan shows what the dry run says;
 * the blast function makes the dry run again before the sync is made, and a directory that says something
 * else by then is drift. Source: POST /access/domains/{realm}/sync.
 */
#include "realm_sync.h"

#include "access.h"

#define LINES_SHOWN 100u
#define ROWS_MOST   500u /* of one kind, one by one */
#define SEEN_MOST   20u

/* ---- options */

/* "acl;entry" of the list; NULL: not given. */
static const char *vanished_text(const struct asking *a)
{
    struct json_object *arguments DROP_JSON = ask_arguments(a);
    struct json_object *list = member_of(arguments, "remove_vanished");
    const char *text = NULL;
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(list, i));
        text = text ? ask_text(a, "%s;%s", text, word) : ask_text(a, "%s", word);
    }
    return text ? text : json_object_is_type(list, json_type_array) ? "none" : NULL;
}

static void take_options(const struct asking *a, struct sync_options *ret)
{
    const char *enable = ask_argument(a, "enable_new");
    *ret = (struct sync_options){.realm = ask_argument(a, "realm"),
                                 .scope = ask_argument(a, "scope"),
                                 .remove_vanished = vanished_text(a)};
    if (enable)
        ret->enable_new = strcmp(enable, "true") == 0 || strcmp(enable, "1") == 0 ? "1" : "0";
}

/* ---- what must be so */

static int32_t check_realm(const struct asking *a, const char *realm)
{
    struct json_object *all DROP_JSON = NULL, *row = NULL;
    int32_t r = access_realm_look(a, realm, &all, &row);
    if (r == PROXIMO_OK && !row)
        r = a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no realm \"%s\"", realm);
    if (r == PROXIMO_OK && !member_is(row, "type", "ldap") && !member_is(row, "type", "ad"))
        r = a->host->fail(a->call, PROXIMO_EINVAL,
                          "only realms of the types ldap and ad are synced; \"%s\" is of the type %s", realm,
                          member_text(row, "type"));
    if (r == PROXIMO_OK)
        r = access_in_realm(a, realm);
    return r == PROXIMO_OK ? ask_privilege(a, "/access/groups", "User.Modify",
                                           "to sync a realm needs User.Modify on /access/groups")
                           : r;
}

/* ---- what is said */

/* Lines that could be long, and many. */
static struct json_object *first_lines(const struct asking *a, struct json_object *log)
{
    struct json_object *cut = json_object_new_array();
    for (size_t i = 0; cut && i < json_object_array_length(log) && i < LINES_SHOWN; i++) {
        const char *line = ask_text(a, "%.300s", json_object_get_string(json_object_array_get_idx(log, i)));
        if (line)
            json_object_array_add(cut, json_object_new_string(line));
    }
    return cut;
}

static int32_t tell_result(const struct asking *a, const struct sync_result *s)
{
    const struct {
        const char *name;
        struct json_object *list;
    } facts[] = {
        {"users_that_come", s->users_added},   {"users_that_are_updated", s->users_changed},
        {"users_that_go", s->users_removed},   {"users_whose_entries_go", s->users_purged},
        {"groups_that_come", s->groups_added}, {"groups_that_are_updated", s->groups_changed},
        {"groups_that_go", s->groups_removed}, {"groups_whose_entries_go", s->groups_purged},
    };
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(facts) / sizeof(facts[0]); i++)
        r = access_tell_list(a, facts[i].name, facts[i].list);
    if (r == PROXIMO_OK)
        r = tell_fact(a, "dry_run", first_lines(a, s->log));
    const size_t gone =
        json_object_array_length(s->users_removed) + json_object_array_length(s->groups_removed) +
        json_object_array_length(s->users_purged) + json_object_array_length(s->groups_purged);
    if (r == PROXIMO_OK && gone)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "who is no longer in the directory is removed here, or loses the entries given");
    return r;
}

/* ---- the plan */

static uint32_t request_fields(const struct sync_options *o, struct proximo_field *fields)
{
    uint32_t count = 0;
    fields[count++] = FIELD("realm", o->realm);
    if (o->scope)
        fields[count++] = FIELD("scope", o->scope);
    if (o->remove_vanished)
        fields[count++] = FIELD("remove-vanished", o->remove_vanished);
    if (o->enable_new)
        fields[count++] = FIELD("enable-new", o->enable_new);
    return count;
}

static int32_t see(const struct asking *a, struct json_object *users, bool there)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(users) && i < SEEN_MOST; i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(users, i));
        const struct proximo_step wait = {ROW(proximo_step),
                                          .kind = PROXIMO_STEP_WAIT,
                                          .path = "/access/users",
                                          .select =
                                              ask_text(a, there ? "[userid=%s]/userid" : "[userid=%s]", id),
                                          .wait_test = there ? PROXIMO_WAIT_EXISTS : PROXIMO_WAIT_COUNT,
                                          .wait_value = there ? NULL : "0",
                                          .tolerate = "500",
                                          .interval_ms = 500,
                                          .deadline_ms = 15000};
        r = wait.select ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
    }
    return r;
}

/* Without edits: the blast function makes them of a dry run of its own, and there may be thousands. */
static int32_t subject(const struct asking *a, const struct sync_options *o)
{
    struct json_object *subject = json_object_new_object();
    int32_t r = subject ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        json_object_object_add(subject, "kind", json_object_new_string("realm"));
        json_object_object_add(subject, "realm", json_object_new_string(o->realm));
        if (o->scope)
            json_object_object_add(subject, "scope", json_object_new_string(o->scope));
        if (o->remove_vanished)
            json_object_object_add(subject, "remove_vanished", json_object_new_string(o->remove_vanished));
        if (o->enable_new)
            json_object_object_add(subject, "enable_new", json_object_new_string(o->enable_new));
        r = a->host->subject(a->call, "realm.sync", json_text(subject));
    }
    json_object_put(subject);
    return r;
}

static int32_t lay_out(const struct asking *a, const struct sync_options *o, const struct sync_result *s)
{
    struct proximo_field fields[4];
    const struct proximo_field realm = FIELD("realm", o->realm);
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                        .path = "/access/domains/{realm}", .params = ROWS(&realm, 1)};
    struct proximo_step change =
        access_request("change", "POST", "/access/domains/{realm}/sync", fields, request_fields(o, fields));
    change.flags = PROXIMO_STEP_FOLLOW;
    const char *summary = ask_text(
        a,
        "users and groups are taken from the directory of the realm \"%s\": %zu users come, %zu go, %zu "
        "groups come, %zu go",
        o->realm, json_object_array_length(s->users_added), json_object_array_length(s->users_removed),
        json_object_array_length(s->groups_added), json_object_array_length(s->groups_removed));
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r < 0 || (r = tell_result(a, s)) < 0 || (r = a->host->guard(a->call, &guard)) < 0 ||
        (r = subject(a, o)) < 0 || (r = a->host->step(a->call, &change)) < 0 ||
        (r = see(a, s->users_added, true)) < 0 || (r = see(a, s->users_removed, false)) < 0)
        return r;
    r = tell_text(a, "no_way_back",
                  "what the directory overwrites is kept nowhere, and whom it removes loses tokens, second "
                  "factors and entries; a user or group that came can be deleted by its own tool");
    return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
}

static int32_t plan(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct sync_options options;
    struct sync_result result = {0};
    take_options(&a, &options);
    int32_t r = check_realm(&a, options.realm ? options.realm : "");
    if (r == PROXIMO_OK)
        r = sync_try(&a, &options, &result);
    if (r == PROXIMO_OK)
        r = lay_out(&a, &options, &result);
    sync_result_done(&result);
    return r;
}

/* ---- whom it concerns: the dry run again */

/* said: what has a row already; NULL: none has. */
static int32_t tell_ids(const struct asking *a, struct json_object *ids, struct json_object *said,
                        const char *kind, uint32_t risk, const char *effect)
{
    const size_t count = json_object_array_length(ids);
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count && i < ROWS_MOST; i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
        if (!edit_has(said, id))
            r = tell_affected(a, risk, ask_text(a, "%s/%s", kind, id), NULL, effect, NULL);
    }
    if (r == PROXIMO_OK && count > ROWS_MOST)
        r = tell_affected(a, risk, ask_text(a, "%ss/more", kind), NULL,
                          ask_text(a, "%zu more, of each: %s", count - ROWS_MOST, effect), NULL);
    return r;
}

static int32_t tell_who(const struct asking *a, const struct sync_options *o, const struct sync_result *s)
{
    const bool off = o->enable_new && strcmp(o->enable_new, "0") == 0;
    const struct {
        struct json_object *ids, *said;
        const char *kind;
        uint32_t risk;
        const char *effect;
    } rows[] = {
        {s->users_removed, NULL, "user", PROXIMO_RISK_HIGH,
         "is no longer in the directory: is removed, with tokens and second factors"},
        {s->groups_removed, NULL, "group", PROXIMO_RISK_HIGH,
         "is no longer in the directory: is removed, with what was given to it"},
        {s->users_purged, s->users_removed, "user", PROXIMO_RISK_HIGH,
         "is no longer in the directory: loses its entries"},
        {s->groups_purged, s->groups_removed, "group", PROXIMO_RISK_HIGH,
         "is no longer in the directory: loses its entries"},
        {s->users_added, NULL, "user", PROXIMO_RISK_MEDIUM,
         off ? "is made, and cannot log in until it is enabled" : "is made: can log in by the realm"},
        {s->groups_added, NULL, "group", PROXIMO_RISK_LOW, "is made"},
        {s->users_changed, NULL, "user", PROXIMO_RISK_LOW,
         "gets names and mail address as the directory has them"},
        {s->groups_changed, NULL, "group", PROXIMO_RISK_MEDIUM, "gets the members that the directory has"},
    };
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(rows) / sizeof(rows[0]); i++)
        r = tell_ids(a, rows[i].ids, rows[i].said, rows[i].kind, rows[i].risk, rows[i].effect);
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json), *edits = NULL;
    const struct sync_options options = {.realm = member_text(subject, "realm"),
                                         .scope = member_text(subject, "scope"),
                                         .remove_vanished = member_text(subject, "remove_vanished"),
                                         .enable_new = member_text(subject, "enable_new")};
    struct sync_result result = {0};
    if (!options.realm)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject names no realm");
    int32_t r = sync_try(&a, &options, &result);
    if (r == PROXIMO_OK)
        r = tell_who(&a, &options, &result);
    if (r == PROXIMO_OK)
        r = sync_edits(&a, &options, &result, &edits);
    if (r == PROXIMO_OK)
        r = edit_put(&subject, "edit", edits);
    sync_result_done(&result);
    return r == PROXIMO_OK ? acl_blast(instance, call, json_text(subject)) : r;
}

/* ---- the tool */

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "realm", .format = "realm", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The realm: of the type ldap or ad."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "scope", .choices = "users,groups,both",
          .description = "What is taken from the directory; absent: as the realm's sync options say."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "remove_vanished", .choices = "acl,entry,properties",
          .description = "What goes of those who are no longer in the directory: acl: their entries, entry: "
                         "they themselves, properties: what the directory does not say; []: nothing. Absent: "
                         "as the realm's sync options say."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "enable_new",
          .description = "false: users that come cannot log in yet.")};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_realm_sync", .title = "Sync a realm",
     .description =
         "Changes users and groups to what a realm's directory has. The plan makes a dry run and shows "
         "who comes, who is updated and who goes; it is made again before the sync. With "
         "remove_vanished users, their tokens and entries can go. There is no way back.",
     .params = PROXIMO_TABLE(params), .operation_class = "realm.sync", .subject = "realm/{realm}",
     .plan = plan, .undo_kind = PROXIMO_UNDO_NONE},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "realm.sync", .title = "sync a realm",
     .description = "Users and groups become what a directory says.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema =
         "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"realm\"},\"realm\":{\"type\":\"string\"}"
         ","
         "\"edit\":{\"type\":\"string\"},\"scope\":{\"type\":\"string\"},\"remove_vanished\":{\"type\":"
         "\"string\"},\"enable_new\":{\"type\":\"string\"}},\"required\":[\"kind\",\"realm\"]}",
     .blast = blast},
};

/* What a sync of a realm would do. */
static const struct proximo_param probe_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "realm", .format = "realm", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The realm."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "scope", .choices = "users,groups,both",
          .description = "What is taken from the directory."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "remove_vanished", .api_name = "remove-vanished",
          .description = "What goes of those who are no longer there."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "enable_new", .api_name = "enable-new", .choices = "0,1",
          .description = "Whether users that come can log in.")};
static const struct proximo_field probe_fixed[] = {{ROW(proximo_field), .name = "dry-run", .value = "1"}};
static const struct proximo_probe probes[] = {
    {ROW(proximo_probe), .name = SYNC_PROBE, .description = "A task that logs what a sync would do.",
     .params = PROXIMO_TABLE(probe_params), .method = "POST", .path = "/access/domains/{realm}/sync",
     .fixed = PROXIMO_TABLE(probe_fixed)},
};

const struct topic acl_topic_realm_sync = {
    .probes = PROXIMO_TABLE(probes),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
