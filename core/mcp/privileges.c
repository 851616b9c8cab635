/* SPDX-License-Identifier: Apache-2.0 */
/* What the sites say of a need, in the words of proximo_describe. */
#include "mcp/privileges.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/need.h"
#include "plane/site.h"

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

static bool site_is_meant(const struct privileges *asked, const struct tool *tool, size_t index)
{
    if (!plane_info_for(tool->plane, site_config(sites_at(asked->server->sites, index))->kind))
        return false;
    return !asked->only || strcmp(asked->only, site_name(asked, index)) == 0;
}

static enum need_held ask(struct privileges *asked, size_t index, const struct need_row *need)
{
    const struct site_call call = {.deadline_ms = asked->deadline_ms, .cancel = asked->cancel};
    struct problem p = PROBLEM_INIT;
    enum need_held held;

    if (asked->down[index] || clock_ms() >= asked->deadline_ms)
        return NEED_UNKNOWN;
    held = need_ask(sites_at(asked->server->sites, index), &call, need, &p);
    asked->down[index] = held == NEED_UNKNOWN;
    return held;
}

/* What is said of a need: of one that names things, that it is held on some says nothing of the one meant;
 * one that does not needs all. */
static enum need_held ask_for_all(struct privileges *asked, size_t index, const struct need_row *need,
                                  const char **ret_why)
{
    const enum need_held held = ask(asked, index, need);

    *ret_why = "the site did not say so in time";
    if (held != NEED_SOME)
        return held;
    *ret_why = "held on some, not on all: the plan, or the read itself, says";
    return strchr(need->path, '{') ? NEED_UNKNOWN : NEED_NO;
}

static void put_held(struct buf *out, const char *key, enum need_held held)
{
    static const char *const words[] = {
        [NEED_NO] = "false", [NEED_YES] = "true", [NEED_SOME] = "null", [NEED_UNKNOWN] = "null"};

    json_put_key(out, key);
    buf_str(out, words[held]);
}

void privileges_put(struct privileges *asked, const struct tool *tool, const struct need_row *need,
                    struct buf *out)
{
    struct buf by_site CLEANUP_BUF = BUF_INIT(4096);
    const char *why = "no site is configured", *site_why;
    enum need_held all = NEED_UNKNOWN;
    size_t count = 0;

    for (size_t i = 0; i < site_count(asked); i++) {
        enum need_held held;

        if (!site_is_meant(asked, tool, i))
            continue;
        held = ask_for_all(asked, i, need, &site_why);
        put_held(&by_site, site_name(asked, i), held);
        if (count == 0 || held == NEED_UNKNOWN)
            why = site_why;
        if (count > 0 && held != all) {
            if (all != NEED_UNKNOWN && held != NEED_UNKNOWN)
                why = "not the same on all sites";
            held = NEED_UNKNOWN;
        }
        all = held;
        count++;
    }
    put_held(out, "held", all);
    if (all == NEED_UNKNOWN)
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
    size_t count = site_count(asked), fitting = 0;

    for (size_t i = 0; i < count; i++) {
        bool lacking = false;

        if (!plane_info_for(tool->plane, site_config(sites_at(asked->server->sites, i))->kind))
            continue;
        fitting++;
        for (size_t k = 0; k < tool->need_count && !lacking; k++)
            lacking = ask(asked, i, &tool->needs[k]) == NEED_NO;
        if (!lacking)
            return true;
    }
    return fitting == 0;
}
