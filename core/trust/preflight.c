/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be known to be refused before anything is planned: a missing privilege (with the line that grants
 * it), methods that Proxmox takes from root@pam alone, or not from an API token. Source: GET
 * /access/permissions.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "http/role.h"
#include "trust/build.h"

int preflight_need(struct build *b, const char *who, const char *path_template, const char *path,
                   const char *privilege, struct problem *p)
{
    CLEANUP_BUF struct buf why = BUF_INIT(900);
    char grant[400];
    struct problem asked = PROBLEM_INIT;
    int held = site_need(b->request->site, &b->reading.site_call, path_template, path, privilege, &asked);

    if (held > 0)
        return 0;
    if (held == -ECANCELED || held == -ENOMEM) {
        *p = asked;
        return held;
    }
    if (held < 0) {
        buf_printf(&why, "whether this token holds %.100s on %.200s could not be read: %.400s", privilege,
                   path, asked.cause);
        return build_incomplete(b, "this token's permissions", why.data ? why.data : "") < 0
                   ? build_no_memory(p)
                   : 0;
    }
    problem_set(p, -EACCES, PX_PRIVILEGE, "%s needs %.100s on %.200s, which this token does not hold", who,
                privilege, path);
    const unsigned kind = site_config(b->request->site)->kind;
    if (role_grant_line(kind, path, privilege, grant, sizeof(grant)))
        problem_next(p, "%s. %s", grant, role_grant_note(kind));
    else
        problem_next(p, "grant %.100s on %.200s to the token", privilege, path);
    return -EACCES;
}

int preflight_needs(struct build *b, struct problem *p)
{
    for (size_t i = 0; i < b->tool->need_count; i++) {
        const struct need_row *need = &b->tool->needs[i];
        CLEANUP_BUF struct buf path = BUF_INIT(512);
        if (reading_fill(&b->reading, need->path, false, &path) < 0 || !path.data)
            continue; /* names an argument that was not given: does not apply */
        int r = preflight_need(b, b->tool->name, need->path, path.data, need->privilege, p);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The word of `pvesh` for a method. */
static const char *pvesh_word(const char *method)
{
    if (strcmp(method, "POST") == 0)
        return "create";
    return strcmp(method, "DELETE") == 0 ? "delete" : "set";
}

/* why: what in the request it is, in the core's words; NULL: the method itself. */
static int refuse(const struct build *b, bool root_only, const char *method, const char *path,
                  const char *why, struct problem *p)
{
    const bool pbs = site_config(b->request->site)->kind == CONFIG_PBS;

    problem_set(p, -EPERM, root_only ? PX_ROOT_ONLY : PX_NO_TOKEN, "Proxmox %s %s %.200s %s%s%.160s",
                root_only ? "takes" : "refuses", method, path,
                root_only ? "from root@pam itself only, never from an API token" : "to API tokens",
                why ? ": " : "", why ? why : "");
    if (pbs)
        problem_next(p, "the operator can do it on the server as root: proxmox-backup-debug api %s %.200s",
                     pvesh_word(method), path);
    else
        problem_next(
            p,
            "the operator can do it on a node as root: pvesh %s %.200s --PARAMETER VALUE ... (or with "
            "the tool of that area: qm, pct, pvesm, pveum)",
            pvesh_word(method), path);
    return -EPERM;
}

int preflight_request(struct build *b, const char *method, const char *path,
                      const struct risk_verdict *verdict, struct problem *p)
{
    const char *why = verdict->reason_count ? verdict->reasons[0].text : NULL;

    if (verdict->flags & RISK_ROOT_ONLY)
        return refuse(b, true, method, path, why, p);
    return verdict->flags & RISK_NO_TOKEN ? refuse(b, false, method, path, why, p) : 0;
}

int preflight_tool(struct build *b, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    const uint64_t flags = b->tool->flags & (PROXIMO_CHANGE_ROOT_ONLY | PROXIMO_CHANGE_NO_TOKEN);

    if (!flags)
        return 0;
    if (!b->tool->path || reading_fill(&b->reading, b->tool->path, true, &path) < 0)
        buf_reset(&path);
    return refuse(b, (flags & PROXIMO_CHANGE_ROOT_ONLY) != 0, b->tool->method ? b->tool->method : "POST",
                  path.len ? path.data : (b->tool->path ? b->tool->path : "/"), NULL, p);
}
