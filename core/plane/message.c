/* SPDX-License-Identifier: Apache-2.0 */
/* Packets and bodies of the messages between the core and a plane host. */
#include "plane/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int message_send_packet(int fd, const struct message_head *head, const void *body, size_t len, int pass_fd,
                        int flags)
{
    struct message_head copy = *head;
    struct iovec iov[2] = {{&copy, sizeof(copy)}, {(void *)(uintptr_t)body, len}};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = len ? 2 : 1};

    if (!(copy.flags & MESSAGE_MEMFD))
        copy.length = len;
    if (pass_fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
    }
    ssize_t n;
    do
        n = sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int message_send(int fd, const struct message_head *head, const void *body, size_t len)
{
    struct message_head piece = *head;
    const char *at = body;

    for (;;) {
        size_t n = len > MESSAGE_INLINE ? MESSAGE_INLINE : len;
        piece.flags = len > n ? MESSAGE_MORE : 0;
        int r = message_send_packet(fd, &piece, at, n, -1, 0);
        if (r < 0 || len == n)
            return r;
        at += n;
        len -= n;
    }
}

static int take_fd(struct msghdr *msg)
{
    int found = -1;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
            memcpy(&found, CMSG_DATA(c), sizeof(int));
    return found;
}

int message_recv(int fd, struct message_head *ret_head, void *body, size_t *ret_len, int *ret_fd, int flags)
{
    struct message_head head;
    struct iovec iov[2] = {{&head, sizeof(head)}, {body, MESSAGE_INLINE}};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

    if (ret_fd) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
    }
    ssize_t n;
    do
        n = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -EPIPE;
    CLEANUP_FD int passed = ret_fd ? take_fd(&msg) : -1;
    if ((size_t)n < sizeof(head) || (msg.msg_flags & MSG_TRUNC))
        return -EPROTO;
    size_t len = (size_t)n - sizeof(head);
    if (head.type == 0 || head.type >= MESSAGE_TYPES || (head.flags & ~(MESSAGE_MORE | MESSAGE_MEMFD)))
        return -EPROTO;
    if (head.flags & MESSAGE_MEMFD ? len != 0 || passed < 0 || head.length > MESSAGE_LIMIT
                                   : head.length != len)
        return -EPROTO;
    *ret_head = head;
    *ret_len = len;
    if (ret_fd) {
        *ret_fd = passed;
        passed = -1;
    }
    return 0;
}

int message_memfd(const void *bytes, size_t len)
{
    CLEANUP_FD int fd = memfd_create("proximo-answer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    int r = fd_write_all(fd, bytes, len);
    if (r < 0)
        return r;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return -errno;
    int taken = fd;
    fd = -1;
    return taken;
}

int message_memfd_read(int fd, uint64_t length, char **ret)
{
    if (length > MESSAGE_LIMIT)
        return -EPROTO;
    char *bytes = malloc((size_t)length + 1);
    if (!bytes)
        return -ENOMEM;
    for (size_t done = 0; done < length;) {
        ssize_t n = pread(fd, bytes + done, (size_t)length - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(bytes);
            return -EPROTO;
        }
        done += (size_t)n;
    }
    bytes[length] = '\0';
    *ret = bytes;
    return 0;
}

void body_put_u32(struct buf *b, uint32_t n)
{
    buf_add(b, &n, sizeof(n));
}

void body_put_u64(struct buf *b, uint64_t n)
{
    buf_add(b, &n, sizeof(n));
}

void body_put_text(struct buf *b, const char *text, size_t len)
{
    if (len > UINT32_MAX)
        len = UINT32_MAX; /* no buf holds that much: the addition below fails and sticks */
    body_put_u32(b, (uint32_t)len);
    buf_add(b, text, len);
}

void body_put_cstr(struct buf *b, const char *text)
{
    body_put_text(b, text ? text : "", text ? strlen(text) : 0);
}

static void body_take(struct body *body, void *into, size_t len)
{
    if (body->bad || body->left < len) {
        body->bad = true;
        memset(into, 0, len);
        return;
    }
    memcpy(into, body->at, len);
    body->at += len;
    body->left -= len;
}

uint32_t body_u32(struct body *body)
{
    uint32_t n;
    body_take(body, &n, sizeof(n));
    return n;
}

uint64_t body_u64(struct body *body)
{
    uint64_t n;
    body_take(body, &n, sizeof(n));
    return n;
}

const char *body_text(struct body *body, size_t *ret_len)
{
    size_t len = body_u32(body);

    if (body->bad || body->left < len) {
        body->bad = true;
        *ret_len = 0;
        return "";
    }
    const char *text = body->at;
    body->at += len;
    body->left -= len;
    *ret_len = len;
    return text;
}

char *body_dup(struct body *body, size_t limit)
{
    size_t len;
    const char *text = body_text(body, &len);

    if (!body->bad && len <= limit && !memchr(text, '\0', len)) {
        char *copy = malloc(len + 1);
        if (copy) {
            memcpy(copy, text, len);
            copy[len] = '\0';
            return copy;
        }
    }
    body->bad = true;
    return NULL;
}

bool body_end(const struct body *body)
{
    return !body->bad && body->left == 0;
}
