/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sdn plane share. */
#ifndef PROXIMO_SDN_H
#define PROXIMO_SDN_H

#include "view.h"

extern const struct topic sdn_topic_zones, sdn_topic_vnets, sdn_topic_subnets, sdn_topic_controllers,
    sdn_topic_servers, sdn_topic_state, sdn_topic_apply, sdn_topic_lock;

/* The objects that are edited, as tables. */
extern const struct config_kind sdn_controller_kind, sdn_zone_kind, sdn_vnet_kind, sdn_subnet_kind;
/* By sort; NULL: it is not edited here. */
const struct config_kind *sdn_kind_of(enum sdn_sort sort);

/* ---- parameters */

#define SDN_AUDIT "SDN.Audit|SDN.Allocate"

/* A UUID. It is longer than what the core would generate, so that nobody is offered to make one up. */
#define SDN_LOCK_TOKEN                                                                                       \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "lock_token", .api_name = "lock-token",                       \
          .flags = PROXIMO_PARAM_SECRET | PROXIMO_PARAM_NOT_SENT, .minimum = 25, .maximum = 128,             \
          .description = "What pve_sdn_lock returned, where the configuration is locked. Proxmox VE 9.")
#define SDN_DIGEST                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "digest", .flags = PROXIMO_PARAM_NOT_SENT, .maximum = 64,     \
          .description = "Of an earlier read: refused if it was changed since. A fresh one is always sent.")
#define SDN_OPTIONS(text)                                                                                    \
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options", .flags = PROXIMO_PARAM_NOT_SENT,                   \
          .description = "Options as the API names them: " text)
#define SDN_DELETE                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .flags = PROXIMO_PARAM_NOT_SENT,                   \
          .description = "Options to remove, by the API's names.")

/* ---- edits (edit_check.c) */

#define SDN_EDIT_LIVE (1u << 0) /* it is not staged: what is written holds at once */

/*
 * What all edits have in common, for a kind's check function: the right to edit at `path`, the digest and the
 * lock's token of the arguments, what is pending beside it, and what the blast function must know. 0, or
 * negative after host->fail.
 */
int32_t sdn_check_edit(struct config_change *c, enum sdn_sort sort, const char *path, uint32_t flags);
/* Places the secret argument lock_token as a field; *ret_given: there is one. Fails on Proxmox VE 8. */
int32_t sdn_take_lock_token(const struct asking *a, uint32_t release, struct proximo_field *ret,
                            bool *ret_given);
/* Fails unless the site runs Proxmox VE 9: `what` is what Proxmox VE 8 does not have. */
int32_t sdn_need_9(const struct asking *a, const char *what, uint32_t *ret_release);
/* Options that only some types have: each row names a type and what it may have, besides `common`. */
struct sdn_type_keys {
    const char *type, *required, *allowed;
};
int32_t sdn_check_type(const struct config_change *c, const char *type, const struct sdn_type_keys *types,
                       uint32_t count, const char *common);

/* ---- whom edits affect (edit_blast.c) */

int32_t sdn_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t sdn_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t sdn_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#define SDN_SCHEMA(kind, member)                                                                             \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"" kind "\"},\"" member                       \
    "\":{\"type\":\"string\"},\"in\":{\"type\":\"string\"},\"edit\":{\"type\":\"string\"}},\"required\":["   \
    "\"kind\",\"" member "\"]}"

/* The three classes of a kind of object, with what each means and its lowest risk. */
#define SDN_THREE_CLASSES(kind, member, title_words, created, updated, deleted, risk)                        \
    {ROW(proximo_class),                                                                                     \
     .name = kind ".create",                                                                                 \
     .title = "create " title_words,                                                                         \
     .description = (created),                                                                               \
     .risk_floor = (risk),                                                                                   \
     .undo_kind = PROXIMO_UNDO_FUNCTION,                                                                     \
     .subject_schema = SDN_SCHEMA(kind, member),                                                             \
     .blast = sdn_blast_create},                                                                             \
        {ROW(proximo_class),                                                                                 \
         .name = kind ".update",                                                                             \
         .title = "change " title_words,                                                                     \
         .description = (updated),                                                                           \
         .risk_floor = (risk),                                                                               \
         .undo_kind = PROXIMO_UNDO_FUNCTION,                                                                 \
         .subject_schema = SDN_SCHEMA(kind, member),                                                         \
         .blast = sdn_blast_update},                                                                         \
    {                                                                                                        \
        ROW(proximo_class), .name = kind ".delete", .title = "delete " title_words,                          \
                            .description = (deleted), .risk_floor = PROXIMO_RISK_MEDIUM,                     \
                            .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SDN_SCHEMA(kind, member),  \
                            .blast = sdn_blast_delete                                                        \
    }
#define SDN_CLASSES(kind, member, title_words)                                                               \
    SDN_THREE_CLASSES(kind, member, title_words, "It is edited in; it is there with the next apply.",        \
                      "It is edited; guests on its VNets feel it at the next apply.",                        \
                      "It is edited out; guests that need it lose it at the next apply.", PROXIMO_RISK_LOW)
#define SDN_LIVE_CLASSES(kind, member, title_words)                                                          \
    SDN_THREE_CLASSES(kind, member, title_words, "It is there at once.",                                     \
                      "It holds at once; zones that use it are told otherwise from then on.",                \
                      "It is gone at once.", PROXIMO_RISK_MEDIUM)

/* ---- reads */

/* One object with both its sides; the tool's arguments name it (and its VNet). */
int32_t sdn_reply_object(void *instance, struct proximo_call *call, enum sdn_sort sort, const char *argument);

#endif
