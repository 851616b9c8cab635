/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the nodes plane: a node's network as it runs and as it waits to be applied. GET
 * /nodes/{node}/network lists what waits; what runs is known from the difference that stands beside the list
 * (`changes`, a unified diff of the file): the list, and each line of the diff taken back.
 */
#ifndef PROXIMO_NODES_NETWORK_H
#define PROXIMO_NODES_NETWORK_H

#include "node.h"

#define NETWORK_PATH      "/nodes/{node}/network"
#define NETWORK_IFACE     "/nodes/{node}/network/{iface}"
#define NETWORK_ROWS_MOST 512u

struct net_iface {
    const char *name;
    struct json_object *pending; /* as it waits; NULL: it goes away. Borrowed from the list */
    struct json_object *running; /* as it runs; NULL: it is new */
    struct json_object *lines;   /* its lines of the difference, "-..." and "+..."; NULL: none */
    bool changed;                /* the values differ; lines without it: written in other words alone */
};

struct net {
    struct asking ask;
    const char *node;
    struct json_object *answer, *list; /* list: an array, borrowed from answer */
    const char *changes;               /* NULL: nothing waits. Borrowed */
    bool complete;                     /* this token sees all interfaces */
    struct net_iface *rows;            /* in the order of the list, then those that go away */
    uint32_t count;
    struct json_object *other;   /* changed lines outside of any interface */
    struct json_object *unclear; /* changed lines of which the interface cannot be told; NULL: none */
};

/* 0; negative after host->fail. net_done in any case. */
int32_t net_read(const struct asking *a, const char *node, struct net *ret);
/* The same from an answer that is there: {"data": [...], "changes": "..."}, which is taken over. */
int32_t net_take(const struct asking *a, const char *node, struct json_object *answer, struct net *ret);
/* As if these waited: {"vmbr0": its values, or null: it goes}; values outlives net. */
int32_t net_lead_to(struct net *net, struct json_object *values);
void net_done(struct net *net);
struct net_iface *net_find(const struct net *net, const char *name);
/* How many interfaces will be otherwise, and which: "vmbr0, vmbr9". In the call's arena. */
uint32_t net_changed(const struct net *net, const char **ret_names);
/* "new", "changed", "deleted"; "rewritten": other words, same values; NULL: as it runs. */
const char *net_state_of(const struct net_iface *iface);
/* [{"option", "running", "pending"}], those that differ; the caller's. NULL: no memory. */
struct json_object *net_differences(const struct net *net, const struct net_iface *iface);

/* ---- one interface's values */

/* The names of values in which interfaces are compared, NULL at the end. */
extern const char *const net_fields[];
/* A value as one text; NULL: absent or empty. In the call's arena. */
const char *net_value(const struct asking *a, struct json_object *iface, const char *field);
/* Lists of names are the same in any order. */
bool net_same_value(const struct asking *a, struct json_object *one, struct json_object *other,
                    const char *field);
bool net_same(const struct asking *a, struct json_object *one, struct json_object *other);
/* What Proxmox's API can neither write nor keep of an interface when it is made again (`changed_from` NULL)
 * or changed from another one: "its address comes by DHCP". NULL: nothing. */
const char *net_unwritable(const struct asking *a, struct json_object *iface,
                           struct json_object *changed_from);
/* Does the interface rest on the other one: as a port, a slave, a raw device, an OVS bridge, or by its name?
 */
bool net_rests_on(const char *name, struct json_object *iface, const char *below);

/* ---- the difference, line by line */

/* One changed line of an interface. suffix: "" or "6", by the stanza's family. */
struct net_line {
    const char *name; /* NULL: of no interface */
    const char *text; /* without leading blanks */
    char sign;        /* '-' or '+' */
    bool unclear;     /* it belongs to an interface that cannot be told */
    bool six;
};
#define NET_LINES_MOST 4096u
/* The changed lines of a unified diff. list: the interfaces as they wait, by which lines are known whose
 * stanza's head the diff does not show. 0, PROXIMO_ENOMEM, or PROXIMO_EPROTO: more lines than NET_LINES_MOST.
 */
int32_t net_lines(const struct asking *a, const char *changes, struct json_object *list,
                  struct net_line **ret, uint32_t *ret_count);
/* Does an interface have what this line of its file says? */
bool net_has_line(const struct asking *a, struct json_object *iface, const char *text, bool six);
/* Takes the lines of one interface back from `iface`, a copy of it as it waits. 0 or PROXIMO_ENOMEM. */
int32_t net_take_back(const struct asking *a, struct json_object *iface, const char *name,
                      const struct net_line *lines, uint32_t count);

/* ---- plans */

/* The requests that make one state of the changed interfaces out of the other; steps live in the arena.
 * to_running: from what waits to what runs; else the other way round. *ret_why: why not exactly; NULL: it is.
 */
int32_t net_steps(const struct net *net, bool to_running, struct proximo_step **ret, uint32_t *ret_count,
                  const char **ret_why);

int32_t nodes_read_network_list(void *instance, struct proximo_call *call);
int32_t nodes_read_network_get(void *instance, struct proximo_call *call);
int32_t nodes_read_network_pending(void *instance, struct proximo_call *call);
int32_t nodes_plan_network_create(void *instance, struct proximo_call *call);
int32_t nodes_plan_network_update(void *instance, struct proximo_call *call);
int32_t nodes_plan_network_delete(void *instance, struct proximo_call *call);
int32_t nodes_undo_network_edit(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t nodes_plan_network_apply(void *instance, struct proximo_call *call);
int32_t nodes_undo_network_apply(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t nodes_plan_network_revert(void *instance, struct proximo_call *call);
int32_t nodes_blast_network_edit(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t nodes_blast_network_apply(void *instance, struct proximo_call *call,
                                  struct proximo_text subject_json);
int32_t nodes_blast_network_revert(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json);

#endif
