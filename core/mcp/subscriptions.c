/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/subscriptions.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "mcp/message.h"
#include "mcp/output.h"

#define LISTENS_MOST 64
#define URIS_MOST    1000 /* of one subscription */
#define URI_MOST     2048
#define LINE_BYTES   ((size_t)256 << 10)

struct listen {
    struct listen *next;
    char *id; /* its JSON; NULL: the legacy client's own */
    bool lists[LIST_KINDS];
    struct json_object *uris; /* a set */
};

struct subscriptions {
    struct output *output;
    pthread_mutex_t mutex; /* the rest; held while a line is queued, so that lines keep their order */
    struct listen legacy;
    struct listen *first;
    size_t count;
};

static const struct {
    const char *filter, *method;
} lists[] = {
    [LIST_TOOLS] = {"toolsListChanged", "notifications/tools/list_changed"},
    [LIST_RESOURCES] = {"resourcesListChanged", "notifications/resources/list_changed"},
    [LIST_PROMPTS] = {"promptsListChanged", "notifications/prompts/list_changed"},
};

int subscriptions_new(struct output *output, struct subscriptions **ret)
{
    struct subscriptions *subscriptions = calloc(1, sizeof(*subscriptions));

    if (!subscriptions)
        return -ENOMEM;
    subscriptions->output = output;
    (void)pthread_mutex_init(&subscriptions->mutex, NULL);
    subscriptions->legacy.uris = json_object_new_object();
    *ret = subscriptions;
    return 0;
}

static void listen_free(struct listen *listen)
{
    json_object_put(listen->uris);
    free(listen->id);
    free(listen);
}

void subscriptions_free(struct subscriptions *subscriptions)
{
    if (!subscriptions)
        return;
    while (subscriptions->first) {
        struct listen *listen = subscriptions->first;

        subscriptions->first = listen->next;
        listen_free(listen);
    }
    json_object_put(subscriptions->legacy.uris);
    (void)pthread_mutex_destroy(&subscriptions->mutex);
    free(subscriptions);
}

/* One notification, with the mutex held. */
static void send_line(struct subscriptions *subscriptions, const struct listen *listen, const char *method,
                      const char *uri, struct json_object *granted)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LINE_BYTES);

    buf_str(&line, "{\"jsonrpc\":\"2.0\",");
    json_put_key_string(&line, "method", method);
    buf_str(&line, ",\"params\":{");
    if (uri)
        json_put_key_string(&line, "uri", uri);
    if (granted) {
        json_put_key(&line, "notifications");
        json_put_value(&line, granted);
    }
    if (listen->id) {
        json_put_comma(&line);
        buf_str(&line, "\"_meta\":{\"" MCP_META "subscriptionId\":");
        buf_str(&line, listen->id);
        buf_char(&line, '}');
    }
    buf_str(&line, "}}\n");
    /* A reader that is so slow that lines are dropped reads again anyway: the news is only that there is
     * some. */
    if (buf_ok(&line))
        (void)output_offer(subscriptions->output, line.data, line.len);
}

void subscriptions_end(struct subscriptions *subscriptions)
{
    (void)pthread_mutex_lock(&subscriptions->mutex);
    while (subscriptions->first) {
        struct listen *listen = subscriptions->first;
        CLEANUP_BUF struct buf line = BUF_INIT(LINE_BYTES);

        answer_begin(&line, listen->id);
        answer_end_listen(&line, listen->id);
        if (buf_ok(&line))
            (void)output_offer(subscriptions->output, line.data, line.len);
        subscriptions->first = listen->next;
        subscriptions->count--;
        listen_free(listen);
    }
    (void)pthread_mutex_unlock(&subscriptions->mutex);
}

/* ---------------------------------------------------------------- legacy */

static void legacy_lists(struct subscriptions *subscriptions, bool on)
{
    for (int i = 0; i < LIST_KINDS; i++)
        subscriptions->legacy.lists[i] = on;
}

void subscriptions_legacy(struct subscriptions *subscriptions)
{
    (void)pthread_mutex_lock(&subscriptions->mutex);
    legacy_lists(subscriptions, true);
    (void)pthread_mutex_unlock(&subscriptions->mutex);
}

static int add_uri(struct json_object *uris, const char *uri)
{
    if (json_object_object_length(uris) >= URIS_MOST || strlen(uri) > URI_MOST)
        return -E2BIG;
    return json_object_object_add(uris, uri, NULL) < 0 ? -ENOMEM : 0;
}

int subscriptions_add(struct subscriptions *subscriptions, const char *uri)
{
    int r;

    (void)pthread_mutex_lock(&subscriptions->mutex);
    r = add_uri(subscriptions->legacy.uris, uri);
    (void)pthread_mutex_unlock(&subscriptions->mutex);
    return r;
}

void subscriptions_remove(struct subscriptions *subscriptions, const char *uri)
{
    (void)pthread_mutex_lock(&subscriptions->mutex);
    json_object_object_del(subscriptions->legacy.uris, uri);
    (void)pthread_mutex_unlock(&subscriptions->mutex);
}

/* ---------------------------------------------------------------- modern */

/* What of the filter is granted, as the acknowledgement says it. NULL without memory; -E2BIG in *ret_r. */
static struct json_object *grant(struct listen *listen, struct json_object *filter, bool may_change,
                                 int *ret_r)
{
    struct json_object *granted = json_object_new_object(), *uris = NULL;

    for (int i = 0; granted && i < LIST_KINDS; i++) {
        bool wanted = false;

        listen->lists[i] = json_get_bool(filter, lists[i].filter, &wanted) == 0 && wanted && may_change &&
                           json_object_object_add(granted, lists[i].filter, json_object_new_boolean(1)) == 0;
    }
    if (granted && json_get(filter, "resourceSubscriptions", json_type_array, &uris) == 0) {
        for (size_t i = 0; *ret_r == 0 && i < json_object_array_length(uris); i++) {
            const char *uri = json_object_get_string(json_object_array_get_idx(uris, i));

            *ret_r = uri ? add_uri(listen->uris, uri) : 0;
        }
        (void)json_object_object_add(granted, "resourceSubscriptions", json_object_get(uris));
    }
    return granted;
}

static struct listen *listen_new(const char *id)
{
    struct listen *listen = calloc(1, sizeof(*listen));

    if (!listen)
        return NULL;
    listen->id = text_dup(id);
    listen->uris = json_object_new_object();
    if (listen->id && listen->uris)
        return listen;
    listen_free(listen);
    return NULL;
}

int subscriptions_listen(struct subscriptions *subscriptions, const char *id, struct json_object *filter,
                         bool may_change)
{
    struct listen *listen = listen_new(id);
    struct json_object *granted CLEANUP_JSON = NULL;
    int r = listen ? 0 : -ENOMEM;

    if (r == 0)
        granted = grant(listen, filter, may_change, &r);
    if (r == 0 && !granted)
        r = -ENOMEM;
    (void)pthread_mutex_lock(&subscriptions->mutex);
    if (r == 0 && subscriptions->count >= LISTENS_MOST)
        r = -E2BIG;
    if (r == 0) {
        listen->next = subscriptions->first;
        subscriptions->first = listen;
        subscriptions->count++;
        send_line(subscriptions, listen, "notifications/subscriptions/acknowledged", NULL, granted);
    }
    (void)pthread_mutex_unlock(&subscriptions->mutex);
    if (r < 0 && listen)
        listen_free(listen);
    return r;
}

static struct listen **place_of(struct subscriptions *subscriptions, const char *id)
{
    struct listen **place = &subscriptions->first;

    while (*place && strcmp((*place)->id, id) != 0)
        place = &(*place)->next;
    return place;
}

bool subscriptions_has(struct subscriptions *subscriptions, const char *id)
{
    bool has;

    (void)pthread_mutex_lock(&subscriptions->mutex);
    has = *place_of(subscriptions, id) != NULL;
    (void)pthread_mutex_unlock(&subscriptions->mutex);
    return has;
}

bool subscriptions_cancel(struct subscriptions *subscriptions, const char *id)
{
    struct listen **place, *listen;

    (void)pthread_mutex_lock(&subscriptions->mutex);
    place = place_of(subscriptions, id);
    listen = *place;
    if (listen) {
        *place = listen->next;
        subscriptions->count--;
        listen_free(listen);
    }
    (void)pthread_mutex_unlock(&subscriptions->mutex);
    return listen != NULL;
}

/* ---------------------------------------------------------------- news */

void subscriptions_list_changed(struct subscriptions *subscriptions, enum list_kind kind)
{
    (void)pthread_mutex_lock(&subscriptions->mutex);
    if (subscriptions->legacy.lists[kind])
        send_line(subscriptions, &subscriptions->legacy, lists[kind].method, NULL, NULL);
    for (const struct listen *listen = subscriptions->first; listen; listen = listen->next) {
        if (listen->lists[kind])
            send_line(subscriptions, listen, lists[kind].method, NULL, NULL);
    }
    (void)pthread_mutex_unlock(&subscriptions->mutex);
}

void subscriptions_updated(struct subscriptions *subscriptions, const char *uri)
{
    static const char method[] = "notifications/resources/updated";

    (void)pthread_mutex_lock(&subscriptions->mutex);
    if (json_object_object_get_ex(subscriptions->legacy.uris, uri, NULL))
        send_line(subscriptions, &subscriptions->legacy, method, uri, NULL);
    for (const struct listen *listen = subscriptions->first; listen; listen = listen->next) {
        if (json_object_object_get_ex(listen->uris, uri, NULL))
            send_line(subscriptions, listen, method, uri, NULL);
    }
    (void)pthread_mutex_unlock(&subscriptions->mutex);
}
