/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for one test. */
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

void place_make(struct place *place)
{
    *place = (struct place){.folder = "/tmp/proximo-ledger-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->file, sizeof place->file, "%s/audit.log", place->folder);
    (void)snprintf(place->key, sizeof place->key, "%s/audit.key", place->folder);
    (void)snprintf(place->lock, sizeof place->lock, "%s/audit.log.lock", place->folder);
    (void)snprintf(place->sign, sizeof place->sign, "%s/audit.signing.pem", place->folder);
    (void)snprintf(place->tree, sizeof place->tree, "%s/audit.log.tree", place->folder);
    place->config.state_dir = place->folder;
    place->config.ledger = (struct config_ledger){.redact = true,
                                                  .segment_kib = 1u << 20,
                                                  .epoch_records = 1000000,
                                                  .epoch_minutes = 500000,
                                                  .checkpoint_records = 1000000};
}

void place_make_small(struct place *place)
{
    place_make(place);
    place->config.ledger.segment_kib = 8;
    place->config.ledger.epoch_records = 11;
    place->config.ledger.checkpoint_records = 5;
}

void place_segment(const struct place *place, unsigned number, char ret_path[128])
{
    (void)snprintf(ret_path, 128, "%s.%06u", place->file, number);
}

void place_done(struct place *place)
{
    DIR *folder = opendir(place->folder);
    char path[400];

    assert_non_null(folder);
    (void)chmod(place->folder, 0700);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", place->folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(place->folder), 0);
}

struct ledger *place_open(struct place *place)
{
    struct ledger *ledger = NULL;

    assert_int_equal(ledger_new(&place->config, &ledger), 0);
    return ledger;
}

void place_read(const char *path, struct buf *out)
{
    buf_reset(out);
    assert_int_equal(file_read(path, out), 0);
}

void place_write(const char *path, const void *bytes, size_t len)
{
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes, len), 0);
}

size_t place_count(const struct place *place, const char *part)
{
    DIR *folder = opendir(place->folder);
    size_t count = 0;

    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strstr(entry->d_name, part) != NULL;
    (void)closedir(folder);
    return count;
}

void place_fill(struct place *place, size_t records)
{
    struct ledger *ledger = place_open(place);
    struct problem p = PROBLEM_INIT;
    char body[64];

    for (size_t i = 0; i < records; i++) {
        int n = snprintf(body, sizeof body, "\"n\":%zu,\"text\":\"guest/%zu\"", i, i);
        if (ledger_append(ledger, LEDGER_PLANNED, body, (size_t)n, NULL, &p) < 0)
            fail_msg("%s: %s", p.code, p.cause);
    }
    ledger_free(ledger);
}

enum ledger_verdict place_verify(struct place *place, struct ledger_report *ret)
{
    struct problem p = PROBLEM_INIT;

    assert_int_equal(ledger_verify(place->file, place->key, NULL, ret, &p), 0);
    return ret->verdict;
}
