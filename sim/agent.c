/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from inside a guest: the QEMU guest agent, cloud-init, the interfaces of a container.
 */
#include "guest.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* Answers of the agent in a Debian guest. */
static const struct {
    const char *command, *result;
} answers[] = {
    {"info",
     "{\"version\":\"9.2.0\",\"supported_commands\":[{\"name\":\"guest-ping\",\"enabled\":true,\"success-"
     "response\":"
     "true},{\"name\":\"guest-get-osinfo\",\"enabled\":true,\"success-response\":true},{\"name\":"
     "\"guest-network-get-interfaces\",\"enabled\":true,\"success-response\":true},{\"name\":\"guest-exec\","
     "\"enabled\":true,\"success-response\":true},{\"name\":\"guest-fsfreeze-freeze\",\"enabled\":true,"
     "\"success-response\":true}]}"},
    {"get-osinfo",
     "{\"id\":\"debian\",\"name\":\"Debian GNU/Linux\",\"pretty-name\":\"Debian GNU/Linux 13 (trixie)\","
     "\"version\":\"13 (trixie)\",\"version-id\":\"13\",\"machine\":\"x86_64\",\"kernel-release\":"
     "\"6.12.48+deb13-amd64\",\"kernel-version\":\"#1 SMP PREEMPT_DYNAMIC\"}"},
    {"get-fsinfo",
     "[{\"name\":\"sda1\",\"mountpoint\":\"/\",\"type\":\"ext4\",\"disk\":[],\"total-bytes\":33285996544,"
     "\"used-bytes\":12884901888}]"},
    {"get-timezone", "{\"zone\":\"UTC\",\"offset\":0}"},
    {"get-users", "[{\"user\":\"debian\",\"login-time\":1760000000.5}]"},
    {"get-vcpus",
     "[{\"logical-id\":0,\"online\":true,\"can-offline\":false},{\"logical-id\":1,\"online\":true,"
     "\"can-offline\":true}]"},
    {"get-memory-blocks", "[{\"phys-index\":0,\"online\":true,\"can-offline\":true}]"},
    {"get-memory-block-info", "{\"size\":134217728}"},
    {"exec-status", "{\"exited\":1,\"exitcode\":0,\"out-data\":\"\"}"},
};

static bool has_agent(const struct sim_guest *guest)
{
    const char *agent = sim_str(guest->config, "agent", "0");

    return *agent == '1' || strncmp(agent, "enabled=1", 9) == 0;
}

/* MAC and bridge of net0: "virtio=MAC,..." or "...,hwaddr=MAC,...". */
static void mac_of(const struct sim_guest *guest, char mac[18])
{
    const char *net = sim_str(guest->config, "net0", ""), *at = strstr(net, "hwaddr=");

    at = at ? at : strchr(net, '=');
    (void)snprintf(mac, 18, "%.17s", at ? strchr(at, '=') + 1 : "00:00:00:00:00:00");
    for (size_t i = 0; mac[i]; i++) {
        if (mac[i] >= 'A' && mac[i] <= 'F')
            mac[i] = (char)(mac[i] + 32);
    }
}

static struct json_object *interfaces(const struct sim_guest *guest)
{
    char text[600], mac[18];

    mac_of(guest, mac);
    (void)snprintf(
        text, sizeof text,
        "[{\"name\":\"lo\",\"hardware-address\":\"00:00:00:00:00:00\",\"ip-addresses\":[{\"ip-address\":"
        "\"127.0.0.1\",\"ip-address-type\":\"ipv4\",\"prefix\":8}]},{\"name\":\"eth0\",\"hardware-address\":"
        "\"%s\",\"ip-addresses\":[{\"ip-address\":\"10.10.10.%d\",\"ip-address-type\":\"ipv4\",\"prefix\":24}"
        "]}]",
        mac, (int)(sim_int(guest->entry, "vmid", 100) % 250));
    return json_tokener_parse(text);
}

int sim_agent(struct sim_call *call)
{
    const char *command = strrchr(call->route->path, '/') + 1;
    struct json_object *result = NULL;
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (!guest.running)
        return sim_fail(call, 500, "VM %s is not running\n", guest.vmid);
    if (!has_agent(&guest))
        return sim_fail(call, 500, "No QEMU guest agent configured\n");
    call->data = json_object_new_object();
    if (strcmp(command, "file-read") == 0) {
        sim_set_str(call->data, "content",
                    strcmp(sim_arg(call, "file"), "/etc/hostname") == 0 ? guest.name : "");
        return 0;
    }
    if (strcmp(command, "network-get-interfaces") == 0)
        result = interfaces(&guest);
    else if (strcmp(command, "get-time") == 0)
        result = json_object_new_int64((int64_t)time(NULL) * 1000000000LL);
    if (strcmp(command, "get-host-name") == 0) {
        result = json_object_new_object();
        sim_set_str(result, "host-name", guest.name);
    }
    for (size_t i = 0; !result && i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(answers[i].command, command) == 0)
            result = json_tokener_parse(answers[i].result);
    }
    if (strcmp(command, "exec-status") == 0) {
        sim_merge(call->data, result);
        json_object_put(result);
        return 0;
    }
    sim_set(call->data, "result", result);
    return 0;
}

/* Options of cloud-init with their values; there are none without a cloud-init drive. */
int sim_cloudinit(struct sim_call *call)
{
    static const char *const keys[] = {"ciuser",       "citype",  "ciupgrade", "nameserver",
                                       "searchdomain", "sshkeys", "ipconfig0"};
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    call->data = json_object_new_array();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct json_object *value = sim_get(guest.config, keys[i]), *item;

        if (!value)
            continue;
        item = json_object_new_object();
        sim_set_str(item, "key", keys[i]);
        sim_set(item, "value", sim_copy(value));
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_cloudinit_dump(struct sim_call *call)
{
    const char *type = sim_arg(call, "type");
    struct sim_guest guest;
    char text[800], digest[41];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    sim_guest_digest(&guest, digest);
    if (strcmp(type, "user") == 0)
        (void)snprintf(text, sizeof text,
                       "#cloud-config\nhostname: %s\nmanage_etc_hosts: true\nfqdn: %s\nchpasswd:\n  expire: "
                       "False\nusers:\n"
                       "  - default\npackage_upgrade: true\n",
                       guest.name, guest.name);
    else if (strcmp(type, "meta") == 0)
        (void)snprintf(text, sizeof text, "instance-id: %s\n", digest);
    else
        (void)snprintf(text, sizeof text,
                       "version: 1\nconfig:\n    - type: nameserver\n      address:\n      - '127.0.0.1'\n"
                       "      search:\n      - 'test.lan'\n");
    call->data = json_object_new_string(text);
    return 0;
}

int sim_interfaces(struct sim_call *call)
{
    struct json_object *item, *lists;
    struct sim_guest guest;
    char text[64], mac[18];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (!guest.running)
        return 0;
    mac_of(&guest, mac);
    lists = interfaces(&guest);
    item = json_object_array_get_idx(lists, 1);
    (void)snprintf(text, sizeof text, "10.10.10.%d/24", (int)(sim_int(guest.entry, "vmid", 100) % 250));
    sim_set_str(item, "hwaddr", mac);
    sim_set_str(item, "inet", text);
    item = json_object_array_get_idx(lists, 0);
    sim_set_str(item, "hwaddr", "00:00:00:00:00:00");
    sim_set_str(item, "inet", "127.0.0.1/8");
    call->data = lists;
    return 0;
}
