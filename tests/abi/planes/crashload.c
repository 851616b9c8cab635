/* SPDX-License-Identifier: Apache-2.0 */
/* Dies in its constructor. */
#include "tiny.h"

__attribute__((constructor)) static void die(void)
{
    __builtin_trap();
}
static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}
TINY("crashload", "crashload_run", run)
