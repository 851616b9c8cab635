/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_namespace_create and pbs_namespace_delete. A deletion takes the namespaces below with it; without
 * delete_groups only empty ones go. Sources: POST and DELETE /admin/datastore/{store}/namespace.
 */
#include "changes.h"
#include "ties.h"

#define NAMESPACE_PATH PBS_STORE_PATH "/namespace"

static uint32_t levels_of(const char *ns)
{
    uint32_t levels = *ns != 0;
    for (; *ns; ns++)
        levels += *ns == '/';
    return levels;
}

/* ---- creation */

/* The whole list: the name is not there, and its parent is. */
static int32_t check_new(const struct pbs_place *parent, const char *ns, bool *ret_there)
{
    const struct asking *a = &parent->a;
    const struct proximo_field store = FIELD("store", parent->store);
    const struct proximo_get get = {ROW(proximo_get), .path = NAMESPACE_PATH, .fields = &store,
                                    .field_count = 1};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = ask_get(a, &get, json_type_array, &list);
    bool parent_there = !*parent->ns;
    *ret_there = false;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        *ret_there = *ret_there || member_is(row, "ns", ns);
        parent_there = parent_there || member_is(row, "ns", parent->ns);
    }
    if (r == PROXIMO_OK && !parent_there)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                             "there is no namespace %s in datastore %s: create it first", parent->ns,
                             parent->store);
    return r;
}

static int32_t lay_out_new(const struct pbs_place *parent, const char *name, const char *ns)
{
    const struct asking *a = &parent->a;
    const struct pbs_place made = {.a = *a, .store = parent->store, .ns = ns};
    const struct proximo_field to[] = {FIELD("store", parent->store), FIELD("name", name),
                                       FIELD("parent", parent->ns)};
    const struct proximo_field back[] = {FIELD("store", parent->store), FIELD("ns", ns)};
    const char *selector = ask_text(a, "[ns=%s]", ns);
    const struct proximo_guard guard = {ROW(proximo_guard), .path = NAMESPACE_PATH,
                                        .fields = ask_text(a, "[ns=%s]/ns,[ns=%s]/ns", ns, parent->ns),
                                        .params = ROWS(to, 1)};
    const struct proximo_step step = pbs_request("POST", NAMESPACE_PATH, to, *parent->ns ? 3 : 2);
    const struct proximo_step undo = pbs_request("DELETE", NAMESPACE_PATH, back, 2);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = NAMESPACE_PATH,
                                      .params = ROWS(to, 1),
                                      .select = ask_text(a, "%s/ns", selector),
                                      .wait_test = PROXIMO_WAIT_EXISTS,
                                      .interval_ms = 500,
                                      .deadline_ms = 15000};
    int32_t r =
        a->host->change(a->call, ask_text(a, "namespace %s is created in datastore %s", ns, parent->store));
    if (r < 0 || (r = a->host->guard(a->call, &guard)) < 0 ||
        (r = place_tell_subject(&made, "pbs.namespace.create", NULL, NULL)) < 0 ||
        (r = a->host->step(a->call, &step)) < 0 || (r = a->host->postcondition(a->call, &wait)) < 0)
        return r;
    r = tell_text(a, "way_back",
                  "the namespace is deleted again, which Proxmox refuses once it holds a group");
    return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, &undo, 1);
}

int32_t pbs_plan_namespace_create(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *name = ask_argument(&a, "name"), *parent = ask_argument(&a, "parent");
    const struct pbs_place at = {.a = a, .store = ask_argument(&a, "store"), .ns = parent ? parent : ""};
    bool own = false, there = false;
    if (!at.store || !name)
        return a.host->fail(call, PROXIMO_EINVAL, "store and name are needed");
    if (levels_of(at.ns) >= PBS_DEPTH_MOST)
        return a.host->fail(call, PROXIMO_EINVAL, "namespaces are at most %u levels deep", PBS_DEPTH_MOST);
    const char *ns = ask_text(&a, "%s%s%s", at.ns, *at.ns ? "/" : "", name);
    int32_t r = ns ? place_allowed(&at, NULL, "to create a namespace", &own) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = check_new(&at, ns, &there);
    if (r == PROXIMO_OK && there)
        return a.host->change(call, ask_text(&a, "nothing to do: namespace %s is there already", ns));
    if (r == PROXIMO_OK)
        r = place_open(&at);
    return r < 0 ? r : lay_out_new(&at, name, ns);
}

/* ---- deletion */

/* Does it hold a protected backup, itself or below? Then it stays. */
static bool stays(const struct pbs_contents *c, const char *ns)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (!pbs_within(c->spaces[i].ns, ns) || !c->spaces[i].list)
            continue;
        for (size_t k = 0; k < json_object_array_length(c->spaces[i].list); k++) {
            if (!contents_goes(json_object_array_get_idx(c->spaces[i].list, k)))
                return true;
        }
    }
    return false;
}

/* What goes: with groups all that is not protected, without them nothing may be there. */
static int32_t look(const struct pbs_place *at, bool groups, struct pbs_contents *ret)
{
    int32_t r = contents_read(at, ret);
    if (r == PROXIMO_OK && groups)
        contents_mark(ret, true);
    return r;
}

static int32_t check(const struct pbs_contents *c, bool groups)
{
    const struct asking *a = &c->at.a;
    bool listed = false;
    size_t backups = 0;
    for (size_t i = 0;
         c->list && json_object_is_type(c->list, json_type_array) && i < json_object_array_length(c->list);
         i++)
        listed = listed || member_is(json_object_array_get_idx(c->list, i), "ns", c->at.ns);
    for (uint32_t i = 0; i < c->count; i++) {
        if (pbs_within(c->spaces[i].ns, c->at.ns) && c->spaces[i].list)
            backups += json_object_array_length(c->spaces[i].list);
    }
    if (!listed && json_object_is_type(c->list, json_type_array))
        return a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no %s%s", place_words(&c->at, c->at.ns),
                             c->why ? ", as far as this token sees" : "");
    if (!groups && backups)
        return a->host->fail(a->call, PROXIMO_ESTATE,
                             "%s and what is below it hold %zu backups, and without delete_groups only empty "
                             "namespaces go. delete_groups: true plans their deletion, and names each",
                             place_words(&c->at, c->at.ns), backups);
    return PROXIMO_OK;
}

static int32_t lay_out_deletion(const struct pbs_contents *c, bool groups)
{
    const struct asking *a = &c->at.a;
    const struct proximo_field store = FIELD("store", c->at.store);
    const struct proximo_field fields[] = {store, FIELD("ns", c->at.ns),
                                           FIELD("delete-groups", groups ? "1" : "0"),
                                           FIELD("error-on-protected", "0")};
    const struct proximo_step step = pbs_request("DELETE", NAMESPACE_PATH, fields, groups ? 4 : 2);
    const struct proximo_guard names = {ROW(proximo_guard), .path = NAMESPACE_PATH,
                                        .params = ROWS(&store, 1)};
    int32_t r = a->host->guard(a->call, &names);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        const struct pbs_place there = {.a = *a, .store = c->at.store, .ns = c->spaces[i].ns};
        if (!pbs_within(there.ns, c->at.ns))
            continue;
        if (c->spaces[i].list)
            r = pbs_guard_backups(&there);
        if (r == PROXIMO_OK && !stays(c, there.ns))
            r = pbs_see_none(&there, NAMESPACE_PATH, false, ask_text(a, "[ns=%s]", there.ns));
    }
    if (r < 0 || (r = place_open(&c->at)) < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = place_tell_subject(&c->at, "pbs.namespace.delete", "groups", groups ? "yes" : "no")) < 0 ||
        (r = pbs_see_gone(c, stays)) < 0)
        return r;
    return pbs_no_way_back(
        a, groups ? pbs_deleted_for_good
                  : "an empty namespace is made again by pbs_namespace_create; its comment and "
                    "jobs are not");
}

static int32_t tell_deletion(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    struct json_object *gone = json_object_new_array(), *left = json_object_new_array();
    for (uint32_t i = 0; gone && left && i < c->count; i++) {
        if (pbs_within(c->spaces[i].ns, c->at.ns))
            json_object_array_add(stays(c, c->spaces[i].ns) ? left : gone,
                                  json_object_new_string(c->spaces[i].ns));
    }
    const size_t left_count = left ? json_object_array_length(left) : 0;
    const char *summary =
        ask_text(a, "%s with all below it: %zu namespaces and %u backups are deleted%s",
                 place_words(&c->at, c->at.ns), gone ? json_object_array_length(gone) : 0, c->going,
                 c->staying ? ask_text(a, "; %u protected backups stay, and %zu namespaces with them",
                                       c->staying, left_count)
                            : "");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        r = tell_fact(a, "namespaces_that_go", gone);
        gone = NULL;
    }
    if (r == PROXIMO_OK && left_count) {
        r = tell_fact(a, "namespaces_that_stay", left);
        left = NULL;
    }
    json_object_put(gone);
    json_object_put(left);
    if (r == PROXIMO_OK && c->going)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH, "backups are deleted");
    return r;
}

int32_t pbs_plan_namespace_delete(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_contents c = {0};
    struct pbs_place at;
    bool own = false;
    const bool groups = ask_flag(&a, "delete_groups");
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK && !*at.ns)
        r = a.host->fail(call, PROXIMO_EINVAL, "the root namespace cannot be deleted: name one in ns");
    if (r < 0)
        return r;
    /* The right is asked for on the namespace above. */
    const char *slash = strrchr(at.ns, '/');
    struct pbs_place parent = at;
    parent.ns = slash ? ask_text(&a, "%.*s", (int)(slash - at.ns), at.ns) : "";
    r = parent.ns ? place_allowed(&parent, NULL, "to delete a namespace", &own) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = look(&at, groups, &c);
    if (r == PROXIMO_OK)
        r = check(&c, groups);
    if (r == PROXIMO_OK)
        r = tell_deletion(&c);
    if (r == PROXIMO_OK)
        r = lay_out_deletion(&c, groups);
    contents_done(&c);
    return r;
}

int32_t pbs_blast_namespace_delete(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_contents c = {0};
    struct pbs_place at;
    int32_t r = place_of_subject(&a, subject, &at);
    if (r == PROXIMO_OK)
        r = look(&at, !member_is(subject, "groups", "no"), &c);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c.count; i++) {
        const struct pbs_place there = {.a = a, .store = at.store, .ns = c.spaces[i].ns};
        if (!pbs_within(there.ns, at.ns))
            continue;
        const bool left = stays(&c, there.ns);
        r = tell_affected(&a, left ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                          ask_text(&a, "namespace/%s", place_label(&there)), NULL,
                          left ? "stays, because of protected backups in it or below it" : "is deleted",
                          NULL);
    }
    if (r == PROXIMO_OK)
        r = contents_tell(&c);
    if (r == PROXIMO_OK)
        r = ties_tell(&at, TIES_BUSY | TIES_COPIES | TIES_ALL);
    contents_done(&c);
    return r;
}
