/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backup jobs: /backup/ID holds what was given; what they take, and which guests none of them takes.
 */
#include "change.h"
#include "guest.h"
#include "handlers.h"
#include "schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETER_ERROR "400 Parameter verification failed.\n"

static const struct sim_param no_keys[] = {{.name = NULL}};
static const struct sim_param fleecing_keys[] = {{.name = "enabled", .type = SIM_BOOLEAN, .unnamed = true},
                                                 {.name = NULL}};

/* Options that are strings of properties are shown as objects. */
static const struct {
    const char *name;
    const struct sim_param *keys;
} properties[] = {{"prune-backups", no_keys}, {"fleecing", fleecing_keys}, {"performance", no_keys}};

static struct json_object *job_of(struct sim_call *call)
{
    return sim_get(sim_get(call->state, "backup"), sim_arg(call, "id"));
}

static struct json_object *shown_job(const char *id, struct json_object *job)
{
    struct json_object *item = sim_copy(job);

    sim_set_str(item, "id", id);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        const char *text = sim_str(job, properties[i].name, NULL);

        if (text)
            sim_set(item, properties[i].name, sim_property_split(properties[i].keys, text));
    }
    return item;
}

int sim_backup_list(struct sim_call *call)
{
    int64_t next;

    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "backup"), id, job)
    {
        struct json_object *item = shown_job(id, job);

        if (sim_schedule_next(sim_str(job, "schedule", ""), (int64_t)time(NULL), &next) == 0)
            sim_set_int(item, "next-run", next);
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_backup_show(struct sim_call *call)
{
    struct json_object *job = job_of(call);

    if (!job)
        return sim_fail_param(call, "id", "No such job '%s'", sim_arg(call, "id"));
    call->data = shown_job(sim_arg(call, "id"), job);
    return 0;
}

/* ---- what jobs take ---- */

/* Does the job back this guest up? By number, by pool, or all but some; maybe on one node only. */
static bool job_takes(struct json_object *job, const char *vmid, struct json_object *guest)
{
    const char *list = sim_str(job, "vmid", NULL), *pool = sim_str(job, "pool", NULL);
    const char *node = sim_str(job, "node", NULL);

    if (node && strcmp(sim_str(guest, "node", ""), node) != 0)
        return false;
    if (pool)
        return strcmp(sim_str(guest, "pool", ""), pool) == 0;
    if (sim_int(job, "all", 0))
        return !sim_word_in(sim_str(job, "exclude", ""), ",; ", vmid, strlen(vmid));
    return list && sim_word_in(list, ",; ", vmid, strlen(vmid));
}

/* Why a volume is or is not part of a backup. */
static const char *volume_reason(bool qemu, const char *key, const char *option, bool *included)
{
    if (qemu) {
        *included = !strstr(option, "backup=0");
        return *included ? "backup=yes" : "backup=no";
    }
    if (strcmp(key, "rootfs") == 0)
        return "rootfs";
    *included = strstr(option, "backup=1") != NULL;
    if (*option == '/') {
        *included = false;
        return "not a volume";
    }
    return *included ? "enabled" : "disabled";
}

static struct json_object *guest_volumes(const struct sim_guest *guest)
{
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        struct json_object *item;
        bool included = true;
        char text[256];
        const char *reason;

        if (!sim_disk_key(guest->qemu, key) || strncmp(key, "unused", 6) == 0 ||
            strstr(option, "media=cdrom"))
            continue;
        reason = volume_reason(guest->qemu, key, option, &included);
        item = json_object_new_object();
        (void)snprintf(text, sizeof text, "%s:%s", guest->vmid, key);
        sim_set_str(item, "id", text);
        (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(option, ","), option);
        sim_set_str(item, "name", text);
        sim_set_int(item, "included", included);
        sim_set_int(item, "leaf", 1);
        sim_set_str(item, "reason", reason);
        json_object_array_add(list, item);
    }
    return list;
}

int sim_backup_volumes(struct sim_call *call)
{
    struct json_object *job = job_of(call), *children;

    if (!job)
        return sim_fail_param(call, "id", "No such job '%s'", sim_arg(call, "id"));
    children = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct json_object *item;
        struct sim_guest guest;
        char path[64];

        (void)snprintf(path, sizeof path, "/vms/%s", vmid);
        if (!job_takes(job, vmid, entry) || !sim_can(call, path, "VM.Audit"))
            continue;
        sim_guest_view(vmid, entry, &guest);
        item = json_object_new_object();
        sim_set_int(item, "id", sim_int(entry, "vmid", 0));
        sim_set_str(item, "name", guest.name);
        sim_set_str(item, "type", guest.type);
        sim_set_int(item, "leaf", 0);
        sim_set(item, "children", guest_volumes(&guest));
        json_object_array_add(children, item);
    }
    call->data = json_object_new_object();
    sim_set(call->data, "children", children);
    return 0;
}

int sim_backup_missing(struct sim_call *call)
{
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct json_object *item;
        struct sim_guest guest;
        bool taken = false;
        char path[64];

        json_object_object_foreach(sim_get(call->state, "backup"), id, job)
        {
            (void)id;
            taken = taken || job_takes(job, vmid, entry);
        }
        (void)snprintf(path, sizeof path, "/vms/%s", vmid);
        if (taken || !sim_can(call, path, "VM.Audit"))
            continue;
        sim_guest_view(vmid, entry, &guest);
        item = json_object_new_object();
        sim_set_int(item, "vmid", sim_int(entry, "vmid", 0));
        sim_set_str(item, "name", guest.name);
        sim_set_str(item, "type", guest.type);
        json_object_array_add(call->data, item);
    }
    return 0;
}

/* ---- changes ---- */

/* What only root may set, and pools that do not exist. */
static int check_allowed(struct sim_call *call)
{
    static const char *const root_only[] = {"dumpdir", "script", "tmpdir"};
    const char *pool = sim_arg(call, "pool");
    char why[300];

    for (size_t i = 0; i < sizeof root_only / sizeof *root_only; i++) {
        if (sim_arg(call, root_only[i]) && strcmp(call->who, "root@pam") != 0)
            return sim_fail_param(call, root_only[i], "Only root may set this option.");
    }
    (void)snprintf(why, sizeof why, " (pool '%s' does not exist)", pool ? pool : "");
    if (pool && !sim_get(sim_get(call->state, "pools"), pool))
        return sim_fail_perm(call, why);
    return 0;
}

/* The words of former times: a start time and days become a schedule. */
static void schedule_of_starttime(struct json_object *job)
{
    const char *start = sim_str(job, "starttime", NULL), *days = sim_str(job, "dow", NULL);
    char text[200];

    if (start && !sim_str(job, "schedule", NULL)) {
        (void)snprintf(text, sizeof text, "%s%s%s", days ? days : "", days ? " " : "", start);
        sim_set_str(job, "schedule", text);
    }
    json_object_object_del(job, "starttime");
    json_object_object_del(job, "dow");
}

/* A job takes guests by number, by pool, or all but some. */
static int check_job(struct sim_call *call, struct json_object *job)
{
    static const char *const others[] = {"all", "exclude", "pool"};
    bool numbers = *sim_str(job, "vmid", "") != 0, pool = sim_str(job, "pool", NULL) != NULL;

    for (size_t i = 0; numbers && i < sizeof others / sizeof *others; i++) {
        const char *value = sim_str(job, others[i], NULL);

        if (value && strcmp(value, "0") != 0)
            return sim_fail(call, 500, PARAMETER_ERROR "%s: option conflicts with option 'vmid'\n",
                            others[i]);
    }
    if (sim_str(job, "exclude", NULL) && !pool)
        sim_set_int(job, "all", 1);
    if (!numbers && !pool && !sim_int(job, "all", 0) && !sim_int(job, "stop", 0))
        return sim_fail(call, 500, PARAMETER_ERROR "vmid: property is missing\n");
    return 0;
}

int sim_backup_create(struct sim_call *call)
{
    struct json_object *jobs = sim_get(call->state, "backup"), *job;
    const char *id = sim_arg(call, "id");
    char uuid[37] = "";

    if (check_allowed(call) < 0)
        return -EINVAL;
    if (!sim_arg(call, "schedule") && !sim_arg(call, "starttime"))
        return sim_fail_param(call, "schedule", "neither 'starttime' nor 'schedule' were set");
    if (!id && sim_random_uuid(uuid) < 0)
        return sim_fail(call, 500, "no random numbers\n");
    if (id && sim_get(jobs, id))
        return sim_fail(call, 500, "Job '%s' already exists\n", id);
    job = json_object_new_object();
    sim_set_str(job, "type", "vzdump");
    sim_set_int(job, "enabled", 1);
    sim_put_given(call, job, "id");
    schedule_of_starttime(job);
    if (check_job(call, job) < 0) {
        json_object_put(job);
        return -EINVAL;
    }
    sim_set(jobs, id ? id : uuid, job);
    sim_touch(call->sim);
    return 0;
}

/* Naming guests in one way ends the other ways. */
static void drop_other_ways(struct sim_call *call, struct json_object *job)
{
    static const struct {
        const char *given, *others;
    } ways[] = {{"vmid", "all exclude pool"}, {"pool", "all exclude vmid"}, {"all", "pool vmid"}};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *at = ways[i].others;
        char word[32];

        if (!sim_arg(call, ways[i].given) || strcmp(sim_arg(call, ways[i].given), "0") == 0)
            continue;
        while (sim_next_word(&at, word, sizeof word)) {
            if (!sim_arg(call, word))
                json_object_object_del(job, word);
        }
    }
}

static int delete_options(struct sim_call *call, struct json_object *job)
{
    const char *at = sim_arg(call, "delete");
    char word[128];

    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_param_find(call->route->params, word) || strcmp(word, "delete") == 0)
            return sim_fail(call, 500, PARAMETER_ERROR "delete: unknown option '%s'\n", word);
        json_object_object_del(job, word);
    }
    return 0;
}

int sim_backup_update(struct sim_call *call)
{
    struct json_object *job = job_of(call), *changed;
    const char *id = sim_arg(call, "id");

    if (check_allowed(call) < 0)
        return -EINVAL;
    if (json_object_object_length(call->params) < 2)
        return sim_fail(call, 500, "no options specified\n");
    if (!job)
        return sim_fail(call, 500, "no such vzdump job\n");
    changed = sim_copy(job);
    if (sim_arg(call, "starttime"))
        json_object_object_del(changed, "schedule");
    if (delete_options(call, changed) < 0) {
        json_object_put(changed);
        return -EINVAL;
    }
    drop_other_ways(call, changed);
    sim_put_given(call, changed, "id delete");
    schedule_of_starttime(changed);
    if (check_job(call, changed) < 0) {
        json_object_put(changed);
        return -EINVAL;
    }
    sim_set(sim_get(call->state, "backup"), id, changed);
    sim_touch(call->sim);
    return 0;
}

int sim_backup_delete(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");

    if (!job_of(call))
        return sim_fail(call, 500, PARAMETER_ERROR "id: No such job '%s'\n", id);
    json_object_object_del(sim_get(call->state, "backup"), id);
    sim_touch(call->sim);
    return 0;
}
