/* SPDX-License-Identifier: Apache-2.0 */
/* The cancellation token: an atomic flag for those who look, one hook under a lock for the one who waits. */
#include "base/cancel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct cancel {
    atomic_uint refs;
    atomic_bool set;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a running hook has ended */
    void (*hook)(void *);
    void *arg;
    bool running;
};

struct cancel *cancel_new(void)
{
    struct cancel *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    atomic_init(&c->refs, 1);
    atomic_init(&c->set, false);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->ended, NULL);
    return c;
}

struct cancel *cancel_ref(struct cancel *c)
{
    if (c)
        (void)atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void cancel_unref(struct cancel *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    (void)pthread_cond_destroy(&c->ended);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Runs the hook, if there is one, outside the lock. The lock is held on entry and on return. */
static void run_hook(struct cancel *c)
{
    void (*hook)(void *) = c->hook;
    void *arg = c->arg;

    if (!hook)
        return;
    c->hook = NULL;
    c->running = true;
    (void)pthread_mutex_unlock(&c->lock);
    hook(arg);
    (void)pthread_mutex_lock(&c->lock);
    c->running = false;
    (void)pthread_cond_broadcast(&c->ended);
}

void cancel_set(struct cancel *c)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    if (!atomic_exchange(&c->set, true))
        run_hook(c);
    (void)pthread_mutex_unlock(&c->lock);
}

bool cancel_is_set(const struct cancel *c)
{
    return c && atomic_load(&c->set);
}

void cancel_hook(struct cancel *c, void (*hook)(void *), void *arg)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    while (c->running) /* the last one's hook still runs */
        (void)pthread_cond_wait(&c->ended, &c->lock);
    c->hook = hook;
    c->arg = arg;
    if (atomic_load(&c->set))
        run_hook(c);
    (void)pthread_mutex_unlock(&c->lock);
}

void cancel_unhook(struct cancel *c)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->hook = NULL;
    while (c->running)
        (void)pthread_cond_wait(&c->ended, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
}
