/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster of three nodes for the fake host: guest 105 on pve1 and container 106 on pve2 under HA. */
#ifndef PROXIMO_TEST_HA_WORLD_H
#define PROXIMO_TEST_HA_WORLD_H

#include "plan_rig.h"

static const struct proximo_plane *ha;

#define STATUS_ROW                                                                                           \
    "{\"id\":\"quorum\",\"type\":\"quorum\",\"quorate\":1},{\"id\":\"master\",\"type\":\"master\",\"node\":" \
    "\"pve2\"}"
#define FENCING "{\"id\":\"fencing\",\"type\":\"fencing\",\"armed-state\":\"armed\"}"
#define SERVICE(sid, node, state)                                                                            \
    "{\"id\":\"service:" sid "\",\"type\":\"service\",\"sid\":\"" sid "\",\"node\":\"" node                  \
    "\",\"state\":\"" state "\",\"request_state\":\"started\"}"
#define BOTH          SERVICE("vm:105", "pve1", "started") "," SERVICE("ct:106", "pve2", "started")
#define SUBJECT(more) "{\"kind\":\"guest\",\"vmid\":105,\"sid\":\"vm:105\"" more "}"
#define RESOURCE      "{\"sid\":\"vm:105\",\"type\":\"vm\",\"state\":\"started\",\"digest\":\"d1\"}"

static const struct {
    const char *path, *data;
} usual[] = {
    {"/nodes", "[{\"node\":\"pve1\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8},"
               "{\"node\":\"pve2\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8},"
               "{\"node\":\"pve3\",\"status\":\"online\",\"maxmem\":34359738368,\"maxcpu\":8}]"},
    {"/cluster/resources?type=vm", "[{\"type\":\"qemu\",\"vmid\":105,\"node\":\"pve1\",\"name\":\"db\","
                                   "\"status\":\"running\",\"maxmem\":17179869184,"
                                   "\"maxcpu\":4},"
                                   "{\"type\":\"lxc\",\"vmid\":106,\"node\":\"pve2\",\"status\":\"running\","
                                   "\"maxmem\":8589934592,\"maxcpu\":2}]"},
    {"/cluster/ha/resources", "[" RESOURCE ",{\"sid\":\"ct:106\",\"type\":\"ct\",\"state\":\"started\"}]"},
    {"/cluster/ha/resources/vm%3A105", RESOURCE},
    {"/cluster/ha/rules", "[]"},
    {"/cluster/ha/groups", "[]"},
    {"/cluster/ha/status/current", "[" STATUS_ROW "," FENCING "," BOTH "]"},
    {"/cluster/ha/status/manager_status", "{\"manager_status\":{\"master_node\":\"pve2\",\"node_status\":{"
                                          "\"pve1\":\"online\",\"pve2\":\"online\",\"pve3\":"
                                          "\"online\"}}}"},
    {"/cluster/options", "{\"keyboard\":\"de\"}"},
    {"/storage", "[{\"storage\":\"local-lvm\",\"type\":\"lvmthin\"},{\"storage\":\"ceph\",\"type\":\"rbd\"},"
                 "{\"storage\":\"san\",\"type\":\"lvm\",\"shared\":1,\"nodes\":\"pve1,pve3\"},"
                 "{\"storage\":\"tank\",\"type\":\"zfspool\"},{\"storage\":\"local\",\"type\":\"dir\"}]"},
    {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve3\"}]"},
    {"/cluster/mapping/pci",
     "[{\"id\":\"gpu\",\"map\":[\"node=pve1,path=0000:01\",\"node=pve2,path=0000:02\"]}]"},
    {"/cluster/mapping/usb", "[{\"id\":\"key\",\"map\":[\"node=pve2,path=1-1\"]}]"},
    {"/nodes/pve1/qemu/105/config", "{\"digest\":\"d\",\"scsi0\":\"ceph:vm-105-disk-0,size=8G\"}"},
    {"/nodes/pve2/lxc/106/config", "{\"digest\":\"d\",\"rootfs\":\"ceph:vm-106-disk-0,size=8G\"}"},
};

PLANE_TEST_FN void world(struct plane_test *t)
{
    guest_init(t, "qemu");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        plane_test_answer(t, usual[i].path, 200, usual[i].data);
}

#define NOT_READ(t, path) answer_instead((t), (path), 403, "null")

PLANE_TEST_FN int load(void **state)
{
    (void)state;
    ha = plane_load("ha");
    return ha ? 0 : -1;
}

#endif
