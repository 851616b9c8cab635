/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster as high availability sees it, read into the model of placement.h, and changed there as a plan
 * would change it. Sources: GET /nodes, /cluster/resources, /cluster/ha/resources, /cluster/ha/rules (9.x),
 * /cluster/ha/groups (8.x), /cluster/ha/status/current, /cluster/ha/status/manager_status.
 */
#ifndef PROXIMO_HA_WORLD_H
#define PROXIMO_HA_WORLD_H

#include "../common/guest_disks.h"
#include "ha.h"
#include "placement.h"

struct ha_world {
    struct asking ask;
    struct place_world place;
    struct known_guests guests;
    bool groups;           /* Proxmox VE 8: node affinity is by groups */
    bool quorate;          /* as the node that answered sees it; not known: true */
    bool frozen;           /* HA is switched off (9.x): nothing is restarted */
    const char *master;    /* node of the manager; NULL: there is none, so nobody acts */
    const char *scheduler; /* "basic", "static" ...: how the manager chooses among equal nodes */
    bool rules_known, resources_known;
};

/* Reads all of it; what cannot be read is told as incomplete. Negative when the call is over. ha_world_done
 * drops what was read. */
int32_t ha_world_read(const struct asking *a, struct ha_world *ret);
void ha_world_done(struct ha_world *world);
/* What ties the guests of these resources (by index) to nodes, from their configurations (ties.c): sets can,
 * tie and can_unknown. */
int32_t ha_world_ties(struct ha_world *world, const bool *wanted);

/* A copy whose resources and rules can be changed; guests are the other's. PROXIMO_ENOMEM. */
int32_t ha_world_copy(const struct ha_world *from, struct ha_world *ret);
/* Changes of a copy. Values are Proxmox's own words; NULL: as it is. */
struct ha_resource_edit {
    const char *sid, *state, *failback, *group;
    bool no_group;
};
int32_t ha_world_put_resource(struct ha_world *world, const struct ha_resource_edit *edit);
void ha_world_drop_resource(struct ha_world *world, const char *sid, bool purge);
struct ha_rule_edit {
    const char *name, *type, *resources, *nodes, *affinity;
    bool strict, off, nofailback;
};
int32_t ha_world_put_rule(struct ha_world *world, const struct ha_rule_edit *edit);
/* The rules that a removal took it out of, as its subject has them (rule_ties.c): it is in them again. */
int32_t ha_world_join_rules(struct ha_world *world, const char *sid, const char *rules);
/* Is there a rule (8.x: a group) of this name? */
bool ha_world_has_rule(const struct ha_world *world, const char *name);
void ha_world_drop_rule(struct ha_world *world, const char *name);
/* A group as a rule, with the members it has (group_tools.c). */
int32_t ha_world_put_group(struct ha_world *world, const char *group, const char *nodes, bool restricted,
                           bool nofailback);

/* The guest of a resource, NULL: not seen. */
const struct known_guest *ha_world_guest(const struct ha_world *world, const char *sid);
/* A list of HA with Sys.Audit on /; *ret NULL: told as incomplete. The caller's. */
int32_t ha_look_list(const struct asking *a, const char *path, const char *what, json_type type,
                     struct json_object **ret);
/* The row of status/current of a resource; NULL. */
struct json_object *ha_status_row(struct json_object *status, const char *key, const char *value);

/* The moves that certainly follow are waited for (expect.c): more waits in c->seen. */
int32_t ha_expect_moves(struct config_change *c, const struct ha_world *before, const struct ha_world *after);

/* The conflicts of rules that were not there before; their number, HA_CONFLICTS_MOST at most. */
#define HA_CONFLICTS_MOST 64u
uint32_t ha_new_conflicts(const struct ha_world *before, const struct ha_world *after,
                          struct place_conflict ret[HA_CONFLICTS_MOST]);
/* Fails when the value "nodes" names one that the cluster does not have. */
int32_t ha_check_nodes(const struct config_change *c, const struct ha_world *world);

/* ---- in words (words.c); arena, NULL: no memory */

const char *ha_nodes_text(const struct ha_world *world, uint64_t set); /* "one of pve2, pve3" */
/* Why, and what the scheduler goes by. */
const char *ha_scheduler_text(const struct ha_world *world);
/* "restarts on pve3", "has nowhere to go: ..." */
const char *ha_outcome_text(const struct ha_world *world, uint32_t who, const struct place_outcome *outcome);
/* "moves to pve3: rule x prefers it"; of one that stays: NULL and *ret_moves false. */
const char *ha_choice_text(const struct ha_world *world, uint32_t who, const struct place_choice *choice);
const char *ha_conflict_text(const struct ha_world *world, const struct place_conflict *conflict);
const char *ha_rule_word(const struct ha_world *world, int64_t rule); /* "ha-rule/NAME", "ha-group/NAME" */
/* Why HA starts nothing when this node goes: no majority is left (each node is taken to have one vote), or HA
 * is switched off. NULL: it does. */
const char *ha_idle_text(const struct ha_world *world, uint32_t lost);
const char *ha_gib(const struct asking *a, uint64_t bytes);

#endif
