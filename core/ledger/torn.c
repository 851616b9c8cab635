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
    if (unlink(path) < 0 && errno != ENOENT) /* of a crash before the ledger was cut: the same bytes */
        return -errno;
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : fd_write_all(fd, bytes, len);

    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r < 0 ? r : file_sync_folder(path);
}

/* The record, and only then the name that says that there is one. offset negative: not known any more. */
static int record_cut(struct ledger *ledger, const char *pending, int64_t offset, const char *bytes,
                      size_t len, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(LEDGER_RECORD_LIMIT);
    unsigned char digest[32];
    char path[PATH_MAX], hex[65];

    const int n = snprintf(path, sizeof path, "%s.%lld", pending, (long long)clock_wall_us());
    int r =
        n < 0 || (size_t)n >= sizeof path ? -ENAMETOOLONG : ledger->seal.crypto->sha256(bytes, len, digest);
    if (r < 0)
        return ledger_fail(ledger, r, p, "has a cut record that cannot be named: %s", strerror(-r));
    log_warn("the ledger %s ended in a record that was cut short; its %zu bytes are in %s", ledger->file, len,
             path);
    text_hex(digest, 32, hex);
    if (offset >= 0)
        json_put_key_int(&body, "offset", offset);
    json_put_key_int(&body, "length", (long long)len);
    json_put_key_string(&body, "sha256", hex);
    json_put_key_string(&body, "file", path);
    if (!buf_ok(&body))
        return ledger_fail(ledger, -ENOMEM, p, "cannot be written: no memory");
    r = ledger_write_locked(ledger, LEDGER_RECOVERED, body.data, body.len, p);
    if (r == 0 && rename(pending, path) < 0)
        r = ledger_fail(ledger, -errno, p, "has a cut record that cannot be named: %s", strerror(errno));
    return r;
}

int ledger_set_aside_locked(struct ledger *ledger, int64_t size, struct problem *p)
{
    const int64_t offset = ledger->head.end, cut = size - offset;
    char pending[PATH_MAX];

    if (cut <= 0 || cut > (int64_t)(2 * LEDGER_RECORD_LIMIT))
        return ledger_fail(ledger, -EBADMSG, p, "ends in more than one record that was cut short");
    CLEANUP_FREE char *bytes = malloc((size_t)cut);
    const int n = snprintf(pending, sizeof pending, "%s.torn", ledger->file);
    int r = !bytes ? -ENOMEM : n < 0 || (size_t)n >= sizeof pending ? -ENAMETOOLONG : 0;
    if (r == 0)
        r = ledger_pread(ledger->fd, bytes, (size_t)cut, offset);
    if (r == 0)
        r = keep(pending, bytes, (size_t)cut);
    if (r == 0 && (ftruncate(ledger->fd, (off_t)offset) < 0 || fdatasync(ledger->fd) < 0))
        r = -errno;
    if (r < 0)
        return ledger_fail(ledger, r, p, "ends in a record that was cut short, which cannot be set aside: %s",
                           strerror(-r));
    return record_cut(ledger, pending, offset, bytes, (size_t)cut, p);
}

int ledger_torn_finish_locked(struct ledger *ledger, struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(2 * LEDGER_RECORD_LIMIT);
    char pending[PATH_MAX];

    const int n = snprintf(pending, sizeof pending, "%s.torn", ledger->file);
    int r = n < 0 || (size_t)n >= sizeof pending ? -ENAMETOOLONG : file_read(pending, &bytes);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return ledger_fail(ledger, r, p, "has a cut record that cannot be read: %s: %s", pending,
                           strerror(-r));
    return record_cut(ledger, pending, -1, bytes.data ? bytes.data : "", bytes.len, p);
}
