/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writes of many kinds share: lists of words, digests, storing what was given.
 */
#ifndef PROXIMO_SIM_CHANGE_H
#define PROXIMO_SIM_CHANGE_H

#include "sim.h"

#define SIM_CHANGED "detected modified configuration - file changed by other user? Try again.\n"

/* The next word of a list ("a,b; c") in `word`, false at its end; `*at` moves on. A word that does not fit is
 * cut. */
bool sim_next_word(const char **at, char *word, size_t size);
/* Stores the given parameters in `entry`, but those of `except` (words with spaces between). */
void sim_put_given(struct sim_call *call, struct json_object *entry, const char *except);
/* Removes the options that the parameter "delete" lists. */
void sim_drop_deleted(struct sim_call *call, struct json_object *entry);
/* Fails the call if it came with another digest than the object's; `prefix` stands before the error text. */
int sim_check_digest(struct sim_call *call, struct json_object *object, const char *prefix);
/* Adds the line break that descriptions in files end with. */
void sim_end_line(struct json_object *entry, const char *name);

#endif
