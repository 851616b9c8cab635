/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the acl plane share. */
#ifndef PROXIMO_ACL_H
#define PROXIMO_ACL_H

#include "../common/topics.h"

extern const struct topic acl_topic_entries;
extern const struct topic acl_topic_groups;
extern const struct topic acl_topic_questions;
extern const struct topic acl_topic_realm_sync;
extern const struct topic acl_topic_realms;
extern const struct topic acl_topic_roles;
extern const struct topic acl_topic_tfa;
extern const struct topic acl_topic_tokens;
extern const struct topic acl_topic_users;

int32_t acl_read_permissions(void *instance, struct proximo_call *call);
int32_t acl_read_who_can(void *instance, struct proximo_call *call);
int32_t acl_read_overbroad(void *instance, struct proximo_call *call);
int32_t acl_plan_modify(void *instance, struct proximo_call *call);
int32_t acl_plan_prune(void *instance, struct proximo_call *call);

/*
 * The blast function of every class of this plane: who gains and who loses which privileges where, who can
 * no longer authenticate, who can still give rights. The subject has the member "edit": the JSON array of
 * edit.h, as text. In ACL_SUBJECT_SCHEMA the naming member of the kind: ACL_SUBJECT_SCHEMA("user", "userid").
 */
int32_t acl_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json);
#define ACL_SUBJECT_SCHEMA(kind, member)                                                                     \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"" kind "\"},\"" member                       \
    "\":{\"type\":\"string\"},\"edit\":{\"type\":\"string\"}},\"required\":[\"kind\",\"" member              \
    "\",\"edit\"]}"

#endif
