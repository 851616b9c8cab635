/* SPDX-License-Identifier: Apache-2.0 */
/* The table of skills, and what a message says held against it. */
#include "skills.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

#define REQUIRED true
#define GUEST                                                                                                \
    {                                                                                                        \
        "vmid", SKILL_GUEST, REQUIRED, NULL                                                                  \
    }
#define KIND                                                                                                 \
    {                                                                                                        \
        "kind", SKILL_TEXT, false, NULL                                                                      \
    }
#define NODE                                                                                                 \
    {                                                                                                        \
        "node", SKILL_TEXT, false, NULL                                                                      \
    }
#define TEXT(n)                                                                                              \
    {                                                                                                        \
        n, SKILL_TEXT, false, NULL                                                                           \
    }
#define MUST(n)                                                                                              \
    {                                                                                                        \
        n, SKILL_TEXT, REQUIRED, NULL                                                                        \
    }

static const struct skill skills[] = {
    {"node_status",
     "pve_node_status",
     "Node status",
     "Health and resources of a node.",
     false,
     false,
     {NODE}},
    {"list_guests",
     "pve_list_guests",
     "List guests",
     "Machines and containers with their state.",
     false,
     false,
     {NODE,
      KIND,
      TEXT("status"),
      TEXT("name"),
      TEXT("tag"),
      TEXT("pool"),
      {"limit", SKILL_INTEGER, false, NULL},
      {"offset", SKILL_INTEGER, false, NULL}}},
    {"guest_status",
     "pve_guest_status",
     "Guest status",
     "The present state of one guest.",
     false,
     false,
     {GUEST, KIND, NODE}},
    {"diagnose_node",
     "pve_diagnose",
     "Diagnose a node",
     "Findings about a node, the worst first.",
     false,
     false,
     {NODE}},
    {"diagnose_container",
     "ct_diagnose",
     "Diagnose a container",
     "Findings about a container, the worst first.",
     false,
     false,
     {{"vmid", SKILL_GUEST, REQUIRED, "ctid"}, NODE}},
    {"snapshot_list",
     "pve_snapshot_list",
     "List snapshots",
     "The snapshots of a guest.",
     false,
     false,
     {GUEST, KIND, NODE}},
    {"storage_status",
     "pve_storage_status",
     "Storage status",
     "Use and state of a storage.",
     false,
     false,
     {MUST("storage"), NODE}},
    {"backup_list",
     "pve_backup_list",
     "List backups",
     "The backups on a storage.",
     false,
     false,
     {MUST("storage"), NODE, {"vmid", SKILL_GUEST, false, NULL}}},
    {"config_get",
     "pve_guest_config_get",
     "Read a guest's configuration",
     "The configuration of a guest.",
     false,
     false,
     {GUEST, KIND, NODE}},
    {"audit_verify",
     "audit_verify",
     "Verify the ledger",
     "Checks the record of everything that was done.",
     false,
     true,
     {TEXT("expected_head")}},
    {"guest_power",
     "pve_guest_power",
     "Power of a guest",
     "Starts, stops, shuts down or reboots a guest. An approver has to sign the plan.",
     true,
     false,
     {GUEST, MUST("action"), KIND, NODE, {"timeout", SKILL_INTEGER, false, NULL}}},
    {"snapshot_create",
     "pve_snapshot_create",
     "Take a snapshot",
     "Takes a snapshot of a guest. An approver has to sign the plan.",
     true,
     false,
     {GUEST, MUST("snapname"), KIND, NODE, TEXT("description")}},
    {"snapshot_delete",
     "pve_snapshot_delete",
     "Delete a snapshot",
     "Deletes a snapshot of a guest. An approver has to sign the plan.",
     true,
     false,
     {GUEST, MUST("snapname"), KIND, NODE, {"force", SKILL_BOOLEAN, false, NULL}}},
    {"config_set",
     "pve_guest_config_set",
     "Change a guest's configuration",
     "Changes the configuration of a guest. An approver has to sign the plan.",
     true,
     false,
     {GUEST, {"changes", SKILL_OBJECT, false, NULL}, {"delete", SKILL_TEXTS, false, NULL}, KIND, NODE}},
    {"config_revert",
     "pve_guest_config_revert",
     "Revert a guest's configuration",
     "Puts an earlier configuration of a guest back. An approver has to sign the plan.",
     true,
     false,
     {GUEST, {"prior_config", SKILL_OBJECT, false, NULL}, {"pending", SKILL_TEXTS, false, NULL}, KIND, NODE}},
    {"backup",
     "pve_backup",
     "Back up a guest",
     "Makes a backup of a guest. An approver has to sign the plan.",
     true,
     false,
     {GUEST, MUST("storage"), TEXT("mode"), TEXT("compress"), KIND, NODE}},
};

/* Too far-reaching for another agent to ask for. */
static const char *const excluded[] = {"delete_guest",
                                       "rollback",
                                       "template_convert",
                                       "firewall_rule_add",
                                       "firewall_rule_update",
                                       "firewall_rule_delete",
                                       "firewall_set_enabled",
                                       "token_create",
                                       "token_revoke",
                                       "acl_modify",
                                       "network_apply",
                                       "sdn_apply",
                                       "storage_content_delete",
                                       "restore",
                                       "disk_move",
                                       "disk_resize",
                                       "ct_exec",
                                       "ct_psql"};

static const struct skill_param site_param = {"site", SKILL_TEXT, false, NULL};

const struct skill *skill_at(size_t index)
{
    return index < sizeof(skills) / sizeof(skills[0]) ? &skills[index] : NULL;
}

const struct skill *skill_find(const char *id)
{
    for (size_t i = 0; i < sizeof(skills) / sizeof(skills[0]); i++) {
        if (strcmp(skills[i].id, id) == 0)
            return &skills[i];
    }
    return NULL;
}

const char *skill_excluded(const char *id)
{
    for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
        if (strcmp(excluded[i], id) == 0)
            return "it is not offered over A2A, whatever the mode is";
    }
    return NULL;
}

static const struct skill_param *param_find(const struct skill *skill, const char *name)
{
    for (size_t i = 0; i < SKILL_PARAMS_MOST && skill->params[i].name; i++) {
        if (strcmp(skill->params[i].name, name) == 0)
            return &skill->params[i];
    }
    return !skill->no_site && strcmp(name, site_param.name) == 0 ? &site_param : NULL;
}

/* NULL, or what was expected. */
static const char *type_fault(enum skill_type type, struct json_object *value)
{
    const json_type is = json_object_get_type(value);

    switch (type) {
    case SKILL_TEXT: return is == json_type_string ? NULL : "a text";
    case SKILL_GUEST: return is == json_type_string || is == json_type_int ? NULL : "a text or an integer";
    case SKILL_INTEGER: return is == json_type_int ? NULL : "an integer";
    case SKILL_BOOLEAN: return is == json_type_boolean ? NULL : "true or false";
    case SKILL_OBJECT: return is == json_type_object ? NULL : "an object";
    case SKILL_TEXTS: break;
    }
    if (is != json_type_array)
        return "a list of texts";
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
            return "a list of texts";
    }
    return NULL;
}

static void add_fault(struct buf *faults, const char *name, const char *what)
{
    buf_printf(faults, "%s\"%.40s\" %s", faults->len ? "; " : "", name, what);
}

static int take(struct json_object *arguments, const struct skill_param *param, struct json_object *value,
                struct buf *faults)
{
    const char *expected = type_fault(param->type, value);

    if (expected) {
        buf_printf(faults, "%s\"%s\" must be %s", faults->len ? "; " : "", param->name, expected);
        return 0;
    }
    return json_object_object_add(arguments, param->tool_name ? param->tool_name : param->name,
                                  json_object_get(value));
}

static int refuse(const struct skill *skill, const struct buf *faults, struct problem *p)
{
    CLEANUP_BUF struct buf valid = BUF_INIT(1024);

    for (size_t i = 0; i < SKILL_PARAMS_MOST && skill->params[i].name; i++)
        buf_printf(&valid, "%s%s", i ? ", " : "", skill->params[i].name);
    (void)problem_set(p, -EINVAL, PX_ARG, "%s: %s", skill->id,
                      faults->data ? faults->data : "too many faults");
    problem_next(p, "send {\"skill\": \"%s\", \"params\": {...}} with these parameters", skill->id);
    problem_valid(p, "%s", valid.data ? valid.data : "");
    return -EINVAL;
}

int skill_arguments(const struct skill *skill, struct json_object *params, struct json_object **ret,
                    struct problem *p)
{
    CLEANUP_BUF struct buf faults = BUF_INIT(1024);
    struct json_object *arguments = json_object_new_object();
    int r = arguments ? 0 : -ENOMEM;

    if (params && r == 0) {
        json_object_object_foreach(params, key, value)
        {
            const struct skill_param *param = param_find(skill, key);
            if (!param)
                add_fault(&faults, key, "is no parameter of it");
            else if (r == 0)
                r = take(arguments, param, value, &faults);
        }
    }
    for (size_t i = 0; i < SKILL_PARAMS_MOST && skill->params[i].name; i++) {
        if (skill->params[i].required &&
            !(params && json_object_object_get_ex(params, skill->params[i].name, NULL)))
            add_fault(&faults, skill->params[i].name, "is missing");
    }
    if (r == 0 && !faults.len && !faults.error) {
        *ret = arguments;
        return 0;
    }
    json_object_put(arguments);
    return r < 0 ? problem_set(p, -ENOMEM, PX_INTERNAL, "no memory") : refuse(skill, &faults, p);
}
