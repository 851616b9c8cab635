/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of `proximo doctor`: sections of checks, each with a status, a sentence, perhaps a next step and
 * facts. It is built as one JSON value, which is what --json prints; the text is made from the same. One
 * thread.
 */
#ifndef PROXIMO_COMMAND_DOCTOR_H
#define PROXIMO_COMMAND_DOCTOR_H

#include <json-c/json.h>
#include <stdint.h>

struct buf;
struct config;
struct problem;
struct sites;

enum doctor_status {
    DOCTOR_OK,      /* tested and good */
    DOCTOR_NOTE,    /* works, but worth knowing: answers may be incomplete, protection is advisory */
    DOCTOR_PROBLEM, /* something is wrong: exit status 1 */
};

struct doctor {
    struct json_object *sections; /* array */
    struct json_object *checks;   /* of the section being written; borrowed */
    unsigned problems;
};

void doctor_section(struct doctor *d, const char *name);
/* Adds a check; next may be NULL. Returns its object, borrowed, for further facts. */
struct json_object *doctor_add(struct doctor *d, enum doctor_status status, const char *next,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same from a problem, with its code. */
struct json_object *doctor_add_problem(struct doctor *d, const char *what, const struct problem *p);
void doctor_fact(struct json_object *check, const char *name, const char *value);
void doctor_fact_int(struct json_object *check, const char *name, int64_t value);

void doctor_text(const struct doctor *d, struct buf *out);
void doctor_json(const struct doctor *d, struct buf *out);

/* The parts of the examination. */
void doctor_local(struct doctor *d, const struct config *config); /* files, isolation */
/* The verdict and what it is made of (doctor_isolation.c). */
void doctor_isolation(struct doctor *d, const struct config *config);
void doctor_record(struct doctor *d, const struct config *config);  /* state folder, ledger */
void doctor_anchors(struct doctor *d, const struct config *config); /* a part of it: configured, writable */
void doctor_sites(struct doctor *d, const struct config *config,
                  struct sites *sites); /* servers and tokens */
void doctor_planes(struct doctor *d, const struct config *config, struct sites *sites);

#endif
