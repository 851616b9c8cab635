/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder of consent: what is built in, what an operator's rules raise, that none lowers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/problem.h"
#include "config/config.h"
#include "proximo/plane.h"
#include "trust/trust_inner.h"

#define KEY  "approver_key: /k.pub"
#define SITE "sites: {lab: {url: 'https://h', token_file: /t%s}}\n"

struct row {
    const char *trust; /* members of trust: */
    const char *site;  /* more members of the site */
    unsigned risk;
    uint64_t flags;
    const char *class;
    const char *consent, *why;
};

static const struct row rows[] = {
    /* built in, without and with an approver's key */
    {"", "", 1, 0, "guest.start", "plan", "built in"},
    {"", "", 2, 0, "guest.start", "plan", "built in"},
    {"", "", 3, 0, "guest.start", "human", "risk is high"},
    {"", "", 1, PROXIMO_CLASS_DESTROYS, "x.y", "human", "destroys"},
    {"", "", 1, PROXIMO_CLASS_CUTS_OFF, "x.y", "human", "cut off"},
    {"", "", 1, PROXIMO_CLASS_WIDENS, "x.y", "human", "widens"},
    {"", "", 1, 0, "exec.run", "human", "command"},
    {"", "", 1, 0, "executive.run", "plan", "built in"},
    {KEY, "", 1, 0, "guest.start", "plan", "built in"},
    {KEY, "", 2, 0, "guest.start", "plan", "built in"},
    {KEY, "", 3, 0, "guest.start", "approver", "risk is high"},
    {KEY, "", 1, PROXIMO_CLASS_DESTROYS, "x.y", "approver", "destroys"},
    {KEY, "", 1, PROXIMO_CLASS_CUTS_OFF, "x.y", "approver", "cut off"},
    {KEY, "", 1, PROXIMO_CLASS_WIDENS, "x.y", "approver", "widens"},
    {KEY, "", 1, 0, "exec.run", "approver", "command"},
    /* rules raise */
    {"consent: {guest.start: human}", "", 1, 0, "guest.start", "human", "trust.consent: guest.start"},
    {"consent: {guest.start: human}", "", 1, 0, "guest.started", "plan", "built in"},
    {"consent: {'guest.*': human}", "", 1, 0, "guest.start", "human", "trust.consent: guest.*"},
    {"consent: {'guest.*': human}", "", 1, 0, "guests.start", "plan", "built in"},
    {"consent: {'guest.*': human}", "", 1, 0, "guest", "plan", "built in"},
    {KEY ", consent: {'guest.*': human, guest.start: approver}", "", 1, 0, "guest.start", "approver",
     "trust.consent: guest.start"},
    {KEY ", consent: {guest.start: approver, 'guest.*': human}", "", 1, 0, "guest.start", "approver",
     "trust.consent: guest.start"},
    {"", ", consent: human", 1, 0, "guest.start", "human", "sites.lab.consent"},
    {KEY, ", consent: approver", 1, 0, "guest.start", "approver", "sites.lab.consent"},
    {KEY ", consent: {'guest.*': human}", ", consent: approver", 1, 0, "guest.start", "approver",
     "sites.lab.consent"},
    /* and none lowers */
    {"consent: {guest.stop: plan}", "", 3, 0, "guest.stop", "human", "risk is high"},
    {KEY ", consent: {guest.stop: human}", "", 3, 0, "guest.stop", "approver", "risk is high"},
    {KEY ", consent: {'guest.*': human, guest.start: plan}", ", consent: plan", 1, 0, "guest.start", "human",
     "trust.consent: guest.*"},
    {KEY, ", consent: human", 1, PROXIMO_CLASS_DESTROYS, "guest.start", "approver", "destroys"},
};

/* design 3: "default for high: human; with an approver key configured approver" */
static void ladder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        char yaml[512], why[CONSENT_WHY_SIZE];
        struct problem p = PROBLEM_INIT;
        struct config *config = NULL;
        (void)snprintf(yaml, sizeof(yaml), SITE "trust: {%s}\n", row->site, row->trust);
        if (config_load_text("f", yaml, strlen(yaml), &config, &p) < 0)
            fail_msg("row %zu: %s", i, p.cause);
        const struct trust trust = {.config = config};
        const enum config_consent consent =
            trust_consent_needed(&trust, &config->sites[0], row->risk, row->flags, row->class, why);
        if (strcmp(config_consent_name(consent), row->consent) != 0 || !strstr(why, row->why))
            fail_msg("row %zu (%s): %s, %s", i, row->class, config_consent_name(consent), why);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ladder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
