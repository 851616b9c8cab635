/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of guests as parameters, with the keys of those that are property strings.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)          {.name = (what), .optional = true}
#define FLAG(what)          {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define WHOLE(what)         {.name = (what), .type = SIM_INTEGER, .optional = true}
#define FROM(what, low)     {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = (low)}
#define RANGE(what, low, high) {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true, .min = (low), \
                             .has_max = true, .max = (high)}
#define REAL(what)          {.name = (what), .type = SIM_NUMBER, .optional = true}
#define REAL_FROM(what, low) {.name = (what), .type = SIM_NUMBER, .optional = true, .has_min = true, .min = (low)}
#define REAL_RANGE(what, low, high) {.name = (what), .type = SIM_NUMBER, .optional = true, .has_min = true, \
                             .min = (low), .has_max = true, .max = (high)}
#define ONE_OF(what, list)  {.name = (what), .optional = true, .values = (list)}
#define AS(what, kind)      {.name = (what), .optional = true, .format = (kind)}
#define LIKE(what, regex)   {.name = (what), .optional = true, .pattern = (regex)}
#define KEYS(what, table)   {.name = (what), .optional = true, .sub = (table)}
#define MANY(what, n, ...)  {.name = what "[n]", .count = (n), .optional = true, __VA_ARGS__}
#define END                 {.name = NULL}
#define SETS "[0-9]+(-[0-9]+)?(;[0-9]+(-[0-9]+)?)*"
#define MODELS "e1000, e1000-82540em, e1000-82544gc, e1000-82545em, e1000e, i82551, i82557b, i82559er, ne2k_isa, " \
    "ne2k_pci, pcnet, rtl8139, virtio, vmxnet3"
#define FILE_KEY {.name = "file", .format = "pve-volume-id-or-qm-path", .unnamed = true}
#define MOUNT_OPTION "(discard|lazytime|noatime|nodev|noexec|nosuid)"
#define IDMAP LIKE("idmap", "passthrough|[ug]:[0-9]+:[0-9]+:[1-9][0-9]*(;[ug]:[0-9]+:[0-9]+:[1-9][0-9]*)*")
#define CONTROL AS("delete", "pve-configid-list"), AS("revert", "pve-configid-list"), \
    {.name = "digest", .optional = true, .max_length = 40}

static const struct sim_param agent[] = {
    {.name = "enabled", .type = SIM_BOOLEAN, .unnamed = true}, FLAG("freeze-fs"), FLAG("freeze-fs-on-backup"),
    FLAG("fstrim_cloned_disks"), FLAG("guest-fsfreeze"), ONE_OF("type", "virtio, isa"), END};
static const struct sim_param audio[] = {
    {.name = "device", .values = "ich9-intel-hda, intel-hda, AC97"}, ONE_OF("driver", "spice, none"), END};
/* The keys of all buses. */
static const struct sim_param drive[] = {
    FILE_KEY, ONE_OF("aio", "native, threads, io_uring"), FLAG("backup"), WHOLE("bps"), FROM("bps_max_length", 1),
    WHOLE("bps_rd"), FROM("bps_rd_length", 1), FROM("bps_rd_max_length", 1), WHOLE("bps_wr"), FROM("bps_wr_length", 1),
    FROM("bps_wr_max_length", 1), ONE_OF("cache", "none, writethrough, writeback, unsafe, directsync"),
    FLAG("detect_zeroes"), ONE_OF("discard", "ignore, on"),
    ONE_OF("format", "raw, qcow, qed, qcow2, vmdk, cloop"), AS("import-from", "pve-volume-id-or-absolute-path"),
    WHOLE("iops"), WHOLE("iops_max"), FROM("iops_max_length", 1), WHOLE("iops_rd"), FROM("iops_rd_length", 1),
    WHOLE("iops_rd_max"), FROM("iops_rd_max_length", 1), WHOLE("iops_wr"), FROM("iops_wr_length", 1),
    WHOLE("iops_wr_max"), FROM("iops_wr_max_length", 1), FLAG("iothread"), REAL("mbps"), REAL("mbps_max"),
    REAL("mbps_rd"), REAL("mbps_rd_max"), REAL("mbps_wr"), REAL("mbps_wr_max"), ONE_OF("media", "cdrom, disk"),
    {.name = "model", .optional = true, .format = "urlencoded", .max_length = 120},
    LIKE("product", "[A-Za-z0-9_[:space:]-]{0,16}"), FROM("queues", 2), FLAG("replicate"),
    ONE_OF("rerror", "ignore, report, stop"), FLAG("ro"), FLAG("scsiblock"),
    {.name = "serial", .optional = true, .format = "urlencoded", .max_length = 60}, FLAG("shared"),
    AS("size", "disk-size"), FLAG("snapshot"), FLAG("ssd"), LIKE("vendor", "[A-Za-z0-9_[:space:]-]{0,8}"),
    ONE_OF("werror", "enospc, ignore, report, stop"), LIKE("wwn", "0x[0-9a-fA-F]{16}"), END};
static const struct sim_param efidisk[] = {
    FILE_KEY, ONE_OF("efitype", "2m, 4m"), ONE_OF("format", "raw, qcow, qed, qcow2, vmdk, cloop"),
    AS("import-from", "pve-volume-id-or-absolute-path"), ONE_OF("ms-cert", "2011, 2023, 2023w, 2023k"),
    FLAG("pre-enrolled-keys"), AS("size", "disk-size"), END};
static const struct sim_param tpmstate[] = {
    FILE_KEY, ONE_OF("format", "raw, qcow2, vmdk"), AS("import-from", "pve-volume-id-or-absolute-path"),
    AS("size", "disk-size"), ONE_OF("version", "v1.2, v2.0"), END};
static const struct sim_param unused_disk[] = {{.name = "file", .format = "pve-volume-id", .unnamed = true}, END};
static const struct sim_param unused_volume[] = {{.name = "volume", .format = "pve-volume-id", .unnamed = true}, END};
static const struct sim_param ivshmem[] = {
    LIKE("name", "[a-zA-Z0-9-]+"), {.name = "size", .type = SIM_INTEGER, .has_min = true, .min = 1}, END};
static const struct sim_param machine[] = {
    {.name = "type", .optional = true, .unnamed = true, .max_length = 40,
     .pattern = "(pc(-i440fx)?|pc-q35|virt)-[0-9]+([.][0-9]+)+([+]pve[0-9]+)?([.]pxe)?|pc|q35|virt"},
    REAL_RANGE("aw-bits", 32, 64), FLAG("enable-s3"), FLAG("enable-s4"), ONE_OF("viommu", "intel, virtio"), END};
static const struct sim_param memory[] = {
    {.name = "current", .type = SIM_INTEGER, .has_min = true, .min = 16, .unnamed = true}, END};
static const struct sim_param qemu_net[] = {
    {.name = "model", .values = MODELS, .unnamed = true}, AS("bridge", "pve-bridge-id"), FLAG("firewall"),
    FLAG("link_down"), AS("macaddr", "mac-addr"), RANGE("mtu", 1, 65520), RANGE("queues", 0, 64),
    REAL_FROM("rate", 0), RANGE("tag", 1, 4094), LIKE("trunks", SETS), END};
static const struct sim_param numa[] = {
    {.name = "cpus", .pattern = SETS}, LIKE("hostnodes", SETS), REAL("memory"),
    ONE_OF("policy", "preferred, bind, interleave"), END};
static const struct sim_param spice[] = {FLAG("foldersharing"), ONE_OF("videostreaming", "off, all, filter"), END};
static const struct sim_param usb[] = {
    {.name = "host", .optional = true, .unnamed = true,
     .pattern = "(0x)?[0-9A-Fa-f]{4}:(0x)?[0-9A-Fa-f]{4}|[0-9]+-[0-9]+([.][0-9]+)*|[Ss][Pp][Ii][Cc][Ee]"},
    AS("mapping", "pve-configid"), FLAG("usb3"), END};
static const struct sim_param vga[] = {
    {.name = "type", .optional = true, .unnamed = true,
     .values = "cirrus, qxl, qxl2, qxl3, qxl4, none, serial0, serial1, serial2, serial3, std, virtio, virtio-gl, vmware"},
    ONE_OF("clipboard", "vnc"), RANGE("memory", 4, 512), END};
static const struct sim_param virtiofs[] = {
    {.name = "dirid", .format = "pve-configid", .unnamed = true}, ONE_OF("cache", "auto, always, metadata, never"),
    FLAG("direct-io"), FLAG("expose-acl"), FLAG("expose-xattr"), END};
static const struct sim_param device[] = {
    AS("path", "pve-lxc-dev-string"), FLAG("deny-write"), FROM("gid", 0), LIKE("mode", "0[0-7]{3}"), FROM("uid", 0), END};
static const struct sim_param features[] = {
    FLAG("force_rw_sys"), FLAG("fuse"), FLAG("keyctl"), FLAG("mknod"), LIKE("mount", "[a-zA-Z0-9_; ]+"), FLAG("nesting"), END};
#define VOLUME_KEYS {.name = "volume", .format = "pve-lxc-mp-string", .unnamed = true}, FLAG("acl"), IDMAP, \
    LIKE("mountoptions", MOUNT_OPTION "(;" MOUNT_OPTION ")*"), FLAG("quota"), FLAG("replicate"), FLAG("ro"), \
    FLAG("shared"), AS("size", "disk-size")
static const struct sim_param rootfs[] = {VOLUME_KEYS, END};
static const struct sim_param mount_point[] = {
    VOLUME_KEYS, FLAG("backup"), FLAG("keepattrs"), {.name = "mp", .format = "pve-lxc-mp-string"}, END};
static const struct sim_param lxc_net[] = {
    {.name = "name", .pattern = "[_.A-Za-z0-9-]+"}, LIKE("bridge", "[_.A-Za-z0-9-]+"), FLAG("firewall"), AS("gw", "ipv4"),
    AS("gw6", "ipv6"), FLAG("host-managed"), AS("hwaddr", "mac-addr"), AS("ip", "pve-ipv4-config"),
    AS("ip6", "pve-ipv6-config"), FLAG("link_down"), RANGE("mtu", 64, 65535), REAL("rate"), RANGE("tag", 1, 4094),
    LIKE("trunks", "[0-9]+(;[0-9]+)*"), ONE_OF("type", "veth"), END};

#define QEMU_KEYS \
    FLAG("acpi"), AS("affinity", "pve-cpuset"), KEYS("agent", agent), FLAG("allow-ksm"), \
    AS("amd-sev", "pve-qemu-sev-fmt"), ONE_OF("arch", "x86_64, aarch64"), TEXT("args"), KEYS("audio0", audio), \
    FLAG("autostart"), FROM("balloon", 0), ONE_OF("bios", "seabios, ovmf"), AS("boot", "pve-qm-boot"), \
    AS("bootdisk", "pve-qm-bootdisk"), AS("cdrom", "pve-qm-ide"), AS("cicustom", "pve-qm-cicustom"), TEXT("cipassword"), \
    ONE_OF("citype", "configdrive2, nocloud, opennebula"), FLAG("ciupgrade"), TEXT("ciuser"), FROM("cores", 1), \
    AS("cpu", "pve-vm-cpu-conf"), REAL_RANGE("cpulimit", 0, 128), RANGE("cpuunits", 1, 262144), \
    {.name = "description", .optional = true, .max_length = 8192}, KEYS("efidisk0", efidisk), FLAG("freeze"), AS("hookscript", "pve-volume-id"), MANY("hostpci", 16, .format = "pve-qm-hostpci"), \
    AS("hotplug", "pve-hotplug-features"), ONE_OF("hugepages", "any, 2, 1024"), MANY("ide", 4, .sub = drive), \
    AS("intel-tdx", "pve-qemu-tdx-fmt"), MANY("ipconfig", 32, .format = "pve-qm-ipconfig"), KEYS("ivshmem", ivshmem), \
    FLAG("keephugepages"), ONE_OF("keyboard", "de, de-ch, da, en-gb, en-us, es, fi, fr, fr-be, fr-ca, fr-ch, hu, is, " \
    "it, ja, lt, mk, nl, no, pl, pt, pt-br, sv, sl, tr"), FLAG("kvm"), FLAG("localtime"), \
    ONE_OF("lock", "backup, clone, create, migrate, rollback, snapshot, snapshot-delete, suspending, suspended"), \
    KEYS("machine", machine), KEYS("memory", memory), REAL_FROM("migrate_downtime", 0), FROM("migrate_speed", 0), \
    AS("name", "dns-name"), AS("nameserver", "address-list"), MANY("net", 32, .sub = qemu_net), FLAG("numa"), \
    MANY("numa", 8, .sub = numa), FLAG("onboot"), ONE_OF("ostype", "other, wxp, w2k, w2k3, w2k8, wvista, win7, win8, " \
    "win10, win11, l24, l26, solaris"), MANY("parallel", 3, .pattern = "/dev/parport[0-9]+|/dev/usb/lp[0-9]+"), \
    FLAG("protection"), FLAG("reboot"), AS("rng0", "pve-qm-rng"), MANY("sata", 6, .sub = drive), \
    MANY("scsi", 31, .sub = drive), ONE_OF("scsihw", "lsi, lsi53c810, virtio-scsi-pci, virtio-scsi-single, megasas, " \
    "pvscsi"), TEXT("searchdomain"), MANY("serial", 4, .pattern = "/dev/[^,]+|socket"), RANGE("shares", 0, 50000), \
    {.name = "smbios1", .optional = true, .format = "pve-qm-smbios1", .max_length = 512}, \
    FROM("smp", 1), FROM("sockets", 1), KEYS("spice_enhancements", spice), AS("sshkeys", "urlencoded"), \
    LIKE("startdate", "now|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})?"), \
    AS("startup", "pve-startup-order"), FLAG("tablet"), AS("tags", "pve-tag-list"), FLAG("tdf"), FLAG("template"), \
    KEYS("tpmstate0", tpmstate), MANY("unused", 256, .sub = unused_disk), MANY("usb", 14, .sub = usb), FROM("vcpus", 1), \
    KEYS("vga", vga), MANY("virtio", 16, .sub = drive), MANY("virtiofs", 10, .sub = virtiofs), \
    LIKE("vmgenid", "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01]"), AS("vmstatestorage", "pve-storage-id"), \
    AS("watchdog", "pve-qm-watchdog")

#define QEMU_OPTIONS NODE, VMID, CONTROL, FLAG("force"), FLAG("skiplock"), QEMU_KEYS

const struct sim_param sim_qemu_options[] = {QEMU_OPTIONS, END};
const struct sim_param sim_qemu_create_params[] = {
    NODE, VMID, QEMU_KEYS, {.name = "archive", .optional = true, .max_length = 255}, FROM("bwlimit", 0),
    {.name = "force", .type = SIM_BOOLEAN, .optional = true, .needs = "archive"}, FLAG("ha-managed"),
    AS("import-working-storage", "pve-storage-id"), FLAG("live-restore"), AS("pool", "pve-poolid"), FLAG("start"),
    AS("storage", "pve-storage-id"), {.name = "unique", .type = SIM_BOOLEAN, .optional = true, .needs = "archive"}, END};
const struct sim_param sim_qemu_options_task[] = {
    QEMU_OPTIONS, RANGE("background_delay", 1, 30), AS("import-working-storage", "pve-storage-id"), END};
#define LXC_KEYS \
    ONE_OF("arch", "amd64, i386, arm64, armhf, riscv32, riscv64"), \
    ONE_OF("cmode", "shell, console, tty"), FLAG("console"), RANGE("cores", 1, 8192), REAL_RANGE("cpulimit", 0, 8192), \
    RANGE("cpuunits", 0, 500000), FLAG("debug"), {.name = "description", .optional = true, .max_length = 8192}, \
    MANY("dev", 256, .sub = device), LIKE("entrypoint", "[^[:cntrl:]]+"), LIKE("env", "[A-Za-z0-9_]+=[^[:cntrl:]]*"), \
    KEYS("features", features), AS("hookscript", "pve-volume-id"), \
    {.name = "hostname", .optional = true, .format = "dns-name", .max_length = 255}, \
    ONE_OF("lock", "backup, create, destroyed, disk, fstrim, migrate, mounted, rollback, snapshot, snapshot-delete"), \
    FROM("memory", 16), MANY("mp", 256, .sub = mount_point), AS("nameserver", "lxc-ip-with-ll-iface-list"), \
    MANY("net", 32, .sub = lxc_net), FLAG("onboot"), ONE_OF("ostype", "debian, devuan, ubuntu, centos, fedora, opensuse, " \
    "archlinux, alpine, gentoo, nixos, unmanaged"), FLAG("protection"), KEYS("rootfs", rootfs), \
    AS("searchdomain", "dns-name-list"), AS("startup", "pve-startup-order"), FROM("swap", 0), AS("tags", "pve-tag-list"), \
    FLAG("template"), AS("timezone", "pve-ct-timezone"), RANGE("tty", 0, 6), FLAG("unprivileged"), \
    MANY("unused", 256, .sub = unused_volume)

const struct sim_param sim_lxc_options[] = {NODE, VMID, CONTROL, LXC_KEYS, END};
const struct sim_param sim_lxc_create_params[] = {
    NODE, VMID, LXC_KEYS, REAL_FROM("bwlimit", 0), FLAG("force"), FLAG("ha-managed"), FLAG("ignore-unpack-errors"),
    {.name = "ostemplate", .max_length = 255}, {.name = "password", .optional = true, .min_length = 5},
    AS("pool", "pve-poolid"), FLAG("restore"), TEXT("ssh-public-keys"), FLAG("start"),
    AS("storage", "pve-storage-id"), {.name = "unique", .type = SIM_BOOLEAN, .optional = true, .needs = "restore"}, END};
/* clang-format on */
