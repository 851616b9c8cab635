/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examination behind `proximo doctor` and the tool pve_doctor: sections of checks, each with a status, a
 * sentence, perhaps a next step and facts. The report is one JSON value; the text is made from the same. It
 * changes and mends nothing, and never tells a secret or what is in a file. One thread.
 */
#ifndef PROXIMO_DOCTOR_DOCTOR_H
#define PROXIMO_DOCTOR_DOCTOR_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct cancel;
struct config;
struct planes;
struct problem;
struct sites;
struct tool;
struct trust;

enum doctor_status {
    DOCTOR_OK,      /* tested and good */
    DOCTOR_NOTE,    /* works, but worth knowing: answers may be incomplete, protection is advisory */
    DOCTOR_PROBLEM, /* something is wrong: exit status 1 */
};

/* What is examined; all borrowed. */
struct doctor_subject {
    const struct config *config;
    struct sites *sites;
    const char *site;      /* the only site to look at; NULL: all */
    struct planes *planes; /* planes_wait has returned; NULL: they could not be made */
    int planes_result;     /* of planes_wait */
    const struct problem *planes_problem;
    struct trust *trust;             /* NULL: what only it knows is left out */
    const struct tool *const *tools; /* what the configuration offers */
    size_t tool_count;
    const char *unmatched; /* words of tools.allow and tools.deny that mean nothing; "" for none */
    bool every_tool;       /* list each tool, not only those that lack something */
    bool probe;            /* connect to the ssh servers of the exec plane */
    bool resolve;          /* names may be looked up, which can take long */
    int64_t deadline_ms;   /* clock_ms(); what is not looked at by then is said */
    struct cancel *cancel; /* may be NULL */
};

struct doctor {
    struct json_object *sections; /* array */
    struct json_object *checks;   /* of the section being written; borrowed */
    unsigned problems;
    const struct doctor_subject *subject;
};

/* Everything, in the order of the report. *d must be zeroed; doctor_done frees what it holds. 0 or -ENOMEM.
 */
int doctor_examine(struct doctor *d, const struct doctor_subject *subject);
void doctor_done(struct doctor *d);

void doctor_section(struct doctor *d, const char *name);
/* Adds a check; next may be NULL. Returns its object, borrowed, for further facts. */
struct json_object *doctor_add(struct doctor *d, enum doctor_status status, const char *next,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same from a problem, with its code. */
struct json_object *doctor_add_problem(struct doctor *d, const char *what, const struct problem *p);
void doctor_fact(struct json_object *check, const char *name, const char *value);
void doctor_fact_int(struct json_object *check, const char *name, int64_t value);

void doctor_text(const struct doctor *d, struct buf *out);
/* {"ok","problems","sections":[{"name","checks":[{"status","text","next",...}]}]}, at most `most` bytes of
 * it: over that, checks that are ok are left out and counted as "ok_left_out", then the longest ones' facts.
 */
void doctor_json(const struct doctor *d, size_t most, struct buf *out);

/* The parts: config.c, isolation.c, record.c, anchor.c, planes.c, exec.c, versions.c, site.c. */
void doctor_config(struct doctor *d, const struct config *config);
void doctor_isolation(struct doctor *d, const struct config *config);
void doctor_record(struct doctor *d, const struct config *config);
void doctor_anchors(struct doctor *d, const struct config *config);
void doctor_planes(struct doctor *d);
void doctor_exec(struct doctor *d);
void doctor_program(struct doctor *d);
void doctor_sites(struct doctor *d);

#endif
