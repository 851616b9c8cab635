/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_storage_volume_set: notes and protection of a backup. Proxmox takes both in one request without a
 * digest; what is so already is left out. Source: PUT /nodes/{node}/storage/{storage}/content/{volume}.
 */
#include "content.h"

#define SET_CLASS "backup.set"

struct setting {
    struct asking a;
    struct volume v;
    struct json_object *info; /* of GET content/{volume}: the notes as they are, not their first line */
    const char *notes, *old_notes;
    bool sets_notes, sets_protection, protected, was_protected;
};

static int32_t begin(struct setting *s)
{
    const struct asking *a = &s->a;
    int32_t r = volume_open(a, &s->v);
    if (r < 0)
        return r;
    const struct proximo_get get = {ROW(proximo_get), .path = VOLUME_PATH, .fields = s->v.at,
                                    .field_count = 3};
    if (!s->v.row)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND, "storage %s of %s has no volume %s", s->v.storage,
                             s->v.node, s->v.volid);
    if (strcmp(volume_content(&s->v), "backup") != 0)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "%s is content \"%s\": only backups have notes and a protection", s->v.volid,
                             volume_content(&s->v));
    if ((r = ask_get(a, &get, json_type_object, &s->info)) < 0)
        return r;
    const char *wanted = ask_argument(a, "protected");
    s->notes = ask_argument(a, "notes");
    s->old_notes = member_text(s->info, "notes") ? member_text(s->info, "notes") : "";
    s->was_protected = member_true(s->info, "protected");
    s->protected = ask_flag(a, "protected");
    if (!s->notes && !wanted)
        return a->host->fail(a->call, PROXIMO_EINVAL, "give notes, protected or both");
    s->sets_notes = s->notes && strcmp(s->notes, s->old_notes) != 0;
    s->sets_protection = wanted && s->protected != s->was_protected;
    return PROXIMO_OK;
}

static int32_t tell(const struct setting *s)
{
    const struct asking *a = &s->a;
    const char *summary =
        ask_text(a, "backup %s: %s%s%s", s->v.name,
                 s->sets_protection ? s->protected ? "protected against removal" : "no longer protected" : "",
                 s->sets_protection && s->sets_notes ? ", " : "", s->sets_notes ? "other notes" : "");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && s->sets_notes)
        r = tell_text(a, "notes_before", s->old_notes);
    if (r == PROXIMO_OK && s->sets_notes)
        r = tell_text(a, "notes_after", s->notes);
    if (r == PROXIMO_OK && s->sets_protection)
        r = tell_fact(a, "protected_before", json_object_new_boolean(s->was_protected));
    if (r == PROXIMO_OK && s->sets_protection && !s->protected)
        r = a->host->risk(
            a->call, PROXIMO_RISK_HIGH,
            "without the protection the next pruning may delete it, and so may anybody with the right");
    return r;
}

static int32_t lay_out(const struct setting *s)
{
    const struct asking *a = &s->a;
    struct proximo_field to[5] = {s->v.at[0], s->v.at[1], s->v.at[2]},
                         back[5] = {s->v.at[0], s->v.at[1], s->v.at[2]};
    uint32_t count = 3;
    if (s->sets_notes) {
        back[count] = FIELD("notes", s->old_notes);
        to[count++] = FIELD("notes", s->notes);
    }
    if (s->sets_protection) {
        back[count] = FIELD("protected", s->was_protected ? "1" : "0");
        to[count++] = FIELD("protected", s->protected ? "1" : "0");
    }
    const struct proximo_guard guard = {ROW(proximo_guard), .path = VOLUME_PATH,
                                        .fields = "/size,/notes,/protected", .params = ROWS(s->v.at, 3)};
    const struct proximo_step set = {ROW(proximo_step),   .kind = PROXIMO_STEP_REQUEST,
                                     .name = "change",    .method = "PUT",
                                     .path = VOLUME_PATH, .params = ROWS(to, count)};
    struct proximo_step undo = set;
    undo.params = (struct proximo_table)ROWS(back, count);
    struct proximo_step seen = {ROW(proximo_step),      .kind = PROXIMO_STEP_WAIT,
                                .path = VOLUME_PATH,    .params = ROWS(s->v.at, 3),
                                .select = "/protected", .wait_test = PROXIMO_WAIT_EQUALS,
                                .interval_ms = 500,     .deadline_ms = 10000};
    int32_t r = a->host->guard(a->call, &guard);
    if (r == PROXIMO_OK)
        r = volume_subject(&s->v, a, SET_CLASS);
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &set);
    if (r == PROXIMO_OK && s->sets_protection) {
        seen.wait_value = s->protected ? "1" : "0";
        r = a->host->postcondition(a->call, &seen);
    }
    if (r == PROXIMO_OK && s->sets_notes) {
        struct json_object *wanted DROP_JSON = json_object_new_string(s->notes);
        seen.select = "/notes";
        seen.wait_value = json_text(wanted).ptr;
        if (*s->notes) /* empty notes are not shown at all */
            r = a->host->postcondition(a->call, &seen);
    }
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, &undo, 1) : r;
}

int32_t storage_plan_volume_set(void *instance, struct proximo_call *call)
{
    struct setting s = {.a = {((struct plane_instance *)instance)->host, call}};
    int32_t r = begin(&s);
    if (r == PROXIMO_OK && !s.sets_notes && !s.sets_protection) {
        const char *text = ask_text(&s.a, "nothing to do: backup %s is so already", s.v.name);
        r = text ? s.a.host->change(call, text) : PROXIMO_ENOMEM;
    } else if (r == PROXIMO_OK) {
        r = tell(&s);
        if (r == PROXIMO_OK)
            r = lay_out(&s);
    }
    json_object_put(s.info);
    volume_done(&s.v);
    return r;
}
