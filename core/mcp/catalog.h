/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tools that this server offers: those of the loaded planes and its own (core_tools.h) that the allow and
 * deny lists leave, with the index that proximo_find searches. Built once when the planes are loaded,
 * immutable afterwards; any thread.
 */
#ifndef PROXIMO_MCP_CATALOG_H
#define PROXIMO_MCP_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"

struct config;
struct planes;
struct tool;
struct catalog;

/* Why a name is not in the catalogue. */
enum catalog_answer { CATALOG_OK, CATALOG_UNKNOWN, CATALOG_DENIED, CATALOG_CHANGE, CATALOG_NO_SITE };

/* planes NULL: an empty catalogue (fuzzing). planes and config must outlive it. */
int catalog_new(const struct config *config, struct planes *planes, struct catalog **ret);
void catalog_free(struct catalog *catalog);
size_t catalog_count(const struct catalog *catalog);
/* Leaves a tool out of lists and searches; it can still be called. Before the catalogue is shared. */
void catalog_hide(struct catalog *catalog, size_t index);
bool catalog_hidden(const struct catalog *catalog, size_t index);
/* All of them, hidden ones too; borrowed. */
const struct tool *const *catalog_tools(const struct catalog *catalog, size_t *ret_count);
const struct tool *catalog_at(const struct catalog *catalog, size_t index); /* sorted by name */
enum catalog_answer catalog_find(const struct catalog *catalog, const char *name, const struct tool **ret);
/* Fills p (PX-TOOL, PX-READ-ONLY) for a name that catalog_find did not give. Returns -ENOENT or -EPERM. */
int catalog_problem(const struct catalog *catalog, enum catalog_answer answer, const char *name,
                    struct problem *p);
/* Names like `name`, comma separated; false: none is near. */
bool catalog_nearest(const struct catalog *catalog, const char *name, char *ret, size_t size);
/* Is a tool of this plane, name and operation class (NULL: none) offered? Deny wins; an empty allow list
 * allows all. */
bool catalog_allows(const struct config *config, const char *plane, const char *name,
                    const char *operation_class);

/* Is this tool offered? One whose classes its plan function names is, as long as one of them may be. */
bool catalog_offers(const struct config *config, const struct tool *tool);

/* Appends the names of tools.allow and tools.deny that fit no plane, tool or class, comma separated: a
 * misspelt one in `deny` would let through what it should not. */
void catalog_unmatched(const struct config *config, struct planes *planes, struct buf *out);

/*
 * The tools for `query`, best first: whole words and beginnings of words of names, titles, descriptions,
 * parameters, columns and plane names, and words that mean the same. An empty query gives all, by name.
 * `ret_order` has room for catalog_count() indices. Returns how many fit.
 */
size_t catalog_search(const struct catalog *catalog, const char *query, size_t *ret_order);
/* Words of the catalogue near to words of the query that fit nothing, comma separated. */
bool catalog_nearest_words(const struct catalog *catalog, const char *query, char *ret, size_t size);

#endif
