/* SPDX-License-Identifier: Apache-2.0 */
/* One value of the configuration: read from text, compared with what stands, stored, shown. */
#ifndef PROXIMO_CONFIG_VALUE_H
#define PROXIMO_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/schema.h"

struct value {
    char *text;                 /* PATH, NODE, URL, SHA256, FREE */
    uint32_t number;            /* CHOICE, SWITCH, BOOL, NUMBER */
    struct config_strings list; /* LIST, PATHS, COUNTS, NAMES */
};

void value_done(struct value *value);
/* Where a text comes from: the key as the reader of a message knows it, the place ("file:3:5"), and the
 * folder below which relative paths are (NULL: the current one). */
struct value_source {
    const char *path, *place, *folder;
};
/* A scalar of key->type from text. -EINVAL or -ENOMEM and p. */
int value_read(const struct schema_key *key, const char *text, const struct value_source *source,
               struct value *ret, struct problem *p);
/* Adds a name to a LIST value; -EINVAL for what no plane, tool or class can be called and no target is. */
int value_list_add(struct value *value, const char *item, const char *place, struct problem *p);
/* Adds a folder to a PATHS value. */
int value_folder_add(struct value *value, const char *item, const struct value_source *source,
                     struct problem *p);
/* Adds a guest to a GUESTS value. */
int value_guest_add(struct value *value, const char *item, const struct value_source *source,
                    struct problem *p);
/* Adds an address or network to a NETWORKS value. */
int value_network_add(struct value *value, const char *item, const struct value_source *source,
                      struct problem *p);
/* Adds an entry to a COUNTS value: a class or PREFIX.*, and its number. */
int value_count_add(const struct schema_key *key, struct value *value, const char *name, const char *number,
                    const struct value_source *source, struct problem *p);
/* Adds an entry to a NAMES value: what the name stands for. */
int value_named_add(const struct schema_key *key, struct value *value, const char *name, const char *text,
                    const struct value_source *source, struct problem *p);
/* May `value` replace what is stored? */
bool value_may_replace(const struct schema_key *key, const void *owner, const struct value *value);
bool value_same(const struct schema_key *key, const void *owner, const struct value *value);
/* Moves value into its place (value is empty afterwards). -ENOMEM. */
int value_store(const struct schema_key *key, void *owner, struct value *value);
/* The stored value as text; nothing for "none". A free mapping shows its keys only: it may hold secrets. */
void value_show(const struct schema_key *key, const void *owner, struct buf *out);
/* The same, whole, for the configuration's hash. */
void value_canonical(const struct schema_key *key, const void *owner, struct buf *out);

void strings_done(struct config_strings *strings);
int strings_add(struct config_strings *strings, const char *item); /* 0 or -ENOMEM */
bool strings_has(const struct config_strings *strings, const char *item);

/* [a-z][a-z0-9-]{0,31}: names of sites and planes. */
bool name_valid(const char *name);
#define NAME_RULE "a lower-case letter, then up to 31 lower-case letters, digits or hyphens"

#endif
