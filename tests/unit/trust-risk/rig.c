/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

struct risk_verdict verdict;

void judge(unsigned site_kind, const char *method, const char *path, ...)
{
    struct http_field fields[24];
    size_t count = 0;
    va_list ap;

    va_start(ap, path);
    for (const char *name; count < 24 && (name = va_arg(ap, const char *)) != NULL; count++) {
        const char *value = va_arg(ap, const char *);
        const bool known = strcmp(value, UNKNOWN) != 0;
        fields[count] = (struct http_field){name, known ? value : NULL, known ? strlen(value) : 0};
    }
    va_end(ap);
    risk_judge(site_kind, method, path, fields, count, &verdict);
}

void expect_at(unsigned level, const char *text, int line)
{
    bool found = text == NULL;
    for (size_t i = 0; i < verdict.reason_count; i++) {
        found = found || strstr(verdict.reasons[i].text, text);
        if (i > 0)
            assert_true(verdict.reasons[i - 1].level >= verdict.reasons[i].level);
        assert_true(verdict.reasons[i].level <= verdict.level);
    }
    if (verdict.level != level || !found)
        fail_msg("line %d: level %u, expected %u; first reason: %s; looked for: %s", line, verdict.level,
                 level, verdict.reasons[0].text, text ? text : "-");
}
