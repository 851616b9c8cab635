/* SPDX-License-Identifier: Apache-2.0 */
/* What notes (note.c) and checkpoints (note_checkpoint.c) share. Pure functions. */
#ifndef PROXIMO_LEDGER_NOTE_INNER_H
#define PROXIMO_LEDGER_NOTE_INNER_H

#include <stdbool.h>
#include <stddef.h>

/* Can these bytes be the name of a key? UTF-8 without space, plus or control character, and not too long. */
bool note_name_ok(const char *name, size_t len);
/* *ret_text is the length of the note's text, which ends before the last empty line. false: this is no note,
 * for it is too long, no UTF-8, has control characters, no text or no lines behind it. */
bool note_split(const char *note, size_t len, size_t *ret_text);

#endif
