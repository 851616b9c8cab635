/* SPDX-License-Identifier: Apache-2.0 */
/* Which node is meant: a list of names from GET /nodes, kept for seconds. Whether a node is online is not
 * asked here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/site_inner.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int nodes_fetch(struct site *site, const struct site_call *call, char (**ret)[64], size_t *ret_count,
                       struct problem *p)
{
    struct site_answer answer = {0};
    struct json_object *list = NULL;
    int r = site_get(site, call, "/nodes", NULL, 0, false, &answer, p);
    if (r < 0)
        return r;
    r = site_answer_list(&answer, "/nodes", &list, p);
    if (r == 0) {
        size_t n = json_object_array_length(list);
        char(*names)[64] = calloc(n + 1, sizeof(*names));
        size_t count = 0;
        for (size_t i = 0; names && i < n; i++) {
            const char *name = NULL;
            size_t len = 0;
            struct json_object *item = json_object_array_get_idx(list, i);
            if (json_get_string(item, "node", &name, &len) == 0 && len > 0 && len < sizeof(names[0]))
                memcpy(names[count++], name, len + 1);
        }
        if (names) {
            qsort(names, count, sizeof(*names), compare_names);
            *ret = names;
            *ret_count = count;
        } else {
            r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the list of nodes");
        }
    }
    site_answer_done(&answer);
    return r;
}

static bool has_node(const struct site *site, const char *name)
{
    for (size_t i = 0; i < site->node_count; i++) {
        if (strcmp(site->nodes[i], name) == 0)
            return true;
    }
    return false;
}

static int node_problem(const struct site *site, const char *name, bool configured, struct problem *p)
{
    int r = name ? -ENOENT : -EINVAL;
    CLEANUP_BUF struct buf names = BUF_INIT(1000);
    for (size_t i = 0; i < site->node_count; i++) {
        if (i)
            buf_str(&names, ", ");
        buf_str(&names, site->nodes[i]);
    }
    if (name && configured)
        problem_set(p, r, PX_CONFIG, "the node '%.64s' that is configured for site '%s' does not exist there",
                    name, site->config->name);
    else if (name)
        problem_set(p, r, PX_NOT_FOUND, "site '%s' has no node '%.64s'", site->config->name, name);
    else
        problem_set(p, r, PX_ARG, "site '%s' has %zu nodes and none was named", site->config->name,
                    site->node_count);
    problem_next(p, "%s",
                 configured ? "correct `node` in the configuration, or name a node in the call"
                            : "name one of the nodes in the argument `node`");
    problem_valid(p, "%s", names.data ? names.data : "");
    return r;
}

/* With the flight's lock held. */
static int node_lookup(const struct site *site, const char *node, char ret_node[64], struct problem *p)
{
    bool configured = !node && site->config->node;
    const char *name = node ? node : site->config->node;
    if (!name && site->node_count == 1)
        name = site->nodes[0];
    size_t len = name ? strlen(name) : 0;
    if (!name || len > 63 || !has_node(site, name))
        return node_problem(site, name, configured, p);
    memcpy(ret_node, name, len + 1);
    return 0;
}

int site_node_find(struct site *site, const struct site_call *call, const char *node, char ret_node[64],
                   struct problem *p)
{
    struct flight *f = &site->nodes_flight;
    struct problem local = PROBLEM_INIT;
    if (!p)
        p = &local;
    bool leader = false;
    int r = flight_enter(f, call, clock_ms() - SITE_NODES_AGE_MS, &leader, p);
    if (r < 0)
        return r;
    if (leader) {
        char(*names)[64] = NULL;
        size_t count = 0;
        r = nodes_fetch(site, call, &names, &count, p);
        pthread_mutex_lock(&f->lock);
        if (r == 0) {
            free(site->nodes);
            site->nodes = names;
            site->node_count = count;
        }
        flight_end(f, r, p);
    }
    if (r == 0)
        r = node_lookup(site, node, ret_node, p);
    pthread_mutex_unlock(&f->lock);
    return r;
}
