/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of named things, and how they and their contents are read. Sources: GET .../firewall/aliases,
 * .../firewall/ipset, .../firewall/ipset/{name}, /cluster/firewall/groups, /cluster/firewall/groups/{group}.
 */
#include "objects.h"

#include <strings.h>

static const char *const alias_fields[] = {"cidr", "comment", NULL};
static const char *const comment_only[] = {"comment", NULL};
static const char *const entry_fields[] = {"cidr", "nomatch", "comment", NULL};

const struct object_kind object_alias = {.what = "alias",
                                         .part = "aliases",
                                         .key = "name",
                                         .argument = "name",
                                         .fields = alias_fields,
                                         .host_class = "firewall.alias"};
const struct object_kind object_ipset = {.what = "IP set",
                                         .part = "ipset",
                                         .key = "name",
                                         .argument = "name",
                                         .content = "entry",
                                         .fields = comment_only,
                                         .content_fields = entry_fields,
                                         .host_class = "firewall.ipset"};
const struct object_kind object_group = {.what = "security group",
                                         .part = "groups",
                                         .key = "group",
                                         .argument = "group",
                                         .content = "rule",
                                         .fields = comment_only,
                                         .content_fields = rule_fields,
                                         .host_class = "firewall.group"};

const char *object_path(const struct place *place, const struct object_kind *kind)
{
    return kind == &object_alias   ? place->scope->aliases
           : kind == &object_ipset ? place->scope->ipset
                                   : GROUPS_PATH;
}

/* Names that Proxmox gives a meaning: they work without a rule that names them. */
static const struct {
    const struct object_kind *kind;
    const char *scope, *name, *words; /* a name that ends with - is the beginning of one */
} meanings[] = {
    {&object_ipset, "cluster", "management",
     "Proxmox itself accepts what comes from this set to a node: SSH, API and GUI, consoles, migration"},
    {&object_ipset, "cluster", "blacklist",
     "Proxmox itself drops what comes from this set to nodes and guests, before any rule"},
    {&object_ipset, "guest", "ipfilter-",
     "as soon as this set is there, the guest's network device of that name can send from its addresses "
     "alone"},
    {&object_alias, "cluster", "local_network",
     "Proxmox itself takes this for the network of the nodes: what comes from it may manage them"},
};

static const char *meaning_of(const struct place *place, const struct object_kind *kind, const char *name)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const size_t len = strlen(meanings[i].name);
        const bool part = meanings[i].name[len - 1] == '-';
        if (kind == meanings[i].kind && strcmp(place->scope->name, meanings[i].scope) == 0 &&
            strncasecmp(name, meanings[i].name, part ? len : len + 1) == 0)
            return meanings[i].words;
    }
    return NULL;
}

bool object_has_meaning(const struct place *place, const struct object_kind *kind, const char *name)
{
    return meaning_of(place, kind, name) != NULL;
}

int32_t object_tell_meaning(const struct place *place, const struct object_kind *kind, const char *name)
{
    const char *words = meaning_of(place, kind, name);
    return words ? tell_text(&place->ask, "meaning", words) : PROXIMO_OK;
}

const char *object_class(const struct object_change *c)
{
    if (!c->was && !c->undoing && !object_has_meaning(&c->at, c->kind, c->name))
        return "firewall.create";
    return strcmp(c->at.scope->name, "guest") == 0 ? "firewall.guest.object" : c->kind->host_class;
}

const char *object_text(struct json_object *row, const char *field)
{
    const char *text = member_text(row, field);
    return text && *text && (strcmp(field, "nomatch") != 0 || strcmp(text, "0") != 0) ? text : NULL;
}

bool object_equal(struct json_object *a, struct json_object *b, const char *const *fields)
{
    for (; *fields; fields++) {
        const char *left = object_text(a, *fields), *right = object_text(b, *fields);
        if (left && right ? strcmp(left, right) != 0 : left || right)
            return false;
    }
    return true;
}

void object_change_done(struct object_change *c)
{
    json_object_put(c->rows);
    json_object_put(c->value);
    json_object_put(c->content);
    json_object_put(c->restored);
}

struct json_object *object_row(const struct object_change *c, const char *name)
{
    for (size_t i = 0; name && i < json_object_array_length(c->rows); i++) {
        struct json_object *row = json_object_array_get_idx(c->rows, i);
        const char *own = member_text(row, c->kind->key);
        if (own && (c->kind == &object_alias ? strcasecmp(own, name) : strcmp(own, name)) == 0)
            return row;
    }
    return NULL;
}

int32_t object_read(struct object_change *c)
{
    const struct asking *a = &c->at.ask;
    const char *list = object_path(&c->at, c->kind);
    int32_t r = place_get(&c->at, list, NULL, json_type_array, &c->rows);
    if (r < 0 || !c->was)
        return r;
    c->before = object_row(c, c->was);
    if (!c->before)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no %s \"%s\"%s%s", c->kind->what, c->was,
                             c->kind == &object_group ? "" : " of ",
                             c->kind == &object_group ? "" : c->at.label);
    c->was = ask_text(a, "%s", member_text(c->before, c->kind->key));
    const char *path = ask_text(a, "%s/{%s}", list, c->kind->key);
    const struct proximo_field more[] = {FIELD(c->kind->key, c->was), {0}};
    if (!c->was || !path)
        return PROXIMO_ENOMEM;
    return c->kind->content ? place_get(&c->at, path, more, json_type_array, &c->content) : PROXIMO_OK;
}

/* ---- contents in records */

/* Guards hold arrays sorted; what has positions goes back to them. */
static struct json_object *by_position(struct json_object *whole)
{
    const size_t count = json_object_array_length(whole);
    struct json_object *sorted = json_object_new_array();
    for (size_t pos = 0; sorted && pos < count; pos++) {
        for (size_t i = 0; i < count; i++) {
            struct json_object *row = json_object_array_get_idx(whole, i);
            const char *text = member_text(row, "pos");
            if (text ? digits_of(text, INT32_MAX) == pos : i == pos)
                json_object_array_add(sorted, json_object_get(row));
        }
    }
    return sorted;
}

struct json_object *content_recorded(struct json_object *state)
{
    struct json_object *whole = member_of(state, "");
    return json_object_is_type(whole, json_type_array) ? by_position(whole) : NULL;
}
