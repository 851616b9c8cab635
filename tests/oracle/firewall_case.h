/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded firewall case as the evaluator's input. */
#ifndef TESTS_ORACLE_FIREWALL_CASE_H
#define TESTS_ORACLE_FIREWALL_CASE_H

#include "plugins/firewall/evaluate/evaluate.h"

/*
 * The case's `parsed` and `network` as fw_model_build() takes them; a missing file is an empty configuration.
 * `files` is not looked at. strip: without the recorded errors. The caller owns it; NULL: out of memory.
 */
struct json_object *firewall_case_input(struct json_object *test, bool strip);
/* The recorded errors of a rule, or NULL. Borrowed. */
struct json_object *firewall_case_errors(struct json_object *test, const struct fw_rule_view *rule);

/*
 * Are these the errors of a name that the file defines only after its use? The API does not tell where in a
 * file a name stands, and files that Proxmox wrote have no such rule.
 */
bool firewall_case_is_order(struct json_object *test, const struct fw_rule_view *rule,
                            struct json_object *errors);

#endif
