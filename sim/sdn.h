/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software-defined networks. /sdn is the edited configuration. What was applied last is /sdn-running (absent:
 * nothing was ever edited), and each node has the one it took over last as "sdn"; both are the same object,
 * never changed, once the node is done.
 */
#ifndef PROXIMO_SIM_SDN_H
#define PROXIMO_SIM_SDN_H

#include "sim.h"

/* What objects of a type must and may have beside their name and type; words with spaces between. */
struct sim_sdn_type {
    const char *name, *required, *allowed;
};

struct sim_sdn_kind {
    const char *name;                 /* as error texts call it; also the parameter with the object's name */
    const char *place;                /* member of /sdn */
    const char *gone;                 /* how the text of a failed deletion calls it; NULL: by its name */
    const struct sim_sdn_type *types; /* the first is the default; ends with a NULL name */
    /* Judges what is to be stored, and may complete it; NULL: nothing to judge. Returns 0 or fails the call.
     */
    int (*check)(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                 struct json_object *entry);
    /* May it be deleted? */
    int (*unused)(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id);
};

/* The kind that a request is about (sdn_kinds.c); NULL: a subnet. */
const struct sim_sdn_kind *sim_sdn_kind_of(struct sim_call *call);
/* A map of the edited configuration ("zones", ...), made where it is missing. */
struct json_object *sim_sdn_map(struct json_object *state, const char *place);
/* Fail the call as this kind's requests do: "create sdn zone object failed: ..."; the second as a bad
 * parameter inside such a text. */
int sim_sdn_fail(struct sim_call *call, const char *kind, const char *format, ...) SIM_PRINTF(3, 4);
int sim_sdn_fail_param(struct sim_call *call, const char *kind, const char *format, ...) SIM_PRINTF(3, 4);
/* The beginning of those texts. */
void sim_sdn_prefix(struct sim_call *call, const char *kind, char *text, size_t size);
/* Does the request come with the token of the lock, where one is held? `kind` NULL: no prefix. */
int sim_sdn_check_lock(struct sim_call *call, const char *kind);
/* Keeps what is applied apart from what will be edited now. (sdn_apply.c) */
void sim_sdn_stage(struct sim_call *call);
/* What is applied. Borrowed. (sdn_apply.c) */
struct json_object *sim_sdn_running(struct json_object *state);
/* What a node has taken over. Borrowed. (sdn_apply.c) */
struct json_object *sim_sdn_of_node(struct json_object *state, const char *node);
/* The node takes over what is applied (`done`), or could not. (sdn_apply.c) */
void sim_sdn_node_reloaded(struct json_object *state, const char *node, bool done);
/* A node's interfaces of a configuration as text, and the routing daemon's (owned). (sdn_text.c) */
char *sim_sdn_text(struct json_object *sdn, struct json_object *network, const char *node);
char *sim_sdn_frr_text(struct json_object *sdn, const char *node);

#endif
