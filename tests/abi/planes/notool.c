/* SPDX-License-Identifier: Apache-2.0 */
/* A resource that is the answer of a tool nobody has. */
#include "tiny.h"

static const struct proximo_resource resources[] = {{.struct_size = sizeof(struct proximo_resource),
                                                     .name = "notool_all",
                                                     .uri = "x:all",
                                                     .description = "A resource of a test.",
                                                     .tool = "good_echo"}};
static const struct proximo_plane plane = {TINY_HEAD("notool"), .open = tiny_open,
                                           .resources = PROXIMO_TABLE(resources)};
PROXIMO_PLANE(plane)
