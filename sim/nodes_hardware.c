/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and devices of one node, as far as they are more than a listing.
 */
#include "change.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* A disk that nothing uses, or one that could take an OSD's journal. */
static bool disk_wanted(struct sim_call *call, struct json_object *disk)
{
    const char *filter = sim_arg(call, "type"), *used = sim_str(disk, "used", NULL);
    const char *type = sim_str(disk, "type", "");

    if (sim_str(disk, "parent", NULL) && !sim_arg_int(call, "include-partitions", 0))
        return false;
    if (!filter)
        return true;
    if (strcmp(filter, "unused") == 0)
        return !used;
    return !used || (strcmp(used, "LVM") == 0 && strcmp(type, "hdd") != 0);
}

int sim_node_disks(struct sim_call *call)
{
    struct json_object *list = sim_atf(call->state, "/nodes/%s/disks/list", sim_arg(call, "node"));

    call->data = json_object_new_array();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *disk = json_object_array_get_idx(list, i);

        if (!disk_wanted(call, disk))
            continue;
        disk = sim_copy(disk);
        json_object_object_del(disk, "smart");
        if (sim_arg_int(call, "skipsmart", 0)) {
            sim_set_str(disk, "health", "UNKNOWN");
            sim_set_str(disk, "wearout", "N/A");
        }
        json_object_array_add(call->data, disk);
    }
    return 0;
}

/* The disk's "smart" in the seed: attributes of an ATA disk or the text of another one. */
int sim_node_smart(struct sim_call *call)
{
    struct json_object *list = sim_atf(call->state, "/nodes/%s/disks/list", sim_arg(call, "node"));

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *disk = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(disk, "devpath", ""), sim_arg(call, "disk")) != 0)
            continue;
        call->data = json_object_new_object();
        sim_set_str(call->data, "health", sim_str(disk, "health", "UNKNOWN"));
        if (!sim_arg_int(call, "healthonly", 0) && sim_get(disk, "smart"))
            sim_merge(call->data, sim_get(disk, "smart"));
        return 0;
    }
    return sim_fail(call, 500, "not a valid block device\n");
}

/* Memory controllers, bridges and processors are left out unless another list is given. */
static bool class_listed(const char *list, const char *class)
{
    char word[32];

    while (sim_next_word(&list, word, sizeof word)) {
        const char *digits = strncmp(word, "0x", 2) == 0 ? word + 2 : word;

        if (strncmp(class, "0x", 2) == 0 && strncmp(class + 2, digits, strlen(digits)) == 0)
            return true;
    }
    return false;
}

int sim_node_pci(struct sim_call *call)
{
    struct json_object *list = sim_atf(call->state, "/nodes/%s/hardware/pci", sim_arg(call, "node"));
    const char *left_out = sim_arg(call, "pci-class-blacklist");

    call->data = json_object_new_array();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *device = json_object_array_get_idx(list, i), *item;

        if (class_listed(left_out ? left_out : "05;06;0b", sim_str(device, "class", "")))
            continue;
        if (sim_arg_int(call, "verbose", 1)) {
            item = sim_copy(device);
        } else {
            item = json_object_new_object();
            sim_set_str(item, "id", sim_str(device, "id", ""));
        }
        json_object_array_add(call->data, item);
    }
    return 0;
}
