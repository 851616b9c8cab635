/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a seed of a Backup Server leaves to be worked out. A group says its snapshots as a series: `count` of
 * them, `every` so many seconds, the newest `age` seconds old; `marks` says what is particular about one of
 * them, counted from the newest (0), and `verified` how many of the oldest were verified well.
 */
#include "../seed.h"
#include "pbs.h"

#include <stdlib.h>
#include <string.h>

static void add_file(struct json_object *files, const char *name, const char *mode, int64_t size)
{
    struct json_object *file = json_object_new_object();

    sim_set_str(file, "filename", name);
    sim_set_str(file, "crypt-mode", mode);
    sim_set_int(file, "size", size);
    json_object_array_add(files, file);
}

/* The files that a backup of this type has. The manifest is written last: without it, nothing says how large
 * it is, and nothing verifies it. */
static void add_files(struct json_object *snapshot, const char *type)
{
    struct json_object *files = json_object_new_array();
    const char *mode = sim_get(snapshot, "fingerprint") ? "encrypt" : "none";
    int64_t size = sim_int(snapshot, "size", 0);

    if (strcmp(type, "vm") == 0) {
        add_file(files, "qemu-server.conf.blob", mode, 420);
        add_file(files, "drive-scsi0.img.fidx", mode, size - 420 - 680);
    } else if (strcmp(type, "ct") == 0) {
        add_file(files, "pct.conf.blob", mode, 280);
        add_file(files, "root.pxar.didx", mode, size - 280 - 680);
    } else {
        add_file(files, "root.pxar.didx", mode, size - 680);
    }
    if (sim_int(snapshot, "unfinished", 0)) {
        json_object_object_del(snapshot, "size");
        json_object_object_del(snapshot, "verification");
    } else {
        add_file(files, "index.json.blob", sim_get(snapshot, "fingerprint") ? "sign-only" : "none", 680);
    }
    sim_set(snapshot, "files", files);
}

/* By the last run of the job, or, where that was before it was made, by a task of its own that nobody
 * remembers.
 */
static void name_verifier(struct json_object *snapshot, struct json_object *run)
{
    struct json_object *verification = sim_get(snapshot, "verification");
    int64_t when = sim_int(snapshot, "backup-time", 0);
    SIM_FREE_WITH(sim_json_freep) struct json_object *task = json_object_new_object();

    if (!verification)
        return;
    if (run && sim_int(run, "starttime", 0) > when) {
        sim_set(verification, "upid", sim_copy(sim_get(run, "upid")));
        return;
    }
    sim_set_str(task, "node", sim_pbs.node);
    sim_set_int(task, "pid", 12345);
    sim_set_int(task, "pstart", 4100000);
    sim_set_int(task, "starttime", when + 900);
    sim_set_str(task, "type", "verify_snapshot");
    sim_set_str(task, "id", "main");
    sim_set_str(task, "user", "root@pam");
    pbs_task_name(task);
    sim_set(verification, "upid", sim_copy(sim_get(task, "upid")));
}

static void add_verification(struct json_object *snapshot)
{
    struct json_object *verification = json_object_new_object();

    sim_set_str(verification, "state", "ok");
    sim_set(snapshot, "verification", verification);
}

static void expand(struct json_object *group, const char *name, struct json_object *run, int64_t now)
{
    struct json_object *series = sim_get(group, "series"), *list = json_object_new_array(),
                       *marks = sim_get(group, "marks");
    int64_t count = sim_int(series, "count", 0), verified = sim_int(series, "verified", 0);
    char type[8], id[160], number[24];

    pbs_group_split(name, type, id, sizeof id);
    for (int64_t i = 0; i < count; i++) {
        struct json_object *snapshot = json_object_new_object();

        (void)snprintf(number, sizeof number, "%lld", (long long)i);
        sim_set_int(snapshot, "backup-time",
                    now - sim_int(series, "age", 0) - i * sim_int(series, "every", 86400));
        sim_set_int(snapshot, "size", sim_int(series, "size", 0) - i * 1048576);
        sim_set_int(snapshot, "unique", sim_int(series, "unique", 0));
        if (i >= count - verified)
            add_verification(snapshot);
        sim_merge(snapshot, sim_get(marks, number));
        name_verifier(snapshot, run);
        add_files(snapshot, type);
        json_object_array_add(list, snapshot);
    }
    if (!sim_get(group, "snapshots"))
        sim_set(group, "snapshots", list);
    else
        json_object_put(list);
    json_object_object_del(group, "series");
    json_object_object_del(group, "marks");
}

static void expand_stores(struct json_object *stores, struct json_object *run, int64_t now)
{
    json_object_object_foreach(stores, name, store)
    {
        (void)name;
        json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
        {
            (void)ns;
            json_object_object_foreach(sim_get(space, "groups"), id, group)
            {
                expand(group, id, run, now);
            }
        }
    }
}

void pbs_seed_finish(struct json_object *state, int nodes, int guests)
{
    int64_t now = (int64_t)time(NULL);
    struct json_object *verified;

    (void)nodes;
    (void)guests;
    /* Retention goes by the server's own days: its time zone is the process's, before there are threads. */
    (void)setenv("TZ", sim_str(sim_atf(state, "/nodes/%s", sim_pbs.node), "timezone", "UTC"), 1);
    tzset();
    sim_seed_number_tasks(state);
    verified = pbs_last_run(state, "verify/verify-main");
    expand_stores(sim_get(state, "datastores"), verified, now);
    if (!sim_get(state, "outside"))
        return;
    json_object_object_foreach(sim_get(state, "outside"), host, server)
    {
        (void)host;
        expand_stores(sim_get(server, "datastores"), NULL, now);
    }
}
