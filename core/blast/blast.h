/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operation classes, their subjects, and the blast radius: what a change aimed at a subject does to other
 * things, by the class's own function in its plane. All functions may be called from any thread.
 */
#ifndef PROXIMO_BLAST_BLAST_H
#define PROXIMO_BLAST_BLAST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct class_row;
struct plane_info;
struct planes;
struct read_cache;
struct site;

/*
 * The canonical words of a subject, which a person types: "guest/105", "storage/local", "pool/prod",
 * "node/pve1", "task/UPID", "user/a@pve"; one kind with exactly one naming member. Sources:
 * {"kind":"guest","vmid":105}. -EINVAL and p (PX-PLANE) for what has no such form. Several: "3 guests on
 * SITE" (of one kind) or "3 things on SITE".
 */
int subject_label(struct json_object *subject, struct buf *out, struct problem *p);
/* subjects: array of {"class","subject"}. */
int subjects_label(struct json_object *subjects, const char *site, struct buf *out, struct problem *p);
/* The subject object of canonical words: "guest/105" gives {"kind":"guest","vmid":105}. New object. */
int subject_parse(const char *label, struct json_object **ret, struct problem *p);

/* What one subject's blast function said. affected and incomplete: arrays as in a draft (plane/planes.h). */
struct blast_report {
    struct json_object *affected;
    struct json_object *incomplete; /* not empty: the list is not complete, the risk is high */
    struct json_object *risks;      /* {"risk","reason"} */
    uint32_t class_floor;           /* PROXIMO_RISK_...; high for an unknown class */
    uint64_t class_flags;           /* PROXIMO_CLASS_... ; all of them for an unknown class */
    uint32_t class_undo_kind;
    char class_title[128];
};
void blast_report_done(struct blast_report *report);
struct blast_call {
    struct planes *planes;
    struct site *site;
    struct read_cache *cache;
    int64_t deadline_ms;
    struct cancel *cancel;
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message); /* may be NULL */
    void *progress_arg;
    bool last; /* no other subject needs of the time that is left */
};
/* A class that is not loaded, has no function where its flags demand one, or whose function fails, gives a
 * report that is incomplete and high; only cancellation, deadline and lack of memory are errors. */
int blast_run(const struct blast_call *call, const char *class_name, struct json_object *subject,
              struct blast_report *ret, struct problem *p);

#endif
