/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resource goes to another node because somebody asks for it. The request is only written down; whether the
 * manager follows it, its status shows. What it would ignore is refused here with the reason. Sources:
 * POST /cluster/ha/resources/{sid}/migrate, .../relocate, GET /cluster/ha/status/current.
 */
#include "world.h"

#define BIT(i)      (UINT64_C(1) << (i))
#define ALONG_MOST  6u
#define DEADLINE_MS (7200u * UINT64_C(1000)) /* memory is copied, or a guest shuts down first */

static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

struct move {
    struct asking a;
    struct ha_world world;
    struct json_object *status;
    const char *sid, *target, *vmid, *how; /* "migrate", "relocate" */
    uint32_t who, to;
    bool undoing;
};

/* ---- what stands in the way */

static int32_t refuse_bar(const struct move *m, enum place_bar bar, int64_t index)
{
    const struct asking *a = &m->a;
    const char *why =
        bar == PLACE_BAR_NODE ? ask_text(a, "node %s is not online, or in maintenance", m->target)
        : bar == PLACE_BAR_RULE
            ? ask_text(a, "%s is strict and does not allow %s", ha_rule_word(&m->world, index), m->target)
            : ask_text(a, "%s, which a rule keeps apart from it, is on %s",
                       m->world.place.resources[index].sid, m->target);
    return a->host->fail(
        a->call, PROXIMO_ESTATE,
        "the HA manager would not move %s to %s: %s. A changed rule (pve_ha_rule_update, on Proxmox VE "
        "8 pve_ha_group_update) could allow it",
        m->sid, m->target, why ? why : "");
}

/* Would the manager leave it there, with those that go along? */
static bool stays_there(const struct move *m)
{
    struct ha_world there;
    if (ha_world_copy(&m->world, &there) < 0)
        return true;
    for (uint32_t i = 0; i < there.place.resource_count; i++) {
        if (i == m->who || place_belongs(&m->world.place, m->who, i))
            there.place.resources[i].at = BIT(m->to);
    }
    const struct place_choice next = place_choose(&there.place, m->who, 0, false);
    return next.cause == PLACE_STAYS || there.place.resources[m->who].asked != PLACE_STARTED;
}

static int32_t no_way(const struct move *m)
{
    (void)m->a.host->undo(m->a.call, PROXIMO_UNDO_NONE, NULL, 0);
    return m->a.host->fail(
        m->a.call, PROXIMO_ESTATE,
        "%s would not stay on %s: by its rules HA prefers another node for it and would move it "
        "away again at once. Change the rule, or its failback, first",
        m->sid, m->target);
}

static int32_t find(struct move *m)
{
    const struct proximo_host *host = m->a.host;
    const int64_t who = place_resource_find(&m->world.place, m->sid);
    const int64_t to = place_node_find(&m->world.place, m->target);
    if (who < 0)
        return host->fail(m->a.call, PROXIMO_ENOTFOUND,
                          "%s is not looked after by HA%s: pve_guest_migrate moves a guest without it",
                          m->sid, m->world.resources_known ? "" : ", as far as could be read");
    if (to < 0)
        return host->fail(m->a.call, PROXIMO_EINVAL, "target: the cluster has no node \"%.64s\"", m->target);
    m->who = (uint32_t)who;
    m->to = (uint32_t)to;
    if (m->world.place.resources[who].asked == PLACE_IGNORED)
        return host->fail(m->a.call, PROXIMO_ESTATE,
                          "HA leaves %s alone (state ignored) and would not move it: pve_guest_migrate does",
                          m->sid);
    return ha_check_error(&m->a, m->status, m->sid);
}

static bool is_there(const struct move *m)
{
    return m->world.place.resources[m->who].at == BIT(m->to);
}

static int32_t check(struct move *m)
{
    int64_t index = -1;
    int32_t r = find(m);
    if (r < 0 || is_there(m))
        return r;
    const enum place_bar bar = place_bars(&m->world.place, m->who, m->to, &index);
    if (bar != PLACE_FREE)
        return refuse_bar(m, bar, index);
    if (m->undoing && !stays_there(m))
        return no_way(m);
    return PROXIMO_OK;
}

/* ---- the plan */

static const char *one_json(const struct asking *a, const char *text)
{
    struct json_object *list DROP_JSON = json_object_new_array();
    if (!list || json_object_array_add(list, json_object_new_string(text)) < 0)
        return NULL;
    return ask_text(a, "%s", json_text(list).ptr);
}

static int32_t wait_there(const struct move *m, uint32_t who)
{
    const struct place_resource *res = &m->world.place.resources[who];
    struct proximo_step wait;
    int32_t r = ha_wait_node(&m->a, res->sid, one_json(&m->a, m->target), &wait);
    wait.deadline_ms = DEADLINE_MS;
    if (r == PROXIMO_OK)
        r = m->a.host->postcondition(m->a.call, &wait);
    if (r == PROXIMO_OK)
        r = ha_wait_state(&m->a, res->sid,
                          res->asked == PLACE_STARTED   ? "[\"started\"]"
                          : res->asked == PLACE_STOPPED ? "[\"stopped\"]"
                                                        : "[\"disabled\"]",
                          &wait);
    return r == PROXIMO_OK ? m->a.host->postcondition(m->a.call, &wait) : r;
}

/* Those that rules keep together with it are asked along by Proxmox itself. */
static int32_t wait_along(const struct move *m)
{
    uint32_t waited = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < m->world.place.resource_count && waited < ALONG_MOST; i++) {
        const struct place_resource *res = &m->world.place.resources[i];
        if (i == m->who || res->at == BIT(m->to) || res->asked == PLACE_IGNORED ||
            !place_belongs(&m->world.place, m->who, i))
            continue;
        waited++;
        r = wait_there(m, i);
    }
    return r;
}

static int32_t tell(const struct move *m)
{
    const struct asking *a = &m->a;
    const char *from = ha_nodes_text(&m->world, m->world.place.resources[m->who].at);
    const bool restart = strcmp(m->how, "relocate") == 0 || m->world.place.resources[m->who].lxc;
    const char *text = ask_text(a, "HA is asked to move %s from %s to %s%s", m->sid, from, m->target,
                                restart ? ", by a restart" : "");
    int32_t r = text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = ha_tell_state(a, m->status, m->sid);
    if (r == PROXIMO_OK && !stays_there(m))
        r = a->host->risk(
            a->call, PROXIMO_RISK_HIGH,
            "by its rules HA prefers another node for it, and moves it away again as soon as it can");
    return r == PROXIMO_OK
               ? tell_text(a, "way_back", "undo asks HA to move it back, if its rules let it stay there then")
               : r;
}

static int32_t subject(const struct move *m)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("guest"));
    json_object_object_add(subject, "vmid", json_object_new_int64((int64_t)digits_of(m->vmid, 999999999)));
    ha_detail(subject, "sid", m->sid);
    ha_detail(subject, "target", m->target);
    ha_detail(subject, "how", m->how);
    return m->a.host->subject(m->a.call, strcmp(m->how, "relocate") == 0 ? "ha.relocate" : "ha.migrate",
                              json_text(subject));
}

static int32_t lay_out(const struct move *m)
{
    const struct proximo_host *host = m->a.host;
    const struct proximo_field fields[] = {FIELD("sid", m->sid), FIELD("node", m->target)};
    const struct proximo_guard guards[] = {
        {ROW(proximo_guard), .path = HA_STATUS, .fields = ask_text(&m->a, "[sid=%s]/node", m->sid)},
        {ROW(proximo_guard), .path = HA_RESOURCES "/{sid}", .fields = "/state,/group,/failback",
         .params = ROWS(fields, 1)},
    };
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .name = "change",
                                      .method = "POST",
                                      .path = strcmp(m->how, "relocate") == 0 ? HA_RESOURCES "/{sid}/relocate"
                                                                              : HA_RESOURCES "/{sid}/migrate",
                                      .params = ROWS(fields, 2)};
    int32_t r = guards[0].fields ? host->guard(m->a.call, &guards[0]) : PROXIMO_ENOMEM;
    if (r < 0 || (r = host->guard(m->a.call, &guards[1])) < 0 || (r = subject(m)) < 0 ||
        (r = host->step(m->a.call, &step)) < 0 || (r = wait_there(m, m->who)) < 0 || (r = wait_along(m)) < 0)
        return r;
    return host->undo(m->a.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
}

static int32_t plan(void *instance, struct proximo_call *call, const char *how, const char *target,
                    bool undoing)
{
    struct move m = {.a = {((struct plane_instance *)instance)->host, call},
                     .how = how,
                     .target = target,
                     .undoing = undoing};
    m.sid = ha_sid(&m.a);
    m.vmid = ask_argument(&m.a, "vmid");
    if (!m.sid || !m.vmid || !target)
        return m.a.host->fail(call, PROXIMO_EINVAL, "%s is missing", target ? "vmid" : "target");
    int32_t r = ha_check_change(&m.a, "a move by HA", &m.status);
    if (r == PROXIMO_OK)
        r = ha_world_read(&m.a, &m.world);
    if (r == PROXIMO_OK)
        r = m.world.place.resources && m.world.place.nodes ? check(&m) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && is_there(&m)) {
        const char *text = ask_text(&m.a, "nothing to do: %s is on %s already", m.sid, target);
        r = text ? m.a.host->change(call, text) : PROXIMO_ENOMEM;
    } else if (r == PROXIMO_OK && (r = tell(&m)) == PROXIMO_OK) {
        r = lay_out(&m);
    }
    ha_world_done(&m.world);
    json_object_put(m.status);
    return r;
}

static int32_t plan_here(void *instance, struct proximo_call *call, const char *how)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    return plan(instance, call, how, ask_argument(&a, "target"), false);
}
static int32_t plan_migrate(void *instance, struct proximo_call *call)
{
    return plan_here(instance, call, "migrate");
}
static int32_t plan_relocate(void *instance, struct proximo_call *call)
{
    return plan_here(instance, call, "relocate");
}

/* ---- the way back: to the node that the first guard saw */

static const char *origin_of(const struct asking *a, struct json_object *record, const char *when)
{
    struct json_object *list = member_of(record, when);
    struct json_object *first =
        json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, 0) : NULL;
    if (!json_object_is_type(first, json_type_object))
        return NULL;
    json_object_object_foreach(first, selector, value)
    {
        (void)selector;
        if (json_object_is_type(value, json_type_string))
            return ask_text(a, "%s", json_object_get_string(value));
    }
    return NULL;
}

static int32_t undo(void *instance, struct proximo_call *call, struct proximo_text record_json,
                    const char *how)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *record DROP_JSON = json_of(record_json);
    const char *origin = origin_of(&a, record, "before");
    if (!origin) {
        (void)a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return a.host->fail(call, PROXIMO_ENOTFOUND, "the record does not say on which node the guest was");
    }
    return plan(instance, call, how, origin, true);
}
static int32_t undo_migrate(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return undo(instance, call, record_json, "migrate");
}
static int32_t undo_relocate(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return undo(instance, call, record_json, "relocate");
}

/* ---- the tools */

static const struct proximo_param move_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Node that it is to go to."),
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_ha_migrate", .title = "Migrate by HA",
     .description =
         "Moves a guest that HA looks after to another node: a virtual machine while it runs, a container by "
         "a restart. The HA manager does it when it can; ok means that the guest was seen there. The plan "
         "says whether rules allow it, who goes along, and whether HA would take it back.",
     .params = PROXIMO_TABLE(move_params), .operation_class = "ha.migrate", .subject = "guest/{vmid}",
     .needs = PROXIMO_TABLE(audit), .plan = plan_migrate, .plan_undo = undo_migrate,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_ha_relocate", .title = "Relocate by HA",
     .description =
         "Stops a guest that HA looks after and starts it on another node, where pve_ha_migrate would move "
         "it while it runs. The HA manager does it when it can; ok means that the guest was seen there. "
         "The plan says whether rules allow it, and who goes along.",
     .params = PROXIMO_TABLE(move_params), .operation_class = "ha.relocate", .subject = "guest/{vmid}",
     .needs = PROXIMO_TABLE(audit), .plan = plan_relocate, .plan_undo = undo_relocate,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
};

#define MOVE_SCHEMA                                                                                          \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"sid\":{\"type\":\"string\"},\"target\":{\"type\":\"string\"},\"how\":{\"type\":\"string\"}},"         \
    "\"required\":[\"kind\",\"vmid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "ha.migrate", .title = "ask HA to move a guest",
     .description = "The guest runs on another node, and others with it.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = MOVE_SCHEMA, .blast = ha_blast_move},
    {ROW(proximo_class), .name = "ha.relocate", .title = "ask HA to restart a guest elsewhere",
     .description = "The guest is stopped and started on another node, and others with it.",
     .risk_floor = PROXIMO_RISK_HIGH, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = MOVE_SCHEMA,
     .blast = ha_blast_move},
};

const struct topic ha_topic_moves = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
