/* SPDX-License-Identifier: Apache-2.0 */
/* Dies in many ways, named by its argument. */
#include <signal.h>
#include <stdlib.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text arguments = {0};
    volatile int *nowhere = NULL;
    (void)instance;
    if (host->arguments(call, &arguments) || !arguments.ptr)
        return PROXIMO_EINVAL;
    if (strstr(arguments.ptr, "abort"))
        abort();
    if (strstr(arguments.ptr, "exit"))
        _Exit(3);
    if (strstr(arguments.ptr, "fpe"))
        (void)raise(SIGFPE);
    *nowhere = 1; /* NOLINT(clang-analyzer-core.NullDereference): that is the point */
    return 0;
}
TINY("crash", "crash_run", run)
