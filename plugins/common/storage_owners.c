/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have something on a storage, by what its content lists. Sources: GET /nodes, GET .../content. */
#include "guest_disks.h"

#define NODES_MOST   256u
#define SHARED_TRIES 3u /* nodes asked for the content of a shared storage, one after the other */

/* ---- a storage's entry */

bool storage_is_shared(struct json_object *config)
{
    /* the types that Proxmox takes as shared whatever the entry says */
    static const char *const types[] = {"nfs",       "cifs", "cephfs", "rbd",  "iscsi", "iscsidirect",
                                        "glusterfs", "zfs",  "pbs",    "drbd", "esxi"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (member_is(config, "type", types[i]))
            return true;
    }
    return member_true(config, "shared");
}

bool storage_on_node(struct json_object *config, const char *node)
{
    const char *nodes = member_text(config, "nodes");
    const size_t wanted = strlen(node);
    if (!nodes || !*nodes)
        return true;
    while (*nodes) {
        size_t len = strcspn(nodes, ",; ");
        if (len == wanted && strncmp(nodes, node, len) == 0)
            return true;
        nodes += nodes[len] ? len + 1 : len;
    }
    return false;
}

/* ---- where it can be looked at */

struct places {
    const struct asking *ask;
    const char *storage;
    struct json_object *config;
    const struct known_guests *guests;
    bool *wanted;
    bool tell;
    const char *content;         /* only this kind; NULL: all */
    const char *why;             /* the first reason why it is not all */
    struct json_object *volumes; /* NULL: nobody wants them */
    const char *nodes[NODES_MOST];
    bool online[NODES_MOST];
    uint32_t count;
};

static void want_all(struct places *p, const char *node)
{
    for (uint32_t i = 0; p->wanted && i < p->guests->count; i++)
        p->wanted[i] |= !node || strcmp(p->guests->rows[i].node, node) == 0;
}

static int32_t not_listed(struct places *p, const char *node, const char *why)
{
    want_all(p, node);
    if (!p->why)
        p->why = why ? why : "it could not be listed";
    if (!p->tell)
        return PROXIMO_OK;
    const char *what = node ? ask_text(p->ask, "what is on storage %s on node %s", p->storage, node)
                            : ask_text(p->ask, "what is on storage %s", p->storage);
    return what ? p->ask->host->incomplete(p->ask->call, what, why ? why : "it could not be listed")
                : PROXIMO_ENOMEM;
}

/* The nodes that may use it. False: they are not known. */
static int32_t find_nodes(struct places *p, bool *ret_known)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    struct looked list;
    int32_t r = ask_look(p->ask, &get, &list);
    if (r < 0)
        return r;
    size_t count = json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    *ret_known = count > 0 && count <= NODES_MOST; /* a cluster without nodes is a list that failed */
    for (size_t i = 0; r == PROXIMO_OK && *ret_known && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        const char *node = member_text(row, "node");
        if (!node || !storage_on_node(p->config, node))
            continue;
        p->nodes[p->count] = ask_text(p->ask, "%s", node);
        p->online[p->count] = member_is(row, "status", "online");
        r = p->nodes[p->count++] ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    json_object_put(list.data);
    return r;
}

/* ---- what it lists */

static int32_t take_volume(const struct places *p, struct json_object *row, struct json_object *node)
{
    const char *volid = member_text(row, "volid"), *vmid = member_text(row, "vmid");
    const char *content = member_text(row, "content");
    if (volid && (!content || strcmp(content, "images") == 0 || strcmp(content, "rootdir") == 0)) {
        int64_t owner = vmid ? (int64_t)digits_of(vmid, 999999999) : volume_owner(volid);
        const struct known_guest *guest = owner ? guests_find(p->guests, owner) : NULL;
        if (guest && p->wanted)
            p->wanted[guest - p->guests->rows] = true;
    }
    if (!p->volumes || !json_object_is_type(row, json_type_object))
        return PROXIMO_OK;
    json_object_object_add(row, "node", json_object_get(node));
    return json_object_array_add(p->volumes, json_object_get(row)) == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* *ret_why: why not all of it was listed; NULL: it was. */
static int32_t take_content(const struct places *p, const struct proximo_answer *answer, const char *node,
                            const char **ret_why)
{
    struct json_object *list DROP_JSON =
        answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    struct json_object *name DROP_JSON = json_object_new_string(node);
    int32_t r = name ? PROXIMO_OK : PROXIMO_ENOMEM;
    *ret_why = NULL;
    if (!json_object_is_type(list, json_type_array)) {
        *ret_why = answer->status >= 200 && answer->status < 300 ? "the list is none"
                   : answer->message.len
                       ? ask_text(p->ask, "%.*s", (int)answer->message.len, answer->message.ptr)
                       : ask_text(p->ask, "HTTP status %d", (int)answer->status);
        return *ret_why ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++)
        r = take_volume(p, json_object_array_get_idx(list, i), name);
    if (answer->flags & PROXIMO_ANSWER_INCOMPLETE)
        *ret_why =
            "this token does not hold Datastore.Allocate on the storage: the list is shorter than it is";
    return r;
}

/* Without Datastore.Allocate Proxmox leaves out the volumes whose owner the token may not handle. */
static const struct proximo_need content_need[] = {NEED("/storage/{storage}", "Datastore.Allocate")};

static struct proximo_get content_get(const struct places *p, const char *node, struct proximo_field *fields)
{
    fields[0] = FIELD("node", node);
    fields[1] = FIELD("storage", p->storage);
    fields[2] = FIELD("content", p->content);
    return (struct proximo_get){ROW(proximo_get),
                                .flags = PROXIMO_GET_TOLERATE,
                                .path = "/nodes/{node}/storage/{storage}/content",
                                .fields = fields,
                                .field_count = p->content ? 3 : 2,
                                .needs = ROWS(content_need, 1)};
}

/* One node's list is everybody's. */
static int32_t look_once(struct places *p)
{
    const char *why = "no node that may use it is online";
    uint32_t tries = 0;
    for (uint32_t i = 0; i < p->count && tries < SHARED_TRIES; i++) {
        struct proximo_field fields[3];
        const struct proximo_get get = content_get(p, p->nodes[i], fields);
        struct proximo_answer answer = {ROW(proximo_answer)};
        if (!p->online[i])
            continue;
        tries++;
        int32_t r = p->ask->host->get(p->ask->call, &get, &answer);
        if (ask_ends(r))
            return r;
        if (r < 0)
            continue;
        if ((r = take_content(p, &answer, p->nodes[i], &why)) < 0)
            return r;
        if (!why)
            return PROXIMO_OK;
        if (answer.flags & PROXIMO_ANSWER_INCOMPLETE)
            break; /* another node's is as short */
    }
    return not_listed(p, NULL, why);
}

static int32_t look_everywhere(struct places *p)
{
    struct proximo_get *gets = p->ask->host->alloc(p->ask->call, (p->count + UINT64_C(1)) * sizeof(*gets));
    struct proximo_answer *answers =
        p->ask->host->alloc(p->ask->call, (p->count + UINT64_C(1)) * sizeof(*answers));
    struct proximo_field(*fields)[3] =
        p->ask->host->alloc(p->ask->call, (p->count + UINT64_C(1)) * sizeof(*fields));
    const char *of[NODES_MOST];
    uint32_t count = 0;
    int32_t r = PROXIMO_OK;
    if (!gets || !answers || !fields)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < p->count; i++) {
        if (!p->online[i]) {
            r = not_listed(p, p->nodes[i], "the node is offline");
            continue;
        }
        gets[count] = content_get(p, p->nodes[i], fields[count]);
        answers[count] = (struct proximo_answer){ROW(proximo_answer)};
        of[count++] = p->nodes[i];
    }
    if (r == PROXIMO_OK && count)
        r = p->ask->host->get_many(p->ask->call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *why = NULL;
        r = take_content(p, &answers[i], of[i], &why);
        if (r == PROXIMO_OK && why)
            r = not_listed(p, of[i], why);
    }
    return r;
}

static int32_t look(struct places *p)
{
    bool known = false;
    int32_t r = find_nodes(p, &known);
    if (r < 0)
        return r;
    if (!known)
        return not_listed(p, NULL, "the nodes of the cluster could not be listed");
    if (member_true(p->config, "disable"))
        return not_listed(p, NULL, "it is disabled: Proxmox does not list what is on it");
    return storage_is_shared(p->config) ? look_once(p) : look_everywhere(p);
}

int32_t storage_owners(const struct asking *a, const char *storage, struct json_object *config,
                       const struct known_guests *guests, bool *wanted, bool tell,
                       struct json_object **ret_volumes)
{
    struct places *p = a->host->alloc(a->call, sizeof(*p));
    if (!p)
        return PROXIMO_ENOMEM;
    *p = (struct places){
        .ask = a, .storage = storage, .config = config, .guests = guests, .wanted = wanted, .tell = tell};
    if (ret_volumes && !(p->volumes = json_object_new_array()))
        return PROXIMO_ENOMEM;
    int32_t r = look(p);
    if (r < 0)
        json_object_put(p->volumes);
    else if (ret_volumes)
        *ret_volumes = p->volumes;
    return r;
}

int32_t storage_volumes(const struct asking *a, const char *storage, struct json_object *config,
                        const char *content, struct json_object **ret_volumes, const char **ret_why)
{
    static const struct known_guests nobody;
    struct places *p = a->host->alloc(a->call, sizeof(*p));
    if (!p)
        return PROXIMO_ENOMEM;
    *p = (struct places){
        .ask = a, .storage = storage, .config = config, .guests = &nobody, .content = content};
    if (!(p->volumes = json_object_new_array()))
        return PROXIMO_ENOMEM;
    int32_t r = look(p);
    if (r < 0) {
        json_object_put(p->volumes);
        return r;
    }
    *ret_volumes = p->volumes;
    *ret_why = p->why;
    return PROXIMO_OK;
}
