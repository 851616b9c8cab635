/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust with keys and a folder of its own, one site "lab" behind a fake HTTP module, and planes that say
 * what the test wants.
 */
#ifndef PROXIMO_TEST_TRUST_PLAN_RIG_H
#define PROXIMO_TEST_TRUST_PLAN_RIG_H

#include "../reads/fake_http.h"
#include "trust/build.h"

#define CANARY "tweet-canary-0815"
#define LXC    "/nodes/pve1/lxc/105"
#define QEMU   "/nodes/pve1/qemu/100"

struct rig {
    struct trust trust;
    struct site *site;
    char folder[64];
    const char *draft;    /* what the plan function tells */
    const char *blast;    /* what the blast function tells */
    const char *missing;  /* a privilege that the plan function's read lacks */
    uint64_t class_flags; /* of the one class there is */
    bool class_gone;      /* no loaded plane has the class */
    bool ledger_dead;     /* it cannot be written */
    unsigned records;     /* that were written */
    char kind[32];        /* of the last record */
    struct buf record;    /* the last one's body */
};
extern struct rig rig;
extern const struct tool power_tool; /* has a plan function */
extern const struct tool set_tool;   /* a row with guards, an undo table, a secret parameter */

int rig_setup(void **state);
int rig_teardown(void **state);
/* arguments: JSON. record: JSON or NULL. */
int rig_plan(const struct tool *tool, const char *arguments, const char *record, struct plan **ret,
             struct buf *nothing, struct problem *p);
/* One that must be made. */
struct plan *rig_planned(const struct tool *tool, const char *arguments);
/* How many files are below the folder, with this text in them (NULL: any). */
size_t rig_files(const char *text);
/* Member of the plan, as compact JSON. */
const char *rig_member(const struct plan *plan, const char *name);

#endif
