/* SPDX-License-Identifier: Apache-2.0 */
/* A new guest in the making: what create.c takes in and lays out, create_check.c judges. */
#ifndef PROXIMO_GUESTS_CREATE_H
#define PROXIMO_GUESTS_CREATE_H

#include "life.h"
#include "options.h"

#define CREATE_FIELDS_MOST 120u

struct creation {
    struct asking a;
    bool lxc, privileged, start;
    const char *vmid, *node, *storage, *ostemplate, *pool;
    struct json_object *options; /* borrowed from arguments */
    struct json_object *arguments;
    struct proximo_field at[3];                      /* node, kind, vmid */
    struct proximo_field fields[CREATE_FIELDS_MOST]; /* node, and what is sent */
    uint32_t count;
    /* What the class is told: "net0=vmbr0/firewall net1=vmbr1", "ceph-vm=34359738368" (bytes; 0: not known).
     */
    const char *bridges, *space;
};

/* Each option that was given: may a token set it, and does it reach into the host? Sets bridges. */
int32_t create_judge_options(struct creation *c);
/* The storages that it uses: on the node, for this content; and the template. Sets space. */
int32_t create_check_storages(struct creation *c);
/* "1" for true; arena. */
const char *create_value(const struct asking *a, struct json_object *value);

#endif
