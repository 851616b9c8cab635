/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bulk tools have in common: state and configuration of many guests, the startup order, who is left
 * alone and why, and the three parts of each guest in a plan. Sources: GET .../status/current, GET .../config
 * (its option startup: order=N,up=SECONDS,down=SECONDS).
 */
#include "bulk.h"

#include <stdlib.h>

#define BATCH     128u /* guests that are asked for at once */
#define WHYS_MOST 100u /* different reasons of one fact; a fact has 64 KiB */

/* ---- reading */

/* An answer that did not give what it should, in words. */
static const char *unread(const struct asking *a, const struct proximo_answer *answer)
{
    if (answer->message.len)
        return ask_text(a, "%.*s", answer->message.len > 160 ? 160 : (int)answer->message.len,
                        answer->message.ptr);
    return answer->status ? ask_text(a, "HTTP status %d", (int)answer->status) : "no answer";
}

static int32_t tell_unread(struct bulk *b, const struct bulk_guest *row, const char *what, const char *why)
{
    const char *text = ask_text(&b->ask, "%s of guest %s", what, row->g.vmid);
    return text && why ? b->ask.host->incomplete(b->ask.call, text, why) : PROXIMO_ENOMEM;
}

static int32_t take_status(struct bulk *b, struct bulk_guest *row, const struct proximo_answer *answer)
{
    row->g.status = answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    if (member_text(row->g.status, "status"))
        return PROXIMO_OK;
    int32_t r = tell_unread(b, row, "the state", unread(&b->ask, answer));
    return r == PROXIMO_OK ? bulk_leave(b, row, true, "its state could not be read") : r;
}

static int32_t take_config(struct bulk *b, struct bulk_guest *row, const struct proximo_answer *answer,
                           bool keep)
{
    struct json_object *config = answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    if (member_text(config, "digest")) { /* an empty answer is not an empty guest */
        row->g.config = config;
        row->order = startup_order(config, &row->delays);
        return PROXIMO_OK;
    }
    json_object_put(config);
    int32_t r =
        tell_unread(b, row, keep ? "the startup order" : "the configuration", unread(&b->ask, answer));
    return r == PROXIMO_OK && !keep ? bulk_leave(b, row, true, "its configuration could not be read") : r;
}

static int32_t read_batch(struct bulk *b, struct bulk_guest **rows, uint32_t count, bool config, bool keep)
{
    struct proximo_get gets[BATCH] = {0};
    struct proximo_answer answers[BATCH] = {0};

    for (uint32_t i = 0; i < count; i++) {
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                       .path = config ? GUEST_CONFIG : GUEST_STATUS, .fields = rows[i]->g.at,
                                       .field_count = 3};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = b->ask.host->get_many(b->ask.call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = config ? take_config(b, rows[i], &answers[i], keep) : take_status(b, rows[i], &answers[i]);
    return r;
}

static int32_t read_all(struct bulk *b, bool config, bool keep)
{
    struct bulk_guest *rows[BATCH];
    uint32_t n = 0;
    int32_t r = PROXIMO_OK;

    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        if (!b->rows[i].out)
            rows[n++] = &b->rows[i];
        if (n < BATCH && (i + 1 < b->count || n == 0))
            continue;
        r = read_batch(b, rows, n, config, keep);
        if (r == PROXIMO_OK)
            r = b->ask.host->progress(b->ask.call, i + 1, b->count,
                                      config ? "reading configurations" : "reading states");
        n = 0;
    }
    return r;
}

int32_t bulk_read_status(struct bulk *b)
{
    return read_all(b, false, false);
}

int32_t bulk_read_config(struct bulk *b, bool keep)
{
    return read_all(b, true, keep);
}

/* ---- left alone */

int32_t bulk_leave(struct bulk *b, struct bulk_guest *row, bool refused, const char *why)
{
    const size_t count = json_object_array_length(b->left);
    struct json_object *group = NULL;

    row->out = true;
    b->refused += refused;
    if (count >= WHYS_MOST)
        why = "for other reasons";
    for (size_t i = 0; why && i < count && !group; i++) {
        if (member_is(json_object_array_get_idx(b->left, i), "why", why))
            group = json_object_array_get_idx(b->left, i);
    }
    if (why && !group && (group = json_object_new_object())) {
        json_object_object_add(group, "why", json_object_new_string(why));
        json_object_object_add(group, "guests", json_object_new_array());
        json_object_array_add(b->left, group);
    }
    struct json_object *guests = member_of(group, "guests");
    return guests && json_object_array_add(guests, json_object_new_int64(row->id)) == 0 ? PROXIMO_OK
                                                                                        : PROXIMO_ENOMEM;
}

int32_t bulk_check_privilege(struct bulk *b, struct bulk_guest *row, const char *privilege)
{
    const char *path = ask_text(&b->ask, "/vms/%s", row->g.vmid);
    int32_t held = path ? b->ask.host->permission(b->ask.call, path, privilege) : PROXIMO_ENOMEM;

    if (ask_ends(held))
        return held;
    if (held != 0) /* what is not known the core says */
        return PROXIMO_OK;
    if (!b->denied.vmid)
        b->denied =
            (struct guest){.ask = b->ask, .node = row->g.node, .kind = row->g.kind, .vmid = row->g.vmid};
    const char *why = ask_text(&b->ask, "this token does not hold %s on it", privilege);
    return bulk_leave(b, row, true, why);
}

/* ---- order */

static int compare(const struct bulk_guest *a, const struct bulk_guest *c)
{
    if (a->order != c->order)
        return a->order < c->order ? -1 : 1;
    return a->id < c->id ? -1 : a->id > c->id;
}
static int up(const void *a, const void *c)
{
    return compare(a, c);
}
static int down(const void *a, const void *c)
{
    return compare(c, a);
}

void bulk_sort(struct bulk *b, bool downwards)
{
    qsort(b->rows, b->count, sizeof(*b->rows), downwards ? down : up);
}

int32_t bulk_leave_more(struct bulk *b, struct bulk_guest *row)
{
    return bulk_leave(b, row, true, "more than one plan takes (64): plan again when this one is done");
}

/* ---- what is said */

/* "; its reason: 105, 106 and 3 more" */
static const char *group_words(const struct asking *a, struct json_object *group)
{
    struct json_object *guests = member_of(group, "guests");
    const size_t count = json_object_array_length(guests);
    const char *ids = "";

    for (size_t i = 0; ids && i < count && i < 5; i++)
        ids = ask_text(a, "%s%s%lld", ids, i ? ", " : "",
                       (long long)json_object_get_int64(json_object_array_get_idx(guests, i)));
    if (!ids)
        return NULL;
    return count > 5 ? ask_text(a, "; %.160s: %s and %zu more", member_text(group, "why"), ids, count - 5)
                     : ask_text(a, "; %.160s: %s", member_text(group, "why"), ids);
}

int32_t bulk_nothing(struct bulk *b, const char *privilege, const char *what)
{
    const struct asking *a = &b->ask;
    const size_t count = json_object_array_length(b->left);
    const char *text =
        ask_text(a, "nothing to do%s%s", b->partial ? " (this token does not see all guests)" : "",
                 b->count || count ? "" : ": no guest is selected");

    if (b->denied.vmid && count == 1)
        return guest_check_privilege(&b->denied, privilege, what);
    for (size_t i = 0; text && i < count && strlen(text) < 1500; i++) {
        const char *words = group_words(a, json_object_array_get_idx(b->left, i));
        text = words ? ask_text(a, "%s%s", text, words) : NULL;
    }
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

int32_t bulk_tell(struct bulk *b)
{
    struct json_object *list = json_object_new_array();
    int32_t r = list ? PROXIMO_OK : PROXIMO_ENOMEM;

    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        const struct bulk_guest *row = &b->rows[i];
        struct json_object *entry = row->out ? NULL : json_object_new_object();
        if (!entry)
            continue;
        json_object_object_add(entry, "vmid", json_object_new_int64(row->id));
        if (row->name)
            json_object_object_add(entry, "name", json_object_new_string(row->name));
        json_object_object_add(entry, "node", json_object_new_string(row->g.node));
        if (row->order != STARTUP_NO_ORDER)
            json_object_object_add(entry, "order", json_object_new_int64((int64_t)row->order));
        if (guest_managed(&row->g))
            json_object_object_add(entry, "ha_managed", json_object_new_boolean(1));
        json_object_array_add(list, entry);
    }
    r = tell_fact(&b->ask, "guests", list);
    if (r == PROXIMO_OK && json_object_array_length(b->left))
        r = tell_fact(&b->ask, "left_alone", json_object_get(b->left));
    return r;
}

int32_t bulk_step(struct bulk *b, const struct bulk_guest *row, const struct bulk_step *s)
{
    const struct proximo_host *host = b->ask.host;
    /* The place saves the blast functions looking for each guest in the whole list. */
    const char *subject =
        ask_text(&b->ask, "{\"kind\":\"guest\",\"vmid\":%s,\"node\":\"%s\",\"type\":\"%s\"%s}", row->g.vmid,
                 row->g.node, row->g.kind, s->details ? s->details : "");
    struct proximo_field fields[16], there[3];

    if (s->field_count > 13)
        return host->fail(b->ask.call, PROXIMO_EINTERNAL, "too many fields of one request");
    memcpy(fields, row->g.at, sizeof(row->g.at));
    memcpy(there, row->g.at, sizeof(there));
    if (s->field_count)
        memcpy(fields + 3, s->fields, s->field_count * sizeof(*fields));
    if (s->wait_node)
        there[0] = FIELD("node", s->wait_node);
    const struct proximo_step request = {ROW(proximo_step),
                                         .kind = PROXIMO_STEP_REQUEST,
                                         .flags = PROXIMO_STEP_FOLLOW | PROXIMO_STEP_CONTINUE,
                                         .name = ask_text(&b->ask, "guest-%s", row->g.vmid),
                                         .method = "POST",
                                         .path = s->path,
                                         .params = ROWS(fields, 3 + s->field_count)};
    const struct proximo_step seen = {ROW(proximo_step), .kind = PROXIMO_STEP_WAIT, .path = GUEST_STATUS,
                                      .params = ROWS(there, 3), .select = "/status",
                                      .wait_test = PROXIMO_WAIT_EQUALS, .wait_value = s->wait_value,
                                      .interval_ms = 1000, .deadline_ms = (uint64_t)s->deadline_s * 1000,
                                      /* It may be on its way to another node, or its lock be held. */
                                      .tolerate = "500,595,596,599"};
    if (!subject || !request.name)
        return PROXIMO_ENOMEM;
    int32_t r = host->subject(b->ask.call, s->operation_class, text_of(subject));
    if (r == PROXIMO_OK)
        r = host->step(b->ask.call, &request);
    return r == PROXIMO_OK ? host->postcondition(b->ask.call, &seen) : r;
}
