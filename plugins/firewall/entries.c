/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_firewall_ipset_entry_add, _update, _remove. An entry is written as a whole, without what is not sent
 * again. Sources: POST .../firewall/ipset/{name}, PUT, DELETE .../firewall/ipset/{name}/{cidr}.
 */
#include "entries.h"

#include "cidr.h"

struct entry_change {
    struct place at;
    const char *set, *cidr;
    struct json_object *rows;   /* the set's entries. Owned */
    struct json_object *before; /* borrowed from rows; NULL: there is none */
    struct json_object *value;  /* as it will be; NULL: it goes. Owned */
    bool undoing;
};

static const struct asking *asks(const struct entry_change *c)
{
    return &c->at.ask;
}

static const char *const fields[] = {"cidr", "nomatch", "comment", NULL};

static void done(struct entry_change *c)
{
    json_object_put(c->rows);
    json_object_put(c->value);
}

static const char *set_path(const struct entry_change *c)
{
    return ask_text(asks(c), "%s/{name}", c->at.scope->ipset);
}

/* ---- the plan */

static const char *words(const struct entry_change *c, struct json_object *entry)
{
    const char *comment = object_text(entry, "comment");
    return ask_text(asks(c), "%s%s%s%.100s%s", object_text(entry, "nomatch") ? "not " : "", c->cidr,
                    comment ? " (" : "", comment ? comment : "", comment ? ")" : "");
}

static int32_t tell(const struct entry_change *c)
{
    const char *was = c->before ? words(c, c->before) : "", *is = c->value ? words(c, c->value) : "";
    const char *text =
        !was || !is  ? NULL
        : !c->before ? ask_text(asks(c), "IP set \"%s\" of %s: %s is added", c->set, c->at.label, is)
        : !c->value
            ? ask_text(asks(c), "IP set \"%s\" of %s: %s is removed", c->set, c->at.label, was)
            : ask_text(asks(c), "IP set \"%s\" of %s: %s instead of %s", c->set, c->at.label, is, was);
    int32_t r = text ? asks(c)->host->change(asks(c)->call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && object_text(c->value ? c->value : c->before, "nomatch"))
        r = tell_text(asks(c), "nomatch",
                      "an entry with nomatch takes its addresses out of the set; the most "
                      "specific entry decides");
    return r == PROXIMO_OK ? object_tell_meaning(&c->at, &object_ipset, c->set) : r;
}

/* "[cidr=10.1.0.0/16]/cidr,..." */
static const char *selectors(const struct entry_change *c)
{
    const char *text = NULL;
    for (const char *const *field = fields; *field; field++)
        text = ask_text(asks(c), "%s%s[cidr=%s]/%s", text ? text : "", text ? "," : "", c->cidr, *field);
    return text;
}

static int32_t guard(const struct entry_change *c)
{
    const struct proximo_field more[] = {FIELD("name", c->set), {0}};
    const char *path = set_path(c), *select = selectors(c);
    return path && select ? place_guard(&c->at, path, more, select, 0) : PROXIMO_ENOMEM;
}

static int32_t subject(const struct entry_change *c)
{
    struct json_object *edits DROP_JSON = json_object_new_array();
    struct json_object *edit = json_object_new_object(), *value = json_object_new_object();
    const bool guest = strcmp(c->at.scope->name, "guest") == 0;
    if (!edits || !edit || !value)
        return PROXIMO_ENOMEM;
    json_object_object_add(value, "cidr", json_object_new_string(c->cidr));
    if (c->value)
        json_object_object_add(value, "nomatch",
                               json_object_new_int(object_text(c->value, "nomatch") != NULL));
    json_object_object_add(edit, "part", json_object_new_string("ipset"));
    json_object_object_add(edit, "op", json_object_new_string(c->value ? "entry" : "entry-remove"));
    json_object_object_add(edit, "name", json_object_new_string(c->set));
    json_object_object_add(edit, "value", value);
    json_object_array_add(edits, edit);
    return place_subject(&c->at, guest ? "firewall.guest.object" : "firewall.ipset", NULL, edits);
}

static uint32_t put_value(const struct entry_change *c, struct proximo_field *put)
{
    uint32_t count = 0;
    put[count++] = FIELD("name", c->set);
    put[count++] = FIELD("cidr", c->cidr);
    if (c->value && object_text(c->value, "nomatch"))
        put[count++] = FIELD("nomatch", "1");
    if (c->value && object_text(c->value, "comment"))
        put[count++] = FIELD("comment", object_text(c->value, "comment"));
    return count;
}

static int32_t step(const struct entry_change *c)
{
    const struct proximo_field more[] = {FIELD("name", c->set), {0}};
    const char *one = ask_text(asks(c), "%s/{name}/{cidr}", c->at.scope->ipset);
    struct proximo_field put[6];
    uint32_t count = put_value(c, put);
    if (!one)
        return PROXIMO_ENOMEM;
    if (!c->before)
        return place_request(&c->at, "change", "POST", set_path(c), put, count, 0);
    put[count++] = REFERENCE("digest", ask_text(asks(c), "state:[cidr=%s]/digest", c->cidr));
    int32_t r = place_state(&c->at, "state", set_path(c), more, selectors(c),
                            ask_text(asks(c), "[cidr=%s]/digest", c->cidr));
    return r == PROXIMO_OK ? place_request(&c->at, "change", c->value ? "PUT" : "DELETE", one, put, count,
                                           PROXIMO_STEP_ATOMIC)
                           : r;
}

static int32_t see(const struct entry_change *c)
{
    const struct proximo_field more[] = {FIELD("name", c->set), {0}};
    int32_t r = PROXIMO_OK;
    if (!c->value)
        return place_see(&c->at, set_path(c), more, ask_text(asks(c), "[cidr=%s]", c->cidr), NULL);
    for (const char *const *field = fields; r == PROXIMO_OK && *field; field++)
        r = place_see(&c->at, set_path(c), more, ask_text(asks(c), "[cidr=%s]/%s", c->cidr, *field),
                      object_text(c->value, *field));
    return r;
}

static int32_t lay_out(const struct entry_change *c)
{
    int32_t r = tell(c);
    if (r < 0 || (r = guard(c)) < 0 || (r = subject(c)) < 0 || (r = step(c)) < 0 || (r = see(c)) < 0)
        return r;
    r = tell_text(asks(c), "way_back",
                  !c->before  ? "removes the entry again"
                  : !c->value ? "adds the entry again, with its comment"
                              : "writes the entry as it was");
    return r == PROXIMO_OK ? asks(c)->host->undo(asks(c)->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

/* ---- from the arguments */

/* The entry by its name in the set: masked, as Proxmox keeps it, or an alias. */
static int32_t take_cidr(struct entry_change *c)
{
    const struct asking *a = asks(c);
    const char *text = ask_argument(a, "cidr");
    if (!text)
        return a->host->fail(a->call, PROXIMO_EINVAL, "cidr is missing");
    c->cidr = cidr_is_name(text) ? text : cidr_normal(a, text, true);
    if (c->cidr && !*c->cidr)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "cidr: \"%.60s\" is no address, network or alias, such as 10.1.0.0/16 or dc/lan",
                             text);
    const size_t len = c->cidr ? strlen(c->cidr) : 0;
    if (len > 2 && strcmp(c->cidr + len - 2, "/0") == 0)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "Proxmox takes no network of all addresses into an IP set");
    return c->cidr ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t begin(void *instance, struct proximo_call *call, struct entry_change *ret)
{
    *ret = (struct entry_change){0};
    int32_t r = place_open(instance, call, &ret->at);
    if (r == PROXIMO_OK)
        r = place_has(&ret->at, ret->at.scope->ipset, "IP sets of its own");
    if (r == PROXIMO_OK)
        r = place_may_change(&ret->at);
    if (r == PROXIMO_OK)
        r = take_cidr(ret);
    if (r < 0)
        return r;
    ret->set = ask_argument(asks(ret), "name");
    const char *path = set_path(ret);
    if (!ret->set || !path)
        return ret->at.ask.host->fail(call, PROXIMO_EINVAL, "name is missing");
    const struct proximo_field more[] = {FIELD("name", ret->set), {0}};
    r = place_get(&ret->at, path, more, json_type_array, &ret->rows);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(ret->rows); i++) {
        struct json_object *row = json_object_array_get_idx(ret->rows, i);
        if (member_is(row, "cidr", ret->cidr))
            ret->before = row;
    }
    return r;
}

/* An alias that is not there is an error 500 of Proxmox. */
static int32_t check_alias(const struct entry_change *c)
{
    const char *slash = strchr(c->cidr, '/'), *name = slash ? slash + 1 : c->cidr;
    const struct proximo_field more[] = {FIELD("type", "alias"), {0}};
    struct looked looked = {0};
    bool found = false;
    int32_t r = cidr_is_name(c->cidr) ? place_look(&c->at, c->at.scope->refs, more, &looked) : PROXIMO_OK;
    if (r < 0 || !cidr_is_name(c->cidr))
        return r;
    for (size_t i = 0;
         json_object_is_type(looked.data, json_type_array) && i < json_object_array_length(looked.data); i++)
        found |= member_is(json_object_array_get_idx(looked.data, i), "name", name);
    if (looked.data && !found)
        r = asks(c)->host->fail(asks(c)->call, PROXIMO_EINVAL,
                                "there is no alias \"%.64s\"; pve_firewall_refs shows them", c->cidr);
    json_object_put(looked.data);
    return r;
}

/* The arguments on top of what is there. */
static int32_t take(struct entry_change *c)
{
    const struct asking *a = asks(c);
    const char *nomatch = ask_argument(a, "nomatch"), *comment = ask_argument(a, "comment");
    const bool no = nomatch ? ask_flag(a, "nomatch") : object_text(c->before, "nomatch") != NULL;
    if (!comment)
        comment = object_text(c->before, "comment");
    c->value = json_object_new_object();
    if (!c->value)
        return PROXIMO_ENOMEM;
    comment += comment ? strspn(comment, " ") : 0;
    json_object_object_add(c->value, "cidr", json_object_new_string(c->cidr));
    if (no)
        json_object_object_add(c->value, "nomatch", json_object_new_string("1"));
    if (comment && *comment)
        json_object_object_add(c->value, "comment", json_object_new_string(comment));
    return PROXIMO_OK;
}

static int32_t nothing(const struct entry_change *c)
{
    const char *text = ask_text(asks(c), "nothing to do: the entry %s is so already", c->cidr);
    return text ? asks(c)->host->change(asks(c)->call, text) : PROXIMO_ENOMEM;
}

enum verb { ADD, UPDATE, REMOVE };

/* Is it there exactly when it must be? */
static int32_t check_there(const struct entry_change *c, enum verb verb)
{
    const struct asking *a = asks(c);
    if (verb == ADD && c->before)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "IP set \"%s\" of %s has the entry %s already; pve_firewall_ipset_entry_update "
                             "changes it",
                             c->set, c->at.label, c->cidr);
    if (verb != ADD && !c->before)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                             "IP set \"%s\" of %s has no entry %s; pve_ipset_list shows them", c->set,
                             c->at.label, c->cidr);
    return verb == ADD ? check_alias(c) : place_check_digest(a, c->before);
}

static int32_t plan(void *instance, struct proximo_call *call, enum verb verb)
{
    struct entry_change c;
    int32_t r = begin(instance, call, &c);
    if (r == PROXIMO_OK)
        r = check_there(&c, verb);
    if (r == PROXIMO_OK && verb != REMOVE)
        r = take(&c);
    if (r == PROXIMO_OK)
        r = verb == UPDATE && object_equal(c.before, c.value, fields) ? nothing(&c) : lay_out(&c);
    done(&c);
    return r;
}

int32_t entries_plan_add(void *instance, struct proximo_call *call)
{
    return plan(instance, call, ADD);
}

int32_t entries_plan_update(void *instance, struct proximo_call *call)
{
    return plan(instance, call, UPDATE);
}

int32_t entries_plan_remove(void *instance, struct proximo_call *call)
{
    return plan(instance, call, REMOVE);
}

/* ---- the way back: the entry as the record has it from before */

static int32_t take_recorded(struct entry_change *c, struct json_object *record)
{
    struct json_object *states = member_of(record, "before");
    struct json_object *state =
        json_object_is_type(states, json_type_array) && json_object_array_length(states)
            ? json_object_array_get_idx(states, 0)
            : NULL;
    struct json_object *value = json_object_new_object();
    for (const char *const *field = fields; value && *field; field++) {
        const char *selector = ask_text(asks(c), "[cidr=%s]/%s", c->cidr, *field);
        struct json_object *one = selector ? member_of(state, selector) : NULL;
        if (one && !json_object_is_type(one, json_type_object))
            json_object_object_add(value, *field, json_object_get(one));
    }
    if (value && member_of(value, "cidr"))
        c->value = value;
    else
        json_object_put(value);
    return value && state ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t entries_plan_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct entry_change c;
    int32_t r = begin(instance, call, &c);
    c.undoing = true;
    if (r == PROXIMO_OK)
        r = take_recorded(&c, record);
    if (r == PROXIMO_OK && !c.before && !c.value) {
        (void)c.at.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = c.at.ask.host->fail(call, PROXIMO_ESTATE, "the entry %s is not there any more", c.cidr);
    }
    if (r == PROXIMO_OK)
        r = lay_out(&c);
    done(&c);
    return r;
}
