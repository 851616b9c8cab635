/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the access list (PUT /access/acl), who may make them, and what goes with a thing that is
 * deleted.
 */
#include "access.h"

#include <regex.h>
#include <string.h>

/* ---- who may change the entries of a path ---- */

/* Whoever may allocate the things below these may hand on rights on them too. */
const char *sim_acl_modify_privs(const char *path)
{
    static const struct {
        const char *below, *privs;
    } rows[] = {
        {"/storage/", "Permissions.Modify|Datastore.Allocate"},
        {"/vms/", "Permissions.Modify|VM.Allocate"},
        {"/pool/", "Permissions.Modify|Pool.Allocate"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].below);

        if (strncmp(path, rows[i].below, n) == 0 && path[n])
            return rows[i].privs;
    }
    return "Permissions.Modify";
}

/* Without Permissions.Modify nobody gives or takes more than he holds; handing down needs the right to do so.
 */
static int check_role(struct sim_call *call, const char *path, const char *role)
{
    const bool leave = sim_arg_int(call, "delete", 0) != 0, down = sim_arg_int(call, "propagate", 1) != 0;
    const char *verb = leave ? "remove" : "add";
    struct sim_privs of_role, own;
    bool more = false, further = false;

    if (!sim_acl_role_privs(call->state, role, &of_role))
        return sim_fail(call, 500, "ACL update failed: role '%s' does not exist\n", role);
    if (sim_can(call, path, "Permissions.Modify"))
        return 0;
    sim_acl_privs(call->state, call->who, path, &own);
    for (size_t i = 0; i < sim_priv_count; i++) {
        more = more || (of_role.held[i] >= 0 && own.held[i] < 0);
        further = further || (of_role.held[i] >= 0 && own.held[i] < 1);
    }
    if (more)
        return sim_fail(call, 500,
                        "ACL update failed: 400 Parameter verification failed.\nrole: Cannot %s role '%s' - "
                        "requires 'Permissions.Modify' or superset of privileges.\n",
                        verb, role);
    if (further && down && !leave)
        return sim_fail(call, 500,
                        "ACL update failed: 400 Parameter verification failed.\nrole: Cannot %s role '%s' "
                        "with propagation - requires 'Permissions.Modify' or propagated superset of "
                        "privileges.\n",
                        verb, role);
    if (strcmp(role, "NoAccess") == 0)
        return sim_fail(call, 500,
                        "ACL update failed: 400 Parameter verification failed.\nrole: Cannot %s role '%s' - "
                        "requires 'Permissions.Modify'\n",
                        verb, role);
    return 0;
}

/* ---- to whom ---- */

static int check_user(struct sim_call *call, const char *id)
{
    if (sim_get(sim_at(call->state, "/access/users"), id))
        return 0;
    return sim_fail(call, 500, "ACL update failed: user '%s' does not exist\n", id);
}

static int check_group(struct sim_call *call, const char *id)
{
    if (sim_get(sim_at(call->state, "/access/groups"), id))
        return 0;
    return sim_fail(call, 500, "ACL update failed: group '%s' does not exist\n", id);
}

static int check_token(struct sim_call *call, const char *id)
{
    const char *name = strchr(id, '!');
    struct json_object *user;
    char owner[256];

    (void)snprintf(owner, sizeof owner, "%.*s", (int)(name - id), id);
    user = sim_get(sim_at(call->state, "/access/users"), owner);
    if (!user)
        return sim_fail(call, 500, "ACL update failed: no such user ('%s')\n", owner);
    if (sim_get(sim_get(user, "tokens"), name + 1))
        return 0;
    return sim_fail(call, 500, "ACL update failed: no such token '%s' for user '%s'\n", name + 1, owner);
}

static const struct principals {
    const char *param, *type;
    int (*check)(struct sim_call *call, const char *id);
} kinds[] = {
    {"groups", "group", check_group},
    {"users", "user", check_user},
    {"tokens", "token", check_token},
};

/* ---- the entries ---- */

static bool at_path(struct json_object *entry, const char *path)
{
    char normal[512];

    return sim_acl_normalize(sim_str(entry, "path", "/"), normal, sizeof normal) == 0 &&
           strcmp(normal, path) == 0;
}

static void put_entry(struct sim_call *call, const char *path, const char *role, const char *type,
                      const char *id)
{
    struct json_object *acl = sim_at(call->state, "/access/acl"), *entry;
    const int64_t propagate = sim_arg_int(call, "propagate", 1) != 0;

    for (size_t i = 0; i < json_object_array_length(acl); i++) {
        entry = json_object_array_get_idx(acl, i);
        if (!at_path(entry, path) || strcmp(sim_str(entry, "roleid", ""), role) != 0 ||
            strcmp(sim_str(entry, "type", ""), type) != 0 || strcmp(sim_str(entry, "ugid", ""), id) != 0)
            continue;
        if (sim_arg_int(call, "delete", 0) != 0)
            (void)json_object_array_del_idx(acl, i, 1);
        else
            sim_set_int(entry, "propagate", propagate);
        return;
    }
    if (sim_arg_int(call, "delete", 0) != 0)
        return;
    entry = json_object_new_object();
    sim_set_str(entry, "path", path);
    sim_set_int(entry, "propagate", propagate);
    sim_set_str(entry, "roleid", role);
    sim_set_str(entry, "type", type);
    sim_set_str(entry, "ugid", id);
    json_object_array_add(acl, entry);
}

void sim_acl_forget(struct json_object *state, const char *path)
{
    struct json_object *acl = sim_at(state, "/access/acl");

    for (size_t i = acl ? json_object_array_length(acl) : 0; i-- > 0;) {
        if (at_path(json_object_array_get_idx(acl, i), path))
            (void)json_object_array_del_idx(acl, i, 1);
    }
}

void sim_acl_forget_of(struct json_object *state, const char *type, const char *id)
{
    struct json_object *acl = sim_at(state, "/access/acl");
    const bool role = strcmp(type, "role") == 0;

    for (size_t i = acl ? json_object_array_length(acl) : 0; i-- > 0;) {
        struct json_object *entry = json_object_array_get_idx(acl, i);

        if ((role || strcmp(sim_str(entry, "type", ""), type) == 0) &&
            strcmp(sim_str(entry, role ? "roleid" : "ugid", ""), id) == 0)
            (void)json_object_array_del_idx(acl, i, 1);
    }
}

/* ---- the request ---- */

/* The paths that entries may stand at. Whether the thing is there does not matter. */
static bool known_path(const char *path)
{
#define WORD "/[A-Za-z0-9._-]+"
    static const char pattern[] = "^(/|/access(/(groups|realm)(" WORD ")?)?|/mapping(" WORD "){0,2}"
                                  "|/nodes(" WORD ")?|/pool(" WORD "){0,3}|/storage(" WORD ")?"
                                  "|/sdn(/controllers(/[A-Za-z0-9_-]+)?|/(dns|fabrics|ipams)(/[A-Za-z0-9]+)?"
                                  "|/zones(" WORD "(" WORD "(/[1-9][0-9]{0,3})?)?)?)?"
                                  "|/vms(/[1-9][0-9]{2,})?)$";
#undef WORD
    regex_t regex;
    int hit;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    hit = regexec(&regex, path, 0, NULL, 0);
    regfree(&regex);
    return hit == 0;
}

/* With `apply` false everything is checked and nothing changed: a refused request leaves no trace. */
static int each_entry(struct sim_call *call, const char *path, const char *role, bool apply)
{
    if (!apply && check_role(call, path, role) < 0)
        return -1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *at = sim_arg(call, kinds[i].param);
        char id[256];

        while (at && sim_next_word(&at, id, sizeof id)) {
            if (apply)
                put_entry(call, path, role, kinds[i].type, id);
            else if (kinds[i].check(call, id) < 0)
                return -1;
        }
    }
    return 0;
}

int sim_acl_update(struct sim_call *call)
{
    static const char required[] = "either 'users', 'groups' or 'tokens' is required.";
    char path[512], role[256];
    bool any = false;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        any = any || (sim_arg(call, kinds[i].param) && *sim_arg(call, kinds[i].param));
    for (size_t i = 0; !any && i < sizeof kinds / sizeof *kinds; i++)
        (void)sim_fail_param(call, kinds[i].param, "%s", required);
    if (!any)
        return -1;
    if (sim_acl_normalize(sim_arg(call, "path"), path, sizeof path) < 0 ||
        (!sim_arg_int(call, "delete", 0) && !known_path(path)))
        return sim_fail_param(call, "path", "invalid ACL path '%s'", sim_arg(call, "path"));
    for (int apply = 0; apply < 2; apply++) {
        const char *at = sim_arg(call, "roles");

        while (sim_next_word(&at, role, sizeof role)) {
            if (each_entry(call, path, role, apply != 0) < 0)
                return -1;
        }
    }
    sim_touch(call->sim);
    return 0;
}
