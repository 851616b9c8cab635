/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else ties a guest to its node: devices passed through, mappings, processor type, bridges, a hook
 * script. Sources: GET .../config, GET /cluster/mapping/{pci,usb,dir}, GET /nodes/{target}/network.
 */
#include "migrate.h"

/* "hostpci3" for "hostpci" */
static bool is_numbered(const char *key, const char *prefix)
{
    const size_t len = strlen(prefix);
    return strncmp(key, prefix, len) == 0 && key[len] && strspn(key + len, "0123456789") == strlen(key + len);
}

static const char *slot_of(const struct migration *m, const char *key)
{
    return ask_text(&m->view->ask, "device/%s/%s", m->g->vmid, key);
}

/* Has one of the mapping's entries ("node=pve2,path=...") this node? */
static bool maps_node(const struct asking *a, struct json_object *mapping, const char *node)
{
    struct json_object *entries = member_of(mapping, "map");
    const size_t count =
        json_object_is_type(entries, json_type_array) ? json_object_array_length(entries) : 0;

    for (size_t i = 0; i < count; i++) {
        const char *there =
            migrate_part(a, json_object_get_string(json_object_array_get_idx(entries, i)), "node");
        if (there && strcmp(there, node) == 0)
            return true;
    }
    return false;
}

static int32_t mapped(struct migration *m, const char *key, const char *name, enum migrate_list list)
{
    const struct asking *a = &m->view->ask;
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, list, &rows);

    if (r < 0)
        return r;
    struct json_object *mapping = migrate_row(rows, "id", name);
    if (!mapping && !migrate_complete(m->view, list)) {
        r = migrate_unknown(m, ask_text(a, "mapping %s, which %s of guest %s uses", name, key, m->g->vmid),
                            migrate_why(m->view, list));
        return r < 0 ? r
                     : migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, key),
                                   "whether its mapping has the target is not known", NULL);
    }
    if (!mapping || !maps_node(a, mapping, m->view->target))
        return migrate_refuse(m, slot_of(m, key),
                              ask_text(a, "mapping %s of %s has nothing on %s", name, key, m->view->target));
    if (MIGRATE_RUNNING(m) && !member_true(mapping, "live-migration-capable"))
        return migrate_refuse(m, slot_of(m, key),
                              ask_text(a, "it runs, and %s with mapping %s cannot be moved live", key, name));
    return migrate_say(m, PROXIMO_RISK_MEDIUM, slot_of(m, key),
                       "becomes the device that its mapping has on the target", NULL);
}

static int32_t passed_through(struct migration *m, const char *key)
{
    return migrate_refuse(m, slot_of(m, key), ask_text(&m->view->ask, "%s is a device of its node", key));
}

static int32_t machine_device(struct migration *m, const char *key, const char *value)
{
    const struct asking *a = &m->view->ask;
    const char *mapping = migrate_part(a, value, "mapping");

    if (is_numbered(key, "hostpci"))
        return mapping ? mapped(m, key, mapping, MIGRATE_PCI) : passed_through(m, key);
    if (is_numbered(key, "usb")) {
        const char *host = migrate_part(a, value, "host");
        if (mapping)
            return mapped(m, key, mapping, MIGRATE_USB);
        return strncmp(value, "spice", 5) == 0 || (host && strcmp(host, "spice") == 0)
                   ? PROXIMO_OK
                   : passed_through(m, key);
    }
    if (is_numbered(key, "serial"))
        return strcmp(value, "socket") == 0 ? PROXIMO_OK : passed_through(m, key);
    if (is_numbered(key, "parallel"))
        return passed_through(m, key);
    if (is_numbered(key, "virtiofs")) {
        const char *dir = migrate_part(a, value, "dirid");
        return mapped(m, key, dir ? dir : ask_text(a, "%.*s", (int)strcspn(value, ","), value), MIGRATE_DIR);
    }
    if (strcmp(key, "args") == 0)
        return migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, key),
                           "are arguments of its own for the emulator: what they name may not be there",
                           NULL);
    return PROXIMO_OK;
}

static int32_t container_device(struct migration *m, const char *key)
{
    if (is_numbered(key, "dev"))
        return migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, key),
                           "is a device of its node: the container does not start where it is missing", NULL);
    if (strcmp(key, "lxc") == 0)
        return migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, key),
                           "are raw entries of the container: what they name may not be on the target", NULL);
    return PROXIMO_OK;
}

/* Scripts and cloud-init files in snippets of a storage: without them the guest does not start. */
static int32_t files(struct migration *m)
{
    struct guest_file list[GUEST_FILES_MOST];
    struct json_object *rows = NULL;
    uint32_t count = 0;
    int32_t r = guest_files(&m->view->ask, m->g->config, list, &count);

    if (r == PROXIMO_OK && count)
        r = migrate_list(m->view, MIGRATE_STORAGES, &rows);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *storage = migrate_row(rows, "storage", list[i].storage);
        if (storage && storage_is_shared(storage) && storage_on_node(storage, m->view->target))
            continue;
        r = migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, list[i].slot),
                        "is on a storage that the target does not share: the guest does not start where the "
                        "file is missing",
                        NULL);
    }
    return r;
}

static int32_t processor(struct migration *m)
{
    const char *cpu = member_text(m->g->config, "cpu");
    const char *type = cpu ? migrate_part(&m->view->ask, cpu, "cputype") : NULL;

    if (!type)
        type = cpu;
    if (guest_is_lxc(m->g) || !type || (strncmp(type, "host", 4) != 0 && strncmp(type, "max", 3) != 0))
        return PROXIMO_OK;
    return migrate_say(m, MIGRATE_RUNNING(m) ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW, slot_of(m, "cpu"),
                       MIGRATE_RUNNING(m)
                           ? "has all features of its node's processor: a live move to another model can "
                             "crash it"
                           : "takes the features of the target's processor",
                       NULL);
}

static int32_t bridge(struct migration *m, const char *key, const char *name)
{
    const struct asking *a = &m->view->ask;
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_NETWORK, &rows);

    if (r < 0 || migrate_row(rows, "iface", name))
        return r;
    if (!migrate_complete(m->view, MIGRATE_NETWORK)) {
        r = migrate_unknown(m, ask_text(a, "bridge %s on %s", name, m->view->target),
                            migrate_why(m->view, MIGRATE_NETWORK));
        return r < 0
                   ? r
                   : migrate_say(m, PROXIMO_RISK_HIGH, slot_of(m, key),
                                 ask_text(a, "needs %s: whether the target has it is not known", name), NULL);
    }
    if (MIGRATE_RUNNING(m))
        return migrate_refuse(m, slot_of(m, key),
                              ask_text(a, "%s is on %s, which %s does not have: it cannot run there", key,
                                       name, m->view->target));
    return migrate_say(
        m, PROXIMO_RISK_HIGH, slot_of(m, key),
        ask_text(a, "is on %s, which the target does not have: the guest does not start there", name), NULL);
}

int32_t migrate_devices(struct migration *m)
{
    const bool lxc = guest_is_lxc(m->g);
    int32_t r = processor(m);
    struct json_object_iterator at = json_object_iter_begin(m->g->config);
    const struct json_object_iterator end = json_object_iter_end(m->g->config);

    for (; r == PROXIMO_OK && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        const char *value = json_object_get_string(json_object_iter_peek_value(&at));
        if (!value)
            continue;
        r = lxc ? container_device(m, key) : machine_device(m, key, value);
        const char *net =
            r == PROXIMO_OK && is_numbered(key, "net") ? migrate_part(&m->view->ask, value, "bridge") : NULL;
        if (net)
            r = bridge(m, key, net);
    }
    return r == PROXIMO_OK ? files(m) : r;
}
