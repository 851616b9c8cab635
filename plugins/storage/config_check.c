/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of storage.cfg may not be, and what it really is: refuses what Proxmox would refuse for the
 * storage's type before anything is sent, and chooses the operation class by what changes.
 */
#include "config_check.h"
#include "config_ties.h"

#include "../common/guest_disks.h"
#include "storage_types.h"

static int32_t refuse(const struct config_change *c, const char *key, const char *why)
{
    return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "storage \"%s\": %s %s", c->id, key, why);
}

static void drop_edit(struct config_change *c, const char *key)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->edits[i].key->name, key) == 0) {
            memmove(&c->edits[i], &c->edits[i + 1], (c->count - i - 1) * sizeof(c->edits[0]));
            c->count--;
            return;
        }
    }
}

/* ---- the type */

/* "shared" of a type that always is: GET shows it, POST and PUT refuse it. */
static int32_t check_shared(struct config_change *c, const struct storage_type *type)
{
    if (!type->shared)
        return PROXIMO_OK;
    if (!c->undoing && ask_argument(&c->ask, "shared"))
        return refuse(c, "shared",
                      ask_text(&c->ask,
                               "is not taken: type %s is shared on all nodes by its nature. Leave it out",
                               type->name));
    drop_edit(c, "shared");
    return PROXIMO_OK;
}

static int32_t check_key(const struct config_change *c, const struct storage_type *type, const char *key)
{
    if (!storage_type_takes(type, key))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "storage \"%s\": type %s takes no %s; it takes: %s", c->id, type->name, key,
                                 storage_type_keys(&c->ask, type));
    if (c->verb == CONFIG_UPDATE && storage_type_fixes(type, key))
        return refuse(
            c, key,
            ask_text(&c->ask,
                     "of type %s is given at creation and cannot be changed; what is on it stays, so "
                     "delete the entry and create it again",
                     type->name));
    return PROXIMO_OK;
}

static int32_t check_required(const struct config_change *c, const char *words)
{
    for (; words && *words; words += strspn(words, " ")) {
        const size_t len = strcspn(words, " ");
        const char *key = ask_text(&c->ask, "%.*s", (int)len, words);
        if (key && !config_edited(c, key))
            return refuse(c, key, "is missing: its type needs it");
        words += len;
    }
    return PROXIMO_OK;
}

static int32_t check_content(const struct config_change *c, const struct storage_type *type)
{
    const struct config_edit *edit = config_edited(c, "content");
    for (const char *at = edit ? edit->to : NULL; at && *at;) {
        const size_t len = strcspn(at, ",; ");
        const char *word = ask_text(&c->ask, "%.*s", (int)len, at);
        if (len && word && strcmp(word, "none") != 0 && !word_among(type->contents, word))
            return refuse(c, "content",
                          ask_text(&c->ask, "cannot hold \"%.64s\": type %s holds %s, or none", word,
                                   type->name, type->contents));
        at += at[len] ? len + 1 : len;
    }
    return PROXIMO_OK;
}

static int32_t check_type(struct config_change *c)
{
    const char *name = config_after(c, "type");
    const struct storage_type *type = storage_type(name);
    if (!type) /* a third party's: Proxmox knows what it takes */
        return PROXIMO_OK;
    if (c->verb == CONFIG_CREATE && type->until_8 && c->release >= 9)
        return refuse(c, "type glusterfs", "is not known any more to Proxmox VE 9, which this site runs");
    int32_t r = check_shared(c, type);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++)
        r = check_key(c, type, c->edits[i].key->name);
    if (r == PROXIMO_OK && c->verb == CONFIG_CREATE)
        r = check_required(c, type->required);
    if (r == PROXIMO_OK && c->verb == CONFIG_CREATE)
        r = check_required(c, type->needed);
    return r == PROXIMO_OK ? check_content(c, type) : r;
}

/* Guards and creates only what the type knows: sixty absent options say nothing to a person who reads the
 * plan. */
static int32_t narrow(struct config_change *c, const struct storage_type *type)
{
    struct config_kind *kind = c->ask.host->alloc(c->ask.call, sizeof(*kind));
    struct config_key *keys = c->ask.host->alloc(c->ask.call, STORAGE_KEYS * sizeof(*keys));
    uint32_t count = 0;
    if (!kind || !keys)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < STORAGE_KEYS; i++) {
        const uint32_t not_here = c->release == 8 ? CONFIG_SINCE_9 : CONFIG_UNTIL_8;
        if (storage_type_takes(type, storage_keys[i].name) && !(storage_keys[i].flags & not_here))
            keys[count++] = storage_keys[i];
    }
    *kind = *c->kind;
    kind->keys = keys;
    kind->key_count = count;
    c->kind = kind;
    return PROXIMO_OK;
}

/* ---- what it really is */

/* The words of `was` that are not in `now`, with commas; NULL: none. */
static const char *words_lost(const struct asking *a, const char *was, const char *now)
{
    const char *lost = NULL;
    for (const char *at = was; at && *at;) {
        const size_t len = strcspn(at, ",; ");
        const char *word = len ? ask_text(a, "%.*s", (int)len, at) : NULL;
        if (word && strcmp(word, "none") != 0 && !config_list_has(now, word))
            lost = lost ? ask_text(a, "%s,%s", lost, word) : word;
        at += at[len] ? len + 1 : len;
    }
    return lost;
}

static int32_t detail(struct config_change *c, const char *name, const char *value)
{
    if (!c->subject_details)
        c->subject_details = json_object_new_object();
    struct json_object *text = value ? json_object_new_string(value) : NULL;
    if (!c->subject_details || !text || json_object_object_add(c->subject_details, name, text) < 0) {
        json_object_put(text);
        return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* Values by which the storage would look for its data somewhere else. */
static bool points_elsewhere(const struct config_change *c)
{
    static const char *const keys[] = {"pool",         "data-pool", "subdir",       "fs-name",
                                       "content-dirs", "server",    "zfs-base-path"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (config_edited(c, keys[i]))
            return true;
    }
    return false;
}

static int32_t judge_update(struct config_change *c)
{
    const struct config_edit *nodes = config_edited(c, "nodes"), *content = config_edited(c, "content");
    const struct config_edit *disable = config_edited(c, "disable"), *shared = config_edited(c, "shared");
    int32_t r = PROXIMO_OK;
    if (content) {
        const char *lost = words_lost(&c->ask, content->was, content->to);
        if (lost && content->to) /* removed altogether, the type's default holds again */
            r = detail(c, "content_removed", lost);
    }
    if (r == PROXIMO_OK && config_edited(c, "prune-backups")) {
        const char *to = config_after(c, "prune-backups");
        r = detail(c, "prune-backups", to ? to : "");
    }
    if (r == PROXIMO_OK && shared)
        r = detail(c, "shared", shared->to && strcmp(shared->to, "1") == 0 ? "1" : "0");
    if (r == PROXIMO_OK && points_elsewhere(c))
        r = detail(c, "moved", "1");
    /* nodes="" is no restriction: nobody is stranded */
    const bool fewer = nodes && nodes->to && (!nodes->was || words_lost(&c->ask, nodes->was, nodes->to));
    const bool off = disable && disable->to && strcmp(disable->to, "1") == 0;
    if (r == PROXIMO_OK && fewer) {
        c->operation_class = "storage.restrict";
        r = detail(c, "nodes", nodes->to);
    }
    if (off)
        c->operation_class = "storage.disable";
    else if (r == PROXIMO_OK && !fewer && (nodes || disable))
        r = detail(c, "opened", "1");
    return r;
}

/* A node that is none strands whoever counts on it. */
static int32_t check_nodes(const struct config_change *c)
{
    const struct config_edit *edit = config_edited(c, "nodes");
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    struct looked list;
    if (!edit || !edit->to || c->undoing)
        return PROXIMO_OK;
    int32_t r = ask_look(&c->ask, &get, &list);
    if (r < 0)
        return r;
    const char *known = NULL;
    const size_t count =
        json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *node = member_text(json_object_array_get_idx(list.data, i), "node");
        if (node)
            known = known ? ask_text(&c->ask, "%s,%s", known, node) : ask_text(&c->ask, "%s", node);
    }
    json_object_put(list.data);
    const char *strangers = known ? words_lost(&c->ask, edit->to, known) : NULL;
    return strangers ? c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                         "storage \"%s\": the cluster has no node %s; it has: %s", c->id,
                                         strangers, known)
                     : PROXIMO_OK;
}

/* ---- other entries */

/* Proxmox refuses to remove what another storage is built on. */
static int32_t check_based(const struct config_change *c, struct json_object *entries)
{
    for (size_t i = 0; entries && i < json_object_array_length(entries); i++) {
        struct json_object *other = json_object_array_get_idx(entries, i);
        if (!member_is(other, "storage", c->id) && storage_relation(&c->ask, c->now, other) == STORAGE_BASED)
            return c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                                     "storage \"%s\" is what storage \"%s\" is built on (its base volume): "
                                     "Proxmox does not remove it. Delete \"%s\" first",
                                     c->id, member_text(other, "storage"), member_text(other, "storage"));
    }
    return PROXIMO_OK;
}

/* The entry as it will be, the caller's. */
static struct json_object *entry_to_be(const struct config_change *c)
{
    struct json_object *entry = json_object_new_object();
    for (uint32_t i = 0; entry && i < c->count; i++) {
        if (c->edits[i].to)
            json_object_object_add(entry, c->edits[i].key->name, json_object_new_string(c->edits[i].to));
    }
    if (entry)
        json_object_object_add(entry, "storage", json_object_new_string(c->id));
    return entry;
}

static int32_t check_alike(const struct config_change *c, struct json_object *entries)
{
    struct json_object *entry DROP_JSON = entry_to_be(c);
    int32_t r = entry ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && entries && i < json_object_array_length(entries); i++) {
        struct json_object *other = json_object_array_get_idx(entries, i);
        if (storage_relation(&c->ask, entry, other) != STORAGE_SAME)
            continue;
        const char *why =
            ask_text(&c->ask,
                     "storage \"%s\" is the same data already: under two names Proxmox takes it for "
                     "two, and what one of them deletes or locks the other does not know of",
                     member_text(other, "storage"));
        r = why ? c->ask.host->risk(c->ask.call, PROXIMO_RISK_MEDIUM, why) : PROXIMO_ENOMEM;
    }
    return r;
}

/* Proxmox keeps this one whatever the file says: it puts a missing entry back with its defaults, and drops
 * its nodes. */
static int32_t check_local(const struct config_change *c)
{
    if (strcmp(c->id, "local") != 0)
        return PROXIMO_OK;
    if (c->verb == CONFIG_DELETE)
        return c->ask.host->fail(
            c->ask.call, PROXIMO_ESTATE,
            "storage \"local\" cannot be removed: Proxmox puts it back with its defaults. Disable "
            "it or take content from it with pve_storage_update instead");
    if (config_edited(c, "nodes") && config_edited(c, "nodes")->to)
        return refuse(c, "nodes", "are not kept: Proxmox has this storage on every node. Disable it instead");
    return PROXIMO_OK;
}

/* ---- words */

static int32_t say(struct config_change *c)
{
    static const char stays[] =
        "Proxmox changes the entry of storage.cfg only: what is on the storage is neither deleted nor moved";
    const char *class = c->operation_class;
    if (c->verb == CONFIG_DELETE) {
        c->summary = ask_text(&c->ask,
                              "storage \"%s\" is removed from the configuration; what is on it stays "
                              "where it is, but no node uses it any more",
                              c->id);
        c->no_way_back = storage_secret_that_goes(c->now);
        return c->summary ? tell_text(&c->ask, "data", stays) : PROXIMO_ENOMEM;
    }
    if (strcmp(class, "storage.disable") == 0)
        c->summary = ask_text(
            &c->ask, "storage \"%s\" is disabled: no node uses it any more until it is enabled", c->id);
    else if (strcmp(class, "storage.restrict") == 0)
        c->summary = ask_text(&c->ask, "storage \"%s\" is used by these nodes only: %s", c->id,
                              config_after(c, "nodes"));
    else
        return PROXIMO_OK;
    return c->summary ? tell_text(&c->ask, "data", stays) : PROXIMO_ENOMEM;
}

int32_t storage_check(struct config_change *c)
{
    struct json_object *entries DROP_JSON = NULL;
    const char *why = NULL;
    const struct storage_type *type = storage_type(config_after(c, "type"));
    int32_t r = c->verb == CONFIG_DELETE ? PROXIMO_OK : check_type(c);
    if (r == PROXIMO_OK && !c->undoing)
        r = check_local(c);
    if (r == PROXIMO_OK && type && c->verb != CONFIG_UPDATE)
        r = narrow(c, type);
    if (r < 0 || (c->verb == CONFIG_UPDATE && !c->count))
        return r;
    if (c->verb == CONFIG_UPDATE) {
        if ((r = check_nodes(c)) < 0 || (r = judge_update(c)) < 0)
            return r;
        return say(c);
    }
    if ((r = storage_entries(&c->ask, &entries, &why)) < 0)
        return r;
    if (why)
        r = c->ask.host->incomplete(c->ask.call, "the other storages", why);
    if (r == PROXIMO_OK && c->verb == CONFIG_CREATE)
        r = check_nodes(c);
    if (r == PROXIMO_OK)
        r = c->verb == CONFIG_CREATE ? check_alike(c, entries) : check_based(c, entries);
    if (r == PROXIMO_OK && c->verb == CONFIG_DELETE)
        r = storage_ties_keep(c);
    return r == PROXIMO_OK ? say(c) : r;
}
