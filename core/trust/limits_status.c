/* SPDX-License-Identifier: Apache-2.0 */
/* The limits in force, for proximo_status. The ledger is not read: what is counted is counted when it
 * matters. */
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "config/target.h"
#include "trust/limits.h"
#include "trust/trust_inner.h"

static void put_words(struct buf *out, const char *key, const struct config_strings *list, bool targets)
{
    if (list->count == 0 || (targets && targets_count(list) == 0))
        return;
    json_put_key(out, key);
    buf_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (targets && !target_is(list->items[i]))
            continue;
        json_put_comma(out);
        json_put_cstr(out, list->items[i]);
    }
    buf_char(out, ']');
}

void limits_put_status(struct trust *trust, struct buf *out)
{
    const struct config *config = trust->config;
    struct problem frozen = PROBLEM_INIT;

    json_put_key(out, "limits");
    buf_char(out, '{');
    json_put_key_bool(out, "frozen", limits_frozen(trust, &frozen) < 0);
    if (frozen.code[0]) {
        json_put_key_string(out, "cause", frozen.cause);
        json_put_key_string(out, "next", frozen.next);
    }
    if (config->changes_per_hour)
        json_put_key_int(out, "changes_per_hour", config->changes_per_hour);
    put_words(out, "class_per_hour", &config->class_per_hour, false);
    json_put_key_string(out, "lease", config->trust.lease_required ? "required" : "none");
    put_words(out, "allowed_targets", &config->allow, true);
    put_words(out, "denied_targets", &config->deny, true);
    json_put_key_string(out, "taint", config->trust.taint_consent ? "consent" : "off");
    limits_taint_put(trust, out);
    buf_char(out, '}');
}
