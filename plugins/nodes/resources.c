/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_cluster_resources. A function and no row, because what a full answer needs depends on the type that is
 * asked for. The list itself passes through unread: it can be large.
 */
#include "nodes.h"

/* Rows without these privileges are left out (nodes: shown with fewer fields). */
static const struct {
    const char *type;
    struct proximo_need need;
} type_needs[] = {
    {"vm", NEED("/vms", "VM.Audit")},      {"storage", NEED("/storage", "Datastore.Audit")},
    {"node", NEED("/nodes", "Sys.Audit")}, {"sdn", NEED("/sdn/zones", "SDN.Audit")},
    {"pool", NEED("/pool", "Pool.Audit")}, /* listed when no type is asked for */
};
#define TYPES (sizeof(type_needs) / sizeof(type_needs[0]))

int32_t nodes_read_resources(void *instance, struct proximo_call *call)
{
    struct plane_instance *plane = instance;
    struct proximo_text type = {0};
    struct proximo_need needs[TYPES];
    uint32_t count = 0;
    char wanted[16] = "";
    int32_t r = plane->host->argument(call, "resource_type", &type);
    if (r < 0 && r != PROXIMO_ENOTFOUND)
        return r;
    if (r == PROXIMO_OK && type.len < sizeof(wanted))
        memcpy(wanted, type.ptr, type.len);
    for (size_t i = 0; i < TYPES; i++) {
        if (!*wanted || strcmp(wanted, type_needs[i].type) == 0)
            needs[count++] = type_needs[i].need;
    }
    const struct proximo_field field = FIELD("type", wanted);
    const struct proximo_get get = {
        .struct_size = (uint32_t)sizeof(get),
        .path = "/cluster/resources",
        .fields = &field,
        .field_count = *wanted ? 1 : 0,
        .needs = {.struct_size = (uint32_t)sizeof(struct proximo_table), .count = count, .rows = needs},
    };
    struct proximo_answer answer = {.struct_size = (uint32_t)sizeof(answer)};
    r = plane->host->get(call, &get, &answer);
    if (r < 0)
        return r;
    return nodes_reply_rows(plane, call, answer.data, &answer, 0);
}
