/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an option of the datacenter concerns, and from when. What HA does concerns the guests that it manages,
 * so these are named. Source: GET /cluster/ha/resources.
 */
#include "options.h"

#define HA_MOST 200 /* named one by one; beyond that their number */

static const struct concern {
    const char *option, *whom, *effect;
    uint32_t risk;
    bool access, ha;
} concerns[] = {
    {.option = "migration",
     .whom = "guests",
     .risk = PROXIMO_RISK_HIGH,
     .effect = "every migration from now on goes this way: where a node has no address in that network it "
               "fails, and \"insecure\" sends memory and disks in clear text; replication does the same "
               "unless it has an option of its own"},
    {.option = "migration_unsecure",
     .whom = "guests",
     .risk = PROXIMO_RISK_HIGH,
     .effect = "1 sends memory and disks of migrations in clear text; the option \"migration\" replaced it"},
    {.option = "replication",
     .whom = "guests with replication jobs",
     .risk = PROXIMO_RISK_HIGH,
     .effect = "every replication from now on goes this way: where a node has no address in that network it "
               "fails and copies grow old"},
    {.option = "ha",
     .whom = "guests under HA",
     .risk = PROXIMO_RISK_HIGH,
     .ha = true,
     .effect = "what happens to them when their node is shut down or rebooted: they wait (freeze), start "
               "elsewhere (failover), move away first (migrate), or as Proxmox sees fit (conditional)"},
    {.option = "crs",
     .whom = "guests under HA",
     .risk = PROXIMO_RISK_MEDIUM,
     .ha = true,
     .effect = "the node on which each starts or recovers is chosen in this way; rebalancing moves running "
               "ones by itself"},
    {.option = "fencing",
     .whom = "guests under HA",
     .risk = PROXIMO_RISK_HIGH,
     .ha = true,
     .effect = "how a failed node is made harmless before they start elsewhere: hardware that is not set up "
               "leaves them down"},
    {.option = "u2f",
     .whom = "logins",
     .risk = PROXIMO_RISK_HIGH,
     .access = true,
     .effect = "second factors are bound to this name: with another one, everyone whose second factor is a "
               "U2F key can no longer log in"},
    {.option = "webauthn",
     .whom = "logins",
     .risk = PROXIMO_RISK_HIGH,
     .access = true,
     .effect = "second factors are bound to this name: with another one, everyone whose second factor is "
               "WebAuthn can no longer log in"},
    {.option = "user-tag-access",
     .whom = "users",
     .risk = PROXIMO_RISK_HIGH,
     .access = true,
     .effect = "which tags they may set on guests; backups, HA or automation that go by tags follow"},
    {.option = "registered-tags",
     .whom = "users",
     .risk = PROXIMO_RISK_HIGH,
     .access = true,
     .effect = "these tags take Sys.Modify on / to set or remove; one that is no longer among them is free"},
    {.option = "consent-text",
     .whom = "logins",
     .risk = PROXIMO_RISK_LOW,
     .effect = "everyone sees it before they log in"},
    {.option = "http_proxy",
     .whom = "nodes",
     .risk = PROXIMO_RISK_HIGH,
     .effect = "updates, templates, downloads and the check of the subscription go through it: a wrong one "
               "cuts all nodes off from them, a foreign one sees them"},
    {.option = "console",
     .whom = "users",
     .risk = PROXIMO_RISK_MEDIUM,
     .effect = "the web interface opens consoles with it"},
    {.option = "keyboard",
     .whom = "guests",
     .risk = PROXIMO_RISK_LOW,
     .effect = "the console of every machine without a layout of its own uses it, from its next start on"},
    {.option = "language",
     .whom = "users",
     .risk = PROXIMO_RISK_LOW,
     .effect = "the web interface speaks it to those who chose none"},
    {.option = "bwlimit",
     .whom = "guests",
     .risk = PROXIMO_RISK_MEDIUM,
     .effect = "restores, clones, migrations and moves of disks that begin from now on are held to it; "
               "without it they may fill the network"},
    {.option = "max_workers",
     .whom = "guests",
     .risk = PROXIMO_RISK_MEDIUM,
     .effect = "so many are stopped, migrated or moved by HA beside each other"},
    {.option = "mac_prefix",
     .whom = "new network cards",
     .risk = PROXIMO_RISK_MEDIUM,
     .effect = "their addresses begin with it; those that exist keep theirs"},
    {.option = "next-id",
     .whom = "new guests",
     .risk = PROXIMO_RISK_LOW,
     .effect = "their ids are proposed from this range; a range that is full leaves none"},
    {.option = "notify",
     .whom = "administrators",
     .risk = PROXIMO_RISK_MEDIUM,
     .effect = "who is told of fencing, failed replication and updates: with \"never\" nobody is"},
    {.option = "email_from",
     .whom = "administrators",
     .risk = PROXIMO_RISK_LOW,
     .effect = "messages come from this address; a filter may drop them"},
    {.option = "description",
     .whom = "users",
     .risk = PROXIMO_RISK_LOW,
     .effect = "the notes of the datacenter read so"},
    {.option = "tag-style",
     .whom = "users",
     .risk = PROXIMO_RISK_LOW,
     .effect = "tags look so in the web interface; case-sensitive decides which ones are the same"},
    {.option = "location",
     .whom = "users",
     .risk = PROXIMO_RISK_LOW,
     .effect = "the place of this datacenter on maps"},
};
#define CONCERNS (sizeof(concerns) / sizeof(concerns[0]))

bool options_are_logins(const char *name)
{
    for (size_t i = 0; i < CONCERNS; i++) {
        if (strcmp(concerns[i].option, name) == 0)
            return concerns[i].access;
    }
    return false;
}

/* The guests that HA manages, by name. */
static int32_t tell_managed(const struct asking *a)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/ha/resources",
                                    .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r == PROXIMO_OK && !json_object_is_type(looked.data, json_type_array))
        r = a->host->incomplete(a->call, "which guests HA manages", looked.why ? looked.why : "no list");
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count && i < HA_MOST; i++) {
        const char *sid = member_text(json_object_array_get_idx(looked.data, i), "sid");
        const char *vmid = sid ? strchr(sid, ':') : NULL;
        if (vmid)
            r = tell_affected(a, PROXIMO_RISK_MEDIUM, ask_text(a, "guest/%s", vmid + 1), NULL,
                              "is under HA: the option holds for it", NULL);
    }
    if (r == PROXIMO_OK && count > HA_MOST)
        r = a->host->incomplete(a->call, "guests under HA",
                                ask_text(a, "%zu of them; the first %d are named", count, HA_MOST));
    json_object_put(looked.data);
    return r;
}

int32_t options_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *names = member_text(subject, "options");
    bool ha = false;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < CONCERNS; i++) {
        const struct concern *one = &concerns[i];
        if (names && !config_list_has(names, one->option))
            continue;
        ha |= one->ha;
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "whom", json_object_new_string(one->whom));
        r = tell_affected(&a, one->risk, ask_text(&a, "option/%s", one->option), NULL, one->effect, facts);
    }
    return r == PROXIMO_OK && ha ? tell_managed(&a) : r;
}
