/* SPDX-License-Identifier: Apache-2.0 */
/* What the trust spine hears of calls that do not pass through it: untrusted text that a read gave, and calls
 * that the mode or the lists leave out. */
#include "mcp/tools.h"

#include "base/problem.h"
#include "config/config.h"
#include "mcp/catalog.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/read.h"
#include "trust/trust.h"

void tools_note_untrusted(const struct server *server, const struct tool *tool,
                          const struct read_result *result)
{
    char what[128];

    if (server->trust && server->config->trust.taint_consent && read_untrusted(result, what, sizeof(what)))
        trust_taint(server->trust, tool->name, what);
}

void tools_refused(const struct server *server, const struct tool_request *request, const char *name,
                   const struct problem *p)
{
    if (server->trust && request->call)
        trust_refused(server->trust, name, p);
}

int tools_left_out(const struct catalog *catalog, const struct server *server,
                   const struct tool_request *request, enum catalog_answer answer, const char *name,
                   struct problem *p)
{
    const int r = catalog_problem(catalog, answer, name, p);

    if (answer == CATALOG_DENIED || answer == CATALOG_CHANGE)
        tools_refused(server, request, name, p);
    return r;
}
