/* SPDX-License-Identifier: Apache-2.0 */
/* Never comes back, whatever it is told. */
#include <unistd.h>

#include "tiny.h"

static volatile int for_ever = 1;

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    (void)call;
    while (for_ever)
        (void)sleep(1);
    return 0;
}
TINY("hang", "hang_run", run)
