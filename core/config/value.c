/* SPDX-License-Identifier: Apache-2.0 */
/* Values by type. Scalars come as text; the key, never the look of the text, decides what they mean. */
#include "config/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/target.h"
#include "config/url.h"

#define LIST_MAX 1024u
#define TEXT_MAX 512u

/* ---------------------------------------------------------------- lists of strings */

void strings_done(struct config_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
    *strings = (struct config_strings){0};
}

int strings_add(struct config_strings *strings, const char *item)
{
    char **items = reallocarray(strings->items, strings->count + 1, sizeof *items);

    if (!items)
        return -ENOMEM;
    strings->items = items;
    items[strings->count] = strdup(item);
    if (!items[strings->count])
        return -ENOMEM;
    strings->count++;
    return 0;
}

bool strings_has(const struct config_strings *strings, const char *item)
{
    for (size_t i = 0; i < strings->count; i++) {
        if (strcmp(strings->items[i], item) == 0)
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------- reading */

void value_done(struct value *value)
{
    free(value->text);
    strings_done(&value->list);
    *value = (struct value){0};
}

bool name_valid(const char *name)
{
    size_t len = strnlen(name, 33);

    return len > 0 && len <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int bad(struct problem *p, const struct value_source *source, const char *text, const char *what)
{
    return problem_set(p, -EINVAL, PX_CONFIG, "%s: %s: \"%.80s\" is not %s", source->place, source->path,
                       text, what);
}

static int no_memory(struct problem *p)
{
    return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
}

/* The word of `choices` at index; its length in *len. NULL behind the last. */
static const char *choice_at(const char *choices, uint32_t index, size_t *len)
{
    for (; *choices; choices += *choices == ',') {
        *len = strcspn(choices, ",");
        if (index-- == 0)
            return choices;
        choices += *len;
    }
    return NULL;
}

static int read_choice(const struct schema_key *key, const char *text, const struct value_source *source,
                       struct value *ret, struct problem *p)
{
    size_t len;

    for (uint32_t i = 0;; i++) {
        const char *word = choice_at(key->choices, i, &len);
        if (!word)
            break;
        if (strlen(text) == len && memcmp(word, text, len) == 0) {
            ret->number = i + key->min;
            return 0;
        }
    }
    (void)bad(p, source, text, "one of the choices");
    problem_valid(p, "%s", key->choices);
    return -EINVAL;
}

static int read_path(const char *text, const struct value_source *source, struct value *ret,
                     struct problem *p)
{
    CLEANUP_FREE char *expanded = NULL;
    CLEANUP_FREE char *current = NULL;

    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return bad(p, source, text, "a path (it has control characters)");
    }
    if (!*text || strlen(text) >= PATH_MAX)
        return bad(p, source, text, *text ? "a path (too long)" : "a path (it is empty)");
    expanded = file_expand_home(text);
    if (!expanded)
        return no_memory(p);
    if (expanded[0] == '/') {
        ret->text = expanded;
        expanded = NULL;
        return 0;
    }
    const char *folder = source->folder;
    if (!folder)
        folder = current = getcwd(NULL, 0);
    if (!folder || asprintf(&ret->text, "%s/%s", folder, expanded) < 0) {
        ret->text = NULL;
        return no_memory(p);
    }
    return 0;
}

static int read_node(const char *text, const struct value_source *source, struct value *ret,
                     struct problem *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t len = strnlen(text, 64);

    if (len == 0 || len > 63 || strspn(text, allowed) != len || text[0] == '-' || text[len - 1] == '-')
        return bad(p, source, text, "a node name (letters, digits, hyphens; the short name, without domain)");
    ret->text = strdup(text);
    return ret->text ? 0 : no_memory(p);
}

static int read_text(const char *text, const struct value_source *source, struct value *ret,
                     struct problem *p)
{
    size_t len = strnlen(text, TEXT_MAX + 1);

    if (len == 0 || len > TEXT_MAX)
        return bad(p, source, text, len ? "short enough" : "a text (it is empty)");
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return bad(p, source, text, "plain: it has a space, a control character or a byte beyond ASCII");
    }
    ret->text = strdup(text);
    return ret->text ? 0 : no_memory(p);
}

static int read_url(const char *text, const struct value_source *source, struct value *ret, struct problem *p)
{
    CLEANUP_FREE char *canonical = NULL;
    const char *why = NULL;

    int r = url_normalise(text, 1, &canonical, &why);
    if (r == -ENOMEM)
        return no_memory(p);
    if (r < 0) {
        (void)problem_set(p, r, PX_CONFIG, "%s: %s: this is not an address proximo can use: %s",
                          source->place, source->path, why);
        problem_next(p, "write it as https://HOST:8006 (Proxmox VE) or https://HOST:8007 (Backup Server)");
        return r;
    }
    ret->text = strdup(text); /* the port that is missing depends on the site's kind, which may come later */
    return ret->text ? 0 : no_memory(p);
}

static int read_sha256(const char *text, const struct value_source *source, struct value *ret,
                       struct problem *p)
{
    char digits[65];

    if (sha256_normalise(text, digits) < 0)
        return bad(p, source, text, "a SHA-256 value: 64 hexadecimal digits, with or without colons");
    ret->text = strdup(digits);
    return ret->text ? 0 : no_memory(p);
}

static int read_number(const struct schema_key *key, const char *text, const struct value_source *source,
                       struct value *ret, struct problem *p)
{
    uint64_t number;

    if (text_to_u64(text, key->max, &number) < 0 || number < key->min) {
        (void)bad(p, source, text, "a whole number in range");
        problem_valid(p, "%u to %u", key->min, key->max);
        return -EINVAL;
    }
    ret->number = (uint32_t)number;
    return 0;
}

int value_read(const struct schema_key *key, const char *text, const struct value_source *source,
               struct value *ret, struct problem *p)
{
    switch (key->type) {
    case VALUE_PATH: return read_path(text, source, ret, p);
    case VALUE_NODE: return read_node(text, source, ret, p);
    case VALUE_URL: return read_url(text, source, ret, p);
    case VALUE_TEXT: return read_text(text, source, ret, p);
    case VALUE_SHA256: return read_sha256(text, source, ret, p);
    case VALUE_CHOICE:
    case VALUE_SWITCH: return read_choice(key, text, source, ret, p);
    case VALUE_NUMBER: return read_number(key, text, source, ret, p);
    case VALUE_BOOL:
        ret->number = strcmp(text, "true") == 0;
        if (ret->number || strcmp(text, "false") == 0)
            return 0;
        (void)bad(p, source, text, "a truth value");
        problem_valid(p, "true, false");
        return -EINVAL;
    default:
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: %s does not take a single value", source->place,
                           source->path);
    }
}

/* The name of a plane, a tool or a class; `prefix`: or the beginning of classes, "guest.*". */
static bool list_name_valid(const char *name, bool prefix)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strnlen(name, 65);

    if (prefix && len > 2 && strcmp(name + len - 2, ".*") == 0)
        return len <= 64 && strspn(name, allowed) == len - 1;
    return len > 0 && len <= 64 && strspn(name, allowed) == len;
}

int value_list_add(struct value *value, const char *item, const char *place, struct problem *p)
{
    struct target target;
    const char *why = NULL;

    if (target_is(item) && target_parse(item, &target, &why) < 0)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: \"%.80s\": %s", place, item, why);
    if (!target_is(item) && !list_name_valid(item, false))
        return problem_set(p, -EINVAL, PX_CONFIG,
                           "%s: \"%.80s\" is not the name of a plane, a tool or a class", place, item);
    if (value->list.count == LIST_MAX)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u names", place, LIST_MAX);
    return strings_add(&value->list, item) < 0 ? no_memory(p) : 0;
}

int value_guest_add(struct value *value, const char *item, const struct value_source *source,
                    struct problem *p)
{
    struct target target;
    const char *why = NULL;

    if (target_parse_guest(item, &target, &why) < 0)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: %s: \"%.80s\": %s", source->place, source->path, item,
                           why);
    if (value->list.count == LIST_MAX)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u guests", source->place, LIST_MAX);
    return strings_add(&value->list, item) < 0 ? no_memory(p) : 0;
}

/* Without slashes at its end. A comma is what parts the folders where they are shown and hashed. */
int value_folder_add(struct value *value, const char *item, const struct value_source *source,
                     struct problem *p)
{
    struct value folder = {0};

    int r = read_path(item, source, &folder, p);
    if (r < 0)
        return r;
    size_t len = strlen(folder.text);
    while (len > 1 && folder.text[len - 1] == '/')
        folder.text[--len] = '\0';
    if (len == 1)
        r = bad(p, source, item, "a folder of its own: every file is below it");
    else if (strchr(folder.text, ','))
        r = bad(p, source, item, "a folder that can be named here: it has a comma");
    else if (value->list.count == LIST_MAX)
        r = problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u folders", source->place, LIST_MAX);
    else if (strings_add(&value->list, folder.text) < 0)
        r = no_memory(p);
    value_done(&folder);
    return r;
}

/* "10.0.0.5", "10.0.0.0/24", "2001:db8::/32" */
static bool is_network(const char *text)
{
    unsigned char bytes[16];
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    const size_t len = slash ? (size_t)(slash - text) : strlen(text);
    uint64_t bits = 0;

    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    const bool v4 = inet_pton(AF_INET, address, bytes) == 1;
    if (!v4 && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    return !slash || (text_to_u64(slash + 1, v4 ? 32 : 128, &bits) == 0);
}

int value_network_add(struct value *value, const char *item, const struct value_source *source,
                      struct problem *p)
{
    if (!is_network(item))
        return bad(p, source, item, "an IP address or a network such as 10.0.0.0/24");
    if (value->list.count == LIST_MAX)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u addresses", source->place, LIST_MAX);
    return strings_add(&value->list, item) < 0 ? no_memory(p) : 0;
}

int value_count_add(const struct schema_key *key, struct value *value, const char *name, const char *number,
                    const struct value_source *source, struct problem *p)
{
    struct value count = {0};
    char item[96];

    if (!list_name_valid(name, true))
        return bad(p, source, name, "an operation class, or the beginning of several as in guest.*");
    if (value->list.count == LIST_MAX)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u entries", source->place, LIST_MAX);
    int r = read_number(key, number, source, &count, p);
    if (r < 0)
        return r;
    (void)snprintf(item, sizeof item, "%s=%u", name, count.number);
    return strings_add(&value->list, item) < 0 ? no_memory(p) : 0;
}

static int read_endpoint(const char *text, const struct value_source *source, struct value *ret,
                         struct problem *p)
{
    const bool local = strncmp(text, "unix:/", 6) == 0;
    const char *why = local ? NULL : url_receiver_fault(text, "tcp udp", false);

    if (local && strlen(text + 5) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        why = "the path of a socket is shorter";
    if (why) {
        (void)problem_set(p, -EINVAL, PX_CONFIG, "%s: %s: \"%.80s\" is no endpoint: %s", source->place,
                          source->path, text, why);
        problem_next(p, "write tcp://HOST:PORT, udp://HOST:PORT or unix:/path");
        return -EINVAL;
    }
    return read_text(text, source, ret, p);
}

int value_named_add(const struct schema_key *key, struct value *value, const char *name, const char *text,
                    const struct value_source *source, struct problem *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    CLEANUP_FREE char *item = NULL;
    struct value read = {0};
    size_t len = strnlen(name, 65);
    int r;

    if (len == 0 || len > 64 || strspn(name, allowed) != len)
        return bad(p, source, name, "a name of 1 to 64 letters, digits, and . _ / -");
    if (value->list.count == LIST_MAX)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: more than %u entries", source->place, LIST_MAX);
    if (key->min == NAMES_PROGRAM && text[0] != '/')
        return bad(p, source, text, "the absolute path of a program");
    r = key->min == NAMES_ENDPOINT ? read_endpoint(text, source, &read, p)
                                   : read_path(text, source, &read, p);
    if (r == 0 && (asprintf(&item, "%s=%s", name, read.text) < 0 || strings_add(&value->list, item) < 0))
        r = no_memory(p);
    value_done(&read);
    return r;
}

/* ---------------------------------------------------------------- storing */

static const void *slot(const struct schema_key *key, const void *owner)
{
    return (const char *)owner + key->offset;
}

static uint32_t stored_number(const struct schema_key *key, const void *owner)
{
    bool flag;
    uint32_t number;

    if (key->type == VALUE_BOOL || key->type == VALUE_SWITCH) {
        memcpy(&flag, slot(key, owner), sizeof flag);
        return flag;
    }
    memcpy(&number, slot(key, owner), sizeof number); /* enums of this configuration are as wide */
    return number;
}

static const char *stored_text(const struct schema_key *key, const void *owner)
{
    const char *text;

    memcpy(&text, slot(key, owner), sizeof text);
    return text;
}

static bool has_text(const struct schema_key *key)
{
    return key->type == VALUE_PATH || key->type == VALUE_NODE || key->type == VALUE_URL ||
           key->type == VALUE_TEXT || key->type == VALUE_SHA256 || key->type == VALUE_FREE;
}

static bool has_list(const struct schema_key *key)
{
    return key->type == VALUE_LIST || key->type == VALUE_PATHS || key->type == VALUE_COUNTS ||
           key->type == VALUE_NAMES || key->type == VALUE_GUESTS || key->type == VALUE_NETWORKS;
}

bool value_same(const struct schema_key *key, const void *owner, const struct value *value)
{
    if (has_text(key))
        return text_equal(stored_text(key, owner), value->text);
    if (!has_list(key))
        return stored_number(key, owner) == value->number;
    const struct config_strings *stored = slot(key, owner);
    for (size_t i = 0; i < value->list.count; i++) {
        if (!strings_has(stored, value->list.items[i]))
            return false;
    }
    return stored->count == value->list.count;
}

/* Names and targets limit different things, each by itself: a list without any of them lets all through. So
 * where there were some, some of them must be left; where there were none, any narrow it. */
static bool narrows(const struct config_strings *stored, const struct config_strings *later, bool targets)
{
    size_t before = 0, after = 0;

    for (size_t i = 0; i < stored->count; i++)
        before += target_is(stored->items[i]) == targets;
    for (size_t i = 0; i < later->count; i++) {
        if (target_is(later->items[i]) != targets)
            continue;
        after++;
        if (before && !strings_has(stored, later->items[i]))
            return false;
    }
    return !before || after;
}

bool value_may_replace(const struct schema_key *key, const void *owner, const struct value *value)
{
    const struct config_strings *stored;

    if (value_same(key, owner, value))
        return true;
    switch (key->later) {
    case LATER_WINS:
    case LATER_ADDS: return true;
    case LATER_SAME: return false;
    case LATER_SMALLER: return value->number < stored_number(key, owner);
    case LATER_LARGER: return value->number > stored_number(key, owner);
    case LATER_SOONER:
        return value->number && (!stored_number(key, owner) || value->number < stored_number(key, owner));
    case LATER_TRUE: return value->number;
    case LATER_FALSE: return !value->number;
    case LATER_NARROWS:
        stored = slot(key, owner);
        return narrows(stored, &value->list, false) && narrows(stored, &value->list, true);
    }
    return false;
}

static int store_list(struct config_strings *stored, struct value *value, bool adds)
{
    int r = 0;

    if (!adds) {
        strings_done(stored);
        *stored = value->list;
        value->list = (struct config_strings){0};
        return 0;
    }
    for (size_t i = 0; r == 0 && i < value->list.count; i++) {
        if (!strings_has(stored, value->list.items[i]))
            r = strings_add(stored, value->list.items[i]);
    }
    return r;
}

int value_store(const struct schema_key *key, void *owner, struct value *value)
{
    void *at = (char *)owner + key->offset;
    int r = 0;

    if (has_text(key)) {
        char *old;
        memcpy(&old, at, sizeof old);
        free(old);
        memcpy(at, &value->text, sizeof value->text);
        value->text = NULL;
    } else if (has_list(key)) {
        r = store_list(at, value, key->later == LATER_ADDS);
    } else if (key->type == VALUE_BOOL || key->type == VALUE_SWITCH) {
        bool flag = value->number != 0;
        memcpy(at, &flag, sizeof flag);
    } else {
        memcpy(at, &value->number, sizeof value->number);
    }
    value_done(value);
    return r;
}

/* ---------------------------------------------------------------- showing */

static void show_list(const struct config_strings *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_str(out, ", ");
        buf_str(out, list->items[i]);
    }
}

void value_canonical(const struct schema_key *key, const void *owner, struct buf *out)
{
    size_t len;

    if (has_text(key)) {
        const char *text = stored_text(key, owner);
        buf_str(out, text ? text : "");
    } else if (has_list(key)) {
        show_list(slot(key, owner), out);
    } else if (key->choices) {
        const char *word = choice_at(key->choices, stored_number(key, owner) - key->min, &len);
        if (word)
            buf_add(out, word, len);
    } else if (key->type == VALUE_BOOL) {
        buf_str(out, stored_number(key, owner) ? "true" : "false");
    } else if (key->type == VALUE_NUMBER) {
        buf_u64(out, stored_number(key, owner));
    }
}

void value_show(const struct schema_key *key, const void *owner, struct buf *out)
{
    struct json_object *object = NULL;

    if (key->type != VALUE_FREE) {
        value_canonical(key, owner, out);
        return;
    }
    const char *json = stored_text(key, owner);
    if (!json || json_parse(json, strlen(json), &object, NULL) < 0 || !object)
        return;
    bool first = true;
    json_object_object_foreach(object, name, member)
    {
        (void)member;
        buf_str(out, first ? "keys: " : ", ");
        buf_str(out, name);
        first = false;
    }
    json_object_put(object);
}
