/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The risk of the whole: the highest of what the core, the classes, the plane and the blast functions say,
 * and high if anything could not be read. Then the consent that it needs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plane/site.h"
#include "trust/build.h"
#include "trust/limits.h"

static int plane_risks(struct build *b, struct problem *p)
{
    struct json_object *rows = NULL;

    if (json_get(b->draft, "risks", json_type_array, &rows) < 0)
        return 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *reason = "";
        int64_t level = RISK_HIGH;
        (void)json_get_int(row, "risk", &level);
        (void)json_get_string(row, "reason", &reason, NULL);
        if (build_reason(b, "plan", level < 0 ? RISK_HIGH : (unsigned)level, reason) < 0)
            return build_no_memory(p);
    }
    return 0;
}

/* Of all its classes the one that needs most. */
static void consent_take(struct build *b)
{
    const struct config_site *site = site_config(b->request->site);

    for (size_t i = 0; i < json_object_array_length(b->subjects); i++) {
        const char *class = b->action;
        char why[CONSENT_WHY_SIZE];
        (void)json_get_string(json_object_array_get_idx(b->subjects, i), "class", &class, NULL);
        const enum config_consent needed =
            trust_consent_needed(b->trust, site, b->risk, b->flags, class, why);
        if (!*b->consent_why || needed > b->consent) {
            b->consent = needed;
            memcpy(b->consent_why, why, sizeof(why));
        }
    }
}

int build_risk(struct build *b, struct problem *p)
{
    const size_t gaps = json_object_array_length(b->incomplete);

    int r = plane_risks(b, p);
    if (r < 0)
        return r;
    if (gaps && build_reason(b, "completeness", RISK_HIGH, "not everything that matters could be read") < 0)
        return build_no_memory(p);
    if (b->risk < RISK_LOW)
        b->risk = RISK_LOW;
    consent_take(b);
    if (b->trust->options.bearer) {
        b->consent = CONFIG_CONSENT_APPROVER;
        (void)snprintf(b->consent_why, sizeof(b->consent_why), "built in: it came over a network");
    }
    if (b->consent == CONFIG_CONSENT_PLAN && strcmp(limits_consent(b->trust, "plan"), "plan") != 0) {
        b->consent = CONFIG_CONSENT_HUMAN;
        (void)snprintf(b->consent_why, sizeof(b->consent_why), "trust.taint: untrusted text was read");
    }
    return 0;
}
