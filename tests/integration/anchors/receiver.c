/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver over plain TCP. */
#include "tests/integration/anchors/receiver.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/http/hostile.h"

static void take(struct receiver *receiver, int fd)
{
    const struct linger hard = {.l_onoff = 1};
    char piece[4096];
    ssize_t n;

    if (receiver->resets) {
        n = read(fd, piece, 10);
        (void)n;
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        return;
    }
    while ((n = read(fd, piece, sizeof(piece))) > 0) {
        pthread_mutex_lock(&receiver->lock);
        if (receiver->len + (size_t)n < sizeof(receiver->bytes)) {
            memcpy(receiver->bytes + receiver->len, piece, (size_t)n);
            receiver->len += (size_t)n;
        }
        pthread_mutex_unlock(&receiver->lock);
    }
}

static void *receiver_main(void *arg)
{
    struct receiver *receiver = arg;
    int fd;

    while ((fd = accept4(receiver->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        take(receiver, fd);
        close(fd);
    }
    return NULL;
}

void receiver_start(struct receiver *receiver, bool resets)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    memset(receiver, 0, sizeof(*receiver));
    receiver->resets = resets;
    pthread_mutex_init(&receiver->lock, NULL);
    receiver->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(receiver->fd >= 0);
    assert_int_equal(bind(receiver->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(receiver->fd, 8), 0);
    assert_int_equal(getsockname(receiver->fd, (struct sockaddr *)&address, &len), 0);
    snprintf(receiver->url, sizeof(receiver->url), "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&receiver->thread, NULL, receiver_main, receiver), 0);
}

void receiver_stop(struct receiver *receiver)
{
    shutdown(receiver->fd, SHUT_RDWR);
    pthread_join(receiver->thread, NULL);
    close(receiver->fd);
    pthread_mutex_destroy(&receiver->lock);
}

bool receiver_has(struct receiver *receiver, size_t len)
{
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&receiver->lock);
        const bool has = receiver->len >= len;
        pthread_mutex_unlock(&receiver->lock);
        if (has)
            return true;
        hostile_pause(10);
    }
    return false;
}
