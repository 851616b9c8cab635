/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that name a resource. Its removal takes it out of them, and a rule without any resource goes; the
 * way back writes their lists as they were. Source: GET, POST, PUT /cluster/ha/rules (Proxmox VE 9).
 */
#include "world.h"

#define RULES_MOST                                                                                           \
    CONFIG_GUARDS_MOST /* of one resource: a node affinity rule, and resource affinity rules                 \
                        */

static const char *const members[] = {"resources", "nodes", "strict", "affinity", "disable", "comment"};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

struct keeping {
    struct config_change *c;
    struct proximo_step *steps;
    uint32_t count;
};

static int32_t keep(struct keeping *k, struct json_object *rule, const char *sid)
{
    const struct asking *a = &k->c->ask;
    const char *name = ask_text(a, "%s", member_text(rule, "rule"));
    const bool gone = strcmp(member_text(rule, "resources"), sid) == 0; /* it names no other one */
    struct proximo_field *fields = a->host->alloc(a->call, (MEMBERS + 2) * sizeof(*fields));
    uint32_t count = 2;
    if (k->count == RULES_MOST || !member_text(rule, "type"))
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "%s is in more rules than one plan brings back; take it out of some of them first", sid);
    if (!fields || !name)
        return PROXIMO_ENOMEM;
    fields[0] = FIELD("rule", name);
    fields[1] = FIELD("type", ask_text(a, "%s", member_text(rule, "type")));
    for (size_t i = 0; i < MEMBERS; i++) {
        const char *value = member_text(rule, members[i]);
        if (value && (gone || i == 0))
            fields[count++] = FIELD(members[i], ask_text(a, "%s", value));
    }
    k->c->guards[k->count] = (struct proximo_guard){
        ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE, .path = HA_RULES "/{rule}",
        .fields = "/type,/resources,/nodes,/strict,/affinity,/disable,"
                  "/comment",
        .params = ROWS(fields, 1)};
    k->steps[k->count] = (struct proximo_step){ROW(proximo_step),
                                               .kind = PROXIMO_STEP_REQUEST,
                                               .name = ask_text(a, "rule%u", (unsigned)k->count),
                                               .method = gone ? "POST" : "PUT",
                                               .path = gone ? HA_RULES : HA_RULES "/{rule}",
                                               .params = ROWS(fields, count)};
    return k->steps[k->count++].name ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* For the blast function of the way back: "NAME TYPE STRICT NODES AFFINITY|..."; - for what is not there. */
static void put_detail(const struct keeping *k, struct json_object *rule)
{
    static const char *const words[] = {"type", "strict", "nodes", "affinity"};
    const struct asking *a = &k->c->ask;
    const char *before = member_text(k->c->subject_details, "rules"), *text = member_text(rule, "rule");
    for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
        text = ask_text(a, "%s %s", text, member_text(rule, words[i]) ? member_text(rule, words[i]) : "-");
    ha_detail(k->c->subject_details, "rules", before && text ? ask_text(a, "%s|%s", before, text) : text);
}

static int32_t tell_rules(const struct keeping *k)
{
    struct json_object *names = json_object_new_array();
    for (uint32_t i = 0; names && i < k->count; i++) {
        const struct proximo_field *fields = k->c->guards[i].params.rows;
        json_object_array_add(names, json_object_new_string(fields[0].value));
    }
    return tell_fact(&k->c->ask, "leaves_rules", names);
}

int32_t ha_keep_rules(struct config_change *c, const char *sid, const struct proximo_step *last)
{
    struct keeping k = {.c = c,
                        .steps = c->ask.host->alloc(c->ask.call, (RULES_MOST + 1) * sizeof(*k.steps))};
    struct json_object *rules DROP_JSON = NULL;
    int32_t r = k.steps ? ha_look_list(&c->ask, HA_RULES, "the rules that it is taken out of",
                                       json_type_array, &rules)
                        : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !rules)
        c->no_way_back =
            "which rules it is taken out of could not be read, so they could not be written back";
    for (size_t i = 0; r == PROXIMO_OK && rules && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        const char *resources = member_text(rule, "resources");
        if (member_text(rule, "rule") && resources && config_list_has(resources, sid))
            r = keep(&k, rule, sid);
        if (r == PROXIMO_OK && resources && config_list_has(resources, sid) && !member_true(rule, "disable"))
            put_detail(&k, rule);
    }
    if (r < 0 || !k.count)
        return r;
    c->guard_count = k.count;
    if (last)
        k.steps[k.count] = *last;
    c->back = k.steps;
    c->back_count = k.count + (last != NULL);
    return tell_rules(&k);
}
