/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software-defined network as it is applied and as it is edited. Proxmox keeps both: every list says with
 * pending=1 what is applied and, in "state" and "pending", what is edited; without it, what is edited.
 * Sources: GET /cluster/sdn/{zones,vnets,controllers}, /cluster/sdn/vnets/{vnet}/subnets,
 * /cluster/sdn/fabrics/all, /cluster/sdn/prefix-lists, /cluster/sdn/route-maps/entries.
 */
#ifndef PROXIMO_SDN_VIEW_H
#define PROXIMO_SDN_VIEW_H

#include "../common/config_object.h"

enum sdn_sort {
    SDN_CONTROLLER,
    SDN_ZONE,
    SDN_VNET,
    SDN_SUBNET,
    SDN_EDITABLE, /* how many of them this plane edits, and can bring back */
    SDN_FABRIC = SDN_EDITABLE,
    SDN_FABRIC_NODE,
    SDN_PREFIX_LIST,
    SDN_ROUTE_MAP,
    SDN_SORTS
};

struct sdn_sort_row {
    const char *word;   /* "zone": the kind of its subject */
    const char *path;   /* of the list */
    const char *items;  /* member of the answer that is the list; NULL: the answer itself */
    const char *id[2];  /* members that name one; the second may be NULL */
    const char *rights; /* where SDN.Audit shows all of them */
    bool since_9;       /* Proxmox VE 8 does not have it */
    bool since_9_2;     /* nor do earlier versions of 9 */
};
extern const struct sdn_sort_row sdn_sorts[SDN_SORTS];

enum sdn_side { SDN_BEFORE, SDN_AFTER };

struct sdn_object {
    enum sdn_sort sort;
    const char *id;
    const char *vnet;            /* of a subnet */
    const char *state;           /* "new", "changed", "deleted"; NULL: applied as it is edited */
    struct json_object *side[2]; /* as applied, as edited; NULL: not there. The view's */
};

struct sdn_view {
    struct asking ask;
    uint32_t release;
    struct sdn_object *rows;
    uint32_t count, room;
    uint32_t pending; /* how many have a state */
    bool complete;    /* all of it was read */
};

/*
 * Reads everything. What could not be read is told with host->incomplete and leaves `complete` false.
 * Negative when the call is over; sdn_view_done in any case.
 */
int32_t sdn_view_read(const struct asking *a, struct sdn_view *ret);
/* The same of one list alone, of a subnet those of one VNet. */
int32_t sdn_view_read_list(const struct asking *a, enum sdn_sort sort, const char *vnet,
                           struct sdn_view *ret);
void sdn_view_done(struct sdn_view *view);

/* NULL: none of this name. */
struct sdn_object *sdn_find(const struct sdn_view *view, enum sdn_sort sort, const char *id);
/* Both sides are the same. */
bool sdn_is_same(const struct sdn_object *object);
/* One side's member as text ("a,b" of a list); NULL: absent. Arena. */
const char *sdn_value(const struct asking *a, struct json_object *side, const char *name);
/* [{"option","from","to"}], from or to null where absent; the caller's. NULL: no memory. */
struct json_object *sdn_differences(const struct sdn_object *object);
/* The same in words: "mtu 1500 -> 1400, alias (none) -> lab". Arena. */
const char *sdn_difference_words(const struct asking *a, const struct sdn_object *object);
/* "zone/lab: changed", at most `most` of them, then how many more; without `except`, which may be NULL.
 * Arena; NULL: nothing is pending. */
const char *sdn_pending_words(const struct sdn_view *view, uint32_t most, const struct sdn_object *except);
/* A fact for each object that differs: "pending zone/lab" = "changed: mtu 1500 -> 1400". */
int32_t sdn_tell_objects(const struct asking *a, const char *what, const struct sdn_object *objects,
                         uint32_t count);
/* [{"kind","id","state","changes"}] of all that is pending; the caller's. NULL: no memory. */
struct json_object *sdn_pending_list(const struct sdn_view *view);

/* The list of a sort, of a subnet those of one VNet, as the GET that shows it: with pending=1, or as edited.
 * fields has room for 2. */
struct proximo_get sdn_list_get(enum sdn_sort sort, const char *vnet, bool pending,
                                struct proximo_field *fields);
/* A guard on the whole of such a list. */
int32_t sdn_guard_list(const struct sdn_view *view, enum sdn_sort sort, const char *vnet, bool pending);

#endif
