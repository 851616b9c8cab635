/* SPDX-License-Identifier: Apache-2.0 */
/* A newer minor that needs a feature nobody here knows. */
#include "tiny.h"

static const struct proximo_plane plane = {.magic = PROXIMO_PLANE_MAGIC,
                                           .struct_size = sizeof(plane),
                                           .abi_major = PROXIMO_ABI_MAJOR,
                                           .abi_minor = 99,
                                           .features_required = PROXIMO_FEATURE_READS | (UINT64_C(1) << 40),
                                           .name = "minor"};
PROXIMO_PLANE(plane)
