/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a guest is: an index over GET /cluster/resources?type=vm, kept for seconds. It only resolves ids and
 * names to node and kind; states come from elsewhere, because that list is itself a cache of Proxmox.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/scan.h"
#include "plane/site_inner.h"

#define GUESTS_PATH      "/cluster/resources"
#define POOL_LIMIT       ((size_t)32 << 20)
#define CANDIDATES_SHOWN 8

void guest_table_done(struct guest_table *table)
{
    free(table->rows);
    free(table->by_name);
    free(table->pool);
    memset(table, 0, sizeof(*table));
}

static int by_vmid(const void *a, const void *b)
{
    int64_t x = ((const struct guest_entry *)a)->vmid;
    int64_t y = ((const struct guest_entry *)b)->vmid;
    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b, void *arg)
{
    const struct guest_table *table = arg;
    const struct guest_entry *x = &table->rows[*(const uint32_t *)a];
    const struct guest_entry *y = &table->rows[*(const uint32_t *)b];
    int r = strcmp(table->pool + x->name, table->pool + y->name);
    return r ? r : by_vmid(x, y);
}

static uint32_t pool_add(struct buf *pool, const char *text, size_t len)
{
    uint32_t at = (uint32_t)pool->len;
    buf_add(pool, text, len);
    buf_add(pool, "", 1);
    return at;
}

static bool read_text(struct json_span value, size_t most, struct buf *out)
{
    buf_reset(out);
    if (!scan_is_string(value))
        return false;
    scan_text(value, out);
    return out->data && out->len > 0 && out->len <= most && !memchr(out->data, 0, out->len);
}

/* False: not a guest that can be addressed (another type, odd values), left out. */
static bool guest_read(struct json_span item, struct buf *scratch, struct buf *pool, struct guest_entry *ret)
{
    static const char *const names[] = {"type", "vmid", "node", "name", "template"};
    struct json_span values[5];
    scan_find(item, names, 5, values);
    ret->qemu = scan_equals(values[0], "qemu");
    if ((!ret->qemu && !scan_equals(values[0], "lxc")) || !scan_int(values[1], &ret->vmid) ||
        !read_text(values[2], 63, scratch))
        return false;
    ret->node = pool_add(pool, scratch->data, scratch->len);
    bool named = read_text(values[3], 127, scratch);
    ret->name = named ? pool_add(pool, scratch->data, scratch->len) : 0;
    ret->template = scan_number(values[4]) > 0;
    return true;
}

static int guest_table_fill(struct json_span list, struct guest_table *table, struct buf *pool)
{
    CLEANUP_BUF struct buf scratch = BUF_INIT(4096);
    struct scan scan;
    struct json_span item;
    size_t room = 0;
    if (scan_array(list, &scan) < 0)
        return -EBADMSG;
    buf_add(pool, "", 1); /* offset 0: no name */
    while (scan_item(&scan, &item)) {
        if (table->count == room) {
            room = room ? room * 2 : 64;
            struct guest_entry *grown = realloc(table->rows, room * sizeof(*grown));
            if (!grown)
                return -ENOMEM;
            table->rows = grown;
        }
        struct guest_entry entry = {0};
        if (guest_read(item, &scratch, pool, &entry))
            table->rows[table->count++] = entry;
    }
    table->by_name = calloc(table->count + 1, sizeof(*table->by_name));
    table->pool = buf_take(pool, NULL);
    return table->by_name && table->pool ? 0 : -ENOMEM;
}

static int guest_table_build(struct json_span list, struct guest_table *ret)
{
    CLEANUP_BUF struct buf pool = BUF_INIT(POOL_LIMIT);
    struct guest_table table = {0};
    int r = guest_table_fill(list, &table, &pool);
    if (r < 0) {
        guest_table_done(&table);
        return r;
    }
    if (table.count)
        qsort(table.rows, table.count, sizeof(*table.rows), by_vmid);
    for (size_t i = 0; i < table.count; i++)
        table.by_name[i] = (uint32_t)i;
    qsort_r(table.by_name, table.count, sizeof(*table.by_name), by_name, &table);
    *ret = table;
    return 0;
}

static int guests_fetch(struct site *site, const struct site_call *call, struct guest_table *ret,
                        struct problem *p)
{
    static const char *const names[] = {"data"};
    const struct http_field type = {.name = "type", .value = "vm", .value_len = 2};
    struct site_answer answer = {0};
    struct json_span data;
    int r = site_get_text(site, call, GUESTS_PATH, &type, 1, false, &answer, p);
    if (r < 0)
        return r;
    scan_find((struct json_span){answer.raw, answer.raw_len}, names, 1, &data);
    r = guest_table_build(data, ret);
    if (r == -EBADMSG)
        problem_set(p, r, PX_BAD_ANSWER, "GET " GUESTS_PATH " answered without a list");
    else if (r < 0)
        problem_set(p, r, PX_INTERNAL, "no memory for the list of guests");
    site_answer_done(&answer);
    return r;
}

/* ---- looking up, with the flight's lock held */

struct hits {
    const struct guest_entry *first;
    size_t count;   /* all that fit the text */
    size_t fitting; /* of these, the ones that fit kind and node */
    const struct guest_entry *fit;
    struct buf *shown; /* the candidates in words */
};

static const char *kind_of(const struct guest_entry *g)
{
    return g->qemu ? "qemu" : "lxc";
}

static void hits_add(struct hits *hits, const struct guest_table *table, const struct guest_entry *g,
                     const char *kind, const char *node)
{
    if (hits->count++ == 0)
        hits->first = g;
    if ((!kind || strcmp(kind, kind_of(g)) == 0) && (!node || strcmp(node, table->pool + g->node) == 0)) {
        hits->fitting++;
        hits->fit = g;
    }
    if (hits->count <= CANDIDATES_SHOWN)
        buf_printf(hits->shown, "%s%lld (%s on %s)", hits->count > 1 ? ", " : "", (long long)g->vmid,
                   kind_of(g), table->pool + g->node);
}

static void find_by_name(const struct guest_table *table, const char *name, const char *kind,
                         const char *node, struct hits *hits)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->pool + table->rows[table->by_name[middle]].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < table->count; low++) {
        const struct guest_entry *g = &table->rows[table->by_name[low]];
        if (strcmp(table->pool + g->name, name) != 0)
            break;
        hits_add(hits, table, g, kind, node);
    }
}

static void find_hits(const struct guest_table *table, const char *text, const char *kind, const char *node,
                      struct hits *hits)
{
    struct guest_entry key = {0};
    if (text_to_i64(text, 1, 999999999, &key.vmid) == 0) {
        const struct guest_entry *g =
            !table->count ? NULL : bsearch(&key, table->rows, table->count, sizeof(key), by_vmid);
        if (g)
            hits_add(hits, table, g, kind, node);
    }
    if (hits->count == 0 && *text)
        find_by_name(table, text, kind, node, hits);
}

static int not_found(const struct guest_table *table, const char *text, struct problem *p)
{
    unsigned best = 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < table->count; i++) {
        unsigned d = text_distance(text, table->pool + table->rows[i].name);
        if (d < best && table->pool[table->rows[i].name]) {
            best = d;
            nearest = table->pool + table->rows[i].name;
        }
    }
    problem_set(p, -ENOENT, PX_NOT_FOUND,
                "no guest has the id or name '%.128s' among the %zu guests that this token sees%s%s%s", text,
                table->count, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    problem_next(
        p, "%s",
        table->count
            ? "look it up with pve_list_guests; Proxmox hides guests on which the token lacks VM.Audit"
            : "Proxmox filters lists by privilege, so a token without VM.Audit on /vms sees none: "
              "pveum acl modify /vms --tokens '<your token>' --roles PVEAuditor");
    return -ENOENT;
}

static const char *kind_words(bool qemu)
{
    return qemu ? "a qemu VM" : "an lxc container";
}

static int mismatch(const struct guest_table *table, const char *text, const char *kind, const char *node,
                    const struct hits *hits, struct problem *p)
{
    if (hits->count > 1)
        problem_set(p, -EINVAL, PX_MISMATCH, "no guest '%.128s' is %s%s%s; there are %s", text,
                    kind ? kind_words(strcmp(kind, "qemu") == 0) : "", node ? " on " : "", node ? node : "",
                    hits->shown->data ? hits->shown->data : "several");
    else
        problem_set(p, -EINVAL, PX_MISMATCH, "guest %.128s is %s on %s, not %s%s%s", text,
                    kind_words(hits->first->qemu), table->pool + hits->first->node, kind ? kind : "",
                    kind && node ? " on " : (node ? "on " : ""), node ? node : "");
    problem_next(p, "leave out kind and node: both are found from the id");
    return -EINVAL;
}

static int guest_lookup(const struct guest_table *table, const char *text, const char *kind, const char *node,
                        struct site_guest *ret, struct problem *p)
{
    CLEANUP_BUF struct buf shown = BUF_INIT(2048);
    struct hits hits = {.shown = &shown};
    find_hits(table, text, kind, node, &hits);
    if (hits.count == 0)
        return not_found(table, text, p);
    if (hits.fitting == 0)
        return mismatch(table, text, kind, node, &hits, p);
    if (hits.fitting > 1) {
        problem_set(p, -EINVAL, PX_AMBIGUOUS, "%zu guests are named '%.128s': %s%s", hits.count, text,
                    shown.data ? shown.data : "", hits.count > CANDIDATES_SHOWN ? " ..." : "");
        problem_next(p, "use the vmid instead of the name");
        return -EINVAL;
    }
    struct site_guest guest = {.vmid = hits.fit->vmid, .template = hits.fit->template};
    memcpy(guest.kind, kind_of(hits.fit), strlen(kind_of(hits.fit)) + 1);
    memcpy(guest.node, table->pool + hits.fit->node, strlen(table->pool + hits.fit->node) + 1);
    memcpy(guest.name, table->pool + hits.fit->name, strlen(table->pool + hits.fit->name) + 1);
    *ret = guest;
    return 0;
}

int site_guest_find(struct site *site, const struct site_call *call, const char *vmid_or_name,
                    const char *kind, const char *node, bool fresh, struct site_guest *ret, struct problem *p)
{
    struct flight *f = &site->guests_flight;
    struct problem local = PROBLEM_INIT;
    if (!p)
        p = &local;
    if (site->config->kind != CONFIG_PVE)
        return problem_set(p, -EINVAL, PX_SITE, "site '%s' is a Backup Server and has no guests",
                           site->config->name);
    bool leader = false;
    int64_t now = clock_ms();
    /* A list fetched in this very millisecond may be the stale one. */
    int r = flight_enter(f, call, fresh ? now + 1 : now - SITE_GUESTS_AGE_MS, &leader, p);
    if (r < 0)
        return r;
    if (leader) {
        struct guest_table table = {0};
        r = guests_fetch(site, call, &table, p);
        pthread_mutex_lock(&f->lock);
        if (r == 0) {
            guest_table_done(&site->guests);
            site->guests = table;
        }
        flight_end(f, r, p);
    }
    if (r == 0)
        r = guest_lookup(&site->guests, vmid_or_name, kind, node, ret, p);
    pthread_mutex_unlock(&f->lock);
    return r;
}
