/* SPDX-License-Identifier: Apache-2.0 */
/* Where may be listened, and what a request's head must be like. */
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

#define HOST_SIZE 72u

int guard_address(const char *host, uint32_t port, struct guard_address *ret, struct problem *p)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ret->where;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ret->where;
    struct in_addr a4;
    struct in6_addr a6;
    char text[INET6_ADDRSTRLEN] = "";

    memset(ret, 0, sizeof(*ret));
    if (!host || strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (host[strspn(host, " \t")] == '\0')
        host = "0.0.0.0";
    if (inet_pton(AF_INET, host, &a4) == 1) {
        *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = a4};
        ret->size = sizeof(*v4);
        ret->loopback = ntohl(a4.s_addr) >> 24 == 127;
        ret->any = a4.s_addr == 0;
        (void)inet_ntop(AF_INET, &a4, text, sizeof(text));
        (void)snprintf(ret->text, sizeof(ret->text), "%s", text);
        return 0;
    }
    if (inet_pton(AF_INET6, host, &a6) == 1) {
        *v6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = a6};
        ret->size = sizeof(*v6);
        ret->loopback = IN6_IS_ADDR_LOOPBACK(&a6);
        ret->any = IN6_IS_ADDR_UNSPECIFIED(&a6);
        (void)inet_ntop(AF_INET6, &a6, text, sizeof(text));
        (void)snprintf(ret->text, sizeof(ret->text), "[%s]", text);
        return 0;
    }
    (void)problem_set(p, -EINVAL, PX_CONFIG, "a2a.host: %.64s is no IP address", host);
    problem_next(p, "write it as 127.0.0.1 or ::1, or as an address of this machine");
    return -EINVAL;
}

bool guard_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strspn(name, letters);

    return len > 0 && len <= 64 && name[len] == '\0';
}

/* Letters, digits, dots and dashes; an IPv6 address in brackets. No port, no wildcard. */
static bool is_host(const char *name)
{
    const size_t len = strlen(name);

    if (name[0] == '[')
        return len > 3 && name[len - 1] == ']' && strspn(name + 1, "0123456789abcdefABCDEF:.") == len - 2;
    return guard_name(name);
}

/* The next of a list; false: there is none. */
static bool next_host(const char **at, char ret[HOST_SIZE])
{
    if (!*at || !**at)
        return false;
    *at += strspn(*at, " ");
    const size_t len = strcspn(*at, ", ");
    (void)snprintf(ret, HOST_SIZE, "%.*s", (int)(len < HOST_SIZE ? len : HOST_SIZE - 1), *at);
    *at += len;
    *at += strspn(*at, " ");
    *at += **at == ',';
    return true;
}

int guard_listen(const struct config_a2a *a2a, const struct guard_address *address, struct problem *p)
{
    if (!address->loopback && !a2a->token_file) {
        (void)problem_set(p, -EINVAL, PX_CONFIG,
                          "a2a.host: others reach %s, and there is no a2a.token_file: anybody could call",
                          address->any ? "every address of this machine" : address->text);
        problem_next(
            p, "set a2a.token_file to a file (mode 600) with a long random token, or listen on 127.0.0.1");
        return -EINVAL;
    }
    char name[HOST_SIZE];
    for (const char *at = a2a->allowed_hosts; next_host(&at, name);) {
        if (is_host(name))
            continue;
        (void)problem_set(p, -EINVAL, PX_CONFIG, "a2a.allowed_hosts: %.64s is no name of a host", name);
        problem_next(p, "name each host without a port, separated by commas; there is no wildcard");
        return -EINVAL;
    }
    if (address->any && !a2a->allowed_hosts) {
        (void)problem_set(p, -EINVAL, PX_CONFIG,
                          "a2a.allowed_hosts: it listens on every address, so its names must "
                          "be said");
        problem_next(p, "list the names and addresses by which callers reach it");
        return -EINVAL;
    }
    if (a2a->bearer && !guard_name(a2a->bearer)) {
        (void)problem_set(p, -EINVAL, PX_CONFIG,
                          "a2a.bearer must be 1 to 64 letters, digits, dots and dashes");
        problem_next(p, "give the caller a short name");
        return -EINVAL;
    }
    return 0;
}

/* Without its port; 0: it is none. */
static size_t host_length(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    const size_t len = host[0] == '[' ? (end ? (size_t)(end - host) + 1 : 0) : strcspn(host, ":");

    if (len == 0 || host[len] == '\0')
        return len;
    const size_t digits = host[len] == ':' ? strspn(host + len + 1, "0123456789") : 0;
    return digits > 0 && digits <= 5 && host[len + 1 + digits] == '\0' ? len : 0;
}

static bool same_host(const char *host, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(host, name, len) == 0;
}

bool guard_host(const struct config_a2a *a2a, const struct guard_address *address, const char *host)
{
    static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};
    const size_t len = host ? host_length(host) : 0;

    if (len == 0)
        return false;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (same_host(host, len, own[i]))
            return true;
    }
    if (!address->any && same_host(host, len, address->text))
        return true;
    char name[HOST_SIZE];
    for (const char *at = a2a->allowed_hosts; next_host(&at, name);) {
        if (same_host(host, len, name))
            return true;
    }
    return false;
}

bool guard_content_type(const char *type)
{
    static const char json[] = "application/json";
    const size_t len = sizeof(json) - 1;

    return type && strncasecmp(type, json, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

bool guard_foreign(const char *origin, const char *fetch_site)
{
    /* No page of this server makes requests, so every Origin is another's. */
    return origin || (fetch_site && strcasecmp(fetch_site, "none") != 0);
}
