/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backups of guests over all storages. What cannot be listed is kept beside them with its reason: no
 * backup may be said to be missing while a storage that could hold it was not seen. Sources: GET /nodes,
 * GET /nodes/{node}/storage/{storage}/content?content=backup.
 */
#include <stdlib.h>
#include <time.h>

#include "archives.h"

#define NODES_MOST 128u
#define TRIES_MOST 3u  /* nodes that are asked for a shared storage */
#define BATCH      16u /* lists that are asked for at once */

struct listing {
    const struct known_storage *storage;
    const char *node;
    const char *other[TRIES_MOST - 1]; /* of a shared storage: whom to ask if this node cannot tell */
    struct proximo_field fields[4];
    struct proximo_need needs[3];
};
struct gathering {
    const struct asking *a;
    struct archives *into;
    int64_t vmid;
    const char *only; /* a node; NULL: all */
    const char *site; /* NULL: the call's */
    bool backs_up;    /* of another site: VM.Backup on all guests is held there */
    const char *nodes[NODES_MOST];
    bool online[NODES_MOST];
    uint32_t node_count;
    struct listing *listings;
    uint32_t count, space;
};

/* Room for one more; false: no memory. */
static bool grow(void **rows, uint32_t count, uint32_t *space, size_t size)
{
    if (count < *space)
        return true;
    const uint32_t wanted = *space ? *space * 2 : 64;
    void *more = realloc(*rows, (size_t)wanted * size);
    if (!more)
        return false;
    *rows = more;
    *space = wanted;
    return true;
}

static int32_t not_seen(struct gathering *g, const char *storage, const char *node, const char *why)
{
    struct archives *into = g->into;
    if (!grow((void **)&into->unseen, into->unseen_count, &into->unseen_space, sizeof(*into->unseen)))
        return PROXIMO_ENOMEM;
    into->unseen[into->unseen_count++] =
        (struct unseen){ask_text(g->a, "%s", storage), node ? ask_text(g->a, "%s", node) : NULL,
                        ask_text(g->a, "%.300s", why ? why : "no answer")};
    return PROXIMO_OK;
}

/* ---- what is to be asked */

static int32_t read_nodes(struct gathering *g)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes", .site = g->site};
    struct looked looked;
    int32_t r = ask_look(g->a, &get, &looked);
    const size_t count = r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array)
                             ? json_object_array_length(looked.data)
                             : 0;
    for (size_t i = 0; i < count && g->node_count < NODES_MOST; i++) {
        struct json_object *one = json_object_array_get_idx(looked.data, i);
        const char *node = member_text(one, "node");
        if (!node)
            continue;
        g->online[g->node_count] = !member_is(one, "status", "offline");
        g->nodes[g->node_count++] = ask_text(g->a, "%s", node);
    }
    if (r == PROXIMO_OK && g->node_count == 0)
        r = not_seen(g, "all", NULL, "the list of nodes could not be read");
    if (r == PROXIMO_OK && count > NODES_MOST)
        r = not_seen(g, "all", NULL, "there are more nodes than are looked at");
    json_object_put(looked.data);
    return r;
}

static struct listing *add_listing(struct gathering *g, const struct known_storage *s, const char *node)
{
    if (!grow((void **)&g->listings, g->count, &g->space, sizeof(*g->listings)))
        return NULL;
    g->listings[g->count] = (struct listing){.storage = s, .node = node};
    return &g->listings[g->count++];
}

/* The lists of one storage: one of a shared storage, of a local one that of each node. */
static int32_t plan_storage(struct gathering *g, const struct known_storage *s)
{
    struct listing *shared = NULL;
    uint32_t on = 0, others = 0;
    if (s->disabled)
        return not_seen(g, s->storage, NULL, "the storage is disabled");
    for (uint32_t i = 0; i < g->node_count; i++) {
        const char *node = g->nodes[i];
        if (!known_storage_on(s, node) || (g->only && strcmp(g->only, node) != 0))
            continue;
        on++;
        if (!g->online[i]) {
            int32_t r = s->shared ? PROXIMO_OK : not_seen(g, s->storage, node, "the node is offline");
            if (r < 0)
                return r;
        } else if (!s->shared) {
            if (!add_listing(g, s, node))
                return PROXIMO_ENOMEM;
        } else if (!shared) {
            shared = add_listing(g, s, node);
            if (!shared)
                return PROXIMO_ENOMEM;
        } else if (others < TRIES_MOST - 1) {
            shared->other[others++] = node;
        }
    }
    if (s->shared && !shared && on)
        return not_seen(g, s->storage, NULL, "no node that has it is online");
    return !on && !g->only ? not_seen(g, s->storage, NULL, "no node has it") : PROXIMO_OK;
}

/* ---- what was answered */

uint32_t verified_of(struct json_object *row)
{
    struct json_object *verification = member_of(row, "verification");
    const char *state = member_text(verification, "state");
    if (!state)
        return VERIFIED_NOT;
    return strcmp(state, "ok") == 0       ? VERIFIED_OK
           : strcmp(state, "failed") == 0 ? VERIFIED_FAILED
                                          : VERIFIED_NOT;
}

const char *verified_word(uint32_t verified)
{
    return verified == VERIFIED_OK ? "ok" : verified == VERIFIED_FAILED ? "failed" : "not";
}

static int32_t take_rows(struct gathering *g, const struct listing *one, struct json_object *list)
{
    struct archives *into = g->into;
    const char *storage = ask_text(g->a, "%s", one->storage->storage);
    const size_t count = json_object_array_length(list);
    into->looked++;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *volid = member_text(row, "volid"), *vmid = member_text(row, "vmid");
        if (!volid || (member_text(row, "content") && !member_is(row, "content", "backup")))
            continue;
        if (!grow((void **)&into->rows, into->count, &into->space, sizeof(*into->rows)))
            return PROXIMO_ENOMEM;
        struct archive *a = &into->rows[into->count++];
        *a = (struct archive){.volid = ask_text(g->a, "%s", volid),
                              .storage = storage,
                              .node = one->node,
                              .vmid = vmid ? (int64_t)digits_of(vmid, 999999999) : 0,
                              .ctime = json_object_get_int64(member_of(row, "ctime")),
                              .size = json_object_get_int64(member_of(row, "size")),
                              .verified = verified_of(row),
                              .protected = member_true(row, "protected"),
                              .encrypted = member_of(row, "encrypted") != NULL,
                              .shared = one->storage->shared};
        if (!a->volid || !storage)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* What of another site is held is only told beside an answer of it: one that is cheap is asked for that. */
static int32_t look_elsewhere(struct gathering *g)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Backup")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/version", .needs = PROXIMO_TABLE(need),
                                    .site = g->site};
    struct looked looked = {0};
    int32_t r = ask_look(g->a, &get, &looked);
    g->backs_up = looked.data && looked.complete;
    json_object_put(looked.data);
    return r;
}

/* Proxmox lists a backup of a guest to those who may use the storage's space and back the guest up, and all
 * of them to those who may change the storage. */
static int32_t needs_elsewhere(struct gathering *g, struct listing *one, uint32_t *ret_count)
{
    const char *path = ask_text(g->a, "/storage/%s", one->storage->storage);
    if (!path)
        return PROXIMO_ENOMEM;
    one->needs[0] = (struct proximo_need)NEED(path, g->backs_up ? "Datastore.Allocate|Datastore.AllocateSpace"
                                                                : "Datastore.Allocate");
    *ret_count = 1;
    return PROXIMO_OK;
}

static int32_t prepare(struct gathering *g, struct listing *one, const char *node, struct proximo_get *ret)
{
    const char *vmid = g->vmid ? ask_text(g->a, "%lld", (long long)g->vmid) : NULL;
    uint32_t needs = 0;
    if (g->vmid && !vmid)
        return PROXIMO_ENOMEM;
    one->fields[0] = FIELD("node", node);
    one->fields[1] = FIELD("storage", one->storage->storage);
    one->fields[2] = FIELD("content", "backup");
    if (vmid)
        one->fields[3] = FIELD("vmid", vmid);
    int32_t r = g->site ? needs_elsewhere(g, one, &needs)
                        : content_needs(g->a, one->storage->storage, "backup", vmid, one->needs, &needs);
    *ret = (struct proximo_get){ROW(proximo_get),
                                .path = CONTENT_PATH,
                                .fields = one->fields,
                                .field_count = vmid ? 4 : 3,
                                .flags = PROXIMO_GET_TOLERATE,
                                .needs = ROWS(one->needs, needs),
                                .site = g->site};
    return r;
}

/* Takes one answer; a shared storage that this node cannot list is asked of others. */
static int32_t take(struct gathering *g, struct listing *one, const struct proximo_answer *answer)
{
    const bool good = answer->status >= 200 && answer->status < 300;
    struct json_object *list DROP_JSON = good ? json_of(answer->data) : NULL;
    const char *why =
        good ? "its list is none, or too large to be read"
        : answer->message.len
            ? ask_text(g->a, "%.*s", (int)(answer->message.len < 300 ? answer->message.len : 300),
                       answer->message.ptr)
            : ask_text(g->a, "HTTP status %d", (int)answer->status);
    bool complete = !(answer->flags & PROXIMO_ANSWER_INCOMPLETE);
    for (uint32_t i = 0; !json_object_is_type(list, json_type_array) && i < TRIES_MOST - 1 && one->other[i];
         i++) {
        struct proximo_get get;
        struct looked looked = {0};
        int32_t r = prepare(g, one, one->other[i], &get);
        if (r == PROXIMO_OK)
            r = ask_look(g->a, &get, &looked);
        if (r < 0)
            return r;
        json_object_put(list);
        list = looked.data;
        complete = looked.complete;
    }
    if (!json_object_is_type(list, json_type_array))
        return not_seen(g, one->storage->storage, one->storage->shared ? NULL : one->node, why);
    int32_t r = take_rows(g, one, list);
    if (r == PROXIMO_OK && !complete)
        r = not_seen(g, one->storage->storage, one->storage->shared ? NULL : one->node,
                     "this token does not see every guest's backups there (VM.Backup on the guests, or "
                     "Datastore.Allocate on the storage)");
    return r;
}

static int32_t ask_all(struct gathering *g)
{
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];
    int32_t r = PROXIMO_OK;
    for (uint32_t at = 0; r == PROXIMO_OK && at < g->count; at += BATCH) {
        const uint32_t count = g->count - at < BATCH ? g->count - at : BATCH;
        for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
            r = prepare(g, &g->listings[at + i], g->listings[at + i].node, &gets[i]);
            answers[i] = (struct proximo_answer){ROW(proximo_answer)};
        }
        if (r == PROXIMO_OK)
            r = g->a->host->get_many(g->a->call, gets, count, answers);
        for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
            r = take(g, &g->listings[at + i], &answers[i]);
        if (r == PROXIMO_OK)
            r = g->a->host->progress(g->a->call, at + count, g->count, "lists of backups are read");
    }
    return r;
}

static int by_guest_newest_first(const void *a, const void *b)
{
    const struct archive *x = a, *y = b;
    if (x->vmid != y->vmid)
        return x->vmid < y->vmid ? -1 : 1;
    if (x->ctime != y->ctime)
        return x->ctime > y->ctime ? -1 : 1;
    return strcmp(x->volid, y->volid);
}

int32_t archives_read(const struct asking *a, int64_t vmid, const char *node, struct archives *ret)
{
    struct known_storages storages;
    *ret = (struct archives){0};
    int32_t r = storages_read(a, &storages);
    if (r == PROXIMO_OK)
        r = archives_read_of(a, NULL, &storages, vmid, node, ret);
    storages_done(&storages);
    return r;
}

int32_t archives_read_of(const struct asking *a, const char *site, const struct known_storages *storages,
                         int64_t vmid, const char *node, struct archives *ret)
{
    *ret = (struct archives){0};
    struct gathering g = {.a = a, .into = ret, .vmid = vmid, .only = node, .site = site};
    int32_t r = site ? look_elsewhere(&g) : PROXIMO_OK;
    if (r == PROXIMO_OK && !storages->complete)
        r = not_seen(&g, storages->count ? "others" : "all", NULL, storages->why);
    if (r == PROXIMO_OK)
        r = read_nodes(&g);
    for (uint32_t i = 0; r == PROXIMO_OK && i < storages->count; i++) {
        if (storages->rows[i].backups)
            r = plan_storage(&g, &storages->rows[i]);
    }
    if (r == PROXIMO_OK)
        r = ask_all(&g);
    if (r == PROXIMO_OK && ret->count)
        qsort(ret->rows, ret->count, sizeof(*ret->rows), by_guest_newest_first);
    free(g.listings);
    return r;
}

void archives_done(struct archives *archives)
{
    free(archives->rows);
    free(archives->unseen);
}

const struct archive *archives_of(const struct archives *archives, int64_t vmid, uint32_t *ret_count)
{
    uint32_t low = 0, high = archives->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (archives->rows[middle].vmid < vmid)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t count = 0;
    while (low + count < archives->count && archives->rows[low + count].vmid == vmid)
        count++;
    *ret_count = count;
    return count ? &archives->rows[low] : NULL;
}

int32_t archives_tell_unseen(const struct asking *a, const struct archives *archives)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < archives->unseen_count; i++) {
        const struct unseen *one = &archives->unseen[i];
        const char *what = ask_text(a, "backups on storage %s%s%s", one->storage,
                                    one->node ? " of node " : "", one->node ? one->node : "");
        r = what && one->why ? a->host->incomplete(a->call, what, one->why) : PROXIMO_ENOMEM;
    }
    return r;
}

/* ---- time */

int64_t now_epoch(void)
{
    return (int64_t)time(NULL);
}

const char *age_text(const struct asking *a, int64_t seconds)
{
    if (seconds < 0)
        return "in the future";
    if (seconds < 3600)
        return ask_text(a, "%lld min", (long long)(seconds / 60));
    if (seconds < 86400)
        return ask_text(a, "%lld h", (long long)(seconds / 3600));
    return ask_text(a, "%lld %s %lld h", (long long)(seconds / 86400), seconds < 2 * 86400 ? "day" : "days",
                    (long long)(seconds % 86400 / 3600));
}

const char *time_text(const struct asking *a, int64_t epoch)
{
    const time_t when = (time_t)epoch;
    struct tm tm;
    char text[40];
    if (epoch <= 0 || !gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) == 0)
        return "at an unknown time";
    return ask_text(a, "%s", text);
}
