/* SPDX-License-Identifier: Apache-2.0 */
/* A write that power or a signal cut short: its bytes are kept beside the ledger, and that is recorded. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/ledger_inner.h"

static int keep(const char *path, const char *bytes, size_t len)
{
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : fd_write_all(fd, bytes, len);

    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r < 0 ? r : ledger_sync_folder(path);
}

int ledger_set_aside_locked(struct ledger *ledger, int64_t size, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(LEDGER_RECORD_LIMIT);
    int64_t offset = ledger->head.end, cut = size - offset;
    unsigned char digest[32];
    char path[PATH_MAX], hex[65];

    if (cut <= 0 || cut > (int64_t)(2 * LEDGER_RECORD_LIMIT))
        return ledger_fail(ledger, -EBADMSG, p, "ends in more than one record that was cut short");
    CLEANUP_FREE char *bytes = malloc((size_t)cut);
    int n = snprintf(path, sizeof path, "%s.torn.%lld", ledger->file, (long long)clock_wall_us());
    int r = !bytes ? -ENOMEM : n < 0 || (size_t)n >= sizeof path ? -ENAMETOOLONG : 0;
    if (r == 0)
        r = ledger_pread(ledger->fd, bytes, (size_t)cut, offset);
    if (r == 0)
        r = ledger->seal.crypto->sha256(bytes, (size_t)cut, digest);
    if (r == 0)
        r = keep(path, bytes, (size_t)cut);
    if (r == 0 && (ftruncate(ledger->fd, (off_t)offset) < 0 || fdatasync(ledger->fd) < 0))
        r = -errno;
    if (r < 0)
        return ledger_fail(ledger, r, p, "ends in a record that was cut short, which cannot be set aside: %s",
                           strerror(-r));
    log_warn("the ledger %s ended in a record that was cut short; its %lld bytes are in %s", ledger->file,
             (long long)cut, path);
    text_hex(digest, 32, hex);
    json_put_key_int(&body, "offset", offset);
    json_put_key_int(&body, "length", cut);
    json_put_key_string(&body, "sha256", hex);
    json_put_key_string(&body, "file", path);
    if (!buf_ok(&body))
        return ledger_fail(ledger, -ENOMEM, p, "cannot be written: no memory");
    return ledger_write_locked(ledger, LEDGER_RECOVERED, body.data, body.len, p);
}
