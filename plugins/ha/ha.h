/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the ha plane share. */
#ifndef PROXIMO_HA_H
#define PROXIMO_HA_H

#include "../common/topics.h"

extern const struct topic ha_topic_resources;

#endif
