/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a firewall looks like after a change: edits, as a JSON array, applied to the input of a model
 * (evaluate/evaluate.h). Pure: no call is needed.
 *
 *   {"part":"rules","op":"insert","value":{rule}}            it lands at position 0, as Proxmox puts it
 *   {"part":"rules","op":"replace","pos":3,"value":{rule}}   the whole rule
 *   {"part":"rules","op":"remove","pos":3}
 *   {"part":"rules","op":"move","pos":3,"to":1}              to before the rule that is at `to` now (moveto)
 *   {"part":"options","op":"set","value":{k:v},"delete":["k"]}
 *   {"part":"aliases","op":"put","name":N,"value":{"cidr":..}}
 *   {"part":"aliases","op":"remove","name":N}
 *   {"part":"aliases","op":"rename","name":N,"to":N2}        with "value": and its address
 *   {"part":"ipset","op":"create|remove","name":N}
 *   {"part":"ipset","op":"rename","name":N,"to":N2}
 *   {"part":"ipset","op":"entry","name":N,"value":{"cidr":..,"nomatch":0|1}}     added, or in place of an
 *                                                                               equal cidr
 *   {"part":"ipset","op":"entry-remove","name":N,"value":{"cidr":..}}
 *   {"part":"groups","op":"create|remove","name":N}          create with "value": {"rules":[..]} brings its
 * rules
 *   {"part":"groups","op":"rename","name":N,"to":N2}
 *
 * A subject says where: "scope" is cluster, node, guest ("vmid"), vnet ("vnet") or group ("group"; only
 * rules). "edit" is the array as one text. Edits follow one another: positions are those of that moment.
 */
#ifndef PROXIMO_FIREWALL_EDIT_H
#define PROXIMO_FIREWALL_EDIT_H

#include <json-c/json.h>

enum fw_edit_scope { EDIT_CLUSTER, EDIT_NODE, EDIT_GUEST, EDIT_VNET, EDIT_GROUP, EDIT_SCOPES };
/* Where the edits take place. name: of the group or VNet, the guest's id as text. */
struct fw_edit_place {
    enum fw_edit_scope scope;
    const char *name;
};
/* The scope of a word; EDIT_SCOPES: none. */
enum fw_edit_scope fw_edit_scope(const char *word);

#define FW_EDITS_MOST 256u

/*
 * A new input, the caller's: what is edited is copied, the rest shared with `input`, which stays as it is.
 * The API's `errors` about names are dropped from rules where names change: the evaluator looks for itself.
 * -EINVAL: the edits are not understood or do not fit, *ret_words (static) says why; -ENODATA: what they
 * change was not read, so nothing can be said of afterwards; -ENOMEM.
 */
int fw_edit_apply(struct json_object *input, const struct fw_edit_place *place, struct json_object *edits,
                  struct json_object **ret_after, const char **ret_words);

#endif
