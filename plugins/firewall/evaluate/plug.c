/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which Proxmox makes chains. The first line that calls a group makes the group's two chains, IN
 * and then OUT. Where a rule of the group does not compile, making them ends there: the chain keeps the rules
 * before it, and what called it fails too. On the host that is one line; of a guest the rest of its NICs
 * stays without chains. A later caller finds the half-made chain and uses it; where only IN was begun, making
 * OUT fails again, because IN exists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define GROUP_NAME_IN_MOST  19 /* what fits into a chain's name of 28 characters: GROUP-x-IN */
#define GROUP_NAME_OUT_MOST 18

static const unsigned families[2] = {4, 6};

static bool is_used(const struct fw_rule *rule, unsigned f)
{
    return rule->enabled && rule->state != FW_RULE_BAD && (!rule->family || rule->family == families[f]);
}

static bool make_chain(struct fw_model *model, struct fw_group *group, enum fw_direction direction,
                       unsigned f)
{
    uint8_t bit = (uint8_t)(1U << f);
    size_t most = direction == FW_IN ? GROUP_NAME_IN_MOST : GROUP_NAME_OUT_MOST;

    if ((group->chain[direction] & bit) || strlen(group->name) > most)
        return false;
    group->chain[direction] |= bit;
    for (uint32_t i = 0; i < group->rules.count; i++) {
        const struct fw_rule *rule = &group->rules.list[i];

        if ((unsigned)rule->type != (unsigned)direction || !is_used(rule, f))
            continue;
        if (rule->compiled[f] == FW_SKIPPED)
            return false;
        if (rule->compiled[f] == FW_REFUSED)
            model->refused[f] = true;
        group->most[direction][f] = i + 1;
    }
    group->most[direction][f] = group->rules.count;
    return true;
}

static bool call(struct fw_model *model, struct fw_rule *line, enum fw_direction direction, unsigned f)
{
    struct fw_group *group = fw_group_find(model, line->word); /* an unknown one is empty */
    uint8_t bit = (uint8_t)(1U << f);

    if (group && !(group->chain[direction] & bit) &&
        (!make_chain(model, group, FW_IN, f) || !make_chain(model, group, FW_OUT, f)))
        return false;
    if (!group && strlen(line->word) > GROUP_NAME_OUT_MOST)
        return false;
    line->plugged[direction] |= bit;
    return true;
}

static bool plug_rules(struct fw_model *model, struct fw_rules *rules, enum fw_direction direction,
                       unsigned f, const char *netid)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        struct fw_rule *rule = &rules->list[i];

        if (rule->type != FW_TYPE_GROUP || !is_used(rule, f) ||
            (netid && rule->iface && strcmp(rule->iface, netid) != 0))
            continue;
        if (!call(model, rule, direction, f) && netid)
            return false;
    }
    return true;
}

static void plug_guest(struct fw_model *model, struct fw_guest *guest, unsigned f)
{
    char netid[16];

    if (!guest->here || guest->scope->options.enable == FW_NO)
        return;
    for (uint32_t i = 0; i < guest->nic_count; i++) {
        struct fw_nic *nic = &guest->nics[i];

        (void)snprintf(netid, sizeof(netid), "net%u", nic->net);
        for (unsigned d = FW_IN; nic->firewall && d <= FW_OUT; d++) {
            if (!plug_rules(model, &guest->scope->rules, (enum fw_direction)d, f, netid))
                return;
            nic->plugged[d] |= (uint8_t)(1U << f);
        }
    }
}

void fw_plug(struct fw_model *model)
{
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned d = FW_IN; model->host.options.enable != FW_NO && d <= FW_OUT; d++) {
            (void)plug_rules(model, &model->host.rules, (enum fw_direction)d, f, NULL);
            (void)plug_rules(model, &model->cluster.rules, (enum fw_direction)d, f, NULL);
        }
        for (uint32_t i = 0; i < model->guest_count; i++)
            plug_guest(model, &model->guests[i], f);
    }
}
