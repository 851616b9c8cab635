/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about second factors. Proxmox takes changes of them from somebody who is logged in, never from an API
 * token, so the removal is refused before it is planned, with what a person does instead. Sources: GET
 * /access/tfa, GET, DELETE /access/tfa/{userid}/{id}.
 */
#include "access.h"

#define FACTOR_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "tfa_id", .api_name = "id", .flags = PROXIMO_PARAM_REQUIRED,  \
          .minimum = 1, .maximum = 128, .description = "Id of the factor, as pve_tfa_list has it.")

static const struct proximo_param one_params[] = {USERID_PARAM, FACTOR_PARAM};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "userid"),
    COLUMN(.name = "entries", UNTRUSTED),
    COLUMN(.name = "totp-locked"),
    COLUMN(.name = "tfa-locked-until", .unit = "epoch"),
};
static const struct proximo_column get_columns[] = {
    COLUMN(.name = "id"),
    COLUMN(.name = "type"),
    COLUMN(.name = "description", UNTRUSTED),
    COLUMN(.name = "enable"),
    COLUMN(.name = "created", .unit = "epoch"),
};
static const struct proximo_need audit[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_tfa_list", .title = "Second factors",
     .description =
         "Lists which users have second factors (TOTP, WebAuthn, recovery keys, Yubico), and who is "
         "locked after wrong codes.",
     .path = "/access/tfa", .columns = PROXIMO_TABLE(list_columns), .sort_by = "userid",
     .needs = PROXIMO_TABLE(audit)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_tfa_get", .title = "Second factor",
     .description =
         "Shows one second factor of a user: type, description, since when. Its secret is never shown.",
     .params = PROXIMO_TABLE(one_params), .path = "/access/tfa/{userid}/{tfa_id}",
     .columns = PROXIMO_TABLE(get_columns), .needs = PROXIMO_TABLE(audit)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_NO_TOKEN, .name = "pve_tfa_delete",
     .title = "Remove a second factor",
     .description =
         "Removes a second factor of a user. Proxmox takes that from nobody but a person who is logged "
         "in, never from an API token: it is refused, with what the operator does instead.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "tfa.delete",
     .subject = "second-factor/{userid}/{tfa_id}", .method = "DELETE",
     .path = "/access/tfa/{userid}/{tfa_id}", .undo_kind = PROXIMO_UNDO_NONE},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "tfa.delete", .title = "remove a second factor",
     .description = "The user's password alone is enough, or the user is locked out.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS | PROXIMO_CLASS_CUTS_OFF,
     .undo_kind = PROXIMO_UNDO_NONE,
     .subject_schema = "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"second-factor\"},\"id\":"
                       "{\"type\":\"string\"}},\"required\":[\"kind\",\"id\"]}",
     .blast = acl_blast},
};

const struct topic acl_topic_tfa = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
