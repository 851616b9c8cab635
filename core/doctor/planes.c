/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor on the planes: what is loaded, from which file, in whose process, and whether it is pinned. */
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "plane/manifest.h"
#include "plane/planes.h"

static void say_loaded(struct buf *out, const struct plane_state *state, const struct config_plane *named)
{
    const struct plane_info *info = state->info;

    buf_printf(out, "%s %s: loaded, mode %s, %zu tool%s, ABI %u.%u, %s, %s", state->name, info->version,
               state->mode, info->tool_count, info->tool_count == 1 ? "" : "s", info->abi_major,
               info->abi_minor,
               state->foreign ? "foreign, in a host of its own" : "built in, in the host that these share",
               named && named->sha256 ? "pinned" : "not pinned");
    if (info->executor_count > 0)
        buf_str(out, ", its executors in hosts of their own");
}

/* A foreign plane is whatever file stands there; its hash alone says that it is still the same. */
static void check_pin(struct doctor *d, const struct plane_state *state, const struct config_plane *named)
{
    char next[200];

    if (!state->loaded || !state->foreign || (named && named->sha256))
        return;
    (void)snprintf(next, sizeof(next), "Look at the file, then set `sha256: %s` under planes.%s.",
                   state->sha256, state->name);
    doctor_add(d, DOCTOR_NOTE, next, "%s is foreign and not pinned: another file in its place would be taken",
               state->name);
}

static void check_plane(struct doctor *d, const struct plane_state *state)
{
    const struct config_plane *named = config_plane_find(d->subject->config, state->name);
    CLEANUP_BUF struct buf text = BUF_INIT(2048);
    struct json_object *check;

    if (state->loaded && state->info) {
        say_loaded(&text, state, named);
        check = doctor_add(d, DOCTOR_OK, NULL, "%s", text.data ? text.data : state->name);
        doctor_fact(check, "version", state->info->version);
        doctor_fact_int(check, "abi_major", state->info->abi_major);
        doctor_fact_int(check, "abi_minor", state->info->abi_minor);
        doctor_fact_int(check, "tools", (int64_t)state->info->tool_count);
        doctor_fact(check, "host", state->foreign ? "own" : "shared");
    } else if (state->problem.code[0] != '\0') {
        check = doctor_add_problem(d, state->name, &state->problem);
    } else {
        check = doctor_add(d, DOCTOR_NOTE, NULL, "%s: not loaded (mode %s)", state->name, state->mode);
    }
    doctor_fact(check, "plane", state->name);
    doctor_fact(check, "mode", state->mode);
    doctor_fact(check, "path", state->path != NULL ? state->path : "");
    doctor_fact(check, "sha256", state->sha256);
    (void)json_object_object_add(check, "pinned", json_object_new_boolean(named && named->sha256));
    (void)json_object_object_add(check, "foreign", json_object_new_boolean(state->foreign));
    check_pin(d, state, named);
}

void doctor_planes(struct doctor *d)
{
    const struct doctor_subject *subject = d->subject;

    doctor_section(d, "planes");
    if (planes_landlock())
        doctor_add(d, DOCTOR_OK, NULL, "Landlock is there: planes are kept from files as well");
    else
        doctor_add(d, DOCTOR_NOTE,
                   "Use a kernel with Landlock (5.13 or newer, lsm=landlock); planes of others are refused "
                   "without it.",
                   "This kernel has no Landlock: planes are kept from files by seccomp alone.");
    if (!subject->planes) {
        doctor_add(d, DOCTOR_PROBLEM, "Free some memory and try again.", "The planes cannot be tested.");
        return;
    }
    if (subject->planes_result != 0 && subject->planes_result != -EINVAL)
        doctor_add_problem(d, "", subject->planes_problem);
    const unsigned before = d->problems;
    for (size_t i = 0; i < planes_count(subject->planes); i++) {
        struct plane_state state = {0};
        if (planes_state(subject->planes, i, &state) == 0)
            check_plane(d, &state);
    }
    if (subject->unmatched[0])
        doctor_add(d, DOCTOR_PROBLEM,
                   "Correct the name; proximo_find and `proximo planes list` show what there is.",
                   "tools.allow, tools.deny: no plane, tool or class is called %s.", subject->unmatched);
    /* A wrong name or the like that no plane's own line tells. */
    if (subject->planes_result == -EINVAL && d->problems == before)
        doctor_add_problem(d, "", subject->planes_problem);
}
