/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what is not offered. Sources: POST /nodes/{node}[/{kind}/{vmid}]/{vncproxy, termproxy,
 * spiceproxy, mtunnel, vncshell, spiceshell}, the GETs that end in "websocket", POST .../qemu/{vmid}/monitor,
 * PUT .../qemu/{vmid}/sendkey. What has no request at all: ha-manager(1), crm-command node-maintenance.
 */
#include "mcp/not_offered.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "mcp/search_words.h"

/* "console" is an option of containers as well, and "monitor" what people do with health: these words alone
 * bring up the reason beside the tools, not in their place. */
const struct not_offered not_offered[] = {
    {"remote consoles (VNC, SPICE, serial terminal, shell of a node)",
     "console,vnc,novnc,spice,vncproxy,vncwebsocket,spiceproxy,termproxy,xtermj,xterm,terminal,vncshell,"
     "spiceshell,remote desktop,keyboard and screen",
     "a console's ticket opens a channel around plan and consent: what is typed there is in no plan, nobody "
     "consents to it, and the ledger does not see it",
     "A person opens the console in Proxmox's own web interface. pve_guest_status and pve_guest_agent_info "
     "tell how a guest is, pve_guest_power starts and stops it."},
    {"migration tunnels between clusters", "mtunnel,mtunnelwebsocket,migration tunnel,remote migrate",
     "a tunnel's ticket opens a channel around plan and consent, into a cluster that this server does not "
     "see",
     "pve_guest_migrate moves a guest within its cluster; a backup can be restored in another one."},
    {"commands to QEMU's monitor and key strokes",
     "qmp,hmp,qemu monitor,monitor command,guest monitor,vm monitor,sendkey,send key,key stroke,keystroke",
     "what such a command does to the machine or the host stands in no table, so no plan could say whom it "
     "affects or how to come back",
     "pve_guest_power, pve_guest_config_set and the disk tools make the changes that have a plan."},
    {"maintenance mode of a node (HA)",
     "node maintenance,maintenance mode,maintenance enable,maintenance disable,enable maintenance,disable "
     "maintenance,ha maintenance,in maintenance,into maintenance,maintenance node,crm-command,crm "
     "command,node-maintenance",
     "Proxmox's API has no request for it: it is a command of its own on a node, which this server does not "
     "send",
     "pve_ha_failover {node, event: maintenance} says what it would do. A person runs `ha-manager "
     "crm-command node-maintenance enable NODE` (or disable) on a node; pve_ha_status shows it. "
     "pve_ha_migrate and pve_bulk_migrate move guests away one by one."},
};
const size_t not_offered_count = sizeof(not_offered) / sizeof(not_offered[0]);

/* Do all words of the phrase, which ends at a comma, stand at the beginning of text? */
static bool begins(const char *text, const char *phrase, size_t len)
{
    char words[80], asked[SEARCH_WORD_MAX] = "", word[SEARCH_WORD_MAX] = "";

    if (len >= sizeof(words))
        return false;
    memcpy(words, phrase, len);
    words[len] = '\0';
    for (const char *rest = words; word_next(&rest, word, NULL);) {
        if (!word_next(&text, asked, NULL) || strcmp(asked, word) != 0)
            return false;
    }
    return len > 0;
}

static bool asks_for(const char *text, const char *phrases)
{
    char word[SEARCH_WORD_MAX] = "";

    do {
        for (const char *at = phrases; *at;) {
            const size_t len = strcspn(at, ",");

            if (begins(text, at, len))
                return true;
            at += len + (at[len] == ',');
        }
    } while (word_next(&text, word, NULL));
    return false;
}

const struct not_offered *not_offered_find(const char *text)
{
    for (size_t i = 0; i < not_offered_count; i++) {
        if (asks_for(text, not_offered[i].phrases))
            return &not_offered[i];
    }
    return NULL;
}

void not_offered_put(struct buf *out, const char *query)
{
    bool any = false;

    for (size_t i = 0; i < not_offered_count; i++) {
        const struct not_offered *row = &not_offered[i];

        if (!asks_for(query, row->phrases))
            continue;
        if (!any) {
            json_put_key(out, "not_offered");
            buf_char(out, '[');
        }
        any = true;
        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "what", row->what);
        json_put_key_string(out, "why", row->why);
        json_put_key_string(out, "instead", row->instead);
        buf_char(out, '}');
    }
    if (any)
        buf_char(out, ']');
}
