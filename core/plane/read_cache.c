/* SPDX-License-Identifier: Apache-2.0 */
/* The reads of one plan: an entry per request, made by the first who asks, waited for by the others. */
#include "plane/read_cache.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "plane/scan.h"
#include "plane/site_inner.h"

#define ENTRIES_MOST 16384u /* the configurations of 10,000 guests and what is looked at beside them */
#define KEY_MOST     ((size_t)256 << 10)

struct read_entry {
    struct read_entry *next;
    char *key; /* path?query, percent-encoded */
    struct flight flight;
    struct site_answer answer;
    struct json_span data;
    struct problem problem;
};

struct read_cache {
    struct site *site;
    pthread_mutex_t lock; /* the entries, not what is in them */
    struct read_entry *entries;
    void *by_key; /* the same ones, for tsearch(3) */
    size_t count;
};

int read_cache_new(struct site *site, struct read_cache **ret)
{
    struct read_cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        return -ENOMEM;
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return -ENOMEM;
    }
    cache->site = site;
    *ret = cache;
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct read_entry *)a)->key, ((const struct read_entry *)b)->key);
}

static void forget_node(void *entry)
{
    (void)entry; /* the list frees it */
}

void read_cache_clear(struct read_cache *cache)
{
    tdestroy(cache->by_key, forget_node);
    cache->by_key = NULL;
    while (cache->entries) {
        struct read_entry *entry = cache->entries;
        cache->entries = entry->next;
        site_answer_done(&entry->answer);
        flight_done(&entry->flight);
        free(entry->key);
        free(entry);
    }
    cache->count = 0;
}

void read_cache_free(struct read_cache *cache)
{
    if (!cache)
        return;
    read_cache_clear(cache);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static char *key_make(const char *path, const struct http_field *fields, size_t field_count)
{
    struct buf key CLEANUP_BUF = BUF_INIT(KEY_MOST);

    buf_str(&key, path);
    for (size_t i = 0; i < field_count; i++) {
        buf_char(&key, i ? '&' : '?');
        buf_percent(&key, fields[i].name, strlen(fields[i].name));
        buf_char(&key, '=');
        buf_percent(&key, fields[i].value, fields[i].value_len);
    }
    return buf_take(&key, NULL);
}

static struct read_entry *entry_new(char *key)
{
    struct read_entry *entry = calloc(1, sizeof(*entry));

    if (entry && flight_init(&entry->flight) < 0) {
        free(entry);
        entry = NULL;
    }
    if (entry)
        entry->key = key;
    else
        free(key);
    return entry;
}

/* The entry of this key, made if need be. Takes key. Entries stay where they are until the cache is cleared.
 */
static struct read_entry *entry_find(struct read_cache *cache, char *key)
{
    const struct read_entry wanted = {.key = key};

    (void)pthread_mutex_lock(&cache->lock);
    struct read_entry **found = tfind(&wanted, &cache->by_key, compare_keys);
    struct read_entry *entry = found ? *found : NULL;
    bool made = !entry && cache->count < ENTRIES_MOST;
    if (made) {
        entry = entry_new(key);
    } else {
        free(key);
    }
    if (made && entry) {
        entry->next = cache->entries;
        cache->entries = entry;
        cache->count++;
        if (!tsearch(entry, &cache->by_key, compare_keys)) {
            cache->entries = entry->next;
            cache->count--;
            flight_done(&entry->flight);
            free(entry->key);
            free(entry);
            entry = NULL;
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return entry;
}

/* Did the site (or the way to it) fail, rather than this caller or this request? Only that is an answer. */
static bool is_no_answer(const struct problem *p, int error)
{
    static const char *const kept[] = {PX_CONNECT, PX_TLS, PX_BAD_ANSWER, PX_SECRET_FILE, PX_TOO_LARGE};

    if (error == -ECANCELED || error == -ENOMEM)
        return false;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (strcmp(p->code, kept[i]) == 0)
            return true;
    return false;
}

/* The request itself; 0 when there is something to keep. A timeout of the site before the caller's own end is
 * the site's: no answer. */
static int fetch(struct read_cache *cache, const struct site_call *call, const char *path,
                 const struct http_field *fields, size_t field_count, struct site_answer *ret,
                 struct problem *p)
{
    int64_t until = site_deadline(cache->site, call);
    int r = site_get_text(cache->site, call, path, fields, field_count, true, ret, p);

    if (r == -ETIMEDOUT && until != call->deadline_ms)
        r = 0;
    return r < 0 && is_no_answer(p, r) ? 0 : r;
}

static void entry_fill(struct read_entry *entry, struct site_answer *answer, const struct problem *problem,
                       const char *path)
{
    static const char *const names[] = {"data"};

    entry->answer = *answer;
    entry->problem = *problem;
    if (answer->raw && answer->status < 400)
        scan_find((struct json_span){answer->raw, answer->raw_len}, names, 1, &entry->data);
    if (answer->status >= 400) {
        /* The words of the problem are made where every refusal's are made. */
        struct http_answer http = {
            .status = answer->status, .body = answer->raw, .body_len = answer->raw_len};
        (void)http_answer_problem(&http, "GET", path, &entry->problem);
    }
}

int read_cache_get(struct read_cache *cache, const struct site_call *call, const char *path,
                   const struct http_field *fields, size_t field_count, struct cached_answer *ret,
                   struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    bool leader = false;
    char *key = key_make(path, fields, field_count);
    struct read_entry *entry = key ? entry_find(cache, key) : NULL;

    if (!p)
        p = &local;
    if (!entry)
        return problem_set(p, -ENOMEM, PX_TOO_LARGE,
                           "a plan reads at most %u things, each named by at most %zu bytes", ENTRIES_MOST,
                           KEY_MOST);
    int r = flight_enter(&entry->flight, call, 0, &leader, p);
    if (r < 0)
        return r;
    if (leader) {
        struct site_answer answer = {0};
        struct problem problem = PROBLEM_INIT;
        r = fetch(cache, call, path, fields, field_count, &answer, &problem);
        (void)pthread_mutex_lock(&entry->flight.lock);
        if (r == 0)
            entry_fill(entry, &answer, &problem, path);
        else
            *p = problem;
        flight_end(&entry->flight, r, &problem);
    }
    if (r == 0)
        *ret = (struct cached_answer){
            .status = entry->answer.status,
            .data = entry->data.ptr,
            .data_len = entry->data.len,
            .whole = entry->answer.status < 400 ? entry->answer.raw : NULL,
            .whole_len = entry->answer.status < 400 ? entry->answer.raw_len : 0,
            .problem = entry->answer.status == 0 || entry->answer.status >= 400 ? &entry->problem : NULL,
        };
    (void)pthread_mutex_unlock(&entry->flight.lock);
    return r;
}
