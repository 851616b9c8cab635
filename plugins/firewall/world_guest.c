/* SPDX-License-Identifier: Apache-2.0 */
/* The guests of a node: their NICs, and the firewall of each. */
#include "world.h"

/* ---- NICs */

/* The value of a key in "virtio=BC:..,bridge=vmbr0,firewall=1"; NULL: none. In the arena. */
static const char *option_of(const struct asking *a, const char *text, const char *key)
{
    const size_t len = strlen(key);
    for (const char *at = text; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, key, len) == 0 && at[len] == '=')
            return ask_text(a, "%.*s", (int)strcspn(at + len + 1, ","), at + len + 1);
    }
    return NULL;
}

/* Of a container hwaddr, of a machine macaddr or the value of its model. */
static const char *mac_of(const struct asking *a, const char *text)
{
    static const char *const keys[] = {"hwaddr", "macaddr", "virtio", "e1000",
                                       "e1000e", "vmxnet3", "rtl8139"};
    const char *mac = NULL;
    for (size_t i = 0; !mac && i < sizeof(keys) / sizeof(keys[0]); i++)
        mac = option_of(a, text, keys[i]);
    if (mac)
        return mac;
    const size_t model = strcspn(text, "=,");
    return text[model] == '=' ? ask_text(a, "%.*s", (int)strcspn(text + model + 1, ","), text + model + 1)
                              : NULL;
}

static bool put(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    if (!text || (value && json_object_object_add(object, key, value) == 0))
        return true;
    json_object_put(value);
    return false;
}

/* The NIC as a model takes it; `addr` and `addr6` are for whoever makes packets: what cloud-init is told. */
static struct json_object *nic_of(const struct asking *a, struct json_object *config, const char *key,
                                  const char *text)
{
    struct json_object *nic = json_object_new_object();
    const char *ipconfig = member_text(config, ask_text(a, "ipconfig%s", key + 3));
    bool good = nic && put(nic, "mac", mac_of(a, text)) && put(nic, "bridge", option_of(a, text, "bridge")) &&
                put(nic, "firewall", option_of(a, text, "firewall")) &&
                put(nic, "ip", option_of(a, text, "ip")) && put(nic, "ip6", option_of(a, text, "ip6")) &&
                put(nic, "addr", option_of(a, ipconfig ? ipconfig : text, "ip")) &&
                put(nic, "addr6", option_of(a, ipconfig ? ipconfig : text, "ip6"));
    if (good)
        return nic;
    json_object_put(nic);
    return NULL;
}

static bool is_nic(const char *key)
{
    return strncmp(key, "net", 3) == 0 && key[3] && !key[3 + strspn(key + 3, "0123456789")];
}

struct visiting {
    struct world *w;
    struct world_node *node;
    uint32_t over; /* guests that there was no room or time for */
    const char *why;
};

static int32_t take_guest(struct world *w, struct world_node *node, const struct known_guest *guest)
{
    struct json_object *row = json_object_new_object(), *nets = json_object_new_object();
    bool good = row && nets && json_object_array_add(node->nics, row) == 0;
    good = good && json_object_object_add(row, "nets", nets) == 0;
    good = good && json_object_object_add(row, "vmid", json_object_new_int64(guest->vmid)) == 0 &&
           put(row, "type", guest->lxc ? "lxc" : "qemu") && put(row, "node", guest->node);
    if (!good)
        return PROXIMO_ENOMEM;
    json_object_object_foreach(guest->config, key, value)
    {
        if (!is_nic(key) || !json_object_is_type(value, json_type_string))
            continue;
        struct json_object *nic = nic_of(&w->ask, guest->config, key, json_object_get_string(value));
        if (!nic || json_object_object_add(nets, key, nic) < 0)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

static int32_t visit(void *context, struct known_guest *guest)
{
    struct visiting *visiting = context;
    struct world *w = visiting->w;
    if (guest->config) {
        w->configs_read++;
        return take_guest(w, visiting->node, guest);
    }
    if (guest->why &&
        (strcmp(guest->why, GUESTS_OVER_BUDGET) == 0 || strcmp(guest->why, GUESTS_NO_TIME) == 0)) {
        visiting->over++;
        visiting->why = guest->why;
        return PROXIMO_OK;
    }
    return w->ask.host->incomplete(
        w->ask.call, ask_text(&w->ask, "the network cards of guest %lld", (long long)guest->vmid),
        guest->why ? guest->why : "its configuration could not be read");
}

/* ---- firewalls */

bool world_is_flagged(struct json_object *row)
{
    struct json_object *nets = member_of(row, "nets");
    if (!nets)
        return false;
    json_object_object_foreach(nets, key, nic)
    {
        (void)key;
        if (member_true(nic, "firewall"))
            return true;
    }
    return false;
}

struct reading {
    struct world *w;
    struct world_node *node;
    struct world_get *gets;
    uint32_t count, most;
    bool many; /* so many that time may run out */
};

static int32_t add_get(struct reading *reading, struct json_object *row, const char *rest, const char *name,
                       struct json_object *into, const char *key, json_type type)
{
    const struct asking *a = &reading->w->ask;
    const char *vmid = member_text(row, "vmid");
    const char *what =
        ask_text(a, "the firewall of guest %s: %s%s%s", vmid, rest, name ? " " : "", name ? name : "");
    const char *path = ask_text(a, "/nodes/{node}/{kind}/{vmid}/firewall/%s%s", rest, name ? "/{name}" : "");
    if (!what || !path)
        return PROXIMO_ENOMEM;
    if (reading->count == reading->most)
        return a->host->incomplete(a->call, what, "more IP sets than this looks at");
    struct world_get *get = &reading->gets[reading->count++];
    *get = (struct world_get){.path = path,
                              .fields = {FIELD("node", reading->node->name),
                                         FIELD("kind", member_text(row, "type")), FIELD("vmid", vmid)},
                              .field_count = 3,
                              .type = type,
                              .into = into,
                              .key = key,
                              .what = what};
    if (name)
        get->fields[get->field_count++] = FIELD("name", name);
    return PROXIMO_OK;
}

static int32_t run(struct reading *reading)
{
    const struct asking *a = &reading->w->ask;
    int32_t r = PROXIMO_OK;
    if (reading->count && reading->many && a->host->deadline_ms(a->call) < GUESTS_RESERVE_MS)
        r = a->host->incomplete(a->call, ask_text(a, "guests of %s", reading->node->name), GUESTS_NO_TIME);
    else
        r = world_get_all(a, reading->gets, reading->count);
    reading->count = 0;
    return r;
}

static int32_t tell_over(const struct reading *reading, const char *what, uint32_t over, const char *why)
{
    const struct asking *a = &reading->w->ask;
    return over ? a->host->incomplete(
                      a->call,
                      ask_text(a, "%s of %u guests of %s", what, (unsigned)over, reading->node->name), why)
                : PROXIMO_OK;
}

static struct json_object *scope_of(const struct reading *reading, struct json_object *row)
{
    return member_of(reading->node->guests, member_text(row, "vmid"));
}

static int32_t read_options(struct reading *reading, enum world_depth depth)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(reading->node->nics); i++) {
        struct json_object *row = json_object_array_get_idx(reading->node->nics, i);
        struct json_object *scope = NULL;
        if (depth != WORLD_ALL && !world_is_flagged(row))
            continue;
        scope = json_object_new_object();
        if (!scope || json_object_object_add(reading->node->guests, member_text(row, "vmid"), scope) < 0)
            return PROXIMO_ENOMEM;
        r = add_get(reading, row, "options", NULL, scope, "options", json_type_object);
    }
    return r == PROXIMO_OK ? run(reading) : r;
}

static int32_t read_rest(struct reading *reading, enum world_depth depth)
{
    struct world *w = reading->w;
    uint32_t over = 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(reading->node->nics); i++) {
        struct json_object *row = json_object_array_get_idx(reading->node->nics, i);
        struct json_object *scope = scope_of(reading, row), *options = member_of(scope, "options");
        if (!scope || (depth == WORLD_ENABLED && options && !member_true(options, "enable")))
            continue;
        if (w->guests_read == WORLD_GUESTS_MOST) {
            over++;
            continue;
        }
        w->guests_read++;
        r = add_get(reading, row, "rules", NULL, scope, "rules", json_type_array);
        r = r == PROXIMO_OK ? add_get(reading, row, "aliases", NULL, scope, "aliases", json_type_array) : r;
        r = r == PROXIMO_OK ? add_get(reading, row, "ipset", NULL, scope, "sets", json_type_array) : r;
    }
    r = r == PROXIMO_OK ? run(reading) : r;
    return r == PROXIMO_OK ? tell_over(reading, "the firewalls", over, "more guests than this looks at") : r;
}

static int32_t read_sets(struct reading *reading)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(reading->node->nics); i++) {
        struct json_object *row = json_object_array_get_idx(reading->node->nics, i);
        struct json_object *scope = scope_of(reading, row), *list = member_of(scope, "sets"), *sets = NULL;
        if (!list)
            continue;
        sets = json_object_new_object();
        if (!sets || json_object_object_add(scope, "ipset", sets) < 0)
            return PROXIMO_ENOMEM;
        for (size_t k = 0; r == PROXIMO_OK && k < json_object_array_length(list); k++) {
            const char *name = member_text(json_object_array_get_idx(list, k), "name");
            if (name && json_object_object_add(sets, name, NULL) < 0)
                return PROXIMO_ENOMEM;
            if (name)
                r = add_get(reading, row, "ipset", name, sets, name, json_type_array);
        }
    }
    return r == PROXIMO_OK ? run(reading) : r;
}

/* ---- all of it */

int32_t world_list_guests(struct world *w)
{
    if (w->guests_listed)
        return PROXIMO_OK;
    w->guests_listed = true;
    return guests_list(&w->ask, &w->guests);
}

int32_t world_read_guests(struct world *w, struct world_node *node, int64_t vmid, enum world_depth depth)
{
    struct visiting visiting = {.w = w, .node = node};
    struct reading reading = {.w = w, .node = node, .most = 2 * WORLD_CONFIGS_MOST, .many = vmid == 0};
    int32_t r = world_list_guests(w);
    bool *wanted = w->ask.host->alloc(w->ask.call, w->guests.count + 1);
    if (!w->gets)
        w->gets = w->ask.host->alloc(w->ask.call, reading.most * sizeof(*reading.gets));
    reading.gets = w->gets;
    node->nics = node->nics ? node->nics : json_object_new_array();
    node->guests = node->guests ? node->guests : json_object_new_object();
    if (r < 0 || !wanted || !reading.gets || !node->nics || !node->guests)
        return r < 0 ? r : PROXIMO_ENOMEM;
    if (reading.many && w->ask.host->deadline_ms(w->ask.call) < GUESTS_RESERVE_MS)
        return w->ask.host->incomplete(w->ask.call, ask_text(&w->ask, "guests of %s", node->name),
                                       GUESTS_NO_TIME);
    for (uint32_t i = 0; i < w->guests.count; i++) {
        const struct known_guest *guest = &w->guests.rows[i];
        wanted[i] = strcmp(guest->node, node->name) == 0 && (vmid ? guest->vmid == vmid : !guest->template);
    }
    r = guests_visit_configs(&w->ask, &w->guests, wanted, WORLD_CONFIGS_MOST - w->configs_read,
                             "network cards", visit, &visiting);
    r = r == PROXIMO_OK ? tell_over(&reading, "the network cards", visiting.over, visiting.why) : r;
    if (r < 0 || depth == WORLD_NICS)
        return r;
    r = read_options(&reading, depth);
    r = r == PROXIMO_OK ? read_rest(&reading, depth) : r;
    return r == PROXIMO_OK ? read_sets(&reading) : r;
}
