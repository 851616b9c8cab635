/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest from a template: a clone, whose configuration is then set. Sources: POST
 * /nodes/{node}/{qemu,lxc}/{vmid}/clone, PUT .../config, PUT .../resize.
 */
#include "provision.h"
#include "ssh_keys.h"

static int32_t refuse(const struct provision *p, int32_t code, const char *why)
{
    return why ? p->a.host->fail(p->a.call, code, "template %.64s: %s", p->template, why) : PROXIMO_ENOMEM;
}

/* ---- which one */

int32_t provision_find_template(struct provision *p)
{
    const bool number = p->template[strspn(p->template, "0123456789")] == '\0';
    const int64_t vmid = number ? (int64_t)digits_of(p->template, 999999999) : 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < p->guests.count; i++) {
        const struct known_guest *row = &p->guests.rows[i];
        if (number ? row->vmid != vmid : !row->name || strcmp(row->name, p->template) != 0)
            continue;
        p->from = row;
        found++;
    }
    if (found == 0)
        return refuse(p, PROXIMO_ENOTFOUND,
                      "there is no such guest, as far as this token sees; pve_list_guests shows them");
    if (found > 1)
        return refuse(p, PROXIMO_EINVAL, "several guests have this name: say its number");
    p->lxc = p->from->lxc;
    p->source = ask_text(&p->a, "template %lld", (long long)p->from->vmid);
    return p->source ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t open_template(struct provision *p)
{
    const struct asking *a = &p->a;
    struct cloning *c = &p->clone;
    const char *subject = ask_text(a, "{\"kind\":\"guest\",\"vmid\":%lld,\"node\":\"%s\",\"type\":\"%s\"}",
                                   (long long)p->from->vmid, p->from->node, p->lxc ? "lxc" : "qemu");
    int32_t r = subject ? guest_open_subject(p->instance, a->call, text_of(subject), &c->g) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_read_status(&c->g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&c->g);
    if (r < 0)
        return r;
    if (!guest_is_template(&c->g))
        return refuse(p, PROXIMO_ESTATE,
                      "it is a guest, not a template: pve_template_convert makes one of a guest, for good");
    c->newid = p->newid;
    c->name = p->name;
    c->pool = p->pool;
    c->storage = p->storage;
    c->target = p->node && strcmp(p->node, c->g.node) != 0 ? p->node : NULL;
    c->full = p->full;
    c->description = ask_text(a, PROVISION_MARK "%s" PROVISION_UNFINISHED, p->source);
    clone_place(c);
    memcpy(p->at, c->fresh, sizeof(p->at));
    p->node = p->at[0].value;
    return c->description ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- its disks */

static int32_t grow_disk(struct provision *p, const struct guest_disk *root)
{
    const uint64_t has = root && root->size ? disk_bytes(root->size) : 0;
    if (!p->size)
        return PROXIMO_OK;
    if (!has)
        return refuse(p, PROXIMO_ESTATE,
                      "how large its root disk is is not known, so disk_size cannot be judged: leave it out");
    if (p->size < has)
        return refuse(p, PROXIMO_EINVAL,
                      ask_text(&p->a, "its disk %s has %s, and Proxmox cannot make a disk smaller",
                               root->slot, root->size));
    if (p->size == has)
        return PROXIMO_OK;
    p->grow = root->slot;
    p->grow_to = ask_text(&p->a, "%lluG", (unsigned long long)(p->size >> 30));
    return p->grow_to ? life_check_either(&p->a, p->newid, p->pool, "VM.Config.Disk", "growing the disk")
                      : PROXIMO_ENOMEM;
}

static int32_t count_space(struct provision *p, const struct guest_disk *disks, uint32_t count,
                           const struct guest_disk *root)
{
    struct life_space rows[LIFE_STORAGES_MOST];
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct guest_disk *disk = &disks[i];
        const bool grown = disk == root && p->grow;
        const uint64_t bytes = grown ? p->size : disk->size ? disk_bytes(disk->size) : 0;
        if (!disk->storage || disk->flags & (DISK_UNUSED | DISK_VMSTATE | DISK_EMPTY | DISK_CDROM) ||
            (!p->full && !grown))
            continue;
        if (!life_space_add(rows, &used, p->full && p->storage ? p->storage : disk->storage, bytes))
            return refuse(p, PROXIMO_ESTATE, "its disks are on more storages than one plan looks at");
    }
    for (uint32_t i = 0; i < used; i++) {
        p->space = ask_text(&p->a, "%s%s%s=%llu", p->space ? p->space : "", p->space ? " " : "",
                            rows[i].storage, rows[i].unknown ? 0ULL : (unsigned long long)rows[i].bytes);
        if (!p->space)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* cloud-init's values reach a machine through its drive: where the template has none, the guest gets one. */
static int32_t add_drive(struct provision *p, const struct guest_disk *disks, uint32_t count,
                         const struct guest_disk *root)
{
    static const char *const slots[] = {"ide2", "ide0", "ide3", "scsi30", "sata5"};
    const bool asked = p->ip || p->ip6 || p->keys || p->password || ask_argument(&p->a, "ciuser") ||
                       ask_argument(&p->a, "nameserver") || ask_argument(&p->a, "searchdomain");
    for (uint32_t i = 0; i < count; i++) {
        if (disks[i].flags & DISK_CDROM && disks[i].storage && strstr(disks[i].volid, "cloudinit"))
            return PROXIMO_OK;
    }
    for (size_t i = 0; asked && i < sizeof(slots) / sizeof(slots[0]); i++) {
        const char *storage = p->storage ? p->storage : root ? root->storage : NULL;
        if (member_of(p->clone.g.config, slots[i]))
            continue;
        if (!storage)
            break;
        int32_t r = provision_want(p, slots[i], ask_text(&p->a, "%s:cloudinit", storage));
        return r == PROXIMO_OK
                   ? tell_text(&p->a, "cloudinit",
                               ask_text(&p->a,
                                        "the template has no cloud-init drive: the guest gets one as %s",
                                        slots[i]))
                   : r;
    }
    return asked ? refuse(p, PROXIMO_ESTATE,
                          "it has no cloud-init drive, and there is no place for one: what was asked for the "
                          "inside (user, keys, addresses) would not reach it")
                 : PROXIMO_OK;
}

static int32_t look_at_disks(struct provision *p)
{
    const struct asking *a = &p->a;
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    const struct guest_disk *root = NULL;
    uint32_t count = 0;
    int32_t r =
        disks ? guest_disks(a, p->clone.g.config, p->lxc, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count && !root; i++)
        root = disks[i].flags & DISK_BOOT && !(disks[i].flags & DISK_NO_DATA) ? &disks[i] : NULL;
    if (r == PROXIMO_OK)
        r = grow_disk(p, root);
    if (r == PROXIMO_OK && !p->lxc)
        r = add_drive(p, disks, count, root);
    return r == PROXIMO_OK ? count_space(p, disks, count, root) : r;
}

/* ---- its options */

static int32_t note_bridge(struct provision *p, const char *key, const char *value)
{
    const char *bridge = provision_part(&p->a, value, "bridge");
    if (!bridge)
        return PROXIMO_OK;
    p->bridges = ask_text(&p->a, "%s%s%s=%s%s", p->bridges ? p->bridges : "", p->bridges ? " " : "", key,
                          bridge, strstr(value, "firewall=1") ? "/firewall" : "");
    return p->bridges ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* What the guest inherits that reaches into the host. */
static int32_t judge_inherited(struct provision *p)
{
    const bool privileged = p->lxc && !member_true(p->clone.g.config, "unprivileged");
    int32_t r = PROXIMO_OK;
    json_object_object_foreach(p->clone.g.config, key, value)
    {
        const struct option *option = option_find(key, p->lxc);
        const char *text = json_object_get_string(value);
        if (r < 0 || !option || !text)
            continue;
        const char *why = option_crosses(option, text, privileged);
        const bool net = strcmp(option->name, "net") == 0;
        if (net && !member_of(p->want, key))
            r = note_bridge(p, key, text);
        else if (why && !net)
            r = p->a.host->risk(p->a.call, PROXIMO_RISK_HIGH,
                                ask_text(&p->a, "from the template, %s: %s", key, why));
    }
    if (r == PROXIMO_OK && privileged)
        r = p->a.host->risk(p->a.call, PROXIMO_RISK_HIGH,
                            "the template is a privileged container: root in the guest is root on the host");
    const char *net = member_text(p->want, "net0");
    return r == PROXIMO_OK && net ? note_bridge(p, "net0", net) : r;
}

static int32_t network_options(struct provision *p)
{
    const char *net = member_text(p->clone.g.config, "net0"), *address = provision_ipconfig(p);
    if (!address)
        return PROXIMO_ENOMEM;
    if (!net && !p->bridge && (*address || p->vlan))
        return refuse(p, PROXIMO_EINVAL, "it has no network device: say the bridge that the guest's is on");
    if (p->bridge || p->vlan || (p->lxc && *address)) {
        int32_t r = provision_want(p, "net0", provision_net(p, net));
        if (r < 0)
            return r;
    }
    return !p->lxc && *address ? provision_want(p, "ipconfig0", address) : PROXIMO_OK;
}

static int32_t check_privileges(struct provision *p)
{
    json_object_object_foreach(p->want, key, value)
    {
        const struct option *option = option_find(key, p->lxc);
        (void)value;
        int32_t r = option && option->privilege
                        ? life_check_either(&p->a, p->newid, p->pool, option->privilege,
                                            ask_text(&p->a, "option %s of the new guest", key))
                        : PROXIMO_OK;
        if (r < 0)
            return r;
    }
    return PROXIMO_OK;
}

int32_t provision_template(struct provision *p)
{
    if (p->lxc && (p->keys || p->password))
        return refuse(
            p, PROXIMO_EINVAL,
            "a cloned container keeps the passwords and keys of its template, Proxmox sets none: leave "
            "them out, or provision from an image (STORAGE:vztmpl/FILE)");
    int32_t r = open_template(p);
    if (r == PROXIMO_OK)
        r = clone_check(&p->clone);
    if (r == PROXIMO_OK)
        r = network_options(p);
    if (r == PROXIMO_OK)
        r = provision_plain_options(p);
    if (r == PROXIMO_OK)
        r = look_at_disks(p);
    if (r == PROXIMO_OK)
        r = check_privileges(p);
    if (r < 0)
        return r;
    const char *agent = member_text(p->clone.g.config, "agent"),
               *os = member_text(p->clone.g.config, "ostype");
    p->windows = os && *os == 'w';
    if (!p->lxc && (!agent || (*agent != '1' && !strstr(agent, "enabled=1"))))
        p->unseen = "the template's options have no guest agent (agent=1)";
    return judge_inherited(p);
}
