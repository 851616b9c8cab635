/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change what a machine's cloud-init is given. */
#include "guests.h"

static const struct proximo_param set_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "changes",
          .description = "ciuser, citype, ciupgrade, cicustom, nameserver, searchdomain, ipconfigN and their "
                         "values: {\"ipconfig0\":\"ip=dhcp\"}."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .minimum = 1, .maximum = 64,
          .description = "Names of what is to be removed."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "cipassword", .flags = PROXIMO_PARAM_SECRET, .maximum = 1024,
          .description = "Password of the user. Never shown, so it has no way back."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "sshkeys", .format = "lines", .maximum = 16384,
          .description = "Public keys of the user, one a line, as in authorized_keys."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "regenerate", .default_json = "true",
          .description = "Writes the image anew at once; false: it is written at the next start."),
};

/* What each option needs is looked at when the plan is made. */
static const struct proximo_need set_needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_cloudinit_set",
        .title = "Change cloud-init",
        .description =
            "Sets what cloud-init gives a machine: user, password, ssh keys, addresses, name servers; "
            "and writes its image anew. What is so already is left out. Undo writes the old "
            "values and the image back; a password has no way back, because Proxmox never shows it.",
        .params = PROXIMO_TABLE(set_params),
        .operation_class = "guest.config",
        .needs = PROXIMO_TABLE(set_needs),
        .plan = guests_plan_cloudinit_set,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

const struct topic guests_topic_cloudinit = {.changes = PROXIMO_TABLE(changes)};
