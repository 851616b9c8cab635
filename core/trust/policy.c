/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be done at all: mode, allow and deny, and what a plan is bound to. The gates stand here once, for
 * planning and for applying.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

/* Global mode and plane mode: the stricter holds. */
static int mode_gate(const struct trust *trust, const struct tool *tool, struct problem *p)
{
    const struct config *config = trust->config;
    const char *plane_name = tool->plane ? tool->plane->name : "";
    const struct config_plane *plane = config_plane_find(config, plane_name);
    const enum config_mode mode = config_plane_mode(config, plane);

    if (config->mode == CONFIG_GUARDED && mode == CONFIG_GUARDED)
        return 0;
    problem_set(p, -EPERM, PX_READ_ONLY, "%s changes something, and the mode of %s%s is %s", tool->name,
                config->mode == CONFIG_GUARDED ? "plane " : "this server",
                config->mode == CONFIG_GUARDED ? plane_name : "",
                config_mode_name(config->mode == CONFIG_GUARDED ? mode : config->mode));
    problem_next(p, "an operator can set `mode: guarded` in the configuration; no argument can");
    return -EPERM;
}

int trust_allowed(struct trust *trust, const struct tool *tool, const char *operation_class,
                  struct problem *p)
{
    if (!trust->options.allowed || trust->options.allowed(trust->options.allowed_arg, tool, operation_class))
        return 0;
    problem_set(p, -EPERM, PX_TOOL, "%s%s%s is left out by the allow and deny lists", tool->name,
                operation_class ? " as " : "", operation_class ? operation_class : "");
    problem_next(p, "an operator can change tools.allow and tools.deny in the configuration");
    return -EPERM;
}

/* Which classes a plan function names shows when it has planned; build_subjects asks for each of them. */
int policy_tool(struct trust *trust, const struct tool *tool, struct problem *p)
{
    int r = mode_gate(trust, tool, p);

    if (r == 0)
        r = limits_frozen(trust, p);
    return r < 0 ? r : trust_allowed(trust, tool, tool->has_plan ? NULL : tool->operation_class, p);
}

int policy_plan(struct trust *trust, const struct plan *plan, struct problem *p)
{
    const struct tool *tool = planes_tool_find(trust->planes, plan->tool);
    struct json_object *subjects = NULL;

    if (!tool || tool->kind != TOOL_CHANGE) {
        problem_set(p, -ENOENT, PX_PLAN, "plan %s was made with the tool %.60s, which is not there now",
                    plan->id, plan->tool);
        problem_next(p, "an operator can load the plane that has it again; then plan the change anew");
        return -ENOENT;
    }
    int r = mode_gate(trust, tool, p);
    if (r == 0)
        r = limits_frozen(trust, p);
    if (r == 0)
        r = trust_allowed(trust, tool, plan->action, p);
    (void)json_get(plan->root, "subjects", json_type_array, &subjects);
    for (size_t i = 0; r == 0 && subjects && i < json_object_array_length(subjects); i++) {
        const char *class = NULL;
        if (json_get_string(json_object_array_get_idx(subjects, i), "class", &class, NULL) == 0)
            r = trust_allowed(trust, tool, class, p);
    }
    return r < 0 ? r : limits_targets_plan(trust, plan, p);
}

/* ---- what a plan is bound to */

static int unbound(const struct plan *plan, const char *what, struct problem *p)
{
    problem_set(p, -EPERM, PX_PLAN, "plan %s was made %s", plan->id, what);
    problem_next(p, "plan the change again");
    return -EPERM;
}

/* Are the loaded planes those of the plan, byte for byte? */
static bool planes_same(const struct trust *trust, struct json_object *planned)
{
    const size_t wanted = planned ? json_object_array_length(planned) : 0;

    for (size_t i = 0; i < wanted; i++) {
        struct json_object *row = json_object_array_get_idx(planned, i);
        const char *name = NULL, *sha256 = NULL;
        bool found = false;
        if (json_get_string(row, "name", &name, NULL) < 0 ||
            json_get_string(row, "sha256", &sha256, NULL) < 0)
            return false;
        for (size_t k = 0; !found && k < planes_count(trust->planes); k++) {
            struct plane_state state;
            found = planes_state(trust->planes, k, &state) == 0 && state.loaded &&
                    strcmp(state.name, name) == 0 && strcmp(state.sha256, sha256) == 0;
        }
        if (!found)
            return false;
    }
    return true;
}

int policy_binding(struct trust *trust, const struct plan *plan, int64_t now_s, struct site **ret_site,
                   struct problem *p)
{
    struct json_object *planes = NULL;
    const char *config = NULL;
    char principal[320];

    if (plan->expires_s <= now_s) {
        problem_set(p, -ETIME, PX_PLAN, "plan %s has expired", plan->id);
        problem_next(p, "plan the change again");
        return -ETIME;
    }
    int r = sites_find(trust->sites, plan->site, ret_site, p);
    if (r < 0)
        return r;
    r = trust_principal(trust, *ret_site, principal, p);
    if (r < 0)
        return r;
    if (strcmp(principal, plan->principal) != 0)
        return unbound(plan, "by another user or with another token", p);
    (void)json_get_string(plan->root, "config", &config, NULL);
    if (!text_equal(config, trust->config_hash))
        return unbound(plan, "under another configuration", p);
    (void)json_get(plan->root, "planes", json_type_array, &planes);
    if (!planes_same(trust, planes))
        return unbound(plan, "with other planes than are loaded now", p);
    return 0;
}

int policy_echo(const struct plan *plan, const char *action, const char *subject, struct problem *p)
{
    const bool action_fits = text_equal(action, plan->action);

    if (action_fits && text_equal(subject, plan->subject))
        return 0;
    problem_set(p, -EINVAL, PX_ECHO, "the %s of plan %s is not '%.100s'", action_fits ? "subject" : "action",
                plan->id, action_fits ? (subject ? subject : "") : (action ? action : ""));
    problem_next(p, "repeat action and subject exactly as the plan has them: %.60s, %.200s", plan->action,
                 plan->subject);
    return -EINVAL;
}
