/* SPDX-License-Identifier: Apache-2.0 */
/* Reads both sides of everything, in two rounds: the lists, then the subnets of every VNet there is or was.
 */
#include "view.h"

#define BATCH 128u /* VNets whose subnets are asked for at once */

#define AUDIT "SDN.Audit|SDN.Allocate"

const struct sdn_sort_row sdn_sorts[SDN_SORTS] = {
    [SDN_CONTROLLER] = {"controller",
                        "/cluster/sdn/controllers",
                        NULL,
                        {"controller", NULL},
                        "/sdn/controllers",
                        false,
                        false},
    [SDN_ZONE] = {"zone", "/cluster/sdn/zones", NULL, {"zone", NULL}, "/sdn/zones", false, false},
    [SDN_VNET] = {"vnet", "/cluster/sdn/vnets", NULL, {"vnet", NULL}, "/sdn/zones", false, false},
    [SDN_SUBNET] =
        {"subnet", "/cluster/sdn/vnets/{vnet}/subnets", NULL, {"subnet", NULL}, "/sdn/zones", false, false},
    [SDN_FABRIC] =
        {"fabric", "/cluster/sdn/fabrics/all", "fabrics", {"id", NULL}, "/sdn/fabrics", true, false},
    [SDN_FABRIC_NODE] = {"fabric-node",
                         "/cluster/sdn/fabrics/all",
                         "nodes",
                         {"fabric_id", "node_id"},
                         "/sdn/fabrics",
                         true,
                         false},
    [SDN_PREFIX_LIST] =
        {"prefix-list", "/cluster/sdn/prefix-lists", NULL, {"id", NULL}, "/sdn/prefix-lists", true, true},
    [SDN_ROUTE_MAP] = {"route-map-entry",
                       "/cluster/sdn/route-maps/entries",
                       NULL,
                       {"route-map-id", "order"},
                       "/sdn/route-maps",
                       true,
                       true},
};

/* What is no configuration in a row. */
static bool is_computed(const char *name)
{
    return strcmp(name, "state") == 0 || strcmp(name, "pending") == 0 || strcmp(name, "digest") == 0;
}

static struct json_object *without_computed(struct json_object *row)
{
    struct json_object *copy = json_object_new_object();
    if (!copy)
        return NULL;
    json_object_object_foreach(row, name, value)
    {
        if (value && !is_computed(name))
            json_object_object_add(copy, name, json_object_get(value));
    }
    return copy;
}

/* A row as it is edited, from what is pending alone: for rows that the edited list does not show. */
static struct json_object *edited_from_pending(struct json_object *row)
{
    struct json_object *copy = without_computed(row), *pending = member_of(row, "pending");
    if (!copy || !json_object_is_type(pending, json_type_object))
        return copy;
    json_object_object_foreach(pending, name, value)
    {
        if (json_object_is_type(value, json_type_string) &&
            strcmp(json_object_get_string(value), "deleted") == 0)
            json_object_object_del(copy, name);
        else
            json_object_object_add(copy, name, json_object_get(value));
    }
    return copy;
}

static const char *id_of(const struct asking *a, const struct sdn_sort_row *sort, struct json_object *row)
{
    const char *first = member_text(row, sort->id[0]);
    const char *second = sort->id[1] ? member_text(row, sort->id[1]) : NULL;
    if (!first || (sort->id[1] && !second))
        return NULL;
    return second ? ask_text(a, "%s/%s", first, second) : ask_text(a, "%s", first);
}

static struct json_object *named(const struct asking *a, const struct sdn_sort_row *sort,
                                 struct json_object *list, const char *id)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *own = id_of(a, sort, row);
        if (own && strcmp(own, id) == 0)
            return row;
    }
    return NULL;
}

static int32_t grow(struct sdn_view *v)
{
    if (v->count < v->room)
        return PROXIMO_OK;
    const uint32_t room = v->room ? v->room * 2 : 64;
    struct sdn_object *rows = v->ask.host->alloc(v->ask.call, room * sizeof(*rows));
    if (!rows)
        return PROXIMO_ENOMEM;
    if (v->count)
        memcpy(rows, v->rows, v->count * sizeof(*rows));
    v->rows = rows;
    v->room = room;
    return PROXIMO_OK;
}

static int32_t add(struct sdn_view *v, enum sdn_sort sort, struct json_object *row, struct json_object *plain)
{
    const struct asking *a = &v->ask;
    const char *state = member_text(row, "state");
    struct sdn_object object = {.sort = sort, .id = id_of(a, &sdn_sorts[sort], row)};
    if (!object.id || grow(v) < 0)
        return object.id ? PROXIMO_ENOMEM : PROXIMO_OK;
    if (sort == SDN_SUBNET)
        object.vnet = ask_text(a, "%s", member_text(row, "vnet") ? member_text(row, "vnet") : "");
    if (state &&
        (strcmp(state, "new") == 0 || strcmp(state, "changed") == 0 || strcmp(state, "deleted") == 0))
        object.state = ask_text(a, "%s", state);
    if (!object.state || strcmp(object.state, "new") != 0)
        object.side[SDN_BEFORE] = without_computed(row);
    if (!object.state)
        object.side[SDN_AFTER] = json_object_get(object.side[SDN_BEFORE]);
    else if (strcmp(object.state, "deleted") != 0)
        object.side[SDN_AFTER] = plain ? without_computed(plain) : edited_from_pending(row);
    v->pending += object.state != NULL;
    v->rows[v->count++] = object;
    return PROXIMO_OK;
}

static int32_t add_list(struct sdn_view *v, enum sdn_sort sort, struct json_object *pending,
                        struct json_object *plain)
{
    const struct sdn_sort_row *row = &sdn_sorts[sort];
    struct json_object *rows = row->items ? member_of(pending, row->items) : pending;
    struct json_object *edited = row->items ? member_of(plain, row->items) : plain;
    const size_t count = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *one = json_object_array_get_idx(rows, i);
        const char *id = member_text(one, "state") ? id_of(&v->ask, row, one) : NULL;
        r = add(v, sort, one, id ? named(&v->ask, row, edited, id) : NULL);
    }
    return r;
}

/* ---- asking */

struct proximo_get sdn_list_get(enum sdn_sort sort, const char *vnet, bool pending,
                                struct proximo_field *fields)
{
    uint32_t count = 0;
    if (sort == SDN_SUBNET)
        fields[count++] = FIELD("vnet", vnet);
    if (pending)
        fields[count++] = FIELD("pending", "1");
    return (struct proximo_get){ROW(proximo_get), .path = sdn_sorts[sort].path, .fields = fields,
                                .field_count = count};
}

struct round {
    struct proximo_get gets[2 * BATCH];
    struct proximo_answer answers[2 * BATCH];
    struct proximo_field fields[2 * BATCH][2];
    struct proximo_need needs[BATCH];
    enum sdn_sort sort[BATCH];
    const char *vnet[BATCH];
    uint32_t count; /* of lists: each is two GETs */
};

static void ask_for(struct round *round, enum sdn_sort sort, const char *vnet)
{
    const uint32_t n = round->count++;
    round->sort[n] = sort;
    round->vnet[n] = vnet;
    round->needs[n] = (struct proximo_need)NEED(sdn_sorts[sort].rights, AUDIT);
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t at = 2 * n + i;
        round->gets[at] = sdn_list_get(sort, vnet, i == 0, round->fields[at]);
        round->gets[at].needs = (struct proximo_table)ROWS(&round->needs[n], 1);
        round->answers[at] = (struct proximo_answer){ROW(proximo_answer)};
    }
}

static int32_t not_read(struct sdn_view *v, enum sdn_sort sort, const char *vnet,
                        const struct proximo_answer *answer)
{
    const char *what = vnet ? ask_text(&v->ask, "the subnets of VNet %s", vnet)
                            : ask_text(&v->ask, "the SDN %ss", sdn_sorts[sort].word);
    const char *why =
        answer->message.len ? ask_text(&v->ask, "%.*s", (int)answer->message.len, answer->message.ptr)
        : answer->status >= 300 || !answer->status ? ask_text(&v->ask, "HTTP status %d", (int)answer->status)
                                                   : "Proxmox answered without data: nothing was read";
    v->complete = false;
    return what && why ? v->ask.host->incomplete(v->ask.call, what, why) : PROXIMO_ENOMEM;
}

static bool is_good(const struct proximo_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

/* Both answers of one list. A version that does not have it has nothing of it pending. */
static int32_t take(struct sdn_view *v, const struct round *round, uint32_t n)
{
    const struct proximo_answer *first = &round->answers[2 * n], *second = first + 1;
    const enum sdn_sort sort = round->sort[n];
    if (first->status == 501 && sdn_sorts[sort].since_9_2)
        return PROXIMO_OK;
    struct json_object *pending DROP_JSON = is_good(first) ? json_of(first->data) : NULL;
    struct json_object *plain DROP_JSON = is_good(second) ? json_of(second->data) : NULL;
    if (!pending)
        return not_read(v, sort, round->vnet[n], first);
    if (first->flags & PROXIMO_ANSWER_INCOMPLETE)
        v->complete = false;
    int32_t r = add_list(v, sort, pending, plain);
    if (r == PROXIMO_OK && sort == SDN_FABRIC)
        r = add_list(v, SDN_FABRIC_NODE, pending, plain);
    return r;
}

static int32_t run(struct sdn_view *v, struct round *round)
{
    int32_t r = round->count
                    ? v->ask.host->get_many(v->ask.call, round->gets, 2 * round->count, round->answers)
                    : PROXIMO_OK;
    for (uint32_t n = 0; r == PROXIMO_OK && n < round->count; n++)
        r = take(v, round, n);
    round->count = 0;
    return r;
}

int32_t sdn_view_read(const struct asking *a, struct sdn_view *ret)
{
    struct round *round = a->host->alloc(a->call, sizeof(*round));
    *ret = (struct sdn_view){.ask = *a, .release = ask_release(a), .complete = true};
    if (!round)
        return PROXIMO_ENOMEM;
    for (uint32_t sort = 0; sort < SDN_SORTS; sort++) {
        if (sort != SDN_SUBNET && sort != SDN_FABRIC_NODE && !(sdn_sorts[sort].since_9 && ret->release == 8))
            ask_for(round, (enum sdn_sort)sort, NULL);
    }
    int32_t r = run(ret, round);
    const uint32_t lists = ret->count;
    for (uint32_t i = 0; r == PROXIMO_OK && i < lists; i++) {
        if (ret->rows[i].sort == SDN_VNET)
            ask_for(round, SDN_SUBNET, ret->rows[i].id);
        if (round->count == BATCH)
            r = run(ret, round);
    }
    return r == PROXIMO_OK ? run(ret, round) : r;
}

int32_t sdn_view_read_list(const struct asking *a, enum sdn_sort sort, const char *vnet, struct sdn_view *ret)
{
    struct round *round = a->host->alloc(a->call, sizeof(*round));
    *ret = (struct sdn_view){.ask = *a, .complete = true};
    if (!round)
        return PROXIMO_ENOMEM;
    ask_for(round, sort, vnet);
    return run(ret, round);
}

void sdn_view_done(struct sdn_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        json_object_put(view->rows[i].side[SDN_BEFORE]);
        json_object_put(view->rows[i].side[SDN_AFTER]);
    }
    view->count = 0;
}

struct sdn_object *sdn_find(const struct sdn_view *view, enum sdn_sort sort, const char *id)
{
    for (uint32_t i = 0; id && i < view->count; i++) {
        if (view->rows[i].sort == sort && strcmp(view->rows[i].id, id) == 0)
            return &view->rows[i];
    }
    return NULL;
}

int32_t sdn_guard_list(const struct sdn_view *view, enum sdn_sort sort, const char *vnet, bool pending)
{
    struct proximo_field fields[2];
    const struct proximo_get get = sdn_list_get(sort, vnet, pending, fields);
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE, .path = get.path,
                                        .params = ROWS(get.fields, get.field_count)};
    return view->ask.host->guard(view->ask.call, &guard);
}
