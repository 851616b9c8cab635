/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo plane-host`: closes itself off, loads the planes it is handed, then reads messages until the core
 * goes away. */
#include "plane/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "plane/planes.h"
#include "plane/sandbox.h"

struct host host = {.send_lock = PTHREAD_MUTEX_INITIALIZER,
                    .lock = PTHREAD_MUTEX_INITIALIZER,
                    .work = PTHREAD_COND_INITIALIZER};
_Thread_local struct host_plane *host_current_plane;
_Thread_local uint64_t host_current_call;

enum { EXIT_HOST_PROTOCOL = 3, EXIT_HOST_SANDBOX = 4 };

/* Without its core a host has nothing to live for, so a send that fails ends it. _exit: no destructor of a
 * plane runs. */
void host_send(const struct message_head *head, const void *body, size_t len)
{
    pthread_mutex_lock(&host.send_lock);
    int r = message_send(HOST_SOCKET, head, body, len);
    pthread_mutex_unlock(&host.send_lock);
    if (r < 0)
        _exit(EXIT_HOST_PROTOCOL);
}

void host_refuse(uint32_t plane, const struct problem *p)
{
    struct buf body CLEANUP_BUF = BUF_INIT(8192);

    body_put_cstr(&body, p->code);
    body_put_cstr(&body, p->cause);
    body_put_cstr(&body, p->next);
    host_send(&(struct message_head){.type = MESSAGE_REFUSED, .seq = plane}, body.data, body.len);
}

/* HELLO, then one LOAD for every plane: all descriptors are here before anything is closed off. */
static int receive_planes(char *packet)
{
    struct message_head head;
    size_t len;
    int fd = -1;

    if (message_recv(HOST_SOCKET, &head, packet, &len, &fd, 0) < 0 || head.type != MESSAGE_HELLO)
        return -EPROTO;
    struct body hello = {packet, len, false};
    uint32_t protocol = body_u32(&hello);
    host.plane_count = body_u32(&hello);
    host.landlock = body_u32(&hello) != 0;
    host.endpoints = body_u32(&hello) != 0;
    if (!body_end(&hello) || protocol != MESSAGE_PROTOCOL || host.plane_count > HOST_MAX_PLANES)
        return -EPROTO;
    for (uint32_t i = 0; i < host.plane_count; i++) {
        if (message_recv(HOST_SOCKET, &head, packet, &len, &fd, 0) < 0 || head.type != MESSAGE_LOAD ||
            fd < 0 || head.seq != i)
            return -EPROTO;
        struct body load = {packet, len, false};
        size_t name_len;
        const char *name = body_text(&load, &name_len);
        if (!body_end(&load) || name_len >= sizeof(host.planes[i].name))
            return -EPROTO;
        memcpy(host.planes[i].name, name, name_len);
        host.planes[i].fd = fd;
    }
    return 0;
}

static int close_off_and_load(void)
{
    int files[HOST_MAX_PLANES];

    for (uint32_t i = 0; i < host.plane_count; i++)
        files[i] = host.planes[i].fd;
    int r = sandbox_enter(host.landlock, host.endpoints, files, host.plane_count);
    if (r < 0)
        return r;
    host_load_all();
    r = sandbox_seal(host.endpoints);
    if (r < 0)
        return r;
    host_read_descriptors();
    host_send(&(struct message_head){.type = MESSAGE_SEALED}, NULL, 0);
    return 0;
}

/* Takes `body`, NULL when a large one could not be copied. */
static int dispatch(const struct message_head *head, char *bytes, size_t len)
{
    struct body body = {bytes, len, false};
    int r = 0;

    if (head->type == MESSAGE_ANSWER) {
        host_call_answer(head, bytes, len);
        return 0;
    }
    if (!bytes)
        return -ENOMEM;
    if (head->type == MESSAGE_OPEN && head->seq < host.plane_count) {
        size_t config_len;
        const char *config = body_text(&body, &config_len);
        host_open(head->seq, config, config_len);
    } else if (head->type == MESSAGE_CALL) {
        r = host_call_start(head, bytes, len);
    } else if (head->type == MESSAGE_CANCEL) {
        host_call_stop(head->call, head->code);
    } else if (head->type == MESSAGE_STOP) {
        host_calls_stop_all();
        host_close_all();
        _exit(0);
    } else {
        r = -EPROTO;
    }
    free(bytes);
    return r;
}

/* One message of the core: its body as malloc'd bytes, copied out of the memfd if it came in one. */
static int receive(char *packet)
{
    struct message_head head;
    size_t len;
    int fd = -1;
    char *bytes = NULL;

    int r = message_recv(HOST_SOCKET, &head, packet, &len, &fd, 0);
    if (r < 0)
        return r;
    if (head.flags & MESSAGE_MEMFD) {
        if (message_memfd_read(fd, head.length, &bytes) == 0)
            len = (size_t)head.length;
    } else {
        bytes = malloc(len + 1);
        if (bytes) {
            memcpy(bytes, packet, len);
            bytes[len] = '\0';
        }
    }
    if (head.type == MESSAGE_FD && fd >= 0 && !(head.flags & MESSAGE_MEMFD)) {
        host_call_fd(&head, fd);
        free(bytes);
        return 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return dispatch(&head, bytes, len);
}

int plane_host_main(void)
{
    char *packet = malloc(MESSAGE_INLINE);
    int r = packet ? sandbox_start() : -ENOMEM;

    if (r == 0 && receive_planes(packet) == 0) {
        host_crash_handlers();
        r = close_off_and_load();
        if (r < 0) {
            struct buf body CLEANUP_BUF = BUF_INIT(512);
            char text[128];
            (void)snprintf(text, sizeof(text), "the sandbox could not be set up: %s", strerror(-r));
            body_put_cstr(&body, text);
            host_send(
                &(struct message_head){.type = MESSAGE_LOG, .seq = UINT32_MAX, .code = PROXIMO_LOG_ERROR},
                body.data, body.len);
            _exit(EXIT_HOST_SANDBOX);
        }
        do
            r = receive(packet);
        while (r == 0);
    }
    _exit(r == -EPIPE ? 0 : EXIT_HOST_PROTOCOL);
}
