/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the firewall plane share. */
#ifndef PROXIMO_FIREWALL_H
#define PROXIMO_FIREWALL_H

#include "../common/topics.h"

extern const struct topic firewall_topic_groups;

#endif
