/* SPDX-License-Identifier: Apache-2.0 */
/* Resource mappings: what mapping_tools.c changes and mapping_blast.c looks at. */
#ifndef PROXIMO_NODES_MAPPINGS_H
#define PROXIMO_NODES_MAPPINGS_H

#include "../common/config_object.h"
#include "nodes.h"

/* The value of a part of a property string, "node" of "node=pve1,path=/srv", in the arena; NULL: not there.
 */
const char *mapping_part(const struct asking *a, const char *text, const char *name);

/* Subjects {"kind":"mapping","id":"dir/share","nodes":"pve1,pve2"}; nodes: those that it names afterwards. */
int32_t mapping_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t mapping_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t mapping_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
