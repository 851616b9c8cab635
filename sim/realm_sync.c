/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups that come from a directory. The directories that answer are /outside/directories of the
 * state, by address: {"users": {NAME: {firstname, ...}}, "groups": {NAME: [user names]}}.
 */
#include "access.h"
#include "task_run.h"

#include <errno.h>
#include <string.h>

#define USERS  "users"
#define GROUPS "groups"

struct json_object *sim_directory(struct json_object *state, struct json_object *realm)
{
    static const char *const servers[] = {"server1", "server2"};
    struct json_object *known = sim_at(state, "/outside/directories"), *found = NULL;

    for (size_t i = 0; !found && i < sizeof servers / sizeof *servers; i++) {
        const char *address = sim_str(realm, servers[i], NULL);

        found = known && address ? sim_get(known, address) : NULL;
    }
    return found;
}

/* ---- options: the request's, else the realm's, else their own ---- */

static const struct option {
    const char *name, *usual;
} options[] = {
    {"enable-new", "1"},
    {"remove-vanished", "none"},
    {"scope", NULL},
};

/* The value of a key in "key=value,key=value". */
static bool default_of(struct json_object *realm, const char *name, char *value, size_t size)
{
    const char *at = sim_str(realm, "sync-defaults-options", "");
    size_t n = strlen(name);

    while (*at) {
        size_t len = strcspn(at, ",");

        if (len > n && strncmp(at, name, n) == 0 && at[n] == '=') {
            (void)snprintf(value, size, "%.*s", (int)(len - n - 1), at + n + 1);
            return true;
        }
        at += len + (at[len] == ',');
    }
    return false;
}

static int collect_options(struct sim_call *call, struct json_object *realm, struct json_object *args)
{
    char value[128];

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const char *name = options[i].name;

        if (sim_arg(call, name))
            sim_set_str(args, name, sim_arg(call, name));
        else if (default_of(realm, name, value, sizeof value))
            sim_set_str(args, name, value);
        else if (options[i].usual)
            sim_set_str(args, name, options[i].usual);
        else
            return sim_fail_param(call, name,
                                  "Not passed as parameter and not defined in realm default sync options.");
    }
    /* What "remove-vanished" says today was said by two flags. */
    if (!sim_arg(call, "remove-vanished") && (sim_arg(call, "full") || sim_arg(call, "purge"))) {
        (void)snprintf(value, sizeof value, "%s%s", sim_arg_int(call, "full", 0) ? "entry;properties;" : "",
                       sim_arg_int(call, "purge", 0) ? "acl" : "");
        sim_set_str(args, "remove-vanished", value);
    }
    sim_set_int(args, "dry-run", sim_arg_int(call, "dry-run", 0));
    return 0;
}

/* ---- the work ---- */

struct sync {
    struct sim *sim;
    struct sim_job *job;
    struct json_object *directory;
    const char *realm;
    bool dry, enable, drop_entry, drop_acl, drop_properties;
};

static bool is_of(const char *id, char mark, const char *realm)
{
    const char *at = strrchr(id, mark);

    return at && strcmp(at + 1, realm) == 0;
}

/* Is the part of the id before the realm in the directory? */
static bool is_there(const struct sync *sync, const char *what, const char *id)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%.*s", (int)(strlen(id) - strlen(sync->realm) - 1), id);
    return sim_get(sim_get(sync->directory, what), name) != NULL;
}

static void put_user(const struct sync *sync, const char *id, struct json_object *attributes)
{
    struct json_object *users = sim_at(sync->sim->state, "/access/users"), *entry = sim_get(users, id);

    sim_job_log(sync->job, false, "%s user '%s'", entry ? "updating" : "adding", id);
    if (sync->dry)
        return;
    if (!entry) {
        entry = json_object_new_object();
        sim_set_int(entry, "enable", sync->enable);
        sim_set_int(entry, "expire", 0);
        sim_set(users, id, entry);
    } else if (sync->drop_properties) {
        static const char *const gone[] = {"firstname", "lastname", "email", "comment", "keys"};

        for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
            json_object_object_del(entry, gone[i]);
    }
    sim_merge(entry, attributes);
}

/* Who is of the realm and no longer in the directory. */
static void drop_vanished(const struct sync *sync, const char *what)
{
    bool users = strcmp(what, USERS) == 0;
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *listed =
        sim_copy(sim_at(sync->sim->state, users ? "/access/users" : "/access/groups"));

    json_object_object_foreach(listed, id, entry)
    {
        (void)entry;
        if (!is_of(id, users ? '@' : '-', sync->realm) || is_there(sync, what, id))
            continue;
        if (sync->drop_acl) {
            sim_job_log(sync->job, false, "purged %s '%s' and all its ACL entries", users ? "user" : "group",
                        id);
            if (!sync->dry)
                sim_acl_forget_of(sync->sim->state, users ? "user" : "group", id);
        }
        if (!sync->drop_entry)
            continue;
        sim_job_log(sync->job, false, "removing %s '%s'", users ? "user" : "group", id);
        if (!sync->dry && users)
            sim_user_forget(sync->sim, id);
        else if (!sync->dry)
            json_object_object_del(sim_at(sync->sim->state, "/access/groups"), id);
    }
}

static void sync_users(const struct sync *sync)
{
    struct json_object *given = sim_get(sync->directory, USERS);
    char id[256];

    sim_job_log(sync->job, false, "syncing users");
    if (given) {
        json_object_object_foreach(given, name, attributes)
        {
            (void)snprintf(id, sizeof id, "%s@%s", name, sync->realm);
            put_user(sync, id, attributes);
        }
    }
    drop_vanished(sync, USERS);
}

static void sync_groups(const struct sync *sync)
{
    struct json_object *given = sim_get(sync->directory, GROUPS);
    struct json_object *groups = sim_at(sync->sim->state, "/access/groups");
    char id[256], user[256];

    sim_job_log(sync->job, false, "syncing groups");
    if (given) {
        json_object_object_foreach(given, name, members)
        {
            (void)snprintf(id, sizeof id, "%s-%s", name, sync->realm);
            sim_job_log(sync->job, false, "%s group '%s'", sim_get(groups, id) ? "updating" : "adding", id);
            if (sync->dry)
                continue;
            if (!sim_get(groups, id))
                sim_set(groups, id, json_object_new_object());
            sim_set(sim_get(groups, id), "users", json_object_new_array());
            for (size_t i = 0; i < json_object_array_length(members); i++) {
                (void)snprintf(user, sizeof user, "%s@%s",
                               json_object_get_string(json_object_array_get_idx(members, i)), sync->realm);
                if (sim_get(sim_at(sync->sim->state, "/access/users"), user))
                    sim_user_join_group(sync->sim->state, user, id);
            }
        }
    }
    drop_vanished(sync, GROUPS);
}

static int sync_end(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "realm", ""), *scope = sim_str(job->args, "scope", "both");
    const char *vanished = sim_str(job->args, "remove-vanished", "");
    struct json_object *realm = sim_get(sim_at(sim->state, "/access/realms"), name);
    struct sync sync = {.sim = sim,
                        .job = job,
                        .directory = sim_directory(sim->state, realm),
                        .realm = name,
                        .dry = sim_int(job->args, "dry-run", 0) != 0,
                        .enable = strcmp(sim_str(job->args, "enable-new", "1"), "0") != 0,
                        .drop_entry = sim_word_in(vanished, ";", "entry", 5),
                        .drop_acl = sim_word_in(vanished, ";", "acl", 3),
                        .drop_properties = sim_word_in(vanished, ";", "properties", 10)};
    const char *what = strcmp(scope, "both") == 0 ? "users and groups" : scope;

    sim_job_log(job, false, "%sstarting sync for realm %s", sync.dry ? "(dry test run) " : "", name);
    if (!sync.directory)
        return sim_why(why, "unable to connect to LDAP server '%s'", sim_str(realm, "server1", ""));
    sim_job_log(job, false, "got data from server, updating %s", what);
    if (strcmp(scope, GROUPS) != 0)
        sync_users(&sync);
    if (strcmp(scope, USERS) != 0)
        sync_groups(&sync);
    if (sync.dry)
        sim_job_log(job, false, "NOTE: Dry test run, changes were NOT written to the configuration.");
    else
        sim_job_log(job, false, "successfully updated %s configuration", what);
    sim_touch(sim);
    return 0;
}

static const struct sim_work sync_work = {"auth-realm-sync", NULL, NULL, sync_end};
static const struct sim_work test_work = {"auth-realm-sync-test", NULL, NULL, sync_end};

int sim_realm_sync(struct sim_call *call)
{
    const char *name = sim_arg(call, "realm");
    struct json_object *realm = sim_get(sim_at(call->state, "/access/realms"), name), *args, *task;
    const char *type = sim_str(realm, "type", "");

    if (!realm)
        return sim_fail_param(call, "realm", "Realm does not exist.");
    if (strcmp(type, "ldap") != 0 && strcmp(type, "ad") != 0)
        return sim_fail(call, 500, "Cannot sync realm type '%s'! Only LDAP/AD realms can be synced.\n", type);
    args = json_object_new_object();
    if (collect_options(call, realm, args) < 0) {
        json_object_put(args);
        return -EINVAL;
    }
    sim_set_str(args, "realm", name);
    sim_set_str(args, "id", name);
    task = sim_task_start(call->sim, sim_int(args, "dry-run", 0) ? &test_work : &sync_work, call->who,
                          call->sim->node, args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}
