/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/shown.h"

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct shown {
    atomic_uint version;
    pthread_mutex_t mutex;
    struct json_object *hidden[LIST_KINDS]; /* sets of names */
};

int shown_new(struct shown **ret)
{
    struct shown *shown = calloc(1, sizeof(*shown));

    if (!shown)
        return -ENOMEM;
    (void)pthread_mutex_init(&shown->mutex, NULL);
    for (int i = 0; i < LIST_KINDS; i++) {
        shown->hidden[i] = json_object_new_object();
        if (!shown->hidden[i]) {
            shown_free(shown);
            return -ENOMEM;
        }
    }
    *ret = shown;
    return 0;
}

void shown_free(struct shown *shown)
{
    if (!shown)
        return;
    for (int i = 0; i < LIST_KINDS; i++)
        json_object_put(shown->hidden[i]);
    (void)pthread_mutex_destroy(&shown->mutex);
    free(shown);
}

int shown_set(struct shown *shown, enum list_kind kind, const char *name, bool on, bool *ret_changed)
{
    struct json_object *set = shown->hidden[kind];
    bool hidden;
    int r = 0;

    (void)pthread_mutex_lock(&shown->mutex);
    hidden = json_object_object_get_ex(set, name, NULL);
    if (on && hidden)
        json_object_object_del(set, name);
    else if (!on && !hidden)
        r = json_object_object_add(set, name, NULL) < 0 ? -ENOMEM : 0;
    if (r == 0) {
        *ret_changed = on == hidden;
        atomic_fetch_add(&shown->version, *ret_changed);
    }
    (void)pthread_mutex_unlock(&shown->mutex);
    return r;
}

bool shown_is(struct shown *shown, enum list_kind kind, const char *name)
{
    bool hidden;

    if (!shown || atomic_load(&shown->version) == 0)
        return true;
    (void)pthread_mutex_lock(&shown->mutex);
    hidden = json_object_object_get_ex(shown->hidden[kind], name, NULL);
    (void)pthread_mutex_unlock(&shown->mutex);
    return !hidden;
}

unsigned shown_version(struct shown *shown)
{
    return shown ? atomic_load(&shown->version) : 0;
}
