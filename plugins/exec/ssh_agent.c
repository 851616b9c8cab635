/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_agent.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGENT_FAILURE            5u
#define AGENT_REQUEST_IDENTITIES 11u
#define AGENT_IDENTITIES_ANSWER  12u
#define AGENT_SIGN_REQUEST       13u
#define AGENT_SIGN_RESPONSE      14u

static int32_t fail(const struct ssh_work *work, int32_t code, const char *what)
{
    return work->run->host->fail(work->run->call, code, "the ssh-agent %s; nothing was run", what);
}

/* All len bytes, in (to) or out (from). */
static int32_t transfer(const struct ssh_work *work, int fd, unsigned char *to, const unsigned char *from,
                        size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = to ? recv(fd, to + done, len - done, 0) : send(fd, from + done, len - done, MSG_NOSIGNAL);
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return fail(work, PROXIMO_EUNAVAIL,
                        "closed the connection. Is it the right socket, and does the agent still run?");
        int32_t r = ssh_work_wait(work, fd, to ? POLLIN : POLLOUT);
        if (r)
            return ssh_work_fail(work, r, "talking to the ssh-agent");
    }
    return PROXIMO_OK;
}

static void put_u32(unsigned char *to, size_t n)
{
    to[0] = (unsigned char)(n >> 24);
    to[1] = (unsigned char)(n >> 16);
    to[2] = (unsigned char)(n >> 8);
    to[3] = (unsigned char)n;
}

/* Sends a message and receives its answer, in the call's arena; *ret is what follows the answer's type. */
static int32_t ask(const struct ssh_work *work, int fd, const unsigned char *message, size_t len,
                   unsigned wanted, struct ssh_bytes *ret)
{
    unsigned char head[4];
    struct ssh_bytes number = {head, sizeof(head)};
    uint32_t answer_len = 0;

    int32_t r = ssh_nonblocking(fd) ? transfer(work, fd, NULL, message, len)
                                    : fail(work, PROXIMO_EUNAVAIL, "has a socket that cannot be used");
    if (r == PROXIMO_OK)
        r = transfer(work, fd, head, NULL, sizeof(head));
    if (r)
        return r;
    if (!ssh_take_u32(&number, &answer_len) || answer_len == 0 || answer_len > SSH_AGENT_ANSWER_MOST)
        return fail(work, PROXIMO_EPROTO,
                    "sent an answer of a size that makes no sense. Is it an ssh-agent?");
    unsigned char *answer = work->run->host->alloc(work->run->call, answer_len);
    if (!answer)
        return fail(work, PROXIMO_ENOMEM, "sent an answer for which there is no memory");
    r = transfer(work, fd, answer, NULL, answer_len);
    if (r)
        return r;
    if (answer[0] == AGENT_FAILURE)
        return fail(work, PROXIMO_EDENIED,
                    wanted == AGENT_SIGN_RESPONSE
                        ? "does not sign with this key: it is locked, or the use of the key was not confirmed"
                        : "does not show its keys: it is locked (ssh-add -X unlocks it)");
    if (answer[0] != wanted)
        return fail(work, PROXIMO_EPROTO, "sent another answer than the one asked for. Is it an ssh-agent?");
    *ret = (struct ssh_bytes){answer + 1, answer_len - 1};
    return PROXIMO_OK;
}

int32_t ssh_agent_find(const struct ssh_work *work, int fd, const char *fingerprint,
                       struct ssh_agent_key *ret)
{
    static const unsigned char message[] = {0, 0, 0, 1, AGENT_REQUEST_IDENTITIES};
    const struct proximo_host *host = work->run->host;
    struct ssh_bytes answer;
    uint32_t count = 0;

    int32_t r = ask(work, fd, message, sizeof(message), AGENT_IDENTITIES_ANSWER, &answer);
    if (r)
        return r;
    if (!ssh_take_u32(&answer, &count) || count > SSH_AGENT_KEYS_MOST)
        return fail(work, PROXIMO_EPROTO, "sent a list of keys that makes no sense");
    for (uint32_t i = 0; i < count; i++) {
        char made[SSH_FINGERPRINT_SIZE];
        struct ssh_bytes blob, comment;
        if (!ssh_take_string(&answer, &blob) || !ssh_take_string(&answer, &comment))
            return fail(work, PROXIMO_EPROTO, "sent a list of keys that is cut short");
        if (blob.len > SSH_BLOB_MOST || !ssh_fingerprint(blob.ptr, blob.len, made) ||
            !ssh_fingerprint_equal(made, fingerprint))
            continue;
        *ret = (struct ssh_agent_key){blob, ssh_key_type_of_blob(blob.ptr, blob.len)};
        if (ret->type == SSH_KEY_RSA)
            return fail(work, PROXIMO_EINVAL,
                        "has this key, and it is an RSA key. libssh2 1.10 signs with RSA and SHA-1 only, "
                        "which OpenSSH "
                        "has refused since 8.8. Use an ed25519 or ecdsa key, or the openssh back end");
        if (ret->type == SSH_KEY_OTHER)
            return fail(work, PROXIMO_EINVAL,
                        "has this key, and it is of a kind that libssh2 cannot use (DSA, a security key, a "
                        "certificate). Use an ed25519 or ecdsa key, or the openssh back end");
        return PROXIMO_OK;
    }
    return host->fail(
        work->run->call, PROXIMO_ENOTFOUND,
        "the ssh-agent has %" PRIu32 " keys, and none has the fingerprint %s that is configured; nothing "
        "was run. `ssh-add -l` lists them; add the key with ssh-add, or correct the fingerprint",
        count, fingerprint);
}

int32_t ssh_agent_sign(const struct ssh_work *work, int fd, const struct ssh_agent_key *key,
                       const struct ssh_bytes *data, struct ssh_bytes *ret)
{
    size_t len = 1 + 4 + key->blob.len + 4 + data->len + 4;
    struct ssh_bytes answer, signature, method, bytes;

    if (len > SSH_AGENT_ANSWER_MOST)
        return fail(work, PROXIMO_EINVAL, "would get a request that is too large");
    unsigned char *message = work->run->host->alloc(work->run->call, len + 4);
    if (!message)
        return fail(work, PROXIMO_ENOMEM, "cannot be asked: no memory");
    unsigned char *at = message;
    put_u32(at, len);
    at[4] = AGENT_SIGN_REQUEST;
    put_u32(at + 5, key->blob.len);
    memcpy(at + 9, key->blob.ptr, key->blob.len);
    at += 9 + key->blob.len;
    put_u32(at, data->len);
    memcpy(at + 4, data->ptr, data->len);
    put_u32(at + 4 + data->len, 0); /* flags: they are for RSA only */

    int32_t r = ask(work, fd, message, len + 4, AGENT_SIGN_RESPONSE, &answer);
    if (r)
        return r;
    if (!ssh_take_string(&answer, &signature) || !ssh_take_string(&signature, &method) ||
        !ssh_take_string(&signature, &bytes) || bytes.len == 0 || bytes.len > SSH_SIGNATURE_MOST ||
        !ssh_bytes_are(&method, ssh_key_type_name(key->type)))
        return fail(work, PROXIMO_EPROTO, "sent a signature that makes no sense for this key");
    unsigned char *copy = malloc(bytes.len);
    if (!copy)
        return fail(work, PROXIMO_ENOMEM, "sent a signature for which there is no memory");
    memcpy(copy, bytes.ptr, bytes.len);
    *ret = (struct ssh_bytes){copy, bytes.len};
    return PROXIMO_OK;
}
