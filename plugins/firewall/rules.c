/* SPDX-License-Identifier: Apache-2.0 */
/* Contents and lists of rules. Source: GET .../firewall/rules: `pos`, `digest`, `ipversion` and `errors` are
 * shown beside what was configured. */
#include "rules.h"

const char *const rule_fields[] = {"type",  "action", "enable", "macro", "iface",     "source",  "dest",
                                   "proto", "sport",  "dport",  "log",   "icmp-type", "comment", NULL};

struct json_object *rule_content(struct json_object *rule)
{
    struct json_object *content = json_object_new_object();
    for (const char *const *name = rule_fields; content && *name; name++) {
        const char *text = member_text(rule, *name);
        if (text && *text)
            json_object_object_add(content, *name, json_object_new_string(text));
    }
    if (content && !member_of(content, "enable"))
        json_object_object_add(content, "enable", json_object_new_string("0"));
    return content;
}

bool rule_equal(struct json_object *a, struct json_object *b)
{
    for (const char *const *name = rule_fields; *name; name++) {
        const char *left = member_text(a, *name), *right = member_text(b, *name);
        if (left && right ? strcmp(left, right) != 0 : left || right)
            return false;
    }
    return true;
}

const char *rule_words(const struct asking *a, struct json_object *rule)
{
    static const struct {
        const char *name, *word;
    } parts[] = {{"macro", " "},       {"proto", " "},       {"icmp-type", " type "},
                 {"dport", " dport "}, {"sport", " sport "}, {"source", " from "},
                 {"dest", " to "},     {"iface", " on "},    {"log", " logged as "}};
    const bool group = member_is(rule, "type", "group");
    const char *type = member_text(rule, "type"), *action = member_text(rule, "action");
    const char *text = ask_text(a, "%s%s%s",
                                group  ? "the rules of group"
                                : type ? type
                                       : "?",
                                " ", action ? action : "?");
    for (size_t i = 0; text && i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *value = member_text(rule, parts[i].name);
        if (value)
            text = ask_text(a, "%s%s%.200s", text, parts[i].word, value);
    }
    if (text && member_text(rule, "comment"))
        text = ask_text(a, "%s (%.100s)", text, member_text(rule, "comment"));
    return text && member_is(rule, "enable", "0") ? ask_text(a, "%s, disabled", text) : text;
}

/* ---- lists */

void rule_list_done(struct rule_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        json_object_put(list->rows[i]);
    list->count = 0;
}

/* Guards hold their arrays sorted as text: the positions say the order. */
static struct json_object *at_position(struct json_object *array, size_t hint, uint32_t pos)
{
    const size_t count = json_object_array_length(array);
    for (size_t n = 0; n < count; n++) {
        struct json_object *row = json_object_array_get_idx(array, (hint + n) % count);
        const char *text = member_text(row, "pos");
        if (text && *text && !text[strspn(text, "0123456789")] && digits_of(text, RULES_MOST) == pos)
            return row;
    }
    return NULL;
}

static int32_t put_rule(struct json_object *rule, struct rule_list *list)
{
    struct json_object *content = rule_content(rule);
    if (!content)
        return PROXIMO_ENOMEM;
    list->invalid[list->count] = member_of(rule, "errors") != NULL;
    list->rows[list->count++] = content;
    return PROXIMO_OK;
}

int32_t rule_list_of(const struct asking *a, struct json_object *json, struct rule_list *ret)
{
    const bool array = json_object_is_type(json, json_type_array);
    const size_t most = array ? json_object_array_length(json) : RULES_MOST;
    *ret = (struct rule_list){0};
    if (most > RULES_MOST || (!array && !json_object_is_type(json, json_type_object)))
        return PROXIMO_EPROTO;
    ret->rows = a->host->alloc(a->call, (most + 1) * sizeof(*ret->rows));
    ret->invalid = a->host->alloc(a->call, (most + 1) * sizeof(*ret->invalid));
    if (!ret->rows || !ret->invalid)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < most; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "/%u", (unsigned)i);
        struct json_object *rule = array ? at_position(json, i, i) : member_of(json, name);
        if (!array && (!rule || member_true(rule, "absent")))
            return PROXIMO_OK; /* the guard's end of the list */
        int32_t r = rule ? put_rule(rule, ret) : PROXIMO_EPROTO;
        if (r < 0) {
            rule_list_done(ret);
            return r;
        }
    }
    return PROXIMO_OK;
}

bool rule_list_equal(const struct rule_list *a, const struct rule_list *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!rule_equal(a->rows[i], b->rows[i]))
            return false;
    }
    return true;
}

uint32_t rule_list_find(const struct rule_list *list, struct json_object *content, uint32_t *ret_pos)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!rule_equal(list->rows[i], content))
            continue;
        if (found++ == 0)
            *ret_pos = i;
    }
    return found;
}

int32_t rule_list_read(const struct place *place, struct rule_list *ret)
{
    struct json_object *json DROP_JSON = NULL;
    int32_t r = place_get(place, place->scope->rules, NULL, json_type_array, &json);
    if (r < 0)
        return r;
    r = rule_list_of(&place->ask, json, ret);
    if (r == PROXIMO_EPROTO)
        return place->ask.host->fail(place->ask.call, PROXIMO_EPROTO,
                                     "the rules of %s cannot be made sense of: more than %u, or positions "
                                     "that do not run from 0",
                                     place->label, RULES_MOST);
    return r;
}
