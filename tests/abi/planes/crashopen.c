/* SPDX-License-Identifier: Apache-2.0 */
/* Dies in open. */
#include "tiny.h"

static int32_t dies(const struct proximo_host *h, void **ret_instance)
{
    (void)h;
    (void)ret_instance;
    __builtin_trap();
}
static const struct proximo_plane plane = {TINY_HEAD("crashopen"), .open = dies};
PROXIMO_PLANE(plane)
