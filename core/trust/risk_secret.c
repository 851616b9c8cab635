/* SPDX-License-Identifier: Apache-2.0 */
/* Which parameters hold secrets, and how a value is shown. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret_name.h"
#include "base/text.h"
#include "trust/risk.h"

#define SHOWN_MOST 400u /* bytes of one value */

bool risk_param_is_secret(const char *name)
{
    return name && secret_name(name, strlen(name));
}

/* Where the word (up to white space or a quote) that begins at text ends. */
static size_t word_end(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] != '\0' && !strchr(" \t\r\n\"'<>", text[n]))
        n++;
    return n;
}

/*
 * How many bytes behind "://" are userinfo with its @; 0: none. Passwords hold slashes and @ although they
 * should not, so the last @ counts, and a slash ends the search only where no password can have begun.
 */
static size_t userinfo(const char *text, size_t len)
{
    const size_t word = word_end(text, len);
    size_t authority = 0;
    while (authority < word && !strchr("/?#", text[authority]))
        authority++;
    const bool maybe_password = authority > 0 && text[0] != '[' && memchr(text, ':', authority) != NULL;
    const char *last = memrchr(text, '@', maybe_password ? word : authority);
    return last ? (size_t)(last - text) + 1 : 0;
}

/* A secret inside of a property string: how many bytes of the item at text are "key=" before it; 0: none. */
static size_t secret_key(const char *text, size_t len)
{
    const char *equals = len ? memchr(text, '=', len) : NULL;
    const char *comma = len ? memchr(text, ',', len) : NULL;

    if (!equals || (comma && comma < equals))
        return 0;
    size_t begin = 0;
    while (text + begin < equals && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    return secret_name(text + begin, (size_t)(equals - text) - begin) ? (size_t)(equals - text) + 1 : 0;
}

/* Copies with userinfo and secrets of property strings replaced. */
static void mask(const char *value, size_t len, struct buf *out)
{
    bool item_begins = true;

    for (size_t at = 0; at < len;) {
        const size_t left = len - at;
        const size_t key = item_begins ? secret_key(value + at, left) : 0;
        if (key) {
            const char *comma = memchr(value + at + key, ',', left - key);
            buf_add(out, value + at, key);
            buf_str(out, "(secret)");
            at = comma ? (size_t)(comma - value) : len;
            item_begins = false;
            continue;
        }
        if (left >= 3 && memcmp(value + at, "://", 3) == 0) {
            const size_t hidden = userinfo(value + at + 3, left - 3);
            buf_str(out, hidden ? "://(secret)@" : "://");
            at += 3 + hidden;
            item_begins = false;
            continue;
        }
        item_begins = value[at] == ',' || value[at] == ';' || value[at] == '\n';
        buf_char(out, value[at++]);
    }
}

void risk_put_shown_value(const char *name, const char *value, size_t len, struct buf *out)
{
    if (risk_param_is_secret(name)) {
        buf_str(out, "(secret)");
        return;
    }
    if (!value)
        return;
    CLEANUP_BUF struct buf masked = BUF_INIT((size_t)8 << 20);
    mask(value, len, &masked);
    if (!buf_ok(&masked)) {
        buf_printf(out, "(%zu bytes)", len);
        return;
    }
    const size_t shown = masked.len > SHOWN_MOST ? text_utf8_cut(masked.data, SHOWN_MOST) : masked.len;
    buf_add(out, masked.data, shown);
    if (shown < masked.len)
        buf_printf(out, "... (%zu of %zu bytes shown)", shown, masked.len);
}
