/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that make and destroy guests. */
#include "destroy.h"
#include "life.h"

static const struct proximo_param delete_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "purge", .default_json = "false",
          .description = "true: also take it out of HA, replication and backup jobs."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .default_json = "false",
          .description = "true: a running guest is stopped as by pulling the plug. Overrides nothing else."),
};
static const struct proximo_need delete_needs[] = {
    NEED("/vms/{vmid}", "VM.Allocate"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_param clone_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "newid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Number of the clone, unused in the whole cluster: pve_cluster_nextid."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .minimum = 1, .maximum = 255,
          .description = "Name of the clone (a container's host name)."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "full", .default_json = "false",
          .description =
              "Of a template: true: a full copy, false: a linked clone. Others are always copied."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",
          .description = "Pool to put it in: who has rights there has them on it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .description = "Of a full copy: storage for its disks. Absent: where the original's are."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target", .format = "node",
          .description = "Node to put it on; all disks must be on shared storage. Absent: the original's."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "snapname", .format = "snapname",
          .description = "Clone it as it was at this snapshot."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 8192,
          .description = "A note kept with the clone."),
};
static const struct proximo_need clone_needs[] = {
    NEED("/vms/{vmid}", "VM.Clone"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

#define NEW_PARAMS                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Number of the new guest, unused in the whole cluster: pve_cluster_nextid.")
#define NODE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                     \
          .description = "Node; absent: the configured one, or the only one.")

static const struct proximo_param container_params[] = {
    NEW_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ostemplate", .format = "volid",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Template: STORAGE:vztmpl/FILE; pve_storage_content lists them."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Storage for its root disk (4 GiB unless rootfs says otherwise)."),
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Options as Proxmox takes them: "
                         "{\"hostname\":\"web1\",\"memory\":1024,\"net0\":\"name=eth0,bridge=vmbr0,firewall="
                         "1,ip=dhcp\"}. "
                         "unprivileged is 1 unless said."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "password", .flags = PROXIMO_PARAM_SECRET, .minimum = 5,
          .maximum = 1024, .description = "Password of root in the container. Never shown or kept."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ssh_public_keys", .api_name = "ssh-public-keys",
          .format = "lines", .maximum = 16384,
          .description = "Keys that may log in as root, one a line (public keys: shown in the plan)."),
};
static const struct proximo_param vm_params[] = {
    NEW_PARAMS,
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Options as Proxmox takes them: {\"name\":\"web1\",\"memory\":2048,\"cores\":2,"
                         "\"scsi0\":\"local-lvm:32\",\"net0\":\"virtio,bridge=vmbr0,firewall=1\"}."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "cipassword", .flags = PROXIMO_PARAM_SECRET, .maximum = 1024,
          .description = "Password for cloud-init. Never shown or kept."),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_delete_guest",
        .title = "Destroy a guest",
        .description =
            "Deletes a machine or container with its disks and snapshots, for good; the plan says what "
            "refers to it and which backup could bring it back. Refused for one that is protected, "
            "locked, running without force, under HA or replicated without purge, or a template with "
            "linked clones.",
        .params = PROXIMO_TABLE(delete_params),
        .operation_class = DESTROY_CLASS,
        .needs = PROXIMO_TABLE(delete_needs),
        .plan = guests_plan_destroy,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_clone",
        .title = "Clone a guest",
        .description =
            "Creates a copy of a machine or container with a new number: of a template a linked clone, "
            "which binds it, or with full a full copy; of any other guest always a full copy. The plan "
            "says whether it fits and what it takes along. Undo destroys the clone as long as nobody "
            "started or changed it.",
        .params = PROXIMO_TABLE(clone_params),
        .operation_class = CLONE_CLASS,
        .needs = PROXIMO_TABLE(clone_needs),
        .plan = guests_plan_clone,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = guests_undo_clone,
        .undo_class = DESTROY_CLASS,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_create_container",
        .title = "Create a container",
        .description =
            "Creates a container, unprivileged unless options say otherwise. The number must be unused "
            "in the whole cluster, the storage for this content and with room; the plan names what "
            "reaches into the host. Undo destroys it as long as nobody started or changed it.",
        .params = PROXIMO_TABLE(container_params),
        .operation_class = CREATE_CLASS,
        .method = "POST",
        .path = "/nodes/{node}/lxc",
        .plan = guests_plan_create_container,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = guests_undo_create,
        .undo_class = DESTROY_CLASS,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_create_vm",
        .title = "Create a virtual machine",
        .description =
            "Creates a virtual machine with the disks, CD and network that options name. The number "
            "must be unused in the whole cluster, each storage for this content and with room; the "
            "plan names what reaches into the host. Undo destroys it as long as nobody started or "
            "changed it.",
        .params = PROXIMO_TABLE(vm_params),
        .operation_class = CREATE_CLASS,
        .method = "POST",
        .path = "/nodes/{node}/qemu",
        .plan = guests_plan_create_vm,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = guests_undo_create,
        .undo_class = DESTROY_CLASS,
    },
};

/* newid, full, target, storage, pool, snapname: what is to be made of it. */
#define CLONE_SUBJECT_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"newid\":{\"type\":\"integer\"},\"full\":{\"type\":\"boolean\"},\"target\":{\"type\":\"string\"},"     \
    "\"storage\":{\"type\":\"string\"},\"pool\":{\"type\":\"string\"},\"snapname\":{\"type\":\"string\"}},"  \
    "\"required\":[\"kind\",\"vmid\"]}"

/* new: there is no guest of this number yet; bridges and space: what create_blast.c reads. */
#define CREATE_SUBJECT_SCHEMA                                                                                \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"new\":{\"type\":\"boolean\"},\"node\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"          \
    "\"bridges\":{\"type\":\"string\"},\"space\":{\"type\":\"string\"},\"pool\":{\"type\":\"string\"}},"     \
    "\"required\":[\"kind\",\"vmid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = DESTROY_CLASS, .title = "destroy a guest",
     .description = "A guest, its disks and its snapshots are gone for good.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = DESTROY_SUBJECT_SCHEMA, .blast = guests_blast_destroy},
    {ROW(proximo_class), .name = CLONE_CLASS, .title = "clone a guest",
     .description = "A guest is copied to a new one; a linked clone binds its template.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = CLONE_SUBJECT_SCHEMA, .blast = guests_blast_clone},
    {ROW(proximo_class), .name = CREATE_CLASS, .title = "create a guest",
     .description = "A new machine or container; what its options reach is told by the plan.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = CREATE_SUBJECT_SCHEMA, .blast = guests_blast_create},
};

const struct topic guests_topic_life = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
