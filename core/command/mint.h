/* SPDX-License-Identifier: Apache-2.0 */
/* Between mint.c, mint_rights.c and mint_text.c. Not thread-safe. */
#ifndef PROXIMO_COMMAND_MINT_H
#define PROXIMO_COMMAND_MINT_H

#include <json-c/json.h>
#include <stdbool.h>

struct buf;

/* WIDE: what some reads need and what can change something as well; a token that is to look only goes
 * without. */
enum mint_kind { MINT_READ, MINT_WIDE, MINT_CHANGE, MINT_KINDS };

struct mint {
    const char *user, *token; /* USER@REALM, TOKENID */
    unsigned kind;            /* CONFIG_PVE or CONFIG_PBS */
    int release;              /* major version of Proxmox VE */
    bool guarded;
    struct json_object *planes;            /* ["nodes", ...] */
    struct json_object *needs[MINT_KINDS]; /* {path: {privilege: [tool]}}, as the rows say */
    struct json_object
        *roles[MINT_KINDS]; /* {name: "A,B"}, in the order they are made; Backup Server: none */
    struct json_object *grants[MINT_KINDS]; /* {path: role's name}, "/" first; Backup Server: builtin ones,
                                               "A,B" */
    struct json_object *root_only, *no_token;
    struct json_object *wide_reads; /* those that need WIDE, and are refused or see less without it */
    size_t tools[MINT_KINDS];
};

/* mint_rights.c: needs become roles and grants. */
void mint_rights(struct mint *m);
/* mint_text.c */
void mint_text(const struct mint *m, struct buf *out);
void mint_json(const struct mint *m, struct buf *out);

#endif
