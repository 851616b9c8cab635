/* SPDX-License-Identifier: Apache-2.0 */
/* A foreign plane for Backup Servers whose rows start tasks there: for the whole road to one. */
#include "proximo/plane.h"

#define ROW(type) .struct_size = (uint32_t)sizeof(struct type)

static const struct proximo_param store[] = {{ROW(proximo_param), .type = PROXIMO_TYPE_STRING,
                                              .flags = PROXIMO_PARAM_REQUIRED, .name = "store",
                                              .description = "Datastore.", .format = "safeid"}};
static const struct proximo_param job[] = {{ROW(proximo_param), .type = PROXIMO_TYPE_STRING,
                                            .flags = PROXIMO_PARAM_REQUIRED, .name = "id",
                                            .description = "Job.", .format = "safeid"}};
static const struct proximo_need modify[] = {
    {ROW(proximo_need), .path = "/datastore/{store}", .privilege = "Datastore.Modify"}};

#define CHANGE(tool, parameters, of, to)                                                                     \
    ROW(proximo_change), .flags = PROXIMO_CHANGE_FOLLOW, .undo_kind = PROXIMO_UNDO_NONE, .name = (tool),     \
                         .title = "A task", .description = "Starts a task.",                                 \
                         .params = PROXIMO_TABLE(parameters), .operation_class = "keeper.run",               \
                         .subject = (of), .method = "POST", .path = (to)
static const struct proximo_change changes[] = {
    {CHANGE("keeper_collect", store, "datastore/{store}", "/admin/datastore/{store}/gc"),
     .needs = PROXIMO_TABLE(modify)},
    {CHANGE("keeper_verify", store, "datastore/{store}", "/admin/datastore/{store}/verify")},
    {CHANGE("keeper_run", job, "verify-job/{id}", "/admin/verify/{id}/run")},
};
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_NONE, .name = "keeper.run",
     .title = "run a task", .description = "A task runs.", .subject_schema = "{\"type\":\"object\"}"},
};

static int32_t keeper_open(const struct proximo_host *host, void **ret_instance)
{
    (void)host;
    *ret_instance = 0;
    return PROXIMO_OK;
}

static const struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_SERIAL,
    .name = "keeper",
    .version = "1",
    .licence = "Apache-2.0",
    .summary = "Starts tasks of a Backup Server.",
    .open = keeper_open,
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
    .site_kinds = PROXIMO_FOR_PBS,
};
PROXIMO_PLANE(plane)
