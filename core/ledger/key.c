/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's key file, for its owner alone:
 *
 *     proximo-ledger-key-1
 *     origin NAME
 *     epoch N
 *     key 64 HEX
 *     derive 64 HEX        not in the escrowed first key
 *
 * The file of the next epoch takes the place of this one's. That the old bytes are gone from the disk is not
 * promised: drives and file systems that copy on write keep them for a while.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"

#define KEY_TEXT_MOST 512u
#define ORIGIN_BYTES  8u

static const char format_line[] = "proximo-ledger-key-1";

/* The rest of the next line if it begins with `word` and a space (or is `word`); text moves behind it. */
static char *line_take(char **text, const char *word)
{
    const size_t len = strlen(word);
    char *line = *text, *end = strchr(line, '\n');

    if (!end || strncmp(line, word, len) != 0)
        return NULL;
    *end = '\0';
    *text = end + 1;
    if (line[len] == '\0')
        return line + len;
    return line[len] == ' ' ? line + len + 1 : NULL;
}

static bool origin_ok(const char *origin)
{
    const size_t len = strlen(origin);

    return len > 0 && len < LEDGER_ORIGIN_SIZE &&
           strspn(origin, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-") == len;
}

static bool hex_line(const char *digits, unsigned char ret[32])
{
    return digits && strlen(digits) == 64 && hex_read(digits, 64, ret);
}

/* text is changed; it has a NUL at its end. */
static bool key_parse(char *text, struct ledger_key *ret)
{
    const char *format = line_take(&text, format_line), *origin = line_take(&text, "origin");
    const char *epoch = line_take(&text, "epoch");

    if (!format || *format || !origin || !origin_ok(origin) || !epoch ||
        text_to_u64(epoch, UINT32_MAX, &ret->epoch) < 0 || !hex_line(line_take(&text, "key"), ret->key))
        return false;
    memcpy(ret->origin, origin, strlen(origin) + 1);
    ret->has_derive = *text != '\0';
    return !ret->has_derive || (hex_line(line_take(&text, "derive"), ret->derive) && *text == '\0');
}

int ledger_key_read(const char *path, struct ledger_key *ret, struct problem *p)
{
    struct ledger_key key = {0};
    char text[KEY_TEXT_MOST + 1];
    CLEANUP_FD int fd = -1;
    size_t len = 0;

    int r = file_open_secret(path, &fd, p);
    if (r < 0)
        return r;
    while (len < sizeof text) {
        ssize_t n = read(fd, text + len, sizeof text - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return problem_set(p, -errno, PX_SECRET_FILE, "the ledger's key %s cannot be read: %s", path,
                               strerror(errno));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    bool good = len < sizeof text && !memchr(text, '\0', len);
    if (good) {
        text[len] = '\0';
        good = key_parse(text, &key);
    }
    explicit_bzero(text, sizeof text);
    if (good)
        *ret = key;
    explicit_bzero(&key, sizeof key);
    if (good)
        return 0;
    (void)problem_set(p, -EINVAL, PX_SECRET_FILE, "the ledger's key %s is not such a key file", path);
    problem_next(p, "restore it from a backup; without it the ledger cannot be continued");
    return -EINVAL;
}

int ledger_key_make(const struct crypto_module *crypto, struct ledger_key *ret)
{
    struct ledger_key key = {.epoch = 0, .has_derive = true};
    unsigned char name[ORIGIN_BYTES];
    char hex[2 * ORIGIN_BYTES + 1];

    if (crypto->random(key.key, 32) < 0 || crypto->random(key.derive, 32) < 0 ||
        crypto->random(name, sizeof name) < 0)
        return -EIO;
    text_hex(name, sizeof name, hex);
    (void)snprintf(key.origin, sizeof key.origin, "proximo-ledger/%s", hex);
    *ret = key;
    crypto->wipe(&key, sizeof key);
    return 0;
}

void ledger_key_text(const struct ledger_key *key, struct buf *out)
{
    char hex[65];

    text_hex(key->key, 32, hex);
    buf_printf(out, "%s\norigin %s\nepoch %llu\nkey %s\n", format_line, key->origin,
               (unsigned long long)key->epoch, hex);
    if (key->has_derive) {
        text_hex(key->derive, 32, hex);
        buf_printf(out, "derive %s\n", hex);
    }
    explicit_bzero(hex, sizeof hex);
}

int ledger_key_write(const char *path, const struct ledger_key *key, struct problem *p)
{
    struct buf text = BUF_INIT(KEY_TEXT_MOST);

    int r = buf_reserve(&text, KEY_TEXT_MOST - 1); /* at once: no copy is left behind by growing */
    ledger_key_text(key, &text);
    if (r == 0)
        r = buf_ok(&text) ? file_write_atomic(path, text.data, text.len, 0600) : -ENOMEM;
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_done(&text);
    if (r == 0)
        return 0;
    (void)problem_set(p, r, PX_LEDGER, "the ledger's key %s cannot be written: %s", path, strerror(-r));
    problem_next(p, "make its folder writable for the user that runs proximo");
    return r;
}
