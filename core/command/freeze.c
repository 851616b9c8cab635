/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo freeze` and `proximo thaw`: the operator's switch for all changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command/with_trust.h"
#include "config/config.h"
#include "trust/trust.h"

/* Where a configuration that cannot be loaded would have put it: freezing must not wait for its mending. */
static char *default_state(void)
{
    const char *base = getenv("XDG_STATE_HOME");
    char *path = NULL;

    if (!base || *base != '/')
        return file_expand_home("~/.local/state/proximo");
    return asprintf(&path, "%s/proximo", base) >= 0 ? path : NULL;
}

static int freeze_blind(const struct problem *why, const char *reason)
{
    CLEANUP_FREE char *state_dir = default_state();
    struct problem p = PROBLEM_INIT;

    (void)fprintf(stderr, "proximo: note: %s: %s\n", why->code, why->cause);
    if (trust_freeze_file(state_dir, reason, &p) < 0)
        return command_fail(&p);
    (void)fprintf(
        stderr,
        "proximo: frozen in the default state folder %s only, and not recorded: a server with another "
        "state_dir goes on\n",
        state_dir);
    return 1;
}

/* Frozen is frozen, recorded or not; the exit status tells them apart. */
static int freeze_recorded(const struct config *config, const char *reason, bool json)
{
    const struct trust_options options = {.config = config};
    struct problem p = PROBLEM_INIT;
    struct trust *trust = NULL;

    if (trust_freeze_file(config->state_dir, reason, &p) < 0)
        return command_fail(&p);
    int r = trust_new(&options, &trust);
    r = r < 0 ? problem_set(&p, r, PX_INTERNAL, "no memory") : trust_freeze_record(trust, reason, &p);
    trust_free(trust);
    if (r < 0) {
        (void)fprintf(stderr, "proximo: changes are frozen, but that could not be recorded: %s: %s\n", p.code,
                      p.cause);
        return 1;
    }
    (void)puts(json ? "{\"frozen\":true}"
                    : "Changes are frozen. Running servers refuse them from the next call on; reads go on.\n"
                      "`proximo thaw` ends it.");
    return 0;
}

int command_freeze(const struct command_line *line)
{
    const struct config_options options = {.file = command_value(line, "--config")};
    const char *reason = command_value(line, "--reason");
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;

    if (config_load(&options, &config, &p) < 0)
        return freeze_blind(&p, reason);
    const int status = freeze_recorded(config, reason, command_value(line, "--json") != NULL);
    config_free(config);
    return status;
}

static int thaw(struct trust *trust, const struct command_line *line, struct buf *out, struct problem *p)
{
    bool was = false;

    int r = trust_thaw(trust, &was, p);
    if (r < 0)
        return r;
    if (command_value(line, "--json"))
        buf_printf(out, "{\"frozen\":false,\"was\":%s}\n", was ? "true" : "false");
    else
        buf_str(out, was ? "Changes are not frozen any more.\n" : "Changes were not frozen.\n");
    return 0;
}

int command_thaw(const struct command_line *line)
{
    return with_trust(line, thaw);
}
