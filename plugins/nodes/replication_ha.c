/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which nodes HA may start a guest: by rules since Proxmox VE 9, by the group of the resource before.
 * Sources: GET /cluster/ha/rules; GET /cluster/ha/resources, /cluster/ha/groups.
 */
#include "replication.h"

struct place {
    struct asking a;
    const char *sid, *target, *effect;
    bool with_target;
};

static int32_t look_list(const struct asking *a, const char *path, const char *what, struct json_object **ret)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    *ret = NULL;
    if (r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array))
        *ret = looked.data;
    else if (r == PROXIMO_OK)
        r = a->host->incomplete(a->call, what, looked.why ? looked.why : "no list");
    if (!*ret)
        json_object_put(looked.data);
    return r;
}

/* Is the node in "pve1:2,pve2" (names, with priorities)? */
static bool has_node(const char *nodes, const char *node)
{
    const size_t len = strlen(node);
    while (nodes && *nodes) {
        if (strcspn(nodes, ":,; ") == len && memcmp(nodes, node, len) == 0)
            return true;
        nodes += strcspn(nodes, ",; ");
        nodes += strspn(nodes, ",; ");
    }
    return false;
}

static int32_t tell(const struct place *p, const char *kind, const char *name, const char *nodes)
{
    if (!name || has_node(nodes, p->target) != p->with_target)
        return PROXIMO_OK;
    return tell_affected(&p->a, PROXIMO_RISK_MEDIUM, ask_text(&p->a, "%s/%s", kind, name), NULL, p->effect,
                         NULL);
}

static int32_t tell_rules(const struct place *p)
{
    struct json_object *rules DROP_JSON = NULL;
    int32_t r = look_list(&p->a, "/cluster/ha/rules", "rules of HA", &rules);
    for (size_t i = 0; r == PROXIMO_OK && rules && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        if (member_is(rule, "type", "node-affinity") && !member_true(rule, "disable") &&
            config_list_has(member_text(rule, "resources"), p->sid))
            r = tell(p, "ha-rule", member_text(rule, "rule"), member_text(rule, "nodes"));
    }
    return r;
}

static int32_t tell_group(const struct place *p)
{
    struct json_object *resources DROP_JSON = NULL, *groups DROP_JSON = NULL;
    const char *group = NULL;
    int32_t r = look_list(&p->a, "/cluster/ha/resources", "the guest's group of HA", &resources);
    for (size_t i = 0; r == PROXIMO_OK && resources && i < json_object_array_length(resources); i++) {
        struct json_object *resource = json_object_array_get_idx(resources, i);
        if (member_is(resource, "sid", p->sid))
            group = member_text(resource, "group");
    }
    if (r == PROXIMO_OK && group)
        r = look_list(&p->a, "/cluster/ha/groups", "groups of HA", &groups);
    for (size_t i = 0; r == PROXIMO_OK && groups && i < json_object_array_length(groups); i++) {
        struct json_object *row = json_object_array_get_idx(groups, i);
        if (member_is(row, "group", group))
            r = tell(p, "ha-group", group, member_text(row, "nodes"));
    }
    return r;
}

int32_t replication_tell_places(const struct asking *a, const char *sid, const char *target, bool with_target,
                                const char *effect)
{
    const struct place place = {*a, sid, target, effect, with_target};
    return ask_release(a) == 8 ? tell_group(&place) : tell_rules(&place);
}
