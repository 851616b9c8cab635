/* SPDX-License-Identifier: Apache-2.0 */
/* All guests of the cluster and their configurations. Sources: GET /cluster/resources, GET .../config. */
#include <stdlib.h>

#include "guest_disks.h"

#define BATCH 128u /* of one get_many; between two of them the client hears how far it is */

static int by_vmid(const void *left, const void *right)
{
    int64_t l = ((const struct known_guest *)left)->vmid, r = ((const struct known_guest *)right)->vmid;
    return (l > r) - (l < r);
}

static const char *kept(const struct asking *a, struct json_object *row, const char *key, bool *ok)
{
    const char *text = member_text(row, key);
    const char *copy = text ? ask_text(a, "%s", text) : NULL;
    *ok &= !text || copy;
    return copy;
}

static uint64_t number_of(struct json_object *row, const char *key, uint64_t most)
{
    const char *digits = member_text(row, key);
    return digits ? digits_of(digits, most) : 0;
}

static int32_t take_rows(const struct asking *a, struct json_object *list, struct known_guests *ret)
{
    size_t count = json_object_array_length(list);
    bool ok = true;
    ret->rows = a->host->alloc(a->call, (count + 1) * sizeof(*ret->rows));
    if (!ret->rows)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count && ok; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const bool lxc = member_is(row, "type", "lxc");
        const char *vmid = member_text(row, "vmid");
        if ((!lxc && !member_is(row, "type", "qemu")) || !vmid || !member_text(row, "node"))
            continue;
        ret->rows[ret->count++] = (struct known_guest){
            .vmid = (int64_t)digits_of(vmid, 999999999),
            .node = kept(a, row, "node", &ok),
            .name = kept(a, row, "name", &ok),
            .ha = kept(a, row, "hastate", &ok),
            .lxc = lxc,
            .template = member_true(row, "template"),
            .running = member_is(row, "status", "running"),
            .maxmem = number_of(row, "maxmem", INT64_MAX / 16),
            .maxcpu = (uint32_t)number_of(row, "maxcpu", 65536),
            .why = "not looked at",
        };
    }
    qsort(ret->rows, ret->count, sizeof(*ret->rows), by_vmid);
    return ok ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t guests_list_of(const struct asking *a, const char *site, struct known_guests *ret,
                       const char **ret_why)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1),       .site = site};
    struct looked list;
    *ret = (struct known_guests){0};
    *ret_why = NULL;
    int32_t r = ask_look(a, &get, &list);
    if (r < 0)
        return r;
    if (!json_object_is_type(list.data, json_type_array)) {
        *ret_why = list.data ? "the list is none" : list.why;
    } else {
        r = take_rows(a, list.data, ret);
        ret->complete = r == PROXIMO_OK && list.complete;
        if (r == PROXIMO_OK && !list.complete)
            *ret_why = "this token does not hold VM.Audit on all of /vms: guests that it does not see were "
                       "not looked at";
    }
    json_object_put(list.data);
    return r;
}

int32_t guests_list(const struct asking *a, struct known_guests *ret)
{
    const char *why;
    int32_t r = guests_list_of(a, NULL, ret, &why);
    return r == PROXIMO_OK && why ? a->host->incomplete(a->call, "the guests of the cluster", why) : r;
}

void guests_done(struct known_guests *guests)
{
    for (uint32_t i = 0; i < guests->count; i++) {
        json_object_put(guests->rows[i].config);
        guests->rows[i].config = NULL;
    }
}

struct known_guest *guests_find(const struct known_guests *guests, int64_t vmid)
{
    const struct known_guest key = {.vmid = vmid};
    return guests->count ? bsearch(&key, guests->rows, guests->count, sizeof(key), by_vmid) : NULL;
}

/* ---- configurations */

struct reading {
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];
    struct proximo_field fields[BATCH][3];
    struct known_guest *of[BATCH];
    uint32_t count;
};

/* No needs: without VM.Audit Proxmox refuses a configuration, it does not shorten it, and asking what is held
 * at each guest's path would be one request more for each. */
static int32_t add_reading(const struct asking *a, struct reading *all, struct known_guest *guest)
{
    struct proximo_field *fields = all->fields[all->count];
    const char *vmid = ask_text(a, "%lld", (long long)guest->vmid);
    if (!vmid)
        return PROXIMO_ENOMEM;
    fields[0] = FIELD("node", guest->node);
    fields[1] = FIELD("kind", guest->lxc ? "lxc" : "qemu");
    fields[2] = FIELD("vmid", vmid);
    all->gets[all->count] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                                 .path = "/nodes/{node}/{kind}/{vmid}/config",
                                                 .fields = fields, .field_count = 3};
    all->answers[all->count] = (struct proximo_answer){ROW(proximo_answer)};
    all->of[all->count++] = guest;
    return PROXIMO_OK;
}

/* A configuration has a digest: an empty answer is not an empty guest. */
static int32_t take_config(const struct asking *a, const struct proximo_answer *answer,
                           struct known_guest *guest)
{
    struct json_object *config = answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    guest->why = NULL;
    if (member_text(config, "digest")) {
        guest->config = config;
        return PROXIMO_OK;
    }
    json_object_put(config);
    if (answer->status >= 200 && answer->status < 300)
        guest->why = "its configuration came back empty";
    else if (answer->message.len)
        guest->why = ask_text(a, "%.*s", (int)(answer->message.len > 300 ? 300 : answer->message.len),
                              answer->message.ptr);
    else
        guest->why = ask_text(a, "HTTP status %d", (int)answer->status);
    return guest->why ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t read_batch(const struct asking *a, struct reading *all)
{
    int32_t r = all->count ? a->host->get_many(a->call, all->gets, all->count, all->answers) : PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < all->count; i++)
        r = take_config(a, &all->answers[i], all->of[i]);
    return r;
}

int32_t guests_visit_configs(const struct asking *a, struct known_guests *guests, const bool *wanted,
                             uint32_t budget, const char *progress,
                             int32_t (*visit)(void *context, struct known_guest *guest), void *context)
{
    struct reading *all = a->host->alloc(a->call, sizeof(*all));
    uint32_t total = 0, done = 0, next = 0;
    const char *rest = GUESTS_OVER_BUDGET; /* why the others are not read */
    int32_t r = all ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < guests->count; i++)
        total += wanted[i];
    while (r == PROXIMO_OK && next < guests->count) {
        const uint32_t first = next;
        if (done && done < budget && a->host->deadline_ms(a->call) < GUESTS_RESERVE_MS) {
            rest = GUESTS_NO_TIME;
            budget = done;
        }
        for (all->count = 0; r == PROXIMO_OK && next < guests->count && all->count < BATCH; next++) {
            struct known_guest *guest = &guests->rows[next];
            if (!wanted[next] || guest->config)
                continue;
            guest->why = rest;
            if (done + all->count < budget)
                r = add_reading(a, all, guest);
        }
        if (r == PROXIMO_OK)
            r = read_batch(a, all);
        done += all->count;
        for (uint32_t i = first; r == PROXIMO_OK && i < next; i++) {
            if (!wanted[i])
                continue;
            r = visit(context, &guests->rows[i]);
            json_object_put(guests->rows[i].config);
            guests->rows[i].config = NULL;
        }
        if (r == PROXIMO_OK && all->count && total > BATCH)
            r = a->host->progress(a->call, done, total < budget ? total : budget, progress);
    }
    for (uint32_t i = 0; r < 0 && i < guests->count; i++) { /* what the batch had read */
        if (wanted[i]) {
            json_object_put(guests->rows[i].config);
            guests->rows[i].config = NULL;
        }
    }
    return r;
}

struct keeping {
    struct known_guests *guests;
    struct json_object **configs;
};

static int32_t keep_config(void *context, struct known_guest *guest)
{
    const struct keeping *keeping = context;
    keeping->configs[guest - keeping->guests->rows] = json_object_get(guest->config);
    return PROXIMO_OK;
}

int32_t guests_read_configs(const struct asking *a, struct known_guests *guests, const bool *wanted,
                            uint32_t budget, const char *progress)
{
    struct keeping keeping = {
        guests, a->host->alloc(a->call, (guests->count + UINT64_C(1)) * sizeof(struct json_object *))};
    if (!keeping.configs)
        return PROXIMO_ENOMEM;
    int32_t r = guests_visit_configs(a, guests, wanted, budget, progress, keep_config, &keeping);
    for (uint32_t i = 0; i < guests->count; i++) {
        if (keeping.configs[i])
            guests->rows[i].config = keeping.configs[i];
    }
    return r;
}
