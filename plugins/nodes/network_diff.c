/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference between the file that is in force and the one that waits: which changed line belongs to
 * which interface. A hunk may begin in the middle of a stanza, whose head it then does not show: the lines
 * before the first head are looked for in the interfaces as they wait, and where that does not name exactly
 * one, the changed lines among them are unclear. Format: diff -u of interfaces(5).
 */
#include "network.h"

#define NAME_MOST 64u

/* Where a side of the diff is. */
struct place {
    enum { PLACE_UNKNOWN, PLACE_OUTSIDE, PLACE_IFACE } kind;
    const char *name;
    bool six;
};

struct diff {
    const struct asking *a;
    struct json_object *list;
    struct net_line *lines;
    uint32_t count, hunk_first; /* of lines: those of the hunk begin there */
    const char **context;       /* lines of the new side before the first head of the hunk, changed or not */
    uint32_t context_count;
    struct place before, after; /* '-' and '+' */
    const char *next;           /* the first head after those lines */
    bool at_start;              /* the hunk begins with the file's first line */
    bool full;
};
#define CONTEXT_MOST 256u

static bool begins(const char *text, const char *word)
{
    const size_t len = strlen(word);
    return strncmp(text, word, len) == 0 && (text[len] == ' ' || text[len] == '\t' || text[len] == '\0');
}

/* The word number `index` of a line, in the call's arena; NULL: there is none. */
static const char *word_of(const struct asking *a, const char *text, uint32_t index)
{
    for (;; index--) {
        text += strspn(text, " \t");
        const size_t len = strcspn(text, " \t");
        if (!len)
            return NULL;
        if (index == 0)
            return ask_text(a, "%.*s", (int)(len < NAME_MOST ? len : NAME_MOST), text);
        text += len;
    }
}

/* Lines that end a stanza: whatever follows is not the interface's. */
static bool ends_stanza(const char *text)
{
    static const char *const words[] = {"auto",   "mapping",  "source",       "source-directory",
                                        "rename", "template", "no-auto-down", "no-scripts"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (begins(text, words[i]))
            return true;
    }
    return strncmp(text, "allow-", 6) == 0;
}

static void add_line(struct diff *d, const struct place *place, char sign, const char *text)
{
    if (d->count == NET_LINES_MOST) {
        d->full = true;
        return;
    }
    d->lines[d->count++] = (struct net_line){.name = place->kind == PLACE_IFACE ? place->name : NULL,
                                             .text = text,
                                             .sign = sign,
                                             .unclear = place->kind == PLACE_UNKNOWN,
                                             .six = place->six};
}

/* "auto vmbr0 vmbr1" is a line of each of them. */
static void add_auto(struct diff *d, char sign, const char *text)
{
    for (uint32_t i = 1;; i++) {
        const char *name = word_of(d->a, text, i);
        if (!name)
            return;
        const char *line = ask_text(d->a, "auto %s", name);
        const struct place place = {.kind = PLACE_IFACE, .name = name};
        add_line(d, &place, sign, line ? line : text);
    }
}

/* ---- lines before the first head of a hunk */

/* Is everything that is said there so of this interface? How many lines said something. */
static bool fits(const struct diff *d, struct json_object *iface, uint32_t *ret_said)
{
    *ret_said = 0;
    for (uint32_t i = 0; i < d->context_count; i++) {
        const char *text = d->context[i];
        if (!*text)
            continue;
        if (!net_has_line(d->a, iface, text, false) && !net_has_line(d->a, iface, text, true))
            return false;
        (*ret_said)++;
    }
    return true;
}

/* The interface that stands before `next` in the file. */
static struct json_object *before_next(const struct diff *d)
{
    struct json_object *found = NULL, *next = NULL;
    const size_t count = json_object_array_length(d->list);
    for (size_t i = 0; d->next && i < count; i++) {
        if (member_is(json_object_array_get_idx(d->list, i), "iface", d->next))
            next = json_object_array_get_idx(d->list, i);
    }
    const int64_t limit = next ? json_object_get_int64(member_of(next, "priority")) : 0;
    for (size_t i = 0; limit > 0 && i < count; i++) {
        struct json_object *one = json_object_array_get_idx(d->list, i);
        const int64_t priority = json_object_get_int64(member_of(one, "priority"));
        if (priority < limit && (!found || priority > json_object_get_int64(member_of(found, "priority"))))
            found = one;
    }
    return found;
}

static struct json_object *context_owner(const struct diff *d)
{
    struct json_object *found = NULL, *neighbour = before_next(d);
    uint32_t fitting = 0, said = 0;
    for (size_t i = 0; i < json_object_array_length(d->list); i++) {
        struct json_object *one = json_object_array_get_idx(d->list, i);
        if (!fits(d, one, &said) || !said)
            continue;
        if (one == neighbour)
            return one;
        found = one;
        fitting++;
    }
    return fitting == 1 && !neighbour ? found : NULL;
}

/* The changed lines of the hunk whose stanza was not known get their interface, if it can be told. */
static void settle(struct diff *d)
{
    struct json_object *owner = d->context_count ? context_owner(d) : NULL;
    const char *name = owner ? member_text(owner, "iface") : NULL;
    for (uint32_t i = d->hunk_first; i < d->count; i++) {
        struct net_line *line = &d->lines[i];
        if (!line->unclear)
            continue;
        const bool comment = *line->text == '#';
        if (d->at_start && (comment || !*line->text)) { /* the file's own head */
            line->unclear = false;
        } else if (name) {
            line->unclear = false;
            line->name = name;
            line->six = !comment && strchr(line->text, ':') != NULL;
        }
    }
    d->hunk_first = d->count;
    d->context_count = 0;
    d->next = NULL;
}

/* ---- the lines one after the other */

static bool on_side(const struct diff *d, char sign, const struct place *side)
{
    return sign == ' ' || (sign == '-' ? side == &d->before : side == &d->after);
}

static void move_to(struct diff *d, char sign, struct place place)
{
    if (on_side(d, sign, &d->before))
        d->before = place;
    if (on_side(d, sign, &d->after))
        d->after = place;
}

static void take_line(struct diff *d, char sign, const char *text)
{
    const bool changed = sign != ' ';
    text += strspn(text, " \t");
    if (begins(text, "iface")) {
        const char *name = word_of(d->a, text, 1), *family = word_of(d->a, text, 2);
        const struct place place = {
            .kind = PLACE_IFACE, .name = name ? name : "", .six = family && strcmp(family, "inet6") == 0};
        if (sign != '-' && d->after.kind == PLACE_UNKNOWN && !d->next)
            d->next = place.name;
        move_to(d, sign, place);
        if (changed)
            add_line(d, &place, sign, text);
        return;
    }
    if (ends_stanza(text)) {
        const bool is_auto = begins(text, "auto") || begins(text, "allow-auto");
        const struct place outside = {.kind = PLACE_OUTSIDE};
        if (sign != '-' && is_auto && d->after.kind == PLACE_UNKNOWN && !d->next)
            d->next = word_of(d->a, text, 1);
        move_to(d, sign, outside);
        if (changed && is_auto)
            add_auto(d, sign, text);
        else if (changed)
            add_line(d, &outside, sign, text);
        return;
    }
    if (sign != '-' && d->after.kind == PLACE_UNKNOWN) {
        if (d->context_count < CONTEXT_MOST)
            d->context[d->context_count++] = text;
        else
            d->full = true;
    }
    if (changed && *text)
        add_line(d, sign == '-' ? &d->before : &d->after, sign, text);
}

/* "@@ -17,4 +28,12 @@" */
static void begin_hunk(struct diff *d, const char *text)
{
    const char *plus = strchr(text, '+');
    settle(d);
    d->before = d->after = (struct place){.kind = PLACE_UNKNOWN};
    d->at_start = plus && digits_of(plus + 1, 1000000) <= 1;
}

int32_t net_lines(const struct asking *a, const char *changes, struct json_object *list,
                  struct net_line **ret, uint32_t *ret_count)
{
    struct diff d = {.a = a, .list = list};
    bool hunk = false;
    d.lines = a->host->alloc(a->call, NET_LINES_MOST * sizeof(*d.lines));
    d.context = a->host->alloc(a->call, CONTEXT_MOST * sizeof(*d.context));
    if (!d.lines || !d.context)
        return PROXIMO_ENOMEM;
    while (*changes) {
        const size_t len = strcspn(changes, "\n");
        const char *text = ask_text(a, "%.*s", (int)len, changes);
        if (!text)
            return PROXIMO_ENOMEM;
        changes += len + (changes[len] == '\n');
        if (strncmp(text, "@@", 2) == 0) {
            begin_hunk(&d, text);
            hunk = true;
        } else if (hunk && (*text == ' ' || *text == '-' || *text == '+')) {
            take_line(&d, *text, text + 1);
        } else if (hunk && !*text) {
            take_line(&d, ' ', text);
        }
    }
    settle(&d);
    *ret = d.lines;
    *ret_count = d.count;
    return d.full ? PROXIMO_EPROTO : PROXIMO_OK;
}
