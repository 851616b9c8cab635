/* SPDX-License-Identifier: Apache-2.0 */
/* One line of JSON-RPC through the server's own handling, without planes, threads or output. */
#include "fuzz.h"

#include "mcp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return mcp_line_fuzz(data, size);
}
