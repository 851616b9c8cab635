/* SPDX-License-Identifier: Apache-2.0 */
/* What this server says it offers, in `initialize` and `server/discover`. */
#include "mcp/capabilities.h"

#include "base/json.h"
#include "config/config.h"
#include "mcp/state.h"
#include "mcp/tasks.h"

void put_capabilities(const struct server *server, bool modern, struct buf *out)
{
    const char *changing = server->plane_may_ask ? "\"listChanged\":true" : "";

    json_put_key(out, "capabilities");
    buf_printf(out,
               "{\"tools\":{%s},\"resources\":{\"subscribe\":true%s%s},\"prompts\":{%s},\"completions\":{}",
               changing, *changing ? "," : "", changing, changing);
    /* Only planes write to the client's log, and only those that may. */
    if (server->plane_may_ask)
        buf_str(out, ",\"logging\":{}");
    if (modern)
        put_extensions(server, out);
    buf_char(out, '}');
}
