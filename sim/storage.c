/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storages: definitions, status per node, volumes, what a prune would keep.
 */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

bool sim_storage_on_node(struct json_object *config, const char *node)
{
    const char *nodes = sim_str(config, "nodes", NULL);

    return !nodes || sim_word_in(nodes, ", ", node, strlen(node));
}

static struct json_object *definition(struct sim_call *call, const char *name)
{
    return sim_get(sim_get(call->state, "storage"), name);
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
    sim_set_int(out, "shared", sim_int(config, "shared", 0));
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
    const char *type = sim_str(config, "type", "dir");
    bool files = sim_word_in("dir nfs cifs cephfs btrfs fakesnap", " ", type, strlen(type));
    static const char *const names[] = {"qcow2", "raw", "subvol", "vmdk"};
    struct json_object *old = json_object_new_object(), *pair = json_object_new_array();
    struct json_object *supported = json_object_new_array(), *formats = json_object_new_object();

    for (size_t i = 0; i < 4; i++) {
        if (!files && i != 1)
            continue;
        sim_set_int(old, names[i], 1);
        json_object_array_add(supported, json_object_new_string(names[i]));
    }
    json_object_array_add(pair, old);
    json_object_array_add(pair, json_object_new_string("raw"));
    sim_set(out, "format", pair);
    sim_set_str(formats, "default", "raw");
    sim_set(formats, "supported", supported);
    sim_set(out, "formats", formats);
}

int sim_storage_list(struct sim_call *call)
{
    const char *node = sim_arg(call, "node"), *only = sim_arg(call, "storage"),
               *content = sim_arg(call, "content");

    if (only && !definition(call, only))
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
    struct json_object *config = definition(call, name);

    if (!config || !sim_storage_on_node(config, sim_arg(call, "node")))
        return sim_fail_param(call, "storage", "No such storage.");
    call->data = status(call, name, config, false);
    return 0;
}

/* A storage that can be read: exists, is on this node, is not disabled. */
static int usable(struct sim_call *call, const char *name)
{
    struct json_object *config = definition(call, name);

    if (!config)
        return sim_fail(call, 500, "storage '%s' does not exist\n", name);
    if (sim_int(config, "disable", 0))
        return sim_fail(call, 500, "storage '%s' is disabled\n", name);
    if (!sim_storage_on_node(config, sim_arg(call, "node")))
        return sim_fail(call, 500, "storage '%s' is not available on node '%s'\n", name,
                        sim_arg(call, "node"));
    return 0;
}

/* The volumes of a storage as the node sees them: a local storage has its own set on each node. */
static struct json_object *volumes(struct sim_call *call, const char *name)
{
    return sim_get(sim_get(call->state, "volumes"), name);
}

static bool volume_here(struct sim_call *call, struct json_object *volume)
{
    const char *node = sim_str(volume, "node", NULL);

    return !node || strcmp(node, sim_arg(call, "node")) == 0;
}

/* Backups and images belong to a guest: it takes a right on the guest, or Datastore.Allocate on the storage.
 */
static bool volume_visible(struct sim_call *call, const char *storage, struct json_object *volume)
{
    const char *content = sim_str(volume, "content", ""), *vmid = sim_str(volume, "vmid", NULL);
    char path[128];

    (void)snprintf(path, sizeof path, "/storage/%s", storage);
    if (sim_can(call, path, "Datastore.Allocate") || strcmp(content, "iso") == 0 ||
        strcmp(content, "vztmpl") == 0)
        return true;
    if (!vmid)
        return sim_can(call, path, "Datastore.AllocateSpace");
    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    if (strcmp(content, "backup") == 0)
        return sim_can(call, path, "VM.Backup");
    return sim_can(call, path, "VM.Config.Disk") || sim_can(call, path, "VM.Audit");
}

int sim_storage_content(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage"), *content = sim_arg(call, "content"),
               *vmid = sim_arg(call, "vmid");
    struct json_object *list;

    if (usable(call, name) < 0)
        return -1;
    list = volumes(call, name);
    call->data = json_object_new_array();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i), *item;

        if (!volume_here(call, volume) || (content && strcmp(content, sim_str(volume, "content", "")) != 0) ||
            (vmid && strcmp(vmid, sim_str(volume, "vmid", "")) != 0) || !volume_visible(call, name, volume))
            continue;
        item = sim_copy(volume);
        json_object_object_del(item, "node");
        json_object_object_del(item, "path");
        json_object_array_add(call->data, item);
    }
    return 0;
}

struct json_object *sim_volume_find(struct sim_call *call, const char *volid)
{
    char storage[128];
    struct json_object *list;

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    list = volumes(call, storage);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        if (volume_here(call, volume) && strcmp(sim_str(volume, "volid", ""), volid) == 0)
            return volume;
    }
    return NULL;
}

/* Where a file-based storage keeps a volume. */
static void volume_path(struct sim_call *call, struct json_object *volume, char *path, size_t size)
{
    static const struct {
        const char *content, *folder;
    } folders[] = {{"iso", "template/iso"},
                   {"vztmpl", "template/cache"},
                   {"backup", "dump"},
                   {"snippets", "snippets"},
                   {"import", "import"}};
    const char *volid = sim_str(volume, "volid", ""), *content = sim_str(volume, "content", ""), *name;
    char storage[128];

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    name = volid + strlen(storage) + 1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strcmp(folders[i].content, content) == 0) {
            (void)snprintf(path, size, "%s/%s/%s", sim_str(definition(call, storage), "path", "/dev"),
                           folders[i].folder, strchr(name, '/') ? strchr(name, '/') + 1 : name);
            return;
        }
    }
    (void)snprintf(path, size, "%s/images/%s", sim_str(definition(call, storage), "path", "/dev"), name);
}

int sim_storage_volume(struct sim_call *call)
{
    const char *volume_id = sim_arg(call, "volume"), *name = sim_arg(call, "storage");
    struct json_object *volume;
    char path[512], volid[300];

    if (strchr(volume_id, ':'))
        (void)snprintf(volid, sizeof volid, "%s", volume_id);
    else
        (void)snprintf(volid, sizeof volid, "%s:%s", name, volume_id);
    if (strncmp(volid, name, strlen(name)) != 0 || volid[strlen(name)] != ':')
        return sim_fail_param(call, "storage", "storage ID mismatch (%.*s != %s)", (int)strcspn(volid, ":"),
                              volid, name);
    if (usable(call, name) < 0)
        return -1;
    volume = sim_volume_find(call, volid);
    if (!volume)
        return sim_fail(call, 500, "volume_size_info on '%s' failed - no format\n", volid);
    volume_path(call, volume, path, sizeof path);
    call->data = json_object_new_object();
    sim_set_str(call->data, "path", path);
    sim_set_int(call->data, "size", sim_int(volume, "size", 0));
    sim_set_int(call->data, "used", sim_int(volume, "used", sim_int(volume, "size", 0)));
    sim_set_str(call->data, "format", strcmp(sim_str(volume, "format", ""), "qcow2") == 0 ? "qcow2" : "raw");
    if (strcmp(sim_str(volume, "content", ""), "backup") == 0) {
        if (sim_str(volume, "notes", NULL))
            sim_set_str(call->data, "notes", sim_str(volume, "notes", NULL));
        sim_set_int(call->data, "protected", sim_int(volume, "protected", 0));
    }
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    int64_t x = sim_int(*left, "ctime", 0), y = sim_int(*right, "ctime", 0);

    return x < y ? 1 : x > y ? -1 : 0;
}

/* "keep-last=3,keep-daily=7" -> the count of a key, -1 if it is absent. */
static int64_t keep_count(const char *rules, const char *key)
{
    const char *at = rules ? strstr(rules, key) : NULL;
    int64_t value = 0;

    if (!at || at[strlen(key)] != '=')
        return -1;
    for (at += strlen(key) + 1; *at >= '0' && *at <= '9' && value < 1000000; at++)
        value = value * 10 + (*at - '0');
    return value;
}

/* Marks each backup of one guest keep, remove, protected or renamed; periods count from the newest. */
static void mark(struct json_object *list, const char *rules)
{
    static const struct {
        const char *key;
        int digits; /* of YYYYMMDDHH; 0: year and week */
    } periods[] = {
        {"keep-hourly", 10}, {"keep-daily", 8}, {"keep-weekly", 0}, {"keep-monthly", 6}, {"keep-yearly", 4}};
    size_t count = json_object_array_length(list);
    int64_t last = keep_count(rules, "keep-last");
    bool all = !rules || !*rules || keep_count(rules, "keep-all") > 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        bool is_protected = sim_int(item, "protected", 0) != 0;

        json_object_object_del(item, "protected");
        sim_set_str(item, "mark", is_protected ? "protected" : all ? "keep" : "remove");
    }
    for (size_t i = 0; !all && i < count && last > 0; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(item, "mark", ""), "protected") == 0)
            continue;
        sim_set_str(item, "mark", "keep");
        last--;
    }
    for (size_t p = 0; !all && p < sizeof periods / sizeof *periods; p++) {
        int64_t left = keep_count(rules, periods[p].key);
        char seen[32] = "";

        for (size_t i = 0; i < count && left > 0; i++) {
            struct json_object *item = json_object_array_get_idx(list, i);
            time_t when = (time_t)sim_int(item, "ctime", 0);
            char period[32];
            struct tm tm;

            (void)gmtime_r(&when, &tm);
            if (periods[p].digits)
                (void)strftime(period, sizeof period, "%Y%m%d%H", &tm);
            else
                (void)strftime(period, sizeof period, "%G-%V", &tm);
            if (periods[p].digits)
                period[periods[p].digits] = 0;
            if (strcmp(period, seen) == 0)
                continue;
            (void)snprintf(seen, sizeof seen, "%s", period);
            if (strcmp(sim_str(item, "mark", ""), "remove") != 0)
                continue;
            sim_set_str(item, "mark", "keep");
            left--;
        }
    }
}

int sim_storage_prune(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage"), *vmid = sim_arg(call, "vmid"), *type = sim_arg(call, "type");
    const char *rules = sim_arg(call, "prune-backups");
    SIM_FREE_WITH(sim_json_freep) struct json_object *by_guest = json_object_new_object();
    struct json_object *list;

    if (usable(call, name) < 0)
        return -1;
    if (!rules)
        rules = sim_str(definition(call, name), "prune-backups", NULL);
    list = volumes(call, name);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i), *item, *group;
        const char *of = sim_str(volume, "vmid", "");

        if (strcmp(sim_str(volume, "content", ""), "backup") != 0 || !volume_here(call, volume) ||
            (vmid && strcmp(vmid, of) != 0) || (type && strcmp(type, sim_str(volume, "subtype", "")) != 0))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "volid", sim_str(volume, "volid", ""));
        sim_set_int(item, "ctime", sim_int(volume, "ctime", 0));
        sim_set_int(item, "vmid", sim_int(volume, "vmid", 0));
        sim_set_str(item, "type", sim_str(volume, "subtype", "unknown"));
        sim_set_int(item, "protected", sim_int(volume, "protected", 0));
        group = sim_get(by_guest, of);
        if (!group) {
            group = json_object_new_array();
            sim_set(by_guest, of, group);
        }
        json_object_array_add(group, item);
    }
    call->data = json_object_new_array();
    json_object_object_foreach(by_guest, guest, backups)
    {
        (void)guest;
        json_object_array_sort(backups, newest_first);
        mark(backups, rules);
        for (size_t i = 0; i < json_object_array_length(backups); i++)
            json_object_array_add(call->data, json_object_get(json_object_array_get_idx(backups, i)));
    }
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

    if (usable(call, name) < 0)
        return -1;
    sim_digest(definition(call, name), digest);
    call->data = json_object_new_object();
    sim_set_str(call->data, "id", digest);
    sim_set_str(call->data, "type", sim_str(definition(call, name), "type", "dir"));
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
    config = definition(call, name);
    if (!config)
        return sim_fail(call, 500, "storage '%s' does not exist\n", name);
    (void)snprintf(path, sizeof path, "%s/dump", sim_str(config, "path", "/var/lib/vz"));
    call->data = json_tokener_parse(fixed);
    sim_set_str(call->data, "storage", name);
    sim_set_str(call->data, "dumpdir", path);
    sim_set_str(call->data, "prune-backups", sim_str(config, "prune-backups", "keep-all=1"));
    return 0;
}

/* The configuration inside a backup, as text. */
int sim_vzdump_extract(struct sim_call *call)
{
    struct json_object *volume = sim_volume_find(call, sim_arg(call, "volume")), *config;
    char *text = NULL;
    size_t size = 0;
    FILE *out;

    if (!volume)
        return sim_fail(call, 500, "volume '%s' does not exist\n", sim_arg(call, "volume"));
    config = sim_get(sim_get(sim_get(call->state, "guests"), sim_str(volume, "vmid", "")), "config");
    out = open_memstream(&text, &size);
    if (!out)
        return sim_fail(call, 500, "out of memory\n");
    if (config) {
        json_object_object_foreach(config, key, value)
        {
            fprintf(out, "%s: %s\n", key, json_object_get_string(value));
        }
    }
    (void)fclose(out);
    call->data = json_object_new_string(text ? text : "");
    free(text);
    return 0;
}
