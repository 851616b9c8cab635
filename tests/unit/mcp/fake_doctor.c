/* SPDX-License-Identifier: Apache-2.0 */
/* The examination, in place of the real one: it says which site it was asked about. */
#include "base/json.h"
#include "doctor/doctor.h"

int doctor_examine(struct doctor *d, const struct doctor_subject *subject)
{
    d->subject = subject;
    return 0;
}

void doctor_done(struct doctor *d)
{
    d->subject = NULL;
}

void doctor_json(const struct doctor *d, size_t most, struct buf *out)
{
    (void)most;
    buf_str(out, "{\"ok\":true");
    json_put_key_string(out, "site", d->subject->site ? d->subject->site : "");
    json_put_key_int(out, "tools", (long long)d->subject->tool_count);
    buf_char(out, '}');
}
