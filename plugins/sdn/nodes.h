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
/* The interface changes that wait on a node, as a diff (arena), NULL: none; and its interfaces as edited, the
 * caller's, NULL: they could not be read, which is told as incomplete. Source: GET /nodes/{node}/network. */
int32_t sdn_node_waiting(const struct asking *a, const char *node, const char **ret_diff,
                         struct json_object **ret_rows);
/* "- address 10.0.0.1/24; + address 10.0.0.2/24": the lines of a diff that say something. Arena. */
const char *sdn_diff_lines(const struct asking *a, const char *diff, uint32_t most);

#endif
