/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the acl plane share. */
#ifndef PROXIMO_ACL_H
#define PROXIMO_ACL_H

#include "../common/topics.h"

extern const struct topic acl_topic_users, acl_topic_groups, acl_topic_roles, acl_topic_tokens,
    acl_topic_realms, acl_topic_realm_sync, acl_topic_tfa;

/*
 * Who gains and loses what: the classes' blast function. The subject's member "edit" is the text of a JSON
 * array of edits of the world of principals, roles and entries.
 */
int32_t acl_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
