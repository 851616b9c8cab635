/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the options of guests are stored: tags sorted, MAC addresses made, keys in order, new volumes
 * allocated.
 */
#include "guest_change.h"
#include "guest_disks.h"
#include "handlers.h"
#include "storage.h"

#include <ctype.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_MAX 64

static int by_text(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* Lower case, each once, in order, with semicolons between. */
static struct json_object *tags(const char *text)
{
    SIM_FREE_WITH(sim_freep) char *copy = strdup(text), *out = NULL;
    char *words[TAGS_MAX], *save = NULL;
    size_t count = 0, size = 0;
    FILE *stream = open_memstream(&out, &size);

    if (!copy || !stream)
        abort();
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    for (char *word = strtok_r(copy, ",; ", &save); word && count < TAGS_MAX;
         word = strtok_r(NULL, ",; ", &save))
        words[count++] = word;
    qsort(words, count, sizeof *words, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0)
            fprintf(stream, "%s%s", i ? ";" : "", words[i]);
    }
    (void)fclose(stream);
    return json_object_new_string(*out ? out : " ");
}

/* "first,key=value,...", the keys in order. */
static struct json_object *print_property(const char *first, struct json_object *keys)
{
    SIM_FREE_WITH(sim_freep) char *out = NULL;
    const char *names[80];
    size_t count = 0, size = 0;
    FILE *stream = open_memstream(&out, &size);

    if (!stream)
        abort();
    json_object_object_foreach(keys, key, unused)
    {
        (void)unused;
        if (count < 80)
            names[count++] = key;
    }
    qsort(names, count, sizeof *names, by_text);
    fprintf(stream, "%s", first);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, ",%s=%s", names[i], sim_str(keys, names[i], ""));
    (void)fclose(stream);
    return json_object_new_string(out);
}

static void make_mac(char *mac, size_t size)
{
    unsigned char b[3] = {0};

    (void)RAND_bytes(b, sizeof b);
    (void)snprintf(mac, size, "BC:24:11:%02X:%02X:%02X", b[0], b[1], b[2]);
}

static void upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

static struct json_object *net(const struct sim_guest *guest, const struct sim_param *table, const char *text)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *keys = sim_property_split(table, text);
    const char *mac_key = guest->qemu ? "macaddr" : "hwaddr";
    char mac[32], first[120];

    make_mac(mac, sizeof mac);
    if (sim_str(keys, mac_key, NULL)) {
        (void)snprintf(mac, sizeof mac, "%s", sim_str(keys, mac_key, ""));
        upper(mac);
    }
    if (guest->qemu) {
        (void)snprintf(first, sizeof first, "%s=%s", sim_str(keys, "model", ""), mac);
        json_object_object_del(keys, "model");
        json_object_object_del(keys, "macaddr");
    } else {
        (void)snprintf(first, sizeof first, "name=%s", sim_str(keys, "name", ""));
        json_object_object_del(keys, "name");
        sim_set_str(keys, "hwaddr", mac);
        sim_set_str(keys, "type", "veth");
    }
    return print_property(first, keys);
}

/* ---- volumes ---- */

static bool has_files(const char *type)
{
    return sim_word_in("dir nfs cifs glusterfs btrfs fakesnap", " ", type, strlen(type));
}

/* The next free name of a disk of the guest. */
static void free_name(struct sim_call *call, const struct sim_guest *guest, const char *storage, bool files,
                      char *volid, size_t size)
{
    for (int i = 0; i < 1000; i++) {
        if (files)
            (void)snprintf(volid, size, "%s:%s/vm-%s-disk-%d.raw", storage, guest->vmid, guest->vmid, i);
        else
            (void)snprintf(volid, size, "%s:vm-%s-disk-%d", storage, guest->vmid, i);
        if (!sim_volume_find(call, volid))
            return;
    }
}

static void allocate(struct sim_call *call, const struct sim_guest *guest, const char *volid, int64_t bytes)
{
    struct json_object *volume = json_object_new_object();

    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", guest->qemu ? "images" : "rootdir");
    sim_set_str(volume, "format", "raw");
    sim_set_int(volume, "size", bytes);
    sim_set_int(volume, "used", 0);
    sim_set_int(volume, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set(volume, "parent", NULL);
    sim_set_int(volume, "ctime", (int64_t)time(NULL));
    sim_volume_add(call->state, guest->node, volume);
}

/* The size of a new volume: gibibytes, or that of the volume it is filled from. Returns -1 when there is no
 * such volume: the call has failed. */
static int64_t wanted_bytes(struct sim_call *call, struct json_object *keys, const char *gib)
{
    const char *source = sim_str(keys, "import-from", NULL);
    struct json_object *from = source ? sim_volume_find(call, source) : NULL;
    int64_t bytes = sim_int(from, "size", (int64_t)(strtod(gib, NULL) * (1 << 30)));

    if (source && !from)
        return sim_fail(call, 500, "volume '%s' does not exist\n", source), -1;
    json_object_object_del(keys, "import-from");
    return bytes;
}

/* "STORAGE:SIZE" becomes a volume, any other name must be one. */
static int volume(struct sim_call *call, const struct sim_guest *guest, const char *key, const char *text,
                  struct json_object **ret_value)
{
    const struct sim_param *param = sim_param_find(guest->qemu ? sim_qemu_options : sim_lxc_options, key);
    SIM_FREE_WITH(sim_json_freep) struct json_object *keys = sim_property_split(param->sub, text);
    const char *name = guest->qemu ? "file" : "volume", *file = sim_str(keys, name, ""), *type;
    char volid[256], storage[128], size[40];
    size_t n = strcspn(file, ":");
    struct json_object *config;
    int64_t bytes;

    (void)snprintf(volid, sizeof volid, "%s", file);
    (void)snprintf(storage, sizeof storage, "%.*s", (int)n, file);
    if (file[n] == ':') {
        config = sim_get(sim_get(call->state, "storage"), storage);
        if (!config)
            return sim_fail(call, 500, "storage '%s' does not exist\n", storage);
        type = sim_str(config, "type", "");
        if (sim_volume_is_new(file)) {
            bytes = wanted_bytes(call, keys, file + n + 1);
            if (bytes < 0)
                return -1;
            free_name(call, guest, storage, has_files(type), volid, sizeof volid);
            allocate(call, guest, volid, bytes);
            sim_size_print(bytes, size, sizeof size);
            sim_set_str(keys, "size", size);
        } else if (guest->qemu && strcmp(file + n, ":cloudinit") == 0) {
            (void)snprintf(volid, sizeof volid, "%s:%s%svm-%s-cloudinit%s", storage,
                           has_files(type) ? guest->vmid : "", has_files(type) ? "/" : "", guest->vmid,
                           has_files(type) ? ".raw" : "");
            if (!sim_volume_find(call, volid))
                allocate(call, guest, volid, 4 << 20);
            sim_set_str(keys, "media", "cdrom");
            sim_set_str(keys, "size", "4M");
        } else if (has_files(type) && !strchr(file + n, '/')) {
            return sim_fail(call, 500, "unable to parse directory volume name '%s'\n", file + n + 1);
        } else if (!sim_volume_find(call, file)) {
            return sim_fail(call, 500, "volume '%s' does not exist\n", file);
        }
    }
    json_object_object_del(keys, name);
    *ret_value = print_property(volid, keys);
    return 0;
}

int sim_option_value(struct sim_call *call, const struct sim_guest *guest, const char *key,
                     struct json_object *value, struct json_object **ret_value)
{
    const char *text = json_object_get_string(value);
    const struct sim_param *param = sim_param_find(guest->qemu ? sim_qemu_options : sim_lxc_options, key);
    SIM_FREE_WITH(sim_freep) char *line = NULL;

    *ret_value = NULL;
    if (strcmp(key, "description") == 0 && !*text)
        return 0;
    if (strcmp(key, "description") == 0 && !guest->qemu) {
        if (asprintf(&line, "%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n") < 0)
            abort();
        *ret_value = json_object_new_string(line);
        return 0;
    }
    if (strcmp(key, "tags") == 0) {
        *ret_value = tags(text);
        return 0;
    }
    if (strncmp(key, "net", 3) == 0 && param && param->count) {
        *ret_value = net(guest, param->sub, text);
        return 0;
    }
    if (sim_disk_key(guest->qemu, key) && strcmp(text, "none") != 0)
        return volume(call, guest, key, text, ret_value);
    *ret_value =
        json_object_is_type(value, json_type_double) ? json_object_new_string(text) : sim_copy(value);
    return 0;
}
