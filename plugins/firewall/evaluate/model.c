/* SPDX-License-Identifier: Apache-2.0 */
/* Building a model: the network, then names, then sets, then rules, then the order in which chains are made.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char *file_name(struct fw_model *model, const char *name)
{
    size_t size = strlen(name) + 4;
    char *file = fw_take(&model->pool, 1, size);

    if (file)
        (void)snprintf(file, size, "%s.fw", name);
    return file;
}

static int read_groups(struct fw_model *model, struct json_object *input)
{
    model->groups_read = json_object_is_type(input, json_type_object);
    if (!model->groups_read)
        return input ? -EINVAL : 0;
    if (json_object_object_length(input) > FW_GROUPS_MOST)
        return -E2BIG;
    model->groups =
        fw_take(&model->pool, (size_t)json_object_object_length(input) + 1, sizeof(*model->groups));
    if (!model->groups)
        return -ENOMEM;
    json_object_object_foreach(input, name, rules)
    {
        struct fw_group *group = &model->groups[model->group_count++];
        int r = rules ? fw_rules_read(model, rules, &group->rules) : 0;

        if (r < 0)
            return r;
        group->name = name;
    }
    return 0;
}

struct fw_group *fw_group_find(const struct fw_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->group_count; i++) {
        if (strcmp(model->groups[i].name, name) == 0)
            return &model->groups[i];
    }
    return NULL;
}

static int read_guest_scopes(struct fw_model *model, struct json_object *input)
{
    for (uint32_t i = 0; i < model->guest_count; i++) {
        struct fw_guest *guest = &model->guests[i];
        struct fw_scope *scope = &model->guest_scopes[i];

        guest->scope = scope;
        *scope =
            (struct fw_scope){.place = FW_GUEST, .name = guest->sort, .file = file_name(model, guest->sort)};
        if (!scope->file)
            return -ENOMEM;
        int r = fw_scope_read(model, scope, fw_get(input, guest->sort));
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_vnets(struct fw_model *model, struct json_object *input)
{
    model->vnets_read = json_object_is_type(input, json_type_object);
    if (!model->vnets_read)
        return input ? -EINVAL : 0;
    if (json_object_object_length(input) > FW_SETS_MOST)
        return -E2BIG;
    model->vnets = fw_take(&model->pool, (size_t)json_object_object_length(input) + 1, sizeof(*model->vnets));
    if (!model->vnets)
        return -ENOMEM;
    json_object_object_foreach(input, name, content)
    {
        struct fw_scope *scope = &model->vnets[model->vnet_count++];

        *scope = (struct fw_scope){.place = FW_VNET, .name = name, .file = file_name(model, name)};
        int r = scope->file ? fw_scope_read(model, scope, content) : -ENOMEM;
        if (r < 0)
            return r;
    }
    return 0;
}

/* An alias of this name replaces the network that Proxmox detects. */
static int finish_local(struct fw_model *model)
{
    bool maybe = false;
    const char *cidr = fw_alias(model, &model->cluster, "dc/", "local_network", &maybe);

    if (cidr)
        model->local_known = fw_net_parse(cidr, strlen(cidr), &model->local) == 0;
    else if (maybe)
        model->local_known = false;
    return 0;
}

static int finish_rules(struct fw_model *model)
{
    int r = fw_rules_finish(model, &model->cluster, FW_CLUSTER, &model->cluster.rules);

    if (r == 0)
        r = fw_rules_finish(model, &model->host, FW_HOST, &model->host.rules);
    for (uint32_t i = 0; r == 0 && i < model->group_count; i++)
        r = fw_rules_finish(model, &model->cluster, FW_GROUP, &model->groups[i].rules);
    for (uint32_t i = 0; r == 0 && i < model->guest_count; i++)
        r = fw_rules_finish(model, model->guests[i].scope, FW_GUEST, &model->guests[i].scope->rules);
    for (uint32_t i = 0; r == 0 && i < model->vnet_count; i++)
        r = fw_rules_finish(model, &model->vnets[i], FW_VNET, &model->vnets[i].rules);
    return r;
}

static int build(struct fw_model *model, struct json_object *input)
{
    int r;

    model->node = fw_text(input, "node");
    model->now = fw_number(input, "now", 0);
    model->cluster = (struct fw_scope){.place = FW_CLUSTER, .name = "cluster", .file = "cluster.fw"};
    model->host = (struct fw_scope){.place = FW_HOST, .name = "host", .file = "host.fw"};
    if ((r = fw_model_network(model, input)) < 0 ||
        (r = fw_scope_read(model, &model->cluster, fw_get(input, "cluster"))) < 0 ||
        (r = read_groups(model, fw_get(fw_get(input, "cluster"), "groups"))) < 0 ||
        (r = fw_scope_read(model, &model->host, fw_get(input, "host"))) < 0 ||
        (r = read_guest_scopes(model, fw_get(input, "guests"))) < 0 ||
        (r = read_vnets(model, fw_get(input, "vnets"))) < 0 ||
        (r = fw_sdn_read(model, fw_get(input, "sdn_ipsets"))) < 0 || (r = finish_local(model)) < 0 ||
        (r = fw_sets_finish(model)) < 0)
        return r;
    r = finish_rules(model);
    if (r == 0)
        fw_plug(model);
    return r;
}

int fw_model_build(struct json_object *input, struct fw_model **ret_model)
{
    if (!json_object_is_type(input, json_type_object))
        return -EINVAL;
    struct fw_model *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    model->input = json_object_get(input);
    int r = build(model, input);
    if (r < 0) {
        fw_model_free(model);
        return r;
    }
    *ret_model = model;
    return 0;
}

void fw_model_free(struct fw_model *model)
{
    if (!model)
        return;
    json_object_put(model->cluster.aliases);
    json_object_put(model->host.aliases);
    for (uint32_t i = 0; i < model->guest_count; i++)
        json_object_put(model->guest_scopes[i].aliases);
    for (uint32_t i = 0; i < model->vnet_count; i++)
        json_object_put(model->vnets[i].aliases);
    fw_pool_done(&model->pool);
    json_object_put(model->input);
    free(model);
}

/* ---------------------------------------------------------------- looking at the rules */

static bool view(const struct fw_rules *rules, const char *file, const char *group, size_t *index,
                 struct fw_rule_view *ret_view)
{
    if (*index >= rules->count) {
        *index -= rules->count;
        return false;
    }
    const struct fw_rule *rule = &rules->list[*index];
    *ret_view = (struct fw_rule_view){
        .file = file,
        .group = group,
        .pos = rule->pos,
        .enabled = rule->enabled,
        .state = rule->state,
        .key = rule->key,
        .words = rule->words,
        .given = rule->given,
        .skipped =
            (rule->compiled[0] != FW_COMPILED ? 1U : 0U) | (rule->compiled[1] != FW_COMPILED ? 2U : 0U),
        .skip_words = rule->skip_words,
    };
    return true;
}

bool fw_model_rule(const struct fw_model *model, size_t index, struct fw_rule_view *ret_view)
{
    if (view(&model->cluster.rules, model->cluster.file, NULL, &index, ret_view))
        return true;
    for (uint32_t i = 0; i < model->group_count; i++) {
        if (view(&model->groups[i].rules, model->cluster.file, model->groups[i].name, &index, ret_view))
            return true;
    }
    if (view(&model->host.rules, model->host.file, NULL, &index, ret_view))
        return true;
    for (uint32_t i = 0; i < model->guest_count; i++) {
        if (view(&model->guest_scopes[i].rules, model->guest_scopes[i].file, NULL, &index, ret_view))
            return true;
    }
    for (uint32_t i = 0; i < model->vnet_count; i++) {
        if (view(&model->vnets[i].rules, model->vnets[i].file, NULL, &index, ret_view))
            return true;
    }
    return false;
}
