/* SPDX-License-Identifier: Apache-2.0 */
/* A verification's result for programs. */
#include "base/json.h"
#include "ledger/ledger.h"

static const struct {
    const char *name;
    bool good;
} verdicts[] = {
    [LEDGER_OK] = {"ok", true},
    [LEDGER_BROKEN] = {"broken", false},
    [LEDGER_TORN_TAIL] = {"torn-tail", false},
    [LEDGER_KEY_MISSING] = {"key-missing", true},
    [LEDGER_BEHIND] = {"behind", false},
    [LEDGER_MISSING] = {"missing", false},
    [LEDGER_UNREADABLE] = {"unreadable", false},
    [LEDGER_MACS_UNCHECKED] = {"macs-unchecked", true},
    [LEDGER_UNANCHORED] = {"unanchored-tail", true},
};

const char *ledger_verdict_name(enum ledger_verdict verdict)
{
    return verdicts[verdict].name;
}

bool ledger_verdict_good(enum ledger_verdict verdict)
{
    return verdicts[verdict].good;
}

void ledger_report_json(const struct ledger_report *report, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_string(out, "verdict", ledger_verdict_name(report->verdict));
    json_put_key_int(out, "records", (long long)report->records);
    json_put_key_int(out, "bytes", report->bytes);
    json_put_key_string(out, "head", report->head);
    json_put_key_string(out, "root", report->root);
    json_put_key_int(out, "segments", (long long)report->segments);
    json_put_key_int(out, "epochs_ended", (long long)report->epochs);
    json_put_key_int(out, "checkpoints", (long long)report->checkpoints);
    json_put_key_bool(out, "signature_checked", report->signed_good);
    json_put_key_int(out, "macs_unchecked", (long long)report->unchecked);
    if (report->anchored)
        json_put_key_int(out, "unanchored", (long long)report->unanchored);
    if (report->verdict == LEDGER_BROKEN)
        json_put_key_int(out, "seq", (long long)report->seq);
    if (report->records) {
        json_put_key_int(out, "first_us", report->first_us);
        json_put_key_int(out, "last_us", report->last_us);
    }
    if (*report->why)
        json_put_key_string(out, "why", report->why);
    buf_char(out, '}');
}
