/* SPDX-License-Identifier: Apache-2.0 */
/* Declares something else in every process, and crashes so that there is a second one. */
#include <stdlib.h>
#include <unistd.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance, (void)call;
    abort();
}

static char description[64];
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "fickle_run",
                                             .description = description,
                                             .read = run,
                                             .flags = PROXIMO_READ_SINGLE}};
static const struct proximo_plane plane = {TINY_HEAD("fickle"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};

__attribute__((constructor)) static void construct(void)
{
    (void)snprintf(description, sizeof(description), "A tool of the process %d.", (int)getpid());
}
PROXIMO_PLANE(plane)
