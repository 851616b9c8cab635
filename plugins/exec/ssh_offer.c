/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_offer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GREETING_MOST 8192u  /* lines before the one that begins with SSH-, and that one */
#define PACKET_MOST   35000u /* RFC 4253 section 6.1 */
#define MSG_KEXINIT   20u
#define COOKIE_LEN    16u
#define SHOWN_MOST    160u

static const char my_greeting[] = "SSH-2.0-proximo\r\n";

static bool receive(const struct ssh_work *work, int fd, unsigned char *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = recv(fd, to + done, len - done, 0);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
                 ssh_work_wait(work, fd, POLLIN) != PROXIMO_OK)
            return false;
    }
    return true;
}

/* Reads up to and with the server's line "SSH-2.0-...". */
static bool greet(const struct ssh_work *work, int fd)
{
    char line[4];
    size_t at = 0;

    if (send(fd, my_greeting, sizeof(my_greeting) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(my_greeting) - 1)
        return false;
    for (size_t i = 0; i < GREETING_MOST; i++) {
        unsigned char c = 0;
        if (!receive(work, fd, &c, 1))
            return false;
        if (c == '\n') {
            if (at >= sizeof(line) && memcmp(line, "SSH-", 4) == 0)
                return true;
            at = 0;
        } else {
            if (at < sizeof(line))
                line[at] = (char)c;
            at++;
        }
    }
    return false;
}

/* The payload of the first packet, in the call's arena. */
static bool first_packet(const struct ssh_work *work, int fd, struct ssh_bytes *ret)
{
    unsigned char head[5];
    struct ssh_bytes number = {head, 4};
    uint32_t len = 0;

    if (!receive(work, fd, head, sizeof(head)) || !ssh_take_u32(&number, &len) || len > PACKET_MOST ||
        len < 2 + (uint32_t)head[4])
        return false;
    unsigned char *bytes = work->run->host->alloc(work->run->call, len);
    if (!bytes || !receive(work, fd, bytes, len - 1))
        return false;
    *ret = (struct ssh_bytes){bytes, len - 1 - head[4]};
    return true;
}

static bool list_has(const char *list, size_t list_len, const char *name, size_t len)
{
    for (size_t at = 0; at < list_len;) {
        const char *comma = memchr(list + at, ',', list_len - at);
        size_t part = comma ? (size_t)(comma - list) - at : list_len - at;
        if (part == len && memcmp(list + at, name, len) == 0)
            return true;
        at += part + 1;
    }
    return false;
}

static bool in_common(const struct ssh_bytes *offered, const char *wanted)
{
    for (const char *at = wanted; *at;) {
        size_t len = strcspn(at, ",");
        if (list_has((const char *)offered->ptr, offered->len, at, len))
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

void ssh_offer_compare(const struct ssh_bytes *payload, const char *const wanted[SSH_METHODS],
                       char ret[SSH_WHY_MOST])
{
    /* The lists of a KEXINIT in their order; ciphers and MACs come once for each direction. */
    static const enum ssh_method order[] = {SSH_METHOD_KEX,    SSH_METHOD_HOSTKEY, SSH_METHOD_CIPHER,
                                            SSH_METHOD_CIPHER, SSH_METHOD_MAC,     SSH_METHOD_MAC};
    static const char *const what[SSH_METHODS] = {"key exchanges", "host keys", "ciphers", "MACs"};
    struct ssh_bytes b = *payload, list;
    bool said[SSH_METHODS] = {false};
    size_t n = 0;

    ret[0] = '\0';
    if (b.len < 1 + COOKIE_LEN || b.ptr[0] != MSG_KEXINIT)
        return;
    b.ptr += 1 + COOKIE_LEN;
    b.len -= 1 + COOKIE_LEN;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && n < SSH_WHY_MOST; i++) {
        char shown[SHOWN_MOST];
        enum ssh_method method = order[i];
        if (!ssh_take_string(&b, &list))
            return;
        if (said[method] || in_common(&list, wanted[method]))
            continue;
        said[method] = true;
        ssh_printable(list.ptr, list.len, shown, sizeof(shown));
        n += (size_t)snprintf(ret + n, SSH_WHY_MOST - n,
                              "%sits %s are %s, and of these libssh2 needs one of %s", n ? "; " : "",
                              what[method], shown, wanted[method]);
    }
}

void ssh_offer_explain(const struct ssh_work *work, const char *const wanted[SSH_METHODS],
                       char ret[SSH_WHY_MOST])
{
    const struct backend_run *run = work->run;
    struct ssh_bytes payload;
    int32_t fd = -1;

    ret[0] = '\0';
    if (run->host->connect(run->call, run->node, &fd) != PROXIMO_OK)
        return;
    if (ssh_nonblocking(fd) && greet(work, fd) && first_packet(work, fd, &payload))
        ssh_offer_compare(&payload, wanted, ret);
    (void)close(fd);
}
