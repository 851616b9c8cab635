/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one table that disagree about their size. */
#include "tiny.h"

static const struct proximo_read reads[] = {
    {.struct_size = sizeof(struct proximo_read), .name = "mixed_one", .description = "One."},
    {.struct_size = 24, .name = "mixed_two", .description = "Two."},
};
static const struct proximo_plane plane = {TINY_HEAD("mixed"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
