/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The risk of the whole: the highest of what the core, the classes, the plane and the blast functions say,
 * and high if anything could not be read. Then the consent that it needs.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "trust/build.h"

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

static int consent_rank(const char *consent)
{
    static const char *const names[] = {"plan", "human", "approver"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], consent) == 0)
            return i;
    }
    return 3;
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
    for (size_t i = 0; i < json_object_array_length(b->subjects); i++) {
        const char *class = b->action;
        (void)json_get_string(json_object_array_get_idx(b->subjects, i), "class", &class, NULL);
        const char *needed = trust_consent_needed(b->trust, b->risk, b->flags, class);
        if (!b->consent || consent_rank(needed) > consent_rank(b->consent))
            b->consent = needed;
    }
    return 0;
}
