/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor on the tools: what the token of a site can use fully, in part or not at all, by the needs that the
 * rows name; what is missing, grouped by privilege, is told with the lines that grant it (tools_grant.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/grant.h"
#include "doctor/site.h"
#include "doctor/tools.h"
#include "plane/manifest.h"
#include "plane/need.h"

#define NAMES_TOLD 12

enum usable { USABLE_FULLY, USABLE_IN_PART, USABLE_NOT, USABLE_REFUSED, USABLE_UNKNOWN, USABLE_COUNT };

static const char *const usable_names[] = {[USABLE_FULLY] = "fully",
                                           [USABLE_IN_PART] = "in part",
                                           [USABLE_NOT] = "not at all",
                                           [USABLE_REFUSED] = "refused",
                                           [USABLE_UNKNOWN] = "unknown"};

struct survey {
    struct doctor_site *s;
    struct json_object *missing[2]; /* of reads, of changes: {path: {privilege: [tool]}} */
    struct json_object *list;       /* every tool */
    struct json_object *root_only, *no_token;
    size_t counts[2][USABLE_COUNT];
    bool unread; /* the site did not answer: nothing more is asked */
    struct problem problem;
};

/* What the token lacks for this tool goes to `lacking`, [{path, privilege, held}]. */
static enum usable tool_usable(struct survey *v, const struct tool *tool, struct json_object *lacking)
{
    size_t no = 0, some = 0;

    for (size_t i = 0; i < tool->need_count; i++) {
        const struct site_call call = doctor_call(v->s->d, v->s->config);
        enum need_held held =
            v->unread ? NEED_UNKNOWN : need_ask(v->s->site, &call, &tool->needs[i], &v->problem);

        if (held == NEED_UNKNOWN) {
            v->unread = true;
            return USABLE_UNKNOWN;
        }
        if (held == NEED_YES)
            continue;
        no += held == NEED_NO;
        some += held == NEED_SOME;
        struct json_object *row = json_object_new_object();
        (void)json_object_object_add(row, "path", json_object_new_string(tool->needs[i].path));
        (void)json_object_object_add(row, "privilege", json_object_new_string(tool->needs[i].privilege));
        (void)json_object_object_add(row, "held",
                                     json_object_new_string(held == NEED_SOME ? "on some" : "nowhere"));
        (void)json_object_array_add(lacking, row);
    }
    if (no + some == 0)
        return USABLE_FULLY;
    if (tool->kind == TOOL_CHANGE) /* without one of its privileges it is refused */
        return no > 0 ? USABLE_NOT : USABLE_IN_PART;
    return no == tool->need_count ? USABLE_NOT : USABLE_IN_PART;
}

/* Needs that are not held everywhere, by path and chosen privilege. */
static void note_missing(struct survey *v, const struct tool *tool, struct json_object *lacking)
{
    struct json_object *set = v->missing[tool->kind == TOOL_CHANGE];

    for (size_t i = 0; i < json_object_array_length(lacking); i++) {
        struct json_object *row = json_object_array_get_idx(lacking, i), *there = NULL;
        const char *template = "/", *alternatives = "";
        char path[NEED_PATH_SIZE], privilege[48];

        (void)json_get_string(row, "path", &template, NULL);
        (void)json_get_string(row, "privilege", &alternatives, NULL);
        if (!need_fixed_part(template, path))
            continue;
        (void)json_object_object_get_ex(set, path, &there);
        const struct grant_of of = {v->s->config->kind, v->s->release};
        if (grant_choose(alternatives, of, there, privilege))
            grant_add(set, path, privilege, tool->name);
    }
}

static void note_tool(struct survey *v, const struct tool *tool)
{
    const bool change = tool->kind == TOOL_CHANGE;
    struct json_object *row, *lacking = json_object_new_array();
    const bool root = (tool->flags & PROXIMO_CHANGE_ROOT_ONLY) != 0;
    enum usable usable = USABLE_REFUSED;

    if (grant_is_refused(tool))
        (void)json_object_array_add(root ? v->root_only : v->no_token, json_object_new_string(tool->name));
    else
        usable = tool_usable(v, tool, lacking);
    v->counts[change][usable]++;
    note_missing(v, tool, lacking);
    row = json_object_new_object();
    (void)json_object_object_add(row, "tool", json_object_new_string(tool->name));
    (void)json_object_object_add(row, "plane", json_object_new_string(tool->plane->name));
    (void)json_object_object_add(row, "kind", json_object_new_string(change ? "change" : "read"));
    (void)json_object_object_add(row, "usable", json_object_new_string(usable_names[usable]));
    if (usable == USABLE_REFUSED)
        (void)json_object_object_add(row, "why",
                                     json_object_new_string(root ? "root@pam only" : "no API tokens"));
    (void)json_object_object_add(row, "lacks", lacking);
    (void)json_object_array_add(v->list, row);
}

static void say_counts(struct survey *v, bool change)
{
    const size_t *counts = v->counts[change];
    CLEANUP_BUF struct buf text = BUF_INIT(1024);
    struct json_object *check, *facts = json_object_new_object();
    size_t all = 0;

    for (size_t i = 0; i < USABLE_COUNT; i++) {
        all += counts[i];
        (void)json_object_object_add(facts, usable_names[i], json_object_new_int64((int64_t)counts[i]));
        if (counts[i] > 0 && i != USABLE_REFUSED)
            buf_printf(&text, "%s%zu %s", text.len ? ", " : "", counts[i], usable_names[i]);
    }
    if (counts[USABLE_REFUSED] > 0)
        buf_printf(&text, "%s%zu that Proxmox refuses to every token", text.len ? ", " : "",
                   counts[USABLE_REFUSED]);
    if (change && all > 0)
        buf_str(&text,
                " (by what each always needs; some need more for some arguments, which the plan says)");
    if (all == 0)
        buf_str(&text, change ? "none: the mode allows no change" : "none is offered");
    check = doctor_add(v->s->d, counts[USABLE_IN_PART] + counts[USABLE_NOT] ? DOCTOR_NOTE : DOCTOR_OK, NULL,
                       "%s, with this token: %s", change ? "changes" : "reads", text.data ? text.data : "");
    (void)json_object_object_add(check, change ? "changes" : "reads", facts);
    if (v->s->d->subject->every_tool && !change)
        (void)json_object_object_add(check, "tools", json_object_get(v->list));
}

/* "a, b and 3 more" */
void doctor_put_names(struct json_object *names, struct buf *out)
{
    const size_t count = json_object_array_length(names);

    for (size_t i = 0; i < count && i < NAMES_TOLD; i++)
        buf_printf(out, "%s%s", i ? ", " : "", json_object_get_string(json_object_array_get_idx(names, i)));
    if (count > NAMES_TOLD)
        buf_printf(out, " and %zu more", count - NAMES_TOLD);
}

static void say_refused(struct survey *v, struct json_object *names, const char *why, const char *next)
{
    CLEANUP_BUF struct buf text = BUF_INIT(4096);

    if (json_object_array_length(names) == 0)
        return;
    doctor_put_names(names, &text);
    struct json_object *check =
        doctor_add(v->s->d, DOCTOR_NOTE, next, "%s: %s", why, text.data ? text.data : "");
    (void)json_object_object_add(check, "tools", json_object_get(names));
}

/* One check for each privilege that is missing somewhere. */
static void say_missing(struct survey *v, bool change)
{
    json_object_object_foreach(v->missing[change], path, privileges)
    {
        json_object_object_foreach(privileges, privilege, tools)
        {
            CLEANUP_BUF struct buf text = BUF_INIT(4096);
            const size_t count = json_object_array_length(tools);

            doctor_put_names(tools, &text);
            struct json_object *check =
                doctor_add(v->s->d, DOCTOR_NOTE, NULL,
                           "%s is not held on %s and all below it. Without it %zu %s%s %s: %s", privilege,
                           path, count, change ? "change" : "read", count == 1 ? "" : "s",
                           change       ? "may be refused"
                           : count == 1 ? "sees less"
                                        : "see less",
                           text.data ? text.data : "");
            doctor_fact(check, "privilege", privilege);
            doctor_fact(check, "path", path);
            doctor_fact(check, "kind", change ? "change" : "read");
            (void)json_object_object_add(check, "tools", json_object_get(tools));
        }
    }
}

static void survey_say(struct survey *v)
{
    struct doctor *d = v->s->d;

    if (v->unread)
        doctor_add(d, DOCTOR_NOTE, "Run it again when the site answers.",
                   "not all permissions could be read, so some tools are unknown: %s %s", v->problem.code,
                   v->problem.cause);
    for (int change = 0; change < 2; change++) {
        say_counts(v, change != 0);
        say_missing(v, change != 0);
    }
    say_refused(v, v->root_only, "Proxmox takes these from root@pam alone, never from an API token",
                "Nothing to grant: do them as root@pam in the web interface or a shell.");
    say_refused(v, v->no_token, "Proxmox refuses API tokens for these",
                "Nothing to grant: do them as a user, by password, in the web interface.");
    doctor_say_grants(v->s, v->missing[0], v->missing[1]);
}

void doctor_site_tools(struct doctor_site *s)
{
    const struct doctor_subject *subject = s->d->subject;
    struct survey v = {.s = s,
                       .missing = {json_object_new_object(), json_object_new_object()},
                       .list = json_object_new_array(),
                       .root_only = json_object_new_array(),
                       .no_token = json_object_new_array(),
                       .problem = PROBLEM_INIT};
    char name[160];

    (void)snprintf(name, sizeof(name), "site %s: tools", s->config->name);
    doctor_section(s->d, name);
    if (subject->planes_result != 0)
        doctor_add(s->d, DOCTOR_NOTE, "See the section on planes.",
                   "the planes are not loaded, so there are no tools to look at");
    else
        for (size_t i = 0; i < subject->tool_count; i++) {
            if (plane_info_for(subject->tools[i]->plane, s->config->kind))
                note_tool(&v, subject->tools[i]);
        }
    if (subject->planes_result == 0)
        survey_say(&v);
    json_object_put(v.missing[0]);
    json_object_put(v.missing[1]);
    json_object_put(v.list);
    json_object_put(v.root_only);
    json_object_put(v.no_token);
}
