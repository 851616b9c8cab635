/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder of consent: plan, human, approver. What is built in is the least; the operator's rules by class
 * and by site only raise it. The whole of what counts is asked each time and the highest step holds, with the
 * rule that set it.
 */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "proximo/plane.h"
#include "trust/limits.h"
#include "trust/risk.h"
#include "trust/trust_inner.h"

struct climb {
    enum config_consent step;
    char *why; /* CONSENT_WHY_SIZE bytes */
};

/* The first reason of a step stays: what is built in is told before a rule that says the same. */
static void raise_to(struct climb *climb, enum config_consent step, const char *rule, const char *value)
{
    if (step <= climb->step && *climb->why)
        return;
    climb->step = step;
    (void)snprintf(climb->why, CONSENT_WHY_SIZE, "%s%s", rule, value);
}

static void built_in(struct climb *climb, const struct config *config, unsigned risk, uint64_t flags,
                     const char *operation_class)
{
    static const struct {
        uint64_t flag;
        const char *why;
    } held[] = {{PROXIMO_CLASS_DESTROYS, "built in: it destroys"},
                {PROXIMO_CLASS_CUTS_OFF, "built in: it can cut off the operator"},
                {PROXIMO_CLASS_WIDENS, "built in: it widens access"}};
    const enum config_consent person =
        config->trust.approver_key ? CONFIG_CONSENT_APPROVER : CONFIG_CONSENT_HUMAN;

    if (strncmp(operation_class, "exec.", 5) == 0 || (flags & RISK_COMMAND))
        raise_to(climb, person, "built in: it runs a command", "");
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        if (flags & held[i].flag)
            raise_to(climb, person, held[i].why, "");
    }
    if (risk >= PROXIMO_RISK_HIGH)
        raise_to(climb, person, "built in: the risk is high", "");
    raise_to(climb, CONFIG_CONSENT_PLAN, "built in: the risk is not high", "");
}

enum config_consent trust_consent_needed(const struct trust *trust, const struct config_site *site,
                                         unsigned risk, uint64_t flags, const char *operation_class,
                                         char ret_why[CONSENT_WHY_SIZE])
{
    const struct config_trust *rules = &trust->config->trust;
    struct climb climb = {.why = ret_why};

    *ret_why = '\0';
    built_in(&climb, trust->config, risk, flags, operation_class);
    for (size_t i = 0; i < rules->rule_count; i++) {
        if (limits_class_fits(rules->rules[i].classes, operation_class))
            raise_to(&climb, rules->rules[i].consent, "trust.consent: ", rules->rules[i].classes);
    }
    if (site) {
        char rule[64];
        (void)snprintf(rule, sizeof(rule), "sites.%.40s.consent", site->name ? site->name : "");
        raise_to(&climb, site->consent, rule, "");
    }
    return climb.step;
}
