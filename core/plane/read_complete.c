/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a list complete? Proxmox shortens lists by privilege instead of refusing them. So a list says whether
 * this token holds what a full answer needs, and if not, which privilege is missing where.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "http/role.h"
#include "plane/read_inner.h"

#define MISSING_LIMIT 4000
#define NOTES_LIMIT   4000

void completeness_init(struct completeness *c)
{
    memset(c, 0, sizeof(*c));
    c->missing = BUF_INIT(MISSING_LIMIT);
    c->notes = BUF_INIT(NOTES_LIMIT);
}

void completeness_done(struct completeness *c)
{
    buf_done(&c->missing);
    buf_done(&c->notes);
}

void completeness_note(struct completeness *c, const char *text, size_t len)
{
    const struct value_style style = {.string_max = 600};
    if (c->notes.len + 700 > NOTES_LIMIT)
        return; /* enough has been said */
    json_put_comma(&c->notes);
    value_put_text(&c->notes, text, len, &style);
}

void completeness_write(const struct completeness *c, struct buf *out)
{
    if (c->missing_any || c->unknown || c->asked) {
        json_put_key(out, "complete");
        buf_str(out, c->missing_any ? "false" : (c->unknown ? "\"unknown\"" : "true"));
    }
    if (c->missing.len) {
        json_put_key(out, "missing");
        buf_char(out, '[');
        buf_add(out, c->missing.data, c->missing.len);
        buf_char(out, ']');
    }
    if (c->notes.len) {
        json_put_key(out, "notes");
        buf_char(out, '[');
        buf_add(out, c->notes.data, c->notes.len);
        buf_char(out, ']');
    }
}

static void put_missing(struct completeness *c, unsigned kind, const char *path, const char *privilege)
{
    CLEANUP_BUF struct buf row = BUF_INIT(2048);
    char grant[400];
    buf_char(&row, '{');
    json_put_key_string(&row, "path", path);
    json_put_key_string(&row, "privilege", privilege);
    if (role_grant_line(kind, path, privilege, grant, sizeof(grant)))
        json_put_key_string(&row, "grant", grant);
    buf_char(&row, '}');
    if (!buf_ok(&row) || c->missing.len + row.len + 1 > MISSING_LIMIT ||
        (c->missing.len && memmem(c->missing.data, c->missing.len, row.data, row.len)))
        return;
    json_put_comma(&c->missing);
    buf_add(&c->missing, row.data, row.len);
}

void reading_missing(void *arg, const char *path, const char *privilege, bool known)
{
    const struct reading *r = arg;
    struct completeness *c = &((struct reading *)arg)->complete;
    c->asked = true;
    if (known) {
        c->missing_any = true;
        put_missing(c, site_config(r->call->site)->kind, path, privilege);
        return;
    }
    c->unknown = true;
    CLEANUP_BUF struct buf note = BUF_INIT(1024);
    buf_printf(&note, "whether this token holds %.200s on %.400s could not be read", privilege, path);
    completeness_note(c, note.data ? note.data : "", note.len);
}

void reading_needs(struct reading *r)
{
    const struct tool *tool = r->call->tool;
    struct completeness *c = &r->complete;
    for (size_t i = 0; i < tool->need_count; i++) {
        const struct need_row *need = &tool->needs[i];
        CLEANUP_BUF struct buf path = BUF_INIT(512);
        if (reading_fill(r, need->path, false, &path) < 0 || !path.data)
            continue; /* names an argument that was not given: does not apply */
        struct problem p = PROBLEM_INIT;
        int held = site_need(r->call->site, &r->site_call, need->path, path.data, need->privilege, &p);
        c->asked = true;
        if (held == 0) {
            reading_missing(r, path.data, need->privilege, true);
        } else if (held < 0) {
            c->unknown = true;
            CLEANUP_BUF struct buf note = BUF_INIT(1024);
            buf_printf(&note, "this token's permissions could not be read: %s", p.cause);
            completeness_note(c, note.data ? note.data : "", note.len);
            return;
        }
    }
}
