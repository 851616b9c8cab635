/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this token may do, from GET /access/permissions?path=PATH: exact for that path, whatever entries lead
 * to it. A key in the answer means that the privilege is held there; its value says only whether it is handed
 * down (1, on a Backup Server true) or not. A Backup Server leaves out a path on which nothing is held, and
 * answers for the caller unless auth-id names somebody else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/site_inner.h"

#define PERMISSIONS_PATH "/access/permissions"
#define EVERYWHERE       "" /* in place of a path */

/* *ret is a new object {privilege: flag}, empty when nothing is held; with EVERYWHERE {path: {privilege:
 * flag}} for all paths that have entries. */
static int permissions_fetch(struct site *site, const struct site_call *call, const char *path,
                             struct json_object **ret, struct problem *p)
{
    const struct http_field field = {.name = "path", .value = path, .value_len = strlen(path)};
    struct site_answer answer = {0};
    struct json_object *data = NULL;
    struct json_object *held = NULL;
    int r = site_get(site, call, PERMISSIONS_PATH, &field, *path ? 1 : 0, false, &answer, p);
    if (r < 0)
        return r;
    if (json_get(answer.body, "data", json_type_object, &data) < 0)
        r = problem_set(p, -EBADMSG, PX_BAD_ANSWER, "GET " PERMISSIONS_PATH " answered without an object");
    else if (!*path)
        *ret = json_object_get(data);
    else if (json_get(data, path, json_type_object, &held) == 0)
        *ret = json_object_get(held);
    else if (!(*ret = json_object_new_object()))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for permissions");
    site_answer_done(&answer);
    return r;
}

/* privileges: "A|B". 1 if one is held (and handed down, if that is asked). */
static int privileges_hold(struct json_object *held, const char *privileges, bool below)
{
    const char *word = privileges;
    while (*word) {
        size_t len = strcspn(word, "|");
        char name[64];
        if (len > 0 && len < sizeof(name)) {
            memcpy(name, word, len);
            name[len] = 0;
            struct json_object *flag = NULL;
            bool present = json_object_object_get_ex(held, name, &flag);
            bool propagates = false;
            if (present && (!below || (json_get_bool(held, name, &propagates) == 0 && propagates)))
                return 1;
        }
        word += len;
        word += *word == '|';
    }
    return 0;
}

/* The same on any path at or below `under`, or on a pool: rights on a pool hold on what is in it. */
static int privileges_hold_anywhere(struct json_object *paths, const char *under, const char *privileges)
{
    size_t len = strcmp(under, "/") == 0 ? 0 : strlen(under);

    json_object_object_foreach(paths, path, held)
    {
        bool within = strncmp(path, under, len) == 0 && (!len || !path[len] || path[len] == '/');

        if ((within || strncmp(path, "/pool/", 6) == 0) && json_object_is_type(held, json_type_object) &&
            privileges_hold(held, privileges, false))
            return 1;
    }
    return 0;
}

/* What is asked of an answer for `path`; under: of that for EVERYWHERE. */
struct question {
    const char *path, *under, *privileges;
    bool below;
};

static int question_answer(const struct question *q, struct json_object *held)
{
    return q->under ? privileges_hold_anywhere(held, q->under, q->privileges)
                    : privileges_hold(held, q->privileges, q->below);
}

/* The entry for a path, made if need be; NULL when there are too many or no memory. Entries live as long as
 * the site. */
static struct permission *permission_entry(struct site *site, const char *path)
{
    pthread_mutex_lock(&site->permissions_lock);
    struct permission *entry = site->permissions;
    while (entry && strcmp(entry->path, path) != 0)
        entry = entry->next;
    if (!entry && site->permission_count < SITE_PERMISSIONS_MAX && (entry = calloc(1, sizeof(*entry)))) {
        entry->path = text_dup(path);
        if (!entry->path || flight_init(&entry->flight) < 0) {
            free(entry->path);
            free(entry);
            entry = NULL;
        } else {
            entry->next = site->permissions;
            site->permissions = entry;
            site->permission_count++;
        }
    }
    pthread_mutex_unlock(&site->permissions_lock);
    return entry;
}

static int permission_uncached(struct site *site, const struct site_call *call, const struct question *q,
                               struct problem *p)
{
    CLEANUP_JSON struct json_object *held = NULL;
    int r = permissions_fetch(site, call, q->path, &held, p);
    return r < 0 ? r : question_answer(q, held);
}

static int permission_ask(struct site *site, const struct site_call *call, const struct question *q,
                          struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    if (!p)
        p = &local;
    struct permission *entry = permission_entry(site, q->path);
    if (!entry)
        return permission_uncached(site, call, q, p);
    struct flight *f = &entry->flight;
    bool leader = false;
    int r = flight_enter(f, call, clock_ms() - SITE_PERMISSIONS_AGE_MS, &leader, p);
    if (r < 0)
        return r;
    if (leader) {
        struct json_object *held = NULL;
        r = permissions_fetch(site, call, q->path, &held, p);
        pthread_mutex_lock(&f->lock);
        if (r == 0) {
            if (entry->privileges)
                json_object_put(entry->privileges);
            entry->privileges = held;
        }
        flight_end(f, r, p);
    }
    if (r == 0)
        r = question_answer(q, entry->privileges);
    pthread_mutex_unlock(&f->lock);
    return r;
}

int site_permission(struct site *site, const struct site_call *call, const char *path, const char *privileges,
                    struct problem *p)
{
    return permission_ask(site, call, &(struct question){.path = path, .privileges = privileges}, p);
}

int site_need(struct site *site, const struct site_call *call, const char *path_template, const char *path,
              const char *privileges, struct problem *p)
{
    const bool below = !strchr(path_template, '{');
    return permission_ask(site, call,
                          &(struct question){.path = path, .privileges = privileges, .below = below}, p);
}

int site_permission_below(struct site *site, const struct site_call *call, const char *path,
                          const char *privileges, struct problem *p)
{
    return permission_ask(site, call,
                          &(struct question){.path = path, .privileges = privileges, .below = true}, p);
}

int site_permission_anywhere(struct site *site, const struct site_call *call, const char *under,
                             const char *privileges, struct problem *p)
{
    return permission_ask(
        site, call, &(struct question){.path = EVERYWHERE, .under = under, .privileges = privileges}, p);
}
