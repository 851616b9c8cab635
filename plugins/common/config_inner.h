/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of config_object.h. */
#ifndef PROXIMO_PLUGINS_CONFIG_INNER_H
#define PROXIMO_PLUGINS_CONFIG_INNER_H

#include "config_object.h"

/* The id, what fills the paths, the release; for the way back as well. Negative after host->fail. */
int32_t config_open(const struct proximo_host *host, struct proximo_call *call,
                    const struct config_kind *kind, uint32_t verb, struct config_change *ret);
/* The object as it is into c->now. A creation wants none, the others want one. */
int32_t config_look(struct config_change *c);
void config_done(struct config_change *c);
/* "backup job \"nightly\"" */
const char *config_label(const struct config_change *c);
/* Fills {names} of a template from the arguments; NULL: no memory. */
const char *config_fill(const struct config_change *c, const char *template);

/* The edits that the arguments ask for. */
int32_t config_take_arguments(struct config_change *c);
/* One edit; value NULL: remove. What is so already is left out. */
int32_t config_edit(struct config_change *c, const struct config_key *key, struct json_object *value);
const struct config_key *config_key_find(const struct config_kind *kind, const char *name);
/* A value as Proxmox takes it: "1" for true, "a,b" for lists, "k=v,l=w" for objects; NULL: null, or no
 * memory. */
const char *config_text(const struct asking *a, struct json_object *value);

/* Guards, steps, postconditions and the way back of the edits. */
int32_t config_lay_out(struct config_change *c);

#endif
