/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor on isolation: the verdict, what was looked at, and what would make it hold. */
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "config/config.h"
#include "doctor/doctor.h"

#define ADVICE "To bind the agent as well, run proximo as a user of its own: docs/deploy-isolated.md."

static const char *next_step(const struct config *config)
{
    if (geteuid() == 0)
        return "Run proximo as a user of its own, never as root: docs/deploy-isolated.md.";
    /* The trust settings are the second look; what comes after it is about what they name. */
    return config->check_count > 2 && !config->checks[0].fault && !config->checks[1].fault
               ? "Mend what the lines below say; docs/deploy-isolated.md has owners and modes."
               : ADVICE;
}

static void put_check(struct doctor *d, const struct config_check *check)
{
    struct json_object *row;
    char owner[48] = "not there yet";

    if (check->owner >= 0)
        (void)snprintf(owner, sizeof(owner), "owner %lld, mode %04o", (long long)check->owner, check->mode);
    if (check->fault)
        row = doctor_add(d, DOCTOR_NOTE, NULL, "%s %s: %s", check->what, check->path ? check->path : "",
                         check->fault);
    else
        row = doctor_add(d, DOCTOR_OK, NULL, "%s %s%s%s%s", check->what, check->path ? check->path : "",
                         check->path && check->path[0] == '/' ? " (" : "",
                         check->path && check->path[0] == '/' ? owner : "",
                         check->path && check->path[0] == '/' ? "): kept from other users" : "");
    doctor_fact(row, "what", check->what);
    doctor_fact(row, "kept", check->fault ? "no" : "yes");
}

void doctor_isolation(struct doctor *d, const struct config *config)
{
    CLEANUP_BUF struct buf starter = BUF_INIT(300);
    const bool isolated = config->isolation == CONFIG_ISOLATED;
    struct json_object *row;

    doctor_section(d, "isolation");
    config_put_starter(&starter);
    if (isolated)
        row = doctor_add(
            d, DOCTOR_OK, NULL,
            "isolated: trust settings come from a file this user cannot write, and no user but root and "
            "%s can touch token, keys, ledger and state. It holds against an agent that is another user; "
            "started %s",
            config->user, starter.data ? starter.data : "");
    else
        row = doctor_add(
            d, DOCTOR_NOTE, next_step(config),
            "same user: advisory. Whoever runs the agent may change configuration, token or records; "
            "started %s",
            starter.data ? starter.data : "");
    doctor_fact(row, "isolation", isolated ? "isolated" : "same user");
    for (size_t i = 0; i < config->check_count; i++)
        put_check(d, &config->checks[i]);
}
