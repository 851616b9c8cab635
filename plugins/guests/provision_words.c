/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of pve_provision: what they are, and what is none. */
#include <arpa/inet.h>

#include "provision.h"
#include "ssh_keys.h"

#define NAME_MOST 255u

static int32_t refuse(const struct provision *p, const char *what, const char *why)
{
    return why ? p->a.host->fail(p->a.call, PROXIMO_EINVAL, "%s: %s", what, why) : PROXIMO_ENOMEM;
}

const char *provision_part(const struct asking *a, const char *option, const char *key)
{
    const size_t len = strlen(key);
    for (const char *at = option; at && *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, key, len) == 0 && at[len] == '=')
            return ask_text(a, "%.*s", (int)strcspn(at + len + 1, ","), at + len + 1);
    }
    return NULL;
}

int32_t provision_want(struct provision *p, const char *key, const char *value)
{
    return value && json_object_object_add(p->want, key, json_object_new_string(value)) == 0 ? PROXIMO_OK
                                                                                             : PROXIMO_ENOMEM;
}

/* ---- names */

static bool is_dns_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    if (!*name || strlen(name) > NAME_MOST)
        return false;
    for (const char *at = name;; at++) {
        const size_t len = strspn(at, letters);
        if (len == 0 || len > 63 || *at == '-' || at[len - 1] == '-')
            return false;
        at += len;
        if (!*at)
            return true;
        if (*at != '.')
            return false;
    }
}

/* ---- addresses */

struct address {
    unsigned char bytes[16];
    uint32_t prefix; /* bits of the network */
    int family;
};

/* "10.0.0.5/24"; without a prefix it is all bits. */
static bool read_address(const char *text, int family, struct address *ret)
{
    char plain[INET6_ADDRSTRLEN];
    const size_t len = strcspn(text, "/");
    const uint32_t most = family == AF_INET ? 32 : 128;
    *ret = (struct address){.family = family, .prefix = most};
    if (len >= sizeof(plain))
        return false;
    memcpy(plain, text, len);
    plain[len] = '\0';
    if (inet_pton(family, plain, ret->bytes) != 1)
        return false;
    if (!text[len])
        return true;
    const char *digits = text + len + 1;
    if (!*digits || digits[strspn(digits, "0123456789")] || strlen(digits) > 3)
        return false;
    ret->prefix = (uint32_t)digits_of(digits, 999);
    return ret->prefix > 0 && ret->prefix <= most;
}

bool provision_same_address(const char *left, const char *right)
{
    struct address l, r;
    char texts[2][INET6_ADDRSTRLEN];
    const char *const given[] = {left, right};
    for (size_t i = 0; i < 2; i++) {
        const size_t len = strcspn(given[i], "/");
        if (len >= sizeof(texts[i]))
            return false;
        memcpy(texts[i], given[i], len);
        texts[i][len] = '\0';
    }
    const int family = strchr(texts[0], ':') ? AF_INET6 : AF_INET;
    return read_address(texts[0], family, &l) && read_address(texts[1], family, &r) &&
           memcmp(l.bytes, r.bytes, sizeof(l.bytes)) == 0;
}

static bool same_network(const struct address *l, const struct address *r)
{
    const uint32_t whole = l->prefix / 8, rest = l->prefix % 8;
    const unsigned mask = 0xff00U >> rest & 0xffU;
    return memcmp(l->bytes, r->bytes, whole) == 0 &&
           (rest == 0 || (l->bytes[whole] & mask) == (r->bytes[whole] & mask));
}

/* IPv4: the network's own address and its broadcast are nobody's. */
static bool is_host(const struct address *one)
{
    uint32_t bits = 0;
    if (one->family != AF_INET || one->prefix > 30)
        return true;
    for (size_t i = 0; i < 4; i++)
        bits = bits << 8 | one->bytes[i];
    const uint32_t hosts = 0xffffffffU >> one->prefix;
    return (bits & hosts) != 0 && (bits & hosts) != hosts;
}

struct pair {
    const char *ip, *gateway, *ip_name, *gateway_name, *words, *example;
    int family;
};

static int32_t check_pair(const struct provision *p, const struct pair *pair)
{
    struct address own, gateway;
    bool word = false;
    for (const char *at = pair->words; pair->ip && *at && !word; at += strcspn(at, " "), at += *at == ' ')
        word = strlen(pair->ip) == strcspn(at, " ") && strncmp(pair->ip, at, strlen(pair->ip)) == 0;
    if (pair->gateway && (!pair->ip || word))
        return refuse(p, pair->gateway_name,
                      ask_text(&p->a, "it goes with a fixed address: say %s as well", pair->ip_name));
    if (!pair->ip || word)
        return PROXIMO_OK;
    if (!strchr(pair->ip, '/') || !read_address(pair->ip, pair->family, &own))
        return refuse(p, pair->ip_name,
                      ask_text(&p->a, "\"%.60s\" is none: an address with its prefix, %s, or %s", pair->ip,
                               pair->example, pair->words));
    if (!is_host(&own))
        return refuse(p, pair->ip_name,
                      ask_text(&p->a, "%.60s is the network's own or its broadcast address", pair->ip));
    if (!pair->gateway)
        return PROXIMO_OK;
    if (strchr(pair->gateway, '/') || !read_address(pair->gateway, pair->family, &gateway))
        return refuse(p, pair->gateway_name,
                      ask_text(&p->a, "\"%.60s\" is no address (without a prefix)", pair->gateway));
    if (memcmp(gateway.bytes, own.bytes, sizeof(own.bytes)) == 0)
        return refuse(p, pair->gateway_name, "it is the guest's own address");
    /* fe80:: is on every link */
    const bool link =
        pair->family == AF_INET6 && gateway.bytes[0] == 0xfe && (gateway.bytes[1] & 0xc0) == 0x80;
    return link || same_network(&own, &gateway)
               ? PROXIMO_OK
               : refuse(p, pair->gateway_name,
                        ask_text(&p->a, "%.60s is outside of the guest's network %.60s", pair->gateway,
                                 pair->ip));
}

static int32_t check_addresses(const struct provision *p)
{
    const struct pair pairs[] = {
        {p->ip, p->gateway, "ip", "gateway", "dhcp", "10.10.10.50/24", AF_INET},
        {p->ip6, p->gateway6, "ip6", "gateway6", "dhcp auto", "fd00::50/64", AF_INET6},
    };
    const char *servers = ask_argument(&p->a, "nameserver");
    int32_t r = check_pair(p, &pairs[0]);
    if (r == PROXIMO_OK)
        r = check_pair(p, &pairs[1]);
    for (const char *at = servers; r == PROXIMO_OK && at && *at;) {
        struct address one;
        const char *text = ask_text(&p->a, "%.*s", (int)strcspn(at, " "), at);
        if (!text)
            return PROXIMO_ENOMEM;
        if (strchr(text, '/') || (!read_address(text, AF_INET, &one) && !read_address(text, AF_INET6, &one)))
            return refuse(p, "nameserver", "it is addresses with a space between them");
        at += strlen(text);
        at += strspn(at, " ");
    }
    return r;
}

const char *provision_ipconfig(const struct provision *p)
{
    const struct {
        const char *key, *value;
    } parts[] = {{"ip", p->ip}, {"gw", p->gateway}, {"ip6", p->ip6}, {"gw6", p->gateway6}};
    const char *text = "";
    for (size_t i = 0; text && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].value)
            text = ask_text(&p->a, "%s%s%s=%s", text, *text ? "," : "", parts[i].key, parts[i].value);
    }
    return text;
}

/* ---- all of them */

static int32_t take_keys(struct provision *p)
{
    const char *given = ask_argument(&p->a, "ssh_public_keys");
    size_t len = given ? strlen(given) : 0;
    if (!given)
        return PROXIMO_OK;
    while (len && strchr(" \r\n\t", given[len - 1]))
        len--;
    p->keys = ask_text(&p->a, "%.*s", (int)len, given);
    return p->keys ? ssh_keys_check(&p->a, p->keys, &p->key_count) : PROXIMO_ENOMEM;
}

/* Both stand in a YAML file that Proxmox writes, as they are: "{name: x, sudo: ...}" would be a user with
 * more than a name. */
static int32_t check_cloudinit(const struct provision *p)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const char *user = ask_argument(&p->a, "ciuser"), *domains = ask_argument(&p->a, "searchdomain");
    if (user && (strlen(user) > 32 || user[strspn(user, letters)] || strchr("0123456789.-", *user)))
        return refuse(
            p, "ciuser",
            "it is a user's name: letters, digits, '_', '.', '-', at most 32, a letter or '_' first");
    for (const char *at = domains; at && *at;) {
        const char *one = ask_text(&p->a, "%.*s", (int)strcspn(at, " "), at);
        if (!one)
            return PROXIMO_ENOMEM;
        if (!is_dns_name(one))
            return refuse(p, "searchdomain", "it is domains with a space between them");
        at += strlen(one);
        at += strspn(at, " ");
    }
    return PROXIMO_OK;
}

static int32_t take_source(struct provision *p)
{
    if (!p->template == !p->image)
        return p->a.host->fail(
            p->a.call, PROXIMO_EINVAL,
            "say one of template (a guest that is one) and image (STORAGE:import/FILE for a "
            "machine, STORAGE:vztmpl/FILE for a container)");
    if (p->template)
        return PROXIMO_OK;
    if (strchr(p->image, ',')) /* it becomes a part of a disk's options */
        return refuse(p, "image", "a file's name with a comma in it cannot be said to Proxmox");
    p->lxc = strstr(p->image, ":vztmpl/") != NULL;
    const char *dot = strrchr(p->image, '.');
    if (p->lxc || (strstr(p->image, ":import/") && dot &&
                   (strcmp(dot, ".qcow2") == 0 || strcmp(dot, ".raw") == 0 || strcmp(dot, ".vmdk") == 0)))
        return PROXIMO_OK;
    return refuse(
        p, "image",
        "it is STORAGE:import/FILE (qcow2, raw or vmdk; for a machine) or STORAGE:vztmpl/FILE (for a "
        "container); pve_storage_content lists them, pve_storage_download fetches them");
}

static int32_t take_size(struct provision *p)
{
    const char *text = ask_argument(&p->a, "disk_size");
    if (!text)
        return PROXIMO_OK;
    p->size = *text == '+' ? 0 : disk_bytes(text);
    return p->size && p->size <= INT64_MAX / 32 && p->size % (1U << 30) == 0
               ? PROXIMO_OK
               : refuse(p, "disk_size",
                        ask_text(&p->a,
                                 "\"%.40s\" is none: the size that the disk is to have, in whole GiB, "
                                 "\"32G\"",
                                 text));
}

int32_t provision_arguments(struct provision *p)
{
    const struct {
        const char *name, **place;
    } texts[] = {{"name", &p->name},         {"template", &p->template},
                 {"image", &p->image},       {"target", &p->node},
                 {"storage", &p->storage},   {"newid", &p->newid},
                 {"pool", &p->pool},         {"bridge", &p->bridge},
                 {"vlan", &p->vlan},         {"ip", &p->ip},
                 {"gateway", &p->gateway},   {"ip6", &p->ip6},
                 {"gateway6", &p->gateway6}, {"description", &p->description}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i].place = ask_argument(&p->a, texts[i].name);
    const char *wait = ask_argument(&p->a, "wait");
    p->wait_ms = digits_of(wait ? wait : "300", 3600) * 1000;
    p->full = ask_flag(&p->a, "full");
    p->start = ask_flag(&p->a, "start");
    p->agent = ask_flag(&p->a, "agent");
    p->password = member_of(p->arguments, "password") != NULL;
    if (!p->name || !is_dns_name(p->name))
        return refuse(p, "name",
                      "it is a DNS name: letters, digits and hyphens, parts of at most 63 with dots between");
    if (p->description && strstr(p->description, PROVISION_MARK))
        return refuse(p, "description", "\"" PROVISION_MARK "\" is what this tool itself writes there");
    int32_t r = take_source(p);
    if (r == PROXIMO_OK && p->template && !p->full && p->storage)
        r = refuse(p, "storage", "a linked clone is on the storage of the template: leave one of both out");
    if (r == PROXIMO_OK)
        r = take_size(p);
    if (r == PROXIMO_OK)
        r = check_addresses(p);
    if (r == PROXIMO_OK)
        r = check_cloudinit(p);
    return r == PROXIMO_OK ? take_keys(p) : r;
}
