/* SPDX-License-Identifier: Apache-2.0 */
/* Registers a tool, then fails to open: the tool must be gone. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}
static int32_t fails(const struct proximo_host *h, void **ret_instance)
{
    (void)ret_instance;
    h->log(NULL, PROXIMO_LOG_ERROR, "no licence for %s", "this machine");
    return PROXIMO_EDENIED;
}
static const struct proximo_read reads[] = {TINY_READ("openfail_run", run)};
static const struct proximo_plane plane = {TINY_HEAD("openfail"), .open = fails,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
