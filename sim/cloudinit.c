/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cloud-init: the drive that tells a new VM who it is.
 */
#include "guest.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

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
