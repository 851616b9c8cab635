/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/core_tools.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "mcp/catalog.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define REPORT_LIMIT ((size_t)4 << 20)
#define ANSWER_MS    2000 /* kept back of a call's time, so that what was seen is told */

#define TEXT(literal) ((char *)(uintptr_t)(literal)) /* a manifest's texts are owned; these are nobody's */

static const struct plane_info core_plane = {.name = TEXT(CORE_PLANE), .version = TEXT(PROXIMO_VERSION)};

/* What the examination says, within the time and the size of one answer. */
static int run_doctor(struct server *server, const struct tool_request *request, struct site *site,
                      struct buf *structured, struct problem *p)
{
    CLEANUP_BUF struct buf unmatched = BUF_INIT(4096);
    const struct catalog *catalog = tools_catalog(server, request, p);
    struct problem none = PROBLEM_INIT;
    struct doctor d = {0};

    if (!catalog)
        return -EAGAIN;
    catalog_unmatched(server->config, server->planes, &unmatched);
    struct doctor_subject subject = {
        .config = server->config,
        .sites = server->sites,
        .site = site ? site_config(site)->name : NULL,
        .planes = server->planes,
        .planes_problem = &none,
        .trust = server->trust,
        .unmatched = buf_ok(&unmatched) && unmatched.len ? unmatched.data : "",
        .deadline_ms = request->deadline_ms - ANSWER_MS,
        .cancel = request->call ? request->call->cancel : NULL,
    };
    subject.tools = catalog_tools(catalog, &subject.tool_count);
    if (doctor_examine(&d, &subject) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a report");
    doctor_json(&d, READ_ANSWER_LIMIT, structured);
    doctor_done(&d);
    return buf_ok(structured) ? 0 : problem_set(p, -EFBIG, PX_TOO_LARGE, "the report is too large");
}

static const struct core_tool {
    struct tool tool;
    int (*run)(struct server *server, const struct tool_request *request, struct site *site,
               struct buf *structured, struct problem *p);
} core_tools[] = {
    {
        .tool =
            {.plane = &core_plane,
             .kind = TOOL_READ_CORE,
             .flags = PROXIMO_READ_SINGLE,
             .name = TEXT("pve_doctor"),
             .title = TEXT("Preflight: the setup and what its token can do"),
             .description = TEXT(
                 "Says what this setup can and cannot do: which tools the token may use and which privileges "
                 "are missing, with the lines that grant them. Also privilege separation, expiry, "
                 "broad "
                 "grants, clocks, versions, certificates, ledger, disk space, isolation, planes with hashes, "
                 "and how commands in guests are set up. Changes nothing. The same as `proximo doctor`.")},
        .run = run_doctor,
    },
};

size_t core_tool_count(void)
{
    return sizeof(core_tools) / sizeof(core_tools[0]);
}

const struct tool *core_tool_at(size_t index)
{
    return &core_tools[index].tool;
}

const struct tool *core_tool_find(const char *name)
{
    for (size_t i = 0; i < core_tool_count(); i++) {
        if (strcmp(core_tools[i].tool.name, name) == 0)
            return &core_tools[i].tool;
    }
    return NULL;
}

int core_tool_run(struct server *server, const struct tool_request *request, const struct tool *tool,
                  struct json_object *arguments, struct site *site, struct buf *structured, struct problem *p)
{
    CLEANUP_JSON struct json_object *checked = NULL;
    int r = arguments_check(tool, arguments, &checked, p);

    for (size_t i = 0; r == 0 && i < core_tool_count(); i++) {
        if (&core_tools[i].tool == tool)
            return core_tools[i].run(server, request, site, structured, p);
    }
    return r < 0 ? r : problem_set(p, -ENOENT, PX_INTERNAL, "no such tool of the server itself");
}
