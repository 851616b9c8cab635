/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How pbs_health asks, and all backups of a Backup Server. Sources: GET /admin/datastore,
 * /admin/datastore/{store}/namespace, .../snapshots.
 */
#include "contents.h"
#include "health.h"

/* ---- asking */

const char *health_text(struct health *h, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *text = ask_vtext(&h->d.ask, format, ap);
    va_end(ap);
    if (!text)
        h->d.found.no_memory = true;
    return text ? text : "";
}

void health_unread(struct health *h, const char *site, uint32_t source, const char *what, const char *why)
{
    if (site)
        findings_unread(&h->d.found, FROM_COVER,
                        health_text(h, "site %s%s%s", site, what ? ": " : "", what ? what : ""), why);
    else
        findings_unread(&h->d.found, source, what, why);
}

bool health_is_late(const struct health *h)
{
    return h->d.ask.host->deadline_ms(h->d.ask.call) < h->reserve_ms;
}

int32_t health_look(struct health *h, const struct proximo_get *gets, uint32_t count, struct looked *rets)
{
    const struct asking *a = &h->d.ask;
    struct proximo_get tolerant[HEALTH_BATCH];
    struct proximo_answer answers[HEALTH_BATCH];
    const bool late = health_is_late(h);
    for (uint32_t i = 0; i < count; i++) {
        tolerant[i] = gets[i];
        tolerant[i].flags |= PROXIMO_GET_TOLERATE;
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
        rets[i] = (struct looked){.why = "the time of this call (limits.call_timeout) was nearly over"};
    }
    int32_t r = count && !late ? a->host->get_many(a->call, tolerant, count, answers) : PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && !late && i < count; i++) {
        const bool good = answers[i].status >= 200 && answers[i].status < 300;
        rets[i].status = answers[i].status;
        rets[i].complete = good && !(answers[i].flags & PROXIMO_ANSWER_INCOMPLETE);
        rets[i].data = good ? json_of(answers[i].data) : NULL;
        rets[i].why =
            good ? "the answer is not what Proxmox promises"
            : answers[i].message.len
                ? health_text(h, "%.*s", (int)(answers[i].message.len < 250 ? answers[i].message.len : 250),
                              answers[i].message.ptr)
            : answers[i].status ? health_text(h, "HTTP status %d", (int)answers[i].status)
                                : "no answer";
    }
    if (r < 0 && ask_ends(r))
        return r;
    for (uint32_t i = 0; r < 0 && i < count; i++)
        rets[i].why = "the request could not be made";
    return PROXIMO_OK;
}

int32_t health_list(struct health *h, uint32_t source, const char *path, const char *privilege, bool remote,
                    struct json_object **ret)
{
    const char *acl = h->store ? health_text(h, "/datastore/%s", h->store) : "/datastore";
    const struct proximo_need needs[] = {NEED(acl, privilege), NEED("/remote", "Remote.Audit")};
    const struct proximo_field all = FIELD("sync-direction", "all");
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = &all, .field_count = remote,
                                    .needs = ROWS(needs, remote ? 2 : 1)};
    const char *part = strstr(source_of(source)->name, ",") ? path : NULL; /* of several, which */
    struct looked looked;
    *ret = NULL;
    int32_t r = health_look(h, &get, 1, &looked);
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        findings_unread(&h->d.found, source, part, looked.why);
        json_object_put(looked.data);
        return PROXIMO_OK;
    }
    findings_read(&h->d.found, source);
    if (!looked.complete)
        findings_unread(&h->d.found, source, part,
                        health_text(h, "this token does not see all of it: it needs %s on %s%s", privilege,
                                    acl, remote ? " and Remote.Audit on /remote" : ""));
    *ret = looked.data;
    return PROXIMO_OK;
}

bool health_wants(const struct health *h, struct json_object *row, const char *key)
{
    return member_text(row, key) && (!h->store || member_is(row, key, h->store));
}

/* ---- namespaces */

/* The root namespace is always one of them: whatever the list says, something may be there. */
static void take_spaces(struct health *h, const char *site, const char *store, const struct looked *looked)
{
    const bool list = json_object_is_type(looked->data, json_type_array);
    bool nameless = false;
    health_add_space(h, site, store, "");
    for (size_t i = 0; list && i < json_object_array_length(looked->data); i++) {
        const char *ns = member_text(json_object_array_get_idx(looked->data, i), "ns");
        nameless = nameless || !ns;
        if (ns)
            health_add_space(h, site, store, ns);
    }
    const char *why = !list               ? looked->why
                      : !looked->complete ? "this token does not see every namespace"
                      : json_object_array_length(looked->data) == 0 ? "it is empty, which it cannot be"
                      : nameless                                    ? "some rows of the list have no name"
                                                                    : NULL;
    if (list && !site)
        findings_read(&h->d.found, FROM_PBS_SPACES);
    if (why)
        health_unread(h, site, FROM_PBS_SPACES, health_text(h, "the namespaces of datastore %s", store), why);
}

static int32_t read_spaces(struct health *h, const char *site, const char *const *stores, uint32_t count)
{
    static const struct proximo_need need[] = {NEED("/datastore/{store}", "Datastore.Audit")};
    struct proximo_get gets[HEALTH_BATCH];
    struct proximo_field fields[HEALTH_BATCH];
    struct looked looked[HEALTH_BATCH];
    int32_t r = PROXIMO_OK;
    for (uint32_t at = 0; r == PROXIMO_OK && at < count; at += HEALTH_BATCH) {
        const uint32_t n = count - at < HEALTH_BATCH ? count - at : HEALTH_BATCH;
        for (uint32_t i = 0; i < n; i++) {
            fields[i] = FIELD("store", stores[at + i]);
            gets[i] = (struct proximo_get){
                ROW(proximo_get), .path = PBS_STORE_PATH "/namespace", .fields = &fields[i],
                .field_count = 1, .needs = PROXIMO_TABLE(need),        .site = site};
        }
        r = health_look(h, gets, n, looked);
        for (uint32_t i = 0; r == PROXIMO_OK && i < n; i++) {
            take_spaces(h, site, stores[at + i], &looked[i]);
            json_object_put(looked[i].data);
        }
    }
    return r;
}

/* ---- backups */

static int32_t take_backups(struct health *h, uint32_t index, const struct looked *looked)
{
    struct health_space *space = &h->contents.spaces[index];
    const struct pbs_place place = {.a = h->d.ask, .store = space->store, .ns = space->ns};
    const bool list = json_object_is_type(looked->data, json_type_array);
    if (!list || !looked->complete) {
        space->whole = false;
        health_unread(h, space->site, FROM_PBS_SNAPSHOTS,
                      health_text(h, "the backups in %s", place_words(&place, space->ns)),
                      list ? contents_partial : looked->why);
    }
    if (list && !space->site)
        findings_read(&h->d.found, FROM_PBS_SNAPSHOTS);
    return list ? health_fold(h, index, looked->data) : PROXIMO_OK;
}

static int32_t read_backups(struct health *h, uint32_t first)
{
    struct proximo_get gets[HEALTH_BATCH];
    struct proximo_field fields[HEALTH_BATCH][5];
    struct proximo_need needs[HEALTH_BATCH];
    struct looked looked[HEALTH_BATCH];
    int32_t r = PROXIMO_OK;
    for (uint32_t at = first; r == PROXIMO_OK && at < h->contents.space_count; at += HEALTH_BATCH) {
        const uint32_t left = h->contents.space_count - at, n = left < HEALTH_BATCH ? left : HEALTH_BATCH;
        for (uint32_t i = 0; i < n; i++) {
            const struct health_space *space = &h->contents.spaces[at + i];
            const struct pbs_place place = {.a = h->d.ask, .store = space->store, .ns = space->ns};
            const char *acl = place_acl(&place);
            if (!acl)
                return PROXIMO_ENOMEM;
            needs[i] = (struct proximo_need)NEED(acl, "Datastore.Audit");
            gets[i] = (struct proximo_get){ROW(proximo_get),
                                           .path = PBS_STORE_PATH "/snapshots",
                                           .fields = fields[i],
                                           .field_count = place_fields(&place, fields[i]),
                                           .needs = ROWS(&needs[i], 1),
                                           .site = space->site};
        }
        r = health_look(h, gets, n, looked);
        for (uint32_t i = 0; i < n; i++) {
            if (r == PROXIMO_OK)
                r = take_backups(h, at + i, &looked[i]);
            json_object_put(looked[i].data);
        }
        if (r == PROXIMO_OK)
            r = h->d.ask.host->progress(h->d.ask.call, at + n, h->contents.space_count,
                                        "lists of backups are read");
    }
    return r;
}

/* ---- the server */

static uint32_t names_of_stores(struct health *h, const char *site, struct json_object *list,
                                const char *names[STORES_MOST])
{
    uint32_t count = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!member_text(row, "store") || (!site && !health_wants(h, row, "store")))
            continue;
        if (count == STORES_MOST) {
            health_unread(h, site, FROM_PBS_STORES, "further datastores",
                          "there are more than are looked at");
            break;
        }
        names[count++] = health_text(h, "%s", member_text(row, "store"));
    }
    return count;
}

int32_t health_read_server(struct health *h, const char *site)
{
    const char *acl = h->store && !site ? health_text(h, "/datastore/%s", h->store) : "/datastore";
    const struct proximo_need need[] = {NEED(acl, "Datastore.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore",
                                    .needs = PROXIMO_TABLE(need), .site = site};
    const char *names[STORES_MOST];
    const uint32_t first = h->contents.space_count;
    struct looked looked;
    int32_t r = health_look(h, &get, 1, &looked);
    struct json_object *list DROP_JSON = looked.data;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array)) {
        health_unread(h, site, FROM_PBS_STORES, "all datastores and what is in them", looked.why);
        return PROXIMO_OK;
    }
    if (!site)
        findings_read(&h->d.found, FROM_PBS_STORES);
    if (!looked.complete)
        health_unread(h, site, FROM_PBS_STORES, "datastores that this token does not see",
                      health_text(h, "it needs Datastore.Audit on %s", acl));
    uint32_t count = names_of_stores(h, site, list, names);
    if (!site && h->store && json_object_array_length(list) == 0)
        names[count++] = h->store; /* of a token that sees none: asked for all the same, and told */
    if (!site && h->store && !count)
        return h->d.ask.host->fail(
            h->d.ask.call, PROXIMO_ENOTFOUND,
            "there is no datastore \"%s\", as far as this token sees; pbs_datastores_list "
            "names them",
            h->store);
    if (!site)
        h->stores = json_object_get(list);
    r = read_spaces(h, site, names, count);
    return r == PROXIMO_OK ? read_backups(h, first) : r;
}
