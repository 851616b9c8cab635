/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_provision: one guest of a name, made from a template or an image, configured, started and waited for.
 * provision.c decides what is to be done, provision_words.c reads the arguments, provision_same.c compares
 * with the guest that has the name already, provision_template.c and provision_image.c look at the source,
 * provision_net.c at the network, provision_steps.c lays the plan out.
 */
#ifndef PROXIMO_GUESTS_PROVISION_H
#define PROXIMO_GUESTS_PROVISION_H

#include "../common/guest_disks.h"
#include "clone.h"
#include "create.h"

#define PROVISION_CLASS "guest.provision"

/* The line in a guest's notes that says what it was made of. */
#define PROVISION_MARK       "proximo-provision: from "
#define PROVISION_UNFINISHED ", not finished"

struct provision {
    struct asking a;
    void *instance;
    struct json_object *arguments;

    /* what is asked for; NULL: not said */
    const char *name, *template, *image, *node, *storage, *newid, *pool, *description;
    const char *bridge, *vlan, *ip, *gateway, *ip6, *gateway6, *keys;
    uint32_t key_count;
    uint64_t size, wait_ms; /* size: of the root disk in bytes, 0: not said */
    bool full, start, agent, password;

    /* what came of it */
    struct known_guests guests;
    const struct known_guest *from; /* the template as it is listed; NULL: an image */
    const char *source;             /* "template 9000", "image iso-store:import/debian.qcow2" */
    bool lxc;
    struct json_object *want; /* options of the new guest's configuration */
    struct proximo_field at[3];
    struct cloning clone;        /* from a template */
    struct creation *make;       /* from an image */
    const char *bridges, *space; /* as create.h has them */
    const char *grow, *grow_to;  /* slot and size of the disk that is grown; NULL: none */
    const char *unseen;          /* why it cannot be seen whether it answers; NULL: it can */
    bool windows;
    /* others: whose configurations were compared, that run, that said which addresses they have */
    uint32_t compared, running, answered;
};

/* ---- provision_words.c */

/* Reads the arguments, and refuses what is none whatever the cluster is like. */
int32_t provision_arguments(struct provision *p);
/* The value of `key` in "a,key=value,b"; arena; NULL: it is not there. */
const char *provision_part(const struct asking *a, const char *option, const char *key);
/* Are both the same address, whatever follows a '/'? */
bool provision_same_address(const char *left, const char *right);
/* "ip=...,gw=...,ip6=..." as cloud-init's ipconfig0 and a container's net0 have it; "" when nothing was said,
 * NULL: no memory. */
const char *provision_ipconfig(const struct provision *p);
int32_t provision_want(struct provision *p, const char *key, const char *value);

/* ---- provision_same.c */

/* The guest that has the name: nothing to do, or a failure that says what differs. */
int32_t provision_compare(struct provision *p, const struct known_guest *there);

/* ---- the source: sets want, grow, bridges, space, unseen, and checks */

int32_t provision_find_template(struct provision *p);
int32_t provision_template(struct provision *p);
int32_t provision_image(struct provision *p);
/* net0 made of `base` (of a template, or NULL) with the bridge, VLAN and addresses that were asked for;
 * arena. */
const char *provision_net(const struct provision *p, const char *base);
/* The note, options that have the same name in both kinds, and cloud-init's of a machine. */
int32_t provision_plain_options(struct provision *p);

/* ---- provision_net.c */

/* Bridge, SDN.Use, and that nobody else is known to have the addresses. */
int32_t provision_check_network(struct provision *p);

/* ---- provision_steps.c */

int32_t provision_tell(const struct provision *p);
int32_t provision_lay_out(const struct provision *p);

int32_t guests_plan_provision(void *instance, struct proximo_call *call);
int32_t guests_undo_provision(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_provision(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
