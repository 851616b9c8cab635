/* SPDX-License-Identifier: Apache-2.0 */
/* What every change of high availability looks at first, and what is seen of it afterwards. */
#include "world.h"

int32_t ha_check_rules(const struct asking *a)
{
    return ask_release(a) == 8
               ? a->host->fail(
                     a->call, PROXIMO_ENOSYS,
                     "HA rules came with Proxmox VE 9; this site runs 8, which has HA groups instead: see "
                     "pve_ha_groups_list, and the group of each resource")
               : PROXIMO_OK;
}

int32_t ha_check_groups(const struct asking *a)
{
    return ask_release(a) >= 9
               ? a->host->fail(
                     a->call, PROXIMO_ENOSYS,
                     "Proxmox VE 9, which this site runs, has no HA groups any more: they became rules of "
                     "type node-affinity. See pve_ha_rules_list and pve_ha_rule_create")
               : PROXIMO_OK;
}

int32_t ha_plan(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                const struct config_kind *kind, uint32_t verb)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    int32_t r = check(&a);
    return r == PROXIMO_OK ? config_plan(a.host, call, kind, verb) : r;
}

int32_t ha_check_change(const struct asking *a, const char *what, struct json_object **ret_status)
{
    *ret_status = NULL;
    int32_t r = ask_privilege(a, "/", "Sys.Console", "%s needs Sys.Console on /", what);
    if (r == PROXIMO_OK)
        r = ha_look_list(a, HA_STATUS, "the status of HA", json_type_array, ret_status);
    struct json_object *quorum = r == PROXIMO_OK ? ha_status_row(*ret_status, "type", "quorum") : NULL;
    if (quorum && member_of(quorum, "quorate") && !member_true(quorum, "quorate"))
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "the cluster has no quorum: Proxmox refuses every change of its configuration, and HA "
            "does nothing, until more than half of the nodes are back. See pve_cluster_status");
    return r;
}

int32_t ha_check_error(const struct asking *a, struct json_object *status, const char *sid)
{
    return member_is(ha_status_row(status, "sid", sid), "state", "error")
               ? a->host->fail(
                     a->call, PROXIMO_ESTATE,
                     "HA has given %s up (state error): it takes nothing but to be disabled. Find out why "
                     "it failed, then pve_ha_resource_update {state: disabled}, and started after that",
                     sid)
               : PROXIMO_OK;
}

int32_t ha_tell_state(const struct asking *a, struct json_object *status, const char *sid)
{
    static const char *const members[] = {"state", "node", "request_state"};
    struct json_object *row = ha_status_row(status, "sid", sid), *said = json_object_new_object();
    const char *armed = member_text(ha_status_row(status, "type", "fencing"), "armed-state");
    for (size_t i = 0; said && i < sizeof(members) / sizeof(members[0]); i++) {
        if (member_of(row, members[i]))
            json_object_object_add(said, members[i], json_object_get(member_of(row, members[i])));
    }
    int32_t r = row ? tell_fact(a, "ha_state", said) : PROXIMO_OK;
    if (!row)
        json_object_put(said);
    if (r == PROXIMO_OK && armed && strncmp(armed, "disarm", 6) == 0)
        r = tell_text(a, "ha_manager",
                      "HA is switched off (disarmed): what is asked for now follows when it is on");
    else if (r == PROXIMO_OK && status && !ha_status_row(status, "type", "master"))
        r = tell_text(
            a, "ha_manager",
            "no HA manager is elected at the moment: what is asked for follows when there is one; with a "
            "first resource that takes a minute or two");
    return r;
}

int32_t ha_check_begin(struct config_change *c, struct json_object *status)
{
    c->subject_details = json_object_new_object();
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    const int32_t r = ha_tell_state(&c->ask, status, "");
    return r < 0
               ? r
               : tell_text(
                     &c->ask, "way_back_means",
                     "undo does not move guests back: they go where HA prefers them by what is written back");
}

struct proximo_step ha_wait(const char *select, const char *values)
{
    return (struct proximo_step){ROW(proximo_step),
                                 .kind = PROXIMO_STEP_WAIT,
                                 .path = HA_STATUS,
                                 .select = select,
                                 .wait_test = PROXIMO_WAIT_IN,
                                 .wait_value = values,
                                 .tolerate = "500,595,596,599",
                                 .interval_ms = 1000,
                                 .deadline_ms = HA_DEADLINE_S * UINT64_C(1000)};
}

static int32_t wait_for(const struct asking *a, const char *sid, const char *member, const char *values,
                        struct proximo_step *ret)
{
    *ret = ha_wait(ask_text(a, "[sid=%s]/%s", sid, member), values);
    ret->fail_if = ask_text(a, "[sid=%s]/state=error", sid);
    return ret->select && ret->fail_if && values ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t ha_wait_state(const struct asking *a, const char *sid, const char *states, struct proximo_step *ret)
{
    return wait_for(a, sid, "state", states, ret);
}

int32_t ha_wait_node(const struct asking *a, const char *sid, const char *nodes, struct proximo_step *ret)
{
    return wait_for(a, sid, "node", nodes, ret);
}

const char *ha_sid(const struct asking *a)
{
    const char *kind = ask_argument(a, "kind"), *vmid = ask_argument(a, "vmid");
    return kind && vmid ? ask_text(a, "%s:%s", strcmp(kind, "lxc") == 0 ? "ct" : "vm", vmid) : NULL;
}

void ha_detail(struct json_object *subject, const char *name, const char *value)
{
    if (value)
        json_object_object_add(subject, name, json_object_new_string(value));
}
