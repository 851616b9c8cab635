/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a clone affects: its template, which it binds; what it takes along (devices, addresses, networks); the
 * storages that it fills. Sources: GET .../config, .../status/current, GET /nodes/{node}/storage.
 */
#include "../common/guest_disks.h"
#include "life.h"
#include "options.h"

struct cloned {
    struct guest g;
    const char *newid, *target, *storage, *pool, *snapname;
    bool full;
};

static const char *detail(const struct cloned *c, struct json_object *subject, const char *key)
{
    const char *text = member_text(subject, key);
    return text ? ask_text(&c->g.ask, "%s", text) : NULL;
}

static int32_t read_guest(struct cloned *c)
{
    static const struct {
        const char *path, *what;
    } reads[] = {{GUEST_STATUS, "the guest's state"}, {GUEST_CONFIG, "the guest's configuration"}};
    struct guest *g = &c->g;
    for (size_t i = 0; i < 2; i++) {
        const struct proximo_get get = {ROW(proximo_get), .path = reads[i].path, .fields = g->at,
                                        .field_count = 3};
        struct looked looked;
        int32_t r = ask_look(&g->ask, &get, &looked);
        if (r < 0)
            return r;
        if (!json_object_is_type(looked.data, json_type_object) ||
            (i && !member_text(looked.data, "digest"))) {
            json_object_put(looked.data);
            r = g->ask.host->incomplete(g->ask.call, reads[i].what,
                                        looked.why ? looked.why : "it came back empty");
            if (r < 0)
                return r;
            continue;
        }
        *(i ? &g->config : &g->status) = looked.data;
    }
    return PROXIMO_OK;
}

static int32_t tell_source(const struct cloned *c, uint32_t disks)
{
    const struct guest *g = &c->g;
    struct json_object *facts = json_object_new_object();
    const char *effect =
        !c->full
            ? "stays as it is, and cannot be destroyed while the linked clone is there: the clone's disks "
              "are based on its own"
        : !guest_running(g) ? "stays as it is; it is locked while it is copied"
        : c->snapname
            ? "runs on while its snapshot is copied; its disks are slower meanwhile, and it is locked"
            : "runs on while it is copied, as after a power cut for the copy; its disks are slower "
              "meanwhile, and it is locked";
    if (facts) {
        json_object_object_add(facts, "node", json_object_new_string(g->node));
        json_object_object_add(facts, "kind", json_object_new_string(g->kind));
        json_object_object_add(facts, "template", json_object_new_boolean(guest_is_template(g)));
        json_object_object_add(facts, "disks", json_object_new_int64(disks));
    }
    return tell_affected(&g->ask, c->full && !guest_running(g) ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM,
                         ask_text(&g->ask, "guest/%s", g->vmid), member_text(g->status, "name"), effect,
                         facts);
}

static int32_t tell_clone(const struct cloned *c)
{
    const struct guest *g = &c->g;
    int32_t r = tell_affected(&g->ask, PROXIMO_RISK_LOW, ask_text(&g->ask, "guest/%s", c->newid), NULL,
                              ask_text(&g->ask, "is made on %s, stopped, as a %s", c->target,
                                       c->full ? "full copy" : "linked clone"),
                              NULL);
    return r == PROXIMO_OK && c->pool
               ? tell_affected(&g->ask, PROXIMO_RISK_MEDIUM, ask_text(&g->ask, "pool/%s", c->pool), NULL,
                               "has the clone as a member: whoever has rights on the pool has them on it",
                               NULL)
               : r;
}

/* ---- what it takes along */

static bool has_static_address(const char *key, const char *value)
{
    static const char *const words[] = {"ip=", "ip6="};
    if (strncmp(key, "net", 3) != 0 && strncmp(key, "ipconfig", 8) != 0)
        return false;
    for (size_t i = 0; i < 2; i++) {
        for (const char *at = strstr(value, words[i]); at; at = strstr(at + 1, words[i])) {
            const char *address = at + strlen(words[i]);
            if ((at == value || at[-1] == ',') && *address >= '0' && *address <= 'f' &&
                strncmp(address, "dhcp", 4) != 0 && strncmp(address, "auto", 4) != 0)
                return true;
        }
    }
    return false;
}

static int32_t tell_bridge(const struct cloned *c, const char *key, const char *value)
{
    const struct asking *a = &c->g.ask;
    const bool firewall = net_is_filtered(value);
    const char *bridge = strstr(value, "bridge=");
    const char *name = bridge ? ask_text(a, "%.*s", (int)strcspn(bridge + 7, ","), bridge + 7) : NULL;
    bool seen = true;
    int32_t r = !bridge ? PROXIMO_OK : name ? life_sees_bridge(a, c->target, name, &seen) : PROXIMO_ENOMEM;
    if (r < 0 || !bridge)
        return r;
    const char *missing =
        seen ? ""
             : ask_text(a,
                        "; this token sees none of that name on %s, and without it the clone does not start",
                        c->target);
    return missing ? tell_affected(a, firewall && seen ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM,
                                   ask_text(a, "bridge/%s", name), NULL,
                                   ask_text(a, "has the clone's %s on it once that is started%s%s", key,
                                            firewall ? "" : ", without Proxmox's firewall", missing),
                                   NULL)
                   : PROXIMO_ENOMEM;
}

static int32_t tell_option(const struct cloned *c, const char *key, const char *value)
{
    const struct asking *a = &c->g.ask;
    const bool lxc = guest_is_lxc(&c->g);
    const struct option *option = option_find(key, lxc);
    const char *why = config_crosses(key, value, lxc, lxc && !member_true(c->g.config, "unprivileged"));
    const bool net = option && strcmp(option->name, "net") == 0;
    int32_t r = PROXIMO_OK;
    if (why && !net)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH, ask_text(a, "%s: %s, and the clone as well", key, why));
    if (r == PROXIMO_OK && net)
        r = tell_bridge(c, key, value);
    if (r == PROXIMO_OK && has_static_address(key, value))
        r = a->host->risk(
            a->call, PROXIMO_RISK_MEDIUM,
            ask_text(a, "%s: the clone has the same fixed address: change it before both run", key));
    return r;
}

static int32_t tell_options(const struct cloned *c)
{
    int32_t r = PROXIMO_OK;
    json_object_object_foreach(c->g.config, key, value)
    {
        const json_type type = json_object_get_type(value);
        const bool raw = type == json_type_array && strcmp(key, "lxc") == 0;
        if (r == PROXIMO_OK &&
            (raw || (type != json_type_object && type != json_type_array && type != json_type_null)))
            r = tell_option(c, key, json_object_get_string(value));
    }
    if (r == PROXIMO_OK && guest_is_lxc(&c->g) && !member_true(c->g.config, "unprivileged"))
        r = c->g.ask.host->risk(
            c->g.ask.call, PROXIMO_RISK_HIGH,
            "the clone is a privileged container as well: root in it is root on the host");
    return r;
}

/* ---- disks */

static int32_t tell_disks(const struct cloned *c, const struct guest_disk *disks, uint32_t count)
{
    struct life_space rows[LIFE_STORAGES_MOST];
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct guest_disk *disk = &disks[i];
        const char *storage = c->storage ? c->storage : disk->storage;
        if (!disk->storage || disk->flags & (DISK_UNUSED | DISK_VMSTATE | DISK_EMPTY | DISK_CDROM))
            continue;
        if (!life_space_add(rows, &used, storage, disk->size ? disk_bytes(disk->size) : 0))
            return c->g.ask.host->incomplete(c->g.ask.call, "space on the storages",
                                             "its disks are on more storages than are looked at");
    }
    return life_tell_space(&c->g.ask, c->target, rows, used);
}

static int32_t tell_all(const struct cloned *c)
{
    const struct asking *a = &c->g.ask;
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0, data = 0;
    int32_t r = !disks ? PROXIMO_ENOMEM
                : c->g.config
                    ? guest_disks(a, c->g.config, guest_is_lxc(&c->g), disks, GUEST_DISKS_MOST, &count)
                    : PROXIMO_OK;
    for (uint32_t i = 0; i < count; i++)
        data += disks[i].storage && !(disks[i].flags & DISK_NO_DATA);
    if (r == PROXIMO_OK)
        r = tell_source(c, data);
    if (r == PROXIMO_OK)
        r = tell_clone(c);
    if (r == PROXIMO_OK && c->g.config)
        r = tell_options(c);
    return r == PROXIMO_OK && c->full ? tell_disks(c, disks, count) : r;
}

int32_t guests_blast_clone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct cloned c = {0};
    int32_t r = guest_open_subject(instance, call, subject_json, &c.g);
    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    if (r == PROXIMO_OK)
        r = read_guest(&c);
    if (r == PROXIMO_OK) {
        c.newid = detail(&c, subject, "newid");
        c.target = detail(&c, subject, "target");
        c.storage = detail(&c, subject, "storage");
        c.pool = detail(&c, subject, "pool");
        c.snapname = detail(&c, subject, "snapname");
        c.full = member_true(subject, "full");
        c.newid = c.newid ? c.newid : "new";
        c.target = c.target ? c.target : c.g.node;
        r = tell_all(&c);
    }
    guest_done(&c.g);
    return r;
}
