/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volumes of new guests.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "handlers.h"
#include "storage.h"

#include <stdlib.h>

#define GIB (1LL << 30)

void sim_size_text(int64_t bytes, char *text, size_t size)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    size_t unit = 0;

    while (unit < 4 && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(text, size, "%lld%s", (long long)bytes, units[unit]);
}

void sim_storage_of(const char *option, char *storage, size_t size)
{
    (void)snprintf(storage, size, "%.*s", (int)strcspn(option, ":,"), option);
}

int sim_each_disk(struct json_object *options, bool qemu,
                  int (*each)(void *context, const char *key, const char *text), void *context)
{
    static const struct {
        const char *stem;
        int count;
        bool qemu;
    } families[] = {{"ide", 4, true},      {"scsi", 31, true},    {"virtio", 16, true}, {"sata", 6, true},
                    {"efidisk", 1, true},  {"tpmstate", 1, true}, {"rootfs", 0, false}, {"mp", 256, false},
                    {"unused", 256, true}, {"unused", 256, false}};

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        for (int n = 0; families[i].qemu == qemu && n < (families[i].count ? families[i].count : 1); n++) {
            char key[24];
            int r;

            if (families[i].count)
                (void)snprintf(key, sizeof key, "%s%d", families[i].stem, n);
            else
                (void)snprintf(key, sizeof key, "%s", families[i].stem);
            if (!sim_get(options, key))
                continue;
            r = each(context, key, sim_str(options, key, ""));
            if (r != 0)
                return r;
        }
    }
    return 0;
}

/* ---- a volume ---- */

/* Has the guest a volume of this name there, whatever its format and whether it is a template's base? */
static bool taken(struct json_object *state, const struct sim_new_volume *want, const char *name)
{
    static const char *const kinds[] = {"vm", "subvol", "base", "basevol"};
    struct json_object *list = sim_get(sim_get(state, "volumes"), want->storage);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);
        const char *volid = sim_str(volume, "volid", ":"), *slash = strrchr(volid, '/');
        const char *own = slash ? slash + 1 : strchr(volid, ':') + 1;

        for (size_t k = 0; k < sizeof kinds / sizeof *kinds && sim_volume_here(volume, want->node); k++) {
            char stem[80];
            size_t n;

            (void)snprintf(stem, sizeof stem, "%s-%s-%s", kinds[k], want->vmid, name);
            n = strlen(stem);
            if (strncmp(own, stem, n) == 0 && (!own[n] || own[n] == '.'))
                return true;
        }
    }
    return false;
}

/* The name behind "vm-VMID-": the next disk that is not there. */
static void next_name(struct json_object *state, const struct sim_new_volume *want, char *name, size_t size)
{
    (void)snprintf(name, size, "%s", want->name ? want->name : "disk-0");
    for (int i = 1; !want->name && taken(state, want, name) && i < 1000; i++)
        (void)snprintf(name, size, "disk-%d", i);
}

static const char *format_of(struct json_object *state, const struct sim_new_volume *want)
{
    struct json_object *config = sim_storage_config(state, want->storage);
    const struct sim_storage_type *type = sim_storage_type_of(config);

    if (!want->qemu)
        return strcmp(sim_str(config, "type", ""), "zfspool") == 0 ? "subvol" : "raw";
    if (want->name && type && type->files)
        return "qcow2"; /* cloud-init's */
    if (want->format && type && sim_listed(type->formats, want->format))
        return want->format;
    return sim_str(config, "format", want->base && type && type->files ? "qcow2" : "raw");
}

/* "base-9000-disk-0/" or, with files, "9000/base-9000-disk-0.qcow2/": what a linked clone's name begins with.
 * A base that is a clone itself is named by its own part alone. LVM-thin shares blocks, and no name shows it.
 */
static void base_part(const char *base, const char *type, bool files, char *part, size_t size)
{
    const char *name = strchr(base, ':') + 1, *first = strchr(name, '/');
    const char *second = first ? strchr(first + 1, '/') : NULL, *own = files ? second : first;

    if (strcmp(type, "lvmthin") == 0)
        *part = 0;
    else
        (void)snprintf(part, size, "%s/", own ? own + 1 : name);
}

static void name_volume(struct json_object *state, const struct sim_new_volume *want, const char *format,
                        bool files, char *volid, size_t size)
{
    const char *type = sim_str(sim_storage_config(state, want->storage), "type", "");
    const char *kind = strcmp(format, "subvol") == 0 && !files ? "subvol" : "vm";
    char name[40], base[300] = "";

    next_name(state, want, name, sizeof name);
    if (want->base)
        base_part(want->base, type, files, base, sizeof base);
    if (files)
        (void)snprintf(volid, size, "%s:%s%s/vm-%s-%s.%s", want->storage, base, want->vmid, want->vmid, name,
                       format);
    else
        (void)snprintf(volid, size, "%s:%s%s-%s-%s", want->storage, base, kind, want->vmid, name);
}

static void log_volume(struct sim *sim, struct sim_job *job, const char *volid, const char *format,
                       int64_t bytes)
{
    struct sim_volume_name name;
    struct json_object *config;
    char path[700], why[700];

    if (sim_volume_parse(sim->state, volid, &name, why, sizeof why) < 0)
        return;
    config = sim_storage_config(sim->state, name.storage);
    sim_volume_path(sim->state, &name, path, sizeof path);
    if (sim_storage_type_of(config)->files)
        sim_job_log(job, true, "Formatting '%s', fmt=%s size=%lld preallocation=off", path, format,
                    (long long)bytes);
    else if (sim_listed("lvm lvmthin", sim_str(config, "type", "")))
        sim_job_log(job, true, "  Logical volume \"%s\" created.", name.name);
}

void sim_job_new_volume(struct sim *sim, struct sim_job *job, const struct sim_new_volume *want, char *volid,
                        size_t size)
{
    const struct sim_storage_type *type = sim_storage_type_of(sim_storage_config(sim->state, want->storage));
    struct json_object *volume = json_object_new_object();
    const char *format = format_of(sim->state, want);
    bool files = type && type->files;
    uint64_t vmid = 0;

    name_volume(sim->state, want, format, files, volid, size);
    (void)sim_parse_uint(want->vmid, 10, 999999999, &vmid);
    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", want->qemu ? "images" : "rootdir");
    sim_set_str(volume, "format", format);
    sim_set_int(volume, "size", want->bytes);
    sim_set_int(volume, "used", 0);
    sim_set_int(volume, "vmid", (int64_t)vmid);
    if (want->base)
        sim_set_str(volume, "parent", strchr(want->base, ':') + 1);
    else
        sim_set(volume, "parent", NULL);
    sim_set_int(volume, "ctime", (int64_t)time(NULL));
    sim_volume_add(sim->state, want->node, volume);
    if (!sim_get(job->args, "made"))
        sim_set(job->args, "made", json_object_new_array());
    json_object_array_add(sim_get(job->args, "made"), json_object_new_string(volid));
    log_volume(sim, job, volid, format, want->bytes);
}

/* ---- a disk option ---- */

/* Firmware and TPM have disks of their own sizes. */
static int64_t wanted_bytes(struct json_object *state, const char *storage, const char *key,
                            struct json_object *keys, double number)
{
    const struct sim_storage_type *type = sim_storage_type_of(sim_storage_config(state, storage));

    if (strncmp(key, "tpmstate", 8) == 0)
        return 4 << 20;
    if (strncmp(key, "efidisk", 7) != 0)
        return (int64_t)(number * (double)GIB);
    if (!type || !type->files)
        return 4 << 20;
    return strcmp(sim_str(keys, "efitype", ""), "4m") == 0 ? 528 << 10 : 128 << 10;
}

/* What is imported: a volume that the node has. Returns its size or fails the call. */
static int64_t import_bytes(struct sim_call *call, struct sim_job *job, const char *key, const char *source)
{
    struct json_object *volume = sim_volume_find(call, source);

    if (!volume) {
        (void)sim_fail(call, 500,
                       *source == '/' ? "file '%s' does not exist\n" : "volume '%s' does not exist\n",
                       source);
        return -1;
    }
    sim_job_log(job, true, "%s: importing disk '%s'", key, source);
    return sim_int(volume, "size", 0);
}

static int make(struct sim_call *call, struct sim_job *job, const struct sim_guest *guest, const char *key,
                struct json_object *keys, const char *file, char *volid, size_t size)
{
    const char *source = sim_str(keys, "import-from", NULL);
    char storage[128], text[40];
    struct sim_new_volume want = {.storage = storage,
                                  .node = guest->node,
                                  .vmid = guest->vmid,
                                  .qemu = guest->qemu,
                                  .format = sim_str(keys, "format", NULL)};

    sim_storage_of(file, storage, sizeof storage);
    if (strcmp(strchr(file, ':') + 1, "cloudinit") == 0) {
        want.name = "cloudinit";
        want.bytes = 4 << 20;
        sim_set_str(keys, "media", "cdrom");
    } else if (source) {
        want.bytes = import_bytes(call, job, key, source);
        if (want.bytes < 0)
            return -1;
    } else {
        want.bytes = wanted_bytes(call->state, storage, key, keys, strtod(strchr(file, ':') + 1, NULL));
    }
    sim_job_new_volume(call->sim, job, &want, volid, size);
    sim_size_text(want.bytes, text, sizeof text);
    sim_set_str(keys, "size", text);
    json_object_object_del(keys, "format");
    json_object_object_del(keys, "import-from");
    return 0;
}

int sim_disk_made(struct sim_call *call, struct sim_job *job, const struct sim_guest *guest, const char *key,
                  const char *text, struct json_object *config)
{
    const struct sim_param *param = sim_param_find(guest->qemu ? sim_qemu_options : sim_lxc_options, key);
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *keys = sim_property_split(param->sub, text), *given = NULL;
    const char *name = guest->qemu ? "file" : "volume", *colon;
    SIM_FREE_WITH(sim_freep) char *file = strdup(sim_str(keys, name, "")), *whole = NULL;
    struct json_object *stored = NULL, *volume;
    char volid[300], size[40];
    size_t length = 0;
    FILE *out;

    if (!file)
        abort();
    colon = strchr(file, ':');
    (void)snprintf(volid, sizeof volid, "%s", file);
    json_object_object_del(keys, name);
    if (colon && (sim_volume_is_new(file) || strcmp(colon, ":cloudinit") == 0)) {
        if (make(call, job, guest, key, keys, file, volid, sizeof volid) < 0)
            return -1;
    } else if (colon && *file != '/') {
        volume = sim_volume_find(call, file);
        if (!volume)
            return sim_fail(call, 500, "volume '%s' does not exist\n", file);
        sim_size_text(sim_int(volume, "size", 0), size, sizeof size);
        sim_set_str(keys, "size", size);
    }
    out = open_memstream(&whole, &length);
    if (!out)
        abort();
    fprintf(out, "%s", volid);
    json_object_object_foreach(keys, word, value) fprintf(out, ",%s=%s", word, json_object_get_string(value));
    (void)fclose(out);
    given = json_object_new_string(whole);
    if (sim_option_value(call, guest, key, given, &stored) < 0)
        return -1;
    if (guest->qemu && colon && strcmp(volid, file) != 0)
        sim_job_log(job, true, "%s: successfully created disk '%s'", key, json_object_get_string(stored));
    sim_set(config, key, stored);
    return 0;
}
