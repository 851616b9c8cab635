/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A need like VM.Audit on /vms/{vmid} is about a guest that is not named yet. What can be said of all of them
 * is whether the privilege is handed down from the last fixed part of the path, /vms. If it is not, it may
 * still be held on single ones: whether on any, GET /access/permissions without a path says.
 */
#include "mcp/privileges.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/site.h"

#define PATH_SIZE 256

enum held { HELD_NO, HELD_YES, HELD_SOME, HELD_UNKNOWN };

struct privileges privileges_of(const struct server *server, int64_t deadline_ms, struct cancel *cancel,
                                const char *only)
{
    const int64_t latest = clock_ms() + PRIVILEGES_WAIT_MS;

    return (struct privileges){
        .server = server,
        .deadline_ms = latest < deadline_ms ? latest : deadline_ms,
        .cancel = cancel,
        .only = only,
    };
}

static size_t site_count(const struct privileges *asked)
{
    size_t count = asked->server->sites ? sites_count(asked->server->sites) : 0;

    return count < PRIVILEGES_SITES ? count : PRIVILEGES_SITES;
}

static const char *site_name(const struct privileges *asked, size_t index)
{
    return site_config(sites_at(asked->server->sites, index))->name;
}

static bool site_is_meant(const struct privileges *asked, size_t index)
{
    return !asked->only || strcmp(asked->only, site_name(asked, index)) == 0;
}

/* The part of a template before its first {name}, without the slash at its end; "/" at least. */
static bool fixed_part(const char *template, char ret[PATH_SIZE])
{
    size_t len = strcspn(template, "{");

    if (len >= PATH_SIZE)
        return false;
    while (len > 1 && template[len] && template[len - 1] != '/')
        len--;
    while (len > 1 && template[len - 1] == '/')
        len--;
    memcpy(ret, template, len);
    ret[len] = '\0';
    return len > 0;
}

static enum held ask(struct privileges *asked, size_t index, const struct need_row *need)
{
    const struct site_call call = {.deadline_ms = asked->deadline_ms, .cancel = asked->cancel};
    struct problem p = PROBLEM_INIT;
    struct site *site = sites_at(asked->server->sites, index);
    char path[PATH_SIZE];
    int r;

    if (asked->down[index] || clock_ms() >= asked->deadline_ms || !fixed_part(need->path, path))
        return HELD_UNKNOWN;
    r = site_permission_below(site, &call, path, need->privilege, &p);
    if (r > 0)
        return HELD_YES;
    if (r == 0)
        r = site_permission_anywhere(site, &call, path, need->privilege, &p);
    if (r >= 0)
        return r > 0 ? HELD_SOME : HELD_NO;
    asked->down[index] = true;
    return HELD_UNKNOWN;
}

/* What is said of a need: of one that names things, that it is held on some says nothing of the one meant;
 * one that does not needs all. */
static enum held ask_for_all(struct privileges *asked, size_t index, const struct need_row *need,
                             const char **ret_why)
{
    const enum held held = ask(asked, index, need);

    *ret_why = "the site did not say so in time";
    if (held != HELD_SOME)
        return held;
    *ret_why = "held on some, not on all: the plan, or the read itself, says";
    return strchr(need->path, '{') ? HELD_UNKNOWN : HELD_NO;
}

static void put_held(struct buf *out, const char *key, enum held held)
{
    static const char *const words[] = {
        [HELD_NO] = "false", [HELD_YES] = "true", [HELD_SOME] = "null", [HELD_UNKNOWN] = "null"};

    json_put_key(out, key);
    buf_str(out, words[held]);
}

void privileges_put(struct privileges *asked, const struct need_row *need, struct buf *out)
{
    struct buf by_site CLEANUP_BUF = BUF_INIT(4096);
    const char *why = "no site is configured", *site_why;
    enum held all = HELD_UNKNOWN;
    size_t count = 0;

    for (size_t i = 0; i < site_count(asked); i++) {
        enum held held;

        if (!site_is_meant(asked, i))
            continue;
        held = ask_for_all(asked, i, need, &site_why);
        put_held(&by_site, site_name(asked, i), held);
        if (count == 0 || held == HELD_UNKNOWN)
            why = site_why;
        if (count > 0 && held != all) {
            if (all != HELD_UNKNOWN && held != HELD_UNKNOWN)
                why = "not the same on all sites";
            held = HELD_UNKNOWN;
        }
        all = held;
        count++;
    }
    put_held(out, "held", all);
    if (all == HELD_UNKNOWN)
        json_put_key_string(out, "held_why", why);
    if (count > 1 && buf_ok(&by_site)) {
        json_put_key(out, "held_on");
        buf_char(out, '{');
        buf_add(out, by_site.data, by_site.len);
        buf_char(out, '}');
    }
}

bool privileges_suffice(struct privileges *asked, const struct tool *tool)
{
    size_t count = site_count(asked);

    for (size_t i = 0; i < count; i++) {
        bool lacking = false;

        for (size_t k = 0; k < tool->need_count && !lacking; k++)
            lacking = ask(asked, i, &tool->needs[k]) == HELD_NO;
        if (!lacking)
            return true;
    }
    return count == 0;
}
