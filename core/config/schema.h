/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the configuration as a table: path, type, where the value is stored, how a later source may
 * change it, default and meaning. The reader, `config show`, --help and docs/configuration.md are made from
 * it.
 */
#ifndef PROXIMO_CONFIG_SCHEMA_H
#define PROXIMO_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_PATH,      /* file or folder: ~ is expanded, relative to the configuration's folder */
    VALUE_NODE,      /* name of a node */
    VALUE_URL,       /* checked; made canonical when the kind of the site is known */
    VALUE_TEXT,      /* one line of printable ASCII without spaces; what it must be, finish.c checks */
    VALUE_SHA256,    /* hexadecimal, colons or not */
    VALUE_CHOICE,    /* one of `choices`, stored as an enum that begins at `min` */
    VALUE_SWITCH,    /* one of two `choices`, stored as bool */
    VALUE_BOOL,      /* true or false */
    VALUE_NUMBER,    /* min..max */
    VALUE_LIST,      /* sequence of names */
    VALUE_GUESTS,    /* sequence of guests: 105, 200-210, tag:NAME, * */
    VALUE_PATHS,     /* sequence of folders, each as VALUE_PATH */
    VALUE_NETWORKS,  /* sequence of IP addresses and networks (CIDR) */
    VALUE_COUNTS,    /* mapping of classes (or PREFIX.*) to numbers min..max, stored as names "CLASS=N" */
    VALUE_NAMES,     /* mapping of names to endpoints, programs or files (min says which), "NAME=VALUE" */
    VALUE_FREE,      /* any mapping, stored as JSON text */
    VALUE_GROUP,     /* a mapping whose keys stand in this table */
    VALUE_SITES,     /* mapping of site names */
    VALUE_PLANES,    /* mapping of plane names, or a sequence of them */
    VALUE_ENDPOINTS, /* sequence of URLs or mappings */
    VALUE_RULES,     /* mapping of class names, or of prefixes with `.*` */
};

/* What a later source may do to a value that an earlier one has given. */
enum later_rule {
    LATER_WINS,    /* a matter of taste */
    LATER_SAME,    /* only repeat it */
    LATER_SMALLER, /* lower it */
    LATER_LARGER,  /* raise it */
    LATER_SOONER,  /* lower it, where 0 stands for never */
    LATER_TRUE,    /* switch it on */
    LATER_FALSE,   /* switch it off */
    LATER_ADDS,    /* add to the list */
    LATER_NARROWS, /* take from the list; without names or without targets it means all of them */
};

/* `min` of VALUE_NAMES: what its names stand for. */
enum names_of { NAMES_ENDPOINT = 1, NAMES_PROGRAM, NAMES_FILE };

enum value_owner { OF_CONFIG, OF_SITE, OF_SHORT_ENDPOINT, OF_ENDPOINT, OF_PLANE, OF_RULE };

struct schema_key {
    const char *path; /* "sites.*.node" */
    enum value_type type;
    enum value_owner
        owner; /* the struct that `offset` is in; OF_SHORT_ENDPOINT: a config_endpoint beside the site */
    size_t offset;
    const char *choices; /* comma separated */
    uint32_t min, max;
    enum later_rule later;
    bool trust; /* where the system file rules, its silence counts as well: the default is its word */
    const char *fallback; /* the default, as text; NULL: none */
    const char *doc;
};

extern const struct schema_key schema[];
extern const size_t schema_count;

/* The row whose path is `prefix` + "." + `name` ("sites.*" and "url"; "" and "mode"); NULL: none. */
const struct schema_key *schema_find(const char *prefix, const char *name);
/* The row of a whole path. */
const struct schema_key *schema_at(const char *path);

struct buf;
/* Adds the names below prefix, comma separated. */
void schema_names(const char *prefix, struct buf *out);
/* The name below prefix most like `name`; NULL if none is near. */
const char *schema_nearest(const char *prefix, const char *name);

#endif
