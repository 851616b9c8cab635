/* SPDX-License-Identifier: Apache-2.0 */
/* Tells of findings and of what it could not read; and tells nonsense, when asked to. */
#include "tiny.h"

#define TEXT(words)                                                                                          \
    {                                                                                                        \
        (words), sizeof(words) - 1                                                                           \
    }

static int32_t find(struct proximo_call *call, uint32_t severity, const char *title)
{
    const struct proximo_finding finding = {
        .struct_size = sizeof(finding),
        .severity = severity,
        .flags = severity == PROXIMO_RISK_LOW ? PROXIMO_FINDING_UNTRUSTED : 0,
        .title = {title, strlen(title)},
        .evidence = TEXT("root is at 97 %\x1b[31m"),
        .source = TEXT("GET /nodes/pve1/status"),
        .code = TEXT("DISK-FULL"),
        .measured_json = TEXT("0.97"),
        .threshold_json = TEXT("0.9"),
        .tool = TEXT("pve_disks_list"),
        .arguments_json = TEXT("{\"node\":\"pve1\"}"),
    };
    return host->finding(call, &finding);
}

static int32_t reply(struct proximo_call *call, uint32_t type, const char *json, const char *name)
{
    const struct proximo_content blocks[] = {
        {.struct_size = sizeof(blocks[0]), .type = type, .data = {json, strlen(json)}},
        {.struct_size = sizeof(blocks[0]),
         .type = PROXIMO_CONTENT_JSON,
         .data = TEXT("{\"run\":5,\"unread\":77}"),
         .name = {name, strlen(name)}},
    };
    return host->reply(call, blocks, 2);
}

static int32_t tell(struct proximo_call *call)
{
    int32_t r = find(call, PROXIMO_RISK_LOW, "low");

    if (r == 0)
        r = find(call, PROXIMO_RISK_HIGH, "first");
    if (r == 0)
        r = find(call, PROXIMO_RISK_HIGH, "second");
    if (r == 0)
        r = host->incomplete(call, "the disks of pve2", "the node is offline");
    return r;
}

static int32_t flood(struct proximo_call *call)
{
    char title[256], why[2001];
    int32_t r = 0;

    memset(title, 'x', sizeof(title) - 1);
    memset(why, 'y', sizeof(why) - 1);
    title[sizeof(title) - 1] = why[sizeof(why) - 1] = '\0';
    for (int i = 0; r == 0 && i < 1000; i++)
        r = find(call, i == 999 ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM, i == 999 ? "last" : title);
    for (int i = 0; r == 0 && i < 1000; i++)
        r = host->incomplete(call, title, why);
    return r;
}

static int32_t nonsense(struct proximo_call *call, char what)
{
    struct proximo_finding finding = {
        .struct_size = sizeof(finding), .severity = PROXIMO_RISK_LOW, .title = TEXT("something")};

    switch (what) {
    case 's': finding.severity = 4; break;
    case 't': finding.title.len = 0; break;
    case 'c': finding.code = (struct proximo_text)TEXT("lower case"); break;
    case 'm': finding.measured_json = (struct proximo_text)TEXT("{"); break;
    case 'a': finding.arguments_json = (struct proximo_text)TEXT("{}"); break;
    case 'f': finding.flags = 2; break;
    case 'u': finding.evidence = (struct proximo_text)TEXT("\xff"); break;
    default: return host->incomplete(call, "", "no reason");
    }
    return host->finding(call, &finding);
}

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text how;
    int32_t r = host->argument(call, "how", &how);

    (void)instance;
    if (r || how.len == 0)
        return r;
    if (how.ptr[0] == '!') {
        (void)nonsense(call, how.len > 1 ? how.ptr[1] : ' '); /* and goes on as if nothing had been */
        return tiny_result(call, 1);
    }
    if (how.ptr[0] != 'n')
        r = how.ptr[0] == 'f' ? flood(call) : tell(call);
    if (r)
        return r;
    return how.ptr[0] == 'r' ? reply(call, PROXIMO_CONTENT_ROWS, "[{\"vmid\":100}]", "checks")
                             : reply(call, PROXIMO_CONTENT_JSON, "{\"node\":\"pve1\"}", "checks");
}

static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT,
                                               .name = "how",
                                               .description = "What to tell of."}};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "diagnose_run",
                                             .description = "A tool of a test.",
                                             .params = PROXIMO_TABLE(params),
                                             .flags = PROXIMO_READ_SINGLE,
                                             .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("diagnose"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
