/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Backup Server on the road of a request: who may, which node, which parameters, and how it says no. A
 * good answer is {"data": ...}; the body of any other is the text of its error and nothing else.
 */
#include "../body.h"
#include "pbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_param_words words = {
    .missing = "parameter is missing and it is not optional.",
    .unknown = "schema does not allow additional properties.",
    .truths = "1 true on yes",
    .untruths = "0 false off no",
    .got = true,
};

static bool holds(struct sim_call *call, const struct sim_rule *rule)
{
    SIM_FREE_WITH(sim_freep) char *path = sim_fill(rule->path, call->params, NULL);
    uint64_t wanted = pbs_privs(rule->privs);
    struct pbs_rights rights;

    if (!path)
        return false;
    pbs_rights(call->state, call->who, path, &rights);
    return rule->kind == SIM_RULE_ANY ? (rights.held & wanted) != 0 : (rights.held & wanted) == wanted;
}

static bool permits(struct sim_call *call, const struct sim_rule *rule)
{
    const struct sim_rule *sub = rule->sub;

    if (rule->kind == SIM_RULE_WORLD)
        return true;
    if (!call->who)
        return false;
    switch (rule->kind) {
    case SIM_RULE_ALL: return true;
    case SIM_RULE_ROOT: return strcmp(call->who, "root@pam") == 0;
    case SIM_RULE_SELF: return strcmp(sim_str(call->params, "userid", ""), call->who) == 0;
    case SIM_RULE_PERM:
    case SIM_RULE_ANY: return holds(call, rule);
    case SIM_RULE_AND:
        while (sub->kind != SIM_RULE_END && permits(call, sub))
            sub++;
        return sub->kind == SIM_RULE_END;
    case SIM_RULE_OR:
        while (sub->kind != SIM_RULE_END && !permits(call, sub))
            sub++;
        return sub->kind != SIM_RULE_END;
    default: return false;
    }
}

/* Permission goes before parameters, and only those of the path count for it. */
static int check(struct sim_call *call, const char *path, struct sim_reply *reply)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *errors = json_object_new_object();
    const char *node = sim_arg(call, "node");

    (void)path;
    (void)reply;
    if (!permits(call, &call->route->rule))
        return pbs_forbid(call, NULL, NULL);
    (void)sim_params_check(&words, call->route->params, call->params, errors);
    if (node && strcmp(node, "localhost") == 0)
        sim_set_str(call->params, "node", call->sim->node);
    else if (node && strcmp(node, call->sim->node) != 0) {
        char text[200];

        (void)snprintf(text, sizeof text, "no such node '%.100s'", node);
        sim_set_str(errors, "node", text);
    }
    if (json_object_object_length(errors) == 0)
        return 0;
    call->errors = json_object_get(errors);
    return sim_fail(call, 400, "parameter verification errors");
}

static int no_route(struct sim_call *call, const char *path)
{
    return sim_fail(call, 404, "Path '%s' not found.", path);
}

/* One line for each bad parameter, below a first one. */
static char *error_text(struct sim_call *call)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (!call->errors)
        fputs(call->message ? call->message : "", out);
    else
        fputs("parameter verification errors\n", out);
    if (call->errors) {
        json_object_object_foreach(call->errors, name, why)
        {
            fprintf(out, "\nparameter '%s': %s", name, json_object_get_string(why));
        }
    }
    (void)fclose(out);
    return text;
}

static void reply(struct sim_call *call, bool extjs, struct sim_reply *reply)
{
    if (extjs || call->status == 200) {
        sim_reply_json(call, extjs, reply);
        return;
    }
    reply->status = call->status;
    reply->content_type = "application/json";
    reply->body = error_text(call);
    reply->size = reply->body ? strlen(reply->body) : 0;
}

static void unknown_caller(enum sim_auth_result result, struct sim_reply *reply)
{
    reply->status = 401;
    reply->content_type = "application/json";
    reply->body =
        strdup(result == SIM_AUTH_NONE ? "authentication failed - no authentication credentials provided."
                                       : "authentication failed - invalid credentials");
    reply->size = reply->body ? strlen(reply->body) : 0;
}

const struct sim_product sim_pbs = {
    .kind = "pbs",
    .node = "vault",
    .tables = sim_pbs_route_tables,
    .table_count = &sim_pbs_route_table_count,
    .words = &words,
    .scheme = "PBSAPIToken=",
    .separator = ':',
    .enabled = pbs_enabled,
    .check = check,
    .no_route = no_route,
    .reply = reply,
    .unknown_caller = unknown_caller,
    .name_task = pbs_task_name,
    .finish_seed = pbs_seed_finish,
};
