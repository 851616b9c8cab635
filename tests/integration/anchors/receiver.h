/* SPDX-License-Identifier: Apache-2.0 */
/* A receiver over plain TCP on loopback, in a thread of the test: keeps what it gets, or resets. */
#ifndef PROXIMO_TESTS_ANCHORS_RECEIVER_H
#define PROXIMO_TESTS_ANCHORS_RECEIVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct receiver {
    int fd;
    char url[64]; /* tcp://127.0.0.1:PORT */
    bool resets;  /* closes in the middle of what it gets */
    pthread_t thread;
    pthread_mutex_t lock;
    char bytes[65536]; /* with the lock */
    size_t len;
};

void receiver_start(struct receiver *receiver, bool resets);
void receiver_stop(struct receiver *receiver);
/* Waits until so many bytes are there, five seconds at most. */
bool receiver_has(struct receiver *receiver, size_t len);

#endif
