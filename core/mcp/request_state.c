/* SPDX-License-Identifier: Apache-2.0 */
/* "EXPIRES.BASE64(answers).MAC" */
#include "mcp/request_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "mcp/calls.h"
#include "mcp/state.h"

#define STATE_LIMIT ((size_t)256 << 10)
#define STATE_S     1800 /* how long a person may take for a round */
#define MAC_HEX     64

/* The key, made with the first state of this process. */
static int state_key(struct server *server, const struct crypto_module *crypto, const unsigned char **ret)
{
    int r = 0;

    (void)pthread_mutex_lock(&server->mutex);
    if (!server->state_key_made)
        r = crypto->random(server->state_key, sizeof(server->state_key));
    server->state_key_made = server->state_key_made || r == 0;
    (void)pthread_mutex_unlock(&server->mutex);
    *ret = server->state_key;
    return r;
}

/* What is called: a state of one request is of no use for another. */
static void put_subject(const struct call *call, struct buf *out)
{
    static const char *const members[] = {"name", "uri", "arguments"};

    if (call->tool) {
        json_put_cstr(out, call->tool);
        json_put_value(out, call->arguments);
    }
    for (size_t i = 0; call->params && i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = NULL;

        if (json_object_object_get_ex(call->params, members[i], &value))
            json_put_value(out, value);
        buf_char(out, ';');
    }
}

static int state_mac(struct server *server, const struct call *call, const char *expires, const char *sealed,
                     size_t sealed_len, char ret_hex[MAC_HEX + 1], struct problem *p)
{
    static const char use[] = "proximo/request-state/v1";
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_BUF struct buf subject = BUF_INIT((size_t)8 << 20);
    const unsigned char *key = NULL;
    unsigned char mac[32];

    if (!crypto)
        return -EIO;
    put_subject(call, &subject);
    const struct crypto_piece pieces[] = {
        {use, sizeof(use)},
        {expires, strlen(expires) + 1},
        {sealed, sealed_len},
        {"", 1},
        {subject.data ? subject.data : "", subject.len},
    };
    if (!buf_ok(&subject) || state_key(server, crypto, &key) < 0 ||
        crypto->hmac(key, sizeof(server->state_key), pieces, sizeof(pieces) / sizeof(pieces[0]), mac) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "the state of a request cannot be sealed");
    text_hex(mac, sizeof(mac), ret_hex);
    return 0;
}

int request_state_seal(struct server *server, const struct call *call, struct json_object *answers,
                       char **ret, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_BUF struct buf text = BUF_INIT(STATE_LIMIT);
    CLEANUP_FREE char *sealed = NULL;
    char expires[24], mac[MAC_HEX + 1];
    int r;

    if (!crypto)
        return -EIO;
    json_put_value(&text, answers);
    sealed = buf_ok(&text) ? malloc(4 * ((text.len + 2) / 3) + 1) : NULL;
    if (!sealed)
        return problem_set(p, -E2BIG, PX_TOO_LARGE, "the client's answers are too large to be kept");
    crypto->base64(text.data, text.len, sealed);
    (void)snprintf(expires, sizeof(expires), "%lld", (long long)(clock_wall_us() / 1000000 + STATE_S));
    r = state_mac(server, call, expires, sealed, strlen(sealed), mac, p);
    if (r == 0 && asprintf(ret, "%s.%s.%s", expires, sealed, mac) < 0)
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the state of a request");
    return r;
}

static int not_ours(struct problem *p)
{
    (void)problem_set(
        p, -EBADMSG, PX_ARG,
        "requestState failed verification: it was changed, belongs to another request, or is too old");
    problem_next(p, "Send the request again without requestState and inputResponses.");
    return -EBADMSG;
}

int request_state_open(struct server *server, const struct call *call, struct json_object **ret_answers,
                       struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    const char *state = call->request_state, *sealed, *mac;
    CLEANUP_FREE unsigned char *bytes = NULL;
    char expires[24], good[MAC_HEX + 1];
    int64_t until = 0;
    size_t len = 0, digits;

    if (!crypto)
        return -EIO;
    digits = strcspn(state, ".");
    sealed = state + digits + 1;
    mac = state[digits] ? strchr(sealed, '.') : NULL;
    if (!mac || digits >= sizeof(expires) || strlen(mac + 1) != MAC_HEX || strlen(state) > 2 * STATE_LIMIT)
        return not_ours(p);
    memcpy(expires, state, digits);
    expires[digits] = '\0';
    if (state_mac(server, call, expires, sealed, (size_t)(mac - sealed), good, p) < 0)
        return -EIO;
    if (!crypto->equal(good, mac + 1, MAC_HEX) || text_to_i64(expires, 0, INT64_MAX, &until) < 0 ||
        until < clock_wall_us() / 1000000)
        return not_ours(p);
    bytes = malloc((size_t)(mac - sealed) + 1);
    if (!bytes)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the state of a request");
    if (crypto->base64_decode(sealed, (size_t)(mac - sealed), bytes, &len) < 0)
        return not_ours(p);
    return json_parse((const char *)bytes, len, ret_answers, p);
}
