/* SPDX-License-Identifier: Apache-2.0 */
/* One call at a time: answers how many were inside at once, at most. */
#include <time.h>

#include "tiny.h"

static int inside, most;

static int32_t run(void *instance, struct proximo_call *call)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    (void)instance;
    int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    if (now > most)
        most = now;
    (void)nanosleep(&moment, NULL);
    (void)__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    return tiny_result(call, most);
}

static const struct proximo_read reads[] = {TINY_READ("serial_run", run)};
static const struct proximo_plane plane = {PROXIMO_PLANE_HEAD,      .threading = PROXIMO_SERIAL,
                                           .name = "serial",        .version = "1",
                                           .licence = "Apache-2.0", .summary = "A plane of the tests.",
                                           .open = tiny_open,       .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
