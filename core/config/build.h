/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a configuration together from its sources, one after the other. Every value enters through
 * build_set(), which knows where the earlier one came from and whether this source may change it.
 */
#ifndef PROXIMO_CONFIG_BUILD_H
#define PROXIMO_CONFIG_BUILD_H

#include "config/config.h"
#include "config/schema.h"
#include "config/value.h"

#define SYSTEM_FILE      "/etc/proximo/proximo.yaml"
#define SITES_MAX        64u
#define PLANES_MAX       64u
#define ENDPOINTS_MAX    16u
#define RULES_MAX        256u
#define PLACE_SIZE       512u
#define CONFIG_PATH_SIZE 256u

struct build_site {
    struct config_endpoint endpoint; /* url, fingerprint, ca_file written at the site itself */
    char *place;                     /* "file:line:column" of the site */
    bool by_system;                  /* the ruling system file gave it */
};

struct build {
    struct config *config;
    struct build_site *sites;   /* beside config->sites */
    struct config_origin *said; /* values given so far, without their text */
    size_t said_count;
    const char *source; /* the file being read, or NULL */
    const char *folder; /* of that file; NULL: the current one */
    const char *ruler;  /* path of the system file that rules, once it has been read; else NULL */
    bool ruler_named_planes;
    bool reading_ruler;
    struct problem *p;
};

/* Which struct a row's offset is in, for the place where we are. */
struct owners {
    struct config_site *site;
    struct config_endpoint *short_endpoint, *endpoint;
    struct config_plane *plane;
    struct config_rule *rule;
};
void *build_owner(struct build *b, const struct schema_key *key, const struct owners *owners);

int build_init(struct build *b, struct problem *p); /* an empty configuration with the table's defaults */
void build_done(struct build *b);                   /* frees all but b->config; config_free() takes that */

/* Stores value under `path` unless an earlier source forbids it. `place` begins messages, `origin` is
 * remembered. */
int build_set(struct build *b, const struct schema_key *key, void *owner, const char *path,
              struct value *value, const char *place, const char *origin);
/* The same from the text of a scalar. */
int build_set_text(struct build *b, const struct schema_key *key, void *owner, const char *path,
                   const char *text, const char *place, const char *origin);
/* Where the value of path came from; NULL: nobody has said it. */
const char *build_said(const struct build *b, const char *path);
int build_say(struct build *b, const char *path, const char *origin);

/* The site of that name, made if it is new; *ret_index. */
int build_site(struct build *b, const char *name, const char *place, size_t *ret_index);
int build_plane(struct build *b, const char *name, const char *place, struct config_plane **ret);
int build_endpoint(struct build *b, struct config_site *site, const char *place,
                   struct config_endpoint **ret);
/* The rule of trust.consent for these classes, made if it is new; *ret until the next one is made. */
int build_rule(struct build *b, const char *classes, const char *place, struct config_rule **ret);

/* A file's tree; the environment; what is left to do: folding, defaults, checks across keys. */
int build_from_yaml(struct build *b, const char *name, const char *folder, const char *text, size_t len);
int build_from_environment(struct build *b, char *const *environment);
/* The value of a variable; NULL if it is absent or empty. */
const char *environment_value(char *const *environment, const char *name);
int build_finish(struct build *b);
int build_finish_anchors(struct build *b); /* finish_anchor.c: a part of it */
/* Fills config->origins and config->hash_text. */
int build_describe(struct build *b);

/* config_load() with another place for the system file, for tests. `rules` -1: found out from its
 * permissions. */
int config_load_with(const struct config_options *options, const char *system_file, int rules,
                     struct config **ret, struct problem *p);

void config_endpoint_done(struct config_endpoint *endpoint);

#endif
