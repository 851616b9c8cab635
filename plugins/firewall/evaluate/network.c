/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around the rules: guests' NICs, the cluster's addresses, the local network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int read_nic(struct fw_guest *guest, const char *key, struct json_object *input)
{
    static const char *const fixed[] = {"ip", "ip6"};
    int64_t net = strncmp(key, "net", 3) == 0 ? fw_digits(key + 3, strlen(key + 3), 999) : -1;

    if (net < 0)
        return 0; /* not a NIC */
    struct fw_nic *nic = &guest->nics[guest->nic_count++];
    nic->net = (uint32_t)net;
    nic->bridge = fw_text(input, "bridge");
    nic->firewall = fw_number(input, "firewall", 0) != 0;
    nic->has_mac = fw_mac_parse(fw_text(input, "mac"), nic->mac) == 0;
    for (size_t i = 0; guest->lxc && i < 2; i++) {
        const char *text = fw_text(input, fixed[i]);

        /* Its address without the prefix; `dhcp`, `auto` and `manual` are none. */
        if (text && fw_net_parse(text, strcspn(text, "/"), &nic->fixed[nic->fixed_count]) == 0)
            nic->fixed_count++;
    }
    return 0;
}

/* Proxmox goes through the NICs by their names as text: net0, net1, net10, net2. */
static int by_text(const void *a, const void *b)
{
    const struct fw_nic *first = a, *second = b;
    char x[16], y[16];

    (void)snprintf(x, sizeof(x), "%u", first->net);
    (void)snprintf(y, sizeof(y), "%u", second->net);
    return strcmp(x, y);
}

/* VMs first, then containers, each by their ids as text. */
static int by_kind(const void *a, const void *b)
{
    const struct fw_guest *first = a, *second = b;

    if (first->lxc != second->lxc)
        return first->lxc ? 1 : -1;
    return strcmp(first->sort, second->sort);
}

static int read_guest(struct fw_model *model, struct json_object *input)
{
    struct json_object *nets = fw_get(input, "nets");
    int64_t vmid = fw_number(input, "vmid", -1);
    const char *node = fw_text(input, "node");
    int r = 0;

    if (vmid <= 0 || vmid > 999999999 || (nets && !json_object_is_type(nets, json_type_object)))
        return -EINVAL;
    if (nets && json_object_object_length(nets) > FW_NICS_MOST * 4)
        return -E2BIG;
    struct fw_guest *guest = &model->guests[model->guest_count++];
    guest->vmid = (uint32_t)vmid;
    (void)snprintf(guest->sort, sizeof(guest->sort), "%u", guest->vmid);
    guest->lxc = fw_same(fw_text(input, "type"), "lxc");
    guest->here = !node || !model->node || fw_same(node, model->node);
    guest->nics =
        fw_take(&model->pool, nets ? (size_t)json_object_object_length(nets) + 1 : 1, sizeof(*guest->nics));
    if (!guest->nics)
        return -ENOMEM;
    if (nets) {
        json_object_object_foreach(nets, key, nic)
        {
            r = r < 0 ? r : read_nic(guest, key, nic);
        }
    }
    qsort(guest->nics, guest->nic_count, sizeof(*guest->nics), by_text);
    return r;
}

static int read_guests(struct fw_model *model, struct json_object *list)
{
    size_t count = list ? json_object_array_length(list) : 0;
    int r = 0;

    if (count > FW_GUESTS_MOST)
        return -E2BIG;
    model->guests = fw_take(&model->pool, count + 1, sizeof(*model->guests));
    model->guest_scopes = fw_take(&model->pool, count + 1, sizeof(*model->guest_scopes));
    if (!model->guests || !model->guest_scopes)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_guest(model, json_object_array_get_idx(list, i));
    if (r == 0)
        qsort(model->guests, model->guest_count, sizeof(*model->guests), by_kind);
    return r;
}

static int read_corosync(struct fw_model *model, struct json_object *input)
{
    struct json_object *nodes = fw_get(input, "nodes");

    model->corosync_read = json_object_is_type(input, json_type_object);
    if (!model->corosync_read)
        return input ? -EINVAL : 0;
    model->corosync_multicast = fw_same(fw_text(input, "transport"), "udp");
    if (!json_object_is_type(nodes, json_type_array))
        return 0;
    model->rings = fw_take(&model->pool, FW_RINGS_MOST, sizeof(*model->rings));
    if (!model->rings)
        return -ENOMEM;
    for (size_t i = 0; i < json_object_array_length(nodes); i++) {
        struct json_object *node = json_object_array_get_idx(nodes, i);

        if (!json_object_is_type(node, json_type_object))
            return -EINVAL;
        json_object_object_foreach(node, key, value)
        {
            const char *text = json_object_get_string(value);
            size_t len = strlen(key);
            struct fw_ring *ring = &model->rings[model->ring_count];

            if (strncmp(key, "ring", 4) != 0 || len < 9 || strcmp(key + len - 5, "_addr") != 0)
                continue;
            if (model->ring_count == FW_RINGS_MOST - 1)
                return -E2BIG;
            if (!text || fw_address_parse(text, &ring->address) < 0)
                continue;
            ring->key = key;
            ring->node = fw_text(node, "name");
            model->ring_count++;
        }
    }
    return 0;
}

int fw_model_network(struct fw_model *model, struct json_object *input)
{
    struct json_object *nics = fw_get(input, "nics");
    const char *local = fw_text(input, "local_network");
    int r;

    if (nics && !json_object_is_type(nics, json_type_array))
        return -EINVAL;
    r = read_guests(model, nics);
    if (r < 0)
        return r;
    model->altnames = fw_get(input, "altnames");
    if (local) {
        model->local_known = fw_net_parse(local, strlen(local), &model->local) == 0;
        if (!model->local_known)
            return -EINVAL;
    }
    return read_corosync(model, fw_get(input, "corosync"));
}

const struct fw_nic *fw_model_nic(const struct fw_model *model, uint32_t vmid, uint32_t net,
                                  const struct fw_guest **ret_guest)
{
    for (uint32_t i = 0; i < model->guest_count; i++) {
        const struct fw_guest *guest = &model->guests[i];

        for (uint32_t n = 0; guest->vmid == vmid && n < guest->nic_count; n++) {
            if (guest->nics[n].net == net) {
                *ret_guest = guest;
                return &guest->nics[n];
            }
        }
    }
    return NULL;
}
