/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

struct worker {
    struct worker *next;
    void *(*run)(void *arg);
    void *arg;
    pthread_t thread;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct worker *ended; /* with the mutex, as below: to be joined */
static size_t running;

/* `thread` is written by the starter, who holds the mutex until it stands. */
static void *worker_main(void *arg)
{
    struct worker *worker = arg;

    (void)worker->run(worker->arg);
    (void)pthread_mutex_lock(&mutex);
    worker->next = ended;
    ended = worker;
    running--;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
    return NULL;
}

static void join_all(struct worker *list)
{
    while (list) {
        struct worker *worker = list;
        list = worker->next;
        (void)pthread_join(worker->thread, NULL);
        free(worker);
    }
}

int thread_start(void *(*run)(void *), void *arg, size_t stack_bytes)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    pthread_attr_t attr;

    if (!worker)
        return -ENOMEM;
    int r = pthread_attr_init(&attr);
    if (r != 0) {
        free(worker);
        return -r;
    }
    worker->run = run;
    worker->arg = arg;
    (void)pthread_attr_setstacksize(&attr, stack_bytes);
    (void)pthread_mutex_lock(&mutex);
    struct worker *old = ended;
    ended = NULL;
    r = pthread_create(&worker->thread, &attr, worker_main, worker);
    running += r == 0;
    (void)pthread_mutex_unlock(&mutex);
    (void)pthread_attr_destroy(&attr);
    join_all(old);
    if (r != 0)
        free(worker);
    return -r;
}

bool threads_settle(int64_t deadline_ms)
{
    const struct timespec until = clock_timespec(deadline_ms);

    (void)pthread_mutex_lock(&mutex);
    while (running && clock_ms() < deadline_ms)
        (void)pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &until);
    struct worker *old = ended;
    ended = NULL;
    const bool all = running == 0;
    (void)pthread_mutex_unlock(&mutex);
    join_all(old);
    return all;
}
