/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cloud-init: the drive that tells a new VM who it is, what it says and what it will say.
 */
#include "cloudinit.h"
#include "body.h"
#include "guest_change.h"
#include "handlers.h"
#include "power.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char options[] =
    "cicustom cipassword citype ciupgrade ciuser ipconfig[n] name nameserver searchdomain sshkeys";

/* ---- the drive ---- */

static bool has_drive(struct json_object *entry)
{
    json_object_object_foreach(sim_get(entry, "config"), key, value)
    {
        if (sim_disk_key(true, key) && strncmp(key, "unused", 6) != 0 &&
            strstr(json_object_get_string(value), "-cloudinit"))
            return true;
    }
    return false;
}

void sim_cloudinit_write(struct json_object *entry)
{
    struct json_object *drive;

    json_object_object_del(entry, "cloudinit");
    if (!has_drive(entry))
        return;
    drive = json_object_new_object();
    json_object_object_foreach(sim_get(entry, "config"), key, value)
    {
        if (sim_option_listed(options, key))
            sim_set(drive, key, sim_copy(value));
    }
    sim_set(entry, "cloudinit", drive);
}

void sim_cloudinit_keep(struct json_object *entry)
{
    if (!sim_get(entry, "cloudinit"))
        sim_cloudinit_write(entry);
}

void sim_cloudinit_changed(struct json_object *entry)
{
    if (!has_drive(entry))
        json_object_object_del(entry, "cloudinit");
    else if (!sim_get(entry, "cloudinit"))
        sim_set(entry, "cloudinit", json_object_new_object());
}

/* ---- GET and PUT ---- */

/* One option; passwords are never shown, though it is said that they differ. */
static void add_item(struct json_object *list, const char *key, struct json_object *now,
                     struct json_object *then)
{
    bool hidden = strcmp(key, "cipassword") == 0;
    struct json_object *item = json_object_new_object();
    const char *new_text = now ? json_object_get_string(now) : NULL,
               *old_text = then ? json_object_get_string(then) : NULL;

    sim_set_str(item, "key", key);
    if (old_text)
        sim_set_str(item, "value", hidden ? "**********" : old_text);
    if (new_text && (!old_text || strcmp(new_text, old_text) != 0))
        sim_set_str(item, "pending", hidden ? "**********" : new_text);
    if (!new_text)
        sim_set_int(item, "delete", 1);
    json_object_array_add(list, item);
}

static int by_key(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;

    return strcmp(sim_str(*left, "key", ""), sim_str(*right, "key", ""));
}

/* Options of cloud-init with their values; there are none without a cloud-init drive. */
int sim_cloudinit(struct sim_call *call)
{
    struct json_object *drive;
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    call->data = json_object_new_array();
    if (!has_drive(guest.entry))
        return 0;
    drive = sim_get(guest.entry, "cloudinit") ? sim_get(guest.entry, "cloudinit") : guest.config;
    json_object_object_foreach(guest.config, key, value)
    {
        if (sim_option_listed(options, key))
            add_item(call->data, key, value, sim_get(drive, key));
    }
    json_object_object_foreach(drive, name, then)
    {
        if (sim_option_listed(options, name) && !sim_get(guest.config, name))
            add_item(call->data, name, NULL, then);
    }
    json_object_array_sort(call->data, by_key);
    return 0;
}

int sim_cloudinit_update(struct sim_call *call)
{
    struct sim_guest guest;
    char why[SIM_WHY_MAX];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (sim_guest_check_lock(&guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    sim_cloudinit_write(guest.entry);
    sim_touch(call->sim);
    return 0;
}

/* ---- the files on the drive ---- */

static void print_keys(FILE *out, const char *encoded)
{
    SIM_FREE_WITH(sim_freep) char *text = sim_decode(encoded, strlen(encoded), false);
    char *save = NULL;

    if (!text)
        abort();
    fprintf(out, "ssh_authorized_keys:\n");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        fprintf(out, "  - %s\n", line);
}

static void print_user(FILE *out, const struct sim_guest *guest)
{
    const char *domain = sim_str(guest->config, "searchdomain", NULL);
    const char *user = sim_str(guest->config, "ciuser", NULL),
               *keys = sim_str(guest->config, "sshkeys", NULL);
    struct json_object *password = sim_get(guest->config, "cipassword");
    char hash[41];

    fprintf(out, "#cloud-config\nhostname: %s\nmanage_etc_hosts: true\nfqdn: %s%s%.*s\n", guest->name,
            guest->name, domain ? "." : "", domain ? (int)strcspn(domain, " ,;") : 0, domain ? domain : "");
    if (user)
        fprintf(out, "user: %s\n", user);
    if (password) {
        sim_digest(password, hash);
        fprintf(out, "password: $5$%.8s$%s\n", hash, hash);
    }
    if (keys)
        print_keys(out, keys);
    fprintf(out, "chpasswd:\n  expire: False\nusers:\n  - default\npackage_upgrade: %s\n",
            sim_int(guest->config, "ciupgrade", 1) ? "true" : "false");
}

/* The value of `name` in "ip=1.2.3.4/24,gw=..."; "" where there is none. */
static void part_of(const char *config, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);

    *value = 0;
    for (const char *at = config; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            (void)snprintf(value, size, "%.*s", (int)strcspn(at + n + 1, ","), at + n + 1);
    }
}

static void print_ipv4(FILE *out, const char *ip, const char *gateway)
{
    const char *slash = strchr(ip, '/');
    uint64_t prefix = 32;
    uint32_t mask;

    if (strcmp(ip, "dhcp") == 0) {
        fprintf(out, "      - type: dhcp4\n");
        return;
    }
    if (slash)
        (void)sim_parse_uint(slash + 1, 10, 32, &prefix);
    mask = prefix ? UINT32_MAX << (32 - prefix) : 0;
    fprintf(out, "      - type: static\n        address: '%.*s'\n        netmask: '%u.%u.%u.%u'\n",
            (int)strcspn(ip, "/"), ip, mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
    if (*gateway)
        fprintf(out, "        gateway: '%s'\n", gateway);
}

static void print_ipv6(FILE *out, const char *ip, const char *gateway)
{
    if (strcmp(ip, "dhcp") == 0) {
        fprintf(out, "      - type: dhcp6\n");
    } else if (strcmp(ip, "auto") == 0) {
        fprintf(out, "      - type: ipv6_slaac\n");
    } else {
        fprintf(out, "      - type: static6\n        address: '%s'\n", ip);
        if (*gateway)
            fprintf(out, "        gateway: '%s'\n", gateway);
    }
}

static void print_device(FILE *out, const struct sim_guest *guest, int index)
{
    char key[16], value[64], gateway[64];
    const char *net, *config, *mac;

    (void)snprintf(key, sizeof key, "net%d", index);
    net = sim_str(guest->config, key, NULL);
    (void)snprintf(key, sizeof key, "ipconfig%d", index);
    config = sim_str(guest->config, key, NULL);
    mac = net ? strchr(net, '=') : NULL;
    if (!mac || !config)
        return;
    fprintf(out, "    - type: physical\n      name: eth%d\n      mac_address: '", index);
    for (mac++; *mac && *mac != ','; mac++)
        fputc(tolower((unsigned char)*mac), out);
    fprintf(out, "'\n      subnets:\n");
    part_of(config, "ip", value, sizeof value);
    part_of(config, "gw", gateway, sizeof gateway);
    if (*value)
        print_ipv4(out, value, gateway);
    part_of(config, "ip6", value, sizeof value);
    part_of(config, "gw6", gateway, sizeof gateway);
    if (*value)
        print_ipv6(out, value, gateway);
}

static void print_words(FILE *out, const char *list)
{
    for (const char *at = list; *at; at += strcspn(at, " ,;"), at += strspn(at, " ,;"))
        fprintf(out, "      - '%.*s'\n", (int)strcspn(at, " ,;"), at);
}

static void print_network(FILE *out, struct sim_call *call, const struct sim_guest *guest)
{
    struct json_object *dns = sim_get(sim_get(sim_get(call->state, "nodes"), guest->node), "dns");

    fprintf(out, "version: 1\nconfig:\n");
    for (int i = 0; i < 32; i++)
        print_device(out, guest, i);
    fprintf(out, "    - type: nameserver\n      address:\n");
    print_words(out, sim_str(guest->config, "nameserver", sim_str(dns, "dns1", "127.0.0.1")));
    fprintf(out, "      search:\n");
    print_words(out, sim_str(guest->config, "searchdomain", sim_str(dns, "search", "test.lan")));
}

/* What the drive will say once it is written anew. */
int sim_cloudinit_dump(struct sim_call *call)
{
    const char *type = sim_arg(call, "type");
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    struct sim_guest guest;
    size_t size = 0;
    char digest[41];
    FILE *out;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    out = open_memstream(&text, &size);
    if (!out)
        abort();
    if (strcmp(type, "user") == 0) {
        print_user(out, &guest);
    } else if (strcmp(type, "network") == 0) {
        print_network(out, call, &guest);
    } else {
        sim_guest_digest(&guest, digest);
        fprintf(out, "instance-id: %s\n", digest);
    }
    (void)fclose(out);
    call->data = json_object_new_string(text);
    return 0;
}
