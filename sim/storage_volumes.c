/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volumes of storages: their names and places, who may see them, lists of them.
 */
#include "guest.h"
#include "handlers.h"
#include "storage.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define RAW (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Members of a volume that are not part of its list entry. */
static const char hidden[] = "node path archive";

/* ---- names ---- */

/* The folders of a storage that keeps files, by the first part of a volume's name. */
static const struct folder {
    const char *prefix, *content, *folder;
} folders[] = {{"iso/", "iso", "template/iso"},
               {"vztmpl/", "vztmpl", "template/cache"},
               {"backup/", "backup", "dump"},
               {"snippets/", "snippets", "snippets"},
               {"import/", "import", "import"}};

static const struct folder *folder_of(const char *name)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strncmp(name, folders[i].prefix, strlen(folders[i].prefix)) == 0)
            return &folders[i];
    }
    return NULL;
}

/* The digits at `text`, when `stop` follows them. */
static bool take_vmid(const char *text, char stop, char *vmid, size_t size)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n >= size || text[n] != stop)
        return false;
    (void)snprintf(vmid, size, "%.*s", (int)n, text);
    return true;
}

/* The part of a block volume's name that says whose it is: after the base of a linked clone. */
static const char *own_part(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? slash + 1 : name;
}

/* The same for a file: "9000/base-9000-disk-0.qcow2/109/vm-109-disk-0.qcow2". */
static const char *own_file(const char *name)
{
    const char *slash = strchr(name, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;

    return second && strncmp(slash + 1, "base-", 5) == 0 ? second + 1 : name;
}

static bool parse_file(struct sim_volume_name *name)
{
    const struct folder *folder = folder_of(name->name);
    const char *at = own_file(name->name);

    if (!folder) {
        name->content = "images";
        return take_vmid(at, '/', name->vmid, sizeof name->vmid) && strchr(at, '/')[1];
    }
    name->content = folder->content;
    at = name->name + strlen(folder->prefix);
    if (strcmp(folder->content, "backup") == 0 && strncmp(at, "vzdump-qemu-", 12) == 0)
        (void)take_vmid(at + 12, '-', name->vmid, sizeof name->vmid);
    else if (strcmp(folder->content, "backup") == 0 && strncmp(at, "vzdump-lxc-", 11) == 0)
        (void)take_vmid(at + 11, '-', name->vmid, sizeof name->vmid);
    return *at != 0;
}

/* "backup/vm/100/2026-11-26T02:00:00Z" */
static bool parse_snapshot(struct sim_volume_name *name)
{
    const char *at = name->name;

    name->content = "backup";
    if (strncmp(at, "backup/vm/", 10) != 0 && strncmp(at, "backup/ct/", 10) != 0)
        return false;
    return take_vmid(at + 10, '/', name->vmid, sizeof name->vmid);
}

static bool parse_block(struct sim_volume_name *name)
{
    const char *at = own_part(name->name);
    static const char *const kinds[] = {"vm-", "base-", "subvol-", "basevol-"};

    name->content = "images";
    if (at != name->name && strncmp(name->name, "base", 4) != 0)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i]);

        if (strncmp(at, kinds[i], n) == 0)
            return take_vmid(at + n, '-', name->vmid, sizeof name->vmid);
    }
    return false;
}

/* What Proxmox calls the names that a type of storage has. */
static const char *name_kind(const char *type)
{
    static const struct {
        const char *types, *kind;
    } kinds[] = {{"pbs", "pbs"}, {"lvm lvmthin", "lvm"}, {"zfspool zfs", "zfs"}, {"rbd", "rbd"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (sim_listed(kinds[i].types, type))
            return kinds[i].kind;
    }
    return type;
}

int sim_volume_parse(struct json_object *state, const char *volid, struct sim_volume_name *ret_name,
                     char *why, size_t size)
{
    struct sim_volume_name name = {.content = "images"};
    const char *colon = strchr(volid, ':'); /* the times of backup server snapshots have more of them */
    const struct sim_storage_type *type;
    struct json_object *config;
    bool good;

    if (!colon || (size_t)(colon - volid) >= sizeof name.storage || !colon[1]) {
        (void)snprintf(why, size, "unable to parse volume ID '%s'\n", volid);
        return -EINVAL;
    }
    (void)snprintf(name.storage, sizeof name.storage, "%.*s", (int)(colon - volid), volid);
    name.name = colon + 1;
    config = sim_storage_config(state, name.storage);
    if (!config) {
        (void)snprintf(why, size, "storage '%s' does not exist\n", name.storage);
        return -EINVAL;
    }
    type = sim_storage_type_of(config);
    if (type->files)
        good = parse_file(&name);
    else if (strcmp(type->name, "pbs") == 0)
        good = parse_snapshot(&name);
    else
        good = parse_block(&name);
    if (!good) {
        (void)snprintf(why, size, "unable to parse %s volume name '%s'\n",
                       type->files ? "directory" : name_kind(type->name), name.name);
        return -EINVAL;
    }
    *ret_name = name;
    return 0;
}

int sim_volume_of_call(struct sim_call *call, char *volid, size_t size, struct sim_volume_name *ret_name)
{
    const char *given = sim_arg(call, "volume"), *storage = sim_arg(call, "storage");
    char why[700];

    if (strchr(given, ':'))
        (void)snprintf(volid, size, "%s", given);
    else
        (void)snprintf(volid, size, "%s:%s", storage, given);
    if (strncmp(volid, storage, strlen(storage)) != 0 || volid[strlen(storage)] != ':')
        return sim_fail_param(call, "volume", "storage ID mismatch (%.*s != %s)\n", (int)strcspn(volid, ":"),
                              volid, storage);
    if (sim_volume_parse(call->state, volid, ret_name, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    return 0;
}

void sim_volume_path(struct json_object *state, const struct sim_volume_name *name, char *path, size_t size)
{
    struct json_object *config = sim_storage_config(state, name->storage);
    const char *type = sim_str(config, "type", "dir"), *root = sim_str(config, "path", "/dev");
    const struct folder *folder = folder_of(name->name);

    if (strcmp(type, "pbs") == 0)
        (void)snprintf(path, size, "pbs://%s@%s:%s/%s", sim_str(config, "username", "root@pam"),
                       sim_str(config, "server", ""), sim_str(config, "datastore", ""), name->name + 7);
    else if (strcmp(type, "rbd") == 0)
        (void)snprintf(path, size, "rbd:%s/%s", sim_str(config, "pool", "rbd"), own_part(name->name));
    else if (strcmp(type, "zfspool") == 0)
        (void)snprintf(path, size, "/dev/zvol/%s/%s", sim_str(config, "pool", ""), own_part(name->name));
    else if (!sim_storage_type_of(config)->files)
        (void)snprintf(path, size, "/dev/%s/%s", sim_str(config, "vgname", ""), own_part(name->name));
    else if (folder)
        (void)snprintf(path, size, "%s/%s/%s", root, folder->folder, name->name + strlen(folder->prefix));
    else
        (void)snprintf(path, size, "%s/images/%s", root, own_file(name->name));
}

/* ---- the list of a storage ---- */

static struct json_object *list_of(struct json_object *state, const char *storage)
{
    return sim_get(sim_get(state, "volumes"), storage);
}

bool sim_volume_here(struct json_object *volume, const char *node)
{
    const char *at = sim_str(volume, "node", NULL);

    return !at || strcmp(at, node) == 0;
}

static struct json_object *find(struct json_object *state, const char *node, const char *volid,
                                size_t *ret_index)
{
    struct json_object *list;
    char storage[128];

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    list = list_of(state, storage);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(volume, "volid", ""), volid) == 0 && sim_volume_here(volume, node)) {
            *ret_index = i;
            return volume;
        }
    }
    return NULL;
}

struct json_object *sim_volume_at(struct json_object *state, const char *node, const char *volid)
{
    size_t index;

    return find(state, node, volid, &index);
}

struct json_object *sim_volume_find(struct sim_call *call, const char *volid)
{
    return sim_volume_at(call->state, sim_arg(call, "node"), volid);
}

/* Space taken (or given back) on every node that sees the volume. Images are thin: they take what is used. */
static void use(struct json_object *state, const char *storage, struct json_object *volume, int sign)
{
    int64_t bytes = sim_int(volume, "used", sim_int(volume, "size", 0)) * sign;

    json_object_object_foreach(sim_get(state, "nodes"), node, entry)
    {
        struct json_object *usage = sim_get(sim_get(entry, "storage"), storage);
        int64_t used = sim_int(usage, "used", 0) + bytes;

        if (!usage || !sim_volume_here(volume, node))
            continue;
        sim_set_int(usage, "used", used < 0 ? 0 : used);
        if (!sim_get(usage, "rrd"))
            sim_set(usage, "rrd", json_object_new_object());
        sim_set_int(sim_get(usage, "rrd"), "total", sim_int(usage, "total", 0));
        sim_set_int(sim_get(usage, "rrd"), "used", sim_int(usage, "used", 0));
    }
}

void sim_volume_add(struct json_object *state, const char *node, struct json_object *volume)
{
    const char *volid = sim_str(volume, "volid", "");
    char storage[128];

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    if (!sim_storage_is_shared(sim_storage_config(state, storage)))
        sim_set_str(volume, "node", node);
    if (!list_of(state, storage))
        sim_set(sim_get(state, "volumes"), storage, json_object_new_array());
    use(state, storage, volume, 1);
    json_object_array_add(list_of(state, storage), volume);
}

void sim_volume_remove(struct json_object *state, const char *node, const char *volid)
{
    size_t index = 0;
    struct json_object *volume = find(state, node, volid, &index);
    char storage[128];

    if (!volume)
        return;
    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    use(state, storage, volume, -1);
    (void)json_object_array_del_idx(list_of(state, storage), index, 1);
}

/* A clone is named after its base ("base-9000-disk-0/vm-109-disk-0") or has it as its parent. */
bool sim_volume_has_clones(struct json_object *state, const struct sim_volume_name *name)
{
    struct json_object *list = list_of(state, name->storage);
    const char *base = own_part(name->name);
    size_t n = strlen(name->name);

    if (strncmp(base, "base", 4) != 0)
        return false;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);
        const char *other = strchr(sim_str(volume, "volid", ":"), ':') + 1;
        const char *parent = sim_str(volume, "parent", NULL);

        if ((strncmp(other, name->name, n) == 0 && other[n] == '/') ||
            (parent && (strcmp(parent, base) == 0 || strcmp(parent, name->name) == 0)))
            return true;
    }
    return false;
}

/* ---- who may see a volume ---- */

int sim_volume_readable(struct sim_call *call, const struct sim_volume_name *name)
{
    char storage[160], guest[40], why[300];
    const char *on = storage, *priv = "Datastore.Allocate";

    (void)snprintf(storage, sizeof storage, "/storage/%s", name->storage);
    (void)snprintf(guest, sizeof guest, "/vms/%s", name->vmid);
    if (sim_can(call, storage, "Datastore.Allocate"))
        return 0;
    if (sim_listed("iso vztmpl import", name->content)) {
        priv = "Datastore.Audit|Datastore.AllocateSpace";
    } else if (*name->vmid && strcmp(name->content, "backup") == 0) {
        priv = "Datastore.AllocateSpace";
        if (sim_can(call, storage, priv)) {
            on = guest;
            priv = "VM.Backup";
        }
    } else if (*name->vmid) {
        on = guest;
        priv = "VM.Config.Disk";
    }
    if (sim_can_any(call, on, priv))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, %s)", on, priv);
    return sim_fail_perm(call, why);
}

/* In lists: backups and images belong to a guest and take a right on it. */
static bool visible(struct sim_call *call, const char *path, struct json_object *volume)
{
    const char *content = sim_str(volume, "content", ""), *vmid = sim_str(volume, "vmid", NULL);
    char guest[40];

    if (sim_listed("iso vztmpl", content))
        return true;
    if (!vmid)
        return sim_can(call, path, "Datastore.AllocateSpace");
    (void)snprintf(guest, sizeof guest, "/vms/%s", vmid);
    if (strcmp(content, "backup") == 0)
        return sim_can(call, guest, "VM.Backup");
    return sim_can(call, guest, "VM.Config.Disk") || sim_can(call, guest, "VM.Audit");
}

/* ---- requests ---- */

static void put_volume(FILE *out, struct json_object *volume)
{
    const char *separator = "{";

    json_object_object_foreach(volume, key, value)
    {
        if (sim_listed(hidden, key))
            continue;
        fprintf(out, "%s\"%s\":%s", separator, key, json_object_to_json_string_ext(value, RAW));
        separator = ",";
    }
    fputc('}', out);
}

/* Ten thousand volumes are copied into no tree: the text of the answer is written at once and kept. */
int sim_storage_content(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage"), *content = sim_arg(call, "content"),
               *vmid = sim_arg(call, "vmid"), *node = sim_arg(call, "node"), *separator = "[";
    struct json_object *known = sim_cache(call->sim), *list = list_of(call->state, name);
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    char key[700], path[160];
    size_t size = 0;
    FILE *out;
    bool all;

    if (sim_storage_usable(call, name) < 0)
        return -1;
    (void)snprintf(key, sizeof key, "content %s %s %s %s %s", call->who, node, name, content ? content : "",
                   vmid ? vmid : "");
    call->raw = sim_str(known, key, NULL);
    if (call->raw)
        return 0;
    out = open_memstream(&text, &size);
    if (!out)
        return sim_fail(call, 500, "out of memory\n");
    (void)snprintf(path, sizeof path, "/storage/%s", name);
    all = sim_can(call, path, "Datastore.Allocate");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        if (!sim_volume_here(volume, node) ||
            (content && strcmp(content, sim_str(volume, "content", "")) != 0) ||
            (vmid && strcmp(vmid, sim_str(volume, "vmid", "")) != 0) ||
            (!all && !visible(call, path, volume)))
            continue;
        fputs(separator, out);
        put_volume(out, volume);
        separator = ",";
    }
    fputs(*separator == '[' ? "[]" : "]", out);
    (void)fclose(out);
    sim_set_str(known, key, text);
    call->raw = sim_str(known, key, NULL);
    return 0;
}

int sim_storage_volume(struct sim_call *call)
{
    struct sim_volume_name name;
    struct json_object *volume;
    char path[700], volid[300];
    const char *format;

    if (sim_volume_of_call(call, volid, sizeof volid, &name) < 0 ||
        sim_storage_usable(call, name.storage) < 0 || sim_volume_readable(call, &name) < 0)
        return -1;
    volume = sim_volume_find(call, volid);
    if (!volume)
        return sim_fail(call, 500, "volume_size_info on '%s' failed - no format\n", volid);
    sim_volume_path(call->state, &name, path, sizeof path);
    format = sim_str(volume, "format", "raw");
    if (!sim_listed("qcow2 vmdk subvol pbs-vm pbs-ct", format))
        format = "raw";
    call->data = json_object_new_object();
    sim_set_str(call->data, "path", path);
    sim_set_int(call->data, "size", sim_int(volume, "size", 0));
    sim_set_int(call->data, "used", sim_int(volume, "used", sim_int(volume, "size", 0)));
    sim_set_str(call->data, "format", format);
    if (strcmp(name.content, "backup") == 0) {
        if (sim_str(volume, "notes", NULL))
            sim_set_str(call->data, "notes", sim_str(volume, "notes", NULL));
        sim_set_int(call->data, "protected", sim_int(volume, "protected", 0));
    }
    return 0;
}
