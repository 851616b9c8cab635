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

static int add_port(struct run *run, size_t packet, uint16_t port, const struct fw_result *before,
                    const struct fw_result *after)
{
    bool same = before->possible == after->possible;
    bool goes_on =
        run->open && !same && run->change.before == before->verdict && run->change.after == after->verdict;
    int r = goes_on ? 0 : end_run(run);

    if (same || r)
        return r;
    if (!goes_on)
        run->change = (struct fw_change){.packet = packet,
                                         .first = port,
                                         .before = before->verdict,
                                         .after = after->verdict,
                                         .by = after->by};
    run->change.last = port;
    run->open = true;
    return 0;
}

/* A port at which nothing begins or ends in either model is judged as the one before it. */
struct judged {
    struct fw_result before, after;
};

static int judge(const struct fw_model *before, const struct fw_model *after, const struct fw_packet *packet,
                 struct judged *ret)
{
    int r = fw_evaluate(before, packet, &ret->before);

    return r ? r : fw_evaluate(after, packet, &ret->after);
}

int fw_compare(const struct fw_model *before, const struct fw_model *after, const struct fw_packet *packets,
               size_t count, uint16_t first, uint16_t last, fw_change_fn *each, void *data)
{
    struct run run = {.each = each, .data = data};
    struct judged judged = {0};

    for (size_t i = 0; i < count; i++) {
        struct fw_packet packet = packets[i];
        struct fw_edges edges = {{0}};
        bool ports = first <= last;

        fw_edges_mark(before, &packet, &edges);
        fw_edges_mark(after, &packet, &edges);
        for (uint32_t port = ports ? first : 0; port <= (ports ? last : 0U); port++) {
            int r = 0;

            if (ports)
                packet.dport = (int)port;
            if (!ports || port == first || fw_edges_has(&edges, port))
                r = judge(before, after, &packet, &judged);
            if (r == 0)
                r = add_port(&run, i, (uint16_t)port, &judged.before, &judged.after);
            if (r)
                return r;
        }
        int r = end_run(&run);
        if (r)
            return r;
    }
    return 0;
}
