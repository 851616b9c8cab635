/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a new guest affects: the bridges it is on, the storages it fills, the pool whose rights it falls
 * under. The options themselves are the plan's to judge. Sources: GET /nodes/{node}/storage,
 * GET /nodes/{node}/network?type=any_bridge.
 */
#include "life.h"

/* The next "name=value" of a list with blanks between; NULL: the end. Arena. */
static const char *next_item(const struct asking *a, const char **at, const char **ret_value)
{
    *at += strspn(*at, " ");
    const size_t len = strcspn(*at, " "), name = strcspn(*at, "= ");
    if (!len)
        return NULL;
    const char *key = ask_text(a, "%.*s", (int)name, *at);
    *ret_value = ask_text(a, "%.*s", name < len ? (int)(len - name - 1) : 0, *at + name + (name < len));
    *at += len;
    return *ret_value ? key : NULL;
}

static int32_t tell_bridge(const struct asking *a, const char *node, const char *key, const char *value)
{
    const char *slash = strchr(value, '/');
    const char *bridge = ask_text(a, "%.*s", (int)strcspn(value, "/"), value);
    bool seen = true;
    int32_t r = !bridge ? PROXIMO_ENOMEM : node ? life_sees_bridge(a, node, bridge, &seen) : PROXIMO_OK;
    if (r < 0)
        return r;
    const char *missing =
        seen ? ""
             : ask_text(a,
                        "; this token sees none of that name on %s, and without it the guest does not start",
                        node);
    return missing
               ? tell_affected(a, slash && seen ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                               ask_text(a, "bridge/%s", bridge), NULL,
                               ask_text(a, "has the guest's %s on it%s%s", key,
                                        slash ? "" : ", without Proxmox's firewall (firewall=1 is not set)",
                                        missing),
                               NULL)
               : PROXIMO_ENOMEM;
}

static int32_t tell_bridges(const struct asking *a, const char *node, const char *list)
{
    const char *at = list ? list : "", *key, *value = NULL;
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && (key = next_item(a, &at, &value)))
        r = tell_bridge(a, node, key, value);
    return r;
}

static int32_t tell_storages(const struct asking *a, const char *node, const char *list)
{
    struct life_space rows[LIFE_STORAGES_MOST];
    const char *at = list ? list : "", *storage, *bytes = NULL;
    uint32_t count = 0;
    while ((storage = next_item(a, &at, &bytes))) {
        if (!life_space_add(rows, &count, storage, digits_of(bytes, UINT64_C(1) << 60)))
            return a->host->incomplete(a->call, "space on the storages", "there are more than are looked at");
    }
    return node ? life_tell_space(a, node, rows, count) : PROXIMO_OK;
}

int32_t guests_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *vmid = member_text(subject, "vmid"), *node = member_text(subject, "node");
    const char *pool = member_text(subject, "pool");
    int32_t r =
        tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "guest/%s", vmid ? vmid : "new"), NULL,
                      ask_text(&a, "is new%s%s; backup jobs and rights that are for all guests hold for it",
                               node ? ", on " : "", node ? node : ""),
                      NULL);
    if (r == PROXIMO_OK)
        r = tell_bridges(&a, node, member_text(subject, "bridges"));
    if (r == PROXIMO_OK && pool)
        r = tell_affected(&a, PROXIMO_RISK_MEDIUM, ask_text(&a, "pool/%s", pool), NULL,
                          "has it as a member: whoever has rights on the pool has them on it", NULL);
    return r == PROXIMO_OK ? tell_storages(&a, node, member_text(subject, "space")) : r;
}
