/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_diagnose: its row, and what its guest agent tells of file systems. Source: GET
 * /nodes/{node}/qemu/{vmid}/agent/get-fsinfo.
 */
#include "agent.h"
#include "look_inside.h"

#include <math.h>

#define FILE_SYSTEMS_MOST 200u

/* Read-only images are always full. */
static bool is_image(struct json_object *row)
{
    return member_is(row, "type", "squashfs") || member_is(row, "type", "iso9660") ||
           member_is(row, "type", "udf") || member_is(row, "type", "CDFS");
}

static void judge_file_systems(struct diagnosis *d, struct json_object *list)
{
    struct name_list silent = {0};
    char names[500];
    for (size_t i = 0; i < json_object_array_length(list) && i < FILE_SYSTEMS_MOST; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *mount = member_text(row, "mountpoint"), *type = member_text(row, "type");
        const double total = number_of(row, "total-bytes"), used = number_of(row, "used-bytes");
        char what[100], part[32], whole[32];
        if (!mount || is_image(row))
            continue;
        if (isnan(total) || isnan(used)) {
            names_add(&silent, "%.60s", mount);
            continue;
        }
        (void)snprintf(what, sizeof(what), "file system %.70s", mount);
        if (findings_measure(&d->found, VM_FS_FULL, what, percent_of(used, total),
                             "%s of %s used, type %.20s; as the agent inside says", size_text(used, part),
                             size_text(total, whole), type ? type : "?"))
            findings_argument(&d->found, "what", "fsinfo");
    }
    names_text(&silent, names, sizeof(names));
    if (silent.count)
        findings_unread(&d->found, FROM_VM_AGENT, names, "the agent does not tell how full they are");
}

int32_t diagnose_inside(struct diagnosis *d)
{
    const struct vm_view *view = d->own;
    const char *vm = ask_text(&d->ask, "/vms/%s", d->vmid);
    const struct proximo_need need[] = {NEED(vm, AGENT_PRIVILEGE)};
    const struct proximo_field at[] = {FIELD("node", d->node), FIELD("vmid", d->vmid)};
    const struct proximo_get get = {ROW(proximo_get), .path = AGENT_PATH "get-fsinfo", .fields = at,
                                    .field_count = 2, .needs = ROWS(need, 1)};
    struct looked looked;
    if (!view->running) {
        findings_unread(&d->found, FROM_VM_AGENT, NULL,
                        "the machine is not known to run: nobody can say how full its file systems are");
        return look_inside_none(d, "the machine is not known to run");
    }
    int32_t r = vm ? ask_look(&d->ask, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    struct json_object *list = member_of(looked.data, "result");
    const char *why = looked.data ? NULL : agent_why(looked.why ? looked.why : "no answer").says;
    if (json_object_is_type(list, json_type_array)) {
        findings_read(&d->found, FROM_VM_AGENT);
        judge_file_systems(d, list);
    } else {
        findings_unread(&d->found, FROM_VM_AGENT, NULL, why ? why : "its guest agent answered no list");
    }
    json_object_put(looked.data);
    /* An agent that does not answer one question does not answer the next, and takes its time for it. */
    return why ? look_inside_none(d, why) : look_inside(d);
}

/* ---- the tool */

static const struct proximo_param params[] = {GUEST_PARAMS};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "vm_diagnose",
        .title = "Diagnose one virtual machine",
        .description =
            "Shows what is wrong with one virtual machine (diagnosis), ranked, with measured numbers. Looks "
            "at its state in QEMU, lock, HA, use of resources and its growth, file systems by the guest "
            "agent, boot device, CD, what waits for a start, snapshots, failed tasks, backups; where the "
            "operator's look_inside names it also inside, by fixed commands that only read: failed units, "
            "journal, processes (busy, killed), ports, inodes. What could not be read comes first: it is not "
            "known to be fine.",
        .params = PROXIMO_TABLE(params),
        .read = guests_read_diagnose,
    },
};

const struct topic guests_topic_diagnose = {.reads = PROXIMO_TABLE(reads)};
