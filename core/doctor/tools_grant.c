/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of pveum (Backup Server: proxmox-backup-manager, builtin roles alone) that grant what the tools
 * lack, a role for each path, reads and changes apart, and reads that need a right to change by themselves.
 * An entry on a path puts away what a path above hands down to the same token or user, so the role holds,
 * beside what is missing, what is held there already. A separated token never has more than its user, so the
 * user is looked at too.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/grant.h"
#include "doctor/site.h"
#include "doctor/tools.h"

struct grant_kind {
    const char *name, *words;
    bool of_changes; /* needs of changes; of reads otherwise */
    bool changes;    /* of reads: the privileges that can change something, or those that cannot */
};

struct granting {
    const struct doctor_site *s;
    char user[256];
    const struct grant_kind *kind;
    const char *path;
    struct json_object *missing;
    struct json_object *lines; /* array */
};

/* What `who` (NULL: the token itself) holds on the path: {privilege: flag}, the caller's; NULL: not known. */
static struct json_object *held_by(const struct granting *g, const char *who)
{
    const struct http_field fields[] = {
        {.name = "path", .value = g->path, .value_len = strlen(g->path)},
        {.name = doctor_whose_field(g->s), .value = who ? who : "", .value_len = who ? strlen(who) : 0}};
    CLEANUP_JSON struct json_object *data = NULL;
    struct json_object *held = NULL;
    struct problem p = PROBLEM_INIT;

    if (doctor_get(g->s, "/access/permissions", fields, who ? 2 : 1, json_type_object, &data, &p) < 0)
        return NULL;
    return json_get(data, g->path, json_type_object, &held) == 0 ? json_object_get(held)
                                                                 : json_object_new_object();
}

static bool holds_all(struct json_object *held, struct json_object *wanted)
{
    json_object_object_foreach(wanted, privilege, tools)
    {
        bool down = false;

        (void)tools;
        if (json_get_bool(held, privilege, &down) < 0 || !down)
            return false;
    }
    return true;
}

static void add_line(struct granting *g, struct buf *line)
{
    if (buf_ok(line) && line->data)
        (void)json_object_array_add(g->lines, json_object_new_string(line->data));
    buf_reset(line);
}

/* A Backup Server's builtin roles for what is missing and what is held, given to one of the two. */
static void grant_builtin(struct granting *g, struct json_object *held, const char *who)
{
    CLEANUP_BUF struct buf roles = BUF_INIT(1024), line = BUF_INIT(1024);
    CLEANUP_JSON struct json_object *kept = json_object_new_object();

    if (held) {
        json_object_object_foreach(held, privilege, flag)
        {
            if (grant_matters(CONFIG_PBS, privilege, g->path))
                (void)json_object_object_add(kept, privilege, json_object_get(flag));
        }
    }
    grant_roles(kept, g->missing, &roles);
    for (const char *at = roles.data ? roles.data : ""; *at;) {
        const size_t len = strcspn(at, ",");

        buf_printf(&line, "proxmox-backup-manager acl update %s %.*s --auth-id '%s'", g->path, (int)len, at,
                   who);
        add_line(g, &line);
        at += len + (at[len] == ',');
    }
}

/* The role, and the entries that give it: to the token, to its user, or to both. */
static void grant_role(struct granting *g, const char *suffix, const struct buf *privileges, bool token,
                       bool user)
{
    CLEANUP_BUF struct buf role = BUF_INIT(512), line = BUF_INIT(8192);

    buf_printf(&role, "Proximo-%s-", g->kind->name);
    grant_word(g->path, &role);
    buf_str(&role, suffix);
    buf_printf(&line, "pveum role add %s --privs '%s'", role.data, privileges->data);
    add_line(g, &line);
    buf_printf(&line, "pveum acl modify %s", g->path);
    if (user)
        buf_printf(&line, " --users '%s'", g->user);
    if (token)
        buf_printf(&line, " --tokens '%s'", g->s->id);
    buf_printf(&line, " --roles %s", role.data);
    add_line(g, &line);
}

static void put_lines(struct granting *g)
{
    CLEANUP_JSON struct json_object *of_token = held_by(g, NULL), *of_user = held_by(g, g->user);
    CLEANUP_BUF struct buf token = BUF_INIT(8192), user = BUF_INIT(8192), look = BUF_INIT(1024);
    const bool for_token = g->s->separated != 0;
    const bool for_user = !of_user || !holds_all(of_user, g->missing);

    if (g->s->config->kind == CONFIG_PBS) {
        if (for_user)
            grant_builtin(g, of_user, g->user);
        grant_builtin(g, of_token, g->s->id);
        return;
    }
    grant_join(of_token, g->missing, &token);
    grant_join(of_user, g->missing, &user);
    if (!buf_ok(&token) || !buf_ok(&user))
        return;
    if (for_token && for_user && of_user && strcmp(token.data, user.data) == 0) {
        grant_role(g, "", &token, true, true);
        return;
    }
    if (for_token)
        grant_role(g, "", &token, true, false);
    if (!of_user) { /* whoever enters the lines can see it */
        buf_printf(&look, "pveum user permissions '%s' --path %s   # has it all of these? then stop here",
                   g->user, g->path);
        add_line(g, &look);
    }
    if (for_user)
        grant_role(g, for_token ? "-user" : "", &user, false, true);
}

static void say_path(struct granting *g)
{
    CLEANUP_BUF struct buf names = BUF_INIT(4096);
    struct json_object *check;

    g->lines = json_object_new_array();
    put_lines(g);
    grant_join(g->missing, NULL, &names);
    check = doctor_add(g->s->d, DOCTOR_NOTE, NULL, "%s on %s: %s", g->kind->words, g->path,
                       names.data ? names.data : "");
    doctor_fact(check, "path", g->path);
    doctor_fact(check, "kind", g->kind->name);
    (void)json_object_object_add(check, "lines", g->lines);
}

/* Those of the kind; the others of the same tools' needs belong to another one. */
static struct json_object *of_kind(const struct grant_kind *kind, struct json_object *privileges)
{
    struct json_object *out = json_object_new_object();

    json_object_object_foreach(privileges, privilege, tools)
    {
        if (kind->of_changes || kind->changes == grant_changes(privilege))
            (void)json_object_object_add(out, privilege, json_object_get(tools));
    }
    return out;
}

static void say_kind(struct granting *g, struct json_object *set)
{
    json_object_object_foreach(set, path, privileges)
    {
        CLEANUP_JSON struct json_object *missing = of_kind(g->kind, privileges);

        g->path = path;
        g->missing = missing;
        if (json_object_object_length(missing) > 0 && grant_is_plain(path))
            say_path(g);
    }
}

void doctor_say_grants(const struct doctor_site *s, struct json_object *reads, struct json_object *changes)
{
    static const struct grant_kind kinds[] = {
        {"read", "to see more", false, false},
        {"read-wide",
         "to see what Proxmox shows only to those who may change it (leave it out for a token "
         "that is to look only)",
         false, true},
        {"change", "to change", true, false},
    };
    struct granting g = {.s = s};

    if (!grant_is_plain(s->id) || /* it would have to be quoted for a shell */
        json_object_object_length(reads) + json_object_object_length(changes) == 0)
        return;
    (void)snprintf(g.user, sizeof(g.user), "%.*s", (int)strcspn(s->id, "!"), s->id);
    doctor_add(
        s->d, DOCTOR_NOTE, NULL, "%s",
        s->config->kind == CONFIG_PBS
            ? "What is missing is granted by the lines below, as root on the server. A token never has more "
              "than its user, so both need the role. An entry on a path puts away what the paths above hand "
              "down, so what is held there now is granted anew. The narrowest: a datastore's or a "
              "namespace's own path, /datastore/NAME/NAMESPACE, in place of /datastore."
            : "What is missing is granted by the lines below, as root on a node; a role that is there "
              "already "
              "by `pveum role modify`. An entry on a path puts away what the paths above hand down, so each "
              "role holds what is held there now as well. The narrowest: a guest's own path, /vms/105, in "
              "place of /vms.");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        g.kind = &kinds[i];
        say_kind(&g, kinds[i].of_changes ? changes : reads);
    }
}
