/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor on the token: is it privilege-separated, when does it end, what does it reach that few tokens need.
 * A token may not read its own record, yet with Sys.Audit or User.Modify on /access/groups it reads that of
 * any user. A Backup Server's tokens are always separated, root@pam's too. Sources: GET
 * /access/users/{userid}, /access/users/{userid}/token/{tokenid}, /access/permissions?userid= (Backup Server:
 * auth-id=), /access/acl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/site.h"

#define SOON_S       (14 * 86400)
#define ENTRIES_TOLD 20
#define SEPARATED_IS                                                                                         \
    "A separated token has rights of its own, and never more than its user: what it may do, both "           \
    "must be granted. Taking a role from the token takes it from Proximo alone."
#define TOGETHER_IS                                                                                          \
    "A token without separation may do all that its user may; entries for the token itself "                 \
    "are ignored. Whatever the user is granted later, Proximo is granted too."

struct token {
    char user[256];
    const char *name; /* behind the '!', in id of the site */
    int64_t expire;   /* epoch; 0: never; -1: not known */
    int64_t user_expire;
};

static void token_split(const struct doctor_site *s, struct token *t)
{
    const size_t len = strcspn(s->id, "!");

    memcpy(t->user, s->id, len);
    t->user[len] = '\0';
    t->name = s->id[len] ? s->id + len + 1 : "";
}

static void token_take(struct doctor_site *s, struct token *t, struct json_object *record)
{
    bool separated = true; /* Proxmox's default */

    (void)json_get_bool(record, "privsep", &separated);
    s->separated = separated;
    t->expire = 0;
    (void)json_get_int(record, "expire", &t->expire);
}

/* From the user's record, else the token's own. What is refused leaves it unknown. */
static void token_read(struct doctor_site *s, struct token *t)
{
    CLEANUP_JSON struct json_object *user = NULL, *own = NULL;
    CLEANUP_BUF struct buf path = BUF_INIT(1024);
    struct json_object *tokens = NULL, *record = NULL;
    struct problem p = PROBLEM_INIT;

    buf_str(&path, "/access/users/");
    buf_percent(&path, t->user, strlen(t->user));
    if (doctor_get(s, path.data, NULL, 0, json_type_object, &user, &p) == 0) {
        (void)json_get_int(user, "expire", &t->user_expire);
        if (json_get(user, "tokens", json_type_object, &tokens) == 0 &&
            json_get(tokens, t->name, json_type_object, &record) == 0) {
            token_take(s, t, record);
            return;
        }
    }
    buf_str(&path, "/token/");
    buf_percent(&path, t->name, strlen(t->name));
    if (doctor_get(s, path.data, NULL, 0, json_type_object, &own, &p) == 0)
        token_take(s, t, own);
}

/* What the user holds and the token does not, by path; NULL: the user may not be asked about. */
static struct json_object *token_lacks(const struct doctor_site *s, const struct token *t)
{
    const struct http_field field = {
        .name = doctor_whose_field(s), .value = t->user, .value_len = strlen(t->user)};
    CLEANUP_JSON struct json_object *own = NULL, *users = NULL;
    struct json_object *out;
    struct problem p = PROBLEM_INIT;

    if (doctor_get(s, "/access/permissions", NULL, 0, json_type_object, &own, &p) < 0 ||
        doctor_get(s, "/access/permissions", &field, 1, json_type_object, &users, &p) < 0)
        return NULL;
    out = json_object_new_object();
    json_object_object_foreach(users, path, held)
    {
        struct json_object *mine = NULL, *lacking = json_object_new_array();

        (void)json_get(own, path, json_type_object, &mine);
        json_object_object_foreach(held, privilege, flag)
        {
            (void)flag;
            if (!mine || !json_object_object_get_ex(mine, privilege, NULL))
                (void)json_object_array_add(lacking, json_object_new_string(privilege));
        }
        if (json_object_array_length(lacking) > 0)
            (void)json_object_object_add(out, path, lacking);
        else
            json_object_put(lacking);
    }
    return out;
}

static void say_separation(struct doctor_site *s, const struct token *t)
{
    CLEANUP_JSON struct json_object *lacks = token_lacks(s, t);
    CLEANUP_BUF struct buf text = BUF_INIT(4096);
    struct json_object *check;
    const size_t paths = lacks ? (size_t)json_object_object_length(lacks) : 0;

    if (s->separated < 0 && paths > 0)
        s->separated = 1; /* without separation it would hold all that its user does */
    if (s->separated < 0) {
        check = doctor_add(s->d, DOCTOR_NOTE, NULL,
                           "privilege separation of %s: not known, the token may not read that. %s %s", s->id,
                           SEPARATED_IS, TOGETHER_IS);
    } else if (s->separated == 0) {
        check = doctor_add(s->d, DOCTOR_NOTE, "`proximo mint` prints the way to a separated token.",
                           "%s is not privilege-separated. %s", s->id, TOGETHER_IS);
    } else {
        if (!lacks)
            buf_str(&text, "What the user holds beyond it is not known.");
        else if (paths == 0)
            buf_str(&text, "The user holds nothing beyond it.");
        else
            buf_printf(&text, "The user holds more on %zu path%s.", paths, paths == 1 ? "" : "s");
        check = doctor_add(s->d, DOCTOR_OK, NULL, "%s is privilege-separated. %s %s", s->id, SEPARATED_IS,
                           text.data ? text.data : "");
    }
    doctor_fact(check, "token", s->id);
    doctor_fact(check, "separated", s->separated < 0 ? "unknown" : s->separated ? "yes" : "no");
    if (lacks)
        (void)json_object_object_add(check, "user_holds_more", json_object_get(lacks));
}

static void say_expiry(const struct doctor_site *s, const struct token *t)
{
    const int64_t now = clock_wall_us() / 1000000;
    int64_t end = t->expire;
    struct json_object *check;
    struct tm parts;
    char when[48] = "";

    if (t->expire < 0) {
        doctor_add(s->d, DOCTOR_NOTE, NULL, "when the token expires is not known: it may not read that");
        return;
    }
    if (t->user_expire > 0 && (end == 0 || t->user_expire < end))
        end = t->user_expire;
    if (end == 0) {
        check = doctor_add(s->d, DOCTOR_OK, NULL, "the token never expires");
    } else {
        if (gmtime_r(&(const time_t){(time_t)end}, &parts))
            (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &parts);
        check = doctor_add(s->d, end - now < SOON_S ? DOCTOR_NOTE : DOCTOR_OK,
                           end - now < SOON_S ? "Set a later date, or make a new token in time." : NULL,
                           "the token%s expires %s, in %lld days", end == t->expire ? "" : "'s user", when,
                           (long long)((end - now) / 86400));
    }
    doctor_fact_int(check, "expires", end);
}

/* ---- grants that reach far */

/* Roles that hand out rights, or change what all else rests on. */
static const struct {
    unsigned kind;
    const char *role;
    bool everywhere; /* only where it is given on / */
} broad[] = {
    {CONFIG_PVE, "Administrator", false}, {CONFIG_PVE, "PVEAdmin", false},
    {CONFIG_PVE, "PVESysAdmin", false},   {CONFIG_PVE, "PVEUserAdmin", false},
    {CONFIG_PBS, "Admin", false},         {CONFIG_PBS, "DatastoreAdmin", true},
    {CONFIG_PBS, "RemoteAdmin", true},    {CONFIG_PBS, "TapeAdmin", true},
};

static bool role_is_broad(unsigned kind, const char *role, bool everywhere)
{
    for (size_t i = 0; i < sizeof(broad) / sizeof(broad[0]); i++) {
        if (broad[i].kind == kind && strcmp(role, broad[i].role) == 0)
            return everywhere || !broad[i].everywhere;
    }
    return false;
}

/* "the token", "its user", "group x", "token y"; NULL: an entry that says nothing about this token. */
static const char *whose(const struct doctor_site *s, const struct token *t, const char *type, const char *id,
                         bool *ret_own)
{
    *ret_own = true;
    if (strcmp(type, "token") == 0 || strchr(id, '!')) { /* a Backup Server calls tokens users */
        *ret_own = strcmp(id, s->id) == 0;
        return *ret_own ? "the token" : "another token";
    }
    return strcmp(type, "user") == 0 && strcmp(id, t->user) == 0 ? "its user" : NULL;
}

static void check_entry(const struct doctor_site *s, const struct token *t, struct json_object *entry)
{
    const char *path = "/", *role = "", *type = "", *id = "", *who;
    bool down = true, own = false;
    struct json_object *check;

    (void)json_get_string(entry, "path", &path, NULL);
    (void)json_get_string(entry, "roleid", &role, NULL);
    (void)json_get_string(entry, s->config->kind == CONFIG_PBS ? "ugid_type" : "type", &type, NULL);
    (void)json_get_string(entry, "ugid", &id, NULL);
    (void)json_get_bool(entry, "propagate", &down);
    who = whose(s, t, type, id, &own);
    const bool everywhere = strcmp(path, "/") == 0 && down;
    /* A role of somebody's own making on / was made for a purpose; a builtin one is what was at hand. */
    const bool wide = everywhere && strncmp(role, "PVE", 3) == 0 && strcmp(role, "PVEAuditor") != 0;
    if (!who || strcmp(role, "NoAccess") == 0 ||
        !(role_is_broad(s->config->kind, role, everywhere) || (own && wide)))
        return;
    check = doctor_add(s->d, DOCTOR_NOTE,
                       own ? "`proximo mint` prints what the tools in use need, path by path." : NULL,
                       "%s%s%s has the role %s on %s%s: more than most tools need", who, own ? "" : " ",
                       own ? "" : id, role, path, down ? ", handed down" : "");
    doctor_fact(check, "path", path);
    doctor_fact(check, "role", role);
    doctor_fact(check, "ugid", id);
}

static void check_grants(const struct doctor_site *s, const struct token *t)
{
    CLEANUP_JSON struct json_object *acl = NULL;
    struct problem p = PROBLEM_INIT;
    size_t own = 0;

    const struct site_call call = doctor_call(s->d, s->config);
    if (site_permission_below(s->site, &call, "/", "Permissions.Modify", &p) > 0)
        doctor_add(s->d, DOCTOR_NOTE, "Take it away unless Proximo is to manage access.",
                   "the token holds Permissions.Modify on / and below: it could grant itself everything its "
                   "user may have");
    if (s->config->kind == CONFIG_PVE && strcmp(t->user, "root@pam") == 0) { /* no entry counts for it */
        doctor_add(s->d, DOCTOR_NOTE, "`proximo mint` prints the way to a user and a token of its own.",
                   "the token is root@pam's: it may do everything that Proxmox does not keep from tokens");
        return;
    }
    if (doctor_get(s, "/access/acl", NULL, 0, json_type_array, &acl, &p) < 0) {
        doctor_add(s->d, DOCTOR_NOTE, NULL, "entries of the access list were not read (%s %s)", p.code,
                   p.cause);
        return;
    }
    const size_t count = json_object_array_length(acl);
    const struct json_object *checks = s->d->checks;
    const size_t before = json_object_array_length(checks);
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        const char *id = "";

        (void)json_get_string(entry, "ugid", &id, NULL);
        own += strcmp(id, s->id) == 0 || strcmp(id, t->user) == 0;
        if (json_object_array_length(checks) < before + ENTRIES_TOLD)
            check_entry(s, t, entry);
    }
    if (own == 0)
        doctor_add(s->d, DOCTOR_NOTE, NULL,
                   "no entry of the access list for the token or its user is visible to it: how it came by "
                   "its rights is not known");
    else if (json_object_array_length(checks) == before)
        doctor_add(s->d, DOCTOR_OK, NULL,
                   "no far-reaching role among the %zu entr%s for the token and its user", own,
                   own == 1 ? "y" : "ies");
    if (json_object_array_length(checks) >= before + ENTRIES_TOLD)
        doctor_add(s->d, DOCTOR_NOTE, NULL, "there are more such entries; %d are told here", ENTRIES_TOLD);
}

void doctor_site_token(struct doctor_site *s)
{
    struct token t = {.expire = -1};
    char name[160];

    (void)snprintf(name, sizeof(name), "site %s: token", s->config->name);
    doctor_section(s->d, name);
    token_split(s, &t);
    if (s->config->kind == CONFIG_PBS)
        s->separated = 1;
    token_read(s, &t);
    say_separation(s, &t);
    say_expiry(s, &t);
    check_grants(s, &t);
}
