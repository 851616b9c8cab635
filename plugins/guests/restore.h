/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests from archives: to a new number, or over the guest that has it. Sources: POST /nodes/{node}/qemu
 * (archive), POST /nodes/{node}/lxc (ostemplate, restore), GET .../content. The configuration inside of an
 * archive is not looked at: Proxmox prints it with nothing masked.
 */
#ifndef PROXIMO_GUESTS_RESTORE_H
#define PROXIMO_GUESTS_RESTORE_H

#include "backup.h"

#define RESTORE_CLASS "guest.restore"
#define RESTORE_SUBJECT_SCHEMA                                                                               \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"node\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"archive\":{\"type\":\"string\"},"       \
    "\"storage\":{\"type\":\"string\"},\"over\":{\"type\":\"boolean\"},\"new\":{\"type\":\"boolean\"}},"     \
    "\"required\":[\"kind\",\"vmid\","                                                                       \
    "\"archive\",\"storage\"]}"

struct restore {
    struct guest g; /* the guest that comes; state and configuration of the one that it overwrites */
    struct migrate_view view; /* of its node */
    const char *archive, *storage;
    const char *from; /* storage of the archive */
    int64_t own;      /* number of the guest that the archive is of; 0: not known */
    bool over;        /* a guest of this number is there */
    struct known_guests guests;
    struct guest now;        /* the guest that the archive is of, as it is now; config NULL: not read */
    struct looked list;      /* archives on `from` */
    struct json_object *row; /* of the archive, borrowed; NULL: not seen */
};

/* From an archive's name: "lxc", "qemu" or NULL, and whose it is (0: it does not say). */
const char *restore_kind(const char *archive, int64_t *ret_own);
/* Fills `from`, `list` and `row`; g's node is known. Negative: the call is over. */
int32_t restore_find_archive(struct restore *s);
void restore_done(struct restore *s);

int32_t guests_plan_restore(void *instance, struct proximo_call *call);
int32_t guests_undo_restore(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_restore(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
