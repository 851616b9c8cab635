/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of API tokens and of second factors.
 */
#include "access.h"

#include <errno.h>
#include <string.h>

/* ---- tokens ---- */

static struct json_object *user_of(struct sim_call *call)
{
    return sim_get(sim_at(call->state, "/access/users"), sim_arg(call, "userid"));
}

static void full_id(struct sim_call *call, char *id, size_t size)
{
    (void)snprintf(id, size, "%s!%s", sim_arg(call, "userid"), sim_arg(call, "tokenid"));
}

static int no_token(struct sim_call *call)
{
    return sim_fail(call, 500, "no such token '%s' for user '%s'\n", sim_arg(call, "tokenid"),
                    sim_arg(call, "userid"));
}

/* Numbers of a form are texts there and come back as such. */
static void echo_numbers(struct sim_call *call, struct json_object *out)
{
    static const char *const names[] = {"expire", "privsep"};
    bool json = call->request->content_type && strstr(call->request->content_type, "json");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *given = sim_arg(call, names[i]);

        if (given && !json)
            sim_set_str(out, names[i], given);
        else if (given)
            sim_set_int(out, names[i], sim_arg_int(call, names[i], 0));
    }
}

static void put_token(struct sim_call *call, struct json_object *token)
{
    static const char *const comment[] = {"comment", NULL};

    sim_set_int(token, "expire", sim_arg_int(call, "expire", sim_int(token, "expire", 0)));
    sim_set_int(token, "privsep", sim_arg_int(call, "privsep", sim_int(token, "privsep", 1)));
    sim_put_texts(call, token, comment);
}

int sim_token_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "tokenid");
    struct json_object *user = user_of(call), *token, *info;
    char id[400], secret[37];

    if (!user)
        return sim_fail(call, 500, "no such user ('%s')\n", sim_arg(call, "userid"));
    if (sim_get(sim_get(user, "tokens"), name))
        return sim_fail_param(call, "tokenid", "Token already exists.");
    full_id(call, id, sizeof id);
    if (sim_secret_renew(call->sim, id, secret) < 0)
        return sim_fail(call, 500, "generating token value failed\n");
    token = json_object_new_object();
    put_token(call, token);
    info = sim_copy(token);
    if (!sim_arg(call, "expire"))
        json_object_object_del(info, "expire");
    echo_numbers(call, info);
    if (!sim_get(user, "tokens"))
        sim_set(user, "tokens", json_object_new_object());
    sim_set(sim_get(user, "tokens"), name, token);
    call->data = json_object_new_object();
    sim_set_str(call->data, "full-tokenid", id);
    sim_set(call->data, "info", info);
    sim_set_str(call->data, "value", secret);
    sim_touch(call->sim);
    return 0;
}

/* What is deleted becomes what a new token has. */
static void delete_options(struct sim_call *call, struct json_object *token)
{
    const char *at = sim_arg(call, "delete");
    char word[64];

    while (at && sim_next_word(&at, word, sizeof word)) {
        if (strcmp(word, "expire") == 0)
            sim_set_int(token, word, 0);
        else if (strcmp(word, "privsep") == 0)
            sim_set_int(token, word, 1);
        else
            json_object_object_del(token, word);
    }
}

int sim_token_update(struct sim_call *call)
{
    struct json_object *token = sim_get(sim_get(user_of(call), "tokens"), sim_arg(call, "tokenid"));
    char id[400], secret[37];

    if (!token)
        return no_token(call);
    full_id(call, id, sizeof id);
    if (sim_arg_int(call, "regenerate", 0) && sim_secret_renew(call->sim, id, secret) < 0)
        return sim_fail(call, 500, "generating token value failed\n");
    put_token(call, token);
    delete_options(call, token);
    call->data = sim_copy(token);
    echo_numbers(call, call->data);
    if (sim_arg_int(call, "regenerate", 0)) {
        sim_set_str(call->data, "full-tokenid", id);
        sim_set_str(call->data, "value", secret);
    }
    sim_touch(call->sim);
    return 0;
}

int sim_token_delete(struct sim_call *call)
{
    struct json_object *tokens = sim_get(user_of(call), "tokens");
    char id[400];

    if (!sim_get(tokens, sim_arg(call, "tokenid")))
        return no_token(call);
    full_id(call, id, sizeof id);
    sim_secret_forget(call->sim, id);
    sim_acl_forget_of(call->state, "token", id);
    json_object_object_del(tokens, sim_arg(call, "tokenid"));
    if (json_object_object_length(tokens) == 0)
        json_object_object_del(user_of(call), "tokens");
    sim_touch(call->sim);
    return 0;
}

/* ---- second factors ---- */

/* The one who asks shows that it is he; only root@pam itself need not. */
static int check_own_password(struct sim_call *call)
{
    const char *own = sim_arg(call, "password");

    if (strcmp(call->who, "root@pam") == 0)
        return 0;
    if (!own)
        return sim_fail_param(call, "password", "password is required to modify TFA configuration");
    return sim_password_is(call, call->who, own) ? 0 : sim_fail(call, 401, "authentication failure\n");
}

static struct json_object *factors(struct sim_call *call)
{
    return sim_get(sim_at(call->state, "/access/tfa"), sim_arg(call, "userid"));
}

int sim_tfa_update(struct sim_call *call)
{
    struct json_object *factor;

    if (check_own_password(call) < 0)
        return -EINVAL;
    factor = sim_get(factors(call), sim_arg(call, "id"));
    if (!factor)
        return sim_fail(call, 404, "No such tfa entry '%s'", sim_arg(call, "id"));
    if (sim_arg(call, "description"))
        sim_set_str(factor, "description", sim_arg(call, "description"));
    if (sim_arg(call, "enable"))
        sim_set_int(factor, "enable", sim_arg_int(call, "enable", 1));
    sim_touch(call->sim);
    return 0;
}

int sim_tfa_delete(struct sim_call *call)
{
    if (check_own_password(call) < 0)
        return -EINVAL;
    if (!sim_get(factors(call), sim_arg(call, "id")))
        return sim_fail(call, 404, "No such tfa entry '%s'", sim_arg(call, "id"));
    json_object_object_del(factors(call), sim_arg(call, "id"));
    sim_touch(call->sim);
    return 0;
}
