/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access control as a Backup Server does it: the deepest entry of the access list wins, a token has what both
 * its own entries and its user's give, and root@pam itself has everything.
 */
#include "pbs.h"

#include <errno.h>
#include <string.h>

const char *const pbs_priv_names[] = {
    "Datastore.Allocate",
    "Datastore.Audit",
    "Datastore.Backup",
    "Datastore.Modify",
    "Datastore.Prune",
    "Datastore.Read",
    "Datastore.Verify",
    "Permissions.Modify",
    "Realm.Allocate",
    "Remote.Audit",
    "Remote.DatastoreBackup",
    "Remote.DatastoreModify",
    "Remote.DatastorePrune",
    "Remote.Modify",
    "Remote.Read",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Modify",
    "Sys.PowerManagement",
    "Tape.Audit",
    "Tape.Modify",
    "Tape.Read",
    "Tape.Write",
};
const size_t pbs_priv_count = sizeof pbs_priv_names / sizeof *pbs_priv_names;

#define ALL_PRIVS                                                                                            \
    "Datastore.Allocate|Datastore.Audit|Datastore.Backup|Datastore.Modify|Datastore.Prune|Datastore.Read|"   \
    "Datastore.Verify|Permissions.Modify|Realm.Allocate|Remote.Audit|Remote.DatastoreBackup|"                \
    "Remote.DatastoreModify|Remote.DatastorePrune|Remote.Modify|Remote.Read|Sys.Audit|Sys.Console|"          \
    "Sys.Modify|Sys.PowerManagement|Tape.Audit|Tape.Modify|Tape.Read|Tape.Write"

const struct sim_role pbs_roles[] = {
    {"Admin", ALL_PRIVS},
    {"Audit", "Datastore.Audit|Sys.Audit"},
    {"NoAccess", ""},
    {"DatastoreAdmin", "Datastore.Audit|Datastore.Backup|Datastore.Modify|Datastore.Prune|Datastore.Read|"
                       "Datastore.Verify"},
    {"DatastoreReader", "Datastore.Audit|Datastore.Read"},
    {"DatastoreBackup", "Datastore.Backup"},
    {"DatastorePowerUser", "Datastore.Backup|Datastore.Prune"},
    {"DatastoreAudit", "Datastore.Audit"},
    {"RemoteAudit", "Remote.Audit"},
    {"RemoteAdmin", "Remote.Audit|Remote.Modify|Remote.Read"},
    {"RemoteSyncOperator", "Remote.Audit|Remote.Read"},
    {"RemoteSyncPushOperator", "Remote.Audit|Remote.DatastoreBackup"},
    {"RemoteDatastorePowerUser", "Remote.DatastoreBackup|Remote.DatastorePrune"},
    {"RemoteDatastoreAdmin", "Remote.DatastoreBackup|Remote.DatastoreModify|Remote.DatastorePrune"},
    {"TapeAudit", "Tape.Audit"},
    {"TapeAdmin", "Tape.Audit|Tape.Modify|Tape.Read|Tape.Write"},
    {"TapeOperator", "Tape.Audit|Tape.Read|Tape.Write"},
    {"TapeReader", "Tape.Audit|Tape.Read"},
};
const size_t pbs_role_count = sizeof pbs_roles / sizeof *pbs_roles;

uint64_t pbs_privs(const char *names)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < pbs_priv_count; i++) {
        if (sim_word_in(names, "|", pbs_priv_names[i], strlen(pbs_priv_names[i])))
            bits |= UINT64_C(1) << i;
    }
    return bits;
}

static uint64_t role_privs(const char *name)
{
    for (size_t i = 0; i < pbs_role_count; i++) {
        if (strcmp(pbs_roles[i].name, name) == 0)
            return pbs_privs(pbs_roles[i].privs);
    }
    return 0;
}

/* What the entries at exactly this path give. Returns false where there is none that counts. */
static bool entries_at(struct json_object *state, const char *who, const char *path, size_t len, bool leaf,
                       struct pbs_rights *rights)
{
    struct json_object *list = sim_at(state, "/access/acl");
    bool any = false;

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *at = sim_str(entry, "path", ""), *role = sim_str(entry, "roleid", "");
        bool propagate = sim_int(entry, "propagate", 1) != 0;

        if (strlen(at) != len || strncmp(at, path, len) != 0 || !(propagate || leaf) ||
            strcmp(sim_str(entry, "ugid", ""), who) != 0)
            continue;
        if (!any)
            *rights = (struct pbs_rights){0, 0};
        any = true;
        if (strcmp(role, "NoAccess") == 0) {
            *rights = (struct pbs_rights){0, 0};
            return true;
        }
        rights->held |= role_privs(role);
        rights->propagated |= propagate ? role_privs(role) : 0;
    }
    return any;
}

static void walk(struct json_object *state, const char *who, const char *path, struct pbs_rights *rights)
{
    size_t len = strlen(path), n = 1;

    *rights = (struct pbs_rights){0, 0};
    (void)entries_at(state, who, "/", 1, len <= 1, rights);
    while (n < len) {
        n += strcspn(path + n, "/");
        (void)entries_at(state, who, path, n, n == len, rights);
        n += n < len;
    }
}

void pbs_rights(struct json_object *state, const char *who, const char *path, struct pbs_rights *ret_rights)
{
    const char *bang = strchr(who, '!');
    struct pbs_rights of_user;
    char user[128];

    if (strcmp(who, "root@pam") == 0) {
        *ret_rights = (struct pbs_rights){pbs_privs(ALL_PRIVS), pbs_privs(ALL_PRIVS)};
        return;
    }
    walk(state, who, path, ret_rights);
    if (!bang)
        return;
    (void)snprintf(user, sizeof user, "%.*s", (int)(bang - who), who);
    pbs_rights(state, user, path, &of_user);
    ret_rights->held &= of_user.held;
    ret_rights->propagated &= of_user.propagated;
}

bool pbs_can(struct sim_call *call, const char *path, const char *privs)
{
    struct pbs_rights rights;

    if (!call->who)
        return false;
    pbs_rights(call->state, call->who, path, &rights);
    return (rights.held & pbs_privs(privs)) != 0;
}

bool pbs_can_below(struct sim_call *call, const char *path, const char *privs)
{
    struct json_object *list = sim_at(call->state, "/access/acl");
    size_t len = strlen(path);

    if (pbs_can(call, path, privs))
        return true;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *at = sim_str(json_object_array_get_idx(list, i), "path", "");

        if (strncmp(at, path, len) == 0 && at[len] == '/' && pbs_can(call, at, privs))
            return true;
    }
    return false;
}

void pbs_path(const char *store, const char *ns, char *path, size_t size)
{
    (void)snprintf(path, size, "/datastore/%s%s%s", store, ns && *ns ? "/" : "", ns ? ns : "");
}

int pbs_enabled(struct json_object *state, const char *who)
{
    const char *bang = strchr(who, '!');
    struct json_object *users = sim_at(state, "/access/users"), *entry;
    int64_t now = (int64_t)time(NULL);
    char user[128];

    (void)snprintf(user, sizeof user, "%.*s", bang ? (int)(bang - who) : (int)strlen(who), who);
    entry = sim_get(users, user);
    for (int i = 0; i < (bang ? 2 : 1); i++) {
        if (i == 1)
            entry = sim_get(sim_get(entry, "tokens"), bang + 1);
        if (!entry || !sim_int(entry, "enable", 1) ||
            (sim_int(entry, "expire", 0) != 0 && sim_int(entry, "expire", 0) <= now))
            return -EACCES;
    }
    return 0;
}

bool pbs_owns(const char *who, const char *owner)
{
    size_t n = strlen(who);

    return strcmp(who, owner) == 0 || (!strchr(who, '!') && strncmp(owner, who, n) == 0 && owner[n] == '!');
}

int pbs_forbid(struct sim_call *call, const char *privs, const char *path)
{
    return privs ? sim_fail(call, 403, "permission check failed - missing %s on %s", privs, path)
                 : sim_fail(call, 403, "permission check failed");
}

int pbs_lacks(struct sim_call *call, const char *privs, const char *path)
{
    return sim_fail(call, 400, "missing permissions '%s' on '%s'", privs, path);
}
