/* SPDX-License-Identifier: Apache-2.0 */
/* Has a tool that the good plane has already. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}
static const struct proximo_read reads[] = {TINY_READ("duptool_own", run), TINY_READ("good_echo", run)};
static const struct proximo_plane plane = {TINY_HEAD("duptool"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
