/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_diagnose: what one node's API tells of its health, each number held against a threshold. Sources: the
 * paths in the table below and diagnose_disks.c. What the API does not tell (kernel messages, network changes
 * that wait to be applied) is not part of it.
 */
#include "diagnose.h"

#include <math.h>
#include <time.h>

#define DAY_S      86400
#define TASKS_MOST "500"

static void judge_status(struct diagnosis *d, struct json_object *data)
{
    struct findings *f = &d->found;
    struct json_object *memory = member_of(data, "memory"), *swap = member_of(data, "swap");
    struct json_object *root = member_of(data, "rootfs"), *cpu = member_of(data, "cpuinfo");
    struct json_object *load = member_of(data, "loadavg");
    const double cpus = number_of(cpu, "cpus"), wait = number_of(data, "wait") * 100;
    struct json_object *five =
        json_object_is_type(load, json_type_array) ? json_object_array_get_idx(load, 1) : NULL;
    const char *text = five ? json_object_get_string(five) : NULL;
    const double minutes5 = text ? findings_number(text, strlen(text)) : (double)NAN;
    char used[32], total[32];

    if (isnan(number_of(memory, "total")) || isnan(number_of(root, "total")) || isnan(minutes5) ||
        isnan(cpus) || isnan(wait))
        findings_unread(f, FROM_NODE_STATUS, NULL, "memory, root file system, load or CPUs are not in it");
    findings_measure(f, ROOTFS_FULL, "the root file system",
                     percent_of(number_of(root, "used"), number_of(root, "total")), "%s of %s used",
                     size_text(number_of(root, "used"), used), size_text(number_of(root, "total"), total));
    findings_measure(
        f, MEM_HIGH, "memory of the node", percent_of(number_of(memory, "used"), number_of(memory, "total")),
        "%s of %s used; the cache of ZFS counts as used", size_text(number_of(memory, "used"), used),
        size_text(number_of(memory, "total"), total));
    findings_measure(f, SWAP_HIGH, "swap of the node",
                     percent_of(number_of(swap, "used"), number_of(swap, "total")), "%s of %s used",
                     size_text(number_of(swap, "used"), used), size_text(number_of(swap, "total"), total));
    if (cpus > 0)
        findings_measure(f, LOAD_HIGH, "the load of the node", minutes5 / cpus,
                         "%.2f over five minutes for %.0f CPUs", minutes5, cpus);
    findings_measure(f, CPU_HIGH, "the node", number_of(data, "cpu") * 100, "CPU use at this moment");
    findings_measure(f, IOWAIT_HIGH, "the node", wait, "time that CPUs waited for disks, at this moment");
}

/* The pressure of the newest minutes: what work waited for. */
static void judge_trend(struct diagnosis *d, struct json_object *series)
{
    static const struct {
        uint32_t check;
        const char *key;
    } pressures[] = {
        {PSI_CPU, "pressurecpusome"}, {PSI_IO, "pressureiosome"}, {PSI_MEMORY, "pressurememorysome"}};
    uint32_t told = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const double some = fresh_mean(series, pressures[i].key, 5);
        told += isnan(some) ? 0u : 1u;
        findings_measure(&d->found, pressures[i].check, "the node", some,
                         "%s, mean of the newest five values of the last hour", pressures[i].key);
    }
    if (told < 3)
        findings_unread(&d->found, FROM_NODE_TREND, "pressure",
                        "the node keeps no such figures (before Proxmox VE 9, or it has just started)");
}

static void judge_failed_tasks(struct diagnosis *d, struct json_object *list)
{
    judge_tasks(d, TASK_FAILED, FROM_NODE_TASKS, list, d->now - DAY_S);
    if (json_object_array_length(list) >= 500)
        findings_unread(&d->found, FROM_NODE_TASKS, NULL,
                        "more than 500 failed tasks in a day: the older ones were not read");
}

/* ---- the clock */

static double clock_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Alone, because the time of the way there and back counts. A node tells whole seconds: that much may be
 * wrong, and half of the way. */
static int32_t look_at_clock(struct diagnosis *d)
{
    const struct proximo_field at = FIELD("node", d->node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/time", .fields = &at,
                                    .field_count = 1};
    struct looked looked;
    const double before = clock_now();
    int32_t r = ask_look(&d->ask, &get, &looked);
    const double after = clock_now(), way = after - before;
    const double then = number_of(looked.data, "time");
    if (r < 0)
        return r;
    if (isnan(then)) {
        findings_unread(&d->found, FROM_NODE_TIME, NULL, looked.data ? "it tells no time" : looked.why);
    } else if (way > 5) {
        findings_unread(&d->found, FROM_NODE_TIME, NULL,
                        "the answer took longer than the offset that would matter");
    } else {
        const double offset = then + 0.5 - (before + after) / 2, sure = fabs(offset) - 0.5 - way / 2;
        findings_read(&d->found, FROM_NODE_TIME);
        findings_measure(&d->found, TIME_OFFSET, "the clock of the node", sure > 0 ? whole_below(sure) : 0,
                         "it is %s by at least that; which of the two is wrong is not known",
                         offset > 0 ? "ahead" : "behind");
    }
    json_object_put(looked.data);
    return PROXIMO_OK;
}

/* ---- the tool */

static int32_t look(struct diagnosis *d)
{
    const char *since = ask_text(&d->ask, "%lld", (long long)(d->now - DAY_S));
    const struct evidence evidence[] = {
        {FROM_NODE_STATUS, json_type_object, "/nodes/{node}/status", {{0}}, judge_status, 0},
        {FROM_NODE_TREND,
         json_type_array,
         "/nodes/{node}/rrddata",
         {FIELD("timeframe", "hour"), FIELD("cf", "AVERAGE")},
         judge_trend,
         9},
        {FROM_NODE_SERVICES, json_type_array, "/nodes/{node}/services", {{0}}, judge_node_services, 0},
        {FROM_NODE_STORAGE, json_type_array, "/nodes/{node}/storage", {{0}}, judge_node_storages, 0},
        {FROM_NODE_THIN, json_type_array, "/nodes/{node}/disks/lvmthin", {{0}}, judge_node_thin, 0},
        {FROM_NODE_DISKS, json_type_array, "/nodes/{node}/disks/list", {{0}}, judge_node_disks, 0},
        {FROM_NODE_TASKS,
         json_type_array,
         "/nodes/{node}/tasks",
         {FIELD("errors", "1"), FIELD("since", since), FIELD("limit", TASKS_MOST)},
         judge_failed_tasks,
         0},
        {FROM_NODE_UPDATES, json_type_array, "/nodes/{node}/apt/update", {{0}}, judge_node_updates, 0},
        {FROM_NODE_VERSIONS, json_type_array, "/nodes/{node}/apt/versions", {{0}}, judge_node_versions, 0},
        {FROM_NODE_CERTIFICATES,
         json_type_array,
         "/nodes/{node}/certificates/info",
         {{0}},
         judge_node_certificates,
         0},
        {FROM_NODE_NETWORK, json_type_array, "/nodes/{node}/network", {{0}}, judge_node_network, 0},
    };
    int32_t r = since ? look_at_clock(d) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = diagnosis_gather(d, evidence, sizeof(evidence) / sizeof(evidence[0]));
    if (d->found.failed[FROM_NODE_UPDATES] && !d->found.read[FROM_NODE_UPDATES])
        findings_unread(&d->found, FROM_NODE_SECURITY, NULL, "the list of updates could not be read");
    return r == PROXIMO_OK ? diagnose_node_zfs(d) : r;
}

int32_t nodes_read_diagnose(void *instance, struct proximo_call *call)
{
    struct diagnosis d = {.ask = {((struct plane_instance *)instance)->host, call},
                          .now = (int64_t)time(NULL)};
    d.node = ask_argument(&d.ask, "node");
    if (!d.node)
        return d.ask.host->fail(call, PROXIMO_EINVAL, "the node is not known");
    d.found.node = d.node;
    (void)snprintf(d.found.arguments, sizeof(d.found.arguments), "{\"node\":\"%.80s\"}", d.node);
    int32_t r = look(&d);
    if (r == PROXIMO_OK)
        r = findings_reply(
            &d.ask, &d.found,
            "Network changes that wait to be applied and messages of the kernel are not part of "
            "this; findings are signs, not causes");
    findings_done(&d.found);
    return r;
}
