/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guests a bulk change is about. The cluster's list says who there is and where, by name, pool and tag;
 * it is seconds old, so it says nothing of how they are. Source: GET /cluster/resources?type=vm.
 */
#include "bulk.h"

/* Ids as numbers: a list of the cluster has 10,000 rows. */
struct ids {
    bool given;
    int64_t *at;
    bool *seen; /* in the cluster's list */
    size_t count;
};

struct selectors {
    const char *node, *pool, *tag, *kind, *name;
    size_t name_len; /* of a beginning; 0: the whole name */
    struct ids vmids, exclude;
};

static int32_t ids_of(const struct asking *a, struct json_object *list, struct ids *ret)
{
    *ret = (struct ids){.given = list != NULL};
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    ret->at = a->host->alloc(a->call, (count + 1) * sizeof(*ret->at));
    ret->seen = a->host->alloc(a->call, count + 1);
    if (!ret->at || !ret->seen)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count; i++)
        ret->at[ret->count++] = json_object_get_int64(json_object_array_get_idx(list, i));
    return PROXIMO_OK;
}

static bool has_id(const struct ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->at[i] == id)
            return true;
    }
    return false;
}

static bool name_fits(const struct selectors *s, const char *name)
{
    if (!s->name)
        return true;
    return name && (s->name_len ? strncmp(name, s->name, s->name_len) == 0 : strcmp(name, s->name) == 0);
}

static bool fits(const struct selectors *s, struct json_object *row)
{
    return (!s->node || member_is(row, "node", s->node)) && (!s->pool || member_is(row, "pool", s->pool)) &&
           (!s->kind || member_is(row, "type", s->kind)) &&
           (!s->tag || guest_has_tag(member_text(row, "tags"), s->tag)) &&
           name_fits(s, member_text(row, "name"));
}

static int32_t list_of_guests(struct bulk *b, bool all, struct json_object **ret)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                              .field_count = 1};
    struct looked list;

    if (all)
        get.needs = (struct proximo_table)ROWS(need, 1);
    int32_t r = ask_look(&b->ask, &get, &list);
    if (r < 0)
        return r;
    if (!json_object_is_type(list.data, json_type_array)) {
        json_object_put(list.data);
        return b->ask.host->fail(b->ask.call, PROXIMO_EREMOTE, "the list of guests could not be read: %s",
                                 list.why ? list.why : "no answer");
    }
    b->partial = !list.complete;
    *ret = list.data;
    return PROXIMO_OK;
}

static int32_t take(struct bulk *b, struct json_object *row)
{
    struct bulk_guest *to = &b->rows[b->count];
    const struct asking *a = &b->ask;
    const char *name = member_text(row, "name");

    *to = (struct bulk_guest){.g = {.ask = *a}, .order = STARTUP_NO_ORDER};
    to->id = json_object_get_int64(member_of(row, "vmid"));
    to->g.vmid = ask_text(a, "%lld", (long long)to->id);
    to->g.node = ask_text(a, "%s", member_text(row, "node"));
    to->g.kind = member_is(row, "type", "lxc") ? "lxc" : "qemu";
    to->name = name ? ask_text(a, "%s", name) : NULL;
    if (!to->g.vmid || !to->g.node || (name && !to->name))
        return PROXIMO_ENOMEM;
    guest_place(&to->g);
    b->count++;
    return PROXIMO_OK;
}

static bool is_guest(struct json_object *row)
{
    return member_text(row, "vmid") && member_text(row, "node");
}

static void mark_seen(struct json_object *list, struct ids *ids)
{
    const size_t count = ids->count ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const int64_t id = is_guest(row) ? json_object_get_int64(member_of(row, "vmid")) : 0;
        for (size_t k = 0; k < ids->count; k++)
            ids->seen[k] = ids->seen[k] || ids->at[k] == id;
    }
}

/* An id that no guest has is a mistake: of those to be spared even more than of the others. */
static int32_t check_ids(const struct bulk *b, struct json_object *list, struct ids *ids,
                         const char *argument)
{
    mark_seen(list, ids);
    for (size_t i = 0; i < ids->count; i++) {
        if (!ids->seen[i])
            return b->ask.host->fail(b->ask.call, PROXIMO_ENOTFOUND,
                                     "%s: there is no guest %lld, or this token does not see it; "
                                     "pve_list_guests lists them",
                                     argument, (long long)ids->at[i]);
    }
    return PROXIMO_OK;
}

static int32_t begin(void *instance, struct proximo_call *call, struct bulk *ret)
{
    *ret = (struct bulk){.instance = instance, .ask = {((struct plane_instance *)instance)->host, call}};
    ret->rows = ret->ask.host->alloc(call, BULK_SELECTED_MOST * sizeof(*ret->rows));
    ret->left = json_object_new_array();
    return ret->rows && ret->left ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t selectors_of(const struct bulk *b, struct json_object *arguments, struct selectors *ret)
{
    const struct asking *a = &b->ask;
    *ret = (struct selectors){.node = ask_argument(a, "node"),
                              .pool = ask_argument(a, "pool"),
                              .tag = ask_argument(a, "tag"),
                              .kind = ask_argument(a, "kind"),
                              .name = ask_argument(a, "name")};
    int32_t r = ids_of(a, member_of(arguments, "vmids"), &ret->vmids);
    if (r == PROXIMO_OK)
        r = ids_of(a, member_of(arguments, "exclude"), &ret->exclude);
    if (r < 0)
        return r;
    if (!ret->node && !ret->pool && !ret->tag && !ret->kind && !ret->name && !ret->vmids.given)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "say which guests: node, pool, tag, kind, name or vmids, or several of them");
    if (ret->vmids.given && ret->vmids.count == 0) /* not the same as none given */
        return a->host->fail(a->call, PROXIMO_EINVAL, "vmids is empty: it names no guest");
    const char *star = ret->name ? strchr(ret->name, '*') : NULL;
    if (star && (star == ret->name || star[1] != '\0'))
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "name is a whole name, or its beginning with one * at the end: web*");
    ret->name_len = star ? (size_t)(star - ret->name) : 0;
    return PROXIMO_OK;
}

static int32_t choose(struct bulk *b, const struct selectors *s, struct json_object *list)
{
    uint32_t wanted = 0;
    int32_t r = PROXIMO_OK;

    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const int64_t id = json_object_get_int64(member_of(row, "vmid"));
        if (!is_guest(row) || has_id(&s->exclude, id) || (s->vmids.given && !has_id(&s->vmids, id)))
            continue;
        const bool chosen = fits(s, row);
        if ((!chosen && !s->vmids.given) || ++wanted > BULK_SELECTED_MOST) /* named ones are answered for */
            continue;
        r = take(b, row);
        if (r == PROXIMO_OK && !chosen)
            r = bulk_leave(b, &b->rows[b->count - 1], false, "is not what the other selectors ask for");
    }
    if (r == PROXIMO_OK && wanted > BULK_SELECTED_MOST)
        return b->ask.host->fail(b->ask.call, PROXIMO_EINVAL,
                                 "%u guests are selected, and one plan looks at %u at most: narrow it down "
                                 "by node, pool, tag, kind or name",
                                 (unsigned)wanted, (unsigned)BULK_SELECTED_MOST);
    return r;
}

int32_t bulk_select(void *instance, struct proximo_call *call, struct bulk *ret)
{
    struct json_object *list DROP_JSON = NULL;
    struct json_object *arguments DROP_JSON = NULL;
    struct selectors s;
    int32_t r = begin(instance, call, ret);

    if (r == PROXIMO_OK && !(arguments = ask_arguments(&ret->ask)))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = selectors_of(ret, arguments, &s);
    if (r == PROXIMO_OK)
        r = list_of_guests(ret, !s.vmids.given, &list);
    if (r == PROXIMO_OK)
        r = check_ids(ret, list, &s.vmids, "vmids");
    if (r == PROXIMO_OK)
        r = check_ids(ret, list, &s.exclude, "exclude");
    return r == PROXIMO_OK ? choose(ret, &s, list) : r;
}

int32_t bulk_select_ids(void *instance, struct proximo_call *call, struct json_object *ids, struct bulk *ret)
{
    struct json_object *list DROP_JSON = NULL;
    struct ids wanted;
    int32_t r = begin(instance, call, ret);

    if (r == PROXIMO_OK)
        r = ids_of(&ret->ask, ids, &wanted);
    if (r == PROXIMO_OK)
        r = list_of_guests(ret, false, &list);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (is_guest(row) && ret->count < BULK_SELECTED_MOST &&
            has_id(&wanted, json_object_get_int64(member_of(row, "vmid"))))
            r = take(ret, row);
    }
    if (r < 0)
        return r;
    mark_seen(list, &wanted);
    for (size_t i = 0; r == PROXIMO_OK && i < wanted.count; i++) {
        struct bulk_guest gone = {.id = wanted.at[i]};
        if (!wanted.seen[i])
            r = bulk_leave(ret, &gone, true, "is in no list that this token sees: it may be gone");
    }
    return r;
}

void bulk_done(struct bulk *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        guest_done(&b->rows[i].g);
    json_object_put(b->left);
    b->left = NULL;
    b->count = 0;
}

struct bulk_guest *bulk_find(struct bulk *b, int64_t id)
{
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->rows[i].id == id)
            return &b->rows[i];
    }
    return NULL;
}
