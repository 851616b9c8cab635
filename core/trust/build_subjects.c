/* SPDX-License-Identifier: Apache-2.0 */
/* What the change is aimed at, under which operation class, and the words that a person types. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "trust/build.h"

static int subject_add(struct build *b, const char *class, struct json_object *subject, struct problem *p)
{
    CLEANUP_BUF struct buf label = BUF_INIT(512);
    CLEANUP_JSON struct json_object *row = json_object_new_object();

    int r = trust_allowed(b->trust, b->tool, class, p);
    if (r == 0)
        r = subject_label(subject, &label, p);
    if (r < 0)
        return r;
    for (size_t i = 0; i < json_object_array_length(b->subjects); i++) {
        struct json_object *other = json_object_array_get_idx(b->subjects, i);
        const char *other_class = NULL, *other_label = NULL;
        if (json_get_string(other, "class", &other_class, NULL) == 0 &&
            json_get_string(other, "label", &other_label, NULL) == 0 && strcmp(class, other_class) == 0 &&
            strcmp(label.data, other_label) == 0)
            return 0;
    }
    if (json_object_array_length(b->subjects) == BUILD_SUBJECTS_MOST)
        return build_plane_fault(b, p, "its plan is aimed at more than %u things", BUILD_SUBJECTS_MOST);
    if (build_add_text(row, "class", class) < 0 || build_add(row, "subject", json_object_get(subject)) < 0 ||
        build_add_text(row, "label", label.data) < 0 ||
        json_object_array_add(b->subjects, json_object_get(row)) < 0)
        return build_no_memory(p);
    return 0;
}

/* The row's template; the class is the way back's own if this is one. */
static int subject_of_row(struct build *b, struct problem *p)
{
    CLEANUP_BUF struct buf label = BUF_INIT(512);
    CLEANUP_JSON struct json_object *subject = NULL;
    const char *class =
        b->request->record && b->tool->undo_class ? b->tool->undo_class : b->tool->operation_class;

    if (!class || !b->tool->subject || reading_fill(&b->reading, b->tool->subject, false, &label) < 0 ||
        !buf_ok(&label) || !label.data)
        return build_plane_fault(b, p, "it does not say what its change is aimed at");
    int r = subject_parse(label.data, &subject, p);
    return r < 0 ? r : subject_add(b, class, subject, p);
}

int build_subjects(struct build *b, struct problem *p)
{
    struct json_object *rows = NULL;
    const struct config_site *site = site_config(b->request->site);
    int r = 0;

    (void)json_get(b->draft, "subjects", json_type_array, &rows);
    if (!rows || json_object_array_length(rows) == 0)
        r = subject_of_row(b, p);
    for (size_t i = 0; r == 0 && rows && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i), *subject = NULL;
        const char *class = NULL;
        if (json_get_string(row, "class", &class, NULL) < 0 ||
            json_get(row, "subject", json_type_object, &subject) < 0)
            r = build_plane_fault(b, p, "a subject of its plan has no class, or is no object");
        else
            r = subject_add(b, class, subject, p);
    }
    if (r == 0)
        r = subjects_label(b->subjects, site->name ? site->name : "this site", &b->subject, p);
    if (r == 0)
        (void)json_get_string(json_object_array_get_idx(b->subjects, 0), "class", &b->action, NULL);
    return r;
}
