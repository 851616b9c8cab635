/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ct_diagnose: what the API tells of a container, then what fixed commands say inside of it, if the
 * allow-list names it. Without that the first half is answered all the same, and the second is said to be
 * unread.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "../common/diagnosis.h"
#include "ct_evidence.h"

static void judge_status(struct diagnosis *d, struct json_object *data)
{
    static const struct {
        uint32_t check;
        const char *part, *whole;
        double factor; /* with `whole` NULL */
    } numbers[] = {
        {CT_CPU, "cpu", NULL, 100},
        {CT_MEM, "mem", "maxmem", 0},
        {CT_SWAP, "swap", "maxswap", 0},
        {CT_DISK, "disk", "maxdisk", 0},
        {CT_PSI_CPU, "pressurecpusome", NULL, 1},
        {CT_PSI_IO, "pressureiosome", NULL, 1},
        {CT_PSI_MEMORY, "pressurememorysome", NULL, 1},
    };
    struct ct_view *view = d->own;
    const char *lock = member_text(data, "lock"), *ha = member_text(member_of(data, "ha"), "state");
    view->running = member_is(data, "status", "running");
    view->cpus = number_of(data, "cpus") >= 1 ? (uint32_t)number_of(data, "cpus") : 0;
    if (!view->running)
        findings_state(&d->found, CT_STOPPED, "the container", 0, "status %.20s",
                       member_text(data, "status") ? member_text(data, "status") : "unknown");
    if (lock)
        findings_state(&d->found, CT_LOCKED, "the container", 0, "lock %.30s", lock);
    if (ha && (strcmp(ha, "error") == 0 || strcmp(ha, "fence") == 0 || strcmp(ha, "recovery") == 0))
        findings_state(&d->found, CT_HA, "the container", 0, "HA state %.30s", ha);
    for (size_t i = 0; view->running && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const double part = number_of(data, numbers[i].part);
        const double measured =
            numbers[i].whole ? percent_of(part, number_of(data, numbers[i].whole)) : part * numbers[i].factor;
        findings_measure(&d->found, numbers[i].check, "the container", measured, "%s of status/current",
                         numbers[i].part);
    }
}

static void judge_config(struct diagnosis *d, struct json_object *config)
{
    struct ct_view *view = d->own;
    const char *tags = member_text(config, "tags");
    view->tags = tags ? ask_text(&d->ask, "%s", tags) : NULL;
    if (!member_true(config, "unprivileged"))
        findings_state(&d->found, CT_PRIVILEGED, "the container", 0,
                       "its configuration does not say unprivileged");
}

static int32_t look(struct exec_plane *plane, struct guest *g, struct diagnosis *d)
{
    static const struct evidence evidence[] = {
        {FROM_CT_STATUS, json_type_object, "/nodes/{node}/lxc/{vmid}/status/current", {{0}}, judge_status, 0},
        {FROM_CT_CONFIG, json_type_object, "/nodes/{node}/lxc/{vmid}/config", {{0}}, judge_config, 0},
    };
    const struct ct_view *view = d->own;
    int32_t r = diagnosis_gather(d, evidence, 2);

    if (r < 0)
        return r;
    if (!view->running)
        return ct_evidence_none(d, "the container is not known to run");
    if (!allow_has(&plane->ct, g->vmid, view->tags))
        return ct_evidence_none(d,
                                "planes.exec.config.ct does not name this container, so nothing runs in it");
    return ct_evidence_gather(d, g);
}

static int32_t read_diagnose(void *instance, struct proximo_call *call)
{
    struct ct_view view = {0};
    struct guest g;
    struct diagnosis d = {.now = (int64_t)time(NULL), .own = &view};
    int32_t r = guest_open(instance, call, &g);

    d.ask = g.ask;
    d.node = g.node;
    d.vmid = g.vmid;
    if (r == PROXIMO_OK && !guest_is_lxc(&g))
        r = g.ask.host->fail(call, PROXIMO_EINVAL, "%s is no container: vm_diagnose is for it",
                             guest_label(&g));
    if (r == PROXIMO_OK) {
        (void)snprintf(d.found.arguments, sizeof(d.found.arguments), "{\"vmid\":\"%.12s\"}", g.vmid);
        r = look(instance, &g, &d);
    }
    if (r == PROXIMO_OK)
        r = findings_reply(&d.ask, &d.found, NULL);
    findings_done(&d.found);
    guest_done(&g);
    return r;
}

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ctid", .format = "guest", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Container: id or name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind",
          .description = "Not needed: found from the guest. A wrong one is an error."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",
          .description = "Not needed: found from the guest. A wrong one is an error."),
};
static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "ct_diagnose",
        .title = "Diagnose one container",
        .description =
            "Shows why one container is slow, full or thrashing (diagnosis), ranked. It looks at CPU, "
            "memory, swap, "
            "pressure, out of memory kills, file systems and inodes, failed units, journal errors, listening "
            "ports, busiest and blocked processes, disk use by process. Runs fixed commands inside, which "
            "only "
            "read, where the operator's allow-list names it. Each finding has number, threshold and "
            "evidence. "
            "What could not be read comes first.",
        .params = PROXIMO_TABLE(params),
        .read = read_diagnose,
    },
};

const struct topic exec_topic_diagnose = {
    .reads = PROXIMO_TABLE(reads),
};
