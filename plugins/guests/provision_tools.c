/* SPDX-License-Identifier: Apache-2.0 */
/* The tool that brings a guest up from nothing to answering. */
#include "destroy.h"
#include "provision.h"

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 255, .description = "DNS name of the guest; the same call again finds it by this."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "template", .minimum = 1, .maximum = 255,
          .description = "Template (machine or container) to clone: number or name. Or image."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "image", .format = "volid",
          .description = "STORAGE:import/FILE, a cloud image (machine), or STORAGE:vztmpl/FILE (container)."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node",
          .description = "Node to make it on. Absent: the template's; of an image it must be said."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .description =
              "Storage for its disks. Absent: where the template's are; of an image it must be said."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "newid", .format = "vmid",
          .description = "Its number. Absent: the next free one."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "full", .default_json = "true",
          .description = "Of a template: false: a linked clone, which binds the template."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "cores", .minimum = 1, .maximum = 1024,
          .description = "CPU cores."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "memory", .minimum = 16, .maximum = 8388608,
          .description = "Memory in MiB."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "disk_size", .minimum = 1, .maximum = 20,
          .description = "Size of its root disk, \"32G\"; never smaller than the source's."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "bridge", .format = "iface",
          .description = "Bridge or vnet of net0. Absent: the template's; of an image it must be said."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "vlan", .minimum = 1, .maximum = 4094,
          .description = "VLAN tag of net0."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ip", .minimum = 1, .maximum = 64,
          .description = "IPv4 address with prefix, \"10.10.10.50/24\", or dhcp."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "gateway", .minimum = 1, .maximum = 64,
          .description = "IPv4 gateway, inside of the network of ip."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ip6", .minimum = 1, .maximum = 64,
          .description = "IPv6 address with prefix, dhcp or auto."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "gateway6", .minimum = 1, .maximum = 64,
          .description = "IPv6 gateway."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "nameserver", .minimum = 1, .maximum = 255,
          .description = "Addresses of name servers, a space between them."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "searchdomain", .minimum = 1, .maximum = 255,
          .description = "DNS search domain."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ciuser", .minimum = 1, .maximum = 64,
          .description = "User that cloud-init makes, of a machine. Absent: the image's own."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ssh_public_keys", .format = "lines", .maximum = 16384,
          .description = "Public keys that may log in, one a line, as in a .pub file."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "password", .flags = PROXIMO_PARAM_SECRET, .minimum = 5,
          .maximum = 1024,
          .description = "Password of the user (of a container: root). Never shown or kept."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "tags", .minimum = 1, .maximum = 1024,
          .description = "Tags with ; between them."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",
          .description = "Pool to put it in: who has rights there has them on it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 8000,
          .description = "A note kept with it; a line saying what it was made from is added."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "onboot", .description = "Start it when its node starts."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "start", .default_json = "true",
          .description = "Start it, and wait until it answers."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "agent", .default_json = "true",
          .description = "Of a machine: its guest agent is expected to answer; false: only that it runs."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "wait", .default_json = "300", .minimum = 1, .maximum = 3600,
          .description = "Seconds until it must answer."),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .subject = "guest/{name}", /* what there is to say before there is a number */
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_provision",
        .title = "Provision a guest from a cloud image",
        .description =
            "Creates a machine or container of this name from a template or cloud image: makes it, sets "
            "address, SSH keys, cores, memory and disk size, starts it and waits until it answers. One that "
            "is "
            "there as asked is left alone; one that differs is refused, saying what differs. Undo destroys "
            "it as "
            "long as nothing worked on it since.",
        .params = PROXIMO_TABLE(params),
        .operation_class = PROVISION_CLASS,
        .plan = guests_plan_provision,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = guests_undo_provision,
        .undo_class = DESTROY_CLASS,
    },
};

/* CREATE_CLASS's details, which its blast function reads, and the template: "9000" or "9000/linked". */
#define SUBJECT_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"new\":{\"type\":\"boolean\"},\"node\":{\"type\":\"string\"},\"bridges\":{\"type\":\"string\"},"       \
    "\"space\":{\"type\":\"string\"},\"pool\":{\"type\":\"string\"},\"template\":{\"type\":\"string\"}},"    \
    "\"required\":[\"kind\",\"vmid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = PROVISION_CLASS, .title = "provision a guest",
     .description = "A new guest from a template or image, configured and started; a linked clone binds its "
                    "template.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SUBJECT_SCHEMA,
     .blast = guests_blast_provision},
};

const struct topic guests_topic_provision = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
