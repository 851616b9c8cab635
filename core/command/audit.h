/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `proximo audit` share. */
#ifndef PROXIMO_COMMAND_AUDIT_H
#define PROXIMO_COMMAND_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/note.h"

struct buf;
struct command_line;
struct config;
struct problem;

/* The files of one ledger, malloc'd; NULL: none. */
struct audit_files {
    char *file, *key, *head, *public_key;
};
#define CLEANUP_AUDIT_FILES __attribute__((cleanup(audit_files_done)))
void audit_files_done(struct audit_files *files);
/* Of --file, --key and --expected-head, else of the configuration, else (told on stderr) of the default
 * folder. */
int audit_files_find(const struct command_line *line, struct audit_files *ret, struct problem *p);
/*
 * A public key by its text (NAME+ID+BASE64) or the file that holds it. A PEM has no name: `name` says it,
 * which is good for one use, because the key then decides; NULL: a PEM is refused.
 */
int audit_key_read(const char *word, int (*name)(void *arg, char ret[NOTE_NAME_SIZE], struct problem *p),
                   void *arg, struct note_key *ret, struct problem *p);

/* "2026-01-31T12:00:00Z" */
void audit_when(struct buf *out, int64_t time_us);
/* One record with every member of its body, a line each, cleaned for a terminal. */
void audit_show_whole(struct buf *out, const char *line, size_t len);
/*
 * The configuration, with the ledger that --file names, if it is given, in place of its own and the keys
 * beside that one. The ledger must be there: nothing is begun anew by asking for proofs. Negative and p.
 * *ret is the caller's: config_free.
 */
int audit_config(const struct command_line *line, struct config **ret, struct problem *p);
/* The whole of a file, at most `out`'s limit. PX-LEDGER, with the reason. */
int audit_read(const char *path, struct buf *out, struct problem *p);

#endif
