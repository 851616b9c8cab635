/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may depend on a guest by the startup order. Proxmox starts the guests of a node from the lowest order
 * to the highest and shuts them down the other way round, so whoever gives two of them different orders says
 * that the later one needs the earlier one. A guest without an order comes last by default, which says
 * nothing; those under HA are started without regard to it. Sources: GET /cluster/resources, GET .../config.
 */
#include "startup.h"
#include "../common/guest_disks.h"

#define ORDER_MAX   1000000000u
#define LOOKED_MOST 512u /* configurations on one node */
#define NAMED_MOST  20u  /* a bulk change tells this once for each of its guests */

uint64_t startup_order(struct json_object *config, bool *ret_delays)
{
    const char *text = member_text(config, "startup");
    uint64_t order = STARTUP_NO_ORDER;
    bool delays = false;

    while (text && *text) {
        const size_t len = strcspn(text, ",");
        const char *digits = strncmp(text, "order=", 6) == 0 ? text + 6 : text;
        if (*digits >= '0' && *digits <= '9')
            order = digits_of(digits, ORDER_MAX);
        delays = delays || strncmp(text, "up=", 3) == 0 || strncmp(text, "down=", 5) == 0;
        text += len + (text[len] != '\0');
    }
    if (ret_delays)
        *ret_delays = delays;
    return order;
}

struct looking {
    const struct guest *g;
    uint64_t order;
    uint32_t later, unread;
    const char *why; /* of the first that was not read */
};

static int32_t look(void *context, struct known_guest *guest)
{
    struct looking *looking = context;
    const struct asking *a = &looking->g->ask;

    if (!guest->config) {
        looking->why = looking->unread++ ? looking->why : guest->why;
        return PROXIMO_OK;
    }
    const uint64_t order = startup_order(guest->config, NULL);
    if (order == STARTUP_NO_ORDER || order <= looking->order || looking->later++ >= NAMED_MOST)
        return PROXIMO_OK;
    return tell_affected(
        a, PROXIMO_RISK_MEDIUM, ask_text(a, "guest/%lld", (long long)guest->vmid), guest->name,
        ask_text(a,
                 "may depend on it: by the startup order (%llu after %llu) it starts later and "
                 "is shut down earlier",
                 (unsigned long long)order, (unsigned long long)looking->order),
        NULL);
}

static int32_t tell_rest(const struct looking *looking)
{
    const struct guest *g = looking->g;
    int32_t r = PROXIMO_OK;

    if (looking->later > NAMED_MOST)
        r = tell_affected(&g->ask, PROXIMO_RISK_MEDIUM, ask_text(&g->ask, "node/%s", g->node), NULL,
                          ask_text(&g->ask,
                                   "has %u more guests that may depend on guest %s by the startup order",
                                   (unsigned)(looking->later - NAMED_MOST), g->vmid),
                          NULL);
    if (r == PROXIMO_OK && looking->unread)
        r = g->ask.host->incomplete(
            g->ask.call, "which guests start after it",
            ask_text(&g->ask, "the configuration of %u guests of node %s was not read: %s",
                     (unsigned)looking->unread, g->node, looking->why ? looking->why : "no answer"));
    return r;
}

int32_t startup_tell_dependants(const struct guest *g)
{
    struct looking looking = {.g = g, .order = startup_order(g->config, NULL)};
    struct known_guests all;

    if (looking.order == STARTUP_NO_ORDER || guest_managed(g))
        return PROXIMO_OK;
    int32_t r = guests_list(&g->ask, &all);
    bool *wanted = r == PROXIMO_OK ? g->ask.host->alloc(g->ask.call, all.count + UINT64_C(1)) : NULL;
    if (r < 0)
        return r;
    for (uint32_t i = 0; wanted && i < all.count; i++)
        wanted[i] = !all.rows[i].template && !all.rows[i].ha &&
                    all.rows[i].vmid != (int64_t)digits_of(g->vmid, 999999999) &&
                    strcmp(all.rows[i].node, g->node) == 0;
    r = wanted ? guests_visit_configs(&g->ask, &all, wanted, LOOKED_MOST, "reading the startup order", look,
                                      &looking)
               : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_rest(&looking);
    guests_done(&all);
    return r;
}
