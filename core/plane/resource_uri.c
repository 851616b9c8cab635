/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of resources: what a plane may declare, and which template a URI is of. */
#include "plane/resource_uri.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define TEMPLATE_MOST 512u

/* Planes have this part of the program's own scheme; plans, receipts, the ledger and the policy are the
 * core's, and so is what it may add. */
static const char own_scheme[] = "proximo:";
static const char own_open[] = "proximo://site/";

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define DIGITS "0123456789"
static const char scheme_more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "+-.";
static const char uri_more[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-._~:/?#[]@!$&'()*+,;=";
static const char name_more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_";
/* What ends a value. A UPID may stand in one as it is, with its colons. */
static const char value_end[] = "/?#";

/* Bytes of the character at `at` if it is one of `set` or percent-encoded; 0: neither. */
static size_t character(const char *at, const char *set)
{
    if (*at && strchr(set, *at))
        return 1;
    return at[0] == '%' && text_hex_digit(at[1]) >= 0 && text_hex_digit(at[2]) >= 0 ? 3 : 0;
}

/* Bytes of "scheme:", 0 if there is none. */
static size_t scheme_length(const char *uri)
{
    size_t len = *uri && strchr(letters, *uri) ? strspn(uri, scheme_more) : 0;

    return len && uri[len] == ':' ? len + 1 : 0;
}

const char *resource_template_fault(const char *template)
{
    size_t len = template ? strlen(template) : 0, scheme = len ? scheme_length(template) : 0;
    size_t variables = 0;

    if (len == 0 || len > TEMPLATE_MOST)
        return "is missing or longer than 512 bytes";
    if (scheme == 0 || scheme == len)
        return "does not begin with a scheme and go on after it";
    if (strncasecmp(template, own_scheme, sizeof(own_scheme) - 1) == 0 &&
        strncmp(template, own_open, sizeof(own_open) - 1) != 0)
        return "takes what is the program's own: of the scheme proximo planes have proximo://site/";
    for (const char *at = template + scheme; *at;) {
        size_t step = character(at, uri_more);
        if (*at == '{') {
            size_t name = strspn(at + 1, name_more);
            if (name == 0 || name > 64 || at[1 + name] != '}')
                return "has a { that begins no {name}";
            step = name + 2;
            if (at[step] && !strchr(value_end, at[step]))
                return "has a variable that is followed by neither the end nor one of / ? #";
            variables++;
        }
        if (step == 0)
            return "has a character that no URI has";
        at += step;
    }
    return variables > 16 ? "has more than 16 variables" : NULL;
}

bool resource_uri_valid(const char *uri)
{
    size_t scheme = scheme_length(uri);

    if (scheme == 0 || uri[scheme] == '\0' || strlen(uri) > RESOURCE_URI_MOST)
        return false;
    for (const char *at = uri + scheme; *at;) {
        size_t step = character(at, uri_more);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

const char *resource_variable_next(const char **at, size_t *ret_len)
{
    const char *open = strchr(*at, '{');
    const char *end = open ? strchr(open, '}') : NULL;

    if (!end)
        return NULL;
    *ret_len = (size_t)(end - open) - 1;
    *at = end + 1;
    return open + 1;
}

/* What follows a variable is no part of a value (see above), so there is one way to take a URI apart. */
bool resource_uri_matches(const char *template, const char *uri)
{
    while (*template && *template != '{') {
        if (*template ++ != *uri++)
            return false;
    }
    if (*template == '\0')
        return *uri == '\0';
    size_t value = strcspn(uri, value_end);
    const char *end = strchr(template, '}');
    return value && end && resource_uri_matches(end + 1, uri + value);
}
