/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_tags_set. Proxmox keeps tags in lower case (unless tag-style says case-sensitive), each once,
 * sorted, with ; between them. Who holds Sys.Modify on / may use any; others neither put on nor take off a
 * tag of registered-tags, and of the rest what user-tag-access allows: free (any; the default), existing
 * (what some guest has, and the list), list, none. Sources: PUT .../config, GET /cluster/options.
 */
#include <stdlib.h>

#include "tags.h"

#define TAGS_MOST     128u
#define TAG_BYTES_MAX 124u
#define SEPARATORS    ";, "

struct tags {
    const char *at[TAGS_MOST];
    uint32_t count;
};

/* What the datacenter's options say of tags. */
struct tag_rules {
    struct json_object *options;
    bool any; /* Sys.Modify on / */
    bool cased;
    bool unseen; /* user-tag-access may be set and not be shown */
};

static bool has(const struct tags *tags, const char *tag)
{
    for (uint32_t i = 0; i < tags->count; i++) {
        if (strcmp(tags->at[i], tag) == 0)
            return true;
    }
    return false;
}

/* Lists come as arrays, or as they were written. */
static bool in_list(struct json_object *list, const char *word)
{
    if (json_object_is_type(list, json_type_string))
        return guest_has_tag(json_object_get_string(list), word);
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *item = json_object_get_string(json_object_array_get_idx(list, i));
        if (item && strcmp(item, word) == 0)
            return true;
    }
    return false;
}

/* ---- the tags */

static bool is_tag(const char *tag)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const size_t len = strlen(tag);
    return len > 0 && len <= TAG_BYTES_MAX && strchr(first, tag[0]) &&
           strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.") == len;
}

static int32_t put(const struct editing *e, const struct tag_rules *rules, struct tags *to, const char *text,
                   size_t len)
{
    char *tag = e->g.ask.host->alloc(e->g.ask.call, len + 1);
    if (!tag)
        return PROXIMO_ENOMEM;
    memcpy(tag, text, len);
    for (size_t i = 0; !rules->cased && i < len; i++) {
        if (tag[i] >= 'A' && tag[i] <= 'Z')
            tag[i] = (char)(tag[i] | 32);
    }
    if (has(to, tag))
        return PROXIMO_OK;
    if (to->count == TAGS_MOST)
        return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EINVAL, "a guest has at most %u tags here",
                                   TAGS_MOST);
    to->at[to->count++] = tag;
    return PROXIMO_OK;
}

static int32_t tags_now(const struct editing *e, const struct tag_rules *rules, struct tags *ret)
{
    const char *at = member_text(e->g.config, "tags");
    int32_t r = PROXIMO_OK;
    *ret = (struct tags){0};
    while (r == PROXIMO_OK && at && *at) {
        const size_t len = strcspn(at, SEPARATORS);
        if (len)
            r = put(e, rules, ret, at, len);
        at += len + (at[len] != '\0');
    }
    return r;
}

static int32_t tags_given(const struct editing *e, const struct tag_rules *rules, const char *argument,
                          struct tags *ret)
{
    struct json_object *list = member_of(e->arguments, argument);
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;
    *ret = (struct tags){0};
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *tag = json_object_get_string(json_object_array_get_idx(list, i));
        if (!tag || !is_tag(tag))
            return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EINVAL,
                                       "%s: \"%.64s\" is no tag: letters, digits, _ - + and ., the first a "
                                       "letter, a digit or _",
                                       argument, tag ? tag : "");
        r = put(e, rules, ret, tag, strlen(tag));
    }
    return r;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined(const struct editing *e, struct tags *tags)
{
    const char *text = NULL;
    qsort(tags->at, tags->count, sizeof(tags->at[0]), by_text);
    for (uint32_t i = 0; i < tags->count; i++)
        text = text ? ask_text(&e->g.ask, "%s;%s", text, tags->at[i]) : tags->at[i];
    return text;
}

/* ---- what Proxmox would refuse */

static int32_t rules_read(const struct editing *e, struct tag_rules *ret)
{
    const struct asking *a = &e->g.ask;
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/options"};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    const int32_t held = a->host->permission(a->call, "/", "Sys.Modify");
    const int32_t seen = a->host->permission(a->call, "/", "Sys.Audit");
    if (ask_ends(held) || ask_ends(seen)) {
        json_object_put(looked.data);
        return ask_ends(held) ? held : seen;
    }
    ret->options = looked.data;
    ret->any = held == 1;
    ret->unseen = held != 1 && (seen != 1 || !looked.data);
    ret->cased = member_true(member_of(ret->options, "tag-style"), "case-sensitive");
    return PROXIMO_OK;
}

/* Why this token may not use the tag; NULL: it may, or what is known does not say so. */
static const char *refused(const struct tag_rules *rules, const char *tag)
{
    struct json_object *access = member_of(rules->options, "user-tag-access");
    const char *allow = member_text(access, "user-allow");
    if (rules->any)
        return NULL;
    if (in_list(member_of(rules->options, "registered-tags"), tag))
        return "it is one of the datacenter's registered tags";
    if (!allow || strcmp(allow, "free") == 0)
        return NULL;
    if (strcmp(allow, "none") == 0)
        return "the datacenter lets users set no tags (user-tag-access: none)";
    if (in_list(member_of(access, "user-allow-list"), tag))
        return NULL;
    if (strcmp(allow, "existing") == 0)
        return in_list(member_of(rules->options, "allowed-tags"), tag)
                   ? NULL
                   : "no guest has it yet, and the datacenter lets users set existing tags only "
                     "(user-tag-access: existing)";
    return "it is not in the datacenter's list of tags for users (user-tag-access: list)";
}

/* Proxmox looks at what is put on and what is taken off, not at what stays. */
static int32_t check(const struct editing *e, const struct tag_rules *rules, const struct tags *from,
                     const struct tags *to)
{
    for (uint32_t i = 0; i < from->count + to->count; i++) {
        const bool added = i >= from->count;
        const char *tag = added ? to->at[i - from->count] : from->at[i];
        const char *why = has(added ? from : to, tag) ? NULL : refused(rules, tag);
        if (why)
            return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EDENIED,
                                       "the tag \"%s\" of %s cannot be %s: %s; it takes Sys.Modify on /", tag,
                                       guest_label(&e->g), added ? "put on" : "taken off", why);
    }
    return PROXIMO_OK;
}

/* ---- the plan */

static int32_t wanted(const struct editing *e, const struct tag_rules *rules, const struct tags *now,
                      struct tags *ret)
{
    struct tags add = {0}, drop = {0};
    const bool replaces = member_of(e->arguments, "replace") != NULL;
    int32_t r = tags_given(e, rules, "add", &add);
    if (r == PROXIMO_OK)
        r = tags_given(e, rules, "remove", &drop);
    if (r < 0)
        return r;
    if (replaces ? add.count || drop.count : !add.count && !drop.count)
        return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EINVAL,
                                   "give add, remove or both, or replace alone");
    if (replaces)
        return tags_given(e, rules, "replace", ret);
    *ret = (struct tags){0};
    for (uint32_t i = 0; i < drop.count; i++) {
        if (has(&add, drop.at[i]))
            return e->g.ask.host->fail(e->g.ask.call, PROXIMO_EINVAL, "\"%s\" is in add and in remove",
                                       drop.at[i]);
    }
    for (uint32_t i = 0; i < now->count; i++) {
        if (!has(&drop, now->at[i]))
            ret->at[ret->count++] = now->at[i];
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < add.count; i++)
        r = put(e, rules, ret, add.at[i], strlen(add.at[i]));
    return r;
}

static int32_t take_tags(struct editing *e, bool *ret_unseen)
{
    struct tag_rules rules = {0};
    struct tags now = {0}, to = {0};
    int32_t r = rules_read(e, &rules);
    if (r == PROXIMO_OK)
        r = tags_now(e, &rules, &now);
    if (r == PROXIMO_OK)
        r = wanted(e, &rules, &now, &to);
    if (r == PROXIMO_OK)
        r = check(e, &rules, &now, &to);
    json_object_put(rules.options);
    *ret_unseen = rules.unseen;
    if (r < 0)
        return r;
    bool same = now.count == to.count;
    for (uint32_t i = 0; same && i < now.count; i++)
        same = has(&to, now.at[i]);
    const char *text = joined(e, &to);
    if (!text && to.count)
        return PROXIMO_ENOMEM;
    if (same || (r = edit_add(e, "tags", text)) < 0)
        return r;
    if (text && e->count && !rules.cased && !(e->edits[0].forms = ask_text(&e->g.ask, "[\"%s\"]", text)))
        return PROXIMO_ENOMEM;
    return PROXIMO_OK;
}

int32_t guests_plan_tags_set(void *instance, struct proximo_call *call)
{
    struct editing e;
    bool unseen = false;
    int32_t r = edit_begin(instance, call, &e);
    if (r == PROXIMO_OK)
        r = take_tags(&e, &unseen);
    if (r == PROXIMO_OK)
        r = config_lay_out(&e, "tags");
    if (r == PROXIMO_OK && e.count && unseen)
        r = tell_text(&e.g.ask, "tag_rules",
                      "which tags the datacenter lets this token use is not known (it takes Sys.Audit on /): "
                      "Proxmox decides when this is applied");
    edit_end(&e);
    return r;
}
