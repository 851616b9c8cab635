/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration as it is written: creation, change with the digest of the file, removal.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pbs_check_digest(struct sim_call *call, const char *kind)
{
    const char *given = sim_arg(call, "digest");
    char digest[65];

    if (!given)
        return 0;
    pbs_config_digest(call->state, kind, digest);
    return strcmp(given, digest) == 0
               ? 0
               : sim_fail(call, 400,
                          "detected modified configuration - file changed by other user? Try again.");
}

void pbs_put_given(struct sim_call *call, struct json_object *entry, const char *except)
{
    json_object_object_foreach(call->params, name, value)
    {
        const struct sim_param *param = sim_param_find(call->route->params, name);

        if (!param || !value || sim_word_in(except, " ", name, strlen(name)))
            continue;
        sim_set(entry, name,
                param->type == SIM_BOOLEAN ? json_object_new_boolean(json_object_get_int64(value) != 0)
                                           : sim_copy(value));
    }
}

void pbs_drop_deleted(struct sim_call *call, struct json_object *entry)
{
    struct json_object *names = sim_get(call->params, "delete");

    for (size_t i = 0; names && i < json_object_array_length(names); i++)
        json_object_object_del(entry, json_object_get_string(json_object_array_get_idx(names, i)));
}

/* Backups may come in, old ones go where that is asked for, and they are the caller's or it may change
 * owners. For those that go out, the other server's privileges. */
bool pbs_may_sync(struct sim_call *call, struct json_object *config)
{
    const char *owner = sim_str(config, "owner", "root@pam"), *remote = sim_str(config, "remote", NULL);
    bool push = strcmp(sim_str(config, "sync-direction", "pull"), "push") == 0,
         vanished = sim_int(config, "remove-vanished", 0) != 0;
    char path[400], far[400];

    pbs_path(sim_str(config, "store", ""), sim_str(config, "ns", ""), path, sizeof path);
    (void)snprintf(far, sizeof far, "/remote/%s/%s", remote ? remote : "",
                   sim_str(config, "remote-store", ""));
    if (push)
        return pbs_can(call, path, "Datastore.Read|Datastore.Backup") &&
               pbs_can(call, far, "Remote.DatastoreBackup") &&
               (!vanished || pbs_can(call, far, "Remote.DatastorePrune"));
    if (!pbs_can(call, path, "Datastore.Backup") || (vanished && !pbs_can(call, path, "Datastore.Prune")) ||
        (!pbs_owns(call->who, owner) && !pbs_can(call, path, "Datastore.Modify")))
        return false;
    if (remote)
        return pbs_can(call, far, "Remote.Read");
    pbs_path(sim_str(config, "remote-store", ""), sim_str(config, "remote-ns", ""), far, sizeof far);
    return pbs_can(call, far, "Datastore.Read|Datastore.Backup");
}

/* May the caller have a section that says this? */
static int check(struct sim_call *call, const struct pbs_section *section, const char *id,
                 struct json_object *config)
{
    const char *remote = sim_str(config, "remote", NULL);
    char path[400];

    pbs_section_path(section, id, config, path, sizeof path);
    if (section->modify && !pbs_can(call, path, section->modify))
        return pbs_lacks(call, section->modify, path);
    if (strcmp(section->kind, "sync") != 0)
        return 0;
    if (!pbs_may_sync(call, config))
        return sim_fail(call, 400, "permission check failed");
    if (remote && !sim_get(sim_at(call->state, "/config/remote"), remote))
        return sim_fail(call, 400, "no such remote '%s'", remote);
    if (!remote && strcmp(sim_str(config, "store", ""), sim_str(config, "remote-store", "")) == 0 &&
        strcmp(sim_str(config, "ns", ""), sim_str(config, "remote-ns", "")) == 0)
        return sim_fail(call, 400, "source and target namespace must be different");
    return 0;
}

int pbs_section_create(struct sim_call *call)
{
    const struct pbs_section *section = pbs_section_of(call);
    const char *id = sim_arg(call, section->key);
    struct json_object *all = pbs_sections_of(call->state, section->kind), *config = json_object_new_object();

    pbs_put_given(call, config, section->key);
    if (check(call, section, id, config) < 0) {
        json_object_put(config);
        return -1;
    }
    if (sim_get(all, id)) {
        json_object_put(config);
        return sim_fail_param(call, section->key, "%s '%s' already exists.", section->what, id);
    }
    sim_set(all, id, config);
    sim_touch(call->sim);
    return 0;
}

int pbs_section_update(struct sim_call *call)
{
    const struct pbs_section *section = pbs_section_of(call);
    const char *id = sim_arg(call, section->key);
    struct json_object *all = pbs_sections_of(call->state, section->kind), *old = sim_get(all, id), *config;
    char except[40];

    if (!old)
        return sim_fail(call, 400, "no such %s '%s'", section->type, id);
    if (check(call, section, id, old) < 0 || pbs_check_digest(call, section->kind) < 0)
        return -1;
    config = sim_copy(old);
    pbs_drop_deleted(call, config);
    (void)snprintf(except, sizeof except, "%s digest delete", section->key);
    pbs_put_given(call, config, except);
    if (check(call, section, id, config) < 0) {
        json_object_put(config);
        return -1;
    }
    sim_set(all, id, config);
    sim_touch(call->sim);
    return 0;
}

/* The sync job that uses a remote, or NULL. */
static const char *user_of(struct json_object *state, const char *remote, const char **ret_store)
{
    json_object_object_foreach(sim_at(state, "/config/sync"), id, config)
    {
        if (strcmp(sim_str(config, "remote", ""), remote) == 0) {
            *ret_store = sim_str(config, "store", "");
            return id;
        }
    }
    return NULL;
}

int pbs_section_delete(struct sim_call *call)
{
    const struct pbs_section *section = pbs_section_of(call);
    const char *id = sim_arg(call, section->key), *used, *store = "";
    struct json_object *all = pbs_sections_of(call->state, section->kind), *config = sim_get(all, id);

    if (!config && section->of == PBS_OF_JOB)
        return sim_fail(call, 400, "no such %s '%s'", section->type, id);
    if (config && check(call, section, id, config) < 0)
        return -1;
    if (pbs_check_digest(call, section->kind) < 0)
        return -1;
    if (!config)
        return sim_fail(call, 404, "%s '%s' does not exist.", section->what, id);
    used = section->of == PBS_OF_REMOTE ? user_of(call->state, id, &store) : NULL;
    if (used)
        return sim_fail(call, 400, "remote '%s' is used by sync job '%s' (datastore '%s')", id, used, store);
    json_object_object_del(all, id);
    sim_touch(call->sim);
    return 0;
}
