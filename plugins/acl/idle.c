/* SPDX-License-Identifier: Apache-2.0 */
#include "idle.h"

#include "../common/archives.h"
#include "../common/guest_disks.h"
#include "entries.h"

/* What is there, as far as it was read. */
struct there {
    const struct asking *a;
    const struct world *world;
    struct known_guests guests;
    struct known_storages storages;
    struct json_object *nodes, *realms;
    bool guests_read, storages_read, nodes_read, realms_read;
};

static void there_done(struct there *t)
{
    if (t->guests_read)
        guests_done(&t->guests);
    if (t->storages_read)
        storages_done(&t->storages);
    json_object_put(t->nodes);
    json_object_put(t->realms);
}

static bool starts(const char *path, const char *with, const char **ret_rest)
{
    const size_t len = strlen(with);
    *ret_rest = path + len;
    return strncmp(path, with, len) == 0 && path[len] != '\0';
}

static int32_t look_list(struct there *t, const char *path, bool *read, struct json_object **list)
{
    const struct proximo_get get = {ROW(proximo_get), .path = path};
    struct looked looked;
    if (*read)
        return PROXIMO_OK;
    *read = true;
    const int32_t r = ask_look(t->a, &get, &looked);
    if (r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array) && looked.complete)
        *list = looked.data;
    else if (r == PROXIMO_OK)
        json_object_put(looked.data);
    return r;
}

/* The list may lag behind by seconds: a number that can be given to a new guest is of none. */
static int32_t number_free(const struct there *t, const char *id, bool *ret_free)
{
    const struct proximo_field vmid = FIELD("vmid", id);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/nextid", .fields = &vmid,
                                    .field_count = 1};
    struct looked looked;
    const int32_t r = ask_look(t->a, &get, &looked);
    *ret_free = r == PROXIMO_OK && looked.status == 200;
    if (r == PROXIMO_OK)
        json_object_put(looked.data);
    return r;
}

static int32_t guest_gone(struct there *t, const char *id, bool *ret_gone)
{
    int32_t r = PROXIMO_OK;
    if (!t->guests_read) {
        r = guests_list(t->a, &t->guests);
        t->guests_read = r == PROXIMO_OK;
    }
    const uint64_t vmid = digits_of(id, INT32_MAX);
    *ret_gone = r == PROXIMO_OK && t->guests.complete && t->guests.count && vmid &&
                !guests_find(&t->guests, (int64_t)vmid);
    return *ret_gone ? number_free(t, id, ret_gone) : r;
}

static int32_t storage_gone(struct there *t, const char *id, bool *ret_gone)
{
    int32_t r = PROXIMO_OK;
    if (!t->storages_read) {
        r = storages_read(t->a, &t->storages);
        t->storages_read = r == PROXIMO_OK;
    }
    *ret_gone =
        r == PROXIMO_OK && t->storages.complete && t->storages.count && !storages_find(&t->storages, id);
    return r;
}

static bool absent(struct json_object *list, const char *key, const char *value)
{
    return list && json_object_array_length(list) && !access_row(list, key, value);
}

/* Is nothing at this path any more? What is not known whole is there. */
static int32_t path_gone(struct there *t, const char *path, bool *ret_gone)
{
    const uint32_t unknown = acl_unknown(t->world->model);
    const char *id = NULL;
    int32_t r = PROXIMO_OK;
    *ret_gone = false;
    if (starts(path, "/vms/", &id))
        return guest_gone(t, id, ret_gone);
    if (starts(path, "/storage/", &id))
        return storage_gone(t, id, ret_gone);
    if (starts(path, "/pool/", &id))
        *ret_gone = !(unknown & ACL_PART_POOLS) && !access_row(t->world->access.pools, "poolid", id);
    else if (starts(path, "/access/groups/", &id))
        *ret_gone = !(unknown & ACL_PART_GROUPS) && !access_row(t->world->access.groups, "groupid", id);
    else if (starts(path, "/nodes/", &id)) {
        r = look_list(t, "/nodes", &t->nodes_read, &t->nodes);
        *ret_gone = absent(t->nodes, "node", id);
    } else if (starts(path, "/access/realm/", &id)) {
        r = look_list(t, "/access/domains", &t->realms_read, &t->realms);
        *ret_gone = absent(t->realms, "realm", id);
    }
    return r;
}

/* ---- covered by another entry */

static bool holds_all(struct json_object *roles, const char *outer, const char *inner)
{
    const char *at = member_text(access_row(roles, "roleid", inner), "privs");
    const char *all = member_text(access_row(roles, "roleid", outer), "privs");
    while (at && *at) {
        const size_t len = strcspn(at, ",; ");
        bool found = len == 0;
        for (const char *p = all; p && *p && !found;) {
            const size_t word = strcspn(p, ",; ");
            found = word == len && memcmp(p, at, len) == 0;
            p += word + (p[word] != '\0');
        }
        if (!found)
            return false;
        at += len + (at[len] != '\0');
    }
    return at && all;
}

static bool same_place(struct json_object *a, struct json_object *b)
{
    return member_is(a, "path", member_text(b, "path")) && member_is(a, "type", member_text(b, "type")) &&
           member_is(a, "ugid", member_text(b, "ugid"));
}

static bool handed_down(struct json_object *entry)
{
    return !member_of(entry, "propagate") || member_true(entry, "propagate");
}

/* The role of another entry of the same principal at the same path that covers it; NULL: none. NoAccess keeps
 * all else out, where it reaches. */
static const char *covering(const struct access *left, struct json_object *entry)
{
    const char *role = member_text(entry, "roleid");
    for (size_t i = 0; i < json_object_array_length(left->acl); i++) {
        struct json_object *other = json_object_array_get_idx(left->acl, i);
        const char *name = member_text(other, "roleid");
        if (!name || strcmp(name, role) == 0 || !same_place(entry, other) ||
            (handed_down(entry) && !handed_down(other)) || strcmp(role, "NoAccess") == 0)
            continue;
        if (strcmp(name, "NoAccess") == 0 || holds_all(left->roles, name, role))
            return name;
    }
    return NULL;
}

/* ---- of whom */

static bool principal_known(const struct world *world, const char *type, const char *ugid)
{
    const uint32_t part = strcmp(type, "group") == 0 ? ACL_PART_GROUPS : ACL_PART_USERS;
    if (acl_unknown(world->model) & part)
        return true;
    if (strcmp(type, "token") == 0)
        return access_token(&world->access, ugid) != NULL;
    return part == ACL_PART_GROUPS
               ? access_row(world->access.groups, "groupid", ugid) != NULL
               : strcmp(ugid, "root@pam") == 0 || access_row(world->access.users, "userid", ugid) != NULL;
}

static bool group_empty(const struct world *world, const char *ugid)
{
    const char *members = member_text(access_row(world->access.groups, "groupid", ugid), "users");
    return !(acl_unknown(world->model) & (ACL_PART_GROUPS | ACL_PART_USERS)) && members && !*members;
}

/* ---- one entry after the other; those found are taken out of `left`, so that of two that cover each other
 * one stays */

struct finding_idle {
    struct there there;
    struct access left;
    struct idle *idle;
};

static int32_t judge(struct finding_idle *f, struct json_object *entry, struct idle_entry *row)
{
    const struct asking *a = f->there.a;
    const struct world *world = f->there.world;
    struct json_object *token =
        strcmp(row->type, "token") == 0 ? access_token(&world->access, row->ugid) : NULL;
    bool gone = false;
    int32_t r = path_gone(&f->there, row->path, &gone);
    const char *cover = covering(&f->left, entry);
    row->removable = true;
    if (!principal_known(world, row->type, row->ugid)) {
        row->kind = IDLE_NOBODY;
        row->removable = false;
        row->why = ask_text(a,
                            "the %s does not exist; Proxmox removes such an entry only when a %s of that "
                            "name is made and deleted again",
                            row->type, row->type);
    } else if (gone) {
        row->kind = IDLE_GONE;
        row->why = ask_text(a, "there is no %s", row->path + 1);
    } else if (strcmp(row->ugid, "root@pam") == 0) {
        row->kind = IDLE_ROOT;
        row->why = "root@pam may do everything, whatever entries say";
    } else if (cover) {
        row->kind = IDLE_COVERED;
        row->why = strcmp(cover, "NoAccess") == 0 ? "NoAccess of the same principal at this path keeps it out"
                                                  : ask_text(a, "%s at this path holds all of it", cover);
    } else if (token && member_of(token, "privsep") && !member_true(token, "privsep")) {
        row->kind = IDLE_TOKEN;
        row->removable = false;
        row->why = "the token is not separated from its user, so entries of its own do not count; they "
                   "would if it were";
    } else if (strcmp(row->type, "group") == 0 && group_empty(world, row->ugid)) {
        row->kind = IDLE_EMPTY;
        row->removable = false;
        row->why = "the group has no members now";
    } else {
        row->kind = IDLE_KINDS;
    }
    return r;
}

static const char *kept(const struct asking *a, struct json_object *entry, const char *member)
{
    const char *text = member_text(entry, member);
    return text ? ask_text(a, "%s", text) : NULL;
}

static bool below(const char *path, const char *under)
{
    const size_t len = under ? strlen(under) : 0;
    return !under || strcmp(under, "/") == 0 ||
           (strncmp(path, under, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}

static int32_t find_all(struct finding_idle *f, const char *under)
{
    const struct asking *a = f->there.a;
    struct json_object *acl = f->there.world->access.acl;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(acl); i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        struct idle_entry row = {kept(a, entry, "path"),
                                 kept(a, entry, "roleid"),
                                 kept(a, entry, "type"),
                                 kept(a, entry, "ugid"),
                                 NULL,
                                 0,
                                 handed_down(entry),
                                 false};
        if (!row.path || !row.role || !row.type || !row.ugid || !below(row.path, under))
            continue;
        r = judge(f, entry, &row);
        if (r == PROXIMO_OK && row.kind < IDLE_KINDS)
            f->idle->rows[f->idle->count++] = row;
        if (r == PROXIMO_OK && row.kind < IDLE_KINDS && row.removable) {
            struct json_object *edits DROP_JSON = json_object_new_array();
            struct json_object *edit = edit_entry(row.path, row.role, row.type, row.ugid, NO_ENTRY);
            char why[100];
            r = !edits || !edit || json_object_array_add(edits, edit) < 0
                    ? PROXIMO_ENOMEM
                    : access_edit(&f->left, edits, why, sizeof(why));
        }
    }
    return r;
}

/* ---- the proof */

static bool is_gone(const struct idle *idle, const char *path)
{
    for (uint32_t i = 0; i < idle->count; i++) {
        if (idle->rows[i].kind == IDLE_GONE && idle->rows[i].removable && below(path, idle->rows[i].path))
            return true;
    }
    return false;
}

/* Without them nobody may do more or less than before, but on what is not there. Else none is removable. */
static int32_t prove(struct finding_idle *f)
{
    const struct acl_model *before = f->there.world->model;
    struct acl_model *after = NULL;
    struct acl_diff diff;
    int32_t r = access_model(&f->left, &after);
    bool same = false;
    if (r == PROXIMO_OK && acl_diff(before, after, UINT32_MAX, 20000000, &diff) == 0) {
        same = !diff.cut && !diff.unknown;
        for (uint32_t i = 0; same && i < diff.count; i++)
            same = is_gone(f->idle, diff.changes[i].path);
        acl_diff_done(&diff);
    } else {
        r = PROXIMO_ENOMEM;
    }
    for (uint32_t i = 0; r == PROXIMO_OK && !same && i < f->idle->count; i++) {
        if (f->idle->rows[i].removable) {
            f->idle->rows[i].removable = false;
            f->idle->rows[i].why =
                ask_text(f->there.a, "%s; but it could not be shown that nobody's rights change without it",
                         f->idle->rows[i].why);
        }
    }
    acl_model_free(after);
    return r;
}

int32_t idle_find(const struct asking *a, const struct world *world, const char *under, struct idle *ret)
{
    struct finding_idle f = {.there = {.a = a, .world = world}, .idle = ret};
    const size_t all = world->access.acl ? json_object_array_length(world->access.acl) : 0;
    *ret = (struct idle){0};
    if (all == 0)
        return PROXIMO_OK;
    ret->rows = a->host->alloc(a->call, all * sizeof(*ret->rows));
    int32_t r = ret->rows ? access_copy(&world->access, &f.left) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = find_all(&f, under);
    if (r == PROXIMO_OK && ret->count)
        r = prove(&f);
    access_done(&f.left);
    there_done(&f.there);
    return r;
}
