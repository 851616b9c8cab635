/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit escrow`, and the same at the end of `proximo init`: the ledger's first key, to be kept
 * elsewhere. */
#include "command/escrow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command.h"
#include "config/config.h"
#include "ledger/ledger.h"

#define KEY_LIMIT 1024u

/* Never over something else: it may be the only copy of another ledger's. */
static int write_new(const char *path, const struct buf *key, struct problem *p)
{
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : fd_write_all(fd, key->data, key->len);

    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r == 0)
        return 0;
    if (fd >= 0)
        (void)unlink(path);
    (void)problem_set(p, r, PX_ARG, "the first key cannot be written to %s: %s", path, strerror(-r));
    problem_next(p, "name a file that does not exist yet, on something that is kept away from this machine");
    return r;
}

int escrow_give(const struct config *config, const char *path, struct problem *p)
{
    struct buf key = BUF_INIT(KEY_LIMIT);
    struct ledger *ledger = NULL;

    int r = ledger_new(config, &ledger);
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "no memory");
    r = buf_reserve(&key, KEY_LIMIT - 1); /* at once: growing would leave copies behind */
    if (r < 0)
        (void)problem_set(p, r, PX_INTERNAL, "no memory");
    else
        r = ledger_escrow(ledger, &key, p);
    if (r == 0 && path)
        r = write_new(path, &key, p);
    else if (r == 0)
        r = fd_write_all(STDOUT_FILENO, key.data, key.len);
    if (key.data)
        explicit_bzero(key.data, key.cap);
    buf_done(&key);
    ledger_free(ledger);
    return r;
}

int command_audit_escrow(const struct command_line *line)
{
    const struct config_options options = {.file = command_value(line, "--config")};
    const char *path = command_value(line, "--out");
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;

    int r = config_load(&options, &config, &p);
    if (r == 0)
        r = escrow_give(config, path, &p);
    config_free(config);
    if (r < 0)
        return command_fail(&p);
    (void)fprintf(stderr,
                  "proximo: keep it away from this machine: whoever has it can seal records that were never "
                  "written, and without it the seals of ended epochs cannot be checked\n");
    return 0;
}
