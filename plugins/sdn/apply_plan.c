/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of pve_sdn_apply and pve_sdn_rollback. Proxmox does not know who edited what: an apply takes all that
 * is pending, a rollback drops all of it, so the plan names everything and rests on all of it. The task of an
 * apply says OK when the nodes have been told; what they made of it is looked for afterwards. Sources: PUT
 * /cluster/sdn, POST /cluster/sdn/rollback (Proxmox VE 9).
 */
#include "apply.h"
#include "effects.h"
#include "nodes.h"

#define WAIT_MS    40000u /* within the time that an apply is waited for */
#define LISTS_MOST 60u    /* subnet lists that are looked at afterwards */
#define VNETS_MOST 800u   /* with a guard each */
#define NAMED_MOST 12u
#define DIFF_MOST  600u /* bytes of a node's waiting changes that are shown */

int32_t sdn_subject(const struct asking *a, const char *operation_class, const char *back)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("sdn"));
    json_object_object_add(subject, "id", json_object_new_string(SDN_CLUSTER));
    if (back)
        json_object_object_add(subject, "back", json_object_new_string(back));
    return a->host->subject(a->call, operation_class, json_text(subject));
}

/* ---- guards */

static int32_t guard_lists(const struct sdn_view *view, bool pending)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t sort = 0; r == PROXIMO_OK && sort < SDN_SORTS; sort++) {
        const struct sdn_sort_row *row = &sdn_sorts[sort];
        if (sort != SDN_SUBNET && sort != SDN_FABRIC_NODE && !(row->since_9 && view->release == 8))
            r = sdn_guard_list(view, (enum sdn_sort)sort, NULL, pending);
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < view->count; i++) {
        if (view->rows[i].sort == SDN_VNET)
            r = sdn_guard_list(view, SDN_SUBNET, view->rows[i].id, pending);
    }
    return r;
}

int32_t sdn_guard_all(const struct sdn_view *view, bool edited)
{
    uint32_t vnets = 0;
    for (uint32_t i = 0; i < view->count; i++)
        vnets += view->rows[i].sort == SDN_VNET;
    if (vnets > VNETS_MOST / (edited ? 2 : 1))
        return view->ask.host->fail(view->ask.call, PROXIMO_EINVAL,
                                    "there are %u VNets, more than one plan can watch (%u)", (unsigned)vnets,
                                    VNETS_MOST / (edited ? 2 : 1));
    int32_t r = guard_lists(view, true);
    return r == PROXIMO_OK && edited ? guard_lists(view, false) : r;
}

/* ---- what must be seen afterwards */

static int32_t expect(const struct asking *a, const struct proximo_get *at, const char *select, uint32_t test,
                      const char *value)
{
    const struct proximo_step wait = {ROW(proximo_step),   .kind = PROXIMO_STEP_WAIT,
                                      .path = at->path,    .params = ROWS(at->fields, at->field_count),
                                      .select = select,    .wait_test = test,
                                      .wait_value = value, .tolerate = "500,595,596",
                                      .interval_ms = 500,  .deadline_ms = WAIT_MS};
    return select ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
}

static int32_t expect_nothing_pending(const struct sdn_view *view, enum sdn_sort sort, const char *vnet)
{
    static const char *const states[] = {"[state=new]", "[state=changed]", "[state=deleted]"};
    struct proximo_field fields[2];
    const struct proximo_get get = sdn_list_get(sort, vnet, true, fields);
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(states) / sizeof(states[0]); i++)
        r = expect(&view->ask, &get, states[i], PROXIMO_WAIT_COUNT, "0");
    return r;
}

static bool has_subnets_pending(const struct sdn_view *view, const char *vnet)
{
    for (uint32_t i = 0; i < view->count; i++) {
        const struct sdn_object *o = &view->rows[i];
        if (o->sort == SDN_SUBNET && strcmp(o->vnet, vnet) == 0 && !sdn_is_same(o))
            return true;
    }
    return false;
}

static int32_t expect_nothing(const struct sdn_view *view)
{
    static const enum sdn_sort sorts[] = {SDN_CONTROLLER, SDN_ZONE, SDN_VNET};
    uint32_t lists = 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(sorts) / sizeof(sorts[0]); i++)
        r = expect_nothing_pending(view, sorts[i], NULL);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view->count && lists < LISTS_MOST; i++) {
        const struct sdn_object *vnet = &view->rows[i];
        if (vnet->sort != SDN_VNET || !vnet->side[SDN_AFTER] || !has_subnets_pending(view, vnet->id))
            continue;
        lists++;
        r = expect_nothing_pending(view, SDN_SUBNET, vnet->id);
    }
    return r;
}

/* Every node that is on, and what it says of its zones. */
static int32_t expect_node(void *context, const struct sdn_node *node)
{
    const struct sdn_view *view = context;
    const struct proximo_field field = FIELD("node", node->name);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/sdn/zones", .fields = &field,
                                    .field_count = 1};
    const char *diff = NULL, *name = ask_text(&view->ask, "waiting changes of %s", node->name);
    struct json_object *rows DROP_JSON = NULL;
    if (!node->online)
        return tell_text(
            &view->ask, "node_that_is_off",
            ask_text(&view->ask, "%s takes it over when it is on again; it is not waited for", node->name));
    int32_t r = sdn_node_waiting(&view->ask, node->name, &diff, &rows);
    if (r == PROXIMO_OK && diff)
        r = name ? tell_text(&view->ask, name, sdn_diff_lines(&view->ask, diff, DIFF_MOST)) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = expect(&view->ask, &get, "[status=pending]", PROXIMO_WAIT_COUNT, "0");
    return r == PROXIMO_OK ? expect(&view->ask, &get, "[status=error]", PROXIMO_WAIT_COUNT, "0") : r;
}

int32_t sdn_expect_applied(const struct sdn_view *view)
{
    int32_t r = expect_nothing(view);
    return r == PROXIMO_OK ? sdn_nodes_visit(&view->ask, NULL, expect_node, (void *)(uintptr_t)view) : r;
}

/* ---- apply */

int32_t sdn_step_apply(const struct sdn_view *view, const struct proximo_field *lock, bool release_lock)
{
    struct proximo_field fields[2];
    uint32_t count = 0;
    if (lock)
        fields[count++] = *lock;
    if (view->release != 8)
        fields[count++] = FIELD("release-lock", release_lock ? "1" : "0");
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .flags = PROXIMO_STEP_FOLLOW, .name = "apply",
        .method = "PUT",   .path = "/cluster/sdn",       .params = ROWS(fields, count)};
    return view->ask.host->step(view->ask.call, &step);
}

const char *sdn_no_way_back(const struct sdn_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        const struct sdn_object *o = &view->rows[i];
        struct json_object *before = o->side[SDN_BEFORE], *after = o->side[SDN_AFTER];
        if (!o->state)
            continue;
        if (o->sort >= SDN_EDITABLE)
            return ask_text(&view->ask,
                            "%s \"%s\" is among what is pending, and these are not brought back by "
                            "undo",
                            sdn_sorts[o->sort].word, o->id);
        if (before && after &&
            !member_is(after, "type", member_text(before, "type") ? member_text(before, "type") : ""))
            return ask_text(&view->ask,
                            "%s \"%s\" is of another type than before, and a type is given at "
                            "creation",
                            sdn_sorts[o->sort].word, o->id);
    }
    return NULL;
}

static int32_t tell_way_back(const struct sdn_view *view, const char *words, bool keeps_lock)
{
    const struct asking *a = &view->ask;
    const char *why = !view->complete ? "not all that is pending could be read" : sdn_no_way_back(view);
    if (why) {
        int32_t r = tell_text(a, "no_way_back", why);
        return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
    }
    int32_t r = tell_text(
        a, "way_back",
        keeps_lock ? ask_text(a, "%s; not while the lock is held, whose token is not kept", words) : words);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

static const char *counted(const struct sdn_view *view)
{
    uint32_t added = 0, changed = 0, gone = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        const char *state = view->rows[i].state;
        added += state && strcmp(state, "new") == 0;
        changed += state && strcmp(state, "changed") == 0;
        gone += state && strcmp(state, "deleted") == 0;
    }
    return ask_text(&view->ask, "%u new, %u changed, %u deleted", (unsigned)added, (unsigned)changed,
                    (unsigned)gone);
}

/* What both plans begin with. */
struct opened {
    struct sdn_view view;
    struct proximo_field lock;
    bool locked, release_lock;
};

static int32_t open_plan(const struct asking *a, const char *what, struct opened *ret)
{
    const char *release_lock = ask_argument(a, "release_lock");
    int32_t r =
        ask_privilege(a, "/sdn", "SDN.Allocate", "this token may not %s the network configuration", what);
    *ret = (struct opened){.release_lock = !release_lock || strcmp(release_lock, "false") != 0};
    if (r == PROXIMO_OK)
        r = sdn_view_read(a, &ret->view);
    if (r == PROXIMO_OK && ret->view.release == 0)
        r = a->host->fail(
            a->call, PROXIMO_EUNAVAIL,
            "the version of Proxmox VE is not known, and versions 8 and 9 want other parameters; try "
            "again when the site answers");
    if (r == PROXIMO_OK && ret->view.release == 8 && !ret->release_lock)
        r = a->host->fail(a->call, PROXIMO_EINVAL,
                          "release_lock: Proxmox VE 8, which this site runs, has no lock of the network "
                          "configuration; leave it out");
    return r == PROXIMO_OK ? sdn_take_lock_token(a, ret->view.release, &ret->lock, &ret->locked) : r;
}

/* Whose edits they are is recorded nowhere. */
static int32_t tell_all_pending(const struct sdn_view *view, const char *verb)
{
    int32_t r = sdn_tell_objects(&view->ask, "pending", view->rows, view->count);
    if (r == PROXIMO_OK && view->pending)
        r = tell_text(&view->ask, "whose",
                      ask_text(&view->ask,
                               "Proxmox does not record who edited what: everything that is pending is "
                               "%s, other people's edits as well",
                               verb));
    return r;
}

int32_t sdn_plan_apply(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct opened o;
    int32_t r = open_plan(&a, "apply", &o);
    const char *words = r == PROXIMO_OK ? sdn_pending_words(&o.view, NAMED_MOST, NULL) : NULL;
    const char *summary =
        words ? ask_text(&a, "everything that is pending is applied on all nodes (%s): %s", counted(&o.view),
                         words)
        : !o.view.complete
            ? "everything that is pending is applied on all nodes; not all of it could be read"
            : "nothing is pending: every node writes what is applied once more and reloads its network";
    if (r == PROXIMO_OK)
        r = summary ? a.host->change(call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_all_pending(&o.view, "applied");
    if (r == PROXIMO_OK)
        r = sdn_guard_all(&o.view, false);
    if (r == PROXIMO_OK)
        r = sdn_subject(&a, "sdn.apply", NULL);
    if (r == PROXIMO_OK)
        r = sdn_step_apply(&o.view, o.locked ? &o.lock : NULL, o.release_lock);
    if (r == PROXIMO_OK)
        r = sdn_expect_applied(&o.view);
    if (r == PROXIMO_OK)
        r = tell_way_back(
            &o.view,
            "writes each object back as it ran before, and applies that: the edits are then not pending "
            "any more. Interface changes of nodes that went along are not taken back",
            o.locked && !o.release_lock);
    sdn_view_done(&o.view);
    return r;
}

/* ---- rollback */

static int32_t step_rollback(const struct opened *o)
{
    struct proximo_field fields[2];
    uint32_t count = 0;
    if (o->locked)
        fields[count++] = o->lock;
    fields[count++] = FIELD("release-lock", o->release_lock ? "1" : "0");
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,    .name = "rollback",
        .method = "POST",  .path = "/cluster/sdn/rollback", .params = ROWS(fields, count)};
    return o->view.ask.host->step(o->view.ask.call, &step);
}

int32_t sdn_plan_rollback(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct opened o = {0};
    uint32_t release = 0;
    int32_t r = sdn_need_9(&a, "rollback of the network configuration; take edits back one by one", &release);
    if (r == PROXIMO_OK)
        r = open_plan(&a, "roll back", &o);
    const char *words = r == PROXIMO_OK ? sdn_pending_words(&o.view, NAMED_MOST, NULL) : NULL;
    if (r == PROXIMO_OK && !words && o.view.complete) {
        sdn_view_done(&o.view);
        return a.host->change(call, "nothing to do: nothing is pending");
    }
    if (r == PROXIMO_OK)
        r = a.host->change(call, ask_text(&a, "everything that is pending is dropped (%s): %s",
                                          counted(&o.view), words ? words : "not known what"));
    if (r == PROXIMO_OK)
        r = tell_all_pending(&o.view, "dropped");
    if (r == PROXIMO_OK)
        r = sdn_guard_all(&o.view, true);
    if (r == PROXIMO_OK)
        r = sdn_subject(&a, "sdn.rollback", NULL);
    if (r == PROXIMO_OK)
        r = step_rollback(&o);
    if (r == PROXIMO_OK)
        r = expect_nothing(&o.view);
    if (r == PROXIMO_OK)
        r = tell_way_back(&o.view, "edits each object again as it was; it is pending then, as it was",
                          o.locked && !o.release_lock);
    sdn_view_done(&o.view);
    return r;
}
