/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings of devices and directories: /mapping/KIND/ID holds the entries "node=N,path=P,id=V:D".
 */
#include "change.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_param no_keys[] = {{.name = NULL}};

/* "dir", "pci" or "usb": the element of the path after "mapping". */
static void kind_of(struct sim_call *call, char *kind, size_t size)
{
    const char *at = strstr(call->route->path, "/mapping/") + strlen("/mapping/");

    (void)snprintf(kind, size, "%.*s", (int)strcspn(at, "/"), at);
}

static struct json_object *mappings(struct sim_call *call, const char *kind)
{
    return sim_get(sim_get(call->state, "mapping"), kind);
}

/* ---- what a node finds wrong ---- */

/* The PCI device at a place, with all its functions where the place names none. */
static struct json_object *pci_device(struct json_object *node, const char *path)
{
    struct json_object *list = sim_at(node, "/hardware/pci");

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *device = json_object_array_get_idx(list, i);

        if (strncmp(sim_str(device, "id", ""), path, strlen(path)) == 0)
            return device;
    }
    return NULL;
}

static struct json_object *usb_device(struct json_object *node, const char *id, const char *path)
{
    struct json_object *list = sim_at(node, "/hardware/usb");
    char known[32];

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *device = json_object_array_get_idx(list, i);

        (void)snprintf(known, sizeof known, "%s:%s", sim_str(device, "vendid", ""),
                       sim_str(device, "prodid", ""));
        if (strcmp(known, id) == 0 && (!path || strcmp(sim_str(device, "usbpath", ""), path) == 0))
            return device;
    }
    return NULL;
}

/* The error text of one entry on its node, or nothing. */
static void check_entry(struct json_object *node, const char *kind, struct json_object *entry, char *text,
                        size_t size)
{
    const char *id = sim_str(entry, "id", ""), *path = sim_str(entry, "path", NULL);
    struct json_object *device;
    char known[32];

    *text = 0;
    if (strcmp(kind, "usb") == 0 && !usb_device(node, id, path))
        (void)snprintf(text, size, "Invalid configuration: usb device '%s' not found\n", path ? path : id);
    if (strcmp(kind, "pci") != 0)
        return;
    for (const char *at = path ? path : ""; *at;) {
        size_t n = strcspn(at, ";");
        char place[64];

        (void)snprintf(place, sizeof place, "%.*s", (int)n, at);
        device = pci_device(node, place);
        if (!device) {
            (void)snprintf(text, size, "Invalid configuration: pci device '%s' not found\n", place);
            return;
        }
        (void)snprintf(known, sizeof known, "%.4s:%.4s", sim_str(device, "vendor", "0x") + 2,
                       sim_str(device, "device", "0x") + 2);
        if (strcasecmp(known, id) != 0) {
            (void)snprintf(text, size, "Invalid configuration: 'id' does not match for '%s' (%s ne %s)\n",
                           place, known, id);
            return;
        }
        at += n + (at[n] == ';');
    }
}

static void add_check(struct json_object *checks, const char *severity, const char *text)
{
    struct json_object *check = json_object_new_object();

    sim_set_str(check, "severity", severity);
    sim_set_str(check, "message", text);
    json_object_array_add(checks, check);
}

static void check_item(struct sim_call *call, const char *kind, struct json_object *item)
{
    struct json_object *checks = json_object_new_array(), *map = sim_get(item, "map");
    const char *node = sim_arg(call, "check-node");
    size_t entries = 0;
    char text[256];

    for (size_t i = 0; map && i < json_object_array_length(map); i++) {
        const char *line = json_object_get_string(json_object_array_get_idx(map, i));
        SIM_FREE_WITH(sim_json_freep) struct json_object *entry = sim_property_split(no_keys, line);

        if (strcmp(sim_str(entry, "node", ""), node) != 0)
            continue;
        entries++;
        check_entry(sim_get(sim_get(call->state, "nodes"), node), kind, entry, text, sizeof text);
        if (*text)
            add_check(checks, "error", text);
    }
    (void)snprintf(text, sizeof text, "No mapping for node %s.", node);
    if (entries == 0)
        add_check(checks, "warning", text);
    sim_set(item, strcmp(kind, "usb") == 0 ? "errors" : "checks", checks);
}

/* A listing; check-node adds what that node finds wrong. */
int sim_mapping_list(struct sim_call *call)
{
    char kind[16];
    int r = sim_listing(call);

    kind_of(call, kind, sizeof kind);
    for (size_t i = 0; r == 0 && sim_arg(call, "check-node") && i < json_object_array_length(call->data); i++)
        check_item(call, kind, json_object_array_get_idx(call->data, i));
    return r;
}

/* ---- changes ---- */

static const char *word_of(const char *kind)
{
    return strcmp(kind, "dir") == 0 ? "directory" : "hardware";
}

int sim_mapping_create(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *entry;
    char kind[16];

    kind_of(call, kind, sizeof kind);
    if (sim_get(mappings(call, kind), id))
        return sim_fail(call, 500, "create %s mapping failed: %s ID '%s' already defined\n", word_of(kind),
                        kind, id);
    entry = json_object_new_object();
    sim_set_str(entry, "type", kind);
    sim_put_given(call, entry, "id");
    sim_set(mappings(call, kind), id, entry);
    sim_touch(call->sim);
    return 0;
}

int sim_mapping_update(struct sim_call *call)
{
    const char *id = sim_arg(call, "id"), *at = sim_arg(call, "delete");
    struct json_object *entry;
    char kind[16], prefix[64], word[64];

    kind_of(call, kind, sizeof kind);
    (void)snprintf(prefix, sizeof prefix, "update %s mapping failed: ", word_of(kind));
    if (sim_check_digest(call, mappings(call, kind), prefix) < 0)
        return -EINVAL;
    entry = sim_get(mappings(call, kind), id);
    if (!entry)
        return sim_fail(call, 500, "%s%s ID '%s' does not exist\n", prefix, kind, id);
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (strcmp(word, "map") == 0)
            return sim_fail(call, 500, "%sunable to delete required option 'map'\n", prefix);
        if (!sim_param_find(call->route->params, word) ||
            sim_word_in("id digest delete", " ", word, strlen(word)))
            return sim_fail(call, 500, "%sno such option '%s'\n", prefix, word);
    }
    sim_drop_deleted(call, entry);
    sim_put_given(call, entry, "id digest delete");
    sim_touch(call->sim);
    return 0;
}

/* Deleting what is not there is fine. */
int sim_mapping_delete(struct sim_call *call)
{
    char kind[16];

    kind_of(call, kind, sizeof kind);
    json_object_object_del(mappings(call, kind), sim_arg(call, "id"));
    sim_touch(call->sim);
    return 0;
}
