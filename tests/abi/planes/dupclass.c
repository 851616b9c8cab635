/* SPDX-License-Identifier: Apache-2.0 */
/* Brings an operation class that another plane has. */
#include "tiny.h"

static const struct proximo_class classes[] = {{.struct_size = sizeof(struct proximo_class),
                                                .risk_floor = PROXIMO_RISK_LOW,
                                                .undo_kind = PROXIMO_UNDO_NONE,
                                                .name = "guest.stop",
                                                .title = "Stop a guest",
                                                .subject_schema = "{\"type\":\"object\"}"}};
static const struct proximo_plane plane = {TINY_HEAD("dupclass"), .open = tiny_open,
                                           .classes = PROXIMO_TABLE(classes)};
PROXIMO_PLANE(plane)
