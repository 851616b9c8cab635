/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a guest that has something on a storage that goes. */
#include "storage_blast.h"

const struct hit_words hit_words[] = {
    {HIT_UNREAD,
     {PROXIMO_RISK_HIGH, PROXIMO_RISK_HIGH, PROXIMO_RISK_HIGH},
     {"its configuration was not read: its disks may be on it",
      "its configuration was not read: its disks may be on it",
      "its configuration was not read: its disks may be on it"}},
    {HIT_TEMPLATE,
     {PROXIMO_RISK_HIGH, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_HIGH},
     {"is a template with base disks on it: nothing can be cloned from it, and its linked clones need them "
      "to start",
      "is a template with base disks on it: clones of it may be refused",
      "is a template with base disks on it: it and its linked clones do not find them unless the new place "
      "has them"}},
    {HIT_BOOT,
     {PROXIMO_RISK_HIGH, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_HIGH},
     {"does not start any more: its boot disk or root file system, EFI variables or TPM state are on it; "
      "while it runs it "
      "keeps what it has open, but cannot move or be backed up",
      "may not start any more: Proxmox refuses disks on a storage that may not hold them",
      "does not start any more unless the new place has its boot disk or root file system; while it runs it "
      "keeps what "
      "it has open"}},
    {HIT_ALL,
     {PROXIMO_RISK_HIGH, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_HIGH},
     {"loses all its disks and does not start any more; while it runs it keeps what it has open",
      "may not start any more: Proxmox refuses disks on a storage that may not hold them",
      "does not start any more unless the new place has its disks; while it runs it keeps what it has open"}},
    {HIT_DATA,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM},
     {"loses a data disk, its boot disk is elsewhere: it does not start again with this disk attached",
      "may not start with this disk any more: Proxmox refuses disks on a storage that may not hold them",
      "loses a data disk unless the new place has it, its boot disk is elsewhere"}},
    {HIT_CLOUDINIT,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM},
     {"its cloud-init drive or a CD volume of its own is on it: it does not start again with this drive",
      "its cloud-init drive or a CD volume of its own is on it and cannot be written any more",
      "its cloud-init drive or a CD volume of its own is on it: it is missing at the new place"}},
    {HIT_FILE,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM, PROXIMO_RISK_MEDIUM},
     {"its hook script or cloud-init file is on it: it does not start again without it",
      "its hook script or cloud-init file is on it and may be refused",
      "its hook script or cloud-init file is on it: it does not start unless the new place has it"}},
    {HIT_CD,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_LOW, PROXIMO_RISK_MEDIUM},
     {"the CD image in its drive is missing: it does not start again until the drive is emptied",
      "the CD image in its drive is on it and may be refused",
      "the CD image in its drive is missing unless the new place has it"}},
    {HIT_VMSTATE,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_LOW, PROXIMO_RISK_MEDIUM},
     {"the memory it was suspended with is on it: it cannot be resumed",
      "the memory it was suspended with is on it", "the memory it was suspended with is missing"}},
    {HIT_BIND,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_LOW, PROXIMO_RISK_MEDIUM},
     {"a directory inside the storage's path is mounted into it: once the path is not mounted any more, it "
      "does not "
      "start or writes to the node's own disk",
      "a directory inside the storage's path is mounted into it: nothing changes for it",
      "a directory inside the storage's path is mounted into it: it may be another one now"}},
    {HIT_LEFT,
     {PROXIMO_RISK_MEDIUM, PROXIMO_RISK_LOW, PROXIMO_RISK_MEDIUM},
     {"volumes of its own are on it that its configuration does not name: of a snapshot, or left over",
      "volumes of its own are on it that its configuration does not name: of a snapshot, or left over",
      "volumes of its own are on it that its configuration does not name: of a snapshot, or left over"}},
    {HIT_UNUSED,
     {PROXIMO_RISK_LOW, PROXIMO_RISK_LOW, PROXIMO_RISK_LOW},
     {"only a disk that it does not use is on it", "only a disk that it does not use is on it",
      "only a disk that it does not use is on it"}},
};
