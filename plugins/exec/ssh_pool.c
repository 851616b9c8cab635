/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURN_MS 20 /* between two looks whether it is our turn */

struct node {
    struct node *next;
    unsigned connecting;
    char name[];
};

struct ssh_pool {
    pthread_mutex_t lock;
    int64_t idle_ms;
    struct ssh_session *idle; /* the one given back last comes first */
    struct node *nodes;
};

struct ssh_pool *ssh_pool_new(int64_t idle_ms)
{
    struct ssh_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->lock, NULL);
    pool->idle_ms = idle_ms;
    return pool;
}

static void close_all(struct ssh_session *list)
{
    while (list) {
        struct ssh_session *next = list->next;
        ssh_session_close(list, true);
        list = next;
    }
}

void ssh_pool_free(struct ssh_pool *pool)
{
    if (!pool)
        return;
    close_all(pool->idle);
    while (pool->nodes) {
        struct node *next = pool->nodes->next;
        free(pool->nodes);
        pool->nodes = next;
    }
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Under the lock: takes the sessions out of the pool that are too old, and the first one to node (may be
 * NULL). */
static struct ssh_session *sort_out(struct ssh_pool *pool, const char *node, struct ssh_session **ret_old)
{
    struct ssh_session **at = &pool->idle, *found = NULL;
    int64_t oldest = ssh_now_ms() - pool->idle_ms;

    while (*at) {
        struct ssh_session *session = *at;
        bool old = session->idle_since < oldest;
        if (!old && (found || !node || strcmp(session->node, node) != 0)) {
            at = &session->next;
            continue;
        }
        *at = session->next;
        session->next = NULL;
        if (old) {
            session->next = *ret_old;
            *ret_old = session;
        } else {
            found = session;
        }
    }
    return found;
}

struct ssh_session *ssh_pool_take(struct ssh_pool *pool, const struct ssh_work *work)
{
    for (;;) {
        struct ssh_session *old = NULL;
        (void)pthread_mutex_lock(&pool->lock);
        struct ssh_session *session = sort_out(pool, work->run->node, &old);
        (void)pthread_mutex_unlock(&pool->lock);
        close_all(old);
        if (!session || ssh_session_usable(work, session))
            return session;
        ssh_session_close(session, false);
    }
}

void ssh_pool_give(struct ssh_pool *pool, struct ssh_session *session)
{
    struct ssh_session *old = NULL;
    unsigned count = 0;

    session->idle_since = ssh_now_ms();
    (void)pthread_mutex_lock(&pool->lock);
    (void)sort_out(pool, NULL, &old);
    for (const struct ssh_session *other = pool->idle; other; other = other->next)
        count += strcmp(other->node, session->node) == 0;
    if (pool->idle_ms > 0 && count < SSH_IDLE_MOST) {
        session->next = pool->idle;
        pool->idle = session;
        session = NULL;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    close_all(old);
    ssh_session_close(session, true);
}

/* Under the lock. NULL without memory. */
static struct node *node_of(struct ssh_pool *pool, const char *name)
{
    size_t len = strlen(name) + 1;
    struct node *node = pool->nodes;

    while (node && strcmp(node->name, name) != 0)
        node = node->next;
    if (!node && (node = calloc(1, sizeof(*node) + len)) != NULL) {
        memcpy(node->name, name, len);
        node->next = pool->nodes;
        pool->nodes = node;
    }
    return node;
}

int32_t ssh_pool_connect(struct ssh_pool *pool, const struct ssh_work *work, struct ssh_session **ret)
{
    const struct timespec pause = {.tv_nsec = TURN_MS * 1000000L};
    const struct backend_run *run = work->run;
    struct node *node = NULL;
    bool turn = false;

    for (;;) {
        (void)pthread_mutex_lock(&pool->lock);
        node = node_of(pool, run->node);
        turn = node && node->connecting < SSH_CONNECT_MOST;
        if (turn)
            node->connecting++;
        (void)pthread_mutex_unlock(&pool->lock);
        if (!node)
            return run->host->fail(run->call, PROXIMO_ENOMEM, "no memory for a connection to %s", run->node);
        if (turn)
            break;
        int32_t over = ssh_work_over(work);
        if (over)
            return ssh_work_fail(work, over, "waiting for other connections to the node to be made");
        (void)nanosleep(&pause, NULL);
    }
    int32_t r = ssh_session_open(work, ret);
    (void)pthread_mutex_lock(&pool->lock);
    node->connecting--;
    (void)pthread_mutex_unlock(&pool->lock);
    return r;
}
