/* SPDX-License-Identifier: Apache-2.0 */
#include "nics.h"

#include "../common/guest_disks.h"

#define CONFIGS_MOST 8000u

struct looking {
    struct asking a;
    const char *const *vnets;
    uint32_t vnet_count;
    struct sdn_nic *rows;
    uint32_t count, room, unread;
    struct known_guest first; /* of those that were not read */
};

/* "net0" .. */
static bool is_nic(const char *key)
{
    return strncmp(key, "net", 3) == 0 && key[3] && strspn(key + 3, "0123456789") == strlen(key + 3);
}

/* The value of one part of "virtio=MAC,bridge=vmbr0,firewall=1", its length in *ret_len; NULL: none. */
static const char *part_of(const char *text, const char *name, size_t *ret_len)
{
    const size_t wanted = strlen(name);
    while (*text) {
        const size_t len = strcspn(text, ",");
        if (len > wanted && text[wanted] == '=' && memcmp(text, name, wanted) == 0) {
            *ret_len = len - wanted - 1;
            return text + wanted + 1;
        }
        text += len + (text[len] == ',');
    }
    return NULL;
}

static const char *vnet_of(const struct looking *l, const char *value)
{
    size_t len = 0;
    const char *bridge = part_of(value, "bridge", &len);
    for (uint32_t i = 0; bridge && i < l->vnet_count; i++) {
        if (strlen(l->vnets[i]) == len && memcmp(l->vnets[i], bridge, len) == 0)
            return l->vnets[i];
    }
    return NULL;
}

static int32_t keep(struct looking *l, const struct known_guest *guest, const char *slot, const char *value,
                    const char *vnet)
{
    size_t len = 0;
    const char *firewall = part_of(value, "firewall", &len);
    if (l->count == l->room) {
        const uint32_t room = l->room ? l->room * 2 : 32;
        struct sdn_nic *rows = l->a.host->alloc(l->a.call, room * sizeof(*rows));
        if (!rows)
            return PROXIMO_ENOMEM;
        if (l->count)
            memcpy(rows, l->rows, l->count * sizeof(*rows));
        l->rows = rows;
        l->room = room;
    }
    l->rows[l->count++] = (struct sdn_nic){.vmid = guest->vmid,
                                           .node = guest->node,
                                           .name = guest->name,
                                           .slot = ask_text(&l->a, "%s", slot),
                                           .vnet = vnet,
                                           .running = guest->running,
                                           .template = guest->template,
                                           .firewall = firewall && len == 1 && *firewall == '1'};
    return l->rows[l->count - 1].slot ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t see_guest(void *context, struct known_guest *guest)
{
    struct looking *l = context;
    int32_t r = PROXIMO_OK;
    if (!guest->config) {
        if (l->unread++ == 0)
            l->first = *guest;
        return PROXIMO_OK;
    }
    json_object_object_foreach(guest->config, key, value)
    {
        const char *text = json_object_is_type(value, json_type_string) && is_nic(key)
                               ? json_object_get_string(value)
                               : NULL;
        const char *vnet = text ? vnet_of(l, text) : NULL;
        if (vnet && r == PROXIMO_OK)
            r = keep(l, guest, key, text, vnet);
    }
    return r;
}

int32_t sdn_nics_read(const struct asking *a, const char *const *vnets, uint32_t vnet_count,
                      struct sdn_nic **ret, uint32_t *ret_count)
{
    struct looking l = {.a = *a, .vnets = vnets, .vnet_count = vnet_count};
    struct known_guests guests = {0};
    *ret_count = 0;
    if (!vnet_count)
        return PROXIMO_OK;
    int32_t r = guests_list(a, &guests);
    bool *wanted = r == PROXIMO_OK ? a->host->alloc(a->call, guests.count + UINT64_C(1)) : NULL;
    if (r == PROXIMO_OK && !wanted)
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        memset(wanted, 1, guests.count);
        r = guests_visit_configs(a, &guests, wanted, CONFIGS_MOST, "looking for guests on the VNets",
                                 see_guest, &l);
    }
    if (r == PROXIMO_OK && l.unread)
        r = a->host->incomplete(
            a->call, "which guests hang on the VNets",
            ask_text(a, "the configuration of %u guests was not read; the first is %lld: %.200s",
                     (unsigned)l.unread, (long long)l.first.vmid,
                     l.first.why ? l.first.why : "no reason given"));
    guests_done(&guests);
    *ret = l.rows;
    *ret_count = l.count;
    return r;
}
