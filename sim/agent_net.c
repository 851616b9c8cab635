/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of guests: those of their configuration, else what a DHCP server of their network gave.
 */
#include "agent.h"
#include "handlers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One network device as the system inside sees it. */
struct nic {
    char name[24], mac[18], ip[64], ip6[64]; /* addresses with prefix; "": none */
};

/* The value of `name` in "a=1,b=2" cut to `size`; "" where there is none. */
static void key_of(const char *option, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);

    *value = 0;
    for (const char *at = option; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            (void)snprintf(value, size, "%.*s", (int)strcspn(at + n + 1, ","), at + n + 1);
    }
}

/* "virtio=MAC,..." of a VM or "...,hwaddr=MAC,..." of a container, in small letters. */
static void mac_of(const char *option, char mac[18])
{
    const char *at = strstr(option, "hwaddr=");

    at = at ? at : strchr(option, '=');
    (void)snprintf(mac, 18, "%.17s", at ? strchr(at, '=') + 1 : "00:00:00:00:00:00");
    for (; *mac; mac++)
        *mac = (char)tolower((unsigned char)*mac);
}

/* The lease: the network of the nodes for the first device, others for the next ones. */
static void lease(const struct sim_guest *guest, int index, char *ip, size_t size)
{
    int vmid = (int)sim_int(guest->entry, "vmid", 100);

    if (vmid < 250)
        (void)snprintf(ip, size, "10.10.%d.%d/24", 10 + index, vmid);
    else
        (void)snprintf(ip, size, "10.%d.%d.%d/16", 20 + index, vmid / 250 % 250, vmid % 250 + 1);
}

/* The link-local address that the MAC makes. */
static void link_local(const char *mac, char *ip, size_t size)
{
    unsigned b[6] = {0};

    for (size_t i = 0; i < 6 && strlen(mac) == 17; i++) {
        char byte[3] = {mac[i * 3], mac[i * 3 + 1], 0};
        uint64_t value = 0;

        if (sim_parse_uint(byte, 16, 255, &value) == 0)
            b[i] = (unsigned)value;
    }
    (void)snprintf(ip, size, "fe80::%x:%x:%x:%x/64", (b[0] ^ 2U) << 8 | b[1], b[2] << 8 | 0xffU,
                   0xfe00U | b[3], b[4] << 8 | b[5]);
}

static bool read_nic(const struct sim_guest *guest, int index, struct nic *nic)
{
    char key[16], ip[64];
    const char *option, *where;

    *nic = (struct nic){0};
    (void)snprintf(key, sizeof key, "net%d", index);
    option = sim_str(guest->config, key, NULL);
    if (!option)
        return false;
    mac_of(option, nic->mac);
    (void)snprintf(key, sizeof key, "ipconfig%d", index);
    where = guest->qemu ? sim_str(guest->config, key, "") : option;
    key_of(where, "ip", ip, sizeof ip);
    /* What a VM has no word about in its configuration its system asked for itself. */
    if (strcmp(ip, "dhcp") == 0 || (guest->qemu && !*ip))
        lease(guest, index, nic->ip, sizeof nic->ip);
    else if (strchr(ip, '/'))
        (void)snprintf(nic->ip, sizeof nic->ip, "%s", ip);
    key_of(where, "ip6", ip, sizeof ip);
    if (strchr(ip, '/'))
        (void)snprintf(nic->ip6, sizeof nic->ip6, "%s", ip);
    if (!guest->qemu)
        key_of(option, "name", nic->name, sizeof nic->name);
    else if (sim_guest_is_windows(guest))
        (void)snprintf(nic->name, sizeof nic->name, index ? "Ethernet %d" : "Ethernet", index + 1);
    else
        (void)snprintf(nic->name, sizeof nic->name, "eth%d", index);
    return true;
}

static void add_address(struct json_object *list, const char *with_prefix, const char *kind)
{
    const char *slash = strchr(with_prefix, '/');
    struct json_object *item;
    uint64_t prefix = 0;

    if (!slash || sim_parse_uint(slash + 1, 10, 128, &prefix) < 0)
        return;
    item = json_object_new_object();
    sim_set(item, "ip-address", json_object_new_string_len(with_prefix, (int)(slash - with_prefix)));
    sim_set_str(item, "ip-address-type", kind);
    sim_set_int(item, "prefix", (int64_t)prefix);
    json_object_array_add(list, item);
}

static struct json_object *interface(const char *name, const char *mac, const char *ip, const char *ip6,
                                     const char *local)
{
    struct json_object *item = json_object_new_object(), *list = json_object_new_array();

    sim_set_str(item, "name", name);
    sim_set_str(item, "hardware-address", mac);
    add_address(list, ip, "ipv4");
    add_address(list, ip6, "ipv6");
    add_address(list, local, "ipv6");
    sim_set(item, "ip-addresses", list);
    return item;
}

static void add_statistics(const struct sim_guest *guest, struct json_object *item)
{
    struct json_object *counts = json_object_new_object();
    int64_t in = sim_int(guest->run, "netin", 0), out = sim_int(guest->run, "netout", 0);

    sim_set_int(counts, "rx-bytes", in);
    sim_set_int(counts, "rx-packets", in / 900);
    sim_set_int(counts, "rx-errs", 0);
    sim_set_int(counts, "rx-dropped", 0);
    sim_set_int(counts, "tx-bytes", out);
    sim_set_int(counts, "tx-packets", out / 700);
    sim_set_int(counts, "tx-errs", 0);
    sim_set_int(counts, "tx-dropped", 0);
    sim_set(item, "statistics", counts);
}

struct json_object *sim_guest_interfaces(const struct sim_guest *guest)
{
    struct json_object *list = json_object_new_array(), *item;
    bool whole = sim_get(guest->entry, "agent") != NULL || !guest->qemu;
    const char *loopback = sim_guest_is_windows(guest) ? "Loopback Pseudo-Interface 1" : "lo";
    struct nic nic;
    char local[64];

    json_object_array_add(
        list, interface(loopback, "00:00:00:00:00:00", "127.0.0.1/8", "", whole ? "::1/128" : ""));
    for (int i = 0; i < 32; i++) {
        if (!read_nic(guest, i, &nic))
            continue;
        link_local(nic.mac, local, sizeof local);
        if (sim_get(guest->entry, "booting"))
            *nic.ip = *nic.ip6 = '\0';
        item = interface(nic.name, nic.mac, nic.ip, nic.ip6, whole ? local : "");
        if (whole && guest->qemu)
            add_statistics(guest, item);
        json_object_array_add(list, item);
    }
    return list;
}

/* The first address of the kind, with its prefix, as the older members of the answer have it. */
static void first_address(struct json_object *item, const char *kind, const char *member)
{
    struct json_object *list = sim_get(item, "ip-addresses");
    char text[80];

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *address = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(address, "ip-address-type", ""), kind) != 0)
            continue;
        (void)snprintf(text, sizeof text, "%s/%d", sim_str(address, "ip-address", ""),
                       (int)sim_int(address, "prefix", 0));
        sim_set_str(item, member, text);
        return;
    }
}

/* The interfaces of a container, which the node can see; null while it is stopped. */
int sim_interfaces(struct sim_call *call)
{
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (!guest.running)
        return 0;
    call->data = sim_guest_interfaces(&guest);
    for (size_t i = 0; i < json_object_array_length(call->data); i++) {
        struct json_object *item = json_object_array_get_idx(call->data, i);

        sim_set_str(item, "hwaddr", sim_str(item, "hardware-address", ""));
        first_address(item, "ipv4", "inet");
        first_address(item, "ipv6", "inet6");
        /* Another name for the kinds than the agent's. */
        for (size_t k = 0; k < json_object_array_length(sim_get(item, "ip-addresses")); k++) {
            struct json_object *address = json_object_array_get_idx(sim_get(item, "ip-addresses"), k);

            sim_set_str(address, "ip-address-type",
                        strcmp(sim_str(address, "ip-address-type", ""), "ipv4") == 0 ? "inet" : "inet6");
        }
    }
    return 0;
}
