/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster of Proxmox VE on the road of a request, and which product a state is of.
 */
#include "body.h"
#include "guest_life.h"
#include "large.h"
#include "release.h"
#include "seed.h"
#include "tasks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* A request for another node goes there through the name service; a name that differs in case leads back to
 * this node, whose certificate does not carry it. */
static int check_node(struct sim_call *call, struct sim_reply *reply)
{
    const char *node = sim_arg(call, "node");

    if (!(call->route->flags & SIM_NODE) || !node)
        return 0;
    if (strcmp(node, "localhost") == 0) {
        sim_set_str(call->params, "node", call->sim->node);
        return 0;
    }
    if (sim_get(sim_at(call->state, "/nodes"), node)) {
        if (sim_node_online(call->state, node))
            return 0;
        sim_reply_plain(reply, 595, "No route to host", "");
        return -EHOSTUNREACH;
    }
    if (strcasecmp(node, call->sim->node) == 0) {
        sim_reply_plain(reply, 596, "error:0A000086:SSL routines::certificate verify failed", "");
        return -EHOSTUNREACH;
    }
    return sim_fail(
        call, 500,
        "hostname lookup '%s' failed - failed to get address info for: %s: Temporary failure in name "
        "resolution\n",
        node, node);
}

static int check(struct sim_call *call, const char *path, struct sim_reply *reply)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *errors = json_object_new_object();
    char why[1024] = "";
    int r;

    if ((call->route->flags & SIM_TICKET) && call->who && strchr(call->who, '!')) {
        (void)snprintf(why, sizeof why, " (URI '%s' not available with API token, need proper ticket.\n)",
                       path);
        return sim_fail_perm(call, why);
    }
    r = sim_rule_check(call->state, &call->route->rule, call->who, call->params, why, sizeof why);
    if (r == -EBADMSG)
        return sim_fail(call, 500, "%s", why);
    if (r == -ENOENT)
        return sim_fail(call, 500, "no such user ('%s')\n", sim_arg(call, "userid"));
    if (r < 0)
        return sim_fail_perm(call, why);
    r = check_node(call, reply);
    if (r < 0)
        return r;
    r = sim_params_check(&sim_pve_words, call->route->params, call->params, errors);
    if (sim_release_check(call->sim, call->route, call->params, errors) < 0 || r < 0) {
        call->errors = json_object_get(errors);
        return sim_fail(call, 400, "Parameter verification failed.\n");
    }
    if (strcmp(call->route->method, "GET") != 0 && !sim_quorate(call->state))
        return sim_fail(call, 500, "cluster not ready - no quorum?\n");
    return 0;
}

static const char *auth_text(enum sim_auth_result result)
{
    switch (result) {
    case SIM_AUTH_NONE: return "No ticket";
    case SIM_AUTH_CSRF: return "Permission denied - invalid csrf token";
    case SIM_AUTH_OK:
    case SIM_AUTH_FAILED: break;
    }
    return "Authentication failed!";
}

static void unknown_caller(enum sim_auth_result result, struct sim_reply *reply)
{
    sim_reply_plain(reply, 401, auth_text(result), "");
}

static int no_route(struct sim_call *call, const char *path)
{
    return sim_fail(call, 501, "Method '%s %s' not implemented", call->request->method, path);
}

const struct sim_product sim_pve = {
    .kind = "pve",
    .node = "pve1",
    .tables = sim_route_tables,
    .table_count = &sim_route_table_count,
    .words = &sim_pve_words,
    .scheme = "PVEAPIToken=",
    .separator = '=',
    .tickets = true,
    .enabled = sim_acl_enabled,
    .check = check,
    .no_route = no_route,
    .reply = sim_reply_json,
    .unknown_caller = unknown_caller,
    .name_task = sim_task_set_upid,
    .finish_seed = sim_seed_finish,
};

const struct sim_product *sim_product_of(struct json_object *state)
{
    return strcmp(sim_str(state, "product", sim_pve.kind), sim_pbs.kind) == 0 ? &sim_pbs : &sim_pve;
}
