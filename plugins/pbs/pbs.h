/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Backup Server plane share. */
#ifndef PROXIMO_PBS_H
#define PROXIMO_PBS_H

#include "../common/topics.h"

extern const struct topic pbs_topic_datastores;
extern const struct topic pbs_topic_content_changes;
extern const struct topic pbs_topic_datastore_changes;

#endif
