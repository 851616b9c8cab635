/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of rules. Lists are positional: a new rule is the first one, whatever `pos` says, and off unless
 * `enable` was sent; `moveto` moves and does nothing else.
 */
#include "change.h"
#include "firewall.h"
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NOT_OF_RULE "node vmid vnet group pos moveto delete digest"

/* Stores what was given; an empty text takes the property away. */
static void put_rule(struct sim_call *call, struct json_object *rule)
{
    sim_drop_deleted(call, rule);
    sim_put_given(call, rule, NOT_OF_RULE);
    json_object_object_foreach(call->params, name, value)
    {
        if (value && json_object_is_type(value, json_type_string) && !*json_object_get_string(value))
            json_object_object_del(rule, name);
    }
}

/* The list with `rule` put before position `at`; takes `rule`. */
static void insert(struct json_object *rules, size_t at, struct json_object *rule)
{
    size_t count = json_object_array_length(rules);

    json_object_array_add(rules, NULL);
    for (size_t i = count; i > at; i--)
        (void)json_object_array_put_idx(rules, i, json_object_get(json_object_array_get_idx(rules, i - 1)));
    (void)json_object_array_put_idx(rules, at, rule);
}

/* Moves the rule to before the one that now stands at `to`. */
static void move(struct json_object *rules, size_t from, size_t to)
{
    struct json_object *rule = json_object_get(json_object_array_get_idx(rules, from));

    (void)json_object_array_del_idx(rules, from, 1);
    if (to > from)
        to--;
    if (to > json_object_array_length(rules))
        to = json_object_array_length(rules);
    insert(rules, to, rule);
}

int sim_fw_rule_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL, *rule = json_object_new_object();
    struct json_object *rules = NULL;

    if (sim_fw_edit(call, &file) < 0 || sim_fw_rule_list(call, file, &rules) < 0)
        return -EINVAL;
    put_rule(call, rule);
    if (!sim_get(rule, "enable"))
        sim_set_int(rule, "enable", 0);
    if (sim_fw_check_rule(call, file, rule) < 0)
        return -EINVAL;
    insert(rules, 0, json_object_get(rule));
    return sim_fw_save(call, file);
}

/* The changed copy of the file and the list in it that has the position of the request. */
static int edit_rule(struct sim_call *call, struct json_object **ret_file, struct json_object **ret_rules)
{
    int64_t pos = sim_arg_int(call, "pos", 0);

    if (sim_fw_edit(call, ret_file) < 0 || sim_fw_rule_list(call, *ret_file, ret_rules) < 0)
        return -EINVAL;
    if (pos < 0 || pos >= (int64_t)json_object_array_length(*ret_rules))
        return sim_fail(call, 500, "no rule at position %" PRId64 "\n", pos);
    return 0;
}

int sim_fw_rule_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    int64_t pos = sim_arg_int(call, "pos", 0), to = sim_arg_int(call, "moveto", pos);
    struct json_object *rules = NULL, *rule;

    if (edit_rule(call, &file, &rules) < 0)
        return -EINVAL;
    if (to != pos) {
        move(rules, (size_t)pos, (size_t)to);
        return sim_fw_save(call, file);
    }
    rule = json_object_array_get_idx(rules, (size_t)pos);
    put_rule(call, rule);
    if (sim_fw_check_rule(call, file, rule) < 0)
        return -EINVAL;
    return sim_fw_save(call, file);
}

int sim_fw_rule_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    struct json_object *rules = NULL;

    if (edit_rule(call, &file, &rules) < 0)
        return -EINVAL;
    (void)json_object_array_del_idx(rules, (size_t)sim_arg_int(call, "pos", 0), 1);
    return sim_fw_save(call, file);
}
