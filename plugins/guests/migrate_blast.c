/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a move of one guest affects, and whether it can be made. Nothing here may differ from one reading to
 * the next by itself: of memory and space only is told whether they suffice. Sources: GET /nodes, GET
 * .../qemu/{vmid}/migrate (what Proxmox itself finds in the way of a machine; a help, not the truth: it says
 * nothing of many things, and of containers next to nothing).
 */
#include "migrate.h"

#define MIB         (UINT64_C(1) << 20)
#define LXC_MEMORY  512u /* of a container and of a machine whose configuration says none, in MiB */
#define MEMORY_MOST (UINT64_C(1) << 30)

static const char *label(const struct migration *m)
{
    return ask_text(&m->view->ask, "guest/%s", m->g->vmid);
}

/* ---- the target */

static uint64_t memory_of(const struct asking *a, struct json_object *config)
{
    const char *text = member_text(config, "memory");
    const char *current = text ? migrate_part(a, text, "current") : NULL;

    text = current ? current : text;
    return (text && *text >= '0' && *text <= '9' ? digits_of(text, MEMORY_MOST) : LXC_MEMORY) * MIB;
}

static int32_t memory(struct migration *m, struct json_object *node)
{
    const struct asking *a = &m->view->ask;
    struct json_object *total = member_of(node, "maxmem"), *used = member_of(node, "mem");

    m->memory = memory_of(a, m->g->config);
    if (!total || !used)
        return MIGRATE_RUNNING(m) ? migrate_unknown(m, ask_text(a, "free memory of %s", m->view->target),
                                                    "this token does not hold Sys.Audit on the node")
                                  : PROXIMO_OK;
    const int64_t left = json_object_get_int64(total) - json_object_get_int64(used);
    m->free = left > 0 ? (uint64_t)left : 1;
    if (!MIGRATE_RUNNING(m))
        return PROXIMO_OK;
    const char *target = ask_text(a, "node/%s", m->view->target);
    if (m->memory > m->free)
        return migrate_say(m, PROXIMO_RISK_HIGH, target,
                           ask_text(a,
                                    "has less memory free than guest %s is given: guests there may be killed",
                                    m->g->vmid),
                           NULL);
    return m->memory > m->free / 5 * 4
               ? migrate_say(
                     m, PROXIMO_RISK_MEDIUM, target,
                     ask_text(a,
                              "is tight on memory with guest %s: less than a fifth of what is free is "
                              "left",
                              m->g->vmid),
                     NULL)
               : PROXIMO_OK;
}

static int32_t target(struct migration *m)
{
    const struct asking *a = &m->view->ask;
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_NODES, &rows);

    if (r < 0)
        return r;
    if (!rows)
        return migrate_unknown(m, "the nodes of the cluster", migrate_why(m->view, MIGRATE_NODES));
    struct json_object *node = migrate_row(rows, "node", m->view->target);
    if (!node)
        return migrate_refuse(m, label(m), ask_text(a, "there is no node %s", m->view->target));
    if (!member_is(node, "status", "online"))
        return migrate_refuse(m, label(m), ask_text(a, "node %s is not online", m->view->target));
    return memory(m, node);
}

/* ---- the guest */

static int32_t state(struct migration *m)
{
    const struct asking *a = &m->view->ask;
    const char *lock = guest_lock(m->g);
    const bool lxc = guest_is_lxc(m->g), running = MIGRATE_RUNNING(m);

    if (lock)
        return migrate_refuse(m, label(m), ask_text(a, "it is locked (%.60s)", lock));
    if (running && !m->online)
        return migrate_refuse(m, label(m),
                              lxc ? "it runs; online shuts it down, moves it and starts it again"
                                  : "it runs; online moves it while it runs");
    struct json_object *facts = m->tell ? json_object_new_object() : NULL;
    if (facts) {
        json_object_object_add(facts, "from", json_object_new_string(m->g->node));
        json_object_object_add(facts, "target", json_object_new_string(m->view->target));
        json_object_object_add(facts, "kind", json_object_new_string(m->g->kind));
        json_object_object_add(facts, "running", json_object_new_boolean(running));
    }
    const char *effect = !running ? "goes to the target; it is stopped and stays so"
                         : lxc
                             ? "is shut down, moved and started again: everything it serves is gone until "
                               "it runs there, copying of disks included"
                             : "moves while it runs: it stands still for a moment, and is slower until then";
    const uint32_t risk = running ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
    return m->tell ? tell_affected(a, risk, label(m), member_text(m->g->status, "name"), effect, facts)
                   : PROXIMO_OK;
}

/* What Proxmox says itself, where nothing was found. Without VM.Migrate it does not say anything. */
static int32_t preconditions(struct migration *m)
{
    const struct asking *a = &m->view->ask;
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_PATH "/migrate", .fields = m->g->at,
                                    .field_count = 3};
    struct looked looked = {0};

    if (guest_is_lxc(m->g) || m->refused)
        return PROXIMO_OK;
    int32_t r = ask_look(a, &get, &looked);
    struct json_object *barred = member_of(member_of(looked.data, "not_allowed_nodes"), m->view->target);
    struct json_object *devices = member_of(looked.data, "local_resources");
    if (r == PROXIMO_OK && barred)
        r = migrate_refuse(m, label(m),
                           ask_text(a, "it names %s as a node that is not allowed", m->view->target));
    else if (r == PROXIMO_OK && json_object_is_type(devices, json_type_array) &&
             json_object_array_length(devices))
        r = migrate_refuse(m, label(m),
                           ask_text(a, "it names %.60s as tied to the node",
                                    json_object_get_string(json_object_array_get_idx(devices, 0))));
    json_object_put(looked.data);
    return r;
}

int32_t migrate_look(struct migration *m)
{
    static int32_t (*const parts[])(struct migration *) = {state,           target,     migrate_disks,
                                                           migrate_devices, migrate_ha, preconditions};
    int32_t r = PROXIMO_OK;

    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
        r = parts[i](m);
    return r;
}

/* ---- the class */

int32_t migrate_read_guest(struct guest *g)
{
    const struct asking *a = &g->ask;
    const char *vm = ask_text(a, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    struct proximo_get get = {ROW(proximo_get), .path = GUEST_STATUS, .fields = g->at, .field_count = 3,
                              .needs = ROWS(need, 1)};
    struct looked status, config;
    int32_t r = vm ? ask_look(a, &get, &status) : PROXIMO_ENOMEM;

    if (r < 0)
        return r;
    g->status = status.data;
    get.path = GUEST_CONFIG;
    if ((r = ask_look(a, &get, &config)) < 0)
        return r;
    g->config = config.data;
    if (!member_text(g->status, "status")) {
        r = a->host->incomplete(a->call, "the guest's state", status.why ? status.why : "it came back empty");
        return r < 0 ? r : PROXIMO_ENOTFOUND;
    }
    if (!member_text(g->config, "digest")) {
        r = a->host->incomplete(a->call, "the guest's configuration",
                                config.data || !config.why ? "it came back empty" : config.why);
        return r < 0 ? r : PROXIMO_ENOTFOUND;
    }
    return PROXIMO_OK;
}

int32_t guests_blast_migrate(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct guest g;
    struct migrate_view view;
    int32_t r = guest_open_subject(instance, call, subject_json, &g);

    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    const char *to = member_text(subject, "target");
    if (r == PROXIMO_OK && !to)
        r = g.ask.host->fail(call, PROXIMO_EINVAL, "the subject has no target");
    if (r == PROXIMO_OK)
        r = migrate_read_guest(&g);
    if (r == PROXIMO_OK) {
        migrate_open(&g.ask, to, &view);
        struct migration m = {.view = &view,
                              .g = &g,
                              .tell = true,
                              .online = member_true(subject, "online"),
                              .with_local_disks = member_true(subject, "with_local_disks")};
        r = migrate_look(&m);
        migrate_close(&view);
    }
    guest_done(&g);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}
