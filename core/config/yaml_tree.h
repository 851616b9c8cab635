/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small, strict tree of a YAML text: one document of mappings, sequences and scalars with their places.
 * Anchors, aliases, tags, merge keys, duplicate keys, more than 16 levels or 1 MiB are refused. Scalars stay
 * text: their type is the business of the key they stand under.
 */
#ifndef PROXIMO_CONFIG_YAML_TREE_H
#define PROXIMO_CONFIG_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct problem;

#define YAML_TEXT_LIMIT  ((size_t)1 << 20)
#define YAML_DEPTH_LIMIT 16u
#define YAML_NODE_LIMIT  20000u

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_node {
    enum yaml_kind kind;
    bool plain; /* a scalar without quotes */
    unsigned line, column;
    char *text; /* of a scalar; holds no NUL */
    char *key;  /* of a mapping's member */
    unsigned key_line, key_column;
    struct yaml_node *items;
    size_t count;
};

/* *ret is always a node (an empty mapping for an empty text), freed with yaml_tree_free. -EINVAL, -EFBIG or
 * -ENOMEM and p (PX-CONFIG, "name:line:column: cause"). */
int yaml_tree_read(const char *name, const char *text, size_t len, struct yaml_node **ret, struct problem *p);
void yaml_tree_free(struct yaml_node *root);
/* Is it an unquoted scalar without a character ("key:" and nothing behind it)? */
bool yaml_is_empty(const struct yaml_node *node);

#endif
