/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "plane/manifest.h"
#include "proximo/plane.h"

static const struct {
    const char *format;
    const char *samples[3];
} format_samples[] = {
    {"guest", {"105", "web1", NULL}},
    {"kind", {NULL}}, /* must fit the guest: see below */
    {"node", {"pve1", NULL}},
    {"vmid", {"105", NULL}},
    {"upid", {"UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam!tok:", NULL}},
    {"storage", {"local", NULL}},
    {"volid", {"local:iso/debian.iso", NULL}},
    {"snapname", {"base", NULL}},
    {"iface", {"vmbr0", NULL}},
    {"poolid", {"prod", NULL}},
    {"userid", {"root@pam", NULL}},
    {"realm", {"pam", NULL}},
    {"id", {"nightly", NULL}},
    {"safeid", {"main", NULL}},
    {"namespace", {"prod/web", NULL}},
};

/* Names that must be ones of a list that a node has: which there are differs from system to system. */
static const struct {
    const char *name, *sample;
} name_samples[] = {
    {"service", "pveproxy"},
    {"disk", "/dev/sda"},
};

#define PBS_UPID "UPID:vault:00001234:0000ABCD:00000001:66000000:garbage_collection:main:root@pam!tok:"

/* What one tool alone takes. */
static const struct {
    const char *tool, *name, *sample;
} tool_samples[] = {
    {"pve_backup_files", "volid", "local:backup/ct/105/2026-11-19T02:00:00Z"},
    {"pve_backup_files", "filepath", "/root.pxar.didx/etc"},
    {"pve_permissions", "who", "alice@pve!ci"},
    {"pve_permissions", "path", "/vms/105"},
    {"pve_who_can", "privilege", "VM.Audit"},
    {"pve_who_can", "path", "/vms/105"},
    {"pve_firewall_explain", "from", "vmbr0"},
    {"pve_firewall_explain", "to", "host"},
    {"pve_firewall_explain", "source", "10.10.10.77"},
    {"pve_firewall_explain", "dest", "10.10.10.11"},
    {"pve_firewall_explain", "proto", "udp"},
    {"pve_firewall_explain", "icmp_type", "echo-request"},
    {"pve_firewall_simulate", "edits", "[{\"part\":\"rules\",\"op\":\"insert\",\"value\":{}}]"},
    {"pbs_acl_list", "path", "/datastore/main"},
    {"pbs_task_status", "upid", PBS_UPID},
    {"pbs_task_log", "upid", PBS_UPID},
};
/* What goes with every call of a tool, though no parameter of it is required. */
static const char *const always[] = {"source", "dest"};
/* What says whose firewall it is; `not_for` names tools that this place has nothing for. */
static const struct {
    const char *name, *value, *not_for;
} places[] = {
    {"scope", "cluster", "pve_firewall_log"},
    {"node", "pve1", "pve_firewall_alias_list pve_ipset_list"},
    {"vmid", "105", ""},
    {"vmid", "web1", ""},
    {"vnet", "vnet1", ""},
    {"group", "webserver", ""},
};
static const char *const for_machines[] = {"pve_cloudinit_get", "pve_guest_agent_info", "vm_diagnose", NULL};
static const char *const for_containers[] = {"ct_diagnose", "ct_logs", NULL};

static bool is_one_of(const struct tool *tool, const char *const *names)
{
    while (*names && strcmp(*names, tool->name) != 0)
        names++;
    return *names != NULL;
}

/* Rules of HA came with 9, where 8 has groups. */
static const char *const since_9[] = {"pve_ha_rules_list", "pve_ha_rule_get", "pve_ha_failover", NULL};
static const char *const until_8[] = {"pve_ha_groups_list", "pve_ha_group_get", NULL};

const char *sample_release(const struct tool *tool)
{
    return is_one_of(tool, since_9) ? "9.2.3" : is_one_of(tool, until_8) ? "8.4.1" : NULL;
}

bool sample_for_machines(const struct tool *tool)
{
    return is_one_of(tool, for_machines);
}

bool sample_for_containers(const struct tool *tool)
{
    return is_one_of(tool, for_containers);
}

static const struct param_row *param_named(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->param_count; i++) {
        if (strcmp(tool->params[i].name, name) == 0)
            return &tool->params[i];
    }
    return NULL;
}

static bool needs_place(const struct tool *tool)
{
    return param_named(tool, "scope") || strcmp(tool->name, "pve_firewall_explain") == 0;
}

struct json_object *sample_place(const struct tool *tool, size_t n)
{
    for (size_t i = 0; needs_place(tool) && i < sizeof(places) / sizeof(places[0]); i++) {
        if (!param_named(tool, places[i].name) || strstr(places[i].not_for, tool->name) || n-- > 0)
            continue;
        struct json_object *place = json_object_new_object();
        json_object_object_add(place, places[i].name, json_object_new_string(places[i].value));
        for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++) {
            const struct param_row *param = param_named(tool, always[k]);
            if (param && strcmp(tool->name, "pve_firewall_explain") == 0)
                json_object_object_add(place, always[k], sample(tool, param, 0));
        }
        return place;
    }
    return NULL;
}

bool sample_is_place(const struct tool *tool, const struct param_row *param)
{
    if (!needs_place(tool))
        return false;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(places[i].name, param->name) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        if (strcmp(tool->name, "pve_firewall_explain") == 0 && strcmp(always[i], param->name) == 0)
            return true;
    }
    return param->format && strcmp(param->format, "kind") == 0;
}

struct json_object *sample(const struct tool *tool, const struct param_row *param, size_t n)
{
    for (size_t i = 0; i < sizeof(tool_samples) / sizeof(tool_samples[0]); i++) {
        if (strcmp(tool_samples[i].tool, tool->name) == 0 && strcmp(tool_samples[i].name, param->name) == 0)
            return n ? NULL : json_object_new_string(tool_samples[i].sample);
    }
    if (param->choices) {
        const char *at = param->choices;
        for (; n && *at; n--) {
            at += strcspn(at, ",");
            at += *at == ',';
        }
        struct json_object *word = *at ? json_object_new_string_len(at, (int)strcspn(at, ",")) : NULL;
        if (!word || param->type != PROXIMO_TYPE_STRINGS)
            return word;
        struct json_object *list = json_object_new_array();
        json_object_array_add(list, word);
        return list;
    }
    switch (param->type) {
    case PROXIMO_TYPE_INTEGER:
        if (n > 1)
            return NULL;
        if (param->minimum || param->maximum)
            return json_object_new_int64(n ? param->maximum : param->minimum);
        return n ? NULL : json_object_new_int64(1700000000);
    case PROXIMO_TYPE_BOOLEAN: return n > 1 ? NULL : json_object_new_boolean(n == 0);
    case PROXIMO_TYPE_NUMBER: return n ? NULL : json_object_new_double(0.5);
    case PROXIMO_TYPE_STRING: break;
    default: return NULL; /* free objects: the tools that take them bring their own samples */
    }
    for (size_t i = 0; i < sizeof(name_samples) / sizeof(name_samples[0]); i++) {
        if (strcmp(name_samples[i].name, param->name) == 0)
            return n ? NULL : json_object_new_string(name_samples[i].sample);
    }
    for (size_t i = 0; param->format && i < sizeof(format_samples) / sizeof(format_samples[0]); i++) {
        if (strcmp(format_samples[i].format, param->format) == 0) {
            const char *text = n < 3 ? format_samples[i].samples[n] : NULL;
            return text ? json_object_new_string(text) : NULL;
        }
    }
    return n ? NULL : json_object_new_string("vzdump");
}

/* Answers that name what the samples name, by the path (fnmatch) and what the description says is returned.
 * The first that fits. */
#define PVE 1u
#define PBS 2u
static const struct {
    const char *path, *returns; /* returns NULL: whatever it is */
    unsigned of;
    const char *answer;
} answers[] = {
    {"/nodes", NULL, PVE | PBS, "[{\"node\":\"pve1\"}]"},
    {"/cluster/resources", NULL, PVE,
     "[{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web1\",\"node\":\"pve1\"},"
     "{\"type\":\"lxc\",\"vmid\":105,\"name\":\"ct105\",\"node\":\"pve1\"}]"},
    /* What is waited for has ended. */
    {"*/tasks/*", "object", PVE | PBS, "{\"status\":\"stopped\"}"},
    {"*/tasks/*/log", NULL, PBS, "[]"}, /* the description does not say what it returns */
    /* A command runs only where the guest does. */
    {"*/status/current*", "object", PVE, "{\"status\":\"running\"}"},
    {"*/config*", "object", PVE | PBS,
     "{\"digest\":\"0123456789012345678901234567890123456789\",\"a\":1,"
     "\"net0\":\"virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\"}"},
    {"/nodes/pve1/network", NULL, PVE, "[{\"iface\":\"vmbr0\",\"type\":\"bridge\"}]"},
    {"/pools", NULL, PVE, "[{\"poolid\":\"prod\",\"members\":[]}]"},
    {"*/sdn/zones*", NULL, PVE, "[{\"zone\":\"nightly\",\"status\":\"available\"}]"},
    {"*/subnets*", NULL, PVE, "[{\"vnet\":\"nightly\",\"zone\":\"nightly\",\"subnet\":\"vzdump\"}]"},
    {"/cluster/sdn/vnets", NULL, PVE, "[{\"vnet\":\"nightly\",\"zone\":\"nightly\"}]"},
    {"/cluster/sdn/vnets/vnet1", NULL, PVE, "{\"vnet\":\"vnet1\",\"zone\":\"zone1\"}"},
    {"*/firewall/ipset", NULL, PVE, "[{\"name\":\"nightly\"}]"},
    {"/cluster/ha/groups/*", NULL, PVE, "{\"nodes\":\"pve1\"}"}, /* as the task's log */
    {"*/included_volumes*", NULL, PVE, "{\"children\":[]}"},
    {"*/agent/*", NULL, PVE, "{\"result\":{\"a\":1}}"},
};

const char *sample_answer(const char *path, const char *returns, bool pbs)
{
    static char text[512];

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (!(answers[i].of & (pbs ? PBS : PVE)) || fnmatch(answers[i].path, path, 0) != 0 ||
            (answers[i].returns && strcmp(answers[i].returns, returns) != 0))
            continue;
        snprintf(text, sizeof(text), "{\"data\":%s}", answers[i].answer);
        return text;
    }
    return NULL;
}

bool sample_is_of_9(const char *path)
{
    static const char *const begins[] = {"/cluster/sdn/fabrics/", "/cluster/sdn/prefix-lists",
                                         "/cluster/sdn/route-maps/", "/cluster/sdn/dry-run"};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        if (strncmp(path, begins[i], strlen(begins[i])) == 0)
            return true;
    }
    return false;
}
