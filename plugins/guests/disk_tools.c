/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change a guest's disks. */
#include "disks.h"

#define DISK_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "disk", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .description = "Slot of the disk: scsi0, virtio1, rootfs, mp0.")

static const struct proximo_param resize_params[] = {
    GUEST_PARAMS,
    DISK_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "size", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 32,
          .description = "\"+10G\": by so much; \"42G\": to so much. Units K, M, G, T."),
};

static const struct proximo_param move_params[] = {
    GUEST_PARAMS,
    DISK_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "target_storage", .format = "storage",
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Storage that it moves to, on the guest's node."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "delete_source", .default_json = "false",
          .description = "Deletes the source when the copy is whole; otherwise it stays as unusedN."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "format", .choices = "raw,qcow2,vmdk",
          .description = "Machines, on file storage: format of the copy; absent: Proxmox chooses."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "bwlimit", .minimum = 0, .maximum = INT32_MAX,
          .description = "At most so many KiB a second; absent: the datacenter's limit."),
};

static const struct proximo_param unlink_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "disks", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 32, .description = "Slots: [\"scsi1\"] detaches it, [\"unused0\"] deletes it."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .default_json = "false",
          .description = "Machines: deletes the volumes of attached disks as well, with all data."),
};

static const struct proximo_need disk_needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_disk_resize",
        .title = "Make a disk larger",
        .description =
            "Changes a disk of a machine or a volume of a container to a larger size, while it runs or not. "
            "The plan has the size that the disk will have, and says whether its storage has room or is "
            "promised more than it has. A disk never gets smaller again, so there is no undo.",
        .params = PROXIMO_TABLE(resize_params),
        .operation_class = "disk.resize",
        .needs = PROXIMO_TABLE(disk_needs),
        .plan = guests_plan_disk_resize,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_disk_move",
        .title = "Move a disk to another storage",
        .description =
            "Moves a disk to another storage on the same node: of a machine also while it runs, of a "
            "container when it is stopped. The plan weighs its size against what is free there, names who "
            "shares it, and says what becomes of the source and of snapshots. Undo moves it back.",
        .params = PROXIMO_TABLE(move_params),
        .operation_class = "disk.move",
        .needs = PROXIMO_TABLE(disk_needs),
        .plan = guests_plan_disk_move,
        .plan_undo = guests_undo_disk_move,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "pve_disk_unlink",
        .title = "Detach or delete disks",
        .description =
            "Takes disks away from a guest: an attached one is detached and stays as unusedN with its data, "
            "and undo attaches it again. An unused disk, or with force an attached one, is deleted: the plan "
            "names who else uses it and the newest backup, and there is no undo.",
        .params = PROXIMO_TABLE(unlink_params),
        .operation_class = "disk.unlink",
        .needs = PROXIMO_TABLE(disk_needs),
        .plan = guests_plan_disk_unlink,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

#define DISK_CLASS(class_name, class_title, class_risk, class_undo, class_flags, class_blast, class_members, \
                   class_named, class_text)                                                                  \
    {                                                                                                        \
        ROW(proximo_class), .risk_floor = (class_risk), .flags = (class_flags), .undo_kind = (class_undo),   \
                            .name = (class_name), .title = (class_title), .description = (class_text),       \
                            .subject_schema = "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":"    \
                                              "\"guest\"},\"vmid\":{\"type\":\"integer\"}," class_members    \
                                              "},\"required\":[\"kind\",\"vmid\",\"" class_named "\"]}",     \
                            .blast = (class_blast)                                                           \
    }
#define TEXT_MEMBER(member) "\"" member "\":{\"type\":\"string\"}"

static const struct proximo_class classes[] = {
    DISK_CLASS("disk.resize", "make a guest's disk larger", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_NONE, 0,
               guests_blast_disk_resize, TEXT_MEMBER("disk") ",\"size\":{\"type\":\"integer\"}", "disk",
               "A disk grows, for good; its storage must have the room."),
    DISK_CLASS("disk.move", "move a guest's disk", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_FUNCTION, 0,
               guests_blast_disk_move,
               TEXT_MEMBER("disk") "," TEXT_MEMBER("target") ",\"delete_source\":{\"type\":\"boolean\"}",
               "disk", "A disk is copied to another storage, which must have the room."),
    DISK_CLASS("disk.unlink", "detach a guest's disks", PROXIMO_RISK_MEDIUM, PROXIMO_UNDO_TEMPLATE, 0,
               guests_blast_disk_unlink, TEXT_MEMBER("disks") ",\"force\":{\"type\":\"boolean\"}", "disks",
               "Disks are taken away from a guest; their data stays."),
    DISK_CLASS("disk.destroy", "delete a guest's disks", PROXIMO_RISK_HIGH, PROXIMO_UNDO_NONE,
               PROXIMO_CLASS_DESTROYS, guests_blast_disk_destroy,
               TEXT_MEMBER("disks") ",\"force\":{\"type\":\"boolean\"}", "disks",
               "Volumes of a guest are deleted with all their data."),
};

const struct topic guests_topic_disks = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
