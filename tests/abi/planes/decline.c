/* SPDX-License-Identifier: Apache-2.0 */
/* Says no. */
#include "tiny.h"

PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    return NULL;
}
