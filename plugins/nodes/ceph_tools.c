/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about Ceph as Proxmox runs it: reads only. A cluster without Ceph answers with Proxmox's own error.
 * Sources: GET /cluster/ceph/status, /cluster/ceph/flags, /nodes/{node}/ceph/osd, pool, mon.
 */
#include "nodes.h"

/* Either is enough for Proxmox. */
static const struct proximo_need ceph_audit[] = {NEED("/", "Sys.Audit|Datastore.Audit")};
static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_param node_only[] = {NODE_PARAM};

static const struct proximo_column status_columns[] = {
    COLUMN(.name = "health", .from = "/health/status"),
    COLUMN(.name = "checks", .from = "/health/checks"),
    COLUMN(.name = "muted", .from = "/health/mutes"),
    COLUMN(.name = "monitors", .from = "/monmap/num_mons"),
    COLUMN(.name = "quorum", .from = "/quorum_names"),
    COLUMN(.name = "manager", .from = "/mgrmap/active_name"),
    COLUMN(.name = "osds", .from = "/osdmap/num_osds"),
    COLUMN(.name = "osds_up", .from = "/osdmap/num_up_osds"),
    COLUMN(.name = "osds_in", .from = "/osdmap/num_in_osds"),
    COLUMN(.name = "pgs", .from = "/pgmap/num_pgs"),
    COLUMN(.name = "pgs_by_state", .from = "/pgmap/pgs_by_state"),
    COLUMN(.name = "degraded_ratio", .from = "/pgmap/degraded_ratio", .unit = "fraction"),
    COLUMN(.name = "misplaced_ratio", .from = "/pgmap/misplaced_ratio", .unit = "fraction"),
    COLUMN(.name = "bytes_used", .from = "/pgmap/bytes_used", .unit = "bytes"),
    COLUMN(.name = "bytes_avail", .from = "/pgmap/bytes_avail", .unit = "bytes"),
    COLUMN(.name = "bytes_total", .from = "/pgmap/bytes_total", .unit = "bytes"),
    COLUMN(.name = "read_bytes_sec", .from = "/pgmap/read_bytes_sec", .unit = "bytes", EXTRA),
    COLUMN(.name = "write_bytes_sec", .from = "/pgmap/write_bytes_sec", .unit = "bytes", EXTRA),
    COLUMN(.name = "recovering_bytes_per_sec", .from = "/pgmap/recovering_bytes_per_sec", .unit = "bytes",
           EXTRA),
    COLUMN(.name = "fsid", EXTRA),
    COLUMN(.name = "fsmap", EXTRA),
};
static const struct proximo_column osd_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "host"),
    COLUMN(.name = "status"),
    COLUMN(.name = "in"),
    COLUMN(.name = "device_class"),
    COLUMN(.name = "percent_used", .unit = "percent"),
    COLUMN(.name = "bytes_used", .unit = "bytes"),
    COLUMN(.name = "total_space", .unit = "bytes"),
    COLUMN(.name = "apply_latency_ms"),
    COLUMN(.name = "commit_latency_ms"),
    COLUMN(.name = "name", EXTRA),
    COLUMN(.name = "root", EXTRA),
    COLUMN(.name = "crush_weight", EXTRA),
    COLUMN(.name = "reweight", EXTRA),
    COLUMN(.name = "pgs", EXTRA),
    COLUMN(.name = "osdtype", EXTRA),
    COLUMN(.name = "ceph_version_short", EXTRA),
};
static const struct proximo_column pool_columns[] = {
    COLUMN(.name = "pool_name"),
    COLUMN(.name = "type"),
    COLUMN(.name = "size"),
    COLUMN(.name = "min_size"),
    COLUMN(.name = "pg_num"),
    COLUMN(.name = "crush_rule_name"),
    COLUMN(.name = "bytes_used", .unit = "bytes"),
    COLUMN(.name = "percent_used", .unit = "fraction"),
    COLUMN(.name = "pg_autoscale_mode"),
    COLUMN(.name = "application_metadata", EXTRA),
    COLUMN(.name = "autoscale_status", EXTRA),
    COLUMN(.name = "crush_rule", EXTRA),
    COLUMN(.name = "pg_num_final", EXTRA),
    COLUMN(.name = "pg_num_min", EXTRA),
    COLUMN(.name = "pool", EXTRA),
    COLUMN(.name = "target_size", .unit = "bytes", EXTRA),
    COLUMN(.name = "target_size_ratio", EXTRA),
};
static const struct proximo_column mon_columns[] = {
    COLUMN(.name = "name"),
    COLUMN(.name = "host"),
    COLUMN(.name = "addr"),
    COLUMN(.name = "state"),
    COLUMN(.name = "quorum"),
    COLUMN(.name = "rank"),
    COLUMN(.name = "ceph_version_short"),
    COLUMN(.name = "ceph_version", EXTRA),
    COLUMN(.name = "direxists", EXTRA),
    COLUMN(.name = "service", EXTRA),
};
static const struct proximo_column flag_columns[] = {
    COLUMN(.name = "name"),
    COLUMN(.name = "value"),
    COLUMN(.name = "description"),
};

/* ---- pve_ceph_osd_list: the leaves of the CRUSH tree, with the host and root above them */

#define TREE_DEPTH 16

static int32_t take_osds(struct json_object *node, const char *host, const char *root, uint32_t depth,
                         struct json_object *rows)
{
    struct json_object *children = member_of(node, "children");
    const size_t count =
        json_object_is_type(children, json_type_array) ? json_object_array_length(children) : 0;
    int32_t r = depth < TREE_DEPTH ? PROXIMO_OK : PROXIMO_EPROTO;
    if (member_is(node, "type", "host"))
        host = member_text(node, "name");
    if (member_is(node, "type", "root"))
        root = member_text(node, "name");
    if (r == PROXIMO_OK && member_is(node, "type", "osd")) {
        if (host && !member_of(node, "host"))
            json_object_object_add(node, "host", json_object_new_string(host));
        if (root)
            json_object_object_add(node, "root", json_object_new_string(root));
        return json_object_array_add(rows, json_object_get(node)) == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = take_osds(json_object_array_get_idx(children, i), host, root, depth + 1, rows);
    return r;
}

static int32_t read_osds(void *instance, struct proximo_call *call)
{
    struct plane_instance *plane = instance;
    const struct asking a = {plane->host, call};
    const struct proximo_field node = FIELD("node", ask_argument(&a, "node"));
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/ceph/osd", .fields = &node,
                                    .field_count = 1, .needs = PROXIMO_TABLE(ceph_audit)};
    struct proximo_answer answer;
    struct json_object *data DROP_JSON = NULL, *rows DROP_JSON = json_object_new_array();
    int32_t r = rows ? nodes_get(plane, call, &get, &answer, &data) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    r = take_osds(member_of(data, "root"), NULL, NULL, 0, rows);
    if (r == PROXIMO_EPROTO)
        return a.host->fail(call, r, "the tree of OSDs is deeper than %d levels", TREE_DEPTH);
    return r == PROXIMO_OK ? nodes_reply_rows(plane, call, json_text(rows), &answer, 0) : r;
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_ceph_status", .title = "Ceph status",
     .description = "Shows the health of Ceph: status with the checks that speak, monitors, OSDs up and in, "
                    "placement groups by state, space. Use it first when storage on Ceph is slow or refuses "
                    "writes.",
     .path = "/cluster/ceph/status", .columns = PROXIMO_TABLE(status_columns),
     .needs = PROXIMO_TABLE(ceph_audit)},
    {ROW(proximo_read), .name = "pve_ceph_osd_list", .title = "Ceph OSDs",
     .description = "Lists the OSDs of Ceph with their host, whether they are up and in, how full they are "
                    "and how fast they answer. Any node with Ceph knows all of them.",
     .params = PROXIMO_TABLE(node_only), .columns = PROXIMO_TABLE(osd_columns), .count_by = "status",
     .sort_by = "id", .needs = PROXIMO_TABLE(ceph_audit), .path = "/nodes/{node}/ceph/osd",
     .read = read_osds},
    {ROW(proximo_read), .name = "pve_ceph_pools", .title = "Ceph pools",
     .description = "Lists the pools of Ceph: copies (size), how many must be there for writes (min_size), "
                    "placement groups, space used.",
     .params = PROXIMO_TABLE(node_only), .path = "/nodes/{node}/ceph/pool",
     .columns = PROXIMO_TABLE(pool_columns), .count_by = "type", .sort_by = "pool_name",
     .needs = PROXIMO_TABLE(ceph_audit)},
    {ROW(proximo_read), .name = "pve_ceph_mon_list", .title = "Ceph monitors",
     .description = "Lists the monitors of Ceph: where they run, whether each takes part in the votes, their "
                    "version.",
     .params = PROXIMO_TABLE(node_only), .path = "/nodes/{node}/ceph/mon",
     .columns = PROXIMO_TABLE(mon_columns), .count_by = "state", .sort_by = "name",
     .needs = PROXIMO_TABLE(ceph_audit)},
    {ROW(proximo_read), .name = "pve_ceph_flags", .title = "Ceph flags",
     .description = "Lists the flags of the Ceph cluster (noout, norebalance, pause and others) and whether "
                    "each is set. A flag that someone forgot explains why Ceph does not heal.",
     .path = "/cluster/ceph/flags", .columns = PROXIMO_TABLE(flag_columns), .count_by = "value",
     .sort_by = "name", .needs = PROXIMO_TABLE(root_audit)},
};

const struct topic nodes_topic_ceph = {
    .reads = PROXIMO_TABLE(reads),
};
