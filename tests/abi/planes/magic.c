/* SPDX-License-Identifier: Apache-2.0 */
/* Its descriptor does not begin with the magic number. */
#include "tiny.h"

static const struct proximo_plane plane = {TINY_HEAD("magic")};
static struct proximo_plane wrong;
PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    wrong = plane;
    wrong.magic ^= 1;
    return &wrong;
}
