/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a datastore's namespaces and backups, and marking what goes. */
#include "contents.h"

#define GOES "proximo-goes"

const char contents_partial[] = "this token sees only groups that it owns itself there (Datastore.Backup "
                                "without Datastore.Audit), or nothing";

/* A row that is no object says nothing of what is there. */
static bool has_strays(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
            return true;
    }
    return false;
}

static int32_t read_space(const struct pbs_place *at, struct pbs_space *space)
{
    const struct pbs_place there = {.a = at->a, .store = at->store, .ns = space->ns};
    static const struct proximo_need need[] = {NEED("/datastore/{store}/{ns?}", "Datastore.Audit")};
    struct proximo_field fields[5];
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/snapshots", .fields = fields,
                                    .field_count = place_fields(&there, fields),
                                    .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(&at->a, &get, &looked);
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, json_type_array)) {
        space->list = looked.data;
        space->why = !looked.complete          ? contents_partial
                     : has_strays(looked.data) ? "some rows of the list make no sense"
                                               : NULL;
        return PROXIMO_OK;
    }
    space->why = looked.data ? "the answer is no list" : looked.why ? looked.why : "no answer";
    json_object_put(looked.data);
    return PROXIMO_OK;
}

static int32_t take_spaces(const struct pbs_place *at, struct pbs_contents *c)
{
    const size_t rows = json_object_is_type(c->list, json_type_array) ? json_object_array_length(c->list) : 0;
    const size_t count = rows > SPACES_MOST ? SPACES_MOST : rows;
    c->spaces = at->a.host->alloc(at->a.call, (count + 2) * sizeof(*c->spaces));
    if (!c->spaces)
        return PROXIMO_ENOMEM;
    if (rows > count)
        c->why = "there are more namespaces than are looked at";
    for (size_t i = 0; i < count; i++) {
        const char *ns = member_text(json_object_array_get_idx(c->list, i), "ns");
        if (!ns)
            c->why = "some rows of the list have no name";
        else if (!contents_space(c, ns))
            c->spaces[c->count++].ns = ns;
    }
    if (!contents_space(c, at->ns)) /* whatever the list says: it is what the change is aimed at */
        c->spaces[c->count++].ns = at->ns;
    return PROXIMO_OK;
}

int32_t contents_read(const struct pbs_place *at, struct pbs_contents *ret)
{
    const struct asking *a = &at->a;
    /* Spelled out, so that it is asked for handed down: otherwise no namespace below is listed. */
    const char *acl = place_acl(&(const struct pbs_place){.a = *a, .store = at->store, .ns = ""});
    const struct proximo_need need[] = {NEED(acl, "Datastore.Audit")};
    const struct proximo_field store = FIELD("store", at->store);
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/namespace", .fields = &store,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    *ret = (struct pbs_contents){.at = *at};
    int32_t r = acl ? ask_look(a, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    ret->list = looked.data;
    if (!json_object_is_type(looked.data, json_type_array))
        ret->why = looked.data ? "the answer is no list" : looked.why ? looked.why : "no answer";
    else if (!looked.complete || json_object_array_length(looked.data) == 0)
        ret->why = "this token does not see every namespace";
    r = take_spaces(at, ret);
    for (uint32_t i = 0; r == PROXIMO_OK && i < ret->count; i++)
        r = read_space(at, &ret->spaces[i]);
    return r;
}

void contents_done(struct pbs_contents *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        json_object_put(c->spaces[i].list);
    json_object_put(c->list);
    *c = (struct pbs_contents){0};
}

struct pbs_space *contents_space(const struct pbs_contents *c, const char *ns)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->spaces[i].ns, ns) == 0)
            return &c->spaces[i];
    }
    return NULL;
}

bool pbs_within(const char *ns, const char *top)
{
    const size_t len = strlen(top);
    return !len || (strncmp(ns, top, len) == 0 && (!ns[len] || ns[len] == '/'));
}

/* ---- rows */

bool contents_of_group(struct json_object *row, const char *type, const char *id)
{
    return (!type || member_is(row, "backup-type", type)) && (!id || member_is(row, "backup-id", id));
}

int64_t contents_time(struct json_object *row)
{
    const char *text = member_text(row, "backup-time");
    return text ? (int64_t)digits_of(text, INT64_MAX) : 0;
}

bool contents_verified(struct json_object *row, const char *state)
{
    return member_is(member_of(row, "verification"), "state", state);
}

bool contents_goes(struct json_object *row)
{
    return member_true(row, GOES);
}

void contents_mark_row(struct pbs_contents *c, struct json_object *row)
{
    if (json_object_is_type(row, json_type_object) && !contents_goes(row)) {
        json_object_object_add(row, GOES, json_object_new_boolean(1));
        c->going++;
    }
}

static void mark_space(struct pbs_contents *c, const struct pbs_space *space)
{
    const struct pbs_place *at = &c->at;
    for (size_t i = 0; i < json_object_array_length(space->list); i++) {
        struct json_object *row = json_object_array_get_idx(space->list, i);
        if (!contents_of_group(row, at->type, at->id) ||
            (at->time && !member_is(row, "backup-time", at->time)))
            continue;
        if (member_true(row, "protected"))
            c->staying++;
        else
            contents_mark_row(c, row);
    }
}

void contents_mark(struct pbs_contents *c, bool below)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct pbs_space *space = &c->spaces[i];
        const bool aimed = below ? pbs_within(space->ns, c->at.ns) : strcmp(space->ns, c->at.ns) == 0;
        if (aimed && space->list)
            mark_space(c, space);
    }
}
