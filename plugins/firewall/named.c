/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses that a change is about: of the rules, aliases and set entries that it adds, takes away or
 * puts in the place of others. Whatever else stands for "from outside" may not meet them.
 */
#include "view.h"

#define SET_SOME 4u /* of one set or list */

struct naming {
    const struct asking *ask;
    struct json_object *cluster, *own; /* where names are looked for */
    struct named *ret;
};

static int32_t add(struct naming *naming, const struct fw_net *net)
{
    struct named *ret = naming->ret;
    struct fw_address one = {.family = net->family};
    const size_t size = net->family == 4 ? 4 : 16;
    memcpy(one.bytes, net->first, sizeof(one.bytes));
    if (memcmp(net->first, net->last, size) != 0)
        one.bytes[size - 1] |= 1; /* a network's first address is its name */
    for (uint32_t i = 0; i < ret->count; i++) {
        if (ret->list[i].family == one.family &&
            memcmp(ret->list[i].bytes, one.bytes, sizeof(one.bytes)) == 0)
            return PROXIMO_OK;
    }
    ret->cut |= ret->count == NAMED_MOST;
    if (ret->count == NAMED_MOST || net->bits == 0)
        return PROXIMO_OK;
    ret->list[ret->count] = one;
    ret->labels[ret->count] = net_text(naming->ask, net);
    ret->texts[ret->count++] = address_text(naming->ask, &one);
    return PROXIMO_OK;
}

/* "dc/x", "guest/x" and "x" are the same here: more addresses do no harm. */
static const char *plain(const char *text)
{
    const char *slash = strchr(text, '/');
    return slash && (strncmp(text, "dc/", 3) == 0 || strncmp(text, "guest/", 6) == 0) ? slash + 1 : text;
}

static const char *alias_in(struct json_object *scope, const char *name)
{
    struct json_object *list = member_of(scope, "aliases");
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        const char *have = member_text(json_object_array_get_idx(list, i), "name");
        if (have && strcasecmp(have, name) == 0)
            return member_text(json_object_array_get_idx(list, i), "cidr");
    }
    return NULL;
}

/* One element of a list: an address, a range, or an alias of one. */
static void name_item(struct naming *naming, const char *text, size_t len)
{
    struct fw_net net;
    if (fw_range_parse(text, len, &net) == 0) {
        (void)add(naming, &net);
        return;
    }
    const char *name = ask_text(naming->ask, "%.*s", (int)len, text);
    const char *cidr = name ? alias_in(naming->own, plain(name)) : NULL;
    cidr = cidr || !name ? cidr : alias_in(naming->cluster, plain(name));
    if (cidr && fw_net_parse(cidr, strlen(cidr), &net) == 0)
        (void)add(naming, &net);
}

static void name_set(struct naming *naming, struct json_object *entries)
{
    const size_t count =
        json_object_is_type(entries, json_type_array) ? json_object_array_length(entries) : 0;
    naming->ret->cut |= count > SET_SOME;
    for (size_t i = 0; i < count && i < SET_SOME; i++) {
        const char *cidr = member_text(json_object_array_get_idx(entries, i), "cidr");
        if (cidr)
            name_item(naming, cidr, strlen(cidr));
    }
}

static void name_text(struct naming *naming, const char *text)
{
    if (!text)
        return;
    if (*text == '+') {
        name_set(naming, member_of(member_of(naming->own, "ipset"), plain(text + 1)));
        name_set(naming, member_of(member_of(naming->cluster, "ipset"), plain(text + 1)));
        return;
    }
    for (size_t i = 0;; i++, text++) {
        const size_t len = strcspn(text, ", ;");
        naming->ret->cut |= i == SET_SOME;
        if (i == SET_SOME)
            return;
        name_item(naming, text, len);
        text += len;
        if (!*text)
            return;
    }
}

static void name_rule(struct naming *naming, struct json_object *rule)
{
    name_text(naming, member_text(rule, "source"));
    name_text(naming, member_text(rule, "dest"));
}

/* The rules of a group that a line calls stand for it. */
static void name_line(struct naming *naming, struct json_object *rule)
{
    struct json_object *rules =
        member_is(rule, "type", "group")
            ? member_of(member_of(naming->cluster, "groups"), member_text(rule, "action"))
            : NULL;
    name_rule(naming, rule);
    for (size_t i = 0;
         json_object_is_type(rules, json_type_array) && i < json_object_array_length(rules) && i < SET_SOME;
         i++)
        name_rule(naming, json_object_array_get_idx(rules, i));
}

void named_read(const struct asking *a, struct json_object *input, struct json_object *edits,
                const char *scope, const char *name, struct named *ret)
{
    struct json_object *cluster = member_of(input, "cluster");
    struct naming naming = {.ask = a, .cluster = cluster, .ret = ret};
    struct json_object *holder = cluster;
    if (strcmp(scope, "node") == 0)
        holder = member_of(input, "host");
    else if (strcmp(scope, "guest") == 0 && name)
        holder = naming.own = member_of(member_of(input, "guests"), name);
    struct json_object *rules = strcmp(scope, "group") == 0 && name
                                    ? member_of(member_of(cluster, "groups"), name)
                                    : member_of(holder, "rules");
    for (size_t i = 0; json_object_is_type(edits, json_type_array) && i < json_object_array_length(edits);
         i++) {
        struct json_object *edit = json_object_array_get_idx(edits, i);
        struct json_object *value = member_of(edit, "value"), *pos = member_of(edit, "pos");
        const char *word = member_text(edit, "name");
        if (member_is(edit, "part", "rules")) {
            name_line(&naming, value);
            if (pos && json_object_is_type(rules, json_type_array) && json_object_get_int64(pos) >= 0)
                name_line(&naming, json_object_array_get_idx(rules, (size_t)json_object_get_int64(pos)));
        } else if (member_is(edit, "part", "aliases") && word) {
            name_text(&naming, member_text(value, "cidr"));
            name_text(&naming, alias_in(holder, word));
        } else if (member_is(edit, "part", "ipset") && word) {
            const char *cidr = member_text(value, "cidr");
            name_text(&naming, cidr);
            if (!cidr)
                name_set(&naming, member_of(member_of(holder, "ipset"), word));
        }
    }
}
