/* SPDX-License-Identifier: Apache-2.0 */
/* The tool that makes a template of a guest. */
#include "template_convert.h"

static const struct proximo_param convert_params[] = {GUEST_PARAMS};

static const struct proximo_need convert_needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_template_convert",
        .title = "Convert a guest into a template",
        .description = "Changes a stopped machine or container without snapshots into a template, for good: "
                       "its disks become base volumes that clones are made of, and it never starts again. "
                       "There is no undo; a full clone of the template is a guest again, under a new id.",
        .params = PROXIMO_TABLE(convert_params),
        .operation_class = "guest.template",
        .needs = PROXIMO_TABLE(convert_needs),
        .plan = guests_plan_template_convert,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};

static const struct proximo_class classes[] = {
    GUEST_CLASS("guest.template", "make a template of a guest", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE, 0,
                guests_blast_template, "The guest becomes a template and never starts again."),
};

const struct topic guests_topic_template = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
