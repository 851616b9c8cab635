/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's key: 32 random bytes in hexadecimal, one file, for its owner alone. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"

#define KEY_TEXT 65 /* 64 digits and a newline */

int ledger_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    CLEANUP_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int ledger_key_read(const char *path, unsigned char ret_key[32], struct problem *p)
{
    unsigned char key[32];
    char text[KEY_TEXT + 1];
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
    bool good = len == KEY_TEXT && text[64] == '\n' && hex_read(text, 64, key);
    explicit_bzero(text, sizeof text);
    if (good) {
        memcpy(ret_key, key, 32);
        explicit_bzero(key, sizeof key);
        return 0;
    }
    (void)problem_set(p, -EINVAL, PX_SECRET_FILE,
                      "the ledger's key %s is not 64 hexadecimal digits and a newline", path);
    problem_next(p, "restore the key from a backup; without it the ledger cannot be continued");
    return -EINVAL;
}

int ledger_key_make(const struct crypto_module *crypto, const char *path, struct problem *p)
{
    unsigned char key[32];
    char text[KEY_TEXT + 1];
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    int r = fd < 0 ? -errno : crypto->random(key, sizeof key);
    if (r == 0) {
        text_hex(key, sizeof key, text);
        text[64] = '\n';
        r = fd_write_all(fd, text, KEY_TEXT);
        explicit_bzero(key, sizeof key);
        explicit_bzero(text, sizeof text);
        if (r == 0 && (fchmod(fd, 0600) < 0 || fsync(fd) < 0))
            r = -errno;
    }
    if (r == 0)
        r = ledger_sync_folder(path);
    if (r < 0) {
        if (fd >= 0)
            (void)unlink(path); /* it is ours: O_EXCL */
        (void)problem_set(p, r, PX_LEDGER, "the ledger's key %s cannot be made: %s", path, strerror(-r));
        problem_next(p, "make its folder writable for the user that runs proximo");
    }
    return r;
}

int ledger_seal_init(struct seal *seal, const unsigned char key[32], struct problem *p)
{
    unsigned char id[32];

    seal->hmac = NULL;
    seal->crypto = crypto_module_get(p);
    if (!seal->crypto)
        return -ELIBACC;
    if (!key)
        return 0;
    if (seal->crypto->hkdf(key, 32, "proximo/ledger/v1/key-id", id) < 0 ||
        !(seal->hmac = seal->crypto->hmac_new(key, 32)))
        return problem_set(p, -ENOMEM, PX_LEDGER, "no memory for the ledger's key");
    text_hex(id, 8, seal->key_id);
    return 0;
}
