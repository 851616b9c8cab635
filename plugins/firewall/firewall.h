/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the firewall plane share. */
#ifndef PROXIMO_FIREWALL_H
#define PROXIMO_FIREWALL_H

#include "../common/topics.h"

extern const struct topic firewall_topic_groups;

/*
 * The blast function of all firewall operation classes. The subject has, beside its kind and naming member,
 * "scope" (cluster, node, guest, vnet, group) with node, vmid, vnet or group, and "edit": a text with the JSON
 * array of edits that edit.h describes, in the order in which they are made.
 */
int32_t firewall_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
