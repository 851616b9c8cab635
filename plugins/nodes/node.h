/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the nodes plane: what the topics about one node share. */
#ifndef PROXIMO_NODES_NODE_H
#define PROXIMO_NODES_NODE_H

#include "nodes.h"

#define NODE_SCHEMA                                                                                          \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"node\"},\"node\":{\"type\":\"string\"}},"    \
    "\"required\":[\"kind\",\"node\"]}"

/* A list that a blast function looks at: 0 and the array (the caller's; NULL: it could not be read), after
 * host->incomplete where it could not be read or may be shorter than it is. Negative: the call is over. */
int32_t node_list(const struct asking *a, const char *path, const struct proximo_need *need, const char *what,
                  struct json_object **ret);

/* Tells each guest of the node that is no template, by GET /cluster/resources. 0, or negative when the call
 * is over. */
int32_t node_tell_guests(const struct asking *a, const char *node, bool containers_only, uint32_t risk,
                         const char *effect);
int32_t nodes_blast_time(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- services */

/* What an action does with a service. */
enum service_verb { SERVICE_START, SERVICE_STOP, SERVICE_RESTART, SERVICE_RELOAD, SERVICE_VERBS };
extern const char *const service_verbs[SERVICE_VERBS];
/* SERVICE_VERBS: none of them. */
enum service_verb service_verb(const char *word);

#define SERVICE_LOCKOUT    (1u << 0) /* any touch of it can lock people out: high whatever is done */
#define SERVICE_API        (1u << 1) /* calls of the API to this node go through it */
#define SERVICE_QUORUM     (1u << 2) /* without it the node has no vote */
#define SERVICE_HA         (1u << 3) /* HA depends on it */
#define SERVICE_FILTER     (1u << 4) /* it keeps firewall rules */
#define SERVICE_NO_STOP    (1u << 5) /* Proxmox refuses to stop it by its API */
#define SERVICE_CONTAINERS (1u << 6) /* running containers depend on it */

struct service {
    const char *name;
    uint32_t flags;
    uint32_t risk;       /* of a stop */
    const char *stopped; /* what is so while it does not run */
};
/* NULL: not known here. */
const struct service *service_find(const char *name);

/* What happens to a service of a node, for the parts of its blast function. */
struct service_blast {
    struct asking ask;
    const char *node, *name;
    const struct service *known; /* NULL: not known here */
    enum service_verb verb;
    struct json_object *status; /* of GET /cluster/status; NULL: not read, and told so */
};
/* Whose votes remain, and whom HA looks after on the node: 0, or negative when the call is over. */
int32_t service_blast_quorum(const struct service_blast *b);
int32_t service_blast_ha(const struct service_blast *b);

int32_t nodes_plan_service(void *instance, struct proximo_call *call);
int32_t nodes_undo_service(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t nodes_blast_service(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- names */

/* The names whose addresses differ between two hosts files, with commas; "" if there are none; NULL: no
 * memory, or too many to tell. */
const char *hosts_changed(const struct asking *a, const char *before, const char *after);
/* Which lines come and go, {"added": [...], "removed": [...]}; the caller's. NULL: no memory. */
struct json_object *hosts_lines(const char *before, const char *after);
/* Does a hosts file know the name? */
bool hosts_knows(const char *text, const char *name);

/* The node's name servers or its hosts file change: what of the site is configured by name and would resolve
 * otherwise. A subject's member "names" (hosts_changed) limits it to those; without it every name counts. */
int32_t nodes_blast_dns(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t nodes_blast_hosts(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
