/* SPDX-License-Identifier: Apache-2.0 */
/* The bearers' file, and which of them a header names. */
#include "bearers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "guard.h"

#define TOKEN_LEAST 16u
#define FILE_LIMIT  16384u

struct words {
    const char *first, *second; /* NULL: there is none */
    size_t more;                /* words after these */
};

/* Of one line, which is cut into pieces. */
static struct words split(char *line)
{
    struct words words = {NULL, NULL, 0};
    char *rest = NULL;

    for (char *word = strtok_r(line, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest)) {
        if (!words.first)
            words.first = word;
        else if (!words.second)
            words.second = word;
        else
            words.more++;
    }
    return words;
}

static int bad_line(const char *path, size_t number, const char *what, struct problem *p)
{
    (void)problem_set(p, -EINVAL, PX_SECRET_FILE, "a2a.token_file: line %zu of %s %s", number, path, what);
    problem_next(
        p,
        "write one token alone (openssl rand -hex 32 > FILE && chmod 600 FILE), or a line NAME TOKEN for "
        "each of up to %u callers",
        BEARERS_MOST);
    return -EINVAL;
}

/* NULL, or what is wrong with it. */
static const char *add(struct bearers *bearers, const char *name, const char *token)
{
    struct bearer *new = &bearers->all[bearers->count];
    const struct crypto_module *crypto = crypto_module_get(NULL);

    if (bearers->count == BEARERS_MOST)
        return "is one too many";
    if (!guard_name(name))
        return "has no name of 1 to 64 letters, digits, dots and dashes";
    if (strlen(token) < TOKEN_LEAST)
        return "has not a token of 16 characters or more";
    if (!crypto || crypto->sha256(token, strlen(token), new->digest) < 0)
        return "could not be hashed";
    (void)snprintf(new->name, sizeof(new->name), "%s", name);
    for (size_t i = 0; i < bearers->count; i++) {
        if (strcmp(bearers->all[i].name, name) == 0)
            return "has a name that stands in an earlier one";
        if (crypto->equal(bearers->all[i].digest, new->digest, sizeof(new->digest)))
            return "has the token of an earlier one";
    }
    bearers->count++;
    return NULL;
}

static int read_lines(char *text, const char *path, const char *name, struct bearers *bearers,
                      struct problem *p)
{
    bool alone = false;
    size_t number = 0;

    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        number++;
        const struct words words = split(line);
        const char *why = NULL;
        if (!words.first || words.first[0] == '#')
            continue;
        if (words.more)
            why = "is more than a name and a token";
        else if (alone || (!words.second && bearers->count))
            why = "stands beside a token that has no name";
        else
            why = words.second ? add(bearers, words.first, words.second)
                               : add(bearers, name ? name : "bearer", words.first);
        if (why)
            return bad_line(path, number, why, p);
        alone = !words.second;
    }
    if (bearers->count == 0)
        return bad_line(path, number, "is its end, and there was no token", p);
    if (!alone && name) {
        (void)problem_set(p, -EINVAL, PX_CONFIG, "a2a.bearer: the names stand in %s", path);
        problem_next(p, "leave a2a.bearer out");
        return -EINVAL;
    }
    return 0;
}

int bearers_read(const char *path, const char *name, struct bearers *ret, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    struct buf text = BUF_INIT(FILE_LIMIT);
    struct bearers bearers = {.count = 0};
    CLEANUP_FD int fd = -1;
    int r = crypto ? file_open_secret(path, &fd, p) : -ENOENT;

    if (r < 0)
        return r;
    r = fd_read_all(fd, &text);
    if (r == 0)
        r = buf_reserve(&text, 0); /* an empty file is a text too */
    if (r < 0 || !buf_ok(&text) || strlen(text.data) != text.len)
        r = bad_line(path, 1, "begins what is too long or is no text", p);
    else
        r = read_lines(text.data, path, name, &bearers, p);
    if (text.data)
        crypto->wipe(text.data, text.cap);
    buf_done(&text);
    if (r == 0)
        *ret = bearers;
    return r;
}

int bearers_find(const struct bearers *bearers, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    const struct crypto_module *crypto = crypto_module_get(NULL);
    unsigned char digest[32];
    int found = -1;

    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0 || !crypto)
        return -1;
    authorization += sizeof(scheme) - 1;
    if (crypto->sha256(authorization, strlen(authorization), digest) < 0)
        return -1;
    for (size_t i = 0; i < bearers->count; i++) {
        if (crypto->equal(digest, bearers->all[i].digest, sizeof(digest)))
            found = (int)i;
    }
    return found;
}
