/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts of URLs compared, and the first line that an ssh server says. Source: RFC 4253, 4.2. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "doctor/exec.h"

#define BANNER_LINES 8 /* a server may say other lines first */

bool exec_url_host(const char *url, char ret_host[EXEC_HOST_SIZE], uint16_t *ret_port)
{
    const char *at = strstr(url, "://");
    char digits[8] = "";
    uint64_t port = 0;
    size_t len;

    if (!at)
        return false;
    at += 3;
    if (*at == '[') {
        len = strcspn(++at, "]");
        if (!at[len])
            return false;
    } else {
        len = strcspn(at, ":/");
    }
    if (len == 0 || len >= EXEC_HOST_SIZE)
        return false;
    memcpy(ret_host, at, len);
    ret_host[len] = '\0';
    at += len + (at[len] == ']');
    if (*at == ':') {
        const size_t n = strcspn(++at, "/");
        if (n >= sizeof(digits))
            return false;
        memcpy(digits, at, n);
        if (text_to_u64(digits, 65535, &port) < 0)
            return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

static struct addrinfo *addresses(const char *host, bool resolve)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = resolve ? 0 : AI_NUMERICHOST};
    struct addrinfo *list = NULL;

    return getaddrinfo(host, NULL, &hints, &list) == 0 ? list : NULL;
}

static bool same_address(const struct addrinfo *a, const struct addrinfo *b)
{
    char x[NI_MAXHOST], y[NI_MAXHOST];

    return getnameinfo(a->ai_addr, a->ai_addrlen, x, sizeof(x), NULL, 0, NI_NUMERICHOST) == 0 &&
           getnameinfo(b->ai_addr, b->ai_addrlen, y, sizeof(y), NULL, 0, NI_NUMERICHOST) == 0 &&
           strcmp(x, y) == 0;
}

enum exec_same exec_same_host(const char *a, const char *b, bool resolve)
{
    enum exec_same same = EXEC_NOT_KNOWN;

    if (strcmp(a, b) == 0)
        return EXEC_SAME;
    struct addrinfo *left = addresses(a, resolve), *right = addresses(b, resolve);
    if (left && right)
        same = EXEC_DIFFERENT;
    for (const struct addrinfo *x = left; x; x = x->ai_next) {
        for (const struct addrinfo *y = right; y; y = y->ai_next) {
            if (same_address(x, y))
                same = EXEC_SAME;
        }
    }
    if (left)
        freeaddrinfo(left);
    if (right)
        freeaddrinfo(right);
    return same;
}

static bool wait_for(int fd, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    const int64_t left = deadline_ms - clock_ms();

    return left > 0 && poll(&p, 1, (int)left) > 0;
}

static int connect_one(const struct addrinfo *to, uint16_t port, int64_t deadline_ms)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(int);
    int fault = 0;

    memcpy(&address, to->ai_addr, to->ai_addrlen);
    /* Both families have the port, in network order, in the same place. Source: ip(7), ipv6(7). */
    const unsigned char bytes[2] = {(unsigned char)(port >> 8), (unsigned char)(port & 0xff)};
    memcpy((char *)&address + 2, bytes, sizeof(bytes));
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, to->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline_ms) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0)
        return fd;
    fd_close(&fd);
    return -1;
}

/* One line of at most 255 bytes; false: none came. */
static bool read_line(int fd, int64_t deadline_ms, char ret[256])
{
    size_t len = 0;

    while (len < 255 && wait_for(fd, POLLIN, deadline_ms)) {
        const ssize_t n = read(fd, ret + len, 1);
        if (n != 1)
            return false;
        if (ret[len] == '\n') {
            ret[len] = '\0';
            return true;
        }
        len++;
    }
    return false;
}

const char *exec_banner(const char *host, uint16_t port, int64_t deadline_ms, char ret_banner[128])
{
    struct addrinfo *list = addresses(host, true);
    CLEANUP_FD int fd = -1;
    char line[256];

    if (!list)
        return "the name cannot be resolved";
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_one(at, port, deadline_ms);
    freeaddrinfo(list);
    if (fd < 0)
        return "no connection";
    for (int i = 0; i < BANNER_LINES; i++) {
        CLEANUP_BUF struct buf clean = BUF_INIT(1024);
        if (!read_line(fd, deadline_ms, line))
            return "it is connected to, and says nothing";
        if (strncmp(line, "SSH-", 4) != 0)
            continue;
        text_clean(&clean, line, strcspn(line, "\r"), false);
        (void)snprintf(ret_banner, 128, "%s", clean.data ? clean.data : "");
        return NULL;
    }
    return "what answers is no ssh server";
}
