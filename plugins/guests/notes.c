/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_notes_set and the table of this topic. Notes are kept as comment lines: newlines at the end are
 * lost, and a container's notes come back with one. Source: PUT .../config, option description.
 */
#include "tags.h"

static const struct proximo_param notes_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 8192,
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The notes, Markdown allowed; an empty text removes them."),
};
static const struct proximo_param tags_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "add", .minimum = 1, .maximum = 64,
          .description = "Tags to put on."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "remove", .minimum = 1, .maximum = 64,
          .description = "Tags to take off."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "replace", .minimum = 0, .maximum = 64,
          .description = "All tags it is to have, in place of the present ones; empty: none."),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Config.Options"),
    NEED("/vms/{vmid}", "VM.Audit"),
};

/* Is it the same but for the newlines at the end? */
static bool same_notes(const char *now, const char *notes)
{
    size_t len = now ? strlen(now) : 0;
    while (len && now[len - 1] == '\n')
        len--;
    return len == strlen(notes) && (!len || memcmp(now, notes, len) == 0);
}

static int32_t take_notes(struct editing *e)
{
    const char *given = ask_argument(&e->g.ask, "description");
    size_t len = given ? strlen(given) : 0;
    if (!given)
        return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EINVAL, "description is missing");
    while (len && given[len - 1] == '\n')
        len--;
    const char *notes = ask_text(&e->g.ask, "%.*s", (int)len, given);
    if (!notes)
        return PROXIMO_ENOMEM;
    if (same_notes(member_text(e->g.config, "description"), notes))
        return PROXIMO_OK;
    int32_t r = edit_add(e, "description", len ? notes : NULL);
    if (r == PROXIMO_OK && len && e->count)
        e->edits[0].forms = guest_note_forms(&e->g, notes);
    return r;
}

static int32_t plan_notes(void *instance, struct proximo_call *call)
{
    struct editing e;
    int32_t r = edit_begin(instance, call, &e);
    if (r == PROXIMO_OK)
        r = take_notes(&e);
    if (r == PROXIMO_OK)
        r = config_lay_out(&e, "notes");
    if (r == PROXIMO_OK && e.count && e.edits[0].value && guest_is_lxc(&e.g))
        r = tell_text(&e.g.ask, "newline",
                      "Proxmox keeps the notes of a container with a newline at their end");
    edit_end(&e);
    return r;
}

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_guest_notes_set",
        .title = "Change a guest's notes",
        .description =
            "Writes the notes (description) of one guest, in place of those it has; nothing else of its "
            "configuration changes. Undo writes the old ones back.",
        .params = PROXIMO_TABLE(notes_params),
        .operation_class = "guest.config",
        .needs = PROXIMO_TABLE(needs),
        .plan = plan_notes,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_guest_tags_set",
        .title = "Change a guest's tags",
        .description =
            "Sets the tags of one guest: adds, removes or replaces them. Tags that the datacenter keeps to "
            "administrators, or that this token may not use, are refused with the reason. Undo puts back "
            "the tags it had.",
        .params = PROXIMO_TABLE(tags_params),
        .operation_class = "guest.config",
        .needs = PROXIMO_TABLE(needs),
        .plan = guests_plan_tags_set,
        .undo_kind = PROXIMO_UNDO_TEMPLATE,
    },
};

const struct topic guests_topic_notes = {
    .changes = PROXIMO_TABLE(changes),
};
