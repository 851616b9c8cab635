/* SPDX-License-Identifier: Apache-2.0 */
/* A guest with disks and its node's storages, for tests of changes of disks. */
#ifndef PROXIMO_TEST_DISK_WORLD_H
#define PROXIMO_TEST_DISK_WORLD_H

#include <stdbool.h>

#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"name\":\"web\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"name\":\"web\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MACHINE                                                                                              \
    "{\"digest\":\"aa\",\"boot\":\"order=scsi0\",\"scsi0\":\"thin:vm-105-disk-0,iothread=1,size=32G\","      \
    "\"scsi1\":\"dir:105/vm-105-disk-1.qcow2,size=8G\",\"ide2\":\"dir:iso/x.iso,media=cdrom,size=4M\","      \
    "\"unused0\":\"thin:vm-105-disk-7\"}"
#define CONTAINER                                                                                            \
    "{\"digest\":\"aa\",\"rootfs\":\"thin:vm-105-disk-0,size=8G\",\"mp0\":\"thin:vm-105-disk-1,mp=/data,"    \
    "size=16G\",\"mp1\":\"/srv/x,mp=/x\"}"
#define STORAGES                                                                                             \
    "[{\"storage\":\"thin\",\"type\":\"lvmthin\",\"content\":\"images,rootdir\"},"                           \
    "{\"storage\":\"dir\",\"type\":\"dir\",\"content\":\"images,iso\"},"                                     \
    "{\"storage\":\"thick\",\"type\":\"lvm\",\"shared\":1,\"content\":\"images\"},"                          \
    "{\"storage\":\"off\",\"type\":\"lvm\",\"disable\":1,\"content\":\"images\"},"                           \
    "{\"storage\":\"isos\",\"type\":\"dir\",\"content\":\"iso\"},"                                           \
    "{\"storage\":\"there\",\"type\":\"lvm\",\"nodes\":\"pve2\",\"content\":\"images\"}]"
/* 100 GiB, 60 of them free */
#define STATES(free)                                                                                         \
    "[{\"storage\":\"thin\",\"active\":1,\"total\":107374182400,\"avail\":" free "},"                        \
    "{\"storage\":\"thick\",\"active\":1,\"total\":107374182400,\"avail\":" free "},"                        \
    "{\"storage\":\"dir\",\"active\":1,\"total\":107374182400,\"avail\":" free "}]"
#define FREE_60G "64424509440"
#define VOLUMES                                                                                              \
    "[{\"volid\":\"thin:vm-105-disk-0\",\"content\":\"images\",\"vmid\":105,\"size\":34359738368},"          \
    "{\"volid\":\"thin:vm-111-disk-0\",\"content\":\"images\",\"vmid\":111,\"size\":10737418240}]"
#define NO_SNAPSHOTS "[{\"name\":\"current\",\"digest\":\"aa\"}]"
#define A_SNAPSHOT   "[{\"name\":\"before\",\"snaptime\":5},{\"name\":\"current\",\"digest\":\"aa\"}]"

PLANE_TEST_FN void world(struct plane_test *t, const char *kind, const char *status, const char *config)
{
    guest_init(t, kind);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, config);
    guest_answer(t, kind, "/snapshot", 200, NO_SNAPSHOTS);
    guest_answer(t, kind, "/config?snapshot=before", 200, config);
    plane_test_answer(t, "/storage", 200, STORAGES);
    plane_test_answer(t, "/nodes/pve1/storage", 200, STATES(FREE_60G));
    plane_test_answer(t, "/nodes/pve1/storage/thin/content", 200, VOLUMES);
    plane_test_answer(t, "/nodes/pve1/storage/dir/content", 200, "[]");
    plane_test_answer(t, "/nodes/pve1/storage/thick/content", 200, "[]");
    plane_test_answer(t, "/cluster/replication", 200,
                      "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]");
    plane_test_answer(t, "/nodes/pve1/qemu/111/config", 200, "{\"digest\":\"cc\"}");
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":111,\"type\":\"qemu\",\"node\":\"pve1\",\"name\":\"other\"}]");
}

PLANE_TEST_FN bool told_anywhere(const struct plane_test *t, const char *list, const char *words)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, list); i++) {
        if (strstr(plane_test_told(t, list, i), words))
            return true;
    }
    return false;
}

#endif
