/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret arguments between plan and apply: in pages of their own that are not swapped and not dumped, under
 * the plan's id, wiped when the plan is applied or has expired. A plan holds a keyed commitment instead.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"
#include "trust/secret_source.h"

#define SECRETS_MOST 256u
#define ONCE_RUN_S   (2 * 86400) /* so long a run may take before what it is to show is wiped */

struct secret_entry {
    struct secret_entry *next;
    char plan_id[PLAN_ID_SIZE];
    char *name;
    int64_t expires_s;
    enum once_kind once; /* it outlives the run and is shown after it */
    char *value;         /* pages of its own */
    size_t len, room;
};

static void entry_free(struct secret_entry *entry)
{
    if (entry->value) {
        explicit_bzero(entry->value, entry->room);
        (void)munmap(entry->value, entry->room);
    }
    free(entry->name);
    free(entry);
}

/* Wipes what `gone` says. With the lock held. plan_id NULL: by expiry alone. */
static size_t sweep(struct trust *trust, const char *plan_id, bool all)
{
    const int64_t now = clock_wall_us() / 1000000;
    size_t left = 0;

    for (struct secret_entry **at = &trust->secrets; *at;) {
        struct secret_entry *entry = *at;
        if (all || entry->expires_s <= now ||
            (plan_id && entry->once == ONCE_NONE && strcmp(entry->plan_id, plan_id) == 0)) {
            *at = entry->next;
            entry_free(entry);
        } else {
            left++;
            at = &entry->next;
        }
    }
    return left;
}

static struct secret_entry *entry_new(const char *plan_id, int64_t expires_s, const char *name,
                                      const char *value, size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct secret_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->room = (len / page + 1) * page;
    entry->name = text_dup(name);
    void *pages = mmap(NULL, entry->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!entry->name || pages == MAP_FAILED) {
        if (pages != MAP_FAILED)
            (void)munmap(pages, entry->room);
        free(entry->name);
        free(entry);
        return NULL;
    }
    /* Best effort: an unprivileged process may lock little. */
    (void)mlock(pages, entry->room);
    (void)madvise(pages, entry->room, MADV_DONTDUMP);
    (void)madvise(pages, entry->room, MADV_WIPEONFORK);
    entry->value = pages;
    memcpy(entry->value, value, len);
    entry->len = len;
    entry->expires_s = expires_s;
    memcpy(entry->plan_id, plan_id, sizeof(entry->plan_id) - 1);
    return entry;
}

static int keep(struct trust *trust, const char *plan_id, int64_t expires_s, enum once_kind once,
                const char *name, const char *value, size_t len)
{
    if (strlen(plan_id) != PLAN_ID_SIZE - 1)
        return -EINVAL;
    if (len > BUILD_SECRET_LIMIT)
        return -EFBIG;
    struct secret_entry *entry = entry_new(plan_id, expires_s, name, value, len);
    if (!entry)
        return -ENOMEM;
    entry->once = once;
    pthread_mutex_lock(&trust->secrets_mutex);
    const bool room = sweep(trust, NULL, false) < SECRETS_MOST;
    if (room) {
        entry->next = trust->secrets;
        trust->secrets = entry;
    }
    pthread_mutex_unlock(&trust->secrets_mutex);
    if (!room)
        entry_free(entry);
    return room ? 0 : -EBUSY;
}

int secret_keep(struct trust *trust, const char *plan_id, int64_t expires_s, const char *name,
                const char *value, size_t len)
{
    return keep(trust, plan_id, expires_s, ONCE_NONE, name, value, len);
}

int secret_keep_once(struct trust *trust, const char *plan_id, enum once_kind kind, const char *name,
                     const char *value, size_t len)
{
    return keep(trust, plan_id, clock_wall_us() / 1000000 + ONCE_RUN_S, kind, name, value, len);
}

int secret_use(struct trust *trust, const char *plan_id, const char *name,
               int (*use)(void *arg, const char *value, size_t len), void *arg)
{
    int r = -ENOENT;

    pthread_mutex_lock(&trust->secrets_mutex);
    (void)sweep(trust, NULL, false);
    for (struct secret_entry *entry = trust->secrets; entry; entry = entry->next) {
        if (entry->once != ONCE_RETURNED && strcmp(entry->plan_id, plan_id) == 0 &&
            strcmp(entry->name, name) == 0) {
            r = use(arg, entry->value, entry->len);
            break;
        }
    }
    pthread_mutex_unlock(&trust->secrets_mutex);
    return r;
}

void secret_forget(struct trust *trust, const char *plan_id)
{
    pthread_mutex_lock(&trust->secrets_mutex);
    (void)sweep(trust, plan_id, plan_id == NULL);
    pthread_mutex_unlock(&trust->secrets_mutex);
}

size_t secret_once_names(struct trust *trust, const char *plan_id, enum once_kind kind, struct buf *out)
{
    size_t count = 0;

    pthread_mutex_lock(&trust->secrets_mutex);
    (void)sweep(trust, NULL, false);
    buf_char(out, '[');
    for (const struct secret_entry *entry = trust->secrets; entry; entry = entry->next) {
        if (entry->once != kind || strcmp(entry->plan_id, plan_id) != 0)
            continue;
        json_put_comma(out);
        json_put_cstr(out, entry->name);
        count++;
    }
    buf_char(out, ']');
    pthread_mutex_unlock(&trust->secrets_mutex);
    return count;
}

size_t secret_once_take(struct trust *trust, const char *plan_id, enum once_kind kind, struct buf *out)
{
    size_t count = 0;

    pthread_mutex_lock(&trust->secrets_mutex);
    (void)sweep(trust, NULL, false);
    buf_char(out, '{');
    for (struct secret_entry *entry = trust->secrets; entry; entry = entry->next) {
        if (entry->once != kind || strcmp(entry->plan_id, plan_id) != 0)
            continue;
        json_put_key(out, entry->name);
        json_put_string(out, entry->value, entry->len);
        if (buf_ok(out))
            entry->expires_s = 0;
        count++;
    }
    buf_char(out, '}');
    (void)sweep(trust, NULL, false);
    pthread_mutex_unlock(&trust->secrets_mutex);
    return count;
}

void secret_once_end(struct trust *trust, const char *plan_id, int64_t expires_s)
{
    pthread_mutex_lock(&trust->secrets_mutex);
    for (struct secret_entry *entry = trust->secrets; entry; entry = entry->next) {
        if (entry->once != ONCE_NONE && strcmp(entry->plan_id, plan_id) == 0)
            entry->expires_s = expires_s;
    }
    (void)sweep(trust, NULL, false);
    pthread_mutex_unlock(&trust->secrets_mutex);
}

int secret_commitment(struct trust *trust, const char *nonce, const char *name, const char *value, size_t len,
                      char ret_hex[65])
{
    /* With their NULs, so that no name runs into a value. */
    const struct crypto_piece pieces[] = {{nonce, strlen(nonce) + 1}, {name, strlen(name) + 1}, {value, len}};
    unsigned char mac[32];

    if (!trust->crypto ||
        trust->crypto->hmac(trust->secret_key, sizeof(trust->secret_key), pieces, 3, mac) < 0)
        return -ENOMEM;
    text_hex(mac, sizeof(mac), ret_hex);
    return 0;
}
