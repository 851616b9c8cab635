/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many guests at once, of a node or of the cluster: a task that starts one task for each, all of them
 * together (real ones mind the number of workers), and ends when the last of them has ended.
 */
#include "change.h"
#include "handlers.h"
#include "migrate.h"
#include "power.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int begin(struct sim *sim, struct sim_job *job, char *why);
static int end(struct sim *sim, struct sim_job *job, char *why);

enum todo { START, SHUTDOWN, SUSPEND, MIGRATE };

static const struct bulk {
    const char *path; /* the end of the route's path */
    enum todo todo;
    bool strict; /* a guest that failed fails the task */
    const char *priv;
    const char *doing, *past; /* for the log */
    struct sim_work work;
} bulks[] = {
    {"{node}/startall", START, false, "VM.PowerMgmt", "Starting", "start", {"startall", NULL, begin, end}},
    {"{node}/stopall", SHUTDOWN, false, "VM.PowerMgmt", "Stopping", "stop", {"stopall", NULL, begin, end}},
    {"{node}/suspendall",
     SUSPEND,
     false,
     "VM.PowerMgmt",
     "Suspending",
     "suspend",
     {"suspendall", NULL, begin, end}},
    {"{node}/migrateall",
     MIGRATE,
     true,
     "VM.Migrate",
     "Migrating",
     "migrate",
     {"migrateall", NULL, begin, end}},
    {"guest/start", START, true, "VM.PowerMgmt", "Starting", "start", {"bulk-start", NULL, begin, end}},
    {"guest/shutdown",
     SHUTDOWN,
     true,
     "VM.PowerMgmt",
     "Shutting down",
     "shutdown",
     {"bulk-shutdown", NULL, begin, end}},
    {"guest/suspend",
     SUSPEND,
     true,
     "VM.PowerMgmt",
     "Suspending",
     "suspend",
     {"bulk-suspend", NULL, begin, end}},
    {"guest/migrate",
     MIGRATE,
     true,
     "VM.Migrate",
     "Migrating",
     "migrate",
     {"bulk-migrate", NULL, begin, end}},
};

static const struct bulk *bulk_of_work(const struct sim_work *work)
{
    size_t i = 0;

    while (&bulks[i].work != work)
        i++;
    return &bulks[i];
}

/* ---- which guests ---- */

static bool listed(struct json_object *vms, const char *vmid)
{
    for (size_t i = 0; vms && i < json_object_array_length(vms); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(vms, i)), vmid) == 0)
            return true;
    }
    return !vms;
}

/* Guests of a node; guests of the whole cluster when the request names none. Templates and what HA manages
 * only ever migrate. */
static bool taken(struct sim *sim, struct sim_job *job, const struct bulk *bulk,
                  const struct sim_guest *guest)
{
    struct json_object *vms = sim_get(job->args, "vms");

    if (*bulk->path == '{' && strcmp(guest->node, sim_str(job->args, "node", "")) != 0)
        return false;
    if (!listed(vms, guest->vmid))
        return false;
    if (bulk->todo == MIGRATE)
        return strcmp(guest->node, sim_str(job->args, "target", "")) != 0;
    if (sim_int(guest->config, "template", 0) || sim_guest_ha(sim->state, guest))
        return false;
    /* startall means those that start with the node. */
    if (bulk->todo == START && *bulk->path == '{')
        return sim_int(guest->config, "onboot", 0) || sim_int(job->args, "force", 0);
    return bulk->todo != SUSPEND || guest->qemu;
}

static int64_t order_of(const struct sim_guest *guest)
{
    const char *text = strstr(sim_str(guest->config, "startup", ""), "order=");
    uint64_t order = INT32_MAX;
    char digits[16];

    if (text) {
        (void)snprintf(digits, sizeof digits, "%.*s", (int)strspn(text + 6, "0123456789"), text + 6);
        (void)sim_parse_uint(digits, 10, INT32_MAX, &order);
    }
    return (int64_t)order;
}

/* ---- one guest ---- */

/* Starts the guest's own task; NULL: there is nothing to do. */
static struct json_object *start_one(struct sim *sim, struct sim_job *job, const struct bulk *bulk,
                                     const struct sim_guest *guest)
{
    const char *who = sim_str(job->args, "who", "root@pam"), *what = guest->qemu ? "VM" : "CT";
    bool paused = strcmp(sim_str(guest->run, "qmpstatus", ""), "paused") == 0;

    if (bulk->todo == START && guest->running && !paused) {
        sim_job_log(job, false, "WARN: Skipping %s %s, already running.", what, guest->vmid);
        job->warn = job->warn || bulk->strict;
        return NULL;
    }
    if ((bulk->todo == SHUTDOWN || bulk->todo == SUSPEND) && !guest->running) {
        if (bulk->strict)
            sim_job_log(job, false, "WARN: Skipping %s %s, not running.", what, guest->vmid);
        job->warn = job->warn || bulk->strict;
        return NULL;
    }
    sim_job_log(job, false, "%s %s %s", bulk->doing, what, guest->vmid);
    switch (bulk->todo) {
    case START: return sim_guest_power(sim, guest, who, guest->running ? "resume" : "start");
    case SHUTDOWN: return sim_guest_power(sim, guest, who, "shutdown");
    case SUSPEND:
        return sim_guest_power(sim, guest, who, sim_int(job->args, "to-disk", 1) ? "hibernate" : "suspend");
    case MIGRATE: break;
    }
    return sim_migrate_start(sim, guest, who, sim_str(job->args, "target", ""),
                             sim_int(job->args, "with-local-disks", 0) != 0);
}

/* The bulk task ends after its children. */
static void wait_for(struct sim *sim, struct sim_job *job, struct json_object *task)
{
    for (struct sim_job *other = sim->jobs; other; other = other->next) {
        if (other->task == task && other->due >= job->due)
            job->due = other->due == INT64_MAX ? INT64_MAX : other->due + 1;
    }
}

struct chosen {
    const char *vmid;
    struct json_object *entry;
    int64_t order;
};

static int by_order(const void *a, const void *b)
{
    const struct chosen *left = a, *right = b;

    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return strcmp(left->vmid, right->vmid);
}

static int begin(struct sim *sim, struct sim_job *job, char *why)
{
    const struct bulk *bulk = bulk_of_work(job->work);
    struct json_object *guests = sim_get(sim->state, "guests"), *children = json_object_new_array();
    struct chosen *chosen = calloc((size_t)json_object_object_length(guests) + 1, sizeof *chosen);
    size_t count = 0;

    (void)why;
    if (!chosen)
        abort();
    json_object_object_foreach(guests, vmid, entry)
    {
        struct sim_guest guest = {0};

        sim_guest_view(vmid, entry, &guest);
        if (!taken(sim, job, bulk, &guest))
            continue;
        chosen[count].vmid = vmid;
        chosen[count].entry = entry;
        chosen[count++].order = bulk->todo == SHUTDOWN ? -order_of(&guest) : order_of(&guest);
    }
    qsort(chosen, count, sizeof *chosen, by_order);
    job->due = job->started;
    for (size_t i = 0; i < count; i++) {
        struct json_object *task, *child;
        struct sim_guest guest = {0};

        sim_guest_view(chosen[i].vmid, chosen[i].entry, &guest);
        task = start_one(sim, job, bulk, &guest);
        if (!task)
            continue;
        wait_for(sim, job, task);
        child = json_object_new_object();
        sim_set_str(child, "vmid", guest.vmid);
        sim_set_str(child, "what", guest.qemu ? "VM" : "CT");
        sim_set(child, "task", json_object_get(task));
        json_object_array_add(children, child);
    }
    free(chosen);
    sim_set(job->args, "children", children);
    return 0;
}

static int end(struct sim *sim, struct sim_job *job, char *why)
{
    const struct bulk *bulk = bulk_of_work(job->work);
    struct json_object *children = sim_get(job->args, "children");
    char failed[SIM_WHY_MAX - 64] = "";
    size_t used = 0;

    (void)sim;
    for (size_t i = 0; i < json_object_array_length(children); i++) {
        struct json_object *child = json_object_array_get_idx(children, i);
        const char *status = sim_str(sim_get(child, "task"), "status", "unexpected end"),
                   *vmid = sim_str(child, "vmid", "");

        if (strcmp(status, "OK") == 0 || strncmp(status, "WARNINGS", 8) == 0)
            continue;
        sim_job_log(job, false, "%s %s %s failed: %s", bulk->doing, sim_str(child, "what", ""), vmid, status);
        if (used < sizeof failed)
            used += (size_t)snprintf(failed + used, sizeof failed - used, "%s%s", used ? ", " : "", vmid);
    }
    return *failed && bulk->strict ? sim_why(why, "Some guests failed to %s: %s", bulk->past, failed) : 0;
}

/* ---- the request ---- */

static const struct bulk *bulk_of_path(const char *path)
{
    for (size_t i = 0; i < sizeof bulks / sizeof *bulks; i++) {
        size_t n = strlen(path), tail = strlen(bulks[i].path);

        if (n > tail && strcmp(path + n - tail, bulks[i].path) == 0)
            return &bulks[i];
    }
    return NULL;
}

/* The guests that the request names: a list of the form's or an array; NULL: it names none. Owned. */
static struct json_object *given_guests(struct sim_call *call)
{
    struct json_object *vms = sim_get(call->params, "vms"), *list;
    const char *at;
    char word[32];

    if (!vms)
        return NULL;
    if (json_object_is_type(vms, json_type_array))
        return sim_copy(vms);
    list = json_object_new_array();
    at = json_object_get_string(vms);
    while (sim_next_word(&at, word, sizeof word))
        json_object_array_add(list, json_object_new_string(word));
    return list;
}

static int check_guests(struct sim_call *call, const char *priv, struct json_object *vms)
{
    size_t count = vms ? json_object_array_length(vms) : 0;
    char path[64], why[128];

    if (sim_can(call, "/", priv))
        return 0;
    (void)snprintf(why, sizeof why, " (/, %s)", priv);
    if (count == 0)
        return sim_fail_perm(call, why);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "/vms/%s",
                       json_object_get_string(json_object_array_get_idx(vms, i)));
        (void)snprintf(why, sizeof why, " (%s, %s)", path, priv);
        if (!sim_can(call, path, priv))
            return sim_fail_perm(call, why);
    }
    return 0;
}

static int check_target(struct sim_call *call)
{
    const char *target = sim_arg(call, "target"), *node = sim_arg(call, "node");

    if (node && strcmp(target, node) == 0)
        return sim_fail_param(call, "target", "target is local node.");
    if (!sim_get(sim_get(call->state, "nodes"), target))
        return sim_fail(call, 500, "no such cluster node '%s'\n", target);
    return 0;
}

int sim_bulk(struct sim_call *call)
{
    const struct bulk *bulk = bulk_of_path(call->route->path);
    SIM_FREE_WITH(sim_json_freep) struct json_object *vms = given_guests(call);
    struct json_object *args, *task;
    const char *node = sim_arg(call, "node") ? sim_arg(call, "node") : call->sim->node;

    if (check_guests(call, bulk->priv, vms) < 0 || (bulk->todo == MIGRATE && check_target(call) < 0))
        return -EINVAL;
    args = json_object_new_object();
    sim_set_str(args, "node", node);
    sim_set_str(args, "who", call->who);
    if (vms)
        sim_set(args, "vms", json_object_get(vms));
    if (bulk->todo == MIGRATE)
        sim_set_str(args, "target", sim_arg(call, "target"));
    sim_set_int(args, "force", sim_arg_int(call, "force", 0));
    sim_set_int(args, "to-disk", sim_arg_int(call, "to-disk", *bulk->path == '{'));
    sim_set_int(args, "with-local-disks", sim_arg_int(call, "with-local-disks", 0));
    task = sim_task_start(call->sim, &bulk->work, call->who, node, args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}
