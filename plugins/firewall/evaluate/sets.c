/* SPDX-License-Identifier: Apache-2.0 */
/* IP sets: the most specific entry that holds an address decides, an exception says no. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum fw_tri fw_set_has(const struct fw_set *set, const struct fw_address *address)
{
    const struct fw_entry *best = NULL;

    if (set->unsure)
        return FW_MAYBE;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct fw_entry *entry = &set->entries[i];

        if (fw_net_has(&entry->net, address) && (!best || entry->net.bits >= best->net.bits))
            best = entry;
    }
    return best && !best->except ? FW_YES : FW_NO;
}

int fw_set_add(struct fw_pool *pool, struct fw_set *set, const struct fw_net *net, bool except)
{
    /* Long lists come from the API, which refuses equal entries: looking for them there would take quadratic
     * time. */
    for (uint32_t i = 0; i < set->count && set->count < 4096; i++) {
        if (fw_net_equal(&set->entries[i].net, net)) {
            set->entries[i].except = except;
            return 0;
        }
    }
    if (set->count == set->space) {
        uint32_t space = set->space ? set->space * 2 : 8;
        struct fw_entry *entries = fw_take(pool, space, sizeof(*entries));

        if (space > FW_ENTRIES_MOST * 2)
            return -E2BIG;
        if (!entries)
            return -ENOMEM;
        if (set->count)
            memcpy(entries, set->entries, set->count * sizeof(*entries));
        set->entries = entries;
        set->space = space;
    }
    set->entries[set->count++] = (struct fw_entry){.net = *net, .except = except};
    return 0;
}

const struct fw_set *fw_set_find(const struct fw_set *sets, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    }
    return NULL;
}

/* One entry of a set; one with errors, a zero prefix or a name that leads nowhere is left out, as Proxmox
 * does. */
static int add_entry(struct fw_model *model, const struct fw_scope *scope, struct fw_set *set,
                     const char *text, bool except)
{
    const char *prefix, *name;
    struct fw_net net;
    bool maybe = false;

    if (fw_name_split(text, false, &prefix, &name)) {
        text = fw_alias(model, scope, prefix, name, &maybe);
        set->unsure = set->unsure || maybe;
        if (!text)
            return 0;
    }
    if (fw_net_parse(text, strlen(text), &net) < 0) {
        set->unsure = true;
        return 0;
    }
    return net.bits == 0 ? 0 : fw_set_add(&model->pool, set, &net, except);
}

static int read_entries(struct fw_model *model, const struct fw_scope *scope, struct fw_set *set,
                        struct json_object *list)
{
    struct json_object *seen = json_object_new_object();
    int r = seen ? 0 : -ENOMEM;

    if (json_object_array_length(list) > FW_ENTRIES_MOST)
        r = -E2BIG;
    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *cidr = fw_text(entry, "cidr");

        set->unsure = set->unsure || !cidr;
        if (!cidr || fw_get(entry, "errors") || fw_get(seen, cidr))
            continue;
        if (json_object_object_add(seen, cidr, json_object_new_boolean(1)) < 0)
            r = -ENOMEM;
        else
            r = add_entry(model, scope, set, cidr, fw_number(entry, "nomatch", 0) != 0);
    }
    json_object_put(seen);
    return r;
}

int fw_sets_read(struct fw_model *model, struct fw_scope *scope, struct json_object *input)
{
    scope->sets_read = json_object_is_type(input, json_type_object);
    if (!scope->sets_read)
        return input ? -EINVAL : 0;
    if (json_object_object_length(input) > FW_SETS_MOST)
        return -E2BIG;
    scope->sets = fw_take(&model->pool, (size_t)json_object_object_length(input) + 1, sizeof(*scope->sets));
    if (!scope->sets)
        return -ENOMEM;
    json_object_object_foreach(input, name, list)
    {
        struct fw_set *set = &scope->sets[scope->set_count++];

        set->name = name;
        set->unsure = !json_object_is_type(list, json_type_array);
        int r = set->unsure ? 0 : read_entries(model, scope, set, list);
        if (r < 0)
            return r;
    }
    return 0;
}

int fw_sdn_read(struct fw_model *model, struct json_object *input)
{
    model->sdn_read = json_object_is_type(input, json_type_object);
    if (!model->sdn_read)
        return input ? -EINVAL : 0;
    if (json_object_object_length(input) > FW_SETS_MOST)
        return -E2BIG;
    model->sdn = fw_take(&model->pool, (size_t)json_object_object_length(input) + 1, sizeof(*model->sdn));
    if (!model->sdn)
        return -ENOMEM;
    json_object_object_foreach(input, name, list)
    {
        struct fw_set *set = &model->sdn[model->sdn_count++];

        set->name = name;
        set->unsure = !json_object_is_type(list, json_type_array);
        for (size_t i = 0; !set->unsure && i < json_object_array_length(list); i++) {
            const char *text = json_object_get_string(json_object_array_get_idx(list, i));
            bool except = text && *text == '!';
            int r = text ? add_entry(model, &model->host, set, text + except, except) : 0;

            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* The IP filter of one NIC: the guest's own set, if any, and what Proxmox adds to it. */
static int finish_filter(struct fw_model *model, struct fw_guest *guest, struct fw_nic *nic)
{
    struct fw_scope *scope = guest->scope;
    char *name = fw_take(&model->pool, 1, 24);
    struct fw_net net;
    int r = 0;

    if (!name)
        return -ENOMEM;
    (void)snprintf(name, 24, "ipfilter-net%u", nic->net);
    for (uint32_t i = 0; i < scope->set_count && !nic->filter; i++) {
        if (strcmp(scope->sets[i].name, name) == 0)
            nic->filter = &scope->sets[i];
    }
    nic->filter_defined = nic->filter ? FW_YES : scope->sets_read ? FW_NO : FW_MAYBE;
    if (!nic->filter) {
        nic->filter = fw_take(&model->pool, 1, sizeof(*nic->filter));
        if (!nic->filter)
            return -ENOMEM;
        nic->filter->name = name;
        nic->filter->unsure = !scope->sets_read;
    }
    if (nic->has_mac) {
        fw_link_local(nic->mac, &net);
        r = fw_set_add(&model->pool, nic->filter, &net, false);
    } else {
        nic->filter->unsure = true;
    }
    if (r == 0 && fw_net_parse("fe80::/10", 9, &net) == 0)
        r = fw_set_add(&model->pool, nic->filter, &net, true);
    for (uint8_t i = 0; r == 0 && i < nic->fixed_count; i++)
        r = fw_set_add(&model->pool, nic->filter, &nic->fixed[i], false);
    return r;
}

/* What Proxmox adds to sets when it compiles: the local network to `management`, and to the IP filters the
 * NIC's own. */
int fw_sets_finish(struct fw_model *model)
{
    const struct fw_set *own = fw_set_find(model->cluster.sets, model->cluster.set_count, "management");
    int r = 0;

    model->management = own ? *own : (struct fw_set){.name = "management"};
    model->management.unsure = model->management.unsure || !model->cluster.sets_read || !model->local_known;
    if (model->local_known && model->local.bits > 0)
        r = fw_set_add(&model->pool, &model->management, &model->local, false);
    for (uint32_t i = 0; r == 0 && i < model->guest_count; i++) {
        for (uint32_t n = 0; r == 0 && n < model->guests[i].nic_count; n++) {
            if (model->guests[i].nics[n].firewall)
                r = finish_filter(model, &model->guests[i], &model->guests[i].nics[n]);
        }
    }
    if (own) {
        for (uint32_t i = 0; i < model->cluster.set_count; i++) {
            if (&model->cluster.sets[i] == own)
                model->cluster.sets[i] = model->management;
        }
    }
    return r;
}
