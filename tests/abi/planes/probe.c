/* SPDX-License-Identifier: Apache-2.0 */
/* Calls stopping a guest a probe. */
#include "tiny.h"

static const struct proximo_param params[] = {
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "node",
     .description = "N.",
     .format = "node"},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "vmid",
     .description = "V.",
     .format = "vmid"},
};
static const struct proximo_probe probes[] = {{.struct_size = sizeof(struct proximo_probe),
                                               .name = "harmless",
                                               .params = PROXIMO_TABLE(params),
                                               .method = "POST",
                                               .path = "/nodes/{node}/qemu/{vmid}/status/stop"}};
static const struct proximo_plane plane = {TINY_HEAD("probe"), .open = tiny_open,
                                           .probes = PROXIMO_TABLE(probes)};
PROXIMO_PLANE(plane)
