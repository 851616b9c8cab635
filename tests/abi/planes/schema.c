/* SPDX-License-Identifier: Apache-2.0 */
/* A class whose subject schema is not JSON. */
#include "tiny.h"

static const struct proximo_class classes[] = {{.struct_size = sizeof(struct proximo_class),
                                                .risk_floor = PROXIMO_RISK_LOW,
                                                .undo_kind = PROXIMO_UNDO_NONE,
                                                .name = "schema.bad",
                                                .title = "A class",
                                                .subject_schema = "{'type':'object'}"}};
static const struct proximo_plane plane = {TINY_HEAD("schema"), .open = tiny_open,
                                           .classes = PROXIMO_TABLE(classes)};
PROXIMO_PLANE(plane)
