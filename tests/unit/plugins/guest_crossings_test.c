/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a guest's configuration that reach into the host: a table of them, and the four ways by which
 * they come into a guest: a change of configuration, a new guest, a clone, a restore. Each must say so and be
 * high.
 */
#include "plan_rig.h"

#define BRIDGE     "attaches the guest to a bridge of the host"
#define UNFILTERED "without Proxmox's firewall"
#define FOLDER     "a folder or device of the host"
#define LOOSENS    "loosens what keeps"
#define PATH       "a file or device of the host"
#define USB        "a USB device of the host"
#define SERIAL     "a serial device of the host"

static const struct proximo_plane *guests;

/* JSON of the value; says NULL: nothing of it reaches into the host. */
static const struct value {
    const char *kind, *key, *value, *says;
} values[] = {
    {"qemu", "hostpci0", "\"0000:01:00.0\"", "a PCI device of the host"},
    {"qemu", "hostpci15", "\"host=01:00,pcie=1\"", "a PCI device of the host"},
    {"qemu", "hostpci1", "\"mapping=gpu\"", "a PCI device of the host"},
    {"qemu", "usb0", "\"host=1234:5678\"", USB},
    {"qemu", "usb1", "\"1-2\"", USB},
    {"qemu", "usb2", "\"mapping=key\"", USB},
    {"qemu", "usb3", "\"host=spice,mapping=key\"", USB},
    {"qemu", "usb4", "\"spicer\"", USB},
    {"qemu", "usb5", "\"spice\"", NULL},
    {"qemu", "usb6", "\"host=spice,usb3=1\"", NULL},
    {"qemu", "serial0", "\"/dev/ttyS0\"", SERIAL},
    {"qemu", "serial1", "\"socket\"", NULL},
    {"qemu", "serial2", "\"socket \"", SERIAL},
    {"qemu", "parallel0", "\"/dev/parport0\"", "a parallel port of the host"},
    {"qemu", "virtiofs0", "\"share\"", "shares a folder of the host"},
    {"qemu", "virtiofs1", "\"dirid=share,cache=always\"", "shares a folder of the host"},
    {"qemu", "ivshmem", "\"size=32\"", "shares memory with the host"},
    {"qemu", "rng0", "\"source=/dev/urandom\"", "a source of randomness of the host"},
    {"qemu", "args", "\"-device x\"", "passes arguments of its own to QEMU"},
    {"qemu", "hookscript", "\"local:snippets/a.pl\"", "a program that the host runs as root"},
    {"qemu", "scsi0", "\"/dev/sdb\"", PATH},
    {"qemu", "scsi1", "\"file=/dev/disk/by-id/x,size=1T\"", PATH},
    {"qemu", "virtio0", "\"size=1T,file=/etc/shadow\"", PATH},
    {"qemu", "sata0", "\"/srv/a.raw\"", PATH},
    {"qemu", "ide0", "\"/srv/a.iso,media=cdrom\"", PATH},
    {"qemu", "efidisk0", "\"/srv/a\"", PATH},
    {"qemu", "tpmstate0", "\"/srv/a\"", PATH},
    {"qemu", "ide2", "\"cdrom\"", "the CD drive of the host"},
    {"qemu", "sata1", "\"file=cdrom,media=cdrom\"", "the CD drive of the host"},
    {"qemu", "scsi2", "\"local-lvm:0,import-from=/etc/shadow\"", "copies a file or device of the host"},
    {"qemu", "scsi3", "\"local-lvm:vm-105-disk-0,size=8G\"", NULL},
    {"qemu", "ide3", "\"none,media=cdrom\"", NULL},
    {"qemu", "ide1", "\"iso-store:iso/debian.iso,media=cdrom\"", NULL},
    {"qemu", "cores", "4", NULL},
    {"qemu", "description", "\"hostpci0: /dev/sda\"", NULL},
    {"qemu", "vga", "\"serial0\"", NULL},
    {"qemu", "tags", "\"/dev/sda\"", NULL},
    {"lxc", "mp0", "\"/etc,mp=/x\"", FOLDER},
    {"lxc", "mp1", "\"volume=/etc,mp=/x\"", FOLDER},
    {"lxc", "mp255", "\"mp=/x,volume=/dev/sdb\"", FOLDER},
    {"lxc", "mp2", "\"mp=/x,ro=1,/srv\"", FOLDER},
    {"lxc", "mp3", "\"local-lvm:vm-105-disk-1,mp=/x\"", NULL},
    {"lxc", "rootfs", "\"/srv/root\"", FOLDER},
    {"lxc", "dev0", "\"/dev/kvm\"", "a device of the host"},
    {"lxc", "dev7", "\"path=/dev/ttyUSB0,mode=0660\"", "a device of the host"},
    {"lxc", "features", "\"nesting=1\"", LOOSENS},
    {"lxc", "features", "\"mount=nfs\"", LOOSENS},
    {"lxc", "features", "\"fuse=1\"", LOOSENS},
    {"lxc", "features", "\"mknod=1\"", LOOSENS},
    {"lxc", "features", "\"keyctl=1,nesting=0\"", LOOSENS},
    {"lxc", "features", "\"force_rw_sys=1\"", LOOSENS},
    {"lxc", "hookscript", "\"local:snippets/a.pl\"", "a program that the host runs as root"},
    {"lxc", "lxc", "[[\"lxc.idmap\",\"u 0 0 65536\"]]", "sets raw keys of LXC"},
    {"lxc", "lxc", "[[\"lxc.apparmor.profile\",\"unconfined\"]]", "sets raw keys of LXC"},
    {"lxc", "lxc", "[[\"lxc.mount.entry\",\"/ mnt none bind 0 0\"]]", "sets raw keys of LXC"},
    {"lxc", "lxc", "[]", NULL},
    {"lxc", "hostname", "\"lxc.idmap\"", NULL},
    {"lxc", "memory", "512", NULL},
    {"qemu", "net0", "\"virtio,bridge=vmbr0\"", UNFILTERED},
    {"qemu", "net1", "\"virtio,bridge=vmbr0,firewall=0\"", UNFILTERED},
    {"qemu", "net2", "\"virtio,bridge=vmbr0,firewall=10\"", UNFILTERED},
    {"qemu", "net3", "\"virtio,bridge=vmbr0,firewall=1\"", BRIDGE},
    {"lxc", "net0", "\"name=eth0,bridge=vmbr0\"", UNFILTERED},
    {"lxc", "net1", "\"firewall=1,name=eth1,bridge=vmbr1\"", BRIDGE},
};
#define VALUES (sizeof(values) / sizeof(values[0]))

/* "KEY: ... says ..." among the reasons for a high risk. */
static bool is_high(struct plane_test *t, const struct value *v, const char *before, const char *after)
{
    char key[80];

    (void)snprintf(key, sizeof(key), "%s%s%s", before, v->key, after);
    for (uint32_t i = 0; i < plane_test_told_count(t, "risks"); i++) {
        const char *text = plane_test_told(t, "risks", i);
        const char *at = strstr(text, key);

        if (at && (!v->says || strstr(at, v->says)) && strstr(text, "\"risk\":3"))
            return true;
    }
    return false;
}

static bool is_net(const struct value *v)
{
    return strncmp(v->key, "net", 3) == 0;
}

/* A network is told by the bridge it is on. */
static void a_clone_takes_it_along(void **state)
{
    static const char subject[] = "{\"kind\":\"guest\",\"vmid\":105,\"newid\":120,\"full\":true}";
    char config[600];

    (void)state;
    assert_true(VALUES >= 50);
    for (size_t i = 0; i < VALUES; i++) {
        const struct value *v = &values[i];
        struct plane_test t;

        guest_init(&t, v->kind);
        (void)snprintf(config, sizeof(config), "{\"digest\":\"d\",\"%s\":%s%s}", v->key, v->value,
                       strcmp(v->kind, "lxc") == 0 ? ",\"unprivileged\":1" : "");
        guest_answer(&t, v->kind, "/status/current", 200, "{\"vmid\":105,\"status\":\"stopped\"}");
        guest_answer(&t, v->kind, "/config", 200, config);
        plane_test_answer(&t, "/nodes/pve1/storage", 200, "[]");
        plane_test_answer(&t, "/nodes/pve1/network?type=any_bridge", 200, "[]");
        assert_int_equal(plane_test_blast(&t, guests, "guest.clone", subject), 0);
        const bool said = is_net(v) ? words_told(&t, "affected", "bridge/vmbr") : is_high(&t, v, "", ": ");
        if (said != (v->says != NULL))
            fail_msg("a clone with %s: %s %s", v->key, v->value, said ? "says it crosses" : "says nothing");
        if (is_net(v))
            assert_int_equal(words_told(&t, "affected", UNFILTERED), strcmp(v->says, UNFILTERED) == 0);
        plane_test_done(&t);
    }
}

/* The archive is not looked at, which is high by itself; what its guest has now is named. */
static void a_restore_brings_it_back(void **state)
{
    char config[600], subject[400];

    (void)state;
    for (size_t i = 0; i < VALUES; i++) {
        const struct value *v = &values[i];
        struct plane_test t;

        plane_test_init(&t);
        (void)snprintf(config, sizeof(config), "{\"digest\":\"d\",\"%s\":%s%s}", v->key, v->value,
                       strcmp(v->kind, "lxc") == 0 ? ",\"unprivileged\":1" : "");
        (void)snprintf(subject, sizeof(subject),
                       "{\"kind\":\"guest\",\"vmid\":120,\"node\":\"pve1\",\"type\":\"%s\",\"archive\":"
                       "\"nfs:backup/vzdump-%s-105-x\",\"storage\":\"ceph\",\"over\":false,\"new\":true}",
                       v->kind, v->kind);
        plane_test_answer(&t, "/cluster/resources?type=vm", 200,
                          strcmp(v->kind, "lxc") == 0
                              ? "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"lxc\"}]"
                              : "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"qemu\"}]");
        guest_answer(&t, v->kind, "/config", 200, config);
        assert_int_equal(plane_test_blast(&t, guests, "guest.restore", subject), 0);
        assert_true(words_told(&t, "risks", "configuration is not looked at"));
        if (is_high(&t, v, " ", " (") != (v->says != NULL))
            fail_msg("a restore of a guest with %s: %s: %s", v->key, v->value,
                     v->says ? "says nothing" : "says it crosses");
        plane_test_done(&t);
    }
}

static void a_privileged_one_comes_back_privileged(void **state)
{
    struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"lxc\"}]");
    guest_answer(&t, "lxc", "/config", 200, "{\"digest\":\"d\",\"mp0\":\"/srv,mp=/srv\"}");
    assert_int_equal(
        plane_test_blast(&t, guests, "guest.restore",
                         "{\"kind\":\"guest\",\"vmid\":120,\"node\":\"pve1\",\"type\":\"lxc\",\"archive\":"
                         "\"nfs:backup/vzdump-lxc-105-x\",\"storage\":\"ceph\",\"over\":false}"),
        0);
    assert_true(
        words_told(&t, "risks", "privileged (root in it is root on the host); mp0 (gives a privileged"));
    plane_test_done(&t);
}

/* What a token may not set at all is refused; the rest is high. */
static void a_change_and_a_new_guest_say_it(void **state)
{
    static const char *const tools[][2] = {{"pve_guest_config_set", "changes"}, {NULL, "options"}};
    char options[400];

    (void)state;
    for (size_t i = 0; i < 2 * VALUES; i++) {
        const struct value *v = &values[i / 2];
        const bool lxc = strcmp(v->kind, "lxc") == 0, makes = i % 2;
        const char *tool = !makes ? tools[0][0] : lxc ? "pve_create_container" : "pve_create_vm";
        struct plane_test t;

        if (strcmp(v->key, "lxc") == 0 || !v->says || (makes && is_net(v)))
            continue;
        guest_init(&t, v->kind);
        (void)snprintf(options, sizeof(options), "{\"%s\":%s}", v->key, v->value);
        plane_test_argument(&t, tools[makes][1], options, 0);
        plane_test_argument(&t, "ostemplate", "local:vztmpl/a.tar.zst", 1);
        guest_answer(&t, v->kind, "/status/current", 200, "{\"vmid\":105,\"status\":\"stopped\"}");
        guest_answer(&t, v->kind, "/config", 200, "{\"digest\":\"d\",\"unprivileged\":1}");
        plane_test_answer(&t, "/cluster/nextid?vmid=105", 200, "\"105\"");
        const int32_t r = plane_test_plan(&t, guests, tool);
        if (r < 0 ? r != PROXIMO_EDENIED : !is_high(&t, v, "", ": "))
            fail_msg("%s with %s: %s: %d %s", tool, v->key, v->value, (int)r, t.fail_text);
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clone_takes_it_along),
        cmocka_unit_test(a_restore_brings_it_back),
        cmocka_unit_test(a_privileged_one_comes_back_privileged),
        cmocka_unit_test(a_change_and_a_new_guest_say_it),
    };

    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
