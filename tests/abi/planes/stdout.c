/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to what would be the protocol's channel, a lot. */
#include <stdio.h>
#include <unistd.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    for (int i = 0; i < 5000; i++)
        (void)printf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{}}\n", i);
    (void)fflush(stdout);
    (void)!write(STDOUT_FILENO, "no end of line \033[31m", 20);
    return tiny_result(call, 1);
}
TINY("stdout", "stdout_run", run)
