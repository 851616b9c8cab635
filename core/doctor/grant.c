/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config.h"
#include "http/role.h"
#include "plane/manifest.h"
#include "plane/need.h"

#define PRIVILEGES_MOST 128

bool grant_known(const char *privilege, struct grant_of of)
{
    static const char *const new_in_9[] = {"VM.GuestAgent.", "VM.Replicate"};

    if (of.kind == CONFIG_PBS)
        return true;
    if (of.release >= 9)
        return strcmp(privilege, "VM.Monitor") != 0;
    for (size_t i = 0; i < sizeof(new_in_9) / sizeof(new_in_9[0]); i++) {
        if (strncmp(privilege, new_in_9[i], strlen(new_in_9[i])) == 0)
            return false;
    }
    return true;
}

bool grant_matters(unsigned kind, const char *privilege, const char *path)
{
    static const struct {
        const char *path, *families[6];
        unsigned kind; /* 0: both */
    } rows[] = {
        {"/vms", {"VM.", "Permissions."}, CONFIG_PVE},
        {"/storage", {"Datastore.", "Permissions."}, CONFIG_PVE},
        {"/nodes", {"Sys.", "Permissions."}, CONFIG_PVE},
        /* its members are below it */
        {"/pool", {"Pool.", "VM.", "Datastore.", "Permissions."}, CONFIG_PVE},
        {"/sdn", {"SDN.", "Permissions."}, CONFIG_PVE},
        {"/mapping", {"Mapping.", "Permissions."}, CONFIG_PVE},
        {"/access", {"Sys.", "User.", "Group.", "Realm.", "Permissions."}, 0},
        {"/datastore", {"Datastore."}, CONFIG_PBS},
        {"/remote", {"Remote."}, CONFIG_PBS},
        {"/tape", {"Tape."}, CONFIG_PBS},
        {"/system", {"Sys."}, CONFIG_PBS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t len = strlen(rows[i].path);

        if ((rows[i].kind && rows[i].kind != kind) || strncmp(path, rows[i].path, len) != 0 ||
            (path[len] && path[len] != '/'))
            continue;
        for (size_t k = 0; k < 6 && rows[i].families[k]; k++) {
            if (strncmp(privilege, rows[i].families[k], strlen(rows[i].families[k])) == 0)
                return true;
        }
        return false;
    }
    return true;
}

bool grant_changes(const char *privilege)
{
    static const char *const looking[] = {"Sys.Syslog", "VM.GuestAgent.FileRead"};
    static const char audit[] = ".Audit";
    const size_t len = strlen(privilege), end = sizeof(audit) - 1;

    for (size_t i = 0; i < sizeof(looking) / sizeof(looking[0]); i++) {
        if (strcmp(privilege, looking[i]) == 0)
            return false;
    }
    return len <= end || strcmp(privilege + len - end, audit) != 0;
}

bool grant_choose(const char *alternatives, struct grant_of of, struct json_object *held, char ret[48])
{
    CLEANUP_BUF struct buf known = BUF_INIT(1024);
    char name[48], best[48];

    if (of.release == 0)
        of.release = GRANT_NEWEST;
    while (*alternatives) {
        const size_t len = strcspn(alternatives, "|");
        if (len > 0 && len < sizeof(name)) {
            memcpy(name, alternatives, len);
            name[len] = '\0';
            if (held && json_object_object_get_ex(held, name, NULL)) {
                (void)snprintf(ret, 48, "%s", name);
                return true;
            }
            if (grant_known(name, of))
                buf_printf(&known, "%s%s", known.len ? "|" : "", name);
        }
        alternatives += len;
        alternatives += *alternatives == '|';
    }
    if (known.len == 0 || !buf_ok(&known))
        return false;
    /* A privilege that no table knows is taken as it is named. */
    if (!role_for(of.kind, known.data, best))
        (void)snprintf(best, sizeof(best), "%.*s", (int)strcspn(known.data, "|"), known.data);
    (void)snprintf(ret, 48, "%s", best);
    return true;
}

static struct json_object *member_made(struct json_object *set, const char *name, json_type type)
{
    struct json_object *member = NULL;

    if (json_object_object_get_ex(set, name, &member))
        return member;
    member = type == json_type_array ? json_object_new_array() : json_object_new_object();
    (void)json_object_object_add(set, name, member);
    return member;
}

void grant_add(struct json_object *set, const char *path, const char *privilege, const char *tool)
{
    struct json_object *privileges = member_made(set, path, json_type_object);
    struct json_object *tools = member_made(privileges, privilege, json_type_array);
    const size_t count = json_object_array_length(tools);

    if (count == 0 || strcmp(json_object_get_string(json_object_array_get_idx(tools, count - 1)), tool) != 0)
        (void)json_object_array_add(tools, json_object_new_string(tool));
}

void grant_add_tool(struct json_object *set, const struct tool *tool, struct grant_of of)
{
    for (size_t i = 0; i < tool->need_count; i++) {
        struct json_object *there = NULL;
        char path[NEED_PATH_SIZE], privilege[48];

        if (!need_fixed_part(tool->needs[i].path, path))
            continue;
        (void)json_object_object_get_ex(set, path, &there);
        if (grant_choose(tool->needs[i].privilege, of, there, privilege))
            grant_add(set, path, privilege, tool->name);
    }
}

bool grant_is_refused(const struct tool *tool)
{
    return tool->kind == TOOL_CHANGE &&
           (tool->flags & (PROXIMO_CHANGE_ROOT_ONLY | PROXIMO_CHANGE_NO_TOKEN)) != 0;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void grant_join(struct json_object *a, struct json_object *b, struct buf *out)
{
    struct json_object *const sets[] = {a, b};
    const char *names[PRIVILEGES_MOST];
    size_t count = 0;

    for (size_t i = 0; i < 2; i++) {
        if (!sets[i])
            continue;
        json_object_object_foreach(sets[i], name, value)
        {
            (void)value;
            if (count < PRIVILEGES_MOST && (i == 0 || !a || !json_object_object_get_ex(a, name, NULL)))
                names[count++] = name;
        }
    }
    qsort(names, count, sizeof(names[0]), name_compare);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i ? "," : "", names[i]);
}

/* Does `other` have all that of the sets only needs `role`? */
static bool role_is_needless(struct json_object *const sets[2], const char *role, const char *other)
{
    for (size_t i = 0; i < 2; i++) {
        if (!sets[i])
            continue;
        json_object_object_foreach(sets[i], name, value)
        {
            (void)value;
            if (role_of_pbs_has(role, name) && !role_of_pbs_has(other, name))
                return false;
        }
    }
    return true;
}

/* The least role of each, once. */
static size_t roles_each(struct json_object *const sets[2], const char *ret[PRIVILEGES_MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < 2; i++) {
        if (!sets[i])
            continue;
        json_object_object_foreach(sets[i], name, value)
        {
            const char *role = role_for(CONFIG_PBS, name, NULL);
            size_t k = 0;

            (void)value;
            while (role && k < count && strcmp(ret[k], role) != 0)
                k++;
            if (role && k == count && count < PRIVILEGES_MOST)
                ret[count++] = role;
        }
    }
    return count;
}

void grant_roles(struct json_object *a, struct json_object *b, struct buf *out)
{
    struct json_object *const sets[2] = {a, b};
    const char *roles[PRIVILEGES_MOST];
    size_t count = roles_each(sets, roles);

    for (size_t i = 0; i < count;) {
        size_t k = 0;

        while (k < count && (k == i || !role_is_needless(sets, roles[i], roles[k])))
            k++;
        if (k < count)
            roles[i] = roles[--count];
        else
            i++;
    }
    qsort(roles, count, sizeof(roles[0]), name_compare);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i ? "," : "", roles[i]);
}

void grant_word(const char *path, struct buf *out)
{
    if (strcmp(path, "/") == 0)
        buf_str(out, "root");
    for (path += *path == '/'; *path; path++)
        buf_char(out, *path == '/' ? '-' : *path);
}

bool grant_is_plain(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./@!+=:,";

    return *text && text[strspn(text, allowed)] == '\0';
}
