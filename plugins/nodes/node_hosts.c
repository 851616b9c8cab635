/* SPDX-License-Identifier: Apache-2.0 */
/* What a hosts file says: lines of an address and names, # begins a comment. */
#include <strings.h>

#include "node.h"

#define ENTRIES_MOST 4096u
#define CHANGED_MOST 8000u /* characters that are told */
#define BLANK        " \t\r"

/* The next word before the end of the line or a comment; false: there is none. */
static bool next_word(const char **at, const char **ret, size_t *ret_len)
{
    *at += strspn(*at, BLANK);
    *ret = *at;
    *ret_len = strcspn(*at, BLANK "\n#");
    *at += *ret_len;
    return *ret_len > 0;
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

bool hosts_knows(const char *text, const char *name)
{
    const size_t wanted = strlen(name);
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *at = line, *word = NULL;
        size_t len = 0;
        if (!next_word(&at, &word, &len))
            continue;
        while (next_word(&at, &word, &len)) {
            if (len == wanted && strncasecmp(word, name, len) == 0)
                return true;
        }
    }
    return false;
}

#define LINES_SHOWN 200u

/* Has the text this very line? */
static bool has_line(const char *text, const char *line, size_t len)
{
    for (; text && *text; text = next_line(text)) {
        if (strcspn(text, "\n") == len && memcmp(text, line, len) == 0)
            return true;
    }
    return false;
}

/* The lines of a that b has not; what is more than is shown is counted. */
static struct json_object *lines_without(const char *a, const char *b)
{
    struct json_object *list = json_object_new_array();
    uint32_t more = 0;
    char words[64];
    for (; list && *a; a = next_line(a)) {
        const size_t len = strcspn(a, "\n");
        if (strspn(a, BLANK) >= len || has_line(b, a, len))
            continue;
        if (json_object_array_length(list) < LINES_SHOWN)
            json_object_array_add(list, json_object_new_string_len(a, (int)len));
        else
            more++;
    }
    (void)snprintf(words, sizeof(words), "... and %u more", (unsigned)more);
    if (list && more)
        json_object_array_add(list, json_object_new_string(words));
    return list;
}

struct json_object *hosts_lines(const char *before, const char *after)
{
    struct json_object *out = json_object_new_object();
    struct json_object *added = lines_without(after, before), *removed = lines_without(before, after);
    if (!out || !added || !removed) {
        json_object_put(out);
        json_object_put(added);
        json_object_put(removed);
        return NULL;
    }
    json_object_object_add(out, "added", added);
    json_object_object_add(out, "removed", removed);
    return out;
}

struct entries {
    const char *name[ENTRIES_MOST]; /* both borrow from the text: not ended with NUL */
    const char *address[ENTRIES_MOST];
    size_t name_len[ENTRIES_MOST], address_len[ENTRIES_MOST];
    uint32_t count;
    bool full;
};

static void read_entries(const char *text, struct entries *ret)
{
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *at = line, *address = NULL, *word = NULL;
        size_t address_len = 0, len = 0;
        if (!next_word(&at, &address, &address_len))
            continue;
        while (next_word(&at, &word, &len)) {
            if (ret->count == ENTRIES_MOST) {
                ret->full = true;
                return;
            }
            ret->name[ret->count] = word;
            ret->name_len[ret->count] = len;
            ret->address[ret->count] = address;
            ret->address_len[ret->count++] = address_len;
        }
    }
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* Is the pair i of `in` among those of `other`? */
static bool has_pair(const struct entries *in, uint32_t i, const struct entries *other)
{
    for (uint32_t k = 0; k < other->count; k++) {
        if (same(in->name[i], in->name_len[i], other->name[k], other->name_len[k]) &&
            same(in->address[i], in->address_len[i], other->address[k], other->address_len[k]))
            return true;
    }
    return false;
}

static bool is_listed(const char *list, const char *name, size_t len)
{
    while (*list) {
        const size_t word = strcspn(list, ",");
        if (same(list, word, name, len))
            return true;
        list += word + (list[word] == ',');
    }
    return false;
}

/* Adds the names of a that stand otherwise in b. */
static const char *add_changed(const struct asking *a, const struct entries *in, const struct entries *other,
                               const char *text)
{
    for (uint32_t i = 0; text && i < in->count; i++) {
        if (has_pair(in, i, other) || is_listed(text, in->name[i], in->name_len[i]))
            continue;
        if (strlen(text) + in->name_len[i] > CHANGED_MOST)
            return NULL;
        text = ask_text(a, "%s%s%.*s", text, *text ? "," : "", (int)in->name_len[i], in->name[i]);
    }
    return text;
}

const char *hosts_changed(const struct asking *a, const char *before, const char *after)
{
    struct entries *old = a->host->alloc(a->call, sizeof(*old));
    struct entries *new = a->host->alloc(a->call, sizeof(*new));
    if (!old || !new)
        return NULL;
    read_entries(before, old);
    read_entries(after, new);
    if (old->full || new->full)
        return NULL;
    return add_changed(a, new, old, add_changed(a, old, new, ""));
}
