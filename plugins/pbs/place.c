/* SPDX-License-Identifier: Apache-2.0 */
/* Places of a Backup Server, their names, and who may change them. Sources: GET /admin/datastore. */
#include "place.h"

#include <time.h>

static bool given(const char *text)
{
    return text && *text;
}

static int32_t check(struct pbs_place *p)
{
    const struct asking *a = &p->a;
    if (!given(p->store))
        return a->host->fail(a->call, PROXIMO_EINVAL, "store is missing");
    if (!p->ns)
        p->ns = "";
    if (!given(p->type))
        p->type = NULL;
    if (!given(p->id))
        p->id = NULL;
    return PROXIMO_OK;
}

int32_t place_whole(const struct pbs_place *p)
{
    return p->id && !p->type
               ? p->a.host->fail(p->a.call, PROXIMO_EINVAL,
                                 "backup_id names a group only together with backup_type (vm, ct or host)")
               : PROXIMO_OK;
}

int32_t place_take(const struct asking *a, struct pbs_place *ret)
{
    *ret = (struct pbs_place){.a = *a,
                              .store = ask_argument(a, "store"),
                              .ns = ask_argument(a, "ns"),
                              .type = ask_argument(a, "backup_type"),
                              .id = ask_argument(a, "backup_id"),
                              .time = ask_argument(a, "backup_time")};
    return check(ret);
}

int32_t place_of_subject(const struct asking *a, struct json_object *subject, struct pbs_place *ret)
{
    *ret = (struct pbs_place){.a = *a,
                              .store = member_text(subject, "store"),
                              .ns = member_text(subject, "ns"),
                              .type = member_text(subject, "type"),
                              .id = member_text(subject, "backup"),
                              .time = member_text(subject, "time")};
    int32_t r = check(ret);
    return r < 0 ? r : place_whole(ret);
}

uint32_t place_fields(const struct pbs_place *p, struct proximo_field *ret)
{
    uint32_t count = 0;
    ret[count++] = FIELD("store", p->store);
    if (*p->ns)
        ret[count++] = FIELD("ns", p->ns);
    if (p->type)
        ret[count++] = FIELD("backup-type", p->type);
    if (p->id)
        ret[count++] = FIELD("backup-id", p->id);
    if (p->time)
        ret[count++] = FIELD("backup-time", p->time);
    return count;
}

const char *place_acl(const struct pbs_place *p)
{
    return ask_text(&p->a, "/datastore/%s%s%s", p->store, *p->ns ? "/" : "", p->ns);
}

const char *pbs_time(const struct asking *a, int64_t epoch)
{
    const time_t when = (time_t)epoch;
    struct tm tm;
    char text[40];
    if (epoch <= 0 || !gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return "unknown-time";
    return ask_text(a, "%s", text);
}

const char *place_label(const struct pbs_place *p)
{
    const char *in = *p->ns ? p->ns : "", *slash = *p->ns ? "/" : "";
    if (p->time)
        return ask_text(&p->a, "%s:%s%s%s/%s/%s", p->store, in, slash, p->type, p->id,
                        pbs_time(&p->a, (int64_t)digits_of(p->time, INT64_MAX)));
    if (p->id)
        return ask_text(&p->a, "%s:%s%s%s/%s", p->store, in, slash, p->type, p->id);
    return *p->ns ? ask_text(&p->a, "%s:%s", p->store, p->ns) : p->store;
}

const char *place_words(const struct pbs_place *p, const char *ns)
{
    return *ns ? ask_text(&p->a, "namespace %s of datastore %s", ns, p->store)
               : ask_text(&p->a, "the root namespace of datastore %s", p->store);
}

/* ---- subjects */

struct json_object *place_subject(const struct pbs_place *p)
{
    const char *kind = p->time ? "snapshot" : p->id ? "backup-group" : *p->ns ? "namespace" : "datastore";
    const struct {
        const char *name, *value;
    } members[] = {
        {"kind", kind},      {"id", strcmp(kind, "datastore") == 0 ? NULL : place_label(p)},
        {"store", p->store}, {"ns", *p->ns ? p->ns : NULL},
        {"type", p->type},   {"backup", p->id},
        {"time", p->time},
    };
    struct json_object *subject = json_object_new_object();
    for (size_t i = 0; subject && i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].value)
            json_object_object_add(subject, members[i].name, json_object_new_string(members[i].value));
    }
    return subject;
}

int32_t place_tell_subject(const struct pbs_place *p, const char *operation_class, const char *name,
                           const char *value)
{
    struct json_object *subject DROP_JSON = place_subject(p);
    if (!subject)
        return PROXIMO_ENOMEM;
    if (name && value)
        json_object_object_add(subject, name, json_object_new_string(value));
    return p->a.host->subject(p->a.call, operation_class, json_text(subject));
}

/* ---- who may */

int32_t place_allowed(const struct pbs_place *p, const char *own_privilege, const char *what, bool *ret_own)
{
    const struct asking *a = &p->a;
    const char *acl = place_acl(p);
    const int32_t all = acl ? a->host->permission(a->call, acl, "Datastore.Modify") : PROXIMO_ENOMEM;
    *ret_own = false;
    if (ask_ends(all))
        return all;
    if (!own_privilege)
        return ask_privilege(a, acl, "Datastore.Modify", "%s needs Datastore.Modify on %s", what, acl);
    *ret_own = all == 0;
    return ask_privilege(a, acl, ask_text(a, "Datastore.Modify|%s", own_privilege),
                         "%s needs Datastore.Modify on %s, or %s there for groups that this token itself "
                         "owns",
                         what, acl, own_privilege);
}

/* The token as the site has it; *ret NULL: it does not say. */
static int32_t token_of(const struct asking *a, const char **ret)
{
    struct proximo_site site = {ROW(proximo_site)};
    int32_t r = a->host->site(a->call, &site);
    *ret = NULL;
    if (r < 0 || !site.token.len)
        return r;
    *ret = ask_text(a, "%.*s", (int)site.token.len, site.token.ptr);
    return *ret ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t place_is_own(const struct asking *a, const char *owner, bool *ret)
{
    const char *who = NULL;
    int32_t r = token_of(a, &who);
    const size_t len = who ? strlen(who) : 0;
    *ret = !who || !owner || strcmp(owner, who) == 0 ||
           (!strchr(who, '!') && strncmp(owner, who, len) == 0 && owner[len] == '!');
    return r;
}

int32_t place_owned(const struct pbs_place *p, const char *owner)
{
    const struct asking *a = &p->a;
    const char *who = NULL;
    bool own = true;
    int32_t r = place_is_own(a, owner, &own);
    if (r < 0 || own || (r = token_of(a, &who)) < 0)
        return r;
    return a->host->fail(
        a->call, PROXIMO_EDENIED,
        "group %s/%s is owned by %s: without Datastore.Modify on %s this token (%s) may change its own "
        "groups "
        "only, not even those of its user. Grant Datastore.Modify there, or give the group to it "
        "(pbs_group_owner_change)",
        p->type ? p->type : "", p->id ? p->id : "", owner, place_acl(p), who);
}

/* "read-only", "type=read-only,message=...": the type stands first. */
static bool is_read_only(const char *mode)
{
    static const char wanted[] = "read-only";
    mode += strncmp(mode, "type=", 5) == 0 ? 5 : 0;
    return strcspn(mode, ",") == sizeof(wanted) - 1 && strncmp(mode, wanted, sizeof(wanted) - 1) == 0;
}

static int32_t let_through(const struct pbs_place *p, bool reads)
{
    const struct asking *a = &p->a;
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore"};
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                        .path = "/admin/datastore",
                                        .fields = ask_text(a, "[store=%s]/maintenance", p->store)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    bool found = false;
    const char *maintenance = NULL;
    for (size_t i = 0; r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array) &&
                       i < json_object_array_length(looked.data);
         i++) {
        struct json_object *row = json_object_array_get_idx(looked.data, i);
        if (!member_is(row, "store", p->store))
            continue;
        found = true;
        maintenance =
            member_text(row, "maintenance") ? ask_text(a, "%s", member_text(row, "maintenance")) : NULL;
    }
    if (r == PROXIMO_OK) {
        const bool read = json_object_is_type(looked.data, json_type_array);
        json_object_put(looked.data);
        if (read && !found)
            return a->host->fail(
                a->call, PROXIMO_ENOTFOUND,
                "there is no datastore \"%s\", as far as this token sees; pbs_datastores_list "
                "names them",
                p->store);
        if (maintenance && !(reads && is_read_only(maintenance)))
            return a->host->fail(a->call, PROXIMO_ESTATE,
                                 "datastore %s is under maintenance (%s), so the Backup Server refuses %s. "
                                 "pbs_datastore_update with delete: [\"maintenance-mode\"] ends that",
                                 p->store, maintenance,
                                 reads ? "to read what is in it" : "changes of what is in it");
    }
    return r < 0 ? r : guard.fields ? a->host->guard(a->call, &guard) : PROXIMO_ENOMEM;
}

int32_t place_open(const struct pbs_place *p)
{
    return let_through(p, false);
}

int32_t place_readable(const struct pbs_place *p)
{
    return let_through(p, true);
}
