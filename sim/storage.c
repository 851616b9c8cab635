/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storages: definitions and status per node, the defaults of backups.
 */
#include "storage.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool sim_storage_on_node(struct json_object *config, const char *node)
{
    const char *nodes = sim_str(config, "nodes", NULL);

    return !nodes || sim_word_in(nodes, ", ", node, strlen(node));
}

struct json_object *sim_storage_config(struct json_object *state, const char *name)
{
    return sim_get(sim_get(state, "storage"), name);
}

const struct sim_storage_type *sim_storage_type_of(struct json_object *config)
{
    const struct sim_storage_type *type = sim_storage_type(sim_str(config, "type", "dir"));

    return type ? type : sim_storage_type("dir");
}

bool sim_storage_is_shared(struct json_object *config)
{
    return sim_storage_type_of(config)->shared || sim_int(config, "shared", 0) != 0;
}

bool sim_storage_takes(struct json_object *config, const char *content)
{
    return sim_word_in(sim_str(config, "content", ""), ", ", content, strlen(content));
}

/* Do two comma lists share a word? */
static bool share_word(const char *list, const char *words)
{
    while (*words) {
        size_t n = strcspn(words, ",; ");

        if (n > 0 && sim_word_in(list, ", ", words, n))
            return true;
        words += n + (words[n] != 0);
    }
    return false;
}

static struct json_object *status(struct sim_call *call, const char *name, struct json_object *config,
                                  bool with_fraction)
{
    struct json_object *usage = sim_atf(call->state, "/nodes/%s/storage/%s", sim_arg(call, "node"), name);
    int64_t total = sim_int(usage, "total", 0), used = sim_int(usage, "used", 0);
    bool enabled = !sim_int(config, "disable", 0), active = enabled && !sim_int(usage, "offline", 0);
    struct json_object *out = json_object_new_object();

    sim_set_str(out, "type", sim_str(config, "type", "dir"));
    sim_set_str(out, "content", sim_str(config, "content", ""));
    sim_set_int(out, "enabled", enabled);
    sim_set_int(out, "active", active);
    sim_set_int(out, "shared", sim_storage_is_shared(config));
    sim_set_int(out, "total", active ? total : 0);
    sim_set_int(out, "used", active ? used : 0);
    sim_set_int(out, "avail", active ? total - used : 0);
    if (with_fraction && active && total > 0)
        sim_set_num(out, "used_fraction", (double)used / (double)total);
    return out;
}

/* The image formats of a storage type: [{FORMAT: 1, ...}, DEFAULT] and {default, supported}. */
static void add_formats(struct json_object *config, struct json_object *out)
{
    static const char *const names[] = {"qcow2", "raw", "subvol", "vmdk"};
    const char *known = sim_storage_type_of(config)->formats, *preset = sim_str(config, "format", "raw");
    struct json_object *old = json_object_new_object(), *pair = json_object_new_array();
    struct json_object *supported = json_object_new_array(), *formats = json_object_new_object();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sim_listed(known, names[i]))
            continue;
        sim_set_int(old, names[i], 1);
        json_object_array_add(supported, json_object_new_string(names[i]));
    }
    json_object_array_add(pair, old);
    json_object_array_add(pair, json_object_new_string(preset));
    sim_set(out, "format", pair);
    sim_set_str(formats, "default", preset);
    sim_set(formats, "supported", supported);
    sim_set(out, "formats", formats);
}

int sim_storage_list(struct sim_call *call)
{
    const char *node = sim_arg(call, "node"), *only = sim_arg(call, "storage"),
               *content = sim_arg(call, "content");

    if (only && !sim_storage_config(call->state, only))
        return sim_fail(call, 500, "storage '%s' does not exist\n", only);
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "storage"), name, config)
    {
        struct json_object *item;
        char path[128];
        bool disabled = sim_int(config, "disable", 0) != 0;

        (void)snprintf(path, sizeof path, "/storage/%s", name);
        if ((only && strcmp(only, name) != 0) || !sim_storage_on_node(config, node) ||
            (content && (disabled || !share_word(sim_str(config, "content", ""), content))) ||
            (sim_arg_int(call, "enabled", 0) && disabled) ||
            !sim_can_any(call, path, "Datastore.Audit|Datastore.AllocateSpace"))
            continue;
        item = status(call, name, config, true);
        sim_set_str(item, "storage", name);
        if (sim_arg_int(call, "format", 0))
            add_formats(config, item);
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_storage_status(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage");
    struct json_object *config = sim_storage_config(call->state, name);

    if (!config || !sim_storage_on_node(config, sim_arg(call, "node")))
        return sim_fail_param(call, "storage", "No such storage.");
    call->data = status(call, name, config, false);
    return 0;
}

int sim_storage_check(struct json_object *state, const char *name, const char *node, char *why, size_t size)
{
    struct json_object *config = sim_storage_config(state, name);

    if (!config)
        (void)snprintf(why, size, "storage '%s' does not exist\n", name);
    else if (sim_int(config, "disable", 0))
        (void)snprintf(why, size, "storage '%s' is disabled\n", name);
    else if (!sim_storage_on_node(config, node))
        (void)snprintf(why, size, "storage '%s' is not available on node '%s'\n", name, node);
    else
        return 0;
    return -EINVAL;
}

int sim_storage_usable(struct sim_call *call, const char *name)
{
    char why[300];

    if (sim_storage_check(call->state, name, sim_arg(call, "node"), why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    return 0;
}

int sim_storage_import(struct sim_call *call)
{
    return sim_fail(call, 500, "unable to parse directory volume name '%s'\n", sim_arg(call, "volume"));
}

int sim_storage_identity(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage");
    char digest[41];

    if (sim_storage_usable(call, name) < 0)
        return -1;
    sim_digest(sim_storage_config(call->state, name), digest);
    call->data = json_object_new_object();
    sim_set_str(call->data, "id", digest);
    sim_set_str(call->data, "type", sim_str(sim_storage_config(call->state, name), "type", "dir"));
    return 0;
}

int sim_vzdump_defaults(struct sim_call *call)
{
    static const char fixed[] =
        "{\"all\":0,\"bwlimit\":0,\"compress\":\"0\",\"fleecing\":{\"enabled\":0},\"ionice\":7,"
        "\"lockwait\":180,\"mailnotification\":\"always\",\"mode\":\"snapshot\","
        "\"notification-mode\":\"auto\",\"performance\":{\"max-workers\":16,"
        "\"pbs-entries-max\":1048576},\"pigz\":0,\"quiet\":0,\"remove\":1,\"stdexcludes\":1,"
        "\"stop\":0,\"stopwait\":10,\"zstd\":1}";
    const char *name = sim_arg(call, "storage");
    struct json_object *config;
    char path[512];

    if (!name)
        name = "local";
    config = sim_storage_config(call->state, name);
    if (!config)
        return sim_fail(call, 500, "storage '%s' does not exist\n", name);
    (void)snprintf(path, sizeof path, "%s/dump", sim_str(config, "path", "/var/lib/vz"));
    call->data = json_tokener_parse(fixed);
    sim_set_str(call->data, "storage", name);
    sim_set_str(call->data, "dumpdir", path);
    sim_set_str(call->data, "prune-backups", sim_str(config, "prune-backups", "keep-all=1"));
    return 0;
}
