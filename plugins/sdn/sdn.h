/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sdn plane share. */
#ifndef PROXIMO_SDN_H
#define PROXIMO_SDN_H

#include "../common/topics.h"

extern const struct topic sdn_topic_zones;

#endif
