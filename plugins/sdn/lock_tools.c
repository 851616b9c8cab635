/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of the network configuration (Proxmox VE 9): while it is held every edit, apply and rollback must
 * show its token. Whether it is held, nobody can look up; its token is told once, to who takes it. Sources:
 * POST, DELETE /cluster/sdn/lock.
 */
#include "apply.h"

#define NAMED_MOST 12u

static int32_t none(const struct asking *a, const char *why)
{
    int32_t r = tell_text(a, "no_way_back", why);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

static int32_t request(const struct asking *a, const char *method, const struct proximo_field *fields,
                       uint32_t count)
{
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .name = "lock",
        .method = method,  .path = "/cluster/sdn/lock",  .params = ROWS(fields, count)};
    return a->host->step(a->call, &step);
}

/* What both begin with: the right, the version, and what is pending. */
static int32_t open_plan(const struct asking *a, struct sdn_view *view)
{
    uint32_t release = 0;
    *view = (struct sdn_view){0};
    int32_t r = sdn_need_9(a, "lock of the network configuration", &release);
    if (r == PROXIMO_OK)
        r = ask_privilege(a, "/sdn", "SDN.Allocate",
                          "this token may not lock or unlock the network configuration");
    return r == PROXIMO_OK ? sdn_view_read(a, view) : r;
}

static int32_t plan_lock(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const bool allow = ask_flag(&a, "allow_pending");
    const struct proximo_field field = FIELD("allow-pending", "1");
    struct sdn_view view;
    int32_t r = open_plan(&a, &view);
    const char *words = r == PROXIMO_OK ? sdn_pending_words(&view, NAMED_MOST, NULL) : NULL;
    if (words && !allow)
        r = a.host->fail(call, PROXIMO_ESTATE,
                         "edits are pending (%s), and Proxmox locks then only if told to; look at them "
                         "(pve_sdn_pending), apply or drop them first, or give allow_pending=true",
                         words);
    if (r == PROXIMO_OK)
        r = a.host->change(call,
                           "the network configuration is locked: only who shows the token edits and applies");
    if (r == PROXIMO_OK && words)
        r = tell_text(&a, "pending_already", words);
    if (r == PROXIMO_OK)
        r = tell_text(&a, "token",
                      "it is in the answer of proximo_apply, once, and kept nowhere: give it to the "
                      "other tools as lock_token, and to pve_sdn_unlock");
    if (r == PROXIMO_OK)
        r = sdn_guard_all(&view, false);
    if (r == PROXIMO_OK)
        r = sdn_subject(&a, "sdn.lock", NULL);
    if (r == PROXIMO_OK)
        r = request(&a, "POST", &field, allow ? 1 : 0);
    if (r == PROXIMO_OK)
        r = none(&a, "the token is not kept, so undo cannot unlock; pve_sdn_unlock does, with the token");
    sdn_view_done(&view);
    return r;
}

static int32_t plan_unlock(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const bool force = ask_flag(&a, "force");
    struct proximo_field fields[2];
    struct sdn_view view;
    uint32_t count = 0;
    bool given = false;
    int32_t r = open_plan(&a, &view);
    if (r == PROXIMO_OK)
        r = sdn_take_lock_token(&a, view.release, &fields[0], &given);
    if (r == PROXIMO_OK && given == force)
        r = a.host->fail(
            call, PROXIMO_EINVAL,
            "give either lock_token (what pve_sdn_lock returned) or force=true, which takes the lock "
            "away from whoever holds it");
    count += given;
    if (force)
        fields[count++] = FIELD("force", "1");
    if (r == PROXIMO_OK)
        r = a.host->change(call,
                           force ? "the lock of the network configuration is taken away from whoever holds it"
                                 : "the lock of the network configuration is released");
    if (r == PROXIMO_OK && sdn_pending_words(&view, NAMED_MOST, NULL))
        r = tell_text(&a, "pending_then",
                      ask_text(&a, "%s. Everybody can edit and apply it again",
                               sdn_pending_words(&view, NAMED_MOST, NULL)));
    if (r == PROXIMO_OK)
        r = sdn_guard_all(&view, false);
    if (r == PROXIMO_OK)
        r = sdn_subject(&a, "sdn.unlock", NULL);
    if (r == PROXIMO_OK)
        r = request(&a, "DELETE", fields, count);
    if (r == PROXIMO_OK)
        r = none(&a, "a lock is not given back with its token; pve_sdn_lock takes a new one");
    sdn_view_done(&view);
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, const char *effect, uint32_t risk)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    return tell_affected(&a, risk, "sdn/" SDN_CLUSTER, NULL, effect, NULL);
}

static int32_t blast_lock(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    (void)subject_json;
    return blast(
        instance, call,
        "nobody else edits or applies it until the lock is released: the web interface and other programs "
        "are refused",
        PROXIMO_RISK_LOW);
}

static int32_t blast_unlock(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    (void)subject_json;
    return blast(instance, call,
                 "everybody may edit and apply it again; who held the lock is refused with its token",
                 PROXIMO_RISK_MEDIUM);
}

/* ---- the tools */

static const struct proximo_param lock_params[] = {
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "allow_pending", .api_name = "allow-pending",
          .flags = PROXIMO_PARAM_NOT_SENT, .description = "Locks although edits are pending already."),
};
static const struct proximo_param unlock_params[] = {
    SDN_LOCK_TOKEN,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "Takes the lock away from whoever holds it, without the token."),
};
static const struct proximo_need needs[] = {NEED("/sdn", "SDN.Allocate")};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_lock", .title = "Lock the SDN configuration",
     .description =
         "Locks the software-defined network: from then on only who gives the token edits, applies or "
         "drops. The token is in the answer of proximo_apply, once, and is kept nowhere. There is no "
         "undo; pve_sdn_unlock releases it. Proxmox VE 9.",
     .params = PROXIMO_TABLE(lock_params), .operation_class = "sdn.lock", .subject = "sdn/" SDN_CLUSTER,
     .needs = PROXIMO_TABLE(needs), .plan = plan_lock, .undo_kind = PROXIMO_UNDO_NONE},
    {ROW(proximo_change), .name = "pve_sdn_unlock", .title = "Unlock the SDN configuration",
     .description =
         "Releases the lock of the software-defined network, with its token or by force. There is no "
         "undo; pve_sdn_lock takes a new lock. Proxmox VE 9.",
     .params = PROXIMO_TABLE(unlock_params), .operation_class = "sdn.unlock", .subject = "sdn/" SDN_CLUSTER,
     .needs = PROXIMO_TABLE(needs), .plan = plan_unlock, .undo_kind = PROXIMO_UNDO_NONE},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "sdn.lock", .title = "lock the SDN configuration",
     .description = "Others can no longer edit or apply it.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = SDN_CLUSTER_SCHEMA, .blast = blast_lock},
    {ROW(proximo_class), .name = "sdn.unlock", .title = "unlock the SDN configuration",
     .description = "Others can edit and apply it again.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = SDN_CLUSTER_SCHEMA, .blast = blast_unlock},
};

const struct topic sdn_topic_lock = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
