/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan for a person to read before they consent: made by the core from the steps that will run. What could
 * not be read comes first. Words of a plane, a guest or another person are quoted and named as such.
 */
#include "trust/render.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/risk.h"

#define WORDS_MOST 600u
#define VALUE_MOST 2000u

const char *render_text(struct json_object *object, const char *key)
{
    const char *text = NULL;
    return json_get_string(object, key, &text, NULL) == 0 ? text : "";
}

struct json_object *render_rows(struct json_object *object, const char *key)
{
    struct json_object *rows = NULL;
    return json_get(object, key, json_type_array, &rows) == 0 && json_object_array_length(rows) ? rows : NULL;
}

void render_plain(struct buf *out, const char *text, size_t most)
{
    const size_t len = strlen(text);
    const size_t cut = len > most ? text_utf8_cut(text, most) : len;

    text_clean(out, text, cut, false);
    if (cut < len)
        buf_str(out, "...");
}

void render_quoted(struct buf *out, const char *text, size_t most)
{
    CLEANUP_BUF struct buf clean = BUF_INIT((size_t)1 << 20);

    render_plain(&clean, text, most);
    buf_char(out, '"');
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.data[i] == '"' || clean.data[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, clean.data[i]);
    }
    buf_char(out, '"');
}

void render_field_value(struct buf *out, struct json_object *field, size_t most)
{
    CLEANUP_BUF struct buf shown = BUF_INIT((size_t)1 << 20);
    const char *text = NULL;
    size_t len = 0;

    if (json_get_string(field, "secret", &text, NULL) == 0) {
        buf_str(out, "(secret ");
        render_plain(out, text, 64);
        buf_char(out, ')');
    } else if (json_get_string(field, "ref", &text, NULL) == 0) {
        buf_str(out, "(result ");
        render_plain(out, text, 200);
        buf_char(out, ')');
    } else if (json_get_string(field, "value", &text, &len) == 0) {
        risk_put_shown_value(render_text(field, "name"), text, len, &shown);
        render_quoted(out, shown.data ? shown.data : "", most);
    }
}

void render_step_line(struct buf *out, struct json_object *step)
{
    const char *kind = render_text(step, "kind"), *path = render_text(step, "path");
    struct json_object *value = NULL;

    if (strcmp(kind, "request") == 0) {
        render_plain(out, render_text(step, "method"), 10);
        buf_char(out, ' ');
        render_plain(out, path, VALUE_MOST);
    } else if (strcmp(kind, "executor") == 0) {
        render_command_line(out, step);
    } else if (strcmp(kind, "read") == 0) {
        buf_str(out, "read again ");
        render_plain(out, path, VALUE_MOST);
    } else {
        buf_str(out, "wait until ");
        render_plain(out, render_text(step, "select"), WORDS_MOST);
        buf_char(out, ' ');
        render_plain(out, render_text(step, "test"), 10);
        if (json_object_object_get_ex(step, "value", &value)) {
            buf_char(out, ' ');
            render_plain(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), WORDS_MOST);
        }
        buf_str(out, " at ");
        render_plain(out, path, VALUE_MOST);
    }
}

static void put_incomplete(struct json_object *root, struct buf *out)
{
    struct json_object *rows = render_rows(root, "incomplete");

    if (!rows)
        return;
    buf_str(out, "INCOMPLETE: not everything that matters could be read.\n");
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        buf_str(out, "  - ");
        render_quoted(out, render_text(row, "what"), WORDS_MOST);
        buf_str(out, ": ");
        render_quoted(out, render_text(row, "why"), WORDS_MOST);
        buf_char(out, '\n');
    }
}

static void put_flags(uint64_t flags, struct buf *out)
{
    static const struct {
        uint64_t bit;
        const char *words;
    } names[] = {{RISK_DESTROYS, "destroys"},
                 {RISK_CUTS_OFF, "can cut off the operator"},
                 {RISK_WIDENS, "widens access"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (flags & names[i].bit)
            buf_printf(out, "; %s", names[i].words);
    }
}

static void put_consent(const struct plan *plan, struct buf *out)
{
    static const struct {
        const char *consent, *words;
    } rows[] = {{"plan", "the plan's id is enough"},
                {"human", "human: a person must look at this"},
                {"approver", "approver: the approver must look at this and sign it (`proximo approve`)"}};

    buf_str(out, "\nConsent: ");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(plan->consent, rows[i].consent) == 0)
            buf_str(out, rows[i].words);
    }
    if (plan->consent_why) {
        buf_str(out, "; ");
        render_plain(out, plan->consent_why, WORDS_MOST);
    }
    buf_char(out, '\n');
}

static void put_head(const struct plan *plan, struct buf *out)
{
    const char *undo_of = plan->undo_of;

    render_plain(out, plan->action, WORDS_MOST);
    buf_str(out, " on ");
    render_plain(out, plan->subject, WORDS_MOST);
    buf_str(out, " (site ");
    render_quoted(out, plan->site, WORDS_MOST);
    buf_str(out, ", tool ");
    render_plain(out, plan->tool, WORDS_MOST);
    buf_str(out, ")\n");
    if (undo_of) {
        buf_str(out, "Way back of plan ");
        render_plain(out, undo_of, WORDS_MOST);
        buf_char(out, '\n');
    }
    buf_printf(out, "Risk: %s", risk_level_name(plan->risk));
    put_flags(plan->flags, out);
    put_consent(plan, out);
}

static void put_reasons(struct json_object *root, struct buf *out)
{
    struct json_object *risk = NULL;

    (void)json_get(root, "risk", json_type_object, &risk);
    struct json_object *rows = render_rows(risk, "reasons");
    for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *from = render_text(row, "from");
        const bool ours =
            strcmp(from, "core") == 0 || strcmp(from, "completeness") == 0 || strcmp(from, "class") == 0;
        int64_t level = RISK_HIGH;
        (void)json_get_int(row, "level", &level);
        buf_printf(out, "  - %s (", risk_level_name((unsigned)level));
        render_plain(out, from, 20);
        buf_str(out, "): ");
        if (ours)
            render_plain(out, render_text(row, "text"), WORDS_MOST);
        else
            render_quoted(out, render_text(row, "text"), WORDS_MOST);
        buf_char(out, '\n');
    }
}

static void put_step(struct json_object *step, size_t number, struct buf *out)
{
    struct json_object *fields = render_rows(step, "params");
    bool always = false, follow = false, atomic = false, worded = false;
    const bool request = strcmp(render_text(step, "kind"), "request") == 0;

    (void)json_get_bool(step, "always", &always);
    (void)json_get_bool(step, "follow", &follow);
    (void)json_get_bool(step, "atomic", &atomic);
    buf_printf(out, "  %zu. ", number);
    render_step_line(out, step);
    if (follow)
        buf_str(out, "; its task is followed to the end");
    const bool command = strcmp(render_text(step, "kind"), "executor") == 0;
    if (request && atomic)
        buf_str(out, "; Proxmox itself refuses it if the configuration changed meanwhile");
    else if (request || command)
        buf_str(out, render_rows(step, "recheck") ? "; what is guarded of it is read again at once before"
                                                  : "; nothing checks again at once before it is sent");
    if (strcmp(render_text(step, "on_failure"), "continue") == 0)
        buf_str(out, "; goes on if it fails");
    if (always)
        buf_str(out, "; runs even after a failure");
    buf_char(out, '\n');
    if (command)
        render_command(out, step);
    for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const bool word = strcmp(render_text(field, "name"), "command") == 0;
        if (render_agent_command(out, step, field, !worded)) {
            worded = worded || word;
            continue;
        }
        buf_str(out, "       ");
        render_plain(out, render_text(field, "name"), 100);
        buf_str(out, " = ");
        render_field_value(out, field, VALUE_MOST);
        buf_char(out, '\n');
    }
}

static void put_steps(struct json_object *root, struct buf *out)
{
    struct json_object *steps = render_rows(root, "steps"), *after = render_rows(root, "postcondition");

    buf_str(out, "Steps, these and no others:\n");
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++)
        put_step(json_object_array_get_idx(steps, i), i + 1, out);
    if (after)
        buf_str(out, "It has worked when:\n");
    for (size_t i = 0; after && i < json_object_array_length(after); i++) {
        buf_str(out, "  - ");
        render_step_line(out, json_object_array_get_idx(after, i));
        buf_char(out, '\n');
    }
}

static void put_guards(struct json_object *root, struct buf *out)
{
    struct json_object *guards = render_rows(root, "guards");

    if (!guards)
        return;
    buf_str(out, "Refused if any of this has changed:\n");
    for (size_t i = 0; i < json_object_array_length(guards); i++) {
        struct json_object *guard = json_object_array_get_idx(guards, i);
        struct json_object *fields = render_rows(guard, "fields");
        if (guard_is_copy(guard))
            continue;
        buf_str(out, "  - ");
        render_plain(out, render_text(guard, "path"), VALUE_MOST);
        buf_str(out, fields ? ": " : ": all of it");
        for (size_t k = 0; fields && k < json_object_array_length(fields); k++) {
            buf_str(out, k ? ", " : "");
            render_plain(out, json_object_get_string(json_object_array_get_idx(fields, k)), WORDS_MOST);
        }
        buf_char(out, '\n');
    }
}

static void put_undo(struct json_object *root, struct buf *out)
{
    struct json_object *undo = NULL;

    (void)json_get(root, "undo", json_type_object, &undo);
    const char *kind = render_text(undo, "kind"), *note = render_text(undo, "note");
    if (strcmp(kind, "template") == 0 || strcmp(kind, "function") == 0) {
        buf_str(out, "Way back: yes, as a plan of its own (proximo_undo)\n");
        return;
    }
    if (json_object_object_get_ex(root, "undo_point", NULL)) {
        buf_str(out, "Way back: none but the undo point (proximo_undo plans the rollback to it)\n");
        return;
    }
    buf_str(out, "Way back: NONE");
    if (*note) {
        buf_str(out, ": ");
        render_plain(out, note, WORDS_MOST);
    }
    buf_char(out, '\n');
}

static void put_undo_point(struct json_object *root, struct buf *out)
{
    struct json_object *point = NULL;

    if (json_get(root, "undo_point", json_type_object, &point) < 0)
        return;
    struct json_object *disks = render_rows(point, "disks");
    buf_str(out, "Undo point: before anything else the snapshot ");
    render_quoted(out, render_text(point, "name"), 100);
    buf_str(out, " of ");
    render_plain(out, render_text(point, "guest"), 100);
    buf_str(out, " is taken (");
    for (size_t i = 0; disks && i < json_object_array_length(disks); i++) {
        struct json_object *disk = json_object_array_get_idx(disks, i);
        buf_str(out, i ? ", " : "");
        render_plain(out, render_text(disk, "disk"), 60);
        buf_str(out, " on ");
        render_quoted(out, render_text(disk, "storage"), 100);
    }
    buf_str(out, disks ? "" : "no disks");
    buf_str(out,
            "). If that fails, nothing is changed.\n  It stays until it is pruned (pve_undo_points_prune). "
            "A rollback to it loses everything written since.\n");
}

static void put_plane_words(struct json_object *root, struct buf *out)
{
    struct json_object *facts = render_rows(root, "facts");

    if (*render_text(root, "sentence")) {
        buf_str(out, "The plane says: ");
        render_quoted(out, render_text(root, "sentence"), WORDS_MOST);
        buf_char(out, '\n');
    }
    for (size_t i = 0; facts && i < json_object_array_length(facts); i++) {
        struct json_object *fact = json_object_array_get_idx(facts, i), *value = NULL;
        (void)json_object_object_get_ex(fact, "value", &value);
        buf_str(out, "The plane says: ");
        render_plain(out, render_text(fact, "name"), 100);
        buf_str(out, " = ");
        render_quoted(out,
                      json_object_is_type(value, json_type_string)
                          ? json_object_get_string(value)
                          : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN),
                      WORDS_MOST);
        buf_char(out, '\n');
    }
}

void plan_render(const struct plan *plan, struct buf *out)
{
    struct json_object *root = plan->root, *secrets = render_rows(root, "secrets");
    const int64_t left = plan->expires_s - clock_wall_us() / 1000000;

    put_incomplete(root, out);
    put_head(plan, out);
    put_reasons(root, out);
    render_affected(root, out);
    put_steps(root, out);
    put_guards(root, out);
    put_undo(root, out);
    put_undo_point(root, out);
    for (size_t i = 0; secrets && i < json_object_array_length(secrets); i++) {
        struct json_object *row = json_object_array_get_idx(secrets, i);
        const char *file = render_text(row, "file");
        int64_t chars = 0;
        buf_str(out, "Secret: ");
        render_plain(out, render_text(row, "name"), 100);
        if (*file) {
            buf_str(out, " is read from the file ");
            render_quoted(out, file, 300);
            buf_str(out, ", and again when the plan is applied; it must be the same then\n");
        } else if (json_get_int(row, "generate", &chars) == 0) {
            buf_printf(
                out,
                " is generated when the plan is applied (%lld characters), shown once in the answer, and "
                "kept nowhere\n",
                (long long)chars);
        } else {
            buf_str(out, " is kept in memory only; after a restart this plan cannot be applied\n");
        }
    }
    put_plane_words(root, out);
    buf_printf(out, "Plan %s, ", plan->id);
    if (left > 0)
        buf_printf(out, "good for %lld s\n", (long long)left);
    else
        buf_str(out, "expired\n");
}
