/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens: made, with a secret that is told once, changed, given a new secret, taken away.
 */
#include "../access.h"
#include "config.h"

#include <string.h>

static int check_digest(struct sim_call *call)
{
    const char *given = sim_arg(call, "digest");
    char digest[65];

    sim_digest_sha256(sim_at(call->state, "/access/users"), digest);
    return !given || strcmp(given, digest) == 0
               ? 0
               : sim_fail(call, 400,
                          "detected modified configuration - file changed by other user? Try again.");
}

/* The tokens of the user that the request names; NULL: the call has failed. */
static struct json_object *tokens_of(struct sim_call *call)
{
    struct json_object *user = sim_get(sim_at(call->state, "/access/users"), sim_arg(call, "userid"));

    if (check_digest(call) < 0)
        return NULL;
    if (!user) {
        (void)sim_fail(call, 400, "no such user '%s'", sim_arg(call, "userid"));
        return NULL;
    }
    if (!sim_get(user, "tokens"))
        sim_set(user, "tokens", json_object_new_object());
    return sim_get(user, "tokens");
}

static void id_of(struct sim_call *call, char *id, size_t size)
{
    (void)snprintf(id, size, "%s!%s", sim_arg(call, "userid"), sim_arg(call, "token-name"));
}

#define NOT_KEPT "userid token-name digest delete regenerate"

int pbs_token_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "token-name");
    struct json_object *tokens = tokens_of(call), *token;
    char id[200], secret[37];

    if (!tokens)
        return -1;
    if (sim_get(tokens, name))
        return sim_fail(call, 400, "token with name '%s' for user '%s' already exists.", name,
                        sim_arg(call, "userid"));
    id_of(call, id, sizeof id);
    if (sim_secret_renew(call->sim, id, secret) < 0)
        return sim_fail(call, 500, "no secret");
    token = json_object_new_object();
    pbs_put_given(call, token, NOT_KEPT);
    sim_set(tokens, name, token);
    call->data = json_object_new_object();
    sim_set_str(call->data, "tokenid", id);
    sim_set_str(call->data, "value", secret);
    sim_touch(call->sim);
    return 0;
}

/* The token of the request; NULL: the call has failed. */
static struct json_object *find(struct sim_call *call, struct json_object *tokens)
{
    struct json_object *token = sim_get(tokens, sim_arg(call, "token-name"));
    char id[200];

    id_of(call, id, sizeof id);
    if (tokens && !token)
        (void)sim_fail(call, 400, "no such token '%s'", id);
    return token;
}

int pbs_token_update(struct sim_call *call)
{
    struct json_object *token = find(call, tokens_of(call));
    char id[200], secret[37];

    if (!token)
        return -1;
    pbs_drop_deleted(call, token);
    pbs_put_given(call, token, NOT_KEPT);
    call->data = json_object_new_object();
    id_of(call, id, sizeof id);
    if (sim_arg_int(call, "regenerate", 0) && sim_secret_renew(call->sim, id, secret) == 0)
        sim_set_str(call->data, "secret", secret);
    sim_touch(call->sim);
    return 0;
}

/* Its entries of the access list go with it. */
int pbs_token_delete(struct sim_call *call)
{
    struct json_object *tokens = tokens_of(call), *token = find(call, tokens),
                       *list = sim_at(call->state, "/access/acl");
    char id[200];

    if (!token)
        return -1;
    id_of(call, id, sizeof id);
    json_object_object_del(tokens, sim_arg(call, "token-name"));
    for (size_t i = 0; i < json_object_array_length(list);) {
        if (strcmp(sim_str(json_object_array_get_idx(list, i), "ugid", ""), id) == 0)
            (void)json_object_array_del_idx(list, i, 1);
        else
            i++;
    }
    sim_secret_forget(call->sim, id);
    sim_touch(call->sim);
    return 0;
}
