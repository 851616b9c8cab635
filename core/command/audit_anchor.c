/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit anchor`: the whole ledger is verified, then a checkpoint of it goes to every anchor. */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "command/command.h"
#include "config/config.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"

#define OUT_LIMIT  ((size_t)64 << 10)
#define PUBLISH_MS 30000 /* a sink may wait for another's verification before its own attempt */
#define SETTLE_MS  2000

static int verified(const struct config *config, struct problem *p)
{
    CLEANUP_FREE char *file = ledger_file(config);
    struct ledger_report report = {0};

    int r = ledger_verify_configured(config, NULL, &report, p);
    if (r == 0 && !ledger_verdict_good(report.verdict) && report.verdict != LEDGER_TORN_TAIL) {
        (void)problem_set(p, -EBADMSG, PX_LEDGER, "the ledger %s does not verify, nothing was published: %s",
                          file ? file : "?", report.why);
        problem_next(p, "`proximo audit verify` says more; find the cause first");
        r = -EBADMSG;
    }
    return r;
}

static int publish(const struct config *config, bool json, bool *ret_all, struct buf *out, struct problem *p)
{
    struct ledger *ledger = NULL;
    struct anchors *anchors = NULL;

    int r = ledger_new(config, &ledger);
    if (r == 0)
        r = anchors_new(config, ledger, &anchors);
    if (r < 0)
        (void)problem_set(p, r, PX_INTERNAL, "no memory");
    else if (anchors_configured(anchors))
        r = verified(config, p);
    if (r == 0)
        r = anchors_publish(anchors, clock_ms() + PUBLISH_MS, NULL, ret_all, p);
    if (r == 0 && json) {
        anchors_json(anchors, out);
        buf_char(out, '\n');
    } else if (r == 0) {
        anchors_text(anchors, out);
    }
    /* One that hangs is left behind with what it uses: the process ends. */
    if (!anchors || anchors_stop(anchors, clock_ms() + SETTLE_MS)) {
        anchors_free(anchors);
        ledger_free(ledger);
        (void)threads_settle(clock_ms() + SETTLE_MS);
    }
    return r;
}

int command_audit_anchor(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(OUT_LIMIT);
    const struct config_options options = {.file = command_value(line, "--config")};
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;
    bool all = false;

    if (config_load(&options, &config, &p) < 0)
        return command_fail(&p);
    int r = publish(config, command_value(line, "--json") != NULL, &all, &out, &p);
    if (r < 0) {
        config_free(config);
        return command_fail(&p);
    }
    const bool printed = buf_ok(&out) && fd_write_all(STDOUT_FILENO, out.data, out.len) == 0;
    config_free(config);
    return all && printed ? 0 : 1;
}
