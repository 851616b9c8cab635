/* SPDX-License-Identifier: Apache-2.0 */
/* Built for the next major of the ABI, whose descriptor may be anything behind its first members. */
#include "tiny.h"

static const struct proximo_plane plane = {
    .magic = PROXIMO_PLANE_MAGIC, .struct_size = 9999, .abi_major = PROXIMO_ABI_MAJOR + 1};
PROXIMO_PLANE(plane)
