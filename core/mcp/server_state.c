/* SPDX-License-Identifier: Apache-2.0 */
/* The shared state of a server and the catalogue, which is made when the planes are loaded. */
#include <errno.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "mcp/catalog.h"
#include "mcp/client_requests.h"
#include "mcp/privileges.h"
#include "mcp/shown.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "trust/trust.h"

#define WAIT_SLICE_MS 50 /* how soon a call that waits for the planes notices that it was cancelled */

void server_init(struct server *server)
{
    (void)pthread_mutex_init(&server->mutex, NULL);
    (void)pthread_mutex_init(&server->prepare_mutex, NULL);
    (void)pthread_mutex_init(&server->catalog_mutex, NULL);
    (void)pthread_mutex_init(&server->first_mutex, NULL);
    atomic_init(&server->catalog, NULL);
    for (size_t i = 0; i < 2; i++)
        server->list_body[i] = BUF_INIT(BODY_LIMIT);
    server->id = BUF_INIT(8192);
    server->no_arguments = json_object_new_object();
    server->tool_sites = calloc(server->config->site_count + 1, sizeof(*server->tool_sites));
    for (size_t i = 0; server->tool_sites && i < server->config->site_count; i++)
        server->tool_sites[i] =
            (struct tool_site){server->config->sites[i].name, server->config->sites[i].kind};
    server->status_body = BUF_INIT(BODY_LIMIT);
    atomic_init(&server->log_level, LOG_LEVEL_DEFAULT);
    for (size_t i = 0; i < server->config->plane_count; i++)
        server->plane_may_ask = server->plane_may_ask || server->config->planes[i].client_requests;
    if (server->plane_may_ask && shown_new(&server->shown) < 0)
        server->plane_may_ask = false;
    server->started_ms = clock_ms();
}

void server_done(struct server *server)
{
    catalog_free(atomic_load(&server->catalog));
    for (size_t i = 0; i < 2; i++)
        buf_done(&server->list_body[i]);
    buf_done(&server->id);
    shown_free(server->shown);
    json_object_put(server->no_arguments);
    free(server->tool_sites);
    buf_done(&server->status_body);
    (void)pthread_mutex_destroy(&server->mutex);
    (void)pthread_mutex_destroy(&server->prepare_mutex);
    (void)pthread_mutex_destroy(&server->catalog_mutex);
    (void)pthread_mutex_destroy(&server->first_mutex);
}

static void tell_unmatched(const struct server *server)
{
    struct buf unmatched CLEANUP_BUF = BUF_INIT(4096);

    if (server->planes)
        catalog_unmatched(server->config, server->planes, &unmatched);
    if (buf_ok(&unmatched) && unmatched.len > 0)
        log_warn("tools.allow, tools.deny: no plane, tool or class is called %s", unmatched.data);
}

/* surface.hide_unprivileged. Waits for the sites, whoever asks first: the answer is for all who come later.
 */
static void hide_unprivileged(const struct server *server, struct catalog *catalog)
{
    struct privileges asked = privileges_of(server, INT64_MAX, NULL, NULL);

    for (size_t i = 0; i < catalog_count(catalog); i++) {
        if (!privileges_suffice(&asked, catalog_at(catalog, i)))
            catalog_hide(catalog, i);
    }
}

/* The planes are there: makes the catalogue unless another thread has. Waits for the sites if tools are to be
 * hidden: not on the transport thread then. */
static struct catalog *server_make_catalog(struct server *server)
{
    struct catalog *catalog;

    (void)pthread_mutex_lock(&server->catalog_mutex);
    catalog = atomic_load(&server->catalog);
    if (!catalog && catalog_new(server->config, server->planes, &catalog) == 0) {
        tell_unmatched(server);
        if (server->config->hide_unprivileged)
            hide_unprivileged(server, catalog);
        atomic_store(&server->catalog, catalog);
    }
    (void)pthread_mutex_unlock(&server->catalog_mutex);
    return catalog;
}

static int server_prepare(struct server *server, struct problem *p)
{
    int r = 0;

    (void)pthread_mutex_lock(&server->prepare_mutex);
    if (server->prepare && !server->prepared)
        r = server->prepare(server->prepare_arg, p);
    server->prepared = r == 0;
    (void)pthread_mutex_unlock(&server->prepare_mutex);
    return r;
}

static int wait_for_planes(struct server *server, int64_t deadline_ms, struct cancel *cancel,
                           struct problem *p)
{
    int r = -ETIMEDOUT;

    while (r == -ETIMEDOUT && !cancel_is_set(cancel)) {
        int64_t now = clock_ms();

        r = planes_wait(server->planes, now + WAIT_SLICE_MS < deadline_ms ? now + WAIT_SLICE_MS : deadline_ms,
                        p);
        if (now >= deadline_ms)
            break;
    }
    if (r == -ETIMEDOUT && cancel_is_set(cancel))
        return problem_set(p, -ECANCELED, PX_CANCELLED,
                           "the call was cancelled while the planes were being loaded");
    if (r == -ETIMEDOUT) {
        (void)problem_set(p, r, PX_TIMEOUT, "the planes are still being loaded");
        problem_next(p, "Call again in a few seconds.");
    } else if (r < 0) {
        if (!atomic_exchange(&server->refused, true))
            log_error("the planes refuse the start: %s: %s %s", p->code, p->cause, p->next);
    }
    return r;
}

const struct catalog *server_catalog(struct server *server, int64_t deadline_ms, struct cancel *cancel,
                                     struct problem *p)
{
    const struct catalog *catalog = atomic_load(&server->catalog);

    if (catalog)
        return catalog;
    if (server_prepare(server, p) < 0)
        return NULL;
    if (server->planes && wait_for_planes(server, deadline_ms, cancel, p) < 0)
        return NULL;
    catalog = server_make_catalog(server);
    if (!catalog)
        (void)problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the list of tools");
    return catalog;
}

bool server_catalog_ready(struct server *server)
{
    if (atomic_load(&server->catalog))
        return true;
    if (server->planes && !planes_ready(server->planes))
        return false;
    if (server->config->hide_unprivileged)
        return false; /* it has to wait for the sites: a call does that */
    return server_make_catalog(server) != NULL;
}

void server_first_call(struct server *server)
{
    if (server_first_call_done(server))
        return;
    (void)pthread_mutex_lock(&server->first_mutex);
    if (!atomic_load(&server->first_call_done)) {
        trust_first_call(server->trust);
        atomic_store(&server->first_call_done, true);
    }
    (void)pthread_mutex_unlock(&server->first_mutex);
}

bool server_first_call_done(struct server *server)
{
    return !server->trust || atomic_load(&server->first_call_done);
}
