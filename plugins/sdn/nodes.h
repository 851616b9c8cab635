/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes, and what each makes of the applied network. */
#ifndef PROXIMO_SDN_NODES_H
#define PROXIMO_SDN_NODES_H

#include "../rows.h"

struct sdn_node {
    const char *name;
    bool online;
    struct json_object *zones; /* [{"zone","status"}]; NULL: not read. Dropped after the visit */
    const char *why;           /* why not */
};

/* Each node by name, or only one. visit: 0, or negative to end it. Fails when there is no list of nodes.
 * Sources: GET /nodes, GET /nodes/{node}/sdn/zones. */
int32_t sdn_nodes_visit(const struct asking *a, const char *only,
                        int32_t (*visit)(void *context, const struct sdn_node *node), void *context);

#endif
