/* SPDX-License-Identifier: Apache-2.0 */
/* What a blast function said. */
#include <string.h>

#include "blast/blast.h"

void blast_report_done(struct blast_report *report)
{
    json_object_put(report->affected);
    json_object_put(report->incomplete);
    json_object_put(report->risks);
    memset(report, 0, sizeof(*report));
}
