/* SPDX-License-Identifier: Apache-2.0 */
/* pve_overbroad_grants: what reaches further than it seems, or is no longer of use. */
#include <stdlib.h>

#include "../common/access_findings.h"
#include "acl.h"
#include "idle.h"
#include "privileges.h"

#define QUESTIONS_MOST 400000u /* answers that are computed, of each kind of check */

struct looking {
    struct asking a;
    struct world world;
    struct acl_asker *asker;
    struct privileges all;
    struct findings found;
    uint32_t questions; /* left */
};

static bool works(const struct looking *l, const char *who)
{
    return acl_may_authenticate(l->world.model, who, l->world.now) == ACL_AUTH_OK;
}

/* The privileges of a role, of those that only look none. */
static struct privilege_set changing(struct looking *l, const char *role)
{
    const char *at = member_text(access_row(l->world.access.roles, "roleid", role), "privs");
    struct privilege_set set = {{0}};
    while (at && *at) {
        const size_t len = strcspn(at, ",; ");
        const char *name = len ? ask_text(&l->a, "%.*s", (int)len, at) : NULL;
        if (name && privilege_risk(name) > PROXIMO_RISK_LOW)
            set_put(&set, privileges_place(&l->all, name));
        at += len + (at[len] != '\0');
    }
    return set;
}

/* ---- ACL-ROOT */

static int32_t judge_root_entries(struct looking *l)
{
    struct json_object *acl = l->world.access.acl;
    for (size_t i = 0; acl && i < json_object_array_length(acl); i++) {
        struct json_object *row = json_object_array_get_idx(acl, i);
        const char *who = member_text(row, "ugid"), *type = member_text(row, "type");
        const char *role = member_text(row, "roleid");
        char what[100];
        if (!who || !type || !role || !member_is(row, "path", "/") || strcmp(role, "Administrator") == 0 ||
            (member_of(row, "propagate") && !member_true(row, "propagate")) || strcmp(who, "root@pam") == 0)
            continue;
        const struct privilege_set set = changing(l, role);
        const char *names = set_text(&l->a, &l->all, &set);
        if (!names)
            return PROXIMO_ENOMEM;
        if (set_empty(&set))
            continue;
        (void)snprintf(what, sizeof(what), "%.10s %.70s", type, who);
        findings_state(&l->found, ACL_ROOT, what, set_risk(&l->all, &set),
                       "%u privileges to change things: %s", (unsigned)set_size(&set), names);
    }
    return PROXIMO_OK;
}

/* ---- who can give rights at / */

static int32_t judge_administrators(struct looking *l)
{
    struct acl_holder *list = NULL;
    struct name_list users = {0};
    uint32_t count = 0, unknown = 0;
    char names[500];
    if (acl_who_can(l->asker, "Permissions.Modify", "/", &list, &count, &unknown) != 0)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const char *who = list[i].who;
        struct json_object *token =
            acl_id_kind(who) == ACL_ID_TOKEN ? access_token(&l->world.access, who) : NULL;
        if (list[i].holds != ACL_YES || !works(l, who) || strcmp(who, "root@pam") == 0)
            continue;
        if (acl_id_kind(who) == ACL_ID_USER) {
            names_add(&users, "%.80s", who);
        } else if (token && member_of(token, "privsep") && !member_true(token, "privsep") &&
                   strncmp(who, "root@pam!", 9) != 0) {
            char what[100];
            (void)snprintf(what, sizeof(what), "token %.80s", who);
            findings_state(&l->found, TOKEN_ADMIN, what, 0,
                           "Permissions.Modify at /; with it the token gives itself all other rights");
            findings_only_argument(&l->found, "who", who);
        }
    }
    free(list);
    names_text(&users, names, sizeof(names));
    if (users.count)
        findings_measure(&l->found, ACL_ADMINS, "users beside root@pam", users.count, "%s", names);
    return PROXIMO_OK;
}

static void judge_root_tokens(struct looking *l)
{
    struct json_object *tokens = member_of(access_row(l->world.access.users, "userid", "root@pam"), "tokens");
    struct name_list all = {0};
    uint32_t full = 0;
    char names[500], id[120], first[120] = "";
    for (size_t i = 0; json_object_is_type(tokens, json_type_array) && i < json_object_array_length(tokens);
         i++) {
        struct json_object *token = json_object_array_get_idx(tokens, i);
        const char *name = member_text(token, "tokenid");
        (void)snprintf(id, sizeof(id), "root@pam!%.100s", name ? name : "");
        if (!name || !works(l, id))
            continue;
        if (!*first)
            memcpy(first, id, sizeof(first));
        full += member_of(token, "privsep") && !member_true(token, "privsep");
        names_add(&all, "%.100s", id);
    }
    names_text(&all, names, sizeof(names));
    if (all.count &&
        findings_measure(&l->found, TOKEN_ROOT, "tokens", all.count,
                         "%s; %u of them may do everything, the others what their own entries say", names,
                         (unsigned)full))
        findings_only_argument(&l->found, "who", first);
}

/* ---- NoAccess that keeps nobody out */

static bool at_or_below(const char *path, const char *top)
{
    const size_t len = strlen(top);
    return strcmp(top, "/") == 0 || (strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}

/* Is there one left? Else it is said that not all was looked at. */
static bool question_left(struct looking *l, const char *about)
{
    if (l->questions == 0) {
        findings_unread(&l->found, FROM_ACCESS, about, "more users and paths than this looks at");
        return false;
    }
    l->questions--;
    return true;
}

/* Paths at and below where this user or token holds something. */
static int32_t holes_of(struct looking *l, const char *who, const char *top, bool below)
{
    struct name_list paths = {0};
    char names[500], what[100];
    for (uint32_t i = 0; i < acl_path_count(l->world.model) && question_left(l, "NoAccess"); i++) {
        const char *path = acl_path_text(l->world.model, i);
        struct acl_answer answer;
        if (!(below ? at_or_below(path, top) : strcmp(path, top) == 0))
            continue;
        if (acl_permissions(l->asker, who, path, &answer) != 0)
            return PROXIMO_ENOMEM;
        const struct privilege_set held = privileges_of(&l->all, l->world.model, &answer.held);
        if (!answer.unknown && !set_empty(&held))
            names_add(&paths, "%.100s", path);
    }
    names_text(&paths, names, sizeof(names));
    (void)snprintf(what, sizeof(what), "%.90s", who);
    if (paths.count && findings_measure(&l->found, ACL_HOLE, what, paths.count,
                                        "NoAccess at %.80s, rights at %s", top, names))
        findings_only_argument(&l->found, "who", who);
    return PROXIMO_OK;
}

static int32_t judge_no_access(struct looking *l)
{
    struct json_object *acl = l->world.access.acl;
    int32_t r = PROXIMO_OK;
    l->questions = QUESTIONS_MOST;
    for (size_t i = 0; r == PROXIMO_OK && acl && i < json_object_array_length(acl); i++) {
        struct json_object *row = json_object_array_get_idx(acl, i);
        const char *who = member_text(row, "ugid"), *path = member_text(row, "path");
        const bool below = !member_of(row, "propagate") || member_true(row, "propagate");
        if (!who || !path || !member_is(row, "roleid", "NoAccess"))
            continue;
        if (!member_is(row, "type", "group")) {
            r = holes_of(l, who, path, below);
            continue;
        }
        struct json_object *group = access_row(l->world.access.groups, "groupid", who);
        const char *at = member_text(group, "users");
        while (r == PROXIMO_OK && at && *at) {
            const size_t len = strcspn(at, ",; ");
            const char *member = len ? ask_text(&l->a, "%.*s", (int)len, at) : NULL;
            r = member ? holes_of(l, member, path, below) : PROXIMO_OK;
            at += len + (at[len] != '\0');
        }
    }
    return r;
}

/* ---- what is of no use */

static int32_t judge_idle(struct looking *l)
{
    struct name_list idle_names = {0}, nobody = {0};
    struct idle idle;
    char names[500];
    const int32_t r = idle_find(&l->a, &l->world, NULL, &idle);
    for (uint32_t i = 0; r == PROXIMO_OK && i < idle.count; i++) {
        const struct idle_entry *row = &idle.rows[i];
        if (row->kind == IDLE_NOBODY)
            names_add(&nobody, "%.60s at %.60s", row->ugid, row->path);
        else if (row->removable)
            names_add(&idle_names, "%.60s at %.60s", row->ugid, row->path);
    }
    names_text(&nobody, names, sizeof(names));
    if (nobody.count)
        findings_measure(&l->found, ACL_NOBODY, "entries", nobody.count, "%s", names);
    names_text(&idle_names, names, sizeof(names));
    if (idle_names.count)
        findings_measure(&l->found, ACL_IDLE, "entries", idle_names.count, "%s", names);
    return r;
}

/* Rights that come back the moment somebody is enabled again. */
static int32_t judge_asleep(struct looking *l)
{
    struct name_list asleep = {0};
    char names[500];
    l->questions = QUESTIONS_MOST;
    for (uint32_t i = 0; i < acl_principal_count(l->world.model); i++) {
        const char *who = acl_principal(l->world.model, i);
        const uint32_t verdict = acl_may_authenticate(l->world.model, who, l->world.now);
        uint32_t worst = 0;
        if (verdict != ACL_AUTH_DISABLED && verdict != ACL_AUTH_USER_EXPIRED &&
            verdict != ACL_AUTH_TOKEN_EXPIRED)
            continue;
        for (uint32_t p = 0; p < acl_path_count(l->world.model) && worst < PROXIMO_RISK_MEDIUM &&
                             question_left(l, "those that cannot authenticate");
             p++) {
            struct acl_answer answer;
            if (acl_permissions(l->asker, who, acl_path_text(l->world.model, p), &answer) != 0)
                return PROXIMO_ENOMEM;
            const struct privilege_set held = privileges_of(&l->all, l->world.model, &answer.held);
            const uint32_t risk = set_risk(&l->all, &held);
            worst = risk > worst ? risk : worst;
        }
        if (worst >= PROXIMO_RISK_MEDIUM)
            names_add(&asleep, "%.80s (%s)", who, acl_auth_word(verdict));
    }
    names_text(&asleep, names, sizeof(names));
    if (asleep.count)
        findings_measure(&l->found, ACL_ASLEEP, "users and tokens", asleep.count, "%s", names);
    return PROXIMO_OK;
}

/* ---- the whole */

static int32_t judge(struct looking *l)
{
    const struct access *access = &l->world.access;
    struct findings *f = &l->found;
    const uint32_t unknown = acl_unknown(l->world.model);
    int32_t r = PROXIMO_OK;
    if (access->acl)
        access_judge_admins(f, access->acl);
    if (access->users)
        access_judge_tokens(f, access->users, l->world.now);
    if (unknown & ACL_PART_ACL)
        findings_unread(f, FROM_ACL, NULL, l->world.why[0]);
    else
        findings_read(f, FROM_ACL);
    if (unknown & ACL_PART_USERS)
        findings_unread(f, FROM_TOKENS, NULL, l->world.why[1]);
    else
        findings_read(f, FROM_TOKENS);
    for (uint32_t i = 0; i < ACL_PARTS; i++) {
        if (unknown & (1u << i))
            findings_unread(f, FROM_ACCESS, acl_part(i)->word,
                            l->world.why[i] ? l->world.why[i] : "it makes no sense");
    }
    findings_read(f, FROM_ACCESS);
    judge_root_tokens(l);
    if ((r = judge_root_entries(l)) < 0 || (r = judge_administrators(l)) < 0 ||
        (r = judge_no_access(l)) < 0 || (r = judge_idle(l)) < 0)
        return r;
    return judge_asleep(l);
}

int32_t acl_read_overbroad(void *instance, struct proximo_call *call)
{
    struct looking l = {.a = {((struct plane_instance *)instance)->host, call}};
    int32_t r = world_read(&l.a, &l.world);
    if (r < 0)
        return r;
    r = acl_asker_new(l.world.model, &l.asker) == 0 ? judge(&l) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = findings_reply(&l.a, &l.found, NULL);
    findings_done(&l.found);
    acl_asker_free(l.asker);
    world_done(&l.world);
    return r;
}
