/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of backups, folded into one record a group. What makes no sense is counted and told, never taken for
 * a backup. Source: GET /admin/datastore/{store}/snapshots.
 */
#include <stdlib.h>

#include "health.h"

#define MANIFEST "index.json.blob" /* written last: without it a backup was not finished */

struct one {
    const char *type, *id, *owner;
    int64_t time;
    uint32_t verified;
    bool finished;
};

static int by_group_newest_first(const void *left, const void *right)
{
    const struct one *l = left, *r = right;
    int order = strcmp(l->type, r->type);
    if (!order)
        order = strcmp(l->id, r->id);
    return order ? order : (l->time < r->time) - (l->time > r->time);
}

static bool is_finished(struct json_object *row)
{
    struct json_object *files = member_of(row, "files");
    for (size_t i = 0; json_object_is_type(files, json_type_array) && i < json_object_array_length(files);
         i++) {
        struct json_object *file = json_object_array_get_idx(files, i);
        const char *name = json_object_is_type(file, json_type_string) ? json_object_get_string(file)
                                                                       : member_text(file, "filename");
        if (name && strcmp(name, MANIFEST) == 0)
            return true;
    }
    return false;
}

/* False: the row makes no sense, or is of a time that has not come. */
static bool take_row(const struct health *h, struct json_object *row, struct one *ret)
{
    *ret = (struct one){.type = member_text(row, "backup-type"),
                        .id = member_text(row, "backup-id"),
                        .owner = member_text(row, "owner"),
                        .time = integer_of(row, "backup-time"),
                        .verified = verified_of(row),
                        .finished = is_finished(row)};
    return ret->type && ret->id && *ret->id &&
           (strcmp(ret->type, "vm") == 0 || strcmp(ret->type, "ct") == 0 || strcmp(ret->type, "host") == 0) &&
           ret->time > 0 && ret->time <= h->d.now + HOUR_S;
}

static void fold(struct health_group *g, const struct one *one)
{
    if (!one->finished) {
        if (!g->count && !g->unfinished)
            g->unfinished = one->time;
        return;
    }
    if (!g->count) {
        g->newest = one->time;
        g->newest_failed = one->verified == VERIFIED_FAILED;
    }
    g->count++;
    g->oldest = one->time;
    g->failed += one->verified == VERIFIED_FAILED;
    if (one->verified == VERIFIED_OK && !g->verified)
        g->verified = one->time;
}

/* Room for one more row of this size; false: no memory, or more than `most`. */
static bool grow(void **rows, uint32_t count, uint32_t *room, size_t size, uint32_t most)
{
    if (count < *room)
        return true;
    const uint32_t wanted = *room ? *room * 2 : 64;
    void *more = count < most ? realloc(*rows, (size_t)wanted * size) : NULL;
    if (!more)
        return false;
    *rows = more;
    *room = wanted;
    return true;
}

static bool add_group(struct health *h, struct health_space *space, const struct one *one)
{
    struct health_contents *c = &h->contents;
    if (!grow((void **)&c->groups, c->group_count, &c->group_room, sizeof(*c->groups), GROUPS_MOST))
        return false;
    c->groups[c->group_count++] =
        (struct health_group){.type = health_text(h, "%s", one->type),
                              .id = health_text(h, "%s", one->id),
                              .owner = one->owner ? health_text(h, "%s", one->owner) : NULL};
    space->count++;
    return true;
}

int32_t health_fold(struct health *h, uint32_t index, struct json_object *list)
{
    struct health_contents *c = &h->contents;
    struct health_space *space = &c->spaces[index];
    const size_t rows = json_object_array_length(list);
    struct one *all = rows ? calloc(rows, sizeof(*all)) : NULL;
    size_t count = 0, i = 0;
    if (rows && !all)
        return PROXIMO_ENOMEM;
    for (i = 0; i < rows; i++)
        count += take_row(h, json_object_array_get_idx(list, i), &all[count]);
    if (count)
        qsort(all, count, sizeof(*all), by_group_newest_first);
    space->at = c->group_count;
    space->read = true;
    for (i = 0; i < count; i++) {
        const bool same =
            i && strcmp(all[i].type, all[i - 1].type) == 0 && strcmp(all[i].id, all[i - 1].id) == 0;
        if (!same && !add_group(h, space, &all[i]))
            break;
        fold(&c->groups[c->group_count - 1], &all[i]);
    }
    const bool cut = i < count;
    free(all);
    if (cut || count < rows)
        space->whole = false;
    if (count < rows)
        health_unread(
            h, space->site, FROM_PBS_SNAPSHOTS,
            place_label(&(const struct pbs_place){.a = h->d.ask, .store = space->store, .ns = space->ns}),
            health_text(h, "%zu rows have no type, id or time, or one that has not come: not counted",
                        rows - count));
    if (cut)
        health_unread(h, space->site, FROM_PBS_SNAPSHOTS, "further groups",
                      "there are more than are looked at");
    return PROXIMO_OK;
}

const struct health_group *health_group_find(const struct health *h, uint32_t space, const char *type,
                                             const char *id)
{
    const struct health_space *s = &h->contents.spaces[space];
    uint32_t low = 0, high = s->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct health_group *g = &h->contents.groups[s->at + middle];
        int order = strcmp(g->type, type);
        if (!order)
            order = strcmp(g->id, id);
        if (!order)
            return g;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int64_t health_space_find(const struct health *h, const char *site, const char *store, const char *ns)
{
    for (uint32_t i = 0; i < h->contents.space_count; i++) {
        const struct health_space *s = &h->contents.spaces[i];
        if ((site ? s->site && strcmp(s->site, site) == 0 : !s->site) && strcmp(s->store, store) == 0 &&
            strcmp(s->ns, ns) == 0)
            return i;
    }
    return -1;
}

void health_contents_done(struct health_contents *c)
{
    free(c->spaces);
    free(c->groups);
    *c = (struct health_contents){0};
}

void health_add_space(struct health *h, const char *site, const char *store, const char *ns)
{
    struct health_contents *c = &h->contents;
    if (health_space_find(h, site, store, ns) >= 0)
        return;
    if (!grow((void **)&c->spaces, c->space_count, &c->space_room, sizeof(*c->spaces), 4096)) {
        health_unread(h, site, FROM_PBS_SPACES, "further namespaces", "there are more than are looked at");
        return;
    }
    c->spaces[c->space_count++] =
        (struct health_space){.site = site, .store = store, .ns = health_text(h, "%s", ns), .whole = true};
}
