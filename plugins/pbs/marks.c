/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes, protection and owners: small values of a backup or a group that a request sets and the same request
 * sets back. Sources: PUT /admin/datastore/{store}/notes, .../protected, .../group-notes, POST
 * .../change-owner.
 */
#include "changes.h"
#include "ties.h"

struct mark {
    const char *argument, *field; /* the tool's and the API's name */
    const char *method, *path;    /* of the change */
    const char *read;             /* GET that answers the value; NULL: it is the group's owner */
    const char *operation_class, *what;
};

static const struct mark notes = {
    "notes",          "notes", "PUT", PBS_STORE_PATH "/notes", PBS_STORE_PATH "/notes", "pbs.snapshot.notes",
    "notes of backup"};
static const struct mark protection = {"protected",
                                       "protected",
                                       "PUT",
                                       PBS_STORE_PATH "/protected",
                                       PBS_STORE_PATH "/snapshots",
                                       "pbs.snapshot.protect",
                                       "protection of backup"};
static const struct mark group_notes = {
    "notes",           "notes",         "PUT", PBS_STORE_PATH "/group-notes", PBS_STORE_PATH "/group-notes",
    "pbs.group.notes", "notes of group"};
static const struct mark owner = {
    "new_owner", "new-owner",       "POST",          PBS_STORE_PATH "/change-owner",
    NULL,        "pbs.group.owner", "owner of group"};

struct marking {
    struct pbs_place at;
    const struct mark *mark;
    const char *was, *to, *owner;
    const char *owner_selector; /* in the list of groups */
};

/* ---- as it is */

static int32_t read_owner(struct marking *m)
{
    const struct asking *a = &m->at.a;
    const struct pbs_place there = {.a = *a, .store = m->at.store, .ns = m->at.ns};
    struct proximo_field fields[5];
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/groups", .fields = fields,
                                    .field_count = place_fields(&there, fields)};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = ask_get(a, &get, json_type_array, &list);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "owner");
        if (contents_of_group(row, m->at.type, m->at.id) && name)
            m->owner = ask_text(a, "%s", name);
    }
    m->owner_selector = ask_text(a, "[backup-type=%s][backup-id=%s]/owner", m->at.type, m->at.id);
    if (r == PROXIMO_OK && !m->owner)
        return a->host->fail(
            a->call, PROXIMO_ENOTFOUND,
            "there is no group %s/%s in %s, as far as this token sees; pbs_groups_list names "
            "them",
            m->at.type, m->at.id, place_words(&m->at, m->at.ns));
    return r;
}

/* In the list of the group; *ret_why is NULL when it was read. */
static int32_t look_protected(const struct pbs_place *at, bool *ret, const char **ret_why)
{
    struct pbs_place group = *at;
    struct proximo_field fields[5];
    group.time = NULL;
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/snapshots", .fields = fields,
                                    .field_count = place_fields(&group, fields)};
    struct looked looked;
    int32_t r = ask_look(&at->a, &get, &looked);
    *ret_why = looked.why ? looked.why : "there is no such backup, as far as this token sees";
    for (size_t i = 0; r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array) &&
                       i < json_object_array_length(looked.data);
         i++) {
        struct json_object *row = json_object_array_get_idx(looked.data, i);
        if (!member_is(row, "backup-time", at->time) || !contents_of_group(row, at->type, at->id))
            continue;
        *ret = member_true(row, "protected");
        *ret_why = member_of(row, "protected") ? NULL : "its row does not say";
    }
    if (r == PROXIMO_OK)
        json_object_put(looked.data);
    return r;
}

static int32_t read_protection(struct marking *m)
{
    const struct asking *a = &m->at.a;
    const char *why = NULL;
    bool on = false;
    int32_t r = look_protected(&m->at, &on, &why);
    m->was = on ? "1" : "0";
    return r == PROXIMO_OK && why ? a->host->fail(a->call, PROXIMO_ENOTFOUND, "the protection of %s: %s",
                                                  place_label(&m->at), why)
                                  : r;
}

static int32_t read_value(struct marking *m)
{
    const struct asking *a = &m->at.a;
    struct proximo_field fields[5];
    struct proximo_answer answer = {ROW(proximo_answer)};
    if (!m->mark->read) {
        m->was = m->owner;
        return PROXIMO_OK;
    }
    if (m->mark == &protection)
        return read_protection(m);
    const struct proximo_get get = {ROW(proximo_get), .path = m->mark->read, .fields = fields,
                                    .field_count = place_fields(&m->at, fields)};
    int32_t r = a->host->get(a->call, &get, &answer);
    if (r < 0)
        return r;
    struct json_object *value DROP_JSON = json_of(answer.data);
    if (json_object_is_type(value, json_type_string))
        m->was = ask_text(a, "%s", json_object_get_string(value));
    else
        return a->host->fail(a->call, PROXIMO_EPROTO, "the %s %s could not be read", m->mark->what,
                             place_label(&m->at));
    return m->was ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- the plan */

static int32_t guard(const struct marking *m, const char *path, const char *selector, bool place)
{
    const struct asking *a = &m->at.a;
    const struct pbs_place there = {.a = *a, .store = m->at.store, .ns = m->at.ns};
    struct proximo_field fields[5];
    const struct proximo_guard g = {ROW(proximo_guard), .path = path, .fields = selector,
                                    .params = ROWS(fields, place_fields(place ? &m->at : &there, fields))};
    return a->host->guard(a->call, &g);
}

static const char *protection_selector(const struct marking *m)
{
    return ask_text(&m->at.a, "[backup-type=%s][backup-id=%s][backup-time=%s]/protected", m->at.type,
                    m->at.id, m->at.time);
}

/* What shows the value afterwards: of notes the lists have only the first line, so they are read themselves.
 */
static int32_t see(const struct marking *m)
{
    const struct asking *a = &m->at.a;
    const struct pbs_place there = {.a = *a, .store = m->at.store, .ns = m->at.ns};
    const bool listed = m->mark == &protection || m->mark == &owner;
    struct proximo_field fields[5];
    struct json_object *wanted DROP_JSON =
        m->mark == &protection ? json_object_new_boolean(*m->to == '1') : json_object_new_string(m->to);
    struct proximo_step wait = {ROW(proximo_step),
                                .kind = PROXIMO_STEP_WAIT,
                                .path = m->mark->read,
                                .select = "",
                                .wait_test = PROXIMO_WAIT_EQUALS,
                                .interval_ms = 500,
                                .deadline_ms = 10000,
                                .params = ROWS(fields, place_fields(listed ? &there : &m->at, fields))};
    if (m->mark == &protection) {
        wait.select = protection_selector(m);
    } else if (m->mark == &owner) {
        wait.path = PBS_STORE_PATH "/groups";
        wait.select = m->owner_selector;
    }
    if (!wanted || !wait.select)
        return PROXIMO_ENOMEM;
    wait.wait_value = json_text(wanted).ptr;
    return a->host->postcondition(a->call, &wait);
}

static int32_t tell(const struct marking *m)
{
    const struct asking *a = &m->at.a;
    const char *summary = m->mark == &protection
                              ? ask_text(a, "backup %s is %s", place_label(&m->at),
                                         *m->to == '1' ? "protected against deletion" : "no longer protected")
                          : m->mark == &owner
                              ? ask_text(a, "group %s goes from %s to %s", place_label(&m->at), m->was, m->to)
                              : ask_text(a, "%s %s: other notes", m->mark->what, place_label(&m->at));
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_text(a, "before",
                      m->mark == &protection ? *m->was == '1' ? "protected" : "not protected" : m->was);
    if (r == PROXIMO_OK && m->mark == &protection && *m->to == '0')
        r = a->host->risk(
            a->call, PROXIMO_RISK_HIGH,
            "without the protection the next prune may delete it, and so may anybody with the right");
    return r;
}

static int32_t lay_out(const struct marking *m)
{
    const struct asking *a = &m->at.a;
    struct proximo_field to[6], back[6];
    const uint32_t count = place_fields(&m->at, to);
    (void)place_fields(&m->at, back);
    to[count] = FIELD(m->mark->field, m->to);
    back[count] = FIELD(m->mark->field, m->was);
    const struct proximo_step step = pbs_request(m->mark->method, m->mark->path, to, count + 1);
    struct proximo_step undo = pbs_request(m->mark->method, m->mark->path, back, count + 1);
    const char *now = m->mark == &protection ? protection_selector(m) : NULL;
    int32_t r = m->mark->read ? guard(m, m->mark->read, now, !now) : PROXIMO_OK;
    if (r == PROXIMO_OK)
        r = guard(m, PBS_STORE_PATH "/groups", m->owner_selector, false);
    if (r == PROXIMO_OK)
        r = place_tell_subject(&m->at, m->mark->operation_class, "to", m->mark == &owner ? m->to : NULL);
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &step);
    if (r == PROXIMO_OK)
        r = see(m);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, &undo, 1) : r;
}

static int32_t plan(void *instance, struct proximo_call *call, const struct mark *mark)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct marking m = {.mark = mark};
    bool own = false;
    int32_t r = place_take(&a, &m.at);
    if (r == PROXIMO_OK)
        r = mark == &owner ? place_allowed(&m.at, NULL, "to change the owner of a group", &own)
                           : place_allowed(&m.at, "Datastore.Backup", "this change", &own);
    m.to = r == PROXIMO_OK ? ask_argument(&a, mark->argument) : "";
    if (r == PROXIMO_OK && !m.to)
        r = a.host->fail(call, PROXIMO_EINVAL, "%s is missing", mark->argument);
    if (r == PROXIMO_OK && mark == &protection)
        m.to = ask_flag(&a, "protected") ? "1" : "0";
    if (r == PROXIMO_OK)
        r = read_owner(&m);
    if (r == PROXIMO_OK && own)
        r = place_owned(&m.at, m.owner);
    if (r == PROXIMO_OK)
        r = read_value(&m);
    if (r == PROXIMO_OK && strcmp(m.was, m.to) == 0)
        return a.host->change(
            call, ask_text(&a, "nothing to do: the %s %s is so already", mark->what, place_label(&m.at)));
    if (r == PROXIMO_OK)
        r = place_open(&m.at);
    if (r == PROXIMO_OK)
        r = tell(&m);
    return r == PROXIMO_OK ? lay_out(&m) : r;
}

int32_t pbs_plan_snapshot_notes(void *instance, struct proximo_call *call)
{
    return plan(instance, call, &notes);
}

int32_t pbs_plan_snapshot_protect(void *instance, struct proximo_call *call)
{
    return plan(instance, call, &protection);
}

int32_t pbs_plan_group_notes(void *instance, struct proximo_call *call)
{
    return plan(instance, call, &group_notes);
}

int32_t pbs_plan_group_owner(void *instance, struct proximo_call *call)
{
    return plan(instance, call, &owner);
}

/* ---- whom it hurts */

/* Whether it is protected now? Not known counts as yes: then the jobs that may delete it later are told. */
static int32_t is_protected(const struct pbs_place *at, bool *ret)
{
    const char *why = NULL;
    *ret = true;
    int32_t r = look_protected(at, ret, &why);
    if (r == PROXIMO_OK && why)
        r = at->a.host->incomplete(at->a.call, ask_text(&at->a, "the protection of %s", place_label(at)),
                                   why);
    return r;
}

/* The change turns it into the other, the way back too: what is protected now is not, afterwards. */
int32_t pbs_blast_protect(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_place at;
    bool off = true;
    int32_t r = place_of_subject(&a, subject, &at);
    if (r == PROXIMO_OK)
        r = is_protected(&at, &off);
    if (r < 0)
        return r;
    r = tell_affected(&a, off ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                      ask_text(&a, "snapshot/%s", place_label(&at)), NULL,
                      off ? "may be deleted by prunes and by whoever has the right"
                          : "is kept by prunes and cannot be deleted until the protection is taken away",
                      NULL);
    return r == PROXIMO_OK && off ? ties_tell(&at, TIES_PRUNES) : r;
}

static const char *principal(const struct asking *a, const char *name)
{
    return ask_text(a, "%s/%s", strchr(name, '!') ? "token" : "user", name);
}

int32_t pbs_blast_owner(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct marking m = {.mark = &owner};
    const char *to = member_text(subject, "to");
    int32_t r = place_of_subject(&a, subject, &m.at);
    if (r == PROXIMO_OK)
        r = read_owner(&m);
    if (r < 0)
        return r;
    r = tell_affected(
        &a, PROXIMO_RISK_HIGH, principal(&a, m.owner), NULL,
        ask_text(&a,
                 "owns group %s no more: its next backup into it is refused, and without rights on "
                 "the whole namespace it cannot see, restore or prune it",
                 place_label(&m.at)),
        NULL);
    if (r == PROXIMO_OK && to && strcmp(to, m.owner) != 0) /* the same: it is the way back */
        r = tell_affected(&a, PROXIMO_RISK_MEDIUM, principal(&a, to), NULL,
                          ask_text(&a,
                                   "owns group %s: with Datastore.Backup, Datastore.Read or Datastore.Prune "
                                   "there it can add to, restore or prune its backups",
                                   place_label(&m.at)),
                          NULL);
    return r == PROXIMO_OK ? ties_tell(&m.at, TIES_BUSY) : r;
}
