/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the blast function of firewall changes to each other. */
#ifndef PROXIMO_FIREWALL_BLAST_H
#define PROXIMO_FIREWALL_BLAST_H

#include "edit.h"
#include "tally.h"

/* A node before and after the change. */
struct looked_node {
    struct world_node *node;
    struct json_object *before_input, *after_input;
    struct fw_model *before, *after;
};

struct blast {
    struct asking ask;
    struct world world;
    struct json_object *subject, *edits;
    struct fw_edit_place place;
    const char *scope, *node; /* node: of node and guest, or NULL */
    int64_t vmid;
    struct reached reached;
    const char *same; /* nodes for which nothing changes: "pve1, pve2" */
    uint32_t same_count;
    struct json_object *rows; /* of a read: what would be told; NULL: it is told as affected */
};

/* Reads what the edits concern and tells what they do; scope, node, vmid, place and edits are filled in. */
int32_t blast_run(struct blast *b);
/* 0 and both models; 1: they could not be made, and this was told. looked_done in any case. */
int32_t blast_look(struct blast *b, struct world_node *node, struct looked_node *ret);
void looked_done(struct looked_node *looked);

/* What the edits touch. */
bool blast_touches_guests(const struct blast *b);
bool blast_touches_option(const struct blast *b, const char *option);
bool blast_touches_forward(const struct blast *b);

/* The node's own traffic; its guests' (one, or all with 0). */
int32_t blast_host(struct blast *b, const struct looked_node *looked);
int32_t blast_guests(struct blast *b, const struct looked_node *looked, int64_t vmid);
/* Options whose effect no packet shows that is looked at. */
int32_t blast_options(const struct blast *b);

#endif
