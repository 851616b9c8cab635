/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_node_service_control: POST /nodes/{node}/services/{service}/{start,stop,restart,reload}, a task. What
 * is so already is not sent. The way back of a start is a stop and the other way round, where the state
 * before was the other one and the way back does not go through what was stopped.
 */
#include "node.h"

#define STATE_PATH "/nodes/{node}/services/{service}/state"
#define WAIT_MS    60000

static const char *const paths[SERVICE_VERBS] = {
    "/nodes/{node}/services/{service}/start", "/nodes/{node}/services/{service}/stop",
    "/nodes/{node}/services/{service}/restart", "/nodes/{node}/services/{service}/reload"};
static const char *const says[SERVICE_VERBS] = {"is started", "is stopped", "is stopped and started again",
                                                "reads its configuration again"};

struct control {
    struct asking ask;
    const char *node, *name;
    const struct service *known; /* NULL: not known here */
    enum service_verb verb;
    struct json_object *list, *row; /* of GET /nodes/{node}/services */
    const char *active, *unit;
};

static bool runs(const struct control *c)
{
    static const char *const words[] = {"active", "reloading", "refreshing", "activating"};
    for (size_t i = 0; c->active && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(c->active, words[i]) == 0)
            return true;
    }
    return false;
}

/* "chrony, corosync, cron" */
static const char *names_of(const struct control *c)
{
    const char *text = NULL;
    for (size_t i = 0; i < json_object_array_length(c->list); i++) {
        const char *name = member_text(json_object_array_get_idx(c->list, i), "service");
        if (name)
            text = text ? ask_text(&c->ask, "%s, %s", text, name) : ask_text(&c->ask, "%s", name);
    }
    return text ? text : "none";
}

static int32_t look(struct control *c)
{
    const struct proximo_field at = FIELD("node", c->node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/services", .fields = &at,
                                    .field_count = 1};
    int32_t r = ask_get(&c->ask, &get, json_type_array, &c->list);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(c->list); i++) {
        struct json_object *row = json_object_array_get_idx(c->list, i);
        if (member_is(row, "service", c->name))
            c->row = row;
    }
    if (r == PROXIMO_OK && !c->row)
        return c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND,
                                 "node %s has no service \"%s\" that its API knows; it has: %s", c->node,
                                 c->name, names_of(c));
    c->active = member_text(c->row, "active-state");
    c->unit = member_text(c->row, "unit-state");
    if (r == PROXIMO_OK && !c->active)
        r = c->ask.host->fail(c->ask.call, PROXIMO_EPROTO, "node %s does not say whether %s runs", c->node,
                              c->name);
    return r;
}

/* 1: nothing to do, and the summary says so. */
static int32_t already_so(const struct control *c)
{
    const bool start = c->verb == SERVICE_START && c->active && strcmp(c->active, "active") == 0;
    const bool stop = c->verb == SERVICE_STOP && c->active && strcmp(c->active, "inactive") == 0;
    if (!start && !stop)
        return 0;
    const char *text = ask_text(&c->ask, "nothing to do: %s of %s %s", c->name, c->node,
                                start ? "runs already" : "does not run");
    const int32_t r = text ? c->ask.host->change(c->ask.call, text) : PROXIMO_ENOMEM;
    return r < 0 ? r : 1;
}

/* What systemd is known to refuse. */
static int32_t check(const struct control *c)
{
    const bool stop = c->verb == SERVICE_STOP;
    if (c->unit && strcmp(c->unit, "not-found") == 0)
        return c->ask.host->fail(c->ask.call, PROXIMO_ESTATE, "%s is not installed on %s", c->name, c->node);
    if (!stop && c->unit && strcmp(c->unit, "masked") == 0)
        return c->ask.host->fail(
            c->ask.call, PROXIMO_ESTATE,
            "%s is masked on %s: systemd does not start it until it is unmasked on the node", c->name,
            c->node);
    if (c->verb == SERVICE_RELOAD && !runs(c))
        return c->ask.host->fail(
            c->ask.call, PROXIMO_ESTATE,
            "%s does not run on %s (it is %s), so it has nothing to reload; action \"start\" "
            "starts it",
            c->name, c->node, c->active);
    return PROXIMO_OK;
}

/* ---- what is told */

/* Running guests of the node, as a number: they go on. Whether this can be seen is no matter of risk. */
static int32_t tell_guests(const struct control *c)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked guests;
    int64_t running = 0;
    int32_t r = ask_look(&c->ask, &get, &guests);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(guests.data, json_type_array) ? json_object_array_length(guests.data) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(guests.data, i);
        running += member_is(row, "node", c->node) && member_is(row, "status", "running");
    }
    struct json_object *fact = guests.data ? json_object_new_object() : NULL;
    if (fact) {
        json_object_object_add(fact, "running_on_the_node", json_object_new_int64(running));
        json_object_object_add(fact, "all_seen", json_object_new_boolean(guests.complete));
    }
    json_object_put(guests.data);
    return fact ? tell_fact(&c->ask, "guests", fact) : PROXIMO_OK;
}

static int32_t tell(const struct control *c)
{
    struct json_object *fact = json_object_new_object();
    static const char *const keys[] = {"desc", "state", "active-state", "unit-state"};
    const char *text = ask_text(&c->ask, "service %s of %s %s%s", c->name, c->node, says[c->verb],
                                c->verb == SERVICE_RESTART && !runs(c) ? " (it does not run now)" : "");
    int32_t r = text && fact ? c->ask.host->change(c->ask.call, text) : PROXIMO_ENOMEM;
    for (size_t i = 0; fact && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (member_text(c->row, keys[i]))
            json_object_object_add(fact, keys[i], json_object_new_string(member_text(c->row, keys[i])));
    }
    if (r < 0) {
        json_object_put(fact);
        return r;
    }
    r = tell_fact(&c->ask, "service", fact);
    if (r == PROXIMO_OK && c->known && (c->known->flags & SERVICE_NO_STOP) && c->verb == SERVICE_STOP)
        r = tell_text(&c->ask, "expected",
                      "Proxmox refuses to stop this service by its API: the task is expected to fail");
    if (r == PROXIMO_OK && (!c->known || c->known->flags) && c->verb != SERVICE_START)
        r = tell_guests(c);
    return r;
}

/* ---- the plan */

static int32_t way_back(const struct control *c)
{
    const char *why = NULL;
    if (c->verb == SERVICE_RELOAD || (c->verb == SERVICE_RESTART && runs(c)))
        why = "none is needed: the service runs afterwards; what it was doing meanwhile is over";
    else if (c->verb == SERVICE_STOP && c->known && (c->known->flags & SERVICE_API))
        why = "the call that starts it again would go through what is stopped: somebody has to do it on the "
              "node";
    else if (c->verb != SERVICE_STOP && c->known && (c->known->flags & SERVICE_NO_STOP))
        why = "Proxmox refuses to stop this service by its API";
    if (!why)
        return c->ask.host->undo(c->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
    const int32_t r = tell_text(&c->ask, "no_way_back", why);
    return r < 0 ? r : c->ask.host->undo(c->ask.call, PROXIMO_UNDO_NONE, NULL, 0);
}

static int32_t aim(const struct control *c)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    const char *label = ask_text(&c->ask, "%s/%s", c->node, c->name);
    const bool mild = c->verb == SERVICE_START || c->verb == SERVICE_RELOAD;
    if (!subject || !label)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("service"));
    json_object_object_add(subject, "service", json_object_new_string(label));
    json_object_object_add(subject, "action", json_object_new_string(service_verbs[c->verb]));
    return c->ask.host->subject(c->ask.call, mild ? "node.service-start" : "node.service",
                                json_text(subject));
}

static int32_t lay_out(const struct control *c)
{
    const struct proximo_field at[] = {FIELD("node", c->node), FIELD("service", c->name)};
    const struct proximo_guard guard = {ROW(proximo_guard), .path = STATE_PATH,
                                        .fields = "/active-state,/unit-state", .params = ROWS(at, 2)};
    const struct proximo_step change = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .flags = PROXIMO_STEP_FOLLOW, .name = "change",
        .method = "POST",  .path = paths[c->verb],       .params = ROWS(at, 2)};
    const bool stop = c->verb == SERVICE_STOP;
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = STATE_PATH,
                                      .params = ROWS(at, 2),
                                      .select = "/active-state",
                                      .wait_test = stop ? PROXIMO_WAIT_IN : PROXIMO_WAIT_EQUALS,
                                      .wait_value = stop ? "[\"inactive\",\"failed\"]" : "\"active\"",
                                      .tolerate = "500,595,596,599",
                                      .interval_ms = 1000,
                                      .deadline_ms = WAIT_MS};
    int32_t r = c->ask.host->guard(c->ask.call, &guard);
    if (r == PROXIMO_OK)
        r = aim(c);
    if (r == PROXIMO_OK)
        r = c->ask.host->step(c->ask.call, &change);
    if (r == PROXIMO_OK)
        r = c->ask.host->postcondition(c->ask.call, &wait);
    return r == PROXIMO_OK ? way_back(c) : r;
}

static int32_t plan(struct control *c)
{
    if (!c->node || !c->name || c->verb == SERVICE_VERBS)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "a service and an action (start, stop, restart, reload) are needed");
    c->known = service_find(c->name);
    int32_t r = look(c);
    if (r == PROXIMO_OK)
        r = check(c);
    if (r == PROXIMO_OK && (r = already_so(c)) == 1) {
        json_object_put(c->list);
        return PROXIMO_OK;
    }
    if (r == PROXIMO_OK)
        r = tell(c);
    if (r == PROXIMO_OK)
        r = lay_out(c);
    json_object_put(c->list);
    return r;
}

static struct control control_of(void *instance, struct proximo_call *call)
{
    struct control c = {.ask = {((struct plane_instance *)instance)->host, call}};
    c.node = ask_argument(&c.ask, "node");
    c.name = ask_argument(&c.ask, "service");
    return c;
}

int32_t nodes_plan_service(void *instance, struct proximo_call *call)
{
    struct control c = control_of(instance, call);
    c.verb = service_verb(ask_argument(&c.ask, "action"));
    return plan(&c);
}

/* The state that was there before is brought back: of a start by a stop, of a stop by a start. */
int32_t nodes_undo_service(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct control c = control_of(instance, call);
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *before = member_of(record, "before");
    struct json_object *first =
        json_object_is_type(before, json_type_array) && json_object_array_length(before)
            ? json_object_array_get_idx(before, 0)
            : NULL;
    const char *state = member_text(first, "/active-state");
    if (!state)
        state = member_text(first, "active-state");
    if (!state) {
        (void)c.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return c.ask.host->fail(call, PROXIMO_ENOTFOUND, "the record does not say whether %s ran before",
                                c.name ? c.name : "it");
    }
    c.verb = strcmp(state, "inactive") == 0 || strcmp(state, "failed") == 0 ? SERVICE_STOP : SERVICE_START;
    return plan(&c);
}
