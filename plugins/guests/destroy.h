/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destroying a guest: what Proxmox would refuse, and what goes, stays or is left pointing at nothing. The
 * class guest.destroy tells all of it; plans ask for refusals alone. Sources: DELETE
 * /nodes/{node}/{qemu,lxc}/{vmid}.
 */
#ifndef PROXIMO_GUESTS_DESTROY_H
#define PROXIMO_GUESTS_DESTROY_H

#include "../common/guest_disks.h"
#include "guests.h"

#define DESTROY_CLASS "guest.destroy"
/* Details beside the guest: where it is, and what is asked for. */
#define DESTROY_SUBJECT_SCHEMA                                                                               \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"node\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"purge\":{\"type\":\"boolean\"},"        \
    "\"force\":{\"type\":\"boolean\"}},\"required\":[\"kind\",\"vmid\"]}"

/* One destruction. In blast functions what could not be read of the guest itself is NULL in it. */
struct destruction {
    struct guest g;
    bool purge, force;
};

/* Why Proxmox would refuse it, by the guest's own state and configuration; NULL: nothing there. Arena. */
const char *destroy_refusal(const struct destruction *d);

/* Other guests that are based on this one's volumes, or name one: told, or with tell false only the first few
 * linked clones as words ("109, 112"), NULL: none was seen. */
int32_t destroy_users(const struct destruction *d, bool tell, const char **ret_clones);
int32_t destroy_tell_disks(const struct destruction *d); /* its own, and those that its configuration lacks */

/* The replication jobs of the guest; the caller's, NULL after host->incomplete. */
int32_t destroy_replication(const struct guest *g, struct json_object **ret);
/* HA, replication, backup jobs, pool, firewall and grants. */
int32_t destroy_tell_references(const struct destruction *d);

/* guards, steps and postconditions of a destruction of a guest whose state and configuration are read, and
 * its subject. Undo is the caller's to say. */
int32_t destroy_lay_out(const struct destruction *d);

int32_t guests_plan_destroy(void *instance, struct proximo_call *call);
int32_t guests_blast_destroy(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
