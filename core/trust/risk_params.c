/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of parameters that several rows of the risk table share. The words mean what they mean in a row. */
#include "trust/risk_rows.h"

#include <string.h>

/* clang-format off */
static const struct risk_group groups[] = {
    {"qemu",
        "autostart description keyboard name tags args=args cdrom=disk cicustom=cicustom efidisk0=disk "
        "hookscript=hookscript hostpci[n]=hostpci ide[n]=disk ivshmem=ivshmem lock=lock "
        "parallel[n]=parallel protection=keep-protection sata[n]=disk scsi[n]=disk serial[n]=serial "
        "template=template tpmstate0=disk unused[n]=unused usb[n]=usb virtio[n]=disk virtiofs[n]=virtiofs "
        "m: acpi affinity agent allow-ksm amd-sev arch audio0 balloon bios boot bootdisk citype ciupgrade "
        "ciuser cores cpu cpulimit cpuunits freeze hotplug hugepages intel-tdx ipconfig[n] keephugepages "
        "kvm localtime machine memory migrate_downtime migrate_speed nameserver numa numa[n] onboot "
        "ostype reboot rng0 scsihw searchdomain shares smbios1 smp sockets spice_enhancements startdate "
        "startup tablet tdf vcpus vga vmgenid vmstatestorage watchdog"},
    {"lxc",
        "description tags dev[n]=dev features=features hookscript=hookscript lock=lock mp[n]=mp "
        "protection=keep-protection rootfs=rootfs template=template unused[n]=unused m: arch cmode "
        "console cores cpulimit cpuunits debug entrypoint env hostname memory nameserver onboot ostype "
        "searchdomain startup swap timezone tty"},
    {"firewall-rule",
        "action dest digest dport enable icmp-type iface log macro proto source sport type "
        "comment=one-line"},
    {"interface-pve",
        "comments comments6 type m: address address6 autostart bond-primary bond_mode "
        "bond_xmit_hash_policy bridge_ports bridge_vids bridge_vlan_aware cidr cidr6 gateway gateway6 mtu "
        "netmask netmask6 ovs_bonds ovs_bridge ovs_options ovs_ports ovs_tag slaves vlan-id "
        "vlan-raw-device"},
    {"interface-pbs",
        "comments comments6 type m: autostart bond-primary bond_mode bond_xmit_hash_policy bridge_ports "
        "bridge_vlan_aware cidr cidr6 gateway gateway6 method method6 mtu slaves vlan-id vlan-raw-device"},
    {"backup-job",
        "comment notes-template dumpdir=root-path maxfiles=prunes mode=backup-mode prune-backups=prunes "
        "remove=prunes script=root-path tmpdir=root-path m: bwlimit compress fleecing ionice lockwait "
        "mailnotification mailto notification-mode notification-policy notification-target "
        "pbs-change-detection-mode performance pigz protected quiet repeat-missed stdexcludes stop "
        "stopwait zstd"},
    {"realm-pve",
        "acr-values audiences autocreate base_dn bind_dn capath case-sensitive cert certkey "
        "check-connection client-id client-key comment default domain filter group_classes group_dn "
        "group_filter group_name_attr groups-autocreate groups-claim groups-overwrite issuer-url mode "
        "password port prompt query-userinfo scopes secure server1 server2 sslversion "
        "sync-defaults-options sync_attributes tfa user_attr user_classes verify"},
    {"metrics-pve",
        "api-path-prefix bucket disable influxdbproto max-body-size mtu organization otel-compression "
        "otel-headers otel-max-body-size otel-path otel-protocol otel-resource-attributes otel-timeout "
        "path port proto server timeout token otel-verify-ssl=no-verify verify-certificate=no-verify"},
    {"storage",
        "h: blocksize comstar_hg comstar_tg content-dirs create-base-path create-subdirs data-pool domain "
        "encryption-key fingerprint fs-name fuse is_mountpoint keyring krbd lio_tpg master-pubkey mkdir "
        "monhost mountpoint namespace nocow nowritecache options password pool port saferemove "
        "saferemove-stepsize saferemove_throughput server server2 skip-cert-verification smbversion "
        "snapshot-as-volume-chain sparse subdir tagged_only transport username zfs-base-path"},
    {"zone",
        "advertise-subnets bridge bridge-disable-mac-learning controller dhcp disable-arp-nd-suppression "
        "dns dnszone dp-id exitnodes exitnodes-local-routing exitnodes-primary fabric ipam lock-token mac "
        "mtu nodes peers reversedns rt-import secondary-controllers tag vlan-protocol vrf-vxlan "
        "vxlan-port"},
    {"controller",
        "asn bgp-mode bgp-multipath-as-path-relax ebgp ebgp-multihop fabric isis-domain isis-ifaces "
        "isis-net lock-token loopback node nodes peer-group-name peers route-map-in route-map-out"},
    {"guest-firewall-options",
        "digest log_level_in log_level_out delete=list enable=guest-firewall policy_in=guest-policy m: "
        "dhcp ipfilter macfilter ndp policy_out radv"},
    {"ceph-pool",
        "application crush_rule min_size pg_autoscale_mode pg_num pg_num_min size target_size "
        "target_size_ratio"},
    {"fabric",
        "area csnp_interval digest hello_interval ip6_prefix ip_prefix lock-token persistent_keepalive "
        "protocol redistribute route_filter"},
    {"smtp",
        "author comment disable from-address mailto mailto-user mode password port server username"},
    {"matcher",
        "comment disable invert-match match-calendar match-field match-severity mode target"},
    {"ldap",
        "base-dn bind-dn capath comment default filter mode password port server1 server2 sync-attributes "
        "sync-defaults-options user-classes verify"},
    {"datastore",
        "comment counter-reset-schedule notification-mode notification-thresholds notify notify-user "
        "verify-new"},
    {"s3",
        "access-key burst-in burst-out endpoint fingerprint path-style port provider-quirks "
        "put-rate-limit rate-in rate-out region secret-key"},
    {"sync",
        "active-encryption-key associated-key burst-in burst-out comment encrypted-only group-filter "
        "max-depth ns owner rate-in rate-out remote remote-ns remote-store resync-corrupt run-on-mount "
        "schedule store sync-direction transfer-last unmount-on-done verified-only worker-threads "
        "remove-vanished=vanished"},
    {"transfer",
        "burst-in burst-out encrypted-only group-filter max-depth ns rate-in rate-out remote remote-ns "
        "remote-store store transfer-last verified-only worker-threads remove-vanished=vanished"},
    {"tape-job",
        "comment drive eject-media export-media-set group-filter latest-only max-depth notification-mode "
        "notify-user ns pool schedule store worker-threads"},
    {"prune-job",
        "comment disable keep-daily keep-hourly keep-last keep-monthly keep-weekly keep-yearly max-depth "
        "ns schedule store"},
    {"keep",
        "keep-daily keep-hourly keep-last keep-monthly keep-weekly keep-yearly"},
    {"verify-job",
        "comment ignore-verified max-depth ns outdated-after read-threads schedule store verify-threads"},
    {"influxdb",
        "bucket comment enable max-body-size organization token url verify-tls=no-verify"},
    {"traffic",
        "burst-in burst-out comment network rate-in rate-out timeframe users"},
};
/* clang-format on */

const struct risk_group *risk_groups(size_t *ret_count)
{
    *ret_count = sizeof(groups) / sizeof(groups[0]);
    return groups;
}

const char *risk_group_words(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (strncmp(groups[i].name, name, len) == 0 && groups[i].name[len] == '\0')
            return groups[i].words;
    return NULL;
}
