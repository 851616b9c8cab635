/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proximo_status: the server about itself. Nothing is asked of any site. The bytes are kept and made again
 * when a call began or ended since, or after a second, so that asking often costs nothing.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/trust.h"

#define FRESH_MS        1000
#define MEMORY_FRESH_MS 5000
#define ROLLUP_BYTES    8192

/* This process's share of memory in bytes (Pss), -1 when the kernel does not say. Source: proc(5),
 * smaps_rollup. */
static int64_t own_memory(void)
{
    struct buf text CLEANUP_BUF = BUF_INIT(ROLLUP_BYTES);
    const char *line;
    uint64_t kib = 0;

    if (file_read("/proc/self/smaps_rollup", &text) < 0 || !text.data)
        return -1;
    line = strstr(text.data, "\nPss:");
    if (!line)
        return -1;
    line += strlen("\nPss:");
    line += strspn(line, " ");
    for (; *line >= '0' && *line <= '9'; line++)
        kib = 10 * kib + (uint64_t)(*line - '0');
    return (int64_t)(kib * 1024);
}

static void put_sites(struct server *server, struct buf *out)
{
    size_t count = server->sites ? sites_count(server->sites) : 0;

    json_put_key(out, "sites");
    buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct site *site = sites_at(server->sites, i);
        const struct config_site *config = site_config(site);

        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "name", config->name);
        json_put_key_string(out, "kind", config->kind == CONFIG_PBS ? "pbs" : "pve");
        json_put_key_int(out, "endpoints", (long long)config->endpoint_count);
        json_put_key_bool(out, "used", site_was_used(site));
        buf_char(out, '}');
    }
    buf_char(out, ']');
    if (count == 0)
        json_put_key_string(out, "next",
                            "No site is configured: run `proximo init`, or add one under sites: in the "
                            "configuration file.");
}

static void put_plane(struct buf *out, const struct plane_state *state)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", state->name);
    if (state->info && state->info->version)
        json_put_key_string(out, "version", state->info->version);
    json_put_key_string(out, "state", state->loaded ? "loaded" : "refused");
    json_put_key_string(out, "mode", state->mode);
    if (state->foreign)
        json_put_key_bool(out, "foreign", true);
    if (!state->loaded) {
        json_put_key_string(out, "code", state->problem.code);
        json_put_key_string(out, "cause", state->problem.cause);
        if (state->problem.next[0])
            json_put_key_string(out, "next", state->problem.next);
    }
    if (state->restarts > 0)
        json_put_key_int(out, "restarts", state->restarts);
    buf_char(out, '}');
}

/* Returns what their hosts take of memory: the built-in planes share one, every foreign plane has its own. */
static int64_t put_planes(struct server *server, struct buf *out)
{
    int64_t built_in = 0, foreign = 0;

    json_put_key(out, "planes");
    buf_char(out, '[');
    for (size_t i = 0; server->planes && i < planes_count(server->planes); i++) {
        struct plane_state state;

        if (planes_state(server->planes, i, &state) < 0)
            continue;
        put_plane(out, &state);
        if (state.foreign && state.memory_bytes > 0)
            foreign += state.memory_bytes;
        else if (state.memory_bytes > built_in)
            built_in = state.memory_bytes;
    }
    buf_char(out, ']');
    return built_in + foreign;
}

static void put_calls(struct server *server, struct buf *out)
{
    json_put_key(out, "calls");
    buf_char(out, '{');
    json_put_key_int(out, "running", server->calls ? calls_running(server->calls) : 0);
    json_put_key_int(out, "most", server->config->max_calls);
    json_put_key_int(out, "done", (long long)atomic_load(&server->calls_done));
    json_put_key_int(out, "failed", (long long)atomic_load(&server->calls_failed));
    json_put_key_int(out, "busy", (long long)atomic_load(&server->calls_busy));
    buf_char(out, '}');
}

/* Ledger, plans that wait, changes that run or are in doubt. */
static void put_trust(const struct server *server, struct buf *out)
{
    struct buf members CLEANUP_BUF = BUF_INIT(BODY_LIMIT);

    if (!server->trust)
        return;
    trust_put_status(server->trust, &members);
    if (!buf_ok(&members) || members.len == 0)
        return;
    json_put_comma(out);
    buf_add(out, members.data, members.len);
}

/* The verdict, and each look that it is made of. */
static void put_isolation(const struct config *config, struct buf *out)
{
    struct buf starter CLEANUP_BUF = BUF_INIT(300);

    json_put_key_string(out, "isolation", config_isolation_name(config));
    config_put_starter(&starter);
    json_put_key_string(out, "started", starter.data ? starter.data : "");
    json_put_key(out, "isolation_checks");
    buf_char(out, '[');
    for (size_t i = 0; i < config->check_count; i++) {
        const struct config_check *check = &config->checks[i];

        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "what", check->what);
        if (check->path)
            json_put_key_string(out, "path", check->path);
        if (check->owner >= 0)
            json_put_key_int(out, "owner", (long long)check->owner);
        json_put_key_bool(out, "kept", !check->fault);
        if (check->fault)
            json_put_key_string(out, "why", check->fault);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void put_status(struct server *server, struct buf *out, int64_t now)
{
    const struct config *config = server->config;
    const struct catalog *catalog = atomic_load(&server->catalog);
    int64_t host_memory;

    buf_char(out, '{');
    json_put_key_string(out, "version", PROXIMO_VERSION);
    json_put_key_string(out, "mode", config_mode_name(config->mode));
    json_put_key_string(out, "changes",
                        config->mode != CONFIG_GUARDED ? "none: the mode is read"
                        : config->trust.confirm_direct
                            ? "planned, consented, applied; in one call where the plan's id is consent enough"
                            : "planned, consented, applied");
    json_put_key_string(out, "surface", config->surface == CONFIG_FULL ? "full" : "facade");
    put_isolation(config, out);
    json_put_key_bool(out, "landlock", planes_landlock());
    json_put_key_int(out, "tools", catalog ? (long long)catalog_count(catalog) : 0);
    put_sites(server, out);
    host_memory = put_planes(server, out);
    put_calls(server, out);
    put_trust(server, out);
    json_put_key_int(out, "uptime_s", (long long)((now - server->started_ms) / 1000));
    if (server->memory_ms == 0 || now - server->memory_ms > MEMORY_FRESH_MS) {
        server->memory_ms = now;
        server->memory_bytes = own_memory();
    }
    if (server->memory_bytes >= 0)
        json_put_key_int(out, "memory_core_bytes", (long long)server->memory_bytes);
    if (host_memory > 0)
        json_put_key_int(out, "memory_planes_bytes", (long long)host_memory);
    buf_char(out, '}');
}

void facade_status_body(struct server *server, struct buf *body)
{
    int64_t now = clock_ms();
    unsigned long long seen;

    (void)pthread_mutex_lock(&server->mutex);
    seen = atomic_load(&server->calls_seen);
    if (server->status_body.len == 0 || server->status_seen != seen || now - server->status_ms >= FRESH_MS) {
        struct buf json CLEANUP_BUF = BUF_INIT(BODY_LIMIT);

        put_status(server, &json, now);
        buf_reset(&server->status_body);
        body_tool_result(&server->status_body, &json, NULL);
        server->status_seen = seen;
        server->status_ms = now;
    }
    buf_add(body, server->status_body.data, server->status_body.len);
    (void)pthread_mutex_unlock(&server->mutex);
}
