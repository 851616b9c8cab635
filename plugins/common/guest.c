/* SPDX-License-Identifier: Apache-2.0 */
/* One guest: where it is, its state and configuration, and the parts that all plans about it have. */
#include "guest.h"

void guest_place(struct guest *g)
{
    g->at[0] = FIELD("node", g->node);
    g->at[1] = FIELD("kind", g->kind);
    g->at[2] = FIELD("vmid", g->vmid);
}

int32_t guest_open(void *instance, struct proximo_call *call, struct guest *ret)
{
    *ret = (struct guest){.ask = {((struct plane_instance *)instance)->host, call}};
    ret->node = ask_argument(&ret->ask, "node");
    ret->kind = ask_argument(&ret->ask, "kind");
    ret->vmid = ask_argument(&ret->ask, "vmid");
    if (!ret->node || !ret->kind || !ret->vmid)
        return ret->ask.host->fail(call, PROXIMO_EINVAL, "the guest's %s is not known",
                                   !ret->node   ? "node"
                                   : !ret->kind ? "kind"
                                                : "vmid");
    guest_place(ret);
    return PROXIMO_OK;
}

static int32_t unknown(const struct guest *g, const char *why)
{
    int32_t r = g->ask.host->incomplete(g->ask.call, "the guest itself", why);
    return r < 0 ? r : PROXIMO_ENOTFOUND;
}

/* The cluster's list says where a guest is; nothing else of it is used, because it is a cache. */
static int32_t find(struct guest *g)
{
    const struct proximo_field type = FIELD("type", "vm");
    const char *path = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(path, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked list;
    int32_t r = path ? ask_look(&g->ask, &get, &list) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    size_t count = json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    for (size_t i = 0; i < count && !g->node; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        if (!member_is(row, "vmid", g->vmid) || !member_text(row, "node"))
            continue;
        g->node = ask_text(&g->ask, "%s", member_text(row, "node"));
        g->kind = member_is(row, "type", "lxc") ? "lxc" : "qemu";
    }
    r = g->node ? PROXIMO_OK : unknown(g, list.data ? "it is in no list that this token sees" : list.why);
    json_object_put(list.data);
    return r;
}

/* A plan about many guests says where each is: its guards are of that node anyhow. */
static void take_place(struct guest *g, struct json_object *subject)
{
    const char *node = member_text(subject, "node");
    const bool lxc = member_is(subject, "type", "lxc");

    g->node = node ? ask_text(&g->ask, "%s", node) : NULL;
    g->kind = lxc ? "lxc" : member_is(subject, "type", "qemu") ? "qemu" : NULL;
}

int32_t guest_open_subject(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                           struct guest *ret)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    int32_t r = PROXIMO_OK;
    *ret = (struct guest){.ask = {((struct plane_instance *)instance)->host, call}};
    const char *vmid = member_text(subject, "vmid");
    if (!vmid)
        return ret->ask.host->fail(call, PROXIMO_EINVAL, "the subject has no vmid");
    ret->vmid = ask_text(&ret->ask, "%s", vmid);
    if (!ret->vmid)
        return PROXIMO_ENOMEM;
    const char *given = ask_argument(&ret->ask, "vmid");
    if (given && strcmp(given, ret->vmid) == 0) {
        ret->node = ask_argument(&ret->ask, "node");
        ret->kind = ask_argument(&ret->ask, "kind");
    }
    if (!ret->node || !ret->kind)
        take_place(ret, subject);
    if (!ret->node || !ret->kind) {
        ret->node = NULL;
        r = find(ret);
    }
    if (r == PROXIMO_OK)
        guest_place(ret);
    return r;
}

void guest_done(struct guest *g)
{
    json_object_put(g->status);
    json_object_put(g->config);
    g->status = g->config = NULL;
}

static int32_t read_one(const struct guest *g, const char *path, json_type type, struct json_object **ret)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = g->at, .field_count = 3,
                                    .needs = ROWS(need, 1)};
    return vm ? ask_get(&g->ask, &get, type, ret) : PROXIMO_ENOMEM;
}

int32_t guest_read_status(struct guest *g)
{
    return read_one(g, GUEST_STATUS, json_type_object, &g->status);
}

int32_t guest_read_config(struct guest *g)
{
    int32_t r = read_one(g, GUEST_CONFIG, json_type_object, &g->config);
    if (r == PROXIMO_OK && !member_text(g->config, "digest")) /* an empty answer is not an empty guest */
        return g->ask.host->fail(g->ask.call, PROXIMO_EPROTO,
                                 "the configuration of %s came without a digest: it was not read",
                                 guest_label(g));
    return r;
}

int32_t guest_snapshots(const struct guest *g, struct json_object **ret)
{
    return read_one(g, GUEST_SNAPS, json_type_array, ret);
}

struct json_object *snapshot_named(struct json_object *snapshots, const char *name)
{
    size_t count = json_object_is_type(snapshots, json_type_array) ? json_object_array_length(snapshots) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(snapshots, i);
        if (member_is(entry, "name", name))
            return entry;
    }
    return NULL;
}

bool guest_running(const struct guest *g)
{
    return member_is(g->status, "status", "running");
}

bool guest_managed(const struct guest *g)
{
    return member_true(member_of(g->status, "ha"), "managed");
}

bool guest_is_lxc(const struct guest *g)
{
    return strcmp(g->kind, "lxc") == 0;
}

bool guest_is_template(const struct guest *g)
{
    return member_true(g->status, "template") || member_true(g->config, "template");
}

const char *guest_lock(const struct guest *g)
{
    const char *lock = member_text(g->status, "lock");
    if (!lock || !*lock)
        lock = member_text(g->config, "lock");
    return lock && *lock ? lock : NULL;
}

const char *guest_label(const struct guest *g)
{
    const char *text = ask_text(&g->ask, "%s %s", guest_is_lxc(g) ? "container" : "machine", g->vmid);
    return text ? text : "the guest";
}

/* ---- parts of plans */

int32_t guest_guard(const struct guest *g, const char *path, const char *fields)
{
    const struct proximo_guard guard = {ROW(proximo_guard), .path = path, .fields = fields,
                                        .params = ROWS(g->at, 3)};
    return fields ? g->ask.host->guard(g->ask.call, &guard) : PROXIMO_ENOMEM;
}

int32_t guest_subject(const struct guest *g, const char *operation_class)
{
    const char *subject = ask_text(&g->ask, "{\"kind\":\"guest\",\"vmid\":%s}", g->vmid);
    return subject ? g->ask.host->subject(g->ask.call, operation_class, text_of(subject)) : PROXIMO_ENOMEM;
}

int32_t guest_check_lock(const struct guest *g, const char *allowed)
{
    const char *lock = guest_lock(g);
    if (!lock || (allowed && strcmp(lock, allowed) == 0))
        return PROXIMO_OK;
    return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE,
                             "%s is locked (%s): Proxmox refuses this until the task that holds the lock has "
                             "ended; pve_tasks_list shows it",
                             guest_label(g), lock);
}

int32_t guest_check_privilege(const struct guest *g, const char *privilege, const char *what)
{
    const char *path = ask_text(&g->ask, "/vms/%s", g->vmid);
    return ask_privilege(&g->ask, path, privilege, "%s needs %s on %s, which this token does not hold", what,
                         privilege, path);
}

int32_t guest_tell_facts(const struct guest *g)
{
    struct json_object *facts = json_object_new_object();
    const char *name = member_text(g->status, "name");
    const char *lock = guest_lock(g);
    if (!facts)
        return PROXIMO_ENOMEM;
    if (name)
        json_object_object_add(facts, "name", json_object_new_string(name));
    json_object_object_add(facts, "kind", json_object_new_string(g->kind));
    json_object_object_add(facts, "node", json_object_new_string(g->node));
    if (member_text(g->status, "status"))
        json_object_object_add(facts, "status", json_object_new_string(member_text(g->status, "status")));
    if (lock)
        json_object_object_add(facts, "lock", json_object_new_string(lock));
    json_object_object_add(facts, "ha_managed", json_object_new_boolean(guest_managed(g)));
    if (guest_is_template(g))
        json_object_object_add(facts, "template", json_object_new_boolean(1));
    return tell_fact(&g->ask, "guest", facts);
}

bool guest_has_tag(const char *tags, const char *tag)
{
    const size_t len = strlen(tag);
    while (tags && *tags) {
        const size_t n = strcspn(tags, ";, ");
        if (n == len && memcmp(tags, tag, n) == 0)
            return true;
        tags += n + (tags[n] != '\0');
    }
    return false;
}

const char *guest_note_forms(const struct guest *g, const char *note)
{
    const size_t len = strlen(note);
    for (size_t i = 0; i < len; i++) {
        const bool end = i == 0 || i + 1 == len || note[i + 1] == '\n';
        if (note[i] == '\r' || (end && (note[i] == ' ' || note[i] == '\t')))
            return NULL;
    }
    struct json_object *plain DROP_JSON = json_object_new_string(note);
    const char *line = ask_text(&g->ask, "%s\n", note);
    struct json_object *ended DROP_JSON = line ? json_object_new_string(line) : NULL;
    return plain && ended ? ask_text(&g->ask, "[%s,%s]", json_text(plain).ptr, json_text(ended).ptr) : NULL;
}

int32_t guest_request(const struct guest *g, const char *method, const char *path,
                      const struct proximo_field *fields, uint32_t count, uint64_t flags)
{
    struct proximo_field all[200];
    if (count > 196)
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL, "%u values are too many for one request",
                                 count);
    memcpy(all, g->at, sizeof(g->at));
    if (count)
        memcpy(all + 3, fields, count * sizeof(*fields));
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,  .flags = flags, .name = "change", .method = method,
        .path = path,      .params = ROWS(all, count + 3)};
    return g->ask.host->step(g->ask.call, &step);
}

int32_t guest_wait(const struct guest *g, const struct guest_wait *wait)
{
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_WAIT, .path = wait->path, .params = ROWS(g->at, 3),
        .select = wait->select, .wait_test = wait->test, .wait_value = wait->value, .fail_if = wait->fail_if,
        .interval_ms = 1000, .deadline_ms = (uint64_t)wait->deadline_s * 1000,
        /* It may be on its way to another node, or its lock be held. */
        .tolerate = "500,595,596,599"};
    return g->ask.host->postcondition(g->ask.call, &step);
}
