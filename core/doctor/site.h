/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the examination share that ask one site. One thread. */
#ifndef PROXIMO_DOCTOR_SITE_H
#define PROXIMO_DOCTOR_SITE_H

#include <json-c/json.h>
#include <stdint.h>

#include "plane/site.h"

struct config_site;
struct doctor;

struct doctor_site {
    struct doctor *d;
    struct site *site;
    const struct config_site *config;
    char id[256];  /* USER@REALM!TOKENID */
    int separated; /* 1: the token has rights of its own, 0: all of its user's, -1: not known */
    int release;   /* major version of the site, 0: not known */
};

/* The time of one request: the site's, and no more than what is left of the examination's. */
struct site_call doctor_call(const struct doctor *d, const struct config_site *site);
/* GET path (encoded) -> its data, the caller's. Negative and p, also where data is of another type. */
int doctor_get(const struct doctor_site *s, const char *path, const struct http_field *fields, size_t count,
               json_type type, struct json_object **ret, struct problem *p);

/* The parameter of GET /access/permissions that names whose they are. */
const char *doctor_whose_field(const struct doctor_site *s);

/* token.c: separation, expiry, grants that reach far. Fills `separated`. */
void doctor_site_token(struct doctor_site *s);
/* nodes.c: releases and clocks. Fills `release`. */
void doctor_site_nodes(struct doctor_site *s);
/* tools.c: what this token can and cannot do. */
void doctor_site_tools(struct doctor_site *s);

#endif
