/* SPDX-License-Identifier: Apache-2.0 */
/* What decides about a packet, in words that an operator understands. Texts are in the arena; NULL: no
 * memory. */
#ifndef PROXIMO_FIREWALL_WORDS_H
#define PROXIMO_FIREWALL_WORDS_H

#include "../rows.h"
#include "evaluate/evaluate.h"

/* A rule: "in DROP tcp dport 8006 from anywhere". NULL too when it is none. */
const char *rule_said(const struct asking *a, struct json_object *rule);
/* "rule 3 of the node's firewall: in DROP tcp 8006 from anywhere", "the default policy DROP", ... input: that
 * of the model that judged. */
const char *by_words(const struct asking *a, struct json_object *input, const struct fw_by *by);
/* "the node's firewall", "guest 105's firewall", "the datacenter's firewall", by the file's name. */
const char *file_words(const struct asking *a, const char *file);
/* The rule that stands there; borrowed. NULL: none. */
struct json_object *rule_at(struct json_object *input, const char *file, const char *group, uint32_t pos);

#endif
