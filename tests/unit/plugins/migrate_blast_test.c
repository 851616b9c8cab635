/* SPDX-License-Identifier: Apache-2.0 */
/* The class guest.migrate: what stands in the way of a move, what comes along, and what could not be seen. */
#include "plan_rig.h"

static const struct proximo_plane *guests;

#define RUNNING "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":1}}"
#define STORAGES                                                                                             \
    "[{\"storage\":\"local-lvm\",\"type\":\"lvmthin\"},{\"storage\":\"tank\",\"type\":\"zfspool\"},"         \
    "{\"storage\":\"local\",\"type\":\"dir\",\"nodes\":\"\"},{\"storage\":\"ceph\",\"type\":\"rbd\"},"       \
    "{\"storage\":\"san\",\"type\":\"lvm\",\"shared\":1},"                                                   \
    "{\"storage\":\"here\",\"type\":\"nfs\",\"nodes\":\"pve1,pve3\"},"                                       \
    "{\"storage\":\"off\",\"type\":\"nfs\",\"disable\":1}]"
#define NODES                                                                                                \
    "[{\"node\":\"pve2\",\"status\":\"online\",\"maxmem\":8589934592,\"mem\":4294967296},{\"node\":"         \
    "\"pve1\","                                                                                              \
    "\"status\":\"online\"}]"
#define SUBJECT(more) "{\"kind\":\"guest\",\"vmid\":105,\"target\":\"pve2\"" more "}"
#define ONLINE        SUBJECT(",\"online\":true,\"with_local_disks\":true")
#define HIGH          "\"risk\":3"

static const struct {
    const char *path, *data;
} usual[] = {
    {"/nodes", NODES},
    {"/storage", STORAGES},
    {"/nodes/pve2/storage",
     "[{\"storage\":\"local-lvm\",\"avail\":10737418240},{\"storage\":\"tank\",\"avail\":10737418240},"
     "{\"storage\":\"local\",\"avail\":10737418240}]"},
    {"/nodes/pve2/network?type=any_bridge",
     "[{\"iface\":\"vmbr0\",\"type\":\"bridge\"},{\"iface\":\"labnet\",\"type\":\"vnet\"}]"},
    {"/cluster/replication", "[{\"id\":\"106-0\",\"guest\":106,\"target\":\"pve2\"}]"},
    {"/cluster/ha/resources", "[{\"sid\":\"vm:105\",\"state\":\"started\"}]"},
    {"/cluster/ha/rules", "[]"},
    {"/cluster/mapping/pci",
     "[{\"id\":\"gpu\",\"map\":[\"node=pve1,path=0000:01\",\"node=pve2,path=0000:02\"]},"
     "{\"id\":\"nic\",\"live-migration-capable\":1,\"map\":[\"node=pve2,path=0000:02\"]},"
     "{\"id\":\"lone\",\"map\":[\"node=pve1,path=0000:01\"]}]"},
    {"/cluster/mapping/usb", "[{\"id\":\"key\",\"map\":[\"node=pve2,path=1-1\"]}]"},
    {"/cluster/mapping/dir", "[{\"id\":\"share\",\"map\":[\"node=pve2,path=/srv\"]}]"},
    {"/nodes/pve1/qemu/105/snapshot", "[{\"name\":\"current\"}]"},
    {"/nodes/pve1/lxc/105/snapshot", "[{\"name\":\"current\"}]"},
    {"/cluster/resources?type=vm", "[{\"type\":\"qemu\",\"vmid\":106,\"node\":\"pve2\"},{\"type\":\"qemu\","
                                   "\"vmid\":107,\"node\":\"pve1\"}]"},
};

struct instead {
    const char *path, *data; /* data NULL: status 500 */
};

static void blast_with(struct plane_test *t, const char *kind, const char *status, const char *config,
                       const struct instead *instead)
{
    char text[1000];

    guest_init(t, kind);
    guest_answer(t, kind, "/status/current", 200, status);
    (void)snprintf(text, sizeof(text), "{\"digest\":\"d\"%s%s}", *config ? "," : "", config);
    guest_answer(t, kind, "/config", 200, text);
    if (instead && instead->path)
        plane_test_answer(t, instead->path, instead->data ? 200 : 500, instead->data ? instead->data : "");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (!instead || !instead->path || strcmp(instead->path, usual[i].path) != 0)
            plane_test_answer(t, usual[i].path, 200, usual[i].data);
    }
}

static void blast(struct plane_test *t, const char *kind, const char *status, const char *config,
                  const char *subject, const struct instead *instead)
{
    blast_with(t, kind, status, config, instead);
    assert_int_equal(plane_test_blast(t, guests, "guest.migrate", subject), 0);
}

/* Is anything high or unknown? */
static int is_clean(const struct plane_test *t)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++) {
        if (strstr(plane_test_told(t, "affected", i), HIGH))
            return 0;
    }
    return plane_test_told_count(t, "incomplete") == 0;
}

/* One configuration each. `says` in affected (or incomplete: "?..."); clean: nothing else is high. */
static const struct config_case {
    const char *kind, *status, *config, *subject;
    const char *says;
    int clean;
} configs[] = {
    /* disks */
    {"qemu", RUNNING, "\"scsi0\":\"ceph:vm-105-disk-0,size=8G\"", ONLINE, "which is shared", 1},
    {"qemu", RUNNING, "\"scsi0\":\"san:vm-105-disk-0,size=8G\"", ONLINE, "which is shared", 1},
    {"qemu", STOPPED, "\"scsi0\":\"tank:vm-105-disk-0,size=8G\"", SUBJECT(""), "with_local_disks copies it",
     0},
    {"qemu", RUNNING, "\"scsi0\":\"tank:vm-105-disk-0,size=8G\"", ONLINE, "is copied whole", 1},
    {"qemu", RUNNING, "\"scsi0\":\"tank:vm-105-disk-0,size=11G\"", ONLINE, "larger than what is free", 0},
    {"qemu", RUNNING, "\"scsi0\":\"tank:vm-105-disk-0\"", ONLINE, "?its size is not in the configuration", 0},
    {"qemu", STOPPED, "\"unused0\":\"tank:vm-105-disk-1\"", SUBJECT(""), "with_local_disks copies it", 0},
    {"qemu", STOPPED, "\"scsi0\":\"here:105/a.raw,size=8G\"", SUBJECT(""), "not available on pve2", 0},
    {"qemu", STOPPED, "\"scsi0\":\"off:105/a.raw,size=8G\"", SUBJECT(""), "is disabled", 0},
    {"qemu", STOPPED, "\"scsi0\":\"gone:105/a.raw,size=8G\"", SUBJECT(""), "which is not defined", 0},
    {"qemu", STOPPED, "\"scsi0\":\"/dev/disk/by-id/x,size=8G\"", SUBJECT(""), "device or file of its node",
     0},
    {"qemu", STOPPED, "\"scsi0\":\"tank:base-9000-disk-0/vm-105-disk-0,size=8G\"", ONLINE,
     "\"effect\":\"is a linked clone on", 0},
    {"lxc", STOPPED, "\"rootfs\":\"tank:base-9000-disk-0/vm-105-disk-0,size=8G\"", ONLINE,
     "refuses the move: disk rootfs is a linked clone", 0},
    {"qemu", STOPPED, "\"template\":1,\"scsi0\":\"tank:base-105-disk-0,size=8G\"", SUBJECT(""),
     "with_local_disks copies it", 0},
    {"qemu", STOPPED, "\"template\":1,\"scsi0\":\"tank:base-105-disk-0,size=8G\"", ONLINE, "template", 0},
    {"qemu", RUNNING, "\"ide2\":\"none,media=cdrom\"", ONLINE, "moves while it runs", 1},
    {"qemu", STOPPED, "\"ide2\":\"local:iso/a.iso,media=cdrom\"", ONLINE, "the CD in ide2", 0},
    {"qemu", STOPPED, "\"ide2\":\"here:iso/a.iso,media=cdrom\"", ONLINE, "not available on pve2", 0},
    {"qemu", STOPPED, "\"ide2\":\"cdrom,media=cdrom\"", ONLINE, "CD drive of its node", 0},
    {"qemu", RUNNING, "\"ide2\":\"tank:vm-105-cloudinit,media=cdrom\"", ONLINE, "made anew", 1},
    {"lxc", STOPPED, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\",\"mp0\":\"/srv,mp=/srv\"", ONLINE,
     "directory of its node", 0},
    {"lxc", STOPPED, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\",\"mp0\":\"/srv,mp=/srv,shared=1\"", ONLINE,
     "nobody checks", 0},
    /* the guest */
    {"lxc", RUNNING, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\"", ONLINE, "started again", 1},
    {"lxc", RUNNING, "\"rootfs\":\"ceph:vm-105-disk-0,size=8G\"", SUBJECT(""),
     "Proxmox refuses the move: it runs", 0},
    {"qemu", RUNNING, "\"memory\":\"2048\"", SUBJECT(""), "Proxmox refuses the move: it runs", 0},
    {"qemu", STOPPED, "", SUBJECT(""), "stays so", 1},
    {"qemu", "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"clone\"}", "", SUBJECT(""), "locked (clone)",
     0},
    {"qemu", RUNNING, "\"memory\":\"2048\"", ONLINE, "moves while it runs", 1},
    {"qemu", RUNNING, "\"memory\":\"current=3800\"", ONLINE, "is tight on memory", 1},
    {"qemu", RUNNING, "\"memory\":\"5000\"", ONLINE, "less memory free", 0},
    {"qemu", STOPPED, "\"memory\":\"5000\"", ONLINE, "stays so", 1},
    /* devices */
    {"qemu", STOPPED, "\"hostpci0\":\"0000:01:00,pcie=1\"", ONLINE, "hostpci0 is a device of its node", 0},
    {"qemu", STOPPED, "\"hostpci0\":\"mapping=gpu\"", ONLINE, "that its mapping has", 1},
    {"qemu", RUNNING, "\"hostpci0\":\"mapping=gpu\"", ONLINE, "cannot be moved live", 0},
    {"qemu", RUNNING, "\"hostpci0\":\"mapping=nic\"", ONLINE, "that its mapping has", 1},
    {"qemu", STOPPED, "\"hostpci0\":\"mapping=lone\"", ONLINE, "has nothing on pve2", 0},
    {"qemu", STOPPED, "\"hostpci0\":\"mapping=never\"", ONLINE, "has nothing on pve2", 0},
    {"qemu", STOPPED, "\"usb0\":\"host=1234:5678\"", ONLINE, "usb0 is a device", 0},
    {"qemu", RUNNING, "\"usb0\":\"spice\"", ONLINE, "moves while it runs", 1},
    {"qemu", STOPPED, "\"usb0\":\"mapping=key\"", ONLINE, "that its mapping has", 1},
    {"qemu", STOPPED, "\"virtiofs0\":\"share\"", ONLINE, "that its mapping has", 1},
    {"qemu", RUNNING, "\"virtiofs0\":\"dirid=share,cache=auto\"", ONLINE, "cannot be moved live", 0},
    {"qemu", RUNNING, "\"serial0\":\"socket\"", ONLINE, "moves while it runs", 1},
    {"qemu", STOPPED, "\"serial0\":\"/dev/ttyS0\"", ONLINE, "serial0 is a device", 0},
    {"qemu", STOPPED, "\"parallel0\":\"/dev/parport0\"", ONLINE, "parallel0 is a device", 0},
    {"qemu", STOPPED, "\"args\":\"-device x\"", ONLINE, "arguments of its own", 0},
    {"lxc", STOPPED, "\"dev0\":\"/dev/dri/card0\"", ONLINE, "does not start where it is missing", 0},
    {"lxc", STOPPED, "\"lxc\":[[\"lxc.mount.entry\",\"/x\"]]", ONLINE, "raw entries", 0},
    {"qemu", RUNNING, "\"cpu\":\"host\"", ONLINE, "crash it", 0},
    {"qemu", RUNNING, "\"cpu\":\"cputype=host,flags=+aes\"", ONLINE, "crash it", 0},
    {"qemu", STOPPED, "\"cpu\":\"host\"", ONLINE, "takes the features", 1},
    {"qemu", RUNNING, "\"cpu\":\"x86-64-v2-AES\"", ONLINE, "moves while it runs", 1},
    {"qemu", RUNNING, "\"net0\":\"virtio=AA,bridge=vmbr0,tag=5\"", ONLINE, "moves while it runs", 1},
    {"qemu", RUNNING, "\"net0\":\"virtio=AA,bridge=labnet\"", ONLINE, "moves while it runs", 1},
    {"qemu", RUNNING, "\"net1\":\"virtio=AA,bridge=vmbr01\"", ONLINE, "cannot run there", 0},
    {"lxc", STOPPED, "\"net0\":\"name=eth0,bridge=vmbr9\"", ONLINE, "does not start there", 0},
    {"qemu", STOPPED, "\"hookscript\":\"local:snippets/x.pl\"", ONLINE, "where the file is missing", 0},
    {"qemu", STOPPED, "\"hookscript\":\"ceph:snippets/x.pl\"", ONLINE, "stays so", 1},
};

static void look_for(const struct plane_test *t, const char *says)
{
    expect_words(t, *says == '?' ? "incomplete" : "affected", says + (*says == '?'));
}

static void what_a_configuration_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        const struct config_case *c = &configs[i];
        struct plane_test t;
        blast(&t, c->kind, c->status, c->config, c->subject, NULL);
        look_for(&t, c->says);
        if (is_clean(&t) != c->clean)
            fail_msg("case %zu (%s): %s", i, c->config, c->clean ? "something is high" : "nothing is high");
        plane_test_done(&t);
    }
}

/* One answer of the cluster is another, or none: what is not known is never clean. */
static const struct cluster_case {
    const char *status, *config, *subject;
    struct instead instead;
    const char *says;
    int clean;
} clusters[] = {
    {STOPPED, "", SUBJECT(""), {"/nodes", NULL}, "?the nodes of the cluster", 0},
    {STOPPED, "", SUBJECT(""), {"/nodes", "[{\"node\":\"pve1\",\"status\":\"online\"}]"}, "no node pve2", 0},
    {STOPPED,
     "",
     SUBJECT(""),
     {"/nodes", "[{\"node\":\"pve2\",\"status\":\"offline\"}]"},
     "is not online",
     0},
    {RUNNING,
     "",
     ONLINE,
     {"/nodes", "[{\"node\":\"pve2\",\"status\":\"online\"}]"},
     "?free memory of pve2",
     0},
    {STOPPED, "\"scsi0\":\"ceph:x,size=1G\"", SUBJECT(""), {"/storage", NULL}, "?storage ceph", 0},
    {STOPPED,
     "\"scsi0\":\"tank:x,size=1G\"",
     ONLINE,
     {"/nodes/pve2/storage", NULL},
     "?whether disk scsi0",
     0},
    {STOPPED,
     "\"net0\":\"virtio=A,bridge=vmbr0\"",
     ONLINE,
     {"/nodes/pve2/network?type=any_bridge", NULL},
     "?bridge vmbr0 on pve2",
     0},
    {STOPPED, "\"hostpci0\":\"mapping=gpu\"", ONLINE, {"/cluster/mapping/pci", NULL}, "?mapping gpu", 0},
    {STOPPED, "", SUBJECT(""), {"/cluster/replication", NULL}, "?replication jobs", 0},
    {STOPPED,
     "",
     SUBJECT(""),
     {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]"},
     "turns round",
     1},
    {STOPPED,
     "",
     SUBJECT(""),
     {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve3\"}]"},
     "copy everything",
     1},
    {STOPPED,
     "\"scsi0\":\"local-lvm:x,size=900G\"",
     ONLINE,
     {"/cluster/replication", "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]"},
     "what changed since",
     1},
    {STOPPED,
     "\"scsi0\":\"tank:x,size=1G\"",
     ONLINE,
     {"/nodes/pve1/qemu/105/snapshot", "[]"},
     "?the snapshots of guest 105",
     0},
    /* HA */
    {MANAGED, "", ONLINE, {NULL, NULL}, "its manager is asked", 1},
    {MANAGED, "", ONLINE, {"/cluster/ha/resources", NULL}, "?HA resource vm:105", 0},
    {MANAGED, "", ONLINE, {"/cluster/ha/rules", NULL}, "?HA rules", 0},
#define RULE(words)                                                                                          \
    {                                                                                                        \
        "/cluster/ha/rules", "[{\"rule\":\"r\"," words "}]"                                                  \
    }
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1:2,pve3\",\"strict\":1"),
     "ha-rule/r keeps it on other nodes", 0},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve1:2,pve3\""),
     "moves the guest back", 0},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"pve2:1,pve3\",\"strict\":1"),
     "its manager is asked", 1},
    {MANAGED, "", ONLINE,
     RULE(
         "\"type\":\"node-affinity\",\"disable\":1,\"resources\":\"vm:105\",\"nodes\":\"pve1\",\"strict\":1"),
     "its manager is asked", 1},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"node-affinity\",\"resources\":\"vm:1050,ct:105\",\"nodes\":\"pve1\",\"strict\":1"),
     "its manager is asked", 1},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"resource-affinity\",\"resources\":\"vm:105,vm:107\",\"affinity\":\"positive\""),
     "{\"resource\":\"guest/107\",\"effect\":\"moves along", 0},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"resource-affinity\",\"resources\":\"vm:105,vm:106\",\"affinity\":\"negative\""),
     "apart from guest 106", 0},
    {MANAGED, "", ONLINE,
     RULE("\"type\":\"resource-affinity\",\"resources\":\"vm:105,vm:107\",\"affinity\":\"negative\""),
     "its manager is asked", 1},
    {MANAGED, "", ONLINE, RULE("\"type\":\"new\",\"resources\":\"vm:105\""), "of a kind that is not known",
     0},
    /* what Proxmox itself says */
    {STOPPED,
     "",
     ONLINE,
     {"/nodes/pve1/qemu/105/migrate", "{\"not_allowed_nodes\":{\"pve2\":{}}}"},
     "not allowed",
     0},
    {STOPPED,
     "",
     ONLINE,
     {"/nodes/pve1/qemu/105/migrate", "{\"local_resources\":[\"xyz\"]}"},
     "names xyz",
     0},
    {STOPPED,
     "",
     ONLINE,
     {"/nodes/pve1/qemu/105/migrate", "{\"local_resources\":[],\"not_allowed_nodes\":{\"pve3\":{}}}"},
     "stays so",
     1},
};

static void what_the_cluster_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clusters) / sizeof(clusters[0]); i++) {
        const struct cluster_case *c = &clusters[i];
        struct plane_test t;
        blast(&t, "qemu", c->status, c->config, c->subject, &c->instead);
        look_for(&t, c->says);
        if (is_clean(&t) != c->clean)
            fail_msg("case %zu (%s): %s", i, c->says, c->clean ? "something is high" : "nothing is high");
        plane_test_done(&t);
    }
}

/* A disk that is copied, and a snapshot: what it held, NULL when its configuration cannot be read. */
static void snapshots_of_a_copied_disk(void **state)
{
    static const struct {
        const char *kind, *status, *disk, *held;
        const char *says;
        int clean;
    } cases[] = {
        {"qemu", STOPPED, "\"scsi0\":\"local-lvm:x,size=1G\"", "\"scsi0\":\"local-lvm:x\"",
         "lvmthin cannot send", 0},
        {"qemu", STOPPED, "\"scsi0\":\"local-lvm:x,size=1G\"", NULL, "lvmthin cannot send", 0},
        {"qemu", STOPPED, "\"scsi0\":\"local-lvm:x,size=1G\"", "\"scsi0\":\"local-lvm:other\"",
         "copied whole", 1},
        {"qemu", STOPPED, "\"scsi0\":\"tank:x,size=1G\"", "\"scsi0\":\"tank:x\"", "copied whole", 1},
        {"qemu", RUNNING, "\"scsi0\":\"tank:x,size=1G\"", "\"scsi0\":\"tank:x\"", "it runs, and disk scsi0",
         0},
        {"qemu", RUNNING, "\"scsi0\":\"tank:x,size=1G\"", "\"scsi1\":\"tank:y\"", "copied whole", 1},
        {"qemu", STOPPED, "\"scsi0\":\"local:105/x.qcow2,size=1G\"", "\"scsi0\":\"local:105/x.qcow2\"",
         "copied whole", 1},
        {"qemu", STOPPED, "\"scsi0\":\"local:105/x.raw,size=1G\"", "\"scsi0\":\"local:105/x.raw\"",
         "dir cannot send", 0},
        {"lxc", RUNNING, "\"rootfs\":\"tank:x,size=1G\"", "\"rootfs\":\"tank:x\"", "copied whole", 1},
        {"lxc", RUNNING, "\"rootfs\":\"local-lvm:x,size=1G\"", "\"rootfs\":\"local-lvm:x\"",
         "lvmthin cannot send", 0},
    };
    char path[100], text[200];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        struct instead list = {path, "[{\"name\":\"a\"},{\"name\":\"current\"}]"};
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/105/snapshot", cases[i].kind);
        blast_with(&t, cases[i].kind, cases[i].status, cases[i].disk, &list);
        (void)snprintf(text, sizeof(text), "{\"digest\":\"s\",%s}", cases[i].held ? cases[i].held : "");
        guest_answer(&t, cases[i].kind, "/config?snapshot=a", cases[i].held ? 200 : 403,
                     cases[i].held ? text : "");
        assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
        look_for(&t, cases[i].says);
        if (is_clean(&t) != cases[i].clean)
            fail_msg("case %zu (%s)", i, cases[i].says);
        plane_test_done(&t);
    }
}

/* Whether the manager brings a guest back is said by its resource; silence is yes. */
static void failback_of_a_resource(void **state)
{
    static const struct {
        const char *failback, *nodes, *says;
        int clean;
    } cases[] = {
        {"", "pve1,pve3", "moves the guest back", 0},
        {",\"failback\":1", "pve1,pve3", "moves the guest back", 0},
        {",\"failback\":\"1\"", "pve1,pve3", "moves the guest back", 0},
        {",\"failback\":0", "pve1,pve3", "failback is off: the guest stays where it is moved to", 1},
        {",\"failback\":\"0\"", "pve1,pve3", "failback is off", 1},
        /* on the list, and another node has more of a priority */
        {"", "pve3:7,pve1:2,pve2:1", "prefers pve3: the HA manager moves the guest there", 0},
        {",\"failback\":0", "pve3:7,pve1:2,pve2:1", "failback is off", 1},
        {"", "pve1:2,pve2:2", "its manager is asked", 1},
        {"", "pve1,pve2", "its manager is asked", 1},
        {"", "pve1:1,pve2:10", "its manager is asked", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        char resource[120], rule[200];
        (void)snprintf(
            rule, sizeof(rule),
            "[{\"rule\":\"r\",\"type\":\"node-affinity\",\"resources\":\"vm:105\",\"nodes\":\"%s\"}]",
            cases[i].nodes);
        (void)snprintf(resource, sizeof(resource), "[{\"sid\":\"vm:105\",\"state\":\"started\"%s}]",
                       cases[i].failback);
        guest_init(&t, "qemu");
        guest_answer(&t, "qemu", "/status/current", 200, MANAGED);
        guest_answer(&t, "qemu", "/config", 200, "{\"digest\":\"d\"}");
        plane_test_answer(&t, "/cluster/ha/resources", 200, resource); /* the first one counts */
        plane_test_answer(&t, "/cluster/ha/rules", 200, rule);
        for (size_t k = 0; k < sizeof(usual) / sizeof(usual[0]); k++)
            plane_test_answer(&t, usual[k].path, 200, usual[k].data);
        assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
        look_for(&t, cases[i].says);
        if (is_clean(&t) != cases[i].clean)
            fail_msg("case %zu (%s)", i, cases[i].says);
        plane_test_done(&t);
    }
}

/* Proxmox VE 8 has groups instead of rules. */
static void groups_of_proxmox_8(void **state)
{
    static const struct {
        const char *groups, *says;
        int clean;
    } cases[] = {
        {"[{\"group\":\"g\",\"nodes\":\"pve1:2,pve3\",\"restricted\":1}]",
         "ha-group/g keeps it on other nodes", 0},
        {"[{\"group\":\"g\",\"nodes\":\"pve1:2,pve3\"}]", "moves the guest back", 0},
        {"[{\"group\":\"g\",\"nodes\":\"pve1:2,pve3\",\"nofailback\":1}]", "stays where it is moved to", 1},
        {"[{\"group\":\"g\",\"nodes\":\"pve1:2,pve2\",\"nofailback\":0}]", "prefers pve1", 0},
        {"[{\"group\":\"g\",\"nodes\":\"pve1:2,pve2\",\"nofailback\":1}]", "stays where it is moved to", 1},
        {"[{\"group\":\"g\",\"nodes\":\"pve2,pve3\",\"restricted\":1}]", "its manager is asked", 1},
        {"[]", "?HA group g", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        guest_init(&t, "qemu");
        t.version = "8.4.1";
        guest_answer(&t, "qemu", "/status/current", 200, MANAGED);
        guest_answer(&t, "qemu", "/config", 200, "{\"digest\":\"d\"}");
        plane_test_answer(&t, "/cluster/ha/groups", 200, cases[i].groups);
        plane_test_answer(&t, "/cluster/ha/resources", 200,
                          "[{\"sid\":\"vm:105\",\"state\":\"started\",\"group\":\"g\"}]");
        plane_test_answer(&t, "/nodes", 200, NODES);
        plane_test_answer(&t, "/cluster/replication", 200, "[]");
        assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
        look_for(&t, cases[i].says);
        assert_int_equal(is_clean(&t), cases[i].clean);
        plane_test_done(&t);
    }
}

static void without_the_guest(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "qemu");
    guest_answer(&t, "qemu", "/status/current", 500, "");
    assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
    expect_words(&t, "incomplete", "the guest's state");
    plane_test_done(&t);

    guest_init(&t, "qemu");
    guest_answer(&t, "qemu", "/status/current", 200, STOPPED);
    guest_answer(&t, "qemu", "/config", 200, "{}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
    expect_words(&t, "incomplete", "the guest's configuration");
    plane_test_done(&t);

    plane_test_init(&t);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, "[]");
    assert_int_equal(plane_test_blast(&t, guests, "guest.migrate", ONLINE), 0);
    expect_words(&t, "incomplete", "the guest itself");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_configuration_says),  cmocka_unit_test(what_the_cluster_says),
        cmocka_unit_test(snapshots_of_a_copied_disk), cmocka_unit_test(groups_of_proxmox_8),
        cmocka_unit_test(failback_of_a_resource),     cmocka_unit_test(without_the_guest),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
