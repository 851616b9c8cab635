/* SPDX-License-Identifier: Apache-2.0 */
/* pve_sdn_apply, pve_sdn_rollback. */
#include "apply.h"

static const struct proximo_param params[] = {
    SDN_LOCK_TOKEN,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "release_lock", .api_name = "release-lock",
          .flags = PROXIMO_PARAM_NOT_SENT, .default_json = "true",
          .description = "Releases the lock, if it is held, when it is done. Proxmox VE 9."),
};
static const struct proximo_need needs[] = {NEED("/sdn", "SDN.Allocate")};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_apply", .title = "Apply the SDN configuration",
     .description =
         "Applies everything that is pending in the software-defined network, whoever edited it, on "
         "all nodes: each reloads its network, and its own waiting interface changes go along. The plan "
         "shows every object before and after and who hangs on it. Undo writes the objects back and "
         "applies them.",
     .params = PROXIMO_TABLE(params), .operation_class = "sdn.apply", .subject = "sdn/" SDN_CLUSTER,
     .needs = PROXIMO_TABLE(needs), .plan = sdn_plan_apply, .plan_undo = sdn_undo_apply,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_rollback", .title = "Drop pending SDN edits",
     .description =
         "Discards everything that is edited in the software-defined network and not applied, whoever "
         "edited it. What runs stays as it is. Undo edits it again. Proxmox VE 9.",
     .params = PROXIMO_TABLE(params), .operation_class = "sdn.rollback", .subject = "sdn/" SDN_CLUSTER,
     .needs = PROXIMO_TABLE(needs), .plan = sdn_plan_rollback, .plan_undo = sdn_undo_rollback,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "sdn.apply", .title = "apply the SDN configuration",
     .description = "Networks of guests come, go and change on all nodes, and every node reloads its own.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = SDN_CLUSTER_SCHEMA, .blast = sdn_blast_apply},
    {ROW(proximo_class), .name = "sdn.rollback", .title = "drop pending SDN edits",
     .description = "What was edited and not applied is gone.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SDN_CLUSTER_SCHEMA, .blast = sdn_blast_rollback},
};

const struct topic sdn_topic_apply = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
