/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HA as a whole is switched off (disarmed) and on again (armed), for work on the cluster's network or
 * storage. Sources: POST /cluster/ha/status/disarm-ha, .../arm-ha (Proxmox VE 9), GET
 * /cluster/ha/status/current.
 */
#include "world.h"

#define ARMED_SELECT "[type=fencing]/armed-state"
#define MODE_SELECT  "[type=fencing]/resource_mode"

static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

static struct proximo_step wait_armed(const char *states)
{
    struct proximo_step wait = ha_wait(ARMED_SELECT, states);
    wait.deadline_ms = 300000;
    return wait;
}

/* Switched on again, the manager takes its resources up one by one. */
static struct proximo_step wait_thawed(void)
{
    struct proximo_step wait = ha_wait("[state=freeze]", "0");
    wait.wait_test = PROXIMO_WAIT_COUNT;
    return wait;
}

static struct proximo_step request(const char *name, const struct proximo_field *mode)
{
    return (struct proximo_step){ROW(proximo_step),
                                 .kind = PROXIMO_STEP_REQUEST,
                                 .name = name,
                                 .method = "POST",
                                 .path = mode ? "/cluster/ha/status/disarm-ha" : "/cluster/ha/status/arm-ha",
                                 .params = ROWS(mode, mode ? 1 : 0)};
}

static int32_t nothing(const struct asking *a, const char *text)
{
    return a->host->change(a->call, text);
}

/* mode NULL: it is switched on; was: the mode that it is in. */
static int32_t lay_out(const struct asking *a, const char *mode, const char *was)
{
    static const char off[] = "[\"disarmed\"]", on[] = "[\"armed\",\"standby\"]";
    struct json_object *subject DROP_JSON = json_object_new_object();
    const struct proximo_field to = FIELD("resource-mode", mode), back = FIELD("resource-mode", was);
    /* The mode is there only while HA is off, from the first moment on; the state goes on by itself. */
    const struct proximo_guard guard = {ROW(proximo_guard), .path = HA_STATUS, .fields = MODE_SELECT};
    const struct proximo_step step = request("change", mode ? &to : NULL);
    const struct proximo_step thawed = wait_thawed();
    const struct proximo_step seen = wait_armed(mode ? off : on);
    struct proximo_step undo[] = {request("change", mode ? NULL : &back), wait_armed(mode ? on : off),
                                  thawed};
    int32_t r = subject ? PROXIMO_OK : PROXIMO_ENOMEM;
    undo[1].name = "seen";
    undo[2].name = "thawed";
    if (r < 0)
        return r;
    ha_detail(subject, "kind", "ha");
    ha_detail(subject, "id", "cluster");
    ha_detail(subject, "mode", mode ? mode : was);
    if ((r = a->host->guard(a->call, &guard)) < 0 ||
        (r = a->host->subject(a->call, mode ? "ha.disarm" : "ha.arm", json_text(subject))) < 0 ||
        (r = a->host->step(a->call, &step)) < 0 || (r = a->host->postcondition(a->call, &seen)) < 0 ||
        (!mode && (r = a->host->postcondition(a->call, &thawed)) < 0) ||
        (r = tell_text(a, "way_back",
                       mode ? "undo switches HA on again"
                            : ask_text(a, "undo switches HA off again, resource mode %s", was))) < 0)
        return r;
    return a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, undo, mode ? 3 : 2);
}

static int32_t plan(void *instance, struct proximo_call *call, const char *mode)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *status DROP_JSON = NULL;
    int32_t r = ha_check_change(&a, mode ? "switching HA off" : "switching HA on", &status);
    if (r < 0)
        return r;
    struct json_object *row = ha_status_row(status, "type", "fencing");
    const char *armed = member_text(row, "armed-state"), *was = member_text(row, "resource_mode");
    if (!armed)
        return a.host->fail(call, status ? PROXIMO_ENOSYS : PROXIMO_EUNAVAIL,
                            status ? "this release of Proxmox VE does not switch HA off and on (9.2 does)"
                                   : "whether HA is switched on could not be read");
    const bool off = strncmp(armed, "disarm", 6) == 0;
    if (!mode && !off)
        return nothing(&a, "nothing to do: HA is switched on already");
    if (mode && off)
        return was && strcmp(was, mode) == 0
                   ? nothing(&a, "nothing to do: HA is switched off already")
                   : a.host->fail(call, PROXIMO_ESTATE,
                                  "HA is switched off already, in resource mode %s: pve_ha_arm it first",
                                  was ? was : "unknown");
    r = a.host->change(call,
                       mode ? ask_text(&a, "HA is switched off for the whole cluster, resource mode %s", mode)
                            : "HA is switched on again");
    return r == PROXIMO_OK ? lay_out(&a, mode, was ? ask_text(&a, "%s", was) : "freeze") : r;
}

static int32_t plan_disarm(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *mode = ask_argument(&a, "resource_mode");
    return mode ? plan(instance, call, mode) : a.host->fail(call, PROXIMO_EINVAL, "resource_mode is missing");
}

static int32_t plan_arm(void *instance, struct proximo_call *call)
{
    return plan(instance, call, NULL);
}

static const struct proximo_param disarm_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "resource_mode", .choices = "freeze,ignore",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description =
              "freeze: guests stay as they are, requests wait; ignore: they can be handled without HA."),
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_ha_disarm", .title = "Switch HA off",
     .description =
         "Stops high availability for the whole cluster (from Proxmox VE 9.2 on), for work on its "
         "network or storage: no node is fenced and no guest recovered until pve_ha_arm. Undo switches "
         "it on again.",
     .params = PROXIMO_TABLE(disarm_params), .operation_class = "ha.disarm", .subject = "ha/cluster",
     .needs = PROXIMO_TABLE(audit), .plan = plan_disarm, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .undo_class = "ha.arm"},
    {ROW(proximo_change), .name = "pve_ha_arm", .title = "Switch HA on again",
     .description =
         "Starts high availability again after pve_ha_disarm: guests are recovered, and nodes that lose "
         "the cluster are fenced. Undo switches it off as it was.",
     .operation_class = "ha.arm", .subject = "ha/cluster", .needs = PROXIMO_TABLE(audit), .plan = plan_arm,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .undo_class = "ha.disarm"},
};

#define SWITCH_SCHEMA                                                                                        \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"ha\"},\"id\":{\"const\":\"cluster\"},"       \
    "\"mode\":{\"type\":\"string\"}},\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "ha.disarm", .title = "switch HA off",
     .description = "No node is fenced and no guest recovered.", .risk_floor = PROXIMO_RISK_HIGH,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = SWITCH_SCHEMA, .blast = ha_blast_disarm},
    {ROW(proximo_class), .name = "ha.arm", .title = "switch HA on",
     .description = "Guests are recovered and nodes fenced again.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_TEMPLATE, .subject_schema = SWITCH_SCHEMA, .blast = ha_blast_arm},
};

const struct topic ha_topic_switch = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
