/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens: creation, change, a new value, removal. The value of a token is shown once, by Proxmox to the
 * core and by the core to the one who asked; no plane sees it. Sources: GET, POST, PUT, DELETE
 * /access/users/{userid}/token/{tokenid}.
 */
#include "tokens.h"

#include "access.h"

static const char *full_id(const struct config_change *c)
{
    const char *userid = ask_argument(&c->ask, "userid");
    return ask_text(&c->ask, "%s!%s", userid ? userid : "", c->id);
}

/* ---- what is checked and said */

/* A token of nobody: Proxmox answers 403 for it, which says nothing. */
static int32_t check_user(const struct asking *a, const char *userid)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};
    const struct proximo_field user = FIELD("userid", userid);
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users/{userid}", .fields = &user,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    if (looked.data)
        r = access_over_user(a, userid, member_of(looked.data, "groups"));
    else if (looked.status == 500 || looked.status == 400 || looked.status == 404)
        r = a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no user \"%s\": %.200s", userid,
                          looked.why ? looked.why : "");
    else
        r = access_over_user(a, userid, NULL);
    json_object_put(looked.data);
    return r;
}

int32_t token_check(const struct asking *a)
{
    const char *userid = ask_argument(a, "userid"), *tokenid = ask_argument(a, "tokenid");
    int32_t r = access_check_token(a, tokenid);
    if (r == PROXIMO_OK)
        r = access_check_user(a, userid ? userid : "");
    return r == PROXIMO_OK ? check_user(a, userid ? userid : "") : r;
}

static int32_t tell_rights(struct config_change *c, const char *id)
{
    const char *after = config_after(c, "privsep"), *userid = ask_argument(&c->ask, "userid");
    const bool all = after && strcmp(after, "0") == 0;
    if (c->verb == CONFIG_UPDATE && !config_edited(c, "privsep"))
        return PROXIMO_OK;
    if (all)
        return c->ask.host->risk(
            c->ask.call, PROXIMO_RISK_HIGH,
            ask_text(&c->ask, "without privilege separation %s may do all that %s may", id, userid));
    return tell_text(
        &c->ask, "rights",
        "with privilege separation it has what entries of its own give it (pve_acl_modify) and its "
        "user has as well: without any, nothing");
}

static int32_t check_gone(struct config_change *c, const char *id)
{
    struct access_entries entries = {0};
    int32_t r = access_entries_look(&c->ask, "token", id, &entries);
    if (r == PROXIMO_OK)
        r = access_entries_tell(&c->ask, &entries, "token", id, c->undoing, &c->guards[0]);
    if (r == PROXIMO_OK && c->guards[0].path)
        c->guard_count = 1;
    access_entries_done(&entries);
    c->no_way_back = "the value of a token is shown once, when it is made: one that is made again "
                     "(pve_token_create) has another value, which whoever used this one has to be given, and "
                     "its entries of the access list have to be given again";
    return r == PROXIMO_OK
               ? edit_put(&c->subject_details, "edit", edit_list(edit_new("token-remove", "tokenid", id)))
               : r;
}

static int32_t check(struct config_change *c)
{
    static const char *const words[] = {"is created", "changes", "is revoked: whoever uses it is shut out"};
    const char *id = full_id(c);
    c->summary = ask_text(&c->ask, "API token %s %s", id, words[c->verb]);
    if (!c->summary)
        return PROXIMO_ENOMEM;
    if (c->verb == CONFIG_DELETE)
        return check_gone(c, id);
    if (c->verb == CONFIG_CREATE)
        c->guards[c->guard_count++] =
            (struct proximo_guard){ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE, .path = "/access/acl",
                                   .fields = ask_text(&c->ask, "[ugid=%s]", id)};
    int32_t r = config_edited(c, "expire") && !c->undoing ? access_check_expire(&c->ask) : PROXIMO_OK;
    if (r == PROXIMO_OK)
        r = tell_rights(c, id);
    if (r < 0)
        return r;
    return edit_put(&c->subject_details, "edit",
                    edit_list(edit_token(id, config_after(c, "privsep"), config_after(c, "expire"))));
}

/* ---- the object */

static const struct config_key token_keys[] = {
    {.name = "comment"},
    {.name = "expire", .absent = "0"},
    {.name = "privsep", .absent = "1"},
};
static const struct proximo_need token_needs[] = {NEED("/access/groups", "User.Modify")};

const struct config_kind token_kind = {
    .what = "token",
    .subject = "token",
    .subject_member = "tokenid",
    .id = "tokenid",
    .subject_name = "{userid}!{tokenid}",
    .list = "/access/users/{userid}/token",
    .one = "/access/users/{userid}/token/{tokenid}",
    .flags = CONFIG_CREATE_ON_ONE | CONFIG_NO_DELETE,
    .keys = token_keys,
    .key_count = sizeof(token_keys) / sizeof(token_keys[0]),
    .needs = PROXIMO_TABLE(token_needs),
    .classes = {"token.create", "token.update", "token.revoke"},
    .check = check,
};

/* ---- a new value */

static int32_t look(const struct asking *a, const struct proximo_field *fields, struct json_object **ret)
{
    const struct proximo_get get = {ROW(proximo_get), .path = token_kind.one, .fields = fields,
                                    .field_count = 2, .needs = token_kind.needs};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    *ret = looked.data;
    if (r == PROXIMO_OK && !json_object_is_type(looked.data, json_type_object))
        r = a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_ENOTFOUND,
                          "there is no token \"%s\" of %s: %.300s", fields[1].value, fields[0].value,
                          looked.why ? looked.why : "");
    return r;
}

static int32_t lay_out(const struct asking *a, const struct proximo_field *fields, struct json_object *now)
{
    const char *id = ask_text(a, "%s!%s", fields[0].value, fields[1].value);
    const struct proximo_guard guard = {ROW(proximo_guard), .path = token_kind.one,
                                        .params = ROWS(fields, 2)};
    const struct proximo_field sent[] = {fields[0], fields[1], FIELD("regenerate", "1")};
    const struct proximo_step change = access_request("change", "PUT", token_kind.one, sent, 3);
    struct json_object *subject = NULL;
    const char *summary = ask_text(a,
                                   "API token %s gets a new value: whoever uses it is shut out until it is "
                                   "given the new one",
                                   id);
    int32_t r =
        summary ? edit_put(&subject, "edit",
                           edit_list(edit_token(id, member_text(now, "privsep"), member_text(now, "expire"))))
                : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        json_object_object_add(subject, "kind", json_object_new_string("token"));
        json_object_object_add(subject, "tokenid", json_object_new_string(id));
    }
    if (r < 0 || (r = a->host->change(a->call, summary)) < 0 || (r = a->host->guard(a->call, &guard)) < 0 ||
        (r = a->host->subject(a->call, "token.regenerate", json_text(subject))) < 0 ||
        (r = a->host->step(a->call, &change)) < 0 ||
        (r = tell_text(a, "no_way_back", "the former value is gone: Proxmox keeps the new one alone")) < 0)
        a->host->log(a->call, PROXIMO_LOG_DEBUG, "token: no plan");
    json_object_put(subject);
    return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
}

int32_t token_plan_regenerate(const struct asking *a)
{
    const struct proximo_field fields[] = {FIELD("userid", ask_argument(a, "userid")),
                                           FIELD("tokenid", ask_argument(a, "tokenid"))};
    struct json_object *now = NULL;
    int32_t r = token_check(a);
    if (r == PROXIMO_OK && ask_release(a) == 8)
        return a->host->fail(a->call, PROXIMO_ENOSYS,
                             "Proxmox VE 8, which this site runs, gives no token a new value: revoke it and "
                             "create another one");
    if (r == PROXIMO_OK)
        r = look(a, fields, &now);
    if (r == PROXIMO_OK)
        r = lay_out(a, fields, now);
    json_object_put(now);
    return r;
}
