/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle-replay: replays recorded exchanges with a real Proxmox API against the simulator and compares the
 * answers.
 */
#ifndef PROXIMO_ORACLE_REPLAY_H
#define PROXIMO_ORACLE_REPLAY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FREE_WITH(fn) __attribute__((cleanup(fn)))

void free_text(char **text);
void free_json(struct json_object **object);

/* Member of an object, NULL if it is not there (or null). Borrowed. */
struct json_object *member(struct json_object *object, const char *name);
const char *text_of(struct json_object *object, const char *name, const char *def);

/* ---- the simulator as a child (child.c) ---- */

struct child {
    int pid, input; /* closing `input` ends it */
    struct json_object *ready;
};
/* Starts the simulator with the oracle's seed and more arguments (NULL-terminated; NULL: none). */
int child_start(const char *program, const char *const *more, struct child *ret_child);
void child_stop(struct child *child);

/* ---- the client (client.c) ---- */

struct answer {
    int status;
    char *reason;
    char *body;
    struct json_object *root; /* NULL: the body is no JSON */
};
void answer_done(struct answer *answer);

struct client;
struct client *client_new(struct json_object *ready);
void client_free(struct client *client);
/* Sends one recorded exchange, ${name}s filled from `saved`. Returns 0, -ENOKEY when a name is unknown, or
 * -EIO (told on stderr). */
int client_send(struct client *client, struct json_object *exchange, struct json_object *saved,
                struct answer *answer);
/* Plain GET as the first root token, for following tasks. */
int client_get(struct client *client, const char *path, struct answer *answer);
/* Text with ${name}s filled (owned); NULL when one is unknown. */
char *fill_names(const char *text, struct json_object *saved);

/* ---- comparison (compare.c, shape.c) ---- */

/* Compares; writes what differs to `out`, one line each. Returns the number of differences. */
int compare_answer(struct json_object *recorded, const struct answer *answer, bool values, FILE *out);
/* Is `got` what `recorded` says, placeholders like <digest> standing for anything? */
bool text_matches(const char *recorded, const char *got);
/* Types by key: {"type": "object", "keys": {...}} or {"type": "array", "items": [...]} or {"type": "string"}.
 * Owned. */
struct json_object *shape_of(struct json_object *value);
/* What a stand-in answered (no real hardware, no real services) may be an empty list here and a filled one
 * there. */
int compare_shapes(const char *where, struct json_object *recorded, struct json_object *got, bool stand_in,
                   FILE *out);
/* Reads "data.ticket" or "data?volid=x.size" in an answer. Borrowed; NULL: not there. */
struct json_object *pick(struct json_object *root, const char *place);

#endif
