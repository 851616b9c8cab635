/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that start and stop one guest; the classes of it, which the bulk tools use as well. */
#include "guests.h"

static const struct proximo_param power_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action", .choices = "start,stop,shutdown,reboot",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description =
              "start; shutdown (asks the guest); stop (cuts the power); reboot (shutdown and start)."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .minimum = 1, .maximum = 3600,
          .description = "shutdown, reboot: seconds that the guest is given."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force_stop", .api_name = "forceStop",
          .description = "shutdown: stop it if it has not shut down in time."),
};

static const struct proximo_need power_needs[] = {
    NEED("/vms/{vmid}", "VM.PowerMgmt"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_guest_power",
        .title = "Start, shutdown, stop or reboot (restart) a guest",
        .description = "Starts, shuts down, stops (cuts the power) or reboots one guest. A guest under HA is "
                       "handled by the HA manager, which takes longer. A guest that is already so is left "
                       "alone.",
        .params = PROXIMO_TABLE(power_params),
        .operation_class = "guest.stop",
        .needs = PROXIMO_TABLE(power_needs),
        .plan = guests_plan_power,
        .plan_undo = guests_undo_power,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
        .undo_class = "guest.start",
    },
};

static const struct proximo_class classes[] = {
    GUEST_CLASS("guest.start", "start a guest", PROXIMO_RISK_LOW, PROXIMO_UNDO_FUNCTION, 0,
                guests_blast_start, "A stopped guest runs."),
    GUEST_CLASS("guest.stop", "cut the power of a guest", PROXIMO_RISK_HIGH, PROXIMO_UNDO_TEMPLATE, 0,
                guests_blast_stop, "A running guest is stopped without being asked."),
    GUEST_CLASS("guest.shutdown", "shut a guest down", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_TEMPLATE, 0,
                guests_blast_shutdown, "A running guest is asked to end."),
    GUEST_CLASS("guest.reboot", "reboot a guest", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE, 0,
                guests_blast_reboot, "A running guest ends and starts again."),
};

const struct topic guests_topic_power = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
