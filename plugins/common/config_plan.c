/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards, steps, postconditions and words of a configuration change. Only what is at stake is guarded and
 * asserted: the digest of a file changes with its neighbours, so it is read at once before and sent along.
 */
#include "config_inner.h"

#define FIELDS_MOST 240u

static int32_t none(const struct config_change *c, const char *why)
{
    int32_t r = tell_text(&c->ask, "no_way_back", why);
    return r == PROXIMO_OK ? c->ask.host->undo(c->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

/* ---- words */

static const char *shown(const struct config_edit *edit, const char *value)
{
    if (edit->key->flags & CONFIG_WRITE_ONLY)
        return "(hidden)";
    return value ? value : "absent";
}

static int32_t tell_changes(const struct config_change *c)
{
    struct json_object *changes = json_object_new_array();
    for (uint32_t i = 0; changes && i < c->count; i++) {
        const struct config_edit *edit = &c->edits[i];
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "option", json_object_new_string(edit->key->name));
        if (c->verb == CONFIG_UPDATE)
            json_object_object_add(row, "from", json_object_new_string(shown(edit, edit->was)));
        json_object_object_add(row, "to", json_object_new_string(shown(edit, edit->to)));
        json_object_array_add(changes, row);
    }
    return tell_fact(&c->ask, c->verb == CONFIG_UPDATE ? "changes" : "values", changes);
}

/* Is this member of GET configuration, and not the digest or something computed? */
static bool is_configuration(const struct config_change *c, const char *member)
{
    for (const char *const *name = c->kind->shown; name && *name; name++) {
        if (strcmp(*name, member) == 0)
            return false;
    }
    return strcmp(member, "digest") != 0 && (!c->kind->id || strcmp(member, c->kind->id) != 0);
}

static int32_t tell_what_goes(const struct config_change *c)
{
    struct json_object *goes = json_object_new_object();
    if (!goes)
        return PROXIMO_ENOMEM;
    json_object_object_foreach(c->now, name, value)
    {
        if (is_configuration(c, name))
            json_object_object_add(goes, name, json_object_get(value));
    }
    return tell_fact(&c->ask, "what_goes", goes);
}

static const char *edited_names(const struct config_change *c)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < c->count; i++)
        text = text ? ask_text(&c->ask, "%s, %s", text, c->edits[i].key->name) : c->edits[i].key->name;
    return text ? text : "";
}

static int32_t tell(const struct config_change *c)
{
    const char *label = config_label(c), *summary = c->summary;
    if (!summary && label)
        summary = c->verb == CONFIG_CREATE   ? ask_text(&c->ask, "%s is created", label)
                  : c->verb == CONFIG_DELETE ? ask_text(&c->ask, "%s is removed", label)
                                             : ask_text(&c->ask, "%s: %s", label, edited_names(c));
    int32_t r = summary ? c->ask.host->change(c->ask.call, summary) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    return c->verb == CONFIG_DELETE ? tell_what_goes(c) : tell_changes(c);
}

/* ---- selectors of what is at stake */

static const char *selectors(const struct config_change *c)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < c->kind->key_count; i++) {
        const struct config_key *key = &c->kind->keys[i];
        const bool stake = c->verb != CONFIG_UPDATE || config_edited(c, key->name) ||
                           (c->kind->flags & CONFIG_WHOLE) || (key->flags & CONFIG_ALWAYS);
        if (stake && !(key->flags & CONFIG_WRITE_ONLY))
            text = text ? ask_text(&c->ask, "%s,/%s", text, key->name) : ask_text(&c->ask, "/%s", key->name);
    }
    for (const char *const *name = c->kind->moved; c->verb == CONFIG_UPDATE && name && *name; name++)
        text = text ? ask_text(&c->ask, "%s,/%s", text, *name) : ask_text(&c->ask, "/%s", *name);
    if (c->verb == CONFIG_DELETE) { /* what this table does not know must not be lost unseen */
        json_object_object_foreach(c->now, name, value)
        {
            (void)value;
            if (text && is_configuration(c, name) && !config_key_find(c->kind, name))
                text = ask_text(&c->ask, "%s,/%s", text, name);
        }
    }
    return text ? text : "/digest";
}

static int32_t guard(const struct config_change *c)
{
    const struct proximo_guard guard = {
        ROW(proximo_guard), .flags = c->verb == CONFIG_CREATE ? PROXIMO_GUARD_TOLERATE : 0,
        .path = c->kind->one,
        .fields = c->more_fields ? ask_text(&c->ask, "%s%s", selectors(c), c->more_fields) : selectors(c),
        .params = ROWS(c->at, c->at_count)};
    int32_t r = guard.fields ? c->ask.host->guard(c->ask.call, &guard) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->guard_count; i++)
        r = c->ask.host->guard(c->ask.call, &c->guards[i]);
    return r;
}

static int32_t subject(const struct config_change *c)
{
    struct json_object *subject DROP_JSON =
        c->subject_details ? json_object_get(c->subject_details) : json_object_new_object();
    const char *name = c->kind->subject_name ? config_fill(c, c->kind->subject_name) : c->id;
    if (!subject || !name)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string(c->kind->subject));
    json_object_object_add(subject, c->kind->subject_member,
                           strcmp(c->kind->subject, "guest") == 0
                               ? json_object_new_int64((int64_t)digits_of(name, 999999999))
                               : json_object_new_string(name));
    return c->ask.host->subject(c->ask.call, c->operation_class, json_text(subject));
}

/* ---- steps */

struct fields {
    struct proximo_field rows[FIELDS_MOST];
    uint32_t count;
    bool full;
};

static void put(struct fields *fields, struct proximo_field field)
{
    if (fields->count < FIELDS_MOST)
        fields->rows[fields->count++] = field;
    else
        fields->full = true;
}

static void put_edit(struct fields *fields, const struct config_edit *edit)
{
    if (edit->secret_id)
        put(fields, (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET,
                                           .name = edit->key->name, .secret_id = edit->secret_id});
    else if (edit->to && edit->many_count)
        for (uint32_t i = 0; i < edit->many_count; i++)
            put(fields, FIELD(edit->key->name, edit->many[i]));
    else if (edit->to)
        put(fields, FIELD(edit->key->name, edit->to));
}

/* Names to remove: one list, to a Backup Server a field for each, or an empty value for each where PUT knows
 * no "delete". */
static int32_t put_removals(const struct config_change *c, struct fields *fields)
{
    const bool each = ask_is_pbs(&c->ask);
    const char *removed = NULL;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct config_edit *edit = &c->edits[i];
        if (edit->to || edit->secret_id)
            continue;
        if (c->kind->flags & CONFIG_NO_DELETE)
            put(fields, FIELD(edit->key->name, ""));
        else if (each)
            put(fields, FIELD("delete", edit->key->name));
        else
            removed = removed ? ask_text(&c->ask, "%s,%s", removed, edit->key->name) : edit->key->name;
    }
    if (removed)
        put(fields, FIELD("delete", removed));
    return PROXIMO_OK;
}

/* Values that are sent although they stay. */
static void put_kept(const struct config_change *c, struct fields *fields)
{
    for (uint32_t i = 0; i < c->kind->key_count; i++) {
        const struct config_key *key = &c->kind->keys[i];
        const char *value = (c->kind->flags & CONFIG_WHOLE) || (key->flags & CONFIG_ALWAYS)
                                ? config_before(c, key->name)
                                : NULL;
        if (value && !config_edited(c, key->name))
            put(fields, FIELD(key->name, value));
    }
}

static bool has_digest(const struct config_change *c)
{
    return (c->kind->flags & CONFIG_DIGEST) && member_text(c->now, "digest");
}

static int32_t step(const struct config_change *c, const char *method, const char *path,
                    const struct fields *fields, uint64_t flags)
{
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = flags,
                                      .name = "change",
                                      .method = method,
                                      .path = path,
                                      .params = ROWS(fields->rows, fields->count)};
    if (fields->full)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "%s: more values than one request takes",
                                 config_label(c));
    return c->ask.host->step(c->ask.call, &step);
}

static bool path_names(const char *path, const char *name)
{
    const char *at = strchr(path, '{');
    for (; at; at = strchr(at + 1, '{')) {
        const size_t len = strcspn(at, "}");
        if (len == strlen(name) + 1 && memcmp(at + 1, name, len - 1) == 0)
            return true;
    }
    return false;
}

static const char *create_path(const struct config_change *c)
{
    return c->kind->flags & CONFIG_CREATE_ON_ONE ? c->kind->one : c->kind->list;
}

static void put_id(const struct config_change *c, struct fields *fields)
{
    for (uint32_t i = 0; i < c->at_count; i++) {
        const bool id = c->kind->id && strcmp(c->at[i].name, c->kind->id) == 0;
        if (path_names(create_path(c), c->at[i].name) || (id && !c->create_id))
            put(fields, c->at[i]);
        else if (id)
            put(fields, FIELD(c->kind->id, c->create_id));
    }
}

static int32_t create(const struct config_change *c, struct fields *fields)
{
    put_id(c, fields);
    for (uint32_t i = 0; i < c->count; i++)
        put_edit(fields, &c->edits[i]);
    return step(c, "POST", create_path(c), fields, 0);
}

static int32_t update(const struct config_change *c, struct fields *fields)
{
    const struct proximo_step state = {ROW(proximo_step),
                                       .kind = PROXIMO_STEP_READ,
                                       .name = "state",
                                       .path = c->kind->one,
                                       .select = selectors(c),
                                       .keep = "/digest",
                                       .params = ROWS(c->at, c->at_count)};
    int32_t r = has_digest(c) ? c->ask.host->step(c->ask.call, &state) : PROXIMO_OK;
    for (uint32_t i = 0; i < c->at_count; i++)
        put(fields, c->at[i]);
    put_kept(c, fields);
    for (uint32_t i = 0; i < c->count; i++)
        put_edit(fields, &c->edits[i]);
    if (!(c->kind->flags & CONFIG_WHOLE) && r == PROXIMO_OK)
        r = put_removals(c, fields);
    if (has_digest(c))
        put(fields, REFERENCE("digest", "state:/digest"));
    return r == PROXIMO_OK ? step(c, c->kind->put ? c->kind->put : "PUT", c->kind->one, fields,
                                  has_digest(c) ? PROXIMO_STEP_ATOMIC : 0)
                           : r;
}

static int32_t change(const struct config_change *c)
{
    struct fields *fields = c->ask.host->alloc(c->ask.call, sizeof(*fields));
    if (!fields)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < c->more_count; i++)
        put(fields, c->more[i]);
    if (c->verb == CONFIG_CREATE)
        return create(c, fields);
    if (c->verb == CONFIG_UPDATE)
        return update(c, fields);
    for (uint32_t i = 0; i < c->at_count; i++)
        put(fields, c->at[i]);
    return step(c, "DELETE", c->kind->one, fields, 0);
}

/* ---- what must be seen afterwards */

static int32_t wait_for(const struct config_change *c, const char *path, const char *select, uint32_t test,
                        const char *value)
{
    struct fields at = {0};
    for (uint32_t i = 0; i < c->at_count; i++) {
        if (path_names(path, c->at[i].name))
            put(&at, c->at[i]);
    }
    if (c->kind->list_query.name && strcmp(path, c->kind->list) == 0)
        put(&at, c->kind->list_query);
    const uint64_t seconds = c->kind->deadline_s ? c->kind->deadline_s : 15;
    const struct proximo_step wait = {ROW(proximo_step),   .kind = PROXIMO_STEP_WAIT,
                                      .path = path,        .params = ROWS(at.rows, at.count),
                                      .select = select,    .wait_test = test,
                                      .wait_value = value, .tolerate = "400,404,500",
                                      .interval_ms = 500,  .deadline_ms = seconds * 1000};
    return select ? c->ask.host->postcondition(c->ask.call, &wait) : PROXIMO_ENOMEM;
}

/* Plain values are compared; what Proxmox sorts, splits or rewrites is looked for. */
static int32_t see_edit(const struct config_change *c, const struct config_edit *edit, bool *ret_seen)
{
    const char *select = ask_text(&c->ask, "/%s", edit->key->name);
    const uint32_t loose = CONFIG_LIST | CONFIG_REPEAT | CONFIG_REWRITTEN;
    struct json_object *was = member_of(c->now, edit->key->name);
    const bool rewritten = (edit->key->flags & CONFIG_REWRITTEN) != 0;
    /* A value that means the same as none may be left out, and none may be shown as that value; how an
     * emptied one is kept is left to Proxmox. */
    const bool emptied = (c->kind->flags & CONFIG_NO_DELETE) && !(edit->key->flags & CONFIG_LIST);
    if ((!edit->to && (edit->key->absent || rewritten || emptied)) ||
        (edit->to && edit->key->absent && strcmp(edit->to, edit->key->absent) == 0))
        return PROXIMO_OK;
    *ret_seen = true;
    if (!edit->to)
        return wait_for(c, c->kind->one, select, PROXIMO_WAIT_COUNT, "0");
    if ((edit->key->flags & loose) || json_object_is_type(was, json_type_object) ||
        json_object_is_type(was, json_type_array) || strchr(edit->to, '\n'))
        return wait_for(c, c->kind->one, select, PROXIMO_WAIT_EXISTS, NULL);
    struct json_object *wanted DROP_JSON = json_object_new_string(edit->to);
    return wanted ? wait_for(c, c->kind->one, select, PROXIMO_WAIT_EQUALS, json_text(wanted).ptr)
                  : PROXIMO_ENOMEM;
}

static int32_t see_values(const struct config_change *c)
{
    int32_t r = PROXIMO_OK;
    bool seen = c->verb == CONFIG_CREATE;
    if (c->verb == CONFIG_DELETE)
        return wait_for(c, c->kind->list, ask_text(&c->ask, "[%s=%s]", c->kind->id, c->id),
                        PROXIMO_WAIT_COUNT, "0");
    if (c->verb == CONFIG_CREATE)
        r = wait_for(c, c->kind->list, ask_text(&c->ask, "[%s=%s]/%s", c->kind->id, c->id, c->kind->id),
                     PROXIMO_WAIT_EXISTS, NULL);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        if (!(c->edits[i].key->flags & CONFIG_WRITE_ONLY))
            r = see_edit(c, &c->edits[i], &seen);
    }
    /* Nothing of it is ever shown: that the object answers is all there is to see. */
    if (r == PROXIMO_OK && !seen)
        r = wait_for(c, c->kind->one, "", PROXIMO_WAIT_EXISTS, NULL);
    return r;
}

static int32_t see(const struct config_change *c)
{
    int32_t r = see_values(c);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->seen_count; i++)
        r = c->ask.host->postcondition(c->ask.call, &c->seen[i]);
    return r;
}

/* A removal takes more away than the object: it is made again, and then what hung on it. */
static int32_t back_with_more(const struct config_change *c)
{
    struct fields *fields = c->ask.host->alloc(c->ask.call, sizeof(*fields));
    struct proximo_step *steps = c->ask.host->alloc(c->ask.call, (c->back_count + 1) * sizeof(*steps));
    if (!fields || !steps)
        return PROXIMO_ENOMEM;
    put_id(c, fields);
    for (uint32_t i = 0; i < c->kind->key_count; i++) {
        const struct config_key *key = &c->kind->keys[i];
        struct json_object *list = member_of(c->now, key->name);
        const char *value = config_before(c, key->name);
        if (!value || (key->flags & CONFIG_WRITE_ONLY))
            continue;
        if (!(key->flags & CONFIG_REPEAT) || !json_object_is_type(list, json_type_array))
            put(fields, FIELD(key->name, value));
        else
            for (size_t k = 0; k < json_object_array_length(list); k++)
                put(fields, FIELD(key->name, config_text(&c->ask, json_object_array_get_idx(list, k))));
    }
    steps[0] = (struct proximo_step){ROW(proximo_step),      .kind = PROXIMO_STEP_REQUEST,
                                     .name = "change",       .method = "POST",
                                     .path = create_path(c), .params = ROWS(fields->rows, fields->count)};
    memcpy(steps + 1, c->back, c->back_count * sizeof(*steps));
    return fields->full ? PROXIMO_ENOMEM
                        : c->ask.host->undo(c->ask.call, PROXIMO_UNDO_TEMPLATE, steps, c->back_count + 1);
}

static int32_t way_back(const struct config_change *c)
{
    static const char *const words[] = {"removes it again, as long as nobody changed it",
                                        "writes the values back that stand under from",
                                        "creates it again with the values that stand under what_goes"};
    if (c->no_way_back)
        return none(c, c->no_way_back);
    for (uint32_t i = 0; c->verb == CONFIG_UPDATE && i < c->count; i++) {
        if (c->edits[i].key->flags & CONFIG_WRITE_ONLY)
            return none(
                c, ask_text(&c->ask,
                            "Proxmox never shows the present %s, so it cannot be written back; to have a "
                            "way back for the other values, change them in a plan of theirs",
                            c->edits[i].key->name));
    }
    const bool more = c->verb == CONFIG_DELETE && c->back_count;
    const char *text =
        c->way_back ? c->way_back
        : more      ? ask_text(&c->ask, "%s, and then brings back what else goes with it", words[c->verb])
                    : words[c->verb];
    int32_t r = tell_text(&c->ask, "way_back", text);
    if (r == PROXIMO_OK && more)
        return back_with_more(c);
    return r == PROXIMO_OK ? c->ask.host->undo(c->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

int32_t config_lay_out(struct config_change *c)
{
    int32_t r = tell(c);
    if (r < 0 || (r = guard(c)) < 0 || (r = subject(c)) < 0 || (r = change(c)) < 0 || (r = see(c)) < 0)
        return r;
    return way_back(c);
}
