/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's network as it runs and as it waits. Source: GET /nodes/{node}/network, whose answer has `changes`
 * beside the list while something waits.
 */
#include "network.h"

#define NAMES_MOST 40u

const char *const net_fields[] = {
    "type",        "autostart",       "method",   "cidr",         "gateway",      "method6",
    "cidr6",       "gateway6",        "mtu",      "bridge_ports", "bridge_vids",  "bridge_vlan_aware",
    "bridge_stp",  "bridge_fd",       "slaves",   "bond_mode",    "bond-primary", "bond_xmit_hash_policy",
    "bond_miimon", "vlan-raw-device", "vlan-id",  "ovs_bridge",   "ovs_ports",    "ovs_bonds",
    "ovs_tag",     "ovs_options",     "comments", "comments6",    "options",      "options6",
    NULL};

/* ---- values */

const char *net_value(const struct asking *a, struct json_object *iface, const char *field)
{
    struct json_object *value = member_of(iface, field);
    const char *text = NULL;
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            const char *one = json_object_get_string(json_object_array_get_idx(value, i));
            text = !one ? text : text ? ask_text(a, "%s; %s", text, one) : one;
        }
    } else {
        text = member_text(iface, field);
    }
    if (iface && !text && strncmp(field, "method", 6) == 0)
        return "manual";
    if (text && strcmp(field, "autostart") == 0 && strcmp(text, "0") == 0)
        return NULL;
    return text && *text ? text : NULL;
}

/* Names with blanks or commas between them, in any order. */
static bool is_list(const char *field)
{
    return strcmp(field, "bridge_ports") == 0 || strcmp(field, "slaves") == 0 ||
           strcmp(field, "ovs_ports") == 0 || strcmp(field, "ovs_bonds") == 0 ||
           strcmp(field, "bridge_vids") == 0;
}

static bool has_word(const char *list, const char *word, size_t len)
{
    while (*list) {
        list += strspn(list, " ,;\t");
        const size_t n = strcspn(list, " ,;\t");
        if (n == len && n && memcmp(list, word, n) == 0)
            return true;
        list += n;
    }
    return false;
}

static bool words_within(const char *list, const char *other)
{
    while (*list) {
        list += strspn(list, " ,;\t");
        const size_t n = strcspn(list, " ,;\t");
        if (n && !has_word(other, list, n))
            return false;
        list += n;
    }
    return true;
}

bool net_same_value(const struct asking *a, struct json_object *one, struct json_object *other,
                    const char *field)
{
    const char *left = net_value(a, one, field), *right = net_value(a, other, field);
    if (!left || !right)
        return !left && !right;
    return strcmp(left, right) == 0 ||
           (is_list(field) && words_within(left, right) && words_within(right, left));
}

bool net_same(const struct asking *a, struct json_object *one, struct json_object *other)
{
    if (!one || !other)
        return !one && !other;
    for (const char *const *field = net_fields; *field; field++) {
        if (!net_same_value(a, one, other, *field))
            return false;
    }
    return true;
}

bool net_rests_on(const char *name, struct json_object *iface, const char *below)
{
    static const char *const lists[] = {"bridge_ports", "slaves",          "ovs_ports",
                                        "ovs_bonds",    "vlan-raw-device", "ovs_bridge"};
    const size_t len = strlen(below);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *list = member_text(iface, lists[i]);
        if (list && has_word(list, below, len))
            return true;
    }
    return strncmp(name, below, len) == 0 && (name[len] == '.' || name[len] == ':');
}

struct json_object *net_differences(const struct net *net, const struct net_iface *iface)
{
    struct json_object *list = json_object_new_array();
    for (const char *const *field = net_fields; list && *field; field++) {
        if (net_same_value(&net->ask, iface->running, iface->pending, *field))
            continue;
        const char *was = net_value(&net->ask, iface->running, *field);
        const char *to = net_value(&net->ask, iface->pending, *field);
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "option", json_object_new_string(*field));
        json_object_object_add(row, "running", json_object_new_string(was ? was : "absent"));
        json_object_object_add(row, "pending", json_object_new_string(to ? to : "absent"));
        json_object_array_add(list, row);
    }
    return list;
}

/* ---- from the answer */

struct net_iface *net_find(const struct net *net, const char *name)
{
    for (uint32_t i = 0; i < net->count; i++) {
        if (strcmp(net->rows[i].name, name) == 0)
            return &net->rows[i];
    }
    return NULL;
}

uint32_t net_changed(const struct net *net, const char **ret_names)
{
    const char *text = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < net->count; i++) {
        if (net->rows[i].changed && count++ < NAMES_MOST)
            text = text ? ask_text(&net->ask, "%s, %s", text, net->rows[i].name) : net->rows[i].name;
    }
    if (text && count > NAMES_MOST)
        text = ask_text(&net->ask, "%s and %u more", text, count - NAMES_MOST);
    *ret_names = text ? text : "";
    return count;
}

const char *net_state_of(const struct net_iface *iface)
{
    if (!iface->changed)
        return iface->lines ? "rewritten" : NULL;
    return !iface->running ? "new" : !iface->pending ? "deleted" : "changed";
}

static int32_t too_many(const struct net *net)
{
    return net->ask.host->fail(net->ask.call, PROXIMO_EPROTO,
                               "node %s has more interfaces, or more changes of them, than this looks at",
                               net->node);
}

static struct net_iface *add_iface(struct net *net, const char *name)
{
    if (net->count == NETWORK_ROWS_MOST)
        return NULL;
    net->rows[net->count] = (struct net_iface){.name = name};
    return &net->rows[net->count++];
}

static int32_t take_list(struct net *net)
{
    net->rows = net->ask.host->alloc(net->ask.call, NETWORK_ROWS_MOST * sizeof(*net->rows));
    if (!net->rows)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < json_object_array_length(net->list); i++) {
        struct json_object *row = json_object_array_get_idx(net->list, i);
        const char *name = member_text(row, "iface");
        if (!name || net_find(net, name))
            continue;
        struct net_iface *iface = add_iface(net, name);
        if (!iface)
            return too_many(net);
        iface->pending = row;
    }
    return PROXIMO_OK;
}

static int32_t note_line(struct net *net, const struct net_line *line)
{
    struct json_object **list = line->unclear ? &net->unclear : &net->other;
    if (line->name) {
        struct net_iface *iface = net_find(net, line->name);
        if (!iface)
            iface = add_iface(net, line->name);
        if (!iface)
            return too_many(net);
        list = &iface->lines;
    } else if (!line->unclear && (*line->text == '#' || !*line->text)) {
        return PROXIMO_OK; /* the file's own head */
    }
    const char *text = ask_text(&net->ask, "%c%s", line->sign, line->text);
    if (!*list)
        *list = json_object_new_array();
    if (!*list || !text)
        return PROXIMO_ENOMEM;
    json_object_array_add(*list, json_object_new_string(text));
    return PROXIMO_OK;
}

/* How many heads ("iface vmbr0 inet static") of the interface come and go. */
static void count_heads(const struct net_line *lines, uint32_t count, const char *name, uint32_t *ret_come,
                        uint32_t *ret_go)
{
    *ret_come = *ret_go = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (lines[i].name && strcmp(lines[i].name, name) == 0 && strncmp(lines[i].text, "iface", 5) == 0)
            (*(lines[i].sign == '+' ? ret_come : ret_go))++;
    }
}

/* All heads of it come, and none goes. */
static bool is_new(const struct net_iface *iface, uint32_t come, uint32_t go)
{
    struct json_object *families = member_of(iface->pending, "families");
    const size_t all =
        json_object_is_type(families, json_type_array) ? json_object_array_length(families) : 1;
    /* A card is there without a stanza as well. */
    return iface->pending && !member_is(iface->pending, "type", "eth") && come && !go && come >= all;
}

static int32_t take_running(struct net *net, struct net_iface *iface, const struct net_line *lines,
                            uint32_t count)
{
    static const char *const computed[] = {"families", "priority", "exists", "active"};
    uint32_t come = 0, go = 0;
    if (!iface->lines) {
        iface->running = json_object_get(iface->pending);
        return PROXIMO_OK;
    }
    count_heads(lines, count, iface->name, &come, &go);
    iface->changed = true;
    if (is_new(iface, come, go))
        return PROXIMO_OK;
    if (!iface->pending && !go) { /* "auto" of something that has no stanza */
        iface->changed = false;
        return PROXIMO_OK;
    }
    if (!iface->pending)
        iface->running = json_object_new_object();
    else if (json_object_deep_copy(iface->pending, &iface->running, NULL) < 0)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++)
        json_object_object_del(iface->running, computed[i]);
    json_object_object_add(iface->running, "iface", json_object_new_string(iface->name));
    int32_t r = net_take_back(&net->ask, iface->running, iface->name, lines, count);
    iface->changed = r < 0 || !net_same(&net->ask, iface->running, iface->pending);
    return r;
}

int32_t net_take(const struct asking *a, const char *node, struct json_object *answer, struct net *ret)
{
    struct net_line *lines = NULL;
    uint32_t count = 0;
    *ret = (struct net){.ask = *a, .node = node, .answer = answer, .complete = true};
    ret->list = member_of(answer, "data");
    ret->changes = member_text(answer, "changes");
    if (!json_object_is_type(ret->list, json_type_array))
        return a->host->fail(a->call, PROXIMO_EPROTO,
                             "GET /nodes/%s/network answered without the list it promises", node);
    int32_t r = take_list(ret);
    if (r == PROXIMO_OK && ret->changes)
        r = net_lines(a, ret->changes, ret->list, &lines, &count);
    if (r == PROXIMO_EPROTO)
        return too_many(ret);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = note_line(ret, &lines[i]);
    for (uint32_t i = 0; r == PROXIMO_OK && i < ret->count; i++)
        r = take_running(ret, &ret->rows[i], lines, count);
    return r;
}

int32_t net_lead_to(struct net *net, struct json_object *values)
{
    json_object_object_foreach(values, name, value)
    {
        struct net_iface *iface = net_find(net, name);
        if (!iface && !(iface = add_iface(net, ask_text(&net->ask, "%s", name))))
            return too_many(net);
        iface->pending = value;
        iface->changed = !net_same(&net->ask, iface->running, value);
    }
    return PROXIMO_OK;
}

int32_t net_read(const struct asking *a, const char *node, struct net *ret)
{
    static const struct proximo_need need[] = {NEED("/nodes/{node}", "Sys.Audit")};
    const struct proximo_field at = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .flags = PROXIMO_GET_WHOLE, .path = NETWORK_PATH,
                                    .fields = &at,    .field_count = 1,           .needs = ROWS(need, 1)};
    struct looked looked;
    *ret = (struct net){.ask = *a, .node = node};
    if (!node)
        return a->host->fail(a->call, PROXIMO_EINVAL, "node is missing");
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    if (!looked.data)
        return a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_EUNAVAIL,
                             "the network of node %s could not be read: %.300s", node,
                             looked.why ? looked.why : "no answer");
    r = net_take(a, node, looked.data, ret);
    ret->complete = looked.complete;
    return r;
}

void net_done(struct net *net)
{
    for (uint32_t i = 0; i < net->count; i++) {
        json_object_put(net->rows[i].running);
        json_object_put(net->rows[i].lines);
    }
    json_object_put(net->answer);
    json_object_put(net->other);
    json_object_put(net->unclear);
}
