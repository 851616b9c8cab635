/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definitions of storages: added, changed, removed. Passwords and keys go to /secret and are never shown.
 */
#include "handlers.h"
#include "storage.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdlib.h>

#define WHY 700

static const char changed[] = "detected modified configuration - file changed by other user? Try again.\n";

static int SIM_PRINTF(2, 3) refuse(char *why, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(why, WHY, format, ap);
    va_end(ap);
    return -EINVAL;
}

/* Words of a list, each once, with commas between. `keep` says which words stay; NULL: all. */
static struct json_object *words(const char *list, bool (*keep)(const void *arg, const char *word),
                                 const void *arg)
{
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_object *seen = json_object_new_object();

    if (!out)
        abort();
    while (*(list += strspn(list, ",; "))) {
        size_t n = strcspn(list, ",; ");
        char word[256];

        (void)snprintf(word, sizeof word, "%.*s", (int)n, list);
        list += n;
        if (sim_get(seen, word) || (keep && !keep(arg, word)))
            continue;
        fprintf(out, "%s%s", json_object_object_length(seen) ? "," : "", word);
        sim_set_int(seen, word, 1);
    }
    (void)fclose(out);
    json_object_put(seen);
    return json_object_new_string(text);
}

static bool can_hold(const void *arg, const char *word)
{
    const struct sim_storage_type *type = arg;

    return sim_listed(type->contents, word);
}

static struct json_object *default_content(const struct sim_storage_type *type)
{
    char list[256];

    (void)snprintf(list, sizeof list, "%.*s", (int)strcspn(type->contents, "|"), type->contents);
    return words(list, NULL, NULL);
}

/* Checks one option of the type and gives what is stored for it; NULL: the option goes. */
static int check_option(const struct sim_storage_type *type, const char *key, struct json_object *value,
                        struct json_object **ret_value, char *why)
{
    const char *text = json_object_get_string(value);
    struct json_object *list = NULL;
    const char *kept;

    *ret_value = NULL;
    if (strcmp(key, "content") == 0) {
        list = words(text, can_hold, type);
        kept = json_object_get_string(list);
        if (strchr(kept, ',') && sim_word_in(kept, ",", "none", 4)) {
            json_object_put(list);
            return refuse(why, "unable to combine 'none' with other content types\n");
        }
        if (!*kept) {
            json_object_put(list);
            if (!can_hold(type, "none"))
                return refuse(why, "storage does not support content type 'none'\n");
            list = json_object_new_string("none");
        }
    } else if (strcmp(key, "format") == 0 && !sim_listed(type->formats, text)) {
        return refuse(why, "storage does not support format '%s'\n", text);
    } else if (strcmp(key, "nodes") == 0) {
        list = words(text, NULL, NULL);
        if (json_object_get_string_len(list) == 0) { /* no list is no restriction */
            json_object_put(list);
            list = NULL;
        }
        *ret_value = list;
        return 0;
    } else if (strcmp(key, "disable") == 0 && json_object_get_int64(value) == 0) {
        return 0;
    }
    *ret_value = list ? list : sim_copy(value);
    return 0;
}

/* The options of a request as they are stored; members that go are null. */
static int options_of(struct sim_call *call, const struct sim_storage_type *type, bool create,
                      struct json_object **ret_options, char *why)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = json_object_new_object();

    json_object_object_foreach(call->params, key, value)
    {
        struct json_object *stored = NULL;

        if (sim_listed(create ? "storage type" : "storage delete digest", key))
            continue;
        if (!sim_storage_key_known(type, key))
            return refuse(why, "unexpected property '%s'\n", key);
        if (!create && sim_storage_key_fixed(type, key))
            return refuse(why, "can't change value of fixed parameter '%s'\n", key);
        if (check_option(type, key, value, &stored, why) < 0)
            return -EINVAL;
        sim_set(options, key, stored);
    }
    *ret_options = options;
    options = NULL;
    return 0;
}

static int check_required(const struct sim_storage_type *type, struct json_object *options, char *why)
{
    const char *const lists[] = {type->required, type->needed};

    for (size_t i = 0; i < 2; i++) {
        for (const char *at = lists[i] ? lists[i] : ""; *at; at += *at == ' ') {
            char key[64];

            (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(at, " "), at);
            at += strlen(key);
            if (!sim_get(options, key))
                return refuse(why, "missing value for required option '%s'\n", key);
        }
    }
    return 0;
}

/* ---- secrets ---- */

static struct json_object *secrets_of(struct json_object *state, const char *name, bool make)
{
    struct json_object *all = sim_at(state, "/secret/storage");

    if (!all && make) {
        all = json_object_new_object();
        if (!sim_get(state, "secret"))
            sim_set(state, "secret", json_object_new_object());
        sim_set(sim_get(state, "secret"), "storage", all);
    }
    if (make && !sim_get(all, name))
        sim_set(all, name, json_object_new_object());
    return sim_get(all, name);
}

static void hex(const unsigned char *bytes, size_t count, const char *separator, char *text, size_t size)
{
    *text = 0;
    for (size_t i = 0; i < count; i++)
        (void)snprintf(text + strlen(text), size - strlen(text), "%s%02x", i ? separator : "", bytes[i]);
}

/* A key file as the backup client makes it. */
static char *make_key(void)
{
    unsigned char data[32] = {0}, print[32] = {0};
    char data_text[80], print_text[120], *text = NULL;

    (void)RAND_bytes(data, sizeof data);
    (void)RAND_bytes(print, sizeof print);
    hex(data, sizeof data, "", data_text, sizeof data_text);
    hex(print, sizeof print, ":", print_text, sizeof print_text);
    if (asprintf(&text,
                 "{\"kdf\":null,\"created\":\"2026-01-01T00:00:00+00:00\",\"modified\":"
                 "\"2026-01-01T00:00:00+00:00\",\"data\":\"%s\",\"fingerprint\":\"%s\"}",
                 data_text, print_text) < 0)
        abort();
    return text;
}

/* Moves the secrets out of the options. An encryption key leaves its fingerprint, and is the one thing that
 * the answer repeats (`ret_config`). */
static int take_secrets(struct sim_call *call, const struct sim_storage_type *type, const char *name,
                        struct json_object *options, struct json_object **ret_config, char *why)
{
    const char *key = sim_str(options, "encryption-key", NULL);
    SIM_FREE_WITH(sim_freep) char *made = key && strcmp(key, "autogen") == 0 ? make_key() : NULL;
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    bool has_key = sim_get(sim_storage_config(call->state, name), "encryption-key") != NULL;

    if (made)
        key = made;
    if (key) {
        file = json_tokener_parse(key);
        if (!sim_get(file, "data"))
            return refuse(why, "Value does not seems like a valid, JSON formatted encryption key!\n");
    }
    if (sim_get(options, "master-pubkey") && !key && !has_key)
        return refuse(why, "'master-pubkey' can only be used together with 'encryption-key'\n");
    for (const char *at = type->secrets ? type->secrets : ""; *at; at += *at == ' ') {
        char secret[64];
        const char *value;

        (void)snprintf(secret, sizeof secret, "%.*s", (int)strcspn(at, " "), at);
        at += strlen(secret);
        value = sim_str(options, secret, NULL);
        if (!value)
            continue;
        sim_set_str(secrets_of(call->state, name, true), secret,
                    strcmp(secret, "encryption-key") == 0 ? key : value);
        json_object_object_del(options, secret);
        if (strcmp(secret, "master-pubkey") == 0)
            sim_set_int(options, secret, 1);
    }
    if (!key)
        return 0;
    *ret_config = json_object_new_object();
    sim_set_str(*ret_config, "encryption-key", key);
    sim_set_str(options, "encryption-key", sim_str(file, "fingerprint", "1"));
    return 0;
}

/* {storage, type} and what was made on the way. */
static int answer(struct sim_call *call, const char *name, const char *type, struct json_object *config)
{
    call->data = json_object_new_object();
    sim_set_str(call->data, "storage", name);
    sim_set_str(call->data, "type", type);
    if (config)
        sim_set(call->data, "config", config);
    sim_touch(call->sim);
    return 0;
}

/* ---- create ---- */

/* What the definition says although it was not told. */
static void add_defaults(const struct sim_storage_type *type, const char *name, struct json_object *config)
{
    char path[200];

    (void)snprintf(path, sizeof path, "/mnt/pve/%s", name);
    if (type->mounted && !sim_get(config, "path"))
        sim_set_str(config, "path", path);
    if (type->shared)
        sim_set_int(config, "shared", 1);
    if (!sim_get(config, "content"))
        sim_set(config, "content", default_content(type));
}

/* Directories are as large as the disk that they are on, others a terabyte and empty. */
static void add_usage(struct json_object *state, const char *name, const struct sim_storage_type *type)
{
    json_object_object_foreach(sim_get(state, "nodes"), node, entry)
    {
        struct json_object *all = sim_get(entry, "storage"), *local = sim_get(all, "local"), *usage;
        bool on_disk = local && sim_listed("dir btrfs fakesnap", type->name);

        (void)node;
        if (!all || sim_get(all, name))
            continue;
        usage = json_object_new_object();
        sim_set_int(usage, "total", on_disk ? sim_int(local, "total", 0) : 1099511627776);
        sim_set_int(usage, "used", on_disk ? sim_int(local, "used", 0) : 0);
        sim_set(usage, "rrd", sim_copy(usage));
        sim_set(all, name, usage);
    }
}

int sim_storage_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage");
    const struct sim_storage_type *type = sim_storage_type(sim_arg(call, "type"));
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = NULL;
    struct json_object *config, *returned = NULL;
    char why[WHY];

    if (!type)
        return sim_fail(call, 500, "unknown storage type '%s'\n", sim_arg(call, "type"));
    if (options_of(call, type, true, &options, why) < 0 || check_required(type, options, why) < 0)
        return sim_fail(call, 500, "%s", why);
    if (sim_storage_config(call->state, name))
        return sim_fail(call, 500, "create storage failed: storage ID '%s' already defined\n", name);
    config = json_object_new_object();
    sim_set_str(config, "type", type->name);
    json_object_object_foreach(options, key, value)
    {
        if (value)
            sim_set(config, key, json_object_get(value));
    }
    add_defaults(type, name, config);
    if ((!sim_int(config, "disable", 0) && sim_storage_on_node(config, call->sim->node) &&
         sim_storage_activate(call->state, name, config, why, sizeof why) < 0) ||
        take_secrets(call, type, name, config, &returned, why) < 0) {
        json_object_put(config);
        return sim_fail(call, 500, "create storage failed: %s", why);
    }
    sim_set(sim_get(call->state, "storage"), name, config);
    add_usage(call->state, name, type);
    return answer(call, name, type->name, returned);
}

/* ---- update ---- */

/* Checks (`apply` false) or carries out the list of options to delete. */
static int delete_options(struct sim_call *call, const char *name, struct json_object *config,
                          struct json_object *options, bool apply, char *why)
{
    const struct sim_storage_type *type = sim_storage_type_of(config);
    const char *at = sim_arg(call, "delete");

    while (at && *(at += strspn(at, ",; "))) {
        char key[128];

        (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(at, ",; "), at);
        at += strcspn(at, ",; ");
        if (apply) {
            struct json_object *kept = secrets_of(call->state, name, false);
            json_object_object_del(config, key);
            if (kept)
                json_object_object_del(kept, key);
            continue;
        }
        if (!sim_storage_key_known(type, key))
            return refuse(why, "no such option '%s'\n", key);
        if (sim_listed(type->required, key) || sim_listed(type->needed, key))
            return refuse(why, "unable to delete required option '%s'\n", key);
        if (sim_storage_key_fixed(type, key))
            return refuse(why, "unable to delete fixed option '%s'\n", key);
        if (sim_get(options, key))
            return refuse(why, "cannot set and delete property '%s' at the same time!\n", key);
    }
    return 0;
}

int sim_storage_update(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage"), *digest = sim_arg(call, "digest");
    struct json_object *config = sim_storage_config(call->state, name), *returned = NULL;
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = NULL;
    const struct sim_storage_type *type;
    char why[WHY], now[41];

    sim_digest(sim_get(call->state, "storage"), now);
    if (digest && strcmp(digest, now) != 0)
        return sim_fail(call, 500, "update storage failed: %s", changed);
    if (!config)
        return sim_fail(call, 500, "update storage failed: storage '%s' does not exist\n", name);
    type = sim_storage_type_of(config);
    if (options_of(call, type, false, &options, why) < 0 ||
        delete_options(call, name, config, options, false, why) < 0 ||
        take_secrets(call, type, name, options, &returned, why) < 0)
        return sim_fail(call, 500, "update storage failed: %s", why);
    (void)delete_options(call, name, config, options, true, why);
    json_object_object_foreach(options, key, value)
    {
        if (value)
            sim_set(config, key, json_object_get(value));
        else
            json_object_object_del(config, key);
    }
    /* The first directory of every node cannot be kept from any. */
    if (strcmp(name, "local") == 0)
        json_object_object_del(config, "nodes");
    add_defaults(type, name, config);
    return answer(call, name, type->name, returned);
}

/* ---- delete ---- */

/* Rules of access and pools that name the storage go with it. */
static void forget(struct json_object *state, const char *name)
{
    char path[160];

    (void)snprintf(path, sizeof path, "/storage/%s", name);
    sim_acl_forget(state, path);
    json_object_object_foreach(sim_get(state, "pools"), pool, entry)
    {
        struct json_object *members = sim_get(entry, "storage");

        (void)pool;
        for (size_t i = members ? json_object_array_length(members) : 0; i-- > 0;) {
            if (strcmp(json_object_get_string(json_object_array_get_idx(members, i)), name) == 0)
                (void)json_object_array_del_idx(members, i, 1);
        }
    }
    json_object_object_foreach(sim_get(state, "nodes"), node, one)
    {
        (void)node;
        if (sim_get(one, "storage") && strcmp(name, "local") != 0)
            json_object_object_del(sim_get(one, "storage"), name);
    }
    if (sim_at(state, "/secret/storage"))
        json_object_object_del(sim_at(state, "/secret/storage"), name);
}

int sim_storage_delete(struct sim_call *call)
{
    const char *name = sim_arg(call, "storage");
    struct json_object *all = sim_get(call->state, "storage"), *local;

    if (!sim_get(all, name))
        return sim_fail(call, 500, "delete storage failed: storage '%s' does not exist\n", name);
    json_object_object_foreach(all, other, config)
    {
        const char *base = sim_str(config, "base", "");

        if (strcmp(other, name) != 0 && strncmp(base, name, strlen(name)) == 0 && base[strlen(name)] == ':')
            return sim_fail(call, 500,
                            "delete storage failed: can't remove storage - storage is used as base of "
                            "another storage\n");
    }
    json_object_object_del(all, name);
    forget(call->state, name);
    /* Without a definition of its own, "local" is what it always was. */
    if (strcmp(name, "local") == 0) {
        local = json_tokener_parse("{\"type\":\"dir\",\"path\":\"/var/lib/vz\",\"content\":"
                                   "\"backup,images,import,iso,rootdir,snippets,vztmpl\","
                                   "\"prune-backups\":\"keep-all=1\"}");
        sim_set(all, "local", local);
    }
    sim_touch(call->sim);
    return 0;
}
