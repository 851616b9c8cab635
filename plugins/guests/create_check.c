/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options of a new guest mean: which a token may not set, which reach into the host, which storages
 * they use and whether those are there, hold such content and have room. Sources: GET /nodes/{node}/storage,
 * GET /nodes/{node}/storage/{storage}/content.
 */
#include "../common/guest_disks.h"
#include "create.h"

#define GIB (UINT64_C(1) << 30)

static int32_t fault(const struct creation *c, int32_t code, const char *key, const char *why)
{
    return why ? c->a.host->fail(c->a.call, code, "option \"%.64s\": %s", key, why) : PROXIMO_ENOMEM;
}

/* ---- options */

static int32_t note_bridge(struct creation *c, const char *key, const char *value)
{
    const char *bridge = strstr(value, "bridge=");
    if (!bridge)
        return PROXIMO_OK;
    c->bridges =
        ask_text(&c->a, "%s%s%s=%.*s%s", c->bridges ? c->bridges : "", c->bridges ? " " : "", key,
                 (int)strcspn(bridge + 7, ","), bridge + 7, net_is_filtered(value) ? "/firewall" : "");
    return c->bridges ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t judge(struct creation *c, const char *key, const char *value)
{
    const struct asking *a = &c->a;
    const struct option *option = option_find(key, c->lxc);
    if (!option)
        return PROXIMO_OK; /* the core takes what it does not know for high */
    if (option->flags & OPTION_ROOT)
        return fault(
            c, PROXIMO_EDENIED, key,
            "Proxmox takes it from root@pam itself only, never from a token; an operator can set it on "
            "the node with qm or pct");
    if (option->flags & OPTION_STATE && strcmp(key, "unprivileged") != 0 && strcmp(key, "vmgenid") != 0)
        return fault(c, PROXIMO_EINVAL, key,
                     "it is Proxmox's own note, nothing that a new guest can be given");
    const bool cdrom = option->flags & OPTION_VOLUME && strstr(value, "media=cdrom");
    const char *what = ask_text(a, "option \"%.64s\"", key);
    int32_t r = !what               ? PROXIMO_ENOMEM
                : option->privilege ? life_check_either(a, c->vmid, c->pool,
                                                        cdrom ? "VM.Config.CDROM" : option->privilege, what)
                                    : PROXIMO_OK;
    if (r < 0)
        return r;
    if (strcmp(option->name, "net") == 0)
        return note_bridge(c, key, value);
    const char *why = option_crosses(option, value, c->privileged);
    return why ? a->host->risk(a->call, PROXIMO_RISK_HIGH, ask_text(a, "%s: %s", key, why)) : PROXIMO_OK;
}

int32_t create_judge_options(struct creation *c)
{
    int32_t r = PROXIMO_OK;
    if (!c->options)
        return r;
    json_object_object_foreach(c->options, key, value)
    {
        const char *text = create_value(&c->a, value);
        r = text ? judge(c, key, text) : PROXIMO_ENOMEM;
        if (r < 0)
            return r;
    }
    return r;
}

/* ---- storages */

struct using
{
    const struct creation *c;
    struct json_object *list; /* the storages of the node; NULL: not known */
    struct life_space rows[LIFE_STORAGES_MOST];
    uint32_t count;
};

static bool has_content(struct json_object *row, const char *content)
{
    const char *list = member_text(row, "content");
    const size_t len = strlen(content);
    for (const char *at = list ? list : ""; *at;) {
        const size_t word = strcspn(at, ",");
        if (word == len && strncmp(at, content, len) == 0)
            return true;
        at += word + (at[word] == ',');
    }
    return false;
}

/* Is the storage there for this? What is not known passes. */
static int32_t check_storage(const struct using *u, const char *key, const char *storage, const char *content)
{
    const struct asking *a = &u->c->a;
    struct json_object *row = NULL;
    for (size_t i = 0; u->list && i < json_object_array_length(u->list) && !row; i++) {
        if (member_is(json_object_array_get_idx(u->list, i), "storage", storage))
            row = json_object_array_get_idx(u->list, i);
    }
    if (!u->list)
        return PROXIMO_OK;
    if (!row)
        return fault(
            u->c, PROXIMO_ENOTFOUND, key,
            ask_text(a, "node %s has no storage %s, as far as this token sees; pve_storage_list shows them",
                     u->c->node, storage));
    if (member_of(row, "enabled") && !member_true(row, "enabled"))
        return fault(u->c, PROXIMO_ESTATE, key, ask_text(a, "storage %s is disabled", storage));
    if (member_of(row, "active") && !member_true(row, "active"))
        return fault(u->c, PROXIMO_ESTATE, key,
                     ask_text(a, "storage %s is not active on node %s", storage, u->c->node));
    if (member_of(row, "content") && !has_content(row, content))
        return fault(u->c, PROXIMO_EINVAL, key,
                     ask_text(a, "storage %s does not hold content %s; it holds %s", storage, content,
                              member_text(row, "content")));
    return PROXIMO_OK;
}

/* "N" of "storage:N": a new volume of N GiB; 0: none, or made for something else. "4", "0.5". */
static uint64_t new_bytes(const char *size, bool *ret_new)
{
    const size_t len = strcspn(size, ",");
    const size_t whole = strspn(size, "0123456789");
    *ret_new = len && strspn(size, "0123456789.") >= len;
    if (!*ret_new)
        return 0;
    uint64_t bytes = digits_of(size, 1u << 30) * GIB, part = 0, scale = 1;
    for (uint64_t i = whole + 1; size[whole] == '.' && i < len && scale < 1000000; i++, scale *= 10)
        part = part * 10 + (uint64_t)(size[i] >= '0' && size[i] <= '9' ? size[i] - '0' : 0);
    bytes += part * GIB / scale;
    return bytes;
}

static int32_t look_for_file(const struct using *u, const char *key, const char *storage, const char *content,
                             const char *volid)
{
    const struct asking *a = &u->c->a;
    const struct proximo_field fields[] = {FIELD("node", u->c->node), FIELD("storage", storage),
                                           FIELD("content", content)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/content",
                                    .fields = fields, .field_count = 3};
    struct looked looked;
    bool found = false;
    int32_t r = ask_look(a, &get, &looked);
    const bool read = r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array);
    for (size_t i = 0; read && i < json_object_array_length(looked.data) && !found; i++)
        found = member_is(json_object_array_get_idx(looked.data, i), "volid", volid);
    json_object_put(looked.data);
    if (r < 0 || found)
        return r;
    return read ? fault(u->c, PROXIMO_ENOTFOUND, key,
                        ask_text(a, "storage %s has no %s; pve_storage_content lists what it has", storage,
                                 volid))
                : a->host->incomplete(a->call, ask_text(a, "whether %s is there", volid), looked.why);
}

/* "import-from=STORAGE:import/FILE": the file must be there. Images of other guests are the core's to judge.
 */
static int32_t use_import(const struct using *u, const char *key, const char *value)
{
    const char *source = strstr(value, ",import-from=");
    source = source ? source + strlen(",import-from=") : "";
    const size_t len = strcspn(source, ","), name = strcspn(source, ":");
    if (name >= len || strncmp(source + name, ":import/", 8) != 0)
        return PROXIMO_OK;
    const char *volid = ask_text(&u->c->a, "%.*s", (int)len, source);
    const char *storage = ask_text(&u->c->a, "%.*s", (int)name, source);
    int32_t r = volid && storage ? check_storage(u, key, storage, "import") : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? look_for_file(u, key, storage, "import", volid) : r;
}

/* One disk option: "local-lvm:32,..." or "8" (of a container: on its storage). */
static int32_t use_disk(struct using *u, const char *key, const char *value)
{
    const struct creation *c = u->c;
    const size_t len = strcspn(value, ",");
    const char *text = strncmp(value, "file=", 5) == 0     ? value + 5
                       : strncmp(value, "volume=", 7) == 0 ? value + 7
                                                           : value;
    const char *volid = ask_text(&c->a, "%.*s", (int)(len - (size_t)(text - value)), text);
    const char *colon = volid ? strchr(volid, ':') : NULL;
    bool fresh = false;
    if (!volid)
        return PROXIMO_ENOMEM;
    if (!colon || *volid == '/')
        return PROXIMO_OK; /* none, cdrom, a path: judged with the options */
    const char *storage = ask_text(&c->a, "%.*s", (int)(colon - volid), volid);
    const bool iso = strncmp(colon, ":iso/", 5) == 0;
    const uint64_t bytes = new_bytes(colon + 1, &fresh);
    int32_t r = storage ? check_storage(u, key, storage,
                                        iso      ? "iso"
                                        : c->lxc ? "rootdir"
                                                 : "images")
                        : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && iso)
        r = look_for_file(u, key, storage, "iso", volid);
    if (r == PROXIMO_OK && fresh)
        r = use_import(u, key, value);
    if (r < 0 || iso || (!fresh && strcmp(colon, ":cloudinit") != 0))
        return r;
    r = life_check_privilege(&c->a, ask_text(&c->a, "/storage/%s", storage), "Datastore.AllocateSpace", key);
    if (r < 0 || strcmp(colon, ":cloudinit") == 0 || strncmp(key, "efidisk", 7) == 0 ||
        strncmp(key, "tpmstate", 8) == 0)
        return r; /* of a few MiB */
    return life_space_add(u->rows, &u->count, storage, bytes)
               ? PROXIMO_OK
               : fault(c, PROXIMO_EINVAL, key, "its disks are on more storages than one plan looks at");
}

static int32_t use_options(struct using *u)
{
    const struct creation *c = u->c;
    if (!c->options)
        return PROXIMO_OK;
    json_object_object_foreach(c->options, key, value)
    {
        const struct option *option = option_find(key, c->lxc);
        const char *text = create_value(&c->a, value);
        int32_t r = !text                                     ? PROXIMO_ENOMEM
                    : option && option->flags & OPTION_VOLUME ? use_disk(u, key, text)
                                                              : PROXIMO_OK;
        if (r < 0)
            return r;
    }
    return PROXIMO_OK;
}

/* The template, and the root disk, which is of 4 GiB where nothing else is said. */
static int32_t use_container(struct using *u)
{
    const struct creation *c = u->c;
    const char *colon = strchr(c->ostemplate, ':');
    const char *from = colon ? ask_text(&c->a, "%.*s", (int)(colon - c->ostemplate), c->ostemplate) : NULL;
    if (!from)
        return fault(c, PROXIMO_EINVAL, "ostemplate",
                     "it is STORAGE:vztmpl/FILE; pve_storage_content lists them");
    int32_t r = check_storage(u, "ostemplate", from, "vztmpl");
    if (r == PROXIMO_OK)
        r = look_for_file(u, "ostemplate", from, "vztmpl", c->ostemplate);
    if (r < 0 || member_of(c->options, "rootfs"))
        return r;
    return use_disk(u, "rootfs", ask_text(&c->a, "%s:4", c->storage ? c->storage : "local"));
}

int32_t create_check_storages(struct creation *c)
{
    static const struct proximo_need need[] = {NEED("/storage", "Datastore.Audit|Datastore.AllocateSpace")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage", .fields = c->at,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need)};
    struct using u = {.c = c};
    struct looked looked;
    int32_t r = ask_look(&c->a, &get, &looked);
    if (r < 0)
        return r;
    u.list = json_object_is_type(looked.data, json_type_array) ? looked.data : NULL;
    if (!u.list)
        r = c->a.host->incomplete(c->a.call, "the storages of the node", looked.why);
    if (r == PROXIMO_OK && c->lxc)
        r = use_container(&u);
    if (r == PROXIMO_OK)
        r = use_options(&u);
    json_object_put(looked.data);
    for (uint32_t i = 0; r == PROXIMO_OK && i < u.count; i++) {
        c->space =
            ask_text(&c->a, "%s%s%s=%llu", c->space ? c->space : "", c->space ? " " : "", u.rows[i].storage,
                     u.rows[i].unknown ? 0ULL : (unsigned long long)u.rows[i].bytes);
        r = c->space ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return r;
}
