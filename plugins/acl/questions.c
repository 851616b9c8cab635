/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_permissions and pve_who_can: computed from the configuration, so that anybody can be asked about, and
 * each answer says which entries it comes from.
 */
#include <stdlib.h>

#include "acl.h"
#include "privileges.h"
#include "world.h"

struct question {
    struct asking a;
    struct world world;
    struct acl_asker *asker;
    struct privileges all;
    const char *path; /* in normal form; NULL: all */
    struct json_object *rows, *about;
};

static int32_t question_open(void *instance, struct proximo_call *call, struct question *ret)
{
    *ret = (struct question){.a = {((struct plane_instance *)instance)->host, call}};
    const char *given = ask_argument(&ret->a, "path");
    char *normal = given ? ret->a.host->alloc(call, ACL_PATH_MOST) : NULL;
    if (given && (!normal || acl_path_normal(given, normal, ACL_PATH_MOST) != 0))
        return ret->a.host->fail(call, PROXIMO_EINVAL,
                                 "path '%.100s' is none: it is / or has elements of letters, digits, . - _ "
                                 "with slashes between them, such as /vms/105",
                                 given);
    ret->path = normal;
    ret->rows = json_object_new_array();
    ret->about = json_object_new_object();
    int32_t r = ret->rows && ret->about ? world_read(&ret->a, &ret->world) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && acl_asker_new(ret->world.model, &ret->asker) != 0)
        r = PROXIMO_ENOMEM;
    return r;
}

static void question_done(struct question *q)
{
    acl_asker_free(q->asker);
    world_done(&q->world);
    json_object_put(q->rows);
    json_object_put(q->about);
}

static void put(struct json_object *of, const char *name, const char *text)
{
    if (text)
        json_object_object_add(of, name, json_object_new_string(text));
}

/* Says what is not known, and replies. */
static int32_t question_reply(struct question *q, uint32_t unknown, const char *name)
{
    int32_t r = world_tell_unknown(&q->a, &q->world, unknown);
    const struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(q->rows),
         .flags = unknown ? PROXIMO_CONTENT_INCOMPLETE : PROXIMO_CONTENT_COMPLETE},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(q->about),
         .name = text_of(name)},
    };
    return r == PROXIMO_OK ? q->a.host->reply(q->a.call, blocks, 2) : r;
}

/* ---- where a right comes from */

static bool role_holds(struct question *q, const char *role, const char *privilege)
{
    const char *at = member_text(access_row(q->world.access.roles, "roleid", role), "privs");
    const size_t len = strlen(privilege);
    while (at && *at) {
        const size_t word = strcspn(at, ",; ");
        if (word == len && memcmp(at, privilege, len) == 0)
            return true;
        at += word + (at[word] != '\0');
    }
    return false;
}

/* "PVEVMAdmin at /vms (group operators), by the pool web" */
static const char *source_words(const struct asking *a, const struct acl_source *source)
{
    static const char *const kinds[] = {"token", "user", "group"};
    if (source->via == ACL_VIA_ROOT)
        return "root@pam may do everything";
    return ask_text(a, "%s at %s (%s %s)%s%s%s", source->role, source->path, kinds[source->via],
                    source->principal, source->pool ? ", by the pool " : "", source->pool ? source->pool : "",
                    source->of_user ? ", of its user" : "");
}

/* privilege NULL: all that count. */
static const char *from_words(struct question *q, const struct acl_answer *answer, const char *privilege)
{
    const char *text = "";
    for (uint32_t i = 0; text && i < answer->source_count; i++) {
        const struct acl_source *source = &answer->sources[i];
        if (privilege && source->role && !role_holds(q, source->role, privilege))
            continue;
        const char *words = source_words(&q->a, source);
        text = words ? ask_text(&q->a, "%s%s%s", text, *text ? "; " : "", words) : NULL;
    }
    return text;
}

/* ---- pve_permissions */

static int32_t add_privileges(struct question *q, const struct acl_answer *answer)
{
    const struct privilege_set held = privileges_of(&q->all, q->world.model, &answer->held);
    struct json_object *names DROP_JSON = set_names(&q->all, &held);
    for (size_t i = 0; names && i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        const uint32_t bit = acl_privilege(q->world.model, name);
        const char *from = from_words(q, answer, name);
        struct json_object *row = json_object_new_object();
        if (!row || !from || json_object_array_add(q->rows, row) < 0)
            return PROXIMO_ENOMEM;
        put(row, "privilege", name);
        json_object_object_add(row, "propagate", json_object_new_int(acl_has(&answer->propagates, bit)));
        put(row, "from", from);
        if (acl_has(&answer->either, bit))
            put(row, "note", "two groups give it with different flags: Proxmox may answer 0 as well");
    }
    return names ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int add_path(void *context, const char *path, const struct acl_answer *answer)
{
    struct question *q = context;
    const struct privilege_set held = privileges_of(&q->all, q->world.model, &answer->held);
    const struct privilege_set below = privileges_of(&q->all, q->world.model, &answer->propagates);
    const struct privilege_set here = set_without(&held, &below);
    if (set_empty(&held))
        return 0;
    struct json_object *row = json_object_new_object();
    if (!row || json_object_array_add(q->rows, row) < 0)
        return PROXIMO_ENOMEM;
    put(row, "path", path);
    json_object_object_add(row, "count", json_object_new_int64(set_size(&held)));
    json_object_object_add(row, "privileges", set_names(&q->all, &held));
    if (!set_empty(&here))
        json_object_object_add(row, "not_below", set_names(&q->all, &here));
    put(row, "from", from_words(q, answer, NULL));
    return 0;
}

static int32_t ask_permissions(struct question *q, const char *who)
{
    struct acl_answer answer = {0};
    const uint32_t verdict = acl_may_authenticate(q->world.model, who, q->world.now);
    uint32_t unknown = 0;
    int32_t r = PROXIMO_OK;
    put(q->about, "who", who);
    put(q->about, "path", q->path);
    put(q->about, "may_authenticate", acl_auth_word(verdict));
    if (q->path) {
        if (acl_permissions(q->asker, who, q->path, &answer) != 0)
            return PROXIMO_ENOMEM;
        for (uint32_t i = 0; i < answer.source_count; i++) {
            if (answer.sources[i].cuts)
                put(q->about, "note",
                    ask_text(&q->a, "NoAccess at %s keeps all else out", answer.sources[i].path));
        }
        r = add_privileges(q, &answer);
        unknown = answer.unknown;
    } else {
        r = acl_dump(q->asker, who, add_path, q);
        unknown = acl_unknown(q->world.model);
    }
    if (unknown)
        put(q->about, "certain", "no: not all that this depends on could be read");
    return r < 0 ? r : question_reply(q, unknown, "about");
}

int32_t acl_read_permissions(void *instance, struct proximo_call *call)
{
    struct question q;
    int32_t r = question_open(instance, call, &q);
    const char *who = r == PROXIMO_OK ? ask_argument(&q.a, "who") : NULL;
    if (r == PROXIMO_OK && (!who || acl_id_kind(who) == ACL_ID_BAD))
        r = q.a.host->fail(call, PROXIMO_EINVAL,
                           "who '%.100s' is neither user name@realm nor token "
                           "name@realm!token",
                           who ? who : "");
    if (r == PROXIMO_OK)
        r = ask_permissions(&q, who);
    question_done(&q);
    return r;
}

/* ---- pve_who_can */

static int32_t add_holder(struct question *q, const struct acl_holder *holder, const char *privilege)
{
    struct json_object *row = json_object_new_object();
    struct acl_answer answer = {0};
    if (!row || json_object_array_add(q->rows, row) < 0 ||
        acl_permissions(q->asker, holder->who, q->path, &answer) != 0)
        return PROXIMO_ENOMEM;
    put(row, "who", holder->who);
    put(row, "kind", acl_id_kind(holder->who) == ACL_ID_TOKEN ? "token" : "user");
    put(row, "holds", holder->holds == ACL_YES ? "yes" : "unknown");
    json_object_object_add(row, "propagate", json_object_new_int(holder->propagates));
    put(row, "may_authenticate",
        acl_auth_word(acl_may_authenticate(q->world.model, holder->who, q->world.now)));
    put(row, "from", from_words(q, &answer, privilege));
    return PROXIMO_OK;
}

static int32_t no_privilege(struct question *q, const char *privilege)
{
    const char *names = "", *name = NULL;
    const size_t area = strcspn(privilege, ".");
    for (uint32_t i = 0; names && (name = acl_privilege_name(q->world.model, i)); i++) {
        if (strncmp(name, privilege, area + 1) == 0)
            names = ask_text(&q->a, "%s%s%s", names, *names ? ", " : "", name);
    }
    if (names && !*names)
        names = "others, which begin with Datastore., Mapping., Pool., SDN., Sys., User., VM. and so on";
    return q->a.host->fail(q->a.call, PROXIMO_ENOTFOUND, "no role has a privilege '%.64s'; there are %s",
                           privilege, names ? names : "others");
}

static int32_t ask_who(struct question *q, const char *privilege)
{
    struct acl_holder *list = NULL;
    uint32_t count = 0, unknown = 0;
    int32_t r = PROXIMO_OK;
    if (acl_privilege(q->world.model, privilege) == ACL_PRIVS_MOST &&
        access_row(q->world.access.roles, "roleid", "Administrator")) /* which has all that there are */
        return no_privilege(q, privilege);
    if (acl_who_can(q->asker, privilege, q->path, &list, &count, &unknown) != 0)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = add_holder(q, &list[i], privilege);
    free(list);
    put(q->about, "privilege", privilege);
    put(q->about, "path", q->path);
    return r == PROXIMO_OK ? question_reply(q, unknown, "about") : r;
}

int32_t acl_read_who_can(void *instance, struct proximo_call *call)
{
    struct question q;
    int32_t r = question_open(instance, call, &q);
    const char *privilege = r == PROXIMO_OK ? ask_argument(&q.a, "privilege") : NULL;
    if (r == PROXIMO_OK && (!privilege || !q.path))
        r = q.a.host->fail(call, PROXIMO_EINVAL, "privilege and path are needed");
    if (r == PROXIMO_OK)
        r = ask_who(&q, privilege);
    question_done(&q);
    return r;
}
