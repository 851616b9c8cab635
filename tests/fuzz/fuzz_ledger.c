/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a ledger: a verdict comes, and what is called good is a chain from the first byte. */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/ledger.h"

/* That of tests/unit/ledger/golden: its ledger as a seed passes the seals. */
static const char KEY[] = "proximo-ledger-key-1\n"
                          "origin proximo-ledger/0986cab188d212be\n"
                          "epoch 0\n"
                          "key 2059255f5b5ce66f83db8f6ac3aa8da2651b0639240de759c91d63c1202542f6\n"
                          "derive a016f89c03e373b1e022f6fe92e01796489295dfd40d42cd924f703be1083a51\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[] = "/tmp/proximo-fuzz-XXXXXX";
    struct ledger_report report;
    struct problem p = PROBLEM_INIT;
    int fd = mkstemp(name);

    PROMISE(fd >= 0 && fd_write_all(fd, data, size) == 0);
    PROMISE(ledger_verify(name, NULL, NULL, &report, &p) == 0);
    PROMISE(report.verdict == LEDGER_KEY_MISSING || report.verdict == LEDGER_BROKEN ||
            report.verdict == LEDGER_TORN_TAIL);
    PROMISE(report.bytes >= 0 && (size_t)report.bytes <= size);
    PROMISE(report.verdict != LEDGER_KEY_MISSING || (size_t)report.bytes == size);
    PROMISE((report.records == 0) == (report.bytes == 0) &&
            (report.records == 0) == (report.head[0] == '\0'));
    /* with a key the seals are checked too: never more is good than by the hashes alone */
    struct ledger_report sealed;
    char key[] = "/tmp/proximo-fuzz-key-XXXXXX";
    int key_fd = mkstemp(key);
    PROMISE(key_fd >= 0 && fd_write_all(key_fd, KEY, sizeof KEY - 1) == 0);
    PROMISE(ledger_verify(name, key, NULL, &sealed, &p) == 0);
    PROMISE(sealed.verdict == LEDGER_OK || sealed.verdict == LEDGER_BROKEN ||
            sealed.verdict == LEDGER_TORN_TAIL);
    PROMISE(sealed.records <= report.records && sealed.bytes <= report.bytes);
    PROMISE(sealed.verdict != LEDGER_OK || report.verdict == LEDGER_KEY_MISSING);
    (void)close(key_fd);
    (void)unlink(key);
    (void)close(fd);
    (void)unlink(name);
    return 0;
}
