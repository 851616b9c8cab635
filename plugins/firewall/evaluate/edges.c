/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the judgement of a destination port may change: at the ends of the ranges that rules ask for, and of
 * those in the built-in checks (host.c, guest.c, policy.c). Between two edges every port is judged alike, so
 * that comparing all ports takes as many evaluations as there are edges.
 */
#include "internal.h"

static const struct fw_span builtin[] = {
    {8006, 8006}, {5900, 5999}, {3128, 3128}, {22, 22},      {60000, 60050}, {5404, 5405}, /* host.c */
    {67, 67},     {68, 68},     {546, 546},   {547, 547},                                  /* guest.c */
    {135, 135},   {137, 139},   {445, 445},   {1024, 65535}, {1900, 1900},   {43, 43},     /* policy.c */
};

static void mark(struct fw_edges *edges, const struct fw_span *span)
{
    const uint32_t behind = (uint32_t)span->last + 1;

    edges->bits[span->first / 8] |= (uint8_t)(1U << (span->first % 8));
    if (behind < 65536)
        edges->bits[behind / 8] |= (uint8_t)(1U << (behind % 8));
}

static void mark_rules(struct fw_edges *edges, const struct fw_rules *rules, int proto)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct fw_rule *rule = &rules->list[i];

        for (uint16_t m = 0; m < rule->match_count; m++) {
            const struct fw_ports *ports = &rule->matches[m].dports;

            if (rule->matches[m].proto > 0 && rule->matches[m].proto != proto)
                continue; /* it matches no port of this one */
            for (uint16_t s = 0; ports->spans && s < ports->count; s++)
                mark(edges, &ports->spans[s]);
        }
    }
}

static bool is_end(const struct fw_end *end, const struct fw_guest *guest)
{
    return end->kind == FW_END_GUEST && end->vmid == guest->vmid;
}

void fw_edges_mark(const struct fw_model *model, const struct fw_packet *packet, struct fw_edges *edges)
{
    for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
        mark(edges, &builtin[i]);
    for (uint32_t i = 0; i < model->group_count; i++)
        mark_rules(edges, &model->groups[i].rules, packet->proto);
    if (packet->from.kind == FW_END_HOST || packet->to.kind == FW_END_HOST) {
        mark_rules(edges, &model->cluster.rules, packet->proto);
        mark_rules(edges, &model->host.rules, packet->proto);
    }
    for (uint32_t i = 0; i < model->guest_count; i++) {
        if (is_end(&packet->from, &model->guests[i]) || is_end(&packet->to, &model->guests[i]))
            mark_rules(edges, &model->guests[i].scope->rules, packet->proto);
    }
}

uint32_t fw_edges_next(const struct fw_edges *edges, uint32_t port)
{
    for (uint32_t next = port + 1; next < 65536; next++) {
        const uint8_t bits = edges->bits[next / 8];

        if (bits & (1U << (next % 8)))
            return next;
        if (!bits)
            next |= 7; /* none in this byte */
    }
    return 65536;
}
