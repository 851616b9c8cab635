/* SPDX-License-Identifier: Apache-2.0 */
/* Takes memory until there is none, and uses it. */
#include <stdlib.h>
#include <sys/mman.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    /* Shared memory and files in memory would not count towards the limit: they must not be there at all. */
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return tiny_result(call, -1);
    if (memfd_create("x", 0) >= 0)
        return tiny_result(call, -2);
    for (;;) {
        char *more = malloc((size_t)8 << 20);
        memset(more, 1, (size_t)8 << 20); /* as careless as it gets */
    }
}
TINY("memory", "memory_run", run)
