/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High availability: the resources in /ha/resources ("vm:101": type, state, ...; members that begin with
 * "crm_" are what the manager has made of them), the rules in /ha/rules, the manager in /ha/manager. Where
 * the state has no manager's node, nobody acts.
 */
#ifndef PROXIMO_SIM_HA_H
#define PROXIMO_SIM_HA_H

#include "change.h"
#include "guest.h"

#define SIM_SID_MAX  80
#define SIM_NODE_MAX 80

/* ---- names (ha.c) ---- */

/* "vm:101", "ct:105" or the bare number of a guest, as the full id. */
void sim_ha_sid(struct json_object *state, const char *given, char *sid, size_t size);
/* The guest of a resource. Is there one? The view borrows from the state. */
bool sim_ha_guest(struct json_object *state, const char *sid, struct sim_guest *ret_guest);
/* Resources as their file has them: without the manager's members. Owned. */
struct json_object *sim_ha_config(struct json_object *resources);
/* ---- where a resource may and should be (ha_place.c) ---- */

/* Does this node take resources: online and not in maintenance? */
bool sim_ha_usable(struct json_object *state, const char *node);
/* Where the resource is, or is on its way to. Borrowed; NULL: its guest is gone. */
const char *sim_ha_node_of(struct json_object *state, const char *sid);
/* The best node by the rules, the one where it is wherever that is as good; `not` (NULL: none) is none.
 * Returns 0, or -ENOENT where no node may have it. */
int sim_ha_choose(struct json_object *state, const char *sid, const char * not, char *ret_node, size_t size);
/* Who stands in the way of the resource on this node: [{sid, cause}]. Owned; NULL: nobody. */
struct json_object *sim_ha_blocking(struct json_object *state, const char *sid, const char *node);
/* The others that rules keep together with the resource. Owned; NULL: none. */
struct json_object *sim_ha_together(struct json_object *state, const char *sid);

/* ---- rules (ha_rules.c, ha_rule_check.c) ---- */

#define SIM_REASONS_MAX 1024

/* Writes why the rule would not work beside the others. Would it? */
bool sim_ha_rule_works(struct json_object *state, const char *name, struct json_object *rule, char *reasons,
                       size_t size);

/* "vm:101" in the list of resources of an enabled rule? */
bool sim_ha_rule_has(struct json_object *rule, const char *sid);
/* Puts the word into a rule's list of resources, or takes it out; the list stays sorted. */
void sim_ha_list_word(struct json_object *rule, const char *word, bool in);

/* ---- the manager (ha_manager.c) ---- */

/* Lets the manager look at all resources in a while. */
void sim_ha_wake(struct sim *sim);
/* Begins with nodes that do not answer or are in maintenance. */
void sim_ha_begin(struct sim *sim);
/* ---- requests (ha_request.c) ---- */

/* Does the manager act for this guest, so that its power and its moves are only requested? */
bool sim_ha_acts(struct json_object *state, const struct sim_guest *guest);
/* The guest began or ceased to run, or is on another node. */
void sim_ha_guest_changed(struct sim *sim, const struct sim_guest *guest);
/* Requests: start, or an operation that stops ("stop", "shutdown"); to go to a node. */
void sim_ha_request(struct sim *sim, const char *sid, const char *operation);
void sim_ha_request_node(struct sim *sim, const char *sid, const char *node);
/* The state of a resource as it is shown: what the manager made of it, and what it is about to do. */
const char *sim_ha_shown(struct json_object *state, const char *sid, struct json_object *entry);

#endif
