/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that start and stop one guest; the classes of it, which the bulk tools use as well. */
#include "guests.h"

static const struct proximo_param power_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action",
          .choices = "start,stop,shutdown,reboot,suspend,hibernate,resume,reset",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description =
              "start; shutdown (asks the guest); stop (cuts the power); reboot (shutdown and start); suspend "
              "(stands still); hibernate (saves memory to disk, machines); resume; reset (machines)."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .minimum = 1, .maximum = 3600,
          .description = "shutdown, reboot: seconds that the guest is given."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force_stop", .api_name = "forceStop",
          .description = "shutdown: stop it if it has not shut down in time."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "statestorage", .format = "storage",
          .description = "hibernate: storage for the memory; absent: Proxmox chooses."),
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
        .title = "Start, shutdown, stop, reboot (restart), suspend or resume a guest",
        .description =
            "Starts, shuts down, stops (cuts the power), reboots, suspends, hibernates, resumes or "
            "resets one guest. Start, stop and shutdown of a guest under HA are done by the HA "
            "manager, which takes longer. A guest that is already so is left alone.",
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
    GUEST_CLASS("guest.suspend", "suspend a guest", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_FUNCTION, 0,
                guests_blast_suspend, "A running guest stands still."),
    GUEST_CLASS("guest.hibernate", "hibernate a machine", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_FUNCTION, 0,
                guests_blast_hibernate, "A machine's memory is saved to disk and it stops."),
    GUEST_CLASS("guest.resume", "resume a guest", PROXIMO_RISK_LOW, PROXIMO_UNDO_FUNCTION, 0,
                guests_blast_resume, "A suspended guest goes on."),
    GUEST_CLASS("guest.reset", "reset a machine", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE, 0, guests_blast_reset,
                "A running machine begins anew without being asked."),
};

const struct topic guests_topic_power = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
