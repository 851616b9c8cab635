/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers that routes name, by topic, and the few helpers that topics share.
 */
#ifndef PROXIMO_SIM_HANDLERS_H
#define PROXIMO_SIM_HANDLERS_H

#include "sim.h"

/* access.c */
sim_handler sim_users_list, sim_user_show, sim_user_tfa, sim_tokens_list, sim_token_show, sim_groups_list,
    sim_group_show, sim_roles_list, sim_role_show, sim_acl_list, sim_permissions, sim_domains_list;
/* acl_write.c */
sim_handler sim_acl_update;
/* access_users.c, access_groups.c, access_tokens.c, access_realms.c, realm_sync.c, auth.c */
sim_handler sim_user_create, sim_user_update, sim_user_delete, sim_user_unlock, sim_password_change,
    sim_group_create, sim_group_update, sim_group_delete, sim_role_create, sim_role_update, sim_role_delete,
    sim_token_create, sim_token_update, sim_token_delete, sim_tfa_update, sim_tfa_delete, sim_realm_create,
    sim_realm_update, sim_realm_delete, sim_realm_sync, sim_vncticket_check;
/* Every path that matters for `who` with the privileges held there, as call->data. */
void sim_permissions_dump(struct sim_call *call, const char *who);

/* cluster.c */
sim_handler sim_cluster_resources, sim_cluster_status, sim_cluster_options, sim_cluster_nextid,
    sim_cluster_log;
struct sim_guest;
/* The serialised answers for the present state, by caller and request; emptied at every change. Borrowed. */
struct json_object *sim_cache(struct sim *sim);
/* One entry of /cluster/resources (owned by the caller). */
struct json_object *sim_resource_guest(struct json_object *state, const struct sim_guest *guest);
struct json_object *sim_resource_storage(struct json_object *state, const char *node, const char *name);

/* datacenter.c */
sim_handler sim_config_join, sim_config_version, sim_schedule, sim_field_values, sim_targets,
    sim_metrics_list, sim_metrics_export, sim_config_totem;
/* datacenter_write.c */
sim_handler sim_options_update, sim_metrics_create, sim_metrics_update, sim_metrics_delete;
/* mapping.c */
sim_handler sim_mapping_list, sim_mapping_create, sim_mapping_update, sim_mapping_delete;
/* jobs.c */
sim_handler sim_backup_list, sim_backup_show, sim_backup_volumes, sim_backup_missing, sim_backup_create,
    sim_backup_update, sim_backup_delete;

/* pools.c */
sim_handler sim_pools_list, sim_pool_show;
/* pool_write.c */
sim_handler sim_pool_create, sim_pool_update, sim_pool_delete;

/* firewall.c */
sim_handler sim_fw_rules, sim_fw_rule, sim_fw_options, sim_fw_aliases, sim_fw_alias, sim_fw_ipsets,
    sim_fw_ipset, sim_fw_ipset_entry, sim_fw_groups, sim_fw_refs, sim_fw_macros,
    sim_fw_log; /* macros.c has sim_fw_macros */
/* firewall_rules.c */
sim_handler sim_fw_rule_create, sim_fw_rule_update, sim_fw_rule_delete;
/* firewall_objects.c */
sim_handler sim_fw_options_update, sim_fw_named_create, sim_fw_alias_update, sim_fw_alias_delete,
    sim_fw_list_delete, sim_fw_entry_create, sim_fw_entry_update, sim_fw_entry_delete;

/* guest_read.c */
sim_handler sim_guest_list, sim_guest_current, sim_guest_config, sim_guest_pending, sim_guest_snapshots,
    sim_guest_snapshot_config, sim_guest_feature;
/* migrate_check.c, migrate.c */
sim_handler sim_guest_migrate, sim_migrate;
/* bulk.c */
sim_handler sim_bulk;
/* power.c */
sim_handler sim_power;
/* snapshot.c */
sim_handler sim_snapshot_create, sim_snapshot_delete, sim_snapshot_rollback, sim_snapshot_update;
/* guest_disks.c, guest_disk_move.c */
sim_handler sim_disk_resize, sim_disk_unlink, sim_disk_move;
/* guest_config.c */
sim_handler sim_guest_update;
/* guest_create_new.c, guest_destroy.c, guest_clone.c, template.c */
sim_handler sim_qemu_create, sim_lxc_create, sim_guest_destroy, sim_guest_clone, sim_guest_template;
/* routes/guest_params.c */
extern const struct sim_param sim_qemu_options[], sim_qemu_options_task[], sim_qemu_create_params[],
    sim_lxc_options[], sim_lxc_create_params[];
/* agent.c, agent_action.c, agent_net.c */
sim_handler sim_agent, sim_agent_exec, sim_agent_exec_status, sim_agent_file_read, sim_agent_file_write,
    sim_interfaces;
/* cloudinit.c */
sim_handler sim_cloudinit, sim_cloudinit_dump, sim_cloudinit_update;

/* ha.c */
sim_handler sim_ha_resources, sim_ha_resource, sim_ha_rules, sim_ha_rule, sim_ha_current, sim_ha_manager;
/* ha_groups.c, ha_rules.c, ha_manager.c */
sim_handler sim_ha_groups, sim_ha_group_create, sim_ha_group_update, sim_ha_group_delete, sim_ha_rule_create,
    sim_ha_rule_update, sim_ha_rule_delete, sim_ha_disarm, sim_ha_arm;
/* ha_write.c */
sim_handler sim_ha_resource_create, sim_ha_resource_update, sim_ha_resource_delete, sim_ha_resource_move;

/* nodes.c */
sim_handler sim_nodes_list, sim_node_status, sim_node_hosts, sim_node_config, sim_rrddata, sim_node_syslog,
    sim_node_journal, sim_node_changelog, sim_node_zfs, sim_node_subscription, sim_node_version;
/* network_read.c, network_write.c */
sim_handler sim_node_network, sim_network_create, sim_network_update, sim_network_delete, sim_network_revert,
    sim_network_apply;
/* ceph.c */
sim_handler sim_ceph, sim_ceph_log, sim_ceph_metadata, sim_ceph_safety, sim_ceph_values;
/* replication.c */
sim_handler sim_replication_list, sim_replication_show, sim_node_replication, sim_node_replication_status,
    sim_node_replication_log;
/* replication_write.c */
sim_handler sim_replication_create, sim_replication_update, sim_replication_delete, sim_replication_now;
/* nodes_hardware.c */
sim_handler sim_node_disks, sim_node_smart, sim_node_pci;
/* nodes_write.c */
sim_handler sim_node_dns_update, sim_node_hosts_update, sim_node_time, sim_node_time_update,
    sim_node_config_update;
/* services.c */
sim_handler sim_service_command;
/* apt.c */
sim_handler sim_apt_refresh, sim_apt_repositories, sim_apt_repository_change, sim_apt_repository_add;

/* sdn_write.c, sdn_subnet.c, sdn_apply.c */
sim_handler sim_sdn_create, sim_sdn_update, sim_sdn_delete, sim_sdn_subnet_create, sim_sdn_subnet_update,
    sim_sdn_subnet_delete, sim_sdn_ip_create, sim_sdn_ip_update, sim_sdn_ip_delete, sim_sdn_ipam_status,
    sim_sdn_lock, sim_sdn_unlock, sim_sdn_apply, sim_sdn_rollback, sim_sdn_dry_run;
/* sdn_view.c */
sim_handler sim_sdn_list, sim_sdn_show;
/* sdn.c */
sim_handler sim_sdn_node_zones, sim_sdn_bridges, sim_sdn_content, sim_sdn_ip_vrf, sim_sdn_mac_vrf,
    sim_sdn_fabrics_all;

/* storage.c */
sim_handler sim_storage_list, sim_storage_status, sim_storage_import, sim_storage_identity,
    sim_vzdump_defaults;
bool sim_storage_on_node(struct json_object *config, const char *node);
/* storage_volumes.c */
sim_handler sim_storage_content, sim_storage_volume;
/* A volume of the node that the request names, or NULL. Borrowed. */
struct json_object *sim_volume_find(struct sim_call *call, const char *volid);
/* file_restore.c */
sim_handler sim_file_restore_list;
/* storage_config.c */
sim_handler sim_storage_create, sim_storage_update, sim_storage_delete;
/* storage_write.c */
sim_handler sim_volume_alloc, sim_volume_delete, sim_volume_update;
/* storage_upload.c */
sim_handler sim_storage_upload, sim_storage_download;
/* storage_prune.c */
sim_handler sim_storage_prune, sim_storage_prune_run;
/* routes/storage_params.c */
extern const struct sim_param sim_storage_create_params[], sim_storage_update_params[], sim_vzdump_params[];
/* vzdump.c */
sim_handler sim_vzdump, sim_vzdump_extract;

/* tasks.c */
sim_handler sim_tasks_list, sim_cluster_tasks, sim_task_status, sim_task_log;
/* task_run.c */
sim_handler sim_task_stop;
/* Numbered lines with the total beside; NULL lines read as a file that is not there. */
int sim_log_lines(struct sim_call *call, struct json_object *lines, int64_t default_limit);

#endif
