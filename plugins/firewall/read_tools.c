/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of rules, IP sets, aliases, what rules may refer to, macros and logs. Sources: GET
 * .../firewall/{rules,ipset,aliases,refs,log} of the scopes, /cluster/firewall/macros.
 */
#include "rules.h"

#define SETS_MOST 256u /* whose entries are read at once */

static int32_t read_rules(void *instance, struct proximo_call *call)
{
    struct place place;
    int32_t r = place_open(instance, call, &place);
    return r < 0 ? r : place_reply_list(&place, place.scope->rules, NULL, place.needs);
}

static int32_t read_rule(void *instance, struct proximo_call *call)
{
    struct json_object *rule DROP_JSON = NULL;
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r < 0)
        return r;
    const char *path = ask_text(&place.ask, "%s/{pos}", place.scope->rules);
    const struct proximo_field pos[] = {FIELD("pos", ask_argument(&place.ask, "pos")), {0}};
    r = path && pos[0].value ? place_get(&place, path, pos, json_type_object, &rule) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(rule)};
    return place.ask.host->reply(call, &block, 1);
}

static int32_t read_aliases(void *instance, struct proximo_call *call)
{
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r == PROXIMO_OK)
        r = place_has(&place, place.scope->aliases, "aliases of its own");
    return r < 0 ? r : place_reply_list(&place, place.scope->aliases, NULL, place.needs);
}

static int32_t read_refs(void *instance, struct proximo_call *call)
{
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r < 0)
        return r;
    const char *type = ask_argument(&place.ask, "type");
    const char *path = place.scope->refs ? place.scope->refs : "/cluster/firewall/refs";
    const struct proximo_field more[] = {FIELD(type ? "type" : NULL, type), {0}};
    const struct proximo_need root = NEED("/", "Sys.Audit");
    return place_reply_list(&place, path, more,
                            strcmp(place.scope->name, "guest") == 0 ? place.needs : &root);
}

static int32_t read_log(void *instance, struct proximo_call *call)
{
    static const char *const names[] = {"start", "limit", "since", "until"};
    struct proximo_field more[5] = {{0}};
    struct place place;
    uint32_t count = 0;
    int32_t r = place_open(instance, call, &place);
    if (r == PROXIMO_OK)
        r = place_has(&place, place.scope->log, "log");
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = ask_argument(&place.ask, names[i]);
        if (value)
            more[count++] = FIELD(names[i], value);
    }
    const struct proximo_need need = NEED(place.right, r < 0 ? NULL : place.scope->log_right);
    return r < 0 ? r : place_reply_list(&place, place.scope->log, more, &need);
}

/* ---- IP sets with their entries */

/* The list without the digest, which each entry repeats; that goes to the set. */
static struct json_object *entries_of(struct proximo_text data, struct json_object *set)
{
    struct json_object *list = json_of(data);
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (i == 0 && member_of(entry, "digest"))
            json_object_object_add(set, "entries_digest", json_object_get(member_of(entry, "digest")));
        json_object_object_del(entry, "digest");
    }
    return list;
}

/* Adds the entries to each set; those of a set that cannot be read are told. */
static int32_t add_entries(const struct place *place, struct json_object *sets)
{
    const struct asking *a = &place->ask;
    const size_t count = json_object_array_length(sets);
    struct proximo_get *gets = a->host->alloc(a->call, (count + 1) * sizeof(*gets));
    struct proximo_answer *answers = a->host->alloc(a->call, (count + 1) * sizeof(*answers));
    struct proximo_field(*fields)[4] = a->host->alloc(a->call, (count + 1) * sizeof(*fields));
    const char *path = ask_text(a, "%s/{name}", place->scope->ipset);
    if (!gets || !answers || !fields || !path)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = strcmp(place->scope->name, "guest") == 0 ? place->at_count : 0;
        memcpy(fields[i], place->at, at * sizeof(fields[i][0]));
        fields[i][at++] = FIELD("name", member_text(json_object_array_get_idx(sets, i), "name"));
        gets[i] = (struct proximo_get){ROW(proximo_get), .path = path, .fields = fields[i], .field_count = at,
                                       .needs = ROWS(place->needs, 1)};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = count ? a->host->get_many(a->call, gets, (uint32_t)count, answers) : PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *set = json_object_array_get_idx(sets, i),
                           *entries = entries_of(answers[i].data, set);
        const char *name = member_text(set, "name");
        if (json_object_is_type(entries, json_type_array)) {
            json_object_object_add(set, "count",
                                   json_object_new_int64((int64_t)json_object_array_length(entries)));
            json_object_object_add(set, "entries", entries);
        } else {
            json_object_put(entries);
            r = a->host->incomplete(a->call, ask_text(a, "the entries of IP set %s", name ? name : "?"),
                                    answers[i].message.len ? ask_text(a, "%.*s", (int)answers[i].message.len,
                                                                      answers[i].message.ptr)
                                                           : "no answer");
        }
    }
    return r;
}

/* Leaves only the set of this name. */
static int32_t pick(const struct place *place, const char *name, struct json_object **sets)
{
    struct json_object *one = json_object_new_array();
    for (size_t i = 0; one && i < json_object_array_length(*sets); i++) {
        if (member_is(json_object_array_get_idx(*sets, i), "name", name))
            json_object_array_add(one, json_object_get(json_object_array_get_idx(*sets, i)));
    }
    if (!one)
        return PROXIMO_ENOMEM;
    json_object_put(*sets);
    *sets = one;
    return json_object_array_length(one)
               ? PROXIMO_OK
               : place->ask.host->fail(place->ask.call, PROXIMO_ENOTFOUND, "%s has no IP set \"%s\"",
                                       place->label, name);
}

static int32_t read_ipsets(void *instance, struct proximo_call *call)
{
    struct json_object *sets DROP_JSON = NULL;
    struct looked looked = {0};
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r == PROXIMO_OK)
        r = place_has(&place, place.scope->ipset, "IP sets of its own");
    if (r == PROXIMO_OK)
        r = place_get(&place, place.scope->ipset, NULL, json_type_array, &sets);
    if (r == PROXIMO_OK)
        r = place_look(&place, place.scope->ipset, NULL, &looked);
    json_object_put(looked.data);
    const char *name = r < 0 ? NULL : ask_argument(&place.ask, "name");
    if (name)
        r = pick(&place, name, &sets);
    if (r == PROXIMO_OK && json_object_array_length(sets) > SETS_MOST)
        return place.ask.host->fail(call, PROXIMO_EINVAL, "%s has more than %u IP sets; name one",
                                    place.label, SETS_MOST);
    if (r == PROXIMO_OK)
        r = add_entries(&place, sets);
    return r < 0 ? r : place_reply_rows(&place, sets, looked.complete);
}

/* ---- rows */

static const struct proximo_column rule_columns[] = {
    COLUMN(.name = "pos"),           COLUMN(.name = "type"),
    COLUMN(.name = "action"),        COLUMN(.name = "enable"),
    COLUMN(.name = "macro"),         COLUMN(.name = "proto"),
    COLUMN(.name = "dport"),         COLUMN(.name = "sport"),
    COLUMN(.name = "source"),        COLUMN(.name = "dest"),
    COLUMN(.name = "iface"),         COLUMN(.name = "icmp-type"),
    COLUMN(.name = "log"),           COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "errors"),        COLUMN(.name = "ipversion", EXTRA),
    COLUMN(.name = "digest", EXTRA),
};
static const struct proximo_column alias_columns[] = {COLUMN(.name = "name"), COLUMN(.name = "cidr"),
                                                      COLUMN(.name = "comment", UNTRUSTED),
                                                      COLUMN(.name = "digest", EXTRA)};
static const struct proximo_column set_columns[] = {
    COLUMN(.name = "name"),          COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "count"),         COLUMN(.name = "entries", UNTRUSTED),
    COLUMN(.name = "digest", EXTRA), COLUMN(.name = "entries_digest", EXTRA)};
static const struct proximo_column ref_columns[] = {COLUMN(.name = "ref"), COLUMN(.name = "type"),
                                                    COLUMN(.name = "name"), COLUMN(.name = "scope"),
                                                    COLUMN(.name = "comment", UNTRUSTED)};
static const struct proximo_column macro_columns[] = {COLUMN(.name = "macro"), COLUMN(.name = "descr")};
static const struct proximo_column log_columns[] = {COLUMN(.name = "n"), COLUMN(.name = "t", UNTRUSTED)};

static const struct proximo_param rules_params[] = {PLACE_PARAMS, PLACE_VNET, PLACE_GROUP};
static const struct proximo_param rule_params[] = {
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "pos", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 0,
          .maximum = RULES_MOST, .description = "The rule's position, from 0."),
    PLACE_PARAMS, PLACE_VNET, PLACE_GROUP};
static const struct proximo_param alias_params[] = {PLACE_PARAMS};
static const struct proximo_param set_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .format = "id", .description = "Only this set."),
    PLACE_PARAMS};
static const struct proximo_param ref_params[] = {PARAM(.type = PROXIMO_TYPE_STRING, .name = "type",
                                                        .choices = "alias,ipset",
                                                        .description = "Only these."),
                                                  PLACE_PARAMS, PLACE_VNET};
static const struct proximo_param log_params[] = {
    PLACE_PARAMS,
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "start", .minimum = 0, .maximum = INT32_MAX,
          .description = "First line, from 0: the oldest."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "limit", .minimum = 1, .maximum = 500, .default_json = "100",
          .description = "Lines at most."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "since", .format = "epoch",
          .description = "Only from this time on, in epoch seconds."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "until", .format = "epoch",
          .description = "Only up to this time, in epoch seconds."),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_firewall_rules_list", .title = "Firewall rules",
     .description = "Lists the firewall rules of the datacenter, a node, a guest, a virtual network or a "
                    "security group, in their order: the first that matches decides. Rules with errors never "
                    "match.",
     .params = PROXIMO_TABLE(rules_params), .columns = PROXIMO_TABLE(rule_columns), .read = read_rules},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_firewall_rule_get",
     .title = "A firewall rule", .description = "Shows the firewall rule at a position.",
     .params = PROXIMO_TABLE(rule_params), .read = read_rule},
    {ROW(proximo_read), .name = "pve_firewall_alias_list", .title = "Firewall aliases",
     .description = "Lists the aliases (names of addresses and networks) of the datacenter or a guest.",
     .params = PROXIMO_TABLE(alias_params), .columns = PROXIMO_TABLE(alias_columns), .sort_by = "name",
     .read = read_aliases},
    {ROW(proximo_read), .name = "pve_ipset_list", .title = "IPSets",
     .description =
         "Lists the IP sets of the datacenter or a guest with their entries; an entry with nomatch "
         "takes its addresses out of the set.",
     .params = PROXIMO_TABLE(set_params), .columns = PROXIMO_TABLE(set_columns), .sort_by = "name",
     .read = read_ipsets},
    {ROW(proximo_read), .name = "pve_firewall_refs", .title = "Firewall references",
     .description =
         "Lists the aliases and IP sets that the rules of a place may name as source or dest; of a "
         "guest its own and the datacenter's.",
     .params = PROXIMO_TABLE(ref_params), .columns = PROXIMO_TABLE(ref_columns), .read = read_refs},
    {ROW(proximo_read), .name = "pve_firewall_log", .title = "Firewall log",
     .description = "Shows lines of the firewall log of a node or a guest: what rules with a log level, and "
                    "policies with one, have matched.",
     .params = PROXIMO_TABLE(log_params), .columns = PROXIMO_TABLE(log_columns), .read = read_log},
    {ROW(proximo_read), .name = "pve_firewall_macros", .title = "Firewall macros",
     .description =
         "Lists the macros that rules can use instead of protocol and ports, such as SSH or HTTPS.",
     .path = "/cluster/firewall/macros", .columns = PROXIMO_TABLE(macro_columns), .sort_by = "macro"},
};

const struct topic firewall_topic_reads = {
    .reads = PROXIMO_TABLE(reads),
};
