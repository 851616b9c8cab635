/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request against the guards, in a fixed order: host, origin, place, token, type, length. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/config.h"
#include "http_inner.h"

struct seen {
    const char *name, *value;
    unsigned count;
};

static enum MHD_Result see(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    for (struct seen *seen = arg; seen->name; seen++) {
        if (strcasecmp(seen->name, key) == 0) {
            seen->count++;
            seen->value = value ? value : "";
        }
    }
    return MHD_YES;
}

unsigned head_check(const struct door *door, struct MHD_Connection *connection, const char *method,
                    const char *path, size_t *ret_bearer, const char **ret_why)
{
    enum { HOST, ORIGIN, SITE, TOKEN, TYPE, LENGTH, CHUNKED };
    struct seen seen[] = {{"Host", NULL, 0},
                          {"Origin", NULL, 0},
                          {"Sec-Fetch-Site", NULL, 0},
                          {"Authorization", NULL, 0},
                          {"Content-Type", NULL, 0},
                          {"Content-Length", NULL, 0},
                          {"Transfer-Encoding", NULL, 0},
                          {NULL, NULL, 0}};
    const bool post = strcmp(method, "POST") == 0;
    uint64_t length = 0;

    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, see, seen);
    *ret_why = "this Host is none of this server's; see a2a.allowed_hosts";
    if (seen[HOST].count != 1 || !guard_host(door->options.a2a, &door->options.address, seen[HOST].value))
        return 421;
    *ret_why = "requests of web pages are not taken";
    if (guard_foreign(seen[ORIGIN].value, seen[SITE].value))
        return 403;
    *ret_why = "there is nothing here";
    if (strcmp(path, "/a2a") != 0 && strcmp(path, "/.well-known/agent-card.json") != 0 &&
        strcmp(path, "/.well-known/jwks.json") != 0)
        return 404;
    *ret_why = "another method is needed here";
    if (post != (strcmp(path, "/a2a") == 0) || (!post && strcmp(method, "GET") != 0))
        return 405;
    if (!post)
        return 0;
    *ret_why = "a bearer token is needed";
    const struct bearers *bearers = &door->options.bearers;
    const int bearer = seen[TOKEN].count == 1 ? bearers_find(bearers, seen[TOKEN].value) : -1;
    if (bearers->count && bearer < 0)
        return 401;
    *ret_bearer = bearer < 0 ? 0 : (size_t)bearer;
    *ret_why = "Content-Type must be application/json";
    if (seen[TYPE].count != 1 || !guard_content_type(seen[TYPE].value))
        return 415;
    *ret_why = "Content-Length is needed";
    if (seen[LENGTH].count != 1 || seen[CHUNKED].count)
        return 411;
    *ret_why = "the body may have 1 MiB";
    return text_to_u64(seen[LENGTH].value, BODY_MOST - 1, &length) < 0 ? 413 : 0;
}
