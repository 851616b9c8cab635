/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest that has the name already: is it what was asked for? What Proxmox never shows (passwords, the
 * keys in a container) is not compared, and that is said. Source: GET /nodes/{node}/{qemu,lxc}/{vmid}/config.
 */
#include "provision.h"
#include "ssh_keys.h"
#include "tags.h"

struct same {
    struct provision *p;
    struct guest g;
    const char *differences; /* NULL: none so far */
};

static int32_t differ(struct same *s, const char *what, const char *is, const char *asked, const char *tool)
{
    s->differences =
        ask_text(&s->p->a, "%s%s%s is %.80s, asked for is %.80s (%s)", s->differences ? s->differences : "",
                 s->differences ? "; " : "", what, is ? is : "not set", asked, tool);
    return s->differences ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t check(struct same *s, const char *what, const char *is, const char *asked, const char *tool)
{
    return !asked || (is && strcmp(is, asked) == 0) ? PROXIMO_OK : differ(s, what, is, asked, tool);
}

static const struct {
    const char *argument, *qemu, *lxc, *tool;
} plain[] = {
    {"cores", "cores", "cores", "pve_guest_config_set"},
    {"memory", "memory", "memory", "pve_guest_config_set"},
    {"ciuser", "ciuser", NULL, "pve_cloudinit_set"},
    {"nameserver", "nameserver", "nameserver", "pve_guest_config_set"},
    {"searchdomain", "searchdomain", "searchdomain", "pve_guest_config_set"},
};

static int32_t compare_plain(struct same *s)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(plain) / sizeof(plain[0]); i++) {
        const char *key = s->p->lxc ? plain[i].lxc : plain[i].qemu;
        if (key)
            r = check(s, plain[i].argument, member_text(s->g.config, key),
                      ask_argument(&s->p->a, plain[i].argument), plain[i].tool);
    }
    const char *onboot = ask_argument(&s->p->a, "onboot");
    const bool wanted = onboot && strcmp(onboot, "true") == 0;
    if (r == PROXIMO_OK && onboot && wanted != member_true(s->g.config, "onboot"))
        r = differ(s, "onboot", wanted ? "off" : "on", wanted ? "on" : "off", "pve_guest_config_set");
    return r;
}

static int32_t compare_tags(struct same *s)
{
    const char *asked = ask_argument(&s->p->a, "tags"), *is = member_text(s->g.config, "tags");
    for (const char *at = asked; at && *at; at += strcspn(at, ";, "), at += strspn(at, ";, ")) {
        const char *one = ask_text(&s->p->a, "%.*s", (int)strcspn(at, ";, "), at);
        if (!one)
            return PROXIMO_ENOMEM;
        if (*one && !guest_has_tag(is, one))
            return differ(s, "tags", is, asked, "pve_guest_tags_set");
    }
    return PROXIMO_OK;
}

static int32_t compare_network(struct same *s)
{
    const struct provision *p = s->p;
    const struct asking *a = &p->a;
    const char *net = member_text(s->g.config, "net0");
    const char *place = p->lxc ? net : member_text(s->g.config, "ipconfig0");
    const char *tool = p->lxc ? "pve_guest_config_set" : "pve_cloudinit_set";
    int32_t r = check(s, "bridge", provision_part(a, net, "bridge"), p->bridge, "pve_guest_config_set");
    if (r == PROXIMO_OK)
        r = check(s, "vlan", provision_part(a, net, "tag"), p->vlan, "pve_guest_config_set");
    if (r == PROXIMO_OK)
        r = check(s, "ip", provision_part(a, place, "ip"), p->ip, tool);
    if (r == PROXIMO_OK)
        r = check(s, "gateway", provision_part(a, place, "gw"), p->gateway, tool);
    if (r == PROXIMO_OK)
        r = check(s, "ip6", provision_part(a, place, "ip6"), p->ip6, tool);
    return r == PROXIMO_OK ? check(s, "gateway6", provision_part(a, place, "gw6"), p->gateway6, tool) : r;
}

static int32_t compare_keys(struct same *s)
{
    const struct provision *p = s->p;
    const char *is = member_text(s->g.config, "sshkeys");
    if (p->lxc || !p->keys)
        return PROXIMO_OK;
    const char *asked = ssh_keys_encoded(&p->a, p->keys, strlen(p->keys));
    if (!asked)
        return PROXIMO_ENOMEM;
    /* an ending newline is no other key */
    const size_t len = strlen(asked);
    if (is && strncmp(is, asked, len) == 0 && (!is[len] || strcmp(is + len, "%0A") == 0))
        return PROXIMO_OK;
    return differ(s, "ssh_public_keys", is ? "a set of other keys" : NULL, "another set",
                  "pve_cloudinit_set");
}

static int32_t compare_disk(struct same *s)
{
    const struct asking *a = &s->p->a;
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    const struct guest_disk *root = NULL;
    uint32_t count = 0;
    int32_t r =
        disks ? guest_disks(a, s->g.config, s->p->lxc, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count && !root; i++)
        root = disks[i].flags & DISK_BOOT && !(disks[i].flags & DISK_NO_DATA) ? &disks[i] : NULL;
    if (r < 0 || !root)
        return r;
    r = check(s, "storage", root->storage, s->p->storage, "pve_disk_move");
    return r == PROXIMO_OK && s->p->size && (!root->size || disk_bytes(root->size) != s->p->size)
               ? differ(s, "disk_size", root->size, ask_argument(a, "disk_size"), "pve_disk_resize")
               : r;
}

/* The line that says what it was made of; NULL: there is none. */
static const char *mark_of(const struct same *s)
{
    const char *notes = member_text(s->g.config, "description");
    const char *at = notes ? strstr(notes, PROVISION_MARK) : NULL;
    return at ? ask_text(&s->p->a, "%.*s", (int)strcspn(at + strlen(PROVISION_MARK), "\n"),
                         at + strlen(PROVISION_MARK))
              : NULL;
}

static int32_t compare_all(struct same *s, const char *mark)
{
    const struct provision *p = s->p;
    const char *notes = member_text(s->g.config, "description");
    int32_t r = check(s, "what it was made from", mark, p->source, "a guest of another name");
    if (r == PROXIMO_OK)
        r = check(s, "newid", s->g.vmid, p->newid, "a guest of another name");
    if (r == PROXIMO_OK)
        r = check(s, "target", s->g.node, p->node, "pve_guest_migrate");
    if (r == PROXIMO_OK && p->description &&
        (!notes || strncmp(notes, p->description, strlen(p->description)) != 0))
        r = differ(s, "description", "another text", "the text given", "pve_guest_notes_set");
    if (r == PROXIMO_OK)
        r = compare_plain(s);
    if (r == PROXIMO_OK)
        r = compare_tags(s);
    if (r == PROXIMO_OK)
        r = compare_network(s);
    if (r == PROXIMO_OK)
        r = compare_keys(s);
    return r == PROXIMO_OK ? compare_disk(s) : r;
}

static int32_t judge(struct same *s)
{
    const struct provision *p = s->p;
    const struct asking *a = &p->a;
    const char *mark = mark_of(s);
    if (mark && strstr(mark, PROVISION_UNFINISHED))
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s on %s is what an earlier pve_provision of this name left half made. Remove it "
            "with proximo_undo of that plan or with pve_delete_guest %s, then provision again",
            guest_label(&s->g), s->g.node, s->g.vmid);
    if (s->p->lxc != guest_is_lxc(&s->g))
        return a->host->fail(a->call, PROXIMO_ESTATE,
                             "the name %s is taken by %s on %s, which is of the other kind: provision under "
                             "another name",
                             p->name, guest_label(&s->g), s->g.node);
    int32_t r = compare_all(s, mark);
    if (r < 0)
        return r;
    if (s->differences)
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s on %s has this name already, and is not as asked: %s. Change what differs with "
            "the tools named, or provision under another name",
            guest_label(&s->g), s->g.node, s->differences);
    if (p->start && !guest_running(&s->g))
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s on %s is there as asked, but does not run: pve_guest_power with action start",
            guest_label(&s->g), s->g.node);
    const char *text = ask_text(
        a,
        "nothing to do: %s on %s is there as asked, made from %s%s. Not compared: the "
        "pool, passwords%s, and what was changed inside",
        guest_label(&s->g), s->g.node, p->source, p->start ? ", and runs" : "", p->lxc ? ", ssh keys" : "");
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

int32_t provision_compare(struct provision *p, const struct known_guest *there)
{
    struct same s = {.p = p};
    const char *subject =
        ask_text(&p->a, "{\"kind\":\"guest\",\"vmid\":%lld,\"node\":\"%s\",\"type\":\"%s\"}",
                 (long long)there->vmid, there->node, there->lxc ? "lxc" : "qemu");
    int32_t r = subject ? guest_open_subject(p->instance, p->a.call, text_of(subject), &s.g) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_read_status(&s.g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&s.g);
    if (r == PROXIMO_OK)
        r = judge(&s);
    guest_done(&s.g);
    return r;
}
