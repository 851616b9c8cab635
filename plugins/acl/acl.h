/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the acl plane share. */
#ifndef PROXIMO_ACL_H
#define PROXIMO_ACL_H

#include "../common/topics.h"

extern const struct topic acl_topic_roles;

#endif
