/* SPDX-License-Identifier: Apache-2.0 */
/* What a changed configuration does to ports that matter. */
#include <string.h>

#include "internal.h"

#define TCP 6
#define UDP 17

/* Proxmox VE's own ports (its network documentation), and those of the storages that guests' disks lie on. */
const struct fw_service fw_services[] = {
    {"API and GUI", TCP, 8006, 8006},
    {"SSH", TCP, 22, 22},
    {"consoles", TCP, 5900, 5999},
    {"SPICE proxy", TCP, 3128, 3128},
    {"corosync", UDP, 5404, 5405},
    {"migration", TCP, 60000, 60050},
    {"NFS", TCP, 2049, 2049},
    {"SMB", TCP, 445, 445},
    {"iSCSI", TCP, 3260, 3260},
    {"Ceph monitors", TCP, 6789, 6789},
    {"Ceph monitors v2", TCP, 3300, 3300},
    {"Ceph daemons", TCP, 6800, 7300},
    {"Backup Server", TCP, 8007, 8007},
};
const size_t fw_services_count = sizeof(fw_services) / sizeof(fw_services[0]);

struct run {
    fw_change_fn *each;
    void *data;
    struct fw_change change;
    bool open;
};

static int end_run(struct run *run)
{
    int r = run->open ? run->each(&run->change, run->data) : 0;

    run->open = false;
    return r;
}

/* Ports that are all judged alike. */
static int add_span(struct run *run, size_t packet, struct fw_span span, const struct fw_result *before,
                    const struct fw_result *after)
{
    /* Of what is unknown before and after nobody knows whether it changes. */
    bool same = before->possible == after->possible && before->verdict != FW_UNKNOWN;
    bool goes_on =
        run->open && !same && run->change.before == before->verdict && run->change.after == after->verdict;
    int r = goes_on ? 0 : end_run(run);

    if (same || r)
        return r;
    if (!goes_on)
        run->change = (struct fw_change){.packet = packet,
                                         .first = span.first,
                                         .before = before->verdict,
                                         .after = after->verdict,
                                         .by = after->by};
    run->change.last = span.last;
    run->open = true;
    return 0;
}

static int judge(const struct fw_model *before, const struct fw_model *after, const struct fw_packet *packet,
                 struct fw_result *ret_before, struct fw_result *ret_after)
{
    int r = fw_evaluate(before, packet, ret_before);

    return r ? r : fw_evaluate(after, packet, ret_after);
}

/* A port at which nothing begins or ends in either model is judged as the one before it. */
static int compare_ports(struct run *run, const struct fw_model *before, const struct fw_model *after,
                         struct fw_packet packet, size_t index, uint16_t first, uint16_t last)
{
    struct fw_edges edges = {{0}};
    struct fw_result old, new;
    int r = 0;

    fw_edges_mark(before, &packet, &edges);
    fw_edges_mark(after, &packet, &edges);
    for (uint32_t port = first, next; r == 0 && port <= last; port = next) {
        next = fw_edges_next(&edges, port);
        if (next > (uint32_t)last + 1)
            next = (uint32_t)last + 1;
        packet.dport = (int)port;
        r = judge(before, after, &packet, &old, &new);
        if (r == 0)
            r = add_span(run, index, (struct fw_span){(uint16_t)port, (uint16_t)(next - 1)}, &old, &new);
    }
    return r;
}

int fw_compare(const struct fw_model *before, const struct fw_model *after, const struct fw_packet *packets,
               size_t count, uint16_t first, uint16_t last, fw_change_fn *each, void *data)
{
    struct run run = {.each = each, .data = data};
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        struct fw_result old, new;

        if (first <= last) {
            r = compare_ports(&run, before, after, packets[i], i, first, last);
        } else {
            r = judge(before, after, &packets[i], &old, &new);
            if (r == 0)
                r = add_span(&run, i, (struct fw_span){0, 0}, &old, &new);
        }
        if (r == 0)
            r = end_run(&run);
    }
    return r;
}
