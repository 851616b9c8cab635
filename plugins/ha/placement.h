/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where high availability may have its resources: the rules of its manager as a model without any request, so
 * that a change can be looked at before it is made. The manager chooses among equal nodes by their load; here
 * that stays a set, and no node of it is ever picked.
 *
 * The rules, as Proxmox VE documents them (ha-manager: node affinity, resource affinity, groups, failback):
 * Only nodes that are online and not in maintenance take resources. A node affinity rule (a group in 8.x)
 * gives its nodes a priority; nodes that it does not name come last, and with strict (restricted) not at all.
 * The nodes of the highest priority that are there are preferred, and only those count. Of them go the nodes
 * that have a resource which is to be kept apart; of the rest only the one stays that has most of those which
 * are to be kept together. Who belongs together shares node affinity and who is kept apart. A resource with
 * failback off stays where it may be; another one goes where it is preferred.
 */
#ifndef PROXIMO_HA_PLACEMENT_H
#define PROXIMO_HA_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#define PLACE_NODES_MOST 64u /* bits of a set; Proxmox's clusters have fewer */

enum place_node_state { PLACE_ONLINE, PLACE_OFFLINE, PLACE_MAINTENANCE };
struct place_node {
    const char *name;
    enum place_node_state state;
    uint64_t memory, given; /* bytes it has; bytes its running guests may take. memory 0: not known */
    uint32_t cpus, cpus_given;
};

enum place_asked { PLACE_STARTED, PLACE_STOPPED, PLACE_DISABLED, PLACE_IGNORED };
struct place_resource {
    const char *sid;
    uint64_t at;   /* the node it is on; several: it is on one of them; 0: not known */
    uint64_t home; /* the node that has its guest now, whatever is being looked at */
    enum place_asked asked;
    bool error;      /* the manager has given it up */
    bool failback;   /* goes where it is preferred */
    bool lxc;        /* moves by a restart */
    uint64_t can;    /* nodes that have its disks and devices */
    const char *tie; /* what ties it to these, in words; NULL: nothing, as far as it could be read */
    bool can_unknown;
    uint64_t memory; /* bytes; 0: not known */
    uint32_t cpus;
};

enum place_kind { PLACE_NODES, PLACE_TOGETHER, PLACE_APART };
struct place_rule {
    const char *name;
    enum place_kind kind;
    const char *names; /* the list as it stands, also what is no resource; NULL: a group's */
    bool off, strict;
    bool nofailback; /* of a group: its resources stay where they are */
    uint64_t nodes;
    int32_t priority[PLACE_NODES_MOST];
    uint32_t *members; /* indexes of resources */
    uint32_t member_count;
};

struct place_world {
    struct place_node *nodes; /* by name */
    uint32_t node_count;
    struct place_resource *resources;
    uint32_t resource_count;
    struct place_rule *rules;
    uint32_t rule_count;
    uint8_t *marks; /* room for resource_count bytes; the functions' own */
};

/* Why a resource has no node. */
enum place_lack {
    PLACE_HAS,       /* it has one */
    PLACE_NO_NODE,   /* no other node is online */
    PLACE_RULE_NODE, /* its rule is strict, and none of its nodes is online */
    PLACE_CROWDED    /* every preferred node has one that it is kept apart from */
};
/* Why it does not stay. */
enum place_cause {
    PLACE_STAYS,
    PLACE_NODE_OUT,
    PLACE_FORBIDDEN,
    PLACE_PREFERS,
    PLACE_KEPT_APART,
    PLACE_JOINS
};
struct place_choice {
    uint64_t nodes; /* where it may come to be: its own node alone when it stays */
    enum place_lack lack;
    enum place_cause cause;
    int64_t other; /* the first resource it is kept apart from, or joins; -1 */
    int64_t rule;  /* its node affinity, its own or that of those it belongs to; -1: none */
};

/*
 * Where resource `who` comes to be when the nodes `out` are gone. recovering: its own node does not hold it.
 * A resource that is on one of several nodes is taken to be on none of them when others are kept apart from
 * it.
 */
struct place_choice place_choose(const struct place_world *w, uint32_t who, uint64_t out, bool recovering);

/* May the manager be asked to move it there? The index of the resource or rule that forbids it. */
enum place_bar { PLACE_FREE, PLACE_BAR_NODE, PLACE_BAR_RULE, PLACE_BAR_OTHER };
enum place_bar place_bars(const struct place_world *w, uint32_t who, uint32_t node, int64_t *ret_index);
/* Is `other` of those that rules keep together with `who`, also by way of others? */
bool place_belongs(const struct place_world *w, uint32_t who, uint32_t other);

enum place_event { PLACE_FAILS, PLACE_IS_EMPTIED };
enum place_fate {
    PLACE_ELSEWHERE,   /* it is not on that node */
    PLACE_RESTARTS,    /* started again on one of `nodes` */
    PLACE_MOVES,       /* moved to one of them */
    PLACE_GOES_OFF,    /* stopped as it is, it is put on one of them */
    PLACE_NOWHERE,     /* it should run, and no node may have it */
    PLACE_NOT_STARTED, /* it was not to run, or nobody looks after it */
    PLACE_GIVEN_UP     /* it is in error: the manager does nothing for it */
};
struct place_outcome {
    enum place_fate fate;
    bool maybe; /* it may be on another node by then */
    struct place_choice to;
    uint64_t works; /* of to.nodes: those that have its disks and devices */
};
/* What happens to one resource when the node fails, or is emptied for maintenance. */
struct place_outcome place_fate_of(const struct place_world *w, uint32_t who, uint32_t node,
                                   enum place_event event);

/* The same for every resource; ret has room for resource_count. */
void place_fates(const struct place_world *w, uint32_t node, enum place_event event,
                 struct place_outcome *ret);

/* Room for what restarts or moves when the node goes. */
struct place_room {
    uint64_t needed, room; /* bytes that restart; bytes not given out on the nodes that may get them */
    uint64_t left_over;    /* bytes of those for which there was none, the largest first */
    uint32_t cpus_needed, cpus, cpus_given;
    bool unknown; /* a size was not known */
    uint32_t count;
};
void place_room_after(const struct place_world *w, const struct place_outcome *fates, struct place_room *ret);

/* A rule that cannot be kept, or not beside another. */
enum place_conflict_kind {
    PLACE_TWO_NODE_RULES, /* resource `who` is in both */
    PLACE_BOTH_WAYS,      /* two resources are to be together and apart */
    PLACE_TOO_MANY,       /* more to be kept apart than nodes */
    PLACE_TOO_NARROW,     /* more to be kept apart than nodes that their strict rules leave */
    PLACE_TOO_FEW,        /* less than two resources: it does nothing */
    PLACE_SPLIT           /* to be together, with different node affinity */
};
struct place_conflict {
    enum place_conflict_kind kind;
    uint32_t rule;
    int64_t other; /* rule, or -1 */
    int64_t who;   /* resource, or -1 */
};
/* The first `most` conflicts; the number of them. */
uint32_t place_conflicts(const struct place_world *w, struct place_conflict *ret, uint32_t most);

uint32_t place_count(uint64_t set); /* how many nodes */
int64_t place_node_find(const struct place_world *w, const char *name);
int64_t place_resource_find(const struct place_world *w, const char *sid);
bool place_rule_has(const struct place_rule *rule, uint32_t who);
uint64_t place_online(const struct place_world *w);

#endif
