/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From needs to roles. For a token, the entries of the deepest path that has any are the ones that count:
 * what is granted on / is gone on /vms as soon as /vms has an entry. So whatever path gets a grant gets what
 * the paths above it have as well, as far as that is asked for there, in roles apart for looking and for
 * changing, so that the second can be taken away alone. A role is named after the first path that it is for;
 * equal ones are one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "command/mint.h"
#include "config/config.h"
#include "doctor/grant.h"

#define PATHS_MOST 64

static const char *const kind_words[] = {
    [MINT_READ] = "read", [MINT_WIDE] = "read-wide", [MINT_CHANGE] = "change"};

static bool is_above(const char *above, const char *path)
{
    const size_t len = strlen(above);

    if (strcmp(above, "/") == 0)
        return strcmp(path, "/") != 0;
    return strncmp(above, path, len) == 0 && path[len] == '/';
}

/* {privilege: true} of a path, and of all above it what matters there. */
static struct json_object *rights_at(unsigned kind, struct json_object *needs, const char *path)
{
    struct json_object *out = json_object_new_object();

    json_object_object_foreach(needs, at, privileges)
    {
        if (strcmp(at, path) != 0 && !is_above(at, path))
            continue;
        json_object_object_foreach(privileges, privilege, tools)
        {
            (void)tools;
            if (strcmp(at, path) == 0 || grant_matters(kind, privilege, path))
                (void)json_object_object_add(out, privilege, json_object_new_boolean(true));
        }
    }
    return out;
}

static void leave_out(struct json_object *from, struct json_object *what)
{
    json_object_object_foreach(what, name, value)
    {
        (void)value;
        json_object_object_del(from, name);
    }
}

/* Is the privilege granted there by what is above the path, or to look on the path itself? */
static bool is_given(const struct mint *m, enum mint_kind kind, const char *path, const char *privilege)
{
    const enum mint_kind kinds[] = {MINT_READ, kind};

    for (size_t i = 0; i < 2; i++) {
        json_object_object_foreach(m->needs[kinds[i]], at, privileges)
        {
            const bool here = kinds[i] != kind && strcmp(at, path) == 0;
            if ((here || is_above(at, path)) && json_object_object_get_ex(privileges, privilege, NULL))
                return true;
        }
    }
    return false;
}

/* Does the path say anything that those above it do not? Rights to look serve the others too. */
static bool path_adds(const struct mint *m, const char *path)
{
    for (enum mint_kind kind = 0; kind < MINT_KINDS; kind++) {
        struct json_object *own = NULL;

        if (!json_object_object_get_ex(m->needs[kind], path, &own))
            continue;
        json_object_object_foreach(own, privilege, tools)
        {
            (void)tools;
            if (!is_given(m, kind, path, privilege))
                return true;
        }
    }
    return false;
}

static int path_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths that get entries, sorted, so that those above come first. */
static size_t paths_of(const struct mint *m, const char *ret[PATHS_MOST])
{
    CLEANUP_JSON struct json_object *seen = json_object_new_object();
    size_t count = 0;

    for (enum mint_kind kind = 0; kind < MINT_KINDS; kind++) {
        json_object_object_foreach(m->needs[kind], path, privileges)
        {
            (void)privileges;
            if (count == PATHS_MOST || json_object_object_get_ex(seen, path, NULL) || !path_adds(m, path))
                continue;
            ret[count++] = path;
            (void)json_object_object_add(seen, path, NULL);
        }
    }
    qsort(ret, count, sizeof(ret[0]), path_compare);
    return count;
}

/* A role of these privileges given on the path; made unless there is an equal one. A Backup Server has
 * builtin ones alone. */
static void give(struct mint *m, enum mint_kind kind, const char *path, struct json_object *rights)
{
    CLEANUP_BUF struct buf privileges = BUF_INIT(8192), name = BUF_INIT(512);
    const char *role = NULL;

    if (json_object_object_length(rights) == 0)
        return;
    if (m->kind == CONFIG_PBS) {
        grant_roles(rights, NULL, &privileges);
        (void)json_object_object_add(m->grants[kind], path, json_object_new_string(privileges.data));
        return;
    }
    grant_join(rights, NULL, &privileges);
    json_object_object_foreach(m->roles[kind], made, text)
    {
        if (strcmp(json_object_get_string(text), privileges.data) == 0)
            role = made;
    }
    if (!role) {
        buf_printf(&name, "Proximo-%s-", kind_words[kind]);
        grant_word(path, &name);
        (void)json_object_object_add(m->roles[kind], name.data, json_object_new_string(privileges.data));
        role = name.data;
    }
    (void)json_object_object_add(m->grants[kind], path, json_object_new_string(role));
}

void mint_rights(struct mint *m)
{
    const char *paths[PATHS_MOST];
    const size_t count = paths_of(m, paths);

    for (size_t i = 0; i < count; i++) {
        CLEANUP_JSON struct json_object *look = rights_at(m->kind, m->needs[MINT_READ], paths[i]);

        give(m, MINT_READ, paths[i], look);
        for (enum mint_kind kind = MINT_WIDE; kind < MINT_KINDS; kind++) {
            CLEANUP_JSON struct json_object *more = rights_at(m->kind, m->needs[kind], paths[i]);

            leave_out(more, look);
            give(m, kind, paths[i], more);
        }
    }
}
