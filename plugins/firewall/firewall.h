/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the firewall plane share. */
#ifndef PROXIMO_FIREWALL_H
#define PROXIMO_FIREWALL_H

#include "../common/topics.h"

/*
 * The subject of every change here: the place by the kind and name of its thing, and the change itself as
 * `edit`, a JSON array as text (edit.h).
 */
#define FIREWALL_SCHEMA                                                                                      \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"enum\":[\"firewall\",\"firewall-group\",\"node\","     \
    "\"guest\",\"vnet\"]},\"id\":{\"type\":\"string\"},\"group\":{\"type\":\"string\"},"                     \
    "\"node\":{\"type\":\"string\"},\"vmid\":{\"type\":\"integer\"},\"type\":{\"type\":\"string\"},"         \
    "\"vnet\":{\"type\":\"string\"},\"scope\":{\"type\":\"string\"},\"edit\":{\"type\":\"string\"}},"        \
    "\"required\":[\"kind\",\"scope\",\"edit\"]}"
#define FIREWALL_CLASS(class_name, class_title, class_flags, class_text)                                     \
    {                                                                                                        \
        ROW(proximo_class), .risk_floor = PROXIMO_RISK_LOW, .flags = (class_flags),                          \
                            .undo_kind = PROXIMO_UNDO_FUNCTION, .name = (class_name),                        \
                            .title = (class_title), .description = (class_text),                             \
                            .subject_schema = FIREWALL_SCHEMA, .blast = firewall_blast                       \
    }
/* Of a row; the plan function names the one that it is. */
#define FIREWALL_SUBJECT .subject = "firewall/{scope}"

extern const struct topic firewall_topic_groups, firewall_topic_rules, firewall_topic_options,
    firewall_topic_reads, firewall_topic_objects, firewall_topic_look;

/*
 * The blast function of all firewall operation classes. The subject has, beside its kind and naming member,
 * "scope" (cluster, node, guest, vnet, group) with node, vmid, vnet or group, and "edit": a text with the
 * JSON array of edits that edit.h describes, in the order in which they are made.
 */
int32_t firewall_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
