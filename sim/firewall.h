/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewall files: each of the datacenter (/firewall/cluster), a node, a guest and a vnet
 * (/firewall/node/NAME, /firewall/guest/VMID, /firewall/vnet/NAME) is an object with options, rules, aliases,
 * ipset, groups. A change is made on a copy that takes the file's place when it can be written.
 */
#ifndef PROXIMO_SIM_FIREWALL_H
#define PROXIMO_SIM_FIREWALL_H

#include "sim.h"

/* What a file is for, as error texts call it: "cluster", "host", "vm", "ct", "vnet"; "group" for the rules of
 * a security group. */
const char *sim_fw_env(struct sim_call *call);
/* The file a request is about (borrowed); *ret_file may be NULL (nothing configured). A vnet must exist, and
 * it takes a right on it, which depends on its zone. Returns 0 or fails the call. */
int sim_fw_file(struct sim_call *call, struct json_object **ret_file);
/* The same as a copy to change (owned) that has every part; checks the request's digest where it counts. */
int sim_fw_edit(struct sim_call *call, struct json_object **ret_file);
/* Puts the changed copy in the file's place. Fails the call where it holds a rule that cannot be written. */
int sim_fw_save(struct sim_call *call, struct json_object *file);
/* The list of rules of a file, or of the security group that the request names; NULL: there are none. */
int sim_fw_rule_list(struct sim_call *call, struct json_object *file, struct json_object **ret_rules);
void sim_fw_put_digest(struct json_object *file, struct json_object *item);
/* The key of a map that is this name in any case; NULL: none. Borrowed. */
const char *sim_fw_name(struct json_object *map, const char *name);
/* Does an alias of that name (with "dc/" or "guest/") exist for this file? Its IP version; 0: no such alias.
 */
int sim_fw_alias_version(struct json_object *state, struct json_object *file, const char *name);
/* Checks a rule for its file, puts names in their usual form and adds `ipversion`. Returns what is wrong with
 * it, one text per parameter (owned). (firewall_check.c) */
struct json_object *sim_fw_rule_errors(struct json_object *state, const char *env, struct json_object *file,
                                       struct json_object *rule);
/* The same for a rule that a request makes: returns 0, or fails the call with these texts. */
int sim_fw_check_rule(struct sim_call *call, struct json_object *file, struct json_object *rule);
/* What the lines after the first of a comment are when the file is read again: rules, good and bad, added
 * behind the rule. (firewall_text.c) */
void sim_fw_reread(struct json_object *rules);
/* Is there a rule that cannot be written? Its type, or NULL. */
const char *sim_fw_broken(struct json_object *rules);
/* The usual form of a macro's name, given in any case; false: there is no such macro. (macros.c) */
bool sim_fw_macro(const char *name, char *ret_name, size_t size);
/* Has an entry of this macro (usual form) another value of "proto", "dport" or "sport"? That value, or false.
 */
bool sim_fw_macro_contradicts(const char *name, const char *field, const char *own, char *ret_value,
                              size_t size);

#endif
