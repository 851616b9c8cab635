/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of the status line. libmicrohttpd has no argument for it, but asks two public functions of its own
 * through the dynamic linker; this program exports functions of the same names (see CMakeLists.txt) and
 * answers with what Proxmox says. The tests compare the texts, so a library that no longer asks is seen.
 */
#include "server.h"

#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

/* A connection has one thread, which builds the status line right after the answer is queued. */
static _Thread_local const char *current;

void sim_reason_set(const char *reason)
{
    current = reason;
}

/* Without a text of ours the library answers by itself: it could not read the request, or ran out of memory.
 */
EXPORTED const char *MHD_get_reason_phrase_for(unsigned int code)
{
    if (current)
        return current;
    return code == 500 ? "internal error" : "bad request";
}

EXPORTED size_t MHD_get_reason_phrase_len_for(unsigned int code)
{
    return strlen(MHD_get_reason_phrase_for(code));
}
