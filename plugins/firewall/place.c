/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of scopes, and which place a call means. Sources: the paths in the table; GET
 * /cluster/sdn/vnets/{vnet} for the zone that the rights on a virtual network hang on.
 */
#include "place.h"

#define GUEST_FIREWALL "/nodes/{node}/{kind}/{vmid}/firewall"
#define VNET_FIREWALL  "/cluster/sdn/vnets/{vnet}/firewall"

static const struct scope scopes[] = {
    {.name = "cluster",
     .rules = "/cluster/firewall/rules",
     .options = "/cluster/firewall/options",
     .aliases = "/cluster/firewall/aliases",
     .ipset = "/cluster/firewall/ipset",
     .refs = "/cluster/firewall/refs",
     .types = "in,out,forward,group",
     .subject = "firewall",
     .member = "id",
     .audit = "Sys.Audit",
     .modify = "Sys.Modify"},
    {.name = "node",
     .argument = "node",
     .rules = "/nodes/{node}/firewall/rules",
     .options = "/nodes/{node}/firewall/options",
     .log = "/nodes/{node}/firewall/log",
     .types = "in,out,forward,group",
     .subject = "node",
     .member = "node",
     .audit = "Sys.Audit",
     .modify = "Sys.Modify",
     .log_right = "Sys.Syslog"},
    {.name = "guest",
     .argument = "vmid",
     .rules = GUEST_FIREWALL "/rules",
     .options = GUEST_FIREWALL "/options",
     .aliases = GUEST_FIREWALL "/aliases",
     .ipset = GUEST_FIREWALL "/ipset",
     .log = GUEST_FIREWALL "/log",
     .refs = GUEST_FIREWALL "/refs",
     .types = "in,out,group",
     .subject = "guest",
     .member = "vmid",
     .audit = "VM.Audit",
     .modify = "VM.Config.Network",
     .log_right = "VM.Console"},
    {.name = "vnet",
     .argument = "vnet",
     .rules = VNET_FIREWALL "/rules",
     .options = VNET_FIREWALL "/options",
     .types = "forward,group",
     .subject = "vnet",
     .member = "vnet",
     .audit = "SDN.Audit|SDN.Allocate",
     .modify = "SDN.Allocate"},
    {.name = "group",
     .argument = "group",
     .rules = GROUPS_PATH "/{group}",
     .refs = "/cluster/firewall/refs",
     .types = "in,out,forward",
     .subject = "firewall-group",
     .member = "group",
     .audit = "Sys.Audit",
     .modify = "Sys.Modify"},
};
#define SCOPES (sizeof(scopes) / sizeof(scopes[0]))

const struct scope *scope_named(const char *name)
{
    for (size_t i = 0; name && i < SCOPES; i++) {
        if (strcmp(scopes[i].name, name) == 0)
            return &scopes[i];
    }
    return NULL;
}

/* Which of vmid, vnet, group and node was given; beside a guest its node may stand. */
static int32_t find_scope(struct place *place)
{
    static const char *const order[] = {"guest", "vnet", "group", "node"};
    const struct asking *a = &place->ask;
    const char *said = ask_argument(a, "scope");
    const struct scope *wanted = scope_named(said);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const struct scope *scope = scope_named(order[i]);
        if (!scope || !ask_argument(a, scope->argument))
            continue;
        if (place->scope && !(place->scope == scope_named("guest") && scope == scope_named("node")))
            return a->host->fail(a->call, PROXIMO_EINVAL,
                                 "%s and %s name two different firewalls; give one of them",
                                 place->scope->argument, scope->argument);
        if (!place->scope)
            place->scope = scope;
    }
    if (wanted && !place->scope && !wanted->argument)
        place->scope = wanted;
    if (!place->scope && wanted)
        return a->host->fail(a->call, PROXIMO_EINVAL, "scope %s needs %s", wanted->name, wanted->argument);
    if (!place->scope)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "whose firewall is not said: give scope=cluster, node, vmid or vnet (for rules "
                             "also group)");
    /* Security groups are the datacenter's. */
    if (wanted == scope_named("cluster") && place->scope == scope_named("group"))
        return PROXIMO_OK;
    if (wanted && wanted != place->scope)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "scope is %s, but %s was given, which is for the scope %s", wanted->name,
                             place->scope->argument, place->scope->name);
    return PROXIMO_OK;
}

static int32_t open_guest(struct place *place)
{
    const struct asking *a = &place->ask;
    place->node = ask_argument(a, "node");
    place->kind = ask_argument(a, "kind");
    if (!place->node || !place->kind)
        return a->host->fail(a->call, PROXIMO_EINVAL, "the guest's %s is not known",
                             place->node ? "kind" : "node");
    place->at[place->at_count++] = FIELD("node", place->node);
    place->at[place->at_count++] = FIELD("kind", place->kind);
    place->label =
        ask_text(a, "%s %s", strcmp(place->kind, "lxc") == 0 ? "container" : "virtual machine", place->id);
    place->right = ask_text(a, "/vms/%s", place->id);
    return PROXIMO_OK;
}

/* Proxmox checks the right on /sdn/zones/ZONE/VNET. */
static int32_t open_vnet(struct place *place)
{
    const struct asking *a = &place->ask;
    const struct proximo_field vnet = FIELD("vnet", place->id);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/vnets/{vnet}", .fields = &vnet,
                                    .field_count = 1};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    const char *zone = member_text(looked.data, "zone");
    place->label = ask_text(a, "virtual network %s", place->id);
    place->right = zone ? ask_text(a, "/sdn/zones/%s/%s", zone, place->id) : NULL;
    if (!zone)
        r = a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_ENOTFOUND,
                          "virtual network %s cannot be looked at: %.300s", place->id,
                          looked.why ? looked.why : "it has no zone");
    json_object_put(looked.data);
    return r;
}

static int32_t fill_in(struct place *place)
{
    const struct asking *a = &place->ask;
    const char *name = place->scope->name;
    place->id = place->scope->argument ? ask_argument(a, place->scope->argument) : "cluster";
    if (!place->id)
        return PROXIMO_ENOMEM;
    place->right = "/";
    place->label = "the datacenter";
    if (strcmp(name, "guest") == 0)
        return open_guest(place);
    if (strcmp(name, "vnet") == 0)
        return open_vnet(place);
    if (strcmp(name, "node") == 0) {
        place->node = place->id;
        place->label = ask_text(a, "node %s", place->id);
        place->right = ask_text(a, "/nodes/%s", place->id);
    } else if (strcmp(name, "group") == 0) {
        place->label = ask_text(a, "security group \"%s\"", place->id);
    }
    return PROXIMO_OK;
}

int32_t place_open(void *instance, struct proximo_call *call, struct place *ret)
{
    *ret = (struct place){.ask = {((struct plane_instance *)instance)->host, call}};
    int32_t r = find_scope(ret);
    if (r == PROXIMO_OK)
        r = fill_in(ret);
    if (r == PROXIMO_OK && (!ret->right || !ret->label))
        r = PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (ret->scope->argument)
        ret->at[ret->at_count++] = FIELD(ret->scope->argument, ret->id);
    ret->needs[0] = (struct proximo_need)NEED(ret->right, ret->scope->audit);
    return PROXIMO_OK;
}

int32_t place_has(const struct place *place, const char *path, const char *what)
{
    const struct asking *a = &place->ask;
    if (path)
        return PROXIMO_OK;
    const char *instead = strcmp(what, "log") == 0       ? "; nodes and guests have one"
                          : strcmp(what, "options") == 0 ? ""
                                                         : "; those of the datacenter (scope=cluster) can be "
                                                           "used in its rules";
    return a->host->fail(a->call, PROXIMO_EINVAL, "%s has no %s%s", place->label, what, instead);
}

int32_t place_may_change(const struct place *place)
{
    return ask_privilege(&place->ask, place->right, place->scope->modify,
                         "to change the firewall of %s needs %s on %s, which this token does not hold",
                         place->label, place->scope->modify, place->right);
}

/* ---- reading */

struct filled {
    struct proximo_field rows[8];
    uint32_t count;
};

/* What the path names of the place: another field would be sent as a parameter. */
static uint32_t put_at(const struct place *place, const char *path, struct proximo_field *rows)
{
    char name[16];
    uint32_t count = 0;
    for (uint32_t i = 0; i < place->at_count; i++) {
        (void)snprintf(name, sizeof(name), "{%s}", place->at[i].name);
        if (strstr(path, name))
            rows[count++] = place->at[i];
    }
    return count;
}

/* These, and those that were given beside, up to one without a name. */
static struct filled fill(const struct place *place, const char *path, const struct proximo_field *more)
{
    struct filled all = {.count = 0};
    all.count = put_at(place, path, all.rows);
    for (; more && more->name && all.count < 8; more++)
        all.rows[all.count++] = *more;
    return all;
}

int32_t place_get(const struct place *place, const char *path, const struct proximo_field *more,
                  json_type type, struct json_object **ret)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = all.rows,
                                    .field_count = all.count, .needs = ROWS(place->needs, 1)};
    return ask_get(&place->ask, &get, type, ret);
}

int32_t place_look(const struct place *place, const char *path, const struct proximo_field *more,
                   struct looked *ret)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = all.rows,
                                    .field_count = all.count, .needs = ROWS(place->needs, 1)};
    return ask_look(&place->ask, &get, ret);
}

int32_t place_check_digest(const struct asking *a, struct json_object *row)
{
    const char *given = ask_argument(a, "digest"), *now = member_text(row, "digest");
    if (!given || (now && strcmp(given, now) == 0))
        return PROXIMO_OK;
    return a->host->fail(a->call, PROXIMO_ESTATE,
                         "it was changed since the digest %.64s was read%s%.64s; look at it again", given,
                         now ? ": now it is " : "", now ? now : "");
}

/* ---- replies */

int32_t place_reply_rows(const struct place *place, struct json_object *rows, bool complete)
{
    struct json_object *about DROP_JSON = json_object_new_object();
    if (!about || !rows)
        return PROXIMO_ENOMEM;
    json_object_object_add(about, "scope", json_object_new_string(place->scope->name));
    if (place->scope->argument)
        json_object_object_add(about, place->scope->argument, json_object_new_string(place->id));
    const struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
         .flags = complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(about),
         .name = text_of("place")},
    };
    return place->ask.host->reply(place->ask.call, blocks, 2);
}

int32_t place_reply_list(const struct place *place, const char *path, const struct proximo_field *more,
                         const struct proximo_need *need)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = all.rows,
                                    .field_count = all.count, .needs = ROWS(need, 1)};
    struct proximo_answer answer = {ROW(proximo_answer)};
    int32_t r = place->ask.host->get(place->ask.call, &get, &answer);
    if (r < 0)
        return r;
    struct json_object *rows DROP_JSON = json_of(answer.data);
    if (!json_object_is_type(rows, json_type_array))
        return place->ask.host->fail(place->ask.call, PROXIMO_EPROTO,
                                     "GET %s answered without the list that it promises", path);
    return place_reply_rows(place, rows, !(answer.flags & PROXIMO_ANSWER_INCOMPLETE));
}

/* ---- parts of plans */

const char *place_class(const struct place *place, const char *of_hosts, const char *of_guests)
{
    return strcmp(place->scope->name, "guest") == 0 || strcmp(place->scope->name, "vnet") == 0 ? of_guests
                                                                                               : of_hosts;
}

int32_t place_subject(const struct place *place, const char *operation_class, const char *scope_name,
                      struct json_object *edits)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    const struct scope *scope = place->scope;
    const char *text = ask_text(&place->ask, "%s", json_text(edits).ptr);
    if (!subject || !text)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string(scope->subject));
    json_object_object_add(subject, scope->member,
                           strcmp(scope->member, "vmid") == 0
                               ? json_object_new_int64((int64_t)digits_of(place->id, 999999999))
                               : json_object_new_string(place->id));
    json_object_object_add(subject, "scope", json_object_new_string(scope_name ? scope_name : scope->name));
    if (place->kind) {
        json_object_object_add(subject, "node", json_object_new_string(place->node));
        json_object_object_add(subject, "type", json_object_new_string(place->kind));
    }
    json_object_object_add(subject, "edit", json_object_new_string(text));
    return place->ask.host->subject(place->ask.call, operation_class, json_text(subject));
}

int32_t place_guard(const struct place *place, const char *path, const struct proximo_field *more,
                    const char *fields, uint64_t flags)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = flags, .path = path, .fields = fields,
                                        .params = ROWS(all.rows, all.count)};
    return place->ask.host->guard(place->ask.call, &guard);
}

int32_t place_request(const struct place *place, const char *name, const char *method, const char *path,
                      const struct proximo_field *fields, uint32_t count, uint64_t flags)
{
    struct proximo_field all[48];
    if (!name || count > 40)
        return PROXIMO_ENOMEM;
    const uint32_t at = put_at(place, path, all);
    if (count)
        memcpy(all + at, fields, count * sizeof(*fields));
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,   .flags = flags, .name = name, .method = method,
        .path = path,      .params = ROWS(all, at + count)};
    return place->ask.host->step(place->ask.call, &step);
}

int32_t place_state(const struct place *place, const char *name, const char *path,
                    const struct proximo_field *more, const char *select, const char *keep)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_READ,          .name = name, .path = path, .select = select,
        .keep = keep,      .params = ROWS(all.rows, all.count)};
    return name && select && keep ? place->ask.host->step(place->ask.call, &step) : PROXIMO_ENOMEM;
}

int32_t place_wait(const struct place *place, const char *name, const char *path,
                   const struct proximo_field *more, const char *select, uint32_t test, const char *value,
                   const char *keep)
{
    const struct filled all = fill(place, path, more);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .name = name,
                                      .path = path,
                                      .select = select,
                                      .wait_test = test,
                                      .wait_value = value,
                                      .keep = keep,
                                      .interval_ms = 500,
                                      .deadline_ms = 15000,
                                      .params = ROWS(all.rows, all.count)};
    if (!select)
        return PROXIMO_ENOMEM;
    return name ? place->ask.host->step(place->ask.call, &wait)
                : place->ask.host->postcondition(place->ask.call, &wait);
}

int32_t place_see(const struct place *place, const char *path, const struct proximo_field *more,
                  const char *select, const char *value)
{
    struct json_object *wanted DROP_JSON = value ? json_object_new_string(value) : NULL;
    if (!value)
        return place_wait(place, NULL, path, more, select, PROXIMO_WAIT_COUNT, "0", NULL);
    return wanted
               ? place_wait(place, NULL, path, more, select, PROXIMO_WAIT_EQUALS, json_text(wanted).ptr, NULL)
               : PROXIMO_ENOMEM;
}
