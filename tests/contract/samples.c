/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

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
    {"pbs_acl_list", "path", "/datastore/main"},
    {"pbs_task_status", "upid", PBS_UPID},
    {"pbs_task_log", "upid", PBS_UPID},
};
static const char *const for_machines[] = {"pve_cloudinit_get", "pve_guest_agent_info", "vm_diagnose", NULL};
static const char *const for_containers[] = {"ct_diagnose", "ct_logs", NULL};

static bool is_one_of(const struct tool *tool, const char *const *names)
{
    while (*names && strcmp(*names, tool->name) != 0)
        names++;
    return *names != NULL;
}

bool sample_for_machines(const struct tool *tool)
{
    return is_one_of(tool, for_machines);
}

bool sample_for_containers(const struct tool *tool)
{
    return is_one_of(tool, for_containers);
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
