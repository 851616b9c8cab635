/* SPDX-License-Identifier: Apache-2.0 */
/* URLs are checked against the little that a Proxmox endpoint needs: whatever else RFC 3986 allows is
 * refused. */
#include "config/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define HOST_MAX 253u

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Host names by RFC 1123 (an underscore is let pass: people have such names), which includes IPv4 addresses.
 */
static bool name_valid(const char *host)
{
    size_t label = 0;

    for (const char *p = host; *p; p++) {
        if (*p == '.') {
            if (label == 0 || p[-1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!is_alnum(*p) && *p != '_' && !(*p == '-' && label > 0))
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0 && host[strlen(host) - 1] != '-';
}

/* Numbers and dots alone must be an IPv4 address in its usual form: "10.1" or "012.1.1.1" mean different
 * things. */
static bool address_valid(const char *host)
{
    struct in_addr address;

    if (host[strspn(host, "0123456789.")] != '\0')
        return true;
    return inet_pton(AF_INET, host, &address) == 1;
}

/* Takes the host from *at: a name, or an address in brackets. */
static const char *take_host(const char **at, char host[HOST_MAX + 3])
{
    struct in6_addr address;
    char inner[HOST_MAX + 1];

    if (**at == '[') {
        size_t len = strcspn(*at + 1, "]");
        if ((*at)[1 + len] != ']' || len > HOST_MAX)
            return "the bracket of the IPv6 address is not closed";
        memcpy(inner, *at + 1, len);
        inner[len] = '\0';
        if (inet_pton(AF_INET6, inner, &address) != 1)
            return "what stands in the brackets is not an IPv6 address";
        (void)snprintf(host, HOST_MAX + 3, "[%s]", inner);
        *at += len + 2;
    } else {
        size_t len = strcspn(*at, ":/?#");
        if (memchr(*at, '@', strlen(*at)))
            return "it must not contain a user or password; the token has its own file";
        if (len == 0 || len > HOST_MAX)
            return "the host is missing or too long";
        memcpy(host, *at, len);
        host[len] = '\0';
        if (!name_valid(host) || !address_valid(host))
            return "the host is neither a name nor an IP address";
        *at += len;
    }
    for (char *p = host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return NULL;
}

static const char *take_port(const char **at, uint64_t *port)
{
    char digits[8];

    if (**at != ':')
        return NULL;
    size_t len = strcspn(*at + 1, "/?#");
    if (len == 0 || len >= sizeof digits)
        return "the port is not a number from 1 to 65535";
    memcpy(digits, *at + 1, len);
    digits[len] = '\0';
    if (text_to_u64(digits, 65535, port) < 0 || *port == 0)
        return "the port is not a number from 1 to 65535";
    *at += len + 1;
    return NULL;
}

int url_normalise(const char *url, uint16_t default_port, char **ret, const char **ret_why)
{
    static const char *const paths[] = {"", "/", "/api2/json", "/api2/json/"};
    char host[HOST_MAX + 3];
    uint64_t port = default_port;
    bool known = false;

    if (strncasecmp(url, "https://", 8) != 0) {
        *ret_why = "it must begin with https:// (Proxmox is spoken to over TLS only)";
        return -EINVAL;
    }
    const char *at = url + 8;
    const char *why = take_host(&at, host);
    if (!why)
        why = take_port(&at, &port);
    for (size_t i = 0; !why && i < sizeof paths / sizeof paths[0]; i++)
        known = known || strcmp(at, paths[i]) == 0;
    if (!why && !known)
        why = "nothing but /api2/json may follow host and port";
    if (why) {
        *ret_why = why;
        return -EINVAL;
    }
    char *out;
    if (asprintf(&out, "https://%s:%u", host, (unsigned)port) < 0)
        return -ENOMEM;
    *ret = out;
    return 0;
}

static bool scheme_in(const char *schemes, const char *scheme, size_t len)
{
    for (const char *at = schemes; *at; at += *at == ' ') {
        const size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, scheme, len) == 0)
            return true;
        at += n;
    }
    return false;
}

const char *url_receiver_fault(const char *url, const char *schemes, bool paths)
{
    char host[HOST_MAX + 3];
    uint64_t port = 0;

    const char *mark = strstr(url, "://");
    if (!mark || !scheme_in(schemes, url, (size_t)(mark - url)))
        return paths ? "it must begin with https://" : "it must begin with tls:// or tcp://";
    const char *at = mark + 3;
    const char *why = take_host(&at, host);
    if (!why)
        why = take_port(&at, &port);
    if (why)
        return why;
    if (!paths && !port)
        return "the port is missing";
    if (strpbrk(at, "?#"))
        return "a query or a fragment has no place in it";
    return *at && !(paths && *at == '/') ? "nothing may follow host and port" : NULL;
}

int sha256_normalise(const char *text, char ret[65])
{
    static const char blanks[] = " \t\r\n";
    char digits[65];
    size_t n = 0;

    text += strspn(text, blanks);
    if (strncasecmp(text, "sha256:", 7) == 0)
        text += 7;
    size_t len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]))
        len--;
    const bool colons = len > 2 && text[2] == ':';
    for (size_t i = 0; i < len; i++) {
        if (colons && i % 3 == 2) {
            if (text[i] != ':')
                return -EINVAL;
            continue;
        }
        if (!isxdigit((unsigned char)text[i]) || n == 64)
            return -EINVAL;
        digits[n++] = (char)tolower((unsigned char)text[i]);
    }
    if (n != 64 || (colons && text[len - 1] == ':'))
        return -EINVAL;
    digits[64] = '\0';
    memcpy(ret, digits, sizeof digits);
    return 0;
}
